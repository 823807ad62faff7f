"""A purge leaves nothing of a document on the disk, keeps everything else, and keeps the document out."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import pytest

from scraper.archive import Archive
from scraper.database import Database
from scraper.errors import UnknownDocument
from scraper.fetch import FetchedPage
from scraper.models import Document, DocumentKind
from scraper.removal import finish, forget_backup, note_backup, noted_backups, pending, purge, resume
from scraper.store import Store
from scraper.suppression import digest, returned_documents, suppress, suppressed_hashes
from tests.scraper.toy import ORIGIN, Bench, article, listing, provenance
from tests.site import Site

SEALED = "toy:high:sealed-doe-roe"
WORDS = "The quixotic zebra testified under seal. " * 20
AMENDED = "The vexing narwhal testified under seal. " * 20
MARKS = (b"quixotic zebra", b"vexing narwhal", b"pelican", b"sealed-doe-roe")
PATHS = [f"/c/{n}/" for n in range(1, 7)]


@pytest.fixture
def crawled(bench: Bench, site: Site) -> Bench:
    """Three runs: a sealed opinion with two versions and two addresses, a page set aside, and what stays."""
    site.page("/", listing("/other/", "/c/sealed-doe-roe/", *PATHS))
    site.page("/other/", listing("/copy/sealed-doe-roe/"))
    for n, path in enumerate(PATHS, 1):
        site.page(path, article(f"toy:high:{n}", f"Opinion {n}. " * 60, "case", f"{n} T. 1"))
    site.page("/c/sealed-doe-roe/", article(SEALED, WORDS, "case", "9 T. 9"))
    site.page("/copy/sealed-doe-roe/", article(SEALED, WORDS, "case", "9 T. 9"))
    bench.crawl(site)
    site.page("/c/sealed-doe-roe/", article(SEALED, AMENDED, "case", "9 T. 9"))
    site.page("/c/1/", article("toy:high:1", "Opinion 1, corrected. " * 60, "case", "1 T. 1"))
    bench.crawl(site)
    site.page("/copy/sealed-doe-roe/", "<p>a pelican that is no document</p>")
    bench.crawl(site, full=True)
    return bench


def traces(folder: Path) -> list[tuple[str, bytes]]:
    """Return what a search of every byte of a folder finds, in gzip too: (file name, mark)."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            raw = path.read_bytes()
            raw += gzip.decompress(raw) if path.name.endswith(".gz") else b""
            found += [(path.name, mark) for mark in MARKS if mark in raw or mark in path.name.encode()]
    return found


def clear(bench: Bench) -> Archive:
    return Archive(bench.folder / "archive")


def what_stays(bench: Bench) -> list[tuple[str, ...]]:
    return sorted(row for row in bench.store.digest_rows() if "sealed" not in " ".join(row))


def raw_bytes(bench: Bench) -> dict[tuple[str, str], bytes]:
    """Return the archived bytes of every version, read by the place that its provenance names."""
    archive = clear(bench)
    return {
        (v.document_id, v.hash): archive.read(v.provenance.warc_file, v.provenance.warc_offset).body
        for current in bench.store.current()
        for v in bench.store.versions(current.document_id)
        if v.document_id != SEALED
    }


def test_no_byte_of_it_is_left_and_everything_else_is(crawled: Bench) -> None:
    assert {mark for _, mark in traces(crawled.folder)} == set(MARKS)
    stays, raw, counts = what_stays(crawled), raw_bytes(crawled), crawled.store.counts()
    removal = purge(crawled.store, clear(crawled), SEALED)
    assert traces(crawled.folder) == []
    assert (removal.versions, removal.addresses, removal.state) == (2, 2, "pending")
    assert removal.records >= 6 and removal.files == 3
    assert what_stays(crawled) == stays
    assert raw_bytes(crawled) == raw
    assert len(raw) == 7  # six opinions, one of them in two versions
    assert crawled.store.counts()["documents"] == counts["documents"] - 1
    with pytest.raises(UnknownDocument):
        crawled.store.versions(SEALED)
    assert sorted(path.name for path in crawled.folder.iterdir() if "store" not in path.name) == ["archive"]
    assert not [name for name in os.listdir(crawled.folder / "archive") if not name.endswith(".r1.warc.gz")]


