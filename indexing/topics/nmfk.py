"""How many topics: the rank at which randomly started factorisations of a perturbed matrix agree.

Source: Alexandrov and Stratton (2013), NMFk; Nebgen et al. (2021). For each rank the matrix is perturbed and
factorised from random starts many times. A rank that is in the data gives the same topics each time; one
that is not gives topics that depend on the start. Rows are documents, columns are terms: X ≈ W H with
W (n, k) and H (k, m).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.topics.ensemble import agreement, consensus, global_topics, perturbed, shuffled
from indexing.topics.nmf import (
    Factorisation,
    Matrix,
    check_matrix,
    factorise,
    refine,
    relative_error,
    squared_norm,
)
from scraper.errors import TopicError


@dataclass(frozen=True, slots=True)
class NmfkConfig:
    """perturbations: runs for each rank that could be the answer; screen: runs that every rank gets first.

    noise: each value is multiplied by 1 + noise * U(-1, 1). starts: short random starts for each run, of
    which the best is carried on, since one bad local minimum sinks a whole rank. stable: lowest mean
    silhouette of any topic, of W and of H, at which a rank counts as found. flat: a profile whose
    stabilities differ by less is flat. chance: how many times more a rank must explain than it does of
    the same terms dealt to documents at random (1 means no more).
    global_floor, global_gap, global_cover: see `ensemble.global_topics`.
    """

    perturbations: int = 12
    screen: int = 4
    noise: float = 0.15
    starts: int = 4
    stable: float = 0.75
    flat: float = 0.03
    chance: float = 1.15
    max_iterations: int = 100
    tolerance: float = 1e-3
    global_floor: float = 0.55
    global_gap: float = 1.15
    global_cover: float = 0.72

    def __post_init__(self) -> None:
        if not 2 <= self.screen <= self.perturbations:
            raise TopicError("An ensemble needs 2 or more screening runs, and at least as many perturbations.")
        if not 0.0 < self.noise < 1.0:
            raise TopicError("The noise of the perturbations must lie between 0 and 1.")
        if self.starts < 1 or self.max_iterations < 1:
            raise TopicError("A run needs at least one start and one iteration.")

    def globals(self) -> tuple[float, float, float]:
        """The thresholds of a global topic, as `ensemble.global_topics` takes them."""
        return self.global_floor, self.global_gap, self.global_cover


@dataclass(frozen=True, slots=True)
class TopicWarning:
    """Something a reader of the result must know. kind: a closed machine word; text: what it means.

    Kinds: not_converged, flat_profile, edge_of_range, too_few_documents, ranks_cut, empty_rows,
    no_structure, chance_level, all_alike, embeddings_missing, stubs_left_out, small_topic.
    """

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class RankScore:
    """The figures of one rank; silhouettes in -1..1 (1: the same topics in every run), None at rank 1.

    silhouette_w, silhouette_h: lowest mean of any matched topic, of W's columns and H's rows; mean_w,
    mean_h: mean over topics. error: ||X - WH|| / ||X||, mean over runs. bic: lower is better. runs: size of
    the ensemble. converged: share of runs that ended by tolerance. global_topics: topics shared by all.
    """

    k: int
    silhouette_w: float | None
    silhouette_h: float | None
    mean_w: float | None
    mean_h: float | None
    error: float
    bic: float
    runs: int
    converged: float
    global_topics: int

    @property
    def stability(self) -> float:
        """The lower one of both lowest silhouettes; 1 at rank 1, where there is nothing to disagree about."""
        if self.silhouette_w is None or self.silhouette_h is None:
            return 1.0
        return min(self.silhouette_w, self.silhouette_h)


@dataclass(frozen=True, slots=True)
class NmfkResult:
    """The rank that was found, the topics at it, and every figure that the decision rests on.

    k: subject topics; rank: all topics, of which `is_global` (rank,) are shared by the whole set. w: (n,
    rank), h: (rank, m), rows of h of length 1. stability: (rank,) lower mean silhouette of each topic.
    """

    k: int
    rank: int
    w: NDArray[np.float32]
    h: NDArray[np.float32]
    is_global: NDArray[np.bool_]
    stability: NDArray[np.float64]
    error: float
    table: tuple[RankScore, ...]
    reason: str
    warnings: tuple[TopicWarning, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The decision and its figures as plain values, without the factors."""
        return {
            "k": self.k,
            "rank": self.rank,
            "global_topics": int(self.is_global.sum()),
            "error": self.error,
            "table": [{**asdict(score), "stability": score.stability} for score in self.table],
            "reason": self.reason,
            "warnings": [asdict(warning) for warning in self.warnings],
        }


