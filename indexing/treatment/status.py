"""What may safely be said of an authority: what was looked at, and what was found; never that it is good law."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from indexing.treatment.models import (
    DOUBTING,
    OF_THE_COURT,
    UNDOING,
    Authority,
    Shelf,
    Stance,
    Treatment,
    TreatmentKind,
    Voice,
)
from scraper.jurisdictions import Jurisdictions
from scraper.models import DocumentKind

K = TreatmentKind


class Level(StrEnum):
    """How much a reader is warned; the order is from least to most."""

    NONE_FOUND = "none_found"
    CAUTION = "caution"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class Status:
    """What was found of an authority: `reasons` stand for the level, weightiest first.

    `others` are words that bind nobody (dissents, syllabi, quotations, courts without power), for a reader who asks.
    `looked_at` counts the citing documents held, `to` is the day to which they reach.
    """

    authority: str
    level: Level
    words: str
    reasons: tuple[Treatment, ...]
    others: tuple[Treatment, ...]
    looked_at: int
    to: dt.date | None


_ORDER = (
    K.OVERRULES, K.REVERSES, K.VACATES, K.ABROGATES, K.SUPERSEDED_BY_STATUTE, K.HELD_UNCONSTITUTIONAL,
    K.OVERRULES_IN_PART, K.HELD_UNCONSTITUTIONAL_AS_APPLIED, K.PREEMPTED, K.SEVERED, K.LIMITS, K.QUESTIONS,
    K.CRITICISES, K.DECLINES_TO_FOLLOW,
)  # fmt: skip
_WORDS: Mapping[TreatmentKind, str] = {
    K.OVERRULES: "overruled",
    K.OVERRULES_IN_PART: "overruled in part",
    K.REVERSES: "reversed",
    K.VACATES: "vacated",
    K.ABROGATES: "abrogated",
    K.SUPERSEDED_BY_STATUTE: "superseded by statute",
    K.HELD_UNCONSTITUTIONAL: "held unconstitutional",
    K.HELD_UNCONSTITUTIONAL_AS_APPLIED: "held unconstitutional as applied",
    K.SEVERED: "severed in part",
    K.PREEMPTED: "held pre-empted",
    K.LIMITS: "limited",
    K.QUESTIONS: "questioned",
    K.CRITICISES: "criticised",
    K.DECLINES_TO_FOLLOW: "not followed",
}
_LEVELS = {"supreme": 3, "appellate": 2, "trial": 1}
_LONGEST_SCOPE = 160


def status_of(
    authority: Authority,
    treatments: Iterable[Treatment],
    looked_at: int,
    to: dt.date | None,
    jurisdictions: Jurisdictions,
    shelf: Shelf,
) -> Status:
    """Return the status of an authority from the treatments of it, `looked_at` citing documents having been read.

    Negative: a court with power over it undid it, wholly or in part, or tells that it was undone. Caution: such a
    court doubts it, or it is told to have been overruled on other grounds. What others say is kept apart.
    """
    negative: list[Treatment] = []
    caution: list[Treatment] = []
    others: list[Treatment] = []
    for one in treatments:
        if one.cited != authority.id or not one.is_negative:
            continue
        if one.counts and one.kind in UNDOING:
            (caution if on_other_grounds(one) else negative).append(one)
        elif one.counts and one.kind in DOUBTING:
            caution.append(one)
        elif _told_by_a_court(one, authority, shelf):
            (caution if on_other_grounds(one) else negative).append(one)
        else:
            others.append(one)

    def weight(one: Treatment) -> tuple[int, int, int, int, str, int]:
        court = jurisdictions.court(one.court)
        day = one.date.toordinal() if one.date else 0
        told = 1 if one.stance is Stance.REPORTS else 0
        return _ORDER.index(one.kind), told, -_LEVELS.get(court.level if court else "", 0), -day, one.citing, one.start

    reasons = (*sorted(negative, key=weight), *sorted(caution, key=weight))
    level = Level.NEGATIVE if negative else Level.CAUTION if caution else Level.NONE_FOUND
    words = _status_words(level, reasons, looked_at, to, authority, shelf)
    if level is Level.NONE_FOUND and looked_at and others:
        words += (
            f", but for {'1 passage that binds' if len(others) == 1 else f'{len(others)} passages that bind'} nobody"
        )
    return Status(authority.id, level, words, reasons, tuple(sorted(others, key=weight)), looked_at, to)


def reason_words(one: Treatment, shelf: Shelf) -> str:
    """Return one reason as a clause: what was done, within what bounds, by which decision, and who tells it."""
    done = _WORDS.get(one.kind, one.kind.value.replace("_", " "))
    scope = one.scope if len(one.scope) <= _LONGEST_SCOPE else one.scope[:_LONGEST_SCOPE].rsplit(" ", 1)[0] + " ..."
    bounds = f" ({scope})" if scope and scope.casefold() not in ("in part", "in relevant part") else ""
    teller = _name(one.citing, shelf)
    by = _name(one.by, shelf) if one.by else one.by_key
    if one.kind is K.SUPERSEDED_BY_STATUTE:
        return f"superseded by {by or 'statute'}{bounds}, as told in {teller}"
    if one.stance is Stance.REPORTS:
        return f"{done}{bounds}{' by ' + by if by else ''}, as told in {teller}"
    return f"{done}{bounds} by {teller}"


def _status_words(
    level: Level,
    reasons: Iterable[Treatment],
    looked_at: int,
    to: dt.date | None,
    authority: Authority,
    shelf: Shelf,
) -> str:
    day = f", to {to.isoformat()}" if to else ""
    if looked_at == 0:
        return f"no citing document is held{day}: nothing was looked at"
    documents = f"{looked_at} citing document{'s' if looked_at != 1 else ''} held{day}"
    if level is Level.NONE_FOUND:
        return f"no negative treatment found among {documents}"
    clauses = "; ".join(dict.fromkeys(reason_words(one, shelf) for one in reasons))
    lead = "negative treatment" if level is Level.NEGATIVE else "caution"
    still = ""
    if level is Level.NEGATIVE and authority.kind is not DocumentKind.CASE:
        still = "; its publisher may still print it as in force"
    return f"{lead}: {clauses}{still} (found among {documents})"


def on_other_grounds(one: Treatment) -> bool:
    """Tell whether an authority was undone for what it says on something else."""
    return "other grounds" in one.scope or "different grounds" in one.scope


def _told_by_a_court(one: Treatment, authority: Authority, shelf: Shelf) -> bool:
    """Tell whether a court, in its own words, tells that an authority of its jurisdiction was undone."""
    citing = shelf.by_id.get(one.citing)
    return (
        one.stance is Stance.REPORTS
        and one.kind in UNDOING
        and one.voice in (Voice(speaker.value) for speaker in OF_THE_COURT)
        and citing is not None
        and citing.jurisdiction == authority.jurisdiction
    )


def _name(document_id: str | None, shelf: Shelf) -> str:
    known = shelf.by_id.get(document_id or "")
    if known is None:
        return document_id or ""
    name = known.title.split(",")[0] if known.citation and known.citation in known.title else known.title
    year = f" ({known.date.year})" if known.date and f"({known.date.year})" not in name else ""
    return f"{name}, {known.citation}{year}" if known.citation and known.citation not in name else f"{name}{year}"
