"""The whole path on the shipped sample, held against what its authors planted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.wiring import Snapshot
from tests.conftest import lexatlas, lexatlas_json

Truth = dict[str, Any]


def first_state(truth: Truth) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in truth["documents"] if row["in_state"] != "update_only"}


@pytest.fixture(scope="module")
def exported(sample_data: Path, models: Path) -> dict[str, dict[str, Any]]:
    done = lexatlas(sample_data, models, "export", "documents", "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row for row in rows}


def test_every_document_is_held_once_and_no_other(exported: dict[str, Any], sample_truth: Truth) -> None:
    assert set(exported) == set(first_state(sample_truth))


@pytest.mark.parametrize("field", ["kind", "citation", "parallel_citations"])
def test_each_document_states_what_its_page_states(exported: dict[str, Any], sample_truth: Truth, field: str) -> None:
    truth = first_state(sample_truth)
    assert {i: row[field] for i, row in exported.items()} == {i: row[field] for i, row in truth.items()}


def test_cases_have_their_court_date_docket_and_judges(exported: dict[str, Any], sample_truth: Truth) -> None:
    fields = ("court", "date", "docket", "judges")
    cases = {i: row for i, row in first_state(sample_truth).items() if row["kind"] == "case"}
    assert {i: [exported[i][f] for f in fields] for i in cases} == {i: [r[f] for f in fields] for i, r in cases.items()}
    assert {i: exported[i]["title"] for i in cases} == {i: row["name"] for i, row in cases.items()}


def test_sections_have_their_place_and_status(exported: dict[str, Any], sample_truth: Truth) -> None:
    laws = {i: row for i, row in first_state(sample_truth).items() if row["kind"] != "case"}
    # the pages' own list of levels begins with the code's name, which is no level of it
    assert {i: exported[i]["hierarchy"] for i in laws} == {i: row["hierarchy"][1:] for i, row in laws.items()}
    assert {i: exported[i]["status"] for i in laws} == {i: row["status"] for i, row in laws.items()}


def test_the_same_text_at_two_addresses_is_one_document(exported: dict[str, Any], sample_truth: Truth) -> None:
    twice = {i for i, row in first_state(sample_truth).items() if row.get("extra_path")}
    assert twice
    assert {i for i, row in exported.items() if len(row["sources"]) > 1} == twice


def test_two_cases_of_one_name_and_year_are_two(exported: dict[str, Any]) -> None:
    morenos = [row for row in exported.values() if row["title"] == "State v. Moreno" and row["date"][:4] == "2015"]
    assert len({row["docket"] for row in morenos}) == len(morenos) == 2


def test_no_furniture_of_the_page_and_no_forbidden_page_enters(exported: dict[str, Any]) -> None:
    text = "\n".join(row["text"] for row in exported.values()).casefold()
    for words in ("advertisement", "newsletter", "subscribe", "privacy policy", "zephyr quince"):
        assert words not in text


def test_citations_are_those_that_were_planted(sample_data: Path, models: Path, sample_truth: Truth) -> None:
    done = lexatlas(sample_data, models, "export", "citations", "--format", "jsonl")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    ids = set(first_state(sample_truth))
    planted = {
        (row["from"], row["to"])
        for row in sample_truth["citations"]
        if row["to"] and row["where"] in {"text", "temporary"} and row["from"] in ids and row["from"] != row["to"]
    }
    ours = {(row["from"], row["to"]) for row in found if row["to"] and row["from"] != row["to"]}
    assert planted - ours == set(), "planted citations that were not found"
    extra = ours - planted - {(row["from"], row["to"]) for row in sample_truth["citations"]}
    assert extra == set(), "citations that nobody planted"


def test_a_citation_s_span_is_its_raw_text(exported: dict[str, Any], sample_data: Path, models: Path) -> None:
    done = lexatlas(sample_data, models, "export", "citations", "--format", "jsonl")
    for row in map(json.loads, done.stdout.splitlines()):
        start, end = row["span"]
        assert exported[row["from"]]["text"][start:end] == row["raw"]


def test_what_is_not_held_is_listed_and_not_guessed(sample_data: Path, models: Path) -> None:
    done = lexatlas(sample_data, models, "export", "citations", "--format", "jsonl")
    missing = {row["key"] for row in map(json.loads, done.stdout.splitlines()) if row["to"] is None}
    assert missing, "the sample plants works that are not held"


@pytest.mark.parametrize("form", ["citation", "parallel_citations"])
def test_every_citation_resolves_to_its_document(
    snapshot: Snapshot, served: str, sample_truth: Truth, form: str
) -> None:
    wrong = []
    with httpx.Client(base_url=served) as client:
        for document, row in first_state(sample_truth).items():
            for cite in [row[form]] if isinstance(row[form], str) else row[form]:
                reply = client.get("/v1/resolve", params={"cite": cite})
                if reply.status_code != 200 or reply.json()["document"]["id"] != document:
                    wrong.append((cite, reply.status_code))
    assert wrong == []


def test_the_old_number_of_a_renumbered_section_still_leads_there(sample_data: Path, models: Path) -> None:
    value = lexatlas_json(sample_data, models, "resolve", "Franklin Code § 12-2-207")
    assert value["document"]["id"] == "franklin:code:12-2-207"
    assert value["document"]["status"] == "renumbered"


def test_a_citation_typed_as_the_query_comes_first(snapshot: Snapshot, served: str, sample_truth: Truth) -> None:
    wrong = []
    with httpx.Client(base_url=served) as client:
        for document, row in first_state(sample_truth).items():
            hits = client.post("/v1/search", json={"query": row["citation"], "k": 1}).json()["hits"]
            if not hits or hits[0]["id"] != document:
                wrong.append(row["citation"])
    assert wrong == []


def test_a_case_name_typed_as_the_query_comes_first(served: str, sample_truth: Truth) -> None:
    cases = [row for row in first_state(sample_truth).values() if row["kind"] == "case"]
    shared = {name for name, count in Counter(row["name"] for row in cases).items() if count > 1}
    wrong = []
    with httpx.Client(base_url=served) as client:
        for row in cases:
            hits = client.post("/v1/search", json={"query": row["name"], "k": 1}).json()["hits"]
            if hits[0]["title"] != row["name"] or (row["name"] not in shared and hits[0]["id"] != row["id"]):
                wrong.append(row["name"])
    assert wrong == []


def test_questions_find_their_authority_among_the_first_ten(served: str, sample_truth: Truth) -> None:
    asked = [row for row in sample_truth["questions"] if row["authorities"]]
    found = 0
    with httpx.Client(base_url=served) as client:
        for row in asked:
            hits = client.post("/v1/search", json={"query": row["text"], "k": 10}).json()["hits"]
            found += bool({hit["id"] for hit in hits} & set(row["authorities"]))
    assert found / len(asked) >= 0.9, f"{found} of {len(asked)}"


def test_topics_tell_the_titles_apart(snapshot: Snapshot, sample_truth: Truth) -> None:
    """Each topic that the authors planted lies mostly within one first-level topic of the tree."""
    first: dict[str, str] = {}
    for document, weights in snapshot.corpus.memberships.items():
        tops = {topic: weight for topic, weight in weights.items() if snapshot.corpus.topics[topic].depth == 1}
        if tops:
            first[document] = max(tops, key=lambda topic: tops[topic])
    agreeing = total = 0
    for members in sample_truth["topics"].values():
        held = [first[member] for member in members if member in first]
        agreeing += Counter(held).most_common(1)[0][1] if held else 0
        total += len(held)
    assert agreeing / total >= 0.75, f"{agreeing} of {total}"
    assert max(topic.depth for topic in snapshot.corpus.topics.values()) >= 2


def test_a_second_run_changes_nothing(sample_data: Path, models: Path) -> None:
    before = lexatlas_json(sample_data, models, "doctor", "--digest")["digest"]
    again = lexatlas_json(sample_data, models, "demo", "--no-serve")
    assert again["build"]["changed"] is False
    assert again["run"]["pages"]["fetched"] == 0
    assert again["run"]["documents"]["added"] == again["run"]["documents"]["changed"] == 0
    assert lexatlas_json(sample_data, models, "doctor", "--digest")["digest"] == before


def test_the_doctor_finds_nothing(sample_data: Path, models: Path) -> None:
    report = lexatlas_json(sample_data, models, "doctor")
    assert report["healthy"] is True
    assert any("one id space" in finding["detail"] for finding in report["findings"])


def test_every_text_of_every_passage_and_hit_fits(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    texts = {entry.id: corpus.catalogue.version(entry.id).document.text for entry in corpus.entries}
    for passage in corpus.passages:
        assert 0 <= passage.start < passage.end <= len(texts[passage.document_id])
    for anchor in corpus.anchors:
        assert 0 <= anchor.start < anchor.end <= len(texts[anchor.document_id])
