"""Link prediction measured: citations made from a year on, predicted from the years before."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.retrieval.corpus import Corpus
from graph.link_data import link_data
from graph.links import SIGNALS, LinkData, evaluate

HELD_BACK = 0.25  # share of the citing documents, the latest ones, that is held back where no year is named
K = 20


def links_of(corpus: Corpus) -> LinkData:
    """Return what link prediction looks at, from a generation."""
    catalogue = corpus.catalogue
    documents = [catalogue.version(entry.id, entry.version).document.with_id(entry.id) for entry in corpus.entries]
    weights = [
        (topic.id, document, weight)
        for topic in catalogue.topics()
        for document, weight in catalogue.topic_members(topic.id)
    ]
    return link_data(documents, catalogue.all_citations(), weights)


def evaluate_links(corpus: Corpus, year: int | None = None, k: int = K) -> dict[str, Any]:
    """Return Recall@k of each signal and of all joined, for citations made from `year` on; raise GraphError.

    The citations of later documents, and the sentences around them, are not looked at. What is undated (provisions)
    is known throughout; the topics were found in all documents' words. Recall is the mean over documents.
    """
    data = links_of(corpus)
    table = evaluate(data, year or _default_year(data), k)
    measure = f"Recall@{k}"
    return {
        "year": table.year,
        "documents": table.sources,
        "links": table.links,
        "measure": measure,
        "systems": {name: {measure: round(table.recall[name], 4)} for name in ("joined", *SIGNALS)},
        "best_single": table.best,
        "gain": round(table.gain, 4),
        "generation": corpus.generation.id,
    }


def _default_year(data: LinkData) -> int:
    citing = np.asarray(data.edges.sum(axis=1)).ravel() > 0
    years = np.sort(data.years[(data.years > 0) & citing])
    return int(years[int(len(years) * (1 - HELD_BACK))]) if len(years) else 1


__all__ = ["evaluate_links", "links_of"]
