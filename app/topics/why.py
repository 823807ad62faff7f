"""Why a document is in a topic: its words, the documents whose words were mixed with its own, and the next topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from app.retrieval.corpus import Corpus
from app.topics.names import ancestors
from app.topics.text import TopicText
from indexing.catalogue import Catalogue, Entry
from indexing.topics.hierarchy import HierarchyConfig
from indexing.topics.models import ROOT, SplitModel, TopicTree, load_tree
from indexing.topics.why import TermWeight, closeness, find_terms, own_weights, strongest_terms
from scraper.errors import GenerationDamaged, TopicError
from scraper.models import Document

TERMS = 12
RUNNER_UP_TERMS = 4
NEIGHBOURS = 5
_QUOTE = 60  # characters on either side of a term
NOTE = (
    "A share rests on the document's own words and on those of documents near it by their words, their meaning and "
    "their citations. The terms show its own words alone, the neighbours those near by meaning and citation."
)


class NotInTopic(TopicError):
    """The document does not belong to the topic."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What is read once from a generation."""

    tree: TopicTree
    rows: dict[str, int]  # of documents in the tree
    vectors: NDArray[np.float32]  # (documents of the corpus, dimension), length 1, or 0 without passages


_HELD: WeakKeyDictionary[Catalogue, _Held] = WeakKeyDictionary()


def held_tree(corpus: Corpus) -> TopicTree:
    """Return the topic tree of a generation, read once; raise GenerationDamaged where it cannot be read."""
    return _held(corpus).tree


def _held(corpus: Corpus) -> _Held:
    held = _HELD.get(corpus.catalogue)
    if held is None:
        try:
            tree = load_tree(corpus.generation.folder / "topics")
        except TopicError as error:
            # the reason names a folder of this machine, and this goes out over HTTP
            name = corpus.generation.id
            raise GenerationDamaged(f"The topics of generation {name} cannot be read; build again.") from error
        held = _Held(tree, {name: row for row, name in enumerate(tree.document_ids)}, _document_vectors(corpus))
        _HELD[corpus.catalogue] = held
    return held


