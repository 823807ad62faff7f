"""Cursors, filters, origins and logs at the edge, without a server."""

from __future__ import annotations

import base64
import json
import logging
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.deps import Page
from app.api.problems import ProblemError
from app.api.security import WithoutQuery, checked_origins
from app.api.views import filters_from, filters_view
from app.retrieval.query import Filters
from scraper.errors import ConfigError, QueryError


def encode(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@given(total=st.integers(0, 60), limit=st.integers(1, 25))
def test_pages_to_the_end_are_the_whole_list(total: int, limit: int) -> None:
    items = list(range(total))
    seen: list[int] = []
    cursor: str | None = None
    while True:
        page = Page.read("g1", cursor, limit)
        seen += page.of(items)
        cursor = page.next(total)
        if cursor is None:
            break
    assert seen == items


@pytest.mark.parametrize(
    "cursor",
    ["x", "!!!!", "é", encode(["g1"]), encode(["g1", -1]), encode(["g1", 1.5]), encode(["g1", True]), encode("g1"),
     encode(["g1", 1 << 50]), encode({"a": 1, "b": 2}), encode([["g1"], 1]), encode(None), "a" * 200],
)  # fmt: skip
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ProblemError) as caught:
        Page.read("g1", cursor, 10)
    assert caught.value.kind.status == 422


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_cursors(cursor: str) -> None:
    try:
        assert Page.read("g1", cursor, 10).start == 0 or cursor
    except ProblemError as error:
        assert error.kind.status in {410, 422}


def test_a_cursor_of_another_generation_is_refused_rather_than_used_on_another_list() -> None:
    cursor = Page("g1", 0, 10).next(50)
    assert Page.read("g1", cursor, 10).start == 10
    with pytest.raises(ProblemError) as caught:
        Page.read("g2", cursor, 10)
    assert caught.value.kind.status == 410


def test_filters_from_plain_values() -> None:
    assert filters_from({}) == Filters()
    found = filters_from({"kind": ["case"], "year": ["1997", 1984], "date_from": "1990-01-01", "hierarchy": "Title 28"})
    assert found == Filters(kind=("case",), year=(1997, 1984), date_from=date(1990, 1, 1), hierarchy="Title 28")
    assert filters_from(filters_view(found)) == found


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"kind": ["poem"]}, "constitution"),
        ({"status": ["good"]}, "in_force"),
        ({"date_from": "1.1.1990"}, "YYYY-MM-DD"),
        ({"date_to": "1990-02-30"}, "date_to"),
        ({"date_from": "1990-01-02", "date_to": "1990-01-01"}, "date_from"),
        ({"year": ["soon"]}, "year"),
        ({"year": ["²"]}, "year"),
    ],
)
def test_filters_that_mean_nothing_are_refused_with_what_would_do(values: dict[str, object], named: str) -> None:
    with pytest.raises(QueryError, match=named):
        filters_from(values)


@pytest.mark.parametrize("origin", ["https://a.example", "http://127.0.0.1:5173"])
def test_origins_are_taken_as_they_are(origin: str) -> None:
    assert checked_origins((origin,)) == [origin]


@pytest.mark.parametrize(
    "origin", ["*", "null", "a.example", "https://a.example/", "https://a.example/x", "ftp://a.example"]
)
def test_what_is_no_origin_is_a_wrong_setting(origin: str) -> None:
    with pytest.raises(ConfigError, match="LEXATLAS_CORS_ORIGINS"):
        checked_origins((origin,))


def test_the_access_log_keeps_the_path_and_drops_the_query() -> None:
    record = logging.LogRecord(
        "uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d',
        ("127.0.0.1:1", "GET", "/v1/search?q=my+secret+case", "1.1", 200), None,
    )  # fmt: skip
    assert WithoutQuery().filter(record)
    assert record.getMessage() == '127.0.0.1:1 - "GET /v1/search HTTP/1.1" 200'
