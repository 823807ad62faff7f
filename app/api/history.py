"""Versions in time: the one that stood on a day, and what changed since one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any, Literal

from indexing.catalogue import Catalogue
from scraper.errors import UnknownVersion
from scraper.models import Version

Chosen = Literal["effective", "observed"]
_AS_NOW = {"amended": "changed"}  # what generations of the release before say, and what the runs' reports do


def version_as_of(versions: Sequence[Version], day: date) -> tuple[Version, Chosen]:
    """Return the version that stood on a day and what told so: its date of effect, else when it was observed.

    A version not yet in effect on that day, or no longer, does not count. Raises UnknownVersion where none is known
    for the day.
    """
    standing = [(began, version) for version in versions if (began := _began(version, day)) is not None]
    if not standing:
        first = min(v.document.effective_from or v.observed_from.date() for v in versions)
        raise UnknownVersion(f"No version is known for {day}: the first that is held is of {first}.")
    version = max(standing, key=lambda item: (item[0], item[1].observed_from))[1]
    return version, "effective" if version.document.effective_from else "observed"


def _began(version: Version, day: date) -> date | None:
    began = version.document.effective_from or version.observed_from.date()
    ended = version.document.effective_to
    return began if began <= day and (ended is None or day <= ended) else None


def changes(catalogue: Catalogue, since: datetime | None) -> list[dict[str, Any]]:
    """Return what was added, changed, repealed, withdrawn or returned from a moment on (UTC), latest first.

    Raises GenerationDamaged.
    """
    found = [
        {"document": row.document_id, "title": row.title, "citation": row.citation,
         "change": _AS_NOW.get(row.change, row.change), "at": row.at, "old_version": row.old_version,
         "new_version": row.new_version}
        for row in catalogue.history()
        if since is None or datetime.fromisoformat(row.at) >= since
    ]  # fmt: skip
    found.sort(key=itemgetter("document"))
    return sorted(found, key=itemgetter("at"), reverse=True)  # stable: by document where the moment is the same
