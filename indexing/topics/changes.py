"""What an update did to a tree of topics, with the numbers that prove it, as values and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from indexing.topics.match import Matching

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Refit:
    """A topic whose branch was fitted anew, or should have been; `reason` says why, with figures."""

    id: str
    label: str
    documents: int
    reason: str


@dataclass(frozen=True, slots=True)
class NodeDrift:
    """Documents placed in a split since its fit: `above` of `placed` have a residual over `limit`, 0..1.

    limit: the .95 quantile of the documents it was fitted on. chance: how likely that is without drift, 0..1.
    """

    id: str
    placed: int
    above: int
    limit: float
    chance: float


@dataclass(frozen=True, slots=True)
class TopicChanges:
    """What became of a tree.

    mode: "first" (none before), "unchanged", "placed" (no topic was fitted anew), "branches" or "full"; reason: why.
    unchanged, changed, new, gone: documents. placed: of these, those placed without a fit. left_out: without usable
    text. followed: unchanged documents that are in a topic before and after; stayed: those of them whose first topic,
    the deepest, is the same. refitted: branches; held_back: those that a pinned topic kept from it. lost_pins:
    pinned topics that could not be kept.
    """

    mode: str
    reason: str
    unchanged: int = 0
    changed: int = 0
    new: int = 0
    gone: int = 0
    placed: int = 0
    left_out: int = 0
    followed: int = 0
    stayed: int = 0
    refitted: tuple[Refit, ...] = ()
    held_back: tuple[Refit, ...] = ()
    lost_pins: tuple[str, ...] = ()
    drift: tuple[NodeDrift, ...] = ()
    matching: Matching = field(default_factory=lambda: Matching({}))

    @property
    def share_stayed(self) -> float | None:
        """The share of unchanged documents that kept their topic, 0..1; None where there is none to follow."""
        return self.stayed / self.followed if self.followed else None

    def facts(self) -> dict[str, Any]:
        """The figures without the single topics."""
        names = ("mode", "reason", "unchanged", "changed", "new", "gone", "placed", "left_out", "followed", "stayed")
        counts = {
            name: len(getattr(self.matching, name)) for name in ("kept", "born", "died", "split", "merged", "moved")
        }
        return {
            **{name: getattr(self, name) for name in names},
            "share_stayed": self.share_stayed,
            "refitted": len(self.refitted),
            "lost_pins": list(self.lost_pins),
            "topics": counts,
        }

    def to_json(self) -> dict[str, Any]:
        """The whole report as plain values."""
        report = asdict(self.matching)
        del report["ids"]
        return {
            "format": FORMAT,
            **self.facts(),
            "refitted": [asdict(one) for one in self.refitted],
            "held_back": [asdict(one) for one in self.held_back],
            "drift": [asdict(one) for one in self.drift],
            "topics": report,
        }

    def warnings(self) -> list[str]:
        """What a person who pinned topics must know."""
        kept = [
            f"{one.id} ({one.label}) is due for a refit and was left for a pin: {one.reason}" for one in self.held_back
        ]
        if self.lost_pins:
            kept.append(
                f"Pinned topics that no topic of the new tree continues: {', '.join(self.lost_pins)}. Unpin them, or "
                "pin those that took their documents."
            )
        return kept


def in_words(report: Mapping[str, Any]) -> str:
    """The report of `TopicChanges.to_json` in words, one thing a line."""
    if report["mode"] == "first":
        return f"Topics: found for the first time ({report['reason']})."
    if report["mode"] == "unchanged":
        return "Topics: nothing changed; the tree is the same."
    lines = [f"Topics: {_MODES[report['mode']]}: {report['reason']}."]
    lines.append(
        f"  documents: {report['unchanged']:,} unchanged, {report['changed']:,} changed, {report['new']:,} new, "
        f"{report['gone']:,} gone; {report['placed']:,} placed without a fit"
    )
    if report["share_stayed"] is not None:
        lines.append(
            f"  {report['stayed']:,} of {report['followed']:,} unchanged documents ({report['share_stayed']:.1%}) "
            "keep their topic"
        )
    lines += [f"  fitted anew below {one['id']} ({one['label']}): {one['reason']}" for one in report["refitted"]]
    lines += [f"  left for a pin: {one['id']} ({one['label']}): {one['reason']}" for one in report["held_back"]]
    topics = report["topics"]
    counts = ", ".join(f"{len(topics[name])} {name}" for name in ("kept", "born", "died", "split", "merged", "moved"))
    lines.append(f"  topics: {counts}")
    for name in ("split", "merged", "moved", "born", "died"):
        lines += [f"    {_event(name, one)}" for one in topics[name][:_SHOWN]]
        if len(topics[name]) > _SHOWN:
            lines.append(f"    and {len(topics[name]) - _SHOWN} more {name}")
    return "\n".join(lines)


_SHOWN = 12
_MODES = {
    "placed": "documents were placed, no topic was fitted anew",
    "branches": "documents were placed, and branches fitted anew",
    "full": "the whole tree was fitted anew and matched with the one before",
}


def _event(name: str, event: Mapping[str, Any]) -> str:
    what = f"{event['id']} ({event['label'] or 'a topic'}, {event['documents']} documents)"
    parts = "; ".join(
        f"{part['id']} ({part['label']}): {part['documents']} documents, {part['share_of_old']:.0%} of the old, "
        f"{part['share_of_new']:.0%} of the new"
        for part in event["parts"]
    )
    near = f"; most like {event['nearest']} ({event['likeness']:.2f})" if event["nearest"] else ""
    return {
        "split": f"split: {what} into {parts}",
        "merged": f"merged: {what} from {parts}",
        "moved": f"moved: {what} from {event['old_parent']} to {event['new_parent']}",
        "born": f"born: {what}{near}",
        "died": f"died: {what}{near}",
    }[name]
