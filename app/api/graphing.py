"""The graph as JSON: nodes, and edges with the words that prove them."""

from __future__ import annotations

from typing import Any

from app.retrieval.corpus import Corpus
from graph.flags import Flag
from graph.impact import Impact
from graph.models import DOCUMENT_KINDS, Edge, Evidence, Node, NodeKind
from graph.paths import Path
from graph.store import GraphStore, Neighborhood
from graph.subgraph import Subgraph


def influence_of(graph: GraphStore, document_id: str) -> float:
    """Return a document's PageRank over citations among all documents, 0 where the graph has none."""
    for node in graph.nodes([document_id]):
        value = node.attrs.get("influence", 0.0)
        return float(value) if node.kind in DOCUMENT_KINDS and isinstance(value, int | float) else 0.0
    return 0.0


def node_view(node: Node, corpus: Corpus | None = None) -> dict[str, Any]:
    """Return a node; with a corpus a topic bears the name that a person gave it."""
    topic = corpus.topics.get(node.id.removeprefix("topic:")) if corpus and node.kind is NodeKind.TOPIC else None
    attrs = {name: list(value) if isinstance(value, tuple) else value for name, value in node.attrs.items()}
    return {"id": node.id, "kind": node.kind.value, "label": topic.label if topic else node.label, "attrs": attrs}


def edge_view(edge: Edge, corpus: Corpus | None = None) -> dict[str, Any]:
    """Return an edge with its evidence; with a corpus the sentence of the first place is quoted."""
    first = edge.evidence[0] if edge.evidence else None
    evidence: dict[str, Any] = {"run": edge.run, "total": edge.total, "basis": first.basis if first else ""}
    if first and _located(first):
        evidence |= _place(first) | {"sentence": _sentence(first, corpus), "places": [_place(e) for e in edge.evidence]}
    attrs = {name: list(value) if isinstance(value, tuple) else value for name, value in edge.attrs.items()}
    return {
        "source": edge.src, "target": edge.dst, "kind": edge.kind.value, "weight": edge.weight,
        "date": edge.date or None, "attrs": attrs, "evidence": evidence,
    }  # fmt: skip


def neighborhood_view(found: Neighborhood, corpus: Corpus) -> dict[str, Any]:
    """Return what lies around a node, heaviest edges first."""
    return {
        "node": node_view(found.center, corpus), "nodes": [node_view(node, corpus) for node in found.nodes],
        "edges": [edge_view(one.edge, corpus) for one in found.edges],
        "truncated": found.truncated or found.cursor is not None, "next_cursor": found.cursor,
    }  # fmt: skip


def path_view(found: Path, corpus: Corpus | None = None) -> dict[str, Any]:
    """Return a path: its nodes in order, the edges between them, each in its own direction, and a sentence for each."""
    return {
        "path": [node_view(node, corpus) for node in found.nodes],
        "edges": [edge_view(one.edge, corpus) for one in found.edges],
        "explanations": list(found.explanations),
    }


def impact_view(found: Impact, corpus: Corpus) -> dict[str, Any]:
    """Return who would be touched if a provision went, nearest and heaviest first."""
    return {
        "node": node_view(found.center, corpus), "total": found.total, "truncated": found.truncated,
        "touched": [
            {"node": node_view(one.node, corpus), "ring": one.ring, "how": one.how, "via": one.via,
             "edge": edge_view(one.edge.edge, corpus)}
            for one in found.touched
        ],
    }  # fmt: skip


def subgraph_view(found: Subgraph, corpus: Corpus) -> dict[str, Any]:
    """Return the part of the graph that stands behind some documents."""
    return {
        "nodes": [node_view(node, corpus) for node in found.nodes],
        "between": list(found.between), "apart": list(found.apart),
        "edges": [edge_view(one.edge, corpus) for one in found.edges],
    }  # fmt: skip


def flag_view(flag: Flag, graph: GraphStore) -> dict[str, Any]:
    """Return what a reader should know of an authority that a document relies on or resembles."""
    return {
        "kind": flag.kind, "authority": node_view(graph.node(flag.authority)), "since": flag.since,
        "inferred": flag.inferred, "score": flag.score,
        "undone": [{"by": act.by, "treatment": act.kind, "date": act.date or None} for act in flag.undone],
    }  # fmt: skip


def _located(place: Evidence) -> bool:
    return place.end > place.start


def _place(place: Evidence) -> dict[str, Any]:
    said = {name: value for name, value in (("says", place.says), ("speaker", place.speaker)) if value}
    return {"document": place.document, "version": place.version, "start": place.start, "end": place.end} | said


def _sentence(place: Evidence, corpus: Corpus | None) -> dict[str, Any] | None:
    start, end = place.sentence_start, place.sentence_end
    if corpus is None or end <= start:
        return None
    return {"text": corpus.catalogue.text(place.document, start, end, place.version), "start": start, "end": end}
