"""Whole runs against a local site: what is stored, what is reported, what is asked of the site."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scraper.addresses import plain
from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.errors import (
    ConfigError,
    EmptySource,
    PublishRefused,
    RunPartial,
    SourceUnreachable,
    TermsRefused,
)
from scraper.fetch import FetchConfig, Fetcher
from scraper.interfaces import Terms
from scraper.ledger import KEPT_RUNS, Ledger, Pending, Visited
from scraper.models import text_hash
from scraper.report import RunReport
from tests.scraper.toy import ORIGIN, Bench, ToySource, article, listing, quick, small_site
from tests.site import Site, answer, gzip_bomb, redirect, truncate

LONG = "The judgment of the court of appeals is affirmed. " * 20
_STATES = ("fetched", "unchanged", "missing", "refused", "failed", "quarantined", "skipped")


def test_a_first_run_stores_all_of_it(site: Site, bench: Bench) -> None:
    small_site(site, 4)
    report = bench.crawl(site)
    assert (report.state, report.exit_code) == ("done", 0)
    assert report.pages["fetched"] == 6
    assert report.documents == {"seen": 4, "added": 4, "changed": 0, "unchanged": 0, "source_added": 0,
                                "returned": 0, "withdrawn": 0}  # fmt: skip
    assert bench.texts()["toy:code:3"] == "Section 3. Nobody shall tell lies about number 3."
    assert [row.path for row in site.asked()] == ["/", "/s/", "/s/1/", "/s/2/", "/s/3/", "/s/4/"]  # breadth first, once
    report.raise_for_state()


def test_what_is_stored_is_canonical(site: Site, bench: Bench) -> None:
    small_site(site, 1)
    bench.crawl(site, canonical_url="https://code.other.example/")
    (version,) = bench.store.current()
    assert version.document.url == "https://code.other.example/s/1/"
    assert version.provenance.url == "https://code.other.example/s/1/"
    assert version.provenance.fetched_from == site.origin + "/s/1/"
    assert [ref.url for ref in bench.store.sources_of("toy:code:1")] == ["https://code.other.example/s/1/"]
    assert str(site.port) not in json.dumps(list(bench.store.digest_rows()))


def test_a_mirror_below_a_path(site: Site, bench: Bench) -> None:
    site.page("/mirror/law/", '<ul><a href="https://law.example/s/1/">x</a></ul>')
    site.page("/mirror/law/s/1/", article("toy:code:1", "One."))
    bench.crawl(site, base_url=site.url + "mirror/law/")
    assert next(bench.store.current()).document.url == ORIGIN + "/s/1/"


def test_every_version_knows_its_raw_bytes(site: Site, bench: Bench) -> None:
    small_site(site, 2)
    bench.crawl(site)
    archive = Archive(bench.folder / "archive")
    for version in bench.store.current():
        source = version.provenance
        raw = archive.read(source.warc_file, source.warc_offset)
        assert raw.url == version.document.url
        assert text_hash(raw.body.decode()) == source.raw_sha256
        assert version.document.text.encode() in raw.body
        assert (source.status, source.headers["content-type"]) == (200, "text/html; charset=utf-8")


# ---- runs after the first -------------------------------------------------------------------------------


def test_a_second_run_asks_conditionally_and_adds_nothing(site: Site, bench: Bench) -> None:
    small_site(site, 6)
    first = bench.crawl(site)
    before = sorted(bench.store.digest_rows())
    site.log.clear()
    report = bench.crawl(site)
    assert report.run_id != first.run_id
    assert report.pages["unchanged"] == 8
    assert (report.documents["unchanged"], report.documents["added"]) == (6, 0)
    assert [row.status for row in site.asked()] == [304] * 8
    assert all("if-none-match" in row.headers for row in site.asked())
    assert sorted(bench.store.digest_rows()) == before
    assert report.changes == ()
    assert len(Archive(bench.folder / "archive").files()) == 1


def test_a_server_that_only_knows_file_times(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "www"
    for path, body in {"": listing("/s/1", "/s/2"), "s/1": article("a", "One."), "s/2": article("b", "Two.")}.items():
        (folder / path).mkdir(parents=True, exist_ok=True)
        (folder / path / "index.html").write_text(body)
    with Site(folder) as site:
        bench.crawl(site)
        site.log.clear()
        assert bench.crawl(site).pages["unchanged"] == 3
        assert {row.status for row in site.asked()} == {301, 304}
        assert all("if-modified-since" in row.headers for row in site.asked())
    assert next(bench.store.current()).document.url == ORIGIN + "/s/1"  # as linked, not as the file server has it
    with Site(folder) as moved:  # another server: its file times mean nothing here, its bytes do
        assert bench.crawl(moved).pages["unchanged"] == 3
        assert {row.status for row in moved.asked()} == {301, 200}


def test_new_etags_for_old_bytes_are_no_news(site: Site, bench: Bench) -> None:
    small_site(site, 2)
    bench.crawl(site)
    body = article("toy:code:1", "Section 1. Nobody shall tell lies about number 1.")
    for tag in ('"x1"', '"x2"'):
        site.page("/s/1/", body, etag=False, headers={"ETag": tag})
        report = bench.crawl(site)
        assert (report.pages["unchanged"], report.changes) == (4, ())
    assert len(bench.store.versions("toy:code:1")) == 1


def test_a_server_that_lies_is_found_by_a_full_run(site: Site, bench: Bench) -> None:
    small_site(site, 4)
    bench.crawl(site)
    site.fault("/s/1/", answer(304))
    assert bench.crawl(site).pages["unchanged"] == 6
    site.page("/s/1/", article("toy:code:1", "Amended."))
    site.page("/s/2/", article("toy:code:2", "Section 2. Nobody shall tell lies about number 2."))
    site.log.clear()
    report = bench.crawl(site, full=True)
    assert (report.pages["fetched"], report.pages["unchanged"], report.documents["changed"]) == (1, 5, 1)
    assert {row.status for row in site.asked()} == {200}  # nothing was asked for conditionally


def test_nothing_is_unmodified_that_was_asked_for_whole(site: Site, bench: Bench) -> None:
    small_site(site, 4)
    bench.crawl(site)
    site.fault("/s/1/", answer(304))
    report = bench.crawl(site, full=True)
    assert (report.state, report.troubles) == ("partial", ((ORIGIN + "/s/1/", "status-304"),))
    site.page("/s/", listing("/s/1/", "/s/2/", "/s/3/", "/s/4/", "/s/5/"))
    site.fault("/s/5/", answer(304))
    assert (ORIGIN + "/s/5/", "status-304") in bench.crawl(site).troubles
    assert len(bench.texts()) == 4


def test_an_amended_section_is_a_new_version(site: Site, bench: Bench) -> None:
    small_site(site, 6)
    bench.crawl(site)
    site.page("/s/2/", article("toy:code:2", "Section 2. Nobody shall lie."))
    report = bench.crawl(site)
    assert (report.documents["changed"], report.documents["unchanged"]) == (1, 5)
    old, new = bench.store.versions("toy:code:2")
    assert old.document.text == "Section 2. Nobody shall tell lies about number 2."
    assert new.document.text == bench.texts()["toy:code:2"] == "Section 2. Nobody shall lie."
    assert [(c.document_id, c.kind, c.new_version) for c in report.changes] == [("toy:code:2", "changed", new.hash)]
    assert "changed: toy:code:2" in report.in_words()
    assert json.loads(json.dumps(report.to_json()))["changes"][0]["old_version"] == old.hash


def test_one_text_at_two_addresses(site: Site, bench: Bench) -> None:
    site.page("/", listing("/c/1/", "/c/2/", "/c/3/", "/c/4/"))
    site.page("/c/1/", article("toy:high:5-us-9", LONG, "case", "5 U.S. 9"))
    site.page("/c/2/", article("toy:high:97-12", LONG, "case", "No. 97-12"))
    site.page("/c/3/", article("toy:high:5-us-9", "Another order on that page.", "case", "5 U.S. 9"))
    site.page("/c/4/", article("toy:high:5-us-9", LONG, "case", "5 U.S. 9"))
    report = bench.crawl(site)
    assert (report.documents["added"], report.documents["source_added"]) == (2, 2)
    assert sorted(bench.texts()) == ["toy:high:5-us-9", "toy:high:5-us-9-2"]
    assert [ref.url for ref in bench.store.sources_of("toy:high:5-us-9")] == [
        ORIGIN + "/c/1/", ORIGIN + "/c/2/", ORIGIN + "/c/4/",
    ]  # fmt: skip
    assert bench.crawl(site).changes == ()


# ---- what is not there any more -------------------------------------------------------------------------


def test_a_vanished_section_becomes_a_tombstone_and_comes_back(site: Site, bench: Bench) -> None:
    small_site(site, 10)
    bench.crawl(site)
    page = site.find("/s/4/")
    site.remove("/s/4/")
    report = bench.crawl(site)
    assert (report.state, report.documents["withdrawn"], report.pages["missing"]) == ("done", 1, 1)
    assert bench.store.state_of("toy:code:4") == "withdrawn"
    assert "toy:code:4" not in bench.texts()
    assert bench.store.versions("toy:code:4")[0].document.text.startswith("Section 4.")
    assert bench.crawl(site).documents["withdrawn"] == 0
    site.page("/s/4/", page.body)  # type: ignore[union-attr]  # the same bytes and the same ETag as before
    assert bench.crawl(site).documents["returned"] == 1
    assert bench.texts()["toy:code:4"].startswith("Section 4.")


def test_an_unlisted_section_vanishes_and_an_opinion_is_withheld(site: Site, bench: Bench) -> None:
    paths = [f"/s/{n}/" for n in range(10, 20)]
    site.page("/", listing(*paths, "/c/1/"))
    for path in paths:
        site.page(path, article(f"toy:code:{path[3:5]}", f"Section {path[3:5]}."))
    site.page("/c/1/", article("toy:high:1", LONG, "case"))
    bench.crawl(site)
    site.page("/", listing(*paths[1:]))
    assert bench.crawl(site).documents["withdrawn"] == 2
    assert bench.store.state_of("toy:code:10") == "withdrawn"
    assert bench.store.state_of("toy:high:1") == "withheld"
    site.page("/", listing(*paths, "/c/1/"))  # the pages themselves never changed: they are read whole all the same
    assert bench.crawl(site).documents["returned"] == 2


def test_mass_disappearance_is_an_outage(site: Site, bench: Bench) -> None:
    small_site(site, 10)
    bench.crawl(site)
    before = sorted(bench.store.digest_rows())
    for n in range(1, 7):
        site.remove(f"/s/{n}/")
    report = bench.crawl(site)
    assert (report.state, report.exit_code, report.documents["withdrawn"]) == ("refused", 4, 0)
    assert "6 of 10 known documents" in report.message
    assert sorted(bench.store.digest_rows()) == before
    with pytest.raises(PublishRefused):
        report.raise_for_state()


def test_a_limited_run_withdraws_nothing(site: Site, bench: Bench) -> None:
    small_site(site, 6)
    bench.crawl(site)
    site.page("/s/", listing("/s/1/", "/s/2/", "/s/3/", "/s/4/", "/s/5/"))
    report = bench.crawl(site, limit=3)
    assert (report.documents["seen"], report.documents["withdrawn"], report.pages["skipped"]) == (3, 0, 2)
    assert len(bench.texts()) == 6
    assert bench.crawl(site).documents["withdrawn"] == 1


def test_a_listing_that_shows_a_part_withdraws_nothing(site: Site, bench: Bench) -> None:
    small_site(site, 6)
    bench.crawl(site)
    site.page("/s/", listing("/s/1/", "/s/2/", "/s/3/", "/s/4/", "/s/5/") + "and more")
    for _ in range(2):  # told by the page, then by what is remembered of it
        assert bench.crawl(site).documents["withdrawn"] == 0
    assert len(bench.texts()) == 6


def test_another_site_of_the_same_source_is_left_alone(site: Site, bench: Bench) -> None:
    small_site(site, 3)
    bench.crawl(site)
    with Site() as other:
        other.page("/", listing("/t/1/"))
        other.page("/t/1/", article("toy:rules:1", "Rule 1."))
        report = bench.crawl(other, canonical_url="https://rules.example")
    assert (report.state, report.documents["withdrawn"]) == ("done", 0)
    assert len(bench.texts()) == 4


# ---- bad pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [("", "layout"), ("Are you a robot?", "layout"), ("crash", "parser"), (article("toy:code:2", "  "), "empty"),
     (article("toy:code:2", "§ \ufffd"), "charset"), (b"\xff\xfe\x00garbage", "parser")],
    ids=["empty", "captcha", "crash", "no-text", "charset", "garbage"],
)  # fmt: skip
def test_a_page_that_does_not_parse_is_set_aside(site: Site, bench: Bench, body: str | bytes, reason: str) -> None:
    small_site(site, 10)
    bench.crawl(site)
    before = sorted(bench.store.digest_rows())
    site.page("/s/2/", body)
    report = bench.crawl(site)
    assert (report.state, report.exit_code, report.pages["quarantined"]) == ("partial", 3, 1)
    assert report.troubles == ((ORIGIN + "/s/2/", reason),)
    assert sorted(bench.store.digest_rows()) == before  # the old version stays
    assert "lexatlas quarantine list" in report.message
    (aside,) = bench.store.quarantined()
    raw = Archive(bench.folder / "archive").read(aside.warc_file, aside.warc_offset)
    assert raw.body == (body if isinstance(body, bytes) else body.encode())
    assert (aside.url, aside.reason) == (ORIGIN + "/s/2/", reason)
    with pytest.raises(RunPartial):
        report.raise_for_state()
    # The parser was mended: the same bytes, unchanged on the site, are read again.
    site.page("/s/2/", article("toy:code:2", "Section 2. Nobody shall tell lies about number 2."))
    assert bench.crawl(site).state == "done"
    assert bench.store.quarantined() == []


def test_a_page_of_law_that_reads_as_a_list_is_a_changed_layout_and_no_repeal(site: Site, bench: Bench) -> None:
    small_site(site, 10)
    bench.crawl(site)
    before = sorted(bench.store.digest_rows())
    site.page("/s/2/", listing("/s/3/"))
    for _ in range(2):  # the second run must not have forgotten what the page stated
        report = bench.crawl(site)
        assert (report.state, report.troubles) == ("partial", ((ORIGIN + "/s/2/", "layout"),))
        assert sorted(bench.store.digest_rows()) == before
    assert "stated toy:code:2" in bench.store.quarantined()[0].message
    site.fault("/s/2/", redirect("/s/"))  # as sites do with what they took down
    report = bench.crawl(site)
    assert (report.state, report.documents["withdrawn"]) == ("done", 1)
    site.page("/s/2/", listing("/s/3/"))  # nothing stands there any more
    assert bench.crawl(site).state == "done"


def test_pages_that_are_set_aside_are_asked_for_whole(site: Site, bench: Bench) -> None:
    small_site(site, 10)
    site.page("/s/2/", "no law here")
    for _ in range(2):
        site.log.clear()
        assert bench.crawl(site).pages["quarantined"] == 1
        assert "if-none-match" not in site.asked("/s/2/")[0].headers


def test_a_new_layout_everywhere_publishes_nothing(site: Site, bench: Bench) -> None:
    small_site(site, 10)
    bench.crawl(site)
    before = sorted(bench.store.digest_rows())
    for n in range(1, 11):
        site.page(f"/s/{n}/", "<div>new layout</div>")
    report = bench.crawl(site)
    assert report.state == "refused"
    assert "10 of 12 pages" in report.message
    assert sorted(bench.store.digest_rows()) == before
    assert len(bench.store.quarantined()) == 10


@pytest.mark.parametrize("fault", [answer(500), truncate(b"x" * 500, 10), gzip_bomb(32 * 2**20), answer(403),
                                   redirect("http://169.254.169.254/")])  # fmt: skip
def test_a_page_that_fails_leaves_the_rest_alone(site: Site, bench: Bench, fault: object) -> None:
    small_site(site, 10)
    bench.crawl(site)
    before = sorted(bench.store.digest_rows())
    site.fault("/s/2/", fault)  # type: ignore[arg-type]
    site.page("/s/3/", article("toy:code:3", "Amended."))
    report = bench.crawl(site)
    assert (report.state, report.pages["failed"], report.documents["changed"]) == ("partial", 1, 1)
    assert report.documents["withdrawn"] == 0
    assert set(before) < set(sorted(bench.store.digest_rows())) | {row for row in before if "toy:code:3" in row}


def test_an_outage_ends_the_run_early_and_loses_nothing(site: Site, bench: Bench) -> None:
    small_site(site, 40)
    bench.crawl(site)
    before = sorted(bench.store.digest_rows())
    for n in range(5, 41):
        site.fault(f"/s/{n}/", answer(503))
    site.log.clear()
    report = bench.crawl(site, config=quick(site, tries=2, backoff=0.001))
    assert (report.state, report.pages["failed"], report.pages["skipped"]) == ("refused", 10, 26)
    assert len(site.asked()) == 6 + 2 * 10
    assert sorted(bench.store.digest_rows()) == before


def test_a_redirect_to_another_page_of_the_law(site: Site, bench: Bench) -> None:
    site.page("/", listing("/old/1/", "/old/2/", "/old/3/"))
    site.fault("/old/1/", redirect("/s/1/"))
    site.page("/s/1/", article("toy:code:1", "One."))
    site.fault("/old/2/", redirect("/about.html"))
    site.page("/about.html", article("toy:code:2", "Two."))
    site.page("/old/3/", article("toy:code:3", "Three."))
    report = bench.crawl(site)
    assert report.troubles == ((ORIGIN + "/old/2/", "redirect"),)
    assert {v.document_id: v.document.url for v in bench.store.current()} == {
        "toy:code:1": ORIGIN + "/s/1/",
        "toy:code:3": ORIGIN + "/old/3/",
    }


# ---- nothing to read ------------------------------------------------------------------------------------


def failed(bench: Bench) -> str:
    run = Ledger(bench.store.database).runs()[0]
    return f"{run.state}: {(run.report or {}).get('message')}"


def test_an_unreachable_site(site: Site, bench: Bench) -> None:
    small_site(site, 2)
    bench.crawl(site)
    before = sorted(bench.store.digest_rows())
    with Site() as other:
        pass
    with pytest.raises(SourceUnreachable, match=str(other.port)):
        bench.crawl(other)
    assert failed(bench).startswith("failed: http://127.0.0.1:")
    assert sorted(bench.store.digest_rows()) == before


def test_a_wrong_base_url(site: Site, bench: Bench) -> None:
    small_site(site, 2)
    bench.crawl(site)
    with pytest.raises(EmptySource, match=r"Check --base-url; nothing stored was changed"):
        bench.crawl(site, base_url=site.url + "wrong/")
    assert len(bench.texts()) == 2


def test_an_empty_site(site: Site, bench: Bench) -> None:
    site.page("/", listing())
    with pytest.raises(EmptySource, match="no document"):
        bench.crawl(site)


def test_a_site_of_something_else(site: Site, bench: Bench) -> None:
    site.page("/", "<h1>It works!</h1>")
    with pytest.raises(EmptySource, match="belong together"):
        bench.crawl(site)


def test_a_site_that_lost_everything_is_an_outage(site: Site, bench: Bench) -> None:
    small_site(site, 5)
    bench.crawl(site)
    site.page("/s/", listing())
    assert bench.crawl(site).state == "refused"
    assert len(bench.texts()) == 5


# ---- politeness -----------------------------------------------------------------------------------------


def test_what_robots_disallow_is_never_asked_for(site: Site, bench: Bench) -> None:
    small_site(site, 3)
    site.page("/robots.txt", "User-agent: *\nDisallow: /s/2/\nDisallow: /private/\n")
    site.page("/", listing("/s/", "/private/"))
    report = bench.crawl(site)
    assert (report.state, report.pages["refused"], report.pages["failed"]) == ("done", 2, 0)
    assert site.asked("/s/2/") == site.asked("/private/") == []


def test_a_page_that_robots_disallow_later_has_not_vanished(site: Site, bench: Bench) -> None:
    small_site(site, 9)
    bench.crawl(site)
    site.page("/robots.txt", "User-agent: *\nDisallow: /s/2/\n")
    report = bench.crawl(site)
    assert (report.state, report.documents["withdrawn"]) == ("done", 0)
    assert len(bench.texts()) == 9


def test_a_site_that_allows_nothing(site: Site, bench: Bench) -> None:
    small_site(site, 2)
    site.page("/robots.txt", "User-agent: *\nDisallow: /\n")
    with pytest.raises(TermsRefused, match=r"robots\.txt"):
        bench.crawl(site)
    assert site.asked() == []


def test_the_crawl_delay_is_kept(site: Site, bench: Bench) -> None:
    small_site(site, 3)
    site.page("/robots.txt", "User-agent: *\nCrawl-delay: 0.2\n")
    bench.crawl(site, delay=None)
    began = [row.began for row in site.asked()]
    assert len(began) == 5
    assert all(later - earlier >= 0.2 for earlier, later in itertools.pairwise(began))
    assert max(row.in_flight for row in site.log) == 1


def test_zero_delay_is_for_ones_own_sites(site: Site, bench: Bench) -> None:
    """A host name that leads to this machine is another's site unless it is listed as own."""
    small_site(site, 3)
    site.page("/robots.txt", "User-agent: *\nCrawl-delay: 0.2\n")
    base = f"http://law.test:{site.port}/"
    config = FetchConfig(contact="x@example.org", delay=0.0, allow_private=(base,))

    def run(delay: float, *own: str) -> RunReport:
        fetcher = Fetcher(config, resolve=lambda host, port: ["127.0.0.1"])
        options = CrawlOptions(base_url=base, delay=delay, own_hosts=own)
        with fetcher, Archive(bench.folder / "archive") as archive:
            return crawl(ToySource(), bench.store, fetcher, archive, options)

    for delay in (0.0, 0.1):
        with pytest.raises(ConfigError, match=r"less than 0\.2 s"):
            run(delay)
    assert run(0.2).documents["added"] == 3
    assert run(0.0, "law.test").pages["unchanged"] == 5


