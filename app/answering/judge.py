"""Whether a question rests on something that the texts contradict, and what must then be said first.

Each rule decides or stays silent; the first that decides holds. None of them reads more than words, status and dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.answering.evidence import Evidence, Gathered
from app.answering.models import AnswerStatus
from app.answering.premise import denied, no_limit, wrong_figure
from app.answering.question import Question, QuestionKind
from app.answering.standing import LaterWord, LaterWords, not_in_force
from app.retrieval.corpus import Corpus
from indexing.models import Speaker
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind, SpanKind

AUTHORITY = (Speaker.LAW, Speaker.MAJORITY, Speaker.PER_CURIAM, Speaker.UNKNOWN)
_UNDOING = re.compile(r"\b(?:overrul|abrogat|disapprov)", re.I)
_STRIKING = re.compile(r"\bunconstitutional\b|\bstr(?:uck|ikes?) down\b", re.I)
_ALL_OF_IT = re.compile(r"\b(?:all of|entire(?:ly)?|whole|wholly|altogether)\b|\bon its face\b", re.I)


@dataclass(frozen=True, slots=True)
class Ruling:
    """How a question ends, the quotations that must stand first, and the reason where it is not plainly answered."""

    status: AnswerStatus = AnswerStatus.ANSWERED
    first: tuple[Evidence, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Case:
    """What the rules look at: the question, what was chosen, and the later words on what it names."""

    question: Question
    gathered: Gathered
    chosen: Sequence[Evidence]
    undone: Mapping[str, list[LaterWord]]
    words: tuple[LaterWord, ...]

    @property
    def asks_for_status(self) -> bool:
        """Tell whether the question is what became of an authority, so that it takes nothing for granted."""
        return self.question.kind in (QuestionKind.STATUS, QuestionKind.HISTORY)


class Judge:
    """Rules on the premise of questions over one corpus; safe to share between threads."""

    def __init__(
        self, corpus: Corpus, jurisdictions: Jurisdictions, later: LaterWords, today: Callable[[], date]
    ) -> None:
        self._corpus = corpus
        self._jurisdictions = jurisdictions
        self._later = later
        self._today = today

    def rule(self, gathered: Gathered, chosen: Sequence[Evidence], undone: Mapping[str, list[LaterWord]]) -> Ruling:
        """Return the ruling on a question whose quotations are chosen, best first."""
        words = tuple(word for one in gathered.named.held for word in undone.get(one, ()))
        case = _Case(gathered.question, gathered, chosen, undone, words)
        for rule in (self._without_force, self._undone, self._not_undone, self._not_of_the_court, self._contradicted):
            ruling = rule(case)
            if ruling is not None:
                return ruling
        return Ruling()

    def _without_force(self, case: _Case) -> Ruling | None:
        """A provision that the question names, or takes for granted, is repealed, expired or not yet in effect."""
        if case.asks_for_status:
            return None
        for item in case.chosen:
            lost = not_in_force(item.document, self._today())
            granted = case.question.assertive and item is case.chosen[0]
            if lost and (granted or item.entry.id in case.gathered.named.held):
                first = tuple(one for one in case.chosen if one.entry.id == item.entry.id)
                return _corrected(first, f"{item.entry.citation or item.entry.title} {lost}.")
        return None

    def _undone(self, case: _Case) -> Ruling | None:
        """A named authority was overruled or struck down: said first, and a correction where it was relied on."""
        question, words = case.question, case.words
        struck = [word for word in words if word.entirely]
        striking = _STRIKING.search(question.text) is not None
        if not words or not (question.kind is QuestionKind.STATUS or struck or striking):
            return None
        first = (_as_evidence((struck or list(words))[0], case.chosen[0]),)
        reason = self._too_much(case)
        if reason:
            return _corrected(first, reason)
        told = striking or _UNDOING.search(question.text) is not None
        if (question.assertive and not told) or (struck and not case.asks_for_status):
            return _corrected(first, "A later opinion undid an authority that the question relies on.")
        return Ruling(first=first)

    def _too_much(self, case: _Case) -> str:
        """Return why a question gives more to the words that undid an authority than they say."""
        text = case.question.text
        if not case.question.assertive:
            return ""
        if _STRIKING.search(text) and _ALL_OF_IT.search(text) and not any(word.entirely for word in case.words):
            return "The opinion quoted did not strike the whole provision down."
        courts = {court.id for court in self._jurisdictions.courts if court.name.casefold() in text.casefold()}
        if courts and _UNDOING.search(text) and not courts & {word.entry.court for word in case.words}:
            return "The opinion that undid the authority is another court's."
        return ""

    def _not_undone(self, case: _Case) -> Ruling | None:
        """The question takes for granted that a case was overruled, or struck something down, and no court says so."""
        named = case.gathered.named.held
        cases = [one for one in named if self._corpus.entries[self._corpus.rows[one]].kind == DocumentKind.CASE.value]
        if not case.question.assertive or not cases:
            return None
        if _UNDOING.search(case.question.text) and not case.words:
            read = len({c.document_id for one in cases for _, c in self._corpus.catalogue.citing(one)})
            return _corrected((), f"No opinion held says so for its court; those that cite it were read ({read}).")
        if _STRIKING.search(case.question.text) and not any(self._later.strikes(one) for one in cases):
            return _corrected(
                (), "No words that speak for the court in the opinion named hold anything unconstitutional."
            )
        return None

    def _not_of_the_court(self, case: _Case) -> Ruling | None:
        """What the question takes for a holding is only found in words that do not speak for the court."""
        best = case.chosen[0]
        if not case.question.assertive or has_authority(best.unit.speaker, best.document) or case.asks_for_status:
            return None
        speaker = best.unit.speaker.value.replace("_", " ")
        return _corrected((best,), f"The nearest words are of a kind ({speaker}) that does not speak for the court.")

    def _contradicted(self, case: _Case) -> Ruling | None:
        """The words of the best authority say otherwise."""
        for item in case.chosen[:2]:
            if not has_authority(item.unit.speaker, item.document) or item.entry.id in case.undone:
                continue
            figure = wrong_figure(case.question, item.text, item.document.text)
            if figure:
                return _corrected((item,), f"The authority quoted does not say {figure}.")
            if no_limit(case.question, item.text):
                return _corrected((item,), "The authority quoted sets no such period.")
            if denied(case.question, item.text, case.gathered.rarity):
                return _corrected((item,), "The authority quoted denies what the question takes for granted.")
        return None


def has_authority(speaker: Speaker, document: Document) -> bool:
    """Tell whether words are the law's or the court's.

    An opinion of unknown kind speaks for its court only where none beside it is known to.
    """
    if speaker is not Speaker.UNKNOWN:
        return speaker in AUTHORITY
    known = {span.label for span in document.spans_of(SpanKind.OPINION)}
    return not known & {Speaker.MAJORITY.value, Speaker.PER_CURIAM.value, Speaker.PLURALITY.value}


def _corrected(first: tuple[Evidence, ...], reason: str) -> Ruling:
    return Ruling(AnswerStatus.CORRECTED, first, reason)


def _as_evidence(word: LaterWord, like: Evidence) -> Evidence:
    return replace(like, unit=word.unit, entry=word.entry, document=word.document, text=word.text)
