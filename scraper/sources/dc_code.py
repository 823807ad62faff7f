"""The Code of the District of Columbia, as the DC Council publishes it: its pages from a mirror or its bulk copy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlsplit

from scraper.errors import ParseError
from scraper.interfaces import Page, ParsedPage, Terms
from scraper.jurisdictions import Code, Jurisdictions
from scraper.models import Document, DocumentStatus, Level, Span, SpanKind
from scraper.sources.definitions import definitions
from scraper.sources.html import (
    SKIP,
    BuiltText,
    Element,
    Mark,
    TextBuilder,
    absolute,
    by_classes,
    by_id,
    by_place,
    has_class,
    no_law,
    origin_of,
    outside,
    paragraph_spans,
    unique,
    words_of,
)
from scraper.sources.notes import Act, acts_in, covered, cut, find_date, standing
from scraper.sources.outline import Paragraph, subsections
from scraper.sources.trees import parse_html, require_whole

CODE_ID = "dccode"
_HOME = "/us/dc/council/code"
_LEVEL = re.compile(r"^(?P<kind>[A-Z][a-z]+)\s+(?P<number>[\w.\-–]+)\.\s+(?P<name>.*)$")
_HEADING = re.compile(r"^(?P<sign>§§?)\s*(?P<numbers>.+?)\.\s+(?P<title>\S.*)$")
_INDENT = re.compile(r"^text-indent-(\d+)$")
_NOTICE_HEADINGS = (
    "emergency legislation",
    "temporary legislation",
    "expiration of law",
    "temporary addition of section",
)
_LAW_DATED = re.compile(r"[A-Z][a-z]{2,8}\.?\s+\d{1,2},\s+\d{4},\s+D\.C\.\s+Law\b")
_WAITS = re.compile(
    r"\bshall\s+(?:not\s+apply\s+until|apply\s+(?:only\s+)?(?:upon|as\s+of\s+the\s+date))\b", re.IGNORECASE
)
_NO_LONGER = re.compile(
    r"\bhas\s+been\s+implemented\b|\brepeal(?:ed)?\s+the\s+delayed\b|\bremov\w+\s+the\s+delayed\b", re.IGNORECASE
)


@dataclass(slots=True)
class DcCodeSource:
    """The DC Council's pages; containers list their contents, sections are documents."""

    code: Code
    origin: str = "https://code.dccouncil.gov"
    name: str = "dc-code"
    description: str = "The Code of the District of Columbia from the DC Council's pages (a mirror or the bulk copy)"
    terms: Terms = field(
        default=Terms(
            "bulk",
            "https://github.com/dccouncil/law-html",
            date(2024, 12, 1),
            "The pages ask not to be scraped and offer a bulk copy: serve that copy and name it with --base-url.",
        )
    )
    verified_live: date | None = None

    def seeds(self) -> Sequence[str]:
        """Return the page that lists the titles."""
        return (f"{self.origin}{_HOME}",)

    def follows(self, url: str) -> bool:
        """Follow the pages of the code, not the laws, acts and other collections that it cites."""
        parts = urlsplit(url)
        inside = parts.path == _HOME or parts.path.startswith(f"{_HOME}/")
        return origin_of(url) == self.origin and inside and not parts.query and not parts.path.endswith(".json")

    def parse(self, page: Page) -> ParsedPage:
        """Return a section as a document, a container as links; raise ParseError for anything else."""
        root = parse_html(page.body, page.content_type)
        article = next((element for element in root.iter("article") if has_class(element, "content")), None)
        if article is None:
            raise no_law(root)
        require_whole(page.body)
        classed = by_classes(article)
        facts, notes, contents = _facts(root), classed.get("annotations", ()), classed.get("toc", ())
        if facts.get("doc-type") == "section" or (notes and not contents):
            return ParsedPage((self._section(root, article, facts, _notes(notes), page.url),))
        links = [absolute(page.url, a.get("href")) for toc in contents for a in toc.iter("a") if a.get("href")]
        if not links and not contents:
            raise no_law(root)
        return ParsedPage(links=unique(link for link in links if self.follows(link)))

    def _section(
        self, root: Element, article: Element, facts: Mapping[str, str], notes: Mapping[Element, Mark], url: str
    ) -> Document:
        h1 = next(article.iter("h1"), None)
        title = words_of(h1)
        match = _HEADING.match(title)
        groups = self._groups(facts, match)
        marks = {**notes, h1: SKIP}
        built = _merged(TextBuilder(lambda element: marks.get(element) or _classify(element)).build(article))
        operative, paragraphs = _operative(built)
        state = standing(match["title"] if match else title, " ".join(operative))
        if not operative and state.status is DocumentStatus.IN_FORCE:
            raise ParseError("The section has no text.", reason="empty")
        inner = subsections(built.text, paragraphs)
        dated = [span for span in _dated(built) if span.kind is not SpanKind.SUBSECTION]
        spans = [*dated, *paragraph_spans(built), *inner, *definitions(built.text, paragraphs, inner, title)]
        before, after = _neighbours(root, url)
        waits = _not_yet_applied(built)
        return Document(
            id=self.code.id_for(groups),
            kind=self.code.kind,
            jurisdiction=self.code.jurisdiction,
            title=title,
            citation=self.code.citation.format(**groups),
            text=built.text,
            url=_canonical(facts, url),
            spans=tuple(sorted(spans, key=by_place)),
            hierarchy=_hierarchy(root),
            status=state.status,
            effective_from=_in_effect_since(built) if state.status is DocumentStatus.IN_FORCE and not waits else None,
            effective_to=find_date(state.words) if state.status is DocumentStatus.EXPIRED else None,
            previous_url=before,
            next_url=after,
            warnings=unique([*_warnings(built, match, state.words), waits]),
            covers=covered(match["numbers"], self.code, groups) if match and _is_range(match) else (),
        )

    def _groups(self, facts: Mapping[str, str], match: re.Match[str] | None) -> Mapping[str, str]:
        """Return the section's number from the page's reference or its heading; of a range, the first."""
        for words in (facts.get("ref-path", ""), match["numbers"] if match else ""):
            number = re.match(self.code.fields["section"].pattern, words.lstrip("§ "))
            if number:
                return self.code.normalise({"section": number.group()})
        raise ParseError("The section has no number.", reason="layout")


