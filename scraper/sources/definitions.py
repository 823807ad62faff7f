"""Definitions in the words of a section: "the term “X” means ...", "In this section, “X” includes ...". Pure functions.

Found where a quoted term stands in the place of a defined one (it opens a sentence or a clause, or "the term" stands
before it) and a word that defines follows. In a section of which the heading says that it defines, a term may also
stand without quotation marks ("Board means ...") and be told by "is". Precision before number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scraper.models import Span, SpanKind
from scraper.sources.outline import Paragraph

_MARK = r"(?:\(\w{1,5}\)\s*)"
_QUOTED = re.compile(r"(?:“([^”“\n]{1,90})”|\"([^\"\n]{1,90})\"|``([^`'\n]{1,90})'')")
_QUOTES = ("“", '"', "``")
_AND = re.compile(
    r"\s*(?:,\s*)?(?:(?:and|or)\s+)?(?:the\s+)?(?:terms?\s+|words?\s+|phrases?\s+)?"
    r"(?:“([^”“\n]{1,90})”|\"([^\"\n]{1,90})\"|``([^`'\n]{1,90})'')"
)
_ASIDE = (
    r"(?:\s*\([^)\n]{1,80}\))?(?:,?\s+(?:as|when)\s+(?:so\s+|herein\s+)?(?:used|defined|applied)[^,“\"\n.;]{0,120},?"
    r"|,\s+(?:with\s+respect\s+to|except\s+as|unless|in\s+the\s+case\s+of|for\s+(?:the\s+)?purposes?|wherever|whenever"
    r"|when|as)\b[^,“\"\n.;]{0,120},)?,?"
)
_DEFINES = (
    r"(?:means?(?:\s+and\s+includes?)?|includes?|(?:shall\s+)?(?:has|have)\s+the\s+(?:same\s+)?(?:meanings?|definition)"
    r"|shall\s+(?:also\s+)?(?:mean|include|not\s+include|be\s+(?:held|construed|deemed|understood)\s+to\s+(?:mean|include))"
    r"|does\s+not\s+(?:mean|include)|do\s+not\s+(?:mean|include)|refers?\s+to|is\s+defined|are\s+defined|also\s+(?:means|includes))"
)
_AFTER = re.compile(rf"{_ASIDE}\s+(?P<verb>{_DEFINES})\b", re.IGNORECASE)
_IS = re.compile(
    rf"{_ASIDE}\s+(?P<verb>is|are)\s+(?!not\b|amended|repealed|inserted|struck|substituted)", re.IGNORECASE
)
_NOUN = re.compile(r"\b(?:the\s+)?(?:terms?|words?|phrases?|expressions?)\s*,?\s*$", re.IGNORECASE)
_OPENS = re.compile(rf"\s*{_MARK}*(?:[Aa]n?\s+|[Tt]he\s+|and\s+|or\s+)?")
_CLAUSE = re.compile(rf"[.;:,—–]{_OPENS.pattern}$")
_BEFORE = 200  # characters before a quoted term that tell whether it stands in the place of a defined one
_BARE = re.compile(
    rf"{_MARK}*(?P<term>[A-Z][\w'’/-]*(?:\s+[\w'’/-]+){{0,7}}?)(?:,?\s+or\s+(?P<other>[A-Z][^,\n]{{1,60}}?),?)?"
    r"\s+(?P<verb>means|includes|has\s+the\s+(?:same\s+)?meaning)\b"
)
_BARE_VERBS = ("means", "includes", "meaning")
_NO_TERM = re.compile(r"^(?:it|this|that|which|what|nothing|each|such|the|an?|any|no|if|when|where)\b", re.IGNORECASE)
_MARKS = re.compile(rf"{_MARK}*")
_FIRST = re.compile(rf"{_MARK}*(?:(?:An?|The|To)\s+)?")
_SURE = re.compile(r"(?:shall\s+)?means?\b", re.IGNORECASE)
_SCOPE = re.compile(
    r"\b(?:(?:as|when|wherever)\s+used\s+in|for\s+(?:the\s+)?purposes?\s+of|in|under|throughout)\s+"
    r"(?P<scope>(?:this|these|sections?|§§?|chapters?|titles?|subsections?|paragraphs?|parts?)\b(?:\s*\(\w{1,4}\))*"
    r"(?:[^,:;—–“\"\n.(]|\.(?=\d)){0,80}?(?:,\s*\d[^,:;—–“\"\n(]{0,40}?){0,6})\s*(?=[,;:—–“\"(]"
    r"|\bthe\s+(?:terms?|words?|following)\b|\b(?:means|includes|unless|shall|does|do|refers|has|have|is|are)\b|\.\s|$)",
    re.IGNORECASE,
)
_SCOPE_NAMED = re.compile(
    r"\s(?:this|these|sections?|§§?|chapters?|titles?|subsections?|paragraphs?|parts?)\b", re.IGNORECASE
)
_HEADED = re.compile(r"\b(?:definitions?|defined|meaning\s+of|terms)\b", re.IGNORECASE)
_STOP = re.compile(rf"(?:[.;:]|—|–)\s+(?={_MARK}?\S)")
_LIST = ("—", "–", ":", "-")
_SCOPE_REACH = 300  # characters of a sentence or a lead-in in which its scope stands


@dataclass(frozen=True, slots=True)
class _Found:
    start: int  # of the sentence or clause that defines
    terms: tuple[str, ...]
    verb: str
    after: int  # where the verb ends


@dataclass(frozen=True, slots=True)
class _Row:
    """Quoted terms that stand in a row, read once for all of them, and the verb behind the last."""

    terms: list[tuple[int, str]]  # (where it ends, term)
    end: int
    defines: re.Match[str] | None
    is_: re.Match[str] | None


def definitions(text: str, paragraphs: Sequence[Paragraph], inside: Sequence[Span], heading: str = "") -> list[Span]:
    """Return a DEFINITION span for each term that the paragraphs of the law define, in order of place.

    `inside` are the subdivisions: a definition that opens one reaches as far as it does. The label is the term;
    `attrs` hold `also` (further terms, semicolons between), `verb` and `scope` ("this section") where it is stated.
    """
    headed = _HEADED.search(heading) is not None
    marks = [mark for mark in _QUOTES if mark in text]
    if not headed and not marks:
        return []
    rows = [list(_of(text, one, headed=headed)) if headed or _holds(text, one, marks) else [] for one in paragraphs]
    if not any(rows):
        return []
    by_start = {span.start: span for span in inside}
    scopes = _Scopes(text, paragraphs, inside)
    lists = _Lists(text, paragraphs)
    spans: list[Span] = []
    for index, (paragraph, found) in enumerate(zip(paragraphs, rows, strict=True)):
        for rank, one in enumerate(found):
            opens = rank == 0 and _MARKS.fullmatch(text, paragraph.start, one.start) is not None
            start = paragraph.start if opens else one.start
            end = found[rank + 1].start if rank + 1 < len(found) else lists.end(index)
            whole = by_start.get(paragraph.start) if opens and len(found) == 1 else None
            end = max(end, whole.end) if whole else end
            while end > start and text[end - 1].isspace():
                end -= 1
            attrs = {
                "also": "; ".join(one.terms[1:]),
                "verb": one.verb,
                "scope": scopes.of(index, one),
            }
            kept = {name: value for name, value in attrs.items() if value}
            spans.append(Span(start, end, SpanKind.DEFINITION, one.terms[0], kept))
    return spans


def _holds(text: str, paragraph: Paragraph, marks: Sequence[str]) -> bool:
    for mark in marks:  # noqa: SIM110 - asked of every paragraph, and a generator takes twice as long
        if text.find(mark, paragraph.start, paragraph.end) >= 0:
            return True
    return False


def _of(text: str, paragraph: Paragraph, *, headed: bool) -> Iterator[_Found]:
    at, reach = paragraph.start, paragraph.end
    last = at
    row = _Row([], at, None, None)
    while match := _QUOTED.search(text, at, reach):
        at = match.end()
        if match.start() >= row.end:
            row = _row(text, match, reach)
        before = max(paragraph.start, match.start() - _BEFORE)
        opens = before == paragraph.start
        noun = _NOUN.search(text, before, match.start())
        clause = noun is not None or _CLAUSE.search(text, before, match.start()) is not None
        clause = clause or (opens and _OPENS.fullmatch(text, before, match.start()) is not None)
        verb = row.defines
        if verb is not None and not clause and not _SURE.match(verb["verb"]):
            verb = None
        if verb is None and clause and headed and opens and _FIRST.fullmatch(text, before, match.start()):
            verb = row.is_
        if verb is None:
            continue
        start = _sentence(text, last, match.start())
        if start is None and last > paragraph.start:  # the second of a sentence begins at its own words
            start = noun.start() if noun else match.start()
        terms = [term for end, term in row.terms if end >= match.end() and term]
        at = last = verb.end()
        words = " ".join(verb["verb"].lower().split())
        yield _Found(paragraph.start if start is None else start, tuple(terms), words, verb.end())
    if headed and last == paragraph.start and any(text.find(verb, last, reach) > 0 for verb in _BARE_VERBS):
        bare = _BARE.match(text, paragraph.start, reach)
        if bare and not _NO_TERM.match(bare["term"]):
            terms = [term for term in (bare["term"], bare["other"]) if term]
            yield _Found(paragraph.start, tuple(terms), " ".join(bare["verb"].split()), bare.end())


def _row(text: str, first: re.Match[str], reach: int) -> _Row:
    """Return the row of terms that a quoted term opens: "“oar”, “pole” and “sweep” mean"."""
    terms, end = [(first.end(), _term(first))], first.end()
    while more := _AND.match(text, end, reach):
        end = more.end()
        terms.append((end, _term(more)))
    return _Row(terms, end, _AFTER.match(text, end, reach), _IS.match(text, end, reach))


def _term(match: re.Match[str]) -> str:
    return " ".join(next(group for group in match.groups() if group).split()).strip(" ,;.")


def _sentence(text: str, least: int, at: int) -> int | None:
    """Return where the sentence or the marked clause around `at` begins; None where it began before `least`."""
    start = None
    for match in _STOP.finditer(text, least, at):
        start = match.end()
    return start


class _Lists:
    """Where paragraphs end, the lists that they introduce included."""

    def __init__(self, text: str, paragraphs: Sequence[Paragraph]) -> None:
        self._text = text
        self._paragraphs = paragraphs
        self._stops: list[int] = []

    def end(self, index: int) -> int:
        """Return where the paragraph of that rank ends, with all marked paragraphs behind it that stand deeper."""
        paragraph = self._paragraphs[index]
        if not _introduces(self._text, paragraph):
            return paragraph.end
        self._stops = self._stops or self._all_stops()
        return self._paragraphs[self._stops[index] - 1].end

    def _all_stops(self) -> list[int]:
        """Return for each paragraph the first one behind it that is not of its list, all in one pass from the end."""
        stops = [0] * len(self._paragraphs)
        unmarked = len(stops)
        higher: list[tuple[int, int]] = []  # (level, rank), deeper ones last: each ends the lists of deeper levels
        for rank in range(len(stops) - 1, -1, -1):
            paragraph = self._paragraphs[rank]
            level = paragraph.level
            while level is not None and higher and higher[-1][0] > level:
                higher.pop()
            stops[rank] = unmarked if level is None or not higher else min(unmarked, higher[-1][1])
            if not (paragraph.marks or re.match(_MARK, self._text[paragraph.start : paragraph.start + 8])):
                unmarked, higher = rank, []
            elif level is not None:
                higher.append((level, rank))
        return stops


def _introduces(text: str, paragraph: Paragraph) -> bool:
    return text[paragraph.start : paragraph.end].rstrip().endswith(_LIST)


class _Scopes:
    """What definitions say they are for; asked in order of place."""

    def __init__(self, text: str, paragraphs: Sequence[Paragraph], inside: Sequence[Span]) -> None:
        self._text = text
        self._paragraphs = paragraphs
        self._ends = {one.start: one.end for one in paragraphs}
        self._coming = sorted(inside, key=lambda span: span.start)[::-1]
        self._around: list[Span] = []  # the subdivisions in which the last definition stands
        self._first = paragraphs[0] if paragraphs and _introduces(text, paragraphs[0]) else None

    def of(self, index: int, found: _Found) -> str:
        """Return the scope: of its own sentence, of the lead-in of its list, or of the section."""
        paragraph = self._paragraphs[index]
        while self._coming and self._coming[-1].start < found.start:
            self._around.append(self._coming.pop())
        self._around = [span for span in self._around if found.start < span.end]
        places = [(found.start, found.after), (paragraph.start, found.start)]
        around = [span for span in self._around if span.start != paragraph.start]
        places += [(s.start, self._ends.get(s.start, s.start)) for s in sorted(around, key=lambda s: -s.start)]
        if index and self._first:
            places.append((self._first.start, self._first.end))
        for start, end in places:
            reach = min(end, start + _SCOPE_REACH)
            match = _SCOPE.search(self._text, start, reach) if _SCOPE_NAMED.search(self._text, start, reach) else None
            if match:
                return " ".join(match["scope"].split())
        return ""
