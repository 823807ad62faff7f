"""The service itself: what it serves, whether it is well, what changed, its description and its page."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from app.api import openapi, views
from app.api.deps import CursorText, Limit, Page, ServicesDep, SnapshotDep
from app.api.history import changes as changes_of
from app.api.openapi import problems
from app.api.problems import INVALID, NOT_FOUND, ProblemError
from app.api.replies.service import ChangeList, Health, Readiness, StatusReply
from app.api.schemas import Short

router = APIRouter()
HERE = Path(__file__).resolve().parents[1]
PAGE = HERE / "page"


@router.get("/v1/status", response_model=StatusReply, responses=problems(503), tags=["service"])
def status(snapshot: SnapshotDep, services: ServicesDep) -> dict[str, Any]:
    """Say what is served: the generation, how much it holds and what it covers."""
    return views.status_view(snapshot, services)


@router.get("/v1/changes", response_model=ChangeList, responses=problems(410, 503), tags=["service"])
def changes(
    snapshot: SnapshotDep,
    since: Annotated[
        Short | None, Query(description="A day, or a moment in UTC; all where it is left out.", examples=["2026-01-31"])
    ] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> dict[str, Any]:
    """List what was added, changed, repealed, withdrawn or returned, latest first.

    What is withheld or was purged is left out.
    """
    rows = changes_of(snapshot.corpus.catalogue, _moment(since))
    page = Page.read(snapshot.corpus.generation.id, cursor, limit)
    return {
        "changes": page.of(rows), "total": len(rows), "next_cursor": page.next(len(rows)),
        "generation": snapshot.corpus.generation.id,
    }  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        if len(text) == 10:
            return datetime.combine(views.iso_date(text), time.min, UTC)
        # a plus sign in an address arrives as a blank
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ProblemError(
            INVALID, f"since: {text!r} is no day or moment; write 2026-01-31 or 2026-01-31T08:00:00Z."
        ) from None


@router.get("/healthz", response_model=Health, responses=problems(), tags=["service"])
def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Readiness, responses=problems(503), tags=["service"])
def readyz(snapshot: SnapshotDep) -> dict[str, str]:
    """Say that a generation is served."""
    return {"status": "ready", "generation": snapshot.corpus.generation.id}


@router.get("/openapi.json", include_in_schema=False)
def openapi_document(request: Request) -> Response:
    """Return the description of the API for programs."""
    return JSONResponse(openapi.describe(request.app))


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> Response:
    """Return the description of the API for people; it asks nothing of any other host."""
    return HTMLResponse(openapi.page(openapi.describe(request.app)))


@router.get("/docs/style.css", include_in_schema=False)
def docs_style() -> Response:
    """Return the look of the description."""
    return FileResponse(HERE / "docs.css", media_type="text/css")


@router.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
def index() -> Response:
    """Return the page."""
    if not (PAGE / "index.html").is_file():
        raise ProblemError(
            NOT_FOUND, "The page was not built into this installation: run `make page`. The API is described at /docs."
        )
    return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})
