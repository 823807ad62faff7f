"""The tree on planted law: depth, membership, determinism, stop rules, bad input, files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from indexing.topics.hierarchy import HierarchyConfig, _first_topics, build_topic_tree
from indexing.topics.models import ROOT, TopicDocument, TopicTree, load_tree, save_tree
from scraper.errors import LexatlasError, TopicError

SUBJECTS = {
    "landlord": (
        "landlord tenant lease rent dwelling premises eviction habitability",
        {
            "deposit": "deposit escrow refund itemised deduction interest",
            "repair": "repair heating plumbing defect mould roof",
        },
    ),
    "water": (
        "water stream diversion irrigation appropriation aquifer priority ditch",
        {
            "wells": "well drilling casing meter depth pump",
            "permits": "permit protest hearing engineer publication fee",
        },
    ),
    "schools": (
        "school pupil teacher district curriculum enrolment classroom education",
        {
            "discipline": "suspension expulsion conduct weapon parent appeal",
            "tenure": "tenure contract salary dismissal union",
        },
    ),
    "crimes": (
        "offense felony misdemeanor imprisonment sentence intent victim guilty",
        {
            "theft": "theft burglary stolen robbery shoplifting fraud",
            "assault": "assault battery weapon injury threat stalking",
        },
    ),
}
QUICK = HierarchyConfig(min_split=16, root_ranks=(2, 3, 4, 5, 6), node_ranks=(2, 3, 4))


def planted_law(each: int = 14, seed: int = 0) -> tuple[list[TopicDocument], np.ndarray, list[str]]:
    """Documents of four subjects of two parts each, with embeddings near their subject and part."""
    rng = np.random.default_rng(seed)
    documents, vectors, parts = [], [], []
    common = ["order", "notice", "filed", "written", "request", "officer", "record", "agency", "public", "period"]
    for subject, (words, halves) in SUBJECTS.items():
        centre = rng.normal(size=24)
        for half, special in halves.items():
            middle = centre + 0.7 * rng.normal(size=24)
            for number in range(each):
                pool = words.split() * 2 + special.split() * 3 + common
                chosen = rng.choice(pool, size=90)
                text = ". ".join(" the ".join(chosen[begin : begin + 6]) for begin in range(0, 90, 6))
                documents.append(TopicDocument(f"code:{subject}:{half}:{number:02}", text, subject))
                vectors.append(middle + 0.5 * rng.normal(size=24))
                parts.append(f"{subject}/{half}")
    return documents, np.array(vectors, dtype=np.float32), parts


@pytest.fixture(scope="module")
def tree() -> TopicTree:
    documents, vectors, _ = planted_law()
    return build_topic_tree(documents, vectors, QUICK)


def test_the_planted_tree_is_found_two_levels_deep(tree: TopicTree) -> None:
    _, _, parts = planted_law()
    subjects = [part.split("/")[0] for part in parts]
    assert len(tree.node(ROOT).children) == 4
    assert adjusted_mutual_info_score(subjects, tree.first_topics(1)) > 0.95
    assert max(node.depth for node in tree.nodes) >= 2
    assert adjusted_mutual_info_score(parts, tree.first_topics(2)) > 0.85


def test_every_node_is_whole(tree: TopicTree) -> None:
    ids = [node.id for node in tree.nodes]
    assert ids[0] == ROOT and len(set(ids)) == len(ids)
    for node in tree.nodes:
        assert node.label and node.terms and node.exemplars
        assert bool(node.children) != bool(node.stop_reason)
        assert node.size == int(tree.members[node.id].core.sum())
        assert set(node.exemplars) <= {name for name, _ in tree.documents(node.id)}
        weights = [weight for _, weight in node.terms]
        assert all(weight > 0 for weight in weights) and len(node.terms) <= 10
        for child in node.children:
            assert tree.node(child).parent == node.id and tree.node(child).depth == node.depth + 1
            assert ids.index(child) > ids.index(node.id)
    sizes = [tree.node(child).size for child in tree.node(ROOT).children]
    assert sizes == sorted(sizes, reverse=True)


def test_children_share_out_the_documents_of_their_parent(tree: TopicTree) -> None:
    for node in tree.nodes:
        if not node.children:
            continue
        core = tree.members[node.id].indices[tree.members[node.id].core]
        shared = np.concatenate([tree.members[child].indices[tree.members[child].core] for child in node.children])
        np.testing.assert_array_equal(np.sort(shared), np.sort(core))


def test_a_document_of_two_subjects_is_in_both_with_shares_along_the_path() -> None:
    documents, vectors, _ = planted_law()
    one, two = documents[0], documents[28]
    assert (one.group, two.group) == ("landlord", "water")
    documents.append(TopicDocument("code:both", f"{one.text}. {two.text}", ""))
    vectors = np.vstack([vectors, (vectors[0] + vectors[28]) / 2])
    found = build_topic_tree(documents, vectors, QUICK)
    homes = {found.topics_of(name.id)[0][0] for name in (one, two)}
    weights = dict(found.topics_of("code:both"))
    assert homes == {topic for topic in weights if "." not in topic}
    for name in found.document_ids:
        weights = dict(found.topics_of(name))
        assert weights and all(0 < weight <= 1.0001 for weight in weights.values())
        assert sum(weight for topic, weight in weights.items() if "." not in topic) <= 1.0001
        for topic, weight in weights.items():
            if "." in topic:
                assert weight <= weights[topic.rpartition(".")[0]] + 1e-6


def test_memberships_refer_to_the_documents_as_given(tree: TopicTree) -> None:
    documents, _, _ = planted_law()
    assert list(tree.document_ids) == [document.id for document in documents]
    for topic, row, weight in tree.memberships():
        assert dict(tree.topics_of(documents[row].id))[topic] == pytest.approx(weight)


def test_labels_and_terms_are_of_the_subject(tree: TopicTree) -> None:
    words = {subject: set(f"{own} {' '.join(parts.values())}".split()) for subject, (own, parts) in SUBJECTS.items()}
    for topic in tree.node(ROOT).children:
        subject = tree.documents(topic, 1)[0][0].split(":")[1]
        listed = {word for term, _ in tree.node(topic).terms for word in term.split()}
        assert len(listed & words[subject]) >= 0.8 * len(listed)
    assert len({node.label for node in tree.nodes}) > len(tree.nodes) * 0.8


def test_the_same_seed_gives_the_same_tree_in_any_order(tree: TopicTree) -> None:
    documents, vectors, _ = planted_law()
    order = np.random.default_rng(5).permutation(len(documents))
    other = build_topic_tree([documents[i] for i in order], vectors[order], QUICK)
    assert other.nodes == tree.nodes
    for node in tree.nodes:
        assert other.documents(node.id) == tree.documents(node.id)


def test_words_alone_give_a_tree_and_a_warning() -> None:
    documents, _, parts = planted_law()
    found = build_topic_tree(documents, None, QUICK)
    assert "embeddings_missing" in {warning.kind for warning in found.warnings}
    assert adjusted_mutual_info_score([part.split("/")[0] for part in parts], found.first_topics(1)) > 0.9


def test_stop_rules_say_why() -> None:
    documents, vectors, _ = planted_law()
    shallow = build_topic_tree(documents, vectors, replace(QUICK, max_depth=1))
    assert {node.stop_reason.split(":")[0] for node in shallow.leaves()} == {"depth"}
    big = build_topic_tree(documents, vectors, replace(QUICK, min_split=60))
    assert {node.stop_reason.split(":")[0] for node in big.leaves()} == {"size"}
    untouched = build_topic_tree(documents, vectors, replace(QUICK, min_split=10_000))
    assert [node.id for node in untouched.nodes] == [ROOT] and untouched.first_topics() == [ROOT] * len(documents)


def test_topics_of_too_few_documents_are_given_up_one_by_one() -> None:
    w = np.zeros((9, 4), dtype=np.float32)
    w[:4, 0] = w[4:8, 1] = 1.0
    w[8] = [0.2, 0.3, 0.9, 0.5]
    first, sizes = _first_topics(w, np.arange(9), 3)
    np.testing.assert_array_equal(sizes, [4, 5, 0, 0])
    assert first[8] == 1


def test_progress_rises_to_the_number_of_documents() -> None:
    documents, vectors, _ = planted_law(each=6)
    calls: list[tuple[int, int]] = []
    build_topic_tree(documents, vectors, QUICK, lambda done, total: calls.append((done, total)))
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert calls[-1] == (len(documents), len(documents))


def test_stubs_are_in_no_topic_and_said() -> None:
    documents, vectors, _ = planted_law()
    documents.insert(3, TopicDocument("code:stub", "[Repealed.]", "water"))
    found = build_topic_tree(documents, np.insert(vectors, 3, 0.0, axis=0), QUICK)
    assert found.left_out == ("code:stub",)
    assert found.topics_of("code:stub") == [] and found.first_topics()[3] == ""
    assert "stubs_left_out" in {warning.kind for warning in found.warnings}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_handful_of_documents_is_one_topic(count: int) -> None:
    documents, vectors, _ = planted_law()
    found = build_topic_tree(documents[:count], vectors[:count], QUICK)
    assert [node.id for node in found.nodes] == [ROOT] and found.nodes[0].stop_reason.startswith("size")


def test_documents_all_alike_are_one_topic() -> None:
    text = "The landlord shall return the security deposit to the tenant within thirty days after the lease ends."
    documents = [TopicDocument(f"d{number}", text) for number in range(40)]
    found = build_topic_tree(documents, np.ones((40, 4), dtype=np.float32), QUICK)
    assert [node.id for node in found.nodes] == [ROOT]
    assert "alike" in found.nodes[0].stop_reason


def test_bad_input_is_refused_in_words() -> None:
    documents, vectors, _ = planted_law(each=2)
    broken = vectors.copy()
    broken[0, 0] = np.nan
    cases: list[tuple[list[TopicDocument], np.ndarray | None]] = [
        ([], None),
        ([TopicDocument("a", "too short")], None),
        (documents, vectors[:-1]),
        (documents, vectors[0]),
        (documents, broken),
        ([*documents, documents[0]], None),
    ]
    for given, embedded in cases:
        with pytest.raises(LexatlasError) as fault:
            build_topic_tree(given, embedded, QUICK)
        assert len(str(fault.value)) > 20


def test_a_tree_survives_the_disk(tree: TopicTree, tmp_path: Path) -> None:
    save_tree(tree, tmp_path / "new" / "topics")
    again = load_tree(tmp_path / "new" / "topics")
    assert again.nodes == tree.nodes and again.document_ids == tree.document_ids
    assert again.warnings == tree.warnings and again.quality == json.loads(json.dumps(tree.quality))
    assert list(again.memberships()) == list(tree.memberships())
    for topic, model in tree.models.items():
        assert again.models[topic].terms == model.terms
        np.testing.assert_array_equal(again.models[topic].h, model.h)
        np.testing.assert_array_equal(again.models[topic].idf, model.idf)
        assert model.h.shape == (len(tree.node(topic).children), len(model.terms))


def test_damaged_files_are_refused(tree: TopicTree, tmp_path: Path) -> None:
    with pytest.raises(TopicError, match="no topic tree"):
        load_tree(tmp_path)
    save_tree(tree, tmp_path)
    good = (tmp_path / "topics.npz").read_bytes()
    (tmp_path / "topics.npz").write_bytes(good[: len(good) // 2])
    with pytest.raises(TopicError, match="damaged"):
        load_tree(tmp_path)
    np.savez(tmp_path / "topics.npz", nothing=np.zeros(1))
    with pytest.raises(TopicError):
        load_tree(tmp_path)
    (tmp_path / "topics.npz").write_bytes(good)
    text = (tmp_path / "topics.json").read_text(encoding="utf-8")
    (tmp_path / "topics.json").write_text(text.replace('"format": 2', '"format": 99'), encoding="utf-8")
    with pytest.raises(TopicError, match="format"):
        load_tree(tmp_path)


def test_quality_comes_with_the_tree(tree: TopicTree) -> None:
    first = tree.quality["levels"]["first"]
    assert first["topics"] == 4 and first["ami"] > 0.95 and first["grouped_documents"] == len(tree.document_ids)
    assert -1 <= first["npmi"] <= 1 and 0 < first["diversity"] <= 1
    assert set(tree.quality["per_topic"]) == {node.id for node in tree.nodes} - {ROOT}
    json.dumps(tree.quality)


def test_an_unknown_topic_is_said() -> None:
    documents, vectors, _ = planted_law(each=2)
    with pytest.raises(TopicError, match="t99"):
        build_topic_tree(documents, vectors, replace(QUICK, min_split=999)).node("t99")


def test_citations_bring_home_what_neither_words_nor_vectors_place() -> None:
    documents, vectors, parts = planted_law()
    rng = np.random.default_rng(4)
    strangers = rng.choice(len(documents), 12, replace=False)
    noise = rng.normal(size=(len(documents), vectors.shape[1])).astype(np.float32)
    words = " ".join(" ".join([own, *halves.values()]) for own, halves in SUBJECTS.values()).split()
    for row in strangers:
        text = ". ".join(" the ".join(rng.choice(words, size=6)) for _ in range(15))
        documents[row] = TopicDocument(documents[row].id, text, documents[row].group)
        vectors[row] = noise[row]
    cited = [
        (int(row), int(other))
        for row in strangers
        for other in rng.choice([i for i, part in enumerate(parts) if part == parts[row] and i not in strangers], 6)
    ]
    subjects = [part.split("/")[0] for part in parts]

    def at_home(citations: list[tuple[int, int]] | None) -> float:
        found = build_topic_tree(documents, vectors, QUICK, citations=citations).first_topics(1)
        others = [(subjects[i], found[i]) for i in range(len(documents)) if i not in strangers]
        home = {topic: max({s for s, _ in others}, key=lambda s: others.count((s, topic))) for _, topic in others}
        return float(np.mean([home[found[row]] == subjects[row] for row in strangers]))

    assert at_home(cited) >= max(0.7, at_home(None) + 0.25)


def test_citations_of_rows_that_are_not_there_are_refused() -> None:
    documents, vectors, _ = planted_law(each=3)
    with pytest.raises(TopicError, match="outside"):
        build_topic_tree(documents, vectors, QUICK, citations=[(0, len(documents))])


def test_a_tree_without_figures_is_otherwise_the_same(tree: TopicTree) -> None:
    documents, vectors, _ = planted_law()
    bare = build_topic_tree(documents, vectors, QUICK, quality=False)
    assert bare.nodes == tree.nodes and not bare.quality and bare.words is not None
    assert list(bare.words.rows) == list(range(len(documents)))
