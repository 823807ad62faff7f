"""What the publisher says about a section beside its words: status, dates of effect, temporary acts, former numbers."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from scraper.jurisdictions import Code
from scraper.models import DocumentStatus

_MONTHS = {name: rank for rank, name in enumerate(
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}  # fmt: skip
_DATE = re.compile(r"\b([A-Z][a-z]{2,8})\.?\s+(\d{1,2}),?\s+(\d{4})\b")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")

# Words that stand for a whole section only where they open its heading or its text, or stand in brackets there.
_STATUS_WORDS = {
    "repealed": DocumentStatus.REPEALED,
    "reserved": DocumentStatus.RESERVED,
    "vacant": DocumentStatus.RESERVED,
    "renumbered": DocumentStatus.RENUMBERED,
    "recodified": DocumentStatus.RENUMBERED,
    "redesignated": DocumentStatus.RENUMBERED,
    "transferred": DocumentStatus.RENUMBERED,
    "expired": DocumentStatus.EXPIRED,
    "omitted": DocumentStatus.EXPIRED,
    "terminated": DocumentStatus.EXPIRED,
}
_WORD = "|".join(_STATUS_WORDS)
_OPENS = re.compile(
    rf"[\[(]?\s*({_WORD})\b(?=\s*(?:[.,;:\])—–-]|$|(?:by|as|at|to|effective|eff|and|on|[a-z]{{3,9}}\.?\s\d+)\b))",
    re.IGNORECASE,
)
_BRACKETED = re.compile(rf"\[\s*({_WORD})\b[^\]]{{0,1000}}\](?:\s*\.)?\s*$", re.IGNORECASE)
_SHORT = 400  # a section whose whole text is a status note is no longer than this

_EFFECT = re.compile(r"\b(?:effective|takes effect|operative)\b", re.IGNORECASE)
_PART_ONLY = re.compile(r"\b(?:sub(?:section|division|paragraph)|paragraph|clause)s?\b", re.IGNORECASE)
_EFF = re.compile(r"\beff(?:\.|ective)\s*", re.IGNORECASE)
_EXPIRES = re.compile(r"\b(?:expir\w+|until|through|ends?|sunsets?)\b", re.IGNORECASE)
_PART_NAMED = re.compile(r"\b[Ss]ub(?:section|division|paragraph)s?\s+\(\w{1,4}\)(?:\(\w{1,4}\))*")
_DATED = re.compile(
    r"\s*(?:this\s+)?(?:section\s+)?(?:effective|operative|expir\w+|until|terminat\w+|sunset\w*)\b", re.IGNORECASE
)
_REPEALED_ON = re.compile(r"\brepealed,?\s+(?:(?:as\s+of|on)\b|eff(?:\.|ective\b))", re.IGNORECASE)
_BRACKETS = re.compile(r"[\[(]([^\])]{4,120})[\])]")
_ACT = re.compile(r"((?:[A-Z]\.\s?){0,3}(?:Act|Law)\s+[\d-]+),\s+([A-Z][a-z]+\.?\s+\d{1,2},\s+\d{4})")
_DAYS = re.compile(r"\(?\b(\d{1,3})[\s-]+days?\)?")
_LONGEST_RANGE = 400  # sections
_FORMER = re.compile(
    r"\b(?:formerly|former(?:\s+section)?|(?:this\s+section\s+)?(?:previously\s+)?stood\s+at|(?:renumbered|recodified|"
    r"redesignated|transferred)\s+from|previously\s+(?:codified|numbered)\s+(?:at|as))\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A section's status as its publisher states it; `words` is the statement, empty for a section in force."""

    status: DocumentStatus
    words: str = ""


def find_date(text: str) -> date | None:
    """Return the first date of a text, written "June 7, 2024", "Jan. 1, 2020" or 2024-06-07; None without one."""
    return next((when for dates in (_in_figures(text), _in_words(text)) for _, when in dates), None)


def _in_figures(text: str) -> Iterator[tuple[int, date]]:
    """Yield place and date of each 2024-06-07."""
    for match in _ISO.finditer(text):
        found = _date(int(match[1]), int(match[2]), int(match[3]))
        if found:
            yield match.start(), found


