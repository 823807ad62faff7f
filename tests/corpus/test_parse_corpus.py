"""Real law, where the corpus is on the machine: what the parsers read against its manifest and against another parser.

Every 12th page is read; `LEXATLAS_CORPUS_STEP=1 pytest -m corpus tests/corpus/test_parse_corpus.py` reads them all.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bs4
import pytest

from scraper.interfaces import Page, Source
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind, SpanKind
from scraper.sources import get_source

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
STEP = int(os.environ.get("LEXATLAS_CORPUS_STEP", "12"))
MANIFESTS = {"justia": "us-law-manifest.jsonl.gz", "dc-code": "dc-code-manifest.jsonl.gz"}
SITES = {"justia": "us-law-site.tar.xz", "dc-code": "dc-code-site.tar.xz"}
# What the corpus's README says is wrong in the manifest itself.
WRONG = {"/cases/federal/us/553/723/", "/cases/federal/us/554/759/", "/cases/federal/us/523/213/"}
FURNITURE = (
    "\ufffd",
    "Daily Opinion Summaries",
    "free newsletter",
    "Open Law Reader",
    "Skip to main content",
    "Please do not scrape",
)
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the real-law corpus is not on this machine"),
]


def squash(text: str) -> str:
    return "".join(text.split())


def pages(site: str) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every STEP-th page that the manifest calls a document."""
    with gzip.open(CORPUS / MANIFESTS[site], "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    documents = [row["path"] for row in rows if row["kind"] in ("case", "statute", "section")]
    wanted = set(sorted(documents)[::STEP])
    with tarfile.open(CORPUS / SITES[site], "r:xz") as archive:
        for member in archive:
            path = "/" + member.name.removeprefix("./").removesuffix("index.html")
            if path in wanted:
                file = archive.extractfile(member)
                assert isinstance(file, io.BufferedReader)
                yield path, file.read()


def manifest(site: str) -> dict[str, dict[str, Any]]:
    with gzip.open(CORPUS / MANIFESTS[site], "rt", encoding="utf-8") as lines:
        return {row["path"]: row for row in map(json.loads, lines)}


@pytest.fixture(scope="module", params=["justia", "dc-code"])
def site(request: pytest.FixtureRequest) -> tuple[str, list[tuple[str, bytes, Document]]]:
    """The parsed slice of a site: path, raw bytes, document."""
    name: str = request.param
    source: Source = get_source(name, Jurisdictions.load())
    found = []
    for path, body in pages(name):
        parsed = source.parse(Page(source.origin + path, body))
        assert len(parsed.documents) == 1, path
        found.append((path, body, parsed.documents[0]))
    assert len(found) >= 60
    return name, found


def facts(document: Document, row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what was read and what the manifest says, under the same names."""
    read: dict[str, Any] = {"title": document.title, "citation": squash(document.citation)}
    true: dict[str, Any] = {"title": row["title"], "citation": squash(row["citation"] or "")}
    if "hierarchy" in row:
        read["hierarchy"] = [level.label for level in document.hierarchy]
        true["hierarchy"] = row["hierarchy"]
    if row["kind"] == "case":
        read |= {"docket": document.docket, "decided": document.date, "argued": document.date_argued}
        true |= {"docket": row["docket"] or "", "decided": row["date_decided"], "argued": row["date_argued"]}
        read = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in read.items()}
    return read, true


def test_facts_are_those_of_the_manifest(site: tuple[str, list[tuple[str, bytes, Document]]]) -> None:
    name, found = site
    rows = manifest(name)
    compared = [(path, *facts(document, rows[path])) for path, _, document in found if path not in WRONG]
    wrong = [(path, read, true) for path, read, true in compared if read != true]
    assert len(wrong) <= len(compared) // 100, wrong[:5]


def test_the_text_is_the_elements_own(site: tuple[str, list[tuple[str, bytes, Document]]]) -> None:
    name, found = site
    wrong = []
    for path, body, document in found:
        soup = bs4.BeautifulSoup(body, "html.parser")
        if name == "justia":
            element = soup.find(id="tab-opinion") or soup.find(id="codes-content")
        else:
            element = soup.find("article", class_="content")
            assert isinstance(element, bs4.Tag) and element.h1 is not None
            element.h1.decompose()
        assert isinstance(element, bs4.Tag)
        if squash(document.text) != squash(element.get_text()):
            wrong.append(path)
    assert len(wrong) <= len(found) // 100, wrong[:5]


def test_every_span_lies_in_its_text_and_no_two_documents_share_an_id(
    site: tuple[str, list[tuple[str, bytes, Document]]],
) -> None:
    _, found = site
    assert len({document.id for _, _, document in found}) == len(found)
    for path, _, document in found:
        assert all(0 <= span.start < span.end <= len(document.text) for span in document.spans), path
        assert not any(words in document.text for words in FURNITURE), path


def test_source_credits_are_history(site: tuple[str, list[tuple[str, bytes, Document]]]) -> None:
    name, found = site
    for path, body, document in found:
        soup = bs4.BeautifulSoup(body, "html.parser")
        credit = soup.select("p.source-credit" if name == "justia" else "aside.annotations > p:first-child")
        if document.kind is DocumentKind.CASE or not credit:
            continue
        histories = [document.text[s.start : s.end] for s in document.spans_of(SpanKind.HISTORY)]
        assert squash("".join(histories)).startswith(squash(credit[0].get_text())), path


def test_the_court_speaks_in_almost_every_opinion(site: tuple[str, list[tuple[str, bytes, Document]]]) -> None:
    """A syllabus is nobody's holding: none stays in an opinion, and few first opinions stay unlabelled."""
    name, found = site
    cases = [(path, document) for path, _, document in found if document.kind is DocumentKind.CASE]
    if name != "justia":
        assert not cases
        return
    unlabelled = 0
    for path, document in cases:
        opinions = document.spans_of(SpanKind.OPINION)
        unlabelled += not opinions or not opinions[0].label
        for opinion in opinions:
            words = document.text[opinion.start : opinion.end]
            assert not words.startswith("Held:") or not opinion.label, path
        front = document.spans_of(SpanKind.SYLLABUS)
        assert all(span.end <= opinions[0].start for span in front), path
    assert unlabelled <= max(2, len(cases) // 20)
