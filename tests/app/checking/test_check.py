"""A brief held against the sample: each status, flag and verdict against what a person finds by reading the texts."""

from __future__ import annotations

import re

import pytest

from app.checking.check import Checker
from app.checking.models import MOST_CITATIONS, Checked, CheckedCitation, CheckStatus
from app.checking.quotations import Quotation, SourceText
from app.wiring import Services, Snapshot
from scraper.errors import QueryError
from scraper.models import Document, DocumentKind, SpanKind

CALLOWAY, WEATHERBY = "franklin:frsc:2005-frsc-014", "franklin:frsc:2009-frsc-022"
NOTICE = "The rule of Calloway is gone."


@pytest.fixture(scope="module")
def checker(snapshot: Snapshot, services: Services) -> Checker:
    return Checker(snapshot.corpus, services.jurisdictions, lambda one: NOTICE if one == CALLOWAY else "")


def only(checked: Checked) -> CheckedCitation:
    assert len(checked.citations) == 1
    return checked.citations[0]


def test_a_citation_with_its_own_name_is_found_and_its_span_is_exact(checker: Checker) -> None:
    text = "As in Weatherby v. Ostrander, 2009-FRSC-022, ¶ 2, the owner lost."
    found = only(checker.check(text))
    assert (found.status, found.flags, [one.id for one in found.documents]) == (CheckStatus.FOUND, (), [WEATHERBY])
    assert text[found.start : found.end].startswith("2009-FRSC-022")
    assert found.message == ""


def test_the_right_number_under_another_name_is_told(checker: Checker) -> None:
    found = only(checker.check("See Marbury v. Madison, 2009-FRSC-022."))
    assert (found.status, found.flags) == (CheckStatus.FOUND, ("wrong_name",))
    assert "Weatherby v. Ostrander" in found.message


def test_what_is_not_held_is_never_called_invented(checker: Checker) -> None:
    found = only(checker.check("See Bogus v. Fake, 999 U.S. 9999 (1999)."))
    assert (found.status, found.flags) == (CheckStatus.NOT_HELD, ("not_held",))
    assert "may exist" in found.message
    assert not any(word in found.message.lower() for word in ("invent", "fake", "does not exist"))


@pytest.mark.parametrize(
    ("text", "raw"),
    [("Compare 12 Foo. Rep. 345 with this.", "12 Foo. Rep. 345"), ("It follows from § of the code.", "§")],
)
def test_what_is_only_written_like_a_citation_is_malformed(checker: Checker, text: str, raw: str) -> None:
    found = only(checker.check(text))
    assert (found.status, found.raw, found.documents) == (CheckStatus.MALFORMED, raw, ())


@pytest.mark.parametrize("text", ["Filed 12 Dec. 1998 in court.", "See 44 Harv. L. Rev. 1222.", "1 Wash. U. L. Q. 795"])
def test_dates_and_journals_are_no_citations_of_authority(checker: Checker, text: str) -> None:
    assert [one for one in checker.check(text).citations if one.status is CheckStatus.MALFORMED] == []


def test_a_repealed_section_and_an_undone_case_are_flagged(checker: Checker, snapshot: Snapshot) -> None:
    repealed = next(one for one in snapshot.corpus.entries if one.status == "repealed")
    found = only(checker.check(f"Under {repealed.citation}, nothing is owed."))
    assert found.flags == ("repealed",)
    found = checker.check("Calloway v. Brisbane, 2005-FRSC-014, ¶ 3, 70 Frk. 331.").citations[0]
    assert (found.flags, found.message) == (("overruled",), NOTICE)


def test_another_year_and_a_missing_subdivision_are_told_in_words(checker: Checker) -> None:
    found = checker.check("Section 12-1-102(z) and § 12-1-102(a)(4) of the Franklin Code.").citations
    assert [one.message for one in found] == ["It has no subdivision (z) in the version held.", ""]


def test_a_year_is_held_against_the_citation_that_states_it(checker: Checker) -> None:
    text = "Weatherby v. Ostrander, 2009-FRSC-022, and Bogus v. Fake, 999 U.S. 9999 (1999)."
    assert checker.check(text).citations[0].message == ""
    found = only(checker.check("Weatherby v. Ostrander, 2009-FRSC-022 (1999)."))
    assert found.message == "It was decided in 2009, not 1999."


QUOTED = [
    # the words of § 12-1-102(c) as they are, with a comma for the full stop
    (
        "“Periods of possession by successive possessors may be added together if there is privity of estate,”",
        "verbatim",
    ),
    ("“Periods of possession . . . may be added together if there is privity of estate between them.”", "marked"),
    ("“[p]eriods of possession by successive possessors may be added together”", "marked"),
    ("“Periods of possession by successive [adverse] possessors may be added together”", "marked"),
    ("“Periods of possession by successive owners may be added together if there is privity”", "altered"),
    ("“Periods of possession by successive possessors may never be added together”", "altered"),
    ("“A meadow may be grazed by whoever fences it against the wind”", "not_found"),
]


