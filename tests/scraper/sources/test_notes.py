"""What publishers say beside the words of a section, as tables of notes."""

# ruff: noqa: E501 - a row of a table is a line

from __future__ import annotations

from datetime import date

import pytest

from scraper.deadline import deadline
from scraper.jurisdictions import Jurisdictions
from scraper.models import DocumentStatus as S
from scraper.sources.notes import (
    Act,
    acts_in,
    covered,
    effective,
    ends_later,
    find_date,
    former_citations,
    heading_dates,
    latest_effect,
    notice_dates,
    standing,
    temporary,
)


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


@pytest.mark.parametrize(
    ("note", "dates"),
    [
        ("Emergency: under Acts 2024, ch. 9, effective May 14, 2024, one coin until December 31, 2029.",
         {"effective": "2024-05-14", "until": "2029-12-31"}),
        ("Subsection (b)(2): Effective January 1, 2031", {"effective": "2031-01-01", "of": "Subsection (b)(2)"}),
        ("This act expires on June 1, 2030.", {"until": "2030-06-01"}),
        ("Temporary amendment of the toll.", {}),
    ],
)  # fmt: skip
def test_a_notice_states_its_dates(note: str, dates: dict[str, str]) -> None:
    assert notice_dates(note) == dates


@pytest.mark.parametrize(
    ("heading", "begins", "ends"),
    [
        ("Tolls [Effective until July 1, 2026]", None, date(2026, 7, 1)),
        ("Tolls [Effective July 1, 2026]", date(2026, 7, 1), None),
        ("Tolls (Effective July 1, 2024 until June 30, 2026)", date(2024, 7, 1), date(2026, 6, 30)),
        ("Tolls [Expires January 1, 2030]", None, date(2030, 1, 1)),
        ("Tolls (January 1 through March 31, 2020)", None, None),
        ("Effective use of oars until July 1, 2026", None, None),
    ],
)
def test_dates_of_a_heading(heading: str, begins: date | None, ends: date | None) -> None:
    assert heading_dates(heading) == (begins, ends)


def test_a_repeal_to_come_leaves_the_section_in_force() -> None:
    heading = "Horns [Repealed effective January 1, 2032]"
    assert ends_later(heading, "A ferry bears a horn.") == date(2032, 1, 1)
    assert ends_later(heading, "Repealed.") is None
    assert ends_later(heading, "") is None
    assert ends_later("Horns", "A ferry bears a horn.") is None


def test_temporary_acts_run_from_their_date() -> None:
    note = (
        "Emergency Legislation\n\nFor temporary (90 day) repeal of section, see § 8(f) of Oar Act (D.C. Act 14-128, "
        "August 3, 2001, 48 DCR 7939).\n\nFor temporary amendment, see § 2 (D.C. Law 12-234, April 20, 1999, x)."
    )
    acts = acts_in(note)
    assert acts == [Act("D.C. Act 14-128", date(2001, 8, 3), 90), Act("D.C. Law 12-234", date(1999, 4, 20))]
    assert [act.until for act in acts] == [date(2001, 11, 1), None]


@pytest.mark.parametrize(
    ("numbers", "sections"),
    [
        ("213, 214", ["213", "214"]),
        ("213 to 216", ["213", "214", "215", "216"]),
        ("213 through 215, 220", ["213", "214", "215", "220"]),
        ("213a to 213c", ["213a", "213c"]),
        ("213 to 21300", ["213", "21300"]),
        ("213", []),
    ],
)
def test_a_range_names_the_sections_that_are_sure(numbers: str, sections: list[str]) -> None:
    code = Jurisdictions.load().code("usc")
    assert code is not None
    assert covered(numbers, code, {"title": "18", "section": "213"}) == tuple(f"18 U.S.C. § {s}" for s in sections)


MANY = 100_000


def test_the_date_behind_each_sign_is_the_first_that_there_is() -> None:
    note = "Acts 1999, eff. June 31, 1999, or July 1, 1999; eff. July 1, 2001, and 2000-02-03; effective on a day"
    assert latest_effect(note) == date(2000, 2, 3)
    assert latest_effect("eff. July 1, 2001, eff. June 2, 2003") == date(2003, 6, 2)
    assert latest_effect("July 1, 2001, effective") is None


def test_signs_repeated_without_end_are_read_once() -> None:
    with deadline(20):
        assert latest_effect("effective " * MANY) is None
        assert latest_effect("effective " * MANY + "June 7, 2024") == date(2024, 6, 7)
        assert len(acts_in("Act 1-1, June 1, 2020 " * (MANY // 2))) == MANY // 2
        assert standing("[repealed " * MANY, "").status is S.IN_FORCE
        assert standing("Oars [repealed" + " " * MANY + "] x", "").status is S.IN_FORCE


def test_the_days_of_an_act_stand_before_it() -> None:
    line = "Act 1-1, June 1, 2020 (90 day) Act 2-2, July 1, 2020"
    assert [(act.name, act.days) for act in acts_in(line)] == [("Act 1-1", 0), ("Act 2-2", 90)]
