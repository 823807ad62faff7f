"""A tree over its re-ingests: what stays, what is placed, what is fitted anew, and what bad input does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexing.topics.changes import TopicChanges, in_words
from indexing.topics.life import (
    Corpus,
    LifeConfig,
    Wishes,
    changed_documents,
    fit_tree,
    id_hash,
    update_tree,
)
from indexing.topics.models import ROOT, TopicTree, load_tree, save_tree
from scraper.errors import TopicError
from tests.indexing.topics.living import QUICK, Law, law_of_four


@pytest.fixture(scope="module")
def tree() -> TopicTree:
    return fit_tree(law_of_four().corpus(), QUICK)


def updated(tree: TopicTree, law: Law, **others: object) -> tuple[TopicTree, TopicChanges]:
    corpus = law.corpus()
    found = update_tree(tree, corpus, changed_documents(tree, corpus.documents), QUICK, **others)  # type: ignore[arg-type]
    assert_whole(found[0], law)
    return found


def assert_whole(tree: TopicTree, law: Law) -> None:
    """Every part of the tree speaks of the documents as they are, and children share out their parent."""
    assert list(tree.document_ids) == [document.id for document in law.documents]
    assert tree.words is not None and len(tree.hashes) == len(tree.document_ids)
    inside = {tree.document_ids[row] for row in tree.members[ROOT].indices}
    assert inside == set(tree.document_ids) - set(tree.left_out)
    assert {tree.document_ids[row] for row in tree.words.rows} == inside
    ids = [node.id for node in tree.nodes]
    assert len(set(ids)) == len(ids) and not set(ids) & set(tree.retired)
    for node in tree.nodes:
        member = tree.members[node.id]
        assert node.size == member.core.sum() and (np.diff(member.indices) > 0).all()
        assert bool(node.children) == (node.id in tree.models) and bool(node.children) != bool(node.stop_reason)
        assert set(node.exemplars) <= {tree.document_ids[row] for row in member.indices[member.core]}
        wear = tree.wear[node.id]
        assert set(wear.placed) <= set(member.indices[member.core])
        assert wear.fitted - wear.lost + wear.placed.size == node.size
        if node.children:
            assert tree.models[node.id].h.shape[0] == len(node.children)
            core = [tree.members[child].indices[tree.members[child].core] for child in node.children]
            assert set(np.concatenate(core)) <= set(member.indices[member.core])
        for child in node.children:
            assert tree.node(child).parent == node.id and ids.index(child) > ids.index(node.id)


def saved(tree: TopicTree, folder: Path) -> tuple[bytes, bytes]:
    save_tree(tree, folder)
    return (folder / "topics.json").read_bytes(), (folder / "topics.npz").read_bytes()


def test_nothing_changed_is_the_same_tree_bit_for_bit(tree: TopicTree, tmp_path: Path) -> None:
    again, changes = updated(tree, law_of_four())
    assert changes.mode == "unchanged"
    assert saved(again, tmp_path / "a") == saved(tree, tmp_path / "b")


def test_a_saved_tree_lives_on_like_the_one_in_memory(tree: TopicTree, tmp_path: Path) -> None:
    law = law_of_four()
    law.add("water", 0, 3, "new")
    saved(tree, tmp_path / "tree")
    one, two = updated(tree, law), updated(load_tree(tmp_path / "tree"), law)
    assert one[1].to_json() == two[1].to_json()
    assert saved(one[0], tmp_path / "a") == saved(two[0], tmp_path / "b")
    again = load_tree(tmp_path / "a")
    assert saved(again, tmp_path / "c") == saved(one[0], tmp_path / "b")


def test_documents_in_another_order_are_the_same_documents(tree: TopicTree) -> None:
    law = law_of_four()
    law.documents.reverse()
    law.vectors.reverse()
    again, changes = updated(tree, law)
    assert (changes.mode, changes.share_stayed) == ("placed", 1.0)
    assert [replace(node, exemplars=()) for node in again.nodes] == [replace(node, exemplars=()) for node in tree.nodes]
    for name in tree.document_ids:
        assert again.topics_of(name) == tree.topics_of(name)


def test_new_changed_and_gone_documents(tree: TopicTree) -> None:
    law = law_of_four()
    before = dict(zip(tree.document_ids, tree.first_topics(1), strict=True))
    moved, gone = "law:water:0:028", "law:crimes:1:098"
    (new,) = law.add("schools", 0, 1, "new")
    law.change(moved, "landlord", 1)
    law.drop([gone])
    again, changes = updated(tree, law)
    assert (changes.changed, changes.new, changes.gone, changes.placed) == (1, 1, 1, 2)
    assert changes.unchanged == len(law.documents) - 2
    after = dict(zip(again.document_ids, again.first_topics(1), strict=True))
    assert after[moved] == before["law:landlord:1:014"] != before[moved]
    assert after[new] == before["law:schools:0:056"]
    assert changes.stayed == changes.followed == len(law.documents) - 2
    assert all(after[name] == before[name] for name in after if name not in (moved, new))
    assert gone not in {name for node in again.nodes for name in node.exemplars}
    assert again.departed == (id_hash(gone),)


def test_an_exemplar_that_left_is_replaced_by_the_next_most_typical(tree: TopicTree) -> None:
    law = law_of_four()
    node = tree.nodes[-1]
    law.drop([node.exemplars[0]])
    again, _ = updated(tree, law)
    found = again.node(node.id).exemplars
    assert found[: len(node.exemplars) - 1] == node.exemplars[1:] and len(found) == min(5, node.size - 1)


def test_a_branch_with_many_new_documents_alone_is_fitted_anew(tree: TopicTree) -> None:
    law = law_of_four()
    law.add("water", 0, 6, "new")
    home = dict(zip(tree.document_ids, tree.first_topics(1), strict=True))["law:water:0:028"]
    again, changes = updated(tree, law)
    assert changes.mode == "branches" and [one.id for one in changes.refitted] == [home]
    assert "6 documents came and 0 went since it was fitted on 28" in changes.refitted[0].reason
    below = {node.id for node in tree.nodes if node.parent == home}
    same = [node for node in tree.nodes if node.id not in below | {home, ROOT}]
    assert [again.node(node.id) for node in same] == same
    assert again.wear[home].placed.size == 0 and again.wear[ROOT].placed.size == 6
    halves = dict(zip(again.document_ids, again.first_topics(), strict=True))
    assert len({halves[name] for name in halves if ":water:0:" in name}) == 1
    assert again.models[home].residuals and again.words is not None
    assert set(again.models[home].terms) <= set(again.words.terms)
    ends = {node.stop_reason for node in again.nodes if node.depth == 2}
    assert ends == {"depth: the tree ends 2 levels below the root"}
    third, _ = updated(again, law)
    assert third is again


def test_a_document_that_changed_and_stays_is_no_wear(tree: TopicTree) -> None:
    law = law_of_four()
    home = dict(zip(tree.document_ids, tree.first_topics(1), strict=True))["law:water:0:028"]
    changed = [f"law:water:0:{number:03}" for number in range(28, 36)]
    for _ in range(2):
        for name in changed:
            law.change(name, "water", 0)
        tree, changes = updated(tree, law)
        wear = tree.wear[home]
        assert (changes.mode, changes.changed, changes.placed) == ("placed", 8, 8)
        assert (wear.placed.size, wear.back.sum(), wear.lost, wear.worn) == (8, 8, 8, 0)
    law.drop(changed[:3])
    tree, _ = updated(tree, law)
    assert tree.wear[home].worn == 3


def test_documents_that_lose_or_gain_usable_text(tree: TopicTree) -> None:
    law = law_of_four()
    at, text = 3, law.documents[3].text
    law.documents[at] = replace(law.documents[at], text="Repealed.")
    without, changes = updated(tree, law)
    assert without.left_out == (law.documents[at].id,) and without.topics_of(law.documents[at].id) == []
    assert [str(one) for one in without.warnings if one.kind == "stubs_left_out"] == [
        "1 documents are too short or hold no term."
    ]
    law.documents[at] = replace(law.documents[at], text=text)
    again, changes = updated(without, law)
    assert again.left_out == () and changes.placed == 1
    assert again.topics_of(law.documents[at].id)[0][0] == tree.topics_of(law.documents[at].id)[0][0]


def test_wear_adds_up_over_updates_until_a_branch_is_due(tree: TopicTree) -> None:
    law, modes = law_of_four(), []
    for _ in range(3):
        law.add("schools", 1, 2, "new")
        tree, changes = updated(tree, law)
        modes.append(changes.mode)
    assert modes == ["placed", "placed", "branches"]


def test_a_new_subject_that_is_unlike_all_gives_a_topic_of_its_own(tree: TopicTree) -> None:
    law = law_of_four()
    new = [name for part in (0, 1) for name in law.add("liens", part, 8, "new")]
    again, changes = updated(tree, law)
    assert changes.mode == "full" and "16 documents came" in changes.reason
    homes = dict(zip(again.document_ids, again.first_topics(1), strict=True))
    (home,) = {homes[name] for name in new}
    born = {event.id: event for event in changes.matching.born}
    assert born[home].documents == 16 and born[home].likeness == 0.0
    assert changes.stayed >= 0.9 * changes.followed
    assert home not in {node.id for node in tree.nodes}


def test_drift_alone_is_reason_enough(tree: TopicTree) -> None:
    law = law_of_four()
    law.add("liens", 0, 4, "new")
    _, changes = updated(tree, law)
    assert changes.mode == "full" and "explained worse" in changes.reason


def test_a_topic_without_documents_dies_and_its_id_is_never_given_again(tree: TopicTree) -> None:
    law = law_of_four()
    homes = dict(zip(tree.document_ids, tree.first_topics(), strict=True))
    leaf = homes["law:crimes:0:084"]
    law.drop([name for name, home in homes.items() if home == leaf])
    again, changes = updated(tree, law, life=LifeConfig(worn_share=2.0))
    assert leaf in {event.id for event in changes.matching.died} and leaf in again.retired
    law.add("crimes", 0, 14, "new")
    third, _ = updated(again, law, life=LifeConfig(worn_share=0.05))
    assert leaf not in {node.id for node in third.nodes}


def test_a_large_change_fits_the_whole_anew_and_carries_ids(tree: TopicTree) -> None:
    law = law_of_four()
    for subject in ("landlord", "water", "schools", "crimes"):
        for part in (0, 1):
            law.add(subject, part, 5, "new")
    again, changes = updated(tree, law)
    assert changes.mode == "full" and changes.reason.startswith("a large change: 40 documents")
    assert {node.id for node in again.nodes if node.depth == 1} == {node.id for node in tree.nodes if node.depth == 1}
    assert changes.stayed >= 0.9 * changes.followed


def test_another_basis_fits_anew_and_says_which(tree: TopicTree) -> None:
    corpus = law_of_four().corpus()
    narrow = Corpus(corpus.documents, np.asarray(corpus.embeddings)[:, :20], None, "planted")
    for found in (
        update_tree(tree, replace_embedder(corpus), (), QUICK),
        update_tree(tree, corpus, (), replace(QUICK, exemplars=4)),
        update_tree(tree, narrow, (), QUICK),
        update_tree(tree, Corpus(corpus.documents, None, None, "planted"), (), QUICK),
        update_tree(tree, corpus, (), QUICK, wishes=Wishes(refit=True)),
    ):
        assert found[1].mode == "full" and found[1].unchanged == len(corpus.documents)
        assert len({pair.id for pair in found[1].matching.kept} & {"t1", "t2", "t3", "t4"}) >= 3
    reasons = ("embedder", "settings", "dimension")
    assert all(
        word in update_tree(tree, one, (), two)[1].reason
        for word, one, two in zip(
            reasons,
            (replace_embedder(corpus), corpus, narrow),
            (QUICK, replace(QUICK, exemplars=4), QUICK),
            strict=True,
        )
    )


def replace_embedder(corpus: Corpus) -> Corpus:
    return replace(corpus, embedder="another")


def test_no_document_is_as_it_was(tree: TopicTree) -> None:
    law = Law(np.random.default_rng(4))
    law.add("liens", 0, 14)
    law.add("water", 1, 14, "other")
    again, changes = updated(tree, law)
    assert (changes.mode, changes.reason, changes.gone) == ("full", "no document is as it was", 112)
    assert changes.share_stayed is None and not {node.id for node in again.nodes[1:]} & {n.id for n in tree.nodes}


def test_all_documents_gone_or_without_words_is_an_error(tree: TopicTree) -> None:
    with pytest.raises(TopicError, match="no documents"):
        update_tree(tree, Corpus([], np.zeros((0, 24), np.float32), None, "planted"), (), QUICK)
    law = law_of_four()
    corpus = law.corpus()
    with pytest.raises(TopicError, match="one row for each"):
        update_tree(tree, replace(corpus, embeddings=np.zeros((3, 24), np.float32)), (), QUICK)
    with pytest.raises(TopicError, match="NaN"):
        update_tree(tree, replace(corpus, embeddings=np.full((112, 24), np.nan, np.float32)), (), QUICK)
    with pytest.raises(TopicError, match="twice"):
        update_tree(tree, replace(corpus, documents=[corpus.documents[0], *corpus.documents[:-1]]), (), QUICK)


def test_a_pin_keeps_its_topic_and_what_is_above_from_a_refit(tree: TopicTree) -> None:
    law = law_of_four()
    law.add("water", 0, 6, "new")
    home = dict(zip(tree.document_ids, tree.first_topics(1), strict=True))["law:water:0:028"]
    leaf = tree.node(home).children[0]
    for pinned in (home, leaf):
        again, changes = updated(tree, law, wishes=Wishes(pinned=frozenset({pinned})))
        assert changes.mode == "placed" and [one.id for one in changes.held_back] == [home]
        assert again.node(home).children == tree.node(home).children
        assert any("pin" in warning for warning in changes.warnings())


def test_a_pin_turns_a_large_change_into_refits_of_the_other_branches(tree: TopicTree) -> None:
    law = law_of_four()
    for part in (0, 1):
        law.add("schools", part, 16, "new")
    home = dict(zip(tree.document_ids, tree.first_topics(1), strict=True))["law:water:0:028"]
    again, changes = updated(tree, law, wishes=Wishes(pinned=frozenset({home})))
    others = {node.id for node in tree.nodes if node.depth == 1} - {home}
    assert changes.mode == "branches" and {one.id for one in changes.refitted} == others
    assert again.node(home).children == tree.node(home).children


def test_a_pinned_topic_that_lost_all_documents_stays_empty(tree: TopicTree) -> None:
    law = law_of_four()
    homes = dict(zip(tree.document_ids, tree.first_topics(), strict=True))
    leaf = homes["law:crimes:0:084"]
    law.drop([name for name, home in homes.items() if home == leaf])
    again, _ = updated(tree, law, wishes=Wishes(pinned=frozenset({leaf})))
    assert again.node(leaf).size == 0 and again.documents(leaf) == []


def test_what_is_forgotten_leaves_no_word_behind(tree: TopicTree, tmp_path: Path) -> None:
    law = law_of_four()
    sealed = law.add("landlord", 0, 3, "sealed")
    for name in sealed:
        at = [one.id for one in law.documents].index(name)
        law.documents[at] = replace(law.documents[at], text=law.documents[at].text + " quarantine orphanage" * 6)
    held, _ = updated(tree, law, wishes=Wishes(refit=True))
    assert held.words is not None and "orphanage" in held.words.terms
    law.drop(sealed)
    withdrawn, _ = updated(held, law)
    assert withdrawn.words is not None and "orphanage" in withdrawn.words.terms
    forgotten = frozenset(id_hash(name) for name in sealed)
    for before in (held, withdrawn):
        clean, changes = updated(before, law, wishes=Wishes(forgotten=forgotten))
        assert changes.mode == "full" and clean.departed == ()
        written = b"".join(saved(clean, tmp_path / "clean")) + json.dumps(changes.to_json()).encode()
        assert b"orphanage" not in written and b"sealed" not in written
        assert clean.words is not None and "orphanage" not in clean.words.terms
        assert all(event.label == "" for event in changes.matching.died)


def test_the_report_says_it_in_words_and_as_json(tree: TopicTree) -> None:
    law = law_of_four()
    law.add("water", 0, 6, "new")
    _, changes = updated(tree, law)
    report = json.loads(json.dumps(changes.to_json()))
    assert report["mode"] == "branches" and report["new"] == 6 and report["share_stayed"] == changes.share_stayed
    words = in_words(report)
    assert "6 new" in words and "fitted anew below" in words and "topics: " in words
    assert in_words(TopicChanges("first", "there was none before").to_json()).startswith("Topics: found")
    _, same = updated(tree, law_of_four())
    assert in_words(same.to_json()) == "Topics: nothing changed; the tree is the same."


def test_a_tree_of_the_format_before_is_matched_and_fitted_anew(tree: TopicTree, tmp_path: Path) -> None:
    saved(tree, tmp_path)
    text = json.loads((tmp_path / "topics.json").read_text(encoding="utf-8"))
    text["format"] = 1
    for name in ("hashes", "basis", "retired", "departed"):
        del text[name]
    (tmp_path / "topics.json").write_text(json.dumps(text), encoding="utf-8")
    with np.load(tmp_path / "topics.npz") as file:
        old = {n: file[n] for n in file.files if n.split("/")[0] in ("member", "model") and "residuals" not in n}
    np.savez_compressed(tmp_path / "topics.npz", **old)
    again, changes = updated(load_tree(tmp_path), law_of_four())
    assert changes.mode == "full" and "older format" in changes.reason
    assert [node.id for node in again.nodes] == [node.id for node in tree.nodes] and changes.share_stayed == 1.0


@pytest.mark.parametrize("damage", ["rows", "h", "hashes", "children", "words"])
def test_parts_that_do_not_fit_together_are_refused(tree: TopicTree, tmp_path: Path, damage: str) -> None:
    saved(tree, tmp_path)
    text = json.loads((tmp_path / "topics.json").read_text(encoding="utf-8"))
    with np.load(tmp_path / "topics.npz") as file:
        arrays = {name: file[name] for name in file.files}
    if damage == "rows":
        arrays["member/t1/indices"] = arrays["member/t1/indices"] + 10_000
    if damage == "h":
        arrays["model/root/h"] = arrays["model/root/h"][:-1]
    if damage == "hashes":
        text["hashes"] = text["hashes"][:-1]
    if damage == "children":
        text["nodes"][0]["children"] = ["t1", "t77"]
    if damage == "words":
        arrays["words/indptr"] = arrays["words/indptr"][:-1]
    (tmp_path / "topics.json").write_text(json.dumps(text), encoding="utf-8")
    np.savez_compressed(tmp_path / "topics.npz", **arrays)
    with pytest.raises(TopicError, match="damaged"):
        load_tree(tmp_path)
