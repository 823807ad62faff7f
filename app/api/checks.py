"""Checked texts as JSON and as words for a terminal."""

from __future__ import annotations

from collections import Counter
from typing import Any

from app.api import views
from app.api.standing import standing_view, treatment_view
from app.checking.check import Checker
from app.checking.models import Checked, CheckedCitation, CheckedQuotation, CheckStatus
from app.wiring import Snapshot
from scraper.jurisdictions import Jurisdictions

MOST_TOLD = 2  # sentences that undo an authority that is not held
_WORDS = {
    CheckStatus.FOUND: "found",
    CheckStatus.SEVERAL: "several documents",
    CheckStatus.MALFORMED: "cannot be looked up",
    CheckStatus.NOT_HELD: "not held",
    CheckStatus.OVER_LIMIT: "not looked up",
}


def checker_over(snapshot: Snapshot, jurisdictions: Jurisdictions) -> Checker:
    """Return the checker over a snapshot; it takes a while to make and is worth keeping."""
    return Checker(snapshot.corpus, jurisdictions, snapshot.standings.undone, snapshot.standings.undone_unheld)


def check_view(snapshot: Snapshot, checked: Checked, jurisdictions: Jurisdictions) -> dict[str, Any]:
    """Return a checked text, each document with its standing and each quotation with its source's words."""
    counts = Counter(str(int(one.status)) for one in checked.citations)
    return {
        "citations": [_citation(snapshot, one, jurisdictions) for one in checked.citations],
        "quotations": [_quotation(snapshot, one) for one in checked.loose_quotations],
        "characters": checked.characters, "counts": dict(sorted(counts.items())),
        **views.basis(snapshot, jurisdictions),
    }  # fmt: skip


def _citation(snapshot: Snapshot, one: CheckedCitation, jurisdictions: Jurisdictions) -> dict[str, Any]:
    known = snapshot.standings.held
    documents = [
        {"id": held.id, "title": held.title, "citation": held.citation, "version": held.version, "status": held.status,
         "standing": standing_view(snapshot, held.id, jurisdictions) if known else None}
        for held in one.documents
    ]  # fmt: skip
    told = snapshot.standings.told_of(one.key)[:MOST_TOLD] if one.status is CheckStatus.NOT_HELD else ()
    sentences = [treatment_view(snapshot, said, jurisdictions) for said in told]
    return {
        "raw": one.raw, "start": one.start, "end": one.end, "kind": one.kind.value if one.kind else None,
        "key": one.key, "status": int(one.status), "flags": list(one.flags), "documents": documents,
        "pinpoint": one.pinpoint, "case_name": one.case_name,
        "quotations": [_quotation(snapshot, quote) for quote in one.quotations], "message": one.message,
        "told": sentences,
    }  # fmt: skip


def _quotation(snapshot: Snapshot, one: CheckedQuotation) -> dict[str, Any]:
    placed = one.source_end > one.source_start
    source = (
        snapshot.corpus.catalogue.text(one.document, one.source_start, one.source_end, one.version) if placed else ""
    )
    return {
        "start": one.start, "end": one.end, "verdict": one.verdict,
        "differences": [{"source": part.source, "quoted": part.quoted} for part in one.differences],
        "document": one.document, "version": one.version, "source_start": one.source_start,
        "source_end": one.source_end, "source_text": source,
    }  # fmt: skip


def check_words(value: dict[str, Any], text: str) -> str:
    """Return a checked text for a terminal: a line for each citation, then what its reader must know."""
    lines: list[str] = []
    for one in value["citations"]:
        flags = f" [{', '.join(flag.replace('_', ' ') for flag in one['flags'])}]" if one["flags"] else ""
        status = CheckStatus(one["status"])
        lines.append(f"{status:d}  {' '.join(one['raw'].split())}: {_WORDS[status]}{flags}")
        lines += [f"       {document['title']}, {document['citation'] or document['id']}" for document in
                  one["documents"]]  # fmt: skip
        lines += [f"       {one['message']}"] if one["message"] else []
        lines += [f"       {_quoted(quote, text)}" for quote in one["quotations"]]
    lines += [f"---  {_quoted(quote, text)}" for quote in value["quotations"]]
    return "\n".join([*(lines or ["No citation was found."]), value["notice"]])


def _quoted(quote: dict[str, Any], text: str) -> str:
    words = " ".join(text[quote["start"] : quote["end"]].split())
    shown = words if len(words) <= 80 else words[:77] + "..."
    changes = "; ".join(f"“{part['source']}” there, “{part['quoted']}” here" for part in quote["differences"])
    return f"“{shown}”: {quote['verdict'].replace('_', ' ')}{f' ({changes})' if changes else ''}"
