"""Runs `lexatlas` commands that are killed, torn or refused at their k-th call of chosen functions.

    python -m tests.reliability.kl --data DATA --calls fsync,rename --at 3 ingest --source folder --base-url /srv/law
    python -m tests.reliability.kl --data DATA --calls write --at 1 --error ENOSPC --forever build
    python -m tests.reliability.kl --data DATA --calls fsync,fdatasync,rename,unlink --count build

The functions: write (also writev, fwrite), pwrite64, ftruncate, fsync, fdatasync, rename, unlink (also rmdir), mkdir.
Only calls below the data directory count. Needs gcc and a dynamically linked C library: `why_not` says what lacks.
"""

from __future__ import annotations

import argparse
import errno
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHIM = Path(__file__).with_name("shim.c")
LASTING = "fsync,fdatasync,rename,unlink"
WRITES = "write,pwrite64"
EVERYTHING = f"{LASTING},{WRITES},ftruncate,mkdir"
_MODES = {"pass": 0, "kill": 1, "fail": 2, "tear": 3, "halt": 4, "halve": 5}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at the k-th of some calls, counted from 1, and with `forever` at each later one too.

    The process is killed, or killed in the middle of a write ("tear"), or is stopped there ("halt"), or in the middle
    of a write ("halve"), or the call fails; "pass" only counts.
    """

    calls: str = LASTING
    at: int = 0
    mode: str = "pass"
    error: str = ""
    forever: bool = False

    def armed(self, data: Path, log: Path) -> list[Any]:
        """Return the arguments of the shim's kl_arm."""
        number = getattr(errno, self.error) if self.error else 0
        return [str(data.resolve()), self.calls, self.at, _MODES[self.mode], number, int(self.forever), str(log)]

    def environment(self, data: Path, log: Path) -> dict[str, str]:
        """Return the same as environment variables, for a process that the shim is loaded into."""
        names = ("ROOT", "CALLS", "AT", "MODE", "ERROR", "FOREVER", "LOG")
        return {f"KL_{name}": str(value) for name, value in zip(names, self.armed(data, log), strict=True)}


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was logged; `number` is 0 where it was not among those that were counted."""

    number: int
    name: str
    path: Path
    target: Path | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A command that ended: its exit code, negative for a signal, what it printed, and its logged calls."""

    code: int
    output: str
    errors: str
    calls: tuple[Call, ...] = ()

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    def json(self) -> Any:
        """Return what a command with --json printed."""
        return json.loads(self.output)


def why_not() -> str:
    """Return what is missing for the shim, "" where nothing is."""
    if not sys.platform.startswith("linux"):
        return "faults are made with LD_PRELOAD, which needs Linux"
    return (
        ""
        if shutil.which("gcc")
        else "no gcc on the PATH to compile the shim with (Debian: apt-get install gcc libc6-dev)"
    )


def compiled(folder: Path) -> Path:
    """Compile the shim into a folder and return it."""
    library = folder / "kl.so"
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", library, SHIM, "-ldl"], check=True)
    return library


def calls_of(log: Path) -> tuple[Call, ...]:
    """Read the shim's log."""
    if not log.exists():
        return ()
    rows = [line.split("\t") for line in log.read_text(errors="surrogateescape").splitlines()]
    return tuple(Call(int(row[0]), row[1], Path(row[2]), Path(row[3]) if len(row) > 3 else None) for row in rows)


