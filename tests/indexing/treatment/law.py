"""Short opinions for the tests of treatment, with their citations, in the reporters of the packaged tables."""

from __future__ import annotations

import datetime as dt
from functools import cache

from indexing.citations.find import CitationFinder
from indexing.citations.resolve import Resolver
from indexing.models import Citation
from indexing.treatment.detect import find_treatments
from indexing.treatment.models import Authority, Shelf, Treatment
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind, Span, SpanKind

OLD_ID, OTHER_ID, SECTION_ID = "us:scotus:400-us-100", "us:scotus:410-us-200", "us:usc:28:1331"


@cache
def tables() -> Jurisdictions:
    return Jurisdictions.load()


@cache
def finder() -> CitationFinder:
    return CitationFinder(tables())


def held() -> list[Document]:
    """Two older cases and a section."""
    return [
        Document(OLD_ID, DocumentKind.CASE, "us", "Allgood v. Barker", "400 U.S. 100", "", "https://x.test/1",
                 court="scotus", date=dt.date(1970, 1, 5)),
        Document(OTHER_ID, DocumentKind.CASE, "us", "Corwin v. Delacroix", "410 U.S. 200", "", "https://x.test/2",
                 court="scotus", date=dt.date(1973, 3, 1)),
        Document(SECTION_ID, DocumentKind.STATUTE, "us", "Federal question", "28 U.S.C. § 1331", "", "https://x.test/3"),
    ]  # fmt: skip


def shelf() -> Shelf:
    return Shelf.of(Authority.of(document) for document in held())


def opinion(
    *parts: tuple[str, str], title: str = "Eastman v. Fairbanks", date: dt.date = dt.date(1990, 6, 1)
) -> Document:
    """A case whose parts are (who speaks, text): an opinion's kind, or "syllabus"."""
    text, spans = "", []
    for label, words in parts:
        start = len(text)
        text += words + "\n\n"
        kind = SpanKind.SYLLABUS if label == "syllabus" else SpanKind.OPINION
        spans.append(Span(start, start + len(words), kind, "" if label == "syllabus" else label))
    return Document("us:scotus:490-us-1", DocumentKind.CASE, "us", title, "490 U.S. 1", text, "https://x.test/4",
                    spans=tuple(spans), court="scotus", date=date)  # fmt: skip


def citations_of(document: Document) -> list[Citation]:
    found = finder().find(document.text, document.id, document.version, document.spans)
    return Resolver.from_documents(held(), tables()).resolve(found)


def read(document: Document) -> list[Treatment]:
    return find_treatments(document, citations_of(document), tables(), shelf())


LEAD = "In Allgood v. Barker, 400 U. S. 100 (1970), we held that a debt outlives the debtor. "


def said(sentence: str, label: str = "majority", lead: str = LEAD) -> list[Treatment]:
    """What is read from one sentence behind a citation of Allgood v. Barker."""
    return read(opinion((label, lead + sentence)))
