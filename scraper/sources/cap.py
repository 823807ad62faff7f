"""The Caselaw Access Project's volumes at static.case.law: cases from bound reporters, as JSON.

    /ReportersMetadata.json                    -> the reporters; by default those that the jurisdiction tables name
    /us/VolumesMetadata.json                   -> the volumes of a reporter
    /us/410/CasesMetadata.json                 -> the cases of a volume
    /us/410/cases/0113-01.json                 -> a case: head matter, opinions by kind and author, citations by type

The text is what a machine read off scanned pages. It marks no footnotes and no pages; both are told where it can be
done safely: "*845" between a case's first and last page, notes in a row at an opinion's end that its words refer to.
With `text=html` each case's HTML (/us/410/html/0113-01.html) is fetched as a part of its page, which marks both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from scraper.errors import CitationError, ConfigError, ParseError
from scraper.interfaces import Page, ParsedPage, Terms
from scraper.jurisdictions import Court, Jurisdictions, case_id, slugify
from scraper.models import Document, DocumentKind, OpinionKind, SpanKind
from scraper.sources.casebook import (
    CAP_TYPES,
    Book,
    Piece,
    author_name,
    bind,
    is_per_curiam,
    judge_names,
    parties,
    place_of,
    plain_text,
    with_notes,
    with_stars,
)
from scraper.sources.courts import court_named
from scraper.sources.html import by_class, no_law, origin_of, unique, words_of
from scraper.sources.markup import built_markup
from scraper.sources.options import SourceOption, values_of
from scraper.sources.records import as_object, as_text, day, items, objects, read_json, text
from scraper.sources.trees import parse_html

_REPORTERS = "/ReportersMetadata.json"
_PATH = re.compile(
    r"^/(?P<reporter>[a-z0-9-]+)/(?:VolumesMetadata\.json|(?P<volume>[\w.-]+)/(?:CasesMetadata|cases/(?P<case>[\w-]+))\.json)$"
)
_RANGE = re.compile(r"^(\d{1,9})-(\d{1,9})$")
_DOCKET = re.compile(r"^(?:Nos?\.|Docket(?:\s+Nos?\.)?|Case\s+Nos?\.)\s*", re.IGNORECASE)
_MOST_VOLUMES = 10_000
_CITATION_ORDER = ("official", "neutral", "parallel", "nominative", "vendor")


@dataclass(slots=True)
class CapSource:
    """static.case.law; `reporters`, `volumes` and `courts` narrow what is read, each empty for no narrowing."""

    jurisdictions: Jurisdictions
    origin: str = "https://static.case.law"
    name: str = "cap"
    description: str = "Cases from bound reporters, from the Caselaw Access Project's static JSON volumes"
    terms: Terms = field(
        default=Terms(
            "bulk",
            "https://case.law/docs/",
            None,
            "The project offers its volumes as static files for download. Nobody read its terms for this release.",
            reads="bulk",
        )
    )
    verified_live: date | None = None
    reporters: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    courts: tuple[str, ...] = ()
    with_html: bool = False
    options: tuple[SourceOption, ...] = (
        SourceOption("reporters", "Slugs of reporters, such as us,f3d; without it those of the jurisdiction tables."),
        SourceOption("volumes", "Volumes, such as 410,500-521; all without it."),
        SourceOption("courts", "Ids of courts, such as scotus,ca9, for reporters of many courts; all without it."),
        SourceOption("text", "html: read each case's HTML too, which marks pages and footnotes; twice the requests."),
    )

    def with_options(self, given: Mapping[str, str]) -> CapSource:
        """Return the source narrowed; raise ConfigError for what is no slug or no volume."""
        chosen = {name: values_of(given[name]) for name in given}
        for name, values in chosen.items():
            if not values or not all(re.fullmatch(r"[a-z0-9.-]+", value) for value in values):
                raise ConfigError(f"{name}={given[name]!r} cannot be read; write for example {name}={_EXAMPLES[name]}.")
        if chosen.get("text", ("html",)) != ("html",):
            raise ConfigError(f"text={given['text']!r} cannot be read; the only choice besides none is text=html.")
        return replace(
            self,
            with_html=self.with_html or "text" in chosen,
            reporters=chosen.get("reporters", self.reporters),
            volumes=_numbers(chosen.get("volumes", ())) or self.volumes,
            courts=chosen.get("courts", self.courts),
        )

    def seeds(self) -> Sequence[str]:
        """Return the address of the list of reporters."""
        return (self.origin + _REPORTERS,)

    def follows(self, url: str) -> bool:
        """Follow the lists and the cases, of the chosen reporters and volumes."""
        parts = urlsplit(url)
        if origin_of(url) != self.origin or parts.query:
            return False
        match = _PATH.match(parts.path)
        if match is None:
            return parts.path == _REPORTERS
        if self.reporters and match["reporter"] not in self.reporters:
            return False
        return not (self.volumes and match["volume"]) or match["volume"] in self.volumes

    def parts(self, page: Page) -> Sequence[str]:
        """Return the address of a case's HTML where that is wanted."""
        match = _PATH.match(urlsplit(page.url).path)
        return (_html_of(page, **match.groupdict()),) if self.with_html and match and match["case"] else ()

    def parse(self, page: Page) -> ParsedPage:
        """Return the links of a list, or a case; raise ParseError for anything else."""
        path = urlsplit(page.url).path
        match = _PATH.match(path)
        if path == _REPORTERS:
            links = self._reporters(page)
        elif match is None:
            raise ParseError(f"{page.url} is no address of the project's volumes.", reason="layout")
        elif match["case"]:
            return ParsedPage((self._case(page, **match.groupdict()),))
        elif match["volume"]:
            links = self._cases(page, match["reporter"], match["volume"])
        else:
            links = self._volumes(page, match["reporter"])
        narrowed = bool(self.reporters or self.volumes or self.courts)
        return ParsedPage(links=unique(links), complete=not narrowed)

    # ---- lists

    def _reporters(self, page: Page) -> list[str]:
        rows = _rows(page.body, "The list of reporters")
        wanted = self.reporters or tuple(slugify(row.cite) for row in self.jurisdictions.reporters if not row.neutral)
        held = [_slug(text(row, "slug", "A reporter")) for row in rows]
        found = [slug for slug in held if slug in wanted]
        if not any(held):
            raise ParseError("The list of reporters names none.", reason="layout")
        return [f"{origin_of(page.url)}/{slug}/VolumesMetadata.json" for slug in found]

    def _volumes(self, page: Page, reporter: str) -> list[str]:
        what = "A volume"
        folders = [
            _slug(text(row, "volume_folder", what) or text(row, "volume_number", what))
            for row in _rows(page.body, "The list of volumes")
        ]
        if not any(folders):
            raise ParseError("The list of volumes names none.", reason="layout")
        kept = [folder for folder in folders if folder and (not self.volumes or folder in self.volumes)]
        return [f"{origin_of(page.url)}/{reporter}/{folder}/CasesMetadata.json" for folder in kept]

    def _cases(self, page: Page, reporter: str, volume: str) -> list[str]:
        base = f"{origin_of(page.url)}/{reporter}/{volume}/cases/"
        links, before, place = [], "", 0
        rows = _rows(page.body, "The list of cases")
        if not rows:
            raise ParseError("The list of cases names none.", reason="empty")
        for row in rows:
            first = text(row, "first_page", "A case")
            place = place + 1 if first == before else 1
            before = first
            name = _slug(text(row, "file_name", "A case")) or _slug(f"{first.zfill(4)}-{place:02}" if first else "")
            if not name:
                raise ParseError("A case of the list has neither a file nor a first page.", reason="layout")
            if not self.courts or self._is_wanted(row):
                links.append(f"{base}{name}.json")
        return links

    def _is_wanted(self, row: Mapping[str, Any]) -> bool:
        court = self._court(row)
        return court is not None and court.id in self.courts

    # ---- a case

    def _case(self, page: Page, reporter: str, volume: str, case: str) -> Document:
        row = as_object(read_json(page.body, "The case"), "The case")
        court = self._court(row)
        if court is None:
            name = text(_object(row, "court"), "name", "The court")
            raise ParseError(
                f"No table and no list of courts knows {name[:80]!r}; add it to one.", reason="unknown_court"
            )
        title = text(row, "name_abbreviation", "The case") or text(row, "name", "The case")[:300]
        citations = _citations(row)
        docket = _DOCKET.sub("", text(row, "docket_number", "The case")).strip(" .")[:200]
        citation = citations[0] if citations else ""
        if not title:
            raise ParseError("The case has no name.", reason="layout")
        html = _html_of(page, reporter, volume, case)
        book = bind(_marked_pieces(page.parts[html].body) if html in page.parts else _pieces(row))
        written, decided = text(row, "decision_date", "The case"), day(row, "decision_date", "The case")
        return Document(
            id=_id(court, citation, docket),
            kind=DocumentKind.CASE,
            jurisdiction=court.jurisdiction,
            title=" ".join(title.split()),
            citation=citation,
            text=book.text,
            url=html,
            spans=book.spans,
            parallel_citations=citations[1:],
            hierarchy=place_of(court.name, written[:4]),
            court=court.id,
            date=decided,
            docket=docket,
            judges=_judges(row, book),
            parties=parties(title),
            disposition=book.disposition,
            disposition_kind=book.disposition_kind,
            publication="published",
        )

    def _court(self, row: Mapping[str, Any]) -> Court | None:
        place = _object(row, "jurisdiction")
        state = text(place, "name_long", "The jurisdiction") or text(place, "name", "The jurisdiction")
        return court_named(text(_object(row, "court"), "name", "The court"), state, self.jurisdictions)


