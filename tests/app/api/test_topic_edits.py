"""Renaming, pinning and merging over a real server: who may, what shows, what is kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app.wiring import Services, wire
from tests.app.api.schema import Api, problem
from tests.conftest import lexatlas, lexatlas_json, serving, settings

KEY = "correct-horse-battery"
BEARER = {"Authorization": f"Bearer {KEY}"}
TOPIC = "/v1/topics/{topic_id}"


@pytest.fixture(scope="module")
def ours(sample_data: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Services:
    """The sample in a directory of our own, whose service takes orders."""
    data = tmp_path_factory.mktemp("names") / "data"
    shutil.copytree(sample_data, data)
    return wire(settings(data, models, LEXATLAS_ADMIN_KEY=KEY))


@pytest.fixture(scope="module")
def names_api(ours: Services) -> Iterator[Api]:
    with serving(ours) as address:
        yield Api(address)


def put(api: Api, topic: str, what: str, **body: Any) -> dict[str, Any]:
    answer = api.http.put(f"/v1/topics/{topic}/{what}", json=body, headers=BEARER)
    assert answer.status_code == 200, answer.text
    api.check("put", f"{TOPIC}/{what}", answer)
    value: dict[str, Any] = answer.json()
    return value


def delete(api: Api, topic: str, what: str) -> dict[str, Any]:
    answer = api.http.delete(f"/v1/topics/{topic}/{what}", headers=BEARER)
    assert answer.status_code == 200, answer.text
    api.check("delete", f"{TOPIC}/{what}", answer)
    value: dict[str, Any] = answer.json()
    return value


def node(api: Api, topic: str) -> dict[str, Any]:
    value: dict[str, Any] = api.get(f"/v1/topics/{topic}", TOPIC)
    return value


def first_topics(api: Api) -> list[dict[str, Any]]:
    return [row for row in api.get("/v1/topics")["topics"] if row["depth"] == 1]


def test_a_name_shows_wherever_the_topic_does_and_goes_again(names_api: Api) -> None:
    topic = first_topics(names_api)[0]
    assert topic["label_source"] == "terms" and topic["pinned"] is False and topic["merged_into"] is None
    before = names_api.http.get("/v1/topics").headers["etag"]
    value = put(names_api, topic["id"], "name", name=" Leases  and tenancies ", by="M. Okafor", note="handbook")
    assert value["label"] == "Leases and tenancies" and value["label_source"] == "person"
    assert [(mark["kind"], mark["by"], mark["note"]) for mark in value["marks"]] == [("name", "M. Okafor", "handbook")]
    assert names_api.http.get("/v1/topics", headers={"If-None-Match": before}).status_code == 200
    assert node(names_api, topic["id"])["label"] == "Leases and tenancies"
    template = f"{TOPIC}/documents"
    held = names_api.get(f"/v1/topics/{topic['id']}/documents", template)["documents"][0]["id"]
    shares = names_api.get(f"/v1/documents/{held}", "/v1/documents/{document_id}")["topics"]
    assert "Leases and tenancies" in {share["label"] for share in shares}
    facets = names_api.post("/v1/search", {"query": "the tenant", "k": 5})["facets"]["topic"]
    assert {one["label"] for one in facets if one["value"] == topic["id"]} == {"Leases and tenancies"}
    around = names_api.get("/v1/graph/neighbors", id=f"topic:{topic['id']}")
    assert around["node"]["label"] == "Leases and tenancies"
    gone = delete(names_api, topic["id"], "name")
    assert (gone["label"], gone["label_source"], gone["marks"]) == (topic["label"], "terms", [])


def test_only_the_admin_key_may_edit_and_only_it_sees_who_did_and_why(names_api: Api) -> None:
    topic = first_topics(names_api)[1]["id"]
    for method, what, body in (
        ("PUT", "name", {"name": "Mine"}),
        ("PUT", "pin", {}),
        ("PUT", "merge", {"into": "t1"}),
        ("DELETE", "name", None),
    ):
        problem(names_api.http.request(method, f"/v1/topics/{topic}/{what}", json=body), 401, "admin-key")
    assert node(names_api, topic)["label_source"] == "terms"
    put(names_api, topic, "pin", note="because of X", by="Y")
    assert node(names_api, topic)["pinned"] is True
    answer = names_api.http.get("/v1/topics/names", headers=BEARER)
    names_api.check("get", "/v1/topics/names", answer)
    whole = [mark for mark in answer.json()["names"] if mark["topic"] == topic]
    assert [(mark["kind"], mark["note"], mark["by"]) for mark in whole] == [("pin", "because of X", "Y")]
    public = [mark for mark in names_api.get("/v1/topics/names")["names"] if mark["topic"] == topic]
    assert [(mark["kind"], mark["note"], mark["by"]) for mark in public] == [("pin", None, None)]
    assert delete(names_api, topic, "pin")["pinned"] is False


def test_a_merged_topic_s_documents_are_found_under_the_other_until_it_is_undone(names_api: Api) -> None:
    one, other = (row["id"] for row in first_topics(names_api)[2:4])
    template = f"{TOPIC}/documents"

    def documents(topic: str) -> set[str]:
        rows = names_api.pages(f"/v1/topics/{topic}/documents", "documents", template, limit=100)
        return {row["id"] for row in rows}

    def searched(topic: str) -> set[str]:
        body = {"query": "the state board", "k": 100, "filters": {"topic": [topic]}, "facets": False}
        return {hit["id"] for hit in names_api.post("/v1/search", body)["hits"]}

    ones, others = documents(one), documents(other)
    hits = searched(one) | searched(other)
    assert ones - others
    assert put(names_api, one, "merge", into=other)["merged_into"] == other
    assert documents(other) == ones | others and documents(one) == ones
    assert searched(other) == searched(one) == hits
    came_by = sorted(ones - others)[0]
    why = names_api.get(f"/v1/topics/{other}/documents/{came_by}", f"{template}/{{document_id}}")
    assert why["via"] == one and why["terms"]
    refused = names_api.http.put(f"/v1/topics/{other}/merge", json={"into": one}, headers=BEARER)
    problem(refused, 422, "topic-refused")
    assert delete(names_api, one, "merge")["merged_into"] is None
    assert documents(other) == others


def test_what_cannot_be_done_is_said(names_api: Api) -> None:
    topic = first_topics(names_api)[0]["id"]
    problem(names_api.http.put("/v1/topics/t999/name", json={"name": "x"}, headers=BEARER), 404, "unknown-topic")
    problem(names_api.http.delete("/v1/topics/t999/pin", headers=BEARER), 404, "unknown-topic")
    problem(names_api.http.put("/v1/topics/root/pin", json={}, headers=BEARER), 422, "topic-refused")
    for body in ({"name": ""}, {"name": "x" * 101}, {"nom": "x"}, {"name": 3}, {"name": "a\u202eb"}):
        answer = names_api.http.put(f"/v1/topics/{topic}/name", json=body, headers=BEARER)
        assert answer.status_code == 422, body
    outside = names_api.http.get(f"/v1/topics/{topic}/documents/us:usc:99:1")
    problem(outside, 404, "unknown-document")
    strange = next(
        row["id"] for row in names_api.get("/v1/topics/root/documents", f"{TOPIC}/documents", limit=100)["documents"]
        if topic not in {share["id"] for share in
                         names_api.get(f"/v1/documents/{row['id']}", "/v1/documents/{document_id}")["topics"]}
    )  # fmt: skip
    problem(names_api.http.get(f"/v1/topics/{topic}/documents/{strange}"), 404, "not-in-topic")


def test_names_outlive_a_build_a_backup_and_their_topic(names_api: Api, ours: Services, tmp_path: Path) -> None:
    data, models = ours.settings.data, ours.settings.models
    topic = first_topics(names_api)[0]["id"]
    lexatlas_json(data, models, "topics", "rename", topic, "Kept over all", "--by", "K")
    assert node(names_api, topic)["label"] == "Kept over all", "what a command writes the service shows at once"
    ours.names.mark("t77.7", ours.names.current().marks[0].kind, "Of a topic long gone", label="old terms")
    assert lexatlas_json(data, models, "build", "--force")["changed"] is True
    assert node(names_api, topic)["label"] == "Kept over all"
    assert lexatlas(data, models, "backup", str(tmp_path / "all.tar.gz")).returncode == 0
    assert lexatlas(tmp_path / "new", models, "restore", str(tmp_path / "all.tar.gz")).returncode == 0
    kept = lexatlas_json(tmp_path / "new", models, "topics", "names")["names"]
    assert [(mark["topic"], mark["value"], mark["label"], mark["orphaned"]) for mark in kept] == [
        (topic, "Kept over all", "Kept over all", False), ("t77.7", "Of a topic long gone", "old terms", True),
    ]  # fmt: skip
    told = lexatlas(tmp_path / "new", models, "doctor")
    assert told.returncode == 0 and "2 kept, 1 of topics that are gone" in told.stdout
    assert delete(names_api, "t77.7", "name")["label"] is None
    (tmp_path / "new" / "state.db").write_bytes(b"rubbish" * 1000)
    told = lexatlas(tmp_path / "new", models, "doctor")
    assert told.returncode != 0 and "state.db" in told.stdout
    assert lexatlas(tmp_path / "new", models, "search", "tenant").returncode == 0, "the law is served all the same"


def test_the_commands_say_what_the_api_says(names_api: Api, ours: Services) -> None:
    data, models = ours.settings.data, ours.settings.models
    topic = first_topics(names_api)[-1]["id"]
    template = f"{TOPIC}/documents"
    rows = names_api.get(f"/v1/topics/{topic}/documents", template, limit=10)
    shown = lexatlas_json(data, models, "topics", "show", topic)
    assert [row["id"] for row in shown["documents"]] == [row["id"] for row in rows["documents"]]
    assert (shown["total"], shown["label"]) == (rows["total"], node(names_api, topic)["label"])
    document = rows["documents"][0]["id"]
    why = names_api.get(f"/v1/topics/{topic}/documents/{document}", f"{template}/{{document_id}}")
    assert lexatlas_json(data, models, "topics", "why", document, topic) == why
    listed = lexatlas_json(data, models, "topics", "list")["topics"]
    assert {row["id"]: row for row in listed} == {row["id"]: row for row in names_api.get("/v1/topics")["topics"]}
    assert lexatlas(data, models, "topics", "why", "us:usc:99:1").returncode == 1
    assert "t999" in lexatlas(data, models, "topics", "show", "t999").stderr


def test_merges_at_once_never_make_a_ring(names_api: Api) -> None:
    one, two, three = (row["id"] for row in first_topics(names_api)[:3])

    def merge(pair: tuple[str, str]) -> int:
        answer = names_api.http.put(f"/v1/topics/{pair[0]}/merge", json={"into": pair[1]}, headers=BEARER)
        return int(answer.status_code)

    for _ in range(5):
        with ThreadPoolExecutor(3) as pool:
            answers = sorted(pool.map(merge, ((one, two), (two, three), (three, one))))
        assert answers == [200, 200, 422]
        for topic in (one, two, three):
            delete(names_api, topic, "merge")
