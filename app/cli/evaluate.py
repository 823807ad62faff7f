"""`lexatlas eval`: figures for retrieval, topics, graph and answers, one command each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from app.answering.answer import Answerer
from app.cli.base import Context
from app.evaluation.answers import evaluate_answers, read_questions
from app.evaluation.retrieval import SYSTEMS, evaluate, read_judged, write_run

_FEW = 20  # words of a list that are shown whole

eval_app = typer.Typer(help="Measure what is built.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(eval_app, name="eval")


@eval_app.command("retrieval")
def retrieval(
    context: typer.Context,
    queries: Annotated[Path, typer.Option(help="JSON Lines: qid, text, and kind and style where known.")],
    qrels: Annotated[Path, typer.Option(help="TREC judgements.")],
    id_map: Annotated[Path | None, typer.Option(help="Two columns: foreign id, our citation or id.")] = None,
    run_file: Annotated[Path | None, typer.Option(help="Write all rankings as a TREC run file.")] = None,
    systems: Annotated[str, typer.Option(help="Comma-separated; -SIGNAL is the hybrid without it.")] = ",".join(
        SYSTEMS
    ),
) -> None:
    """Print nDCG@10, R@10, R@100 and MRR@10 for BM25, dense, their rank fusion and the hybrid."""
    ctx: Context = context.obj
    search = ctx.services.snapshots.current().search
    judged = read_judged(queries, qrels, id_map, search)
    report = evaluate(search, judged, [name for name in systems.split(",") if name])
    runs = report.pop("runs")
    if run_file:
        write_run(runs, run_file)
    ctx.emit(report, lambda: table(report["systems"]) + _unmapped_words(report["unmapped"]))


def _unmapped_words(names: list[str]) -> str:
    if not names:
        return ""
    shown = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
    return f"\nJudged but not held, so never found: {len(names)} ({shown}). --id-map gives foreign ids their documents."


def table(systems: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return the figures of every system and group as aligned text."""
    measures = list(next(iter(next(iter(systems.values())).values())))
    lines = [f"{'system':<12}{'queries':<20}" + "".join(f"{name:>10}" for name in measures)]
    for name, groups in systems.items():
        for group, figures in groups.items():
            lines.append(f"{name:<12}{group:<20}" + "".join(f"{figures[m]:>10.4f}" for m in measures))
    return "\n".join(lines)


@eval_app.command("topics")
def topics(context: typer.Context) -> None:
    """Print the topics' quality: coherence, diversity, agreement with the code's own arrangement, what labels say."""
    from app.evaluation.topics import label_agreement

    ctx: Context = context.obj
    corpus = ctx.services.snapshots.current().corpus
    facts: dict[str, Any] = dict(corpus.generation.facts["topics"]) | {"labels": label_agreement(corpus)}
    ctx.emit(facts, lambda: "\n".join(figure_lines(facts)))


def figure_lines(facts: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Yield one aligned line for each figure; groups are indented; a few words are shown whole, long lists counted."""
    for name, value in facts.items():
        shown = f"{indent}{name.replace('_', ' ')}"
        if name == "per_topic":
            continue
        if isinstance(value, Mapping):
            yield shown
            yield from figure_lines(value, indent + "  ")
        elif isinstance(value, list) and len(value) <= _FEW and all(isinstance(one, str) for one in value):
            yield f"{shown:<40}{'' if value else 'none':>10}".rstrip()
            yield from (f"{indent}  {one}" for one in value)
        elif isinstance(value, list):
            yield f"{shown:<40}{len(value):>10,} entries (see --json)"
        elif isinstance(value, float):
            yield f"{shown:<40}{value:>10.4f}"
        else:
            yield f"{shown:<40}{'-' if value is None else value:>10}"


@eval_app.command("answers")
def answers(
    context: typer.Context,
    questions: Annotated[Path, typer.Option(help="JSON with questions, false_premises and off_corpus.")],
    llm: Annotated[bool, typer.Option("--llm", help="Ask the configured language model too.")] = False,
) -> None:
    """Print how answers do: authority cited, support, abstention, false premises, citations that resolve."""
    ctx: Context = context.obj
    answerer = Answerer(ctx.services.snapshots.current().search, ctx.services.llm if llm else None)
    report = evaluate_answers(answerer, read_questions(questions))
    ctx.emit(report, lambda: "\n".join(f"{name:<38}{value}" for name, value in report.items()))


@eval_app.command("graph")
def graph(
    context: typer.Context,
    year: Annotated[
        int | None, typer.Option(help="Predict citations from this year on; the latest quarter if left out.")
    ] = None,
    k: Annotated[int, typer.Option(min=1, max=1000, help="How many of the likeliest count.")] = 20,
) -> None:
    """Print how well citations are predicted that were held back: each signal alone, and all joined."""
    from app.evaluation.graph import evaluate_links  # scikit-learn takes half a second to load

    ctx: Context = context.obj
    report = evaluate_links(ctx.services.snapshots.current().corpus, year, k)
    ctx.emit(report, lambda: _link_words(report))


def _link_words(report: dict[str, Any]) -> str:
    measure = report["measure"]
    rows = [f"{name:<18}{figures[measure]:>10.4f}" for name, figures in report["systems"].items()]
    head = f"{report['links']} citations of {report['documents']} documents decided from {report['year']} on"
    last = f"joined / best alone ({report['best_single']}): {report['gain']:.2f}"
    return "\n".join([head, f"{'signal':<18}{measure:>10}", *rows, last])
