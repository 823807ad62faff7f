"""The knowledge graph as values: nodes, edges and the evidence that each edge carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Scalar = str | int | float | bool
Attributes = Mapping[str, Scalar | tuple[str, ...]]

MOST_EVIDENCE = 20  # places that an edge keeps; `total` counts all of them


class NodeKind(StrEnum):
    """What a node stands for; documents have the kind of the document."""

    CONSTITUTION = "constitution"
    STATUTE = "statute"
    REGULATION = "regulation"
    CASE = "case"
    OTHER = "other"
    CITATION = "citation"  # an authority that is cited and not held, or not unique: "cite:KEY"
    LEVEL = "level"  # a title, part or chapter of a code: "level:usc/title-28"
    TOPIC = "topic"  # "topic:t3"
    KEYWORD = "keyword"  # a term of a topic: "keyword:habeas"
    COURT = "court"  # "court:scotus"
    JUDGE = "judge"  # "judge:scotus/breyer"
    YEAR = "year"  # "year:1997"
    ACT = "act"  # a law that made or changed provisions, as their credits name it: "act:us/Pub. L. 104-132 (1996)"
    VERSION = "version"  # one text of a document: "version:us:usc:28:1331@1f0c9a2b"
    PASSAGE = (
        "passage"  # a retrievable piece of the current version; the number is its row in every index: "passage:17"
    )


DOCUMENT_KINDS = (
    NodeKind.CONSTITUTION,
    NodeKind.STATUTE,
    NodeKind.REGULATION,
    NodeKind.CASE,
    NodeKind.OTHER,
)


class EdgeKind(StrEnum):
    """How two nodes are joined, read from source to target."""

    CITES = "cites"  # document -> document or unresolved citation; weight: how many times
    INTERPRETS = "interprets"  # case -> provision that it comes back to; weight: how many times
    HISTORY = "history"  # case -> case of the same dispute below that it affirms, reverses, vacates or remands
    AMENDS = "amends"  # act -> provision that it enacted, amended, renumbered or repealed; date: when, where told
    SUPERSEDES = "supersedes"  # provision -> the provision that had its text under an older number
    PART_OF = "part_of"  # provision -> the lowest level that holds it
    CHILD_OF = "child_of"  # level -> level, topic -> topic
    ABOUT = "about"  # document -> topic, topic -> keyword; weight: of the topic model
    DECIDED_BY = "decided_by"  # case -> court, case -> judge
    IN_YEAR = "in_year"  # case -> year of decision
    VERSION_OF = "version_of"  # version -> document
    PASSAGE_OF = "passage_of"  # passage -> version
    SIMILAR_TO = "similar_to"  # inferred: document -> document with like words; weight: cosine in 0..1
    PREDICTED_LINK = "predicted_link"  # inferred: document -> what it might cite and does not; weight: score in 0..1


# What is guessed from words and never stated by anyone: no citation, no influence.
INFERRED = (EdgeKind.SIMILAR_TO, EdgeKind.PREDICTED_LINK)
# How a document is kept, not what it says: thousands of edges that explain nothing.
STRUCTURAL = (EdgeKind.VERSION_OF, EdgeKind.PASSAGE_OF)
STATED = tuple(kind for kind in EdgeKind if kind not in (*INFERRED, *STRUCTURAL))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows that an edge is true.

    `basis` is text (a place in a document's version), page (what the source's page states of the document), topics
    (the topic model), store (how it is kept) or words (inferred from likeness). `[start, end)` and the sentence around
    it are code points; all 0 where there is no place. `says` names what is done to the authority there ("overrules"),
    `speaker` who says so ("majority").
    """

    basis: str
    document: str = ""
    version: str = ""
    start: int = 0
    end: int = 0
    sentence_start: int = 0
    sentence_end: int = 0
    says: str = ""
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A node; `attrs` are scalars and lists of words, the same for every node of a kind."""

    id: str
    kind: NodeKind
    label: str
    attrs: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge from `src` to `dst`; `run` made it, `total` counts its evidence, of which the first places are kept.

    `date` is that of the document which states it, of an act's edge the day of the change; ISO or empty. `attrs` of a
    citation: `treatment` (kinds that count), `depth` 1 to 4; of a step of one dispute: `treatment`; of an act's edge:
    `event` (enact, amend, renumber, repeal); of an inferred edge: `inferred`, true.
    """

    src: str
    dst: str
    kind: EdgeKind
    weight: float
    run: str
    evidence: tuple[Evidence, ...]
    total: int = 1
    date: str = ""
    attrs: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """All nodes in order of id, and all edges in order of source, target and kind."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
