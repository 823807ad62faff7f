"""The graph inside a generation's catalogue: written once, then only read."""

from __future__ import annotations

import base64
import binascii
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from graph.models import DOCUMENT_KINDS, STATED, Attributes, Edge, EdgeKind, Evidence, Graph, Node, NodeKind
from scraper.errors import GraphError, UnknownNode

Direction = Literal["in", "out", "both"]
Dates = tuple[str | None, str | None]  # first and last day, ISO, inclusive
MOST_NEIGHBORS = 500  # edges that one call may ask for
DEEPEST = 2
_WIDEST = 400  # variables in one SQL statement

_SCHEMA = """
CREATE TABLE nodes (id TEXT PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL, attrs TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE edges (id INTEGER PRIMARY KEY, src TEXT NOT NULL, dst TEXT NOT NULL, kind TEXT NOT NULL,
  weight REAL NOT NULL, evidence TEXT NOT NULL, date TEXT NOT NULL, attrs TEXT NOT NULL);
CREATE INDEX edges_src ON edges (src, weight DESC, id);
CREATE INDEX edges_dst ON edges (dst, weight DESC, id);
CREATE INDEX nodes_kind ON nodes (kind);
"""
_COLUMNS = "id, src, dst, kind, weight, evidence, date, attrs"
_PLACE = ("basis", "document", "version", "start", "end", "sentence_start", "sentence_end", "says", "speaker")


@dataclass(frozen=True, slots=True)
class StoredEdge:
    """An edge with its row number, which is its name in a generation."""

    id: int
    edge: Edge


@dataclass(frozen=True, slots=True)
class Neighborhood:
    """Nodes and edges around a node, the heaviest first; `cursor` asks for the next page, None where there is none.

    `truncated` tells that the second ring held more edges than were asked for.
    """

    center: Node
    nodes: tuple[Node, ...]
    edges: tuple[StoredEdge, ...]
    cursor: str | None
    truncated: bool


