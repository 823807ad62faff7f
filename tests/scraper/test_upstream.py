"""Whole crawls of a site that misbehaves, one test or more for each way of it, and what must come of them.

The rows: u1 too many requests, u2 outage, u3 broken transfers, u4 pages that are no law, u5 a new layout, u6 slowness,
u7 bombs, u8 deep and wide pages, u9 characters, u10 traps, u11 hostile redirects, u12 names that change, u13
robots.txt, u14 manners by the site's own log, u15 validators that lie, u16 what vanishes and comes back, u17 what is
amended or doubled. Single requests are tried in `test_fetch`; reading again from the archive in `test_reparse`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.errors import FetchError, ParseError, SourceError
from scraper.fetch import Fetcher
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.robots import MAX_AGE
from scraper.sources.justia import JustiaSource
from scraper.store import Store
from scraper.visit import read_page
from tests.scraper.test_fetch import Rewired, changing
from tests.scraper.test_runs import Days
from tests.scraper.toy import ORIGIN, Bench, ToySource, article, listing, quick, small_site
from tests.site import (
    Fault,
    Handler,
    Site,
    answer,
    cut_chunk,
    drip,
    endless,
    gzip_bomb,
    overlong,
    redirect,
    reset,
    stall,
    truncate,
)

PAGES = Path(__file__).parents[1] / "pages" / "justia"
LAW = "https://law.justia.com/codes/us/title-28/part-iv/chapter-85/sec-1331/"


def digest(bench: Bench) -> list[tuple[str, ...]]:
    return sorted(bench.store.digest_rows())


def section(n: int) -> str:
    return article(f"toy:code:{n}", f"Section {n}. Nobody shall tell lies about number {n}.")


# ---- u1: too many requests ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_u1_the_wait_that_a_site_asks_for_is_kept_by_the_whole_run(site: Site, bench: Bench, form: str) -> None:
    small_site(site, 6)
    body = section(3).encode()
    asked: list[float] = []

    def busy(handler: Handler) -> None:
        when = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True) if form == "date" else "1"
        asked.append(time.monotonic() + 1)  # a date has whole seconds, so it asks for one at least
        answer(429, Retry_After=when)(handler)

    site.fault("/s/3/", busy, busy, answer(200, body))
    report = bench.crawl(site)
    assert (report.state, len(bench.texts())) == ("done", 6)
    tries = site.asked("/s/3/")
    assert len(tries) == 3
    for refused, until in zip(tries, asked, strict=False):
        early = [row for row in site.log if refused.ended < row.began < until - 0.05]
        assert early == []


def test_u1_five_tries_of_an_address_in_a_run(site: Site, bench: Bench) -> None:
    small_site(site, 6)
    site.fault("/s/3/", answer(429))
    report = bench.crawl(site)
    assert (report.state, len(site.asked("/s/3/"))) == ("partial", 5)
    assert report.troubles == ((ORIGIN + "/s/3/", "status-429"),)


# ---- u2: outage -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503])
def test_u2_after_an_outage_all_is_as_before_it(site: Site, bench: Bench, status: int) -> None:
    small_site(site, 12)
    bench.crawl(site)
    before = digest(bench)
    quickly = quick(site, tries=2, backoff=0.001)
    for paths, state in (([2], "partial"), (range(1, 13), "refused")):
        for n in paths:
            site.fault(f"/s/{n}/", answer(status))
        report = bench.crawl(site, config=quickly)
        assert (report.state, report.exit_code > 0, digest(bench)) == (state, True, before)
    small_site(site, 12)
    report = bench.crawl(site)
    assert (report.state, report.changes, digest(bench)) == ("done", (), before)


def test_u2_a_burst_of_errors_is_waited_out(site: Site, bench: Bench) -> None:
    small_site(site, 6)
    for n in range(1, 7):
        site.fault(f"/s/{n}/", answer(500), answer(503), answer(200, section(n).encode()))
    assert bench.crawl(site).state == "done"
    assert len(bench.texts()) == 6


# ---- u3: broken transfers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [lambda body: truncate(body, len(body) // 2), lambda body: cut_chunk(body[: len(body) // 2]), lambda body: reset,
     lambda body: overlong(body, len(body) // 2), lambda body: truncate(body, 0)],
    ids=["truncated", "chunk", "reset", "announced-too-short", "nothing"],
)  # fmt: skip
def test_u3_nothing_of_a_broken_transfer_is_stored(site: Site, bench: Bench, broken: Callable[[bytes], Fault]) -> None:
    small_site(site, 8)
    bench.crawl(site)
    before = digest(bench)
    # Half of it is a whole document for the parser: only the transfer tells that it is not.
    body = (article("toy:code:2", "Amended.") + article("toy:code:2", "And more.")).encode()
    site.fault("/s/2/", broken(body))
    site.fault("/s/3/", broken(section(3).encode()), answer(200, section(3).encode()))
    report = bench.crawl(site, config=quick(site, tries=2, backoff=0.001))
    assert (report.state, report.pages["failed"], report.changes, digest(bench)) == ("partial", 1, (), before)
    assert len(bench.store.versions("toy:code:2")) == 1
    archive = Archive(bench.folder / "archive")
    assert all(b"Amended" not in page.body for file in archive.files() for page in archive.pages(file))


# ---- u4: pages that are no law --------------------------------------------------------------------------


def test_u4_what_is_no_law_is_set_aside_with_its_bytes(site: Site, bench: Bench) -> None:
    small_site(site, 30)
    bench.crawl(site)
    before = digest(bench)
    bodies = {"/s/1/": b"", "/s/2/": b"<h1>Page not found</h1>", "/s/3/": b"Are you human?", "/s/4/": bytes(range(256)),
              "/s/5/": b"%PDF-1.7 \x93\x8c\x8b\x9e"}  # fmt: skip
    for path, body in bodies.items():
        site.page(path, body)
    report = bench.crawl(site)
    assert (report.state, report.exit_code, report.pages["quarantined"]) == ("partial", 3, 5)
    assert digest(bench) == before
    archive = Archive(bench.folder / "archive")
    aside = {row.url: archive.read(row.warc_file, row.warc_offset).body for row in bench.store.quarantined()}
    assert aside == {ORIGIN + path: body for path, body in bodies.items()}
    size = sum(file.stat().st_size for file in (bench.folder / "archive").iterdir())
    bench.crawl(site)  # the same bytes are not kept a second time
    assert sum(file.stat().st_size for file in (bench.folder / "archive").iterdir()) == size


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"", "text/html"), (b"<html><body><h1>404</h1>Sorry, not found.</body></html>", "text/html"),
     (b"<html><body>Verify you are human</body></html>", "text/html"), (bytes(range(256)) * 40, "text/html"),
     (b"%PDF-1.7 \x93\x8c\x8b\x9e", "application/pdf"), (b'{"error": "no such page"}', "application/json")],
    ids=["empty", "soft404", "captcha", "garbage", "pdf", "json"],
)  # fmt: skip
@pytest.mark.parametrize("url", [LAW, "https://law.justia.com/cases/federal/us/521/844/"])
def test_u4_a_real_source_takes_none_of_it_for_law(body: bytes, content_type: str, url: str) -> None:
    with pytest.raises(ParseError):
        read_page(JustiaSource(Jurisdictions.load()), Page(url, body, content_type))


# ---- u5: a new layout -----------------------------------------------------------------------------------


def test_u5_a_tenth_in_a_new_layout_is_set_aside(site: Site, bench: Bench) -> None:
    small_site(site, 30)
    bench.crawl(site)
    before = digest(bench)
    for n in (3, 13, 23):
        site.page(f"/s/{n}/", "<div>a new layout</div>")
    site.page("/s/4/", article("toy:code:4", "Amended."))
    report = bench.crawl(site)
    assert (report.state, report.pages["quarantined"], report.documents["changed"]) == ("partial", 3, 1)
    assert [row for row in before if "toy:code:4" not in row] == [
        row for row in digest(bench) if "toy:code:4" not in row
    ]


@pytest.mark.parametrize("lost", ["layout", "documents"])
def test_u5_a_site_that_lost_much_publishes_nothing(site: Site, bench: Bench, lost: str) -> None:
    small_site(site, 30)
    bench.crawl(site)
    before = digest(bench)
    if lost == "layout":
        for n in range(1, 31):
            site.page(f"/s/{n}/", "<div>a new layout</div>")
    else:  # the listing is whole, as far as it tells, and a quarter of it is not there
        site.page("/s/", listing(*[f"/s/{n}/" for n in range(1, 23)]))
    report = bench.crawl(site)
    assert (report.state, report.exit_code, digest(bench)) == ("refused", 4, before)
    assert "nothing is published" in report.message.lower()


# ---- u6: slowness ---------------------------------------------------------------------------------------


def test_u6_slow_pages_end_at_their_deadline_and_the_rest_goes_on(site: Site, bench: Bench) -> None:
    small_site(site, 12)
    bench.crawl(site)
    before = digest(bench)
    site.fault("/s/2/", drip(b"x" * 2000, 0.02))
    site.fault("/s/5/", stall(30))
    site.page("/s/7/", article("toy:code:7", "Amended."))
    began = time.monotonic()
    report = bench.crawl(site, config=quick(site, timeout_total=0.5))
    assert time.monotonic() - began < 20  # seventy seconds, were each read given its own time
    assert sorted(report.troubles) == [(ORIGIN + "/s/2/", "deadline"), (ORIGIN + "/s/5/", "deadline")]
    assert report.documents["changed"] == 1
    assert {row for row in before if "toy:code:7" not in row} <= set(digest(bench))


# ---- u7: bombs ------------------------------------------------------------------------------------------

_BOMBS = """
import resource, sys
from pathlib import Path
from tests.scraper.toy import Bench, quick, small_site
from tests.site import Site, answer, endless, gzip_bomb
with Site() as site:
    small_site(site, 20)
    bench = Bench(Path(sys.argv[1]))
    bench.crawl(site)
    site.fault("/s/1/", gzip_bomb(512 * 2**20))
    site.fault("/s/2/", gzip_bomb(512 * 2**20, layers=2))
    site.fault("/s/3/", endless)
    site.fault("/s/4/", answer(200, b"<ul>" + b" " * 50 * 2**20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = bench.crawl(site)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(report.state, report.pages["failed"], sorted({reason for _, reason in report.troubles}), grown < 64 * 1024)
"""


def test_u7_bombs_are_refused_and_told_and_take_no_memory(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", _BOMBS, str(tmp_path)], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert process.stdout.split("\n")[0] == "partial 4 ['encoding', 'too-large'] True"


def test_u7_what_is_too_large_leaves_the_rest_alone(site: Site, bench: Bench) -> None:
    small_site(site, 12)
    site.fault("/s/1/", gzip_bomb(64 * 2**20))
    site.fault("/s/2/", endless)
    report = bench.crawl(site)
    assert (report.state, report.pages["failed"], len(bench.texts())) == ("partial", 2, 10)


# ---- u8: deep and wide pages ----------------------------------------------------------------------------

_SHAPES = """
import resource, sys
from scraper.errors import ParseError
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.sources import sources
from scraper.visit import read_page
deep = b"<html><body>" + b"<div>" * 100_000 + b"law" + b"</div>" * 100_000 + b"</body></html>"
wide = b"<html><body>" + b"<p>law</p><a href='/codes/us/x/'>x</a>" * 100_000 + b"</body></html>"
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for source in sources(Jurisdictions.load()).values():
    if source.name == "folder":
        continue  # reads with the others
    for body in (deep, wide):
        try:
            read_page(source, Page(source.origin + "/codes/us/title-28/part-iv/chapter-85/sec-1331/", body))
        except ParseError:
            pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) < 500 * 1024)
