"""The client against a scripted server over real HTTP: what it yields, and how every kind of failure ends."""

from __future__ import annotations

import threading
import time

import pytest

from app.answering.llm import MOST_CHARACTERS, OpenAIClient
from app.config import LLMConfig
from scraper.errors import LLMError
from tests.llm_server import Call, Script, cut_off, endless, garbage, says, scripted, stalls, status

KEY = "sk-very-secret-0123456789"
MESSAGES = [{"role": "user", "content": "A question."}]


def client(address: str, timeout: float = 5.0) -> OpenAIClient:
    return OpenAIClient(LLMConfig(address, "scripted", KEY, timeout))


def test_a_reply_arrives_piece_by_piece_and_whole() -> None:
    text = "A landlord shall return the deposit within 30 days [1]. § 7 – “quoted” – naïve."
    with scripted(says(text)) as server:
        pieces = list(client(server.address).stream(MESSAGES))
        assert len(pieces) > 5
        assert "".join(pieces) == text
        body = server.calls[0].body
        assert body["messages"] == MESSAGES
        assert body["stream"] is True
        assert body["temperature"] == 0
        assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_server_without_a_key_is_asked_without_one_of_ours() -> None:
    with scripted(says("Yes.")) as server:
        assert "".join(OpenAIClient(LLMConfig(server.address, "m", "", 5)).stream(MESSAGES)) == "Yes."


FAILURES: dict[str, Script] = {
    "429": status(429, Retry_After="60"),
    "500": status(500, f'{{"error": {{"message": "your key {KEY} is wrong"}}}}'),
    "401 that echoes the key": status(401, f'{{"error": {{"message": "Incorrect API key provided: {KEY}"}}}}'),
    "redirect": status(302, "", Location="http://127.0.0.1:9/v1/chat/completions"),
    "cut off": cut_off("A landlord shall"),
    "nothing": garbage(b""),
    "html": garbage(b"<html>It works!</html>", "text/html"),
    "broken JSON": garbage(b"data: {not json\n\n"),
    "other JSON": garbage(b'data: {"hello": "world"}\n\n'),
    "content that is no text": garbage(b'data: {"choices": [{"delta": {"content": [1, 2]}}]}\n\n'),
    "choices that are no list": garbage(b'data: {"choices": 7}\n\n'),
    "error event": garbage(b'event: error\ndata: {"error": {"message": "overloaded"}}\n\n'),
    "only the end": garbage(b"data: [DONE]\n\n"),
    "endless": endless("again and again and again and again. "),
}


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_is_an_llm_error_that_holds_neither_key_nor_address(name: str) -> None:
    with scripted(FAILURES[name]) as server, pytest.raises(LLMError) as caught:
        received = 0
        for piece in client(server.address).stream(MESSAGES):
            received += len(piece)
            assert received <= MOST_CHARACTERS
    shown = f"{caught.value!r} {caught.value.__cause__!r} {caught.value}"
    assert KEY not in shown
    assert "127.0.0.1" not in shown
    assert "quoted without a model" in str(caught.value)


def test_a_server_that_is_down_is_an_llm_error() -> None:
    with scripted(says("x")) as server:
        address = server.address
    with pytest.raises(LLMError, match="cannot be reached"):
        list(client(address).stream(MESSAGES))


@pytest.mark.parametrize("first", ["", "A landlord "])
def test_a_server_that_keeps_the_line_alive_is_left_at_the_deadline(first: str) -> None:
    with scripted(stalls(30, first)) as server:
        begun = time.monotonic()
        pieces = []
        with pytest.raises(LLMError, match=r"within 0\.4 seconds"):
            for piece in client(server.address, timeout=0.4).stream(MESSAGES):
                pieces.append(piece)
        assert time.monotonic() - begun < 15  # far from the 30 s that the server would take
        assert "".join(pieces) == first


def test_closing_the_stream_ends_the_request() -> None:
    hung_up = threading.Event()

    def script(call: Call) -> None:
        call.begin()
        try:
            for _ in range(10_000):
                call.piece("word ")
                time.sleep(0.002)
        except (BrokenPipeError, ConnectionResetError):
            hung_up.set()
            raise

    with scripted(script) as server:
        stream = client(server.address, timeout=30).stream(MESSAGES)
        assert next(stream) == "word "
        stream.close()  # type: ignore[attr-defined]
        assert hung_up.wait(10)


def test_a_stalled_request_is_hung_up_at_the_deadline() -> None:
    hung_up = threading.Event()

    def script(call: Call) -> None:
        call.begin()
        try:
            for _ in range(1_000):
                call.raw(b": keep-alive\n\n")
                time.sleep(0.02)
        except (BrokenPipeError, ConnectionResetError):
            hung_up.set()
            raise

    with scripted(script) as server:
        with pytest.raises(LLMError):
            list(client(server.address, timeout=0.3).stream(MESSAGES))
        assert hung_up.wait(10)


def test_the_configuration_does_not_show_its_key() -> None:
    assert KEY not in repr(LLMConfig("http://127.0.0.1/v1", "m", KEY))
