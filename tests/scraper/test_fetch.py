"""The fetcher against a site that misbehaves, over real connections."""

from __future__ import annotations

import gzip
import itertools
import resource
import threading
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpcore
import pytest

from scraper.errors import ConfigError, FetchError, FetchFailed, FetchRefused, FetchTimeout, FetchTooLarge
from scraper.fetch import FetchConfig, Fetcher, Validators
from scraper.network import without_dots
from tests.scraper.toy import quick
from tests.site import (
    Fault,
    Handler,
    Site,
    answer,
    cut_chunk,
    drip,
    endless,
    gzip_bomb,
    overlong,
    redirect,
    reset,
    stall,
    truncate,
)


def fetch(site: Site, path: str, conditional: Validators | None = None, **config: Any) -> Any:
    with Fetcher(quick(site, **config)) as fetcher:
        return fetcher.get(site.origin + path, conditional)


def refusal(site: Site, path: str, **config: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(site, path, **config)
    assert caught.value.url == site.origin + path
    return caught.value


# ---- what a page is -------------------------------------------------------------------------------------


def test_a_page_comes_with_its_bytes_and_headers(site: Site) -> None:
    site.page("/a/", "§ 1. “Text” — é", modified=1_700_000_000)
    page = fetch(site, "/a/")
    assert (page.status, page.url, page.hops) == (200, site.origin + "/a/", ())
    assert page.body.decode() == "§ 1. “Text” — é"
    assert page.headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"


@pytest.mark.parametrize("coding", ["gzip", "x-gzip"])
def test_packed_bodies_are_opened(site: Site, coding: str) -> None:
    text = b"lex " * 5000
    packed = gzip.compress(text[:9000]) + gzip.compress(text[9000:])  # two members, as some servers send
    site.fault("/a/", answer(200, packed, Content_Encoding=coding))
    assert fetch(site, "/a/").body == text


def test_who_we_are_is_said(site: Site) -> None:
    site.page("/a/", "x")
    fetch(site, "/a/", contact="law@example.org")
    assert site.asked("/a/")[0].headers["user-agent"] == "Lexatlas/0.1 (+law@example.org)"
    assert site.asked("/robots.txt")[0].headers["user-agent"] == "Lexatlas/0.1 (+law@example.org)"


def test_conditional_requests(site: Site) -> None:
    site.page("/a/", "x", modified=1_700_000_000)
    first = fetch(site, "/a/")
    again = fetch(site, "/a/", Validators(first.headers["etag"], first.headers["last-modified"]))
    assert (again.status, again.body) == (304, b"")
    site.page("/a/", "y", modified=1_800_000_000)
    assert fetch(site, "/a/", Validators(first.headers["etag"], first.headers["last-modified"])).body == b"y"


def test_no_cookie_is_ever_sent_back(site: Site) -> None:
    site.fault("/a/", answer(200, b"x", Set_Cookie="session=1; Path=/"))
    with Fetcher(quick(site)) as fetcher:
        fetcher.get(site.origin + "/a/")
        fetcher.get(site.origin + "/a/")
    assert all("cookie" not in row.headers for row in site.log)


@pytest.mark.parametrize("status", [404, 410])
def test_missing_pages_are_answers(site: Site, status: int) -> None:
    site.fault("/a/", answer(status, b"gone"))
    assert fetch(site, "/a/").status == status


# ---- faults that pass, and faults that do not -----------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [answer(500), answer(503), answer(429), truncate(b"x" * 1000, 300), cut_chunk(b"abc"), reset,
     answer(200, gzip.compress(b"x" * 9999)[:-9], Content_Encoding="gzip"), overlong(b"x" * 1000, 300),
     overlong(b"x" * 300_000, 200_000)],
    ids=["500", "503", "429", "truncated", "chunk", "reset", "gzip-truncated", "overlong", "large-overlong"],
)  # fmt: skip
def test_a_passing_fault_is_tried_again(site: Site, fault: Fault) -> None:
    site.fault("/a/", fault, answer(200, b"whole"))
    assert fetch(site, "/a/").body == b"whole"
    assert len(site.asked("/a/")) == 2


