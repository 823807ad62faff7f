"""What the API and the command line answer, put together from one snapshot: the same JSON for both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from app.api import shapes
from app.api.graphing import influence_of
from app.api.shapes import NOTICE
from app.retrieval.hybrid import SearchResult
from app.retrieval.lookup import Resolution
from app.retrieval.query import Filters
from graph.models import EdgeKind
from graph.paths import in_words
from graph.subgraph import MOST_DOCUMENTS, subgraph
from indexing.catalogue import Catalogue, Entry
from indexing.text import words
from scraper.errors import QueryError
from scraper.jurisdictions import Jurisdictions
from scraper.models import DocumentKind, DocumentStatus

if TYPE_CHECKING:  # the wiring knows every part of the system; the views need only its types
    from app.answering.models import Answer
    from app.wiring import Services, Snapshot

__all__ = [
    "answer_view", "basis", "coverage", "document_view", "filters_from", "filters_view", "iso_date",
    "resolution_view", "search_view", "status_view",
]  # fmt: skip
_LISTS = ("kind", "jurisdiction", "court", "status", "topic", "code")
_CLOSED: Mapping[str, frozenset[str]] = {"kind": frozenset(DocumentKind), "status": frozenset(DocumentStatus)}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# What is covered follows from the generation alone, which never changes while it is open.
_COVERAGE: WeakKeyDictionary[Catalogue, dict[str, Any]] = WeakKeyDictionary()


def filters_from(values: Mapping[str, Any]) -> Filters:
    """Return filters from plain values, lists and ISO dates; raise QueryError naming what cannot be used."""
    lists = {name: tuple(str(value) for value in values.get(name) or ()) for name in _LISTS}
    for name, known in _CLOSED.items():
        odd = [value for value in lists[name] if value not in known]
        if odd:
            raise QueryError(f"{odd[0]!r} is no {name}; use one of: {', '.join(sorted(known))}.")
    first, last = (_day(name, values.get(name)) for name in ("date_from", "date_to"))
    if first and last and first > last:
        raise QueryError(f"date_from {first} is after date_to {last}; no document can lie between them.")
    return Filters(
        **lists,
        year=tuple(_year(value) for value in values.get("year") or ()),
        date_from=first,
        date_to=last,
        hierarchy=str(values.get("hierarchy") or ""),
    )


def iso_date(value: Any) -> Any:
    """Return the date that a text states as YYYY-MM-DD, and any other value as it is; raise ValueError."""
    if not isinstance(value, str):
        return value
    if not _DATE.fullmatch(value):
        raise ValueError("write a date as YYYY-MM-DD")
    return date.fromisoformat(value)


def _day(name: str, value: Any) -> date | None:
    try:
        day: date | None = iso_date(value)
        return day
    except ValueError as error:
        raise QueryError(f"{name} {value!r} is no date ({error}).") from None


def _year(value: Any) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", str(value)):
        raise QueryError(f"{value!r} is no year; write it with four digits.")
    return int(value)


def filters_view(filters: Filters) -> dict[str, Any]:
    """Return the filters that ask something, as they may be sent again."""
    lists = {name: list(getattr(filters, name)) for name in (*_LISTS, "year")}
    dates = {name: value.isoformat() for name in ("date_from", "date_to") if (value := getattr(filters, name))}
    asked = {name: value for name, value in lists.items() if value} | dates
    return asked | ({"hierarchy": filters.hierarchy} if filters.hierarchy else {})


def search_view(
    snapshot: Snapshot,
    result: SearchResult,
    jurisdictions: Jurisdictions,
    *,
    offset: int = 0,
    facets: bool = True,
    took_ms: float = 0.0,
) -> dict[str, Any]:
    """Return a search's hits with facets over all that matched; `total` counts matching documents."""
    corpus = snapshot.corpus
    query = result.query
    matching = [corpus.entries[int(row)] for row in result.ranked] if facets else []
    reached = offset + len(result.hits)
    return {
        "query": {
            "text": query.text,
            "understood": {
                "citation": shapes.understood(result.resolution), "terms": list(dict.fromkeys(words(query.text))),
                "phrases": list(query.phrases), "filters": filters_view(query.filters),
                "did_you_mean": [shapes.reference(entry) for entry in result.suggested],
            },
        },
        "total": result.total, "generation": corpus.generation.id, "took_ms": round(took_ms, 1),
        "hits": [shapes.hit_view(hit, corpus.topics, jurisdictions) for hit in result.hits],
        "facets": shapes.facets(matching, corpus.memberships, corpus.topics, jurisdictions) if facets else {},
        "next_offset": reached if result.hits and reached < result.total else None,
    }  # fmt: skip


