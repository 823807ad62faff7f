"""The archive of raw responses: what is written comes back, and a torn tail harms nothing."""

from __future__ import annotations

import gzip
import os
import resource
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from scraper.archive import Archive
from scraper.errors import StoreDamaged, StoreError
from scraper.fetch import FetchedPage, Validators
from scraper.models import Document, DocumentKind
from scraper.redaction import discard_unused
from scraper.revisits import LastVisit, Revisits
from scraper.store import Quarantined
from tests.scraper.toy import Bench, provenance

AT = datetime(2024, 5, 1, 12, 30, 0, 123456, tzinfo=UTC)


def page(body: bytes, path: str = "/a/?b=1") -> FetchedPage:
    url = f"http://127.0.0.1:81{path}"
    headers = {"content-type": "text/html", "etag": '"x"', "content-encoding": "gzip", "content-length": "7"}
    return FetchedPage(url, url, 200, headers, body, AT, (), {"user-agent": "Lexatlas/0.1 (+x)"})


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    found = Archive(tmp_path / "archive")
    found.begin("run-1")
    return found


def test_what_is_written_comes_back_by_place(archive: Archive) -> None:
    bodies = [b"", b"<p>\xa7 1</p>", bytes(range(256)) * 1000, b"WARC/1.1\r\n\r\n"]
    places = [archive.write(page(body), f"https://law.example/{n}/") for n, body in enumerate(bodies)]
    archive.sync()
    for n in (2, 0, 3, 1):
        found = archive.read(*places[n])
        assert (found.url, found.body, found.status) == (f"https://law.example/{n}/", bodies[n], 200)
        assert (found.fetched_from, found.fetched_at) == ("http://127.0.0.1:81/a/?b=1", AT)
        assert (found.headers["etag"], found.headers["content-type"]) == ('"x"', "text/html")
        assert found.headers["content-length"] == str(len(bodies[n]))
    assert [(p.file, p.offset) for p in archive.pages(places[0][0])] == places


@pytest.mark.parametrize("path", ["/é/?q=§", "/😀/", "/a\u2028b/", "/a b/%zz"])
def test_addresses_and_headers_of_other_letters_are_kept(archive: Archive, path: str) -> None:
    """Any page may link to one: a run must not end of it."""
    odd = replace(page(b"x", path), headers={"content-type": "text/html", "xé": "1", "link": "é"})
    place = archive.write(odd, f"https://law.example{path}")
    archive.sync()
    found = archive.read(*place)
    assert (found.url, found.fetched_from, found.body) == (
        f"https://law.example{path}",
        odd.url.replace(" ", "%20"),
        b"x",
    )
    assert found.headers["content-type"] == "text/html"


def test_any_reader_of_warc_can_read_it(archive: Archive, tmp_path: Path) -> None:
    file, _ = archive.write(page(b"<p>text</p>"), "https://law.example/a/")
    archive.close()
    with (tmp_path / "archive" / file).open("rb") as handle:
        records = ArchiveIterator(handle, check_digests="raise")
        kinds = []
        for record in records:
            record.content_stream().read()
            kinds.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI")))
    assert kinds == [("response", "http://127.0.0.1:81/a/?b=1"), ("request", "http://127.0.0.1:81/a/?b=1")]


def test_a_torn_tail_costs_only_what_was_torn(archive: Archive, tmp_path: Path) -> None:
    places = [archive.write(page(os.urandom(3000)), f"https://law.example/{n}/") for n in range(3)]
    archive.close()
    path = tmp_path / "archive" / places[0][0]
    whole = path.read_bytes()
    for size in range(places[2][1], len(whole), 97):
        path.write_bytes(whole[:size])
        found = [(p.file, p.offset) for p in archive.pages(path.name)]
        assert found[:2] == places[:2]
        assert archive.read(*places[1]).url == "https://law.example/1/"
    path.write_bytes(whole[: places[2][1] + 40])
    with pytest.raises(StoreDamaged):
        archive.read(*places[2])


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"WARC-Date: ", b"WARC-Date: x"), (b"WARC-Date", b"Other-Date"), (b"HTTP/1.1 200", b"HTTP/1.1 abc"),
     (b"Lexatlas-Canonical-URI", b"Lexatlas-Parts")],
)  # fmt: skip
def test_a_record_whose_head_is_nonsense_is_damage(archive: Archive, tmp_path: Path, old: bytes, new: bytes) -> None:
    file, offset = archive.write(page(b"text"), "https://law.example/a/")
    archive.close()
    path = tmp_path / "archive" / file
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(old, new)))
    with pytest.raises(StoreDamaged):
        archive.read(file, offset)


