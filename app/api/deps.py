"""What routes are handed: the services, one snapshot a request, cursors, and answers that a client may keep."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from app.answering.answer import Answerer
from app.api.checks import checker_over
from app.api.problems import INVALID, STALE_CURSOR, ProblemError
from app.api.schemas import Clean, Short
from app.api.security import GENERATION_STATE
from app.checking.check import Checker
from app.wiring import Services, Snapshot
from indexing.catalogue import Entry

Item = TypeVar("Item")
_REVALIDATE = "no-cache"


def services_of(request: Request) -> Services:
    """Return what the application was made with."""
    services: Services = request.app.state.services
    return services


def snapshot_of(request: Request, services: Annotated[Services, Depends(services_of)]) -> Snapshot:
    """Return the generation that the whole of this request reads; raise NoGeneration or GenerationDamaged."""
    snapshot = services.snapshots.current()
    setattr(request.state, GENERATION_STATE, snapshot.corpus.generation.id)
    return snapshot


ServicesDep = Annotated[Services, Depends(services_of)]
SnapshotDep = Annotated[Snapshot, Depends(snapshot_of)]
DocumentId = Annotated[
    Clean, Path(max_length=300, description="Id of a document.", examples=["us:usc:28:1331"], alias="document_id")
]
TopicId = Annotated[Clean, Path(max_length=100, description="Id of a topic.", examples=["t3.2"], alias="topic_id")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
CursorText = Annotated[Short | None, Query(description="`next_cursor` of the page before.")]


def entry_of(snapshot: Snapshot, document_id: str) -> Entry:
    """Return the entry of a document or of its tombstone, whose row is `NO_ROW`.

    Raises UnknownDocument, and DocumentRemoved for what is withheld or was purged.
    """
    row = snapshot.corpus.rows.get(document_id)
    return snapshot.corpus.catalogue.entry(document_id) if row is None else snapshot.corpus.entries[row]


class Answerers:
    """The answerer of the served generation: what it prepares is worth keeping as long as that is served."""

    def __init__(self, services: Services) -> None:
        self._llm = services.llm
        self._made: tuple[Snapshot, Answerer] | None = None

    def of(self, snapshot: Snapshot) -> Answerer:
        """Return the answerer over a snapshot."""
        made = self._made
        if made is None or made[0] is not snapshot:
            self._made = made = (snapshot, Answerer(snapshot.search, self._llm))
        return made[1]


def answerer_of(request: Request, snapshot: SnapshotDep) -> Answerer:
    """Return the answerer over this request's generation."""
    answerers: Answerers = request.app.state.answerers
    return answerers.of(snapshot)


AnswererDep = Annotated[Answerer, Depends(answerer_of)]


class Checkers:
    """The checker of the served generation, as `Answerers` keeps its answerer."""

    def __init__(self, services: Services) -> None:
        self._jurisdictions = services.jurisdictions
        self._made: tuple[Snapshot, Checker] | None = None

    def of(self, snapshot: Snapshot) -> Checker:
        """Return the checker over a snapshot."""
        made = self._made
        if made is None or made[0] is not snapshot:
            self._made = made = (snapshot, checker_over(snapshot, self._jurisdictions))
        return made[1]


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list that belongs to one generation."""

    generation: str
    start: int
    limit: int

    @classmethod
    def read(cls, generation: str, cursor: str | None, limit: int) -> Page:
        """Read an opaque cursor; raise ProblemError for one that is none, or whose generation is served no more."""
        if not cursor:
            return cls(generation, 0, limit)
        try:
            made_for, start = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=="))
        except (ValueError, TypeError, RecursionError):
            made_for, start = None, -1
        if not isinstance(made_for, str) or type(start) is not int or not 0 <= start < 1 << 40:
            raise ProblemError(INVALID, "cursor: send a `next_cursor` of the page before, as it came.")
        if made_for != generation:
            raise ProblemError(
                STALE_CURSOR, "A newer build is served than the one this cursor belongs to; start again."
            )
        return cls(generation, start, limit)

    def of(self, items: Sequence[Item]) -> list[Item]:
        """Return this page's part of a whole list."""
        return list(items[self.start : self.start + self.limit])

    def next(self, total: int) -> str | None:
        """Return the cursor of the page after this one, None after the last."""
        after = self.start + self.limit
        if after >= total:
            return None
        raw = json.dumps([self.generation, after], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def kept(request: Request, value: Mapping[str, Any]) -> Response:
    """Return a value under an entity tag of its own words, or 304 where the caller has it already."""
    body = JSONResponse(value).body
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": _REVALIDATE}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _matches(wanted: str, tag: str) -> bool:
    return wanted.strip() == "*" or tag in {part.strip().removeprefix("W/") for part in wanted.split(",")}
