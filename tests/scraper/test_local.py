"""A folder through the same crawl as a site: what is read of it, what is refused, and what later runs find."""

from __future__ import annotations

import json
import os
import socket
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import pytest

from scraper.archive import Archive
from scraper.crawl import CrawlOptions, Progress, crawl, quiet
from scraper.errors import ConfigError, FetchRefused, FetchTooLarge
from scraper.fetch import FetchConfig, Validators
from scraper.interfaces import LISTING, Page, PageFetcher, ParsedPage, ReadsFolder
from scraper.jurisdictions import Jurisdictions
from scraper.local import FolderFetcher, folder_of
from scraper.report import RunReport
from scraper.sources import sources
from scraper.sources.folder import FolderSource
from tests.scraper.toy import Bench

PAGES = Path(__file__).resolve().parents[1] / "pages"
TABLES = Jurisdictions.load([PAGES / "jurisdictions" / "alder.json"])
SECTION = (PAGES / "justia" / "section" / "page.html").read_bytes()
SUFFIXES = (".html", ".jsonl")
ROOT = "https://folder.invalid/"


def row(number: int, text: str = "", **more: Any) -> str:
    """Return the line of a made-up section."""
    words = text or f"Section {number}. Nobody shall tell lies about number {number}."
    return json.dumps({"id": f"toy:code:{number}", "kind": "statute", "title": f"Lies {number}", "text": words, **more})


