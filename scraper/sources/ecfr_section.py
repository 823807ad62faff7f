"""A section or an appendix of the Code of Federal Regulations, as the eCFR's XML states it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from scraper.errors import ParseError
from scraper.jurisdictions import Code, slugify
from scraper.models import Document, DocumentStatus, Level, Span, SpanKind
from scraper.sources.definitions import definitions
from scraper.sources.ecfr_xml import NOTE_KINDS, Element, build, words_of
from scraper.sources.html import BuiltText, paragraph_spans, unique
from scraper.sources.notes import Standing, find_date, standing
from scraper.sources.outline import Paragraph, subsections

_HEAD = re.compile(
    r"^(?P<sign>§§?|Secs?\.)\s*(?P<numbers>\d\S*(?:\s*(?:-|–|—|,|\band\b|\bto\b|\bthrough\b)\s*\d\S*)*)\s*(?P<title>.*)$",
    re.DOTALL,
)
_LONGEST_RANGE = 400  # sections
_EMPTIED = re.compile(r"\[[^\]]{0,200}\b(?:reserved|removed|vacated|deleted)\b[^\]]{0,200}\]", re.IGNORECASE)
_BETWEEN = re.compile(r"(?<=[\dA-Za-z])\s*(?:[–—]|\bthrough\b|\bto\b|-(?=\d+\.\d))\s*(?=\d)")
_APPENDIX = re.compile(
    r"^Appendix\s+(?P<letter>[\w.-]+)\s+to\s+(?:Subpart\s+(?P<subpart>\w+)\s+(?:of|to)\s+)?Part\s+(?P<part>[\w-]+)$",
    re.IGNORECASE,
)
_MEANS = re.compile(
    r"\s*,?\s*(?:(?:or|and)\s[^.]{1,80}?\s)?(?:means?|includes?|has the (?:same )?meaning|refers? to)\b"
)


@dataclass(frozen=True, slots=True)
class Place:
    """What a page's address says of all that it holds."""

    code: Code
    origin: str
    title: str
    part: str

    def url(self, rest: str) -> str:
        """Return the undated address of a piece of the title."""
        return f"{self.origin}/current/title-{self.title}/{rest}"


def read_unit(element: Element, place: Place, levels: tuple[Level, ...]) -> Document | None:
    """Return a section (DIV8) or an appendix (DIV9); None for an appendix without name, words and reserve.

    Raises ParseError where a section has no number, or is in force without text.
    """
    heading = words_of(element.find("HEAD"))
    name = " ".join((element.get("N") or "").split())
    built = build([child for child in list(element) if child.tag != "HEAD"])
    if element.tag == "DIV9":
        return _appendix(built, name or heading, heading, place, levels)
    match = _HEAD.match(heading)
    printed = match["numbers"] if match else name.lstrip("§ ")
    number = _first_number(place.code, name) or _first_number(place.code, printed)
    if not number:
        raise ParseError(f"The section {heading[:80]!r} has no number.", reason="layout")
    title = (match["title"] if match else heading.removeprefix("§").strip()).strip()
    last = _last_of_range(place.code, number, printed, name)
    state = standing(title, " ".join(_operative(built)[0]))
    emptied = _EMPTIED.search(title)
    if not built.text and emptied:
        state = Standing(DocumentStatus.RESERVED, emptied.group().strip("[]"))
    if not built.text and state.status is DocumentStatus.IN_FORCE:
        raise ParseError(f"§ {number} has no text.", reason="empty")
    groups = place.code.normalise({"title": place.title, "section": number})
    citation = place.code.citation.format(**groups)
    if last:
        citation = citation.replace("§", "§§", 1) + f" to {last}"
    return _document(
        built, place, levels,
        id=place.code.id_for(groups),
        title=title.rstrip(".") or citation,
        citation=citation,
        url=place.url(f"section-{quote(_as_address(name) or number, safe='().-')}"),
        status=state.status,
        status_words=state.words,
        range_words=printed if last else "",
        covers=_covered(place, number, last),
    )  # fmt: skip


def part_notes(element: Element, place: Place, levels: tuple[Level, ...]) -> Sequence[Document]:
    """Return a part's own document: by what authority and from what source its sections are; none where it says none.

    Its sections do not repeat it, so that it is read here or nowhere.
    """
    wanted = [
        child for child in list(element) if child.tag in ("AUTH", "SOURCE", "EDNOTE", "NOTE", "EFFDNOT", "CROSSREF")
    ]
    heading = words_of(element.find("HEAD"))
    if not wanted:
        return ()
    built = build(wanted)
    if not built.text:
        return ()
    number = (element.get("N") or place.part).strip()
    own = (*levels, Level("part", heading or f"Part {number}", number))
    return (
        _document(
            built, place, own,
            id=f"{place.code.jurisdiction}:cfr-part:{place.title}:{slugify(number)}",
            title=heading or f"Part {number}",
            citation=f"{place.title} C.F.R. pt. {number}",
            url=place.url(f"part-{quote(number)}"),
        ),
    )  # fmt: skip


