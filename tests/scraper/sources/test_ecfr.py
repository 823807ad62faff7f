"""The eCFR: what is asked for, what a part holds, and that nothing odd in it raises anything but a ParseError."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from scraper.archive import Archive
from scraper.crawl import CrawlOptions, crawl
from scraper.errors import ConfigError, ParseError
from scraper.fetch import Fetcher
from scraper.interfaces import HasParts, Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind, SpanKind
from scraper.sources import get_source
from scraper.sources.ecfr import EcfrSource
from scraper.sources.options import configured
from tests.scraper.sources.test_pages import expected_of, page_of
from tests.scraper.toy import Bench, quick
from tests.site import Site

PAGES = Path(__file__).resolve().parents[2] / "pages" / "ecfr"
TABLES = Jurisdictions.load()
API = "/api/versioner/v1"
FULL = f"https://www.ecfr.gov{API}/full/2026-10-02/title-90.xml?part=9"
PART = (PAGES / "part" / "page.xml").read_bytes()


def source() -> EcfrSource:
    found = get_source("ecfr", TABLES)
    assert isinstance(found, EcfrSource) and isinstance(found, HasParts)
    return found


def section(body: str, head: str = "§ 9.1 Ferries.", number: str = "9.1") -> Document:
    inside = f'<DIV8 N="{number}" TYPE="SECTION"><HEAD>{head}</HEAD>{body}</DIV8>'
    xml = f'<DIV5 N="9" TYPE="PART"><HEAD>PART 9</HEAD>{inside}</DIV5>'
    (document,) = source().parse(Page(FULL, xml.encode(), "application/xml")).documents
    return document


@pytest.mark.parametrize(
    ("path", "followed"),
    [
        ("/titles.json", True),
        ("/titles.json?x=1", False),
        ("/structure/2026-10-02/title-90.json", True),
        ("/full/2026-10-02/title-90.xml?part=9", True),
        ("/full/2026-10-02/title-90.xml?part=63&subpart=A", True),
        ("/full/2026-10-02/title-90.xml", False),
        ("/full/2026-10-02/title-90.xml?part=9&download=1", False),
        ("/ancestry/2026-10-02/title-90.json?part=9", False),
        ("/full/yesterday/title-90.xml?part=9", False),
    ],
)
def test_only_the_law_is_followed(path: str, followed: bool) -> None:
    assert source().follows(f"https://www.ecfr.gov{API}{path}") is followed
    assert not source().follows(f"https://elsewhere.example{API}{path}")
    assert not source().follows("https://www.ecfr.gov/current/title-90/section-9.1")


def test_some_titles_alone_make_a_list_that_is_not_whole() -> None:
    some = configured(source(), {"titles": "90, 1"})
    page = page_of(PAGES / "titles", expected_of(PAGES / "titles"))
    whole, part = source().parse(page), some.parse(page)
    assert (whole.complete, part.complete) == (True, False)
    only = configured(source(), {"titles": "90"})
    assert [url for url in part.links if only.follows(url)] == [
        f"https://www.ecfr.gov{API}/structure/2026-10-02/title-90.json"
    ]
    for wrong in ("", "forty", "0", "140"):
        with pytest.raises(ConfigError, match="titles=29,40"):
            configured(source(), {"titles": wrong})


def test_a_title_that_is_being_imported_is_not_whole() -> None:
    answer = json.loads((PAGES / "titles" / "page.json").read_bytes())
    answer["meta"]["import_in_progress"] = True
    page = Page(f"https://www.ecfr.gov{API}/titles.json", json.dumps(answer).encode(), "application/json")
    assert source().parse(page).complete is False


def test_no_word_of_a_section_is_lost() -> None:
    """Every word of the XML's sections, headings apart, is in the documents, in the same order."""
    documents = source().parse(page_of(PAGES / "part", expected_of(PAGES / "part"))).documents
    root = etree.fromstring(PART)
    for element in root.iter("DIV8", "DIV9"):
        heading = "".join(element.find("HEAD").itertext())
        words = "".join("".join("".join(child.itertext()) for child in element if child.tag != "HEAD").split())
        assert any("".join(one.text.split()) == words for one in documents), heading


