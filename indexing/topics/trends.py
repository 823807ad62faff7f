"""How a topic's share of the cases goes through the years: intervals, a forecast, and whether to believe it.

The share of a year is the mean weight of the topic over the year's cases. It moves for two reasons: the level itself
drifts, and a year holds few cases. The second is known, since the weights within a year show how much they vary. A
local level model whose noise is that variance over the number of cases tells the two apart and needs no year to be
full; it lies between the two naive forecasts: without drift it is the mean of all past cases, with much the last value.
With a damped slope it goes on for a while in the direction it went. How much of either there is no ten years can tell,
so each of a few models counts by how well it foretold the past, those with a slope half beforehand.

Sources: Harvey, Forecasting, Structural Time Series Models and the Kalman Filter (1989), 3.2 and 4.3 (local
level); Gardner and McKenzie, Forecasting Trends in Time Series (1985) (damping);
Brown, Cai and DasGupta, Interval Estimation for a Binomial Proportion (2001), 3.1.3 (Jeffreys); Tashman, Out-of-sample
tests of forecasting accuracy (2000), on rolling origins; Pitman (1937), on the sign-flip test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, logsumexp

Floats = NDArray[np.float64]
DAMPING = 0.9
# Variance of the yearly steps of level and slope over that of an average year's noise. Without a slope: from the mean
# of all cases to all but the last value.
_LEVELS = [(drift, 0.0) for drift in (0.0, 1 / 64, 1 / 16, 1 / 4, 1.0, 4.0, 16.0)]
_SLOPES = [(drift, slope) for drift in (0.0, 1 / 16) for slope in (1 / 256, 1 / 64, 1 / 16)]
MODELS = (*_LEVELS, *_SLOPES)
_PRIOR = np.log([0.5 / len(_LEVELS)] * len(_LEVELS) + [0.5 / len(_SLOPES)] * len(_SLOPES))
_EXACT_ORIGINS = 12
_FLIPS = 9999
_SEED = 20_011


@dataclass(frozen=True, slots=True)
class TrendConfig:
    """level: of all intervals, 0..1. horizon: years that are forecast. past: years with cases before a first origin.

    min_cases, year_cases: fewer in all, or in the mean year that has any, get no forecast. min_origins: fewer leave it
    untested. alpha: the highest chance, by the sign-flip test, at which a forecast may be called better than the naive
    ones.
    """

    level: float = 0.95
    horizon: int = 3
    past: int = 5
    min_cases: int = 30
    year_cases: float = 5.0
    min_origins: int = 5
    alpha: float = 0.05


@dataclass(frozen=True, slots=True)
class YearShare:
    """A year. weight: sum of the topic's weights over `cases` cases; share and interval None where there is none."""

    year: int
    cases: int
    weight: float
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class YearForecast:
    """What the share of a year to come would be, with the interval in which it should fall."""

    year: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class BackTest:
    """Forecasts made again from each past year (origin) with only what was known then, against what came.

    error, error_last, error_mean: mean absolute error in shares of this forecast, of the last year's share, and of the
    mean over all cases of the past; lower is better. gain_last and gain_mean: by how much of the naive error this one
    is lower, negative where it is higher. p: chance of being so much better than the better of both, if it were not.
    covered: how many of the `forecasts` fell into their intervals.
    """

    origins: int
    forecasts: int
    error: float
    error_last: float
    error_mean: float
    gain_last: float
    gain_mean: float
    p: float
    covered: int


@dataclass(frozen=True, slots=True)
class Trend:
    """One topic through the years. verdict: "better" than both naive forecasts, "no_better", or "too_few" to tell."""

    years: tuple[YearShare, ...]
    cases: int
    share: float | None
    forecast: tuple[YearForecast, ...]
    back_test: BackTest | None
    verdict: str
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        values = asdict(self)
        return {**values, "years": list(values["years"]), "forecast": list(values["forecast"])}


@dataclass(frozen=True, slots=True)
class _Series:
    """Years without gaps, arrays of one length. within: sum of squares of the weights about their year's mean."""

    years: NDArray[np.int64]
    cases: Floats
    weight: Floats
    within: Floats

    @property
    def share(self) -> Floats:
        return np.divide(self.weight, self.cases, out=np.full_like(self.weight, np.nan), where=self.cases > 0)


def trend_of(years: Sequence[int], weights: Sequence[float], config: TrendConfig | None = None) -> Trend:
    """Describe one topic over cases: the year of each and the topic's weight in it, 0..1 (0 where it is in none)."""
    config = config or TrendConfig()
    series = _series(np.asarray(years, dtype=np.int64), np.asarray(weights, dtype=np.float64))
    rows = _year_shares(series, config)
    cases, full = int(series.cases.sum()), int((series.cases > 0).sum())
    share = float(series.weight.sum() / cases) if cases else None
    if cases < config.min_cases or full < config.past or cases < config.year_cases * full:
        sentence = (
            f"Too few to forecast: {_count(cases, 'case')} in {_count(full, 'year')}. It takes {config.min_cases} "
            f"cases in {config.past} years, and {config.year_cases:g} to the year."
        )
        return Trend(rows, cases, share, (), None, "too_few", sentence)
    paths = _filter(series)
    last = series.years.size - 1
    ahead = tuple(_forecast(series, paths, last, step, config) for step in range(1, config.horizon + 1))
    tested = _back_test(series, paths, config)
    verdict, sentence = _verdict(tested, config)
    if share == 0 and tested is not None:
        sentence = f"None of the {_count(cases, 'dated case')} is about it: every forecast of none was right."
    return Trend(rows, cases, share, ahead, tested, verdict, sentence)


