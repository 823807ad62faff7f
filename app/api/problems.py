"""Every error as RFC 9457 problem details: what went wrong, in words, with what to do; never a trace or a path."""

from __future__ import annotations

import json
import logging
import traceback
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from scraper.errors import (
    AnswerError,
    CitationError,
    DocumentRemoved,
    EmbeddingError,
    GenerationError,
    GraphError,
    LexatlasError,
    LLMError,
    NoGeneration,
    QueryError,
    RunLocked,
    StoreError,
    UnknownDocument,
    UnknownNode,
    UnknownVersion,
)

MEDIA_TYPE = "application/problem+json"
BODY_LIMIT = 1024 * 1024
RETRY_SECONDS = "30"
_MOST_SHOWN = 300  # characters of a caller's own words that are said back
_MESSAGES = {
    "model_attributes_type": "Send a JSON object with Content-Type: application/json",
    "extra_forbidden": "There is no such member",
    "missing": "It is required",
    "string_too_short": "It is empty",
    "too_short": "It is empty",
}
_LOG = logging.getLogger("lexatlas.api")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: HTTP status, the word that ends its `type`, title, and what a caller does about it."""

    status: int
    slug: str
    title: str
    advice: str

    @property
    def type(self) -> str:
        """Return the reference that identifies the kind; it leads to its entry in the API's own pages."""
        return f"/docs#problem-{self.slug}"


INVALID = Kind(422, "invalid-request", "The request cannot be used", "Mend what `errors` or the detail names.")
UNREADABLE = Kind(400, "unreadable-body", "The body cannot be read", "Send one JSON object that is not nested deeply.")
NOT_FOUND = Kind(404, "not-found", "There is nothing at this address", "See /docs for the routes that there are.")
UNKNOWN_TOPIC = Kind(404, "unknown-topic", "No such topic", "Take an id from GET /v1/topics.")
NOT_IN_TOPIC = Kind(404, "not-in-topic", "Not in that topic", "GET /v1/documents/{id} lists its topics.")
TOPIC_REFUSED = Kind(422, "topic-refused", "That cannot be done to the topic", "Mend what the detail names.")
NOT_HELD = Kind(404, "not-held", "Not held", "It may well exist: it is not among what this service holds.")
NO_PATH = Kind(404, "no-path", "No path", "The two nodes are not joined within the bound of the search.")
METHOD = Kind(405, "method-not-allowed", "Not for that method", "The Allow header names those that there are.")
TOO_LARGE = Kind(413, "too-large", "The body is too large", f"Send at most {BODY_LIMIT:,} bytes.")
STALE_CURSOR = Kind(410, "stale-cursor", "The list has changed", "Ask for it again from the start, without the cursor.")
UNKNOWN_RUN = Kind(404, "unknown-run", "No such run", "Take an id from GET /v1/ingest/runs.")
NOT_RUNNING = Kind(409, "not-running", "The run is not going on", "Look at its state: there is nothing to cancel.")
NO_KEY = Kind(403, "admin-key-unset", "Not switched on", "Set LEXATLAS_ADMIN_KEY and start the service again.")
WRONG_KEY = Kind(401, "admin-key", "The admin key is needed", "Send it as `Authorization: Bearer KEY`.")
RUN_REFUSED = Kind(422, "run-refused", "The run cannot be started so", "Mend what the detail names.")
RUN_FAILED = Kind(502, "run-failed", "The run could not be started", "See what the detail names, then try again.")
BUSY = Kind(503, "busy", "Busy with the same work", "Ask again after the time that Retry-After gives.")
INTERNAL = Kind(500, "internal", "The service made a mistake", "Report it with the `reference`, which its log knows.")