def create(jurisdictions: Jurisdictions) -> CapSource:
    """Return the source for static.case.law."""
    return CapSource(jurisdictions)


_EXAMPLES = {"reporters": "us,f3d", "volumes": "410,500-521", "courts": "scotus,ca9", "text": "html"}


def _html_of(page: Page, reporter: str, volume: str, case: str) -> str:
    return f"{origin_of(page.url)}/{reporter}/{volume}/html/{case}.html"


def _numbers(values: Iterable[str]) -> tuple[str, ...]:
    """Return volumes one by one: "500-521" is twenty-two of them."""
    found: list[str] = []
    for value in values:
        match = _RANGE.match(value)
        if match is None:
            found.append(value)
            continue
        numbers = range(int(match[1]), int(match[2]) + 1)
        if not 0 < len(numbers) <= _MOST_VOLUMES:
            raise ConfigError(f"volumes={value!r} is no range of volumes; write for example 500-521.")
        found += [str(number) for number in numbers]
    return tuple(dict.fromkeys(found))


def _rows(body: bytes, what: str) -> list[Mapping[str, Any]]:
    rows = read_json(body, what)
    if not isinstance(rows, list):
        raise ParseError(f"{what} is not a JSON list.", reason="json")
    return [as_object(row, what) for row in rows]


