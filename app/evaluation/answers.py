"""Answers measured against questions whose truth is known: authority, quotation, abstention, premises, citations.

Questions: one JSON object with `questions` (text, kind, authorities, quote), `false_premises` (text, authorities) and
`off_corpus` (texts, or objects with text). An empty answer counts as wrong wherever an answer was due.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.answering.answer import Answerer
from app.answering.models import Answer, AnswerStatus, count_words
from app.answering.quotes import FoldedText, locate, quotations
from indexing.catalogue import Catalogue
from scraper.errors import QueryError, StoreError


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its truth; `quote` is words that a right answer contains, "" where none are given."""

    text: str
    kind: str = ""
    authorities: tuple[str, ...] = ()
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Questions:
    """Three sets: what can be answered, what rests on a false premise, and what the corpus does not treat."""

    answerable: tuple[Asked, ...]
    false_premises: tuple[Asked, ...]
    off_corpus: tuple[Asked, ...]


def read_questions(path: Path) -> Questions:
    """Read a file of questions; raise QueryError saying what is wrong with it."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Questions(
            tuple(_asked(row) for row in raw.get("questions", ())),
            tuple(_asked(row) for row in raw.get("false_premises", ())),
            tuple(_asked(row) for row in raw.get("off_corpus", ())),
        )
    except OSError as error:
        raise QueryError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise QueryError(
            f"{path.name} is no file of questions ({error}): it wants a JSON object with `questions`, `false_premises` "
            "and `off_corpus`."
        ) from error


def _asked(row: str | Mapping[str, Any]) -> Asked:
    if isinstance(row, str):
        return Asked(row)
    return Asked(
        str(row["text"]), str(row.get("kind") or ""), tuple(row.get("authorities") or ()), str(row.get("quote") or "")
    )


def evaluate_answers(answerer: Answerer, questions: Questions) -> dict[str, Any]:
    """Return rates in [0, 1] and counts; higher is better but for false_abstention and false_correction.

    `halves` gives the rates that depend on a threshold for the questions at even and odd places apart: thresholds
    are set on the even ones.
    """
    answered = [(asked, answerer.answer(asked.text)) for asked in questions.answerable]
    premises = [(asked, answerer.answer(asked.text)) for asked in questions.false_premises]
    outside = [(asked, answerer.answer(asked.text)) for asked in questions.off_corpus]
    report: dict[str, Any] = {
        "answerable": len(answered),
        "false_premises": len(premises),
        "off_corpus": len(outside),
        **_rates(answered, premises, outside),
        "quote_contained": _share(_holds_quote(a, q.quote) for q, a in answered if q.quote),
        "false_premise_authority_shown": _share(_cites(a, q) for q, a in premises),
        "mean_words": round(sum(count_words(a.sentences) for _, a in answered) / max(1, len(answered)), 1),
        "most_words": max((count_words(a.sentences) for _, a in answered), default=0),
    }
    report |= check_citations([a for _, a in [*answered, *premises, *outside]], answerer.catalogue)
    report["halves"] = {
        name: _rates(answered[first::2], premises[first::2], outside[first::2])
        for name, first in (("even", 0), ("odd", 1))
    }
    report["authority_cited_by_kind"] = {
        kind: _share(_cites(a, q) for q, a in answered if q.kind == kind)
        for kind in sorted({asked.kind for asked, _ in answered if asked.kind})
    }
    return report


def check_citations(answers: Sequence[Answer], catalogue: Catalogue) -> dict[str, Any]:
    """Return how many delivered citations resolve, how many quotations are verbatim, and sentences without any.

    A citation resolves when its document has that version; its quotation is verbatim when it is the version's text
    at that place. Quotation marks in a model's sentence must stand in a cited version too.
    """
    resolve = verbatim = total = bare = altered = 0
    for sentence in (sentence for answer in answers for sentence in answer.sentences):
        bare += not sentence.citations
        texts = []
        for citation in sentence.citations:
            total += 1
            try:
                text = catalogue.version(citation.document, citation.version).document.text
            except StoreError:
                continue
            resolve += 1
            verbatim += text[citation.start : citation.end] == citation.quote != ""
            texts.append(text)
        if not any(" ".join(c.quote.split()) in sentence.text for c in sentence.citations):
            folded = [FoldedText.of(text) for text in texts]
            found = quotations(sentence.text)
            altered += found is None or any(not any(locate(q, text) for text in folded) for q in found)
    return {
        "citations": total,
        "citations_resolve": resolve / total if total else 0.0,
        "citations_verbatim": verbatim / total if total else 0.0,
        "sentences_without_citation": bare,
        "sentences_with_altered_quotation": altered,
    }


_Pairs = Sequence[tuple[Asked, Answer]]


def _rates(answered: _Pairs, premises: _Pairs, outside: _Pairs) -> dict[str, float]:
    turned = (AnswerStatus.ABSTAINED, AnswerStatus.CORRECTED)
    return {
        "authority_cited": _share(_cites(a, q) for q, a in answered),
        "false_abstention": _share(a.status is AnswerStatus.ABSTAINED for _, a in answered),
        "false_correction": _share(a.status is AnswerStatus.CORRECTED for _, a in answered),
        "off_corpus_abstained": _share(a.status is AnswerStatus.ABSTAINED for _, a in outside),
        "false_premise_corrected_or_abstained": _share(a.status in turned for _, a in premises),
    }


def _cites(answer: Answer, asked: Asked) -> bool:
    return bool(set(answer.documents) & set(asked.authorities))


def _holds_quote(answer: Answer, quote: str) -> bool:
    return any(
        locate(quote, FoldedText.of(text)) is not None
        for sentence in answer.sentences
        for text in (sentence.text, *(citation.quote for citation in sentence.citations))
    )


def _share(values: Iterable[bool]) -> float:
    found = [bool(value) for value in values]
    return round(sum(found) / len(found), 4) if found else 0.0
