"""Citations to statutes, constitutions and regulations, by the forms that the jurisdiction tables give.

eyecite knows neither lists ("§§ 1341, 1343"), ranges, words ("sections 301, 302, or 303 of this title") nor
most state forms. Here each section of a list is a citation of its own with its own span; the word between the
ends of a range ("through") is one too, and stands for the sections between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from indexing.citations.found import Found
from indexing.models import CitationKind
from scraper.errors import CitationError
from scraper.jurisdictions import Code, Jurisdictions
from scraper.models import DocumentKind

_KINDS = {
    DocumentKind.STATUTE: CitationKind.STATUTE,
    DocumentKind.CONSTITUTION: CitationKind.CONSTITUTION,
    DocumentKind.REGULATION: CitationKind.REGULATION,
}
THROUGH = " through "  # in the key of the word between the ends of a range

# "(a)", "(2)", "(iv)", "(1A)": never "(1994)" or "(West)".
_SUBDIVISION = r"\((?:\d{1,3}[A-Za-z]?|[A-Za-z]{1,2}|[ivxlc]{1,7}|[IVXLC]{1,7})\)"
_PINPOINT = rf"(?:{_SUBDIVISION})*"
# A number that goes on ("1331.5", "12-3-101") is another section's.
_WHOLE = r"(?!\w)(?!\.\d)(?!-\d)"
# In a list a number that begins another citation ("18 U. S. C. §2, 526 U. S. 227") or counts something is no
# section.
_NO_SECTION = (
    r"(?!\s+(?:[A-Z][A-Za-z]{0,6}\.|U\s?\.\s?S\b|ed\.|percent|per\s|of\s+(?:them|these|those)|"
    r"(?:calendar\s+|business\s+)?(?:years?|days?|months?|hours?|members?|judges?|copies)\b))"
)
_RANGE_WORD = r"\s+(?:through|thru|to)\s+|\s*[–—]\s*"
_SEPARATOR = re.compile(
    rf"(?P<range>{_RANGE_WORD})(?P<marked>§§?\s*)?"
    r"|(?:\s*[,;]\s*(?:(?:and/or|and|or|as\s+well\s+as)\s+)?|\s+(?:and/or|and|or)\s+|\s*&\s*)"
    r"(?P<marked2>§§?\s*|(?:[Ss]ubs|[Ss])ec(?:tions?|s?\.)\s+)?"
)
_MORE_PINPOINTS = re.compile(
    rf"(?:\s*,\s*(?:(?:and|or)\s+)?|\s+(?:and|or|to|through)\s+|\s*[-–]\s*)(?:{_SUBDIVISION})+"
)
_OLD_CODE = re.compile(r"\d{4} [Ee]d\.,?\s*\Z")  # "1981 Ed., § 22-201": a number of an older codification
_ET_SEQ = re.compile(r"\s*,?\s+et\s+seq\b\.?")
_PLURAL = re.compile(r"(?:§\s?§|[Ss]ections|[Ss]ecs\.?|[Aa]rticles|[Aa]rts\.|[Rr]ules|Amends\.|[Aa]mendments)\s*\Z")


@dataclass(frozen=True, slots=True)
class _Reader:
    """One form of one code, ready to search: the whole form, and one item of its list."""

    code: Code
    scope: str
    whole: re.Pattern[str]
    item: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Item:
    number: str
    start: int
    end: int
    pinpoint: str
    ranged: tuple[int, int] | None  # the word between the item before and this one, where it says "through"


class StatuteFinder:
    """Finds what `Code.forms` describe, in the scopes that they name."""

    def __init__(self, jurisdictions: Jurisdictions) -> None:
        self._jurisdictions = jurisdictions
        self._readers = tuple(_reader(code, index) for code in jurisdictions.codes for index in range(len(code.forms)))

    def find(self, text: str, document_id: str = "") -> list[Found]:
        """Return the citations of a reading text in order; `document_id` tells which scopes apply."""
        jurisdiction = document_id.split(":", 1)[0]
        own = self._jurisdictions.code_of_id(document_id)
        matches: list[tuple[re.Match[str], _Reader]] = []
        for reader in self._readers:
            if reader.scope == "jurisdiction" and reader.code.jurisdiction != jurisdiction:
                continue
            if reader.scope == "same_code" and (own is None or own[0].id != reader.code.id):
                continue
            matches += [
                (match, reader)
                for match in reader.whole.finditer(text)
                if not _OLD_CODE.search(text, max(0, match.start() - 12), match.start())
            ]
        matches.sort(key=lambda pair: (pair[0].start(), -pair[0].end()))
        found: list[Found] = []
        done = 0
        for match, reader in matches:
            if match.start() >= done:
                taken = list(_read_list(text, match, reader, own[1] if own else {}))
                found += taken
                done = max([done, *(item.end for item in taken)])
        return found


def _reader(code: Code, index: int) -> _Reader:
    form = code.forms[index]
    section = code.fields[code.list_field].pattern
    item = rf"(?:{section}){_WHOLE}{_PINPOINT}"
    more = rf"(?:(?:{_SEPARATOR_PLAIN})(?:{item}{_NO_SECTION}|(?:{_SUBDIVISION})+))*"
    pattern = code.expand(form, **{code.list_field: f"(?P<items>{item}(?:{_MORE_PLAIN})*{more}(?:{_ET_SEQ.pattern})?)"})
    return _Reader(
        code=code,
        scope=form.scope,
        whole=re.compile(rf"(?<![\w]){pattern}" if form.pattern[:1].isalpha() else pattern),
        item=re.compile(rf"(?P<number>{section}){_WHOLE}(?P<pinpoint>{_PINPOINT})"),
    )


_SEPARATOR_PLAIN = re.sub(r"\?P<\w+>", "?:", _SEPARATOR.pattern)
_MORE_PLAIN = _MORE_PINPOINTS.pattern


def _read_list(text: str, match: re.Match[str], reader: _Reader, own: Mapping[str, str]) -> Iterator[Found]:
    """Yield one citation for each section of a matched form, and one for the word inside each range."""
    start, stop = match.span("items")
    anchored = match.end() > stop
    plural = anchored or _PLURAL.search(text, match.start(), start) is not None
    items = _items(text, start, stop, reader.item, plural)
    groups = {
        **own,
        **{name: value for name, value in match.groupdict().items() if value and name != "items"},
    }
    kind = _KINDS.get(reader.code.kind, CitationKind.STATUTE)
    before = ""
    for place, item in enumerate(items):
        try:
            key = code_key(reader.code, {**groups, reader.code.list_field: item.number})
        except CitationError:  # "art. IVX", or a field that neither the form nor the document gives
            before = ""
            continue
        if item.ranged and before:
            yield Found(*item.ranged, kind, before + THROUGH + key)
        first, last = place == 0, place == len(items) - 1
        yield Found(
            match.start() if first else item.start,
            match.end() if last and anchored else item.end,
            kind,
            key,
            item.pinpoint,
        )
        before = key


def _items(text: str, start: int, stop: int, pattern: re.Pattern[str], plural: bool) -> list[_Item]:
    items: list[_Item] = []
    ranged: tuple[int, int] | None = None
    place = start
    while True:
        found = pattern.match(text, place, stop)
        if not found:
            break
        end = found.end()
        while more := _MORE_PINPOINTS.match(text, end, stop):
            end = more.end()
        et_seq = _ET_SEQ.match(text, end, stop)
        end = et_seq.end() if et_seq else end
        pinpoint = text[found.start("pinpoint") : end].strip(" ,") if end > found.start("pinpoint") else ""
        items += _split_dashed(found, end, pinpoint, ranged, pattern if plural else None)
        separator = _SEPARATOR.match(text, end, stop)
        mark = (separator["marked"] or separator["marked2"] or "") if separator else ""
        if not separator or not (plural or mark):
            break
        plural = plural or _PLURAL.search(mark) is not None
        ranged = _trimmed(text, *separator.span("range")) if separator["range"] else None
        place = separator.end()
    return items


def _split_dashed(
    found: re.Match[str],
    end: int,
    pinpoint: str,
    ranged: tuple[int, int] | None,
    pattern: re.Pattern[str] | None,
) -> list[_Item]:
    """Split "1961-1968" in a plural list into the ends of a range; "2000e-5" is one section."""
    number, start = found["number"], found.start("number")
    halves = re.fullmatch(r"(\d+)[-–](\d+)", number)
    if (
        halves
        and pattern
        and int(halves[1]) < int(halves[2])
        and all(pattern.fullmatch(half) for half in halves.groups())
    ):
        dash = start + len(halves[1])
        return [
            _Item(halves[1], start, dash, "", ranged),
            _Item(halves[2], dash + 1, end, pinpoint, (dash, dash + 1)),
        ]
    return [_Item(number, start, end, pinpoint, ranged)]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    word = text[start:end]
    return start + len(word) - len(word.lstrip()), end - len(word) + len(word.rstrip())


def code_key(code: Code, groups: Mapping[str, str]) -> str:
    """Return the normalised citation of a section; raise CitationError where a number is missing."""
    return code.citation.format(**code.normalise(groups))


_BARE = re.compile(
    rf"(?:§§?|\b[Ss]ections?)\s*(?P<number>\d+[A-Za-z]{{0,2}}(?:[-‑–]\d+[A-Za-z]?)*){_WHOLE}"
    rf"(?P<pinpoint>{_PINPOINT})"
)
# "§ 2 of the Sherman Act", "§ 5, supra": another law's section, though the number is one that was cited.
_OTHER_LAW = re.compile(
    r"\s*(?:,?\s+of\s+(?:the|that|this|these|those|an?|its|title|chapter|article|[A-Z])\b"
    r"|,?\s+(?:supra|infra)\b|\s+(?:hereof|thereof)\b)"
)
_OTHER_CODE = re.compile(
    r"(?:[A-Z][A-Za-z]*\.|Code|Law|Laws|Act|Stat|CFR|Constitution|ch\.|c\.|[,:]\s*\d+"
    r"|\bRestatement[^.]{0,60})[\s,]*\Z"
)
_LOOK_BACK = 40


def bare_sections(text: str, full: list[Found]) -> list[Found]:
    """Return later bare mentions ("§ 924(c)") of sections that the text has cited in full in one way.

    `full` are all citations found so far; a number that no full citation, or more than one code, has is left
    alone.
    """
    known: dict[str, set[tuple[str, CitationKind]]] = {}
    first: dict[str, int] = {}
    for item in full:
        number = item.key.rpartition("§")[2].strip()
        if item.kind in _KINDS.values() and number and THROUGH not in item.key:
            known.setdefault(number, set()).add((item.key, item.kind))
            first.setdefault(number, item.start)
    if not known:
        return []
    taken = sorted((item.start, item.end) for item in full if not item.opaque)
    found = []
    place = 0
    for match in _BARE.finditer(text):
        while place < len(taken) and taken[place][1] <= match.start():
            place += 1
        number = re.sub(r"[‑–]", "-", match["number"])
        keys = known.get(number, set())
        if len(keys) != 1 or first[number] > match.start() or (place < len(taken) and taken[place][0] < match.end()):
            continue
        before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
        if _OTHER_LAW.match(text, match.end()) or _OTHER_CODE.search(before):
            continue
        key, kind = next(iter(keys))
        found.append(Found(match.start(), match.end(), kind, key, match["pinpoint"]))
    return found
