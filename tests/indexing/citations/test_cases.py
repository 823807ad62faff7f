"""Case citations as courts write them: each row is a text, what must be found, and why it is in the table."""

from __future__ import annotations

import pytest

from indexing.models import CitationKind
from scraper.models import Span, SpanKind
from tests.indexing.citations.law import find, finder

CASES = [
    ("Reno v. ACLU, 521 U.S. 844, 849 (1997).", [("521 U.S. 844", "849", 1997)], "the usual full form"),
    ("Reno v. ACLU, 521 U. S. 844 (1997).", [("521 U.S. 844", "", 1997)], "the Court's own spacing"),
    ("Reno v. ACLU,\n521 U. S.\n844 (1997)\n\nNext.", [("521 U.S. 844", "", 1997)], "broken over lines"),
    ("Shaw v . Reno , 509 U. S. 630, 634 (1993)", [("509 U.S. 630", "634", 1993)], "stray spaces of markup"),
    ("Roe, 99 F.3d 12 (CA2 1996)", [("99 F.3d 12", "", 1996)], "a lower court in the parenthesis"),
    ("Id. was not. People v. Po, 12 Cal. App. 4th 33", [("12 Cal. App. 4th 33", "", None)], "Id. with nothing before"),
    ("Marsh v. Mills, 2014-ARSC-012, ¶ 9, 88 Arcd. 214", [("2014-ARSC-12", "¶ 9", None), ("88 Arcd. 214", "", None)],
     "a neutral citation of the tables and its reporter"),
    ("Marsh v. Mills, 88 Arcad. 214 (2014)", [("88 Arcd. 214", "", 2014)], "a variation from the tables"),
    ("Pike v. Dace, 41 Arcd. App. 77, 80 (2012)", [("41 Arcd. App. 77", "80", 2012)], "the longer of two reporters"),
    ("Blakely v. Washington, 542 U. S. ___ (2004)", [("542 U.S. ___ (Blakely v. Washington)", "", 2004)],
     "no page yet: the name is part of the key"),
    ("It cost 521 dollars and 844 cents in 1997.", [], "numbers alone"),
    ("", [], "nothing"),
    ("eyecite", [], "the library answers this word with a joke"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "reason"), CASES, ids=[row[2] for row in CASES])
def test_full_citations(text: str, expected: list[tuple[str, str, int | None]], reason: str) -> None:
    found = [one for one in find(text) if one.kind is CitationKind.FULL]
    assert [(one.key, one.pinpoint, one.year) for one in found] == expected, reason


ANTECEDENTS = [
    ("Jones v. United States, 526 U. S. 227, 230 (1999). Id., at 243, n. 6.", "526 U.S. 227", "243, n. 6",
     "id. repeats what stands before it"),
    ("Jones v. Ohio, 526 U. S. 227 (1999). Later. Ibid.", "526 U.S. 227", "", "ibid. does too"),
    ("Jones v. Ohio, 526 U. S. 227 (1999). App. 12. Id., at 13.", "", "13", "id. repeats the record, not the case"),
    ("Jones v. Ohio, 526 U. S. 227 (1999). Id., at 12.", "", "12", "page 12 is not in a case that begins at 227"),
    ("Jones v. Ohio, 526 U. S. 227 (1999). 9 J. Legal Stud. 5. Id., at 228.", "", "228", "id. repeats an article"),
    ("18 U. S. C. §924(c). Id., at 88.", "", "88", "a statute has no pages"),
    ("Doe v. Royce, 9 U. S. 80. See 18 U. S. C. §924(c). But Royce went on. Id., at 88.", "9 U.S. 80", "88",
     "nor has it this page, but a case named since has"),
    ("Doe v. Royce, 9 U. S. 80; Poe v. Lark, 9 U. S. 70; 18 U. S. C. §2. Royce and Lark agree. Id., at 88.", "", "88",
     "two cases were named since"),
    ("Pell v. Ames, 2010-ARSC-061, ¶ 3, 31 Arcd. App. 240. Costs follow. Id. ¶ 5.", "2010-ARSC-61", "¶ 5",
     "the reports of an appeal court are no appendix"),
    ("18 U. S. C. §924(c). Ibid.", "18 U.S.C. § 924", "", "but it can be repeated"),
    ("Jones v. Ohio, 526 U. S. 227 (1999). See 526 U. S., at 230.", "526 U.S. 227", "230", "short by volume"),
    ("Jones v. Ohio, 526 U. S. 227 (1999); Doe v. Poe, 526 U. S. 300. See Doe, 526 U. S., at 310.",
     "526 U.S. 300", "310", "two cases of one volume: the name decides"),
    ("Jones v. Ohio, 526 U. S. 227 (1999); Doe v. Poe, 526 U. S. 600. See 526 U. S., at 610.",
     "526 U.S. 600", "610", "two cases of one volume: one of them does not reach the page"),
    ("Jones v. Ohio, 526 U. S. 227 (1999); Doe v. Poe, 526 U. S. 260. See 526 U. S., at 270.",
     "", "270", "two cases of one volume could hold the page: not guessed"),
    ("See 526 U. S., at 230.", "", "230", "a short form whose case was never cited"),
    ("Larned v. Ohio, 53 Mass. 240 (1847). Later, Larned, supra, at 241.", "53 Mass. 240", "241", "supra by name"),
    ("Tod v. Ohio, 53 Mass. 240; Tod v. Iowa, 60 Mass. 1. See Tod, supra, at 241.", "", "241", "two of that name"),
    ("Tod v. United States, 53 Mass. 240. See Pym v. United States, supra.", "", "", "another party of a state"),
    ("Tod v. United States, 53 Mass. 240. See Tod v. United States, supra.", "53 Mass. 240", "", "both parties"),
    ("Marsh v. Mills, 2014-ARSC-012, ¶ 9. Id. ¶ 12.", "2014-ARSC-12", "¶ 12", "paragraphs as pinpoints"),
    ("Marsh v. Mills, 88 Arcd. 214 (2014). Marsh, 88 Arcd. at 219.", "88 Arcd. 214", "219", "short by the tables"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "pinpoint", "reason"), ANTECEDENTS, ids=[row[3] for row in ANTECEDENTS])
