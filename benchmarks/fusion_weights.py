"""What each signal of hybrid search earns, on the corpus' own citations: no hand labels, no benchmark query.

A sentence of an opinion that cites a held document is a query, what it cites is the answer (`app.retrieval.training`).
The earlier opinions train, the latest judge: every signal alone, the fixed sum, the learned weights, and the learned
weights with one signal left out, trained again. Run on a built data directory:

    python -m benchmarks.fusion_weights --data DATA [--most 1600]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.config import Settings
from app.retrieval import training
from app.retrieval.corpus import Corpus
from app.retrieval.fusion import fuse
from app.retrieval.hybrid import WEIGHTS
from app.retrieval.training import Ranked, by_chance, examples, fit, latest, leaning_of, quality, ranked
from app.wiring import wire
from indexing.models import FloatMatrix

Weighed = Mapping[str, float | FloatMatrix]


def judged(corpus: Corpus, later: Sequence[Ranked], weights: Weighed) -> dict[str, Any]:
    """Return mean nDCG@10 over sentences that cite cases, that cite sections, and over all, with the values of all."""
    values = np.array([quality(one, fuse(one.signals, weights)[0]) for one in later])
    case = np.array([any(corpus.is_case[row] for row in one.example.answers) for one in later])
    parts = {"all": values, "cases": values[case], "sections": values[~case]}
    return {name: round(float(part.mean()), 4) for name, part in parts.items() if len(part)} | {"values": values}


def main() -> None:
    """Print the table as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--most", type=int, default=1_600)
    options = parser.parse_args()
    services = wire(Settings.from_env(data=options.data))
    corpus = services.snapshots.current().corpus
    chosen = sorted(examples(corpus, options.most), key=lambda one: (one.day, one.source, one.text))
    everything = [ranked(corpus, services.embedder, one) for one in chosen]
    cut = latest(chosen)
    early = everything[:cut]
    learned = fit(corpus, early)
    later = [leaning_of(corpus, one, learned.leaning) for one in everything[cut:]]
    table = {name: judged(corpus, later, {name: 1.0}) for name in training.LEARNED}
    table["fixed"] = judged(corpus, later, WEIGHTS)
    table["learned"] = judged(corpus, later, learned.of(corpus.is_case))
    for name in training.LEARNED:
        table[f"-{name}"] = judged(corpus, later, fit(corpus, early, without=name).of(corpus.is_case))
    best = table["learned"]["values"]
    rows = {
        name: {key: value for key, value in row.items() if key != "values"}
        | {"p": round(by_chance(best - row["values"]), 4)}
        for name, row in table.items()
    }
    print(
        json.dumps({"examples": len(chosen), "judged": len(later), "from": chosen[cut].day, "systems": rows}, indent=1)
    )


if __name__ == "__main__":
    main()
