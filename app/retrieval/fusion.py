"""Pure arithmetic of fusion: signals over documents in, one score and its shares out.

Each signal is divided by its highest value for the query, then weighted and summed. Rank fusion throws away how much
better the first is than the second, which is what a verbatim quotation shows; scores keep it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from indexing.models import FloatMatrix, IntVector


def normalised(signal: FloatMatrix, floor: float = 0.0) -> FloatMatrix:
    """Return `(signal - floor) / (max - floor)`, clipped to [0, 1]; all zero where nothing rises above the floor."""
    top = float(signal.max(initial=floor))
    if top <= floor:
        return np.zeros_like(signal)
    scaled: FloatMatrix = np.clip((signal - floor) / (top - floor), 0.0, 1.0).astype(np.float32)
    return scaled


def fuse(
    signals: Mapping[str, FloatMatrix], weights: Mapping[str, float | FloatMatrix]
) -> tuple[FloatMatrix, dict[str, FloatMatrix]]:
    """Return the fused score of each document and each signal's share of it; the shares sum to the score.

    `signals` are `(n,)` arrays in [0, 1], higher is better. A weight is one number, or one for each document; a signal
    without a weight counts 0.
    """
    shares = {name: (signal * weights.get(name, 0.0)).astype(np.float32) for name, signal in signals.items()}
    size = len(next(iter(signals.values())))
    total = np.zeros(size, dtype=np.float32)
    for share in shares.values():
        total += share
    return total, shares


def reciprocal_rank_fusion(rankings: Sequence[IntVector], size: int, k: int = 60) -> FloatMatrix:
    """Return the sum of `1 / (k + rank)` over rankings, ranks counted from 1 (Cormack, Clarke and Büttcher, 2009)."""
    total = np.zeros(size, dtype=np.float32)
    for ranking in rankings:
        total[ranking] += (1.0 / (k + 1 + np.arange(len(ranking)))).astype(np.float32)
    return total


def best_by_group(values: FloatMatrix, groups: IntVector, size: int) -> FloatMatrix:
    """Return the highest value of each of `size` groups, 0 for a group without values; values are not negative."""
    out = np.zeros(size, dtype=np.float32)
    np.maximum.at(out, groups, values)
    return out


def strongest(values: FloatMatrix, groups: IntVector, size: int, most: int) -> FloatMatrix:
    """Return the sum of the `most` highest values of each of `size` groups, 0 for a group without; none is negative."""
    at = np.flatnonzero(values > 0)
    order = at[np.lexsort((-values[at], groups[at]))]
    grouped = groups[order]
    first = np.flatnonzero(np.diff(grouped, prepend=-1))
    place = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    kept = place < most
    return np.bincount(grouped[kept], weights=values[order][kept], minlength=size).astype(np.float32)
