"""Reading a body without trusting it: zlib opens each piece within what is left of the cap."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import httpx

from scraper.errors import FetchFailed, FetchTooLarge

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def read_body(answer: httpx.Response, url: str, max_bytes: int, *, cut: bool = False) -> bytes:
    """Return a body decoded from its content coding, of at most `max_bytes` bytes.

    With `cut` what lies beyond the cap is dropped instead of refused. Raises FetchTooLarge for a larger body and for
    a coding that is not opened (stacked ones too), FetchFailed for one that is cut short or broken.
    """
    coding = answer.headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        pieces: Iterable[bytes] = answer.iter_raw()
    elif coding in _WINDOWS:
        pieces = _opened(answer.iter_raw(), url, _WINDOWS[coding], max_bytes)
    else:
        raise FetchTooLarge(f"{url} is packed as {coding!r}, which is not opened.", url=url, reason="encoding")
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > max_bytes:
            if cut:
                return bytes(body[:max_bytes])
            raise FetchTooLarge(f"{url} is larger than {max_bytes:,} bytes.", url=url, reason="too-large")
    return bytes(body)


def _opened(pieces: Iterable[bytes], url: str, window: int, max_bytes: int) -> Iterable[bytes]:
    """Yield decompressed pieces, each at most one byte above the cap; raise FetchFailed where the end is missing."""
    engine = zlib.decompressobj(window)
    began = False
    try:
        for piece in pieces:
            rest = piece
            while rest:
                if engine.eof:  # a further gzip member
                    engine = zlib.decompressobj(window)
                began = True
                yield engine.decompress(rest, max_bytes + 1)
                rest = engine.unused_data if engine.eof else engine.unconsumed_tail
    except zlib.error as error:
        raise FetchFailed(f"{url} is badly packed ({error}).", url=url, reason="encoding") from error
    if began and not engine.eof:
        raise FetchFailed(f"{url} was cut short.", url=url, reason="truncated")
