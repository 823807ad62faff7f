"""Passages along legal structure."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.models import Speaker
from indexing.passages import PassageConfig, heading_of, passages
from scraper.models import Document, DocumentKind, Level, Span, SpanKind


def case(text: str, *spans: Span) -> Document:
    return Document("x:y:1", DocumentKind.CASE, "x", "Doe v. Roe", "1 X. 1", text, "https://x/1", spans=spans)


def statute(text: str, *spans: Span) -> Document:
    place = (Level("title", "Title 12 - Landlord and Tenant"), Level("chapter", "Chapter 3 - Deposits"))
    return Document("x:code:1", DocumentKind.STATUTE, "x", "Return of deposit", "Code § 1", text, "https://x/2",
                    spans=spans, hierarchy=place)  # fmt: skip


def test_a_short_section_is_one_passage_and_its_history_another() -> None:
    text = "(a) A landlord shall return the deposit.\n\n(b) Within thirty days.\n\n(Laws 2001, ch. 4.)"
    end = text.index("\n\n(Laws")
    cut = passages(statute(text, Span(end + 2, len(text), SpanKind.HISTORY), Span(0, 40, SpanKind.SUBSECTION, "(a)")))
    assert [(text[p.start : p.end], p.speaker, p.anchor) for p in cut] == [
        (text[:end], Speaker.LAW, "(a)"),
        ("(Laws 2001, ch. 4.)", Speaker.NOTE, ""),
    ]


def test_a_passage_never_holds_two_speakers() -> None:
    majority, dissent = "The deposit is owed. " * 5, "I would hold that it is not. " * 5
    syllabus = "Held: the deposit is owed. "
    text = syllabus + majority + dissent
    a, b = len(syllabus), len(syllabus) + len(majority)
    cut = passages(
        case(text, Span(0, a, SpanKind.SYLLABUS), Span(a, b, SpanKind.OPINION, "majority"),
             Span(b, len(text), SpanKind.OPINION, "dissent"))
    )  # fmt: skip
    assert [(p.speaker, text[p.start : p.end]) for p in cut] == [
        (Speaker.SYLLABUS, syllabus.strip()),
        (Speaker.MAJORITY, majority.strip()),
        (Speaker.DISSENT, dissent.strip()),
    ]


def test_an_opinion_whose_parts_are_not_known_has_an_unknown_speaker() -> None:
    assert [p.speaker for p in passages(case("The judgment is affirmed."))] == [Speaker.UNKNOWN]


def test_the_heading_says_where_a_section_stands() -> None:
    assert heading_of(statute("x")) == "Return of deposit. Chapter 3 - Deposits. Title 12 - Landlord and Tenant"
    assert heading_of(case("x")) == "Doe v. Roe"


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    sentence = "The tenant gave notice and the landlord kept the deposit in full for his own use. "
    text = sentence * 40
    cut = passages(case(text))
    assert len(cut) > 2
    assert all(text[p.start : p.end].endswith("own use.") for p in cut)
    assert all(len(text[p.start : p.end].split()) <= PassageConfig().most for p in cut)


words = st.text(alphabet="abc .\n", max_size=2000)


@given(words, st.integers(0, 2000), st.integers(0, 2000))
@settings(max_examples=200, deadline=None)
def test_nothing_is_lost_or_said_twice(text: str, one: int, two: int) -> None:
    start, end = sorted((min(one, len(text)), min(two, len(text))))
    span = (Span(start, end, SpanKind.OPINION, "dissent"),) if start < end else ()
    cut = passages(case(text, *span), PassageConfig(words=20, most=25, least=5))
    assert all(a.end <= b.start for a, b in pairwise(cut))
    joined = "".join(text[p.start : p.end] for p in cut)
    assert re.sub(r"\s", "", joined) == re.sub(r"\s", "", text)
