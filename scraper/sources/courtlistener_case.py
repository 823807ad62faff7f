"""A case as CourtListener states it: a cluster of opinions, the docket that it hangs on, and the opinions.

The bulk files and the REST API hold the same rows, so that both ways give the same document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from scraper.errors import CitationError, ParseError
from scraper.jurisdictions import Court, Jurisdictions, case_id
from scraper.models import Document, DocumentKind, OpinionKind, SpanKind
from scraper.sources.casebook import (
    CAP_TYPES,
    Piece,
    author_name,
    bind,
    is_per_curiam,
    judge_names,
    parties,
    place_of,
)
from scraper.sources.courtlistener_text import markup_text, opinion_text
from scraper.sources.courts import court_with_id
from scraper.sources.dispositions import publication, read_disposition
from scraper.sources.html import unique
from scraper.sources.records import day, flag, objects, text

Row = Mapping[str, Any]

COMBINED = "010combined"
# CourtListener's code -> the opinion's kind and, where it is none of the usual ones, its stage.
TYPES: Mapping[str, tuple[OpinionKind | None, str]] = {
    COMBINED: (None, ""),
    "015unamimous": (OpinionKind.MAJORITY, ""),  # so it is spelt
    "015unanimous": (OpinionKind.MAJORITY, ""),
    "020lead": (OpinionKind.MAJORITY, ""),
    "025plurality": (OpinionKind.PLURALITY, ""),
    "030concurrence": (OpinionKind.CONCURRENCE, ""),
    "035concurrenceinpart": (OpinionKind.IN_PART, ""),
    "040dissent": (OpinionKind.DISSENT, ""),
    "050addendum": (None, "addendum"),
    "060remittitur": (None, "remittitur"),
    "070rehearing": (None, "rehearing"),
    "080onthemerits": (None, "on_the_merits"),
    "090onmotiontostrike": (None, "on_motion_to_strike"),
    "100trialcourt": (None, "trial_court"),
}
_OF_THE_COURT = ("015unamimous", "015unanimous", "020lead", "025plurality")
# Codes of citations: 1 federal, 2 state, 3 regional, 4 specialty, 5 early, 6 Lexis, 7 Westlaw, 8 neutral, 9 journal.
_CITATION_ORDER = {"1": 1, "2": 2, "8": 3, "3": 4, "4": 5, "5": 6, "9": 7, "7": 8, "6": 9}
_DOCKET = re.compile(r"^(?:Nos?\.|Docket(?:\s+Nos?\.)?|Case\s+Nos?\.)\s*", re.IGNORECASE)
_UNKNOWN = ("unknown", "unknown status", "")
_LONGEST_NAME = 300


def is_blocked(*rows: Row) -> bool:
    """Tell whether CourtListener keeps a cluster or its docket out of search engines, as people may ask it to."""
    return any(flag(row, "blocked", "A row") for row in rows)


def read_case(
    cluster: Row, docket: Row, opinions: Iterable[Row], origin: str, jurisdictions: Jurisdictions
) -> Document:
    """Return the document of a cluster; raise ParseError where court, name or text is missing."""
    court_id = text(docket, "court_id", "The docket")
    court = court_with_id(court_id, jurisdictions)
    if court is None:
        raise ParseError(f"No table and no list of courts knows {court_id!r}; add it to one.", reason="unknown_court")
    number, slug = text(cluster, "id", "The cluster"), text(cluster, "slug", "The cluster")
    title = _title(cluster, docket)
    if not title or not number:
        raise ParseError("The cluster has no name or no number.", reason="layout")
    citations = _citations(cluster, court, jurisdictions)
    citation = citations[0] if citations else ""
    docket_number = _DOCKET.sub("", text(docket, "docket_number", "The docket")).strip(" .")[:200]
    book = bind([*_front(cluster), *_pieces(list(opinions))])
    decided = day(cluster, "date_filed", "The cluster")
    stated = read_disposition(text(cluster, "disposition", "The cluster"))
    status = text(cluster, "precedential_status", "The cluster")
    published, stage = publication("" if status.lower() in _UNKNOWN else status, book.text[:3000])
    approximate = flag(cluster, "date_filed_is_approximate", "The cluster")
    return Document(
        id=_id(court, citation, docket_number),
        kind=DocumentKind.CASE,
        jurisdiction=court.jurisdiction,
        title=title,
        citation=citation,
        text=book.text,
        url=f"{origin}/opinion/{number}/{quote(slug) or '-'}/",
        spans=book.spans,
        parallel_citations=citations[1:],
        hierarchy=place_of(court.name, str(decided.year) if decided else ""),
        court=court.id,
        date=decided,
        date_argued=day(docket, "date_argued", "The docket"),
        docket=docket_number,
        judges=unique([*judge_names(text(cluster, "judges", "The cluster")), *book.judges]),
        parties=parties(title),
        disposition=stated.words or book.disposition,
        disposition_kind=stated.kind if stated.words else book.disposition_kind,
        publication=published,
        publication_stage=stage,
        warnings=("The publisher gives the date of decision as approximate.",) if approximate else (),
    )


def _title(cluster: Row, docket: Row) -> str:
    for row, what in ((cluster, "The cluster"), (docket, "The docket")):
        for name in ("case_name", "case_name_full", "case_name_short"):
            words = " ".join(text(row, name, what).split())
            if words:
                return words[:_LONGEST_NAME]
    return ""


def _id(court: Court, citation: str, docket: str) -> str:
    try:
        return case_id(court, citation, docket)
    except CitationError as error:
        raise ParseError(str(error), reason="layout") from error


def _citations(cluster: Row, court: Court, jurisdictions: Jurisdictions) -> tuple[str, ...]:
    """Return the citations, that of the court's own reporter first."""
    own = {fold for one in jurisdictions.reporters if one.court == court.id for fold in (one.cite, *one.variations)}
    found = []
    for row in objects(cluster, "citations", "The cluster"):
        volume, reporter, page = (
            " ".join(text(row, name, "A citation").split()) for name in ("volume", "reporter", "page")
        )
        if not (volume and reporter and page):
            continue
        kind = text(row, "type", "A citation")
        neutral = kind == "8" and any(one.neutral and one.cite == reporter for one in jurisdictions.reporters)
        cite = f"{volume}-{reporter}-{page}" if neutral else f"{volume} {reporter} {page}"
        found.append((reporter not in own, _CITATION_ORDER.get(kind, 7), reporter, volume, page, cite))
    return unique(row[-1] for row in sorted(found))


