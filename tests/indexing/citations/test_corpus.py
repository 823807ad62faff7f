"""Known citations of real law are found again: a slice of the corpus' first state, where the corpus is at hand."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from indexing.citations.find import find_in_documents
from indexing.citations.resolve import Resolver
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind
from scraper.sources.justia import JustiaSource

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
OPINIONS, SECTIONS = 20, 60

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not (CORPUS / "us-law-site.tar.xz").exists(), reason="the corpus is not on this machine"),
]


@pytest.fixture(scope="module")
def rows() -> dict[str, Mapping[str, Any]]:
    with gzip.open(CORPUS / "us-law-manifest.jsonl.gz", "rt", encoding="utf-8") as lines:
        return {row["path"]: row for row in map(json.loads, lines) if row["kind"] != "container"}


@pytest.fixture(scope="module")
def parsed(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Document]:
    """The first opinions and sections of the site that cite something held, by path."""
    source = JustiaSource(Jurisdictions.load())
    wanted = {"case": OPINIONS, "statute": SECTIONS}
    found: dict[str, Document] = {}
    with tarfile.open(CORPUS / "us-law-site.tar.xz") as archive:
        for member in archive:
            path = "/" + member.name.removeprefix("./").removesuffix("index.html")
            row = rows.get(path)
            if row is None or not wanted[row["kind"]] or not (row.get("cites_cases") or row.get("cites_statutes")):
                continue
            page = archive.extractfile(member)
            assert page is not None
            (found[path],) = source.parse(Page(source.origin + path, page.read())).documents
            wanted[row["kind"]] -= 1
            if not any(wanted.values()):
                break
    return found


def test_known_citations_are_found(rows: Mapping[str, Mapping[str, Any]], parsed: Mapping[str, Document]) -> None:
    tables = Jurisdictions.load()
    shelf = [_shelved(row) for row in rows.values()]
    foreign = {document.id: row["id"] for document, row in zip(shelf, rows.values(), strict=True)}
    resolver = Resolver.from_documents(shelf, tables)
    known = missed = 0
    for path, citations in zip(parsed, find_in_documents(parsed.values(), tables), strict=True):
        row, text = rows[path], parsed[path].text
        assert all(text[one.start : one.end] == one.raw for one in citations)
        cited = {foreign[one.to] for one in resolver.resolve(citations) if one.to}
        # An opinion's known citations are of the second state, in which a section's words may have changed.
        others = {*row.get("cites_cases", ()), *row.get("cites_statutes", ())} - {row["id"]}
        known += len(others)
        missed += len(others - cited)
    assert known > 100
    assert missed / known < 0.02


def _shelved(row: Mapping[str, Any]) -> Document:
    kind = DocumentKind(row["kind"])
    owner = "usc" if kind is DocumentKind.STATUTE else "scotus"
    document_id = f"us:{owner}:" + row["id"].partition("-")[2].replace("-", ":" if owner == "usc" else "-", 1)
    return Document(document_id, kind, "us", row["title"], row["citation"] or "", "", row["path"])
