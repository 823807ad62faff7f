"""What a question to be counted asks, in the words in which people ask it, against loops over the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from app.retrieval.counting import count
from app.retrieval.lookup import resolve
from app.retrieval.matching import Matcher
from app.wiring import Services, Snapshot
from indexing.catalogue import Entry
from indexing.models import Citation
from scraper.errors import QueryError


@pytest.fixture
def matcher(snapshot: Snapshot) -> Matcher:
    return snapshot.search.matcher


def _citations(snapshot: Snapshot) -> list[Citation]:
    catalogue = snapshot.corpus.catalogue
    return [one for entry in snapshot.corpus.entries for _, one in catalogue.citations_of(entry.id, 10_000)]


def _counted(snapshot: Snapshot, question: str) -> set[str]:
    return {snapshot.corpus.entries[int(row)].id for row in count(snapshot.search.matcher, question).rows}


ASKED: list[tuple[str, Callable[[Entry], bool]]] = [
    ("How many Court of Appeals cases are there?", lambda e: e.court == "frca"),
    ("How many cases did the Court of Appeals decide in 2013?", lambda e: e.court == "frca" and e.year == 2013),
    ("cases decided by the Court of Appeals", lambda e: e.court == "frca"),
    ("Franklin Supreme Court cases", lambda e: e.court == "frsc"),
    ("opinions handed down in 2013", lambda e: e.kind == "case" and e.year == 2013),
    ("cases decided in 2012 or 2013", lambda e: e.kind == "case" and e.year in (2012, 2013)),
    ("cases not decided in 2013", lambda e: e.kind == "case" and e.year != 2013),
    ("cases decided after June 2012", lambda e: e.kind == "case" and (e.date or "") > "2012-06-30"),
    ("How many sections are not repealed?", lambda e: e.kind != "case" and e.status != "repealed"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "holds"), ASKED, ids=[one[0] for one in ASKED])
def test_a_question_is_counted_as_a_plain_loop_does(
    snapshot: Snapshot, question: str, holds: Callable[[Entry], bool]
) -> None:
    expected = {entry.id for entry in snapshot.corpus.entries if holds(entry)}
    assert expected and _counted(snapshot, question) == expected


def test_citations_are_joined_left_out_and_asked_of_the_citing_case(snapshot: Snapshot) -> None:
    entries = {entry.id: entry for entry in snapshot.corpus.entries}
    citing: dict[str, set[str]] = {}
    for one in _citations(snapshot):
        if one.to and one.document_id != one.to and entries[one.to].kind == "statute":
            citing.setdefault(one.to, set()).add(one.document_id)
    first, second = sorted(citing, key=lambda to: (-len(citing[to]), to))[:2]
    a, b = (entries[one].citation for one in (first, second))
    assert _counted(snapshot, f"documents citing both {a} and {b}") == citing[first] & citing[second]
    assert _counted(snapshot, f"documents citing {a} or {b}") == citing[first] | citing[second]
    cases = {entry.id for entry in entries.values() if entry.kind == "case"}
    assert _counted(snapshot, f"cases that do not cite {a}") == cases - citing[first]
    assert _counted(snapshot, f"cases applying {a}") == cases & citing[first]
    source = next(one for one in sorted(citing[first]) if one in cases)
    cited = {to for to, sources in citing.items() if source in sources}
    assert _counted(snapshot, f"Which statutes does {source} cite?") == cited


def test_a_subdivision_counts_only_what_cites_it(snapshot: Snapshot) -> None:
    entries = {entry.id: entry for entry in snapshot.corpus.entries}
    pinned = [
        one
        for one in _citations(snapshot)
        if one.to and re.fullmatch(r"(\(\w+\))+", one.pinpoint) and one.to != one.document_id
    ]
    one = min(pinned, key=lambda cited: (cited.to or "", cited.pinpoint, cited.document_id))
    expected = {other.document_id for other in pinned if other.to == one.to and other.pinpoint.startswith(one.pinpoint)}
    assert _counted(snapshot, f"documents citing {entries[one.to or ''].citation}{one.pinpoint}") == expected


def test_a_party_alone_is_the_one_case_it_names(snapshot: Snapshot, matcher: Matcher) -> None:
    names = [entry for entry in snapshot.corpus.entries if entry.kind == "case" and " v. " in entry.title]
    alone = next(entry for entry in names if matcher.party(entry.title.split(" v. ")[0]) == (entry.id,))
    expected = set(np.flatnonzero(matcher.citing_any((alone.id,))))
    assert set(count(matcher, f"documents that cite {alone.title.split(' v. ')[0]}").rows) == expected


def test_a_phrase_in_quotes_is_the_subject(snapshot: Snapshot, matcher: Matcher) -> None:
    counted = count(matcher, 'How many cases use the phrase "security deposit"?')
    assert [condition.name for condition in counted.conditions] == ["expression", "kind"]
    assert np.array_equal(np.flatnonzero(matcher.phrase("security deposit") & snapshot.corpus.is_case), counted.rows)


def test_a_title_of_which_cases_speak_is_words_and_one_where_sections_stand_is_a_place(matcher: Matcher) -> None:
    names = {question: [one.name for one in count(matcher, question).conditions] for question in (
        "cases under title 12", "sections in title 12",
    )}  # fmt: skip
    assert names == {"cases under title 12": ["kind", "words"], "sections in title 12": ["kind", "place"]}
    values = [one.value for one in count(matcher, "cases under title 12").conditions]
    assert values == ["case", "title 12"]


def test_a_topic_is_counted_by_its_members(snapshot: Snapshot) -> None:
    topic = next(key for key, held in snapshot.corpus.topics.items() if held.depth == 1)
    members = {document for document, own in snapshot.corpus.memberships.items() if topic in own}
    assert _counted(snapshot, f"How many documents are in topic {topic}?") == members


def test_repealed_sections_are_told_of(snapshot: Snapshot, matcher: Matcher) -> None:
    counted = count(matcher, "How many sections are there?")
    still = sum(snapshot.corpus.entries[int(row)].status == "in_force" for row in counted.rows)
    assert dict(counted.others)["of these, only what is in force as its publisher states"] == still < len(counted.rows)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("number of cases decided per year", "one number"),
        ("cases that do not discuss deposits", "operator"),
        ("cases other than those on deposits", "operator"),
        ("cases that cite Zymurgy", "both parties"),
        ("How many Supreme Court cases are there?", "Which court is meant"),  # of two states
        ("How many cases were decided by the Ninth Circuit?", "No decision of the Ninth Circuit"),
    ],
)
def test_what_was_not_understood_is_no_number(matcher: Matcher, question: str, words: str) -> None:
    with pytest.raises(QueryError, match=f"(?i){words}"):
        count(matcher, question)


@pytest.mark.parametrize("written", ["No. {}", "no {}", "Docket No. {}"])
def test_a_docket_number_is_read_with_what_stands_before_it(
    snapshot: Snapshot, services: Services, written: str
) -> None:
    entry = next(entry for entry in snapshot.corpus.entries if entry.docket)
    found = resolve(snapshot.corpus, services.jurisdictions, written.format(entry.docket))
    assert found is not None and entry.id in found.documents
