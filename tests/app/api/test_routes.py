"""Every route over HTTP against the sample; each answer is held against the OpenAPI document as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from app.wiring import Snapshot, wire
from tests.app.api.schema import Api, problem
from tests.conftest import serving, settings

SECTION = "franklin:code:12-3-105"  # security deposits
CITE = "Franklin Code § 12-3-105"


def test_status_counts_what_is_there(api: Api, sample_truth: dict[str, Any]) -> None:
    status = api.get("/v1/status")
    counts = status["counts"]
    listed = api.pages("/v1/documents", "documents", limit=100)
    assert counts["documents"] == len(listed) == sum(counts["by_kind"].values())
    # what the sample withholds from robots is not crawled; all the rest of its truth is
    held = {row["id"] for row in listed}
    assert held <= {row["id"] for row in sample_truth["documents"]}
    years = [int(row["date"][:4]) for row in listed if row["court"] == "frsc"]
    (court,) = [court for court in status["coverage"]["courts"] if court["id"] == "frsc"]
    assert (court["from"], court["to"], court["documents"]) == (min(years), max(years), len(years))
    assert sum(code["documents"] for code in status["coverage"]["codes"]) == len(listed) - counts["by_kind"]["case"]
    assert status["notice"] == "Legal information, not advice." and status["llm"] is None


def test_a_hit_points_into_the_text_of_its_version(api: Api) -> None:
    found = api.post("/v1/search", {"query": "return of a security deposit within 30 days", "k": 20})
    assert found["hits"][0]["id"] == SECTION
    for hit in found["hits"]:
        text = api.get(f"/v1/documents/{hit['id']}", "/v1/documents/{document_id}", version=hit["version"])["text"]
        passage = hit["passage"]
        assert text[passage["start"] : passage["end"]] == passage["text"]
        assert hit["score"] == pytest.approx(sum(hit["signals"].values()), abs=1e-5)
        for start, end in hit["highlights"]:
            assert 0 <= start < end <= len(passage["text"])
    marked = [found["hits"][0]["passage"]["text"][a:b].lower() for a, b in found["hits"][0]["highlights"]]
    assert "deposit" in marked


def test_offset_pages_through_the_same_order(api: Api) -> None:
    whole = [hit["id"] for hit in api.post("/v1/search", {"query": "notice to the tenant", "k": 15})["hits"]]
    parts: list[str] = []
    offset: int | None = 0
    while offset is not None and len(parts) < 15:
        page = api.post("/v1/search", {"query": "notice to the tenant", "k": 5, "offset": offset, "facets": False})
        parts += [hit["id"] for hit in page["hits"]]
        offset = page["next_offset"]
        assert page["facets"] == {}
    assert parts == whole


def test_the_last_page_of_hits_has_none_after_it(api: Api) -> None:
    total = api.post("/v1/search", {"query": "deposit", "k": 1})["total"]
    last = api.post("/v1/search", {"query": "deposit", "k": 10, "offset": total - 1})
    assert len(last["hits"]) == 1 and last["next_offset"] is None
    past = api.post("/v1/search", {"query": "deposit", "k": 10, "offset": total})
    assert past["hits"] == [] and past["next_offset"] is None


def test_facets_are_the_counts_of_all_hits(api: Api) -> None:
    found = api.post("/v1/search", {"query": "landlord", "k": 1})
    hits: list[dict[str, Any]] = []
    while len(hits) < found["total"]:
        body = {"query": "landlord", "k": 100, "offset": len(hits), "facets": False}
        hits += api.post("/v1/search", body)["hits"]
    for name, values in (
        ("kind", [hit["kind"] for hit in hits]),
        ("court", [hit["court"] for hit in hits if hit["court"]]),
        ("year", [hit["date"][:4] for hit in hits if hit["date"]]),
        ("status", [hit["status"] for hit in hits]),
    ):
        assert {row["value"]: row["count"] for row in found["facets"][name]} == {
            v: values.count(v) for v in set(values)
        }


@pytest.mark.parametrize(
    ("filters", "keep"),
    [
        ({"kind": ["case"]}, lambda hit: hit["kind"] == "case"),
        ({"kind": ["constitution", "regulation"]}, lambda hit: hit["kind"] in {"constitution", "regulation"}),
        ({"court": ["frsc"]}, lambda hit: hit["court"] == "frsc"),
        ({"year": [2014]}, lambda hit: (hit["date"] or "").startswith("2014")),
        ({"date_from": "2010-01-01", "date_to": "2012-12-31"}, lambda hit: "2010" <= (hit["date"] or "")[:4] <= "2012"),
        ({"hierarchy": "title 12"}, lambda hit: any("Title 12" in label for label in hit["hierarchy"])),
        ({"status": ["repealed"]}, lambda hit: hit["status"] == "repealed"),
    ],
)
def test_filters_keep_exactly_what_they_ask(api: Api, filters: dict[str, Any], keep: Any) -> None:
    query = {"query": "tenant court notice statute", "k": 100, "facets": False}
    hits = api.post("/v1/search", query | {"filters": filters})["hits"]
    assert hits and all(keep(hit) for hit in hits)


def test_a_topic_filter_keeps_the_documents_of_the_topic(api: Api) -> None:
    topic = api.get("/v1/topics")["topics"][1]["id"]
    path = f"/v1/topics/{topic}/documents"
    members = {row["id"] for row in api.pages(path, "documents", "/v1/topics/{topic_id}/documents", limit=100)}
    body = {"query": "the court held", "k": 100, "filters": {"topic": [topic]}, "facets": False}
    found = {hit["id"] for hit in api.post("/v1/search", body)["hits"]}
    assert found and found <= members


def test_search_by_address_is_search_with_defaults(api: Api) -> None:
    by_address, by_body = (
        api.get("/v1/search", q="security deposit", k=3),
        api.post("/v1/search", {"query": "security deposit", "k": 3}),
    )
    for answer in (by_address, by_body):
        answer.pop("took_ms")
    assert by_address == by_body


def test_a_citation_comes_first_and_is_understood(api: Api) -> None:
    found = api.post("/v1/search", {"query": CITE})
    assert found["hits"][0]["id"] == SECTION
    assert found["query"]["understood"]["citation"]["documents"] == [SECTION]


def test_every_held_citation_resolves_to_its_document(api: Api) -> None:
    rows = api.pages("/v1/documents", "documents", limit=100)
    for row in rows[::7]:
        answer = api.http.get("/v1/resolve", params={"cite": row["citation"]})
        assert answer.status_code in {200, 300}, (row, answer.text)
        api.check("get", "/v1/resolve", answer)
        found = answer.json()
        ids = [found["document"]["id"]] if "document" in found else [one["id"] for one in found["candidates"]]
        assert row["id"] in ids


def test_resolve_gives_the_pinpoint_and_one_document(api: Api) -> None:
    found = api.get("/v1/resolve", cite=f"{CITE}(b)")
    assert found["document"]["id"] == SECTION and found["pinpoint"] == "(b)"


def test_resolve_names_all_cases_of_the_same_name(api: Api) -> None:
    names = [row["title"] for row in api.pages("/v1/documents", "documents", limit=100, kind="case")]
    twice = next(name for name in names if names.count(name) > 1)
    answer = api.http.get("/v1/resolve", params={"cite": twice})
    assert answer.status_code == 300
    api.check("get", "/v1/resolve", answer)
    assert len(answer.json()["candidates"]) == names.count(twice)


@pytest.mark.parametrize(
    ("cite", "said"), [("521 U.S. 844", "do not hold"), ("colourless green ideas", "search for it")]
)
def test_resolve_never_says_that_what_is_not_held_does_not_exist(api: Api, cite: str, said: str) -> None:
    answer = api.http.get("/v1/resolve", params={"cite": cite})
    assert said in problem(answer, 404, "not-held")["detail"]
    api.check("get", "/v1/resolve", answer)


def test_documents_page_by_page_are_the_whole_list(api: Api, snapshot: Snapshot) -> None:
    ids = [row["id"] for row in api.pages("/v1/documents", "documents", limit=7)]
    assert ids == [entry.id for entry in snapshot.corpus.entries]
    cases = api.pages("/v1/documents", "documents", limit=10, kind="case", court="frca", year=2013)
    assert {row["id"] for row in cases} == {
        e.id for e in snapshot.corpus.entries if e.court == "frca" and e.year == 2013
    }


def test_every_document_is_readable_and_its_spans_fit_its_text(api: Api, snapshot: Snapshot) -> None:
    for entry in snapshot.corpus.entries:
        view = api.get(f"/v1/documents/{entry.id}", "/v1/documents/{document_id}")
        assert view["version"] == entry.version and view["current"] is True
        for start, end, *_ in view["spans"]:
            assert 0 <= start <= end <= len(view["text"])
        starts = [row["start"] for row in view["outline"]]
        assert starts == sorted(starts)


def test_the_next_section_has_this_one_as_its_previous(api: Api) -> None:
    view = api.get(f"/v1/documents/{SECTION}", "/v1/documents/{document_id}")
    after = api.get(f"/v1/documents/{view['next']['id']}", "/v1/documents/{document_id}")
    assert after["previous"] == {"id": SECTION, "citation": CITE}


def test_fields_keep_what_is_asked_and_what_names_the_version(api: Api) -> None:
    answer = api.http.get(f"/v1/documents/{SECTION}", params={"fields": "title, text"})
    assert set(answer.json()) == {"title", "text", "id", "version", "generation", "as_of"}
    refused = problem(api.http.get(f"/v1/documents/{SECTION}", params={"fields": "titel"}), 422)
    assert "titel" in refused["detail"] and "title" in refused["detail"]


def test_a_version_is_named_by_its_hash_or_the_beginning_of_it(api: Api) -> None:
    (row,) = api.get(f"/v1/documents/{SECTION}/versions", "/v1/documents/{document_id}/versions")["versions"]
    for name in (row["hash"], row["hash"][:8]):
        view = api.get(f"/v1/documents/{SECTION}", "/v1/documents/{document_id}", version=name)
        assert view["version"] == row["hash"] and len(view["text"]) == row["chars"]
    for name in ("f" * 64, "abc", "%", "*", row["hash"].upper()):
        problem(api.http.get(f"/v1/documents/{SECTION}", params={"version": name}), 404, "unknown-version")


def test_as_of_says_what_it_went_by(api: Api) -> None:
    view = api.get(f"/v1/documents/{SECTION}", "/v1/documents/{document_id}", as_of="2099-01-01")
    assert view["as_of"]["by"] in {"effective", "observed"}
    problem(api.http.get(f"/v1/documents/{SECTION}", params={"as_of": "1066-10-14"}), 404, "unknown-version")
    both = {"as_of": "2020-01-01", "version": "a" * 64}
    problem(api.http.get(f"/v1/documents/{SECTION}", params=both), 422)


def test_citations_and_cited_by_are_two_sides_of_the_same(api: Api, snapshot: Snapshot) -> None:
    cites, cited = "/v1/documents/{document_id}/citations", "/v1/documents/{document_id}/cited-by"
    outgoing: dict[tuple[str, str], int] = {}
    for entry in snapshot.corpus.entries:
        text = api.get(f"/v1/documents/{entry.id}", "/v1/documents/{document_id}")["text"]
        rows = api.pages(f"/v1/documents/{entry.id}/citations", "citations", cites, limit=5)
        assert [row["start"] for row in rows] == sorted(row["start"] for row in rows)
        for row in rows:
            assert text[row["start"] : row["end"]] == row["raw"]
            if row["to"] and row["to"]["id"] != entry.id:
                pair = (entry.id, row["to"]["id"])
                outgoing[pair] = outgoing.get(pair, 0) + 1
    incoming: dict[tuple[str, str], int] = {}
    for entry in snapshot.corpus.entries:
        rows = api.pages(f"/v1/documents/{entry.id}/cited-by", "cited_by", cited, limit=3)
        order = [(row["depth"], row["count"]) for row in rows]
        assert order == sorted(order, reverse=True)
        incoming |= {(row["id"], entry.id): row["count"] for row in rows}
    assert outgoing == incoming and len(outgoing) > 100


def test_the_sentence_that_cites_is_where_it_says(api: Api) -> None:
    cited = "/v1/documents/{document_id}/cited-by"
    rows = api.pages(f"/v1/documents/{SECTION}/cited-by", "cited_by", cited, sort="date")
    dates = [row["date"] or "" for row in rows]
    assert dates == sorted(dates, reverse=True)
    for row in rows:
        text = api.get(f"/v1/documents/{row['id']}", "/v1/documents/{document_id}", version=row["version"])["text"]
        sentence = row["sentence"]
        assert text[sentence["start"] : sentence["end"]] == sentence["text"] and "105" in sentence["text"]


def test_similar_documents_are_those_of_a_plain_computation(api: Api, snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    vectors = np.stack([corpus.vectors.vector(row) for row in range(len(corpus.passages))])
    own = corpus.passage_rows == corpus.rows[SECTION]
    mean = vectors[own].mean(axis=0)
    cosines = vectors @ (mean / np.linalg.norm(mean))
    best: dict[str, float] = {}
    for passage, cosine in zip(corpus.passages, cosines, strict=True):
        best[passage.document_id] = max(best.get(passage.document_id, -1.0), float(cosine))
    del best[SECTION]
    expected = sorted(best, key=lambda name: -best[name])[:8]
    hits = api.get(f"/v1/documents/{SECTION}/similar", "/v1/documents/{document_id}/similar", k=8)["hits"]
    assert [hit["id"] for hit in hits] == expected
    assert [hit["score"] for hit in hits] == pytest.approx([best[name] for name in expected], abs=1e-4)


def test_the_topic_tree_hangs_together(api: Api) -> None:
    topics = {topic["id"]: topic for topic in api.get("/v1/topics")["topics"]}
    roots = [topic for topic in topics.values() if topic["parent"] is None]
    assert len(roots) == 1 and max(topic["depth"] for topic in topics.values()) >= 2
    for topic in topics.values():
        assert all(topics[child]["parent"] == topic["id"] for child in topic["children"])
        page = api.get(f"/v1/topics/{topic['id']}", "/v1/topics/{topic_id}")
        assert [step["id"] for step in page["path"]][-1] == topic["id"]
        assert len(page["path"]) == topic["depth"] + 1 and page["path"][0]["id"] == roots[0]["id"]


def test_documents_of_a_topic_page_by_page_are_all_of_them(api: Api) -> None:
    template = "/v1/topics/{topic_id}/documents"
    for topic in api.get("/v1/topics")["topics"][:4]:
        path = f"/v1/topics/{topic['id']}/documents"
        rows = api.pages(path, "documents", template, limit=9)
        assert len(rows) == len({row["id"] for row in rows}) == api.get(path, template)["total"] >= topic["size"]
        weights = [row["weight"] for row in rows]
        assert weights == sorted(weights, reverse=True)


def test_neighbors_hold_together_and_prove_their_edges(api: Api) -> None:
    found = api.get("/v1/graph/neighbors", id=SECTION, kind="cites", direction="in", limit=100)
    nodes = {found["node"]["id"]} | {node["id"] for node in found["nodes"]}
    assert found["node"]["id"] == SECTION and found["edges"] and not found["truncated"]
    for edge in found["edges"]:
        assert edge["source"] in nodes and edge["target"] == SECTION and edge["kind"] == "cites"
        sentence, place = edge["evidence"]["sentence"], edge["evidence"]
        text = api.get(f"/v1/documents/{edge['source']}", "/v1/documents/{document_id}", version=place["version"])[
            "text"
        ]
        assert text[sentence["start"] : sentence["end"]] == sentence["text"]
        assert sentence["start"] <= place["start"] < place["end"] <= sentence["end"]
    assert len(found["edges"]) == api.get(f"/v1/documents/{SECTION}", "/v1/documents/{document_id}")["cited_by_count"]


def test_neighbors_say_what_they_leave_out(api: Api) -> None:
    found = api.get("/v1/graph/neighbors", id=SECTION, limit=1)
    assert len(found["edges"]) == 1 and found["truncated"]
    wider = api.get("/v1/graph/neighbors", id=SECTION, depth=2, limit=200)
    assert len(wider["nodes"]) > len(api.get("/v1/graph/neighbors", id=SECTION, limit=200)["nodes"])


def test_a_citation_that_is_not_held_is_a_node_though_its_id_has_blanks(api: Api, snapshot: Snapshot) -> None:
    node = next(node for node in snapshot.graph.all_nodes() if node.id.startswith("cite:") and " " in node.id)
    found = api.get("/v1/graph/neighbors", id=node.id)
    assert found["node"]["id"] == node.id and found["edges"]


def test_a_path_is_a_chain(api: Api) -> None:
    found = api.get("/v1/graph/path", **{"from": SECTION, "to": "franklin:frsc:2014-frsc-045"})
    ids = [node["id"] for node in found["path"]]
    assert ids[0] == SECTION and ids[-1] == "franklin:frsc:2014-frsc-045"
    assert len(found["edges"]) == len(ids) - 1 == len(found["explanations"])
    for left, right, edge in zip(ids, ids[1:], found["edges"], strict=False):
        assert {edge["source"], edge["target"]} == {left, right}
    itself = api.get("/v1/graph/path", **{"from": SECTION, "to": SECTION})
    assert len(itself["path"]) == 1 and itself["edges"] == []


def test_exports_hold_the_whole_graph(api: Api) -> None:
    counts = api.get("/v1/status")["counts"]
    answer = api.http.get("/v1/graph/export", params={"format": "json"})
    value = json.loads(answer.text)
    assert (len(value["nodes"]), len(value["edges"])) == (counts["nodes"], counts["edges"])
    assert "attachment" in answer.headers["content-disposition"]
    described = api.http.get("/openapi.json").json()["paths"]["/v1/graph/export"]["get"]["responses"]["200"]["content"]
    for form, media in (("json", "application/json"), ("jsonld", "application/ld+json")):
        body = api.http.get("/v1/graph/export", params={"format": form}).text
        assert isinstance(json.loads(body), dict) and described[media]["schema"] == {"type": "object"}
    graphml = api.http.get("/v1/graph/export", params={"format": "graphml"})
    graph = nx.parse_graphml(graphml.text)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (counts["nodes"], counts["edges"])


def test_changes_name_every_document_once_after_the_first_crawl(api: Api) -> None:
    rows = api.pages("/v1/changes", "changes", limit=50)
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    added = {row["document"] for row in rows if row["change"] == "added"}
    assert len(added) == api.get("/v1/status")["counts"]["documents"]
    assert api.get("/v1/changes", since="2999-01-01")["changes"] == []
    assert api.get("/v1/changes", since=rows[0]["at"])["changes"]
    assert "2026-01-31" in problem(api.http.get("/v1/changes", params={"since": "yesterday"}), 422)["detail"]


def events(text: str) -> list[tuple[str, Any]]:
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    found = []
    for block in blocks:
        name, data = block.split("\n", 1)
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


QUESTION = "How long does a landlord have to return a security deposit after the tenant moves out?"


def test_an_answer_quotes_what_its_versions_say(api: Api) -> None:
    answer = api.post("/v1/answers", {"question": QUESTION, "llm": False})
    assert answer["status"] in {"answered", "corrected"} and answer["model"] is None
    cited = [citation for sentence in answer["sentences"] for citation in sentence["citations"]]
    assert SECTION in {citation["document"] for citation in cited}
    assert all(sentence["citations"] for sentence in answer["sentences"])
    for one in cited:
        path = f"/v1/documents/{one['document']}"
        text = api.get(path, "/v1/documents/{document_id}", version=one["version"])["text"]
        assert text[one["start"] : one["end"]] == one["quote"]
    assert answer["coverage"]["courts"] and answer["notice"]


@pytest.mark.parametrize("asked_by", ["header", "body"])
def test_a_streamed_answer_ends_with_the_whole_of_it(api: Api, asked_by: str) -> None:
    body = {"question": QUESTION, "llm": False, "stream": asked_by == "body"}
    headers = {"Accept": "text/event-stream"} if asked_by == "header" else {}
    answer = api.http.post("/v1/answers", json=body, headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["lexatlas-generation"]
    found = events(answer.text)
    names = [name for name, _ in found]
    assert names[0] == "hits" and names[-1] == "done" and names.count("done") == names.count("hits") == 1
    assert set(names) <= {"hits", "warning", "sentence", "done"}
    done = found[-1][1]
    api.validate(done, {"$ref": "#/components/schemas/AnswerReply"})
    assert [value for name, value in found if name == "sentence"] == done["sentences"]
    whole = api.post("/v1/answers", {"question": QUESTION, "llm": False})
    for value in (done, whole):
        value.pop("took_ms")
    assert done == whole


def test_what_is_refused_is_refused_before_a_stream_begins(api: Api) -> None:
    answer = api.http.post("/v1/answers", json={"question": "  ", "stream": True})
    problem(answer, 422, "invalid-query")


def test_a_model_that_cannot_be_reached_leaves_quotations_and_says_so(sample_data: Path, models: Path) -> None:
    nowhere = {
        "LEXATLAS_LLM_BASE_URL": "http://127.0.0.1:9/v1",
        "LEXATLAS_LLM_MODEL": "small",
        "LEXATLAS_LLM_TIMEOUT": "2",
    }
    with serving(wire(settings(sample_data, models, **nowhere))) as address:
        api = Api(address)
        assert api.get("/v1/status")["llm"] == "small"
        answer = api.post("/v1/answers", {"question": QUESTION})
        assert answer["status"] == "degraded" and answer["sentences"] and answer["reason"]
        streamed = api.http.post("/v1/answers", json={"question": QUESTION, "stream": True}).text
        assert events(streamed)[-1][0] == "done" and events(streamed)[-1][1]["status"] == "degraded"
        assert api.post("/v1/answers", {"question": QUESTION, "llm": False})["status"] in {"answered", "corrected"}


def test_a_count_gives_the_number_its_rule_and_the_exact_list(api: Api, snapshot: Snapshot) -> None:
    expected = [entry.id for entry in snapshot.corpus.entries if entry.kind == "case"]
    found = api.post("/v1/count", {"question": "How many cases are there?", "limit": 7})
    assert found["count"] == len(expected) and "is a case" in found["rule"]
    listed = []
    for offset in range(0, len(expected), 7):
        page = api.post("/v1/count", {"question": "How many cases are there?", "limit": 7, "offset": offset})
        listed += [row["id"] for row in page["documents"]]
    assert listed == expected
    assert found["generation"] == snapshot.corpus.generation.id and found["coverage"]
    only = api.post("/v1/count", {"question": "How many cases?", "filters": {"year": [2013]}})
    assert only["count"] == sum(entry.kind == "case" and entry.year == 2013 for entry in snapshot.corpus.entries)


@pytest.mark.parametrize("question", ["how many", "author:nobody cases", "how many cases cite 999 U.S. 999", "   "])
def test_what_cannot_be_counted_is_a_problem_in_words(api: Api, question: str) -> None:
    answer = api.http.post("/v1/count", json={"question": question})
    assert len(problem(answer, 422)["detail"]) > 20
    api.check("post", "/v1/count", answer)


def test_health(api: Api) -> None:
    assert api.get("/healthz") == {"status": "ok"}
    assert api.get("/readyz")["status"] == "ready"


def test_every_answer_names_the_generation_that_it_comes_from(api: Api) -> None:
    generation = api.get("/readyz")["generation"]
    for path in (
        "/v1/status", "/v1/search?q=deposit", f"/v1/resolve?cite={SECTION}", "/v1/documents",
        f"/v1/documents/{SECTION}",
        f"/v1/documents/{SECTION}/versions", f"/v1/documents/{SECTION}/citations", f"/v1/documents/{SECTION}/cited-by",
        f"/v1/documents/{SECTION}/similar", f"/v1/documents/{SECTION}/treatment",
        f"/v1/documents/{SECTION}/annotations", "/v1/topics", "/v1/topics/root", "/v1/topics/root/documents",
        f"/v1/graph/neighbors?id={SECTION}", "/v1/changes",
    ):  # fmt: skip
        answer = api.http.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.json()["generation"] == generation == answer.headers["lexatlas-generation"], path
