"""Choose the weights of hybrid search from the corpus' own citations: no hand labels, no benchmark query.

A sentence of an opinion that cites a held document is a query, what it cites is the answer; citations and the names of
cited cases are masked, the citing opinion and its anchor text are held out. Run on a built data directory:

    python -m benchmarks.fusion_weights --data DATA [--most 600]
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.config import Settings
from app.retrieval.corpus import Corpus
from app.retrieval.fusion import best_by_group, fuse, normalised
from app.retrieval.hybrid import WEIGHTS
from app.retrieval.signals import dense_passages, titles
from app.wiring import wire
from indexing.interfaces import Embedder
from indexing.lexical import best
from indexing.models import Citation, CitationKind, FloatMatrix
from indexing.text import token_spans, tokens
from scraper.models import DocumentKind

_NAME = re.compile(
    r"[A-Z][\w.&'’,-]*(?: (?:of|the|for|and|ex|rel\.|&|[A-Z][\w.&'’,-]*))* v\. [A-Z][\w.&'’-]*(?: [A-Z][\w.&'’-]*)*"
)
GRID = {
    "lexical": (1.0,),
    "dense": (0.3, 0.4, 0.5, 0.7),
    "anchor": (0.3, 0.4, 0.5, 0.6, 0.8),
    "heading": (0.1, 0.2, 0.3, 0.4, 0.6),
}


@dataclass(frozen=True, slots=True)
class Example:
    """One masked sentence, who wrote it and which documents it cites."""

    text: str
    source: str
    answers: frozenset[str]


def examples(corpus: Corpus, most: int, seed: int = 0) -> list[Example]:
    """Return up to `most` examples in random order, statutes and cases as they come."""
    sentences: dict[tuple[str, int, int], list[Citation]] = {}
    for citation in corpus.catalogue.all_citations():
        held = citation.to is not None and citation.to != citation.document_id
        if (
            held
            and corpus.entries[corpus.rows[citation.document_id]].kind == "case"
            and citation.kind is not CitationKind.ID
        ):
            sentences.setdefault((citation.document_id, citation.sentence_start, citation.sentence_end), []).append(
                citation
            )
    keys = sorted(sentences)
    random.Random(seed).shuffle(keys)
    return list(itertools.islice(_readable(corpus, keys, sentences), most))


def _readable(
    corpus: Corpus, keys: list[tuple[str, int, int]], found: Mapping[tuple[str, int, int], list[Citation]]
) -> Iterator[Example]:
    for key in keys:
        document, start, end = key
        text = corpus.catalogue.text(document, start, end)
        for citation in sorted(found[key], key=lambda c: -c.start):
            text = text[: citation.start - start] + " " + text[citation.end - start :]
        answers = frozenset(citation.to for citation in found[key] if citation.to)
        masked = _without_names(corpus, _NAME.sub(" ", text), answers)
        if len(masked.split()) >= 12:
            yield Example(masked, document, answers)


def _without_names(corpus: Corpus, text: str, answers: frozenset[str]) -> str:
    """Return the text without the parties' names of the cases it cites: "Apprendi" alone would give them away."""
    titles = (corpus.entries[corpus.rows[answer]] for answer in answers)
    names = {word for entry in titles if entry.kind == "case" for word in tokens(entry.title)}
    kept = [text[at:start] for at, start in _between(text, names)]
    return " ".join(kept)


def _between(text: str, names: set[str]) -> Iterator[tuple[int, int]]:
    at = 0
    for term, start, end in token_spans(text):
        if term in names and text[start].isupper():
            yield at, start
            at = end
    yield at, len(text)


def signals(corpus: Corpus, embedder: Embedder, example: Example) -> dict[str, FloatMatrix]:
    """Return the signals of an example with its source held out."""
    size = len(corpus.entries)
    others = np.ones(size, dtype=np.bool_)
    others[corpus.rows[example.source]] = False
    foreign = np.array([anchor.document_id != example.source for anchor in corpus.anchors], dtype=np.bool_)
    passages = others[corpus.passage_rows]
    lexical = best_by_group(np.where(passages, corpus.lexical.scores(example.text), 0), corpus.passage_rows, size)
    dense = best_by_group(dense_passages(corpus, embedder, example.text, passages), corpus.passage_rows, size)
    anchor = best_by_group(np.where(foreign, corpus.anchor_index.scores(example.text), 0), corpus.anchor_rows, size)
    heading = titles(corpus, example.text, others)["heading"]
    values = {"lexical": lexical, "dense": dense, "anchor": anchor, "heading": heading}
    return {name: normalised(np.where(others, value, 0).astype(np.float32)) for name, value in values.items()}


def quality(
    corpus: Corpus, cases: list[tuple[Example, dict[str, FloatMatrix]]], weights: Mapping[str, float]
) -> dict[str, float]:
    """Return nDCG@10 with binary relevance: its mean over sentences that cite cases, that cite sections, and of both.

    The mean of the two kinds decides: how many of each a corpus happens to hold must not.
    """
    found: dict[str, list[float]] = {"cases": [], "sections": []}
    for example, values in cases:
        rows, _ = best(fuse(values, weights)[0], 10)
        gains = [corpus.entries[int(row)].id in example.answers for row in rows]
        ideal = sum(1 / np.log2(i + 2) for i in range(min(10, len(example.answers))))
        kinds = {corpus.entries[corpus.rows[answer]].kind for answer in example.answers}
        kind = "cases" if DocumentKind.CASE in kinds else "sections"
        found[kind].append(sum(gain / np.log2(i + 2) for i, gain in enumerate(gains)) / ideal)
    means = {kind: round(float(np.mean(values)), 4) if values else 0.0 for kind, values in found.items()}
    return {**means, "both": round(sum(means.values()) / 2, 4)}


def main() -> None:
    """Print the grid's best weights and what is served."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--most", type=int, default=600)
    options = parser.parse_args()
    services = wire(Settings.from_env(data=options.data))
    corpus = services.snapshots.current().corpus
    chosen = examples(corpus, options.most)
    cases = [(example, signals(corpus, services.embedder, example)) for example in chosen]
    grid = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    scored = sorted(((quality(corpus, cases, w), w) for w in grid), key=lambda pair: -pair[0]["both"])
    alone = {name: quality(corpus, cases, {name: 1.0}) for name in GRID}
    served = quality(corpus, cases, WEIGHTS)
    table = [{"nDCG@10": value, "weights": weights} for value, weights in scored[:10]]
    print(json.dumps({"examples": len(cases), "alone": alone, "served": served, "best": table}, indent=1))


if __name__ == "__main__":
    main()
