"""The read-only catalogue of a generation: documents, versions, passages, citations and topics in one SQLite file.

The service reads every text from here and never from the ingest store, so that text, spans and hits always fit.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from indexing.anchors import Anchor
from indexing.models import Citation, CitationKind, Passage, Speaker
from scraper.errors import DocumentRemoved, GenerationDamaged, UnknownDocument, UnknownVersion
from scraper.models import Document, Provenance, Version, document_from_json, document_to_json

FILE = "catalogue.db"
_SCHEMA = """
CREATE TABLE documents (row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, kind TEXT, jurisdiction TEXT, title TEXT,
  citation TEXT, court TEXT, court_level TEXT, date TEXT, year INTEGER, docket TEXT, status TEXT, url TEXT,
  version TEXT, observed_from TEXT, chars INTEGER, place TEXT, sources TEXT, code TEXT);
CREATE TABLE versions (document_id TEXT, hash TEXT, observed_from TEXT, observed_to TEXT, effective_from TEXT,
  effective_to TEXT, current INTEGER, meta TEXT, text TEXT, PRIMARY KEY (document_id, hash));
CREATE TABLE names (key TEXT, document_id TEXT, kind TEXT, PRIMARY KEY (key, document_id, kind)) WITHOUT ROWID;
CREATE TABLE passages (id INTEGER PRIMARY KEY, document_id TEXT, version TEXT, ordinal INTEGER, start INTEGER,
  end INTEGER, speaker TEXT, anchor TEXT, heading TEXT);
CREATE TABLE citations (id INTEGER PRIMARY KEY, document_id TEXT, version TEXT, start INTEGER, end INTEGER, raw TEXT,
  kind TEXT, key TEXT, to_id TEXT, candidates TEXT, pinpoint TEXT, case_name TEXT, year INTEGER, grp INTEGER,
  sentence_start INTEGER, sentence_end INTEGER, treatment TEXT, in_force TEXT,
  amended_since TEXT);
CREATE TABLE topics (id TEXT PRIMARY KEY, parent TEXT, depth INTEGER, label TEXT, scope TEXT, terms TEXT, stats TEXT,
  size INTEGER);
CREATE TABLE topic_documents (topic_id TEXT, document_id TEXT, weight REAL, PRIMARY KEY (topic_id, document_id))
  WITHOUT ROWID;
CREATE TABLE anchors (id INTEGER PRIMARY KEY, to_id TEXT, from_id TEXT, version TEXT, start INTEGER, end INTEGER);
CREATE TABLE tombstones (row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, kind TEXT, jurisdiction TEXT, title TEXT,
  citation TEXT, court TEXT, court_level TEXT, date TEXT, year INTEGER, docket TEXT, status TEXT, url TEXT,
  version TEXT, observed_from TEXT, chars INTEGER, place TEXT, sources TEXT, code TEXT);
CREATE TABLE gone (id_hash TEXT PRIMARY KEY, why TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE changes (id INTEGER PRIMARY KEY, document_id TEXT, title TEXT, citation TEXT, change TEXT, at TEXT,
  old_version TEXT, new_version TEXT);
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT);
"""
_INDEXES = """
CREATE INDEX documents_url ON documents (url);
CREATE INDEX passages_document ON passages (document_id);
CREATE INDEX citations_document ON citations (document_id, start);
CREATE INDEX citations_to ON citations (to_id);
CREATE INDEX topic_documents_document ON topic_documents (document_id);
"""

_SINCE_FORMAT_2 = frozenset({"tombstones", "gone", "changes"})
WITHDRAWN_NAME = "withdrawn"  # kind of the names that a tombstone bore
NO_ROW = -1  # the row of a tombstone: it is in no index
_GONE = {
    "withheld": "This document is withheld: its source no longer publishes it, and whether it may be shown is not "
    "decided yet.",
    "removed": "This document was removed from this service and will not come back.",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What lists and filters need of a document, without its text."""

    row: int
    id: str
    kind: str
    jurisdiction: str
    title: str
    citation: str
    court: str
    court_level: str
    date: str | None
    year: int | None
    docket: str
    status: str
    url: str
    version: str
    observed_from: str
    chars: int
    place: tuple[str, ...]  # labels of its hierarchy
    sources: tuple[str, ...]  # every address at which it was seen
    code: str = ""  # id of the code that it is a section of


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic as the catalogue keeps it; `terms` with weights, best first.

    `size` counts the documents whose first topic at its level it is; more belong to it with a smaller weight.
    """

    id: str
    parent: str | None
    depth: int
    label: str
    scope: str
    terms: tuple[tuple[str, float], ...]
    stats: Mapping[str, Any]
    size: int


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One thing that happened to a document; a hash is None where there is no text on that side."""

    document_id: str
    title: str
    citation: str
    change: str  # added, changed, repealed, withdrawn, returned
    at: str  # UTC, ISO 8601
    old_version: str | None
    new_version: str | None


