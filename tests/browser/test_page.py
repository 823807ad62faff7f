"""The page against the real service with the sample: what a reader does, with the mouse and without it."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab

pytestmark = pytest.mark.browser

QUESTION = "Within how many days must a landlord return a security deposit?"
SPACE = re.compile(r"\s+")


def ask_service(base: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Return what the service says to a program, for comparison with what the page shows."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    request = urllib.request.Request(base.rstrip("/") + path, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def ink(text: str) -> str:
    """Return a text without white space: line ends are the page's own affair."""
    return SPACE.sub("", text)


def drawn(page: Page, selector: str) -> str:
    """Return all text of the elements that match, in order, without white space."""
    return ink("".join(page.locator(selector).all_text_contents()))


def address(base: str, fragment: str) -> str:
    return base.rstrip("/") + "/" + fragment


def test_search_shows_hits_and_opens_the_passage_found(served: str, open_tab: OpenTab) -> None:
    with open_tab(served) as (page, watch):
        page.goto(served)
        page.get_by_role("searchbox", name="Search the law").fill("security deposit")
        page.get_by_role("button", name="Search").click()
        first = page.locator("[data-hit]").first
        expect(first).to_be_visible()
        expect(page.locator("article mark").first).to_be_visible()
        assert "q=security+deposit" in page.url

        hits = ask_service(served, "/v1/search", {"query": "security deposit", "k": 10, "facets": True})["hits"]
        assert page.locator("[data-hit]").all_text_contents() == [hit["title"] or hit["citation"] for hit in hits]
        hit = hits[0]
        for start, end in hit["highlights"]:
            word = hit["passage"]["text"][start:end]
            assert word in page.locator("article").first.locator("mark").all_text_contents()

        first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(hit["title"] or hit["citation"])
        expect(page.locator(".law mark").first).to_be_in_viewport()
        document = ask_service(served, f"/v1/documents/{quote(hit['id'])}")
        start, end = hit["passage"]["start"], hit["passage"]["end"]
        if not any(span[2] in {"footnote", "star_page"} for span in document["spans"]):
            assert drawn(page, ".law mark") == ink(document["text"][start:end])
        assert watch.clean(), watch


def test_a_section_is_drawn_whole(served: str, open_tab: OpenTab) -> None:
    query = {"query": "security deposit", "k": 3, "filters": {"kind": ["statute"]}}
    with open_tab(served) as (page, watch):
        for hit in ask_service(served, "/v1/search", query)["hits"]:
            document = ask_service(served, f"/v1/documents/{quote(hit['id'])}")
            page.goto(address(served, f"#/doc/{hit['id']}"))
            expect(page.get_by_role("heading", level=1)).to_have_text(document["title"])
            assert drawn(page, ".law .block") == ink(document["text"])
            expect(page.get_by_text(document["citation"]).first).to_be_visible()
        assert watch.clean(), watch


def test_an_opinion_says_who_speaks(served: str, open_tab: OpenTab) -> None:
    cases = ask_service(served, "/v1/documents?kind=case&limit=100")["documents"]
    documents = (ask_service(served, f"/v1/documents/{quote(case['id'])}") for case in cases)
    divided = next(one for one in documents if any(span[2:4] == ["opinion", "dissent"] for span in one["spans"]))
    with open_tab(served) as (page, watch):
        page.goto(address(served, f"#/doc/{divided['id']}"))
        expect(page.locator(".law").get_by_role("heading", name=re.compile("^Dissent"))).to_be_visible()
        outline = page.get_by_role("navigation", name="Outline")
        outline.get_by_role("link").last.click()
        expect(page.locator(".block:focus")).to_be_in_viewport()
        expect(page.get_by_role("heading", name=re.compile("^Cited by"))).to_be_visible()
        assert watch.clean(), watch


def test_topic_tree_opens_and_leads_to_documents(served: str, open_tab: OpenTab) -> None:
    topics = ask_service(served, "/v1/topics")["topics"]
    with open_tab(served) as (page, watch):
        page.goto(address(served, "#/topics"))
        tree = page.get_by_role("region", name="Topic tree")
        expect(tree.get_by_role("link").nth(1)).to_be_visible()  # a count does not wait for the reply
        before = tree.get_by_role("link").count()
        opener = tree.locator("button[aria-expanded=false]").first
        opener.click()
        expect(tree.get_by_role("link").nth(before)).to_be_visible()
        everything = page.get_by_role("button", name="Open all")
        if everything.count():
            everything.click()
        labels = {topic["label"] for topic in topics if topic["parent"] is not None}
        expect(tree.get_by_role("link").nth(len(labels) - 1)).to_be_attached()
        assert set(tree.get_by_role("link").all_text_contents()) >= labels
        picture = page.get_by_role("region", name="Picture of the topics")
        expect(picture.get_by_role("button").nth(1)).to_be_attached()

        largest = max((topic for topic in topics if topic["depth"]), key=lambda topic: topic["size"])
        tree.get_by_role("link", name=largest["label"], exact=True).first.click()
        expect(page.get_by_role("heading", name="Documents", exact=True)).to_be_visible()
        page.locator("tbody a").first.click()
        expect(page.locator(".law .block").first).to_be_visible()
        assert watch.clean(), watch