def _front(cluster: Row) -> list[Piece]:
    """Return what stands before the opinions: the head matter as printed, or the syllabus alone."""
    head = text(cluster, "headmatter", "The cluster")
    if head:
        return [Piece(markup_text(head), SpanKind.HEAD_MATTER)]
    syllabus = text(cluster, "syllabus", "The cluster")
    return [Piece(markup_text(syllabus), SpanKind.SYLLABUS)] if syllabus else []


def _pieces(opinions: Sequence[Row]) -> list[Piece]:
    """Return the opinions in their order of weight; a combined text only where the court's opinion has none of its own.

    CourtListener may hold the same words twice, combined from one publisher and apart from another.
    """
    codes = [text(row, "type", "An opinion") for row in opinions]
    apart = any(code in _OF_THE_COURT for code in codes)
    if apart:
        kept = [row for row, code in zip(opinions, codes, strict=True) if code != COMBINED]
    elif COMBINED in codes:
        kept = [row for row, code in zip(opinions, codes, strict=True) if code == COMBINED or code not in TYPES]
    else:
        kept = list(opinions)
    found: list[Piece] = []
    for row in sorted(kept, key=_weight):
        found += _of_opinion(row)
    return found


def _weight(row: Row) -> tuple[str, int]:
    number = text(row, "id", "An opinion")
    return text(row, "type", "An opinion"), int(number) if number.isdecimal() else 0


def _of_opinion(row: Row) -> list[Piece]:
    kind, stage = TYPES.get(text(row, "type", "An opinion"), (None, ""))
    line = text(row, "author_str", "An opinion")
    joined = judge_names(text(row, "joined_by_str", "An opinion"))
    by_court = flag(row, "per_curiam", "An opinion")
    texts = opinion_text(row)
    pieces = []
    for called, author, built in texts:
        own, own_stage = (kind, stage) if kind or stage else CAP_TYPES.get(called, (None, ""))
        named = author if len(texts) > 1 else line or author
        if own is OpinionKind.MAJORITY and (by_court or is_per_curiam(named)):
            own = OpinionKind.PER_CURIAM
        mixed = own is None and not own_stage
        pieces.append(Piece(built, kind=own, author=author_name(named), joined_by=joined, stage=own_stage, mixed=mixed))
    return pieces
