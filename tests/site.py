"""A local site for tests: real HTTP on loopback, static pages, misbehaviour on request, and a log of requests.

    with Site() as site:
        site.page("/a/", "<p>text</p>")
        site.fault("/b/", drip(b"x" * 100, seconds=0.1))
        ... site.url, site.log ...

`Site(folder=PATH)` serves a folder like a static file server: index.html for folders, a redirect where the slash
is missing, Last-Modified from the file's time. `python -m tests.site FOLDER [PORT]` serves one until it is killed.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import unquote, urlsplit

Fault = Callable[["Handler"], None]


@dataclass
class Logged:
    """One request as the site saw it, from the moment it arrives: times in monotonic seconds, headers in lower case."""

    path: str
    headers: Mapping[str, str]
    began: float
    in_flight: int  # requests under way when this one arrived, itself included
    status: int = 0  # 0 until a status line is sent
    ended: float = 0.0


@dataclass
class Static:
    """A page with its validators; `gzipped` sends it packed."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    modified: float | None = None
    etag: bool = True
    gzipped: bool = False


class Site:
    """A site on a free port of 127.0.0.1 (or the one given); a context manager."""

    def __init__(self, folder: Path | None = None, port: int = 0, host: str = "127.0.0.1") -> None:
        self.folder = folder
        self.log: list[Logged] = []
        self._pages: dict[str, Static | Fault] = {}
        self._lock = threading.Lock()
        self._in_flight = 0
        self._server = _Server((host, port), Handler)
        self._server.site = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.port: int = self._server.server_address[1]
        self.origin = f"http://{host}:{self.port}"
        self.url = self.origin + "/"

    def __enter__(self) -> Site:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self, path: str, body: str | bytes, **options: object) -> None:
        """Put a page in place; `options` are the fields of `Static`."""
        raw = body.encode() if isinstance(body, str) else body
        self._pages[path] = Static(raw, **options)  # type: ignore[arg-type]

    def fault(self, path: str, *faults: Fault) -> None:
        """Misbehave at a path: the faults in turn, one a request, the last for ever after."""
        left = list(faults)

        def one(handler: Handler) -> None:
            with self._lock:
                fault = left.pop(0) if len(left) > 1 else left[0]
            fault(handler)

        self._pages[path] = one

    def remove(self, path: str) -> None:
        """Take a page away: it answers 404."""
        self._pages.pop(path, None)

    def asked(self, path: str | None = None) -> list[Logged]:
        """Return the requests for a path, or all but those for robots.txt, in order of arrival."""
        chosen = [row for row in list(self.log) if (row.path == path if path else row.path != "/robots.txt")]
        return sorted(chosen, key=lambda row: row.began)

    def find(self, path: str) -> Static | Fault | None:
        """Return what lies at a path of the site: a page in place, else a file of the folder."""
        found = self._pages.get(path)
        if found is not None or self.folder is None:
            return found
        target = (self.folder / unquote(urlsplit(path).path).lstrip("/")).resolve()
        if not target.is_relative_to(self.folder.resolve()):
            return None
        if target.is_dir():
            if not urlsplit(path).path.endswith("/"):
                return redirect(urlsplit(path).path + "/")
            target = target / "index.html"
        if not target.is_file():
            return None
        kind = mimetypes.guess_type(target.name)[0] or "text/html"
        stat = target.stat()
        return Static(target.read_bytes(), headers={"Content-Type": kind}, modified=stat.st_mtime, etag=False)

    def enter(self, path: str, headers: Mapping[str, str]) -> Logged:
        """Log a request that arrives."""
        with self._lock:
            self._in_flight += 1
            row = Logged(path, headers, time.monotonic(), self._in_flight)
            self.log.append(row)
            return row

    def leave(self, row: Logged) -> None:
        """Note that a request has ended."""
        with self._lock:
            self._in_flight -= 1
            row.ended = time.monotonic()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that hang up are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    """Answers from the site's pages and folder; faults write to it as they like."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for head and body, or Nagle's algorithm holds the body back
    disable_nagle_algorithm = True
    server: _Server
    row: Logged

    def do_GET(self) -> None:
        """Answer one request and log it."""
        site = self.server.site
        self.row = site.enter(self.path, {name.lower(): value for name, value in self.headers.items()})
        try:
            found = site.find(self.path)
            if isinstance(found, Static):
                self.static(found)
            elif found is not None:
                found(self)
            else:
                self.static(Static(b"<h1>Not found</h1>", 404, etag=False))
            self.wfile.flush()
        except OSError:
            self.close_connection = True
        finally:
            site.leave(self.row)

    def static(self, page: Static) -> None:
        """Answer with a page, or with 304 where the client's copy is good."""
        etag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"' if page.etag and page.status == 200 else ""
        headers = {"Content-Type": "text/html; charset=utf-8", **page.headers}
        if etag:
            headers["ETag"] = etag
        if page.modified is not None:
            headers["Last-Modified"] = formatdate(int(page.modified), usegmt=True)
        if self._is_fresh(etag, page.modified):
            self.head(304, {name: value for name, value in headers.items() if name != "Content-Type"})
            return
        body = gzip.compress(page.body, mtime=0) if page.gzipped else page.body
        if page.gzipped:
            headers["Content-Encoding"] = "gzip"
        self.head(page.status, {**headers, "Content-Length": str(len(body))})
        self.wfile.write(body)

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send a status line and headers."""
        self.row.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing; the site has its own log."""

    def _is_fresh(self, etag: str, modified: float | None) -> bool:
        asked = self.headers.get("If-None-Match")
        if asked is not None and etag:
            return asked == etag
        since = self.headers.get("If-Modified-Since")
        return since is not None and modified is not None and int(modified) <= parsedate_to_datetime(since).timestamp()


