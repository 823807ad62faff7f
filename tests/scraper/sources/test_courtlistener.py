"""CourtListener's two ways, the API and the bulk files: one document of a case by both, and none of a blocked one."""

from __future__ import annotations

import bz2
import csv
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.archive import Archive
from scraper.bulk import ReadsTables, TableFetcher
from scraper.crawl import CrawlOptions, crawl
from scraper.errors import ConfigError, FetchFailed, ParseError
from scraper.fetch import FetchConfig, Fetcher, Validators
from scraper.interfaces import HasParts, Page, ReadsFolder
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, OpinionKind, SpanKind
from scraper.sources import get_source
from scraper.sources.courtlistener import CourtListenerSource
from scraper.sources.courtlistener_bulk import CourtListenerBulkSource
from scraper.sources.courtlistener_case import TYPES, read_case
from scraper.sources.courtlistener_text import TEXT_FIELDS, opinion_text
from scraper.sources.options import HasOptions, NeedsToken, configured
from tests.scraper.sources.test_pages import expected_of, page_of
from tests.scraper.toy import Bench
from tests.site import Site

PAGES = Path(__file__).resolve().parents[2] / "pages" / "courtlistener"
TABLES = Jurisdictions.load()
DAY = "2026-03-31"
COLUMNS = {
    "dockets": ["id", "date_created", "court_id", "docket_number", "date_argued", "case_name", "blocked"],
    "opinion-clusters": [
        "id", "docket_id", "judges", "date_filed", "date_filed_is_approximate", "slug", "case_name", "case_name_full",
        "case_name_short", "syllabus", "headnotes", "summary", "disposition", "precedential_status", "blocked",
        "headmatter",
    ],
    "opinions": [
        "id", "cluster_id", "type", "author_str", "per_curiam", "joined_by_str", "sha1", *reversed(TEXT_FIELDS),
    ],
    "citations": ["id", "volume", "reporter", "page", "type", "cluster_id"],
}  # fmt: skip
Rows = dict[str, list[dict[str, Any]]]


def row_of(folder: str, name: str) -> dict[str, Any]:
    row: dict[str, Any] = json.loads((PAGES / folder / f"{name}.json").read_text(encoding="utf-8"))
    return row


def rows_of_pages() -> Rows:
    """Return the rows of the saved clusters as the database holds them, with others that are not wanted."""
    rows: Rows = {name: [] for name in COLUMNS}
    for folder, opinions in (("harvard", ("lead", "concur", "dissent", "combined")), ("combined", ("opinion",))):
        cluster, docket = row_of(folder, "page"), row_of(folder, "docket")
        docket["court_id"] = docket.get("court_id") or docket["court"].split("/")[-2]
        rows["dockets"].append(docket)
        rows["opinion-clusters"].append({**cluster, "docket_id": docket["id"]})
        rows["opinions"] += [{**row_of(folder, name), "cluster_id": cluster["id"]} for name in opinions]
        rows["citations"] += [
            {**cite, "id": cluster["id"] * 10 + at, "cluster_id": cluster["id"]}
            for at, cite in enumerate(reversed(cluster["citations"]))
        ]
    rows["dockets"] += [
        {"id": 9, "court_id": "calag", "docket_number": "1"},
        {"id": 10, "court_id": "scotus", "docket_number": "2", "blocked": True},
    ]
    rows["opinion-clusters"] += [
        {"id": 50, "docket_id": 9, "case_name": "Another court's"},
        {"id": 51, "docket_id": 10, "case_name": "A name that asked to be left out"},
        {"id": 52, "docket_id": 7, "case_name": "Another that asked", "blocked": True},
    ]
    rows["opinions"] += [
        {"id": n, "cluster_id": c, "type": "020lead", "plain_text": "x"} for n, c in ((1, 50), (2, 51))
    ]
    return rows


def field(value: Any) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    return "" if value is None else str(value)


