"""What a check says of a text: each citation with a status, flags and the quotations that lean on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from indexing.models import CitationKind

Verdict = Literal["verbatim", "marked", "altered", "not_found", "unchecked"]
Flag = Literal["wrong_name", "overruled", "repealed", "misquoted", "not_held"]
MOST_CHARACTERS = 64_000
MOST_CITATIONS = 250


class CheckStatus(IntEnum):
    """The outcome of one citation, by the numbers of HTTP."""

    FOUND = 200
    SEVERAL = 300
    MALFORMED = 400  # written like a citation, but nothing can be looked up under it
    NOT_HELD = 404  # well formed and not held here: it may exist
    OVER_LIMIT = 429  # beyond the first 250: not looked up


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document that a citation stands for."""

    id: str
    version: str
    title: str
    citation: str
    status: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Words of the source that a quotation has otherwise; an empty side was left out or put in."""

    source: str
    quoted: str


@dataclass(frozen=True, slots=True)
class CheckedQuotation:
    """A quotation of the checked text (`start`, `end`: code points of it), held against a source.

    `verdict`: verbatim; marked (changed, and the changes shown as such); altered (changed without a word, see
    `differences`); not_found; unchecked (its source is not held). `document`, `source_start` and `source_end` say where
    the source has it.
    """

    start: int
    end: int
    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    document: str = ""
    version: str = ""
    source_start: int = 0
    source_end: int = 0


@dataclass(frozen=True, slots=True)
class CheckedCitation:
    """One citation of the checked text; `message` says in words what a reader must know of it."""

    raw: str
    start: int
    end: int
    kind: CitationKind | None
    key: str
    status: CheckStatus
    flags: tuple[Flag, ...] = ()
    documents: tuple[CheckedDocument, ...] = ()
    pinpoint: str = ""
    case_name: str = ""
    quotations: tuple[CheckedQuotation, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked text: its citations in order of place, and quotations that lean on none."""

    citations: tuple[CheckedCitation, ...]
    loose_quotations: tuple[CheckedQuotation, ...]
    characters: int
    generation: str
