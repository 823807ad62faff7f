"""What became of authorities, notes of decisions, and checked texts: over HTTP and on the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.wiring import Snapshot
from scraper.models import DocumentKind
from tests.app.api.schema import Api, problem
from tests.conftest import ROOT, lexatlas, lexatlas_json

TREATMENT, NOTES = "/v1/documents/{document_id}/treatment", "/v1/documents/{document_id}/annotations"
CITED = "/v1/documents/{document_id}/cited-by"
CALLOWAY, WEATHERBY = "franklin:frsc:2005-frsc-014", "franklin:frsc:2009-frsc-022"
DUNLEAVY, PENHALLOW = "franklin:frsc:2006-frsc-027", "franklin:frca:2007-frca-102"
SECTION, LOITERING = "franklin:code:12-3-105", "franklin:code:22-2-107"
NEGATIVE = {
    "overrules", "overrules_in_part", "reverses", "vacates", "abrogates", "superseded_by_statute", "severed",
    "held_unconstitutional", "held_unconstitutional_as_applied", "preempted",
}  # fmt: skip
DOUBT = {"limits", "questions", "criticises", "declines_to_follow"}


def treatment(api: Api, document: str, **query: Any) -> Any:
    return api.get(f"/v1/documents/{document}/treatment", TREATMENT, **query)


def test_the_level_of_every_document_is_what_was_planted(
    api: Api, snapshot: Snapshot, sample_truth: dict[str, Any]
) -> None:
    rows = [row for row in sample_truth["treatments"] if row["citing"] in snapshot.corpus.rows and row["counts"]]
    undone = {row["cited"] for row in rows if row["kind"] in NEGATIVE}
    doubted = {row["cited"] for row in rows if row["kind"] in DOUBT} - undone
    latest = max(entry.date or "" for entry in snapshot.corpus.entries if entry.jurisdiction == "franklin")
    for entry in snapshot.corpus.entries:
        found = treatment(api, entry.id)
        expected = "negative" if entry.id in undone else "caution" if entry.id in doubted else "none_found"
        assert found["level"] == expected, entry.id
        assert "good law" not in json.dumps(found).replace("still good law", "")
        citing = {citation.document_id for _, citation in snapshot.corpus.catalogue.citing(entry.id)}
        cases = {one for one in citing if snapshot.corpus.entries[snapshot.corpus.rows[one]].kind == DocumentKind.CASE}
        assert found["looked_at"] >= len(cases)
        if entry.jurisdiction == "franklin":
            assert found["to"] == latest
        if expected == "none_found" and found["looked_at"] > 1:
            words = f"no negative treatment found among {found['looked_at']} citing documents held, to {found['to']}"
            assert found["words"] == words or re.fullmatch(
                rf"{words}, but for (1 passage that binds|\d+ passages that bind) nobody", found["words"]
            )
        if not found["looked_at"]:
            assert "nothing was looked at" in found["words"]


def test_each_word_has_its_sentence_in_the_version_it_names(api: Api, snapshot: Snapshot) -> None:
    for document in (CALLOWAY, DUNLEAVY, PENHALLOW, LOITERING, SECTION):
        for one in treatment(api, document)["treatments"]:
            text = snapshot.corpus.catalogue.version(one["citing"]["id"], one["version"]).document.text
            sentence = one["sentence"]
            assert text[sentence["start"] : sentence["end"]] == sentence["text"]
            assert sentence["start"] <= one["start"] < one["end"] <= sentence["end"]
            assert one["court_name"] and 1 <= one["depth"] <= 4


def test_reasons_come_first_and_words_that_bind_nobody_are_kept_apart(api: Api) -> None:
    found = treatment(api, DUNLEAVY)
    first = found["treatments"][0]
    assert (first["kind"], first["counts"], first["speaker"]) == ("overrules", True, "majority")
    assert first["sentence"]["text"] == "Dunleavy is overruled."
    assert found["words"].startswith("negative treatment: overruled by In re Water Right")
    # a dissent calls Penhallow "overruled in all but name"; the court only questions it
    found = treatment(api, PENHALLOW)
    assert found["level"] == "caution" and found["reasons"] >= 1
    apart = found["treatments"][found["reasons"] : found["reasons"] + found["others"]]
    assert "dissent" in {one["speaker"] for one in apart}
    assert all(not one["counts"] and one["why_not"] for one in apart)


def test_treatment_is_paged_without_gap(api: Api) -> None:
    whole = treatment(api, SECTION)
    paged = api.pages(f"/v1/documents/{SECTION}/treatment", "treatments", TREATMENT, limit=1)
    assert paged == whole["treatments"] and whole["total"] == len(paged) == sum(whole["counts"].values()) > 1


def test_the_company_that_a_document_keeps_is_told_with_its_treatment(api: Api, snapshot: Snapshot) -> None:
    for entry in snapshot.corpus.entries:
        flags = api.get("/v1/graph/flags", id=entry.id)["flags"]
        assert treatment(api, entry.id, limit=1)["flags"] == flags


def test_notes_of_decisions_are_passages_that_construe_the_section(api: Api, snapshot: Snapshot) -> None:
    found = api.get(f"/v1/documents/{SECTION}/annotations", NOTES)
    notes = [note for group in found["topics"] for note in group["notes"]]
    assert {note["citing"]["id"] for note in notes} >= {"franklin:frsc:2014-frsc-045", "franklin:frca:2013-frca-088"}
    for note in notes:
        text = snapshot.corpus.catalogue.text(note["citing"]["id"], 0, 10**6, note["version"])
        passage = note["passage"]
        assert text[passage["start"] : passage["end"]] == passage["text"]
        assert note["speaker"] in ("majority", "per_curiam")
    for group in found["topics"]:
        weights = [note["weight"] for note in group["notes"]]
        assert group["topic"] and weights == sorted(weights, reverse=True)
    assert found["total"] == len(notes)
    first = api.get(f"/v1/documents/{SECTION}/annotations", NOTES, limit=1)
    assert [note for group in first["topics"] for note in group["notes"]] == notes[:1] and first["next_cursor"]


def test_brackets_are_told_of_a_case(api: Api, snapshot: Snapshot) -> None:
    told = {
        entry.id: found for entry in snapshot.corpus.entries
        if (found := api.get(f"/v1/documents/{entry.id}/annotations", NOTES)["parentheticals"])
    }  # fmt: skip
    assert told
    for brackets in told.values():
        scores = [one["score"] for one in brackets]
        assert scores == sorted(scores, reverse=True)
        for one in brackets:
            start, end = one["passage"]["start"], one["passage"]["end"]
            text = snapshot.corpus.catalogue.text(one["citing"]["id"], 0, 10**6, one["version"])
            assert text[start:end] == one["passage"]["text"] and text[start - 1] == "(" and text[end] == ")"


def test_citing_documents_by_court_and_by_topic(api: Api, snapshot: Snapshot) -> None:
    rows = api.get(f"/v1/documents/{SECTION}/cited-by", CITED, sort="court", limit=100)["cited_by"]
    levels = {"supreme": 0, "appellate": 1, "trial": 2}
    corpus = snapshot.corpus
    order = [levels.get(corpus.entries[corpus.rows[row["id"]]].court_level, 3) for row in rows]
    assert order == sorted(order) and len(set(order)) > 1
    told = {row["id"]: row["treatments"] for row in rows}
    assert told["franklin:frsc:2014-frsc-045"] == ["applies"]
    topics = {topic for row in rows for topic in corpus.memberships.get(row["id"], {})}
    for topic in sorted(topics):
        kept = api.get(f"/v1/documents/{SECTION}/cited-by", CITED, topic=topic, limit=100)["cited_by"]
        assert {row["id"] for row in kept} == {
            row["id"] for row in rows if topic in corpus.memberships.get(row["id"], {})
        }
    answer = api.http.get(f"/v1/documents/{SECTION}/cited-by", params={"topic": "nothing"})
    assert "'nothing'" in problem(answer, 404, "unknown-topic")["detail"]


@pytest.mark.parametrize("name", ["treatment", "annotations"])
def test_an_unknown_document_is_a_problem(api: Api, name: str) -> None:
    problem(api.http.get(f"/v1/documents/nowhere/{name}"), 404, "unknown-document")


# ---- checked texts

BRIEF = (
    "As in Calloway v. Brisbane, 2005-FRSC-014, ¶ 3, the owner lost; see Marbury v. Madison, 2009-FRSC-022, and Bogus "
    "v. Fake, 999 U.S. 9999 (1999). The law says: “Periods of possession by successive owners may be added together” "
    "Franklin Code § 12-1-102(c). So it is under Franklin Code § 5-2-107, and 12 Foo. Rep. 345."
)


def test_a_brief_is_checked_citation_by_citation(api: Api) -> None:
    found = api.post("/v1/check", {"text": BRIEF})
    told = [(BRIEF[one["start"] : one["end"]], one["status"], one["flags"]) for one in found["citations"]]
    assert told == [
        ("2005-FRSC-014", 200, ["overruled"]),
        ("2009-FRSC-022", 200, ["wrong_name"]),
        ("999 U.S. 9999", 404, ["not_held"]),
        ("Franklin Code § 12-1-102(c)", 200, ["misquoted"]),
        ("Franklin Code § 5-2-107", 200, ["repealed"]),
        ("12 Foo. Rep. 345", 400, []),
    ]
    assert all(one["raw"] == BRIEF[one["start"] : one["end"]] for one in found["citations"])
    assert found["counts"] == {"200": 4, "400": 1, "404": 1} and found["characters"] == len(BRIEF)
    calloway = found["citations"][0]["documents"][0]
    assert (calloway["id"], calloway["standing"]["level"]) == (CALLOWAY, "negative")
    assert "superseded" in calloway["standing"]["reasons"][0]["sentence"]["text"]
    assert calloway["standing"]["reasons"][0]["citing"]["id"] == WEATHERBY
    quote = found["citations"][3]["quotations"][0]
    assert quote["verdict"] == "altered" and quote["differences"] == [{"source": "possessors", "quoted": "owners"}]
    assert quote["source_text"] == "Periods of possession by successive possessors may be added together"
    assert found["notice"] == "Legal information, not advice." and found["coverage"]["courts"]


def test_too_long_a_text_is_refused_and_the_longest_is_taken(api: Api) -> None:
    answer = api.http.post("/v1/check", json={"text": "x" * 64_001})
    assert "64,000" in problem(answer, 413, "too-large")["detail"]
    api.check("post", "/v1/check", answer)
    assert api.post("/v1/check", {"text": "x " * 32_000})["citations"] == []
    problem(api.http.post("/v1/check", json={"text": "x" * 1_100_000}), 413, "too-large")


def test_citations_beyond_the_limit_are_told_and_not_looked_up(api: Api) -> None:
    found = api.post("/v1/check", {"text": "See 2009-FRSC-022. " * 253})
    assert found["counts"] == {"200": 250, "429": 3}
    assert all(not one["documents"] and "250" in one["message"] for one in found["citations"][250:])


@pytest.mark.parametrize("body", [{}, {"text": 7}, {"text": "x", "more": 1}, {"text": "\x00"}])
def test_a_body_that_is_no_text_is_refused(api: Api, body: dict[str, Any]) -> None:
    problem(api.http.post("/v1/check", json=body), 422, "invalid-request")


def test_no_citation_is_no_error(api: Api) -> None:
    found = api.post("/v1/check", {"text": ""})
    assert (found["citations"], found["quotations"], found["characters"]) == ([], [], 0)


# ---- the command line


def test_the_commands_say_what_the_api_says(api: Api, sample_data: Path, models: Path, tmp_path: Path) -> None:
    file = tmp_path / "brief.txt"
    file.write_text(BRIEF, encoding="utf-8")
    assert lexatlas_json(sample_data, models, "check", str(file)) == api.post("/v1/check", {"text": BRIEF})
    told = lexatlas_json(sample_data, models, "treatment", DUNLEAVY)
    assert told == {name: value for name, value in treatment(api, DUNLEAVY).items() if name != "next_cursor"}
    shown = lexatlas(sample_data, models, "treatment", DUNLEAVY).stdout
    assert "“Dunleavy is overruled.”" in shown and "negative treatment: overruled by" in shown
    shown = lexatlas(sample_data, models, "check", str(file)).stdout
    assert "“possessors” there, “owners” here" in shown and "999 U.S. 9999: not held" in shown


def test_a_text_is_read_from_standard_input(sample_data: Path, models: Path) -> None:
    command = [sys.executable, "-m", "app", "--data", str(sample_data), "--json", "check", "-"]
    done = subprocess.run(command, input=BRIEF.encode(), capture_output=True, cwd=ROOT, timeout=300, check=True)
    assert [one["status"] for one in json.loads(done.stdout)["citations"]] == [200, 200, 404, 200, 200, 400]


@pytest.mark.parametrize(
    ("raw", "words"), [(b"\xff\xfe\x00", "no text in UTF-8"), (b"x" * 64_001, "64,000"), (b"x" * 300_000, "64,000")]
)
def test_a_file_that_cannot_be_checked_is_told(
    sample_data: Path, models: Path, tmp_path: Path, raw: bytes, words: str
) -> None:
    file = tmp_path / "brief"
    file.write_bytes(raw)
    done = lexatlas(sample_data, models, "check", str(file))
    assert done.returncode != 0 and words in done.stderr and "Traceback" not in done.stderr


def test_what_a_dissent_says_is_not_said_of_the_citing_document(api: Api) -> None:
    (row,) = api.get(f"/v1/documents/{PENHALLOW}/cited-by", CITED)["cited_by"]
    assert "overrules" not in row["treatments"] and "questions" in row["treatments"]
