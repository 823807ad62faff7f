"""Non-negative factorisation of a documents-by-terms matrix, and placement on fixed topics.

Orientation, everywhere in this package: X (n documents, m terms) ≈ W (n, k) @ H (k, m). A row of W says
how much of each topic a document holds; a row of H is a topic's distribution over terms.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import solve_triangular
from scipy.optimize import nnls
from sklearn.decomposition import non_negative_factorization
from sklearn.exceptions import ConvergenceWarning

from scraper.errors import TopicError

Matrix = Any
"""A scipy CSR matrix or array; scipy ships no types."""

_SHORT = 20
"""Iterations of a trial start: enough to tell a good start from a bad one (measured on planted topics)."""


@dataclass(frozen=True, slots=True)
class Factorisation:
    """One factorisation X ≈ W H; rows of H have length 1, so that W carries all of the scale.

    w: (n, k) non-negative. h: (k, m) non-negative. error: ||X - WH|| / ||X||, 0 is perfect.
    """

    w: NDArray[np.float32]
    h: NDArray[np.float32]
    error: float
    iterations: int
    converged: bool


def check_matrix(x: Matrix) -> Matrix:
    """Give `x` back as a CSR float32 matrix that can be factorised.

    x: (n, m), sparse or dense. Raises TopicError for a wrong shape, NaN, infinite or negative values.
    """
    if not sparse.issparse(x):
        dense = np.asarray(x)
        if dense.dtype.kind not in "biuf":
            raise TopicError("The matrix does not hold numbers; give a documents-by-terms matrix of weights.")
        x = sparse.csr_matrix(np.atleast_2d(dense))
    if x.ndim != 2 or x.shape[0] == 0 or x.shape[1] == 0:
        raise TopicError(f"The matrix has shape {x.shape}; give at least one document and one term.")
    if x.dtype.kind not in "biuf":
        raise TopicError("The matrix does not hold real numbers; give a documents-by-terms matrix of weights.")
    x = sparse.csr_matrix(x, dtype=np.float32, copy=True)
    x.sum_duplicates()
    x.eliminate_zeros()
    if not np.isfinite(x.data).all():
        raise TopicError("The matrix holds NaN or infinite values; remove or replace them first.")
    if x.nnz and float(x.data.min()) < 0:
        raise TopicError("The matrix holds negative values; topics need weights of 0 or more (counts, TF-IDF).")
    return x


def squared_norm(x: Matrix) -> float:
    """Sum of squares of a sparse matrix, in double precision."""
    data = x.data.astype(np.float64)
    return float(data @ data)


def relative_error(x: Matrix, w: NDArray[np.float32], h: NDArray[np.float32]) -> float:
    """||X - WH|| / ||X|| without ever building WH; 0 is perfect, 1 is no better than nothing."""
    total = squared_norm(x)
    if total == 0.0:
        return 0.0
    w64, h64 = w.astype(np.float64), h.astype(np.float64)
    cross = float(np.sum(np.asarray(x @ h64.T) * w64))
    product = float(np.sum((w64.T @ w64) * (h64 @ h64.T)))
    return float(np.sqrt(max(total - 2.0 * cross + product, 0.0) / total))


def scaled(w: NDArray[np.float32], h: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Move the scale of H into W, so that rows of H have length 1; the product stays the same."""
    lengths = np.linalg.norm(h, axis=1)
    safe = np.where(lengths > 0, lengths, 1.0).astype(np.float32)
    return w * safe, h / safe[:, None]


