"""`--base-url` as an address and as a path, and documents that move from one data directory to another."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.jobs.ingest import IngestRequest, ingest
from app.progress import Reporter
from app.wiring import Services, wire
from scraper.errors import ConfigError, UnknownSource
from scraper.report import RunReport
from tests.conftest import ROOT, lexatlas, lexatlas_json, settings


def lines(path: Path, *numbers: int) -> Path:
    """Write a file of made-up documents; return its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ({"id": f"x:code:{n}", "kind": "other", "title": f"Memo {n}", "text": f"Memo number {n}."} for n in numbers)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path.parent


@pytest.fixture
def services(tmp_path: Path, models: Path) -> Services:
    return wire(settings(tmp_path / "data", models))


def read(services: Services, place: Path | str, canonical_url: str = "", source: str = "folder") -> RunReport:
    request = IngestRequest(source, base_url=str(place), canonical_url=canonical_url)
    return ingest(services, request, Reporter(quiet=True))


def test_a_folder_is_read_without_a_contact_or_a_delay(services: Services, tmp_path: Path) -> None:
    report = read(services, lines(tmp_path / "memos" / "a.jsonl", 1, 2))
    assert (report.state, report.documents["added"]) == ("done", 2)


@pytest.mark.parametrize(
    ("source", "place", "said"),
    [
        ("folder", "", "name a folder"),
        ("folder", "http://127.0.0.1:8080/", "name a folder"),
        ("folder", "/nowhere/at/all", "cannot be read"),
        ("folder", ".", "holds nothing to read"),
        ("justia", "/srv/law", "--source folder"),
        ("justia", "file:///srv/law", "--source folder"),
    ],
)
def test_what_base_url_may_be_depends_on_the_source(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, place: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=said):
        read(services, place, source=source)


def test_an_unknown_source_is_named(services: Services) -> None:
    with pytest.raises(UnknownSource, match="nowhere"):
        read(services, "", source="nowhere")


def test_a_second_folder_needs_an_origin_of_its_own(services: Services, tmp_path: Path) -> None:
    first, second = lines(tmp_path / "a" / "x.jsonl", 1, 2), lines(tmp_path / "b" / "x.jsonl", 3)
    read(services, first)
    with pytest.raises(ConfigError, match="--canonical-url"):
        read(services, second)
    assert read(services, second, "https://b.invalid").documents["withdrawn"] == 0
    assert len(list(services.store.current())) == 3
    assert read(services, first).changes == ()


def test_a_folder_may_be_moved_or_replaced_by_a_newer_copy(services: Services, tmp_path: Path) -> None:
    old = lines(tmp_path / "old" / "x.jsonl", *range(20))
    read(services, old)
    moved = old.rename(tmp_path / "moved")
    assert read(services, moved).changes == ()
    newer = lines(tmp_path / "newer" / "x.jsonl", *range(1, 20))
    report = read(services, newer, "https://folder.invalid")
    assert (report.state, report.documents["withdrawn"]) == ("done", 1)


def exported(data: Path, models: Path) -> list[dict[str, Any]]:
    done = lexatlas(data, models, "export", "documents", "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_export_is_taken_in_by_another_data_directory(sample_data: Path, models: Path, tmp_path: Path) -> None:
    rows = exported(sample_data, models)
    assert len(rows) > 100 and {row["kind"] for row in rows} == {"constitution", "statute", "regulation", "case"}
    folder, data = tmp_path / "export", tmp_path / "data"
    folder.mkdir()
    (folder / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    shutil.copytree(ROOT / "sample" / "jurisdictions", data / "jurisdictions")
    report = lexatlas_json(data, models, "ingest", "--source", "folder", "--base-url", str(folder))
    assert (report["state"], report["documents"]["added"]) == ("done", len(rows))
    again = exported(data, models)
    for row in (*rows, *again):
        del row["sources"]  # second addresses stay behind
    assert again == rows
