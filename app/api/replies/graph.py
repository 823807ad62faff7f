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
    evidence: dict[str, Any]


class NeighborsReply(BaseModel):
    """What lies around a node; `truncated` says that the limit left something out."""

    node: GraphNode
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    truncated: bool
    generation: str


class PathReply(BaseModel):
    """The shortest path between two nodes; `explanations` say each edge in words."""

    path: list[GraphNode]
    edges: list[GraphEdge]
    explanations: list[str]
    generation: str
