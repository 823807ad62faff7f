"""Removes a document for good: sealed or expunged cases leave the store and the archive, and cannot come back.

    list of hashes, rows of the store -> files of the archive -> places in the rows -> old files -> free pages

Each step can be killed and is done again by the next call: what is still to do stands in the table `removals` until
nothing is. Only hashes are kept of what was removed. The caller holds the run lock, makes a generation without the
document, and then calls `finish`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scraper.addresses import is_local
from scraper.archive import Archive, ArchivedPage
from scraper.database import (
    Database,
    aliases,
    backups,
    changes,
    document_sources,
    documents,
    fetches,
    moment,
    quarantine,
    removals,
    run_pages,
    runs,
    stamp,
    suppressed,
    versions,
)
from scraper.errors import UnknownDocument
from scraper.models import DocumentKind, canonical_json
from scraper.redaction import Cut, discard, find, sweep, write
from scraper.store import Store
from scraper.suppression import LEAST_CHARACTERS, digest

PENDING, DONE = "pending", "done"


@dataclass(frozen=True, slots=True)
class Removal:
    """What a purge took away. `sha256` stands for the id; `state` is "pending" until `finish` was called."""

    sha256: str
    at: datetime
    state: str
    versions: int = 0
    addresses: int = 0
    records: int = 0  # responses in the archive
    files: int = 0  # files of the archive that were written anew


@dataclass(frozen=True, slots=True)
class _Traces:
    """Where a document is found: its pages, the addresses that name it, its ids, the hashes of its long texts."""

    pages: tuple[str, ...]  # whose responses go
    addresses: tuple[str, ...]
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    shared: frozenset[str]  # pages that state other documents as well
    own: frozenset[str]  # pages of a site that are this case and nothing else


def purge(store: Store, archive: Archive, document_id: str) -> Removal:
    """Remove a document from store and archive and keep it out; one that is being removed is gone on with.

    All its versions go, every response that stated it, those of the pages that were set aside at its addresses, and
    the listings that lead to it. A page that also states other documents goes from the archive too, so that those
    have no raw bytes until they are fetched again. Raises UnknownDocument, and StoreError or StoreDamaged where disk,
    database or archive refuse; call it again then.
    """
    resume(store, archive)
    with store.transaction() as connection:
        known = connection.execute(sa.select(documents).where(documents.c.id == document_id)).first()
        begun = connection.execute(sa.select(removals).where(removals.c.sha256 == digest(document_id))).first()
        at, traces, counted = stamp(store.clock()), None, 0
        if known is not None:
            traces = _traces(connection, document_id)
            counted = _forget(store.database, connection, document_id, traces, at)
    if traces is not None:
        records, files = _clean(store, archive, digest(document_id))
        return Removal(digest(document_id), moment(at), PENDING, counted, len(traces.addresses), records, files)
    if begun is None:
        raise UnknownDocument(f"The store holds no document {document_id!r}. Look it up with `lexatlas resolve`.")
    if begun.state == PENDING:
        store.database.scrub()
    return Removal(digest(document_id), moment(begun.at), begun.state)


def resume(store: Store, archive: Archive) -> int:
    """Go on with every removal that was interrupted; return how many there were. The caller holds the run lock."""
    unfinished = sa.select(removals.c.sha256).where(removals.c.work != "").order_by(removals.c.at)
    with store.database.read() as connection:
        found = connection.execute(unfinished).scalars().all()
    for sha256 in found:
        _clean(store, archive, sha256)
    return len(found)


def pending(database: Database) -> list[str]:
    """Return the hashes of the ids whose removal is not finished, oldest first."""
    statement = sa.select(removals.c.sha256).where(removals.c.state == PENDING).order_by(removals.c.at)
    with database.read() as connection:
        return list(connection.execute(statement).scalars())


def finish(database: Database, document_id: str) -> None:
    """Note that nothing is left of a document anywhere, generations and backups included."""
    this = sa.and_(removals.c.sha256 == digest(document_id), removals.c.work == "")
    with database.write() as connection:
        connection.execute(removals.update().where(this).values(state=DONE))


def note_backup(database: Database, path: str, at: datetime) -> None:
    """Remember where a backup was written, so that a purge can reach it."""
    with database.write() as connection:
        database.upsert(connection, backups, [{"path": path, "at": stamp(at)}], ["at"])


def noted_backups(database: Database) -> list[str]:
    """Return where backups were written, oldest first."""
    with database.read() as connection:
        return list(connection.execute(sa.select(backups.c.path).order_by(backups.c.at, backups.c.path)).scalars())


def forget_backup(database: Database, path: str) -> None:
    """Let go of a backup that is no longer there."""
    with database.write() as connection:
        connection.execute(backups.delete().where(backups.c.path == path))


# ---- the store ------------------------------------------------------------------------------------------


def _traces(connection: Connection, document_id: str) -> _Traces:
    held = connection.execute(sa.select(documents).where(documents.c.id == document_id)).one()
    stated = connection.execute(sa.select(document_sources).where(document_sources.c.document_id == document_id)).all()
    texts = connection.execute(
        sa.select(versions.c.hash, versions.c.provenance, sa.func.length(versions.c.text).label("size")).where(
            versions.c.document_id == document_id
        )
    ).all()
    addresses = {held.url, *(row.url for row in stated)}
    told = [json.loads(row.provenance) for row in texts]
    pages = {*addresses, *(row.page for row in stated), *(one["url"] for one in told)}
    others = sa.select(document_sources.c.page).where(
        document_sources.c.page.in_(pages), document_sources.c.document_id != document_id
    )
    named = sa.select(aliases.c.alias).where(aliases.c.document_id == document_id, aliases.c.kind == "id")
    ids = {held.id, held.proposal, *connection.execute(named).scalars()}
    shared = frozenset(connection.execute(others).scalars())
    # A part of a code, or a line of a file, may carry another document tomorrow; the page of a case does not.
    is_case = held.kind == DocumentKind.CASE.value
    own = {one["url"] for one in told if is_case and not is_local(one["fetched_from"])} - shared
    return _Traces(
        tuple(sorted(pages)), tuple(sorted(addresses)), tuple(sorted(ids)),
        tuple(row.hash for row in texts if row.size >= LEAST_CHARACTERS),
        shared, frozenset(own),
    )  # fmt: skip


def _forget(database: Database, connection: Connection, document_id: str, traces: _Traces, at: str) -> int:
    """Delete every row about a document and list its hashes; return how many versions it had."""
    names = [("url", digest(url)) for url in {*traces.addresses, *traces.own} - traces.shared]
    names += [("text", sha256) for sha256 in traces.texts]
    names += [("id", digest(name)) for name in traces.ids if not _is_anothers(connection, name, document_id)]
    rows = [{"kind": kind, "sha256": sha256, "at": at} for kind, sha256 in names]
    database.upsert(connection, suppressed, rows, [])
    counted = connection.execute(versions.delete().where(versions.c.document_id == document_id)).rowcount
    for table in (document_sources, changes):
        connection.execute(table.delete().where(table.c.document_id == document_id))
    own = sa.or_(aliases.c.document_id == document_id, sa.and_(aliases.c.alias.in_(traces.ids), aliases.c.kind == "id"))
    connection.execute(aliases.delete().where(own))
    connection.execute(documents.delete().where(documents.c.id == document_id))
    for table in (fetches, quarantine, run_pages):
        connection.execute(table.delete().where(table.c.url.in_([*traces.pages, *traces.addresses])))
    listings = set[str]()
    for name in [*traces.addresses, *(page for page in traces.pages if page not in traces.shared), *traces.ids]:
        listings |= _forget_mentions(connection, name)
    work = {
        "pages": traces.pages,
        "needles": _needles({*traces.addresses, *traces.pages} - traces.shared),
        "listings": sorted(listings),
    }
    row = {"sha256": digest(document_id), "at": at, "state": PENDING, "work": json.dumps(work)}
    database.upsert(connection, removals, [row], ["at", "state", "work"])
    return int(counted)


def _is_anothers(connection: Connection, name: str, document_id: str) -> bool:
    """Tell whether another document goes by a name, which must not be kept out for this one's sake."""
    held = sa.select(documents.c.id).where(
        sa.or_(documents.c.id == name, documents.c.proposal == name), documents.c.id != document_id
    )
    return connection.execute(held).first() is not None


