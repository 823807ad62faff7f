"""What is read from an opinion about the authorities it cites: frozen values, no input or output."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from indexing.citations.keys import name_key
from indexing.models import Speaker
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind

OF_THE_COURT = (Speaker.MAJORITY, Speaker.PER_CURIAM)


class TreatmentKind(StrEnum):
    """What is done to an authority; the four last are steps of one dispute, not treatment."""

    FOLLOWS = "follows"
    APPLIES = "applies"
    DISTINGUISHES = "distinguishes"
    DECLINES_TO_FOLLOW = "declines_to_follow"
    CRITICISES = "criticises"
    QUESTIONS = "questions"
    LIMITS = "limits"
    OVERRULES = "overrules"
    OVERRULES_IN_PART = "overrules_in_part"
    ABROGATES = "abrogates"
    SUPERSEDED_BY_STATUTE = "superseded_by_statute"
    HELD_UNCONSTITUTIONAL = "held_unconstitutional"
    HELD_UNCONSTITUTIONAL_AS_APPLIED = "held_unconstitutional_as_applied"
    SEVERED = "severed"
    PREEMPTED = "preempted"
    UPHELD = "upheld"
    AFFIRMS = "affirms"
    REVERSES = "reverses"
    VACATES = "vacates"
    REMANDS = "remands"


HISTORY = frozenset((TreatmentKind.AFFIRMS, TreatmentKind.REVERSES, TreatmentKind.VACATES, TreatmentKind.REMANDS))
# Kinds after which an authority may no longer be relied on, wholly or in part.
UNDOING = frozenset(
    (TreatmentKind.OVERRULES, TreatmentKind.OVERRULES_IN_PART, TreatmentKind.ABROGATES,
     TreatmentKind.SUPERSEDED_BY_STATUTE, TreatmentKind.HELD_UNCONSTITUTIONAL,
     TreatmentKind.HELD_UNCONSTITUTIONAL_AS_APPLIED, TreatmentKind.SEVERED, TreatmentKind.PREEMPTED,
     TreatmentKind.REVERSES, TreatmentKind.VACATES)
)  # fmt: skip
# Kinds that call for a reader's care and leave the authority standing.
DOUBTING = frozenset(
    (TreatmentKind.DECLINES_TO_FOLLOW, TreatmentKind.CRITICISES, TreatmentKind.QUESTIONS, TreatmentKind.LIMITS)
)
NEGATIVE = UNDOING | DOUBTING


class Stance(StrEnum):
    """Whether the words do it, tell that someone did it, or say that it should be done."""

    DOES = "does"
    REPORTS = "reports"  # "overruled by": the one who did it is `by`, not the citing document
    PROPOSES = "proposes"  # "I would overrule": only in opinions that do not speak for the court


class Voice(StrEnum):
    """Whose words they are: a part of the citing document, or another court that it quotes."""

    LAW = "law"
    MAJORITY = "majority"
    PER_CURIAM = "per_curiam"
    PLURALITY = "plurality"
    CONCURRENCE = "concurrence"
    IN_JUDGMENT = "concurrence_in_judgment"
    IN_PART = "concurrence_in_part"
    DISSENT = "dissent"
    SYLLABUS = "syllabus"
    HEAD_MATTER = "head_matter"
    NOTE = "note"
    UNKNOWN = "unknown"
    QUOTED_COURT = "quoted_court"


@dataclass(frozen=True, slots=True)
class Authority:
    """What treatment must know of a document that is cited: its names, its court and its date."""

    id: str
    kind: DocumentKind
    jurisdiction: str
    title: str
    citation: str = ""
    court: str = ""
    date: dt.date | None = None

    @classmethod
    def of(cls, document: Document) -> Authority:
        """Return a document as an authority."""
        return cls(document.id, document.kind, document.jurisdiction, document.title, document.citation,
                   document.court, document.date)  # fmt: skip


@dataclass(frozen=True)
class Shelf:
    """The documents held, by id, and the cases by the parties' words; made once and used for many texts."""

    by_id: Mapping[str, Authority] = field(default_factory=dict)
    by_word: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)  # (jurisdiction, word) -> ids

    @classmethod
    def of(cls, authorities: Iterable[Authority]) -> Shelf:
        """Return the shelf of these authorities."""
        by_id = {one.id: one for one in authorities}
        words: dict[tuple[str, str], dict[str, None]] = {}
        for one in by_id.values():
            if one.kind is DocumentKind.CASE:
                for word in name_key(one.title).split():
                    words.setdefault((one.jurisdiction, word), {})[one.id] = None
        return cls(by_id, {key: tuple(ids) for key, ids in words.items()})


@dataclass(frozen=True, slots=True)
class Treatment:
    """One thing said of one authority, with the words that prove it; offsets are code points of the citing version.

    `[start, end)` are the telling words, `[sentence_start, sentence_end)` the sentence. `counts` tells whether it is
    the act of the citing court, with power over the authority and later than it; `why_not` says why it is not. `by`
    and `by_key` name who did what is reported or quoted, where that is named. `depth` is 1 (cited) to 4 (examined).
    """

    citing: str
    version: str
    cited: str | None  # None where the authority is not held
    cited_key: str
    cited_name: str
    kind: TreatmentKind
    stance: Stance
    voice: Voice
    start: int
    end: int
    sentence_start: int
    sentence_end: int
    scope: str = ""
    court: str = ""
    date: dt.date | None = None
    depth: int = 1
    counts: bool = False
    why_not: str = ""
    by: str | None = None
    by_key: str = ""

    @property
    def is_history(self) -> bool:
        """Tell whether it is a step of the same dispute."""
        return self.kind in HISTORY

    @property
    def is_negative(self) -> bool:
        """Tell whether it takes something from the authority, whoever says so."""
        return self.kind in NEGATIVE

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, the date in ISO form; `treatment_from_json` reads them back."""
        row = {name: getattr(self, name) for name in self.__dataclass_fields__}
        row["date"] = self.date.isoformat() if self.date else None
        for name in ("kind", "stance", "voice"):
            row[name] = row[name].value
        return row


def treatment_from_json(row: Mapping[str, Any]) -> Treatment:
    """Read what `Treatment.to_json` wrote."""
    values = dict(row)
    values["kind"], values["stance"] = TreatmentKind(row["kind"]), Stance(row["stance"])
    values["voice"] = Voice(row["voice"])
    values["date"] = dt.date.fromisoformat(row["date"]) if row["date"] else None
    return Treatment(**values)


def power_over(document: Document, authority: Authority, jurisdictions: Jurisdictions) -> str:
    """Return why the court of a case has no say over an authority, "" where it has.

    A court has power over the law of its jurisdiction, over its own decisions and over those of lower courts there.
    """
    if authority.jurisdiction != document.jurisdiction:
        return "a court of another jurisdiction"
    if authority.kind is not DocumentKind.CASE:
        return ""
    if authority.date and document.date and authority.date > document.date:
        return "earlier than what it treats"
    own, other = jurisdictions.court(document.court), jurisdictions.court(authority.court)
    if own is None or other is None:
        return "" if document.court and document.court == authority.court else "court not known"
    if own.id == other.id or _RANK.get(own.level, 0) > _RANK.get(other.level, 0):
        return ""
    return "a court without power over it"


_RANK = {"trial": 1, "appellate": 2, "supreme": 3}
