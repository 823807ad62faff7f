"""The whole graph in formats that other programs read; each file is the same for the same graph.

JSON, Turtle, JSON-LD and the Neo4j tables are written while they are read; GraphML needs the graph in memory.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import networkx as nx
from rdflib import XSD, Literal, URIRef

from graph.cypher import remove_cypher, write_cypher
from graph.models import Edge, Evidence, Node, Scalar
from graph.store import GraphStore, StoredEdge
from scraper.errors import GraphError

NODE_IRI = "urn:lexatlas:node:"
EDGE_IRI = "urn:lexatlas:edge:"
VOCABULARY = "urn:lexatlas:vocabulary#"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NEO4J_TYPES = {
    **dict.fromkeys(("year", "depth", "start", "end"), "int"),
    **dict.fromkeys(("influence", "influence_in_level", "influence_for_age"), "double"),
    **dict.fromkeys(("current", "inferred"), "boolean"),
}
_LISTS = ("aliases", "candidates", "event", "treatment")
_EDGE_COLUMNS = ("date", "depth", "event", "inferred", "treatment")


def export_graph(store: GraphStore, form: str, output: Path) -> None:
    """Write the graph to a file (for neo4j: a folder with nodes.csv and edges.csv), whole or not at all.

    Raises GraphError for an unknown format, or where the place cannot be written.
    """
    writer = _WRITERS.get(form)
    if writer is None:
        raise GraphError(f"There is no graph format {form!r}; use {', '.join(FORMATS)}.")
    try:
        if form == "neo4j":
            output.mkdir(parents=True, exist_ok=True)
            _whole(output / "nodes.csv", lambda path: _neo4j_nodes(store, path))
            _whole(output / "edges.csv", lambda path: _neo4j_edges(store, path))
        elif form == "ladybug":
            _database(store, output)
        else:
            _whole(output, lambda path: writer(store, path))
    except OSError as error:
        raise GraphError(f"{output} cannot be written ({error.strerror or error}); choose another place.") from error


def _database(store: GraphStore, output: Path) -> None:
    partial = output.with_name(output.name + ".part")
    remove_cypher(partial)
    try:
        write_cypher(store, partial, _evidence_rows)
        os.replace(partial, output)
    finally:
        remove_cypher(partial)


def _whole(path: Path, write: Callable[[Path], None]) -> None:
    partial = path.with_name(path.name + ".part")
    try:
        write(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _flat(values: Mapping[str, Scalar | tuple[str, ...]]) -> dict[str, Scalar]:
    return {name: " | ".join(value) if isinstance(value, tuple) else value for name, value in sorted(values.items())}


def _evidence_rows(edge: Edge) -> list[dict[str, str | int]]:
    return [_evidence_row(place) for place in edge.evidence]


def _evidence_row(place: Evidence) -> dict[str, str | int]:
    row: dict[str, str | int] = {"basis": place.basis}
    if place.document:
        row |= {"document": place.document, "version": place.version}
    if place.end:
        row |= {"start": place.start, "end": place.end}
        row |= {"sentence_start": place.sentence_start, "sentence_end": place.sentence_end}
    row |= {name: value for name, value in (("says", place.says), ("speaker", place.speaker)) if value}
    return row


def _edge_attrs(edge: Edge) -> dict[str, Scalar | tuple[str, ...]]:
    """Return an edge's attributes and its date, those that say something."""
    stated = {name: value for name, value in sorted(edge.attrs.items()) if value != ()}
    return stated | ({"date": edge.date} if edge.date else {})


