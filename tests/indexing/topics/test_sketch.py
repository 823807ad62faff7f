"""The factorisation in a sketch against plain multiplicative updates on the whole matrix, and against exact answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from benchmarks.planted import PlantedConfig, plant
from indexing.topics.nmf import place, relative_error
from indexing.topics.sketch import balance, fit, sketch, weights_on


def planted(seed: int = 1, topics: int = 4) -> sparse.csr_matrix:
    truth = plant(PlantedConfig(topics=topics, seed=seed, documents=200, terms=400))
    return sparse.csr_matrix(truth.tfidf(), dtype=np.float32)


def multiplicative(x: np.ndarray, k: int, seed: int, steps: int = 400) -> float:
    """The relative error of Lee and Seung's updates: slow, and nothing of ours."""
    rng = np.random.default_rng(seed)
    w, h = rng.random((x.shape[0], k)), rng.random((k, x.shape[1]))
    for _ in range(steps):
        h *= (w.T @ x) / np.maximum(w.T @ w @ h, 1e-12)
        w *= (x @ h.T) / np.maximum(w @ h @ h.T, 1e-12)
    return float(np.linalg.norm(x - w @ h) / np.linalg.norm(x))


@pytest.mark.parametrize("k", [2, 4, 6])
def test_a_fit_in_the_sketch_is_as_good_as_plain_updates_on_the_whole_matrix(k: int) -> None:
    x = planted()
    seen = sketch(x, 16, 0)
    run = fit(seen, seen.core, k, (0, k), starts=6, steps=200, tolerance=1e-5)
    slow = min(multiplicative(x.toarray(), k, seed) for seed in range(3))
    assert (run.w >= 0).all() and (run.h >= 0).all() and run.converged
    np.testing.assert_allclose(np.linalg.norm(run.h, axis=1), 1.0, rtol=1e-5)
    assert run.error == pytest.approx(relative_error(x, run.w, run.h), abs=2e-3)
    assert run.error <= slow + 2e-3


def test_a_product_of_few_topics_is_found_whole() -> None:
    rng = np.random.default_rng(0)
    w, h = rng.dirichlet([0.1] * 3, size=60), rng.dirichlet([0.1] * 30, size=3)
    x = sparse.csr_matrix(w @ h, dtype=np.float32)
    seen = sketch(x, 10, 0)
    run = fit(seen, seen.core, 3, (1,), starts=4, steps=500, tolerance=1e-7)
    assert run.error < 0.01
    cosines = run.h @ (h / np.linalg.norm(h, axis=1, keepdims=True)).T
    assert sorted(cosines.argmax(axis=1)) == [0, 1, 2] and cosines.max(axis=1).min() > 0.99


def test_the_sketch_holds_the_singular_values_and_an_orthonormal_basis() -> None:
    x = planted()
    seen = sketch(x, 12, 0)
    np.testing.assert_allclose(seen.basis.T @ seen.basis, np.eye(12), atol=1e-4)
    np.testing.assert_allclose(seen.values[:4], np.linalg.svd(x.toarray(), compute_uv=False)[:4], rtol=1e-4)
    np.testing.assert_allclose(seen.basis.T @ x.toarray(), seen.core, atol=1e-4)


def test_perturbing_the_sketch_spreads_as_perturbing_the_matrix_does() -> None:
    x = planted()
    seen = sketch(x, 6, 0)
    dense = x.toarray()
    within = np.stack([seen.perturbed(0.3, (5, run)) for run in range(300)])
    rng = np.random.default_rng(0)
    outside = np.stack([seen.basis.T @ (dense * (1 + 0.3 * rng.standard_normal(dense.shape))) for _ in range(300)])
    np.testing.assert_allclose(within.mean(axis=0), seen.core, atol=0.1)
    often = np.diff(x.tocsc().indptr) > 20
    ratio = within.std(axis=0)[:, often] / outside.std(axis=0)[:, often]
    assert abs(float(ratio.mean()) - 1) < 0.02
    np.testing.assert_array_equal(seen.perturbed(0.3, (5, 1)), within[1])


def test_balancing_brings_lengths_nearer_and_can_be_undone() -> None:
    x = planted()
    balanced = balance(x, 0.5)
    whole = balance(x, 1.0).y.toarray()
    columns = np.linalg.norm(whole, axis=0)
    assert columns[columns > 0].std() / columns[columns > 0].mean() < 0.2
    expected = x.toarray() * balanced.rows[:, None] * balanced.columns
    np.testing.assert_allclose(balanced.y.toarray(), expected, rtol=1e-5)
    rng = np.random.default_rng(0)
    w, h = rng.random((200, 3), dtype=np.float32), rng.random((3, 400), dtype=np.float32)
    back_w, back_h = balanced.back(w, h)
    np.testing.assert_allclose((back_w @ back_h) * balanced.rows[:, None] * balanced.columns, w @ h, rtol=1e-3)
    assert (balance(x, 0.0).y != x).nnz == 0


def test_weights_are_those_that_a_new_document_would_get() -> None:
    x = planted()
    seen = sketch(x, 12, 0)
    run = fit(seen, seen.core, 4, (2,), starts=4, steps=100, tolerance=1e-4)
    exact, _ = place(run.h, x)
    np.testing.assert_allclose(weights_on(x, run.h, run.w), exact, atol=1e-3)
