"""A run: from a source's first pages to stored documents, breadth first, politely, and resumable after a kill.

    frontier (ledger) -> fetch -> archive -> parse -> [store, quarantine, ledger: one transaction] -> report

Pages are gathered for a moment and kept together in one transaction that is never open while the network is waited
for. A run that is killed takes up where its last transaction left it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from scraper.addresses import Addresses, at_origin, plain, same_page
from scraper.archive import Archive
from scraper.conclusion import conclude
from scraper.errors import ConfigError, FetchError, FetchRefused, ParseError, SourceError, TermsRefused
from scraper.fetch import FetchedPage, Validators
from scraper.interfaces import Page, PageFetcher, ParsedPage, Source
from scraper.ledger import Ledger, PageState, Pending, Visited
from scraper.models import Document, DocumentStatus, Provenance
from scraper.report import RunReport
from scraper.revisits import CUT, PARSED, QUARANTINED, LastVisit, Revisits
from scraper.store import Quarantined, Store

_SLOWEST = 3600.0  # seconds between requests above which a run would not end
DEFAULT_DELAY = 1.0  # seconds, where neither robots.txt nor the operator says
_WINDOW = 200  # pages of the frontier read at once
_BATCH_SECONDS, _BATCH_PAGES, _BATCH_BYTES = 0.5, 100, 16 * 1024 * 1024
_OUTAGE = 10  # pages in a row that the site does not answer: the rest is left for another day
_KEPT_HEADERS = ("content-type", "content-language", "date", "etag", "last-modified", "link")
_REPLACEMENT = "�"  # what decoders put where they could not read


class Progress(Protocol):
    """Told after each page: how many are done, how many are known so far, and a label to show."""

    def __call__(self, done: int, total_known: int, label: str) -> None:
        """Show it."""
        ...


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """What the operator chose for a run.

    `base_url` names a mirror to dial (or a folder, `FolderFetcher.base`), `canonical_url` the origin that replaces the
    source's own in what is stored. `delay` (seconds) below what robots.txt asks is for loopback and `own_hosts` alone.
    `limit` ends the run after so many documents. `full` reads every page whole, which finds pages whose server lies
    about them. `terms_accepted` records that the operator has the publisher's permission.
    """

    base_url: str = ""
    canonical_url: str = ""
    delay: float | None = None
    limit: int | None = None
    max_depth: int = 500
    max_pages: int = 5_000_000
    full: bool = False
    own_hosts: tuple[str, ...] = ()
    terms_accepted: bool = False


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One visited page with everything that is to be kept of it."""

    page: Pending
    visited: Visited
    fetched: FetchedPage | None = None
    parsed: ParsedPage | None = None
    links: tuple[str, ...] = ()
    last: LastVisit | None = None  # to be remembered
    place: tuple[str, int] = ("", 0)
    quarantined: Quarantined | None = None


def quiet(done: int, total_known: int, label: str) -> None:
    """Show nothing."""


def crawl(
    source: Source,
    store: Store,
    fetcher: PageFetcher,
    archive: Archive,
    options: CrawlOptions = CrawlOptions(),
    progress: Progress = quiet,
) -> RunReport:
    """Run one source to its end and return what came of it; the caller holds the run lock.

    A run of the same kind that was killed within a day is taken up again. Raises ConfigError for options that cannot
    be used, TermsRefused where the publisher or its robots.txt does not allow it, SourceUnreachable and EmptySource
    where there was nothing to read (nothing is lost then), StoreError where the disk or the database refuses. Pages
    that failed or were quarantined raise nothing here: see `RunReport.raise_for_state`.
    """
    return _Crawl(source, store, fetcher, archive, options, progress).run()


@dataclass
class _Batch:
    """Visited pages that wait for their transaction."""

    outcomes: list[_Outcome] = field(default_factory=list)
    size: int = 0
    since: float = field(default_factory=time.monotonic)

    def add(self, outcome: _Outcome) -> None:
        self.outcomes.append(outcome)
        self.size += len(outcome.fetched.body) if outcome.fetched else 0

    def is_due(self) -> bool:
        return (
            len(self.outcomes) >= _BATCH_PAGES
            or self.size >= _BATCH_BYTES
            or time.monotonic() - self.since >= _BATCH_SECONDS
        )


