"""How many, and which: a question counted from structure, with the exact list and the rule that made the number said.

    question -> conditions (kind, court, years, place, status, citing, phrases, words) -> the documents that fulfil all

Nothing is ranked and nothing is guessed: a document is counted or it is not, and the conditions say why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.retrieval.expression import Field
from app.retrieval.lookup import resolve
from app.retrieval.matching import Matcher
from app.retrieval.query import Filters, Query, parse_query
from indexing.interfaces import Mask
from indexing.models import IntVector
from indexing.text import tokens
from scraper.errors import QueryError

_KINDS = (
    (r"(?:cases?|opinions?|decisions?|rulings?|precedents?)", ("case",), "is a case"),
    (r"statutes?|statutory (?:sections?|provisions?)", ("statute",), "is a section of a statute"),
    (r"regulations?", ("regulation",), "is a section of a regulation"),
    (r"(?:sections?|provisions?|laws)", ("statute", "constitution", "regulation"),
     "is a section of a statute, regulation or constitution"),
)  # fmt: skip
_STATUS = (
    (r"repealed|no longer in force", "repealed"), (r"expired", "expired"), (r"reserved", "reserved"),
    (r"renumbered|transferred", "renumbered"), (r"(?:still |currently )?in force", "in_force"),
)  # fmt: skip
_YEAR = r"(?:the year )?((?:1[6-9]|20)\d\d)"
_BETWEEN = re.compile(rf"\b(?:between|from) {_YEAR} (?:and|to|until|through) {_YEAR}", re.I)
_SINCE = re.compile(rf"\bsince {_YEAR}|\b{_YEAR} (?:or|and) (?:later|after)", re.I)
_AFTER = re.compile(rf"\b(?:later than|after) {_YEAR}", re.I)
_BEFORE = re.compile(rf"\b(?:earlier than|before|prior to) {_YEAR}", re.I)
_UNTIL = re.compile(rf"\b(?:until|up to|through) {_YEAR}|\b{_YEAR} or earlier", re.I)
_IN = re.compile(rf"\b(?:in|of|during) {_YEAR}", re.I)
_PLACE = re.compile(r"\b(title|chapter|subchapter|article|part|division)\s+([0-9][0-9A-Za-z.-]*|[IVXLC]+)\b", re.I)
_CITED_BY = re.compile(r"\b(?:are |is |were |was )?cited (?:by|in)\s+(.+?)[?.!\s]*$", re.I)
_CITING = re.compile(r"\b(?:cit(?:e|es|ed|ing)|refer(?:s|red|ring)? to)(?: to)?\s+(.+?)[?.!\s]*$", re.I)
_THIS_COURT = re.compile(r"\b(?:of|by|from|in|did) (?:this|the|our) court\b", re.I)
_HEAD = re.compile(
    r"^\W*(?:please\s+)?(?:how many|how much|what (?:is|are) the number of|(?:the )?number of|count(?: of)?"
    r"|list(?: of)?|show(?: me)?|name|find|give(?: me)?|which|what)\b"
    r"(?:\s+(?:of|all|the|every|me|those|are|there)\b)*",
    re.I,
)
# What joins a subject to what is asked and carries none itself, before it ("address", "use the word") and around it.
_LEADING = frozenset(
    "address addresses addressed concern concerns concerned regard relate relates related deal deals dealt with "
    "discuss discusses discussed mention mentions mentioned contain contains contained containing involve involves "
    "involved cover covers covered covering treat treats treated speak speaks apply applied use uses used "
    "using hold holds held word words term terms phrase phrases subject topic issue question matter "
    "document documents here do does did have "
    "has exist exists say says decide decides enacted issued made currently still any all every each both other only "
    "that which to of on in for by a an the there are is was were".split()
)
_NOUNS = frozenset("use word words term terms phrase phrases subject topic issue question matter".split())
_ANYWHERE = frozenset(
    "about concerning regarding addressing relating dealing discussing mentioning involving decided deciding".split()
)
_TRAILING = frozenset(
    "here exist exists there are is held total altogether overall database collection documents in this the".split()
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that had to hold: what it is about, its value as read, and words that end "... where the document"."""

    name: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Counted:
    """The documents for which every condition holds, in order of the catalogue; `rule` says it in one sentence.

    `others` are `(rule, number)` by other rules for the same words: what "address" means is the reader's choice.
    """

    question: str
    rows: IntVector
    conditions: tuple[Condition, ...]
    rule: str
    others: tuple[tuple[str, int], ...]