def _object(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    return {} if value is None else as_object(value, f"The case: {name}")


def _slug(name: str) -> str:
    """Return a name that may stand in an address, empty for anything else."""
    return name if re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", name) and name.strip(".") else ""


def _id(court: Court, citation: str, docket: str) -> str:
    try:
        return case_id(court, citation, docket)
    except CitationError as error:
        raise ParseError(str(error), reason="layout") from error


def _citations(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the citations, the official one first."""
    found = [
        (text(cite, "type", "A citation").lower(), " ".join(text(cite, "cite", "A citation").split()))
        for cite in objects(row, "citations", "The case")
    ]
    rank = {name: place for place, name in enumerate(_CITATION_ORDER)}
    found.sort(key=lambda pair: rank.get(pair[0], 2))
    return unique(cite for _, cite in found)


def _pieces(row: Mapping[str, Any]) -> list[Piece]:
    body = _object(row, "casebody")
    if "opinions" not in body and isinstance(body.get("data"), dict):
        body = body["data"]  # as the former API gave it
    first, last = text(row, "first_page", "The case"), text(row, "last_page", "The case")
    pieces = [Piece(plain_text(text(body, "head_matter", "The case"), by_line=True), SpanKind.HEAD_MATTER)]
    opinions = list(objects(body, "opinions", "The case"))
    if not opinions:
        raise ParseError("The case has no opinions.", reason="empty")
    for opinion in opinions:
        built = with_notes(plain_text(text(opinion, "text", "An opinion"), by_line=True))
        called = text(opinion, "type", "An opinion").lower().replace("_", "-").replace(" ", "-")
        line = text(opinion, "author", "An opinion")
        kind, stage = CAP_TYPES.get(called, (None, ""))
        if kind is OpinionKind.MAJORITY and is_per_curiam(line):
            kind = OpinionKind.PER_CURIAM
        untyped = called not in CAP_TYPES
        alone = untyped and len(opinions) == 1
        pieces.append(
            Piece(with_stars(built, first, last), kind=kind, author=author_name(line), stage=stage, mixed=alone)
        )
    return [replace(pieces[0], built=with_stars(pieces[0].built, first, last)), *pieces[1:]]


def _marked_pieces(body: bytes) -> list[Piece]:
    """Return the pieces of a case from its HTML; raise ParseError where it marks no opinions."""
    root = parse_html(body)
    articles = [element for element in by_class(root, "opinion") if element.tag == "article"]
    if not articles:
        raise no_law(root)
    pieces = [Piece(built_markup(head), SpanKind.HEAD_MATTER) for head in by_class(root, "head-matter")[:1]]
    for article in articles:
        line = words_of(next(iter(by_class(article, "author")), None))
        line = re.sub(r"\*\d+", " ", line)
        kind, stage = CAP_TYPES.get(article.get("data-type") or "", (None, ""))
        if kind is OpinionKind.MAJORITY and is_per_curiam(line):
            kind = OpinionKind.PER_CURIAM
        alone = kind is None and not stage and len(articles) == 1
        pieces.append(Piece(built_markup(article), kind=kind, author=author_name(line), stage=stage, mixed=alone))
    return pieces


def _judges(row: Mapping[str, Any], book: Book) -> tuple[str, ...]:
    body = _object(row, "casebody")
    listed = [as_text(name, "A judge") for name in items(body, "judges", "The case")]
    return unique([*book.judges, *(name for line in listed for name in judge_names(line))])
