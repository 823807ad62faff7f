"""Retrieval measured against judgements: every signal alone, rank fusion, and the hybrid that is served.

Queries: JSON Lines with `qid`, `text` and, optionally, `kind` and `style` for a breakdown. Judgements: TREC qrels.
Documents are named by our ids, or through a map of foreign ids to our ids or citations. Figures by ir-measures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG
from numpy.typing import NDArray

from app.retrieval.fusion import fuse, reciprocal_rank_fusion
from app.retrieval.hybrid import HybridSearch
from app.retrieval.lookup import resolve
from app.retrieval.query import parse_query
from app.retrieval.signals import measure
from indexing.lexical import best
from indexing.models import FloatMatrix
from scraper.errors import QueryError

DEPTH = 100
ROUNDS = 5_000
MEASURES = {"nDCG@10": nDCG @ 10, "R@10": R @ 10, "R@100": R @ 100, "MRR@10": RR @ 10}
SYSTEMS = ("bm25", "dense", "rrf", "hybrid")
_MASK = re.compile(r"\[[A-Z]{3,}\]")  # [CITE], [CASE]: a placeholder, not a word of the query


@dataclass(frozen=True, slots=True)
class Judged:
    """Queries with their judgements, documents under our ids; `unmapped` are judged documents that we do not hold."""

    queries: tuple[Mapping[str, Any], ...]
    qrels: Mapping[str, Mapping[str, int]]
    unmapped: tuple[str, ...]


def read_judged(queries: Path, qrels: Path, id_map: Path | None, search: HybridSearch) -> Judged:
    """Read the files; raise QueryError naming the line that cannot be read."""
    rows = [_query(line, number) for number, line in enumerate(_lines(queries), 1)]
    ours = dict(_mapped(id_map, search)) if id_map else {}
    judged: dict[str, dict[str, int]] = {}
    missing = set()
    for number, line in enumerate(_lines(qrels), 1):
        parts = line.split()
        if len(parts) != 4 or not parts[3].lstrip("-").isdigit():
            raise QueryError(f"{qrels.name} line {number} is no TREC judgement: qid, 0, document, relevance.")
        document = ours.get(parts[2], parts[2])
        if document not in search.corpus.rows:
            missing.add(parts[2])
        judged.setdefault(parts[0], {})[document] = int(parts[3])
    return Judged(tuple(rows), judged, tuple(sorted(missing)))


def _lines(path: Path) -> Iterable[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise QueryError(f"{path} cannot be read: {error.strerror}.") from error


def _query(line: str, number: int) -> Mapping[str, Any]:
    try:
        row: dict[str, Any] = json.loads(line)
        return row | {"qid": str(row["qid"]), "text": str(row["text"])}
    except (ValueError, KeyError, TypeError) as error:
        raise QueryError(f"Line {number} of the queries is no JSON object with qid and text.") from error


def _mapped(path: Path, search: HybridSearch) -> Iterable[tuple[str, str]]:
    for line in _lines(path):
        foreign, _, name = line.partition("\t")
        found = resolve(search.corpus, search.jurisdictions, name.strip())
        documents = found.documents if found else ()
        yield foreign, documents[0] if len(documents) == 1 else name.strip()


def evaluate(search: HybridSearch, judged: Judged, systems: Sequence[str] = SYSTEMS) -> dict[str, Any]:
    """Return {"systems": {name: {"all": {measure: value}, "kind style": {...}}}} and the runs under "runs".

    `-SIGNAL` is a system too: the hybrid without that signal; `fixed` is the hybrid without what was learned. "paired"
    tells by how much the hybrid, or else the last system, is above each of the others, and by what chance.
    """
    runs: dict[str, dict[str, dict[str, float]]] = {name: {} for name in systems}
    for query in judged.queries:
        rankings = _rank(search, str(query["text"]), systems)
        for name in systems:
            runs[name][str(query["qid"])] = rankings[name]
    groups = _groups(judged.queries)
    table = {
        name: {group: _figures(judged.qrels, run, qids) for group, qids in groups.items()} for name, run in runs.items()
    }
    return {"queries": len(judged.queries), "unmapped": list(judged.unmapped), "systems": table,
            "paired": _paired(judged.qrels, runs), "runs": runs}  # fmt: skip


def _paired(qrels: Mapping[str, Mapping[str, int]], runs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the gain in nDCG@10 of the hybrid over each other system, a query at a time, and its two-sided p."""
    name = "hybrid" if "hybrid" in runs else ["", *runs][-1]
    values = {
        system: {row.query_id: float(row.value) for row in ir_measures.iter_calc([nDCG @ 10], qrels, run)}
        for system, run in runs.items()
    }
    found = {}
    for other in values.keys() - {name}:
        qids = sorted(values[name].keys() & values[other].keys())
        gains = np.array([values[name][qid] - values[other][qid] for qid in qids])
        if len(gains):
            found[other] = {"gain": round(float(gains.mean()), 4), "p": round(two_sided(gains), 4)}
    return {"system": name, "measure": "nDCG@10", "over": dict(sorted(found.items()))}


