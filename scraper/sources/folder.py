"""A folder of saved pages and JSON Lines files: the one source that needs no network.

Pages (`*.html`, `*.htm`) are read by whichever other source knows their layout; the file's path below the folder is
the path of its address (`cases/x/index.html` is `ORIGIN/cases/x/`). JSON Lines (`*.jsonl`) hold one document a line:

    {"kind": "statute", "jurisdiction": "us", "title": "...", "citation": "28 U.S.C. § 1331", "text": "...",
     "id": "...", "url": "...", "hierarchy": ["Title 28", ...], "court": "", "date": "1997-06-26", "docket": "", ...}

Kind, title and text are required, a citation, a docket number or an id, and the jurisdiction where no id names it;
every other field of `Document` may be given, spans as [start, end, kind, label, attrs]. What `lexatlas export
documents` writes is read back as it was. A document is known by its `url`, or by its id where it has none: each must
be the only one in the folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from scraper.errors import ParseError
from scraper.interfaces import FIRST, LINE, LINE_SUFFIXES, LISTING, Page, ParsedPage, Source, Terms
from scraper.jurisdictions import Jurisdictions, slugify
from scraper.models import Document, Span, document_from_json
from scraper.sources import dc_code, justia

_REQUIRED = ("kind", "jurisdiction", "title", "text")
_FIELDS = fields(Document)
_TEXTS = tuple(spec.name for spec in _FIELDS if spec.type == "str")
_LISTS = tuple(spec.name for spec in _FIELDS if spec.type == "tuple[str, ...]")
_OTHER_LAYOUT = ("layout", "unknown_code", "unknown_court")


@dataclass(slots=True)
class FolderSource:
    """Saved pages and JSON Lines, as `scraper.local.FolderFetcher` serves them."""

    jurisdictions: Jurisdictions
    origin: str = "https://folder.invalid"
    name: str = "folder"
    description: str = "A folder of saved pages and JSON Lines, named with --base-url: needs no network"
    terms: Terms = field(default=Terms("bulk", "", None, "The operator's own files."))
    verified_live: date | None = None
    file_suffixes: tuple[str, ...] = (".html", ".htm", *LINE_SUFFIXES)

    def seeds(self) -> Sequence[str]:
        """Return the listing of the whole folder."""
        return (f"{self.origin}/{FIRST}",)

    def follows(self, url: str) -> bool:
        """Follow what lies in the folder."""
        return url.startswith(f"{self.origin}/")

    def parse(self, page: Page) -> ParsedPage:
        """Return the links of a listing, the document of a line or of a page that another source's layout fits."""
        if page.content_type == LISTING:
            return ParsedPage(links=tuple(urljoin(page.url, line) for line in page.body.decode("ascii").split()))
        if page.content_type == LINE:
            return ParsedPage((_document(page, self.origin),))
        problem: ParseError | None = None
        for source in self._layouts():
            try:
                # Links are left aside: the listings name all that there is, and a saved page may link to what is not.
                return ParsedPage(source.parse(page).documents)
            except ParseError as error:
                problem = error if problem is None or problem.reason in _OTHER_LAYOUT else problem
        raise problem or ParseError("No source knows the page's layout.", reason="layout")

    def _layouts(self) -> tuple[Source, ...]:
        found: list[Source] = [justia.JustiaSource(self.jurisdictions, origin=self.origin)]
        code = self.jurisdictions.code(dc_code.CODE_ID)
        if code is not None:
            found.append(dc_code.DcCodeSource(code, origin=self.origin))
        return tuple(found)


def create(jurisdictions: Jurisdictions) -> FolderSource:
    """Return the source for a folder."""
    return FolderSource(jurisdictions)


def _document(page: Page, origin: str) -> Document:
    try:
        row: Any = json.loads(page.body)
    except ValueError as error:
        raise ParseError(f"{page.url} is not JSON ({error}).", reason="json") from error
    if not isinstance(row, dict):
        raise ParseError(f"{page.url} is not a JSON object.", reason="json")
    try:
        document = document_from_json(_complete(row, origin))
        _check(document)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ParseError(f"{page.url} is not a document ({error}).", reason="json") from error
    return document


def _complete(row: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Return a row with what may be left out; raise ValueError where what is required is missing.

    `levels` are the whole places of an export, beside the plain labels of its `hierarchy`.
    """
    given = {spec.name: row[spec.name] for spec in _FIELDS if row.get(spec.name) is not None}
    known = str(row.get("citation") or row.get("docket") or row.get("id") or "")
    whole = str(row.get("id") or "")
    if ":" in whole:
        given.setdefault("jurisdiction", whole.partition(":")[0])
    missing = [name for name in _REQUIRED if name not in given]
    if missing or not known:
        raise ValueError(f"it lacks {', '.join(missing) or 'citation, docket and id'}")
    levels = row.get("levels") or row.get("hierarchy") or []
    if not isinstance(levels, list):
        raise ValueError("hierarchy is not a list")
    identity = f"{given['jurisdiction']}:{slugify(str(row.get('court') or row['kind']))}:{slugify(known)}"
    defaults: dict[str, Any] = {
        "id": identity,
        "citation": "",
        "url": f"{origin}/?id={quote(whole or identity, safe=':')}",
        "spans": [],
        "status": "in_force",
        "date": None,
        "date_argued": None,
        "effective_from": None,
        "effective_to": None,
    }
    places = [level if isinstance(level, list) else ["division", level, ""] for level in levels]
    return {**defaults, **given, "hierarchy": places}


def _check(document: Document) -> None:
    """Raise ValueError for what is of another type or form than a document's."""
    for name in _TEXTS:
        _check_text(name, getattr(document, name))
    for name in _LISTS:
        if not isinstance(getattr(document, name), tuple):
            raise ValueError(f"{name} is not a list")
        for value in getattr(document, name):
            _check_text(name, value)
    for level in document.hierarchy:
        for value in (level.kind, level.label, level.number):
            _check_text("hierarchy", value)
    for span in document.spans:
        _check_span(span, len(document.text))
    if not document.id.strip() or not document.title.strip():
        raise ValueError("its id or title is empty")
    if urlsplit(document.url).scheme not in {"http", "https"} or not urlsplit(document.url).hostname:
        raise ValueError(f"{document.url!r} is no web address")


def _check_span(span: Span, length: int) -> None:
    if not (isinstance(span.start, int) and isinstance(span.end, int) and 0 <= span.start <= span.end <= length):
        raise ValueError(f"the span {span.start} to {span.end} does not lie in the text")
    for value in (span.label, *span.attrs.keys(), *span.attrs.values()):
        _check_text("spans", value)


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")
    value.encode("utf-8")  # half a surrogate pair, which JSON can hold, is no character
    if "\x00" in value:
        raise ValueError(f"{name} holds a NUL character")
