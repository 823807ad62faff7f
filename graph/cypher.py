"""The graph as an embedded Cypher database (ladybug), an extra: `pip install 'lexatlas[cypher]'`.

One node table `Node` and one relationship table for each kind of edge, named as in the Neo4j tables: CITES, ABOUT ...

    MATCH (a:Node)-[r:CITES]->(b:Node {id: 'us:usc:28:1331'}) WHERE 'follows' IN r.treatment RETURN a.label
"""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from graph.models import Edge, EdgeKind
from graph.store import GraphStore
from scraper.errors import GraphError

EvidenceOf = Callable[[Edge], list[dict[str, str | int]]]
_BATCH = 2_000
_NODE = {
    "id": "STRING", "kind": "STRING", "label": "STRING", "citation": "STRING", "court": "STRING",
    "jurisdiction": "STRING", "status": "STRING", "url": "STRING", "date": "STRING", "year": "INT64",
    "influence": "DOUBLE", "aliases": "STRING[]", "attrs": "STRING",
}  # fmt: skip
_EDGE = {
    "weight": "DOUBLE", "total": "INT64", "date": "STRING", "depth": "INT64", "inferred": "BOOLEAN",
    "event": "STRING[]", "treatment": "STRING[]", "run": "STRING", "evidence": "STRING",
}  # fmt: skip


def write_cypher(store: GraphStore, place: Path, evidence_of: EvidenceOf) -> None:
    """Write the database to a file that does not exist yet; `evidence_of` gives an edge's evidence as rows.

    `attrs` of a node and `evidence` of an edge are JSON. Raises GraphError where ladybug is not installed.
    """
    try:
        ladybug = importlib.import_module("ladybug")
    except ImportError as error:
        raise GraphError(
            "This format needs ladybug, which is not installed: pip install 'lexatlas[cypher]'."
        ) from error
    database = ladybug.Database(str(place))
    connection = ladybug.Connection(database)
    try:
        _fill(connection, store, evidence_of)
    except RuntimeError as error:
        raise GraphError(f"{place} cannot be written ({error}); choose another place.") from error
    finally:
        connection.close()
        database.close()


def remove_cypher(place: Path) -> None:
    """Remove a database and the files beside it."""
    for path in [place, *place.parent.glob(f"{place.name}.*")]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _fill(connection: Any, store: GraphStore, evidence_of: EvidenceOf) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in _NODE.items())
    connection.execute(f"CREATE NODE TABLE Node({columns}, PRIMARY KEY(id))")
    values = ", ".join(f"{name}: row.{name}" for name in _NODE)
    for rows in _batches(_nodes(store)):
        connection.execute(f"UNWIND $rows AS row CREATE (:Node {{{values}}})", {"rows": rows})
    columns = ", ".join(f"{name} {kind}" for name, kind in _EDGE.items())
    values = ", ".join(f"{name}: row.{name}" for name in _EDGE)
    for kind in EdgeKind:
        table = kind.value.upper()
        connection.execute(f"CREATE REL TABLE {table}(FROM Node TO Node, {columns})")
        for rows in _batches(_edges(store, kind, evidence_of)):
            connection.execute(
                f"UNWIND $rows AS row MATCH (a:Node {{id: row.src}}), (b:Node {{id: row.dst}}) "
                f"CREATE (a)-[:{table} {{{values}}}]->(b)",
                {"rows": rows},
            )


def _nodes(store: GraphStore) -> Iterator[dict[str, Any]]:
    for node in store.all_nodes():
        stated = dict(node.attrs)
        aliases = stated.pop("aliases", ())
        row = {"id": node.id, "kind": node.kind.value, "label": node.label}
        known = {name: stated.pop(name, "") for name in ("citation", "court", "jurisdiction", "status", "url", "date")}
        numbers = {
            "year": int(_number(stated.pop("year", 0))),
            "influence": float(_number(stated.pop("influence", 0.0))),
        }
        others = {name: list(value) if isinstance(value, tuple) else value for name, value in stated.items()}
        yield row | known | numbers | {"aliases": _listed(aliases), "attrs": json.dumps(others, ensure_ascii=False)}


def _edges(store: GraphStore, kind: EdgeKind, evidence_of: EvidenceOf) -> Iterator[dict[str, Any]]:
    for stored in store.all_edges((kind,)):
        edge = stored.edge
        yield {
            "src": edge.src, "dst": edge.dst, "weight": float(edge.weight), "total": edge.total, "date": edge.date,
            "depth": int(_number(edge.attrs.get("depth", 0))), "inferred": bool(edge.attrs.get("inferred", False)),
            "event": _listed(edge.attrs.get("event")), "treatment": _listed(edge.attrs.get("treatment")),
            "run": edge.run,
            "evidence": json.dumps(evidence_of(edge), ensure_ascii=False),
        }  # fmt: skip


def _listed(value: object) -> list[str]:
    """Return a list for a column of lists, which must hold something: an empty one would be of no type."""
    return list(value) if isinstance(value, tuple) and value else [""]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
