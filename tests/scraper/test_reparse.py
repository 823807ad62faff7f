"""Everything is built anew from the archive, with the site gone: the same digest, the same history."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

import pytest

from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.decisions import release, withdraw
from scraper.errors import ParseError, PublishRefused, StoreDamaged, UnknownSource
from scraper.fetch import FetchedPage, Fetcher
from scraper.interfaces import Page, ParsedPage, Source
from scraper.removal import purge
from scraper.reparse import Reparsed, reparse
from scraper.sources.folder import FolderSource
from tests.scraper.test_local import TABLES, put, read, row
from tests.scraper.test_parts import CaseSource, case_site, run
from tests.scraper.toy import ORIGIN, Bench, ToySource, article, listing, quick
from tests.site import Site, redirect

CASES = [f"/c/{n}/" for n in range(1, 9)]
SECTIONS = [f"/s/{n}/" for n in range(1, 9)]
PAGES = [*CASES, *SECTIONS]


class Corrected(ToySource):
    """The toy's parser with a fault corrected: words in capitals were taken over, and ids were misspelled."""

    def parse(self, page: Page) -> ParsedPage:
        parsed = super().parse(page)
        found = [replace(d, text=d.text.replace("FAULT", "fault"), id=d.id + "-new") for d in parsed.documents]
        return replace(parsed, documents=tuple(found))


class Forgetful(ToySource):
    """A parser that follows a new layout and reads the old one no more."""

    def parse(self, page: Page) -> ParsedPage:
        if b"old layout" in page.body:
            raise ParseError("An old layout.", reason="layout")
        return super().parse(page)


class Blind(ToySource):
    """A broken parser, to which every page is a listing."""

    def parse(self, page: Page) -> ParsedPage:
        return ParsedPage()


def by_name(source: Source) -> Callable[[str], Source]:
    def source_of(name: str) -> Source:
        if name != source.name:
            raise UnknownSource(name)
        return source

    return source_of


def again(bench: Bench, source: Source | None = None) -> Reparsed:
    return reparse(bench.store, Archive(bench.folder / "archive"), by_name(source or ToySource()))


def history(bench: Bench) -> list[object]:
    """Return every version with its times and the place of its response, every address, every change."""
    found: list[object] = []
    for document in [*bench.store.current(), *bench.store.tombstones()]:
        found.append((document.document_id, bench.store.state_of(document.document_id)))
        found += [
            (v.hash, v.document.url, v.document.status, v.observed_from, v.observed_to, v.provenance.raw_sha256,
             v.provenance.warc_file, v.provenance.warc_offset, v.provenance.status, v.provenance.headers)
            for v in bench.store.versions(document.document_id)
        ]  # fmt: skip
        found += bench.store.sources_of(document.document_id)
    return [*found, *bench.store.changes()]


@pytest.fixture
def lived(bench: Bench, site: Site) -> Bench:
    """A site through six runs: amendments, withdrawals, returns, second addresses, moves, redirects, bad pages."""
    texts = {path: article(f"toy:{path[1]}:{path[3]}", f"Words of {path}, first FAULT.") for path in SECTIONS}
    texts |= {path: article(f"toy:{path[1]}:{path[3]}", f"Opinion at {path}. " * 40, "case") for path in CASES}

    def show(**changed: str) -> None:
        texts.update({"/" + name.replace("_", "/") + "/": body for name, body in changed.items()})
        site.page("/", listing(*texts))
        for path, body in texts.items():
            site.page(path, body)

    def hide(*paths: str) -> None:
        for path in paths:
            del texts[path]
            site.remove(path)
        show()

    def run() -> str:
        return bench.crawl(site).state

    show()
    assert run() == "done"
    show(s_1=article("toy:s:1", "Words of /s/1/, amended."), copy_1=texts["/s/2/"], copy_2=texts["/c/2/"])
    assert run() == "done"
    hide("/s/3/", "/c/3/")
    assert run() == "done"
    show(s_3=article("toy:s:3", "Words of /s/3/, back."), s_4="<p>no document</p>")
    assert run() == "partial"
    show(s_4=article("toy:s:4", "Words of /s/4/, later."), t_5=article("toy:s:5", "Words of /s/5/, moved."))
    hide("/s/5/")
    release(bench.store, "toy:c:3")
    assert run() == "done"
    show(t_6=article("toy:s:6", "Words of /s/6/, moved by redirect."))
    site.fault("/s/6/", redirect("/t/6/"))
    hide("/c/4/", "/c/5/")
    site.fault("/s/6/", redirect("/t/6/"))
    assert run() == "done"
    withdraw(bench.store, "toy:c:4")
    return bench


