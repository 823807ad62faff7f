"""The topic tree: NMFk at the root, then again on the documents of each topic, with a vocabulary of their own.

Source: hierarchical NMFk (Eren et al. 2023; Barron et al. 2025). Each node asks the stop rules before any work
is paid for. Documents go down the tree with their first topic; how much of the others they hold is kept.

Each node factorises the words of its documents mixed along a graph of what is known of them besides (`views`): many
steps at the root, where broad subjects are sought, few below. Mixing makes every split look stable, so that a split
must also be found again from half of the words and half of the links, drawn before any mixing (`reproduce`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.topics.ensemble import global_topics
from indexing.topics.labels import LabelConfig, best_terms, label_topics
from indexing.topics.models import (
    ROOT,
    DocumentTerms,
    Membership,
    SplitModel,
    TopicDocument,
    TopicNode,
    TopicTree,
)
from indexing.topics.nmf import Matrix, place
from indexing.topics.nmfk import NmfkConfig, NmfkResult, TopicWarning, nmfk
from indexing.topics.quality import QualityConfig, topic_quality
from indexing.topics.reproduce import Reproduction, reproduction
from indexing.topics.sweep import Executor
from indexing.topics.vectorize import (
    Indices,
    TermCounts,
    TfidfMatrix,
    VocabularyConfig,
    count_terms,
    weigh,
)
from indexing.topics.views import Pairs, ViewConfig, citations_within, diffuse, document_graph, neighbour_count
from scraper.errors import TopicError

Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]
_TRIES = 3
_NEAR = 0.5
"""The neighbours' share in a document's narrow surroundings."""


@dataclass(frozen=True, slots=True)
class HierarchyConfig:
    """max_depth: levels below the root. min_split: fewest documents of a node that may be split; None for
    about 0.8 * sqrt(n), at least 12. root_ranks, node_ranks: numbers of topics to try. per_topic: documents
    that a node must have for each topic it is split into. min_child: a topic that is the first of fewer
    documents is given up, and they go to their next topic. max_child: a split that leaves more than this
    share of a node in one topic is no split. min_share: smaller shares of a topic in a document are dropped.
    neighbours: nearest ones of each document that make the graph. smoothing: share of the neighbours' terms at each
    step of mixing; 0 uses words alone. root_steps, steps: of mixing, at the root and below it. views: what the graph
    is made of. reproduced: how far a split must be the same again from half of the words and links, 0 (chance) to 1.
    """

    seed: int = 0
    max_depth: int = 3
    min_split: int | None = None
    root_ranks: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 24)
    node_ranks: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8)
    per_topic: int = 5
    min_child: int = 3
    max_child: float = 0.95
    min_share: float = 0.1
    neighbours: int = 15
    smoothing: float = 0.75
    root_steps: int = 8
    steps: int = 4
    reproduced: float = 0.35
    exemplars: int = 5
    views: ViewConfig = field(default_factory=ViewConfig)
    # Mixed rows are of like length already, and balancing them would weigh rare words up once more.
    nmfk: NmfkConfig = field(default_factory=lambda: NmfkConfig(balance=0.0, find_global=False))
    vocabulary: VocabularyConfig = field(default_factory=VocabularyConfig)
    labels: LabelConfig = field(default_factory=LabelConfig)
    quality: QualityConfig = field(default_factory=QualityConfig)

    def split_size(self, documents: int) -> int:
        """Fewest documents of a node that may be split, in a corpus of `documents`."""
        return self.min_split if self.min_split is not None else max(12, round(0.8 * documents**0.5))


@dataclass(slots=True)
class _Draft:
    """A node that is still being built; core: its documents as rows of the counts, ascending."""

    id: str
    parent: str | None
    depth: int
    core: Indices
    path: Floats
    label: str = ""
    terms: tuple[tuple[str, float], ...] = ()
    scope: str = "local"
    stability: float = 1.0
    error: float = 0.0
    exemplars: tuple[int, ...] = ()
    children: list[str] = field(default_factory=list)
    stop_reason: str = ""
    rank_reason: str = ""
    rank_table: tuple[Mapping[str, Any], ...] = ()


def build_topic_tree(
    documents: Sequence[TopicDocument],
    embeddings: Floats | None,
    config: HierarchyConfig | None = None,
    progress: Progress | None = None,
    *,
    citations: Pairs | None = None,
    executor: Executor | None = None,
    quality: bool = True,
) -> TopicTree:
    """Build the tree of topics of a corpus.

    embeddings: (n, d) in the order of `documents`, or None (with a warning). progress is called with (documents
    settled in a leaf, all documents). citations: (from row, to row) among `documents`. executor: works out the fits,
    with the same result anywhere. quality: measure the tree, which takes a pass over all texts. The result does not
    depend on the order of the documents; the same seed gives the same tree on one CPU type with one BLAS thread.
    Raises TopicError without documents, for ids given twice, for embeddings of another length or with NaN, for
    citations of rows that are not there, and when no document holds usable text.
    """
    config = config or HierarchyConfig()
    given = documents
    order = _checked_order(documents, embeddings)
    documents = [documents[index] for index in order]
    if embeddings is not None:
        embeddings = np.asarray(embeddings, dtype=np.float32)[order]
    counts = count_terms([document.text for document in documents], config.vocabulary)
    kept = [documents[index] for index in counts.kept]
    vectors = None if embeddings is None else embeddings[counts.kept]
    pairs = _checked_citations(citations, len(given))
    rows = np.asarray(order, dtype=np.intp)[counts.kept]
    cites = np.array(citations_within(pairs, rows, len(given)), dtype=np.intp).reshape(-1, 2)
    builder = _Builder(kept, counts, vectors, cites, config, progress, executor)
    if embeddings is None and config.smoothing > 0:
        builder.warn("embeddings_missing", "Topics rest on words and citations alone: no embeddings were given.")
    if counts.stubs.size:
        builder.warn("stubs_left_out", f"{counts.stubs.size} documents are too short or hold no term.")
    left_out = tuple(documents[index].id for index in counts.stubs)
    tree = builder.build([document.id for document in given], rows.astype(np.int32), left_out)
    return replace(tree, quality=topic_quality(tree, documents, config.quality)) if quality else tree


def _checked_citations(citations: Pairs | None, documents: int) -> NDArray[np.intp]:
    pairs = np.array([] if citations is None else list(citations), dtype=np.intp).reshape(-1, 2)
    if pairs.size and (int(pairs.min()) < 0 or int(pairs.max()) >= documents):
        raise TopicError(f"A citation names a row outside of the {documents} documents; give rows from 0 on.")
    return pairs


def _checked_order(documents: Sequence[TopicDocument], embeddings: Floats | None) -> list[int]:
    if not documents:
        raise TopicError("There are no documents; ingest some before topics are built.")
    ids = [document.id for document in documents]
    if len(set(ids)) != len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise TopicError(f"The document '{twice}' was given twice; give each document once.")
    if embeddings is not None:
        if embeddings.ndim != 2 or embeddings.shape[0] != len(documents):
            raise TopicError(
                f"There are {len(documents)} documents and embeddings of shape {embeddings.shape}; "
                "give one row for each document."
            )
        if not np.isfinite(embeddings).all():
            raise TopicError("The embeddings hold NaN or infinite values; embed the documents again.")
    return sorted(range(len(ids)), key=lambda index: ids[index])


class _Builder:
    """Grows one tree; every node's data are rows of the same counts."""

    def __init__(
        self,
        documents: Sequence[TopicDocument],
        counts: TermCounts,
        embeddings: Floats | None,
        citations: NDArray[np.intp],
        config: HierarchyConfig,
        progress: Progress | None,
        executor: Executor | None,
    ) -> None:
        self._documents = documents
        self._counts = counts
        self._embeddings = embeddings
        self._citations = citations
        self._executor = executor
        self._config = config
        self._progress = progress
        self._frequency = np.bincount(counts.counts.indices, minlength=counts.counts.shape[1])
        self._split_size = config.split_size(len(documents))
        self._drafts: dict[str, _Draft] = {}
        self._members: dict[str, Membership] = {}
        self._models: dict[str, SplitModel] = {}
        self._warnings: list[TopicWarning] = []
        self._settled = 0

    def warn(self, kind: str, text: str) -> None:
        self._warnings.append(TopicWarning(kind, text))

    def build(self, ids: Sequence[str], rows: NDArray[np.int32], left_out: tuple[str, ...]) -> TopicTree:
        """Grow the tree. ids: of all documents as given; rows: where among them the builder's own stand."""
        everything = np.arange(len(self._documents), dtype=np.intp)
        root = _Draft(ROOT, None, 0, everything, np.ones(everything.size, dtype=np.float32))
        self._describe_root(root)
        self._drafts[ROOT] = root
        self._members[ROOT] = Membership(
            everything.astype(np.int32), root.path, np.ones(everything.size, dtype=np.bool_)
        )
        queue = [root]
        while queue:
            draft = queue.pop(0)
            children = self._split(draft)
            if not children:
                self._settled += draft.core.size
                if self._progress is not None:
                    self._progress(self._settled, len(self._documents))
            queue.extend(children)
        return TopicTree(
            nodes=tuple(self._node(draft) for draft in self._drafts.values()),
            document_ids=tuple(ids),
            members={topic: _at_rows(member, rows) for topic, member in self._members.items()},
            models=self._models,
            left_out=left_out,
            warnings=tuple(self._warnings),
            words=_words_at_rows(self._counts, rows),
        )

    def _describe_root(self, root: _Draft) -> None:
        matrix = self._words(root)
        mean = np.asarray(matrix.x.mean(axis=0), dtype=np.float32).ravel()
        nobody = np.zeros((0, mean.size), dtype=np.float32)
        root.label = "All documents"
        root.terms = best_terms(mean, nobody, matrix.terms, self._config.labels.terms)
        root.exemplars = tuple(root.core[np.argsort(-(matrix.x @ mean), kind="stable")][: self._config.exemplars])

    def _words(self, draft: _Draft) -> TfidfMatrix:
        return weigh(self._counts, draft.core, self._config.vocabulary)

    def _graph(self, draft: _Draft, words: TfidfMatrix) -> Matrix | None:
        """What is near what among a node's documents; None where words alone are asked for, or nothing is known."""
        config, core = self._config, draft.core
        if config.smoothing <= 0 or core.size < 4:
            return None
        vectors = None if self._embeddings is None else self._embeddings[core]
        cites = citations_within(self._citations, core, len(self._documents))
        graph = document_graph(words.x, vectors, cites, neighbour_count(core.size, config.neighbours), config.views)
        return graph if graph.nnz else None

    def _stop_before(self, draft: _Draft) -> str:
        """Why a node is not even tried, or an empty string; costs nothing."""
        config = self._config
        if draft.scope == "global":
            return "global: it is shared by all documents of its parent"
        if draft.depth >= config.max_depth:
            return f"depth: the tree ends {config.max_depth} levels below the root"
        if draft.core.size < self._split_size:
            return f"size: {draft.core.size} documents, and {self._split_size} are needed to split"
        if not self._ranks(draft):
            return f"size: {draft.core.size} documents are too few for 2 topics"
        return ""

    def _ranks(self, draft: _Draft) -> list[int]:
        ranks = self._config.root_ranks if draft.depth == 0 else self._config.node_ranks
        return [k for k in ranks if k * self._config.per_topic <= draft.core.size]

    def _split(self, draft: _Draft) -> list[_Draft]:
        draft.stop_reason = self._stop_before(draft)
        if draft.stop_reason:
            return []
        words = self._words(draft)
        result, again = self._topics(draft, words)
        draft.error, draft.rank_reason = result.error, result.reason
        draft.rank_table = tuple(result.to_json()["table"])
        for warning in result.warnings:
            if warning.kind in ("flat_profile", "edge_of_range", "not_converged"):
                self.warn(warning.kind, f"{draft.id}: {warning.text}")
        if again is not None and again.agreement < self._config.reproduced:
            draft.stop_reason = (
                f"stability: rank {result.rank} is not found again from half of the words and links (agreement "
                f"{again.agreement:.2f}, and {self._config.reproduced:.2f} is needed)"
            )
            return []
        if result.rank < 2:
            draft.stop_reason = f"stability: {result.reason}"
            return []
        filled = np.flatnonzero(np.diff(words.x.indptr) > 0)
        first, sizes = _first_topics(np.where(result.is_global, 0.0, result.w), filled, self._config.min_child)
        if np.count_nonzero(sizes) < 2:
            draft.stop_reason = f"split: no two topics with {self._config.min_child} documents or more"
            return []
        if sizes.max() > self._config.max_child * draft.core.size:
            draft.stop_reason = f"split: {int(sizes.max())} of {draft.core.size} documents would stay in one topic"
            return []
        return self._children(draft, words, result, first, sizes, again)

    def _topics(self, draft: _Draft, words: TfidfMatrix) -> tuple[NmfkResult, Reproduction | None]:
        """The topics of a node at the largest rank that is also found again from halves of what is known."""
        config = self._config
        steps = config.root_steps if draft.depth == 0 else config.steps
        limit, seed = config.views.terms, self._node_seed(draft)
        graph = self._graph(draft, words)
        x = words.x if graph is None else diffuse(words.x, graph, steps, config.smoothing, limit)
        ranks = self._ranks(draft)
        best: tuple[NmfkResult, Reproduction | None] | None = None
        for _ in range(_TRIES):
            result = nmfk(x, ranks, config.nmfk, seed, executor=self._executor)
            if result.rank < 2 or graph is None:
                return best or (result, None)
            again = reproduction(words.x, graph, result.w, (steps, config.smoothing, limit), seed)
            result = _with_own_words(words.x, diffuse(words.x, graph, 1, _NEAR, limit), result, config.nmfk)
            if again.agreement >= config.reproduced:
                return result, again
            best = best or (result, again)
            ranks = [k for k in ranks if k < result.rank]
            if not ranks:
                break
        assert best is not None
        return best

    def _node_seed(self, draft: _Draft) -> int:
        path = [int(part) for part in draft.id.lstrip("t").split(".")] if draft.depth else []
        return int(np.random.SeedSequence([self._config.seed, *path]).generate_state(1)[0])

    def _children(
        self,
        draft: _Draft,
        words: TfidfMatrix,
        result: NmfkResult,
        first: Indices,
        sizes: NDArray[np.intp],
        again: Reproduction | None,
    ) -> list[_Draft]:
        kept = np.where(sizes > 0, result.w, 0.0).astype(np.float32)
        totals = kept.sum(axis=1, keepdims=True)
        shares = np.divide(kept, totals, out=np.zeros_like(kept), where=totals > 0)
        empty = np.flatnonzero(totals.ravel() <= 0)
        order = [int(j) for j in np.argsort(-sizes, kind="stable") if sizes[j] > 0]
        everywhere = [int(j) for j in np.flatnonzero(result.is_global)]
        small = result.rank - len(order) - len(everywhere)
        if small:
            self.warn("small_topic", f"{draft.id}: {small} topics are the first of too few documents to be kept.")
        # A topic that all documents share says of none what it is about: it is nobody's first, and comes last.
        shares[:, everywhere] = _parts(result.w)[:, everywhere]
        order += everywhere
        children = []
        for number, topic in enumerate(order, start=1):
            name = f"t{number}" if draft.depth == 0 else f"{draft.id}.{number}"
            core = (first == topic) & (sizes[topic] > 0)
            # A document without any weight here has no first topic; it stays with the parent.
            core[empty] = False
            held = np.flatnonzero(core | (shares[:, topic] >= self._config.min_share))
            weights = draft.path[held] * shares[held, topic]
            self._members[name] = Membership(draft.core[held].astype(np.int32), weights.astype(np.float32), core[held])
            own = np.flatnonzero(core)
            child = _Draft(name, draft.id, draft.depth + 1, draft.core[own], draft.path[own] * shares[own, topic])
            child.scope = "global" if topic in everywhere else "local"
            found_again = 1.0 if again is None else float(again.topics[topic])
            child.stability = min(float(result.stability[topic]), found_again)
            child.error = result.error
            asked = held if topic in everywhere else own
            typical = asked[np.argsort(-_typicality(words.x, result, shares, topic)[asked], kind="stable")]
            child.exemplars = tuple(int(row) for row in draft.core[typical])
            children.append(child)
        self._name(children, words, result.h[order], draft.label)
        for child in children:
            child.exemplars = child.exemplars[: self._config.exemplars]
            self._drafts[child.id] = child
            draft.children.append(child.id)
        columns = words.columns
        self._models[draft.id] = SplitModel(words.terms, self._idf(draft, columns), result.h[order].astype(np.float32))
        return children

    def _idf(self, draft: _Draft, columns: Indices) -> Floats:
        part = self._counts.counts[draft.core][:, columns]
        frequency = np.bincount(part.indices, minlength=columns.size)
        idf: Floats = (np.log((1.0 + draft.core.size) / (1.0 + frequency)) + 1.0).astype(np.float32)
        return idf

    def _lift(self, draft: _Draft, columns: Indices) -> Floats:
        """(m,) how much more often a topic's documents use each term than all documents do, as a logarithm from 0 up.

        Among siblings a term may tell one from the others that all their cousins use too.
        """
        rows = draft.core if draft.core.size else self._drafts[draft.parent or ROOT].core
        inside = np.bincount(self._counts.counts[rows].indices, minlength=self._frequency.size)[columns] / rows.size
        everywhere = self._frequency[columns] / len(self._documents)
        lift: Floats = np.log(np.maximum(inside, 1e-9) / np.maximum(everywhere, 1e-9))
        return np.maximum(lift, 0.0).astype(np.float32)

    def _name(self, children: Sequence[_Draft], words: TfidfMatrix, h: Floats, parent: str) -> None:
        config = self._config.labels
        texts, weights = [], []
        for number, child in enumerate(children):
            others = np.delete(h, number, axis=0)
            own = h[number] * self._lift(child, words.columns)
            child.terms = best_terms(own if own.any() else h[number], others, words.terms, config.terms)
            weights.append(best_terms(h[number], others[:0], words.terms, 200))
            texts.append([self._documents[row].text for row in child.exemplars[: config.documents]])
        taken = [draft.label for draft in self._drafts.values()]
        named = label_topics(texts, weights, [parent, *config.above], [*taken, *config.taken])
        for child, label in zip(children, named, strict=True):
            child.label = label

    def _node(self, draft: _Draft) -> TopicNode:
        return TopicNode(
            id=draft.id,
            parent=draft.parent,
            children=tuple(draft.children),
            depth=draft.depth,
            label=draft.label,
            terms=draft.terms,
            size=int(draft.core.size),
            scope=draft.scope,
            stability=draft.stability,
            error=draft.error,
            exemplars=tuple(self._documents[row].id for row in draft.exemplars),
            stop_reason=draft.stop_reason,
            rank_reason=draft.rank_reason,
            rank_table=draft.rank_table,
        )


