"""The ingest database: schema, engine, migrations. SQLite (WAL) by default, PostgreSQL by URL.

Times are text: UTC, ISO 8601 with microseconds, so that they sort as they are on every database.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from scraper.errors import ConfigError, StoreDamaged, StoreError
from scraper.sqlite import BUSY_SECONDS, DAMAGE, prepare, write_anew

HEAD = "0002"  # the newest migration; scraper/migrations/versions holds them all

metadata = sa.MetaData()

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("jurisdiction", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("citation", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),  # the address that minted it: its metadata come from there
    sa.Column("proposal", sa.Text, nullable=False, index=True),  # the id that its page proposed
    sa.Column("state", sa.Text, nullable=False),  # current, withdrawn, withheld
    # "kept": the operator released it, so it is not withheld again before it was met once more; else ""
    sa.Column("decision", sa.Text, nullable=False, default="", server_default="", index=True),
    sa.Column("version", sa.Text, nullable=False),  # hash of the newest text
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("first_seen", sa.Text, nullable=False),
)
document_sources = sa.Table(
    "document_sources",
    metadata,
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("document_id", sa.Text, nullable=False, index=True),
    sa.Column("source", sa.Text, nullable=False, index=True),
    sa.Column("page", sa.Text, nullable=False, index=True),  # the page that states it; often the same address
    sa.Column("hash", sa.Text, nullable=False),  # the text that this address stated last
    sa.Column("first_seen", sa.Text, nullable=False),
    sa.Column("last_seen", sa.Text, nullable=False),
    sa.Column("last_run", sa.Text, nullable=False),
)
aliases = sa.Table(
    "aliases",
    metadata,
    sa.Column("alias", sa.Text, primary_key=True),
    sa.Column("document_id", sa.Text, primary_key=True, index=True),
    sa.Column("kind", sa.Text, nullable=False),  # id, citation
    sa.Column("first_seen", sa.Text, nullable=False),
)
versions = sa.Table(
    "versions",
    metadata,
    sa.Column("document_id", sa.Text, primary_key=True),
    sa.Column("hash", sa.Text, primary_key=True, index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("meta", sa.Text, nullable=False),  # document_to_json without the text, canonical JSON
    sa.Column("provenance", sa.Text, nullable=False),
    sa.Column("observed_from", sa.Text, nullable=False),
    sa.Column("observed_to", sa.Text),
    sa.Column("effective_from", sa.Text),
    sa.Column("effective_to", sa.Text),
)
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False, index=True),
    sa.Column("base_url", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("alive", sa.Text, nullable=False),  # when it last wrote something
    sa.Column("finished", sa.Text),
    sa.Column("report", sa.Text),
    sa.Column("cancel_requested", sa.Text),  # when somebody asked it to stop
    sa.Column("full", sa.Boolean, nullable=False, default=False, server_default=sa.false()),  # every page read whole
)
run_pages = sa.Table(
    "run_pages",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("depth", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("documents", sa.Integer, nullable=False, default=0),
    sa.Index("run_pages_state", "run_id", "state", "seq"),
)
fetches = sa.Table(
    "fetches",
    metadata,
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("fetched_from", sa.Text, nullable=False),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("last_modified", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),  # parsed, quarantined, cut (by a limit)
    sa.Column("links", sa.Text, nullable=False),  # JSON list, so that a 304 does not end the frontier
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Column("documents", sa.Integer, nullable=False),
    sa.Column("fetched_at", sa.Text, nullable=False),
    sa.Column("warc_file", sa.Text, nullable=False),
    sa.Column("warc_offset", sa.BigInteger, nullable=False),
    sa.Column("parser", sa.Text, nullable=False, default="", server_default=""),  # fingerprint of what read it
)
quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("url", sa.Text, nullable=False, unique=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("raw_sha256", sa.Text, nullable=False),
    sa.Column("warc_file", sa.Text, nullable=False),
    sa.Column("warc_offset", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("resolved_at", sa.Text),
)
changes = sa.Table(
    "changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("document_id", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.Text, nullable=False, index=True),
    sa.Column("old_version", sa.Text, nullable=False),
    sa.Column("new_version", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
suppressed = sa.Table(  # what was purged must not come back; hashes alone, so that the list names nobody
    "suppressed",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),  # id, url, text
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
)
removals = sa.Table(
    "removals",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),  # of the id
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # pending, done
    sa.Column("work", sa.Text, nullable=False),  # what the archive must still lose, JSON; empty once it has
)
backups = sa.Table(
    "backups",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
)


class Database:
    """An opened, migrated database; safe to share between threads.

    `write` gives one transaction, and a `write` inside another joins it, so that a caller can make many changes
    whole. Raises ConfigError for a URL that cannot be used, StoreDamaged for a file that is damaged or of a newer
    release, StoreError for a disk that is full or a server that is down.
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine = sa.create_engine(url, **_engine_options(url))
        except (sa.exc.ArgumentError, ImportError) as error:
            raise ConfigError(
                f"The database URL cannot be used ({error}). Give sqlite:///PATH, or postgresql+psycopg://... with "
                "a PostgreSQL driver installed."
            ) from error
        self._local = threading.local()
        self._guard: Callable[[Connection], None] = _no_guard
        self.dialect = self._engine.dialect.name
        if self.dialect == "sqlite":
            prepare(self._engine)
        self._migrate()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one consistent state, or the open write transaction of this thread."""
        current: Connection | None = getattr(self._local, "connection", None)
        if current is not None:
            yield current
            return
        with _as_store_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a write transaction, committed whole at the end or not at all."""
        current: Connection | None = getattr(self._local, "connection", None)
        if current is not None:
            yield current
            return
        with _as_store_errors(), self._engine.connect() as connection:
            connection.execution_options(lexatlas_write=True)
            with connection.begin():
                self._local.connection = connection
                try:
                    yield connection
                    self._guard(connection)
                finally:
                    self._local.connection = None

    @contextmanager
    def guarded(self, guard: Callable[[Connection], None]) -> Iterator[None]:
        """Ask `guard` before each commit of the block; where it raises, the transaction is undone."""
        self._guard = guard
        try:
            yield
        finally:
            self._guard = _no_guard

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """Yield a connection of its own to a server, outside of transactions, that is cut at the end."""
        with _as_store_errors(), self._engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()
            yield connection

    def upsert(
        self,
        connection: Connection,
        table: sa.Table,
        rows: Sequence[Mapping[str, Any]],
        update: Sequence[str],
        keys: Sequence[str] = (),
    ) -> None:
        """Insert rows; where a key is taken, set the columns of `update`, or leave the row as it is where none.

        `keys` names a unique column; without it the primary key is meant.
        """
        if not rows:
            return
        insert = postgresql.insert(table) if self.dialect == "postgresql" else sqlite.insert(table)
        keys = list(keys) or [column.name for column in table.primary_key.columns]
        if update:
            statement = insert.on_conflict_do_update(
                index_elements=keys, set_={name: insert.excluded[name] for name in update}
            )
        else:
            statement = insert.on_conflict_do_nothing(index_elements=keys)
        connection.execute(statement, [dict(row) for row in rows])

    def scrub(self) -> None:
        """Write the database anew, so that nothing of what was deleted is left in free pages or in the log.

        Needs as much free disk as the database takes. Raises StoreError where another process does not let go of it.
        """
        if self.dialect != "sqlite":
            with self.session() as connection:
                for name in sorted(metadata.tables):
                    connection.exec_driver_sql(f'VACUUM (FULL) "{name}"')
            return
        try:
            with _as_store_errors():
                write_anew(self._engine, "the database")
        except sqlite3.Error as error:
            raise StoreError(
                f"The database could not be written anew ({error}). It needs as much free disk as it takes; free "
                "some, then run the same command again."
            ) from error

    def _migrate(self) -> None:
        with self.read() as connection:
            found = _revision(connection)
        if found == HEAD:
            return
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(resources.files("scraper").joinpath("migrations")))
        with self.write() as connection:
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise StoreDamaged(
                    f"The database is of format {found!r}, which this release does not know ({error}). "
                    "Use the release that wrote it, or a newer one."
                ) from error


