"""Links that are not there: which authorities a document would be expected to cite, from what earlier ones cite.

Nothing here is a citation. A document that is new knows none of its own links, so every signal of a source is made of
its words (citations and the sentences around them taken out) and of what came before it:

    words, concepts     cosine of TF-IDF rows, and of their truncated SVD
    anchors             its words against the sentences in which the candidate was cited
    topics              cosine of topic weights
    neighbours          what the most similar earlier documents cite; also weighed down for much-cited candidates
    cocited, adamic     one step on from there, over co-citation and over shared neighbours (Adamic and Adar 2003)
    walks               PPMI of random walks factorised (Qiu et al. 2018: what DeepWalk factorises implicitly)
    chapter, popular    what the neighbours cite of the same chapter; how often it is cited at all

A logistic regression over each signal's share of its maximum and its reciprocal rank joins them. It learns from earlier
years alone: each year's documents are predicted from the years before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from scraper.errors import GraphError

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SIGNALS = (
    "words", "concepts", "anchors", "topics", "neighbours", "neighbours_rare", "cocited", "adamic", "walks", "chapter",
    "popular",
)  # fmt: skip
_CONCEPTS, _WALK_DIMENSIONS = 150, 64
_NEAREST = 20  # earlier documents whose citations are looked at
_HARD, _EASY = 200, 300  # documents not cited that a source is trained against: likely ones, and any
_FIRST_YEARS = 2  # of a collection: too little lies before them to learn from
_LEAST_LINKS = 100  # fewer known links teach nothing
_CHUNK = 64  # sources whose signals are held at once


@dataclass(frozen=True)
class LinkData:
    """Documents by row, and what is known of them.

    `texts` have no citation in them; `anchors` are (citing row, cited row, words around the citation); `edges` (n, n)
    has 1 where a row cites a column; `topics` (n, t) holds weights; `groups` numbers the chapter of each document;
    `years` are of decision, 0 for what has none: such documents are always known and never sources.
    """

    texts: Sequence[str]
    anchors: Sequence[tuple[int, int, str]]
    edges: sparse.csr_matrix
    topics: sparse.csr_matrix
    groups: Sequence[int]
    years: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Return n."""
        return len(self.texts)

    @cached_property
    def vectorizer(self) -> TfidfVectorizer:
        """Return the vocabulary of all texts with its weights."""
        return TfidfVectorizer(sublinear_tf=True, min_df=2, max_df=0.3, stop_words="english",
                               token_pattern=r"(?u)\b[a-z][a-z]{2,}\b")  # fmt: skip

    @cached_property
    def words(self) -> sparse.csr_matrix:
        """Return TF-IDF rows of length one (n, terms)."""
        try:
            return self.vectorizer.fit_transform(self.texts).tocsr()
        except ValueError as error:
            raise GraphError(f"The texts share too few words to be compared ({error}).") from error

    @cached_property
    def concepts(self) -> Floats:
        """Return the truncated SVD of the words (n, at most 150), rows of length one."""
        return _factors(self.words, _CONCEPTS)

    @cached_property
    def membership(self) -> sparse.csr_matrix:
        """Return (n, chapters) with 1 where a document stands in a chapter."""
        ones = np.ones(self.count)
        return sparse.csr_matrix((ones, (np.arange(self.count), np.asarray(self.groups))))

    def sources_of(self, year: int) -> NDArray[np.int64]:
        """Return the rows decided in a year that cite anything."""
        citing = np.asarray(self.edges.sum(axis=1)).ravel() > 0
        return np.flatnonzero((self.years == year) & citing)


@dataclass(frozen=True, slots=True)
class LinkModel:
    """A logistic regression over `2 * len(SIGNALS)` features; `links` is how many known links taught it."""

    weights: Floats
    bias: float
    links: int

    def score(self, signals: Floats) -> Floats:
        """Return how likely each link is, in (0, 1), for signals `(sources, candidates, len(SIGNALS))`."""
        return np.asarray(1.0 / (1.0 + np.exp(-(_features(signals) @ self.weights + self.bias))))


@dataclass(frozen=True, slots=True)
class PredictedLink:
    """A link that is inferred: row numbers, and its likelihood in (0, 1)."""

    source: int
    target: int
    score: float


@dataclass(frozen=True, slots=True)
class LinkTable:
    """Recall@k of each signal alone and of all joined, on documents decided from `year` on; `best` is a signal."""

    year: int
    k: int
    sources: int
    links: int
    recall: dict[str, float]

    @property
    def best(self) -> str:
        """Return the best signal alone."""
        return max(SIGNALS, key=lambda name: self.recall[name])

    @property
    def gain(self) -> float:
        """Return the recall of all joined, divided by that of the best alone."""
        return self.recall["joined"] / self.recall[self.best] if self.recall[self.best] else 0.0


