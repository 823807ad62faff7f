"""The authorities that a question names, looked up before anything is searched; what is not held is never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.retrieval.corpus import Corpus
from app.retrieval.lookup import resolve
from indexing.citations.find import CitationFinder
from indexing.models import Citation
from indexing.text import tokens
from scraper.jurisdictions import Jurisdictions
from scraper.models import DocumentKind

_PARTY = r"(?:[A-Z][\w.'’&-]*|of|the|and|for)"
_CASE_NAME = re.compile(rf"\b([A-Z][\w.'’&-]*(?:\s+{_PARTY}){{0,6}})\s+vs?\.\s+([A-Z][\w.'’&-]*(?:\s+{_PARTY}){{0,6}})")
_CAPITALISED = re.compile(r"(?<=[\s(\"“‘])[A-Z][a-z][\w'’-]{2,}")
_LEADING = re.compile(
    r"^(?:(?:Is|Was|Are|Were|Does|Do|Did|Has|Have|Can|Could|May|Must|Should|Will|Would|In|Under|After|Since|Why|How|When|Where|"
    r"What|Which|Who|The|Of|And|For|By|Before|Given|If)\s+)+"
)
_GENERIC = frozenset(
    tokens("State People United States Commonwealth City County Board Department Matter Estate Inc v vs")
)
_VERSUS = re.compile(r"\s+vs?\.\s+", re.I)
LEAST_INITIALS = 2  # of an abbreviated party must be those of the title
_SMALL_WORDS = frozenset(("of", "the", "and", "for", "et", "al", "in", "re"))


@dataclass(frozen=True, slots=True)
class Named:
    """Ids of the documents that a question names, and what could not be found, as written.

    `missing` are full citations: what they cite is not held. `unmatched` are names of cases, of which no more can be
    said than that no case bears exactly that name.
    """

    held: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    pinpoints: tuple[tuple[str, str], ...] = ()  # (document id, subdivision)
    places: tuple[tuple[int, int], ...] = ()  # where citations and names of cases held stand in the question
    unmatched: tuple[str, ...] = ()


class NamedAuthorities:
    """Finds citations and case names in questions over one corpus; safe to share between threads."""

    def __init__(self, corpus: Corpus, jurisdictions: Jurisdictions) -> None:
        self._corpus = corpus
        self._jurisdictions = jurisdictions
        self._finder = CitationFinder(jurisdictions)
        # sections are cited by number alone inside their own jurisdiction: a question may do the same
        self._scopes = ["", *sorted({f"{entry.jurisdiction}:" for entry in corpus.entries})]
        self._by_party: dict[str, set[str]] = {}
        self._titles: list[tuple[str, list[list[str]]]] = []
        for entry in corpus.entries:
            if entry.kind == DocumentKind.CASE.value:
                sides = [party_words(side) for side in _VERSUS.split(entry.title)]
                if len(sides) == 2:
                    self._titles.append((entry.id, sides))
                for word in set(tokens(entry.title)) - _GENERIC:
                    self._by_party.setdefault(word, set()).add(entry.id)

    def find(self, question: str) -> Named:
        """Return what a question names."""
        held: dict[str, None] = {}
        missing: dict[str, None] = {}
        pinpoints: list[tuple[str, str]] = []
        taken: list[tuple[int, int]] = []
        for citation in self._citations(question):
            taken.append((citation.start, citation.end))
            found = resolve(self._corpus, self._jurisdictions, citation.key)
            documents = found.documents if found else ()
            held.update(dict.fromkeys(documents))
            if not documents:
                missing[citation.raw] = None
            elif citation.pinpoint.startswith("("):
                pinpoints += [(document, citation.pinpoint) for document in documents]
        unmatched: dict[str, None] = {}
        for name, place, documents in list(self._case_names(question, taken)):
            held.update(dict.fromkeys(documents))
            if documents:
                taken.append(place)
            else:
                unmatched[name] = None
        return Named(tuple(held), tuple(missing), tuple(pinpoints), tuple(taken), tuple(unmatched))

    def cited(self, text: str) -> list[tuple[str, str | None]]:
        """Return each citation written in a text with the one document that it names, else None."""
        found = []
        for citation in self._citations(text):
            held = resolve(self._corpus, self._jurisdictions, citation.key)
            documents = held.documents if held else ()
            found.append((citation.raw, documents[0] if len(documents) == 1 else None))
        return found

    def _citations(self, question: str) -> list[Citation]:
        best: dict[tuple[int, int], Citation] = {}
        for scope in self._scopes:
            for citation in self._finder.find(question, scope, ""):
                if citation.key:
                    held = resolve(self._corpus, self._jurisdictions, citation.key)
                    place = (citation.start, citation.end)
                    if place not in best or (held and held.documents):
                        best[place] = citation
        kept: list[Citation] = []
        for citation in sorted(best.values(), key=lambda c: (c.start - c.end, c.start)):  # the longest reading stands
            if all(citation.end <= other.start or other.end <= citation.start for other in kept):
                kept.append(citation)
        return sorted(kept, key=lambda c: c.start)

    def _case_names(
        self, question: str, taken: list[tuple[int, int]]
    ) -> Iterator[tuple[str, tuple[int, int], tuple[str, ...]]]:
        """Yield each case named by its parties, or by a word that only that case and those that cite it have."""
        places: list[tuple[int, int]] = []
        for match in _CASE_NAME.finditer(question):
            places.append(match.span())
            name = _LEADING.sub("", match.group())
            first, second = (set(tokens(side)) - _GENERIC for side in re.split(r"\s+vs?\.\s+", name))
            fitting = self._with_parties(first, second) or self._shortened(name)
            cited = any(match.end() <= start <= match.end() + 4 for start, _ in taken)
            if fitting or not cited:  # "Roe v. Wade, 410 U.S. 113" is told of once, by its citation
                yield name, (match.end() - len(name), match.end()), fitting
        for match in _CAPITALISED.finditer(question):
            if any(start <= match.start() < end for start, end in [*places, *taken]):
                continue
            for word in tokens(match.group()):
                documents = self._by_party.get(word, set())
                if len(documents) == 1 and self._is_name(match.group(), next(iter(documents))):
                    yield match.group(), match.span(), tuple(documents)

    def _with_parties(self, first: set[str], second: set[str]) -> tuple[str, ...]:
        sides = [[self._by_party.get(word, set()) for word in side] for side in (first, second) if side]
        groups = [set.intersection(*side) for side in sides]
        fitting = set.intersection(*groups) if groups else set()
        return tuple(sorted(fitting))

    def _shortened(self, name: str) -> tuple[str, ...]:
        """Return the cases whose parties are those named, where a side may be written by its initials."""
        sides = [party_words(side) for side in _VERSUS.split(name)]
        if len(sides) != 2 or not all(sides):
            return ()
        return tuple(sorted(one for one, title in self._titles if all(map(fits, sides, title))))

    def _is_name(self, word: str, document: str) -> bool:
        """Tell whether a word is met mostly in a case and in what cites it."""
        corpus = self._corpus
        rows = set(corpus.passage_rows[np.flatnonzero(corpus.lexical.scores(word))].tolist())
        known = {corpus.rows[document], *(corpus.rows[c.document_id] for _, c in corpus.catalogue.citing(document))}
        return bool(rows) and len(rows & known) >= 0.5 * len(rows)


def party_words(side: str) -> list[str]:
    """Return the words of one party, as written but for small words and full stops."""
    found = (word.strip(".,;:'’") for word in side.split())
    return [word for word in found if word and word.casefold() not in _SMALL_WORDS]


def fits(asked: list[str], held: list[str]) -> bool:
    """Tell whether one party as a question writes it is one as a title writes it.

    All its words are met there, or it is the initials of the title's words; a title may have been cut short.
    """
    if set(tokens(" ".join(asked))) <= set(tokens(" ".join(held))) and tokens(" ".join(asked)):
        return True
    letters = asked[0].replace(".", "") if len(asked) == 1 else ""
    initials = "".join(word[0] for word in held).upper()
    shared = min(len(letters), len(initials))
    return letters.isupper() and shared >= LEAST_INITIALS and letters[:shared] == initials[:shared]
