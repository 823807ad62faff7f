"""From single values of the catalogue, the search and the topics to the JSON of the API; no input or output.

Offsets are code points into the canonical text of the version that is named beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.retrieval.hybrid import Hit
from app.retrieval.lookup import Resolution
from app.topics.names import named
from indexing.catalogue import Entry, TopicRow
from indexing.models import Citation
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, OpinionKind, Span, SpanKind, Version

NOTICE = "Legal information, not advice."
FACET_VALUES = 50
_NOT_PRINTED = {"path", "exemplars", "stability", "stop_reason"}  # of a topic's statistics: shown beside them
_OPINIONS = {
    OpinionKind.MAJORITY: "Opinion of the Court",
    OpinionKind.PLURALITY: "Plurality opinion",
    OpinionKind.PER_CURIAM: "Per curiam opinion",
    OpinionKind.CONCURRENCE: "Concurrence",
    OpinionKind.IN_JUDGMENT: "Concurrence in the judgment",
    OpinionKind.IN_PART: "Concurrence in part",
    OpinionKind.DISSENT: "Dissent",
}
_PARTS = {
    SpanKind.SYLLABUS: "Syllabus",
    SpanKind.HEAD_MATTER: "Head matter",
    SpanKind.HISTORY: "History",
    SpanKind.ANNOTATION: "Notes",
    SpanKind.NOTICE: "Notice",
}


def reference(entry: Entry) -> dict[str, Any]:
    """Return what names a document."""
    return {"id": entry.id, "title": entry.title, "citation": entry.citation}


def listed(entry: Entry) -> dict[str, Any]:
    """Return a document as lists show it."""
    return {
        "id": entry.id, "kind": entry.kind, "title": entry.title, "citation": entry.citation, "date": entry.date,
        "court": entry.court, "status": entry.status, "hierarchy": list(entry.place),
    }  # fmt: skip


def court_name(court: str, jurisdictions: Jurisdictions) -> str:
    """Return a court's name, or its id where no table knows it."""
    known = jurisdictions.court(court) if court else None
    return known.name if known else court


def topic_shares(weights: Iterable[tuple[str, float]], topics: Mapping[str, TopicRow]) -> list[dict[str, Any]]:
    """Return topics with their weights, heaviest first; the root, which holds everything, is left out."""
    ordered = sorted(weights, key=lambda item: (-item[1], item[0]))
    return [
        {"id": t, "label": topics[t].label, "weight": round(w, 6)}
        for t, w in ordered
        if t in topics and topics[t].depth
    ]


def bare_hit(
    entry: Entry, score: float, signals: Mapping[str, float], topics: list[dict[str, Any]], why: str, court: str
) -> dict[str, Any]:
    """Return a hit without its passage; `signals` are shares that sum to the score."""
    return {
        **listed(entry), "version": entry.version, "court_name": court, "score": score, "signals": dict(signals),
        "topics": topics, "why": why,
    }  # fmt: skip


def hit_view(hit: Hit, topics: Mapping[str, TopicRow], jurisdictions: Jurisdictions) -> dict[str, Any]:
    """Return a hit of a search."""
    shares = topic_shares(hit.topics, topics)
    passage = hit.passage
    return {
        **bare_hit(hit.entry, hit.score, hit.signals, shares, hit.why, court_name(hit.entry.court, jurisdictions)),
        "version": passage.version,
        "passage": {
            "text": hit.text, "start": passage.start, "end": passage.end, "speaker": passage.speaker.value,
            "anchor": passage.anchor, "heading": passage.heading,
        },
        "highlights": [list(mark) for mark in hit.highlights],
    }  # fmt: skip


def understood(resolution: Resolution | None) -> dict[str, Any] | None:
    """Return how a query was read as a citation or a name."""
    if resolution is None:
        return None
    return {
        "kind": resolution.kind, "key": resolution.key, "documents": list(resolution.documents),
        "pinpoint": resolution.pinpoint,
    }  # fmt: skip


