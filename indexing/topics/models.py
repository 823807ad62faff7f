"""The topic tree as values: nodes, soft memberships, and the topic models that new documents are placed on.

A tree also holds what its own future needs: the words of its documents, how well each was explained, how worn
each node is since it was fitted, and every id that was ever given. On disk it is two files, `topics.json` and
`topics.npz` (arrays), neither of them a pickle; the directory is published and checked as a whole by whoever owns it.
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
from scipy import sparse

from indexing.topics.nmf import Matrix
from indexing.topics.nmfk import TopicWarning
from scraper.errors import TopicError

FORMAT = 2
_READABLE = (1, 2)  # 1 lacks all that a tree needs to live on: it can be matched, not updated
ROOT = "root"
RESIDUAL_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles of the residuals of fitted documents that a split keeps."""


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
    """One topic; depth 0 is the root.

    id: minted once and kept as long as the topic lives. It looks like "t3.2" where it was born; after refits it
    says nothing of the topic's place, which `parent` and `depth` tell.

    terms: the strongest with weights, best first. size: documents whose first topic this is. scope: "local"
    (a subject) or "global" (shared by the whole of its parent: procedure, boilerplate). stability: lower of
    both silhouettes in the parent's ensemble, -1..1. error: of the node's own factorisation, 0..1, where it
    was split, else of one topic alone. exemplars: ids of its most typical documents, best first.
    stop_reason: why it was not split, empty where it was; rank_reason: how its number of topics was found;
    rank_table: the figures of every number that was tried.
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
    rank_table: tuple[Mapping[str, Any], ...] = ()

    def stats(self) -> dict[str, Any]:
        """The figures and reasons of the node as plain values."""
        return {
            "size": self.size,
            "stability": self.stability,
            "error": self.error,
            "exemplars": list(self.exemplars),
            "stop_reason": self.stop_reason,
            "rank_reason": self.rank_reason,
            **({"rank_table": [dict(row) for row in self.rank_table]} if self.rank_table else {}),
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
    """The factorisation that split one node. terms: (m,), idf: (m,), h: (k, m) with rows in child order.

    residuals: quantiles at `RESIDUAL_LEVELS` of the documents it was fitted on, 0..1; empty where not measured.
    """

    terms: tuple[str, ...]
    idf: NDArray[np.float32]
    h: NDArray[np.float32]
    residuals: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentTerms:
    """How often documents say what: counts (r, v) CSR over `terms` (v,); rows (r,) of the tree, ascending."""

    counts: Matrix
    terms: tuple[str, ...]
    rows: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Wear:
    """What came upon a node since it was fitted. fitted: documents it was fitted on, of which `lost` are gone.

    placed: (p,) rows of the documents that were placed in it without a fit, ascending. residuals: (p,) how much of
    each its split left unexplained, 0..1; 1 for a node that is not split. back: (p,) which of them it was fitted on
    before their text changed; they are among the lost.
    """

    fitted: int
    lost: int
    placed: NDArray[np.int32]
    residuals: NDArray[np.float32]
    back: NDArray[np.bool_]

    @property
    def worn(self) -> int:
        """How many documents came, or how many went, whichever is more; one that changed and is back did neither."""
        back = int(self.back.sum())
        return max(self.placed.size, self.lost) - back


@dataclass(frozen=True, slots=True)
class TopicTree:
    """All topics of a corpus, parents before children.

    document_ids: all documents in the order they were given, which rows and indices refer to. left_out: those
    without usable text, in no topic. members: by topic id. models: of the nodes that were split. quality: see
    `quality.topic_quality`.

    The rest is for its future, and empty where nobody asked for one. words: of the documents in it. wear: by topic
    id. hashes: of each document's topic text, as `document_ids`. basis: settings and embedder it rests on. retired:
    ids of topics that are no more, never given again. departed: SHA-256 of ids of documents that it was fitted on
    and that are gone.
    """

    nodes: tuple[TopicNode, ...]
    document_ids: tuple[str, ...]
    members: Mapping[str, Membership]
    models: Mapping[str, SplitModel]
    left_out: tuple[str, ...] = ()
    warnings: tuple[TopicWarning, ...] = ()
    quality: Mapping[str, Any] = field(default_factory=dict)
    words: DocumentTerms | None = None
    wear: Mapping[str, Wear] = field(default_factory=dict)
    hashes: tuple[str, ...] = ()
    basis: Mapping[str, Any] = field(default_factory=dict)
    retired: tuple[str, ...] = ()
    departed: tuple[str, ...] = ()

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


_JSON_FILE = "topics.json"
_NPZ_FILE = "topics.npz"
_DAMAGE = (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, EOFError, NotImplementedError,
           RecursionError, zipfile.BadZipFile, zlib.error)  # fmt: skip
Arrays = dict[str, NDArray[Any]]


def save_tree(tree: TopicTree, directory: Path) -> None:
    """Write a tree as `topics.json` and `topics.npz` into a directory, which is made where it is missing.

    The same tree gives the same bytes.
    """
    directory.mkdir(parents=True, exist_ok=True)
    arrays: Arrays = {}
    for topic, member in tree.members.items():
        arrays[f"member/{topic}/indices"] = member.indices
        arrays[f"member/{topic}/weights"] = member.weights
        arrays[f"member/{topic}/core"] = member.core
    for topic, model in tree.models.items():
        arrays[f"model/{topic}/terms"] = _packed(model.terms)
        arrays[f"model/{topic}/idf"] = model.idf
        arrays[f"model/{topic}/h"] = model.h
        arrays[f"model/{topic}/residuals"] = np.array(model.residuals, dtype=np.float64)
    for topic, wear in tree.wear.items():
        arrays[f"wear/{topic}/counts"] = np.array([wear.fitted, wear.lost], dtype=np.int64)
        arrays[f"wear/{topic}/placed"] = wear.placed
        arrays[f"wear/{topic}/residuals"] = wear.residuals
        arrays[f"wear/{topic}/back"] = wear.back
    if tree.words is not None:
        counts = sparse.csr_matrix(tree.words.counts)
        arrays |= {"words/data": counts.data, "words/indices": counts.indices, "words/indptr": counts.indptr,
                   "words/terms": _packed(tree.words.terms), "words/rows": tree.words.rows}  # fmt: skip
    values = {
        "format": FORMAT,
        "nodes": [asdict(node) for node in tree.nodes],
        "document_ids": list(tree.document_ids),
        "left_out": list(tree.left_out),
        "warnings": [asdict(warning) for warning in tree.warnings],
        "quality": dict(tree.quality),
        "hashes": list(tree.hashes),
        "basis": dict(tree.basis),
        "retired": list(tree.retired),
        "departed": list(tree.departed),
    }
    text = json.dumps(values, ensure_ascii=False, sort_keys=True)
    (directory / _JSON_FILE).write_text(text, encoding="utf-8")
    with (directory / _NPZ_FILE).open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_tree(directory: Path) -> TopicTree:
    """Read what `save_tree` wrote, in this format or the one before.

    Raises TopicError when files are missing, damaged, at odds with each other, or of another format.
    """
    try:
        values = json.loads((directory / _JSON_FILE).read_text(encoding="utf-8"))
        with np.load(directory / _NPZ_FILE, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        known = isinstance(values, dict) and values.get("format")
        if known not in _READABLE:
            raise TopicError(
                f"The topic tree in {directory} has format {known!r}, this release reads {FORMAT}; build again."
            )
        tree = _tree(values, arrays)
        _require_whole(tree)
    except FileNotFoundError as fault:
        raise TopicError(f"There is no topic tree in {directory}; build one first.") from fault
    except _DAMAGE as fault:
        reason = f"it lacks {fault}" if isinstance(fault, KeyError) else fault
        raise TopicError(f"The topic tree in {directory} is damaged ({reason}); build again.") from fault
    return tree


def _packed(terms: tuple[str, ...]) -> NDArray[np.uint8]:
    # Terms as one UTF-8 string: an array of Python strings would need a pickle, a fixed width wastes room.
    return np.frombuffer("\n".join(terms).encode(), dtype=np.uint8)


def _unpacked(packed: NDArray[Any]) -> tuple[str, ...]:
    text = bytes(packed).decode()
    return tuple(text.split("\n")) if text else ()


def _tree(values: Mapping[str, Any], arrays: Arrays) -> TopicTree:
    nodes = tuple(_node(node) for node in values["nodes"])
    return TopicTree(
        nodes=nodes,
        document_ids=tuple(values["document_ids"]),
        members={node.id: _member(node.id, arrays) for node in nodes},
        models={node.id: _model(node.id, arrays) for node in nodes if node.children},
        left_out=tuple(values["left_out"]),
        warnings=tuple(TopicWarning(item["kind"], item["text"]) for item in values["warnings"]),
        quality=values["quality"],
        words=_words(arrays) if "words/terms" in arrays else None,
        wear={node.id: _wear(node.id, arrays) for node in nodes if f"wear/{node.id}/counts" in arrays},
        hashes=tuple(values.get("hashes", ())),
        basis=values.get("basis", {}),
        retired=tuple(values.get("retired", ())),
        departed=tuple(values.get("departed", ())),
    )


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
        rank_table=tuple(values.get("rank_table", ())),
    )


def _member(topic: str, arrays: Arrays) -> Membership:
    part = f"member/{topic}"
    return Membership(arrays[f"{part}/indices"], arrays[f"{part}/weights"], arrays[f"{part}/core"])


def _model(topic: str, arrays: Arrays) -> SplitModel:
    part = f"model/{topic}"
    residuals = tuple(float(value) for value in arrays.get(f"{part}/residuals", ()))
    return SplitModel(_unpacked(arrays[f"{part}/terms"]), arrays[f"{part}/idf"], arrays[f"{part}/h"], residuals)


def _wear(topic: str, arrays: Arrays) -> Wear:
    part = f"wear/{topic}"
    fitted, lost = arrays[f"{part}/counts"].tolist()
    return Wear(fitted, lost, arrays[f"{part}/placed"], arrays[f"{part}/residuals"], arrays[f"{part}/back"])


def _words(arrays: Arrays) -> DocumentTerms:
    terms, rows = _unpacked(arrays["words/terms"]), arrays["words/rows"]
    parts = (arrays["words/data"], arrays["words/indices"], arrays["words/indptr"])
    # scipy looks at the shape and the order of the pointers itself, and raises ValueError
    return DocumentTerms(sparse.csr_matrix(parts, shape=(rows.size, len(terms))), terms, rows)


def _require_whole(tree: TopicTree) -> None:
    """Raise ValueError where the parts of a tree do not fit together."""
    n, known = len(tree.document_ids), {node.id: node for node in tree.nodes}
    if not tree.nodes or tree.nodes[0].id != ROOT or len(known) != len(tree.nodes):
        raise ValueError("it does not begin with one root, or names a topic twice")
    for node in tree.nodes:
        if any(child not in known or known[child].parent != node.id for child in node.children):
            raise ValueError(f"the children of {node.id} are not its own")
        if node.id != ROOT and (node.parent not in known or node.id not in known[node.parent].children):
            raise ValueError(f"{node.id} is no child of its parent")
        member = tree.members[node.id]
        if not (member.indices.shape == member.weights.shape == member.core.shape) or _outside(member.indices, n):
            raise ValueError(f"the documents of {node.id} are not those of the tree")
    for topic, model in tree.models.items():
        if model.h.shape != (len(known[topic].children), len(model.terms)) or model.idf.shape != model.h.shape[1:]:
            raise ValueError(f"the model of {topic} does not fit its children and terms")
    for topic, wear in tree.wear.items():
        if not (wear.placed.shape == wear.residuals.shape == wear.back.shape) or _outside(wear.placed, n):
            raise ValueError(f"the documents placed in {topic} are not those of the tree")
    if tree.words is not None and _outside(tree.words.rows, n):
        raise ValueError("its words are of documents that it does not have")
    if tree.hashes and len(tree.hashes) != n:
        raise ValueError(f"it has {len(tree.hashes)} text hashes for {n} documents")


def _outside(rows: NDArray[Any], n: int) -> bool:
    return bool(rows.size) and (int(rows.min()) < 0 or int(rows.max()) >= n or bool((np.diff(rows) <= 0).any()))