def test_the_next_crawl_does_not_bring_it_back(crawled: Bench, site: Site) -> None:
    purge(crawled.store, clear(crawled), SEALED)
    site.page("/c/sealed-doe-roe/", article(SEALED, AMENDED, "case", "9 T. 9"))
    document = Document(SEALED, DocumentKind.CASE, "toy", "x", "9 T. 9", AMENDED, f"{ORIGIN}/c/sealed-doe-roe/")
    other = Document("toy:high:77", DocumentKind.CASE, "toy", "x", "77 T. 1", AMENDED, f"{ORIGIN}/elsewhere/")
    renamed = Document(SEALED, DocumentKind.CASE, "toy", "x", "9 T. 9", "Quite other words.", f"{ORIGIN}/third/")
    for again in (document, other, renamed):
        assert crawled.store.refuses(again)
        assert crawled.store.put(again, provenance(again.url), "r", "toy") == "suppressed"
    crawled.crawl(site, full=True)
    assert sorted(crawled.texts()) == [f"toy:high:{n}" for n in range(1, 7)]
    urls = [f"{ORIGIN}/c/sealed-doe-roe/", f"{ORIGIN}/copy/sealed-doe-roe/", f"{ORIGIN}/c/1/"]
    assert crawled.store.suppressed(urls) == set(urls[:2])


@pytest.mark.parametrize("href", ["./sealed-doe-roe/", "/c/sealed-doe-roe-é/", "/c/x/../sealed-doe-roe/"])
def test_a_listing_that_leads_to_it_goes_however_it_is_spelled_and_stays_out(
    bench: Bench, site: Site, href: str
) -> None:
    site.page("/", listing("/c/", "/c/1/"))
    site.page("/c/", listing("/c/1/", href))
    site.page("/c/1/", article("toy:high:1", "Opinion 1. " * 60, "case", "1 T. 1"))
    for path in ("/c/sealed-doe-roe/", "/c/sealed-doe-roe-%C3%A9/"):
        site.page(path, article(SEALED, WORDS, "case", "9 T. 9"))
    bench.crawl(site)
    site.page("/c/", listing(href, "/c/1/"))
    bench.crawl(site)
    assert {name.split(".")[0] for name, mark in traces(bench.folder) if mark == b"sealed-doe-roe"} >= {"store"}
    purge(bench.store, clear(bench), SEALED)
    assert traces(bench.folder) == []
    bench.crawl(site)
    assert bench.crawl(site, full=True).state == "done"
    assert traces(bench.folder) == []
    assert sorted(bench.texts()) == ["toy:high:1"]


def test_the_list_of_what_is_kept_out_names_nobody(crawled: Bench) -> None:
    purge(crawled.store, clear(crawled), SEALED)
    assert suppressed_hashes(crawled.store.database) == [digest(SEALED)]
    urls = suppressed_hashes(crawled.store.database, "url")
    assert digest(f"{ORIGIN}/c/sealed-doe-roe/") in urls
    assert all(len(sha256) == 64 and int(sha256, 16) >= 0 for sha256 in urls)


def test_a_purge_is_finished_once_and_may_be_repeated(crawled: Bench) -> None:
    database = crawled.store.database
    purge(crawled.store, clear(crawled), SEALED)
    assert pending(database) == [digest(SEALED)]
    assert purge(crawled.store, clear(crawled), SEALED).state == "pending"
    finish(database, SEALED)
    assert pending(database) == []
    assert purge(crawled.store, clear(crawled), SEALED).state == "done"
    with pytest.raises(UnknownDocument, match="toy:none"):
        purge(crawled.store, clear(crawled), "toy:none")


def test_an_old_backup_that_is_restored_is_purged_again(crawled: Bench, tmp_path: Path) -> None:
    """The list outlasts the store: what it names is found in a store that does not know it."""
    purge(crawled.store, clear(crawled), SEALED)
    listed = [(kind, sha) for kind in ("id", "url", "text") for sha in suppressed_hashes(crawled.store.database, kind)]
    older = Store(Database(f"sqlite:///{tmp_path / 'older' / 'store.db'}"))
    older.put(
        Document("toy:high:other-id", DocumentKind.CASE, "toy", "x", "9 T. 9", AMENDED, f"{ORIGIN}/y/"),
        provenance(f"{ORIGIN}/y/"), "r", "toy",
    )  # fmt: skip
    older.put(
        Document("toy:high:1", DocumentKind.CASE, "toy", "x", "1 T. 1", "Words.", f"{ORIGIN}/c/1/"),
        provenance(f"{ORIGIN}/c/1/"), "r", "toy",
    )  # fmt: skip
    assert returned_documents(older.database) == []
    suppress(older.database, listed, "2024-05-01T00:00:00.000000+00:00")
    assert returned_documents(older.database) == ["toy:high:other-id"]


def test_short_orders_of_the_same_words_stay_out_of_it(bench: Bench) -> None:
    for n in (1, 2, 3):
        url = f"{ORIGIN}/o/{n}/"
        order = Document(f"toy:high:{n}", DocumentKind.CASE, "toy", "x", f"{n} T. 1", "Certiorari denied.", url)
        if n < 3:
            bench.store.put(order, provenance(url), "r", "toy")
    purge(bench.store, clear(bench), "toy:high:1")
    assert bench.store.put(order, provenance(url), "r", "toy") == "added"


