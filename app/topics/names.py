"""Topics as people see them: names, pins and merges of `state.db` laid over the topics of one generation.

The generation itself never changes. A merge is a view: the documents of the merged topic are listed under the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from app.retrieval.corpus import Corpus
from app.state.topics import Mark, MarkKind, TopicState
from indexing.catalogue import TopicRow
from scraper.errors import TopicError

Value = TypeVar("Value")
Topics = Mapping[str, TopicRow]


@dataclass(frozen=True, slots=True)
class NamedTopic(TopicRow):
    """A topic with what was laid over it; `label` is what to show.

    label_source: "terms" (found by the build), "llm" or "person". built_label: the build's own label. merged_into:
    the topic that its documents are listed under as well.
    """

    label_source: str = "terms"
    built_label: str = ""
    pinned: bool = False
    merged_into: str | None = None


def terms_digest(topic: TopicRow) -> str:
    """Return what tells one set of a topic's terms from another: a label made for other terms does not fit any more."""
    words = "\n".join(sorted(term for term, _ in topic.terms))
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def ancestors(topic: str, topics: Topics) -> list[str]:
    """Return the topics above one, nearest first."""
    found: list[str] = []
    above = topics[topic].parent
    while above is not None and above in topics and above not in found:
        found.append(above)
        above = topics[above].parent
    return found


def merges_of(topics: Topics, state: TopicState) -> dict[str, str]:
    """Return for each merged topic the one that stands for it in the end; merges that cannot be done are left out.

    A merge waits while either topic is not in the tree, or while one is above the other.
    """
    said = {mark.topic: mark.value for mark in state.marks if mark.kind is MarkKind.MERGE}
    found: dict[str, str] = {}
    for topic, value in said.items():
        seen, target = {topic}, value
        while target in said and target not in seen:
            seen.add(target)
            target = said[target]
        whole = target not in seen and {topic, target} <= topics.keys()
        if whole and not _on_one_line(topic, target, topics) and topics[target].parent and topics[topic].parent:
            found[topic] = target
    return found


def require_mergeable(topic: str, into: str, topics: Topics, state: TopicState) -> None:
    """Raise TopicError for a merge that makes no sense: with itself, the root, what is above or below, or in a ring."""
    for name in (topic, into):
        if name not in topics:
            raise TopicError(f"There is no topic {name!r}; `lexatlas topics list` and GET /v1/topics show their ids.")
        if topics[name].parent is None:
            raise TopicError("The root holds all documents; it can neither be merged nor be merged into.")
    if topic == into:
        raise TopicError("A topic cannot be merged into itself.")
    if _on_one_line(topic, into, topics):
        raise TopicError(f"One of {topic} and {into} is part of the other: its documents are listed there already.")
    step: str | None = into
    passed: set[str] = set()
    while step is not None and step not in passed:  # a ring among others may stand in a state of an earlier release
        passed.add(step)
        mark = state.of(step, MarkKind.MERGE)
        step = mark.value if mark else None
        if step == topic:
            raise TopicError(f"{into} is merged into {topic} already; undo that first.")


def _on_one_line(one: str, other: str, topics: Topics) -> bool:
    return one in ancestors(other, topics) or other in ancestors(one, topics)


def lay_over(corpus: Corpus, state: TopicState) -> Corpus:
    """Return a corpus whose topics bear their names and whose merged topics are one; the given one stays as it is."""
    merged = merges_of(corpus.topics, state)
    sizes = {topic.id: topic.size for topic in corpus.topics.values()}
    for topic, target in merged.items():
        for gaining in _gaining(topic, target, corpus.topics):
            sizes[gaining] += corpus.topics[topic].size
    topics = {row.id: _named(row, state, sizes[row.id], merged.get(row.id)) for row in corpus.topics.values()}
    return swapped(corpus, topics=topics, memberships=_joined(corpus, merged), merged=merged)


def named(topic: TopicRow) -> NamedTopic:
    """Return a topic with what is laid over it, as the build left it where nothing is."""
    return topic if isinstance(topic, NamedTopic) else _named(topic, TopicState(0), topic.size, None)


def _named(row: TopicRow, state: TopicState, size: int, merged_into: str | None) -> NamedTopic:
    label, source = row.label, "terms"
    written = (state.labels or {}).get((row.id, terms_digest(row)))
    if written:
        label, source = written, "llm"
    name = state.of(row.id, MarkKind.NAME)
    if name is not None:
        label, source = name.value, "person"
    pinned = state.of(row.id, MarkKind.PIN) is not None
    return NamedTopic(
        row.id, row.parent, row.depth, label, row.scope, row.terms, row.stats, size, source, row.label, pinned,
        merged_into,
    )  # fmt: skip


def _gaining(topic: str, target: str, topics: Topics) -> list[str]:
    """The target, and what is above it and not above the merged topic as well."""
    shared = {*ancestors(topic, topics)}
    return [target, *(above for above in ancestors(target, topics) if above not in shared and topics[above].parent)]


def _joined(corpus: Corpus, merged: Mapping[str, str]) -> Mapping[str, Mapping[str, float]]:
    """Memberships in which a merged topic's weight is the target's; a share stays at most 1."""
    if not merged:
        return corpus.memberships
    gaining = {topic: _gaining(topic, target, corpus.topics) for topic, target in merged.items()}
    joined: dict[str, Mapping[str, float]] = dict(corpus.memberships)
    for document, shares in corpus.memberships.items():
        moved = [topic for topic in shares if topic in merged]
        if moved:
            new = {topic: weight for topic, weight in shares.items() if topic not in merged}
            for topic in moved:
                for name in gaining[topic]:
                    new[name] = min(1.0, new.get(name, 0.0) + shares[topic])
            joined[document] = new
    return joined


def members_of(corpus: Corpus, topic: TopicRow, limit: int, start: int) -> tuple[list[tuple[str, float]], int]:
    """Return a stretch of a topic's documents with their weights, heaviest first, and how many there are in all.

    A topic that others were merged into has theirs as well; one that was merged keeps its own list.
    """
    if topic.parent is None:  # every document of the tree belongs to its root wholly; that is nowhere written down
        whole = sorted(corpus.memberships)
        return [(document, 1.0) for document in whole[start : start + limit]], len(whole)
    if not corpus.merged or topic.id in corpus.merged:
        rows = corpus.catalogue.topic_members(topic.id)
    else:
        held = ((name, shares[topic.id]) for name, shares in corpus.memberships.items() if topic.id in shares)
        rows = sorted(held, key=lambda item: (-item[1], item[0]))
    return rows[start : start + limit], len(rows)


def swapped(value: Value, **changes: Any) -> Value:
    """Return a frozen value with other members, and with all that it had already worked out and kept."""
    other: Value = replace(value, **changes)  # type: ignore[type-var]
    own = {field.name for field in fields(value)}  # type: ignore[arg-type]
    vars(other).update({name: kept for name, kept in vars(value).items() if name not in own})
    return other


@dataclass(frozen=True, slots=True)
class KeptMark:
    """A mark beside the tree that is served; orphaned: its topic is not in it, or what it was merged into is not."""

    mark: Mark
    orphaned: bool
    label: str  # of the topic now; what it was called then where it is gone


def kept_marks(topics: Topics, marks: Sequence[Mark]) -> Iterator[KeptMark]:
    """Yield every mark with what became of its topic; nothing is ever dropped."""
    for mark in marks:
        gone = mark.topic not in topics or (mark.kind is MarkKind.MERGE and mark.value not in topics)
        row = topics.get(mark.topic)
        yield KeptMark(mark, gone, row.label if row else mark.label)