def _in_words(text: str) -> Iterator[tuple[int, date]]:
    """Yield place and date of each "June 7, 2024"."""
    for match in _DATE.finditer(text):
        month = _MONTHS.get(match[1][:3].lower())
        found = _date(int(match[3]), month, int(match[2])) if month else None
        if found:
            yield match.start(), found


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def standing(heading: str, operative: str) -> Standing:
    """Return the status that a section's heading and operative text state.

    A heading states it by opening with the word ("Repealed. Pub. L. ...") or by ending with it in brackets; a text by
    being nothing but the statement. "Conflicts with repealed acts" is a section in force.
    """
    found = [_stated(words) for words in (heading, operative if len(operative) <= _SHORT else "")]
    status = next((status for status, _ in found if status is not None), None)
    if status is None:
        return Standing(DocumentStatus.IN_FORCE)
    # The text says more than the heading: "Renumbered as § 22-1006.01."
    return Standing(status, found[1][1] or found[0][1])


def ends_later(heading: str, operative: str) -> date | None:
    """Return when a section that still has its words ends: its heading says "[Repealed effective July 1, 2030]"."""
    match = _REPEALED_ON.search(heading)
    if match is None or not operative.strip() or _stated(operative)[0] is not None:
        return None
    return find_date(heading[match.start() :])


def _stated(words: str) -> tuple[DocumentStatus | None, str]:
    words = words.strip()
    match = _OPENS.match(words) or _BRACKETED.search(words)
    if match is None or _goes_on(words, match.end()):
        return None, ""
    return _STATUS_WORDS[match.group(1).lower()], words[match.start() :].strip(" []")


def _goes_on(words: str, at: int) -> bool:
    # "Reserved to the States" or "Expired permits" speak of something else than the section.
    following = words[at:].lstrip()
    return bool(re.match(r"to\s+(?:the\s+)?(?!§|sections?\b|titles?\b|chapters?\b|\d)", following))


def effective(note: str) -> tuple[date | None, str]:
    """Return when a note says that the whole section takes effect, and the warning to show.

    A note about a part of the section gives a warning and no date.
    """
    words = " ".join(note.split())
    when = find_date(words) if _EFFECT.search(words) and not _PART_ONLY.search(words) else None
    return when, words


def temporary(note: str) -> str:
    """Return the warning for a temporary or emergency amendment: its expiry, where stated, before its words."""
    words = " ".join(note.split())
    until = expiry(words)
    ending = f", expires {until.isoformat()}" if until else ""
    return f"Temporary or emergency amendment{ending}: {cut(words)}"


def expiry(note: str) -> date | None:
    """Return the date on which a note says that something ends; None where it states none."""
    match = _EXPIRES.search(note)
    return find_date(note[match.start() :]) if match else None


def notice_dates(note: str) -> dict[str, str]:
    """Return the dates that a notice states, ISO: `effective` when it begins, `until` when it ends; `of` the part."""
    words = " ".join(note.split())
    until = expiry(words)
    begins = _EFFECT.search(words)
    effective_from = find_date(words[begins.start() :]) if begins else None
    part = _PART_NAMED.search(words)
    values = {
        "effective": effective_from.isoformat() if effective_from and effective_from != until else "",
        "until": until.isoformat() if until else "",
        "of": part[0] if part else "",
    }
    return {name: value for name, value in values.items() if value}


def heading_dates(heading: str) -> tuple[date | None, date | None]:
    """Return when a heading says that its text takes effect and ends: "Tolls [Effective until July 1, 2026]"."""
    words = " ".join(match[1] for match in _BRACKETS.finditer(heading) if _DATED.match(match[1]))
    ends = expiry(words)
    begins = find_date(_EXPIRES.split(words, maxsplit=1)[0]) if _EFFECT.search(words) else None
    return begins, ends


@dataclass(frozen=True, slots=True)
class Act:
    """A temporary or emergency act that a note names; `until` is counted from its date where it runs for `days`."""

    name: str
    of: date
    days: int = 0

    @property
    def until(self) -> date | None:
        """Return the last day on which the act runs, counted from its date; None where the note tells no days."""
        return self.of + timedelta(days=self.days) if self.days else None