def _graphml(store: GraphStore, path: Path) -> None:
    graph = nx.MultiDiGraph()
    for node in store.all_nodes():
        attrs = _flat(node.attrs) | {"kind": node.kind.value, "label": node.label}
        graph.add_node(_clean(node.id), **{name: _clean(value) for name, value in attrs.items()})
    for stored in store.all_edges():
        edge = stored.edge
        graph.add_edge(
            _clean(edge.src),
            _clean(edge.dst),
            key=str(stored.id),
            kind=edge.kind.value,
            weight=edge.weight,
            total=edge.total,
            run=edge.run,
            evidence=_clean(json.dumps(_evidence_rows(edge), ensure_ascii=False)),
            **{name: _clean(value) for name, value in _flat(_edge_attrs(edge)).items()},
        )
    nx.write_graphml(graph, path, named_key_ids=True, edge_id_from_attribute=None)


def _clean(value: Any) -> Any:
    return _NOT_XML.sub("", value) if isinstance(value, str) else value


def _node_row(node: Node) -> dict[str, Any]:
    attrs = {name: list(value) if isinstance(value, tuple) else value for name, value in node.attrs.items()}
    return {"id": node.id, "kind": node.kind.value, "label": node.label, **attrs}


def _edge_row(stored: StoredEdge) -> dict[str, Any]:
    edge = stored.edge
    return {
        "key": stored.id,
        "source": edge.src,
        "target": edge.dst,
        "kind": edge.kind.value,
        "weight": edge.weight,
        "total": edge.total,
        "run": edge.run,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in _edge_attrs(edge).items()},
        "evidence": _evidence_rows(edge),
    }


def _json(store: GraphStore, path: Path) -> None:
    """Write node-link JSON, one node or edge a line, as networkx reads it with `edges="edges"`."""
    with path.open("w", encoding="utf-8") as out:
        out.write('{"directed":true,"multigraph":true,"graph":{},\n"nodes":[')
        _json_list(out.write, (_node_row(node) for node in store.all_nodes()))
        out.write('],\n"edges":[')
        _json_list(out.write, (_edge_row(stored) for stored in store.all_edges()))
        out.write("]}\n")


def _json_list(write: Callable[[str], Any], rows: Iterable[Mapping[str, Any]]) -> None:
    for place, row in enumerate(rows):
        write((",\n" if place else "\n") + json.dumps(row, ensure_ascii=False, sort_keys=True))


def _iri(node_id: str) -> str:
    return NODE_IRI + quote(node_id, safe="")


def _jsonld(store: GraphStore, path: Path) -> None:
    context = {
        "@vocab": VOCABULARY,
        "label": "http://www.w3.org/2000/01/rdf-schema#label",
        "source": {"@type": "@id"},
        "target": {"@type": "@id"},
        "document": {"@type": "@id"},
        "weight": {"@type": str(XSD.double)},
        **{name: {"@type": str(XSD.double)} for name in ("influence", "influence_in_level", "influence_for_age")},
    }
    with path.open("w", encoding="utf-8") as out:
        out.write('{"@context":' + json.dumps(context, sort_keys=True) + ',\n"@graph":[')
        _json_list(out.write, _jsonld_rows(store))
        out.write("]}\n")


def _jsonld_rows(store: GraphStore) -> Iterator[dict[str, Any]]:
    for node in store.all_nodes():
        yield {**_node_row(node), "@id": _iri(node.id), "@type": node.kind.value.capitalize()}
    for stored in store.all_edges():
        row = _edge_row(stored)
        del row["key"]
        places = [
            {**place, "document": _iri(str(place["document"]))} if "document" in place else place
            for place in row["evidence"]
        ]
        yield {
            **row,
            "@id": f"{EDGE_IRI}{stored.id}",
            "@type": "Edge",
            "source": _iri(stored.edge.src),
            "target": _iri(stored.edge.dst),
            "evidence": places,
        }
        yield {"@id": _iri(stored.edge.src), stored.edge.kind.value: {"@id": _iri(stored.edge.dst)}}


