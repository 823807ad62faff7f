"""Matching against all permutations, silhouettes against scikit-learn."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from indexing.topics.ensemble import (
    agreement,
    consensus,
    coverage,
    evenness,
    global_topics,
    group_silhouettes,
    match_runs,
    matched_share,
    shared_part,
    unit_columns,
)
from indexing.topics.nmf import Factorisation


@pytest.mark.parametrize("seed", range(8))
def test_matching_two_runs_is_the_best_of_all_permutations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.random((20, 4)), rng.random((20, 4))
    order = match_runs([first, second], rounds=1)[1]
    cosines = unit_columns(first).T @ unit_columns(second)
    best = max(sum(cosines[j, p[j]] for j in range(4)) for p in permutations(range(4)))
    assert sum(cosines[j, order[j]] for j in range(4)) == pytest.approx(best)


def test_shuffled_columns_are_found_again_and_h_follows_w() -> None:
    rng = np.random.default_rng(0)
    w, h = rng.random((30, 5)).astype(np.float32), rng.random((5, 12)).astype(np.float32)
    runs = []
    for _ in range(6):
        p = rng.permutation(5)
        noise = rng.random((30, 5)).astype(np.float32) * 0.02
        runs.append(Factorisation(w[:, p] + noise, h[p], 0.0, 1, True))
    found = agreement(runs)
    for run, order in zip(runs, found.orders, strict=True):
        np.testing.assert_allclose(run.h[order], runs[0].h[found.orders[0]])
    assert found.w.min() > 0.8 and found.h.min() > 0.999
    middle_w, middle_h = consensus(runs, found.orders)
    product = runs[0].w[:, found.orders[0]] @ runs[0].h[found.orders[0]]
    np.testing.assert_allclose(middle_w @ middle_h, product, atol=0.1)
    np.testing.assert_allclose(np.linalg.norm(middle_h, axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_silhouettes_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.random((6, 3, 9))
    flat = vectors.reshape(18, 9)
    slow = silhouette_samples(flat, np.tile(np.arange(3), 6), metric="cosine").reshape(6, 3).mean(axis=0)
    np.testing.assert_allclose(group_silhouettes(vectors), slow, atol=1e-9)


def test_the_matched_share_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.random((5, 3, 7)) ** 2
    units = vectors / np.linalg.norm(vectors, axis=2, keepdims=True)
    hits = 0
    for group in range(3):
        centre = units[:, group].sum(axis=0)
        hits += sum(float(unit @ centre / np.linalg.norm(centre)) > 0.9 for unit in units[:, group])
    assert matched_share(vectors) == pytest.approx(hits / 15)


def test_what_all_topics_share_is_parted_from_them() -> None:
    common = np.array([0.0, 0.0, 0.0, 0.3, 0.1])
    own = np.array([[0.6, 0, 0, 0, 0], [0, 0.6, 0, 0, 0], [0, 0, 0.6, 0, 0]])
    h, share = shared_part((own + common) * np.array([[1.0], [5.0], [0.2]]))
    assert share == pytest.approx(0.4)
    np.testing.assert_allclose(h[:3], own / 0.6, atol=1e-6)
    np.testing.assert_allclose(h[3], common / np.linalg.norm(common), rtol=1e-5)


def test_evenness_of_textbook_columns() -> None:
    w = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(evenness(w), [1.0, 0.25, 0.0])
    np.testing.assert_allclose(coverage(w), [1.0, 0.25, 0.0])


def test_a_background_is_global_and_subjects_are_not() -> None:
    rng = np.random.default_rng(0)
    subjects = rng.dirichlet([0.2] * 4, size=500)
    background = rng.uniform(0.5, 1.5, size=(500, 1))
    result = global_topics(np.hstack([subjects, background]), 0.55, 1.15, 0.72)
    np.testing.assert_array_equal(result, [False, False, False, False, True])
    assert not global_topics(subjects, 0.55, 1.15, 0.72).any()


def test_a_subject_that_most_documents_have_is_not_global() -> None:
    w = np.zeros((100, 2))
    w[:62, 0], w[62:, 1] = 1.0, 1.0
    assert not global_topics(w, 0.55, 1.15, 0.72).any()
    assert not global_topics(np.ones((10, 1)), 0.55, 1.15, 0.72).any()
