"""Topics of the sample read as a lawyer would: subjects, not names of parties, notes, numbers or procedure."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.wiring import Services
from indexing.topics.models import TopicTree, load_tree
from tests.topic_terms import faults, note_words, party_names


@pytest.fixture(scope="module")
def tree(sample_data: Path, services: Services) -> TopicTree:
    return load_tree(sample_data / "generations" / (services.generations.pointed() or "") / "topics")


def first(tree: TopicTree, depth: int | None = None) -> dict[str, str]:
    return dict(zip(tree.document_ids, tree.first_topics(depth), strict=True))


def test_no_topic_lists_parties_notes_numbers_or_procedure(tree: TopicTree, services: Services) -> None:
    documents = [version.document.with_id(version.document_id) for version in services.store.current()]
    assert {"calloway", "brisbane"} <= party_names(documents)
    assert note_words(documents)
    assert faults(tree, documents) == []


def test_a_case_stands_with_the_law_that_it_is_about(tree: TopicTree) -> None:
    topic = first(tree)
    # adverse possession: the case and the section that it applies
    assert topic["franklin:frsc:2005-frsc-014"] == topic["franklin:code:12-1-102"]


def test_the_first_level_are_the_sample_s_fields_of_law(tree: TopicTree) -> None:
    """Title 5 vehicles, 12 property and tenants, 18 water, 22 crimes, 30 schools, 41 work."""
    fields: dict[str, list[str]] = {}
    for name, topic in first(tree, 1).items():
        if name.startswith("franklin:code:"):
            fields.setdefault(name.split(":")[2].split("-")[0], []).append(topic)
    home = {title: max(set(topics), key=topics.count) for title, topics in fields.items()}
    share = {title: topics.count(home[title]) / len(topics) for title, topics in fields.items()}
    assert len(set(home.values())) == len(home), home
    assert min(share.values()) > 0.8, share
