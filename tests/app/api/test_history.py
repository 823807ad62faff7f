"""Which version stood on a day, and what changed; the cases are laid out by hand."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.api.history import changes, version_as_of
from indexing.catalogue import Catalogue, CatalogueWriter, HistoryRow
from scraper.errors import UnknownDocument, UnknownVersion
from scraper.models import Version
from tests.app.api.values import version


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OBSERVED = [
    version("old", seen=moment("2025-01-10"), until=moment("2025-06-01")),
    version("new", seen=moment("2025-06-01")),
]
EFFECTIVE = [
    version("old", seen=moment("2025-01-10"), until=moment("2025-06-01"), effective_from=date(2012, 7, 1)),
    version("new", seen=moment("2025-06-01"), effective_from=date(2026, 1, 1)),
]
EXPIRED = [version("only", seen=moment("2025-01-10"), effective_from=date(2020, 3, 1), effective_to=date(2021, 9, 30))]


@pytest.mark.parametrize(
    ("versions", "day", "text", "by"),
    [
        (OBSERVED, "2025-01-10", "old", "observed"),
        (OBSERVED, "2025-05-31", "old", "observed"),
        (OBSERVED, "2025-06-01", "new", "observed"),
        (OBSERVED, "2030-01-01", "new", "observed"),
        # seen in June 2025, but in effect only from 2026 on
        (EFFECTIVE, "2025-08-01", "old", "effective"),
        (EFFECTIVE, "2026-01-01", "new", "effective"),
        # its date of effect is older than the day on which it was first seen
        (EFFECTIVE, "2012-07-01", "old", "effective"),
        (EXPIRED, "2021-09-30", "only", "effective"),
    ],
)
def test_the_version_that_stood_on_a_day(versions: list[Version], day: str, text: str, by: str) -> None:
    found, told_by = version_as_of(versions, date.fromisoformat(day))
    assert (found.document.text, told_by) == (text, by)


@pytest.mark.parametrize(
    ("versions", "day", "named"),
    [
        (OBSERVED, "2025-01-09", "2025-01-10"),
        (EFFECTIVE, "2012-06-30", "2012-07-01"),
        (EXPIRED, "2021-10-01", "2020-03-01"),
    ],
)
def test_a_day_for_which_no_version_is_known_is_refused_and_the_first_is_named(
    versions: list[Version], day: str, named: str
) -> None:
    with pytest.raises(UnknownVersion, match=named):
        version_as_of(versions, date.fromisoformat(day))


def test_changes_are_latest_first_with_both_versions(tmp_path: Path) -> None:
    """In the words of today: a generation of the release before says "amended"."""
    writer = CatalogueWriter(tmp_path / "catalogue.db")
    writer.changes(
        [
            HistoryRow("x:code:2", "Two", "Code 2", "added", "2025-01-01T00:00:00+00:00", None, "aa"),
            HistoryRow("x:code:1", "One", "Code 1", "added", "2025-01-01T00:00:00+00:00", None, "bb"),
            HistoryRow("x:code:1", "One", "Code 1", "amended", "2025-02-01T00:00:00+00:00", "bb", "cc"),
            HistoryRow("x:code:2", "Two", "Code 2", "withdrawn", "2025-04-01T00:00:00+00:00", "aa", None),
            HistoryRow("x:code:2", "Two", "Code 2", "returned", "2025-05-01T00:00:00+00:00", "aa", "aa"),
        ]
    )
    writer.close()
    catalogue = Catalogue(tmp_path / "catalogue.db")

    rows = changes(catalogue, None)
    assert [(row["at"][:10], row["document"], row["change"]) for row in rows] == [
        ("2025-05-01", "x:code:2", "returned"),
        ("2025-04-01", "x:code:2", "withdrawn"),
        ("2025-02-01", "x:code:1", "changed"),
        ("2025-01-01", "x:code:1", "added"),
        ("2025-01-01", "x:code:2", "added"),
    ]
    assert (rows[1]["old_version"], rows[1]["new_version"]) == ("aa", None)
    assert (rows[2]["old_version"], rows[2]["new_version"]) == ("bb", "cc")
    assert len(changes(catalogue, moment("2025-04-01"))) == 2
    assert changes(catalogue, moment("2025-05-02")) == []


def test_a_catalogue_of_the_release_before_has_no_history_and_no_tombstones(tmp_path: Path) -> None:
    CatalogueWriter(tmp_path / "catalogue.db").close()
    connection = sqlite3.connect(tmp_path / "catalogue.db")
    for table in ("changes", "tombstones", "gone"):
        connection.execute(f"DROP TABLE {table}")
    connection.commit()
    connection.close()
    catalogue = Catalogue(tmp_path / "catalogue.db")
    assert changes(catalogue, None) == [] and catalogue.tombstones() == []
    with pytest.raises(UnknownDocument):
        catalogue.entry("x:code:1")