def test_the_last_citation_finds_its_antecedent(text: str, key: str, pinpoint: str, reason: str) -> None:
    last = find(text)[-1]
    assert (last.key, last.pinpoint) == (key, pinpoint), reason


def test_parallel_citations_share_a_group_and_their_year() -> None:
    text = "Apprendi v. New Jersey, 530 U. S. 466, 490, 120 S. Ct. 2348, 147 L. Ed. 2d 435 (2000); 5 F.3d 6."
    found = find(text)
    assert [one.key for one in found] == ["530 U.S. 466", "120 S. Ct. 2348", "147 L. Ed. 2d 435", "5 F.3d 6"]
    assert [one.group for one in found] == [found[0].start] * 3 + [found[3].start]
    assert [one.year for one in found[:3]] == [2000] * 3
    assert {one.case_name for one in found[:3]} == {"Apprendi v. New Jersey"}


def test_two_cases_of_one_reporter_are_no_parallels() -> None:
    found = find("Compare 530 U. S. 466, 531 U. S. 12.")
    assert len({one.group for one in found}) == 2


def test_a_statute_and_a_short_case_citation_are_no_parallels() -> None:
    found = find("Doe v. Poe, 526 U. S. 227. See 18 U. S. C. §924(c), 526 U. S., at 230.")
    assert [one.group for one in found] == [one.start for one in found]


def test_footnote_marks_and_star_pages_are_read_over() -> None:
    text = "Reno v. ACLU, 521 U. S.7 844 *216 (1997), held so."
    marks = (
        Span(text.index("7 844"), text.index("7 844") + 1, SpanKind.FOOTNOTE_MARK, "7"),
        Span(text.index("*216"), text.index("*216") + 4, SpanKind.STAR_PAGE, "216"),
    )
    found = finder().find(text, "us:scotus:1-us-1", "v", marks)
    assert [(one.key, one.year, one.raw) for one in found] == [("521 U.S. 844", 1997, "521 U. S.7 844")]


def test_source_credits_name_acts_but_cite_none() -> None:
    text = "The court may order it.\n\n(June 25, 1948, 62 Stat. 930; see section 1332 of this title.)"
    credit = (Span(text.index("(June"), len(text), SpanKind.HISTORY),)
    found = finder().find(text, "us:usc:28:1331", "v", credit)
    assert [one.key for one in found] == ["28 U.S.C. § 1332"]


NAMES = [
    ("Reno v. Doe, 521 U.S. 702 (1997), and Vacco v. Quill, 521 U.S. 793 (1997).", ["Reno v. Doe", "Vacco v. Quill"],
     "a second case has its own name"),
    ("So held Concrete Pipe & Products of Cal., Inc. v. Trust for Southern Cal., 508 U. S. 602 (1993).",
     ["Concrete Pipe & Products of Cal., Inc. v. Trust for Southern Cal."], "abbreviations in both parties"),
    ("Kremer v. Chemical Constr. Corp., 456 U. S. 461 (1982).", ["Kremer v. Chemical Constr. Corp."], "Corp."),
    ("Under Rose v. Lundy, 455 U. S. 509 (1982), it fails.", ["Rose v. Lundy"], "a word that leads is no party"),
    ("It is moot. Pp. 8-13. 114 F. 3d 1458, affirmed.", [""], "pages of a syllabus are no name"),
    ("See Doe v. Roe, 533 U.S. 678 (2001). It is held (530 U.S. 466) so.", ["Doe v. Roe", ""], "nothing is borrowed"),
    ("In re Gault, 387 U. S. 1 (1967).", ["Gault"], "a case of one name"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected", "reason"), NAMES, ids=[row[2] for row in NAMES])
def test_a_case_has_the_name_that_is_written_before_it(text: str, expected: list[str], reason: str) -> None:
    found = [one.case_name for one in find(text) if one.kind is CitationKind.FULL]
    assert found == expected, reason


SHORT_FORMS = [
    ("Dickerson v. United States, 530 U. S. 428 (2000). But Apprendi, 530 U. S., at 494.", "",
     "one case of the volume, and another name"),
    ("Dickerson v. United States, 530 U. S. 428 (2000). But Dickerson, 530 U. S., at 440.", "530 U.S. 428", "its name"),
    ("Dickerson v. United States, 530 U. S. 428 (2000). It said so. 530 U. S., at 440.", "530 U.S. 428", "no name"),
    ("Trades Council v. Builders, 507 U. S. 218, 227 (1993) (Boston Harbor). And Boston Harbor, 507 U. S., at 226.",
     "507 U.S. 218", "the byname in brackets behind it"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "reason"), SHORT_FORMS, ids=[row[2] for row in SHORT_FORMS])
def test_a_volume_alone_names_no_case_that_the_text_calls_otherwise(text: str, key: str, reason: str) -> None:
    assert [one.key for one in find(text) if one.kind is CitationKind.SHORT] == [key], reason
