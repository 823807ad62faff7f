"""An element of a web page into one canonical text with typed spans. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from operator import add, sub
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

import numpy as np
from lxml import etree

from scraper.errors import ParseError
from scraper.models import Span, SpanKind

Element = Any  # lxml ships no types; every element here is a plain lxml.etree element, the quickest to reach

BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main",
    "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
))  # fmt: skip
CELLS = frozenset(("td", "th"))
UNREAD = frozenset((
    "script", "style", "noscript", "template", "iframe", "button", "input", "select", "textarea",
    etree.Comment, etree.ProcessingInstruction,
))  # fmt: skip
# Elements that shape letters and, without attributes, say nothing of the words in them.
LETTERS = frozenset(("b", "big", "em", "font", "i", "small", "strong", "tt", "u"))
FURNITURE = frozenset(("ad", "ads", "advertisement", "newsletter", "social-share", "prev-next"))


# ---- an element into a text


@dataclass(frozen=True, slots=True)
class Mark:
    """What an element is: a span of `kind`; `skip` leaves the element out of the text."""

    kind: SpanKind | None = None
    label: str = ""
    attrs: Mapping[str, str] = field(default_factory=dict)
    skip: bool = False


SKIP = Mark(skip=True)
Classify = Callable[[Element], Mark | None]
ClassifyBare = Callable[[Element, str], Mark | None]  # given the words, too, with which the element begins


class Block(NamedTuple):  # quicker to make than a dataclass, and a page has hundreds
    """One paragraph of the text, with the innermost block element around its first words."""

    start: int
    end: int
    tag: str
    classes: tuple[str, ...]
    rule_before: bool  # a horizontal rule stands before it


@dataclass(frozen=True, slots=True)
class BuiltText:
    """A canonical text with its spans, its paragraphs and the places that links point to or from."""

    text: str
    spans: tuple[Span, ...]
    blocks: tuple[Block, ...]
    anchors: Mapping[str, int]  # name or id of an element -> where its text begins
    references: tuple[tuple[int, str], ...]  # where a link within the page stands, and the name it points to

    def of(self, block: Block) -> str:
        """Return the words of one paragraph."""
        return self.text[block.start : block.end]

    def spans_of(self, kind: SpanKind) -> tuple[Span, ...]:
        """Return the spans of one kind in order of place."""
        return tuple(span for span in self.spans if span.kind is kind)


class TextBuilder:
    """Writes one element as a text: paragraphs parted by an empty line, runs of white space folded to one blank.

    No character but white space is lost or added. `classify` says what an element is; its span covers the element's
    words without the white space around them. Where `bare` is given, elements without attributes are asked about only
    if it names them, each by its own function. `line_break` is what a single <br> becomes; two are a new paragraph.
    """

    def __init__(
        self, classify: Classify, line_break: str = " ", bare: Mapping[str, ClassifyBare] | None = None
    ) -> None:
        self._classify = classify
        self._line_break = line_break
        always: ClassifyBare = lambda element, _: classify(element)  # noqa: E731
        self._ask_bare: Callable[[str], ClassifyBare | None] = (lambda _: always) if bare is None else bare.get
        self._unasked = frozenset[str]() if bare is None else LETTERS - bare.keys()
        self._pieces: list[str] = []  # what is written, not yet folded, and what stands before each
        self._gaps: list[str] = []
        self._held: list[str] = []  # words read and not written, with nothing between them that matters
        self._gap = ""
        self._breaks = 0
        self._rule = False
        self._around: list[tuple[str, str]] = []  # name and class of the blocks that are open, the innermost last
        # Until all is folded, places are ranks of pieces.
        self._begun: list[tuple[int, str, str, bool]] = []
        self._open: list[list[Any]] = []  # [element, mark, its first piece or None]
        self._marked: list[tuple[int, int, Mark]] = []  # first piece, last piece
        self._waiting: list[str] = []
        self._waiting_links: list[str] = []
        self._anchors: dict[str, int] = {}
        self._references: list[tuple[int, str]] = []

    def build(self, root: Element) -> BuiltText:
        """Return the text of an element, its own tail left out."""
        held, unasked = self._held, self._unasked
        self._around = [(root.tag, root.get("class") or "")]
        path = []
        if self._enter(root, root.tag, root.keys(), is_root=True):
            path.append((root, iter(root)))
        while path:
            for child in path[-1][1]:
                tag, names = child.tag, child.keys()
                if not names and tag in unasked:
                    if text := child.text:
                        held.append(text)
                    if len(child):
                        path.append((child, iter(child)))
                        break
                elif not names and tag in BLOCKS and not len(child):
                    self._read_leaf(child, tag)
                elif self._enter(child, tag, names):
                    if len(child):
                        path.append((child, iter(child)))
                        break
                    self._leave(child, tag)
                tail = child.tail
                if tail and (held or not tail.isspace() or not self._gap):
                    held.append(tail)
            else:
                element, _ = path.pop()
                self._leave(element, element.tag)
                if path and element.tail:
                    held.append(element.tail)
        return self._finish()

    def _enter(self, element: Element, tag: str, names: Sequence[str], *, is_root: bool = False) -> bool:
        """Open an element and take its first words; tell whether it is to be read."""
        if tag in UNREAD:
            return False
        classes = element.get("class") if "class" in names else ""
        furniture = classes and not is_root and not FURNITURE.isdisjoint(classes.split())
        text = element.text
        if names:
            mark = SKIP if furniture else self._classify(element)
        else:
            ask = self._ask_bare(tag)
            mark = ask(element, text or "") if ask else None
        if mark is not None:
            self._write()
            if mark.skip:
                self._gap = "\n\n" if tag in BLOCKS else self._gap
                return False
            self._open.append([element, mark, None])
        if tag in BLOCKS:
            if self._held:
                self._write()
            self._gap = "\n\n"
            self._around.append((tag, classes))
            self._rule = self._rule or tag == "hr"
        elif tag == "br":
            self._break()
        elif tag in CELLS:
            self._write()
            self._gap = self._gap or " "
        if names:
            self._note_links(element, tag, names)
        if text and (self._held or not text.isspace() or not self._gap):
            self._held.append(text)
        return True

    def _note_links(self, element: Element, tag: str, names: Sequence[str]) -> None:
        """Keep the names of an element and the name that it links to, until its first words are written."""
        if "id" in names or "name" in names:
            self._write()
            self._waiting += [name for name in (element.get("id"), element.get("name")) if name]
        if tag == "a":
            href = element.get("href")
            if href and href[0] == "#":
                self._write()
                self._waiting_links.append(href[1:])

    def _read_leaf(self, element: Element, tag: str) -> None:
        """Read a block without attributes that holds words alone, as most do: entered and left at once."""
        text = element.text
        ask = self._ask_bare(tag)
        if ask and ask(element, text or "") is not None:
            if self._enter(element, tag, ()):
                self._leave(element, tag)
            return
        if self._held:
            self._write()
        self._gap = "\n\n"
        self._rule = self._rule or tag == "hr"
        if text and not text.isspace():
            self._held.append(text)
            self._around.append((tag, ""))
            self._write()
            self._around.pop()
            self._gap = "\n\n"

    def _leave(self, element: Element, tag: str) -> None:
        if tag in BLOCKS:
            if self._held:
                self._write()
            self._gap = "\n\n"
            self._around.pop()
        if self._open and self._open[-1][0] is element:
            self._write()
            _, mark, first = self._open.pop()
            if first is not None:
                self._marked.append((first, len(self._pieces) - 1, mark))

    def _break(self) -> None:
        self._write()
        self._breaks += 1
        if self._breaks > 1 or self._line_break == "\n\n":
            self._gap = "\n\n"
        else:
            self._gap = self._gap or self._line_break

    def _write(self) -> None:
        """Write the words that are held."""
        if not self._held:
            return
        text = "".join(self._held)
        self._held.clear()
        gap = self._gap
        if text.isspace():
            self._gap = gap or " "
            return
        at = len(self._pieces)
        if gap == "\n\n" or not at:
            self._begun.append((at, *self._around[-1], self._rule))
            self._rule = False
        elif not gap and text[0].isspace():
            gap = " "
        self._pieces.append(text)
        self._gaps.append(gap if at else "")
        self._gap, self._breaks = (" " if text[-1].isspace() else ""), 0
        if self._open:
            for entry in self._open:
                if entry[2] is None:
                    entry[2] = at
        if self._waiting:
            for name in self._waiting:
                self._anchors.setdefault(name, at)
            self._waiting.clear()
        if self._waiting_links:
            self._references += [(at, name) for name in self._waiting_links]
            self._waiting_links.clear()

    def _finish(self) -> BuiltText:
        gaps, pieces = self._gaps, _all_folded(self._pieces)
        text = "".join(chain.from_iterable(zip(gaps, pieces, strict=True)))
        if "\ufffd" in text:
            raise ParseError("The page holds characters that were already lost.", reason="charset")
        ends = list(accumulate(map(add, map(len, gaps), map(len, pieces))))
        starts = list(map(sub, ends, map(len, pieces)))
        stops = [ends[at - 1] for at, *_ in self._begun[1:]] + ends[-1:]
        blocks = [
            Block(starts[at], end, tag, tuple(classes.split()) if classes else (), rule)
            for (at, tag, classes, rule), end in zip(self._begun, stops, strict=True)
        ]
        marked = [(starts[first], ends[last], mark) for first, last, mark in self._marked]
        spans = [Span(start, end, mark.kind, mark.label, mark.attrs) for start, end, mark in marked if mark.kind]
        spans.sort(key=lambda span: (span.start, -span.end))
        anchors = {name: starts[at] for name, at in self._anchors.items()}
        references = tuple((starts[at], name) for at, name in self._references)
        return BuiltText(text, tuple(spans), tuple(blocks), anchors, references)


def _all_folded(pieces: Sequence[str]) -> list[str]:
    """Return texts as `_folded` does, in half the time: parted by the one character that no tree holds."""
    whole = "\0".join(pieces)
    if not any(map(whole.__contains__, _RARE_SPACES)):
        whole = _single_blanks(whole.replace("\n", " ").replace("\xa0", " "))
        return [piece.strip(" ") for piece in whole.split("\0")] if pieces else []
    return [_folded(piece) for piece in pieces]


def _folded(text: str) -> str:
    """Return a text with each run of white space as one blank and none around it, as `" ".join(text.split())` does.

    Splitting makes a string of every word. Most texts need less: of all white space the blank alone is printable.
    """
    text = text.strip()
    if not text.isprintable():
        text = text.replace("\n", " ").replace("\xa0", " ")
        if not text.isprintable():
            return " ".join(text.split())
    return _single_blanks(text)


def _single_blanks(text: str) -> str:
    """Return a text with each run of blanks as one."""
    if len(text) > _LONG:
        return _single_blanks_of_long(text)
    pieces = text.split("  ")
    return text if len(pieces) == 1 else " ".join([piece.lstrip(" ") for piece in pieces if piece])


def _single_blanks_of_long(text: str) -> str:
    """Do the same for a long text in a third of the time: all its bytes are looked at at once."""
    units = np.frombuffer(text.encode(), np.uint8)
    blank = units == ord(" ")  # in UTF-8 no part of another character
    kept = np.ones(len(units), np.bool_)
    np.logical_not(blank[1:] & blank[:-1], out=kept[1:])
    return units[kept].tobytes().decode()


_LONG = 8192  # characters


# All white space but the blank, the end of a line and the blank that does not break.
_RARE_SPACES = "\t\r\f\v\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


# ---- small things that every site's parser needs


def words_of(element: Element | None) -> str:
    """Return an element's words with runs of white space folded; an empty string for None."""
    if element is None:
        return ""
    return _folded(_STRING(element) if len(element) else element.text or "")


