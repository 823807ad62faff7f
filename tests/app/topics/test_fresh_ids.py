"""A tree found anew where the one before cannot be read: no id of the one before may come to mean another topic."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.jobs.topics import ids_before, with_fresh_ids
from indexing.catalogue import FILE, CatalogueWriter
from indexing.topics.models import ROOT, Membership, TopicNode, TopicTree
from tests.app.api.values import topic


def node(name: str, parent: str | None, children: tuple[str, ...], depth: int) -> TopicNode:
    return TopicNode(name, parent, children, depth, name, (), 1, "local", 1.0, 0.0, (), "", "")


def test_ids_that_a_generation_lists_are_read_even_without_its_tree(tmp_path: Path) -> None:
    assert ids_before(None) == ids_before(tmp_path) == frozenset()
    writer = CatalogueWriter(tmp_path / FILE)
    writer.topics([topic("root"), topic("t1", "root", 1), topic("t1.1", "t1", 2), topic("t3", "root", 1)], [])
    writer.close()
    assert ids_before(tmp_path) == {"t1", "t1.1", "t3"}


def test_topics_found_anew_get_ids_that_none_had() -> None:
    nodes = (node(ROOT, None, ("t1", "t2"), 0), node("t1", ROOT, ("t1.1",), 1), node("t2", ROOT, (), 1),
             node("t1.1", "t1", (), 2))  # fmt: skip
    member = Membership(np.array([0], np.int32), np.array([1.0], np.float32), np.array([True]))
    tree = TopicTree(nodes, ("a",), {one.id: member for one in nodes}, {})
    assert with_fresh_ids(tree, frozenset()) is tree
    found = with_fresh_ids(tree, frozenset({"t1", "t1.1", "t3"}))
    assert [(one.id, one.parent, one.children) for one in found.nodes] == [
        (ROOT, None, ("t2", "t4")), ("t2", ROOT, ("t2.1",)), ("t4", ROOT, ()), ("t2.1", "t2", ()),
    ]  # fmt: skip
    assert set(found.members) == {ROOT, "t2", "t4", "t2.1"} and found.retired == ("t1", "t1.1", "t3")
