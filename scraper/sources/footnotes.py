"""Footnotes of opinions: where they stand, whose they are, and the mark in the text that each belongs to.

Pages differ: some link marks and notes, some print the mark as a bare number after a sentence ("moot. 7 Accordingly").
A bare number is taken for a mark only where all notes of one opinion are found in their order; such a mark says so
(`inferred` in its attrs).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from scraper.models import Span, SpanKind
from scraper.sources.html import Block, BuiltText, by_place

Stretch = tuple[int, int]

# Python 3.11 calls a function for each look at a member of an enumeration, and a page has hundreds of spans.
_FOOTNOTE, _MARK, _OPINION = SpanKind.FOOTNOTE, SpanKind.FOOTNOTE_MARK, SpanKind.OPINION

_NOTE = re.compile(
    r"^\[?\s*(?:Footnote|Note)(?:\s*(?P<label>\d{1,3}|\*+|[†‡]+)|\s+(?P<letter>[a-z]))(?=\W|$)", re.IGNORECASE
)
_OPENS_NOTE = "[FfNn"
_NOTES_HEADING = re.compile(r"^(?:FOOT)?NOTES?\.?$", re.IGNORECASE)
_HEADING_BEFORE = re.compile(r"(?:(?<=\n)|^)(?:FOOT)?NOTES?\.?$", re.IGNORECASE)
_OWN_NUMBER = 14  # characters at a note's beginning in which its own number stands
_MOST = 200  # notes of one opinion that are looked for by their bare numbers


def footnotes_in(built: BuiltText, start: int, end: int) -> list[Span]:
    """Return the footnotes of a stretch: each from "Footnote 1" (or an element for it) to the next, or to its end."""
    marked = [s for s in built.spans if s.kind is _FOOTNOTE and start <= s.start < end]
    if marked:
        return marked
    starts: list[tuple[int, str]] = []
    ends: list[int] = []
    first, after = (bisect_left(built.blocks, (place,)) for place in (start, end))
    for block in built.blocks[first:after]:
        likely = block.classes or built.text[block.start] in _OPENS_NOTE
        label = _note_label(built, block) if likely else ""
        if label or (starts and _NOTES_HEADING.match(built.of(block))):
            ends.append(block.start)
        if label:
            starts.append((block.start, label))
    spans = []
    for place, label in starts:
        rank = bisect_right(ends, place)
        stop = ends[rank] if rank < len(ends) else end
        stop = place + len(built.text[place:stop].rstrip())
        spans.append(Span(place, stop, _FOOTNOTE, label))
    return spans


def _note_label(built: BuiltText, block: Block) -> str:
    words = built.text[block.start : min(block.end, block.start + 40)]
    match = _NOTE.match(words)
    if match and (words.startswith("[") or block.end - block.start < 20 or match.group(0)[:4] == "Foot"):
        return match["label"] or match["letter"]
    if "footnote" in block.classes:
        number = re.match(r"\[?(\d{1,3}|\*+)", words)
        return number.group(1) if number else "*"
    return ""


def before_heading(built: BuiltText, place: int) -> int:
    """Return where the words before a footnote end: before the heading "FOOTNOTES", if that is all between."""
    head = built.text[max(0, place - 20) : place].rstrip()
    match = _HEADING_BEFORE.search(head)
    return place if match is None else max(0, place - 20) + match.start()


class Links:
    """The page's own links between marks and notes, found by place."""

    def __init__(self, built: BuiltText) -> None:
        self._anchors = built.anchors
        self._named = sorted((place, name) for name, place in built.anchors.items()) if built.references else []
        self._references = sorted(built.references)
        self._by_name: dict[str, list[int]] = {}
        for place, name in self._references:
            self._by_name.setdefault(name, []).append(place)

    def place_of(self, note: Span) -> int | None:
        """Return where the mark of a footnote stands, by a link in either direction; None without one."""
        if not self._references:
            return None
        head = min(note.start + 30, note.end)
        places = [place for name in _within(self._named, note.start, head) for place in self._by_name.get(name, ())]
        back = _within(self._references, note.start, head)
        places += [self._anchors[name] for name in back if name in self._anchors]
        return next((place for place in places if not note.start <= place < note.end), None)


