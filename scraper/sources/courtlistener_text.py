"""An opinion's text as CourtListener holds it, from the best of its fields: markup of six origins, or none.

Free Law Project names the order from best to worst; the first field that holds anything is read:
`html_with_citations`, `html_columbia`, `html_lawbox`, `xml_harvard`, `html_anon_2020`, `html`, `plain_text`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scraper.models import SpanKind
from scraper.sources.casebook import plain_text as paragraphs
from scraper.sources.casebook import with_notes
from scraper.sources.html import SKIP, BuiltText, Element, Mark, TextBuilder, has_class, parse_html, words_of
from scraper.sources.records import as_text

TEXT_FIELDS = (
    "html_with_citations", "html_columbia", "html_lawbox", "xml_harvard", "html_anon_2020", "html", "plain_text",
)  # fmt: skip
_PLAIN = "plain_text"
_STAR = re.compile(r"\*+\s*(?:Page\s+)?\[?(\d{1,6})\b|^\[?(\d{1,6})\]?$", re.IGNORECASE)
_MARK = re.compile(r"^\[?(\d{1,3}|\*{1,4}|[†‡]{1,3}|[a-z])\]?$")
_NOTE_ID = re.compile(r"^(?:fn|footnote|note)[a-z_-]*?(?:\d+[_-])?(\d{1,3})$", re.IGNORECASE)
_HEAD_CLASSES = frozenset(("case_cite", "parties", "docket", "court", "date", "prelims", "courtcasedochead"))
# Elements of the Caselaw Access Project that are paragraphs of their own.
_BLOCKS = (
    "author", "parties", "docketnumber", "attorneys", "court", "decisiondate", "otherdate", "judges", "citation",
    "syllabus", "opinion", "footnote", "headnotes", "headnote", "bodytext", "disposition", "history",
)  # fmt: skip
_WAS = "data-was"
_BACK = frozenset("↩↑^")
_LEFT_OUT = frozenset(("headnotes", "summary", "headnote"))  # the publisher's words, not the court's


def opinion_text(row: Mapping[str, Any]) -> list[tuple[str, str, BuiltText]]:
    """Return what an opinion's best field holds: one text, or several where the field marks several opinions.

    Each comes with the kind and the line of the author that the markup gives, both empty where it gives none.
    """
    for name in TEXT_FIELDS:
        written = as_text(row.get(name), f"The opinion: {name}")
        if not written:
            continue
        if name == _PLAIN or "<" not in written:
            return [("", "", with_notes(paragraphs(written)))]
        found = [piece for piece in _marked_up(written) if piece[2].text]
        if found:
            return found
    return []


def markup_text(written: str) -> BuiltText:
    """Return a text with or without markup, such as a syllabus."""
    if "<" not in written:
        return paragraphs(written)
    return _built(_root(written))


def _marked_up(written: str) -> list[tuple[str, str, BuiltText]]:
    root = _root(written)
    outer = [one for one in root.iter("opinion") if next(one.iterancestors("opinion"), None) is None]
    if not outer:
        return [("", "", _built(root))]
    return [(one.get("type") or "", words_of(one.find(".//author")), _built(one)) for one in outer]


def _root(written: str) -> Element:
    return parse_html(f"<div>{re.sub(r'^<[?]xml[^>]*[?]>', '', written)}</div>".encode())


def _built(root: Element) -> BuiltText:
    plain = root.xpath(".//pre[contains(concat(' ', normalize-space(@class), ' '), ' inline ')]")
    if plain and len(words_of(plain[0])) * 10 > len(words_of(root)) * 9:
        return with_notes(paragraphs(plain[0].text_content()))
    for element in list(root.iter(*_BLOCKS)):
        element.set(_WAS, element.tag)
        element.tag = "div"
    numbered = {
        element.get("id"): words_of(element.find("span")) for element in root.iter("div") if _is_numbered(element)
    }
    built = TextBuilder(_classify).build(root)
    places = {f"paragraph-{numbered[name]}": place for name, place in built.anchors.items() if name in numbered}
    return replace(built, anchors=places)


def _is_numbered(element: Element) -> bool:
    """Tell whether an element is a paragraph to which its publisher gave a number of its own."""
    first = element.find("span")
    return bool(element.get("id")) and has_class(element, "num") and first is not None and has_class(first, "num")


def _classify(element: Element) -> Mark | None:
    tag, classes = element.get(_WAS) or str(element.tag), (element.get("class") or "").split()
    if tag in _LEFT_OUT or (tag == "span" and "num" in classes and _is_numbered(element.getparent())):
        return SKIP
    if tag == "page-number" or "star-pagination" in classes or "page-label" in classes:
        return _star(element)
    if tag == "footnote" or ("footnote" in classes and tag in ("div", "aside", "p", "li")):
        return Mark(SpanKind.FOOTNOTE, element.get("label") or element.get("data-label") or _note_id(element))
    if tag == "div" and _note_id(element) and element.getparent() is not None and element.getparent().tag == "li":
        return Mark(SpanKind.FOOTNOTE, _note_id(element))
    if tag in ("footnotemark", "sup") or (tag == "a" and (element.get("href") or "").startswith("#")):
        return _mark(element, tag)
    if tag == "syllabus" or "syllabus" in classes:
        return Mark(SpanKind.SYLLABUS)
    return None if _HEAD_CLASSES.isdisjoint(classes) else Mark(SpanKind.HEAD_MATTER)


def _star(element: Element) -> Mark | None:
    printed = words_of(element)
    match = _STAR.search(printed)
    label = next((group for group in match.groups() if group), "") if match else (element.get("label") or "")
    return Mark(SpanKind.STAR_PAGE, label) if label else None


def _mark(element: Element, tag: str) -> Mark | None:
    printed = words_of(element)
    if printed and set(printed) <= _BACK:
        return SKIP
    parent = element.getparent()
    if tag == "a" and parent is not None and parent.tag in ("sup", "footnotemark"):
        return None  # its parent is the mark
    match = _MARK.match(printed)
    return Mark(SpanKind.FOOTNOTE_MARK, match[1]) if match else None


def _note_id(element: Element) -> str:
    match = _NOTE_ID.match(element.get("id") or "")
    return match[1] if match else ""
