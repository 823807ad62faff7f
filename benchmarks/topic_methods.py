"""Plain ways to group documents, each written out, to set beside the topic tree.

Each takes a number of groups and gives (labels, terms of each group, best first).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF, FastICA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from indexing.topics.labels import best_terms
from indexing.topics.models import ROOT, TopicTree
from indexing.topics.nmf import Matrix
from indexing.topics.vectorize import neighbours, smooth

Labels = NDArray[np.intp]
Terms = list[list[str]]
Method = Callable[[int], tuple[Labels, Terms]]
TOP = 10


def terms_of_rows(h: NDArray[np.floating], terms: Sequence[str]) -> Terms:
    """The strongest terms of each row, weighed as the tree weighs them: against the other rows."""
    rows = h.astype(np.float32)
    return [
        [term for term, _ in best_terms(rows[number], np.delete(rows, number, axis=0), tuple(terms), TOP)]
        for number in range(rows.shape[0])
    ]


def terms_of_groups(x: Matrix, labels: Labels, terms: Sequence[str]) -> Terms:
    """The same for groups of documents that have no terms of their own: by the mean of their words."""
    names = np.unique(labels)
    means = np.vstack([np.asarray(x[np.flatnonzero(labels == name)].mean(axis=0)).ravel() for name in names])
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return terms_of_rows(means / np.where(lengths > 0, lengths, 1.0), terms)


def taught(texts: Sequence[str], vectors: NDArray[np.float32], truth: Sequence[str]) -> Sequence[str]:
    """What a reader says of each document who was told the truth of four fifths of the others.

    No rival: a mark above which nobody who is told nothing can be expected. A linear classifier over the words and the
    vectors, five folds, each judged by the four others.
    """
    words = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(texts)
    known = sparse.hstack([words, sparse.csr_matrix(vectors)]).tocsr()
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    said: Sequence[str] = cross_val_predict(RidgeClassifier(), known, truth, cv=folds)
    return said


def _nmf(x: Matrix, k: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    model = NMF(k, init="nndsvda", max_iter=200, tol=1e-3, random_state=0)
    w = model.fit_transform(x)
    return w, model.components_


def flat_nmf(x: Matrix, terms: Sequence[str]) -> Method:
    """NMF of TF-IDF."""

    def run(k: int) -> tuple[Labels, Terms]:
        w, h = _nmf(x, k)
        return w.argmax(axis=1), terms_of_rows(h, terms)

    return run


def smoothed_nmf(x: Matrix, vectors: NDArray[np.float32], terms: Sequence[str]) -> Method:
    """NMF of TF-IDF mixed twice with the 15 nearest neighbours by embedding."""
    near = neighbours(vectors, 15)
    return flat_nmf(smooth(smooth(x, near, 200, 0.75), near, 200, 0.75), terms)


def joint_nmf(x: Matrix, citations: Sequence[tuple[int, int]], terms: Sequence[str]) -> Method:
    """One W for words and citations: NMF of both side by side (Zhu, Yu, Chi and Gong 2007, non-negative)."""
    n = x.shape[0]
    pairs = np.array(citations, dtype=np.intp).reshape(-1, 2)
    cited = sparse.csr_matrix((np.ones(len(pairs), dtype=np.float32), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    links = cited.maximum(cited.T) + sparse.identity(n, dtype=np.float32)
    lengths = np.sqrt(np.asarray(links.multiply(links).sum(axis=1))).ravel()
    both = sparse.hstack([x, 0.7 * (sparse.diags(1.0 / lengths) @ links)], format="csr").astype(np.float32)

    def run(k: int) -> tuple[Labels, Terms]:
        w, h = _nmf(both, k)
        return w.argmax(axis=1), terms_of_rows(h[:, : x.shape[1]], terms)

    return run


def semi_nmf(x: Matrix, vectors: NDArray[np.float32], terms: Sequence[str]) -> Method:
    """Embeddings as non-negative shares of free directions (Ding, Li and Jordan 2010), begun at k-means."""

    def run(k: int) -> tuple[Labels, Terms]:
        v = vectors.astype(np.float64)
        labels = KMeans(k, n_init=1, random_state=0).fit_predict(v)
        g = np.full((v.shape[0], k), 0.2)
        g[np.arange(v.shape[0]), labels] += 1.0
        for _ in range(100):
            f = v.T @ g @ np.linalg.pinv(g.T @ g)
            cross, gram = v @ f, f.T @ f
            up = np.maximum(cross, 0) + g @ np.maximum(-gram, 0)
            down = np.maximum(-cross, 0) + g @ np.maximum(gram, 0)
            g *= np.sqrt(up / np.maximum(down, 1e-12))
        found = g.argmax(axis=1)
        return found, terms_of_groups(x, found, terms)

    return run


def components(x: Matrix, vectors: NDArray[np.float32], terms: Sequence[str]) -> Method:
    """Independent components of embeddings (as S^3): each document goes to its strongest one."""

    def run(k: int) -> tuple[Labels, Terms]:
        found = np.abs(FastICA(k, random_state=0, max_iter=200).fit_transform(vectors)).argmax(axis=1)
        return found, terms_of_groups(x, found, terms)

    return run


def k_means(x: Matrix, vectors: NDArray[np.float32], terms: Sequence[str]) -> Method:
    """k-means of embeddings."""

    def run(k: int) -> tuple[Labels, Terms]:
        found = KMeans(k, n_init=3, random_state=0).fit_predict(vectors)
        return found, terms_of_groups(x, found, terms)

    return run


def cut(tree: TopicTree, x: Matrix, k: int) -> list[str]:
    """The tree's documents in at most `k` topics: the least different siblings are laid together, from the leaves up.

    x: (n, m) rows of the tree's documents. The difference is Ward's: what the sum of squares grows by. A node whose
    children are one again is a leaf. The topic of a document that was left out is empty.
    """
    labels = tree.first_topics()
    parent = {node.id: node.parent for node in tree.nodes}
    sums: dict[str, NDArray[np.float64]] = {}
    sizes: dict[str, int] = {}
    for name in sorted(set(labels) - {""}):
        rows = np.flatnonzero(np.array(labels) == name)
        sums[name], sizes[name] = np.asarray(x[rows].sum(axis=0), dtype=np.float64).ravel(), rows.size
    while len(sums) > k:
        pairs = [(a, b) for a in sums for b in sums if a < b and parent[a] == parent[b]]
        if not pairs:
            break
        costs = [
            sizes[a] * sizes[b] / (sizes[a] + sizes[b]) * float(np.sum((sums[a] / sizes[a] - sums[b] / sizes[b]) ** 2))
            for a, b in pairs
        ]
        one, two = pairs[int(np.argmin(costs))]
        sums[one] += sums.pop(two)
        sizes[one] += sizes.pop(two)
        labels = [one if label == two else label for label in labels]
        above = parent[one]
        if above is not None and above != ROOT and not any(parent[name] == above for name in sums if name != one):
            sums[above], sizes[above] = sums.pop(one), sizes.pop(one)
            labels = [above if label == one else label for label in labels]
    return labels
