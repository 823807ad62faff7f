"""Every export is read back by another program's reader and holds the same graph."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import networkx as nx
import pytest
from rdflib import RDF, RDFS, XSD, Literal, Namespace, URIRef
from rdflib import Graph as RdfGraph

from graph.export import FORMATS, NODE_IRI, VOCABULARY, export_graph
from graph.models import Edge, EdgeKind, Evidence, Graph, Node, NodeKind
from graph.store import GraphStore, write_graph
from scraper.errors import GraphError
from tests.graph.law import MARSH, ROE, WELLS
from tests.graph.law import full_graph as graph

LX = Namespace(VOCABULARY)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GraphStore:
    path = tmp_path_factory.mktemp("generation") / "catalogue.db"
    write_graph(path, graph())
    return GraphStore(path)


def _iri(node_id: str) -> URIRef:
    return URIRef(NODE_IRI + node_id.replace(":", "%3A"))


def test_networkx_reads_the_graphml(store: GraphStore, tmp_path: Path) -> None:
    export_graph(store, "graphml", tmp_path / "law.graphml")
    read = nx.read_graphml(tmp_path / "law.graphml", force_multigraph=True)
    assert set(read.nodes) == {node.id for node in graph().nodes}
    assert read.number_of_edges() == len(graph().edges)
    assert read.nodes[MARSH]["label"] == "Marsh v. Mills" and read.nodes[MARSH]["year"] == 2001
    (cites,) = [data for _, to, data in read.out_edges(MARSH, data=True) if data["kind"] == "cites" and to == WELLS]
    assert cites["weight"] == 2.0 and len(json.loads(cites["evidence"])) == 2


def test_networkx_reads_the_json(store: GraphStore, tmp_path: Path) -> None:
    export_graph(store, "json", tmp_path / "law.json")
    read = nx.node_link_graph(json.loads((tmp_path / "law.json").read_text()), edges="edges")
    assert set(read.nodes) == {node.id for node in graph().nodes}
    assert read.number_of_edges() == len(graph().edges)


@pytest.mark.parametrize(("form", "parser"), [("turtle", "turtle"), ("jsonld", "json-ld")])
def test_rdflib_reads_the_triples(store: GraphStore, tmp_path: Path, form: str, parser: str) -> None:
    export_graph(store, form, tmp_path / "law.rdf")
    read = RdfGraph().parse(tmp_path / "law.rdf", format=parser)
    assert (_iri(MARSH), LX.cites, _iri(WELLS)) in read
    assert (_iri(MARSH), RDFS.label, Literal("Marsh v. Mills")) in read
    assert set(read.subjects(RDF.type, LX.Case)) == {
        _iri(node.id) for node in graph().nodes if node.kind is NodeKind.CASE
    }
    described = {one for one in read.subjects(RDF.type, LX.Edge)}
    assert len(described) == len(graph().edges)
    (edge,) = [
        one
        for one in described
        if (one, LX.source, _iri(MARSH)) in read and (one, LX.kind, Literal("interprets")) in read
    ]
    assert read.value(edge, LX.target) == _iri(WELLS)
    weight = read.value(edge, LX.weight)
    assert isinstance(weight, Literal) and weight.datatype == XSD.double and float(weight) == 2.0
    starts = {int(str(read.value(place, LX.start))) for place in read.objects(edge, LX.evidence)}
    assert starts == {one.start for item in graph().edges if item.kind is EdgeKind.INTERPRETS for one in item.evidence}


def test_both_rdf_forms_say_the_same(store: GraphStore, tmp_path: Path) -> None:
    read = []
    for form, parser in (("turtle", "turtle"), ("jsonld", "json-ld")):
        export_graph(store, form, tmp_path / form)
        triples = RdfGraph().parse(tmp_path / form, format=parser)
        read.append({(s, p, str(o)) for s, p, o in triples if isinstance(s, URIRef) and p != LX.evidence and str(o)})
    assert read[0] == read[1]


def test_neo4j_tables_have_typed_headers(store: GraphStore, tmp_path: Path) -> None:
    export_graph(store, "neo4j", tmp_path / "neo4j")
    with (tmp_path / "neo4j" / "nodes.csv").open(encoding="utf-8", newline="") as file:
        nodes = list(csv.DictReader(file))
    with (tmp_path / "neo4j" / "edges.csv").open(encoding="utf-8", newline="") as file:
        edges = list(csv.DictReader(file))
    assert {"id:ID", "label", ":LABEL", "year:int", "influence:double", "aliases:string[]"} <= set(nodes[0])
    assert list(edges[0]) == [
        ":START_ID", ":END_ID", "weight:double", "total:int", "date", "depth:int", "event:string[]",
        "inferred:boolean", "treatment:string[]", "run", "evidence", ":TYPE",
    ]  # fmt: skip
    (overrules,) = [row for row in edges if (row[":START_ID"], row[":END_ID"], row[":TYPE"]) == (ROE, MARSH, "CITES")]
    assert [overrules[name] for name in ("date", "depth:int", "inferred:boolean", "treatment:string[]")] == [
        "2010-05-01", "3", "", "overrules",
    ]  # fmt: skip
    assert {row["inferred:boolean"] for row in edges if row[":TYPE"] == "SIMILAR_TO"} == {"true"}
    assert {row["id:ID"] for row in nodes} == {node.id for node in graph().nodes}
    assert sorted((row[":START_ID"], row[":END_ID"], row[":TYPE"]) for row in edges) == sorted(
        (edge.src, edge.dst, edge.kind.value.upper()) for edge in graph().edges
    )


def test_cypher_finds_who_overrules_what(store: GraphStore, tmp_path: Path) -> None:
    ladybug = pytest.importorskip("ladybug", reason="the extra 'cypher' (ladybug) is not installed")
    export_graph(store, "ladybug", tmp_path / "law.lbug")
    connection = ladybug.Connection(ladybug.Database(str(tmp_path / "law.lbug"), read_only=True))

    def rows(query: str) -> list[list[object]]:
        result, found = connection.execute(query), []
        while result.has_next():
            found.append(result.get_next())
        return found

    who = "MATCH (a:Node)-[r:CITES]->(b:Node) WHERE 'overrules' IN r.treatment RETURN a.id, b.id, r.depth, b.year"
    assert rows(who) == [[ROE, MARSH, 3, 2001]]
    assert rows("MATCH (a:Node) RETURN count(*)") == [[len(graph().nodes)]]
    assert rows("MATCH (:Node)-[r]->(:Node) RETURN count(*)") == [[len(graph().edges)]]
    construes = "MATCH (a:Node)-[r:INTERPRETS]->(b:Node {id: '" + WELLS + "'}) RETURN a.id, r.evidence"
    ((case, evidence),) = rows(construes)
    assert case == MARSH and len(json.loads(str(evidence))) == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["law.lbug"]


def test_a_missing_extra_is_named(store: GraphStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ladybug", None)
    with pytest.raises(GraphError, match=r"lexatlas\[cypher\]"):
        export_graph(store, "ladybug", tmp_path / "law.lbug")
    assert list(tmp_path.iterdir()) == []


FILES = [form for form in FORMATS if form != "ladybug"]  # whose bytes hold times of its own


@pytest.mark.parametrize("form", FILES)
def test_the_same_graph_gives_the_same_bytes(store: GraphStore, tmp_path: Path, form: str) -> None:
    written = []
    for name in ("one", "two"):
        export_graph(store, form, tmp_path / name)
        files = sorted((tmp_path / name).iterdir()) if form == "neo4j" else [tmp_path / name]
        written.append([file.read_bytes() for file in files])
    assert written[0] == written[1] and all(written[0])
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("form", FILES)
def test_awkward_words_survive(tmp_path: Path, form: str) -> None:
    label = 'A "quoted", <tagged> & \\slashed; line\nbreak \x0c é 🙂'
    proof = (Evidence("text", "doc 1/é", "v", 1, 2, 0, 9),)
    nodes = (
        Node('cite:1 "X" 2', NodeKind.CITATION, label),
        Node("doc 1/é", NodeKind.CASE, label, {"aliases": ("a;b",)}),
    )
    path = tmp_path / "odd.db"
    write_graph(path, Graph(nodes, (Edge("doc 1/é", nodes[0].id, EdgeKind.CITES, 1.0, "r", proof),)))
    target = tmp_path / "odd"
    export_graph(GraphStore(path), form, target)
    labels: set[str] = set()
    if form == "graphml":
        labels = {data["label"] for _, data in nx.read_graphml(target).nodes(data=True)}
        label = label.replace("\x0c", "")  # XML has no form feed
    elif form == "json":
        labels = {row["label"] for row in json.loads(target.read_text(encoding="utf-8"))["nodes"]}
    elif form == "neo4j":
        with (target / "nodes.csv").open(encoding="utf-8", newline="") as file:
            labels = {row["label"] for row in csv.DictReader(file)}
    else:
        read = RdfGraph().parse(target, format="turtle" if form == "turtle" else "json-ld")
        labels = {str(one) for one in read.objects(None, RDFS.label)}
    assert labels == {label}


def test_an_unknown_format_and_a_place_that_cannot_be_written_are_refused(store: GraphStore, tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="graphml, json"):
        export_graph(store, "dot", tmp_path / "x")
    with pytest.raises(GraphError, match="cannot be written"):
        export_graph(store, "json", tmp_path / "missing" / "x.json")
