"""Impact, flags and subgraphs, on a small law of which every edge is written out here."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.flags import Flags
from graph.impact import impact
from graph.models import Attributes, Edge, EdgeKind, Evidence, Graph, Node, NodeKind
from graph.store import GraphStore, write_graph
from graph.subgraph import subgraph
from scraper.errors import GraphError, UnknownNode

DATES = {"old": "1990-01-01", "lean": "1995-01-01", "fell": "2000-01-01", "late": "2005-01-01", "like": "1996-01-01",
         "far": "2006-01-01", "near": "1998-01-01"}  # fmt: skip
SECTIONS = ("s1", "s2", "s3")
CITES, INTERPRETS, SIMILAR = EdgeKind.CITES, EdgeKind.INTERPRETS, EdgeKind.SIMILAR_TO


def cites(treatment: tuple[str, ...] = (), depth: int = 1) -> Attributes:
    return {"treatment": treatment, "depth": depth}


EDGES: tuple[tuple[str, str, EdgeKind, float, Attributes], ...] = (
    ("fell", "old", CITES, 2.0, cites(("overrules",), 3)),
    ("lean", "old", CITES, 1.0, cites(("follows",))),
    ("late", "old", CITES, 1.0, cites((), 2)),
    ("far", "old", CITES, 1.0, cites(("distinguishes", "questions"), 3)),
    ("near", "old", CITES, 1.0, cites((), 3)),
    ("like", "old", SIMILAR, 0.95, {"inferred": True}),
    ("old", "s1", CITES, 3.0, cites((), 3)),
    ("old", "s1", INTERPRETS, 3.0, {}),
    ("lean", "s1", CITES, 1.0, cites()),
    ("s2", "s1", CITES, 1.0, cites()),
    ("s3", "s2", CITES, 1.0, cites()),
    ("late", "s3", CITES, 1.0, cites()),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GraphStore:
    nodes = [Node(one, NodeKind.CASE, one, {"date": date}) for one, date in DATES.items()]
    nodes += [Node(one, NodeKind.STATUTE, one, {"citation": f"Code § {one}"}) for one in SECTIONS]
    edges = [
        Edge(src, dst, kind, weight, "r", (Evidence("text"),), int(weight), DATES.get(src, ""), attrs)
        for src, dst, kind, weight, attrs in EDGES
    ]
    path: Path = tmp_path_factory.mktemp("graph") / "graph.db"
    write_graph(path, Graph(tuple(sorted(nodes, key=lambda n: n.id)), tuple(edges)))
    return GraphStore(path)


def test_impact_goes_from_those_who_construe_a_section_to_those_who_lean_on_them(store: GraphStore) -> None:
    found = impact(store, "s1")
    assert [(one.node.id, one.ring, one.how) for one in found.touched] == [
        ("old", 1, "construes it (3 times)"),
        ("lean", 1, "cites it"),
        ("s2", 1, "cites it"),
        # of those who cite the case that construes it: who overrules or distinguishes it does not lean on it
        ("near", 2, "leans on old"),
        ("s3", 2, "leans on Code § s2"),
    ]
    assert (found.total, found.truncated) == (5, False)
    page = impact(store, "s1", limit=2, offset=2)
    assert ([one.node.id for one in page.touched], page.total) == (["s2", "near"], 5)
    assert impact(store, "s3").touched[0].node.id == "late"


def test_who_relied_on_an_undone_case_is_flagged_with_who_undid_it_and_whether_before(store: GraphStore) -> None:
    flags = Flags(store)
    assert [(act.by, act.kind, act.date) for act in flags.undone["old"]] == [("fell", "overrules", "2000-01-01")]
    relied = flags.of("lean")
    assert [(one.kind, one.authority, one.since, one.inferred) for one in relied] == [
        ("relies_on_undone", "old", True, False)
    ]
    assert [(one.kind, one.since) for one in flags.of("late")] == [("relies_on_undone", False)]
    assert [(one.kind, one.inferred, one.score) for one in flags.of("like")] == [("resembles_undone", True, 0.95)]


def test_who_undid_it_or_doubts_it_does_not_rely_on_it(store: GraphStore) -> None:
    flags = Flags(store)
    assert flags.of("fell") == [] and flags.of("far") == []


def test_a_subgraph_has_the_edges_among_its_documents_and_short_ways_to_the_rest(store: GraphStore) -> None:
    found = subgraph(store, ["lean", "s1", "late"])
    assert [one.id for one in found.nodes] == ["lean", "s1", "late", *found.between]
    assert found.between in (("old",),)
    pairs = {(one.edge.src, one.edge.dst) for one in found.edges}
    assert {("lean", "s1"), ("lean", "old"), ("late", "old")} <= pairs
    assert found.apart == ()
    assert subgraph(store, ["lean", "like"]).apart == ("like",)  # likeness joins nothing


def test_what_cannot_be_served_is_refused_with_the_limit(store: GraphStore) -> None:
    with pytest.raises(UnknownNode):
        impact(store, "nowhere")
    with pytest.raises(UnknownNode):
        Flags(store).of("nowhere")
    with pytest.raises(GraphError, match="1 and 500"):
        impact(store, "s1", limit=501)
    with pytest.raises(GraphError, match="1 and 50"):
        subgraph(store, [])
