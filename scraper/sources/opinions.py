"""A case's text cut by who speaks: syllabus, head matter, the court's opinion, the separate ones, their footnotes.

Pages differ: some have an element for each opinion, some one long run of paragraphs in which only a line such as
"Justice Thomas, dissenting." tells that another speaks. Where nothing tells who speaks, the opinion stays unlabelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from scraper.models import OpinionKind, Span, SpanKind
from scraper.sources.dispositions import Disposition, court_disposition, order_disposition, syllabus_disposition
from scraper.sources.footnotes import Links, before_heading, footnotes_in, inferred_marks
from scraper.sources.html import Block, BuiltText
from scraper.sources.speakers import (
    HEAD,
    Header,
    announced,
    author_of,
    filed,
    judges_of,
    may_speak,
    names,
    normalise,
    read_header,
    running_author,
    tidy_name,
)

_LINEUP = re.compile(
    r"\b(?:C\.\s?)?JJ?\.,\s+(?:delivered|announced|filed|joined|wrote|concurred|dissented|took)|\bJJ\.,\s+joined"
    r"|delivered the opinion for a unanimous Court|^\[?End of Syllabus"
)
_LINEUP_AUTHOR = re.compile(
    r"(?:^|\.\s)\s*(?P<name>[A-Z][\w'’-]+),\s+(?:C\.\s?)?J\.,\s+delivered\s+the\s+(?:unanimous\s+)?opinion\s+"
    r"(?:of|for)\s+(?:the|a\s+unanimous)\s+Court(?P<rest>[^.]*(?:\.\s?J+\.[^.]*)*)"
)
_HELD = re.compile(r"\bHeld\b\s*:|\bHeld:", re.IGNORECASE)
_DATELINE = re.compile(r"\[\s*[A-Z][a-z]+\.?\s+\d{1,2},\s+\d{4}\s*\]?|^\[?(?:Decided|Argued)\b.*\d{4}")
_OPENS_DATELINE = "[DA"
_CAPTION = re.compile(
    r"^(?:Nos?\.\s*\d|on (?:petitions? for (?:a )?)?writs? of|on (?:exceptions|appeal|certified|motion|application)"
    r"|on bill|(?:u\.\s?s\. )?supreme court(?: of the united states)?$|NOTICE:)",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(r"^(?:the )?(?:chief )?(?:justice|judge)\s+[A-Z]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Speakers:
    """The typed spans of a case's text, and what they say of it."""

    spans: tuple[Span, ...]
    judges: tuple[str, ...]
    disposition: str  # in words, as the syllabus, the order or the end of the court's opinion says it
    disposition_kind: str = ""  # one of DispositionKind


@dataclass(frozen=True, slots=True)
class _Region:
    start: int
    end: int
    header: Header


def plain_case(built: BuiltText) -> Speakers:
    """Cut a text of which the page marks no opinions."""
    marked_syllabus = [span for span in built.spans if span.kind is SpanKind.SYLLABUS]
    first = _first_after(built.blocks, max((span.end for span in marked_syllabus), default=0))
    found = _headers(built, first)
    lineup = [i for i in range(first, found[0][0] if found else len(built.blocks)) if _is_lineup(built, i)]
    court = next((i for i, (_, header) in enumerate(found) if _speaks_first(header)), None)
    if court is not None:
        found = found[court:]
        opening, header = found[0]
        lineup = [i for i in lineup if i < opening]
    else:
        opening, header = _unheaded(built, first, found, lineup)
        found = found if found and opening >= found[0][0] else [(opening, header), *found]
    found = _with_datelines(built, found, lineup)
    found = _without_stub(built, found)
    opening = found[0][0]
    regions = _regions(built, found)
    spans = [*_front(built, first, opening, lineup), *_opinions(built, regions)]
    spans += _captions(built, found)
    headers = [region.header for region in regions]
    judges = tuple(dict.fromkeys([*judges_of(headers), *_lineup_names(built, lineup)]))
    ended = _disposition(built, lineup, spans)
    return Speakers(tuple(spans), judges, ended.words, ended.kind)


