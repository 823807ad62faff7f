"""PageRank against networkx and against values that can be worked out by hand."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.authority import adjacency, among_contemporaries, among_peers, influence, pagerank
from graph.models import NodeKind
from scraper.errors import GraphError
from tests.graph.law import MARSH, PIKE, ROE, graph


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


def test_influence_among_peers_is_the_share_that_has_less() -> None:
    scores = {"a": 0.4, "b": 0.1, "c": 0.2, "d": 0.3, "e": 0.2}
    peers = {"a": "high", "b": "high", "c": "high", "d": "low", "e": "high"}
    assert among_peers(scores, peers) == {"a": 1.0, "b": 0.0, "c": 1 / 3, "d": 0.0, "e": 1 / 3}


def test_influence_for_its_age_is_told_among_those_of_its_time() -> None:
    scores = {"old": 0.5, "older": 0.9, "new": 0.1, "newer": 0.05, "middle": 0.2}
    years = {"older": 1970, "old": 1974, "middle": 1990, "new": 2000, "newer": 2005}
    found = among_contemporaries(scores, years, span=5)
    assert found == {"older": 1.0, "old": 0.0, "middle": 0.0, "new": 1.0, "newer": 0.0}


def test_every_document_of_the_graph_says_its_influence_beside_its_peers() -> None:
    cases = {node.id: node.attrs for node in graph().nodes if node.kind is NodeKind.CASE}
    # Marsh is cited by both later cases, Pike by one, Roe by none
    assert [cases[one]["influence_in_level"] for one in (MARSH, PIKE, ROE)] == [1.0, 0.5, 0.0]
    sections = [node.attrs for node in graph().nodes if node.kind is NodeKind.STATUTE]
    assert all("influence_for_age" not in attrs and "influence_in_level" in attrs for attrs in sections)
