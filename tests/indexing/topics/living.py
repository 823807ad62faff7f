"""Trees and law for the tests of a tree's life: trees made by hand, and documents of planted subjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexing.topics.hierarchy import HierarchyConfig
from indexing.topics.life import Corpus
from indexing.topics.models import ROOT, Membership, TopicDocument, TopicNode, TopicTree

QUICK = HierarchyConfig(min_split=16, max_depth=2, root_ranks=(2, 3, 4, 5, 6), node_ranks=(2, 3, 4))
SUBJECTS = {
    "landlord": (
        "landlord tenant lease rent dwelling premises",
        "deposit refund escrow interest deduction forwarding itemised withheld surety cleaning carpet damages",
        "repair heating mould plumbing roof habitability inspector vermin boiler window defect abatement",
    ),
    "water": (
        "water stream diversion irrigation appropriation aquifer",
        "well drilling casing meter pump depth borehole driller screen gravel grout yield",
        "permit protest hearing engineer publication priority forfeiture transfer acreage decree ditch headgate",
    ),
    "schools": (
        "school pupil teacher district curriculum enrolment",
        "suspension expulsion weapon conduct parent detention bullying truancy counsellor locker appeal reinstatement",
        "tenure salary union dismissal contract grievance probation certificate evaluation pension sabbatical",
    ),
    "crimes": (
        "offense felony misdemeanor imprisonment sentence guilty",
        "theft stolen burglary robbery shoplifting fraud forgery embezzlement pawnbroker receiver larceny trespass",
        "assault battery stalking injury threat strangulation bodily restraint kidnapping harassment victim knife",
    ),
    "liens": (
        "vessel maritime mortgage lien seizure salvage",
        "towage pilot anchor mooring tug harbour buoy dredge lighthouse wharf ballast hull",
        "charter freight demurrage cargo consignee stevedore tonnage laytime manifest bunker carriage shipper",
    ),
}
COMMON = "order notice filed written request officer record agency public period".split()


@dataclass
class Law:
    """Planted law that grows: each document of one part of one subject, with an embedding near its part."""

    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(11))
    documents: list[TopicDocument] = field(default_factory=list)
    vectors: list[NDArray[np.float64]] = field(default_factory=list)
    _centres: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, subject: str, part: int, count: int, prefix: str = "law") -> list[str]:
        """Add documents; return their ids."""
        names = []
        for _ in range(count):
            name = f"{prefix}:{subject}:{part}:{len(self.documents):03}"
            self.documents.append(TopicDocument(name, self.text(subject, part), subject))
            self.vectors.append(self.vector(subject, part))
            names.append(name)
        return names

    def change(self, name: str, subject: str, part: int) -> None:
        """Give a document other words, of another subject or its own."""
        at = [document.id for document in self.documents].index(name)
        self.documents[at] = TopicDocument(name, self.text(subject, part), subject)
        self.vectors[at] = self.vector(subject, part)

    def drop(self, names: Sequence[str]) -> None:
        """Take documents away."""
        kept = [at for at, document in enumerate(self.documents) if document.id not in names]
        self.documents = [self.documents[at] for at in kept]
        self.vectors = [self.vectors[at] for at in kept]

    def text(self, subject: str, part: int) -> str:
        """Sixty words in short sentences; each word of a part is in three of four of its texts."""
        own, *parts = SUBJECTS[subject]
        pool = own.split() * 4 + parts[part].split() + COMMON
        chosen = self.rng.choice(pool, size=60)
        return ". ".join(" the ".join(chosen[begin : begin + 6]) for begin in range(0, 60, 6))

    def vector(self, subject: str, part: int) -> NDArray[np.float64]:
        """A point near the middle of its part, which lies near the middle of its subject."""
        for key in (subject, f"{subject}/{part}"):
            # of a seed of its own: the same place whatever was asked before
            seed = np.random.default_rng([ord(letter) for letter in key])
            self._centres.setdefault(key, seed.normal(size=24))
        middle = self._centres[subject] + 0.4 * self._centres[f"{subject}/{part}"]
        return middle + 0.4 * self.rng.normal(size=24)

    def corpus(self, embedder: str = "planted") -> Corpus:
        """The documents as they are now."""
        return Corpus(list(self.documents), np.array(self.vectors, dtype=np.float32), None, embedder)


def law_of_four(each: int = 14) -> Law:
    """Four subjects of two parts each; the fifth, liens, is kept for later."""
    law = Law()
    for subject in list(SUBJECTS)[:4]:
        for part in (0, 1):
            law.add(subject, part, each)
    return law


def hand_made(
    topics: Mapping[str, Mapping[str, float]], documents: Sequence[str], retired: Sequence[str] = ()
) -> TopicTree:
    """A tree of topics given as {"parent/id": {document: weight}}; a weight of one half or more is a first topic."""
    at = {name: row for row, name in enumerate(documents)}
    parents = {key.rpartition("/")[2]: key.rpartition("/")[0] or ROOT for key in topics}
    held = {key.rpartition("/")[2]: dict(weights) for key, weights in topics.items()}
    held = {ROOT: dict.fromkeys(documents, 1.0)} | held
    nodes = []
    for topic, weights in held.items():
        children = tuple(child for child, parent in parents.items() if parent == topic)
        size = sum(weight >= 0.5 for weight in weights.values())
        depth, above = 0, topic
        while above != ROOT:
            depth, above = depth + 1, parents[above]
        parent = None if topic == ROOT else parents[topic]
        nodes.append(
            TopicNode(topic, parent, children, depth, f"label of {topic}", (), size, "local", 1.0, 0.0, (), "", "")
        )
    return TopicTree(
        nodes=tuple(sorted(nodes, key=lambda node: node.depth)),
        document_ids=tuple(documents),
        members={topic: _membership(weights, at) for topic, weights in held.items()},
        models={},
        retired=tuple(retired),
    )


def _membership(weights: Mapping[str, float], at: Mapping[str, int]) -> Membership:
    names = sorted(weights, key=lambda name: at[name])
    return Membership(
        np.array([at[name] for name in names], dtype=np.int32),
        np.array([weights[name] for name in names], dtype=np.float32),
        np.array([weights[name] >= 0.5 for name in names], dtype=np.bool_),
    )
