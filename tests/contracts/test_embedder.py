"""One contract for every embedder; sentence-transformers in float32 is the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexing.embedding import EmbedderConfig, EmbeddingCache, create_embedder
from indexing.interfaces import Embedder
from scraper.errors import EmbeddingError

TEXTS = [
    "A landlord shall return the security deposit within thirty days of the end of the tenancy.",
    "The tenant's deposit must be given back by the landlord.",
    "The district courts shall have original jurisdiction of all civil actions arising under the Constitution.",
    "deposit",
    "Whoever, with intent to defraud, devises a scheme shall be fined under this title. " * 30,
]
CONFIGS = {
    "torch": EmbedderConfig(backend="torch"),
    "onnx-float32": EmbedderConfig(precision="float32"),
    "onnx-int8": EmbedderConfig(precision="int8"),
}
NEAREST = {"torch": 0.9999, "onnx-float32": 0.9999, "onnx-int8": 0.98}


@pytest.fixture(scope="module")
def reference(models: Path) -> np.ndarray:
    return create_embedder(CONFIGS["torch"], models).encode(TEXTS)


@pytest.fixture(scope="module", params=sorted(CONFIGS))
def embedder(request: pytest.FixtureRequest, models: Path) -> Embedder:
    return create_embedder(CONFIGS[request.param], models)


def test_vectors_are_those_of_the_reference(
    embedder: Embedder, reference: np.ndarray, request: pytest.FixtureRequest
) -> None:
    rows = embedder.encode(TEXTS)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert rows.shape == (len(TEXTS), embedder.dimension)
    name = request.node.callspec.params["embedder"]
    assert float((rows * reference).sum(axis=1).min()) >= NEAREST[name]


def test_a_text_has_the_same_vector_alone_and_in_a_batch(embedder: Embedder) -> None:
    together = embedder.encode(TEXTS)
    for text, row in zip(TEXTS, together, strict=True):
        assert np.allclose(embedder.encode([text])[0], row, atol=1e-3)


def test_near_meaning_is_near(embedder: Embedder) -> None:
    rows = embedder.encode(TEXTS)
    assert float(rows[0] @ rows[1]) > float(rows[0] @ rows[2]) + 0.3


def test_the_cache_computes_each_text_once(tmp_path: Path, models: Path) -> None:
    embedder = create_embedder(CONFIGS["onnx-int8"], models)
    cache = EmbeddingCache(tmp_path, embedder)
    first, computed = cache.encode([*TEXTS, TEXTS[0]])
    assert computed == len(TEXTS)
    again, computed = EmbeddingCache(tmp_path, embedder).encode([*TEXTS, TEXTS[0]])
    assert computed == 0
    assert np.array_equal(first, again)
    assert np.array_equal(first[0], first[-1])


def test_models_of_another_precision_have_another_fingerprint(models: Path) -> None:
    assert len({create_embedder(config, models).fingerprint for config in CONFIGS.values()}) >= 2


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (EmbedderConfig(backend="magic"), "onnx or torch"),
        (EmbedderConfig(model="/nowhere"), "no folder with a model"),
    ],
)
def test_what_cannot_be_used_is_said(config: EmbedderConfig, words: str, tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=words):
        create_embedder(config, tmp_path)


def test_an_unknown_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="precision"):
        create_embedder(EmbedderConfig(precision="int2"), tmp_path).encode(["x"])
