"""Quotations that may be made of a document: lead-ins, closing words, exceptions, and sentences that lean back."""

from __future__ import annotations

from dataclasses import replace

from app.answering.units import Unit, units
from indexing.models import Speaker
from scraper.models import Document, DocumentKind, Span, SpanKind

LINES = [
    ("(a)", "(a) A library shall not:"),
    ("(a)(1)", "(1) charge a fine for a book returned within 14 days;"),
    ("(a)(2)", "(2) bar a child because of an unpaid fine; or"),
    ("(a)(3)", "(3) sell the record of a loan,"),
    ("", "except that a library may charge the cost of a book that is lost."),
    ("(b)", "(b) The fine for a late book is ten cents for each day. It may not exceed five dollars."),
    ("(c)", "(c) Subsection (b) does not apply to a borrower under the age of twelve years."),
    ("(d)", "(d) A library may close for repairs if:"),
    ("(d)(1)", "(1) the roof leaks; and"),
    ("(d)(2)", "(2) the board has voted to close it."),
    ("(e)", "(e) Within 30 days a borrower shall return a book, except that:"),
    ("(e)(1)", "(1) a map is returned within ten days; and"),
    ("(e)(2)", "(2) a borrower at sea has a year."),
    ("history", "(Laws 1990, ch. 4, § 2, eff. July 1, 1990.)"),
]


def section() -> Document:
    """A section laid out as parsers lay it out: a parent's span ends with its last child."""
    text, spans, at = "", [], {}
    for label, line in LINES:
        start = len(text)
        text += line + "\n\n"
        if label == "history":
            spans.append(Span(start, start + len(line), SpanKind.HISTORY))
        elif label:
            at[label] = [start, start + len(line)]
            if label.count("(") == 2:
                at[label[: label.index(")") + 1]][1] = start + len(line)
    spans += [Span(start, end, SpanKind.SUBSECTION, label) for label, (start, end) in at.items()]
    address = "https://n.example/7-1"
    kind, citation = DocumentKind.STATUTE, "Norland Code § 7-1"
    return Document("n:code:7-1", kind, "n", "Fines", citation, text.strip(), address, tuple(sorted(spans)))


def at_anchor(document: Document, anchor: str) -> list[Unit]:
    return [unit for unit in units(document) if unit.anchor == anchor]


def test_every_quotation_is_made_of_exact_stretches_in_order() -> None:
    document = section()
    for unit in units(document):
        assert list(unit.parts) == sorted(unit.parts)
        assert all(a[1] < b[0] for a, b in zip(unit.parts, unit.parts[1:], strict=False))
        shown = " ... ".join(" ".join(document.text[start:end].split()) for start, end in unit.parts)
        assert unit.words(document.text) == shown


def test_an_item_is_quoted_with_its_lead_in_and_the_words_that_close_the_list() -> None:
    document = section()
    [item] = at_anchor(document, "(a)(2)")
    assert item.words(document.text) == (
        "(a) A library shall not: ... (2) bar a child because of an unpaid fine; or ... except that a library may "
        "charge the cost of a book that is lost."
    )
    assert item.speaker is Speaker.LAW


def test_a_whole_list_is_a_quotation_too() -> None:
    document = section()
    [whole] = at_anchor(document, "(a)")
    assert whole.is_list
    assert whole.words(document.text) == " ".join(line for _, line in LINES[:5])


def test_an_exception_elsewhere_comes_along() -> None:
    document = section()
    [fine] = at_anchor(document, "(b)")
    assert fine.words(document.text).endswith(
        "(c) Subsection (b) does not apply to a borrower under the age of twelve years."
    )
    [item] = at_anchor(document, "(a)(1)")
    assert "Subsection (b)" not in item.words(document.text)


def test_the_elements_of_one_thing_are_quoted_together() -> None:
    lead = "(a) A person acquires title if, for a period of 15 years, the person's possession has been:"
    lines = [lead, "(1) actual;", "(2) open and notorious; and", "(3) hostile, that is, without the owner's leave."]
    text = "\n\n".join(lines)
    spans = [Span(0, len(text), SpanKind.SUBSECTION, "(a)")]
    for line in lines[1:]:
        start = text.index(line)
        spans.append(Span(start, start + len(line), SpanKind.SUBSECTION, f"(a){line[:3]}"))
    document = replace(section(), text=text, spans=tuple(sorted(spans)))
    assert [unit.words(text) for unit in units(document)] == [" ".join(lines)]


