"""Coherence and agreement against formulas and slow counts."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from indexing.topics.quality import (
    agreement_with_groups,
    count_together,
    cv_coherence,
    diversity,
    npmi,
    npmi_coherence,
)

DOCUMENTS = [
    ["security", "deposit", "rent", "water"],
    ["security", "deposit", "lease"],
    ["water", "permit", "deposit"],
    ["water", "permit"],
]


def test_documents_are_counted_with_phrases_as_neighbouring_words() -> None:
    counts = count_together(DOCUMENTS, ["security deposit", "water", "permit", "deposit rent", "rent deposit"])
    np.testing.assert_array_equal(counts.single, [2, 3, 2, 1, 0])
    assert counts.joint[counts.index["water"], counts.index["permit"]] == 2
    assert counts.total == 4


def test_npmi_is_its_formula() -> None:
    counts = count_together(DOCUMENTS, ["water", "permit", "lease"])
    assert npmi(counts, "water", "permit") == pytest.approx(log(0.5 / (0.75 * 0.5)) / -log(0.5))
    assert npmi(counts, "lease", "permit") == -1.0
    pairs = [npmi(counts, "permit", "water"), npmi(counts, "lease", "water"), npmi(counts, "lease", "permit")]
    assert npmi_coherence(counts, ["water", "permit", "lease"]) == pytest.approx(np.mean(pairs))
    assert npmi_coherence(counts, ["water"]) == 0.0


def test_words_that_always_come_together_are_at_the_top() -> None:
    counts = count_together([["a1", "b1"]] * 3, ["a1", "b1"])
    assert npmi(counts, "a1", "b1") == 1.0
    assert cv_coherence(counts, ["a1", "b1"]) == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(4))
def test_windows_are_those_of_a_plain_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    words = ["w" + str(number) for number in rng.integers(0, 6, size=40)]
    terms, width, stride = ["w0", "w1", "w2", "w3 w4"], 7, int(rng.integers(1, 4))
    counts = count_together([words, words[:3]], terms, width, stride)
    windows = [words[begin : begin + width] for begin in range(0, len(words) - width + 1, stride)] + [words[:3]]
    assert counts.total == len(windows)
    for one in terms[:3]:
        assert counts.single[counts.index[one]] == sum(one in window for window in windows)
        for two in terms[:3]:
            both = sum(one in window and two in window for window in windows)
            assert counts.joint[counts.index[one], counts.index[two]] == both


def test_cv_is_the_published_formula() -> None:
    terms = ["security", "deposit", "water"]
    counts = count_together(DOCUMENTS, terms)
    total = counts.total
    epsilon = 1e-12

    def value(i: int, j: int) -> float:
        joint = counts.joint[i, j] / total
        chance = counts.single[i] * counts.single[j] / total**2
        return log((joint + epsilon) / chance) / -log(joint + epsilon)

    vectors = np.array([[value(i, j) for j in range(3)] for i in range(3)])
    whole = vectors.sum(axis=0)
    slow = np.mean([v @ whole / np.linalg.norm(v) / np.linalg.norm(whole) for v in vectors])
    assert cv_coherence(counts, terms) == pytest.approx(slow)


def test_unseen_terms_do_not_break_coherence() -> None:
    counts = count_together(DOCUMENTS, ["nothing", "water"])
    assert np.isfinite(cv_coherence(counts, ["nothing", "water"]))
    assert npmi_coherence(counts, ["nothing", "water"]) == -1.0


def test_diversity_and_agreement() -> None:
    assert diversity([["a", "b"], ["c", "d"]]) == 1.0
    assert diversity([["deposit", "rent"], ["deposits", "rent"]]) == 0.5
    assert diversity([]) == 0.0
    same = agreement_with_groups(["t1", "t1", "t2", "t2"], ["x", "x", "y", "y"])
    assert same == pytest.approx({"ami": 1.0, "nmi": 1.0, "ari": 1.0})
