"""`lexatlas topics quality | trend | drift`: what the routes of the same names answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from app import topic_reports
from app.cli.base import NotFound
from app.cli.topics import topics_app

_BAR = 40


def register(_app: typer.Typer) -> None:
    """Add this module's commands to those of `topics`."""
    for name, command in (("quality", topics_quality), ("trend", topics_trend), ("drift", topics_drift)):
        topics_app.command(name)(command)


def topics_quality(context: typer.Context) -> None:
    """Show how good the topics are: coherence, diversity, stability, agreement with the code's own titles."""
    report = topic_reports.quality_report(context.obj.services.snapshots.current().corpus)
    context.obj.emit(report, lambda: _quality(report))


def topics_trend(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(help="Id of a topic; `lexatlas topics list` shows them.")],
    court: Annotated[str | None, typer.Option(help="Only cases of this court.")] = None,
) -> None:
    """Show a topic's share of the cases by year, with a forecast and whether it beats the naive ones."""
    services = context.obj.services
    corpus = services.snapshots.current().corpus
    row = corpus.topics.get(topic)
    if row is None:
        raise NotFound(f"There is no topic {topic!r}; `lexatlas topics list` shows their ids.")
    report = topic_reports.trend_report(corpus, row, services.jurisdictions, court)
    context.obj.emit(report, lambda: trend_words(report))


def topics_drift(context: typer.Context) -> None:
    """Show which topics shift over time and courts, and which terms keep other company, beyond chance."""
    services = context.obj.services
    report = topic_reports.drift_report(services.snapshots.current().corpus, services.jurisdictions)
    context.obj.emit(report, lambda: _drift(report))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _quality(report: Mapping[str, Any]) -> str:
    figures = ("npmi", "c_v", "diversity", "ami", "nmi", "ari")
    told = [
        f"{report['topics']} topics over {report['documents']} documents, {report['left_out']} left out",
        f"{'':<8}{'topics':>8}" + "".join(f"{name:>11}" for name in figures),
    ]
    for level in report["levels"]:
        cells = "".join(f"{_number(level[name]):>11}" for name in figures)
        told.append(f"{level['level']:<8}{level['topics']:>8}{cells}")
    told += [
        f"overlap of terms: parent and child {_number(report['parent_child'])}, siblings {_number(report['siblings'])}",
        f"stability: mean {_number(report['stability']['mean'])}, lowest {_number(report['stability']['lowest'])}",
    ]
    told += [f"warning: {warning}" for warning in report["warnings"]]
    told.append(f"{'npmi':>6}{'c_v':>6}{'stable':>7}{'size':>6}  topic")
    for one in report["per_topic"]:
        measured = f"{_number(one['npmi']):>6}{_number(one['c_v']):>6}{_number(one['stability']):>7}{one['size']:>6}"
        told.append(f"{measured}  {'  ' * one['depth']}{one['id']} {one['label']}")
    return "\n".join(told)


def _percent(value: float) -> str:
    return f"{100 * value:5.1f} %"


def trend_words(report: Mapping[str, Any]) -> str:
    """Return a trend as text, one line a year."""
    told = [
        f"{report['id']} {report['label']}: {report['cases']} cases"
        + (f" of {report['court']}" * bool(report["court"]))
    ]
    for year in report["years"]:
        if year["share"] is None:
            told.append(f"{year['year']}     no case")
        else:
            told.append(_line(year, "1 case" if year["cases"] == 1 else f"{year['cases']} cases"))
    told += [_line(year, "forecast") for year in report["forecast"]]
    return "\n".join([*told, report["sentence"]])


def _line(year: Mapping[str, Any], what: str) -> str:
    share, low, high = (_percent(year[name]) for name in ("share", "low", "high"))
    return f"{year['year']}  {share}  {low} to {high}  {what:<10} {'#' * round(year['share'] * _BAR)}".rstrip()


def _drift(report: Mapping[str, Any]) -> str:
    told = [report["sentence"]]
    for shift in report["shifts"]:
        for axis in shift["axes"]:
            signs = ((1, "more"), (-1, "less")) if shift["over"] == "time" else ((1, "together"), (-1, "against them"))
            for sign, word in signs:
                names = [one["label"] for one in axis["topics"] if one["part"] * sign > 0]
                told += [f"  {word}: {'; '.join(names)}"] if names else []
        for one in shift["moved"]:
            shares = ", ".join(
                f"{cell['court']} {cell['first']}-{cell['last']}: {_percent(share).strip()}"
                for cell, share in zip(shift["cells"], one["shares"], strict=True)
            )
            told.append(f"  {one['label']} (p = {one['p']:.3g}): {shares}")
    for term in (report["terms"] or {}).get("drifted", ()):
        told.append(
            f"  {term['term']} (q = {term['q']:.2g}): now near {', '.join(term['gained']) or 'nothing new'}; "
            f"before near {', '.join(term['lost']) or 'nothing else'}"
        )
    return "\n".join(told)