def put(path: Path, *lines: str) -> None:
    """Write a file of lines, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read(
    bench: Bench, folder: Path, *, config: FetchConfig | None = None, progress: Progress = quiet, **options: Any
) -> RunReport:
    """Read a folder into a data directory."""
    source = FolderSource(TABLES)
    with FolderFetcher(folder, source.file_suffixes, config) as fetcher, Archive(bench.folder / "archive") as archive:
        chosen = CrawlOptions(base_url=fetcher.base, max_depth=10_000, **options)
        return crawl(source, bench.store, fetcher, archive, chosen, progress)


def walk(fetcher: PageFetcher, base: str) -> Iterator[str]:
    """Yield every address that the listings of a folder name, listings left out."""
    waiting = ["/?list=1"]
    while waiting:
        page = fetcher.get(base + waiting.pop(0))
        for link in page.body.decode().split():
            address = urljoin(page.url, link).removeprefix(base)
            if "list=" in urlsplit(address).query:
                waiting.append(address)
            else:
                yield address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "law"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **more: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


# ---- what is in a folder --------------------------------------------------------------------------------


def test_every_file_is_listed_whatever_its_name(folder: Path) -> None:
    names = [b"a b.html", b"100%.html", b"what?.html", b"c#1.html", b"\xc3\xa9.HTML", b"\xff\xfe.html",
             b"x\ny.html", b"q'\"<&.html", b"a:b.html", b"..html", b"sub/-.html", b"~.html", b"sub\\x.html",
             b"%2e%2e.html"]  # fmt: skip
    for at, name in enumerate(names):
        path = Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"%d" % at)
    put(folder / "notes.txt", "not read")
    put(folder / ".git" / "x.html", "hidden")
    (folder / "d.jsonl").mkdir()
    put(folder / "d.jsonl" / "in.html", "inside")
    with FolderFetcher(folder, SUFFIXES) as fetcher:
        found = {address: fetcher.get(fetcher.base + address).body for address in walk(fetcher, fetcher.base)}
    wanted = {name: b"%d" % at for at, name in enumerate(names) if not name.startswith(b".")}
    wanted[b"d.jsonl/in.html"] = b"inside\n"
    assert {unquote_to_bytes(address)[1:]: body for address, body in found.items()} == wanted
    assert all(address.isascii() and not set(address) & set(" \n#<>\"'") for address in found)


def test_an_index_page_is_its_folder(folder: Path) -> None:
    put(folder / "index.html", "home")
    put(folder / "a" / "index.html", "a")
    put(folder / "a" / "index.htm", "other")
    with FolderFetcher(folder, (".html", ".htm")) as fetcher:
        assert sorted(walk(fetcher, fetcher.base)) == ["/", "/a/", "/a/index.htm"]
        assert fetcher.get(fetcher.base + "/a/").body == b"a\n"
        assert fetcher.get(fetcher.base + "/b/").status == 404


def test_a_folder_of_thousands_is_listed_in_parts(folder: Path) -> None:
    for number in range(2001):
        (folder / f"{number:04}.html").write_bytes(b"")
    with FolderFetcher(folder, SUFFIXES) as fetcher:
        assert list(walk(fetcher, fetcher.base)) == [f"/{number:04}.html" for number in range(2001)]
        first = fetcher.get(fetcher.base + "/?list=1")
        assert first.headers["content-type"] == LISTING
        assert first.body.count(b"\r\n") == 1001


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n \n"])
def test_lines_are_those_of_the_file(folder: Path, end: bytes) -> None:
    rows = [b"" if n % 7 == 3 else b"  " if n % 11 == 5 else b'{"n": %d}' % n + b"x" * (n % 300) for n in range(2500)]
    (folder / "a.jsonl").write_bytes(b"\r\n".join(rows[:1200]) + b"\n" + b"\n".join(rows[1200:]) + end)
    with FolderFetcher(folder, SUFFIXES) as fetcher:
        addresses = list(walk(fetcher, fetcher.base))
        assert addresses == [f"/a.jsonl?line={n}" for n, line in enumerate(rows, 1) if line.strip()]
        for order in (addresses, addresses[::-97], addresses[::53]):
            for address in order:
                assert fetcher.get(fetcher.base + address).body == rows[int(address.split("=")[1]) - 1]
        assert fetcher.get(fetcher.base + "/a.jsonl?line=99999").status == 404


def test_memory_does_not_grow_with_a_file(folder: Path) -> None:
    with (folder / "a.jsonl").open("wb") as handle:
        for _ in range(40_000):
            handle.write(b"x" * 999 + b"\n")
    with FolderFetcher(folder, SUFFIXES) as fetcher:
        fetcher.get(fetcher.base + "/?list=1")
        tracemalloc.start()
        try:
            assert sum(1 for _ in walk(fetcher, fetcher.base)) == 40_000
            assert fetcher.get(fetcher.base + "/a.jsonl?line=39999").body == b"x" * 999
            assert tracemalloc.get_traced_memory()[1] < 1_000_000  # of a file of 40,000,000 bytes
        finally:
            tracemalloc.stop()


def test_what_is_too_large_is_refused_and_the_rest_read(bench: Bench, folder: Path) -> None:
    put(folder / "a.jsonl", *[row(n) for n in range(1, 9)], row(9, "x" * 5000), row(10))
    report = read(bench, folder, config=FetchConfig(max_bytes=2000))
    assert report.troubles == ((ROOT + "a.jsonl?line=9", "too-large"),)
    assert len(bench.texts()) == 9
    with FolderFetcher(folder, SUFFIXES, FetchConfig(max_bytes=2000)) as fetcher, pytest.raises(FetchTooLarge):
        fetcher.get(fetcher.base + "/a.jsonl?line=9")


def test_links_out_of_the_folder_are_refused(bench: Bench, folder: Path, tmp_path: Path) -> None:
    put(tmp_path / "secret.jsonl", row(99))
    put(tmp_path / "elsewhere" / "a.jsonl", row(98))
    put(folder / "a.jsonl", *map(row, range(1, 21)))
    (folder / "b.jsonl").symlink_to(tmp_path / "secret.jsonl")
    (folder / "c").symlink_to(tmp_path / "elsewhere")
    report = read(bench, folder)
    assert (report.state, set(report.troubles)) == (
        "partial", {(ROOT + "b.jsonl?list=1", "outside"), (ROOT + "c/?list=1", "outside")}
    )  # fmt: skip
    assert len(bench.texts()) == 20
    with FolderFetcher(folder, SUFFIXES) as fetcher:
        for way in (
            "/../secret.jsonl",
            "/%2e%2e/secret.jsonl",
            "/..%2fsecret.jsonl?line=1",
            "/../?list=1",
            "/c/a.jsonl",
        ):
            with pytest.raises(FetchRefused):
                fetcher.get(fetcher.base + way)


def test_links_inside_pipes_and_loops_end_well(bench: Bench, folder: Path) -> None:
    put(folder / ".data" / "real.jsonl", row(1))
    (folder / "shown.jsonl").symlink_to(folder / ".data" / "real.jsonl")
    put(folder / "sub" / "b.jsonl", row(2))
    (folder / "sub" / "loop").symlink_to(folder)
    (folder / "gone.jsonl").symlink_to(folder / "nothing.jsonl")
    os.mkfifo(folder / "pipe.jsonl")
    report = read(bench, folder)
    assert (report.state, sorted(bench.texts())) == ("done", ["toy:code:1", "toy:code:2"])
    with FolderFetcher(folder, SUFFIXES) as fetcher:
        assert fetcher.get(fetcher.base + "/pipe.jsonl?line=1").status == 404


def test_a_place_with_nothing_to_read_is_refused(folder: Path) -> None:
    put(folder / "notes.txt", "no law")
    put(folder / ".hidden.jsonl", row(1))
    for place in (folder, folder / "nowhere", folder / "notes.txt"):
        with pytest.raises(ConfigError, match=r"holds nothing to read|cannot be read"):
            FolderFetcher(place, SUFFIXES)


def test_a_file_alone_is_a_folder_of_one(bench: Bench, folder: Path) -> None:
    put(folder / "a.jsonl", row(1))
    put(folder / "b.jsonl", row(2))
    read(bench, folder / "a.jsonl")
    assert list(bench.texts()) == ["toy:code:1"]
    with FolderFetcher(folder / "a.jsonl", SUFFIXES) as fetcher, pytest.raises(FetchRefused):
        fetcher.get(fetcher.base + "/b.jsonl?line=1")


def test_the_base_names_the_folder(tmp_path: Path) -> None:
    odd = tmp_path / "my law #1 é?"
    put(odd / "a.html", "x")
    with FolderFetcher(odd, SUFFIXES) as fetcher:
        assert folder_of(fetcher.base) == odd
        assert list(walk(fetcher, fetcher.base)) == ["/a.html"]


def test_only_a_source_that_says_so_reads_folders() -> None:
    assert [name for name, source in sources(TABLES).items() if isinstance(source, ReadsFolder)] == ["folder"]


def test_a_listing_is_read_as_links() -> None:
    page = Page(ROOT + "a/?list=1", b"./\r\nb%20c.html\r\nx.jsonl?list=1\r\nsub/?list=1\r\n?list=1001\r\n", LISTING)
    assert FolderSource(TABLES).parse(page) == ParsedPage(
        links=(
            ROOT + "a/",
            ROOT + "a/b%20c.html",
            ROOT + "a/x.jsonl?list=1",
            ROOT + "a/sub/?list=1",
            ROOT + "a/?list=1001",
        )
    )
    assert FolderSource(TABLES).parse(Page(ROOT + "?list=1", b"", LISTING)) == ParsedPage()


# ---- runs -----------------------------------------------------------------------------------------------


def test_pages_and_lines_become_documents_with_their_raw_bytes(bench: Bench, folder: Path) -> None:
    put(folder / "a.jsonl", row(1), "", row(2, url="https://law.example/2"))
    section = folder / "codes" / "alder" / "title-4" / "section-4-2-7" / "index.html"
    section.parent.mkdir(parents=True)
    section.write_bytes(SECTION)
    report = read(bench, folder)
    assert (report.state, report.documents["added"]) == ("done", 3)
    found = {version.document_id: version for version in bench.store.current()}
    assert {name: version.document.url for name, version in found.items()} == {
        "alder:stat:4-2-7": ROOT + "codes/alder/title-4/section-4-2-7/",
        "toy:code:1": ROOT + "?id=toy:code:1",
        "toy:code:2": "https://law.example/2",
    }
    source = found["toy:code:2"].provenance
    assert (source.url, source.fetched_from) == (ROOT + "a.jsonl?line=3", folder.as_uri() + "/a.jsonl?line=3")
    raw = Archive(bench.folder / "archive").read(source.warc_file, source.warc_offset)
    assert raw.body.decode() == row(2, url="https://law.example/2")
    assert (raw.url, raw.fetched_from, raw.status) == (source.url, source.fetched_from, 200)
    assert raw.headers == {"content-type": "application/json"}
    kinds = [page.headers["content-type"] for page in Archive(bench.folder / "archive").pages(source.warc_file)]
    assert sorted(kinds) == ["application/json"] * 2 + ["text/html"] + [LISTING] * 6


def test_a_copy_of_a_site_keeps_the_sites_addresses(bench: Bench, folder: Path) -> None:
    section = folder / "codes" / "alder" / "x" / "index.html"
    section.parent.mkdir(parents=True)
    section.write_bytes(SECTION)
    read(bench, folder, canonical_url="https://law.alder.example/")
    assert next(bench.store.current()).document.url == "https://law.alder.example/codes/alder/x/"


def test_one_bad_line_is_set_aside_alone_until_it_is_mended(bench: Bench, folder: Path) -> None:
    good = [row(n) for n in range(1, 12)]
    put(folder / "a.jsonl", *good[:4], '{"id": "toy:code:5"', *good[5:])
    report = read(bench, folder)
    assert (report.state, report.documents["added"], report.pages["quarantined"]) == ("partial", 10, 1)
    (aside,) = bench.store.quarantined()
    assert (aside.url, aside.reason) == (ROOT + "a.jsonl?line=5", "json")
    assert Archive(bench.folder / "archive").read(aside.warc_file, aside.warc_offset).body == b'{"id": "toy:code:5"'
    put(folder / "a.jsonl", *good)
    report = read(bench, folder)
    assert (report.state, report.documents["added"], bench.store.quarantined()) == ("done", 1, [])


def test_a_second_run_reads_nothing_again(bench: Bench, folder: Path) -> None:
    put(folder / "a.jsonl", *map(row, range(1, 21)))
    read(bench, folder)
    before = sorted(bench.store.digest_rows())
    report = read(bench, folder)
    assert (report.pages["fetched"], report.pages["unchanged"], report.changes) == (0, 22, ())
    assert sorted(bench.store.digest_rows()) == before
    os.utime(folder / "a.jsonl", (1, 1))  # touched, and yet the same
    report = read(bench, folder)
    assert (report.pages["unchanged"], report.changes) == (22, ())
    report = read(bench, folder, full=True)  # opens every file and finds the bytes that it had
    assert (report.pages["unchanged"], report.changes) == (22, ())
    assert len(Archive(bench.folder / "archive").files()) == 1  # nothing was kept twice


def test_an_untouched_file_is_not_opened() -> None:
    with FolderFetcher(PAGES / "justia" / "section", SUFFIXES) as fetcher:
        page = fetcher.get(fetcher.base + "/page.html")
        again = fetcher.get(fetcher.base + "/page.html", Validators(etag=page.headers["etag"]))
        assert (page.status, page.headers["content-type"], page.body) == (200, "text/html", SECTION)
        assert (again.status, again.body) == (304, b"")


def test_lines_may_move_without_becoming_news(bench: Bench, folder: Path) -> None:
    put(folder / "a.jsonl", *map(row, range(1, 21)))
    read(bench, folder)
    put(folder / "a.jsonl", row(30), *map(row, range(20, 0, -1)))
    report = read(bench, folder)
    assert (report.documents["added"], report.documents["unchanged"], len(report.changes)) == (1, 20, 1)
    assert all(len(bench.store.versions(name)) == 1 for name in bench.texts())


def test_an_amended_line_is_a_version_and_a_missing_one_a_tombstone(bench: Bench, folder: Path) -> None:
    put(folder / "a.jsonl", *(row(n, url=f"https://law.example/{n}") for n in range(1, 21)))
    put(folder / "b.jsonl", row(21))
    read(bench, folder)
    put(folder / "a.jsonl", row(1, "Amended.", url="https://law.example/1"),
        *(row(n, url=f"https://law.example/{n}") for n in range(3, 21)))  # fmt: skip
    (folder / "b.jsonl").unlink()
    report = read(bench, folder)
    assert (report.state, report.documents["changed"], report.documents["withdrawn"]) == ("done", 1, 2)
    assert {c.document_id for c in report.changes if c.kind == "withdrawn"} == {"toy:code:2", "toy:code:21"}
    assert [v.document.text for v in bench.store.versions("toy:code:1")][-1] == "Amended."
    put(folder / "c.jsonl", row(2, url="https://law.example/2"))
    assert read(bench, folder).documents["returned"] == 1
    assert bench.store.state_of("toy:code:2") == "current"


def test_a_line_that_stood_twice_survives_the_loss_of_one(bench: Bench, folder: Path) -> None:
    rows = [row(n) for n in range(1, 21)]
    put(folder / "a.jsonl", *rows[:4], rows[3], *rows[4:])
    read(bench, folder)
    put(folder / "a.jsonl", *rows)  # the fourth line is as it was, but the fifth was the one that spoke last
    report = read(bench, folder)
    assert (report.state, report.changes) == ("done", ())
    assert len(bench.texts()) == 20


def test_a_reading_that_is_not_whole_withdraws_nothing(bench: Bench, folder: Path) -> None:
    put(folder / "a.jsonl", *map(row, range(1, 21)))
    read(bench, folder)
    put(folder / "a.jsonl", *map(row, range(1, 20)))
    assert read(bench, folder, limit=5).documents["withdrawn"] == 0
    put(folder / "a.jsonl", row(1))
    assert (report := read(bench, folder)).state == "refused" and report.documents["withdrawn"] == 0
    put(folder / "a.jsonl", *map(row, range(1, 20)))
    assert read(bench, folder).documents["withdrawn"] == 1


def test_a_run_that_is_killed_is_taken_up_again(bench: Bench, folder: Path) -> None:
    for name in "abc":
        put(folder / f"{name}.jsonl", *map(row, range(ord(name) * 1000, ord(name) * 1000 + 150)))

    def kill(done: int, total_known: int, label: str) -> None:
        if done == 222:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(bench, folder, progress=kill)
    report = read(bench, folder)
    assert (report.resumed, report.state, report.documents["added"]) == (True, "done", 450)
    assert len(bench.texts()) == 450


def test_a_site_and_its_copy_do_not_hide_pages_from_each_other(bench: Bench, folder: Path) -> None:
    """What one source made of a page's bytes says nothing to another: it may have left the links aside."""
    put(folder / "a.jsonl", row(1))
    read(bench, folder)
    source = FolderSource(TABLES, name="other")
    with FolderFetcher(folder, SUFFIXES) as fetcher, Archive(bench.folder / "archive") as archive:
        report = crawl(source, bench.store, fetcher, archive, CrawlOptions(base_url=fetcher.base))
    assert (report.pages["fetched"], report.pages["unchanged"]) == (3, 0)
