"""Reports about topics: of a hand-made tree with a planted shift, and of the sample, counted a second way."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import topic_reports
from app.cli.topic_reports import trend_words
from app.topics.names import swapped
from app.wiring import Snapshot
from indexing.topics.models import Membership, TopicNode, TopicTree
from scraper.errors import GenerationDamaged
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind

TABLES = Jurisdictions.load()


def node(id: str, parent: str | None, children: tuple[str, ...] = (), depth: int = 1, **values: Any) -> TopicNode:
    """A topic whose figures do not matter."""
    standard: dict[str, Any] = {
        "label": f"topic {id}", "terms": (("river", 1.0), ("bank", 0.5)), "size": 0, "scope": "local", "stability": 1.0,
        "error": 0.5, "exemplars": (), "stop_reason": "", "rank_reason": "",
    }  # fmt: skip
    return TopicNode(id=id, parent=parent, children=children, depth=depth, **{**standard, **values})


def case(number: int, year: int, text: str = "") -> Document:
    """A case of one court."""
    return Document(
        id=f"us:scotus:{number}", kind=DocumentKind.CASE, jurisdiction="us", title=f"Case {number}",
        citation=f"{number} U.S. 1", text=text or "held", url=f"https://law.example/{number}", court="scotus",
        date=date(year, 1, 1),
    )  # fmt: skip


def tree_of(documents: list[Document], shares: dict[str, np.ndarray], nodes: tuple[TopicNode, ...]) -> TopicTree:
    """A tree with these weights, 0 where a document is not in a topic."""
    members = {"root": Membership(np.arange(len(documents), dtype=np.int32), np.ones(len(documents), dtype=np.float32),
                                  np.ones(len(documents), dtype=np.bool_))}  # fmt: skip
    for topic, column in shares.items():
        rows = np.flatnonzero(column)
        members[topic] = Membership(rows.astype(np.int32), column[rows].astype(np.float32), column[rows] > 0.5)
    return TopicTree(nodes, tuple(document.id for document in documents), members, {})


def shifting_tree() -> tuple[TopicTree, list[Document], list[str]]:
    """t1 gives way to t2, which has two large subtopics, in 120 cases of six years; a section is in both."""
    rng = np.random.default_rng(2)
    years = np.repeat(np.arange(2000, 2006), 20)
    second = rng.random(120) < (years - 1999) / 7
    first_half = rng.random(120) < 0.5
    documents = [case(number, int(year)) for number, year in enumerate(years)]
    section = Document(id="us:usc:1:1", kind=DocumentKind.STATUTE, jurisdiction="us", title="Words", text="law",
                       citation="1 U.S.C. § 1", url="https://law.example/s")  # fmt: skip
    wide = np.append(second * 1.0, 0.5)
    shares = {
        "t1": 1.0 - wide, "t2": wide, "t2.1": np.append(second & first_half, 1.0) * wide,
        "t2.2": np.append(second & ~first_half, 0.0) * wide, "t1.1": np.append(~second, 0.0) * 1.0,
        "t1.2": np.zeros(121),
    }  # fmt: skip
    nodes = (
        node("root", None, ("t1", "t2"), 0), node("t1", "root", ("t1.1", "t1.2")), node("t2", "root", ("t2.1", "t2.2")),
        node("t1.1", "t1", depth=2), node("t1.2", "t1", depth=2), node("t2.1", "t2", depth=2),
        node("t2.2", "t2", depth=2),
    )  # fmt: skip
    return tree_of([*documents, section], shares, nodes), [*documents, section], ["river bank"] * 121


def test_a_planted_shift_is_reported_by_the_deepest_topics_with_enough_cases(tmp_path: Path) -> None:
    tree, documents, texts = shifting_tree()
    topic_reports.write_drift(tmp_path, tree, documents, texts)
    report = json.loads((tmp_path / topic_reports.DRIFT_FILE).read_text(encoding="utf-8"))
    assert (report["status"], report["cases"], report["years"]) == ("tested", 120, [2000, 2005])
    assert report["topics"] == 3  # t1, whose one large child says the same, and both children of t2
    (over_time,) = report["shifts"]
    assert over_time["over"] == "time" and over_time["p"] <= 0.01
    assert over_time["sentence"].startswith("The mixture of topics shifts from one period to the next")
    parts = {row["id"]: row["part"] for row in over_time["axes"][0]["topics"]}
    assert parts["t1"] < 0 and {"t1", "t2.1", "t2.2"} >= parts.keys() and max(parts.values()) > 0
    moved = {row["id"]: row["shares"] for row in over_time["moved"]}
    assert moved["t1"][0] > moved["t1"][-1] + 0.3
    cells = [(cell["first"], cell["last"], cell["cases"]) for cell in over_time["cells"]]
    assert cells == [(2000, 2002, 60), (2003, 2005, 60)]


def test_shares_of_a_cell_are_means_of_its_cases() -> None:
    tree, documents, texts = shifting_tree()
    report = topic_reports.drift_of(tree, documents, texts)
    member = tree.members["t1"]
    early = {number for number in range(60)}  # the first three years
    total = sum(float(w) for at, w in zip(member.indices, member.weights, strict=True) if int(at) in early)
    moved = {row["id"]: row["shares"] for row in report["shifts"][0]["moved"]}
    assert moved["t1"][0] == pytest.approx(total / 60)


def test_the_report_is_the_same_each_time() -> None:
    tree, documents, texts = shifting_tree()
    assert topic_reports.drift_of(tree, documents, texts) == topic_reports.drift_of(tree, documents, texts)


def test_few_cases_none_and_no_dates_are_said_to_be_too_few() -> None:
    nodes = (node("root", None, ("t1",), 0), node("t1", "root"))
    for documents in ([], [case(1, 2000)], [case(number, 2000 + number % 9) for number in range(30)]):
        tree = tree_of(documents, {"t1": np.ones(len(documents))}, nodes)
        report = topic_reports.drift_of(tree, documents, ["law"] * len(documents))
        assert report["status"] == "too_few" and report["shifts"] == [] and report["terms"] is None
        assert report["sentence"] == f"Too few dated cases to tell shifts from chance: {len(documents)}."


def test_a_trend_counts_the_cases_of_the_catalogue(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    topic = next(one for one in corpus.topics.values() if one.depth == 1)
    report = topic_reports.trend_report(corpus, topic, TABLES, None)
    with sqlite3.connect(corpus.generation.folder / "catalogue.db") as catalogue:
        counted = catalogue.execute(
            "SELECT year, COUNT(*), SUM(COALESCE((SELECT weight FROM topic_documents WHERE document_id = d.id AND "
            "topic_id = ?), 0)) FROM documents d WHERE kind = 'case' AND year IS NOT NULL AND EXISTS (SELECT 1 FROM "
            "topic_documents WHERE document_id = d.id) GROUP BY year ORDER BY year", (topic.id,),
        ).fetchall()  # fmt: skip
    held = [(row["year"], row["cases"], row["weight"]) for row in report["years"] if row["cases"]]
    assert held == [(year, cases, pytest.approx(weight)) for year, cases, weight in counted]
    years = [row["year"] for row in report["years"]]
    assert years == list(range(years[0], years[-1] + 1))
    by_court = [sum(row["cases"] for row in court["years"]) for court in report["courts"]]
    assert sum(by_court) == report["cases"] == sum(cases for _, cases, _ in counted)
    one = report["courts"][0]
    alone = topic_reports.trend_report(corpus, topic, TABLES, one["id"])
    assert alone["years"] == one["years"] and alone["court"] == one["id"]


def test_the_sample_has_too_few_cases_for_any_trend(snapshot: Snapshot) -> None:
    for topic in snapshot.corpus.topics.values():
        report = topic_reports.trend_report(snapshot.corpus, topic, TABLES, None)
        assert report["verdict"] == "too_few" and report["forecast"] == [] and report["back_test"] is None


def test_quality_says_what_the_build_measured_of_each_topic(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    report, facts = topic_reports.quality_report(corpus), corpus.generation.facts["topics"]
    assert {row["id"] for row in report["per_topic"]} == corpus.topics.keys()
    for row in report["per_topic"]:
        if row["parent"]:
            assert row["npmi"] == facts["per_topic"][row["id"]]["npmi"]
            assert -1 <= row["npmi"] <= 1 and -1 <= row["stability"] <= 1
    divided = [row for row in report["per_topic"] if any(one["parent"] == row["id"] for one in report["per_topic"])]
    assert divided and all(row["rank_reason"] for row in divided)
    assert {level["level"] for level in report["levels"]} == {"first", "leaves"}
    for level in report["levels"]:
        assert level["ami"] == facts["levels"][level["level"]].get("ami")


def test_the_years_of_a_trend_are_told_without_trailing_blanks() -> None:
    year = {"year": 2006, "cases": 1, "share": 0.0, "low": 0.0, "high": 0.757}
    more = {"year": 2007, "cases": 2, "share": 0.5, "low": 0.1, "high": 0.9}
    report = {
        "id": "t1", "label": "Rivers", "cases": 3, "court": None, "years": [year, more], "forecast": [],
        "sentence": "Too few.",
    }  # fmt: skip
    assert trend_words(report).splitlines() == [
        "t1 Rivers: 3 cases",
        "2006    0.0 %    0.0 % to  75.7 %  1 case",
        "2007   50.0 %   10.0 % to  90.0 %  2 cases    ####################",
        "Too few.",
    ]


@pytest.mark.parametrize("held", [b"\xff", b"[" * 100_000, b'{"format":1}', b'{"format":1,"shifts":5}', None])
def test_a_damaged_report_on_drift_is_told_without_a_path(
    snapshot: Snapshot, tmp_path: Path, held: bytes | None
) -> None:
    file = tmp_path / "topics" / topic_reports.DRIFT_FILE
    file.parent.mkdir()
    if held is None:
        file.mkdir()
    else:
        file.write_bytes(held)
    corpus = swapped(snapshot.corpus, generation=replace(snapshot.corpus.generation, folder=tmp_path))
    with pytest.raises(GenerationDamaged, match="build again") as told:
        topic_reports.drift_report(corpus, TABLES)
    assert str(tmp_path) not in str(told.value)
