"""One id space, proved on the sample, and each way in which it can be broken is found."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.jobs.idspace import prove_documents, prove_nodes, prove_vectors
from app.wiring import Services, Snapshot
from graph.store import GraphStore
from indexing.catalogue import FILE
from indexing.vectors import FaissIndex
from scraper.errors import GenerationDamaged

Graph = Callable[[str], GraphStore]


@pytest.fixture
def broken(snapshot: Snapshot, tmp_path: Path) -> Graph:
    """Return a function that gives the sample's graph after a statement of SQL."""

    def after(statement: str) -> GraphStore:
        path = tmp_path / FILE
        shutil.copy(snapshot.corpus.generation.folder / FILE, path)
        with closing(sqlite3.connect(path)) as connection, connection:
            assert connection.execute(statement).rowcount == 1
        return GraphStore(path)

    return after


def test_the_sample_is_one_id_space(snapshot: Snapshot, services: Services) -> None:
    prove_documents(snapshot.corpus, snapshot.graph)
    count = len(snapshot.corpus.passages)
    assert prove_nodes(snapshot.corpus, snapshot.graph) == count
    assert prove_vectors(snapshot.corpus, services.settings.data / "embeddings", services.embedder) == min(count, 500)


def test_without_what_was_kept_nothing_is_compared(snapshot: Snapshot, services: Services, tmp_path: Path) -> None:
    assert prove_vectors(snapshot.corpus, tmp_path, services.embedder) == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM nodes WHERE id = 'passage:7'", "passage:7 of the graph is not passage 7"),
        ("UPDATE nodes SET id = 'passage:100000' WHERE id = 'passage:7'", "passage:7 of the graph"),
        (
            "UPDATE nodes SET attrs = replace(attrs, '\"start\"', '\"begin\"') WHERE id = 'passage:9'",
            "passage:9 of the graph",
        ),
        ("UPDATE edges SET dst = 'version:x@00000000' WHERE src = 'passage:3'", "passage:3 of the graph"),
        ("INSERT INTO nodes SELECT 'passage:100000', kind, label, attrs FROM nodes WHERE id = 'passage:1'", "100000"),
    ],
)
def test_a_passage_node_that_is_not_its_passage_is_found(
    snapshot: Snapshot, broken: Graph, statement: str, words: str
) -> None:
    with pytest.raises(GenerationDamaged, match=words):
        prove_nodes(snapshot.corpus, broken(statement))


def test_a_document_without_a_node_is_found(snapshot: Snapshot, broken: Graph) -> None:
    graph = broken("DELETE FROM nodes WHERE id = 'franklin:code:12-3-105'")
    with pytest.raises(GenerationDamaged, match="franklin:code:12-3-105"):
        prove_documents(snapshot.corpus, graph)


def test_a_passage_of_another_text_is_found(snapshot: Snapshot) -> None:
    first, *rest = snapshot.corpus.passages
    for wrong in (replace(first, end=10**9), replace(first, version="0" * 64), replace(first, id=5)):
        corpus = replace(snapshot.corpus, passages=(wrong, *rest))
        with pytest.raises(GenerationDamaged, match="passage"):
            prove_documents(corpus, snapshot.graph)


def test_vectors_in_another_order_are_found(snapshot: Snapshot, services: Services) -> None:
    cache = services.settings.data / "embeddings"
    rows = np.stack([snapshot.corpus.vectors.vector(row) for row in range(len(snapshot.corpus.passages))])
    turned = replace(snapshot.corpus, vectors=FaissIndex.build(np.roll(rows, 1, axis=0)))
    with pytest.raises(GenerationDamaged, match="is not that of passage"):
        prove_vectors(turned, cache, services.embedder)
    fewer = replace(snapshot.corpus, vectors=FaissIndex.build(rows[1:]))
    with pytest.raises(GenerationDamaged, match="vectors for"):
        prove_vectors(fewer, cache, services.embedder)
