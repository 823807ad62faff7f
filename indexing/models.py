"""What is made from documents: passages, citations, vectors. Frozen values, no input or output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

FloatMatrix = NDArray[np.float32]
IntVector = NDArray[np.int64]


class Speaker(StrEnum):
    """Who speaks in a passage; only `law`, `majority` and `per_curiam` are words of authority."""

    LAW = "law"  # operative text of a statute, constitution or regulation
    MAJORITY = "majority"
    PER_CURIAM = "per_curiam"
    PLURALITY = "plurality"
    CONCURRENCE = "concurrence"
    IN_JUDGMENT = "concurrence_in_judgment"
    IN_PART = "concurrence_in_part"
    DISSENT = "dissent"
    SYLLABUS = "syllabus"
    HEAD_MATTER = "head_matter"
    NOTE = "note"  # history, annotations, notices
    UNKNOWN = "unknown"  # an opinion whose parts the source does not tell apart


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrievable stretch `[start, end)` of one version's canonical text, in code points.

    `id` is its row in every index of a generation. `anchor` is the subdivision it begins in, "(a)(2)"; `heading` is
    what a reader must know to read it alone: the document's title and place, sent to the indexes with the text.
    """

    id: int
    document_id: str
    version: str
    ordinal: int
    start: int
    end: int
    speaker: Speaker
    anchor: str = ""
    heading: str = ""


class CitationKind(StrEnum):
    """The form in which an authority is cited."""

    FULL = "full"
    SHORT = "short"
    SUPRA = "supra"
    ID = "id"
    STATUTE = "statute"
    CONSTITUTION = "constitution"
    REGULATION = "regulation"


@dataclass(frozen=True, slots=True)
class Citation:
    """One citation as written in a version's text, and the document it names, if held and unique.

    `to` is None where nothing is held under it or more than one document fits (`candidates` lists those). Parallel
    citations of the same authority in one place share `group` (the span start of the first).
    """

    document_id: str
    version: str
    start: int
    end: int
    raw: str
    kind: CitationKind
    key: str  # normalised form by which it resolves: "521 U.S. 844", "28 U.S.C. § 1331"
    to: str | None = None
    candidates: tuple[str, ...] = ()
    pinpoint: str = ""  # "(b)(2)", "849", "¶ 12"
    case_name: str = ""
    year: int | None = None
    group: int = -1
    sentence_start: int = 0  # the sentence that holds it
    sentence_end: int = 0
    in_force: str = ""  # the version of `to` that was in force when a court cited it, where that version is held
    amended_since: str = ""  # ISO date of the first change of `to` after the decision that cites it


@dataclass(frozen=True, slots=True)
class EmbeddingMatrix:
    """Unit vectors `(n, dim)` float32, one row a passage, made by one model named with its weights' hash."""

    vectors: FloatMatrix
    model: str
    fingerprint: str

    @property
    def dimension(self) -> int:
        """Return the number of columns."""
        return int(self.vectors.shape[1])
