"""What changed and what was run, on the page: comparisons and runs, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.jobs.ingest import IngestRequest, ingest
from app.progress import Reporter
from app.wiring import wire
from tests.app import law
from tests.browser.conftest import OpenTab
from tests.conftest import serving, settings

pytestmark = pytest.mark.browser

KEY = "correct-horse-battery"
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arcadia") / "law"


@pytest.fixture(scope="module")
def arcadia(folder: Path, models: Path) -> Iterator[str]:
    """A service with a section that was amended, one that was withdrawn, and a page that could not be read."""
    services = wire(settings(folder.parent / "data", models, LEXATLAS_ADMIN_KEY=KEY))
    rows = [law.section(n) for n in range(1, 13)]
    law.read(services, folder, rows)
    changed = rows[0] | {"text": rows[0]["text"].replace("within 11 days", "within 30 days")}
    law.read(services, folder, [changed, *rows[1:-1]])
    with (folder / "law.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "torn"\n')
    ingest(services, IngestRequest("folder", base_url=str(folder)), Reporter(quiet=True))
    services.builder().build(Reporter(quiet=True))
    with serving(services) as address:
        yield address


def fits(page: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_the_versions_of_a_section_lead_to_what_changed(
    arcadia: str, open_tab: OpenTab, options: dict[str, object]
) -> None:
    with open_tab(arcadia, **options) as (page, watch):
        page.goto(f"{arcadia}/#/doc/arcadia:code:1")
        page.get_by_role("link", name="What changed then").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("What changed")
        expect(page.get_by_role("status")).to_have_text("1 sentence reworded; 2 sentences as before.")
        expect(page.locator("del")).to_have_text("11")
        expect(page.locator("ins")).to_have_text("30")
        page.get_by_text("2 sentences as before", exact=True).click()
        expect(page.get_by_text("pays twice the fee")).to_be_visible()
        assert fits(page)
        page.get_by_label("Before").select_option(index=1)
        expect(page.get_by_role("status")).to_have_text("Both are the same text.")
        assert watch.clean(), watch


def test_a_withdrawn_section_says_so(arcadia: str, open_tab: OpenTab) -> None:
    with open_tab(arcadia) as (page, watch):
        page.goto(f"{arcadia}/#/doc/arcadia:code:12")
        expect(page.get_by_role("note", name="Warnings")).to_contain_text("no longer publishes")
        expect(page.locator(".law")).to_contain_text("keeper of deposits")
        assert watch.clean(), watch


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_a_run_is_started_and_followed_on_the_page(
    arcadia: str, folder: Path, open_tab: OpenTab, options: dict[str, object]
) -> None:
    with open_tab(arcadia, **options) as (page, watch):
        page.goto(f"{arcadia}/#/runs")
        expect(page.locator("main li").first).to_contain_text("Done in part")
        page.locator("main li a").first.click()
        expect(page.get_by_text("1 page in trouble")).to_be_visible()
        assert fits(page)
        page.get_by_label("Admin key").fill(KEY)
        page.get_by_role("button", name="Use it").click()
        expect(page.locator(".address")).to_contain_text("law.jsonl")
        assert KEY not in page.url

        page.get_by_role("link", name="All runs").click()
        page.get_by_label("Source").fill("folder")
        page.get_by_label("Mirror or folder, if any").fill(str(folder))
        page.get_by_role("button", name="Start a run").click()
        expect(page.get_by_role("heading", name="Run of folder")).to_be_visible(timeout=60_000)
        expect(page.locator(".tag")).to_have_text("Done in part", timeout=60_000)
        assert fits(page) and watch.clean(), watch
