"""What a choice of rank is asked with and what it answers: settings, figures of each rank, warnings."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.topics.spectrum import Spectrum
from scraper.errors import TopicError


@dataclass(frozen=True, slots=True)
class NmfkConfig:
    """perturbations: runs for each rank that could be the answer; screen: runs that every rank gets first.

    noise: standard deviation of the error put on each value, as a share of it. starts: short random starts
    for each run, of which the best is carried on, since one bad local minimum sinks a whole rank. stable:
    lowest mean silhouette of any topic, of W and of H, at which a rank counts as found. flat: a profile whose
    stabilities differ by less is flat. balance: see `sketch.balance`; 0 takes the weights as they are.
    margin: how far above chance a direction of the matrix must be to carry a topic. spare: directions kept
    beyond the largest rank. steps, tolerance: of each run. max_iterations, fit_tolerance: of the last fit, to
    the matrix itself. find_global: look for a topic that all documents share within the others, of which it
    must be at least the part global_share, 0..1. global_floor, global_gap, global_cover: see
    `ensemble.global_topics`.
    """

    perturbations: int = 12
    screen: int = 3
    noise: float = 0.3
    starts: int = 9
    stable: float = 0.75
    flat: float = 0.03
    balance: float = 0.5
    margin: float = 1.05
    spare: int = 10
    steps: int = 200
    tolerance: float = 1e-4
    max_iterations: int = 100
    fit_tolerance: float = 1e-3
    find_global: bool = True
    global_share: float = 0.05
    global_floor: float = 0.55
    global_gap: float = 1.15
    global_cover: float = 0.72

    def __post_init__(self) -> None:
        if not 2 <= self.screen <= self.perturbations:
            raise TopicError("An ensemble needs 2 or more screening runs, and at least as many perturbations.")
        if not 0.0 < self.noise < 1.0:
            raise TopicError("The noise of the perturbations must lie between 0 and 1.")
        if self.starts < 1 or self.max_iterations < 1 or self.steps < 1:
            raise TopicError("A run needs at least one start and one iteration.")
        if not 0.0 <= self.balance <= 1.0 or self.spare < 1:
            raise TopicError("The balance must lie between 0 and 1, and one spare direction is needed at least.")

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
    mean_h: mean over topics. matched: share of the runs' columns whose cosine to their topic's centre is over
    .9. error: ||Y - WH|| / ||Y||, mean over runs, Y being the balanced matrix. bic: of Y, lower is better.
    over_edge: singular value k in units of what chance reaches. energy: share of the squares above chance in
    the first k directions. runs: size of the ensemble. converged: share of runs that ended by tolerance.
    global_topics: topics shared by all.
    """

    k: int
    silhouette_w: float | None
    silhouette_h: float | None
    mean_w: float | None
    mean_h: float | None
    matched: float | None
    error: float
    bic: float
    over_edge: float
    energy: float
    runs: int
    converged: float
    global_topics: int

    @property
    def stability(self) -> float:
        """The lower one of both lowest silhouettes; 1 at rank 1, where there is nothing to disagree about."""
        if self.silhouette_w is None or self.silhouette_h is None:
            return 1.0
        return min(self.silhouette_w, self.silhouette_h)

    def to_json(self) -> dict[str, Any]:
        """All figures as plain values."""
        return {**asdict(self), "stability": self.stability}


@dataclass(frozen=True, slots=True)
class NmfkResult:
    """The rank that was found, the topics at it, and every figure that the decision rests on.

    k: subject topics; rank: all topics, of which `is_global` (rank,) are shared by the whole set. w: (n,
    rank), h: (rank, m), rows of h of length 1. stability: (rank,) lower mean silhouette of each topic.
    error: ||X - WH|| / ||X||. spectrum: None where no rank could be tried.
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
    spectrum: Spectrum | None = None

    def to_json(self) -> dict[str, Any]:
        """The decision and its figures as plain values, without the factors."""
        return {
            "k": self.k,
            "rank": self.rank,
            "global_topics": int(self.is_global.sum()),
            "error": self.error,
            "table": [score.to_json() for score in self.table],
            "spectrum": asdict(self.spectrum) if self.spectrum is not None else None,
            "reason": self.reason,
            "warnings": [asdict(warning) for warning in self.warnings],
        }
