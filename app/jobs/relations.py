"""How documents hang together beyond their citations: likeness, links to be expected, and the topic of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from graph.link_data import link_data
from graph.links import fit, predict
from indexing.catalogue import TopicRow
from indexing.models import Citation, FloatMatrix
from scraper.errors import GraphError
from scraper.models import Document

LEAST_LIKE = 0.8  # cosine of two documents' mean passages from which they are joined
MOST_LIKE = 5  # neighbours of one document
LEAST_LIKELY, MOST_LIKELY = 0.9, 5  # the same for links that are predicted
_CHUNK = 512

Pairs = list[tuple[str, str, float]]


def similar_pairs(documents: Sequence[Document], vectors: FloatMatrix) -> Pairs:
    """Return each pair of documents that are worded alike once, with their cosine; `vectors` (n, d) of length one."""
    found: dict[tuple[int, int], float] = {}
    for start in range(0, len(documents), _CHUNK):
        likeness = vectors[start : start + _CHUNK] @ vectors.T
        likeness[np.arange(len(likeness)), np.arange(start, start + len(likeness))] = -1.0
        for place, row in enumerate(likeness):
            for other in np.argsort(-row, kind="stable")[:MOST_LIKE]:
                if row[other] >= LEAST_LIKE:
                    pair = (min(start + place, int(other)), max(start + place, int(other)))
                    found[pair] = float(row[other])
    return [(documents[a].id, documents[b].id, score) for (a, b), score in sorted(found.items())]


def predicted_pairs(
    documents: Sequence[Document], citations: Sequence[Citation], weights: Sequence[tuple[str, str, float]]
) -> tuple[Pairs, str]:
    """Return links to be expected, and why there are none where too little is held to learn from."""
    try:
        data = link_data(documents, citations, weights)
        model = fit(data, int(data.years.max(initial=0)) + 1)
    except GraphError as error:
        return [], f"No links are predicted: {error}"
    links = predict(data, model, MOST_LIKELY, LEAST_LIKELY)
    return [(documents[one.source].id, documents[one.target].id, one.score) for one in links], ""


def topic_of(rows: Sequence[TopicRow], weights: Sequence[tuple[str, str, float]]) -> Callable[[str, int], str]:
    """Return what tells the label of a document's heaviest topic among the deepest, wherever in it; "" for none."""
    parents = {row.parent for row in rows}
    labels = {row.id: row.label for row in rows if row.id not in parents}
    best: dict[str, tuple[float, str]] = {}
    for topic, document, weight in weights:
        if topic in labels and weight > best.get(document, (0.0, ""))[0]:
            best[document] = (weight, labels[topic])
    return lambda document, _place: best.get(document, (0.0, ""))[1]
