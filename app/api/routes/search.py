"""Search, exact counts, and the look-up of a citation."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from app.api import views
from app.api.counts import count_view
from app.api.deps import ServicesDep, SnapshotDep
from app.api.openapi import problems
from app.api.problems import NOT_HELD, ProblemError
from app.api.replies.search import Candidates, CountReply, Resolved, SearchReply
from app.api.schemas import MOST_CHARACTERS, MOST_HITS, Clean, CountBody, SearchBody
from app.retrieval.counting import count as count_documents
from app.retrieval.lookup import resolve as look_up
from app.retrieval.query import parse_query
from app.wiring import Services, Snapshot
from scraper.errors import QueryError

router = APIRouter(prefix="/v1", tags=["search"])
_MOST_CITATION = 400


@router.post("/search", response_model=SearchReply, responses=problems(400, 413, 503))
def search(snapshot: SnapshotDep, services: ServicesDep, body: SearchBody) -> dict[str, Any]:
    """Search the law that is held: words, phrases, a question, a citation or a case name.

    Each hit says why it is there: `signals` are shares that sum to its score.
    """
    return _search(snapshot, services, body)


@router.get("/search", response_model=SearchReply, responses=problems(503))
def search_by_address(
    snapshot: SnapshotDep,
    services: ServicesDep,
    q: Annotated[Clean, Query(min_length=1, max_length=MOST_CHARACTERS, description="The query.", examples=["habeas"])],
    k: Annotated[int, Query(ge=1, le=MOST_HITS, description="How many documents.")] = 10,
) -> dict[str, Any]:
    """Search with the defaults of `POST /v1/search`.

    A query in an address is seen by proxies and kept by browsers; prefer POST for what is private.
    """
    return _search(snapshot, services, SearchBody(query=q, k=k))


def _search(snapshot: Snapshot, services: Services, body: SearchBody) -> dict[str, Any]:
    begun = time.perf_counter()
    query = parse_query(body.query, views.filters_from(body.filters.model_dump()))
    result = snapshot.search.search(query, body.k, body.offset)
    took = (time.perf_counter() - begun) * 1000
    return views.search_view(
        snapshot, result, services.jurisdictions, offset=body.offset, facets=body.facets, took_ms=took
    )


@router.post("/count", response_model=CountReply, responses=problems(400, 413, 503))
def count(snapshot: SnapshotDep, services: ServicesDep, body: CountBody) -> dict[str, Any]:
    """Count the documents that a question asks for, exactly, and list them.

    A document is counted or it is not: `rule` says why. How many sections "address" something depends on what is meant
    by it; `others` gives the number for other readings of the same words.
    """
    filters = views.filters_from(body.filters.model_dump())
    counted = count_documents(snapshot.search.matcher, body.question, filters)
    return count_view(snapshot, services.jurisdictions, counted, body.limit, body.offset)


@router.get(
    "/resolve",
    response_model=Resolved,
    responses={300: {"model": Candidates, "description": "Several documents fit"}, **problems(404, 503)},
)
def resolve(
    snapshot: SnapshotDep,
    services: ServicesDep,
    cite: Annotated[
        Clean,
        Query(min_length=1, max_length=_MOST_CITATION, description="A citation, docket number, case name or id.",
              examples=["521 U.S. 844"]),
    ],
) -> Response:  # fmt: skip
    """Say which held document a citation stands for.

    404 means that nothing is held under it, not that it does not exist.
    """
    if not cite.strip():
        raise QueryError("cite is empty: write a citation, such as 28 U.S.C. § 1331.")
    found = look_up(snapshot.corpus, services.jurisdictions, cite)
    if found is None or not (found.documents or found.withdrawn):
        raise ProblemError(NOT_HELD, _not_held(cite, found is not None), {"query": cite})
    value = views.resolution_view(snapshot, cite, found)
    return JSONResponse(value, 200 if "document" in value else 300)


def _not_held(cite: str, read: bool) -> str:
    if read:
        return f"{cite!r} is a citation, but we do not hold what it cites. That does not say that it does not exist."
    return (
        f"{cite!r} is neither a citation that can be read nor the name or docket number of a held case; search for it."
    )
