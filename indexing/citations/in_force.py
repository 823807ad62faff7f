"""Which version of a section was in force on a day, and whether its words changed since, from its source credits."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from indexing.citations.history import change_dates, events
from scraper.models import Document, DocumentKind


@dataclass(frozen=True, slots=True)
class Changes:
    """When the words of a section changed, and the last change that each version held takes in."""

    days: tuple[dt.date, ...]  # in order
    versions: tuple[tuple[dt.date, str], ...]  # (day of the last change, version hash), in order

    def in_force(self, day: dt.date) -> str:
        """Return the hash of the version held that was in force on a day, "" where none is known to have been."""
        last = max((one for one in self.days if one <= day), default=None)
        fitting = [version for changed, version in self.versions if changed == last]
        return fitting[-1] if fitting else ""

    def first_since(self, day: dt.date) -> dt.date | None:
        """Return the first change after a day, None where none is held."""
        return next((one for one in self.days if one > day), None)


def changes_of(documents: Iterable[Document]) -> dict[str, Changes]:
    """Return the changes of each section by document id; several versions of one document may be given.

    Sections whose page gives no source credit are left out: nothing is known of when their words changed.
    """
    days: dict[str, set[dt.date]] = defaultdict(set)
    versions: dict[str, dict[str, dt.date]] = defaultdict(dict)
    for document in documents:
        if document.kind is DocumentKind.CASE:
            continue
        known = change_dates(events(document))
        if known:
            days[document.id].update(known)
            versions[document.id][document.version] = known[-1]
    return {
        name: Changes(tuple(sorted(days[name])), tuple(sorted((day, version) for version, day in held.items())))
        for name, held in versions.items()
    }


def since(changes: Mapping[str, Changes], target: str | None, day: dt.date | None) -> tuple[str, str]:
    """Return the version in force on a day and the first change after it (ISO date), "" for what is not known."""
    known = changes.get(target) if target else None
    if known is None or day is None:
        return "", ""
    later = known.first_since(day)
    return known.in_force(day), later.isoformat() if later else ""
