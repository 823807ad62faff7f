"""One run at a time: a lock that dies with its holder.

A data directory is held by `flock` on a file. A database on a server may serve several machines, of which each has a
data directory: it is held by an advisory lock of the server as well.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from scraper.database import Database
from scraper.errors import RunLocked, StoreError

_KEY = 0x4C65786174  # of the advisory lock, the same for every release


@contextmanager
def run_lock(database: Database, path: Path) -> Iterator[None]:
    """Hold the lock of a data directory and of its database while a run lasts.

    Raises RunLocked, naming the holder, where another run has either, and StoreError where they cannot be held.
    """
    with RunLock(path):
        if database.dialect != "postgresql":
            yield
            return
        with database.session() as connection:
            name = f"lexatlas run, process {os.getpid()} on {socket.gethostname()}"[:63]
            connection.execute(sa.select(sa.func.set_config("application_name", name, False)))
            connection.exec_driver_sql("SET idle_session_timeout = 0")  # nothing is said on it for the whole run
            if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(_KEY))).scalar():
                holder = connection.execute(sa.text(_HOLDER), {"high": _KEY >> 32, "low": _KEY & 0xFFFFFFFF}).scalar()
                raise RunLocked(
                    f"Another run ({holder or 'unknown'}) holds the database. Wait until it ends, or stop it, then "
                    "try again."
                )
            held = connection.execute(sa.text(_SESSION)).one()._asdict()
            with database.guarded(lambda writer: _require_lock(writer, held)):
                yield


def _require_lock(connection: sa.Connection, held: Mapping[str, Any]) -> None:
    """Raise StoreError where the session that took the lock is gone: a server that was restarted tells nobody."""
    named = {"high": _KEY >> 32, "low": _KEY & 0xFFFFFFFF, **held}
    if not connection.execute(sa.text(_STILL_HELD), named).scalar():
        raise StoreError(
            "The database server was restarted, or cut off the session that held this run's lock, so that another run "
            "may have begun. What was stored before stays; run the same command again."
        )


_HOLDER = """
SELECT coalesce(nullif(a.application_name, ''), 'unknown') || coalesce(', from ' || host(a.client_addr), '')
FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid = :high AND l.objid = :low
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


_SESSION = "SELECT pid, backend_start AS began FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_STILL_HELD = """
SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid = :high AND l.objid = :low
AND a.pid = :pid AND a.backend_start = :began
"""


class RunLock:
    """Holds `flock` on a file while a run lasts; raises RunLocked, naming the holder, where another has it,
    and StoreError where the file cannot be opened.

    The kernel gives the lock back when the holder dies, so a kill never blocks the next run. The file stays.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def __enter__(self) -> RunLock:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(f"The lock cannot be opened ({error}). Check the permissions of its folder.") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(handle, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(handle)
            raise RunLocked(
                f"Another run (process {holder}) holds {self._path}. Wait until it ends, or stop it, then try again."
            ) from error
        self._handle = handle
        with suppress(OSError):  # a full disk: the number only tells who holds it
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
