"""Names, pins and merges laid over topics: a view, counted by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.retrieval.query import Filters
from app.state.topics import Mark, MarkKind, TopicState
from app.topics.names import (
    kept_marks,
    lay_over,
    members_of,
    merges_of,
    named,
    require_mergeable,
    terms_digest,
)
from app.wiring import Snapshot
from indexing.catalogue import TopicRow
from scraper.errors import TopicError
from tests.app.api.values import topic

TREE = {
    row.id: row
    for row in (
        topic("root"), topic("a", "root", 1, size=5), topic("b", "root", 1, size=4), topic("a.1", "a", 2, size=3),
        topic("a.2", "a", 2, size=2), topic("b.1", "b", 2, size=4),
    )
}  # fmt: skip


def state(*marks: tuple[str, MarkKind, str], labels: dict[tuple[str, str], str] | None = None) -> TopicState:
    kept = tuple(Mark(name, kind, value, "as it was", "", "", "2026-01-01") for name, kind, value in marks)
    return TopicState(1, kept, labels or {})


def test_a_persons_name_goes_before_a_models_and_that_before_the_terms(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    first, second, third = [row for row in corpus.topics.values() if row.depth == 1][:3]
    labels = {(row.id, terms_digest(row)): f"Model {row.id}" for row in (first, second)}
    labels[third.id, "0" * 32] = "for other terms"
    laid = lay_over(corpus, state((first.id, MarkKind.NAME, "Ours"), (second.id, MarkKind.PIN, ""), labels=labels))
    seen = {row.id: named(row) for row in laid.topics.values()}
    assert (seen[first.id].label, seen[first.id].label_source) == ("Ours", "person")
    assert (seen[second.id].label, seen[second.id].label_source) == (f"Model {second.id}", "llm")
    assert (seen[third.id].label, seen[third.id].label_source) == (third.label, "terms")
    assert [row.id for row in seen.values() if row.pinned] == [second.id]
    assert seen[first.id].built_label == first.label
    assert named(corpus.topics[first.id]).label == first.label, "the generation's own stays as it is"


def test_the_digest_knows_terms_and_not_their_weights_or_order() -> None:
    row = topic("a")
    turned = replace(row, terms=tuple((term, weight / 2) for term, weight in reversed(row.terms)))
    assert terms_digest(row) == terms_digest(turned) != terms_digest(replace(row, terms=row.terms[:1]))


def test_merges_lead_to_the_last_topic_and_wait_where_one_is_gone_or_above_the_other() -> None:
    merge = MarkKind.MERGE
    assert merges_of(TREE, state(("a.1", merge, "b"), ("b", merge, "a.2"))) == {"a.1": "a.2", "b": "a.2"}
    assert merges_of(TREE, state(("a.1", merge, "gone"))) == merges_of(TREE, state(("a", merge, "a.1"))) == {}
    assert merges_of(TREE, state(("a.1", merge, "gone"), ("gone", merge, "b"))) == {"a.1": "b"}
    assert merges_of(TREE, state(("a", merge, "b"), ("b", merge, "a"))) == {}, "a ring, as two writers might make"
    assert merges_of(TREE, state(("a", merge, "root"))) == {}


@pytest.mark.parametrize(
    ("one", "into"), [("a", "a"), ("a", "a.1"), ("a.1", "a"), ("a", "root"), ("root", "a"), ("a", "x"), ("x", "a")]
)
def test_a_merge_that_makes_no_sense_is_refused(one: str, into: str) -> None:
    with pytest.raises(TopicError):
        require_mergeable(one, into, TREE, state())


def test_a_merge_that_would_go_round_is_refused() -> None:
    before = state(("b", MarkKind.MERGE, "a.1"), ("a.1", MarkKind.MERGE, "a.2"))
    with pytest.raises(TopicError, match="already"):
        require_mergeable("a.2", "b", TREE, before)
    require_mergeable("a.2", "b", TREE, state())


def test_a_ring_that_stands_already_stops_nobody() -> None:
    ring = state(("b", MarkKind.MERGE, "a.1"), ("a.1", MarkKind.MERGE, "b"))
    require_mergeable("a.2", "b", TREE, ring)
    assert merges_of(TREE, ring) == {}


def siblings(rows: Any) -> tuple[TopicRow, TopicRow]:
    """Two topics of the second level under different parents, each with documents."""
    deep = [row for row in rows if row.depth == 2]
    first = deep[0]
    return first, next(row for row in deep if row.parent != first.parent)


def test_documents_of_a_merged_topic_are_found_under_the_other_and_under_what_is_above_it(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    source, target = siblings(corpus.topics.values())
    laid = lay_over(corpus, state((source.id, MarkKind.MERGE, target.id)))
    before = {row.id: dict(corpus.catalogue.topic_members(row.id)) for row in corpus.topics.values()}
    expected: dict[str, float] = dict(before[target.id])
    for document, weight in before[source.id].items():
        expected[document] = min(1.0, expected.get(document, 0.0) + weight)
    shown, total = members_of(laid, laid.topics[target.id], 1000, 0)
    assert dict(shown) == pytest.approx(expected) and total == len(expected)
    assert [weight for _, weight in shown] == sorted(expected.values(), reverse=True)

    def found(topic_id: str) -> set[str]:
        mask = laid.allowed(Filters(topic=(topic_id,)))
        assert mask is not None
        return {entry.id for entry, inside in zip(laid.entries, mask, strict=True) if inside}

    assert found(target.id) == set(expected) == found(source.id)
    assert found(target.parent or "") == set(before[target.parent or ""]) | set(before[source.id])
    assert found(source.parent or "") == set(before[source.parent or ""])
    own, _ = members_of(laid, laid.topics[source.id], 1000, 0)
    assert dict(own) == before[source.id], "the merged topic keeps a list of its own"
    assert named(laid.topics[source.id]).merged_into == target.id
    assert laid.topics[target.id].size == target.size + source.size
    assert dict(corpus.catalogue.topic_members(target.id)) == before[target.id], "the generation is as it was"


def test_marks_of_topics_that_are_gone_are_listed_as_orphaned() -> None:
    marks = state(("a", MarkKind.NAME, "Ours"), ("gone", MarkKind.NAME, "Lost"), ("b", MarkKind.MERGE, "gone")).marks
    assert [(one.mark.topic, one.orphaned, one.label) for one in kept_marks(TREE, marks)] == [
        ("a", False, "topic a"), ("gone", True, "as it was"), ("b", True, "topic b"),
    ]  # fmt: skip
