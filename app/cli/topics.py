"""`lexatlas topics`: export the tree, or find the rank of a matrix; `topic_names` has the commands for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from zipfile import BadZipFile

import typer

from app.cli.base import lines, only
from app.exports import topic_rows
from scraper.errors import TopicError

topics_app = typer.Typer(
    help="Topics: list, name, pin, merge, explain and export them; find the rank of a matrix.", no_args_is_help=True
)

_MOST_RANKS = 500
_MOST_LINES = 20_000_000


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
    asked = _ranks(ranks)
    matrix = _matrix(file)
    from indexing.topics.nmfk import nmfk

    result = nmfk(matrix, asked, seed=seed)
    value = result.to_json()
    context.obj.emit(value, lambda: _in_words(value))


def _ranks(text: str) -> range:
    first, separator, last = text.partition("-")
    if not (first.isdecimal() and (last.isdecimal() or not separator)):
        raise TopicError(f"--ranks {text!r} is no range; write for example --ranks 2-10.")
    low, high = int(first), int(last or first)
    if high < low:
        raise TopicError(f"--ranks {text!r} runs backwards; write --ranks {high}-{low}.")
    if low < 1 or high > _MOST_RANKS:
        raise TopicError(f"--ranks {text!r} is out of bounds; ranks go from 1 to {_MOST_RANKS}.")
    return range(low, high + 1)


def _matrix(file: Path) -> Any:
    """Read a sparse matrix, whatever its scipy format; raise TopicError for anything else."""
    import scipy.sparse as sp  # with scikit-learn a second: the other commands do not wait for it

    if not file.is_file():
        raise TopicError(f"There is no file {file}; give a sparse matrix saved by scipy.sparse.save_npz.")
    try:
        matrix = sp.load_npz(file)
        if matrix.ndim != 2:
            raise TopicError(f"{file} holds an array of {matrix.ndim} dimensions; give documents by terms.")
        if max(matrix.shape) > _MOST_LINES:
            raise TopicError(
                f"{file} has the shape {matrix.shape}; at most {_MOST_LINES:,} documents or terms are read."
            )
        if hasattr(matrix, "check_format"):
            matrix.check_format(full_check=True)  # indices outside the matrix would be read all the same
        return sp.csr_matrix(matrix)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile, MemoryError) as error:
        # NumPy's own words advise to load such a file unsafely.
        told = "" if "pickle" in str(error) else f" ({error})"
        raise TopicError(f"{file} is no sparse matrix saved by scipy.sparse.save_npz{told}.") from error


def _in_words(value: dict[str, Any]) -> str:
    head = f"{'rank':>4} {'stability':>9} {'error':>6} {'BIC':>14} {'over chance':>11} {'runs':>4}"
    rows = [
        f"{row['k']:>4} {row['stability']:>9.2f} {row['error']:>6.3f} {row['bic']:>14.0f} {row['over_edge']:>11.2f} "
        f"{row['runs']:>4}"
        for row in value["table"]
    ]
    warnings = [f"Warning: {warning['text']}" for warning in value["warnings"]]
    return "\n".join([*([head, *rows] if rows else []), f"k = {value['k']}: {value['reason']}", *warnings])
