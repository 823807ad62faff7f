"""What publishers say beside the words of a section, as tables of notes."""

# ruff: noqa: E501 - a row of a table is a line

from __future__ import annotations

from datetime import date

import pytest

from scraper.jurisdictions import Jurisdictions
from scraper.models import DocumentStatus as S
from scraper.sources.notes import effective, find_date, former_citations, latest_effect, standing, temporary


@pytest.mark.parametrize(
    ("heading", "text", "status", "words"),
    [
        ("Repealed. Pub. L. 1, § 2, Oct. 1, 2010", "Section related to oars.", S.REPEALED, "Repealed. Pub. L. 1, § 2, Oct. 1, 2010"),
        ("Keeper", "[Repealed.]", S.REPEALED, "Repealed."),
        ("Kites. [Repealed]", "Repealed.", S.REPEALED, "Repealed."),
        ("Kites [Transferred]", "Recodified at § 8-1", S.RENUMBERED, "Recodified at § 8-1"),
        ("Keeper", "[Renumbered as § 4-2-7.]", S.RENUMBERED, "Renumbered as § 4-2-7."),
        ("[Reserved]", "[Reserved.]", S.RESERVED, "Reserved."),
        ("Stay", "[Expired September 30, 2021, by its own terms.]", S.EXPIRED, "Expired September 30, 2021, by its own terms."),
        ("Omitted", "", S.EXPIRED, "Omitted"),
        ("Powers reserved to the board", "The board may act.", S.IN_FORCE, ""),
        ("Reserved powers", "Powers are held.", S.IN_FORCE, ""),
        ("Vacant judgeship as affecting proceedings", "When the office is vacant ...", S.IN_FORCE, ""),
        ("Repeal of prior acts", "Repealed acts stay repealed.", S.IN_FORCE, ""),
    ],
)  # fmt: skip
def test_status(heading: str, text: str, status: S, words: str) -> None:
    found = standing(heading, text)
    assert (found.status, found.words) == (status, words)


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("eff. July 1, 2030", date(2030, 7, 1)),
        ("on Jan. 1, 2020,", date(2020, 1, 1)),
        ("Sept. 3, 1901", date(1901, 9, 3)),
        ("2024-06-07", date(2024, 6, 7)),
        ("February 30, 2020 or May 1, 2020", date(2020, 5, 1)),
        ("Part 12, 2020", None),
        ("no date", None),
    ],
)
def test_dates(words: str, when: date | None) -> None:
    assert find_date(words) == when


def test_dates_of_effect() -> None:
    assert effective("Effective  July 1, 2030") == (date(2030, 7, 1), "Effective July 1, 2030")
    assert effective("Subsection (c): Effective January 1, 2026")[0] is None
    history = "Acts 1990, ch. 1, eff. July 1, 1990; amended by Acts 2001, ch. 2, eff. July 1, 2001; temporarily amended, eff. May 1, 2024."
    assert latest_effect(history) == date(2001, 7, 1)
    assert latest_effect(history, [date(2001, 7, 1)]) == date(1990, 7, 1)
    assert latest_effect("Acts 1990, ch. 1.") is None


def test_temporary_amendments_warn_with_their_expiry() -> None:
    assert temporary("Emergency: one coin until December 31, 2029.").startswith(
        "Temporary or emergency amendment, expires 2029-12-31: "
    )
    assert temporary("Emergency: one coin.") == "Temporary or emergency amendment: Emergency: one coin."


def test_former_numbers_are_citations_of_the_same_code() -> None:
    code = Jurisdictions.load().code("usc")
    assert code is not None
    groups = {"title": "18", "section": "213"}
    notes = "Formerly § 217. Renumbered from section 219. This section stood at § 220 before. Sections 5 and 6."
    assert former_citations(notes, code, groups) == ("18 U.S.C. § 217", "18 U.S.C. § 219", "18 U.S.C. § 220")