def test_addresses_bear_no_date_and_ids_are_found_by_citations() -> None:
    for document in source().parse(page_of(PAGES / "part", expected_of(PAGES / "part"))).documents:
        assert not re.search(r"\d{4}-\d\d-\d\d", document.url), document.url
        assert document.kind is DocumentKind.REGULATION
    known = TABLES.match_code("90 CFR 9.1")
    assert known is not None and known[0].id_for(known[1]) == "us:cfr:90:9.1"


@pytest.mark.parametrize(
    ("number", "head", "document_id", "citation"),
    [
        ("240.10b-5", "§ 240.10b-5 Deceit.", "us:cfr:90:240.10b-5", "90 C.F.R. § 240.10b-5"),
        ("60-1.4", "§ 60-1.4 Clause.", "us:cfr:90:60-1.4", "90 C.F.R. § 60-1.4"),
        ("1.263(a)-3", "§ 1.263(a)-3 Amounts.", "us:cfr:90:1.263(a)-3", "90 C.F.R. § 1.263(a)-3"),
        ("", "§ 52.21 Prevention.", "us:cfr:90:52.21", "90 C.F.R. § 52.21"),
        ("§ 60.40Da", "§ 60.40Da Units.", "us:cfr:90:60.40da", "90 C.F.R. § 60.40Da"),
    ],
)
def test_numbers_of_every_kind(number: str, head: str, document_id: str, citation: str) -> None:
    document = section("<P>Words.</P>", head, number)
    assert (document.id, document.citation, document.url.rsplit("-", 1)[0][:25]) == (
        document_id, citation, "https://www.ecfr.gov/curr",
    )  # fmt: skip


def test_a_range_that_is_reserved() -> None:
    document = section("", "§§ 9.3—9.7 [Reserved]", "§§ 9.3-9.7")
    assert (document.status.value, document.citation) == ("reserved", "90 C.F.R. §§ 9.3 to 9.7")
    assert document.covers == tuple(f"90 C.F.R. § 9.{number}" for number in (3, 4, 5, 6, 7))
    assert section("", "§§ 9.3, 10.5 [Reserved]", "§§ 9.3, 10.5").covers == ("90 C.F.R. § 9.3", "90 C.F.R. § 10.5")


@pytest.mark.parametrize(
    "head", ["[Removed and Reserved]", "Ferries [Reserved]", "[Reserved. See 80 FR 1.]", "[Vacated]"]
)
def test_a_section_that_was_emptied(head: str) -> None:
    document = section("", f"§ 9.1 {head}")
    assert (document.status.value, document.text) == ("reserved", "")


def test_one_section_that_cannot_be_read_costs_no_other() -> None:
    inside = (
        '<DIV8 N="9.1"><HEAD>§ 9.1 Ferries.</HEAD></DIV8><DIV8 N="9.2"><HEAD>§ 9.2 Fees.</HEAD><P>A fee.</P></DIV8>'
    )
    xml = f'<DIV5 N="9" TYPE="PART"><HEAD>PART 9</HEAD>{inside}</DIV5>'
    parsed = source().parse(Page(FULL, xml.encode(), "application/xml"))
    assert ([document.id for document in parsed.documents], parsed.complete) == (["us:cfr:90:9.2"], False)
    assert source().parse(page_of(PAGES / "part", expected_of(PAGES / "part"))).complete


def test_exponents_are_no_footnote_marks() -> None:
    document = section("<P>20 m<SU>3</SU> of sand.<SU>1</SU></P><FTNT><P><SU>1</SU> Dry.</P></FTNT>")
    assert [span.label for span in document.spans_of(SpanKind.FOOTNOTE_MARK)] == ["1"]


