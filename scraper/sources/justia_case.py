"""A case, as a page in Justia's layout states it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial

from lxml import etree

from scraper.errors import ParseError
from scraper.jurisdictions import Court, Jurisdictions, case_id
from scraper.models import Document, DocumentKind, Level, OpinionKind, Span, SpanKind
from scraper.sources.dispositions import publication, read_disposition
from scraper.sources.footnotes import attached
from scraper.sources.html import (
    SKIP,
    BuiltText,
    Element,
    Mark,
    TextBuilder,
    by_classes,
    by_id,
    has_class,
    paragraph_spans,
    unique,
    words_of,
)
from scraper.sources.notes import find_date
from scraper.sources.opinions import Speakers, plain_case, tabbed_case
from scraper.sources.star_pages import star_pages

_TABS = {
    "opinion": OpinionKind.MAJORITY,
    "majority": OpinionKind.MAJORITY,
    "majority opinion": OpinionKind.MAJORITY,
    "plurality": OpinionKind.PLURALITY,
    "per curiam": OpinionKind.PER_CURIAM,
    "concurrence": OpinionKind.CONCURRENCE,
    "concurrence in judgment": OpinionKind.IN_JUDGMENT,
    "concurrence in the judgment": OpinionKind.IN_JUDGMENT,
    "concurrence in part": OpinionKind.IN_PART,
    "concur/dissent": OpinionKind.IN_PART,
    "concurrence in part and dissent in part": OpinionKind.IN_PART,
    "dissent in part": OpinionKind.IN_PART,
    "dissent": OpinionKind.DISSENT,
}
_TAB = re.compile(r"^(?P<kind>[^(]+?)\s*(?:\((?P<author>[^)]*)\))?$")
_NO_CITATION = re.compile(r"not yet assigned|none|unassigned|n/?a|pending", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\s)\s*\((?:[\w.']+\s+){0,5}\d{4}\)\s*$")
_DOCKET_AT_END = re.compile(r",\s+(?:Nos?\.|Docket)\s+[^,]*$", re.IGNORECASE)
_DOCKET_IN_HEADING = re.compile(r",\s+(?:Nos?\.|Docket)\s+(?P<docket>[^,()]+?)\s*(?:\([^)]*\d{4}\))?$", re.IGNORECASE)
_TERMS = frozenset((
    "court", "docket", "docket no", "docket number", "case number", "argued", "decided", "date", "filed", "judge",
    "judges", "disposition", "status", "precedential status", "publication",
))  # fmt: skip
_TERM_ELEMENTS = etree.XPath(
    "descendant::*[self::strong or self::b or self::dt or self::th][not(ancestor-or-self::*[@id='tab-opinion'])]"
)
_DISCLAIMER = re.compile(
    r"(?:Disclaimer:\s+Official\s|\w++\s++Annotations\s+is\s+a\s+forum\s+for\s+attorneys\b)", re.IGNORECASE
)
_UNUSUAL = re.compile(r"\s*+(?:Page|(?i:disclaimer:)|(?i:\w++\s++annotations))")  # asked of every paragraph
_VERSUS = re.compile(r"(?<!\s)\s+(?:v|vs)\.?\s+", re.IGNORECASE)
_PARA_NUMBER = re.compile(r"^(?:\{¶\s?(\d+)\}|\[¶\s?(\d+)\]|¶\s?(\d+)\.?(?=\s))")
_STAR = re.compile(r"^\[?\*{1,2}\s?(\d+)\]?$")
_PAGE_LINE = re.compile(r"^Page \d+ [A-Z][\w. ]*? (\d+)$")
_MARK = re.compile(r"^\[?(\d{1,3}|\*{1,4}|[†‡]{1,3}|[a-z])\]?$")
_BODY = re.compile(r"^tab-opinion-\w+$")


def parse_case(root: Element, opinion: Element, url: str, jurisdictions: Jurisdictions, path: str) -> Document:
    """Return the case of a page; raise ParseError where name, court or text is missing."""
    classed = by_classes(root)
    facts = _facts(classed.get("case-metadata", ())) or _loose_facts(root)
    court = jurisdictions.court(facts.get("court", "")) or jurisdictions.court_at(path)
    if court is None:
        raise ParseError(f"No court of the jurisdiction tables lies at {path}; add it to one.", reason="unknown_court")
    citation, parallel = _citations(classed.get("citation", ()))
    docket = _first(facts, "docket no", "docket", "docket number", "case number", "case no", "number")
    heading = words_of(next(root.iter("h1"), None))
    if not docket and (stated_there := _DOCKET_IN_HEADING.search(heading)):
        docket = stated_there["docket"]
    name = _name(heading, (citation, docket, *parallel))
    if not name or not (citation or docket):
        raise ParseError("The page has an opinion but no name, or neither citation nor docket number.", reason="layout")
    tabs = _tabs(root, classed.get("tab-nav", ()))
    has_notes = "footnotes" in classed
    bare = {"p": _in_notes if has_notes else _paragraph, "sup": _mark}
    built = TextBuilder(partial(_classify, tabs, has_notes), bare=bare).build(opinion)
    if not built.text:
        raise ParseError("The opinion has no text.", reason="empty")
    bodies = built.spans_of(SpanKind.OPINION)
    speakers = tabbed_case(built, bodies) if len(bodies) > 1 else plain_case(built)
    decided = _date(facts, "decided", "date", "filed") or find_date(path)  # .../12-345/12-345-2020-06-05.html
    stated = read_disposition(facts.get("disposition", ""))
    published, stage = publication(_first(facts, "status", "precedential status", "publication"), built.text)
    numbers = _numbers(built)
    return Document(
        id=case_id(court, citation, docket),
        kind=DocumentKind.CASE,
        jurisdiction=court.jurisdiction,
        title=name,
        citation=citation,
        text=built.text,
        url=url,
        spans=_spans(built, speakers, numbers, citation),
        parallel_citations=parallel,
        hierarchy=_place(court, decided),
        court=court.id,
        date=decided,
        date_argued=_date(facts, "argued"),
        docket=docket,
        judges=_list(_first(facts, "judges", "judge")) or speakers.judges,
        parties=_parties(name),
        disposition=facts.get("disposition", "") or speakers.disposition,
        disposition_kind=stated.kind if stated.words else speakers.disposition_kind,
        publication=published,
        publication_stage=stage,
    )


def _facts(blocks: Iterable[Element]) -> Mapping[str, str]:
    """Return the list of facts above the opinion: lower-case term without its colon -> words, a date as printed."""
    found: dict[str, str] = {}
    for block in blocks:
        for term in block.iter("dt"):
            value = term.getnext()
            if value is not None and value.tag == "dd":
                found.setdefault(_term(term), _value(value))
    return found


def _loose_facts(root: Element) -> Mapping[str, str]:
    """Return the facts of a page without such a list: known terms in bold or in a table, the value behind each."""
    found: dict[str, str] = {}
    for term in _TERM_ELEMENTS(root):
        name = _term(term)
        if name in _TERMS:
            behind = " ".join((term.tail or "").split()).lstrip(" :")
            value = term.getnext()
            words = behind or (_value(value) if value is not None else "")
            if words:
                found.setdefault(name, words)
    return found


def _term(element: Element) -> str:
    return words_of(element).lower().rstrip(" :.")


def _value(element: Element) -> str:
    time = element if element.tag == "time" else element.find(".//time")
    return (time.get("datetime") if time is not None else None) or words_of(element)


def _first(facts: Mapping[str, str], *terms: str) -> str:
    return next((facts[term] for term in terms if facts.get(term)), "")


def _date(facts: Mapping[str, str], *terms: str) -> date | None:
    return next((when for when in (find_date(facts.get(term, "")) for term in terms) if when), None)


def _citations(blocks: Iterable[Element]) -> tuple[str, tuple[str, ...]]:
    """Return the first citation and the parallel ones; the first is empty while none is assigned."""
    found: list[str] = []
    for block in blocks:
        found += [words_of(span) for span in block.iter("span")]
    known = [words for words in unique(found) if not _NO_CITATION.fullmatch(words)]
    return (known[0], tuple(known[1:])) if known else ("", ())


def _name(heading: str, known: tuple[str, ...]) -> str:
    """Return the parties of a heading "Reno v. ACLU, 521 U.S. 844 (1997)"."""
    name = _YEAR.sub("", heading)
    changed = True
    while changed:
        before = name
        name = _DOCKET_AT_END.sub("", name)
        for words in known:
            name = name.removesuffix(words).rstrip(" ,") if words and name != words else name
        changed = name != before
    return name.strip(" ,") if not name.endswith(".,") else name.rstrip(" ,")


def _parties(name: str) -> tuple[str, ...]:
    sides = [side.strip() for side in _VERSUS.split(name, maxsplit=1)]
    return tuple(sides) if len(sides) == 2 and all(sides) else ()


def _place(court: Court, decided: date | None) -> tuple[Level, ...]:
    levels = [Level("court", court.name)]
    if decided:
        levels.append(Level("year", str(decided.year), str(decided.year)))
    return tuple(levels)


def _list(words: str) -> tuple[str, ...]:
    return unique(part.strip() for part in re.split(r",|;|\band\b", words))


def _tabs(root: Element, items: Iterable[Element]) -> Mapping[str, Mark]:
    """Return what the tabs say of the elements that they open, by id."""
    found: dict[str, Mark] = {}
    for item in items:
        for link in item.iter("a"):
            match = _TAB.match(words_of(link))
            target = (link.get("href") or "").lstrip("#")
            if match is None or by_id(root, target) is None:
                continue
            kind = " ".join(match["kind"].lower().split())
            author = (match["author"] or "").strip()
            if kind == "syllabus":
                found[target] = Mark(SpanKind.SYLLABUS)
            elif kind in _TABS:
                found[target] = Mark(SpanKind.OPINION, _TABS[kind].value, {"author": author} if author else {})
    return found


def _classify(tabs: Mapping[str, Mark], has_notes: bool, element: Element) -> Mark | None:
    tag = element.tag
    classes: list[str] = []
    if element.keys():
        name, classes = element.get("id") or "", (element.get("class") or "").split()
        if name in tabs:
            return tabs[name]
        if name and _BODY.match(name):
            return Mark(SpanKind.OPINION)
        if "syllabus" in classes:
            return Mark(SpanKind.SYLLABUS)
        if "tab-nav" in classes or "disclaimer" in classes:
            return SKIP
    if tag == "span" and ("star-page" in classes or "page-number" in classes):
        match = _STAR.match(words_of(element))
        return Mark(SpanKind.STAR_PAGE, match[1]) if match else None
    if tag == "p":
        is_header = "headertext" in classes
        return (_note(element) if has_notes else None) or _paragraph(element, element.text or "", is_header)
    return _mark(element, "") if tag == "sup" or (tag == "a" and _is_note_link(element)) else None


def _mark(element: Element, _: str) -> Mark | None:
    match = _MARK.match(words_of(element))
    return Mark(SpanKind.FOOTNOTE_MARK, match[1]) if match else None


def _in_notes(element: Element, text: str) -> Mark | None:
    return _note(element) or _paragraph(element, text)


def _note(element: Element) -> Mark | None:
    parent = element.getparent()
    if parent is None or not has_class(parent, "footnotes"):
        return None
    match = re.match(r"\[?(\d{1,3}|\*+|[†‡]+|[a-z])\b", words_of(element)[:8])
    return Mark(SpanKind.FOOTNOTE, match[1] if match else (element.get("id") or ""))


def _paragraph(element: Element, text: str, is_header: bool = False) -> Mark | None:
    if not is_header and not _UNUSUAL.match(text):
        return None
    if _DISCLAIMER.match(text):
        return SKIP  # the publisher's words
    likely = is_header if len(element) else text.lstrip().startswith("Page")
    match = _PAGE_LINE.match(words_of(element)[:60]) if likely else None
    return Mark(SpanKind.STAR_PAGE, match[1]) if match else None


def _is_note_link(element: Element) -> bool:
    href = element.get("href") or ""
    parent = element.getparent()
    return href.startswith("#") and (parent is None or parent.tag != "sup")


def _numbers(built: BuiltText) -> Mapping[int, str]:
    """Return the paragraph numbers by the places where the paragraphs begin."""
    found = {}
    for block in built.blocks:
        if built.text[block.start] not in "{[¶":
            continue
        match = _PARA_NUMBER.match(built.text[block.start : block.start + 12])
        if match:
            found[block.start] = next(group for group in match.groups() if group)
    return found


_CUT_ANEW = (SpanKind.OPINION, SpanKind.FOOTNOTE)


def _spans(built: BuiltText, speakers: Speakers, numbers: Mapping[int, str], citation: str) -> tuple[Span, ...]:
    """Return all spans in order of place, each footnote tied to its mark."""
    kept = [span for span in built.spans if span.kind not in _CUT_ANEW]
    spans = [*kept, *speakers.spans, *paragraph_spans(built, numbers)]
    if not built.spans_of(SpanKind.STAR_PAGE):
        spans += star_pages(built.text, citation)
    return attached(built, spans)
