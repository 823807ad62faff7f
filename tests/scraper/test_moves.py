"""A document that is met at another address keeps its id; two that share an id stay two."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scraper.models import Document, DocumentKind
from scraper.moves import MOVED
from tests.scraper.test_local import put, read, row
from tests.scraper.toy import ORIGIN, Bench, article, listing, provenance
from tests.site import Site, redirect

AT = datetime(2024, 5, 1, tzinfo=UTC)
OTHERS = [f"/s/{n}/" for n in range(2, 9)]


@pytest.fixture
def crawled(bench: Bench, site: Site) -> Bench:
    site.page("/", listing("/s/1/", *OTHERS))
    site.page("/s/1/", article("toy:code:1", "Old words."))
    for path in OTHERS:
        site.page(path, article(f"toy:code:{path[3]}", f"Words of {path}."))
    assert bench.crawl(site).state == "done"
    return bench


def ends(bench: Bench) -> list[tuple[str, str, str]]:
    """Return (id, state, text) of every document about § 1."""
    found = [*bench.store.current(), *bench.store.tombstones()]
    rows = [(v.document_id, bench.store.state_of(v.document_id), v.document.text) for v in found]
    return [row for row in rows if row[0].startswith("toy:code:1")]


def move(site: Site, text: str = "New words.", number: str = "toy:code:1", path: str = "/t/1/") -> None:
    site.page("/", listing(path, *OTHERS))
    site.page(path, article(number, text))


@pytest.mark.parametrize("text", ["Old words.", "New words."])
@pytest.mark.parametrize("old", ["gone", "redirect", "both listed"])
def test_a_section_at_another_address_is_the_same_section(crawled: Bench, site: Site, old: str, text: str) -> None:
    move(site, text)
    site.remove("/s/1/")
    if old != "gone":
        site.fault("/s/1/", redirect("/t/1/"))
    if old == "both listed":
        site.page("/", listing("/s/1/", "/t/1/", *OTHERS))
    report = crawled.crawl(site)
    assert report.state == "done"
    assert ends(crawled) == [("toy:code:1", "current", text)]
    texts = [version.document.text for version in crawled.store.versions("toy:code:1")]
    assert texts == (["Old words."] if text == "Old words." else ["Old words.", "New words."])
    new = crawled.store.versions("toy:code:1")[-1]
    assert new.observed_to is None
    if text == "New words.":
        assert crawled.store.change_counts(report.run_id) == {"changed": 1}
        assert (new.document.id, new.document.url) == ("toy:code:1", ORIGIN + "/t/1/")
    again = crawled.crawl(site)
    assert (again.state, crawled.store.change_counts(again.run_id)) == ("done", {})


@pytest.mark.parametrize("text", ["Old words.", "New words."])
def test_one_that_moved_away_and_back_is_kept_when_its_layout_changes(crawled: Bench, site: Site, text: str) -> None:
    """Its page reads as a mere list then: that is set aside, and no repeal."""
    move(site, text)
    site.remove("/s/1/")
    assert crawled.crawl(site).state == "done"
    assert crawled.store.stated_at(ORIGIN + "/t/1/", "toy") == ["toy:code:1"]
    site.page("/", listing("/s/1/", *OTHERS))
    site.page("/s/1/", article("toy:code:1", text))
    site.remove("/t/1/")
    assert crawled.crawl(site).state == "done"
    assert crawled.store.stated_at(ORIGIN + "/s/1/", "toy") == ["toy:code:1"]
    site.page("/s/1/", listing(*OTHERS))
    report = crawled.crawl(site)
    assert (report.state, report.troubles) == ("partial", ((ORIGIN + "/s/1/", "layout"),))
    assert ends(crawled) == [("toy:code:1", "current", text)]


def test_a_second_address_that_becomes_a_list_is_no_trouble_while_the_first_stands(crawled: Bench, site: Site) -> None:
    site.page("/", listing("/s/1/", "/t/1/", *OTHERS))
    site.page("/t/1/", article("toy:code:1", "Old words."))
    assert crawled.crawl(site).state == "done"
    site.page("/t/1/", listing(*OTHERS))
    assert crawled.crawl(site).state == "done"
    assert ends(crawled) == [("toy:code:1", "current", "Old words.")]


def test_its_new_address_states_its_metadata_from_then_on(crawled: Bench, site: Site) -> None:
    move(site)
    site.remove("/s/1/")
    crawled.crawl(site)
    assert crawled.store.changes()[-1].note == MOVED
    site.page("/t/1/", article("toy:code:1", "New words.", cite="Toy Code § 1"))
    crawled.crawl(site)
    assert next(v for v in crawled.store.current() if v.document_id == "toy:code:1").document.citation == "Toy Code § 1"


def test_a_run_that_does_not_end_well_merges_nothing_and_the_next_does(crawled: Bench, site: Site) -> None:
    move(site)
    site.remove("/s/1/")
    site.page("/s/2/", "<p>not a document</p>")
    assert crawled.crawl(site).state == "partial"
    assert [row[0] for row in ends(crawled)] == ["toy:code:1", "toy:code:1~2"]
    site.page("/s/2/", article("toy:code:2", "Words of /s/2/."))
    assert crawled.crawl(site).state == "done"
    assert ends(crawled) == [("toy:code:1", "current", "New words.")]
    assert crawled.store.resolve_alias("toy:code:1~2") == ["toy:code:1"]  # which readers may have seen


def test_a_whole_site_that_moves_is_no_outage(crawled: Bench, site: Site) -> None:
    paths = [f"/new/{n}/" for n in range(1, 9)]
    for n, path in enumerate(paths, 1):
        site.remove(f"/s/{n}/")
        site.page(path, article(f"toy:code:{n}", f"Amended words {n}."))
    site.page("/", listing(*paths))
    report = crawled.crawl(site)
    assert (report.state, crawled.store.change_counts(report.run_id)) == ("done", {"changed": 8})
    assert crawled.texts() == {f"toy:code:{n}": f"Amended words {n}." for n in range(1, 9)}


def test_two_that_are_met_together_stay_two(crawled: Bench, site: Site) -> None:
    site.page("/", listing("/s/1/", "/t/1/", *OTHERS))
    site.page("/t/1/", article("toy:code:1", "New words."))
    crawled.crawl(site)
    site.page("/", listing("/t/1/", *OTHERS))
    site.remove("/s/1/")
    crawled.crawl(site)
    assert ends(crawled) == [("toy:code:1~2", "current", "New words."), ("toy:code:1", "withdrawn", "Old words.")]


def test_a_section_passed_anew_under_an_old_number_revives_its_id(crawled: Bench, site: Site) -> None:
    site.page("/", listing(*OTHERS))
    site.remove("/s/1/")
    crawled.crawl(site)
    assert ends(crawled) == [("toy:code:1", "withdrawn", "Old words.")]
    move(site)
    report = crawled.crawl(site)
    assert ends(crawled) == [("toy:code:1", "current", "New words.")]
    assert crawled.store.change_counts(report.run_id) == {"returned": 1}


@pytest.mark.parametrize(("title", "ids"), [("A. V. B", ["x:5-t-9"]), ("C v. D", ["x:5-t-9", "x:5-t-9-2"])])
def test_another_case_on_the_same_page_of_a_reporter_is_another_case(bench: Bench, title: str, ids: list[str]) -> None:
    """The first order is no longer met when the second comes: its caption tells whether it is the same case."""
    store, url = bench.store, f"{ORIGIN}/c/"
    old = Document("x:5-t-9", DocumentKind.CASE, "x", "A v. B", "5 T. 9", "Denied.", url + "1/")
    new = replace(old, title=title, text="Granted.", url=url + "2/")
    store.put(old, provenance(old.url, AT), "r1", "toy")
    store.put(new, provenance(new.url, AT + timedelta(days=1)), "r2", "toy")
    store.withdraw(old.id, "r2", withhold=True)
    found = [*store.current(), *store.tombstones()]
    assert sorted(version.document_id for version in found) == ids
    assert store.state_of("x:5-t-9") == ("current" if len(ids) == 1 else "withheld")
    assert next(store.current()).document.text == "Granted."


def test_which_of_two_sections_moved_is_not_guessed(bench: Bench) -> None:
    store = bench.store

    def put(path: str, text: str, day: int, run: str, source: str = "toy") -> None:
        url = f"{ORIGIN}/{path}/"
        document = Document("x:code:1", DocumentKind.STATUTE, "x", "Lies", "§ 1", text, url)
        store.put(document, provenance(url, AT + timedelta(days=day)), run, source)

    put("a", "One.", 0, "r1")
    put("b", "Two.", 0, "r1")
    put("c", "Three.", 1, "r2")
    store.withdraw("x:code:1", "r2")
    store.withdraw("x:code:1~2", "r2")
    assert [version.document_id for version in store.current()] == ["x:code:1~3"]


def test_another_publisher_is_no_new_address(bench: Bench) -> None:
    store = bench.store
    for day, (source, text) in enumerate((("toy", "One."), ("mirror", "Two."))):
        url = f"https://{source}.example/1/"
        document = Document("x:code:1", DocumentKind.STATUTE, "x", "Lies", "§ 1", text, url)
        store.put(document, provenance(url, AT + timedelta(days=day)), f"r{day}", source)
    store.withdraw("x:code:1", "r1")
    assert store.state_of("x:code:1") == "withdrawn"


# ---- one address, two texts -----------------------------------------------------------------------------


def test_two_pages_of_a_run_that_state_one_address_differently(bench: Bench) -> None:
    """The first keeps it, run after run; the second is set aside and said, and no version is written in turn."""
    document = Document("x:code:1", DocumentKind.STATUTE, "x", "Lies", "§ 1", "One.", f"{ORIGIN}/s/1/")
    other = replace(document, text="Two.")
    for day in range(3):
        at = AT + timedelta(days=day)
        first = bench.store.put(document, provenance(f"{ORIGIN}/list/1/", at), f"r{day}", "toy")
        second = bench.store.put(other, provenance(f"{ORIGIN}/list/2/", at), f"r{day}", "toy")
        assert (first, second) == ("added" if day == 0 else "unchanged", "conflict")
    assert [version.document.text for version in bench.store.versions("x:code:1")] == ["One."]
    (row,) = bench.store.quarantined()
    assert (row.url, row.reason, row.run_id) == (f"{ORIGIN}/list/2/", "conflict", "r2")
    assert f"{ORIGIN}/s/1/" in row.message and f"{ORIGIN}/list/1/" in row.message
    # The same page read again within a run, as after a kill, may well say something new.
    assert bench.store.put(other, provenance(f"{ORIGIN}/list/1/", AT + timedelta(days=3)), "r2", "toy") == "changed"


def test_two_lines_of_a_folder_that_are_one_document(bench: Bench, tmp_path: Path) -> None:
    """The first line keeps the id, the second is set aside with its reason, run after run, in whatever order."""
    folder, lines = tmp_path / "folder", [row(1), row(2), row(3), row(2, "Quite another section 2.")]
    put(folder / "law.jsonl", *lines)
    for _ in range(3):
        report = read(bench, folder, full=True)
        assert bench.texts()["toy:code:2"] == "Section 2. Nobody shall tell lies about number 2."
        assert len(bench.texts()) == 3
        (aside,) = bench.store.quarantined()
        assert (aside.reason, aside.url) == ("conflict", "https://folder.invalid/law.jsonl?line=4")
        assert report.documents["changed"] == 0
    put(folder / "law.jsonl", *lines[:3])
    assert read(bench, folder).state == "done"
    assert len(bench.store.versions("toy:code:2")) == 1


def test_lines_that_change_places_are_no_conflict(bench: Bench, tmp_path: Path) -> None:
    put(tmp_path / "folder" / "law.jsonl", *(row(n) for n in (1, 2, 3, 4)))
    read(bench, tmp_path / "folder")
    put(tmp_path / "folder" / "law.jsonl", *(row(n, f"Amended {n}.") for n in (4, 3, 1, 2)))
    report = read(bench, tmp_path / "folder")
    assert (report.state, report.documents["changed"], bench.store.quarantined()) == ("done", 4, [])
    assert bench.texts() == {f"toy:code:{n}": f"Amended {n}." for n in (1, 2, 3, 4)}
