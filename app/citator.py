"""What became of the authorities of one generation: the treatments stored with it, and what may safely be said."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

from app.retrieval.corpus import Corpus
from indexing.catalogue import FILE, Entry
from indexing.citations.keys import name_key
from indexing.citator import Citator
from indexing.treatment.annotations import TopicNotes
from indexing.treatment.models import UNDOING, Authority, Shelf, Treatment
from indexing.treatment.parentheticals import Parenthetical
from indexing.treatment.status import Level, Status, on_other_grounds, reason_words, status_of
from scraper.errors import GenerationDamaged
from scraper.jurisdictions import Jurisdictions
from scraper.models import DocumentKind

NOT_READ = "This build holds no treatment of authorities, an earlier release made it; build again."


class Standings:
    """The standing of each authority of one generation; made once, safe to share between threads.

    `held` is false for a generation of an earlier release, of which nothing is known; asking then raises
    GenerationDamaged, which says so.
    """

    def __init__(self, corpus: Corpus, jurisdictions: Jurisdictions) -> None:
        self._corpus = corpus
        self._jurisdictions = jurisdictions
        self._citator = Citator(corpus.generation.folder / FILE)
        self.held = self._citator.held
        self._shelf = Shelf({entry.id: _authority(entry) for entry in corpus.entries})
        self._latest = _latest(corpus.entries)
        self._status = lru_cache(maxsize=4096)(self._read)

    def status(self, document_id: str) -> Status:
        """Return what was found of a document, its reasons in order."""
        return self._status(document_id)

    def treatments(self, document_id: str) -> list[Treatment]:
        """Return all that is said of a document: the reasons of its status first, then the rest, latest first."""
        status = self.status(document_id)
        first = [*status.reasons, *status.others]
        rest = [one for one in self._said(document_id) if one not in first]
        rest.sort(key=lambda one: (not one.counts, -(one.date.toordinal() if one.date else 0), one.citing, one.start))
        return [*first, *rest]

    def by(self, document_id: str) -> list[Treatment]:
        """Return what a case does to the authorities that it names, in order of place."""
        self._need()
        return self._citator.by(document_id)

    def undone(self, document_id: str) -> str:
        """Return in safe words what took from an authority, "" where nothing negative is known of it."""
        if not self.held:
            return ""
        status = self.status(document_id)
        return _sentence(self.name(document_id), status.words) if status.level is Level.NEGATIVE else ""

    def told_of(self, key: str) -> Sequence[Treatment]:
        """Return what undoes an authority that is not held, named by the key of its citation."""
        return self._unheld.get(key, ()) if self.held else ()

    def undone_unheld(self, key: str) -> str:
        """Return what the opinions held tell of the end of an authority that is not held itself, "" for nothing."""
        clauses = dict.fromkeys(self.words(one) for one in self.told_of(key))
        return _sentence(key, f"{'; '.join(clauses)} (told by opinions held here)") if clauses else ""

    def undone_named(self, text: str) -> list[str]:
        """Return what the opinions held tell of the end of authorities that a text names and that are not held.

        A name is taken where both parties stand in the text, or the first alone if no case that is held has the word in
        its name. Names are as the citing opinions write them.
        """
        words = set(re.findall(r"\b[A-Z][\w'’-]{3,}", text))
        folded = {name_key(word) for word in words}
        found = []
        for key, acts in self._unheld.items() if self.held else ():
            sides = [side.split() for side in name_key(acts[0].cited_name).split(" v ")]
            telling = [next((word for word in side if len(word) > 3), "") for side in sides]
            if len(sides) == 2 and telling[0] in folded and (telling[1] in folded or self._names_nobody(telling[0])):
                clauses = dict.fromkeys(self.words(one) for one in acts)
                told = f"{'; '.join(clauses)} (told by opinions held here)"
                found.append(_sentence(f"{acts[0].cited_name}, {key}, which is not held here", told))
        return found

    def _names_nobody(self, word: str) -> bool:
        """Tell whether no case that is held has a word in its name."""
        return word not in self._held_words

    @cached_property
    def _held_words(self) -> frozenset[str]:
        cases = (one.title for one in self._shelf.by_id.values() if one.kind is DocumentKind.CASE)
        return frozenset(word for title in cases for word in name_key(title).split())

    @cached_property
    def _unheld(self) -> dict[str, list[Treatment]]:
        found: dict[str, list[Treatment]] = {}
        for one in self._citator.unheld():
            if one.counts and one.kind in UNDOING and one.cited_key and not on_other_grounds(one):
                found.setdefault(one.cited_key, []).append(one)
        return found

    def words(self, one: Treatment) -> str:
        """Return one treatment as a clause: what was done, by which decision, and who tells it."""
        return reason_words(one, self._shelf)

    def name(self, document_id: str) -> str:
        """Return the citation or the title of a document that is held, else its id."""
        known = self._shelf.by_id.get(document_id)
        return (known.citation or known.title) if known else document_id

    def parentheticals(self, document_id: str, limit: int) -> tuple[Parenthetical, ...]:
        """Return what brackets behind its citations say of a document, the most telling first."""
        self._need()
        return self._citator.parentheticals(document_id, limit)

    def notes(self, document_id: str) -> tuple[TopicNotes, ...]:
        """Return the passages of cases that construe a document, by topic."""
        self._need()
        return self._citator.notes(document_id)

    def citing_cases(self, document_id: str) -> frozenset[str]:
        """Return the other cases that cite a document, or say something of it by name."""
        rows = {citation.document_id for _, citation in self._corpus.catalogue.citing(document_id)}
        rows |= {one.citing for one in self._said(document_id)}
        return frozenset(one for one in rows - {document_id} if self._is_case(one))

    def _read(self, document_id: str) -> Status:
        self._need()
        authority = self._shelf.by_id.get(document_id) or _authority(self._corpus.catalogue.entry(document_id))
        read = len(self.citing_cases(document_id))
        day = self._latest.get(authority.jurisdiction) or max(self._latest.values(), default=None)
        said = self._said(document_id)
        status = status_of(authority, said, read, day, self._jurisdictions, self._shelf)
        others = self._corpus.cited_counts.get(document_id, 0)
        if not read and others:  # statutes cite it; they hold nothing of it, and were not read for that
            held = "the document held that cites it" if others == 1 else f"the {others} documents held that cite it"
            words = f"no opinion is among {held}{f', to {day.isoformat()}' if day else ''}: nothing was looked at"
            return replace(status, words=words)
        return status

    def _said(self, document_id: str) -> Sequence[Treatment]:
        return [one for one in self._citator.of(document_id) if one.citing != document_id]

    def _is_case(self, document_id: str) -> bool:
        known = self._shelf.by_id.get(document_id)
        return known is not None and known.kind is DocumentKind.CASE

    def _need(self) -> None:
        if not self.held:
            raise GenerationDamaged(NOT_READ)


def _latest(entries: Sequence[Entry]) -> dict[str, dt.date]:
    """Return the day of the latest decision held of each jurisdiction."""
    found: dict[str, str] = {}
    for entry in entries:
        if entry.kind == DocumentKind.CASE.value and entry.date:
            found[entry.jurisdiction] = max(found.get(entry.jurisdiction, ""), entry.date)
    return {jurisdiction: dt.date.fromisoformat(day) for jurisdiction, day in found.items()}


def _authority(entry: Entry) -> Authority:
    return Authority(entry.id, DocumentKind(entry.kind), entry.jurisdiction, entry.title, entry.citation, entry.court,
                     dt.date.fromisoformat(entry.date) if entry.date else None)  # fmt: skip


def _sentence(name: str, words: str) -> str:
    return f"{name}: {words}."


__all__ = ["NOT_READ", "Standings"]
