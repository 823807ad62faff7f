"""The quotations of a text: which citation each leans on, and whether the source has its words."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.answering.quotes import FoldedText, locate
from app.checking.models import CheckedQuotation, Difference
from indexing.text import fold_quotes
from scraper.models import Document, OpinionKind, Span, SpanKind

_OF_THE_COURT = (OpinionKind.MAJORITY.value, OpinionKind.PER_CURIAM.value)
LEAST_WORDS = 4  # fewer words in quotation marks are a term, not a quotation
_FURTHEST = 600  # characters between a quotation and the citation that it leans on
_LIKE = 0.6  # share of a quotation's words that the source must have in order, to be called altered
_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|''([^']+)''")
_SENTENCE_END = re.compile(r"[.?!][”\"')\]]*\s+(?=[“\"A-Z])")
_IN_PARENTHESIS = re.compile(r"\((?:quoting\s|[a-z ]{0,30})?[“\"']+\Z")
_SIGNALS = re.compile(
    r"[”\"'’.,;:)\s]*(?:(?:see|also|cf|but|accord|e\.g|compare|generally|in|per|id|quoting|citing|\d{1,3})[.,;\s]*)*",
    re.I,
)
_NAME_ONLY = re.compile(r"[”\"'’.,;:)\s]*(?:(?:[A-Z][\w.'’&-]*|v\.|of|the|in|re|and|ex|rel\.|et|al\.)[,\s]*)+")
_SHORT_NAME = re.compile(r"(?P<name>[A-Z][\w.'’&-]*(?: [\w.'’&-]+){0,4}),(?: supra,?)?(?: at)?\Z")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_BLOCK = re.compile(
    r":[^\S\n]*\n(?:[^\S\n]*\n)+((?:(?:[ ]{3,}|\t|>)[^\n]*\S[^\n]*(?:\n|\Z))+)"
)  # set in from its margin
_LEAST_BLOCK = 12  # words
_GOES_ON = re.compile(  # the citation behind a quotation is the subject of a sentence of its own
    r"(?:,\s*(?:at\s+)?\d[\d\s,–-]*)?(?:\s*\([^()]*\))*,?\s+(?:also|again|too|is|was|are|were|has|had|does|did|do|holds?|"
    r"held|says?|said|makes?|made|confirms?|confirmed|rejects?|rejected|requires?|required|settles?|settled|controls?|"
    r"stands|teaches|involved|concerns?|concerned|reached|follows|forecloses|answers|addresses|addressed)\b"
)
_BROKEN = re.compile(r"(?<=[^\W\d_])-\s+(?=[a-z])")  # a word that its source's lines broke: "proce- dure"
_DASH = re.compile(r"\s*--+\s*|\s*[—―]\s*|\s+[-–]\s+")


@dataclass(frozen=True, slots=True)
class Quotation:
    """What stands between quotation marks, `[start, end)` of the text without them, or is set in as a block."""

    start: int
    end: int
    words: str
    block: bool = False


@dataclass(frozen=True, slots=True)
class Support:
    """The citation by its row that a quotation leans on; `certain` where the writing leaves no other."""

    row: int
    certain: bool


def quotations(text: str) -> list[Quotation]:
    """Return the quotations of a text in order; single words and terms in quotation marks are none.

    A paragraph that is set in behind a colon is one too; the quotations within it are its source's own.
    """
    found = list(_blocks(text))
    blocks = [(one.start, one.end) for one in found]
    for paragraph in re.finditer(r"[^\n]+(?:\n(?!\s*\n)[^\n]+)*", text):
        for match in _QUOTED.finditer(text, paragraph.start(), paragraph.end()):
            group = next(number for number in (1, 2, 3) if match.group(number) is not None)
            start, end = match.span(group)
            inside = any(first <= start < last for first, last in blocks)
            if not inside and len(_WORD.findall(text[start:end])) >= LEAST_WORDS:
                found.append(Quotation(start, end, text[start:end]))
    return sorted(found, key=lambda one: one.start)


def _blocks(text: str) -> Iterator[Quotation]:
    for match in _BLOCK.finditer(text):
        start, end = match.span(1)
        start += len(match.group(1)) - len(match.group(1).lstrip(" \t>"))
        end -= len(match.group(1)) - len(match.group(1).rstrip())
        words = re.sub(r"\n[ \t>]+", " ", text[start:end])
        if text[start] not in "\"“'‘" and len(_WORD.findall(words)) >= _LEAST_BLOCK:
            yield Quotation(start, end, words, block=True)


def lean_on(text: str, quoted: Sequence[Quotation], citations: Sequence[tuple[int, int, str]]) -> list[Support | None]:
    """Return for each quotation the citation that it leans on, None where it leans on none.

    `citations` are (start, end, case name) in order. A quotation in the parenthesis behind a citation leans on that
    one; else on the citation right behind the quotation, with at most a signal and a name between, unless that one
    begins a sentence of its own; else on the last one before it, else on the next one, both in the same paragraph. A
    block leans on the citation at the head of the paragraph behind it, else on the last one before it.
    """
    starts = [start for start, _, _ in citations]
    found: list[Support | None] = []
    for one in quoted:
        after = bisect_left(starts, one.end)
        if one.block:
            found.append(_of_block(text, one, citations, after))
            continue
        before = after - 1 if after and _same_paragraph(text, citations[after - 1][1], one.start) else None
        behind = after if after < len(starts) and _same_paragraph(text, one.end, starts[after]) else None
        if before is not None and _IN_PARENTHESIS.search(text, citations[before][1], one.start):
            found.append(Support(before, True))
        elif behind is not None and _follows_at_once(text[one.end : starts[behind]], citations[behind][2]):
            alone = one.words.rstrip("\"'”’ ")[-1:] in ".?!" and _GOES_ON.match(text, citations[behind][1])
            if alone and before is not None:
                found.append(Support(before, not _SENTENCE_END.search(text, citations[before][1], one.start)))
            else:
                found.append(Support(behind, not alone))
        elif before is not None:
            found.append(Support(before, not _SENTENCE_END.search(text, citations[before][1], one.start)))
        else:
            found.append(Support(behind, False) if behind is not None else None)
    return found


def _of_block(text: str, block: Quotation, citations: Sequence[tuple[int, int, str]], after: int) -> Support | None:
    rows = [row for row, (start, _, _) in enumerate(citations) if start < block.start]
    if after < len(citations):
        start, _, name = citations[after]
        if start - block.end <= _FURTHEST and _follows_at_once(text[block.end : start], name):
            return Support(after, True)
    if rows and block.start - citations[rows[-1]][1] <= _FURTHEST:
        return Support(rows[-1], False)
    return None


def _same_paragraph(text: str, start: int, end: int) -> bool:
    return end - start <= _FURTHEST and re.search(r"\n\s*\n", text[start:end]) is None


def _follows_at_once(between: str, case_name: str) -> bool:
    plain = " ".join(between.split())
    name = " ".join(case_name.split())
    if name and name in plain:
        plain = plain[: plain.rindex(name)]
    else:
        short = _SHORT_NAME.search(plain)
        if short and short.group("name") in name:
            plain = plain[: short.start("name")]
    return _SIGNALS.fullmatch(plain) is not None or (" v. " in plain and _NAME_ONLY.fullmatch(plain) is not None)


class SourceText:
    """One document as a source of quotations; folded once, however many are held against it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        hidden = [
            (span.start, span.end) for span in document.spans
            if span.kind in (SpanKind.FOOTNOTE_MARK, SpanKind.STAR_PAGE)
        ]  # fmt: skip
        self._hidden = hidden
        self._parts: dict[tuple[int, int], FoldedText] = {}
        self._folded = FoldedText.of(document.text, hidden)
        self._words = [(match.group().casefold(), *match.span()) for match in _WORD.finditer(self._folded.text)]
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, (word, _, _) in enumerate(self._words):
            self._places[word].append(place)

    def compare(self, quotation: Quotation) -> CheckedQuotation:
        """Return how a quotation stands in this text: verbatim, marked, altered with the differences, or not found."""
        located = locate(quotation.words, self._folded, additions=True)
        place = (quotation.start, quotation.end)
        own = (self.document.id, self.document.version)
        if located is not None:
            verdict = "marked" if located.marked else "verbatim"
            return CheckedQuotation(*place, verdict, (), *own, located.start, located.end)  # type: ignore[arg-type]
        wanted = [match.group() for match in _WORD.finditer(fold_quotes(quotation.words))]
        window = self._nearest([word.casefold() for word in wanted])
        if window is None:
            return CheckedQuotation(*place, "not_found", (), *own)
        first, last = window
        source = self._words[first:last]
        start, end = self._folded.offsets[source[0][1]], self._folded.offsets[source[-1][2] - 1] + 1
        if _even(quotation.words) == _even(self.document.text[start:end]):
            return CheckedQuotation(*place, "verbatim", (), *own, start, end)
        return CheckedQuotation(*place, "altered", tuple(self._differences(wanted, first, last)), *own, start, end)

    def speaker_of(self, quoted: CheckedQuotation, words: str) -> str:
        """Return whose words of an opinion are quoted, "" where they are the court's or nobody is known to speak."""
        spans = self.document.spans_of(SpanKind.OPINION)
        if any(one.label in _OF_THE_COURT and self._within(one, words) for one in spans):
            return ""
        for one in (*self.document.spans_of(SpanKind.SYLLABUS), *spans):
            if one.start <= quoted.source_start < one.end and one.label not in _OF_THE_COURT:
                return "syllabus" if one.kind is SpanKind.SYLLABUS else one.label.replace("_", " ")
        return ""

    def subdivision_of(self, quoted: CheckedQuotation, words: str, asked: str) -> str:
        """Return the subdivision in which a quotation stands, "" where it stands in the one asked for, or in none."""
        spans = self.document.spans_of(SpanKind.SUBSECTION)
        own = [one for one in spans if one.label == asked or one.label.startswith(asked)]
        if not own or any(self._within(one, words) for one in own):
            return ""
        around = [one.label for one in spans if one.start <= quoted.source_start < one.end]
        deepest = max(around, key=len, default="")
        return "" if asked.startswith(deepest) else deepest

    def _within(self, span: Span, words: str) -> bool:
        place = (span.start, span.end)
        if place not in self._parts:
            hidden = [(a - span.start, b - span.start) for a, b in self._hidden if span.start <= a < span.end]
            self._parts[place] = FoldedText.of(self.document.text[span.start : span.end], hidden)
        return locate(words, self._parts[place], additions=True) is not None

    def _nearest(self, wanted: Sequence[str]) -> tuple[int, int] | None:
        """Return the stretch of words that has most of the wanted ones in order, None where too few are there."""
        best, found = 0.0, None
        for start in self._starts(wanted):
            low, high = max(0, start), min(len(self._words), start + len(wanted) + max(8, len(wanted) // 2))
            window = [word for word, _, _ in self._words[low:high]]
            blocks = [b for b in SequenceMatcher(None, window, wanted, autojunk=False).get_matching_blocks() if b.size]
            matched = sum(block.size for block in blocks)
            spread = blocks[-1].a + blocks[-1].size - blocks[0].a if blocks else 0
            score = matched / max(len(wanted), spread, 1)
            if score > best:
                best, found = score, (low + blocks[0].a, low + blocks[-1].a + blocks[-1].size)
        return found if best >= _LIKE else None

    def _starts(self, wanted: Sequence[str]) -> list[int]:
        """Return where the quotation might begin: the offsets for which most of its words would fall in place."""
        votes: dict[int, int] = defaultdict(int)
        for offset, word in enumerate(wanted):
            places = self._places.get(word, ())
            if len(places) <= 200:  # a word that is everywhere tells nothing
                for place in places:
                    votes[(place - offset) // 4] += 1
        best = sorted(votes, key=lambda slot: (-votes[slot] - votes.get(slot + 1, 0), slot))[:5]
        return [slot * 4 - 2 for slot in best]

    def _differences(self, wanted: Sequence[str], first: int, last: int) -> Iterator[Difference]:
        source = self._words[first:last]
        held = [self._folded.text[start:end] for _, start, end in source]
        found = False
        for kind, a, b, c, d in SequenceMatcher(None, held, wanted, autojunk=False).get_opcodes():
            if kind != "equal":
                found = True
                yield Difference(self._folded.text[source[a][1] : source[b - 1][2]] if a < b else "",
                                 " ".join(wanted[c:d]))  # fmt: skip
        if not found:  # the words are the same: it is their punctuation that differs
            yield Difference(self._folded.text[source[0][1] : source[-1][2]], " ".join(wanted))


def _even(words: str) -> str:
    """Return words without what printing puts in: the form of a dash, the spaces about it, a word broken at a line."""
    plain = fold_quotes(_DASH.sub(" - ", words)).replace('"', "'")
    return " ".join(_BROKEN.sub("", plain).split()).strip(" .,;:'")


def best_of(results: Sequence[CheckedQuotation]) -> CheckedQuotation:
    """Return the most favourable of several comparisons of one quotation."""
    order = ("verbatim", "marked", "altered", "not_found", "unchecked")
    return min(results, key=lambda one: order.index(one.verdict))


def is_capital_alone(quotation: CheckedQuotation) -> bool:
    """Tell whether an altered quotation differs in nothing but the case of its first letter."""
    differences = quotation.differences
    return (
        quotation.verdict == "altered"
        and len(differences) == 1
        and differences[0].source != differences[0].quoted
        and differences[0].source.casefold() == differences[0].quoted.casefold()
    )


__all__ = ["LEAST_WORDS", "Quotation", "SourceText", "Support", "best_of", "is_capital_alone", "lean_on", "quotations"]