def has_class(element: Element, *names: str) -> bool:
    """Tell whether an element bears one of the class names."""
    classes = element.get("class")
    return bool(classes) and not set(names).isdisjoint(classes.split())


def by_class(root: Element, name: str) -> list[Element]:
    """Return the elements below `root` that bear a class name, in document order."""
    return [element for element in _CLASSED(root, name=name) if name in element.get("class").split()]


def by_classes(root: Element) -> Mapping[str, Sequence[Element]]:
    """Return the elements below `root` by each class name that they bear, in document order."""
    found: dict[str, list[Element]] = {}
    for element in _WITH_CLASS(root):
        for name in element.get("class").split():
            found.setdefault(name, []).append(element)
    return found


def by_id(root: Element, name: str) -> Element | None:
    """Return the element of a page with that id, else None."""
    return by_ids(root, name)[0]


def by_ids(root: Element, *names: str) -> list[Element | None]:
    """Return for each id the element of a page that has it, else None."""
    # libxml2 has a table of ids, and of the names of links. Only where it answers with nothing else is it believed.
    known = {element.get("id"): element for element in _KNOWN_IDS(root, names=" ".join(names))}
    if known and known.keys() <= set(names):
        return [known.get(name) for name in names]
    return [next(iter(_BY_ID(root, name=name)), None) for name in names]