def signals(data: LinkData, sources: NDArray[np.int64], before: int) -> Floats:
    """Return every signal `(sources, n, len(SIGNALS))`, higher is likelier, from documents decided before a year.

    What has no year is known always; the links of the sources themselves are never looked at.
    """
    known = (data.years > 0) & (data.years < before)
    undated = data.years == 0
    links = sparse.diags((known | undated).astype(float)) @ data.edges
    earlier = np.flatnonzero(known)
    cited = links[earlier]
    popularity = np.asarray(cited.sum(axis=0)).ravel()
    words, concepts = data.words[sources], data.concepts[sources]
    alike = (words @ data.words[earlier].T).toarray() + concepts @ data.concepts[earlier].T
    near = _nearest(np.clip(alike, 0.0, None), earlier, sources)
    neighbours = np.asarray(near @ cited)
    chapters = np.asarray(data.membership.sum(axis=0)).ravel()
    beside = np.asarray(neighbours @ data.membership @ data.membership.T) / chapters[np.asarray(data.groups)]
    both = links + links.T
    walks = _walks(both)
    found = {
        "words": (words @ data.words.T).toarray(),
        "concepts": concepts @ data.concepts.T,
        "anchors": (words @ _anchors(data, set(earlier.tolist())).T).toarray(),
        "topics": (normalize(data.topics[sources]) @ normalize(data.topics).T).toarray(),
        "neighbours": neighbours,
        "neighbours_rare": neighbours / np.log(2.0 + popularity),
        "cocited": neighbours @ _cocited(cited),
        "adamic": neighbours @ _shared(both),
        "walks": normalize(near @ walks[earlier]) @ walks.T,
        "chapter": beside,
        "popular": np.tile(np.log1p(popularity), (len(sources), 1)),
    }
    return np.stack([np.asarray(found[name]) for name in SIGNALS], axis=-1)


def fit(data: LinkData, until: int, seed: int = 0) -> LinkModel:
    """Learn from the documents decided before a year, each year's from the years before it; raise GraphError where
    fewer than a hundred links are known there."""
    rows, labels = [], []
    rng = np.random.default_rng(seed)
    for year in _training_years(data, until):
        sources = data.sources_of(year)
        found = signals(data, sources, year)
        allowed = candidates(data, sources)
        for place, source in enumerate(sources):
            chosen, right = _examples(data, int(source), found[place], allowed[place], rng)
            rows.append(_features(found[place])[chosen])
            labels.append(right)
    links = int(sum(one.sum() for one in labels))
    if links < _LEAST_LINKS:
        raise GraphError(
            f"Only {links} citations lie in years that could teach a prediction; {_LEAST_LINKS} are needed. Ingest "
            "more dated documents."
        )
    model = LogisticRegression(C=0.3, max_iter=3000, class_weight="balanced")
    model.fit(np.concatenate(rows), np.concatenate(labels))
    return LinkModel(model.coef_[0], float(model.intercept_[0]), links)


def predict(data: LinkData, model: LinkModel, per_source: int = 5, least: float = 0.9) -> Iterator[PredictedLink]:
    """Yield for each dated document the likeliest links that it lacks, best first; at most `per_source` of at least
    the likelihood `least`."""
    after = int(data.years.max()) + 1 if data.count else 0
    dated = np.flatnonzero(data.years > 0)
    for start in range(0, len(dated), _CHUNK):
        sources = dated[start : start + _CHUNK]
        scores = model.score(signals(data, sources, after))
        scores[~candidates(data, sources)] = 0.0
        for place, source in enumerate(sources):
            scores[place, data.edges[source].indices] = 0.0
            for target in np.argsort(-scores[place], kind="stable")[:per_source]:
                if scores[place, target] >= least:
                    yield PredictedLink(int(source), int(target), float(scores[place, target]))


def evaluate(data: LinkData, year: int, k: int = 20) -> LinkTable:
    """Learn from the years before, then hold every signal and all joined against the citations from that year on.

    Recall@k is the mean over documents of the share of their citations among the k likeliest. Raises GraphError.
    """
    citing = np.asarray(data.edges.sum(axis=1)).ravel() > 0
    sources = np.flatnonzero((data.years >= year) & citing)
    if not len(sources):
        raise GraphError(f"No document decided in {year} or later cites another that is held.")
    model = fit(data, year)
    found, allowed = signals(data, sources, year), candidates(data, sources)
    truth = data.edges[sources].toarray().astype(bool) & allowed
    recall = {name: _recall(found[..., place], truth, allowed, k) for place, name in enumerate(SIGNALS)}
    recall["joined"] = _recall(model.score(found), truth, allowed, k)
    return LinkTable(year, k, int(truth.any(axis=1).sum()), int(truth.sum()), recall)


