"""What a refused run read is not published by the next build, unless the operator says so."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.jobs.demo import CANONICAL, local_site
from tests.conftest import ROOT, lexatlas, lexatlas_json

SECTION = "codes/franklin/title-12/chapter-1/section-12-1-102/index.html"


def test_a_build_after_a_refused_run_is_refused_until_a_run_is_sound(
    sample_data: Path, models: Path, tmp_path: Path
) -> None:
    data, pages = tmp_path / "data", tmp_path / "site"
    shutil.copytree(sample_data, data)
    shutil.copytree(ROOT / "sample" / "site", pages)
    before = lexatlas_json(data, models, "doctor", "--digest")
    served = lexatlas_json(data, models, "generations", "list")
    amended = pages / SECTION
    amended.write_text(amended.read_text(encoding="utf-8").replace("15 years", "99 years"), encoding="utf-8")
    hidden = tmp_path / "cases"
    shutil.move(pages / "cases", hidden)  # sixty opinions vanish at once: an outage
    with local_site(pages) as address:
        ingest = (
            "ingest", "--source", "justia", "--base-url", address, "--canonical-url", CANONICAL, "--delay", "0",
        )  # fmt: skip
        assert lexatlas(data, models, *ingest).returncode == 4
        built = lexatlas(data, models, "build")
        assert (built.returncode, "--despite-refusal" in built.stderr) == (4, True)
        assert lexatlas_json(data, models, "generations", "list") == served
        shutil.move(hidden, pages / "cases")
        assert lexatlas(data, models, *ingest).returncode == 0
        assert lexatlas_json(data, models, "build")["changed"] is True
    assert lexatlas_json(data, models, "doctor", "--digest") != before
