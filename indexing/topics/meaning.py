"""Which terms change the company they keep from an earlier to a later time, told apart from the luck of the cases.

A term's neighbours are the words within a few places of it, each weighted by positive pointwise mutual information in
that time. How far the two lists lie apart is one minus their cosine. Any two samples of cases lie apart somewhat, the
more the rarer the term: so times are dealt out to the cases again and again, only among cases of one topic and one
court, and a term counts as drifting only where its distance is beyond what those deals give. A change of the mixture of
topics or courts is thereby none of meaning, and a case that repeats itself counts once, since it moves as a whole.

Sources: Hamilton, Leskovec and Jurafsky, Diachronic Word Embeddings Reveal Statistical Laws of Semantic Change (2016),
3.1 (PPMI); Dubossarsky, Weinshall and Grossman, Outta Control (2017), on shuffled controls; Benjamini and Hochberg
(1995), on many tests at once.
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
class MeaningConfig:
    """window: words on either side. documents: cases that must use a term at either time. terms, contexts: at most.

    common: terms in more than this share of the cases are left out. seen: how often neighbours must occur in all.
    stages: (deals, for terms of a p up to this in the stage before). rate: highest share of false finds.
    """

    window: int = 8
    min_cases: int = 100
    documents: int = 12
    common: float = 0.5
    terms: int = 250
    contexts: int = 1500
    seen: int = 5
    stages: tuple[tuple[int, float], ...] = ((199, 1.0), (999, 0.05), (9999, 0.005))
    rate: float = 0.05
    neighbours: int = 6


@dataclass(frozen=True, slots=True)
class DriftedTerm:
    """A term whose neighbours changed. distance: 0 (the same) to 1; by_chance: its mean over deals of the times.

    p: chance of so large a distance; q: share of false finds among terms with a p as low. documents: cases that use it
    before and after. gained, lost: neighbours whose mutual information rose and fell most.
    """

    term: str
    distance: float
    by_chance: float
    p: float
    q: float
    documents: tuple[int, int]
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meanings:
    """Terms that were tested, and those that drifted, the surest first."""

    tested: int
    drifted: tuple[DriftedTerm, ...]


def drifted_terms(
    documents: Sequence[Sequence[str]], late: Sequence[bool], strata: Sequence[str], terms: Sequence[str],
    config: MeaningConfig | None = None, seed: int = 0,
) -> Meanings | None:  # fmt: skip
    """Test terms, words or phrases, for drift from the cases that are not `late` to those that are.

    documents: words in order, as `vectorize.tokenise_terms` gives them. strata: within which times are dealt out.
    None where there are too few cases.
    """
    config = config or MeaningConfig()
    after = np.asarray(late, dtype=np.bool_)
    if after.size < config.min_cases or min(after.sum(), (~after).sum()) < config.documents:
        return None
    uses = _Uses(documents, terms, config)
    tested = uses.testable(after, config)
    rng = np.random.default_rng(seed)
    groups = np.unique(np.array(strata), return_inverse=True)[1]
    distances: dict[int, Floats] = {}
    p = dict.fromkeys(tested, 0.0)
    for draws, doubtful in config.stages:
        # Fresh deals for those that still look drifted, so that a p that was low by luck does not stay so.
        again = [term for term in tested if p[term] <= doubtful]
        parts = [_Deals(uses, _deals(after, groups, part, rng)) for part in _parts(draws, 1000)] if again else []
        for term in again:
            found = [part.distances(term, config.seen) for part in parts]
            distances[term] = np.concatenate([found[0][:1], *(one[1:] for one in found)])
            p[term] = _chance(distances[term])
    q = dict(zip(tested, false_finds([p[term] for term in tested]), strict=True))
    kept = sorted((term for term in tested if q[term] <= config.rate), key=lambda term: (p[term], uses.terms[term]))
    return Meanings(len(tested), tuple(uses.described(term, after, distances[term], p[term], q[term], config)
                                      for term in kept))  # fmt: skip


def false_finds(p: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p: the rate of false finds when everything as sure as this is kept."""
    size = len(p)
    order = np.argsort(p, kind="stable")[::-1]
    found, lowest = [0.0] * size, 1.0
    for place, at in enumerate(order):
        lowest = min(lowest, p[at] * size / (size - place))
        found[int(at)] = lowest
    return found


def _chance(distances: Floats) -> float:
    return float((1 + np.sum(distances[1:] >= distances[0] - 1e-12)) / distances.size)


def _parts(total: int, size: int) -> list[int]:
    return [min(size, total - start) for start in range(0, total, size)]


