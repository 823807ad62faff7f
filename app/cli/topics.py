"""`lexatlas topics`: export the tree, or find the rank of a matrix; `topic_names` has the commands for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.base import lines, only
from app.exports import topic_rows
from scraper.errors import TopicError

topics_app = typer.Typer(
    help="Topics: list, name, pin, merge, explain and export them; find the rank of a matrix.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(topics_app, name="topics")


@topics_app.command("export")
def topics_export(
    context: typer.Context, form: Annotated[str, typer.Option("--format", help="Only jsonl.")] = "jsonl"
) -> None:
    """Print every topic with its terms and its documents' weights, one JSON object a line."""
    only(form, ("jsonl",))
    corpus = context.obj.services.snapshots.current().corpus
    lines(topic_rows(corpus.catalogue, corpus.topics))


@topics_app.command("changes")
def topics_changes(context: typer.Context) -> None:
    """Show what the last build did to topics: kept, born, died, split, merged, moved, each with its figures."""
    from app.jobs.topics import read_changes  # with scikit-learn a second: the other commands do not wait for it
    from indexing.topics.changes import in_words

    generation = context.obj.services.snapshots.current().corpus.generation
    report = read_changes(generation.folder)
    context.obj.emit({"generation": generation.id, **report}, lambda: in_words(report))


@topics_app.command("rank")
def topics_rank(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A sparse documents-by-terms matrix saved by scipy's save_npz.")],
    ranks: Annotated[str, typer.Option(help="A-B: the ranks to try.")] = "2-10",
    seed: Annotated[int, typer.Option(help="Makes the result bit-identical.")] = 0,
) -> None:
    """Choose the rank of a matrix by NMFk and print every rank's figures."""
    first, separator, last = ranks.partition("-")
    if not (first.isdigit() and (last.isdigit() or not separator)):
        raise TopicError(f"--ranks {ranks!r} is no range; write for example --ranks 2-10.")
    import scipy.sparse as sp  # with scikit-learn a second: the other commands do not wait for it

    from indexing.topics.nmfk import NmfkConfig, nmfk

    try:
        matrix = sp.csr_matrix(sp.load_npz(file))
    except (OSError, ValueError, KeyError) as error:
        raise TopicError(f"{file} is no sparse matrix saved by scipy.sparse.save_npz ({error}).") from error
    result = nmfk(matrix, range(int(first), int(last or first) + 1), NmfkConfig(), seed)
    value = result.to_json()
    context.obj.emit(value, lambda: f"k = {value['k']}: {value['reason']}")
