"""The citator inside a generation's catalogue: treatments, parentheticals and notes of decisions, written once.

Texts are not copied: every row has its place in a version that the catalogue holds.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Any

from indexing.models import Citation, Speaker
from indexing.treatment.annotations import Note, TopicNotes, grouped, notes_in
from indexing.treatment.detect import find_treatments
from indexing.treatment.models import Authority, Shelf, Treatment, TreatmentKind, treatment_from_json
from indexing.treatment.parentheticals import (
    Parenthetical,
    ParentheticalKind,
    best_parentheticals,
    find_parentheticals,
)
from scraper.errors import GenerationDamaged
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind

_SCHEMA = """
CREATE TABLE treatments (id INTEGER PRIMARY KEY, citing TEXT NOT NULL, cited TEXT, row TEXT NOT NULL);
CREATE TABLE parentheticals (id INTEGER PRIMARY KEY, citing TEXT NOT NULL, cited TEXT, row TEXT NOT NULL);
CREATE TABLE notes (id INTEGER PRIMARY KEY, provision TEXT NOT NULL, citing TEXT NOT NULL, row TEXT NOT NULL);
CREATE INDEX treatments_cited ON treatments (cited);
CREATE INDEX treatments_citing ON treatments (citing);
CREATE INDEX parentheticals_cited ON parentheticals (cited);
CREATE INDEX notes_provision ON notes (provision);
"""
Topic = Callable[[str, int], str]  # (document id, place) -> label of a topic, "" where none is known


@dataclass(frozen=True, slots=True)
class CitatorRows:
    """What is read from the cases of a build, in order of citing document and place."""

    treatments: tuple[Treatment, ...] = ()
    parentheticals: tuple[Parenthetical, ...] = ()
    notes: tuple[Note, ...] = ()


def read_cases(
    documents: Sequence[Document],
    citations: Iterable[Citation],
    jurisdictions: Jurisdictions,
    topic_at: Topic | None = None,
    advance: Callable[[int, int], None] | None = None,
) -> CitatorRows:
    """Return what the cases among the documents do to what they cite; citations are resolved and in order of place."""
    shelf = Shelf.of(Authority.of(document) for document in documents)
    of = {key: list(rows) for key, rows in groupby(citations, key=lambda one: one.document_id)}
    treatments: list[Treatment] = []
    parentheticals: list[Parenthetical] = []
    notes: list[Note] = []
    cases = [document for document in documents if document.kind is DocumentKind.CASE]
    for number, case in enumerate(cases, 1):
        cited = [one for one in of.get(case.id, ()) if one.version == case.version]
        found = find_treatments(case, cited, jurisdictions, shelf)
        treatments += found
        parentheticals += find_parentheticals(case, cited, shelf)
        notes += notes_in(case, cited, found, topic_at)
        if advance is not None:
            advance(number, len(cases))
    return CitatorRows(tuple(treatments), tuple(parentheticals), tuple(notes))


def write_citator(path: Path, rows: CitatorRows) -> None:
    """Write the rows into a catalogue that has none yet, and each citation's own treatment beside it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous=OFF")  # the generation syncs its files when it is sealed
        connection.executescript(_SCHEMA)
        connection.executemany(
            "INSERT INTO treatments VALUES (?,?,?,?)",
            ((row, one.citing, one.cited, _dump(one.to_json())) for row, one in enumerate(rows.treatments)),
        )
        connection.executemany(
            "INSERT INTO parentheticals VALUES (?,?,?,?)",
            ((row, one.citing, one.cited, _dump(_plain(one))) for row, one in enumerate(rows.parentheticals)),
        )
        connection.executemany(
            "INSERT INTO notes VALUES (?,?,?,?)",
            ((row, one.provision, one.citing, _dump(_plain(one))) for row, one in enumerate(rows.notes)),
        )
        connection.executemany(
            "UPDATE citations SET treatment=? WHERE document_id=? AND version=? AND to_id=? AND start>=? AND end<=?",
            (
                (one.kind.value, one.citing, one.version, one.cited, one.sentence_start, one.sentence_end)
                for one in sorted(rows.treatments, key=lambda one: one.counts)  # those that count have the last word
                if one.cited
            ),
        )


class Citator:
    """Reads what was written; one connection for each thread. Raises GenerationDamaged where it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()

    @property
    def held(self) -> bool:
        """Tell whether a citator was written; a generation of an earlier release has none."""
        return any(self._rows("SELECT '1' FROM sqlite_master WHERE name = 'treatments'", ()))

    def of(self, document_id: str) -> list[Treatment]:
        """Return what is said of an authority, in order of citing document and place."""
        return [treatment_from_json(row) for row in self._read("treatments", "cited", document_id)]

    def by(self, document_id: str) -> list[Treatment]:
        """Return what a case does to the authorities it names, in order of place."""
        return [treatment_from_json(row) for row in self._read("treatments", "citing", document_id)]

    def unheld(self) -> Iterator[Treatment]:
        """Yield what is said of authorities that are not held, by their keys, in order of citing document and place."""
        rows = self._rows("SELECT row FROM treatments WHERE cited IS NULL ORDER BY id", ())
        yield from (treatment_from_json(row) for row in rows)

    def all(self) -> Iterator[Treatment]:
        """Yield every treatment in order."""
        yield from (treatment_from_json(row) for row in self._rows("SELECT row FROM treatments ORDER BY id", ()))

    def parentheticals(self, document_id: str, limit: int = 10) -> tuple[Parenthetical, ...]:
        """Return what brackets behind its citations say of a case, the most telling first."""
        found = [_parenthetical(row) for row in self._read("parentheticals", "cited", document_id)]
        return best_parentheticals(found, document_id, limit)

    def notes(self, document_id: str) -> tuple[TopicNotes, ...]:
        """Return the notes of decisions of a provision, by topic."""
        return grouped([_note(row) for row in self._read("notes", "provision", document_id)], document_id)

    def depths(self, document_id: str) -> Mapping[str, int]:
        """Return how far each citing document goes into an authority, 1 to 4, where something is said of it."""
        found: dict[str, int] = defaultdict(int)
        for one in self.of(document_id):
            found[one.citing] = max(found[one.citing], one.depth)
        return dict(found)

    def _read(self, table: str, column: str, value: str) -> Iterator[dict[str, Any]]:
        return self._rows(f"SELECT row FROM {table} WHERE {column}=? ORDER BY id", (value,))

    def _rows(self, query: str, values: Sequence[Any]) -> Iterator[dict[str, Any]]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        try:
            if connection is None:
                connection = self._local.connection = sqlite3.connect(self._uri, uri=True)
            yield from (json.loads(row[0]) for row in connection.execute(query, values))
        except sqlite3.DatabaseError as error:
            raise GenerationDamaged(f"The citator cannot be read ({error}); build again.") from error


def _plain(value: Parenthetical | Note) -> dict[str, Any]:
    row = {spec.name: getattr(value, spec.name) for spec in fields(value)}
    row["date"] = value.date.isoformat() if value.date else None
    return row


def _parenthetical(row: dict[str, Any]) -> Parenthetical:
    kinds = {"kind": ParentheticalKind(row["kind"]), "speaker": Speaker(row["speaker"]), "date": _day(row["date"])}
    return Parenthetical(**{**row, **kinds})


def _note(row: dict[str, Any]) -> Note:
    kind = TreatmentKind(row["treatment"]) if row["treatment"] else None
    return Note(**{**row, "speaker": Speaker(row["speaker"]), "treatment": kind, "date": _day(row["date"])})


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _dump(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