def test_an_element_of_a_list_too_long_to_be_quoted_ends_with_an_ellipsis_where_more_follow() -> None:
    filler = " ".join(["very"] * 90)
    lines = ["(a) A permit is issued if:", f"(1) the roof is {filler} old; and", f"(2) the wall is {filler} dry."]
    text = "\n\n".join(lines)
    spans = [Span(0, len(text), SpanKind.SUBSECTION, "(a)")]
    for line in lines[1:]:
        start = text.index(line)
        spans.append(Span(start, start + len(line), SpanKind.SUBSECTION, f"(a){line[:3]}"))
    document = replace(section(), text=text, spans=tuple(sorted(spans)))
    assert [unit.words(text) for unit in units(document)] == [
        f"{lines[0]} {lines[1]} ...",
        f"{lines[0]} ... {lines[2]}",
    ]


def test_conditions_joined_by_and_and_lists_of_exceptions_are_never_quoted_one_by_one() -> None:
    document = section()
    for anchor in ("(d)(1)", "(d)(2)", "(e)(1)", "(e)(2)"):
        assert at_anchor(document, anchor) == []
    assert at_anchor(document, "(d)")[0].words(document.text).endswith("(2) the board has voted to close it.")
    assert at_anchor(document, "(e)")[0].words(document.text).endswith("(2) a borrower at sea has a year.")


def test_the_source_credit_is_a_note_of_its_own() -> None:
    document = section()
    [note] = [unit for unit in units(document) if unit.speaker is Speaker.NOTE]
    assert note.words(document.text) == LINES[-1][1]
    for unit in units(document):
        assert unit == note or "Laws 1990" not in unit.words(document.text)


OPINION = (
    "Justice Ames delivered the opinion of the Court.\n\n"
    "{¶1} Dora Boyd kept a map for a year. That was too long. See Carter v. Dale, 12 Nor. 402, 405.\n\n"
    "{¶2} We hold that a map is a book.\n\n"
    "Justice Crane, dissenting.\n\n"
    "{¶3} A map is no book."
)


def test_an_opinion_is_quoted_by_sentence_with_its_speaker_and_paragraph() -> None:
    split = OPINION.index("Justice Crane")
    first = OPINION.index("{¶1}")
    spans = (
        Span(0, first, SpanKind.HEAD_MATTER),
        Span(0, split, SpanKind.OPINION, "majority"),
        Span(first, OPINION.index("{¶2}"), SpanKind.PARAGRAPH, "1"),
        Span(split, len(OPINION), SpanKind.OPINION, "dissent"),
    )
    document = Document("n:nsc:1", DocumentKind.CASE, "n", "Boyd v. Carter", "1", OPINION, "https://n.example/1", spans)
    found = {unit.words(OPINION): unit for unit in units(document)}
    assert "Justice Ames delivered the opinion of the Court." not in found
    assert found["We hold that a map is a book."].speaker is Speaker.MAJORITY
    assert found["A map is no book."].speaker is Speaker.DISSENT
    kept = found["Dora Boyd kept a map for a year."]
    assert (kept.anchor, kept.parts) == ("1", ((OPINION.index("Dora"), OPINION.index(" That was")),))
    # a sentence that begins with "That" takes along the one it leans on
    assert "Dora Boyd kept a map for a year. That was too long." in found
    # a reporter's full stop ends no sentence
    assert "See Carter v. Dale, 12 Nor. 402, 405." in found
    place = OPINION.index("We hold")
    assert [unit.words(OPINION) for unit in units(document, [(place, place + 5)])] == ["We hold that a map is a book."]


def test_a_bare_label_or_heading_is_never_quoted() -> None:
    text = "(a) Remedies.—\n\n(i)\n\n(ii)\n\n(iii) A person may sue:\n\n(b) A person may recover costs."
    at = {label: text.index(label) for label in ("(a)", "(i)", "(ii)", "(iii)", "(b)")}
    ends = {"(a)": 14, "(i)": 19, "(ii)": 25, "(iii)": at["(b)"] - 2, "(b)": len(text)}
    spans = [Span(at[label], ends[label], SpanKind.SUBSECTION, label) for label in at]
    found = units(replace(section(), text=text, spans=tuple(spans)))
    assert [unit.words(text) for unit in found] == ["(b) A person may recover costs."]
