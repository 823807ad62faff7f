"""Citations to codes as opinions and codes write them: a text, what must be found, and why it is in the table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.indexing.citations.law import find, jurisdictions

USC, CASE, DC, ARC = "us:usc:11:362", "us:scotus:1-us-1", "dc:code:22-3201", "arcadia:arsc:2014-arsc-012"
NM, TITLE_42 = "nm:nmsc:1-nm-1", "us:usc:42:1396a"
ROWS = [
    (CASE, "28 U. S. C. §1331", [("28 U.S.C. § 1331", "", "28 U. S. C. §1331")], "the Court's spacing"),
    (CASE, "28 U.S.C. § 1331(a)(2)(B).", [("28 U.S.C. § 1331", "(a)(2)(B)", "28 U.S.C. § 1331(a)(2)(B)")],
     "pinpoint"),
    (CASE, "28 U. S. C. §§ 1341, 1343(3).", [("28 U.S.C. § 1341", "", "28 U. S. C. §§ 1341"),
     ("28 U.S.C. § 1343", "(3)", "1343(3)")], "a list: each with its own span"),
    (CASE, "18 U. S. C. §2, 526 U. S. 227", [("18 U.S.C. § 2", "", "18 U. S. C. §2"),
     ("526 U.S. 227", "", "526 U. S. 227")],
     "a case behind a section is no section"),
    (CASE, "18 U. S. C. §§ 2, 371, 3 days", [("18 U.S.C. § 2", "", "18 U. S. C. §§ 2"), ("18 U.S.C. § 371", "", "371")],
     "a number of days is no section"),
    (CASE, "28 U. S. C. §1331 (1994)", [("28 U.S.C. § 1331", "", "28 U. S. C. §1331")], "a year is no pinpoint"),
    (CASE, "18 U. S. C. §1961 et seq.", [("18 U.S.C. § 1961", "et seq.", "18 U. S. C. §1961 et seq.")], "et seq."),
    (CASE, "18 U. S. C. §§ 1961-1968.", [("18 U.S.C. § 1961", "", "18 U. S. C. §§ 1961"),
     ("18 U.S.C. § 1961 through 18 U.S.C. § 1968", "", "-"), ("18 U.S.C. § 1968", "", "1968")], "a range by dash"),
    (CASE, "42 U. S. C. §§ 2000e-5, 1983", [("42 U.S.C. § 2000e-5", "", "42 U. S. C. §§ 2000e-5"),
     ("42 U.S.C. § 1983", "", "1983")], "a dash inside a number is no range"),
    (CASE, "Title 28 U. S. C. § 1253", [("28 U.S.C. § 1253", "", "Title 28 U. S. C. § 1253")], "with the word title"),
    (CASE, "Title 18, United States Code, Section 924(c)", [("18 U.S.C. § 924", "(c)",
     "Title 18, United States Code, Section 924(c)")], "as indictments write it"),
    (CASE, "18 United States Code § 924", [("18 U.S.C. § 924", "", "18 United States Code § 924")], "in full words"),
    (CASE, "28 U.S.C. § 1331, 1332(a) and 1367.", [("28 U.S.C. § 1331", "", "28 U.S.C. § 1331"),
     ("28 U.S.C. § 1332", "(a)", "1332(a)"), ("28 U.S.C. § 1367", "", "1367")], "one sign for a list that rises"),
    (CASE, "28 U.S.C. § 1331 and 1991 the Court", [("28 U.S.C. § 1331", "", "28 U.S.C. § 1331")], "two are no list"),
    (CASE, "28 U.S.C. § 1331, 12, and 40 others", [("28 U.S.C. § 1331", "", "28 U.S.C. § 1331")], "nor what falls"),
    (CASE, "section 541 of this title", [], "this title means nothing outside the code"),
    (USC, "under sections 301, 302, or 303(b) of this title.", [("11 U.S.C. § 301", "", "sections 301"),
     ("11 U.S.C. § 302", "", "302"), ("11 U.S.C. § 303", "(b)", "303(b) of this title")],
     "the title of the citing section"),
    (USC, "section 507(a)(1), (2), or 508 of this title", [("11 U.S.C. § 507", "(a)(1), (2)", "section 507(a)(1), (2)"),
     ("11 U.S.C. § 508", "", "508 of this title")], "subdivisions inside a list"),
    (USC, "sections 207 through 209, and 218 of this title", [("11 U.S.C. § 207", "", "sections 207"),
     ("11 U.S.C. § 207 through 11 U.S.C. § 209", "", "through"), ("11 U.S.C. § 209", "", "209"),
     ("11 U.S.C. § 218", "", "218 of this title")], "a range inside a list"),
    (USC, "section 1334(e) of title 28", [("28 U.S.C. § 1334", "(e)", "section 1334(e) of title 28")], "another title"),
    (USC, "subsection (b) of this section", [("11 U.S.C. § 362", "(b)", "subsection (b) of this section")],
     "the section itself"),
    (DC, "§§ 22-3201 through 22–3204", [("D.C. Code § 22-3201", "", "§§ 22-3201"),
     ("D.C. Code § 22-3201 through D.C. Code § 22-3204", "", "through"), ("D.C. Code § 22-3204", "", "22–3204")],
     "a range, one end with an en dash"),
    (DC, "D.C. Official Code § 22-404.01(a)", [("D.C. Code § 22-404.01", "(a)", "D.C. Official Code § 22-404.01(a)")],
     "a number with a dot"),
    (DC, "1981 Ed., § 22-3201.", [], "a number of an older codification"),
    (CASE, "D. C. Code §22-3201", [("D.C. Code § 22-3201", "", "D. C. Code §22-3201")], "spaced, from outside"),
    (ARC, "Section 12-3-101(b) and §§ 12-3-104, 12-3-105", [("Arcadia Code § 12-3-101", "(b)", "Section 12-3-101(b)"),
     ("Arcadia Code § 12-3-104", "", "12-3-104"), ("Arcadia Code § 12-3-105", "", "12-3-105")], "forms of the tables"),
    (CASE, "Section 12-3-101(b)", [], "which hold in their own jurisdiction alone"),
    (ARC, "Arcadia Const. art. II, § 4", [("Arcadia Const. art. 2, § 4", "", "Arcadia Const. art. II, § 4")], "Roman"),
    (ARC, "article IV, section 2", [("Arcadia Const. art. 4, § 2", "", "article IV, section 2")], "in words"),
    (ARC, "article IVX, section 2 and 28 U.S.C. § 1331", [("Arcadia Const. art. 4, § 2", "", "article IVX, section 2"),
     ("28 U.S.C. § 1331", "", "28 U.S.C. § 1331")], "a slip of the pen stays readable"),
    (ARC, "Arcadia Admin. Code R. 12-3-1", [("Arcadia Admin. Code R. 12-3-1", "", "Arcadia Admin. Code R. 12-3-1")],
     "a rule"),
    (CASE, "U.S. Const. art. I, § 8", [("U.S. Const. art. 1, § 8", "", "U.S. Const. art. I, § 8")], "a constitution"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "text", "expected", "reason"), ROWS, ids=[row[3] for row in ROWS])
def test_sections(document: str, text: str, expected: list[tuple[str, str, str]], reason: str) -> None:
    found = [(one.key, one.pinpoint, one.raw) for one in find(text, document)]
    assert found == expected, reason


WIDER = [
    (CASE, "U.S. Const. art. I, § 8, cl. 3", [("U.S. Const. art. 1, § 8", "cl. 3")], "a clause"),
    (
        CASE,
        "U. S. Const., Amdt. 14, §1.",
        [("U.S. Const. amend. 14", "§1")],
        "the section of an amendment is no amendment",
    ),
    (CASE, "§5 of the Fourteenth Amendment", [("U.S. Const. amend. 14", "§5")], "the same in words"),
    (
        CASE,
        "the First, Fourth, and Fourteenth Amendments",
        [("U.S. Const. amend. 1", ""), ("U.S. Const. amend. 4", ""), ("U.S. Const. amend. 14", "")],
        "a list in words",
    ),
    (
        CASE,
        "under Article III, and Art. II, §2, cl. 2",
        [("U.S. Const. art. 3", ""), ("U.S. Const. art. 2, § 2", "cl. 2")],
        "articles in running words",
    ),
    (CASE, "Vienna Convention, Art. II, and Ordinance of 1787, Art. I", [], "articles of something else"),
    (
        CASE,
        "Ala. Const. of 1901, Art. XI, § 214; Tex. Const., Art. I, §§ 8, 9",
        [("Ala. Const. art. 11, § 214 (1901)", ""), ("Tex. Const. art. 1, § 8", ""), ("Tex. Const. art. 1, § 9", "")],
        "states, one with its year",
    ),
    (
        CASE,
        "N. M. Const. art. II, § 10; Ohio Const., Art. VIII",
        [("N.M. Const. art. 2, § 10", ""), ("Ohio Const. art. 8", "")],
        "a section and a whole article",
    ),
    (
        CASE,
        "Fed. R. Civ. P. 12(b)(6), 56; later Rule 12(c).",
        [("Fed. R. Civ. P. 12", "(b)(6)"), ("Fed. R. Civ. P. 12", "(c)")],
        "a rule and its repetition",
    ),
    (
        CASE,
        "Fed. Rule Crim. Proc. 11(c). This Court's Rule 11. Habeas Corpus Rule 11.",
        [("Fed. R. Crim. P. 11", "(c)")],
        "another court's rule of that number",
    ),
    (CASE, "Rule 404(b) of the Federal Rules of Evidence", [("Fed. R. Evid. 404", "(b)")], "in words"),
    (
        CASE,
        "29 CFR §§1614.105(a), 1614.106, and 37 CFR §§1.801-1.809",
        [
            ("29 C.F.R. § 1614.105", "(a)"),
            ("29 C.F.R. § 1614.106", ""),
            ("37 C.F.R. § 1.801", ""),
            ("37 C.F.R. § 1.801 through 37 C.F.R. § 1.809", ""),
            ("37 C.F.R. § 1.809", ""),
        ],
        "regulations, list and range",
    ),
    (
        CASE,
        "40 C.F.R. pt. 1502; 61 Fed. Reg. 44,398, 44,399 (1996)",
        [("40 C.F.R. pt. 1502", ""), ("61 Fed. Reg. 44,398", "")],
        "a part, and the Register",
    ),
    (
        CASE,
        "Pub. L. 104-132, § 104, 110 Stat. 1219",
        [("Pub. L. 104-132", "§ 104"), ("110 Stat. 1219", "")],
        "a session law",
    ),
    (
        CASE,
        "Act of June 25, 1948, ch. 646, § 1, 62 Stat. 930",
        [("Act of June 25, 1948, ch. 646", "§ 1"), ("62 Stat. 930", "")],
        "an act by its date",
    ),
    (CASE, "USSG §2D1.1(b)(1) (Nov. 2000)", [("U.S.S.G. § 2D1.1", "(b)(1)")], "a guideline"),
    (
        CASE,
        "section 10(b) of the Exchange Act. The Securities Exchange Act of 1934 is meant.",
        [("15 U.S.C. § 78j", "(b)"), ("Securities Exchange Act of 1934", "")],
        "an act's section, by its short name",
    ),
    (CASE, "section 10(b) of the Exchange Act", [], "a short name alone could be another act's"),
    (
        CASE,
        "section 4c of the Commodity Exchange Act. The Securities Exchange Act of 1934.",
        [("Securities Exchange Act of 1934", "")],
        "a longer name is another act",
    ),
    (
        CASE,
        "Title VII of the Civil Rights Act of 1964; § 703(a) of Title VII",
        [("Title VII of the Civil Rights Act of 1964", ""), ("42 U.S.C. § 2000e-2", "(a)")],
        "a title of an act",
    ),
    (
        CASE,
        "§§ 1 and 2 of the Sherman Act, 15 U. S. C. §§1, 2",
        [("15 U.S.C. § 1", ""), ("15 U.S.C. § 2", ""), ("15 U.S.C. § 1", ""), ("15 U.S.C. § 2", "")],
        "a list before a name",
    ),
    (
        CASE,
        "Sherman Act §1 and the Clean Air Act of 1963",
        [("15 U.S.C. § 1", "")],
        "behind a name; an act of another year",
    ),
    (
        CASE,
        "§ 99 of the Sherman Act",
        [("Sherman Act § 99", "")],
        "a section that the table does not know is not guessed",
    ),
    (
        CASE,
        "15 U. S. C. §77b(a), and §3(a) of the Sherman Act",
        [("15 U.S.C. § 77b", "(a)"), ("15 U.S.C. § 3", "(a)")],
        "what stands before an act's name is its own",
    ),
    (CASE, "a § 1983 action", [("42 U.S.C. § 1983", "")], "a section known by its number"),
    (CASE, "Ohio Rev. Code Ann. § 1983.", [("Ohio Rev. Code § 1983", "")], "another code's number"),
    (CASE, "46 U. S. C. App. § 688", [("46 U.S.C. App. § 688", "")], "an appendix"),
    (
        USC,
        "paragraph (2) of subsection (a) of this section",
        [("11 U.S.C. § 362", "(a)(2)")],
        "the section itself, deeper",
    ),
    (USC, "this section applies", [("11 U.S.C. § 362", "")], "the section itself"),
    (USC, "subsection (b) of section 541 of this title", [("11 U.S.C. § 541", "(b)")], "subdivisions before a section"),
    (
        USC,
        "under section 365(p), but section 2 of the Corn Act",
        [("11 U.S.C. § 365", "(p)")],
        "in a title that is law itself",
    ),
    (USC, "section 25 or section 25(a) 1 of the Federal Reserve Act", [], "with a footnote's number before the act"),
    (USC, "section 505 of the Food Act. Under section 505, or such section 507,", [], "a number of another law"),
    (
        USC,
        "section 365 of title 11. Under section 365",
        [("11 U.S.C. § 365", ""), ("11 U.S.C. § 365", "")],
        "its own title",
    ),
    (TITLE_42, "under section 1365", [], "a title that is not law itself numbers acts"),
    (
        NM,
        "NMSA 1978, § 30-2-1(A); Section 30-2-1 and §§ 30-2-2, 30-2-3",
        [
            ("NMSA 1978, § 30-2-1", "(A)"),
            ("NMSA 1978, § 30-2-1", ""),
            ("NMSA 1978, § 30-2-2", ""),
            ("NMSA 1978, § 30-2-3", ""),
        ],
        "New Mexico's own forms",
    ),
    (CASE, "Section 30-2-1", [], "which hold there alone"),
    (CASE, "NMSA 1978, Section 30-2-1", [("NMSA 1978, § 30-2-1", "")], "the full form holds anywhere"),
    (CASE, "Rule 1-012 NMRA and 8.200.400 NMAC", [("Rule 1-012 NMRA", ""), ("8.200.400 NMAC", "")], "its rules"),
]


@pytest.mark.parametrize(("document", "text", "expected", "reason"), WIDER, ids=[row[3] for row in WIDER])
def test_what_a_table_knows(document: str, text: str, expected: list[tuple[str, str]], reason: str) -> None:
    assert [(one.key, one.pinpoint) for one in find(text, document)] == expected, reason


PARALLEL = [
    ("Pub. L. 104-132, § 104, 110 Stat. 1219", 1, "a public law and where it is printed"),
    ("48 Stat. 891, as amended, 15 U. S. C. §78j(b).", 1, "a session law and the code"),
    ("§ 10(b) of the Securities Exchange Act of 1934, 15 U. S. C. § 78j(b).", 1, "a name and the code"),
    ("48 Stat. 891, 15 U. S. C. §78a et seq.", 2, "a whole act is not its first section"),
    ("104 Stat. 327, 42 U. S. C. §§12101, 12102", 3, "nor is a list"),
    ("15 U. S. C. §1, 26 U. S. C. §2.", 2, "two sections of the code"),
]


@pytest.mark.parametrize(("text", "laws", "reason"), PARALLEL, ids=[row[2] for row in PARALLEL])
def test_parallel_laws_are_one(text: str, laws: int, reason: str) -> None:
    assert len({one.group for one in find(text)}) == laws, reason


def test_names_in_running_words_are_not_what_id_repeats() -> None:
    found = find("9 U. S. C. §2. The First Amendment matters. Ibid.")
    assert [one.key for one in found] == ["9 U.S.C. § 2", "U.S. Const. amend. 1", "9 U.S.C. § 2"]


def test_titles_that_are_law_themselves_are_flagged() -> None:
    code = jurisdictions().code("usc")
    assert code is not None
    assert code.is_positive_law({"title": "11"}) is True
    assert code.is_positive_law({"title": "42"}) is False
    other = jurisdictions().code("nmsa")
    assert other is not None and other.is_positive_law({}) is None


BARE = [
    ("18 U. S. C. §924(c). Later §924(c)(1) says.", ["18 U.S.C. § 924", "18 U.S.C. § 924"], "repeats the full form"),
    ("§924(c) first. Then 18 U. S. C. §924.", ["18 U.S.C. § 924"], "nothing before the full form"),
    ("42 U. S. C. §1983. 18 U. S. C. §1983. See §1983.", ["42 U.S.C. § 1983", "18 U.S.C. § 1983"], "two codes: none"),
    ("9 U. S. C. §2. But §2 of the Sherman Act.", ["9 U.S.C. § 2", "15 U.S.C. § 2"], "an act of the table"),
    ("9 U. S. C. §2. But §2 of the Corn Act. So §2.", ["9 U.S.C. § 2"], "another act's section: either may be meant"),
    ("9 U. S. C. §2. But Tex. Penal Code Ann. §2.", ["9 U.S.C. § 2"], "another code's section"),
    ("9 U. S. C. §2. Then §3.", ["9 U.S.C. § 2"], "a number never cited in full"),
]


@pytest.mark.parametrize(("text", "keys", "reason"), BARE, ids=[row[2] for row in BARE])
def test_bare_sections(text: str, keys: list[str], reason: str) -> None:
    assert [one.key for one in find(text) if "U.S.C." in one.key] == keys, reason


_PIECES = [
    *(
        "28 U. S. C. ",
        "§§",
        "§ ",
        "1331",
        "-",
        "–",
        ", ",
        " and ",
        " through ",
        "(a)",
        "(",
        ")",
        "sections ",
        "\n",
        " ",
    ),
    *(" of this title", "526 U. S. 227", "Id., at 3", "supra", " v. ", "Doe", " et seq.", "art. IIII, ", "___", "1994"),
    *("Arcadia Const. art. V, ", "\u2003", "¶ 9", "2014-ARSC-012", "U.S. Const. ", "Amdt. ", "Fourteenth Amendment"),
    *("of the Sherman Act", "Title VII", "Fed. R. Civ. P. ", "Rule ", "subsection (b) of ", "this section", "Stat. "),
    *("Pub. L. 1-", "C.F.R. pt. ", "Act of May 1, 1990, ch. ", "NMSA 1978, ", " of the ", "(1), (2) and "),
]


@given(st.lists(st.sampled_from(_PIECES), max_size=25).map("".join), st.sampled_from([USC, CASE, DC, ARC, "", ":::"]))
def test_no_text_breaks_the_extractor(text: str, document: str) -> None:
    find(text, document)


@given(st.text(max_size=80))
def test_no_characters_break_the_extractor(text: str) -> None:
    find(text, ARC)
