"""Labels and terms that a reader understands."""

from __future__ import annotations

import numpy as np

from indexing.topics.labels import best_terms, label_topics, phrases_of, stem_key


def test_phrases_begin_and_end_with_subject_words() -> None:
    found = phrases_of("The trustee may avoid a transfer of property of the estate. Discharge of debts.")
    assert {"transfer of property", "discharge of debts"} <= found
    for phrase in found:
        words = phrase.split()
        assert words[0] not in {"of", "the", "may"} and words[-1] not in {"of", "the", "may"}


def test_phrases_do_not_cross_a_stop_or_a_citation() -> None:
    found = phrases_of("security deposit. Rent escrow, Marsh v. Holloway Mills, 88 Frk. 214, water permit")
    assert found == {"security deposit", "rent escrow", "water permit"}


def test_a_label_is_a_phrase_of_the_topic_that_its_siblings_lack() -> None:
    landlord = [f"The landlord holds the security deposit number {n}. The court may award costs." for n in range(6)]
    water = [f"A water permit number {n} allows diversion. The court may award costs." for n in range(6)]
    weights = [
        [("security deposit", 0.9), ("landlord", 0.7), ("award costs", 0.1)],
        [("water permit", 0.9), ("diversion", 0.5), ("award costs", 0.1)],
    ]
    labels = label_topics([landlord, water], weights)
    assert "security deposit" in labels[0] and "water permit" in labels[1]
    assert not any("award costs" in label for label in labels)


def test_labels_of_siblings_differ_even_when_their_texts_do_not() -> None:
    texts = [["The security deposit is due. The security deposit is held."]] * 3
    labels = label_topics(texts, [[("deposit", 1.0), ("security", 0.9)]] * 3)
    assert len(set(labels)) == 3 and all(labels)


def test_the_parents_label_is_not_given_again() -> None:
    texts = [["security deposit"] * 4, ["water permit"] * 4]
    weights = [[("security deposit", 1.0)], [("water permit", 1.0)]]
    assert label_topics(texts, weights, ["security deposit"])[0] != "security deposit"


def test_terms_shared_with_siblings_sink_and_plurals_are_listed_once() -> None:
    terms = ["action", "copyright", "copyrights", "copyright owner", "owner"]
    own = np.array([1.0, 0.9, 0.8, 0.7, 0.6], dtype=np.float32)
    other = np.array([[1.0, 0.0, 0.0, 0.0, 0.0]], dtype=np.float32)
    listed = [term for term, _ in best_terms(own, other, terms, 10)]
    assert listed == ["copyright", "copyright owner", "action"]


def test_term_keys_join_singular_and_plural_only() -> None:
    assert stem_key("deputies") == stem_key("deputy") == ("deputy",)
    assert stem_key("bus") == ("bus",) and stem_key("process") == ("process",)
