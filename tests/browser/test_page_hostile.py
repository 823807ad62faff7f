"""The built page against a service whose every text is an attack: nothing runs, nothing leaves, all is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab

pytestmark = pytest.mark.browser

PAGE = Path(__file__).parents[2] / "app" / "api" / "page"
POLICY = "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:"
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

ATTACK = (
    "<img src=https://evil.example/a.png onerror=alert(1)><script>alert(2)</script>"
    '<svg onload=alert(3)></svg>"><iframe src="javascript:alert(4)"></iframe>'
    '<a href="javascript:alert(5)">x</a>{@html alert(6)}<style>@import "https://evil.example/c.css";</style>'
)
# Characters outside the basic plane stand before everything that is marked: JavaScript counts them twice.
LEAD = "\U0001d504\U0001f600 "
TEXT = f"(a) {LEAD}{ATTACK}\n(b) {LEAD}The tenant shall have the deposit back.1 See § 1.\n1 {LEAD}A note {ATTACK}"
QUOTE = "The tenant shall have the deposit back."
IDENTITY = "x:code:1"


def span_of(part: str) -> list[int]:
    """Return the place of a part in TEXT, in code points as Python counts them."""
    start = TEXT.index(part)
    return [start, start + len(part)]


def answer() -> dict[str, Any]:
    start, end = span_of(QUOTE)
    citation = {"document": IDENTITY, "version": "0" * 64, "start": start, "end": end, "quote": QUOTE}
    citation |= {"title": ATTACK, "citation": ATTACK, "anchor": ATTACK}
    return {
        "status": "answered",
        "question": ATTACK,
        "sentences": [{"text": ATTACK, "speaker": ATTACK, "citations": [citation]}],
        "warnings": [ATTACK],
        "reason": ATTACK,
        "generation": ATTACK,
        "coverage": {"courts": [], "codes": [{"id": "c", "name": ATTACK, "documents": 1}], "last_crawl": ATTACK},
        "notice": ATTACK,
        "model": ATTACK,
        "took_ms": 1,
    }


def hit() -> dict[str, Any]:
    start, end = span_of(QUOTE)
    passage = {"text": LEAD + QUOTE, "start": start, "end": end, "speaker": ATTACK, "anchor": ATTACK, "heading": ATTACK}
    offset = len(LEAD)
    return {
        "id": IDENTITY,
        "version": "0" * 64,
        "kind": ATTACK,
        "title": ATTACK,
        "citation": ATTACK,
        "court": ATTACK,
        "court_name": ATTACK,
        "date": ATTACK,
        "status": ATTACK,
        "hierarchy": [ATTACK],
        "score": 1.0,
        "passage": passage,
        "highlights": [[offset + 4, offset + 10]],
        "signals": {ATTACK: 1.0},
        "topics": [{"id": "t", "label": ATTACK, "weight": 1.0}],
        "why": ATTACK,
    }


def document() -> dict[str, Any]:
    plain = dict.fromkeys(
        (
            "jurisdiction",
            "court",
            "court_name",
            "docket",
            "disposition",
            "publication",
            "observed_from",
            "notice",
            "disposition_kind",
            "publication_stage",
        ),
        ATTACK,
    )
    first = span_of(TEXT.split("\n", maxsplit=1)[0])
    second = span_of(TEXT.split("\n")[1])
    mark = span_of(QUOTE)[1]
    return plain | {
        "id": IDENTITY,
        "kind": ATTACK,
        "title": ATTACK,
        "citation": ATTACK,
        "parallel_citations": [ATTACK],
        "aliases": [ATTACK],
        "hierarchy": [{"kind": "title", "label": ATTACK, "number": ATTACK}],
        "status": ATTACK,
        "date": ATTACK,
        "date_argued": ATTACK,
        "judges": [ATTACK],
        "covers": [ATTACK],
        "parties": [ATTACK],
        "effective_from": ATTACK,
        "effective_to": None,
        "version": "0" * 64,
        "url": "javascript:alert(7)",
        "sources": [],
        "warnings": [ATTACK],
        "text": TEXT,
        "spans": [
            [*first, "subsection", "(a)", {}],
            [*second, "opinion", ATTACK, {"author": ATTACK, "joined_by": ATTACK}],
            [mark, mark + 1, "footnote_mark", "1", {}],
            [*span_of(TEXT.split("\n")[2]), "footnote", "1", {}],
        ],
        "outline": [{"label": ATTACK, "start": 0, "level": 1}, {"label": ATTACK, "start": second[0], "level": 1}],
        "previous": {"id": IDENTITY, "citation": ATTACK},
        "next": None,
        "topics": [{"id": "t", "label": ATTACK, "weight": 1.0}],
        "cited_by_count": 1,
        "influence": 1.0,
    }


def service(path: str) -> Any:
    """Return the hostile answer to a request."""
    topic: dict[str, Any] = {
        "id": "t",
        "parent": None,
        "depth": 0,
        "label": ATTACK,
        "scope": ATTACK,
        "terms": [[ATTACK, 1.0]],
        "size": 3,
    }
    topic |= {"children": ["t.1"], "stability": 1.0, "stop_reason": ATTACK}
    leaf = topic | {"id": "t.1", "parent": "t", "depth": 1, "children": []}
    reference = {"id": IDENTITY, "title": ATTACK, "citation": ATTACK}
    start, end = span_of("§ 1")
    node = {"id": IDENTITY, "kind": "statute", "label": ATTACK, "attrs": {"title": ATTACK}}
    other = node | {"id": "y", "kind": ATTACK}
    edge: dict[str, Any] = {
        "source": IDENTITY,
        "target": "y",
        "kind": ATTACK,
        "weight": 1.0,
        "evidence": {"sentence": ATTACK},
    }
    edge["attrs"] = {"treatment": [ATTACK]}
    stretch = {"text": ATTACK, "start": 0, "end": 3}
    told = {"citing": reference, "version": "0" * 64, "court_name": ATTACK, "date": ATTACK, "speaker": ATTACK}
    said = told | {"kind": ATTACK, "words": ATTACK, "counts": False, "why_not": ATTACK, "sentence": stretch}
    standing: dict[str, Any] = {"level": "negative", "words": ATTACK, "looked_at": 1, "to": ATTACK}
    flag = {"kind": ATTACK, "authority": node, "undone": [], "since": True, "inferred": True, "score": 1.0}
    quote: dict[str, Any] = {
        "start": 0,
        "end": 3,
        "verdict": "altered",
        "differences": [{"source": ATTACK, "quoted": ATTACK}],
    }
    quote |= {"document": IDENTITY, "version": "0" * 64, "source_start": 0, "source_end": 3, "source_text": ATTACK}
    held = reference | {"version": "0" * 64, "status": ATTACK, "standing": standing | {"reasons": [said]}}
    checked: dict[str, Any] = {
        "raw": ATTACK,
        "start": 0,
        "end": 3,
        "key": ATTACK,
        "status": 200,
        "flags": ["overruled", ATTACK],
    }
    checked |= {
        "documents": [held],
        "pinpoint": ATTACK,
        "case_name": ATTACK,
        "quotations": [quote],
        "message": ATTACK,
        "told": [said],
    }
    found = {
        "text": ATTACK,
        "understood": {
            "citation": {"kind": "citation", "key": ATTACK, "documents": [IDENTITY], "pinpoint": ""},
            "terms": [],
            "phrases": [],
            "filters": {},
        },
    }
    facets = {"kind": [{"value": ATTACK, "label": ATTACK, "count": 2}, {"value": "b", "label": ATTACK, "count": 1}]}
    counts = dict.fromkeys(("documents", "passages", "citations", "topics", "nodes", "edges"), 1)
    replies: dict[str, Any] = {
        "/v1/status": {
            "generation": ATTACK,
            "built_at": ATTACK,
            "model": ATTACK,
            "llm": ATTACK,
            "notice": ATTACK,
            "warnings": [ATTACK],
        }
        | {"counts": counts | {"by_kind": {ATTACK: 1}}, "coverage": answer()["coverage"]},
        "/v1/search": {"query": found, "total": 1, "generation": ATTACK, "took_ms": 1, "hits": [hit()]}
        | {"facets": facets, "next_offset": None},
        "/v1/answers": answer(),
        f"/v1/documents/{IDENTITY}": document(),
        f"/v1/documents/{IDENTITY}/versions": {"versions": []},
        f"/v1/documents/{IDENTITY}/citations": {
            "version": "0" * 64,
            "citations": [
                {"raw": ATTACK, "start": start, "end": end, "kind": "statute", "pinpoint": "", "to": reference}
                | {"candidates": []}
            ],
            "next_cursor": None,
        },
        f"/v1/documents/{IDENTITY}/cited-by": {
            "cited_by": [
                reference
                | {"date": ATTACK, "court": ATTACK, "count": 1, "speaker": ATTACK}
                | {"sentence": stretch, "depth": 1, "treatments": [ATTACK]}
            ],
            "total": 1,
            "next_cursor": None,
        },
        f"/v1/documents/{IDENTITY}/similar": {"hits": [hit()]},
        f"/v1/documents/{IDENTITY}/treatment": standing
        | {"reasons": 1, "others": 1, "treatments": [said, said], "total": 2, "flags": [flag], "next_cursor": None},
        f"/v1/documents/{IDENTITY}/annotations": {
            "topics": [
                {
                    "topic": ATTACK,
                    "total": 1,
                    "notes": [told | {"subdivision": ATTACK, "treatment": ATTACK} | {"passage": stretch}],
                }
            ],
            "parentheticals": [told | {"kind": ATTACK, "passage": stretch}],
            "total": 1,
            "next_cursor": None,
        },
        "/v1/check": {"citations": [checked], "quotations": [quote], "characters": 9, "counts": {"200": 1}}
        | {"notice": ATTACK},
        "/v1/topics": {"topics": [topic, leaf], "generation": ATTACK},
        "/v1/topics/t": topic
        | {"path": [{"id": "t", "label": ATTACK}], "exemplars": [reference], "stats": {ATTACK: ATTACK}},
        "/v1/topics/t/documents": {
            "documents": [reference | {"kind": ATTACK, "date": ATTACK, "weight": 1.0}],
            "next_cursor": None,
            "total": 1,
        },
        "/v1/graph/neighbors": {"node": node, "nodes": [other], "edges": [edge], "truncated": False},
    }
    return replies.get(path)


class Hostile(BaseHTTPRequestHandler):
    """The built page as the service would send it, and hostile JSON below /v1."""

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        reply = service(path)
        if reply is not None:
            self.reply(json.dumps(reply).encode(), "application/json")
            return
        file = PAGE / (path.lstrip("/") or "index.html")
        if file.is_file():
            self.reply(file.read_bytes(), TYPES[file.suffix])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def reply(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the requests are watched in the browser."""


