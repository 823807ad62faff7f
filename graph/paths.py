"""Ways through the graph: the shortest path that explains how two nodes hang together, and documents near others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from graph.authority import pagerank
from graph.models import EdgeKind, Node
from graph.store import GraphStore, StoredEdge
from scraper.errors import GraphError

LONGEST_PATH = 6  # edges
MOST_VISITED = 20_000  # nodes that one search may touch
MOST_SEEDS = 50
MOST_RELATED = 200
NEAR = 5_000  # documents in the neighbourhood that is ranked
RESTART = 0.25  # how often a walk returns to its seeds
# Everything of one year or one court is joined by it: such a path would explain nothing.
EXPLAINING = (
    EdgeKind.CITES,
    EdgeKind.INTERPRETS,
    EdgeKind.HISTORY,
    EdgeKind.SUPERSEDES,
    EdgeKind.PART_OF,
    EdgeKind.CHILD_OF,
    EdgeKind.ABOUT,
)
_WORDS = {
    EdgeKind.CITES: "cites",
    EdgeKind.INTERPRETS: "interprets",
    EdgeKind.SUPERSEDES: "supersedes",
    EdgeKind.PART_OF: "is part of",
    EdgeKind.CHILD_OF: "is under",
    EdgeKind.ABOUT: "is about",
    EdgeKind.DECIDED_BY: "was decided by",
    EdgeKind.IN_YEAR: "was decided in",
    EdgeKind.AMENDS: "made or changed",
    EdgeKind.HISTORY: "decides the same dispute as",
    EdgeKind.VERSION_OF: "is a version of",
    EdgeKind.PASSAGE_OF: "is a passage of",
    EdgeKind.SIMILAR_TO: "is worded like (inferred)",
    EdgeKind.PREDICTED_LINK: "might be expected to cite (inferred)",
}
_DOES = {  # treatments whose names are no verbs
    "superseded_by_statute": "says that a statute superseded",
    "held_unconstitutional": "holds unconstitutional",
    "held_unconstitutional_as_applied": "holds unconstitutional as applied",
    "severed": "severs a part of",
    "preempted": "holds pre-empted",
    "upheld": "upholds",
}
_FANOUT = 2_000  # edges read of one frontier


@dataclass(frozen=True, slots=True)
class Path:
    """Nodes from start to end, the edges between them (each in its own direction), and one sentence for each edge."""

    nodes: tuple[Node, ...]
    edges: tuple[StoredEdge, ...]
    explanations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """A document near the seeds: `score` is its share of the walk, higher is nearer; `via` leads there from a seed."""

    id: str
    score: float
    via: tuple[str, ...]


def shortest_path(
    store: GraphStore,
    start: str,
    end: str,
    kinds: Sequence[EdgeKind] | None = None,
    longest: int = LONGEST_PATH,
) -> Path | None:
    """Return a path with the fewest edges, whichever way they point, or None where none is found within the bounds.

    Courts, judges and years join nothing unless `kinds` asks for them; where a frontier is very wide its heaviest edges
    are followed. Raises UnknownNode, and GraphError for a `longest` outside 1 to 6.
    """
    if not 1 <= longest <= LONGEST_PATH:
        raise GraphError(f"A path has 1 to {LONGEST_PATH} edges; {longest} were asked for.")
    first, _ = store.node(start), store.node(end)
    if start == end:
        return Path((first,), (), ())
    wanted = EXPLAINING if kinds is None else tuple(EdgeKind(kind) for kind in kinds)
    # Two searches meet in the middle: `came` holds, for each node, the edge by which its side reached it.
    came: tuple[dict[str, StoredEdge | None], dict[str, StoredEdge | None]] = ({start: None}, {end: None})
    frontiers: list[list[str]] = [[start], [end]]
    for _ in range(longest):
        side = 0 if len(frontiers[0]) <= len(frontiers[1]) else 1
        frontiers[side] = _step(store, frontiers[side], came[side], wanted)
        meeting = [one for one in frontiers[side] if one in came[1 - side]]
        if meeting:
            return _joined(store, min(meeting), came)
        if not frontiers[side] or len(came[0]) + len(came[1]) > MOST_VISITED:
            return None
    return None


def _step(
    store: GraphStore, frontier: Sequence[str], came: dict[str, StoredEdge | None], kinds: Sequence[EdgeKind]
) -> list[str]:
    reached: list[str] = []
    held = set(frontier)
    for edge in store.incident(frontier, kinds, _FANOUT):
        source, target = edge.edge.src, edge.edge.dst
        for here, there in ((source, target), (target, source)):
            if here in held and there not in came:
                came[there] = edge
                reached.append(there)
    return reached


def _joined(store: GraphStore, meeting: str, came: tuple[dict[str, StoredEdge | None], ...]) -> Path:
    before, after = _trail(meeting, came[0]), _trail(meeting, came[1])
    ids = [*reversed([one for one, _ in before]), meeting, *[one for one, _ in after]]
    edges = [*reversed([edge for _, edge in before]), *[edge for _, edge in after]]
    nodes = {node.id: node for node in store.nodes(ids)}
    words = tuple(in_words(edge, nodes) for edge in edges)
    return Path(tuple(nodes[one] for one in ids), tuple(edges), words)


def _trail(node_id: str, came: Mapping[str, StoredEdge | None]) -> list[tuple[str, StoredEdge]]:
    trail = []
    while (edge := came[node_id]) is not None:
        node_id = edge.edge.src if edge.edge.dst == node_id else edge.edge.dst
        trail.append((node_id, edge))
    return trail


def in_words(edge: StoredEdge, nodes: Mapping[str, Node]) -> str:
    """Return an edge as a clause: "Pike v. Dace, 20 Arcd. 40 overrules Marsh v. Mills, 10 Arcd. 1 (2 times)"."""
    one = edge.edge
    times = f" ({one.total} times)" if one.kind in (EdgeKind.CITES, EdgeKind.INTERPRETS) and one.total > 1 else ""
    said = one.attrs.get("treatment", ())
    done = [_DOES.get(kind, kind.replace("_", " ")) for kind in said] if isinstance(said, tuple) else []
    verb = " and ".join(done) or _WORDS[one.kind]
    return f"{_called(nodes[one.src])} {verb} {_called(nodes[one.dst])}{times}"


def _called(node: Node) -> str:
    citation = node.attrs.get("citation")
    return f"{node.label}, {citation}" if citation and citation != node.label else node.label


def related(store: GraphStore, seeds: Mapping[str, float], limit: int = 20) -> list[Related]:
    """Return documents near the seeds by citations in either direction, the nearest first, ties by id; no seeds.

    A walk starts at the seeds by their weights (not negative), follows citations both ways and often starts again
    (personalised PageRank over at most 5,000 documents within two steps). Seeds that the graph does not have are
    left out. Raises GraphError for too many seeds or too large a limit.
    """
    if len(seeds) > MOST_SEEDS:
        raise GraphError(f"At most {MOST_SEEDS} seeds can be given; there were {len(seeds)}.")
    if not 1 <= limit <= MOST_RELATED:
        raise GraphError(f"Between 1 and {MOST_RELATED} related documents can be asked for; {limit} were.")
    ids, walk = _walks(store)
    rows = {one: row for row, one in enumerate(ids)}
    weights = {rows[one]: weight for one, weight in sorted(seeds.items()) if one in rows and weight > 0}
    if not weights:
        return []
    near, came = _near(walk, sorted(weights))
    place = {row: index for index, row in enumerate(near)}
    restart = np.zeros(len(near))
    for row, weight in weights.items():
        restart[place[row]] = weight
    picked = np.array(near)
    scores = pagerank(sparse.csr_array(walk[picked][:, picked]), restart, damping=1.0 - RESTART)
    order = sorted(
        (index for index in range(len(near)) if near[index] not in weights), key=lambda i: (-scores[i], ids[near[i]])
    )
    found = [index for index in order if scores[index] > 0][:limit]
    return [Related(ids[near[i]], float(scores[i]), _way(near[i], came, ids)) for i in found]


def _walks(store: GraphStore) -> tuple[tuple[str, ...], sparse.csr_array]:
    """Return the documents and the symmetric weights of citations between them."""
    ids, edges = store.citations
    weights = np.log1p([times for _, _, times in edges])
    sources, targets = [source for source, _, _ in edges], [target for _, target, _ in edges]
    one_way = sparse.coo_array((weights, (sources, targets)), shape=(len(ids), len(ids))).tocsr()
    return ids, sparse.csr_array(one_way + one_way.T)


def _near(walk: sparse.csr_array, seeds: Sequence[int]) -> tuple[list[int], dict[int, int | None]]:
    """Return the rows within two steps of the seeds, and from which row each was reached first."""
    came: dict[int, int | None] = dict.fromkeys(seeds)
    frontier = list(seeds)
    for _ in range(2):
        reached: list[int] = []
        for row in frontier:
            for neighbor in walk.indices[walk.indptr[row] : walk.indptr[row + 1]]:
                if int(neighbor) not in came and len(came) < NEAR:
                    came[int(neighbor)] = row
                    reached.append(int(neighbor))
        frontier = reached
    return sorted(came), came


def _way(row: int, came: Mapping[int, int | None], ids: Sequence[str]) -> tuple[str, ...]:
    way = [ids[row]]
    while (before := came[row]) is not None:
        way.append(ids[before])
        row = before
    return tuple(reversed(way))
