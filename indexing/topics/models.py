"""The topic tree as values: nodes, soft memberships, and the topic models that new documents are placed on.

On disk a tree is two files, `topics.json` (nodes, ids, warnings) and `topics.npz` (memberships and models),
neither of them a pickle; the directory is published and checked as a whole by whoever owns it.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.topics.nmfk import TopicWarning
from scraper.errors import TopicError

FORMAT = 1
ROOT = "root"
_JSON_FILE = "topics.json"
_NPZ_FILE = "topics.npz"
_DAMAGE = (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, slots=True)
class TopicDocument:
    """What topics are built from. text: heading and operative text; group: the code's own arrangement.

    `group` (a title or chapter, empty for cases) only serves to measure quality, never to build.
    """

    id: str
    text: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class TopicNode:
    """One topic. ids: "root", "t3", "t3.2"; depth 0 is the root.

    terms: the strongest with weights, best first. size: documents whose first topic this is. scope: "local"
    (a subject) or "global" (shared by the whole of its parent: procedure, boilerplate). stability: lower of
    both silhouettes in the parent's ensemble, -1..1. error: of the node's own factorisation, 0..1, where it
    was split, else of one topic alone. exemplars: ids of its most typical documents, best first.
    stop_reason: why it was not split, empty where it was; rank_reason: how its number of topics was found.
    """

    id: str
    parent: str | None
    children: tuple[str, ...]
    depth: int
    label: str
    terms: tuple[tuple[str, float], ...]
    size: int
    scope: str
    stability: float
    error: float
    exemplars: tuple[str, ...]
    stop_reason: str
    rank_reason: str

    def stats(self) -> dict[str, Any]:
        """The figures and reasons of the node as plain values."""
        return {
            "size": self.size,
            "stability": self.stability,
            "error": self.error,
            "exemplars": list(self.exemplars),
            "stop_reason": self.stop_reason,
            "rank_reason": self.rank_reason,
        }


@dataclass(frozen=True, slots=True)
class Membership:
    """Documents of one topic. indices: into the tree's document ids, ascending; weights in 0..1, same order.

    A weight is the share of the topic in the document, multiplied along the path from the root. core: whether
    this is the document's first topic at its level.
    """

    indices: NDArray[np.int32]
    weights: NDArray[np.float32]
    core: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SplitModel:
    """The factorisation that split one node. terms: (m,), idf: (m,), h: (k, m) with rows in child order."""

    terms: tuple[str, ...]
    idf: NDArray[np.float32]
    h: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TopicTree:
    """All topics of a corpus, parents before children.

    document_ids: all documents in the order they were given, which rows and indices refer to. left_out: those
    without usable text, in no topic. members: by topic id. models: of the nodes that were split. quality: see
    `quality.topic_quality`.
    """

    nodes: tuple[TopicNode, ...]
    document_ids: tuple[str, ...]
    members: Mapping[str, Membership]
    models: Mapping[str, SplitModel]
    left_out: tuple[str, ...] = ()
    warnings: tuple[TopicWarning, ...] = ()
    quality: Mapping[str, Any] = field(default_factory=dict)

    def node(self, topic: str) -> TopicNode:
        """The node of that id; raises TopicError when there is none."""
        for node in self.nodes:
            if node.id == topic:
                return node
        raise TopicError(f"There is no topic '{topic}'; list the topics to see their ids.")

    def leaves(self) -> tuple[TopicNode, ...]:
        """The nodes that were not split."""
        return tuple(node for node in self.nodes if not node.children)

    def memberships(self) -> Iterator[tuple[str, int, float]]:
        """(topic id, row of the document, weight) of every topic below the root, which holds all documents."""
        for node in self.nodes:
            if node.id == ROOT:
                continue
            member = self.members[node.id]
            for row, weight in zip(member.indices, member.weights, strict=True):
                yield node.id, int(row), float(weight)

    def documents(self, topic: str, limit: int | None = None) -> list[tuple[str, float]]:
        """Ids of a topic's documents with their weights, the strongest first (ties by id)."""
        self.node(topic)
        member = self.members[topic]
        pairs = [
            (self.document_ids[index], float(weight))
            for index, weight in zip(member.indices, member.weights, strict=True)
        ]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:limit]

    def topics_of(self, document: str) -> list[tuple[str, float]]:
        """A document's topics below the root with weights, parents first; empty when it is in none."""
        try:
            index = self.document_ids.index(document)
        except ValueError:
            return []
        found = []
        for node in self.nodes[1:]:
            member = self.members[node.id]
            place = int(np.searchsorted(member.indices, index))
            if place < member.indices.size and member.indices[place] == index:
                found.append((node.id, float(member.weights[place])))
        return found

    def first_topics(self, depth: int | None = None) -> list[str]:
        """For each document the topic it belongs to first: the deepest one, or the one at most `depth` down.

        Empty for a document that was left out.
        """
        first = [""] * len(self.document_ids)
        for node in self.nodes:
            if depth is not None and node.depth > depth:
                continue
            member = self.members[node.id]
            for index in member.indices[member.core]:
                first[int(index)] = node.id
        return first

    def to_json(self) -> dict[str, Any]:
        """Nodes, document ids and warnings as plain values; memberships and models are in the npz file."""
        return {
            "format": FORMAT,
            "nodes": [asdict(node) for node in self.nodes],
            "document_ids": list(self.document_ids),
            "left_out": list(self.left_out),
            "warnings": [asdict(warning) for warning in self.warnings],
            "quality": dict(self.quality),
        }

    @staticmethod
    def from_json(
        values: Mapping[str, Any], members: Mapping[str, Membership], models: Mapping[str, SplitModel]
    ) -> TopicTree:
        """The inverse of `to_json`; raises TopicError for another format or missing parts."""
        if values.get("format") != FORMAT:
            raise TopicError(
                f"The topic tree has format {values.get('format')!r}, this release reads {FORMAT}; build again."
            )
        try:
            nodes = tuple(_node(node) for node in values["nodes"])
            tree = TopicTree(
                nodes=nodes,
                document_ids=tuple(values["document_ids"]),
                members=members,
                models=models,
                left_out=tuple(values["left_out"]),
                warnings=tuple(TopicWarning(item["kind"], item["text"]) for item in values["warnings"]),
                quality=values["quality"],
            )
        except (KeyError, TypeError) as fault:
            raise TopicError(f"The topic tree on disk lacks {fault}; build again.") from fault
        missing = [node.id for node in nodes if node.id not in members]
        if missing:
            raise TopicError(f"The topic tree on disk lacks the documents of {missing[0]}; build again.")
        return tree


