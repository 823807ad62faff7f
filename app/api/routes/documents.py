"""Documents: lists, texts, versions, and what stands beside them."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.api import shapes, views
from app.api.comparing import diff_view
from app.api.deps import CursorText, DocumentId, Limit, Page, ServicesDep, SnapshotDep, entry_of, kept
from app.api.history import version_as_of
from app.api.openapi import problems
from app.api.problems import INVALID, UNKNOWN_TOPIC, ProblemError
from app.api.related import Order, citing_documents, citing_view, similar_view
from app.api.replies.documents import (
    CitationList,
    CitedBy,
    DiffReply,
    DocumentList,
    DocumentView,
    SimilarReply,
    VersionList,
)
from app.api.schemas import Day, KindName, Short
from app.wiring import Services, Snapshot
from indexing.catalogue import Entry
from indexing.treatment.models import Treatment
from scraper.errors import QueryError

router = APIRouter(prefix="/v1/documents", tags=["documents"])
_FIELDS = frozenset(DocumentView.model_fields)
_ALWAYS = {"id", "version", "generation", "as_of"}
_MOST_CITATIONS = 1_000_000


@router.get("", response_model=DocumentList, responses=problems(410, 503))
def documents(
    snapshot: SnapshotDep,
    kind: Annotated[KindName | None, Query(description="Kind of authority.")] = None,
    jurisdiction: Annotated[Short, Query(description="Id of a jurisdiction.", examples=["us"])] = "",
    hierarchy: Annotated[Short, Query(description="Words in the label of a level.", examples=["Title 28"])] = "",
    court: Annotated[Short, Query(description="Id of a court.", examples=["scotus"])] = "",
    year: Annotated[int | None, Query(ge=1, le=9999, description="Year of decision.")] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> dict[str, Any]:
    """List documents in order of id."""
    corpus = snapshot.corpus
    named = {"kind": kind, "jurisdiction": jurisdiction, "court": court, "year": year}
    asked = {name: [value] for name, value in named.items() if value}
    mask = corpus.allowed(views.filters_from({**asked, "hierarchy": hierarchy}))
    rows = range(len(corpus.entries)) if mask is None else [int(row) for row in np.flatnonzero(mask)]
    page = Page.read(corpus.generation.id, cursor, limit)
    return {
        "documents": [shapes.listed(corpus.entries[row]) for row in page.of(rows)], "total": len(rows),
        "next_cursor": page.next(len(rows)), "generation": corpus.generation.id,
    }  # fmt: skip


@router.get(
    "/{document_id}",
    response_model=DocumentView,
    responses={304: {"description": "Unchanged"}, **problems(404, 410, 503)},
)
def document(
    request: Request,
    snapshot: SnapshotDep,
    services: ServicesDep,
    document_id: DocumentId,
    version: Annotated[Short | None, Query(description="Hash of a version, 8 digits of it or more.")] = None,
    as_of: Annotated[Day | None, Query(description="The version that stood on that day.")] = None,
    fields: Annotated[
        Short, Query(description="Only these members, separated by commas.", examples=["title,text"])
    ] = "",
) -> Response:
    """Read a document: its text, the typed spans over it, its place and its neighbours.

    `as_of` prefers dates of effect to days of observation, and says which it went by.
    """
    value = _stated(snapshot, services, entry_of(snapshot, document_id), version, as_of)
    names = {name.strip() for name in fields.split(",") if name.strip()}
    if names - _FIELDS:
        odd, known = min(names - _FIELDS), ", ".join(sorted(_FIELDS))
        raise ProblemError(INVALID, f"fields: {odd!r} is no member of a document; there are {known}.")
    if names:
        value = {name: value[name] for name in value if name in names | _ALWAYS}
    return kept(request, value)


def _stated(
    snapshot: Snapshot, services: Services, entry: Entry, version: str | None, as_of: Day | None
) -> dict[str, Any]:
    if as_of is None:
        return views.document_view(snapshot, services.jurisdictions, entry, version) | {"as_of": None}
    if version is not None:
        raise QueryError("Give either version or as_of: both name a version.")
    chosen, by = version_as_of(snapshot.corpus.catalogue.versions(entry.id), as_of)
    value = views.document_view(snapshot, services.jurisdictions, entry, chosen.hash)
    return value | {"as_of": {"date": as_of.isoformat(), "by": by}}


@router.get("/{document_id}/versions", response_model=VersionList, responses=problems(404, 410, 503))
def document_versions(snapshot: SnapshotDep, document_id: DocumentId) -> dict[str, Any]:
    """List all versions of a document, oldest first."""
    versions = snapshot.corpus.catalogue.versions(document_id)
    return {
        "id": document_id, "versions": [shapes.version_view(version) for version in versions],
        "generation": snapshot.corpus.generation.id,
    }  # fmt: skip


@router.get("/{document_id}/diff", response_model=DiffReply, responses=problems(404, 410, 503))
def document_diff(
    snapshot: SnapshotDep,
    document_id: DocumentId,
    old: Annotated[
        Short, Query(alias="from", description="A version by its hash, or the one of a day; else the one before `to`.")
    ] = "",
    new: Annotated[
        Short, Query(alias="to", description="A version by its hash, or the one of a day; else the newest.")
    ] = "",
) -> dict[str, Any]:
    """Compare two versions of a document sentence by sentence, reworded sentences word by word."""
    return diff_view(snapshot, entry_of(snapshot, document_id), old, new)


@router.get("/{document_id}/citations", response_model=CitationList, responses=problems(404, 410, 503))
def document_citations(
    snapshot: SnapshotDep, document_id: DocumentId, limit: Limit = 100, cursor: CursorText = None
) -> dict[str, Any]:
    """List the citations that a document's current version makes, in order of place.

    One that is not held, or that fits several documents, is listed with `to` null and never guessed.
    """
    corpus = snapshot.corpus
    entry = entry_of(snapshot, document_id)
    page = Page.read(corpus.generation.id, cursor, limit)
    rows = [citation for _, citation in corpus.catalogue.citations_of(entry.id, _MOST_CITATIONS)]
    shown = page.of(rows)
    names = {name for citation in shown for name in (citation.to, *citation.candidates) if name in corpus.rows}
    held = {name: corpus.entries[corpus.rows[name]] for name in names if name}
    return {
        "id": entry.id, "version": entry.version,
        "citations": [shapes.citation_view(citation, held) for citation in shown],
        "next_cursor": page.next(len(rows)), "generation": corpus.generation.id,
    }  # fmt: skip


@router.get("/{document_id}/cited-by", response_model=CitedBy, responses=problems(404, 410, 503))
def document_cited_by(
    snapshot: SnapshotDep,
    document_id: DocumentId,
    sort: Annotated[
        Order,
        Query(description="`depth`: what goes deepest into it first; `date`: latest first; `court`: highest first."),
    ] = "depth",
    topic: Annotated[Short, Query(description="Id of a topic that a citing document must belong to.")] = "",
    limit: Limit = 50,
    cursor: CursorText = None,
) -> dict[str, Any]:
    """List the documents that cite one, each with the sentence in which it does so first, and what it does to it."""
    corpus = snapshot.corpus
    entry = entry_of(snapshot, document_id)
    if topic and topic not in corpus.topics:
        raise ProblemError(UNKNOWN_TOPIC, f"No topic has the id {topic!r}. GET /v1/topics lists them.")
    page = Page.read(corpus.generation.id, cursor, limit)
    said: dict[str, list[Treatment]] = {}
    for one in snapshot.standings.treatments(entry.id) if snapshot.standings.held else ():
        said.setdefault(one.citing, []).append(one)
    rows = citing_documents(corpus, entry.id, sort, topic, said)
    shown = [citing_view(corpus, *row, said.get(row[0].id, ())) for row in page.of(rows)]
    return {
        "id": entry.id, "cited_by": shown, "total": len(rows), "next_cursor": page.next(len(rows)),
        "generation": corpus.generation.id,
    }  # fmt: skip


@router.get("/{document_id}/similar", response_model=SimilarReply, responses=problems(404, 410, 503))
def document_similar(
    snapshot: SnapshotDep,
    services: ServicesDep,
    document_id: DocumentId,
    k: Annotated[int, Query(ge=1, le=100, description="How many documents.")] = 10,
) -> dict[str, Any]:
    """List documents near in meaning; the score is the cosine of their best passage to this document's mean vector."""
    corpus = snapshot.corpus
    row = entry_of(snapshot, document_id).row
    hits = similar_view(corpus, row, k, services.jurisdictions)
    return {"id": document_id, "hits": hits, "generation": corpus.generation.id}
