"""Names, pins and merges that people gave to topics, and labels that a language model gave; kept over every refit.

They hang on topic ids, which a refit carries over. What hangs on a topic that died is kept and listed as orphaned.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

from app.state.database import State
from scraper.database import stamp, utc_now
from scraper.errors import TopicError

MOST_NAME = 100  # characters
MOST_NOTE = 500
# Letters and marks that nothing shows (Unicode: Default_Ignorable_Code_Point outside Cf), and the blank of Braille.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(c) for c in range(0x180B, 0x1810)}
_metadata = sa.MetaData()
_marks = sa.Table(
    "topic_marks",
    _metadata,
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("value", sa.Text),  # the name; the topic merged into; empty for a pin
    sa.Column("label", sa.Text),  # what the topic was called then: it tells what an orphan was about
    sa.Column("note", sa.Text),
    sa.Column("author", sa.Text),
    sa.Column("at", sa.Text),
)
_labels = sa.Table(
    "topic_labels",
    _metadata,
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("label", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("at", sa.Text),
)
_counters = sa.Table(
    "counters", _metadata, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Integer)
)
_COUNTER = "topics"


class MarkKind(StrEnum):
    """What a person may do to a topic."""

    NAME = "name"
    PIN = "pin"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that a person did to a topic.

    value: the name, or the topic that it was merged into, or "" for a pin. label: what the topic was called when it
    was done. by: who, in their own words. at: UTC, ISO 8601.
    """

    topic: str
    kind: MarkKind
    value: str
    label: str
    note: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class TopicState:
    """Everything that is laid over topics. labels: (topic, digest of its terms) -> label of a language model."""

    revision: int
    marks: tuple[Mark, ...] = ()
    labels: Mapping[tuple[str, str], str] | None = None

    def of(self, topic: str, kind: MarkKind) -> Mark | None:
        """Return what was done to a topic, None where nothing was."""
        return next((mark for mark in self.marks if mark.topic == topic and mark.kind is kind), None)


class TopicNames:
    """Reads and writes what people did to topics."""

    def __init__(self, state: State) -> None:
        self._state = state

    def revision(self) -> int:
        """Return a number that grows with every change, 0 before the first."""
        with self._state.read() as connection:
            return _revision(connection) if connection is not None else 0

    def current(self) -> TopicState:
        """Return everything, as one consistent state."""
        with self._state.read() as connection:
            return TopicState(0) if connection is None else _current(connection)

    def mark(
        self, topic: str, kind: MarkKind, value: str, *, label: str, note: str = "", by: str = "",
        check: Callable[[TopicState], None] | None = None,
    ) -> None:  # fmt: skip
        """Do something to a topic; it takes the place of the same done before. Raises TopicError for a bad name.

        check: may refuse, by raising, in view of what was done by the time that this is written.
        """
        if kind is MarkKind.NAME:
            value = checked_name(value)
        row = {
            "topic": topic, "kind": kind.value, "value": value, "label": label, "note": checked_note(note),
            "author": checked_note(by), "at": stamp(utc_now()),
        }  # fmt: skip
        with self._state.write() as connection:
            if check is not None:
                check(_current(connection))
            connection.execute(sqlite.insert(_marks).values(row).on_conflict_do_update(["topic", "kind"], set_=row))
            _grow(connection)

    def unmark(self, topic: str, kind: MarkKind) -> bool:
        """Undo something; return whether there was anything to undo."""
        with self._state.write() as connection:
            done = connection.execute(sa.delete(_marks).where(_marks.c.topic == topic, _marks.c.kind == kind.value))
            if done.rowcount:
                _grow(connection)
            return bool(done.rowcount)

    def keep_label(self, topic: str, digest: str, label: str, model: str) -> None:
        """Keep the label that a language model gave to a topic with those terms."""
        row = {"topic": topic, "digest": digest, "label": label, "model": model, "at": stamp(utc_now())}
        with self._state.write() as connection:
            connection.execute(sqlite.insert(_labels).values(row).on_conflict_do_update(["topic", "digest"], set_=row))
            _grow(connection)

    def forget_labels(self) -> int:
        """Drop every label that was made from documents, and leave what people wrote; return how many there were.

        Any may hold a word that only one document had. A model's can be asked for again; what is noted beside a mark
        only tells what an orphan was about.
        """
        if not self._state.path.is_file():
            return 0
        with self._state.write() as connection:
            noted = connection.execute(sa.update(_marks).where(_marks.c.label != "").values(label="")).rowcount
            number = noted + connection.execute(sa.delete(_labels)).rowcount
            if number:
                _grow(connection)
        self._state.scrub()
        return number


def pinned_topics(data: Path) -> frozenset[str]:
    """Return the ids of the topics that a person pinned in a data directory, which a refit must leave as they are."""
    state = State(data)
    try:
        marks = TopicNames(state).current().marks
    finally:
        state.close()
    return frozenset(mark.topic for mark in marks if mark.kind is MarkKind.PIN)


def checked_name(text: str) -> str:
    """Return a name in one line and one Unicode form; raise TopicError for an empty, long or unreadable one."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > MOST_NAME or not _printable(name) or not any(c.isalnum() for c in name):
        raise TopicError(f"A topic's name is one line of 1 to {MOST_NAME} characters with a letter in it.")
    return name


def checked_note(text: str) -> str:
    """Return a note in one line; raise TopicError for a long or unreadable one."""
    note = " ".join(unicodedata.normalize("NFC", text).split())
    if len(note) > MOST_NOTE or not _printable(note):
        raise TopicError(f"A note is one line of at most {MOST_NOTE} characters, all of which can be seen.")
    return note


def _printable(text: str) -> bool:
    # Format characters turn the direction of writing or hide text: a name must read as it is.
    categories = {"Cc", "Cf", "Cs", "Co", "Cn"}
    return not any(unicodedata.category(character) in categories or character in _UNSEEN for character in text)


def _current(connection: Connection) -> TopicState:
    marks = tuple(
        Mark(row.topic, MarkKind(row.kind), row.value, row.label, row.note, row.author, row.at)
        for row in connection.execute(sa.select(_marks).order_by(_marks.c.topic, _marks.c.kind))
    )
    labels = {(row.topic, row.digest): str(row.label) for row in connection.execute(sa.select(_labels))}
    return TopicState(_revision(connection), marks, labels)


def _revision(connection: Connection) -> int:
    return int(connection.execute(sa.select(_counters.c.value).where(_counters.c.name == _COUNTER)).scalar() or 0)


def _grow(connection: Connection) -> None:
    first = sqlite.insert(_counters).values(name=_COUNTER, value=1)
    connection.execute(first.on_conflict_do_update(["name"], set_={"value": _counters.c.value + 1}))
