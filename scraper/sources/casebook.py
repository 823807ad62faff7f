"""A case that comes in pieces (head matter, and opinions of known kind and author) as one text with typed spans.

Shared by the sources whose publishers keep opinions apart. A piece is built on its own and shifted to its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scraper.errors import ParseError
from scraper.models import Level, OpinionKind, Span, SpanKind
from scraper.sources.html import Block, BuiltText, paragraph_spans, unique
from scraper.sources.opinions import plain_case
from scraper.sources.speakers import Header, judges_of, names, read_header, tidy_name

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_PARA_NUMBER = re.compile(r"^(?:\{¶\s?(\d+)\}|\[¶\s?(\d+)\]|¶\s?(\d+)\.?(?=\s))")
_GIVEN = "paragraph-"  # before a number that a page keeps beside its paragraph: the name of an anchor
_STAR = re.compile(r"(?<![\w*])\[?\*{1,2}(\d{1,5})\]?")
# A footnote's mark: its number, hard behind a word or a stop.
_MARKS = re.compile(r"(?<=[a-z.,;:”\"’)\]])(\d{1,3})(?=\s|$|[—–])")
_MOST_LOST = 5
_NOTE_OPENS = re.compile(r"\[?(\d{1,3})[\].]?\s+(?=\S)")
_TITLES = re.compile(
    r"\b(?:mr|mrs|ms|dr|hon)\.?(?=\s)|\b(?:the\s+)?honorable\b|\b(?:chief|presiding|associate|acting|senior|circuit|"
    r"district|magistrate|administrative|bankruptcy)\b|\b(?:justices?|judges?|chancellor|surrogate|commissioner)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"^\W*(?:before|present|panel)\b\W*", re.IGNORECASE)
_RANK_AT_END = re.compile(r"(?<![,\s])[,\s]+(?:(?:C|P|A|V)\.\s?)*JJ?\b\.?(?:\s+pro tem\w*\.?)?(?=\W|$).*$", re.DOTALL)
_BEHIND_NAME = re.compile(
    r"(?:[,;:]|(?<!\s))\s+(?:delivered|announced|concurring|dissenting|concurs?|dissents?|with whom|for)\b.*$",
    re.I | re.S,
)
_PER_CURIAM = re.compile(r"^\W*(?:per\s+curiam|by the court|memorandum)\W*$", re.IGNORECASE)
_VERSUS = re.compile(r"(?<!\s)\s+(?:v|vs)\.?\s+", re.IGNORECASE)
_MARKED_TWICE = 3  # characters between a footnote's beginning and its own number


# What the Caselaw Access Project calls an opinion -> its kind and, where it is none of the usual ones, its stage.
CAP_TYPES: Mapping[str, tuple[OpinionKind | None, str]] = {
    "majority": (OpinionKind.MAJORITY, ""),
    "unanimous": (OpinionKind.MAJORITY, ""),
    "plurality": (OpinionKind.PLURALITY, ""),
    "per-curiam": (OpinionKind.PER_CURIAM, ""),
    "concurrence": (OpinionKind.CONCURRENCE, ""),
    "concurring-in-part-and-dissenting-in-part": (OpinionKind.IN_PART, ""),
    "dissent": (OpinionKind.DISSENT, ""),
    "rehearing": (None, "rehearing"),
    "remittitur": (None, "remittitur"),
    "addendum": (None, "addendum"),
    "on-the-merits": (None, "on_the_merits"),
    "on-motion-to-strike-cost-bill": (None, "on_motion_to_strike"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of a case: an opinion (`kind` None where nobody says which), or what stands before one.

    `stage` names what is no opinion of the usual kinds: rehearing, addendum, remittitur ... `mixed` says that it may
    hold several opinions, which only its own lines tell.
    """

    built: BuiltText
    span: SpanKind = SpanKind.OPINION
    kind: OpinionKind | None = None
    author: str = ""
    joined_by: tuple[str, ...] = ()
    stage: str = ""
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """The whole text of a case, and what its pieces say of it."""

    text: str
    spans: tuple[Span, ...]
    judges: tuple[str, ...]
    disposition: str
    disposition_kind: str = ""


@dataclass(slots=True)
class _Binding:
    parts: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    judges: list[str] = field(default_factory=list)
    disposition: tuple[str, str] = ("", "")
    length: int = 0

    def place(self, words: str) -> int:
        if self.parts:
            self.parts.append("\n\n")
            self.length += 2
        start = self.length
        self.parts.append(words)
        self.length += len(words)
        return start


