"""What a tree tells of its nodes, made right after documents came and went or a branch was put in another's place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from indexing.topics.branch import core_rows
from indexing.topics.hierarchy import HierarchyConfig
from indexing.topics.models import ROOT, DocumentTerms, SplitModel, TopicDocument, TopicNode, TopicTree
from indexing.topics.nmf import Matrix
from indexing.topics.nmfk import TopicWarning
from indexing.topics.place import View, count_known, quantiles

Floats = NDArray[np.float32]


def with_exemplars(
    tree: TopicTree, topics: Collection[str], embeddings: Floats | None, config: HierarchyConfig
) -> TopicTree:
    """The tree with the most typical documents of some topics chosen again: share times cosine of their own words."""
    assert tree.words is not None
    if not topics:
        return tree
    view = View(tree.words, embeddings, config)
    found: dict[str, tuple[str, ...]] = {}
    for node in tree.nodes:
        asked = [(number, child) for number, child in enumerate(node.children) if child in topics]
        for number, child in asked:
            member, rows = tree.members[child], own_rows(tree, tree.node(child))
            x = view.weighed(rows, tree.models[node.id])
            scores = (
                member.weights[np.searchsorted(member.indices, rows)]
                * np.asarray(x @ tree.models[node.id].h[number]).ravel()
            )
            best = np.argsort(-scores, kind="stable")[: config.exemplars]
            found[child] = tuple(tree.document_ids[rows[place]] for place in best)
        if node.id == ROOT and ROOT in topics:
            rows = core_rows(tree.members[ROOT])
            scores = _typical_of_all(view, rows, tree.models.get(ROOT))
            best = np.argsort(-scores, kind="stable")[: config.exemplars]
            found[ROOT] = tuple(tree.document_ids[rows[place]] for place in best)
    return replace(
        tree, nodes=tuple(replace(node, exemplars=found.get(node.id, node.exemplars)) for node in tree.nodes)
    )


def own_rows(tree: TopicTree, node: TopicNode) -> NDArray[np.intp]:
    """The documents that are first in a topic, or all of one that is the first of none since all share it."""
    member = tree.members[node.id]
    return member.indices.astype(np.intp) if node.scope == "global" else core_rows(member)


def with_stubs_counted(tree: TopicTree) -> TopicTree:
    """The tree with the warning of left-out documents as it is now."""
    kept = [warning for warning in tree.warnings if warning.kind != "stubs_left_out"]
    if tree.left_out:
        text = f"{len(tree.left_out)} documents are too short or hold no term."
        kept.append(TopicWarning("stubs_left_out", text))
    return replace(tree, warnings=tuple(kept))


def _typical_of_all(view: View, rows: NDArray[np.intp], model: SplitModel | None) -> NDArray[np.float64]:
    if model is None:
        return np.zeros(rows.size)
    x = view.weighed(rows, model)
    mean = np.asarray(x.mean(axis=0), dtype=np.float64).ravel()
    return np.asarray(x @ mean, dtype=np.float64).ravel()


def in_row_order(words: DocumentTerms) -> DocumentTerms:
    order = np.argsort(words.rows, kind="stable")
    return DocumentTerms(words.counts[order], words.terms, words.rows[order])


def extended(
    words: DocumentTerms, documents: Sequence[TopicDocument], rows: NDArray[np.intp],
    models: Collection[SplitModel], config: HierarchyConfig,
) -> DocumentTerms:  # fmt: skip
    """The words of a tree with the terms that a branch found for itself, counted in the branch's documents."""
    known = set(words.terms)
    more = sorted({term for model in models for term in model.terms if term not in known})
    if not more:
        return words
    # a phrase is counted where its words are neighbours, so that they need not be terms themselves
    counts, _ = count_known([document.text for document in documents], more, config.vocabulary.min_chars)
    where = np.searchsorted(words.rows, rows)
    part: Matrix = counts.tocoo()
    wide = sparse.csr_matrix((part.data, (where[part.row], part.col)), shape=(words.rows.size, len(more)))
    joined_counts = sparse.hstack([words.counts, wide], format="csr", dtype=np.float32)
    return DocumentTerms(joined_counts, (*words.terms, *more), words.rows)


def measured(tree: TopicTree, embeddings: Floats | None, config: HierarchyConfig) -> TopicTree:
    """The tree with the residuals of the documents of each split that has none yet."""
    assert tree.words is not None
    missing = [topic for topic, model in tree.models.items() if not model.residuals]
    if not missing:
        return tree
    view = View(tree.words, embeddings, config)
    found = {
        topic: replace(
            tree.models[topic],
            residuals=quantiles(view.residuals(core_rows(tree.members[topic]), tree.models[topic])),
        )
        for topic in missing
    }
    return replace(tree, models={topic: found.get(topic, model) for topic, model in tree.models.items()})