def _document_vectors(corpus: Corpus) -> NDArray[np.float32]:
    total = np.zeros((len(corpus.entries), corpus.vectors.dimension), dtype=np.float32)
    for passage, row in enumerate(corpus.passage_rows):
        total[row] += corpus.vectors.vector(passage)
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (total / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return unit


def why_view(corpus: Corpus, topic_id: str, document_id: str) -> dict[str, Any]:
    """Return why a held document is in a topic, as plain values.

    Raises TopicError for a topic that is not there and for the root, NotInTopic where the document is not in it, and
    GenerationDamaged where the build's topics cannot be read.
    """
    topic = corpus.topics.get(topic_id)
    if topic is None or topic.parent is None:
        raise TopicError(f"{topic_id!r} is no topic below the root: every document belongs to the root.")
    held, entry = _held(corpus), corpus.entries[corpus.rows[document_id]]
    asked = _asked(corpus, held, topic_id, document_id)
    shares = dict(held.tree.topics_of(document_id))
    parent = held.tree.node(asked).parent or ROOT
    children = held.tree.node(parent).children
    model = held.tree.models[parent]
    document = corpus.catalogue.version(document_id, entry.version).document
    text = TopicText.of(document)
    found = find_terms(text.text, model.terms, len(document.title) + 1)
    own = own_weights(found, model, HierarchyConfig().vocabulary.row_terms)
    terms, together = strongest_terms(own, children.index(asked), model, found, TERMS)
    of_parent = shares.get(parent, 1.0 if parent == ROOT else 0.0)
    neighbours, typical = _near(corpus, held, entry, parent, asked)
    return {
        "id": topic_id, "label": topic.label, "via": asked if asked != topic_id else None, "parent": parent,
        "document": {"id": entry.id, "title": entry.title, "citation": entry.citation}, "version": entry.version,
        "weight": round(shares[asked], 6), "share": round(_ratio(shares[asked], of_parent), 6),
        "terms": [_term(one, text, document) for one in terms], "terms_share": round(together, 6),
        "neighbours": neighbours, "typical": typical,
        "runner_up": _runner_up(corpus, shares, of_parent, children, asked, own, model),
        "note": NOTE, "generation": corpus.generation.id,
    }  # fmt: skip


def _ratio(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0 else 0.0


def _asked(corpus: Corpus, held: _Held, topic_id: str, document_id: str) -> str:
    """The topic of the build that is to be explained: the one asked, or one that was merged into it or below it."""
    shares = dict(held.tree.topics_of(document_id))
    if topic_id in shares:
        return topic_id
    merged = [
        (shares[name], name)
        for name, target in corpus.merged.items()
        if name in shares and topic_id in (target, *ancestors(target, corpus.topics))
    ]
    if not merged:
        raise NotInTopic(
            f"{document_id} is not in the topic {topic_id!r}, or with a share too small to be kept; its topics: "
            f"{', '.join(shares) or 'none, for want of text'}."
        )
    return max(merged)[1]


def _term(one: TermWeight, text: TopicText, document: Document) -> dict[str, Any]:
    place = text.place(one.places.start, one.places.end)
    start, end = place if place is not None else (None, None)
    quote = document.title
    if start is not None and end is not None:
        quote = document.text[max(0, start - _QUOTE) : end + _QUOTE]
    return {
        "term": one.term, "weight": round(one.weight, 6), "own": round(one.own, 6), "share": round(one.share, 6),
        "count": one.places.count, "start": start, "end": end, "quote": " ".join(quote.split()),
    }  # fmt: skip


def _near(
    corpus: Corpus, held: _Held, entry: Entry, parent: str, topic: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The documents near it among those that were parted along with it, and the nearest in the topic.

    Near are the nearest by meaning, and behind them those that cite it or that it cites.
    """
    vector = held.vectors[entry.row]
    weights = dict(held.tree.documents(topic))
    level = held.tree.members[parent]
    beside = [held.tree.document_ids[index] for index in level.indices[level.core]]
    linked = _linked(corpus, entry.id)

    def nearest(names: Sequence[str]) -> list[dict[str, Any]]:
        rows = np.array(
            [corpus.rows[name] for name in names if name in corpus.rows and name != entry.id], dtype=np.intp
        )
        cosines = held.vectors[rows] @ vector
        order = np.lexsort((rows, -cosines))[:NEIGHBOURS]
        return [_neighbour(corpus.entries[rows[place]], float(cosines[place]), weights, linked) for place in order]

    near = nearest(beside) if vector.any() else []
    shown = {one["id"] for one in near}
    by_citation = nearest([name for name in beside if name in linked and name not in shown])
    return near + by_citation, nearest(list(weights)) if vector.any() else []


def _linked(corpus: Corpus, document_id: str) -> set[str]:
    """The documents that one cites or that cite it."""
    cited = {citation.to for _, citation in corpus.catalogue.citations_of(document_id) if citation.to}
    return (cited | {citation.document_id for _, citation in corpus.catalogue.citing(document_id)}) - {document_id}


def _neighbour(entry: Entry, cosine: float, weights: dict[str, float], linked: set[str]) -> dict[str, Any]:
    return {
        "id": entry.id, "title": entry.title, "citation": entry.citation, "similarity": round(cosine, 6),
        "cites": entry.id in linked, "in_topic": entry.id in weights, "weight": round(weights.get(entry.id, 0.0), 6),
    }  # fmt: skip


def _runner_up(
    corpus: Corpus, shares: dict[str, float], of_parent: float, children: Sequence[str], topic: str,
    own: NDArray[np.float32], model: SplitModel,
) -> dict[str, Any] | None:  # fmt: skip
    """The sibling that holds most of the document besides; by its words alone where none holds a share of it."""
    cosines = closeness(own, model.h)
    others = [(shares.get(child, 0.0), float(cosines[row]), child) for row, child in enumerate(children)]
    # what all of them share is nobody's next topic
    everywhere = {name for name in children if name in corpus.topics and corpus.topics[name].scope == "global"}
    others = [one for one in others if one[2] not in {topic, *everywhere} and (one[0] > 0 or one[1] > 0)]
    if not others:
        return None
    weight, cosine, name = max(others)
    joined = own * model.h[list(children).index(name)]
    best = [index for index in np.argsort(-joined, kind="stable")[:RUNNER_UP_TERMS] if joined[index] > 0]
    row = corpus.topics.get(name)
    return {
        "id": name, "label": row.label if row else name, "share": round(_ratio(weight, of_parent), 6),
        "closeness": round(cosine, 6), "terms": [model.terms[index] for index in best],
    }  # fmt: skip
