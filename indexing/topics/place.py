"""Places documents in a tree without a fit: non-negative least squares on the fixed topics of each split, downwards.

A fit mixes each document's words with those of its neighbours, and takes the mean of what this view and what its own
words say. So is a new document placed: mixed, in one step, with its neighbours by embedding among the documents held,
and once more by its own words. Its place rests on them and on itself alone, never on what is placed along with it.

What the topics of a split leave unexplained of a document's own words is its residual: its own, since its neighbours
are explained by the topics that they made. Held against the residuals of the documents that the split was fitted on,
it tells whether the topics still fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from indexing.topics.hierarchy import HierarchyConfig
from indexing.topics.models import RESIDUAL_LEVELS, ROOT, DocumentTerms, Membership, SplitModel, TopicNode
from indexing.topics.nmf import Matrix, place
from indexing.topics.vectorize import _TOKEN, _word, is_stub, operative, strip_citations, strongest, unit_rows
from indexing.topics.views import neighbour_count

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]
_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Placed:
    """What came of placing documents. rows: (p,) of those placed.

    members: by topic id, what joins it. residuals: by the id of each split that was asked, the rows that came to it
    and how much of each it left unexplained, 0..1 (1: nothing of the document is in its topics).
    """

    rows: NDArray[np.int32]
    members: Mapping[str, Membership]
    residuals: Mapping[str, tuple[NDArray[np.int32], Floats]]


@dataclass(frozen=True, slots=True)
class Drift:
    """How documents placed in a split compare with those it was fitted on.

    above: of `placed`, those with a residual over `limit`, the .95 quantile of the fitted documents. chance: how
    likely so many or more are where nothing drifted, 0..1; small means drift.
    """

    placed: int
    above: int
    limit: float
    chance: float


def count_known(texts: Sequence[str], terms: Sequence[str], min_chars: int) -> tuple[Matrix, list[int]]:
    """Count the words and phrases of a fixed vocabulary, exactly as `vectorize.count_terms` counted them.

    Gives (n, v) CSR and the indices of texts that are stubs or hold no term; their rows are empty.
    """
    column = {term: number for number, term in enumerate(terms)}
    indices: list[int] = []
    pointers, stubs = [0], []
    word_of: dict[str, str] = {}  # of each token that was met; "" where a phrase must not cross
    for number, given in enumerate(texts):
        before, text = len(indices), operative(given)
        if not is_stub(text, min_chars):
            tokens = _TOKEN.findall(strip_citations(text))
            word_of |= {token: _word(token) for token in set(tokens).difference(word_of)}
            words = [word_of[token] for token in tokens]
            indices += [column[word] for word in words if word in column]
            pairs = (f"{one} {two}" for one, two in pairwise(words) if one and two)
            indices += [column[pair] for pair in pairs if pair in column]
        if len(indices) == before:
            stubs.append(number)
        pointers.append(len(indices))
    ones = np.ones(len(indices), dtype=np.float32)
    shape = (len(texts), len(terms))
    counts = sparse.csr_matrix((ones, np.array(indices, dtype=np.int32), np.array(pointers)), shape=shape)
    counts.sum_duplicates()
    return counts, stubs


class View:
    """Documents as the fits of a tree saw them. embeddings: (n, d) for all rows of the tree, or None."""

    def __init__(self, words: DocumentTerms, embeddings: Floats | None, config: HierarchyConfig) -> None:
        self._words = words
        self._config = config
        self._column = {term: number for number, term in enumerate(words.terms)}
        self._unit: Floats | None = None
        if embeddings is not None and config.smoothing > 0:
            lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
            self._unit = (embeddings / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)

    def weighed(self, rows: Indices, model: SplitModel) -> Matrix:
        """(r, m) TF-IDF of documents with the vocabulary and the document frequencies of a split."""
        columns = np.array([self._column.get(term, -1) for term in model.terms], dtype=np.intp)
        here = np.flatnonzero(columns >= 0)
        at = np.searchsorted(self._words.rows, rows)
        x = sparse.csr_matrix(self._words.counts[at][:, columns[here]], dtype=np.float32)
        x.data = 1.0 + np.log(x.data)
        x = sparse.csr_matrix(x.multiply(model.idf[here][None, :]), dtype=np.float32)
        # a term that no document of the corpus has any more keeps its column, so that the topics still fit
        wide = sparse.csr_matrix((x.data, here[x.indices], x.indptr), shape=(rows.size, len(model.terms)))
        return unit_rows(strongest(wide, self._config.vocabulary.row_terms))

    def seen(self, rows: Indices, held: Indices, model: SplitModel) -> Matrix:
        """(r, m) the documents `rows` smoothed with their neighbours among those `held` in the node."""
        x = self.weighed(rows, model)
        config = self._config
        if self._unit is None or held.size < 4:
            return x
        mixing = self._neighbours(rows, held, neighbour_count(held.size, config.neighbours))
        asked = np.unique(mixing.indices)
        near = self.weighed(held[asked], model)
        mixed = (1.0 - config.smoothing) * x + config.smoothing * (mixing[:, asked] @ near)
        return unit_rows(strongest(sparse.csr_matrix(mixed, dtype=np.float32), config.vocabulary.row_terms))

    def residuals(self, rows: Indices, model: SplitModel) -> Floats:
        """(r,) how much of the documents' own words the topics of a split leave unexplained at best, 0..1."""
        return place(model.h, self.weighed(rows, model))[1]

    def _neighbours(self, rows: Indices, held: Indices, count: int) -> Matrix:
        """Row-stochastic (r, h): each row's nearest among those held, by cosine; a document is not its own."""
        assert self._unit is not None
        count = min(count, held.size - 1)
        starts, columns, values = [], [], []
        others = self._unit[held]
        for begin in range(0, rows.size, _BLOCK):
            part = rows[begin : begin + _BLOCK]
            block = self._unit[part] @ others.T
            block[part[:, None] == held[None, :]] = -np.inf
            nearest = np.sort(np.argpartition(-block, count - 1, axis=1)[:, :count], axis=1)
            starts.append(np.repeat(np.arange(begin, begin + part.size), count))
            columns.append(nearest.ravel())
            values.append(np.maximum(np.take_along_axis(block, nearest, axis=1), 0.0).ravel())
        parts = (np.concatenate(values), (np.concatenate(starts), np.concatenate(columns)))
        weights = sparse.csr_matrix(parts, shape=(rows.size, held.size), dtype=np.float32)
        weights.eliminate_zeros()
        totals = np.asarray(weights.sum(axis=1)).ravel()
        scale = np.divide(1.0, totals, out=np.zeros_like(totals), where=totals > 0)
        return sparse.csr_matrix(sparse.diags(scale) @ weights, dtype=np.float32)


