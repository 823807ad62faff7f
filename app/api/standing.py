"""The standing of authorities as JSON: what is said of them, with the sentence that proves each word."""

from __future__ import annotations

from collections import Counter
from typing import Any

from app.api import shapes
from app.api.graphing import flag_view
from app.wiring import Snapshot
from indexing.catalogue import NO_ROW, Entry
from indexing.treatment.annotations import Note
from indexing.treatment.models import Treatment
from indexing.treatment.parentheticals import Parenthetical
from indexing.treatment.status import Status
from scraper.jurisdictions import Jurisdictions

MOST_PARENTHETICALS = 20


def standing_view(snapshot: Snapshot, document_id: str, jurisdictions: Jurisdictions) -> dict[str, Any]:
    """Return the level, the safe words and the first reason of a document: what a list has room for."""
    status = snapshot.standings.status(document_id)
    return _level(status) | {
        "reasons": [treatment_view(snapshot, one, jurisdictions) for one in status.reasons[:1]],
    }


def treatment_page(
    snapshot: Snapshot, entry: Entry, jurisdictions: Jurisdictions, start: int, limit: int
) -> tuple[dict[str, Any], int]:
    """Return the standing of a document with a stretch of what is said of it, and how much is said in all."""
    status = snapshot.standings.status(entry.id)
    said = snapshot.standings.treatments(entry.id)
    flags = snapshot.flags.of(entry.id) if entry.row != NO_ROW else []
    view = {
        **shapes.reference(entry), "kind": entry.kind, **_level(status),
        "cited_by": snapshot.corpus.cited_counts.get(entry.id, 0),
        "counts": dict(sorted(Counter(one.kind.value for one in said).items())),
        "reasons": len(status.reasons), "others": len(status.others),
        "treatments": [treatment_view(snapshot, one, jurisdictions) for one in said[start : start + limit]],
        "total": len(said), "flags": [flag_view(one, snapshot.graph) for one in flags], "notice": shapes.NOTICE,
    }  # fmt: skip
    return view, len(said)


def treatment_view(snapshot: Snapshot, one: Treatment, jurisdictions: Jurisdictions) -> dict[str, Any]:
    """Return one treatment with its sentence and place in the citing version."""
    return {
        "kind": one.kind.value, "words": snapshot.standings.words(one), "stance": one.stance.value,
        "speaker": one.voice.value, "counts": one.counts, "why_not": one.why_not, "scope": one.scope,
        "depth": one.depth, **_citing(snapshot, one, jurisdictions), "start": one.start, "end": one.end,
        "sentence": _stretch(snapshot, one.citing, one.version, one.sentence_start, one.sentence_end),
        "by": _named(snapshot, one.by), "by_key": one.by_key,
    }  # fmt: skip


def annotations_page(
    snapshot: Snapshot, entry: Entry, jurisdictions: Jurisdictions, start: int, limit: int
) -> tuple[dict[str, Any], int]:
    """Return a stretch of the notes of decisions by topic, and how many there are; brackets come with the first."""
    groups = snapshot.standings.notes(entry.id)
    rows = [(group.topic, note) for group in groups for note in group.notes]
    shown: dict[str, list[dict[str, Any]]] = {}
    for topic, note in rows[start : start + limit]:
        shown.setdefault(topic, []).append(_note_view(snapshot, note, jurisdictions))
    brackets = snapshot.standings.parentheticals(entry.id, MOST_PARENTHETICALS) if start == 0 else ()
    sizes = {group.topic: len(group.notes) for group in groups}
    view = {
        **shapes.reference(entry), "kind": entry.kind, "total": len(rows),
        "topics": [{"topic": topic, "total": sizes[topic], "notes": notes} for topic, notes in shown.items()],
        "parentheticals": [_bracket_view(snapshot, one, jurisdictions) for one in brackets], "notice": shapes.NOTICE,
    }  # fmt: skip
    return view, len(rows)


def treatment_words(value: dict[str, Any]) -> str:
    """Return a page of treatment for a terminal: the standing, then each sentence with its source."""
    lines = [f"{value['citation'] or value['title']}: {value['words']}."]
    for one in value["treatments"]:
        by = one["citing"]["citation"] or one["citing"]["title"]
        binding = "" if one["counts"] else f"; does not count: {one['why_not']}" if one["why_not"] else ""
        head = f"{one['kind'].replace('_', ' ')}  {by} ({one['date'] or 'no date'}, {one['speaker']}{binding})"
        lines += [head, f"    “{' '.join(one['sentence']['text'].split())}”"]
    for flag in value["flags"]:
        does = "relies on" if flag["kind"] == "relies_on_undone" else "closely resembles"
        lines.append(f"Note: it {does} {flag['authority']['label']}, which was undone{_when(flag)}.")
    return "\n".join([*lines, value["notice"]])


def _when(flag: dict[str, Any]) -> str:
    return " afterwards" if flag["since"] else ""


def _level(status: Status) -> dict[str, Any]:
    return {
        "level": status.level.value, "words": status.words, "looked_at": status.looked_at,
        "to": status.to.isoformat() if status.to else None,
    }  # fmt: skip


def _citing(snapshot: Snapshot, one: Treatment | Note | Parenthetical, jurisdictions: Jurisdictions) -> dict[str, Any]:
    return {
        "citing": _named(snapshot, one.citing), "version": one.version, "court": one.court,
        "court_name": shapes.court_name(one.court, jurisdictions), "date": one.date.isoformat() if one.date else None,
    }  # fmt: skip


def _named(snapshot: Snapshot, document_id: str | None) -> dict[str, Any] | None:
    if document_id is None:
        return None
    corpus = snapshot.corpus
    if document_id in corpus.rows:
        return shapes.reference(corpus.entries[corpus.rows[document_id]])
    return {"id": document_id, "title": "", "citation": ""}


def _stretch(snapshot: Snapshot, document_id: str, version: str, start: int, end: int) -> dict[str, Any]:
    return {"text": snapshot.corpus.catalogue.text(document_id, start, end, version), "start": start, "end": end}


def _note_view(snapshot: Snapshot, note: Note, jurisdictions: Jurisdictions) -> dict[str, Any]:
    return {
        **_citing(snapshot, note, jurisdictions), "speaker": note.speaker.value, "subdivision": note.subdivision,
        "treatment": note.treatment.value if note.treatment else None, "weight": note.weight,
        "passage": _stretch(snapshot, note.citing, note.version, note.start, note.end),
    }  # fmt: skip


def _bracket_view(snapshot: Snapshot, one: Parenthetical, jurisdictions: Jurisdictions) -> dict[str, Any]:
    return {
        **_citing(snapshot, one, jurisdictions), "kind": one.kind.value, "speaker": one.speaker.value,
        "score": round(one.score, 4), "passage": _stretch(snapshot, one.citing, one.version, one.start, one.end),
    }  # fmt: skip