def bind(pieces: Iterable[Piece]) -> Book:
    """Return the pieces as one text; raise ParseError where no opinion among them has words."""
    binding = _Binding()
    found = False
    for piece in pieces:
        if not piece.built.text:
            continue
        found = found or piece.span is SpanKind.OPINION
        start = binding.place(piece.built.text)
        spans, header, disposition = _spans(piece)
        binding.spans += [replace(span, start=span.start + start, end=span.end + start) for span in spans]
        binding.judges += header
        binding.disposition = binding.disposition if any(binding.disposition) else disposition
    if not found:
        raise ParseError("The case has no opinion with words.", reason="empty")
    spans = sorted(binding.spans, key=lambda span: (span.start, -span.end, span.kind.value, span.label))
    return Book("".join(binding.parts), tuple(spans), unique(binding.judges), *binding.disposition)


def _spans(piece: Piece) -> tuple[list[Span], tuple[str, ...], tuple[str, str]]:
    """Return the spans of a piece over its own text, who judged, and how the case ended."""
    built = piece.built
    spans = [*paragraph_spans(built, _paragraph_numbers(built))]
    inside = [span for span in built.spans if span.kind is not SpanKind.OPINION]
    if piece.span is not SpanKind.OPINION:
        inside = [span for span in inside if span.kind is not piece.span]
        return [*spans, *inside, Span(0, len(built.text), piece.span)], (), ("", "")
    if piece.mixed:
        speakers = plain_case(built)
        kept = [span for span in inside if span.kind is not SpanKind.FOOTNOTE]
        ended = (speakers.disposition, speakers.disposition_kind)
        return _without_doubles([*spans, *kept, *speakers.spans]), speakers.judges, ended
    header = _header(piece)
    label = header.kind.value if header.kind else ""
    attrs = {**header.attrs(), **({"stage": piece.stage} if piece.stage else {})}
    return (
        _without_doubles([*spans, *inside, Span(0, len(built.text), SpanKind.OPINION, label, attrs)]),
        judges_of([header]),
        ("", ""),
    )


def _header(piece: Piece) -> Header:
    """Return who speaks: what the publisher says, made finer by the opinion's own first line."""
    said = next(
        (found for block in piece.built.blocks[:2] if (found := read_header(piece.built.of(block))) is not None),
        Header(None),
    )
    kind = piece.kind
    if said.kind is not None and not piece.stage and (kind, said.kind) in _FINER:
        kind = said.kind
    joined = piece.joined_by or said.joined_by
    return Header(kind, piece.author or said.author, joined, said.parts)


_FINER = {
    (OpinionKind.MAJORITY, OpinionKind.PLURALITY),
    (OpinionKind.MAJORITY, OpinionKind.PER_CURIAM),
    (OpinionKind.CONCURRENCE, OpinionKind.IN_JUDGMENT),
    (OpinionKind.CONCURRENCE, OpinionKind.IN_PART),
    (OpinionKind.DISSENT, OpinionKind.IN_PART),
    *((None, kind) for kind in OpinionKind),
}


def _without_doubles(spans: Sequence[Span]) -> list[Span]:
    """Return the spans without the mark that a footnote's own number makes at its beginning."""
    own = {
        place
        for span in spans
        if span.kind is SpanKind.FOOTNOTE
        for place in range(span.start, span.start + _MARKED_TWICE + 1)
    }
    return [span for span in dict.fromkeys(spans) if span.kind is not SpanKind.FOOTNOTE_MARK or span.start not in own]


def _paragraph_numbers(built: BuiltText) -> dict[int, str]:
    """Return the numbers of paragraphs by the places where they begin: those printed, or kept beside them."""
    given = {place: name.removeprefix(_GIVEN) for name, place in built.anchors.items() if name.startswith(_GIVEN)}
    found = {}
    for block in built.blocks:
        match = _PARA_NUMBER.match(built.text[block.start : block.start + 12])
        number = next((group for group in match.groups() if group), "") if match else given.get(block.start, "")
        if number:
            found[block.start] = number
    return found


# ---- texts without markup


def plain_text(words: str, *, by_line: bool = False) -> BuiltText:
    """Return a text without markup: paragraphs at empty lines, or each line one (`by_line`); white space folded."""
    words = words.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    raw = words.split("\n") if by_line else _BLANK_LINE.split(words)
    rows = [" ".join(row.split()) for row in raw]
    blocks, at = [], 0
    kept = [row for row in rows if row]
    for row in kept:
        blocks.append(Block(at, at + len(row), "p", (), False))
        at += len(row) + 2
    return BuiltText("\n\n".join(kept), (), tuple(blocks), {}, ())


