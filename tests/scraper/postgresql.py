"""A PostgreSQL server for tests: its cluster in a folder of its own, reached by a socket there, no port opened."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

USER = "lexatlas"


def _binary(name: str) -> str:
    """Return the path of a program of the newest installed server, empty where there is none."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    return str(versions[-1]) if versions else shutil.which(name) or ""


class Server:
    """A server with an empty cluster, stopped and deleted at the end."""

    def __init__(self) -> None:
        # In the system's folder for such things: the path of a socket may have no more than 107 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="lexatlas-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    @staticmethod
    def missing() -> str:
        """Return why no server can be started here, empty where one can."""
        if not _binary("postgres") or not _binary("initdb"):
            return "no PostgreSQL server is installed (Debian: apt-get install postgresql)"
        if importlib.util.find_spec("psycopg") is None:
            return "psycopg is not installed (pip install 'lexatlas[postgresql]')"
        if os.geteuid() == 0 and not (_has_user() and shutil.which("setpriv")):
            return "PostgreSQL does not run as root, and there is no user postgres to run it as"
        return ""

    def __enter__(self) -> Server:
        data = self._folder / "data"
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        subprocess.run(
            [*_as_user(), _binary("initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync",
             "--locale=C"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [*_as_user(), _binary("postgres"), "-D", str(self._folder / "data"), "-k", str(self._folder),
             "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        ready = [_binary("pg_isready"), "-h", str(self._folder), "-U", USER, "-d", "postgres"]
        deadline = time.monotonic() + 30
        while subprocess.run(ready, capture_output=True, check=False).returncode:
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it at once, as a power cut would."""
        if self._process is not None:
            subprocess.run(
                [*_as_user(), _binary("pg_ctl"), "-D", str(self._folder / "data"), "-m", "immediate", "stop"],
                check=False, capture_output=True, cwd="/",
            )  # fmt: skip
            self._process.wait(timeout=30)
            self._process = None

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        self._made += 1
        name = f"test{self._made}"
        made = [_binary("createdb"), "-h", str(self._folder), "-U", USER, name]
        subprocess.run(made, check=True, capture_output=True)
        return f"postgresql+psycopg://{USER}@/{name}?host={self._folder}"


def _has_user() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True


def _as_user() -> list[str]:
    """Return how a command is begun so that it runs as another user, where this is root's process."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
