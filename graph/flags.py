"""What a reader should know of the company that a document keeps: authorities that were undone since, or before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from graph.models import Edge, EdgeKind
from graph.store import GraphStore
from indexing.treatment.models import NEGATIVE, UNDOING

CLOSE = 0.9  # likeness from which a case is said to resemble another closely
_MOST = 500  # edges of a document that are looked at
_UNDOING = frozenset(kind.value for kind in UNDOING)
_NEGATIVE = frozenset(kind.value for kind in NEGATIVE)
_RELYING = frozenset(("follows", "applies"))
_DEPTH = 2  # depth of discussion from which a citation is more than a mention


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undid an authority: the document that did it, what it did, and when (ISO, empty where unknown)."""

    by: str
    kind: str
    date: str


@dataclass(frozen=True, slots=True)
class Flag:
    """`kind` relies_on_undone or resembles_undone; `authority` is what was undone, `since` tells whether it was only
    after the document had relied on it; `inferred` marks what rests on likeness alone."""

    kind: str
    document: str
    authority: str
    undone: tuple[Undoing, ...]
    since: bool
    inferred: bool
    score: float = 0.0


class Flags:
    """Reads flags from one graph; what was undone is read once."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self.undone: Mapping[str, tuple[Undoing, ...]] = _undone(store)

    def of(self, document_id: str) -> list[Flag]:
        """Return the flags of a document, the surest first; raise UnknownNode."""
        date = str(self._store.node(document_id).attrs.get("date", ""))
        found: list[Flag] = []
        for one in self._store.incident([document_id], (EdgeKind.CITES, EdgeKind.SIMILAR_TO), _MOST):
            edge = one.edge
            other = edge.dst if edge.src == document_id else edge.src
            undone = tuple(act for act in self.undone.get(other, ()) if act.by != document_id)
            if not undone:
                continue
            since = bool(date) and all(act.date > date for act in undone)
            if edge.kind is EdgeKind.CITES and edge.src == document_id and _relies(edge):
                found.append(Flag("relies_on_undone", document_id, other, undone, since, False))
            elif edge.kind is EdgeKind.SIMILAR_TO and edge.weight >= CLOSE:
                found.append(Flag("resembles_undone", document_id, other, undone, since, True, edge.weight))
        return sorted(found, key=lambda flag: (flag.inferred, -flag.score, flag.authority))


def _relies(edge: Edge) -> bool:
    said = _said(edge)
    depth = edge.attrs.get("depth", 1)
    deep = isinstance(depth, int) and depth >= _DEPTH
    return not said & _NEGATIVE and bool(said & _RELYING or deep)


def _said(edge: Edge) -> frozenset[str]:
    said = edge.attrs.get("treatment", ())
    return frozenset(said) if isinstance(said, tuple) else frozenset()


def _undone(store: GraphStore) -> dict[str, tuple[Undoing, ...]]:
    found: dict[str, list[Undoing]] = defaultdict(list)
    for one in store.all_edges((EdgeKind.CITES, EdgeKind.HISTORY)):
        for kind in sorted(_said(one.edge) & _UNDOING):
            found[one.edge.dst].append(Undoing(one.edge.src, kind, one.edge.date))
    return {document: tuple(sorted(acts, key=lambda act: (act.date, act.by))) for document, acts in found.items()}
