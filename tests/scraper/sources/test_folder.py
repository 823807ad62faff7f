"""What any source gives is exported as JSON Lines and read back by `folder` as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.exports import document_rows
from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.local import FolderFetcher
from scraper.models import Document
from scraper.sources import get_source
from scraper.sources.folder import FolderSource
from tests.scraper.sources.test_pages import READABLE, TABLES, expected_of, page_of
from tests.scraper.toy import Bench, provenance


def documents_of_all_sources() -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for folder in READABLE:
        parsed = get_source(folder.parent.name, TABLES).parse(page_of(folder, expected_of(folder)))
        found.setdefault(folder.parent.name, []).extend(parsed.documents)
    return found


ALL = documents_of_all_sources()


@pytest.mark.parametrize("name", sorted(ALL))
def test_an_export_is_read_back_as_it_was(tmp_path: Path, name: str) -> None:
    here, there = Bench(tmp_path / "here"), Bench(tmp_path / "there")
    with here.store.transaction():
        for document in ALL[name]:
            here.store.put(document, provenance(document.url), "run", name)
    lines = [json.dumps(row, ensure_ascii=False) for row in document_rows(here.store)]
    assert len(lines) >= 2
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "law.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    source = FolderSource(TABLES)
    with (
        FolderFetcher(tmp_path / "export", source.file_suffixes) as fetcher,
        Archive(tmp_path / "archive") as archive,
    ):
        report = crawl(source, there.store, fetcher, archive, CrawlOptions(base_url=fetcher.base, max_depth=1_000_000))
    assert report.state == "done", report.to_json()
    exported = {version.document_id: version.document.with_id(version.document_id) for version in here.store.current()}
    read = {version.document_id: version.document.with_id(version.document_id) for version in there.store.current()}
    assert read == exported
    assert [json.dumps(row, ensure_ascii=False) for row in document_rows(there.store)] == lines
