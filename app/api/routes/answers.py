"""Questions and their answers, whole or as server-sent events."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.sse import format_sse_event
from starlette.responses import StreamingResponse

from app.api import views
from app.api.deps import AnswererDep, ServicesDep, SnapshotDep
from app.api.openapi import problems
from app.api.problems import of_error
from app.api.replies.service import AnswerReply
from app.api.schemas import AnswerBody
from app.retrieval.query import parse_query
from app.wiring import Snapshot

router = APIRouter(prefix="/v1", tags=["answers"])
EVENTS = "text/event-stream"
_EVENT_STREAM = {
    "description": (
        "The answer. As server-sent events: `hits` (the passages found), then `warning` and `sentence` as they are "
        "checked, last `done` with the whole answer, or `error` with a problem."
    ),
    "content": {EVENTS: {"schema": {"type": "string"}}},
}


@router.post("/answers", response_model=AnswerReply, responses={200: _EVENT_STREAM, **problems(400, 413, 502, 503)})
def answer(
    request: Request, snapshot: SnapshotDep, services: ServicesDep, answerer: AnswererDep, body: AnswerBody
) -> Any:
    """Answer a question in sentences that each carry a checked source, or abstain.

    `degraded` means that the language model failed and quoted sentences stand in its place.
    """
    begun = time.perf_counter()
    filters = views.filters_from(body.filters.model_dump())
    parse_query(body.question, filters)  # refused before a stream has begun
    stated = views.basis(snapshot, services.jurisdictions)
    if body.stream or EVENTS in request.headers.get("accept", ""):
        events = answerer.stream(body.question, k=body.k, use_llm=body.llm, filters=filters)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_framed(events, snapshot, stated, begun), headers=headers, media_type=EVENTS)
    found = answerer.answer(body.question, k=body.k, use_llm=body.llm, filters=filters)
    value = found.to_json()
    return {**value, "relations": views.relations(snapshot, value), **stated, "took_ms": _since(begun)}


def _framed(
    events: Iterator[tuple[str, Any]], snapshot: Snapshot, stated: dict[str, Any], begun: float
) -> Iterator[bytes]:
    try:
        for name, value in events:
            if name != "done":
                yield _event(name, value)
                continue
            whole = {**value, "relations": views.relations(snapshot, value), **stated, "took_ms": _since(begun)}
            yield _event(name, whole)
    except Exception as error:  # noqa: BLE001 - the stream has begun: what is wrong can only be said in it
        yield _event("error", of_error(error, "/v1/answers"))


def _event(name: str, value: Any) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(value, ensure_ascii=False))


def _since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 1)
