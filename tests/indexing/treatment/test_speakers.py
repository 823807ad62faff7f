"""Who speaks at a place, and what stands between quotation marks."""

from __future__ import annotations

from indexing.models import Speaker
from indexing.treatment.speakers import Quotations, Speakers
from tests.indexing.treatment import law


def test_the_smallest_span_speaks() -> None:
    document = law.opinion(("syllabus", "Held: no."), ("majority", "We say so."), ("dissent", "I do not."))
    speakers = Speakers(document)
    for words, speaker in (("Held", Speaker.SYLLABUS), ("We", Speaker.MAJORITY), ("I do", Speaker.DISSENT)):
        assert speakers.at(document.text.index(words)) is speaker


def quoted(text: str, words: str) -> str | None:
    start = text.index(words)
    found = Quotations(text).around(start, start + len(words))
    return text[slice(*found)] if found else None


def test_quotations() -> None:
    text = 'He said "it is overruled" and left. “So it is,” she said.'
    assert quoted(text, "overruled") == '"it is overruled"'
    assert quoted(text, "So it") == "“So it is,”"
    assert quoted(text, "and left") is None


def test_a_mark_never_closed_ends_with_its_paragraph() -> None:
    text = 'He wrote "it is overruled.\n\nWe do not agree.'
    assert quoted(text, "overruled") == '"it is overruled.'
    assert quoted(text, "do not") is None


def test_a_foot_is_no_quotation() -> None:
    assert quoted('A board of 6" and one of 8" were overruled.', "were") is None
