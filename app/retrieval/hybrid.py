"""Hybrid search: lexical, dense, anchor and heading signals fused; an exact citation or name goes first.

query -> look-up + signals -> fusion -> documents -> the best passage of each -> explanation
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from app.retrieval.corpus import Corpus
from app.retrieval.fusion import fuse
from app.retrieval.lookup import Resolution, resolve
from app.retrieval.matching import Matcher
from app.retrieval.names import Names
from app.retrieval.query import Query
from app.retrieval.signals import Signals, measure
from indexing.catalogue import Entry
from indexing.interfaces import Embedder, Mask
from indexing.models import FloatMatrix, IntVector, Passage
from indexing.text import token_spans, tokens
from scraper.jurisdictions import Jurisdictions

# The fixed sum, for a generation whose own citations are too few to learn from. What is looked up exactly outweighs all
# that is merely similar.
EXACT = 10.0
WEIGHTS: Mapping[str, float] = {
    "lexical": 1.0,
    "dense": 0.5,
    "anchor": 0.5,
    "heading": 0.4,
    "name": 0.4,
    "exact": EXACT,
}
# Which passage of a document is shown: the one that shares words, is near, and above all is what was quoted.
SHOWN_DENSE, SHOWN_PHRASE = 0.5, 1.0
MOST_OF_A_NAME = 200  # characters; what is longer is no name
TELLING = 0.15  # share of the score from which the order of words, or what near cases cite, is a reason to be told


@dataclass(frozen=True, slots=True)
class Hit:
    """One document with its best passage; `signals` are shares that sum to `score`; higher is better."""

    entry: Entry
    score: float
    signals: Mapping[str, float]
    passage: Passage
    text: str
    highlights: tuple[tuple[int, int], ...]  # code points within `text`
    topics: tuple[tuple[str, float], ...]
    why: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits in order, how many documents matched at all, and what the query was taken to mean."""

    query: Query
    hits: tuple[Hit, ...]
    total: int
    resolution: Resolution | None
    ranked: IntVector = field(repr=False)  # rows of all matching documents, best first
    suggested: tuple[Entry, ...] = ()  # cases of which one may have been meant by a name that none bears