def two_sided(gains: NDArray[np.float64], rounds: int = ROUNDS, seed: int = 0) -> float:
    """Return how often a mean as far from 0 comes of random signs: a paired randomisation test (Fisher, 1935)."""
    rng = np.random.default_rng(seed)
    far = abs(float(gains.mean())) - 1e-12
    hit = sum(abs(float((rng.choice((-1.0, 1.0), size=len(gains)) * gains).mean())) >= far for _ in range(rounds))
    return (1 + hit) / (1 + rounds)


def _rank(search: HybridSearch, text: str, systems: Sequence[str]) -> dict[str, dict[str, float]]:
    query = parse_query(_MASK.sub(" ", text) or text)
    signals = measure(search.corpus, search.embedder, query.text, None)
    documents = dict(signals.documents)
    found = resolve(search.corpus, search.jurisdictions, query.text)
    exact = np.zeros(len(search.corpus.entries), dtype=np.float32)
    for document in found.documents if found else ():
        exact[search.corpus.rows[document]] = 1.0
    documents["exact"] = exact
    makers: dict[str, Callable[[], FloatMatrix]] = {
        "bm25": lambda: documents["lexical"],
        "dense": lambda: documents["dense"],
        "rrf": lambda: _rrf(documents),
        "hybrid": partial(_fused, documents, search.weights),
        "fixed": partial(_fused, documents, search.fixed),
    }
    for name, values in documents.items():
        makers.setdefault(name, partial(np.asarray, values))
        weights = {signal: weight for signal, weight in search.weights.items() if signal != name}
        makers[f"-{name}"] = partial(_fused, documents, weights)
    unknown = [name for name in systems if name not in makers]
    if unknown:
        raise QueryError(f"There is no system {unknown[0]!r}; there are: {', '.join(makers)}.")
    return {name: _top(search, makers[name]()) for name in systems}


def _fused(documents: Mapping[str, FloatMatrix], weights: Mapping[str, float | FloatMatrix]) -> FloatMatrix:
    return fuse(documents, weights)[0]


def _rrf(documents: Mapping[str, FloatMatrix]) -> FloatMatrix:
    rankings = [best(documents[name], DEPTH)[0] for name in ("lexical", "dense")]
    return reciprocal_rank_fusion(rankings, len(documents["lexical"]))


def _top(search: HybridSearch, scores: FloatMatrix) -> dict[str, float]:
    rows, _ = best(scores, DEPTH)
    # Ranks as scores: the measures break ties of scores in their own way, ours are broken by row already.
    return {search.corpus.entries[int(row)].id: float(DEPTH - rank) for rank, row in enumerate(rows)}


def _groups(queries: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {"all": {str(query["qid"]) for query in queries}}
    for query in queries:
        for label in (query.get("kind"), query.get("style"), _both(query)):
            if label:
                groups.setdefault(str(label), set()).add(str(query["qid"]))
    return groups


def _both(query: Mapping[str, Any]) -> str:
    return f"{query['kind']} {query['style']}" if query.get("kind") and query.get("style") else ""


def _figures(qrels: Mapping[str, Mapping[str, int]], run: Mapping[str, Any], qids: set[str]) -> dict[str, float]:
    wanted = {qid: row for qid, row in qrels.items() if qid in qids}
    values = ir_measures.calc_aggregate(MEASURES.values(), wanted, {q: r for q, r in run.items() if q in qids})
    return {name: round(float(values[measure]), 4) for name, measure in MEASURES.items()}


def write_run(runs: Mapping[str, Mapping[str, Mapping[str, float]]], path: Path) -> None:
    """Write all runs as one TREC run file; the last column names the system."""
    lines = [
        f"{qid} Q0 {document} {rank} {score} {name}\n"
        for name, run in runs.items()
        for qid, ranking in run.items()
        for rank, (document, score) in enumerate(ranking.items(), 1)
    ]
    path.write_text("".join(lines), encoding="utf-8")