def by_backslash(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if value else ""


def by_doubling(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if set(value) & set('",\r\n') else value


def by_backticks(value: str) -> str:
    return "`" + value.replace("`", "``") + "`"


def dump(folder: Path, rows: Rows, quoted: Callable[[str], str] = by_backslash, packed: bool = True) -> Path:
    """Write the tables as PostgreSQL's COPY does."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in COLUMNS.items():
        lines = [",".join(columns)]
        lines += [",".join(quoted(field(row.get(column))) for column in columns) for row in rows[name]]
        data = ("\n".join(lines) + "\n").encode()
        path = folder / f"{name}-{DAY}.csv"
        if packed:
            path.with_suffix(".csv.bz2").write_bytes(bz2.compress(data))
        else:
            path.write_bytes(data)
    return folder


def bulk_documents(folder: Path, courts: tuple[str, ...] = ("scotus", "ca9")) -> dict[str, Document]:
    source = CourtListenerBulkSource(TABLES, courts=courts)
    found = {}
    with TableFetcher(folder, source) as fetcher:
        listing = fetcher.get(fetcher.base + "/?list=1")
        page = Page(source.seeds()[0], listing.body, listing.headers["content-type"])
        for url in source.parse(page).links:
            assert source.follows(url)
            got = fetcher.get(fetcher.base + url.removeprefix(source.origin))
            for document in source.parse(Page(url, got.body, got.headers["content-type"])).documents:
                found[url] = document
    return found


def rest_document(folder: str) -> tuple[str, Document]:
    expected = expected_of(PAGES / folder)
    page = page_of(PAGES / folder, expected)
    (document,) = get_source("courtlistener", TABLES).parse(page).documents
    return page.url, document


@pytest.mark.parametrize(
    ("quoted", "packed"),
    [(by_backslash, True), (by_doubling, False), (by_backticks, False)],
)
def test_both_ways_give_the_same_documents(tmp_path: Path, quoted: Callable[[str], str], packed: bool) -> None:
    rows = rows_of_pages()
    found = bulk_documents(dump(tmp_path, rows, quoted, packed))
    assert found == dict(rest_document(folder) for folder in ("harvard", "combined"))


def test_the_dumps_are_valid_csv_to_another_reader(tmp_path: Path) -> None:
    """The writer of these tests, read back by the standard library as Free Law Project tells people to."""
    rows = rows_of_pages()
    dump(tmp_path, rows, packed=False)
    with (tmp_path / f"opinions-{DAY}.csv").open(newline="", encoding="utf-8") as handle:
        read = list(csv.DictReader(handle, escapechar="\\", doublequote=False))
    for mine, theirs in zip(rows["opinions"], read, strict=True):
        assert all(theirs[name] == field(mine.get(name)) for name in COLUMNS["opinions"])


def test_only_the_wanted_courts_are_read(tmp_path: Path) -> None:
    folder = dump(tmp_path, rows_of_pages())
    assert {one.court for one in bulk_documents(folder, ("ca9",)).values()} == {"ca9"}
    source = CourtListenerBulkSource(TABLES)
    assert "scotus" in source.wanted() and "calag" not in source.wanted()
    chosen = configured(source, {"courts": "ca9, SCOTUS"})
    assert isinstance(chosen, CourtListenerBulkSource) and chosen.wanted() == {"ca9", "scotus"}
    with pytest.raises(ConfigError, match="zz99"):
        configured(source, {"courts": "scotus,zz99"})
    with pytest.raises(ConfigError, match="Its options are: courts"):
        configured(source, {"court": "scotus"})


def test_a_narrowed_list_says_that_it_is_not_whole() -> None:
    listing = b"/api/rest/v4/clusters/42/\r\n"
    for courts, whole in ((), True), (("scotus",), False):
        source = CourtListenerBulkSource(TABLES, courts=courts)
        parsed = source.parse(Page(source.seeds()[0], listing, "text/uri-list"))
        assert (parsed.complete, parsed.links) == (whole, (f"{source.origin}/api/rest/v4/clusters/42/",))


def test_a_damaged_row_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    folder = dump(tmp_path, rows_of_pages(), packed=False)
    path = folder / f"opinions-{DAY}.csv"
    path.write_text(
        path.read_text(encoding="utf-8") + "7,42,too few\n" + "9" * 30 + ",42" + "," * 12 + "\n", encoding="utf-8"
    )
    source = CourtListenerBulkSource(TABLES, courts=("scotus", "ca9"))
    with TableFetcher(folder, source, scratch=tmp_path / "scratch") as fetcher:
        listing = fetcher.get(fetcher.base + "/?list=1").body.decode().split()
        damaged, huge = [address for address in listing if "damaged" in address]
        with pytest.raises(FetchFailed, match="no number of a row"):
            fetcher.get(fetcher.base + huge)
        assert fetcher.get(fetcher.base + "/?list=" + "9" * 30).status == 404
        with pytest.raises(FetchFailed, match="3 fields where the header names 14"):
            fetcher.get(fetcher.base + damaged)
        assert fetcher.get(fetcher.base + "/api/rest/v4/clusters/42/").status == 200
        assert fetcher.get(fetcher.base + "/api/rest/v4/clusters/50/").status == 404
        assert list((tmp_path / "scratch").iterdir()) == []  # nothing that a kill could leave behind


def test_a_row_that_is_the_same_is_not_read_again(tmp_path: Path) -> None:
    folder = dump(tmp_path, rows_of_pages())
    with TableFetcher(folder, CourtListenerBulkSource(TABLES, courts=("ca9",))) as fetcher:
        url = fetcher.base + "/api/rest/v4/clusters/43/"
        etag = fetcher.get(url).headers["etag"]
        assert fetcher.get(url, Validators(etag, "")).status == 304


def test_long_lists_are_told_in_parts(tmp_path: Path) -> None:
    rows: Rows = {name: [] for name in COLUMNS}
    rows["dockets"].append({"id": 1, "court_id": "scotus"})
    rows["opinion-clusters"] = [{"id": n * 3, "docket_id": 1} for n in range(1, 2502)]
    with TableFetcher(dump(tmp_path, rows), CourtListenerBulkSource(TABLES, courts=("scotus",))) as fetcher:
        address, seen = "/?list=1", []
        while address:
            lines = fetcher.get(fetcher.base + address).body.decode().split()
            seen += [line for line in lines if "?" not in line]
            address = next((line for line in lines if "?" in line), "")
    assert seen == [f"/api/rest/v4/clusters/{n * 3}/" for n in range(1, 2502)]


def test_files_of_one_day_are_needed(tmp_path: Path) -> None:
    source = CourtListenerBulkSource(TABLES)
    with pytest.raises(ConfigError, match="all of one day"):
        TableFetcher(tmp_path, source)
    folder = dump(tmp_path / "a", rows_of_pages())
    (folder / f"citations-{DAY}.csv.bz2").rename(folder / "citations-2025-01-01.csv.bz2")
    with pytest.raises(ConfigError, match="bulk-data"):
        TableFetcher(folder, source)
    folder = dump(tmp_path / "b", rows_of_pages())
    (folder / f"dockets-{DAY}.csv.bz2").write_bytes(b"no archive")
    with pytest.raises(ConfigError, match="Load it again"):
        TableFetcher(folder, source)
    folder = dump(tmp_path / "c", rows_of_pages(), packed=False)
    (folder / f"dockets-{DAY}.csv").write_text("name,age\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no column 'id'"):
        TableFetcher(folder, source)


def test_the_sources_say_what_they_need() -> None:
    rest, bulk = get_source("courtlistener", TABLES), get_source("courtlistener-bulk", TABLES)
    assert isinstance(rest, HasParts) and isinstance(rest, NeedsToken) and isinstance(rest, HasOptions)
    assert (
        isinstance(bulk, ReadsTables) and isinstance(bulk, HasOptions) and not isinstance(bulk, ReadsFolder | HasParts)
    )
    assert rest.token_headers("abc") == {"Authorization": "Token abc"}
    assert (rest.terms.permission, rest.terms.reads, bulk.terms.reads) == ("api", "api", "bulk")
    since = configured(rest, {"since": "2026-10-01", "courts": "scotus"})
    assert since.seeds() == (
        "https://www.courtlistener.com/api/rest/v4/clusters/"
        "?docket__court=scotus&order_by=-date_modified&date_modified__gte=2026-10-01",
    )
    assert all(since.follows(url) for url in since.seeds())
    with pytest.raises(ConfigError, match="is no day"):
        configured(rest, {"since": "October"})


@pytest.mark.parametrize(
    ("path", "followed"),
    [
        ("/api/rest/v4/clusters/42/", True),
        ("/api/rest/v4/clusters/?docket__court=scotus&order_by=-date_modified&cursor=x", True),
        ("/api/rest/v4/clusters/42/?format=xml", False),
        ("/api/rest/v4/clusters/?docket__court=scotus&page=2", False),
        ("/api/rest/v4/clusters/", False),
        ("/api/rest/v4/opinions/101/", False),
        ("/opinion/42/quill-v-ember/", False),
    ],
)
def test_the_api_follows_clusters_alone(path: str, followed: bool) -> None:
    source = CourtListenerSource(TABLES)
    assert source.follows(source.origin + path) is followed


def test_parts_are_asked_of_the_pages_own_site() -> None:
    expected = expected_of(PAGES / "combined")
    source = CourtListenerSource(TABLES)
    assert list(source.parts(page_of(PAGES / "combined", expected))) == list(expected["parts"])
    assert source.parts(page_of(PAGES / "list", expected_of(PAGES / "list"))) == ()
    assert source.parts(page_of(PAGES / "blocked", expected_of(PAGES / "blocked"))) == ()


def served(site: Site, folder: str) -> None:
    """Put a saved cluster with its docket and opinions on a site."""
    expected = expected_of(PAGES / folder)
    files = {expected["url"]: "page.json", **expected["parts"]}
    for url, name in files.items():
        path = url.removeprefix("https://www.courtlistener.com")
        site.page(path, (PAGES / folder / name).read_bytes(), headers={"Content-Type": "application/json"})


def test_the_api_is_crawled_and_the_bulk_files_change_nothing(tmp_path: Path) -> None:
    """One data directory: news by the API, then the bulk files; each case is one document, met two ways."""
    store = Bench(tmp_path).store
    source = CourtListenerSource(TABLES, courts=("scotus",))
    with Site() as site, Archive(tmp_path / "archive") as archive:
        answer = {"next": None, "results": [{"id": 42}, {"id": 43}]}
        site.page(
            "/api/rest/v4/clusters/?docket__court=scotus&order_by=-date_modified",
            json.dumps(answer),
            headers={"Content-Type": "application/json"},
        )
        served(site, "harvard")
        served(site, "combined")
        options = CrawlOptions(base_url=site.url, delay=0.0)
        with Fetcher(FetchConfig(allow_private=(site.origin,))) as fetcher:
            report = crawl(source, store, fetcher, archive, options)
        assert report.state == "done", report.to_json()
        first = {version.document_id: version.hash for version in store.current()}
        assert set(first) == {"us:scotus:998-us-17", "us:ca9:625-f2d-850"}
        bulk = CourtListenerBulkSource(TABLES, courts=("scotus", "ca9"))
        with TableFetcher(dump(tmp_path / "bulk", rows_of_pages()), bulk) as tables:
            report = crawl(bulk, store, tables, archive, CrawlOptions(base_url=tables.base, max_depth=1_000_000))
        assert report.state == "done", report.to_json()
        assert {version.document_id: version.hash for version in store.current()} == first


# ---- what a cluster's rows mean


def case(opinions: list[dict[str, Any]], **cluster: Any) -> Document:
    row = {"id": 1, "case_name": "A v. B", "slug": "a-v-b", **cluster}
    return read_case(row, {"court_id": "scotus", "docket_number": "1"}, opinions, "https://cl.example", TABLES)


@pytest.mark.parametrize("code", sorted(TYPES))
def test_every_code_of_an_opinion_is_known(code: str) -> None:
    document = case([{"id": 1, "type": code, "plain_text": "The ferry ran late.\n\nThe fare is owed."}])
    (opinion,) = document.spans_of(SpanKind.OPINION)
    kind, stage = TYPES[code]
    assert opinion.label == (kind.value if kind else "")
    assert opinion.attrs.get("stage", "") == stage
    assert document.text[opinion.start : opinion.end] == document.text


def test_by_the_court_means_no_author() -> None:
    document = case(
        [{"id": 1, "type": "020lead", "per_curiam": "t", "author_str": "Per Curiam", "plain_text": "Affirmed."}]
    )
    (opinion,) = document.spans_of(SpanKind.OPINION)
    assert (opinion.label, dict(opinion.attrs)) == (OpinionKind.PER_CURIAM.value, {})


def test_a_combined_text_is_cut_by_its_own_lines() -> None:
    words = "Justice Marrow delivered the opinion of the Court.\n\nIt is so.\n\nJustice Oar, dissenting.\n\nIt is not."
    document = case([{"id": 1, "type": "010combined", "plain_text": words}])
    assert [span.label for span in document.spans_of(SpanKind.OPINION)] == ["majority", "dissent"]


@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_the_best_field_that_holds_anything_is_read(name: str) -> None:
    at = TEXT_FIELDS.index(name)
    row: dict[str, Any] = {field: "worse" for field in TEXT_FIELDS[at + 1 :]} | {
        field: " " for field in TEXT_FIELDS[:at]
    }
    assert [built.text for _, _, built in opinion_text({**row, name: "<p>best</p>"})] == (
        ["best"] if name != "plain_text" else ["<p>best</p>"]
    )


@pytest.mark.parametrize(
    ("status", "publication"),
    [("Published", "published"), ("Unpublished", "unpublished"), ("Unknown", ""), (None, ""), ("Errata", "errata")],
)
def test_what_a_precedential_status_says(status: str | None, publication: str) -> None:
    assert (
        case([{"id": 1, "type": "020lead", "plain_text": "x"}], precedential_status=status).publication == publication
    )


def test_several_opinions_in_one_field_are_apart() -> None:
    words = '<opinion type="majority"><author>PELL, J.</author><p>So.</p></opinion>'
    words += '<opinion type="dissent"><p>No.</p></opinion>'
    document = case([{"id": 1, "type": "010combined", "xml_harvard": words}])
    found = [(span.label, dict(span.attrs)) for span in document.spans_of(SpanKind.OPINION)]
    assert found == [("majority", {"author": "Pell"}), ("dissent", {})]


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=6,
)
NAMES = (
    "id",
    "case_name",
    "slug",
    "date_filed",
    "citations",
    "judges",
    "blocked",
    "syllabus",
    "headmatter",
    "docket",
    "sub_opinions",
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(NAMES), ODD),
    st.dictionaries(st.sampled_from(("type", "html", "plain_text", "id")), ODD),
)
def test_no_row_raises_anything_but_a_parse_error(cluster: dict[str, Any], opinion: dict[str, Any]) -> None:
    for source in (CourtListenerSource(TABLES), replace(CourtListenerBulkSource(TABLES), courts=("scotus",))):
        row = {"docket": {"court_id": "scotus", "docket_number": "1"}, "sub_opinions": [opinion], **cluster}
        url = f"{source.origin}/api/rest/v4/clusters/1/"
        page = Page(url, json.dumps(row).encode(), "application/json")
        try:
            source.parse(page)
        except ParseError as error:
            assert error.reason


def test_memory_does_not_grow_with_the_number_of_rows(tmp_path: Path) -> None:
    """24 MB of opinions, a sixth of them wanted, are joined in less than a third of that memory."""
    folder = tmp_path / "bulk"
    rows = rows_of_pages()
    dump(folder, {**rows, "opinions": []}, packed=False)
    words = "It is so ordered by the court below. " * 110
    with (folder / f"opinions-{DAY}.csv").open("a", encoding="utf-8") as handle:
        for number in range(6000):
            cluster = 42 if number % 6 == 0 else 50
            row = {"id": number, "cluster_id": cluster, "type": "020lead", "plain_text": words}
            handle.write(",".join(by_backslash(field(row.get(name))) for name in COLUMNS["opinions"]) + "\n")
    source = CourtListenerBulkSource(TABLES, courts=("scotus",))
    source.wanted()
    tracemalloc.start()
    try:
        with TableFetcher(folder, source) as fetcher:
            fetcher.get(fetcher.base + "/?list=1")
            peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    size = (folder / f"opinions-{DAY}.csv").stat().st_size
    assert size > 24_000_000 and peak * 3 < size, (peak, size)
