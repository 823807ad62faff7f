"""The Electronic Code of Federal Regulations by its versioner API: titles, their structure, and each part as XML.

    /api/versioner/v1/titles.json                               -> the titles, with the date of each one's last issue
    /api/versioner/v1/structure/DATE/title-40.json              -> its parts; parts that are very large by subparts
    /api/versioner/v1/full/DATE/title-40.xml?part=60            -> a part: sections and appendices are the documents
    /api/versioner/v1/ancestry/DATE/title-40.json?part=60       -> the levels above it, fetched as a part of the page

DATE is that of the title's last issue, so that addresses change only with the law. A document's own address never bears
a date. Appendices to a chapter or a title, which hang on no part, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from scraper.errors import ConfigError, ParseError
from scraper.interfaces import Page, ParsedPage, Terms
from scraper.jurisdictions import Code, Jurisdictions
from scraper.models import Document, Level
from scraper.sources.ecfr_section import Place, part_notes, read_unit
from scraper.sources.ecfr_xml import Element, parse_xml, words_of
from scraper.sources.html import origin_of, unique
from scraper.sources.options import SourceOption, values_of
from scraper.sources.records import flag, items, objects, read_object, text

CODE_ID = "cfr"
_API = "/api/versioner/v1"
_TITLES = f"{_API}/titles.json"
_PATH = re.compile(
    rf"^{_API}/(?P<what>structure|full|ancestry)/(?P<date>\d{{4}}-\d\d-\d\d)/title-(?P<title>\d{{1,2}})\.(?:json|xml)$"
)
_NARROWS = ("part", "subpart", "section", "appendix")  # what an address of a piece of a title may ask for
_LARGEST = 6_000_000  # bytes of XML above which a part is read piece by piece
_LEVELS = {"DIV5": "part", "DIV6": "subpart", "DIV7": "subject_group"}
_DOCUMENTS = ("DIV8", "DIV9")


@dataclass(slots=True)
class EcfrSource:
    """The eCFR of the Office of the Federal Register; `titles` are the numbers of those to read, empty for all."""

    code: Code
    origin: str = "https://www.ecfr.gov"
    name: str = "ecfr"
    description: str = "The Code of Federal Regulations, from the XML that ecfr.gov's API gives"
    terms: Terms = field(
        default=Terms(
            "api",
            "https://www.ecfr.gov/reader-aids/ecfr-developer-resources",
            None,
            "The site offers an API without a key; its pages are not crawled. Nobody read its terms for this release.",
            reads="api",
        )
    )
    verified_live: date | None = None
    titles: tuple[str, ...] = ()
    options: tuple[SourceOption, ...] = (SourceOption("titles", "The titles to read, such as 29,40; all without it."),)

    def with_options(self, given: Mapping[str, str]) -> EcfrSource:
        """Return the source for some titles; raise ConfigError for what is no number of a title."""
        titles = values_of(given.get("titles", ""))
        wrong = [title for title in titles if not re.fullmatch(r"[1-9]\d?", title)]
        if wrong or not titles:
            raise ConfigError(f"titles={given.get('titles', '')!r}: give numbers of titles, such as titles=29,40.")
        return replace(self, titles=titles)

    def seeds(self) -> Sequence[str]:
        """Return the address of the list of titles."""
        return (self.origin + _TITLES,)

    def follows(self, url: str) -> bool:
        """Follow the titles, their structure and their text."""
        if origin_of(url) != self.origin:
            return False
        parts = urlsplit(url)
        if parts.path == _TITLES:
            return not parts.query
        match = _PATH.match(parts.path)
        if match is None or match["what"] == "ancestry" or (self.titles and match["title"] not in self.titles):
            return False
        asked = [name for name, _ in parse_qsl(parts.query)]
        return not asked if match["what"] == "structure" else bool(asked) and set(asked) <= set(_NARROWS)

    def parts(self, page: Page) -> Sequence[str]:
        """Return the address of the levels above a piece of text."""
        parts = urlsplit(page.url)
        match = _PATH.match(parts.path)
        if match is None or match["what"] != "full":
            return ()
        return (f"{origin_of(page.url)}{_API}/ancestry/{match['date']}/title-{match['title']}.json?{parts.query}",)

    def parse(self, page: Page) -> ParsedPage:
        """Return the links of a list, or the sections and appendices of a piece; raise ParseError for the rest."""
        parts = urlsplit(page.url)
        if parts.path == _TITLES:
            return self._titles(page)
        match = _PATH.match(parts.path)
        if match is not None and match["what"] == "structure":
            return self._structure(page, match["date"], match["title"])
        if match is not None and match["what"] == "full":
            return self._text(page, match["title"])
        raise ParseError(f"{page.url} is no address of the eCFR's law.", reason="layout")

    # ---- lists

    def _titles(self, page: Page) -> ParsedPage:
        answer = read_object(page.body, "The list of titles")
        links = []
        for row in objects(answer, "titles", "The list of titles"):
            number, what = text(row, "number", "A title"), "A title"
            issued, until = text(row, "latest_issue_date", what), text(row, "up_to_date_as_of", what)
            when = min(filter(None, (issued, until)), default="")
            if flag(row, "reserved", what) or (self.titles and number not in self.titles):
                continue
            if not re.fullmatch(r"\d{1,2}", number) or not re.fullmatch(r"\d{4}-\d\d-\d\d", when):
                raise ParseError(f"Title {number!r} has no number or no date.", reason="layout")
            links.append(f"{origin_of(page.url)}{_API}/structure/{when}/title-{number}.json")
        if not links:
            raise ParseError("The list of titles names none.", reason="layout")
        meta = answer.get("meta")
        busy = isinstance(meta, dict) and meta.get("import_in_progress") is True
        return ParsedPage(links=unique(links), complete=not busy and not self.titles)

    def _structure(self, page: Page, when: str, title: str) -> ParsedPage:
        root = read_object(page.body, "The structure of a title")
        if text(root, "type", "The structure") != "title":
            raise ParseError("The answer is not the structure of a title.", reason="layout")
        base = f"{origin_of(page.url)}{_API}/full/{when}/title-{title}.xml?"
        links = [base + urlencode(query, quote_via=quote) for part in _parts(root) for query in _queries(part)]
        if not links:
            raise ParseError(f"Title {title} has no parts.", reason="layout")
        return ParsedPage(links=unique(links))

    # ---- text

    def _text(self, page: Page, title: str) -> ParsedPage:
        root = parse_xml(page.body)
        asked = dict(parse_qsl(urlsplit(page.url).query))
        piece = _piece(root, asked)
        above = self._above(page, piece, title)
        documents: list[Document] = []
        place = Place(self.code, self.origin, title, asked.get("part", ""))
        if piece.tag == "DIV5":
            documents += part_notes(piece, place, above)
        unread: ParseError | None = None
        for element, levels in _units(piece, above):
            try:
                document = read_unit(element, place, levels)
            except ParseError as error:
                unread = unread or error
                continue
            if document is not None:
                documents.append(document)
        if unread is not None and not documents:
            raise unread
        if not documents and "[Reserved]" not in words_of(piece.find("HEAD")):
            raise ParseError("The part has neither sections nor appendices.", reason="empty")
        # One section that cannot be read costs neither the others nor, since nothing is whole now, what was held of it.
        return ParsedPage(tuple(_chained(documents)), complete=unread is None)

    def _above(self, page: Page, piece: Element, title: str) -> tuple[Level, ...]:
        """Return the levels above a piece, as the ancestry tells; the title alone where there is none."""
        answer = next((part for url, part in page.parts.items() if "/ancestry/" in urlsplit(url).path), None)
        if answer is None:
            return (Level("title", f"Title {title}", title),)
        own = (_LEVELS.get(piece.tag, ""), piece.get("N") or "")
        levels = []
        for row in objects(read_object(answer.body, "The ancestry"), "ancestors", "The ancestry"):
            kind, number = text(row, "type", "A level"), text(row, "identifier", "A level")
            if (kind, number) == own or kind in ("section", "appendix"):
                continue
            label = " ".join(text(row, "label", "A level").split())
            levels.append(Level(kind, label or f"{kind.capitalize()} {number}", number))
        return tuple(levels)


def create(jurisdictions: Jurisdictions) -> EcfrSource:
    """Return the source for the eCFR."""
    code = jurisdictions.code(CODE_ID)
    if code is None:
        raise ParseError(f"The jurisdiction tables have no code {CODE_ID!r}.", reason="table")
    return EcfrSource(code)


def _parts(root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the parts of a structure that have text, in order."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if text(node, "type", "A level") == "part":
            if not flag(node, "reserved", "A part") and text(node, "identifier", "A part"):
                yield node
            continue
        waiting += [child for child in reversed(items(node, "children", "A level")) if isinstance(child, dict)]


def _queries(part: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield what to ask for to have a part: all at once, or each of its pieces where it is very large."""
    number = text(part, "identifier", "A part")
    size = part.get("size")
    children = [child for child in items(part, "children", "A part") if isinstance(child, dict)]
    if not isinstance(size, int) or size <= _LARGEST or not children:
        yield {"part": number}
        return
    while children:
        child = children.pop(0)
        kind, name = text(child, "type", "A level"), text(child, "identifier", "A level")
        if kind == "subject_group":
            children[:0] = [row for row in items(child, "children", "A level") if isinstance(row, dict)]
        elif kind in _NARROWS and name and not flag(child, "reserved", "A level"):
            yield {"part": number, kind: name}


