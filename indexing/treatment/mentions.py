"""Where a text names an authority: by citation, by the name before it, or by a short name alone.

A sentence is read with each mention masked by marks of the same length, so that patterns speak of "a case" or "a
provision" and every offset stays what it is in the canonical text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from indexing.citations.keys import name_key
from indexing.models import Citation, CitationKind
from indexing.treatment.models import Authority, Shelf
from scraper.models import DocumentKind

CASE_MARK, LAW_MARK, CONSTITUTION_MARK, FILL = "\ue000", "\ue001", "\ue002", "\ue003"
_PRIVATE = re.compile("[\ue000-\ue003]")
_CASES = (CitationKind.FULL, CitationKind.SHORT, CitationKind.SUPRA, CitationKind.ID)
_LAW_KINDS = {
    CitationKind.CONSTITUTION: DocumentKind.CONSTITUTION,
    CitationKind.REGULATION: DocumentKind.REGULATION,
}
_LONGEST_NAME = 220
# What belongs to a citation behind its page: pinpoints, notes, court and year.
_TAIL = re.compile(
    r"(?:\s*,\s*(?:at\s+)?(?:¶+\s?|nn?\.\s*|\*)?\d[\d\s–—-]*+(?!\s?[A-Z][A-Za-z. ]{0,20}\d)"
    r")*(?:\s*,?\s*(?:and\s+)?nn?\s?\.\s*\d[\d\s–—-]*)*"
    r"(?:\s*\([^()\n]{0,40}?\d{4}\))?(?:\s*\((?:per\s+curiam|plurality\s+opinion|en\s+banc|opinion\s+of\s+[^()"
    r"\n]{2,30})\))?"
)
_SUPRA = re.compile(r"\s*,?\s*supra\b(?:\s*,\s*at\s+[\d–-]+)?")
_BETWEEN = re.compile(r"[\s,]{0,4}")
# Words that the extractor takes for the beginning of a name.
_LEAD = re.compile(
    r"^(?:(?:Under|Applying|Following|Unlike|Overruling|Abrogating|Distinguishing|Citing|Quoting|Like|Likewise|As|"
    r"Because|Since|"
    r"Although|Though|While|Thus|And|For|Even|After|Before|By|With|Compare|Accord|See|Cf|E\.g|But|When|Where|If|"
    r"That|Both|Only|"
    r"Moreover|However|Similarly|Indeed|Nor|Neither|Our|From|To|On|Of|Is|Was|Also|Second|First|Third|Finally)"
    r"\b[.,]?\s+)+(?=\S)"
)
_COMPANY = re.compile(r"(?:Inc|Co|Corp|Ltd|LLC|L\.|Jr|Sr|N\.|S\.|P\.|[a-z])")
_FIRM = re.compile(r"&|\bCo\.|\bBros\.")
_PAGES = re.compile(r"Pp?\.\s")  # the pages of a syllabus, before the citation of the decision below
_POSSESSIVE = re.compile(r"(?<=[a-rt-z])(['’])(?=\s)")  # the extractor reads "Webb's" as "Webb'"
_IN_RE = re.compile(r"\b(?:In\s+re|Ex\s+parte|(?:In\s+the\s+)?Matter\s+of)\s+\Z")
_VERSUS = re.compile(r"\s+v\.?\s+")
_WORD = re.compile(r"[^\W\d_][\w'’&-]+")
_NO_NAME = frozenset(
    """
    the and for of in re ex parte matter estate state states people commonwealth united city county village
    town township board department commissioner commission secretary company corporation incorporated
    association national american international federal court district school education union bank insurance
    railroad railway attorney general director warden superintendent administration administrator bureau
    agency service services authority trust fund america congress government president justice judge senate
    house inc corp assn dept dist ins univ university new north south west east alabama alaska arizona
    arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois indiana iowa
    kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana
    nebraska nevada hampshire jersey mexico york carolina dakota ohio oklahoma oregon pennsylvania rhode
    island tennessee texas utah vermont virginia washington wisconsin wyoming columbia cal fla mass san los
    saint st ed bd comm dep unified area metropolitan doe roe jones
    """.split()
)


@dataclass(frozen=True, slots=True)
class Ref:
    """An authority as a text cites it: `id` where it is held, else `key` alone tells it from others."""

    key: str
    id: str | None = None
    name: str = ""
    year: int | None = None
    kind: DocumentKind = DocumentKind.CASE
    own: bool = True  # cited by the text itself, rather than known from the shelf

    @property
    def mark(self) -> str:
        """Return the mark that stands for it in a masked sentence."""
        if self.kind is DocumentKind.CASE:
            return CASE_MARK
        return CONSTITUTION_MARK if self.kind is DocumentKind.CONSTITUTION else LAW_MARK


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that names an authority; `cited` tells whether a citation is part of it."""

    start: int
    end: int
    ref: Ref
    cited: bool = True


