"""An answer without a language model: the few quotations that answer, or the reason why there is none.

Gathered -> is it supported at all? -> choose -> contradicted or undone? -> order, cite, warn
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from app.answering.evidence import Evidence, Gathered, defines
from app.answering.judge import Judge, has_authority
from app.answering.models import MOST_WORDS, Answer, AnswerCitation, AnswerSentence, AnswerStatus
from app.answering.question import QuestionKind
from app.answering.spotlight import addresses_a_model
from app.answering.standing import LaterWord, LaterWords, not_in_force, warnings_of
from app.answering.units import Unit, units
from app.citator import NOT_READ, Standings
from app.retrieval.corpus import Corpus
from indexing.catalogue import Entry
from indexing.models import Passage, Speaker
from scraper.jurisdictions import Jurisdictions
from scraper.models import DocumentKind, SpanKind

NOT_SUPPORTED = "The texts held do not support an answer to this question."
IN_PASSING = 0.04  # what an opinion must be nearer to the question than a section
_LABEL = re.compile(r"\([0-9A-Za-z]{1,4}\)")


@dataclass(frozen=True, slots=True)
class ExtractiveConfig:
    """`least_support` was set on one half of the sample's questions and read off the other; see docs/answers.md."""

    least_support: float = 0.483  # of the best quotation, in a corpus of one passage
    by_size: float = 0.0159  # more for each unit of ln(passages): of more texts, the nearest is nearer by chance
    least_certain: float = 0.35  # the same where the question names the authority, or the quotation defines its term
    close: float = 0.88  # a further quotation scores at least this share of the first
    most_sentences: int = 3
    most_documents: int = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be said, in order, before it is rendered; `reason` is empty for a plain answer."""

    status: AnswerStatus
    chosen: tuple[Evidence, ...]
    warnings: tuple[str, ...]
    reason: str


class Extractive:
    """Makes extractive answers over one corpus; safe to share between threads."""

    def __init__(
        self,
        corpus: Corpus,
        jurisdictions: Jurisdictions,
        config: ExtractiveConfig | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self.config = config or ExtractiveConfig()
        self._corpus = corpus
        self._standings = Standings(corpus, jurisdictions)
        self._later = LaterWords(corpus, self._standings)
        self._today = today
        self._judge = Judge(corpus, jurisdictions, self._later, today)

    def draft(self, gathered: Gathered) -> Draft:
        """Return what the evidence supports: an answer, a correction, or an abstention with its reason."""
        named = gathered.named
        missing = (
            *self._standings.undone_named(gathered.question.text),
            *map(_not_held, named.missing),
            *map(_not_found, named.unmatched),
        )
        strangers = frozenset() if named.held else gathered.strangers
        usable = [
            item
            for item in gathered.evidence
            if item.size <= MOST_WORDS and item.entry.id not in strangers and not addresses_a_model(item.text)
        ]
        if named.missing and not named.held:
            names = "; ".join(named.missing)
            return Draft(AnswerStatus.ABSTAINED, (), missing, f"The question is about {names}, which is not held here.")
        usable = self._of_the_named(usable, gathered)
        if not self._supported(usable, gathered):
            return Draft(AnswerStatus.ABSTAINED, (), missing, NOT_SUPPORTED)
        chosen, undone = self._choose(usable, gathered)
        ruling = self._judge.rule(gathered, chosen, undone)
        rest = [item for item in chosen if item not in ruling.first]
        arranged = self._arranged([*ruling.first, *rest])
        warnings = (*missing, *self._warnings(arranged, undone, gathered))
        return Draft(ruling.status, tuple(arranged), warnings, ruling.reason)

    def support(self, item: Evidence) -> float:
        """Return how well one quotation fits a question; higher is better, at most 1.15.

        An opinion mentions much that it does not treat, so that it must be nearer than a section.
        """
        in_passing = IN_PASSING if item.document.kind is DocumentKind.CASE else 0.0
        return item.similarity + 0.15 * item.coverage - in_passing

    @property
    def least_support(self) -> float:
        """Return the support from which a quotation answers, in this corpus."""
        return self.config.least_support + self.config.by_size * math.log(max(1, len(self._corpus.passages)))

    def _of_the_named(self, usable: list[Evidence], gathered: Gathered) -> list[Evidence]:
        """Leave the words of other authorities out where a question asks what a named one says, and it says it."""
        kind, held = gathered.question.kind, gathered.named.held
        own = [item for item in usable if item.entry.id in held]
        if kind is QuestionKind.COMPARISON or not own:
            return usable
        lost = any(not_in_force(item.document, self._today()) for item in own[:1])
        near = any(self.support(item) >= self.config.least_certain for item in own[:5])
        return own if near or lost or not gathered.question.words else usable

    def _supported(self, usable: Sequence[Evidence], gathered: Gathered) -> bool:
        named = set(gathered.named.held)
        for item in usable[:5]:
            if item.entry.id in named and not gathered.question.words:
                return True  # it asks for no more than what the authority says
            lost = item.entry.id in named and not_in_force(item.document, self._today())
            certain = item.entry.id in named or defines(item, gathered.question)
            least = self.config.least_certain if certain else self.least_support
            if gathered.result.query.filters.kind == (DocumentKind.CASE.value,):
                least -= IN_PASSING  # the reader wants opinions, whatever sections there are
            if lost or self.support(item) >= least:
                return True
        return False

    def passages_of(self, item: Evidence) -> list[Passage]:
        """Return the passages that hold a quotation, in order of place."""
        start, end = item.unit.parts[0][0], item.unit.parts[-1][1]
        rows = np.flatnonzero(self._corpus.passage_rows == self._corpus.rows[item.entry.id])
        own = [self._corpus.passages[int(row)] for row in rows]
        return [passage for passage in own if passage.start < end and start < passage.end]

    def later(self, entry: Entry) -> list[LaterWord]:
        """Return the words of later opinions that undo an authority."""
        return self._later.of(entry)

    def today(self) -> date:
        """Return the day for which the law is stated."""
        return self._today()

    # ---- choosing

    def _choose(
        self, usable: Sequence[Evidence], gathered: Gathered
    ) -> tuple[list[Evidence], dict[str, list[LaterWord]]]:
        """Return quotations, best first, and the later words that undo their documents or the named ones.

        A case that was undone is left out where it was neither named nor asked about, and the choice made again.
        """
        keeps = {QuestionKind.STATUS, QuestionKind.HISTORY, QuestionKind.COMPARISON}
        undone: dict[str, list[LaterWord]] = {}
        pool = _speaking_with_authority(usable, gathered)
        while True:
            chosen = self._pick(pool, gathered)
            documents = {item.entry.id: item for item in chosen}
            fresh = {one: self._later.of(item.entry) for one, item in documents.items() if one not in undone}
            undone |= fresh
            dropped = {
                one for one, words in fresh.items()
                if words and one not in gathered.named.held and gathered.question.kind not in keeps
            }  # fmt: skip
            rest = [item for item in pool if item.entry.id not in dropped]
            if not dropped or not rest:
                break
            pool = rest
        for one in gathered.named.held:
            undone.setdefault(one, self._later.of(self._corpus.entries[self._corpus.rows[one]]))
        return chosen, {one: words for one, words in undone.items() if words}

    def _pick(self, pool: Sequence[Evidence], gathered: Gathered) -> list[Evidence]:
        chosen: list[Evidence] = []
        words = 0
        sides = gathered.named.held if gathered.question.kind is QuestionKind.COMPARISON else ()
        for item in [*_best_of_each(pool, sides), *pool]:
            if len(chosen) == self.config.most_sentences:
                break
            documents = {one.entry.id for one in chosen}
            close = not chosen or item.score >= self.config.close * pool[0].score or item.entry.id in sides
            room = words + item.size <= MOST_WORDS
            spread = item.entry.id in documents or len(documents) < self.config.most_documents
            if close and room and spread and not any(_repeats(item, one) for one in chosen):
                chosen.append(item)
                words += item.size
        return chosen

    # ---- rendering

    def _arranged(self, chosen: Sequence[Evidence]) -> list[Evidence]:
        """Keep quotations of one document together, the best first and the rest in order of place, with notices."""
        order = list(dict.fromkeys(item.entry.id for item in chosen))
        kept: list[Evidence] = []
        words = 0
        for document in order:
            shown: set[tuple[tuple[int, int], ...]] = set()
            best, *others = (item for item in chosen if item.entry.id == document)
            own = [best, *sorted(others, key=lambda item: item.unit.core)]
            for item in [one for first in own for one in (first, *_notices(first))]:
                if item.unit.parts in shown:
                    continue
                shown.add(item.unit.parts)
                if words + item.size <= MOST_WORDS:
                    kept.append(item)
                    words += item.size
        return kept

    def _warnings(
        self, chosen: Sequence[Evidence], undone: dict[str, list[LaterWord]], gathered: Gathered
    ) -> list[str]:
        found: dict[str, None] = {} if self._later.held else {NOT_READ: None}
        shown = {item.unit.parts for item in chosen}
        for document in dict.fromkeys(item.entry.id for item in chosen):
            stated = next(item.document for item in chosen if item.entry.id == document)
            found.update(dict.fromkeys(warnings_of(stated, self._today())))
            entry = self._corpus.entries[self._corpus.rows[document]]
            for word in [*undone.get(document, ())[:1], *self._later.doubts(entry)[:1]]:
                if word.unit.parts not in shown:
                    found[f"{stated.citation or stated.title}: {word.told}: “{word.text}”"] = None
        for document in gathered.named.held:
            entry = self._corpus.entries[self._corpus.rows[document]]
            held = self._corpus.catalogue.version(document, entry.version).document
            found.update(dict.fromkeys(warnings_of(held, self._today())))
        return list(found)


def render(draft: Draft, question: str, generation: str) -> Answer:
    """Return a draft as an answer; every sentence is a verbatim quotation."""
    sentences = tuple(sentence_of(item) for item in draft.chosen)
    return Answer(draft.status, question, sentences, draft.warnings, draft.reason, generation)


def sentence_of(item: Evidence) -> AnswerSentence:
    """Return one quotation with a citation for each of its parts."""
    text = item.document.text
    citations = tuple(
        AnswerCitation(
            item.entry.id, item.entry.version, start, end, text[start:end], item.entry.title, item.entry.citation,
            item.unit.anchor,
        )
        for start, end in item.unit.parts
    )  # fmt: skip
    return AnswerSentence(item.text, item.unit.speaker, citations)


def _not_held(name: str) -> str:
    return f"{name} is not held here. It may exist; nothing below rests on it."


def _not_found(name: str) -> str:
    return f"No case is found here under exactly the name {name}; nothing below rests on a case of that name."


def _speaking_with_authority(usable: Sequence[Evidence], gathered: Gathered) -> list[Evidence]:
    """Leave out dissents, syllabi and notes unless they were asked for or nothing better is as near."""
    best = max((item.score for item in usable), default=0.0)
    authority = [item for item in usable if has_authority(item.unit.speaker, item.document)]
    asked = re.search(r"\bdissent|\bdisagreed?\b|\bconcur|\bplurality\b|\bsyllabus\b", gathered.question.text, re.I)
    if asked or not authority:
        return list(usable)
    notes = gathered.question.kind in (QuestionKind.HISTORY, QuestionKind.STATUS)
    if authority[0].score < 0.75 * best:
        return list(usable)
    return [
        item for item in usable
        if has_authority(item.unit.speaker, item.document) or (item.unit.speaker is Speaker.NOTE and notes)
    ]  # fmt: skip


def _best_of_each(pool: Sequence[Evidence], documents: Sequence[str]) -> list[Evidence]:
    return [next(item for item in pool if item.entry.id == one) for one in documents
            if any(item.entry.id == one for item in pool)]  # fmt: skip


def _repeats(item: Evidence, other: Evidence) -> bool:
    """Tell whether two quotations share their words: parts that overlap, or nearly the same text."""
    if item.entry.id == other.entry.id:
        return any(a < d and c < b for a, b in item.unit.parts for c, d in other.unit.parts)
    first, second = set(item.text.casefold().split()), set(other.text.casefold().split())
    return len(first & second) > 0.7 * min(len(first), len(second))


def _notices(item: Evidence) -> list[Evidence]:
    """Return notices printed with a section that change the part quoted, or all of it."""
    document = item.document
    if document.kind is DocumentKind.CASE or item.unit.speaker is Speaker.NOTE:
        return []
    top = (_LABEL.findall(item.unit.anchor) or [""])[0]
    found = []
    for span in document.spans_of(SpanKind.NOTICE):
        text = document.text[span.start : span.end]
        named = re.findall(r"\bsubsections? (\([0-9A-Za-z]{1,4}\))", text)
        if not named or not top or top in named:
            found += [unit for unit in units(document, [(span.start, span.end)]) if unit.speaker is Speaker.NOTE]
    return [replace(item, unit=unit, text=unit.words(document.text)) for unit in dict.fromkeys(found)]


__all__ = ["Draft", "Extractive", "ExtractiveConfig", "Unit", "render", "sentence_of"]
