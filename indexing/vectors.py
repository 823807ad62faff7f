"""Nearest neighbours by FAISS, and a plain numpy reference that answers the same.

Up to `FLAT_LIMIT` passages the search is exact; above it an HNSW graph is built (Malkov and Yashunin, 2018).
"""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np

from indexing.interfaces import Mask, VectorIndex
from indexing.lexical import best
from indexing.models import FloatMatrix, IntVector
from scraper.errors import EmbeddingError, GenerationDamaged

FLAT_LIMIT = 150_000
HNSW_LINKS, HNSW_BUILD, HNSW_SEARCH = 32, 200, 128


class FaissIndex:
    """Unit vectors in FAISS; row numbers are the ids."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: FloatMatrix, flat_limit: int = FLAT_LIMIT) -> FaissIndex:
        """Index `(n, dim)` unit rows in order."""
        _check(vectors)
        n, dim = vectors.shape
        if n <= flat_limit:
            index: faiss.Index = faiss.IndexFlatIP(dim)
        else:
            index = faiss.IndexHNSWFlat(dim, HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = HNSW_BUILD
            index.hnsw.efSearch = HNSW_SEARCH
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    def __len__(self) -> int:
        """Return the number of vectors."""
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Return the number of columns."""
        return int(self._index.d)

    def search(self, query: FloatMatrix, k: int, allowed: Mask | None = None) -> tuple[IntVector, FloatMatrix]:
        """Return ids and inner products, best first; see `VectorIndex`."""
        row = _query(query, self.dimension)
        k = min(k, len(self) if allowed is None else int(np.count_nonzero(allowed)))
        if k <= 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        scores, ids = self._index.search(row, k, params=self._parameters(allowed, k))
        found = ids[0] >= 0
        ids, scores = ids[0][found], scores[0][found]
        order = np.lexsort((ids, -scores))
        return ids[order], scores[order]

    def _parameters(self, allowed: Mask | None, k: int) -> faiss.SearchParameters | None:
        selector = None
        if allowed is not None:
            selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        if isinstance(self._index, faiss.IndexHNSW):
            return faiss.SearchParametersHNSW(sel=selector, efSearch=max(HNSW_SEARCH, 2 * k))
        return faiss.SearchParameters(sel=selector) if selector is not None else None

    def vector(self, row: int) -> FloatMatrix:
        """Return one stored vector, `(dim,)`."""
        return np.asarray(self._index.reconstruct(int(row)), dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write the index as one file; raise OSError where the disk refuses, of which FAISS tells only that."""
        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:
            raise OSError(f"{path.name} was not written whole; the disk is full or fails") from error

    @classmethod
    def load(cls, path: Path) -> FaissIndex:
        """Read what `save` wrote; raise GenerationDamaged where FAISS refuses it."""
        try:
            return cls(faiss.read_index(str(path)))
        except RuntimeError as error:
            raise GenerationDamaged(f"The vector index {path.name} cannot be read; build again.") from error


class NumpyIndex:
    """The reference: every inner product, sorted."""

    def __init__(self, vectors: FloatMatrix) -> None:
        _check(vectors)
        self._vectors = vectors

    def __len__(self) -> int:
        """Return the number of vectors."""
        return len(self._vectors)

    def search(self, query: FloatMatrix, k: int, allowed: Mask | None = None) -> tuple[IntVector, FloatMatrix]:
        """Return ids and inner products, best first; see `VectorIndex`."""
        scores = self._vectors @ _query(query, self._vectors.shape[1])[0]
        return best(scores.astype(np.float32), k, allowed, floor=-np.inf)


def _check(vectors: FloatMatrix) -> None:
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise EmbeddingError("Vectors must be a finite (n, dim) matrix; embed the passages again.")


def _query(query: FloatMatrix, dimension: int) -> FloatMatrix:
    row = np.ascontiguousarray(query, dtype=np.float32).reshape(1, -1)
    if row.shape[1] != dimension:
        raise EmbeddingError(
            f"The query has {row.shape[1]} dimensions, the index {dimension}: they come from different models. "
            "Set the embedder that built this generation, or build again."
        )
    return row


_: type[VectorIndex] = FaissIndex
