"""What became of an authority, and what courts have made of it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from app.api.deps import CursorText, DocumentId, Limit, Page, ServicesDep, SnapshotDep, entry_of
from app.api.openapi import problems
from app.api.replies.treatment import AnnotationsReply, TreatmentReply
from app.api.standing import annotations_page, treatment_page

router = APIRouter(prefix="/v1/documents", tags=["documents"])


@router.get("/{document_id}/treatment", response_model=TreatmentReply, responses=problems(404, 410, 503))
def document_treatment(
    snapshot: SnapshotDep,
    services: ServicesDep,
    document_id: DocumentId,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> dict[str, Any]:
    """Say what became of an authority, as far as the opinions held tell it, each word with the sentence that proves it.

    `none_found` means that nothing negative was found among so many opinions, to a day; it never means more.
    """
    corpus = snapshot.corpus
    page = Page.read(corpus.generation.id, cursor, limit)
    entry = entry_of(snapshot, document_id)
    view, total = treatment_page(snapshot, entry, services.jurisdictions, page.start, page.limit)
    return view | {"next_cursor": page.next(total), "generation": corpus.generation.id}


@router.get("/{document_id}/annotations", response_model=AnnotationsReply, responses=problems(404, 410, 503))
def document_annotations(
    snapshot: SnapshotDep,
    services: ServicesDep,
    document_id: DocumentId,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> dict[str, Any]:
    """List notes of decisions, the passages that construe a provision, by topic; and what brackets say of a case."""
    corpus = snapshot.corpus
    page = Page.read(corpus.generation.id, cursor, limit)
    entry = entry_of(snapshot, document_id)
    view, total = annotations_page(snapshot, entry, services.jurisdictions, page.start, page.limit)
    return view | {"next_cursor": page.next(total), "generation": corpus.generation.id}