def id_hash(document_id: str) -> str:
    """Return the SHA-256 under which an id that may not be named is known, 64 hexadecimal digits."""
    return hashlib.sha256(document_id.encode("utf-8", "replace")).hexdigest()


class CatalogueWriter:
    """Fills a new catalogue; used once, by a build."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA synchronous=OFF")  # the generation syncs its files when it is sealed
        self._connection.executescript(_SCHEMA)

    def documents(
        self,
        versions: Iterable[Version],
        levels: Mapping[str, str],
        sources: Mapping[str, Sequence[str]],
        codes: Mapping[str, str],
    ) -> None:
        """Add the current version of every document, in order of id.

        `levels` maps a court to its level; `sources` and `codes` map a document to its addresses and its code.
        """
        self._entries("documents", versions, levels, sources, codes)

    def tombstones(
        self,
        versions: Iterable[Version],
        levels: Mapping[str, str],
        sources: Mapping[str, Sequence[str]],
        codes: Mapping[str, str],
    ) -> None:
        """Add the last version of every document that its source withdrew, in order of id."""
        self._entries("tombstones", versions, levels, sources, codes)

    def gone(self, rows: Iterable[tuple[str, str]]) -> None:
        """Add (hash of an id, "withheld" or "removed") of what may not be named; see `id_hash`."""
        self._connection.executemany("INSERT OR IGNORE INTO gone VALUES (?,?)", rows)

    def changes(self, changes: Iterable[HistoryRow]) -> None:
        """Add what happened to the documents and tombstones, oldest first."""
        self._connection.executemany(
            "INSERT INTO changes (document_id, title, citation, change, at, old_version, new_version) "
            "VALUES (?,?,?,?,?,?,?)",
            ((c.document_id, c.title, c.citation, c.change, c.at, c.old_version, c.new_version) for c in changes),
        )

    def _entries(
        self,
        table: str,
        versions: Iterable[Version],
        levels: Mapping[str, str],
        sources: Mapping[str, Sequence[str]],
        codes: Mapping[str, str],
    ) -> None:
        for row, version in enumerate(versions):
            doc = version.document
            values = (
                row, doc.id, doc.kind.value, doc.jurisdiction, doc.title, doc.citation, doc.court,
                levels.get(doc.court, ""), _iso(doc.date), doc.date.year if doc.date else None, doc.docket,
                doc.status.value, doc.url, version.hash, version.observed_from.isoformat(), len(doc.text),
                json.dumps([level.label for level in doc.hierarchy], ensure_ascii=False),
                json.dumps(list(sources.get(doc.id, ()))), codes.get(doc.id, ""),
            )  # fmt: skip
            self._connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)

    def versions(self, versions: Iterable[Version]) -> None:
        """Add every version, current and past, with its text."""
        for v in versions:
            doc = v.document
            meta = document_to_json(doc, with_text=False)
            self._connection.execute(
                "INSERT INTO versions VALUES (?,?,?,?,?,?,?,?,?)",
                (v.document_id, v.hash, v.observed_from.isoformat(), _iso(v.observed_to), _iso(doc.effective_from),
                 _iso(doc.effective_to), v.observed_to is None, json.dumps(meta, ensure_ascii=False), doc.text),
            )  # fmt: skip

    def names(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Add (folded key, document id, kind of name)."""
        self._connection.executemany("INSERT OR IGNORE INTO names VALUES (?,?,?)", rows)

    def passages(self, passages: Iterable[Passage]) -> None:
        """Add passages; their ids are the rows of the indexes."""
        self._connection.executemany(
            "INSERT INTO passages VALUES (?,?,?,?,?,?,?,?,?)",
            ((p.id, p.document_id, p.version, p.ordinal, p.start, p.end, p.speaker.value, p.anchor, p.heading)
             for p in passages),
        )  # fmt: skip

    def citations(self, citations: Iterable[Citation]) -> None:
        """Add citations in order; treatment is null until something has read it."""
        self._connection.executemany(
            "INSERT INTO citations VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,NULL,?,?)",
            ((i, c.document_id, c.version, c.start, c.end, c.raw, c.kind.value, c.key, c.to, json.dumps(c.candidates),
              c.pinpoint, c.case_name, c.year, c.group, c.sentence_start, c.sentence_end, c.in_force, c.amended_since)
             for i, c in enumerate(citations)),
        )  # fmt: skip

    def topics(self, topics: Iterable[TopicRow], members: Iterable[tuple[str, str, float]]) -> None:
        """Add topics and (topic id, document id, weight)."""
        self._connection.executemany(
            "INSERT INTO topics VALUES (?,?,?,?,?,?,?,?)",
            ((t.id, t.parent, t.depth, t.label, t.scope, json.dumps(t.terms, ensure_ascii=False), json.dumps(t.stats),
              t.size) for t in topics),
        )  # fmt: skip
        self._connection.executemany("INSERT INTO topic_documents VALUES (?,?,?)", members)

    def anchors(self, anchors: Iterable[Anchor]) -> None:
        """Add the words in which documents are cited; their order is the order of the anchor index."""
        self._connection.executemany(
            "INSERT INTO anchors VALUES (?,?,?,?,?,?)",
            ((i, a.to, a.document_id, a.version, a.start, a.end) for i, a in enumerate(anchors)),
        )

    def facts(self, facts: Mapping[str, Any]) -> None:
        """Add facts as JSON values."""
        rows = [(key, json.dumps(value, ensure_ascii=False)) for key, value in facts.items()]
        self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?,?)", rows)

    def close(self) -> None:
        """Write the indexes and close."""
        self._connection.executescript(_INDEXES)
        self._connection.commit()
        self._connection.execute("ANALYZE")
        self._connection.commit()
        self._connection.close()


