"""Differences between texts, held against expectations made by hand and against the texts themselves."""

from __future__ import annotations

import random
import time

import pytest

from indexing.diff import Piece, counts, diff

OLD = "(a) A landlord shall return the deposit within 30 days.\n(b) Interest is not due.\nThe court may award costs."


def told(old: str, new: str) -> list[tuple[str, str, str]]:
    """Each piece as its words on both sides."""
    return [(p.op, old[slice(*p.old)], new[slice(*p.new)]) for p in diff(old, new)]


def marked(text: str, marks: tuple[tuple[int, int], ...]) -> list[str]:
    return [text[start:end] for start, end in marks]


def test_the_same_text_is_one_equal_piece() -> None:
    assert diff(OLD, OLD) == [Piece("equal", (0, len(OLD)), (0, len(OLD)), 3)]
    assert diff("", "") == []


def test_a_changed_number_is_marked_within_its_sentence() -> None:
    new = OLD.replace("30 days", "45 days")
    pieces = diff(OLD, new)
    assert [piece.op for piece in pieces] == ["changed", "equal"]
    assert marked(OLD, pieces[0].old_marks) == ["30"] and marked(new, pieces[0].new_marks) == ["45"]
    assert counts(pieces) == {"equal": 2, "changed": 1, "removed": 0, "added": 0}


def test_a_new_sentence_and_one_that_went() -> None:
    new = OLD.replace("(b) Interest is not due.", "(b) The bond under section 9 stays with the clerk until paid.")
    assert told(OLD, new) == [
        ("equal", "(a) A landlord shall return the deposit within 30 days.",
         "(a) A landlord shall return the deposit within 30 days."),
        ("removed", "(b) Interest is not due.", ""),
        ("added", "", "(b) The bond under section 9 stays with the clerk until paid."),
        ("equal", "The court may award costs.", "The court may award costs."),
    ]  # fmt: skip
    assert told("One stays.", "One stays.\nTwo is new.") == [
        ("equal", "One stays.", "One stays."), ("added", "", "Two is new.")
    ]  # fmt: skip
    assert told("One stays.\nTwo goes.", "One stays.") == [
        ("equal", "One stays.", "One stays."), ("removed", "Two goes.", "")
    ]  # fmt: skip


def test_each_reworded_sentence_stands_beside_what_it_became() -> None:
    old = "The fee is ten dollars. Notice must be in writing and signed. The clerk keeps the roll."
    new = "The fee is twelve dollars. A wholly new rule follows. Notice must be in writing. The clerk keeps the roll."
    assert told(old, new) == [
        ("changed", "The fee is ten dollars.", "The fee is twelve dollars."),
        ("added", "", "A wholly new rule follows."),
        ("changed", "Notice must be in writing and signed.", "Notice must be in writing."),
        ("equal", "The clerk keeps the roll.", "The clerk keeps the roll."),
    ]
    notice = diff(old, new)[2]
    assert marked(old, notice.old_marks) == ["and signed"] and notice.new_marks == ()


def test_spacing_alone_changes_nothing() -> None:
    assert [piece.op for piece in diff("One rule.  Two rules.", "One rule.\nTwo   rules.")] == ["equal"]


def test_offsets_are_code_points() -> None:
    old, new = "§ 5 “Ünïcode” 𝒜 rule applies to all here.", "§ 5 “Ünïcode” 𝒜 rule applies to some here."
    (piece,) = diff(old, new)
    assert (marked(old, piece.old_marks), marked(new, piece.new_marks)) == (["all"], ["some"])


@pytest.mark.parametrize("seed", range(40))
def test_both_texts_can_be_told_again_from_the_pieces(seed: int) -> None:
    """Every sentence of both sides is in exactly one piece, in order; what is equal is equal."""
    rng = random.Random(seed)
    words = ["tenant", "landlord", "shall", "pay", "rent", "notice", "day", "not"]
    sentences = [f"Rule {' '.join(rng.choices(words, k=rng.randint(1, 6)))}." for _ in range(rng.randint(0, 12))]
    other = [s for s in sentences if rng.random() > 0.3]
    for _ in range(rng.randint(0, 4)):
        other.insert(rng.randint(0, len(other)), f"Rule {' '.join(rng.choices(words, k=3))}.")
    old, new = " ".join(sentences), "\n".join(other)
    pieces = diff(old, new)
    for side, whole in (("old", sentences), ("new", other)):
        text = old if side == "old" else new
        stretches = [getattr(piece, side) for piece in pieces]
        assert stretches == sorted(stretches)
        assert " ".join(" ".join(text[a:b].split()) for a, b in stretches if b > a) == " ".join(whole)
    for piece in pieces:
        went, came = old[slice(*piece.old)], new[slice(*piece.new)]
        if piece.op == "equal":
            assert went.split() == came.split()
        else:
            assert (piece.op == "added") == (went == "") and (piece.op == "removed") == (came == "")
        for text, (start, end), marks in ((old, piece.old, piece.old_marks), (new, piece.new, piece.new_marks)):
            assert all(start <= a < b <= end and text[a:b].strip() for a, b in marks)


def test_a_text_of_one_sentence_ten_thousand_times_is_compared_all_the_same() -> None:
    old = "Reserved. " * 10_000 + "The last rule."
    new = "Reserved. " * 9_000 + "The very last rule."
    found = counts(diff(old, new))
    assert found["equal"] + found["changed"] + found["removed"] == 10_001
    assert found["changed"] <= 1 + found["added"]


@pytest.mark.parametrize("between", [". ", " "])
@pytest.mark.parametrize("size", [1_400, 20_000])
def test_what_recurs_in_every_second_place_costs_no_minutes(between: str, size: int) -> None:
    old = between.join(f"The same words{between}only{at}" for at in range(size)) + f"{between}Surely the end."
    new = between.join(f"The same words{between}other{at}" for at in range(size)) + f"{between}Surely the end."
    began = time.process_time()
    pieces = diff(old, new)
    assert time.process_time() - began < 10
    assert old.endswith(old[slice(*pieces[-1].old)]) and new.endswith(new[slice(*pieces[-1].new)])


def test_many_long_reworded_sentences_share_one_bound() -> None:
    def text(word: str) -> str:
        sentences = (
            "The " + " ".join(f"x {word}{at}" for at in range(200)) + f" end{n}. Kept{n} here." for n in range(300)
        )
        return " ".join(sentences)

    began = time.process_time()
    pieces = diff(text("a"), text("b"))
    assert time.process_time() - began < 10
    assert counts(pieces)["equal"] == 300
