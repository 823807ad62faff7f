"""Treatment, notes of decisions and the check of a text, on the page against the real service."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.test_page import address, ask_service

pytestmark = pytest.mark.browser

DUNLEAVY, SECTION, PENHALLOW = (
    "franklin:frsc:2006-frsc-027", "franklin:code:12-3-105", "franklin:frca:2007-frca-102",
)  # fmt: skip
BRIEF = (
    "As in Calloway v. Brisbane, 2005-FRSC-014, the owner lost \N{GRINNING FACE}; see Marbury v. Madison, "
    "2009-FRSC-022, and 999 U.S. 9999. “Periods of possession by successive owners may be added together” "
    "Franklin Code § 12-1-102(c)."
)


def test_what_became_of_a_case_stands_above_it_with_the_words_that_prove_it(served: str, open_tab: OpenTab) -> None:
    with open_tab(served) as (page, watch):
        page.goto(address(served, f"#/doc/{DUNLEAVY}"))
        box = page.get_by_role("region", name="Treatment")
        expect(box).to_contain_text("Negative treatment")
        expect(box).to_contain_text("Overruled by In re Water Right of Aldous Ranch")
        expect(box.locator("blockquote").first).to_have_text("“Dunleavy is overruled.”")
        box.get_by_role("link", name="In re Water Right of Aldous Ranch").first.click()
        expect(page.locator(".law mark").first).to_have_text("Dunleavy is overruled.")
        assert watch.clean(), watch


def test_a_dissent_stands_apart(served: str, open_tab: OpenTab) -> None:
    with open_tab(served) as (page, watch):
        page.goto(address(served, f"#/doc/{PENHALLOW}"))
        box = page.get_by_role("region", name="Treatment")
        expect(box).to_contain_text("Caution")
        box.locator("summary").click()
        expect(box.get_by_text("Does not bind:").first).to_be_visible()
        expect(box.get_by_text("Dissent").first).to_be_visible()
        assert watch.clean(), watch


def test_the_graph_says_what_a_citing_document_does(served: str, open_tab: OpenTab) -> None:
    with open_tab(served) as (page, watch):
        page.goto(address(served, f"#/graph/{DUNLEAVY}"))
        row = page.get_by_role("row").filter(has_text="In re Water Right of Aldous Ranch").filter(has_text="cited by")
        expect(row.locator(".does")).to_contain_text("overrules")
        assert watch.clean(), watch


def test_notes_of_decisions_stand_below_the_section(served: str, open_tab: OpenTab) -> None:
    told = ask_service(served, f"/v1/documents/{SECTION}/annotations")
    with open_tab(served) as (page, watch):
        page.goto(address(served, f"#/doc/{SECTION}"))
        notes = page.get_by_role("region", name="Notes of decisions")
        expect(notes.locator("blockquote")).to_have_count(told["total"])
        expect(notes.get_by_role("heading", level=3).first).to_have_text(told["topics"][0]["topic"])
        box = page.get_by_role("region", name="Treatment")
        expect(box).to_contain_text("No negative treatment found among")
        assert watch.clean(), watch


@pytest.mark.parametrize("width", [1280, 390])
def test_a_text_is_checked_and_never_stands_in_the_address(served: str, open_tab: OpenTab, width: int) -> None:
    with open_tab(served, viewport={"width": width, "height": 844}) as (page, watch):
        page.goto(address(served, "#/check"))
        button = page.get_by_role("button", name="Check")
        expect(button).to_be_disabled()
        page.get_by_role("textbox", name="Text to be checked").fill(BRIEF)
        button.click()
        expect(page.locator(".summary")).to_have_text("4 citations: 3 found, 1 not held here. 3 need your attention.")
        # what is marked is what was cited, though a character before it takes two units
        cited = ["2005-FRSC-014", "2009-FRSC-022", "999 U.S. 9999", "Franklin Code § 12-1-102(c)"]
        assert page.locator(".given a").all_text_contents() == cited
        assert page.locator(".given").text_content() == BRIEF
        expect(page.locator("#c0")).to_contain_text("The rule of Calloway has been superseded")
        expect(page.locator("#c1")).to_contain_text("is Weatherby v. Ostrander, not Marbury v. Madison")
        expect(page.locator("#c2")).to_contain_text("It may exist")
        expect(page.locator("#c3 del")).to_have_text("possessors")
        expect(page.locator("#c3 ins")).to_have_text("owners")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.url.endswith("#/check")
        assert page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state])").count("Calloway") == 0
        # going to a document and back keeps what was found
        page.locator("#c0").get_by_role("link", name="Calloway v. Brisbane").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Calloway v. Brisbane")
        page.go_back()
        expect(page.locator("#c3 ins")).to_have_text("owners")
        assert watch.clean(), watch


def test_too_long_a_text_cannot_be_sent(served: str, open_tab: OpenTab) -> None:
    with open_tab(served) as (page, watch):
        page.goto(address(served, "#/check"))
        page.get_by_role("textbox", name="Text to be checked").fill("x" * 64_001)
        expect(page.get_by_role("button", name="Check")).to_be_disabled()
        expect(page.get_by_text("64,001 of 64,000 characters: check it in parts")).to_be_visible()
        assert watch.clean(), watch


def test_citing_documents_are_put_in_order(served: str, open_tab: OpenTab) -> None:
    with open_tab(served) as (page, watch):
        page.goto(address(served, f"#/doc/{SECTION}"))
        order = page.get_by_label("Order of the citing documents")
        for sort in ("court", "date", "depth"):
            order.select_option(sort)
            told = ask_service(served, f"/v1/documents/{SECTION}/cited-by?sort={sort}")["cited_by"]
            names = page.locator("aside section").first.locator("li > a")
            expect(names).to_have_text([row["title"] or row["citation"] for row in told])
        assert watch.clean(), watch
