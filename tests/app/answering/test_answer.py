"""Questions to answers over the sample, without a model and with a scripted one over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.answering.answer import Answerer
from app.answering.llm import OpenAIClient
from app.answering.models import Answer, AnswerStatus, count_words
from app.answering.named import fits, party_words
from app.answering.prompt import NO_ANSWER
from app.config import LLMConfig
from app.retrieval.query import Filters
from app.wiring import Snapshot
from scraper.errors import QueryError
from tests.llm_server import Script, cut_off, garbage, replies, says, scripted, stalls, status

DEPOSIT = "How long does a landlord have to return a security deposit after the tenant moves out?"
SECTION = "franklin:code:12-3-105"
KEY = "sk-secret-of-this-test"


@pytest.fixture(scope="module")
def answerer(snapshot: Snapshot) -> Answerer:
    return Answerer(snapshot.search)


def with_model(snapshot: Snapshot, address: str, timeout: float = 10) -> Answerer:
    return Answerer(snapshot.search, OpenAIClient(LLMConfig(address, "scripted", KEY, timeout)))


def tag_of(prompt: str, citation: str) -> str:
    """The number under which a prompt shows a citation."""
    found = re.search(rf"^\[(\d+)\] {re.escape(citation)} ", prompt, re.M)
    assert found, prompt
    return found.group(1)


def assert_sound(answer: Answer, snapshot: Snapshot) -> None:
    """Every sentence has a citation, and every quotation is the text of its version at its place."""
    for sentence in answer.sentences:
        assert sentence.citations
        for citation in sentence.citations:
            text = snapshot.corpus.catalogue.version(citation.document, citation.version).document.text
            assert text[citation.start : citation.end] == citation.quote
            assert citation.quote
    assert count_words(answer.sentences) <= 200


# ---- without a model


def test_a_deadline_is_quoted_with_its_exceptions(answerer: Answerer, snapshot: Snapshot) -> None:
    answer = answerer.answer(DEPOSIT)
    assert answer.status is AnswerStatus.ANSWERED
    assert answer.model is None
    assert_sound(answer, snapshot)
    first = answer.sentences[0]
    assert first.citations[0].document == SECTION
    assert "Within 30 days after the tenancy ends" in first.text
    assert "the period is 45 days" in first.text
    assert "has left no forwarding address" in first.text
    assert first.speaker.value == "law"


def test_a_sentence_is_its_quotations_joined_by_an_ellipsis(answerer: Answerer) -> None:
    for sentence in answerer.answer("What counts as normal wear and tear of a rented dwelling?").sentences:
        assert sentence.text == " ... ".join(" ".join(citation.quote.split()) for citation in sentence.citations)


def test_an_authority_that_is_not_held_is_said_first(answerer: Answerer) -> None:
    answer = answerer.answer("What did 999 U.S. 999 hold about security deposits?")
    assert answer.status is AnswerStatus.ABSTAINED
    assert "999 U.S. 999" in answer.warnings[0]
    assert "not held" in answer.warnings[0]
    assert "does not exist" not in answer.warnings[0]
    assert not answer.sentences


def test_a_near_miss_name_is_not_taken_for_the_case_that_is_held(answerer: Answerer) -> None:
    answer = answerer.answer("What did Dunlevy v. Tarrant Dairy Co. decide?")
    assert answer.status is AnswerStatus.ABSTAINED
    assert "No case is found here under exactly the name Dunlevy v. Tarrant Dairy Co" in answer.warnings[0]
    assert all("not held" not in words for words in (*answer.warnings, answer.reason))


def test_a_name_that_is_not_found_does_not_keep_what_is_found_back(answerer: Answerer) -> None:
    answer = answerer.answer("Did Roe v. Wade change how long a landlord has to return a security deposit?")
    assert "under exactly the name Roe v. Wade" in answer.warnings[0]
    assert "not held" not in answer.warnings[0]


@pytest.mark.parametrize(
    ("asked", "title", "same"),
    [
        ("ACLU", "AMERICAN CIVIL", True),  # a title that its publisher cut short
        ("FCC", "FEDERAL COMMUNICATIONS COMMISSION ET AL.", True),
        ("Reno", "RENO, ATTORNEY GENERAL OF THE UNITED STATES", True),
        ("City of New London", "CITY OF NEW LONDON", True),
        ("Flores", "AMERICAN-ARAB ANTI-DISCRIMINATION COMM.", False),
        ("FCC", "FLORIDA", False),
        ("Dunlevy", "Dunleavy", False),
        ("EPA", "ECHAZABAL", False),
    ],
)
def test_a_party_is_known_by_its_words_or_its_initials(asked: str, title: str, same: bool) -> None:
    assert fits(party_words(asked), party_words(title)) is same


def test_a_question_off_the_corpus_is_not_answered(answerer: Answerer) -> None:
    answer = answerer.answer("What is the term of a design patent?")
    assert answer.status is AnswerStatus.ABSTAINED
    assert answer.sentences == ()
    assert answer.reason


def test_a_repealed_section_is_corrected_when_taken_for_granted_and_answered_when_asked(answerer: Answerer) -> None:
    taken = answerer.answer("What photograph must a speed camera take for the ticket to be valid under § 5-2-107?")
    assert taken.status is AnswerStatus.CORRECTED
    assert taken.sentences[0].citations[0].document == "franklin:code:5-2-107"
    assert "is repealed" in taken.reason
    asked = answerer.answer("Is the emergency stay of evictions in § 12-3-111 still in force?")
    assert asked.status is AnswerStatus.ANSWERED
    assert any("has expired" in warning for warning in asked.warnings)


def test_an_overruled_case_is_told_by_the_words_that_overrule_it(answerer: Answerer) -> None:
    answer = answerer.answer("Since Dunleavy is still good law, what evidence proves intent to abandon a water right?")
    assert answer.status is AnswerStatus.CORRECTED
    assert answer.sentences[0].text == "Dunleavy is overruled."
    assert answer.sentences[0].citations[0].document == "franklin:frsc:2013-frsc-041"
    assert answer.sentences[0].speaker.value == "majority"


def test_a_dissent_does_not_overrule(answerer: Answerer) -> None:
    answer = answerer.answer("Why did the Supreme Court overrule Penhallow in State v. Yarrow?")
    assert answer.status is AnswerStatus.CORRECTED
    assert all("overruled in all but name" not in sentence.text for sentence in answer.sentences)


def test_a_temporary_amendment_is_warned_of(answerer: Answerer) -> None:
    answer = answerer.answer("When does an order of curtailment take effect after it is mailed to holders?")
    assert "franklin:code:18-1-109" in answer.documents
    assert any("expires 2029-12-31" in warning for warning in answer.warnings)


def test_filters_keep_other_documents_out(answerer: Answerer, snapshot: Snapshot) -> None:
    answer = answerer.answer(DEPOSIT, filters=Filters(kind=("case",)))
    assert answer.documents
    assert all(snapshot.corpus.catalogue.entry(one).kind == "case" for one in answer.documents)


def test_an_empty_question_is_refused(answerer: Answerer) -> None:
    with pytest.raises(QueryError):
        answerer.answer("   ")


def test_the_stream_carries_what_the_answer_holds(answerer: Answerer) -> None:
    events = list(answerer.stream(DEPOSIT))
    assert (events[0][0], events[-1][0]) == ("hits", "done")
    done: Any = events[-1][1]
    assert done == answerer.answer(DEPOSIT).to_json()
    assert [value for name, value in events if name == "sentence"] == done["sentences"]
    assert [value["text"] for name, value in events if name == "warning"] == done["warnings"]
    assert SECTION in {hit["id"] for hit in events[0][1]}


# ---- with a scripted model


def test_an_honest_model_is_delivered_with_its_sources(snapshot: Snapshot) -> None:
    def honest(prompt: str) -> str:
        tag = tag_of(prompt, "Franklin Code § 12-3-105")
        return (
            f'The landlord must deliver the statement "[w]ithin 30 days after the tenancy ends" [{tag}]. '
            f'If a casualty has damaged the premises, "the period is 45 days" [{tag}].'
        )

    with scripted(replies(honest)) as server:
        answer = with_model(snapshot, server.address).answer(DEPOSIT)
    assert answer.status is AnswerStatus.ANSWERED
    assert answer.model == "scripted"
    assert len(answer.sentences) == 2
    assert_sound(answer, snapshot)
    assert answer.sentences[1].text == 'If a casualty has damaged the premises, "the period is 45 days".'
    assert answer.sentences[1].citations[0].quote == "the period is 45 days"
    assert answer.sentences[1].citations[0].document == SECTION


LIES: dict[str, Callable[[str], str]] = {
    "invented citation": lambda tag: f"Under 999 U.S. 9999 the landlord has 30 days [{tag}].",
    "invented tag": lambda tag: "The landlord has 30 days after the tenancy ends [77].",
    "no tag": lambda tag: "The landlord has 30 days after the tenancy ends.",
    "altered word": lambda tag: f'The deposit is due "within 13 days after the tenancy ends" [{tag}].',
    "altered figure": lambda tag: (
        f"The landlord shall deliver the statement within 60 days after the tenancy ends [{tag}]."
    ),
    "held but not retrieved": lambda tag: f"Under Franklin Code § 5-2-104 the landlord has 30 days [{tag}].",
    "turned round": lambda tag: f"A landlord may demand a deposit greater than two months' rent, not less [{tag}].",
    "made up": lambda tag: f"The tenant may paint the walls blue every summer [{tag}].",
    "link": lambda tag: f"See https://evil.example for the deposit within 30 days [{tag}].",
}


@pytest.mark.parametrize("name", LIES)
def test_a_lying_model_delivers_nothing(name: str, snapshot: Snapshot, answerer: Answerer) -> None:
    with scripted(replies(lambda prompt: LIES[name](tag_of(prompt, "Franklin Code § 12-3-105")))) as server:
        answer = with_model(snapshot, server.address).answer(DEPOSIT)
    assert answer.status is AnswerStatus.DEGRADED
    assert answer.model is None
    assert "could be verified" in answer.reason
    assert answer.sentences == answerer.answer(DEPOSIT).sentences


def test_of_a_mixed_reply_only_what_stands_is_delivered(snapshot: Snapshot) -> None:
    def mixed(prompt: str) -> str:
        tag = tag_of(prompt, "Franklin Code § 12-3-105")
        lies = " ".join(lie(tag) for lie in LIES.values())
        return f'{lies} The statement is due "[w]ithin 30 days after the tenancy ends" [{tag}]. {lies}'

    with scripted(replies(mixed)) as server:
        events = list(with_model(snapshot, server.address).stream(DEPOSIT))
    done: Any = events[-1][1]
    assert done["status"] == "answered"
    assert [value for name, value in events if name == "sentence"] == done["sentences"]
    assert [s["text"] for s in done["sentences"]] == ['The statement is due "[w]ithin 30 days after the tenancy ends".']


FAILURES: dict[str, Script] = {
    "cut off": cut_off("The landlord shall deliver"),
    "429": status(429, Retry_After="60"),
    "500": status(500),
    "garbage": garbage(b"<html>", "text/html"),
    "slow": stalls(20, "The landlord"),
    "says nothing that stands": says("I like turtles. " * 20),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_server_leaves_the_quoted_answer_marked(name: str, snapshot: Snapshot, answerer: Answerer) -> None:
    with scripted(FAILURES[name]) as server:
        events = list(with_model(snapshot, server.address, timeout=0.8).stream(DEPOSIT))
    done: Any = events[-1][1]
    quoted = answerer.answer(DEPOSIT).to_json()
    assert done["status"] == "degraded"
    assert done["sentences"] == quoted["sentences"]
    assert done["reason"]
    assert KEY not in str(events)
    assert any(name == "warning" and value["text"] == done["reason"] for name, value in events)


def test_a_server_that_is_down_leaves_the_quoted_answer_marked(snapshot: Snapshot) -> None:
    with scripted(says("x")) as server:
        address = server.address
    assert with_model(snapshot, address).answer(DEPOSIT).status is AnswerStatus.DEGRADED


def test_a_model_may_say_that_the_sources_do_not_answer(snapshot: Snapshot) -> None:
    with scripted(says(NO_ANSWER)) as server:
        answer = with_model(snapshot, server.address).answer(DEPOSIT)
    assert answer.status is AnswerStatus.ABSTAINED
    assert answer.sentences == ()


def test_no_model_is_asked_what_the_corpus_does_not_support(snapshot: Snapshot) -> None:
    with scripted(says("x")) as server:
        answer = with_model(snapshot, server.address).answer("What is the term of a design patent?")
        assert answer.status is AnswerStatus.ABSTAINED
        assert server.calls == []
        assert with_model(snapshot, server.address).answer(DEPOSIT, use_llm=False).status is AnswerStatus.ANSWERED
        assert server.calls == []


def test_the_prompt_holds_numbered_sources_between_lines_no_text_can_know(snapshot: Snapshot) -> None:
    with scripted(says(NO_ANSWER)) as server:
        asker = with_model(snapshot, server.address)
        asker.answer(DEPOSIT)
        asker.answer(DEPOSIT)
        first, second = (call.body["messages"] for call in server.calls)
    mark = re.search(r"=== SOURCE \w+ ===", first[0]["content"])
    assert mark
    assert mark.group() in first[1]["content"]
    assert mark.group() not in second[1]["content"]
    assert re.findall(r"^\[(\d+)\] ", first[1]["content"], re.M) == [
        str(n) for n in range(1, first[1]["content"].count(mark.group()) // 2 + 1)
    ]
    assert first[1]["content"].endswith(f"Question: {DEPOSIT}")
    assert len(first[1]["content"].split()) < 2_500
