"""PageRank against networkx and against values that can be worked out by hand."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.authority import adjacency, influence, pagerank
from scraper.errors import GraphError


def test_a_ring_is_uniform() -> None:
    ring = adjacency(4, [(0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0), (3, 0, 1.0)])
    assert pagerank(ring) == pytest.approx([0.25] * 4)


def test_a_star_by_its_formula() -> None:
    # Three leaves point at a hub that points nowhere: hub h, leaf l, h + 3 l = 1, l = .15/4 + .85 h/4, so
    # h = .15/4 + .85 h/4 + .85 * 3 l.
    star = adjacency(4, [(1, 0, 1.0), (2, 0, 1.0), (3, 0, 1.0)])
    hub = (1 + 0.85 * 3) * (0.15 / 4) / (1 - 0.85 / 4 * (1 + 0.85 * 3))
    assert pagerank(star)[0] == pytest.approx(hub)


def test_the_textbook_graph_of_four_pages() -> None:
    # Page and others' example as Wikipedia works it out: B -> A, C; C -> A; D -> A, B, C. One round from uniform gives
    # A .458; the fixed point is checked against networkx below, the order here.
    scores = pagerank(adjacency(4, [(1, 0, 1), (1, 2, 1), (2, 0, 1), (3, 0, 1), (3, 1, 1), (3, 2, 1)]))
    assert list(np.argsort(-scores)) == [0, 2, 1, 3]


_EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from([0.5, 1.0, 2.0, 7.0])), max_size=30)


@given(_EDGES, st.lists(st.sampled_from([0.0, 1.0, 3.0]), min_size=8, max_size=8))
def test_scores_are_those_of_networkx(edges: list[tuple[int, int, float]], seeds: list[float]) -> None:
    slow = nx.DiGraph()
    slow.add_nodes_from(range(8))
    for source, target, weight in edges:
        old = slow.get_edge_data(source, target, {"weight": 0.0})["weight"]
        slow.add_edge(source, target, weight=old + weight)
    restart = np.array(seeds) if any(seeds) else None
    personal = dict(enumerate(seeds)) if any(seeds) else None
    expected = nx.pagerank(slow, alpha=0.85, personalization=personal, tol=1e-12, max_iter=1000)
    scores = pagerank(adjacency(8, edges), restart)
    assert scores == pytest.approx([expected[node] for node in range(8)], abs=1e-8)
    assert scores.sum() == pytest.approx(1.0)


def test_no_nodes_have_no_scores() -> None:
    assert len(pagerank(adjacency(0, []))) == 0
    assert influence([], []) == {}


def test_a_walk_that_never_restarts_is_refused() -> None:
    swing = adjacency(2, [(0, 1, 1.0), (1, 0, 1.0)])
    with pytest.raises(GraphError, match="did not settle"):
        pagerank(swing, np.array([1.0, 0.0]), damping=1.0)


def test_influence_leaves_out_citations_of_itself_and_of_strangers() -> None:
    cited = [("a", "a", 9.0), ("a", "cite:1 U.S. 1", 9.0), ("b", "a", 1.0)]
    scores = influence(["a", "b"], cited)
    assert scores["a"] > scores["b"] and sum(scores.values()) == pytest.approx(1.0)