def create(jurisdictions: Jurisdictions) -> DcCodeSource:
    """Return the source for the DC Council's pages."""
    code = jurisdictions.code(CODE_ID)
    if code is None:
        raise ParseError(f"The jurisdiction tables have no code {CODE_ID!r}.", reason="table")
    return DcCodeSource(code)


# ---- the parts of a page


def _facts(root: Element) -> Mapping[str, str]:
    """Return what the page's `meta` elements say, by their `itemprop` or `property`."""
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        content = element.get("content")
        for name in (element.get("itemprop"), element.get("property")):
            if name and content is not None:
                found.setdefault(name, content)
    return found


def _canonical(facts: Mapping[str, str], url: str) -> str:
    """Return the page's own address (a mirror adds a slash) on the origin under which it was asked for."""
    path = urlsplit(facts.get("og:url", "")).path
    return origin_of(url) + path if path.startswith(_HOME) else url


def _hierarchy(root: Element) -> tuple[Level, ...]:
    """Return the levels from the code down to the section itself, as the page's trail names them."""
    trail = next((element for element in root.iter("ol", "ul", "nav", "div") if has_class(element, "ancestors")), None)
    rows = [words_of(item) for item in trail.iter("li")][1:] if trail is not None else []
    return tuple(_level(row) for row in rows)


def _level(words: str) -> Level:
    section = _HEADING.match(words)
    if section:
        return Level("section", words, section["numbers"].replace("–", "-"))
    match = _LEVEL.match(words)
    return Level(match["kind"].lower(), words, match["number"]) if match else Level("code", words)


def _neighbours(root: Element, url: str) -> tuple[str, str]:
    found = {"Previous": "", "Next": ""}
    mini = by_id(root, "area__navigation_mini")
    for link in mini.iter("a") if mini is not None else ():
        word = words_of(link.find(".//div"))
        if word in found and link.get("href"):
            found[word] = absolute(url, link.get("href"))
    return found["Previous"], found["Next"]


def _classify(element: Element) -> Mark | None:
    if element.tag == "span" and "level-num" in (element.get("class") or "").split():
        return Mark(SpanKind.SUBSECTION, (element.get("id") or words_of(element)).strip("[]"))
    return None


def _notes(asides: Sequence[Element]) -> dict[Element, Mark]:
    """Return what each child of the annotations is: the source credit first, then groups under their headings."""
    marks: dict[Element, Mark] = {}
    for aside in asides:
        mark = Mark(SpanKind.HISTORY)
        for child in aside:
            if child.tag in ("h2", "h3", "h4", "h5"):
                heading = words_of(child)
                kind = SpanKind.NOTICE if heading.lower() in _NOTICE_HEADINGS else SpanKind.ANNOTATION
                mark = Mark(kind, heading)
            marks[child] = mark
    return marks


