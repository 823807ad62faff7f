"""One run at a time: a lock that dies with its holder."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from scraper.errors import RunLocked, StoreError


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
