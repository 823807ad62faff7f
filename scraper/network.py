"""The way to the network: an httpx transport that dials only addresses it has checked, within a deadline.

A name is resolved once for each connection; every address it has must be public, or its origin be permitted; and
the address that was checked is the one that is dialled, so that no second answer of a name server can slip in.
"""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpcore
import httpx

from scraper.errors import ConfigError, FetchRefused

Resolve = Callable[[str, int], list[str]]
PORTS = {"http": 80, "https": 443}
CONNECT_SECONDS = RESOLVE_SECONDS = 10.0
_DOT = re.compile(r"%2e", re.IGNORECASE)
_DOTS = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)
_MOST_HEAD = 256 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*(?=\r\n|$)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_INTERIM = re.compile(rb"HTTP/1\.[01] 1\d\d")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64: the last 32 bits are the address that is reached
# What Python's own tables still call global: protocol assignments (a cloud's metadata service lives there), the former
# anycast of 6to4, translations that a network defines for itself, and what was site-local.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "::ffff:0:0:0/96", "fec0::/10", "3fff::/20", "5f00::/16",
    )
)  # fmt: skip


def origin_of(url: str) -> str:
    """Return "scheme://host[:port]", lower case, no default port; raise ConfigError for anything but http(s)."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme.lower() not in PORTS or not host:
        raise ConfigError(f"{url!r} is not an address of a site. Write it like https://example.org/.")
    scheme = parts.scheme.lower()
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port in {None, PORTS[scheme]} else f"{scheme}://{shown}:{port}"


def without_dots(url: str) -> str:
    """Return an address with the "." and ".." of its path resolved, as a server will, so that rules see where it leads.

    By RFC 3986, 5.2.4; percent-encoded dots are dots too.
    """
    parts = urlsplit(url)
    segments = [_DOT.sub(".", segment) if _DOTS.fullmatch(segment) else segment for segment in parts.path.split("/")]
    kept: list[str] = []
    for segment in segments[1:]:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return urlunsplit(parts._replace(path="/" + "/".join(kept))) if kept != segments[1:] else url


def host_and_port(origin: str) -> tuple[str, int]:
    """Return what is dialled for an origin."""
    parts = urlsplit(origin)
    return parts.hostname or "", parts.port or PORTS[parts.scheme]


def system_resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host as the system knows them, in the order to try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Tell whether an IP address is out on the public internet, seen through every way of wrapping IPv4 in IPv6."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _TRANSLATED or int(ip) >> 32 == 0:  # ::a.b.c.d is the oldest wrapping
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    reserved = any(ip in network for network in _NOT_PUBLIC if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not reserved


def is_loopback(host: str) -> bool:
    """Tell whether a host, as written in a URL, is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Deadline:
    """How long one page may still keep the wire busy; each thread has its own."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def until(self, end: float) -> Iterator[None]:
        """Let everything in this thread end at `end` (monotonic seconds)."""
        self._local.end = end
        try:
            yield
        finally:
            self._local.end = None

    def limit(self, timeout: float | None) -> float:
        """Return the seconds that one step may take; raise httpcore.ReadTimeout where none are left."""
        end: float | None = getattr(self._local, "end", None)
        if end is None:
            return CONNECT_SECONDS if timeout is None else timeout
        left = end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("The page's deadline has passed.")
        return left if timeout is None else min(left, timeout)


class _Announced:
    """Holds what arrives for one answer against the length that its head announces.

    A body longer than announced would be cut by whoever reads it, and taken for whole.
    """

    def __init__(self) -> None:
        self._head: bytes | None = b""  # as far as it has arrived, None once it is known
        self._left: int | None = None  # bytes of the body still to come, None where no length was announced

    def take(self, data: bytes) -> None:
        """Raise httpcore.RemoteProtocolError where more arrives than the head said."""
        if self._head is not None:
            data = self._read_head(self._head + data)
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0 and data[self._left :].strip():
                raise httpcore.RemoteProtocolError("The body is longer than its Content-Length.")

    def _read_head(self, data: bytes) -> bytes:
        """Read a head, if it has arrived, and return what follows it."""
        while True:
            head, end, rest = data.partition(b"\r\n\r\n")
            if not end:
                self._head = data if len(data) <= _MOST_HEAD else None
                return b""
            if not _INTERIM.match(head):
                break
            data = rest  # thousands of interim answers may arrive at once
        length = None if _CHUNKED.search(head) else _LENGTH.search(head)
        self._head, self._left = None, int(length[1]) if length else None
        return rest


class _TimedStream(httpcore.NetworkStream):
    """A connection of which every step ends at the thread's deadline, however slowly bytes drip in."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline, self._announced = inner, deadline, _Announced()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._deadline.limit(timeout))
        self._announced.take(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._announced = _Announced()  # of the answer to this
        self._inner.write(buffer, self._deadline.limit(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit = self._deadline.limit(timeout)
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, limit), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _CheckedBackend(httpcore.NetworkBackend):
    """Dials hosts whose every address is public, or whose (host, port) is permitted; never a socket file."""

    def __init__(
        self, permitted: frozenset[tuple[str, int]], resolve: Resolve, deadline: Deadline, dial: httpcore.NetworkBackend
    ) -> None:
        self._permitted, self._resolve, self._deadline, self._dial = permitted, resolve, deadline, dial

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port, min(self._deadline.limit(timeout), RESOLVE_SECONDS))
        if (host, port) not in self._permitted:
            for address in addresses:
                if not is_public(address):
                    raise FetchRefused(
                        f"{host} leads to {address}, which is not public. If it is your own, list its origin.",
                        reason="private-address",
                    )
        failure: Exception = httpcore.ConnectError(f"The name {host} has no address.")
        for address in addresses:
            try:
                limit = min(self._deadline.limit(timeout), CONNECT_SECONDS)
                stream = self._dial.connect_tcp(address, port, limit, local_address, socket_options)
                return _TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int, seconds: float) -> list[str]:
        """Resolve a name within a time: the system's resolver takes none, and may hang for minutes.

        It is asked in a thread of its own, which is left behind where it does not answer.
        """
        answer: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                answer.put(error)

        threading.Thread(target=ask, name="resolve", daemon=True).start()
        try:
            found = answer.get(timeout=seconds)
        except queue.Empty as error:
            raise httpcore.ConnectTimeout(f"The name {host} was not resolved within {seconds:.0f} s.") from error
        if isinstance(found, Exception):
            raise httpcore.ConnectError(f"The name {host} has no address ({found}).") from found
        return found


class CheckedTransport(httpx.BaseTransport):
    """An httpx transport over checked, timed connections; no proxies, no environment, HTTP/1.1."""

    def __init__(
        self,
        permitted: Iterable[str],
        deadline: Deadline,
        resolve: Resolve = system_resolve,
        dial: httpcore.NetworkBackend | None = None,
    ) -> None:
        origins = frozenset(host_and_port(origin_of(url)) for url in permitted)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            network_backend=_CheckedBackend(origins, resolve, deadline, dial or httpcore.SyncBackend()),
            keepalive_expiry=30.0,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; raises httpcore's errors and FetchRefused."""
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
