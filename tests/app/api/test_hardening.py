"""What a caller must not be able to do, and what every response carries."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.api.problems import BODY_LIMIT
from app.wiring import wire
from tests.app.api.schema import Api, problem
from tests.conftest import serving, settings

SECTION = "franklin:code:12-3-105"
JSON = {"Content-Type": "application/json"}


def search(api: Api, raw: str | bytes) -> httpx.Response:
    return api.http.post("/v1/search", content=raw, headers=JSON)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"query": "a", "k": 0}', "k"),
        ('{"query": "a", "k": 101}', "k"),
        ('{"query": "a", "k": 1000000000}', "k"),
        ('{"query": "a", "k": -1}', "k"),
        ('{"query": "a", "k": NaN}', "k"),
        ('{"query": "a", "k": Infinity}', "k"),
        ('{"query": "a", "k": 1e400}', "k"),
        ('{"query": "a", "k": 1.5}', "k"),
        ('{"query": "a", "k": true}', "k"),
        ('{"query": "a", "k": "10"}', "k"),
        ('{"query": "a", "offset": 10001}', "offset"),
        ('{"query": "a", "facets": 1}', "facets"),
        ('{"query": ""}', "query"),
        ('{"query": null}', "query"),
        ('{"query": NaN}', "query"),
        ('{"query": ["a"]}', "query"),
        ('{"query": "a\\ud800"}', "query"),
        ('{"query": "a\\u0000b"}', "query"),
        (json.dumps({"query": "a" * 4001}), "query"),
        ("{}", "query"),
        ('{"query": "a", "limit": 5}', "limit"),
        ('{"query": "a", "filters": {"courts": []}}', "filters.courts"),
        ('{"query": "a", "filters": {"kind": ["poem"]}}', "filters.kind.0"),
        ('{"query": "a", "filters": {"kind": "case"}}', "filters.kind"),
        ('{"query": "a", "filters": {"court": ["\\ud800"]}}', "filters.court.0"),
        ('{"query": "a", "filters": {"date_from": "1997-02-30"}}', "filters.date_from"),
        ('{"query": "a", "filters": {"date_from": 867542400}}', "filters.date_from"),
        ('{"query": "a", "filters": {"year": [0]}}', "filters.year.0"),
        (json.dumps({"query": "a", "filters": {"court": ["x"] * 101}}), "filters.court"),
        ("[]", "body"),
        ('"a"', "body"),
        ("7", "body"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_field(api: Api, body: str, field: str) -> None:
    answer = search(api, body)
    found = problem(answer, 422, "invalid-request")
    assert [item["field"] for item in found["errors"]] == [field]
    api.check("post", "/v1/search", answer)


def test_an_empty_question_is_called_empty(api: Api) -> None:
    found = problem(api.http.post("/v1/count", json={"question": ""}), 422, "invalid-request")
    assert found["detail"] == "question: It is empty"


@pytest.mark.parametrize(("k", "limit"), [(101, "100"), (0, "1")])
def test_the_limit_is_named(api: Api, k: int, limit: str) -> None:
    assert limit in problem(search(api, json.dumps({"query": "a", "k": k})), 422)["detail"]
    assert limit in problem(api.http.get("/v1/search", params={"q": "a", "k": k}), 422)["detail"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nonsense", b"\xff\xfe\x00", b'{"query": "\xed\xa0\x80"}',
     b'{"query": "a", "k": ' + b"9" * 5000 + b"}", b"[" * 9000 + b"]" * 9000, b'{"query":' * 9000, b'{"\\ud800": 1}'],
)  # fmt: skip
def test_what_is_no_json_is_refused(api: Api, body: bytes) -> None:
    answer = search(api, body)
    assert answer.status_code in {400, 422}
    problem(answer, answer.status_code)


def test_a_body_of_another_type_is_told_which_to_use(api: Api) -> None:
    answer = api.http.post("/v1/search", content='{"query": "a"}', headers={"Content-Type": "text/plain"})
    assert "application/json" in problem(answer, 422)["detail"]


def test_a_body_above_the_limit_is_refused_declared_or_not(api: Api) -> None:
    body = json.dumps({"query": "a" * (BODY_LIMIT + 1)}).encode()
    declared = search(api, body)
    assert f"{BODY_LIMIT:,}" in problem(declared, 413, "too-large")["detail"]
    api.check("post", "/v1/search", declared)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 4096):
            yield body[start : start + 4096]

    problem(api.http.post("/v1/search", content=pieces(), headers=JSON), 413, "too-large")
    within = json.dumps({"query": "a" * 4000, "filters": {}}).encode()
    assert search(api, within + b" " * (BODY_LIMIT - len(within))).status_code == 200


@pytest.mark.parametrize(
    "query",
    ["%", "*", "'", '"', '""', "a OR 1=1; --", "NEAR(a b)", "(((((", "^a", "a AND", "-", "NOT", "a*b", "$$", "\\",
     "../../etc",
     "<script>alert(1)</script>", "\u202eabc", "a" * 4000, "(a+)+" * 500, '"' * 3999, "é́" * 500, "㊣" * 100, "§ § § §",
     "1 U.S.C. § " * 200, "In re " * 500, "😀 deposit"],
)  # fmt: skip
def test_odd_queries_are_plain_queries(api: Api, query: str) -> None:
    found = api.post("/v1/search", {"query": query, "k": 3})
    assert isinstance(found["hits"], list)
    assert api.http.get("/v1/resolve", params={"cite": query[:400]}).status_code in {200, 300, 404}


@pytest.mark.parametrize(
    "segment",
    ["nope", "..", "../../etc/passwd", "%2e%2e%2f", "%00", "%ff", "%ed%a0%80", "a" * 301, "'", "%25",
     "us:usc:28:1331' OR 1=1",
     "franklin:code:*", "🦀", "%F0%9F%A6", "%0d%0aX: y", "a%20b"],
)  # fmt: skip
@pytest.mark.parametrize(
    "template",
    ["/v1/documents/{}", "/v1/documents/{}/versions", "/v1/documents/{}/citations", "/v1/documents/{}/cited-by",
     "/v1/documents/{}/similar", "/v1/topics/{}", "/v1/topics/{}/documents", "/assets/{}"],
)  # fmt: skip
def test_odd_ids_are_not_found(api: Api, served: str, template: str, segment: str) -> None:
    # sent as they are, not as a client would mend them
    raw = template.format(quote(segment, safe="%'*:/."))
    answer = raw_get(served, raw)
    assert answer.status_code in {404, 422}, answer.text
    problem(answer, answer.status_code)


def raw_get(served: str, target: str) -> httpx.Response:
    place = urlsplit(served)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        data = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return httpx.Response(int(first.split()[1]), headers=headers, content=body)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/documents", {"limit": 0}),
        ("/v1/documents", {"limit": 101}),
        ("/v1/documents", {"limit": "1e9"}),
        ("/v1/documents", {"year": "99999"}),
        ("/v1/documents", {"kind": "poem"}),
        ("/v1/documents", {"cursor": "x"}),
        ("/v1/documents", {"hierarchy": "a\x00b"}),
        ("/v1/documents", {"hierarchy": "a" * 201}),
        (f"/v1/documents/{SECTION}", {"as_of": "soon"}),
        (f"/v1/documents/{SECTION}/cited-by", {"sort": "fame"}),
        (f"/v1/documents/{SECTION}/similar", {"k": 101}),
        ("/v1/graph/neighbors", {}),
        ("/v1/graph/neighbors", {"id": ""}),
        ("/v1/graph/neighbors", {"id": SECTION, "depth": 3}),
        ("/v1/graph/neighbors", {"id": SECTION, "depth": 50}),
        ("/v1/graph/neighbors", {"id": SECTION, "limit": 501}),
        ("/v1/graph/neighbors", {"id": SECTION, "direction": "up"}),
        ("/v1/graph/neighbors", {"id": SECTION, "kind": "cites,likes"}),
        ("/v1/graph/path", {"from": SECTION}),
        ("/v1/graph/export", {"format": "pickle"}),
        ("/v1/resolve", {}),
        ("/v1/resolve", {"cite": ""}),
        ("/v1/resolve", {"cite": "  "}),
        ("/v1/resolve", {"cite": "a" * 401}),
        ("/v1/search", {"q": ""}),
        ("/v1/changes", {"since": "9999999999"}),
        ("/v1/topics/root/documents", {"limit": -1}),
    ],
)
def test_parameters_outside_their_limits_are_refused(api: Api, path: str, query: dict[str, Any]) -> None:
    problem(api.http.get(path, params=query), 422)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("GET", "/v1/documents/", 404),
        ("GET", "/assets/../main.py", 404),
        ("GET", "/assets/nothing.js", 404),
        ("POST", "/v1/status", 405),
        ("DELETE", f"/v1/documents/{SECTION}", 405),
        ("PUT", "/v1/search", 405),
        ("GET", "/v1/answers", 405),
        ("GET", "/v1/topics/none", 404),
        ("GET", "/v1/graph/neighbors?id=none", 404),
        ("GET", f"/v1/graph/path?from={SECTION}&to=none", 404),
    ],
)
def test_errors_are_problems_with_all_headers(api: Api, method: str, path: str, status: int) -> None:
    answer = api.http.request(method, path)
    problem(answer, status)
    assert_guarded(answer)
    if status == 405:
        assert answer.headers["allow"]


def assert_guarded(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "object-src 'none'" in policy
    assert "unsafe" not in policy and "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["permissions-policy"]
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/docs/style.css", "/openapi.json", "/healthz", "/v1/status", f"/v1/documents/{SECTION}"]
)
def test_every_response_is_guarded_and_a_foreign_origin_gets_no_leave(api: Api, path: str) -> None:
    answer = api.http.get(path, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert_guarded(answer)
    assert ("noindex" in answer.headers.get("x-robots-tag", "")) == path.startswith("/v1/")


def test_the_page_and_the_description_ask_nothing_of_other_hosts(api: Api) -> None:
    for path in ("/", "/docs"):
        text = api.http.get(path).text
        assert 'src="http' not in text and 'href="http' not in text and "<script>" not in text and "style=" not in text
    assert "/v1/search" in api.http.get("/docs").text


def test_the_files_of_the_page_may_be_kept_for_ever_and_the_page_itself_not(api: Api) -> None:
    page = api.http.get("/")
    assert page.headers["cache-control"] == "no-cache"
    asset = page.text.split('src="', 1)[1].split('"', 1)[0]
    answer = api.http.get(asset)
    assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    assert_guarded(answer)


@pytest.mark.parametrize("path", [f"/v1/documents/{SECTION}", "/v1/topics", "/v1/topics/root"])
def test_a_client_that_has_it_is_told_so(api: Api, path: str) -> None:
    first = api.http.get(path)
    tag = first.headers["etag"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = api.http.get(path, headers={"If-None-Match": sent})
        assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == tag
        assert_guarded(again)
    assert api.http.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_tag_differs_with_what_is_sent(api: Api) -> None:
    tags = {api.http.get(f"/v1/documents/{SECTION}", params=q).headers["etag"] for q in ({}, {"fields": "title"})}
    assert len(tags) == 2


def test_an_allowed_origin_may_read_and_no_other(sample_data: Path, models: Path) -> None:
    services = wire(settings(sample_data, models, LEXATLAS_CORS_ORIGINS="https://friend.example"))
    with serving(services) as address, httpx.Client(base_url=address, timeout=60) as http:
        friend = http.get("/v1/status", headers={"Origin": "https://friend.example"})
        assert friend.headers["access-control-allow-origin"] == "https://friend.example"
        assert "access-control-allow-credentials" not in friend.headers
        stranger = http.get("/v1/status", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers
        asked = {"Origin": "https://friend.example", "Access-Control-Request-Method": "POST"}
        assert http.options("/v1/search", headers=asked).status_code == 200


def test_an_empty_data_directory_says_what_to_do(tmp_path: Path, models: Path) -> None:
    with serving(wire(settings(tmp_path / "empty", models))) as address, httpx.Client(base_url=address) as http:
        assert http.get("/healthz").status_code == 200
        for path in ("/readyz", "/v1/status", "/v1/topics", f"/v1/documents/{SECTION}", "/v1/search?q=a"):
            answer = http.get(path)
            assert "lexatlas build" in problem(answer, 503, "nothing-built")["detail"]
            assert int(answer.headers["retry-after"]) > 0
        assert http.get("/docs").status_code == 200
        problem(http.post("/v1/answers", json={"question": "a"}), 503)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.text(max_size=60),
    k=st.integers(-5, 200),
    extra=st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)
def test_no_search_is_a_mistake_of_the_service(api: Api, query: str, k: int, extra: dict[str, int]) -> None:
    answer = search(api, json.dumps({**extra, "query": query, "k": k}))
    assert answer.status_code in {200, 422}
    if answer.status_code == 422:
        problem(answer, 422)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cite=st.text(min_size=1, max_size=60))
def test_no_citation_is_a_mistake_of_the_service(api: Api, cite: str) -> None:
    answer = api.http.get("/v1/resolve", params={"cite": cite.encode("utf-8", "replace").decode()})
    assert answer.status_code in {200, 300, 404, 422}
    api.check("get", "/v1/resolve", answer)
