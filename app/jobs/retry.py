"""Reads quarantined pages again, from their archived bytes, with the parsers of today and no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.progress import Reporter
from app.wiring import Services
from scraper.addresses import at_origin
from scraper.archive import KEPT_HEADERS, Archive, ArchivedPage
from scraper.errors import LexatlasError, ParseError, StoreDamaged
from scraper.interfaces import Page, Source
from scraper.ledger import Ledger
from scraper.lock import run_lock
from scraper.models import Provenance
from scraper.network import origin_of
from scraper.sources import get_source
from scraper.store import Quarantined, Store
from scraper.visit import read_page, require_documents


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of one page; `reason` is empty where it parses now."""

    url: str
    documents: int
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class RetryReport:
    """What came of all pages that were read again."""

    pages: tuple[Retried, ...]

    @property
    def left(self) -> int:
        """Return how many stay quarantined."""
        return sum(1 for page in self.pages if page.reason)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"resolved": len(self.pages) - self.left, "left": self.left, "pages": [asdict(p) for p in self.pages]}


def retry(services: Services, pages: Sequence[Quarantined], reporter: Reporter) -> RetryReport:
    """Parse the raw bytes of quarantined pages again; store what parses now and resolve it.

    Raises RunLocked while a run goes on, and StoreError where the disk or the database refuses.
    """
    store, data = services.store, services.settings.data
    done: list[Retried] = []
    with (
        run_lock(store.database, data / "lock"),
        Archive(data / "archive") as archive,
        reporter.step("Reading quarantined pages") as advance,
    ):
        for page in pages:
            try:
                done.append(Retried(page.url, _again(services, store, archive, page), "", ""))
            except ParseError as error:
                done.append(Retried(page.url, 0, error.reason, str(error)[:2000]))
            except (StoreDamaged, LexatlasError) as error:
                done.append(Retried(page.url, 0, "archive", str(error)[:2000]))
            advance(len(done), len(pages))
    return RetryReport(tuple(done))


def _again(services: Services, store: Store, archive: Archive, page: Quarantined) -> int:
    """Store what a page states now; return how many documents. Raises ParseError where it still does not parse."""
    held = archive.read(page.warc_file, page.warc_offset)
    source = _source(services, store, page)
    parts = {url: _page(url, part) for url, part in archive.parts_of(held).items()}
    parsed = read_page(source, Page(page.url, held.body, held.headers.get("content-type", ""), parts))
    require_documents(store, page.source, page.url, parsed)
    headers = {name: held.headers[name] for name in KEPT_HEADERS if name in held.headers}
    provenance = Provenance(
        page.url, held.fetched_from, held.fetched_at, held.status, headers, page.raw_sha256, page.warc_file,
        page.warc_offset,
    )  # fmt: skip
    with store.transaction():
        for document in parsed.documents:
            store.put(document, provenance, page.run_id, page.source)
        store.resolve_quarantine([page.url])
    return len(parsed.documents)


def _source(services: Services, store: Store, page: Quarantined) -> Source:
    """Return the source at the origin under which its run stored what it read."""
    source = get_source(page.source, services.jurisdictions)
    origins = [run.options.get("origin") for run in Ledger(store.database).runs(limit=1000) if run.id == page.run_id]
    return at_origin(source, str(origins[0]) if origins and origins[0] else origin_of(page.url))


def _page(url: str, part: ArchivedPage) -> Page:
    return Page(url, part.body, part.headers.get("content-type", ""))
