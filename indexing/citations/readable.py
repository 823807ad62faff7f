"""A text as a citation extractor wants to read it, with the way back to the canonical offsets.

Extractors expect one space between words, no footnote marks inside a citation and a line break only where a
paragraph ends. `ReadingText` makes such a text and maps every offset of it back, so that spans are exact.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from scraper.models import Span, SpanKind

_WHITESPACE = re.compile(r"\s+")
# Markup leaves "v . Reno ," and "Id. , at 3" behind; a spaced ellipsis (" . . .") is none of it.
_STRAY_SPACE = re.compile(r"(?<=[^\s.])[^\S\n]+(?=[,;]|\.(?!\s*\.))|(?<=\b[Ii]d\.)[^\S\n]+(?=,)")
_DROPPED = (SpanKind.FOOTNOTE_MARK, SpanKind.STAR_PAGE)


@dataclass(frozen=True, slots=True)
class ReadingText:
    """The text to read and, for each stretch copied unchanged, where it stands in both texts."""

    text: str
    _here: tuple[int, ...]  # starts of copied stretches in `text`
    _source: tuple[int, ...]  # the same stretches in the canonical text

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the canonical span of `[start, end)`, which must not be empty."""
        return self._to_source(start), self._to_source(end - 1) + 1

    def without(self, spans: Iterable[Span], kind: SpanKind) -> str:
        """Return the text, of the same length, with the canonical spans of one kind blanked out."""
        pieces: list[str] = []
        done = 0
        for span in sorted(span for span in spans if span.kind is kind):
            start, end = max(done, self._to_reading(span.start)), self._to_reading(span.end)
            if start < end:
                pieces += (self.text[done:start], "\n" * (end - start))
                done = end
        return "".join((*pieces, self.text[done:]))

    def _to_reading(self, offset: int) -> int:
        place = bisect_right(self._source, offset) - 1
        limit = self._here[place + 1] if place + 1 < len(self._here) else len(self.text)
        return min(self._here[place] + offset - self._source[place], limit)

    def _to_source(self, offset: int) -> int:
        place = bisect_right(self._here, offset) - 1
        return self._source[place] + offset - self._here[place]


def reading_text(text: str, spans: Iterable[Span] = ()) -> ReadingText:
    """Return `text` for reading: footnote marks and star pages dropped, runs of white space folded.

    Where the text has blank lines only those end a paragraph; else every line break does.
    """
    edits = [*_span_edits(text, spans), *_space_edits(text)]
    edits.sort(key=lambda edit: (edit[0], -edit[1], edit[2]))
    pieces: list[str] = []
    here: list[int] = [0]
    source: list[int] = [0]
    length = done = 0
    for start, end, replacement in edits:
        if start < done:  # white space inside a dropped span
            continue
        pieces += (text[done:start], replacement)
        length += start - done + len(replacement)
        done = end
        if replacement:  # a replaced run stands for its first character
            here.append(length - len(replacement))
            source.append(start)
        here.append(length)
        source.append(end)
    pieces.append(text[done:])
    return ReadingText("".join(pieces), tuple(here), tuple(source))


def _span_edits(text: str, spans: Iterable[Span]) -> list[tuple[int, int, str]]:
    edits = []
    for span in spans:
        if span.kind in _DROPPED:
            start = span.start
            while start > 0 and text[start - 1].isspace() and span.kind is SpanKind.STAR_PAGE:
                start -= 1
            edits.append((start, span.end, ""))
    return edits


def _space_edits(text: str) -> list[tuple[int, int, str]]:
    blank_lines = "\n\n" in text
    edits = [(run.start(), run.end(), "") for run in _STRAY_SPACE.finditer(text)]
    for run in _WHITESPACE.finditer(text):
        found = run.group()
        breaks = found.count("\n")
        folded = "\n" if breaks > 1 or (breaks and not blank_lines) else " "
        if found != folded:
            edits.append((run.start(), run.end(), folded))
    return edits