def write_graph(path: Path, graph: Graph) -> None:
    """Write a graph into a SQLite file that holds none yet."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous=OFF")  # the generation syncs its files when it is sealed
        connection.executescript(_SCHEMA)
        connection.executemany(
            "INSERT INTO nodes VALUES (?,?,?,?)",
            ((node.id, node.kind.value, node.label, _dump(dict(node.attrs))) for node in graph.nodes),
        )
        connection.executemany(
            "INSERT INTO edges VALUES (?,?,?,?,?,?,?,?)",
            (
                (
                    row,
                    edge.src,
                    edge.dst,
                    edge.kind.value,
                    edge.weight,
                    _evidence_to_json(edge),
                    edge.date,
                    _dump(dict(edge.attrs)),
                )
                for row, edge in enumerate(graph.edges, 1)
            ),
        )


class GraphStore:
    """Reads a graph; one connection for each thread, nothing is ever written."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()
        if not self._rows("SELECT name FROM sqlite_master WHERE name = 'edges'", ()):
            raise GraphError(f"{path} holds no graph; build the generation again.")

    def _rows(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        try:
            if connection is None:
                connection = self._local.connection = sqlite3.connect(self._uri, uri=True)
            return connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise GraphError(f"The graph cannot be read ({error}); build the generation again.") from error

    def has(self, node_id: str) -> bool:
        """Tell whether there is a node of that id."""
        return bool(self._rows("SELECT 1 FROM nodes WHERE id = ?", (node_id,)))

    def node(self, node_id: str) -> Node:
        """Return a node; raise UnknownNode."""
        found = self.nodes([node_id])
        if not found:
            raise UnknownNode(
                f"The graph has no node {node_id!r}; nodes are document ids, topic:ID, court:ID, year:Y ..."
            )
        return found[0]

    def nodes(self, node_ids: Iterable[str]) -> list[Node]:
        """Return the nodes of these ids that exist, in the order given."""
        wanted = list(dict.fromkeys(node_ids))
        found: dict[str, Node] = {}
        for part in _parts(wanted):
            marks = ",".join("?" * len(part))
            rows = self._rows(f"SELECT id, kind, label, attrs FROM nodes WHERE id IN ({marks})", part)
            found.update((row[0], _node(row)) for row in rows)
        return [found[one] for one in wanted if one in found]

    def degrees(self, node_id: str) -> dict[str, dict[str, int]]:
        """Return how many edges of each kind come in and go out: {"in": {kind: n}, "out": {kind: n}}."""
        self.node(node_id)
        counts = {}
        for name, column in (("in", "dst"), ("out", "src")):
            query = f"SELECT kind, count(*) FROM edges WHERE {column} = ? GROUP BY kind ORDER BY kind"
            counts[name] = dict(self._rows(query, (node_id,)))
        return counts

    def neighbors(
        self,
        node_id: str,
        kinds: Sequence[EdgeKind] | None = None,
        direction: Direction = "both",
        depth: int = 1,
        limit: int = 50,
        cursor: str | None = None,
        dates: Dates = (None, None),
    ) -> Neighborhood:
        """Return a page of the edges of a node, heaviest first, with the nodes at their ends.

        Without `kinds` those that somebody stated (`STATED`). `dates` keeps edges whose document is dated from the one
        day to the other (ISO, inclusive); with either given, edges without a date are left out. With `depth` 2 the
        edges of those nodes follow, at most `limit` more, all of one page of the first ring. Raises UnknownNode, and
        GraphError for a limit, a depth or a cursor that cannot be served.
        """
        _check(depth, limit)
        center = self.node(node_id)
        after = _decode(cursor)
        first = self._incident([node_id], kinds, direction, limit + 1, after, dates)
        page = first[:limit]
        more = _encode(page[-1]) if len(first) > limit else None
        edges = {one.id: one for one in page}
        truncated = False
        if depth == DEEPEST:
            ring = sorted({end for one in page for end in (one.edge.src, one.edge.dst)} - {node_id})
            second = [
                one
                for one in self._incident(ring, kinds, direction, limit + len(page) + 1, dates=dates)
                if one.id not in edges
            ]
            truncated = len(second) > limit
            edges.update((one.id, one) for one in second[:limit])
        ends = sorted({end for one in edges.values() for end in (one.edge.src, one.edge.dst)} - {node_id})
        return Neighborhood(center, tuple(self.nodes(ends)), tuple(edges.values()), more, truncated)

    def incident(
        self,
        node_ids: Sequence[str],
        kinds: Sequence[EdgeKind] | None,
        limit: int,
        direction: Direction = "both",
        dates: Dates = (None, None),
    ) -> list[StoredEdge]:
        """Return at most `limit` edges that touch any of these nodes, heaviest first, ties by id; see `neighbors`."""
        return self._incident(node_ids, kinds, direction, limit, dates=dates)

    def _incident(
        self,
        node_ids: Sequence[str],
        kinds: Sequence[EdgeKind] | None,
        direction: Direction,
        limit: int,
        after: tuple[float, int] | None = None,
        dates: Dates = (None, None),
    ) -> list[StoredEdge]:
        columns = {"in": ("dst",), "out": ("src",), "both": ("src", "dst")}.get(direction)
        if columns is None:
            raise GraphError(f"{direction!r} is no direction; use in, out or both.")
        wanted = STATED if kinds is None else tuple(EdgeKind(kind) for kind in kinds)
        where = f" AND kind IN ({','.join('?' * len(wanted))})"
        values: list[str | float] = [kind.value for kind in wanted]
        for bound, sign in zip(dates, (">=", "<="), strict=True):
            if bound is not None:
                where += f" AND date <> '' AND date {sign} ?"
                values.append(bound)
        if after is not None:
            where += " AND (weight < ? OR (weight = ? AND id > ?))"
            values += [after[0], after[0], after[1]]
        found: dict[int, StoredEdge] = {}
        for part in _parts(list(node_ids)):
            for column in columns:
                marks = ",".join("?" * len(part))
                query = (
                    f"SELECT {_COLUMNS} FROM edges WHERE {column} IN ({marks}){where} ORDER BY weight DESC, id LIMIT ?"
                )
                rows = self._rows(query, (*part, *values, limit))
                found.update((row[0], _edge(row)) for row in rows)
        return sorted(found.values(), key=lambda one: (-one.edge.weight, one.id))[:limit]

    def all_nodes(self) -> Iterator[Node]:
        """Yield every node in order of id, without holding them all."""
        yield from (_node(row) for row in self._stream("SELECT id, kind, label, attrs FROM nodes ORDER BY id"))

    def all_edges(self, kinds: Sequence[EdgeKind] | None = None) -> Iterator[StoredEdge]:
        """Yield every edge of these kinds in order of source, target and kind, without holding them all."""
        wanted = None if kinds is None else {kind.value for kind in kinds}
        for row in self._stream(f"SELECT {_COLUMNS} FROM edges ORDER BY id"):
            if wanted is None or row[3] in wanted:
                yield _edge(row)

    def _stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        # A connection of its own: a reader that stops half-way must not hold up the thread's other reads.
        with closing(sqlite3.connect(self._uri, uri=True)) as connection:
            yield from connection.execute(query)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many nodes and edges of each kind there are: {"nodes": {...}, "edges": {...}}."""
        return {
            table: dict(self._rows(f"SELECT kind, count(*) FROM {table} GROUP BY kind ORDER BY kind", ()))
            for table in ("nodes", "edges")
        }

    @cached_property
    def citations(self) -> tuple[tuple[str, ...], tuple[tuple[int, int, float], ...]]:
        """The documents in order of id, and (citing row, cited row, times) between them; read once."""
        marks = ",".join("?" * len(DOCUMENT_KINDS))
        kinds = [kind.value for kind in DOCUMENT_KINDS]
        ids = [row[0] for row in self._rows(f"SELECT id FROM nodes WHERE kind IN ({marks}) ORDER BY id", kinds)]
        rows = {one: row for row, one in enumerate(ids)}
        found = self._rows("SELECT src, dst, weight FROM edges WHERE kind = ? ORDER BY id", (EdgeKind.CITES.value,))
        edges = ((rows[src], rows[dst], weight) for src, dst, weight in found if src in rows and dst in rows)
        return tuple(ids), tuple(edges)


def _check(depth: int, limit: int) -> None:
    if depth not in range(1, DEEPEST + 1):
        raise GraphError(f"A neighbourhood has a depth of 1 to {DEEPEST}; {depth} was asked for.")
    if not 1 <= limit <= MOST_NEIGHBORS:
        raise GraphError(f"One page holds 1 to {MOST_NEIGHBORS} edges; {limit} were asked for.")


def _encode(last: StoredEdge) -> str:
    return base64.urlsafe_b64encode(json.dumps([last.edge.weight, last.id]).encode()).decode()


def _decode(cursor: str | None) -> tuple[float, int] | None:
    if not cursor:
        return None
    try:
        weight, row = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        return float(weight), int(row)
    except (ValueError, TypeError, binascii.Error) as error:
        raise GraphError("That cursor is not one that this graph gave; leave it out to begin again.") from error


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _WIDEST):
        yield values[start : start + _WIDEST]


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _evidence_to_json(edge: Edge) -> str:
    places = [[getattr(place, name) for name in _PLACE] for place in edge.evidence]
    return _dump({"run": edge.run, "total": edge.total, "places": places})


def _node(row: Sequence[Any]) -> Node:
    return Node(row[0], NodeKind(row[1]), row[2], _attrs(row[3]))


def _edge(row: Sequence[Any]) -> StoredEdge:
    stored = json.loads(row[5])
    places = tuple(Evidence(*place) for place in stored["places"])
    edge = Edge(
        row[1], row[2], EdgeKind(row[3]), row[4], stored["run"], places, stored["total"], row[6], _attrs(row[7])
    )
    return StoredEdge(row[0], edge)


def _attrs(text: str) -> Attributes:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(text).items()}
