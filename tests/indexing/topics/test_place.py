"""Placing documents on fixed topics: against the fit's own view, a hand computation, and planted subjects."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from scipy.optimize import nnls

from indexing.topics.branch import core_rows
from indexing.topics.life import fit_tree, place_changes
from indexing.topics.models import ROOT, SplitModel, TopicTree
from indexing.topics.place import View, count_known, drift_of, quantiles
from indexing.topics.vectorize import count_terms, neighbours, smooth, weigh
from indexing.topics.views import neighbour_count
from tests.indexing.topics.living import QUICK, SUBJECTS, Law, law_of_four


@pytest.fixture(scope="module")
def law() -> Law:
    return law_of_four()


@pytest.fixture(scope="module")
def tree(law: Law) -> TopicTree:
    return fit_tree(law.corpus(), QUICK)


def view_of(tree: TopicTree, law: Law) -> View:
    assert tree.words is not None
    return View(tree.words, law.corpus().embeddings, QUICK)


def homes(tree: TopicTree) -> dict[str, str]:
    return dict(zip(tree.document_ids, tree.first_topics(1), strict=True))


def test_known_terms_are_counted_as_the_whole_corpus_was(law: Law) -> None:
    texts = [document.text for document in law.documents]
    texts += ["Repealed.", "See Marsh v. Holloway Mills, 521 U. S. 844. " + texts[0], f"{texts[1]} {'x' * 90}"]
    counts = count_terms(texts, QUICK.vocabulary)
    known, stubs = count_known(texts, counts.terms, QUICK.vocabulary.min_chars)
    np.testing.assert_array_equal(known[counts.kept].toarray(), counts.counts.toarray())
    assert stubs == counts.stubs.tolist()


def test_documents_are_mixed_with_their_neighbours_as_a_step_of_the_fit_does(tree: TopicTree, law: Law) -> None:
    """The fit's own functions, one after the other, on each split's documents: the same matrix."""
    counts = count_terms([document.text for document in law.documents], QUICK.vocabulary)
    vectors = law.corpus().embeddings
    assert vectors is not None and len(tree.models) > 1
    for topic, model in tree.models.items():
        rows = core_rows(tree.members[topic])
        words = weigh(counts, rows, QUICK.vocabulary)
        near = neighbours(vectors[rows], neighbour_count(len(rows), QUICK.neighbours))
        fitted = smooth(words.x, near, QUICK.vocabulary.row_terms, QUICK.smoothing)
        seen = view_of(tree, law).seen(rows, rows, model)
        assert model.terms == words.terms
        np.testing.assert_allclose(seen.toarray(), fitted.toarray(), atol=1e-5)


def test_new_documents_go_to_their_subject(tree: TopicTree, law: Law) -> None:
    grown = Law(np.random.default_rng(5), list(law.documents), list(law.vectors))
    new = {name: (subject, part) for subject in list(SUBJECTS)[:4] for part in (0, 1) for name in
           grown.add(subject, part, 2, "new")}  # fmt: skip
    placed, count = place_changes(tree, grown.corpus(), (), QUICK)
    assert count == len(new) == 16
    home = homes(placed)
    for name, (subject, _) in new.items():
        old = [home[document.id] for document in law.documents if document.group == subject]
        assert home[name] == max(set(old), key=old.count)
    for topic, model in placed.models.items():
        assert drift_of(model, placed.wear[topic].residuals).chance > 0.001


def test_unchanged_documents_keep_their_weights(tree: TopicTree, law: Law) -> None:
    grown = Law(np.random.default_rng(5), list(law.documents), list(law.vectors))
    grown.add("water", 0, 3, "a-first")
    grown.documents.insert(0, grown.documents.pop())
    grown.vectors.insert(0, grown.vectors.pop())
    placed, _ = place_changes(tree, grown.corpus(), (), QUICK)
    for document in law.documents:
        assert placed.topics_of(document.id) == tree.topics_of(document.id)


def test_a_place_is_what_least_squares_by_hand_gives(tree: TopicTree, law: Law) -> None:
    grown = Law(np.random.default_rng(6), list(law.documents), list(law.vectors))
    (name,) = grown.add("schools", 1, 1, "new")
    placed, _ = place_changes(tree, grown.corpus(), (), QUICK)
    model, vectors = tree.models[ROOT], np.array(grown.vectors)
    assert tree.words is not None
    table = tree.words.counts.toarray()[:, [tree.words.terms.index(term) for term in model.terms]]
    (own,) = count_known([grown.documents[-1].text], model.terms, 80)[0].toarray()

    def row(counts: np.ndarray) -> np.ndarray:
        weights = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * model.idf
        return weights / np.linalg.norm(weights)

    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit[:-1] @ unit[-1]
    count = neighbour_count(len(law.documents), QUICK.neighbours)
    near = np.argsort(-cosines)[:count]
    mixed = (1 - QUICK.smoothing) * row(own)
    for one in near:
        mixed += QUICK.smoothing * cosines[one] / cosines[near].sum() * row(table[one])
    x = mixed / np.linalg.norm(mixed)
    weights, _ = nnls(model.h.T.astype(np.float64), x)
    alone, left = nnls(model.h.T.astype(np.float64), row(own))
    wanted = (weights / weights.sum() + alone / alone.sum()) / 2
    found = dict(placed.topics_of(name))
    for number, child in enumerate(tree.node(ROOT).children):
        if wanted[number] >= QUICK.min_share:
            assert found[child] == pytest.approx(wanted[number], abs=1e-3)
    wear = placed.wear[ROOT]
    assert wear.placed.tolist() == [len(law.documents)]
    assert wear.residuals[0] == pytest.approx(left, abs=1e-3)


def test_a_place_does_not_depend_on_what_comes_along(tree: TopicTree, law: Law) -> None:
    grown = Law(np.random.default_rng(7), list(law.documents), list(law.vectors))
    names = [grown.add("water", 1, 1, "new")[0], *grown.add("crimes", 0, 6, "new")]
    many, _ = place_changes(tree, grown.corpus(), (), QUICK)
    grown.drop(names[1:])
    alone, _ = place_changes(tree, grown.corpus(), (), QUICK)
    assert many.topics_of(names[0]) == alone.topics_of(names[0])


def test_a_subject_that_the_tree_does_not_know_shows_as_drift(tree: TopicTree, law: Law) -> None:
    """Of eight documents of known subjects few lie above the limit, of eight of a new one all do."""
    for subject, above in (("water", range(3)), ("liens", range(8, 9))):
        grown = Law(np.random.default_rng(8), list(law.documents), list(law.vectors))
        grown.add(subject, 0, 8, "new")
        placed, _ = place_changes(tree, grown.corpus(), (), QUICK)
        drift = drift_of(placed.models[ROOT], placed.wear[ROOT].residuals)
        assert drift.placed == 8 and drift.above in above
    assert drift.chance == pytest.approx(0.05**8)


def test_texts_without_a_known_word_are_left_out(tree: TopicTree, law: Law) -> None:
    grown = Law(np.random.default_rng(9), list(law.documents), list(law.vectors))
    names = grown.add("water", 0, 2, "new")
    for at, text in ((-1, "zyx wvu " * 30), (-2, "Repealed.")):
        grown.documents[at] = type(grown.documents[at])(grown.documents[at].id, text, "")
    placed, count = place_changes(tree, grown.corpus(), (), QUICK)
    assert count == 0 and set(names) <= set(placed.left_out)
    assert placed.topics_of(names[0]) == []


def test_residuals_of_fitted_documents_are_kept_as_quantiles(tree: TopicTree, law: Law) -> None:
    for topic, model in tree.models.items():
        left = view_of(tree, law).residuals(core_rows(tree.members[topic]), model)
        assert model.residuals == pytest.approx([np.percentile(left, level) for level in (5, 25, 50, 75, 95)])
        assert model.residuals == quantiles(left) and 0 <= model.residuals[0] <= model.residuals[-1] < 1


def test_drift_is_judged_by_the_binomial() -> None:
    model = SplitModel((), np.zeros(0, np.float32), np.zeros((2, 0), np.float32), (0.1, 0.2, 0.3, 0.4, 0.5))
    drift = drift_of(model, np.array([0.2, 0.6, 0.7, 0.1, 0.9, 0.5, 0.3, 0.3], dtype=np.float32))
    by_hand = sum(comb(8, above) * 0.05**above * 0.95 ** (8 - above) for above in range(3, 9))
    assert (drift.placed, drift.above, drift.limit) == (8, 3, 0.5)
    assert drift.chance == pytest.approx(by_hand)
    assert drift_of(model, np.array([0.1], dtype=np.float32)).chance == 1.0
