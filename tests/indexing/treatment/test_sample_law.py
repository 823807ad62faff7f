"""Every planted treatment of the sample is found, and no negative one is invented."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from indexing.citations.find import CitationFinder
from indexing.citations.resolve import Resolver
from indexing.models import Citation
from indexing.treatment.annotations import Note, grouped, notes_in
from indexing.treatment.detect import find_treatments
from indexing.treatment.models import NEGATIVE, Authority, Shelf, Treatment, TreatmentKind
from indexing.treatment.status import Level, status_of
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind
from scraper.sources.justia import JustiaSource

SAMPLE = Path(__file__).resolve().parents[3] / "sample"
POSITIVE = (TreatmentKind.APPLIES, TreatmentKind.FOLLOWS)


@pytest.fixture(scope="module")
def tables() -> Jurisdictions:
    return Jurisdictions.load(sorted((SAMPLE / "jurisdictions").glob("*.json")))


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def documents(tables: Jurisdictions, truth: Mapping[str, Any]) -> dict[str, Document]:
    """Every document of both states, as its page states it."""
    source = JustiaSource(tables)
    found: dict[str, Document] = {}
    for row in truth["documents"]:
        path = row["path"].strip("/")
        for site in ("site", "site-update"):
            page = SAMPLE / site / path / "index.html"
            if page.exists() and row["id"] not in found:
                for document in source.parse(Page(source.origin + row["path"], page.read_bytes())).documents:
                    found[document.id] = document
    return found


@pytest.fixture(scope="module")
def citations(tables: Jurisdictions, documents: Mapping[str, Document]) -> dict[str, list[Citation]]:
    finder = CitationFinder(tables)
    resolver = Resolver.from_documents(documents.values(), tables)
    return {
        key: resolver.resolve(finder.find(document.text, key, document.version, document.spans))
        for key, document in documents.items()
        if document.kind is DocumentKind.CASE
    }


@pytest.fixture(scope="module")
def shelf(documents: Mapping[str, Document]) -> Shelf:
    return Shelf.of(Authority.of(document) for document in documents.values())


@pytest.fixture(scope="module")
def treatments(
    tables: Jurisdictions, documents: Mapping[str, Document], citations: Mapping[str, list[Citation]], shelf: Shelf
) -> list[Treatment]:
    return [one for key, found in citations.items() for one in find_treatments(documents[key], found, tables, shelf)]


def squash(text: str) -> str:
    return " ".join(text.split())


def is_planted(one: Treatment, row: Mapping[str, Any], documents: Mapping[str, Document]) -> bool:
    words = squash(documents[one.citing].text[one.sentence_start : one.sentence_end])
    planted = row["sentence"].strip('"')
    return (
        (one.citing, one.cited, one.kind.value) == (row["citing"], row["cited"], row["kind"])
        and (planted in words or words in planted)
        and (one.voice.value, one.counts) == (row["speaker"], row["counts"])
    )


def test_every_planted_treatment_is_found(
    treatments: list[Treatment], truth: Mapping[str, Any], documents: Mapping[str, Document]
) -> None:
    planted = truth["treatments"]
    assert len(planted) >= 60
    missed = [row for row in planted if not any(is_planted(one, row, documents) for one in treatments)]
    assert not missed


def test_a_planted_scope_is_kept(
    treatments: list[Treatment], truth: Mapping[str, Any], documents: Mapping[str, Document]
) -> None:
    for row in truth["treatments"]:
        if row["scope"] and row["kind"] not in ("upheld", "vacates", "remands"):
            (found,) = [one for one in treatments if is_planted(one, row, documents)]
            assert set(row["scope"].split()[-3:]) <= set(found.scope.split()), (row["scope"], found.scope)


def test_none_is_invented(
    treatments: list[Treatment], truth: Mapping[str, Any], documents: Mapping[str, Document]
) -> None:
    """A holding may apply a provision that nobody planted it for; whatever else is found was planted."""
    rows = truth["treatments"]
    invented = [
        one
        for one in treatments
        if one.kind not in POSITIVE and not any(is_planted(one, row, documents) for row in rows)
    ]
    assert not invented


def test_what_is_said_of_an_authority_is_safe(
    treatments: list[Treatment],
    truth: Mapping[str, Any],
    documents: Mapping[str, Document],
    citations: Mapping[str, list[Citation]],
    tables: Jurisdictions,
    shelf: Shelf,
) -> None:
    day = dt.date(2025, 7, 1)
    undone = {row["cited"] for row in truth["treatments"] if row["counts"] and TreatmentKind(row["kind"]) in NEGATIVE}
    for key, authority in shelf.by_id.items():
        citing = {found for found, several in citations.items() for one in several if one.to == key} - {key}
        found = status_of(authority, treatments, len(citing), day, tables, shelf)
        assert "good law" not in found.words
        assert (found.level is not Level.NONE_FOUND) == (key in undone), key
        if citing and key not in undone:
            assert found.words.startswith("no negative treatment found among ") and "to 2025-07-01" in found.words
    words = {key: status_of(shelf.by_id[key], treatments, 3, day, tables, shelf).words for key in undone}
    assert words["franklin:frsc:2006-frsc-027"].startswith("negative treatment: overruled by In re Water Right")
    assert words["franklin:frsc:2007-frsc-019"].startswith("negative treatment: overruled in part (")
    assert words["franklin:frsc:2010-frsc-038"].startswith("caution: limited (")


def test_notes_of_decisions_are_of_the_provision(
    treatments: list[Treatment], documents: Mapping[str, Document], citations: Mapping[str, list[Citation]]
) -> None:
    notes: list[Note] = []
    for key, found in citations.items():
        own = [one for one in treatments if one.citing == key]
        notes += notes_in(documents[key], found, own, lambda _id, _place: "deposits")
    (group,) = grouped(notes, "franklin:code:12-3-105")
    assert group.topic == "deposits"
    first = group.notes[0]
    assert documents[first.citing].text[first.start : first.end].startswith("We hold that a landlord who fails")
    assert {one.citing for one in group.notes} >= {"franklin:frsc:2014-frsc-045", "franklin:frsc:2025-frsc-034"}
