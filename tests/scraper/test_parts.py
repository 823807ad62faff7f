"""Pages told by several answers together, and what only one origin may be sent."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin

import pytest

from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.errors import ConfigError, FetchRefused, ParseError
from scraper.fetch import FetchConfig, Fetcher
from scraper.interfaces import HasParts, Page, ParsedPage
from scraper.models import Document, DocumentKind
from scraper.report import RunReport
from tests.scraper.toy import ORIGIN, Bench, ToySource, quick
from tests.site import Site, answer, drip, redirect, reset

TOKEN = "Token 5ecret"


class CaseSource(ToySource):
    """`{"cases": [..]}` is a list; `{"case": id, "opinions": [..]}` a case whose opinions are answers of their own."""

    def parts(self, page: Page) -> Sequence[str]:
        found = json.loads(page.body)
        return [urljoin(page.url, path) for path in found.get("opinions", [])]

    def parse(self, page: Page) -> ParsedPage:
        found = json.loads(page.body)
        if "cases" in found:
            return ParsedPage(links=tuple(urljoin(page.url, path) for path in found["cases"]))
        texts = [json.loads(part.body)["text"] for part in page.parts.values()]
        if not all(texts):
            raise ParseError("An opinion without words.", reason="empty")
        number = found["case"]
        return ParsedPage((Document(number, DocumentKind.CASE, "toy", number, number, " ".join(texts), page.url),))


def case_site(site: Site) -> None:
    site.page("/", json.dumps({"cases": ["/c/1/", "/c/2/"]}))
    for n in (1, 2):
        opinions = [f"/o/{n}-1/", f"/o/{n}-2/"]
        site.page(f"/c/{n}/", json.dumps({"case": f"toy:high:{n}", "opinions": opinions}))
        for place, path in enumerate(opinions, 1):
            site.page(path, json.dumps({"text": f"Opinion {place} of case {n}."}))


def run(site: Site, bench: Bench, **config: Any) -> RunReport:
    with Fetcher(quick(site, **config)) as fetcher, Archive(bench.folder / "archive") as archive:
        return crawl(CaseSource(), bench.store, fetcher, archive, CrawlOptions(base_url=site.url, delay=0.0))


def test_a_page_is_read_with_its_parts(site: Site, bench: Bench) -> None:
    case_site(site)
    assert isinstance(CaseSource(), HasParts) and not isinstance(ToySource(), HasParts)
    report = run(site, bench)
    assert (report.state, report.pages["fetched"], report.documents["added"]) == ("done", 3, 2)
    assert bench.texts()["toy:high:2"] == "Opinion 1 of case 2. Opinion 2 of case 2."
    archive = Archive(bench.folder / "archive")
    held = [(page.url, page.part_of) for page in archive.pages(archive.files()[0])]
    assert held == [
        (ORIGIN + "/", ""),
        (ORIGIN + "/o/1-1/", ORIGIN + "/c/1/"), (ORIGIN + "/o/1-2/", ORIGIN + "/c/1/"), (ORIGIN + "/c/1/", ""),
        (ORIGIN + "/o/2-1/", ORIGIN + "/c/2/"), (ORIGIN + "/o/2-2/", ORIGIN + "/c/2/"), (ORIGIN + "/c/2/", ""),
    ]  # fmt: skip


def test_parts_are_asked_conditionally_and_their_change_is_seen(site: Site, bench: Bench) -> None:
    case_site(site)
    run(site, bench)
    for _ in range(3):
        site.log.clear()
        report = run(site, bench)
        assert (report.pages["unchanged"], report.changes) == (3, ())
        assert {row.status for row in site.asked()} == {304} and len(site.asked()) == 7
    site.page("/o/2-2/", json.dumps({"text": "A dissent."}))
    report = run(site, bench)
    assert [(change.document_id, change.kind) for change in report.changes] == [("toy:high:2", "changed")]
    assert bench.texts()["toy:high:2"] == "Opinion 1 of case 2. A dissent."
    assert run(site, bench).pages["unchanged"] == 3


@pytest.mark.parametrize("fault", [answer(404), answer(403), reset], ids=["404", "403", "reset"])
def test_a_page_fails_whole_without_a_part(site: Site, bench: Bench, fault: Any) -> None:
    case_site(site)
    site.fault("/o/1-2/", fault)
    report = run(site, bench)
    assert (report.state, report.pages["failed"]) == ("partial", 1)
    assert list(bench.texts()) == ["toy:high:2"]
    case_site(site)
    assert run(site, bench).state == "done"
    assert len(bench.texts()) == 2


@pytest.mark.parametrize("opinions", [["https://evil.example/o/"], ["mailto:x@example.org"], 7, ["/o/1-1/"] * 3,
                                      [f"/o/{n}/" for n in range(1001)]])  # fmt: skip
def test_parts_that_cannot_be_are_set_aside(site: Site, bench: Bench, opinions: Any) -> None:
    case_site(site)
    site.page("/c/1/", json.dumps({"case": "toy:high:1", "opinions": opinions}))
    report = run(site, bench)
    if opinions == ["/o/1-1/"] * 3:  # named thrice, fetched once
        assert bench.texts()["toy:high:1"] == "Opinion 1 of case 1." and len(site.asked("/o/1-1/")) == 1
        return
    assert report.pages["quarantined"] == 1 and "toy:high:1" not in bench.texts()
    assert len(bench.store.quarantined()) == 1


def test_the_parts_of_a_page_have_one_deadline_together(site: Site, bench: Bench) -> None:
    """Each of the ten drips for less time than one page may take, and all of them for more."""
    case_site(site)
    paths = [f"/p/{n}/" for n in range(10)]
    site.page("/c/1/", json.dumps({"case": "toy:high:1", "opinions": paths}))
    for path in paths:
        site.fault(path, drip(b'{"text": "One."}', 0.02))
    report = run(site, bench, timeout_total=1.5)
    assert report.troubles == ((f"{ORIGIN}/c/1/", "deadline"),)
    assert report.documents["added"] == 1
    assert 1 < len([path for path in paths if site.asked(path)]) < 10


def test_one_origin_alone_is_sent_its_headers(site: Site, bench: Bench) -> None:
    case_site(site)
    with Site() as other:
        other.page("/", "canary")
        site.fault("/o/1-1/", redirect(other.url))
        run(site, bench, headers={site.origin: {"Authorization": TOKEN}}, allow_private=(site.origin, other.origin))
        assert other.log == []
    assert {row.headers.get("authorization") for row in site.asked()} == {TOKEN}
    assert all("authorization" not in row.headers for row in site.asked("/robots.txt"))
    files = list((bench.folder / "archive").iterdir())
    assert files and all(b"5ecret" not in gzip.decompress(file.read_bytes()) for file in files)
    with Site() as elsewhere, Fetcher(quick(elsewhere, headers={site.origin: {"Authorization": TOKEN}})) as fetcher:
        elsewhere.page("/a/", "x")
        fetcher.get(elsewhere.origin + "/a/")
        assert "authorization" not in elsewhere.asked("/a/")[0].headers


def test_secret_headers_are_shown_nowhere(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    config = quick(site, headers={site.origin: {"Authorization": TOKEN}}, tries=2)
    assert "5ecret" not in repr(config)
    site.fault("/a/", answer(500))
    with caplog.at_level("DEBUG"), Fetcher(config) as fetcher, pytest.raises(Exception, match="500") as caught:
        fetcher.get(site.origin + "/a/")
    assert "5ecret" not in caplog.text + repr(caught.value)


@pytest.mark.parametrize("headers", [{"Authorization": "x\ny"}, {"Host": "evil.example"}, {"X-Key": "schlüssel"}])
def test_headers_that_cannot_be_sent_are_refused_unseen(site: Site, headers: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        Fetcher(FetchConfig(headers={site.origin: headers}))
    assert not any(value in str(caught.value) for value in headers.values())


def test_a_part_that_robots_disallow_is_not_asked_for(site: Site, bench: Bench) -> None:
    case_site(site)
    site.page("/robots.txt", "User-agent: *\nDisallow: /o/1-2/\n")
    report = run(site, bench)
    assert report.pages["refused"] == 1 and site.asked("/o/1-2/") == []
    with Fetcher(quick(site)) as fetcher, pytest.raises(FetchRefused):
        fetcher.get(site.origin + "/o/1-2/")
