"""Packaged rivals of the topic tree, run with an interpreter that has them: no other module of this project is used.

    python benchmarks/topic_packages.py INPUT FOLDER NAME

INPUT: npz with vectors (n, d) and word_vectors (v, d), beside it a JSON file of the same name with texts (tokens
parted by spaces) and words. FOLDER receives NAME.json: a list of runs, each labels (-1: outlier), terms and seconds.
All use the vectors as they are given; nothing is embedded here.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SIZES = (6, 60, 158)
TOP = 10


class Lookup:
    """Gives vectors that are known already, for documents and for words."""

    def __init__(self, texts: Sequence[str], vectors: Any, words: Sequence[str], word_vectors: Any) -> None:
        self._known = dict(zip(words, word_vectors, strict=True)) | dict(zip(texts, vectors, strict=True))
        self._width = vectors.shape[1]

    def encode(self, texts: Sequence[str], **_: Any) -> Any:
        """Vectors of texts (n, d); zero for what is unknown."""
        nothing = np.zeros(self._width, dtype=np.float32)
        return np.vstack([self._known.get(text, nothing) for text in texts])

    __call__ = encode


def bertopic(given: dict[str, Any]) -> list[dict[str, Any]]:
    """BERTopic as it comes, at its own number and brought to others by its own reduction."""
    from bertopic import BERTopic  # type: ignore[import-not-found]
    from sklearn.feature_extraction.text import CountVectorizer
    from umap import UMAP  # type: ignore[import-not-found]

    runs = []
    for size in (None, 60, 6):
        begun = time.monotonic()
        model = BERTopic(
            umap_model=UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0),
            vectorizer_model=CountVectorizer(tokenizer=str.split, token_pattern=None, lowercase=False),
            nr_topics=None if size is None else size + 1,
        )
        labels, _ = model.fit_transform(given["texts"], given["vectors"])
        terms = {topic: [word for word, _ in words if word][:TOP] for topic, words in model.get_topics().items()}
        named = [terms[topic] for topic in sorted(terms) if topic >= 0]
        runs.append(_run(labels, named, begun, size))
        begun = time.monotonic()
        whole = model.reduce_outliers(given["texts"], labels, strategy="embeddings", embeddings=given["vectors"])
        runs.append(
            _run(whole, [terms[topic] for topic in sorted(terms) if topic >= 0], begun, size, "outliers placed")
        )
        runs[-1]["seconds"] += runs[-2]["seconds"]
    return runs


def top2vec(given: dict[str, Any]) -> list[dict[str, Any]]:
    """Top2Vec as it comes, and brought to other numbers by its own reduction."""
    from top2vec import Top2Vec  # type: ignore[import-not-found]

    begun = time.monotonic()
    model = Top2Vec(
        given["texts"],
        embedding_model=given["lookup"].encode,
        tokenizer=str.split,
        min_count=5,
        umap_args={"n_neighbors": 15, "n_components": 5, "metric": "cosine", "random_state": 0},
        verbose=False,
    )
    terms = [[str(word) for word in row[:TOP]] for row in model.topic_words]
    runs = [_run(model.doc_top, terms, begun, None)]
    for size in SIZES:
        if size < len(terms):
            groups = model.hierarchical_topic_reduction(size)
            home = {old: new for new, olds in enumerate(groups) for old in olds}
            words = [[str(word) for word in row[:TOP]] for row in model.topic_words_reduced]
            runs.append(_run([home[int(old)] for old in model.doc_top], words, begun, size))
    return runs


def s3(given: dict[str, Any]) -> list[dict[str, Any]]:
    """Semantic signal separation of turftopic; a document goes to its strongest component."""
    from sklearn.feature_extraction.text import CountVectorizer
    from turftopic import SemanticSignalSeparation  # type: ignore[import-not-found]

    runs = []
    for size in SIZES:
        begun = time.monotonic()
        model = SemanticSignalSeparation(
            size,
            encoder=given["lookup"],
            vectorizer=CountVectorizer(
                vocabulary=given["words"], tokenizer=str.split, token_pattern=None, lowercase=False
            ),
            random_state=0,
        )
        weights = model.fit_transform(given["texts"], embeddings=given["vectors"])
        words = np.array(model.get_vocab())
        terms = [[str(word) for word in words[np.argsort(-row)[:TOP]]] for row in model.components_]
        runs.append(_run(np.abs(weights).argmax(axis=1), terms, begun, size))
    return runs


def _run(labels: Any, terms: list[list[str]], begun: float, size: int | None, note: str = "") -> dict[str, Any]:
    return {
        "labels": [int(label) for label in labels],
        "terms": terms,
        "seconds": round(time.monotonic() - begun, 1),
        "size": size,
        "note": note,
    }


def main() -> None:
    """Run one package on the given input."""
    source, folder, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    arrays = np.load(source, allow_pickle=False)
    given: dict[str, Any] = json.loads(source.with_suffix(".json").read_text(encoding="utf-8"))
    given["vectors"] = arrays["vectors"].astype(np.float32)
    given["lookup"] = Lookup(
        given["texts"], given["vectors"], given["words"], arrays["word_vectors"].astype(np.float32)
    )
    methods: dict[str, Callable[[dict[str, Any]], list[dict[str, Any]]]] = {
        "bertopic": bertopic,
        "top2vec": top2vec,
        "s3": s3,
    }
    (folder / f"{name}.json").write_text(json.dumps(methods[name](given)), encoding="utf-8")


if __name__ == "__main__":
    main()
