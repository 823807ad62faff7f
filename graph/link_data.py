"""From documents and their citations to what link prediction looks at: words without the citations in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import sparse

from graph.links import LinkData
from indexing.models import Citation
from scraper.models import Document, DocumentKind

_MOST_GROUPS = 3  # levels of a code that make a chapter: code, title, chapter


def link_data(
    documents: Sequence[Document], citations: Iterable[Citation], topic_weights: Iterable[tuple[str, str, float]]
) -> LinkData:
    """Return what link prediction is given; rows are the documents in the order given.

    Of an opinion the whole sentence around a citation is taken out, which often says what is cited there; of a
    provision the citation alone, since its sentences are the provision itself. `topic_weights` are (topic id, document
    id, weight).
    """
    rows = {document.id: row for row, document in enumerate(documents)}
    of: dict[str, list[Citation]] = defaultdict(list)
    for one in citations:
        of[one.document_id].append(one)
    texts = [without_citations(document, of.get(document.id, ())) for document in documents]
    pairs: set[tuple[int, int]] = set()
    anchors: list[tuple[int, int, str]] = []
    for document in documents:
        for one in of.get(document.id, ()):
            if one.to in rows and one.to != document.id:
                pairs.add((rows[document.id], rows[one.to]))
                words = f"{document.text[one.sentence_start : one.start]} {document.text[one.end : one.sentence_end]}"
                anchors.append((rows[document.id], rows[one.to], words))
    ordered = sorted(pairs)
    n = len(documents)
    edges = sparse.csr_matrix((np.ones(len(ordered)), ([a for a, _ in ordered], [b for _, b in ordered])), shape=(n, n))
    years = [document.date.year if document.date else 0 for document in documents]
    return LinkData(texts, anchors, edges, _topics(rows, topic_weights), _groups(documents), np.array(years))


def without_citations(document: Document, citations: Iterable[Citation]) -> str:
    """Return the words of a document that do not tell what it cites."""
    whole = document.kind is DocumentKind.CASE
    cut = sorted((one.sentence_start, one.sentence_end) if whole else (one.start, one.end) for one in citations)
    kept, at = [], 0
    for start, end in cut:
        kept.append(document.text[at : max(at, start)])
        at = max(at, end)
    return " ".join([*kept, document.text[at:]])


def _topics(rows: dict[str, int], weights: Iterable[tuple[str, str, float]]) -> sparse.csr_matrix:
    columns: dict[str, int] = {}
    values = [
        (rows[document], columns.setdefault(topic, len(columns)), weight)
        for topic, document, weight in weights
        if document in rows
    ]
    shape = (len(rows), max(1, len(columns)))
    if not values:
        return sparse.csr_matrix(shape)
    at_row, at_column, weight = zip(*values, strict=True)
    return sparse.csr_matrix((weight, (at_row, at_column)), shape=shape)


def _groups(documents: Sequence[Document]) -> list[int]:
    """Number the chapters; all cases are one group."""
    numbers: dict[tuple[str, ...], int] = {}
    groups = []
    for document in documents:
        labels = tuple(level.label for level in document.hierarchy if level.kind != "section")[:_MOST_GROUPS]
        place = () if document.kind is DocumentKind.CASE else (document.jurisdiction, *labels)
        groups.append(numbers.setdefault(place, len(numbers)))
    return groups
