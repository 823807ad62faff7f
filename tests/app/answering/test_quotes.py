"""Quotations held against a text, by tables written by hand."""

from __future__ import annotations

import pytest

from app.answering.quotes import FoldedText, locate, quotations

TEXT = (
    "The “owner” of a boat shall, within 30 days,\n  register it with the harbor-master.1 Failure to\u00a0register *12 "
    "is an infraction. A visitor’s boat need not be registered."
)
# the footnote mark behind "harbor-master." and the star page
HIDDEN = [(TEXT.index(".1 Fail") + 1, TEXT.index(".1 Fail") + 2), (TEXT.index("*12"), TEXT.index("*12") + 3)]
HIDDEN_PLACES = {place for start, end in HIDDEN for place in range(start, end)}
FOLDED = FoldedText.of(TEXT, HIDDEN)


def letters(text: str) -> str:
    """Letters and digits alone: what no folding of spaces and marks may change."""
    return "".join(character for character in text if character.isalnum())


VERBATIM = [
    "shall, within 30 days, register it",
    "'owner' of a boat",
    "“owner” of a boat",
    "visitor's boat need not be registered",
    "Failure to register is an infraction.",  # across a star page and an odd space
    "harbor-master. Failure to register",  # across a footnote mark
    "register it with the harbor-master,",  # the comma is the writer's
]
MARKED = [
    "[t]he “owner” of a boat",
    "The “owner” of a boat shall . . . register it with the harbor-master",
    "The 'owner' of a boat shall ... register it",
    "[a boat owner] shall, within 30 days",
    "an infraction [emphasis added]",
]
ALTERED = [
    "shall, within 13 days, register it",  # one word
    "may, within 30 days, register it",
    "visitor's boat need be registered",  # a word left out without a mark
    "register it with the harbor-masters",
    "egister it with",  # no whole word
    "register it with the harbor-master ... within 30 days",  # parts in the wrong order
    "the “owner” of a boat",  # a capital changed without brackets
    "...",
    "",
]


@pytest.mark.parametrize("quotation", VERBATIM)
def test_verbatim_quotations_are_found_where_they_stand(quotation: str) -> None:
    found = locate(quotation, FOLDED)
    assert found is not None
    assert not found.marked
    there = "".join(c for i, c in enumerate(TEXT) if found.start <= i < found.end and i not in HIDDEN_PLACES)
    assert letters(there) == letters(quotation)


@pytest.mark.parametrize("quotation", MARKED)
def test_marked_changes_are_marked(quotation: str) -> None:
    found = locate(quotation, FOLDED)
    assert found is not None
    assert found.marked


@pytest.mark.parametrize("quotation", ALTERED)
def test_unmarked_changes_are_no_quotation(quotation: str) -> None:
    assert locate(quotation, FOLDED) is None


def test_offsets_are_those_of_the_text() -> None:
    found = locate("Failure to register is an infraction", FOLDED)
    assert found is not None
    assert TEXT[found.start : found.end] == "Failure to\u00a0register *12 is an infraction"


def test_quotations_of_a_sentence() -> None:
    assert quotations('The owner "shall" register “within 30 days.”') == ["shall", "within 30 days."]
    assert quotations("The owner's boat.") == []
    assert quotations('The owner "shall register.') is None
