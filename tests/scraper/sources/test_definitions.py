"""Definitions as codes write them, and prose that only looks like one."""

from __future__ import annotations

import random

import pytest

from scraper.deadline import deadline
from scraper.sources.definitions import definitions
from scraper.sources.outline import Paragraph, subsections

Rows = list[tuple[int, str]]


def found(rows: Rows, heading: str = "") -> list[tuple[str, dict[str, str], str]]:
    """Return label, attributes and words of each definition in (level, paragraph) rows."""
    text, paragraphs = "", []
    for level, words in rows:
        start = len(text) + 2 if text else 0
        text = f"{text}\n\n{words}" if text else words
        paragraphs.append(Paragraph(start, len(text), level))
    spans = definitions(text, paragraphs, subsections(text, paragraphs), heading)
    return [(span.label, dict(span.attrs), text[span.start : span.end]) for span in spans]


@pytest.mark.parametrize(
    ("line", "label", "attrs"),
    [
        ("(1) “Flood” means high water.", "Flood", {"verb": "means"}),
        ('"Flood" means high water.', "Flood", {"verb": "means"}),
        ("The term “oar” includes a pole.", "oar", {"verb": "includes"}),
        ("In this section, “oar” includes a pole.", "oar", {"verb": "includes", "scope": "this section"}),
        ("(b) As used in this chapter and in § 4-2-9, the word “oar” shall mean a pole.", "oar",
         {"verb": "shall mean", "scope": "this chapter and in § 4-2-9"}),
        ("For the purposes of this section “oar” means a pole.", "oar", {"verb": "means", "scope": "this section"}),
        ("The term “oar”, with respect to a raft, means a pole.", "oar", {"verb": "means"}),
        ("The term “oar”, as used in this title, includes a pole.", "oar", {"verb": "includes", "scope": "this title"}),
        ("(3) The terms “oar”, “pole”, and “sweep” have the meanings given them in § 4-1-1.", "oar",
         {"verb": "have the meanings", "also": "pole; sweep"}),
        ("“Oar” or “pole” means either.", "Oar", {"verb": "means", "also": "pole"}),
        ("The term “oar” does not include a paddle.", "oar", {"verb": "does not include"}),
        ("to “row” means to move a boat by oars.", "row", {"verb": "means"}),
    ],
)  # fmt: skip
def test_a_definition(line: str, label: str, attrs: dict[str, str]) -> None:
    assert found([(1, line)]) == [(label, attrs, line)]


@pytest.mark.parametrize(
    "line",
    [
        "He shall show the word “Ferry” in letters of a foot.",
        "A notice that says “no crossing” includes the hour.",
        "Removal of the nails (“declawing”), by any means, is forbidden.",
        "Section 4 is amended by striking “oar” and inserting “pole”.",
        "“Oars” are to be kept dry.",
        "By all means the keeper includes the oar in the count.",
    ],
)
def test_prose_defines_nothing(line: str) -> None:
    assert found([(1, line)]) == []


def test_a_definition_holds_the_list_below_it_and_takes_its_scope_from_above() -> None:
    rows: Rows = [
        (1, "In this article:"),
        (1, "(1) “Keeper” means a person who—"),
        (2, "(A) holds a licence; or"),
        (2, "(B) rows."),
        (1, "(2) “Oar” includes a pole."),
    ]
    keeper, oar = found(rows)
    assert keeper[:2] == ("Keeper", {"verb": "means", "scope": "this article"})
    assert keeper[2].endswith("(B) rows.")
    assert oar == ("Oar", {"verb": "includes", "scope": "this article"}, "(2) “Oar” includes a pole.")


def test_without_marks_the_list_is_still_held() -> None:
    rows: Rows = [(1, "“Keeper” means a person who:"), (2, "(A) rows; or"), (2, "(B) steers."), (1, "Others are not.")]
    assert found(rows)[0][2] == "“Keeper” means a person who:\n\n(A) rows; or\n\n(B) steers."


def test_several_definitions_in_one_paragraph_are_apart() -> None:
    line = "As used herein, “oar” means a pole. The term “boat” means a hull, and the term “raft” includes logs."
    assert [(label, words) for label, _, words in found([(1, line)])] == [
        ("oar", "As used herein, “oar” means a pole."),
        ("boat", "The term “boat” means a hull, and"),
        ("raft", "the term “raft” includes logs."),
    ]


def test_a_section_headed_definitions_may_leave_the_quotation_marks_out() -> None:
    rows: Rows = [
        (1, "Toll means the price of a crossing."),
        (1, "(b) A “fare” is a toll."),
        (1, "It means what it says."),
    ]
    assert [label for label, _, _ in found(rows, "Definitions")] == ["Toll", "fare"]
    assert found(rows, "Tolls") == []


def test_a_list_holds_what_stands_deeper_up_to_the_first_that_does_not() -> None:
    chance = random.Random(7)
    for _ in range(200):
        levels = [chance.choice([None, 0, 1, 1, 2, 3]) for _ in range(12)]
        rows = [chance.choice(["(1) “X” means—", "(1) “X” means y.", "(1) x.", "x."]) for _ in levels]
        starts = [sum(len(row) + 2 for row in rows[:rank]) for rank in range(len(rows))]
        paragraphs = [Paragraph(at, at + len(row), level) for at, row, level in zip(starts, rows, levels, strict=True)]
        ends = []
        for rank, row in enumerate(rows):
            last = rank
            while row.endswith("—") and last + 1 < len(rows) and rows[last + 1].startswith("("):
                own, level = levels[rank], levels[last + 1]
                if own is not None and level is not None and level <= own:
                    break
                last += 1
            ends += [paragraphs[last].end] if "X" in row else []
        assert [span.end for span in definitions("\n\n".join(rows), paragraphs, [])] == ends


def test_a_row_of_terms_counts_from_the_one_that_is_defined() -> None:
    line = "He paints “raft”, “boat” and “hull”. In this section, “oar”, “pole” and “sweep” mean wood."
    assert found([(1, line)], "Definitions") == [
        ("oar", {"also": "pole; sweep", "verb": "mean", "scope": "this section"},
         "In this section, “oar”, “pole” and “sweep” mean wood."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "between", "defined"),
    [
        ("“a” ", "", False),
        ("(1) ", "", False),
        ("(1) “a” ", "", False),
        ("the term ", "", False),
        ("“X” means y. ", "", True),
        ("(a) “X” means—", "\n\n", True),
        ("in this section, 1", "", False),
    ],
)
def test_words_repeated_without_end_are_read_once(words: str, between: str, defined: bool) -> None:
    count = 300_000 // len(words)
    text = between.join([words] * count)
    step = len(words) + len(between)
    places = range(0, len(text), step) if between else range(1)
    paragraphs = [Paragraph(at, at + len(words) if between else len(text), None) for at in places]
    with deadline(30):
        spans = definitions(text, paragraphs, [], "Definitions")
    assert len(spans) == (count if defined else 0)
