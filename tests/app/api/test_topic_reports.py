"""Reports about topics over HTTP, held against their description, and by command."""

from __future__ import annotations

from pathlib import Path

from tests.app.api.schema import Api, problem
from tests.conftest import lexatlas, lexatlas_json


def test_the_reports_are_served_as_described(api: Api) -> None:
    quality = api.get("/v1/topics/quality")
    assert quality["topics"] == len(api.get("/v1/topics")["topics"]) - 1
    drift = api.get("/v1/topics/drift")
    assert drift["status"] == "too_few" and drift["shifts"] == []
    for topic in quality["per_topic"]:
        trend = api.get(f"/v1/topics/{topic['id']}/trend", "/v1/topics/{topic_id}/trend")
        assert trend["label"] == topic["label"] and trend["generation"] == quality["generation"]


def test_a_report_that_is_held_already_is_not_sent_again(api: Api) -> None:
    first = api.http.get("/v1/topics/quality")
    again = api.http.get("/v1/topics/quality", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content


def test_what_is_not_there_is_told(api: Api) -> None:
    problem(api.http.get("/v1/topics/t99.9/trend"), 404, "unknown-topic")
    topic = api.get("/v1/topics")["topics"][1]["id"]
    told = problem(api.http.get(f"/v1/topics/{topic}/trend", params={"court": "nowhere"}), 422, "invalid-query")
    assert "nowhere" in told["detail"] and "courts:" in told["detail"]


def test_the_examples_of_the_description_fit_it(api: Api) -> None:
    schemas = api.document["components"]["schemas"]
    for name in ("TopicTrend", "TopicsQuality", "TopicDrift"):
        api.validate(schemas[name]["example"], schemas[name])


def test_the_commands_print_what_the_routes_answer(api: Api, sample_data: Path, models: Path) -> None:
    topic = api.get("/v1/topics")["topics"][1]["id"]
    trend = lexatlas_json(sample_data, models, "topics", "trend", topic)
    assert trend == api.get(f"/v1/topics/{topic}/trend", "/v1/topics/{topic_id}/trend")
    assert lexatlas_json(sample_data, models, "topics", "quality") == api.get("/v1/topics/quality")
    assert lexatlas_json(sample_data, models, "topics", "drift") == api.get("/v1/topics/drift")
    words = lexatlas(sample_data, models, "topics", "trend", topic).stdout
    assert trend["sentence"] in words and f"{trend['years'][0]['year']}" in words
    missing = lexatlas(sample_data, models, "topics", "trend", "t99.9")
    assert missing.returncode == 1 and "There is no topic 't99.9'" in missing.stderr
