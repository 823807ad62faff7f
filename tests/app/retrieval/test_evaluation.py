"""What an evaluation says of two systems, against every assignment of signs and against rankings made by hand."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from app.evaluation.retrieval import evaluate, read_judged, two_sided
from app.retrieval.query import parse_query
from app.wiring import Snapshot


def test_chance_is_that_of_all_signs() -> None:
    gains = np.array([0.5, -0.2, 0.3, 0.0, 0.25, 0.1, -0.05, 0.2, 0.15])
    means = [abs(float(np.mean(np.multiply(signs, gains)))) for signs in itertools.product((-1, 1), repeat=len(gains))]
    exact = sum(mean >= abs(float(gains.mean())) - 1e-12 for mean in means) / len(means)
    assert two_sided(gains) == pytest.approx(exact, abs=0.02)
    assert two_sided(-gains) == pytest.approx(two_sided(gains), abs=0.02)
    assert two_sided(np.zeros(5)) == 1.0


def test_systems_are_compared_a_query_at_a_time(snapshot: Snapshot, tmp_path: Path) -> None:
    texts = ["return of a security deposit", "may a school expel a pupil who carries a knife",
             "must the state water board give notice before it forfeits a water right"]  # fmt: skip
    queries, qrels = tmp_path / "queries.jsonl", tmp_path / "qrels.trec"
    queries.write_text("".join(json.dumps({"qid": f"q{i}", "text": t}) + "\n" for i, t in enumerate(texts)))
    first = [snapshot.search.search(parse_query(text), k=1).hits[0].entry.id for text in texts]
    qrels.write_text("".join(f"q{i} 0 {document} 1\n" for i, document in enumerate(first)))
    report = evaluate(snapshot.search, read_judged(queries, qrels, None, snapshot.search), ["bm25", "fixed", "hybrid"])
    assert report["systems"]["hybrid"]["all"]["nDCG@10"] == 1.0  # judged by its own first hits
    over = report["paired"]["over"]
    assert report["paired"]["system"] == "hybrid" and set(over) == {"bm25", "fixed"}
    for name in over:
        lost = 1.0 - report["systems"][name]["all"]["nDCG@10"]
        assert over[name]["gain"] == pytest.approx(lost, abs=1e-3)
