"""Old and new topics: which is which, what was split, merged, born, moved, on trees made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from indexing.topics.match import MatchConfig, match_trees, renamed
from indexing.topics.models import ROOT, TopicTree
from tests.indexing.topics.living import hand_made

DOCS = [f"d{number:02}" for number in range(24)]


def all_of(begin: int, end: int, weight: float = 1.0) -> dict[str, float]:
    return dict.fromkeys(DOCS[begin:end], weight)


def dice(one: dict[str, float], two: dict[str, float]) -> float:
    """2 Σ min / (Σ + Σ), written out."""
    shared = sum(min(one[name], two[name]) for name in one if name in two)
    return 2 * shared / (sum(one.values()) + sum(two.values()))


OLD = hand_made({"t1": all_of(0, 12), "t2": all_of(12, 24), "t1/t1.1": all_of(0, 6), "t1/t1.2": all_of(6, 12)}, DOCS)


def test_the_same_topics_in_another_order_keep_their_ids() -> None:
    new = hand_made(
        {"t1": all_of(12, 24), "t2": all_of(0, 12), "t2/t2.1": all_of(6, 12), "t2/t2.2": all_of(0, 6)}, DOCS
    )
    found = match_trees(OLD, new)
    assert found.ids == {ROOT: ROOT, "t1": "t2", "t2": "t1", "t2.1": "t1.2", "t2.2": "t1.1"}
    assert not (found.born or found.died or found.split or found.merged or found.moved)
    assert {pair.id: (pair.likeness, pair.common) for pair in found.kept}["t1.1"] == (1.0, 6)


def test_likeness_is_dice_of_the_weights() -> None:
    rng = np.random.default_rng(3)
    old = {"t1": dict(zip(DOCS[:15], rng.uniform(0.5, 1, 15), strict=True))}
    new = {"t1": dict(zip(DOCS[2:20], rng.uniform(0.5, 1, 18), strict=True))}
    (root, pair) = match_trees(hand_made(old, DOCS), hand_made(new, DOCS)).kept
    assert root.id == ROOT
    assert pair.likeness == pytest.approx(dice(old["t1"], new["t1"]), rel=1e-6)
    assert (pair.common, pair.before, pair.after) == (13, 15, 18)


def test_only_documents_in_common_count() -> None:
    more = [*DOCS, *(f"new{number}" for number in range(30))]
    new = hand_made({"t9": all_of(0, 12) | dict.fromkeys(more[24:], 1.0), "t2": all_of(12, 24)}, more)
    found = match_trees(hand_made({"t1": all_of(0, 12), "t2": all_of(12, 24)}, DOCS), new)
    assert found.ids["t9"] == "t1"
    assert {pair.id: pair.likeness for pair in found.kept}["t1"] == 1.0


def test_the_sum_of_likeness_decides_and_not_the_first_comer() -> None:
    # t1 is most like a, but so is t2, which has nothing else
    old = hand_made({"t1": all_of(0, 12), "t2": all_of(4, 12)}, DOCS)
    new = hand_made({"a": all_of(3, 12), "b": all_of(0, 8)}, DOCS)
    found = match_trees(old, new)
    assert dice(all_of(0, 12), all_of(3, 12)) > dice(all_of(0, 12), all_of(0, 8)) >= 0.5
    assert (found.ids["a"], found.ids["b"]) == ("t2", "t1")


def test_a_split_is_told_with_its_shares() -> None:
    old = hand_made({"t1": all_of(0, 12), "t2": all_of(12, 24)}, DOCS)
    new = hand_made({"a": all_of(0, 7), "b": all_of(7, 12), "c": all_of(12, 24)}, DOCS)
    found = match_trees(old, new)
    assert found.ids == {ROOT: ROOT, "a": "t1", "b": "t3", "c": "t2"}
    (event,) = found.split
    assert event.id == "t1"
    assert [(part.id, part.documents) for part in event.parts] == [("t1", 7), ("t3", 5)]
    assert [part.share_of_old for part in event.parts] == pytest.approx([7 / 12, 5 / 12])
    assert [part.share_of_new for part in event.parts] == [1.0, 1.0]
    (born,) = found.born
    assert (born.id, born.nearest, born.documents) == ("t3", "t1", 5)
    assert born.likeness == pytest.approx(dice(all_of(0, 12), all_of(7, 12)), rel=1e-6)


def test_a_merger_is_told_with_its_shares() -> None:
    old = hand_made({"t1": all_of(0, 9), "t2": all_of(9, 15), "t3": all_of(15, 24)}, DOCS)
    new = hand_made({"a": all_of(0, 15), "b": all_of(15, 24)}, DOCS)
    found = match_trees(old, new)
    (event,) = found.merged
    assert event.id == found.ids["a"] == "t1"
    assert [(part.id, part.documents) for part in event.parts] == [("t1", 9), ("t2", 6)]
    assert [part.share_of_new for part in event.parts] == pytest.approx([9 / 15, 6 / 15])
    assert [died.id for died in found.died] == ["t2"] and found.died[0].nearest == "t1"


def test_a_subdivided_leaf_is_no_split_and_its_parts_are_born_below_it() -> None:
    new = hand_made(
        {"t1": all_of(0, 12), "t2": all_of(12, 24), "t1/t1.1": all_of(0, 6), "t1/t1.2": all_of(6, 12),
         "t2/t2.1": all_of(12, 18), "t2/t2.2": all_of(18, 24)}, DOCS,
    )  # fmt: skip
    found = match_trees(OLD, new)
    assert not found.split and [event.id for event in found.born] == ["t2.1", "t2.2"]


def test_a_topic_under_another_parent_has_moved() -> None:
    old = hand_made(
        {"t1": all_of(0, 14), "t2": all_of(14, 24), "t1/t1.1": all_of(0, 4), "t1/t1.2": all_of(4, 9),
         "t1/t1.3": all_of(9, 14)}, DOCS,
    )  # fmt: skip
    new = hand_made(
        {"t1": all_of(4, 14), "t2": all_of(0, 4) | all_of(14, 24), "t1/x": all_of(4, 9), "t1/y": all_of(9, 14),
         "t2/z": all_of(0, 4)}, DOCS,
    )  # fmt: skip
    found = match_trees(old, new)
    (event,) = found.moved
    assert (event.id, event.old_parent, event.new_parent) == ("t1.1", "t1", "t2")


def test_unlike_topics_are_born_and_die_and_an_id_is_never_given_twice() -> None:
    old = hand_made({"t1": all_of(0, 12), "t2": all_of(12, 24)}, DOCS, retired=["t3"])
    new = hand_made(
        {"t1": all_of(0, 6) | all_of(12, 15), "t2": all_of(6, 12) | all_of(15, 18), "c": all_of(18, 24)}, DOCS
    )
    found = match_trees(old, new, MatchConfig(least=0.99))
    assert sorted(found.ids.values()) == [ROOT, "t4", "t5", "t6"]
    assert {event.id for event in found.died} == {"t1", "t2"}


def test_trees_without_a_document_in_common_share_no_topic() -> None:
    others = [f"x{number}" for number in range(8)]
    new = hand_made({"t1": dict.fromkeys(others, 1.0)}, others)
    found = match_trees(OLD, new)
    assert found.ids == {ROOT: ROOT, "t1": "t3"}
    assert found.died[0].nearest == "" and found.born[0].likeness == 0.0


def test_a_pinned_topic_goes_to_the_most_alike_under_the_least_likeness() -> None:
    old = hand_made({"t1": all_of(0, 12), "t2": all_of(12, 24)}, DOCS)
    new = hand_made({"a": all_of(0, 3) | all_of(20, 24), "b": all_of(3, 6), "c": all_of(6, 20)}, DOCS)
    assert "t1" not in match_trees(old, new).ids.values()
    assert match_trees(old, new, pinned=["t1"]).ids["c"] == "t1"


def test_topics_that_are_known_to_be_the_same_are_not_asked() -> None:
    new = hand_made({"t1": all_of(12, 24), "t2": all_of(0, 12)}, DOCS)
    found = match_trees(hand_made({"t1": all_of(0, 12), "t2": all_of(12, 24)}, DOCS), new, same=["t1", "t2"])
    assert found.ids == {ROOT: ROOT, "t1": "t1", "t2": "t2"}


def test_renaming_swaps_ids_everywhere() -> None:
    swapped = renamed(OLD, {ROOT: ROOT, "t1": "t2", "t2": "t1", "t1.1": "t9", "t1.2": "t1.2"})
    assert swapped.node("t2").children == ("t9", "t1.2") and swapped.node("t9").parent == "t2"
    assert swapped.documents("t1") == OLD.documents("t2")
    assert isinstance(swapped, TopicTree) and swapped.members.keys() == {ROOT, "t1", "t2", "t9", "t1.2"}
