"""Acts by name: "section 10(b) of the Exchange Act", "Sherman Act § 1", "Title VII", by the tables of acts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import ahocorasick

from indexing.citations.found import Found
from indexing.citations.statutes import KINDS, PINPOINT, WHOLE, code_key, list_of, read_items
from indexing.models import CitationKind
from scraper.errors import CitationError
from scraper.jurisdictions import Act, Jurisdictions

_NUMBER = r"\d+[A-Za-z]{0,2}(?:[-–]\d+[a-z]?)?"
_ITEM = re.compile(rf"(?P<number>{_NUMBER}){WHOLE}(?P<pinpoint>{PINPOINT})")
_ITEMS = rf"(?P<items>{list_of(rf'{_NUMBER}{WHOLE}{PINPOINT}')})"
_SIGN = r"(?P<sign>§§?|\b[Ss]ections?|\b[Ss]ecs?\.)\s*"
_BEFORE = re.compile(rf"{_SIGN}{_ITEMS},?\s+of\s+(?:the\s+|that\s+)?(?:[Ff]ederal\s+|so-called\s+)?\Z")
_AFTER = re.compile(
    rf"(?:\s+of\s+(?:1[789]|20)\d\d)?(?:\s+\([^()]{{1,40}}\))?,?\s+(?:as\s+amended,?\s+)?{_SIGN}(?>{_ITEMS})(?!,?\s+of\s)"
)
# "Commodity Exchange Act" is not the Exchange Act; "Under the", "See", "Federal" say nothing of which act.
_LONGER_NAME = re.compile(
    r"(?:\b(?!(?:The|Under|In|If|Federal|See|Since|Although|Both|When|While|And|But|As|Compare|With|Unlike|Because|Whether"
    r"|Where|Nor|For|To|Cf|Of|On|By|From|Amended|Congress|Court)\b)[A-Z][\w’']*|\bState|&)[\s-]\Z"
)
_ANOTHER_YEAR = re.compile(r"(?:\s+Amendments?)?\s+of\s+(?:1[789]|20)\d\d|\s+Amendments?\b")
_WINDOW = 200  # characters before a name in which the list of its sections begins
_NAME = 40


class ActFinder:
    """Finds the acts of the jurisdiction tables, with their sections where the text gives them."""

    def __init__(self, jurisdictions: Jurisdictions) -> None:
        self._jurisdictions = jurisdictions
        self._acts = jurisdictions.acts
        self._names: Any = ahocorasick.Automaton()
        names: dict[str, tuple[int, bool]] = {}
        for place, act in enumerate(self._acts):
            names |= dict.fromkeys(act.short, (place, False)) | dict.fromkeys(act.names, (place, True))
        for name, (place, full) in names.items():
            self._names.add_word(name, (name, place, full))
        if names:
            self._names.make_automaton()

    def find(self, text: str) -> list[Found]:
        """Return the citations of acts in a reading text, in order of place; none overlaps another."""
        if not self._acts:
            return []
        places = list(self._occurrences(text))
        named = {place for _, _, place, full in places if full}
        found: list[Found] = []
        done = 0
        for start, end, place, _ in places:
            if start >= done and place in named:
                found += self._read(text, start, end, self._acts[place], done)
                done = max(done, end, *(item.end for item in found[-1:]))
        return found

    def _occurrences(self, text: str) -> Iterator[tuple[int, int, int, bool]]:
        """Yield (start, end, act, by its full name), the longest name at each place first."""
        met = [(last + 1 - len(name), last + 1, place, full) for last, (name, place, full) in self._names.iter(text)]
        met.sort(key=lambda one: (one[0], -one[1]))
        done = 0
        for start, end, place, full in met:
            if start < done or text[start - 1 : start].isalnum() or text[end : end + 1].isalnum():
                continue
            if _LONGER_NAME.search(text, max(0, start - _NAME), start):
                continue
            other = _ANOTHER_YEAR.match(text, end) and not text[end - 4 : end].isdigit()
            if other and not self._has_year(text, end, place):
                continue
            done = end
            yield start, end, place, full

    def _has_year(self, text: str, end: int, place: int) -> bool:
        """Tell whether the year behind a name is this act's ("Clean Air Act of 1963" is no other act)."""
        year = re.match(r"\s+of\s+(\d{4})", text[end : end + 12])
        return year is not None and any(name.endswith(year[1]) for name in self._acts[place].names)

    def _read(self, text: str, start: int, end: int, act: Act, done: int) -> list[Found]:
        before = _BEFORE.search(text, max(done, start - _WINDOW), start)
        if before:
            return self._sections(text, before, act, (before.start(), end), ends_with_name=True)
        after = _AFTER.match(text, end)
        if after:
            return self._sections(text, after, act, (start, after.end()), ends_with_name=False)
        return [Found(start, end, CitationKind.STATUTE, act.name, mention=True)]

    def _sections(
        self, text: str, match: re.Match[str], act: Act, span: tuple[int, int], *, ends_with_name: bool
    ) -> list[Found]:
        plural = match["sign"].rstrip(".").endswith(("s", "§§"))
        items = read_items(text, *match.span("items"), _ITEM, plural or ends_with_name)
        found = []
        for place, item in enumerate(items):
            start = span[0] if place == 0 else item.start
            end = span[1] if place == len(items) - 1 and ends_with_name else item.end
            key, kind = self._key(act, item.number)
            found.append(Found(start, end, kind, key, item.pinpoint, written=item.number))
        return found

    def _key(self, act: Act, number: str) -> tuple[str, CitationKind]:
        """Return the key in the code, or the act's name and its own number where the table does not lead there."""
        code = self._jurisdictions.code(act.code) if act.code else None
        section = act.section(number.replace("–", "-"))
        if code is None or section is None:
            return f"{act.name} § {number}", CitationKind.STATUTE
        try:
            return code_key(code, {**act.fields, code.list_field: section}), KINDS.get(code.kind, CitationKind.STATUTE)
        except CitationError:
            return f"{act.name} § {number}", CitationKind.STATUTE
