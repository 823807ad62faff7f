"""The site's update comes out exactly as the corpus says it was made: nothing less, nothing else."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from app.jobs.demo import local_site
from tests.conftest import ROOT, lexatlas, lexatlas_json

CORPUS = ROOT.parent / "shared" / "corpus"
ORIGIN = "https://law.justia.com"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the real-law corpus is not on this machine"),
]


def unpack(name: str, folder: Path) -> Path:
    with tarfile.open(CORPUS / f"{name}.tar.xz") as archive:
        archive.extractall(folder / name, filter="data")
    return folder / name


def held(data: Path, models: Path) -> dict[str, dict[str, Any]]:
    """Return every current document by its path on the site, that it was found under first."""
    rows = map(json.loads, lexatlas(data, models, "export", "documents").stdout.splitlines())
    return {row["url"].removeprefix(ORIGIN): row for row in rows}


def test_the_update_changes_what_its_list_says_and_nothing_else(tmp_path: Path, models: Path) -> None:
    site = unpack("us-law-site", tmp_path)
    data = tmp_path / "data"
    with local_site(site) as address:
        ingest = ("ingest", "--source", "justia", "--base-url", address, "--canonical-url", ORIGIN, "--delay", "0")
        assert lexatlas_json(data, models, *ingest)["state"] == "done"
        before = held(data, models)
        update = unpack("us-law-site-update", tmp_path)
        for page in update.rglob("*.html"):
            target = site / page.relative_to(update)
            target.parent.mkdir(parents=True, exist_ok=True)
            page.replace(target)
        report = lexatlas_json(data, models, *ingest)
    after = held(data, models)
    listed = map(json.loads, (CORPUS / "update-delta.jsonl").read_text(encoding="utf-8").splitlines())
    wanted = {row["path"]: row["change"] for row in listed}
    assert sorted(wanted.values()).count("added") == 43
    assert report["state"] == "done"
    found = [(row["url"].removeprefix(ORIGIN), row["change"]) for row in report["changes"]]
    assert sorted(found) == sorted(wanted.items())
    assert after.keys() - before.keys() == {path for path, change in wanted.items() if change == "added"}
    assert before.keys() <= after.keys()
    for path, row in before.items():
        if path in wanted:
            assert row["text"] != after[path]["text"] or row["history"] != after[path]["history"]
            assert row["id"] == after[path]["id"]
        else:
            assert row == after[path]
    versions = {row["document"]: row["old_version"] for row in report["changes"] if row["change"] == "changed"}
    assert versions == {before[path]["id"]: before[path]["version"] for path in wanted if path in before}
