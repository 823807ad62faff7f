"""The topic tree."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import shapes
from app.api.deps import CursorText, Limit, Page, SnapshotDep, TopicId, kept
from app.api.openapi import problems
from app.api.problems import UNKNOWN_TOPIC, ProblemError
from app.api.replies.topics import TopicDocuments, TopicList, TopicPage
from app.wiring import Snapshot
from indexing.catalogue import Entry, TopicRow

router = APIRouter(prefix="/v1/topics", tags=["topics"])
_EXEMPLARS = 5


@router.get("", response_model=TopicList, responses={304: {"description": "Unchanged"}, **problems(503)})
def topics(request: Request, snapshot: SnapshotDep) -> Response:
    """List the topic tree, parents before children."""
    corpus = snapshot.corpus
    children = shapes.topic_children(corpus.topics)
    nodes = [shapes.topic_view(topic, children.get(topic.id, ())) for topic in corpus.topics.values()]
    return kept(request, {"topics": nodes, "generation": corpus.generation.id})


@router.get(
    "/{topic_id}", response_model=TopicPage, responses={304: {"description": "Unchanged"}, **problems(404, 503)}
)
def topic(request: Request, snapshot: SnapshotDep, topic_id: TopicId) -> Response:
    """Show one topic: its way from the root, its most typical documents, its statistics."""
    corpus = snapshot.corpus
    node = _topic(snapshot, topic_id)
    children = shapes.topic_children(corpus.topics).get(node.id, ())
    path = shapes.topic_path(node, corpus.topics)
    page = shapes.topic_page(node, children, path, _exemplars(snapshot, node))
    return kept(request, {**page, "generation": corpus.generation.id})


@router.get("/{topic_id}/documents", response_model=TopicDocuments, responses=problems(404, 410, 503))
def topic_documents(
    snapshot: SnapshotDep, topic_id: TopicId, limit: Limit = 50, cursor: CursorText = None
) -> dict[str, Any]:
    """List a topic's documents, heaviest first, those included of which it is not the first topic."""
    corpus = snapshot.corpus
    node = _topic(snapshot, topic_id)
    page = Page.read(corpus.generation.id, cursor, limit)
    if node.parent is None:  # every document of the tree belongs to its root wholly; that is nowhere written down
        whole = sorted(corpus.memberships)
        members, total = [(document, 1.0) for document in page.of(whole)], len(whole)
    else:
        members = corpus.catalogue.topic_members(node.id, page.limit, page.start)
        total = sum(node.id in shares for shares in corpus.memberships.values())
    rows = [(corpus.entries[corpus.rows[document]], weight) for document, weight in members]
    return {
        "id": node.id,
        "documents": [
            {**shapes.reference(entry), "kind": entry.kind, "date": entry.date, "weight": round(weight, 6)}
            for entry, weight in rows
        ],
        "total": total, "next_cursor": page.next(total), "generation": corpus.generation.id,
    }  # fmt: skip


def _topic(snapshot: Snapshot, topic_id: str) -> TopicRow:
    found = snapshot.corpus.topics.get(topic_id)
    if found is None:
        raise ProblemError(UNKNOWN_TOPIC, f"No topic has the id {topic_id!r}. GET /v1/topics lists them.")
    return found


def _exemplars(snapshot: Snapshot, node: TopicRow) -> list[Entry]:
    corpus = snapshot.corpus
    named = node.stats.get("exemplars") or [name for name, _ in corpus.catalogue.topic_members(node.id, _EXEMPLARS)]
    return [corpus.entries[corpus.rows[name]] for name in named if name in corpus.rows]
