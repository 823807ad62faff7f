"""The topic tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import shapes
from app.api.admin import Admin, AdminDep
from app.api.deps import CursorText, DocumentId, Limit, Page, ServicesDep, SnapshotDep, TopicId, entry_of, kept
from app.api.openapi import problems
from app.api.problems import NOT_IN_TOPIC, TOPIC_REFUSED, UNKNOWN_TOPIC, ProblemError
from app.api.replies.topics import TopicDocuments, TopicList, TopicMarkList, TopicMarks, TopicPage, WhyInTopic
from app.api.topic_bodies import MergeBody, NameBody, PinBody
from app.state.topics import MarkKind
from app.topics import edit
from app.topics.names import members_of
from app.wiring import Services, Snapshot
from indexing.catalogue import NO_ROW, Entry, TopicRow
from scraper.errors import TopicError

router = APIRouter(prefix="/v1/topics", tags=["topics"])
_EXEMPLARS = 5


@router.get("", response_model=TopicList, responses={304: {"description": "Unchanged"}, **problems(503)})
def topics(request: Request, snapshot: SnapshotDep) -> Response:
    """List the topic tree, parents before children."""
    corpus = snapshot.corpus
    children = shapes.topic_children(corpus.topics)
    nodes = [shapes.topic_view(topic, children.get(topic.id, ())) for topic in corpus.topics.values()]
    return kept(request, {"topics": nodes, "generation": corpus.generation.id})


@router.get("/names", response_model=TopicMarkList, responses=problems(401, 403, 503))
def topic_names(services: ServicesDep, admin: AdminDep) -> dict[str, Any]:
    """List every name, pin and merge that people made, those included whose topic is gone."""
    return edit.all_marks_view(services, whole=admin)


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
    members, total = members_of(corpus, node, page.limit, page.start)
    rows = [(corpus.entries[corpus.rows[document]], weight) for document, weight in members]
    return {
        "id": node.id,
        "documents": [
            {**shapes.reference(entry), "kind": entry.kind, "date": entry.date, "weight": round(weight, 6)}
            for entry, weight in rows
        ],
        "total": total, "next_cursor": page.next(total), "generation": corpus.generation.id,
    }  # fmt: skip


@router.get("/{topic_id}/documents/{document_id}", response_model=WhyInTopic, responses=problems(404, 410, 503))
def why_in_topic(snapshot: SnapshotDep, topic_id: TopicId, document_id: DocumentId) -> dict[str, Any]:
    """Say why a document is in a topic: its words, its neighbours, and the topic that comes next."""
    from app.topics.why import NotInTopic, why_view  # what it computes with takes a second to load

    _topic(snapshot, topic_id)
    entry = entry_of(snapshot, document_id)
    if entry.row == NO_ROW:
        raise ProblemError(NOT_IN_TOPIC, "Its source withdrew this document: it is in no topic any more.")
    try:
        return why_view(snapshot.corpus, topic_id, entry.id)
    except TopicError as error:
        raise ProblemError(NOT_IN_TOPIC if isinstance(error, NotInTopic) else TOPIC_REFUSED, str(error)) from error


# ---- what a person does to a topic ------------------------------------------------------------------------

_EDITS: dict[str, Any] = {
    "response_model": TopicMarks, "responses": problems(400, 401, 403, 404, 413, 503), "dependencies": [Admin],
}  # fmt: skip


@router.put("/{topic_id}/name", **_EDITS)
def rename_topic(services: ServicesDep, topic_id: TopicId, body: NameBody) -> dict[str, Any]:
    """Give a topic a name; it is kept over every build."""
    with _as_problems():
        return edit.rename(services, topic_id, body.name, body.said())


@router.delete("/{topic_id}/name", **_EDITS)
def unname_topic(services: ServicesDep, topic_id: TopicId) -> dict[str, Any]:
    """Take a topic's name away, so that its own label shows again."""
    return _undone(services, topic_id, MarkKind.NAME)


@router.put("/{topic_id}/pin", **_EDITS)
def pin_topic(services: ServicesDep, topic_id: TopicId, body: PinBody) -> dict[str, Any]:
    """Pin a topic: no update retires it or fits it anew; a refit of the whole tree may."""
    with _as_problems():
        return edit.pin(services, topic_id, body.said())


@router.delete("/{topic_id}/pin", **_EDITS)
def unpin_topic(services: ServicesDep, topic_id: TopicId) -> dict[str, Any]:
    """Let refits change a topic again."""
    return _undone(services, topic_id, MarkKind.PIN)


@router.put("/{topic_id}/merge", **_EDITS)
def merge_topic(services: ServicesDep, topic_id: TopicId, body: MergeBody) -> dict[str, Any]:
    """Merge a topic into another: its documents are listed and found there as well. Nothing is built anew."""
    with _as_problems():
        return edit.merge(services, topic_id, body.into, body.said())


@router.delete("/{topic_id}/merge", **_EDITS)
def unmerge_topic(services: ServicesDep, topic_id: TopicId) -> dict[str, Any]:
    """Undo a merge; both topics are as they were."""
    return _undone(services, topic_id, MarkKind.MERGE)


def _undone(services: Services, topic_id: str, kind: MarkKind) -> dict[str, Any]:
    with _as_problems():
        return edit.undo(services, topic_id, kind)


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except TopicError as error:
        raise ProblemError(
            UNKNOWN_TOPIC if isinstance(error, edit.UnknownTopic) else TOPIC_REFUSED, str(error)
        ) from error


def _topic(snapshot: Snapshot, topic_id: str) -> TopicRow:
    found = snapshot.corpus.topics.get(topic_id)
    if found is None:
        raise ProblemError(UNKNOWN_TOPIC, f"No topic has the id {topic_id!r}. GET /v1/topics lists them.")
    return found


def _exemplars(snapshot: Snapshot, node: TopicRow) -> list[Entry]:
    corpus = snapshot.corpus
    named = node.stats.get("exemplars") or [name for name, _ in corpus.catalogue.topic_members(node.id, _EXEMPLARS)]
    return [corpus.entries[corpus.rows[name]] for name in named if name in corpus.rows]
