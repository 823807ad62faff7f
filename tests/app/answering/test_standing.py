"""What a reader is warned of: stated by the publisher, told by later opinions, and nothing whose time is over."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from app.answering.standing import LaterWords, not_in_force, warnings_of
from app.citator import Standings
from app.wiring import Snapshot
from indexing.models import Speaker
from indexing.treatment.models import TreatmentKind
from scraper.models import DispositionKind, Document, DocumentKind, Span, SpanKind

TODAY = dt.date(2026, 6, 1)
SECTION = Document(
    "n:1", DocumentKind.STATUTE, "n", "Tolls", "Code § 1", "A toll is due. Temporary.", "https://n.example"
)


def with_notice(until: str) -> Document:
    notice = Span(15, 25, SpanKind.NOTICE, "temporary", {"until": until})
    warning = f"Temporary or emergency amendment, expires {until}: Temporary."
    return replace(SECTION, spans=(notice,), warnings=(warning, "This page stands for a range of sections: 1-3."))


def test_a_temporary_act_that_has_run_out_is_warned_of_no_more() -> None:
    said = list(warnings_of(with_notice("2026-05-31"), TODAY))
    assert said == ["Code § 1: This page stands for a range of sections: 1-3."]
    said = list(warnings_of(with_notice("2026-06-01"), TODAY))  # its last day
    assert len(said) == 2 and "expires 2026-06-01" in said[0]


@pytest.mark.parametrize("kind", DispositionKind)
def test_a_case_that_decided_nothing_says_so(kind: DispositionKind) -> None:
    case = replace(SECTION, kind=DocumentKind.CASE, citation="1 N. 1", disposition_kind=kind.value)
    said = list(warnings_of(case, TODAY))
    assert said == [] if kind is DispositionKind.MERITS else said[0].endswith("it holds nothing on the merits.")
    assert list(warnings_of(replace(case, disposition_kind=""), TODAY)) == []


def test_a_section_that_is_not_yet_or_no_longer_in_effect() -> None:
    later, over = dt.date(2026, 6, 2), dt.date(2026, 5, 31)
    assert not_in_force(replace(SECTION, effective_from=later), TODAY) == "takes effect only on 2026-06-02"
    assert not_in_force(replace(SECTION, effective_to=over), TODAY) == "had effect only until 2026-05-31"
    assert not_in_force(replace(SECTION, effective_from=TODAY, effective_to=TODAY), TODAY) == ""


@pytest.fixture(scope="module")
def later(snapshot: Snapshot) -> LaterWords:
    return LaterWords(snapshot.corpus, Standings(snapshot.corpus, snapshot.search.jurisdictions))


def test_later_words_are_the_court_s_own_and_quoted_as_they_stand(snapshot: Snapshot, later: LaterWords) -> None:
    entries, rows = snapshot.corpus.entries, snapshot.corpus.rows
    (word, *_) = later.of(entries[rows["franklin:frsc:2006-frsc-027"]])
    assert (word.text, word.unit.speaker) == ("Dunleavy is overruled.", Speaker.MAJORITY)
    assert word.told.startswith("overruled by In re Water Right of Aldous Ranch")
    for entry in entries:
        for word in [*later.of(entry), *later.doubts(entry)]:
            start, end = word.unit.core
            assert start <= word.treatment.start < word.treatment.end <= end
            assert word.unit.speaker in (Speaker.MAJORITY, Speaker.PER_CURIAM)
            assert word.document.text[start:end].split()[0] in word.text


def test_only_what_is_struck_down_on_its_face_is_gone_entirely(snapshot: Snapshot, later: LaterWords) -> None:
    entries, rows = snapshot.corpus.entries, snapshot.corpus.rows
    (whole, *_) = later.of(entries[rows["franklin:code:22-2-107"]])
    (part, *_) = later.of(entries[rows["franklin:code:22-2-108"]])
    assert whole.entirely and not part.entirely
    assert part.treatment.kind is TreatmentKind.HELD_UNCONSTITUTIONAL_AS_APPLIED
    assert [word.treatment.kind for word in later.strikes("franklin:frsc:2018-frsc-014")] == [part.treatment.kind]
    assert later.strikes("franklin:frsc:2019-frsc-008") == []  # it upholds


def test_doubt_is_not_undoing_and_a_dissent_is_neither(snapshot: Snapshot, later: LaterWords) -> None:
    penhallow = snapshot.corpus.entries[snapshot.corpus.rows["franklin:frca:2007-frca-102"]]
    assert later.of(penhallow) == []
    assert [word.treatment.kind for word in later.doubts(penhallow)] == [TreatmentKind.QUESTIONS]
