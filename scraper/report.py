"""What a run did, in words and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scraper.errors import PublishRefused, RunPartial
from scraper.ledger import RunState
from scraper.store import Change

_LISTED = 20  # changes and troubles that words name one by one


@dataclass(frozen=True, slots=True)
class RunReport:
    """The outcome of a run.

    `pages` counts by state: fetched, unchanged (nothing new was sent or said), missing (not found), refused
    (not allowed), failed, quarantined, skipped. `documents` counts: seen, added, changed, unchanged, source_added
    (a second address of one that is held), returned, withdrawn. `changes` is cut after its first thousand.
    """

    run_id: str
    source: str
    state: RunState
    message: str
    started: datetime
    finished: datetime
    resumed: bool
    pages: Mapping[str, int]
    documents: Mapping[str, int]
    changes: tuple[Change, ...] = ()
    troubles: tuple[tuple[str, str], ...] = field(default=())  # (address, reason) of failed and quarantined pages

    @property
    def exit_code(self) -> int:
        """0 done, 3 partial, 4 refused to publish."""
        return {"partial": RunPartial.exit_code, "refused": PublishRefused.exit_code}.get(self.state, 0)

    def raise_for_state(self) -> None:
        """Raise RunPartial or PublishRefused where the run was not wholly done."""
        if self.state == "partial":
            raise RunPartial(self.message)
        if self.state == "refused":
            raise PublishRefused(self.message)

    def in_words(self) -> str:
        """Return the report for a person to read."""
        pages, documents = self.pages, self.documents
        lines = [
            f"Run {self.run_id} of {self.source}: {self.state}" + (", taken up again" if self.resumed else "") + ".",
            f"Pages: {pages['fetched']} fetched, {pages['unchanged']} unchanged, {pages['missing']} not found, "
            f"{pages['refused']} not allowed, {pages['failed']} failed, {pages['quarantined']} quarantined"
            + (f", {pages['skipped']} left out." if pages["skipped"] else "."),
            f"Documents: {documents['seen']} seen, {documents['added']} added, {documents['changed']} changed, "
            f"{documents['unchanged']} unchanged, {documents['source_added']} met at a second address, "
            f"{documents['returned']} returned, {documents['withdrawn']} withdrawn.",
        ]
        if self.message:
            lines.append(self.message)
        shown = [change for change in self.changes if change.kind != "added" or documents["added"] <= _LISTED]
        lines += [f"  {change.kind}: {change.document_id} ({change.url})" for change in shown[:_LISTED]]
        if len(shown) > _LISTED:
            lines.append(f"  and {len(shown) - _LISTED} changes more")
        lines += [f"  {reason}: {url}" for url, reason in self.troubles[:_LISTED]]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values, times in ISO form."""
        return {
            "run": self.run_id,
            "source": self.source,
            "state": self.state,
            "message": self.message,
            "started": self.started.isoformat(),
            "finished": self.finished.isoformat(),
            "resumed": self.resumed,
            "pages": dict(self.pages),
            "documents": dict(self.documents),
            "changes": [
                {"document": change.document_id, "change": change.kind, "old_version": change.old_version,
                 "new_version": change.new_version, "url": change.url, "note": change.note}
                for change in self.changes
            ],
            "troubles": [{"url": url, "reason": reason} for url, reason in self.troubles],
        }  # fmt: skip
