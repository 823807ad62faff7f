"""Every saved page of `tests/pages` says what its reviewed `expected.json` says.

A document's fields are compared as JSON; a span as [kind, label, its first words, its last words], every one of which
must be found; `attrs` are those of the first OPINION span of a kind, `span_attrs` those of the first span of a
"kind:label".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scraper.errors import ParseError
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, SpanKind, document_to_json
from scraper.sources import get_source

PAGES = Path(__file__).resolve().parents[2] / "pages"
CASES = sorted(path.parent for path in PAGES.glob("*/*/expected.json"))
TABLES = Jurisdictions.load(sorted((PAGES / "jurisdictions").glob("*.json")))


def expected_of(folder: Path) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return expected


READABLE = [folder for folder in CASES if "error" not in expected_of(folder)]


def page_of(folder: Path, expected: dict[str, Any]) -> Page:
    content_type = expected.get("content_type", "text/html")
    files = expected.get("parts", {}).items()
    parts = {url: Page(url, (folder / name).read_bytes(), "application/json") for url, name in files}
    return Page(expected["url"], (folder / expected.get("file", "page.html")).read_bytes(), content_type, parts)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_saved_page_says_what_was_reviewed(folder: Path) -> None:
    expected = expected_of(folder)
    source = get_source(folder.parent.name, TABLES)
    page = page_of(folder, expected)
    if "error" in expected:
        with pytest.raises(ParseError) as caught:
            source.parse(page)
        assert caught.value.reason == expected["error"]
        return
    parsed = source.parse(page)
    assert list(parsed.links) == expected.get("links", list(parsed.links))
    wanted = expected.get("documents", [])
    assert len(parsed.documents) == len(wanted)
    for document, fields in zip(parsed.documents, wanted, strict=True):
        assert_fields(document, dict(fields))


def assert_fields(document: Document, fields: dict[str, Any]) -> None:
    spans, attrs, span_attrs = fields.pop("spans", []), fields.pop("attrs", {}), fields.pop("span_attrs", {})
    row = document_to_json(document)
    row["hierarchy"] = [list(level) for level in row["hierarchy"]]
    assert {name: row[name] for name in fields} == fields
    for kind, label, first, last in spans:
        words = [document.text[s.start : s.end] for s in document.spans if (s.kind.value, s.label) == (kind, label)]
        assert any(text.startswith(first) and text.endswith(last) for text in words), (kind, label, words)
    for kind, wanted in attrs.items():
        opinions = [span for span in document.spans_of(SpanKind.OPINION) if span.label == kind]
        assert dict(opinions[0].attrs) == wanted
    for name, wanted in span_attrs.items():
        named = [span for span in document.spans if f"{span.kind.value}:{span.label}" == name]
        assert dict(named[0].attrs) == wanted


@pytest.mark.parametrize("folder", READABLE, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_spans_lie_in_the_text_and_hold_words(folder: Path) -> None:
    expected = expected_of(folder)
    for document in get_source(folder.parent.name, TABLES).parse(page_of(folder, expected)).documents:
        for span in document.spans:
            assert 0 <= span.start < span.end <= len(document.text)
            words = document.text[span.start : span.end]
            assert words == words.strip()
        assert not any(word in document.text for word in ("Advertisement", "newsletter", "Disclaimer", "scrape"))


def test_each_source_has_saved_pages_and_they_hold_no_law_of_the_corpus() -> None:
    for name in ("justia", "dc-code", "cap", "ecfr", "courtlistener"):
        assert len([case for case in CASES if case.parent.name == name]) >= 6


@pytest.mark.parametrize(
    "href", ["mailto:x@law.example", "javascript:void(0)", "tel:123", "http://[1", "http://a]b/", "?"]
)
def test_one_odd_link_does_not_cost_a_list(href: str) -> None:
    listing = f'<main><ul class="codes-listing"><li><a href="/codes/us/title-2/">2</a><li><a href="{href}">x</a></ul>'
    page = Page("https://law.justia.com/codes/us/", f"<html><body>{listing}</main></body></html>".encode(), "text/html")
    found = get_source("justia", TABLES).parse(page)
    assert found.links == ("https://law.justia.com/codes/us/title-2/",)
