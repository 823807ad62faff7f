"""Pages that were set aside and are read again, and opinions that wait for a decision, on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.jobs.ingest import IngestRequest, ingest
from app.progress import Reporter
from app.wiring import Services, wire
from scraper.store import Quarantined
from tests.app import law
from tests.conftest import lexatlas, lexatlas_json, settings


@pytest.fixture
def services(tmp_path: Path, models: Path) -> Services:
    return wire(settings(tmp_path / "data", models))


def set_aside(services: Services, tmp_path: Path) -> list[str]:
    """Read a folder of which two lines are no law; return their addresses."""
    folder = tmp_path / "law"
    law.write(folder, [law.section(n) for n in range(1, 13)])
    with (folder / "law.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "arcadia:code:50", "kind": "statute", "title": "Torn"\n')
        file.write('{"id": "arcadia:code:51", "kind": "statute"}\n')
    request = IngestRequest("folder", base_url=str(folder))
    assert ingest(services, request, Reporter(quiet=True)).state == "partial"
    return [page.url for page in services.store.quarantined()]


def test_a_page_that_still_is_no_law_stays_and_the_command_says_so(
    services: Services, tmp_path: Path, models: Path
) -> None:
    data = services.settings.data
    torn = set_aside(services, tmp_path)
    done = lexatlas(data, models, "quarantine", "retry", "--all")
    assert done.returncode == 3 and "2 of 2 pages stay quarantined" in done.stderr
    assert sorted(page.url for page in services.store.quarantined()) == sorted(torn)
    assert lexatlas(data, models, "quarantine", "retry").returncode == 2
    assert lexatlas(data, models, "quarantine", "retry", "--all", torn[0]).returncode == 2
    assert "is not quarantined" in lexatlas(data, models, "quarantine", "retry", "https://nowhere.invalid/").stderr


def test_pages_that_parse_now_are_stored_from_their_archived_bytes(
    services: Services, tmp_path: Path, models: Path
) -> None:
    """As an older parser would have left them that read none of the pages: archived, quarantined, nothing stored."""
    law.read(services, tmp_path / "law", [law.section(n) for n in range(1, 13)])
    held = list(services.store.current())
    older = wire(settings(tmp_path / "older", models))
    shutil.copytree(services.settings.data / "archive", older.settings.data / "archive")
    for number, version in enumerate(held):
        came = version.provenance
        older.store.quarantine(
            Quarantined(number, came.url, "folder", "an-older-run", "layout", "not understood", came.raw_sha256,
                        came.warc_file, came.warc_offset, came.fetched_at)
        )  # fmt: skip
    one = held[0].provenance.url
    value = lexatlas_json(older.settings.data, models, "quarantine", "retry", one)
    assert (value["resolved"], value["pages"][0]["documents"]) == (1, 1)
    value = lexatlas_json(older.settings.data, models, "quarantine", "retry", "--all")
    assert (value["resolved"], value["left"]) == (11, 0)
    assert older.store.quarantined() == []
    assert list(older.store.digest_rows()) == list(services.store.digest_rows())


def test_a_withheld_opinion_is_released_or_withdrawn(services: Services, tmp_path: Path, models: Path) -> None:
    data = services.settings.data
    sections = [law.section(n) for n in range(1, 13)]
    law.read(services, tmp_path / "law", [*sections, law.case(1), law.case(2)])
    law.read(services, tmp_path / "law", sections)
    listed = lexatlas_json(data, models, "withheld", "list")["withheld"]
    assert [row["id"] for row in listed] == ["arcadia:high:1", "arcadia:high:2"]
    lexatlas_json(data, models, "withheld", "release", "arcadia:high:1")
    lexatlas_json(data, models, "withheld", "withdraw", "arcadia:high:2")
    assert lexatlas_json(data, models, "withheld", "list") == {"withheld": []}
    law.read(services, tmp_path / "law", sections)  # a run that does not meet it leaves the decision alone
    assert services.store.state_of("arcadia:high:1") == "current"
    services.builder().build(Reporter(quiet=True))
    catalogue = wire(settings(data, models)).snapshots.current().corpus.catalogue
    assert catalogue.entry("arcadia:high:1").status == "in_force"
    assert catalogue.entry("arcadia:high:2").status == "withdrawn"
    done = lexatlas(data, models, "withheld", "release", "arcadia:high:2")
    assert done.returncode == 1 and "not withheld" in done.stderr


def test_reparse_gives_the_same_documents_with_the_network_off(sample_data: Path, tmp_path: Path, models: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(sample_data, data, ignore=shutil.ignore_patterns("models", "embeddings"))
    before = lexatlas_json(data, models, "doctor", "--digest")
    value = lexatlas_json(data, models, "reparse")
    held = len(list(wire(settings(data, models)).store.current()))
    assert (value["documents"], value["before"], value["quarantined"], value["kept"]) == (held, held, 0, 0)
    assert value["pages"] >= held
    assert lexatlas_json(data, models, "doctor", "--digest") == before
    assert lexatlas_json(data, models, "build")["changed"] is False


def test_nothing_to_reparse_is_told(services: Services, models: Path) -> None:
    assert lexatlas_json(services.settings.data, models, "reparse")["documents"] == 0
    assert "there is nothing to read again" in lexatlas(services.settings.data, models, "reparse").stdout
