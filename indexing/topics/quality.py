"""How good a topic tree is: coherence, diversity, relations within the tree, agreement with the code's titles.

Sources: NPMI, Bouma (2009) and Lau et al. (2014); C_v, Röder, Both and Hinneburg (2015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    normalized_mutual_info_score,
)

from indexing.topics.labels import stem_key
from indexing.topics.models import ROOT, TopicDocument, TopicNode, TopicTree
from indexing.topics.vectorize import tokenise_terms

_EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class QualityConfig:
    """window: words of the sliding window of C_v. stride: every how many words a window starts; 1 is exact."""

    window: int = 110
    stride: int = 10


@dataclass(frozen=True, slots=True)
class Cooccurrence:
    """How often terms occur and occur together. single: (t,), joint: (t, t), of `total` documents or windows."""

    index: Mapping[str, int]
    single: NDArray[np.float64]
    joint: NDArray[np.float64]
    total: float


def count_together(
    documents: Sequence[Sequence[str]], terms: Sequence[str], window: int | None = None, stride: int = 1
) -> Cooccurrence:
    """Count in how many documents (window None) or sliding windows terms occur, alone and together.

    documents: words in order, as `tokenise_terms` gives them. A phrase occurs where its words follow each
    other. A document shorter than the window is one window.
    """
    index = {term: number for number, term in enumerate(dict.fromkeys(terms))}
    heads: dict[str, list[tuple[str, ...]]] = {}
    for term in index:
        words = tuple(term.split())
        heads.setdefault(words[0], []).append(words)
    single = np.zeros(len(index))
    joint = np.zeros((len(index), len(index)))
    total = 0.0
    for document in documents:
        places = _places(document, heads, index)
        count, present = _presence(places, len(document), window, stride)
        total += count
        if not places:
            continue
        columns = np.array(list(places), dtype=np.intp)
        together = present.T @ present
        single[columns] += np.diag(together)
        joint[np.ix_(columns, columns)] += together
    return Cooccurrence(index, single, joint, total)


def _places(
    words: Sequence[str], heads: Mapping[str, list[tuple[str, ...]]], index: Mapping[str, int]
) -> dict[int, list[int]]:
    places: dict[int, list[int]] = {}
    for position, word in enumerate(words):
        for term in heads.get(word, ()):
            if len(term) == 1 or tuple(words[position : position + len(term)]) == term:
                places.setdefault(index[" ".join(term)], []).append(position)
    return places


def _presence(
    places: Mapping[int, list[int]], length: int, window: int | None, stride: int
) -> tuple[int, NDArray[np.float32]]:
    """The number of windows of one document, and (windows, terms present) 0 or 1."""
    if window is None or length <= window:
        return 1, np.ones((1, len(places)), dtype=np.float32)
    starts = np.arange(0, length - window + 1, stride)
    present = np.zeros((starts.size, len(places)), dtype=np.float32)
    for column, positions in enumerate(places.values()):
        where = np.asarray(positions)
        before = np.searchsorted(where, starts, side="left")
        inside = np.searchsorted(where, starts + window, side="left")
        present[:, column] = inside > before
    return starts.size, present


def npmi(counts: Cooccurrence, first: str, second: str) -> float:
    """Normalised pointwise mutual information of two terms, -1 (never together) to 1 (always together)."""
    one, two = counts.index[first], counts.index[second]
    if counts.total == 0 or counts.joint[one, two] == 0:
        return -1.0
    joint = counts.joint[one, two] / counts.total
    if joint >= 1.0:
        return 1.0
    chance = counts.single[one] * counts.single[two] / counts.total**2
    return float(np.log(joint / chance) / -np.log(joint))


def npmi_coherence(counts: Cooccurrence, terms: Sequence[str]) -> float:
    """Mean NPMI of all pairs of a topic's terms, -1..1; 0 for fewer than two terms."""
    pairs = [npmi(counts, terms[i], terms[j]) for i in range(len(terms)) for j in range(i)]
    return float(np.mean(pairs)) if pairs else 0.0