def test_each_sentence_of_an_answer_opens_its_passage(served: str, open_tab: OpenTab) -> None:
    answer = ask_service(served, "/v1/answers", {"question": QUESTION})
    assert answer["sentences"], "the sample answers this question"
    with open_tab(served) as (page, watch):
        page.goto(address(served, "#/ask"))
        page.get_by_role("searchbox", name="Ask a question").fill(QUESTION)
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator(".outcome")).to_be_visible(timeout=60_000)
        sentences = page.locator("ol.answer > li")
        expect(sentences).to_have_count(len(answer["sentences"]))
        for number, sentence in enumerate(answer["sentences"]):
            shown = sentences.nth(number)
            assert ink(sentence["text"]) in ink(shown.text_content() or "")
            citation = sentence["citations"][0]
            shown.get_by_role("link", name=re.compile("^Citation")).first.click()
            panel = page.get_by_role("region", name=re.compile("^Cited passage"))
            expect(panel.locator("mark").first).to_be_visible()
            path = f"/v1/documents/{quote(citation['document'])}?version={citation['version']}"
            cited = ask_service(served, path)["text"][citation["start"] : citation["end"]]
            assert drawn(page, ".panel mark") == ink(cited)
            page.keyboard.press("Escape")
            expect(panel).to_have_count(0)
        sentences.first.get_by_role("link").first.click()
        page.get_by_role("link", name="Read it in the whole document").click()
        expect(page.locator(".reader .law mark").first).to_be_in_viewport()
        assert watch.clean(), watch


def test_graph_lists_links_with_evidence(served: str, open_tab: OpenTab) -> None:
    hit = ask_service(served, "/v1/search", {"query": "landlord", "k": 1, "filters": {"kind": ["case"]}})["hits"][0]
    with open_tab(served) as (page, watch):
        page.goto(address(served, f"#/graph/{hit['id']}"))
        expect(page.locator("tbody tr").first).to_be_visible()
        expect(page.locator("tbody q").first).to_be_visible()
        assert watch.clean(), watch


def test_everything_can_be_reached_by_keys(served: str, open_tab: OpenTab) -> None:
    with open_tab(served) as (page, watch):
        page.goto(address(served, "#/about"))
        expect(page.get_by_role("heading", level=1)).to_have_text("What is covered")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("/")
        page.keyboard.type("security deposit")
        page.keyboard.press("Enter")
        expect(page.locator("[data-hit]").nth(1)).to_be_visible()
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox", name="Search the law")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.locator("[data-hit]").first).to_be_focused()
        page.keyboard.press("j")
        expect(page.locator("[data-hit]").nth(1)).to_be_focused()
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        expect(page.locator(".law mark").first).to_be_in_viewport()
        page.go_back()
        expect(page.locator("[data-hit]").first).to_be_visible()
        assert watch.clean(), watch


@pytest.mark.parametrize("width", [390, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(served: str, open_tab: OpenTab, width: int, scheme: str) -> None:
    case = ask_service(served, "/v1/search", {"query": "landlord", "k": 1, "filters": {"kind": ["case"]}})["hits"][0]
    topics = ask_service(served, "/v1/topics")["topics"]
    topic = max((one for one in topics if one["depth"]), key=lambda one: one["size"])
    ask = f"#/ask?q={quote(QUESTION)}"
    views = {
        "#/search": "h1",
        "#/search?q=security+deposit": "[data-hit]",
        f"#/doc/{case['id']}": ".law .block",
        "#/topics": ".map button",
        f"#/topics/{topic['id']}": "tbody a",
        ask: ".outcome",
        f"#/graph/{case['id']}": "tbody tr",
        "#/about": "table",
    }
    with open_tab(served, viewport={"width": width, "height": 844}, color_scheme=scheme) as (page, watch):
        for fragment, ready in views.items():
            page.goto(address(served, fragment))
            expect(page.locator(ready).first).to_be_visible(timeout=60_000)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{fragment} is {wide} wide on a screen of {width}"
        assert watch.clean(), watch


def test_what_is_not_held_is_said_in_words(served: str, open_tab: OpenTab) -> None:
    with open_tab(served) as (page, watch):
        page.goto(address(served, "#/doc/nowhere:code:1"))
        expect(page.get_by_role("alert")).to_be_visible()
        page.goto(address(served, "#/nonsense"))
        expect(page.get_by_role("heading", name="There is no such view")).to_be_visible()
        # Chromium itself reports the 404 on the console; nothing else may be there.
        assert all("404" in line for line in watch.errors), watch
        assert not watch.foreign


def test_the_policy_allows_nothing_inline(served: str) -> None:
    with urllib.request.urlopen(served, timeout=30) as response:
        policy = response.headers["Content-Security-Policy"]
        body = response.read().decode()
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", body) is None
