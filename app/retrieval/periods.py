"""Years, months and days as a question names them: "since 1999", "in June 2000", "in the 1990s", "1998 or 1999"."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from scraper.errors import QueryError

_NAMES = "january february march april may june july august september october november december".split()
_MONTH = "|".join(name if len(name) < 4 else rf"{name[:3]}(?:t?\.|{name[3:]})?" for name in _NAMES)
_YEAR = r"(?:1[6-9]|20)\d\d"
_WHEN = (
    rf"(?:(?:the |the year |year )?{_YEAR}(?:s|-\d\d-\d\d)?\b"
    rf"|(?:{_MONTH})\s+(?:\d{{1,2}}(?:st|nd|rd|th)?,?\s+)?(?:of )?{_YEAR}\b"
    rf"|\d{{1,2}}\s+(?:{_MONTH})\s+{_YEAR}\b)"
)
_LIST = rf"{_WHEN}(?:(?:,\s*(?:and |or )?|\s+(?:and|or)\s+)(?:in )?{_WHEN})*"
_BETWEEN = re.compile(rf"\b(?:between|from) ({_WHEN}) (?:and|to|until|through) ({_WHEN})", re.I)
_SINCE = re.compile(rf"\b(?:since|on or after) ({_WHEN})|\b({_WHEN}) (?:or|and) (?:later|after)", re.I)
_AFTER = re.compile(rf"\b(?:later than|after) ({_WHEN})", re.I)
_BEFORE = re.compile(rf"\b(?:earlier than|before|prior to) ({_WHEN})", re.I)
_UNTIL = re.compile(rf"\b(?:until|up to|through|on or before) ({_WHEN})|\b({_WHEN}) or earlier", re.I)
_NOT = r"(?:\b(not)\s+(?:been\s+)?(?:(?:decided|issued|made|enacted)\s+)?)?"
_IN = re.compile(rf"{_NOT}\b(in|of|during|on|dated) ({_LIST})", re.I)
_DAY = date.resolution


@dataclass(frozen=True, slots=True)
class Period:
    """From a day to a day, both inside; None where it has no such end. `whole` tells that it is made of years."""

    first: date | None
    last: date | None
    whole: bool

    def holds(self, day: str | None, year: int | None) -> bool:
        """Tell whether it takes in what is of an ISO day, or of a year where the day is not known."""
        if self.whole:
            low, high = self.first.year if self.first else 0, self.last.year if self.last else 9999
            return year is not None and low <= year <= high
        if day is None or len(day) != len("2000-06-26"):
            return False  # a month takes in nothing of which the year alone is known
        return (self.first is None or self.first.isoformat() <= day) and (
            self.last is None or day <= self.last.isoformat()
        )

    @property
    def words(self) -> str:
        """Say it so that it ends "it is ...": "of 1999", "of 1999 or later"."""
        first, last = (self._said(day) for day in (self.first, self.last))
        if first == last:
            return f"of {first}"
        if not last:
            return f"of {first} or later"
        return f"of {last} or earlier" if not first else f"of {first} to {last}"

    def _said(self, day: date | None) -> str:
        if day is None:
            return ""
        return str(day.year) if self.whole else day.isoformat()


@dataclass(frozen=True, slots=True)
class Asked:
    """The periods of one condition, any of which must hold, or none of them where `negated`; and where it stood."""

    periods: tuple[Period, ...]
    negated: bool
    span: tuple[int, int]

    def holds(self, day: str | None, year: int | None) -> bool:
        """Tell whether the condition holds; never for what has no date."""
        if year is None:
            return False
        return any(period.holds(day, year) for period in self.periods) != self.negated

    @property
    def words(self) -> str:
        """Say it so that it ends "it ..."."""
        return f"is {'not ' if self.negated else ''}{' or '.join(period.words for period in self.periods)}"


def next_period(text: str) -> Asked | None:
    """Return the first condition on time in a text, by kind of condition; raise QueryError for a day that is none."""
    found = _BETWEEN.search(text)
    if found:
        one, other = _read(found[1]), _read(found[2])
        return Asked((Period(one.first, other.last, one.whole and other.whole),), False, found.span())
    for pattern, upward, outside in (
        (_SINCE, True, False), (_AFTER, True, True), (_BEFORE, False, True), (_UNTIL, False, False)
    ):  # fmt: skip
        found = pattern.search(text)
        if found:
            period = _open(_read(next(group for group in found.groups() if group)), upward, outside)
            return Asked((period,), False, found.span())
    for found in _IN.finditer(text):
        if found[2].lower() == "of" and _is_name(text[: found.start(2)]):
            continue  # "the Civil Rights Act of 1964"
        periods = tuple(_read(one) for one in re.findall(_WHEN, found[3], re.I))
        return Asked(periods, found[1] is not None, found.span())
    return None


def _is_name(before: str) -> bool:
    """Tell whether what stands before "of 1964" ends a name, that is, has a capital and does not begin the question."""
    words = before.split()
    return len(words) > 1 and words[-1][:1].isupper()


def _open(period: Period, upward: bool, outside: bool) -> Period:
    assert period.first is not None and period.last is not None
    if upward:
        return Period(period.last + _DAY if outside else period.first, None, period.whole)
    return Period(None, period.first - _DAY if outside else period.last, period.whole)


def _read(text: str) -> Period:
    written = text.lower()
    year = int(re.findall(_YEAR, written)[0])
    if re.search(rf"{_YEAR}s\b", written):
        return Period(date(year, 1, 1), date(year + 9, 12, 31), True)
    iso = re.search(rf"{_YEAR}-(\d\d)-(\d\d)", written)
    named = re.search(rf"\b(?:{_MONTH})", written)
    if iso is None and named is None:
        return Period(date(year, 1, 1), date(year, 12, 31), True)
    month = int(iso[1]) if iso else [name[:3] for name in _NAMES].index(named[0][:3]) + 1 if named else 0
    day = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b(?!\d)", written.replace(str(year), " "))
    number = int(iso[2]) if iso else int(day[1]) if day else 0
    try:
        first = date(year, month, number or 1)
    except ValueError:
        raise QueryError(f"{text!r} is no day of the calendar; write a day such as June 26, 2000.") from None
    return Period(first, first if number else date(year, month, monthrange(year, month)[1]), False)
