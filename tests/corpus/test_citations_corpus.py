"""Citations of real law, where the corpus is on the machine: the known ones, and edges that were read one by one.

`checked_citations.json` holds 200 edges drawn with a seed (`python -m benchmarks.citations --draw SEED`) and what was
found on reading each: its document, version, offsets, target and verdict; no text.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from indexing.citations.find import find_in_documents
from indexing.citations.resolve import Resolver
from indexing.models import Citation
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document
from scraper.sources.justia import JustiaSource
from tests.corpus.test_parse_corpus import CORPUS
from tests.corpus.test_real_law import unpack

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the real-law corpus is not on this machine"),
]
CHECKED = json.loads(Path(__file__).with_name("checked_citations.json").read_text(encoding="utf-8"))
LEAST = 0.98
SMALL = 150_000  # characters: longer opinions are left to the benchmark, but for those that were checked

Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with gzip.open(CORPUS / "us-law-manifest.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["kind"] != "container"]


@pytest.fixture(scope="module")
def documents(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    """Every document of the site's second state, by the manifest's id."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("us-law-site.tar.xz", "us-law-site-update.tar.xz"):
        unpack(name, folder)
    source = JustiaSource(Jurisdictions.load())
    found = {}
    for row in rows:
        page = Page(source.origin + row["path"], (folder / row["path"].strip("/") / "index.html").read_bytes())
        (found[row["id"]],) = source.parse(page).documents
    return found


@pytest.fixture(scope="module")
def resolved(rows: list[Row], documents: dict[str, Document]) -> dict[str, list[Citation]]:
    """The resolved citations of every checked document and of a sixth of the others, by our document id."""
    tables = Jurisdictions.load()
    checked = {row["document"] for row in CHECKED["edges"]}
    some = [
        document
        for place, document in enumerate(documents.values())
        if document.id in checked or (place % 6 == 0 and len(document.text) < SMALL)
    ]
    resolver = Resolver.from_documents(documents.values(), tables)
    found = find_in_documents(some, tables)
    return {document.id: resolver.resolve(part) for document, part in zip(some, found, strict=True)}


def test_known_citations_are_found(
    rows: list[Row], documents: dict[str, Document], resolved: dict[str, list[Citation]]
) -> None:
    ours = {name: document.id for name, document in documents.items()}
    known = found = 0
    for row in rows:
        if ours[row["id"]] in resolved:
            wanted = {ours[one] for one in (*row.get("cites_cases", ()), *row.get("cites_statutes", ()))}
            wanted.discard(ours[row["id"]])
            known += len(wanted)
            found += len(wanted & {one.to for one in resolved[ours[row["id"]]]})
    assert known > 500
    assert found / known >= LEAST


def test_the_list_says_that_at_least_98_of_100_edges_are_right() -> None:
    edges = CHECKED["edges"]
    assert len(edges) == 200
    assert len({(row["document"], row["target"]) for row in edges}) == 200
    assert {row["verdict"] for row in edges} <= {"right", "wrong"}
    assert sum(row["verdict"] == "right" for row in edges) / len(edges) >= LEAST


def test_edges_that_were_read_and_found_right_are_still_there(
    documents: dict[str, Document], resolved: dict[str, list[Citation]]
) -> None:
    versions = {document.id: document.version for document in documents.values()}
    lost = []
    for row in CHECKED["edges"]:
        found = resolved[row["document"]]
        if versions[row["document"]].startswith(row["version"]):
            same = any((one.start, one.end, one.to) == (row["start"], row["end"], row["target"]) for one in found)
        else:  # the page is read in another way since: then the edge alone can be compared
            same = any(one.to == row["target"] for one in found)
        if same != (row["verdict"] == "right"):
            lost.append((row["document"], row["start"], row["target"]))
    assert len(lost) <= (1 - LEAST) * len(CHECKED["edges"]), lost


def test_what_a_court_cited_is_told_from_what_the_section_says_now(resolved: dict[str, list[Citation]]) -> None:
    cited = [one for found in resolved.values() for one in found if one.to and (one.in_force or one.amended_since)]
    changed = sum(bool(one.amended_since) for one in cited)
    assert cited and 0 < changed < len(cited)
    assert all(not one.amended_since or one.amended_since > "1997" for one in cited)
