"""Polite and safe HTTP: the only part of the scraper that uses the network.

Polite: robots.txt, a gap after each answer of a host, few requests in parallel, Retry-After, back-off with jitter,
conditional requests, a contact in the User-Agent. Safe: http(s) only, checked addresses, redirects that stay on the
host, a deadline for the whole page, and bodies opened piece by piece so that no bomb goes off.
"""

from __future__ import annotations

import math
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
import stamina
from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from scraper.bodies import read_body
from scraper.database import utc_now
from scraper.errors import ConfigError, FetchError, FetchFailed, FetchRefused, FetchTimeout
from scraper.network import CheckedTransport, Deadline, Resolve, origin_of, system_resolve, without_dots
from scraper.robots import MAX_AGE, MAX_BYTES, Robots

RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
RETURNED = frozenset({200, 203, 304, 404, 410})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OURS = frozenset({"host", "user-agent", "accept-encoding", "connection", "cookie", "content-length"})
_ROBOTS_TRIES = 3
_LOOK = 1.0  # seconds of a wait after which somebody may have cancelled it
_DENIAL_SECONDS = 600.0  # a robots.txt that could not be read is asked for again after so long


@dataclass(frozen=True, slots=True)
class FetchConfig:
    """How pages are fetched; times in seconds, sizes in bytes.

    `delay` is the gap after an answer before the next request to the same host, unless `Fetcher.pace` sets another.
    `timeout_total` bounds the time on the wire for one page, all hops and tries together, and for all parts of a
    page (`Fetcher.together`); waits that the site asks for are not counted, but none may be longer than `max_wait`.
    `allow_private` lists origins that may be dialled though their addresses are not public.
    """

    user_agent: str = "Lexatlas/0.1"
    contact: str = ""
    delay: float = 1.0
    timeout_total: float = 60.0
    max_bytes: int = 16 * 1024 * 1024
    max_hops: int = 5
    tries: int = 5
    backoff: float = 0.5
    max_wait: float = 300.0
    parallel_per_host: int = 2
    allow_private: tuple[str, ...] = ()
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)  # by origin


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to tell later whether a page has changed; empty where it gave nothing."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """Return the headers of a conditional request."""
        both = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        # HTTP lets a server send other letters there, but not us: such a page is asked for whole.
        return {name: value for name, value in both.items() if value and value.isascii()}


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """One answer: 200, 304 (no body), 404 or 410. `body` is decoded from its transfer; header names in lower case."""

    requested: str
    url: str  # where the redirects ended
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    hops: tuple[str, ...] = ()
    request_headers: Mapping[str, str] = field(default_factory=dict)


class Fetcher:
    """Fetches pages politely and safely; may be shared between threads."""

    def __init__(
        self,
        config: FetchConfig,
        clock: Callable[[], datetime] = utc_now,
        resolve: Resolve = system_resolve,
        dial: httpcore.NetworkBackend | None = None,
    ) -> None:
        # Retries are logged the plain way: the library's default would print them on standard output.
        set_on_retry_hooks([LoggingOnRetryHook])
        self.config = config
        self._clock = clock
        self._deadline = Deadline()
        contact = config.contact or f"operator@{socket.gethostname()}"
        if not (contact.isascii() and contact.isprintable()):
            raise ConfigError(
                f"The contact {contact!r} cannot be sent to a site; write LEXATLAS_CONTACT in plain ASCII letters."
            )
        self._client = httpx.Client(
            transport=CheckedTransport(config.allow_private, self._deadline, resolve, dial),
            headers={
                "User-Agent": f"{config.user_agent} (+{contact})",
                "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "Accept-Encoding": "gzip",
            },
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
            follow_redirects=False,
        )
        self._secrets = {origin_of(origin): _sendable(sent) for origin, sent in config.headers.items()}
        self._is_over: Callable[[], bool] = lambda: False
        self._lock = threading.Lock()
        self._pacers: dict[str, _Pacer] = {}
        self._robots: dict[str, tuple[float, Robots]] = {}
        self._shared = threading.local()

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def pace(self, url: str, delay: float) -> None:
        """Set the gap (seconds) after each answer of the host of `url`."""
        self._pacer(url).keep(delay)

    def watch(self, is_over: Callable[[], bool]) -> None:
        """Ask `is_over` each second of a wait; where it says so, the page is given up with the reason "cancelled"."""
        self._is_over = is_over

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all pages that this thread gets inside share the time of one: they are parts of one document."""
        self._shared.budget = _Budget(self.config.timeout_total)
        try:
            yield
        finally:
            del self._shared.budget

    def robots(self, url: str) -> Robots:
        """Return the rules of the origin of `url`, fetched at most once a day."""
        origin = origin_of(url)
        with self._lock:
            found = self._robots.get(origin)
        if found and time.monotonic() - found[0] < (_DENIAL_SECONDS if found[1].denied else MAX_AGE):
            return found[1]
        robots = self._fetch_robots(origin)
        with self._lock:
            self._robots[origin] = (time.monotonic(), robots)
        return robots

    def get(self, url: str, conditional: Validators | None = None) -> FetchedPage:
        """Fetch a page that robots.txt allows.

        Raises FetchRefused (never retried), FetchTooLarge, FetchTimeout, or FetchFailed after all tries.
        """
        headers = conditional.headers() if conditional else {}
        page = self._with_retries(url, headers, self.config.tries, robots=True, max_bytes=self.config.max_bytes)
        if page.status not in RETURNED:
            raise FetchFailed(
                f"{url} answered {page.status}.", url=url, reason=f"status-{page.status}", status=page.status
            )
        return page

    def _fetch_robots(self, origin: str) -> Robots:
        url = origin + "/robots.txt"
        try:
            page = self._with_retries(url, {}, _ROBOTS_TRIES, robots=False, max_bytes=MAX_BYTES)
        except FetchRefused as error:
            if error.reason in {"hops", "redirect"}:
                return Robots()  # the RFC: a robots.txt behind too many redirects counts as none
            raise
        except FetchFailed as error:
            if error.status:
                return Robots.of_status(error.status, b"")
            return Robots(denied=f"robots.txt cannot be reached ({error})")
        except FetchError as error:
            return Robots(denied=f"robots.txt cannot be reached ({error})")
        return Robots.of_status(page.status, page.body)

    def _with_retries(
        self, url: str, headers: Mapping[str, str], tries: int, *, robots: bool, max_bytes: int
    ) -> FetchedPage:
        budget = (getattr(self._shared, "budget", None) if robots else None) or _Budget(self.config.timeout_total)
        for attempt in stamina.retry_context(
            on=_is_passing, attempts=tries, timeout=None, wait_initial=0, wait_max=0, wait_jitter=0
        ):
            if attempt.num > 1:
                self._back_off(url, attempt.num - 2)
            with attempt:
                return self._follow(url, headers, budget, robots=robots, max_bytes=max_bytes)
        raise AssertionError("The last try either returns or raises.")

    def _back_off(self, url: str, doublings: int) -> None:
        """Wait before the next try, longer each time; raise FetchRefused where the run was cancelled meanwhile."""
        until = time.monotonic() + self.config.backoff * 2**doublings + random.uniform(0, self.config.backoff)
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK))
            if self._is_over():
                raise _given_up(url)

    def _follow(
        self, url: str, headers: Mapping[str, str], budget: _Budget, *, robots: bool, max_bytes: int
    ) -> FetchedPage:
        """Fetch a page and the pages that it redirects to, each hop checked like the first."""
        here, hops = url, list[str]()
        while True:
            _check_address(url, here)
            here = without_dots(here)
            if robots:
                self._ask_robots(url, here)
            page = self._request(url, here, headers, budget, max_bytes, cut=not robots)
            if page.status not in _REDIRECTS or "location" not in page.headers:
                return FetchedPage(
                    url, here, page.status, page.headers, page.body, page.fetched_at, tuple(hops), page.request_headers
                )
            if len(hops) == self.config.max_hops:
                raise FetchRefused(f"{url} redirects more than {self.config.max_hops} times.", url=url, reason="hops")
            hops.append(here)
            here = _next_hop(url, here, page.headers["location"], may_leave=not robots)

    def _ask_robots(self, page_url: str, url: str) -> None:
        rules = self.robots(url)
        if rules.denied:
            said = f"Nothing of this site may be fetched: {rules.denied}."
            raise FetchRefused(said, url=page_url, reason="robots-down")
        if not rules.allows(url):
            raise FetchRefused(f"robots.txt does not allow {url}.", url=page_url, reason="robots")

    def _request(
        self, page_url: str, url: str, headers: Mapping[str, str], budget: _Budget, max_bytes: int, *, cut: bool
    ) -> FetchedPage:
        """Send one request and read its body; status and transport faults become errors of ours."""
        pacer = self._pacer(url)
        secret = {} if cut else self._secrets.get(origin_of(url), {})
        with (
            pacer.turn(page_url, self.config.max_wait, self._is_over),
            budget.spending(page_url),
            self._deadline.until(budget.end),
        ):
            fetched_at = self._clock()
            try:
                with self._client.stream("GET", url, headers={**headers, **secret}) as answer:
                    known = {name.lower(): value for name, value in answer.headers.items()}
                    self._raise_if_passing(page_url, answer.status_code, known, pacer)
                    body = read_body(answer, url, max_bytes, cut=cut)
                    sent = {name: value for name, value in answer.request.headers.items() if name not in secret}
            except FetchError as error:
                error.url = page_url
                raise
            except (httpcore.TimeoutException, httpx.TimeoutException) as error:
                if budget.is_spent():
                    raise budget.timeout(page_url) from error
                raise FetchFailed(f"{url} does not answer ({error}).", url=page_url, reason="timeout") from error
            except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, httpx.InvalidURL) as error:
                raise FetchFailed(f"{url} cannot be fetched ({error}).", url=page_url, reason="transport") from error
        return FetchedPage(page_url, url, answer.status_code, known, body, fetched_at, (), sent)

    def _raise_if_passing(self, url: str, status: int, headers: Mapping[str, str], pacer: _Pacer) -> None:
        """Raise FetchFailed for a status that may pass, after noting how long the host wants to be left alone."""
        if status not in RETRIED:
            return
        if "retry-after" in headers:
            pacer.hold(_seconds_until(headers["retry-after"], self._clock()))
        raise FetchFailed(f"{url} answered {status}.", url=url, reason=f"status-{status}", status=status)

    def _pacer(self, url: str) -> _Pacer:
        host = urlsplit(url).hostname or ""
        with self._lock:
            return self._pacers.setdefault(host, _Pacer(self.config.parallel_per_host, self.config.delay))


