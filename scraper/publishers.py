"""One decision that two publishers print, told by its court, day, citation and docket: each sets its text anew."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import urlsplit

from scraper.models import Document, DocumentKind, Version

_NUMBER_WORDS = re.compile(r"\b(?:case|docket)?\s*nos?\b\.?", re.IGNORECASE)


def plain_title(title: str) -> str:
    """Return a title as two spellings of it are compared: letters and digits alone."""
    return "".join(character for character in title.casefold() if character.isalnum())


def is_same_decision(one: Document, other: Document) -> bool:
    """Tell whether two cases are certainly one: court, day and a citation in common, and the docket.

    Where one of them states no docket, the title must be the same: short orders share a page and a day.
    """
    if not _may_be_same(one, other):
        return False
    if one.docket and other.docket:
        return _plain_docket(one.docket) == _plain_docket(other.docket)
    return plain_title(one.title) == plain_title(other.title)


def publisher(url: str) -> str:
    """Return the origin of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def possible_duplicates(versions: Iterable[Version]) -> list[tuple[str, str]]:
    """Return the pairs of ids that may be one decision from two publishers, in order; nothing tells for certain."""
    found: dict[tuple[object, ...], list[tuple[str, str]]] = defaultdict(list)
    for version in versions:
        document = version.document
        if document.kind is DocumentKind.CASE and document.court and document.date:
            for name in _names(document):
                found[document.court, document.date, name].append((version.document_id, publisher(document.url)))
    pairs = {
        (min(one, other), max(one, other))
        for group in found.values()
        for at, (one, here) in enumerate(group)
        for other, there in group[at + 1 :]
        if one != other and here != there
    }
    return sorted(pairs)


def _may_be_same(one: Document, other: Document) -> bool:
    if one.kind is not DocumentKind.CASE or other.kind is not DocumentKind.CASE:
        return False
    if not one.court or not one.date or (one.court, one.date) != (other.court, other.date):
        return False
    return bool(_names(one) & _names(other))


def _names(document: Document) -> set[str]:
    return {plain_title(name) for name in (document.citation, *document.parallel_citations, *document.aliases) if name}


def _plain_docket(docket: str) -> str:
    return plain_title(_NUMBER_WORDS.sub("", docket))
