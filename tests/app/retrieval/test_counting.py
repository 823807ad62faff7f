"""Exact sets and counts, against loops over the stored texts and the sample authors' own list of what they planted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from app.retrieval.counting import count
from app.retrieval.expression import All, Not, Phrase
from app.retrieval.matching import Matcher
from app.retrieval.query import Filters, parse_query
from app.wiring import Services, Snapshot
from indexing.catalogue import Entry
from indexing.text import tokens
from scraper.errors import QueryError


@pytest.fixture(scope="module")
def texts(services: Services) -> dict[str, str]:
    """Every current document's title and text, read from the store and not from the generation."""
    return {v.document_id: f"{v.document.title}\n{v.document.text}" for v in services.store.current()}


@pytest.fixture
def matcher(snapshot: Snapshot) -> Matcher:
    return snapshot.search.matcher


def _ids(snapshot: Snapshot, mask: Any) -> set[str]:
    return {snapshot.corpus.entries[int(row)].id for row in np.flatnonzero(mask)}


@pytest.mark.parametrize("word", ["deposit", "carpet", "water", "nonuse", "zymurgy"])
def test_a_word_is_found_in_exactly_the_texts_that_hold_it(
    snapshot: Snapshot, matcher: Matcher, texts: dict[str, str], word: str
) -> None:
    found = _ids(snapshot, matcher.words(word))
    expected = {name for name, text in texts.items() if word in tokens(text) or set(tokens(word)) <= set(tokens(text))}
    called = {entry.id for entry in snapshot.corpus.entries if set(tokens(word)) <= set(tokens(" ".join(entry.place)))}
    assert expected <= found <= expected | called


@pytest.mark.parametrize(
    "phrase", ["security deposit", "the tenant", "water right", "no such phrase anywhere", "§ 12-3"]
)
def test_a_phrase_is_found_in_exactly_the_texts_that_hold_it(
    snapshot: Snapshot, matcher: Matcher, texts: dict[str, str], phrase: str
) -> None:
    expected = {name for name, text in texts.items() if phrase in " ".join(text.lower().split())}
    assert _ids(snapshot, matcher.phrase(phrase)) == expected


