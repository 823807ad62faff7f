"""Paths against networkx, and documents near others against what the small law shows."""

from __future__ import annotations

import math
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.models import Edge, EdgeKind, Evidence, Graph, Node, NodeKind
from graph.paths import LONGEST_PATH, related, shortest_path
from graph.store import GraphStore, write_graph
from scraper.errors import GraphError, UnknownNode
from tests.graph.law import graph

MARSH, PIKE, ROE = "arcadia:arsc:2001-arsc-001", "arcadia:arsc:2005-arsc-002", "arcadia:arsc:2010-arsc-003"
WELLS, RIVERS = "arcadia:code:1-1-1", "arcadia:code:1-1-2"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GraphStore:
    path = tmp_path_factory.mktemp("generation") / "catalogue.db"
    write_graph(path, graph())
    return GraphStore(path)


def test_a_path_is_explained_edge_by_edge(store: GraphStore) -> None:
    found = shortest_path(store, ROE, WELLS)
    assert found is not None
    assert [node.id for node in found.nodes] == [ROE, MARSH, WELLS]
    assert found.explanations == (
        "Roe v. Hill, 2010-ARSC-003 cites Marsh v. Mills, 2001-ARSC-001",
        "Marsh v. Mills, 2001-ARSC-001 cites Wells, Arcadia Code § 1-1-1 (2 times)",
    )
    assert all(one.edge.evidence for one in found.edges)


def test_edges_are_followed_against_their_direction_too(store: GraphStore) -> None:
    found = shortest_path(store, "keyword:river", MARSH)
    assert found is not None
    assert [node.id for node in found.nodes] == ["keyword:river", "topic:t1", WELLS, MARSH]


def test_a_court_joins_cases_only_when_asked(store: GraphStore) -> None:
    asked = shortest_path(store, ROE, PIKE, kinds=[EdgeKind.DECIDED_BY])
    assert asked is not None and asked.nodes[1].kind in (NodeKind.COURT, NodeKind.JUDGE)
    assert shortest_path(store, "year:2001", "year:2005") is None


def test_bounds_and_unknown_nodes(store: GraphStore) -> None:
    assert shortest_path(store, ROE, ROE) is not None
    assert shortest_path(store, ROE, WELLS, longest=1) is None
    with pytest.raises(UnknownNode):
        shortest_path(store, ROE, "nobody")
    with pytest.raises(GraphError, match="1 to 6"):
        shortest_path(store, ROE, WELLS, longest=99)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=18))
def test_lengths_are_those_of_networkx(tmp_path: Path, pairs: set[tuple[int, int]]) -> None:
    names = [f"n{place}" for place in range(10)]
    proof = (Evidence("page", "d"),)
    edges = tuple(Edge(names[a], names[b], EdgeKind.CITES, 1.0, "r", proof) for a, b in sorted(pairs) if a != b)
    path = tmp_path / "paths.db"
    path.unlink(missing_ok=True)
    write_graph(path, Graph(tuple(Node(name, NodeKind.OTHER, name) for name in names), edges))
    slow = nx.Graph([(edge.src, edge.dst) for edge in edges])
    slow.add_nodes_from(names)
    made = GraphStore(path)
    for end in names[1:]:
        expected = nx.shortest_path_length(slow, "n0", end) if nx.has_path(slow, "n0", end) else None
        found = shortest_path(made, "n0", end)
        if expected is None or expected > LONGEST_PATH:
            assert found is None
        else:
            assert found is not None and len(found.edges) == expected
            steps = zip(found.nodes, found.nodes[1:], found.edges, strict=False)
            assert all({one.id, two.id} == {edge.edge.src, edge.edge.dst} for one, two, edge in steps)


def test_near_documents_come_first_with_the_way_there(store: GraphStore) -> None:
    found = related(store, {ROE: 1.0})
    assert [one.id for one in found][:2] == [MARSH, PIKE] or [one.id for one in found][:2] == [PIKE, MARSH]
    assert ROE not in {one.id for one in found}
    assert next(one for one in found if one.id == RIVERS).via == (ROE, PIKE, RIVERS)
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True) and all(score > 0 for score in scores)


def test_related_is_personalised_pagerank(store: GraphStore) -> None:
    slow = nx.Graph()
    for edge in graph().edges:
        if edge.kind is EdgeKind.CITES and not edge.dst.startswith("cite:"):
            slow.add_edge(edge.src, edge.dst, weight=math.log1p(edge.weight))
    expected = nx.pagerank(slow, alpha=0.75, personalization={MARSH: 2.0, WELLS: 1.0}, tol=1e-12)
    for one in related(store, {MARSH: 2.0, WELLS: 1.0}):
        assert one.score == pytest.approx(expected[one.id], abs=1e-7)


def test_seeds_that_are_not_held_give_nothing(store: GraphStore) -> None:
    assert related(store, {"nobody": 1.0, "court:arsc": 1.0}) == []
    assert related(store, {}) == []
    with pytest.raises(GraphError, match="50 seeds"):
        related(store, {f"s{place}": 1.0 for place in range(51)})
    with pytest.raises(GraphError, match="200"):
        related(store, {ROE: 1.0}, limit=1000)
