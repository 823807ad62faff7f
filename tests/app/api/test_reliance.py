"""Impact, subgraphs and flags over HTTP and on the command line, held against the sample's own texts."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.conftest import lexatlas, lexatlas_json

SECTION, CALLOWAY, WEATHERBY = "franklin:code:12-1-102", "franklin:frsc:2005-frsc-014", "franklin:frsc:2009-frsc-022"


@pytest.fixture(scope="module")
def graph(served: str) -> httpx.Client:
    return httpx.Client(base_url=f"{served}/v1/graph")


def test_impact_names_who_construes_a_section_with_the_words_that_show_it(graph: httpx.Client) -> None:
    reply = graph.get("/impact", params={"id": SECTION}).json()
    first = [one for one in reply["touched"] if one["ring"] == 1]
    assert {WEATHERBY, CALLOWAY} <= {one["node"]["id"] for one in first}
    assert first[0]["how"].startswith("construes it")
    for one in first:
        evidence = one["edge"]["evidence"]
        # a holding under the section need not name it again: then it says what it does to it
        assert "12-1-102" in evidence["sentence"]["text"] or evidence["says"] in ("applies", "superseded_by_statute")
    assert reply["total"] >= len(reply["touched"])


def test_impact_is_paged_without_gap_or_repetition(graph: httpx.Client) -> None:
    whole = [one["node"]["id"] for one in graph.get("/impact", params={"id": SECTION}).json()["touched"]]
    paged: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        reply = graph.get(
            "/impact", params={"id": SECTION, "limit": 1, **({"cursor": cursor} if cursor else {})}
        ).json()
        paged += [one["node"]["id"] for one in reply["touched"]]
        cursor = reply["next_cursor"]
    assert paged == whole


def test_a_subgraph_joins_what_it_is_given(graph: httpx.Client) -> None:
    reply = graph.get("/subgraph", params={"id": [WEATHERBY, SECTION, CALLOWAY]}).json()
    pairs = {(one["source"], one["target"]) for one in reply["edges"]}
    assert {(WEATHERBY, SECTION), (WEATHERBY, CALLOWAY), (CALLOWAY, SECTION)} <= pairs
    assert (reply["between"], reply["apart"]) == ([], [])


def test_neighbours_are_kept_by_the_day_of_the_document_that_cites(graph: httpx.Client) -> None:
    asked = {"id": CALLOWAY, "kind": "cites", "direction": "in"}
    found = graph.get("/neighbors", params=asked | {"date_from": "2009-05-19", "date_to": "2009-05-19"}).json()
    assert [one["source"] for one in found["edges"]] == [WEATHERBY]
    assert graph.get("/neighbors", params=asked | {"date_to": "2005-01-01"}).json()["edges"] == []


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/impact", {"id": "nowhere"}, 404),
        ("/subgraph", {"id": ["nowhere"]}, 404),
        ("/flags", {"id": "nowhere"}, 404),
        ("/subgraph", {}, 422),
        ("/subgraph", {"id": [SECTION] * 51}, 422),
        ("/impact", {"id": SECTION, "limit": 100_000}, 422),
        ("/neighbors", {"id": SECTION, "date_from": "soon"}, 422),
    ],
)
def test_bad_requests_are_problems(graph: httpx.Client, path: str, params: dict[str, object], status: int) -> None:
    reply = graph.get(path, params=params)  # type: ignore[arg-type]
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")


def test_the_command_line_says_the_same(sample_data: Path, models: Path, graph: httpx.Client) -> None:
    value = lexatlas_json(sample_data, models, "graph", "impact", SECTION)
    assert value["touched"] == graph.get("/impact", params={"id": SECTION}).json()["touched"]
    words = lexatlas(sample_data, models, "graph", "path", WEATHERBY, CALLOWAY).stdout
    assert "Weatherby v. Ostrander" in words and "Calloway v. Brisbane" in words
    edges = lexatlas_json(sample_data, models, "graph", "neighbors", CALLOWAY, "--kind", "cites")["edges"]
    assert {one["kind"] for one in edges} == {"cites"}
    assert (WEATHERBY, CALLOWAY) in {(one["source"], one["target"]) for one in edges}