@dataclass(slots=True)
class _Rank:
    """The runs of one rank so far."""

    k: int
    runs: list[Factorisation]
    orders: list[NDArray[np.intp]]
    w: NDArray[np.float64]
    h: NDArray[np.float64]

    @property
    def stability(self) -> float:
        return float(min(self.w.min(), self.h.min())) if self.k > 1 else 1.0


def nmfk(x: Matrix, ks: Iterable[int], config: NmfkConfig | None = None, seed: int = 0) -> NmfkResult:
    """Choose the number of topics of a documents-by-terms matrix and factorise it at that number.

    x: (n documents, m terms) sparse or dense, non-negative. ks: ranks to try; 1 is always a possible answer.
    The same seed gives the same bits on one CPU type with one BLAS thread. Every rank is screened, and those
    that look stable get the full ensemble, from the largest down, until one holds.
    Raises TopicError for NaN, infinite or negative values, an empty matrix, or ranks below 1.
    """
    config = config or NmfkConfig()
    x = check_matrix(x)
    ranks, warnings = _ranks_to_try(x, ks)
    if all_alike(x):
        warnings.append(TopicWarning("all_alike", "All documents use the same terms in the same proportions."))
        ranks = []
    if not ranks:
        return _single(x, seed, config, [], _trivial_reason(x, warnings), warnings)
    sweep = _Sweep(x, config, seed)
    screened = {k: sweep.screen(k) for k in ranks}
    found, chance = _largest_stable(sweep, screened, config)
    table = tuple(sweep.score(screened[k]) for k in ranks)
    if found is None:
        reason = _no_structure(screened, chance, config, warnings)
        return _single(x, seed, config, table, reason, warnings)
    found, reason = _decide(found, screened, table, config, warnings)
    return _result(x, screened[found], config, table, reason, warnings)


def all_alike(x: Matrix) -> bool:
    """Whether all non-empty rows point in the same direction."""
    lengths = np.sqrt(np.asarray(x.multiply(x).sum(axis=1), dtype=np.float64)).ravel()
    filled = np.flatnonzero(lengths > 0)
    if filled.size < 2:
        return True
    first = np.asarray(x[[filled[0]]].todense(), dtype=np.float64).ravel() / lengths[filled[0]]
    cosines = np.asarray(x @ first).ravel()[filled] / lengths[filled]
    return bool(cosines.min() > 1.0 - 1e-6)


def _ranks_to_try(x: Matrix, ks: Iterable[int]) -> tuple[list[int], list[TopicWarning]]:
    wanted = sorted(set(ks))
    if not wanted or wanted[0] < 1:
        raise TopicError("Give ranks of 1 or more to try, for instance 2 to 10.")
    warnings = []
    empty = int((np.diff(x.indptr) == 0).sum())
    filled = x.shape[0] - empty
    if filled == 0:
        raise TopicError("Every document of the matrix is empty; there is nothing to find topics in.")
    if empty:
        warnings.append(TopicWarning("empty_rows", f"{empty} documents hold no term and belong to no topic."))
    # n documents can always be told apart by n topics, each alone with itself: that is no structure.
    limit = min(filled - 1, x.shape[1])
    ranks = [k for k in wanted if 2 <= k <= limit]
    if wanted[-1] > max(limit, 1):
        kind = "ranks_cut" if ranks else "too_few_documents"
        text = f"Ranks above {max(limit, 1)} were not tried: {filled} documents, {x.shape[1]} terms."
        warnings.append(TopicWarning(kind, text))
    return ranks, warnings


