"""From a document to the quotations that may be made of it: whole thoughts, each with its exact spans.

A subdivision of a statute is never quoted without the words that lead into it, the words that close its list, and the
sentences that except from it. A sentence of an opinion that begins with "That" or "It" takes the one before it along.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from app.answering.models import ELLIPSIS
from indexing.citations.sentences import sentence_spans
from indexing.models import Speaker
from scraper.models import Document, DocumentKind, Span, SpanKind

Stretch = tuple[int, int]

MOST_UNIT_WORDS = 150  # a longer subdivision is quoted by sentence
LONG_LEAF_WORDS = 60  # a longer paragraph may be quoted by sentence too
MOST_EXCEPTION_WORDS = 60
LEAST_ITEM_WORDS = 8  # an element of fewer is no thought without those that it is joined to by "and"
LEAST_WORDS = 3  # a shorter sentence of an opinion says nothing alone
_NOTES = {SpanKind.HISTORY, SpanKind.ANNOTATION, SpanKind.NOTICE}
_OPENS_LIST = re.compile(r"(?:[:—–]|--|,|\b(?:or|and|that|if|the|by|of|to|means|includes?))\s*\Z")
_CLOSES_LIST = re.compile(r"[a-z]|(?:Except|Unless|But|Provided)\b")
_EXCEPTIONS_FOLLOW = re.compile(r"\b(?:except(?:ions?)?(?: that)?|provided that|does not apply to)\s*[:—–-]\s*\Z", re.I)
_CONDITIONS_FOLLOW = re.compile(
    r"\b(?:(?:if|unless|only|when|where|until|finds? that|elements?)\b[^.;:]{0,240}"
    r"|(?:must|shall|means?|requires?|consists? of|proves?|shows?)\b[\w\s,']{0,40})[:—–-]\s*\Z",
    re.I,
)
_LABELS = re.compile(r"(?:\s*\([0-9A-Za-z]{1,5}\))*\W*")
_LEFT_OPEN = re.compile(r"[:—–]\s*\Z")
_AND = re.compile(r"\band\s*\Z", re.I)
_EXCEPTS = re.compile(
    r"\b(?:do(?:es)? not (?:apply|include|extend)|notwithstanding|except(?:ion)?|unless|but (?:not|only|if)|however|"
    r"provided(?:, however,)? that)\b",
    re.I,
)
_APPLIES_NOT = re.compile(r"\b(?:do(?:es)? not (?:apply|extend)|notwithstanding|except(?:ion)?s? (?:to|from))\b", re.I)
_THIS_SECTION = re.compile(r"\bthis (?:section|article|rule)\b", re.I)
_SUBJECT_TO = re.compile(
    r"\b(?:except as (?:otherwise )?provided (?:in|by)|subject to|unless|exceptions? (?:in|of))\s+"
    r"(?:subsections?|paragraphs?|subdivisions?)\s+(\([0-9A-Za-z]{1,4}\)(?:\([0-9A-Za-z]{1,4}\))*)",
    re.I,
)
_NAMED_PART = re.compile(r"\b(?:subsections?|paragraphs?|subdivisions?)\s+((?:\([0-9A-Za-z]{1,4}\))+)", re.I)
_PARAGRAPH_MARK = re.compile(r"\s*(?:\{¶+\s*\d+\}|\[¶*\s*\d+\]|¶+\s*\d+\.?)\s*")
_REPORTER_END = re.compile(r"\b\d+ [A-Z][\w. ]{0,16}\.\Z")
_LEANS_BACK = re.compile(
    r"(?:That|This|These|Those|It|They|He|She|Such|Thus|So|But|And|Then|Instead|Nor|Neither|Likewise)\b"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A quotation: `parts` are stretches of the canonical text in order, `core` is the one that was looked for."""

    document: str
    parts: tuple[Stretch, ...]
    core: Stretch
    speaker: Speaker
    anchor: str = ""
    is_list: bool = False
    goes_on: bool = False  # more elements follow that belong to it

    def quotes(self, text: str) -> list[str]:
        """Return the words of each part, exactly as the text has them."""
        return [text[start:end] for start, end in self.parts]

    def words(self, text: str) -> str:
        """Return the quotation as it is shown: line breaks folded, an ellipsis where words are left out."""
        shown = ELLIPSIS.join(" ".join(quote.split()) for quote in self.quotes(text))
        return shown + ELLIPSIS.rstrip() if self.goes_on else shown


