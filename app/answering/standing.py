"""What became of an authority, as far as the texts held say it: its publisher's status, and words of later opinions.

Nothing here judges: a warning quotes the status or the sentence and names who wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from app.answering.units import Unit, units
from app.retrieval.corpus import Corpus
from indexing.catalogue import Entry
from indexing.models import Speaker
from scraper.models import Document, DocumentKind, DocumentStatus

MOST_CITING = 20  # the newest opinions that cite an authority are read
OF_THE_COURT = (Speaker.MAJORITY, Speaker.PER_CURIAM)
_STATUS_WORDS = {
    DocumentStatus.REPEALED: "is repealed",
    DocumentStatus.RESERVED: "is a reserved number without text",
    DocumentStatus.RENUMBERED: "was renumbered and no longer stands under this number",
    DocumentStatus.EXPIRED: "has expired",
    DocumentStatus.WITHDRAWN: "was withdrawn from its source",
}
_GENERIC = frozenset(
    ("state", "people", "united", "states", "commonwealth", "city", "county", "village", "town", "board", "department",
     "commissioner", "matter", "estate", "water", "right", "rights", "company", "corp", "inc")
)  # fmt: skip
_VERB = r"(?:overrul|abrogat|disapprov)"
_ACTIVE = re.compile(rf"\b{_VERB}(?:e|es|ed|ing|s)?\b(?!\s+by)", re.I)
_PASSIVE = re.compile(
    rf"\b(?:is|are|was|were|been|be|stands?)\s+(?:(?:hereby|expressly|therefore)\s+)?{_VERB}e?d\b", re.I
)
_NOT_DONE = re.compile(
    r"\b(?:not|never|nor|declin\w+|refus\w+|should|would|could|might|ask\w*|urg\w+|argu\w+|contend\w*|whether|if|invit\w+|"
    r"reconsider\w*|need)\b",
    re.I,
)
_STRIKES = re.compile(r"\b(?:unconstitutional|invalid|void)\b", re.I)
_HOLDS = re.compile(
    r"\bwe (?:therefore |accordingly )?(?:hold|conclude|declare)\b|\bis (?:therefore )?unconstitutional\b", re.I
)
_MAY_UNDO = re.compile(rf"\b{_VERB}\w*|\b(?:unconstitutional|invalid|void|reversed|vacated)\b", re.I)
_ON_ITS_FACE = re.compile(r"\b(?:on its face|facially|in its entirety)\b", re.I)
_UNDONE = re.compile(
    r"\b(?:decision|judgment|order)\b[^.;]{0,80}\b(?:is|are)\s+(?:(?:therefore|accordingly)\s+)?(reversed|vacated)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class LaterWord:
    """A sentence of a later opinion, speaking for its court, that undoes an authority."""

    entry: Entry
    document: Document
    unit: Unit
    text: str

    @property
    def entirely(self) -> bool:
        """Tell whether nothing is left of the authority: a statute struck down on its face."""
        return _ON_ITS_FACE.search(self.text) is not None


def not_in_force(document: Document, today: date) -> str:
    """Return why a provision has no force, as a clause, or "" where its publisher shows it in force."""
    if document.kind is DocumentKind.CASE:
        return ""
    stated = _STATUS_WORDS.get(document.status)
    if stated:
        return stated
    begins, ends = _day(document.effective_from), _day(document.effective_to)
    if begins and begins > today:
        return f"takes effect only on {begins.isoformat()}"
    if ends and ends < today:
        return f"had effect only until {ends.isoformat()}"
    return ""


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None


def warnings_of(document: Document, today: date) -> Iterator[str]:
    """Yield what a reader must be told before relying on a document."""
    name = document.citation or document.title
    reason = not_in_force(document, today)
    if reason:
        yield f"{name} {reason}."
    for warning in document.warnings:
        yield f"{name}: {warning}"
    if document.publication == "unpublished":
        yield f"{name} is an unpublished opinion."


class LaterWords:
    """Finds sentences that undo a case in the opinions held that cite it; safe to share between threads."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._same_title: dict[str, list[Entry]] = {}
        for entry in corpus.entries:
            if entry.kind == DocumentKind.CASE.value:
                self._same_title.setdefault(entry.title.casefold(), []).append(entry)

    def of(self, entry: Entry) -> list[LaterWord]:
        """Return the sentences that undo a case or strike a provision down, newest opinion first."""
        if entry.kind == DocumentKind.CASE.value:
            found = [*self._reversed_above(entry), *self._overruled(entry)]
        else:
            found = list(self._struck_down(entry))
        return sorted(found, key=lambda word: (word.entry.date or "", word.unit.core), reverse=True)

    def strikes(self, document_id: str) -> list[LaterWord]:
        """Return the sentences in which a case itself strikes something down."""
        return list(self._words(self._corpus.entries[self._corpus.rows[document_id]], strikes_down))

    def _overruled(self, entry: Entry) -> Iterator[LaterWord]:
        catalogue, name = self._corpus.catalogue, self._short_name(entry)
        if not name:
            return
        ids = {citation.document_id for _, citation in catalogue.citing(entry.id)}
        citing = [self._corpus.entries[self._corpus.rows[one]] for one in ids]
        later = [one for one in citing if (one.date or "") >= (entry.date or "") and one.kind == entry.kind]
        for one in sorted(later, key=lambda e: (e.date or "", e.id), reverse=True)[:MOST_CITING]:
            # a court has no power over another jurisdiction's decisions
            below = (one.court_level, entry.court_level) == ("appellate", "supreme")
            if one.jurisdiction != entry.jurisdiction or below:
                continue
            yield from self._words(one, lambda text: undoes(text, name, entry.title))

    def _struck_down(self, entry: Entry) -> Iterator[LaterWord]:
        """Yield what opinions hold of a provision in a sentence that cites it."""
        places: dict[str, list[int]] = {}
        for _, citation in self._corpus.catalogue.citing(entry.id):
            places.setdefault(citation.document_id, []).append(citation.start)
        citing = [self._corpus.entries[self._corpus.rows[one]] for one in places]
        for one in sorted(citing, key=lambda e: (e.date or "", e.id), reverse=True)[:MOST_CITING]:
            if one.kind == DocumentKind.CASE.value:
                for word in self._words(one, strikes_down):
                    start, end = word.unit.core
                    if any(start <= place < end for place in places[one.id]):
                        yield word

    def _reversed_above(self, entry: Entry) -> Iterator[LaterWord]:
        """Yield the disposition of the same dispute by a higher court."""
        for one in self._same_title[entry.title.casefold()]:
            higher = one.court != entry.court and (one.date or "") > (entry.date or "")
            if higher and one.jurisdiction == entry.jurisdiction and self._cites(one, entry):
                yield from self._words(one, lambda text: _UNDONE.search(text) is not None)

    def _cites(self, one: Entry, other: Entry) -> bool:
        return any(citation.document_id == one.id for _, citation in self._corpus.catalogue.citing(other.id))

    def _words(self, entry: Entry, wanted: Callable[[str], bool]) -> Iterator[LaterWord]:
        document = self._corpus.catalogue.version(entry.id, entry.version).document.with_id(entry.id)
        # sentences around the few words that can undo anything; a long opinion is not cut up whole
        near = [match.span() for match in _MAY_UNDO.finditer(document.text)]
        for unit in units(document, near) if near else ():
            if unit.speaker in OF_THE_COURT:
                start, end = unit.core
                if wanted(" ".join(document.text[start:end].split())):
                    yield LaterWord(entry, document, unit, unit.words(document.text))

    def _short_name(self, entry: Entry) -> str:
        """Return the word of a case's name by which later opinions call it: the one that is met least."""
        words = [w for w in re.findall(r"\b[A-Z][\w'’-]{3,}", entry.title) if w.lower() not in _GENERIC]
        first = [w for w in words if w in re.split(r"\s+v\.\s+", entry.title)[0].split()] or words
        rarest = sorted(first, key=lambda w: int(np.count_nonzero(self._corpus.lexical.scores(w))))
        return rarest[0] if rarest else ""


