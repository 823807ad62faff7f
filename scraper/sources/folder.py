"""A folder of saved pages and JSON Lines files: the one source that needs no network.

Pages (`*.html`, `*.htm`) are read by whichever other source knows their layout; the file's path below the folder is
the path of its address (`cases/x/index.html` is `ORIGIN/cases/x/`). JSON Lines (`*.jsonl`) hold one document a line:

    {"kind": "statute", "jurisdiction": "us", "title": "...", "citation": "28 U.S.C. § 1331", "text": "...",
     "id": "...", "url": "...", "hierarchy": ["Title 28", ...], "court": "", "date": "1997-06-26", "docket": "", ...}

Kind, jurisdiction, title and text are required, and a citation, a docket number or an id; every other field of
`Document` may be given, spans as [start, end, kind, label, attrs].
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from scraper.errors import ConfigError, ParseError
from scraper.interfaces import Page, ParsedPage, Source, Terms
from scraper.jurisdictions import Jurisdictions, slugify
from scraper.models import Document, document_from_json
from scraper.sources import dc_code, justia

_JSON = "application/json"
_PAGES = (".html", ".htm")
_REQUIRED = ("kind", "jurisdiction", "title", "text")
_NAMES = frozenset(spec.name for spec in fields(Document))
_OTHER_LAYOUT = ("layout", "unknown_code", "unknown_court")


@dataclass(slots=True)
class FolderSource:
    """Saved pages and JSON Lines below `folder`, in order of path."""

    jurisdictions: Jurisdictions
    folder: Path | None = None
    origin: str = "https://folder.invalid"
    name: str = "folder"
    description: str = "A folder of saved pages and JSON Lines: needs no network"
    terms: Terms = field(default=Terms("bulk", "", None, "The operator's own files."))
    verified_live: date | None = None

    def seeds(self) -> Sequence[str]:
        """Return nothing: a folder is read by `pages`, not crawled."""
        return ()

    def follows(self, url: str) -> bool:
        """Follow nothing: the folder is all there is."""
        return False

    def pages(self) -> Iterator[Page]:
        """Yield every page of the folder, each line of a JSON Lines file as a page; raise ConfigError without one."""
        if self.folder is None or not self.folder.is_dir():
            raise ConfigError(f"{self.folder} is not a folder; name one that holds pages or JSON Lines files.")
        for path in sorted(self.folder.rglob("*")):
            place = path.relative_to(self.folder).as_posix()
            if path.suffix.lower() in _PAGES:
                yield Page(f"{self.origin}/{place.removesuffix('index.html')}", path.read_bytes())
            elif path.suffix.lower() == ".jsonl":
                yield from self._lines(path, place)

    def documents(self) -> Iterator[Document]:
        """Yield every document of the folder; raise ParseError at the first page that cannot be read."""
        for page in self.pages():
            yield from self.parse(page).documents

    def parse(self, page: Page) -> ParsedPage:
        """Return the document of a line or of a page that another source's layout fits."""
        if page.content_type == _JSON:
            return ParsedPage((_document(page),))
        problem: ParseError | None = None
        for source in self._layouts():
            try:
                return source.parse(page)
            except ParseError as error:
                problem = error if problem is None or problem.reason in _OTHER_LAYOUT else problem
        raise problem or ParseError("No source knows the page's layout.", reason="layout")

    def _layouts(self) -> tuple[Source, ...]:
        found: list[Source] = [justia.JustiaSource(self.jurisdictions, origin=self.origin)]
        code = self.jurisdictions.code(dc_code.CODE_ID)
        if code is not None:
            found.append(dc_code.DcCodeSource(code, origin=self.origin))
        return tuple(found)

    def _lines(self, path: Path, place: str) -> Iterator[Page]:
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            if line.strip():
                yield Page(f"{self.origin}/{place}#{number}", line, _JSON)


def create(jurisdictions: Jurisdictions) -> FolderSource:
    """Return the source for a folder; set its `folder` before reading it."""
    return FolderSource(jurisdictions)


def _document(page: Page) -> Document:
    try:
        row: Any = json.loads(page.body)
    except ValueError as error:
        raise ParseError(f"{page.url} is not JSON ({error}).", reason="json") from error
    if not isinstance(row, dict):
        raise ParseError(f"{page.url} is not a JSON object.", reason="json")
    missing = [name for name in _REQUIRED if not row.get(name)]
    known = row.get("citation") or row.get("docket") or row.get("id")
    if missing or not known:
        raise ParseError(f"{page.url} lacks {', '.join(missing) or 'citation, docket and id'}.", reason="json")
    try:
        return document_from_json(_complete(row, str(known), page.url))
    except (ValueError, TypeError, KeyError) as error:
        raise ParseError(f"{page.url} is not a document ({error!r}).", reason="json") from error


def _complete(row: Mapping[str, Any], known: str, url: str) -> dict[str, Any]:
    """Return a row with what may be left out; levels may be plain labels, as an export writes them."""
    levels = [level if isinstance(level, list) else ["division", level, ""] for level in row.get("hierarchy") or ()]
    defaults: dict[str, Any] = {
        "id": f"{row['jurisdiction']}:{slugify(str(row.get('court') or row['kind']))}:{slugify(known)}",
        "citation": "",
        "url": url,
        "spans": [],
        "status": "in_force",
        "date": None,
        "date_argued": None,
        "effective_from": None,
        "effective_to": None,
    }
    given = {name: value for name, value in row.items() if name in _NAMES and value is not None}
    return {**defaults, **given, "hierarchy": levels}
