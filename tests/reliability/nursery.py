"""Starts commands as children of a process that has the libraries loaded already, which saves each two seconds.

A child is a process of its own: it sets up its fault, runs `app.cli.main`, lets go of what that held, as an interpreter
does at its end, and exits without taking every module apart, which costs more than the command. Requests are JSON, one
a line on standard input, answers likewise:

    {"start": {"arguments": [...], "output": PATH, "seconds": N, "arm": [...] | null, "memory": BYTES | null}}
    {"wait": PID}

`python -m tests.reliability.nursery [MOUNTPOINT SIZE]` mounts a tmpfs of that size first: start it in a mount
namespace of its own.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import re
import resource
import signal
import subprocess
import sys
import traceback
from typing import Any

from indexing.citations.find import CitationFinder
from indexing.citations.resolve import Resolver
from scraper.jurisdictions import Jurisdictions


def load() -> None:
    """Load what commands use, but ONNX Runtime: it starts a thread, which no child would have."""
    import importlib

    names = """app.cli app.cli.serving app.jobs.pipeline app.jobs.backup app.api.main alembic.command faiss
        tokenizers uvicorn scipy.cluster.hierarchy sklearn.cluster sklearn.decomposition sklearn.feature_extraction.text
        sklearn.metrics logging.config"""
    for name in names.split():
        importlib.import_module(name)
    re._MAXCACHE = 1 << 14  # type: ignore[attr-defined]  # a build compiles some thousand patterns: once is enough
    jurisdictions = Jurisdictions.load([])
    jurisdictions.match_code("Nowhere Code § 1")
    Resolver.from_documents([], jurisdictions)
    CitationFinder(jurisdictions).find("28 U.S.C. § 1331", "id", "version")
    gc.collect()
    gc.freeze()  # or each child, when it ends, goes through all of it and half a second


def start(request: dict[str, Any]) -> int:
    """Fork a child that runs a command; return its process number. In the child, return 0 when it is set up."""
    pid = os.fork()
    if pid:
        return pid
    for number in (1, 2):
        handle = os.open(f"{request['output']}.{number}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(handle, number)
        os.close(handle)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.alarm(request["seconds"])  # a command that hangs fails its test instead of holding it up
    if request["memory"]:
        resource.setrlimit(resource.RLIMIT_DATA, (request["memory"], request["memory"]))
    if request["arm"]:
        folder, calls, at, mode, error, forever, log = request["arm"]
        ctypes.CDLL(None).kl_arm(folder.encode(), calls.encode(), ctypes.c_long(at), mode, error, forever, log.encode())
    sys.argv = ["lexatlas", *request["arguments"]]
    return 0


def run() -> None:
    """Run the command in `sys.argv` and exit as it says."""
    from app.cli import main as command

    code = 1
    try:
        command()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 (what an interpreter does: the trace is printed, the exit code is 1)
        traceback.print_exc()
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Serve requests until standard input ends."""
    if len(sys.argv) > 1:
        folder, size = sys.argv[1:]
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    load()
    print("ready", flush=True)
    while line := sys.stdin.readline():
        request = json.loads(line)
        if "start" in request:
            pid = start(request["start"])
            if not pid:
                run()
            print(pid, flush=True)
        else:
            _, status = os.waitpid(request["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
