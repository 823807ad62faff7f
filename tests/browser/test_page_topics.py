"""Topics on the page: the atlas, a topic through the years, why a document is in it, quality and drift."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.progress import Reporter
from app.wiring import wire
from tests.app import law
from tests.browser import shifting
from tests.browser.conftest import OpenTab
from tests.conftest import serving, settings

pytestmark = pytest.mark.browser

KEY = "correct-horse-battery"
PHONE = {"viewport": {"width": 390, "height": 844}}
SIZES = pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])


@pytest.fixture(scope="module")
def arcadia(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[str]:
    """A service with cases of fourteen years, in which two subjects give way to two others."""
    folder = tmp_path_factory.mktemp("shifting")
    services = wire(settings(folder / "data", models, LEXATLAS_ADMIN_KEY=KEY))
    law.read(services, folder / "law", shifting.cases())
    services.builder().build(Reporter(quiet=True))
    with serving(services) as address:
        yield address


def asked(address: str, path: str) -> Any:
    answer = httpx.get(address + path, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def leaf(address: str) -> dict[str, Any]:
    """The largest topic below the root that is not divided."""
    topics = [one for one in asked(address, "/v1/topics")["topics"] if one["parent"] and not one["children"]]
    found: dict[str, Any] = max(topics, key=lambda one: one["size"])
    return found


def fits(page: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@SIZES
def test_a_topic_shows_its_years_beside_a_table_and_says_what_its_forecast_is_worth(
    arcadia: str, open_tab: OpenTab, options: dict[str, object]
) -> None:
    topic = leaf(arcadia)
    trend = asked(arcadia, f"/v1/topics/{topic['id']}/trend")
    with open_tab(arcadia, **options) as (page, watch):
        page.goto(f"{arcadia}/#/topics/{topic['id']}")
        expect(page.get_by_role("img", name="Share of the cases by year")).to_be_visible()
        expect(page.locator(".verdict")).to_contain_text(trend["sentence"])
        rows = page.get_by_role("region", name="Table of the years").locator("tbody tr")
        expect(rows).to_have_count(shifting.YEARS + 3)
        first = trend["years"][0]
        expect(rows.first).to_contain_text(f"{shifting.FIRST}{shifting.EACH}{100 * first['share']:.1f} %")
        expect(rows.last).to_contain_text(f"{shifting.FIRST + shifting.YEARS + 2}forecast")
        dashed = page.locator("figure path.ahead")
        assert dashed.evaluate("path => getComputedStyle(path).strokeDasharray") != "none"
        page.get_by_text("How the forecast did on the past").click()
        tested = trend["back_test"]
        expect(page.locator("section details p")).to_contain_text(f"{tested['covered']} times of {tested['forecasts']}")
        assert fits(page)

        one = asked(arcadia, f"/v1/topics/{topic['id']}/trend?court=arch")
        page.get_by_label("Court").select_option("arch")
        expect(page.locator(".verdict")).to_contain_text(one["sentence"])
        expect(rows.first).to_contain_text(f"{shifting.FIRST}{shifting.EACH // 2}")
        assert fits(page) and watch.clean(), watch


@SIZES
def test_why_a_document_is_in_a_topic_is_told_where_it_is_listed(
    arcadia: str, open_tab: OpenTab, options: dict[str, object]
) -> None:
    topic = leaf(arcadia)
    document = asked(arcadia, f"/v1/topics/{topic['id']}/documents?limit=1")["documents"][0]
    why = asked(arcadia, f"/v1/topics/{topic['id']}/documents/{document['id']}")
    with open_tab(arcadia, **options) as (page, watch):
        page.goto(f"{arcadia}/#/topics/{topic['id']}")
        button = page.get_by_role("button", name=f"Why {document['title']} is in this topic")
        button.focus()
        page.keyboard.press("Enter")
        panel = page.get_by_role("region", name="Why it is in this topic")
        expect(panel).to_contain_text(why["terms"][0]["term"])
        expect(panel).to_contain_text(why["typical"][0]["title"])
        expect(button).to_have_attribute("aria-expanded", "true")
        assert fits(page)
        page.keyboard.press("Enter")
        expect(panel).to_have_count(0)
        assert watch.clean(), watch


@SIZES
def test_the_atlas_leads_to_quality_and_to_what_shifts(
    arcadia: str, open_tab: OpenTab, options: dict[str, object]
) -> None:
    quality, drift = asked(arcadia, "/v1/topics/quality"), asked(arcadia, "/v1/topics/drift")
    with open_tab(arcadia, **options) as (page, watch):
        page.goto(f"{arcadia}/#/topics")
        page.get_by_role("link", name="How good these topics are").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("How good the topics are")
        level = quality["levels"][0]
        expect(page.get_by_role("region", name="Figures by level").locator("tbody tr").first).to_contain_text(
            f"{level['topics']}{level['npmi']:.2f}{level['c_v']:.2f}{level['diversity']:.2f}"
        )
        each = page.get_by_role("region", name="Figures of each topic").locator("tbody tr")
        expect(each).to_have_count(quality["topics"])
        page.get_by_label("Order").select_option("npmi")
        least = min((one for one in quality["per_topic"] if one["parent"]), key=lambda one: one["npmi"])
        expect(each.first).to_contain_text(f"{least['npmi']:.2f}")
        page.get_by_text(quality["per_topic"][0]["rank_reason"]).click()
        assert fits(page)

        page.get_by_role("link", name="Topics").last.click()
        page.get_by_role("link", name="What shifts between them").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What shifts")
        for shift in drift["shifts"]:
            expect(page.get_by_text(shift["sentence"])).to_be_visible()
        over_time = drift["shifts"][0]
        assert over_time["p"] <= 0.01 and over_time["moved"]
        moved = page.get_by_role("region", name="Shares of the topics that shift").locator("tbody tr")
        expect(moved).to_have_count(len(over_time["moved"]))
        expect(moved.first).to_contain_text(over_time["moved"][0]["label"])
        expect(page.get_by_text(drift["terms"]["sentence"])).to_be_visible()
        assert fits(page) and watch.clean(), watch


def test_a_topic_is_named_and_pinned_on_the_page_and_both_can_be_undone(arcadia: str, open_tab: OpenTab) -> None:
    topic = leaf(arcadia)
    with open_tab(arcadia) as (page, watch):
        page.goto(f"{arcadia}/#/topics/{topic['id']}")
        page.get_by_text("Name, pin or merge it").click()
        page.get_by_label("Admin key").fill(KEY)
        page.get_by_role("button", name="Use it").click()
        page.get_by_label("Name", exact=True).fill("Things of Arcadia")
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Things of Arcadia")
        expect(page.locator(".size")).to_contain_text("named by a person")
        assert asked(arcadia, f"/v1/topics/{topic['id']}")["label_source"] == "person"
        page.goto(f"{arcadia}/#/topics")
        expect(page.get_by_role("link", name="Things of Arcadia")).to_be_visible()
        page.go_back()
        page.get_by_text("Name, pin or merge it").click()
        page.get_by_role("button", name="Pin", exact=True).click()
        expect(page.locator(".size")).to_contain_text("pinned")
        page.get_by_text("Name, pin or merge it").click()
        page.get_by_role("button", name="Unpin").click()
        expect(page.locator(".size")).not_to_contain_text("pinned")
        page.get_by_text("Name, pin or merge it").click()
        page.get_by_role("button", name="Take the name away").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(topic["label"])
        assert KEY not in page.url and watch.clean(), watch


def test_in_print_the_table_of_years_is_whole_and_what_is_pressed_is_gone(arcadia: str, open_tab: OpenTab) -> None:
    with open_tab(arcadia) as (page, watch):
        page.goto(f"{arcadia}/#/topics/{leaf(arcadia)['id']}")
        table = page.get_by_role("region", name="Table of the years")
        expect(table).to_be_visible()
        assert table.evaluate("one => one.scrollHeight > one.clientHeight")
        page.emulate_media(media="print")
        assert table.evaluate("one => one.scrollHeight <= one.clientHeight")
        expect(page.get_by_text("Name, pin or merge it")).to_be_hidden()
        assert watch.clean(), watch


def test_few_cases_are_said_to_be_too_few(served: str, open_tab: OpenTab) -> None:
    topic = leaf(served)
    trend = asked(served, f"/v1/topics/{topic['id']}/trend")
    assert trend["verdict"] == "too_few" and trend["sentence"].startswith("Too few")
    with open_tab(served) as (page, watch):
        page.goto(f"{served}/#/topics/{topic['id']}")
        expect(page.get_by_text(trend["sentence"])).to_be_visible()
        expect(page.get_by_role("img", name="Share of the cases by year")).to_have_count(1)
        page.goto(f"{served}/#/topics/drift")
        expect(page.get_by_role("status")).to_contain_text("Too few dated cases")
        assert watch.clean(), watch
