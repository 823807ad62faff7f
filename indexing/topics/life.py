"""The life of a topic tree over re-ingests: what did not change keeps its place, and an id means one topic for good.

    documents that changed -> placed on fixed topics -> branches that wore out fitted anew -> matched, ids carried

A branch wears out when too many of its documents came or went since its fit, or when those that came are explained
worse than the documents it was fitted on. A change that is large, or one of settings or embedder, fits the whole
tree anew; it is matched with the old one all the same.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from indexing.topics.branch import below, core_rows, fresh_wear, grafted, joined, without
from indexing.topics.changes import NodeDrift, Refit, TopicChanges
from indexing.topics.hierarchy import HierarchyConfig, Progress, build_topic_tree
from indexing.topics.match import MatchConfig, Matching, match_trees, renamed
from indexing.topics.models import ROOT, DocumentTerms, TopicDocument, TopicNode, TopicTree
from indexing.topics.place import (
    Drift,
    View,
    count_known,
    drift_of,
    place_documents,
)
from indexing.topics.quality import topic_quality
from indexing.topics.renew import extended, in_row_order, measured, own_rows, with_exemplars, with_stubs_counted
from indexing.topics.sweep import Executor
from indexing.topics.views import citations_within
from scraper.errors import TopicError

Floats = NDArray[np.float32]
Citations = Sequence[tuple[int, int]]
FIT = 1
"""Raised when a change of code changes what a fit gives for the same documents: older trees are then fitted anew."""


@dataclass(frozen=True, slots=True)
class LifeConfig:
    """refit_share: share of all documents that came, changed or went from which the whole tree is fitted anew.

    worn_share: share of one node's documents that came, or went, since its own fit, from which its branch is fitted
    anew, and at least `least_worn` documents. drift_chance: a node has drifted when so many bad residuals as its
    placed documents have would come by chance less often than this in any node of the tree (Bonferroni); least_above:
    bad residuals that it takes at least.
    """

    refit_share: float = 0.2
    worn_share: float = 0.1
    least_worn: int = 5
    drift_chance: float = 0.01
    least_above: int = 3
    match: MatchConfig = field(default_factory=MatchConfig)


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a tree is made from. embeddings: (n, d) in the order of `documents`, or None. citations: (from, to) rows."""

    documents: Sequence[TopicDocument]
    embeddings: Floats | None
    citations: Citations | None = None
    embedder: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What people ask of an update. pinned: ids of topics that no refit may retire or split again, as long as a refit
    of the whole is not needed. refit: fit the whole tree anew in any case.

    forgotten: SHA-256 of ids of documents of which no trace may stay; where the tree ever was fitted on one, the whole
    is fitted anew, and the report speaks of old topics by their ids alone.
    """

    pinned: frozenset[str] = frozenset()
    refit: bool = False
    forgotten: frozenset[str] = frozenset()


def text_hash(document: TopicDocument) -> str:
    """What tells whether a document's topic text changed: half of its SHA-256, 32 hexadecimal digits."""
    return hashlib.sha256(document.text.encode("utf-8", "replace")).hexdigest()[:32]


def id_hash(document_id: str) -> str:
    """The SHA-256 under which a tree remembers that a document was once in it."""
    return hashlib.sha256(document_id.encode("utf-8", "replace")).hexdigest()


def changed_documents(previous: TopicTree, documents: Sequence[TopicDocument]) -> set[str]:
    """Ids of documents that the tree knows with another text."""
    known = dict(zip(previous.document_ids, previous.hashes, strict=False))
    return {one.id for one in documents if one.id in known and known[one.id] != text_hash(one)}


