"""Counts, names with a slip and why a hit is there, on the page, with the mouse and without it, on desk and phone."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.progress import Reporter
from app.wiring import wire
from tests.app import law
from tests.browser.conftest import OpenTab
from tests.conftest import serving, settings

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}}
SIZES = pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
SECTIONS, LANTERNS = 130, 12


@pytest.fixture(scope="module")
def arcadia(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[str]:
    """A service with more sections than one page of a list holds, and cases whose names nearly meet."""
    folder = tmp_path_factory.mktemp("arcadia")
    services = wire(settings(folder / "data", models))
    cases = [law.case(n) for n in range(1, LANTERNS + 1)]
    for row, title in zip(
        cases, ("Lindgren Homes v. Sabo", "Marlowe v. Lockhart", "Marlowe v. Lockwood"), strict=False
    ):
        row["title"] = title
    law.read(services, folder / "law", [law.section(n) for n in range(1, SECTIONS + 1)] + cases)
    services.builder().build(Reporter(quiet=True))
    with serving(services) as address:
        yield address


def ask(base: str, path: str, body: dict[str, Any]) -> Any:
    """Return what the service says to a program."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    request = urllib.request.Request(base.rstrip("/") + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def search(page: Page, base: str, query: str) -> None:
    page.goto(f"{base}/#/search")
    page.get_by_role("searchbox", name="Search the law").fill(query)
    page.keyboard.press("Enter")
    expect(page.locator("[data-hit]").first).to_be_visible()


def fits(page: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@SIZES
def test_a_question_of_how_many_has_its_number_rule_and_list(
    arcadia: str, open_tab: OpenTab, options: dict[str, object]
) -> None:
    with open_tab(arcadia, **options) as (page, watch):
        search(page, arcadia, "How many cases concern a lantern?")
        panel = page.get_by_role("region", name="Count")
        expect(panel.get_by_role("status")).to_have_text(f"{LANTERNS} documents, counted exactly")
        told = ask(arcadia, "/v1/count", {"question": "How many cases concern a lantern?"})
        expect(panel).to_contain_text(told["rule"])
        for other in told["others"]:
            expect(panel.locator("dl div").filter(has_text=other["rule"]).locator("dd")).to_have_text(
                str(other["count"])
            )
        panel.get_by_role("button", name="Show 2 more").click()
        expect(panel.get_by_role("link").filter(has_text=" v. ")).to_have_text(
            [one["title"] for one in told["documents"]]
        )
        assert fits(page)
        panel.get_by_role("link", name="Doe 5 v. Roe").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Doe 5 v. Roe")
        assert watch.clean(), watch


@SIZES
def test_any_search_is_counted_with_the_keyboard_alone(
    arcadia: str, open_tab: OpenTab, options: dict[str, object]
) -> None:
    with open_tab(arcadia, **options) as (page, watch):
        search(page, arcadia, "register with the clerk")
        panel = page.get_by_role("region", name="Count")
        expect(panel).to_have_count(0)
        opener = page.get_by_role("button", name="Count them")
        expect(opener).to_have_attribute("aria-expanded", "false")
        opener.focus()
        page.keyboard.press("Enter")
        expect(panel.get_by_role("status")).to_have_text(f"{SECTIONS} documents, counted exactly")
        closer = page.get_by_role("button", name="Hide the count")
        expect(closer).to_be_focused()
        expect(closer).to_have_attribute("aria-expanded", "true")

        rows = panel.locator("[data-counted]")
        expect(rows).to_have_count(10)
        for name, number in (("Show 90 more", 100), ("Show 30 more", SECTIONS)):
            panel.get_by_role("button", name=name).focus()
            page.keyboard.press("Enter")
            expect(rows).to_have_count(number)
        expect(panel.get_by_role("button")).to_have_count(0)
        assert len({row.get_attribute("href") for row in rows.all()}) == SECTIONS
        assert fits(page)

        closer.focus()
        page.keyboard.press("j")
        expect(rows.first).to_be_focused()
        page.keyboard.press("j")
        expect(rows.nth(1)).to_be_focused()
        assert "count=1" in page.url
        page.reload()
        expect(panel.get_by_role("status")).to_contain_text(str(SECTIONS))
        closer.click()
        expect(panel).to_have_count(0)
        expect(opener).to_be_visible()
        assert watch.clean(), watch


def test_a_count_holds_to_the_filters_and_says_when_nothing_can_be_counted(arcadia: str, open_tab: OpenTab) -> None:
    with open_tab(arcadia) as (page, watch):
        page.goto(f"{arcadia}/#/search?q=kind:case+OR+kind:statute&count=1&year=2001")
        panel = page.get_by_role("region", name="Count")
        expect(panel.get_by_role("status")).to_have_text(f"{LANTERNS} documents, counted exactly")
        assert watch.clean(), watch
        page.goto(f"{arcadia}/#/search?q=how+many+documents+cite+9+F.4th+99999")
        expect(panel.get_by_role("status")).to_contain_text("nothing is held under it")
        expect(panel.get_by_role("button")).to_have_count(0)
        assert not (watch.foreign or watch.dialogs), watch


@SIZES
def test_a_name_with_a_slip_leads_to_its_case(arcadia: str, open_tab: OpenTab, options: dict[str, object]) -> None:
    with open_tab(arcadia, **options) as (page, watch):
        search(page, arcadia, "Lindgren v. Sabo")
        expect(page.locator(".understood")).to_contain_text("No case held has exactly this name")
        assert fits(page)
        page.locator(".understood").get_by_role("link", name="Lindgren Homes v. Sabo").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Lindgren Homes v. Sabo")

        page.goto(f"{arcadia}/#/search?q=Marlowe+v.+Lock")
        told = ask(arcadia, "/v1/search", {"query": "Marlowe v. Lock"})["query"]["understood"]["did_you_mean"]
        assert {one["title"] for one in told} >= {"Marlowe v. Lockhart", "Marlowe v. Lockwood"}
        meant = page.get_by_role("navigation", name="Did you mean")
        expect(meant.get_by_role("link")).to_have_text([one["title"] for one in told])
        assert fits(page)
        meant.get_by_role("link", name="Marlowe v. Lockwood").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Marlowe v. Lockwood")
        assert watch.clean(), watch


@SIZES
def test_why_a_hit_is_there_is_told_in_words(arcadia: str, open_tab: OpenTab, options: dict[str, object]) -> None:
    with open_tab(arcadia, **options) as (page, watch):
        search(page, arcadia, "How many days has a keeper of wells to register?")
        expect(page.get_by_role("region", name="Count")).to_have_count(0)
        hit = page.locator("article").first
        hit.locator("summary").click()
        shares = hit.locator("details li:not(.score)").all_text_contents()
        found = [re.fullmatch(r"(.+?) (?:(\d+)|under 1) %", share.strip()) for share in shares]
        assert all(found) and len(found) > 2, shares
        numbers = [int(match[2] or 0) for match in found if match]
        assert numbers == sorted(numbers, reverse=True)
        assert not re.search(r"_|\b(headed|lexical|dense|gist|anchor|citing)\b", " ".join(shares))
        assert fits(page) and watch.clean(), watch
