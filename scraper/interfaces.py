"""The seams of the scraper: a source that knows one site, what fetches its pages, and a store that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from scraper.models import Document, Provenance, SourceRef, Version

if TYPE_CHECKING:  # a source is pure: importing what it is made of must not load the network
    from scraper.fetch import FetchConfig, FetchedPage, Validators
    from scraper.robots import Robots

# "suppressed": it was purged and is not let in again; "conflict": another page of the run stated it differently.
ChangeKind = Literal["added", "changed", "unchanged", "source_added", "withdrawn", "returned", "suppressed", "conflict"]

# How a folder is served as pages, see `scraper.local`:
LISTING, LINE = "text/uri-list", "application/json"  # types of a listing, and of a line of a file
FIRST = "?list=1"  # the query of a listing's first part
LINE_SUFFIXES = (".jsonl", ".ndjson")  # files of which each line is a page


@dataclass(frozen=True, slots=True)
class Terms:
    """What a publisher allows, as someone read it: `permission` none forbids, unread asks the operator to read.

    `reads` is the way that the source itself goes. What is allowed by bulk files or by an API is not allowed by
    crawling pages, which is why the two are held against each other before a run.
    """

    permission: Literal["bulk", "api", "crawl", "none", "unread"]
    address: str
    read_on: date | None
    note: str = ""
    reads: Literal["pages", "api", "bulk"] = "pages"


@dataclass(frozen=True, slots=True)
class Page:
    """One fetched page: its canonical address, its decoded-from-transfer bytes, and the parts that belong to it.

    `parts` holds, by canonical address, the further answers that a source asked for with `HasParts.parts`.
    """

    url: str
    body: bytes
    content_type: str = "text/html"
    parts: Mapping[str, Page] = field(default_factory=dict)


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


@runtime_checkable
class ReadsFolder(Protocol):
    """What a source has besides, if its pages are files of the operator: `--base-url` is a path for it, no address.

    Such a source is crawled like any other (see `scraper.local`): it begins at the listing of the folder.
    """

    file_suffixes: tuple[str, ...]  # the files that it reads, in lower case: (".html", ".jsonl")


@runtime_checkable
class HasParts(Protocol):
    """What a source has besides, if a document is told by several answers together: an API's case, its opinions ...

    The crawl fetches the parts of a page before it parses it, politely like any page, and archives each. A page of
    which a part cannot be had has failed as a whole.
    """

    def parts(self, page: Page) -> Sequence[str]:
        """Return the canonical addresses of what belongs to a page; raise ParseError where it cannot be told."""
        ...


class PageFetcher(Protocol):
    """Where a crawl gets its pages: a site (`scraper.fetch.Fetcher`) or a folder (`scraper.local.FolderFetcher`)."""

    @property
    def config(self) -> FetchConfig:
        """Return the limits, and the contact that sites are told."""
        ...

    def pace(self, url: str, delay: float) -> None:
        """Set the gap (seconds) after each answer of the host of `url`."""
        ...

    def robots(self, url: str) -> Robots:
        """Return the rules of the origin of `url`."""
        ...

    def get(self, url: str, conditional: Validators | None = None) -> FetchedPage:
        """Return an answer of status 200, 203, 304, 404 or 410; raise FetchError for anything else."""
        ...


@runtime_checkable
class Interruptible(Protocol):
    """What a PageFetcher is besides, if it may wait for long."""

    def watch(self, is_over: Callable[[], bool]) -> None:
        """Ask `is_over` during waits; where it says so, `get` raises FetchError of the reason "cancelled"."""
        ...


@runtime_checkable
class Bounded(Protocol):
    """What a PageFetcher is besides, if an answer may be long in coming."""

    def together(self) -> AbstractContextManager[None]:
        """Let all that is got inside share the time that one page has."""
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
