"""The only place where concrete classes meet: Settings -> Services."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from app.citator import NOT_READ, Standings
from app.config import Settings
from app.retrieval.corpus import Corpus
from app.retrieval.hybrid import HybridSearch
from app.state.database import State
from app.state.topics import TopicNames, pinned_topics
from app.topics.names import lay_over, swapped
from graph.flags import Flags
from graph.store import GraphStore
from indexing.catalogue import FILE
from indexing.embedding import create_embedder
from indexing.generation import Generations
from indexing.interfaces import Embedder
from scraper.database import Database
from scraper.errors import RunLocked, StoreError
from scraper.jurisdictions import Jurisdictions
from scraper.store import Store

if TYPE_CHECKING:
    from app.answering.llm import OpenAIClient
    from app.jobs.pipeline import Builder

_LOG = logging.getLogger("lexatlas.wiring")


@dataclass(frozen=True)
class Snapshot:
    """Everything that one request reads, from exactly one generation."""

    search: HybridSearch
    graph: GraphStore
    warnings: tuple[str, ...] = ()

    @cached_property
    def flags(self) -> Flags:
        """Return what was undone, read from the graph on first use."""
        return Flags(self.graph)

    @cached_property
    def standings(self) -> Standings:
        """Return what became of each authority, read on first use."""
        return Standings(self.corpus, self.search.jurisdictions)

    @property
    def corpus(self) -> Corpus:
        """Return the generation's texts and indexes."""
        return self.search.corpus


class Snapshots:
    """The served generation; a newly published one is taken up by a request, without an error for any.

    While one request opens a new generation the others are answered from the old one. What people did to topics is
    laid over it, as it is at that moment.
    """

    def __init__(self, generations: Generations, load: Callable[[], Snapshot], names: TopicNames | None = None) -> None:
        self._generations = generations
        self._load = load
        self._names = names
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._pointed: str | None = None
        self._laid: tuple[Snapshot, int, Snapshot] | None = None  # (as built, revision of the names, as served)
        self._told = ""  # of what went wrong with the names: once is enough

    def current(self) -> Snapshot:
        """Return the snapshot to serve; raise NoGeneration or GenerationDamaged."""
        return self._named(self.built())

    def _named(self, built: Snapshot) -> Snapshot:
        if self._names is None:
            return built
        try:
            revision = self._names.revision()
            laid = self._laid
            if laid is None or laid[0] is not built or laid[1] != revision:
                state = self._names.current()
                corpus = lay_over(built.corpus, state)
                laid = (built, state.revision, swapped(built, search=swapped(built.search, corpus=corpus)))
                self._laid = laid
        except StoreError as error:  # the law is served whatever became of the names
            if str(error) != self._told:
                _LOG.warning("topics are served without the names that people gave them: %s", error)
                self._told = str(error)
            return built
        return laid[2]

    def built(self) -> Snapshot:
        """Return the snapshot as its build left it; raise NoGeneration or GenerationDamaged."""
        snapshot = self._snapshot
        if snapshot is not None and self._generations.pointed() == self._pointed:
            return snapshot
        if not self._lock.acquire(blocking=snapshot is None):
            assert snapshot is not None  # only a first request waits
            return snapshot
        try:
            pointed = self._generations.pointed()
            if self._snapshot is None or pointed != self._pointed:
                self._snapshot, self._pointed = self._load(), pointed
            return self._snapshot
        finally:
            self._lock.release()


@dataclass(frozen=True)
class Services:
    """What the API, the CLI and the jobs are handed."""

    settings: Settings
    jurisdictions: Jurisdictions
    generations: Generations
    embedder: Embedder
    snapshots: Snapshots
    names: TopicNames
    llm: OpenAIClient | None = None

    @cached_property
    def store(self) -> Store:
        """Return the ingest store, opened on first use: the service itself reads only generations."""
        return Store(Database(self.settings.database_url))

    def prune(self) -> None:
        """Remove generations long past, as many as the settings say; a build that goes on elsewhere does it itself."""
        if self.settings.keep:
            with suppress(RunLocked):
                self.generations.prune(self.settings.keep)

    def builder(self) -> Builder:
        """Return what builds generations from the store."""
        from app.jobs.pipeline import Builder  # scikit-learn and more: only a build waits for them
        from indexing.topics.sweep import executor_for

        return Builder(
            store=self.store,
            generations=self.generations,
            jurisdictions=self.jurisdictions,
            embedder=self.embedder,
            cache=self.settings.data / "embeddings",
            workers=self.settings.workers,
            pinned=pinned_topics(self.settings.data),
            executor=executor_for(self.settings.dask, self.settings.workers),
        )


def wire(settings: Settings) -> Services:
    """Return the services for some settings; nothing heavy is loaded and nothing is read from the network."""
    jurisdictions = Jurisdictions.load(settings.jurisdiction_files())
    generations = Generations(settings.data)
    embedder = create_embedder(settings.embedder, settings.models)

    def load() -> Snapshot:
        generation, warnings = generations.current()
        search = HybridSearch(Corpus.load(generation), embedder, jurisdictions)
        snapshot = Snapshot(search, GraphStore(generation.folder / FILE), tuple(warnings))
        return snapshot if snapshot.standings.held else replace(snapshot, warnings=(*snapshot.warnings, NOT_READ))

    names = TopicNames(State(settings.data))
    snapshots = Snapshots(generations, load, names)
    return Services(settings, jurisdictions, generations, embedder, snapshots, names, _llm(settings))


def _llm(settings: Settings) -> OpenAIClient | None:
    if not settings.llm.base_url:
        return None
    from app.answering.llm import OpenAIClient  # its library takes half a second to load

    return OpenAIClient(settings.llm)
