"""Nodes and edges from documents, citations and topics; no language model, every edge with its evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from graph.authority import among_contemporaries, among_peers, influence
from graph.models import (
    MOST_EVIDENCE,
    Attributes,
    Edge,
    EdgeKind,
    Evidence,
    Graph,
    Node,
    NodeKind,
)
from indexing.citations.history import LawEvent, events
from indexing.citations.keys import citation_key, fold_key
from indexing.citations.statutes import THROUGH
from indexing.models import Citation, Passage
from indexing.treatment.models import Stance, Treatment
from scraper.jurisdictions import Jurisdictions, slugify
from scraper.models import Document, DocumentKind

INTERPRETS_FROM = 2  # citations of one provision from which a case is said to interpret it
KEYWORDS = 10  # terms of each topic that become nodes

_Pair = tuple[str, str]


class TopicLike(Protocol):
    """What the graph needs of a topic; `terms` with weights, best first."""

    @property
    def id(self) -> str: ...
    @property
    def parent(self) -> str | None: ...
    @property
    def depth(self) -> int: ...
    @property
    def label(self) -> str: ...
    @property
    def terms(self) -> Sequence[tuple[str, float]]: ...


@dataclass(frozen=True)
class Besides:
    """What a graph may hold besides documents, citations and topics.

    `treatments` of authorities; `versions` as (document id, hash), past ones too; `passages` of current versions;
    `similar` and `predicted`, both guessed: (document, document, score in 0..1), each pair once.
    """

    treatments: Sequence[Treatment] = ()
    versions: Sequence[tuple[str, str]] = ()
    passages: Sequence[Passage] = ()
    similar: Sequence[tuple[str, str, float]] = ()
    predicted: Sequence[tuple[str, str, float]] = ()


def build_graph(
    documents: Iterable[Document],
    citations: Sequence[Citation],
    topics: Sequence[TopicLike],
    topic_weights: Iterable[tuple[str, str, float]],
    jurisdictions: Jurisdictions,
    run_id: str,
    besides: Besides = Besides(),
) -> Graph:
    """Return the graph of a build, the same for the same input in any order.

    `citations` are resolved and in order of place within each document; `topic_weights` are (topic id, document id,
    weight in 0..1). Citations in a document that is not given, or to one, are left out.
    """
    builder = _Builder(jurisdictions, run_id)
    for document in documents:
        builder.document(document)
    builder.supersessions()
    builder.citations(citations, besides.treatments)
    builder.topics(topics, topic_weights)
    builder.kept(besides)
    builder.inferred(besides)
    return builder.graph()


class _Builder:
    def __init__(self, jurisdictions: Jurisdictions, run_id: str) -> None:
        self._jurisdictions = jurisdictions
        self._run = run_id
        self._nodes: dict[str, tuple[NodeKind, str, dict[str, str | int | float | bool | tuple[str, ...]]]] = {}
        self._edges: dict[tuple[str, str, EdgeKind], Edge] = {}
        self._versions: dict[str, str] = {}
        self._dates: dict[str, str] = {}
        self._keys: dict[str, str] = {}  # folded citation -> the document that bears it
        self._aliases: list[_Pair] = []

    def graph(self) -> Graph:
        """Return what was gathered, with each document's influence."""
        edges = tuple(self._edges[key] for key in sorted(self._edges))
        cited = ((edge.src, edge.dst, edge.weight) for edge in edges if edge.kind is EdgeKind.CITES)
        scores = influence(sorted(self._versions), cited)
        years = {one: int(self._dates[one][:4]) for one in scores if self._dates[one]}
        for name, found in (
            ("influence", scores),
            ("influence_in_level", among_peers(scores, {one: self._level(one) for one in scores})),
            ("influence_for_age", among_contemporaries(scores, years)),
        ):
            for document_id, score in found.items():
                self._nodes[document_id][2][name] = round(score, 9)
        nodes = tuple(Node(key, kind, label, attrs) for key, (kind, label, attrs) in sorted(self._nodes.items()))
        return Graph(nodes, edges)

    def _level(self, document_id: str) -> str:
        """Return the peers of a document: its court's level, or its kind."""
        kind, _, attrs = self._nodes[document_id]
        court = self._jurisdictions.court(str(attrs["court"]))
        return f"{kind.value}/{court.level if court else attrs['court']}"

    def document(self, document: Document) -> None:
        """Add a document with its place, court, judges and year."""
        self._versions[document.id] = document.version
        self._dates[document.id] = document.date.isoformat() if document.date else ""
        self._keys.setdefault(self._folded(document.citation), document.id)
        self._aliases += [(document.id, alias) for alias in document.aliases]
        self._node(document.id, NodeKind(document.kind.value), document.title, _document_attrs(document))
        if document.kind is DocumentKind.CASE:
            self._decided(document)
        else:
            self._placed(document)
            self._amended(document)

    def _decided(self, document: Document) -> None:
        if document.court:
            court = self._jurisdictions.court(document.court)
            attrs: Attributes = {"level": court.level, "jurisdiction": court.jurisdiction} if court else {}
            self._node(f"court:{document.court}", NodeKind.COURT, court.name if court else document.court, attrs)
            self._stated(document, f"court:{document.court}", EdgeKind.DECIDED_BY)
        for judge in document.judges:
            judge_id = f"judge:{document.court or document.jurisdiction}/{slugify(judge)}"
            self._node(judge_id, NodeKind.JUDGE, judge, {"court": document.court})
            self._stated(document, judge_id, EdgeKind.DECIDED_BY)
        if document.date:
            year = document.date.year
            self._node(f"year:{year}", NodeKind.YEAR, str(year), {"year": year})
            self._stated(document, f"year:{year}", EdgeKind.IN_YEAR)

    def _amended(self, document: Document) -> None:
        """Add the acts that made a provision what it is, as its source credits tell."""
        told: dict[str, list[LawEvent]] = defaultdict(list)
        for event in events(document):
            told[f"act:{document.jurisdiction}/{event.act} ({event.year})"].append(event)
        for node_id, found in told.items():
            self._node(node_id, NodeKind.ACT, found[0].act, {"year": found[0].year})
            evidence = tuple(
                Evidence("text", document.id, document.version, one.start, one.end, one.start, one.end) for one in found
            )
            date = next((one.date.isoformat() for one in found if one.date), "")
            attrs: Attributes = {"event": tuple(dict.fromkeys(one.kind.value for one in found))}
            self._edge(node_id, document.id, EdgeKind.AMENDS, 1.0, evidence, len(found), attrs, date)

    def _placed(self, document: Document) -> None:
        """Add the levels that hold a provision, each under the one above it, all under the code."""
        matched = self._jurisdictions.code_of_id(document.id)
        code_id, name = (matched[0].id, matched[0].name) if matched else (document.jurisdiction, document.jurisdiction)
        holder = f"level:{code_id}"
        self._node(holder, NodeKind.LEVEL, name, {"level": "code", "depth": 0})
        depth = 0
        for level in document.hierarchy:
            if level.kind in ("code", "section"):  # the code is the root, the section is the document itself
                continue
            depth += 1
            below = f"{holder}/{slugify(level.kind)}-{slugify(level.number or level.label)}"
            self._node(
                below, NodeKind.LEVEL, level.label, {"level": level.kind, "number": level.number, "depth": depth}
            )
            self._edge(below, holder, EdgeKind.CHILD_OF, 1.0, (Evidence("page", document.id, document.version),))
            holder = below
        self._stated(document, holder, EdgeKind.PART_OF)

    def supersessions(self) -> None:
        """Join each provision to the held one whose number is among its older numbers."""
        for document_id, alias in self._aliases:
            older = self._keys.get(self._folded(alias))
            if older and older != document_id:
                evidence = Evidence("page", document_id, self._versions[document_id])
                self._edge(document_id, older, EdgeKind.SUPERSEDES, 1.0, (evidence,))

    def citations(self, citations: Sequence[Citation], treatments: Sequence[Treatment]) -> None:
        """Add one edge for each pair of a document and what it cites; parallel citations count once."""
        said: dict[_Pair, list[Treatment]] = defaultdict(list)
        for one in treatments:
            if one.cited in self._versions and self._versions.get(one.citing) == one.version:
                said[one.citing, one.cited or ""].append(one)
        places: dict[_Pair, list[Evidence]] = defaultdict(list)
        for _, members in groupby(citations, key=lambda one: (one.document_id, one.version, one.group)):
            group = list(members)
            if self._versions.get(group[0].document_id) != group[0].version:
                continue
            target = self._target(group)
            if target and target != group[0].document_id:
                places[group[0].document_id, target].append(_place(group))
        for (source, target), found in sorted(places.items()):
            told = said.pop((source, target), [])
            places_told = [*_told(told), *found]
            kept, weight = tuple(places_told[:MOST_EVIDENCE]), float(len(found))
            self._edge(source, target, EdgeKind.CITES, weight, kept, len(found), _attrs_of(told))
            if self._interprets(source, target) and len(found) >= INTERPRETS_FROM:
                self._edge(source, target, EdgeKind.INTERPRETS, weight, kept, len(found))

        for (source, target), told in sorted(said.items()):  # spoken of by name alone
            kept = tuple(_told(told))[:MOST_EVIDENCE]
            self._edge(source, target, EdgeKind.CITES, float(len(told)), kept, len(told), _attrs_of(told))
        self._history(treatments)

    def _history(self, treatments: Sequence[Treatment]) -> None:
        """Join the judgments of one dispute: what became of a decision above."""
        steps: dict[_Pair, list[Treatment]] = defaultdict(list)
        for one in treatments:
            held = one.cited in self._versions and self._versions.get(one.citing) == one.version
            if one.is_history and one.counts and held and one.citing != one.cited:
                steps[one.citing, one.cited or ""].append(one)
        for (source, target), told in sorted(steps.items()):
            kinds = tuple(dict.fromkeys(one.kind.value for one in told))
            self._edge(source, target, EdgeKind.HISTORY, 1.0, tuple(_told(told)), len(told), {"treatment": kinds})

    def kept(self, besides: Besides) -> None:
        """Add each version of a document, and each passage of its current version."""
        evidence = (Evidence("store"),)
        for document_id, version in besides.versions:
            if document_id in self._versions:
                node_id = version_node(document_id, version)
                current = self._versions[document_id] == version
                self._node(node_id, NodeKind.VERSION, version[:8], {"hash": version, "current": current})
                self._edge(node_id, document_id, EdgeKind.VERSION_OF, 1.0, evidence)
        for passage in besides.passages:
            node_id, holder = f"passage:{passage.id}", version_node(passage.document_id, passage.version)
            if holder in self._nodes:
                attrs: Attributes = {"start": passage.start, "end": passage.end, "speaker": passage.speaker.value}
                self._node(node_id, NodeKind.PASSAGE, passage.anchor or str(passage.ordinal), attrs)
                self._edge(node_id, holder, EdgeKind.PASSAGE_OF, 1.0, evidence)

    def inferred(self, besides: Besides) -> None:
        """Add what is guessed from words, marked as such."""
        evidence = (Evidence("words"),)
        for kind, pairs in ((EdgeKind.SIMILAR_TO, besides.similar), (EdgeKind.PREDICTED_LINK, besides.predicted)):
            for source, target, score in pairs:
                if source in self._versions and target in self._versions and source != target:
                    self._edge(source, target, kind, round(float(score), 4), evidence, 1, {"inferred": True})

    def _interprets(self, source: str, target: str) -> bool:
        provisions = (NodeKind.STATUTE, NodeKind.CONSTITUTION, NodeKind.REGULATION)
        return self._nodes[source][0] is NodeKind.CASE and self._nodes[target][0] in provisions

    def _target(self, group: Sequence[Citation]) -> str | None:
        """Return the node that a group of parallel citations names, adding one for what is not held."""
        for citation in group:
            if citation.to:
                return citation.to if citation.to in self._versions else None
        first = next((one for one in group if one.key and THROUGH not in one.key), None)
        if first is None:  # "Id." after something unknown, or the word inside a range, whose ends are cited
            return None
        node_id = f"cite:{first.key}"
        attrs: Attributes = {"citation_kind": first.kind.value, "candidates": first.candidates}
        self._node(node_id, NodeKind.CITATION, first.key, attrs)
        return node_id

    def topics(self, topics: Sequence[TopicLike], weights: Iterable[tuple[str, str, float]]) -> None:
        """Add topics under their parents, their first terms, and the documents that are about them."""
        evidence = (Evidence("topics"),)
        below_root = {topic.id for topic in topics if topic.parent is not None}
        for topic in topics:
            node_id = f"topic:{topic.id}"
            self._node(node_id, NodeKind.TOPIC, topic.label, {"depth": topic.depth})
            if topic.parent is not None:
                self._edge(node_id, f"topic:{topic.parent}", EdgeKind.CHILD_OF, 1.0, evidence)
                for term, weight in topic.terms[:KEYWORDS]:
                    self._node(f"keyword:{term}", NodeKind.KEYWORD, term, {})
                    self._edge(node_id, f"keyword:{term}", EdgeKind.ABOUT, float(weight), evidence)
        for topic_id, document_id, weight in weights:
            if topic_id in below_root and document_id in self._versions:
                self._edge(document_id, f"topic:{topic_id}", EdgeKind.ABOUT, float(weight), evidence)

    def _folded(self, citation: str) -> str:
        typed = citation_key(citation, self._jurisdictions)
        return fold_key(typed.key if typed else citation)

    def _node(self, node_id: str, kind: NodeKind, label: str, attrs: Attributes) -> None:
        self._nodes.setdefault(node_id, (kind, label, dict(attrs)))

    def _stated(self, document: Document, target: str, kind: EdgeKind) -> None:
        self._edge(document.id, target, kind, 1.0, (Evidence("page", document.id, document.version),))

    def _edge(
        self,
        src: str,
        dst: str,
        kind: EdgeKind,
        weight: float,
        evidence: tuple[Evidence, ...],
        total: int = 1,
        attrs: Attributes | None = None,
        date: str = "",
    ) -> None:
        known = self._edges.get((src, dst, kind))
        edge = Edge(src, dst, kind, weight, self._run, evidence, total, date or self._dates.get(src, ""), attrs or {})
        # A level is stated by each page below it: the first of them, by id, is its evidence.
        if known is None or edge.evidence[0].document < known.evidence[0].document:
            self._edges[src, dst, kind] = edge


