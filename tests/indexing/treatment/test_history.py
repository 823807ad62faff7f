"""What a court does with the decision below in the same dispute."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from indexing.citations.resolve import Resolver
from indexing.treatment.detect import find_treatments
from indexing.treatment.models import Authority, Shelf, Treatment, TreatmentKind
from scraper.jurisdictions import Court
from scraper.models import Document, DocumentKind
from tests.indexing.treatment import law

K = TreatmentKind
BELOW = Document(
    "us:ca9:80-f3d-100",
    DocumentKind.CASE,
    "us",
    "Fairbanks v. Eastman",
    "80 F.3d 100",
    "",
    "https://x.test/5",
    court="ca9",
    date=dt.date(1989, 1, 1),
)


def read(text: str, below: Document = BELOW) -> list[Treatment]:
    tables = law.tables()
    tables = replace(tables, courts=(*tables.courts, Court("ca9", "us", "Court of Appeals", "appellate")))
    cited = "The Court of Appeals affirmed. Fairbanks v. Eastman, 80 F. 3d 100 (CA9 1989). "
    document = law.opinion(("majority", cited + text))
    found = law.finder().find(document.text, document.id, document.version, document.spans)
    citations = Resolver.from_documents([*law.held(), below], tables).resolve(found)
    shelf = Shelf.of(Authority.of(one) for one in [*law.held(), below])
    return [one for one in find_treatments(document, citations, tables, shelf) if one.is_history]


DONE = [
    ("The judgment of the Court of Appeals is affirmed.", [K.AFFIRMS]),
    ("The judgment of the Court of Appeals is therefore reversed.", [K.REVERSES]),
    ("We reverse the judgment of the Court of Appeals.", [K.REVERSES]),
    ("The judgment of the Court of Appeals is vacated, and the case is remanded.", [K.VACATES, K.REMANDS]),
    ("The judgment of the Court of Appeals should not be affirmed.", []),
    ("Whether the judgment of the Court of Appeals is reversed depends on the record.", []),
]


@pytest.mark.parametrize(("text", "kinds"), DONE)
def test_steps(text: str, kinds: list[TreatmentKind]) -> None:
    found = read(text)
    assert [one.kind for one in found] == kinds
    assert all(one.cited == BELOW.id and one.counts for one in found)


def test_scope_of_a_step_is_kept() -> None:
    (found,) = read("The judgment of the Court of Appeals is vacated as to the number of shifts.")
    assert found.scope == "as to the number of shifts"


def test_another_dispute_has_no_history_here() -> None:
    other = replace(BELOW, title="Gray v. Hall")
    assert read("The judgment of the Court of Appeals is reversed.", other) == []


def test_a_case_of_the_same_court_is_not_below() -> None:
    same = replace(BELOW, court="scotus")
    assert read("The judgment of the Court of Appeals is reversed.", same) == []


def test_the_reporters_line_names_a_decision_that_is_not_held() -> None:
    document = law.opinion(
        ("syllabus", "Held: A debt outlives the debtor. Pp. 3-9.\n\n"
                     "90 F. 3d 1237, affirmed in part, reversed in part, and remanded."),
        ("majority", "We agree in part.\n\nThe judgment of the Court of Appeals is reversed."),
        ("dissent", "The judgment of the Court of Appeals is affirmed, I would say."),
    )  # fmt: skip
    found = [one for one in law.read(document) if one.is_history]
    assert {(one.cited, one.cited_key, one.cited_name) for one in found} == {
        (None, "90 F.3d 1237", "Eastman v. Fairbanks")
    }
    assert [(one.kind, one.scope, one.voice.value, one.counts) for one in found] == [
        (K.AFFIRMS, "in part", "syllabus", False),
        (K.REVERSES, "in part", "syllabus", False),
        (K.REMANDS, "", "syllabus", False),
        (K.REVERSES, "", "majority", True),
        (K.AFFIRMS, "", "dissent", False),
    ]