def test_a_page_knows_its_parts_wherever_it_lies(archive: Archive, tmp_path: Path) -> None:
    archive.write(page(b"other"), "https://law.example/other/")
    for n in (1, 2):
        archive.write(page(b"opinion %d" % n), f"https://law.example/o/{n}/", part_of="https://law.example/c/")
    place = archive.write(page(b"case"), "https://law.example/c/")
    again = archive.write(page(b"case"), "https://law.example/c/")
    archive.close()
    found = archive.read(*place)
    parts = archive.parts_of(found)
    assert {url: part.body for url, part in parts.items()} == {
        "https://law.example/o/1/": b"opinion 1",
        "https://law.example/o/2/": b"opinion 2",
    }
    assert {part.part_of for part in parts.values()} == {"https://law.example/c/"}
    assert (found.part_of, archive.read(*again).parts) == ("", ())
    # A file from which an earlier record was taken out: every place moves, the parts are found all the same.
    whole = (tmp_path / "archive" / place[0]).read_bytes()
    first = min(part.offset for part in parts.values())
    (tmp_path / "archive" / "cut.warc.gz").write_bytes(whole[first:])
    moved = archive.read("cut.warc.gz", place[1] - first)
    assert {part.body for part in archive.parts_of(moved).values()} == {b"opinion 1", b"opinion 2"}


def test_parts_of_a_page_that_never_came_belong_to_no_later_one(archive: Archive) -> None:
    archive.write(page(b"opinion"), "https://law.example/o/", part_of="https://law.example/c/")
    archive.begin("run-2")
    place = archive.write(page(b"case"), "https://law.example/c/")
    archive.close()
    assert archive.read(*place).parts == ()


def test_a_run_that_goes_on_writes_a_new_file(archive: Archive, tmp_path: Path) -> None:
    first = archive.write(page(b"1"), "https://law.example/1/")
    archive.close()
    again = Archive(tmp_path / "archive")
    again.begin("run-1")
    second = again.write(page(b"2"), "https://law.example/2/")
    again.close()
    assert (first[0], second[0]) == ("run-1-0001.warc.gz", "run-1-0002.warc.gz")
    assert archive.files() == ["run-1-0001.warc.gz", "run-1-0002.warc.gz"]
    assert (again.read(*first).body, again.read(*second).body) == (b"1", b"2")


def test_a_run_without_news_leaves_no_file(archive: Archive) -> None:
    archive.sync()
    archive.close()
    assert archive.files() == []


def test_what_is_not_there_is_said(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(StoreDamaged):
        archive.read("none.warc.gz", 0)
    (tmp_path / "file").write_text("")
    blocked = Archive(tmp_path / "file" / "archive")
    with pytest.raises(StoreError, match="cannot be written"):
        blocked.write(page(b"x"), "https://law.example/a/")


def test_a_full_disk_is_told_in_words_when_writing_and_when_closing(archive: Archive) -> None:
    """What could not be written still waits in memory, so closing the file fails again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    archive.write(page(b"x"), "https://law.example/")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        with pytest.raises(StoreError, match="Free disk space"):
            archive.write(page(b"y"), "https://law.example/")
        with pytest.raises(StoreError, match="Free disk space"):
            archive.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    archive.close()  # nothing is left to do


def test_files_that_a_killed_run_left_without_a_trace_are_found(bench: Bench) -> None:
    """Those of the run that nothing points to, and no others: not what a row names, not what another run wrote."""
    archive = Archive(bench.folder / "archive")
    places = {}
    for run in ("run-1", "run-1", "run-1", "run-1", "run-10", "run-2"):
        archive.begin(run)
        file, offset = archive.write(page(run.encode()), "https://law.example/a/")
        places[file] = offset
    archive.close()
    first, second, third, _ = (f"run-1-000{n}.warc.gz" for n in (1, 2, 3, 4))
    url = "https://law.example/a/"
    stated = replace(provenance(url), warc_file=first)
    bench.store.put(Document("a", DocumentKind.STATUTE, "x", "t", "c", "Words.", url), stated, "run-1", "toy")
    bench.store.quarantine(Quarantined(0, url, "toy", "run-1", "layout", "x", "0" * 64, second, 0, AT))
    last = LastVisit(url, "toy", url, Validators(), "", "parsed", (), True, 1, third, 0, AT)
    Revisits(bench.store.database).remember([last])
    assert discard_unused(bench.store.database, archive, "run-1") == ["run-1-0004.warc.gz"]
    assert archive.files() == [first, second, third, "run-10-0001.warc.gz", "run-2-0001.warc.gz"]
