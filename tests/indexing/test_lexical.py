"""BM25 against its formula, computed the slow way from the definition (Lucene's variant)."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from indexing.lexical import K1, B, Bm25Index, best
from indexing.text import tokens

TEXTS = [
    "A landlord shall return the security deposit within thirty days.",
    "The security deposit may be applied to unpaid rent. Rent is due monthly; the deposit is not rent.",
    "The court shall have original jurisdiction of all civil actions.",
    "",
    "No person shall be deprived of property without due process; the process that is due depends on the property.",
]


def bm25(texts: list[str], query: str) -> list[float]:
    rows = [tokens(text) for text in texts]
    mean = sum(map(len, rows)) / len(rows)
    scores = []
    for row in rows:
        counts, total = Counter(row), 0.0
        for term in tokens(query):
            holding = sum(term in other for other in rows)
            if not counts[term]:
                continue
            idf = math.log(1 + (len(rows) - holding + 0.5) / (holding + 0.5))
            total += idf * counts[term] / (counts[term] + K1 * (1 - B + B * len(row) / mean))
        scores.append(total)
    return scores


@pytest.mark.parametrize("query", ["security deposit", "rent", "due process of property", "original jurisdiction rent"])
def test_scores_are_those_of_the_formula(query: str) -> None:
    assert np.allclose(Bm25Index.build(TEXTS).scores(query), bm25(TEXTS, query), atol=1e-5)


def test_search_orders_by_score_then_id_and_leaves_out_what_shares_nothing() -> None:
    index = Bm25Index.build(["alpha beta", "gamma", "alpha beta", "alpha"])
    ids, _ = index.search("beta", 10)
    assert ids.tolist() == [0, 2]
    ids, _ = index.search("beta", 10, np.array([False, True, True, True]))
    assert ids.tolist() == [2]


def test_a_query_of_unknown_words_scores_nothing() -> None:
    assert Bm25Index.build(TEXTS).scores("zymurgy").tolist() == [0.0] * len(TEXTS)


def test_texts_without_a_single_word_are_held(tmp_path: Path) -> None:
    Bm25Index.build(["", "---"]).save(tmp_path / "x")
    index = Bm25Index.load(tmp_path / "x")
    assert len(index) == 2
    assert index.search("anything", 3)[0].tolist() == []


def test_saved_and_loaded_scores_the_same(tmp_path: Path) -> None:
    Bm25Index.build(TEXTS).save(tmp_path / "x")
    assert np.array_equal(Bm25Index.load(tmp_path / "x").scores("deposit"), Bm25Index.build(TEXTS).scores("deposit"))


def test_ties_at_the_cut_are_broken_by_id() -> None:
    ids, _ = best(np.array([1, 2, 1, 1, 2], dtype=np.float32), 3)
    assert ids.tolist() == [1, 4, 0]
