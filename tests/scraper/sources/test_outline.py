"""Subdivisions of sections: tables of marks with the anchors that a reader would give them."""

from __future__ import annotations

import pytest

from scraper.models import Span
from scraper.sources.outline import Paragraph, subsections

Rows = list[tuple[int | None, str]]


def outline(rows: Rows) -> tuple[str, list[Span]]:
    text, paragraphs = "", []
    for level, words in rows:
        text += "\n\n" if text else ""
        paragraphs.append(Paragraph(len(text), len(text) + len(words), level))
        text += words
    return text, subsections(text, paragraphs)


@pytest.mark.parametrize(
    ("rows", "anchors"),
    [
        ([(None, "(a) x"), (None, "(1) x"), (None, "(2) x"), (None, "(A) x"), (None, "(b) x")],
         ["(a)", "(a)(1)", "(a)(2)", "(a)(2)(A)", "(b)"]),
        # After (h) stands the letter (i), unless (ii) follows.
        ([(None, "(g) x"), (None, "(h) x"), (None, "(i) x"), (None, "(j) x")], ["(g)", "(h)", "(i)", "(j)"]),
        ([(None, "(h) x"), (None, "(i) x"), (None, "(ii) x")], ["(h)", "(h)(i)", "(h)(ii)"]),
        ([(None, "A. x"), (None, "(1) x"), (None, "(a) x"), (None, "(2) x"), (None, "B. x")],
         ["(A)", "(A)(1)", "(A)(1)(a)", "(A)(2)", "(B)"]),
        ([(1, "(a)"), (2, "(1) x"), (3, "(A) x"), (4, "(i) x"), (4, "(ii) x"), (5, "(I) x"), (2, "(2) x")],
         ["(a)", "(a)(1)", "(a)(1)(A)", "(a)(1)(A)(i)", "(a)(1)(A)(ii)", "(a)(1)(A)(ii)(I)", "(a)(2)"]),
        ([(1, "(a)(1) x"), (2, "(2) x")], ["(a)", "(a)(1)", "(a)(2)"]),
        ([(1, "(7) x"), (2, "(7A) x"), (3, "(A) x"), (1, "(8) x")], ["(7)", "(7A)", "(7A)(A)", "(8)"]),
        ([(1, "(z) x"), (1, "(aa) x"), (1, "(bb) x")], ["(z)", "(aa)", "(bb)"]),
        ([(1, "(a) x"), (1, "(1) x"), (1, "(2) x"), (1, "(b) x")], ["(a)", "(a)(1)", "(a)(2)", "(b)"]),
        ([(1, "No marks at all."), (1, "(see below) x")], []),
    ],
)  # fmt: skip
def test_anchors(rows: Rows, anchors: list[str]) -> None:
    assert [span.label for span in outline(rows)[1]] == anchors


def words(rows: Rows, anchor: str) -> str:
    text, spans = outline(rows)
    span = next(span for span in spans if span.label == anchor)
    return text[span.start : span.end]


def test_a_subdivision_holds_everything_below_it() -> None:
    rows: Rows = [(1, "(a) A keeper shall:"), (2, "(1) row; and"), (2, "(2) wait."), (1, "(b) No more.")]
    assert words(rows, "(a)") == "(a) A keeper shall:\n\n(1) row; and\n\n(2) wait."
    assert words(rows, "(b)") == "(b) No more."


def test_words_after_a_list_belong_to_its_parent() -> None:
    rows: Rows = [(1, "(a) Whoever:"), (2, "(1) rows; or"), (2, "(2) waits,"), (2, "shall be fined."), (1, "(b) x")]
    assert words(rows, "(a)(2)") == "(2) waits,"
    assert words(rows, "(a)").endswith("shall be fined.")


def test_a_paragraph_that_goes_on_stays_with_its_subdivision() -> None:
    rows: Rows = [(1, "(a) There is a board."), (1, "The board meets in May."), (1, "(b) x")]
    assert words(rows, "(a)") == "(a) There is a board.\n\nThe board meets in May."


def test_labels_given_by_the_page_are_kept() -> None:
    text = "(d)(1) x\n\n(2) y"
    paragraphs = [Paragraph(0, 8, 1, ((0, "(d)"), (3, "(d)(1)"))), Paragraph(10, 15, 2, ((10, "(d)(2)"),))]
    found = [(span.label, text[span.start : span.end]) for span in subsections(text, paragraphs)]
    assert found == [("(d)", text), ("(d)(1)", "(1) x"), ("(d)(2)", "(2) y")]


def test_a_row_of_marks_without_end_is_no_outline() -> None:
    text = "(a) " * 20_000
    found = subsections(text, [Paragraph(0, len(text))])
    assert (len(found), max(len(span.label) for span in found)) == (16, 16 * len("(a)"))


@pytest.mark.parametrize(
    ("rows", "anchors"),
    [
        ([(1, "(1) Whoever— (a) rows; or"), (2, "(b) steers"), (1, "(2) x")], ["(1)", "(1)(a)", "(1)(b)", "(2)"]),
        ([(1, "(g) It is lawful: (i) to row;"), (2, "(ii) to steer— (I) by day;"), (3, "(II) by night")],
         ["(g)", "(g)(i)", "(g)(ii)", "(g)(ii)(I)", "(g)(ii)(II)"]),
        ([(1, "(a) See subsection (a) below."), (1, "(b) x")], ["(a)", "(b)"]),
        ([(1, "(1) As in clause (a) of the charter: x"), (2, "(b) y")], ["(1)", "(1)(b)"]),
    ],
)  # fmt: skip
def test_a_list_that_begins_inside_a_paragraph(rows: Rows, anchors: list[str]) -> None:
    assert [span.label for span in outline(rows)[1]] == anchors


def test_a_subdivision_that_begins_at_the_end_of_another() -> None:
    rows: Rows = [
        (1, "(10) “Keeper” means—"),
        (2, "(A) one who rows;"),
        (2, "(B) one who steers. (10A) “Mate” means—"),
        (2, "(A) one who helps;"),
        (2, "(B) one who learns."),
        (1, "(11) x"),
    ]
    found = [span.label for span in outline(rows)[1]]
    assert found == ["(10)", "(10)(A)", "(10)(B)", "(10A)", "(10A)(A)", "(10A)(B)", "(11)"]
    assert words(rows, "(10)(B)") == "(B) one who steers."
    assert words(rows, "(10)").endswith("steers.")
    assert words(rows, "(10A)").endswith("(B) one who learns.")
