"""Influence: PageRank over citations, by power iteration. It says how much others build on a document, never whether
the document is good law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from scraper.errors import GraphError

Vector = NDArray[np.float64]
DAMPING = 0.85
TOLERANCE = 1e-10  # sum of changes, relative to 1
MOST_ROUNDS = 500


def pagerank(matrix: sparse.csr_array, restart: Vector | None = None, damping: float = DAMPING) -> Vector:
    """Return the PageRank of each node, `(n,)`, sum 1, higher is more.

    `matrix` is `(n, n)`, row i holding the weights (not negative) of the edges from i. `restart` is `(n,)`, where a
    walk begins again (and goes on from a node without edges): uniform by default, the seeds for the personalised form.
    Raises GraphError where it does not converge. Source: Page, Brin, Motwani, Winograd (1999).
    """
    size = matrix.shape[0]
    if size == 0:
        return np.zeros(0)
    start = np.full(size, 1.0 / size) if restart is None else restart / restart.sum()
    out = np.asarray(matrix.sum(axis=1)).ravel()
    inverse = np.divide(1.0, out, out=np.zeros(size), where=out > 0)
    steps = (sparse.diags_array(inverse) @ matrix).T.tocsr()
    dangling = out == 0
    scores = start.copy()
    for _ in range(MOST_ROUNDS):
        moved = damping * (steps @ scores + scores[dangling].sum() * start) + (1.0 - damping) * start
        if np.abs(moved - scores).sum() < TOLERANCE:
            return np.asarray(moved / moved.sum())
        scores = moved
    raise GraphError(f"PageRank did not settle in {MOST_ROUNDS} rounds; use a damping below {damping}.")


def adjacency(size: int, edges: Iterable[tuple[int, int, float]]) -> sparse.csr_array:
    """Return `(size, size)` weights by source and target; parallel edges add up."""
    rows = list(edges)
    sources = [source for source, _, _ in rows]
    targets = [target for _, target, _ in rows]
    weights = np.array([weight for _, _, weight in rows], dtype=np.float64)
    return sparse.csr_array(sparse.coo_array((weights, (sources, targets)), shape=(size, size)))


def among_peers(scores: Mapping[str, float], peers: Mapping[str, str]) -> Mapping[str, float]:
    """Return for each document the share of its peers that have less influence, 0 to 1; 0 where it has none.

    `peers` names the group of each: a court's level, say, or a span of years.
    """
    groups: dict[str, list[float]] = {}
    for document, group in peers.items():
        groups.setdefault(group, []).append(scores[document])
    ordered = {group: np.sort(values) for group, values in groups.items()}
    return {
        document: float(np.searchsorted(ordered[group], scores[document] - 1e-12)) / max(1, len(ordered[group]) - 1)
        for document, group in peers.items()
    }


def among_contemporaries(scores: Mapping[str, float], years: Mapping[str, int], span: int = 5) -> Mapping[str, float]:
    """Return for each dated document the share of those decided at most `span` years apart that have less influence.

    An old decision had more time to be cited; this says how it stands among those of its time.
    """
    documents = sorted(years, key=lambda one: (years[one], one))
    when = np.array([years[one] for one in documents])
    values = np.array([scores[one] for one in documents])
    found = {}
    for row, document in enumerate(documents):
        low, high = np.searchsorted(when, when[row] - span), np.searchsorted(when, when[row] + span, side="right")
        found[document] = float((values[low:high] < values[row] - 1e-12).sum()) / max(1, int(high - low) - 1)
    return found


def influence(documents: Sequence[str], citations: Iterable[tuple[str, str, float]]) -> Mapping[str, float]:
    """Return each document's influence, sum 1, from (citing, cited, times); citations to others are left out.

    A citation counts by the logarithm of its times, so that an opinion of a hundred pages does not drown the others.
    """
    rows = {document_id: row for row, document_id in enumerate(documents)}
    edges = (
        (rows[source], rows[target], float(np.log1p(times)))
        for source, target, times in citations
        if source in rows and target in rows and source != target
    )
    scores = pagerank(adjacency(len(rows), edges))
    return {document_id: float(scores[row]) for document_id, row in rows.items()}