def test_another_document_that_proposed_the_same_id_stays(bench: Bench) -> None:
    one, two = (
        Document("toy:high:1", DocumentKind.CASE, "toy", name, "1 T. 1", f"Order {name}.", f"{ORIGIN}/{name}/")
        for name in ("a", "b")
    )
    for order in (one, two):
        bench.store.put(order, provenance(order.url), "r", "toy")
    purge(bench.store, clear(bench), "toy:high:1")
    assert bench.texts() == {"toy:high:1-2": "Order b."}
    assert bench.store.put(two, provenance(two.url), "r2", "toy") == "unchanged"
    assert bench.store.put(one, provenance(one.url), "r2", "toy") == "suppressed"


def test_what_shares_a_page_with_it_stays_without_raw_bytes(bench: Bench) -> None:
    archive, page = clear(bench), f"{ORIGIN}/list/"
    archive.begin("run")
    at = datetime(2024, 5, 1, tzinfo=UTC)
    for part in ("a", "b"):
        body = b"part " + part.encode()
        archive.write(FetchedPage(page + part, page + part, 200, {}, body, at, (), {}), page + part, part_of=page)
    fetched = FetchedPage(page, page, 200, {}, b"quixotic zebra and others", at, (), {})
    file, offset = archive.write(fetched, page)
    archive.close()
    for name in ("a", "b"):
        stated = provenance(page, at)
        place = type(stated)(page, page, at, 200, {}, "0" * 64, file, offset)
        order = Document(f"toy:high:{name}", DocumentKind.CASE, "toy", name, name, f"Order {name}.", f"{page}#{name}")
        bench.store.put(order, place, "r", "toy")
    purge(bench.store, clear(bench), "toy:high:a")
    assert bench.texts() == {"toy:high:b": "Order b."}
    (left,) = bench.store.current()
    assert (left.provenance.warc_file, left.provenance.warc_offset) == ("", 0)
    assert bench.store.suppressed([page]) == set()  # it must still be read for the other
    assert [list(clear(bench).pages(name)) for name in clear(bench).files()] == [[]]


def test_a_torn_end_that_may_hold_it_goes(crawled: Bench) -> None:
    file = clear(crawled).files()[0]
    path = crawled.folder / "archive" / file
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:200])
    purge(crawled.store, clear(crawled), SEALED)
    assert traces(crawled.folder) == []
    assert len(raw_bytes(crawled)) == 7


# ---- killed ---------------------------------------------------------------------------------------------

CALLS, NAMES = (os.fsync, os.replace, os.unlink), ("do_commit", "scrub")


def purge_and_die(folder: Path, step: int) -> bool:
    """Purge in a process of its own that kills itself before its n-th step; tell whether it was killed."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    count = 0

    def watch(frame: FrameType, event: str, what: object) -> None:
        nonlocal count
        if (event == "call" and frame.f_code.co_name in NAMES) or (event == "c_call" and what in CALLS):
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    status = 1
    try:
        bench = Bench(folder)
        sys.setprofile(watch)
        purge(bench.store, clear(bench), SEALED)
        status = 0
    finally:
        os._exit(status)


def test_killed_at_any_step_it_ends_clean_when_done_again(crawled: Bench, tmp_path: Path) -> None:
    """Killed before each commit, rename, fsync and unlink: nothing else is harmed, and the next call ends it."""
    stays, raw = what_stays(crawled), raw_bytes(crawled)
    crawled.store.database.close()
    step = 1
    while purge_and_die(folder := shutil.copytree(crawled.folder, tmp_path / f"k{step}"), step):
        again = Bench(folder)
        assert what_stays(again) == stays  # right after the kill
        assert raw_bytes(again) == raw
        if step % 2:
            resume(again.store, clear(again))  # as the next ingest does; nothing may have been begun yet
        purge(again.store, clear(again), SEALED)
        assert traces(folder) == [], step
        assert what_stays(again) == stays
        assert raw_bytes(again) == raw
        assert not [name for name in os.listdir(folder / "archive") if not name.endswith(".r1.warc.gz")]
        again.store.database.close()
        step += 1
    assert traces(folder) == []
    assert step > 15


def test_backups_are_remembered(bench: Bench) -> None:
    database, at = bench.store.database, datetime(2024, 5, 1, tzinfo=UTC)
    note_backup(database, "/b/2.tar", at)
    note_backup(database, "/b/1.tar", at)
    note_backup(database, "/b/1.tar", at)
    assert noted_backups(database) == ["/b/1.tar", "/b/2.tar"]
    forget_backup(database, "/b/1.tar")
    assert noted_backups(database) == ["/b/2.tar"]
