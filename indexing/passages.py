"""Documents into passages along their legal structure.

A passage never crosses the border between two speakers (majority and dissent, operative text and notes), begins at a
paragraph or a sentence, and holds about `words` words, so that with its heading it fits the embedder's window. A short
section is one passage; a long one is cut between subdivisions.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from indexing.models import Passage, Speaker
from scraper.models import Document, DocumentKind, Span, SpanKind

_SENTENCE_END = re.compile(r"(?<=[.;:?!”\"])\s+(?=[\"“(\[A-Z§])")
_WORD = re.compile(r"\S+")
_NOTES = {SpanKind.HISTORY, SpanKind.ANNOTATION, SpanKind.NOTICE}


@dataclass(frozen=True, slots=True)
class PassageConfig:
    """`words` is the size aimed at, `most` the largest; both count blank-separated words."""

    words: int = 165
    most: int = 185
    least: int = 40


@dataclass(frozen=True, slots=True)
class _Region:
    start: int
    end: int
    speaker: Speaker


def passages(document: Document, config: PassageConfig | None = None, first_id: int = 0) -> list[Passage]:
    """Return a document's passages in order of place; ids count up from `first_id`."""
    config = config or PassageConfig()
    version, heading = document.version, heading_of(document)
    anchors = _Anchors(document)
    found: list[Passage] = []
    for region in _regions(document):
        for start, end in _cut(document.text, region, config):
            row = len(found)
            found.append(Passage(first_id + row, document.id, version, row, start, end, region.speaker,
                                 anchors.at(start), heading))  # fmt: skip
    return found


def heading_of(document: Document) -> str:
    """Return what a reader must know of the whole to read a part: title, citation's place, chapter."""
    if document.kind is DocumentKind.CASE:
        return document.title
    places = [level.label for level in document.hierarchy[-2:]]
    return ". ".join([document.title, *reversed(places)]) if document.title else ". ".join(reversed(places))


def _regions(document: Document) -> Iterator[_Region]:
    """Yield the text cut at every change of speaker; notes of a statute are a speaker of their own."""
    base = Speaker.UNKNOWN if document.kind is DocumentKind.CASE else Speaker.LAW
    marks: list[tuple[int, int, Speaker]] = []
    for span in document.spans:
        speaker = _speaker(span)
        if speaker is not None:
            marks.append((span.start, span.end, speaker))
    borders = sorted({0, len(document.text), *(m[0] for m in marks), *(m[1] for m in marks)})
    last: _Region | None = None
    for start, end in pairwise(borders):
        inside = [mark for mark in marks if mark[0] <= start and end <= mark[1]]
        speaker = min(inside, key=lambda mark: mark[1] - mark[0])[2] if inside else base
        if last is not None and last.speaker is speaker:
            last = _Region(last.start, end, speaker)
        else:
            if last is not None:
                yield last
            last = _Region(start, end, speaker)
    if last is not None:
        yield last


def _speaker(span: Span) -> Speaker | None:
    if span.kind is SpanKind.OPINION:
        return Speaker(span.label) if span.label else Speaker.UNKNOWN
    if span.kind is SpanKind.SYLLABUS:
        return Speaker.SYLLABUS
    if span.kind is SpanKind.HEAD_MATTER:
        return Speaker.HEAD_MATTER
    return Speaker.NOTE if span.kind in _NOTES else None


def _cut(text: str, region: _Region, config: PassageConfig) -> Iterator[tuple[int, int]]:
    """Yield spans of at most `most` words, gathered from whole paragraphs, then sentences, then words."""
    pieces = [
        (start, end, count)
        for paragraph in _split(text, region.start, region.end, re.compile(r"\n+"))
        for start, end, count in _fit(text, *paragraph, config)
    ]
    begin, stop, size = -1, -1, 0
    for start, end, count in pieces:
        if begin >= 0 and size + count > (config.words if size >= config.least else config.most):
            yield begin, stop
            begin, size = -1, 0
        begin, stop, size = (start if begin < 0 else begin), end, size + count
    if begin >= 0:
        yield begin, stop


def _fit(text: str, start: int, end: int, config: PassageConfig) -> Iterator[tuple[int, int, int]]:
    count = _count(text, start, end)
    if count <= config.most:
        if count:
            yield start, end, count
        return
    for first, last in _split(text, start, end, _SENTENCE_END):
        count = _count(text, first, last)
        if count <= config.most:
            yield first, last, count
        else:
            spans = [match.span() for match in _WORD.finditer(text, first, last)]
            for at in range(0, len(spans), config.words):
                part = spans[at : at + config.words]
                yield part[0][0], part[-1][1], len(part)


def _split(text: str, start: int, end: int, separator: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield the trimmed, non-empty stretches between separators."""
    at = start
    for match in [*separator.finditer(text, start, end), None]:
        stop = match.start() if match else end
        first, last = at, stop
        while first < last and text[first].isspace():
            first += 1
        while last > first and text[last - 1].isspace():
            last -= 1
        if first < last:
            yield first, last
        at = match.end() if match else end


def _count(text: str, start: int, end: int) -> int:
    return len(text[start:end].split())


class _Anchors:
    """The innermost subdivision or numbered paragraph that holds a place."""

    def __init__(self, document: Document) -> None:
        kinds = (SpanKind.SUBSECTION, SpanKind.PARAGRAPH)
        self._spans: Sequence[Span] = sorted(s for s in document.spans if s.kind in kinds and s.label)
        self._starts = [span.start for span in self._spans]

    def at(self, place: int) -> str:
        """Return the label of the smallest labelled span around a place, else an empty string."""
        best: Span | None = None
        for span in self._spans[: bisect_right(self._starts, place)]:
            if span.end > place and (best is None or span.end - span.start <= best.end - best.start):
                best = span
        return best.label if best else ""
