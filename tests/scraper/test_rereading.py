"""Unchanged pages and a parser that changed; pages and documents that were purged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.database import fetches
from scraper.errors import TermsRefused
from scraper.fetch import Fetcher
from scraper.fingerprint import choice_fingerprint, parser_fingerprint
from scraper.interfaces import Page, ParsedPage, Source
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document
from scraper.report import RunReport
from scraper.sources.justia import JustiaSource
from scraper.suppression import digest, suppress
from tests.scraper.test_parts import CaseSource, case_site
from tests.scraper.toy import ORIGIN, Bench, ToySource, article, listing, quick, small_site
from tests.site import Site


@dataclass(frozen=True)
class Table:
    """What a parser stands on."""

    word: str


class Shouting(ToySource):
    """The toy source with a table of one word: with another table, another parser of the same pages."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self.table = Table(word)

    def parse(self, page: Page) -> ParsedPage:
        if self.table.word == "TRIP":
            raise IndexError("tripped")
        found = super().parse(page)
        return replace(found, documents=tuple(self.shout(document) for document in found.documents))

    def shout(self, document: Document) -> Document:
        return replace(document, text=document.text.replace("tell", self.table.word))


def run(site: Site, bench: Bench, source: Source, **options: Any) -> RunReport:
    chosen = CrawlOptions(base_url=site.url, delay=0.0, **options)
    with Fetcher(quick(site)) as fetcher, Archive(bench.folder / "archive") as archive:
        return crawl(source, bench.store, fetcher, archive, chosen)


# ---- another parser -------------------------------------------------------------------------------------


def test_a_place_in_the_archive_that_holds_something_else_is_not_read_again(site: Site, bench: Bench) -> None:
    small_site(site, 2)
    run(site, bench, Shouting("tell"))
    with bench.store.database.write() as connection:
        places = {row.url: row.warc_offset for row in connection.execute(sa.select(fetches))}
        for here, other in (("/s/1/", "/s/2/"), ("/s/2/", "/s/1/")):
            swapped = fetches.update().where(fetches.c.url == ORIGIN + here)
            connection.execute(swapped.values(warc_offset=places[ORIGIN + other]))
    run(site, bench, Shouting("TELL"))
    assert [text.split(".")[0] for _, text in sorted(bench.texts().items())] == ["Section 1", "Section 2"]


def test_a_mended_parser_reaches_unchanged_pages_without_the_network(site: Site, bench: Bench) -> None:
    small_site(site, 4)
    run(site, bench, Shouting("tell"))
    site.log.clear()
    assert run(site, bench, Shouting("tell")).pages["unchanged"] == 6
    report = run(site, bench, Shouting("TELL"))
    assert {row.status for row in site.asked()} == {304}  # all of it came from the archive
    assert (report.pages["fetched"], report.documents["changed"]) == (6, 4)
    assert bench.texts()["toy:code:2"] == "Section 2. Nobody shall TELL lies about number 2."
    old, new = bench.store.versions("toy:code:2")
    assert old.observed_to == new.observed_from > old.observed_from
    place = new.provenance
    archive = Archive(bench.folder / "archive")
    assert archive.read(place.warc_file, place.warc_offset).body == site.find("/s/2/").body  # type: ignore[union-attr]
    assert len(archive.files()) == 1  # nothing was archived twice
    assert run(site, bench, Shouting("TELL")).pages["unchanged"] == 6


def test_a_parser_that_trips_over_archived_pages_sets_them_aside(site: Site, bench: Bench) -> None:
    small_site(site, 4)
    run(site, bench, Shouting("tell"))
    report = run(site, bench, Shouting("TRIP"))
    assert (report.state, report.pages["quarantined"]) == ("refused", 1)
    assert len(bench.texts()) == 4
    report = run(site, bench, Shouting("tell"))
    assert (report.state, report.changes, bench.store.quarantined()) == ("done", (), [])


