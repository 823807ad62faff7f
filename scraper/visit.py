"""One page of a run: fetched with its parts, archived, parsed. What came of it is returned, nothing is stored here.

Only what is new is read. A page that its server calls unmodified, or that has the bytes that it had, states what it
stated before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from scraper.addresses import Addresses, plain, same_page
from scraper.archive import Archive
from scraper.errors import ConfigError, FetchError, FetchRefused, FetchTooLarge, ParseError, StoreDamaged
from scraper.fetch import FetchedPage, Validators
from scraper.interfaces import HasParts, Page, PageFetcher, ParsedPage, Source
from scraper.ledger import Pending, Visited
from scraper.models import Document, DocumentStatus
from scraper.revisits import CUT, PARSED, PART, QUARANTINED, LastVisit
from scraper.store import Quarantined

MOST_PARTS, MOST_BYTES = 1000, 64 * 1024 * 1024  # of one page; what asks for more is no document
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"  # what decoders put where they could not read
Known = Callable[[Sequence[str]], Mapping[str, LastVisit]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One visited page with everything that is to be kept of it."""

    page: Pending
    visited: Visited
    fetched: FetchedPage | None = None
    parsed: ParsedPage | None = None
    links: tuple[str, ...] = ()
    last: LastVisit | None = None  # to be remembered
    parts: tuple[LastVisit, ...] = ()  # to be remembered
    quarantined: Quarantined | None = None

    @property
    def size(self) -> int:
        """Return the bytes that it keeps in memory."""
        return len(self.fetched.body) if self.fetched else 0


@dataclass(frozen=True, slots=True)
class _Part:
    url: str
    fetched: FetchedPage

    def as_page(self) -> Page:
        return Page(self.url, self.fetched.body, self.fetched.headers.get("content-type", ""))


