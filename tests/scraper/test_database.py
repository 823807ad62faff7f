"""Schema and migrations of the ingest database, and what it says when it cannot be used."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import scraper.migrations
from scraper.database import HEAD, Database, documents, metadata, runs, stamp
from scraper.errors import ConfigError, StoreDamaged, StoreError


def test_the_migrations_make_the_schema(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_newest_migration_is_the_one_that_is_expected() -> None:
    folder = Path(scraper.migrations.__file__).parent
    assert ScriptDirectory(str(folder)).get_current_head() == HEAD


def test_a_database_of_the_first_release_is_brought_forward(tmp_path: Path) -> None:
    """What it holds stays, and reads as what the first release meant by it."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(scraper.migrations.__file__).parent))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO documents (id, kind, jurisdiction, title, citation, url, proposal, state, version, run_id,"
            " first_seen) VALUES ('a', 'case', 'x', 't', 'c', 'u', 'a', 'current', 'h', 'r', '2024')"
        )
        connection.exec_driver_sql(
            "INSERT INTO runs (id, source, base_url, state, options, started, alive)"
            " VALUES ('r', 'toy', '', 'done', '{}', '2024', '2024')"
        )
        connection.commit()
    engine.dispose()
    database = Database(url)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.execute(sa.select(documents.c.id, documents.c.decision)).all() == [("a", "")]
        assert connection.execute(sa.select(runs.c.full, runs.c.cancel_requested)).all() == [(False, None)]
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        assert "decision" not in {column["name"] for column in sa.inspect(connection).get_columns("documents")}


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'deep' / 'store.db'}"
    Database(url).close()
    before = (tmp_path / "deep" / "store.db").read_bytes()
    Database(url).close()
    assert (tmp_path / "deep" / "store.db").read_bytes() == before


def test_many_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with ThreadPoolExecutor(4) as pool:
        for opened in list(pool.map(lambda _: Database(url), range(4))):
            opened.close()


@pytest.mark.parametrize("url", ["nonsense", "oracle://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_cannot_be_used(url: str) -> None:
    with pytest.raises(ConfigError):
        Database(url)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"not a database " * 100)
    with pytest.raises(StoreDamaged, match="damaged"):
        Database(f"sqlite:///{tmp_path / 'store.db'}")


def test_a_database_of_a_later_release(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    Database(url).close()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num='9999'")
    with pytest.raises(StoreDamaged, match="9999"):
        Database(url)


def test_a_write_that_is_refused_keeps_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    row = {"source": "x", "base_url": "", "state": "running", "options": "{}", "started": "", "alive": ""}
    with pytest.raises(StoreError), database.write() as connection:
        connection.execute(runs.insert().values(id="one", **row))
        connection.execute(runs.insert().values(id="one", **row))
    with database.read() as connection:
        assert connection.execute(sa.select(runs)).all() == []


def test_moments_need_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        stamp(datetime(2024, 1, 1))