_STRING = etree.XPath("string()", smart_strings=False)
_CLASSED = etree.XPath("descendant::*[contains(@class, $name)]")
_WITH_CLASS = etree.XPath("descendant::*/@class/..")  # twice as quick as [@class]
_KNOWN_IDS = etree.XPath("id($names)")
_BY_ID = etree.XPath("descendant::*[@id=$name][1]")


def lines_of(element: Element) -> list[tuple[str, tuple[str, ...]]]:
    """Return the words between an element's <br>s, each with the class names of the elements that hold them."""
    lines: list[tuple[list[str], list[str]]] = [([element.text or ""], [])]
    _read_lines(element, lines)
    # Only plain white space is folded: the blanks that do not break belong to the printed heading.
    folded = ((_PLAIN_SPACE.sub(" ", "".join(words)).strip(), tuple(classes)) for words, classes in lines)
    return [(words, classes) for words, classes in folded if words]


def _read_lines(element: Element, lines: list[tuple[list[str], list[str]]]) -> None:
    for child in element:
        if child.tag == "br":
            lines.append(([], []))
        elif classes := child.get("class"):
            lines[-1][1].extend(classes.split())
        lines[-1][0].append(child.text or "")
        if len(child):
            _read_lines(child, lines)
        lines[-1][0].append(child.tail or "")