def _forget_mentions(connection: Connection, name: str) -> set[str]:
    """Take a name out of the links and reports of others, and return the pages that linked to it.

    A page that names it is read whole when it is met next.
    """
    linked = set[str]()
    ascii_only = json.dumps(name)[1:-1]  # as links are kept
    for table, column, spelled in (
        (quarantine, quarantine.c.message, _spelled(name)), (fetches, fetches.c.links, ascii_only),
    ):  # fmt: skip
        told = sa.select(table.c.url, column.label("text")).where(column.contains(spelled, autoescape=True))
        urls = [row.url for row in connection.execute(told) if _mentions(row.text, spelled)]
        connection.execute(table.delete().where(table.c.url.in_(urls)))
        linked |= set(urls) if table is fetches else set()
    told = sa.select(runs.c.id, runs.c.report).where(runs.c.report.contains(_spelled(name), autoescape=True))
    for row in connection.execute(told).all():
        report = json.dumps(_without(json.loads(row.report), name), ensure_ascii=False)
        connection.execute(runs.update().where(runs.c.id == row.id).values(report=report))
    return linked


def _spelled(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)[1:-1]


def _mentions(text: str, name: str) -> bool:
    """Tell whether a text holds a name, and not as the beginning or the end of another."""
    return re.search(rf"(?<![\w%~-]){re.escape(name)}(?![\w%~-])", text) is not None


def _without(value: Any, name: str) -> Any:
    """Return a JSON value without the entries of its lists that mention a name."""
    if isinstance(value, dict):
        return {key: _without(item, name) for key, item in value.items()}
    if isinstance(value, list):
        return [item for item in value if not _mentions(json.dumps(item, ensure_ascii=False), _spelled(name))]
    return "" if isinstance(value, str) and _mentions(value, name) else value