def _first_topics(w: Floats, filled: Indices, least: int) -> tuple[Indices, NDArray[np.intp]]:
    """Each document's strongest topic, among those that are the strongest of `least` documents or more.

    w: (n, k); filled: the rows that count. Gives (n,) topics and (k,) sizes; given-up topics have size 0.
    """
    allowed = np.ones(w.shape[1], dtype=np.bool_)
    while True:
        first = np.where(allowed, w, -1.0).argmax(axis=1)
        sizes = np.bincount(first[filled], minlength=w.shape[1])
        small = np.flatnonzero(allowed & (sizes < least))
        if small.size == 0 or np.count_nonzero(allowed) == 1:
            return first, np.where(allowed, sizes, 0)
        # One at a time, the smallest first: its documents may lift another one over the bar.
        allowed[small[np.argmin(sizes[small])]] = False


def _with_own_words(x: Matrix, near: Matrix, result: NmfkResult, config: NmfkConfig) -> NmfkResult:
    """The same topics with shares as W: three parts what wide surroundings say of a document, one what narrow do.

    Wide ones tell the subject of a document more surely; narrow ones, half of which are its own words, that it has a
    second subject. Which topics are in all documents alike is told by their own words: mixing spreads every topic.
    x, near: (n, m) words before any mixing, and mixed once.
    """
    own, _ = place(result.h, x)
    narrow, _ = place(result.h, near)
    shared = global_topics(own, *config.globals())
    shares = 0.75 * _parts(result.w) + 0.25 * _parts(narrow)
    return replace(result, w=shares, is_global=shared, k=max(result.rank - int(shared.sum()), 1))


def _parts(w: Floats) -> Floats:
    totals = w.sum(axis=1, keepdims=True)
    parts: Floats = np.divide(w, totals, out=np.zeros_like(w), where=totals > 0)
    return parts


def _at_rows(member: Membership, rows: NDArray[np.int32]) -> Membership:
    """The same membership with the builder's document numbers replaced by rows of the documents as given."""
    indices = rows[member.indices]
    order = np.argsort(indices, kind="stable")
    return Membership(indices[order], member.weights[order], member.core[order])


def _words_at_rows(counts: TermCounts, rows: NDArray[np.int32]) -> DocumentTerms:
    order = np.argsort(rows, kind="stable")
    return DocumentTerms(counts.counts[order], counts.terms, rows[order])


def _typicality(x: Matrix, result: NmfkResult, shares: Floats, topic: int) -> Floats:
    """How typical each document is of a topic: its share times the cosine of its own words to the topic."""
    cosines = np.asarray(x @ result.h[topic], dtype=np.float32)
    typical: Floats = shares[:, topic] * cosines
    return typical