def undoes(sentence: str, name: str, title: str) -> bool:
    """Tell whether a sentence says that the case called `name` is overruled, abrogated or disapproved.

    What is denied, asked for or said of another case does not count.
    """
    if not re.search(rf"\b{re.escape(name)}\b", sentence):
        return False
    for verb in _PASSIVE.finditer(sentence):
        places = [m for m in re.finditer(rf"\b{re.escape(name)}\b", sentence[: verb.start()])]
        if places and not _other_case(sentence[places[-1].end() : verb.start()], title) and not _denied(sentence, verb):
            return True
    for verb in _ACTIVE.finditer(sentence):
        rest = sentence[verb.end() : verb.end() + 80]
        place = re.search(rf"\b{re.escape(name)}\b", rest)
        passive = _PASSIVE.search(sentence, max(0, verb.start() - 30), verb.end())
        if place and not passive and not _other_case(rest[: place.start()], title) and not _denied(sentence, verb):
            return True
    return False


def strikes_down(sentence: str) -> bool:
    """Tell whether a sentence holds something unconstitutional, rather than denying or reporting it."""
    found = _STRIKES.search(sentence)
    return found is not None and _HOLDS.search(sentence) is not None and not _denied(sentence, found)


def _other_case(between: str, title: str) -> bool:
    own = set(re.findall(r"\w+", title))
    return any(word not in own for word in re.findall(r"\b[A-Z][a-z]{3,}\b", between))


def _denied(sentence: str, verb: re.Match[str]) -> bool:
    clause = re.split(r"[;,]", sentence[: verb.start()])[-1]
    return _NOT_DONE.search(clause + sentence[verb.start() : verb.start() + 4]) is not None
