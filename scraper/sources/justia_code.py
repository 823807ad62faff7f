"""A section of a code, a constitutional provision or a regulation, as a page in Justia's layout states it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from lxml import etree

from scraper.errors import ParseError
from scraper.jurisdictions import Jurisdictions, slugify
from scraper.models import Document, DocumentStatus, Level, Span, SpanKind
from scraper.sources.definitions import definitions
from scraper.sources.html import (
    BuiltText,
    Element,
    Mark,
    TextBuilder,
    absolute,
    by_place,
    has_class,
    lines_of,
    outside,
    paragraph_spans,
    unique,
    words_of,
)
from scraper.sources.notes import (
    Standing,
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
from scraper.sources.outline import Paragraph, subsections

_KINDS = (
    "title|subtitle|part|subpart|chapter|subchapter|article|division|subdivision|book|volume|rule|subject|act|"
    "appendix|amendment"
)
_LEVEL = re.compile(rf"^(?P<kind>{_KINDS})\s+(?P<number>[\w.\-–]+)\s*(?:[-–—:.]+\s*(?P<name>.*))?$", re.IGNORECASE)
_SECTION = re.compile(
    r"^(?P<sign>§§?|sections?|secs?\.|rules?|amendments?|articles?)\s*(?P<number>\S.*?)"
    r"(?:\s+[-–—]+\s+|\.\s+|:\s+|\s*$)(?P<heading>.*)$",
    re.IGNORECASE,
)
_RANGE = re.compile(r"^(?:§§|sections|secs\.|rules)|\b(?:to|through)\b|,", re.IGNORECASE)
_EDITION = re.compile(r"^\d{4}\b|\b(?:code|statutes|constitution|laws|regulations|rules)\b", re.IGNORECASE)
_DEPTHS = {f"level-{depth}": depth for depth in range(10)}


@dataclass(frozen=True, slots=True)
class Heading:
    """What an `h1` says: the levels above the section, the section's number and heading, a range of sections."""

    levels: tuple[Level, ...]
    number: str
    title: str
    is_range: bool


def parse_section(root: Element, content: Element, url: str, jurisdictions: Jurisdictions, path: str) -> Document:
    """Return the document of a page; raise ParseError where heading, citation or text is missing."""
    code = jurisdictions.code_at(path)
    if code is None:
        raise ParseError(f"No code of the jurisdiction tables lies at {path}; add it to one.", reason="unknown_code")
    citation = _citation(root)
    heading = read_heading(next(root.iter("h1"), None))
    if not citation or not (heading.title or heading.number):
        raise ParseError("The page has a text but no citation or no heading.", reason="layout")
    built = TextBuilder(_classify, "\n\n", {"p": _history, "sup": _note_number}).build(content)
    groups = code.match(citation) or {}
    operative, paragraphs = _operative(built)
    words = " ".join(operative)
    last_day = ends_later(heading.title, words)
    state = Standing(DocumentStatus.IN_FORCE) if last_day else standing(heading.title, words)
    if not operative and state.status is DocumentStatus.IN_FORCE:
        raise ParseError("The section has no text.", reason="empty")
    inner = subsections(built.text, paragraphs)
    when, notices, dated = _notices(built)
    begins, ends = heading_dates(heading.title)
    turns = _turns(root, url)
    ends = last_day or ends
    apart = [span for span in built.spans if span.kind is not SpanKind.NOTICE]
    notes = "\n".join(built.text[s.start : s.end] for s in built.spans if s.kind in _NOTE_KINDS)
    return Document(
        id=code.id_for(groups) if groups else f"{code.jurisdiction}:{code.id}:{slugify(citation)}",
        kind=code.kind,
        jurisdiction=code.jurisdiction,
        title=heading.title or citation,
        citation=citation,
        text=built.text,
        url=url,
        spans=_sorted(
            [
                *apart,
                *dated,
                *paragraph_spans(built),
                *inner,
                *definitions(built.text, paragraphs, inner, heading.title),
            ]
        ),
        aliases=former_citations(notes, code, groups),
        hierarchy=heading.levels,
        status=state.status,
        effective_from=begins or when,
        effective_to=find_date(state.words) if state.status is DocumentStatus.EXPIRED else ends,
        previous_url=turns.get("prev", ""),
        next_url=turns.get("next", ""),
        warnings=_warnings(heading, state.words, notices, begins, ends),
        covers=covered(heading.number, code, groups) if heading.is_range else (),
    )


_NOTE_KINDS = (SpanKind.HISTORY, SpanKind.ANNOTATION)


def read_heading(h1: Element | None) -> Heading:
    """Read the lines of a heading: the edition's name is dropped, the last line is the section."""
    lines = lines_of(h1) if h1 is not None else []
    rows = [words for words, classes in lines if "edition" not in classes]
    if len(rows) > 1 and not _LEVEL.match(rows[0]) and _EDITION.search(rows[0]):
        rows = rows[1:]
    if not rows:
        return Heading((), "", "", False)
    levels = tuple(_level(row) for row in rows[:-1])
    match = _SECTION.match(rows[-1])
    if match is None:
        return Heading(levels, "", rows[-1], False)
    number = match["number"].strip()
    is_range = bool(_RANGE.search(match["sign"] + " " + number))
    return Heading(levels, number, match["heading"].strip(), is_range)


