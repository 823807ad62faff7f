"""Small values made by hand, from real law, for tests that need no generation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from indexing.catalogue import Entry, TopicRow
from scraper.models import Document, DocumentKind, Provenance, Span, SpanKind, Version

SEEN = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
CASE = Entry(
    row=0, id="us:scotus:521-us-844", kind="case", jurisdiction="us", title="Reno v. American Civil Liberties Union",
    citation="521 U.S. 844", court="scotus", court_level="supreme", date="1997-06-26", year=1997, docket="96-511",
    status="in_force", url="https://law.example/reno/", version="a" * 64, observed_from=SEEN.isoformat(), chars=30,
    place=("U.S. Supreme Court", "1997"), sources=("https://law.example/reno/",),
)  # fmt: skip
SECTION = replace(
    CASE, row=1, id="us:usc:28:1331", kind="statute", title="Federal question", citation="28 U.S.C. § 1331", court="",
    court_level="", date=None, year=None, docket="", url="https://law.example/1331/", version="b" * 64,
    place=("United States Code", "Title 28 - Judiciary"),
)  # fmt: skip
OLDER = replace(
    CASE, row=2, id="us:scotus:468-us-837", title="NCAA", citation="468 U.S. 837", date="1984-06-27", year=1984
)


def topic(id: str, parent: str | None = None, depth: int = 0, **values: Any) -> TopicRow:
    """A topic with a label that tells its id."""
    row = TopicRow(id, parent, depth, f"topic {id}", "local", (("commerce", 0.5), ("speech", 0.25)), {}, 2)
    return replace(row, **values)


def document(text: str = "Held. I dissent.", **values: Any) -> Document:
    """A case with two opinions, its numbers those of the text that is given."""
    base = Document(
        id=CASE.id, kind=DocumentKind.CASE, jurisdiction="us", title=CASE.title, citation=CASE.citation, text=text,
        url=CASE.url, court="scotus", date=date(1997, 6, 26),
        spans=(
            Span(0, 5, SpanKind.OPINION, "majority", {"author": "Stevens"}),
            Span(6, 16, SpanKind.OPINION, "dissent"),
            Span(0, 5, SpanKind.PARAGRAPH, "1"),
        ),
    )  # fmt: skip
    return replace(base, **values)


def version(
    text: str = "Held. I dissent.", *, seen: datetime = SEEN, until: datetime | None = None, **values: Any
) -> Version:
    """A version of the case."""
    doc = document(text, **values)
    return Version(doc.id, doc.version, doc, seen, until, Provenance(doc.url, "", seen, 200, {}, ""))