def test_strangers_are_not_visited_without_a_contact(site: Site, bench: Bench) -> None:
    config = FetchConfig(allow_private=(f"http://law.test:{site.port}",))
    with (
        Fetcher(config, resolve=lambda host, port: ["127.0.0.1"]) as fetcher,
        Archive(bench.folder / "archive") as archive,
        pytest.raises(ConfigError, match="LEXATLAS_CONTACT"),
    ):
        crawl(ToySource(), bench.store, fetcher, archive, CrawlOptions(base_url=f"http://law.test:{site.port}/"))
    assert site.log == []


@pytest.mark.parametrize("permission", ["none", "unread", "bulk", "api"])
def test_terms_are_kept(bench: Bench, permission: str) -> None:
    source = ToySource()
    source.terms = Terms(permission, "https://law.example/terms", None, "Ask first.")  # type: ignore[arg-type]
    with (
        Fetcher(FetchConfig(contact="x@example.org"), resolve=lambda host, port: []) as fetcher,
        Archive(bench.folder / "archive") as archive,
        pytest.raises(TermsRefused, match=r"https://law\.example/terms.*Ask first"),
    ):
        crawl(source, bench.store, fetcher, archive, CrawlOptions())


@pytest.mark.parametrize(("permission", "reads"), [("api", "api"), ("bulk", "bulk"), ("crawl", "pages"),
                                                  ("crawl", "api"), ("crawl", "bulk")])  # fmt: skip
