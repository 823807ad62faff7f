"""Whether a split is found again from half of what is known, which mixing over neighbours cannot fake.

Source: stability by resampling, Lange, Roth, Braun and Buhmann (2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from indexing.topics.ensemble import match_runs, unit_columns
from indexing.topics.nmf import Matrix, factorise
from indexing.topics.views import diffuse, halved

_RUNS = 3
_MOST = 2000
"""Documents that are asked at most: enough to tell chance from structure, and the cost stays bounded."""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How far a split came again. agreement: mean adjusted Rand index of first topics, 0 by chance, 1 the same.

    topics: (k,) mean cosine of each topic's column of W with its match, 0..1.
    """

    agreement: float
    topics: NDArray[np.float64]


def reproduction(
    x: Matrix, graph: Matrix, w: NDArray[np.float32], mixing: tuple[int, float, int], seed: int
) -> Reproduction:
    """Factorise halves of words and links at the same rank, and compare with the topics that were found.

    x: (n, m) words before any mixing. graph: (n, n). w: (n, k) found from the whole. mixing: steps, share and limit as
    `views.diffuse` takes them.
    """
    rng = np.random.default_rng(seed)
    n = x.shape[0]
    rows = np.arange(n) if n <= _MOST else np.sort(rng.choice(n, _MOST, replace=False))
    words, links, found = x[rows], graph[rows][:, rows], w[rows]
    values, cosines = [], []
    for run in np.random.SeedSequence(seed).generate_state(_RUNS):
        half, near = halved(words, links, int(run))
        mixed = diffuse(half, near, *mixing)
        filled = np.flatnonzero(np.diff(mixed.indptr) > 0)
        again = factorise(mixed, w.shape[1], int(run), max_iterations=100, tolerance=1e-3, starts=4).w
        order = match_runs([found, again])[1]
        again = again[:, order]
        values.append(_same(found.argmax(axis=1)[filled], again.argmax(axis=1)[filled]))
        cosines.append(np.sum(unit_columns(found) * unit_columns(again), axis=0))
    return Reproduction(float(np.mean(values)), np.mean(cosines, axis=0))


def _same(one: NDArray[np.intp], two: NDArray[np.intp]) -> float:
    """Adjusted Rand index of two partitions; 0 where one of them is all documents in one, which is no split."""
    if np.unique(one).size < 2 or np.unique(two).size < 2:
        return 0.0
    return float(adjusted_rand_score(one, two))
