"""Who speaks at a place, and which places stand between quotation marks."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import pairwise

from indexing.models import Speaker
from scraper.models import Document, DocumentKind, SpanKind

_NOTES = {SpanKind.HISTORY, SpanKind.ANNOTATION, SpanKind.NOTICE}
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_MARK = re.compile('["“”]')


class Speakers:
    """The speaker of each place of a document: that of the smallest span which says so."""

    def __init__(self, document: Document) -> None:
        base = Speaker.UNKNOWN if document.kind is DocumentKind.CASE else Speaker.LAW
        marks: list[tuple[int, int, Speaker]] = []
        for span in document.spans:
            if span.kind is SpanKind.OPINION:
                marks.append((span.start, span.end, Speaker(span.label) if span.label else Speaker.UNKNOWN))
            elif span.kind is SpanKind.SYLLABUS:
                marks.append((span.start, span.end, Speaker.SYLLABUS))
            elif span.kind is SpanKind.HEAD_MATTER:
                marks.append((span.start, span.end, Speaker.HEAD_MATTER))
            elif span.kind in _NOTES:
                marks.append((span.start, span.end, Speaker.NOTE))
        borders = sorted({0, len(document.text), *(m[0] for m in marks), *(m[1] for m in marks)})
        self._starts: list[int] = []
        self._speakers: list[Speaker] = []
        for start, end in pairwise(borders):
            inside = [mark for mark in marks if mark[0] <= start and end <= mark[1]]
            self._starts.append(start)
            self._speakers.append(min(inside, key=lambda mark: mark[1] - mark[0])[2] if inside else base)
        self._base = base

    def at(self, place: int) -> Speaker:
        """Return who speaks at a place."""
        row = bisect_right(self._starts, place) - 1
        return self._speakers[row] if row >= 0 else self._base


class Quotations:
    """The stretches between quotation marks; a mark that is never closed ends with its paragraph."""

    def __init__(self, text: str) -> None:
        self._spans: list[tuple[int, int]] = []
        ends = [found.start() for found in _PARAGRAPH_END.finditer(text)]
        opened = -1
        border = 0
        for mark in _MARK.finditer(text):
            place = mark.start()
            while border < len(ends) and ends[border] <= place:
                opened = self._close(opened, ends[border])
                border += 1
            if _opens(text, place):
                opened = place if opened < 0 else opened
            elif opened >= 0:
                opened = self._close(opened, place + 1)
        if opened >= 0:
            self._close(opened, ends[border] if border < len(ends) else len(text))
        self._starts = [start for start, _ in self._spans]

    def around(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the quotation that holds all of `[start, end)`, marks included, else None."""
        row = bisect_right(self._starts, start) - 1
        return self._spans[row] if row >= 0 and end <= self._spans[row][1] else None

    def _close(self, opened: int, end: int) -> int:
        if opened >= 0:
            self._spans.append((opened, end))
        return -1


def _opens(text: str, place: int) -> bool:
    if text[place] in "“”":
        return text[place] == "“"
    before = text[place - 1] if place else " "
    after = text[place + 1] if place + 1 < len(text) else " "
    return (before.isspace() or before in "([—-–'‘`") and not after.isspace()
