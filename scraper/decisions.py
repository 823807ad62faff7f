"""What the operator decides about withheld documents: opinions that vanished from their site, sealed perhaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scraper.database import changes, documents, fetches, moment, quarantine, versions
from scraper.errors import StoreError, UnknownDocument
from scraper.revisits import PARSED
from scraper.rows import CURRENT, KEPT, WITHDRAWN, WITHHELD, Change
from scraper.store import Store

RELEASED, CONFIRMED = "released by the operator", "withdrawn by the operator"  # notes of the changes


@dataclass(frozen=True, slots=True)
class Withheld:
    """A document that waits for a decision, and since when (UTC)."""

    document_id: str
    title: str
    citation: str
    url: str
    since: datetime


def withheld(store: Store) -> list[Withheld]:
    """Return the documents that wait for a decision, those that wait longest first."""
    since = sa.select(sa.func.max(changes.c.at)).where(
        changes.c.document_id == documents.c.id, changes.c.kind == "withdrawn"
    )
    statement = sa.select(documents, since.scalar_subquery().label("since")).where(documents.c.state == WITHHELD)
    with store.database.read() as connection:
        rows = connection.execute(statement).all()
    found = [Withheld(row.id, row.title, row.citation, row.url, moment(row.since or row.first_seen)) for row in rows]
    return sorted(found, key=lambda row: (row.since, row.document_id))


def accept_page(store: Store, url: str) -> None:
    """Take a quarantined page for no law as long as its bytes are the same: it troubles no run any more.

    What it stated before it was quarantined stays as it is. Raises StoreError where it is not quarantined.
    """
    this = sa.and_(quarantine.c.url == url, quarantine.c.resolved_at.is_(None))
    with store.transaction() as connection:
        if connection.execute(sa.select(quarantine.c.id).where(this)).first() is None:
            raise StoreError(f"{url} is not quarantined; `lexatlas quarantine list` shows what is.")
        connection.execute(fetches.update().where(fetches.c.url == url).values(outcome=PARSED, complete=True))
        store.resolve_quarantine([url])


def release(store: Store, document_id: str) -> None:
    """Make a withheld document current again, with the text that it had.

    Later runs that do not meet it leave it alone; once a run has met it, it can be withheld anew. Raises
    UnknownDocument, and StoreError where it is not withheld.
    """
    with store.transaction() as connection:
        _withheld(connection, document_id)
        reopen(store, document_id)


def reopen(store: Store, document_id: str) -> None:
    """Make a tombstone current again because the operator said so; raise UnknownDocument."""
    with store.transaction() as connection:
        this = documents.c.id == document_id
        held = connection.execute(sa.select(documents).where(this)).first()
        if held is None:
            raise UnknownDocument(f"The store holds no document {document_id!r}.")
        connection.execute(documents.update().where(this).values(state=CURRENT, decision=KEPT))
        newest = sa.and_(versions.c.document_id == document_id, versions.c.hash == held.version)
        connection.execute(versions.update().where(newest).values(observed_to=None))
        change = Change(document_id, "returned", "", store.clock(), held.version, held.version, held.url, RELEASED)
        store.note(change)


def withdraw(store: Store, document_id: str) -> None:
    """Make a withheld document a tombstone for good; its texts stay readable by id and version.

    Raises UnknownDocument, and StoreError where it is not withheld.
    """
    with store.transaction() as connection:
        held = _withheld(connection, document_id)
        connection.execute(documents.update().where(documents.c.id == document_id).values(state=WITHDRAWN))
        store.note(Change(document_id, "withdrawn", "", store.clock(), held.version, "", held.url, CONFIRMED))


def _withheld(connection: Connection, document_id: str) -> sa.Row[tuple[object, ...]]:
    held = connection.execute(sa.select(documents).where(documents.c.id == document_id)).first()
    if held is None:
        raise UnknownDocument(f"The store holds no document {document_id!r}. See `lexatlas withheld list`.")
    if held.state != WITHHELD:
        raise StoreError(f"{document_id} is {held.state}, not withheld. See `lexatlas withheld list`.")
    return held
