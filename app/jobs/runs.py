"""Runs: what the ledger says of them, in JSON and in words, and how one is started beside a service."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.config import Settings
from scraper.database import runs as runs_table
from scraper.errors import ConfigError, LexatlasError, RunError, RunLocked, UnknownSource
from scraper.jurisdictions import Jurisdictions
from scraper.ledger import Ledger, Run
from scraper.report import reason_in_words
from scraper.sources import get_source
from scraper.sources.options import NeedsToken
from scraper.store import Store

PAGE_STATES = ("pending", "fetched", "unchanged", "missing", "refused", "failed", "quarantined", "skipped")
SHOWN = 1000  # changes and troubles of one run
_STARTS_WITHIN = 30.0
_POLL = 0.1
_KEPT_LINES = 50
_starting = threading.Lock()  # each start is a process and holds a thread of the service until it has begun


def is_there(settings: Settings) -> bool:
    """Tell whether an ingest store exists; looking must not make one."""
    return not settings.database_url.startswith("sqlite:///") or (settings.data / "store.db").is_file()


def run_of(store: Store, run_id: str) -> Run | None:
    """Return a run, None where there is none of that id."""
    with store.database.read() as connection:
        known = connection.execute(sa.select(runs_table.c.id).where(runs_table.c.id == run_id)).first()
    return Ledger(store.database).run(run_id) if known else None


def run_ids(store: Store) -> list[str]:
    """Return the ids of all runs, latest first."""
    with store.database.read() as connection:
        return list(connection.execute(sa.select(runs_table.c.id).order_by(runs_table.c.started.desc())).scalars())


SILENCE = timedelta(minutes=10)  # after which a run that is said to go on may have been killed
_SILENT = "silent since {} UTC: if its process is gone, the next ingest of its source takes it up"


def run_summary(store: Store, run: Run) -> dict[str, Any]:
    """Return a run as lists show it: state, times, counts; for one that goes on, what it has done so far."""
    report = run.report or {}
    progress = Ledger(store.database).progress(run.id)
    pages = report.get("pages", progress.pages)
    documents = report.get("documents") or {"seen": progress.seen, **store.change_counts(run.id)}
    return {
        "run": run.id, "source": run.source, "state": run.state, "cancelling": progress.cancelling,
        "started": run.started.isoformat(),
        "alive": run.alive.isoformat(), "silent": run.state == "running" and store.clock() - run.alive > SILENCE,
        "finished": run.finished.isoformat() if run.finished else None,
        "resumed": bool(report.get("resumed", False)),
        "done": progress.done, "known": progress.known,
        "pages": {state: int(pages.get(state, 0)) for state in PAGE_STATES},
        "documents": {name: int(value) for name, value in documents.items()},
    }  # fmt: skip


def run_view(store: Store, run: Run, may_name: Callable[[str], bool], *, whole: bool) -> dict[str, Any]:
    """Return one run with its report of changes.

    Without `whole` it names only documents that `may_name` allows, and tells no address and no message of a failure.
    """
    report = run.report or {}
    changes = report.get("changes")
    if changes is None:
        changes = [
            {"document": c.document_id, "change": c.kind, "old_version": c.old_version, "new_version": c.new_version,
             "url": c.url, "note": c.note}
            for c in store.changes(run_id=run.id, limit=SHOWN)
        ]  # fmt: skip
    shown = changes if whole else [
        {name: row.get(name, "") for name in ("document", "change", "old_version", "new_version")}
        for row in changes if may_name(row["document"])
    ]  # fmt: skip
    told = whole or run.state != "failed"
    return {
        **run_summary(store, run),
        "message": str(report.get("message", "")) if told else "Why it failed is told to whoever sends the admin key.",
        "changes": shown, "changes_not_shown": len(changes) - len(shown),
        "base_url": run.base_url if whole else None, "options": dict(run.options) if whole else None,
        "troubles": _troubles(store, run) if whole else None,
    }  # fmt: skip


def _troubles(store: Store, run: Run) -> list[dict[str, str]]:
    if run.report and "troubles" in run.report:
        found = [(row["url"], row["reason"]) for row in run.report["troubles"]]
    else:
        pages = Ledger(store.database).pages(run.id, ("failed", "quarantined"), limit=SHOWN)
        found = [(page.url, page.reason) for page in pages]
    return [{"url": url, "reason": reason, "words": reason_in_words(reason)} for url, reason in found]


def summary_words(row: dict[str, Any]) -> str:
    """Return one line about a run."""
    pages, documents = row["pages"], row["documents"]
    names = ("added", "changed", "withdrawn", "returned")
    found = ", ".join(f"{documents[name]} {name}" for name in names if documents.get(name))
    bad = pages["failed"] + pages["quarantined"]
    parts = [f"{pages['fetched'] + pages['unchanged']} pages read", found or "nothing changed"]
    parts += [f"{bad} in trouble"] if bad else []
    parts += [f"{row['known'] - row['done']} known to go"] if row["state"] == "running" else []
    parts += [_SILENT.format(row["alive"][11:16])] if row["silent"] else []
    began = row["started"][:16].replace("T", " ")
    return f"{began}  {row['source']:<14}{row['state']:<10}{', '.join(parts)}  {row['run']}"


def view_words(view: dict[str, Any]) -> str:
    """Return a run for a person to read."""
    pages = ", ".join(f"{value} {name}" for name, value in view["pages"].items() if value) or "none yet"
    documents = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in view["documents"].items() if value)
    ended = f", ended {view['finished'][:16].replace('T', ' ')}" if view["finished"] else ""
    lines = [
        f"Run {view['run']} of {view['source']}: {view['state']}" + (", taken up again" if view["resumed"] else ""),
        f"Began {view['started'][:16].replace('T', ' ')}{ended} (UTC).",
        f"Pages: {pages}.",
        f"Documents: {documents or 'none'}.",
    ]
    lines += [_SILENT.format(view["alive"][11:16]).capitalize() + "."] if view["silent"] else []
    lines += [view["message"]] if view["message"] else []
    lines += [f"  {row['change']}: {row['document']}" + (f" ({row['note']})" if row.get("note") else "")
              for row in view["changes"]]  # fmt: skip
    lines += [f"  {row['words']}: {row['url']}" for row in view["troubles"] or ()]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a caller of the API asks for, in words of the command line."""

    source: str
    base_url: str = ""
    canonical_url: str = ""
    delay: float | None = None
    limit: int | None = None
    full: bool = False
    permission: str = ""
    options: Sequence[tuple[str, str]] = ()
    build: bool = True

    def arguments(self) -> Iterator[str]:
        """Yield the arguments of `lexatlas ingest`, each value in one word with its name: none can be an option."""
        named = {"source": self.source, "base-url": self.base_url, "canonical-url": self.canonical_url,
                 "delay": self.delay, "limit": self.limit, "permission": self.permission}  # fmt: skip
        yield from (f"--{name}={value}" for name, value in named.items() if value not in ("", None))
        yield from (f"--set={name}={value}" for name, value in self.options)
        yield from (flag for flag, asked in (("--full", self.full), ("--build", self.build)) if asked)


