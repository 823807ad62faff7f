"""`lexatlas graph`: paths, neighbours, what a repeal would touch, and exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from app.api.graphing import impact_view, neighborhood_view, path_view
from app.cli.base import Context
from graph.impact import MOST_TOUCHED, impact
from graph.models import EdgeKind
from graph.paths import shortest_path
from graph.store import MOST_NEIGHBORS
from scraper.errors import GraphError

graph_app = typer.Typer(help="The knowledge graph: paths, neighbours, impact, exports.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(graph_app, name="graph")


@graph_app.command("path")
def graph_path(
    context: typer.Context,
    start: Annotated[str, typer.Argument(help="Id of a node: a document, topic:t1, court:scotus ...")],
    end: Annotated[str, typer.Argument(help="Id of another node.")],
) -> None:
    """Print the shortest explained path between two nodes."""
    ctx: Context = context.obj
    snapshot = ctx.services.snapshots.current()
    found = shortest_path(snapshot.graph, start, end)
    if found is None:
        raise GraphError(f"No path joins {start} and {end} within the bound of the search.")
    value = path_view(found)
    ctx.emit(value, lambda: _path_words(value) or f"Both are {start}.")


def _path_words(value: dict[str, Any]) -> str:
    return "\n".join(value["explanations"])


@graph_app.command("impact")
def graph_impact(
    context: typer.Context,
    document: Annotated[str, typer.Argument(help="Id of a document.")],
    limit: Annotated[int, typer.Option(min=1, max=MOST_TOUCHED, help="How many to print.")] = 50,
) -> None:
    """Print what would be touched if a provision went: who construes and cites it, then who leans on those."""
    ctx: Context = context.obj
    snapshot = ctx.services.snapshots.current()
    value = impact_view(impact(snapshot.graph, document, limit), snapshot.corpus)
    ctx.emit(value, lambda: _impact_words(value))


def _impact_words(value: dict[str, Any]) -> str:
    rows = [f"{one['ring']}  {one['node']['id']:<40}{one['how']}: {one['node']['label']}" for one in value["touched"]]
    rest = value["total"] - len(rows)
    return "\n".join([*rows, *([f"and {rest} more (--limit)"] if rest else [])]) or "Nothing held cites it."


@graph_app.command("neighbors")
def graph_neighbors(
    context: typer.Context,
    node: Annotated[str, typer.Argument(help="Id of a node.")],
    kind: Annotated[list[EdgeKind] | None, typer.Option(help="Kind of edge; repeat it for several.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_NEIGHBORS)] = 50,
) -> None:
    """Print the edges of a node, heaviest first."""
    ctx: Context = context.obj
    snapshot = ctx.services.snapshots.current()
    value = neighborhood_view(snapshot.graph.neighbors(node, kind or None, limit=limit), snapshot.corpus)
    ctx.emit(value, lambda: "\n".join(f"{e['source']} --{e['kind']}--> {e['target']}" for e in value["edges"]))


@graph_app.command("export")
def graph_export(
    context: typer.Context,
    output: Annotated[Path, typer.Option(help="File to write (a folder for neo4j).")],
    form: Annotated[str, typer.Option("--format", help="graphml, json, jsonld, turtle, neo4j or ladybug.")] = "graphml",
) -> None:
    """Write the whole graph in one of the exchange formats."""
    from graph.export import export_graph

    ctx: Context = context.obj
    snapshot = ctx.services.snapshots.current()
    export_graph(snapshot.graph, form, output)
    ctx.emit({"format": form, "output": str(output)}, f"Wrote {output}.")
