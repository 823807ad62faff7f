"""Which topic of a new tree is which of the old one: by the documents that both hold.

Likeness of two topics is the Dice coefficient of their memberships over the documents in common:
2 Σ min(a, b) / (Σ a + Σ b), 1 where they hold the same documents with the same weights. Pairs are chosen over
the whole tree so that the sum of their likeness is largest (Hungarian method); a pair counts from one half on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from indexing.topics.models import ROOT, TopicNode, TopicTree

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """least: the likeness from which two topics are one, 0..1. part: share of a topic's documents that makes one
    half of a split or merger, 0..1; whole: share of the part itself that must come from there.

    other_depth: what the likeness of topics at different depths is multiplied by: a topic and its only large child
    hold nearly the same documents.
    """

    least: float = 0.5
    part: float = 0.2
    whole: float = 0.5
    other_depth: float = 0.9


@dataclass(frozen=True, slots=True)
class Pair:
    """A topic that is in both trees. likeness: see the module, 0..1; common: documents first in it in both."""

    id: str
    likeness: float
    common: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Part:
    """Documents that went from one topic into another; shares in 0..1 of what each held of the common documents."""

    id: str
    label: str
    documents: int
    share_of_old: float
    share_of_new: float


@dataclass(frozen=True, slots=True)
class Event:
    """A topic that was born, died, was split into `parts`, was merged from `parts`, or moved.

    likeness: to the topic of the other tree that is most alike, 0..1. For one that moved: `old_parent`, `new_parent`.
    """

    id: str
    label: str
    documents: int
    likeness: float = 0.0
    nearest: str = ""
    parts: tuple[Part, ...] = ()
    old_parent: str = ""
    new_parent: str = ""


@dataclass(frozen=True, slots=True)
class Matching:
    """ids: from the new tree's own ids to those that are carried over or minted; the rest is the report."""

    ids: Mapping[str, str]
    kept: tuple[Pair, ...] = ()
    born: tuple[Event, ...] = ()
    died: tuple[Event, ...] = ()
    split: tuple[Event, ...] = ()
    merged: tuple[Event, ...] = ()
    moved: tuple[Event, ...] = ()


def match_trees(
    old: TopicTree, new: TopicTree, config: MatchConfig | None = None, *, same: Collection[str] = (),
    pinned: Collection[str] = (),
) -> Matching:  # fmt: skip
    """Match two trees and tell what became of each topic.

    same: ids that are known to mean the same topic in both trees. pinned: old ids that go to the topic most alike
    even under the least likeness, before all others, where any document is in common. An id of a topic that is no
    more is never given again.
    """
    config = config or MatchConfig()
    table = _Table(old, new)
    known = {ROOT: ROOT} | {topic: topic for topic in same}
    chosen = _chosen(table, config, known, pinned)
    ids = _minted(old, new, chosen)
    return Matching(
        ids=ids,
        kept=tuple(
            Pair(own, table.likeness_of(own, topic), table.common_of(own, topic), table.old_size(own),
                 table.new_size(topic))
            for topic, own in chosen.items()
        ),
        born=tuple(_born(table, node, ids) for node in new.nodes if node.id not in chosen),
        died=tuple(_died(table, node, ids) for node in old.nodes if node.id not in set(chosen.values())),
        split=_splits(table, ids, config),
        merged=_mergers(table, ids, config),
        moved=_moves(old, new, ids, chosen),
    )  # fmt: skip


def renamed(tree: TopicTree, ids: Mapping[str, str]) -> TopicTree:
    """The same tree under other ids; a warning that begins with an id is renamed along."""
    if all(one == other for one, other in ids.items()):
        return tree
    nodes = tuple(
        replace(
            node,
            id=ids[node.id],
            parent=None if node.parent is None else ids[node.parent],
            children=tuple(ids[child] for child in node.children),
        )
        for node in tree.nodes
    )
    warnings = []
    for warning in tree.warnings:
        head, colon, rest = warning.text.partition(": ")
        warnings.append(replace(warning, text=f"{ids[head]}: {rest}") if colon and head in ids else warning)
    return replace(
        tree,
        nodes=nodes,
        members={ids[topic]: member for topic, member in tree.members.items()},
        models={ids[topic]: model for topic, model in tree.models.items()},
        wear={ids[topic]: wear for topic, wear in tree.wear.items()},
        warnings=tuple(warnings),
    )


