"""The outermost layer: headers on every response, the limit on bodies, and an answer to what nobody foresaw."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import BODY_LIMIT, TOO_LARGE, of_error, problem, respond
from scraper.errors import ConfigError

GENERATION_HEADER = "Lexatlas-Generation"
GENERATION_STATE = "generation"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_API = "/v1/"


class Edge:
    """ASGI middleware around everything else; it keeps no state between requests."""

    def __init__(self, app: ASGIApp, shared: bool = False) -> None:
        self._app = app
        # A browser lets no other origin read a response that says same-origin, whatever CORS allows.
        self._headers = {**_HEADERS, "Cross-Origin-Resource-Policy": "cross-origin"} if shared else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        path: str = scope["path"]
        started = False

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._dress(MutableHeaders(scope=message), scope, str(state.get(GENERATION_STATE, "")))
            await send(message)

        try:
            if _declared(scope) > BODY_LIMIT:
                await respond(problem(TOO_LARGE, TOO_LARGE.advice, path))(scope, receive, dressed)
            else:
                await self._app(scope, _limited(receive), dressed)
        except Exception as error:
            if started:
                raise  # too late for an answer: the connection must be seen to break
            await respond(of_error(error, path))(scope, receive, dressed)

    def _dress(self, headers: MutableHeaders, scope: Scope, generation: str) -> None:
        for name, value in self._headers.items():
            headers[name] = value
        if generation:
            headers[GENERATION_HEADER] = generation
        if scope["path"].startswith(_API):
            headers["X-Robots-Tag"] = "noindex"
            headers.setdefault("Cache-Control", "no-store")
        if scope.get("scheme") == "https":
            headers["Strict-Transport-Security"] = "max-age=31536000"


def _declared(scope: Scope) -> int:
    value = Headers(scope=scope).get("content-length", "0").lstrip("0")
    if not value.isascii() or not value.isdigit():
        return 0
    return int(value) if len(value) < 19 else BODY_LIMIT + 1


def _limited(receive: Receive) -> Receive:
    """Count what a chunked body, which declares no length, really brings."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > BODY_LIMIT:
            raise HTTPException(413)
        return message

    return counted


class WithoutQuery(logging.Filter):
    """Cuts the query string off the paths in the server's access log: queries are never logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, shortened."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.partition("?")[0] if isinstance(arg, str) and arg.startswith("/") else arg for arg in record.args
            )
        return True


_WITHOUT_QUERY = WithoutQuery()


def keep_queries_out_of_logs() -> None:
    """Make uvicorn's access log leave out query strings; doing it again changes nothing."""
    logging.getLogger("uvicorn.access").addFilter(_WITHOUT_QUERY)


def checked_origins(origins: tuple[str, ...]) -> list[str]:
    """Return the origins that may read the API from a browser; raise ConfigError for one that is no origin."""
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc or f"{parts.scheme}://{parts.netloc}" != origin:
            raise ConfigError(
                f"LEXATLAS_CORS_ORIGINS holds {origin!r}, which is no origin; write https://example.org without a path."
            )
    return list(origins)
