"""Responses about the service, and answers to questions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class CourtCoverage(BaseModel):
    """A court that is held, with the years of its decisions."""

    id: str
    name: str
    from_: Annotated[int | None, Field(alias="from")]
    to: int | None
    documents: int


class CodeCoverage(BaseModel):
    """A code that is held."""

    id: str
    name: str
    documents: int


class CoverageView(BaseModel):
    """What is held."""

    courts: list[CourtCoverage]
    codes: list[CodeCoverage]
    last_crawl: str | None


class Counts(BaseModel):
    """How much is held."""

    documents: int
    passages: int
    citations: int
    resolved_citations: int
    topics: int
    nodes: int
    edges: int
    by_kind: dict[str, int]


class StatusReply(BaseModel):
    """What is served."""

    generation: str
    built_at: str
    model: str
    counts: Counts
    coverage: CoverageView
    notice: str
    llm: str | None
    warnings: list[str]


class AnswerCitation(BaseModel):
    """The source of a sentence: a stretch of one version, and its words."""

    model_config = ConfigDict(extra="allow")

    document: str
    version: str
    start: int
    end: int
    quote: str
    title: str
    citation: str
    anchor: str


class AnswerSentence(BaseModel):
    """One sentence of an answer; `speaker` says whose words its source holds."""

    model_config = ConfigDict(extra="allow")

    text: str
    speaker: str
    citations: list[AnswerCitation]


class AnswerRelation(BaseModel):
    """How two sources of an answer hang together."""

    source: str
    target: str
    kind: str
    words: str


class AnswerReply(BaseModel):
    """An answer; `degraded` means that the model failed and quoted sentences stand instead."""

    model_config = ConfigDict(extra="allow")

    status: Literal["answered", "corrected", "abstained", "degraded"]
    question: str
    sentences: list[AnswerSentence]
    warnings: list[str]
    reason: str
    relations: list[AnswerRelation]
    generation: str
    coverage: CoverageView
    notice: str
    model: str | None
    took_ms: float


class Change(BaseModel):
    """One change of a document's text or standing."""

    document: str
    title: str
    citation: str
    change: Literal["added", "changed", "repealed", "withdrawn", "returned"]
    at: str
    old_version: str | None
    new_version: str | None


class ChangeList(BaseModel):
    """A page of changes, latest first."""

    changes: list[Change]
    total: int
    next_cursor: str | None
    generation: str


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """A generation is served."""

    status: Literal["ready"]
    generation: str