class _Pacer:
    """Turns of one host: a gap after each answer, and few requests at once (one, where there is a gap).

    The gap runs from the end of an answer, so that no delay on the way can make two requests arrive too close
    together; a window of requests for each second, as limiters count it, could.
    """

    def __init__(self, parallel: int, gap: float) -> None:
        self.gap = gap
        self._parallel = parallel
        self._active = 0
        self._free_at = self._ended = -math.inf
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, url: str, max_wait: float, is_over: Callable[[], bool]) -> Iterator[None]:
        """Wait for a turn and hold it.

        Raises FetchFailed where the site asked for a wait above `max_wait` seconds, FetchRefused where it is over.
        """
        with self._changed:
            while True:
                wait = self._free_at - time.monotonic()
                if wait > max_wait + self.gap:
                    said = f"The site asks to be left alone for {wait:.0f} seconds; run again after that."
                    raise FetchFailed(said, url=url, reason="retry-after")
                if wait <= 0 and self._active < (1 if self.gap > 0 else self._parallel):
                    break
                self._changed.wait(min(wait, _LOOK) if wait > 0 else _LOOK)
                if is_over():
                    raise _given_up(url)
            self._active += 1
        try:
            yield
        finally:
            with self._changed:
                self._active -= 1
                self._ended = time.monotonic()
                self._free_at = max(self._free_at, self._ended + self.gap)
                self._changed.notify_all()

    def keep(self, gap: float) -> None:
        """Set the gap, a longer one after the last answer too: robots.txt tells of it, and is an answer itself."""
        with self._changed:
            self.gap = gap
            self._free_at = max(self._free_at, self._ended + gap)

    def hold(self, seconds: float) -> None:
        """Send nothing more for so long."""
        with self._changed:
            self._free_at = max(self._free_at, time.monotonic() + seconds)


