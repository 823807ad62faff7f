"""Page numbers of the printed reports that stand in the running text of an opinion. Pure functions.

Some publishers print "[12 Ald. 40, 42]" or "*42" where page 42 begins, without an element of its own. The first is
taken only where it names the case's own volume and first page, the second only where the numbers go on one by one
from the case's first page: a note's asterisk and the citation of another case are no page numbers.
"""

from __future__ import annotations

import re

from scraper.models import Span, SpanKind

_CITATION = re.compile(r"(?P<volume>\d+)\s+(?P<reporter>\D.*?)\s+(?P<page>\d+)")
_STARRED = re.compile(r"(?<![\w*])\[?\*{1,2}(?P<page>\d{1,4})\]?(?![\w*])")
_LEAST = 2  # starred pages in a row


def star_pages(text: str, citation: str) -> list[Span]:
    """Return a STAR_PAGE span, labelled with the page, for each page number of the case's own report in its text."""
    match = _CITATION.fullmatch(citation.strip())
    if match is None:
        return []
    return _bracketed(text, match) or _starred(text, int(match["page"]))


def _bracketed(text: str, citation: re.Match[str]) -> list[Span]:
    volume = citation["volume"]
    if not _stands(text, "[", (f"{volume} ", f" {volume} ")):
        return []
    reporter = r"\s?".join(re.escape(part) for part in re.findall(r"\w+\.?|\S", citation["reporter"]))
    own = re.compile(rf"\[\s?{citation['volume']}\s{reporter}\s{citation['page']},\s?(?P<page>\d{{1,9}})\s?\]")
    first = int(citation["page"])
    return [
        Span(found.start(), found.end(), SpanKind.STAR_PAGE, found["page"])
        for found in own.finditer(text)
        if int(found["page"]) >= first
    ]


def _stands(text: str, sign: str, behind: tuple[str, ...]) -> bool:
    """Tell whether a sign of one character stands before certain words: it is found far more quickly than they are."""
    at = text.find(sign)
    while at >= 0:
        if text.startswith(behind, at + 1):
            return True
        at = text.find(sign, at + 1)
    return False


def _starred(text: str, first: int) -> list[Span]:
    if not _stands(text, "*", (str(first + 1),)):
        return []
    spans: list[Span] = []
    for found in _STARRED.finditer(text):
        if int(found["page"]) == first + 1 + len(spans):
            spans.append(Span(found.start(), found.end(), SpanKind.STAR_PAGE, found["page"]))
    return spans if len(spans) >= _LEAST else []
