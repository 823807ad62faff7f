"""One ingest: source, fetcher, archive and store brought together under the run lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from app.progress import Reporter
from app.wiring import Services
from scraper.archive import Archive
from scraper.bulk import TableFetcher
from scraper.crawl import CrawlOptions, crawl
from scraper.errors import ConfigError
from scraper.fetch import FetchConfig, Fetcher
from scraper.interfaces import ReadsFolder, Source
from scraper.ledger import Ledger
from scraper.local import FolderFetcher, folder_of
from scraper.lock import run_lock
from scraper.removal import resume
from scraper.report import RunReport
from scraper.sources import get_source
from scraper.sources.options import NeedsToken, configured
from scraper.sources.tables import ReadsTables

_NO_DEPTH = 1_000_000  # parts of a long listing hang on each other: a site's bound would cut a large file short


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
    options: Mapping[str, str] = field(default_factory=dict)  # the source's own: `scraper.sources.options`


def ingest(services: Services, request: IngestRequest, reporter: Reporter) -> RunReport:
    """Run one source and return its report; raises what `crawl` raises, and RunLocked while another run goes on."""
    settings = services.settings
    source = configured(get_source(request.source, services.jurisdictions), request.options)
    options = CrawlOptions(
        base_url=request.base_url,
        canonical_url=request.canonical_url,
        delay=request.delay,
        limit=request.limit,
        full=request.full,
        full_every=settings.full_every,
        own_hosts=settings.own_hosts,
        terms_accepted=bool(request.permission),
    )
    with run_lock(services.store.database, settings.data / "lock"):
        fetcher = _fetcher(services, source, request)
        if isinstance(fetcher, FolderFetcher | TableFetcher):
            options = replace(options, base_url=fetcher.base, max_depth=_NO_DEPTH)
        with (
            fetcher,
            Archive(settings.data / "archive") as archive,
            reporter.step(f"Reading {source.name}") as advance,
        ):
            resume(services.store, archive)  # a purge that was killed: its pages must be gone before any is read
            return crawl(source, services.store, fetcher, archive, options, lambda done, known, _: advance(done, known))


def _fetcher(services: Services, source: Source, request: IngestRequest) -> Fetcher | FolderFetcher | TableFetcher:
    if isinstance(source, ReadsTables):
        _check_is_folder(source, request)
        return TableFetcher(Path(request.base_url), source, scratch=services.settings.data / "tmp")
    if isinstance(source, ReadsFolder):
        _check_is_folder(source, request)
        folder = FolderFetcher(Path(request.base_url), source.file_suffixes)
        if not request.canonical_url:
            _refuse_second_folder(services, source, folder.base)
        return folder
    return _site(services, source, request)


def _site(services: Services, source: Source, request: IngestRequest) -> Fetcher:
    if request.base_url and not _is_address(request.base_url):
        raise ConfigError(
            f"--base-url {request.base_url!r} is no http(s) address; write for example http://127.0.0.1:8080/. "
            "A folder of saved pages is read by --source folder."
        )
    allowed = (_origin(request.base_url),) if request.base_url else ()
    headers = _secrets(services, source, request)
    return Fetcher(FetchConfig(contact=services.settings.contact, allow_private=allowed, headers=headers))


def _secrets(services: Services, source: Source, request: IngestRequest) -> dict[str, Mapping[str, str]]:
    """Return by origin the headers with the token that a source's API asks for; a mirror is never sent it."""
    if not isinstance(source, NeedsToken) or request.base_url:
        return {}
    token = services.settings.token(source.token_setting)
    if not token:
        raise ConfigError(
            f"The source {source.name} needs a token: set {source.token_setting} to the one that {source.origin} gave "
            "you, or name a mirror with --base-url."
        )
    return {source.origin: source.token_headers(token)}


def _check_is_folder(source: Source, request: IngestRequest) -> None:
    if not request.base_url or _is_address(request.base_url):
        raise ConfigError(
            f"The source {source.name} reads files of this machine, not a site: name a folder, for example "
            "--base-url /srv/law."
        )


def _refuse_second_folder(services: Services, source: Source, base: str) -> None:
    """Raise ConfigError where another folder has the origin already: all that it stated would seem to vanish."""
    for run in Ledger(services.store.database).runs(limit=1000):
        if (run.source, run.options.get("origin")) != (source.name, source.origin):
            continue
        if run.base_url == base or not folder_of(run.base_url).exists():
            return
        raise ConfigError(
            f"{source.origin} stands for {folder_of(run.base_url)} already. Give this collection an origin of its own, "
            f"for example --canonical-url https://other.invalid; or, if it is a newer copy of the same collection, "
            f"say so with --canonical-url {source.origin}."
        )


def _is_address(text: str) -> bool:
    return urlsplit(text).scheme in {"http", "https"} and bool(urlsplit(text).hostname)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
