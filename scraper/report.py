"""What a run did, in words and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scraper.errors import PublishRefused, RunPartial
from scraper.ledger import RunState
from scraper.store import Change

WITHHELD_NOTE = "withheld until you decide: it may be sealed"
_LISTED = 20  # changes and troubles that words name one by one
_CHANGES = {
    "added": "new",
    "changed": "changed",
    "source_added": "met at a second address",
    "withdrawn": "withdrawn",
    "returned": "back again",
    "unchanged": "unchanged",
    "suppressed": "purged before, not taken in",
    "conflict": "stated differently by two pages of this run, the first was kept",
}
_REASONS = {
    "limit": "the limit was reached",
    "max-pages": "as many pages as allowed were read",
    "max-depth": "too many links from the start",
    "outage": "the site was down",
    "cancelled": "the run was cancelled",
    "suppressed": "not fetched: purged before",
    "not-modified": "not modified",
    "same-bytes": "the same bytes as before",
    "read-again": "read again from the archive, since its parser changed",
    "incomplete": "shows only a part of its list",
    "robots": "robots.txt does not allow it",
    "robots-down": "robots.txt cannot be read, so nothing may be fetched",
    "redirect": "redirects out of this source",
    "other-host": "redirects to another host",
    "hops": "redirects too often",
    "scheme": "no web address",
    "login": "the address carries a password",
    "private-address": "leads to an address that is not public",
    "outside": "leads out of the folder",
    "unreadable": "the file cannot be read",
    "too-large": "too large",
    "encoding": "packed in a way that is not opened",
    "truncated": "cut short",
    "deadline": "took too long",
    "timeout": "did not answer",
    "transport": "the connection broke",
    "retry-after": "the site asks to be left alone for long",
    "layout": "not laid out as the source expects",
    "parser": "the parser tripped over it",
    "parse": "does not parse",
    "charset": "characters that could not be decoded",
    "empty": "has no text",
    "address": "states two documents under one address",
    "parts": "its parts cannot be told",
    "conflict": "states a document differently from another page",
}


@dataclass(frozen=True, slots=True)
class RunReport:
    """The outcome of a run.

    `pages` counts by state: fetched, unchanged (nothing new was sent or said), missing (not found), refused
    (not allowed), failed, quarantined, skipped. `documents` counts: seen, added, changed, unchanged, source_added
    (a second address of one that is held), returned, withdrawn. `changes` is cut after its first thousand; the note
    of a change says what of the document changed.
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
    full: bool = False  # every page was read whole
    whole: bool = False  # all that the site lists was met, so that what was not met has vanished
    cut_short: bool = False  # the run ended before its last page
    changes: tuple[Change, ...] = ()
    troubles: tuple[tuple[str, str], ...] = field(default=())  # (address, reason) of failed and quarantined pages

    @property
    def exit_code(self) -> int:
        """0 done, 3 partial or cancelled, 4 refused to publish."""
        codes = {"partial": RunPartial.exit_code, "cancelled": RunPartial.exit_code,
                 "refused": PublishRefused.exit_code}  # fmt: skip
        return codes.get(self.state, 0)

    def raise_for_state(self) -> None:
        """Raise RunPartial or PublishRefused where the run was not wholly done."""
        if self.state in {"partial", "cancelled"}:
            raise RunPartial(self.message)
        if self.state == "refused":
            raise PublishRefused(self.message)

    def in_words(self) -> str:
        """Return the report for a person to read."""
        pages, documents = self.pages, self.documents
        lines = [
            f"Run {self.run_id} of {self.source}: {self.state}"
            + (", taken up again" if self.resumed else "")
            + (", every page read whole" if self.full else "")
            + ".",
            f"Pages: {pages['fetched']} fetched, {pages['unchanged']} unchanged, {pages['missing']} not found, "
            f"{pages['refused']} not allowed, {pages['failed']} failed, {pages['quarantined']} quarantined"
            + (f", {pages['skipped']} left out." if pages["skipped"] else "."),
            f"Documents: {documents['seen']} seen, {documents['added']} added, {documents['changed']} changed, "
            f"{documents['unchanged']} unchanged, {documents['source_added']} met at a second address, "
            f"{documents['returned']} returned, {documents['withdrawn']} withdrawn.",
        ]
        if self.message:
            lines.append(self.message)
        waiting = sum(1 for change in self.changes if change.note == WITHHELD_NOTE)
        if waiting:
            lines.append(f"Vanished opinions that wait for your decision: {waiting}. See `lexatlas withheld list`.")
        shown = [change for change in self.changes if change.kind != "added" or documents["added"] <= _LISTED]
        shown.sort(key=lambda change: change.kind not in {"withdrawn", "conflict"})  # never behind the cut
        lines += [f"  {_in_words(change)}" for change in shown[:_LISTED]]
        if len(shown) > _LISTED:
            lines.append(f"  and {len(shown) - _LISTED} changes more")
        lines += [f"  {reason_in_words(reason)}: {url}" for url, reason in self.troubles[:_LISTED]]
        if len(self.troubles) > _LISTED:
            lines.append(f"  and {len(self.troubles) - _LISTED} pages more")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values, times in ISO form."""
        return {
            "run": self.run_id,
            "source": self.source,
            "state": self.state,
            "full": self.full,
            "whole": self.whole,
            "cut_short": self.cut_short,
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


def reason_in_words(reason: str) -> str:
    """Return what the machine word of a page means, the word itself where nothing better is known."""
    if reason.startswith("status-"):
        return f"answered {reason.removeprefix('status-')}"
    if reason.startswith("part-"):
        return f"a part of it answered {reason.removeprefix('part-')}"
    return _REASONS.get(reason, reason)


def _in_words(change: Change) -> str:
    note = f": {change.note}" if change.note else ""
    return f"{_CHANGES.get(change.kind, change.kind)}: {change.document_id} ({change.url}){note}"
