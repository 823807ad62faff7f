"""Whether a query asks for a case or for a provision, read from how it speaks.

"We held that ..." precedes a case, "the statute provides ..." a section. A logistic regression on which words occur,
learned from sentences whose citations were taken out; a query without a known word leans nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexing.text import words

LEAST_TEXTS = 4  # in which a word must occur to count
PENALTY = 0.5  # of half the squared weights, beside the summed loss
ROUND = 4


@dataclass(frozen=True, slots=True)
class Leaning:
    """Weights of words: positive towards cases. They are divided by the root of how many different words there are."""

    weights: Mapping[str, float]

    def to_case(self, text: str) -> float:
        """Return the probability that a case is asked for; .5 where nothing is known."""
        found = _distinct(text)
        score = sum(self.weights.get(word, 0.0) for word in found) / max(1.0, len(found)) ** 0.5
        return float(1 / (1 + np.exp(-np.clip(score, -30, 30))))


def learn_leaning(texts: Sequence[str], is_case: Sequence[bool]) -> Leaning:
    """Return the weights learned from sentences of which each asks for a case or not; both kinds weigh the same."""
    read = [_distinct(text) for text in texts]
    often = Counter(word for found in read for word in found)
    known = sorted(word for word, texts_with in often.items() if texts_with >= LEAST_TEXTS)
    wanted = np.array(is_case, dtype=np.float64)
    if not known or wanted.min() == wanted.max():
        return Leaning({})
    place = {word: i for i, word in enumerate(known)}
    values = np.zeros((len(texts), len(known)))
    for row, found in enumerate(read):
        values[row, [place[word] for word in found if word in place]] = 1 / max(1.0, len(found)) ** 0.5
    weight = np.where(wanted == 1, 0.5 / wanted.sum(), 0.5 / (1 - wanted).sum()) * len(wanted)
    best = _minimise(values, wanted, weight)
    return Leaning(
        {word: round(float(w), ROUND) for word, w in zip(known, best, strict=True) if round(float(w), ROUND)}
    )


def _minimise(
    values: NDArray[np.float64], wanted: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:  # fmt: skip
    from scipy.optimize import minimize  # a service that only reads weights does not wait for it

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = values @ weights
        value = (weight * (np.logaddexp(0.0, scores) - wanted * scores)).sum() + PENALTY / 2 * weights @ weights
        slope = values.T @ (weight * (1 / (1 + np.exp(-scores)) - wanted)) + PENALTY * weights
        return float(value), slope

    found = minimize(loss, np.zeros(values.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return np.asarray(found.x, dtype=np.float64)


def _distinct(text: str) -> list[str]:
    """Return the different words of a text; figures and single letters, which citations leave behind, are none."""
    return sorted({word for word in words(text) if len(word) > 1 and not any(c.isdigit() for c in word)})
