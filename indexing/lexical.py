"""BM25 over one analysis of text (`indexing.text`), by bm25s; saved as plain arrays and JSON.

Lucene's form of BM25 (Robertson and Zaragoza, 2009) with k1 1.2 and b .75: scores are not negative, and a document
that shares no term with the query has score 0.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np

from indexing.interfaces import Mask
from indexing.models import FloatMatrix, IntVector
from indexing.text import tokens
from scraper.errors import GenerationDamaged

K1, B = 1.2, 0.75


class Bm25Index:
    """An inverted index over a fixed list of texts; row numbers are the ids."""

    def __init__(self, engine: bm25s.BM25 | None, size: int) -> None:
        self._engine = engine  # None for a list without a single term, which bm25s cannot hold
        self._size = size

    @classmethod
    def build(cls, texts: Sequence[str]) -> Bm25Index:
        """Index the texts in order."""
        analysed = [tokens(text) for text in texts]
        vocabulary = {term: i for i, term in enumerate(sorted({term for row in analysed for term in row}))}
        if not vocabulary:
            return cls(None, len(texts))
        engine = bm25s.BM25(k1=K1, b=B, method="lucene")
        ids = [[vocabulary[term] for term in row] for row in analysed]
        engine.index((ids, vocabulary), show_progress=False, create_empty_token=False)
        return cls(engine, len(texts))

    def __len__(self) -> int:
        """Return the number of texts."""
        return self._size

    def scores(self, query: str) -> FloatMatrix:
        """Return the score of every text for a query, `(n,)` float32, 0 where no term is shared."""
        known = [] if self._engine is None else [t for t in tokens(query) if t in self._engine.vocab_dict]
        if self._engine is None or not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._engine.get_scores(known), dtype=np.float32)

    def containing(self, term: str) -> IntVector:
        """Return the rows that hold a term as `indexing.text` makes terms, in ascending order."""
        column = None if self._engine is None else self._engine.vocab_dict.get(term)
        if self._engine is None or column is None:
            return np.zeros(0, dtype=np.int64)
        start, end = self._engine.scores["indptr"][column : column + 2]
        return np.sort(self._engine.scores["indices"][start:end]).astype(np.int64)

    def search(self, query: str, k: int, allowed: Mask | None = None) -> tuple[IntVector, FloatMatrix]:
        """Return ids and scores, best first, ties by id; see `LexicalIndex`."""
        return best(self.scores(query), k, allowed)

    def save(self, folder: Path) -> None:
        """Write the index into a new folder."""
        folder.mkdir(parents=True)
        (folder / "size.json").write_text(json.dumps({"size": self._size, "empty": self._engine is None}))
        if self._engine is not None:
            self._engine.save(folder / "bm25", show_progress=False)

    @classmethod
    def load(cls, folder: Path) -> Bm25Index:
        """Read what `save` wrote; raise GenerationDamaged where it cannot be read."""
        try:
            facts = json.loads((folder / "size.json").read_text())
            engine = None if facts["empty"] else bm25s.BM25.load(folder / "bm25", mmap=True, load_corpus=False)
            return cls(engine, int(facts["size"]))
        except (OSError, ValueError, KeyError) as error:
            raise GenerationDamaged(
                f"The lexical index in {folder.name} cannot be read ({error}); build again."
            ) from error


def best(scores: FloatMatrix, k: int, allowed: Mask | None = None, floor: float = 0.0) -> tuple[IntVector, FloatMatrix]:
    """Return the ids and values of the k highest scores above `floor`, best first, ties by id."""
    if allowed is not None:
        scores = np.where(allowed, scores, -np.inf).astype(np.float32)
    candidates = np.flatnonzero(scores > floor)
    if len(candidates) > k:
        # keep every tie of the k-th score, so that ties are cut by id and not by chance
        threshold = np.partition(scores[candidates], len(candidates) - k)[len(candidates) - k]
        candidates = candidates[scores[candidates] >= threshold]
    order = np.lexsort((candidates, -scores[candidates]))[:k]
    ids = candidates[order].astype(np.int64)
    return ids, scores[ids]
