"""Ingest runs: start one, see how far it is and what it changed, cancel it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import format_sse_event
from starlette.responses import Response, StreamingResponse

from app.api.admin import Admin, AdminDep
from app.api.deps import CursorText, Limit, ServicesDep
from app.api.openapi import problems
from app.api.problems import (
    BUSY,
    INVALID,
    NOT_RUNNING,
    RUN_FAILED,
    RUN_REFUSED,
    UNKNOWN_RUN,
    ProblemError,
    of_error,
)
from app.api.replies.runs import RunList, RunPages, RunReply, RunStarted
from app.api.schemas import Clean, RunBody
from app.jobs.runs import Launcher, RunRequest, is_there, run_ids, run_of, run_summary, run_view
from app.wiring import Services
from scraper.errors import ConfigError, GenerationError, LexatlasError, RunError, RunLocked
from scraper.ledger import Ledger, PageState, Run

router = APIRouter(prefix="/v1/ingest/runs", tags=["ingest"])
EVENTS = "text/event-stream"
MOST_WATCHERS = 32  # progress streams at once, of callers without the admin key
_MOST_OPERATORS = 8  # and of those with it, whom nobody else may lock out
_TICK, _HEARTBEAT = 1.0, 15.0  # seconds
_watchers, _operators = asyncio.Semaphore(MOST_WATCHERS), asyncio.Semaphore(_MOST_OPERATORS)
RunId = Annotated[
    Clean, Path(max_length=200, description="Id of a run.", examples=["20260210T030000-justia-1a2b3c"], alias="run_id")
]
_STREAM = {
    "description": (
        "Server-sent events: `progress` (a run without its changes) whenever something moved, last `done` with the "
        "whole run, or `error` with a problem."
    ),
    "content": {EVENTS: {"schema": {"type": "string"}}},
}


@router.get("", response_model=RunList, responses=problems(503))
def ingest_runs(services: ServicesDep, limit: Limit = 20, cursor: CursorText = None) -> dict[str, Any]:
    """List runs, latest first."""
    ids = run_ids(services.store) if is_there(services.settings) else []
    if cursor and cursor not in ids:
        raise ProblemError(INVALID, "cursor: send a `next_cursor` of the page before, as it came.")
    start = ids.index(cursor) + 1 if cursor else 0
    shown = ids[start : start + limit]
    return {
        "runs": [run_summary(services.store, _run(services, run_id)) for run_id in shown],
        "next_cursor": shown[-1] if shown and start + limit < len(ids) else None,
        "may_start": bool(services.settings.admin_key),
    }  # fmt: skip


@router.post(
    "",
    status_code=202,
    response_model=RunStarted,
    responses=problems(400, 401, 403, 409, 413, 502, 503),
    dependencies=[Admin],
)
def start_ingest_run(services: ServicesDep, response: Response, body: RunBody) -> dict[str, Any]:
    """Start a run: the command that cron would start, in a process of its own, and a build behind it.

    409 says that another run goes on. The run goes on when the service stops.
    """
    request = RunRequest(**body.model_dump(exclude={"options"}), options=tuple(sorted(body.options.items())))
    try:
        run = Launcher(services.settings, services.jurisdictions).start(
            request, lambda: Ledger(services.store.database)
        )
    except RunLocked:
        raise
    except (ConfigError, RunError) as error:  # only here is what they say meant for the caller
        raise ProblemError(RUN_REFUSED if isinstance(error, ConfigError) else RUN_FAILED, str(error)) from error
    if run:
        response.headers["Location"] = f"/v1/ingest/runs/{run}"
    return {"run": run or None}


@router.get("/{run_id}", response_model=RunReply, responses=problems(401, 403, 404, 503))
def ingest_run(services: ServicesDep, admin: AdminDep, run_id: RunId) -> dict[str, Any]:
    """Show one run: how far it is, and what it changed.

    Without the admin key it names only documents that are served, and no address.
    """
    return _view(services, _run(services, run_id), admin)


@router.get("/{run_id}/pages", response_model=RunPages, responses=problems(401, 403, 404, 503), dependencies=[Admin])
def ingest_run_pages(
    services: ServicesDep,
    run_id: RunId,
    state: Annotated[list[PageState] | None, Query(description="Only pages in these states.", max_length=10)] = None,
    limit: Limit = 50,
    cursor: Annotated[Clean | None, Query(max_length=4000, description="`next_cursor` of the page before.")] = None,
) -> dict[str, Any]:
    """List the pages that a run met, in the order in which it met them; those of runs long past are let go."""
    run = _run(services, run_id)
    rows = Ledger(services.store.database).pages(run.id, state or (), limit=limit + 1, after=cursor or "")
    shown = rows[:limit]
    return {
        "run": run.id, "next_cursor": shown[-1].url if len(rows) > limit else None,
        "pages": [{"url": row.url, "state": row.state, "reason": row.reason, "documents": row.documents}
                  for row in shown],
    }  # fmt: skip


@router.post(
    "/{run_id}/cancel",
    status_code=202,
    response_model=RunReply,
    responses=problems(401, 403, 404, 409, 503),
    dependencies=[Admin],
)
def cancel_ingest_run(services: ServicesDep, run_id: RunId) -> dict[str, Any]:
    """Ask a run to end after the page at hand; what it stored stays, nothing is withdrawn."""
    run = _run(services, run_id)
    if not Ledger(services.store.database).request_cancel(run.id):
        raise ProblemError(NOT_RUNNING, f"{run.id} is {run.state}; there is nothing to cancel.")
    return _view(services, _run(services, run_id), True)


@router.get("/{run_id}/events", responses={200: _STREAM, **problems(401, 403, 404, 503)}, response_class=Response)
def ingest_run_events(request: Request, services: ServicesDep, admin: AdminDep, run_id: RunId) -> Response:
    """Follow one run as server-sent events until it ends."""
    run = _run(services, run_id)
    if (_operators if admin else _watchers).locked():
        most = _MOST_OPERATORS if admin else MOST_WATCHERS
        raise ProblemError(BUSY, f"{most} progress streams are open, and no more are given; ask again later.")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_follow(services, run.id, admin), headers=headers, media_type=EVENTS)


async def _follow(services: Services, run_id: str, admin: bool) -> AsyncIterator[bytes]:
    async with _operators if admin else _watchers:
        told, quiet = "", 0.0
        try:
            while True:
                run = await run_in_threadpool(_run, services, run_id)
                if run.state != "running":
                    yield _event("done", await run_in_threadpool(_view, services, run, admin))
                    return
                value = await run_in_threadpool(run_summary, services.store, run)
                now = json.dumps({name: value[name] for name in ("done", "known", "cancelling", "documents")})
                quiet += _TICK
                if now != told:
                    told, quiet = now, 0.0
                    yield _event("progress", value)
                elif quiet >= _HEARTBEAT:
                    quiet = 0.0
                    yield b": still here\n\n"
                await asyncio.sleep(_TICK)
        except (LexatlasError, ProblemError) as error:
            yield _event("error", of_error(error, f"/v1/ingest/runs/{run_id}/events"))


def _event(name: str, value: Any) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(value, ensure_ascii=False))


def _run(services: Services, run_id: str) -> Run:
    run = run_of(services.store, run_id) if is_there(services.settings) else None
    if run is None:
        raise ProblemError(UNKNOWN_RUN, UNKNOWN_RUN.advice)
    return run


def _view(services: Services, run: Run, admin: bool) -> dict[str, Any]:
    try:
        corpus = services.snapshots.current().corpus
    except GenerationError:  # nothing is built yet: then nothing may be named either
        return run_view(services.store, run, lambda _: False, whole=admin)
    return run_view(services.store, run, lambda name: name in corpus.rows or name in corpus.tombstones, whole=admin)
