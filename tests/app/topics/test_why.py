"""Why a document is in a topic: held against a calculation by hand, and against what the build counted."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.topics.names import swapped
from app.topics.text import TopicText, operative_stretches
from app.topics.why import NEIGHBOURS, TERMS, NotInTopic, held_tree, why_view
from app.wiring import Snapshot
from indexing.catalogue import FILE, Catalogue
from indexing.topics.models import SplitModel
from indexing.topics.vectorize import VocabularyConfig, count_terms
from indexing.topics.why import closeness, find_terms, own_weights, strongest_terms
from scraper.errors import GenerationDamaged, TopicError
from scraper.models import DocumentKind, Span, SpanKind
from tests.app.api.values import document

MODEL = SplitModel(
    terms=("deposit", "security deposit", "tenant", "well"),
    idf=np.array([1.0, 2.0, 1.5, 3.0], dtype=np.float32),
    h=np.array([[0.5, 0.4, 0.2, 0.0], [0.0, 0.0, 0.3, 0.9]], dtype=np.float32),
)
TEXT = (
    "The security deposit is the tenant's. No deposit, no key: a security deposit, says Roe v. Tenant Well, 5 Arc. 2."
)


def test_the_terms_of_a_text_are_those_that_a_reader_counts() -> None:
    found = find_terms(TEXT, MODEL.terms)
    # "Tenant Well" stands in the name of a case and counts for nothing
    assert {term: one.count for term, one in found.items()} == {"deposit": 3, "security deposit": 2, "tenant": 1}
    assert TEXT[found["security deposit"].start : found["security deposit"].end] == "security deposit"
    assert TEXT[found["tenant"].start : found["tenant"].end] == "tenant's"


def test_weights_and_shares_are_those_of_a_calculation_by_hand() -> None:
    found = find_terms(TEXT, MODEL.terms)
    raw = [(1 + math.log(3)) * 1.0, (1 + math.log(2)) * 2.0, 1 * 1.5, 0.0]
    length = math.sqrt(sum(value * value for value in raw))
    own = own_weights(found, MODEL, 200)
    assert own == pytest.approx([value / length for value in raw], rel=1e-6)
    joined = [raw[0] / length * 0.5, raw[1] / length * 0.4, raw[2] / length * 0.2]
    terms, together = strongest_terms(own, 0, MODEL, found, 2)
    assert [(one.term, one.places.count) for one in terms] == [("security deposit", 2), ("deposit", 3)]
    assert [one.share for one in terms] == pytest.approx([joined[1] / sum(joined), joined[0] / sum(joined)])
    assert together == pytest.approx((joined[0] + joined[1]) / sum(joined))
    other = raw[2] / length * 0.3 / math.sqrt(0.3**2 + 0.9**2)
    assert closeness(own, MODEL.h)[1] == pytest.approx(other, rel=1e-6)
    assert np.count_nonzero(own_weights(found, MODEL, 2)) == 2, "of a long document only the strongest count"


def test_a_place_in_the_body_is_preferred_to_one_in_the_heading() -> None:
    found = find_terms("Deposits\nA deposit. A deposit.", ("deposit", "deposits"), body=9)
    assert (found["deposit"].start, found["deposit"].count, found["deposits"].start) == (11, 2, 0)


def test_places_lead_back_through_what_does_not_count() -> None:
    text = "Deposit due. (History: 1971.) Interest due."
    spans = (Span(13, 30, SpanKind.HISTORY),)
    doc = document(text, kind=DocumentKind.STATUTE, title="Of deposits", spans=spans)
    assert operative_stretches(doc) == [(0, 13), (30, 43)]
    joined = TopicText.of(doc)
    assert joined.text == "Of deposits\nDeposit due. Interest due."
    start = joined.text.index("Interest")
    place = joined.place(start, start + 8)
    assert place is not None and text[place[0] : place[1]] == "Interest"
    assert joined.place(3, 11) is None, "the title is no part of the text"


def test_counts_are_exactly_those_that_the_topics_were_made_of(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    texts = [TopicText.of(corpus.catalogue.version(entry.id).document).text for entry in corpus.entries]
    counted = count_terms(texts, VocabularyConfig())
    for row, number in enumerate(counted.kept):
        vector = counted.counts[row]
        expected = {counted.terms[j]: int(n) for j, n in zip(vector.indices, vector.data, strict=True)}
        found = find_terms(texts[number], counted.terms)
        assert {term: one.count for term, one in found.items()} == expected, corpus.entries[number].id


def test_every_reason_can_be_looked_up(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    tree = held_tree(corpus)
    for node in tree.leaves():
        document_id = node.exemplars[0]
        value = why_view(corpus, node.id, document_id)
        weights = corpus.memberships[document_id]
        above = weights.get(node.parent or "", 1.0)
        assert value["weight"] == pytest.approx(weights[node.id], abs=1e-5)
        assert value["share"] == pytest.approx(weights[node.id] / above, abs=1e-4)
        assert 0 < len(value["terms"]) <= TERMS
        assert [one["share"] for one in value["terms"]] == sorted(
            (one["share"] for one in value["terms"]), reverse=True
        )
        assert value["terms_share"] == pytest.approx(sum(one["share"] for one in value["terms"]), abs=1e-4)
        assert value["terms_share"] <= 1.0001
        text = corpus.catalogue.version(document_id).document.text
        for one in value["terms"]:
            if one["start"] is not None:
                words = [re.sub(r"['’]s$", "", word.lower()) for word in text[one["start"] : one["end"]].split()]
                assert " ".join(words) == one["term"]
        near = value["neighbours"]
        assert len(near) <= 2 * NEIGHBOURS and document_id not in {one["id"] for one in near}
        assert all(one["in_topic"] is (node.id in corpus.memberships[one["id"]]) for one in near)
        assert all(one["cites"] for one in near[NEIGHBOURS:])
        cited = {citation.to for _, citation in corpus.catalogue.citations_of(document_id)}
        assert {one["id"] for one in near if one["id"] in cited} == {
            one["id"] for one in near if one["cites"] and one["id"] in cited
        }
        runner_up = value["runner_up"]
        if runner_up is not None:
            beside = {child.id for child in tree.nodes if child.parent == node.parent and child.scope == "local"}
            beside -= {node.id}
            heaviest = max((weights.get(child, 0.0) for child in beside), default=0.0)
            assert runner_up["id"] in beside
            assert runner_up["share"] == pytest.approx(heaviest / above, abs=1e-4)


def test_neighbours_are_the_nearest_by_a_slow_calculation(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    tree = held_tree(corpus)
    node = next(node for node in tree.nodes if node.depth == 1)
    asked = node.exemplars[0]
    vectors: dict[str, np.ndarray] = {}
    for passage in corpus.passages:
        mean = vectors.setdefault(passage.document_id, np.zeros(corpus.vectors.dimension))
        mean += corpus.vectors.vector(passage.id)
    own = vectors[asked] / np.linalg.norm(vectors[asked])
    cosines = {
        name: float(vector @ own / np.linalg.norm(vector))
        for name, vector in vectors.items() if name != asked and name in corpus.memberships
    }  # fmt: skip
    expected = sorted(cosines, key=lambda name: -cosines[name])[:NEIGHBOURS]
    found = why_view(corpus, node.id, asked)["neighbours"][:NEIGHBOURS]
    assert [one["id"] for one in found] == expected
    assert [one["similarity"] for one in found] == pytest.approx([cosines[name] for name in expected], abs=1e-4)


def test_a_document_that_is_not_in_the_topic_and_the_root_are_refused(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    asked = next(iter(corpus.memberships))
    other = next(row.id for row in corpus.topics.values() if row.parent and row.id not in corpus.memberships[asked])
    with pytest.raises(NotInTopic, match="its topics"):
        why_view(corpus, other, asked)
    with pytest.raises(TopicError):
        why_view(corpus, "root", asked)


def test_a_tree_that_is_damaged_while_it_is_served_is_told_without_a_path(snapshot: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "topics.json").write_text("{", encoding="utf-8")
    generation = replace(snapshot.corpus.generation, folder=tmp_path)
    catalogue = Catalogue(snapshot.corpus.generation.folder / FILE)
    corpus = swapped(snapshot.corpus, generation=generation, catalogue=catalogue)
    with pytest.raises(GenerationDamaged, match="build again") as told:
        held_tree(corpus)
    assert str(tmp_path) not in str(told.value)