def tabbed_case(built: BuiltText, opinions: Sequence[Span]) -> Speakers:
    """Cut a text in which the page marks each opinion by an OPINION span, labelled where a tab says its kind."""
    regions = []
    for span in opinions:
        heading = _heading_of(built, span)
        kind = OpinionKind(span.label) if span.label else None
        if heading.kind is not None and kind in (None, OpinionKind.MAJORITY):
            kind = heading.kind
        author = heading.author or span.attrs.get("author", "")
        regions.append(_Region(span.start, span.end, replace(heading, kind=kind, author=author)))
    spans = _opinions(built, regions)
    ended = _disposition(built, [], spans)
    return Speakers(tuple(spans), judges_of(region.header for region in regions), ended.words, ended.kind)


def _heading_of(built: BuiltText, span: Span) -> Header:
    """Return who speaks in a marked opinion by the first of its opening paragraphs that says so."""
    inside = [block for block in built.blocks if span.start <= block.start < span.end]
    for block in inside[:_OPENING]:
        header = read_header(built.of(block))
        if header is not None:
            return header
    return Header(None)


_OPENING = 4  # paragraphs: notice, caption, date


def _first_after(blocks: Sequence[Block], place: int) -> int:
    return next((i for i, block in enumerate(blocks) if block.start >= place), len(blocks))


def _headers(built: BuiltText, first: int) -> list[tuple[int, Header]]:
    """Return the paragraphs that open an opinion; a line that is broken over paragraphs is read as one."""
    found: list[tuple[int, Header]] = []
    heads = enumerate([built.text[block.start : block.start + HEAD].lower() for block in built.blocks[first:]], first)
    for index, head in heads:
        if not may_speak(head) and not ("j" in head and "- " in head):  # a word may be broken in two
            continue
        words = built.of(built.blocks[index])
        header = read_header(words)
        if header is None and len(words) < 160 and _UNFINISHED.match(normalise(words)):
            header = _broken_line(built, index, words)
        if header is not None:
            found.append((index, header))
    return found


def _broken_line(built: BuiltText, index: int, words: str) -> Header | None:
    for following in built.blocks[index + 1 : index + 4]:
        more = built.of(following)
        if len(more) > 200:
            return None
        words = f"{words} {more}"
        header = read_header(words)
        if header is not None:
            return header
    return None


def _speaks_first(header: Header) -> bool:
    return header.kind in (OpinionKind.MAJORITY, OpinionKind.PLURALITY, OpinionKind.PER_CURIAM)


def _is_lineup(built: BuiltText, index: int) -> bool:
    """Tell whether a paragraph lists who wrote and joined; a syllabus of one paragraph ends with such a list."""
    words = built.of(built.blocks[index])
    if len(words) >= _LONG_LINEUP:
        words = words[-_LONG_LINEUP:]
        if "J.," not in words or not ("delivered" in words or "announced" in words):
            return False
        return _LINEUP_AT_END.search(words) is not None and _LINEUP_AT_END.search(normalise(words)) is not None
    likely = "J." in words or "J ." in words or "unanimous" in words or "yllabus" in words or "- " in words
    return likely and _LINEUP.search(normalise(words)) is not None


_LONG_LINEUP = 1200
_LINEUP_AT_END = re.compile(r"[\w'’-]\s?,\s+(?:C\.\s?)?J\.,\s+(?:delivered|announced)\s+the\s+(?:opinion|judgment)\b")


def _unheaded(built: BuiltText, first: int, found: list[tuple[int, Header]], lineup: list[int]) -> tuple[int, Header]:
    """Return where an opinion without a line of its own begins; its author only where the syllabus names one."""
    last = found[0][0] if found else len(built.blocks)
    held = [i for i in range(first, last) if _HELD.match(built.of(built.blocks[i]))]
    start = lineup[-1] + 1 if lineup else first
    if held and not lineup:
        start = next((i for i in range(held[-1], last) if _is_caption(built.of(built.blocks[i]))), first)
    while first < start < last and _is_caption(built.of(built.blocks[start])):
        start += 1
    datelines = [i for i in range(start, last) if _DATELINE.match(built.of(built.blocks[i]))]
    if datelines and any(not _is_short(built, i) for i in range(start, datelines[0])):
        datelines = []  # the date of a later opinion's caption
    opening = datelines[0] + 1 if datelines else start
    for index in lineup:
        match = _LINEUP_AUTHOR.search(normalise(built.of(built.blocks[index])))
        if match and datelines:
            joined = next(_joined(match["rest"]), "")
            return opening, Header(OpinionKind.MAJORITY, tidy_name(match["name"]), names(joined))
    return opening, Header(None)