def cv_coherence(counts: Cooccurrence, terms: Sequence[str]) -> float:
    """C_v of a topic's terms, about 0..1: each term's NPMI vector against that of the whole set, by cosine."""
    if len(terms) < 2:
        return 0.0
    rows = [counts.index[term] for term in terms]
    joint = counts.joint[np.ix_(rows, rows)] / max(counts.total, 1.0)
    single = counts.single[rows] / max(counts.total, 1.0)
    chance = np.outer(single, single)
    values = np.log((joint + _EPSILON) / np.where(chance > 0, chance, 1.0)) / -np.log(joint + _EPSILON)
    values = np.where((chance > 0) & (joint < 1.0 - 1e-9), values, np.where(joint >= 1.0 - 1e-9, 1.0, 0.0))
    whole = values.sum(axis=0)
    lengths = np.linalg.norm(values, axis=1) * np.linalg.norm(whole)
    cosines = np.divide(values @ whole, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return float(cosines.mean())


def diversity(topics: Sequence[Sequence[str]]) -> float:
    """The share of distinct terms among all listed terms, 0..1; 1 when no two topics share a term."""
    listed = [stem_key(term) for terms in topics for term in terms]
    return len(set(listed)) / len(listed) if listed else 0.0


def overlap(first: TopicNode, second: TopicNode) -> float:
    """Jaccard overlap of two topics' listed terms, 0..1."""
    one = {stem_key(term) for term, _ in first.terms}
    two = {stem_key(term) for term, _ in second.terms}
    return len(one & two) / len(one | two) if one | two else 0.0


def agreement_with_groups(topics: Sequence[str], groups: Sequence[str]) -> dict[str, float]:
    """AMI, NMI and ARI of topics and groups (1: the same partition; AMI and ARI are 0 by chance)."""
    return {
        "ami": float(adjusted_mutual_info_score(groups, topics)),
        "nmi": float(normalized_mutual_info_score(groups, topics)),
        "ari": float(adjusted_rand_score(groups, topics)),
    }


def topic_quality(
    tree: TopicTree, documents: Sequence[TopicDocument], config: QualityConfig | None = None
) -> dict[str, Any]:
    """All figures of one tree as plain values.

    documents: those that the tree was built from, in any order. `levels` holds, for the first level and for
    the leaves, mean NPMI and C_v coherence, diversity, and agreement with the documents' groups (those that
    have one). parent_child and siblings are mean overlaps of terms: lower siblings are better told apart.
    """
    config = config or QualityConfig()
    words = [tokenise_terms(document.text) for document in documents]
    topics = [node for node in tree.nodes if node.id != ROOT]
    listed = sorted({term for node in topics for term, _ in node.terms})
    by_document = count_together(words, listed)
    by_window = count_together(words, listed, config.window, config.stride)
    per_topic = {
        node.id: {
            "npmi": npmi_coherence(by_document, [term for term, _ in node.terms]),
            "c_v": cv_coherence(by_window, [term for term, _ in node.terms]),
            "stability": node.stability,
        }
        for node in topics
    }
    groups = {document.id: document.group for document in documents if document.group}
    first = [node for node in topics if node.depth == 1]
    leaves = [node for node in tree.leaves() if node.id != ROOT]
    return {
        "documents": len(tree.document_ids) - len(tree.left_out),
        "left_out": len(tree.left_out),
        "topics": len(topics),
        "depth": max(node.depth for node in tree.nodes),
        "levels": {
            "first": _level(first, per_topic, tree, groups, 1),
            "leaves": _level(leaves, per_topic, tree, groups, None),
        },
        "parent_child": _mean(
            [overlap(node, tree.node(node.parent)) for node in topics if node.depth > 1 and node.parent]
        ),
        "siblings": _mean(_sibling_overlaps(tree)),
        "stability": {
            "mean": _mean([node.stability for node in topics]),
            "lowest": min((node.stability for node in topics), default=1.0),
        },
        "global_topics": [node.id for node in topics if node.scope == "global"],
        "per_topic": per_topic,
        "warnings": [warning.text for warning in tree.warnings],
    }


def _level(
    nodes: Sequence[TopicNode],
    per_topic: Mapping[str, Mapping[str, float]],
    tree: TopicTree,
    groups: Mapping[str, str],
    depth: int | None,
) -> dict[str, Any]:
    labels = dict(zip(tree.document_ids, tree.first_topics(depth), strict=True))
    grouped = [name for name, label in labels.items() if label and name in groups]
    result: dict[str, Any] = {
        "topics": len(nodes),
        "npmi": _mean([per_topic[node.id]["npmi"] for node in nodes]),
        "c_v": _mean([per_topic[node.id]["c_v"] for node in nodes]),
        "diversity": diversity([[term for term, _ in node.terms] for node in nodes]),
        "grouped_documents": len(grouped),
    }
    if grouped:
        result |= agreement_with_groups([labels[name] for name in grouped], [groups[name] for name in grouped])
    return result


def _sibling_overlaps(tree: TopicTree) -> list[float]:
    values = []
    for node in tree.nodes:
        children = [tree.node(child) for child in node.children]
        values += [overlap(children[i], children[j]) for i in range(len(children)) for j in range(i)]
    return values


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
