"""Fixtures: a site on loopback, an empty data directory, and databases of both kinds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scraper.postgresql import Server
from tests.scraper.toy import Bench
from tests.site import Site

# What is run on PostgreSQL too: whole modules, or of a module some tests.
ON_BOTH: dict[str, tuple[str, ...]] = {
    "test_store": (),
    "test_moves": (),
    "test_decisions": (),
    "test_reparse": (
        "test_the_same_documents_the_same_history_and_no_network",
        "test_a_corrected_parser_reaches_every_version_and_no_id_changes",
        "test_a_broken_parser_changes_nothing",
        "test_killed_in_the_middle_everything_is_as_it_was",
    ),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" in metafunc.fixturenames:
        some = ON_BOTH.get(metafunc.module.__name__.rpartition(".")[2])
        on_both = some is not None and (not some or metafunc.function.__name__ in some)
        metafunc.parametrize("database_url", ["sqlite", "postgresql"] if on_both else ["sqlite"], indirect=True)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real PostgreSQL server of this run's own, on a socket in a folder; skips where none is installed."""
    if reason := Server.missing():
        pytest.skip(reason)
    with Server() as server:
        yield server


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'store.db'}"
    server: Server = request.getfixturevalue("postgresql")
    return server.new_database()


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, database_url: str) -> Iterator[Bench]:
    made = Bench(tmp_path / "data", database_url)
    yield made
    made.store.database.close()
