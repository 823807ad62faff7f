"""A ranker learned from the corpus' own citations: no hand label, no click.

A sentence of an opinion that cites held documents is a query, what it cites is the answer. Citations and the names of
the cited cases are taken out of it; the opinion itself, its anchor text and that of every opinion of the same day or
later are held out. The weights maximise the listwise likelihood of what was cited among the candidates (Cao and others,
2007); none may be negative. Whether they are used is decided on the latest opinions, of which training saw nothing.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from app.retrieval.corpus import Corpus
from app.retrieval.fusion import fuse
from app.retrieval.hybrid import WEIGHTS
from app.retrieval.leaning import Leaning, learn_leaning
from app.retrieval.ranking import Weights
from app.retrieval.signals import kinds, measure
from indexing.interfaces import Embedder, Mask
from indexing.lexical import best
from indexing.models import Citation, CitationKind, FloatMatrix, IntVector
from indexing.text import token_spans, tokens, words
from scraper.models import DocumentKind

LEARNED = ("headed", "lexical", "lexical_top", "whole", "phrase", "dense", "dense_top", "gist", "anchor", "anchor_top",
           "heading", "citing", "kind")  # fmt: skip
FOLDS = 5  # a sentence's own leaning is read by weights that did not see its opinion
CANDIDATES = 100
PENALTY = 1e-3  # of the squared weights
LEAST_WORDS = 12
MOST_OF_A_PAIR = 2  # sentences of one opinion that cite one section: some cite it fifty times
HELD_BACK = 0.25  # of the examples, those of the latest opinions
LEAST_HELD_BACK = 100  # below this nothing can be told, and the fixed weights stay
CHANCE = 0.05
ROUNDS = 2_000

_NAME = re.compile(
    r"[A-Z][\w.&'’,-]*(?: (?:of|the|for|and|ex|rel\.|&|[A-Z][\w.&'’,-]*))* v\. [A-Z][\w.&'’-]*(?: [A-Z][\w.&'’-]*)*"
)
# What is left of a citation when its volume and page are gone, and gives the kind of its target away.
_LEFT = re.compile(
    r"\([^()]{0,60}?(?:1[789]|20)\d\d\s*\)|\b(?:supra|ante|post|infra)\b,?(?:\s*at\s*[\d, n.–-]+)?"
    r"|\b[Ii]d\.,?(?:\s*at\s*[\d, n.–-]+)?|\bS\.\s?Ct\.|\bU\.\s?S\.,? at \d+|, at [\d, n.–-]+"
)


@dataclass(frozen=True, slots=True)
class Example:
    """One masked sentence: the row of the opinion that wrote it, its day, and the rows of what it cites."""

    text: str
    source: int
    day: str
    answers: frozenset[int]


@dataclass(frozen=True, slots=True)
class Ranked:
    """An example with all its signals, `(n_documents,)` each, and the candidates that are compared."""

    example: Example
    signals: Mapping[str, FloatMatrix]
    candidates: IntVector


def examples(corpus: Corpus, most: int, seed: int = 0) -> list[Example]:
    """Return up to `most` examples, half of them citing cases where there are so many, chosen at random."""
    everything: dict[tuple[str, int, int], list[Citation]] = {}
    for citation in corpus.catalogue.all_citations():
        if citation.document_id in corpus.rows and corpus.is_case[corpus.rows[citation.document_id]]:
            key = (citation.document_id, citation.sentence_start, citation.sentence_end)
            everything.setdefault(key, []).append(citation)
    keys = sorted(key for key, found in everything.items() if _targets(corpus, found))
    random.Random(seed).shuffle(keys)
    cases, others = _kinds(corpus, keys, everything)
    half = most // 2
    made = [list(itertools.islice(_masked(corpus, part, everything), most)) for part in (cases, others)]
    return [one for part, rest in zip(made, reversed(made), strict=True) for one in part[: max(half, most - len(rest))]]


def _targets(corpus: Corpus, found: Iterable[Citation]) -> frozenset[int]:
    """Return the rows of the documents that citations of one sentence name; "id." names none of its own."""
    return frozenset(
        corpus.rows[citation.to]
        for citation in found
        if citation.to
        and citation.to in corpus.rows
        and citation.to != citation.document_id
        and citation.kind is not CitationKind.ID
    )


_Key = tuple[str, int, int]


def _kinds(
    corpus: Corpus, keys: Sequence[_Key], found: Mapping[_Key, list[Citation]]
) -> tuple[list[_Key], list[_Key]]:  # fmt: skip
    """Return the sentences that cite cases and those that cite sections, a few for each opinion and section."""
    cases, others = [], []
    seen: dict[tuple[str, frozenset[int]], int] = {}
    for key in keys:
        targets = _targets(corpus, found[key])
        if any(corpus.is_case[row] for row in targets):
            cases.append(key)
            continue
        seen[key[0], targets] = seen.get((key[0], targets), 0) + 1
        if seen[key[0], targets] <= MOST_OF_A_PAIR:
            others.append(key)
    return cases, others


def _masked(corpus: Corpus, keys: Iterable[_Key], found: Mapping[_Key, list[Citation]]) -> Iterator[Example]:
    for key in keys:
        document, start, end = key
        entry = corpus.entries[corpus.rows[document]]
        text = corpus.catalogue.text(document, start, end)
        for citation in sorted(found[key], key=lambda c: -c.start):
            text = f"{text[: max(0, citation.start - start)]} {text[max(0, citation.end - start) :]}"
        answers = _targets(corpus, found[key])
        text = _without_names(corpus, _LEFT.sub(" ", _NAME.sub(" ", text)), answers)
        if len(words(text)) >= LEAST_WORDS and entry.date:
            yield Example(text, entry.row, entry.date, answers)


def _without_names(corpus: Corpus, text: str, answers: frozenset[int]) -> str:
    """Return the text without the parties' names of the cases it cites: "Apprendi" alone would give them away."""
    cited = (corpus.entries[row] for row in answers if corpus.entries[row].kind == DocumentKind.CASE)
    names = {word for entry in cited for word in tokens(entry.title)}
    kept, at = [], 0
    for term, start, end in token_spans(text):
        if term in names and text[start].isupper():
            kept.append(text[at:start])
            at = end
    return " ".join(" ".join([*kept, text[at:]]).split())