def _trivial_reason(x: Matrix, warnings: Sequence[TopicWarning]) -> str:
    if x.shape[0] == 1:
        return "1 topic: there is one document."
    if any(warning.kind == "all_alike" for warning in warnings):
        return "1 topic: all documents are alike."
    return "1 topic: no rank from 2 up could be tried."


class _Sweep:
    """The perturbed matrices, shared by all ranks, and the runs on them."""

    def __init__(self, x: Matrix, config: NmfkConfig, seed: int) -> None:
        self._x = x
        self._config = config
        self._seed = seed
        self._perturbed: dict[int, Matrix] = {}
        self._squares = squared_norm(x)
        self._null: Matrix | None = None
        self._ones = (1.0, 1.0)

    def extend(self, state: _Rank | None, k: int, runs: int) -> _Rank:
        """Bring the ensemble of rank `k` to `runs` runs."""
        done = list(state.runs) if state is not None else []
        done.extend(self._run(k, number) for number in range(len(done), runs))
        if k == 1:
            ones = np.ones(1)
            return _Rank(k, done, [np.zeros(1, dtype=np.intp)] * len(done), ones, ones)
        found = agreement(done)
        return _Rank(k, done, found.orders, found.w, found.h)

    def screen(self, k: int) -> _Rank:
        """The screening runs of one rank; two that disagree outright end it, since more runs only lower it."""
        state = self.extend(None, k, 2)
        if state.stability < self._config.stable / 2:
            return state
        return self.extend(state, k, self._config.screen)

    def _run(self, k: int, number: int) -> Factorisation:
        config = self._config
        if number not in self._perturbed:
            self._perturbed[number] = perturbed(self._x, config.noise, (self._seed, number))
        # Seeds depend on rank and run alone, so that no order of work changes a result.
        seed = int(np.random.SeedSequence([self._seed, k, number]).generate_state(1)[0])
        return factorise(
            self._perturbed[number],
            k,
            seed,
            max_iterations=config.max_iterations,
            tolerance=config.tolerance,
            starts=config.starts,
        )

    def over_chance(self, state: _Rank) -> float:
        """How much more of the squared values rank k explains beyond rank 1 than it does after shuffling."""
        if self._null is None:
            self._null = shuffled(self._x, self._seed)
            self._ones = (self._plain(self._x, 1), self._plain(self._null, 1))
        data = self._ones[0] ** 2 - self._plain(self._x, state.k) ** 2
        null = self._ones[1] ** 2 - self._plain(self._null, state.k) ** 2
        return data / max(null, 1e-9)

    def _plain(self, x: Matrix, k: int) -> float:
        config = self._config
        return factorise(
            x,
            k,
            self._seed,
            max_iterations=config.max_iterations,
            tolerance=config.tolerance,
            starts=config.starts,
        ).error

    def score(self, state: _Rank) -> RankScore:
        """The figures of one rank."""
        k, n, m = state.k, self._x.shape[0], self._x.shape[1]
        error = float(np.mean([run.error for run in state.runs]))
        residual = max(error**2 * self._squares, 1e-12) / (n * m)
        w, _ = consensus(state.runs, state.orders)
        shared = global_topics(w, *self._config.globals())
        return RankScore(
            k=k,
            silhouette_w=float(state.w.min()) if k > 1 else None,
            silhouette_h=float(state.h.min()) if k > 1 else None,
            mean_w=float(state.w.mean()) if k > 1 else None,
            mean_h=float(state.h.mean()) if k > 1 else None,
            error=error,
            bic=float(n * m * np.log(residual) + k * (n + m) * np.log(n * m)),
            runs=len(state.runs),
            converged=float(np.mean([run.converged for run in state.runs])),
            global_topics=int(shared.sum()),
        )


def _largest_stable(
    sweep: _Sweep, screened: dict[int, _Rank], config: NmfkConfig
) -> tuple[int | None, dict[int, float]]:
    """The largest rank that stays stable with the full ensemble and explains more than chance does.

    Updates `screened` on the way; gives with it the ratio to chance of each rank that came so far.
    """
    chance: dict[int, float] = {}
    for k in sorted(screened, reverse=True):
        if screened[k].stability < config.stable:
            continue
        screened[k] = sweep.extend(screened[k], k, config.perturbations)
        if screened[k].stability < config.stable:
            continue
        chance[k] = sweep.over_chance(screened[k])
        if chance[k] >= config.chance:
            return k, chance
    return None, chance


