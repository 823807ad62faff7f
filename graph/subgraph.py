"""The part of the graph that stands behind a text: the documents it rests on, and how they hang together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.models import STATED, EdgeKind, Node
from graph.paths import shortest_path
from graph.store import GraphStore, StoredEdge
from scraper.errors import GraphError

MOST_DOCUMENTS = 50
_READ = 20_000
_LINK = 3  # edges of a path that joins two of the documents, at most
_JOINING = tuple(kind for kind in STATED if kind not in (EdgeKind.DECIDED_BY, EdgeKind.IN_YEAR))


@dataclass(frozen=True, slots=True)
class Subgraph:
    """`nodes` begins with the documents asked for; `between` are the ids that were added to join them; `apart` those
    asked for that nothing joins to the others within three steps."""

    nodes: tuple[Node, ...]
    edges: tuple[StoredEdge, ...]
    between: tuple[str, ...]
    apart: tuple[str, ...]


def subgraph(store: GraphStore, documents: Sequence[str]) -> Subgraph:
    """Return the edges among documents, and short paths to those that no edge joins to the rest.

    Raises UnknownNode, and GraphError for more than fifty documents or for none.
    """
    asked = list(dict.fromkeys(documents))
    if not 1 <= len(asked) <= MOST_DOCUMENTS:
        raise GraphError(f"Between 1 and {MOST_DOCUMENTS} documents can be asked for; {len(asked)} were.")
    for one in asked:
        store.node(one)
    edges = {one.id: one for one in _among(store, asked)}
    group = {one: {one} for one in asked}
    for edge in edges.values():
        _join(group, edge.edge.src, edge.edge.dst)
    between: dict[str, None] = {}
    for one in asked[1:]:
        if group[one] is not group[asked[0]]:
            path = shortest_path(store, asked[0], one, _JOINING, _LINK)
            if path is not None:
                edges |= {edge.id: edge for edge in path.edges}
                between |= dict.fromkeys(node.id for node in path.nodes if node.id not in group)
                _join(group, asked[0], one)
    apart = tuple(one for one in asked if group[one] is not group[asked[0]])
    ordered = tuple(edges[row] for row in sorted(edges))
    return Subgraph(tuple(store.nodes([*asked, *between])), ordered, tuple(between), apart)


def _among(store: GraphStore, asked: Sequence[str]) -> list[StoredEdge]:
    wanted = set(asked)
    found = store.incident(asked, STATED, _READ, "out")
    return [one for one in found if one.edge.src in wanted and one.edge.dst in wanted]


def _join(group: dict[str, set[str]], first: str, second: str) -> None:
    if group[first] is not group[second]:
        merged = group[first] | group[second]
        for one in merged:
            group[one] = merged
