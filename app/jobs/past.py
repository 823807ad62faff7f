"""What a build keeps of the past: tombstones, what may not be named, and everything that happened, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from indexing.catalogue import HistoryRow
from scraper.models import DocumentStatus, Version
from scraper.store import WITHHELD, Change, Store

_MOST = 100_000_000
_TOLD = frozenset({"added", "changed", "withdrawn", "returned"})  # in the words of the ledger


def split_tombstones(store: Store) -> tuple[list[Version], list[str]]:
    """Return the last versions of what its source withdrew, and the ids of what waits for a decision."""
    kept: list[Version] = []
    withheld: list[str] = []
    for version in store.tombstones():
        if store.state_of(version.document_id) == WITHHELD:
            withheld.append(version.document_id)
        else:
            kept.append(version)
    return kept, withheld


def history_rows(store: Store, named: Mapping[str, Version]) -> Iterator[HistoryRow]:
    """Yield what happened to the documents that may be named, oldest first.

    `named` holds their last versions by id; what is not in it is left out.
    """
    for change in store.changes(limit=_MOST):
        version = named.get(change.document_id)
        if version is None or change.kind not in _TOLD:
            continue
        document = version.document
        yield HistoryRow(
            change.document_id, document.title, document.citation, _word(store, change), change.at.isoformat(),
            change.old_version or None, (change.new_version if change.kind != "withdrawn" else "") or None,
        )  # fmt: skip


def _word(store: Store, change: Change) -> str:
    if change.kind == "changed":
        statuses = {version.hash: version.document.status for version in store.versions(change.document_id)}
        repealed = DocumentStatus.REPEALED
        if statuses.get(change.new_version) is repealed and statuses.get(change.old_version) is not repealed:
            return "repealed"
    return change.kind
