"""The list of what was purged and must not come back: hashes alone, so that the list itself names nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scraper.database import Database, document_sources, documents, suppressed, versions
from scraper.models import Document

Kind = Literal["id", "url", "text"]
# A short text ("Certiorari denied.") is that of many documents: it must not keep all of them out.
LEAST_CHARACTERS = 500


def digest(name: str) -> str:
    """Return what stands for a name in the list: its SHA-256 in UTF-8, 64 hexadecimal digits."""
    return hashlib.sha256(name.encode("utf-8")).hexdigest()


def is_suppressed(connection: Connection, document: Document, *, is_known: bool = False) -> bool:
    """Tell whether a document was purged: its address, its text, or, at an address not known yet, its id."""
    names = [("url", digest(document.url))]
    if len(document.text) >= LEAST_CHARACTERS:
        names.append(("text", document.version))
    if not is_known:
        names.append(("id", digest(document.id)))
    return bool(_listed(connection, names))


def suppressed_addresses(connection: Connection, urls: Sequence[str]) -> set[str]:
    """Return those of some canonical addresses that may not be fetched."""
    by_hash = {digest(url): url for url in urls}
    return {by_hash[sha256] for sha256 in _listed(connection, [("url", sha256) for sha256 in by_hash])}


def suppressed_hashes(database: Database, kind: Kind = "id") -> list[str]:
    """Return the hashes of one kind in order."""
    statement = sa.select(suppressed.c.sha256).where(suppressed.c.kind == kind).order_by(suppressed.c.sha256)
    with database.read() as connection:
        return list(connection.execute(statement).scalars())


def suppress(database: Database, names: Iterable[tuple[str, str]], at: str) -> None:
    """Add (kind, hash) pairs to the list, such as those that a backup does not have yet."""
    rows = [{"kind": kind, "sha256": sha256, "at": at} for kind, sha256 in names]
    with database.write() as connection:
        database.upsert(connection, suppressed, rows, [])


def returned_documents(database: Database) -> list[str]:
    """Return the ids of documents in the store that are on the list, as after an old backup was restored."""
    found = set[str]()
    with database.read() as connection:
        listed = {(row.kind, row.sha256) for row in connection.execute(sa.select(suppressed))}
        if not listed:
            return []
        for row in connection.execute(sa.select(documents.c.id, documents.c.url)):
            if ("id", digest(row.id)) in listed or ("url", digest(row.url)) in listed:
                found.add(row.id)
        for row in connection.execute(sa.select(document_sources.c.document_id, document_sources.c.url)):
            if ("url", digest(row.url)) in listed:
                found.add(row.document_id)
        texts = sa.select(versions.c.document_id).where(
            versions.c.hash.in_(sa.select(suppressed.c.sha256).where(suppressed.c.kind == "text"))
        )
        found.update(connection.execute(texts).scalars())
    return sorted(found)


def _listed(connection: Connection, names: Sequence[tuple[str, str]]) -> Sequence[str]:
    """Return the hashes of those (kind, hash) pairs that are on the list."""
    if not names:
        return []
    these = sa.tuple_(suppressed.c.kind, suppressed.c.sha256).in_(names)
    return connection.execute(sa.select(suppressed.c.sha256).where(these)).scalars().all()