def ranked(corpus: Corpus, embedder: Embedder, example: Example) -> Ranked:
    """Return the signals of an example with its opinion, and all that was said later, held out."""
    documents, anchors = held_out(corpus, example)
    found = measure(corpus, embedder, example.text, documents, anchors).documents
    signals = {name: found[name] for name in LEARNED if name in found}
    broad = sum((signals[name] for name in ("phrase", "anchor_top", "citing")), fuse(signals, WEIGHTS)[0])
    return Ranked(example, signals, best(broad, CANDIDATES)[0])


def held_out(corpus: Corpus, example: Example) -> tuple[Mask, Mask]:
    """Return which documents and which anchors an example may see; provisions have no day, and what they cite stays."""
    documents = np.ones(len(corpus.entries), dtype=np.bool_)
    documents[example.source] = False
    early = np.array([(entry.date or "") < example.day for entry in corpus.entries], dtype=np.bool_)
    return documents, early[corpus.anchor_sources]


def learn(corpus: Corpus, embedder: Embedder, most: int) -> Weights | None:
    """Learn from the corpus, judge on its latest opinions, learn again from all; None where they are too few."""
    chosen = sorted(examples(corpus, most), key=lambda one: (one.day, one.source, one.text))
    cut = latest(chosen)
    if len(chosen) - cut < LEAST_HELD_BACK or cut < LEAST_HELD_BACK:
        return None
    everything = [ranked(corpus, embedder, one) for one in chosen]
    trained = fit(corpus, everything[:cut])
    later = [leaning_of(corpus, one, trained.leaning) for one in everything[cut:]]
    fixed = np.array([quality(one, fuse(one.signals, WEIGHTS)[0]) for one in later])
    served = trained.of(corpus.is_case)
    gained = np.array([quality(one, fuse(one.signals, served)[0]) for one in later])
    chance = by_chance(gained - fixed)
    evidence = {
        "examples": len(chosen), "held_back": len(fixed), "from": chosen[cut].day,
        "ndcg@10": {"fixed": round(float(fixed.mean()), 4), "learned": round(float(gained.mean()), 4)},
        "p": round(chance, 4),
    }  # fmt: skip
    used = bool(gained.mean() > fixed.mean() and chance < CHANCE)
    return replace(fit(corpus, everything), used=used, evidence=evidence)


def latest(chosen: Sequence[Example]) -> int:
    """Return where the held-back examples begin: at the first of a day, so that no opinion is on both sides."""
    cut = int(len(chosen) * (1 - HELD_BACK))
    while 0 < cut < len(chosen) and chosen[cut].day == chosen[cut - 1].day:
        cut += 1
    return cut


