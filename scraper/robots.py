"""What a site's robots.txt allows, by RFC 9309; Protego does the matching."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protego import Protego

MAX_BYTES = 1024 * 1024  # the RFC asks for 500 KiB at least; what comes after is not read
MAX_AGE = 24 * 3600.0  # seconds for which one copy may be used
PRODUCT = "lexatlas"  # the token that a site addresses us by


@dataclass(frozen=True)
class Robots:
    """The rules of one origin: `denied` says why nothing may be fetched, empty where the rules decide."""

    rules: Any = None
    denied: str = ""

    @classmethod
    def read(cls, body: bytes) -> Robots:
        """Read a robots.txt of any quality; what cannot be understood allows."""
        text = body[:MAX_BYTES].decode("utf-8-sig", "replace")
        return cls(Protego.parse(text))

    @classmethod
    def of_status(cls, status: int, body: bytes) -> Robots:
        """Return the rules that an answer means: 4xx allows all, 429 and 5xx deny all until it answers again."""
        if 200 <= status < 300:
            return cls.read(body)
        if 400 <= status < 500 and status != 429:
            return cls()
        return cls(denied=f"robots.txt answered {status}")

    def allows(self, url: str) -> bool:
        """Tell whether we may fetch an address."""
        if self.denied:
            return False
        return self.rules is None or bool(self.rules.can_fetch(url, PRODUCT))

    @property
    def crawl_delay(self) -> float | None:
        """Seconds that the site asks for between two requests, None where it does not say."""
        if self.rules is None:
            return None
        delay = self.rules.crawl_delay(PRODUCT)
        rate = self.rules.request_rate(PRODUCT)
        spread = rate.seconds / rate.requests if rate else None
        asked = [float(value) for value in (delay, spread) if value is not None]
        return max(asked) if asked else None
