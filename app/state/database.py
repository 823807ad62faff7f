"""`state.db`: what people decided, beside the law that was read; it lies in the data directory and is always SQLite.

What is read and built can be made again; what is here cannot, so that it belongs in every backup.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.state.migrations import migrate
from scraper.errors import StoreDamaged, StoreError
from scraper.sqlite import BUSY_SECONDS, DAMAGE, prepare, write_anew

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
            write_anew(self._opened(), FILE)

    def _opened(self) -> sa.Engine:
        with self._lock:
            if self._engine is not None and self._file() != self._opened_file:
                self.close()  # moved away or replaced meanwhile: what we hold open is no longer the state
            if self._engine is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                engine = sa.create_engine(f"sqlite:///{self.path.resolve()}", connect_args={"timeout": BUSY_SECONDS})
                prepare(engine)
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


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except (sa.exc.DatabaseError, sqlite3.Error, OSError) as error:
        said = str(getattr(error, "orig", None) or error)
        if any(sign in said for sign in DAMAGE):
            raise StoreDamaged(
                f"{FILE} is damaged ({said}). Restore it from a backup, or move it away: names and pins of topics are "
                "then lost, nothing else."
            ) from error
        raise StoreError(
            f"{FILE} refused ({said}). Nothing half-done was kept; check free disk space and permissions, then try "
            "again."
        ) from error
