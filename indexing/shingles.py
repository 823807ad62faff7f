"""Pairs of neighbouring words, which tell a quotation from a text that merely shares its words.

Courts quote verbatim: a passage that holds the same word beside the same word again and again is the source, or quotes
it. A pair counts once a passage, by how rare it is; stop words are words here, for they stand between the others. Pairs
are hashed into a fixed number of buckets, so that no table of them is kept (compare Broder, 1997, on shingles).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexing.models import FloatMatrix
from indexing.text import words
from scraper.errors import GenerationDamaged

BUCKETS_A_TEXT = 32  # a passage has four times as many pairs, most of which others have too
LEAST_BUCKETS, MOST_BUCKETS = 2**12, 2**24
COMMON = 0.05  # pairs in more of the texts than this, such as "of the", tell nothing

_Starts = NDArray[np.int64]
_Rows = NDArray[np.int32]


class ShingleIndex:
    """Pairs of words over a fixed list of texts; row numbers are the ids."""

    def __init__(self, size: int, starts: _Starts, rows: _Rows) -> None:
        self._size = size
        self._starts = starts  # (n_buckets + 1,) where each bucket's rows begin
        self._rows = rows  # ascending within a bucket

    @classmethod
    def build(cls, texts: Sequence[str]) -> ShingleIndex:
        """Index the texts in order."""
        buckets = _buckets(len(texts))
        found = [np.unique(np.fromiter(_pairs(text, buckets), dtype=np.int32)) for text in texts]
        key = np.concatenate([np.zeros(0, dtype=np.int32), *found])
        owner = np.repeat(np.arange(len(texts), dtype=np.int32), [len(pairs) for pairs in found])
        counts = np.bincount(key, minlength=buckets)
        if len(texts) > 1 / COMMON:
            counts[counts > COMMON * len(texts)] = 0
            kept = counts[key] > 0
            key, owner = key[kept], owner[kept]
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(len(texts), starts, owner[np.argsort(key, kind="stable")])

    def __len__(self) -> int:
        """Return the number of texts."""
        return self._size

    def scores(self, query: str) -> FloatMatrix:
        """Return the summed rarity of the query's pairs that each text holds, `(n,)`; 0 where it holds none."""
        out = np.zeros(self._size, dtype=np.float64)
        for bucket in sorted(set(_pairs(query, len(self._starts) - 1))):
            rows = self._rows[self._starts[bucket] : self._starts[bucket + 1]]
            if len(rows):
                out[rows] += np.log(1 + (self._size - len(rows) + 0.5) / (len(rows) + 0.5))
        return out.astype(np.float32)

    def save(self, folder: Path) -> None:
        """Write the index into a new folder, as plain arrays."""
        folder.mkdir(parents=True)
        (folder / "size.json").write_text(json.dumps({"size": self._size}))
        np.save(folder / "starts.npy", self._starts, allow_pickle=False)
        np.save(folder / "rows.npy", self._rows, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> ShingleIndex:
        """Open what `save` wrote, mapped into memory; raise GenerationDamaged where it cannot be read."""
        try:
            size = int(json.loads((folder / "size.json").read_text())["size"])
            starts, rows = (np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _FILES)
        except (OSError, ValueError, KeyError) as error:
            raise GenerationDamaged(f"The index in {folder.name} cannot be read ({error}); build again.") from error
        if len(starts) < 2 or starts[-1] != len(rows):
            raise GenerationDamaged(f"The index in {folder.name} does not fit together; build again.")
        return cls(size, starts, rows)


_FILES = ("starts", "rows")


def _buckets(texts: int) -> int:
    wanted = 1 << max(0, texts * BUCKETS_A_TEXT - 1).bit_length()
    return min(MOST_BUCKETS, max(LEAST_BUCKETS, wanted))


def _pairs(text: str, buckets: int) -> Iterator[int]:
    return _hashed(words(text), buckets)


def _hashed(read: Iterable[str], buckets: int) -> Iterator[int]:
    last: bytes | None = None
    for word in read:
        raw = word.encode()
        if last is not None:
            yield zlib.crc32(last + b" " + raw) % buckets
        last = raw
