"""The worked example of docs/adding-a-source.md, as it is printed: another domain from a site to search results."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import scraper.sources
from app.jobs.ingest import IngestRequest, ingest
from app.progress import Reporter
from app.retrieval.query import Filters, parse_query
from app.wiring import Services, wire
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import DocumentKind
from scraper.sources import get_source
from tests.conftest import ROOT, settings
from tests.scraper.sources.test_pages import assert_fields, expected_of, page_of
from tests.site import Site

GUIDE = (ROOT / "docs" / "adding-a-source.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", GUIDE, re.M | re.S))
MODULE = "scraper.sources.advisories"
FLAWS = {
    "2023-0002": ("Image decoder reads past its buffer", "A short image made the decoder read past its buffer."),
    "2023-0004": ("Passwords in the log", "Passwords of users were written to the access log in plain words."),
    "2024-0001": ("Certificate names are not compared", "The client took any certificate for any host name."),
    "2024-0003": ("Denial of service by nested archives", "An archive within archives filled the disk of the server."),
    "2024-0009": ("Session tokens can be guessed", "Tokens came from a clock; see ADV-2024-0001 and ADV-2031-0001."),
}


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "jurisdictions" / "adv.json"
    path.parent.mkdir(parents=True)
    path.write_text(FILES["DATA/jurisdictions/adv.json"], encoding="utf-8")
    return path


@pytest.fixture
def source_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The printed module, where the registry looks for sources."""
    path = tmp_path / "sources" / "advisories.py"
    path.parent.mkdir()
    path.write_text(FILES["scraper/sources/advisories.py"], encoding="utf-8")
    monkeypatch.setattr(scraper.sources, "__path__", [*scraper.sources.__path__, str(path.parent)])
    importlib.invalidate_caches()
    yield path
    sys.modules.pop(MODULE, None)


@pytest.fixture
def services(tmp_path: Path, models: Path, tables: Path, source_file: Path) -> Services:
    return wire(settings(tmp_path / "data", models))


def advisory(number: str, title: str, text: str) -> str:
    """Return a page in the printed page's markup."""
    page = FILES["tests/pages/advisories/overflow/page.html"]
    head, _, rest = page.partition("<p>")
    _, _, tail = rest.rpartition("</p>")
    head = head.replace("2024-0007", number).replace("Heap overflow in the image decoder", title)
    return f"{head}<p>{text}</p>{tail}"


def test_the_saved_page_says_what_is_expected(tmp_path: Path, tables: Path, source_file: Path) -> None:
    for name in ("page.html", "expected.json"):
        (tmp_path / name).write_text(FILES[f"tests/pages/advisories/overflow/{name}"], encoding="utf-8")
    expected = expected_of(tmp_path)
    source = get_source("advisories", Jurisdictions.load([tables]))
    (document,) = source.parse(page_of(tmp_path, expected)).documents
    assert_fields(document, dict(expected["documents"][0]))


def test_the_line_of_a_folder_is_a_document() -> None:
    line = re.search(r'^\{"id": "adv:.*$', GUIDE, re.M)
    assert line is not None
    page = Page("https://folder.invalid/a.jsonl?line=1", line[0].encode(), "application/json")
    (document,) = get_source("folder", Jurisdictions.load()).parse(page).documents
    assert (document.id, document.kind, document.jurisdiction) == ("adv:2024-0007", DocumentKind.OTHER, "adv")


def test_every_key_of_the_printed_table_is_explained(tables: Path) -> None:
    code = json.loads(tables.read_text(encoding="utf-8"))["codes"][0]
    assert [key for key in code if f"`{key}`" not in GUIDE and f"codes[].{key}`" not in GUIDE] == []


def test_advisories_are_read_built_and_found(services: Services) -> None:
    with Site() as site:
        overflow = FILES["tests/pages/advisories/overflow/page.html"]
        pages = {number: advisory(number, *words) for number, words in FLAWS.items()} | {"2024-0007": overflow}
        items = "".join(f'<li><a href="/ADV-{number}/">{number}</a></li>' for number in pages)
        listing = f'<html><body><a href="/about/">About</a><ul id="advisories">{items}</ul></body></html>'
        site.page("/", listing)
        for number, page in pages.items():
            site.page(f"/ADV-{number}/", page)
        request = IngestRequest("advisories", base_url=site.url, delay=0.0)
        report = ingest(services, request, Reporter(quiet=True))
        assert (report.state, report.documents["added"]) == ("done", 6)
        assert ingest(services, request, Reporter(quiet=True)).changes == ()
    held = {version.document_id: version.document for version in services.store.current()}
    assert set(held) == {f"adv:{number}" for number in pages}
    assert {document.kind for document in held.values()} == {DocumentKind.OTHER}
    assert held["adv:2024-0009"].url == "https://advisories.example/ADV-2024-0009/"

    built = services.builder().build(Reporter(quiet=True))
    assert (built.counts["documents"], built.counts["citations"], built.counts["resolved_citations"]) == (6, 3, 2)
    snapshot = services.snapshots.current()
    cited = {(c.document_id, c.raw, c.to) for c in snapshot.corpus.catalogue.all_citations()}
    assert cited == {
        ("adv:2024-0007", "ADV-2023-0002", "adv:2023-0002"),
        ("adv:2024-0009", "ADV-2024-0001", "adv:2024-0001"),
        ("adv:2024-0009", "ADV-2031-0001", None),
    }
    for query, first in (
        ("passwords written to a log", "adv:2023-0004"),
        ("an archive that fills the disk", "adv:2024-0003"),
        ("ADV-2024-0001", "adv:2024-0001"),
    ):
        hits = snapshot.search.search(parse_query(query, Filters(kind=("other",)))).hits
        assert hits[0].entry.id == first, query
    assert snapshot.search.search(parse_query("passwords", Filters(kind=("statute",)))).hits == ()
