"""The description of the API: what every operation may answer, and a plain page of it that needs no other host."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.problems import KINDS, MEDIA_TYPE
from app.api.replies.base import Problem

DESCRIPTION = (
    "Search, read and question the law of a jurisdiction; every statement comes with its source.\n\n"
    "Offsets are Unicode code points into the canonical text of the version that is named beside them. Every answer "
    "comes from exactly one generation, one complete build of everything that is served: its id stands in the body "
    "and in the header `Lexatlas-Generation`. Lists go on with `next_cursor`. Errors are RFC 9457 problem details. "
    "Legal information, not advice."
)
_REF = {"$ref": "#/components/schemas/Problem"}
_ALWAYS = (422, 500)  # a request may be wrong, and so may the service
_SKIPPED = {"HTTPValidationError", "ValidationError"}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error responses of an operation for its `responses=`."""
    return {status: _response(status) for status in sorted({*statuses, *_ALWAYS})}


def _response(status: int) -> dict[str, Any]:
    titles = list(dict.fromkeys(kind.title for kind in KINDS if kind.status == status))
    return {"description": ". ".join(titles) + ".", "content": {MEDIA_TYPE: {"schema": _REF}}}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        )  # fmt: skip
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        made = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(made.pop("$defs", {}))
        schemas["Problem"] = made
        for operation in (one for methods in document["paths"].values() for one in methods.values()):
            operation["summary"] = operation["summary"].capitalize()
        for name in _SKIPPED & schemas.keys():
            del schemas[name]
        app.openapi_schema = document
    return app.openapi_schema


def page(document: dict[str, Any]) -> str:
    """Return the description as one HTML page without scripts."""
    parts = [_operation(method, path, operation, document)
             for path, methods in document["paths"].items() for method, operation in methods.items()]  # fmt: skip
    rows = "".join(
        f'<tr id="problem-{kind.slug}"><td>{kind.status}</td><td><code>{kind.slug}</code></td>'
        f"<td>{escape(kind.title)}. {_code(kind.advice)}</td></tr>"
        for kind in sorted(KINDS, key=lambda kind: (kind.status, kind.slug))
    )
    intro = "".join(f"<p>{_code(text)}</p>" for text in document["info"]["description"].split("\n\n"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Lexatlas API</title>'
        '<link rel="stylesheet" href="/docs/style.css"></head><body><main>'
        f"<h1>Lexatlas API {escape(document['info']['version'])}</h1>{intro}"
        '<p><a href="/openapi.json">openapi.json</a> describes the same for programs.</p>'
        f"{''.join(parts)}"
        f'<h2 id="problems">Problems</h2><table><tr><th>Status<th>Kind<th>Meaning</tr>{rows}</table>'
        "</main></body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(item['name'])}</code></td><td>{escape(item['in'])}</td>"
        f"<td>{_code(item.get('description', ''))}</td><td>{escape(_limits(item['schema']))}</td></tr>"
        for item in operation.get("parameters", ())
    )
    answers = ", ".join(
        f'<a href="#problems">{status}</a>' if int(status) >= 400 else f"{status} {_code(answer['description'])}"
        for status, answer in operation["responses"].items()
    )
    return (
        f'<section id="{escape(operation["operationId"])}"><h2><code>{method.upper()} {escape(path)}</code></h2>'
        f"<p>{_code(operation['description'])}</p>"
        + (f"<table><tr><th>Name<th>In<th>Meaning<th>Limits</tr>{rows}</table>" if rows else "")
        + _body(operation, document)
        + f"<p>Answers: {answers}</p></section>"
    )


def _body(operation: dict[str, Any], document: dict[str, Any]) -> str:
    if "requestBody" not in operation:
        return ""
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    example = document["components"]["schemas"][name].get("example", {})
    return f"<p>Body:</p><pre>{escape(json.dumps(example, indent=2, ensure_ascii=False))}</pre>"


def _limits(schema: dict[str, Any]) -> str:
    spec = next((part for part in schema.get("anyOf", ()) if part.get("type") != "null"), schema)
    spec = spec.get("items", spec)
    words = [str(spec.get("type", ""))]
    words += [f"one of {', '.join(map(str, spec['enum']))}"] if "enum" in spec else []
    bounds = (("minimum", "from"), ("maximum", "to"), ("maxLength", "at most characters:"))
    words += [f"{word} {spec[name]}" for name, word in bounds if name in spec]
    return " ".join(words) + (f", else {schema['default']}" if schema.get("default") else "")


def _code(text: str) -> str:
    """Escape a text and show what stands in backquotes as code."""
    parts = escape(" ".join(text.split())).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
