"""What is different where the database is a real PostgreSQL server; the store's own tests run on both."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from scraper.archive import Archive
from scraper.database import Database, metadata, utc_now
from scraper.errors import RunLocked, StoreError
from scraper.lock import run_lock
from scraper.removal import note_backup, noted_backups, purge
from scraper.store import Store
from tests.scraper.postgresql import Server
from tests.scraper.toy import Bench, article, listing, small_site
from tests.site import Site

HOLD = """
import sys, time
from pathlib import Path
from scraper.database import Database
from scraper.lock import run_lock
with run_lock(Database(sys.argv[1]), Path(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""


CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'lexatlas run%'"


@pytest.fixture
def url(postgresql: Server) -> str:
    return postgresql.new_database()


def test_the_migrations_make_the_schema(url: str) -> None:
    with Database(url).read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_crawl_on_it_ends_as_one_on_a_file(url: str, site: Site, tmp_path: Path) -> None:
    benches = [Bench(tmp_path / "a"), Bench(tmp_path / "b", url)]
    small_site(site, 6)
    for bench in benches:
        assert bench.crawl(site).state == "done"
    site.page("/s/2/", article("toy:code:2", "Section 2. Amended."))
    site.page("/s/", listing(*(f"/s/{n}/" for n in range(1, 6))))
    site.remove("/s/6/")
    for bench in benches:
        report = bench.crawl(site)
        assert (report.state, report.documents["changed"], report.documents["withdrawn"]) == ("done", 1, 1)
    file, server = (sorted(bench.store.digest_rows()) for bench in benches)
    assert file == server
    assert [c.kind for c in benches[0].store.changes()] == [c.kind for c in benches[1].store.changes()]


def test_one_run_at_a_time_whatever_their_data_directories(url: str, tmp_path: Path) -> None:
    database = Database(url)
    with run_lock(database, tmp_path / "a" / "lock"):
        with pytest.raises(RunLocked, match=f"process {os.getpid()} on"), run_lock(Database(url), tmp_path / "lock"):
            pass
        with pytest.raises(RunLocked, match=str(os.getpid())), run_lock(database, tmp_path / "a" / "lock"):
            pass  # the same directory: the file says so first
    with run_lock(database, tmp_path / "b" / "lock"):
        pass


def test_another_database_of_the_server_is_not_held(postgresql: Server, tmp_path: Path) -> None:
    one, two = (Database(postgresql.new_database()) for _ in range(2))
    with run_lock(one, tmp_path / "a"), run_lock(two, tmp_path / "b"):
        pass


def test_a_killed_holder_does_not_block(url: str, tmp_path: Path) -> None:
    database = Database(url)
    command = [sys.executable, "-c", HOLD, url, str(tmp_path / "a")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunLocked, match=f"process {holder.pid} on"), run_lock(database, tmp_path / "b"):
            pass
        holder.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while True:  # the server sees the closed socket in a moment of its own
        try:
            with run_lock(database, tmp_path / "b"):
                return
        except RunLocked:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize("lost", ["restarted", "session cut"])
def test_a_run_whose_lock_was_lost_writes_nothing_more(tmp_path: Path, lost: str) -> None:
    """The pool connects anew and would go on beside another run, which may have begun since."""
    if reason := Server.missing():
        pytest.skip(reason)
    with Server() as server:
        database = Database(server.new_database())
        at = utc_now()
        with pytest.raises(StoreError, match="another run may have begun"):  # noqa: SIM117
            with run_lock(database, tmp_path / "a"):
                note_backup(database, "/kept", at)
                if lost == "restarted":
                    server.stop()
                    server.start()
                else:
                    with database.session() as connection:
                        connection.execute(sa.text(CUT))
                note_backup(database, "/lost", at)
        assert noted_backups(database) == ["/kept"]
        with run_lock(database, tmp_path / "a"):
            note_backup(database, "/next", at)
        note_backup(database, "/free", at)
        assert set(noted_backups(database)) == {"/kept", "/next", "/free"}


def test_a_server_that_is_down_is_told_in_words() -> None:
    if reason := Server.missing():
        pytest.skip(reason)
    with Server() as server:
        database = Database(server.new_database())
        store = Store(database)
        assert store.counts()["documents"] == 0
        server.stop()
        with pytest.raises(StoreError, match="refused"):
            store.counts()
        server.start()
        assert store.counts()["documents"] == 0


def test_a_purge_leaves_no_row_of_it(url: str, site: Site, tmp_path: Path) -> None:
    bench = Bench(tmp_path / "data", url)
    small_site(site, 6)
    site.page("/s/3/", article("toy:code:3", "A quixotic zebra. " * 40, "case"))
    bench.crawl(site)
    site.page("/s/3/", article("toy:code:3", "A vexing narwhal. " * 40, "case"))
    bench.crawl(site)
    rest = [row for row in sorted(bench.store.digest_rows()) if row[1] != "toy:code:3"]
    purge(bench.store, Archive(bench.folder / "archive"), "toy:code:3")
    assert sorted(bench.store.digest_rows()) == rest
    with bench.store.database.read() as connection:
        for table in metadata.tables.values():
            for row in connection.execute(sa.select(table)):
                told = repr(tuple(row))
                assert not any(mark in told for mark in ("zebra", "narwhal", "toy:code:3", "/s/3/")), table.name
    assert bench.crawl(site).state == "done"
    assert "toy:code:3" not in bench.texts()
