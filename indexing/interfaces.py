"""The seams of the index: each has two real implementations or more, held to one contract test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexing.models import FloatMatrix, IntVector

Mask = NDArray[np.bool_]


class Embedder(Protocol):
    """Text to unit vectors; the same text gives the same vector, alone or in a batch, to 1e-3."""

    name: str
    max_tokens: int

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Return a hash over weights, precision and maximum length: vectors of two fingerprints never mix."""
        ...

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Return `(n, dimension)` float32 rows of length one."""
        ...


class VectorIndex(Protocol):
    """Nearest neighbours by inner product of unit vectors: higher is nearer, 1 is the same direction."""

    def __len__(self) -> int:
        """Return the number of vectors."""
        ...

    def search(self, query: FloatMatrix, k: int, allowed: Mask | None = None) -> tuple[IntVector, FloatMatrix]:
        """Return passage ids and scores, each `(k',)`, best first, ties by id; `allowed` filters before the search."""
        ...


class LexicalIndex(Protocol):
    """BM25 over passages: higher is better, 0 means that no term is shared."""

    def __len__(self) -> int:
        """Return the number of passages."""
        ...

    def search(self, query: str, k: int, allowed: Mask | None = None) -> tuple[IntVector, FloatMatrix]:
        """Return passage ids and scores, each `(k',)`, best first, ties by id; none that shares no term."""
        ...
