"""The end of a run: what its pages add up to, what may be taken as vanished, and the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from scraper.addresses import Addresses
from scraper.errors import EmptySource, SourceUnreachable, TermsRefused
from scraper.interfaces import Source
from scraper.ledger import CANCELLED, Ledger, RunState
from scraper.models import DocumentKind
from scraper.report import WITHHELD_NOTE, RunReport, reason_in_words
from scraper.revisits import Revisits
from scraper.store import Change, Store, Unseen

MOST_LOST = 0.2  # more failed pages or missing documents than this share mean an outage, not a change of the law
_CUT_SHORT = ("limit", "outage", "max-pages", "max-depth", CANCELLED)
_COMPARED = {
    "status": "status",
    "title": "heading",
    "citation": "citation",
    "hierarchy": "place",
    "date": "date",
    "effective_from": "dates of effect",
    "effective_to": "dates of effect",
    "warnings": "warnings",
}
_PAGE_STATES = ("fetched", "unchanged", "missing", "refused", "failed", "quarantined", "skipped")
_LISTED = 1000


def conclude(
    source: Source,
    addresses: Addresses,
    store: Store,
    ledger: Ledger,
    run_id: str,
    started: datetime,
    *,
    resumed: bool,
    partial_view: bool,
) -> RunReport:
    """Close a run: withdraw what vanished, if that may be told, and return the report.

    `partial_view` says that the run was never meant to see everything. Raises SourceUnreachable, EmptySource or
    TermsRefused where there was nothing to read at all.
    """
    pages = ledger.counts(run_id)
    seen = pages.pop("documents")
    pages = {state: pages.get(state, 0) for state in _PAGE_STATES}
    unseen = store.unseen(source.name, addresses.origin, run_id)
    cancelled = ledger.has_reason(run_id, CANCELLED)
    if not cancelled:
        _raise_if_nothing(addresses, ledger, run_id, pages, seen, unseen)
    incomplete = ledger.has_reason(run_id, "incomplete")
    if incomplete:  # a part of the source, chosen by the operator perhaps: only that part can have been lost
        lost = ledger.unmet_of_choice(run_id, addresses.origin)
        unseen = Unseen(unseen.known - unseen.unmet + lost, lost, unseen.vanished)
    state, message = _judge(pages, seen, unseen, partial_view or cancelled)
    if cancelled and state != "refused":
        state, message = CANCELLED, (
            f"The run was cancelled after {pages['fetched'] + pages['unchanged']} pages; nothing was withdrawn. "
            "Run again to read the rest."
        )  # fmt: skip
    left_out = [reason for reason in _CUT_SHORT if ledger.has_reason(run_id, reason)]
    cut_short = partial_view or bool(left_out)
    if state == "done" and not partial_view and left_out:
        message = (
            f"{pages['skipped']} pages were left out ({reason_in_words(left_out[0])}), so nothing is taken as vanished."
        )
    whole = not cut_short and not incomplete
    with store.transaction():
        if state == "done" and whole:
            _withdraw(store, run_id, unseen)
            Revisits(store.database).drop_unmet(source.name, addresses.origin, run_id)
        report = RunReport(
            run_id, source.name, state, message, started, store.clock(), resumed, pages,
            _documents(store.change_counts(run_id), seen), ledger.is_full(run_id), whole, cut_short,
            _changes(store, run_id),
            tuple((page.url, page.reason) for page in ledger.pages(run_id, ("failed", "quarantined"), limit=_LISTED)),
        )  # fmt: skip
        ledger.finish(run_id, state, report.to_json())
    return report


def _changes(store: Store, run_id: str) -> tuple[Change, ...]:
    """Return what a run changed, with words about what of a changed document is not as it was."""
    return tuple(
        replace(change, note=_difference(store, change)) if change.kind == "changed" and not change.note else change
        for change in store.changes(run_id=run_id, limit=_LISTED)
    )


def _difference(store: Store, change: Change) -> str:
    held = {version.hash: version.document for version in store.versions(change.document_id)}
    old, new = held.get(change.old_version), held.get(change.new_version)
    if old is None or new is None:
        return ""
    names = ["text"] if old.text != new.text else []
    for name, words in _COMPARED.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            names.append(f"status, {before.value} to {after.value}" if name == "status" else words)
    return "; ".join(dict.fromkeys(names))


def _raise_if_nothing(
    addresses: Addresses, ledger: Ledger, run_id: str, pages: Mapping[str, int], seen: int, unseen: Unseen
) -> None:
    """Raise where a run found nothing at all; nothing that is stored was touched then."""
    first = addresses.base + "/"
    if not pages["fetched"] and not pages["unchanged"] and not pages["quarantined"]:
        if pages["failed"]:
            reason = ledger.pages(run_id, ("failed",), limit=1)[0].reason
            raise SourceUnreachable(
                f"{first} cannot be read: {reason_in_words(reason)}. Check the address and the network, then run "
                "again; nothing stored was changed."
            )
        if pages["refused"]:
            raise TermsRefused(f"robots.txt of {addresses.host} allows none of the pages. Ask its operator.")
        raise EmptySource(
            f"{first} has none of the pages at which this source begins (not found). Check --base-url; nothing "
            "stored was changed."
        )
    if seen == 0 and unseen.known == 0:
        aside = pages["quarantined"] + pages["failed"]
        detail = f"; {aside} pages were not what the source expects (see `lexatlas quarantine list`)" if aside else ""
        raise EmptySource(
            f"{first} answered, but no document was found{detail}. Check that --base-url and --source belong together."
        )


def _judge(pages: Mapping[str, int], seen: int, unseen: Unseen, partial_view: bool) -> tuple[RunState, str]:
    bad = pages["failed"] + pages["quarantined"]
    tried = pages["fetched"] + pages["unchanged"] + bad
    if bad > max(1.0, MOST_LOST * tried) or (bad and not seen):
        return "refused", (
            f"{bad} of {tried} pages failed or did not parse, more than {MOST_LOST:.0%}: nothing is published and "
            "nothing withdrawn. See the pages below; if the site's layout changed, its source must follow."
        )
    if not partial_view and unseen.unmet > max(1.0, MOST_LOST * unseen.known):
        return "refused", (
            f"{unseen.unmet} of {unseen.known} known documents were not found, more than {MOST_LOST:.0%}: this is "
            "taken for an outage. Nothing is published and nothing withdrawn; run again later."
        )
    if bad:
        return (
            "partial",
            f"{bad} of {tried} pages failed or were quarantined; what they stated before stays, nothing is withdrawn. "
            + ("See `lexatlas quarantine list`; each run reads them again." if pages["quarantined"] else "Run again."),
        )
    return "done", ""


def _withdraw(store: Store, run_id: str, unseen: Unseen) -> None:
    """Make tombstones. An opinion does not lapse as a statute does: one that vanishes waits for a decision."""
    for document_id, kind in unseen.vanished:
        if kind is DocumentKind.CASE:
            store.withdraw(document_id, run_id, withhold=True, note=WITHHELD_NOTE)
        else:
            store.withdraw(document_id, run_id, note="no longer listed or found")


def _documents(changes: Mapping[str, int], seen: int) -> dict[str, int]:
    kinds = ("added", "changed", "source_added", "returned", "withdrawn")
    found = {kind: changes.get(kind, 0) for kind in kinds}
    met = sum(found.values()) - found["withdrawn"]
    return {"seen": seen, **found, "unchanged": max(0, seen - met)}