def facets(
    entries: Sequence[Entry],
    memberships: Mapping[str, Mapping[str, float]],
    topics: Mapping[str, TopicRow],
    jurisdictions: Jurisdictions,
) -> dict[str, list[dict[str, Any]]]:
    """Return how many of the matching documents have each value; most frequent first, years latest first."""
    kinds = Counter(entry.kind for entry in entries)
    courts = Counter(entry.court for entry in entries if entry.court)
    years = Counter(str(entry.year) for entry in entries if entry.year is not None)
    statuses = Counter(entry.status for entry in entries)
    found = Counter(t for entry in entries for t in memberships.get(entry.id, ()) if t in topics and topics[t].depth)
    return {
        "kind": _facet(kinds),
        "court": _facet(courts, {court: court_name(court, jurisdictions) for court in courts}),
        "year": sorted(_facet(years), key=lambda item: item["value"], reverse=True),
        "topic": _facet(found, {topic: topics[topic].label for topic in found}),
        "status": _facet(statuses),
    }


def _facet(counts: Counter[str], labels: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:FACET_VALUES]
    return [{"value": value, "label": (labels or {}).get(value) or _plain(value), "count": n} for value, n in ordered]


def _plain(value: str) -> str:
    return value.replace("_", " ").capitalize()


def document_view(
    version: Version,
    entry: Entry,
    *,
    court: str,
    topics: list[dict[str, Any]],
    neighbours: tuple[Entry | None, Entry | None],
    cited_by_count: int,
    influence: float,
) -> dict[str, Any]:
    """Return a document whole, as one of its versions states it; `neighbours` are the previous and the next."""
    doc = version.document
    previous, following = (n and {"id": n.id, "citation": n.citation} for n in neighbours)
    return {
        "id": entry.id, "kind": doc.kind.value, "jurisdiction": doc.jurisdiction, "title": doc.title,
        "citation": doc.citation, "parallel_citations": list(doc.parallel_citations), "aliases": list(doc.aliases),
        "hierarchy": [{"kind": level.kind, "label": level.label, "number": level.number} for level in doc.hierarchy],
        "status": doc.status.value, "court": doc.court, "court_name": court, "date": _iso(doc.date),
        "date_argued": _iso(doc.date_argued), "docket": doc.docket, "judges": list(doc.judges),
        "parties": list(doc.parties), "disposition": doc.disposition, "disposition_kind": doc.disposition_kind,
        "publication": doc.publication, "publication_stage": doc.publication_stage, "covers": list(doc.covers),
        "effective_from": _iso(doc.effective_from), "effective_to": _iso(doc.effective_to), "version": version.hash,
        "current": version.hash == entry.version and version.observed_to is None,
        "observed_from": version.observed_from.isoformat(), "url": doc.url, "sources": list(entry.sources),
        "warnings": list(doc.warnings), "text": doc.text, "spans": [span.to_json() for span in doc.spans],
        "outline": outline(doc), "previous": previous, "next": following, "topics": topics,
        "cited_by_count": cited_by_count, "influence": influence, "notice": NOTICE,
    }  # fmt: skip


def outline(document: Document) -> list[dict[str, Any]]:
    """Return the parts a reader may jump to, in order of place; a subdivision's level is its depth."""
    rows = [(span.start, -span.end, part) for span in document.spans if (part := _part(span))]
    return [{"label": label, "start": start, "level": level} for start, _, (label, level) in sorted(rows)]


def _part(span: Span) -> tuple[str, int] | None:
    if span.kind is SpanKind.OPINION:
        name = _OPINIONS.get(OpinionKind(span.label), span.label) if span.label in set(OpinionKind) else span.label
        author = span.attrs.get("author", "")
        return f"{name or 'Opinion'} ({author})" if author else name or "Opinion", 1
    if span.kind is SpanKind.SUBSECTION:
        return span.label, max(1, span.label.count("("))
    part = _PARTS.get(span.kind)
    return (part, 1) if part else None