def _within(rows: Sequence[tuple[int, str]], start: int, end: int) -> Iterator[str]:
    for index in range(bisect_left(rows, (start, "")), len(rows)):
        place, name = rows[index]
        if place >= end:
            return
        yield name


def inferred_marks(built: BuiltText, notes: Sequence[Span], stretches: Sequence[Stretch]) -> dict[int, tuple[int, int]]:
    """Return, by the number of a note, the stretch (an opinion) that it belongs to and the place of its bare mark.

    `notes` are all footnotes in order of place, `stretches` the opinions. Numbers that begin again begin another
    opinion's notes; each run of notes belongs to the one opinion, not before that of the run before it, in which its
    numbers stand in their order. Where none would do, or several for a short run, nothing is inferred.
    Where notes stand behind several opinions each opinion has its own.
    """
    marked = {span.label for span in built.spans if span.kind is _MARK}
    found: dict[int, tuple[int, int]] = {}
    least = 0
    runs = list(_runs(notes))
    homes = [_home(stretches, notes[run[0]]) for run in runs]
    apart = len(set(homes)) > 1  # each opinion has its notes behind it
    for run, home in zip(runs, homes, strict=True):
        numbers = [int(notes[index].label) for index in run]
        if any(str(number) in marked for number in numbers):
            continue
        fits = []
        for rank in [home] if apart else range(least, len(stretches)):
            start, end = stretches[rank]
            end = min([end, *(note.start for note in notes if start < note.start)])
            places = _in_order(built.text, numbers, start, end)
            if len(places) == len(numbers) or len(places) >= max(3, _ENOUGH * len(numbers)):
                fits.append((len(places), -rank, places))
        if len(fits) == 1 or (fits and len(run) > 3):
            _, negative, places = max(fits, key=lambda fit: fit[:2])
            least = 1 - negative
            found |= {
                at: (-negative, places[number]) for at, number in zip(run, numbers, strict=True) if number in places
            }
    return found


def _home(stretches: Sequence[Stretch], note: Span) -> int:
    return next((rank for rank, (start, end) in enumerate(stretches) if start <= note.start < end), len(stretches) - 1)


def _runs(notes: Sequence[Span]) -> Iterator[list[int]]:
    """Yield the indexes of numbered notes, cut where the numbers begin again."""
    run: list[int] = []
    for index, note in enumerate(notes):
        if not note.label.isdigit():
            continue
        if run and int(note.label) <= int(notes[run[-1]].label):
            yield run
            run = []
        run.append(index)
    if run:
        yield run


def _in_order(text: str, numbers: Sequence[int], start: int, end: int) -> dict[int, int]:
    """Return the longest row of numbers that stand as marks in rising order of place: number -> place."""
    wanted = set(numbers)
    chains: list[tuple[int, int, int]] = []  # (length, number, place) of the best chain that ends here
    before: dict[int, int] = {}  # index of a chain -> index of the chain it goes on
    for match in _BARE.finditer(text, start, end):
        number = int(match["mark"])
        if number not in wanted:
            continue
        best, best_at = 0, -1
        for at, (length, last, _) in enumerate(chains):
            if last < number and length > best:
                best, best_at = length, at
        before[len(chains)] = best_at
        chains.append((best + 1, number, match.start("mark")))
        if len(chains) > _MOST:
            break
    if not chains:
        return {}
    at = max(range(len(chains)), key=lambda index: (chains[index][0], -index))
    found: dict[int, int] = {}
    while at >= 0:
        found[chains[at][1]] = chains[at][2]
        at = before[at]
    return found


