"""state.db: made by the first write, migrated in one transaction, never half written."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from app.state.database import FILE, State
from app.state.migrations import HEAD, MIGRATIONS, migrate
from app.state.topics import MarkKind, TopicNames, TopicState, pinned_topics
from scraper.errors import StoreDamaged, StoreError, TopicError


def rows(data: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(data / FILE)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_reading_makes_no_file(tmp_path: Path) -> None:
    names = TopicNames(State(tmp_path))
    assert names.revision() == 0 and names.current().marks == ()
    assert pinned_topics(tmp_path) == frozenset()
    assert list(tmp_path.iterdir()) == []


def test_every_migration_is_recorded_once(tmp_path: Path) -> None:
    for _ in range(2):
        names = TopicNames(State(tmp_path))
        names.mark("t1", MarkKind.PIN, "", label="Wills")
    assert [row[0] for row in rows(tmp_path, "SELECT number FROM migrations ORDER BY number")] == [
        *range(1, len(MIGRATIONS) + 1)
    ]
    assert rows(tmp_path, "PRAGMA journal_mode") == [("wal",)]


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (*MIGRATIONS, ("broken", ("CREATE TABLE half (x)", "CREATE TABLE half (x)")))
    monkeypatch.setattr("app.state.migrations.MIGRATIONS", broken)
    with pytest.raises(StoreError):
        TopicNames(State(tmp_path)).mark("t1", MarkKind.PIN, "", label="Wills")
    assert rows(tmp_path, "SELECT name FROM sqlite_master WHERE type='table'") == []
    monkeypatch.undo()
    TopicNames(State(tmp_path)).mark("t1", MarkKind.PIN, "", label="Wills")
    assert pinned_topics(tmp_path) == {"t1"}


def test_a_file_of_a_newer_release_is_refused_and_left_alone(tmp_path: Path) -> None:
    TopicNames(State(tmp_path)).mark("t1", MarkKind.NAME, "Wills", label="x")
    connection = sqlite3.connect(tmp_path / FILE)
    with connection:
        connection.execute("INSERT INTO migrations VALUES (?, 'later', '')", (HEAD + 1,))
    connection.close()
    with pytest.raises(StoreDamaged, match=str(HEAD + 1)):
        TopicNames(State(tmp_path)).current()
    assert rows(tmp_path, "SELECT value FROM topic_marks") == [("Wills",)]


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreDamaged, match="backup"):
        TopicNames(State(tmp_path)).current()
    assert "damaged" in State(tmp_path).verdict()


def test_migrate_does_nothing_the_second_time(tmp_path: Path) -> None:
    state = State(tmp_path)
    with state.write() as connection:
        assert migrate(connection) == 0


def test_a_mark_takes_the_place_of_the_one_before_and_the_revision_grows(tmp_path: Path) -> None:
    names = TopicNames(State(tmp_path))
    names.mark("t1", MarkKind.NAME, "Wills", label="estate, heirs", note="first", by="A")
    names.mark("t1", MarkKind.NAME, "  Wills \n and   estates ", label="estate, heirs", by="B")
    (mark,) = names.current().marks
    assert (mark.value, mark.by, mark.note, mark.label) == ("Wills and estates", "B", "", "estate, heirs")
    assert names.revision() == names.current().revision == 2
    assert names.unmark("t1", MarkKind.PIN) is False and names.revision() == 2
    assert names.unmark("t1", MarkKind.NAME) is True and names.revision() == 3
    assert names.current().marks == ()


def test_what_one_process_writes_another_one_reads(tmp_path: Path) -> None:
    ours, theirs = TopicNames(State(tmp_path)), TopicNames(State(tmp_path))
    ours.mark("t1", MarkKind.PIN, "", label="")
    assert theirs.revision() == 1
    theirs.mark("t2", MarkKind.MERGE, "t1", label="")
    assert {mark.topic for mark in ours.current().marks} == {"t1", "t2"}


def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    names = TopicNames(State(tmp_path))
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            for turn in range(10):
                names.mark(f"t{number}", MarkKind.NAME, f"Name {turn}", label="")
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and names.revision() == 40
    assert {mark.value for mark in names.current().marks} == {"Name 9"}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "x" * 101,
        "evil\u202ename",
        "a\x00b",
        "\x1b[31mred",
        "...",
        "zero\u200bwidth",
        "\u3164",
        "\u115fx",
        "a\u034fb",
    ],
)
def test_a_name_that_does_not_read_as_it_is_is_refused(tmp_path: Path, name: str) -> None:
    names = TopicNames(State(tmp_path))
    with pytest.raises(TopicError):
        names.mark("t1", MarkKind.NAME, name, label="")
    assert names.revision() == 0


def test_a_check_sees_what_was_written_before_it_and_its_refusal_writes_nothing(tmp_path: Path) -> None:
    names = TopicNames(State(tmp_path))
    barrier = threading.Barrier(2)
    refused: list[str] = []

    def only_first(state: TopicState) -> None:
        if state.marks:
            raise TopicError("there is one already")

    def write(topic: str) -> None:
        barrier.wait()
        try:
            names.mark(topic, MarkKind.PIN, "", label="", check=only_first)
        except TopicError:
            refused.append(topic)

    for turn in range(10):
        threads = [threading.Thread(target=write, args=(f"t{number}",)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (mark,) = names.current().marks
        assert len(refused) == turn + 1
        names.unmark(mark.topic, MarkKind.PIN)


def test_a_file_that_was_moved_away_takes_no_more_writes(tmp_path: Path) -> None:
    names = TopicNames(State(tmp_path))
    names.mark("t1", MarkKind.PIN, "", label="")
    for path in tmp_path.glob(f"{FILE}*"):
        path.rename(tmp_path / f"away-{path.name}")
    names.mark("t2", MarkKind.PIN, "", label="")
    assert [mark.topic for mark in names.current().marks] == ["t2"] and pinned_topics(tmp_path) == {"t2"}


def test_forgotten_labels_leave_no_byte_and_what_people_wrote_stays(tmp_path: Path) -> None:
    names = TopicNames(State(tmp_path))
    assert names.forget_labels() == 0 and list(tmp_path.iterdir()) == []
    names.keep_label("t1", "digest", "Estate of Quillfeather", "model")
    names.mark("t1", MarkKind.NAME, "Wills", label="quillfeather, estate", by="A")
    assert names.forget_labels() == 2
    (mark,) = names.current().marks
    assert (mark.value, mark.label, mark.by) == ("Wills", "", "A") and names.current().labels == {}
    assert [path for path in tmp_path.iterdir() if b"uillfeather" in path.read_bytes()] == []
