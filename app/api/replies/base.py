"""What several responses share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class FieldError(BaseModel):
    """One part of a request that cannot be used."""

    field: str
    in_: Annotated[str, Field(alias="in")]
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "/docs#problem-unknown-document", "title": "No such document", "status": 404,
                "detail": "No document has the id 'us:usc:99:1'. Search for it, or resolve its citation.",
                "instance": "/v1/documents/us:usc:99:1",
            }
        },
    )  # fmt: skip

    type: Annotated[str, Field(description="Identifies the kind of problem and leads to its description.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="What happened and what to do.")]
    instance: str
    errors: list[FieldError] | None = None


class Reference(BaseModel):
    """What names a document."""

    id: Annotated[str, Field(examples=["us:scotus:521-us-844"])]
    title: str
    citation: Annotated[str, Field(examples=["521 U.S. 844"])]


class Neighbour(BaseModel):
    """The document before or after."""

    id: str
    citation: str


class Listed(Reference):
    """A document as lists show it; `hierarchy` holds the labels of its levels, outermost first."""

    kind: str
    date: Annotated[str | None, Field(description="Day of decision.")]
    court: str
    status: str
    hierarchy: list[str]


class TopicShare(BaseModel):
    """A topic of a document; the weight is its share, 0 to 1."""

    id: str
    label: str
    weight: float


class BareHit(Listed):
    """A document that was found; `signals` are shares that sum to `score`, higher is better."""

    version: str
    court_name: str
    score: float
    signals: dict[str, float]
    topics: list[TopicShare]
    why: str
