"""The stored graph gives back what was written, in bounded pages."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from graph.models import Edge, EdgeKind, Evidence, Graph, Node, NodeKind
from graph.store import GraphStore, write_graph
from scraper.errors import GraphError, UnknownNode
from tests.graph.law import graph

MARSH, PIKE = "arcadia:arsc:2001-arsc-001", "arcadia:arsc:2005-arsc-002"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GraphStore:
    path = tmp_path_factory.mktemp("generation") / "catalogue.db"
    sqlite3.connect(path).close()
    write_graph(path, graph())
    return GraphStore(path)


def test_everything_comes_back(store: GraphStore) -> None:
    assert tuple(store.all_nodes()) == graph().nodes
    assert tuple(one.edge for one in store.all_edges()) == graph().edges
    assert sum(store.counts()["edges"].values()) == len(graph().edges)


def test_a_node_and_its_degrees(store: GraphStore) -> None:
    assert store.node(MARSH).label == "Marsh v. Mills"
    assert store.has(MARSH) and not store.has("nobody")
    assert store.degrees(MARSH) == {
        "in": {"cites": 2},
        "out": {"cites": 1, "decided_by": 3, "in_year": 1, "interprets": 1},
    }


@pytest.mark.parametrize("direction", ["in", "out", "both"])
def test_neighbors_are_the_edges_of_a_node(store: GraphStore, direction: str) -> None:
    found = store.neighbors(PIKE, direction=direction)  # type: ignore[arg-type]
    expected = {
        (edge.src, edge.dst, edge.kind)
        for edge in graph().edges
        if (direction != "in" and edge.src == PIKE) or (direction != "out" and edge.dst == PIKE)
    }
    assert {(one.edge.src, one.edge.dst, one.edge.kind) for one in found.edges} == expected
    assert {node.id for node in found.nodes} == {end for src, dst, _ in expected for end in (src, dst)} - {PIKE}
    weights = [one.edge.weight for one in found.edges]
    assert weights == sorted(weights, reverse=True) and found.cursor is None


def test_pages_hold_each_edge_once(store: GraphStore) -> None:
    seen: list[int] = []
    cursor = None
    while True:
        page = store.neighbors(PIKE, limit=2, cursor=cursor)
        assert len(page.edges) <= 2
        seen += [one.id for one in page.edges]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(one.id for one in store.neighbors(PIKE).edges) and len(seen) == len(set(seen))


def test_kinds_filter_and_two_steps_reach_further(store: GraphStore) -> None:
    one = store.neighbors(PIKE, [EdgeKind.CITES], "out")
    two = store.neighbors(PIKE, [EdgeKind.CITES], "out", depth=2)
    assert {edge.edge.dst for edge in one.edges} == {MARSH, "arcadia:code:1-1-2", "cite:99 Arcd. 5"}
    assert {edge.edge.dst for edge in two.edges} == {edge.edge.dst for edge in one.edges} | {"arcadia:code:1-1-1"}
    assert not two.truncated
    assert store.neighbors("court:arsc", depth=2, limit=3).truncated


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": 0}, "1 to 500"),
        ({"limit": 501}, "1 to 500"),
        ({"depth": 3}, "depth of 1 to 2"),
        ({"direction": "up"}, "in, out or both"),
        ({"cursor": "garbage"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
    ],
)
def test_what_cannot_be_served_is_refused_with_its_limit(
    store: GraphStore, options: dict[str, object], message: str
) -> None:
    with pytest.raises(GraphError, match=message):
        store.neighbors(PIKE, **options)  # type: ignore[arg-type]


def test_an_unknown_node_is_named(store: GraphStore) -> None:
    for ask in (store.node, store.degrees, store.neighbors):
        with pytest.raises(UnknownNode, match="us:nobody"):
            ask("us:nobody")


def test_a_file_without_a_graph_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    sqlite3.connect(path).execute("CREATE TABLE documents (id)").connection.close()
    with pytest.raises(GraphError, match="holds no graph"):
        GraphStore(path)
    path.write_bytes(b"not a database at all, not a database at all")
    with pytest.raises(GraphError, match="cannot be read"):
        GraphStore(path)


def test_threads_read_side_by_side(store: GraphStore) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(store.neighbors(PIKE).edges))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and len(found) == 4


def test_wide_rings_are_read_in_parts(tmp_path: Path) -> None:
    proof = (Evidence("page", "d"),)
    names = [f"n{place:04}" for place in range(900)]
    nodes = tuple(Node(name, NodeKind.OTHER, name) for name in sorted([*names, "center", "edge"]))
    edges = [Edge("center", name, EdgeKind.CITES, 1.0, "r", proof) for name in names[:450]]
    edges += [Edge(name, "edge", EdgeKind.CITES, 2.0, "r", proof) for name in names[:450]]
    path = tmp_path / "wide.db"
    write_graph(path, Graph(nodes, tuple(sorted(edges, key=lambda one: (one.src, one.dst)))))
    wide = GraphStore(path).neighbors("center", depth=2, limit=500)
    assert len(wide.edges) == 900 and not wide.truncated
    assert len(GraphStore(path).nodes(names)) == 900