def _merged(built: BuiltText) -> BuiltText:
    """Join the spans of neighbouring paragraphs of one note into one span."""
    spans: list[Span] = []
    for span in built.spans:
        last = spans[-1] if spans else None
        same = last is not None and (last.kind, last.label) == (span.kind, span.label)
        if last is not None and same and span.kind is not SpanKind.SUBSECTION and span.start - last.end <= 2:
            spans[-1] = Span(last.start, span.end, last.kind, last.label, last.attrs)
        else:
            spans.append(span)
    return replace(built, spans=tuple(spans))


def _operative(built: BuiltText) -> tuple[list[str], list[Paragraph]]:
    """Return the words and the paragraphs of the law itself, with the anchors that the page gives them."""
    marks = [(span.start, span.label) for span in built.spans_of(SpanKind.SUBSECTION)]
    words, paragraphs = [], []
    for block in outside(built.blocks, [span for span in built.spans if span.kind is not SpanKind.SUBSECTION]):
        indents = [int(match[1]) for match in map(_INDENT.match, block.classes) if match]
        own = tuple((place, label) for place, label in marks if block.start <= place < block.end)
        words.append(built.of(block))
        paragraphs.append(Paragraph(block.start, block.end, indents[0] if indents else 0, own))
    return words, paragraphs


def _is_range(match: re.Match[str]) -> bool:
    return match["sign"] == "§§" or re.search(r"\bto\b|\bthrough\b|,", match["numbers"]) is not None


def _warnings(built: BuiltText, match: re.Match[str] | None, status_words: str) -> tuple[str, ...]:
    rows = [status_words] if status_words else []
    if match and _is_range(match):
        rows.append(f"This page stands for a range of sections: {match['numbers']}.")
    if match and "[Not Funded]" in match["title"]:
        rows.append("The publisher marks this section as not funded: it may not apply.")
    notices = [built.text[span.start : span.end] for span in built.spans_of(SpanKind.NOTICE)]
    return unique([*rows, _latest_act(notices)])


def _latest(notices: Sequence[str]) -> Act | None:
    """Return the latest temporary or emergency act that notices name."""
    acts = [act for notice in notices for act in acts_in(notice)]
    return max(acts, key=lambda act: act.of, default=None)


def _latest_act(notices: Sequence[str]) -> str:
    """Return a warning that names the latest temporary or emergency act noted, and how long it runs."""
    if not notices:
        return ""
    latest = _latest(notices)
    if latest is None:
        return "Temporary or emergency legislation on this section is noted."
    runs = ", which expires by its own terms"
    if latest.until:
        runs = f", in effect for {latest.days} days: to {latest.until.isoformat()}, counted from that date"
    act = f"{latest.name} of {latest.of.isoformat()}"
    return f"Temporary or emergency legislation on this section is noted; the latest is {act}{runs}."


def _dated(built: BuiltText) -> list[Span]:
    """Return the notes of a page; a notice bears the latest act that it names and the last day on which that runs."""
    spans = []
    for span in built.spans:
        latest = _latest([built.text[span.start : span.end]]) if span.kind is SpanKind.NOTICE else None
        if latest is not None:
            until = {"until": latest.until.isoformat(), "days": str(latest.days)} if latest.until else {}
            attrs = {**span.attrs, "act": latest.name, "of": latest.of.isoformat(), **until}
            spans.append(replace(span, attrs=attrs))
        else:
            spans.append(span)
    return spans


def _in_effect_since(built: BuiltText) -> date | None:
    """Return when the latest act of the source credit took effect, if that is a law of the District.

    The date before "D.C. Law" in a credit is the law's date of effect; the date before an act of Congress is not.
    """
    credits = [built.text[s.start : s.end] for s in built.spans_of(SpanKind.HISTORY)]
    clauses = [clause for clause in " ".join(credits).strip(" ()").split(";") if clause.strip(" .)")]
    return find_date(clauses[-1]) if clauses and _LAW_DATED.match(clauses[-1].strip()) else None


def _not_yet_applied(built: BuiltText) -> str:
    """Return a warning for a change of the section that waits for something, as a note on its application says."""
    for span in built.spans_of(SpanKind.ANNOTATION):
        if not span.label.lower().endswith("applicability"):
            continue
        words = " ".join(built.text[span.start : span.end].removeprefix(span.label).split())
        if _WAITS.search(words) and not _NO_LONGER.search(words):
            return f"Delayed applicability is noted: {cut(words)}"
    return ""
