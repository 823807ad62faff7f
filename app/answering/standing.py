"""What became of an authority, as far as the texts held say it: its publisher's status, and treatments by opinions.

Nothing here judges: a warning quotes the status or the sentence and names who wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app.answering.units import Unit, units
from app.citator import Standings
from app.retrieval.corpus import Corpus
from indexing.catalogue import Entry
from indexing.models import Speaker
from indexing.treatment.models import UNDOING, Treatment, TreatmentKind, Voice
from indexing.treatment.status import on_other_grounds
from scraper.models import DispositionKind, Document, DocumentKind, DocumentStatus, SpanKind

_STATUS_WORDS = {
    DocumentStatus.REPEALED: "is repealed",
    DocumentStatus.RESERVED: "is a reserved number without text",
    DocumentStatus.RENUMBERED: "was renumbered and no longer stands under this number",
    DocumentStatus.EXPIRED: "has expired",
    DocumentStatus.WITHDRAWN: "was withdrawn from its source",
}
_WITHOUT_MERITS = {
    DispositionKind.RECONSIDER: "sent the case back to be considered again",
    DispositionKind.IMPROVIDENT: "was dismissed as improvidently granted",
    DispositionKind.DISMISSED: "was dismissed",
    DispositionKind.DENIED: "denied review",
    DispositionKind.STAY: "ruled on a stay",
    DispositionKind.CERTIFIED: "certified a question",
}
_ON_ITS_FACE = re.compile(r"\b(?:on its face|facially|in its entirety)\b", re.I)
_STRIKING = frozenset(
    (TreatmentKind.HELD_UNCONSTITUTIONAL, TreatmentKind.HELD_UNCONSTITUTIONAL_AS_APPLIED, TreatmentKind.SEVERED,
     TreatmentKind.PREEMPTED)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LaterWord:
    """A sentence of an opinion, in its court's own words, that takes from an authority; `told` says so as a clause."""

    entry: Entry
    document: Document
    unit: Unit
    text: str
    treatment: Treatment
    told: str

    @property
    def undoes(self) -> bool:
        """Tell whether the authority may no longer be relied on, wholly or in part; else there is doubt of it."""
        return self.treatment.kind in UNDOING and not on_other_grounds(self.treatment)

    @property
    def entirely(self) -> bool:
        """Tell whether nothing is left of the authority: a statute struck down on its face."""
        scope = self.treatment.scope
        whole = not scope or _ON_ITS_FACE.search(scope) is not None
        return whole and self.treatment.kind is TreatmentKind.HELD_UNCONSTITUTIONAL


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
    passed = _passed(document, today)
    for warning in document.warnings:
        if not any(day in warning for day in passed):
            yield f"{name}: {warning}"
    if document.decides_merits is False:
        ended = _WITHOUT_MERITS.get(DispositionKind(document.disposition_kind), "did not decide the dispute")
        yield f"{name} {ended}: it holds nothing on the merits."
    if document.publication == "unpublished":
        yield f"{name} is an unpublished opinion."


def _passed(document: Document, today: date) -> set[str]:
    """Return the last days, ISO, of notices whose time is over: a temporary act that has run out changes nothing."""
    days = {span.attrs.get("until", "") for span in document.spans_of(SpanKind.NOTICE)}
    return {day for day in days if day and day < today.isoformat()}


class LaterWords:
    """Reads the sentences that take from an authority out of the generation's citator; safe to share between threads.

    `held` is false for a generation of an earlier release, which has no citator.
    """

    def __init__(self, corpus: Corpus, standings: Standings) -> None:
        self._corpus = corpus
        self._standings = standings
        self.held = standings.held

    def of(self, entry: Entry) -> list[LaterWord]:
        """Return the sentences that undo a case or strike a provision down, weightiest first."""
        return [word for word in self._reasons(entry) if word.undoes]

    def doubts(self, entry: Entry) -> list[LaterWord]:
        """Return the sentences that limit, question or criticise an authority, weightiest first."""
        return [word for word in self._reasons(entry) if not word.undoes]

    def strikes(self, document_id: str) -> list[LaterWord]:
        """Return the sentences in which a case itself strikes something down, in order of place."""
        if not self.held:
            return []
        own = [one for one in self._standings.by(document_id) if one.kind in _STRIKING and one.counts]
        return [self._word(one) for one in own]

    def _reasons(self, entry: Entry) -> list[LaterWord]:
        if not self.held:
            return []
        return [self._word(one) for one in self._standings.status(entry.id).reasons]

    def _word(self, one: Treatment) -> LaterWord:
        entry = self._corpus.entries[self._corpus.rows[one.citing]]
        document = self._corpus.catalogue.version(entry.id, one.version).document.with_id(entry.id)
        unit = _unit(document, one)
        return LaterWord(entry, document, unit, unit.words(document.text), one, self._standings.words(one))


def _unit(document: Document, one: Treatment) -> Unit:
    """Return the quotation around the telling words: a whole thought where the text yields one, else the sentence."""
    for unit in units(document, [(one.start, one.end)]):
        if unit.core[0] <= one.start and one.end <= unit.core[1]:
            return unit
    stretch = (one.sentence_start, one.sentence_end)
    return Unit(document.id, (stretch,), stretch, _speaker(one.voice))


def _speaker(voice: Voice) -> Speaker:
    return Speaker(voice.value) if voice.value in set(Speaker) else Speaker.UNKNOWN
