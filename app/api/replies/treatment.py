"""Responses about the standing of authorities, and about texts that were checked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.replies.base import Reference
from app.api.replies.documents import SentenceView
from app.api.replies.graph import FlagReply
from app.api.replies.service import CoverageView


class SaidView(BaseModel):
    """What is said of an authority, by a decision, with the words that prove it.

    `counts` tells whether it is the act of a court with power over the authority; `why_not` says why it is not. `depth`
    is 1 (cited) to 4 (examined); `by` and `by_key` name who did what the citing decision only reports.
    """

    kind: str
    words: str
    stance: Literal["does", "reports", "proposes"]
    speaker: str
    counts: bool
    why_not: str
    scope: str
    depth: int
    citing: Reference
    version: str
    court: str
    court_name: str
    date: str | None
    start: int
    end: int
    sentence: SentenceView
    by: Reference | None
    by_key: str


class StandingView(BaseModel):
    """What may safely be said of an authority: `looked_at` opinions that cite it were read; decisions reach `to`."""

    level: Literal["none_found", "caution", "negative"]
    words: str
    looked_at: int
    to: str | None


class StandingBrief(StandingView):
    """The same with the weightiest reason, where there is any."""

    reasons: list[SaidView]


class TreatmentReply(StandingView, Reference):
    """The standing of a document and a page of what is said of it.

    The first `reasons` of `treatments`, weightiest first, stand for the level; the next `others` are negative words
    that bind nobody; the rest takes nothing from it. `flags` name undone authorities on which the document relies.
    """

    kind: str
    cited_by: int
    counts: Annotated[dict[str, int], Field(description="How much of each kind is said.")]
    reasons: int
    others: int
    treatments: list[SaidView]
    total: int
    flags: list[FlagReply]
    notice: str
    next_cursor: str | None
    generation: str


class NoteView(BaseModel):
    """A passage of a case that construes a provision; a higher weight says more."""

    citing: Reference
    version: str
    court: str
    court_name: str
    date: str | None
    speaker: str
    subdivision: str
    treatment: str | None
    weight: float
    passage: SentenceView


class TopicNotesView(BaseModel):
    """The notes of one topic, weightiest first; `total` counts those on other pages too."""

    topic: str
    total: int
    notes: list[NoteView]


class BracketView(BaseModel):
    """What a bracket behind a citation says of a document; `score` 0 to 1, higher tells more."""

    citing: Reference
    version: str
    court: str
    court_name: str
    date: str | None
    kind: str
    speaker: str
    score: float
    passage: SentenceView


class AnnotationsReply(Reference):
    """Notes of decisions by topic, and the most telling brackets."""

    kind: str
    topics: list[TopicNotesView]
    total: int
    parentheticals: list[BracketView]
    notice: str
    next_cursor: str | None
    generation: str


class DifferenceView(BaseModel):
    """Words of the source that a quotation has otherwise."""

    source: str
    quoted: str


class QuotationView(BaseModel):
    """A quotation of the checked text held against its source, whose own words are `source_text`."""

    start: int
    end: int
    verdict: Literal["verbatim", "marked", "altered", "not_found", "unchecked"]
    differences: list[DifferenceView]
    document: str
    version: str
    source_start: int
    source_end: int
    source_text: str


class CheckedDocumentView(Reference):
    """A document that a citation stands for, with its own status and its standing; null where that is not known."""

    version: str
    status: str
    standing: StandingBrief | None


class CheckedView(BaseModel):
    """One citation of the text. Status 200 found, 300 several, 400 malformed, 404 not held, 429 not looked up.

    `told` are sentences of opinions held that undo an authority which is not held itself.
    """

    raw: str
    start: int
    end: int
    kind: str | None
    key: str
    status: Literal[200, 300, 400, 404, 429]
    flags: list[Literal["wrong_name", "overruled", "repealed", "misquoted", "not_held"]]
    documents: list[CheckedDocumentView]
    pinpoint: str
    case_name: str
    quotations: list[QuotationView]
    message: str
    told: list[SaidView]


class CheckReply(BaseModel):
    """A checked text; `quotations` are those that lean on no citation."""

    model_config = ConfigDict(json_schema_extra={"description": "Offsets are code points of the text that was sent."})

    citations: list[CheckedView]
    quotations: list[QuotationView]
    characters: int
    counts: Annotated[dict[str, int], Field(description="How many citations have each status.")]
    generation: str
    coverage: CoverageView
    notice: str
