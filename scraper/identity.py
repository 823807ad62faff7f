"""Which document a new address states: an older one's, or one to be minted; and the names a document goes by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scraper.database import Database, aliases, document_sources, documents, versions
from scraper.models import Document, DocumentKind, document_from_json
from scraper.publishers import is_same_decision, plain_title, publisher

_TWIN_CHARACTERS = 500  # below this, the same words do not mean the same case: many orders read alike


def identify(connection: Connection, document: Document) -> str:
    """Return the id of the document that a new address states.

    It is the id of a document that proposed the same id and has, or had, the same text; for a long case also that
    of a case with the same text under another citation; then that of the same decision from another publisher; then
    that of a withdrawn document that proposed the same id (a case must have the same title too); else the proposed id,
    or with a suffix where it is taken.
    """
    holders = _holders(connection, document.id)
    for holder in holders:
        same = sa.select(versions.c.hash).where(versions.c.document_id == holder, versions.c.hash == document.version)
        if connection.execute(same).first():
            return holder
    return (
        _twin(connection, document)
        or _republished(connection, document, holders)
        or _returned(connection, document, holders)
        or _mint(connection, document)
    )


def remember_names(
    database: Database, connection: Connection, document: Document, held: sa.Row[tuple[object, ...]], at: str
) -> None:
    """Keep another proposed id and another citation of the document `held` as its aliases."""
    names: list[tuple[str, str]] = []
    taken = sa.select(documents.c.id).where(documents.c.id == document.id)
    if document.id not in {held.id, held.proposal} and connection.execute(taken).first() is None:
        names.append((document.id, "id"))
    if document.citation and document.citation != held.citation:
        names += [(document.citation, "citation"), (held.citation, "citation")]
    rows = [{"alias": alias, "document_id": held.id, "kind": kind, "first_seen": at} for alias, kind in names if alias]
    database.upsert(connection, aliases, rows, [])


def other_citations(connection: Connection, document_id: str = "") -> dict[str, tuple[str, ...]]:
    """Return, by document id, the citations that were kept as aliases, in order."""
    statement = sa.select(aliases.c.document_id, aliases.c.alias).where(aliases.c.kind == "citation")
    if document_id:
        statement = statement.where(aliases.c.document_id == document_id)
    found: dict[str, tuple[str, ...]] = {}
    for owner, alias in connection.execute(statement.order_by(aliases.c.alias)):
        found[owner] = (*found.get(owner, ()), alias)
    return found


def _holders(connection: Connection, proposal: str) -> Sequence[str]:
    minted = sa.select(documents.c.id).where(documents.c.proposal == proposal).order_by(documents.c.id)
    renamed = sa.select(aliases.c.document_id).where(aliases.c.alias == proposal, aliases.c.kind == "id")
    return [*connection.execute(minted).scalars(), *connection.execute(renamed).scalars()]


def _returned(connection: Connection, document: Document, holders: Sequence[str]) -> str | None:
    withdrawn = sa.select(documents).where(
        documents.c.id.in_(holders), documents.c.state != "current", documents.c.kind == document.kind.value
    )
    found = connection.execute(withdrawn).all()
    if document.kind is DocumentKind.CASE:
        found = [row for row in found if plain_title(row.title) == plain_title(document.title)]
    return found[0].id if len(found) == 1 else None


def _twin(connection: Connection, document: Document) -> str | None:
    if document.kind is not DocumentKind.CASE or len(document.text) < _TWIN_CHARACTERS:
        return None
    statement = (
        sa.select(documents.c.id)
        .join(versions, versions.c.document_id == documents.c.id)
        .where(versions.c.hash == document.version, documents.c.version == document.version)
        .where(documents.c.kind == DocumentKind.CASE.value, documents.c.jurisdiction == document.jurisdiction)
        .order_by(documents.c.id)
    )
    found: str | None = connection.execute(statement).scalar()
    return found


def _republished(connection: Connection, document: Document, holders: Sequence[str]) -> str | None:
    """Return the one case that certainly is this decision and has no address of the same publisher, or None."""
    if document.kind is not DocumentKind.CASE or not document.court or not document.date:
        return None
    names = [name for name in (document.citation, *document.parallel_citations) if name]
    known_as = sa.select(aliases.c.document_id).where(aliases.c.alias.in_(names), aliases.c.kind == "citation")
    statement = (
        sa.select(documents.c.id, versions.c.meta, versions.c.text)
        .join(versions, sa.and_(versions.c.document_id == documents.c.id, versions.c.hash == documents.c.version))
        .where(documents.c.kind == document.kind.value, documents.c.jurisdiction == document.jurisdiction)
        .where(documents.c.state == "current")
        .where(sa.or_(documents.c.citation.in_(names), documents.c.id.in_(holders), documents.c.id.in_(known_as)))
    )
    found = []
    for row in connection.execute(statement).all():
        held = document_from_json(json.loads(row.meta), row.text)
        held = replace(held, aliases=(*held.aliases, *other_citations(connection, row.id).get(row.id, ())))
        if is_same_decision(document, held):
            found.append(row.id)
    if len(found) != 1:
        return None
    seen_at = sa.select(document_sources.c.url).where(document_sources.c.document_id == found[0])
    here = publisher(document.url)
    return None if any(publisher(url) == here for url in connection.execute(seen_at).scalars()) else str(found[0])


def _mint(connection: Connection, document: Document) -> str:
    # A hyphen would turn § 2000e into § 2000e-2, which is another section; the ids of cases have no such numbers.
    mark = "-" if document.kind is DocumentKind.CASE else "~"
    taken = sa.select(documents.c.id).where(documents.c.id == sa.bindparam("candidate"))
    candidate, number = document.id, 1
    while connection.execute(taken, {"candidate": candidate}).first():
        number += 1
        candidate = f"{document.id}{mark}{number}"
    return candidate