# The first class that fits decides, so that a class stands above the one it is derived from.
BY_ERROR: tuple[tuple[type[LexatlasError], Kind], ...] = (
    (UnknownDocument, Kind(404, "unknown-document", "No such document", "Search for it, or resolve its citation.")),
    (DocumentRemoved, Kind(410, "removed", "Removed or withheld", "Do not ask again: it is not shown, and not named.")),
    (UnknownVersion, Kind(404, "unknown-version", "No such version", "See the document's /versions.")),
    (StoreError, Kind(503, "store-unreadable", "The ingest store cannot be read", "Run `lexatlas doctor` there.")),
    (RunLocked, Kind(409, "run-locked", "Another run goes on", "Wait until it ends, or cancel it.")),
    (UnknownNode, Kind(404, "unknown-node", "No such node", "Take an id from a document, a topic or another node.")),
    (QueryError, Kind(422, "invalid-query", "The query cannot be used", "Mend what the detail names.")),
    (CitationError, Kind(422, "invalid-citation", "The citation cannot be used", "Write it as in 28 U.S.C. § 1331.")),
    (GraphError, Kind(503, "graph-damaged", "The graph cannot be read", "Run `lexatlas doctor`, then build again.")),
    (NoGeneration, Kind(503, "nothing-built", "Nothing is built yet", "Run `lexatlas ingest`, then `lexatlas build`.")),
    (GenerationError, Kind(503, "build-damaged", "The build is damaged", "Run `lexatlas doctor`, then build again.")),
    (EmbeddingError, Kind(503, "no-model", "The embedding model is missing", "Run `lexatlas doctor` there.")),
    (LLMError, Kind(502, "llm-failed", "The language model failed", "Ask again, or with `llm` false.")),
    (AnswerError, Kind(422, "no-answer", "No answer can be made", "Mend what the detail names.")),
)  # fmt: skip
KINDS: tuple[Kind, ...] = (
    INVALID, UNREADABLE, NOT_FOUND, UNKNOWN_TOPIC, NOT_IN_TOPIC, TOPIC_REFUSED, NOT_HELD, NO_PATH, METHOD, TOO_LARGE,
    STALE_CURSOR, BUSY, INTERNAL,
    *(kind for _, kind in BY_ERROR),
)  # fmt: skip
# These name files and settings of the machine: the log has them, the caller gets the kind's advice.
_PRIVATE = (EmbeddingError, GraphError, StoreError, RunLocked)
_TOLD = (UnknownNode, UnknownDocument, UnknownVersion, DocumentRemoved)  # of these, what names only what was asked


class ProblemError(Exception):
    """A problem found in the HTTP layer itself; `more` adds members to its body."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.more = dict(more or {})
        self.headers = dict(headers or {})


def problem(kind: Kind, detail: str, instance: str, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the body of a problem; text that is no Unicode, as a caller may send it, is made safe to encode."""
    return {
        "type": kind.type, "title": kind.title, "status": kind.status, "detail": readable(detail),
        "instance": readable(instance), **(more or {}),
    }  # fmt: skip


def readable(text: str) -> str:
    """Return a text that UTF-8 can hold, cut where it is very long."""
    safe = text.encode("utf-8", "replace").decode("utf-8")
    return safe if len(safe) <= 4 * _MOST_SHOWN else safe[: 4 * _MOST_SHOWN] + " …"


def respond(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem's body as a response with its status."""
    own = {"Cache-Control": "no-store", **(headers or {})}
    if body["status"] == 503:
        own["Retry-After"] = RETRY_SECONDS
    return Response(json.dumps(body, ensure_ascii=False), body["status"], own, MEDIA_TYPE)


def of_error(error: Exception, instance: str) -> dict[str, Any]:
    """Return the problem for any error; one that nobody foresaw is logged, without its message, under a reference."""
    if isinstance(error, ProblemError):
        return problem(error.kind, error.detail, instance, error.more)
    for known, kind in BY_ERROR:
        if isinstance(error, known):
            return problem(kind, kind.advice if _is_private(error) else str(error), instance)
    reference = uuid.uuid4().hex[:12]
    # The message may hold a caller's words, which are never logged; the places in the code are enough to find it.
    frames = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("reference %s: %s at\n%s", reference, type(error).__name__, frames)
    return problem(INTERNAL, INTERNAL.advice, instance, {"reference": reference})


def _is_private(error: Exception) -> bool:
    return isinstance(error, _PRIVATE) and not isinstance(error, _TOLD)


def install(app: FastAPI) -> None:
    """Make an application answer its errors as problems."""
    app.add_exception_handler(LexatlasError, _known)
    app.add_exception_handler(ProblemError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def _known(request: Request, error: Exception) -> Response:
    headers = error.headers if isinstance(error, ProblemError) else None
    return respond(of_error(error, request.url.path), headers)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [_entry(item) for item in error.errors()[:20]]
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return respond(problem(UNREADABLE, UNREADABLE.advice, request.url.path))
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in found[:3])
    return respond(problem(INVALID, detail, request.url.path, {"errors": found}))


def _entry(item: Mapping[str, Any]) -> dict[str, str]:
    place: Sequence[Any] = item["loc"]
    names = [readable(str(part))[:_MOST_SHOWN] for part in place[1:]] or [str(place[0])]
    message = _MESSAGES.get(item["type"], str(item["msg"]).removeprefix("Value error, "))
    return {"field": ".".join(names), "in": str(place[0]), "message": readable(message)}


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kinds = {400: UNREADABLE, 404: NOT_FOUND, 405: METHOD, 413: TOO_LARGE}
    kind = kinds.get(error.status_code)
    if kind is None:
        title = HTTPStatus(error.status_code).phrase
        kind = Kind(error.status_code, f"http-{error.status_code}", title, title)
    return respond(problem(kind, kind.advice, request.url.path), error.headers)
