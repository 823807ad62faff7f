"""Which error becomes which problem, and what must never be in one."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import get_args

import pytest

from app.api.problems import KINDS, Kind, ProblemError, of_error, respond
from app.api.schemas import KindName, StatusName
from scraper import errors
from scraper.models import DocumentKind, DocumentStatus

SECRET = "/srv/private/place"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UnknownDocument("No document."), 404),
        (errors.UnknownVersion("No version."), 404),
        (errors.UnknownNode("No node."), 404),
        (errors.QueryError("The query is empty."), 422),
        (errors.CitationError("No citation."), 422),
        (errors.NoGeneration("Nothing is built yet: run lexatlas build."), 503),
        (errors.GenerationDamaged("A file does not match."), 503),
        (errors.EmbeddingError(SECRET), 503),
        (errors.GraphError(SECRET), 503),
        (errors.LLMError("The model's server is down."), 502),
        (errors.AnswerError("No answer."), 422),
        (errors.ConfigError(SECRET), 500),
        (errors.StoreDamaged(SECRET), 503),
        (errors.RunError(SECRET), 500),
        (ValueError(SECRET), 500),
        (KeyError(SECRET), 500),
    ],
)
def test_every_error_becomes_a_problem_with_its_status(error: Exception, status: int) -> None:
    body = of_error(error, "/v1/x")
    assert body["status"] == status
    assert body["type"].startswith("/docs#problem-")
    assert body["title"] and body["detail"] and body["instance"] == "/v1/x"
    assert SECRET not in json.dumps(body)
    if status < 500 or isinstance(error, errors.NoGeneration | errors.LLMError):
        assert body["detail"] == str(error)


def subclasses(cls: type[Exception]) -> Iterator[type[Exception]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


def test_no_error_of_the_tree_is_without_a_status() -> None:
    statuses = {cls.__name__: of_error(cls("text"), "/")["status"] for cls in set(subclasses(errors.LexatlasError))}
    assert set(statuses.values()) <= {404, 409, 410, 422, 500, 502, 503}
    assert {name for name, status in statuses.items() if status == 404} == {
        "UnknownDocument", "UnknownVersion", "UnknownNode",
    }  # fmt: skip
    assert [name for name, status in statuses.items() if status == 410] == ["DocumentRemoved"]
    locked = of_error(errors.RunLocked(SECRET), "/")
    assert locked["status"] == 409 and SECRET not in json.dumps(locked)


def test_the_log_of_an_unforeseen_error_has_its_place_and_its_reference_but_not_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, logger="lexatlas.api"):
        try:
            int(f"what somebody asked in {'con' + 'fidence'}")
        except ValueError as error:
            body = of_error(error, "/v1/search")
    assert body["reference"] in caplog.text and "ValueError" in caplog.text and "test_problems.py" in caplog.text
    assert "confidence" not in caplog.text


def test_text_that_is_no_unicode_and_endless_text_can_be_sent_back() -> None:
    body = of_error(ProblemError(Kind(422, "x", "X", "x"), "\ud800" + "a" * 5000), "/v1/\udfff")
    sent = bytes(respond(body).body)
    assert len(sent) < 2000
    assert json.loads(sent)["detail"].startswith("?aaa")


def test_a_service_that_cannot_answer_now_says_when_to_ask_again() -> None:
    response = respond(of_error(errors.NoGeneration("Nothing is built yet."), "/readyz"))
    assert response.status_code == 503 and int(response.headers["Retry-After"]) > 0
    assert response.headers["Content-Type"] == "application/problem+json"


def test_kinds_have_names_of_their_own() -> None:
    assert len({kind.slug for kind in KINDS}) == len(KINDS)
    assert all(400 <= kind.status < 600 and kind.advice.endswith(".") for kind in KINDS)


def test_the_edge_admits_exactly_the_kinds_and_statuses_of_the_model() -> None:
    assert set(get_args(KindName)) == set(DocumentKind)
    assert set(get_args(StatusName)) == set(DocumentStatus)