def _with_datelines(built: BuiltText, found: list[tuple[int, Header]], lineup: list[int]) -> list[tuple[int, Header]]:
    """Add the opinions whose first line is damaged, by the caption's date or the running head above them.

    The syllabus' list tells their kind; without it they stay unlabelled.
    """
    text, blocks, speaker = built.text, built.blocks, ""
    heads = dict(found)
    for index in range(found[0][0], len(blocks)):
        start, end, _, _, _ = blocks[index]
        speaker = heads[index].author if index in heads else speaker
        if end - start <= 60 and text[start] in _OPENS_DATELINE and _DATELINE.fullmatch(text, start, end):
            at = index + 1
            author = author_of(built.of(blocks[at])) if at < len(blocks) else ""
        elif text.find("pinion", start, start + 100) >= 0:
            at, author = index, running_author(text[start:end])
            if not author or author == speaker:
                continue
        else:
            continue
        if at not in heads and at < len(blocks):
            listed = _listed(" ".join(built.of(blocks[i]) for i in lineup))
            heads[at] = listed.get(author, Header(None, author))
            speaker = author
    return sorted(heads.items())


def _listed(lineup: str) -> dict[str, Header]:
    """Return the opinions that the syllabus' list names, by author: the separate ones and the court's."""
    if not lineup:
        return {}
    listed = filed(lineup)
    court = announced(lineup)
    return {court.author: court, **listed} if court else listed


def _without_stub(built: BuiltText, found: list[tuple[int, Header]]) -> list[tuple[int, Header]]:
    """Drop an opening that nobody speaks, where the court's own opinion begins a few words later."""
    if len(found) < 2 or found[0][1].kind is not None or found[0][1].author or not _speaks_first(found[1][1]):
        return found
    between = built.blocks[found[1][0]].start - built.blocks[found[0][0]].start
    return found[1:] if between < _STUB else found


_STUB = 600  # characters of notices and captions, no opinion


def _is_short(built: BuiltText, index: int) -> bool:
    block = built.blocks[index]
    return block.end - block.start < 600


def _caption_start(built: BuiltText, index: int, least: int) -> int:
    """Return the first paragraph of the caption printed above an opinion's first line; `index` where there is none."""
    run = index
    while run > max(least, index - 16) and _is_short(built, run - 1):
        run -= 1
    signs = [i for i in range(run, index) if _is_caption(built.of(built.blocks[i]))]
    if not signs:
        return index
    # The names of the parties stand first, below a rule.
    ruled = [i for i in range(max(run, signs[0] - 4), signs[0] + 1) if built.blocks[i].rule_before]
    return ruled[-1] if ruled else signs[0]


def _is_caption(words: str) -> bool:
    return _CAPTION.match(words) is not None or _DATELINE.match(words) is not None


def _regions(built: BuiltText, found: list[tuple[int, Header]]) -> list[_Region]:
    regions = []
    for rank, (index, header) in enumerate(found):
        if index >= len(built.blocks):
            continue
        end = len(built.text)
        if rank + 1 < len(found):
            following = _caption_start(built, found[rank + 1][0], index + 1)
            end = built.blocks[following - 1].end if following > index else built.blocks[index].end
        regions.append(_Region(built.blocks[index].start, end, header))
    return regions


def _captions(built: BuiltText, found: list[tuple[int, Header]]) -> list[Span]:
    """Return HEAD_MATTER spans for the captions printed again above separate opinions."""
    spans = []
    for (before, _), (index, _) in pairwise(found):
        start = _caption_start(built, index, before + 1)
        if start < index:
            spans.append(Span(built.blocks[start].start, built.blocks[index - 1].end, SpanKind.HEAD_MATTER))
    return spans


def _front(built: BuiltText, first: int, opening: int, lineup: list[int]) -> list[Span]:
    """Return the spans before the first opinion: syllabus, then head matter."""
    if opening <= first:
        return []
    if lineup:
        head = lineup[-1] + 1
    else:
        head = _caption_start(built, opening, first)
        before = built.text[built.blocks[first].start : built.blocks[opening - 1].end]
        if not _HELD.search(before) and len(before) < 600:
            head = first
    spans = []
    if head > first:
        spans.append(Span(built.blocks[first].start, built.blocks[head - 1].end, SpanKind.SYLLABUS))
    if opening > head:
        spans.append(Span(built.blocks[head].start, built.blocks[opening - 1].end, SpanKind.HEAD_MATTER))
    return spans


# ---- opinions and their footnotes


