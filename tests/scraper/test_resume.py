"""A run that is killed at any moment is taken up again and ends as if nothing had happened."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.fetch import Fetcher
from scraper.ledger import Ledger
from tests.scraper.toy import Bench, ToySource, article, listing, quick
from tests.site import Site

CRAWL = """
import sys
from pathlib import Path
from tests.scraper.toy import Bench
from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.fetch import FetchConfig, Fetcher
from tests.scraper.toy import ToySource
url, folder = sys.argv[1], Path(sys.argv[2])
bench = Bench(folder)
print("open", flush=True)
with Fetcher(FetchConfig(allow_private=(url,), delay=0.0)) as fetcher, Archive(folder / "archive") as archive:
    crawl(ToySource(), bench.store, fetcher, archive, CrawlOptions(base_url=url, delay=0.0))
"""
PAGES = 250


def paged_site(site: Site) -> None:
    """Put listings of 25 in place, one leading to the next, as courts have them."""
    for first in range(0, PAGES, 25):
        numbers = range(first, min(PAGES, first + 25))
        following = [f"/list/{first + 25}/"] if first + 25 < PAGES else []
        site.page(f"/list/{first}/", listing(*[f"/s/{n}/" for n in numbers], *following))
        for n in numbers:  # every tenth shares its id, so that the order of arrival decides about suffixes
            site.page(f"/s/{n}/", article(f"toy:code:{n - n % 10 if n % 10 == 3 else n}", f"Section {n}. " * 30))
    site.page("/", listing("/list/0/"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, ...]]:
    with Site() as site:
        paged_site(site)
        bench = Bench(tmp_path_factory.mktemp("undisturbed"))
        assert bench.crawl(site).state == "done"
        return sorted(bench.store.digest_rows())


def run_and_kill(site: Site, folder: Path, after: float) -> bool:
    """Start a crawl in a process of its own and kill it so many seconds after it opened; tell whether it still ran."""
    command = [sys.executable, "-c", CRAWL, site.url, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        time.sleep(after)
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
    return alive


def test_s1_killed_in_the_middle_and_run_again(site: Site, tmp_path: Path, undisturbed: list[tuple[str, ...]]) -> None:
    paged_site(site)
    dice = random.Random(7)
    folder, killed = tmp_path / "data", 0
    for _ in range(10):
        killed += run_and_kill(site, folder, dice.uniform(0.0, 0.8))
    assert killed > 0
    bench = Bench(folder)
    report = bench.crawl(site)
    assert report.state == "done"
    assert sorted(bench.store.digest_rows()) == undisturbed
    assert {run.state for run in Ledger(bench.store.database).runs()} == {"done"}
    archive = Archive(folder / "archive")
    for version in bench.store.current():  # what the database points to is in the archive, whatever was torn
        page = archive.read(version.provenance.warc_file, version.provenance.warc_offset)
        assert version.document.text.encode() in page.body
    assert bench.crawl(site).changes == ()
    used = pointed_to(bench)
    assert set(archive.files()) == used  # no file is left over
    assert all(path.name in used for path in (folder / "archive").iterdir())


def pointed_to(bench: Bench) -> set[str]:
    """Return the archive's files that the database points to."""
    with bench.store.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT warc_file FROM fetches UNION SELECT warc_file FROM quarantine")
        return {name for name in rows.scalars() if name}


def test_a_run_goes_on_where_it_was(site: Site, tmp_path: Path, undisturbed: list[tuple[str, ...]]) -> None:
    """Pages that were kept are not asked for again: only the last half second of work is lost."""
    paged_site(site)
    bench = Bench(tmp_path / "data")

    def unplug(done: int, total_known: int, label: str) -> None:
        if done == 150:
            raise KeyboardInterrupt

    options = CrawlOptions(base_url=site.url, delay=0.0)
    with (
        Fetcher(quick(site)) as fetcher,
        Archive(tmp_path / "data" / "archive") as archive,
        pytest.raises(KeyboardInterrupt),
    ):
        crawl(ToySource(), bench.store, fetcher, archive, options, unplug)
    (run,) = Ledger(bench.store.database).runs()
    assert run.state == "running"
    kept = len(Ledger(bench.store.database).pages(run.id, ("fetched",)))
    assert kept >= 50  # a batch is a hundred pages or half a second
    site.log.clear()
    report = bench.crawl(site)
    assert (report.run_id, report.resumed, report.state) == (run.id, True, "done")
    assert len(site.asked()) == PAGES + 11 - kept
    assert report.documents["seen"] == PAGES
    assert report.documents["added"] == PAGES
    assert sorted(bench.store.digest_rows()) == undisturbed
