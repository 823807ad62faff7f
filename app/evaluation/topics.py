"""Do the labels of topics say what the code's own headings say? Held against headings that no label was made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from app.retrieval.corpus import Corpus
from indexing.catalogue import TopicRow
from scraper.models import Document, DocumentKind

_FEWEST = 3  # documents of a topic that stand in a chapter


def label_agreement(corpus: Corpus) -> dict[str, Any]:
    """Return how often a label shares a word with the chapter headings of most of a topic's documents.

    Asked are the topics of which most documents stand in a chapter of a code; a topic's documents are its heaviest, as
    many as it is the first topic of. with_those_above: as a reader sees a label, under its parents'. by_chance: the
    same with each topic given the label of the next one at its level. words: of a label, on average. Labels are made
    of terms and of sections' own headings, never of chapters'.
    """
    chapters = _chapters(corpus)
    asked: dict[int, list[tuple[TopicRow, list[frozenset[str]]]]] = defaultdict(list)
    for topic in corpus.topics.values():
        if topic.parent is not None:
            members = [name for name, _ in corpus.catalogue.topic_members(topic.id, max(topic.size, 1))]
            held = [chapters[name] for name in members if name in chapters]
            if len(held) >= _FEWEST and 2 * len(held) > len(members):
                asked[topic.depth].append((topic, held))
    levels = list(asked.values())
    agreeing = sum(_agrees(topic.label, held) for level in levels for topic, held in level)
    shifted = [
        (level[(place + 1) % len(level)][0].label, held)
        for level in levels if len(level) > 1 for place, (_, held) in enumerate(level)
    ]  # fmt: skip
    total = sum(len(level) for level in levels)
    labels = [topic.label for level in levels for topic, _ in level]
    paths = sum(_agrees(_path(topic, corpus.topics), held) for level in levels for topic, held in level)
    return {
        "labels_asked": total,
        "labels_agree": _share(agreeing, total),
        "labels_agree_with_those_above": _share(paths, total),
        "labels_agree_by_chance": _share(sum(_agrees(label, held) for label, held in shifted), len(shifted)),
        "label_words": round(sum(len(label.split()) for label in labels) / total, 2) if total else None,
        "labels_alike": len(labels) - len({label.casefold() for label in labels}),
    }


def _path(topic: TopicRow, topics: Mapping[str, TopicRow]) -> str:
    """A label with those above it: a child's does not repeat its parent's."""
    above = topics.get(topic.parent or "")
    return f"{_path(above, topics)} {topic.label}" if above is not None and above.parent is not None else topic.label


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _agrees(label: str, headings: Sequence[frozenset[str]]) -> bool:
    from indexing.topics.phrases import content_stems  # with scikit-learn a second: a server never asks

    words = content_stems(label)
    return 2 * sum(bool(words & heading) for heading in headings) > len(headings)


def _chapters(corpus: Corpus) -> Mapping[str, frozenset[str]]:
    """The words of the chapter that a section stands in; of the innermost level above it where none is one."""
    from indexing.topics.phrases import content_stems

    found: dict[str, frozenset[str]] = {}
    for entry in corpus.entries:
        if entry.kind != DocumentKind.CASE:
            words = content_stems(_chapter(corpus.catalogue.version(entry.id, entry.version).document))
            if words:
                found[entry.id] = words
    return found


def _chapter(document: Document) -> str:
    above = [level for level in document.hierarchy if level.kind not in ("section", "title", "code")]
    named = [level.label for level in above if level.kind == "chapter"]
    return named[-1] if named else above[-1].label if above else ""