def _node(values: Mapping[str, Any]) -> TopicNode:
    return TopicNode(
        id=values["id"],
        parent=values["parent"],
        children=tuple(values["children"]),
        depth=values["depth"],
        label=values["label"],
        terms=tuple((term, float(weight)) for term, weight in values["terms"]),
        size=values["size"],
        scope=values["scope"],
        stability=float(values["stability"]),
        error=float(values["error"]),
        exemplars=tuple(values["exemplars"]),
        stop_reason=values["stop_reason"],
        rank_reason=values["rank_reason"],
    )


def save_tree(tree: TopicTree, directory: Path) -> None:
    """Write a tree as `topics.json` and `topics.npz` into a directory, which is made where it is missing."""
    directory.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[Any]] = {}
    for topic, member in tree.members.items():
        arrays[f"member/{topic}/indices"] = member.indices
        arrays[f"member/{topic}/weights"] = member.weights
        arrays[f"member/{topic}/core"] = member.core
    for topic, model in tree.models.items():
        # Terms as one UTF-8 string: an array of Python strings would need a pickle, a fixed width wastes room.
        arrays[f"model/{topic}/terms"] = np.frombuffer("\n".join(model.terms).encode(), dtype=np.uint8)
        arrays[f"model/{topic}/idf"] = model.idf
        arrays[f"model/{topic}/h"] = model.h
    text = json.dumps(tree.to_json(), ensure_ascii=False, sort_keys=True)
    (directory / _JSON_FILE).write_text(text, encoding="utf-8")
    with (directory / _NPZ_FILE).open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_tree(directory: Path) -> TopicTree:
    """Read what `save_tree` wrote; raises TopicError when files are missing, damaged or of another format."""
    try:
        values = json.loads((directory / _JSON_FILE).read_text(encoding="utf-8"))
        with np.load(directory / _NPZ_FILE, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError as fault:
        raise TopicError(f"There is no topic tree in {directory}; build one first.") from fault
    except _DAMAGE as fault:
        raise TopicError(f"The topic tree in {directory} is damaged ({fault}); build again.") from fault
    if not isinstance(values, dict):
        raise TopicError(f"The topic tree in {directory} is damaged; build again.")
    members: dict[str, Membership] = {}
    models: dict[str, SplitModel] = {}
    try:
        for name, values_of in arrays.items():
            kind, topic, part = name.split("/")
            if kind == "member" and part == "indices":
                members[topic] = Membership(
                    values_of, arrays[f"member/{topic}/weights"], arrays[f"member/{topic}/core"]
                )
            if kind == "model" and part == "h":
                terms = bytes(arrays[f"model/{topic}/terms"]).decode()
                models[topic] = SplitModel(
                    tuple(terms.split("\n")) if terms else (), arrays[f"model/{topic}/idf"], values_of
                )
    except (KeyError, ValueError) as fault:
        raise TopicError(f"The topic tree in {directory} is damaged ({fault}); build again.") from fault
    return TopicTree.from_json(values, members, models)