def _deals(late: NDArray[np.bool_], groups: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """(1 + draws, documents) of 0 and 1: the real times, then deals that keep each group's number of late cases."""
    deals = np.repeat(late[None, :].astype(np.float64), draws + 1, axis=0)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        if 0 < late[rows].sum() < rows.size:
            deals[1:, rows] = rng.permuted(deals[1:, rows], axis=1)
    return deals


class _Uses:
    """How often each context word stands near each term in each document, and in it at all."""

    def __init__(self, documents: Sequence[Sequence[str]], terms: Sequence[str], config: MeaningConfig) -> None:
        held = Counter(word for words in documents for word in set(words))
        common = [(word, n) for word, n in held.items() if n >= 2 * config.documents]
        self.contexts = [word for word, _ in sorted(common, key=lambda pair: (-pair[1], pair[0]))[: config.contexts]]
        number = {word: at for at, word in enumerate(self.contexts)}
        self.terms = list(dict.fromkeys(terms))
        heads: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
        for at, term in enumerate(self.terms):
            parts = tuple(term.split())
            heads.setdefault(parts[0], []).append((at, parts))
        self.totals = np.zeros((len(documents), len(self.contexts)))
        found = [(np.zeros(0, dtype=np.intp),) * 3]
        for row, words in enumerate(documents):
            ids = np.array([number.get(word, -1) for word in words], dtype=np.intp)
            self.totals[row] = np.bincount(ids[ids >= 0], minlength=len(self.contexts))
            places = [
                (at, at + len(wanted), term)
                for at, word in enumerate(words) for term, wanted in heads.get(word, ())
                if len(wanted) == 1 or tuple(words[at : at + len(wanted)]) == wanted
            ]  # fmt: skip
            if places:
                which, near = _near(np.array(places, dtype=np.intp), ids, config.window)
                found.append((which, np.full(which.size, row, dtype=np.intp), near))
        which, rows, near = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.argsort(which, kind="stable")
        bounds = np.searchsorted(which[order], np.arange(1, len(self.terms)))
        self._near = [(rows[part], near[part]) for part in np.split(order, bounds)]

    def counts(self, term: int) -> tuple[Ints, Floats]:
        """Rows of the documents that use a term, and (rows, contexts) how often each context is near it there."""
        rows, near = self._near[term]
        held, at = np.unique(rows, return_inverse=True)
        size = len(self.contexts)
        flat = np.bincount(at * size + near, minlength=held.size * size)
        return held, flat.reshape(held.size, size).astype(np.float64)

    def testable(self, late: NDArray[np.bool_], config: MeaningConfig) -> list[int]:
        """Terms with enough cases at both times, those in the most cases first."""
        fit = []
        for term in range(len(self.terms)):
            held = np.unique(self._near[term][0])
            after = int(late[held].sum())
            if min(after, held.size - after) >= config.documents and held.size <= config.common * late.size:
                fit.append((-held.size, term))
        return [term for _, term in sorted(fit)[: config.terms]]

    def described(
        self, term: int, late: NDArray[np.bool_], distances: Floats, p: float, q: float, config: MeaningConfig
    ) -> DriftedTerm:
        """What is told of a drifted term: neighbours in at least two cases of the time that they belong to."""
        rows, near = self.counts(term)
        after = late[rows]
        counts = np.stack([near[~after].sum(axis=0), near[after].sum(axis=0)])
        before_info, after_info = _information(
            counts, np.stack([self.totals[~late].sum(axis=0), self.totals[late].sum(axis=0)])
        )
        # weighed by how often it was met: of what was met twice little is known
        change = (after_info - before_info) * np.sqrt(counts.max(axis=0))
        change[counts.sum(axis=0) < config.seen] = 0.0
        several = [(near[part] > 0).sum(axis=0) >= 2 for part in (~after, after)]
        order = np.argsort(-change, kind="stable")
        gained = [self.contexts[at] for at in order if change[at] > 0 and several[1][at]]
        lost = [self.contexts[at] for at in order[::-1] if change[at] < 0 and several[0][at]]
        most = config.neighbours
        return DriftedTerm(
            self.terms[term], float(distances[0]), float(distances[1:].mean()), p, q,
            (int((~after).sum()), int(after.sum())), tuple(gained[:most]), tuple(lost[:most]),
        )  # fmt: skip


def _near(places: Ints, ids: Ints, window: int) -> tuple[Ints, Ints]:
    """(term, context) of every context word within the window of a term, which itself is none of them."""
    starts, ends, terms = places.T
    found = []
    for step in range(1, window + 1):
        for at in (starts - step, ends - 1 + step):
            inside = (at >= 0) & (at < ids.size)
            context = np.where(inside, ids[np.where(inside, at, 0)], -1)
            found.append((terms[context >= 0], context[context >= 0]))
    return np.concatenate([term for term, _ in found]), np.concatenate([context for _, context in found])


def _information(near: Floats, totals: Floats) -> Floats:
    """Positive pointwise mutual information with each context, by row; counts near the term and in all."""
    share = near / np.maximum(near.sum(axis=-1, keepdims=True), 1.0)
    usual = totals / np.maximum(totals.sum(axis=-1, keepdims=True), 1.0)
    known = (share > 0) & (usual > 0)
    found: Floats = np.maximum(np.log(np.divide(share, usual, out=np.ones_like(share), where=known)), 0.0)
    return found


class _Deals:
    """Distances of terms under some deals of the times to the documents."""

    def __init__(self, uses: _Uses, deals: Floats) -> None:
        self._uses, self._deals = uses, deals
        self._after = deals @ uses.totals
        self._before = uses.totals.sum(axis=0) - self._after

    def distances(self, term: int, seen: int) -> Floats:
        """One minus the cosine of a term's neighbours before and after, for each deal; 1 where one time has none."""
        rows, near = self._uses.counts(term)
        kept = np.flatnonzero(near.sum(axis=0) >= seen)
        after = self._deals[:, rows] @ near[:, kept]
        before = near[:, kept].sum(axis=0) - after
        one = _information(before, self._before[:, kept])
        two = _information(after, self._after[:, kept])
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
        found: Floats = np.divide((one * two).sum(axis=1), lengths, out=np.zeros_like(lengths), where=lengths > 0)
        return 1.0 - found
