"""Subdivisions of a section, from the marks at the beginning of its paragraphs: "(a)", "(1)", "(A)", "(i)", "A.".

Where the page tells the depth of a paragraph (a class such as `level-2`) the depth decides; else the marks are read as
an outline: a mark that continues a series that is open continues it, a first mark opens a series below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from scraper.jurisdictions import roman_to_int
from scraper.models import Span, SpanKind

_PAREN = re.compile(r"\((\d{1,3}[A-Z]{0,2}|[a-z]{1,5}|[A-Z]{1,5}|[a-z]-\d+)\)\s*")
_DOTTED = re.compile(r"([A-Z]|\d{1,2})\.\s+(?=\S)")
_DEEPEST = 16  # twice what codes reach; a row of marks without end is no outline, and its labels would fill memory


class Paragraph(NamedTuple):  # quicker to make than a dataclass, and a section may have hundreds
    """A paragraph of a section: its place, its depth where the page tells it, and its marks where the page has them.

    `marks` are (place, label); a label is the whole anchor, such as "(a)(2)". Without marks they are read off the text.
    """

    start: int
    end: int
    level: int | None = None
    marks: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class _Open:
    token: str
    style: str
    order: int
    level: int | None
    start: int
    label: str


def subsections(text: str, paragraphs: Sequence[Paragraph]) -> list[Span]:
    """Return a SUBSECTION span for each subdivision, everything below it included, in order of place.

    A first mark inside a paragraph ("any person who— (a) rows") opens a subdivision where the next paragraph goes on
    with the second ("(b) ..."), for publishers run them together.
    """
    outline = _Outline()
    tokens = [_tokens(text, paragraph) for paragraph in paragraphs]
    following = _following([token for row in tokens for _, token in row])
    for index, (paragraph, row) in enumerate(zip(paragraphs, tokens, strict=True)):
        if paragraph.marks:
            for place, label in paragraph.marks:
                outline.labelled(place, label, paragraph.level)
        elif row:
            if index and outline.begins_again(row[0][1], paragraph.level):
                _run_on(text, paragraphs[index - 1], outline)
            for rank, (place, token) in enumerate(row):
                outline.marked(place, token, paragraph.level, next(following), first=rank == 0)
        else:
            outline.unmarked(text[paragraph.start : paragraph.end], paragraph)
        if index + 1 < len(paragraphs) and tokens[index + 1]:
            _inside(text, paragraph, tokens[index + 1][0][1], paragraphs[index + 1].level, outline)
        outline.reach = paragraph.end
    outline.close(0)
    return sorted(outline.done, key=lambda span: (span.start, -span.end, span.label))


def _run_on(text: str, paragraph: Paragraph, outline: _Outline) -> None:
    """Open the subdivision that begins inside the last paragraph: "... community claim. (10A) The term ... means—"."""
    for match in reversed(list(_AFTER_SENTENCE.finditer(text, paragraph.start, paragraph.end))):
        depth = outline.goes_on_at(match[1])
        if depth is not None:
            outline.reach = paragraph.start + len(text[paragraph.start : match.start(1) - 1].rstrip())
            outline.marked(match.start(1) - 1, match[1], outline.stack[depth].level, "", first=True)
            return


_AFTER_SENTENCE = re.compile(r"(?<=[.;])\s\((\d{1,3}[A-Z]{0,2}|[a-z]{1,2})\)\s+(?=[A-Z“\"])")
_FIRST_OF = {"b": "a", "B": "A", "2": "1", "ii": "i", "II": "I"}
_LEADS_TO = {one: re.compile(rf"(?:—|–|--|:)\s*(?=\({one}\)\s)") for one in _FIRST_OF.values()}


def _inside(text: str, paragraph: Paragraph, token: str, level: int | None, outline: _Outline) -> None:
    """Open the first subdivision of a list inside a paragraph, where the next paragraph has the second and no first."""
    first = _FIRST_OF.get(token)
    if first is None or outline.has_open(first) or len(outline.stack) >= _DEEPEST:
        return
    found = _LEADS_TO[first].search(text, paragraph.start, paragraph.end)
    if found:
        outline.open(found.end(), first, level)


def _tokens(text: str, paragraph: Paragraph) -> list[tuple[int, str]]:
    if paragraph.marks:
        return []
    found: list[tuple[int, str]] = []
    at = paragraph.start
    while text.startswith("(", at) and (match := _PAREN.match(text, at, paragraph.end)):
        found.append((at, match.group(1)))
        at = match.end()
    if not found and (match := _DOTTED.match(text, at, paragraph.end)):
        found.append((at, match.group(1)))
        at = match.end()
        while match := _PAREN.match(text, at, paragraph.end):
            found.append((at, match.group(1)))
            at = match.end()
    return found


def _following(tokens: list[str]) -> Iterator[str]:
    return iter([*tokens[1:], ""])


@lru_cache(maxsize=4096)
def _readings(token: str) -> tuple[tuple[str, int], ...]:
    """Return the series that a mark may belong to, with its place in it: "i" is a letter and a numeral."""
    if token[0].isdigit():
        return (("1", int(re.sub(r"\D", "", token))),)
    letters = token.split("-", maxsplit=1)[0]
    case = "a" if letters.islower() else "A"
    found: list[tuple[str, int]] = []
    order = ord(letters[0].lower()) - 96
    if len(letters) == 1:
        found.append((case, order))
    elif len(letters) == 2 and len(set(letters)) == 1:
        # After (z) comes (aa); where (aa) stands below (I) it is the first of a series of its own.
        found += [(case * 2, order), (case, 26 + order)]
    if re.fullmatch(r"[ivxl]+", letters.lower()):
        found.append((f"roman-{case}", roman_to_int(letters)))
    return tuple(found) or ((case, 0),)


@lru_cache(maxsize=4096)
def _firsts(token: str) -> tuple[str, ...]:
    """Return the series that a mark would begin."""
    return tuple(style for style, order in _readings(token) if order == 1)


class _Outline:
    def __init__(self) -> None:
        self.stack: list[_Open] = []
        self.done: list[Span] = []
        self.reach = 0

    def close(self, depth: int) -> None:
        """Close everything deeper than `depth` at the end of the last paragraph."""
        while len(self.stack) > depth:
            entry = self.stack.pop()
            if self.reach > entry.start:
                self.done.append(Span(entry.start, self.reach, SpanKind.SUBSECTION, entry.label))

    def labelled(self, place: int, label: str, level: int | None) -> None:
        """Open a subdivision whose whole anchor the page gives."""
        depth = len(self.stack)
        while depth and not (label.startswith(self.stack[depth - 1].label) and label != self.stack[depth - 1].label):
            depth -= 1
        self.close(depth)
        self.stack.append(_Open(label, "", 0, level, place, label))

    def marked(self, place: int, token: str, level: int | None, following: str, *, first: bool) -> None:
        """Open a subdivision by its mark; one that is not the first of its paragraph lies below the one before it."""
        readings = _readings(token)
        depth = len(self.stack)
        if first and level is not None:
            depth = self._by_level(readings, level, opens=bool(_firsts(token)))
        elif first:
            depth = self._by_series(readings, following)
        style, order = self._choose(readings, depth)
        self.close(depth)
        if len(self.stack) == _DEEPEST:
            return
        above = self.stack[-1].label if self.stack else ""
        self.stack.append(_Open(token, style, order, level, place, f"{above}({token})"))

    def begins_again(self, token: str, level: int | None) -> bool:
        """Tell whether a first mark stands at the level of a list that is open and further: something is between."""
        firsts = _firsts(token)
        if level is None or not firsts:
            return False
        return any(e.level == level and e.style in firsts and e.order > 1 for e in self.stack)

    def goes_on_at(self, token: str) -> int | None:
        """Return the depth of the open list that a mark continues, the parent of a list with its own; else None."""
        readings = _readings(token)
        depths = [at for at in range(len(self.stack) - 1) if _continues(self.stack[at], readings)]
        return depths[-1] if depths and self.stack[depths[-1]].token != token else None

    def has_open(self, token: str) -> bool:
        """Tell whether a list that began with this mark is open, at that mark: its second may follow."""
        return any(entry.token == token for entry in self.stack)

    def open(self, place: int, token: str, level: int | None) -> None:
        """Open the first subdivision of a list below everything that is open."""
        style, order = next(reading for reading in _readings(token) if reading[1] == 1)
        above = self.stack[-1].label if self.stack else ""
        self.stack.append(_Open(token, style, order, level, place, f"{above}({token})"))

    def unmarked(self, words: str, paragraph: Paragraph) -> None:
        """Close what a paragraph without a mark no longer belongs to.

        Words that go on in lower case finish the sentence of the list's parent; others stay with what is open.
        """
        if paragraph.level is None:
            return
        ends_list = words[:1].islower()
        depth = len(self.stack)
        while depth and _deeper(self.stack[depth - 1].level, paragraph.level, ends_list):
            depth -= 1
        self.close(depth)

    def _by_level(self, readings: Sequence[tuple[str, int]], level: int, *, opens: bool) -> int:
        depth = len(self.stack)
        while depth and (self.stack[depth - 1].level or 0) > level:
            depth -= 1
        if not opens:
            for at in range(depth - 1, -1, -1):
                if _continues(self.stack[at], readings):
                    return at
        if depth and self.stack[depth - 1].level == level:
            styles = {style for style, _ in readings}
            for at in range(depth - 1, -1, -1):
                if self.stack[at].level == level and self.stack[at].style in styles:
                    return at
            return depth if opens else depth - 1
        return depth

    def _by_series(self, readings: Sequence[tuple[str, int]], following: str) -> int:
        depth = len(self.stack)
        opens = any(order == 1 for _, order in readings)
        for at in range(depth - 1, -1, -1):
            if _continues(self.stack[at], readings):
                # "(i)" after "(h)" is the next letter, unless "(ii)" follows it.
                if opens and following in ("ii", "II"):
                    return depth
                return at
        if opens:
            return depth
        styles = {style for style, _ in readings}
        for at in range(depth - 1, -1, -1):
            if self.stack[at].style in styles:
                return at
        return depth

    def _choose(self, readings: Sequence[tuple[str, int]], depth: int) -> tuple[str, int]:
        """Prefer the reading that continues the series at this depth, else one that begins a series."""
        if depth < len(self.stack):
            same = [reading for reading in readings if reading[0] == self.stack[depth].style]
            if same:
                return same[0]
        return next((reading for reading in readings if reading[1] == 1), readings[0])


def _continues(entry: _Open, readings: Sequence[tuple[str, int]]) -> bool:
    style, order = entry.style, entry.order
    return (style, order + 1) in readings or (style, order) in readings


def _deeper(level: int | None, than: int, or_equal: bool) -> bool:
    depth = level or 0
    return depth > than or (or_equal and depth == than)
