"""Responses about topics through time and about their quality."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["better", "no_better", "too_few"]


class YearShare(BaseModel):
    """A year: `share` is the topic's mean weight over its cases, with an interval; null where there is no case."""

    year: int
    cases: int
    weight: float
    share: float | None
    low: float | None
    high: float | None


class YearForecast(BaseModel):
    """A year to come: the share foretold, and the interval in which it should fall."""

    year: int
    share: float
    low: float
    high: float


class BackTest(BaseModel):
    """The forecast made again from each past year with what was known then, against what came.

    Errors are mean absolute errors of shares: lower is better. `error_last` is that of the last year's share,
    `error_mean` that of the mean of all cases before; gains say by which part of them the forecast's is lower. `p` is
    the chance of so high a gain over the better of both if there were none; `covered` of the `forecasts` fell into
    their interval.
    """

    origins: Annotated[int, Field(description="Past years that were forecast from.")]
    forecasts: int
    error: float
    error_last: float
    error_mean: float
    gain_last: float
    gain_mean: float
    p: float
    covered: int


class CourtYears(BaseModel):
    """A topic in one court's cases."""

    id: str
    name: str
    cases: int
    share: float | None
    years: list[YearShare]


class TopicTrend(BaseModel):
    """A topic's share of the cases through the years.

    `verdict` tells whether the forecast did `better` on the past than the last value and the mean, was `no_better`, or
    whether there are `too_few` years to tell; `sentence` says it in words. Years without a case are there as well.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "t4", "label": "Sentence of imprisonment", "court": "scotus", "level": 0.95, "cases": 389,
                "share": 0.43,
                "years": [{"year": 2006, "cases": 16, "weight": 6.2, "share": 0.39, "low": 0.25, "high": 0.54}],
                "forecast": [{"year": 2007, "share": 0.42, "low": 0.27, "high": 0.58}],
                "back_test": {"origins": 5, "forecasts": 12, "error": 0.0428, "error_last": 0.0529,
                              "error_mean": 0.0428, "gain_last": 0.19, "gain_mean": 0.0, "p": 0.5, "covered": 12},
                "verdict": "no_better",
                "sentence": "No better than the naive forecast: mean error 4.28 points against 5.29 points for the "
                "last value and 4.28 points for the mean, from 5 past years.",
                "courts": [{"id": "scotus", "name": "Supreme Court of the United States", "cases": 389, "share": 0.43,
                            "years": []}],
                "generation": "20260110T120000Z-1f0c8f7e",
            }
        }
    )  # fmt: skip

    id: str
    label: str
    court: Annotated[str | None, Field(description="The court that it is narrowed to.")]
    level: Annotated[float, Field(description="Of all intervals.")]
    cases: int
    share: Annotated[float | None, Field(description="Over all years.")]
    years: list[YearShare]
    forecast: list[YearForecast]
    back_test: BackTest | None
    verdict: Verdict
    sentence: str
    courts: list[CourtYears]
    generation: str


class LevelQuality(BaseModel):
    """A level of the tree; all figures are better the higher they are, and null where they could not be measured.

    `npmi` (-1 to 1) and `c_v` (0 to 1): how much the listed terms occur together. `diversity`: share of distinct terms.
    `ami`, `nmi`, `ari`: agreement of the sections' topics with the code's own titles and chapters.
    """

    level: Annotated[str, Field(description="`first`, or `leaves`.")]
    topics: int
    npmi: float | None
    c_v: float | None
    diversity: float | None
    grouped_documents: Annotated[int, Field(description="Documents that the agreement was measured on.")]
    ami: float | None
    nmi: float | None
    ari: float | None


class Stability(BaseModel):
    """Silhouettes of topics over repeated runs, -1 to 1."""

    mean: float | None
    lowest: float | None


class TopicQuality(BaseModel):
    """One topic's figures, why it was not divided further, and how the number of its own topics was chosen.

    `rank_table` has one row for each number that was tried, with its figures; it is empty where the build kept none.
    """

    id: str
    label: str
    parent: str | None
    depth: int
    scope: str
    size: int
    npmi: float | None
    c_v: float | None
    stability: float | None
    error: float | None
    stop_reason: str
    rank_reason: str
    rank_table: list[dict[str, Any]]


class TopicsQuality(BaseModel):
    """How good the topics of a build are; `parent_child` and `siblings` are overlaps of terms, 0 to 1."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "documents": 2441, "left_out": 65, "topics": 228, "depth": 4,
                "levels": [{"level": "first", "topics": 6, "npmi": 0.21, "c_v": 0.58, "diversity": 0.97,
                            "grouped_documents": 1950, "ami": 0.71, "nmi": 0.72, "ari": 0.68}],
                "parent_child": 0.09, "siblings": 0.02, "stability": {"mean": 0.86, "lowest": 0.31}, "warnings": [],
                "per_topic": [{"id": "t4", "label": "Sentence of imprisonment", "parent": "root", "depth": 1,
                               "scope": "local", "size": 379, "npmi": 0.25, "c_v": 0.61, "stability": 0.93,
                               "error": 0.82, "stop_reason": "", "rank_reason": "stable up to 5 topics",
                               "rank_table": []}],
                "generation": "20260110T120000Z-1f0c8f7e",
            }
        }
    )  # fmt: skip

    documents: int
    left_out: Annotated[int, Field(description="Documents without usable text, in no topic.")]
    topics: int
    depth: int
    levels: list[LevelQuality]
    parent_child: float | None
    siblings: Annotated[float | None, Field(description="Lower siblings are better told apart.")]
    stability: Stability
    warnings: list[str]
    per_topic: list[TopicQuality]
    generation: str


