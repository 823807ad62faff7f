"""The runs of all ranks on one sketch of a matrix, and how well those of each rank agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexing.topics.ensemble import Order, agreement, consensus, global_topics
from indexing.topics.nmf import Factorisation, Matrix
from indexing.topics.rank_models import NmfkConfig, RankScore
from indexing.topics.sketch import Sketch, fit, sketch
from indexing.topics.spectrum import Spectrum, spectrum
from indexing.topics.sweep import Executor

_FIRST = 2
"""Runs that every rank gets before any is given up: the fewest that can disagree."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One run, told by (rank, number of the run): what an executor works out. Holds all that it needs."""

    sketch: Sketch
    config: NmfkConfig
    seed: int

    def __call__(self, item: tuple[int, int]) -> Factorisation:
        """Factorise the sketch, perturbed for this run, at this rank; seeds depend on rank and run alone."""
        k, number = item
        config = self.config
        core = self.sketch.perturbed(config.noise, (self.seed, number))
        return fit(self.sketch, core, k, (self.seed, k, number), config.starts, config.steps, config.tolerance)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The runs of one rank so far. w, h: (k,) mean silhouette of each topic; matched: see `Agreement`."""

    k: int
    runs: tuple[Factorisation, ...]
    orders: tuple[Order, ...]
    w: NDArray[np.float64]
    h: NDArray[np.float64]
    matched: float

    @property
    def stability(self) -> float:
        """The lowest silhouette of any topic, of W or of H."""
        return float(min(self.w.min(), self.h.min()))


class Sweep:
    """Ensembles of ranks from 2 to `largest` on one matrix."""

    def __init__(self, y: Matrix, largest: int, config: NmfkConfig, seed: int, executor: Executor) -> None:
        self._y = y
        self._config = config
        self._seed = seed
        self._executor = executor
        self._sketch = sketch(y, largest + config.spare, seed)
        self._fit = Fit(self._sketch, config, seed)

    def spectrum(self) -> Spectrum:
        """The matrix's singular values beside those of chance."""
        seen = self._sketch
        return spectrum(self._y, seen.values, seen.total, self._config.margin, self._seed)

    def screen(self, ranks: Iterable[int]) -> dict[int, Ensemble]:
        """The screening runs of each rank; two that disagree outright end it, since more runs only lower it."""
        first = self._extend({k: None for k in ranks}, _FIRST)
        agreed = {k: state for k, state in first.items() if state.stability >= self._config.stable / 2}
        return first | self._extend(agreed, self._config.screen)

    def top_up(self, state: Ensemble) -> Ensemble:
        """The full ensemble of one rank."""
        return self._extend({state.k: state}, self._config.perturbations)[state.k]

    def largest_stable(self, screened: dict[int, Ensemble], limit: int) -> int | None:
        """The largest rank up to `limit` that stays stable with the full ensemble; updates `screened` on the way."""
        for k in sorted(screened, reverse=True):
            if k > limit or screened[k].stability < self._config.stable:
                continue
            screened[k] = self.top_up(screened[k])
            if screened[k].stability >= self._config.stable:
                return k
        return None

    def _extend(self, states: Mapping[int, Ensemble | None], runs: int) -> dict[int, Ensemble]:
        """Bring the ensemble of each rank to `runs` runs; all that is missing is worked out in one go."""
        done = {k: list(state.runs) if state is not None else [] for k, state in states.items()}
        items = [(k, number) for k, have in done.items() for number in range(len(have), runs)]
        for (k, _), run in zip(items, self._executor.map(self._fit, items), strict=True):
            done[k].append(run)
        return {
            k: state if state is not None and len(have) == len(state.runs) else _agreed(k, have)
            for (k, state), have in zip(states.items(), done.values(), strict=True)
        }

    def score(self, state: Ensemble, found: Spectrum) -> RankScore:
        """The figures of one rank."""
        k, n, m = state.k, self._y.shape[0], self._y.shape[1]
        error = float(np.mean([run.error for run in state.runs]))
        residual = max(error**2 * self._sketch.total, 1e-12) / (n * m)
        w, _ = consensus(state.runs, state.orders)
        return RankScore(
            k=k,
            silhouette_w=float(state.w.min()),
            silhouette_h=float(state.h.min()),
            mean_w=float(state.w.mean()),
            mean_h=float(state.h.mean()),
            matched=state.matched,
            error=error,
            bic=float(n * m * np.log(residual) + k * (n + m) * np.log(n * m)),
            over_edge=found.over_edge(k),
            energy=found.energy(k),
            runs=len(state.runs),
            converged=float(np.mean([run.converged for run in state.runs])),
            global_topics=int(global_topics(w, *self._config.globals()).sum()),
        )


def _agreed(k: int, runs: Sequence[Factorisation]) -> Ensemble:
    found = agreement(runs)
    return Ensemble(k, tuple(runs), tuple(found.orders), found.w, found.h, found.matched)