class Visitor:
    """Visits the pages of one run. Raises StoreError where the archive's disk refuses; a bad page raises nothing."""

    def __init__(
        self, source: Source, addresses: Addresses, fetcher: PageFetcher, archive: Archive, run_id: str,
        known: Known, *, full: bool = False,
    ) -> None:  # fmt: skip
        self._source, self._addresses = source, addresses
        self._fetcher, self._archive = fetcher, archive
        self._run_id, self._known, self._full = run_id, known, full

    def visit(self, page: Pending, last: LastVisit | None, room: int | None = None) -> Outcome:
        """Visit a page; `last` is what it said before, `room` the most documents that may be taken from it."""
        try:
            fetched = self._get(page.url, last)
            if fetched.status in {404, 410}:
                return Outcome(page, Visited(page.url, "missing", f"status-{fetched.status}"))
            address = self._address_of(page.url, fetched)
            if last and last.outcome == PARSED and _same(fetched, last):
                if not self._have_parts_changed(address, fetched, last):
                    return _unchanged(page, fetched, last)
                if fetched.status == 304:
                    fetched = self._get(page.url, None)
            return self._read(page, fetched, address, last, room)
        except FetchError as error:
            by_rule = isinstance(error, FetchRefused) and error.reason == "robots"
            return Outcome(page, Visited(page.url, "refused" if by_rule else "failed", error.reason))

    # ---- fetching ---------------------------------------------------------------------------------------

    def _get(self, url: str, last: LastVisit | None) -> FetchedPage:
        dialled = self._addresses.dialled(url)
        return self._fetcher.get(dialled, last.conditions(dialled) if last and not self._full else None)

    def _address_of(self, url: str, fetched: FetchedPage) -> str:
        """Return the canonical address that a page is parsed under: where its redirects led, if that is law too."""
        if same_page(fetched.url, fetched.requested):
            return url
        there = self._addresses.canonical(fetched.url)
        if not self._source.follows(there):
            raise FetchRefused(
                f"{url} redirects to {there}, which is not part of this source.", url=url, reason="redirect"
            )
        return plain(there)

    def _part_addresses(self, page: Page) -> list[str]:
        """Return the canonical addresses of a page's parts; raise ParseError for what cannot be fetched as one."""
        if not isinstance(self._source, HasParts):
            return []
        found = []
        for url in self._source.parts(page):
            try:
                part = plain(url)
            except ConfigError as error:
                raise ParseError(f"{url!r} is no address of a part.", reason="parts") from error
            if not part.startswith(self._addresses.origin + "/"):
                raise ParseError(f"{part} is not a part of this site.", reason="parts")
            found.append(part)
        if len(found) > MOST_PARTS:
            raise ParseError(f"The page has {len(found)} parts, more than {MOST_PARTS}.", reason="parts")
        return list(dict.fromkeys(found))

    def _parts(self, whole: FetchedPage, addresses: Sequence[str]) -> list[_Part]:
        """Fetch the parts of a page whole; raise FetchError where one cannot be had."""
        parts, size = list[_Part](), len(whole.body)
        for url in addresses:
            fetched = self._fetcher.get(self._addresses.dialled(url))
            if fetched.status in {404, 410}:
                raise FetchRefused(f"The part {url} is not there.", url=url, reason=f"part-{fetched.status}")
            size += len(fetched.body)
            if size > MOST_BYTES:
                raise FetchTooLarge(f"The page and its parts are larger than {MOST_BYTES:,} bytes.", url=url,
                                    reason="too-large")  # fmt: skip
            parts.append(_Part(url, fetched))
        return parts

    def _have_parts_changed(self, address: str, fetched: FetchedPage, last: LastVisit) -> bool:
        """Tell whether what belongs to an unchanged page changed, or cannot be told without reading all of it."""
        if not isinstance(self._source, HasParts):
            return False
        try:
            body = fetched.body if fetched.status != 304 else self._archive.read(last.file, last.offset).body
            with _tripping():
                addresses = self._part_addresses(Page(address, body, fetched.headers.get("content-type", "")))
        except (ParseError, StoreDamaged):
            return True
        known = self._known(addresses)
        for url in addresses:
            before = known.get(url)
            if before is None or not _same(self._get(url, before), before):
                return True
        return False

    # ---- reading ----------------------------------------------------------------------------------------

    def _read(
        self, page: Pending, fetched: FetchedPage, address: str, before: LastVisit | None, room: int | None
    ) -> Outcome:
        """Archive a page and its parts and parse them; what does not parse is to be quarantined."""
        whole = Page(address, fetched.body, fetched.headers.get("content-type", ""))
        parts = list[_Part]()
        try:
            with _tripping():
                addresses = self._part_addresses(whole)
            parts = self._parts(fetched, addresses)
            parsed = read_page(self._source, replace(whole, parts={part.url: part.as_page() for part in parts}))
        except ParseError as error:
            rows = self._archived(page.url, fetched, parts, before, QUARANTINED)
            return self._quarantined(page, fetched, rows, error)
        rows = self._archived(page.url, fetched, parts, before, PARSED)
        return self._parsed(page, fetched, replace(rows[-1], complete=parsed.complete), parsed, rows[:-1], room)

    def _parsed(
        self, page: Pending, fetched: FetchedPage, last: LastVisit, parsed: ParsedPage, parts: Sequence[LastVisit],
        room: int | None,
    ) -> Outcome:  # fmt: skip
        links, documents = tuple(dict.fromkeys(self._followed(parsed.links))), parsed.documents
        if room is not None and len(documents) > room:
            documents, last = documents[:room], replace(last, outcome=CUT)
        visited = Visited(page.url, "fetched", "" if parsed.complete else "incomplete", len(documents))
        last = replace(last, links=links, documents=len(documents))
        return Outcome(page, visited, fetched, replace(parsed, documents=documents), links, last, tuple(parts))

    def _quarantined(
        self, page: Pending, fetched: FetchedPage, rows: Sequence[LastVisit], error: ParseError
    ) -> Outcome:
        last = rows[-1]
        aside = Quarantined(
            0, page.url, self._source.name, self._run_id, error.reason, str(error)[:2000], last.sha256, last.file,
            last.offset, fetched.fetched_at,
        )  # fmt: skip
        return Outcome(page, Visited(page.url, "quarantined", error.reason), fetched, last=last,
                       parts=tuple(rows[:-1]), quarantined=aside)  # fmt: skip

    def _archived(
        self, url: str, fetched: FetchedPage, parts: Sequence[_Part], before: LastVisit | None, outcome: str
    ) -> list[LastVisit]:
        """Archive the parts of a page and then the page; return what to remember of each, the page last.

        A page without parts of which the same bytes are in the archive already is not archived again.
        """
        rows = [self._record(part.url, part.fetched, PART, part_of=url) for part in parts]
        return [*rows, self._record(url, fetched, outcome, None if parts else before)]

    def _record(
        self, url: str, fetched: FetchedPage, outcome: str, before: LastVisit | None = None, part_of: str = ""
    ) -> LastVisit:
        sha256 = hashlib.sha256(fetched.body).hexdigest()
        if before and before.file and before.sha256 == sha256:
            place = before.file, before.offset
        else:
            place = self._archive.write(fetched, url, part_of=part_of)
        validators = Validators(fetched.headers.get("etag", ""), fetched.headers.get("last-modified", ""))
        return LastVisit(
            url, self._source.name, fetched.requested, validators, sha256, outcome, (), True, 0, *place,
            fetched_at=fetched.fetched_at,
        )  # fmt: skip

    def _followed(self, links: Sequence[str]) -> Iterator[str]:
        """Yield the links that belong to the source, judged by where they lead; what is no web address is none."""
        for link in links:
            try:
                url = plain(link)
            except ConfigError:
                continue
            if self._source.follows(url):
                yield url


def read_page(source: Source, page: Page) -> ParsedPage:
    """Return what a page holds, fit to be stored; raise ParseError for every page that is to be set aside."""
    with _tripping():
        parsed = source.parse(page)
    check_documents(parsed.documents)
    return parsed


def _same(fetched: FetchedPage, last: LastVisit) -> bool:
    return fetched.status == 304 or hashlib.sha256(fetched.body).hexdigest() == last.sha256


def _unchanged(page: Pending, fetched: FetchedPage, last: LastVisit) -> Outcome:
    reason = "not-modified" if fetched.status == 304 else "same-bytes"
    if not last.complete:
        reason = "incomplete"
    return Outcome(page, Visited(page.url, "unchanged", reason, last.documents), fetched, links=last.links)


@contextmanager
def _tripping() -> Iterator[None]:
    """Turn whatever a parser trips over into a ParseError: one page must not end a run."""
    try:
        yield
    except ParseError:
        raise
    except Exception as error:
        raise ParseError(f"{type(error).__name__}: {error}", reason="parser") from error


def check_documents(documents: Sequence[Document]) -> None:
    """Raise ParseError for documents that must not be stored, whatever the parser thought of them."""
    addresses = [document.url for document in documents]
    if len(set(addresses)) < len(addresses):
        raise ParseError("Two documents of the page have the same address.", reason="address")
    for document in documents:
        if not document.text.strip() and document.status is DocumentStatus.IN_FORCE:
            raise ParseError(f"{document.id} has no text.", reason="empty")
        if _REPLACEMENT in document.text or _REPLACEMENT in document.title:
            raise ParseError(f"{document.id} has characters that could not be decoded.", reason="charset")
