"""Factorisation and placement against formulas and slow references."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import nnls

from indexing.topics.nmf import check_matrix, factorise, place, relative_error, scaled
from scraper.errors import LexatlasError, TopicError


def low_rank(n: int, m: int, k: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.gamma(0.3, size=(n, k)) @ rng.gamma(0.3, size=(k, m))


def test_a_known_factorisation_is_recovered() -> None:
    x = check_matrix(low_rank(60, 40, 4))
    found = factorise(x, 4, 1, max_iterations=3000, tolerance=1e-6, starts=4)
    assert found.error < 0.02
    assert (found.w >= 0).all() and (found.h >= 0).all()
    np.testing.assert_allclose(np.linalg.norm(found.h, axis=1), 1.0, rtol=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 4), st.integers(0, 1000))
def test_relative_error_is_the_dense_formula(n: int, m: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w, h = rng.random((n, m)), rng.random((n, k)).astype(np.float32), rng.random((k, m)).astype(np.float32)
    slow = np.linalg.norm(x.astype(np.float32) - w @ h) / np.linalg.norm(x.astype(np.float32))
    assert relative_error(check_matrix(x), w, h) == pytest.approx(slow, rel=1e-3, abs=1e-3)


def test_scaling_keeps_the_product() -> None:
    rng = np.random.default_rng(0)
    w, h = rng.random((5, 3)).astype(np.float32), rng.random((3, 7)).astype(np.float32)
    h[1] = 0
    new_w, new_h = scaled(w, h)
    np.testing.assert_allclose(new_w @ new_h, w @ h, rtol=1e-5)


def test_more_starts_never_end_clearly_worse() -> None:
    x = check_matrix(low_rank(80, 50, 6, seed=3))
    assert factorise(x, 6, 5, starts=6).error <= factorise(x, 6, 5, starts=1).error + 0.01


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not() -> None:
    x = check_matrix(low_rank(30, 20, 3))
    one, two, other = (factorise(x, 3, seed, starts=2) for seed in (7, 7, 8))
    assert one.w.tobytes() == two.w.tobytes() and one.h.tobytes() == two.h.tobytes()
    assert one.w.tobytes() != other.w.tobytes()


def test_placement_is_non_negative_least_squares() -> None:
    rng = np.random.default_rng(4)
    h = rng.random((4, 30)).astype(np.float32)
    x = rng.random((12, 30)).astype(np.float32)
    weights, residuals = place(h, sparse.csr_matrix(x))
    for row in range(12):
        slow, distance = nnls(h.T.astype(np.float64), x[row].astype(np.float64))
        np.testing.assert_allclose(weights[row], slow, atol=1e-4)
        assert residuals[row] == pytest.approx(distance / np.linalg.norm(x[row]), abs=1e-4)


def test_a_document_made_of_one_topic_is_placed_on_it_and_a_strange_one_leaves_a_residual() -> None:
    h = np.zeros((2, 6), dtype=np.float32)
    h[0, :2], h[1, 2:4] = 1, 1
    x = np.array([[3, 3, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0]], dtype=np.float32)
    weights, residuals = place(h, x)
    np.testing.assert_allclose(weights, [[3, 0], [0, 0], [0, 0]], atol=1e-5)
    np.testing.assert_allclose(residuals, [0, 1, 1], atol=1e-3)


def test_alike_topics_can_still_be_placed_on() -> None:
    h = np.ones((2, 3), dtype=np.float32)
    weights, residuals = place(h, np.full((1, 3), 2.0))
    assert weights.sum() == pytest.approx(2.0, abs=1e-3) and residuals[0] < 1e-2


def test_placement_refuses_another_vocabulary() -> None:
    with pytest.raises(TopicError, match="vocabulary"):
        place(np.ones((2, 5), dtype=np.float32), np.ones((1, 4)))


@pytest.mark.parametrize(
    "bad",
    [
        np.array([[1.0, -1.0]]),
        np.array([[1.0, np.nan]]),
        np.array([[np.inf, 1.0]]),
        np.zeros((0, 3)),
        np.zeros((3, 0)),
        np.array([["a", "b"]]),
        sparse.csr_matrix(np.array([[1j, 0]])),
    ],
)
def test_bad_matrices_are_refused_in_words(bad: object) -> None:
    with pytest.raises(LexatlasError) as fault:
        check_matrix(bad)
    assert len(str(fault.value)) > 20


def test_unsorted_and_repeated_entries_mean_the_same_matrix() -> None:
    x = sparse.csr_matrix((np.array([1.0, 2.0, 3.0]), np.array([2, 0, 2]), np.array([0, 3])), shape=(1, 3))
    np.testing.assert_array_equal(check_matrix(x).toarray(), [[2, 0, 4]])
