"""The evaluation of answers, on the sample's own questions; and that it cannot be pleased by saying nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.answer import Answerer
from app.evaluation.answers import Asked, Questions, check_citations, evaluate_answers, read_questions
from app.wiring import Snapshot
from scraper.errors import QueryError
from tests.conftest import ROOT

HERE = Path(__file__).parent
TRUTH = ROOT / "sample" / "truth.json"


def test_the_sample_is_answered_as_documented(snapshot: Snapshot) -> None:
    report = evaluate_answers(Answerer(snapshot.search), read_questions(TRUTH))
    assert report["answerable"] >= 40
    assert report["citations"] > 100
    assert report["citations_resolve"] == 1.0
    assert report["citations_verbatim"] == 1.0
    assert report["sentences_without_citation"] == 0
    assert report["sentences_with_altered_quotation"] == 0
    assert report["most_words"] <= 200
    assert report["authority_cited"] >= 0.85
    assert report["false_abstention"] <= 0.10
    assert report["off_corpus_abstained"] >= 0.9
    assert report["false_premise_corrected_or_abstained"] >= 0.6


def test_questions_near_the_corpus_that_it_does_not_answer_are_mostly_left_unanswered(snapshot: Snapshot) -> None:
    near = tuple(Asked(text) for text in (HERE / "near_off_corpus.txt").read_text(encoding="utf-8").splitlines())
    report = evaluate_answers(Answerer(snapshot.search), Questions((), (), near))
    assert report["off_corpus"] == 39
    assert report["off_corpus_abstained"] >= 0.8


def test_saying_nothing_scores_nothing(snapshot: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    rows = [{"text": "What is the term of a design patent?", "authorities": ["franklin:code:12-3-105"], "quote": "x"}]
    path.write_text(json.dumps({"questions": rows}))
    report = evaluate_answers(Answerer(snapshot.search), read_questions(path))
    assert (report["authority_cited"], report["quote_contained"], report["false_abstention"]) == (0.0, 0.0, 1.0)


def test_citations_that_do_not_resolve_or_differ_are_counted(snapshot: Snapshot) -> None:
    answer = Answerer(snapshot.search).answer("What counts as normal wear and tear of a rented dwelling?")
    catalogue = snapshot.corpus.catalogue
    good = check_citations([answer], catalogue)
    assert good["citations_resolve"] == good["citations_verbatim"] == 1.0
    sentence = answer.sentences[0]
    citation = sentence.citations[0]
    moved = replace(citation, start=citation.start + 1)
    lost = replace(citation, document="franklin:code:99-9-999")
    bad = replace(answer, sentences=(replace(sentence, citations=(moved, lost)), replace(sentence, citations=())))
    found = check_citations([bad], catalogue)
    assert found["citations"] == 2
    assert found["citations_resolve"] == 0.5
    assert found["citations_verbatim"] == 0.0
    assert found["sentences_without_citation"] == 1


@pytest.mark.parametrize("content", ["", "[]", '{"questions": [{"kind": "rule"}]}', '{"questions": 7}'])
def test_a_file_that_holds_no_questions_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    path.write_text(content)
    with pytest.raises(QueryError, match=r"q\.json"):
        read_questions(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="cannot be read"):
        read_questions(tmp_path / "none.json")


def test_the_questions_on_real_law_can_be_read() -> None:
    found = read_questions(ROOT / "benchmarks" / "real_law_questions.json")
    assert len(found.answerable) >= 30
    assert len(found.off_corpus) >= 30
    assert all(asked.authorities for asked in found.answerable)
