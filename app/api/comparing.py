"""Two versions of a document beside each other: what its words and its particulars were, and what they became."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from app.api.history import version_as_of
from app.wiring import Snapshot
from app.words import counted
from indexing.catalogue import Entry
from indexing.diff import Piece, Stretch, counts, diff
from scraper.errors import QueryError, UnknownVersion
from scraper.models import Document, Version

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PARTICULARS = (
    "title", "citation", "parallel_citations", "aliases", "status", "date", "docket", "judges", "disposition",
    "publication", "effective_from", "effective_to", "warnings",
)  # fmt: skip


def diff_view(snapshot: Snapshot, entry: Entry, old: str, new: str) -> dict[str, Any]:
    """Return how one version became another; a version is named by its hash (8 digits or more) or by a day.

    Without `new` the newest is meant, without `old` the one before `new`. Raises UnknownVersion, and QueryError for a
    name that is neither.
    """
    versions = snapshot.corpus.catalogue.versions(entry.id)
    after = _named(versions, new, "to") if new else _newest(versions, entry)
    before = _named(versions, old, "from") if old else _before(versions, after)
    pieces = diff(before.document.text, after.document.text)
    return {
        "id": entry.id, "title": entry.title, "citation": entry.citation, "from": side(before), "to": side(after),
        "identical": before.hash == after.hash, "counts": counts(pieces),
        "particulars": particulars(before.document, after.document),
        "pieces": [piece_view(piece, before.document.text, after.document.text) for piece in pieces],
        "generation": snapshot.corpus.generation.id,
    }  # fmt: skip


def _newest(versions: Sequence[Version], entry: Entry) -> Version:
    return next(version for version in versions if version.hash == entry.version)


def _named(versions: Sequence[Version], name: str, parameter: str) -> Version:
    if _DAY.fullmatch(name):
        try:
            return version_as_of(versions, date.fromisoformat(name))[0]
        except ValueError:
            raise QueryError(f"{parameter}: {name!r} is no day of the calendar.") from None
    if not re.fullmatch(r"[0-9a-f]{8,64}", name):
        raise QueryError(f"{parameter}: name a version by 8 or more digits of its hash, or a day as 2026-01-31.")
    found = [version for version in versions if version.hash.startswith(name)]
    if len(found) != 1:
        raise UnknownVersion(f"{versions[0].document_id} has no single version {name!r}; see its /versions.")
    return found[0]


def _before(versions: Sequence[Version], after: Version) -> Version:
    at = [version.hash for version in versions].index(after.hash)
    if at == 0:
        raise UnknownVersion(
            f"No version of {after.document_id} is held from before {after.observed_from.date()}; there is nothing to "
            "compare."
        )
    return versions[at - 1]


def side(version: Version) -> dict[str, Any]:
    """Return a version as a comparison names it."""
    return {
        "version": version.hash, "observed_from": version.observed_from.isoformat(),
        "observed_to": version.observed_to.isoformat() if version.observed_to else None,
        "status": version.document.status.value,
    }  # fmt: skip


def particulars(old: Document, new: Document) -> list[dict[str, str]]:
    """Return what besides the text differs, in words."""
    pairs = ((name, _said(getattr(old, name)), _said(getattr(new, name))) for name in _PARTICULARS)
    return [{"name": name, "old": before, "new": after} for name, before, after in pairs if before != after]


def _said(value: Any) -> str:
    if isinstance(value, tuple):
        return "; ".join(value)
    return str(value) if value is not None else ""


def piece_view(piece: Piece, old: str, new: str) -> dict[str, Any]:
    """Return a piece with its words; offsets and marks are code points of the whole texts."""
    return {
        "op": piece.op, "sentences": piece.sentences, "old": _stretch(piece.old, old, piece.old_marks),
        "new": _stretch(piece.new, new, piece.new_marks),
    }  # fmt: skip


def _stretch(stretch: Stretch, text: str, marks: Sequence[Stretch]) -> dict[str, Any]:
    start, end = stretch
    return {"start": start, "end": end, "text": text[start:end], "marks": [list(mark) for mark in marks]}


def in_words(value: dict[str, Any]) -> str:
    """Return a comparison for a terminal: what went after `-`, what came after `+`, what stayed counted."""
    found = value["counts"]
    lines = [
        f"{value['citation'] or value['id']}: {value['from']['version'][:12]} -> {value['to']['version'][:12]}",
        f"{counted(found['changed'], 'sentence')} changed, {found['removed']} removed, {found['added']} added, "
        f"{found['equal']} as before.",
    ]
    lines += [f"  {one['name']}: {one['old'] or 'none'} -> {one['new'] or 'none'}" for one in value["particulars"]]
    for piece in value["pieces"]:
        if piece["op"] == "equal":
            lines.append(f"  ({piece['sentences']} as before)")
            continue
        lines += [f"{sign} {text}" for sign, name in (("-", "old"), ("+", "new")) if (text := piece[name]["text"])]
    return "\n".join(lines)
