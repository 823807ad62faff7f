"""What a choice of rank costs on real law, beside the plain ensemble, and what a whole tree costs.

    python -m benchmarks.topic_speed --corpus CORPUS [--output benchmarks/results/topic_speed.json]

CORPUS holds `us-law-site.tar.xz`, whose sections stay whole and whose opinions are cut into passages of 200 words, so
that there are 20,000 rows. The peer is NMFk as published, without its 128-fold repetition: for each of 19 ranks and
20 perturbations one factorisation of 100 multiplicative steps (scikit-learn, `solver="mu"`). Its time is measured at
some ranks, one perturbation each, and scaled to all 380. Ours is one call of `nmfk`, in the same process, by CPU time,
with one thread. The planted sets of `benchmarks.planted` are ranked with the very same settings. The tree is built in a
process of its own, from texts of pseudo-words with planted topics of two levels, at the size of one state's statutes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.decomposition import non_negative_factorization
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.planted import easy_sets, measure, noisy_sets
from indexing.topics.hierarchy import HierarchyConfig, build_topic_tree
from indexing.topics.models import TopicDocument
from indexing.topics.nmfk import NmfkConfig, nmfk
from indexing.topics.sweep import executor_for, one_thread
from scraper.errors import ParseError
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import DocumentKind
from scraper.sources.justia import JustiaSource

PACKAGES = ("lexatlas", "numpy", "scipy", "scikit-learn", "threadpoolctl")
SIZES = (1250, 5000, 20_000)
RANKS = range(2, 21)
PEER_RANKS = (2, 5, 8, 11, 14, 17, 20)
PEER_STEPS = 100
CONFIG = NmfkConfig(perturbations=20)
TREE_DOCUMENTS, TREE_TERMS = 28_251, 8_000


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--planted", type=int, default=12, help="planted sets of each kind")
    parser.add_argument(
        "--tree",
        choices=("words", "default"),
        nargs="?",
        const="words",
        help="build one tree, on words alone or mixed over neighbours, and print its figures, nothing else",
    )
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/topic_speed.json"))
    options = parser.parse_args()
    if options.tree:
        print(json.dumps(tree_cost(options.tree)))
        return
    if options.corpus is None:
        parser.error("--corpus names the folder of us-law-site.tar.xz")
    texts = passages(options.corpus)
    with one_thread():
        sizes = [_compare(texts[:size]) for size in SIZES]
        planted = {
            "easy": measure(easy_sets(options.planted), CONFIG),
            "noisy": measure(noisy_sets(options.planted), CONFIG),
        }
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in PACKAGES},
        "command": "python -m benchmarks.topic_speed --corpus CORPUS",
        "input": f"{len(texts)} sections and passages of opinions, TF-IDF of at most 8,000 words",
        "systems": {
            "lexatlas": {
                "settings": asdict(CONFIG),
                "sizes": [size["lexatlas"] for size in sizes],
                "growth": _growth([size["lexatlas"] for size in sizes]),
                "planted": {kind: {key: rows[key] for key in ("sets", "exact")} for kind, rows in planted.items()},
            },
            "plain_ensemble": {
                "measured": f"ranks {PEER_RANKS}, one run each, scaled to {len(RANKS)} ranks and 20 runs",
                "sizes": [size["plain_ensemble"] for size in sizes],
                "growth": _growth([size["plain_ensemble"] for size in sizes]),
            },
        },
        "times_less_cpu": {
            str(size["lexatlas"]["documents"]): round(
                size["plain_ensemble"]["cpu_seconds"] / size["lexatlas"]["cpu_seconds"], 1
            )
            for size in sizes
        },
        "tree": json.loads(
            subprocess.run(
                [sys.executable, "-m", "benchmarks.topic_speed", "--tree"], check=True, capture_output=True, text=True
            ).stdout
        ),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


def passages(corpus: Path, words: int = 200) -> list[str]:
    """Read sections whole and opinions in passages, in an order that is random and always the same."""
    source = JustiaSource(Jurisdictions.load())
    found: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(corpus / "us-law-site.tar.xz") as archive:
            archive.extractall(scratch, filter="data")
        for page in sorted(Path(scratch).rglob("index.html")):
            address = f"{source.origin}/{page.parent.relative_to(scratch)}/"
            try:
                read = source.parse(Page(address, page.read_bytes())).documents
            except ParseError:  # the site's front page and the like hold no law
                continue
            for document in read:
                if document.kind is not DocumentKind.CASE:
                    found += [document.text] * (len(document.text) > 200)
                    continue
                spoken = document.text.split()
                cuts = [spoken[at : at + words] for at in range(0, len(spoken), words)]
                found += [" ".join(cut) for cut in cuts if len(cut) >= words // 4]
    random.Random(0).shuffle(found)
    return found


def tfidf(texts: Sequence[str]) -> Any:
    """TF-IDF by scikit-learn alone, so that nothing of ours decides what is measured."""
    vectorizer = TfidfVectorizer(
        sublinear_tf=True, stop_words="english", max_features=8000, min_df=2, max_df=0.5, token_pattern=r"[a-z]{3,}"
    )
    return vectorizer.fit_transform(texts)


def _compare(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    x = tfidf(texts)
    shape = {"documents": x.shape[0], "terms": x.shape[1], "values": int(x.nnz)}
    began = time.process_time()
    result = nmfk(x, RANKS, CONFIG, 0)
    ours = time.process_time() - began
    chosen = {"k": result.k, "rank": result.rank, "reason": result.reason, "runs": sum(s.runs for s in result.table)}
    ranks = [{"k": s.k, "stability": round(s.stability, 3), "runs": s.runs} for s in result.table]
    return {
        "lexatlas": {**shape, "cpu_seconds": round(ours, 2), **chosen, "ranks": ranks},
        "plain_ensemble": {**shape, **_peer(x)},
    }


def _peer(x: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    runs = []
    for k in PEER_RANKS:
        noisy = x.copy()
        noisy.data *= 1 + 0.015 * rng.uniform(-1, 1, size=noisy.nnz)
        began = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            non_negative_factorization(
                noisy, n_components=k, init="random", solver="mu", max_iter=PEER_STEPS, tol=0, random_state=k
            )
        runs.append(time.process_time() - began)
    # The factorisations alone: matching, silhouettes and the last fit are in our time and not in the peer's.
    return {
        "cpu_seconds": round(float(np.mean(runs)) * len(RANKS) * 20, 2),
        "seconds_a_run": {str(k): round(run, 3) for k, run in zip(PEER_RANKS, runs, strict=True)},
    }


def _growth(sizes: Sequence[dict[str, Any]]) -> float:
    """By which power of the number of documents the time grows, from the second size to the third."""
    small, large = sizes[-2], sizes[-1]
    return round(
        math.log(large["cpu_seconds"] / small["cpu_seconds"]) / math.log(large["documents"] / small["documents"]), 2
    )


def tree_texts(documents: int, terms: int, seed: int = 0) -> list[str]:
    """Texts of pseudo-words: 12 subjects of 6 parts each over words that all share."""
    rng = np.random.default_rng(seed)
    letters = np.array(list("bdfgklmnprstvz")), np.array(list("aeiou"))
    words = np.array(["".join(letters[place % 2][rng.integers(letters[place % 2].size)] for place in range(8))
                      for _ in range(terms)])  # fmt: skip
    background = rng.permutation(1.0 / np.arange(1, terms + 1))
    background /= background.sum()
    subjects = rng.dirichlet(np.full(terms, 0.02), size=12)
    parts = rng.dirichlet(np.full(terms, 0.02), size=(12, 6))
    spread = np.cumsum(0.35 * background + 0.35 * subjects[:, None] + 0.3 * parts, axis=2)
    texts = []
    for _ in range(documents):
        length = max(30, int(rng.poisson(120)))
        mixed = spread[rng.integers(12), rng.integers(6)]
        drawn = words[np.minimum(np.searchsorted(mixed, rng.random(length) * mixed[-1]), terms - 1)]
        texts.append(". ".join(" ".join(drawn[at : at + 12]) for at in range(0, length, 12)))
    return texts


def tree_cost(view: str) -> dict[str, Any]:
    """Build one tree in this process; give seconds, CPU seconds and peak memory. view: "words" or "default"."""
    config = HierarchyConfig(smoothing=0.0) if view == "words" else HierarchyConfig()
    texts = tree_texts(TREE_DOCUMENTS, TREE_TERMS)
    documents = [TopicDocument(f"d{number:05}", text, "") for number, text in enumerate(texts)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, cpu = time.perf_counter(), time.process_time()
    tree = build_topic_tree(documents, None, config, executor=executor_for(""), quality=False)
    return {
        "view": view,
        "documents": len(documents),
        "terms": TREE_TERMS,
        "wall_seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "peak_mib_before": before // 1024,
        "nodes": len(tree.nodes),
        "first_level": sum(node.depth == 1 for node in tree.nodes),
        "depth": max(node.depth for node in tree.nodes),
    }


if __name__ == "__main__":
    main()