class Catalogue:
    """Reads a catalogue; safe to share between threads, each has its own connection."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()

    @property
    def connection(self) -> sqlite3.Connection:
        """Return this thread's read-only connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = sqlite3.connect(self._uri, uri=True)
            connection.row_factory = sqlite3.Row
        return connection

    def _rows(self, sql: str, *values: Any) -> Iterator[sqlite3.Row]:
        try:
            yield from self.connection.execute(sql, values)
        except sqlite3.DatabaseError as error:
            raise GenerationDamaged(f"The catalogue cannot be read ({error}); build again.") from error

    def entries(self) -> list[Entry]:
        """Return every document in order of row."""
        return [_entry(row) for row in self._rows("SELECT * FROM documents ORDER BY row")]

    def _newer_rows(self, table: str, sql: str, *values: Any) -> Iterator[sqlite3.Row]:
        """Yield rows of a table that a generation of the release before does not have: none, in that case."""
        assert table in _SINCE_FORMAT_2
        if any(self._rows("SELECT 1 FROM sqlite_master WHERE name = ?", table)):
            yield from self._rows(sql, *values)

    def entry(self, document_id: str) -> Entry:
        """Return the entry of a document, or of its tombstone, whose row is `NO_ROW`.

        Raises DocumentRemoved, which does not name it, for one that is withheld or was purged, else UnknownDocument.
        """
        for row in self._rows("SELECT * FROM documents WHERE id = ?", document_id):
            return _entry(row)
        for row in self._newer_rows("tombstones", "SELECT * FROM tombstones WHERE id = ?", document_id):
            return replace(_entry(row), row=NO_ROW)
        for row in self._newer_rows("gone", "SELECT why FROM gone WHERE id_hash = ?", id_hash(document_id)):
            raise DocumentRemoved(_GONE[row["why"]])
        raise UnknownDocument(
            f"No document has the id {document_id!r}. Search for it, or resolve its citation with /v1/resolve?cite=."
        )

    def tombstones(self) -> list[Entry]:
        """Return what its source withdrew, in order of id; every row is `NO_ROW`."""
        rows = self._newer_rows("tombstones", "SELECT * FROM tombstones ORDER BY id")
        return [replace(_entry(row), row=NO_ROW) for row in rows]

    def history(self) -> Iterator[HistoryRow]:
        """Yield everything that happened, oldest first; withheld and purged documents are left out."""
        for row in self._newer_rows("changes", "SELECT * FROM changes ORDER BY at, id"):
            yield HistoryRow(*tuple(row)[1:])

    def entry_at(self, url: str) -> Entry | None:
        """Return the document at a canonical address, else None."""
        for row in self._rows("SELECT * FROM documents WHERE url = ?", url):
            return _entry(row)
        return None

    def version(self, document_id: str, version: str | None = None) -> Version:
        """Return the current version of a document, or one by hash (a prefix of 8 digits or more will do)."""
        if version is None:
            entry = self.entry(document_id)
            rows = list(self._rows("SELECT * FROM versions WHERE document_id=? AND hash=?", document_id, entry.version))
        else:
            if not re.fullmatch(r"[0-9a-f]{8,64}", version):
                raise UnknownVersion("A version is named by at least 8 hexadecimal digits of its hash.")
            rows = list(
                self._rows("SELECT * FROM versions WHERE document_id=? AND hash GLOB ?", document_id, version + "*")
            )
        if len(rows) != 1:
            raise UnknownVersion(f"{document_id} has no single version {version!r}; see its /versions.")
        return _version(rows[0])

    def versions(self, document_id: str) -> list[Version]:
        """Return all versions of a document, oldest first; raise UnknownDocument."""
        rows = self._rows("SELECT * FROM versions WHERE document_id=? ORDER BY observed_from, hash", document_id)
        found = [_version(row) for row in rows]
        if not found:
            self.entry(document_id)  # raises with its message
        return found

    def text(self, document_id: str, start: int, end: int, version: str | None = None) -> str:
        """Return a stretch of a version's text by code points; raise UnknownDocument or UnknownVersion."""
        hash_ = version or self.entry(document_id).version
        sql = "SELECT substr(text, ?, ?) stretch FROM versions WHERE document_id=? AND hash=?"
        for row in self._rows(sql, start + 1, end - start, document_id, hash_):
            return str(row["stretch"])
        raise UnknownVersion(f"{document_id} has no version {hash_!r}; see its /versions.")

    def named(self, key: str, kinds: Sequence[str] = ()) -> list[str]:
        """Return the ids of documents known under a folded name or citation key, in order."""
        rows = self._rows("SELECT DISTINCT document_id, kind FROM names WHERE key=? ORDER BY document_id", key)
        return list(dict.fromkeys(row["document_id"] for row in rows if not kinds or row["kind"] in kinds))

    def all_names(self, kind: str) -> Iterator[tuple[str, str]]:
        """Yield (key, document id) of one kind of name."""
        for row in self._rows("SELECT key, document_id FROM names WHERE kind=? ORDER BY key, document_id", kind):
            yield row["key"], row["document_id"]

    def passages(self) -> list[Passage]:
        """Return every passage in order of id."""
        return [_passage(row) for row in self._rows("SELECT * FROM passages ORDER BY id")]

    def citations_of(self, document_id: str, limit: int = 1000, after: int = -1) -> list[tuple[int, Citation]]:
        """Return (row, citation) of a document's current version in order of place, after a row."""
        rows = self._rows(
            "SELECT c.* FROM citations c JOIN documents d ON d.id=c.document_id AND d.version=c.version "
            "WHERE c.document_id=? AND c.id>? ORDER BY c.id LIMIT ?", document_id, after, limit
        )  # fmt: skip
        return [(row["id"], _citation(row)) for row in rows]

    def citing(self, document_id: str) -> list[tuple[int, Citation]]:
        """Return (row, citation) of every citation of a document by another."""
        rows = self._rows(
            "SELECT * FROM citations WHERE to_id=? AND document_id<>? ORDER BY id", document_id, document_id
        )
        return [(row["id"], _citation(row)) for row in rows]

    def all_citations(self) -> Iterator[Citation]:
        """Yield every citation in order."""
        for row in self._rows("SELECT * FROM citations ORDER BY id"):
            yield _citation(row)

    def all_treated(self) -> Iterator[tuple[Citation, str | None]]:
        """Yield every citation in order, each with the kind of treatment that its own sentence holds, if any."""
        for row in self._rows("SELECT * FROM citations ORDER BY id"):
            yield _citation(row), row["treatment"]

    def cited_counts(self) -> dict[str, int]:
        """Return how many other documents cite each document, where any does."""
        rows = self._rows(
            "SELECT to_id, COUNT(DISTINCT document_id) n FROM citations WHERE to_id IS NOT NULL AND to_id<>document_id "
            "GROUP BY to_id"
        )
        return {row["to_id"]: row["n"] for row in rows}

    def topics(self) -> list[TopicRow]:
        """Return every topic, parents first."""
        return [_topic(row) for row in self._rows("SELECT * FROM topics ORDER BY depth, rowid")]

    def topic_members(self, topic_id: str, limit: int = -1, offset: int = 0) -> list[tuple[str, float]]:
        """Return (document id, weight) of a topic, heaviest first; all where `limit` is -1."""
        sql = "SELECT * FROM topic_documents WHERE topic_id=? ORDER BY weight DESC, document_id LIMIT ? OFFSET ?"
        return [(row["document_id"], row["weight"]) for row in self._rows(sql, topic_id, limit, offset)]

    def topics_of(self, document_id: str) -> list[tuple[str, float]]:
        """Return (topic id, weight) of a document, heaviest first."""
        sql = "SELECT * FROM topic_documents WHERE document_id=? ORDER BY weight DESC, topic_id"
        return [(row["topic_id"], row["weight"]) for row in self._rows(sql, document_id)]

    def memberships(self) -> Iterator[tuple[str, str, float]]:
        """Yield (topic id, document id, weight) of all."""
        for row in self._rows("SELECT * FROM topic_documents ORDER BY topic_id, document_id"):
            yield row["topic_id"], row["document_id"], row["weight"]

    def anchors(self) -> list[Anchor]:
        """Return the words in which documents are cited, in order of the anchor index."""
        rows = self._rows("SELECT * FROM anchors ORDER BY id")
        return [Anchor(row["to_id"], row["from_id"], row["version"], row["start"], row["end"]) for row in rows]

    def facts(self) -> dict[str, Any]:
        """Return the facts that the build wrote."""
        return {row["key"]: json.loads(row["value"]) for row in self._rows("SELECT * FROM facts")}

    def logical_rows(self) -> Iterator[str]:
        """Yield documents, passages and citations as text without times or row numbers, for the digest."""
        for row in self._rows("SELECT id, kind, citation, status, version FROM documents ORDER BY id"):
            yield json.dumps(tuple(row), ensure_ascii=False)
        sql = "SELECT id, kind, citation, 'tombstone', version FROM tombstones ORDER BY id"
        for row in self._newer_rows("tombstones", sql):
            yield json.dumps(tuple(row), ensure_ascii=False)
        for row in self._newer_rows("gone", "SELECT id_hash, why FROM gone ORDER BY id_hash"):
            yield json.dumps(tuple(row), ensure_ascii=False)
        sql = "SELECT document_id, version, start, end, speaker FROM passages ORDER BY document_id, version, start, end"
        for row in self._rows(sql):
            yield json.dumps(tuple(row), ensure_ascii=False)
        sql = (
            "SELECT document_id, version, start, end, kind, key, to_id, pinpoint FROM citations "
            "ORDER BY document_id, version, start, end, key"
        )
        for row in self._rows(sql):
            yield json.dumps(tuple(row), ensure_ascii=False)


