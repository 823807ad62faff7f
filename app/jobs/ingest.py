"""One ingest: source, fetcher, archive and store brought together under the run lock."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.progress import Reporter
from app.wiring import Services
from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.errors import ConfigError
from scraper.fetch import FetchConfig, Fetcher
from scraper.interfaces import Source
from scraper.lock import RunLock
from scraper.report import RunReport
from scraper.sources import get_source


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """What an operator asks for; see `CrawlOptions` for each.

    `base_url` is the address of a mirror, or the path of a file or folder for a source that reads one.
    """

    source: str
    base_url: str = ""
    canonical_url: str = ""
    delay: float | None = None
    limit: int | None = None
    full: bool = False
    permission: str = ""  # who allowed it and when, where the publisher's terms ask


def ingest(services: Services, request: IngestRequest, reporter: Reporter) -> RunReport:
    """Run one source and return its report; raises what `crawl` raises, and RunLocked while another run goes on."""
    settings = services.settings
    source = _source(services, request)
    options = CrawlOptions(
        base_url=request.base_url if _is_address(request.base_url) else "",
        canonical_url=request.canonical_url,
        delay=request.delay,
        limit=request.limit,
        full=request.full,
        own_hosts=settings.own_hosts,
        terms_accepted=bool(request.permission),
    )
    allowed = (_origin(request.base_url),) if _is_address(request.base_url) else ()
    config = FetchConfig(contact=settings.contact, allow_private=allowed)
    with (
        RunLock(settings.data / "lock"),
        Fetcher(config) as fetcher,
        Archive(settings.data / "archive") as archive,
        reporter.step(f"Reading {source.name}") as advance,
    ):
        return crawl(source, services.store, fetcher, archive, options, lambda done, known, _: advance(done, known))


def _source(services: Services, request: IngestRequest) -> Source:
    source = get_source(request.source, services.jurisdictions)
    if request.base_url and not _is_address(request.base_url):
        raise ConfigError(
            f"--base-url {request.base_url!r} is no http(s) address; write for example http://127.0.0.1:8080/."
        )
    return source


def _is_address(text: str) -> bool:
    return urlsplit(text).scheme in {"http", "https"} and bool(urlsplit(text).hostname)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
