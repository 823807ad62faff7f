"""How many topics: the rank at which randomly started factorisations of a perturbed matrix agree.

Source: Alexandrov and Stratton (2013), NMFk; Nebgen et al. (2021). For each rank the matrix is perturbed and
factorised from random starts many times. A rank that is in the data gives the same topics each time; one
that is not gives topics that depend on the start. Rows are documents, columns are terms: X ≈ W H with
W (n, k) and H (k, m).

All runs of all ranks share one sketch of the matrix (`sketch`), in which they are perturbed and factorised;
the chosen topics are fitted to the matrix itself at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from indexing.topics.ensemble import consensus, global_topics, shared_part
from indexing.topics.nmf import Factorisation, Matrix, check_matrix, factorise, refine, relative_error
from indexing.topics.rank_choice import choose, no_structure, trivial_reason
from indexing.topics.rank_models import NmfkConfig, NmfkResult, RankScore, TopicWarning
from indexing.topics.rank_sweep import Ensemble, Sweep
from indexing.topics.sketch import Balanced, balance, weights_on
from indexing.topics.sweep import Executor, SerialExecutor, one_thread
from scraper.errors import TopicError

__all__ = ["NmfkConfig", "NmfkResult", "RankScore", "TopicWarning", "all_alike", "nmfk"]

Booleans = NDArray[np.bool_]


def nmfk(
    x: Matrix,
    ks: Iterable[int],
    config: NmfkConfig | None = None,
    seed: int = 0,
    *,
    executor: Executor | None = None,
) -> NmfkResult:
    """Choose the number of topics of a documents-by-terms matrix and factorise it at that number.

    x: (n documents, m terms) sparse or dense, non-negative. ks: ranks to try; 1 is always a possible answer.
    executor: where the runs are worked out; None is here, one after the other. The same seed gives the same
    bits on one CPU type, whatever the executor. Every rank is screened; those that look stable, and that do
    not ask for more directions than the matrix has above chance, get the full ensemble, from the largest
    down, until one holds.
    Raises TopicError for NaN, infinite or negative values, an empty matrix, or ranks below 1.
    """
    config = config or NmfkConfig()
    if seed < 0:
        raise TopicError("The seed must be 0 or more.")
    x, scale = _in_own_units(check_matrix(x))
    ranks, warnings = _ranks_to_try(x, ks)
    if all_alike(x):
        warnings.append(TopicWarning("all_alike", "All documents use the same terms in the same proportions."))
        ranks = []
    with one_thread():
        if ranks:
            result = _choose_and_fit(x, ranks, config, seed, executor or SerialExecutor(), warnings)
        else:
            result = _single(x, seed, config, trivial_reason(x.shape[0], warnings), warnings)
    return replace(result, w=result.w * scale)


def _in_own_units(x: Matrix) -> tuple[Matrix, np.float32]:
    """x over a power of two near its largest value, which loses no bit, so that no square over- or underflows."""
    scale = np.float32(2.0 ** round(float(np.log2(x.data.max())))) if x.nnz else np.float32(1.0)
    x.data /= scale
    return x, scale


def _choose_and_fit(
    x: Matrix, ranks: Sequence[int], config: NmfkConfig, seed: int, executor: Executor, warnings: list[TopicWarning]
) -> NmfkResult:
    balanced = balance(x, config.balance)
    sweep = Sweep(balanced.y, max(ranks), config, seed, executor)
    spectrum = sweep.spectrum()
    screened = sweep.screen(ranks)
    found = sweep.largest_stable(screened, spectrum.above)
    table = tuple(sweep.score(screened[k], spectrum) for k in ranks)
    if found is None:
        reason = no_structure(table, spectrum, config, warnings)
        single = _single(x, seed, config, reason, warnings)
        return replace(single, table=table, spectrum=spectrum)
    chosen, reason = choose(found, table, spectrum, config, warnings)
    state = sweep.top_up(screened[chosen])
    fitted = _fitted(x, balanced, state, config)
    shared = global_topics(fitted.w, *config.globals())
    stability = np.minimum(state.w, state.h)
    if config.find_global and not shared.any() and (wider := _with_global(x, fitted, config)) is not None:
        fitted, shared = wider
        stability = np.append(stability, stability.min())
        reason += " What all of them share is spread over all documents alike: a global topic, not a subject."
    elif shared.any():
        reason += f" {int(shared.sum())} of them is spread over all documents alike and is global, not a subject."
    if not fitted.converged or np.mean([run.converged for run in state.runs]) < 0.5:
        text = f"Factorisations at rank {state.k} were still improving when their steps were used up."
        warnings.append(TopicWarning("not_converged", text))
    return NmfkResult(
        k=int(np.count_nonzero(~shared)),
        rank=shared.size,
        w=fitted.w,
        h=fitted.h,
        is_global=shared,
        stability=stability,
        error=fitted.error,
        table=table,
        reason=reason,
        warnings=tuple(warnings),
        spectrum=spectrum,
    )


def _fitted(x: Matrix, balanced: Balanced, state: Ensemble, config: NmfkConfig) -> Factorisation:
    """The topics on which the runs agree, fitted to the balanced matrix, with the documents' weights on them in X.

    The terms of the topics are those of the matrix in which they are stable: fitted to X itself they would
    drift to what its most frequent terms ask for. The weights are those that `nmf.place` gives a new document.
    """
    w, h = consensus(state.runs, state.orders)
    polished = refine(balanced.y, w, h, max_iterations=config.max_iterations, tolerance=config.fit_tolerance)
    w, h = balanced.back(polished.w, polished.h)
    w = weights_on(x, h, w)
    return replace(polished, w=w, h=h, error=relative_error(x, w, h))


def _with_global(x: Matrix, local: Factorisation, config: NmfkConfig) -> tuple[Factorisation, Booleans] | None:
    """The same topics with what all of them share as one more topic, or None where that is not a global one.

    What every document holds in one proportion adds no direction to the matrix: it is found as a part of
    every topic, and no factorisation tells it from them. Taken out of all, it must explain the documents as
    evenly as a global topic does. Compare Xie and Xing (2013), MGCTM, whose global topics are shared so.
    """
    h, share = shared_part(local.h)
    if share < config.global_share:
        return None
    begin = np.hstack([local.w, local.w.sum(axis=1, keepdims=True)])
    w = weights_on(x, h, begin)
    shared = global_topics(w, *config.globals())
    if not shared[-1] or shared[:-1].any():
        return None
    return replace(local, w=w, h=h, error=relative_error(x, w, h)), shared


def _single(x: Matrix, seed: int, config: NmfkConfig, reason: str, warnings: Sequence[TopicWarning]) -> NmfkResult:
    one = factorise(x, 1, seed, max_iterations=config.max_iterations, tolerance=config.fit_tolerance)
    return NmfkResult(
        k=1,
        rank=1,
        w=one.w,
        h=one.h,
        is_global=np.zeros(1, dtype=np.bool_),
        stability=np.ones(1),
        error=one.error,
        table=(),
        reason=reason,
        warnings=tuple(warnings),
    )


def all_alike(x: Matrix) -> bool:
    """Whether all non-empty rows point in the same direction."""
    lengths = np.sqrt(np.asarray(x.multiply(x).sum(axis=1), dtype=np.float64)).ravel()
    filled = np.flatnonzero(lengths > 0)
    if filled.size < 2:
        return True
    first = np.asarray(x[[filled[0]]].todense(), dtype=np.float64).ravel() / lengths[filled[0]]
    cosines = np.asarray(x @ first).ravel()[filled] / lengths[filled]
    return bool(cosines.min() > 1.0 - 1e-6)


def _most_topics(x: Matrix) -> int:
    # n documents can always be told apart by n topics, each alone with itself: that is no structure.
    return min(int(np.count_nonzero(np.diff(x.indptr))) - 1, int(x.shape[1]))


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
    limit = _most_topics(x)
    ranks = [k for k in wanted if 2 <= k <= limit]
    if wanted[-1] > max(limit, 1):
        kind = "ranks_cut" if ranks else "too_few_documents"
        text = f"Ranks above {max(limit, 1)} were not tried: {filled} documents, {x.shape[1]} terms."
        warnings.append(TopicWarning(kind, text))
    return ranks, warnings
