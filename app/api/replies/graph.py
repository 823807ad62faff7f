"""Responses about the knowledge graph."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class GraphNode(BaseModel):
    """A node of the knowledge graph."""

    id: str
    kind: str
    label: str
    attrs: dict[str, Any]


class GraphEdge(BaseModel):
    """An edge with what proves it: sentence, offsets, version, the build that made it."""

    source: str
    target: str
    kind: str
    weight: float
    date: str | None
    attrs: dict[str, Any]
    evidence: dict[str, Any]


class NeighborsReply(BaseModel):
    """What lies around a node; `truncated` says that the limit left something out, `next_cursor` asks for more."""

    node: GraphNode
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    truncated: bool
    next_cursor: str | None
    generation: str


class PathReply(BaseModel):
    """The shortest path between two nodes; `explanations` say each edge in words."""

    path: list[GraphNode]
    edges: list[GraphEdge]
    explanations: list[str]
    generation: str


class TouchedNode(BaseModel):
    """A document that would be touched: directly (`ring` 1), or through `via` (2)."""

    node: GraphNode
    ring: int
    how: str
    via: str
    edge: GraphEdge


class ImpactReply(BaseModel):
    """Who would be touched if a document went; `total` counts all of them."""

    node: GraphNode
    total: int
    truncated: bool
    touched: list[TouchedNode]
    next_cursor: str | None
    generation: str


class SubgraphReply(BaseModel):
    """The edges among some documents; `between` were added to join them, `apart` are joined to none."""

    nodes: list[GraphNode]
    between: list[str]
    apart: list[str]
    edges: list[GraphEdge]
    generation: str


class UndoingAct(BaseModel):
    """What undid an authority, and when."""

    by: str
    treatment: str
    date: str | None


class FlagReply(BaseModel):
    """An authority that was undone, and that the document relies on or resembles; `since`: only afterwards."""

    kind: str
    authority: GraphNode
    undone: list[UndoingAct]
    since: bool
    inferred: bool
    score: float


class FlagsReply(BaseModel):
    """What a reader should know of the company that a document keeps."""

    id: str
    flags: list[FlagReply]
    generation: str
