"""Runs as their operator sees them: asked to end, watched, read whole from time to time, told in words."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.errors import ConfigError, RunPartial, StoreError
from scraper.fetch import Fetcher
from scraper.interfaces import ParsedPage
from scraper.ledger import Ledger, Pending, Visited
from scraper.models import DocumentStatus
from scraper.report import RunReport, reason_in_words
from scraper.store import Store
from tests.scraper.toy import ORIGIN, Bench, ToySource, article, listing, quick, small_site
from tests.site import Site, answer, drip

# ---- asked to end ---------------------------------------------------------------------------------------


def cancelled_after(site: Site, bench: Bench, pages: int) -> RunReport:
    """Crawl and ask the run to end after so many pages, as another process would."""

    def progress(done: int, total_known: int, label: str) -> None:
        if done == pages:
            ledger = Ledger(bench.store.database)
            run = ledger.runs(1)[0]
            assert ledger.request_cancel(run.id)
            assert ledger.progress(run.id).cancelling

    options = CrawlOptions(base_url=site.url, delay=0.0)
    with Fetcher(quick(site)) as fetcher, Archive(bench.folder / "archive") as archive:
        return crawl(ToySource(), bench.store, fetcher, archive, options, progress)


def test_a_cancelled_run_ends_and_loses_nothing(site: Site, bench: Bench) -> None:
    small_site(site, 300)
    bench.crawl(site)
    before = sorted(bench.store.digest_rows())
    site.page("/s/", listing(*[f"/s/{n}/" for n in range(1, 250)]))  # fifty would be tombstones
    site.page("/s/1/", article("toy:code:1", "Amended."))
    report = cancelled_after(site, bench, 5)
    assert (report.state, report.exit_code, report.whole) == ("cancelled", 3, False)
    assert report.pages["skipped"] > 0 and report.documents["withdrawn"] == 0
    assert "Run again" in report.message and "cancelled" in report.in_words()
    with pytest.raises(RunPartial):
        report.raise_for_state()
    assert len(bench.texts()) == 300
    assert bench.texts()["toy:code:1"] == "Amended."  # what was read is kept
    run = Ledger(bench.store.database).runs(1)[0]
    assert (run.state, run.finished is None, run.report["state"] if run.report else "") == (
        "cancelled", False, "cancelled",
    )  # fmt: skip
    small_site(site, 300)
    again = bench.crawl(site)
    assert (again.resumed, again.state) == (False, "done")
    assert sorted(bench.store.digest_rows()) == before or len(bench.store.versions("toy:code:1")) == 2


def test_a_run_that_waits_for_its_site_is_cancelled_too(site: Site, bench: Bench) -> None:
    small_site(site, 6)
    site.fault("/s/3/", answer(429, Retry_After="120"))
    began = time.monotonic()

    def cancel() -> None:
        while not site.asked("/s/3/"):
            time.sleep(0.01)
        ledger = Ledger(bench.store.database)
        ledger.request_cancel(ledger.runs(1)[0].id)

    other = threading.Thread(target=cancel)
    other.start()
    report = bench.crawl(site)
    other.join()
    assert time.monotonic() - began < 60  # two minutes, were the wait kept
    assert (report.state, report.pages["failed"], len(bench.texts())) == ("cancelled", 0, 2)


def test_a_run_cancelled_before_it_found_anything_is_no_error(site: Site, bench: Bench) -> None:
    site.page("/", listing(*[f"/none/{n}/" for n in range(300)]))
    assert cancelled_after(site, bench, 3).state == "cancelled"


def test_only_a_run_under_way_can_be_cancelled(site: Site, bench: Bench) -> None:
    small_site(site)
    report = bench.crawl(site)
    ledger = Ledger(bench.store.database)
    assert not ledger.request_cancel(report.run_id)
    assert ledger.run(report.run_id).state == "done" and not ledger.is_cancelled(report.run_id)
    for ask in (ledger.request_cancel, ledger.progress):
        with pytest.raises(StoreError, match="no run"):
            ask("20240101T000000-toy-000000")


def test_a_killed_run_that_was_to_end_is_not_taken_up(site: Site, bench: Bench) -> None:
    ledger = Ledger(bench.store.database)
    run_id, _ = ledger.begin("toy", site.origin, {})
    assert ledger.request_cancel(run_id)
    again, resumed = ledger.begin("toy", site.origin, {})
    assert (again != run_id, resumed) == (True, False)
    assert ledger.run(run_id).state == "cancelled"


# ---- watched --------------------------------------------------------------------------------------------


def test_progress_is_read_by_another_process(site: Site, bench: Bench) -> None:
    small_site(site, 8)
    for n in range(1, 9):
        site.fault(f"/s/{n}/", drip(article(f"toy:code:{n}", f"Section {n}.").encode(), 0.004))
    worker = threading.Thread(target=bench.crawl, args=(site,))
    worker.start()
    store, shown = Store(bench.store.database), set()
    while worker.is_alive():
        for run in Ledger(store.database).runs(1):
            progress = Ledger(store.database).progress(run.id)
            assert 0 <= progress.done <= progress.known
            shown.add((progress.state, progress.done))
    worker.join()
    end = Ledger(store.database).progress(Ledger(store.database).runs(1)[0].id)
    assert (end.state, end.done, end.known, end.seen, end.cancelling) == ("done", 10, 10, 8, False)
    assert any(state == "running" and 0 < done < 10 for state, done in shown)


def test_pages_are_read_on_from_the_last(bench: Bench) -> None:
    ledger = Ledger(bench.store.database)
    run_id, _ = ledger.begin("toy", ORIGIN, {})
    urls = [f"{ORIGIN}/s/{n}/" for n in range(25)]
    ledger.offer(run_id, [Pending(url, 1) for url in urls])
    ledger.note_skipped(run_id, [Pending(f"{ORIGIN}/deep/{n}/", 9) for n in range(5)], "max-depth")
    ledger.note_parts(run_id, [f"{ORIGIN}/part/"])
    found: list[str] = []
    while pages := ledger.pages(run_id, limit=7, after=found[-1] if found else ""):
        found += [page.url for page in pages]
    assert sorted(found) == sorted([*urls, *(f"{ORIGIN}/deep/{n}/" for n in range(5))])
    assert len(found) == len(set(found)) and [url for url in found if "/s/" in url] == urls
    ledger.record(run_id, [Visited(urls[3], "failed", "timeout")])
    assert [page.url for page in ledger.pages(run_id, ("failed",), after=urls[2])] == [urls[3]]


# ---- read whole from time to time -----------------------------------------------------------------------


class Days:
    """A clock that a test sets, moving on by a microsecond with each look."""

    def __init__(self) -> None:
        self.day, self._ticks = 0.0, count()

    def __call__(self) -> datetime:
        return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=self.day, microseconds=next(self._ticks))


def test_u15_a_lying_server_is_found_by_the_periodic_full_run(site: Site, bench: Bench) -> None:
    clock = Days()
    bench.store = Store(bench.store.database, clock)
    small_site(site, 4)
    assert bench.crawl(site).full
    site.fault("/s/1/", lambda handler: lying(handler, article("toy:code:1", "Amended.")))
    for day in (1, 29):
        clock.day = day
        report = bench.crawl(site)
        assert (report.full, report.changes) == (False, ())
        assert "if-none-match" in site.asked("/s/1/")[-1].headers
    clock.day = 31
    report = bench.crawl(site)
    assert report.full and "read whole" in report.in_words()
    assert [(change.document_id, change.kind) for change in report.changes] == [("toy:code:1", "changed")]
    assert "if-none-match" not in site.asked("/s/1/")[-1].headers
    clock.day = 32
    assert not bench.crawl(site).full
    clock.day = 400
    assert not bench.crawl(site, full_every=0).full
    assert bench.crawl(site, full_every=7).full


def lying(handler: Any, body: str) -> None:
    """Say "not modified" to whoever asks, whatever has changed."""
    asked = handler.headers.get("If-None-Match")
    answer(304 if asked else 200, b"" if asked else body.encode(), ETag=asked or '"new"')(handler)


def test_a_run_that_saw_a_part_counts_as_no_full_one(site: Site, bench: Bench) -> None:
    small_site(site, 4)
    assert not bench.crawl(site, limit=2).full
    assert bench.crawl(site).full
    assert not bench.crawl(site).full


def test_a_full_run_with_a_bad_page_counts(site: Site, bench: Bench) -> None:
    small_site(site, 8)
    site.fault("/s/3/", answer(403))
    assert (bench.crawl(site).state, bench.crawl(site).full) == ("partial", False)


def test_a_part_of_a_source_has_its_own_full_runs(site: Site, bench: Bench) -> None:
    class Chosen(ToySource):
        def __init__(self, number: str) -> None:
            super().__init__()
            self.number = number

        def parse(self, page: Any) -> Any:
            found = super().parse(page)
            links = tuple(link for link in found.links if "/s/" not in link or link.endswith(("/s/", self.number)))
            return ParsedPage(found.documents, links, complete=False)

    def run(number: str) -> RunReport:
        with Fetcher(quick(site)) as fetcher, Archive(bench.folder / "archive") as archive:
            return crawl(Chosen(number), bench.store, fetcher, archive, CrawlOptions(base_url=site.url, delay=0.0))

    small_site(site, 20)
    done = [run(number) for number in ("/1/", "/1/", "0/", "0/", "/1/")]
    assert [report.full for report in done] == [True, False, True, False, False]
    # Neither choice takes what the other stated for lost.
    assert {report.state for report in done} == {"done"}
    assert sorted(bench.texts()) == ["toy:code:1", "toy:code:10", "toy:code:20"]
    for n in (10, 20):
        site.page(f"/s/{n}/", listing())
    assert run("0/").state == "refused"  # of its own part it lost all


def test_files_that_a_killed_run_left_are_swept(site: Site, bench: Bench) -> None:
    small_site(site, 4)
    bench.crawl(site)
    ledger = Ledger(bench.store.database)
    killed, _ = ledger.begin("toy", "http://elsewhere.example", {})
    folder = bench.folder / "archive"
    kept = {file.name for file in folder.iterdir()}
    (folder / f"{killed}-0001.warc.gz").write_bytes(b"torn")
    bench.crawl(site)
    assert {file.name for file in folder.iterdir()} == kept


def test_an_impossible_period_is_refused(site: Site, bench: Bench) -> None:
    with pytest.raises(ConfigError):
        bench.crawl(site, full_every=-1)


# ---- what is remembered of pages ------------------------------------------------------------------------


def test_what_a_whole_run_did_not_meet_is_forgotten(site: Site, bench: Bench) -> None:
    """Addresses that hold a date are new ones each day."""
    site.page("/", listing("/2024-01-01/"))
    site.page("/2024-01-01/", article("toy:code:1", "Section 1."))
    site.page("/2024-01-02/", article("toy:code:1", "Section 1."))
    bench.crawl(site)
    site.page("/", listing("/2024-01-02/"))
    assert bench.crawl(site, limit=1).state == "done"
    assert remembered(bench) == ["/", "/2024-01-01/", "/2024-01-02/"]
    bench.crawl(site)
    assert remembered(bench) == ["/", "/2024-01-02/"]


def remembered(bench: Bench) -> list[str]:
    with bench.store.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT url FROM fetches ORDER BY url").scalars()
        return [url.removeprefix(ORIGIN) for url in rows]


# ---- told in words --------------------------------------------------------------------------------------


def test_the_report_names_what_changed(site: Site, bench: Bench) -> None:
    class Restated(ToySource):
        def parse(self, page: Any) -> Any:
            from dataclasses import replace

            found = super().parse(page)
            if b"Repealed" not in page.body:
                return found
            gone = replace(found.documents[0], status=DocumentStatus.REPEALED, title="[Repealed]")
            return replace(found, documents=(gone,))

    def run() -> RunReport:
        with Fetcher(quick(site)) as fetcher, Archive(bench.folder / "archive") as archive:
            return crawl(Restated(), bench.store, fetcher, archive, CrawlOptions(base_url=site.url, delay=0.0))

    small_site(site, 3)
    run()
    site.page("/s/2/", article("toy:code:2", "Repealed by Act 7."))
    site.page("/s/3/", article("toy:code:3", "Amended."))
    report = run()
    assert {change.document_id: change.note for change in report.changes} == {
        "toy:code:2": "text; status, in_force to repealed; heading",
        "toy:code:3": "text",
    }
    words = report.in_words()
    assert "changed: toy:code:2 (https://law.example/s/2/): text; status, in_force to repealed; heading" in words


def test_what_waits_for_the_operator_is_told_first(site: Site, bench: Bench) -> None:
    small_site(site, 40)
    site.page("/c/", article("toy:high:1", "The judgment is affirmed.", kind="case"))
    site.page("/", listing("/s/", "/c/"))
    bench.crawl(site)
    for n in range(1, 31):
        site.page(f"/s/{n}/", article(f"toy:code:{n}", f"Section {n}, amended."))
    site.page("/", listing("/s/"))
    site.remove("/c/")
    words = bench.crawl(site).in_words()
    assert "wait for your decision: 1. See `lexatlas withheld list`." in words
    assert "withdrawn: toy:high:1" in words and "and 11 changes more" in words


def test_reasons_are_told_in_words(site: Site, bench: Bench) -> None:
    small_site(site, 6)
    site.page("/s/2/", "<p>Nothing of the kind</p>")
    words = bench.crawl(site).in_words()
    assert "not laid out as the source expects: https://law.example/s/2/" in words
    assert reason_in_words("status-403") == "answered 403"
    assert reason_in_words("part-404") == "a part of it answered 404"
    assert reason_in_words("a-new-word") == "a-new-word"
    site.page("/s/2/", article("toy:code:22", "Section 1. Nobody shall tell lies about number 1."))
    site.page("/t/", article("toy:code:1", "Section 1. Nobody shall tell lies about number 1."))
    site.page("/", listing("/s/", "/t/"))
    assert "met at a second address: toy:code:1 (https://law.example/t/)" in bench.crawl(site).in_words()
