"""The graph of the small law, edge by edge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph.build import build_graph
from graph.models import MOST_EVIDENCE, Edge, EdgeKind, NodeKind
from tests.graph.law import DOCUMENTS, RUN, TOPICS, WEIGHTS, citations, graph
from tests.indexing.citations.law import jurisdictions

MARSH, PIKE, ROE = "arcadia:arsc:2001-arsc-001", "arcadia:arsc:2005-arsc-002", "arcadia:arsc:2010-arsc-003"
WELLS, RIVERS, OLD = "arcadia:code:1-1-1", "arcadia:code:1-1-2", "arcadia:code:9-9-9"


def _edges(kind: EdgeKind) -> dict[tuple[str, str], Edge]:
    return {(edge.src, edge.dst): edge for edge in graph().edges if edge.kind is kind}


EXPECTED = [
    (EdgeKind.CITES, {(WELLS, RIVERS): 1, (OLD, RIVERS): 1, (MARSH, WELLS): 2, (PIKE, MARSH): 2, (PIKE, RIVERS): 1,
                      (PIKE, "cite:99 Arcd. 5"): 1, (ROE, PIKE): 1, (ROE, MARSH): 1}),
    (EdgeKind.INTERPRETS, {(MARSH, WELLS): 2}),
    (EdgeKind.SUPERSEDES, {(RIVERS, OLD): 1}),
    (EdgeKind.CHILD_OF, {("level:arccode/title-1", "level:arccode"): 1,
                         ("level:arccode/title-1/chapter-1", "level:arccode/title-1"): 1,
                         ("topic:t1", "topic:root"): 1, ("topic:t1.1", "topic:t1"): 1}),
    (EdgeKind.PART_OF, {(one, "level:arccode/title-1/chapter-1"): 1 for one in (WELLS, RIVERS, OLD)}),
    (EdgeKind.ABOUT, {(WELLS, "topic:t1"): 0.7, (WELLS, "topic:t1.1"): 0.5, ("topic:t1", "keyword:river"): 0.9,
                      ("topic:t1", "keyword:well"): 0.4, ("topic:t1.1", "keyword:well"): 0.8}),
    (EdgeKind.DECIDED_BY, {(one, to): 1 for one in (MARSH, PIKE, ROE)
                           for to in ("court:arsc", "judge:arsc/okafor", "judge:arsc/reyes")}),
    (EdgeKind.IN_YEAR, {(MARSH, "year:2001"): 1, (PIKE, "year:2005"): 1, (ROE, "year:2010"): 1}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "expected"), EXPECTED, ids=[row[0].value for row in EXPECTED])
def test_edges(kind: EdgeKind, expected: dict[tuple[str, str], float]) -> None:
    assert {pair: edge.weight for pair, edge in _edges(kind).items()} == expected


def test_every_edge_has_a_run_evidence_and_both_its_nodes() -> None:
    ids = {node.id for node in graph().nodes}
    for edge in graph().edges:
        assert edge.run == RUN and edge.evidence and edge.total >= len(edge.evidence)
        assert edge.src in ids and edge.dst in ids and edge.src != edge.dst


def test_a_citation_shows_the_place_and_the_sentence_that_prove_it() -> None:
    texts = {document.id: (document.version, document.text) for document in DOCUMENTS}
    first, second = _edges(EdgeKind.CITES)[PIKE, MARSH].evidence
    version, text = texts[PIKE]
    assert first.version == version and first.basis == "text"
    assert text[first.start : first.end] == "2001-ARSC-001, ¶ 2, 10 Arcd. 1", "parallel citations are one place"
    assert (
        text[first.sentence_start : first.sentence_end]
        == f"In Marsh v. Mills, {text[first.start : first.end]}, we held so."
    )
    assert text[second.start : second.end] == "Id. ¶ 3"


def test_kinds_and_attributes_of_nodes() -> None:
    nodes = {node.id: node for node in graph().nodes}
    assert nodes[MARSH].kind is NodeKind.CASE and nodes[MARSH].attrs["year"] == 2001
    assert nodes["cite:99 Arcd. 5"].kind is NodeKind.CITATION and nodes["cite:99 Arcd. 5"].label == "99 Arcd. 5"
    assert nodes["court:arsc"].label == "Supreme Court of Arcadia" and nodes["court:arsc"].attrs["level"] == "supreme"
    assert nodes["level:arccode"].label == "Arcadia Code"
    shares = [nodes[one.id].attrs["influence"] for one in DOCUMENTS]
    assert sum(share for share in shares if isinstance(share, float)) == pytest.approx(1.0, abs=1e-6)


def test_the_order_of_the_input_does_not_matter() -> None:
    by_document = {
        document.id: [one for one in citations() if one.document_id == document.id] for document in DOCUMENTS
    }
    backwards = [one for document in reversed(DOCUMENTS) for one in by_document[document.id]]
    again = build_graph(DOCUMENTS[::-1], backwards, TOPICS, WEIGHTS[::-1], jurisdictions(), RUN)
    assert again == graph()


def test_evidence_is_capped_and_counted() -> None:
    many = DOCUMENTS[:1]
    one = next(one for one in citations() if one.document_id == WELLS)
    repeated = [replace(one, to=RIVERS, start=one.start + n, end=one.end + n, group=n) for n in range(50)]
    made = build_graph([*many, DOCUMENTS[1]], repeated, (), (), jurisdictions(), RUN)
    (edge,) = [edge for edge in made.edges if edge.kind is EdgeKind.CITES]
    assert (len(edge.evidence), edge.total, edge.weight) == (MOST_EVIDENCE, 50, 50.0)


def test_nothing_gives_an_empty_graph() -> None:
    assert build_graph((), (), (), (), jurisdictions(), RUN).nodes == ()
