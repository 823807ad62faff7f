"""Fusion is arithmetic: each value by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.retrieval.fusion import best_by_group, fuse, normalised, reciprocal_rank_fusion


def f(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_the_highest_value_becomes_one_and_the_floor_zero() -> None:
    assert normalised(f(0, 1, 4)).tolist() == [0, 0.25, 1]
    assert normalised(f(0.2, 0.4, 0.6), floor=0.2).tolist() == pytest.approx([0, 0.5, 1])


def test_a_signal_that_says_nothing_stays_nothing() -> None:
    assert normalised(f(0, 0)).tolist() == [0, 0]
    assert normalised(np.zeros(0, np.float32)).tolist() == []


def test_shares_sum_to_the_score() -> None:
    total, shares = fuse({"a": f(1, 0.5), "b": f(0, 1)}, {"a": 2.0, "b": 0.5})
    assert total.tolist() == [2.0, 1.5]
    assert {name: share.tolist() for name, share in shares.items()} == {"a": [2.0, 1.0], "b": [0.0, 0.5]}
    assert np.allclose(sum(shares.values()), total)


def test_a_signal_without_a_weight_counts_nothing() -> None:
    assert fuse({"a": f(1), "b": f(1)}, {"a": 1.0})[0].tolist() == [1.0]


def test_reciprocal_rank_fusion_is_the_published_formula() -> None:
    total = reciprocal_rank_fusion([np.array([2, 0]), np.array([2])], size=3)
    assert total.tolist() == pytest.approx([1 / 62, 0, 2 / 61])


def test_the_best_of_each_group_counts_and_an_empty_group_has_none() -> None:
    assert best_by_group(f(1, 3, 2), np.array([0, 0, 2]), 3).tolist() == [3, 0, 2]
