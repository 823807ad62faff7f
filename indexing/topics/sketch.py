"""A matrix seen through a few directions, and non-negative factorisation inside them.

Y (n, m) ≈ basis (n, r) @ core (r, m) with r little above the largest rank that is asked for. A step of the
factorisation then costs (n + m) * r * k dense multiplications instead of a pass over a sparse matrix.
Sources: Halko, Martinsson and Tropp (2011), randomised range finder; Cichocki and Phan (2009), HALS; Tepper
and Sapiro (2016), compressed non-negative factorisation; Albright et al. (2006), starts from documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from indexing.topics.nmf import Factorisation, Matrix, scaled, squared_norm

Floats = NDArray[np.float32]

_POWERS = 3
"""Power iterations: enough for the singular values near the noise, where the choice is made."""
_HEATS = (6, 12)
"""Steps of the trial starts: a third of them go on after each heat (measured on planted topics and on law)."""
_SEEDS = 5
"""Documents in the mean that a topic begins as: one alone draws it into a corner, many make all topics alike."""


@dataclass(frozen=True, slots=True)
class Balanced:
    """y = rows * x * columns: the matrix with its rows and columns brought nearer to one length.

    y: (n, m) CSR. rows: (n,), columns: (m,) positive factors.
    """

    y: Matrix
    rows: Floats
    columns: Floats

    def back(self, w: Floats, h: Floats) -> tuple[Floats, Floats]:
        """Factors of y as factors of x, rows of H of length 1. w: (n, k), h: (k, m)."""
        return scaled(w / self.rows[:, None], h / self.columns)


def balance(x: Matrix, power: float) -> Balanced:
    """Divide rows and columns by their lengths to a power, 0 (nothing) to 1 (all columns of one length).

    Frequent terms have noise in proportion to what they weigh; unbalanced, the noise of a few of them hides
    topics that many rarer terms carry. Source: Landa, Zhang and Kluger (2022), halfway for terms seen seldom.
    """
    squares = x.multiply(x)
    rows = _factors(squares.sum(axis=1), power)
    columns = _factors(squares.sum(axis=0), power)
    y = sparse.csr_matrix(sparse.diags(rows) @ x @ sparse.diags(columns), dtype=np.float32)
    y.sort_indices()
    return Balanced(y, rows, columns)


def _factors(squares: object, power: float) -> Floats:
    lengths = np.sqrt(np.asarray(squares, dtype=np.float64).ravel())
    # In units of the mean length, so that balancing does not change the scale of the matrix.
    mean = lengths[lengths > 0].mean() if (lengths > 0).any() else 1.0
    factors: Floats = (np.where(lengths > 0, lengths / mean, 1.0) ** -power).astype(np.float32)
    return factors


@dataclass(frozen=True, slots=True)
class Sketch:
    """The r strongest directions of a matrix Y (n, m), as singular vectors.

    basis: (n, r) orthonormal columns. core: (r, m) with Y ≈ basis @ core. values: (r,) singular values,
    descending. spread: (r, m) standard deviation that each value of `core` gets when every value of Y is
    multiplied by 1 + N(0, 1). total: ||Y||².
    """

    basis: Floats
    core: Floats
    values: NDArray[np.float64]
    spread: Floats
    total: float

    def perturbed(self, noise: float, seed: Sequence[int]) -> Floats:
        """`core` (r, m) as it would be, had each value of Y been multiplied by 1 + noise * N(0, 1)."""
        draw = np.random.default_rng(list(seed)).standard_normal(self.core.shape, dtype=np.float32)
        draw *= self.spread
        draw *= np.float32(noise)
        draw += self.core
        return draw


def sketch(y: Matrix, size: int, seed: int) -> Sketch:
    """Find the `size` strongest directions of `y` (n, m) CSR by a randomised range finder."""
    basis, core, values = _directions(y, size, seed)
    squares = y.multiply(y)
    spread = np.sqrt(np.maximum(np.asarray((squares.T @ (basis * basis)).T, dtype=np.float32), 0.0))
    return Sketch(basis, core, values, np.ascontiguousarray(spread), squared_norm(y))


def singular_values(y: Matrix, size: int, seed: int) -> NDArray[np.float64]:
    """The `size` largest singular values of `y`, descending."""
    return _directions(y, size, seed)[2]


def _directions(y: Matrix, size: int, seed: int) -> tuple[Floats, Floats, NDArray[np.float64]]:
    size = min(size, *y.shape)
    draw = np.random.default_rng(seed).standard_normal((y.shape[1], size), dtype=np.float32)
    across = sparse.csr_matrix(y.T)
    q = np.linalg.qr(np.asarray(y @ draw))[0]
    for _ in range(_POWERS):
        q = np.linalg.qr(np.asarray(across @ q))[0]
        q = np.linalg.qr(np.asarray(y @ q))[0]
    b = np.asarray(across @ q).T
    squares, turn = np.linalg.eigh(b.astype(np.float64) @ b.T.astype(np.float64))
    turn = turn[:, ::-1].astype(np.float32)
    values: NDArray[np.float64] = np.sqrt(np.maximum(squares[::-1], 0.0))
    return np.ascontiguousarray(q @ turn), np.ascontiguousarray(turn.T @ b), values


def fit(
    seen: Sketch, core: Floats, k: int, seed: Sequence[int], starts: int, steps: int, tolerance: float
) -> Factorisation:
    """Factorise basis @ core by HALS; of `starts` short runs from random documents the best is carried on.

    core: (r, m), as in `seen` or perturbed. Ends when a step gains less than `tolerance` of what is left, or
    after `steps`. The error is that against the whole matrix, unperturbed. The same seed gives the same bits.
    """
    rng = np.random.default_rng(list(seed))
    problem = _Problem(seen, core)
    race = [(0.0, *problem.start(k, rng)) for _ in range(starts)]
    for heat in _HEATS:
        race = [(_go(problem, w, h, heat), w, h) for _, w, h in race]
        race = sorted(race, key=lambda entry: entry[0])[: (len(race) + 2) // 3]
    left, w, h = race[0]
    taken, gain = 0, np.inf
    while taken < steps and gain > tolerance * max(left, 1e-6 * problem.total):
        now = problem.step(w, h)
        gain, left, taken = left - now, now, taken + 1
    rows, columns = scaled(np.ascontiguousarray(w.T), h)
    return Factorisation(rows, columns, problem.error(rows, columns), taken, taken < steps)


def _go(problem: _Problem, w: Floats, h: Floats, steps: int) -> float:
    """Take some steps; gives what is left."""
    return [problem.step(w, h) for _ in range(steps)][-1]


class _Problem:
    """basis @ core, and the alternating steps on W (k, n) and H (k, m), both held by rows."""

    def __init__(self, seen: Sketch, core: Floats) -> None:
        self._seen = seen
        self._basis = seen.basis
        self._across = np.ascontiguousarray(seen.basis.T)
        self._core = core
        self._core_across = np.ascontiguousarray(core.T)
        self.total = float(np.vdot(core, core))

    def start(self, k: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Random W (k, n) and H (k, m) for `step`: each topic begins as the mean of a few random documents."""
        documents = rng.integers(self._basis.shape[0], size=(k, _SEEDS))
        h: Floats = np.maximum(self._basis[documents].mean(axis=1) @ self._core, 0.0).astype(np.float32)
        lengths = np.linalg.norm(h, axis=1, keepdims=True)
        h /= np.where(lengths > 0, lengths, 1.0)
        w = np.zeros((k, self._basis.shape[0]), dtype=np.float32)
        cross, gram = _chain(h, self._core_across, self._across), h @ h.T
        for _ in range(2):
            _descend(w, cross, gram)
        return w, h

    def step(self, w: Floats, h: Floats) -> float:
        """Improve W, then H, in place; gives what is left of ||basis @ core - WH||²."""
        _descend(w, _chain(h, self._core_across, self._across), h @ h.T)
        cross, gram = _chain(w, self._basis, self._core), w @ w.T
        _descend(h, cross, gram)
        return self.total - 2.0 * float(np.vdot(cross, h)) + float(np.vdot(gram, h @ h.T))

    def error(self, w: Floats, h: Floats) -> float:
        """||Y - WH|| / ||Y||; w: (n, k), h: (k, m)."""
        total = self._seen.total
        cross = float(np.vdot((w.T @ self._basis) @ self._seen.core, h))
        product = float(np.vdot(w.T @ w, h @ h.T))
        return float(np.sqrt(max(total - 2.0 * cross + product, 0.0) / total)) if total > 0 else 0.0


