"""An ensemble of factorisations of one rank: perturb, match the topics of all runs, measure how they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from indexing.topics.nmf import Factorisation, scaled

Order = NDArray[np.intp]


def unit_columns(values: NDArray[Any]) -> NDArray[np.float64]:
    """Scale each column to length 1; columns of zeros stay."""
    columns = values.astype(np.float64)
    lengths = np.linalg.norm(columns, axis=0)
    scaled_columns: NDArray[np.float64] = columns / np.where(lengths > 0, lengths, 1.0)
    return scaled_columns


def match_runs(ws: Sequence[NDArray[Any]], rounds: int = 10) -> list[Order]:
    """For each run the order of its columns that makes column j the same topic in all runs.

    ws: one (n, k) matrix for each run. The order maximises the summed cosine to the groups' centres
    (Hungarian method), and the centres follow the orders until nothing changes. One to one by
    construction: two topics of one run never fall into the same group.
    """
    units = [unit_columns(w) for w in ws]
    centres = units[0]
    orders: list[Order] = []
    for _ in range(rounds):
        latest = [linear_sum_assignment(centres.T @ unit, maximize=True)[1] for unit in units]
        if orders and all(np.array_equal(new, old) for new, old in zip(latest, orders, strict=True)):
            break
        orders = latest
        total = np.zeros_like(centres)
        for unit, order in zip(units, orders, strict=True):
            total += unit[:, order]
        centres = unit_columns(total)
    return orders


def group_silhouettes(vectors: NDArray[Any]) -> NDArray[np.float64]:
    """Mean silhouette of each group by cosine distance, -1..1 (1: tight and far from the others).

    vectors: (runs, groups, d), row j of each run belonging to group j; at least 2 runs and 2 groups.
    Gives (groups,). Source: Rousseeuw (1987).
    """
    runs, groups, _ = vectors.shape
    flat = unit_columns(vectors.reshape(runs * groups, -1).T).T
    distances = np.clip(1.0 - flat @ flat.T, 0.0, 2.0)
    np.fill_diagonal(distances, 0.0)
    sums = distances.reshape(runs * groups, runs, groups).sum(axis=1)
    points, own = np.arange(runs * groups), np.tile(np.arange(groups), runs)
    inside = sums[points, own] / max(runs - 1, 1)
    outside = sums / runs
    outside[points, own] = np.inf
    nearest = outside.min(axis=1)
    larger = np.maximum(inside, nearest)
    values = np.divide(nearest - inside, larger, out=np.zeros_like(larger), where=larger > 1e-12)
    means: NDArray[np.float64] = values.reshape(runs, groups).mean(axis=0)
    return means


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well the runs of one rank agree.

    w, h: (k,) mean silhouette of each matched topic. matched: share of the runs' columns of W, 0..1, whose
    cosine to the centre of their group is over .9.
    """

    orders: list[Order]
    w: NDArray[np.float64]
    h: NDArray[np.float64]
    matched: float


def agreement(runs: Sequence[Factorisation]) -> Agreement:
    """Match the runs by the columns of W, order H along with W, and measure both at this rank."""
    orders = match_runs([run.w for run in runs])
    ws = np.stack([run.w.T[order] for run, order in zip(runs, orders, strict=True)])
    hs = np.stack([run.h[order] for run, order in zip(runs, orders, strict=True)])
    return Agreement(orders, group_silhouettes(ws), group_silhouettes(hs), matched_share(ws))


def matched_share(vectors: NDArray[Any], bar: float = 0.9) -> float:
    """The share of vectors whose cosine to the centre of their group is over `bar`; vectors: (runs, groups, d)."""
    runs, groups, _ = vectors.shape
    units = unit_columns(vectors.reshape(runs * groups, -1).T).T.reshape(vectors.shape)
    centres = unit_columns(units.sum(axis=0).T).T
    return float((np.einsum("rgd,gd->rg", units, centres) > bar).mean())


def consensus(
    runs: Sequence[Factorisation], orders: Sequence[Order]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The median W and H of matched runs: a start near all of them, untouched by a stray run."""
    w = np.median(np.stack([run.w[:, order] for run, order in zip(runs, orders, strict=True)]), axis=0)
    h = np.median(np.stack([run.h[order] for run, order in zip(runs, orders, strict=True)]), axis=0)
    return scaled(w.astype(np.float32), h.astype(np.float32))


def evenness(w: NDArray[Any]) -> NDArray[np.float64]:
    """How evenly each topic is spread over the documents: mean² / mean of squares, 0..1 (1: the same in all).

    The participation ratio of each column of W (n, k); a topic of few documents is near 0.
    """
    values = w.astype(np.float64)
    squares = (values**2).mean(axis=0)
    ratio: NDArray[np.float64] = np.divide(
        values.mean(axis=0) ** 2, squares, out=np.zeros_like(squares), where=squares > 0
    )
    return ratio


def coverage(w: NDArray[Any]) -> NDArray[np.float64]:
    """The share of documents that hold at least a quarter of a topic's mean weight, 0..1, for each column of W."""
    values = w.astype(np.float64)
    covered: NDArray[np.float64] = (values > 0.25 * values.mean(axis=0)).mean(axis=0)
    return covered


def global_topics(w: NDArray[Any], floor: float, gap: float, cover: float) -> NDArray[np.bool_]:
    """Which topics are shared by the whole set (boilerplate, procedure) and not the subject of a part of it.

    A global topic is spread over the documents at least as evenly as `floor`, and at least `gap` times as
    evenly as the most even of the others; without such a gap the topics differ by degree and all are local.
    It is also in at least the share `cover` of the documents: a subject that most of them have is even too,
    but the rest are without it. And at least two others must be left: what one subject alone has around it
    is not shared by subjects. Gives (k,) booleans.
    """
    values = evenness(w)
    k = values.size
    result = np.zeros(k, dtype=np.bool_)
    if k < 3:
        return result
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    steps = ranked[:-1] / np.maximum(ranked[1:], 1e-12)
    covered = np.minimum.accumulate(coverage(w)[order])
    fits = (ranked[:-1] >= floor) & (steps >= gap) & (covered[:-1] >= cover)
    allowed = np.flatnonzero(fits[: k - 2])
    if allowed.size:
        result[order[: int(allowed[-1]) + 1]] = True
    return result


def shared_part(h: NDArray[Any]) -> tuple[NDArray[np.float32], float]:
    """Topics parted from what all of them share: each term's smallest share in any topic.

    h: (k, m). Gives (k + 1, m) with rows of length 1, the shared part last, and how much of a topic it is, 0..1.
    """
    sums = h.sum(axis=1, keepdims=True, dtype=np.float64)
    shares = h / np.where(sums > 0, sums, 1.0)
    common = shares.min(axis=0)
    rows = np.vstack([shares - common, common])
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32), float(common.sum())
