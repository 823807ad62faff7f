"""What no topic's listed terms may be, told from the documents themselves: parties' names, notes' words, numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from indexing.topics.models import ROOT, TopicTree
from scraper.models import Document, DocumentKind, SpanKind

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_NOTES = {SpanKind.HISTORY, SpanKind.ANNOTATION, SpanKind.NOTICE}
PROCEDURE = frozenset(
    """affirmed affirm reversed reverse remanded remand dissenting dissent concurring concurrence certiorari syllabus
    petitioner petitioners respondent respondents appellant appellants appellee appellees appeal appeals justice
    opinion judgment court courts section subsection paragraph chapter title amended repealed pub stat""".split()
)


def words_of(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def party_names(documents: Iterable[Document]) -> set[str]:
    """Words of captions that no provision uses (as it does names of counties) and that nearly always are names."""
    captions: set[str] = set()
    law: set[str] = set()
    small: Counter[str] = Counter()
    for document in documents:
        case = document.kind is DocumentKind.CASE
        captions.update(words_of(document.title) if case else ())
        law.update(() if case else words_of(f"{document.title} {document.text}"))
        small.update(word for word in _WORD.findall(document.text) if word.islower())
    return {word for word in captions - law if len(word) > 2 and small[word] < 3}


def note_words(documents: Iterable[Document]) -> set[str]:
    """Words that stand in history and editors' notes at least as often as anywhere else."""
    inside: Counter[str] = Counter()
    everywhere: Counter[str] = Counter()
    for document in documents:
        everywhere.update(words_of(document.text))
        for span in document.spans:
            if span.kind in _NOTES:
                inside.update(words_of(document.text[span.start : span.end]))
    return {word for word, times in inside.items() if times >= 0.5 * everywhere[word]}


def faults(tree: TopicTree, documents: Sequence[Document]) -> list[tuple[str, str, str]]:
    """(topic, term, why) for every listed term of a local topic that names no subject."""
    parties, notes = party_names(documents), note_words(documents)
    found = []
    for node in tree.nodes:
        if node.id == ROOT or node.scope == "global":
            continue
        for term, _ in node.terms:
            words = term.split()
            if any(character.isdigit() for character in term):
                found.append((node.id, term, "number"))
            found += [(node.id, term, "party") for word in words if word in parties]
            found += [(node.id, term, "note") for word in words if word in notes]
            if all(word in PROCEDURE for word in words):
                found.append((node.id, term, "procedure"))
    return found
