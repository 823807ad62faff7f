"""Trends held against hand counts, a dense Gaussian reference, quadrature, and another library's filter."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from indexing.topics import trends
from indexing.topics.trends import DAMPING, MODELS, TrendConfig, jeffreys, sign_flip, trend_of

Floats = NDArray[np.float64]


def drawn(shares: list[float], cases: int, seed: int = 0, first: int = 1980) -> tuple[list[int], Floats]:
    """Cases of yes and no, as many in each year."""
    rng = np.random.default_rng(seed)
    years = np.repeat(np.arange(first, first + len(shares)), cases)
    return [int(year) for year in years], (rng.random(years.size) < np.repeat(shares, cases)).astype(float)


def beta_quantile(a: float, b: float, at: float) -> float:
    """A quantile of the beta distribution from its density alone, by the trapezoidal rule."""
    x = np.linspace(0, 1, 2_000_001)[1:-1]
    mass = np.cumsum(np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x)))
    return float(x[np.searchsorted(mass / mass[-1], at)])


def test_shares_are_weights_over_cases_and_an_empty_year_has_none() -> None:
    found = trend_of([2001, 2001, 1999, 2001, 1999], [0.5, 0.0, 1.0, 0.25, 0.5])
    assert [(row.year, row.cases, row.weight, row.share) for row in found.years] == [
        (1999, 2, 1.5, 0.75), (2000, 0, 0.0, None), (2001, 3, 0.75, 0.25),
    ]  # fmt: skip
    assert found.years[1].low is None and found.years[1].high is None
    assert found.share == pytest.approx(2.25 / 5) and found.cases == 5


@pytest.mark.parametrize(("yes", "of"), [(3, 20), (7.5, 10), (0.2, 40.5)])
def test_jeffreys_limits_are_those_of_the_density(yes: float, of: float) -> None:
    low, high = jeffreys(yes, of, 0.9)
    assert low == pytest.approx(beta_quantile(yes + 0.5, of - yes + 0.5, 0.05), abs=2e-4)
    assert high == pytest.approx(beta_quantile(yes + 0.5, of - yes + 0.5, 0.95), abs=2e-4)


def test_none_and_all_keep_the_limits_and_few_cases_widen() -> None:
    assert jeffreys(0, 12)[0] == 0.0 and jeffreys(12, 12)[1] == 1.0
    widths = [high - low for low, high in (jeffreys(n / 4, n) for n in (4, 16, 64, 256))]
    assert widths == sorted(widths, reverse=True) and widths[0] > 4 * widths[-1]


def test_yearly_intervals_hold_the_true_share_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(4)
    held = total = 0
    for draw in range(60):
        share = (0.05, 0.2, 0.5)[draw % 3]
        weights = rng.beta(2 * share, 2 * (1 - share), 300)  # soft: they vary a third of what yes and no do
        found = trend_of(np.repeat(np.arange(2000, 2010), 30).tolist(), weights.tolist())
        held += sum(row.low <= share <= row.high for row in found.years if row.low is not None and row.high is not None)
        total += 10
    assert 0.92 <= held / total <= 0.985


def test_soft_weights_narrow_the_interval_and_few_of_them_do_not() -> None:
    years = np.repeat(np.arange(2000, 2010), 30).tolist()
    soft, hard = trend_of(years, [0.3] * 300), trend_of(years, [1.0, 1.0, 1.0] * 30 + [0.0] * 210)
    first = soft.years[0]
    assert first.low is not None and first.low > jeffreys(9, 30)[0] and first.share == pytest.approx(0.3)
    assert hard.share == pytest.approx(0.3)
    alone = trend_of([2000], [0.3]).years[0]
    assert (alone.low, alone.high) == pytest.approx(jeffreys(0.3, 1.0), abs=0.05)


def moves(years: int, drift: float, slope: float) -> Floats:
    """Covariance of the levels of so many years about the first, (years, years), by unrolling every shock."""
    # one row for each source of movement: the first slope, then the shocks of each later year to level and slope
    sources = [(0, 0.0, 1.0, slope / (1 - DAMPING**2))]
    sources += [(year, 1.0, 0.0, drift) for year in range(1, years)] + [
        (year, 0.0, 1.0, slope) for year in range(1, years)
    ]
    cover = np.zeros((years, years))
    for start, kick, lift, variance in sources:
        level, rise = kick, lift
        effect = np.zeros(years)
        for year in range(start, years):
            if year > start:
                level, rise = level + DAMPING * rise, DAMPING * rise
            effect[year] = level
        cover += variance * np.outer(effect, effect)
    return cover


def dense(series: trends._Series, model: tuple[float, float], noise: float, step: int) -> tuple[float, float, float]:
    """Level `step` years on, its variance, and the log density given the first share: by one dense covariance."""
    full = np.flatnonzero(series.cases)
    share, ahead = series.share[full], series.years.size - 1 + step
    common = noise * moves(ahead + 1, *model)
    cover = common[np.ix_(full, full)] + np.diag(noise / series.cases[full])
    inverse, ones = np.linalg.inv(cover), np.ones(full.size)
    weight = ones @ inverse @ ones
    mean = ones @ inverse @ share / weight
    across = common[ahead, full]
    level = mean + across @ inverse @ (share - mean)
    variance = common[ahead, ahead] - across @ inverse @ across + (1 - across @ inverse @ ones) ** 2 / weight
    # differences from the first share are free of the unknown start
    turn = np.eye(full.size)[1:] - np.eye(full.size)[0]
    density = stats.multivariate_normal(np.zeros(full.size - 1), turn @ cover @ turn.T).logpdf(turn @ share)
    return float(level), float(variance), float(density)


def test_the_filter_is_the_dense_gaussian_answer_with_empty_years_and_uneven_counts() -> None:
    rng = np.random.default_rng(1)
    years = np.concatenate([np.full(n, 1990 + at) for at, n in enumerate((9, 4, 0, 30, 1, 0, 12, 7))])
    series = trends._series(years, rng.beta(1, 3, years.size))
    paths, last = trends._filter(series), series.years.size - 1
    noise = trends._noise(series, last)
    wanted = [dense(series, (float(drift), float(slope)), noise, 2) for drift, slope in paths.moves.T]
    state = trends._step(trends._step(paths.state[last], paths.moves), paths.moves)
    assert state[0] == pytest.approx([level for level, _, _ in wanted], abs=1e-9)
    assert noise * state[2] == pytest.approx([variance for _, variance, _ in wanted], abs=1e-9)
    # up to one constant, which the weights do not see
    fit = -0.5 * (paths.spread[last] + paths.misfit[last] / noise)
    assert fit - fit[0] == pytest.approx([density - wanted[0][2] for _, _, density in wanted], abs=1e-8)

    prior = [0.5 / 6 if slope else 0.5 / 7 for _, slope in MODELS]
    belief = np.exp([density for _, _, density in wanted]) * prior
    belief /= belief.sum()
    made = trends._forecast(series, paths, last, 2, TrendConfig())
    assert made.share == pytest.approx(float(belief @ [level for level, _, _ in wanted]), abs=1e-9)
    assert made.year == 1999 and made.low < made.share < made.high


def test_without_drift_it_is_the_mean_of_all_cases_and_with_much_the_last_value() -> None:
    years = [2000] * 10 + [2001] * 30 + [2003] * 5
    weights = [0.1] * 10 + [0.4] * 30 + [0.9] * 5
    level = trends._filter(trends._series(np.array(years), np.array(weights))).state[-1, 0, :7]
    assert level[0] == pytest.approx((1 + 12 + 4.5) / 45)
    assert 0.8 < level[-1] < 0.9 and np.all(np.diff(level) > 0)


def test_the_filter_agrees_with_statsmodels() -> None:
    # statsmodels 0.15.0, UnobservedComponents(y, "local level", use_exact_diffuse=True).filter([0.004, 0.001])
    filtered = [0.3, 0.32222222, 0.32222222, 0.29540541, 0.34501916, 0.35921457]
    foretold = [0.00662322, 0.00762322, 0.00862322]
    shares = {0: 0.30, 1: 0.34, 3: 0.27, 4: 0.41, 5: 0.38}
    years = np.repeat(list(shares), 10)
    paths = trends._filter(trends._series(years, np.repeat(list(shares.values()), 10)))
    quarter = MODELS.index((0.001 / 0.004, 0.0))
    assert paths.state[:, 0, quarter] == pytest.approx(filtered, abs=1e-8)
    ahead = 0.04 * (paths.state[-1, 2, quarter] + paths.moves[0, quarter] * np.arange(1, 4) + 1 / 10)
    assert ahead == pytest.approx(foretold, abs=1e-8)


def test_the_beta_interval_has_the_mean_and_variance_asked_for() -> None:
    mean, variance = 0.12, 0.003
    low, high = trends._beta_interval(mean, variance, 0.9)
    size = mean * (1 - mean) / variance - 1
    like = stats.beta(mean * size, (1 - mean) * size)
    assert (like.mean(), like.var()) == pytest.approx((mean, variance))
    assert (low, high) == pytest.approx((like.ppf(0.05), like.ppf(0.95)))
    assert trends._beta_interval(0.0, 0.0, 0.95) == pytest.approx((0.0, 0.0), abs=1e-5)


def test_sign_flips_are_counted_whole() -> None:
    assert sign_flip(np.array([1.0, 2.0, 3.0])) == 1 / 8
    assert sign_flip(np.array([1.0, 2.0, -3.0])) == 5 / 8  # 6, 4, 2, 0 and 0 are no lower than 0
    assert sign_flip(np.array([0.0, 0.0])) == 1.0
    assert sign_flip(np.ones(20)) < 0.001


def test_the_back_test_knows_only_the_past() -> None:
    years, weights = drawn([0.2, 0.3, 0.25, 0.4, 0.35, 0.3, 0.45, 0.5, 0.4], 20)
    found = trend_of(years, weights.tolist()).back_test
    assert found is not None
    errors: list[tuple[float, float, float]] = []
    origins = set()
    for end in range(1984, 1989):
        past = [(year, weight) for year, weight in zip(years, weights, strict=True) if year <= end]
        made = trend_of([year for year, _ in past], [weight for _, weight in past]).forecast
        for step in (1, 2, 3):
            came = [weight for year, weight in zip(years, weights, strict=True) if year == end + step]
            if came:
                last = [weight for year, weight in past if year == end]
                actual = float(np.mean(came))
                mean = float(np.mean([weight for _, weight in past]))
                errors.append((
                    abs(made[step - 1].share - actual), abs(float(np.mean(last)) - actual), abs(mean - actual),
                ))  # fmt: skip
                origins.add(end)
    assert (found.origins, found.forecasts) == (len(origins), len(errors)) == (4, 9)
    assert (found.error, found.error_last, found.error_mean) == pytest.approx(np.mean(errors, axis=0).tolist())
    assert found.gain_mean == pytest.approx(1 - found.error / found.error_mean)


def test_a_topic_that_rises_for_sixty_years_is_mostly_foretold_better_than_by_either() -> None:
    verdicts = []
    for seed in range(8):
        years, weights = drawn(np.linspace(0.1, 0.6, 60).tolist(), 30, seed)
        found = trend_of(years, weights.tolist())
        tested = found.back_test
        assert tested is not None and tested.gain_last > 0.05 and tested.gain_mean > 0.25
        assert (found.verdict == "better") == (tested.p <= 0.05) == found.sentence.startswith("Better than both")
        assert [row.year for row in found.forecast] == [2040, 2041, 2042]
        assert abs(found.forecast[0].share - 0.61) < 0.12
        verdicts.append(found.verdict)
    assert verdicts.count("better") >= 6


def test_noise_alone_is_hardly_ever_called_a_trend() -> None:
    verdicts = []
    for seed in range(40):
        years, weights = drawn([0.2] * 14, 40, seed)
        verdicts.append(trend_of(years, weights.tolist()).verdict)
    assert verdicts.count("better") <= 2 and "too_few" not in verdicts


def test_forecast_intervals_hold_what_comes_about_as_often_as_they_say() -> None:
    held = total = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        shares = np.clip(0.2 + np.cumsum(rng.normal(0, 0.02, 16)), 0.01, 0.9)
        years, weights = drawn(shares.tolist(), 40, seed)
        found = trend_of(years, weights.tolist()).back_test
        assert found is not None
        held, total = held + found.covered, total + found.forecasts
    assert 0.9 <= held / total <= 0.995


@pytest.mark.parametrize(
    ("years", "verdict", "forecasts", "words"),
    [
        ([], "too_few", 0, "0 cases in 0 years"),
        ([1999] * 200, "too_few", 0, "200 cases in 1 year."),
        (list(range(1990, 2010)), "too_few", 0, "20 cases"),
        ([*range(1990, 2010)] * 4, "too_few", 0, "5 to the year"),
        ([*range(2000, 2006)] * 6, "too_few", 3, "only 1 past year with"),
    ],
)
def test_too_few_is_said(years: list[int], verdict: str, forecasts: int, words: str) -> None:
    found = trend_of(years, [0.5] * len(years))
    assert (found.verdict, len(found.forecast)) == (verdict, forecasts)
    assert words in found.sentence
    assert (found.share is None) == (not years)


def test_a_topic_of_no_case_is_forecast_to_stay_rare() -> None:
    found = trend_of([*range(2000, 2012)] * 5, [0.0] * 60)
    assert all(row.share == 0.0 and row.low == 0.0 and 0 <= row.high < 0.25 for row in found.forecast)
    assert found.verdict == "no_better"
    assert found.sentence == "None of the 60 dated cases is about it: every forecast of none was right."
    assert found.to_json()["forecast"][0]["year"] == 2012
