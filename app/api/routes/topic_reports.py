"""Reports about topics: quality, drift, and each topic through the years.

Included before the routes of single topics: there `quality` would pass for an id.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app import topic_reports
from app.api.deps import ServicesDep, SnapshotDep, TopicId, kept
from app.api.openapi import problems
from app.api.problems import UNKNOWN_TOPIC, ProblemError
from app.api.replies.topic_reports import TopicDrift, TopicsQuality, TopicTrend
from app.api.schemas import Short

router = APIRouter(prefix="/v1/topics", tags=["topics"])


@router.get("/quality", response_model=TopicsQuality, responses={304: {"description": "Unchanged"}, **problems(503)})
def topics_quality(request: Request, snapshot: SnapshotDep) -> Response:
    """Show how good the topics are: coherence, diversity, stability, agreement with the code's own titles."""
    return kept(request, topic_reports.quality_report(snapshot.corpus))


@router.get("/drift", response_model=TopicDrift, responses={304: {"description": "Unchanged"}, **problems(503)})
def topics_drift(request: Request, snapshot: SnapshotDep, services: ServicesDep) -> Response:
    """Show which topics shift together over courts and periods, and which terms keep other company than before.

    Both are held against what dealing out the same cases at random gives; what may be chance is not listed.
    """
    return kept(request, topic_reports.drift_report(snapshot.corpus, services.jurisdictions))


@router.get(
    "/{topic_id}/trend",
    response_model=TopicTrend,
    responses={304: {"description": "Unchanged"}, **problems(404, 503)},
)
def topic_trend(
    request: Request,
    snapshot: SnapshotDep,
    services: ServicesDep,
    topic_id: TopicId,
    court: Annotated[
        Short | None, Query(description="Only cases of this court, by its id.", examples=["scotus"])
    ] = None,
) -> Response:
    """Show a topic's share of the cases by year and court, with a forecast for three years and its test on the past."""
    topic = snapshot.corpus.topics.get(topic_id)
    if topic is None:
        raise ProblemError(UNKNOWN_TOPIC, f"No topic has the id {topic_id!r}. GET /v1/topics lists them.")
    return kept(request, topic_reports.trend_report(snapshot.corpus, topic, services.jurisdictions, court))
