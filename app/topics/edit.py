"""What a person does to topics: rename, pin, merge, and undo it; the same for the command line and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.state.topics import MarkKind
from app.topics.names import KeptMark, kept_marks, named, require_mergeable
from indexing.catalogue import TopicRow
from scraper.errors import NoGeneration, TopicError

if TYPE_CHECKING:  # the wiring knows every part of the system; these need only its type
    from app.wiring import Services


class UnknownTopic(TopicError):
    """No topic has that id, and nobody ever did anything to one of that id."""


@dataclass(frozen=True, slots=True)
class Said:
    """Who does it, and why, in their own words."""

    by: str = ""
    note: str = ""


def rename(services: Services, topic: str, name: str, said: Said) -> dict[str, Any]:
    """Give a topic a name and return its marks; raise UnknownTopic, or TopicError for a name that is none."""
    row = _topic(services, topic)
    services.names.mark(topic, MarkKind.NAME, name, label=row.label, note=said.note, by=said.by)
    return marks_view(services, topic)


def pin(services: Services, topic: str, said: Said) -> dict[str, Any]:
    """Keep a topic as it is over every refit and return its marks; raise UnknownTopic."""
    row = _topic(services, topic)
    if row.parent is None:
        raise TopicError("The root is there in every tree; there is nothing to pin.")
    services.names.mark(topic, MarkKind.PIN, "", label=row.label, note=said.note, by=said.by)
    return marks_view(services, topic)


def merge(services: Services, topic: str, into: str, said: Said) -> dict[str, Any]:
    """List a topic's documents under another one as well and return its marks; raise UnknownTopic or TopicError."""
    row = _topic(services, topic)
    topics = _topics(services)
    services.names.mark(
        topic, MarkKind.MERGE, into, label=row.label, note=said.note, by=said.by,
        # in the transaction that writes it: two merges at once could each be sound and make a ring together
        check=lambda state: require_mergeable(topic, into, topics, state),
    )  # fmt: skip
    return marks_view(services, topic)


def undo(services: Services, topic: str, kind: MarkKind) -> dict[str, Any]:
    """Undo what was done to a topic, also to one that is gone, and return the marks left; raise UnknownTopic."""
    if not services.names.unmark(topic, kind):
        _topic(services, topic)  # nothing to undo is no fault, a topic that never was is one
    return marks_view(services, topic)


def marks_view(services: Services, topic: str) -> dict[str, Any]:
    """Return a topic with all that was done to it; its label is None where the tree has it no more."""
    topics = _topics(services)
    row = named(topics[topic]) if topic in topics else None
    marks = [mark for mark in services.names.current().marks if mark.topic == topic]
    return {
        "id": topic, "label": row.label if row else None, "label_source": row.label_source if row else None,
        "pinned": bool(row and row.pinned), "merged_into": row.merged_into if row else None,
        "marks": [mark_view(one) for one in kept_marks(topics, marks)],
    }  # fmt: skip


def all_marks_view(services: Services, *, whole: bool) -> dict[str, Any]:
    """Return everything that was done to topics; who did it and why only where the whole is asked for."""
    rows = [mark_view(one) for one in kept_marks(_topics(services), services.names.current().marks)]
    if not whole:
        rows = [row | {"note": None, "by": None} for row in rows]
    return {"names": rows}


def mark_view(one: KeptMark) -> dict[str, Any]:
    """Return one mark as plain values."""
    mark = one.mark
    return {
        "topic": mark.topic, "kind": mark.kind.value, "value": mark.value, "label": one.label, "note": mark.note,
        "by": mark.by, "at": mark.at, "orphaned": one.orphaned,
    }  # fmt: skip


def _topics(services: Services) -> Mapping[str, TopicRow]:
    try:
        return services.snapshots.current().corpus.topics
    except NoGeneration:  # names are kept although nothing is built, as after a restore
        return {}


def _topic(services: Services, topic: str) -> TopicRow:
    found = _topics(services).get(topic)
    if found is None:
        raise UnknownTopic(f"No topic has the id {topic!r}. `lexatlas topics list` and GET /v1/topics show them.")
    return found