def _opinions(built: BuiltText, regions: Sequence[_Region]) -> list[Span]:
    """Return OPINION and FOOTNOTE spans; notes printed after another's opinion are their own opinion's.

    Marks that are bare numbers in the text are FOOTNOTE_MARK spans that say that they are inferred.
    """
    notes = [
        (rank, note) for rank, region in enumerate(regions) for note in footnotes_in(built, region.start, region.end)
    ]
    inferred = inferred_marks(built, [note for _, note in notes], [(region.start, region.end) for region in regions])
    spans = [note for _, note in notes]
    spans += [
        Span(place, place + len(notes[index][1].label), SpanKind.FOOTNOTE_MARK, notes[index][1].label, _INFERRED)
        for index, (_, place) in inferred.items()
    ]
    owners = {notes[index][1].start: owner for index, (owner, _) in inferred.items()}
    links = Links(built)
    for rank, region in enumerate(regions):
        pieces: list[tuple[int, int, int]] = [(region.start, region.end, rank)]
        owner = rank
        for _, note in (pair for pair in notes if pair[0] == rank):
            owner = owners.get(note.start, _owner(links, note, regions, owner))
            if owner != pieces[-1][2]:
                start = pieces[-1][0]
                pieces[-1] = (start, before_heading(built, note.start), pieces[-1][2])
                pieces.append((note.start, region.end, owner))
        for start, end, who in pieces:
            stop = start + len(built.text[start:end].rstrip())
            header = regions[who].header
            attrs = header.attrs() if who == rank else {**header.attrs(), "part": "footnotes"}
            if stop > start:
                spans.append(Span(start, stop, SpanKind.OPINION, header.kind.value if header.kind else "", attrs))
    return spans


_INFERRED = {"inferred": "yes"}


def _owner(links: Links, note: Span, regions: Sequence[_Region], before: int) -> int:
    """Return the opinion that a footnote belongs to: where its mark stands, else that of the note before it."""
    place = links.place_of(note)
    if place is not None:
        for rank, region in enumerate(regions):
            if region.start <= place < region.end:
                return rank
    return before


# ---- what the spans say of the case


def _lineup_names(built: BuiltText, lineup: list[int]) -> list[str]:
    found: list[str] = []
    for index in lineup:
        words = normalise(built.of(built.blocks[index]))
        for match in re.finditer(r"([A-Z][\w'’-]{1,60}),\s+(?:C\.\s?)?J\.,", words):
            found.append(tidy_name(match[1]))
        for joined in _joined(words):
            found += names(joined)
    return [name for name in found if len(name) > 2]


_IN_WHICH = re.compile(r"in which\s+(?=\S)")
_HAVE_JOINED = re.compile(r",?\s+joined")


def _joined(words: str) -> Iterator[str]:
    """Yield what stands between "in which" and the next "joined", each place read once."""
    at = 0
    while (begins := _IN_WHICH.search(words, at)) and (ends := _HAVE_JOINED.search(words, begins.end() + 1)):
        yield words[begins.end() : ends.start()]
        at = ends.end()


def _disposition(built: BuiltText, lineup: list[int], spans: Sequence[Span]) -> Disposition:
    """Return how the case ended: by the syllabus' last line, else by an order's words, else by the court's last words.

    Empty where nothing tells.
    """
    for index in [lineup[0], lineup[0] - 1] if lineup and lineup[0] else []:
        stated = syllabus_disposition(built.of(built.blocks[index]))
        if stated:
            return stated
    opinions = [span for span in spans if span.kind is SpanKind.OPINION and "part" not in span.attrs]
    court = next((span for span in opinions if span.label in _COURT), None)
    order = opinions[0] if opinions and opinions[0].label in ("", OpinionKind.PER_CURIAM) else None
    found = order_disposition(_own_words(built, order, spans)) if order else None
    first = court or order
    return found or (court_disposition(_own_words(built, first, spans)) if first else None) or Disposition()


_COURT = (OpinionKind.MAJORITY, OpinionKind.PER_CURIAM, OpinionKind.PLURALITY)


def _own_words(built: BuiltText, opinion: Span, spans: Sequence[Span]) -> str:
    """Return an opinion's text up to its first footnote that stands behind its words."""
    notes = [s.start for s in spans if s.kind is SpanKind.FOOTNOTE and opinion.start < s.start < opinion.end]
    return built.text[opinion.start : min([opinion.end, *notes])]
