"""Shapes of the API from hand-made values; what is expected was counted by hand."""

from __future__ import annotations

import json
from dataclasses import replace

from app.api import shapes
from app.api.replies.documents import DocumentView
from indexing.models import Citation, CitationKind
from scraper.jurisdictions import Jurisdictions
from scraper.models import DocumentKind, Level, Span, SpanKind
from tests.app.api.values import CASE, OLDER, SECTION, document, topic, version

TABLES = Jurisdictions.load()
TREE = {
    "root": topic("root"),
    "t1": topic("t1", "root", 1),
    "t2": topic("t2", "root", 1),
    "t2.1": topic("t2.1", "t2", 2),
}


def test_topic_shares_are_heaviest_first_without_the_root_and_the_unknown() -> None:
    shares = shapes.topic_shares([("root", 1.0), ("t1", 0.25), ("t2", 0.75), ("t2.1", 0.75), ("gone", 0.5)], TREE)
    assert [(share["id"], share["weight"]) for share in shares] == [("t2", 0.75), ("t2.1", 0.75), ("t1", 0.25)]


def test_the_way_to_a_topic_begins_at_the_root_and_children_keep_the_order_of_the_tree() -> None:
    assert [node.id for node in shapes.topic_path(TREE["t2.1"], TREE)] == ["root", "t2", "t2.1"]
    assert shapes.topic_children(TREE) == {"root": ["t1", "t2"], "t2": ["t2.1"]}


def test_the_way_to_a_topic_ends_though_a_tree_goes_round() -> None:
    round_about = {"a": topic("a", "b", 1), "b": topic("b", "a", 1)}
    assert len(shapes.topic_path(round_about["a"], round_about)) <= 3


def test_outline_is_in_order_of_place_with_the_depth_of_subdivisions() -> None:
    text = "(a) One. (1) Two. (b) Three. History."
    spans = (
        Span(29, 37, SpanKind.HISTORY),
        Span(0, 17, SpanKind.SUBSECTION, "(a)"),
        Span(9, 17, SpanKind.SUBSECTION, "(a)(1)"),
        Span(18, 28, SpanKind.SUBSECTION, "(b)"),
        Span(0, 28, SpanKind.PARAGRAPH),
    )
    rows = shapes.outline(document(text, kind=DocumentKind.STATUTE, spans=spans))
    assert [(row["label"], row["start"], row["level"]) for row in rows] == [
        ("(a)", 0, 1), ("(a)(1)", 9, 2), ("(b)", 18, 1), ("History", 29, 1),
    ]  # fmt: skip


def test_outline_names_opinions_and_who_wrote_them() -> None:
    labels = [row["label"] for row in shapes.outline(document())]
    assert labels == ["Opinion of the Court (Stevens)", "Dissent"]


def test_outline_shows_an_opinion_of_unknown_kind_as_the_source_calls_it() -> None:
    spans = (Span(0, 5, SpanKind.OPINION, "seriatim"), Span(6, 16, SpanKind.OPINION, ""))
    assert [row["label"] for row in shapes.outline(document(spans=spans))] == ["seriatim", "Opinion"]


def test_facets_count_every_matching_document_once_for_each_value() -> None:
    memberships = {CASE.id: {"root": 1.0, "t1": 0.5, "t2": 0.5}, OLDER.id: {"root": 1.0, "t1": 1.0}}
    found = shapes.facets([CASE, SECTION, OLDER], memberships, TREE, TABLES)
    assert found["kind"] == [
        {"value": "case", "label": "Case", "count": 2}, {"value": "statute", "label": "Statute", "count": 1},
    ]  # fmt: skip
    court = TABLES.court("scotus")
    assert court is not None
    assert found["court"] == [{"value": "scotus", "label": court.name, "count": 2}]
    assert [(row["value"], row["count"]) for row in found["year"]] == [("1997", 1), ("1984", 1)]
    assert [(row["value"], row["count"]) for row in found["topic"]] == [("t1", 2), ("t2", 1)]
    assert [(row["value"], row["label"], row["count"]) for row in found["status"]] == [("in_force", "In force", 3)]


def test_coverage_gives_courts_their_years_and_codes_their_documents() -> None:
    undated = replace(CASE, row=3, id="us:scotus:no-1", date=None, year=None)
    found = shapes.coverage([CASE, SECTION, OLDER, undated], TABLES, "2026-01-10T12:00:00+00:00")
    (court,) = found["courts"]
    assert (court["id"], court["from"], court["to"], court["documents"]) == ("scotus", 1984, 1997, 3)
    code = TABLES.code("usc")
    assert code is not None
    assert found["codes"] == [{"id": "usc", "name": code.name, "documents": 1}]
    assert found["last_crawl"] == "2026-01-10T12:00:00+00:00"


def test_a_document_without_a_court_of_the_tables_keeps_the_id_as_its_name() -> None:
    assert shapes.court_name("ocbs", TABLES) == "ocbs"
    assert shapes.court_name("", TABLES) == ""


def test_document_view_is_json_and_has_every_member_of_its_schema() -> None:
    stated = version(hierarchy=(Level("court", "U.S. Supreme Court"), Level("year", "1997", "1997")))
    view = shapes.document_view(
        stated, replace(CASE, version=stated.hash), court="Supreme Court", topics=[], neighbours=(None, OLDER),
        cited_by_count=3, influence=0.5,
    )  # fmt: skip
    assert set(view) | {"generation", "as_of"} == set(DocumentView.model_fields)
    again = json.loads(json.dumps(view, allow_nan=False))
    assert again == view
    assert view["next"] == {"id": OLDER.id, "citation": OLDER.citation} and view["previous"] is None
    assert view["current"] is True and view["date"] == "1997-06-26"
    assert view["spans"][0] == [0, 5, "opinion", "majority", {"author": "Stevens"}]
    assert view["hierarchy"][1] == {"kind": "year", "label": "1997", "number": "1997"}


def test_a_citation_that_is_not_held_names_no_document_and_lists_what_it_may_mean() -> None:
    cited = Citation(
        CASE.id, CASE.version, 3, 20, "28 U.S.C. § 1331(a)", CitationKind.STATUTE, "28 U.S.C. § 1331",
        to=SECTION.id, candidates=(SECTION.id, "us:usc:28:9999"), pinpoint="(a)",
    )  # fmt: skip
    view = shapes.citation_view(cited, {SECTION.id: SECTION})
    assert view["to"] == {"id": SECTION.id, "title": "Federal question", "citation": "28 U.S.C. § 1331"}
    assert [row["id"] for row in view["candidates"]] == [SECTION.id]
    assert shapes.citation_view(cited, {})["to"] is None
    assert (view["start"], view["end"], view["pinpoint"]) == (3, 20, "(a)")


def test_topic_view_leaves_out_figures_that_are_none() -> None:
    measured = topic("t1", "root", 1, stats={"stability": 0.875, "stop_reason": "", "error": 0.2})
    assert shapes.topic_view(measured, ["t1.1"])["stability"] == 0.875
    bare = shapes.topic_view(topic("t1", "root", 1), [])
    assert bare["stability"] is None and bare["stop_reason"] == ""
    assert bare["terms"] == [["commerce", 0.5], ["speech", 0.25]]