class _Table:
    """Likeness and common documents of every old topic with every new one."""

    def __init__(self, old: TopicTree, new: TopicTree) -> None:
        self.old, self.new = old, new
        self._old_at = {node.id: number for number, node in enumerate(old.nodes)}
        self._new_at = {node.id: number for number, node in enumerate(new.nodes)}
        held = set(old.document_ids) & set(new.document_ids)
        row_of = {name: row for row, name in enumerate(sorted(held))}
        before, core_before = _weights(old, row_of)
        after, core_after = _weights(new, row_of)
        minima = _sums_of_minima(before, after)
        totals = _sums(before)[:, None] + _sums(after)[None, :]
        self.likeness = np.divide(2.0 * minima, totals, out=np.zeros_like(minima), where=totals > 0)
        self.common = np.asarray((core_before.T @ core_after).todense(), dtype=np.float64)
        self._sizes = (_sums(core_before), _sums(core_after))

    def likeness_of(self, old: str, new: str) -> float:
        return float(self.likeness[self._old_at[old], self._new_at[new]])

    def common_of(self, old: str, new: str) -> int:
        return int(self.common[self._old_at[old], self._new_at[new]])

    def old_size(self, old: str) -> int:
        return self.old.nodes[self._old_at[old]].size

    def new_size(self, new: str) -> int:
        return self.new.nodes[self._new_at[new]].size

    def part(self, old: TopicNode, new: TopicNode) -> tuple[int, float, float]:
        """(documents first in both, as a share of the old topic's, of the new one's)."""
        common = self.common_of(old.id, new.id)
        before, after = self._sizes[0][self._old_at[old.id]], self._sizes[1][self._new_at[new.id]]
        return common, common / before if before else 0.0, common / after if after else 0.0


def _weights(tree: TopicTree, row_of: Mapping[str, int]) -> tuple[sparse.csc_matrix, sparse.csc_matrix]:
    """(documents in common, topics) memberships, and 1 where a document is first in the topic."""
    place = np.array([row_of.get(name, -1) for name in tree.document_ids], dtype=np.int64)
    rows, columns, values, firsts = [], [], [], []
    for number, node in enumerate(tree.nodes):
        member = tree.members[node.id]
        at = place[member.indices]
        here = at >= 0
        rows.append(at[here])
        columns.append(np.full(int(here.sum()), number))
        values.append(member.weights[here].astype(np.float64))
        firsts.append(member.core[here].astype(np.float64))
    where = (np.concatenate(rows), np.concatenate(columns))
    shape = (len(row_of), len(tree.nodes))
    return (
        sparse.csc_matrix((np.concatenate(values), where), shape=shape),
        sparse.csc_matrix((np.concatenate(firsts), where), shape=shape),
    )


def _sums(matrix: sparse.csc_matrix) -> Floats:
    return np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel()


def _sums_of_minima(before: sparse.csc_matrix, after: sparse.csc_matrix) -> Floats:
    """(old topics, new topics) Σ min(a, b) over the documents."""
    rows = after.tocsr()
    result = np.zeros((before.shape[1], after.shape[1]))
    for number in range(before.shape[1]):
        begin, end = before.indptr[number], before.indptr[number + 1]
        part = rows[before.indices[begin:end]]
        own = np.repeat(before.data[begin:end], np.diff(part.indptr))
        result[number] = np.bincount(part.indices, weights=np.minimum(part.data, own), minlength=after.shape[1])
    return result


def _chosen(table: _Table, config: MatchConfig, known: Mapping[str, str], pinned: Collection[str]) -> dict[str, str]:
    """From new ids to old ones."""
    old = [node for node in table.old.nodes if node.id not in known.values()]
    new = [node for node in table.new.nodes if node.id not in known]
    chosen = {node.id: known[node.id] for node in table.new.nodes if node.id in known}
    first = [node for node in old if node.id in pinned]
    for group, least in ((first, 0.0), ([node for node in old if node.id not in pinned], config.least)):
        for one, two in _assigned(table, group, [node for node in new if node.id not in chosen], config.other_depth):
            likeness = table.likeness_of(one.id, two.id)
            if likeness > 0 and likeness >= least:
                chosen[two.id] = one.id
    return {node.id: chosen[node.id] for node in table.new.nodes if node.id in chosen}


