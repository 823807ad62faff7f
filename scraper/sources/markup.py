"""Opinions in markup, as the publishers write it whose texts CourtListener and the Caselaw Access Project keep.

One classification for all of them, since none uses another's names for something else.
"""

from __future__ import annotations

import re
from dataclasses import replace

from scraper.models import SpanKind
from scraper.sources.casebook import plain_text, with_notes
from scraper.sources.html import SKIP, BuiltText, Element, Mark, TextBuilder, has_class, words_of

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


def built_markup(root: Element) -> BuiltText:
    """Return the text of an element: star pages, footnotes, their marks, head matter and numbered paragraphs typed."""
    plain = root.xpath(".//pre[contains(concat(' ', normalize-space(@class), ' '), ' inline ')]")
    if plain and len(words_of(plain[0])) * 10 > len(words_of(root)) * 9:
        return with_notes(plain_text("".join(plain[0].itertext())))
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
