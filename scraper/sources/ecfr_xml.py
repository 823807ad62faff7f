"""The eCFR's XML as a tree, safely, and an element of it as one canonical text with typed spans."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from lxml import etree

from scraper.errors import ParseError
from scraper.models import SpanKind
from scraper.sources.html import SKIP, BuiltText, Mark, TextBuilder

Element = Any  # lxml ships no types

# What each element is in the terms of `TextBuilder`: a block, a row, a cell, or words among others.
_TAGS = {
    "ROW": "tr", "ENT": "td", "GPOTABLE": "table", "SU": "sup", "FTREF": "sup", "I": "em", "E": "em", "B": "em",
    "HED": "em", "PSPACE": "td", "SUB": "em", "CAPTION": "p", "TTITLE": "p", "CHED": "td", "BOXHD": "tr", "img": "em",
}  # fmt: skip
_BLOCKS = frozenset((
    "CITA", "SECAUTH", "PARAUTH", "APPRO", "AUTH", "SOURCE", "EDNOTE", "EFFDNOT", "EFFDNOTP", "CROSSREF", "XREF",
    "NOTE", "NOTES", "EXTRACT", "EXAMPLE", "BOXTXT", "FTNT", "DIV", "LI", "SCOL2", "STARS", "RESERVED", "SIGDATE",
    "TNOTE",
))  # fmt: skip
_NOTES = {
    "CITA": Mark(SpanKind.HISTORY),
    "SOURCE": Mark(SpanKind.HISTORY, "Source"),
    "AUTH": Mark(SpanKind.ANNOTATION, "Authority"),
    "SECAUTH": Mark(SpanKind.ANNOTATION, "Authority"),
    "PARAUTH": Mark(SpanKind.ANNOTATION, "Authority"),
    "EDNOTE": Mark(SpanKind.ANNOTATION, "Editorial note"),
    "CROSSREF": Mark(SpanKind.ANNOTATION, "Cross reference"),
    "APPRO": Mark(SpanKind.ANNOTATION, "Approval"),
    "EFFDNOT": Mark(SpanKind.NOTICE, "effective"),
    "EFFDNOTP": Mark(SpanKind.NOTICE, "effective"),
    "XREF": Mark(SpanKind.NOTICE, "amendment"),
}
NOTE_KINDS = (SpanKind.HISTORY, SpanKind.ANNOTATION, SpanKind.NOTICE, SpanKind.FOOTNOTE)
_NOTE_NUMBER = re.compile(r"^\(?(\d{1,3}|\*{1,3}|[a-z]|[†‡])\)?$")


def parse_xml(body: bytes) -> Element:
    """Return the root of an XML document; raise ParseError (empty, html, xml, doctype).

    Nothing outside of the document is read and no entity is expanded: a document that declares any is refused.
    """
    head = body[:300].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        raise ParseError("The page is empty.", reason="empty")
    if head.startswith((b"<!doctype html", b"<html")):
        raise ParseError("The page is a web page where XML was expected.", reason="html")
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, dtd_validation=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise ParseError(f"The page is not XML ({error}).", reason="xml") from error
    if root.getroottree().docinfo.doctype or any(True for _ in root.iter(etree.Entity)):
        raise ParseError("The XML declares entities or a document type, which no page of law needs.", reason="doctype")
    return root


def words_of(element: Element | None) -> str:
    """Return an element's words with runs of white space folded; an empty string for None."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def build(children: Iterable[Element]) -> BuiltText:
    """Return the text of elements that follow each other: their notes typed, tables by rows."""
    root = etree.Element("div")
    for child in children:
        root.append(child)  # the tree is read once, so that its elements may move
    labels = {label for note in root.iter("FTNT") if (label := _label(note))}
    marks: dict[Element, Mark] = {}
    for element in list(root.iter()):
        mark = _mark(element, labels)
        if mark is not None:
            marks[element] = mark
    for element in list(root.iter()):
        element.tag = _tag(str(element.tag))
    return TextBuilder(marks.get).build(root)


def _tag(name: str) -> str:
    if name in _TAGS:
        return _TAGS[name]
    if name in _BLOCKS:
        return "div"
    if name.startswith("FP") or name == "P":
        return "p"
    if re.fullmatch(r"HD\d", name):
        return "h4"
    return name.lower()


def _mark(element: Element, labels: set[str]) -> Mark | None:
    tag = str(element.tag)
    if tag in _NOTES:
        return _NOTES[tag]
    if tag == "FTNT":
        return Mark(SpanKind.FOOTNOTE, _label(element))
    if tag in ("SU", "FTREF"):
        match = _NOTE_NUMBER.match(words_of(element))
        # An exponent is raised too: only what a footnote answers to is a mark.
        return Mark(SpanKind.FOOTNOTE_MARK, match[1]) if match and match[1] in labels else None
    if tag in ("I", "E") and _opens(element):
        return Mark(SpanKind.DEFINITION, words_of(element).strip(" ,.;:"))
    return SKIP if tag in ("PRTPAGE", "HEAD") else None


def _label(note: Element) -> str:
    first = next(iter(note.iter("SU")), None)
    match = _NOTE_NUMBER.match(words_of(first))
    return match[1] if match else ""


def _opens(element: Element) -> bool:
    """Tell whether italic words may be a term that its paragraph defines: nothing but a number stands before them."""
    parent = element.getparent()
    before = (parent.text or "") if parent is not None else ""
    return (
        parent is not None
        and parent.tag == "P"
        and parent[0] is element
        and re.fullmatch(r"\s*(?:\([\w]{1,5}\)\s*)*", before) is not None
        and re.match(r"\s*,?\s*(?:or|and|means?|includes?|has the|have the|shall|refers?)\b", element.tail or "")
        is not None
    )
