"""A build, step by step: the table of contents of the system.

store -> passages -> citations -> vectors -> topics -> graph -> one generation, published whole
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from app.jobs.past import history_rows, split_tombstones
from app.jobs.relations import predicted_pairs, similar_pairs, topic_of
from app.progress import Reporter
from graph.build import Besides, build_graph
from graph.store import write_graph
from indexing.anchors import Anchor, anchors
from indexing.catalogue import FILE, WITHDRAWN_NAME, CatalogueWriter, TopicRow, id_hash
from indexing.citations.find import find_in_documents
from indexing.citations.keys import name_rows
from indexing.citations.resolve import Resolver
from indexing.citator import read_cases, write_citator
from indexing.embedding import EmbeddingCache
from indexing.generation import Generation, Generations, generation_of
from indexing.interfaces import Embedder
from indexing.lexical import Bm25Index
from indexing.models import Citation, FloatMatrix, Passage
from indexing.passages import PassageConfig, passages
from indexing.topics.hierarchy import HierarchyConfig, build_topic_tree
from indexing.topics.models import TopicDocument, TopicTree, save_tree
from indexing.vectors import FaissIndex
from scraper.errors import GenerationDamaged, GenerationError, NoGeneration, PublishRefused
from scraper.jurisdictions import Jurisdictions
from scraper.ledger import Ledger
from scraper.models import Document, DocumentKind, DocumentStatus, SpanKind, Version, canonical_json
from scraper.store import Store
from scraper.suppression import suppressed_hashes

# Raised when a change of code changes what a build gives for the same texts.
BUILD_FORMAT = 6
_NOT_OPERATIVE = {SpanKind.HISTORY, SpanKind.ANNOTATION, SpanKind.NOTICE, SpanKind.HEAD_MATTER, SpanKind.FOOTNOTE}


@dataclass(frozen=True, slots=True)
class BuildConfig:
    """Settings that shape a build; each is part of its fingerprint."""

    passages: PassageConfig = field(default_factory=PassageConfig)
    topics: HierarchyConfig = field(default_factory=HierarchyConfig)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did; `changed` is False where the current generation was already the one asked for."""

    generation: str
    changed: bool
    counts: Mapping[str, int]
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Builder:
    """Builds generations from one store."""

    store: Store
    generations: Generations
    jurisdictions: Jurisdictions
    embedder: Embedder
    cache: Path
    workers: int
    config: BuildConfig = field(default_factory=BuildConfig)

    def build(self, reporter: Reporter, *, force: bool = False, despite_refusal: bool = False) -> BuildReport:
        """Build and publish a generation, unless the current one was made from the same texts and settings.

        Raises GenerationError for an empty store, and PublishRefused where the last run of a source was refused and
        something in the store is new, unless `despite_refusal`.
        """
        inputs = self.inputs()
        current = self._current()
        if current is not None and current.inputs == inputs and not force:
            return BuildReport(current.id, False, current.facts["counts"])
        if not despite_refusal:
            self._require_sound_runs()
        finished = None if force else self.generations.finished_but_unpointed(inputs)
        if finished is not None:
            self.generations.use(finished)
            return BuildReport(finished, True, self.generations.open(finished, verify=False).facts["counts"])
        with reporter.step("Reading documents"):
            versions = list(self.store.current())
        if not versions:
            raise GenerationError(
                "There is no document to build from: run `lexatlas ingest --source NAME` first "
                "(`lexatlas sources` lists the names)."
            )
        facts: dict[str, Any] = {}
        with self.generations.building(inputs, facts) as folder:
            warnings = self._fill(folder, versions, facts, reporter)
        name = self.generations.pointed() or ""
        return BuildReport(name, True, facts["counts"], tuple(warnings))

    def _require_sound_runs(self) -> None:
        refused = Ledger(self.store.database).refused()
        if refused:
            names = ", ".join(sorted(f"{run.source} ({run.id})" for run in refused))
            raise PublishRefused(
                f"The last run of {names} was refused: what it read may be an outage and not the law. What was "
                "published before still is. Run `lexatlas ingest` again, or look at `lexatlas runs show ID` and build "
                "with --despite-refusal."
            )

    def inputs(self) -> str:
        """Return a digest of every text and setting that shapes a build."""
        digest = hashlib.sha256()
        for row in self.store.digest_rows():
            digest.update(canonical_json(row).encode("utf-8") + b"\n")
        shape = {"format": BUILD_FORMAT, "config": asdict(self.config), "embedder": self.embedder.fingerprint}
        digest.update(canonical_json(shape).encode())
        digest.update(
            repr((self.jurisdictions.courts, self.jurisdictions.reporters, self.jurisdictions.codes,
                  self.jurisdictions.acts)).encode()
        )  # fmt: skip
        return digest.hexdigest()

    def _current(self) -> Generation | None:
        try:
            return self.generations.current()[0]
        except (NoGeneration, GenerationDamaged):
            return None

    def _fill(self, folder: Path, versions: list[Version], facts: dict[str, Any], reporter: Reporter) -> list[str]:
        documents = [version.document.with_id(version.document_id) for version in versions]
        with reporter.step("Cutting passages"):
            cut = _cut(documents, self.config.passages)
        with reporter.step("Reading citations") as advance:
            citations = self._citations(documents, advance)
        texts = {doc.id: doc.text for doc in documents}
        windows = list(anchors(citations, {name: len(text) for name, text in texts.items()}))
        with reporter.step("Embedding passages") as advance:
            inputs = [embedding_input(p, texts[p.document_id]) for p in cut]
            vectors, computed = EmbeddingCache(self.cache, self.embedder).encode(inputs, advance)
        with reporter.step("Indexing"):
            FaissIndex.build(vectors).save(folder / "vectors.faiss")
            Bm25Index.build([texts[p.document_id][p.start : p.end] for p in cut]).save(folder / "lexical")
            Bm25Index.build([heading_text(doc) for doc in documents]).save(folder / "headings")
            Bm25Index.build([texts[a.document_id][a.start : a.end] for a in windows]).save(folder / "anchors")
        with reporter.step("Finding topics") as advance:
            means = document_vectors(documents, cut, vectors)
            inputs_of_topics = [TopicDocument(doc.id, operative_text(doc), _group(doc)) for doc in documents]
            tree = build_topic_tree(inputs_of_topics, means, self.config.topics, advance)
            save_tree(tree, folder / "topics")
        rows, members = topic_rows(tree, documents)
        counts = {"documents": len(documents), "passages": len(cut), "citations": len(citations), "topics": len(rows),
                  "resolved_citations": sum(c.to is not None for c in citations), "embedded": computed}  # fmt: skip
        with reporter.step("Reading treatments") as advance:
            cases = read_cases(documents, citations, self.jurisdictions, topic_of(rows, members), advance)
        with reporter.step("Drawing the graph"):
            self._catalogue(folder, versions, cut, citations, windows, rows, members)
            write_citator(folder / FILE, cases)
            similar = similar_pairs(documents, means)
            predicted, why_none = predicted_pairs(documents, citations, members)
            held = [(one.document_id, one.hash) for document in documents for one in self.store.versions(document.id)]
            besides = Besides(cases.treatments, held, cut, similar, predicted)
            run = generation_of(folder)
            graph = build_graph(documents, citations, rows, members, self.jurisdictions, run, besides)
            counts |= {"treatments": len(cases.treatments), "nodes": len(graph.nodes), "edges": len(graph.edges)}
            write_graph(folder / FILE, graph)
        facts |= {"counts": counts, "model": self.embedder.name, "fingerprint": self.embedder.fingerprint,
                  "dimension": self.embedder.dimension, "topics": tree.quality}  # fmt: skip
        return [*(str(warning) for warning in tree.warnings), *([why_none] if why_none else [])]

    def _citations(self, documents: Sequence[Document], advance: Any) -> list[Citation]:
        older = (
            version.document.with_id(document.id)
            for document in documents
            if document.kind is not DocumentKind.CASE
            for version in self.store.versions(document.id)
            if version.hash != document.version
        )
        resolver = Resolver.from_documents(documents, self.jurisdictions, older)
        found: list[Citation] = []
        for done, part in enumerate(find_in_documents(documents, self.jurisdictions, self.workers), 1):
            found.extend(resolver.resolve(part))
            advance(done, len(documents))
        return found

    def _catalogue(
        self, folder: Path, versions: list[Version], cut: Sequence[Passage], citations: Sequence[Citation],
        windows: Sequence[Anchor], rows: Sequence[TopicRow], members: Sequence[tuple[str, str, float]],
    ) -> None:  # fmt: skip
        writer = CatalogueWriter(folder / FILE)
        levels = {court.id: court.level for court in self.jurisdictions.courts}
        tombstones, withheld = split_tombstones(self.store)
        ids = [version.document_id for version in (*versions, *tombstones)]
        sources = {i: [ref.url for ref in self.store.sources_of(i)] for i in ids}
        codes = {i: found[0].id for i in ids if (found := self.jurisdictions.code_of_id(i))}
        writer.documents(versions, levels, sources, codes)
        writer.tombstones(tombstones, levels, sources, codes)
        writer.gone((id_hash(name), "withheld") for name in withheld)
        writer.gone((hashed, "removed") for hashed in suppressed_hashes(self.store.database))
        writer.changes(history_rows(self.store, {v.document_id: v for v in (*versions, *tombstones)}))
        writer.versions(v for i in ids for v in self.store.versions(i))
        writer.names(
            (key, version.document_id, kind)
            for version in versions
            for key, kind in name_rows(version.document, self.jurisdictions)
        )
        # Under a kind of its own: nothing that is cited may be found there unless nothing else bears the name.
        writer.names(
            (key, version.document_id, WITHDRAWN_NAME)
            for version in tombstones
            for key, _ in name_rows(version.document, self.jurisdictions)
        )
        writer.passages(cut)
        writer.citations(citations)
        writer.anchors(windows)
        writer.topics(rows, members)
        last = self.store.last_change()
        run = next((run for run in Ledger(self.store.database).runs() if run.finished), None)
        writer.facts(
            {
                "model": self.embedder.name,
                "last_change": last.isoformat() if last else "",
                "last_crawl": run.finished.isoformat() if run and run.finished else "",
            }
        )
        writer.close()


