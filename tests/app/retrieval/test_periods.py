"""Years, months and days in a question, against comparisons of ISO days written by hand."""

from __future__ import annotations

import pytest

from app.retrieval.periods import next_period
from scraper.errors import QueryError


@pytest.mark.parametrize(
    ("text", "words", "inside", "outside"),
    [
        ("cases decided in 1999", "is of 1999", ["1999-01-01", "1999-12-31"], ["1998-12-31", "2000-01-01"]),
        ("in June 2000", "is of 2000-06-01 to 2000-06-30", ["2000-06-01", "2000-06-30"], ["2000-05-31", "2000-07-01"]),
        ("in Feb. 2000", "is of 2000-02-01 to 2000-02-29", ["2000-02-29"], ["2000-03-01"]),
        ("on June 26, 2000", "is of 2000-06-26", ["2000-06-26"], ["2000-06-25", "2000-06-27"]),
        ("on 26 June 2000", "is of 2000-06-26", ["2000-06-26"], ["2000-06-06"]),
        ("on 2000-06-26", "is of 2000-06-26", ["2000-06-26"], ["2000-06-27"]),
        ("after June 2005", "is of 2005-07-01 or later", ["2005-07-01"], ["2005-06-30"]),
        ("after 2005", "is of 2006 or later", ["2006-01-01"], ["2005-12-31"]),
        ("before June 2005", "is of 2005-05-31 or earlier", ["2005-05-31"], ["2005-06-01"]),
        ("since May 3, 2005", "is of 2005-05-03 or later", ["2005-05-03"], ["2005-05-02"]),
        ("between 1998 and 2000", "is of 1998 to 2000", ["1998-01-01", "2000-12-31"], ["1997-12-31", "2001-01-01"]),
        ("between May 1998 and 2000", "is of 1998-05-01 to 2000-12-31", ["1998-05-01"], ["1998-04-30"]),
        ("in the 1990s", "is of 1990 to 1999", ["1990-01-01", "1999-12-31"], ["1989-12-31", "2000-01-01"]),
        ("in 1998 or 2000", "is of 1998 or of 2000", ["1998-05-01", "2000-05-01"], ["1999-05-01"]),
        ("in 1998, 1999 and 2001", "is of 1998 or of 1999 or of 2001", ["1999-05-01"], ["2000-05-01"]),
        ("not decided in 2001", "is not of 2001", ["2000-12-31", "2002-01-01"], ["2001-05-01"]),
    ],
)
def test_a_period_holds_its_days_and_no_others(text: str, words: str, inside: list[str], outside: list[str]) -> None:
    asked = next_period(text)
    assert asked is not None and asked.words == words
    assert [asked.holds(day, int(day[:4])) for day in (*inside, *outside)] == [True] * len(inside) + [False] * len(
        outside
    )


def test_what_has_no_date_is_in_no_period_and_a_bare_year_in_no_month() -> None:
    for text in ("in 1999", "not decided in 1999", "before 1999"):
        asked = next_period(text)
        assert asked is not None and not asked.holds(None, None)
    month, year = next_period("in June 1999"), next_period("in 1999")
    assert month is not None and year is not None
    assert not month.holds(None, 1999) and year.holds(None, 1999)


@pytest.mark.parametrize("text", ["the Civil Rights Act of 1964", "section 1999", "chapter 13 of title 11", "may 12"])
def test_the_year_of_an_act_and_other_numbers_are_no_period(text: str) -> None:
    assert next_period(text) is None


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(QueryError, match="no day of the calendar"):
        next_period("on February 30, 2001")