def fit_tree(
    corpus: Corpus,
    config: HierarchyConfig,
    *,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> TopicTree:
    """Build a tree that can be updated; see `build_topic_tree` for what is raised."""
    tree = build_topic_tree(
        corpus.documents, corpus.embeddings, config, progress, citations=corpus.citations, executor=executor
    )
    return measured(
        replace(
            tree,
            wear={node.id: fresh_wear(tree.members[node.id]) for node in tree.nodes},
            hashes=tuple(text_hash(document) for document in corpus.documents),
            basis=basis_of(corpus, config),
        ),
        corpus.embeddings,
        config,
    )


def basis_of(corpus: Corpus, config: HierarchyConfig) -> dict[str, object]:
    """What a tree rests on besides its documents; another basis asks for a fit of the whole."""
    settings = hashlib.sha256(json.dumps(asdict(config), sort_keys=True).encode()).hexdigest()
    dimension = 0 if corpus.embeddings is None else int(corpus.embeddings.shape[1])
    return {"fit": FIT, "settings": settings, "embedder": corpus.embedder, "dimension": dimension}


def update_tree(
    previous: TopicTree,
    corpus: Corpus,
    changed: Collection[str],
    config: HierarchyConfig,
    *,
    life: LifeConfig | None = None,
    wishes: Wishes | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> tuple[TopicTree, TopicChanges]:
    """Carry a tree over to the documents as they are now, and tell what became of it.

    changed: ids of documents known to the tree whose text is another. With nothing changed the tree is the same bit
    for bit. Raises TopicError for what `build_topic_tree` refuses.
    """
    _require_sound(corpus)
    wishes = wishes or Wishes()
    life = life or LifeConfig()
    here = {document.id for document in corpus.documents}
    news = _News(
        changed=frozenset(name for name in changed if name in here and name in set(previous.document_ids)),
        new=frozenset(here.difference(previous.document_ids)),
        gone=frozenset(set(previous.document_ids) - here),
        documents=len(corpus.documents),
    )
    known = {*previous.departed, *(id_hash(name) for name in news.gone)}
    update = _Update(previous, corpus, config, life, news, wishes.pinned, progress, executor)
    if known.intersection(wishes.forgotten):
        nameless = tuple(replace(node, label="") for node in previous.nodes)
        return replace(update, previous=replace(previous, nodes=nameless)).whole("documents were removed for good")
    reason = "it was asked for" if wishes.refit else _why_whole(previous, corpus, config, life, news)
    if reason and not (wishes.pinned and reason.startswith(_LARGE)):
        return update.whole(reason)
    if not news.any and tuple(document.id for document in corpus.documents) == previous.document_ids:
        return previous, TopicChanges("unchanged", "the documents are the same", unchanged=news.documents)
    return update.run(everything=bool(reason))


def _require_sound(corpus: Corpus) -> None:
    """Raise TopicError for documents and embeddings that no tree can be made of."""
    ids, vectors = [document.id for document in corpus.documents], corpus.embeddings
    if not ids:
        raise TopicError("There are no documents; ingest some before topics are built.")
    if len(set(ids)) != len(ids):
        raise TopicError("A document was given twice; give each document once.")
    if vectors is not None and (vectors.ndim != 2 or vectors.shape[0] != len(ids)):
        raise TopicError(
            f"There are {len(ids)} documents and embeddings of shape {vectors.shape}; give one row for each document."
        )
    if vectors is not None and not np.isfinite(vectors).all():
        raise TopicError("The embeddings hold NaN or infinite values; embed the documents again.")


_LARGE = "a large change"


@dataclass(frozen=True, slots=True)
class _News:
    changed: frozenset[str]
    new: frozenset[str]
    gone: frozenset[str]
    documents: int

    @property
    def any(self) -> bool:
        return bool(self.changed or self.new or self.gone)


def _why_whole(previous: TopicTree, corpus: Corpus, config: HierarchyConfig, life: LifeConfig, news: _News) -> str:
    """Why a tree cannot be carried over and must be fitted anew, or an empty string."""
    if previous.words is None or not previous.wear:
        return "the tree before is of an older format and cannot be carried on"
    basis = basis_of(corpus, config)
    other = [name for name in basis if previous.basis.get(name) != basis[name]]
    if other:
        return f"the tree before rests on another basis ({', '.join(sorted(other))})"
    if len(news.new) + len(news.changed) == news.documents:
        return "no document is as it was"
    moved = len(news.new) + len(news.changed) + len(news.gone)
    if moved > life.refit_share * max(news.documents, len(previous.document_ids)):
        return f"{_LARGE}: {moved} documents came, changed or went, of {news.documents} now"
    return ""


def _carried(
    previous: TopicTree, tree: TopicTree, life: LifeConfig, same: Collection[str], pinned: Collection[str]
) -> tuple[TopicTree, Matching]:
    matching = match_trees(previous, tree, life.match, same=same, pinned=pinned)
    tree = renamed(tree, matching.ids)
    living = {node.id for node in tree.nodes}
    retired = {*previous.retired, *(node.id for node in previous.nodes)} - living
    return replace(tree, retired=tuple(sorted(retired))), matching


def _report(
    mode: str, reason: str, previous: TopicTree, tree: TopicTree, news: _News, matching: Matching,
    pinned: Collection[str],
) -> TopicChanges:  # fmt: skip
    before = dict(zip(previous.document_ids, previous.first_topics(), strict=True))
    living = {node.id for node in tree.nodes}
    pairs = [
        (before[name], topic)
        for name, topic in zip(tree.document_ids, tree.first_topics(), strict=True)
        if name in before and name not in news.changed and before[name] and topic
    ]
    return TopicChanges(
        mode=mode,
        reason=reason,
        unchanged=news.documents - len(news.new) - len(news.changed),
        changed=len(news.changed),
        new=len(news.new),
        gone=len(news.gone),
        left_out=len(tree.left_out),
        followed=len(pairs),
        stayed=sum(one == other for one, other in pairs),
        lost_pins=tuple(sorted({node.id for node in previous.nodes}.intersection(pinned) - living)),
        matching=matching,
    )


@dataclass(frozen=True)
class _Update:
    """One update of one tree."""

    previous: TopicTree
    corpus: Corpus
    config: HierarchyConfig
    life: LifeConfig
    news: _News
    pinned: frozenset[str]
    progress: Progress | None
    executor: Executor | None

    def whole(self, reason: str) -> tuple[TopicTree, TopicChanges]:
        """Fit everything anew, and carry the ids over."""
        tree = fit_tree(self.corpus, self.config, progress=self.progress, executor=self.executor)
        tree, matching = _carried(self.previous, tree, self.life, (), self.pinned)
        return tree, _report("full", reason, self.previous, tree, self.news, matching, self.pinned)

    def run(self, everything: bool) -> tuple[TopicTree, TopicChanges]:
        """everything: fit every branch anew that no pin holds."""
        tree, placed = place_changes(self.previous, self.corpus, self.news.changed, self.config, self.pinned)
        drift = self._drift(tree)
        due, held_back = self._due(tree, drift, everything)
        if due and due[0].id == ROOT:
            return self.whole(due[0].reason)
        same = {node.id for node in tree.nodes}
        fresh: set[str] = set()
        for number, one in enumerate(due):
            tree, more = self._refitted(tree, one.id)
            fresh |= more
            if self.progress is not None:
                self.progress(number + 1, len(due))
        tree = self._freshened(tree, fresh)
        same &= {node.id for node in tree.nodes} - fresh
        tree, matching = _carried(self.previous, tree, self.life, same, self.pinned)
        departed = {*self.previous.departed, *(id_hash(name) for name in self.news.gone)}
        tree = with_stubs_counted(tree)
        tree = replace(tree, departed=tuple(sorted(departed - {id_hash(one.id) for one in self.corpus.documents})))
        if self.news.any:
            tree = replace(tree, quality=topic_quality(tree, self.corpus.documents, self.config.quality))
        mode, reason = ("branches", f"{len(due)} of them") if due else ("placed", "no branch is worn")
        report = _report(mode, reason, self.previous, tree, self.news, matching, self.pinned)
        return tree, replace(
            report,
            placed=placed,
            refitted=tuple(due),
            held_back=tuple(held_back),
            drift=tuple(
                NodeDrift(topic, one.placed, one.above, one.limit, one.chance)
                for topic, one in drift.items()
                if one.placed
            ),
        )

    def _drift(self, tree: TopicTree) -> dict[str, Drift]:
        return {topic: drift_of(model, tree.wear[topic].residuals) for topic, model in tree.models.items()}

    def _due(self, tree: TopicTree, drift: dict[str, Drift], everything: bool) -> tuple[list[Refit], list[Refit]]:
        """The topmost nodes to fit anew, and those that a pin keeps from it."""
        nodes = {node.id: node for node in tree.nodes}
        parents = {node.id: node.parent for node in tree.nodes}
        guarded: set[str] = set()
        for topic in self.pinned.intersection(nodes):
            at: str | None = topic
            while at is not None:
                guarded.add(at)
                at = parents[at]
        due, held_back = [], []
        queue = [nodes[ROOT]]
        while queue:
            node = queue.pop(0)
            reason = self._why(tree, node, drift.get(node.id), everything)
            if reason and node.id not in guarded:
                due.append(Refit(node.id, node.label, node.size, reason))
                continue
            if reason and not everything:
                held_back.append(Refit(node.id, node.label, node.size, reason))
            queue.extend(nodes[child] for child in node.children)
        return due, held_back

    def _why(self, tree: TopicTree, node: TopicNode, drift: Drift | None, everything: bool) -> str:
        """Why a node is to be fitted anew, with figures, or an empty string."""
        if node.depth >= self.config.max_depth:
            return ""
        wear, life = tree.wear[node.id], self.life
        enough = wear.worn >= max(life.least_worn, life.worn_share * wear.fitted)
        back = int(wear.back.sum())
        figures = (
            f"{wear.placed.size - back} documents came and {wear.lost - back} went since it was fitted on "
            f"{wear.fitted}, of which {back} changed and stayed"
        )
        if not node.children:
            can = node.size >= self.config.split_size(self.news.documents)
            return f"it may be split now: {figures}" if can and enough else ""
        if everything:
            return f"a large change of the whole; {figures}"
        if sum(tree.node(child).scope == "local" for child in node.children) < 2:
            return f"one topic is left of it; {figures}"
        if enough:
            return figures
        asked = sum(tree.wear[topic].placed.size > 0 for topic in tree.models)
        if drift and drift.above >= life.least_above and drift.chance * asked < life.drift_chance:
            return (
                f"{drift.above} of {drift.placed} placed documents are explained worse (residual over "
                f"{drift.limit:.2f}) than 95 of 100 it was fitted on; chance {drift.chance:.1g}"
            )
        return ""

    def _refitted(self, tree: TopicTree, topic: str) -> tuple[TopicTree, set[str]]:
        """The tree with one branch fitted anew on the documents that are in it now, and the ids of its new nodes."""
        node, rows = tree.node(topic), core_rows(tree.members[topic])
        corpus = self.corpus
        replaced = below(tree.nodes, topic)
        taken = tuple(one.label for one in tree.nodes if one.id not in replaced and one.label)
        config = replace(
            self.config,
            labels=replace(self.config.labels, above=(node.label,), taken=taken),
            max_depth=self.config.max_depth - node.depth,
            min_split=self.config.split_size(self.news.documents),
            root_ranks=self.config.node_ranks,
            seed=zlib.crc32(topic.encode(), self.config.seed),
        )
        documents = [corpus.documents[row] for row in rows]
        vectors = None if corpus.embeddings is None else corpus.embeddings[rows]
        cites = None
        if corpus.citations is not None:
            pairs = np.array(corpus.citations, dtype=np.intp).reshape(-1, 2)
            cites = citations_within(pairs, rows, len(corpus.documents))
        branch = build_topic_tree(documents, vectors, config, citations=cites, executor=self.executor, quality=False)
        end = f"depth: the tree ends {self.config.max_depth} levels below the root"
        nodes = [replace(one, stop_reason=end) if one.stop_reason.startswith("depth:") else one for one in branch.nodes]
        branch = replace(branch, nodes=tuple(nodes))
        assert tree.words is not None
        words = extended(tree.words, documents, rows, branch.models.values(), self.config)
        return grafted(replace(tree, words=words), topic, branch, rows)

    def _freshened(self, tree: TopicTree, fresh: set[str]) -> TopicTree:
        """Residuals of new splits measured, and typical documents chosen again where documents came or went."""
        old = {node.id: node for node in self.previous.nodes}
        tree = measured(tree, self.corpus.embeddings, self.config)
        before = self.previous
        names = before.document_ids
        touched = []
        for node in tree.nodes:
            if node.id in fresh or node.id not in old:
                continue
            now = {tree.document_ids[row] for row in own_rows(tree, node)}
            if now != {names[row] for row in own_rows(before, node)}:
                touched.append(node.id)
        return with_exemplars(tree, touched, self.corpus.embeddings, self.config)


def place_changes(
    previous: TopicTree, corpus: Corpus, changed: Collection[str], config: HierarchyConfig,
    pinned: Collection[str] = (),
) -> tuple[TopicTree, int]:  # fmt: skip
    """The tree with gone documents dropped, and changed and new ones placed; no topic is fitted anew.

    Gives the number of documents placed as well. The tree must be one that `fit_tree` or `update_tree` made.
    """
    row = {document.id: number for number, document in enumerate(corpus.documents)}
    known = set(previous.document_ids)
    stays = [-1 if name in changed else row.get(name, -1) for name in previous.document_ids]
    tree = without(previous, np.array(stays, dtype=np.int32), list(row), pinned)
    hashes = dict(zip(previous.document_ids, previous.hashes, strict=True))
    asked = [number for name, number in row.items() if name in changed or name not in known]
    unplaced = [corpus.documents[number] for number in asked]
    hashes |= {one.id: text_hash(one) for one in unplaced}
    tree = replace(tree, hashes=tuple(hashes[name] for name in row))
    assert tree.words is not None
    counts, empty = count_known([one.text for one in unplaced], tree.words.terms, config.vocabulary.min_chars)
    usable = np.setdiff1d(np.arange(len(asked)), np.array(empty, dtype=np.intp))
    rows = np.array(asked, dtype=np.int32)[usable]
    stacked = sparse.csr_matrix(sparse.vstack([tree.words.counts, counts[usable]], format="csr"), dtype=np.float32)
    words = in_row_order(DocumentTerms(stacked, tree.words.terms, np.concatenate([tree.words.rows, rows])))
    view = View(words, corpus.embeddings, config)
    placed = place_documents(rows.astype(np.intp), tree.nodes, tree.members, tree.models, view, config)
    left_out = [unplaced[number].id for number in empty]
    return joined(tree, placed, words, left_out, previous), int(rows.size)
