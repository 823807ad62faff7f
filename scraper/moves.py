"""Documents that are met at another address: a site that moves a section has not repealed it and passed another.

A document has moved where its address vanished and, from the first run that no longer met it, one other address of
the same source proposes its id: with another text, since the same text joins it at once (see `scraper.identity`).
Cases that share a reporter page propose one id as well, so that a case must also have kept its title.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from scraper.database import Database, aliases, changes, document_sources, documents, versions
from scraper.identity import remember_names
from scraper.models import Document, DocumentKind, canonical_json, document_from_json
from scraper.publishers import plain_title
from scraper.rows import CURRENT, summary

MOVED = "its address moved"  # the note of the change


def led_from(connection: Connection, document: Document, page: str) -> Row[Any] | None:
    """Return the row of the address that used to state a document itself and now leads to the new one, or None."""
    if page == document.url:
        return None
    statement = (
        sa.select(document_sources)
        .join(documents, documents.c.id == document_sources.c.document_id)
        .where(document_sources.c.url == page)
        .where(sa.or_(documents.c.proposal == document.id, documents.c.id == document.id))
        .where(documents.c.kind == document.kind.value, documents.c.jurisdiction == document.jurisdiction)
    )
    return connection.execute(statement).first()


def may_have_moved(unmet: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition that another document may be where one of `documents` went; `merge` looks closer."""
    other = documents.alias("other")
    return sa.exists().where(_younger(other, unmet), other.c.state == CURRENT).correlate(unmet)


def successor(connection: Connection, held: Row[Any]) -> Row[Any] | None:
    """Return the one document that is `held` at its new address, or None where there is none or it is in doubt."""
    other = documents.alias("other")
    found = connection.execute(sa.select(other).where(_younger(other, documents), documents.c.id == held.id)).all()
    if DocumentKind(held.kind) is DocumentKind.CASE:
        found = [row for row in found if plain_title(row.title) == plain_title(held.title)]
    if len(found) != 1 or found[0].state != CURRENT:
        return None
    if DocumentKind(held.kind) is not DocumentKind.CASE:
        # Two sections of one number that vanished: which of them went there cannot be told.
        gone = sa.select(documents.c.id).where(
            documents.c.proposal == held.proposal, documents.c.kind == held.kind,
            documents.c.id.not_in([held.id, found[0].id]), _younger_than(found[0], documents),
        )  # fmt: skip
        if connection.execute(gone).first():
            return None
    return found[0]


def merge(database: Database, connection: Connection, held: Row[Any], moved: Row[Any], run_id: str) -> str:
    """Make `moved` a newer text of `held`, with its address and its metadata; return the hash of that text.

    An id of its own that earlier runs may have shown stays as an alias.
    """
    of_moved = versions.c.document_id == moved.id
    rows = connection.execute(sa.select(versions).where(of_moved).order_by(versions.c.observed_from)).all()
    still = sa.and_(versions.c.document_id == held.id, versions.c.observed_to.is_(None))
    connection.execute(versions.update().where(still).values(observed_to=rows[0].observed_from))
    renamed = []
    for row in rows:
        meta = canonical_json({**json.loads(row.meta), "id": held.id})
        renamed.append({**row._mapping, "document_id": held.id, "meta": meta})
    again = [name for name in renamed[0] if name not in {"document_id", "hash", "text", "observed_from"}]
    connection.execute(versions.delete().where(of_moved))
    database.upsert(connection, versions, renamed, again)
    newest = next(row for row in rows if row.hash == moved.version)
    document = document_from_json(json.loads(newest.meta), newest.text)
    remember_names(database, connection, document, held, moved.first_seen)
    connection.execute(
        document_sources.update().where(document_sources.c.document_id == moved.id).values(document_id=held.id)
    )
    connection.execute(aliases.delete().where(aliases.c.document_id == moved.id))
    if moved.run_id != run_id:
        name = {"alias": moved.id, "document_id": held.id, "kind": "id", "first_seen": moved.first_seen}
        database.upsert(connection, aliases, [name], [])
    connection.execute(changes.delete().where(changes.c.document_id == moved.id))
    connection.execute(documents.delete().where(documents.c.id == moved.id))
    values = {**summary(document), "url": moved.url, "proposal": moved.proposal, "version": moved.version}
    connection.execute(documents.update().where(documents.c.id == held.id).values(**values))
    return str(moved.version)


def _younger(other: sa.FromClause, old: sa.FromClause) -> sa.ColumnElement[bool]:
    """Say that `other` proposes the id of `old`, and that no run met both."""
    theirs, mine = document_sources.alias("theirs"), document_sources.alias("mine")
    same_source = sa.exists().where(
        theirs.c.document_id == other.c.id, mine.c.document_id == old.c.id, mine.c.source == theirs.c.source
    )
    return sa.and_(
        other.c.id != old.c.id,
        other.c.proposal == old.c.proposal,
        other.c.kind == old.c.kind,
        other.c.jurisdiction == old.c.jurisdiction,
        same_source.correlate(other, old),
        _younger_than(other, old),
    )


def _younger_than(other: Any, old: sa.FromClause) -> sa.ColumnElement[bool]:
    columns = getattr(other, "c", other)
    met = document_sources.alias("met")
    both = sa.exists().where(
        met.c.document_id == old.c.id,
        sa.or_(met.c.last_run == columns.run_id, met.c.last_seen >= columns.first_seen),
    )
    return ~(both.correlate(old, other) if columns is not other else both.correlate(old))
