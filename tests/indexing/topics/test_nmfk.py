"""Rank choice on planted topics, on structureless data and on bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse

from benchmarks.planted import PlantedConfig, plant
from indexing.topics.nmfk import NmfkConfig, nmfk
from scraper.errors import LexatlasError, TopicError

SMALL = NmfkConfig(perturbations=6, screen=3, find_global=True)


def planted(topics: int, seed: int, **changes: float) -> sparse.csr_matrix:
    return plant(PlantedConfig(topics=topics, seed=seed, documents=300, terms=800, **changes)).tfidf()  # type: ignore[arg-type]


def blocks(count: int, documents: int = 12, terms: int = 8, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = np.zeros((count * documents, count * terms))
    for block in range(count):
        rows, columns = slice(block * documents, (block + 1) * documents), slice(block * terms, (block + 1) * terms)
        x[rows, columns] = rng.uniform(0.5, 1.5, size=(documents, terms))
    return x


@pytest.mark.parametrize(("topics", "seed"), [(3, 1), (4, 2), (5, 3), (6, 4)])
def test_the_planted_number_of_topics_is_found(topics: int, seed: int) -> None:
    result = nmfk(planted(topics, seed), range(2, 9), SMALL)
    assert result.k == topics, result.reason
    assert str(result.rank) in result.reason
    assert result.w.shape == (300, result.rank) and result.h.shape == (result.rank, 800)


def test_the_topics_found_are_the_topics_planted() -> None:
    truth = plant(PlantedConfig(topics=5, seed=11, documents=400, terms=1000))
    result = nmfk(truth.tfidf(), range(2, 8), SMALL)
    assert result.k == 5
    hits = np.zeros((5, 5))
    np.add.at(hits, (truth.weights.argmax(axis=1), result.w.argmax(axis=1)), 1)
    assert hits.max(axis=1).sum() / 400 > 0.9


def test_a_shared_background_is_reported_as_global_and_not_counted() -> None:
    result = nmfk(
        plant(PlantedConfig(topics=4, seed=2003, alpha=0.3, beta=0.05, background=0.6)).tfidf(), range(3, 8), SMALL
    )
    assert result.k == 4
    assert result.rank > 4 and int(result.is_global.sum()) == result.rank - 4
    assert "global" in result.reason


def test_topics_parted_from_what_they_share_are_nearer_to_those_planted() -> None:
    truth = plant(PlantedConfig(topics=4, seed=8, documents=400, terms=1000, alpha=0.3, beta=0.05, background=0.6))

    def nearness(find_global: bool) -> float:
        result = nmfk(truth.tfidf(), range(2, 7), replace(SMALL, find_global=find_global))
        assert result.k == 4
        h = result.h[~result.is_global]
        planted_rows = truth.topic_terms / np.linalg.norm(truth.topic_terms, axis=1, keepdims=True)
        return float((h @ planted_rows.T).max(axis=1).mean())

    assert nearness(True) > nearness(False) + 0.1


def test_a_background_that_varies_between_documents_is_one_global_topic() -> None:
    rng = np.random.default_rng(0)
    topics, shares = rng.dirichlet(np.full(600, 0.05), size=4), rng.dirichlet([0.3] * 4, size=300)
    common = rng.permutation(1 / np.arange(1, 601))
    part = rng.uniform(0.3, 0.7, size=(300, 1))
    chances = (1 - part) * (shares @ topics) + part * common / common.sum()
    counts = np.stack([rng.multinomial(150, row / row.sum()) for row in chances])
    result = nmfk(counts, range(2, 8), SMALL)
    assert (result.k, result.rank) == (4, 5) and result.spectrum is not None and result.spectrum.above == 5


def test_a_fit_cut_short_is_said_not_to_have_converged() -> None:
    for config in (replace(SMALL, max_iterations=1), replace(SMALL, steps=1)):
        kinds = {warning.kind for warning in nmfk(planted(3, 1), range(2, 5), config).warnings}
        assert "not_converged" in kinds
    assert "not_converged" not in {warning.kind for warning in nmfk(planted(3, 1), range(2, 5), SMALL).warnings}


def test_documents_of_one_topic_are_not_given_a_structure() -> None:
    result = nmfk(planted(1, 5), range(2, 6), SMALL)
    assert result.k == 1
    assert {warning.kind for warning in result.warnings} & {"no_structure", "chance_level"}


def test_noise_is_not_given_a_structure() -> None:
    noise = np.abs(np.random.default_rng(0).normal(size=(80, 120)))
    assert nmfk(noise, range(2, 7), SMALL).k == 1


def test_the_same_seed_gives_the_same_bits_whatever_the_order_of_ranks() -> None:
    x = planted(4, 9)
    one, two = nmfk(x, [2, 3, 4, 5], SMALL, 3), nmfk(x, [5, 3, 4, 2], SMALL, 3)
    assert one.w.tobytes() == two.w.tobytes() and one.h.tobytes() == two.h.tobytes()
    assert one.table == two.table and one.reason == two.reason


def test_sparse_and_dense_are_the_same_matrix() -> None:
    x = blocks(3)
    dense, thin = nmfk(x, range(2, 5), SMALL), nmfk(sparse.csc_matrix(x), range(2, 5), SMALL)
    assert dense.k == thin.k == 3
    np.testing.assert_array_equal(dense.w, thin.w)


def test_scale_does_not_matter() -> None:
    x = blocks(4)
    assert nmfk(x, range(2, 7), SMALL).k == nmfk(x * 1000, range(2, 7), SMALL).k == 4


def test_every_rank_is_in_the_table_with_its_figures() -> None:
    result = nmfk(blocks(3), range(2, 6), SMALL)
    assert [score.k for score in result.table] == [2, 3, 4, 5]
    for score in result.table:
        assert score.silhouette_w is not None and -1 <= score.silhouette_w <= 1
        assert score.silhouette_h is not None and score.stability == min(score.silhouette_w, score.silhouette_h)
        assert 0 <= score.error <= 1 and np.isfinite(score.bic) and score.runs >= 2
    errors = [score.error for score in result.table]
    # Each rank sees its own starts, so that past the true rank errors fall only up to the tolerance.
    assert all(later <= earlier + 0.005 for earlier, later in pairwise(errors))


def test_the_decision_is_plain_values() -> None:
    values = json.loads(json.dumps(nmfk(blocks(3), range(2, 5), SMALL).to_json()))
    assert values["k"] == values["rank"] == 3 and values["reason"] and values["global_topics"] == 0
    assert [row["k"] for row in values["table"]] == [2, 3, 4] and values["table"][1]["stability"] > 0.9


def test_a_stable_rank_at_the_edge_is_said_to_be_a_lower_bound() -> None:
    # Three subjects of two parts each: 3 is stable, and there is more.
    x = blocks(6) + np.kron(np.eye(3), 0.7 * np.ones((24, 16)))
    result = nmfk(x, [2, 3], SMALL)
    assert result.k == 3
    assert "edge_of_range" in {warning.kind for warning in result.warnings}
    whole = nmfk(blocks(6), [4, 5, 6], SMALL)
    assert whole.k == 6 and not whole.warnings


def test_a_flat_profile_is_said_to_be_flat_and_not_answered_with_the_largest_rank() -> None:
    rng = np.random.default_rng(1)
    steps = np.linspace(0, 1, 60)[:, None]
    ramp = np.hstack([steps, 1 - steps]) @ rng.random((2, 30))
    config = NmfkConfig(perturbations=4, screen=2, starts=2, stable=-1.0, flat=2.0, find_global=False)
    result = nmfk(ramp, [2, 3, 4, 5], config)
    assert "flat_profile" in {warning.kind for warning in result.warnings}
    assert result.rank == min(result.table, key=lambda score: score.bic).k == 2
    assert "flat" in result.reason


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (np.array([[1.0, 2.0, 3.0]]), "all_alike"),
        (np.tile([1.0, 2.0, 3.0], (20, 1)), "all_alike"),
        (np.outer(np.arange(1, 9), [1.0, 2.0, 3.0]), "all_alike"),
        (np.array([[1.0, 0.0], [0.0, 1.0]]), "too_few_documents"),
    ],
)
def test_trivial_matrices_get_one_topic_and_a_reason(x: np.ndarray, kind: str) -> None:
    result = nmfk(x, range(2, 6), SMALL)
    assert result.k == result.rank == 1
    assert kind in {warning.kind for warning in result.warnings}
    assert result.reason.startswith("1 topic")


def test_ranks_above_the_documents_are_cut_with_a_warning() -> None:
    result = nmfk(blocks(2, documents=3), range(2, 40), SMALL)
    assert max(score.k for score in result.table) < 6
    assert "ranks_cut" in {warning.kind for warning in result.warnings}


def test_empty_rows_are_named_and_belong_to_nothing() -> None:
    x = np.vstack([blocks(3), np.zeros((2, 24))])
    result = nmfk(x, range(2, 6), SMALL)
    assert result.k == 3
    assert (result.w[-2:] == 0).all()
    assert "empty_rows" in {warning.kind for warning in result.warnings}


@pytest.mark.parametrize(
    ("x", "ks"),
    [
        (np.array([[1.0, -2.0], [1.0, 0.0]]), [2]),
        (np.array([[1.0, np.nan], [1.0, 0.0]]), [2]),
        (np.zeros((4, 3)), [2]),
        (np.zeros((0, 3)), [2]),
        (blocks(2), []),
        (blocks(2), [0, 1]),
    ],
)
def test_bad_input_is_refused_in_words(x: np.ndarray, ks: list[int]) -> None:
    with pytest.raises(LexatlasError) as fault:
        nmfk(x, ks, SMALL)
    assert len(str(fault.value)) > 20


@pytest.mark.parametrize("bad", [{"screen": 1}, {"noise": 0.0}, {"starts": 0}, {"perturbations": 2, "screen": 3}])
def test_settings_that_cannot_work_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(TopicError):
        NmfkConfig(**bad)  # type: ignore[arg-type]


def test_rank_one_alone_is_allowed() -> None:
    assert nmfk(blocks(2), [1], SMALL).rank == 1
