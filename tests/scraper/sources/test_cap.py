"""The Caselaw Access Project: its lists, its opinions by kind, and pages and notes told from plain text."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.errors import ConfigError, ParseError
from scraper.fetch import Fetcher
from scraper.interfaces import HasParts, Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, SpanKind
from scraper.removal import purge
from scraper.sources.cap import CapSource
from scraper.sources.casebook import CAP_TYPES, author_name, judge_names, plain_text, with_notes, with_stars
from scraper.sources.courts import court_named, court_with_id
from scraper.sources.options import configured
from tests.scraper.toy import Bench, quick
from tests.site import Site

PAGES = Path(__file__).resolve().parents[2] / "pages" / "cap"
TABLES = Jurisdictions.load()
URL = "https://static.case.law/us/999/cases/0601-01.json"
CASE: dict[str, Any] = json.loads((PAGES / "case" / "page.json").read_text(encoding="utf-8"))


def read(row: Any, url: str = URL) -> Document:
    (document,) = CapSource(TABLES).parse(Page(url, json.dumps(row).encode(), "application/json")).documents
    return document


def with_opinions(*opinions: dict[str, Any]) -> Document:
    return read({**CASE, "casebody": {"opinions": list(opinions)}})


@pytest.mark.parametrize("called", sorted(CAP_TYPES))
def test_every_type_of_opinion_is_known(called: str) -> None:
    kind, stage = CAP_TYPES[called]
    (span,) = with_opinions({"type": called, "author": "PELL, J.", "text": "It is so."}).spans_of(SpanKind.OPINION)
    assert (span.label, span.attrs.get("stage", "")) == (kind.value if kind else "", stage)


def test_no_word_is_lost() -> None:
    document = read(CASE)
    body = CASE["casebody"]
    words = [body["head_matter"], *(opinion["text"] for opinion in body["opinions"])]
    assert "".join(document.text.split()) == "".join("".join(words).split())
    assert document.text.split("\n\n") == [line for text in words for line in text.split("\n")]


def test_the_former_shape_of_a_case_is_read_too() -> None:
    former = {**CASE, "casebody": {"status": "ok", "data": CASE["casebody"]}}
    assert read(former) == read(CASE)


def test_per_curiam_is_nobodys() -> None:
    document = with_opinions({"type": "majority", "author": "PER CURIAM.", "text": "PER CURIAM.\nAffirmed."})
    (span,) = document.spans_of(SpanKind.OPINION)
    assert (span.label, dict(span.attrs)) == ("per_curiam", {})


# ---- pages and notes in plain text


@pytest.mark.parametrize(
    ("words", "first", "last", "pages"),
    [
        ("a *602 b *603c *604", "601", "606", ["602", "603", "604"]),
        ("a *602 b *602 c *601", "601", "606", ["602"]),
        ("a *77 b *9999", "601", "606", []),
        ("a 5*602 b **603", "601", "606", ["603"]),
        ("a *602", "", "", []),
        ("a *602", "xii", "xx", []),
    ],
)
def test_stars_between_the_cases_own_pages_rise(words: str, first: str, last: str, pages: list[str]) -> None:
    built = with_stars(plain_text(words), first, last)
    assert [span.label for span in built.spans] == pages
    assert all(built.text[span.start : span.end].strip("*[]") == span.label for span in built.spans)


@pytest.mark.parametrize(
    ("lines", "notes"),
    [
        (["The fee was paid.1 It was late.2", "Reversed.", "1. In silver.", "And gold.", "2. By a day."], ["1", "2"]),
        (["The fee was paid.", "1. In silver.", "2. By a day."], []),  # a list: no mark
        (["Paid.1", "1 In silver."], ["1"]),
        (["Paid.[1]", "[1] In silver."], []),
        (["Paid.", ". In silver.", ". By a day."], ["1", "2"]),
        (["Paid.", ". . . in silver."], []),
    ],
)
def test_notes_at_the_end_are_told_by_their_marks(lines: list[str], notes: list[str]) -> None:
    built = with_notes(plain_text("\n".join(lines), by_line=True))
    assert [span.label for span in built.spans if span.kind is SpanKind.FOOTNOTE] == notes
    assert built.text == "\n\n".join(lines)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("SHENK, J.", "Shenk"),
        ("Mr. Justice Blackmun", "Blackmun"),
        ("Mr. PRESIDING JUSTICE EBERSPACHER", "Eberspacher"),
        ("O'CONNOR, C. J., dissenting.", "O'Connor"),
        ("WALLACE, Circuit Judge:", "Wallace"),
        ("PER CURIAM.", ""),
        ("", ""),
    ],
)
def test_names_of_authors(line: str, name: str) -> None:
    assert author_name(line) == name


def test_names_of_judges() -> None:
    assert judge_names("Before PELL, RUDDOCK and VANE, Circuit Judges.") == ("Pell", "Ruddock", "Vane")
    assert judge_names("Pell, Ruddock & Vane") == ("Pell", "Ruddock", "Vane")


@pytest.mark.parametrize(
    ("name", "place", "court"),
    [
        ("Supreme Court of the United States", "United States", "scotus"),
        ("United States Court of Appeals for the Ninth Circuit", "United States", "ca9"),
        ("United States District Court for the Southern District of New York", "United States", "nysd"),
        ("Supreme Court of California", "California", "cal"),
        ("California Court of Appeal", "California", "calctapp"),
        ("Supreme Court of Texas", "Texas", "tex"),
        ("District of Columbia Court of Appeals", "District of Columbia", "dc"),
        ("Supreme Court of Oz", "Oz", ""),
        ("x" * 100_000, "Ohio", ""),
        ("", "", ""),
    ],
)
def test_courts_are_found_by_name(name: str, place: str, court: str) -> None:
    found = court_named(name, place, TABLES)
    assert (found.id if found else "") == court


def test_a_court_of_courts_db_has_its_state_and_level() -> None:
    found = court_with_id("tex", TABLES)
    assert found is not None and (found.jurisdiction, found.level) == ("tx", "supreme")
    assert court_with_id("scotus", TABLES) in TABLES.courts
    assert court_with_id("nowhere", TABLES) is None


# ---- lists


def test_options_narrow_what_is_followed_and_say_so() -> None:
    source = configured(CapSource(TABLES), {"reporters": "us,f3d", "volumes": "410,500-502"})
    assert isinstance(source, CapSource) and source.volumes == ("410", "500", "501", "502")
    for path, followed in (
        ("/ReportersMetadata.json", True),
        ("/f3d/VolumesMetadata.json", True),
        ("/f3d/501/CasesMetadata.json", True),
        ("/f3d/503/CasesMetadata.json", False),
        ("/us/410/cases/0113-01.json", True),
        ("/us/410/html/0113-01.html", False),
        ("/cal/410/cases/0113-01.json", False),
        ("/us/410.zip", False),
        ("/us/410/cases/../../x.json", False),
    ):
        assert source.follows(source.origin + path) is followed, path
    page = Page(source.origin + "/ReportersMetadata.json", (PAGES / "reporters" / "page.json").read_bytes())
    assert source.parse(page).complete is False and CapSource(TABLES).parse(page).complete is True
    for wrong in (
        {"volumes": "9-2"},
        {"reporters": "U.S. Reports!"},
        {"volumes": "1-999999"},
        {"courts": ""},
        {"text": "pdf"},
    ):
        with pytest.raises(ConfigError):
            configured(CapSource(TABLES), wrong)


def test_the_html_is_fetched_where_it_is_wanted() -> None:
    plain, marked = CapSource(TABLES), configured(CapSource(TABLES), {"text": "html"})
    assert isinstance(marked, HasParts) and plain.parts(Page(URL, b"")) == ()
    assert marked.parts(Page(URL, b"")) == ("https://static.case.law/us/999/html/0601-01.html",)
    assert marked.parts(Page("https://static.case.law/us/999/CasesMetadata.json", b"")) == ()
    seen = marked.parse(
        Page("https://static.case.law/ReportersMetadata.json", (PAGES / "reporters" / "page.json").read_bytes())
    )
    assert seen.complete  # the same cases, in another form
    html = Page("https://static.case.law/us/999/html/0601-01.html", b"<html><body>Not found</body></html>", "text/html")
    with pytest.raises(ParseError, match="soft404"):
        marked.parse(Page(URL, json.dumps(CASE).encode(), "application/json", {html.url: html}))


def test_one_court_of_a_reporter_of_many() -> None:
    rows = [
        {
            "file_name": "0001-01",
            "court": {"name": "Supreme Court of California"},
            "jurisdiction": {"name_long": "California"},
        },
        {"file_name": "0002-01", "court": {"name": "Supreme Court of Texas"}, "jurisdiction": {"name_long": "Texas"}},
        {"file_name": "0003-01", "court": None},
    ]
    source = configured(CapSource(TABLES), {"courts": "tex"})
    page = Page("https://static.case.law/p2d/1/CasesMetadata.json", json.dumps(rows).encode())
    assert source.parse(page).links == ("https://static.case.law/p2d/1/cases/0002-01.json",)


def test_volumes_are_crawled(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    files = {
        "/ReportersMetadata.json": "reporters",
        "/us/VolumesMetadata.json": "volumes",
        "/us/999/CasesMetadata.json": "cases",
        "/us/999/cases/0601-01.json": "case",
    }
    with Site() as site, Archive(tmp_path / "archive") as archive:
        for path, folder in files.items():
            body = (PAGES / folder / "page.json").read_bytes()
            site.page(path, body, headers={"Content-Type": "application/json"})
        for name in ("0607-01", "0607-02"):
            row = {
                **CASE,
                "name_abbreviation": f"Number {name}",
                "citations": [{"type": "official", "cite": "999 U.S. 607"}],
                "casebody": {"opinions": [{"type": "majority", "text": f"Certiorari denied in {name}."}]},
            }
            site.page(f"/us/999/cases/{name}.json", json.dumps(row))
        source = configured(CapSource(TABLES), {"volumes": "999"})
        with Fetcher(quick(site)) as fetcher:
            report = crawl(source, bench.store, fetcher, archive, CrawlOptions(base_url=site.url, delay=0.0))
    assert report.state == "done", report.to_json()
    held = {version.document_id: version.document.title for version in bench.store.current()}
    assert held["us:scotus:999-us-601"] == "Halyard v. Tarn"
    assert sorted(held.values()) == ["Halyard v. Tarn", "Number 0607-01", "Number 0607-02"]  # two cases of one page


def test_a_purged_case_is_not_asked_for_again_nor_named_by_a_list(tmp_path: Path) -> None:
    """The address of the case's record is another than that of the case, and the lists name it in no address."""
    bench = Bench(tmp_path)
    row = {**CASE, "name_abbreviation": "Ash v. Birch", "citations": [{"type": "official", "cite": "999 U.S. 607"}]}
    other = json.dumps({**row, "casebody": {"opinions": [{"type": "majority", "text": "Certiorari denied."}]}})
    with Site() as site, Archive(tmp_path / "archive") as archive:
        site.page("/ReportersMetadata.json", (PAGES / "reporters" / "page.json").read_bytes())
        site.page("/us/VolumesMetadata.json", (PAGES / "volumes" / "page.json").read_bytes())
        site.page("/us/999/CasesMetadata.json", (PAGES / "cases" / "page.json").read_bytes())
        site.page("/us/999/cases/0601-01.json", json.dumps(CASE))
        for name in ("0607-01", "0607-02"):
            site.page(f"/us/999/cases/{name}.json", other.replace("denied", f"denied {name}"))
        source = configured(CapSource(TABLES), {"volumes": "999"})

        def read_all() -> None:
            with Fetcher(quick(site)) as fetcher:
                crawl(source, bench.store, fetcher, archive, CrawlOptions(base_url=site.url, delay=0.0, full=True))

        def named() -> list[str]:
            archive.close()
            files = [path for path in tmp_path.rglob("*") if path.is_file()]
            read = {path.name: path.read_bytes() for path in files}
            read |= {name: gzip.decompress(raw) for name, raw in read.items() if name.endswith(".gz")}
            return [name for name, raw in read.items() if b"Halyard" in raw or b"0601-01" in raw]

        read_all()
        assert named()
        purge(bench.store, archive, "us:scotus:999-us-601")
        assert named() == []
        asked = len(site.asked("/us/999/cases/0601-01.json"))
        read_all()
        assert len(site.asked("/us/999/cases/0601-01.json")) == asked
        assert named() == []
        assert len(list(bench.store.current())) == 2


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=6,
)
LISTS = ("ReportersMetadata.json", "us/VolumesMetadata.json", "us/1/CasesMetadata.json")


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(CASE)), ODD),
    st.dictionaries(st.sampled_from(("type", "author", "text")), ODD),
)
def test_no_case_raises_anything_but_a_parse_error(changed: dict[str, Any], opinion: dict[str, Any]) -> None:
    for row in ({**CASE, **changed}, {**CASE, "casebody": {"opinions": [opinion], "head_matter": changed.get("name")}}):
        try:
            read(row)
        except ParseError as error:
            assert error.reason
        for path in LISTS:
            try:
                CapSource(TABLES).parse(Page(f"https://static.case.law/{path}", json.dumps([row, changed]).encode()))
            except ParseError as error:
                assert error.reason


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b"[" * 100_000, b"<html>", b"\xff\xfe", b"1" * 10_000, b"NaN"]
)
def test_bodies_that_are_no_case(body: bytes) -> None:
    for url in (URL, *(f"https://static.case.law/{path}" for path in LISTS)):
        with pytest.raises(ParseError):
            CapSource(TABLES).parse(Page(url, body, "application/json"))