def _document_attrs(document: Document) -> Mapping[str, str | int | tuple[str, ...]]:
    attrs: dict[str, str | int | tuple[str, ...]] = {
        "citation": document.citation,
        "jurisdiction": document.jurisdiction,
        "status": document.status.value,
        "url": document.url,
        "court": document.court,
        "date": document.date.isoformat() if document.date else "",
        "aliases": document.aliases,
    }
    if document.date:
        attrs["year"] = document.date.year
    return attrs


def version_node(document_id: str, version: str) -> str:
    """Return the id of the node of a version."""
    return f"version:{document_id}@{version[:8]}"


def _told(treatments: Sequence[Treatment]) -> list[Evidence]:
    """Return the places where something is said of an authority, those that count first."""
    ordered = sorted(treatments, key=lambda one: (not one.counts, one.start))
    return [
        Evidence("text", one.citing, one.version, one.start, one.end, one.sentence_start, one.sentence_end,
                 one.kind.value if one.stance is Stance.DOES else f"{one.stance.value}: {one.kind.value}",
                 one.voice.value)
        for one in ordered
    ]  # fmt: skip


def _attrs_of(treatments: Sequence[Treatment]) -> Attributes:
    """Return what the citing court does to the authority, and how far it goes into it (1 where nothing tells)."""
    kinds = tuple(dict.fromkeys(one.kind.value for one in treatments if one.counts and not one.is_history))
    return {"treatment": kinds, "depth": max((one.depth for one in treatments), default=1)}


def _place(group: Sequence[Citation]) -> Evidence:
    first = group[0]
    return Evidence(
        "text",
        first.document_id,
        first.version,
        first.start,
        max(one.end for one in group),
        first.sentence_start,
        max(one.sentence_end for one in group),
    )
