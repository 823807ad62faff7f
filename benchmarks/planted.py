"""Matrices with a known number of topics, and the share of them in which `nmfk` finds it.

Documents are drawn as in latent Dirichlet allocation, over a background that all of them share: the words
of every document, whatever it is about, with frequencies 1/rank in a random order of the terms.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from indexing.topics.nmfk import NmfkConfig, nmfk


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


def easy_sets(count: int) -> Iterator[PlantedSet]:
    """`count` sets with 3 to 8 clear topics over a background of 30 %."""
    for number in range(count):
        yield plant(PlantedConfig(topics=3 + number % 6, seed=1000 + number))


def noisy_sets(count: int) -> Iterator[PlantedSet]:
    """`count` sets with 3 to 8 blurred topics over a background of 50 to 60 %."""
    for number in range(count):
        yield plant(
            PlantedConfig(
                topics=3 + number % 6,
                seed=2000 + number,
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
        "runs": rows,
    }


def main() -> None:
    """Print the recovery on easy and noisy sets as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--sets", type=int, default=12, help="planted sets of each kind")
    parser.add_argument("--perturbations", type=int, default=None, help="perturbations of the full ensemble")
    options = parser.parse_args()
    config = NmfkConfig()
    if options.perturbations is not None:
        config = replace(config, perturbations=options.perturbations)
    table = {"easy": measure(easy_sets(options.sets), config), "noisy": measure(noisy_sets(options.sets), config)}
    print(json.dumps(table, indent=2))


if __name__ == "__main__":
    main()
