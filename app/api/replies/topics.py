"""Responses about the topic tree."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from app.api.replies.base import Reference

LabelSource = Literal["terms", "llm", "person"]
MarkName = Literal["name", "pin", "merge"]


class TopicNode(BaseModel):
    """A node of the topic tree; `terms` are [term, weight], best first; `stability` is a silhouette, -1 to 1.

    `size` counts the documents whose first topic at its level it is; more belong to it with a smaller weight. `label`
    is a person's name for it, else a language model's, else one found in its terms, as `label_source` tells. A topic
    that is `merged_into` another stays in the tree; its documents are listed under the other.
    """

    id: str
    parent: str | None
    depth: int
    label: str
    label_source: LabelSource
    pinned: Annotated[bool, Field(description="A person asked that refits leave it as it is.")]
    merged_into: str | None
    scope: str
    terms: list[tuple[str, float]]
    size: int
    children: list[str]
    stability: float | None
    stop_reason: str


class TopicList(BaseModel):
    """The topic tree, parents before children."""

    topics: list[TopicNode]
    generation: str


class PathStep(BaseModel):
    """A topic on the way from the root."""

    id: str
    label: str


class TopicPage(TopicNode):
    """A topic with its way from the root, its most typical documents and its statistics."""

    path: list[PathStep]
    exemplars: list[Reference]
    stats: dict[str, Any]
    generation: str


class TopicDocument(Reference):
    """A document of a topic."""

    kind: str
    date: str | None
    weight: float


class TopicDocuments(BaseModel):
    """A page of a topic's documents, heaviest first."""

    id: str
    documents: list[TopicDocument]
    total: int
    next_cursor: str | None
    generation: str


class TopicMark(BaseModel):
    """Something that a person did to a topic: `value` is its name, or the topic that it was merged into.

    `orphaned`: the topic, or what it was merged into, is not in the tree that is served. Nothing is dropped: it holds
    again when the topic comes back. `note` and `by` are null for callers without the admin key.
    """

    topic: str
    kind: MarkName
    value: str
    label: Annotated[str, Field(description="Of the topic now; what it was called then where it is gone.")]
    note: str | None
    by: str | None
    at: Annotated[str, Field(description="UTC, ISO 8601.")]
    orphaned: bool


class TopicMarkList(BaseModel):
    """Everything that people did to topics."""

    names: list[TopicMark]


class TopicMarks(BaseModel):
    """A topic with what people did to it; `label` is null where the tree has it no more."""

    id: str
    label: str | None
    label_source: LabelSource | None
    pinned: bool
    merged_into: str | None
    marks: list[TopicMark]


class WhyTerm(BaseModel):
    """A term that joins a document to a topic.

    `weight` is the term's in the topic, `own` its weight in the document (0 to 1), `share` how much of the whole match
    it carries (0 to 1), `count` how often it stands in the document. `start` and `end` are the first place, null where
    that is in the heading; `quote` is the text around it.
    """

    term: str
    weight: float
    own: float
    share: float
    count: int
    start: int | None
    end: int | None
    quote: str


class WhyNeighbour(Reference):
    """A document near it: by the cosine of their passages' mean vectors, or because one cites the other (`cites`).

    `weight` is the topic's in it.
    """

    similarity: float
    cites: bool
    in_topic: bool
    weight: float


class WhyRunnerUp(BaseModel):
    """The topic beside it that the document belongs to most besides; `closeness` is the cosine of its own words."""

    id: str
    label: str
    share: float
    closeness: float
    terms: list[str]


class WhyInTopic(BaseModel):
    """Why a document is in a topic.

    `weight` is the topic's share of the whole document, `share` that among the topics beside it, under `parent`.
    `neighbours` are the nearest documents under `parent`, with whose words its own were mixed, `typical` the nearest in
    the topic. `via` names the merged topic that it came by.
    """

    id: str
    label: str
    via: str | None
    parent: str
    document: Reference
    version: str
    weight: float
    share: float
    terms: list[WhyTerm]
    terms_share: Annotated[float, Field(description="How much of the match the terms listed carry, 0 to 1.")]
    neighbours: list[WhyNeighbour]
    typical: list[WhyNeighbour]
    runner_up: WhyRunnerUp | None
    note: str
    generation: str
