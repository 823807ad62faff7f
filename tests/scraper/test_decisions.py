"""Opinions that vanish wait for the operator, and what the operator decides outlasts later runs."""

from __future__ import annotations

import pytest

from scraper.decisions import accept_page, release, withdraw, withheld
from scraper.errors import StoreError, UnknownDocument
from tests.scraper.toy import Bench, article, listing
from tests.site import Site

PATHS = [f"/c/{n}/" for n in range(1, 9)]


@pytest.fixture
def gone(bench: Bench, site: Site) -> Bench:
    """A data directory in which the opinion at /c/2/ has vanished from its site."""
    site.page("/", listing(*PATHS))
    for n, path in enumerate(PATHS, 1):
        site.page(path, article(f"toy:high:{n}", f"Opinion {n}. The judgment is affirmed.", "case", f"{n} T. 1"))
    assert bench.crawl(site).state == "done"
    hide(site)
    assert bench.crawl(site).state == "done"
    return bench


def hide(site: Site) -> None:
    site.page("/", listing(*(path for path in PATHS if path != "/c/2/")))
    site.remove("/c/2/")


def show(site: Site) -> None:
    site.page("/", listing(*PATHS))
    site.page("/c/2/", article("toy:high:2", "Opinion 2. The judgment is affirmed.", "case", "2 T. 1"))


def test_what_vanished_is_listed_with_its_name(gone: Bench) -> None:
    (row,) = withheld(gone.store)
    assert (row.document_id, row.citation, row.title) == ("toy:high:2", "2 T. 1", "Title of toy:high:2")
    assert row.since == gone.store.changes()[-1].at
    assert "toy:high:2" not in gone.texts()


def test_a_released_opinion_stays_though_no_run_meets_it(gone: Bench, site: Site) -> None:
    release(gone.store, "toy:high:2")
    assert gone.texts()["toy:high:2"] == "Opinion 2. The judgment is affirmed."
    assert next(v for v in gone.store.current() if v.document_id == "toy:high:2").observed_to is None
    for full in (False, True):
        assert gone.crawl(site, full=full).state == "done"
        assert gone.store.state_of("toy:high:2") == "current"
    assert withheld(gone.store) == []
    assert [(c.kind, c.run_id) for c in gone.store.changes() if c.document_id == "toy:high:2"][-1] == ("returned", "")


@pytest.mark.parametrize("unchanged_once_more", [False, True])
def test_once_it_was_met_again_it_can_be_withheld_anew(gone: Bench, site: Site, unchanged_once_more: bool) -> None:
    release(gone.store, "toy:high:2")
    show(site)
    gone.crawl(site)
    if unchanged_once_more:  # met by a conditional request, which puts nothing
        gone.crawl(site)
    hide(site)
    gone.crawl(site)
    assert gone.store.state_of("toy:high:2") == "withheld"


def test_the_release_holds_until_a_conditional_visit_meets_it(gone: Bench, site: Site) -> None:
    show(site)
    gone.crawl(site)  # its page is known again, so that the next visit is conditional
    hide(site)
    gone.crawl(site)
    release(gone.store, "toy:high:2")
    gone.store.mark_seen(["https://law.example/c/2/"], "by-hand", gone.store.clock())
    gone.crawl(site)
    assert gone.store.state_of("toy:high:2") == "withheld"


def test_a_withdrawn_one_is_a_tombstone_that_keeps_its_texts(gone: Bench, site: Site) -> None:
    withdraw(gone.store, "toy:high:2")
    assert gone.store.state_of("toy:high:2") == "withdrawn"
    assert withheld(gone.store) == []
    assert [v.document.text for v in gone.store.versions("toy:high:2")] == ["Opinion 2. The judgment is affirmed."]
    gone.crawl(site)
    assert gone.store.state_of("toy:high:2") == "withdrawn"
    show(site)
    gone.crawl(site)
    assert gone.store.state_of("toy:high:2") == "current"


def test_only_what_is_withheld_can_be_decided(gone: Bench) -> None:
    for decide in (release, withdraw):
        with pytest.raises(StoreError, match="current, not withheld"):
            decide(gone.store, "toy:high:1")
        with pytest.raises(UnknownDocument, match="toy:none"):
            decide(gone.store, "toy:none")


def test_a_page_accepted_as_no_law_troubles_no_run_until_it_changes(gone: Bench, site: Site) -> None:
    site.page("/", listing(*(path for path in PATHS if path != "/c/2/"), "/guide/"))
    site.page("/guide/", "<html><body><p>About us.</p></body></html>")
    assert gone.crawl(site).state == "partial"
    (aside,) = gone.store.quarantined()
    accept_page(gone.store, aside.url)
    assert gone.store.quarantined() == []
    for full in (False, True):
        report = gone.crawl(site, full=full)
        assert (report.state, report.pages["quarantined"]) == ("done", 0)
    site.page("/guide/", "<html><body><p>About us. since 1990.</p></body></html>")
    assert gone.crawl(site).state == "partial"
    with pytest.raises(StoreError, match="not quarantined"):
        accept_page(gone.store, "https://toy.example/nowhere/")