def _no_structure(
    screened: dict[int, _Rank], chance: dict[int, float], config: NmfkConfig, warnings: list[TopicWarning]
) -> str:
    ranks = sorted(screened)
    best = max(ranks, key=lambda k: screened[k].stability)
    if chance:
        text = "Stable ranks explain no more than they do of the same terms dealt to documents at random."
        warnings.append(TopicWarning("chance_level", text))
        ratio = max(chance.values())
        return f"1 topic: {text} At best {ratio:.2f} times as much, and {config.chance:.2f} is needed."
    warnings.append(TopicWarning("no_structure", "No rank above 1 gives the same topics again."))
    return (
        f"1 topic: no rank from {ranks[0]} to {ranks[-1]} is stable; the best, {best}, reaches a lowest "
        f"silhouette of {screened[best].stability:.2f}, and {config.stable:.2f} is needed."
    )


def _decide(
    found: int,
    screened: dict[int, _Rank],
    table: Sequence[RankScore],
    config: NmfkConfig,
    warnings: list[TopicWarning],
) -> tuple[int, str]:
    """The rank to answer and the words for it; a profile that never falls does not name a rank."""
    ranks = sorted(screened)
    values = [screened[k].stability for k in ranks]
    if len(ranks) > 2 and max(values) - min(values) < config.flat:
        best = min(table, key=lambda score: score.bic).k
        text = (
            f"The stability is the same at every rank from {ranks[0]} to {ranks[-1]} "
            f"({min(values):.2f} to {max(values):.2f}): it does not name a number of topics."
        )
        warnings.append(TopicWarning("flat_profile", text))
        return best, f"Rank {best}: the profile is flat, so the lowest BIC decides. {text}"
    words = f"Rank {found}: the largest whose topics come back in every run (lowest silhouette "
    words += f"{screened[found].stability:.2f}, of W {screened[found].w.min():.2f}, of H {screened[found].h.min():.2f})"
    above = [k for k in ranks if k > found]
    if above:
        next_k = above[0]
        words += f"; rank {next_k} falls to {screened[next_k].stability:.2f}."
    else:
        words += "; no higher rank was tried."
        if len(ranks) > 1:
            text = f"The largest rank tried, {found}, is stable: there may be more topics. Try higher ranks."
            warnings.append(TopicWarning("edge_of_range", text))
    return found, words


def _result(
    x: Matrix,
    state: _Rank,
    config: NmfkConfig,
    table: tuple[RankScore, ...],
    reason: str,
    warnings: list[TopicWarning],
) -> NmfkResult:
    w, h = consensus(state.runs, state.orders)
    final = refine(x, w, h, max_iterations=config.max_iterations, tolerance=config.tolerance)
    shared = global_topics(final.w, *config.globals())
    k = state.k - int(shared.sum())
    if shared.any():
        reason += f" {int(shared.sum())} of them is spread over all documents alike and is global, not a subject."
    if not final.converged:
        text = f"The factorisation at rank {state.k} was still improving after {config.max_iterations} steps."
        warnings.append(TopicWarning("not_converged", text))
    return NmfkResult(
        k=max(k, 1),
        rank=state.k,
        w=final.w,
        h=final.h,
        is_global=shared,
        stability=np.minimum(state.w, state.h),
        error=final.error,
        table=table,
        reason=reason,
        warnings=tuple(warnings),
    )


def _single(
    x: Matrix,
    seed: int,
    config: NmfkConfig,
    table: Sequence[RankScore],
    reason: str,
    warnings: list[TopicWarning],
) -> NmfkResult:
    one = factorise(x, 1, seed, max_iterations=config.max_iterations, tolerance=config.tolerance)
    return NmfkResult(
        k=1,
        rank=1,
        w=one.w,
        h=one.h,
        is_global=np.zeros(1, dtype=np.bool_),
        stability=np.ones(1),
        error=relative_error(x, one.w, one.h),
        table=tuple(table),
        reason=reason,
        warnings=tuple(warnings),
    )