@pytest.mark.parametrize("fault", [answer(500), truncate(b"x" * 1000, 300), cut_chunk(b"abc"), reset])
def test_five_tries_and_no_more(site: Site, fault: Fault) -> None:
    site.fault("/a/", fault)
    assert isinstance(refusal(site, "/a/"), FetchFailed)
    assert len(site.asked("/a/")) == 5


@pytest.mark.parametrize("status", [400, 401, 403, 451, 206, 204])
def test_other_statuses_are_final(site: Site, status: int) -> None:
    site.fault("/a/", answer(status))
    error = refusal(site, "/a/")
    assert error.reason == f"status-{status}"
    assert len(site.asked("/a/")) == 1


def test_back_off_grows(site: Site) -> None:
    site.fault("/a/", answer(503))
    refusal(site, "/a/", backoff=0.05)
    began = [row.began for row in site.asked("/a/")]
    gaps = [later - earlier for earlier, later in itertools.pairwise(began)]
    assert [gap >= 0.05 * 2**n for n, gap in enumerate(gaps)] == [True] * 4


def test_a_back_off_ends_when_the_run_is_cancelled(site: Site) -> None:
    site.fault("/a/", answer(503))
    with Fetcher(quick(site, backoff=600.0)) as fetcher:
        fetcher.watch(lambda: True)
        with pytest.raises(FetchRefused) as refused:
            fetcher.get(site.url + "/a/")
    assert refused.value.reason == "cancelled"
    assert len(site.asked("/a/")) == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_waited_out_by_the_whole_host(site: Site, form: str) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    value = "1" if form == "seconds" else format_datetime(until, usegmt=True)
    site.fault("/a/", answer(429, Retry_After=value), answer(200, b"ok"))
    before = time.time()
    assert fetch(site, "/a/").body == b"ok"
    first, second = site.asked("/a/")
    if form == "seconds":
        assert second.began - first.ended >= 0.99
    else:
        assert before + (second.began - first.began) >= until.timestamp() - 0.2


def test_a_retry_after_of_hours_ends_the_page_without_another_request(site: Site) -> None:
    site.fault("/a/", answer(503, Retry_After="7200"))
    site.page("/b/", "x")
    with Fetcher(quick(site)) as fetcher:
        for path in ("/a/", "/b/"):
            with pytest.raises(FetchFailed) as caught:
                fetcher.get(site.origin + path)
            assert caught.value.reason == "retry-after"
    assert len(site.asked()) == 1


# ---- politeness -----------------------------------------------------------------------------------------


def test_the_gap_runs_from_answer_to_request(site: Site) -> None:
    site.page("/a/", "x")
    with Fetcher(quick(site, delay=0.1)) as fetcher:
        for _ in range(3):
            fetcher.get(site.origin + "/a/")
    rows = sorted(site.log, key=lambda row: row.began)
    assert len(rows) == 4  # robots.txt counts as well
    assert all(later.began - earlier.began >= 0.1 for earlier, later in itertools.pairwise(rows))


def test_never_more_than_two_at_once(site: Site) -> None:
    import concurrent.futures

    site.fault("/a/", drip(b"xx", 0.02))
    with Fetcher(quick(site)) as fetcher, concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fetcher.get(site.origin + "/a/"), range(12)))
    assert max(row.in_flight for row in site.log) == 2


