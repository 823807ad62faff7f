"""The tables of `state.db`, step by step; each step is numbered, and recorded in the transaction that makes it."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from scraper.database import stamp, utc_now
from scraper.errors import StoreDamaged

# Never change a step that was released: add another one.
MIGRATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "names, pins and merges of topics, and labels that a language model gave",
        (
            "CREATE TABLE topic_marks (topic TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, "
            "label TEXT NOT NULL, note TEXT NOT NULL, author TEXT NOT NULL, at TEXT NOT NULL, "
            "PRIMARY KEY (topic, kind))",
            "CREATE TABLE topic_labels (topic TEXT NOT NULL, digest TEXT NOT NULL, label TEXT NOT NULL, "
            "model TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (topic, digest))",
            "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
        ),
    ),
)
HEAD = len(MIGRATIONS)
_RECORD = (
    "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)"
)


def migrate(connection: Connection) -> int:
    """Bring a database to the newest format within the open write transaction; return how many steps were taken.

    Raises StoreDamaged for a database of a newer release.
    """
    connection.exec_driver_sql(_RECORD)
    done = int(connection.exec_driver_sql("SELECT COALESCE(MAX(number), 0) FROM migrations").scalar() or 0)
    if done > HEAD:
        raise StoreDamaged(
            f"state.db is of format {done}, and this release knows {HEAD}: use the release that wrote it, or a newer "
            "one."
        )
    for number, (name, statements) in enumerate(MIGRATIONS, 1):
        if number > done:
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql("INSERT INTO migrations VALUES (?, ?, ?)", (number, name, stamp(utc_now())))
    return HEAD - done