def test_phrases_that_read_the_whole_corpus_over_and_over_are_refused(
    matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(Matcher, "phrase", lambda self, text: read.append(text) or self.words("deposit"))
    again = All((Phrase("of the"), Not(Phrase("of the")), Phrase("of the")))
    assert not matcher.holds(again).any() and read == ["of the"]
    monkeypatch.setattr("app.retrieval.matching.MOST_READ", len(matcher.corpus.passages))
    matcher.holds(Phrase("of the"))
    with pytest.raises(QueryError, match="too common"):
        matcher.holds(All((Phrase("of the"), Phrase("to be"))))


def test_operators_are_those_of_sets(snapshot: Snapshot) -> None:
    search = snapshot.search
    one, two = search.matcher.words("deposit"), search.matcher.words("notice")
    for query, expected in (
        ("deposit AND notice", one & two), ("deposit OR notice", one | two), ("deposit NOT notice", one & ~two),
        ("notice NOT (deposit OR kind:case)", two & ~(one | snapshot.corpus.is_case)),
    ):  # fmt: skip
        allowed = search.allowed(parse_query(query))
        assert allowed is not None and np.array_equal(allowed, expected)
        assert set(search.search(parse_query(query)).ranked) == set(np.flatnonzero(expected))


CASES: list[tuple[str, Callable[[Entry], bool]]] = [
    ("How many cases are there?", lambda e: e.kind == "case"),
    ("How many cases were decided in 2013?", lambda e: e.kind == "case" and e.year == 2013),
    ("list the opinions since 2012", lambda e: e.kind == "case" and (e.year or 0) >= 2012),
    ("opinions after 2012", lambda e: e.kind == "case" and (e.year or 0) > 2012),
    ("cases before 2012", lambda e: e.kind == "case" and 0 < (e.year or 0) < 2012),
    ("cases between 2010 and 2012", lambda e: e.kind == "case" and 2010 <= (e.year or 0) <= 2012),
    ("How many sections of title 12 are there?", lambda e: any(re.match(r"title 12\b", p, re.I) for p in e.place)),
    ("which sections are repealed", lambda e: e.status == "repealed"),
    ("kind:case court:frsc", lambda e: e.court == "frsc"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "holds"), CASES, ids=[case[0] for case in CASES])
def test_a_count_of_structure_is_that_of_a_plain_loop(
    snapshot: Snapshot, matcher: Matcher, question: str, holds: Callable[[Entry], bool]
) -> None:
    expected = [entry.row for entry in snapshot.corpus.entries if holds(entry)]
    assert expected, "the sample holds none: the test would prove nothing"
    assert count(matcher, question).rows.tolist() == expected


def test_planted_kinds_are_counted_as_the_authors_wrote_them(
    matcher: Matcher, sample_truth: dict[str, Any], snapshot: Snapshot
) -> None:
    for kind, word in (("case", "cases"), ("statute", "statutes")):
        documents = [row for row in sample_truth["documents"] if row["in_state"] != "update_only"]
        truth = {row["id"] for row in documents if row["kind"] == kind}
        found = {snapshot.corpus.entries[int(row)].id for row in count(matcher, f"How many {word}?").rows}
        assert found == truth


def test_citing_is_counted_from_the_citations_that_were_planted(
    matcher: Matcher, sample_truth: dict[str, Any], snapshot: Snapshot
) -> None:
    entries = {entry.id: entry for entry in snapshot.corpus.entries}
    wanted = "franklin:code:12-3-105"
    truth = {row["from"] for row in sample_truth["citations"] if row["to"] == wanted and row["from"] != wanted}
    cases = {one for one in truth if one in entries and entries[one].kind == "case"}
    assert len(cases) > 1
    counted = count(matcher, f"How many cases cite {entries[wanted].citation}?")
    assert {snapshot.corpus.entries[int(row)].id for row in counted.rows} == cases
    assert "cites" in counted.rule and entries[wanted].citation in counted.rule
    one = sorted(cases)[0]
    cited = count(matcher, f"Which documents are cited by {entries[one].id}?")
    assert wanted in {snapshot.corpus.entries[int(row)].id for row in cited.rows}


def test_words_are_counted_within_one_passage_and_other_readings_are_told(snapshot: Snapshot, matcher: Matcher) -> None:
    counted = count(matcher, "How many sections address the return of a security deposit?")
    corpus = snapshot.corpus
    wanted = {"return", "secur", "deposit"}
    expected = set()
    for entry in corpus.entries:
        parts = [
            corpus.catalogue.text(p.document_id, p.start, p.end) for p in corpus.passages if p.document_id == entry.id
        ]
        named = " ".join([entry.title, *entry.place])
        if entry.kind != "case" and any(wanted <= set(tokens(part)) for part in [*parts, named]):
            expected.add(entry.row)
    assert set(counted.rows.tolist()) == expected and expected
    others = dict(counted.others)
    assert others["every word anywhere in the document"] >= len(expected)
    assert [condition.name for condition in counted.conditions] == ["kind", "words"]


def test_filters_of_the_request_hold_too(matcher: Matcher) -> None:
    only = count(matcher, "How many cases?", Filters(court=("frsc",)))
    assert set(only.rows) < set(count(matcher, "How many cases?").rows)
    assert "filters of the request" in only.rule


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("how many", "Nothing to count by"),
        ("how many cases of this court", "Which court"),
        ("how many cases cite 9 F.4th 99999", "nothing is held"),
        ("cases topic:zymurgy", "no topic"),
        ("court:zymurgy", "no court"),
        ("year:19", "no year"),
        ("after:2013-02-30", "calendar"),
        ("kind:poem", "no kind"),
        ("cites:zymurgy", "names no document"),
    ],
)
def test_what_cannot_be_counted_says_why(matcher: Matcher, question: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        count(matcher, question)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How many sections address the return of a security deposit?", "return security deposit"),
        ("How many cases use the word use?", "use"),
        ("How many sections are there on water use in this collection?", "water use"),
        ("count the cases decided since 2012 concerning a written term of use", "written term use"),
    ],
)
def test_the_subject_is_what_joins_nothing(matcher: Matcher, question: str, words: str) -> None:
    found = [condition.value for condition in count(matcher, question).conditions if condition.name == "words"]
    assert found == [words]
