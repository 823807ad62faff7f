"""Citations to statutes, constitutions and regulations, by the forms that the jurisdiction tables give.

eyecite knows neither lists ("§§ 1341, 1343"), ranges, words ("sections 301, 302, or 303 of this title") nor
most state forms. Here each section of a list is a citation of its own with its own span; the word between the
ends of a range ("through") is one too, and stands for the sections between them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import ahocorasick

from indexing.citations.found import Found
from indexing.models import CitationKind
from scraper.errors import CitationError
from scraper.jurisdictions import Code, Form, Jurisdictions
from scraper.models import DocumentKind

KINDS = {
    DocumentKind.STATUTE: CitationKind.STATUTE,
    DocumentKind.CONSTITUTION: CitationKind.CONSTITUTION,
    DocumentKind.REGULATION: CitationKind.REGULATION,
}
THROUGH = " through "  # in the key of the word between the ends of a range

# "(a)", "(2)", "(iv)", "(1A)": never "(1994)" or "(West)".
SUBDIVISION = r"\((?:\d{1,3}[A-Za-z]?|[A-Za-z]{1,2}|[ivxlc]{1,7}|[IVXLC]{1,7})\)"
PINPOINT = rf"(?:{SUBDIVISION})*"
# A number that goes on ("1331.5", "12-3-101") is another section's.
WHOLE = r"(?!\w)(?!\.\d)(?!-\d)"
_WHOLE_DOTTED = r"(?!\w)(?!\.\d)(?!-\d(?!\d*\.\d))"  # "1.801-1.809" are the ends of a range
# In a list a number that begins another citation ("18 U. S. C. §2, 526 U. S. 227") or counts something is no
# section.
_NO_SECTION = (
    r"(?!\s+(?:[A-Z][A-Za-z]{0,6}\.|U\s?\.\s?S\b|ed\.|percent|per\s|of\s+(?:them|these|those)|"
    r"(?:calendar\s+|business\s+)?(?:years?|days?|months?|hours?|members?|judges?|copies)\b))"
)
_RANGE_WORD = r"\s+(?:through|thru|to)\s+|\s*[–—]\s*|-(?=\d+\.\d)"
_SEPARATOR = re.compile(
    rf"(?P<range>{_RANGE_WORD})(?P<marked>§§?\s*)?"
    r"|(?:\s*[,;]\s*(?:(?:and/or|and|or|as\s+well\s+as)\s+)?|\s+(?:and/or|and|or)\s+|\s*&\s*)"
    r"(?P<marked2>§§?\s*|(?:[Ss]ubs|[Ss])ec(?:tions?|s?\.)\s+)?"
)
_MORE_PINPOINTS = re.compile(rf"(?:\s*,\s*(?:(?:and|or)\s+)?|\s+(?:and|or|to|through)\s+|\s*[-–]\s*)(?:{SUBDIVISION})+")
_OLD_CODE = re.compile(r"\d{4} [Ee]d\.,?\s*\Z")  # "1981 Ed., § 22-201": a number of an older codification
_ET_SEQ = re.compile(r"\s*,?\s+et\s+seq\b\.?")
_PLURAL = re.compile(r"(?:§\s?§|[Ss]ections|[Ss]ecs\.?|[Aa]rticles|[Aa]rts\.|[Rr]ules|Amends\.|[Aa]mendments)\s*\Z")


@dataclass(frozen=True, slots=True)
class _Reader:
    """One form of one code, ready to search: the whole form, and one item of its list."""

    code: Code
    form: Form
    whole: re.Pattern[str]
    item: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Item:
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
        self._needs: Any = ahocorasick.Automaton()
        for word in {word for reader in self._readers for word in reader.form.needs}:
            self._needs.add_word(word, word)
        self._needs.make_automaton()

    def find(self, text: str, document_id: str = "", operative: str = "") -> list[Found]:
        """Return the citations of a reading text in order; `document_id` tells which scopes apply.

        `operative` is the same text with its source credits blanked out: session laws are read in it alone.
        """
        own = self._jurisdictions.code_of_id(document_id)
        words = {word for _, word in self._needs.iter(text)} if len(self._needs) else set()
        matches = [
            (match, reader)
            for reader in self._readers
            if self._in_scope(reader, document_id, own)
            and (not reader.form.needs or not words.isdisjoint(reader.form.needs))
            for match in reader.whole.finditer(operative or text if reader.code.session else text)
            if not _OLD_CODE.search(text, max(0, match.start() - 12), match.start())
        ]
        if any(reader.form.scope == "positive_law" for _, reader in matches):
            strange = _numbers_of_other_laws(text, own[1] if own else {})
            matches = [pair for pair in matches if not _of_another_law(text, *pair, strange)]
        matches.sort(key=lambda pair: (pair[0].start(), -pair[0].end()))
        found: list[Found] = []
        done = 0
        for match, reader in matches:
            if match.start() >= done:
                taken = list(_read_list(text, match, reader, own[1] if own else {}))
                found += taken
                done = max([done, *(item.end for item in taken)])
        return found

    @staticmethod
    def _in_scope(reader: _Reader, document_id: str, own: tuple[Code, Mapping[str, str]] | None) -> bool:
        scope = reader.form.scope
        if scope == "anywhere":
            return True
        if scope == "jurisdiction":
            return reader.code.jurisdiction == document_id.split(":", 1)[0]
        if own is None or own[0].id != reader.code.id:
            return False
        return scope == "same_code" or reader.code.is_positive_law(own[1]) is True


# "section 505 of the Food Act", "section 2254 of title 28"; and "such section 505" goes back to one.
_BARE_ITEM = r"\d+[A-Za-z]{0,2}(?:[-–]\d+[a-z]?)?(?:\(\w{1,5}\))*"
_NAMED_ELSEWHERE = re.compile(
    rf"\b[Ss]ections?\s+(?P<list>{_BARE_ITEM}(?:(?:,\s+|,?\s+(?:and|or|through|to)\s+(?:section\s+)?){_BARE_ITEM})*)(?:\s\d)?"
    r",?\s+of\s+(?:the\s+(?=[A-Z])|[Tt]itle\s+(?P<title>\d+)|such\b|that\b|an?\s)"
)
_NUMBER_IN_LIST = re.compile(r"(?<![\w(])\d+[A-Za-z]{0,2}(?:[-–]\d+[a-z]?)?")
_SUCH = re.compile(r"\b(?:such|technical|said)\s+\Z")


def _numbers_of_other_laws(text: str, own: Mapping[str, str]) -> set[str]:
    """Return the numbers that a section of a code gives to sections of other laws."""
    return {
        number
        for named in _NAMED_ELSEWHERE.finditer(text)
        if named["title"] is None or named["title"] != own.get("title")
        for number in _NUMBER_IN_LIST.findall(named["list"])
    }


def _of_another_law(text: str, match: re.Match[str], reader: _Reader, strange: set[str]) -> bool:
    """Tell whether a bare "section 505" is of a law that the text has named with that number."""
    if reader.form.scope != "positive_law":
        return False
    numbers = _NUMBER_IN_LIST.findall(match["items"])
    such = _SUCH.search(text, max(0, match.start() - 12), match.start())
    return such is not None or not strange.isdisjoint(numbers)


def _reader(code: Code, index: int) -> _Reader:
    form = code.forms[index]
    section = code.fields[code.list_field].pattern
    whole = _WHOLE_DOTTED if r"\." in section else WHOLE
    item = rf"(?:{section}){whole}{PINPOINT}"
    listed = list_of(item, marked=code.list_field == "section", closed=form.pattern.endswith(f"{{{code.list_field}}}"))
    pattern = code.expand(form, **{code.list_field: f"(?P<items>{listed})"})
    return _Reader(
        code=code,
        form=form,
        whole=re.compile(rf"(?<![\w]){pattern}" if form.pattern[:1].isalpha() else pattern),
        item=re.compile(rf"(?P<number>{section}){whole}(?P<pinpoint>{PINPOINT})"),
    )


_SEPARATOR_PLAIN = re.sub(r"\?P<\w+>", "?:", _SEPARATOR.pattern)
_SEPARATOR_UNMARKED = _SEPARATOR_PLAIN.replace(r"(?:§§?\s*)?", "", 1).removesuffix(
    r"(?:§§?\s*|(?:[Ss]ubs|[Ss])ec(?:tions?|s?\.)\s+)?"
)


def list_of(item: str, *, marked: bool = True, closed: bool = False) -> str:
    """Return the expression of a list, given that of one item.

    `marked` where section signs may stand inside it; `closed` where the form ends with it: what follows a later item
    ("15 U. S. C. §77b, and §3 of the Act") then names another law.
    """
    tail = r"(?!,?\s+of\s+(?:the|this|that|title)\b)" if closed else ""
    separator = _SEPARATOR_PLAIN if marked else _SEPARATOR_UNMARKED
    more = rf"(?:(?:{separator})(?:(?>{item}){_NO_SECTION}{tail}|(?:{SUBDIVISION})+))*"
    return rf"{item}(?:{_MORE_PINPOINTS.pattern})*{more}(?:{_ET_SEQ.pattern})?"


def _read_list(text: str, match: re.Match[str], reader: _Reader, own: Mapping[str, str]) -> Iterator[Found]:
    """Yield one citation for each section of a matched form, and one for the word inside each range."""
    start, stop = match.span("items")
    named = match.groupdict()
    pinned, edition = named.pop("pin", None), named.pop("of", None)
    anchored = match.end() > stop
    plural = anchored or _PLURAL.search(text, match.start(), start) is not None
    items = read_items(text, start, stop, reader.item, plural)
    if not plural and len(items) == 1:  # "28 U.S.C. § 1331, 1332(a) and 1367", with one sign for all
        listed = read_items(text, start, stop, reader.item, True)
        items = listed if _is_list(text, listed) else items
    groups = {
        **own,
        **{name: value for name, value in named.items() if value and name != "items"},
    }
    kind = KINDS.get(reader.code.kind, CitationKind.STATUTE)
    before = ""
    for place, item in enumerate(items):
        try:
            key = code_key(reader.code, {**groups, reader.code.list_field: item.number})
            key += f" ({edition})" if edition else ""  # a constitution that another has replaced
        except CitationError:  # "art. IVX", or a field that neither the form nor the document gives
            before = ""
            continue
        if item.ranged and before:
            yield Found(*item.ranged, kind, before + THROUGH + key)
        first, last = place == 0, place == len(items) - 1
        pinpoint = f"{item.pinpoint} {pinned.strip(' ,-–')}".strip() if pinned and last else item.pinpoint
        one = Found(
            match.start() if first else item.start,
            match.end() if last and anchored else item.end,
            kind,
            key,
            pinpoint,
            written=_number_of(pinned) if len(items) == 1 else "",
            mention=reader.form.mention,
        )
        yield _with_lead(text, one) if first else one
        before = key


def _is_list(text: str, items: list[Item]) -> bool:
    """Tell whether numbers behind one section sign are sections: three or more, rising, "and" before the last."""
    numbers = [int(digits[0]) for item in items if (digits := re.findall(r"\A\d+", item.number))]
    if len(numbers) < 3 or len(numbers) < len(items) or any(item.ranged for item in items):
        return False
    rising = all(a < b for a, b in itertools.pairwise(numbers))
    return rising and re.search(r"\b(?:and|or)\s+\Z", text[items[-2].end : items[-1].start]) is not None


# "subsection (b) of section 2254", "paragraphs (1) and (2) of subsection (a) of this section"
UNIT = r"(?:(?:[Ss]ub)*(?:[Ss]ections?|[Pp]aragraphs?|[Pp]arts?)|(?:[Ss]ub)?[Cc]lauses?|[Ii]tems?)"
LEAD = re.compile(
    rf"(?<!\w)(?!(?:[Ss]ection|[Pp]art)s?\b)(?P<units>{UNIT}\s+{SUBDIVISION}(?:{SUBDIVISION})*"
    rf"(?:(?:\s*,\s*(?:(?:and|or)\s+)?|\s+(?:and|or|through|to)\s+)(?:{SUBDIVISION})+)*"
    rf"(?:\s+of\s+{UNIT}\s+(?:{SUBDIVISION})+){{0,4}})\s+of\s+\Z"
)
LONGEST_LEAD = 120


def _with_lead(text: str, found: Found) -> Found:
    """Put the subdivisions that stand before a section ("subsection (b) of") into its pinpoint."""
    if text[found.start : found.start + 1] not in "Ss§":
        return found
    lead = LEAD.search(text, max(0, found.start - LONGEST_LEAD), found.start)
    if not lead:
        return found
    return replace(found, start=lead.start(), pinpoint=found.pinpoint + lead_pinpoint(lead["units"]))


def lead_pinpoint(units: str) -> str:
    """Return "(a)(2)" for "paragraph (2) of subsection (a)"; lists keep their words."""
    parts = re.split(rf"\s+of\s+(?={UNIT})", units)
    return "".join(re.sub(rf"^{UNIT}\s+", "", part) for part in reversed(parts))


def _number_of(pinned: str | None) -> str:
    """Return "5" for "§ 5": later "§ 5" alone may mean the same."""
    marked = re.fullmatch(r",?\s*(?:§|[Ss]ection)\s*(\d+)", pinned or "")
    return marked[1] if marked else ""


def read_items(text: str, start: int, stop: int, pattern: re.Pattern[str], plural: bool) -> list[Item]:
    items: list[Item] = []
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
) -> list[Item]:
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
            Item(halves[1], start, dash, "", ranged),
            Item(halves[2], dash + 1, end, pinpoint, (dash, dash + 1)),
        ]
    return [Item(number, start, end, pinpoint, ranged)]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    word = text[start:end]
    return start + len(word) - len(word.lstrip()), end - len(word) + len(word.rstrip())


def code_key(code: Code, groups: Mapping[str, str]) -> str:
    """Return the normalised citation of a section; raise CitationError where a number is missing."""
    return code.citation.format(**code.normalise(groups))
