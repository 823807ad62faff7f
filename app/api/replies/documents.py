"""Responses about documents."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.replies.base import BareHit, Listed, Neighbour, Reference, TopicShare


class DocumentList(BaseModel):
    """A page of documents."""

    documents: list[Listed]
    total: int
    next_cursor: str | None
    generation: str


class LevelView(BaseModel):
    """One step of a document's place."""

    kind: str
    label: str
    number: str


class OutlineEntry(BaseModel):
    """A part of a text."""

    label: str
    start: int
    level: int


class AsOf(BaseModel):
    """The day asked for, and whether the dates of effect or the days of observation chose the version."""

    date: str
    by: Literal["effective", "observed"]


class DocumentView(BaseModel):
    """A document as one of its versions states it; `spans` are [start, end, kind, label, attributes]."""

    id: str
    kind: str
    jurisdiction: str
    title: str
    citation: str
    parallel_citations: list[str]
    aliases: list[str]
    hierarchy: list[LevelView]
    status: str
    court: str
    court_name: str
    date: str | None
    date_argued: str | None
    docket: str
    judges: list[str]
    parties: list[str]
    disposition: str
    disposition_kind: Annotated[str, Field(description="How the case ended; only `merits` holds anything.")]
    publication: str
    publication_stage: Annotated[str, Field(description="`slip`, `preliminary` or `bound`, where the page says so.")]
    covers: Annotated[list[str], Field(description="Citations of the sections that a range section stands for.")]
    effective_from: str | None
    effective_to: str | None
    version: Annotated[str, Field(description="SHA-256 of the text.")]
    current: bool
    observed_from: str
    url: str
    sources: list[str]
    warnings: list[str]
    text: str
    spans: list[list[Any]]
    outline: list[OutlineEntry]
    previous: Neighbour | None
    next: Neighbour | None
    topics: list[TopicShare]
    cited_by_count: int
    influence: float
    notice: str
    generation: str
    as_of: AsOf | None = None


class VersionView(BaseModel):
    """A version without its text; `observed_to` is null while it is current."""

    hash: str
    observed_from: str
    observed_to: str | None
    effective_from: str | None
    effective_to: str | None
    status: str
    current: bool
    chars: int


class VersionList(BaseModel):
    """All versions of a document, oldest first."""

    id: str
    versions: list[VersionView]
    generation: str


class CitationView(BaseModel):
    """A citation that a document makes; `to` is null where nothing is held under it or several fit.

    `in_force` is the version of `to` that stood at the decision, where that one is held; `amended_since` the day of its
    first change after the decision.
    """

    raw: str
    start: int
    end: int
    kind: str
    key: str
    pinpoint: str
    to: Reference | None
    candidates: list[Reference]
    in_force: str | None
    amended_since: str | None


class CitationList(BaseModel):
    """A page of the citations in a document's current version, in order of place."""

    id: str
    version: str
    citations: list[CitationView]
    next_cursor: str | None
    generation: str


class SentenceView(BaseModel):
    """A sentence with its place in the citing version."""

    text: str
    start: int
    end: int


class CitingView(Reference):
    """A document that cites; `count` says how often, `sentence` where first.

    `treatments` are what its court itself does to the authority; `depth` is 1 (cited) to 4 (examined).
    """

    version: str
    kind: str
    date: str | None
    court: str
    count: int
    sentence: SentenceView
    speaker: str
    depth: int
    treatments: list[str]


class CitedBy(BaseModel):
    """A page of the documents that cite one."""

    id: str
    cited_by: list[CitingView]
    total: int
    next_cursor: str | None
    generation: str


class SimilarReply(BaseModel):
    """Documents near in meaning; `score` is a cosine."""

    id: str
    hits: list[BareHit]
    generation: str


class DiffSide(BaseModel):
    """One of the versions that are compared."""

    version: str
    observed_from: str
    observed_to: str | None
    status: str


class DiffStretch(BaseModel):
    """A stretch of one version's text; `marks` are the words in it that went or came, in code points of the text."""

    start: int
    end: int
    text: str
    marks: list[list[int]]


class DiffPiece(BaseModel):
    """What stayed, was reworded, went or came, in order of place; a side that is absent is an empty stretch."""

    op: Literal["equal", "changed", "removed", "added"]
    sentences: Annotated[int, Field(description="How many sentences follow each other unchanged; else 1.")]
    old: DiffStretch
    new: DiffStretch


class DiffCounts(BaseModel):
    """How many sentences stayed, were reworded, went and came."""

    equal: int
    changed: int
    removed: int
    added: int


class Particular(BaseModel):
    """What besides the text differs, such as the status; empty where there was none."""

    name: str
    old: str
    new: str


class DiffReply(Reference):
    """Two versions of a document compared sentence by sentence, and words within a sentence."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "us:usc:28:1332", "title": "Diversity of citizenship", "citation": "28 U.S.C. § 1332",
                "from": {"version": "5f1c0a2be7d4", "observed_from": "2026-01-10T03:00:00+00:00",
                         "observed_to": "2026-02-10T03:00:00+00:00", "status": "in_force"},
                "to": {"version": "c3d80a1f7b20", "observed_from": "2026-02-10T03:00:00+00:00", "observed_to": None,
                       "status": "in_force"},
                "identical": False, "counts": {"equal": 0, "changed": 1, "removed": 0, "added": 0}, "particulars": [],
                "pieces": [{
                    "op": "changed", "sentences": 1,
                    "old": {"start": 0, "end": 29, "text": "The sum must exceed $50,000.", "marks": [[21, 23]]},
                    "new": {"start": 0, "end": 29, "text": "The sum must exceed $75,000.", "marks": [[21, 23]]},
                }],
                "generation": "20260210T040000Z-1a2b3c4d",
            }
        }
    )  # fmt: skip

    from_: Annotated[DiffSide, Field(alias="from")]
    to: DiffSide
    identical: bool
    counts: DiffCounts
    particulars: list[Particular]
    pieces: list[DiffPiece]
    generation: str