def _turtle(store: GraphStore, path: Path) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write(f"@prefix lx: <{VOCABULARY}> .\n@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\n")
        for node in store.all_nodes():
            facts = [f"a lx:{node.kind.value.capitalize()}", f"rdfs:label {_literal(node.label)}"]
            facts += [f"lx:id {_literal(node.id)}", f"lx:kind {_literal(node.kind.value)}"]
            for name, value in sorted(node.attrs.items()):
                values = value if isinstance(value, tuple) else (value,)
                facts += [f"lx:{name} {_literal(one)}" for one in values]
            out.write(f"{_term(node.id)} {' ; '.join(facts)} .\n")
        for stored in store.all_edges():
            edge = stored.edge
            out.write(f"{_term(edge.src)} lx:{edge.kind.value} {_term(edge.dst)} .\n")
            facts = ["a lx:Edge", f"lx:source {_term(edge.src)}", f"lx:target {_term(edge.dst)}"]
            facts += [f"lx:{name} {_literal(value)}" for name, value in _edge_facts(edge)]
            facts += [f"lx:evidence [ {_evidence_facts(place)} ]" for place in edge.evidence]
            out.write(f"<{EDGE_IRI}{stored.id}> {' ; '.join(facts)} .\n")


def _edge_facts(edge: Edge) -> list[tuple[str, Scalar]]:
    facts: list[tuple[str, Scalar]] = [
        ("kind", edge.kind.value), ("weight", edge.weight), ("total", edge.total), ("run", edge.run)
    ]  # fmt: skip
    for name, value in _edge_attrs(edge).items():
        facts += [(name, one) for one in (value if isinstance(value, tuple) else (value,))]
    return facts


def _evidence_facts(place: Evidence) -> str:
    row = _evidence_row(place)
    facts = [f"lx:{name} {_literal(value)}" for name, value in row.items() if name != "document"]
    if "document" in row:
        facts.append(f"lx:document {_term(place.document)}")
    return " ; ".join(facts)


def _term(node_id: str) -> str:
    return str(URIRef(_iri(node_id)).n3())


def _literal(value: Scalar) -> str:
    datatype = XSD.double if isinstance(value, float) else None
    return str(Literal(value, datatype=datatype).n3())  # a boolean and an int are told by their Python type


def _neo4j_nodes(store: GraphStore, path: Path) -> None:
    names = sorted({name for node in store.all_nodes() for name in node.attrs})
    header = ["id:ID", "label", *(_neo4j_column(name) for name in names), ":LABEL"]
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(header)
        for node in store.all_nodes():
            values = (_neo4j_value(node.attrs.get(name, "")) for name in names)
            table.writerow([node.id, node.label, *values, node.kind.value.capitalize()])


def _neo4j_column(name: str) -> str:
    kind = "string[]" if name in _LISTS else _NEO4J_TYPES.get(name)
    return f"{name}:{kind}" if kind else name


def _neo4j_value(value: Scalar | tuple[str, ...]) -> Scalar:
    if isinstance(value, bool):
        return str(value).lower()
    return ";".join(one.replace(";", ",") for one in value) if isinstance(value, tuple) else value


def _neo4j_edges(store: GraphStore, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        columns = [_neo4j_column(name) for name in _EDGE_COLUMNS]
        table.writerow([":START_ID", ":END_ID", "weight:double", "total:int", *columns, "run", "evidence", ":TYPE"])
        for stored in store.all_edges():
            edge = stored.edge
            attrs = _edge_attrs(edge)
            values = [_neo4j_value(attrs.get(name, "")) for name in _EDGE_COLUMNS]
            evidence = json.dumps(_evidence_rows(edge), ensure_ascii=False)
            table.writerow(
                [edge.src, edge.dst, edge.weight, edge.total, *values, edge.run, evidence, edge.kind.value.upper()]
            )


_WRITERS: Mapping[str, Callable[[GraphStore, Path], None]] = {
    "graphml": _graphml,
    "json": _json,
    "jsonld": _jsonld,
    "turtle": _turtle,
    "neo4j": _neo4j_nodes,
    "ladybug": _database,
}
FORMATS = tuple(_WRITERS)
