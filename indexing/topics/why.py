"""Which words put a document in a topic: its own weights of the topic's terms, and where in its text they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexing.topics.models import SplitModel
from indexing.topics.vectorize import _CASE_NAME, _COUNTRY, _MARKUP, _NOTES, _REPORTER, _TOKEN, _word

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where a term stands in a text: how often, and one place, code points from start to end."""

    count: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TermWeight:
    """What one term does for a document in a topic.

    weight: of the term in the topic (its row of H). own: of the term in the document, 0..1, before neighbours were
    mixed in. share: own * weight over the sum of those of all terms, 0..1.
    """

    term: str
    weight: float
    own: float
    share: float
    places: Occurrences


def find_terms(text: str, terms: Sequence[str], body: int = 0) -> dict[str, Occurrences]:
    """Count words and phrases exactly as the topics count them, and say where the first of each stands.

    Citations, names of cases and notes on history count for nothing; a phrase is two words with nothing between. A
    place from `body` on is preferred to one before it.
    """
    wanted = set(terms)
    found: dict[str, Occurrences] = {}
    before, begin = "", 0
    for token in _TOKEN.finditer(_blanked(text)):
        word = _word(token.group())
        if word:
            _add(found, word, token.start(), token.end(), wanted, body)
            if before and before != word:
                _add(found, f"{before} {word}", begin, token.end(), wanted, body)
        before, begin = word, token.start()
    return found


def _add(found: dict[str, Occurrences], term: str, start: int, end: int, wanted: set[str], body: int) -> None:
    if term not in wanted:
        return
    held = found.get(term)
    if held is None:
        found[term] = Occurrences(1, start, end)
    elif held.start < body <= start:
        found[term] = Occurrences(held.count + 1, start, end)
    else:
        found[term] = Occurrences(held.count + 1, held.start, held.end)


def _blanked(text: str) -> str:
    """The text with all that does not count replaced by stops and blanks, every other character in its place."""
    for pattern, stop in (
        (_MARKUP, "\n"), (_NOTES, ""), (_CASE_NAME, "."), (_REPORTER, "."), (_COUNTRY, "."),
    ):  # fmt: skip
        text = pattern.sub(_filler(stop), text)
    return text


def _filler(stop: str) -> Callable[[re.Match[str]], str]:
    def fill(match: re.Match[str]) -> str:
        size = len(match.group())
        return stop.rjust(min(2, size)).ljust(size) if stop else " " * size

    return fill


def own_weights(found: dict[str, Occurrences], model: SplitModel, most: int) -> Floats:
    """A document's weights of a split's terms, (m,), of length 1; of more than `most` terms only the strongest.

    Sublinear counts times the split's inverse document frequencies, as when the split was fitted.
    """
    counts = np.array([found[term].count if term in found else 0 for term in model.terms], dtype=np.float64)
    weights = np.where(counts > 0, 1.0 + np.log(np.maximum(counts, 1.0)), 0.0) * model.idf
    if np.count_nonzero(weights) > most:
        weakest = np.argsort(-weights, kind="stable")[most:]
        weights[weakest] = 0.0
    length = float(np.linalg.norm(weights))
    unit: Floats = (weights / length if length > 0 else weights).astype(np.float32)
    return unit


def strongest_terms(
    own: Floats, row: int, model: SplitModel, found: dict[str, Occurrences], limit: int
) -> tuple[tuple[TermWeight, ...], float]:
    """The terms that join a document to one topic of a split, best first, and the share that those listed carry.

    row: of the topic in `model.h`. The shares of all terms sum to 1, or are none where no word is shared.
    """
    joined = own.astype(np.float64) * model.h[row]
    total = float(joined.sum())
    if total <= 0:
        return (), 0.0
    order = [int(index) for index in np.argsort(-joined, kind="stable")[:limit] if joined[index] > 0]
    listed = tuple(
        TermWeight(
            term=model.terms[index], weight=float(model.h[row, index]), own=float(own[index]),
            share=float(joined[index] / total), places=found[model.terms[index]],
        )
        for index in order
    )  # fmt: skip
    return listed, sum(term.share for term in listed)


def closeness(own: Floats, h: Floats) -> Floats:
    """The cosine of a document's own words to each topic of a split, (k,), 0..1."""
    lengths = np.linalg.norm(h, axis=1)
    cosines: Floats = np.divide(h @ own, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return cosines