@dataclass(slots=True)
class _Node:
    """One subdivision while its tree is built; `lead` goes before the first child, `tails` after the children."""

    label: str
    start: int
    end: int
    parent: _Node | None = None
    children: list[_Node] = field(default_factory=list)
    lead: Stretch | None = None
    tails: list[Stretch] = field(default_factory=list)
    loose: list[Stretch] = field(default_factory=list)  # paragraphs of their own, without a label


def units(document: Document, within: Sequence[Stretch] | None = None) -> list[Unit]:
    """Return the quotations of a document, in order of place; `within` keeps those whose core touches a stretch."""
    found = _opinion_units(document, within) if document.kind is DocumentKind.CASE else _code_units(document)
    if within is None:
        return found
    return [unit for unit in found if any(unit.core[0] < end and start < unit.core[1] for start, end in within)]


# ---- statutes, constitutions, regulations


def _code_units(document: Document) -> list[Unit]:
    text = document.text
    regions = list(_operative(document))
    nodes = _tree(document, regions)
    found: dict[tuple[Stretch, ...], Unit] = {}
    exceptions = list(_exceptions(text, regions, nodes))
    for bare in [unit for node in nodes for unit in _node_units(document, node)]:
        if _says_nothing(text[bare.core[0] : bare.core[1]]):
            continue
        unit = _with_exceptions(document, bare, exceptions, nodes)
        found.setdefault(unit.parts, unit)
    for span in document.spans:
        if span.kind in _NOTES:
            # a source credit or a notice is one thought, whatever its full stops
            whole = [_trim(text, span.start, span.end)]
            for start, end in _sentences(text, *whole[0]) if span.kind is SpanKind.ANNOTATION else whole:
                unit = Unit(document.id, ((start, end),), (start, end), Speaker.NOTE)
                found.setdefault(unit.parts, unit)
    return sorted(found.values(), key=lambda unit: (unit.core, unit.parts))


def _says_nothing(words: str) -> bool:
    """Tell whether words are a bare label, a heading, or an opening whose list is marked as standing elsewhere."""
    return _LABELS.fullmatch(words) is not None or _LEFT_OPEN.search(words) is not None


def _operative(document: Document) -> Iterator[Stretch]:
    """Yield the stretches that are law: history, annotations and notices left out."""
    at = 0
    for span in sorted(span for span in document.spans if span.kind in _NOTES):
        if span.start > at:
            yield at, span.start
        at = max(at, span.end)
    if at < len(document.text):
        yield at, len(document.text)


def _tree(document: Document, regions: Sequence[Stretch]) -> list[_Node]:
    """Return every subdivision, the root first; loose paragraphs and closing words are attached to their nodes."""
    text = document.text
    stop = max((end for _, end in regions), default=0)
    root = _Node("", 0, stop)
    nodes, stack = [root], [root]
    spans = sorted(document.spans_of(SpanKind.SUBSECTION), key=lambda s: (s.start, -s.end, len(s.label)))
    for span in spans:
        while len(stack) > 1 and not _holds(stack[-1], span):
            stack.pop()
        node = _Node(span.label, span.start, span.end, stack[-1])
        stack[-1].children.append(node)
        stack.append(node)
        nodes.append(node)
    for node in reversed(nodes):  # children first: a parent ends no earlier than its last child
        node.end = max([node.end, *(child.end for child in node.children)])
    for node in reversed(nodes):  # inner lists must be known before words can close them
        _fill_gaps(text, node, regions)
    return nodes


def _holds(node: _Node, span: Span) -> bool:
    return span.end <= node.end or (node.label not in ("", span.label) and span.label.startswith(node.label))


def _fill_gaps(text: str, node: _Node, regions: Sequence[Stretch]) -> None:
    at = node.start
    for index, child in enumerate([*node.children, None]):
        stop = child.start if child else node.end
        for start, end in _paragraphs(text, at, stop, regions):
            if node.children and index == 0:
                node.lead = (node.lead[0] if node.lead else start, end)
            elif node.children and _CLOSES_LIST.match(text, start):
                _open_list(text, node, node.children[index - 1]).tails.append((start, end))
            else:
                node.loose.append((start, end))
        at = child.end if child else stop


def _open_list(text: str, node: _Node, last: _Node) -> _Node:
    """Return the innermost list before a place that its words can close."""
    found = node
    while True:
        if last.children and last.lead and _OPENS_LIST.search(text, *last.lead):
            found = last
        if not last.children:
            return found
        last = last.children[-1]


