"""The topics step of a build: the tree of the generation before lives on, and what became of it is written down.

    generation before -> its tree -> what changed by text -> tree now -> topics/ and topics/changes.json

Topics of a store depend on its history: a document that came later was placed among topics that were there already.
The digest of all content therefore covers what topics are made from, and not topics themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from app.topics.text import TopicText
from indexing.catalogue import FILE, Catalogue, TopicRow
from indexing.models import Citation, FloatMatrix, Passage
from indexing.topics.changes import FORMAT, TopicChanges
from indexing.topics.hierarchy import HierarchyConfig, Progress
from indexing.topics.life import Corpus, LifeConfig, Wishes, changed_documents, fit_tree, update_tree
from indexing.topics.match import renamed
from indexing.topics.models import ROOT, TopicDocument, TopicTree, load_tree, save_tree
from indexing.topics.sweep import Executor
from scraper.errors import TopicError
from scraper.models import Document, DocumentKind

FOLDER = "topics"
CHANGES = "changes.json"


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """How topics are found, and when a tree that lives on is fitted anew."""

    tree: HierarchyConfig = field(default_factory=HierarchyConfig)
    life: LifeConfig = field(default_factory=LifeConfig)


@dataclass(frozen=True, slots=True)
class TopicsBuilt:
    """The tree as the catalogue keeps it, (topic, document, weight), and what a reader must know."""

    tree: TopicTree
    rows: list[TopicRow]
    members: list[tuple[str, str, float]]
    changes: TopicChanges
    warnings: tuple[str, ...]


def topic_corpus(
    documents: Sequence[Document], vectors: FloatMatrix, citations: Iterable[Citation], embedder: str
) -> Corpus:
    """Return what topics are found in; `vectors` (n, dim) in the order of `documents`, `embedder` its fingerprint."""
    at = {document.id: row for row, document in enumerate(documents)}
    pairs = {(at[one.document_id], at[one.to]) for one in citations if one.to is not None and one.to in at}
    texts = [TopicDocument(document.id, operative_text(document), group_of(document)) for document in documents]
    return Corpus(texts, vectors, sorted(pairs), embedder)


def build_topics(
    folder: Path, corpus: Corpus, settings: TopicSettings, before: Path | None, wishes: Wishes, advance: Progress,
    executor: Executor | None = None,
) -> TopicsBuilt:  # fmt: skip
    """Find topics, or carry those of the generation `before` over, and write them into a generation's folder.

    A tree that cannot be read is found anew, with a warning. Raises TopicError where no document has usable text.
    """
    previous, warnings = _tree_before(before)
    if previous is None:
        tree = with_fresh_ids(fit_tree(corpus, settings.tree, progress=advance, executor=executor), ids_before(before))
        reason = warnings[0] if warnings else "there was none before"
        changes = TopicChanges("first", reason, new=len(corpus.documents), left_out=len(tree.left_out))
    else:
        changed = changed_documents(previous, corpus.documents)
        tree, changes = update_tree(
            previous, corpus, changed, settings.tree, life=settings.life, wishes=wishes, progress=advance,
            executor=executor,
        )  # fmt: skip
    save_tree(tree, folder / FOLDER)
    text = json.dumps(changes.to_json(), ensure_ascii=False, sort_keys=True, indent=1)
    (folder / FOLDER / CHANGES).write_text(text, encoding="utf-8")
    ids = tree.document_ids
    return TopicsBuilt(
        tree,
        [
            TopicRow(node.id, node.parent, node.depth, node.label, node.scope, node.terms, node.stats(), node.size)
            for node in tree.nodes
        ],
        [(topic, ids[row], weight) for topic, row, weight in tree.memberships()],
        changes,
        (*warnings, *(str(warning) for warning in tree.warnings), *changes.warnings()),
    )


def _tree_before(before: Path | None) -> tuple[TopicTree | None, list[str]]:
    if before is None:
        return None, []
    try:
        return load_tree(before / FOLDER), []
    except TopicError as error:
        return None, [f"Topics are found anew, under ids that none had before: {error}"]


def ids_before(before: Path | None) -> frozenset[str]:
    """Return the ids of the topics that a generation lists, even where its tree cannot be read; none without one."""
    if before is None or not (before / FILE).is_file():
        return frozenset()
    return frozenset(topic.id for topic in Catalogue(before / FILE).topics()) - {ROOT}


def with_fresh_ids(tree: TopicTree, used: frozenset[str]) -> TopicTree:
    """Return a tree none of whose topics bears an id in use: what people call a topic must not pass to another one."""
    if not used:
        return tree
    ids, taken = {ROOT: ROOT}, set(used)
    for node in tree.nodes[1:]:  # parents come first
        stem = "t" if node.parent == ROOT else f"{ids[node.parent or ROOT]}."
        number = next(number for number in count(1) if f"{stem}{number}" not in taken)
        ids[node.id] = f"{stem}{number}"
        taken.add(ids[node.id])
    return replace(renamed(tree, ids), retired=tuple(sorted({*tree.retired, *used})))


def read_changes(generation: Path) -> dict[str, Any]:
    """Return the report of what a build did to topics; raise TopicError where its generation has none."""
    path = generation / FOLDER / CHANGES
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TopicError("What is served was built by an older release, without a report. Build again.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise TopicError(f"The report {path} cannot be read ({error}). Build again.") from error
    written = report.get("format") if isinstance(report, dict) else None
    if written != FORMAT:
        raise TopicError(f"The report has format {written}, this release reads {FORMAT}. Build again.")
    return report


def operative_text(document: Document) -> str:
    """Return the text without history, notes, head matter and footnotes, for topics; "" for what has no force."""
    text = TopicText.of(document)
    return text.text if text.stretches else ""


def document_vectors(documents: Sequence[Document], cut: Sequence[Passage], vectors: FloatMatrix) -> FloatMatrix:
    """Return the mean of each document's passage vectors, `(n, dim)` of length one; zero for one without passages."""
    rows = {document.id: row for row, document in enumerate(documents)}
    total = np.zeros((len(documents), vectors.shape[1]), dtype=np.float32)
    np.add.at(total, [rows[p.document_id] for p in cut], vectors)
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    return (total / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def group_of(document: Document) -> str:
    """Return where a provision stands in its code, which only serves to measure topics; "" for a case."""
    if document.kind is DocumentKind.CASE:
        return ""
    return " / ".join(level.label for level in document.hierarchy if level.kind != "section")