@pytest.fixture(scope="module")
def hostile() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


VIEWS = {
    "#/search": "table",
    "#/search?q=deposit": "[data-hit]",
    f"#/doc/{IDENTITY}": ".law .block",
    "#/topics": ".map button",
    "#/topics/t": "tbody a",
    "#/ask?q=deposit": ".answer li",
    f"#/graph/{IDENTITY}": "tbody tr",
    "#/about": "table",
}


@pytest.mark.parametrize(("fragment", "ready"), VIEWS.items())
def test_no_text_becomes_markup(hostile: str, open_tab: OpenTab, fragment: str, ready: str) -> None:
    with open_tab(hostile) as (page, watch):
        page.goto(hostile + fragment)
        expect(page.locator(ready).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert (
            page.locator("#app").locator("img, script, iframe, style, object, embed, [onload], [onerror]").count() == 0
        )
        links = page.locator("a").evaluate_all("all => all.map(one => one.getAttribute('href') ?? '')")
        assert [link for link in links if not link.startswith(("#", "/"))] == []
        assert "<script>alert(2)</script>" in page.locator("#app").inner_text()
        assert watch.clean(), watch


def test_no_word_of_a_check_becomes_markup(hostile: str, open_tab: OpenTab) -> None:
    with open_tab(hostile) as (page, watch):
        page.goto(f"{hostile}#/check")
        page.get_by_role("textbox", name="Text to be checked").fill(ATTACK)
        page.get_by_role("button", name="Check").click()
        expect(page.locator("#c0")).to_contain_text("<script>alert(2)</script>")
        assert page.locator(".given").text_content() == ATTACK
        assert page.locator("#app").locator("img, script, iframe, style, object, embed").count() == 0
        links = page.locator("a").evaluate_all("all => all.map(one => one.getAttribute('href') ?? '')")
        assert [link for link in links if not link.startswith(("#", "/"))] == []
        assert watch.clean(), watch


def test_places_are_code_points(hostile: str, open_tab: OpenTab) -> None:
    start, end = span_of(QUOTE)
    with open_tab(hostile) as (page, watch):
        page.goto(f"{hostile}#/search?q=deposit")
        expect(page.locator("article mark").first).to_have_text((LEAD + QUOTE)[len(LEAD) + 4 : len(LEAD) + 10])
        page.goto(f"{hostile}#/doc/{IDENTITY}?start={start}&end={end}")
        expect(page.locator(".law mark")).to_have_text(QUOTE)
        expect(page.locator(".law a.cite")).to_have_text("§ 1")
        expect(page.locator(".law sup")).to_have_text("1")
        page.goto(f"{hostile}#/ask?q=deposit")
        page.get_by_role("link", name="Citation 1").click()
        expect(page.locator(".panel mark")).to_have_text(QUOTE)
        assert watch.clean(), watch
