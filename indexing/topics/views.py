"""What is known of documents besides their words, joined to the words: a graph of likeness, and walks over it.

Words alone group the law worse than embeddings do, and neither knows what cites what. Three views make one graph of
documents: those that share nearest neighbours by words, those that share them by embedding, and those that cite each
other or the same law. Each document's terms are then mixed with those of documents near it in the graph, step by
step; the matrix stays non-negative, and its columns stay terms that can be read.

Sources: shared nearest neighbours, Jarvis and Patrick (1973); bibliographic coupling, Kessler (1963); simple graph
convolution, Wu et al. (2019).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from indexing.topics.nmf import Matrix
from indexing.topics.vectorize import Floats, neighbours, smooth, strongest, unit_rows

Pairs = Sequence[tuple[int, int]]
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class ViewConfig:
    """How much each view weighs in the graph of documents.

    words, embeddings: of documents that share nearest neighbours (at most 1 for the same ones). citations: of one that
    cites the other. coupling: of two that cite the same documents (times the cosine of what they cite). strongest:
    links kept for each document; fewer make walks cheaper, and stop them from spreading over chance links. terms: the
    strongest ones that a document keeps at each step of mixing.
    """

    words: float = 1.0
    embeddings: float = 1.0
    citations: float = 2.0
    coupling: float = 1.0
    strongest: int = 25
    terms: int = 100


def neighbour_count(documents: int, most: int) -> int:
    """How many neighbours to look at in a node of `documents`: in a small one `most` would be most of it."""
    return min(most, max(3, round(math.sqrt(documents))))


def document_graph(
    x: Matrix, embeddings: Floats | None, citations: Pairs | None, count: int, config: ViewConfig
) -> Matrix:
    """Symmetric (n, n) CSR weights of at least 0 between documents, none with itself.

    x: (n, m) words. embeddings: (n, d) or None. citations: (from row, to row), in any order, or None. count: nearest
    neighbours that are looked at in each view.
    """
    n = x.shape[0]
    graph = sparse.csr_matrix((n, n), dtype=np.float32)
    if config.words > 0:
        graph = graph + config.words * shared_neighbours(word_neighbours(x, count))
    if embeddings is not None and config.embeddings > 0:
        graph = graph + config.embeddings * shared_neighbours(neighbours(embeddings, count))
    if citations:
        cited = _cited(citations, n)
        graph = graph + config.citations * cited.maximum(cited.T) + config.coupling * coupling(cited)
    graph = sparse.csr_matrix(graph, dtype=np.float32)
    graph = graph - sparse.diags(graph.diagonal())
    graph.eliminate_zeros()
    kept = strongest(graph, config.strongest)
    return sparse.csr_matrix(kept.maximum(kept.T), dtype=np.float32)


def word_neighbours(x: Matrix, k: int) -> Matrix:
    """(n, n) CSR with 1 at each document's `k` nearest others by the cosine of their words, block by block.

    x: (n, m) rows of length 1. Documents without a common term are no neighbours.
    """
    n = x.shape[0]
    k = min(k, n - 1)
    if k < 1:
        return sparse.csr_matrix((n, n), dtype=np.float32)
    flipped = sparse.csr_matrix(x.T)
    rows, columns = [], []
    for begin in range(0, n, _BLOCK):
        block = (x[begin : begin + _BLOCK] @ flipped).toarray()
        here = np.arange(block.shape[0])
        block[here, begin + here] = -1.0
        nearest = np.sort(np.argpartition(-block, k - 1, axis=1)[:, :k], axis=1)
        found = np.take_along_axis(block, nearest, axis=1) > 0
        rows.append(np.repeat(begin + here, k)[found.ravel()])
        columns.append(nearest[found])
    r, c = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_matrix((np.ones(r.size, dtype=np.float32), (r, c)), shape=(n, n))


def shared_neighbours(near: Matrix) -> Matrix:
    """Which share of their nearest neighbours two documents have in common, (n, n) CSR, symmetric, 0..1.

    near: (n, n), not 0 at each document's neighbours; each document counts as one of its own. A document that is near
    many others by chance, as long ones are, shares few of their neighbours.
    """
    n = near.shape[0]
    sets = sparse.csr_matrix((near != 0).astype(np.float32) + sparse.identity(n, dtype=np.float32, format="csr"))
    sets.data[:] = 1.0
    sizes = np.diff(sets.indptr).astype(np.float32)
    common = (sets @ sets.T).tocoo()
    values = common.data / (sizes[common.row] + sizes[common.col] - common.data)
    graph = sparse.csr_matrix((values, (common.row, common.col)), shape=(n, n), dtype=np.float32)
    graph.setdiag(0.0)
    graph.eliminate_zeros()
    return graph


def _cited(pairs: Pairs, n: int) -> Matrix:
    """(n, n) CSR with 1 where the row cites the column; what cites itself does not count."""
    distinct = np.array(sorted({(a, b) for a, b in pairs if a != b}), dtype=np.intp).reshape(-1, 2)
    ones = np.ones(distinct.shape[0], dtype=np.float32)
    return sparse.csr_matrix((ones, (distinct[:, 0], distinct[:, 1])), shape=(n, n))


def coupling(cited: Matrix) -> Matrix:
    """Cosine of what two documents cite, (n, n) CSR; what all cite counts little, and each counts as cited by itself.

    cited: (n, n), 1 where the row cites the column.
    """
    n = cited.shape[0]
    both = sparse.csr_matrix(cited + sparse.identity(n, dtype=np.float32, format="csr"))
    frequency = np.bincount(both.indices, minlength=n)
    idf = np.log((n + 1.0) / (frequency + 1.0)).astype(np.float32)
    rows = unit_rows(both @ sparse.diags(idf))
    graph = sparse.csr_matrix(rows @ rows.T, dtype=np.float32)
    graph.setdiag(0.0)
    graph.eliminate_zeros()
    return graph


def walk(graph: Matrix) -> Matrix:
    """The graph as chances of a step from row to column; a document without a link stays without."""
    totals = np.asarray(graph.sum(axis=1), dtype=np.float64).ravel()
    scale = np.divide(1.0, totals, out=np.zeros_like(totals), where=totals > 0)
    return sparse.csr_matrix(sparse.diags(scale) @ graph, dtype=np.float32)


def diffuse(x: Matrix, graph: Matrix, steps: int, share: float, limit: int) -> Matrix:
    """Mix each document's terms with those of documents near it, `steps` times; see `vectorize.smooth`.

    Few steps keep fine differences, many leave the broad ones. x: (n, m) rows of length 1; graph: (n, n).
    """
    chances = walk(graph)
    for _ in range(steps):
        x = smooth(x, chances, limit, share)
    return x


def halved(x: Matrix, graph: Matrix, seed: int) -> tuple[Matrix, Matrix]:
    """Half of each document's words and half of all links, at random: what a split must be found in again.

    Drawn before any mixing, since mixing makes every matrix look the same each time.
    """
    rng = np.random.default_rng(seed)
    words = x.copy()
    words.data = np.where(rng.random(words.nnz) < 0.5, words.data, 0.0).astype(np.float32)
    words.eliminate_zeros()
    upper = sparse.triu(graph, k=1, format="csr")
    upper.data = np.where(rng.random(upper.nnz) < 0.5, upper.data, 0.0).astype(np.float32)
    upper.eliminate_zeros()
    return unit_rows(words), sparse.csr_matrix(upper + upper.T, dtype=np.float32)


def citations_within(citations: NDArray[np.intp], rows: NDArray[np.intp], documents: int) -> list[tuple[int, int]]:
    """The citations among some documents, numbered by their place in `rows`.

    citations: (c, 2) rows of all `documents`.
    """
    place = np.full(documents, -1, dtype=np.intp)
    place[rows] = np.arange(rows.size)
    inside = place[citations] if citations.size else np.zeros((0, 2), dtype=np.intp)
    kept = inside[(inside >= 0).all(axis=1)]
    return [(int(a), int(b)) for a, b in kept]
