"""Forecasts of topic shares against naive ones and a library's, and how large a shift must be to be told from chance.

    python -m benchmarks.topic_trends [--sets 20] [--data DATA] [--output benchmarks/results/topic_trends.json]

Planted shares stay, wander or rise; cases are drawn from them, with weights of yes and no or soft ones. Where
statsmodels is installed (it is no part of the product), its exponential smoothing and its damped trend are tried on
the same shares. With `--data` the trends of all topics of a built collection are tried on its own past.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexing.topics.drift import ShiftConfig, shifts
from indexing.topics.trends import Trend, TrendConfig, trend_of

Floats = NDArray[np.float64]
Forecast = Callable[[Floats, int], Any]
KINDS = ("stays", "wanders", "rises")
LENGTHS = ((10, 40), (30, 60))  # years, cases a year
SHARES = (0.03, 0.2)
SOFTNESS = (0.0, 1.5)  # 0: yes and no; else the sum of a beta distribution's parameters


def planted(kind: str, years: int, cases: int, share: float, soft: float, seed: int) -> tuple[Floats, Floats, Floats]:
    """Year and weight of each case, and the true share of each year."""
    rng = np.random.default_rng([seed, KINDS.index(kind), years, int(100 * share), int(10 * soft)])
    true = np.full(years, share)
    if kind == "wanders":
        true = np.clip(share + np.cumsum(rng.normal(0, 0.2 * share, years)), 0.005, 0.9)
    if kind == "rises":
        true = np.linspace(0.4 * share, 1.8 * share, years)
    when = np.repeat(np.arange(years), rng.poisson(cases, years)).astype(np.float64)
    at = true[when.astype(int)]
    weights = rng.beta(soft * at, soft * (1 - at)) if soft else (rng.random(when.size) < at).astype(np.float64)
    return when, weights, true


def rivals() -> dict[str, Forecast]:
    """Forecasts of statsmodels, where it is there."""
    if importlib.util.find_spec("statsmodels") is None:
        return {}
    smoothing: Any = importlib.import_module("statsmodels.tsa.holtwinters")

    def single(past: Floats, ahead: int) -> Any:
        return smoothing.SimpleExpSmoothing(past, initialization_method="estimated").fit().forecast(ahead)

    def damped(past: Floats, ahead: int) -> Any:
        method = {"trend": "add", "damped_trend": True, "initialization_method": "estimated"}
        return smoothing.ExponentialSmoothing(past, **method).fit().forecast(ahead)

    return {"smoothing": single, "damped": damped}


def rolled(share: Floats, forecast: Forecast, config: TrendConfig) -> float:
    """Mean absolute error from the same origins as the product's own test."""
    errors = []
    for origin in range(config.past, share.size):
        made = forecast(share[:origin], config.horizon)
        coming = share[origin : origin + config.horizon]
        errors += list(np.abs(np.asarray(made)[: coming.size] - coming))
    return float(np.mean(errors))


def measure(sets: int) -> dict[str, Any]:
    """Errors in points, how often intervals hold, and verdicts, by how long the past is and what the share does."""
    others, config = rivals(), TrendConfig()
    table: dict[str, Any] = {}
    for years, cases in LENGTHS:
        for kind in KINDS:
            errors: dict[str, list[float]] = {}
            verdicts: Counter[str] = Counter()
            held, yearly = [0, 0], [0, 0]
            for share in SHARES:
                for soft in SOFTNESS:
                    for seed in range(sets):
                        when, weights, true = planted(kind, years, cases, share, soft, seed)
                        found = trend_of(when.astype(int).tolist(), weights.tolist(), config)
                        _count(found, true, errors, verdicts, held, yearly)
                        met = np.array([row.share for row in found.years], dtype=np.float64)
                        for name, forecast in others.items():
                            errors.setdefault(name, []).append(rolled(met, forecast, config))
            table[f"{kind}, {years} years of {cases}"] = {
                "error_points": {name: round(100 * float(np.mean(values)), 2) for name, values in errors.items()},
                "called_better": f"{verdicts['better']} of {sum(verdicts.values())}",
                "forecast_interval_holds": round(held[0] / held[1], 3),
                "yearly_interval_holds": round(yearly[0] / yearly[1], 3),
            }
    return table


