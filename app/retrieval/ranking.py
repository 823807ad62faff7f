"""What ranks beyond plain indexes: pairs of words, whole documents, and weights learned from citations.

    GENERATION/ranking/shingles/      pairs of neighbouring words by passage
    GENERATION/ranking/headed/        BM25 over passages, those of a section with its heading and place
    GENERATION/ranking/wholes/        BM25 over whole documents
    GENERATION/ranking/gists.npy      the mean of each document's passage vectors, of length one
    GENERATION/ranking/weights.json   learned weights, whether they won on held-back citations, and the figures

The learned ranker is linear: a document's score is the sum of its signals, each times a weight that depends only on
whether the document is a case. No weight is negative, so that every share of an explanation is a reason for the hit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.retrieval.leaning import Leaning
from indexing.interfaces import Mask
from indexing.lexical import Bm25Index
from indexing.models import FloatMatrix
from indexing.shingles import ShingleIndex
from scraper.errors import GenerationDamaged

FOLDER = "ranking"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of signals for cases and for all other documents; `used` where they won on held-back citations."""

    cases: Mapping[str, float]
    others: Mapping[str, float]
    leaning: Leaning
    used: bool
    evidence: Mapping[str, Any]

    def of(self, is_case: Mask) -> dict[str, FloatMatrix]:
        """Return each signal's weight for every document, `(n_documents,)`."""
        return {
            name: np.where(is_case, self.cases.get(name, 0.0), self.others.get(name, 0.0)).astype(np.float32)
            for name in sorted({*self.cases, *self.others})
        }

    def save(self, path: Path) -> None:
        """Write them as JSON."""
        value = {"format": FORMAT, "cases": dict(self.cases), "others": dict(self.others),
                 "leaning": dict(self.leaning.weights), "used": self.used, "evidence": dict(self.evidence)}  # fmt: skip
        path.write_text(json.dumps(value, indent=1, sort_keys=True), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Weights:
        """Read what `save` wrote; raise GenerationDamaged where it cannot be used."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            if value["format"] != FORMAT:
                raise ValueError(f"format {value['format']}")
            cases, others = ({str(k): float(v) for k, v in value[part].items()} for part in ("cases", "others"))
            if not all(np.isfinite(v) and v >= 0 for v in (*cases.values(), *others.values())):
                raise ValueError("a weight is negative")
            leaning = Leaning({str(word): float(weight) for word, weight in value["leaning"].items()})
            return cls(cases, others, leaning, bool(value["used"]), value["evidence"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise GenerationDamaged(f"The ranker's weights cannot be read ({error}); build again.") from error


@dataclass(frozen=True, slots=True)
class Ranking:
    """What is read beside the plain indexes of a generation."""

    shingles: ShingleIndex
    headed: Bm25Index  # over passages
    wholes: Bm25Index  # over documents
    gists: FloatMatrix  # (n_documents, dim)
    weights: Weights | None

    def save(self, folder: Path) -> None:
        """Write everything into a new folder."""
        folder.mkdir(parents=True)
        self.shingles.save(folder / "shingles")
        self.headed.save(folder / "headed")
        self.wholes.save(folder / "wholes")
        np.save(folder / "gists.npy", self.gists, allow_pickle=False)
        if self.weights is not None:
            self.weights.save(folder / "weights.json")

    @classmethod
    def load(cls, generation: Path) -> Ranking | None:
        """Read a generation's ranking, None for one built before there was any; raise GenerationDamaged."""
        folder = generation / FOLDER
        if not folder.exists():
            return None
        try:
            gists: FloatMatrix = np.load(folder / "gists.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise GenerationDamaged(f"The ranking of the generation cannot be read ({error}); build again.") from error
        path = folder / "weights.json"
        weights = Weights.load(path) if path.exists() else None
        headed, wholes = (Bm25Index.load(folder / name) for name in ("headed", "wholes"))
        return cls(ShingleIndex.load(folder / "shingles"), headed, wholes, gists, weights)