# ---- the archive ----------------------------------------------------------------------------------------


def _clean(store: Store, archive: Archive, sha256: str) -> tuple[int, int]:
    """Do what `removals` says is left to do; return how many responses went, and how many files were rewritten."""
    with store.database.read() as connection:
        text = connection.execute(sa.select(removals.c.work).where(removals.c.sha256 == sha256)).scalar_one()
    work: dict[str, Any] = json.loads(text)
    sweep(archive)
    cuts = _rewrite(store, archive, sha256, work)
    with store.transaction() as connection:
        _repoint(store.database, connection, cuts)
    for cut, _ in cuts:
        discard(archive, cut.file)
    with store.transaction() as connection:
        connection.execute(removals.update().where(removals.c.sha256 == sha256).values(work=""))
    store.database.scrub()
    return sum(cut.records for cut, _ in cuts), len(cuts)


def _rewrite(store: Store, archive: Archive, sha256: str, work: dict[str, Any]) -> list[tuple[Cut, str]]:
    """Write anew the files of the archive that hold something of it; nothing points to the new ones yet."""
    drops = _judge(store, frozenset(work["pages"]), frozenset(work.get("listings", ())), work["needles"])
    targets: dict[str, str] = work.setdefault("targets", {})
    cuts = list[tuple[Cut, str]]()
    for file in archive.files():
        if file in targets.values() or (cut := find(archive, file, drops)) is None:
            continue
        # The name stands in the database before the file exists: a second try must not leave the first one's behind.
        targets.setdefault(file, cut.target)
        with store.transaction() as connection:
            this = removals.c.sha256 == sha256
            connection.execute(removals.update().where(this).values(work=json.dumps(work)))
        write(archive, cut, targets[file])
        cuts.append((cut, targets[file]))
    return cuts


def _judge(
    store: Store, pages: frozenset[str], listings: frozenset[str], needles: Sequence[str]
) -> Callable[[ArchivedPage], bool]:
    """Return what tells whether a response goes: a page of the document, its part, or a listing that leads to it.

    A listing may lead there in words of its own, which only its source can read: `listings` are those that did.
    """
    # What follows must not continue the address: /s/1 is not in /s/10.
    pattern = re.compile(b"|".join(re.escape(needle.encode()) + rb"(?![\w%~-])" for needle in needles) or rb"(?!)")

    def drops(page: ArchivedPage) -> bool:
        if page.url in pages or page.part_of in pages:
            return True
        if page.part_of or not (page.url in listings or pattern.search(page.body)):
            return False
        states = sa.select(document_sources.c.url).where(document_sources.c.page == page.url)
        with store.database.read() as connection:
            return connection.execute(states.limit(1)).first() is None

    return drops


def _needles(addresses: Iterable[str]) -> list[str]:
    """Return how listings spell addresses: from the path on, as it is and as it stands in HTML."""
    found = set[str]()
    for address in addresses:
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if path.strip("/"):
            found |= {path, path.replace("&", "&amp;")}
    return sorted(found)


def _repoint(database: Database, connection: Connection, cuts: Sequence[tuple[Cut, str]]) -> None:
    """Let every row that names a place in an old file name the one in the new file, or none where it went."""
    moved = {cut.file: (cut, target) for cut, target in cuts}
    for table in (fetches, quarantine):
        rows = connection.execute(sa.select(table).where(table.c.warc_file.in_(moved))).all()
        gone = [row.url for row in rows if row.warc_offset not in moved[row.warc_file][0].places]
        connection.execute(table.delete().where(table.c.url.in_(gone)))
        stays = [
            {
                "b_url": row.url,
                "b_file": moved[row.warc_file][1],
                "b_offset": moved[row.warc_file][0].places[row.warc_offset],
            }
            for row in rows
            if row.warc_offset in moved[row.warc_file][0].places
        ]
        place: dict[str, Any] = {"warc_file": sa.bindparam("b_file"), "warc_offset": sa.bindparam("b_offset")}
        if stays:
            connection.execute(table.update().where(table.c.url == sa.bindparam("b_url")).values(**place), stays)
    for file, (cut, target) in moved.items():
        connection.execute(fetches.delete().where(fetches.c.url.in_(cut.urls)))
        spelled = f'"warc_file":{json.dumps(file)}'
        told = sa.select(versions.c.document_id, versions.c.hash, versions.c.provenance).where(
            versions.c.provenance.contains(spelled, autoescape=True)
        )
        for row in connection.execute(told).all():
            provenance = json.loads(row.provenance)
            there = cut.places.get(provenance["warc_offset"])
            provenance["warc_file"], provenance["warc_offset"] = ("", 0) if there is None else (target, there)
            this = sa.and_(versions.c.document_id == row.document_id, versions.c.hash == row.hash)
            connection.execute(versions.update().where(this).values(provenance=canonical_json(provenance)))