@pytest.mark.parametrize(("quotation", "verdict"), QUOTED)
def test_a_quotation_is_held_against_the_section_cited_behind_it(
    checker: Checker, quotation: str, verdict: str
) -> None:
    found = only(checker.check(f"The law says: {quotation} Franklin Code § 12-1-102(c)."))
    assert [one.verdict for one in found.quotations] == [verdict]
    assert ("misquoted" in found.flags) == (verdict in ("altered", "not_found"))


def test_the_difference_of_an_altered_quotation_is_shown_with_its_place(checker: Checker, snapshot: Snapshot) -> None:
    text = "“Periods of possession by successive owners may never be added together.” Franklin Code § 12-1-102(c)."
    quote = only(checker.check(text)).quotations[0]
    assert [(one.source, one.quoted) for one in quote.differences] == [("possessors", "owners"), ("", "never")]
    source = snapshot.corpus.catalogue.text(quote.document, quote.source_start, quote.source_end)
    assert source == "Periods of possession by successive possessors may be added together"
    assert text[quote.start : quote.end] == "Periods of possession by successive owners may never be added together."


def test_quotations_lean_on_the_citation_that_the_writing_gives_them(checker: Checker) -> None:
    text = (
        "Weatherby v. Ostrander, 2009-FRSC-022 (“An owner has no vested right in a neighbor's error.”). "
        "The statute, Franklin Code § 12-1-102(d), says that “[t]itle may not be acquired under this section against "
        "the State.” And nobody said “a river may be crossed at any hour of the night” there."
    )
    found = checker.check(text)
    assert [[one.verdict for one in citation.quotations] for citation in found.citations] == [["verbatim"], ["marked"]]
    assert [text[one.start : one.end][:12] for one in found.loose_quotations] == ["a river may "]


def test_the_limits_are_named(checker: Checker) -> None:
    with pytest.raises(QueryError, match="64,000"):
        checker.check("x" * 64_001)
    many = checker.check("See 2009-FRSC-022. " * (MOST_CITATIONS + 2)).citations
    assert [one.status for one in many[-3:]] == [CheckStatus.FOUND, CheckStatus.OVER_LIMIT, CheckStatus.OVER_LIMIT]


# ---- what a lawyer's briefs showed ------------------------------------------------------------------------

TWO = "Calloway v. Brisbane, 2005-FRSC-014, and Weatherby v. Ostrander, 2009-FRSC-022, agree."


def test_a_second_case_in_a_sentence_has_its_own_name(checker: Checker) -> None:
    text = "In Doe v. Roe, 521 U.S. 702 (1997), and Lee v. Low, 521 U.S. 793 (1997), show. Poe v. Loe, 524 U.S. 775."
    assert [one.case_name for one in checker.check(text).citations] == [
        "Doe v. Roe",
        "Lee v. Low",
        "Poe v. Loe",
    ]
    assert [one.flags for one in checker.check(TWO).citations] == [("overruled",), ()]


def test_the_last_words_with_capitals_are_no_name(checker: Checker) -> None:
    text = "The court there struck down the Boundary Act. 2009-FRSC-022, ¶ 2."
    found = checker.check(text).citations[-1]
    assert (found.case_name, found.flags) == ("", ())


def test_a_case_under_another_number_is_shown_where_it_is_held(checker: Checker) -> None:
    found = only(checker.check("See Weatherby v. Ostrander, 999 U.S. 12 (1999)."))
    assert found.flags == ("not_held",)
    assert found.message.endswith("A case of this name is held: 2009-FRSC-022 (2009).")


def test_a_block_quotation_is_compared(checker: Checker) -> None:
    words = "Periods of possession by successive {} may be added together if there is privity of estate between them."
    for word, verdict in (("possessors", "verbatim"), ("owners", "altered")):
        quoted = words.format(word).replace("may be", "may be\n    ")
        found = only(checker.check(f"The law says:\n\n    {quoted}\n\nFranklin Code § 12-1-102(c). It is plain."))
        assert [one.verdict for one in found.quotations] == [verdict]


def test_an_indented_paragraph_is_no_quotation(checker: Checker) -> None:
    text = (
        "Nothing more is said.\n\n    This paragraph begins with an indent, as many do, and quotes nobody at all.\n\n"
    )
    assert checker.check(f"{text}Franklin Code § 12-1-102(c).").citations[0].quotations == ()


