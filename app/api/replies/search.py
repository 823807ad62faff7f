"""Responses of search and look-up."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from app.api.replies.base import BareHit, Listed, Reference

Range = Annotated[list[int], Field(min_length=2, max_length=2, description="[start, end), code points.")]


class PassageView(BaseModel):
    """The best passage of a hit, with its place in the text of the hit's version, in code points."""

    text: str
    start: int
    end: int
    speaker: str
    anchor: str
    heading: str


class HitView(BareHit):
    """A hit of a search."""

    passage: PassageView
    highlights: Annotated[list[Range], Field(description="Relative to passage.text.")]


class ReadAs(BaseModel):
    """A query that is a citation, an id, a docket number or a name; `near_name` is one with a slip, or cut short."""

    kind: str
    key: str
    documents: list[str]
    pinpoint: str


class Understood(BaseModel):
    """How a query was read."""

    citation: ReadAs | None
    terms: list[str]
    phrases: list[str]
    filters: dict[str, Any]
    did_you_mean: Annotated[list[Reference], Field(description="Cases near a name that none bears.")]


class QueryView(BaseModel):
    """The query."""

    text: str
    understood: Understood


class FacetValue(BaseModel):
    """How many of all matching documents have a value."""

    value: str
    label: str
    count: int


class SearchReply(BaseModel):
    """The hits of a search; `total` counts all matching documents."""

    query: QueryView
    total: int
    generation: str
    took_ms: float
    hits: list[HitView]
    facets: dict[str, list[FacetValue]]
    next_offset: int | None


class Held(BaseModel):
    """One thing that had to hold for a document to be counted."""

    name: str
    value: str
    words: str


class OtherCount(BaseModel):
    """The number of documents by another rule for the same words."""

    rule: str
    count: int


class CountReply(BaseModel):
    """An exact count; `documents` is one page of the list behind it, in a fixed order."""

    question: str
    count: int
    rule: Annotated[str, Field(description="Which documents were counted, in one sentence.")]
    conditions: list[Held]
    others: list[OtherCount]
    documents: list[Listed]
    next_offset: int | None
    generation: str
    coverage: dict[str, Any]
    notice: str


class Located(Listed):
    """A document with its publisher's address."""

    url: str


class Resolved(BaseModel):
    """The one document for which a citation stands."""

    query: str
    key: str
    read_as: str | None
    pinpoint: str
    generation: str
    document: Located


class Candidates(BaseModel):
    """The documents for which a citation may stand."""

    query: str
    key: str
    read_as: str | None
    pinpoint: str
    generation: str
    candidates: list[Located]