def test_the_same_documents_the_same_history_and_no_network(lived: Bench, site: Site) -> None:
    digest, before, counts = sorted(lived.store.digest_rows()), history(lived), lived.store.counts()
    assert {change.kind for change in lived.store.changes()} == {
        "added", "changed", "source_added", "withdrawn", "returned"
    }  # fmt: skip
    assert {row[3] for row in digest if row[0] == "version"} == {"current", "withdrawn", "withheld"}
    asked = len(site.asked())
    done = again(lived)
    assert len(site.asked()) == asked
    assert sorted(lived.store.digest_rows()) == digest
    assert history(lived) == before
    assert lived.store.counts() == counts
    assert (done.documents, done.kept) == (counts["documents"], 0)
    again(lived)
    assert history(lived) == before


def test_the_next_run_finds_nothing_new_after_it(lived: Bench, site: Site) -> None:
    again(lived)
    report = lived.crawl(site)
    assert (report.state, lived.store.change_counts(report.run_id)) == ("done", {})


def test_a_corrected_parser_reaches_every_version_and_no_id_changes(lived: Bench) -> None:
    ids = sorted({row[1] for row in lived.store.digest_rows()})
    changed = [(change.document_id, change.kind, change.at) for change in lived.store.changes()]
    again(lived, Corrected())
    assert sorted({row[1] for row in lived.store.digest_rows()}) == ids
    texts = [v.document.text for d in lived.store.current() for v in lived.store.versions(d.document_id)]
    assert any("fault" in text for text in texts) and not any("FAULT" in text for text in texts)
    assert [(change.document_id, change.kind, change.at) for change in lived.store.changes()] == changed
    hashes = {row[8] for row in lived.store.digest_rows() if row[0] == "version"}
    assert {h for c in lived.store.changes() for h in (c.old_version, c.new_version) if h} <= hashes
    assert "toy:s:2" in lived.store.resolve_alias("toy:s:2-new")


def test_what_todays_parser_cannot_read_stays_as_it_was_read(bench: Bench, site: Site) -> None:
    site.page("/", listing(*SECTIONS))
    for path in SECTIONS:
        site.page(path, "<!-- old layout -->" + article(f"toy:s:{path[3]}", f"Old words of {path}."))
    bench.crawl(site)
    for path in SECTIONS[1:]:
        site.page(path, article(f"toy:s:{path[3]}", f"New words of {path}."))
    bench.crawl(site)
    before = history(bench)
    done = again(bench, Forgetful())
    assert (done.kept, done.quarantined) == (8, 0)
    assert history(bench) == before


def test_a_page_that_was_set_aside_is_read_once_its_parser_can(bench: Bench, site: Site) -> None:
    class Lenient(ToySource):
        def parse(self, page: Page) -> ParsedPage:
            return super().parse(replace(page, body=page.body.replace(b"<artikel", b"<article")))

    site.page("/", listing(*SECTIONS))
    for path in SECTIONS:
        site.page(path, article(f"toy:s:{path[3]}", f"Words of {path}."))
    site.page("/s/1/", article("toy:s:1", "Words.").replace("<article", "<artikel"))
    assert bench.crawl(site).state == "partial"
    assert again(bench).quarantined == 1
    assert [row.url for row in bench.store.quarantined()] == [f"{ORIGIN}/s/1/"]
    assert again(bench, Lenient()).quarantined == 0
    assert bench.texts()["toy:s:1"] == "Words."
    assert bench.store.quarantined() == []


def test_a_broken_parser_changes_nothing(lived: Bench) -> None:
    before = history(lived)
    with pytest.raises(PublishRefused, match="Correct the source"):
        again(lived, Blind())
    with pytest.raises(UnknownSource):
        reparse(lived.store, Archive(lived.folder / "archive"), by_name(Renamed()))
    assert history(lived) == before
    again(lived)
    assert history(lived) == before


class Renamed(ToySource):
    name = "other"


def test_a_damaged_archive_changes_nothing(lived: Bench) -> None:
    before, archive = history(lived), Archive(lived.folder / "archive")
    path = lived.folder / "archive" / archive.files()[-1]
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(StoreDamaged):
        again(lived)
    assert history(lived) == before


def test_what_the_archive_lost_is_not_lost(lived: Bench) -> None:
    """Old files may be moved away: what came from them stays, as it was read then."""
    digest = sorted(lived.store.digest_rows())
    archive = Archive(lived.folder / "archive")
    max((lived.folder / "archive" / name for name in archive.files()), key=lambda path: path.stat().st_size).unlink()
    assert again(lived).kept > 10
    assert sorted(lived.store.digest_rows()) == digest


