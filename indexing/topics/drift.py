"""Which topics shift together over time and over courts, told apart from the luck of which cases were decided when.

If each topic keeps its language, what moves between courts and periods is only the mixture of topics: label shift over
many domains, with labels that are themselves found in the text. Domains are cells of one court and one period. The
table of topics by cells is held against what it would be if the periods of each court (or the courts of each period)
had the same mixture; each entry is divided by its exact standard deviation when cases are dealt out to cells at random,
and the singular vectors of the result are sets of topics that move together. Over time only what moves slowly counts:
each court's periods are reduced to a line and a bend, which leaves out most of what is chance. How large the vectors
get by chance is seen by dealing out the cases again and again, each with all its weights. (Whether topics do keep their
language is the question of `indexing.topics.meaning`.)

Sources: Lipton, Wang and Smola, Detecting and Correcting for Label Shift with Black Box Predictors (2018); Roberts,
Mani, Garg and Lipton, Unsupervised Learning under Latent Label Shift (2022); Greenacre, Correspondence Analysis in
Practice (1984); Horn, A rationale and test for the number of factors (1965); Westfall and Young (1993), 2.3 (maxima).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ShiftConfig:
    """period_cases: about so many cases make a period, of which there are 2 to `periods`.

    min_cases: fewer tell nothing. bends: highest power of time that counts. draws: random deals. alpha: highest chance
    at which a shift is called one. axes: at most so many sets of topics.
    """

    period_cases: int = 60
    periods: int = 6
    min_cases: int = 100
    bends: int = 2
    draws: int = 999
    alpha: float = 0.05
    axes: int = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """The cases of one court in the years from `first` to `last`."""

    court: str
    first: int
    last: int
    cases: int


@dataclass(frozen=True, slots=True)
class Axis:
    """Topics that move together. strength: singular value over its mean by chance, 1 is chance. p: see `shifts`.

    topics: (row of the topic, its part of the axis, -1..1, squares adding to 1), those of half the average square at
    least, strongest first. scores: of each cell; positive parts are stronger there where the score is positive, and
    negative ones weaker.
    """

    strength: float
    p: float
    topics: tuple[tuple[int, float], ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """One topic that shifts. p: chance of the largest shift among all topics being as large as this one's."""

    topic: int
    p: float
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Shifts:
    """What shifts between cells. p: chance of so large a first axis; axes and moved hold only what chance is not."""

    cells: tuple[Cell, ...]
    p: float
    axes: tuple[Axis, ...]
    moved: tuple[Moved, ...]


def periods(years: Sequence[int], parts: int) -> list[tuple[int, int]]:
    """Cut the years into at most so many stretches of whole years with about equally many cases: (first, last) each."""
    counts = sorted(Counter(years).items())
    total, done, stretches = len(years), 0, 0
    cuts: list[tuple[int, int]] = []
    first: int | None = None
    for at, (year, cases) in enumerate(counts):
        first = year if first is None else first
        done += cases
        after = counts[at + 1][1] if at + 1 < len(counts) else 0
        goal = total * (stretches + 1) / parts
        # cut here if the next year would overshoot by more than is missing now
        if at + 1 == len(counts) or (stretches < parts - 1 and done + after - goal > goal - done):
            cuts.append((first, year))
            first, stretches = None, stretches + 1
    return cuts


