"""What a run did not meet of what its site stated before, so that it can be told a repeal from an outage."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scraper.database import document_sources, documents, run_pages
from scraper.models import DocumentKind
from scraper.moves import may_have_moved
from scraper.rows import CURRENT, Unseen


def compare(connection: Connection, source: str, origin: str, run_id: str) -> Unseen:
    """Compare what one site stated before a run with what the run met; see `Unseen`."""
    here = sa.and_(
        document_sources.c.source == source, document_sources.c.page.startswith(origin + "/", autoescape=True)
    )
    of_document = document_sources.c.document_id == documents.c.id
    # One pass over the site's addresses: looked up document by document, they take a time that grows as a square.
    met = sa.func.max(sa.case((document_sources.c.last_run == run_id, 1), else_=0)).label("met")
    stated = sa.select(document_sources.c.document_id, met).where(here).group_by(document_sources.c.document_id)
    site = stated.subquery("site")
    before = (
        sa.select(documents.c.id, documents.c.kind)
        .join(site, site.c.document_id == documents.c.id)
        .where(documents.c.state == CURRENT, documents.c.run_id != run_id)
    )
    # What the operator released is not held against the site before a run met it again: that clears the decision.
    unmet = before.where(site.c.met == 0, documents.c.decision == "")
    elsewhere = sa.exists().where(of_document, sa.not_(here))
    # A page that was listed but could not be read says nothing against what it stated before.
    unread = sa.exists().where(
        of_document,
        run_pages.c.url == document_sources.c.page,
        run_pages.c.run_id == run_id,
        run_pages.c.state.not_in(("missing", "fetched", "unchanged")),
    )
    vanished = unmet.where(~elsewhere, ~unread).order_by(documents.c.id)
    lost = unmet.where(~may_have_moved(documents))
    known, missed = (
        connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
        for query in (before, lost)
    )
    gone = [(row.id, DocumentKind(row.kind)) for row in connection.execute(vanished)]
    return Unseen(known, missed, tuple(gone))