def _appendix(built: BuiltText, name: str, heading: str, place: Place, levels: tuple[Level, ...]) -> Document | None:
    if not name:
        return None
    state = standing(re.sub(r"^.*?[—–-]\s*", "", heading) if "[" in heading else heading, "")
    if not built.text and state.status is DocumentStatus.IN_FORCE:
        return None  # nothing but images
    match = _APPENDIX.match(name)
    citation = f"{place.title} C.F.R. {name}"
    if match:
        subpart = f", subpt. {match['subpart']}" if match["subpart"] else ""
        citation = f"{place.title} C.F.R. pt. {match['part']}{subpart}, app. {match['letter']}"
    return _document(
        built, place, levels,
        id=f"{place.code.jurisdiction}:cfr:{place.title}:{slugify(name)}",
        title=heading or name,
        citation=citation,
        url=place.url(f"part-{quote(place.part)}/appendix-{quote(name)}"),
        status=state.status,
        status_words=state.words,
    )  # fmt: skip


def _document(
    built: BuiltText,
    place: Place,
    levels: tuple[Level, ...],
    *,
    status_words: str = "",
    range_words: str = "",
    status: DocumentStatus = DocumentStatus.IN_FORCE,
    covers: tuple[str, ...] = (),
    **known: str,
) -> Document:
    _, paragraphs = _operative(built)
    inner = subsections(built.text, paragraphs)
    opened = {span.start for span in built.spans_of(SpanKind.FOOTNOTE)}
    notes = [
        span
        for span in built.spans
        if span.kind is not SpanKind.DEFINITION and not (span.kind is SpanKind.FOOTNOTE_MARK and span.start in opened)
    ]
    terms = [*_italic_terms(built), *definitions(built.text, paragraphs, inner, known["title"])]
    spans = [*notes, *paragraph_spans(built), *inner, *terms]
    return Document(
        id=known["id"],
        kind=place.code.kind,
        jurisdiction=place.code.jurisdiction,
        title=known["title"],
        citation=known["citation"],
        text=built.text,
        url=known["url"],
        spans=tuple(sorted(set(spans), key=lambda span: (span.start, -span.end, span.kind.value, span.label))),
        hierarchy=levels,
        status=status,
        effective_to=find_date(status_words) if status is DocumentStatus.EXPIRED else None,
        warnings=_warnings(built, status_words, range_words),
        covers=covers,
    )


def _operative(built: BuiltText) -> tuple[list[str], list[Paragraph]]:
    """Return the words and the paragraphs of the regulation itself, its notes left out."""
    notes = sorted((span.start, span.end) for span in built.spans if span.kind in NOTE_KINDS)
    words, paragraphs = [], []
    reach = at = 0
    for block in built.blocks:
        while at < len(notes) and notes[at][0] <= block.start:
            reach = max(reach, notes[at][1])
            at += 1
        if block.start < reach:
            continue
        words.append(built.of(block))
        paragraphs.append(Paragraph(block.start, block.end))
    return words, paragraphs


def _italic_terms(built: BuiltText) -> list[Span]:
    """Return a DEFINITION span over each paragraph that opens with an italic term and says what it means."""
    found = []
    starts = [block.start for block in built.blocks]
    for term in built.spans_of(SpanKind.DEFINITION):
        block = built.blocks[bisect_right(starts, term.start) - 1]
        if _MEANS.match(built.text, term.end, block.end):
            found.append(Span(block.start, block.end, SpanKind.DEFINITION, term.label))
    return found


def _warnings(built: BuiltText, status_words: str, range_words: str) -> tuple[str, ...]:
    rows = [status_words] if status_words else []
    if range_words:
        rows.append(f"This page stands for a range of sections: {range_words}.")
    notices = [" ".join(built.text[span.start : span.end].split()) for span in built.spans_of(SpanKind.NOTICE)]
    rows += [words if len(words) <= 400 else words[:400].rsplit(" ", 1)[0] + " …" for words in notices]
    return unique(rows)


def _first_number(code: Code, words: str) -> str:
    """Return the number that words begin with; of a range, the first."""
    words, pattern = words.lstrip("§ "), code.fields["section"].pattern
    match = re.fullmatch(pattern, words) or re.match(pattern, _BETWEEN.split(words)[0])
    return match.group() if match else ""


def _last_of_range(code: Code, first: str, *words: str) -> str:
    """Return the last number of a range of sections, empty for one section."""
    for row in words:
        if re.fullmatch(code.fields["section"].pattern, row.lstrip("§ ")):
            return ""  # "60-1.4" is one number
        pieces = re.split(r"\s*,\s*|\s+and\s+", row.lstrip("§ "))
        ends = _BETWEEN.split(pieces[-1])
        match = re.match(code.fields["section"].pattern, ends[-1].strip())
        if match and match.group() != first and (len(ends) > 1 or len(pieces) > 1):
            return match.group()
    return ""


def _covered(place: Place, first: str, last: str) -> tuple[str, ...]:
    """Return the citations of a range's sections: behind the dot of a regulation's number stands a whole number."""
    ends = [re.fullmatch(r"(.*\.)(\d{1,6})", end) for end in (first, last)]
    if ends[0] is None or ends[1] is None or ends[0][1] != ends[1][1]:
        numbers = [first, last] if last else []
    else:
        span = range(int(ends[0][2]), int(ends[1][2]) + 1)
        numbers = [f"{ends[0][1]}{number}" for number in span] if 1 < len(span) <= _LONGEST_RANGE else [first, last]
    groups = (place.code.normalise({"title": place.title, "section": number}) for number in numbers)
    return tuple(place.code.citation.format(**row) for row in groups)


def _as_address(name: str) -> str:
    return re.sub(r"\s+", "", name.lstrip("§ "))