def place_documents(
    rows: Indices,
    nodes: Sequence[TopicNode],
    members: Mapping[str, Membership],
    models: Mapping[str, SplitModel],
    view: View,
    config: HierarchyConfig,
) -> Placed:
    """Let documents down the tree, at each split to the topic that explains most of them.

    rows: ascending, in `view`; none of them in `members`. A document of which no topic of a split explains anything
    stays with the node, as in a fit.
    """
    children = {node.id: node.children for node in nodes}
    shared = {node.id for node in nodes if node.scope == "global"}
    everything = Membership(rows.astype(np.int32), np.ones(rows.size, np.float32), np.ones(rows.size, np.bool_))
    found: dict[str, Membership] = {ROOT: everything}
    residuals: dict[str, tuple[NDArray[np.int32], Floats]] = {}
    queue = [ROOT] if rows.size else []
    while queue:
        topic = queue.pop(0)
        if topic not in models:
            continue
        mine = found[topic]
        here, path = mine.indices[mine.core].astype(np.intp), mine.weights[mine.core]
        if not here.size:
            continue
        held = members[topic].indices[members[topic].core].astype(np.intp)
        weights, left = _weights(here, held, models[topic], view)
        residuals[topic] = (here.astype(np.int32), left)
        local = np.array([child not in shared for child in children[topic]], dtype=np.bool_)
        for number, child in enumerate(children[topic]):
            found[child] = _joining(here, path, weights, number, local, config.min_share)
            queue.append(child)
    return Placed(rows.astype(np.int32), found, residuals)


def _weights(here: Indices, held: Indices, model: SplitModel, view: View) -> tuple[Floats, Floats]:
    """(r, k) shares of the topics of a split in documents that come to it, and (r,) residuals of their own words."""
    mixed, _ = place(model.h, view.seen(here, held, model))
    own, left = place(model.h, view.weighed(here, model))
    return (_parts(mixed) + _parts(own)) / 2.0, left


def _parts(weights: Floats) -> Floats:
    totals = weights.sum(axis=1, keepdims=True)
    parts: Floats = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
    return parts


def _joining(
    here: Indices, path: Floats, weights: Floats, number: int, local: NDArray[np.bool_], least: float
) -> Membership:
    """Those of some documents that join one topic of a split; weights: (r, k) of all its topics.

    A topic that is shared by all (not `local`) is the first of no document, and the shares of the others leave it out.
    """
    among = weights * local if local[number] else weights
    totals = among.sum(axis=1)
    shares = np.divide(among[:, number], totals, out=np.zeros_like(totals), where=totals > 0)
    core = (among.argmax(axis=1) == number) & (totals > 0) & local[number]
    kept = np.flatnonzero(core | (shares >= least))
    joined = (path[kept] * shares[kept]).astype(np.float32)
    return Membership(here[kept].astype(np.int32), joined, core[kept])


def quantiles(residuals: Floats) -> tuple[float, ...]:
    """What a split keeps of the residuals of its documents: their quantiles at `RESIDUAL_LEVELS`."""
    return tuple(float(value) for value in np.quantile(residuals, RESIDUAL_LEVELS))


def drift_of(model: SplitModel, placed: Floats) -> Drift:
    """Hold the residuals of documents placed since the fit against those of the documents fitted on.

    Of documents like the fitted ones one in twenty lies above their .95 quantile; how many do is then binomial.
    """
    if not model.residuals:
        return Drift(placed.size, 0, 1.0, 1.0)
    limit = model.residuals[-1]
    above = int((placed > limit).sum())
    chance = float(stats.binom.sf(above - 1, placed.size, 1.0 - RESIDUAL_LEVELS[-1])) if above else 1.0
    return Drift(placed.size, above, limit, chance)