def _paragraphs(text: str, start: int, end: int, regions: Sequence[Stretch]) -> Iterator[Stretch]:
    for first, last in regions:
        low, high = max(start, first), min(end, last)
        for match in re.compile(r"\S[^\n]*").finditer(text, low, max(low, high)):
            stretch = _trim(text, match.start(), min(match.end(), high))
            if stretch[0] < stretch[1] and re.search(r"\w\w", text[stretch[0] : stretch[1]]):
                yield stretch


def _node_units(document: Document, node: _Node) -> Iterator[Unit]:
    text = document.text
    chain = _chain(text, node)

    def unit(core: Stretch, parts: Iterable[Stretch], is_list: bool = False) -> Unit:
        merged = _merge(text, parts)
        return Unit(document.id, merged, core, Speaker.LAW, node.label, is_list, _goes_on(text, node))

    if node.children:
        end = max([node.end, *(tail[1] for tail in node.tails)])
        whole = _trim(text, node.start, end)
        if node.lead and node.parent is not None and _size(text, whole) <= MOST_UNIT_WORDS:
            yield unit(whole, [*chain, whole], is_list=True)
        if node.lead and not _OPENS_LIST.search(text, *node.lead):
            yield unit(node.lead, [*chain, node.lead])
        elif node.lead and node.parent is None and _size(text, whole) <= MOST_UNIT_WORDS:
            yield unit(whole, [whole], is_list=True)
    if node.parent and _stands_together(text, node.parent):
        return
    own = node.loose if node.children or node.parent is None else [_trim(text, node.start, node.end)]
    opening = [node.lead] if node.children and node.lead and _OPENS_LIST.search(text, *node.lead) else []
    for start, end in own:
        yield unit((start, end), [*chain, *opening, (start, end)])
        sentences = _sentences(text, start, end)
        if len(sentences) > 1 and _size(text, (start, end)) > LONG_LEAF_WORDS:
            excepting = [s for s in sentences if _EXCEPTS.search(text, *s)]
            for sentence in sentences:
                yield unit(sentence, [*chain, *opening, sentence, *excepting])


def _stands_together(text: str, node: _Node) -> bool:
    """Tell whether no item of a list may be quoted alone: all are exceptions, or are joined by "and" as conditions
    or as elements of one thing."""
    if not node.lead or node.parent is None or _size(text, (node.start, node.end)) > MOST_UNIT_WORDS:
        return False
    if _EXCEPTIONS_FOLLOW.search(text, *node.lead):
        return True
    if not _joined_by_and(text, node):
        return False
    elements = any(_size(text, (item.start, item.end)) <= LEAST_ITEM_WORDS for item in node.children)
    return elements or _CONDITIONS_FOLLOW.search(text, *node.lead) is not None


def _joined_by_and(text: str, node: _Node) -> bool:
    last_but_one = node.children[-2:-1]
    return any(_AND.search(text, item.start, item.end) for item in last_but_one)


def _goes_on(text: str, node: _Node) -> bool:
    """Tell whether a subdivision stands in a list joined by "and" that is too long to be quoted whole, not at its end.

    What it stands in may itself be such an element.
    """
    while node.parent is not None:
        if node.parent.lead and _joined_by_and(text, node.parent) and node is not node.parent.children[-1]:
            return True
        node = node.parent
    return False


def _chain(text: str, node: _Node) -> list[Stretch]:
    """Return what leads into a node and what closes the lists that it stands in, in order of place."""
    parts: list[Stretch] = []
    above = node.parent
    while above is not None:
        if above.lead and _OPENS_LIST.search(text, *above.lead):
            parts += [above.lead, *above.tails]
        above = above.parent
    return sorted(parts)


def _exceptions(text: str, regions: Sequence[Stretch], nodes: Sequence[_Node]) -> Iterator[tuple[Stretch, str]]:
    """Yield each sentence that takes something out of the section or of a named part of it, with that part's label."""
    for first, last in regions:
        for start, end in _sentences(text, first, last):
            words = text[start:end]
            if not _APPLIES_NOT.search(words) or len(words.split()) > MOST_EXCEPTION_WORDS:
                continue
            named = _NAMED_PART.findall(words)
            whole = _whole_list(text, start, end, nodes)
            if _THIS_SECTION.search(words):
                yield whole, ""
            for label in named:
                yield whole, label


