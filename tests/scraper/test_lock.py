"""One run at a time, and a dead holder blocks nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scraper.database import Database
from scraper.errors import RunLocked
from scraper.lock import RunLock, run_lock

HOLD = """
import sys, time
from pathlib import Path
from scraper.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    with RunLock(tmp_path / "lock"):
        with pytest.raises(RunLocked, match=str(os.getpid())), RunLock(tmp_path / "lock"):
            pass
        assert RunLocked.exit_code == 5
    with RunLock(tmp_path / "lock"):
        pass


def test_a_database_in_a_file_needs_no_lock_of_its_own(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    with run_lock(database, tmp_path / "lock"), pytest.raises(RunLocked, match=str(os.getpid())):
        run_lock(database, tmp_path / "lock").__enter__()
    with run_lock(database, tmp_path / "lock"):
        pass


def test_a_killed_holder_does_not_block(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunLocked, match=str(holder.pid)), RunLock(tmp_path / "lock"):
            pass
        holder.send_signal(signal.SIGKILL)
    with RunLock(tmp_path / "lock"):
        pass
