"""What would be touched if a provision went: who cites and construes it, and who leans on those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.models import EdgeKind, Node, NodeKind
from graph.store import GraphStore, StoredEdge
from indexing.treatment.models import NEGATIVE
from scraper.errors import GraphError

MOST_TOUCHED = 500  # documents that one call may return
_LEANING = (EdgeKind.CITES, EdgeKind.INTERPRETS)
_READ = 5_000  # edges read of one ring
_PROVISIONS = (NodeKind.STATUTE, NodeKind.CONSTITUTION, NodeKind.REGULATION)
_CARRIES_ON = frozenset(("follows", "applies", "upheld"))
_TURNS_AWAY = frozenset((*(kind.value for kind in NEGATIVE), "distinguishes"))
_DEEP = 3  # depth of discussion from which a case is said to lean on what it cites


@dataclass(frozen=True, slots=True)
class Touched:
    """A document that would be touched: `ring` 1 directly, 2 through `via`; `weight` grows with how much it leans."""

    node: Node
    ring: int
    how: str  # "construes it", "cites it", "cites § 2-1, which would be touched"
    weight: float
    via: str
    edge: StoredEdge


@dataclass(frozen=True, slots=True)
class Impact:
    """Who would be touched, nearest and heaviest first; `total` counts all, `truncated`: not all were read."""

    center: Node
    touched: tuple[Touched, ...]
    total: int
    truncated: bool


def impact(store: GraphStore, node_id: str, limit: int = 50, offset: int = 0) -> Impact:
    """Return who would be touched if a document went, `limit` of them from `offset` on.

    First ring: what cites it, cases that construe it before all others. Second ring: provisions that cite a provision
    of the first, and cases that follow, apply or discuss at length a case of the first that construes it. Raises
    UnknownNode, and GraphError for a page that cannot be served.
    """
    if not 1 <= limit <= MOST_TOUCHED or offset < 0:
        raise GraphError(f"Between 1 and {MOST_TOUCHED} documents can be asked for; {limit} from {offset} were.")
    center = store.node(node_id)
    first = store.incident([node_id], _LEANING, _READ + 1, "in")
    best = _heaviest(first[:_READ])
    near = {one.id: one for one in store.nodes(best)}
    touched = [Touched(near[source], 1, _directly(edge), _weight(edge), node_id, edge) for source, edge in best.items()]
    bearing = [
        one.node.id for one in touched
        if one.node.kind in _PROVISIONS or one.edge.edge.kind is EdgeKind.INTERPRETS
    ]  # fmt: skip
    second = store.incident(bearing, _LEANING, _READ + 1, "in") if bearing else []
    touched += _second_ring(store, second[:_READ], near, {node_id, *best})
    ordered = sorted(touched, key=lambda one: (one.ring, -one.weight, one.node.id))
    truncated = len(first) > _READ or len(second) > _READ
    return Impact(center, tuple(ordered[offset : offset + limit]), len(ordered), truncated)


def _heaviest(edges: Sequence[StoredEdge]) -> dict[str, StoredEdge]:
    """Return for each source the edge that says most."""
    found: dict[str, StoredEdge] = {}
    for one in edges:
        known = found.get(one.edge.src)
        if known is None or _weight(one) > _weight(known):
            found[one.edge.src] = one
    return found


def _second_ring(
    store: GraphStore, edges: Sequence[StoredEdge], near: Mapping[str, Node], known: set[str]
) -> list[Touched]:
    leaning = [one for one in edges if one.edge.src not in known]
    nodes = {one.id: one for one in store.nodes(edge.edge.src for edge in leaning)}
    kept = [one for one in leaning if _leans(one, nodes[one.edge.src], near[one.edge.dst])]
    return [
        Touched(nodes[source], 2, f"leans on {_called(near[edge.edge.dst])}", _weight(edge), edge.edge.dst, edge)
        for source, edge in _heaviest(kept).items()
    ]


def _leans(edge: StoredEdge, source: Node, target: Node) -> bool:
    if target.kind in _PROVISIONS:
        return source.kind in _PROVISIONS or edge.edge.kind is EdgeKind.INTERPRETS
    stated, depth = edge.edge.attrs.get("treatment", ()), edge.edge.attrs.get("depth", 1)
    said = set(stated) if isinstance(stated, tuple) else set()
    deep = isinstance(depth, int) and depth >= _DEEP
    return bool(said & _CARRIES_ON) or (deep and not said & _TURNS_AWAY)


def _weight(edge: StoredEdge) -> float:
    construes = 1_000.0 if edge.edge.kind is EdgeKind.INTERPRETS else 0.0
    depth = edge.edge.attrs.get("depth", 1)
    return construes + edge.edge.weight + (10.0 * depth if isinstance(depth, int) else 0.0)


def _directly(edge: StoredEdge) -> str:
    times = f" ({edge.edge.total} times)" if edge.edge.total > 1 else ""
    return ("construes it" if edge.edge.kind is EdgeKind.INTERPRETS else "cites it") + times


def _called(node: Node) -> str:
    return str(node.attrs.get("citation") or node.label)