def test_a_lost_archive_is_made_up_for_from_the_site(site: Site, bench: Bench) -> None:
    small_site(site, 4)
    run(site, bench, Shouting("tell"))
    for file in (bench.folder / "archive").iterdir():
        file.unlink()
    assert run(site, bench, Shouting("tell")).pages["unchanged"] == 6
    assert run(site, bench, Shouting("TELL")).documents["changed"] == 4
    assert run(site, bench, Shouting("tell")).documents["changed"] == 4


def test_pages_with_parts_are_read_again_with_them(site: Site, bench: Bench) -> None:
    class Louder(CaseSource):
        def parse(self, page: Page) -> ParsedPage:
            found = super().parse(page)
            documents = (replace(document, text=document.text.upper()) for document in found.documents)
            return replace(found, documents=tuple(documents))

    case_site(site)
    run(site, bench, CaseSource())
    site.log.clear()
    louder = Louder()
    louder.table = Table("upper")  # type: ignore[attr-defined]
    assert run(site, bench, louder).documents["changed"] == 2
    assert {row.status for row in site.asked()} == {304}
    assert bench.texts()["toy:high:1"] == "OPINION 1 OF CASE 1. OPINION 2 OF CASE 1."
    site.page("/o/1-1/", json.dumps({"text": "Another opinion."}))
    assert run(site, bench, louder).documents["changed"] == 1
    assert bench.texts()["toy:high:1"] == "ANOTHER OPINION. OPINION 2 OF CASE 1."
    assert run(site, bench, louder).pages["unchanged"] == 3


def test_validators_follow_a_server_that_renews_them(site: Site, bench: Bench) -> None:
    small_site(site, 2)
    bench.crawl(site)
    body = article("toy:code:1", "Section 1. Nobody shall tell lies about number 1.")
    site.page("/s/1/", body, etag=False, headers={"ETag": '"new"'})
    bench.crawl(site)
    bench.crawl(site)
    assert site.asked("/s/1/")[-1].headers["if-none-match"] == '"new"'


# ---- fingerprints ---------------------------------------------------------------------------------------


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    code = (
        "from scraper.fingerprint import parser_fingerprint; from scraper.jurisdictions import Jurisdictions\n"
        "from scraper.sources.justia import JustiaSource\n"
        "print(parser_fingerprint(JustiaSource(Jurisdictions.load())))"
    )
    found = set()
    for seed in ("1", "2"):
        process = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        found.add(process.stdout.decode().strip())
    assert found == {parser_fingerprint(JustiaSource(Jurisdictions.load()))}


def test_a_fingerprint_tells_set_ups_apart() -> None:
    @dataclass
    class Made(ToySource):
        words: frozenset[str] = frozenset()
        since: datetime | None = None

        def __post_init__(self) -> None:
            self.origin = ORIGIN

    plain = parser_fingerprint(Made(frozenset({"a", "b", "c"})))
    assert plain == parser_fingerprint(Made(frozenset({"c", "b", "a"})))
    assert plain != parser_fingerprint(Made(frozenset({"a", "b"})))
    assert plain != parser_fingerprint(Made(frozenset({"a", "b", "c"}), datetime(2024, 1, 1, tzinfo=UTC)))
    assert plain != parser_fingerprint(ToySource())
    assert parser_fingerprint(Shouting("a")) != parser_fingerprint(Shouting("b"))
    assert choice_fingerprint(Shouting("a")) == choice_fingerprint(Shouting("b"))  # both read the same pages
    assert choice_fingerprint(Made(frozenset("a"))) != choice_fingerprint(Made(frozenset("b")))


def test_a_fingerprint_is_of_the_code_and_of_what_it_imports(tmp_path: Path) -> None:
    package = tmp_path / "readers"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "unused.py").write_text("x = 1\n")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from readers.site import Site\nfrom scraper.fingerprint import parser_fingerprint\n"
        "print(parser_fingerprint(Site()))"
    )

    def found(helper: str) -> str:
        (package / "helper.py").write_text(helper)
        (package / "site.py").write_text("from . import helper\n\nclass Site:\n    pass\n")
        process = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=True)
        return process.stdout.decode().strip()

    first = found("LIMIT = 1\n")
    assert found("LIMIT = 22\n") != first
    (package / "unused.py").write_text("x = 2\n")
    assert found("LIMIT = 1\n") == first