def test_terms_allow_the_way_that_a_source_goes(bench: Bench, permission: Any, reads: Any) -> None:
    source = ToySource()
    source.terms = Terms(permission, "https://law.example/terms", None, reads=reads)
    with (
        Fetcher(FetchConfig(contact="x@example.org", tries=1), resolve=lambda host, port: []) as fetcher,
        Archive(bench.folder / "archive") as archive,
        pytest.raises(SourceUnreachable),
    ):
        crawl(source, bench.store, fetcher, archive, CrawlOptions())


@pytest.mark.parametrize(("permission", "reads"), [("api", "pages"), ("api", "bulk"), ("bulk", "api"),
                                                  ("bulk", "pages"), ("none", "bulk"), ("unread", "api")])  # fmt: skip
def test_terms_for_one_way_are_none_for_another(bench: Bench, permission: Any, reads: Any) -> None:
    source = ToySource()
    source.terms = Terms(permission, "https://law.example/terms", None, reads=reads)
    with (
        Fetcher(FetchConfig(contact="x@example.org"), resolve=lambda host, port: []) as fetcher,
        Archive(bench.folder / "archive") as archive,
        pytest.raises(TermsRefused),
    ):
        crawl(source, bench.store, fetcher, archive, CrawlOptions())


@pytest.mark.parametrize("options", [{"delay": -1}, {"delay": 1e9}, {"limit": 0}, {"base_url": "law.example"},
                                     {"base_url": "file:///etc/"}, {"base_url": "http://x/?a=b"}])  # fmt: skip