# ---- faults ---------------------------------------------------------------------------------------------


def answer(status: int, body: bytes = b"", **headers: str) -> Fault:
    """Answer with a status; header names are written with underscores."""

    def fault(handler: Handler) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        handler.head(status, {"Content-Type": "text/html", "Content-Length": str(len(body)), **named})
        handler.wfile.write(body)

    return fault


def redirect(location: str, status: int = 301) -> Fault:
    """Answer with a redirect."""
    return answer(status, Location=location)


def truncate(body: bytes, keep: int) -> Fault:
    """Announce a body whole, send `keep` bytes of it and hang up."""

    def fault(handler: Handler) -> None:
        handler.head(200, {"Content-Type": "text/html", "Content-Length": str(len(body))})
        handler.wfile.write(body[:keep])
        handler.close_connection = True

    return fault


def overlong(body: bytes, announced: int) -> Fault:
    """Announce less than what is sent, so that a client that believes it takes a part for the whole."""

    def fault(handler: Handler) -> None:
        handler.head(200, {"Content-Type": "text/html", "Content-Length": str(announced)})
        handler.wfile.write(body)
        handler.close_connection = True

    return fault


def cut_chunk(body: bytes) -> Fault:
    """Send chunks and hang up before the last."""

    def fault(handler: Handler) -> None:
        handler.head(200, {"Content-Type": "text/html", "Transfer-Encoding": "chunked"})
        handler.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
        handler.close_connection = True

    return fault


def reset(handler: Handler) -> None:
    """Break the connection off hard."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def drip(body: bytes, seconds: float) -> Fault:
    """Send a body byte by byte, so many seconds apart."""

    def fault(handler: Handler) -> None:
        handler.head(200, {"Content-Type": "text/html", "Content-Length": str(len(body))})
        for byte in body:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(seconds)

    return fault


def stall(seconds: float) -> Fault:
    """Say nothing for so long, then hang up."""

    def fault(handler: Handler) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return fault


def gzip_bomb(size: int, layers: int = 1) -> Fault:
    """Send `size` zero bytes packed as gzip, `layers` times over."""
    body = b"".join(_packed_zeros(size))
    for _ in range(layers - 1):
        body = gzip.compress(body)
    return answer(200, body, Content_Encoding=", ".join(["gzip"] * layers))


def endless(handler: Handler) -> None:
    """Send chunks until the client hangs up."""
    handler.head(200, {"Content-Type": "text/html", "Transfer-Encoding": "chunked"})
    while True:
        handler.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def _packed_zeros(size: int) -> Iterator[bytes]:
    import zlib

    engine = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    block = bytes(1024 * 1024)
    for _ in range(size // len(block)):
        yield engine.compress(block)
    yield engine.flush()


def main() -> None:
    """Serve a folder until killed; prints the address first."""
    with Site(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0) as site:
        print(site.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