class Launcher:
    """Starts the command that cron would start, as a process of its own that outlives a restart of the service."""

    def __init__(self, settings: Settings, jurisdictions: Jurisdictions) -> None:
        self._settings = settings
        self._jurisdictions = jurisdictions

    def start(self, request: RunRequest, ledger: Callable[[], Ledger]) -> str:
        """Start a run and return its id as soon as the ledger has it, "" where it takes longer than half a minute.

        Raises RunLocked while another run goes on or is being started, ConfigError for what cannot be run so, RunError
        where nothing began.
        """
        if not _starting.acquire(blocking=False):
            raise RunLocked("Another run is being started. Wait for it, then start this one.")
        try:
            return self._start(request, ledger)
        finally:
            _starting.release()

    def _start(self, request: RunRequest, ledger: Callable[[], Ledger]) -> str:
        before = {run.id for run in ledger().runs(limit=5)} if is_there(self._settings) else set()
        command = [sys.executable, "-m", "app", "--data", str(self._settings.data), "--json", "ingest"]
        process = subprocess.Popen(
            [*command, *request.arguments()], env=self._settings.child_environment(self._token(request)),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        said: deque[str] = deque(maxlen=_KEPT_LINES)
        reader = threading.Thread(target=_drain, args=(process, said), daemon=True)
        reader.start()
        deadline = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            if is_there(self._settings) and (found := self._begun(ledger(), process.pid, before)):
                return found
            if ended:
                reader.join(timeout=5)
                raise _refusal(process.returncode, said)
            time.sleep(_POLL)
        return ""

    def _token(self, request: RunRequest) -> str:
        """Return the setting whose secret a run needs: only the source itself is sent it, and no mirror."""
        try:
            source = get_source(request.source, self._jurisdictions)
        except UnknownSource:
            return ""  # the command refuses it, and lists those that are known
        return source.token_setting if isinstance(source, NeedsToken) and not request.base_url else ""

    def _begun(self, ledger: Ledger, pid: int, before: set[str]) -> str:
        """Return the run that a process works on: a new one, or an older one that it took up again under its lock."""
        try:
            holder = (self._settings.data / "lock").read_text(encoding="ascii", errors="replace").strip()
        except OSError:
            holder = ""
        for run in ledger.runs(limit=5):
            if run.id not in before or (run.state == "running" and holder == str(pid)):
                return run.id
        return ""


def _drain(process: subprocess.Popen[str], said: deque[str]) -> None:
    """Read what a command says to its end, so that it never waits for a reader, and take note of its end."""
    assert process.stderr is not None
    with process.stderr as lines:
        said.extend(lines)
    process.wait()


def _refusal(code: int, said: Sequence[str]) -> LexatlasError:
    detail = "The command ended without a word; see the log of the service."
    for line in said:
        try:
            detail = str(json.loads(line)["detail"])
        except (ValueError, TypeError, KeyError):
            continue
    kinds: dict[int, type[LexatlasError]] = {ConfigError.exit_code: ConfigError, RunLocked.exit_code: RunLocked}
    return kinds.get(code, RunError)(detail)