def _assigned(
    table: _Table, old: Sequence[TopicNode], new: Sequence[TopicNode], other_depth: float
) -> list[tuple[TopicNode, TopicNode]]:
    if not old or not new:
        return []
    scores = np.array(
        [
            [table.likeness_of(a.id, b.id) * (1.0 if a.depth == b.depth else other_depth) for b in new]
            for a in old
        ]
    )  # fmt: skip
    return [(old[a], new[b]) for a, b in zip(*linear_sum_assignment(scores, maximize=True), strict=True)]


def _minted(old: TopicTree, new: TopicTree, chosen: Mapping[str, str]) -> dict[str, str]:
    """An id for every new topic: its old one, or one that nothing ever had."""
    used = {node.id for node in old.nodes} | set(old.retired)
    ids = dict(chosen)
    for node in new.nodes:  # parents come first
        if node.id in ids:
            continue
        parent = ids.get(node.parent or ROOT, ROOT)
        stem = "t" if parent == ROOT else f"{parent}."
        number = 1
        while f"{stem}{number}" in used:
            number += 1
        ids[node.id] = f"{stem}{number}"
        used.add(ids[node.id])
    return {node.id: ids[node.id] for node in new.nodes}


def _born(table: _Table, node: TopicNode, ids: Mapping[str, str]) -> Event:
    near = max(table.old.nodes[1:], key=lambda one: table.likeness_of(one.id, node.id), default=None)
    likeness = table.likeness_of(near.id, node.id) if near else 0.0
    return Event(ids[node.id], node.label, node.size, likeness, near.id if near and likeness else "")


def _died(table: _Table, node: TopicNode, ids: Mapping[str, str]) -> Event:
    near = max(table.new.nodes[1:], key=lambda one: table.likeness_of(node.id, one.id), default=None)
    likeness = table.likeness_of(node.id, near.id) if near else 0.0
    return Event(node.id, node.label, node.size, likeness, ids[near.id] if near and likeness else "")


def _splits(table: _Table, ids: Mapping[str, str], config: MatchConfig) -> tuple[Event, ...]:
    """Old topics whose documents are now those of two or more topics at the same depth."""
    events = []
    for one in table.old.nodes[1:]:
        parts = []
        for two in table.new.nodes:
            common, of_old, of_new = table.part(one, two)
            if two.depth == one.depth and of_old >= config.part and of_new >= config.whole:
                parts.append(Part(ids[two.id], two.label, common, of_old, of_new))
        if len(parts) > 1:
            events.append(Event(one.id, one.label, one.size, parts=_ranked(parts)))
    return tuple(events)


def _mergers(table: _Table, ids: Mapping[str, str], config: MatchConfig) -> tuple[Event, ...]:
    """New topics that hold the documents of two or more old ones of the same depth."""
    events = []
    for two in table.new.nodes[1:]:
        parts = []
        for one in table.old.nodes:
            common, of_old, of_new = table.part(one, two)
            if one.depth == two.depth and of_new >= config.part and of_old >= config.whole:
                parts.append(Part(one.id, one.label, common, of_old, of_new))
        if len(parts) > 1:
            events.append(Event(ids[two.id], two.label, two.size, parts=_ranked(parts)))
    return tuple(events)


def _ranked(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=lambda part: (-part.documents, part.id)))


def _moves(
    old: TopicTree, new: TopicTree, ids: Mapping[str, str], chosen: Mapping[str, str]
) -> tuple[Event, ...]:  # fmt: skip
    """Topics that live on under another parent."""
    parents = {node.id: node.parent or "" for node in old.nodes}
    events = []
    for node in new.nodes:
        if node.id not in chosen or node.parent is None:
            continue
        before, after = parents[chosen[node.id]], ids[node.parent]
        if before != after:
            events.append(Event(ids[node.id], node.label, node.size, old_parent=before, new_parent=after))
    return tuple(events)
