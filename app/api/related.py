"""What stands beside a document: who cites it, in which words, and what is like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from app.api import shapes
from app.retrieval.corpus import Corpus
from app.retrieval.query import Filters
from indexing.catalogue import NO_ROW, Entry
from indexing.models import Citation, FloatMatrix, Passage, Speaker
from indexing.treatment.depth import depth_of_places
from indexing.treatment.models import Stance, Treatment, Voice
from scraper.jurisdictions import Jurisdictions

Order = Literal["depth", "date", "court"]
Said = Mapping[str, Sequence[Treatment]]  # citing document -> what it does to the authority
_LEVELS = {"supreme": 0, "appellate": 1, "trial": 2}
_NEIGHBOURS = 1_000  # passages asked of the vector index
_DENSE = "dense"


def citing_documents(
    corpus: Corpus, document_id: str, order: Order, topic: str = "", said: Said | None = None
) -> list[tuple[Entry, list[Citation]]]:
    """Return the documents that cite one, with their citations in order of place, of a topic where one is given.

    By depth those come first that go deepest into it, then those that cite most often; by date the
    latest; by court the highest. Ties are ordered by date, then by id.
    """
    deep = said or {}
    mask = corpus.allowed(Filters(topic=(topic,))) if topic else None
    groups: dict[str, list[Citation]] = {}
    for _, citation in corpus.catalogue.citing(document_id):
        groups.setdefault(citation.document_id, []).append(citation)
    rows = [(corpus.entries[corpus.rows[name]], found) for name, found in sorted(groups.items()) if name in corpus.rows]
    if mask is not None:
        rows = [row for row in rows if mask[row[0].row]]
    rows.sort(key=lambda row: row[0].date or "", reverse=True)
    if order == "depth":
        rows.sort(key=lambda row: (-_depth(row[1], deep.get(row[0].id, ())), -len(row[1])))
    elif order == "court":
        rows.sort(key=lambda row: (_LEVELS.get(row[0].court_level, len(_LEVELS)), row[0].court))
    return rows


def citing_view(
    corpus: Corpus, entry: Entry, citations: Sequence[Citation], said: Sequence[Treatment] = ()
) -> dict[str, Any]:
    """Return one citing document with the sentence that cites first, and what the document does to the authority."""
    first = citations[0]
    start, end = first.sentence_start, first.sentence_end
    return {
        **shapes.reference(entry), "version": first.version, "kind": entry.kind, "date": entry.date,
        "court": entry.court, "count": len(citations),
        "sentence": {"text": corpus.catalogue.text(entry.id, start, end, first.version), "start": start, "end": end},
        "speaker": _speaker(corpus, entry, first).value,
        "depth": _depth(citations, said),
        "treatments": list(dict.fromkeys(one.kind.value for one in said if _is_its_own(one))),
    }  # fmt: skip


def _is_its_own(one: Treatment) -> bool:
    """Tell whether the court itself does it, with power to: not a dissent, a report, or another court quoted."""
    spoken = one.voice in (Voice.MAJORITY, Voice.PER_CURIAM) and one.stance is Stance.DOES
    return spoken and (one.counts or not one.is_negative)


def _depth(citations: Sequence[Citation], said: Sequence[Treatment]) -> int:
    places = sorted({one.group if one.group >= 0 else one.start for one in citations})
    return max([depth_of_places(places), *(one.depth for one in said)])


def _speaker(corpus: Corpus, entry: Entry, citation: Citation) -> Speaker:
    for passage in _passages(corpus, entry.row):
        if passage.start <= citation.start < passage.end:
            return passage.speaker
    return Speaker.UNKNOWN


def _passages(corpus: Corpus, row: int) -> list[Passage]:
    return [corpus.passages[int(at)] for at in np.flatnonzero(corpus.passage_rows == row)]


def document_vector(corpus: Corpus, row: int) -> FloatMatrix | None:
    """Return the mean of a document's passage vectors, `(dim,)` of length one; None for one without passages."""
    rows = [corpus.vectors.vector(passage.id) for passage in _passages(corpus, row)]
    total = np.sum(np.stack(rows), axis=0) if rows else np.zeros(1)
    length = float(np.linalg.norm(total))
    return np.asarray(total / length, dtype=np.float32) if length > 0 else None


def similar(corpus: Corpus, row: int, k: int) -> list[tuple[int, float]]:
    """Return (row, cosine) of the documents with a passage nearest to a document's mean vector, itself left out."""
    vector = document_vector(corpus, row)
    if vector is None:
        return []
    ids, scores = corpus.vectors.search(vector, _NEIGHBOURS, corpus.passage_rows != row)
    best: dict[int, float] = {}
    for passage, score in zip(ids, scores, strict=True):
        best.setdefault(int(corpus.passage_rows[int(passage)]), float(score))
    return sorted(best.items(), key=lambda item: (-item[1], item[0]))[:k]


def similar_view(corpus: Corpus, row: int, k: int, jurisdictions: Jurisdictions) -> list[dict[str, Any]]:
    """Return the documents that are like one, as hits without passages; none for a tombstone."""
    if row == NO_ROW:
        return []
    origin = corpus.entries[row]
    hits = []
    for other, cosine in similar(corpus, row, k):
        entry, score = corpus.entries[other], round(cosine, 6)
        topics = shapes.topic_shares(corpus.memberships.get(entry.id, {}).items(), corpus.topics)
        why = f"A passage of it is near in meaning to {origin.citation or origin.title}."
        court = shapes.court_name(entry.court, jurisdictions)
        hits.append(shapes.bare_hit(entry, score, {_DENSE: score}, topics, why, court))
    return hits