class _Crawl:
    def __init__(
        self,
        source: Source,
        store: Store,
        fetcher: PageFetcher,
        archive: Archive,
        options: CrawlOptions,
        progress: Progress,
    ) -> None:
        self._addresses = Addresses.of(source, options.base_url, options.canonical_url)
        self._source = at_origin(source, self._addresses.origin)
        self._store, self._fetcher, self._archive = store, fetcher, archive
        self._options, self._progress = options, progress
        self._ledger = Ledger(store.database, store.clock)
        self._revisits = Revisits(store.database)
        self._run_id = ""
        self._done = self._documents = self._silent = 0

    def run(self) -> RunReport:
        started = self._store.clock()
        _check_options(self._options)
        self._check_permission()
        self._set_pace()
        key = {name: getattr(self._options, name) for name in ("limit", "full", "max_depth", "max_pages")}
        key["origin"] = self._addresses.origin
        self._run_id, resumed = self._ledger.begin(self._source.name, self._addresses.base, key)
        self._archive.begin(self._run_id)
        self._ledger.offer(self._run_id, [Pending(plain(url), 0) for url in self._source.seeds()])
        before = self._ledger.counts(self._run_id)
        self._documents = before.pop("documents")
        self._done = sum(before.values()) - before.get("pending", 0)
        try:
            self._visit_all()
            return conclude(
                self._source, self._addresses, self._store, self._ledger, self._run_id, started,
                resumed=resumed, partial_view=self._options.limit is not None,
            )  # fmt: skip
        except SourceError as error:
            self._ledger.finish(self._run_id, "failed", {"message": str(error)})
            raise

    # ---- before the first page --------------------------------------------------------------------------

    def _check_permission(self) -> None:
        terms = self._source.terms
        if self._addresses.is_own(self._options.own_hosts) or self._options.terms_accepted:
            return
        if self._addresses.base != self._addresses.origin and terms.permission != "none":
            return  # a mirror that the operator names: whose it is, and what it allows, the operator knows
        if terms.permission in {"none", "bulk", "api", "unread"}:
            said = {
                "none": "forbids automated reading",
                "bulk": "asks that its bulk files be used instead of crawling its pages",
                "api": "asks that its API be used instead of crawling its pages",
                "unread": "has terms that nobody has read for Lexatlas yet",
            }[terms.permission]
            raise TermsRefused(
                f"The publisher of {self._source.name} {said} ({terms.address}). {terms.note} Use a copy of your own "
                "with --base-url, or record that you have permission."
            )

    def _set_pace(self) -> None:
        """Choose the gap between requests; refuse one that is ruder than the site allows."""
        own = self._addresses.is_own(self._options.own_hosts)
        if not own and not self._fetcher.config.contact:
            raise ConfigError(
                "Other people's sites are not crawled without a contact. Set LEXATLAS_CONTACT to an address or page "
                "at which their operators can reach you."
            )
        if own and self._options.delay is not None:
            self._fetcher.pace(self._addresses.base, self._options.delay)
        try:
            asked = self._fetcher.robots(self._addresses.base + "/").crawl_delay
        except FetchError:
            asked = None  # the first page meets the same error and reports it
        least = DEFAULT_DELAY if asked is None else asked
        delay = self._options.delay
        if delay is None and least > _SLOWEST:
            raise TermsRefused(
                f"robots.txt of {self._addresses.host} asks for {least:g} s between two pages, at which a crawl would "
                "not end. Ask its operator; for a site of your own give --delay."
            )
        if delay is not None and delay < least and not own:
            raise ConfigError(
                f"A delay of {delay:g} s is less than {least:g} s, the least that {self._addresses.host} may be given. "
                "Shorter ones are for your own sites: list the host as own."
            )
        self._fetcher.pace(self._addresses.base, least if delay is None else delay)

    # ---- the frontier -----------------------------------------------------------------------------------

    def _visit_all(self) -> None:
        batch = _Batch()
        while window := self._ledger.pending(self._run_id, _WINDOW):
            known = self._revisits.known([page.url for page in window], self._source.name)
            for page in window:
                outcome = self._visit(page, known.get(page.url))
                batch.add(outcome)
                self._count(outcome)
                stop = self._reason_to_stop()
                if stop or batch.is_due():
                    self._keep(batch.outcomes)
                    batch = _Batch()
                if stop:
                    self._ledger.skip_rest(self._run_id, stop)
                    return
            self._keep(batch.outcomes)
            batch = _Batch()

    def _count(self, outcome: _Outcome) -> None:
        self._done += 1
        self._documents += outcome.visited.documents
        down = outcome.visited.state == "failed" and _is_silence(outcome.visited.reason)
        self._silent = self._silent + 1 if down else 0
        self._progress(self._done, max(self._done, self._ledger.known(self._run_id)), outcome.page.url)

    def _reason_to_stop(self) -> str:
        if self._options.limit is not None and self._documents >= self._options.limit:
            return "limit"
        if self._done >= self._options.max_pages:
            return "max-pages"
        return "outage" if self._silent >= _OUTAGE else ""

    # ---- one page ---------------------------------------------------------------------------------------

    def _visit(self, page: Pending, last: LastVisit | None) -> _Outcome:
        dialled = self._addresses.dialled(page.url)
        conditions = last.conditions(dialled) if last and not self._options.full else None
        try:
            fetched = self._fetcher.get(dialled, conditions)
            address = self._address_of(page, fetched)
        except FetchError as error:
            by_rule = isinstance(error, FetchRefused) and error.reason == "robots"
            return _Outcome(page, Visited(page.url, "refused" if by_rule else "failed", error.reason))
        if fetched.status in {404, 410}:
            return _Outcome(page, Visited(page.url, "missing", f"status-{fetched.status}"))
        sha256 = hashlib.sha256(fetched.body).hexdigest() if fetched.status != 304 else ""
        if last and not self._options.full and last.outcome == PARSED and sha256 in {"", last.sha256}:
            return self._unchanged(page, fetched, last)
        return self._read(page, fetched, address, sha256)

    def _address_of(self, page: Pending, fetched: FetchedPage) -> str:
        """Return the canonical address that a page is parsed under: where its redirects led, if that is law too."""
        if same_page(fetched.url, fetched.requested):
            return page.url
        there = self._addresses.canonical(fetched.url)
        if not self._source.follows(there):
            raise FetchRefused(
                f"{page.url} redirects to {there}, which is not part of this source.", url=page.url, reason="redirect"
            )
        return plain(there)

    def _unchanged(self, page: Pending, fetched: FetchedPage, last: LastVisit) -> _Outcome:
        reason = "not-modified" if fetched.status == 304 else "same-bytes"
        if not last.complete:
            reason = "incomplete"
        visited = Visited(page.url, "unchanged", reason, last.documents)
        return _Outcome(page, visited, fetched, links=last.links)

    def _read(self, page: Pending, fetched: FetchedPage, address: str, sha256: str) -> _Outcome:
        """Archive a page and parse it; what does not parse is to be quarantined."""
        place = self._archive.write(fetched, page.url)
        content_type = fetched.headers.get("content-type", "")
        try:
            parsed = self._source.parse(Page(address, fetched.body, content_type))
            _check_documents(parsed.documents)
        except ParseError as error:
            return self._quarantined(page, fetched, place, sha256, error.reason, str(error))
        except Exception as error:  # noqa: BLE001 (one page that a parser trips over must not end a run)
            return self._quarantined(page, fetched, place, sha256, "parser", f"{type(error).__name__}: {error}")
        followed = dict.fromkeys(self._followed(parsed.links))
        documents, outcome = parsed.documents, PARSED
        if self._options.limit is not None and len(documents) > self._options.limit - self._documents:
            documents, outcome = documents[: self._options.limit - self._documents], CUT
        visited = Visited(page.url, "fetched", "" if parsed.complete else "incomplete", len(documents))
        last = self._last_visit(page, fetched, sha256, outcome, tuple(followed), parsed.complete, len(documents))
        kept = ParsedPage(documents, tuple(followed), parsed.complete)
        return _Outcome(page, visited, fetched, kept, tuple(followed), last, place)

    def _followed(self, links: Sequence[str]) -> Iterator[str]:
        """Yield the links that belong to the source, judged by where they lead; what is no web address is none."""
        for link in links:
            try:
                url = plain(link)
            except ConfigError:
                continue
            if self._source.follows(url):
                yield url

    def _quarantined(
        self, page: Pending, fetched: FetchedPage, place: tuple[str, int], sha256: str, reason: str, message: str
    ) -> _Outcome:
        aside = Quarantined(
            0, page.url, self._source.name, self._run_id, reason, message[:2000], sha256, *place, fetched.fetched_at
        )
        last = self._last_visit(page, fetched, sha256, QUARANTINED, (), True, 0)
        return _Outcome(
            page, Visited(page.url, "quarantined", reason), fetched, last=last, place=place, quarantined=aside
        )

    def _last_visit(
        self,
        page: Pending,
        fetched: FetchedPage,
        sha256: str,
        outcome: str,
        links: tuple[str, ...],
        complete: bool,
        documents: int,
    ) -> LastVisit:
        validators = Validators(fetched.headers.get("etag", ""), fetched.headers.get("last-modified", ""))
        return LastVisit(
            page.url, self._source.name, fetched.requested, validators, sha256, outcome, links, complete, documents
        )

    # ---- keeping ----------------------------------------------------------------------------------------

    def _keep(self, outcomes: Sequence[_Outcome]) -> None:
        """Keep what became of pages, all of it or nothing."""
        if not outcomes:
            return
        self._archive.sync()
        with self._store.transaction():
            for outcome in outcomes:
                if outcome.parsed and outcome.fetched:
                    provenance = _provenance(outcome)
                    for document in outcome.parsed.documents:
                        self._store.put(document, provenance, self._run_id, self._source.name)
                if outcome.quarantined:
                    self._store.quarantine(outcome.quarantined)
            self._store.mark_seen(_urls(outcomes, "unchanged"), self._run_id, self._store.clock())
            self._store.resolve_quarantine(_urls(outcomes, "fetched"))
            self._revisits.forget(_urls(outcomes, "missing"))
            self._revisits.remember([(o.last, o.fetched, *o.place) for o in outcomes if o.last and o.fetched])
            found = [Pending(url, o.page.depth + 1) for o in outcomes for url in o.links]
            deep = [page for page in found if page.depth > self._options.max_depth]
            self._ledger.offer(self._run_id, [page for page in found if page.depth <= self._options.max_depth])
            self._ledger.record(self._run_id, [outcome.visited for outcome in outcomes])
            self._ledger.note_skipped(self._run_id, deep, "max-depth")