class _Budget:
    """The time on the wire that a page has left; waiting for a turn does not count."""

    def __init__(self, seconds: float) -> None:
        self._seconds = self._left = seconds
        self.end = math.inf

    @contextmanager
    def spending(self, url: str) -> Iterator[None]:
        """Count the time inside; raise FetchTimeout where none is left."""
        if self._left <= 0:
            raise self.timeout(url)
        start = time.monotonic()
        self.end = start + self._left
        try:
            yield
        finally:
            self._left -= time.monotonic() - start

    def is_spent(self) -> bool:
        """Tell whether the time has run out."""
        return time.monotonic() >= self.end

    def timeout(self, url: str) -> FetchTimeout:
        """Return the error that says so."""
        return FetchTimeout(f"{url} took more than {self._seconds:g} seconds in all.", url=url, reason="deadline")


def _given_up(url: str) -> FetchRefused:
    return FetchRefused(f"{url} was given up: the run was cancelled.", url=url, reason="cancelled")


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with names in lower case; raise ConfigError, which shows no value, for what cannot be sent."""
    found = {name.lower(): value for name, value in headers.items()}
    for name, value in found.items():
        if name in _OURS or not (name + value).isascii() or not (name + value).isprintable() or value != value.strip():
            raise ConfigError(f"The header {name!r} cannot be sent as it is set; check its value for stray characters.")
    return found


def _is_passing(error: Exception) -> bool:
    """Tell whether another try may help: transport faults and statuses that pass, but not a host on hold."""
    if not isinstance(error, FetchFailed) or error.reason == "retry-after":
        return False
    return error.status == 0 or error.status in RETRIED


def _check_address(page_url: str, url: str) -> None:
    """Raise FetchRefused for what is no web address, or one that carries a password."""
    try:
        origin_of(url)
    except ConfigError as error:
        raise FetchRefused(f"{url!r} is not a web address.", url=page_url, reason="scheme") from error
    if urlsplit(url).username is not None:
        raise FetchRefused(f"{url} carries a name and password, which are never sent.", url=page_url, reason="login")


def _next_hop(page_url: str, here: str, location: str, *, may_leave: bool) -> str:
    """Return where a redirect leads; raise FetchRefused unless it stays on the host (an upgrade to https is fine)."""
    try:
        there = urljoin(here, location)
        old, new = urlsplit(origin_of(here)), urlsplit(origin_of(there))
    except (ConfigError, ValueError) as error:
        said = f"{page_url} redirects to {location!r}, which is no web address."
        raise FetchRefused(said, url=page_url, reason="redirect") from error
    same = (old.scheme, old.netloc) == (new.scheme, new.netloc)
    upgrade = (old.scheme, new.scheme) == ("http", "https") and old.netloc == new.netloc and old.port is None
    if not (same or upgrade or may_leave):
        raise FetchRefused(f"{page_url} redirects to another host, {new.netloc}.", url=page_url, reason="other-host")
    return there


def _seconds_until(retry_after: str, now: datetime) -> float:
    """Return how long a Retry-After asks to wait: seconds or a date; one that cannot be read asks for nothing."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0
