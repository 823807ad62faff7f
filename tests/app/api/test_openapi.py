"""The description of the API: valid, complete, and true of what the routes take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema

from tests.app.api.schema import Api


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def test_every_schema_is_a_schema_and_every_reference_leads_somewhere(api: Api) -> None:
    schemas = api.document["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    named = {name.removeprefix("#/components/schemas/") for name in references(api.document)}
    assert named <= schemas.keys()
    assert schemas.keys() <= named, "a schema that nothing uses"


def test_every_operation_is_named_told_and_says_how_it_fails(api: Api) -> None:
    assert api.document["openapi"].startswith("3.1") and api.document["info"]["version"]
    names = [operation["operationId"] for _, _, operation in operations(api.document)]
    assert len(names) == len(set(names)) and all(name.isalnum() and name[0].islower() for name in names)
    for method, path, operation in operations(api.document):
        assert operation["summary"] and operation["description"].endswith((".", "!")), (method, path)
        assert operation["tags"], path
        answers = operation["responses"]
        assert {"422", "500"} <= answers.keys(), path
        for status, answer in answers.items():
            if int(status) >= 400:
                assert answer["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }, (path, status)
            elif int(status) == 200:
                assert all(media.get("schema") for media in answer["content"].values()), path
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (path, parameter["name"])
        if "requestBody" in operation:
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            name = reference.rpartition("/")[2]
            schema = api.document["components"]["schemas"][name]
            api.validate(schema["example"], schema)


def test_the_examples_are_taken_by_the_routes_themselves(api: Api) -> None:
    for method, path, operation in operations(api.document):
        # what needs a key is shown by tests/app/api/test_runs.py
        if method == "post" and "requestBody" in operation and "security" not in operation:
            name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            api.post(path, api.document["components"]["schemas"][name]["example"])


def test_the_front_end_s_routes_are_there(api: Api) -> None:
    expected = {
        "/healthz", "/readyz", "/v1/status", "/v1/search", "/v1/resolve", "/v1/documents",
        "/v1/documents/{document_id}",
        "/v1/documents/{document_id}/versions", "/v1/documents/{document_id}/diff",
        "/v1/ingest/runs", "/v1/ingest/runs/{run_id}", "/v1/ingest/runs/{run_id}/pages",
        "/v1/ingest/runs/{run_id}/cancel", "/v1/ingest/runs/{run_id}/events",
        "/v1/documents/{document_id}/citations",
        "/v1/documents/{document_id}/cited-by", "/v1/documents/{document_id}/similar",
        "/v1/documents/{document_id}/treatment", "/v1/documents/{document_id}/annotations", "/v1/topics",
        "/v1/topics/{topic_id}", "/v1/topics/{topic_id}/documents", "/v1/topics/names",
        "/v1/topics/{topic_id}/documents/{document_id}", "/v1/topics/{topic_id}/name", "/v1/topics/{topic_id}/pin",
        "/v1/topics/{topic_id}/merge", "/v1/topics/quality", "/v1/topics/drift", "/v1/topics/{topic_id}/trend",
        "/v1/graph/neighbors", "/v1/graph/path",
        "/v1/graph/flags", "/v1/graph/impact", "/v1/graph/subgraph",
        "/v1/graph/export", "/v1/answers", "/v1/check", "/v1/count", "/v1/changes",
    }  # fmt: skip
    assert set(api.document["paths"]) == expected
