"""Singular values against numpy's, chance against plain shuffling, rules against their formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from benchmarks.planted import PlantedConfig, plant
from indexing.topics.nmf import squared_norm
from indexing.topics.sketch import balance, singular_values
from indexing.topics.spectrum import Spectrum, chance_of, dealt, spectrum


def planted(topics: int, seed: int = 3) -> sparse.csr_matrix:
    truth = plant(PlantedConfig(topics=topics, seed=seed, documents=300, terms=800, alpha=0.3, background=0.5))
    return sparse.csr_matrix(truth.tfidf(), dtype=np.float32)


def test_dealing_terms_at_random_keeps_how_often_each_occurs_and_the_lengths() -> None:
    x = sparse.random(40, 25, density=0.3, random_state=1, format="csr", dtype=np.float32)
    y = dealt(x, 3)
    np.testing.assert_array_equal(np.diff(x.tocsc().indptr), np.diff(y.tocsc().indptr))
    before, after = (np.linalg.norm(m.toarray(), axis=1) for m in (x, y))
    filled = after > 0
    np.testing.assert_allclose(before[filled], after[filled], rtol=1e-5)
    assert (dealt(x, 3) != y).nnz == 0 and (dealt(x, 4) != y).nnz > 0


def test_chance_is_that_of_columns_shuffled_one_by_one() -> None:
    y = balance(planted(4), 0.5).y
    dense = y.toarray()
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    seconds = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        mixed = np.column_stack([rng.permutation(column) for column in dense.T])
        mixed *= lengths / np.linalg.norm(mixed, axis=1, keepdims=True)
        seconds.append(np.linalg.svd(mixed, compute_uv=False)[1])
    assert chance_of(y, 0).edge == pytest.approx(max(seconds), rel=0.04)


@pytest.mark.parametrize("topics", [1, 3, 6])
def test_as_many_directions_exceed_chance_as_topics_were_planted(topics: int) -> None:
    y = balance(planted(topics), 0.5).y
    values = singular_values(y, 16, 0)
    found = spectrum(y, values, squared_norm(y), 1.05, 0)
    assert found.above == topics and found.ends
    whole = np.linalg.svd(y.toarray(), compute_uv=False)
    np.testing.assert_allclose(values[:topics], whole[:topics], rtol=1e-3)
    assert found.stable_rank == pytest.approx(np.sum(whole**2) / whole[0] ** 2, rel=1e-3)


def test_weak_topics_are_seen_beside_strong_ones() -> None:
    # Three pairs of blocks: the pairs' common part is four times as strong as what parts them.
    rng = np.random.default_rng(0)
    parts = np.kron(np.eye(6), rng.uniform(0.5, 1.5, size=(20, 10)))
    x = sparse.csr_matrix(parts + np.kron(np.eye(3), np.full((40, 20), 2.0)), dtype=np.float32)
    values = singular_values(x, 12, 0)
    assert values[3] < chance_of(x, 0).edge
    assert spectrum(x, values, squared_norm(x), 1.05, 0).above == 6


def test_the_rules_are_their_formulas() -> None:
    found = Spectrum(values=(5.0, 3.0, 2.0, 1.0), edge=1.0, above=3, stable_rank=0.0, energy_rank=0)
    squares = np.array([24.0, 8.0, 3.0, 0.0])
    for k in range(1, 5):
        assert found.energy(k) == pytest.approx(squares[:k].sum() / 35)
    assert found.over_edge(2) == 3.0 and found.over_edge(9) == 0.0
