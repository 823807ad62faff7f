"""Sources are found by looking; each keeps to its own law and needs nothing but its tables."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from scraper.errors import ParseError, UnknownSource
from scraper.interfaces import LINE, Page, ParsedPage
from scraper.jurisdictions import Jurisdictions
from scraper.models import document_to_json
from scraper.sources import get_source, sources
from scraper.sources.folder import FolderSource
from scraper.sources.justia import JustiaSource

PAGES = Path(__file__).resolve().parents[2] / "pages"
TABLES = Jurisdictions.load(sorted((PAGES / "jurisdictions").glob("*.json")))


def test_every_source_is_found_by_name_and_says_what_it_is() -> None:
    found = sources(TABLES)
    assert list(found) == sorted(found) and {"dc-code", "folder", "justia"} <= set(found)
    for name, source in found.items():
        assert source.name == name and source.description and source.origin.startswith("https://")
        assert source.terms.permission in ("bulk", "api", "crawl", "none", "unread")
        assert all(source.follows(url) for url in source.seeds())


def test_an_unknown_source_is_refused_with_the_names() -> None:
    with pytest.raises(UnknownSource, match="cap, courtlistener, courtlistener-bulk, dc-code, ecfr, folder, justia"):
        get_source("westlore", TABLES)


@pytest.mark.parametrize(
    ("path", "followed"),
    [
        ("/", True),
        ("/codes/", True),
        ("/codes/alder/", True),
        ("/codes/alder", True),
        ("/codes/alder/title-4/chapter-2/", True),
        ("/cases/alder/", True),
        ("/cases/alder/supreme-court/1989/page-2.html", True),
        ("/cases/alder/supreme-court/1989/?page=2", True),
        ("/cases/alder/supreme-court/?q=ferry", False),
        ("/cases/alder/trial-court/", False),
        ("/codes/birch/", False),
        ("/codes/alderney/", False),
        ("/search?q=", False),
        ("/private/", False),
        ("/about.html", False),
        ("/us/dc/council/code/", False),
    ],
)
def test_justia_follows_the_law_of_its_tables(path: str, followed: bool) -> None:
    source = JustiaSource(TABLES)
    assert source.follows(source.origin + path) is followed
    assert not source.follows("https://elsewhere.example" + path)


def test_another_origin_changes_addresses_alone() -> None:
    folder = PAGES / "justia" / "section"
    url = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["url"]
    body = (folder / "page.html").read_bytes()
    source = JustiaSource(TABLES)
    moved = replace(source, origin="https://law.alder.example")
    here = source.parse(Page(url, body)).documents[0]
    there = moved.parse(Page(url.replace(source.origin, moved.origin), body)).documents[0]
    assert (there.id, there.version, there.spans) == (here.id, here.version, here.spans)
    assert there.url == here.url.replace(source.origin, moved.origin)
    assert there.next_url.startswith(moved.origin)


@pytest.mark.parametrize(
    ("path", "followed"),
    [
        ("/us/dc/council/code", True),
        ("/us/dc/council/code/titles/22", True),
        ("/us/dc/council/code/index.json", False),
        ("/us/dc/council/codex", False),
        ("/us/dc/council/laws/8-1", False),
        ("/", False),
    ],
)
def test_dc_code_follows_the_code_alone(path: str, followed: bool) -> None:
    source = get_source("dc-code", TABLES)
    assert source.follows(source.origin + path) is followed


def test_a_folder_holds_pages_of_every_layout() -> None:
    source = FolderSource(TABLES)
    for layout, path, number in (
        ("justia", "/codes/alder/title-4/section-4-2-7/", "alder:stat:4-2-7"),
        ("dc-code", "/us/dc/council/code/sections/90-302", "dc:code:90-302"),
    ):
        body = (PAGES / layout / "section" / "page.html").read_bytes()
        (document,) = source.parse(Page(source.origin + path, body)).documents
        assert (document.id, document.url) == (number, source.origin + path)
    listing = (PAGES / "justia" / "listing" / "page.html").read_bytes()
    assert source.parse(Page(source.origin + "/codes/alder/", listing)) == ParsedPage()  # its files are listed anyway


def test_a_folder_holds_lines() -> None:
    source = FolderSource(TABLES)
    body = (PAGES / "justia" / "section" / "page.html").read_bytes()
    whole = document_to_json(source.parse(Page(f"{source.origin}/codes/alder/x/", body)).documents[0])
    short = {"kind": "case", "jurisdiction": "alder", "title": "Oar v. Bell", "text": "Reversed.", "docket": "88-17",
             "court": "alsc", "date": "1989-05-02", "hierarchy": ["Supreme Court of Alder", "1989"]}  # fmt: skip
    one, two = (
        source.parse(Page(f"{source.origin}/x.jsonl?line={n}", json.dumps(row).encode(), "application/json")).documents[
            0
        ]
        for n, row in enumerate((whole, short), 1)
    )
    assert document_to_json(one) == whole
    assert (two.id, two.url) == ("alder:alsc:88-17", "https://folder.invalid/?id=alder:alsc:88-17")
    assert [level.label for level in two.hierarchy] == ["Supreme Court of Alder", "1989"]
    assert two.date == date(1989, 5, 2)


BAD_LINES = (
    b"{",
    b"[]",
    b"{}",
    b'{"kind": "case", "jurisdiction": "x", "title": "t", "text": "w"}',
    b'{"kind": "poem", "jurisdiction": "x", "title": "t", "text": "w", "id": "i"}',
    b'{"kind": "case", "jurisdiction": "x", "title": "t", "text": "w", "id": "i", "date": "May"}',
    b'{"kind": "case", "jurisdiction": "x", "title": "t", "text": 5, "id": "i"}',
    b'{"kind": "case", "jurisdiction": "x", "title": " ", "text": "w", "id": "i"}',
    b'{"kind": "case", "jurisdiction": "x", "title": "t", "text": "w\\ud800", "id": "i"}',
    b'{"kind": "case", "jurisdiction": "x", "title": "t", "text": "w\\u0000", "id": "i"}',
    b'{"kind": "case", "jurisdiction": "x", "title": "t\xff", "text": "w", "id": "i"}',
    b'{"kind": "case", "jurisdiction": "x", "title": "t", "text": "w", "id": "i", "judges": "Bell"}',
    b'{"kind": "case", "jurisdiction": "x", "title": "t", "text": "w", "id": "i", "judges": [5]}',
    b'{"kind": "case", "jurisdiction": "x", "title": "t", "text": "w", "id": "i", "hierarchy": "Title 1"}',
    b'{"kind": "case", "jurisdiction": "x", "title": "t", "text": "w", "id": "i", "levels": [["title", "T", 1]]}',
    b'{"kind": "case", "jurisdiction": "x", "title": "t", "text": "w", "id": "i", "url": "javascript:alert(1)"}',
    b'{"kind": "case", "id": "x:1", "title": "t", "text": "w", "spans": [[0, 2, "history", "", {}]]}',
    b'{"kind": "case", "id": "x:1", "title": "t", "text": "w", "spans": [[0, 1, "opinion", "", "x"]]}',
    b'{"kind": "case", "id": "x:1", "title": "t", "text": "w", "spans": [[0.0, 1.0, "opinion", "", {}]]}',
    b'{"kind": "case", "id": "x:1", "title": "t", "text": "w", "spans": [[0]]}',
)


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_line_that_is_no_document_says_why(line: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        FolderSource(TABLES).parse(Page("https://folder.invalid/x.jsonl?line=1", line, "application/json"))
    assert caught.value.reason == "json"


def test_a_line_may_leave_the_jurisdiction_to_its_id() -> None:
    row = b'{"id": "x:code:1", "kind": "statute", "title": "t", "text": "", "status": "repealed"}'
    (document,) = FolderSource(TABLES).parse(Page("https://folder.invalid/x.jsonl?line=1", row, LINE)).documents
    assert (document.jurisdiction, document.id, document.text) == ("x", "x:code:1", "")