def candidates(data: LinkData, sources: NDArray[np.int64]) -> Mask:
    """Return `(sources, n)`: what each source could cite, which is not itself and not what was decided later."""
    years = data.years[sources][:, None]
    allowed = (data.years[None, :] <= years) | (data.years[None, :] == 0)
    allowed[np.arange(len(sources)), sources] = False
    return np.asarray(allowed)


# ---- parts of signals


def _factors(matrix: sparse.csr_matrix, most: int) -> Floats:
    """Return the left factors of a truncated SVD, rows of length one; a small matrix has fewer columns."""
    rank = min(most, min(matrix.shape) - 1)
    if rank < 1 or matrix.nnz == 0:
        return np.zeros((matrix.shape[0], 1))
    return np.asarray(normalize(TruncatedSVD(rank, random_state=0).fit_transform(matrix)))


def _nearest(alike: Floats, earlier: NDArray[np.int64], sources: NDArray[np.int64]) -> Floats:
    """Return the weights of the nearest earlier documents of each source, rows summing to one."""
    weights = alike**2
    weights[earlier[None, :] == sources[:, None]] = 0.0  # a document is no neighbour of itself
    if weights.shape[1] > _NEAREST:
        least = np.partition(weights, -_NEAREST, axis=1)[:, -_NEAREST][:, None]
        weights = np.where(weights >= least, weights, 0.0)
    return np.asarray(weights / (weights.sum(axis=1, keepdims=True) + 1e-12))


def _anchors(data: LinkData, known: set[int]) -> sparse.csr_matrix:
    bags: list[list[str]] = [[] for _ in range(data.count)]
    for source, target, words in data.anchors:
        if source in known:
            bags[target].append(words)
    _ = data.words  # the vocabulary is learned from the texts
    return data.vectorizer.transform([" ".join(bag) for bag in bags])


def _cocited(cited: sparse.csr_matrix) -> sparse.csr_matrix:
    each = np.asarray(cited.sum(axis=1)).ravel()
    together = (cited.T @ sparse.diags(1.0 / np.log(2.0 + each)) @ cited).tolil()
    together.setdiag(0.0)
    return normalize(together.tocsr(), norm="l1")


def _shared(both: sparse.csr_matrix) -> sparse.csr_matrix:
    degrees = np.asarray(both.sum(axis=1)).ravel()
    return normalize((both @ sparse.diags(1.0 / np.log(2.0 + degrees)) @ both).tocsr(), norm="l1")


def _walks(both: sparse.csr_matrix) -> Floats:
    """Return vectors of the positive PPMI of walks of one to three steps."""
    step = normalize(both.tocsr(), norm="l1")
    reached = ((step + step @ step + step @ step @ step) / 3.0).tocsr()
    share = np.asarray(reached.sum(axis=0)).ravel() / max(reached.sum(), 1e-12)
    scaled = (reached @ sparse.diags(1.0 / np.maximum(share, 1e-12))).tocsr()
    scaled.data = np.log(np.maximum(scaled.data, 1.0))
    scaled.eliminate_zeros()
    return _factors(scaled, _WALK_DIMENSIONS)


# ---- learning


def _training_years(data: LinkData, until: int) -> list[int]:
    years = sorted({int(year) for year in data.years if 0 < year < until})
    return [year for year in years[_FIRST_YEARS:] if len(data.sources_of(year))]


def _examples(
    data: LinkData, source: int, found: Floats, allowed: Mask, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows to learn from and 1 for those that are cited: all of these, likely ones and any others."""
    cited = np.intersect1d(data.edges[source].indices, np.flatnonzero(allowed))
    others = np.setdiff1d(np.flatnonzero(allowed), cited)
    likely = (found / (found.max(axis=0, keepdims=True) + 1e-9)).sum(axis=1)
    hard = others[np.argsort(-likely[others], kind="stable")[:_HARD]]
    easy = rng.choice(others, min(_EASY, len(others)), replace=False)
    chosen = np.concatenate([cited, np.union1d(hard, easy)])
    return chosen, (np.arange(len(chosen)) < len(cited)).astype(np.int64)


def _features(found: Floats) -> Floats:
    """Return each signal's share of its maximum over all candidates and its reciprocal rank; the last axis doubles."""
    shares = found / (found.max(axis=-2, keepdims=True) + 1e-9)
    order = np.argsort(-found, axis=-2, kind="stable")
    ranks = np.argsort(order, axis=-2, kind="stable")
    return np.concatenate([shares, 1.0 / np.log2(2.0 + ranks)], axis=-1)


def _recall(scores: Floats, truth: Mask, allowed: Mask, k: int) -> float:
    shares = []
    for score, right, may in zip(scores, truth, allowed, strict=True):
        if right.any():
            top = np.argsort(-np.where(may, score, -np.inf), kind="stable")[:k]
            shares.append(right[top].sum() / right.sum())
    return float(np.mean(shares)) if shares else 0.0