def jeffreys(successes: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Equal-tailed Jeffreys interval of a proportion; neither number need be whole; 0 and 1 are kept as limits."""
    tail = (1.0 - level) / 2.0
    low = float(betaincinv(successes + 0.5, trials - successes + 0.5, tail)) if successes > 0 else 0.0
    high = float(betaincinv(successes + 0.5, trials - successes + 0.5, 1.0 - tail)) if successes < trials else 1.0
    return low, high


def _series(years: NDArray[np.int64], weights: Floats) -> _Series:
    if years.size == 0:
        empty = np.zeros(0)
        return _Series(years, empty, empty, empty)
    first, span = int(years.min()), int(years.max() - years.min()) + 1
    at = years - first
    cases = np.bincount(at, minlength=span).astype(np.float64)
    weight = np.bincount(at, weights=weights, minlength=span).astype(np.float64)
    squares = np.bincount(at, weights=weights**2, minlength=span).astype(np.float64)
    within = np.maximum(squares - weight**2 / np.maximum(cases, 1.0), 0.0)
    return _Series(np.arange(first, first + span), cases, weight, within)


def _noise(series: _Series, until: int) -> float:
    """Variance of the weights about their year's mean, by the years up to one.

    One case more is counted as varying as much as any number in 0..1 of that mean can, so that it is never zero.
    """
    part = slice(0, until + 1)
    mean = _mean(series, until)
    free = np.maximum(series.cases[part] - 1.0, 0.0).sum() + 1.0
    return float((series.within[part].sum() + mean * (1.0 - mean)) / free)


def _worth(series: _Series, until: int) -> float:
    """How many cases of yes and no a case counts for: soft weights vary less; with few cases not for many."""
    mean = _mean(series, until)
    return max(1.0, mean * (1.0 - mean) / _noise(series, until))


def _mean(series: _Series, until: int) -> float:
    return float((series.weight[: until + 1].sum() + 0.5) / (series.cases[: until + 1].sum() + 1.0))


def _year_shares(series: _Series, config: TrendConfig) -> tuple[YearShare, ...]:
    if not series.years.size:
        return ()
    worth = _worth(series, series.years.size - 1)
    rows = []
    for year, cases, weight in zip(series.years, series.cases, series.weight, strict=True):
        if cases == 0:
            rows.append(YearShare(int(year), 0, 0.0, None, None, None))
            continue
        share = min(1.0, float(weight / cases))
        low, high = jeffreys(share * cases * worth, cases * worth, config.level)
        rows.append(YearShare(int(year), int(cases), float(weight), share, low, high))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Paths:
    """What each model knows after each year. state: (years, 5, models) level, slope, their variances and covariance.

    Variances are in units of the noise of one case. moves: (2, models) variance of the yearly steps of level and slope.
    misfit: sum of squared surprises over their variances; spread: sum of the logarithms of these; (years, models).
    """

    state: Floats
    moves: Floats
    misfit: Floats
    spread: Floats


def _filter(series: _Series) -> _Paths:
    """Kalman's recursion with a flat start of the level, for all models at once."""
    full = np.flatnonzero(series.cases)
    moves = np.array(MODELS).T / series.cases[full].mean()
    share, size = series.share, moves.shape[1]
    state = np.zeros((series.years.size, 5, size))
    misfit, spread = np.zeros((2, series.years.size, size))
    start = int(full[0])
    # before anything is seen of it a slope is as wide as it ever gets
    still = moves[1] / (1.0 - DAMPING**2)
    state[start] = [
        np.full(size, share[start]), np.zeros(size), np.full(size, 1.0 / series.cases[start]), still, np.zeros(size),
    ]  # fmt: skip
    for at in range(start + 1, series.years.size):
        state[at], misfit[at], spread[at] = _step(state[at - 1], moves), misfit[at - 1], spread[at - 1]
        if series.cases[at] == 0:
            continue
        level, slope, wide, steep, both = state[at]
        expected, surprise = wide + 1.0 / series.cases[at], share[at] - level
        misfit[at] += surprise**2 / expected
        spread[at] += np.log(expected)
        known = 1.0 / (series.cases[at] * expected)
        state[at] = [
            level + wide / expected * surprise, slope + both / expected * surprise,
            wide * known, steep - both**2 / expected, both * known,
        ]  # fmt: skip
    return _Paths(state, moves, misfit, spread)


def _step(state: Floats, moves: Floats) -> Floats:
    """One year on: the slope is added to the level, weaker, and both move."""
    level, slope, wide, steep, both = state
    return np.array(
        [
            level + DAMPING * slope,
            DAMPING * slope,
            wide + 2.0 * DAMPING * both + DAMPING**2 * steep + moves[0],
            DAMPING**2 * steep + moves[1],
            DAMPING * both + DAMPING**2 * steep,
        ]
    )


def _forecast(series: _Series, paths: _Paths, origin: int, step: int, config: TrendConfig) -> YearForecast:
    """The share `step` years after a year, knowing nothing later."""
    noise = _noise(series, origin)
    fit = -0.5 * (paths.spread[origin] + paths.misfit[origin] / noise) + _PRIOR
    belief = np.exp(fit - logsumexp(fit))
    state = paths.state[origin]
    for _ in range(step):
        state = _step(state, paths.moves)
    level = np.clip(state[0], 0.0, 1.0)
    cases = series.cases[: origin + 1]
    coming = cases[cases > 0][-config.horizon :].mean()
    mean = float(belief @ level)
    variance = float(belief @ (noise * (state[2] + 1.0 / coming) + (level - mean) ** 2))
    low, high = _beta_interval(mean, variance, config.level)
    # A share comes in whole cases: of a rare topic a year may well hold none.
    whole = coming * _worth(series, origin)
    low, high = float(np.floor(low * whole) / whole), min(1.0, float(np.ceil(high * whole) / whole))
    return YearForecast(int(series.years[origin]) + step, mean, low, high)


def _beta_interval(mean: float, variance: float, level: float) -> tuple[float, float]:
    """Equal-tailed interval of the beta distribution of that mean and variance, which keeps shares within 0..1."""
    held = min(max(mean, 1e-6), 1.0 - 1e-6)
    size = held * (1.0 - held) / min(max(variance, 1e-15), 0.99 * held * (1.0 - held)) - 1.0
    tail = (1.0 - level) / 2.0
    low, high = betaincinv(held * size, (1.0 - held) * size, [tail, 1.0 - tail])
    # where most of it lies at a limit, a quantile may pass the mean
    return min(float(low), mean), max(float(high), mean)


def _back_test(series: _Series, paths: _Paths, config: TrendConfig) -> BackTest | None:
    """Forecast again from every year with enough full years up to it; None where nothing came after any."""
    full = np.flatnonzero(series.cases)
    share = series.share
    errors: list[tuple[int, float, float, float]] = []
    covered = 0
    for origin in (int(at) for at in full[config.past - 1 :]):
        mean = float(series.weight[: origin + 1].sum() / series.cases[: origin + 1].sum())
        for step in range(1, config.horizon + 1):
            if origin + step >= share.size or series.cases[origin + step] == 0:
                continue
            made, came = _forecast(series, paths, origin, step, config), float(share[origin + step])
            covered += made.low <= came <= made.high
            errors.append((origin, abs(made.share - came), abs(float(share[origin]) - came), abs(mean - came)))
    if not errors:
        return None
    table = np.array(errors)
    ours, last, mean_error = (float(value) for value in table[:, 1:].mean(axis=0))
    origins = np.unique(table[:, 0])
    by_origin = np.array([table[table[:, 0] == origin, 1:].mean(axis=0) for origin in origins])
    p = max(sign_flip(by_origin[:, naive] - by_origin[:, 0]) for naive in (1, 2))
    return BackTest(
        len(origins), len(errors), ours, last, mean_error, _gain(ours, last), _gain(ours, mean_error), p, covered
    )


def _gain(error: float, naive: float) -> float:
    return 1.0 - error / naive if naive > 0 else 0.0


def sign_flip(differences: Floats) -> float:
    """The chance of a mean at least as high as that of these differences, if each were as likely to be reversed.

    Exact up to twelve differences, else by seeded draws.
    """
    size = differences.size
    if size <= _EXACT_ORIGINS:
        signs = np.array(list(product((1.0, -1.0), repeat=size)))
        return float(np.mean(signs @ differences >= differences.sum() - 1e-12))
    signs = np.random.default_rng(_SEED).choice((1.0, -1.0), size=(_FLIPS, size))
    return float((1 + np.sum(signs @ differences >= differences.sum() - 1e-12)) / (1 + _FLIPS))


def _verdict(tested: BackTest | None, config: TrendConfig) -> tuple[str, str]:
    origins = tested.origins if tested else 0
    if tested is None or origins < config.min_origins:
        return "too_few", (
            f"Not tested: only {_count(origins, 'past year')} with enough years before and one after it; it takes "
            f"{config.min_origins}. Do not rely on the forecast."
        )
    told = (
        f"mean error {_points(tested.error)} against {_points(tested.error_last)} for the last value and "
        f"{_points(tested.error_mean)} for the mean, from {tested.origins} past years"
    )
    lower = tested.error < min(tested.error_last, tested.error_mean)
    if lower and tested.p <= config.alpha:
        return "better", f"Better than both naive forecasts: {told}."
    if lower:
        return (
            "no_better",
            f"Not shown to be better than the naive forecasts: {told}. The difference may well be chance.",
        )
    return "no_better", f"No better than the naive forecast: {told}."


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _points(error: float) -> str:
    return f"{100 * error:.2f} points"
