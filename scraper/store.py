"""Documents with all their versions: identity, history, tombstones, quarantine and the list of changes.

Identity. A canonical address keeps its document for ever. A new address joins a document that proposes the same id
and has the same text or was withdrawn, or, for a case, that has the same long text under another citation; otherwise
it mints the proposed id, with a suffix where another document has it. Where the older address is gone by the end of
the run, the two become one (see `scraper.moves`). The address that minted a document states its metadata;
the others state texts alone, and only a text that an address did not state before becomes a version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from scraper.database import (
    Database,
    aliases,
    changes,
    document_sources,
    documents,
    fetches,
    moment,
    quarantine,
    stamp,
    utc_now,
    versions,
)
from scraper.errors import UnknownDocument
from scraper.identity import identify, other_citations, remember_names
from scraper.interfaces import ChangeKind
from scraper.models import Document, DocumentKind, Provenance, SourceRef, Version, canonical_json, document_to_json
from scraper.moves import MOVED, led_from, merge, successor
from scraper.rows import (
    CURRENT,
    WITHDRAWN,
    WITHHELD,
    Change,
    Quarantined,
    Unseen,
    read_change,
    read_quarantined,
    read_version,
    summary,
    version_row,
)
from scraper.suppression import is_suppressed, suppressed_addresses
from scraper.unseen import compare

_PIECEWISE = {"yield_per": 200}  # rows held in memory at once

__all__ = ["CURRENT", "WITHDRAWN", "WITHHELD", "Change", "Quarantined", "Store", "Unseen"]


class Store:
    """The store of documents in a database; implements `scraper.interfaces.DocumentStore`.

    Every method is one transaction of its own, or part of the caller's inside `with store.transaction()`.
    Raises StoreError where the database cannot be read or written.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] = utc_now,
        identify: Callable[[Connection, Document], str] = identify,
    ) -> None:
        self.database = database
        self.clock = clock
        self._identify = identify

    def transaction(self) -> AbstractContextManager[Connection]:
        """Return a context in which all changes are kept whole or not at all."""
        return self.database.write()

    # ---- writing ----------------------------------------------------------------------------------------

    def put(self, document: Document, provenance: Provenance, run_id: str, source: str) -> ChangeKind:
        """Store what a page states, under the id minted first; all in one transaction.

        What was purged is not let in ("suppressed"). Where two pages of one run state an address with different
        texts, the first keeps it and the second is set aside ("conflict").
        """
        with self.database.write() as connection:
            known = connection.execute(
                sa.select(document_sources).where(document_sources.c.url == document.url)
            ).first()
            if is_suppressed(connection, document, is_known=known is not None):
                return "suppressed"
            if known and known.last_run == run_id and known.page != provenance.url and known.hash != document.version:
                self.quarantine(_conflict(document, provenance, run_id, source, known.page))
                return "conflict"
            led = None if known else led_from(connection, document, provenance.url)
            owner = known or led
            document_id = owner.document_id if owner else self._identify(connection, document)
            self._state(connection, document, document_id, provenance, run_id, source)
            held = self._held(connection, document_id)
            if held is None:
                return self._add(connection, document, document_id, provenance, run_id)
            remember_names(self.database, connection, document, held, stamp(provenance.fetched_at))
            if led and held.url == led.url:
                connection.execute(documents.update().where(documents.c.id == held.id).values(url=document.url))
                held = self._held(connection, document_id) or held
            return self._meet(connection, document, held, provenance, run_id, stated=owner.hash if owner else None)

    def mark_seen(self, pages: Sequence[str], run_id: str, at: datetime) -> None:
        """Note that the documents of these canonical page addresses were met unchanged in a run."""
        if not pages:
            return
        statement = (
            document_sources.update()
            .where(document_sources.c.page == sa.bindparam("b_page"))
            .values(last_seen=stamp(at), last_run=run_id)
        )
        with self.database.write() as connection:
            connection.execute(statement, [{"b_page": page} for page in pages])
            decided = sa.select(documents.c.id).where(documents.c.decision != "")
            if (
                met := connection.execute(
                    sa.select(document_sources.c.document_id).where(
                        document_sources.c.document_id.in_(decided), document_sources.c.last_run == run_id
                    )
                )
                .scalars()
                .all()
            ):
                connection.execute(documents.update().where(documents.c.id.in_(met)).values(decision=""))

    def withdraw(self, document_id: str, run_id: str, *, withhold: bool = False, note: str = "") -> None:
        """Make a tombstone: the id still resolves, its texts stay readable, nothing cites it as current.

        With `withhold` it waits for the operator's decision instead. A document that was met at another address is
        not withdrawn but goes on there, see `scraper.moves`. Raises UnknownDocument.
        """
        with self.database.write() as connection:
            held = self._held(connection, document_id)
            if held is None:
                raise _unknown(document_id)
            if held.state != CURRENT:
                return
            if moved := successor(connection, held):
                self.follow(document_id, moved.id, run_id)
                return
            self.bury(document_id, run_id, withhold=withhold, note=note)
            # Its pages must be read whole when they come back, or a "not modified" would leave it withdrawn.
            pages = sa.select(document_sources.c.page).where(document_sources.c.document_id == document_id)
            connection.execute(fetches.delete().where(fetches.c.url.in_(pages)))

    def bury(self, document_id: str, run_id: str, *, withhold: bool = False, note: str = "") -> None:
        """Make a tombstone of a current document, whatever became of it elsewhere; raise UnknownDocument."""
        at = self.clock()
        with self.database.write() as connection:
            held = self._held(connection, document_id)
            if held is None:
                raise _unknown(document_id)
            state = WITHHELD if withhold else WITHDRAWN
            this = documents.c.id == document_id
            connection.execute(documents.update().where(this).values(state=state, decision=""))
            self._close_version(connection, document_id, stamp(at))
            self.note(Change(document_id, "withdrawn", run_id, at, held.version, "", held.url, note))

    def follow(self, document_id: str, moved_id: str, run_id: str) -> None:
        """Make a document that was minted anew the newer text of the one that moved; raise UnknownDocument."""
        with self.database.write() as connection:
            held, moved = self._held(connection, document_id), self._held(connection, moved_id)
            if held is None or moved is None:
                raise _unknown(moved_id if held else document_id)
            new = merge(self.database, connection, held, moved, run_id)
            self.note(Change(document_id, "changed", run_id, self.clock(), held.version, new, moved.url, MOVED))

    def quarantine(self, page: Quarantined) -> None:
        """Set a page aside, in place of what was set aside for the same address before; its `id` is ignored."""
        row = {name: getattr(page, name) for name in Quarantined.__dataclass_fields__ if name != "id"}
        row["at"], row["resolved_at"] = stamp(page.at), None
        with self.database.write() as connection:
            self.database.upsert(connection, quarantine, [row], [name for name in row if name != "url"], ["url"])

    def resolve_quarantine(self, urls: Sequence[str]) -> None:
        """Note that these addresses parse again."""
        if not urls:
            return
        at = stamp(self.clock())
        open_page = sa.and_(quarantine.c.url == sa.bindparam("b_url"), quarantine.c.resolved_at.is_(None))
        with self.database.write() as connection:
            connection.execute(
                quarantine.update().where(open_page).values(resolved_at=at), [{"b_url": url} for url in urls]
            )

    def note(self, change: Change) -> None:
        """Add a change to the list."""
        row = {name: getattr(change, name) for name in Change.__dataclass_fields__}
        with self.database.write() as connection:
            connection.execute(changes.insert().values({**row, "at": stamp(change.at)}))

    # ---- reading ----------------------------------------------------------------------------------------

    def current(self) -> Iterator[Version]:
        """Yield the current version of every document in order of id, tombstones left out."""
        yield from self._newest(documents.c.state == CURRENT)

    def tombstones(self) -> Iterator[Version]:
        """Yield the last version of every withdrawn or withheld document in order of id, its status `withdrawn`."""
        yield from self._newest(documents.c.state != CURRENT)

    def versions(self, document_id: str) -> list[Version]:
        """Return all versions of a document, oldest first; raise UnknownDocument."""
        order = (versions.c.observed_from, versions.c.hash)
        statement = (
            sa.select(versions, documents.c.state, documents.c.version.label("newest"))
            .join(documents, documents.c.id == versions.c.document_id)
            .where(versions.c.document_id == document_id)
            .order_by(*order)
        )
        with self.database.read() as connection:
            rows = connection.execute(statement).all()
            names = other_citations(connection, document_id)
        if not rows:
            raise _unknown(document_id)
        return [read_version(row, names.get(document_id, ())) for row in rows]

    def sources_of(self, document_id: str) -> list[SourceRef]:
        """Return every address at which a document was seen, in order; raise UnknownDocument."""
        statement = (
            sa.select(document_sources)
            .where(document_sources.c.document_id == document_id)
            .order_by(document_sources.c.url)
        )
        with self.database.read() as connection:
            rows = connection.execute(statement).all()
        if not rows:
            raise _unknown(document_id)
        return [SourceRef(row.url, row.source, moment(row.first_seen), moment(row.last_seen)) for row in rows]

    def stated_at(self, page: str, source: str) -> list[str]:
        """Return the ids of the current documents of which a page is the place, in order.

        A page that states one at a second address is its place where the first was no longer met when that was.
        """
        first, here = document_sources.alias("first"), document_sources
        still_met = sa.exists().where(
            first.c.url == documents.c.url, first.c.document_id == documents.c.id,
            sa.or_(first.c.last_run == here.c.last_run, first.c.last_seen >= here.c.last_seen),
        )  # fmt: skip
        statement = (
            sa.select(documents.c.id)
            .join(here, here.c.document_id == documents.c.id)
            .where(here.c.page == page, here.c.source == source, documents.c.state == CURRENT)
            .where(sa.or_(here.c.url == documents.c.url, ~still_met.correlate(documents, here)))
            .order_by(documents.c.id)
        )
        with self.database.read() as connection:
            return list(connection.execute(statement).scalars())

    def state_of(self, document_id: str) -> str:
        """Return "current", "withdrawn" or "withheld"; raise UnknownDocument."""
        with self.database.read() as connection:
            held = self._held(connection, document_id)
        if held is None:
            raise _unknown(document_id)
        return str(held.state)

    def resolve_alias(self, alias: str) -> list[str]:
        """Return the ids of the documents that an id or a citation once proposed now stands for, in order."""
        known = sa.select(documents.c.id).where(documents.c.id == alias)
        other = sa.select(aliases.c.document_id).where(aliases.c.alias == alias)
        with self.database.read() as connection:
            return sorted(connection.execute(known.union(other)).scalars())

    def last_change(self) -> datetime | None:
        """Return when anything last changed (UTC), None for an empty store."""
        with self.database.read() as connection:
            text = connection.execute(sa.select(sa.func.max(changes.c.at))).scalar()
        return moment(text) if text else None

    def changes(self, since: datetime | None = None, run_id: str = "", limit: int = 1000) -> list[Change]:
        """Return what changed after a moment or in one run, oldest first, at most `limit`."""
        statement = sa.select(changes).order_by(changes.c.id).limit(limit)
        if since is not None:
            statement = statement.where(changes.c.at > stamp(since))
        if run_id:
            statement = statement.where(changes.c.run_id == run_id)
        with self.database.read() as connection:
            return [read_change(row) for row in connection.execute(statement)]

    def history(self, document_id: str) -> list[Change]:
        """Return everything that happened to one document, oldest first."""
        statement = sa.select(changes).where(changes.c.document_id == document_id).order_by(changes.c.id)
        with self.database.read() as connection:
            return [read_change(row) for row in connection.execute(statement)]

    def change_counts(self, run_id: str) -> dict[str, int]:
        """Return how many changes of each kind a run made."""
        statement = (
            sa.select(changes.c.kind, sa.func.count()).where(changes.c.run_id == run_id).group_by(changes.c.kind)
        )
        with self.database.read() as connection:
            return {kind: count for kind, count in connection.execute(statement)}

    def quarantined(self, *, resolved: bool = False) -> list[Quarantined]:
        """Return the pages that are set aside, newest first; with `resolved` also those that parse again."""
        statement = sa.select(quarantine).order_by(quarantine.c.at.desc(), quarantine.c.url)
        if not resolved:
            statement = statement.where(quarantine.c.resolved_at.is_(None))
        with self.database.read() as connection:
            return [read_quarantined(row) for row in connection.execute(statement)]

    def counts(self) -> dict[str, int]:
        """Return numbers: documents (current) and of each kind, versions, withdrawn, withheld, quarantined."""
        by_state = sa.select(documents.c.state, documents.c.kind, sa.func.count()).group_by(
            documents.c.state, documents.c.kind
        )
        found = {"documents": 0, **{kind.value: 0 for kind in DocumentKind}, WITHDRAWN: 0, WITHHELD: 0}
        with self.database.read() as connection:
            for state, kind, count in connection.execute(by_state):
                found["documents" if state == CURRENT else state] += count
                if state == CURRENT:
                    found[kind] += count
            found["versions"] = connection.execute(sa.select(sa.func.count()).select_from(versions)).scalar_one()
            still = sa.select(sa.func.count()).select_from(quarantine).where(quarantine.c.resolved_at.is_(None))
            found["quarantined"] = connection.execute(still).scalar_one()
        return found

    def digest_rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the logical rows of all versions and addresses, sorted; no times, runs or archive places.

        A version: ("version", id, kind, state, "current" or "past", status, citation, url, text hash, metadata hash).
        An address: ("address", id, source, url).
        """
        newest = documents.c.version.label("newest")
        statement = (
            sa.select(versions, documents.c.state, newest)
            .join(documents, documents.c.id == versions.c.document_id)
            .order_by(versions.c.document_id, versions.c.hash)
        )
        addresses = sa.select(document_sources).order_by(document_sources.c.document_id, document_sources.c.url)
        with self.database.read() as connection:
            names = other_citations(connection)
            for row in connection.execute(addresses, execution_options=_PIECEWISE):
                yield ("address", row.document_id, row.source, row.url)
            for row in connection.execute(statement, execution_options=_PIECEWISE):
                document = read_version(row, names.get(row.document_id, ())).document
                meta = canonical_json(document_to_json(document, with_text=False))
                yield (
                    "version", document.id, document.kind.value, row.state,
                    "current" if row.hash == row.newest else "past", document.status.value, document.citation,
                    document.url, row.hash, hashlib.sha256(meta.encode()).hexdigest(),
                )  # fmt: skip

    def unseen(self, source: str, origin: str, run_id: str) -> Unseen:
        """Compare what one site stated before a run with what the run met; see `Unseen`."""
        with self.database.read() as connection:
            return compare(connection, source, origin, run_id)

    def suppressed(self, urls: Sequence[str]) -> set[str]:
        """Return those of some canonical page addresses that may not be fetched, since what they state was purged."""
        with self.database.read() as connection:
            return suppressed_addresses(connection, urls)

    def refuses(self, document: Document) -> bool:
        """Tell whether `put` would answer "suppressed"."""
        with self.database.read() as connection:
            known = sa.select(document_sources.c.url).where(document_sources.c.url == document.url)
            return is_suppressed(connection, document, is_known=connection.execute(known).first() is not None)

    # ---- inside -----------------------------------------------------------------------------------------

    def _newest(self, condition: sa.ColumnElement[bool]) -> Iterator[Version]:
        statement = (
            sa.select(versions, documents.c.state, documents.c.version.label("newest"))
            .join(documents, sa.and_(documents.c.id == versions.c.document_id, documents.c.version == versions.c.hash))
            .where(condition)
            .order_by(versions.c.document_id)
        )
        with self.database.read() as connection:
            names = other_citations(connection)
            for row in connection.execute(statement, execution_options=_PIECEWISE):
                yield read_version(row, names.get(row.document_id, ()))

    def _held(self, connection: Connection, document_id: str) -> Row[Any] | None:
        return connection.execute(sa.select(documents).where(documents.c.id == document_id)).first()

    def _state(
        self, connection: Connection, document: Document, document_id: str, provenance: Provenance, run_id: str,
        source: str,
    ) -> None:  # fmt: skip
        """Keep what an address stated last, and that a run met it there."""
        at = stamp(provenance.fetched_at)
        row = {
            "url": document.url, "document_id": document_id, "source": source, "first_seen": at, "last_seen": at,
            "last_run": run_id, "page": provenance.url, "hash": document.version,
        }  # fmt: skip
        self.database.upsert(connection, document_sources, [row], ("last_seen", "last_run", "page", "hash"))

    def _add(
        self, connection: Connection, document: Document, document_id: str, provenance: Provenance, run_id: str
    ) -> ChangeKind:
        at = stamp(provenance.fetched_at)
        row = {
            "id": document_id, "kind": document.kind.value, "jurisdiction": document.jurisdiction,
            "title": document.title, "citation": document.citation, "url": document.url, "proposal": document.id,
            "state": CURRENT, "version": document.version, "run_id": run_id, "first_seen": at,
        }  # fmt: skip
        connection.execute(documents.insert().values(row))
        connection.execute(versions.insert().values(version_row(document, document_id, provenance)))
        self.note(
            Change(document_id, "added", run_id, provenance.fetched_at, "", document.version, document.url),
        )
        return "added"

    def _meet(
        self,
        connection: Connection,
        document: Document,
        held: Row[Any],
        provenance: Provenance,
        run_id: str,
        *,
        stated: str | None,
    ) -> ChangeKind:
        """Compare what an address states with the document that is held, and keep what is new.

        `stated` is the hash of what the address stated before, None for a new address.
        """
        kind: ChangeKind = "unchanged"
        if held.decision:
            connection.execute(documents.update().where(documents.c.id == held.id).values(decision=""))
        if held.state != CURRENT:
            kind = "returned"
        elif stated is None:
            kind = "source_added"
        elif document.version not in {stated, held.version}:
            kind = "changed"
        if kind in {"returned", "changed"}:
            self._set_version(connection, document, held, provenance)
        elif held.url == document.url and held.version == document.version:
            self._refresh(connection, document, held.id, provenance)
        if kind != "unchanged":
            new = held.version if kind == "source_added" else document.version
            self.note(Change(held.id, kind, run_id, provenance.fetched_at, held.version, new, document.url))
        return kind

    def _set_version(self, connection: Connection, document: Document, held: Row[Any], provenance: Provenance) -> None:
        """Make a text the current one; a text that was current once before is opened again, not doubled."""
        at = stamp(provenance.fetched_at)
        self._close_version(connection, held.id, at)
        row = version_row(document, held.id, provenance)
        again = [name for name in row if name not in {"document_id", "hash", "text", "observed_from"}]
        self.database.upsert(connection, versions, [row], again)
        connection.execute(
            documents.update()
            .where(documents.c.id == held.id)
            .values(**summary(document), state=CURRENT, version=document.version)
        )

    def _close_version(self, connection: Connection, document_id: str, at: str) -> None:
        still = sa.and_(versions.c.document_id == document_id, versions.c.observed_to.is_(None))
        connection.execute(versions.update().where(still).values(observed_to=at))

    def _refresh(self, connection: Connection, document: Document, document_id: str, provenance: Provenance) -> None:
        """Take over metadata that changed while the text did not; where they came from changes with them."""
        row = version_row(document, document_id, provenance)
        this = sa.and_(versions.c.document_id == document_id, versions.c.hash == document.version)
        if connection.execute(sa.select(versions.c.meta).where(this)).scalar() == row["meta"]:
            return
        kept = ("meta", "provenance", "effective_from", "effective_to")
        connection.execute(versions.update().where(this).values(**{name: row[name] for name in kept}))
        connection.execute(documents.update().where(documents.c.id == document_id).values(**summary(document)))


def _unknown(document_id: str) -> UnknownDocument:
    return UnknownDocument(
        f"The store holds no document {document_id!r}. Look it up with `lexatlas search` or `lexatlas resolve`."
    )


def _conflict(document: Document, provenance: Provenance, run_id: str, source: str, first: str) -> Quarantined:
    message = f"It states {document.url} with another text than {first} did in the same run; the first one is kept."
    return Quarantined(
        0, provenance.url, source, run_id, "conflict", message, provenance.raw_sha256, provenance.warc_file,
        provenance.warc_offset, provenance.fetched_at,
    )  # fmt: skip
