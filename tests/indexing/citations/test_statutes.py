"""Citations to codes as opinions and codes write them: a text, what must be found, and why it is in the table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.indexing.citations.law import find

USC, CASE, DC, ARC = "us:usc:11:362", "us:scotus:1-us-1", "dc:code:22-3201", "arcadia:arsc:2014-arsc-012"
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
    *("Arcadia Const. art. V, ", "\u2003", "¶ 9", "2014-ARSC-012"),
]


@given(st.lists(st.sampled_from(_PIECES), max_size=25).map("".join), st.sampled_from([USC, CASE, DC, ARC, "", ":::"]))
def test_no_text_breaks_the_extractor(text: str, document: str) -> None:
    find(text, document)


@given(st.text(max_size=80))
def test_no_characters_break_the_extractor(text: str) -> None:
    find(text, ARC)