@dataclass(frozen=True)
class HybridSearch:
    """Search over one generation."""

    corpus: Corpus
    embedder: Embedder
    jurisdictions: Jurisdictions
    fixed: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)

    def search(self, query: Query, k: int = 10, offset: int = 0) -> SearchResult:
        """Return `k` hits from `offset` on; of equal scores the most cited comes first, then the lower row."""
        query = self._as_written(query)
        allowed = self.allowed(query)
        resolution, suggested = self._named(query.text)
        signals = measure(self.corpus, self.embedder, query.text, allowed)
        signals.documents["exact"] = self._exact(resolution, allowed)
        total, shares = fuse(signals.documents, self.weights)
        terms = set(tokens(query.text))
        matched = signals.matched | (signals.documents["exact"] > 0)
        # Without a word to rank by, every document that passes the conditions is a result.
        ranked = self._rank(total, matched if terms or allowed is None else allowed)
        hits = tuple(self._hit(int(row), total, shares, signals, terms) for row in ranked[offset : offset + k])
        return SearchResult(query, hits, len(ranked), resolution, ranked, suggested)

    def _as_written(self, query: Query) -> Query:
        """Return the query without its conditions if it is, as written, the name or citation of what is held.

        "CHICAGO STEEL AND PICKLING CO. v. CITIZENS" names a case and joins nothing.
        """
        if query.where is None or not query.written:
            return query
        found = resolve(self.corpus, self.jurisdictions, query.written)
        return replace(query, text=query.written, phrases=(), where=None) if found and found.documents else query

    def _named(self, text: str) -> tuple[Resolution | None, tuple[Entry, ...]]:
        """Return what a text stands for, as written or as it can only have been meant, and else what is near."""
        found = resolve(self.corpus, self.jurisdictions, text)
        near = self.names.near(text) if found is None and len(text) <= MOST_OF_A_NAME else None
        if near is None:
            return found, ()
        if near.documents:
            return Resolution(text, "near_name", near.key, near.documents), ()
        return None, tuple(self.corpus.entries[self.corpus.rows[name]] for name in near.suggested)

    @cached_property
    def names(self) -> Names:
        """Return the names of all held cases, by which slips are found."""
        names = self.corpus.catalogue.all_names("name")
        return Names.of((key, document) for key, document in names if document in self.corpus.rows)

    @cached_property
    def weights(self) -> Mapping[str, float | FloatMatrix]:
        """Return the weights that are served: learned ones where they won on held-back citations, else the fixed."""
        learned = self.corpus.ranking.weights if self.corpus.ranking else None
        if learned is None or not learned.used:
            return self.fixed
        return {**learned.of(self.corpus.is_case), "name": self.fixed["name"], "exact": self.fixed["exact"]}

    def allowed(self, query: Query) -> Mask | None:
        """Return which documents pass the filters and all that must hold, `(n_documents,)`, or None for every one."""
        allowed = self.corpus.allowed(query.filters)
        if query.where is None:
            return allowed
        held = self.matcher.holds(query.where)
        return held if allowed is None else held & allowed

    @cached_property
    def matcher(self) -> Matcher:
        """Return what says exactly for which documents a condition holds."""
        return Matcher(self.corpus, self.jurisdictions)

    def _exact(self, resolution: Resolution | None, allowed: Mask | None) -> FloatMatrix:
        out = np.zeros(len(self.corpus.entries), dtype=np.float32)
        for document in resolution.documents if resolution else ():
            row = self.corpus.rows[document]
            out[row] = 1.0 if allowed is None or allowed[row] else 0.0
        return out

    def _rank(self, total: FloatMatrix, matched: Mask) -> IntVector:
        rows = np.flatnonzero(matched)
        return rows[np.lexsort((rows, -self._cited[rows], -total[rows]))].astype(np.int64)

    @cached_property
    def _cited(self) -> IntVector:
        return np.array([self.corpus.cited_counts.get(entry.id, 0) for entry in self.corpus.entries], dtype=np.int64)

    def _hit(
        self, row: int, total: FloatMatrix, shares: Mapping[str, FloatMatrix], signals: Signals, terms: set[str]
    ) -> Hit:
        entry = self.corpus.entries[row]
        passage = self._best_passage(row, signals)
        text = self.corpus.catalogue.text(entry.id, passage.start, passage.end, passage.version)
        marks = tuple((start, end) for term, start, end in token_spans(text) if term in terms)
        parts = {name: round(float(share[row]), 6) for name, share in shares.items() if share[row] > 0}
        topics = sorted(self.corpus.memberships.get(entry.id, {}).items(), key=lambda item: (-item[1], item[0]))
        shared = list(dict.fromkeys(text[start:end].lower() for start, end in marks))
        return Hit(entry, round(sum(parts.values()), 6), parts, passage, text, marks, tuple(topics[:4]),
                   self._why(entry, parts, shared, bool(terms)))  # fmt: skip

    def _best_passage(self, row: int, signals: Signals) -> Passage:
        at = np.flatnonzero(self.corpus.passage_rows == row)
        score = (
            signals.lexical_passages[at]
            + SHOWN_DENSE * signals.dense_passages[at]
            + SHOWN_PHRASE * signals.phrase_passages[at]
        )
        return self.corpus.passages[int(at[int(np.argmax(score))])]

    def _why(self, entry: Entry, parts: Mapping[str, float], shared: list[str], ranked_by_words: bool) -> str:
        reasons = []
        if "exact" in parts:
            reasons.append("it is what the query names")
        telling = TELLING * sum(parts.values())
        if parts.get("phrase", 0.0) > telling:
            reasons.append("it holds the query's words in their order")
        if parts.keys() & {"lexical", "lexical_top", "whole"} and shared:
            reasons.append("its passage shares " + ", ".join(shared[:6]))
        if "heading" in parts:
            reasons.append("its heading shares words")
        if "name" in parts:
            reasons.append("its name shares words")
        if parts.keys() & {"dense", "dense_top", "gist"}:
            reasons.append("its passage is near in meaning")
        if parts.keys() & {"anchor", "anchor_top"}:
            reasons.append(f"it is cited in like words (cited by {self.corpus.cited_counts.get(entry.id, 0)} held)")
        if parts.get("citing", 0.0) > telling:
            reasons.append("cases near the query cite it")
        # Without a word to rank by nothing is weak or strong: the document passes the conditions.
        text = "; ".join(reasons) or ("it matches weakly" if ranked_by_words else "it meets every condition")
        return text[0].upper() + text[1:] + "."