def test_italic_words_are_terms_only_where_they_are_defined() -> None:
    document = section(
        "<P>(a) <I>Berth</I> means a place.</P><P>(b) <I>Fees.</I> A fee is owed.</P>", "§ 9.1 Terms used."
    )
    assert {span.label for span in document.spans_of(SpanKind.DEFINITION)} == {"Berth"}


def test_parts_are_crawled_with_what_stands_above_them(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    with Site() as site, Archive(tmp_path / "archive") as archive:
        titles = {"titles": [{"number": 90, "latest_issue_date": "2026-10-02", "up_to_date_as_of": "2026-10-02"}]}
        site.page(f"{API}/titles.json", json.dumps(titles), headers={"Content-Type": "application/json"})
        structure = {"type": "title", "children": [{"type": "part", "identifier": "9", "size": 10}]}
        site.page(f"{API}/structure/2026-10-02/title-90.json", json.dumps(structure))
        site.page(f"{API}/full/2026-10-02/title-90.xml?part=9", PART, headers={"Content-Type": "application/xml"})
        ancestry = (PAGES / "part" / "ancestry.json").read_bytes()
        site.page(f"{API}/ancestry/2026-10-02/title-90.json?part=9", ancestry)
        with Fetcher(quick(site)) as fetcher:
            report = crawl(source(), bench.store, fetcher, archive, CrawlOptions(base_url=site.url, delay=0.0))
    assert report.state == "done", report.to_json()
    held = {version.document_id: version.document for version in bench.store.current()}
    assert len(held) == 6
    assert held["us:cfr:90:9.2"].hierarchy[1].label == "Chapter I—Tidal Commission"
    assert all(document.url.startswith("https://www.ecfr.gov/current/title-90/") for document in held.values())


def refused(url: str, body: bytes) -> str:
    """Return the reason for which a page is refused, empty where it is read; fail for any other exception."""
    try:
        source().parse(Page(url, body, "application/xml"))
    except ParseError as error:
        assert error.reason and str(error)
        return error.reason
    return ""


@pytest.mark.parametrize(
    "body",
    [
        b"<DIV5 TYPE='PART'><HEAD/><DIV8 N='9.1'><P/></DIV8></DIV5>",
        b"<ECFR/>",
        b"<ECFR><DIV5 N='9'/><DIV5 N='10'/></ECFR>",
        b"<DIV5 N='9'/>",
        b"<DIV8 N=''><HEAD>No number</HEAD><P>x</P></DIV8>",
        b"\xff\xfe<\x00",
        b"<?xml version='1.0' encoding='klingon'?><DIV5/>",
        b"<DIV5>" + b"<DIV6>" * 400 + b"</DIV6>" * 400 + b"</DIV5>",
        b"<!DOCTYPE DIV5 SYSTEM 'http://127.0.0.1:9/x.dtd'><DIV5 N='9'><HEAD>&x;</HEAD></DIV5>",
    ],
)
def test_odd_xml_is_refused_in_words(body: bytes) -> None:
    assert refused(FULL, body)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(PART) - 1), st.integers(0, 60), st.binary(max_size=12))
def test_damaged_xml_raises_nothing_but_parse_errors(start: int, length: int, put: bytes) -> None:
    refused(FULL, PART[:start] + put + PART[start + length :])


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(("part", "title")),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.sampled_from(("type", "children", "identifier", "titles", "number", "size", "label")), inside
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(ODD)
def test_odd_json_raises_nothing_but_parse_errors(value: Any) -> None:
    body = json.dumps(value).encode()
    for path in ("titles.json", "structure/2026-10-02/title-90.json"):
        refused(f"https://www.ecfr.gov{API}/{path}", body)
    ancestry = FULL.replace("/full/", "/ancestry/").replace(".xml", ".json")
    try:
        source().parse(Page(FULL, PART, "application/xml", {ancestry: Page(ancestry, body)}))
    except ParseError as error:
        assert error.reason