def test_what_was_purged_stays_out(lived: Bench) -> None:
    archive = Archive(lived.folder / "archive")
    purge(lived.store, archive, "toy:c:2")
    digest = sorted(lived.store.digest_rows())
    again(lived)
    assert sorted(lived.store.digest_rows()) == digest
    assert not [row for row in digest if row[1] == "toy:c:2"]


def test_a_run_with_a_limit_is_built_anew_with_its_limit(bench: Bench, site: Site) -> None:
    class Many(ToySource):
        def parse(self, page: Page) -> ParsedPage:
            html = page.body.decode()
            rows = re.findall(r"<article.*?</article>", html)
            if len(rows) < 2:
                return super().parse(page)
            parsed = [super(Many, self).parse(replace(page, body=row.encode())).documents[0] for row in rows]
            return ParsedPage(tuple(replace(d, url=f"{d.url}#{d.id}") for d in parsed))

    site.page("/", listing("/all/"))
    site.page("/all/", "".join(article(f"toy:s:{n}", f"Words of {n}.") for n in range(6)))
    options = CrawlOptions(base_url=site.url, delay=0.0, limit=4)
    with Fetcher(quick(site)) as fetcher, Archive(bench.folder / "archive") as archive:
        assert crawl(Many(), bench.store, fetcher, archive, options).documents["seen"] == 4
    digest = sorted(bench.store.digest_rows())
    again(bench, Many())
    assert sorted(bench.store.digest_rows()) == digest


def test_the_archive_alone_is_enough(lived: Bench, tmp_path: Path) -> None:
    """A new store beside the old archive: every text that was ever read comes back, and where it came from."""
    texts = {v.hash for d in lived.store.current() for v in lived.store.versions(d.document_id)}
    lost = Bench(tmp_path / "new")
    reparse(lost.store, Archive(lived.folder / "archive"), by_name(ToySource()))
    found = {v.hash: v.provenance for d in lost.store.current() for v in lost.store.versions(d.document_id)}
    assert texts <= set(found)
    assert all(place.warc_file for place in found.values())


def test_pages_that_have_parts_are_read_with_them(bench: Bench, site: Site) -> None:
    case_site(site)
    run(site, bench)
    site.page("/o/2-2/", json.dumps({"text": "A dissent."}))
    run(site, bench)
    before, source = history(bench), CaseSource()
    assert again(bench, source).pages == 4  # the list, two cases, and one of them once more
    assert history(bench) == before
    purge(bench.store, Archive(bench.folder / "archive"), "toy:high:2")
    archive = Archive(bench.folder / "archive")
    left = {page.url for file in archive.files() for page in archive.pages(file)}
    assert left == {f"{ORIGIN}/c/1/", f"{ORIGIN}/o/1-1/", f"{ORIGIN}/o/1-2/"}
    digest = sorted(bench.store.digest_rows())
    again(bench, source)
    assert sorted(bench.store.digest_rows()) == digest
    assert list(bench.texts()) == ["toy:high:1"]


def test_killed_in_the_middle_everything_is_as_it_was(lived: Bench, database_url: str) -> None:
    """It is one transaction: killed right before it is kept, on the point of its last statement."""
    before = history(lived)
    lived.store.database.close()
    child = os.fork()
    if not child:

        def watch(frame: FrameType, event: str, what: object) -> None:
            if event == "call" and frame.f_code.co_name == "do_commit":
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            again_there = Bench(lived.folder, database_url)
            sys.setprofile(watch)
            again(again_there, Corrected())
        finally:
            os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    after = Bench(lived.folder, database_url)
    assert history(after) == before
    again(after)
    assert history(after) == before


def test_a_folder_is_built_anew_without_the_folder(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    put(folder / "law.jsonl", *(row(n) for n in (1, 2, 3, 4, 2)))
    put(folder / "more" / "law.jsonl", row(5))
    read(bench, folder)
    put(folder / "law.jsonl", *(row(n, f"Amended {n}.") for n in (4, 3, 1)))
    read(bench, folder)
    before = sorted(bench.store.digest_rows())
    shutil.rmtree(folder)
    assert again(bench, FolderSource(TABLES)).kept == 0
    assert sorted(bench.store.digest_rows()) == before


def test_what_a_killed_run_archived_and_no_more_is_no_document(lived: Bench) -> None:
    before, run_id = history(lived), lived.store.changes()[-2].run_id
    with Archive(lived.folder / "archive", run_id) as archive:
        body = article("toy:s:99", "Words that were never kept.").encode()
        at = lived.store.clock()
        archive.write(FetchedPage("http://127.0.0.1/s/99/", "http://127.0.0.1/s/99/", 200, {}, body, at, (), {}),
                      f"{ORIGIN}/s/99/")  # fmt: skip
    again(lived)
    assert history(lived) == before
