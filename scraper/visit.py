"""One page of a run: fetched with its parts, archived, parsed. What came of it is returned, nothing is stored here.

Only what is new is read. A page that its server calls unmodified, or that has the bytes that it had, states what it
stated before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import get_args

from scraper.addresses import Addresses, plain, same_page
from scraper.archive import Archive
from scraper.deadline import DeadlinePassed, deadline
from scraper.errors import ConfigError, FetchError, FetchFailed, FetchRefused, FetchTooLarge, ParseError, StoreDamaged
from scraper.fetch import FetchedPage, Validators
from scraper.fingerprint import parser_fingerprint
from scraper.interfaces import Bounded, HasParts, Page, PageFetcher, ParsedPage, Source
from scraper.ledger import CANCELLED, Pending, Visited
from scraper.models import Document, DocumentStatus
from scraper.revisits import CUT, PARSED, PART, QUARANTINED, LastVisit, Revisits
from scraper.store import Quarantined, Store
from scraper.suppression import Kind, suppressed_hashes

MOST_PARTS, MOST_BYTES = 1000, 64 * 1024 * 1024  # of one page; what asks for more is no document
PARSE_SECONDS = 60.0  # that the parser of one page may take
_LONGEST = 2000  # characters of an address; traps grow them without end
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"  # what decoders put where they could not read


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
    met: tuple[str, ...] = ()  # canonical addresses of its parts, changed or not
    quarantined: Quarantined | None = None

    @property
    def size(self) -> int:
        """Return the bytes that it keeps in memory."""
        return len(self.fetched.body) if self.fetched else 0


@dataclass(frozen=True, slots=True)
class _Part:
    url: str
    body: bytes
    headers: Mapping[str, str]
    fetched: FetchedPage | None = None  # of one that is not in the archive yet

    def as_page(self) -> Page:
        return Page(self.url, self.body, self.headers.get("content-type", ""))


class Visitor:
    """Visits the pages of one run; a bad page raises nothing.

    Raises StoreError where the archive's disk refuses, FetchError of the reason "cancelled" where the run is to end.
    """

    def __init__(
        self, source: Source, addresses: Addresses, fetcher: PageFetcher, archive: Archive, store: Store, run_id: str,
        *, full: bool = False,
    ) -> None:  # fmt: skip
        self._source, self._addresses = source, addresses
        self._fetcher, self._archive, self._store = fetcher, archive, store
        self._run_id, self._full = run_id, full
        self._revisits = Revisits(store.database)
        self._parser = parser_fingerprint(source)
        self._any_purged = any(suppressed_hashes(store.database, kind) for kind in get_args(Kind))

    def visit(self, page: Pending, last: LastVisit | None, room: int | None = None) -> Outcome:
        """Visit a page; `last` is what it said before, `room` the most documents that may be taken from it."""
        try:
            fetched = self._get(page.url, last)
            if fetched.status in {404, 410}:
                return Outcome(page, Visited(page.url, "missing", f"status-{fetched.status}"))
            address = self._address_of(page.url, fetched)
            if last and last.outcome == PARSED and _same(fetched, last):
                outcome = self._known_page(page, fetched, address, last, room)
                if outcome is not None:
                    return outcome
                if fetched.status == 304:
                    return self.visit(page, None, room)
            return self._read(page, fetched, address, last, room)
        except FetchError as error:
            if error.reason == CANCELLED:
                raise
            by_rule = isinstance(error, FetchRefused) and error.reason in {"robots", "suppressed"}
            return Outcome(page, Visited(page.url, "refused" if by_rule else "failed", error.reason))

    def _known_page(
        self, page: Pending, fetched: FetchedPage, address: str, last: LastVisit, room: int | None
    ) -> Outcome | None:
        """Return what comes of a page that has not changed, None where it must be read whole all the same."""
        if last.parser == self._parser and not isinstance(self._source, HasParts):
            return _unchanged(page, fetched, last)
        try:
            held = self._archive.read(last.file, last.offset)
            if hashlib.sha256(held.body).hexdigest() != last.sha256:
                return None  # the archive or the place in it is damaged
            whole = Page(address, held.body, held.headers.get("content-type", ""))
            addresses = self._part_addresses(whole)
            if self._have_parts_changed(addresses):
                return None
            if last.parser == self._parser:
                return _unchanged(page, fetched, last, addresses)
            parts = [_Part(url, part.body, part.headers) for url, part in self._archive.parts_of(held).items()]
        except (ParseError, StoreDamaged):
            return None
        again = replace(fetched, status=held.status, headers={**held.headers, **_validators(fetched)}, body=held.body)
        outcome = self._interpret(page, again, address, last, parts, room)
        reason = outcome.visited.reason or "read-again"
        return replace(outcome, visited=replace(outcome.visited, reason=reason))

    # ---- fetching ---------------------------------------------------------------------------------------

    def _get(self, url: str, last: LastVisit | None) -> FetchedPage:
        dialled = self._addresses.dialled(url)
        conditions = last.conditions(dialled) if last and not self._full else None
        fetched = self._fetcher.get(dialled, conditions)
        if fetched.status == 304 and conditions is None:
            raise FetchFailed(f"{url} is called unmodified, which nobody asked.", url=url, reason="status-304")
        return fetched

    def _address_of(self, url: str, fetched: FetchedPage) -> str:
        """Return the canonical address that a page is parsed under: where its redirects led, if that is law too."""
        if same_page(fetched.url, fetched.requested):
            return url
        there = self._addresses.canonical(fetched.url)
        if not self._source.follows(there):
            raise FetchRefused(
                f"{url} redirects to {there}, which is not part of this source.", url=url, reason="redirect"
            )
        address = plain(there)
        if self._store.suppressed([address]):
            raise FetchRefused(f"{url} redirects to a page that was purged.", url=url, reason="suppressed")
        return address

    def _part_addresses(self, page: Page) -> list[str]:
        """Return the canonical addresses of a page's parts; raise ParseError for what cannot be fetched as one."""
        if not isinstance(self._source, HasParts):
            return []
        found = []
        with _tripping():
            named = list(self._source.parts(page))
        for url in named:
            try:
                part = plain(url)
            except ConfigError as error:
                raise ParseError(f"{url!r} is no address of a part.", reason="parts") from error
            if not part.startswith(self._addresses.origin + "/"):
                raise ParseError(f"{part} is not a part of this site.", reason="parts")
            found.append(part)
        if len(found) > MOST_PARTS:
            raise ParseError(f"The page has {len(found)} parts, more than {MOST_PARTS}.", reason="parts")
        if self._store.suppressed(found):
            raise FetchRefused("A part of the page was purged.", url=page.url, reason="suppressed")
        return list(dict.fromkeys(found))

    def _parts(self, whole: FetchedPage, addresses: Sequence[str]) -> list[_Part]:
        """Fetch the parts of a page whole; raise FetchError where one cannot be had."""
        parts, size = list[_Part](), len(whole.body)
        with self._together():
            for url in addresses:
                fetched = self._fetcher.get(self._addresses.dialled(url))
                if fetched.status in {404, 410}:
                    raise FetchRefused(f"The part {url} is not there.", url=url, reason=f"part-{fetched.status}")
                size += len(fetched.body)
                if size > MOST_BYTES:
                    raise FetchTooLarge(f"The page and its parts are larger than {MOST_BYTES:,} bytes.", url=url,
                                        reason="too-large")  # fmt: skip
                parts.append(_Part(url, fetched.body, fetched.headers, fetched))
        return parts

    def _together(self) -> AbstractContextManager[None]:
        return self._fetcher.together() if isinstance(self._fetcher, Bounded) else nullcontext()

    def _have_parts_changed(self, addresses: Sequence[str]) -> bool:
        """Tell whether what belongs to an unchanged page changed, or was never read."""
        known = self._revisits.known(addresses, self._source.name)
        with self._together():
            return any(url not in known or not _same(self._get(url, known[url]), known[url]) for url in addresses)

    # ---- reading ----------------------------------------------------------------------------------------

    def _read(
        self, page: Pending, fetched: FetchedPage, address: str, before: LastVisit | None, room: int | None
    ) -> Outcome:
        """Archive a page and its parts and parse them; what does not parse is to be quarantined."""
        whole = Page(address, fetched.body, fetched.headers.get("content-type", ""))
        try:
            addresses = self._part_addresses(whole)
        except ParseError as error:
            return self._quarantined(page, fetched, self._archived(page.url, fetched, [], before, QUARANTINED), error)
        return self._interpret(page, fetched, address, before, self._parts(fetched, addresses), room)

    def _interpret(
        self, page: Pending, fetched: FetchedPage, address: str, before: LastVisit | None, parts: Sequence[_Part],
        room: int | None,
    ) -> Outcome:  # fmt: skip
        """Parse a page with its parts; `before` is where its bytes are in the archive, if they are the same."""
        content_type = fetched.headers.get("content-type", "")
        try:
            whole = Page(address, fetched.body, content_type, {part.url: part.as_page() for part in parts})
            parsed = read_page(self._source, whole)
            if address == page.url:  # one that leads elsewhere has vanished
                require_documents(self._store, self._source.name, address, parsed)
        except ParseError as error:
            return self._quarantined(
                page, fetched, self._archived(page.url, fetched, parts, before, QUARANTINED), error
            )
        if self._is_purged(parsed.documents) or (not parsed.documents and self._leads_to_purged(parsed.links)):
            # What a page says of others is kept, but not as it said it.
            rows = [self._record(page.url, fetched, PARSED, ("", 0))]
        else:
            rows = self._archived(page.url, fetched, parts, before, PARSED)
        outcome = self._parsed(page, fetched, replace(rows[-1], complete=parsed.complete), parsed, rows[:-1], room)
        return replace(outcome, met=tuple(part.url for part in parts))

    def _is_purged(self, documents: Sequence[Document]) -> bool:
        return self._any_purged and any(self._store.refuses(document) for document in documents)

    def _parsed(
        self, page: Pending, fetched: FetchedPage, last: LastVisit, parsed: ParsedPage, parts: Sequence[LastVisit],
        room: int | None,
    ) -> Outcome:  # fmt: skip
        links, documents = self._followed(parsed.links), parsed.documents
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

        Parts come before their page, so that whoever reads the archive in order has them by then. A page of which
        the same bytes are in the archive is not archived again, unless it has new parts.
        """
        new = [(part.url, part.fetched) for part in parts if part.fetched]
        rows = [self._record(part, got, PART, self._archive.write(got, part, part_of=url)) for part, got in new]
        if not new and before and before.file and before.sha256 == _sha256(fetched):
            place = before.file, before.offset
        else:
            place = self._archive.write(fetched, url)
        return [*rows, self._record(url, fetched, outcome, place)]

    def _record(self, url: str, fetched: FetchedPage, outcome: str, place: tuple[str, int]) -> LastVisit:
        known = _validators(fetched)
        return LastVisit(
            url, self._source.name, fetched.requested,
            Validators(known.get("etag", ""), known.get("last-modified", "")), _sha256(fetched), outcome, (), True, 0,
            *place, fetched_at=fetched.fetched_at, parser=self._parser,
        )  # fmt: skip

    def _leads_to_purged(self, links: Sequence[str]) -> bool:
        """Tell whether a listing has a link to a purged page, beside which it may name whom nothing may name."""
        return self._any_purged and bool(self._purged(self._within(links)))

    def _followed(self, links: Sequence[str]) -> tuple[str, ...]:
        """Return the links that belong to the source, without those to purged pages: an address may name somebody."""
        urls = self._within(links)
        purged = self._purged(urls) if self._any_purged else set()
        return tuple(url for url in urls if url not in purged)

    def _purged(self, urls: Sequence[str]) -> set[str]:
        found = set[str]()
        for first in range(0, len(urls), 1000):
            found |= self._store.suppressed(urls[first : first + 1000])
        return found

    def _within(self, links: Sequence[str]) -> list[str]:
        """Return the links that belong to the source, judged by where they lead; what is no web address is none."""
        found = dict[str, None]()
        for link in links:
            try:
                url = plain(link)
            except ConfigError:
                continue
            if len(url) <= _LONGEST and self._source.follows(url):
                found[url] = None
        return list(found)


def read_page(source: Source, page: Page) -> ParsedPage:
    """Return what a page holds, fit to be stored; raise ParseError for every page that is to be set aside.

    A page that takes its parser more than a minute is one of them: it must not hold the run, and those after it.
    """
    with _tripping(), deadline(PARSE_SECONDS):
        parsed = source.parse(page)
    check_documents(parsed.documents)
    return parsed


def require_documents(store: Store, source: str, url: str, parsed: ParsedPage) -> None:
    """Raise ParseError for a list where the page stated a document: a changed layout reads so, and is no repeal."""
    if parsed.documents or not parsed.links:
        return
    stated = store.stated_at(url, source)
    if stated:
        raise ParseError(
            f"The page stated {', '.join(stated[:3])} and reads as a mere list now; its layout may have changed.",
            reason="layout",
        )


def _sha256(fetched: FetchedPage) -> str:
    return hashlib.sha256(fetched.body).hexdigest()


def _same(fetched: FetchedPage, last: LastVisit) -> bool:
    return fetched.status == 304 or _sha256(fetched) == last.sha256


def _validators(fetched: FetchedPage) -> dict[str, str]:
    return {name: fetched.headers[name] for name in ("etag", "last-modified") if name in fetched.headers}


def _unchanged(page: Pending, fetched: FetchedPage, last: LastVisit, parts: Sequence[str] = ()) -> Outcome:
    reason = "not-modified" if fetched.status == 304 else "same-bytes"
    if not last.complete:
        reason = "incomplete"
    new = None
    if fetched.status != 304:  # asked for with its newest validators from now on
        known = _validators(fetched)
        validators = Validators(known.get("etag", ""), known.get("last-modified", ""))
        new = replace(last, fetched_from=fetched.requested, validators=validators)
    visited = Visited(page.url, "unchanged", reason, last.documents)
    return Outcome(page, visited, fetched, links=last.links, last=new, met=tuple(parts))


@contextmanager
def _tripping() -> Iterator[None]:
    """Turn whatever a parser trips over into a ParseError: one page must not end a run."""
    try:
        yield
    except ParseError:
        raise
    except DeadlinePassed as error:
        raise ParseError(f"{error} Its parser was stopped.", reason="slow") from error
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