class References:
    """The authorities that a text cites, parallel citations taken together."""

    def __init__(self, citations: Sequence[Citation], shelf: Shelf) -> None:
        self._parent: dict[str, str] = {}
        by_group: dict[int, list[str]] = defaultdict(list)
        for one in citations:
            node = _node(one)
            if node:
                self._parent.setdefault(node, node)
                if one.kind in _CASES:
                    by_group[one.group].append(node)
        for members in by_group.values():
            for node in members[1:]:
                self._join(members[0], node)
        gathered: dict[str, list[Citation]] = defaultdict(list)
        for one in citations:
            if _node(one):
                gathered[self._root(_node(one))].append(one)
        self._refs = {root: _ref(members, shelf) for root, members in gathered.items()}

    def of(self, citation: Citation) -> Ref | None:
        """Return the authority that a citation names, None where it has no key."""
        node = _node(citation)
        return self._refs[self._root(node)] if node else None

    def all(self) -> Iterable[Ref]:
        """Return every authority, in order of first citation."""
        return self._refs.values()

    def _root(self, node: str) -> str:
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node

    def _join(self, one: str, other: str) -> None:
        first, second = self._root(one), self._root(other)
        if first != second:
            self._parent[second] = first


def _node(citation: Citation) -> str:
    return citation.to or (citation.key and f"key:{citation.key}")


def _ref(members: Sequence[Citation], shelf: Shelf) -> Ref:
    first = next((one for one in members if one.kind not in (CitationKind.SHORT, CitationKind.ID)), members[0])
    held = next((one.to for one in members if one.to), None)
    known = shelf.by_id.get(held or "")
    name = _name(members, known)
    year = next((one.year for one in members if one.year), None)
    kind = DocumentKind.CASE if first.kind in _CASES else _LAW_KINDS.get(first.kind, DocumentKind.STATUTE)
    if known:
        year = known.date.year if known.date else year
        kind = known.kind
    return Ref(first.key, held, name, year, kind)


def _name(members: Sequence[Citation], known: Authority | None) -> str:
    """Return the name most often used, of two parties if it can be; one that shares no word with the title is none."""
    title = set(name_key(known.title).split()) if known else set()
    names = Counter(_tidy(one.case_name) for one in members if one.case_name)
    fitting = [
        (name, times) for name, times in names.items() if name and (not title or title & set(name_key(name).split()))
    ]
    if not fitting:
        return known.title if known else ""
    return max(fitting, key=lambda pair: (" v. " in pair[0], pair[1]))[0]


def _tidy(name: str) -> str:
    """Drop what the extractor took along before a name: "Applying Marsh v. Mills", "Miranda, Carolina v. Pearce"."""
    if _PAGES.match(name):
        return ""
    name = _POSSESSIVE.sub(r"\1s", name)
    left, versus, right = _LEAD.sub("", name).partition(" v. ")
    _, comma, last = left.rpartition(", ")
    if versus and comma and not _COMPANY.match(last):
        left = last
    return left + versus + right


