"""The graph of documents and the walks over it, against slow references."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from indexing.topics.vectorize import neighbours, unit_rows
from indexing.topics.views import (
    ViewConfig,
    citations_within,
    coupling,
    diffuse,
    document_graph,
    halved,
    neighbour_count,
    shared_neighbours,
    walk,
    word_neighbours,
)


def words(n: int = 30, m: int = 50, seed: int = 0) -> sparse.csr_matrix:
    dense = np.random.default_rng(seed).random((n, m))
    return unit_rows(sparse.csr_matrix(np.where(dense > 0.8, dense, 0.0).astype(np.float32)))


def test_word_neighbours_are_the_most_alike_documents() -> None:
    x = words(700, 40)
    found = word_neighbours(x, 4).toarray()
    cosines = x.toarray() @ x.toarray().T
    np.fill_diagonal(cosines, -1.0)
    for row in range(x.shape[0]):
        chosen = np.flatnonzero(found[row])
        assert set(np.unique(found)) <= {0.0, 1.0} and row not in chosen
        best = np.sort(cosines[row])[-4:]
        np.testing.assert_allclose(np.sort(cosines[row, chosen]), best[best > 0], rtol=1e-5)


def test_shared_neighbours_are_the_overlap_of_sets() -> None:
    near = neighbours(np.random.default_rng(1).normal(size=(25, 5)).astype(np.float32), 4)
    found = shared_neighbours(near).toarray()
    sets = [set(near[row].indices) | {row} for row in range(25)]
    for one in range(25):
        for two in range(25):
            wanted = 0.0 if one == two else len(sets[one] & sets[two]) / len(sets[one] | sets[two])
            assert found[one, two] == pytest.approx(wanted)


def test_coupling_is_the_cosine_of_what_is_cited() -> None:
    cited = sparse.csr_matrix(np.array([[0, 0, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=np.float32))
    found = coupling(cited).toarray()
    both = cited.toarray() + np.eye(4)
    weighed = both * np.log(5.0 / (both.sum(axis=0) + 1.0))
    unit = weighed / np.linalg.norm(weighed, axis=1, keepdims=True)
    wanted = unit @ unit.T
    np.fill_diagonal(wanted, 0.0)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_the_graph_is_symmetric_and_joins_all_views() -> None:
    x, vectors = words(), np.random.default_rng(2).normal(size=(30, 8)).astype(np.float32)
    graph = document_graph(x, vectors, [(0, 29), (3, 3), (0, 29)], 5, ViewConfig())
    dense = graph.toarray()
    np.testing.assert_allclose(dense, dense.T)
    assert dense.min() >= 0 and not dense.diagonal().any()
    without = document_graph(x, vectors, None, 5, ViewConfig()).toarray()
    assert dense[0, 29] - without[0, 29] > 1.5
    alone = document_graph(x, None, None, 5, ViewConfig(words=1.0)).toarray()
    np.testing.assert_allclose(alone, shared_neighbours(word_neighbours(x, 5)).toarray(), atol=1e-6)


def test_mixing_is_the_walk_step_by_step() -> None:
    x = words()
    graph = document_graph(x, None, [(0, 1)], 5, ViewConfig())
    dense = graph.toarray()
    chances = dense / np.maximum(dense.sum(axis=1, keepdims=True), 1e-12)
    np.testing.assert_allclose(walk(graph).toarray(), chances, atol=1e-6)
    wanted = x.toarray()
    for _ in range(3):
        wanted = 0.3 * wanted + 0.7 * chances @ wanted
        wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    found = diffuse(x, graph, 3, 0.7, limit=1000)
    np.testing.assert_allclose(found.toarray(), wanted, atol=1e-5)
    assert np.diff(diffuse(x, graph, 3, 0.7, limit=7).indptr).max() <= 7


def test_a_document_without_a_link_keeps_its_own_words() -> None:
    x = words(5)
    empty = sparse.csr_matrix((5, 5), dtype=np.float32)
    np.testing.assert_allclose(diffuse(x, empty, 4, 0.75, 100).toarray(), x.toarray(), atol=1e-6)


def test_halves_hold_half_of_words_and_of_links() -> None:
    x = words(200, 100)
    graph = document_graph(x, None, None, 10, ViewConfig())
    half, links = halved(x, graph, seed=3)
    assert 0.45 < half.nnz / x.nnz < 0.55 and 0.45 < links.nnz / graph.nnz < 0.55
    np.testing.assert_allclose(links.toarray(), links.toarray().T)
    kept = links.toarray() > 0
    np.testing.assert_allclose(links.toarray()[kept], graph.toarray()[kept])
    again, _ = halved(x, graph, seed=3)
    np.testing.assert_array_equal(half.toarray(), again.toarray())


def test_citations_within_a_node_are_numbered_by_its_rows() -> None:
    citations = np.array([[1, 7], [7, 3], [2, 1], [3, 3]])
    assert citations_within(citations, np.array([1, 3, 7]), 9) == [(0, 2), (2, 1), (1, 1)]
    assert citations_within(np.zeros((0, 2), dtype=np.intp), np.array([1, 3]), 9) == []


def test_few_documents_look_at_few_neighbours() -> None:
    assert [neighbour_count(n, 15) for n in (4, 16, 100, 400, 28_251)] == [3, 4, 10, 15, 15]
