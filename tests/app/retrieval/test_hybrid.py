"""Hybrid search over the sample: shares, filters, phrases, who comes first and why."""

from __future__ import annotations

import numpy as np
import pytest

from app.retrieval.query import Filters, parse_query
from app.retrieval.signals import names_a_case, titles
from app.wiring import Snapshot
from indexing.text import tokens
from scraper.errors import QueryError

QUERIES = ["return of a security deposit", "dog", "may a school expel a pupil who carries a knife", "State v. Moreno"]


@pytest.mark.parametrize("query", QUERIES)
def test_shares_sum_to_the_score_and_scores_fall(snapshot: Snapshot, query: str) -> None:
    result = snapshot.search.search(parse_query(query), k=20)
    for hit in result.hits:
        assert sum(hit.signals.values()) == pytest.approx(hit.score, abs=1e-4)
        assert all(share > 0 for share in hit.signals.values())
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("query", QUERIES)
def test_pages_join_to_the_whole(snapshot: Snapshot, query: str) -> None:
    whole = [hit.entry.id for hit in snapshot.search.search(parse_query(query), k=30).hits]
    paged = [
        hit.entry.id
        for offset in range(0, 30, 7)
        for hit in snapshot.search.search(parse_query(query), k=7, offset=offset).hits
    ]
    assert paged[: len(whole)] == whole
    assert len(set(whole)) == len(whole)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(kind=("case",)),
        Filters(kind=("statute", "regulation")),
        Filters(court=("frsc",)),
        Filters(status=("repealed",)),
        Filters(year=(2015,)),
        Filters(code=("frconst",)),
        Filters(hierarchy="title 12"),
        Filters(kind=("case",), court=("frca",), year=(2013,)),
    ],
)
def test_a_filtered_search_is_the_whole_ranking_filtered(snapshot: Snapshot, filters: Filters) -> None:
    """What passes is a plain predicate over every entry; nothing that passes and shares a word is lost."""
    corpus = snapshot.corpus
    passing = {entry.id for entry in corpus.entries if _passes(entry, filters)}
    result = snapshot.search.search(parse_query("notice of a right, deposit or power", filters), k=100)
    found = [corpus.entries[int(row)].id for row in result.ranked]
    assert set(found) <= passing
    terms = set(tokens("notice of a right, deposit or power"))
    for document in passing:
        text = corpus.catalogue.version(document).document.text
        if terms & set(tokens(text)):
            assert document in found


def _passes(entry, filters: Filters) -> bool:
    checks = [(filters.kind, entry.kind), (filters.court, entry.court), (filters.status, entry.status),
              (filters.year, entry.year), (filters.code, entry.code)]  # fmt: skip
    plain = all(not wanted or value in wanted for wanted, value in checks)
    return plain and (not filters.hierarchy or any(filters.hierarchy in label.lower() for label in entry.place))


def test_a_quoted_phrase_stands_verbatim_in_every_hit(snapshot: Snapshot) -> None:
    result = snapshot.search.search(parse_query('"security deposit" landlord'), k=50)
    assert result.hits
    for hit in result.hits:
        document = snapshot.corpus.catalogue.version(hit.entry.id).document
        assert "security deposit" in " ".join(f"{document.title} {document.text}".lower().split())


def test_highlights_are_the_query_s_words(snapshot: Snapshot) -> None:
    hit = snapshot.search.search(parse_query("security deposits"), k=1).hits[0]
    assert {hit.text[start:end].lower() for start, end in hit.highlights} <= {
        "security",
        "deposit",
        "deposits",
        "secure",
    }
    stored = snapshot.corpus.catalogue.version(hit.entry.id).document.text
    assert stored[hit.passage.start : hit.passage.end] == hit.text


def test_what_shares_no_word_and_is_not_near_is_no_result(snapshot: Snapshot) -> None:
    assert snapshot.search.search(parse_query("zymurgy quaternion"), k=10).total == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Quillen v. Parr", True),
        ("what did the court hold in Quillen v Parr about carpets and deposits", True),
        ("In re Water Right of Aldous Ranch and what it says of nonuse", True),
        ("Moreno", True),
        ("does the school board have to give written notice before it dismisses a teacher", False),
    ],
)
def test_a_name_is_told_from_a_question(text: str, expected: bool) -> None:
    assert names_a_case(text) is expected


def test_a_case_s_title_counts_only_where_a_case_is_named(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    asked = titles(corpus, "must the state water board give notice before it forfeits a water right", None)
    assert not asked["name"].any()
    assert not asked["heading"][corpus.is_case].any()
    named = titles(corpus, "State Water Board v. Ingersoll Farms", None)
    assert corpus.entries[int(np.argmax(named["name"]))].title == "State Water Board v. Ingersoll Farms"


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), ("   ", "empty"), ("x" * 4001, "4,000"), ("a\x00b", "NUL"), ("a\ud800b", "surrogate")],
)
def test_a_query_that_cannot_be_used_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        parse_query(text)


def test_a_hit_of_conditions_alone_says_that_it_meets_them(snapshot: Snapshot) -> None:
    hits = snapshot.search.search(parse_query("kind:case year:2014"), k=20).hits
    assert {hit.why for hit in hits} == {"It meets every condition."}
    assert {(hit.entry.kind, (hit.entry.date or "")[:4]) for hit in hits} == {("case", "2014")}
