"""Shifts of topics: planted ones are found, none is found where there is none, and the units are exact."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from indexing.topics.drift import ShiftConfig, _slow, _Table, periods, shifts

Floats = NDArray[np.float64]
QUICK = ShiftConfig(draws=199)


def soft(first: NDArray[np.intp], topics: int, rng: np.random.Generator) -> Floats:
    """Soft weights with a known first topic: 60 % of a case on it, the rest anywhere."""
    return np.asarray(0.6 * np.eye(topics)[first] + 0.4 * rng.dirichlet(np.full(topics, 0.3), first.size))


def planted(rng: np.random.Generator, moving: bool) -> tuple[Floats, list[int], list[str]]:
    """400 cases of two courts with other mixtures; topics 0 and 1 give way to topics 2 and 3 where something moves."""
    years = np.sort(rng.integers(2000, 2010, 400))
    courts = rng.choice(["high", "low"], 400)
    base = {"high": np.array([3, 3, 3, 3, 1, 1.0]), "low": np.array([1, 1, 1, 1, 4, 4.0])}
    first = []
    for year, court in zip(years, courts, strict=True):
        part = (year - 2000) / 9 if moving else 0.5
        mixture = base[court] * np.array([1 - part, 1 - part, part, part, 0.5, 0.5])
        first.append(rng.choice(6, p=mixture / mixture.sum()))
    return soft(np.array(first), 6, rng), years.tolist(), courts.tolist()


def test_periods_are_whole_years_with_about_as_many_cases() -> None:
    years = [1990] * 10 + [1991] * 10 + [1992] * 10 + [1995] * 10
    assert periods(years, 2) == [(1990, 1991), (1992, 1995)]
    assert periods(years, 4) == [(1990, 1990), (1991, 1991), (1992, 1992), (1995, 1995)]
    assert periods([2000] * 50, 3) == [(2000, 2000)]
    assert periods([2000] * 90 + [2001] * 5 + [2002] * 5, 2) == [(2000, 2000), (2001, 2002)]
    rng = np.random.default_rng(0)
    drawn = rng.integers(1900, 2000, 600).tolist()
    cut = periods(drawn, 6)
    counts = [sum(first <= year <= last for year in drawn) for first, last in cut]
    assert len(cut) == 6 and sum(counts) == 600 and max(counts) < 1.2 * min(counts)


def test_each_entry_has_the_mean_and_variance_of_all_deals() -> None:
    weights = np.array([[0.9, 0.1], [0.2, 0.5], [0.0, 1.0], [0.4, 0.3], [0.7, 0.2]])
    stratum, cell = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 1, 2, 3])
    table = _Table(weights, stratum, cell, 4)
    deals = []
    for one in permutations(range(3)):
        for two in permutations((3, 4)):
            order = np.array([*one, *two])
            sums = np.stack([weights[order][cell == at].sum(axis=0) for at in range(4)], axis=1)
            deals.append(sums)
    whole = np.stack(deals)
    actual = np.stack([weights[cell == at].sum(axis=0) for at in range(4)], axis=1)
    expected = (actual - whole.mean(axis=0)) / whole.std(axis=0)
    assert table.observed() == pytest.approx(expected)
    rng = np.random.default_rng(0)
    drawn = np.stack([table.dealt(rng) for _ in range(4000)])
    assert np.abs(drawn.mean(axis=0)).max() < 0.06 and np.abs(drawn.var(axis=0) - 1).max() < 0.06


def test_slow_movement_is_a_line_and_a_bend_within_each_court() -> None:
    court, period = np.array([0, 0, 0, 0, 1, 1, 2]), np.array([0, 1, 2, 3, 1, 3, 2])
    basis = _slow(court, period, 2)
    assert basis.shape == (7, 3)  # two for the first court, one for two periods, none for a single one
    assert basis.T @ basis == pytest.approx(np.eye(3))
    expected = np.zeros((7, 3))
    expected[:4, 0] = np.array([-3, -1, 1, 3]) / np.sqrt(20)
    expected[:4, 1] = np.array([1, -1, -1, 1]) / 2
    expected[4:6, 2] = np.array([-1, 1]) / np.sqrt(2)
    assert np.abs(basis) == pytest.approx(np.abs(expected))
    assert np.sign(basis[0, 0]) == -np.sign(basis[3, 0]) and np.sign(basis[0, 1]) == np.sign(basis[3, 1])


@pytest.mark.parametrize("seed", range(3))
def test_topics_that_move_together_are_found_together(seed: int) -> None:
    weights, years, courts = planted(np.random.default_rng(seed), moving=True)
    found = shifts(weights, years, courts, over="time", config=QUICK)
    assert found is not None and found.p <= 0.01 and len(found.cells) == 12
    first = found.axes[0]
    assert {row for row, value in first.topics if value > 0.2} == {2, 3}
    assert {row for row, value in first.topics if value < -0.2} == {0, 1}
    for court in ("high", "low"):
        scores = [score for cell, score in zip(found.cells, first.scores, strict=True) if cell.court == court]
        assert scores[0] < 0 < scores[-1]
    assert {0, 2} <= {one.topic for one in found.moved} <= {0, 1, 2, 3}
    high = [at for at, cell in enumerate(found.cells) if cell.court == "high"]
    rises = next(one.shares for one in found.moved if one.topic == 2)
    assert rises[high[-1]] > rises[high[0]] + 0.1


def test_a_difference_of_courts_is_none_of_time_and_is_found_between_courts() -> None:
    weights, years, courts = planted(np.random.default_rng(5), moving=False)
    over_time = shifts(weights, years, courts, over="time", config=QUICK)
    assert over_time is not None and over_time.p > 0.05 and not over_time.axes and not over_time.moved
    between = shifts(weights, years, courts, over="courts", config=QUICK)
    assert between is not None and between.p <= 0.01
    signs = {row: value > 0 for row, value in between.axes[0].topics}
    assert signs[4] == signs[5] and {one.topic for one in between.moved} >= {4, 5}
    for cell, score in zip(between.cells, between.axes[0].scores, strict=True):
        assert (score > 0) == ((cell.court == "low") == signs[4])


def test_p_is_even_where_nothing_moves() -> None:
    """Of 60 collections without a shift about a twentieth pass at 5 %, a fifth at 20 %."""
    rng = np.random.default_rng(11)
    values = []
    for _ in range(60):
        weights = soft(rng.integers(0, 5, 120), 5, rng)
        years = rng.integers(2000, 2006, 120).tolist()
        found = shifts(weights, years, ["only"] * 120, over="time", config=ShiftConfig(draws=99))
        assert found is not None
        values.append(found.p)
    low = Counter(value <= 0.05 for value in values)[True]
    assert low <= 8 and 4 <= sum(value <= 0.2 for value in values) <= 22


@pytest.mark.parametrize(("cases", "courts", "over"), [(20, 2, "time"), (100, 1, "courts"), (0, 1, "time")])
def test_too_few_cases_or_only_one_court_tell_nothing(cases: int, courts: int, over: str) -> None:
    names = [f"c{at % courts}" for at in range(cases)]
    assert shifts(np.full((cases, 2), 0.5), [2000 + at % 5 for at in range(cases)], names, over=over) is None


def test_one_year_tells_nothing_of_time_and_all_alike_is_no_shift() -> None:
    assert shifts(np.full((100, 2), 0.5), [2000] * 100, ["a"] * 100, over="time") is None
    alike = shifts(np.full((100, 2), 0.5), [2000, 2001] * 50, ["a"] * 100, over="time", config=QUICK)
    assert alike is not None and alike.p == 1.0 and not alike.axes and not alike.moved
