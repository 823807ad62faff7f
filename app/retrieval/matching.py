"""Exactly which documents a condition holds for: sets, not scores. What counts and boolean queries are made of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from app.retrieval.corpus import Corpus
from app.retrieval.expression import All, Any, Expression, Field, Not, Phrase, Words
from app.retrieval.lookup import resolve
from app.retrieval.query import Filters
from indexing.citations.keys import name_key
from indexing.interfaces import Mask
from indexing.models import IntVector
from indexing.text import fold_quotes, tokens
from scraper.errors import QueryError
from scraper.jurisdictions import Jurisdictions
from scraper.models import DocumentKind, DocumentStatus

_NAMED_KINDS = {"opinion": "case", "decision": "case"}
_ALL = 2**31
MOST_READ = 100_000  # passages read for the phrases of one query; a single phrase may have more
_DAY = re.compile(r"(\d{4})(?:-(\d{2})-(\d{2}))?")


@dataclass(slots=True)
class _Known:
    """What one query has found out. read: passages whose text was read for its phrases."""

    masks: dict[Words | Phrase | Field, Mask] = field(default_factory=dict)
    read: int = 0


@dataclass(frozen=True)
class Matcher:
    """Conditions over one generation; every answer is a mask over its documents, `(n_documents,)`."""

    corpus: Corpus
    jurisdictions: Jurisdictions

    def holds(self, condition: Expression) -> Mask:
        """Return the documents for which a condition holds.

        Raises QueryError for a field's value that means nothing, and for phrases that are too common together.
        """
        return self._holds(condition, _Known())

    def _holds(self, condition: Expression, known: _Known) -> Mask:
        if isinstance(condition, Not):
            return np.logical_not(self._holds(condition.part, known))
        if isinstance(condition, (All, Any)):
            parts = [self._holds(part, known) for part in condition.parts]
            both = np.logical_and if isinstance(condition, All) else np.logical_or
            return np.asarray(both.reduce(parts), dtype=np.bool_)
        if condition not in known.masks:
            known.masks[condition] = self._leaf(condition, known)
        return known.masks[condition]

    def _leaf(self, condition: Words | Phrase | Field, known: _Known) -> Mask:
        if isinstance(condition, Words):
            return self.words(condition.text)
        if isinstance(condition, Field):
            return self.field(condition.name, condition.value)
        read = len(self._near(condition.text))
        if known.read and known.read + read > MOST_READ:
            raise QueryError(
                f"The phrases are too common: their words stand in more than {MOST_READ:,} passages. Quote fewer, or "
                "longer ones."
            )
        known.read += read
        return self.phrase(condition.text)

    @property
    def _size(self) -> int:
        return len(self.corpus.entries)

    def _of(self, rows: object) -> Mask:
        mask = np.zeros(self._size, dtype=np.bool_)
        mask[np.asarray(rows, dtype=np.int64)] = True
        return mask

    def words(self, text: str) -> Mask:
        """Return the documents that hold every word, in any inflected form, in their text or in what they are called.

        Stop words are in no index and ask nothing.
        """
        mask = np.ones(self._size, dtype=np.bool_)
        for term in dict.fromkeys(tokens(text)):
            mask &= self._of(self.corpus.passage_rows[self.corpus.lexical.containing(term)]) | self.called(term)
        return mask

    def called(self, term: str) -> Mask:
        """Return the documents whose name, citation or place holds a term."""
        return self._of(self.corpus.headings.containing(term))

    def within_a_passage(self, terms: tuple[str, ...]) -> Mask:
        """Return the documents of which one passage holds every term, or whose name or place does."""
        passages: IntVector | None = None
        heading = np.ones(self._size, dtype=np.bool_)
        for term in terms:
            rows = self.corpus.lexical.containing(term)
            passages = rows if passages is None else np.intersect1d(passages, rows, assume_unique=True)
            heading &= self.called(term)
        held = self._of(self.corpus.passage_rows[passages]) if passages is not None else np.ones_like(heading)
        return held | heading

    def phrase(self, text: str) -> Mask:
        """Return the documents in whose name or text words stand verbatim; case, quotes and blanks are folded.

        A phrase may run from one passage into the next, not farther.
        """
        wanted = _folded(text)
        named = [row for row, entry in enumerate(self.corpus.entries) if wanted in _folded(entry.title)]
        mask, passages = self._of(named), self.corpus.passages
        for first in self._near(text):
            one, row = passages[first], self.corpus.passage_rows[first]
            last = passages[min(first + 1, len(passages) - 1)]
            end = last.end if last.document_id == one.document_id else one.end
            if not mask[row]:
                stretch = self.corpus.catalogue.text(one.document_id, one.start, end, one.version)
                mask[row] = wanted in _folded(stretch)
        return mask

    def _near(self, text: str) -> IntVector | range:
        """Return the passages that are read for a phrase: all of them where no word of it is in the index."""
        terms = tuple(dict.fromkeys(tokens(text)))
        return self._pairs(terms) if terms else range(len(self.corpus.passages))

    def _pairs(self, terms: tuple[str, ...]) -> IntVector:
        """Return each passage that holds, with the one after it, every term."""
        found: IntVector | None = None
        for term in terms:
            rows = self.corpus.lexical.containing(term)
            either = np.union1d(rows, rows[rows > 0] - 1)
            found = either if found is None else np.intersect1d(found, either, assume_unique=True)
        return np.zeros(0, np.int64) if found is None else found

    def field(self, name: str, value: str) -> Mask:
        """Return the documents for which one field holds; raise QueryError saying what would."""
        if name == "title":
            return self._titled(value)
        if name == "cites":
            return self.citing(value)
        return self.filtered(self._filters(name, value))

    def filtered(self, filters: Filters) -> Mask:
        """Return the documents that pass filters."""
        allowed = self.corpus.allowed(filters)
        return np.ones(self._size, dtype=np.bool_) if allowed is None else allowed

    def _filters(self, name: str, value: str) -> Filters:
        if name == "court":
            return Filters(court=self.courts(value))
        if name == "topic":
            return Filters(topic=self.topics(value))
        if name == "kind":
            return Filters(kind=(_member(name, value, DocumentKind),))
        if name == "status":
            return Filters(status=(_member(name, value, DocumentStatus),))
        if name == "year":
            return Filters(year=(_day(name, value, last=False).year,))
        after = name == "after"
        day = _day(name, value, last=after)
        # "after 1999" and "before 1999" leave 1999 out; a day is left out likewise.
        try:
            shifted = date.fromordinal(day.toordinal() + (1 if after else -1))
        except ValueError:
            raise QueryError(f"{name}:{value} lies outside all dates; write a year such as {name}:1999.") from None
        return Filters(date_from=shifted) if after else Filters(date_to=shifted)

    def _titled(self, value: str) -> Mask:
        terms = set(tokens(value))
        if not terms:
            return self._of([])
        near = np.flatnonzero(np.logical_and.reduce([self.called(term) for term in sorted(terms)]))
        return self._of([row for row in near if terms <= set(tokens(self.corpus.entries[int(row)].title))])

    def citing(self, cite: str) -> Mask:
        """Return the documents that cite what a citation, name or id stands for; raise QueryError if none is held."""
        found = resolve(self.corpus, self.jurisdictions, cite)
        if found is None or not found.documents:
            raise QueryError(f"cites:{cite!r} names no document that is held; write a citation such as 521 U.S. 844.")
        return self.citing_any(found.documents)

    def citing_any(self, documents: tuple[str, ...], pinpoint: str = "") -> Mask:
        """Return the documents that cite any of some others, at a subdivision such as "(c)" or within it if given."""
        wanted = pinpoint.replace(" ", "") if pinpoint.startswith("(") else ""
        citing = [one for document in documents for _, one in self.corpus.catalogue.citing(document)]
        fitting = {one.document_id for one in citing if one.pinpoint.replace(" ", "").startswith(wanted)}
        sources = fitting - set(documents)
        return self._of([self.corpus.rows[source] for source in sources if source in self.corpus.rows])

    def party(self, name: str) -> tuple[str, ...]:
        """Return the cases of which one party, and nothing else, is so called; in order of id."""
        return self._parties.get(name_key(name), ())

    @cached_property
    def _parties(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = defaultdict(set)
        for key, document in self.corpus.catalogue.all_names("name"):
            sides = key.split(" v ")
            for side in sides if len(sides) == 2 and document in self.corpus.rows else ():
                found[side].add(document)
        return {side: tuple(sorted(ids)) for side, ids in found.items()}

    def cited_by(self, documents: Iterable[str]) -> Mask:
        """Return the documents that any of some documents cites; none cites itself."""
        found = [
            self.corpus.rows[citation.to]
            for document in documents
            for _, citation in self.corpus.catalogue.citations_of(document, _ALL)
            if citation.to and citation.to in self.corpus.rows and citation.to != document
        ]
        return self._of(found)

    def courts(self, value: str) -> tuple[str, ...]:
        """Return the ids of the courts that an id, a name or words of a name stand for; raise QueryError for none."""
        exact = self.jurisdictions.court(value)
        if exact is not None:
            return (exact.id,)
        terms = set(tokens(value))
        held = {entry.court for entry in self.corpus.entries if entry.court}
        courts = [court for court in self.jurisdictions.courts if court.id in held]
        named = tuple(court.id for court in courts if terms and terms <= set(tokens(court.name)))
        if not named:
            raise QueryError(f"There is no court {value!r} here; held are: {', '.join(sorted(held)) or 'none'}.")
        return named

    def topics(self, value: str) -> tuple[str, ...]:
        """Return the ids of the topics that an id or words of a label stand for; raise QueryError for none."""
        if value in self.corpus.topics:
            return (value,)
        terms = set(tokens(value))
        named = self.topics_labelled(terms)
        if not named:
            raise QueryError(f"There is no topic {value!r}; `lexatlas topics list` and /v1/topics show ids and labels.")
        return named

    def topics_labelled(self, terms: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of the topics whose label holds every term, parents first; none for no term."""
        wanted = frozenset(terms)
        return tuple(key for key, labels in self._labels.items() if wanted and wanted <= labels)

    @cached_property
    def _labels(self) -> dict[str, frozenset[str]]:
        return {key: frozenset(tokens(topic.label)) for key, topic in self.corpus.topics.items() if topic.depth}


def _folded(text: str) -> str:
    return " ".join(fold_quotes(text).casefold().split())


def _member(name: str, value: str, known: type[DocumentKind] | type[DocumentStatus]) -> str:
    folded = value.casefold().replace(" ", "_").replace("-", "_")
    for form in (folded, folded.removesuffix("s")):
        member = _NAMED_KINDS.get(form, form) if name == "kind" else form
        if member in set(known):
            return member
    raise QueryError(f"{value!r} is no {name}; use one of: {', '.join(sorted(known))}.")


def _day(name: str, value: str, *, last: bool) -> date:
    match = _DAY.fullmatch(value)
    if match is None:
        raise QueryError(f"{name}:{value} is no year or day; write {name}:1999 or {name}:1999-12-31.")
    year, month, day = match.groups()
    try:
        return date(int(year), int(month or (12 if last else 1)), int(day or (31 if last else 1)))
    except ValueError:
        raise QueryError(f"{name}:{value} is no day of the calendar; write {name}:1999-12-31.") from None
