"""Pairs of words, against a count over the plain texts."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from indexing.shingles import ShingleIndex
from indexing.text import words
from scraper.errors import GenerationDamaged

TEXTS = [
    "The deposit of the tenant shall be returned within thirty days.",
    "Within thirty days of the notice the deposit of the tenant is due.",
    "A notice of the hearing; a notice of the hearing.",
    "",
    "thirty",
]


def _slow(query: str) -> list[float]:
    pairs = [set(pairwise(words(text))) for text in TEXTS]
    out = [0.0] * len(TEXTS)
    for pair in set(pairwise(words(query))):
        holding = [row for row, held in enumerate(pairs) if pair in held]
        for row in holding:
            out[row] += math.log(1 + (len(TEXTS) - len(holding) + 0.5) / (len(holding) + 0.5))
    return out


@pytest.mark.parametrize(
    "query", ["within thirty days of the notice", "deposit of the tenant", "thirty", "", "no such"]
)
def test_scores_are_those_of_a_plain_count(query: str, tmp_path: Path) -> None:
    built = ShingleIndex.build(TEXTS)
    built.save(tmp_path / "index")
    for index in (built, ShingleIndex.load(tmp_path / "index")):
        assert len(index) == len(TEXTS)
        assert index.scores(query) == pytest.approx(_slow(query), abs=1e-5)


def test_a_pair_that_most_texts_hold_counts_nothing() -> None:
    texts = [f"of the number{row} alpha{row}" for row in range(100)]
    index = ShingleIndex.build(texts)
    assert not index.scores("of the").any()
    assert np.flatnonzero(index.scores("number7 alpha7")).tolist() == [7]


def test_an_empty_list_and_a_damaged_folder(tmp_path: Path) -> None:
    assert ShingleIndex.build([]).scores("a b").shape == (0,)
    ShingleIndex.build(TEXTS).save(tmp_path / "index")
    rows = tmp_path / "index" / "rows.npy"
    rows.write_bytes(rows.read_bytes()[:-8])
    with pytest.raises(GenerationDamaged, match="build again"):
        ShingleIndex.load(tmp_path / "index")