def with_stars(built: BuiltText, first: str, last: str) -> BuiltText:
    """Return a text with a STAR_PAGE span for each "*845" that lies between the first and the last page, rising."""
    if not (first.isdigit() and last.isdigit()) or len(first) > 6 or len(last) > 6:
        return built
    spans, before = [], int(first) - 1
    for match in _STAR.finditer(built.text):
        page = int(match[1])
        if before < page <= int(last):
            spans.append(Span(match.start(), match.end(), SpanKind.STAR_PAGE, match[1]))
            before = page
    return replace(built, spans=(*built.spans, *spans))


def with_notes(built: BuiltText) -> BuiltText:
    """Return a text with spans for the footnotes that stand in a row at its end, and for their marks.

    A note begins with its number, "1", "1." or "[1]", or with the dot alone that is left where a machine lost the
    number. Numbered ones count only where they rise one by one and the words before them bear the first mark, for a
    numbered list at the end is no row of notes.
    """
    openings = _numbered(built) or _dotted(built)
    if not openings:
        return built
    ends = [built.blocks[at - 1].end for at, _ in openings[1:]] + [built.blocks[-1].end]
    notes = [
        Span(built.blocks[at].start, end, SpanKind.FOOTNOTE, label)
        for (at, label), end in zip(openings, ends, strict=True)
    ]
    marks = _marks(built.text[: notes[0].start], [note.label for note in notes])
    return replace(built, spans=(*built.spans, *marks, *notes))


def _marks(body: str, labels: Sequence[str]) -> list[Span]:
    """Return the marks of footnotes in their order; one that was lost is passed over, if those behind it are near."""
    found: list[Span] = []
    waiting = 0
    for match in _MARKS.finditer(body):
        ahead = labels[waiting : waiting + _MOST_LOST]
        if match[1] in ahead:
            waiting += ahead.index(match[1]) + 1
            found.append(Span(match.start(), match.end(), SpanKind.FOOTNOTE_MARK, match[1]))
    return found


def _numbered(built: BuiltText) -> list[tuple[int, str]]:
    mark = next((match for match in _MARKS.finditer(built.text) if match[1] == "1"), None)
    firsts = [at for at, block in enumerate(built.blocks) if at and _note_number(built, block) == "1"]
    if mark is None or not firsts or built.blocks[firsts[-1]].start < mark.start():
        return []
    found: list[tuple[int, str]] = []
    for at in range(firsts[-1], len(built.blocks)):
        if _note_number(built, built.blocks[at]) == str(len(found) + 1):
            found.append((at, str(len(found) + 1)))
    return found


def _dotted(built: BuiltText) -> list[tuple[int, str]]:
    found = [
        at
        for at, block in enumerate(built.blocks)
        if at and re.match(r"\. (?!\.)", built.text[block.start : block.start + 3])
    ]
    return [(at, str(number)) for number, at in enumerate(found, 1)]


def _note_number(built: BuiltText, block: Block) -> str:
    match = _NOTE_OPENS.match(built.text, block.start, block.end)
    return match[1] if match else ""


# ---- names


def author_name(words: str) -> str:
    """Return the name in a line that says who wrote: "SHENK, J." is Shenk, "Mr. Justice Blackmun" is Blackmun."""
    words = " ".join(words.split())[:120]
    if not words or _PER_CURIAM.match(words):
        return ""
    header = read_header(words)
    if header is not None and header.author:
        return header.author
    words = _RANK_AT_END.sub("", words)
    words = _BEHIND_NAME.sub("", words)
    words = " ".join(_TITLES.sub(" ", words).split()).strip(" ,.:;*()[]0123456789")
    return tidy_name(words)


def is_per_curiam(words: str) -> bool:
    """Tell whether a line names the court and no judge."""
    return bool(words) and _PER_CURIAM.match(" ".join(words.split())) is not None


def judge_names(words: str) -> tuple[str, ...]:
    """Return the names of a list of judges."""
    words = _BEFORE.sub("", words.replace(" & ", " and "))
    found = (" ".join(_TITLES.sub(" ", name).split()).strip(" .") for name in names(words))
    return unique(found)


def parties(name: str) -> tuple[str, ...]:
    """Return the two sides of "Reno v. ACLU", nothing for a name without sides."""
    sides = [side.strip() for side in _VERSUS.split(name, maxsplit=1)]
    return tuple(sides) if len(sides) == 2 and all(sides) else ()


def place_of(court: str, year: str) -> tuple[Level, ...]:
    """Return a case's place: its court, and the year of its decision where that is known."""
    return (Level("court", court), *((Level("year", year, year),) if re.fullmatch(r"\d{4}", year) else ()))
