"""Matrices with a known number of topics, and the share of them in which `nmfk` finds it.

Documents are drawn as in latent Dirichlet allocation, over a background that all of them share: the words
of every document, whatever it is about, with frequencies 1/rank in a random order of the terms.

    python -m benchmarks.planted [--sets 20] [--output benchmarks/results/planted.json]

Ranks 2 to 10 are tried on sets of 3 to 8 topics. Settings were chosen on other seeds than those of either table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from indexing.topics.nmfk import NmfkConfig, nmfk
from indexing.topics.sweep import one_thread


@dataclass(frozen=True, slots=True)
class PlantedConfig:
    """What to plant; alpha and beta are the Dirichlet parameters of documents and topics."""

    topics: int
    seed: int
    documents: int = 1000
    terms: int = 3000
    alpha: float = 0.1
    beta: float = 0.02
    background: float = 0.3
    mean_length: int = 150
    min_length: int = 20


@dataclass(frozen=True, slots=True)
class PlantedSet:
    """counts: (n, m) CSR word counts. weights: (n, k) shares of topics. topic_terms: (k, m), rows sum to 1."""

    config: PlantedConfig
    counts: Any
    weights: NDArray[np.float64]
    topic_terms: NDArray[np.float64]

    def tfidf(self) -> Any:
        """TF-IDF rows of length 1, (n, m) CSR."""
        return TfidfTransformer().fit_transform(self.counts)


def plant(config: PlantedConfig) -> PlantedSet:
    """Draw one set of documents with `config.topics` topics; the same seed draws the same set."""
    rng = np.random.default_rng(config.seed)
    topic_terms = rng.dirichlet(np.full(config.terms, config.beta), size=config.topics)
    weights = rng.dirichlet(np.full(config.topics, config.alpha), size=config.documents)
    background = rng.permutation(1.0 / np.arange(1, config.terms + 1))
    background /= background.sum()
    lengths = np.maximum(rng.poisson(config.mean_length, size=config.documents), config.min_length)
    rows = []
    for document in range(config.documents):
        chances = (1.0 - config.background) * (weights[document] @ topic_terms) + config.background * background
        rows.append(sparse.csr_matrix(rng.multinomial(lengths[document], chances / chances.sum())))
    return PlantedSet(config, sparse.vstack(rows, format="csr"), weights, topic_terms)


def easy_sets(count: int, first: int = 1000) -> Iterator[PlantedSet]:
    """`count` sets with 3 to 8 clear topics over a background of 30 %."""
    for number in range(count):
        yield plant(PlantedConfig(topics=3 + number % 6, seed=first + number))


def noisy_sets(count: int, first: int = 2000) -> Iterator[PlantedSet]:
    """`count` sets with 3 to 8 blurred topics over a background of 50 to 60 %."""
    for number in range(count):
        yield plant(
            PlantedConfig(
                topics=3 + number % 6,
                seed=first + number,
                alpha=(0.3, 0.4, 0.5)[number % 3],
                beta=0.05,
                background=(0.5, 0.6)[number % 2],
            )
        )


def measure(sets: Iterator[PlantedSet], config: NmfkConfig, seed: int = 0) -> dict[str, Any]:
    """How often the planted number of topics is found, among the ranks 2 to 10."""
    rows: list[dict[str, Any]] = []
    misses: list[int] = []
    for planted in sets:
        began = time.process_time()
        result = nmfk(planted.tfidf(), range(2, 11), config, seed)
        rows.append(
            {
                "planted": planted.config.topics,
                "found": result.k,
                "global_topics": int(result.is_global.sum()),
                "seed": planted.config.seed,
                "cpu_seconds": round(time.process_time() - began, 2),
                "reason": result.reason,
            }
        )
        misses.append(abs(result.k - planted.config.topics))
    return {
        "sets": len(rows),
        "exact": sum(miss == 0 for miss in misses),
        "within_one": sum(miss <= 1 for miss in misses),
        "cpu_seconds": round(sum(row["cpu_seconds"] for row in rows), 1),
        "runs": rows,
    }


def main() -> None:
    """Print the recovery on easy and noisy sets, of the benchmark's seeds and of fresh ones, and write it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--sets", type=int, default=20, help="planted sets of each kind")
    parser.add_argument("--perturbations", type=int, default=None, help="perturbations of the full ensemble")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/planted.json"))
    options = parser.parse_args()
    config = NmfkConfig()
    if options.perturbations is not None:
        config = replace(config, perturbations=options.perturbations)
    count = options.sets
    with one_thread():
        table = {
            "easy": measure(easy_sets(count), config),
            "noisy": measure(noisy_sets(count), config),
            "easy_fresh": measure(easy_sets(count, 41_000), config),
            "noisy_fresh": measure(noisy_sets(count, 42_000), config),
        }
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("lexatlas", "numpy", "scipy", "scikit-learn")},
        "command": " ".join(["python -m benchmarks.planted", *sys.argv[1:]]),
        "settings": asdict(config),
        "systems": {"lexatlas": table},
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
