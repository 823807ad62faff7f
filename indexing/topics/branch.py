"""Prunes, feeds and grafts a topic tree: documents leave it, documents join it, a branch is put in another's place.

Every function takes a tree and gives a new one that is whole: rows, sizes and wear of its nodes are right, parents
stand before children.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from indexing.topics.models import ROOT, DocumentTerms, Membership, SplitModel, TopicNode, TopicTree, Wear
from indexing.topics.place import Placed

Rows = NDArray[np.int32]
NO_ROWS: Rows = np.zeros(0, dtype=np.int32)
NO_WEIGHTS = np.zeros(0, dtype=np.float32)
NOBODY = np.zeros(0, dtype=np.bool_)


def core_rows(member: Membership) -> NDArray[np.intp]:
    """The rows of the documents that are first in a topic, ascending."""
    return member.indices[member.core].astype(np.intp)


def fresh_wear(member: Membership) -> Wear:
    """The wear of a node that was just fitted on the documents it has."""
    return Wear(int(member.core.sum()), 0, NO_ROWS, NO_WEIGHTS, NOBODY)


def without(tree: TopicTree, row_of: Rows, document_ids: Sequence[str], pinned: Collection[str]) -> TopicTree:
    """The tree with the documents that stay, at their new rows; topics left without documents are gone.

    row_of: (n,) the new row of each document of the tree, -1 for one that leaves. A topic that is pinned, and what
    is above it, stays though it be empty; one that all share is the first of no document and stays as well.
    """
    members = {topic: _moved(member, row_of) for topic, member in tree.members.items()}
    stay = {name for name, row in zip(tree.document_ids, row_of, strict=True) if row >= 0}
    held = {node.id for node in tree.nodes if members[node.id].core.any() or node.scope == "global"}
    held |= _above(tree, pinned) | {ROOT}
    staying: set[str] = set()
    for node in tree.nodes:
        if node.id in held and (node.parent is None or node.parent in staying):
            staying.add(node.id)
    nodes, models = [], {}
    for node in tree.nodes:
        if node.id not in staying:
            continue
        kept = [number for number, child in enumerate(node.children) if child in staying]
        children = tuple(node.children[number] for number in kept)
        stop = node.stop_reason if not node.children or children else "size: all its topics lost their documents"
        size = int(members[node.id].core.sum())
        nodes.append(replace(node, children=children, size=size, stop_reason=stop))
        if children:
            models[node.id] = replace(tree.models[node.id], h=tree.models[node.id].h[kept])
    words = tree.words
    if words is not None:
        at = row_of[words.rows]
        order = np.flatnonzero(at >= 0)[np.argsort(at[at >= 0], kind="stable")]
        words = DocumentTerms(words.counts[order], words.terms, at[order])
    return replace(
        tree,
        nodes=tuple(nodes),
        document_ids=tuple(document_ids),
        members={node.id: members[node.id] for node in nodes},
        models=models,
        left_out=tuple(name for name in tree.left_out if name in stay),
        words=words,
        wear={
            node.id: _worn(tree.wear[node.id], tree.members[node.id], row_of) for node in nodes if node.id in tree.wear
        },
    )


def _above(tree: TopicTree, topics: Collection[str]) -> set[str]:
    """Those topics and everything on their way from the root."""
    parents = {node.id: node.parent for node in tree.nodes}
    found: set[str] = set()
    for topic in topics:
        at: str | None = topic if topic in parents else None
        while at is not None:
            found.add(at)
            at = parents[at]
    return found


def _moved(member: Membership, row_of: Rows) -> Membership:
    at = row_of[member.indices]
    kept = np.flatnonzero(at >= 0)
    order = kept[np.argsort(at[kept], kind="stable")]
    return Membership(at[order].astype(np.int32), member.weights[order], member.core[order])


def _worn(wear: Wear, member: Membership, row_of: Rows) -> Wear:
    core = member.indices[member.core]
    fitted = core[~np.isin(core, wear.placed)]
    at = row_of[wear.placed]
    kept = np.flatnonzero(at >= 0)
    order = kept[np.argsort(at[kept], kind="stable")]
    lost = wear.lost + int((row_of[fitted] < 0).sum())
    return Wear(wear.fitted, lost, at[order].astype(np.int32), wear.residuals[order], wear.back[order])


def joined(
    tree: TopicTree,
    placed: Placed,
    words: DocumentTerms,
    empty: Collection[str],
    before: TopicTree,
) -> TopicTree:
    """The tree with documents that were placed.

    words: of all documents in it now, in the tree's vocabulary. empty: ids of those without usable text, which are in
    no topic. before: the tree as it was, which tells who is back where it was.
    """
    members, wear = dict(tree.members), dict(tree.wear)
    for topic, more in placed.members.items():
        member = members[topic]
        indices = np.concatenate([member.indices, more.indices])
        order = np.argsort(indices, kind="stable")
        weights = np.concatenate([member.weights, more.weights])[order]
        members[topic] = Membership(indices[order], weights, np.concatenate([member.core, more.core])[order])
        came = more.indices[more.core]
        fitted = _fitted_on(before, topic)
        back = np.array([tree.document_ids[row] in fitted for row in came], dtype=np.bool_)
        left = placed.residuals[topic][1] if topic in placed.residuals else np.ones(came.size, dtype=np.float32)
        wear[topic] = _fed(wear[topic], came, left, back)
    left_out = {*tree.left_out, *empty}
    return replace(
        tree,
        nodes=tuple(replace(node, size=int(members[node.id].core.sum())) for node in tree.nodes),
        members=members,
        wear=wear,
        words=words,
        left_out=tuple(name for name in tree.document_ids if name in left_out),
    )


def _fitted_on(before: TopicTree, topic: str) -> set[str]:
    """Ids of the documents in a topic that it was fitted on, be it before their text changed."""
    core, wear = core_rows(before.members[topic]), before.wear[topic]
    since = wear.placed[~wear.back]
    return {before.document_ids[row] for row in core[~np.isin(core, since)]}


def _fed(wear: Wear, rows: Rows, residuals: NDArray[np.float32], back: NDArray[np.bool_]) -> Wear:
    placed = np.concatenate([wear.placed, rows])
    order = np.argsort(placed, kind="stable")
    return replace(
        wear,
        placed=placed[order],
        residuals=np.concatenate([wear.residuals, residuals])[order],
        back=np.concatenate([wear.back, back])[order],
    )


def grafted(tree: TopicTree, topic: str, branch: TopicTree, rows: NDArray[np.intp]) -> tuple[TopicTree, set[str]]:
    """The tree with everything below one topic replaced by a tree that was fitted on that topic's documents.

    rows: where the branch's documents stand in the tree. Gives the ids of the new nodes as well; they are unique
    and for the time being: the matching gives others.
    """
    gone = below(tree.nodes, topic)
    at = tree.node(topic)
    path = np.ones(len(tree.document_ids), dtype=np.float32)
    path[tree.members[topic].indices] = tree.members[topic].weights
    names = {node.id: f"{topic}/{node.id}" for node in branch.nodes[1:]} | {ROOT: topic}
    root = branch.nodes[0]
    head = replace(
        at,
        children=tuple(names[child] for child in root.children),
        error=root.error,
        stop_reason=root.stop_reason,
        rank_reason=root.rank_reason,
        rank_table=root.rank_table,
    )
    fresh = [
        replace(
            node,
            id=names[node.id],
            parent=names[node.parent or ROOT],
            children=tuple(names[child] for child in node.children),
            depth=node.depth + at.depth,
        )
        for node in branch.nodes[1:]
    ]
    nodes = [head if node.id == topic else node for node in tree.nodes if node.id not in gone]
    members = {node: member for node, member in tree.members.items() if node not in gone}
    models: dict[str, SplitModel] = {
        node: model for node, model in tree.models.items() if node not in gone and node != topic
    }
    wear = {node: one for node, one in tree.wear.items() if node not in gone} | {topic: fresh_wear(members[topic])}
    for node in branch.nodes[1:]:
        member = branch.members[node.id]
        indices = rows[member.indices].astype(np.int32)
        order = np.argsort(indices, kind="stable")
        weights = (member.weights * path[indices]).astype(np.float32)
        members[names[node.id]] = Membership(indices[order], weights[order], member.core[order])
        wear[names[node.id]] = fresh_wear(members[names[node.id]])
    models |= {names[node]: model for node, model in branch.models.items()}
    heads = {*gone, topic}
    kept = [warning for warning in tree.warnings if warning.text.partition(": ")[0] not in heads]
    for warning in branch.warnings:
        name, colon, rest = warning.text.partition(": ")
        if colon and name in names:
            kept.append(replace(warning, text=f"{names[name]}: {rest}"))
    ordered = in_order([*nodes, *fresh])
    tree = replace(
        tree,
        nodes=ordered,
        members={node.id: members[node.id] for node in ordered},
        models=models,
        wear=wear,
        warnings=tuple(kept),
    )
    return tree, {node.id for node in fresh}


def below(nodes: Sequence[TopicNode], topic: str) -> set[str]:
    """The ids of everything below a topic."""
    found: set[str] = set()
    for node in nodes:
        if node.parent is not None and (node.parent == topic or node.parent in found):
            found.add(node.id)
    return found


def in_order(nodes: Sequence[TopicNode]) -> tuple[TopicNode, ...]:
    """Level by level, children in the order of their parents."""
    known: Mapping[str, TopicNode] = {node.id: node for node in nodes}
    queue = [known[ROOT]]
    for node in queue:
        queue.extend(known[child] for child in node.children)
    return tuple(queue)
