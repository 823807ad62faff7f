"""Responses about documents."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

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
    publication: str
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
    """A citation that a document makes; `to` is null where nothing is held under it or several fit."""

    raw: str
    start: int
    end: int
    kind: str
    key: str
    pinpoint: str
    to: Reference | None
    candidates: list[Reference]


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
    """A document that cites; `count` says how often, `sentence` where first."""

    version: str
    kind: str
    date: str | None
    court: str
    count: int
    sentence: SentenceView
    speaker: str


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
