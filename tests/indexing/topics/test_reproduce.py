"""A split that is in the data is found again from halves of it; one that is not, is not, however it is mixed."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from indexing.topics.nmf import Matrix, factorise
from indexing.topics.reproduce import Reproduction, reproduction
from indexing.topics.vectorize import unit_rows
from indexing.topics.views import ViewConfig, diffuse, document_graph

MIXING = (4, 0.75, 200)


def drawn(subjects: int, seed: int) -> tuple[Matrix, Matrix, Matrix]:
    """Words, graph and mixed words of 120 documents of some subjects; with one subject there is nothing to find."""
    rng = np.random.default_rng(seed)
    common = 1.0 / np.arange(1, 401)
    own = [rng.permutation(common) for _ in range(subjects)]
    of = np.arange(120) % subjects
    mixes = [0.5 * common / common.sum() + 0.5 * one / one.sum() for one in own]
    x = np.array([rng.multinomial(120, mixes[subject]) for subject in of], dtype=np.float32)
    centres = rng.normal(size=(subjects, 16))
    vectors = (centres[of] + rng.normal(size=(120, 16))).astype(np.float32)
    weighed = unit_rows(sparse.csr_matrix(np.where(x > 0, 1.0 + np.log(np.maximum(x, 1.0)), 0.0), dtype=np.float32))
    graph = document_graph(weighed, vectors, None, 10, ViewConfig())
    return weighed, graph, diffuse(weighed, graph, *MIXING)


def asked(subjects: int, k: int, seed: int) -> Reproduction:
    x, graph, mixed = drawn(subjects, seed)
    return reproduction(x, graph, factorise(mixed, k, seed, starts=4).w, MIXING, seed)


def test_planted_subjects_come_again() -> None:
    for seed in range(3):
        again = asked(4, 4, seed)
        assert again.agreement > 0.9
        assert again.topics.shape == (4,) and again.topics.min() > 0.8


def test_one_subject_is_not_cut_the_same_way_twice() -> None:
    values = [asked(1, 3, seed).agreement for seed in range(5)]
    assert np.median(values) < 0.35


def test_the_same_seed_gives_the_same_figures() -> None:
    one, two = asked(3, 3, 7), asked(3, 3, 7)
    assert one.agreement == two.agreement
    np.testing.assert_array_equal(one.topics, two.topics)
