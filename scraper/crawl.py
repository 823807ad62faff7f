"""A run: from a source's first pages to stored documents, breadth first, politely, and resumable after a kill.

    frontier (ledger) -> fetch -> archive -> parse -> [store, quarantine, ledger: one transaction] -> report

Pages are gathered for a moment and kept together in one transaction that is never open while the network is waited
for. A run that is killed takes up where its last transaction left it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from scraper.addresses import Addresses, at_origin, plain
from scraper.archive import Archive
from scraper.conclusion import conclude
from scraper.errors import ConfigError, FetchError, SourceError, TermsRefused
from scraper.fingerprint import choice_fingerprint
from scraper.interfaces import Interruptible, PageFetcher, Source
from scraper.ledger import CANCELLED, Ledger, PageState, Pending, Visited
from scraper.models import Provenance
from scraper.redaction import discard_unused
from scraper.report import RunReport
from scraper.revisits import Revisits
from scraper.store import Store
from scraper.visit import Outcome, Visitor

_SLOWEST = 3600.0  # seconds between requests above which a run would not end
DEFAULT_DELAY = 1.0  # seconds, where neither robots.txt nor the operator says
_WINDOW = 200  # pages of the frontier read at once
_BATCH_SECONDS, _BATCH_PAGES, _BATCH_BYTES = 0.5, 100, 16 * 1024 * 1024
_OUTAGE = 10  # pages in a row that the site does not answer: the rest is left for another day
_KEPT_HEADERS = ("content-type", "content-language", "date", "etag", "last-modified", "link")


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
    about them; a run is full by itself where the last such run of the site is `full_every` days ago (0: never).
    `terms_accepted` records that the operator has the publisher's permission.
    """

    base_url: str = ""
    canonical_url: str = ""
    delay: float | None = None
    limit: int | None = None
    max_depth: int = 500
    max_pages: int = 5_000_000
    full: bool = False
    full_every: float = 30.0
    own_hosts: tuple[str, ...] = ()
    terms_accepted: bool = False


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

    outcomes: list[Outcome] = field(default_factory=list)
    size: int = 0
    since: float = field(default_factory=time.monotonic)

    def add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.size += outcome.size

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
        key |= {"origin": self._addresses.origin, "choice": choice_fingerprint(self._source)}
        full = self._options.full or self._is_full_due(started)
        self._run_id, resumed = self._ledger.begin(self._source.name, self._addresses.base, key, full=full)
        self._sweep()
        self._archive.begin(self._run_id)
        self._ledger.offer(self._run_id, [Pending(plain(url), 0) for url in self._source.seeds()])
        before = self._ledger.counts(self._run_id)
        self._documents = before.pop("documents")
        self._done = sum(before.values()) - before.get("pending", 0) - before.get("part", 0)
        try:
            self._visit_all()
            return conclude(
                self._source, self._addresses, self._store, self._ledger, self._run_id, started,
                resumed=resumed, partial_view=self._options.limit is not None,
            )  # fmt: skip
        except SourceError as error:
            self._ledger.finish(self._run_id, "failed", {"message": str(error)})
            raise

    def _is_full_due(self, now: datetime) -> bool:
        """Tell whether no run read all of the site whole for long; servers that lie about a page are found so."""
        if self._options.limit is not None or not self._options.full_every:
            return False
        choice = choice_fingerprint(self._source)
        last = self._ledger.last_full(self._source.name, self._addresses.base, choice)
        return last is None or now - last >= timedelta(days=self._options.full_every)

    def _sweep(self) -> None:
        """Remove archive files that killed runs began and of which nothing was kept."""
        for run_id in self._ledger.interrupted:
            discard_unused(self._store.database, self._archive, run_id)

    # ---- before the first page --------------------------------------------------------------------------

    def _check_permission(self) -> None:
        terms = self._source.terms
        if self._addresses.is_own(self._options.own_hosts) or self._options.terms_accepted:
            return
        if self._addresses.base != self._addresses.origin and terms.permission != "none":
            return  # a mirror that the operator names: whose it is, and what it allows, the operator knows
        if terms.permission in {"crawl", terms.reads}:
            return
        said = {
            "none": "forbids automated reading",
            "bulk": "asks that its bulk files be used instead",
            "api": "asks that its API be used instead",
            "unread": "has terms that nobody has read for Lexatlas yet",
        }[terms.permission]
        raise TermsRefused(
            f"The publisher of {self._source.name} {said} ({terms.address}). {terms.note} Use a copy of your own "
            "with --base-url, or say who permits it with --permission."
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
        visitor = Visitor(
            self._source, self._addresses, self._fetcher, self._archive, self._store, self._run_id,
            full=self._ledger.is_full(self._run_id),
        )  # fmt: skip
        if isinstance(self._fetcher, Interruptible):
            self._fetcher.watch(self._is_cancelled)
        stop = ""
        while not stop and (window := self._ledger.pending(self._run_id, _WINDOW)):
            stop = CANCELLED if self._is_cancelled() else self._visit_window(visitor, window)
        if stop:
            self._ledger.skip_rest(self._run_id, stop)

    def _visit_window(self, visitor: Visitor, window: Sequence[Pending]) -> str:
        """Visit pages and keep what comes of them; return why the run must end, empty where it may go on."""
        urls = [page.url for page in window]
        known, purged = self._revisits.known(urls, self._source.name), self._store.suppressed(urls)
        batch, stop = _Batch(), ""
        for page in window:
            try:
                outcome = (
                    Outcome(page, Visited(page.url, "refused", "suppressed"))
                    if page.url in purged
                    else visitor.visit(page, known.get(page.url), self._room())
                )
            except FetchError:  # of the one reason that no page is to blame for
                stop = CANCELLED
                break
            batch.add(outcome)
            self._count(outcome)
            stop = self._reason_to_stop()
            if stop:
                break
            if batch.is_due():
                self._keep(batch.outcomes)
                batch = _Batch()
                if self._is_cancelled():
                    return CANCELLED
        self._keep(batch.outcomes)
        return stop

    def _is_cancelled(self) -> bool:
        return self._ledger.is_cancelled(self._run_id)

    def _room(self) -> int | None:
        """Return how many documents may still be taken, None where there is no limit."""
        return None if self._options.limit is None else self._options.limit - self._documents

    def _count(self, outcome: Outcome) -> None:
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

    # ---- keeping ----------------------------------------------------------------------------------------

    def _keep(self, outcomes: Sequence[Outcome]) -> None:
        """Keep what became of pages, all of it or nothing."""
        if not outcomes:
            return
        self._archive.sync()
        with self._store.transaction():
            # First: a page may be set aside again by the store, for what it says against another page.
            self._store.resolve_quarantine(_urls(outcomes, "fetched"))
            outcomes = [self._put(outcome) for outcome in outcomes]
            for outcome in outcomes:
                if outcome.quarantined:
                    self._store.quarantine(outcome.quarantined)
            self._store.mark_seen(_urls(outcomes, "unchanged"), self._run_id, self._store.clock())
            self._revisits.forget(_urls(outcomes, "missing"))
            parts = [part for outcome in outcomes for part in outcome.parts]
            self._revisits.remember([*parts, *(outcome.last for outcome in outcomes if outcome.last)])
            self._ledger.note_parts(self._run_id, [url for outcome in outcomes for url in outcome.met])
            found = [Pending(url, o.page.depth + 1) for o in outcomes for url in o.links]
            deep = [page for page in found if page.depth > self._options.max_depth]
            self._ledger.offer(self._run_id, [page for page in found if page.depth <= self._options.max_depth])
            self._ledger.record(self._run_id, [outcome.visited for outcome in outcomes])
            self._ledger.note_skipped(self._run_id, deep, "max-depth")

    def _put(self, outcome: Outcome) -> Outcome:
        """Store the documents of a page; return the outcome with the number of those that the store took."""
        if not outcome.parsed or not outcome.last:
            return outcome
        provenance, taken = _provenance(outcome), 0
        for document in outcome.parsed.documents:
            kind = self._store.put(document, provenance, self._run_id, self._source.name)
            taken += kind not in {"suppressed", "conflict"}
        visited, last = replace(outcome.visited, documents=taken), replace(outcome.last, documents=taken)
        return replace(outcome, visited=visited, last=last)


def _urls(outcomes: Sequence[Outcome], state: PageState) -> list[str]:
    return [outcome.page.url for outcome in outcomes if outcome.visited.state == state]


def _check_options(options: CrawlOptions) -> None:
    if options.delay is not None and not 0 <= options.delay < _SLOWEST:
        raise ConfigError(f"A delay of {options.delay:g} seconds cannot be used; give 0 to 3600.")
    if options.full_every < 0:
        raise ConfigError(f"A full run every {options.full_every:g} days is not possible; give 0 for never, or more.")
    if options.limit is not None and options.limit < 1:
        raise ConfigError(f"A limit of {options.limit} documents cannot be used; give 1 or more.")


def _provenance(outcome: Outcome) -> Provenance:
    fetched, last = outcome.fetched, outcome.last
    assert fetched is not None and last is not None
    headers = {name: fetched.headers[name] for name in _KEPT_HEADERS if name in fetched.headers}
    return Provenance(
        outcome.page.url, fetched.url, fetched.fetched_at, fetched.status, headers, last.sha256, last.file, last.offset
    )


def _is_silence(reason: str) -> bool:
    """Tell whether a page failed because the site is down, not because of the page."""
    return reason in {"transport", "timeout", "deadline", "retry-after", "robots-down", "status-429"} or (
        reason.startswith("status-5")
    )