def _level(words: str) -> Level:
    match = _LEVEL.match(words)
    return Level(match["kind"].lower(), words, match["number"]) if match else Level("division", words)


def _citation(root: Element) -> str:
    # The publisher's own element is looked for first, since a look at all elements takes four times as long.
    for look in (_CITATIONS, _ELSEWHERE):
        for element in look(root):
            span = next(element.iter("span"), None)
            if has_class(element, "citation") and span is not None and words_of(span):
                return words_of(span)
    return ""


def _classify(element: Element) -> Mark | None:
    classes = (element.get("class") or "").split()
    if not _CLASSES.keys().isdisjoint(classes):
        return next(mark for name, mark in _CLASSES.items() if name in classes)
    tag = element.tag
    if tag == "p":
        return _history(element, element.text or "")
    if tag == "h2" and "SS_Banner" in classes:
        return Mark(SpanKind.HISTORY)
    return _note_number(element, "") if tag == "sup" else None


def _history(element: Element, text: str) -> Mark | None:
    is_history = _all_italic(element, text) and _LOOKS_LIKE_HISTORY.search(words_of(element))
    return Mark(SpanKind.HISTORY) if is_history else None


def _note_number(element: Element, _: str) -> Mark | None:
    words = words_of(element)
    return Mark(SpanKind.FOOTNOTE_MARK, words) if _NOTE_NUMBER.match(words) else None


_CITATIONS = etree.XPath("descendant::div[contains(@class, 'citation')]")
_ELSEWHERE = etree.XPath("descendant::*[contains(@class, 'citation')][not(self::div)]")


def _all_italic(element: Element, text: str) -> bool:
    """Tell whether a paragraph is one <em>: so Justia prints the history of a section."""
    if len(element) != 1 or text.strip() or element[0].tag not in ("em", "i"):
        return False
    return not (element[0].tail or "").strip()


_CLASSES = {
    "source-credit": Mark(SpanKind.HISTORY),
    "history": Mark(SpanKind.HISTORY),
    "annotations": Mark(SpanKind.ANNOTATION),
    "editorial-notes": Mark(SpanKind.ANNOTATION),
    "temporary-amendment": Mark(SpanKind.NOTICE, "temporary"),
    "effective-note": Mark(SpanKind.NOTICE, "effective"),
}
_LOOKS_LIKE_HISTORY = re.compile(
    r"\b(?:Laws|Acts?|Stats?|History|Amended|Added|Repealed)\b|\b(?:Pub\. L|eff|ch?)\.|\b(?:18|19|20)\d\d\b"
)
_NOTE_NUMBER = re.compile(r"^(?:\d{1,2}|\*+|†)$")


def _operative(built: BuiltText) -> tuple[list[str], list[Paragraph]]:
    """Return the words and the paragraphs of the law itself, the notes left out."""
    apart = [s for s in built.spans if s.kind in (*_NOTE_KINDS, SpanKind.NOTICE)]
    words, paragraphs = [], []
    for block in outside(built.blocks, apart):
        depths = [_DEPTHS[name] for name in block.classes if name in _DEPTHS]
        words.append(built.of(block))
        paragraphs.append(Paragraph(block.start, block.end, depths[0] if depths else None))
    return words, paragraphs


def _notices(built: BuiltText) -> tuple[date | None, list[str], list[Span]]:
    """Return when the whole section takes effect, where a note says so, and warnings and dated spans of all notes."""
    when: date | None = None
    partly: list[date | None] = []
    warnings, spans = [], []
    for span in built.spans_of(SpanKind.NOTICE):
        words = built.text[span.start : span.end]
        spans.append(replace(span, attrs={**span.attrs, **notice_dates(words)}))
        if span.label == "effective":
            noted, warning = effective(words)
            when = when or noted
            partly.append(find_date(words) if noted is None else None)
            warnings.append(warning)
        else:
            warnings.append(temporary(words))
    histories = [built.text[span.start : span.end] for span in built.spans_of(SpanKind.HISTORY)]
    return when or latest_effect(" ".join(histories), partly), warnings, spans


def _turns(root: Element, url: str) -> dict[str, str]:
    """Return the addresses of the sections before and after, by the `rel` of the links to them."""
    found: dict[str, str] = {}
    for link in root.iter("a"):
        rel = link.get("rel")
        if rel in ("prev", "next") and rel not in found and (href := link.get("href")) is not None:
            found[rel] = absolute(url, href)
    return found


def _sorted(spans: list[Span]) -> tuple[Span, ...]:
    return tuple(sorted(spans, key=by_place))


def _warnings(
    heading: Heading, status_words: str, notices: list[str], begins: date | None, ends: date | None
) -> tuple[str, ...]:
    rows = [status_words] if status_words else []
    if heading.is_range:
        rows.append(f"This page stands for a range of sections: {heading.number}.")
    if begins:
        rows.append(f"This text takes effect on {begins.isoformat()}, as its heading says.")
    if ends:
        rows.append(f"This text has effect until {ends.isoformat()}, as its heading says.")
    return unique([*rows, *notices])