def _whole_list(text: str, start: int, end: int, nodes: Sequence[_Node]) -> Stretch:
    """Return the whole subdivision where a sentence is only what leads into its list."""
    for node in nodes:
        if node.parent and node.lead and node.children and node.start <= start and end <= node.lead[1]:
            return _trim(text, node.start, max([node.end, *(tail[1] for tail in node.tails)]))
    return start, end


def _with_exceptions(
    document: Document, unit: Unit, exceptions: Sequence[tuple[Stretch, str]], nodes: Sequence[_Node]
) -> Unit:
    """Add the sentences that except from a unit, and the parts that it says it is subject to."""
    text = document.text
    parts = list(unit.parts)
    top = unit.anchor.split(")")[0] + ")" if unit.anchor else ""
    for stretch, label in exceptions:
        if not label or label == top or (unit.anchor and unit.anchor.startswith(label)):
            parts.append(stretch)
    own = " ".join(unit.quotes(text))
    for label in _SUBJECT_TO.findall(own):
        wanted = label if label.startswith(top) or not top else f"{top}{label}"
        for node in nodes:
            if node.label in (label, wanted) and _size(text, (node.start, node.end)) <= MOST_EXCEPTION_WORDS:
                parts.append(_trim(text, node.start, node.end))
                break
    merged = _merge(text, parts)
    if merged == unit.parts or sum(_size(text, part) for part in merged) > MOST_UNIT_WORDS + MOST_EXCEPTION_WORDS:
        return unit
    return replace(unit, parts=merged)


# ---- opinions


def _opinion_units(document: Document, within: Sequence[Stretch] | None) -> list[Unit]:
    text = document.text
    speakers = _Speakers(document)
    labels = [span for span in document.spans_of(SpanKind.PARAGRAPH) if span.label]
    found = []
    for first, last in within or [(0, len(text))]:
        # whole paragraphs, so that no sentence is cut where a passage is
        low = text.rfind("\n", 0, first) + 1
        high = text.find("\n", last)
        before: Stretch | None = None
        for begin, end in _sentences(text, low, high if high >= 0 else len(text)):
            mark = _PARAGRAPH_MARK.match(text, begin, end)
            start = mark.end() if mark else begin
            speaker = speakers.at(start)
            if speaker is Speaker.HEAD_MATTER or _size(text, (start, end)) < LEAST_WORDS:
                before = None
                continue
            parts: list[Stretch] = [(start, end)]
            touches = before is not None and "\n" not in text[before[1] : start]
            if before is not None and touches and _LEANS_BACK.match(text, start):
                parts.insert(0, before)
            label = next((span.label for span in labels if span.start <= start < span.end), "")
            found.append(Unit(document.id, _merge(text, parts), (start, end), speaker, label))
            before = (start, end)
    return list({unit.parts: unit for unit in found}.values())


class _Speakers:
    """Who speaks at a place of an opinion."""

    def __init__(self, document: Document) -> None:
        self._spans = [(span, speaker) for span in document.spans if (speaker := _speaker(span)) is not None]

    def at(self, place: int) -> Speaker:
        """Return the speaker of the smallest span around a place."""
        around = [(span.end - span.start, speaker) for span, speaker in self._spans if span.start <= place < span.end]
        return min(around, key=lambda pair: pair[0])[1] if around else Speaker.UNKNOWN


def _speaker(span: Span) -> Speaker | None:
    if span.kind is SpanKind.OPINION:
        return Speaker(span.label) if span.label else Speaker.UNKNOWN
    if span.kind is SpanKind.SYLLABUS:
        return Speaker.SYLLABUS
    return Speaker.HEAD_MATTER if span.kind is SpanKind.HEAD_MATTER else None


# ---- stretches


def _sentences(text: str, start: int, end: int) -> list[Stretch]:
    found: list[Stretch] = []
    for first, last in ((start + first, start + last) for first, last in sentence_spans(text[start:end])):
        # "72 Frk." ends no sentence that goes on with a page
        if found and text[first].isdigit() and _REPORTER_END.search(text, *found[-1]):
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def _merge(text: str, parts: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return stretches in order, each once; those with nothing but white space between them become one."""
    merged: list[Stretch] = []
    for start, end in sorted(set(parts)):
        if merged and (start <= merged[-1][1] or not text[merged[-1][1] : start].strip()):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _trim(text: str, start: int, end: int) -> Stretch:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _size(text: str, stretch: Stretch) -> int:
    return len(text[stretch[0] : stretch[1]].split())
