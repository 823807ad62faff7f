"""The two seams of the scraper: a source that knows one site, and a store that keeps what was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from scraper.models import Document, Provenance, SourceRef, Version

ChangeKind = Literal["added", "changed", "unchanged", "source_added", "withdrawn", "returned"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a publisher allows, as someone read it: `permission` none forbids, unread asks the operator to read."""

    permission: Literal["bulk", "api", "crawl", "none", "unread"]
    address: str
    read_on: date | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One fetched page: its canonical address and its decoded-from-transfer bytes."""

    url: str
    body: bytes
    content_type: str = "text/html"


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """What a page holds: documents, and canonical addresses to visit next.

    A listing page has links and no documents; `complete` is False where the page says that it shows only a part
    without linking to the rest, so that nothing may be taken as vanished because of it.
    """

    documents: tuple[Document, ...] = ()
    links: tuple[str, ...] = ()
    complete: bool = True


class Source(Protocol):
    """One site or format: one module in `scraper/sources/`, pure (no network, no clock, no environment)."""

    name: str
    description: str
    origin: str  # canonical origin, "https://law.justia.com"; a mirror's origin is swapped in by the crawl
    terms: Terms
    verified_live: date | None  # when this parser was last held against the live site

    def seeds(self) -> Sequence[str]:
        """Return the canonical addresses at which a crawl begins."""
        ...

    def follows(self, url: str) -> bool:
        """Tell whether a canonical address belongs to this source's law, so that the crawl may visit it."""
        ...

    def parse(self, page: Page) -> ParsedPage:
        """Return what a page holds; raise ParseError where it is not what the site should show."""
        ...


class DocumentStore(Protocol):
    """Documents with all their versions; the only thing that later stages read."""

    def put(self, document: Document, provenance: Provenance, run_id: str, source: str) -> ChangeKind:
        """Store what a page states, under the id minted first; all in one transaction."""
        ...

    def current(self) -> Iterator[Version]:
        """Yield the current version of every document in order of id, tombstones left out."""
        ...

    def versions(self, document_id: str) -> list[Version]:
        """Return all versions of a document, oldest first; raise UnknownDocument."""
        ...

    def sources_of(self, document_id: str) -> list[SourceRef]:
        """Return every address at which a document was seen."""
        ...

    def last_change(self) -> datetime | None:
        """Return when anything last changed (UTC), None for an empty store."""
        ...