_PLAIN_SPACE = re.compile(r"[ \t\r\n\f]+")


_ROOTED = re.compile(r"/(?!/)[\w%~:@!$&'()*+,=./-]*(?:#.*)?", re.ASCII)


def absolute(url: str, href: str) -> str:
    """Return the address that a link on the page `url` names, its fragment dropped; empty where it names none."""
    href = href.strip()
    if "/." not in href and _ROOTED.fullmatch(href):  # nearly every link of a page: nothing is to be resolved
        return origin_of(url) + href.partition("#")[0]
    try:
        parts = urlsplit(urljoin(url, href))
    except ValueError:  # such as "http://[1": one bad link must not cost the page
        return ""
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", parts.query, ""))


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values in their order, repeats and empty ones left out."""
    return tuple(dict.fromkeys(value for value in values if value))


def by_place(span: Span) -> tuple[int, int, str, str]:
    """Return the key that puts spans in order of place, those that hold others first."""
    return span.start, -span.end, span.kind, span.label


def outside(blocks: Iterable[Block], spans: Iterable[Span]) -> Iterator[Block]:
    """Yield the paragraphs that begin in none of the spans; both stand in order of place."""
    waiting = iter(spans)
    span = next(waiting, None)
    reach = 0
    for block in blocks:
        while span is not None and span.start <= block.start:
            reach = max(reach, span.end)
            span = next(waiting, None)
        if block.start >= reach:
            yield block


def paragraph_spans(built: BuiltText, labels: Mapping[int, str] | None = None) -> Iterator[Span]:
    """Yield a PARAGRAPH span for each paragraph; `labels` gives a number by the place where a paragraph begins."""
    labels, kind = labels or {}, SpanKind.PARAGRAPH
    for start, end, _, _, _ in built.blocks:
        yield Span(start, end, kind, labels.get(start, ""), {})


_SIGNS = (
    (
        "captcha",
        re.compile(r"captcha|unusual traffic|verify (?:that )?you are (?:a )?human|are you a robot|cf-challenge"),
    ),
    (
        "soft404",
        re.compile(r"page not found|not found|no longer (?:available|exists)|\b404\b|cannot be found|does not exist"),
    ),
    ("login", re.compile(r"log ?in to continue|sign in to continue|session has expired")),
    ("outage", re.compile(r"temporarily unavailable|under maintenance|service unavailable|try again later")),
)


def no_law(root: Element) -> ParseError:
    """Return the error for a page with neither a document nor a list, its reason read off the page's own words."""
    body = root.find(".//body")
    words = words_of(body if body is not None else root)
    if not words:
        return ParseError("The page has no words.", reason="empty")
    titles = " ".join(words_of(e) for e in root.iter("title", "h1", "h2"))
    looked_at = f"{titles} {words[:600]}".lower()
    for reason, pattern in _SIGNS:
        if pattern.search(looked_at):
            return ParseError(
                f"The site answered with a page of another kind ({reason}): {words[:120]!r}.", reason=reason
            )
    return ParseError(
        "The page has neither a document nor a list of documents; its layout may have changed.", reason="layout"
    )
