"""Questions that rest on something that the best authority contradicts, told only where it can be checked by its words.

A figure that is taken for granted differs from the quotation's figures of that unit; a period is, where there is
none; what is taken for granted stands under a "not".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.answering.question import Question, QuestionKind, measures
from indexing.text import token_spans

_DENIES = re.compile(r"\b(?:not|never|cannot|nor)\b|\bno\b", re.I)
_SENTENCE_END = re.compile(r"[.;](?=\s|\Z)|\bexcept\b|\bunless\b|\bif\b|\bonly\b")
_AT_ANY_TIME = re.compile(r"\bat any time\b|\bwithout limit of time\b", re.I)
_PERIODS = ("hour", "day", "week", "month", "year")
LEAST_COVERED = 0.45  # of the question's content, in the sentence that denies
LEAST_UNDER = 0.25  # of it, behind the negator


def wrong_figure(question: Question, quoted: str, whole: str) -> str:
    """Return the figure taken for granted that the quotation contradicts, as "10 days", or "".

    `quoted` must give a different figure for the same unit, and `whole`, the operative text, must not hold the
    asked one at all.
    """
    if not question.assertive:
        return ""
    held, everywhere = list(measures(quoted)), set(measures(whole))
    for value, unit in measures(question.text):
        others = {other for other, named in held if named == unit}
        if unit and others and (value, unit) not in everywhere:
            return f"{value:g} {unit}{'s' if value != 1 and unit.isalpha() else ''}"
    return ""


def no_limit(question: Question, quoted: str) -> bool:
    """Tell whether a question takes a period for granted where the quotation says that there is none."""
    if not question.assertive or question.kind is not QuestionKind.DEADLINE:
        return False
    return _AT_ANY_TIME.search(quoted) is not None and not any(unit in _PERIODS for _, unit in measures(quoted))


def denied(question: Question, quoted: str, rarity: Mapping[str, float]) -> bool:
    """Tell whether a sentence of a quotation denies what an open question takes for granted.

    The words behind its negator must hold a good part of the question's content, the sentence most of it.
    """
    if not question.assertive or not question.open or question.negated or not rarity:
        return False
    total = sum(rarity.values())
    start = 0
    for stop in [*(match.start() for match in _SENTENCE_END.finditer(quoted)), len(quoted)]:
        sentence, start = quoted[start:stop], stop
        negator = _DENIES.search(sentence)
        if negator:
            under = _weight(sentence[negator.end() :], rarity)
            before = _weight(sentence[: negator.start()], rarity)
            if under >= LEAST_UNDER * total and under + before >= LEAST_COVERED * total:
                return True
    return False


def _weight(text: str, rarity: Mapping[str, float]) -> float:
    return sum(rarity[term] for term in {term for term, _, _ in token_spans(text)} if term in rarity)
