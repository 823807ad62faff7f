"""A chat completion server over real HTTP on loopback that does what a test scripts: answers, lies, stalls, breaks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[["Call"], None]


@dataclass
class Call:
    """One request being answered: its JSON body, its headers by name in lower case, and ways to write the reply."""

    body: dict[str, Any]
    headers: dict[str, str]
    handler: BaseHTTPRequestHandler

    def begin(self, status: int = 200, content_type: str = "text/event-stream", **headers: str) -> None:
        """Send the status line and headers."""
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", content_type)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()

    def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.handler.wfile.write(data)
        self.handler.wfile.flush()

    def piece(self, text: str | None, finish: str | None = None) -> None:
        """Send one chunk of a streamed reply."""
        chunk = {
            "id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted",
            "choices": [{"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}],
        }  # fmt: skip
        self.raw(b"data: " + json.dumps(chunk).encode() + b"\n\n")


@dataclass
class Server:
    """The running server; `calls` keeps what it was asked."""

    address: str
    calls: list[Call] = field(default_factory=list)


@contextmanager
def scripted(script: Script) -> Iterator[Server]:
    """Serve a script at `address`; the server is gone when the context ends."""
    server = Server("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            call = Call(body, {name.lower(): value for name, value in self.headers.items()}, self)
            server.calls.append(call)
            with suppress(BrokenPipeError, ConnectionResetError):  # the client hung up, as some tests want
                script(call)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    server.address = f"http://127.0.0.1:{httpd.server_address[1]}/v1"
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join(timeout=5)


def says(text: str, size: int = 7) -> Script:
    """Stream a text in small pieces and finish as a server should."""

    def script(call: Call) -> None:
        call.begin()
        for at in range(0, len(text), size):
            call.piece(text[at : at + size])
        call.piece(None, "stop")
        call.raw(b"data: [DONE]\n\n")

    return script


def replies(make: Callable[[str], str]) -> Script:
    """Stream what `make` returns for the last message of the request."""
    return lambda call: says(make(call.body["messages"][-1]["content"]))(call)


def cut_off(text: str) -> Script:
    """Stream a text and close the connection without an end."""

    def script(call: Call) -> None:
        call.begin()
        call.piece(text)

    return script


def stalls(seconds: float, first: str = "") -> Script:
    """Begin, perhaps say something, then keep the line alive with comments for some seconds and say no more."""

    def script(call: Call) -> None:
        call.begin()
        if first:
            call.piece(first)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            call.raw(b": keep-alive\n\n")
            time.sleep(0.05)

    return script


def status(code: int, body: str = '{"error": {"message": "no"}}', **headers: str) -> Script:
    """Refuse with a status."""

    def script(call: Call) -> None:
        call.begin(code, "application/json", **headers)
        call.raw(body.encode())

    return script


def garbage(data: bytes, content_type: str = "text/event-stream") -> Script:
    """Answer 200 with bytes that are no chat completion."""

    def script(call: Call) -> None:
        call.begin(200, content_type)
        call.raw(data)

    return script


def endless(text: str) -> Script:
    """Say the same thing for ever."""

    def script(call: Call) -> None:
        call.begin()
        while True:
            call.piece(text)

    return script
