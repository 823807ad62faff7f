"""One contract for every vector index, values held against a plain sort of inner products."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from indexing.interfaces import VectorIndex
from indexing.models import FloatMatrix
from indexing.vectors import FaissIndex, NumpyIndex
from scraper.errors import EmbeddingError

Maker = Callable[[FloatMatrix], VectorIndex]
MAKERS: dict[str, Maker] = {
    "faiss-flat": FaissIndex.build,
    "faiss-hnsw": lambda vectors: FaissIndex.build(vectors, flat_limit=10),
    "numpy": NumpyIndex,
}


def unit(rows: np.ndarray) -> FloatMatrix:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors() -> FloatMatrix:
    return unit(np.random.default_rng(7).normal(size=(500, 32)))


@pytest.fixture(params=sorted(MAKERS))
def index(request: pytest.FixtureRequest, vectors: FloatMatrix) -> VectorIndex:
    return MAKERS[request.param](vectors)


def reference(vectors: FloatMatrix, query: FloatMatrix, k: int, allowed: np.ndarray) -> list[tuple[int, float]]:
    pairs = [(float(vectors[i] @ query), i) for i in range(len(vectors)) if allowed[i]]
    return [(i, score) for score, i in sorted(pairs, key=lambda pair: (-pair[0], pair[1]))[:k]]


@pytest.mark.parametrize("k", [1, 7, 40])
@pytest.mark.parametrize("share", [1.0, 0.3, 0.02])
def test_finds_what_a_full_sort_finds(index: VectorIndex, vectors: FloatMatrix, k: int, share: float) -> None:
    rng = np.random.default_rng(k)
    query = unit(rng.normal(size=(1, 32)))[0]
    allowed = rng.random(500) < share
    ids, scores = index.search(query, k, None if share == 1.0 else allowed)
    expected = reference(vectors, query, k, allowed | (share == 1.0))
    assert [int(i) for i in ids] == [i for i, _ in expected]
    assert np.allclose(scores, [score for _, score in expected], atol=1e-5)


def test_the_same_direction_scores_one(index: VectorIndex, vectors: FloatMatrix) -> None:
    ids, scores = index.search(vectors[123], 1)
    assert int(ids[0]) == 123
    assert scores[0] == pytest.approx(1.0, abs=1e-5)


def test_a_filter_that_allows_nothing_finds_nothing(index: VectorIndex, vectors: FloatMatrix) -> None:
    ids, scores = index.search(vectors[0], 5, np.zeros(500, dtype=bool))
    assert len(ids) == len(scores) == 0


def test_a_query_of_another_model_is_refused_in_words(index: VectorIndex) -> None:
    with pytest.raises(EmbeddingError, match="different models"):
        index.search(np.ones(31, dtype=np.float32), 3)


def test_saved_and_loaded_answers_the_same(tmp_path, vectors: FloatMatrix) -> None:
    FaissIndex.build(vectors).save(tmp_path / "v")
    before = FaissIndex.build(vectors).search(vectors[3], 9)
    after = FaissIndex.load(tmp_path / "v").search(vectors[3], 9)
    assert before[0].tolist() == after[0].tolist()
    assert np.array_equal(before[1], after[1])


def test_vectors_that_are_not_finite_are_refused() -> None:
    with pytest.raises(EmbeddingError, match="finite"):
        FaissIndex.build(np.full((2, 3), np.nan, dtype=np.float32))