def count(matcher: Matcher, question: str, filters: Filters | None = None) -> Counted:
    """Count; raise QueryError where the question asks nothing that structure or words could answer."""
    written = parse_query(question).written
    asked = _HEAD.sub(" ", written, count=1).strip() or "documents"
    reader = _Reader(matcher, parse_query(asked, filters))
    reader.read()
    if not reader.conditions:
        raise QueryError(
            "Nothing to count by was found: name a kind (cases, sections), a court, a year, a title, a citation or "
            "words."
        )
    rows = np.flatnonzero(reader.mask & reader.subject).astype(np.int64)
    said = "; ".join(f"it {condition.words}" for condition in reader.conditions)
    return Counted(written, rows, tuple(reader.conditions), f"A document is counted where {said}.",
                   tuple(reader.others()))  # fmt: skip


class _Reader:
    """Takes one condition after another out of the question; what is left over is its subject."""

    def __init__(self, matcher: Matcher, query: Query) -> None:
        self._matcher, self._query = matcher, query
        self._rest = query.plain
        self.conditions: list[Condition] = []
        self.mask = matcher.filtered(query.filters)
        self.subject: Mask = np.ones_like(self.mask)
        self._terms: tuple[str, ...] = ()

    def read(self) -> None:
        """Read the whole question."""
        if not self._query.filters.empty:
            self.conditions.append(Condition("filters", "", "passes the filters of the request"))
        if self._query.where is not None:
            words = "fulfils what is in quotes, in fields or between operators"
            self._require("expression", self._query.written, words, self._matcher.holds(self._query.where))
        self._citing()
        self._kind()
        self._court()
        self._years()
        self._place()
        self._status()
        self._subject()

    def others(self) -> Iterator[tuple[str, int]]:
        """Yield the counts of other readings of the same words, under the same conditions."""
        if not self._terms:
            return
        text = " ".join(self._terms)
        yield ("every word anywhere in the document", int((self.mask & self._matcher.words(text)).sum()))
        called = np.logical_and.reduce([self._matcher.called(term) for term in self._terms])
        yield ("every word in its name or place", int((self.mask & called).sum()))
        for topic in self._matcher.topics_labelled(self._terms):
            label = self._matcher.corpus.topics[topic].label
            held = self._matcher.filtered(Filters(topic=(topic,)))
            yield (f"topic {topic} ({label})", int((self.mask & held).sum()))

    def _require(self, name: str, value: str, words: str, mask: Mask) -> None:
        self.conditions.append(Condition(name, value, words))
        self.mask = self.mask & mask

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.search(self._rest)
        if found:
            self._rest = f"{self._rest[: found.start()]} {self._rest[found.end() :]}"
        return found

    def _citing(self) -> None:
        for pattern, words in ((_CITED_BY, "is cited by"), (_CITING, "cites")):
            found = pattern.search(self._rest)
            resolution = self._resolved(found[1]) if found else None
            if found and resolution:
                corpus = self._matcher.corpus
                cite, documents = resolution
                mask = self._matcher.citing(cite) if words == "cites" else self._matcher.cited_by(documents)
                title = ", ".join(corpus.entries[corpus.rows[one]].citation or one for one in documents)
                self._require(words.replace(" ", "_"), cite, f"{words} {title}", mask)
                self._rest = self._rest[: found.start()] + " " + self._rest[found.start(1) + len(cite) :]
                return

    def _resolved(self, text: str) -> tuple[str, tuple[str, ...]] | None:
        """Return the longest beginning of a text that names held documents, without blanks at its end."""
        ends = [match.end() for match in re.finditer(r"\S+", text)][:40]
        for end in reversed(ends):
            cite = text[:end].rstrip("?.!,; ")
            found = resolve(self._matcher.corpus, self._matcher.jurisdictions, cite)
            if found is not None and found.documents:
                return cite, found.documents
            if found is not None and found.kind == "citation":
                raise QueryError(f"{cite!r} is a citation, but nothing is held under it, so nothing can be counted.")
        return None

    def _kind(self) -> None:
        for pattern, kinds, words in _KINDS:
            found = re.match(rf"\W*(?:\w+ ){{0,4}}?(?:{pattern})\b", self._rest, re.I)
            if found:
                at = re.search(rf"\b(?:{pattern})\b", self._rest, re.I)
                assert at is not None
                self._rest = f"{self._rest[: at.start()]} {self._rest[at.end() :]}"
                self._require("kind", ", ".join(kinds), words, self._matcher.filtered(Filters(kind=kinds)))
                return

    def _court(self) -> None:
        corpus = self._matcher.corpus
        held = {entry.court for entry in corpus.entries if entry.court}
        courts = [court for court in self._matcher.jurisdictions.courts if court.id in held]
        pairs = [(name, court) for court in courts for name in (court.name, *court.names)]
        names = sorted(pairs, key=lambda pair: -len(pair[0]))
        for name, court in names:
            if len(name) > 3 and self._take(re.compile(rf"\b(?:the )?{re.escape(name)}\b", re.I)):
                mask = self._matcher.filtered(Filters(court=(court.id,)))
                self._require("court", court.id, f"is of the {court.name}", mask)
                return
        if self._take(_THIS_COURT):
            if len(held) != 1:
                raise QueryError(f"Which court is meant? Held are: {', '.join(sorted(held)) or 'none'}.")
            mask = self._matcher.filtered(Filters(court=tuple(held)))
            self._require("court", courts[0].id, f"is of the {courts[0].name}", mask)

    def _years(self) -> None:
        found = self._take(_BETWEEN)
        if found:
            self._between(int(found[1]), int(found[2]))
            return
        for pattern, first, last in ((_SINCE, 0, None), (_AFTER, 1, None), (_BEFORE, None, -1), (_UNTIL, None, 0)):
            found = self._take(pattern)
            if found:
                year = int(next(group for group in found.groups() if group))
                self._between(None if first is None else year + first, None if last is None else year + last)
        found = self._take(_IN)
        if found:
            self._between(int(found[1]), int(found[1]))

    def _between(self, first: int | None, last: int | None) -> None:
        years = [entry.year for entry in self._matcher.corpus.entries]
        mask = np.array([y is not None and (first or 0) <= y <= (last or 9999) for y in years], dtype=np.bool_)
        if first == last:
            words = f"is of {first}"
        elif last is None:
            words = f"is of {first} or later"
        else:
            words = f"is of {last} or earlier" if first is None else f"is of {first} to {last}"
        self._require("year", f"{first or ''}-{last or ''}", words, mask)

    def _place(self) -> None:
        while found := self._take(_PLACE):
            level = f"{found[1].lower()} {found[2]}"
            wanted = re.compile(rf"\b{re.escape(level)}(?![\w.-]*\w)", re.I)
            entries = self._matcher.corpus.entries
            mask = np.array([any(wanted.search(label) for label in entry.place) for entry in entries], dtype=np.bool_)
            self._require("place", level, f"stands in {level}", mask)

    def _status(self) -> None:
        for pattern, status in _STATUS:
            if self._take(re.compile(rf"\b(?:{pattern})\b", re.I)):
                mask = self._matcher.holds(Field("status", status))
                self._require("status", status, f"is {status.replace('_', ' ')} as its publisher states", mask)
                return

    def _subject(self) -> None:
        code = self._code()
        if code:
            self._require("code", code[0], f"belongs to {code[1]}", self._matcher.filtered(Filters(code=(code[0],))))
        kept = _subject_of(re.findall(r"\w[\w'’.-]*", self._rest))
        self._terms = tuple(dict.fromkeys(tokens(" ".join(kept))))
        if self._terms:
            text = " ".join(word for word in kept if tokens(word))
            self.subject = self._matcher.within_a_passage(self._terms)
            words = f"holds every word of {text!r}, in any inflected form, in one passage or in its name or place"
            self.conditions.append(Condition("words", text, words))

    def _code(self) -> tuple[str, str] | None:
        held = {entry.code for entry in self._matcher.corpus.entries if entry.code}
        for code in self._matcher.jurisdictions.codes:
            if code.id in held and self._take(re.compile(rf"\b(?:of |in )?(?:the )?{re.escape(code.name)}\b", re.I)):
                return code.id, code.name
        return None


def _subject_of(found: list[str]) -> list[str]:
    """Return the words without those that join them to the question: of "that use the word use" the last is left."""
    kept = [word.rstrip(".-'’") for word in found]
    kept = [word for word in kept if word.lower() not in _ANYWHERE]
    while len(kept) > 1 and kept[0].lower() in _LEADING:
        kept.pop(0)
    if len(kept) == 1 and kept[0].lower() in _LEADING - _NOUNS:
        return []
    while kept and kept[-1].lower() in _TRAILING:
        kept.pop()
    return kept
