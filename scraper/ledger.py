"""The ledger of runs: every page that a run met, in the order of its frontier, with what became of it.

The frontier lives here and not in memory, so that a run can be killed at any moment and taken up again, and so that
memory does not grow with the number of pages.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Row

from scraper.database import Database, document_sources, documents, moment, run_pages, runs, stamp, utc_now
from scraper.errors import StoreError

RunState = Literal["running", "done", "partial", "cancelled", "refused", "failed", "abandoned"]
PageState = Literal["pending", "fetched", "unchanged", "missing", "refused", "failed", "quarantined", "skipped", "part"]
CANCELLED: Final = "cancelled"  # the state of a run that somebody ended, and the reason of the pages that it left out
RESUME_WITHIN = timedelta(hours=24)  # an older page of a killed run may have changed meanwhile
KEPT_RUNS = 30  # runs of one source whose pages are kept
_REMEMBERED = 100_000  # addresses kept in memory only to spare the database known ones


@dataclass(frozen=True, slots=True)
class Pending:
    """A page of the frontier: its canonical address, and how many links lead to it from the start."""

    url: str
    depth: int


@dataclass(frozen=True, slots=True)
class Visited:
    """What became of a page; `documents` counts those that it states, `reason` is a short machine word."""

    url: str
    state: PageState
    reason: str = ""
    documents: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One run as the ledger keeps it; `alive` is when it last wrote, `report` what it found, once it has ended."""

    id: str
    source: str
    base_url: str
    state: RunState
    options: Mapping[str, Any]
    started: datetime
    alive: datetime
    finished: datetime | None
    report: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is: `pages` by state, how many it has `done` of those `known` so far, documents `seen`."""

    run_id: str
    source: str
    state: RunState
    cancelling: bool
    pages: Mapping[str, int]
    done: int
    known: int
    seen: int
    alive: datetime


class Ledger:
    """Reads and writes the ledger. Raises StoreError where the database refuses, or no run has an id."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._offered: set[tuple[str, str]] = set()
        self._seq: dict[str, int] = {}
        self.interrupted: list[str] = []  # runs that `begin` found killed, the one it took up included

    def begin(self, source: str, base_url: str, options: Mapping[str, Any], *, full: bool = False) -> tuple[str, bool]:
        """Return (run id, whether it is an older run taken up again); the caller holds the run lock.

        A run that was killed less than a day ago is taken up where source, site and options are the same, unless it
        was to be cancelled. Others that still look alive are closed: the lock proves that nobody works on them.
        `full` is noted of a new run; a run that is taken up stays as it was (`is_full`).
        """
        now = self._clock()
        wanted = json.dumps(options, sort_keys=True)
        with self._database.write() as connection:
            unfinished = connection.execute(
                sa.select(runs)
                .where(runs.c.state == "running", runs.c.source == source)
                .order_by(runs.c.started.desc())
            ).all()
            resumed = ""
            self.interrupted = [row.id for row in unfinished]
            for row in unfinished:
                same = (row.base_url, row.options) == (base_url, wanted)
                if same and not resumed and not row.cancel_requested and now - moment(row.alive) < RESUME_WITHIN:
                    resumed = row.id
                    continue
                closed = {"state": "cancelled" if row.cancel_requested else "abandoned", "finished": stamp(now)}
                connection.execute(runs.update().where(runs.c.id == row.id).values(**closed))
            if resumed:
                top = sa.select(sa.func.max(run_pages.c.seq)).where(run_pages.c.run_id == resumed)
                self._seq[resumed] = (connection.execute(top).scalar() or 0) + 1
                return resumed, True
            run_id = f"{now.strftime('%Y%m%dT%H%M%S')}-{source}-{secrets.token_hex(3)}"
            row_values = {
                "id": run_id, "source": source, "base_url": base_url, "state": "running", "options": wanted,
                "started": stamp(now), "alive": stamp(now), "full": full,
            }  # fmt: skip
            connection.execute(runs.insert().values(row_values))
            return run_id, False

    def offer(self, run_id: str, pages: Sequence[Pending]) -> None:
        """Add pages to the end of the frontier; those that the run knows already stay where they are."""
        rows = []
        for page in pages:
            if (run_id, page.url) in self._offered:
                continue
            self._offered.add((run_id, page.url))
            seq = self._seq[run_id] = self._seq.get(run_id, 0) + 1
            rows.append(
                {"run_id": run_id, "url": page.url, "seq": seq, "depth": page.depth, "state": "pending", "reason": "",
                 "documents": 0}
            )  # fmt: skip
        if len(self._offered) > _REMEMBERED:
            self._offered.clear()
        with self._database.write() as connection:
            self._database.upsert(connection, run_pages, rows, [])

    def pending(self, run_id: str, limit: int) -> list[Pending]:
        """Return the next pages of the frontier, at most `limit`."""
        statement = (
            sa.select(run_pages.c.url, run_pages.c.depth)
            .where(run_pages.c.run_id == run_id, run_pages.c.state == "pending")
            .order_by(run_pages.c.seq)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [Pending(url, depth) for url, depth in connection.execute(statement)]

    def record(self, run_id: str, pages: Sequence[Visited]) -> None:
        """Note what became of pages, and that the run is alive."""
        alive = runs.update().where(runs.c.id == run_id).values(alive=stamp(self._clock()))
        this = sa.and_(run_pages.c.run_id == run_id, run_pages.c.url == sa.bindparam("b_url"))
        with self._database.write() as connection:
            connection.execute(alive)
            if pages:
                values: dict[str, Any] = {name: sa.bindparam(f"b_{name}") for name in ("state", "reason", "documents")}
                connection.execute(
                    run_pages.update().where(this).values(**values),
                    [
                        {
                            "b_url": page.url,
                            "b_state": page.state,
                            "b_reason": page.reason,
                            "b_documents": page.documents,
                        }
                        for page in pages
                    ],
                )

    def known(self, run_id: str) -> int:
        """Return about how many pages the run knows so far, for a progress bar."""
        return self._seq.get(run_id, 0)

    def note_skipped(self, run_id: str, pages: Sequence[Pending], reason: str) -> None:
        """Note pages that will not be visited, those that the run does not know otherwise."""
        rows = [
            {"run_id": run_id, "url": page.url, "seq": 0, "depth": page.depth, "state": "skipped", "reason": reason,
             "documents": 0}
            for page in pages
        ]  # fmt: skip
        with self._database.write() as connection:
            self._database.upsert(connection, run_pages, rows, [])

    def note_parts(self, run_id: str, urls: Sequence[str]) -> None:
        """Note what was fetched as a part of a page, where it is no page of the run itself."""
        rows = [
            {"run_id": run_id, "url": url, "seq": 0, "depth": 0, "state": "part", "reason": "", "documents": 0}
            for url in urls
        ]
        with self._database.write() as connection:
            self._database.upsert(connection, run_pages, rows, [])

    def skip_rest(self, run_id: str, reason: str) -> None:
        """Note that what is still pending will not be visited."""
        still = sa.and_(run_pages.c.run_id == run_id, run_pages.c.state == "pending")
        with self._database.write() as connection:
            connection.execute(run_pages.update().where(still).values(state="skipped", reason=reason))

    def counts(self, run_id: str) -> dict[str, int]:
        """Return how many pages of a run are in each state, and under "documents" how many those state."""
        statement = (
            sa.select(run_pages.c.state, sa.func.count(), sa.func.sum(run_pages.c.documents))
            .where(run_pages.c.run_id == run_id)
            .group_by(run_pages.c.state)
        )
        found = {"documents": 0}
        with self._database.read() as connection:
            for state, pages, documents in connection.execute(statement):
                found[state] = pages
                found["documents"] += documents
        return found

    def pages(self, run_id: str, states: Sequence[PageState] = (), limit: int = 1000, after: str = "") -> list[Visited]:
        """Return pages of a run in the order of its frontier, those of the given states, or all but parts.

        `after` is the address of the last page that was shown before, for reading on from there.
        """
        chosen = run_pages.c.state.in_(states) if states else run_pages.c.state != "part"
        statement = sa.select(run_pages).where(run_pages.c.run_id == run_id, chosen)
        if after:
            place = sa.select(run_pages.c.seq).where(run_pages.c.run_id == run_id, run_pages.c.url == after)
            seq = place.scalar_subquery()
            later = sa.or_(run_pages.c.seq > seq, sa.and_(run_pages.c.seq == seq, run_pages.c.url > after))
            statement = statement.where(later)
        statement = statement.order_by(run_pages.c.seq, run_pages.c.url).limit(limit)
        with self._database.read() as connection:
            return [Visited(row.url, row.state, row.reason, row.documents) for row in connection.execute(statement)]

    def progress(self, run_id: str) -> RunProgress:
        """Return how far a run is; raise StoreError where there is none."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).first()
            if row is None:
                raise _no_run(run_id)
            pages = self.counts(run_id)
        seen = pages.pop("documents")
        pages.pop("part", None)
        known = sum(pages.values())
        done = known - pages.get("pending", 0)
        cancelling = row.state == "running" and row.cancel_requested is not None
        return RunProgress(run_id, row.source, row.state, cancelling, pages, done, known, seen, moment(row.alive))

    def request_cancel(self, run_id: str) -> bool:
        """Ask a run to end at its next page; return whether it was still under way. Raise StoreError for no run."""
        still = sa.and_(runs.c.id == run_id, runs.c.state == "running")
        with self._database.write() as connection:
            asked = connection.execute(runs.update().where(still).values(cancel_requested=stamp(self._clock())))
            if asked.rowcount:
                return True
            if connection.execute(sa.select(runs.c.id).where(runs.c.id == run_id)).first() is None:
                raise _no_run(run_id)
            return False

    def is_cancelled(self, run_id: str) -> bool:
        """Tell whether somebody asked for the run to end."""
        statement = sa.select(runs.c.cancel_requested).where(runs.c.id == run_id)
        with self._database.read() as connection:
            return connection.execute(statement).scalar() is not None

    def is_full(self, run_id: str) -> bool:
        """Tell whether a run reads every page whole."""
        with self._database.read() as connection:
            return bool(connection.execute(sa.select(runs.c.full).where(runs.c.id == run_id)).scalar())

    def last_full(self, source: str, base_url: str, choice: str) -> datetime | None:
        """Return when the newest run began that read every page of a site whole and was not cut short; None for none.

        Ports do not count: a mirror may change its own. `choice` is how the source was set up.
        """
        statement = (
            sa.select(runs)
            .where(runs.c.source == source, runs.c.full, runs.c.state.in_(("done", "partial")))
            .order_by(runs.c.started.desc())
        )
        with self._database.read() as connection:
            for row in connection.execute(statement):
                cut_short = json.loads(row.report or "{}").get("cut_short", True)
                same = _site(row.base_url) == _site(base_url) and json.loads(row.options).get("choice") == choice
                if same and not cut_short:
                    return moment(row.started)
        return None

    def unmet_of_choice(self, run_id: str, origin: str) -> int:
        """Return how many documents of a site a run did not meet that a run of the same choice met last."""
        run = self.run(run_id)
        here = sa.and_(
            document_sources.c.source == run.source, document_sources.c.page.startswith(origin + "/", autoescape=True)
        )
        choice = json.dumps({"choice": run.options.get("choice", "")})[1:-1]
        same = sa.select(runs.c.id).where(runs.c.source == run.source, runs.c.options.contains(choice, autoescape=True))
        met = sa.select(document_sources.c.document_id).where(here, document_sources.c.last_run == run_id)
        statement = (
            sa.select(sa.func.count(sa.distinct(document_sources.c.document_id)))
            .join(documents, documents.c.id == document_sources.c.document_id)
            .where(here, documents.c.state == "current", documents.c.decision == "")
            .where(document_sources.c.last_run.in_(same), document_sources.c.document_id.not_in(met))
        )
        with self._database.read() as connection:
            return int(connection.execute(statement).scalar_one())

    def has_reason(self, run_id: str, reason: str) -> bool:
        """Tell whether any page of a run carries this reason."""
        statement = sa.select(run_pages.c.url).where(run_pages.c.run_id == run_id, run_pages.c.reason == reason)
        with self._database.read() as connection:
            return connection.execute(statement.limit(1)).first() is not None

    def finish(self, run_id: str, state: RunState, report: Mapping[str, Any]) -> None:
        """Close a run with its report, and let go of the pages of runs long past."""
        with self._database.write() as connection:
            connection.execute(
                runs.update()
                .where(runs.c.id == run_id)
                .values(state=state, finished=stamp(self._clock()), report=json.dumps(report, ensure_ascii=False))
            )
            source = sa.select(runs.c.source).where(runs.c.id == run_id).scalar_subquery()
            kept = sa.select(runs.c.id).where(runs.c.source == source).order_by(runs.c.started.desc()).limit(KEPT_RUNS)
            past = sa.select(runs.c.id).where(runs.c.source == source, runs.c.id.not_in(kept))
            connection.execute(run_pages.delete().where(run_pages.c.run_id.in_(past)))

    def runs(self, limit: int = 50) -> list[Run]:
        """Return the newest runs first."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(runs).order_by(runs.c.started.desc()).limit(limit)).all()
        return [_run(row) for row in rows]

    def refused(self) -> list[Run]:
        """Return, for each source and site, its newest run over the whole of it that came to an end, where that one was
        refused: what such a run read may be an outage, and is not to be published."""
        ended = sa.select(runs).where(runs.c.state.in_(("done", "partial", "refused"))).order_by(runs.c.started.desc())
        newest: dict[tuple[str, str], Run] = {}
        with self._database.read() as connection:
            for row in connection.execute(ended):
                run = _run(row)
                if run.options.get("limit") is None or run.state == "refused":
                    newest.setdefault((run.source, str(run.options.get("origin", ""))), run)
        return [run for run in newest.values() if run.state == "refused"]

    def run(self, run_id: str) -> Run:
        """Return one run; raise StoreError where there is none."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).first()
        if row is None:
            raise _no_run(run_id)
        return _run(row)


def _no_run(run_id: str) -> StoreError:
    return StoreError(f"There is no run {run_id!r}. See `lexatlas runs`.")


def _site(base_url: str) -> tuple[str | None, str]:
    parts = urlsplit(base_url)
    return parts.hostname, parts.path


def _run(row: Row[Any]) -> Run:
    finished = moment(row.finished) if row.finished else None
    report = json.loads(row.report) if row.report else None
    return Run(row.id, row.source, row.base_url, row.state, json.loads(row.options), moment(row.started),
               moment(row.alive), finished, report)  # fmt: skip
