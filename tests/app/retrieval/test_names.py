"""Names typed with slips, against a plain recursion and names written by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.retrieval.names import Names, shortens, slips
from app.retrieval.query import parse_query
from app.wiring import Snapshot
from indexing.citations.keys import name_key

TITLES = {
    "c1": "Reno, Attorney General v. American Civil Liberties Union",
    "c2": "Apprendi v. New Jersey",
    "c3": "Lindgren Homes v. Sabo",
    "c4": "Smith v. Jones",
    "c5": "Smith v. Jonas",
    "c6": "United States v. Morrison",
    "c7": "In re Gault",
    "c8": "Smith v. Doe",
    "c9": "Smith v. Doe",
}


@pytest.fixture(scope="module")
def names() -> Names:
    return Names.of((name_key(title), name) for name, title in TITLES.items())


@pytest.mark.parametrize(
    ("typed", "documents"),
    [
        ("Reno v. ACLU", ("c1",)),
        ("Apprendi v. New Jersy", ("c2",)),
        ("Aprendi v. New Jersey", ("c2",)),
        ("Lindgren v. Sabo", ("c3",)),
        ("Apprendi v NJ", ("c2",)),
        ("Appr. v. N. Jersey", ()),  # one letter begins too many words
        ("Apprendi v. New Jer.", ("c2",)),
        ("Lind. Homes v. Sab.", ("c3",)),
        ("Reno, Atty. Gen. v. Amer. Civ. Lib. Union", ("c1",)),
        ("United States v. Morrsion", ("c6",)),
        ("Smiht v. Doe", ("c8", "c9")),  # one name, two cases
    ],
)
def test_a_name_that_can_only_be_one_is_found(names: Names, typed: str, documents: tuple[str, ...]) -> None:
    near = names.near(typed)
    assert near is not None and near.documents == documents


@pytest.mark.parametrize("typed", ["Smith v. Jonis", "Apprendi v. New York State"])
def test_what_may_be_several_or_is_far_is_only_suggested(names: Names, typed: str) -> None:
    near = names.near(typed)
    assert near is not None and not near.documents and near.suggested


@pytest.mark.parametrize(
    "typed",
    ["Apprendi v. New Jersey", "the return of a deposit", "In re Gault", "v.", "v. Jones", "Smith v.", "", "x" * 150],
)
def test_what_is_held_as_written_or_is_no_name_is_left_alone(names: Names, typed: str) -> None:
    assert names.near(typed) is None


def test_a_name_like_none_suggests_nothing(names: Names) -> None:
    near = names.near("Zymurgy v. Quaternion")
    assert near is not None and not near.documents and not near.suggested


@pytest.mark.parametrize(
    ("typed", "full", "expected"),
    [
        ("ny times", "new york times company", True),
        ("nyt", "new york times company", True),
        ("nytc", "new york times company", True),
        ("new times", "new york times company", False),
        ("ne york", "new york times company", False),
        ("new york times company", "new york", False),
        ("times", "new york times company", False),
        ("doc", "department of commerce", False),  # small words give no initial
        ("dc", "department of commerce", True),
    ],
)
def test_what_is_short_for_a_name_takes_its_words_in_order(typed: str, full: str, expected: bool) -> None:
    assert shortens(typed.split(), full.split()) == expected


@given(st.text("abc ", max_size=6), st.text("abc ", max_size=6))
@settings(max_examples=200, deadline=None)
def test_slips_are_those_of_the_definition(one: str, other: str) -> None:
    @cache
    def slow(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        found = min(slow(i - 1, j) + 1, slow(i, j - 1) + 1, slow(i - 1, j - 1) + (one[i - 1] != other[j - 1]))
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            found = min(found, slow(i - 2, j - 2) + 1)
        return found

    assert slips(one, other) == slow(len(one), len(other))


def test_a_slip_in_a_held_name_still_comes_first(snapshot: Snapshot) -> None:
    entries = [entry for entry in snapshot.corpus.entries if entry.kind == "case" and " v. " in entry.title]
    entry = max(entries, key=lambda one: (len(one.title), one.id))
    place = entry.title.index(" v. ") - 2
    typed = entry.title[:place] + entry.title[place + 1 :]
    result = snapshot.search.search(parse_query(typed), k=1)
    assert result.hits[0].entry.id == entry.id
    assert result.resolution is not None and result.resolution.kind == "near_name"


def test_a_name_with_an_operator_in_it_is_a_name(snapshot: Snapshot) -> None:
    search = snapshot.search
    written = "STATE AND COUNTY v. Doe"
    assert search.allowed(parse_query(written)) is not None
    entry = next(entry for entry in snapshot.corpus.entries if entry.kind == "case")
    held = search._as_written(replace(parse_query(written), written=entry.title))
    assert held.where is None and held.text == entry.title
