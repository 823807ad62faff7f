"""Short fields of a page filled with the same signs without end: each is read in one pass."""

from __future__ import annotations

import pytest

from scraper.deadline import deadline
from scraper.jurisdictions import Jurisdictions
from scraper.sources.casebook import author_name, parties
from scraper.sources.courts import court_named
from scraper.sources.trees import parse_html

MANY = 100_000


@pytest.mark.parametrize("sign", [",", ", ", " "])
def test_a_name_of_nothing_but_signs(sign: str) -> None:
    with deadline(20):
        assert author_name("Vane" + sign * MANY + "!").startswith("Vane")
        assert parties("A" + sign * MANY + " v. B")[-1] == "B"


def test_a_court_of_nothing_but_places() -> None:
    with deadline(20):
        assert court_named("Court" + " of" * MANY + "1", "", Jurisdictions.load()) is None


@pytest.mark.parametrize("behind", [" ", "<!-- a -->"])
def test_a_page_with_much_behind_its_end(behind: str) -> None:
    with deadline(20):
        root = parse_html(("<html><body><p>a</p></body>" + behind * 1000 + "<p>b</p></html>").encode())
    assert [p.text for p in root.iter("p")] == ["a", "b"]
