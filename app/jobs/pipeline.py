"""A build, step by step: the table of contents of the system.

store -> passages -> citations -> vectors -> topics -> graph -> one generation, published whole
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.jobs.past import history_rows, split_tombstones
from app.jobs.ranker import write_ranking
from app.jobs.relations import predicted_pairs, similar_pairs, topic_of
from app.jobs.topics import FOLDER, TopicsBuilt, TopicSettings, build_topics, document_vectors, topic_corpus
from app.progress import Reporter
from app.topic_reports import write_drift
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
from indexing.models import Citation, Passage
from indexing.passages import PassageConfig, passages
from indexing.topics.life import Wishes
from indexing.topics.sweep import Executor
from indexing.vectors import FaissIndex
from scraper.errors import GenerationDamaged, GenerationError, NoGeneration, PublishRefused
from scraper.jurisdictions import Jurisdictions
from scraper.ledger import Ledger
from scraper.models import Document, DocumentKind, Version, canonical_json
from scraper.store import Store
from scraper.suppression import suppressed_hashes

# Raised when a change of code changes what a build gives for the same texts.
BUILD_FORMAT = 8


@dataclass(frozen=True, slots=True)
class BuildConfig:
    """Settings that shape a build; each is part of its fingerprint."""

    passages: PassageConfig = field(default_factory=PassageConfig)
    topics: TopicSettings = field(default_factory=TopicSettings)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did; `changed` is False where the current generation was already the one asked for."""

    generation: str
    changed: bool
    counts: Mapping[str, int]
    warnings: tuple[str, ...] = ()
    topics: Mapping[str, Any] = field(default_factory=dict)  # what became of them, see TopicChanges.to_json

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
    pinned: frozenset[str] = frozenset()  # topics that a refit must leave as they are
    executor: Executor | None = None  # where the fits of topics are worked out; in this process if None
    config: BuildConfig = field(default_factory=BuildConfig)

    def build(
        self, reporter: Reporter, *, force: bool = False, despite_refusal: bool = False, refit_topics: bool = False
    ) -> BuildReport:
        """Build and publish a generation, unless the current one was made from the same texts and settings.

        With `refit_topics` it is built in any case, and the whole tree of topics fitted anew.

        Raises GenerationError for an empty store, and PublishRefused where the last run of a source was refused and
        something in the store is new, unless `despite_refusal`.
        """
        inputs = self.inputs()
        current = self._current()
        force = force or refit_topics
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
            before = current.folder if current else None
            topics, warnings = self._fill(folder, versions, facts, before, refit_topics, reporter)
        name = self.generations.pointed() or ""
        return BuildReport(name, True, facts["counts"], tuple(warnings), topics.changes.to_json())

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

    def _fill(
        self, folder: Path, versions: list[Version], facts: dict[str, Any], before: Path | None, refit_topics: bool,
        reporter: Reporter,
    ) -> tuple[TopicsBuilt, list[str]]:  # fmt: skip
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
            corpus = topic_corpus(documents, means, citations, self.embedder.fingerprint)
            forgotten = frozenset(suppressed_hashes(self.store.database))
            wishes = Wishes(self.pinned, refit_topics, forgotten)
            topics = build_topics(folder, corpus, self.config.topics, before, wishes, advance, self.executor)
        with reporter.step("Testing what shifts"):
            write_drift(folder / FOLDER, topics.tree, documents, [one.text for one in corpus.documents])
        rows, members = topics.rows, topics.members
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
        with reporter.step("Learning to rank"):
            facts["ranking"] = write_ranking(folder, documents, cut, means, self.embedder)
        facts |= {"counts": counts, "model": self.embedder.name, "fingerprint": self.embedder.fingerprint,
                  "dimension": self.embedder.dimension, "topics": topics.tree.quality,
                  "topic_changes": topics.changes.facts()}  # fmt: skip
        return topics, [*topics.warnings, *([why_none] if why_none else [])]

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
