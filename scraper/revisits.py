"""What each page said when it was fetched last, so that a revisit can be conditional and a 304 still leads on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from scraper.database import Database, document_sources, fetches, moment, run_pages, stamp
from scraper.fetch import Validators

PARSED, QUARANTINED, CUT, PART = "parsed", "quarantined", "cut", "part"


@dataclass(frozen=True, slots=True)
class LastVisit:
    """A page's last full answer: where it came from, its validators, its bytes' hash and place, and what they held."""

    url: str
    source: str
    fetched_from: str
    validators: Validators
    sha256: str
    outcome: str  # parsed, quarantined, cut by a limit, or read as a part of another page
    links: tuple[str, ...]
    complete: bool
    documents: int
    file: str  # of the archive
    offset: int
    fetched_at: datetime
    parser: str = ""  # fingerprint of what read it

    def conditions(self, dialled: str) -> Validators | None:
        """Return what a conditional request may ask with, None where the page must be read whole.

        File times mean nothing across two servers, so Last-Modified is only shown to the one that gave it.
        """
        old, new = urlsplit(self.fetched_from), urlsplit(dialled)
        if self.outcome not in {PARSED, PART} or old.hostname != new.hostname:
            return None
        if (old.scheme, old.netloc) == (new.scheme, new.netloc):
            return self.validators
        return Validators(etag=self.validators.etag)


class Revisits:
    """Reads and writes the fetch records. Raises StoreError where the database refuses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, urls: Sequence[str], source: str) -> dict[str, LastVisit]:
        """Return a source's last visits of canonical addresses, those that there are.

        Left out are pages of which a document was since stated by another page: they must be read whole, or the
        document would count as unmet once that other page is gone.
        """
        stated = sa.select(sa.func.count()).where(document_sources.c.page == fetches.c.url).scalar_subquery()
        statement = sa.select(fetches).where(
            fetches.c.url.in_(list(urls)), fetches.c.source == source, fetches.c.documents <= stated
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return {
            row.url: LastVisit(
                row.url, row.source, row.fetched_from, Validators(row.etag, row.last_modified), row.sha256, row.outcome,
                tuple(json.loads(row.links)), bool(row.complete), row.documents,
                row.warc_file, row.warc_offset, moment(row.fetched_at), row.parser,
            )
            for row in rows
        }  # fmt: skip

    def remember(self, visits: Sequence[LastVisit]) -> None:
        """Keep visits in place of what their pages said before."""
        rows: list[dict[str, Any]] = [
            {
                "url": visit.url, "source": visit.source, "fetched_from": visit.fetched_from,
                "etag": visit.validators.etag, "last_modified": visit.validators.last_modified, "sha256": visit.sha256,
                "outcome": visit.outcome, "links": json.dumps(visit.links), "complete": visit.complete,
                "documents": visit.documents, "fetched_at": stamp(visit.fetched_at), "warc_file": visit.file,
                "warc_offset": visit.offset, "parser": visit.parser,
            }
            for visit in visits
        ]  # fmt: skip
        columns = [column.name for column in fetches.columns if column.name != "url"]
        with self._database.write() as connection:
            self._database.upsert(connection, fetches, rows, columns)

    def forget(self, urls: Sequence[str]) -> None:
        """Let go of pages that are no longer there, so that they are read whole if they come back."""
        if not urls:
            return
        with self._database.write() as connection:
            connection.execute(fetches.delete().where(fetches.c.url.in_(list(urls))))

    def drop_unmet(self, source: str, origin: str, run_id: str) -> None:
        """Let go of a site's pages that a run which saw all of it did not meet: addresses with a date, for instance."""
        met = sa.exists().where(run_pages.c.run_id == run_id, run_pages.c.url == fetches.c.url)
        here = sa.and_(fetches.c.source == source, fetches.c.url.startswith(origin + "/", autoescape=True))
        with self._database.write() as connection:
            connection.execute(fetches.delete().where(here, ~met))
