"""Rows for programs: documents, citations and topics as plain JSON objects, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.topics.names import named
from indexing.catalogue import Catalogue, TopicRow
from scraper.interfaces import DocumentStore
from scraper.models import SpanKind, document_to_json


def document_rows(store: DocumentStore) -> Iterator[dict[str, Any]]:
    """Yield every current document, whole: the source `folder` reads these rows back as they were.

    `paragraphs` and `history` are the texts of those spans, in order; `levels` are the places of `hierarchy` as
    [kind, label, number].
    """
    for version in store.current():
        doc = version.document.with_id(version.document_id)
        row = document_to_json(doc)
        yield {
            **row,
            "hierarchy": [level.label for level in doc.hierarchy],
            "levels": row["hierarchy"],
            "sources": [ref.url for ref in store.sources_of(version.document_id)],
            "version": version.hash,
            "paragraphs": [doc.text[span.start : span.end] for span in doc.spans_of(SpanKind.PARAGRAPH)],
            "history": [doc.text[span.start : span.end] for span in doc.spans_of(SpanKind.HISTORY)],
        }


def citation_rows(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Yield every citation; `to` is null where nothing is held under it or more than one document fits.

    `treatment` is what the sentence does to the authority, null where it only cites it.
    """
    for citation, treatment in catalogue.all_treated():
        yield {
            "from": citation.document_id,
            "to": citation.to,
            "raw": citation.raw,
            "span": [citation.start, citation.end],
            "kind": citation.kind.value,
            "treatment": treatment,
            "version": citation.version,
            "key": citation.key,
            "candidates": list(citation.candidates),
            "pinpoint": citation.pinpoint,
            "in_force": citation.in_force or None,
            "amended_since": citation.amended_since or None,
        }


def topic_rows(catalogue: Catalogue, topics: Mapping[str, TopicRow] | None = None) -> Iterator[dict[str, Any]]:
    """Yield every topic, parents first, with all its documents, heaviest first, as the build found them.

    topics: as they are served, with the names that people gave; the build's own where left out.
    """
    for topic in catalogue.topics():
        members = catalogue.topic_members(topic.id)
        shown = named((topics or {}).get(topic.id, topic))
        yield {
            "id": topic.id,
            "parent": topic.parent,
            "label": shown.label,
            "label_source": shown.label_source,
            "pinned": shown.pinned,
            "merged_into": shown.merged_into,
            "scope": topic.scope,
            "terms": [list(term) for term in topic.terms],
            "documents": [{"id": document, "weight": round(weight, 6)} for document, weight in members],
        }