def test_words_of_another_subdivision_are_told(checker: Checker) -> None:
    quoted = "“Periods of possession by successive possessors may be added together”"
    assert only(checker.check(f"{quoted} Franklin Code § 12-1-102(c).")).message == ""
    found = only(checker.check(f"{quoted} Franklin Code § 12-1-102(d)."))
    assert (found.flags, found.message) == ((), "Words quoted here stand in (c), not in (d).")


_SENTENCE = re.compile(r"(?<=[.”] )[A-Z][a-z ,']{30,200}\.")


def test_words_of_a_dissent_are_told_unless_the_text_says_so(checker: Checker, snapshot: Snapshot) -> None:
    catalogue = snapshot.corpus.catalogue
    documents = (
        catalogue.version(one.id, one.version).document for one in snapshot.corpus.entries if one.kind == "case"
    )
    spans = ((one, span) for one in documents for span in one.spans_of(SpanKind.OPINION) if span.label == "dissent")
    case, span = next(
        (one, span) for one, span in spans if one.citation and _SENTENCE.search(one.text, span.start, span.end)
    )
    words = _SENTENCE.findall(case.text, span.start, span.end)[-1]
    found = checker.check(f"The court wrote, “{words}” {case.citation}.").citations[-1]
    assert found.message == "Words quoted here are of the dissent, not of the court."
    assert checker.check(f"The dissent wrote, “{words}” {case.citation}.").citations[-1].message == ""


def test_a_case_that_begins_the_next_sentence_is_not_the_source(checker: Checker) -> None:
    text = (
        "Franklin Code § 12-1-102(c) is plain: “Periods of possession by successive possessors may be added together.” "
        "Weatherby v. Ostrander, 2009-FRSC-022, is to like effect."
    )
    section, case = checker.check(text).citations
    assert ([one.verdict for one in section.quotations], case.quotations) == (["verbatim"], ())


def test_a_short_name_behind_a_quotation_is_its_source(checker: Checker) -> None:
    text = (
        "Weatherby v. Ostrander, 2009-FRSC-022. Franklin Code § 12-1-102. It is said: "
        "“An owner has no vested claim in a neighbor's error.” Weatherby, 2009-FRSC-022, ¶ 2."
    )
    assert [one.verdict for one in checker.check(text).citations[-1].quotations] == ["altered"]


@pytest.mark.parametrize(
    ("source", "quoted", "verdict"),
    [
        (
            "He was free from restraint--of any sort--at all times.",
            "free from restraint -- of any sort — at all",
            "verbatim",
        ),
        ("The proce- dure was agreed to by all of them.", "The procedure was agreed to by all", "verbatim"),
        ("The well-known procedure was agreed to by all.", "The well known procedure was agreed to", "altered"),
        ("The procedure, was agreed to by all of them.", "The procedure was agreed to by all", "altered"),
    ],
)
def test_what_printing_puts_in_is_no_alteration(source: str, quoted: str, verdict: str) -> None:
    document = Document("x", DocumentKind.CASE, "us", "A v. B", "", source, "https://n.example/1")
    assert SourceText(document).compare(Quotation(0, len(quoted), quoted)).verdict == verdict


def test_a_case_takes_no_name_of_the_case_before(checker: Checker) -> None:
    text = "Doe v. Roe, 533 U.S. 678 (2001). Weatherby (2009-FRSC-022) is not to the contrary."
    assert [(one.case_name, one.flags) for one in checker.check(text).citations][1] == ("", ())
    assert checker.check("Under Doe v. Roe, 533 U.S. 678, so.").citations[0].case_name == "Doe v. Roe"


def test_a_short_citation_under_another_name_is_not_the_case_of_its_volume(checker: Checker) -> None:
    text = "See Doe v. Roe, 530 U.S. 428 (2000); Poe, 530 U.S., at 494; Roe, 530 U.S., at 440; Low, 524 U.S., at 126."
    found = checker.check(text).citations
    assert [(one.key, one.status) for one in found] == [
        ("530 U.S. 428", CheckStatus.NOT_HELD),
        ("", CheckStatus.MALFORMED),
        ("530 U.S. 428", CheckStatus.NOT_HELD),
        ("", CheckStatus.MALFORMED),
    ]


def test_a_short_quotation_differs_in_its_capital_alone(checker: Checker) -> None:
    found = only(
        checker.check(
            "Nor is it so that “periods of possession by successive possessors” run. Franklin Code § 12-1-102(c)."
        )
    )
    assert [[(one.source, one.quoted) for one in quote.differences] for quote in found.quotations] == [
        [("Periods", "periods")]
    ]
    assert found.flags == ()