def by_chance(differences: FloatMatrix, seed: int = 0) -> float:
    """Return how often a mean as high comes of random signs: a paired randomisation test, one-sided."""
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(ROUNDS, len(differences)))
    means = (signs * differences).mean(axis=1)
    return float((1 + (means >= differences.mean()).sum()) / (1 + ROUNDS))


def quality(one: Ranked, scores: FloatMatrix) -> float:
    """Return nDCG@10 with binary relevance."""
    rows, _ = best(scores, 10)
    discount = 1 / np.log2(np.arange(2, 12))
    gained = sum(discount[i] for i, row in enumerate(rows) if int(row) in one.example.answers)
    return float(gained / discount[: len(one.example.answers)].sum())


def leaning_of(corpus: Corpus, one: Ranked, leaning: Leaning) -> Ranked:
    """Return an example with the signal of what kind it asks for."""
    signal = kinds(corpus, leaning.to_case(one.example.text))
    return replace(one, signals={**one.signals, "kind": signal})


def _leaning(corpus: Corpus, chosen: Sequence[Ranked]) -> Leaning:
    asked = [any(corpus.is_case[row] for row in one.example.answers) for one in chosen]
    return learn_leaning([one.example.text for one in chosen], asked)


def _across(corpus: Corpus, chosen: Sequence[Ranked]) -> list[Ranked]:
    """Return the examples, the leaning of each read by weights learned from other opinions."""
    found = list(chosen)
    for fold in range(FOLDS):
        inside = [i for i, one in enumerate(chosen) if one.example.source % FOLDS == fold]
        leaning = _leaning(corpus, [one for one in chosen if one.example.source % FOLDS != fold])
        for i in inside:
            found[i] = leaning_of(corpus, chosen[i], leaning)
    return found


def fit(corpus: Corpus, chosen: Sequence[Ranked], without: str = "") -> Weights:
    """Return the weights under which what was cited is likeliest among the candidates, scaled as the fixed ones are.

    The signal `without` has no weight: what it earns is seen by leaving it out.
    """
    usable = [one for one in chosen if not one.example.answers.isdisjoint(one.candidates.tolist())]
    blocks = [_features(corpus, one) for one in _across(corpus, usable)]
    shares = [np.isin(one.candidates, list(one.example.answers)) for one in usable]
    kept = np.array([name != without for name in (*LEARNED, *LEARNED)])
    found = minimise([block * kept for block in blocks], [share / share.sum() for share in shares])
    cases, others = found[: len(LEARNED)], found[len(LEARNED) :]
    scale = sum(WEIGHTS[name] for name in LEARNED if name in WEIGHTS) / max(cases.sum(), others.sum(), 1e-9)
    scaled = [dict(zip(LEARNED, np.round(part * scale, 4).tolist(), strict=True)) for part in (cases, others)]
    return Weights(scaled[0], scaled[1], _leaning(corpus, chosen), False, {})


def _features(corpus: Corpus, one: Ranked) -> NDArray[np.float64]:
    """Return `(candidates, 2 * signals)`: a case has its signals in the first half, all else in the second."""
    values = np.stack([one.signals[name][one.candidates] for name in LEARNED], axis=1).astype(np.float64)
    case = corpus.is_case[one.candidates][:, None]
    return np.concatenate([values * case, values * ~case], axis=1)


def minimise(blocks: Sequence[NDArray[np.float64]], shares: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the weights, none negative, of least mean cross-entropy between shares and the softmax of scores."""
    values, wanted = np.concatenate(blocks), np.concatenate(shares)
    lengths = np.array([len(block) for block in blocks])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = values @ weights
        top = np.maximum.reduceat(scores, starts)
        grown = np.exp(scores - np.repeat(top, lengths))
        total = np.add.reduceat(grown, starts)
        entropy = (top + np.log(total)).sum() - wanted @ scores
        slope = values.T @ (grown / np.repeat(total, lengths) - wanted)
        value = entropy / len(blocks) + PENALTY * weights @ weights
        return float(value), slope / len(blocks) + 2 * PENALTY * weights

    size = values.shape[1]
    found = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", bounds=[(0, None)] * size,
                     options={"maxiter": 300})  # fmt: skip
    return np.asarray(found.x, dtype=np.float64)
