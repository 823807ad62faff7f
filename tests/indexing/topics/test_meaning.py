"""Terms whose neighbours change: planted ones are found, and neither rarity, mixture nor one loud case is drift."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from indexing.topics.meaning import MeaningConfig, _deals, _information, _near, _Uses, drifted_terms, false_finds

CONFIG = MeaningConfig(window=3, min_cases=80, stages=((199, 1.0), (999, 0.1)))
BANK = ["loan", "money", "credit", "interest"]
RIVER = ["water", "shore", "stream", "fish"]
FILLER = [f"w{at}" for at in range(30)]


def text(rng: np.random.Generator, uses: dict[str, list[str]], lines: int = 12) -> list[str]:
    """Words in which each term stands between two words of its company."""
    words: list[str] = []
    for _ in range(lines):
        for term, company in uses.items():
            words += [str(rng.choice(company)), term, str(rng.choice(company)), *map(str, rng.choice(FILLER, 6))]
    return words


def test_neighbours_are_those_within_the_window_and_never_the_term_itself() -> None:
    ids = np.array([7, 1, 2, 3, -1, 5])
    terms, near = _near(np.array([[1, 3, 0], [5, 6, 1]]), ids, 2)  # a phrase at 1 to 3, a word at 5
    assert sorted(near[terms == 0]) == [3, 7] and sorted(near[terms == 1]) == [3]


def test_information_is_the_logarithm_of_how_much_oftener_than_usual() -> None:
    found = _information(np.array([[3.0, 1.0, 0.0]]), np.array([[10.0, 20.0, 10.0]]))
    assert found[0] == pytest.approx([math.log(0.75 / 0.25), 0.0, 0.0])


def test_counts_are_those_counted_by_hand() -> None:
    config = MeaningConfig(window=2, documents=1, common=1.0)
    documents = [
        ["law", "due", "process", "fair"],
        ["due", "law", "fair"],
        ["process", "fair", "law", "due", "process"],
    ]
    uses = _Uses(documents, ["law", "due process"], config)
    rows, counts = uses.counts(uses.terms.index("law"))
    assert rows.tolist() == [0, 1, 2]
    named = [dict(zip(uses.contexts, row.astype(int).tolist(), strict=True)) for row in counts]
    assert [{word: n for word, n in row.items() if n} for row in named] == [
        {"due": 1, "process": 1}, {"due": 1, "fair": 1}, {"due": 1, "process": 2, "fair": 1},
    ]  # fmt: skip
    rows, counts = uses.counts(uses.terms.index("due process"))
    assert rows.tolist() == [0, 2]
    assert counts.sum(axis=1).tolist() == [2, 2]  # law and fair; fair and law


def test_false_finds_are_benjamini_and_hochberg_s() -> None:
    # their adjusted values, by hand: p * n / rank, never more than that of a higher rank
    assert false_finds([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.04 * 4 / 3, 0.04 * 4 / 3, 0.5])
    assert false_finds([]) == []


def test_deals_keep_how_many_of_each_group_are_late() -> None:
    late, groups = np.array([1, 1, 0, 0, 0, 1, 0, 0], dtype=bool), np.array([0, 0, 0, 1, 1, 1, 2, 2])
    deals = _deals(late, groups, 300, np.random.default_rng(0))
    assert (deals[0] == late).all()
    assert (deals[:, :3].sum(axis=1) == 2).all() and (deals[:, 3:6].sum(axis=1) == 1).all()
    assert (deals[:, 6:] == 0).all() and len({tuple(row) for row in deals}) == 9


@pytest.mark.parametrize("seed", range(2))
def test_a_term_that_changes_its_company_is_found_and_no_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    late = [at >= 40 for at in range(80)]
    documents = [text(rng, {"bank": RIVER if new else BANK, "still waters": RIVER, "court": FILLER}) for new in late]
    documents = [[part for word in words for part in word.split()] for words in documents]
    config = replace(CONFIG, common=1.0)
    found = drifted_terms(documents, late, ["one"] * 80, ["bank", "still waters", "court", *BANK, *RIVER], config)
    assert found is not None and found.tested >= 3
    (drifted,) = [one for one in found.drifted if one.term not in {*BANK, *RIVER}]
    assert drifted.term == "bank" and drifted.documents == (40, 40)
    assert drifted.distance > 2 * drifted.by_chance and drifted.q <= 0.1
    assert set(drifted.gained) >= set(RIVER) and set(drifted.lost) >= set(BANK)


def test_a_change_of_the_mixture_of_topics_is_no_change_of_meaning() -> None:
    rng = np.random.default_rng(3)
    late = [at >= 60 for at in range(120)]
    # the same two senses all along: money is the rule before and water after
    topics = ["river" if rng.random() < (0.7 if new else 0.3) else "money" for new in late]
    elsewhere = [*FILLER * 4, *(BANK + RIVER) * 4]
    documents = [text(rng, {"bank": RIVER if topic == "river" else BANK}) + elsewhere for topic in topics]
    config = replace(CONFIG, common=1.0)
    alone = drifted_terms(documents, late, ["one"] * 120, ["bank"], config)
    assert alone is not None and [one.term for one in alone.drifted] == ["bank"]
    within = drifted_terms(documents, late, topics, ["bank"], config)
    assert within is not None and within.tested == 1 and within.drifted == ()


def test_chance_alone_is_not_called_drift() -> None:
    rng = np.random.default_rng(9)
    late = [at % 2 == 1 for at in range(80)]
    names = [f"term{at}" for at in range(25)]
    documents = [text(rng, {name: FILLER for name in names}, 2) for _ in late]
    found = drifted_terms(documents, late, ["one"] * 80, names, replace(CONFIG, common=1.0))
    assert found is not None and found.tested == 25 and len(found.drifted) <= 1


def test_one_loud_case_is_one_case() -> None:
    rng = np.random.default_rng(4)
    late = [at >= 40 for at in range(80)]
    documents = [text(rng, {"bank": BANK}, 3) for _ in late]
    documents[79] = text(rng, {"bank": RIVER}, 400)
    found = drifted_terms(documents, late, ["one"] * 80, ["bank"], replace(CONFIG, common=1.0))
    assert found is not None and found.tested == 1 and found.drifted == ()


def test_too_few_cases_tell_nothing() -> None:
    assert drifted_terms([["law"]] * 20, [False] * 10 + [True] * 10, ["one"] * 20, ["law"]) is None
    assert drifted_terms([["law"]] * 120, [False] * 115 + [True] * 5, ["one"] * 120, ["law"]) is None
    bare = drifted_terms([[]] * 120, [False, True] * 60, ["one"] * 120, ["law"])
    assert bare is not None and bare.tested == 0 and bare.drifted == ()