def _count(
    found: Trend, true: Floats, errors: dict[str, list[float]], verdicts: Counter[str], held: list[int],
    yearly: list[int],
) -> None:  # fmt: skip
    tested = found.back_test
    assert tested is not None
    for name, error in (("forecast", tested.error), ("last", tested.error_last), ("mean", tested.error_mean)):
        errors.setdefault(name, []).append(error)
    verdicts[found.verdict] += 1
    held[0] += tested.covered
    held[1] += tested.forecasts
    for row in found.years:
        if row.low is not None and row.high is not None:
            yearly[0] += row.low <= true[row.year - found.years[0].year] <= row.high
            yearly[1] += 1


def power(sets: int, cases: int = 400, topics: int = 10) -> dict[str, str]:
    """How often a shift of so many points, from half of the topics to the others, is found at 5 %; 0 is no shift."""
    table = {}
    for points in (0, 10, 20, 30, 40):
        found = 0
        for seed in range(sets):
            rng = np.random.default_rng([seed, points])
            years = np.sort(rng.integers(2000, 2010, cases))
            tilt = (years - 2004.5) / 9 * points / 100
            second = rng.random(cases) < 0.5 + tilt
            first = rng.integers(0, topics // 2, cases) + second * (topics // 2)
            weights = 0.6 * np.eye(topics)[first] + 0.4 * rng.dirichlet(np.full(topics, 0.3), cases)
            told = shifts(
                weights, years.tolist(), ["one"] * cases, over="time", config=ShiftConfig(draws=199), seed=seed
            )
            assert told is not None
            found += told.p <= 0.05
        table[f"{points} points"] = f"{found} of {sets}"
    return table


def collection(data: Path) -> dict[str, Any]:
    """All topics of a built collection that hold three cases or more, tried on its own past."""
    from app.config import Settings
    from app.topic_reports import drift_report, trend_report
    from app.wiring import wire

    services = wire(Settings.from_env({"LEXATLAS_DATA": str(data)}))
    corpus = services.snapshots.current().corpus
    reports = [
        trend_report(corpus, topic, services.jurisdictions, None) for topic in corpus.topics.values() if topic.parent
    ]
    tested = [report for report in reports if (report["share"] or 0) * report["cases"] >= 3 and report["back_test"]]
    past = [report["back_test"] for report in tested]
    drift = drift_report(corpus, services.jurisdictions)
    return {
        "topics": len(reports), "tried": len(tested), "verdicts": dict(Counter(report["verdict"] for report in tested)),
        "years": [reports[0]["years"][0]["year"], reports[0]["years"][-1]["year"]], "cases": reports[0]["cases"],
        "error_points": {
            name: round(100 * float(np.mean([one[key] for one in past])), 2)
            for name, key in (("forecast", "error"), ("last", "error_last"), ("mean", "error_mean"))
        },
        "lower_error_than_both": sum(one["error"] < min(one["error_last"], one["error_mean"]) for one in past),
        "forecast_interval_holds": f"{sum(one['covered'] for one in past)} of {sum(one['forecasts'] for one in past)}",
        "drift": drift["sentence"],
    }  # fmt: skip


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--data", type=Path, help="a data directory with a build")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/topic_trends.json"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    known = [name for name in ("numpy", "scipy", "statsmodels") if importlib.util.find_spec(name)]
    report = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in known},
        "command": " ".join(["python -m benchmarks.topic_trends", *sys.argv[1:]]),
        "planted": measure(options.sets),
        "shift_found": power(options.sets),
        **({"collection": collection(options.data)} if options.data else {}),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
