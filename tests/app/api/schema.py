"""Holds answers against the OpenAPI document that the server itself gives."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import httpx
import jsonschema


class Api:
    """A real server, and the description by which each of its answers is judged."""

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(base_url=address, timeout=60)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        answer = self.http.get("/openapi.json")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    def get(self, path: str, template: str = "", **query: Any) -> Any:
        """GET, expect 200 and the shape that is described for `template`, which is the path where it is left out."""
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        self.check("get", template or path, answer)
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        """POST JSON, expect 200 and the shape that is described."""
        answer = self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        self.check("post", path, answer)
        return answer.json()

    def check(self, method: str, template: str, answer: httpx.Response) -> None:
        """Raise where an answer's status, type or body is not one that is described."""
        described = self.document["paths"][template][method]["responses"]
        assert str(answer.status_code) in described, f"{answer.status_code} is not described for {method} {template}"
        media = answer.headers["content-type"].split(";")[0]
        self.validate(answer.json(), described[str(answer.status_code)]["content"][media]["schema"])

    def validate(self, value: Any, schema: dict[str, Any]) -> None:
        """Raise where a value does not fit a schema of the document."""
        # beside its schema the document's components are where its references look for them
        jsonschema.Draft202012Validator({"components": self.document["components"], **schema}).validate(value)

    def pages(self, path: str, member: str, template: str = "", **query: Any) -> list[Any]:
        """Return a list read to its end by its cursors."""
        rows: list[Any] = []
        cursor: str | None = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = self.get(path, template, **query, **more)
            rows += page[member]
            cursor = page["next_cursor"]
            if cursor is None:
                return rows
            assert page[member], "a page before the last is never empty"


def problem(answer: httpx.Response, status: int, kind: str = "") -> dict[str, Any]:
    """Return the body of an answer that must be a problem of a status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status and body["title"] and body["detail"]
    assert body["type"].startswith("/docs#problem-") and body["type"].endswith(kind)
    words = " ".join(str(value) for name, value in body.items() if name != "instance")
    assert not [told for told in ("Traceback", 'File "', ".py", "site-packages") if told in words]
    return body
