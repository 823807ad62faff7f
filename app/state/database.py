"""`state.db`: what people decided, beside the law that was read; it lies in the data directory and is always SQLite.

What is read and built can be made again; what is here cannot, so that it belongs in every backup.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.state.migrations import migrate
from scraper.database import BUSY_SECONDS
from scraper.errors import StoreDamaged, StoreError

FILE = "state.db"


class State:
    """The state of one data directory; safe to share between threads and processes.

    The file is made by the first write: whoever only reads makes none. Raises StoreError where the disk refuses or
    another process does not let go, StoreDamaged for a file that is damaged or of a newer release.
    """

    def __init__(self, data: Path) -> None:
        self.path = data / FILE
        self._engine: sa.Engine | None = None
        self._opened_file: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every connection."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @contextmanager
    def read(self) -> Iterator[Connection | None]:
        """Yield a connection that sees one consistent state, None where nothing was ever written."""
        if not self.path.is_file():
            yield None
            return
        with _as_store_errors(), self._opened().connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a write transaction, committed whole at the end or not at all."""
        with _as_store_errors(), self._opened().connect() as connection:
            connection.execution_options(lexatlas_write=True)
            with connection.begin():
                yield connection

    def verdict(self) -> str:
        """Return what is wrong with the file, "" where nothing is."""
        if not self.path.is_file():
            return ""
        try:
            with self.read() as connection:
                assert connection is not None
                found = str(connection.exec_driver_sql("PRAGMA integrity_check").scalar())
        except StoreError as error:
            return str(error)
        return "" if found == "ok" else found

    def scrub(self) -> None:
        """Write the file anew, so that nothing of what was deleted is left in free pages or in the log."""
        with _as_store_errors():
            borrowed = self._opened().raw_connection()
            try:
                cursor = borrowed.cursor()
                cursor.execute("VACUUM")
                until = time.monotonic() + BUSY_SECONDS
                while cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                    if time.monotonic() > until:
                        raise StoreError(
                            f"Another process reads {FILE} all the time, so its log still holds what was deleted. "
                            "Stop the server, then run the same command again."
                        )
                    time.sleep(0.1)
            finally:
                borrowed.close()

    def _opened(self) -> sa.Engine:
        with self._lock:
            if self._engine is not None and self._file() != self._opened_file:
                self.close()  # moved away or replaced meanwhile: what we hold open is no longer the state
            if self._engine is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                engine = sa.create_engine(f"sqlite:///{self.path.resolve()}", connect_args={"timeout": BUSY_SECONDS})
                _prepare(engine)
                with engine.connect() as connection:
                    connection.execution_options(lexatlas_write=True)
                    with connection.begin():
                        migrate(connection)
                self._engine, self._opened_file = engine, self._file()
            return self._engine

    def _file(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


def _prepare(engine: sa.Engine) -> None:
    """Begin transactions ourselves: the driver would begin them late, and commit before a DDL statement."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("lexatlas_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except (sa.exc.DatabaseError, sqlite3.Error, OSError) as error:
        said = str(getattr(error, "orig", None) or error)
        if any(sign in said for sign in ("malformed", "not a database", "disk image")):
            raise StoreDamaged(
                f"{FILE} is damaged ({said}). Restore it from a backup, or move it away: names and pins of topics are "
                "then lost, nothing else."
            ) from error
        raise StoreError(
            f"{FILE} refused ({said}). Nothing half-done was kept; check free disk space and permissions, then try "
            "again."
        ) from error
