"""The signals of hybrid search: each gives every document a value in [0, 1], higher is better, for one query."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.retrieval.corpus import Corpus
from app.retrieval.fusion import best_by_group, normalised
from indexing.interfaces import Embedder, Mask
from indexing.models import FloatMatrix

NEIGHBOURS = 2_000  # passages asked of the vector index
NEAR = 0.4  # cosine from which a passage that shares no word is still a result


@dataclass(frozen=True, slots=True)
class Signals:
    """Values by document, `(n_documents,)` each; `lexical_passages` and `dense_passages` choose the passage shown.

    `matched` says which documents share a term with the query or are near it in meaning: only they are results.
    """

    documents: dict[str, FloatMatrix]
    matched: Mask
    lexical_passages: FloatMatrix
    dense_passages: FloatMatrix


def measure(corpus: Corpus, embedder: Embedder, text: str, allowed: Mask | None) -> Signals:
    """Return the signals of a query; filtered documents have 0 in each, filtered before neighbours are sought."""
    size = len(corpus.entries)
    passages_allowed = None if allowed is None else allowed[corpus.passage_rows]
    lexical = _masked(corpus.lexical.scores(text), passages_allowed)
    dense = dense_passages(corpus, embedder, text, passages_allowed)
    anchor = corpus.anchor_index.scores(text)
    values = {
        "lexical": best_by_group(lexical, corpus.passage_rows, size),
        "dense": best_by_group(dense, corpus.passage_rows, size),
        "anchor": _masked(best_by_group(anchor, corpus.anchor_rows, size), allowed),
        "heading": _masked(corpus.headings.scores(text), allowed),
    }
    matched = values["dense"] >= NEAR
    for name in ("lexical", "anchor", "heading"):
        matched |= values[name] > 0
    documents = {name: normalised(value) for name, value in values.items()}
    return Signals(documents, matched, normalised(lexical), normalised(dense))


def dense_passages(corpus: Corpus, embedder: Embedder, text: str, allowed: Mask | None) -> FloatMatrix:
    """Return the cosine of the nearest passages to a query, 0 for the others, `(n_passages,)`."""
    out = np.zeros(len(corpus.passages), dtype=np.float32)
    ids, scores = corpus.vectors.search(embedder.encode([text])[0], NEIGHBOURS, allowed)
    out[ids] = np.maximum(scores, 0.0)
    return out


def _masked(values: FloatMatrix, allowed: Mask | None) -> FloatMatrix:
    return values if allowed is None else np.where(allowed, values, 0.0).astype(np.float32)
