"""One decision from two publishers is one document where that is certain; elsewhere it is said that it may be."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from scraper.models import Document, DocumentKind
from scraper.publishers import possible_duplicates
from tests.scraper.test_moves import AT
from tests.scraper.toy import Bench, provenance

FIRST: dict[str, Any] = {
    "id": "x:high:5-x-7", "title": "Roe v. Doe", "citation": "5 X. 7", "text": "As the court printed it.",
    "url": "https://one.example/5/7/", "parallel_citations": ("9 Y. 1",), "court": "high", "date": date(1999, 5, 3),
    "docket": "98-12",
}  # fmt: skip


def put(bench: Bench, day: int, **fields: Any) -> str:
    """Store a case as one page states it and return what came of it."""
    made = Document(kind=DocumentKind.CASE, jurisdiction="x", **{**FIRST, **fields})
    return bench.store.put(made, provenance(made.url, AT + timedelta(days=day)), f"r{day}", f"source-{day}")


OTHER: dict[str, Any] = {
    "id": "x:high:9-y-1", "title": "ROE, Richard v. DOE", "citation": "9 Y. 1", "text": "As the other set it.",
    "url": "https://two.example/9-1/", "parallel_citations": (),
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "one"),
    [
        ({"parallel_citations": ("5 X. 7",)}, True),
        ({"parallel_citations": ("5 X. 7",), "docket": "No. 98-12"}, True),
        ({"id": "x:high:5-x-7", "citation": "5 X. 7"}, True),
        ({"parallel_citations": ("5 X. 7",), "docket": "", "title": "Roe v. Doe"}, True),
        ({"parallel_citations": ("5 X. 7",), "docket": ""}, False),
        ({"parallel_citations": ("5 X. 7",), "docket": "98-13"}, False),
        ({"parallel_citations": ("5 X. 7",), "date": date(1999, 5, 4)}, False),
        ({"parallel_citations": ("5 X. 7",), "court": "low"}, False),
        ({"parallel_citations": ("5 X. 7",), "url": "https://one.example/5/7-2/"}, False),
    ],
    ids=["parallel", "docket with No.", "same citation", "same title", "no docket", "other docket", "other day",
         "other court", "same publisher"],
)  # fmt: skip
def test_a_decision_from_another_publisher(bench: Bench, fields: dict[str, Any], one: bool) -> None:
    assert put(bench, 0) == "added"
    assert put(bench, 1, **{**OTHER, **fields}) == ("source_added" if one else "added")
    held = [version.document for version in bench.store.current()]
    assert [document.id for document in held][:1] == ["x:high:5-x-7"]
    assert len(held) == (1 if one else 2)
    if one:
        assert held[0].text == FIRST["text"]
        assert [ref.url for ref in bench.store.sources_of(held[0].id)] == [FIRST["url"], OTHER["url"]]


def test_what_may_be_one_is_said(bench: Bench) -> None:
    put(bench, 0)
    put(bench, 1, **{**OTHER, "parallel_citations": ("5 X. 7",), "docket": ""})
    put(bench, 2, **{**OTHER, "url": "https://three.example/", "date": date(2001, 1, 1), "id": "x:high:other"})
    assert possible_duplicates(bench.store.current()) == [("x:high:5-x-7", "x:high:9-y-1")]


def test_two_orders_on_one_page_of_one_publisher_are_no_duplicates(bench: Bench) -> None:
    put(bench, 0)
    put(bench, 1, url="https://one.example/5/7-2/", title="In re Poe", docket="98-99", text="Denied.")
    assert [version.document_id for version in bench.store.current()] == ["x:high:5-x-7", "x:high:5-x-7-2"]
    assert possible_duplicates(bench.store.current()) == []
