"""An opinion's text as CourtListener holds it, from the best of its fields: markup of six origins, or none.

Free Law Project names the order from best to worst; the first field that holds anything is read:
`html_with_citations`, `html_columbia`, `html_lawbox`, `xml_harvard`, `html_anon_2020`, `html`, `plain_text`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scraper.sources.casebook import plain_text as paragraphs
from scraper.sources.casebook import with_notes
from scraper.sources.html import BuiltText, Element, words_of
from scraper.sources.markup import built_markup
from scraper.sources.records import as_text
from scraper.sources.trees import parse_html

TEXT_FIELDS = (
    "html_with_citations", "html_columbia", "html_lawbox", "xml_harvard", "html_anon_2020", "html", "plain_text",
)  # fmt: skip
_PLAIN = "plain_text"


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
    return built_markup(_root(written))


def _marked_up(written: str) -> list[tuple[str, str, BuiltText]]:
    root = _root(written)
    outer = [one for one in root.iter("opinion") if next(one.iterancestors("opinion"), None) is None]
    if not outer:
        return [("", "", built_markup(root))]
    return [(one.get("type") or "", words_of(one.find(".//author")), built_markup(one)) for one in outer]


def _root(written: str) -> Element:
    return parse_html(f"<div>{re.sub(r'^<[?]xml[^>]*[?]>', '', written)}</div>".encode())