def stamp(moment: datetime) -> str:
    """Return a moment as the text that is stored; a moment without a zone is refused with ValueError."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    """Read what `stamp` wrote."""
    return datetime.fromisoformat(text)


def utc_now() -> datetime:
    """Return the present moment, the clock that is handed to what needs one."""
    return datetime.now(UTC)


def _no_guard(_connection: Connection) -> None:
    """Let every transaction be."""


def _engine_options(url: str) -> dict[str, Any]:
    if not url.startswith("sqlite"):
        return {"pool_pre_ping": True}
    path = url.removeprefix("sqlite:///")
    if not url.startswith("sqlite:///") or path in {"", ":memory:"}:
        raise ConfigError("The database must be a file that all processes see: sqlite:///PATH.")
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder of the database cannot be made ({error}). Give another with --data.") from error
    return {"connect_args": {"timeout": BUSY_SECONDS}}


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except sa.exc.DatabaseError as error:
        said = str(error.orig or error)
        if any(sign in said for sign in DAMAGE):
            raise StoreDamaged(
                f"The database is damaged ({said}). Restore it from a backup, or move it away and ingest again."
            ) from error
        raise StoreError(
            f"The database refused ({said}). Nothing half-done was kept; check free disk space and permissions, "
            "then run again."
        ) from error