"""


def test_u8_deep_and_wide_pages_bring_no_source_down() -> None:
    process = subprocess.run(
        [sys.executable, "-c", _SHAPES], capture_output=True, text=True, cwd=Path.cwd(), timeout=300, check=False
    )
    assert (process.returncode, process.stdout.strip(), process.stderr) == (0, "True", "")


# ---- u9: characters -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["charset-cp1252-as-utf8", "charset-none", "charset-utf16"])
def test_u9_signs_survive_wrong_charsets(site: Site, name: str) -> None:
    """A page in another coding than its server says reads like the same page in the right one."""
    body = (PAGES / name / "page.html").read_bytes()
    document = read_page(JustiaSource(Jurisdictions.load()), Page(LAW, body, "text/html; charset=utf-8")).documents[0]
    assert "\N{REPLACEMENT CHARACTER}" not in document.text
    assert any(sign in document.text + document.citation for sign in "§“”’–—")


def test_u9_what_cannot_be_decoded_is_set_aside(site: Site, bench: Bench) -> None:
    small_site(site, 12)
    bench.crawl(site)
    before = digest(bench)
    site.page("/s/2/", article("toy:code:2", "\N{REPLACEMENT CHARACTER} 7"))
    site.page("/s/3/", article("toy:code:3", "§ 7 “quoted”").encode("cp1252"))  # the toy source reads UTF-8 alone
    assert bench.crawl(site).pages["quarantined"] == 2
    assert digest(bench) == before


# ---- u10: traps -----------------------------------------------------------------------------------------


def test_u10_loops_chains_and_traps_end(site: Site, bench: Bench) -> None:
    site.page("/", listing("/loop/", "/hop/0/", "/hop/5/", "/deep/0/", "/wide/", "/grow/", "/s/1/", "/s/2/", "/s/3/"))
    site.fault("/loop/", redirect("/loop/"))
    for n in range(10):
        site.fault(f"/hop/{n}/", redirect(f"/hop/{n + 1}/"))
    site.page("/hop/10/", section(10))
    for n in range(60):
        site.page(f"/deep/{n}/", listing(f"/deep/{n + 1}/"))
    for n in (1, 2, 3):
        site.page(f"/s/{n}/", section(n))
    site.page("/wide/", listing(*[f"/wide/{n}/" for n in range(300)]))
    site.page("/grow/", listing("/" + "grow/" * 1000))
    report = bench.crawl(site, max_depth=20, max_pages=100)
    assert sum(report.pages.values()) - report.pages["skipped"] == 100
    assert report.cut_short and not report.whole
    assert len(site.asked("/loop/")) == 6 and len(site.asked("/hop/1/")) == 1  # five hops follow the first request
    assert max((len(row.path) for row in site.log), default=0) < 2000
    assert not any(row.path.startswith("/deep/20") for row in site.asked())
    assert "toy:code:10" in bench.texts()  # from the fifth on, the chain is five hops long


def test_u10_what_a_trap_cut_short_withdraws_nothing(site: Site, bench: Bench) -> None:
    small_site(site, 10)
    bench.crawl(site)
    site.page("/", listing("/s/", "/deep/0/"))
    for n in range(8):
        site.page(f"/deep/{n}/", listing(f"/deep/{n + 1}/"))
    site.page("/s/", listing(*[f"/s/{n}/" for n in range(1, 10)]))
    report = bench.crawl(site, max_depth=5)
    assert (report.state, report.documents["withdrawn"]) == ("done", 0)
    assert "nothing is taken as vanished" in report.message


# ---- u11, u12: hostile redirects and names --------------------------------------------------------------


def test_u11_hostile_redirects_reach_nothing(site: Site, bench: Bench) -> None:
    small_site(site, 40)
    with Site() as canary:
        canary.page("/", section(1))
        port = canary.port
        targets = [canary.url, f"http://2130706433:{port}/", f"http://[::ffff:127.0.0.1]:{port}/", f"//0x7f.1:{port}/",
                   "http://169.254.169.254/latest/", "file:///etc/passwd", f"http://localhost:{port}/",
                   f"http://user:word@127.0.0.1:{port}/"]  # fmt: skip
        for n, target in enumerate(targets, 1):
            site.fault(f"/s/{n}/", redirect(target))
        report = bench.crawl(site, config=quick(site, headers={site.origin: {"Authorization": "Token 5ecret"}}))
        assert canary.log == []
    assert (report.pages["failed"], len(bench.texts())) == (len(targets), 40 - len(targets))


@pytest.mark.parametrize(
    "names",
    [changing(["93.184.216.34"], ["127.0.0.1"]), changing(["93.184.216.34", "127.0.0.1"]), changing(["127.0.0.1"])],
    ids=["changes", "both", "private"],
)
def test_u12_a_name_that_leads_inside_is_not_dialled(
    site: Site, bench: Bench, names: Callable[[str, int], list[str]]
) -> None:
    site.page("/robots.txt", "")
    site.fault("/robots.txt", answer(404, Connection="close"))  # so that the page needs a connection of its own
    site.page("/", section(1))
    dial = Rewired(site.port)
    options = CrawlOptions(base_url="http://evil.test/", delay=0.0, own_hosts=("evil.test",))
    with (
        Fetcher(quick(site, allow_private=(), tries=2), resolve=names, dial=dial) as fetcher,
        Archive(bench.folder / "archive") as archive,
        pytest.raises(Exception, match=r"evil\.test"),
    ):
        crawl(ToySource(), bench.store, fetcher, archive, options)
    assert set(dial.dialled) <= {"93.184.216.34"}  # the address that was checked, and never another
    assert site.asked() == [] and bench.texts() == {}


# ---- u13: robots.txt ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("robots", "read"),
    [(answer(404), 6), (answer(403), 6), (answer(500), 0), (answer(503), 0), (answer(429), 0), (stall(30), 0),
     (answer(200, b"User-agent: *\nDisallow: /s/*$\nAllow: /s/$\n"), 0),
     (answer(200, b"User-agent: *\nDisallow: /s/2\nDisallow: /*/3/$\n"), 4),
     (answer(200, b"#" * 600 * 1024 + b"\nUser-agent: *\nDisallow: /s/1/\n"), 5),
     (answer(200, b"User-agent: lexatlas\nDisallow: /s/4/\n\nUser-agent: *\nDisallow: /\n"), 5)],
    ids=["404", "403", "500", "503", "429", "timeout", "wildcard", "longest", "600-KB", "ours"],
)  # fmt: skip
def test_u13_robots_are_obeyed_in_whatever_state_they_are(site: Site, bench: Bench, robots: Fault, read: int) -> None:
    small_site(site, 6)
    site.fault("/robots.txt", robots)
    config = quick(site, timeout_total=0.6, tries=2, backoff=0.001)
    if read:
        bench.crawl(site, config=config)
    else:
        with pytest.raises(SourceError, match=r"robots|no document"):
            bench.crawl(site, config=config)
        assert [row for row in site.asked() if row.path not in {"/", "/s/"}] == []
    assert len(bench.texts()) == read


def test_u13_a_copy_of_robots_is_good_for_a_day(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_AGE <= 24 * 3600
    monkeypatch.setattr("scraper.fetch.MAX_AGE", 0.2)
    site.page("/a/", "x")
    with Fetcher(quick(site)) as fetcher:
        fetcher.get(site.origin + "/a/")
        fetcher.get(site.origin + "/a/")
        assert len(site.asked("/robots.txt")) == 1
        time.sleep(0.25)
        site.page("/robots.txt", "User-agent: *\nDisallow: /\n")
        with pytest.raises(FetchError):
            fetcher.get(site.origin + "/a/")


# ---- u14: manners ---------------------------------------------------------------------------------------


def test_u14_manners_by_the_sites_own_log(site: Site, bench: Bench) -> None:
    small_site(site, 20)
    site.page("/robots.txt", "User-agent: *\nDisallow: /s/7/\nCrawl-delay: 0.1\n")
    for _ in range(2):
        bench.crawl(site, config=quick(site, contact="law@example.org"), delay=None)
    assert all("law@example.org" in row.headers["user-agent"] for row in site.log)
    assert max(row.in_flight for row in site.log) <= 2
    assert site.asked("/s/7/") == []
    asked = sorted(site.log, key=lambda row: row.began)
    # Only the second run's first request knows nothing of the one before it.
    gaps = [after.began - before.began for before, after in pairwise(asked) if after.path != "/robots.txt"]
    assert min(gaps) >= 0.1
    seen, revisits = set[str](), list[bool]()
    for row in asked:
        if row.path != "/robots.txt":
            if row.path in seen:
                revisits.append("if-none-match" in row.headers or "if-modified-since" in row.headers)
            seen.add(row.path)
    assert len(revisits) == 21 and sum(revisits) / len(revisits) >= 0.95
    assert {row.path for row in asked} == {"/robots.txt", "/", "/s/", *(f"/s/{n}/" for n in range(1, 21) if n != 7)}


# ---- u15: validators that lie (the lie itself: test_runs) -----------------------------------------------


def test_u15_new_validators_for_old_bytes_are_no_news(site: Site, bench: Bench) -> None:
    small_site(site, 6)
    bench.crawl(site)
    before = digest(bench)
    for turn in range(3):
        for n in range(1, 7):
            site.page(f"/s/{n}/", section(n), etag=False, headers={"ETag": f'"{turn}-{n}"'}, modified=1.7e9 + turn)
        report = bench.crawl(site)
        assert (report.changes, report.pages["unchanged"], digest(bench)) == ((), 8, before)
    archive = Archive(bench.folder / "archive")
    assert len(archive.files()) == 1  # the same bytes were not kept again


# ---- u16: what vanishes and comes back ------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
def test_u16_what_vanishes_is_kept_and_comes_back_as_itself(site: Site, bench: Bench, status: int) -> None:
    clock = Days()
    bench.store = Store(bench.store.database, clock)
    small_site(site, 10)
    bench.crawl(site)
    before = digest(bench)
    site.fault("/s/4/", answer(status))
    clock.day = 1
    report = bench.crawl(site)
    assert (report.state, [change.kind for change in report.changes]) == ("done", ["withdrawn"])
    assert bench.store.state_of("toy:code:4") == "withdrawn" and "toy:code:4" not in bench.texts()
    (version,) = bench.store.versions("toy:code:4")
    assert version.observed_to is not None and version.document.text.startswith("Section 4.")
    site.page("/s/4/", section(4))
    clock.day = 2
    assert [change.kind for change in bench.crawl(site).changes] == ["returned"]
    assert digest(bench) == before
    for n in range(1, 7):
        site.fault(f"/s/{n}/", answer(status))
    clock.day = 3
    report = bench.crawl(site)
    assert (report.state, report.exit_code, report.changes, digest(bench)) == ("refused", 4, (), before)
    small_site(site, 10)
    assert (bench.crawl(site).changes, digest(bench)) == ((), before)


# ---- u17: what is amended or doubled --------------------------------------------------------------------


def test_u17_an_amendment_keeps_the_old_text_readable(site: Site, bench: Bench) -> None:
    small_site(site, 6)
    bench.crawl(site)
    old = bench.store.versions("toy:code:2")[0]
    site.page("/s/2/", article("toy:code:2", "Section 2. Nobody shall lie."))
    report = bench.crawl(site)
    assert [(change.kind, change.document_id, change.note) for change in report.changes] == [
        ("changed", "toy:code:2", "text")
    ]
    first, second = bench.store.versions("toy:code:2")
    assert (first.hash, first.document.text) == (old.hash, old.document.text)
    assert first.observed_to == second.observed_from and second.observed_to is None
    assert bench.store.resolve_alias("toy:code:2") == ["toy:code:2"]


def test_u17_one_text_at_two_addresses_is_one_document(site: Site, bench: Bench) -> None:
    small_site(site, 3)
    site.page("/", listing("/s/", "/again/"))
    site.page("/again/", section(2))
    report = bench.crawl(site)
    assert (report.documents["added"], report.documents["source_added"]) == (3, 1)
    assert [ref.url for ref in bench.store.sources_of("toy:code:2")] == [ORIGIN + "/again/", ORIGIN + "/s/2/"]
    assert bench.crawl(site).changes == ()