def _cut(documents: Iterable[Document], config: PassageConfig) -> list[Passage]:
    cut: list[Passage] = []
    for document in documents:
        cut.extend(passages(document, config, first_id=len(cut)))
    return cut


def embedding_input(passage: Passage, text: str) -> str:
    """Return the exact text that is embedded for a passage: its heading, then its words."""
    return (
        f"{passage.heading}\n{text[passage.start : passage.end]}"
        if passage.heading
        else text[passage.start : passage.end]
    )


def heading_text(document: Document) -> str:
    """Return what a document is called and where it stands: title, citations, places, court."""
    places = [level.label for level in document.hierarchy]
    return "\n".join([document.title, document.citation, *document.parallel_citations, *document.aliases, *places])


def operative_text(document: Document) -> str:
    """Return the text without history, notes, head matter and footnotes, for topics; "" for what has no force."""
    if document.kind is not DocumentKind.CASE and document.status is not DocumentStatus.IN_FORCE:
        return ""
    kept, at = [], 0
    for span in sorted(span for span in document.spans if span.kind in _NOT_OPERATIVE):
        kept.append(document.text[at : max(at, span.start)])
        at = max(at, span.end)
    return f"{document.title}\n" + "".join([*kept, document.text[at:]])


def document_vectors(documents: Sequence[Document], cut: Sequence[Passage], vectors: FloatMatrix) -> FloatMatrix:
    """Return the mean of each document's passage vectors, `(n, dim)` of length one; zero for one without passages."""
    rows = {document.id: row for row, document in enumerate(documents)}
    total = np.zeros((len(documents), vectors.shape[1]), dtype=np.float32)
    np.add.at(total, [rows[p.document_id] for p in cut], vectors)
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    return (total / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def topic_rows(tree: TopicTree, documents: Sequence[Document]) -> tuple[list[TopicRow], list[tuple[str, str, float]]]:
    """Return the tree as the catalogue keeps it: topics, parents first, and (topic, document, weight)."""
    members = [(topic, documents[row].id, weight) for topic, row, weight in tree.memberships()]
    rows = [
        TopicRow(node.id, node.parent, node.depth, node.label, node.scope, node.terms, node.stats(), node.size)
        for node in tree.nodes
    ]
    return rows, members


def _group(document: Document) -> str:
    if document.kind is DocumentKind.CASE:
        return ""
    return " / ".join(level.label for level in document.hierarchy if level.kind != "section")
