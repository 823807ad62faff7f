"""How a SQLite file is opened and written anew, for the ingest database and for whatever else lies beside it."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scraper.errors import StoreError

BUSY_SECONDS = 30.0  # how long a writer waits for another one
DAMAGE = ("malformed", "not a database", "disk image")  # signs of it in what SQLite says


def prepare(engine: sa.Engine) -> None:
    """Take the transactions out of the driver's hands: it would begin them late and commit before a DDL statement."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cache_size=-32768")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A reader that turns writer in mid-transaction could meet a newer state and fail: writers say so at once.
        writes = connection.get_execution_options().get("lexatlas_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def write_anew(engine: sa.Engine, name: str) -> None:
    """Write a file anew, so that nothing of what was deleted is left in free pages or in the log.

    Needs as much free disk as the file takes. name: of the file, for the user. Raises StoreError where another process
    does not let go of it, and what SQLAlchemy and sqlite3 raise.
    """
    borrowed = engine.raw_connection()
    try:
        cursor = borrowed.cursor()
        cursor.execute("VACUUM")
        until = time.monotonic() + BUSY_SECONDS
        while cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > until:
                raise StoreError(
                    f"Another process reads {name} all the time, so its log still holds what was deleted. Stop the "
                    "server, then run the same command again."
                )
            time.sleep(0.1)
    finally:
        borrowed.close()