def version_view(version: Version) -> dict[str, Any]:
    """Return a version without its text."""
    return {
        "hash": version.hash, "observed_from": version.observed_from.isoformat(),
        "observed_to": version.observed_to.isoformat() if version.observed_to else None,
        "effective_from": _iso(version.document.effective_from), "effective_to": _iso(version.document.effective_to),
        "status": version.document.status.value, "current": version.observed_to is None,
        "chars": len(version.document.text),
    }  # fmt: skip


def citation_view(citation: Citation, held: Mapping[str, Entry]) -> dict[str, Any]:
    """Return a citation that a document makes; `held` has the entries of what it may stand for."""
    target = held.get(citation.to) if citation.to else None
    candidates = [reference(held[name]) for name in citation.candidates if name in held]
    return {
        "raw": citation.raw, "start": citation.start, "end": citation.end, "kind": citation.kind.value,
        "key": citation.key, "pinpoint": citation.pinpoint, "to": reference(target) if target else None,
        "candidates": candidates, "in_force": citation.in_force or None,
        "amended_since": citation.amended_since or None,
    }  # fmt: skip


def topic_view(topic: TopicRow, children: Sequence[str]) -> dict[str, Any]:
    """Return a node of the topic tree; `terms` with weights, best first."""
    stability, seen = topic.stats.get("stability"), named(topic)
    return {
        "id": topic.id, "parent": topic.parent, "depth": topic.depth, "label": topic.label,
        "label_source": seen.label_source, "pinned": seen.pinned, "merged_into": seen.merged_into, "scope": topic.scope,
        "terms": [list(term) for term in topic.terms], "size": topic.size, "children": list(children),
        "stability": stability if isinstance(stability, int | float) else None,
        "stop_reason": str(topic.stats.get("stop_reason") or ""),
    }  # fmt: skip


def topic_page(
    topic: TopicRow, children: Sequence[str], path: Sequence[TopicRow], exemplars: Sequence[Entry]
) -> dict[str, Any]:
    """Return a node of the topic tree with the way to it from the root, itself last."""
    return {
        **topic_view(topic, children),
        "path": [{"id": node.id, "label": node.label} for node in path],
        "exemplars": [reference(entry) for entry in exemplars],
        "stats": {name: value for name, value in topic.stats.items() if name not in _NOT_PRINTED},
    }


def topic_path(topic: TopicRow, topics: Mapping[str, TopicRow]) -> list[TopicRow]:
    """Return the topics from the root to a topic, itself last."""
    path = [topic]
    while path[-1].parent is not None and path[-1].parent in topics and len(path) <= len(topics):
        path.append(topics[path[-1].parent])
    return path[::-1]


def topic_children(topics: Mapping[str, TopicRow]) -> dict[str, list[str]]:
    """Return the children of each topic in the order of the tree."""
    children: dict[str, list[str]] = {}
    for topic in topics.values():
        if topic.parent is not None:
            children.setdefault(topic.parent, []).append(topic.id)
    return children


def coverage(entries: Iterable[Entry], jurisdictions: Jurisdictions, last_crawl: str | None) -> dict[str, Any]:
    """Return what is held: the courts with their years and the codes, each with its number of documents."""
    courts: dict[str, list[Entry]] = {}
    codes: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        if entry.court:
            courts.setdefault(entry.court, []).append(entry)
            continue
        found = jurisdictions.code_of_id(entry.id)
        if found:
            codes[found[0].id, found[0].name] += 1
    return {
        "courts": [_court_coverage(court, held, jurisdictions) for court, held in sorted(courts.items())],
        "codes": [{"id": code, "name": name, "documents": n} for (code, name), n in sorted(codes.items())],
        "last_crawl": last_crawl,
    }


def _court_coverage(court: str, held: Sequence[Entry], jurisdictions: Jurisdictions) -> dict[str, Any]:
    years = [entry.year for entry in held if entry.year is not None]
    return {
        "id": court, "name": court_name(court, jurisdictions), "from": min(years, default=None),
        "to": max(years, default=None), "documents": len(held),
    }  # fmt: skip


def _iso(value: Any) -> str | None:
    return value.isoformat() if value is not None else None
