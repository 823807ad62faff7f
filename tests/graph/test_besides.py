"""What a graph holds besides citations: treatment, the history of a dispute, versions, passages and what is guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph.build import Besides, build_graph
from graph.models import Edge, EdgeKind, NodeKind
from graph.store import GraphStore, write_graph
from scraper.models import Span, SpanKind
from tests.graph.law import (
    BY_ID,
    DOCUMENTS,
    MARSH,
    PIKE,
    ROE,
    RUN,
    TOPICS,
    WEIGHTS,
    WELLS,
    besides,
    citations,
    full_graph,
    graph,
)
from tests.indexing.citations.law import jurisdictions


def edge(src: str, dst: str, kind: EdgeKind) -> Edge:
    return next(one for one in full_graph().edges if (one.src, one.dst, one.kind) == (src, dst, kind))


def test_a_citation_carries_what_is_done_to_the_authority_and_by_whom() -> None:
    found = edge(ROE, MARSH, EdgeKind.CITES)
    assert (found.attrs, found.date) == ({"treatment": ("overrules",), "depth": 3}, "2010-05-01")
    assert [(one.says, one.speaker) for one in found.evidence[:2]] == [
        ("overrules", "majority"),
        ("proposes: follows", "dissent"),
    ]
    assert found.evidence[2].says == ""  # the citation itself
    plain = edge(PIKE, MARSH, EdgeKind.CITES)
    assert plain.attrs == {"treatment": (), "depth": 1}


def test_an_authority_treated_by_name_alone_is_cited_too() -> None:
    found = edge(PIKE, WELLS, EdgeKind.CITES)
    assert (found.attrs["treatment"], found.total) == (("applies",), 1)


def test_the_steps_of_one_dispute_are_edges_of_their_own_and_no_treatment() -> None:
    found = edge(ROE, PIKE, EdgeKind.HISTORY)
    assert found.attrs == {"treatment": ("reverses",)}
    assert edge(ROE, PIKE, EdgeKind.CITES).attrs["treatment"] == ()
    assert sum(one.kind is EdgeKind.HISTORY for one in full_graph().edges) == 1


def test_versions_and_passages_are_nodes_of_the_same_ids_as_everywhere() -> None:
    nodes = {node.id: node for node in full_graph().nodes}
    current, past = f"version:{WELLS}@{BY_ID[WELLS].version[:8]}", f"version:{WELLS}@aaaaaaaa"
    assert [nodes[one].attrs["current"] for one in (current, past)] == [True, False]
    assert nodes["passage:0"].attrs == {"start": 0, "end": 10, "speaker": "law"}
    assert edge("passage:0", current, EdgeKind.PASSAGE_OF) and edge(past, WELLS, EdgeKind.VERSION_OF)
    kinds = [node.kind for node in full_graph().nodes]
    assert (kinds.count(NodeKind.VERSION), kinds.count(NodeKind.PASSAGE)) == (2, 1)


def test_what_is_guessed_is_marked_and_changes_neither_citations_nor_influence() -> None:
    for found in (edge(MARSH, PIKE, EdgeKind.SIMILAR_TO), edge(ROE, WELLS, EdgeKind.PREDICTED_LINK)):
        assert found.attrs == {"inferred": True} and found.evidence[0].basis == "words"
    guessed = Besides(similar=besides().similar, predicted=besides().predicted)
    with_guesses = build_graph(DOCUMENTS, citations(), TOPICS, WEIGHTS, jurisdictions(), RUN, guessed)
    assert with_guesses.nodes == graph().nodes
    assert [one for one in with_guesses.edges if "inferred" not in one.attrs] == list(graph().edges)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GraphStore:
    path = tmp_path_factory.mktemp("graph") / "graph.db"
    write_graph(path, full_graph())
    return GraphStore(path)


def test_everything_is_read_back_as_it_was_written(store: GraphStore) -> None:
    assert [one.edge for one in store.all_edges()] == list(full_graph().edges)
    assert list(store.all_nodes()) == list(full_graph().nodes)


def test_a_neighbourhood_shows_what_is_stated_unless_more_is_asked_for(store: GraphStore) -> None:
    kinds = {one.edge.kind for one in store.neighbors(MARSH).edges}
    assert EdgeKind.SIMILAR_TO not in kinds and EdgeKind.CITES in kinds
    asked = store.neighbors(MARSH, kinds=[EdgeKind.SIMILAR_TO]).edges
    assert [(one.edge.dst, one.edge.weight) for one in asked] == [(PIKE, 0.91)]


def test_edges_are_kept_by_the_date_of_the_document_that_states_them(store: GraphStore) -> None:
    def citing(first: str | None, last: str | None) -> list[str]:
        found = store.neighbors(MARSH, kinds=[EdgeKind.CITES], direction="in", dates=(first, last))
        return sorted(one.edge.src for one in found.edges)

    assert citing(None, None) == [PIKE, ROE]
    assert citing("2005-05-02", None) == [ROE]
    assert citing(None, "2005-05-01") == [PIKE]
    assert citing("2005-05-01", "2010-05-01") == [PIKE, ROE]
    assert citing("2011-01-01", None) == []


def test_acts_that_made_a_section_what_it_is_are_nodes_with_dated_edges() -> None:
    text = "A well is a hole. (Laws 1989, ch. 5, § 4, eff. July 1, 1989; amended by Laws 2006, ch. 71, § 1.)"
    start = text.index("(Laws")
    credited = replace(BY_ID[WELLS], text=text, spans=(Span(start, len(text), SpanKind.HISTORY),))
    made = build_graph([credited], (), (), (), jurisdictions(), RUN)
    found = [one for one in made.edges if one.kind is EdgeKind.AMENDS]
    assert [(one.src, one.dst, one.date, one.attrs["event"]) for one in found] == [
        ("act:arcadia/Laws 1989, ch. 5 (1989)", WELLS, "1989-07-01", ("enact",)),
        ("act:arcadia/Laws 2006, ch. 71 (2006)", WELLS, "", ("amend",)),
    ]
    assert text[found[0].evidence[0].start : found[0].evidence[0].end].strip("(").startswith("Laws 1989, ch. 5")
