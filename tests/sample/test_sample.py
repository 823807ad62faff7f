"""The shipped sample holds what it promises, and its pages say exactly what its texts say."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from lxml import html

SAMPLE = Path(__file__).resolve().parents[2] / "sample"
TEXTS = SAMPLE / "texts"
SITE = SAMPLE / "site"

PLANTED = {
    "overruled_case",
    "distinguished_case",
    "statute_held_unconstitutional_as_applied",
    "statute_held_unconstitutional_facially",
    "reversal_on_appeal",
    "partial_overruling",
    "plurality_opinion",
    "per_curiam_opinion",
    "unpublished_opinion",
    "case_of_another_state",
    "dissent_sounds_like_holding",
    "court_quoting_another_court",
    "renumbered_section",
    "cited_under_old_number",
    "amended_section",
    "cites_earlier_text",
    "delayed_effect",
    "emergency_amendment",
    "repealed_section",
    "reserved_section",
    "expired_section",
    "sealed_case",
    "same_name_same_year",
    "same_case_two_addresses",
    "definitions",
    "deadline_with_exceptions",
    "lead_in",
    "malformed_citation",
}


def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    return found


def case_tables() -> list[dict[str, Any]]:
    return [toml(path) for path in sorted((TEXTS / "cases").glob("*.toml"))]


def squeeze(text: str) -> str:
    return "".join(text.split())


def tree(path: str) -> html.HtmlElement:
    return html.fromstring((SITE / path.strip("/") / "index.html").read_text(encoding="utf-8"))


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SAMPLE / "build.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_tree_is_what_the_texts_say() -> None:
    done = check("--check")
    assert done.returncode == 0, done.stderr


def test_counts() -> None:
    documents = [d for d in truth()["documents"] if d["in_state"] != "update_only"]
    kinds = Counter(d["kind"] for d in documents)
    assert kinds["statute"] >= 92
    assert kinds["constitution"] >= 12
    assert kinds["regulation"] >= 8
    courts = Counter(d["court"] for d in documents if d["kind"] == "case")
    assert courts["frsc"] + courts["frca"] >= 40
    assert min(courts["frsc"], courts["frca"]) >= 10
    assert courts["jfsc"] == 1
    titles = {d["hierarchy"][1] for d in documents if d["kind"] == "statute"}
    assert len(titles) == 6


def test_questions() -> None:
    facts = truth()
    assert len(facts["questions"]) >= 40
    assert len(facts["false_premises"]) >= 15
    assert len(facts["off_corpus"]) >= 10
    kinds = {question["kind"] for question in facts["questions"]}
    assert kinds >= {
        "rule",
        "definition",
        "element list",
        "deadline",
        "count",
        "comparison",
        "history",
        "status",
    }
    assert all(q["answer"] and q["authorities"] and q["quote"] for q in facts["questions"])


def test_everything_promised_is_planted() -> None:
    planted = truth()["planted"]
    assert set(planted) >= PLANTED
    known = {d["id"] for d in truth()["documents"]}
    assert all(set(entry["ids"]) <= known and entry["ids"] and entry["why"] for entry in planted.values())


def test_planted_decisions_are_what_they_are_said_to_be() -> None:
    facts = truth()
    documents = {d["id"]: d for d in facts["documents"]}
    planted = {name: [documents[key] for key in entry["ids"]] for name, entry in facts["planted"].items()}
    assert all(d["status"] == "unpublished" for d in planted["unpublished_opinion"])
    assert {d["opinions"][0]["kind"] for d in planted["plurality_opinion"]} == {"plurality"}
    assert {d["opinions"][0]["kind"] for d in planted["per_curiam_opinion"]} == {"per_curiam"}
    first, second = planted["same_name_same_year"]
    assert first["name"] == second["name"] and first["date"][:4] == second["date"][:4]
    assert first["docket"] != second["docket"]
    assert {d["in_state"] for d in planted["sealed_case"]} == {"removed_in_update"}
    assert all(d["extra_path"] for d in planted["same_case_two_addresses"])
    assert {d["status"] for d in planted["repealed_section"]} == {"repealed"}
    old = [row for row in facts["citations"] if "12-2-207" in row["raw"] and row["where"] == "text"]
    cited_under_old = {d["id"] for d in planted["cited_under_old_number"]}
    assert {row["from"] for row in old if ":frca:" in row["from"]} == cited_under_old


def test_treatments_cover_the_kinds() -> None:
    facts = truth()
    kinds = {row["kind"] for row in facts["treatments"]}
    assert kinds >= {"overrules", "distinguishes", "reverses"}
    dates = {d["id"]: d["date"] for d in facts["documents"]}
    for row in facts["treatments"]:
        court_speaks = row["speaker"] in {"majority", "per_curiam"}
        assert court_speaks or not row["counts"], row
        assert not dates[row["cited"]] or dates[row["cited"]] < dates[row["citing"]], row
    said = [row["sentence"] for row in facts["treatments"] if row["speaker"] == "dissent"]
    assert any("is overruled" in sentence for sentence in said)
    assert any("We hold" in sentence for sentence in said)
    assert any("to the extent" in row["scope"] for row in facts["treatments"])


def test_citations_cover_the_kinds() -> None:
    rows = [row for row in truth()["citations"] if ":fr" in row["from"]]
    kinds = {row["kind"] for row in rows}
    assert kinds == {"full", "short", "id", "supra", "statute", "constitution", "regulation"}
    assert any(row["to"] is None for row in rows)


def test_opinions_are_of_the_promised_length() -> None:
    for table in case_tables():
        words = sum(len(p.split()) for opinion in table["opinions"] for p in opinion["paragraphs"])
        assert 120 <= words <= 700, (table["id"], words)


def test_titles_have_nested_subsections() -> None:
    sections = [s for path in TEXTS.glob("title-*.toml") for s in toml(path)["sections"]]
    deepest = max((len(line) - len(line.lstrip())) // 2 for s in sections for line in s["text"].splitlines())
    assert deepest >= 2
    lengths = [len(s["text"].split()) for s in sections if s.get("status", "in_force") == "in_force"]
    assert 60 <= sum(lengths) / len(lengths) <= 160


def law_sources() -> list[tuple[str, dict[str, Any]]]:
    rows = [
        (f"franklin:code:{s['number']}", s) for p in sorted(TEXTS.glob("title-*.toml")) for s in toml(p)["sections"]
    ]
    constitution = toml(TEXTS / "constitution.toml")
    rows += [
        (f"franklin:const:{s['number'].replace('-', ':')}", {"history": constitution["history"], **s})
        for s in constitution["sections"]
    ]
    return rows + [(f"franklin:regs:{s['number']}", s) for s in toml(TEXTS / "regulations.toml")["rules"]]


def test_each_law_page_holds_its_source_and_nothing_else() -> None:
    paths = {d["id"]: d["path"] for d in truth()["documents"]}
    for key, source in law_sources():
        page = tree(paths[key])
        (content,) = page.xpath('//*[@id="codes-content"]')
        expected = [source.get("effective_note", ""), source["text"]]
        expected += [row["text"] for row in source.get("temporary", ())]
        expected += [f"({source['history']})", *source.get("annotations", ())]
        assert squeeze(content.text_content()) == squeeze("".join(expected)), key
        assert source["heading"] in page.findtext(".//title"), key
        levels = content.xpath('.//p[starts-with(@class, "level-")]')
        lines = [line for line in source["text"].splitlines() if line.strip()]
        assert [int(p.get("class")[-1]) - 1 for p in levels] == [
            (len(row) - len(row.lstrip())) // 2 for row in lines
        ], key


def rendered(text: str) -> str:
    """The reader's words of a marked paragraph, by rules of this test's own."""
    text = text.removeprefix("> ")
    text = re.sub(r"\[\[fn:(\w+)\]\]", r"\1", text)
    text = re.sub(r"\[\[(\*\d+)\]\]", r"\1", text)
    return re.sub(r"(?<!\w)_([^_]+)_(?!\w)", r"\1", text)


def test_each_decision_holds_its_source_and_nothing_else() -> None:
    paths = {d["id"]: d["path"] for d in truth()["documents"]}
    for table in case_tables():
        if table.get("in_state") == "update_only":
            continue
        page = tree(paths[table["id"]])
        bodies = page.xpath('//*[@id="tab-opinion"]/div[contains(@class, "opinion-body")]')
        assert len(bodies) == len(table["opinions"]), table["id"]
        for body, opinion in zip(bodies, table["opinions"], strict=True):
            for mark in body.xpath('.//span[@class="para-num"]'):
                mark.text = ""
            found = "".join(p.text_content() for p in body.xpath(".//p"))
            expected = [re.sub(r"^\{¶\s?\d+\}\s+", "", rendered(p)) for p in opinion["paragraphs"]]
            expected += [f"{number} {rendered(note)}" for number, note in opinion.get("footnotes", {}).items()]
            assert squeeze(found) == squeeze("".join(expected)), table["id"]


def test_paragraph_numbers_run_through_a_decision() -> None:
    for document in truth()["documents"]:
        if document["kind"] == "case" and document["in_state"] != "update_only":
            marks = tree(document["path"]).xpath('//span[@class="para-num"]/text()')
            assert marks == [f"{{¶{n}}}" for n in range(1, len(marks) + 1)], document["id"]


def test_hashes_are_those_of_the_pages() -> None:
    for document in truth()["documents"]:
        if document["in_state"] == "update_only":
            continue
        key = "tab-opinion" if document["kind"] == "case" else "codes-content"
        (content,) = tree(document["path"]).xpath(f'//*[@id="{key}"]')
        rows = content.xpath('.//p[not(@class="source-credit")]')
        text = "\n".join(" ".join(row.text_content().split()) for row in rows)
        assert hashlib.sha256(text.encode()).hexdigest() == document["text_sha256"], document["id"]


def test_every_link_but_search_leads_to_a_page() -> None:
    for path in SITE.rglob("*.html"):
        for href in html.fromstring(path.read_text(encoding="utf-8")).xpath("//a/@href"):
            if href.startswith(("#", "/search")):
                continue
            target = SITE / href.strip("/")
            assert (target / "index.html" if href.endswith("/") else target).is_file(), (path, href)


def reachable() -> set[str]:
    """Addresses that one reaches from the home page by links, without the forbidden ones."""
    seen, queue = {"/"}, ["/"]
    while queue:
        href = queue.pop()
        target = SITE / href.strip("/")
        file = target / "index.html" if href.endswith("/") else target
        for link in html.fromstring(file.read_text(encoding="utf-8")).xpath("//main//a/@href"):
            if link.startswith("/") and not link.startswith("/private/") and link not in seen:
                seen.add(link)
                queue.append(link)
    return seen


def test_every_document_is_reached_from_the_home_page() -> None:
    found = reachable()
    first = [d for d in truth()["documents"] if d["in_state"] != "update_only"]
    assert {d["path"] for d in first} <= found
    assert {d["extra_path"] for d in first if d.get("extra_path")} <= found


def test_listings_are_paged() -> None:
    pages = [path for path in SITE.rglob("index.html") if (path.parent / "page-2.html").is_file()]
    assert pages
    for path in pages:
        first = html.fromstring(path.read_text(encoding="utf-8"))
        assert len(first.xpath('//li[@class="item"]')) == 5
        assert first.xpath('//a[@rel="next"]/text()') == ["Next"]


def test_second_address_says_the_same() -> None:
    twice = [d for d in truth()["documents"] if d.get("extra_path")]
    assert twice
    for document in twice:
        one, two = (tree(p).xpath('//*[@id="tab-opinion"]')[0] for p in (document["path"], document["extra_path"]))
        assert one.text_content() == two.text_content()


def laid_over(folder: Path) -> None:
    """Puts state two over a copy of state one, as its README says."""
    for source in (SITE, SAMPLE / "site-update"):
        for path in source.rglob("*"):
            if path.is_file() and path.name != "removed.txt":
                target = folder / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
    for line in (SAMPLE / "site-update" / "removed.txt").read_text(encoding="utf-8").splitlines():
        (folder / line).unlink()


def test_update_does_what_the_truth_says(tmp_path: Path) -> None:
    laid_over(tmp_path)
    documents = {d["id"]: d for d in truth()["documents"]}
    changes = {row["id"]: row["change"] for row in truth()["update"]}
    assert set(changes.values()) >= {"changed", "added", "renumbered", "repealed", "withdrawn"}
    for key, document in documents.items():
        before, after = (root / document["path"].strip("/") / "index.html" for root in (SITE, tmp_path))
        if changes.get(key) == "added":
            assert not before.exists() and after.exists(), key
        elif changes.get(key) == "withdrawn":
            assert before.exists() and not after.exists(), key
        else:
            same = content(before) == content(after)
            assert same == (key not in changes), key


def content(path: Path) -> str:
    page = html.fromstring(path.read_text(encoding="utf-8"))
    (element,) = page.xpath('//*[@id="codes-content" or @id="tab-opinion"]')
    return str(element.text_content())


def test_second_state_has_no_dead_listing_link(tmp_path: Path) -> None:
    laid_over(tmp_path)
    for path in tmp_path.rglob("*.html"):
        for href in html.fromstring(path.read_text(encoding="utf-8")).xpath("//main//a/@href"):
            if href.startswith("/"):
                target = tmp_path / href.strip("/")
                assert (target / "index.html" if href.endswith("/") else target).is_file(), (path, href)


def test_forbidden_page_is_forbidden_and_linked() -> None:
    assert "Disallow: /private/" in (SITE / "robots.txt").read_text(encoding="utf-8")
    assert 'href="/private/' in (SITE / "index.html").read_text(encoding="utf-8")


def test_no_word_of_the_real_world() -> None:
    words = re.compile(r"\b(California|Texas|Ohio|New York|U\.S\.C\.|U\.S\. \d|Westlaw|Justia)\b")
    for path in [*TEXTS.rglob("*.toml"), *SITE.rglob("*.html")]:
        assert not words.search(path.read_text(encoding="utf-8")), path


CONTRADICTIONS = [
    (
        'id = "franklin:code:12-3-105"\nchange = "changed"',
        'id = "franklin:code:12-3-105"\nchange = "added"',
        "state one says otherwise",
    ),
    ('authorities = ["franklin:code:5-2-102"]', 'authorities = ["franklin:code:5-2-999"]', "5-2-999"),
    ('quote = "a hand, 200 weeks"', 'quote = "a hand, 201 weeks"', "quotation not in its authorities"),
    ("as Section 12-3-104(b) allows", "as Section 12-3-999(b) allows", "no such document"),
]


@pytest.mark.parametrize(("right", "wrong", "says"), CONTRADICTIONS)
def test_contradictions_are_refused(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    for path in [*SAMPLE.glob("*.py"), *TEXTS.rglob("*.toml")]:
        target = tmp_path / path.relative_to(SAMPLE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    command = [sys.executable, str(tmp_path / "build.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert says in done.stderr
    assert not (tmp_path / "site").exists()
