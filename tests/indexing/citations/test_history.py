"""Source credits as dated events, and which version of a section was in force when a court cited it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.citations.history import EventKind, credit_events, events, former_numbers
from indexing.citations.resolve import Resolver
from scraper.models import Document, DocumentKind, Span, SpanKind
from tests.indexing.citations.law import finder, jurisdictions

ENACT, AMEND, RENUMBER, REPEAL = EventKind.ENACT, EventKind.AMEND, EventKind.RENUMBER, EventKind.REPEAL
CREDITS = [
    ("(June 25, 1948, ch. 646, 62 Stat. 930; Pub. L. 85–554, § 1, July 25, 1958, 72 Stat. 415.)",
     [(ENACT, date(1948, 6, 25), "ch. 646", "", "62 Stat. 930"),
      (AMEND, date(1958, 7, 25), "Pub. L. 85-554", "§ 1", "72 Stat. 415")], "the United States Code"),
    ("(Added Pub. L. 95–521, title VII, § 705(f)(1), Oct. 26, 1978, 92 Stat. 1879, § 1364; renumbered § 1365, "
     "Pub. L. 99–336, § 6(a)(1)(B), June 19, 1986, 100 Stat. 638.)",
     [(ENACT, date(1978, 10, 26), "Pub. L. 95-521", "§ 705(f)(1)", "92 Stat. 1879"),
      (RENUMBER, date(1986, 6, 19), "Pub. L. 99-336", "§ 6(a)(1)(B)", "100 Stat. 638")], "renumbered"),
    ("Pub. L. 106–113, § 1 [title IV, § 2; § 3], Nov. 29, 1999, 113 Stat. 1536",
     [(ENACT, date(1999, 11, 29), "Pub. L. 106-113", "§ 1", "113 Stat. 1536")], "a semicolon inside brackets"),
    ("(Mar. 3, 1901, 31 Stat. 1321, ch. 854, § 798; Dec. 1, 1982, D.C. Law 4-164, § 602(a), 29 DCR 3976.)",
     [(ENACT, date(1901, 3, 3), "ch. 854", "§ 798", "31 Stat. 1321"),
      (AMEND, date(1982, 12, 1), "D.C. Law 4-164", "§ 602(a)", "29 DCR 3976")], "the D.C. Code"),
    ("Laws 1989, ch. 5, § 1, eff. July 1, 1989; amended by Laws 2002, ch. 18, § 1, eff. July 1, 2002.",
     [(ENACT, date(1989, 7, 1), "Laws 1989, ch. 5", "§ 1", ""),
      (AMEND, date(2002, 7, 1), "Laws 2002, ch. 18", "§ 1", "")], "a day of effect"),
    ("History: Laws 1963, ch. 303, § 2-1; 1980, ch. 21, § 1; repealed by Laws 1994, ch. 23, § 9.",
     [(ENACT, None, "Laws 1963, ch. 303", "§ 2-1", ""), (AMEND, None, "ch. 21", "§ 1", ""),
      (REPEAL, None, "Laws 1994, ch. 23", "§ 9", "")], "years alone"),
    ("(Feb. 30, 1990, 1 Stat. 1)", [], "no such day"),
    ("This section derives from an older one.", [], "no credit"),
]  # fmt: skip


@pytest.mark.parametrize(("credit", "expected", "reason"), CREDITS, ids=[row[2] for row in CREDITS])
def test_credits(credit: str, expected: list[tuple[object, ...]], reason: str) -> None:
    found = credit_events(credit)
    assert [(one.kind, one.date, one.act, one.section, one.report) for one in found] == expected, reason
    assert all(0 <= one.start < one.end <= len(credit) for one in found)


def test_a_year_alone_counts_from_its_last_day() -> None:
    (event,) = credit_events("Laws 1963, ch. 303")
    assert (event.date, event.latest) == (None, date(1963, 12, 31))


def test_a_number_that_a_section_bore_before() -> None:
    assert former_numbers(credit_events(CREDITS[1][0])) == [("1364", date(1986, 6, 19))]


_PIECES = ["; ", "[", "]", "Pub. L. 1-2, ", "May 5, 1999", "§ 3", "renumbered § 4", "Laws 2001, ch. 4", "99 Stat. 1"]


@given(st.text(max_size=200) | st.lists(st.sampled_from(_PIECES), max_size=20).map("".join))
def test_no_credit_breaks_the_reader(credit: str) -> None:
    for event in credit_events(credit):
        assert credit[event.start : event.end]


def section(number: str, credit: str, words: str = "Words. ") -> Document:
    text = words + credit
    span = Span(len(words), len(text), SpanKind.HISTORY)
    url = f"https://law.test/{number}"
    citation = f"28 U.S.C. § {number}"
    return Document(f"us:usc:28:{number}", DocumentKind.STATUTE, "us", "A section", citation, text, url, spans=(span,))


def opinion(text: str, decided: date) -> Document:
    url = "https://law.test/opinion"
    return Document(
        "us:scotus:1-us-1", DocumentKind.CASE, "us", "Doe v. Roe", "1 U.S. 1", text, url, date=decided, court="scotus"
    )


OLD = section("1331", "(June 25, 1948, ch. 646, 62 Stat. 930; Pub. L. 94–574, Oct. 21, 1976, 90 Stat. 2721.)", "Old. ")
NEW = section(
    "1331",
    "(June 25, 1948, ch. 646, 62 Stat. 930; Pub. L. 94–574, Oct. 21, 1976, 90 Stat. 2721; "
    "Pub. L. 96–486, § 2(a), Dec. 1, 1980, 94 Stat. 2369.)",
    "New. ",
)
DECISIONS = [
    (date(1950, 1, 1), "", "1976-10-21", "before both versions held: it changed since"),
    (date(1979, 1, 1), OLD.version, "1980-12-01", "the older version"),
    (date(1980, 12, 1), NEW.version, "", "the day of the last change"),
    (date(2000, 1, 1), NEW.version, "", "the current version"),
]


@pytest.mark.parametrize(("decided", "version", "since", "reason"), DECISIONS, ids=[row[3] for row in DECISIONS])
def test_the_version_in_force_at_a_decision(decided: date, version: str, since: str, reason: str) -> None:
    case = opinion("See 28 U. S. C. §1331.", decided)
    resolver = Resolver.from_documents([NEW, case], jurisdictions(), older=[OLD])
    (found,) = resolver.resolve(finder().find(case.text, case.id, case.version))
    assert (found.to, found.in_force, found.amended_since) == (NEW.id, version, since), reason


def test_a_section_and_an_undated_case_say_nothing_of_versions() -> None:
    case = replace(opinion("See 28 U. S. C. §1331.", date(2000, 1, 1)), date=None)
    resolver = Resolver.from_documents([NEW, case], jurisdictions())
    (found,) = resolver.resolve(finder().find(case.text, case.id, case.version))
    assert (found.to, found.in_force, found.amended_since) == (NEW.id, "", "")


MOVED = section(
    "1365",
    "(Added Pub. L. 95–521, Oct. 26, 1978, 92 Stat. 1879, § 1364; renumbered § 1365, Pub. L. 99–336, June 19, 1986, "
    "100 Stat. 638.)",
)
LATER = section("1364", "(Added Pub. L. 100–1, Jan. 5, 1990, 104 Stat. 1.)")
EARLIER = section("1364", "(Added Pub. L. 95–1, Jan. 5, 1977, 91 Stat. 1.)")


@pytest.mark.parametrize(
    ("decided", "other", "to", "candidates"),
    [
        (date(1980, 1, 1), None, MOVED.id, ()),
        (date(1980, 1, 1), LATER, MOVED.id, ()),
        (date(1980, 1, 1), EARLIER, None, (MOVED.id, EARLIER.id)),
        (date(1995, 1, 1), LATER, LATER.id, ()),
        (date(1995, 1, 1), None, None, ()),
    ],
    ids=["its number then", "not yet another's", "another's too: not guessed", "another's since", "no longer its own"],
)
def test_a_number_is_read_as_of_the_decision(
    decided: date, other: Document | None, to: str | None, candidates: tuple[str, ...]
) -> None:
    case = opinion("See 28 U. S. C. §1364.", decided)
    held = [MOVED, case, *([other] if other else [])]
    (found,) = Resolver.from_documents(held, jurisdictions()).resolve(finder().find(case.text, case.id, case.version))
    assert (found.to, found.candidates) == (to, candidates)


def test_a_section_that_an_editor_moved_is_found_under_both_numbers() -> None:
    held = replace(
        section("1", "(Added Pub. L. 1–1, Jan. 5, 1977.)"), id="us:usc:52:10304", citation="52 U.S.C. § 10304"
    )
    resolver = Resolver.from_documents([held], jurisdictions())
    assert resolver.look_up("42 U.S.C. § 1973c") == resolver.look_up("52 U.S.C. § 10304") == (held.id,)


def test_events_keep_their_place_in_the_text() -> None:
    first, second = events(OLD)
    assert OLD.text[first.start : first.end] == "(June 25, 1948, ch. 646, 62 Stat. 930"
    assert OLD.text[second.start : second.end].startswith(" Pub. L. 94–574")