def shifts(
    weights: Floats, years: Sequence[int], courts: Sequence[str], *, over: str, config: ShiftConfig | None = None,
    seed: int = 0,
) -> Shifts | None:  # fmt: skip
    """Test whether the mixture of topics shifts over "time" within each court, or over "courts" within each period.

    weights: (n cases, k topics), 0..1. None where there are too few cases, or only one period or court. p of an axis is
    the chance of so large a singular value of its rank, by random deals of the cases to cells (of the same court, or of
    the same period); axes after the first that may be chance are left out.
    """
    config = config or ShiftConfig()
    if len(years) < config.min_cases or weights.shape[1] == 0:
        return None
    stretches = periods(years, min(config.periods, max(2, len(years) // config.period_cases)))
    where = np.array(
        [next(n for n, (_, last) in enumerate(stretches) if year <= last) for year in years], dtype=np.intp
    )
    names, court = np.unique(np.array(courts), return_inverse=True)
    if (len(stretches) if over == "time" else len(names)) < 2:
        return None
    kept, cell = np.unique(court * len(stretches) + where, return_inverse=True)
    stratum = court if over == "time" else where
    table = _Table(weights, stratum.astype(np.intp), cell.astype(np.intp), len(kept))
    counts = np.bincount(cell)
    spans = [(str(names[one // len(stretches)]), stretches[one % len(stretches)]) for one in kept]
    cells = tuple(
        Cell(name, first, last, int(cases)) for (name, (first, last)), cases in zip(spans, counts, strict=True)
    )
    basis = _slow(kept // len(stretches), kept % len(stretches), config.bends) if over == "time" else np.eye(len(kept))
    return _tested(table, cells, basis, config, np.random.default_rng(seed)) if basis.size else None


def _slow(court: Ints, period: Ints, bends: int) -> Floats:
    """(cells, directions) orthonormal: straight and bent movement within each court, about its mean."""
    columns = []
    for one in np.unique(court):
        rows = np.flatnonzero(court == one)
        powers = np.vander(period[rows] - period[rows].mean(), min(bends, rows.size - 1) + 1, increasing=True)
        inside = np.linalg.qr(powers)[0][:, 1:]
        whole = np.zeros((court.size, inside.shape[1]))
        whole[rows] = inside
        columns.append(whole)
    return np.hstack(columns)


class _Table:
    """Topics by cells in units of what chance moves them, for one deal of the cases to cells after another."""

    def __init__(self, weights: Floats, stratum: Ints, cell: Ints, size: int) -> None:
        self._weights, self._cell, self._size = weights, cell, size
        self._strata = [np.flatnonzero(stratum == one) for one in np.unique(stratum)]
        counts = np.bincount(cell, minlength=size).astype(np.float64)
        self._expected = np.zeros((weights.shape[1], size))
        variance = np.zeros_like(self._expected)
        for rows in self._strata:
            here = np.unique(cell[rows])
            part, spread = weights[rows], weights[rows].var(axis=0)
            inside = counts[here] * (rows.size - counts[here]) / max(rows.size - 1, 1)
            self._expected[:, here] = np.outer(part.mean(axis=0), counts[here])
            variance[:, here] = np.outer(spread, inside)
        self._scale = np.divide(1.0, np.sqrt(variance), out=np.zeros_like(variance), where=variance > 1e-12)
        self.shares = self._sums(cell) / counts

    def _sums(self, cell: Ints) -> Floats:
        return np.stack([np.bincount(cell, weights=column, minlength=self._size) for column in self._weights.T])

    def observed(self) -> Floats:
        """(k, cells) standardised: each entry has mean 0 and variance 1 over all deals."""
        return (self._sums(self._cell) - self._expected) * self._scale

    def dealt(self, rng: np.random.Generator) -> Floats:
        """The same after cases of one stratum have changed cells at random."""
        cell = self._cell.copy()
        for rows in self._strata:
            cell[rows] = cell[rng.permutation(rows)]
        return (self._sums(cell) - self._expected) * self._scale


def _tested(
    table: _Table, cells: tuple[Cell, ...], basis: Floats, config: ShiftConfig, rng: np.random.Generator
) -> Shifts:
    seen = table.observed() @ basis
    left, sizes, right = np.linalg.svd(seen, full_matrices=False)
    deals = np.stack([table.dealt(rng) @ basis for _ in range(config.draws)])
    by_chance = np.linalg.svd(deals, compute_uv=False).astype(np.float64)
    p = [_chance(by_chance[:, rank], float(size)) for rank, size in enumerate(sizes)]
    axes: list[Axis] = []
    for rank in range(min(config.axes, sizes.size)):
        if p[rank] > config.alpha:
            break
        strength = float(sizes[rank] / by_chance[:, rank].mean())
        axes.append(_axis(left[:, rank], basis @ right[rank], cells, strength, p[rank]))
    # a topic's sum of squares has the same mean by chance whatever its weights, so that the largest may be compared
    alone, largest = (seen**2).sum(axis=1), (deals**2).sum(axis=2).max(axis=1)
    moved = [
        Moved(int(row), chance, tuple(float(share) for share in table.shares[row]))
        for row in np.argsort(-alone, kind="stable")
        if (chance := _chance(largest, float(alone[row]))) <= config.alpha
    ]
    return Shifts(cells, p[0], tuple(axes), tuple(moved))


def _chance(by_chance: Floats, seen: float) -> float:
    return float((1 + np.sum(by_chance >= seen - 1e-9)) / (1 + by_chance.size))


def _axis(left: Floats, right: Floats, cells: tuple[Cell, ...], strength: float, p: float) -> Axis:
    # Later is positive; between courts of one period the strongest cell is.
    time = np.array([cell.first for cell in cells], dtype=np.float64)
    turn = float((time - time.mean()) @ right)
    if abs(turn) < 1e-9:
        turn = float(right[np.argmax(np.abs(right))])
    sign = 1.0 if turn > 0 else -1.0
    strong = [int(row) for row in np.argsort(-np.abs(left), kind="stable") if left[row] ** 2 > 0.5 / left.size]
    return Axis(
        strength,
        p,
        tuple((row, float(sign * left[row])) for row in strong),
        tuple(float(value) for value in sign * right),
    )