def _chain(factor: Floats, first: Floats, second: Floats) -> Floats:
    """factor @ first @ second, through the few directions in the middle."""
    return np.asarray((factor @ first) @ second, dtype=np.float32)


def _descend(factor: Floats, cross: Floats, gram: Floats) -> None:
    """One pass of HALS over the rows of `factor` (k, d), in place; cross: (k, d), gram: (k, k)."""
    for j in range(factor.shape[0]):
        own = gram[j, j]
        if own <= 1e-12:
            continue
        change = gram[j] @ factor
        np.subtract(cross[j], change, out=change)
        change /= own
        change += factor[j]
        np.maximum(change, 0.0, out=factor[j])


def weights_on(x: Matrix, h: Floats, begin: Floats, passes: int = 100, tolerance: float = 1e-5) -> Floats:
    """Non-negative weights (n, k) that best explain `x` (n, m) CSR by topics `h` (k, m), from `begin` (n, k).

    The same least squares as `nmf.place`, for many documents at once; ends when no weight moves by more than
    `tolerance` of the largest.
    """
    w = np.ascontiguousarray(begin.T, dtype=np.float32)
    cross = np.ascontiguousarray(np.asarray(x @ h.T).T)
    gram = h @ h.T
    for _ in range(passes):
        before = w.copy()
        _descend(w, cross, gram)
        if float(np.abs(w - before).max()) <= tolerance * float(w.max(initial=0.0)):
            break
    # A document without words belongs to nothing.
    w[:, np.diff(x.indptr) == 0] = 0.0
    return np.ascontiguousarray(w.T)
