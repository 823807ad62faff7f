"""Source credits as dated events: which act made, changed, renumbered or repealed a section, and when.

Read are credits in the manner of the United States Code ("(June 25, 1948, ch. 646, 62 Stat. 930; Pub. L. 85-554, § 1,
July 25, 1958, 72 Stat. 415.)"), of the D.C. Code ("Mar. 3, 1901, 31 Stat. 1321, ch. 854, § 798; ... D.C. Law 4-164")
and of codes that cite session laws by year ("Laws 1989, ch. 5, § 1, eff. July 1, 1989; amended by Laws 2002, ch. 18").
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scraper.models import Document, SpanKind


class EventKind(StrEnum):
    """What an act did to a section."""

    ENACT = "enact"
    AMEND = "amend"
    RENUMBER = "renumber"
    REPEAL = "repeal"


@dataclass(frozen=True, slots=True)
class LawEvent:
    """One act in a source credit, `[start, end)` in the version's text.

    `date` is when it took effect where the credit says so, else when it was passed; None where it gives a year only.
    """

    kind: EventKind
    date: dt.date | None
    year: int
    act: str  # "Pub. L. 85-554", "ch. 646", "D.C. Law 4-164"
    section: str = ""  # "§ 2(a)"
    report: str = ""  # "72 Stat. 415"
    number: str = ""  # the number that the section had under this act, or was given by it
    start: int = 0
    end: int = 0

    @property
    def latest(self) -> dt.date:
        """Return the last day on which the event may have been."""
        return self.date or dt.date(self.year, 12, 31)


_MONTHS = {name: place for place, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_DATE = re.compile(
    r"(?P<eff>\b[Ee]ff(?:ective|\.)\s+)?\b(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s+"
    r"(?P<day>\d{1,2}),\s+(?P<year>\d{4})"
)
_YEAR = re.compile(r"(?:\bLaws\s+|\A[\s(]*(?:[Aa]s\s+)?(?:[Aa]mended\s+(?:by\s+)?)?)(?P<year>1[789]\d\d|20\d\d)(?!\d)")
_ACT = re.compile(
    r"Pub\.\s?L\.\s+(?:No\.\s+)?\d+[-–‑]\d+|D\.\s?C\.\s+(?:Law|Act)\s+\d+[A-Z]?[-–‑]\d+|Laws\s+\d{4},\s+ch\.\s+\d+|\bch\.\s+\d+[A-Z]?"
)
_SECTION = re.compile(r"§§?\s*(?P<number>[\w.:-]+(?:\([\w]+\))*)")
_REPORT = re.compile(r"\b\d+A?\s+(?:Stat\.|DCR|D\.C\. Reg\.)\s*\d+[A-Z]?(?:[-–]\d+)?")
_RENUMBERED = re.compile(r"\b(?:renumbered|redesignated|transferred\s+to)\s+(?:as\s+)?§\s*(?P<number>[\w.:-]+)", re.I)
_FORMER = re.compile(r"\b(?:formerly|as)\s+§\s*(?P<number>[\w.:-]*\w)")
_LAST_NUMBER = re.compile(r"(?:Stat\.\s*\d+[A-Z]?(?:[-–]\d+)?(?:,\s*\d+)*),\s*§\s*(?P<number>[\w.:-]*\w)\W*\Z")
_DASHES = re.compile(r"[‐-―−]")
_LONGEST = 40_000  # characters of one credit that are read


def events(document: Document) -> list[LawEvent]:
    """Return the events of a section's source credits in order of place; what has no date and no year is left out."""
    found: list[LawEvent] = []
    for span in document.spans_of(SpanKind.HISTORY):
        found += credit_events(document.text[span.start : min(span.end, span.start + _LONGEST)], span.start)
    return found


def credit_events(credit: str, offset: int = 0) -> list[LawEvent]:
    """Return the events of one source credit that stands at `offset` in its text."""
    found: list[LawEvent] = []
    for start, end in _pieces(credit):
        event = _event(credit[start:end], first=not found)
        if event:
            kind, date, year, act, section, report, number = event
            found.append(LawEvent(kind, date, year, act, section, report, number, offset + start, offset + end))
    return found


def change_dates(found: Sequence[LawEvent]) -> tuple[dt.date, ...]:
    """Return the days on which the words of a section changed, its enactment first, in order."""
    return tuple(sorted({event.latest for event in found}))


def former_numbers(found: Sequence[LawEvent]) -> list[tuple[str, dt.date]]:
    """Return each number that a section had before, with the day from which it had another."""
    former = []
    for place, event in enumerate(found):
        later = next((one for one in found[place + 1 :] if one.kind is EventKind.RENUMBER), None)
        if event.number and later and later.number != event.number:
            former.append((event.number, later.latest))
    return former


def _pieces(credit: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches between semicolons; those within brackets separate nothing."""
    depth, start = 0, 0
    for place, sign in enumerate(credit):
        if sign == "[":
            depth += 1
        elif sign == "]":
            depth = max(0, depth - 1)
        elif sign == ";" and not depth:
            yield start, place
            start = place + 1
    yield start, len(credit)


_Event = tuple[EventKind, dt.date | None, int, str, str, str, str]


def _event(piece: str, *, first: bool) -> _Event | None:
    date = _date(piece)
    year = date.year if date else next((int(found["year"]) for found in _YEAR.finditer(piece)), 0)
    if not year:
        return None
    act = _ACT.search(piece)
    section = _SECTION.search(piece, act.end() if act else 0)
    report = _REPORT.search(piece)
    renumbered = _RENUMBERED.search(piece)
    number = renumbered or _FORMER.search(piece) or _LAST_NUMBER.search(piece)
    return (
        _kind(piece, first=first, renumbered=renumbered is not None),
        date,
        year,
        _plain(act[0]) if act else "",
        _plain(section[0]).rstrip(".,") if section else "",
        _plain(report[0]) if report else "",
        _plain(number["number"]).rstrip(".") if number else "",
    )


def _kind(piece: str, *, first: bool, renumbered: bool) -> EventKind:
    lowered = piece.lower()
    if "repealed" in lowered and "amended" not in lowered:
        return EventKind.REPEAL
    if renumbered:
        return EventKind.RENUMBER
    if "amended" in lowered:
        return EventKind.AMEND
    return EventKind.ENACT if first or "added" in lowered or "enacted" in lowered else EventKind.AMEND


def _date(piece: str) -> dt.date | None:
    """Return the day of effect where one is given, else the first date."""
    dates = list(_DATE.finditer(piece))
    chosen = next((one for one in dates if one["eff"]), dates[0] if dates else None)
    if chosen is None:
        return None
    try:
        return dt.date(int(chosen["year"]), _MONTHS[chosen["month"].lower()], int(chosen["day"]))
    except ValueError:  # "Feb. 30"
        return None


def _plain(text: str) -> str:
    return " ".join(_DASHES.sub("-", text).split())