# ---- purged ---------------------------------------------------------------------------------------------


def suppressed(bench: Bench, *urls: str) -> None:
    suppress(bench.store.database, [("url", digest(ORIGIN + url)) for url in urls], "2024-01-01T00:00:00.000000+00:00")


def test_a_purged_address_is_not_asked_for_and_not_named(site: Site, bench: Bench) -> None:
    small_site(site, 5)
    suppressed(bench, "/s/3/")
    report = bench.crawl(site)
    assert site.asked("/s/3/") == [] and "toy:code:3" not in bench.texts()
    assert (report.state, report.documents["added"]) == ("done", 4)
    told = report.in_words() + json.dumps(report.to_json())
    assert "/s/3/" not in told and "toy:code:3" not in told
    with bench.store.database.read() as connection:  # nor is it written down, though the site still lists it
        for table in ("fetches", "run_pages"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert rows and "/s/3/" not in repr(rows)
    assert bench.crawl(site).changes == ()


def test_a_seed_that_was_purged_is_not_asked_for(site: Site, bench: Bench) -> None:
    small_site(site, 5)
    suppressed(bench, "/")
    with pytest.raises(TermsRefused):
        bench.crawl(site)
    assert site.asked() == []


def test_a_redirect_to_a_purged_address_is_not_read(site: Site, bench: Bench) -> None:
    from tests.site import redirect

    small_site(site, 5)
    site.fault("/s/2/", redirect("/s/3/"))
    site.page("/s/", listing("/s/1/", "/s/2/", "/s/4/", "/s/5/"))
    suppressed(bench, "/s/3/")
    report = bench.crawl(site)
    assert report.pages["refused"] == 1 and "toy:code:3" not in bench.texts()


def test_a_page_with_a_purged_part_is_left_alone(site: Site, bench: Bench) -> None:
    case_site(site)
    suppressed(bench, "/o/1-2/")
    report = run(site, bench, CaseSource())
    assert (report.pages["refused"], site.asked("/o/1-2/")) == (1, [])
    assert list(bench.texts()) == ["toy:high:2"]


def test_the_bytes_of_a_page_that_states_a_purged_document_are_not_kept(site: Site, bench: Bench) -> None:
    words = "The sealed words of the case, which nobody may read any more. " * 12
    small_site(site, 3)
    site.page("/s/2/", article("toy:high:77", words, "case"))
    suppress(bench.store.database, [("id", digest("toy:high:77"))], "2024-01-01T00:00:00.000000+00:00")
    report = bench.crawl(site)
    assert (report.state, report.documents["added"], report.documents["seen"]) == ("done", 2, 2)
    archive = Archive(bench.folder / "archive")
    assert all(words.encode() not in page.body for file in archive.files() for page in archive.pages(file))
    for _ in range(2):
        assert bench.crawl(site).changes == ()


@pytest.mark.parametrize("same", [True, False])
def test_two_pages_that_disagree_about_an_address(site: Site, bench: Bench, same: bool) -> None:
    """The first page is kept, the other is set aside until they agree."""

    class Rows(ToySource):
        def parse(self, page: Page) -> ParsedPage:
            found = super().parse(page)
            return replace(found, documents=tuple(replace(d, url=ORIGIN + "/row") for d in found.documents))

    site.page("/", listing("/s/1/", "/s/2/"))
    site.page("/s/1/", article("toy:code:1", "One."))
    site.page("/s/2/", article("toy:code:1", "One." if same else "Another."))
    run(site, bench, Rows())
    assert bench.texts() == {"toy:code:1": "One."}
    assert [row.reason for row in bench.store.quarantined()] == ([] if same else ["conflict"])