def resolution_view(snapshot: Snapshot, query: str, found: Resolution | None) -> dict[str, Any]:
    """Return what a citation stands for: `document` where it is one, else `candidates`, none or several.

    What its source withdrew is named only where nothing else bears the citation; its status says so.
    """
    corpus = snapshot.corpus
    entries = [corpus.entries[corpus.rows[name]] for name in found.documents] if found else []
    entries = entries or [corpus.tombstones[name] for name in (found.withdrawn if found else ())]
    value: dict[str, Any] = {
        "query": query, "key": found.key if found else "", "read_as": found.kind if found else None,
        "pinpoint": found.pinpoint if found else "", "generation": corpus.generation.id,
    }  # fmt: skip
    if len(entries) == 1:
        return value | {"document": {**shapes.listed(entries[0]), "url": entries[0].url}}
    return value | {"candidates": [{**shapes.listed(entry), "url": entry.url} for entry in entries]}


def answer_view(snapshot: Snapshot, answer: Answer, jurisdictions: Jurisdictions) -> dict[str, Any]:
    """Return an answer with what it rests on."""
    value = answer.to_json()
    return {**value, "relations": relations(snapshot, value), **basis(snapshot, jurisdictions)}


def relations(snapshot: Snapshot, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return how the sources of an answer hang together: what cites, overrules or construes what, in words."""
    cited = dict.fromkeys(c["document"] for sentence in answer["sentences"] for c in sentence["citations"])
    held = [node.id for node in snapshot.graph.nodes(cited)][:MOST_DOCUMENTS]
    if len(held) < 2:
        return []
    found = subgraph(snapshot.graph, held)
    nodes = {node.id: node for node in found.nodes}
    return [
        {"source": one.edge.src, "target": one.edge.dst, "kind": one.edge.kind.value, "words": in_words(one, nodes)}
        for one in found.edges
        if one.edge.src in cited and one.edge.dst in cited and one.edge.kind is not EdgeKind.INTERPRETS
    ]


def basis(snapshot: Snapshot, jurisdictions: Jurisdictions) -> dict[str, Any]:
    """Return what every answer must state: its generation, what is covered, and that it is no advice."""
    return {
        "generation": snapshot.corpus.generation.id, "coverage": coverage(snapshot, jurisdictions), "notice": NOTICE,
    }  # fmt: skip


def coverage(snapshot: Snapshot, jurisdictions: Jurisdictions) -> dict[str, Any]:
    """Return which courts, years and codes the generation holds and when its sources were last read."""
    catalogue = snapshot.corpus.catalogue
    if catalogue not in _COVERAGE:
        facts = catalogue.facts()
        last = str(facts.get("last_crawl") or facts.get("last_change") or "").replace(" ", "T")
        _COVERAGE[catalogue] = shapes.coverage(snapshot.corpus.entries, jurisdictions, last or None)
    return _COVERAGE[catalogue]


def status_view(snapshot: Snapshot, services: Services) -> dict[str, Any]:
    """Return what is served: the generation, its counts, its model and what it covers."""
    generation = snapshot.corpus.generation
    counts = generation.facts.get("counts", {})
    kinds: dict[str, int] = {}
    for entry in snapshot.corpus.entries:
        kinds[entry.kind] = kinds.get(entry.kind, 0) + 1
    names = ("documents", "passages", "citations", "resolved_citations", "topics", "nodes", "edges")
    return {
        "generation": generation.id, "built_at": generation.built_at.isoformat(),
        "model": str(generation.facts.get("model", "")),
        "counts": {name: int(counts.get(name, 0)) for name in names} | {"by_kind": dict(sorted(kinds.items()))},
        "coverage": coverage(snapshot, services.jurisdictions), "notice": NOTICE,
        "llm": services.settings.llm.model or None if services.llm else None,
        "warnings": list(snapshot.warnings),
    }  # fmt: skip


def document_view(
    snapshot: Snapshot, jurisdictions: Jurisdictions, entry: Entry, version: str | None
) -> dict[str, Any]:
    """Return a document as its current version, or the version of a hash, states it; raise UnknownVersion."""
    corpus = snapshot.corpus
    stated = corpus.catalogue.version(entry.id, version)
    addresses = (stated.document.previous_url, stated.document.next_url)
    previous, following = (corpus.catalogue.entry_at(url) if url else None for url in addresses)
    return {
        **shapes.document_view(
            stated,
            entry,
            court=shapes.court_name(stated.document.court, jurisdictions),
            topics=shapes.topic_shares(corpus.memberships.get(entry.id, {}).items(), corpus.topics),
            neighbours=(previous, following),
            cited_by_count=corpus.cited_counts.get(entry.id, 0),
            influence=influence_of(snapshot.graph, entry.id),
        ),
        "generation": corpus.generation.id,
    }
