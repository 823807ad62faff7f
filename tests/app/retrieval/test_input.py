"""What nobody should type and somebody will: each gives a plain result or a problem in words."""

from __future__ import annotations

import numpy as np
import pytest

from app.retrieval.corpus import pairs_of
from app.retrieval.query import parse_query
from app.wiring import Snapshot
from scraper.errors import QueryError

ODD = ["deposit", "the of and", '"', '"the of"', "(((", "NOT", "AND OR NOT", "a" * 4000, "a " * 2000, "( " * 1999,
       "💧 água 水", "<script>alert(1)</script>", "%00 ' OR 1=1 --", "v.", "§", "-1", "deposit NOT deposit",
       "court:frsc", "kind:case NOT kind:case", "year:1776 deposit", "deposit " + "OR deposit " * 300]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_queries_give_plain_results(snapshot: Snapshot, text: str) -> None:
    result = snapshot.search.search(parse_query(text), k=5)
    assert result.total == len(set(result.ranked.tolist())) >= len(result.hits)
    for hit in result.hits:
        assert np.isfinite(hit.score) and hit.text and hit.why


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), ("x" * 1_000_000, "limit is 4,000"), ("auther:x", "no field 'auther'"),
     ("court:nowhere", "no court"), ("topic:zymurgy", "lexatlas topics list"), ("cites:zymurgy", "names no document"),
     ("after:yesterday", "no year or day"),
     ('court:""', "is empty"), ("after:9999-12-31", "outside all dates")],
)  # fmt: skip
def test_what_means_nothing_is_refused_in_words(snapshot: Snapshot, text: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        snapshot.search.search(parse_query(text))


def test_conditions_that_nothing_meets_give_no_hit(snapshot: Snapshot) -> None:
    result = snapshot.search.search(parse_query("deposit year:1776"))
    assert (result.total, result.hits) == (0, ())


def test_only_fields_list_what_they_ask_most_cited_first(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    result = snapshot.search.search(parse_query("kind:case"), k=100)
    cited = [corpus.cited_counts.get(hit.entry.id, 0) for hit in result.hits]
    assert result.total == int(corpus.is_case.sum()) and cited == sorted(cited, reverse=True)


def test_pairs_are_each_counted_once() -> None:
    citing, cited = pairs_of(np.array([3, 0, 3, 3]), np.array([1, 2, 1, 0]), 5)
    assert list(zip(citing.tolist(), cited.tolist(), strict=True)) == [(0, 2), (3, 0), (3, 1)]
