"""One generation opened for search: its catalogue, its indexes, and arrays that join passages to documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from app.retrieval.query import Filters
from app.retrieval.ranking import Ranking
from indexing.anchors import Anchor
from indexing.catalogue import FILE, Catalogue, Entry, TopicRow
from indexing.generation import Generation
from indexing.interfaces import Mask
from indexing.lexical import Bm25Index
from indexing.models import IntVector, Passage
from indexing.vectors import FaissIndex
from scraper.errors import GenerationDamaged
from scraper.models import DocumentKind


@dataclass(frozen=True)
class Corpus:
    """What a search reads; documents are numbered by row, passages and anchors by id."""

    generation: Generation
    catalogue: Catalogue
    entries: tuple[Entry, ...]
    rows: Mapping[str, int]
    passages: tuple[Passage, ...]
    passage_rows: IntVector  # (n_passages,) the document of each
    anchors: tuple[Anchor, ...]
    anchor_rows: IntVector  # what each cites
    anchor_sources: IntVector  # in which document it stands
    is_case: Mask  # (n_documents,)
    lexical: Bm25Index
    headings: Bm25Index
    anchor_index: Bm25Index
    vectors: FaissIndex
    topics: Mapping[str, TopicRow]
    memberships: Mapping[str, Mapping[str, float]]  # document id -> topic id -> weight
    cited_counts: Mapping[str, int]
    ranking: Ranking | None
    tombstones: Mapping[str, Entry]  # what its source withdrew: in no index, found by its id or name alone
    merged: Mapping[str, str] = field(default_factory=dict)  # topic -> the one that a person merged it into

    @classmethod
    def load(cls, generation: Generation) -> Corpus:
        """Open a generation; raise GenerationDamaged where its parts do not fit together."""
        folder = generation.folder
        catalogue = Catalogue(folder / FILE)
        entries = tuple(catalogue.entries())
        rows = {entry.id: entry.row for entry in entries}
        passages, anchors = tuple(catalogue.passages()), tuple(catalogue.anchors())
        memberships: dict[str, dict[str, float]] = {}
        for topic, document, weight in catalogue.memberships():
            memberships.setdefault(document, {})[topic] = weight
        corpus = cls(
            generation=generation,
            catalogue=catalogue,
            entries=entries,
            rows=rows,
            passages=passages,
            passage_rows=np.array([rows[p.document_id] for p in passages], dtype=np.int64),
            anchors=anchors,
            anchor_rows=np.array([rows[a.to] for a in anchors], dtype=np.int64),
            anchor_sources=np.array([rows[a.document_id] for a in anchors], dtype=np.int64),
            is_case=np.array([entry.kind == DocumentKind.CASE for entry in entries], dtype=np.bool_),
            lexical=Bm25Index.load(folder / "lexical"),
            headings=Bm25Index.load(folder / "headings"),
            anchor_index=Bm25Index.load(folder / "anchors"),
            vectors=FaissIndex.load(folder / "vectors.faiss"),
            topics={topic.id: topic for topic in catalogue.topics()},
            memberships=memberships,
            cited_counts=catalogue.cited_counts(),
            ranking=Ranking.load(folder),
            tombstones={entry.id: entry for entry in catalogue.tombstones()},
        )
        corpus._check()
        return corpus

    def _check(self) -> None:
        """One id space: a passage's row in the catalogue is its row in every index."""
        sizes = {len(self.passages), len(self.lexical), len(self.vectors)}
        documents = {len(self.entries), len(self.headings)}
        if self.ranking is not None:
            sizes |= {len(self.ranking.shingles), len(self.ranking.headed)}
            documents |= {len(self.ranking.gists), len(self.ranking.wholes)}
        if len(sizes) != 1 or len(documents) != 1 or len(self.anchors) != len(self.anchor_index):
            raise GenerationDamaged(
                f"The indexes of generation {self.generation.id} do not fit its catalogue; build again."
            )

    @cached_property
    def citing_pairs(self) -> tuple[IntVector, IntVector]:
        """Return which document cites which, each pair once: two arrays of rows."""
        return pairs_of(self.anchor_sources, self.anchor_rows, len(self.entries))

    def allowed(self, filters: Filters) -> Mask | None:
        """Return which documents pass the filters, `(n_documents,)`, or None where nothing is asked."""
        if filters.empty:
            return None
        return np.array([self._passes(entry, filters) for entry in self.entries], dtype=np.bool_)

    def _belongs(self, document_id: str, topic: str) -> bool:
        topic = self.merged.get(topic, topic)
        row = self.topics.get(topic)
        root = row is not None and row.parent is None  # holds all, and keeps no list of them
        return root or topic in self.memberships.get(document_id, {})

    def _passes(self, entry: Entry, filters: Filters) -> bool:
        fields = (
            (filters.kind, entry.kind),
            (filters.jurisdiction, entry.jurisdiction),
            (filters.court, entry.court),
            (filters.status, entry.status),
            (filters.year, entry.year),
            (filters.code, entry.code),
        )
        if any(wanted and value not in wanted for wanted, value in fields):
            return False
        if filters.topic and not any(self._belongs(entry.id, topic) for topic in filters.topic):
            return False
        if filters.date_from and (entry.date or "") < filters.date_from.isoformat():
            return False
        if filters.date_to and (not entry.date or entry.date > filters.date_to.isoformat()):
            return False
        wanted = filters.hierarchy.casefold()
        return not wanted or any(wanted in label.casefold() for label in entry.place)


def pairs_of(citing: IntVector, cited: IntVector, size: int) -> tuple[IntVector, IntVector]:
    """Return the different pairs of rows, in ascending order."""
    found = np.unique(citing * size + cited)
    return found // size, found % size