def _piece(root: Element, asked: Mapping[str, str]) -> Element:
    """Return the element that was asked for: the root itself, or inside a wrapper."""
    if root.tag in (*_LEVELS, *_DOCUMENTS):
        return root
    tag = {"section": "DIV8", "appendix": "DIV9", "subpart": "DIV6"}.get(list(asked)[-1] if asked else "", "DIV5")
    found = [element for element in root.iter(tag)]
    if len(found) != 1:
        raise ParseError(f"The XML holds no part ({root.tag}, {len(found)} times {tag}).", reason="layout")
    return found[0]


def _units(piece: Element, above: tuple[Level, ...]) -> Iterator[tuple[Element, tuple[Level, ...]]]:
    """Yield the sections and appendices of a piece, each with the levels above it."""
    waiting: list[tuple[Element, tuple[Level, ...]]] = [(piece, above)]
    while waiting:
        element, levels = waiting.pop()
        if element.tag in _DOCUMENTS:
            yield element, levels
        elif element.tag in _LEVELS:
            kind, number = _LEVELS[element.tag], (element.get("N") or "").strip()
            label = words_of(element.find("HEAD")) or f"{kind.capitalize()} {number}"
            own = (*levels, Level(kind, label, "" if kind == "subject_group" else number))
            waiting += [(child, own) for child in reversed(list(element))]


def _chained(documents: Sequence[Document]) -> Iterator[Document]:
    """Yield the documents, each with its neighbours' addresses; of two with one address the first alone."""
    kept = list({document.url: document for document in reversed(documents)}.values())[::-1]
    for at, document in enumerate(kept):
        before = kept[at - 1].url if at else ""
        after = kept[at + 1].url if at + 1 < len(kept) else ""
        yield replace(document, previous_url=before, next_url=after)
