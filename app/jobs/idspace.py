"""Proof that vectors, passages and graph nodes of a generation are one id space: N is the same passage in each."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.retrieval.corpus import Corpus
from graph.models import EdgeKind, NodeKind
from graph.store import GraphStore
from indexing.embedding import EmbeddingCache
from indexing.interfaces import Embedder
from indexing.models import Passage
from scraper.errors import GenerationDamaged

MOST_COMPARED = 500  # vectors that are held against those that were computed, spread over all
LEAST_LIKE = 0.99  # cosine of a stored vector and the one computed for the same words: an index may round


def prove_documents(corpus: Corpus, graph: GraphStore) -> None:
    """Raise GenerationDamaged where a document has no node, or a passage lies outside its document's text."""
    missing = [entry.id for entry in corpus.entries if not graph.has(entry.id)]
    if missing:
        raise GenerationDamaged(f"documents without a node in the graph: {', '.join(missing[:5])}")
    for row, passage in enumerate(corpus.passages):
        entry = corpus.entries[corpus.rows[passage.document_id]]
        if passage.id != row:
            raise GenerationDamaged(f"passage {passage.id} stands in row {row}")
        if passage.version != entry.version or not 0 <= passage.start < passage.end <= entry.chars:
            raise GenerationDamaged(f"passage {passage.id} lies outside its text")


def prove_nodes(corpus: Corpus, graph: GraphStore) -> int:
    """Return how many passage nodes there are; raise GenerationDamaged unless each is the passage of its number."""
    places = {
        node.id: (node.attrs.get("start"), node.attrs.get("end"))
        for node in graph.all_nodes()
        if node.kind is NodeKind.PASSAGE
    }
    holders = {stored.edge.src: stored.edge.dst for stored in graph.all_edges((EdgeKind.PASSAGE_OF,))}
    for passage in corpus.passages:
        name = f"passage:{passage.id}"
        if places.pop(name, None) != (passage.start, passage.end) or holders.get(name) != _holder(passage):
            raise GenerationDamaged(f"{name} of the graph is not passage {passage.id} of the catalogue")
    if places:
        raise GenerationDamaged(f"nodes of passages that the catalogue does not hold: {', '.join(sorted(places)[:5])}")
    return len(corpus.passages)


def prove_vectors(corpus: Corpus, cache: Path, embedder: Embedder) -> int:
    """Return how many vectors were compared with those kept from their computation; raise GenerationDamaged.

    Only what the cache still holds can be compared; nothing is computed.
    """
    from app.jobs.pipeline import embedding_input  # scikit-learn and more: only this waits for them

    count = len(corpus.passages)
    if len(corpus.vectors) != count:
        raise GenerationDamaged(f"{len(corpus.vectors)} vectors for {count} passages")
    rows = sorted({int(row) for row in np.linspace(0, count - 1, min(count, MOST_COMPARED))}) if count else []
    inputs = [embedding_input(one, _text(corpus, one)) for one in (corpus.passages[row] for row in rows)]
    compared = 0
    for row, kept in zip(rows, EmbeddingCache.kept(cache, embedder.fingerprint, inputs), strict=True):
        if kept is not None:
            compared += 1
            if float(np.dot(kept, corpus.vectors.vector(row))) < LEAST_LIKE:
                raise GenerationDamaged(f"vector {row} is not that of passage {row}")
    return compared


def _text(corpus: Corpus, passage: Passage) -> str:
    return corpus.catalogue.version(passage.document_id, passage.version).document.text


def _holder(passage: Passage) -> str:
    return f"version:{passage.document_id}@{passage.version[:8]}"