# A number that stands where a mark stands: behind a sentence, or behind a clause at a paragraph's end. What is before
# it is asked behind its first digit, so that a search passes quickly over everything that is none of the ten.
_BARE = re.compile(
    r"(?P<mark>[0-9](?:(?<=[.?!)\]”\"’']\d)|(?<=[.?!)\]”\"’']\s\d)|(?:(?<=[,;:—]\d)|(?<=[,;:—]\s\d))(?=\d*\n))\d{0,2})"
    r"(?=\s+[A-Z“\"\[]|\n|$)(?!\s+(?:U\.|C\.|F\.|S\.|N\.|P\.|A\.|L\.|Stat\.|[A-Z][a-z]{1,6}\.\s?(?:\d|App|Rev)))"
)
_ENOUGH = 0.75  # of an opinion's notes must be found, all of them where there are fewer than four


def attached(built: BuiltText, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans with each footnote tied to its mark: `mark` and `footnote` in attrs are places in the text.

    The page's links decide; else a mark of the same label in the opinion that the note belongs to; else the only mark
    of that label. A note's own number at its beginning is no mark and is left out.
    """
    spans = sorted(spans, key=by_place)
    notes = [span for span in spans if span.kind is _FOOTNOTE]
    if not notes:
        return tuple(spans)
    begins = [note.start for note in notes]
    marks = [span for span in spans if span.kind is _MARK and not _opens_a_note(begins, span.start)]
    pairs = _pairs(built, notes, marks, [span for span in spans if span.kind is _OPINION])
    of_note = {note: mark for note, mark in pairs}
    of_mark = {mark: note for note, mark in pairs}
    tied = []
    for span in spans:
        if span.kind is _FOOTNOTE:
            tied.append(_with(span, "mark", of_note.get(span.start)))
        elif span.kind is not _MARK:
            tied.append(span)
        elif not _opens_a_note(begins, span.start):
            tied.append(_with(span, "footnote", of_mark.get(span.start)))
    return tuple(tied)


def _opens_a_note(begins: Sequence[int], place: int) -> bool:
    rank = bisect_right(begins, place)
    return rank > 0 and place < begins[rank - 1] + _OWN_NUMBER


def _with(span: Span, name: str, place: int | None) -> Span:
    if place is None:
        return span
    return Span(span.start, span.end, span.kind, span.label, {**span.attrs, name: str(place)})


def _pairs(
    built: BuiltText, notes: Sequence[Span], marks: Sequence[Span], opinions: Sequence[Span]
) -> list[tuple[int, int]]:
    """Return (where the note begins, where its mark stands) for every note whose mark is known; one mark, one note."""
    by_label: dict[str, list[Span]] = {}
    for mark in marks:
        by_label.setdefault(mark.label, []).append(mark)
    by_start = {mark.start: mark for mark in marks}
    links = Links(built)
    used: set[int] = set()
    pairs = []
    for note in notes:
        linked = links.place_of(note)
        same = [mark for mark in by_label.get(note.label, ()) if mark.start not in used]
        near = [mark for mark in same if linked is not None and abs(mark.start - linked) <= 2]
        chosen = near or [mark for mark in same if _same_opinion(opinions, note, mark)]
        chosen = chosen or (same if len(same) == 1 else [])
        if linked is not None and not near and linked in by_start and linked not in used:
            chosen = [by_start[linked]]
        if chosen:
            used.add(chosen[0].start)
            pairs.append((note.start, chosen[0].start))
    return pairs


def _same_opinion(opinions: Sequence[Span], note: Span, mark: Span) -> bool:
    first, second = _speaker(opinions, note), _speaker(opinions, mark)
    return first is not None and first == second


def _speaker(opinions: Sequence[Span], span: Span) -> tuple[str, Mapping[str, str]] | None:
    for opinion in opinions:
        if opinion.start <= span.start < opinion.end:
            return opinion.label, {name: value for name, value in opinion.attrs.items() if name != "part"}
    return None