class ShiftCell(BaseModel):
    """The cases of one court in the years from `first` to `last`."""

    court: str
    name: str
    first: int
    last: int
    cases: int


class AxisTopic(BaseModel):
    """A topic of a set that moves together; `part` is positive where it is stronger in cells of a positive score."""

    id: str
    label: str
    part: float


class ShiftAxis(BaseModel):
    """A set of topics that move together, with a score of each cell, later ones positive.

    `strength`: how many times as large as by chance. `p`: the chance of one as large where nothing shifts.
    """

    strength: float
    p: float
    topics: list[AxisTopic]
    scores: list[float]


class MovedTopic(BaseModel):
    """A topic that shifts more than the most moved of all topics does by chance; its share in each cell."""

    id: str
    label: str
    p: float
    shares: list[float]


class TopicShift(BaseModel):
    """Whether the mixture of topics shifts over time within each court, or over courts within each period."""

    over: Literal["time", "courts"]
    p: float
    sentence: str
    cells: list[ShiftCell]
    axes: list[ShiftAxis]
    moved: list[MovedTopic]


class DriftedTerm(BaseModel):
    """A term whose neighbours changed: `distance` 0 (the same) to 1, beside its mean by chance.

    `q`: rate of false finds among terms at least as sure. `documents`: cases that use it before and after.
    """

    term: str
    distance: float
    by_chance: float
    p: float
    q: float
    documents: tuple[int, int]
    gained: list[str]
    lost: list[str]


class TermDrift(BaseModel):
    """Terms whose company changed from the early years to the late ones, within one topic and court."""

    early: tuple[int, int]
    late: tuple[int, int]
    cases: int
    tested: int
    sentence: str
    drifted: list[DriftedTerm]


class TopicDrift(BaseModel):
    """What the build found to shift or drift. `status`: `tested`, `too_few` cases to tell, or `not_built`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "tested", "cases": 389, "years": [1997, 2006], "topics": 11,
                "sentence": "The mixture of topics does not shift from one period to the next by more than chance "
                "(p = 0.444). From 1997–2000 to 2001–2006, none of 250 terms tested keeps other company by more than "
                "chance.",
                "shifts": [{"over": "time", "p": 0.444, "sentence": "The mixture of topics does not shift from one "
                            "period to the next by more than chance (p = 0.444).",
                            "cells": [{"court": "scotus", "name": "Supreme Court of the United States", "first": 1997,
                                       "last": 1997, "cases": 59}], "axes": [], "moved": []}],
                "terms": {"early": [1997, 2000], "late": [2001, 2006], "cases": 389, "tested": 250, "drifted": [],
                          "sentence": "From 1997–2000 to 2001–2006, none of 250 terms tested keeps other company by "
                          "more than chance."},
                "generation": "20260110T120000Z-1f0c8f7e",
            }
        }
    )  # fmt: skip

    status: Literal["tested", "too_few", "not_built"]
    sentence: str
    cases: int
    years: tuple[int, int] | None
    topics: Annotated[int, Field(description="How many were tested: the deepest with enough cases.")]
    shifts: list[TopicShift]
    terms: TermDrift | None
    generation: str
