"""The knowledge graph: what lies around a node, paths, and the whole of it as a file."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from app.api.deps import CursorText, Limit, Page, SnapshotDep
from app.api.graphing import flag_view, impact_view, neighborhood_view, path_view, subgraph_view
from app.api.openapi import problems
from app.api.problems import BUSY, INVALID, NO_PATH, ProblemError
from app.api.replies.graph import FlagsReply, ImpactReply, NeighborsReply, PathReply, SubgraphReply
from app.api.schemas import Clean, Day, Short
from graph.export import export_graph
from graph.impact import impact as find_impact
from graph.models import EdgeKind
from graph.paths import shortest_path
from graph.store import DEEPEST, MOST_NEIGHBORS, Direction
from graph.subgraph import MOST_DOCUMENTS
from graph.subgraph import subgraph as find_subgraph

router = APIRouter(prefix="/v1/graph", tags=["graph"])
NodeId = Annotated[Clean, Query(min_length=1, max_length=500, examples=["us:usc:28:1331"])]
DayText = Day | None
_MEDIA = {
    "graphml": "application/graphml+xml",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "turtle": "text/turtle",
}
_SUFFIX = {"turtle": "ttl"}


def _shape(media: str) -> dict[str, str]:
    return {"type": "object"} if media.endswith("json") else {"type": "string", "format": "binary"}


# A whole graph takes seconds and much memory to write: one at a time.
_EXPORTING = threading.Lock()


@router.get("/neighbors", response_model=NeighborsReply, responses=problems(404, 503))
def neighbors(
    snapshot: SnapshotDep,
    id: Annotated[NodeId, Query(description="Id of a document, topic:ID, court:ID, year:Y, cite:CITATION ...")],
    kind: Annotated[Short, Query(description="Kinds of edges, separated by commas; all where it is left out.")] = "",
    direction: Annotated[Direction, Query(description="Which way the edges point, seen from the node.")] = "both",
    depth: Annotated[int, Query(ge=1, le=DEEPEST, description="How many steps.")] = 1,
    limit: Annotated[
        int, Query(ge=1, le=MOST_NEIGHBORS, description="How many edges of each step, heaviest first.")
    ] = 50,
    date_from: Annotated[DayText, Query(description="First day of the documents that state the edges.")] = None,
    date_to: Annotated[DayText, Query(description="Last day of the documents that state the edges.")] = None,
    cursor: Annotated[Short | None, Query(description="`next_cursor` of the page before.")] = None,
) -> dict[str, Any]:
    """Show the nodes and edges around a node; each edge carries what proves it.

    Versions, passages and what is inferred (similar_to, predicted_link) are shown where `kind` asks for them.
    """
    dates = (date_from.isoformat() if date_from else None, date_to.isoformat() if date_to else None)
    found = snapshot.graph.neighbors(id, _kinds(kind), direction, depth, limit, cursor, dates)
    return neighborhood_view(found, snapshot.corpus) | {"generation": snapshot.corpus.generation.id}


@router.get("/path", response_model=PathReply, responses=problems(404, 503))
def path(
    snapshot: SnapshotDep,
    start: Annotated[NodeId, Query(alias="from", description="Id of a node.")],
    end: Annotated[NodeId, Query(alias="to", description="Id of another node.")],
) -> dict[str, Any]:
    """Show the shortest way from one node to another, edges followed in either direction."""
    found = shortest_path(snapshot.graph, start, end)
    if found is None:
        raise ProblemError(NO_PATH, f"No path of six edges or fewer joins {start} and {end}.")
    return path_view(found, snapshot.corpus) | {"generation": snapshot.corpus.generation.id}


@router.get("/impact", response_model=ImpactReply, responses=problems(404, 410, 503))
def impact(
    snapshot: SnapshotDep,
    id: Annotated[NodeId, Query(description="Id of a document.")],
    limit: Limit = 50,
    cursor: CursorText = None,
) -> dict[str, Any]:
    """List what would be touched if a provision went: who construes and cites it, then who leans on those."""
    page = Page.read(snapshot.corpus.generation.id, cursor, limit)
    found = find_impact(snapshot.graph, id, page.limit, page.start)
    view = impact_view(found, snapshot.corpus)
    return view | {"next_cursor": page.next(found.total), "generation": snapshot.corpus.generation.id}


@router.get("/subgraph", response_model=SubgraphReply, responses=problems(404, 503))
def subgraph(
    snapshot: SnapshotDep,
    id: Annotated[
        list[Annotated[Clean, Field(max_length=500)]],
        Query(
            min_length=1,
            max_length=MOST_DOCUMENTS,
            description="Ids of documents; repeat the parameter.",
            examples=[["us:usc:28:1331", "us:usc:28:1332"]],
        ),
    ],
) -> dict[str, Any]:
    """Show the edges among some documents, and short ways to those that no edge joins to the rest."""
    view = subgraph_view(find_subgraph(snapshot.graph, id), snapshot.corpus)
    return view | {"generation": snapshot.corpus.generation.id}


@router.get("/flags", response_model=FlagsReply, responses=problems(404, 503))
def flags(snapshot: SnapshotDep, id: Annotated[NodeId, Query(description="Id of a document.")]) -> dict[str, Any]:
    """List the authorities that a document relies on, or closely resembles, and that were undone."""
    found = snapshot.flags.of(id)
    return {
        "id": id, "flags": [flag_view(one, snapshot.graph) for one in found],
        "generation": snapshot.corpus.generation.id,
    }  # fmt: skip


@router.get(
    "/export",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The graph",
            "content": {media: {"schema": _shape(media)} for media in _MEDIA.values()},
        },
        **problems(503),
    },
)
def export(
    snapshot: SnapshotDep,
    form: Annotated[
        Literal["graphml", "json", "jsonld", "turtle"], Query(alias="format", description="Format of the file.")
    ] = "graphml",
) -> Response:
    """Download the whole graph; one download is prepared at a time."""
    if not _EXPORTING.acquire(blocking=False):
        raise ProblemError(BUSY, "Another export is being prepared; ask again after the time that Retry-After gives.")
    folder = Path(tempfile.mkdtemp(prefix="lexatlas-export-"))
    try:
        name = f"lexatlas-{snapshot.corpus.generation.id}.{_SUFFIX.get(form, form)}"
        export_graph(snapshot.graph, form, folder / name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        _EXPORTING.release()
    return FileResponse(
        folder / name, media_type=_MEDIA[form], filename=name, background=BackgroundTask(shutil.rmtree, folder, True)
    )


def _kinds(text: str) -> list[EdgeKind] | None:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in set(EdgeKind):
            raise ProblemError(INVALID, f"kind: {name!r} is no kind of edge; there are {', '.join(EdgeKind)}.")
    return [EdgeKind(name) for name in dict.fromkeys(names)] or None