def _iso(value: Any) -> str | None:
    return value.isoformat() if value is not None else None


def _entry(row: sqlite3.Row) -> Entry:
    values = dict(row)
    values["place"] = tuple(json.loads(values["place"]))
    values["sources"] = tuple(json.loads(values["sources"]))
    return Entry(**values)


def _version(row: sqlite3.Row) -> Version:
    document: Document = document_from_json(json.loads(row["meta"]), row["text"])
    seen = datetime.fromisoformat(row["observed_from"])
    until = datetime.fromisoformat(row["observed_to"]) if row["observed_to"] else None
    return Version(
        row["document_id"], row["hash"], document, seen, until, Provenance(document.url, "", seen, 0, {}, "")
    )


def _passage(row: sqlite3.Row) -> Passage:
    return Passage(row["id"], row["document_id"], row["version"], row["ordinal"], row["start"], row["end"],
                   Speaker(row["speaker"]), row["anchor"], row["heading"])  # fmt: skip


def _citation(row: sqlite3.Row) -> Citation:
    # A catalogue of the release before tells nothing of versions in force.
    dated = (row["in_force"], row["amended_since"]) if "in_force" in row.keys() else ("", "")  # noqa: SIM118
    return Citation(
        row["document_id"], row["version"], row["start"], row["end"], row["raw"], CitationKind(row["kind"]), row["key"],
        row["to_id"], tuple(json.loads(row["candidates"])), row["pinpoint"], row["case_name"], row["year"], row["grp"],
        row["sentence_start"], row["sentence_end"], *dated,
    )  # fmt: skip


def _topic(row: sqlite3.Row) -> TopicRow:
    terms = tuple((term, float(weight)) for term, weight in json.loads(row["terms"]))
    return TopicRow(row["id"], row["parent"], row["depth"], row["label"], row["scope"], terms, json.loads(row["stats"]),
                    row["size"])  # fmt: skip
