"""Builds every document anew from the archive, the network off: after a parser was corrected, or to prove that it can.

    old rows -> temporary tables -> [responses in order of fetch, withdrawals and decisions between them] -> new rows

All in one transaction: readers see the old documents until it is done, and a kill leaves them. Ids are never given
anew: an address keeps the document that it had. Nothing is lost either. What the archive does not hold any more, and
what today's parser cannot read any more (an old layout, say), stays as it was read then.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scraper.addresses import Addresses, at_origin, plain, same_page
from scraper.archive import KEPT_HEADERS, Archive, ArchivedPage
from scraper.database import (
    aliases,
    changes,
    document_sources,
    documents,
    fetches,
    moment,
    quarantine,
    runs,
    versions,
)
from scraper.decisions import RELEASED, reopen
from scraper.errors import ParseError, PublishRefused, UnknownDocument
from scraper.identity import identify
from scraper.interfaces import Page, Source
from scraper.models import Document, Provenance, document_from_json
from scraper.moves import MOVED
from scraper.removal import resume
from scraper.revisits import CUT
from scraper.rows import CURRENT, WITHHELD, Quarantined
from scraper.store import Store
from scraper.visit import read_page

MOST_LOST = 0.2  # fewer documents than this share less mean a broken parser, not a corrected one
_PIECEWISE = {"yield_per": 1000}  # rows held in memory at once
_FILE = re.compile(r"(?P<run>.+?)-\d{4,}(\.r\d+)?\.warc\.gz")
_RUN = re.compile(r"\d{8}T\d{6}-(?P<source>.+)-[0-9a-f]{6}")

_temporary = sa.MetaData()


def _copy_of(table: sa.Table) -> sa.Table:
    columns = [
        sa.Column(column.name, column.type, primary_key=column.primary_key, index=column.index)
        for column in table.columns
    ]
    return sa.Table(f"old_{table.name}", _temporary, *columns, prefixes=["TEMPORARY"])


_old_documents, _old_sources = _copy_of(documents), _copy_of(document_sources)
_old_versions, _old_changes, _old_aliases = _copy_of(versions), _copy_of(changes), _copy_of(aliases)
_old_places = sa.Table(  # where the raw bytes of old versions are
    "old_places",
    _temporary,
    sa.Column("document_id", sa.Text, primary_key=True),
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("file", sa.Text, index=True),
    sa.Column("offset", sa.BigInteger),
    prefixes=["TEMPORARY"],
)
_read_pages = sa.Table("read_pages", _temporary, sa.Column("url", sa.Text, primary_key=True), prefixes=["TEMPORARY"])


@dataclass(frozen=True, slots=True)
class Reparsed:
    """What came of it: pages read, documents that are current now and that were, pages set aside, old versions kept.

    Kept as they were are the versions whose response is not in the archive, or cannot be read by today's parser.
    """

    pages: int
    documents: int
    before: int
    quarantined: int
    kept: int


def reparse(
    store: Store,
    archive: Archive,
    source_of: Callable[[str], Source],
    progress: Callable[[int, int], None] = lambda done, known: None,
) -> Reparsed:
    """Build all documents, versions, tombstones and changes anew; `source_of` returns a source by its name.

    `progress` is told how many files of the archive are done, and of how many. The caller holds the run lock. Raises
    UnknownSource, StoreDamaged for an archive that cannot be read, StoreError, and PublishRefused where so many
    documents are missing at the end that the parser must be wrong: everything is then as it was.
    """
    resume(store, archive)
    with store.transaction() as connection:
        before = store.counts()["documents"]
        _temporary.create_all(connection)
        _set_aside(connection)
        replay = _Replay(store, archive, source_of, connection)
        replay.run(progress)
        _restore(store, connection)
        after = store.counts()["documents"]
        if after < before * (1 - MOST_LOST):
            raise PublishRefused(
                f"Only {after:,} of {before:,} documents could be read from the archive: the parser must be wrong, so "
                "nothing was changed. Correct the source, then run it again."
            )
        _temporary.drop_all(connection)
        return Reparsed(replay.pages, after, before, replay.quarantined, replay.kept)


def _set_aside(connection: Connection) -> None:
    """Move the rows that are built anew into temporary tables."""
    for table in (documents, document_sources, versions, changes, aliases):
        old = _temporary.tables[f"old_{table.name}"]
        connection.execute(old.insert().from_select(list(table.columns.keys()), sa.select(table)))
    rows = connection.execute(
        sa.select(versions.c.document_id, versions.c.hash, versions.c.provenance), execution_options=_PIECEWISE
    )
    for part in rows.partitions():
        places = [(row.document_id, row.hash, json.loads(row.provenance)) for row in part]
        connection.execute(
            _old_places.insert(),
            [
                {"document_id": owner, "hash": sha256, "file": place["warc_file"], "offset": place["warc_offset"]}
                for owner, sha256, place in places
            ],
        )
    for table in (documents, document_sources, versions, changes, aliases):
        connection.execute(table.delete())


def _restore(store: Store, connection: Connection) -> None:
    """Take over from the old rows what no response tells: decisions, last sights, names that were given out."""
    was = sa.select(_old_documents.c.id)
    withheld = sa.and_(documents.c.state != CURRENT, documents.c.id.in_(was.where(_old_documents.c.state == WITHHELD)))
    connection.execute(documents.update().where(withheld).values(state=WITHHELD))
    for decision in connection.execute(sa.select(_old_documents.c.decision).distinct()).scalars().all():
        kept = sa.and_(
            documents.c.state == CURRENT, documents.c.id.in_(was.where(_old_documents.c.decision == decision))
        )
        connection.execute(documents.update().where(kept).values(decision=decision))
    here = _old_sources.c.url == document_sources.c.url
    last = {
        name: sa.func.coalesce(sa.select(_old_sources.c[name]).where(here).scalar_subquery(), document_sources.c[name])
        for name in ("first_seen", "last_seen", "last_run")
    }
    connection.execute(document_sources.update().values(**last))
    # Addresses whose page the archive does not hold: nothing was read that could speak against them.
    known = sa.select(document_sources.c.url)
    held = sa.select(documents.c.id)
    lost = sa.select(_old_sources).where(
        _old_sources.c.url.not_in(known), _old_sources.c.page.not_in(sa.select(_read_pages.c.url)),
        _old_sources.c.document_id.in_(held),
    )  # fmt: skip
    connection.execute(document_sources.insert().from_select(list(document_sources.columns.keys()), lost))
    names = sa.select(_old_aliases).where(_old_aliases.c.kind == "id", _old_aliases.c.document_id.in_(held))
    proposes = (  # a corrected parser may propose ids that were never given out
        sa.select(documents.c.proposal, documents.c.id, sa.literal("id"), documents.c.first_seen)
        .join(_old_documents, _old_documents.c.id == documents.c.id)
        .where(documents.c.proposal != _old_documents.c.proposal, documents.c.proposal.not_in(held))
    )
    for query in (names, proposes):
        for part in connection.execute(query, execution_options=_PIECEWISE).partitions():
            rows = [dict(zip(aliases.columns.keys(), row, strict=True)) for row in part]
            store.database.upsert(connection, aliases, rows, [])


@dataclass(slots=True)
class _Origin:
    """What a run read: its source, speaking of the origin that was chosen, and how addresses were dialled."""

    run_id: str
    source: Source
    addresses: Addresses
    is_known: bool  # to the database


@dataclass(slots=True)
class _Replay:
    """The old runs once more, from their files."""

    store: Store
    archive: Archive
    source_of: Callable[[str], Source]
    connection: Connection
    pages: int = 0
    quarantined: int = 0
    kept: int = 0
    now: datetime = field(init=False)
    writer: Store = field(init=False)
    cut: Mapping[tuple[str, int], int] = field(init=False)

    def run(self, progress: Callable[[int, int], None]) -> None:
        """Put everything in the order in which it was fetched, withdrawn or decided."""
        self.writer = Store(self.store.database, lambda: self.now, self._identify)
        rows = self.connection.execute(sa.select(fetches).where(fetches.c.outcome == CUT)).all()
        self.cut = {(row.warc_file, row.warc_offset): row.documents for row in rows}
        files = self._files()
        events = self._events({file for _, file in files})
        event = next(events, None)
        for done, (_, file) in enumerate(files):
            origin = self._origin(file)
            for page in self.archive.pages(file):
                while event is not None and event[0] <= page.fetched_at:
                    self._apply(*event)
                    event = next(events, None)
                if not page.part_of and (self._was_kept(page) or not origin.is_known):
                    self._read(page, origin)
            progress(done + 1, len(files))
        while event is not None:
            self._apply(*event)
            event = next(events, None)

    # ---- responses --------------------------------------------------------------------------------------

    def _files(self) -> list[tuple[datetime, str]]:
        """Return the files that hold anything, in the order in which they were begun."""
        found = []
        for file in self.archive.files():
            first = next(self.archive.pages(file), None)
            if first is not None:
                found.append((first.fetched_at, file))
        return sorted(found)

    def _origin(self, file: str) -> _Origin:
        """Return what the run of a file read; a run that the database does not know tells its source by its name."""
        named = _FILE.fullmatch(file)
        run_id = named["run"] if named else file
        row = self.connection.execute(sa.select(runs).where(runs.c.id == run_id)).first()
        if row is not None:
            options = json.loads(row.options)
            source = self.source_of(row.source)
            origin = options.get("origin") or source.origin
            return _Origin(run_id, at_origin(source, origin), Addresses(origin, row.base_url or origin), True)
        told = _RUN.fullmatch(run_id)
        source = self.source_of(told["source"] if told else run_id)
        return _Origin(run_id, source, Addresses.of(source), False)

    def _was_kept(self, page: ArchivedPage) -> bool:
        """Tell whether the store ever knew a page: a run that was killed may have archived it and no more."""
        asks = (
            sa.select(_old_sources.c.url).where(_old_sources.c.url == page.url),
            sa.select(_old_sources.c.url).where(_old_sources.c.page == page.url),
            sa.select(fetches.c.url).where(fetches.c.url == page.url),
            sa.select(quarantine.c.url).where(quarantine.c.url == page.url),
            sa.select(_old_places.c.hash).where(_old_places.c.file == page.file, _old_places.c.offset == page.offset),
        )
        return any(self.connection.execute(ask.limit(1)).first() for ask in asks)

    def _read(self, page: ArchivedPage, origin: _Origin) -> None:
        self.pages += 1
        self.now = page.fetched_at
        self.store.database.upsert(self.connection, _read_pages, [{"url": page.url}], [])
        sha256 = hashlib.sha256(page.body).hexdigest()
        try:
            parts = {url: _as_page(url, part) for url, part in self.archive.parts_of(page).items()}
            whole = replace(_as_page(_address_of(page, origin), page), parts=parts)
            found = read_page(origin.source, whole).documents[: self.cut.get((page.file, page.offset))]
        except ParseError as error:
            self._keep_old(page, origin, error, sha256)
            return
        self.writer.resolve_quarantine([page.url])
        headers = {name: page.headers[name] for name in KEPT_HEADERS if name in page.headers}
        provenance = Provenance(
            page.url, page.fetched_from, page.fetched_at, page.status, headers, sha256, page.file, page.offset
        )
        for document in found:
            self.writer.put(document, provenance, origin.run_id, origin.source.name)

    def _keep_old(self, page: ArchivedPage, origin: _Origin, error: ParseError, sha256: str) -> None:
        """Keep what was once read from a page that does not parse today, or set the page aside."""
        here = sa.and_(_old_places.c.file == page.file, _old_places.c.offset == page.offset)
        rows = self.connection.execute(self._versions().where(here)).all()
        for row in rows:
            self._put_old(row, origin.run_id)
        if not rows:
            self.quarantined += 1
            aside = Quarantined(
                0, page.url, origin.source.name, origin.run_id, error.reason, str(error)[:2000], sha256, page.file,
                page.offset, page.fetched_at,
            )  # fmt: skip
            self.writer.quarantine(aside)

    def _identify(self, connection: Connection, document: Document) -> str:
        """Return the id that an address had; those that were merged later are told apart as they were at first."""
        moved = sa.exists().where(_old_changes.c.note == MOVED, _old_changes.c.url == _old_sources.c.url)
        had = sa.select(_old_sources.c.document_id).where(_old_sources.c.url == document.url, ~moved)
        return connection.execute(had).scalar() or identify(connection, document)

    # ---- what no response tells ---------------------------------------------------------------------------

    def _events(self, files: set[str]) -> Iterator[tuple[datetime, str, Any]]:
        """Yield (moment, kind, row) in order: withdrawals, decisions, moves, and versions without a response."""
        told = sa.or_(
            _old_changes.c.kind == "withdrawn",
            _old_changes.c.note == MOVED,
            sa.and_(_old_changes.c.kind == "returned", _old_changes.c.note == RELEASED),
        )
        happened = sa.select(_old_changes).where(told).order_by(_old_changes.c.at, _old_changes.c.id)
        bare = (
            sa.select(_old_places.c.document_id, _old_places.c.hash, _old_versions.c.observed_from.label("at"))
            .join(
                _old_versions,
                sa.and_(
                    _old_versions.c.document_id == _old_places.c.document_id,
                    _old_versions.c.hash == _old_places.c.hash,
                ),
            )
            .where(_old_places.c.file.not_in(files))
            .order_by(_old_versions.c.observed_from, _old_places.c.document_id)
        )
        rows = [(row.at, "version", row) for row in self.connection.execute(bare).all()]
        rows += [(row.at, "change", row) for row in self.connection.execute(happened).all()]
        for at, kind, row in sorted(rows, key=lambda item: item[0]):
            yield moment(at), kind, row

    def _apply(self, at: datetime, kind: str, row: Any) -> None:
        self.now = at
        if kind == "version":
            this = sa.and_(_old_versions.c.document_id == row.document_id, _old_versions.c.hash == row.hash)
            self._put_old(self.connection.execute(self._versions().where(this)).one(), "")
            return
        try:
            if row.note == MOVED:
                stated = sa.select(document_sources.c.document_id).where(document_sources.c.url == row.url)
                moved = self.connection.execute(stated).scalar()
                if moved not in {None, row.document_id}:
                    self.writer.follow(row.document_id, str(moved), row.run_id)
            elif row.note == RELEASED:
                reopen(self.writer, row.document_id)
            else:
                self.writer.bury(row.document_id, row.run_id, note=row.note)
        except UnknownDocument:
            return  # today's parser does not find it any more

    def _versions(self) -> sa.Select[Any]:
        """Select old versions with the places of their responses, and the source that stated them."""
        source = sa.select(_old_sources.c.source).where(_old_sources.c.document_id == _old_versions.c.document_id)
        return sa.select(_old_versions, source.limit(1).scalar_subquery().label("source")).join(
            _old_places,
            sa.and_(
                _old_places.c.document_id == _old_versions.c.document_id, _old_places.c.hash == _old_versions.c.hash
            ),
        )

    def _put_old(self, row: Any, run_id: str) -> None:
        """Keep an old version as it was read then, from the moment from which it held."""
        self.kept += 1
        document = document_from_json(json.loads(row.meta), row.text)
        told = json.loads(row.provenance)
        provenance = Provenance(**{**told, "fetched_at": moment(row.observed_from)})
        if not run_id:
            added = sa.select(_old_documents.c.run_id).where(_old_documents.c.id == row.document_id)
            run_id = self.connection.execute(added).scalar() or ""
        self.writer.put(document, provenance, run_id, row.source or "")
        this = sa.and_(versions.c.document_id == row.document_id, versions.c.hash == row.hash)
        self.connection.execute(versions.update().where(this).values(provenance=row.provenance))


def _as_page(url: str, page: ArchivedPage) -> Page:
    return Page(url, page.body, page.headers.get("content-type", ""))


def _address_of(page: ArchivedPage, origin: _Origin) -> str:
    """Return the canonical address that a page is parsed under: where its redirects led."""
    if same_page(page.fetched_from, origin.addresses.dialled(page.url)):
        return page.url
    return plain(origin.addresses.canonical(page.fetched_from))