class Nursery:
    """Runs commands in children of one process; a context manager. `variables` are LEXATLAS_* without the prefix.

    With `tmpfs` (folder, size) the process lives in a mount namespace of its own, where that folder is such a file
    system; `outside` tells where the files of a path there are seen from here.
    """

    def __init__(
        self, shim: Path, scratch: Path, variables: dict[str, str], tmpfs: tuple[Path, str] | None = None
    ) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._scratch, self._numbers = scratch, itertools.count()
        command = [sys.executable, "-m", "tests.reliability.nursery", *(map(str, tmpfs) if tmpfs else ())]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("LEXATLAS_", "COV_", "KL_"))}
        given = {f"LEXATLAS_{name.upper()}": value for name, value in variables.items()}
        self._process = subprocess.Popen(
            ["unshare", "--mount", *command] if tmpfs else command, cwd=ROOT, text=True,
            env=clean | given | {"LD_PRELOAD": str(shim), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._read()

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()  # closing its input ends it

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"the nursery ended with {self._process.wait()}")
        return line

    def _ask(self, request: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._read())

    def outside(self, path: Path) -> Path:
        """Return a path inside its mount namespace as it is seen from here."""
        return Path(f"/proc/{self._process.pid}/root{path}")

    def start(
        self,
        data: Path,
        *arguments: str,
        fault: Fault | None = None,
        root: Path | None = None,
        memory: int = 0,
        seconds: int = 120,
    ) -> Child:
        """Start a command and return it while it runs.

        Calls count below `root`, the data directory if not given. `memory` bounds the bytes of its private memory.
        """
        place = self._scratch / str(next(self._numbers))
        log = place.with_suffix(".log")
        request = {
            "arguments": ["--data", str(data), *arguments], "output": str(place), "seconds": seconds,
            "arm": fault.armed(root or data, log) if fault else None, "memory": memory,
        }  # fmt: skip
        return Child(self, self._ask({"start": request}), place)

    def wait(self, child: Child) -> Done:
        """Wait for a child's end."""
        code = self._ask({"wait": child.pid})
        texts = [Path(f"{child.place}.{number}").read_text(errors="replace") for number in (1, 2)]
        return Done(code, texts[0], texts[1], calls_of(child.place.with_suffix(".log")))

    def run(
        self, data: Path, *arguments: str, fault: Fault | None = None, root: Path | None = None, memory: int = 0
    ) -> Done:
        """Run a command to its end."""
        return self.wait(self.start(data, *arguments, fault=fault, root=root, memory=memory))

    def private_bytes(self) -> int:
        """Return the private memory that each child begins with."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith(("VmData", "VmStk"))) << 10

    def run_and_kill(self, data: Path, after: float, *arguments: str) -> Done:
        """Run a command and kill it after so many seconds; it may have ended by then."""
        child = self.start(data, *arguments)
        time.sleep(after)
        child.kill()
        return self.wait(child)


@dataclass(frozen=True, slots=True)
class Child:
    """A command that runs; what it prints appears in files beside `place`."""

    nursery: Nursery
    pid: int
    place: Path

    def kill(self) -> None:
        """Kill it as the kernel would; nothing happens where it has ended, for nobody has waited for it yet."""
        os.kill(self.pid, signal.SIGKILL)

    def stopped(self) -> bool:
        """Wait until it has stopped where its fault told it to, or ended; tell whether it has stopped."""
        while (state := Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]) not in "TZ":
            time.sleep(0.002)
        return state == "T"

    def go_on(self) -> None:
        """Let it run on after it stopped."""
        os.kill(self.pid, signal.SIGCONT)

    def said(self) -> str:
        """Return what it printed on standard error so far."""
        path = Path(f"{self.place}.2")
        return path.read_text(errors="replace") if path.exists() else ""


def main() -> None:
    """Run one command with one fault and exit as it did; --count prints the calls instead of disturbing them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--calls", default=LASTING)
    parser.add_argument("--at", type=int, default=0)
    parser.add_argument("--error", default="", help="name of an error such as ENOSPC; without it the process is killed")
    parser.add_argument("--forever", action="store_true")
    parser.add_argument("--tear", action="store_true", help="write half, then die")
    parser.add_argument("--count", action="store_true")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if reason := why_not():
        raise SystemExit(reason)
    mode = "pass" if options.count else "tear" if options.tear else "fail" if options.error else "kill"
    fault = Fault(options.calls, options.at, mode, options.error, options.forever)
    command: Sequence[str] = [sys.executable, "-m", "app", "--data", str(options.data), *options.arguments]
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        variables = fault.environment(options.data, log) | {"LD_PRELOAD": str(compiled(Path(scratch)))}
        done = subprocess.run(command, env=os.environ | variables, check=False)
        if options.count:
            for call in calls_of(log):
                if call.number:
                    print(call.number, call.name, call.path, call.target or "", sep="\t")
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
