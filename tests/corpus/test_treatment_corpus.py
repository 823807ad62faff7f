"""Treatments of real opinions against a list that was checked by hand, where the corpus is on the machine.

`checked_treatments.json` holds places, no text: a sentence by document, offsets and a hash of its words without white
space. Verdicts: right (the treatment is read so), nothing (no treatment by a court, however it sounds), missed (a
treatment that is not found yet). The patterns were written with the first state at hand; the second state's opinions
were read only afterwards.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from indexing.citations.find import CitationFinder
from indexing.citations.resolve import Resolver
from indexing.treatment.detect import find_treatments
from indexing.treatment.models import Authority, Shelf, Treatment
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document
from scraper.sources.justia import JustiaSource

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
SITES = {"first": "us-law-site.tar.xz", "update": "us-law-site-update.tar.xz"}
Row = Mapping[str, Any]
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the real-law corpus is not on this machine"),
]


def checked() -> list[Row]:
    rows: list[Row] = json.loads((Path(__file__).parent / "checked_treatments.json").read_text(encoding="utf-8"))
    return rows


def hashed(words: str) -> str:
    return hashlib.sha256("".join(words.split()).encode()).hexdigest()[:16]


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    """The opinions of the list, by id."""
    tables = Jurisdictions.load()
    source = JustiaSource(tables)
    found: dict[str, Document] = {}
    for state, name in SITES.items():
        wanted = {row["document"] for row in checked() if row["state"] == state}
        with tarfile.open(CORPUS / name, "r:xz") as archive:
            for member in archive:
                path = "/" + member.name.removeprefix("./").removesuffix("index.html")
                if "/cases/federal/us/" not in path or not member.isfile():
                    continue
                tail = "-".join(path.strip("/").split("/")[3:])
                if not any(_may_be(document_id, tail) for document_id in wanted):
                    continue
                page = archive.extractfile(member)
                assert page is not None
                for document in source.parse(Page(source.origin + path, page.read())).documents:
                    if document.id in wanted:
                        found.setdefault(document.id, document)
    return found


def _may_be(document_id: str, tail: str) -> bool:
    slug = document_id.rpartition(":")[2]
    return slug in (tail, tail.replace("-", "-us-", 1))


@pytest.fixture(scope="module")
def treatments(documents: Mapping[str, Document]) -> dict[str, list[Treatment]]:
    tables = Jurisdictions.load()
    finder = CitationFinder(tables)
    resolver = Resolver.from_documents(documents.values(), tables)
    shelf = Shelf.of(Authority.of(document) for document in documents.values())
    found = {}
    for key, document in documents.items():
        citations = resolver.resolve(finder.find(document.text, key, document.version, document.spans))
        found[key] = find_treatments(document, citations, tables, shelf)
    return found


def sentences(documents: Mapping[str, Document], one: Treatment) -> str:
    return hashed(documents[one.citing].text[one.sentence_start : one.sentence_end])


def by_sentence(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[row["document"], row["sentence"]].append(row)
    return found


def test_the_list_is_long_enough_and_its_opinions_are_read(documents: Mapping[str, Document]) -> None:
    rows = checked()
    assert len(rows) >= 60
    assert {row["document"] for row in rows} <= set(documents)


def test_negative_treatment_is_right(
    documents: Mapping[str, Document], treatments: Mapping[str, Sequence[Treatment]]
) -> None:
    """Whatever is found in these opinions and was not checked to be right counts as wrong; history is apart."""
    right = by_sentence([row for row in checked() if row["verdict"] == "right"])
    negative = [one for found in treatments.values() for one in found if one.is_negative and not one.is_history]
    wrong = [
        one
        for one in negative
        if not any(
            (row["cited_key"], row["kind"], row["voice"]) == (one.cited_key, one.kind.value, one.voice.value)
            for row in right.get((one.citing, sentences(documents, one)), ())
        )
    ]
    assert len(negative) >= 60
    assert len(wrong) <= len(negative) // 10, [(one.citing, one.start, one.kind.value) for one in wrong]


def test_what_was_right_is_still_found(
    documents: Mapping[str, Document], treatments: Mapping[str, Sequence[Treatment]]
) -> None:
    rows = [row for row in checked() if row["verdict"] == "right"]
    found = {
        (one.citing, sentences(documents, one), one.cited_key, one.kind.value)
        for several in treatments.values()
        for one in several
    }
    lost = [row for row in rows if (row["document"], row["sentence"], row["cited_key"], row["kind"]) not in found]
    assert len(lost) <= len(rows) // 20, lost


def test_what_only_sounds_like_it_is_left_alone(
    documents: Mapping[str, Document], treatments: Mapping[str, Sequence[Treatment]]
) -> None:
    nothing = by_sentence([row for row in checked() if row["verdict"] == "nothing"])
    wrong = [
        (one.citing, one.start)
        for found in treatments.values()
        for one in found
        if one.is_negative and (one.citing, sentences(documents, one)) in nothing
    ]
    assert len(nothing) >= 40
    assert not wrong


def test_a_syllabus_is_nobodys_holding(
    documents: Mapping[str, Document], treatments: Mapping[str, Sequence[Treatment]]
) -> None:
    from_syllabus = [one for found in treatments.values() for one in found if one.voice.value == "syllabus"]
    assert from_syllabus
    assert not any(one.counts for one in from_syllabus)