ROBOTS = """
User-agent: *
Disallow: /private/
Disallow: /*.pdf$
Allow: /private/open/
Crawl-delay: 2.5

User-agent: otherbot
Disallow: /
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/a/", True), ("/private/x", False), ("/private/open/x", True), ("/x.pdf", False), ("/x.pdf?y", True)],
)
def test_robots_are_obeyed(site: Site, path: str, allowed: bool) -> None:
    site.page("/robots.txt", ROBOTS)
    site.page(path, "x")
    if allowed:
        assert fetch(site, path).status == 200
    else:
        assert refusal(site, path).reason == "robots"
        assert site.asked(path) == []


def test_a_section_for_us_wins(site: Site) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /\n\nUser-agent: Lexatlas\nDisallow: /b/\nCrawl-delay: 7\n")
    site.page("/a/", "x")
    with Fetcher(quick(site)) as fetcher:
        assert fetcher.get(site.origin + "/a/").status == 200
        assert fetcher.robots(site.url).crawl_delay == 7
        with pytest.raises(FetchRefused):
            fetcher.get(site.origin + "/b/")
    assert len(site.asked("/robots.txt")) == 1


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [(answer(404), True), (answer(403), True), (answer(410), True), (answer(500), False), (answer(503), False),
     (answer(429), False), (stall(3), False), (redirect("/robots.txt"), True), (reset, False)],
    ids=["404", "403", "410", "500", "503", "429", "stall", "loop", "reset"],
)  # fmt: skip
def test_robots_that_cannot_be_read(site: Site, robots: Fault, allowed: bool) -> None:
    site.fault("/robots.txt", robots)
    site.page("/a/", "x")
    if allowed:
        assert fetch(site, "/a/", timeout_total=0.5).status == 200
    else:
        assert refusal(site, "/a/", timeout_total=0.5).reason == "robots-down"
        assert site.asked("/a/") == []


def test_robots_are_read_to_500_kib_at_least(site: Site) -> None:
    filler = "".join(f"Disallow: /f{n:06}/\n" for n in range(25_000))  # 500,000 bytes
    site.page("/robots.txt", f"User-agent: *\n{filler}Disallow: /late/\n" + "# end\n" * 200_000)
    assert refusal(site, "/late/").reason == "robots"


# ---- hops -----------------------------------------------------------------------------------------------


def chain(site: Site, length: int) -> None:
    for n in range(length):
        site.fault(f"/r{n}", redirect(f"/r{n + 1}", 302))
    site.page(f"/r{length}", "end")


def test_five_hops_are_followed(site: Site) -> None:
    chain(site, 5)
    page = fetch(site, "/r0")
    assert page.url == site.origin + "/r5"
    assert [hop.removeprefix(site.origin) for hop in page.hops] == ["/r0", "/r1", "/r2", "/r3", "/r4"]


def test_the_sixth_hop_is_not(site: Site) -> None:
    chain(site, 6)
    assert refusal(site, "/r0").reason == "hops"
    assert site.asked("/r6") == []


def test_a_hop_into_what_robots_disallow_is_refused(site: Site) -> None:
    site.page("/robots.txt", ROBOTS)
    site.fault("/a/", redirect("/private/x"))
    assert refusal(site, "/a/").reason == "robots"
    assert site.asked("/private/x") == []


@pytest.mark.parametrize(
    "target",
    ["{canary}", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "ftp://example.org/",
     "http://2130706433:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://localhost:{port}/", "gopher://x/",
     "//evil.example/", "http://user:secret@127.0.0.1:{own}/b/"],
)  # fmt: skip
def test_hostile_redirects_go_nowhere(site: Site, target: str) -> None:
    with Site() as canary:
        site.fault("/a/", redirect(target.format(canary=canary.url, port=canary.port, own=site.port)))
        site.page("/b/", "x")
        assert isinstance(refusal(site, "/a/"), FetchRefused)
        assert canary.log == []
    assert site.asked("/b/") == []


# ---- addresses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.9.9", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "::127.0.0.1",
     "2002:7f00:1::", "ff02::1", "192.0.0.192", "64:ff9b:1::7f00:1", "::ffff:0:7f00:1", "fec0::1", "5f00::1"],
)  # fmt: skip
def test_names_that_lead_to_private_addresses_are_refused(site: Site, address: str) -> None:
    fetcher = Fetcher(quick(site, allow_private=()), resolve=lambda host, port: ["93.184.216.34", address])
    with fetcher, pytest.raises(FetchRefused) as caught:
        fetcher.get(f"http://evil.test:{site.port}/a/")
    assert caught.value.reason == "private-address"
    assert site.log == []


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::ffff:127.0.0.1]"])
def test_ways_to_write_loopback_are_refused(site: Site, host: str) -> None:
    with Fetcher(quick(site, allow_private=())) as fetcher, pytest.raises(FetchError):
        fetcher.get(f"http://{host}:{site.port}/a/")
    assert site.log == []


def test_the_permitted_origin_permits_no_other_port(site: Site) -> None:
    with Site() as canary, Fetcher(quick(site)) as fetcher:
        with pytest.raises(FetchRefused):
            fetcher.get(canary.url)
        assert canary.log == []


class Rewired(httpcore.NetworkBackend):
    """Connects to one local port, whatever is dialled, and remembers what was."""

    def __init__(self, port: int) -> None:
        self.port, self.dialled = port, list[str]()
        self._inner = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: Any = None, local_address: Any = None,
                    socket_options: Any = None) -> httpcore.NetworkStream:  # fmt: skip
        self.dialled.append(host)
        return self._inner.connect_tcp("127.0.0.1", self.port, timeout)


def changing(*answers: list[str]) -> Callable[[str, int], list[str]]:
    left = list(answers)
    return lambda host, port: left.pop(0) if len(left) > 1 else left[0]


def test_the_checked_address_is_the_one_that_is_dialled(site: Site) -> None:
    """A name server that answers differently the second time gains nothing: there is no second time."""
    site.page("/a/", "x")
    dial = Rewired(site.port)
    names = changing(["93.184.216.34"], ["127.0.0.1"])
    with Fetcher(quick(site, allow_private=()), resolve=names, dial=dial) as fetcher:
        assert fetcher.get("http://evil.test/a/").body == b"x"
    assert dial.dialled == ["93.184.216.34"]
    assert site.asked("/a/")[0].headers["host"] == "evil.test"


def test_every_new_connection_is_checked_anew(site: Site) -> None:
    site.fault("/robots.txt", answer(404, Connection="close"))
    dial = Rewired(site.port)
    names = changing(["93.184.216.34"], ["127.0.0.1"])
    fetcher = Fetcher(quick(site, allow_private=()), resolve=names, dial=dial)
    with fetcher, pytest.raises(FetchRefused):
        fetcher.get("http://evil.test/a/")
    assert site.asked("/a/") == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "http://", "/a/", "http://[::1", "x"])
def test_only_web_addresses_are_fetched(site: Site, url: str) -> None:
    with Fetcher(quick(site)) as fetcher, pytest.raises(FetchRefused):
        fetcher.get(url)


# ---- size and time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(gzip_bomb(64 * 2**20), "too-large"), (gzip_bomb(64 * 2**20, layers=2), "encoding"), (endless, "too-large"),
     (answer(200, b"x", Content_Encoding="br"), "encoding"), (answer(200, b"x" * 2_000_001), "too-large")],
    ids=["gzip", "stacked", "endless", "brotli", "plain"],
)  # fmt: skip
def test_bombs_are_refused_once_and_cheaply(site: Site, fault: Fault, reason: str) -> None:
    site.fault("/a/", fault)
    tracemalloc.start()
    error = refusal(site, "/a/", max_bytes=2_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(error, FetchTooLarge)
    assert error.reason == reason
    assert len(site.asked("/a/")) == 1
    assert peak < 16 * 2**20


def test_the_largest_bomb_takes_little_memory(site: Site) -> None:
    site.fault("/a/", gzip_bomb(1024 * 2**20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refusal(site, "/a/").reason == "too-large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # kilobytes


@pytest.mark.parametrize("fault", [drip(b"x" * 400, 0.05), stall(20)], ids=["drip", "stall"])
def test_a_page_has_one_deadline_for_all(site: Site, fault: Fault) -> None:
    site.fault("/a/", fault)
    began = time.monotonic()
    error = refusal(site, "/a/", timeout_total=0.6)
    assert isinstance(error, FetchTimeout)
    assert time.monotonic() - began < 5  # twenty seconds, were the deadline one for each read


def test_a_name_server_that_hangs_takes_no_longer_than_the_page_has(site: Site) -> None:
    silent = threading.Event()

    def hanging(host: str, port: int) -> list[str]:
        silent.wait(30)
        return ["93.184.216.34"]

    began = time.monotonic()
    with Fetcher(quick(site, timeout_total=0.5), resolve=hanging) as fetcher:
        assert "cannot be reached" in fetcher.robots("http://law.test/").denied
    assert time.monotonic() - began < 10  # thirty seconds, were the resolver waited for
    silent.set()


def test_bodies_that_end_as_announced_are_whole(site: Site) -> None:
    """Interim answers, chunks and bodies in many pieces are no longer than they say."""

    def interim(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 1\r\n\r\n")
        answer(200, b"x" * 70_000)(handler)

    def chunks(handler: Handler) -> None:
        handler.head(200, {"Transfer-Encoding": "chunked", "Content-Length": "1"})
        handler.wfile.write(b"3\r\nabc\r\n0\r\n\r\n")

    site.fault("/a/", interim)
    site.fault("/b/", answer(200, b"y" * 3_000_000))
    site.fault("/c/", drip(b"z" * 100, 0.001))
    site.fault("/d/", chunks)
    site.fault("/e/", overlong(b"w\r\n", 1))  # a line end too many, as old servers send it
    with Fetcher(quick(site)) as fetcher:
        sizes = {path: len(fetcher.get(site.origin + path).body) for path in ("/a/", "/b/", "/c/", "/d/", "/e/")}
    assert sizes == {"/a/": 70_000, "/b/": 3_000_000, "/c/": 100, "/d/": 3, "/e/": 1}


def test_thousands_of_interim_answers_at_once_are_read_through(site: Site) -> None:
    def interim(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3000)
        handler.send_response(200)
        handler.send_header("Content-Length", "4")
        handler.end_headers()
        handler.wfile.write(b"body")

    site.fault("/a/", interim)
    assert fetch(site, "/a/").body == b"body"


def test_waits_that_the_site_asks_for_do_not_count(site: Site) -> None:
    site.fault("/a/", answer(429, Retry_After="1"), answer(200, b"ok"))
    assert fetch(site, "/a/", timeout_total=0.7).body == b"ok"


def test_a_site_that_is_not_there(site: Site) -> None:
    with Site() as other:
        gone = other.origin
    with Fetcher(quick(site, allow_private=(gone,))) as fetcher:
        assert "cannot be reached" in fetcher.robots(gone).denied
        with pytest.raises(FetchRefused) as caught:
            fetcher.get(gone + "/")
    assert caught.value.reason == "robots-down"


@pytest.mark.parametrize("value", ["\xb2", "Fri, 31 Dec 2020 23:59:59 +999999999999", "-5", "soon"])
def test_a_retry_after_that_cannot_be_read_asks_for_nothing(site: Site, value: str) -> None:
    site.fault("/a/", answer(503, Retry_After=value), answer(200, b"ok"))
    assert fetch(site, "/a/").body == b"ok"


def test_validators_that_no_request_can_carry_are_not_sent(site: Site) -> None:
    site.fault("/a/", answer(200, b"ok", ETag='"\xe9"', Last_Modified="yesterday"))
    first = fetch(site, "/a/")
    assert first.headers["etag"] == '"\xe9"'
    assert fetch(site, "/a/", Validators(first.headers["etag"], first.headers["last-modified"])).status == 200
    sent = site.asked("/a/")[-1].headers
    assert ("if-none-match" in sent, sent["if-modified-since"]) == (False, "yesterday")


@pytest.mark.parametrize("path", ["/a/../secret/", "/a/%2e%2E/secret/", "/./a/./.%2e/secret/x/.."])
def test_dots_in_a_path_lead_around_no_rule(site: Site, path: str) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /secret/\n")
    site.fault("/r/", redirect(site.origin + path))
    assert refusal(site, path).reason == "robots"
    assert refusal(site, "/r/").reason == "robots"
    assert [row.path for row in site.log if "secret" in row.path] == []


# Examples of RFC 3986, 5.2.4 and 5.4, on absolute addresses.
@pytest.mark.parametrize(
    ("path", "resolved"),
    [("/a/b/c/./../../g", "/a/g"), ("/b/c/../../../g", "/g"), ("/b/c/..", "/b/"), ("/b/c/.", "/b/c/"),
     ("/b/..g/g..", "/b/..g/g.."), ("/b//c/../d", "/b//d"), ("", ""), ("/a/?q=/../x", "/a/?q=/../x")],
)  # fmt: skip
def test_dots_are_resolved_as_servers_do(path: str, resolved: str) -> None:
    assert without_dots("https://law.example" + path) == "https://law.example" + resolved


@pytest.mark.parametrize("contact", ["clerk@exämple.org", "a\nX-Other: b", "a\x00b"])
def test_a_contact_that_no_header_can_carry_is_refused(contact: str) -> None:
    with pytest.raises(ConfigError, match="LEXATLAS_CONTACT"):
        Fetcher(FetchConfig(contact=contact))
