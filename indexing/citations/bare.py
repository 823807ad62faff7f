"""Bare mentions: "§ 924(c)" and "Rule 23(b)" of what the same text cites in full in one way alone, and "§ 1983"."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from indexing.citations.found import Found
from indexing.citations.statutes import KINDS, PINPOINT, THROUGH, WHOLE, code_key
from indexing.models import CitationKind
from scraper.jurisdictions import Jurisdictions

_BARE = re.compile(
    rf"(?:§§?|\b[Ss]ections?)\s*(?P<number>\d+[A-Za-z]{{0,2}}(?:[-‑–]\d+[A-Za-z]?)*){WHOLE}"
    rf"(?P<pinpoint>{PINPOINT})"
)
_RULE = re.compile(rf"\bRules?\s+(?P<number>\d+(?:\.\d+)?[A-Z]?){WHOLE}(?P<pinpoint>{PINPOINT})")
# "§ 2 of the Sherman Act", "§ 5, supra": another law's section, though the number is one that was cited.
_OTHER_LAW = re.compile(
    r"\s*(?:,?\s+of\s+(?:the|that|this|these|those|an?|its|title|chapter|article|[A-Z])\b"
    r"|,?\s+(?:supra|infra)\b|\s+(?:hereof|thereof)\b)"
)
_NAMED_LAW = re.compile(r"\s*,?\s+of\s+(?:the|that|an?|its|[A-Z])\b")
_OTHER_CODE = re.compile(
    r"(?:[A-Z][A-Za-z]*\.|Code|Law|Laws|Act|Stat|CFR|Constitution|ch\.|c\.|[,:]\s*\d+"
    r"|\bRestatement[^.]{0,60})[\s,]*\Z"
)
# "Supreme Court Rule 10", "this Court's Rule 14": another court's rules; "Under Rule 23", "Federal Rule 23" are not.
_OTHER_RULES = re.compile(
    r"(?:\b(?!(?:The|Under|In|If|Unlike|Federal|Because|See|Since|Although|That|Both|When|While|And|But|As|Also|Civil"
    r"|Criminal|Evidence|Compare|With|Like|Thus|Nor|For|To|Under|Whether|Where|Cf)\b)[A-Z][\w.]*|['’]s|\bcourt|[.,]\s*\d+)"
    r"[\s,]*\Z"
)
_LOOK_BACK = 40

_Known = dict[str, set[tuple[str, CitationKind]]]


class BareFinder:
    """Finds bare mentions; `popular` numbers ("§ 1983") need no full citation before them."""

    def __init__(self, jurisdictions: Jurisdictions) -> None:
        self._rules = tuple(c.citation.partition("{")[0] for c in jurisdictions.codes if c.list_field == "rule")
        self._popular: dict[str, tuple[str, CitationKind]] = {}
        for code in jurisdictions.codes:
            for number, fields in code.popular.items():
                key = code_key(code, {**fields, code.list_field: number})
                self._popular[number] = (key, KINDS.get(code.kind, CitationKind.STATUTE))

    def find(self, text: str, full: Sequence[Found], *, law: bool = False) -> list[Found]:
        """Return later bare mentions of what `full`, all citations found so far, names in one way alone.

        A number that another law's section has too is left alone, and popular numbers are where the text is a `law`.
        """
        sections, rules, first = self._known(full)
        popular = {} if law else self._popular
        if not sections and not rules and not any(number in text for number in popular):
            return []
        taken = sorted((item.start, item.end) for item in full if not item.opaque)
        found = [*_mentions(text, _BARE, _OTHER_CODE, sections, first, taken, popular)]
        if rules:
            found += _mentions(text, _RULE, _OTHER_RULES, rules, first, taken, {})
        return found

    def _known(self, full: Sequence[Found]) -> tuple[_Known, _Known, dict[tuple[str, bool], int]]:
        sections: _Known = defaultdict(set)
        rules: _Known = defaultdict(set)
        first: dict[tuple[str, bool], int] = {}
        for item in full:
            if item.kind not in KINDS.values() or THROUGH in item.key:
                continue
            rule = item.key.startswith(self._rules) if self._rules else False
            numbered = rule or "§" in item.key
            number = item.written or (item.key.rpartition(" " if rule else "§")[2].strip() if numbered else "")
            if number:
                (rules if rule else sections)[number].add((item.key, item.kind))
                first.setdefault((number, rule), item.start)
        return sections, rules, first


def _mentions(
    text: str,
    pattern: re.Pattern[str],
    other: re.Pattern[str],
    known: _Known,
    first: dict[tuple[str, bool], int],
    taken: Sequence[tuple[int, int]],
    popular: dict[str, tuple[str, CitationKind]],
) -> Iterator[Found]:
    place = 0
    strange: set[str] = set()  # numbers that some law without a key has too
    for match in pattern.finditer(text):
        while place < len(taken) and taken[place][1] <= match.start():
            place += 1
        number = re.sub(r"[‑–]", "-", match["number"])
        if place < len(taken) and taken[place][0] < match.end():
            continue
        before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
        if _OTHER_LAW.match(text, match.end()) or other.search(before):
            if _NAMED_LAW.match(text, match.end()):
                strange.add(number)
            continue
        keys = known.get(number, set())
        begun = first.get((number, pattern is _RULE), 0)
        if not keys and number in popular:
            keys, begun = {popular[number]}, 0
        if len(keys) != 1 or begun > match.start() or number in strange:
            continue
        key, kind = next(iter(keys))
        yield Found(match.start(), match.end(), kind, key, match["pinpoint"])
