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
_CLAUSE = re.compile(rf"(?:^|[.;:,—–])\s*{_MARK}*(?:[Aa]n?\s+|[Tt]he\s+|and\s+|or\s+)?$")
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


@dataclass(frozen=True, slots=True)
class _Found:
    start: int  # of the sentence or clause that defines
    terms: tuple[str, ...]
    verb: str
    after: int  # where the verb ends


def definitions(text: str, paragraphs: Sequence[Paragraph], inside: Sequence[Span], heading: str = "") -> list[Span]:
    """Return a DEFINITION span for each term that the paragraphs of the law define, in order of place.

    `inside` are the subdivisions: a definition that opens one reaches as far as it does. The label is the term;
    `attrs` hold `also` (further terms, semicolons between), `verb` and `scope` ("this section") where it is stated.
    """
    headed = _HEADED.search(heading) is not None
    if not headed and "“" not in text and '"' not in text and "``" not in text:
        return []
    by_start = {span.start: span for span in inside}
    spans: list[Span] = []
    for index, paragraph in enumerate(paragraphs):
        found = list(_of(text, paragraph, headed=headed))
        for rank, one in enumerate(found):
            opens = rank == 0 and _MARKS.fullmatch(text, paragraph.start, one.start) is not None
            start = paragraph.start if opens else one.start
            end = found[rank + 1].start if rank + 1 < len(found) else _end(text, paragraphs, index)
            whole = by_start.get(paragraph.start) if opens and len(found) == 1 else None
            end = max(end, whole.end) if whole else end
            end = start + len(text[start:end].rstrip())
            attrs = {
                "also": "; ".join(one.terms[1:]),
                "verb": one.verb,
                "scope": _scope(text, paragraphs, index, one, inside),
            }
            kept = {name: value for name, value in attrs.items() if value}
            spans.append(Span(start, end, SpanKind.DEFINITION, one.terms[0], kept))
    return spans


def _of(text: str, paragraph: Paragraph, *, headed: bool) -> Iterator[_Found]:
    at, reach = paragraph.start, paragraph.end
    last = at
    while match := _QUOTED.search(text, at, reach):
        at = match.end()
        terms, after = [_term(match)], match.end()
        while more := _AND.match(text, after, reach):
            terms.append(_term(more))
            after = more.end()
        before = text[paragraph.start : match.start()]
        noun = _NOUN.search(before)
        clause = noun is not None or _CLAUSE.search(before) is not None
        verb = _AFTER.match(text, after, reach)
        if verb is not None and not clause and not _SURE.match(verb["verb"]):
            verb = None
        if verb is None and clause and headed and _FIRST.fullmatch(before):
            verb = _IS.match(text, after, reach)
        if verb is None:
            continue
        start = _sentence(text, paragraph.start, match.start())
        if start < last:  # the second definition of a sentence begins at its own words
            start = paragraph.start + noun.start() if noun else match.start()
        at = last = verb.end()
        yield _Found(start, tuple(term for term in terms if term), " ".join(verb["verb"].lower().split()), verb.end())
    if headed and last == paragraph.start and any(text.find(verb, last, reach) > 0 for verb in _BARE_VERBS):
        bare = _BARE.match(text, paragraph.start, reach)
        if bare and not _NO_TERM.match(bare["term"]):
            terms = [bare["term"], bare["other"] or ""]
            verb_words = " ".join(bare["verb"].split())
            yield _Found(paragraph.start, tuple(term for term in terms if term), verb_words, bare.end())


def _term(match: re.Match[str]) -> str:
    return " ".join(next(group for group in match.groups() if group).split()).strip(" ,;.")


def _sentence(text: str, least: int, at: int) -> int:
    """Return where the sentence or the marked clause around `at` begins."""
    start = least
    for match in _STOP.finditer(text[least:at]):
        start = least + match.end()
    return start


def _end(text: str, paragraphs: Sequence[Paragraph], index: int) -> int:
    """Return where a paragraph ends, the list that it introduces included."""
    paragraph = paragraphs[index]
    end = paragraph.end
    if not text[paragraph.start : end].rstrip().endswith(_LIST):
        return end
    for following in paragraphs[index + 1 :]:
        marked = following.marks or re.match(_MARK, text[following.start : following.start + 8])
        deeper = paragraph.level is None or following.level is None or following.level > paragraph.level
        if not marked or not deeper:
            break
        end = following.end
    return end


def _scope(text: str, paragraphs: Sequence[Paragraph], index: int, found: _Found, inside: Sequence[Span]) -> str:
    """Return what a definition says it is for: in its own sentence, in the lead-in of its list, or of the section."""
    paragraph = paragraphs[index]
    places = [(found.start, found.after), (paragraph.start, found.start)]
    around = [s for s in inside if s.start < found.start < s.end and s.start != paragraph.start]
    ends = {one.start: one.end for one in paragraphs}
    places += [(s.start, ends.get(s.start, s.start)) for s in sorted(around, key=lambda s: -s.start)]
    first = paragraphs[0]
    if index and text[first.start : first.end].rstrip().endswith(_LIST):
        places.append((first.start, first.end))
    for start, end in places:
        reach = min(end, start + 300)
        match = _SCOPE.search(text, start, reach) if _SCOPE_NAMED.search(text, start, reach) else None
        if match:
            return " ".join(match["scope"].split())
    return ""
