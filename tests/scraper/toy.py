"""A tiny source of made-up law, and the site that it reads, for tests of the crawl and the store."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urljoin

from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.database import Database
from scraper.errors import ParseError
from scraper.fetch import FetchConfig, Fetcher
from scraper.interfaces import Page, ParsedPage, Terms
from scraper.models import Document, DocumentKind, DocumentStatus, Provenance
from scraper.report import RunReport
from scraper.store import Store
from tests.site import Site

ORIGIN = "https://law.example"


class ToySource:
    """Pages: `<ul>` lists links; `<article id=.. kind=.. cite=..>text</article>` is a document; else a ParseError."""

    name = "toy"
    description = "made-up law"
    terms = Terms("crawl", "https://law.example/terms", date(2024, 1, 1))
    verified_live: date | None = None

    def __init__(self, origin: str = ORIGIN) -> None:
        self.origin = origin

    def seeds(self) -> Sequence[str]:
        return [self.origin + "/"]

    def follows(self, url: str) -> bool:
        return url.startswith(self.origin + "/") and "/about" not in url

    def parse(self, page: Page) -> ParsedPage:
        html = page.body.decode()
        if "crash" in html:
            raise IndexError("the parser tripped")
        found = re.search(r'<article id="([^"]*)" kind="([^"]*)" cite="([^"]*)">(.*?)</article>', html, re.S)
        if found:
            number, kind, cite, text = found.groups()
            document = Document(
                number, DocumentKind(kind), "toy", f"Title of {number}", cite, text, page.url,
                status=DocumentStatus.IN_FORCE,
            )  # fmt: skip
            return ParsedPage((document,))
        if "<ul" not in html:
            raise ParseError("Neither a list nor a document.", reason="layout")
        links = tuple(urljoin(page.url, href) for href in re.findall(r'href="([^"]*)"', html))
        return ParsedPage(links=links, complete="and more" not in html)


def listing(*paths: str) -> str:
    """Return a page that links to paths."""
    return "<ul>" + "".join(f'<li><a href="{path}">x</a></li>' for path in paths) + "</ul>"


def article(number: str, text: str, kind: str = "statute", cite: str = "") -> str:
    """Return a page that states a document."""
    return f'<nav>menu</nav><article id="{number}" kind="{kind}" cite="{cite or number}">{text}</article>'


def small_site(site: Site, sections: int = 4) -> None:
    """Put a listing with some sections in place, each with its own text."""
    paths = [f"/s/{n}/" for n in range(1, sections + 1)]
    site.page("/", listing("/s/", "/about.html"))
    site.page("/s/", listing(*paths))
    for n, path in enumerate(paths, 1):
        site.page(path, article(f"toy:code:{n}", f"Section {n}. Nobody shall tell lies about number {n}."))


class Bench:
    """A data directory with everything that a crawl needs; its database is a file in it unless a URL is given."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        self.folder = folder
        self.store = Store(Database(database_url or f"sqlite:///{folder / 'store.db'}"))

    def crawl(self, site: Site, *, config: FetchConfig | None = None, **options: object) -> RunReport:
        """Crawl a site with the toy source, without any delay."""
        config = config or quick(site)
        chosen = CrawlOptions(**{"base_url": site.url, "delay": 0.0, **options})  # type: ignore[arg-type]
        with Fetcher(config) as fetcher, Archive(self.folder / "archive") as archive:
            return crawl(ToySource(), self.store, fetcher, archive, chosen)

    def texts(self) -> dict[str, str]:
        """Return the current texts by id."""
        return {version.document_id: version.document.text for version in self.store.current()}


def quick(site: Site, **changes: object) -> FetchConfig:
    """Return a configuration for tests: the site is permitted, waits are short."""
    values: dict[str, object] = {"allow_private": (site.origin,), "delay": 0.0, "backoff": 0.01, "timeout_total": 5.0}
    return FetchConfig(**{**values, **changes})  # type: ignore[arg-type]


def provenance(url: str, at: datetime | None = None) -> Provenance:
    """Return a provenance for a text that no site stated."""
    return Provenance(url, url, at or datetime(2024, 1, 1, tzinfo=UTC), 200, {}, "0" * 64)
