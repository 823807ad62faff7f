"""The signals of hybrid search: each gives every document a value in [0, 1], higher is better, for one query."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from app.retrieval.corpus import Corpus
from app.retrieval.fusion import best_by_group, normalised
from indexing.interfaces import Embedder, Mask
from indexing.models import FloatMatrix
from indexing.text import tokens

NEIGHBOURS = 2_000  # passages asked of the vector index
SHORT = 4  # terms up to which any query may be a name
_CASE_NAME = re.compile(r"\b(?:vs?\.?|in re|ex parte|matter of)\s+\w", re.IGNORECASE)
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
        **titles(corpus, text, allowed),
    }
    matched = values["dense"] >= NEAR
    for name in ("lexical", "anchor", "heading", "name"):
        matched |= values[name] > 0
    documents = {name: normalised(value) for name, value in values.items()}
    return Signals(documents, matched, normalised(lexical), normalised(dense))


def titles(corpus: Corpus, text: str, allowed: Mask | None) -> dict[str, FloatMatrix]:
    """Return BM25 over what documents are called: `heading` of sections, `name` of cases.

    A section's heading says what it is about. A case's name does not: it counts only where the query seems to name a
    case, or else every "Board" and "Commission" in a question would call up the cases in which one was a party.
    """
    scores = _masked(corpus.headings.scores(text), allowed)
    named = scores if names_a_case(text) else np.zeros_like(scores)
    return {
        "heading": np.where(corpus.is_case, 0.0, scores).astype(np.float32),
        "name": np.where(corpus.is_case, named, 0.0).astype(np.float32),
    }


def names_a_case(text: str) -> bool:
    """Tell whether a query seems to name a case: by its form, or because it is no longer than a name."""
    return _CASE_NAME.search(text) is not None or len(tokens(text)) <= SHORT


def dense_passages(corpus: Corpus, embedder: Embedder, text: str, allowed: Mask | None) -> FloatMatrix:
    """Return the cosine of the nearest passages to a query, 0 for the others, `(n_passages,)`; all 0 for no text."""
    out = np.zeros(len(corpus.passages), dtype=np.float32)
    if not text:
        return out
    ids, scores = corpus.vectors.search(embedder.encode([text])[0], NEIGHBOURS, allowed)
    out[ids] = np.maximum(scores, 0.0)
    return out


def _masked(values: FloatMatrix, allowed: Mask | None) -> FloatMatrix:
    return values if allowed is None else np.where(allowed, values, 0.0).astype(np.float32)