class Mentions:
    """All mentions of a text, by place; short names are looked up only where a sentence is asked for."""

    def __init__(self, text: str, title: str, citations: Sequence[Citation], shelf: Shelf) -> None:
        self._text = text
        self._title = title
        self.references = References(citations, shelf)
        self._cited = self._from_citations(citations)
        self._starts = [mention.start for mention in self._cited]

    def within(self, start: int, end: int) -> list[Mention]:
        """Return the mentions that begin in `[start, end)`, in order, none overlapping another."""
        cited = self._cited[bisect_left(self._starts, start) : bisect_left(self._starts, end)]
        found = list(cited)
        if self._short_names:
            for match in self._short_names.finditer(self._text, start, end):
                ref = self._named(match.group(), match.start())
                if ref and not any(one.start < match.end() and match.start() < one.end for one in cited):
                    tail = _SUPRA.match(self._text, match.end())
                    found.append(Mention(match.start(), tail.end() if tail else match.end(), ref, bool(tail)))
        return sorted(found, key=lambda one: one.start)

    def cited_between(self, start: int, end: int) -> Sequence[Mention]:
        """Return the mentions by citation that begin in `[start, end)`."""
        return self._cited[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def places_of(self, ref: Ref) -> Sequence[int]:
        """Return where an authority is cited, in order."""
        return self._places.get(id(ref), ())

    @cached_property
    def _places(self) -> dict[int, list[int]]:
        places: dict[int, list[int]] = defaultdict(list)
        for mention in self._cited:
            places[id(mention.ref)].append(mention.start)
        return places

    def cited_after(self, place: int) -> Mention | None:
        """Return the first mention by citation that begins at a place or after it."""
        row = bisect_left(self._starts, place)
        return self._cited[row] if row < len(self._cited) else None

    def all_cited(self) -> Sequence[Mention]:
        """Return every mention by citation, in order."""
        return self._cited

    def masked(self, start: int, end: int, mentions: Iterable[Mention]) -> str:
        """Return `[start, end)` of the text, of the same length, with marks in the place of mentions."""
        pieces: list[str] = []
        done = start
        for one in mentions:
            first, last = max(one.start, done), min(one.end, end)
            if last <= first:
                continue
            pieces += (_PRIVATE.sub(" ", self._text[done:first]), one.ref.mark, FILL * (last - first - 1))
            done = last
        pieces.append(_PRIVATE.sub(" ", self._text[done:end]))
        return "".join(pieces)

    def _from_citations(self, citations: Sequence[Citation]) -> list[Mention]:
        found: list[Mention] = []
        for one in citations:
            ref = self.references.of(one)
            if ref is None or (found and one.start < found[-1].end):
                continue
            floor = found[-1].end if found else 0
            if found and found[-1].ref is ref and _BETWEEN.fullmatch(self._text, found[-1].end, one.start):
                last = found.pop()  # a parallel citation
                found.append(Mention(last.start, self._tail(one), ref))
                continue
            start = self._name_start(one, floor) if one.kind in _CASES else one.start
            found.append(Mention(start, self._tail(one), ref))
        return found

    def _tail(self, citation: Citation) -> int:
        if citation.kind not in _CASES:
            return citation.end
        tail = _TAIL.match(self._text, citation.end)
        end = tail.end() if tail else citation.end
        while end > citation.end and self._text[end - 1] in " \n\u00a0":
            end -= 1
        return end

    def _name_start(self, citation: Citation, floor: int) -> int:
        """Return where the name begins that stands before a citation, else where the citation does."""
        sides = [side for side in _VERSUS.split(_tidy(citation.case_name)) if side]
        floor = max(floor, citation.sentence_start, citation.start - _LONGEST_NAME)
        before = self._text[floor : citation.start]
        if not sides or not before.strip():
            return citation.start
        if len(sides) > 1:
            whole = [*re.finditer(r"\s+v\s?\.?\s+".join(_loose(side) for side in sides[:2]), before)]
            if whole and len(before) - whole[-1].end() < 60:
                return floor + whole[-1].start()
        for side in sides:
            first = side.split()[0]
            alone = [*re.finditer(rf"\b{re.escape(first)}\b", before)]
            if alone and re.fullmatch(r"[\w\s'’&.]*,?\s*(?:supra\s*,\s*)?(?:at\s+)?", before[alone[-1].end() :]):
                lead = _IN_RE.search(before, 0, alone[-1].start())
                return floor + (lead.start() if lead else alone[-1].start())
        return citation.start

    @cached_property
    def _names(self) -> dict[str, list[Ref]]:
        own = {word.casefold() for word in _WORD.findall(self._title)}
        lower = {match.group() for match in re.finditer(r"\b[a-z][\w'’-]{2,}", self._text)}
        names: dict[str, list[Ref]] = defaultdict(list)
        for ref in self.references.all():
            if ref.kind is DocumentKind.CASE and ref.name:
                for name in _short_names(ref.name, own, lower):
                    if ref not in names[name]:
                        names[name].append(ref)
        # a name of one side alone may have been misread from the sentence before: one of two parties goes before it
        return {name: [ref for ref in refs if " v. " in ref.name] or refs for name, refs in names.items()}

    @cached_property
    def _short_names(self) -> re.Pattern[str] | None:
        if not self._names:
            return None
        longest_first = sorted(self._names, key=lambda name: (-len(name), name))
        parts = "|".join(r"\s+".join(map(re.escape, name.split())) for name in longest_first)
        return re.compile(rf"(?<![\w'’])(?:{parts})\b(?!\s+v\.)")

    def _named(self, words: str, place: int) -> Ref | None:
        """Return which authority a short name stands for: of several the one cited last before it."""
        refs = self._names.get(" ".join(words.split()), [])
        if len(refs) < 2:
            return refs[0] if refs else None
        if len({ref.name for ref in refs}) == 1:  # one dispute in several courts: the decision most spoken of
            return max(refs, key=lambda ref: len(self.places_of(ref)))
        row = bisect_right(self._starts, place)
        for mention in reversed(self._cited[:row]):
            if mention.ref in refs:
                return mention.ref
        return None


def _loose(side: str) -> str:
    return r"[\s.,]+".join(re.escape(word.strip(".,")) for word in side.split() if word.strip(".,"))


def _short_names(name: str, own: set[str], lower: set[str]) -> Iterable[str]:
    """Yield the ways in which a text may call a case; `own` words are those of the text's own title."""
    sides = [side if _FIRM.search(side) else side.split(",")[0].strip() for side in _VERSUS.split(name)]
    if len(sides) > 1:
        yield " v. ".join(sides[:2])
    for side in sides:
        words = [word for word in _WORD.findall(side) if word[0].isupper()]
        telling = [word for word in words if word.casefold() not in _NO_NAME and word.casefold() not in own]
        if not telling:
            continue
        plain = side.rstrip(".")
        if len(plain.split()) > 1 and len(plain) < 60:
            yield plain
        first_two = " ".join(side.split()[:2])
        if len(side.split()) > 2 and len(telling) > 1 and first_two == " ".join(telling[:2]):
            yield first_two
        for word in telling:
            if (
                len(word) > 2
                and word.casefold() not in lower
                and (word == words[0] or len(sides) == 1 or len(words) < 4)
            ):
                yield word


def shelf_refs(words: Iterable[str], jurisdiction: str, before: Authority, shelf: Shelf) -> list[tuple[str, Ref]]:
    """Return the words that name exactly one case of the shelf, older than `before`, with that case."""
    found = []
    own = {word.casefold() for word in _WORD.findall(before.title)}
    for word in dict.fromkeys(words):
        if len(word) < 4 or word.casefold() in _NO_NAME or word.casefold() in own:
            continue
        ids = shelf.by_word.get((jurisdiction, word.casefold()), ())
        if len(ids) != 1 or ids[0] == before.id:
            continue
        one = shelf.by_id[ids[0]]
        if one.date and before.date and one.date < before.date:
            found.append((word, Ref(one.citation or one.id, one.id, one.title, one.date.year, one.kind, own=False)))
    return found
