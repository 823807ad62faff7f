"""Footnotes: which mark belongs to which note, where pages link them and where they print bare numbers."""

from __future__ import annotations

import lxml.html

from scraper.models import Span, SpanKind
from scraper.sources.footnotes import attached, footnotes_in, inferred_marks
from scraper.sources.html import BuiltText, TextBuilder
from scraper.sources.opinions import plain_case


def built(html: str) -> BuiltText:
    return TextBuilder(lambda element: None).build(lxml.html.fragment_fromstring(html, create_parent="div"))


COURT = "<p>Justice Quill delivered the opinion of the Court.</p>"
DISSENT = "<p>Justice Wick, dissenting.</p>"


def test_bare_numbers_are_marks_where_all_notes_stand_in_order() -> None:
    page = built(
        f"{COURT}<p>The mill stood. 1 It fell in 1901, 2 Stat. 3.</p><p>Nobody mended it. 2 He sued.</p>{DISSENT}"
        "<p>I would mend it. 1 So would he.</p><h3>Footnotes</h3><p>[Footnote 1] A water mill.</p>"
        "<p>[Footnote 2] Nor its dam.</p><p>[Footnote 1] At the town's cost.</p>"
    )
    speakers = plain_case(page)
    spans = attached(page, speakers.spans)
    marks = [span for span in spans if span.kind is SpanKind.FOOTNOTE_MARK]
    assert [page.text[mark.start - 5 : mark.end] for mark in marks] == ["ood. 1", " it. 2", " it. 1"]
    assert all(mark.attrs["inferred"] == "yes" for mark in marks)
    notes = [span for span in spans if span.kind is SpanKind.FOOTNOTE]
    assert [int(note.attrs["mark"]) for note in notes] == [mark.start for mark in marks]
    assert [int(mark.attrs["footnote"]) for mark in marks] == [note.start for note in notes]
    opinions = [(s.label, s.attrs.get("part", "")) for s in sorted(spans) if s.kind is SpanKind.OPINION]
    assert opinions == [("majority", ""), ("dissent", ""), ("majority", "footnotes"), ("dissent", "")]


def test_numbers_in_prose_and_citations_are_no_marks() -> None:
    page = built("<p>See 9 Ald. 4, 7. It took 7 judges. 7 U.S.C. § 1 says so, and, 7 of them agreed.</p>")
    notes = [Span(len(page.text), len(page.text), SpanKind.FOOTNOTE, "7")]
    assert inferred_marks(page, notes, [(0, len(page.text))]) == {}


def test_the_heading_of_the_notes_is_no_note() -> None:
    page = built(
        "<p>It is so.</p><p>FOOTNOTES</p><p>Footnote *</p><p>So held.</p><p>Footnotes</p><p>Note 2</p><p>And.</p>"
    )
    found = footnotes_in(page, 0, len(page.text))
    assert [(s.label, page.text[s.start : s.end]) for s in found] == [
        ("*", "Footnote *\n\nSo held."),
        ("2", "Note 2\n\nAnd."),
    ]


def test_links_decide_before_labels() -> None:
    page = built(
        '<p>One<a href="#n1" id="r1">1</a> and two<a href="#n2" id="r2">1</a>.</p>'
        '<p id="n2"><a href="#r2">1</a> Second.</p><p id="n1"><a href="#r1">1</a> First.</p>'
    )
    text = page.text
    mark = [index for index, sign in enumerate(text) if sign == "1"]
    spans = [
        Span(mark[0], mark[0] + 1, SpanKind.FOOTNOTE_MARK, "1"),
        Span(mark[1], mark[1] + 1, SpanKind.FOOTNOTE_MARK, "1"),
        Span(mark[2], text.index("Second.") + 7, SpanKind.FOOTNOTE, "1"),
        Span(mark[3], len(text), SpanKind.FOOTNOTE, "1"),
    ]
    tied = attached(page, spans)
    assert {int(s.attrs["footnote"]) for s in tied[:1]} == {mark[3]}
    assert {int(s.attrs["footnote"]) for s in tied[1:2]} == {mark[2]}
