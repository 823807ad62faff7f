"""Any OpenAI-compatible server (Ollama, vLLM, llama.cpp, OpenAI) as a stream of text that always ends.

A thread reads the network and the caller waits on a queue with a deadline: a server that stalls, trickles or never
stops cannot hold an answer. No message of an error holds the key, an address or what the server wrote.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openai

from app.config import LLMConfig
from scraper.errors import LLMError

MOST_TOKENS = 700  # asked of the server
MOST_CHARACTERS = 12_000  # accepted from it: servers have been seen to ignore max_tokens
CONNECT_SECONDS = 5.0
_NEXT = "The answer is quoted without a model instead: ask again, or look at LEXATLAS_LLM_BASE_URL and its server."


@dataclass(frozen=True, slots=True)
class _Failed:
    error: LLMError


class _Call:
    """One request as both threads see it: either may find the other done."""

    def __init__(self) -> None:
        self.stopped = False
        self._lock = threading.Lock()
        self._stream: Any = None

    def opened(self, stream: Any) -> None:
        """Keep the stream so that `stop` can hang up."""
        with self._lock:
            self._stream = stream
            if self.stopped:
                stream.close()

    def stop(self) -> None:
        """Hang up: a reader that waits for a silent server ends too."""
        with self._lock:
            self.stopped = True
            if self._stream is not None:
                self._stream.close()


class OpenAIClient:
    """Streams chat completions from one server; safe to share between threads."""

    def __init__(self, config: LLMConfig) -> None:
        self.model = config.model or "default"
        self._seconds = config.timeout
        self._client = openai.OpenAI(
            base_url=config.base_url,
            api_key=config.api_key or "none",  # the SDK wants one; local servers ask for none
            max_retries=0,
            timeout=openai.Timeout(config.timeout, connect=min(CONNECT_SECONDS, config.timeout)),
            http_client=openai.DefaultHttpxClient(follow_redirects=False),
        )

    def stream(self, messages: Sequence[Mapping[str, str]]) -> Iterator[str]:
        """Yield pieces of the reply as they come.

        Raises LLMError when the server is down, refuses, answers garbage or nothing, is cut off, or is not done
        within the timeout, which counts for the whole reply. Closing the iterator ends the request.
        """
        pieces: queue.Queue[str | _Failed | None] = queue.Queue()
        call = _Call()
        deadline = time.monotonic() + self._seconds
        threading.Thread(target=self._read, args=(messages, pieces, call), name="llm", daemon=True).start()
        received = 0
        try:
            while True:
                try:
                    piece = pieces.get(timeout=max(0.0, deadline - time.monotonic()))
                except queue.Empty:
                    raise LLMError(f"The model did not finish within {self._seconds:g} seconds. {_NEXT}") from None
                if isinstance(piece, _Failed):
                    raise piece.error
                if piece is None:
                    return
                received += len(piece)
                if received > MOST_CHARACTERS:
                    raise LLMError(f"The model wrote more than {MOST_CHARACTERS:,} characters. {_NEXT}")
                yield piece
        finally:
            call.stop()

    def _read(
        self, messages: Sequence[Mapping[str, str]], pieces: queue.Queue[str | _Failed | None], call: _Call
    ) -> None:
        try:
            self._forward(messages, pieces, call)
        except openai.APITimeoutError:
            pieces.put(_failed("The model's server did not answer in time."))
        except openai.APIConnectionError:
            pieces.put(_failed("The model's server cannot be reached."))
        except openai.APIStatusError as error:
            pieces.put(_failed(f"The model's server refused the call with status {error.status_code}."))
        except Exception as error:  # noqa: BLE001 - a thread hands all that it meets to its caller
            # The SDK checks nothing of a reply: garbage and broken connections show as errors of many kinds.
            what = "broke off or answered something that is no chat completion"
            pieces.put(_failed(f"The model's server {what} ({type(error).__name__})."))

    def _forward(
        self, messages: Sequence[Mapping[str, str]], pieces: queue.Queue[str | _Failed | None], call: _Call
    ) -> None:
        chat: Any = self._client.chat.completions
        finished = False
        with chat.create(
            model=self.model, messages=list(messages), stream=True, temperature=0, max_tokens=MOST_TOKENS
        ) as chunks:
            call.opened(chunks)
            for chunk in chunks:
                if call.stopped:
                    return
                for choice in chunk.choices[:1]:
                    text = choice.delta.content
                    if text is not None and not isinstance(text, str):
                        raise TypeError("content is no text")
                    if text:
                        pieces.put(text)
                    finished = finished or bool(choice.finish_reason)
        pieces.put(None if finished else _failed("The reply of the model's server was cut off or empty."))


def _failed(what: str) -> _Failed:
    return _Failed(LLMError(f"{what} {_NEXT}"))
