"""The signals of hybrid search: each gives every document a value in [0, 1], higher is better, for one query."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from app.retrieval.corpus import Corpus, pairs_of
from app.retrieval.fusion import best_by_group, normalised, strongest
from app.retrieval.ranking import Ranking
from indexing.interfaces import Embedder, Mask
from indexing.models import FloatMatrix
from indexing.text import tokens

NEIGHBOURS = 2_000  # passages asked of the vector index
SHORT = 4  # terms up to which any query may be a name
_CASE_NAME = re.compile(r"\b(?:vs?\.?|in re|ex parte|matter of)\s+\w", re.IGNORECASE)
NEAR = 0.4  # cosine from which a passage that shares no word is still a result
SEVERAL = 3  # passages or citing windows that are summed: a document that says it thrice says it
FIRST_CASES = 30  # cases nearest to the query whose citations speak for what they cite
DENSE_SHARE = 0.5  # of nearness in meaning beside shared words, where cases are chosen for that


@dataclass(frozen=True, slots=True)
class Signals:
    """Values by document, `(n_documents,)` each; `lexical_passages` and the others choose the passage shown.

    `matched` says which documents share a term with the query or are near it in meaning: only they are results.
    """

    documents: dict[str, FloatMatrix]
    matched: Mask
    lexical_passages: FloatMatrix
    dense_passages: FloatMatrix
    phrase_passages: FloatMatrix


def measure(
    corpus: Corpus, embedder: Embedder, text: str, allowed: Mask | None, known: Mask | None = None
) -> Signals:  # fmt: skip
    """Return the signals of a query; filtered documents have 0 in each, filtered before neighbours are sought.

    `known`, over anchors, says which citations may be used; all where it is None.
    """
    query = embedder.encode([text])[0] if text else None
    passages_allowed = None if allowed is None else allowed[corpus.passage_rows]
    lexical = _masked(corpus.lexical.scores(text), passages_allowed)
    dense = _dense(corpus, query, passages_allowed)
    phrase = _masked(_phrase(corpus, text), passages_allowed)
    values = {
        **_passage_values(corpus, lexical, dense, phrase),
        **_anchor_values(corpus, text, allowed, known),
        **titles(corpus, text, allowed),
    }
    if corpus.ranking is not None:
        values |= _beyond(corpus, corpus.ranking, text, query, allowed)
    matched = values["dense"] >= NEAR
    for name in ("lexical", "anchor", "heading", "name"):
        matched |= values[name] > 0
    documents = {name: normalised(value) for name, value in values.items()}
    documents["citing"] = _masked(normalised(_citing(corpus, documents, known)), allowed)
    if corpus.ranking is not None and corpus.ranking.weights is not None:
        documents["kind"] = _masked(kinds(corpus, corpus.ranking.weights.leaning.to_case(text)), allowed)
    return Signals(documents, matched, normalised(lexical), normalised(dense), normalised(phrase))


def _passage_values(
    corpus: Corpus, lexical: FloatMatrix, dense: FloatMatrix, phrase: FloatMatrix
) -> dict[str, FloatMatrix]:  # fmt: skip
    """Return what passages say of their documents: the best, the best few, and all of them together."""
    rows, size = corpus.passage_rows, len(corpus.entries)
    return {
        "lexical": best_by_group(lexical, rows, size),
        "lexical_top": strongest(lexical, rows, size, SEVERAL),
        "phrase": best_by_group(phrase, rows, size),
        "dense": best_by_group(dense, rows, size),
        "dense_top": strongest(dense, rows, size, SEVERAL),
    }


def _anchor_values(corpus: Corpus, text: str, allowed: Mask | None, known: Mask | None) -> dict[str, FloatMatrix]:
    size, rows = len(corpus.entries), corpus.anchor_rows
    scores = _masked(corpus.anchor_index.scores(text), known)
    return {
        "anchor": _masked(best_by_group(scores, rows, size), allowed),
        "anchor_top": _masked(strongest(scores, rows, size, SEVERAL), allowed),
    }


def _citing(corpus: Corpus, documents: dict[str, FloatMatrix], known: Mask | None) -> FloatMatrix:
    """Return how much the cases nearest to a query cite each document, `(n_documents,)`.

    What everyone cites is damped by the root of how often it is cited.
    """
    size = len(corpus.entries)
    near = (documents["lexical"] + DENSE_SHARE * documents["dense"]) * corpus.is_case
    first = np.lexsort((np.arange(size), -near))[:FIRST_CASES]
    weight = np.zeros(size, dtype=np.float64)
    weight[first] = near[first]
    citing, cited = corpus.citing_pairs
    if known is not None:
        citing, cited = pairs_of(corpus.anchor_sources[known], corpus.anchor_rows[known], size)
    total = np.bincount(cited, weights=weight[citing], minlength=size)
    often = np.bincount(cited, minlength=size)
    return np.asarray(total / np.sqrt(1.0 + often), dtype=np.float32)


def _phrase(corpus: Corpus, text: str) -> FloatMatrix:
    if corpus.ranking is None:
        return np.zeros(len(corpus.passages), dtype=np.float32)
    return corpus.ranking.shingles.scores(text)


def _beyond(
    corpus: Corpus, ranking: Ranking, text: str, query: FloatMatrix | None, allowed: Mask | None
) -> dict[str, FloatMatrix]:  # fmt: skip
    """Return what plain indexes do not tell: passages with their headings, whole documents, the gist of each."""
    size = len(corpus.entries)
    headed = _masked(ranking.headed.scores(text), None if allowed is None else allowed[corpus.passage_rows])
    gist = np.zeros(size, np.float32) if query is None else np.asarray(ranking.gists @ query, dtype=np.float32)
    return {
        "headed": best_by_group(headed, corpus.passage_rows, size),
        "whole": _masked(ranking.wholes.scores(text), allowed),
        "gist": _masked(np.maximum(gist, 0.0), allowed),
    }


def kinds(corpus: Corpus, to_case: float) -> FloatMatrix:
    """Return how likely it is that a document's kind is asked for, `(n_documents,)`."""
    return np.where(corpus.is_case, to_case, 1.0 - to_case).astype(np.float32)


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
    return _dense(corpus, embedder.encode([text])[0] if text else None, allowed)


def _dense(corpus: Corpus, query: FloatMatrix | None, allowed: Mask | None) -> FloatMatrix:
    out = np.zeros(len(corpus.passages), dtype=np.float32)
    if query is not None:
        ids, scores = corpus.vectors.search(query, NEIGHBOURS, allowed)
        out[ids] = np.maximum(scores, 0.0)
    return out


def _masked(values: FloatMatrix, allowed: Mask | None) -> FloatMatrix:
    return values if allowed is None else np.where(allowed, values, 0.0).astype(np.float32)
