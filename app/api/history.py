"""Versions in time: the one that stood on a day, and what changed since one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Literal

from indexing.catalogue import Catalogue
from scraper.errors import GenerationDamaged, UnknownVersion
from scraper.models import Version

Chosen = Literal["effective", "observed"]
_ROWS = (
    "SELECT document_id, hash, observed_from, observed_to, current, json_extract(meta, '$.status') AS status, "
    "json_extract(meta, '$.title') AS title, json_extract(meta, '$.citation') AS citation "
    "FROM versions ORDER BY document_id, observed_from, hash"
)


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
    """Return what was added, amended, repealed or withdrawn from a moment on (UTC), latest first.

    Raises GenerationDamaged.
    """
    try:
        rows = [dict(row) for row in catalogue.connection.execute(_ROWS)]
    except sqlite3.DatabaseError as error:
        raise GenerationDamaged(f"The catalogue cannot be read ({error}); build again.") from error
    found = [change for _, versions in groupby(rows, itemgetter("document_id")) for change in _history(list(versions))]
    kept = [item for item in found if since is None or datetime.fromisoformat(item["at"]) >= since]
    return sorted(kept, key=itemgetter("at"), reverse=True)  # stable: by document where the moment is the same


def _history(versions: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what happened to one document, from its versions, oldest first."""
    yield _change(versions[0], "added", None, versions[0]["hash"])
    for old, new in pairwise(versions):
        ended = new["status"] == "repealed" and old["status"] != "repealed"
        yield _change(new, "repealed" if ended else "amended", old["hash"], new["hash"])
    last = versions[-1]
    if last["observed_to"] and not any(version["current"] for version in versions):
        yield _change(last, "withdrawn", last["hash"], None) | {"at": last["observed_to"]}


def _change(row: dict[str, Any], kind: str, old: str | None, new: str | None) -> dict[str, Any]:
    return {
        "document": row["document_id"], "title": row["title"], "citation": row["citation"], "change": kind,
        "at": row["observed_from"], "old_version": old, "new_version": new,
    }  # fmt: skip