def factorise(
    x: Matrix, k: int, seed: int, *, max_iterations: int = 200, tolerance: float = 1e-4, starts: int = 1
) -> Factorisation:
    """Coordinate-descent NMF from random starts; the best of `starts` short runs is carried to the end.

    x: (n, m) CSR, checked. The same seed gives the same bits on one CPU type with one BLAS thread.
    Source: Cichocki and Phan, "Fast local algorithms for large scale NMF" (2009), as in scikit-learn.
    """
    if starts < 2:
        w, h, iterations = _descend(x, k, seed, None, max_iterations, tolerance)
        return _finished(x, w, h, iterations, max_iterations)
    best: tuple[float, NDArray[np.float32], NDArray[np.float32]] | None = None
    # Spawned, not seed + 1, seed + 2: the starts of one seed must not be those of the next.
    for start in np.random.SeedSequence(seed).generate_state(starts):
        w, h, _ = _descend(x, k, int(start), None, _SHORT, tolerance)
        error = relative_error(x, w, h)
        if best is None or error < best[0]:
            best = (error, w, h)
    assert best is not None
    return refine(x, best[1], best[2], max_iterations=max_iterations, tolerance=tolerance)


def refine(
    x: Matrix,
    w: NDArray[np.float32],
    h: NDArray[np.float32],
    *,
    max_iterations: int = 200,
    tolerance: float = 1e-4,
) -> Factorisation:
    """Coordinate descent from given factors: x (n, m), w (n, k), h (k, m); deterministic."""
    w, h, iterations = _descend(x, w.shape[1], 0, (w, h), max_iterations, tolerance)
    return _finished(x, w, h, iterations, max_iterations)


def _finished(x: Matrix, w: NDArray[np.float32], h: NDArray[np.float32], iterations: int, limit: int) -> Factorisation:
    w, h = scaled(w, h)
    return Factorisation(w, h, relative_error(x, w, h), iterations, iterations < limit)


def _descend(
    x: Matrix,
    k: int,
    seed: int,
    begin: tuple[NDArray[np.float32], NDArray[np.float32]] | None,
    max_iterations: int,
    tolerance: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32], int]:
    with warnings.catch_warnings():
        # Whether it converged is part of the result; a warning for each of hundreds of fits helps nobody.
        warnings.simplefilter("ignore", ConvergenceWarning)
        w, h, iterations = non_negative_factorization(
            x,
            W=None if begin is None else begin[0].copy(),
            H=None if begin is None else begin[1].copy(),
            n_components=k,
            init="random" if begin is None else "custom",
            solver="cd",
            tol=tolerance,
            max_iter=max_iterations,
            random_state=seed % (2**32),
        )
    return w.astype(np.float32), h.astype(np.float32), int(iterations)


def place(h: NDArray[np.float32], x: Matrix) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights of new documents on fixed topics by exact non-negative least squares, without a refit.

    h: (k, m) topics. x: (n, m) sparse or dense, in the same terms. Gives (n, k) weights and (n,) residuals
    ||x - wh|| / ||x|| in 0..1, where near 1 means that no topic here explains the document.
    Raises TopicError when the number of terms differs. Source: Lawson and Hanson (1974), by scipy.
    """
    rows = check_matrix(x)
    if rows.shape[1] != h.shape[1]:
        raise TopicError(
            f"The documents have {rows.shape[1]} terms, the topics {h.shape[1]}; use the topics' own vocabulary."
        )
    h64 = h.astype(np.float64)
    k = h64.shape[0]
    gram = h64 @ h64.T
    # min ||x - wh|| depends on h only through its k by k Gram matrix; the ridge keeps alike topics solvable.
    gram += np.eye(k) * (1e-10 * max(float(np.trace(gram)), 1e-30))
    lower = np.linalg.cholesky(gram)
    targets = solve_triangular(lower, np.asarray(rows @ h64.T).T, lower=True)
    weights = np.zeros((rows.shape[0], k))
    for row in range(rows.shape[0]):
        weights[row], _ = nnls(lower.T, targets[:, row])
    totals = np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float64).ravel()
    cross = np.sum(np.asarray(rows @ h64.T) * weights, axis=1)
    product = np.sum((weights @ (h64 @ h64.T)) * weights, axis=1)
    squares = np.maximum(totals - 2.0 * cross + product, 0.0)
    residuals = np.sqrt(np.divide(squares, totals, out=np.ones_like(totals), where=totals > 0))
    return weights.astype(np.float32), np.clip(residuals, 0.0, 1.0).astype(np.float32)
