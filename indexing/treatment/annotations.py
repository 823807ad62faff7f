"""Notes of decisions: the passages of cases that construe a provision, grouped by topic, each with its place."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from indexing.citations.sentences import sentence_spans
from indexing.models import Citation, CitationKind, Speaker
from indexing.treatment.models import OF_THE_COURT, Treatment, TreatmentKind
from indexing.treatment.speakers import Speakers
from scraper.models import Document, DocumentKind

TopicAt = Callable[[str, int], str]  # (document id, place) -> a topic's label, "" where none fits
GENERAL = "General"
_LAWS = (CitationKind.STATUTE, CitationKind.CONSTITUTION, CitationKind.REGULATION)
_HOLDS = re.compile(r"\bwe\s+(?:\w+\s+){0,2}?(?:hold|conclude|decide|find|think|agree)\b|\bit\s+follows\b", re.I)
_CONSTRUES = re.compile(
    r"\b(?:constru\w+|interpret\w+|mean(?:s|ing|t)|plain\s+(?:language|text|words|terms)|reads?\b|language\s+of|"
    r"text\s+of|"
    r"define[sd]?|term|phrase|words?|within\s+the\s+scope|unambiguous\w*|ambiguous|purpose\s+of|intended|appl(?:y|"
    r"ies))\b",
    re.I,
)
_RULES = re.compile(
    r"\b(?:requires?|provides?|permits?|forbids?|prohibits?|authorizes?|allows?|does\s+not|must|shall|may\s+not|"
    r"unless|"
    r"governs?|bars?|gives?|entitle[sd]?|speaks?)\b",
    re.I,
)
_LEAST = 1.0  # weight from which a passage is said to construe
_SHORT = 60  # characters of a holding that cannot stand alone
_MOST_FROM_ONE = 3  # notes from one case


@dataclass(frozen=True, slots=True)
class Note:
    """A passage `[start, end)` of a case that construes a provision: a sentence, with the one before a bare citation.

    `subdivision` is as cited, "(b)(2)". `weight` is 1 and more, higher says more: a holding 3, words on meaning 2, a
    rule 1. `treatment` is set where the court upholds, strikes down or applies the provision there.
    """

    provision: str
    citing: str
    version: str
    start: int
    end: int
    speaker: Speaker
    weight: float
    subdivision: str = ""
    topic: str = GENERAL
    treatment: TreatmentKind | None = None
    court: str = ""
    date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class TopicNotes:
    """The notes of one topic, weightiest first; topics with the most notes come first."""

    topic: str
    notes: tuple[Note, ...]


def notes_in(
    document: Document,
    citations: Sequence[Citation],
    treatments: Iterable[Treatment] = (),
    topic_at: TopicAt | None = None,
) -> list[Note]:
    """Return the notes that one case yields for every provision it cites and that is held, in order of place.

    Only words of the court are taken. `treatments` are those of this case.
    """
    if document.kind is not DocumentKind.CASE:
        return []
    text, version = document.text, document.version
    speakers = Speakers(document)
    sentences = sentence_spans(text)
    starts = [start for start, _ in sentences]
    done = {(one.cited, one.sentence_start): one.kind for one in treatments if one.counts}
    best: dict[tuple[str, int], Note] = {}
    for citation in citations:
        speaker = speakers.at(citation.start)
        if not citation.to or citation.kind not in _LAWS or speaker not in OF_THE_COURT:
            continue
        row = max(0, bisect_right(starts, citation.start) - 1)
        first, end = sentences[row]
        if _is_bare(text[first:end], citation) and row and "\n" not in text[sentences[row - 1][1] : first]:
            first = sentences[row - 1][0]
        kind = next(
            (done[citation.to, place] for place in (first, sentences[row][0]) if (citation.to, place) in done), None
        )
        weight = _weight(text[first:end]) + (1.0 if kind else 0.0)
        note = Note(citation.to, document.id, version, first, end, speaker, weight, citation.pinpoint,
                    (topic_at(document.id, first) if topic_at else "") or GENERAL, kind, document.court,
                    document.date)  # fmt: skip
        known = best.get((citation.to, first))
        if weight >= _LEAST and (known is None or known.weight < weight):
            best[citation.to, first] = note
    laws = {citation.to for citation in citations if citation.kind in _LAWS}
    for one in treatments:  # holdings that do not name the provision in the sentence
        key = (one.cited or "", one.sentence_start)
        if not one.counts or not one.cited or one.cited not in laws or one.kind not in _OF_LAWS or key in best:
            continue
        first, end = one.sentence_start, one.sentence_end
        row = max(0, bisect_right(starts, first) - 1)
        if end - first < _SHORT and row and "\n" not in text[sentences[row - 1][1] : first]:
            first = sentences[row - 1][0]  # "We hold that it does." is nothing without the question
        label = (topic_at(document.id, first) if topic_at else "") or GENERAL
        weight = 1.0 + _weight(text[first:end])
        best[key] = Note(one.cited, document.id, version, first, end, speakers.at(one.start), weight, "", label,
                         one.kind, document.court, document.date)  # fmt: skip
    return sorted(best.values(), key=lambda note: (note.start, note.provision))


def grouped(notes: Iterable[Note], provision: str) -> tuple[TopicNotes, ...]:
    """Return the notes of one provision by topic, of each case the weightiest few."""
    about = sorted((one for one in notes if one.provision == provision), key=_rank)
    taken: dict[str, int] = {}
    by_topic: dict[str, list[Note]] = {}
    for one in about:
        if taken.get(one.citing, 0) < _MOST_FROM_ONE:
            taken[one.citing] = taken.get(one.citing, 0) + 1
            by_topic.setdefault(one.topic, []).append(one)
    ordered = sorted(by_topic.items(), key=lambda item: (item[0] == GENERAL, -len(item[1]), item[0]))
    return tuple(TopicNotes(topic, tuple(rows)) for topic, rows in ordered)


_OF_LAWS = frozenset(
    (TreatmentKind.APPLIES, TreatmentKind.UPHELD, TreatmentKind.HELD_UNCONSTITUTIONAL,
     TreatmentKind.HELD_UNCONSTITUTIONAL_AS_APPLIED, TreatmentKind.SEVERED, TreatmentKind.PREEMPTED)
)  # fmt: skip


def _rank(note: Note) -> tuple[float, int, str, int]:
    return -note.weight, -(note.date.toordinal() if note.date else 0), note.citing, note.start


def _is_bare(sentence: str, citation: Citation) -> bool:
    """Tell whether a sentence is hardly more than the citation of what was said before it."""
    return len(sentence) - len(citation.raw) < 30


def _weight(sentence: str) -> float:
    weight = 3.0 if _HOLDS.search(sentence) else 0.0
    weight += 2.0 if _CONSTRUES.search(sentence) else 0.0
    return weight + (1.0 if _RULES.search(sentence) else 0.0)
