"""Responses about the topic tree."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from app.api.replies.base import Reference


class TopicNode(BaseModel):
    """A node of the topic tree; `terms` are [term, weight], best first; `stability` is a silhouette, -1 to 1.

    `size` counts the documents whose first topic at its level it is; more belong to it with a smaller weight.
    """

    id: str
    parent: str | None
    depth: int
    label: str
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