def _urls(outcomes: Sequence[_Outcome], state: PageState) -> list[str]:
    return [outcome.page.url for outcome in outcomes if outcome.visited.state == state]


def _check_options(options: CrawlOptions) -> None:
    if options.delay is not None and not 0 <= options.delay < _SLOWEST:
        raise ConfigError(f"A delay of {options.delay:g} seconds cannot be used; give 0 to 3600.")
    if options.limit is not None and options.limit < 1:
        raise ConfigError(f"A limit of {options.limit} documents cannot be used; give 1 or more.")


def _check_documents(documents: Sequence[Document]) -> None:
    """Raise ParseError for documents that must not be stored, whatever the parser thought of them."""
    addresses = [document.url for document in documents]
    if len(set(addresses)) < len(addresses):
        raise ParseError("Two documents of the page have the same address.", reason="address")
    for document in documents:
        if not document.text.strip() and document.status is DocumentStatus.IN_FORCE:
            raise ParseError(f"{document.id} has no text.", reason="empty")
        if _REPLACEMENT in document.text or _REPLACEMENT in document.title:
            raise ParseError(f"{document.id} has characters that could not be decoded.", reason="charset")


def _provenance(outcome: _Outcome) -> Provenance:
    fetched, last = outcome.fetched, outcome.last
    assert fetched is not None and last is not None
    headers = {name: fetched.headers[name] for name in _KEPT_HEADERS if name in fetched.headers}
    return Provenance(
        outcome.page.url, fetched.url, fetched.fetched_at, fetched.status, headers, last.sha256, *outcome.place
    )


def _is_silence(reason: str) -> bool:
    """Tell whether a page failed because the site is down, not because of the page."""
    return reason in {"transport", "timeout", "deadline", "retry-after", "robots-down", "status-429"} or (
        reason.startswith("status-5")
    )
