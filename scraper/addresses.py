"""Canonical addresses and the ones that are dialled: a mirror never enters what is stored."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

from scraper.errors import ConfigError
from scraper.interfaces import Source
from scraper.network import is_loopback, origin_of, without_dots

S = TypeVar("S", bound=Source)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Maps between a site's canonical origin and the place that is dialled for it (the same, without a mirror)."""

    origin: str  # canonical
    base: str  # what is dialled in place of the origin; no slash at the end

    @classmethod
    def of(cls, source: Source, base_url: str = "", canonical_url: str = "") -> Addresses:
        """Read the operator's choice; raise ConfigError for an address that cannot be a site."""
        origin = origin_of(canonical_url or source.origin)
        if not base_url:
            return cls(origin, origin)
        if is_local(base_url):
            return cls(origin, base_url.rstrip("/"))
        parts = urlsplit(base_url)
        if parts.query or parts.fragment or parts.username is not None:
            raise ConfigError(f"--base-url {base_url!r} must be a plain address such as http://127.0.0.1:8080/.")
        return cls(origin, origin_of(base_url) + parts.path.rstrip("/"))

    def dialled(self, url: str) -> str:
        """Return the address to fetch for a canonical one."""
        parts = urlsplit(url)
        return self.base + urlunsplit(("", "", parts.path or "/", parts.query, ""))

    def canonical(self, url: str) -> str:
        """Return the canonical address of one that was dialled, or `url` itself where it is not below the base."""
        if url == self.base or url.startswith(self.base + "/"):
            return self.origin + url.removeprefix(self.base)
        return url

    @property
    def host(self) -> str:
        """The host that is dialled."""
        return urlsplit(self.base).hostname or ""

    def is_own(self, own_hosts: tuple[str, ...] = ()) -> bool:
        """Tell whether the site that is dialled is the operator's: a folder, on this machine, or listed as own."""
        if is_local(self.base):
            return True
        own = {name.lower() for name in own_hosts}
        return is_loopback(self.host) or self.host in own or urlsplit(self.base).netloc in own


def is_local(base_url: str) -> bool:
    """Tell whether what stands in for a site is a folder of this machine (`file:///...`)."""
    return base_url.startswith("file:///")


def at_origin(source: S, origin: str) -> S:
    """Return the source speaking of another origin; the one that was given stays as it is."""
    if source.origin == origin:
        return source
    moved = copy.copy(source)
    moved.origin = origin
    return moved


def plain(url: str) -> str:
    """Return an address as the ledger keeps it: no fragment, no dots, the host in lower case, no default port.

    Raises ConfigError for what is no web address.
    """
    origin = origin_of(url)
    try:
        url.encode("utf-8")
    except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can hold
        raise ConfigError(f"{url!r} is no web address: it holds half a character.") from error
    parts = urlsplit(without_dots(url))
    return urlunsplit((*urlsplit(origin)[:2], parts.path or "/", parts.query, ""))


def same_page(first: str, second: str) -> bool:
    """Tell whether two addresses differ only as a file server adds a slash or an index page."""
    a, b = (urlsplit(url) for url in (first, second))
    trimmed = [parts.path.removesuffix("index.html").rstrip("/") for parts in (a, b)]
    return (a.scheme, a.netloc, a.query, trimmed[0]) == (b.scheme, b.netloc, b.query, trimmed[1])