def acts_in(note: str) -> list[Act]:
    """Return the dated acts of a note, with the days that its line says they run ("temporary (90 day) repeal")."""
    found = []
    for line in note.split("\n"):
        days = _DAYS.search(line)
        for match in _ACT.finditer(line):
            when = find_date(match[2])
            if when:
                found.append(Act(match[1], when, int(days[1]) if days and days.end() <= match.start() else 0))
    return found


def covered(numbers: str, code: Code, groups: Mapping[str, str]) -> tuple[str, ...]:
    """Return the citations of the sections that a range such as "4-3-1 to 4-3-9" or "213, 214" stands for.

    Sections between two ends are named only where the ends differ in one whole number; letters and decimals between
    them ("4-3-2A") are not known, so the ends alone are named where they are written so.
    """
    pattern = re.compile(code.fields[code.list_field].pattern)
    found: list[str] = []
    last = 0
    for match in pattern.finditer(numbers):
        between = numbers[last : match.start()]
        if found and re.search(r"\b(?:to|through)\b|^\s*[–—]\s*$", between):
            found += _between(found[-1], match.group())
        found.append(match.group())
        last = match.end()
    if len(found) < 2 or not set(code.fields) <= {code.list_field, *groups}:
        return ()
    rows = [code.normalise({**groups, code.list_field: number}) for number in dict.fromkeys(found)]
    return tuple(code.citation.format(**row) for row in rows)


def _between(first: str, last: str) -> list[str]:
    ends = [re.fullmatch(r"(.*?)(\d+)", end) for end in (first, last)]
    if ends[0] is None or ends[1] is None:
        return []
    prefix = re.sub(r"[‐-―−]", "-", ends[0][1])
    low, high = int(ends[0][2]), int(ends[1][2])
    if prefix != re.sub(r"[‐-―−]", "-", ends[1][1]) or "." in prefix or not low < high <= low + _LONGEST_RANGE:
        return []
    width = len(ends[0][2]) if ends[0][2].startswith("0") else 0
    return [f"{ends[0][1]}{number:0{width}d}" for number in range(low + 1, high)]


def latest_effect(history: str, apart: Container[date | None] = ()) -> date | None:
    """Return the last date on which a history note says that an act took effect.

    Temporary acts do not count, nor dates in `apart`: those on which only a part of the section took effect.
    """
    found = [
        when
        for clause in history.split(";")
        if "eff" in (lower := clause.lower()) and "temporar" not in lower
        for when in _behind_each(_EFF, clause)
    ]
    return max((when for when in found if when not in apart), default=None)


def _behind_each(sign: re.Pattern[str], clause: str) -> Iterator[date]:
    """Yield the first date behind each sign, as `find_date` tells it; the dates are looked for once for all signs."""
    places = [match.end() for match in sign.finditer(clause)]
    readings = [list(_in_figures(clause)), list(_in_words(clause))] if places else []
    for place in places:
        for dates in readings:
            rank = bisect_left(dates, place, key=lambda one: one[0])
            if rank < len(dates):
                yield dates[rank][1]
                break


def former_citations(notes: str, code: Code, groups: Mapping[str, str]) -> tuple[str, ...]:
    """Return the citations under which notes say that a section formerly stood.

    `groups` are the numbers of the section's own citation; what a former number leaves out is taken from them.
    """
    field, lower = code.list_field, notes.lower()
    if not any(sign in lower for sign in ("former", "from", "previously", "stood")):
        return ()
    places = [match.end() for match in _FORMER.finditer(notes)]
    if not places or not set(code.fields) <= {field, *groups}:
        return ()
    number = re.compile(rf"(?:§§?|[Ss]ections?|[Ss]ec\.|[Rr]ule)?\s*(?P<{field}>{code.fields[field].pattern})")
    found = []
    for place in places:
        cited = number.match(notes, place)
        if cited:
            found.append(code.citation.format(**{**groups, field: cited.group(field)}))
    return tuple(dict.fromkeys(found))


def cut(words: str, most: int = 400) -> str:
    """Return words cut at a blank where they are longer than `most` characters."""
    return words if len(words) <= most else words[:most].rsplit(" ", 1)[0] + " …"