def test_options_that_cannot_be_used(site: Site, bench: Bench, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        bench.crawl(site, **options)
    assert site.log == []


# ---- bounds ---------------------------------------------------------------------------------------------


def test_a_trap_is_left_at_its_depth(site: Site, bench: Bench) -> None:
    site.page("/", listing("/s/1/", "/t/0/"))
    site.page("/s/1/", article("toy:code:1", "One."))
    for n in range(30):
        site.page(f"/t/{n}/", listing(f"/t/{n + 1}/"))
    report = bench.crawl(site, max_depth=10)
    assert (report.state, report.pages["fetched"], report.pages["skipped"]) == ("done", 12, 1)


def test_a_limit_counts_documents(site: Site, bench: Bench) -> None:
    small_site(site, 20)
    report = bench.crawl(site, limit=7)
    assert (report.documents["seen"], len(bench.texts()), report.pages["skipped"]) == (7, 7, 13)
    assert bench.crawl(site).documents["added"] == 13


def test_progress_is_told(site: Site, bench: Bench) -> None:
    small_site(site, 5)
    told: list[tuple[int, int, str]] = []
    with Fetcher(quick(site)) as fetcher, Archive(bench.folder / "archive") as archive:
        options = CrawlOptions(base_url=site.url, delay=0.0)
        crawl(ToySource(), bench.store, fetcher, archive, options, lambda *row: told.append(row))
    assert [done for done, _, _ in told] == list(range(1, 8))
    assert told[-1] == (7, 7, ORIGIN + "/s/5/")
    assert all(done <= total for done, total, _ in told)


# ---- the ledger -----------------------------------------------------------------------------------------


def test_the_ledger_tells_what_became_of_each_page(site: Site, bench: Bench) -> None:
    small_site(site, 10)
    site.page("/s/2/", "no law")
    site.remove("/s/3/")
    report = bench.crawl(site)
    ledger = Ledger(bench.store.database)
    run = ledger.run(report.run_id)
    assert (run.state, run.source, run.base_url) == ("partial", "toy", site.origin)
    assert run.report == report.to_json()
    pages = ledger.pages(report.run_id, ("fetched", "missing", "quarantined"))
    assert [(p.url.removeprefix(ORIGIN), p.state, p.reason, p.documents) for p in pages[:5]] == [
        ("/", "fetched", "", 0), ("/s/", "fetched", "", 0), ("/s/1/", "fetched", "", 1),
        ("/s/2/", "quarantined", "layout", 0), ("/s/3/", "missing", "status-404", 0),
    ]  # fmt: skip


def test_an_unfinished_run_is_taken_up_or_given_up(bench: Bench) -> None:
    now = [datetime(2024, 5, 1, tzinfo=UTC)]
    ledger = Ledger(bench.store.database, lambda: now[0])
    first, resumed = ledger.begin("toy", "http://a", {"limit": None})
    assert not resumed
    assert ledger.begin("toy", "http://a", {"limit": None}) == (first, True)
    other, resumed = ledger.begin("toy", "http://a", {"limit": 5})
    assert (other != first, resumed) == (True, False)
    assert ledger.run(first).state == "abandoned"
    now[0] += timedelta(hours=25)
    late, resumed = ledger.begin("toy", "http://a", {"limit": 5})
    assert (late != other, resumed) == (True, False)
    assert ledger.begin("rules", "http://a", {})[1] is False
    assert ledger.run(late).state == "running"  # another source's run says nothing about it


def test_pages_of_runs_long_past_are_let_go(bench: Bench) -> None:
    now = [datetime(2024, 5, 1, tzinfo=UTC)]
    ledger = Ledger(bench.store.database, lambda: now[0])
    ids = []
    for _ in range(KEPT_RUNS + 3):
        now[0] += timedelta(days=1)
        run_id, _ = ledger.begin("toy", "http://a", {})
        ledger.offer(run_id, [Pending(ORIGIN + "/", 0)])
        ledger.record(run_id, [Visited(ORIGIN + "/", "fetched")])
        ledger.finish(run_id, "done", {})
        ids.append(run_id)
    left = [run_id for run_id in ids if ledger.pages(run_id, ("fetched",))]
    assert left == ids[3:]
    assert len(ledger.runs()) == KEPT_RUNS + 3


@pytest.mark.parametrize(
    "href", ["mailto:clerk@law.example", "http://law.example:99999/s/", "javascript:void(0)", "/about.html/../about/x"]
)
def test_a_link_that_is_no_page_of_the_law_is_passed_over(site: Site, bench: Bench, href: str) -> None:
    small_site(site, 2)
    site.page("/s/", listing("/s/1/", href, "/s/2/", "https://law.example/s/../s/1/"))
    assert bench.crawl(site).pages == {**dict.fromkeys(_STATES, 0), "fetched": 4}


@pytest.mark.parametrize("delay", ["1000000000", "99999999999999999999"])
def test_a_crawl_delay_of_years_is_told_instead_of_waited_out(site: Site, bench: Bench, delay: str) -> None:
    small_site(site, 2)
    site.page("/robots.txt", f"User-agent: *\nCrawl-delay: {delay}\n")
    with pytest.raises(TermsRefused, match="--delay"):
        bench.crawl(site, delay=None)
    assert bench.crawl(site, delay=0.0).documents["added"] == 2  # a site of one's own


def test_links_of_other_letters_are_followed_and_half_characters_are_none(bench: Bench, site: Site) -> None:
    site.page("/", listing("/é/", "/s/1/"))
    site.page("/%C3%A9/", article("toy:code:2", "Section 2. Other letters."))
    site.page("/s/1/", article("toy:code:1", "Section 1. Plain letters."))
    assert bench.crawl(site).state == "done"
    assert sorted(bench.texts()) == ["toy:code:1", "toy:code:2"]
    with pytest.raises(ConfigError, match="half a character"):
        plain("https://law.example/\ud800")
