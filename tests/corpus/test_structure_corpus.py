"""Real law, where the corpus is on the machine: structure held against a second, independent reading.

Every 12th page is read; `LEXATLAS_CORPUS_STEP=1 pytest -m corpus tests/corpus/test_structure_corpus.py` reads all.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest

from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import DispositionKind, Document, DocumentKind, Span, SpanKind
from scraper.sources import get_source
from scraper.sources.dispositions import court_disposition, syllabus_disposition
from tests.corpus.test_parse_corpus import CORPUS, pages

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the real-law corpus is not on this machine"),
]
NOTES = (SpanKind.HISTORY, SpanKind.ANNOTATION, SpanKind.NOTICE)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    """Return the parsed slice of both sites."""
    found: list[Document] = []
    for name in ("justia", "dc-code"):
        source = get_source(name, Jurisdictions.load())
        for path, body in pages(name):
            found += source.parse(Page(source.origin + path, body)).documents
    return found


def cases(documents: list[Document]) -> list[Document]:
    return [document for document in documents if document.kind is DocumentKind.CASE]


def words(document: Document, span: Span) -> str:
    return document.text[span.start : span.end]


def own_words(document: Document) -> str:
    """Return the court's opinion, its footnotes left out."""
    opinions = [s for s in document.spans_of(SpanKind.OPINION) if s.label in ("majority", "plurality", "per_curiam")]
    if not opinions:
        return ""
    notes = [s.start for s in document.spans_of(SpanKind.FOOTNOTE) if opinions[0].start < s.start < opinions[0].end]
    return document.text[opinions[0].start : min([opinions[0].end, *notes])]


def test_the_syllabus_and_the_court_tell_the_same_end(documents: list[Document]) -> None:
    """Two readings that know nothing of each other: the syllabus' last line and the opinion's last sentences."""
    both = same = 0
    for document in cases(documents):
        front = "\n\n".join(words(document, span) for span in document.spans_of(SpanKind.SYLLABUS))
        lines = [found for line in front.split("\n\n")[-4:] if (found := syllabus_disposition(line))]
        court = court_disposition(own_words(document))
        if lines and court:
            both += 1
            same += lines[-1].words.lower() == court.words.lower()
            assert lines[-1].kind == court.kind or "dismiss" in lines[-1].words.lower(), document.url
    assert both >= 15 and same >= 0.85 * both, (same, both)


def test_nearly_every_case_says_how_it_ended(documents: list[Document]) -> None:
    kinds = Counter(document.disposition_kind for document in cases(documents))
    assert kinds[DispositionKind.MERITS.value] >= 0.9 * kinds.total()
    assert kinds[""] <= max(1, 0.04 * kinds.total()), kinds


def test_footnotes_are_tied_to_marks_that_say_their_number(documents: list[Document]) -> None:
    notes = tied = 0
    for document in cases(documents):
        marks = {mark.start: mark for mark in document.spans_of(SpanKind.FOOTNOTE_MARK)}
        for note in document.spans_of(SpanKind.FOOTNOTE):
            notes += 1
            if "mark" in note.attrs:
                tied += 1
                mark = marks[int(note.attrs["mark"])]
                assert int(mark.attrs["footnote"]) == note.start, document.url
                assert note.label in words(document, mark) or mark.label == note.label, document.url
    assert notes >= 100 and tied >= 0.9 * notes, (tied, notes)


def test_no_plain_definition_is_missed(documents: list[Document]) -> None:
    """A quoted term before "means" in the words of the law is a definition; nearly all must be found."""
    missed, seen = [], 0
    for document in documents:
        if document.kind is DocumentKind.CASE:
            continue
        apart = [span for span in document.spans if span.kind in NOTES]
        terms = {
            term
            for span in document.spans_of(SpanKind.DEFINITION)
            for term in (span.label, *span.attrs.get("also", "").split("; "))
        }
        for match in re.finditer(r"[“\"]([^”“\"\n]{2,60})[”\"] means\b", document.text):
            if not any(span.start <= match.start() < span.end for span in apart):
                seen += 1
                if match[1].strip(" ,;.") not in terms:
                    missed.append((document.citation, match[1]))
    assert seen >= 30 and len(missed) <= 0.02 * seen, missed


def test_anchors_are_unique_and_lists_begin_at_their_first_mark(documents: list[Document]) -> None:
    lists = late = repeated = anchors = 0
    for document in documents:
        labels = [span.label for span in document.spans_of(SpanKind.SUBSECTION)]
        anchors += len(labels)
        repeated += len(labels) - len(set(labels))
        first: dict[str, str] = {}
        for label in labels:
            parts = re.match(r"(.*)\(([^()]+)\)$", label)
            if parts:
                first.setdefault(parts[1], parts[2])
        lists += len(first)
        late += sum(mark not in ("a", "A", "1", "i", "I", "aa", "AA") for mark in first.values())
    assert lists >= 200 and late <= 0.01 * lists and repeated <= 0.005 * anchors, (late, lists, repeated, anchors)


def test_an_opinion_that_joins_says_whom(documents: list[Document]) -> None:
    """Every separate opinion has an author; nobody joins themself."""
    for document in cases(documents):
        for span in document.spans_of(SpanKind.OPINION):
            joined = [name.split(" (")[0] for name in span.attrs.get("joined_by", "").split("; ")]
            assert span.attrs.get("author", "-") not in joined, document.url
            if span.label in ("dissent", "concurrence", "concurrence_in_part", "concurrence_in_judgment"):
                assert span.attrs.get("author"), document.url


def test_temporary_acts_bear_their_expiry(documents: list[Document]) -> None:
    notices = [span for document in documents for span in document.spans_of(SpanKind.NOTICE)]
    dated = [span for span in notices if "until" in span.attrs]
    assert notices and len(dated) >= 0.7 * len(notices)
    assert all(span.attrs["until"] > span.attrs["of"] for span in dated if "of" in span.attrs)
