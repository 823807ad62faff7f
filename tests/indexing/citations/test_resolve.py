"""Citations against a small shelf of documents: found, several, or none, and never guessed."""

from __future__ import annotations

from datetime import date

import pytest

from indexing.citations.find import find_in_documents
from indexing.citations.keys import citation_key, fold_key, name_key, name_rows
from indexing.citations.resolve import Resolver, learned_parallels, tables_of, with_parallels
from scraper.models import Document, DocumentKind
from tests.indexing.citations.law import find, jurisdictions


def case(document_id: str, title: str, citation: str, year: int, *parallel: str, text: str = "") -> Document:
    return Document(
        document_id,
        DocumentKind.CASE,
        document_id.split(":", maxsplit=1)[0],
        title,
        citation,
        text,
        f"https://law.test/{document_id}",
        parallel_citations=parallel,
        date=date(year, 6, 1),
        docket="02-1632" if title.startswith("BLAKELY") else "",
    )


def section(document_id: str, citation: str, *aliases: str) -> Document:
    jurisdiction = document_id.split(":", maxsplit=1)[0]
    url = f"https://law.test/{document_id}"
    return Document(document_id, DocumentKind.STATUTE, jurisdiction, "A section", citation, "", url, aliases=aliases)


SHELF = [
    case(
        "us:scotus:521-us-844", "RENO, ATTORNEY GENERAL v. AMERICAN CIVIL LIBERTIES UNION ET AL.", "521 U.S. 844", 1997
    ),
    case("us:scotus:542-us-296", "BLAKELY v. WASHINGTON", "542 U.S. 296", 2004),
    case("us:scotus:526-us-227", "JONES v. UNITED STATES", "526 U.S. 227", 1999),
    case("us:scotus:527-us-373", "JONES v. UNITED STATES", "527 U.S. 373", 1999),
    case("us:scotus:549-us-1", "DOE v. ROE", "549 U.S. 1", 2006),
    case("us:scotus:549-us-1-2", "POE v. MOE", "549 U.S. 1", 2006),
    case("arcadia:arsc:2014-arsc-012", "Marsh v. Holloway Mills", "2014-ARSC-012", 2014, "88 Arcd. 214"),
    section("us:usc:28:1331", "28 U.S.C. § 1331"),
    section("us:usc:28:1332", "28 U.S.C. § 1332"),
    section("us:usc:28:1343", "28 U.S.C. § 1343"),
    section("arcadia:code:12-3-104", "Arcadia Code § 12-3-104", "Arcadia Code § 9-1-7"),
    section("arcadia:code:12-3-105", "Arcadia Code § 12-3-105", "Arcadia Code § 9-1-8"),
    section("arcadia:code:9-1-8", "Arcadia Code § 9-1-8"),
    section("arcadia:code:12-5-1", "Arcadia Code §§ 12-5-1 through 12-5-9"),
]


@pytest.fixture(scope="module")
def resolver() -> Resolver:
    return Resolver.from_documents(SHELF, jurisdictions())


ROWS = [
    ("Reno v. ACLU, 521 U. S. 844 (1997)", ["us:scotus:521-us-844"], "by its reporter"),
    ("Reno v. ACLU, 521 U. S. 844 (1997). Id., at 850.", ["us:scotus:521-us-844"] * 2, "id. goes with it"),
    ("Marsh v. Mills, 2014-ARSC-12, ¶ 9, 88 Arcd. 214", ["arcadia:arsc:2014-arsc-012"] * 2, "both parallels"),
    ("Marsh v. Mills, 1 X.Y.Z. 3, 88 Arcd. 214; 120 S. Ct. 5, 521 U.S. 844",
     ["arcadia:arsc:2014-arsc-012", "us:scotus:521-us-844", "us:scotus:521-us-844"],
     "one unknown parallel follows the known"),
    ("Blakely v. Washington, 542 U. S. ___ (2004)", ["us:scotus:542-us-296"], "no page: volume, name and year fit one"),
    ("Blakely v. Washington, 543 U. S. ___ (2004)", [None], "another volume"),
    ("Blakely v. Washington, 542 U. S. ___ (2003)", [None], "another year"),
    ("Jones v. United States, 526 U. S. ___ (1999)", ["us:scotus:526-us-227"], "two of that name: the volume decides"),
    ("Jones v. United States, 525 U. S. 1 (1999)", [None], "the same name and year, but another case"),
    ("Doe v. Roe, 549 U. S. 1 (2006)", ["us:scotus:549-us-1"], "two on one page: the parties decide"),
    ("See 549 U. S. 1 (2006)", [None], "two on one page: several"),
    ("28 U. S. C. §§ 1331, 1335", ["us:usc:28:1331", None], "one held, one not"),
    ("28 U. S. C. §§ 1331 through 1343", ["us:usc:28:1331", "us:usc:28:1332", "us:usc:28:1343"], "all of a range"),
    ("28 U. S. C. §§ 1332 to 1343", ["us:usc:28:1332", "us:usc:28:1343"], "a range with nothing held between"),
    ("Arcadia Code § 9-1-7(b)", ["arcadia:code:12-3-104"], "renumbered: the old number is an alias"),
    ("Arcadia Code § 9-1-8", ["arcadia:code:9-1-8"], "renumbered: the page of the old number is held too"),
    ("Arcadia Code § 12-5-4", ["arcadia:code:12-5-1"], "inside a section that stands for a range"),
    ("Arcadia Code § 12-5-10", [None], "behind that range: numbers are compared as numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "to", "reason"), ROWS, ids=[row[2] for row in ROWS])
def test_resolution(resolver: Resolver, text: str, to: list[str | None], reason: str) -> None:
    assert [one.to for one in resolver.resolve(find(text))] == to, reason


def test_several_are_listed_and_none_is_chosen(resolver: Resolver) -> None:
    (found,) = resolver.resolve(find("See 549 U. S. 1 (2006)"))
    assert (found.to, found.candidates) == (None, ("us:scotus:549-us-1", "us:scotus:549-us-1-2"))


def test_the_word_inside_a_range_stands_for_each_section_between() -> None:
    shelf = [section(f"us:usc:28:{number}", f"28 U.S.C. § {number}") for number in range(1, 12)]
    found = Resolver.from_documents(shelf, jurisdictions()).resolve(find("28 U. S. C. §§ 2 through 5"))
    inside = [(one.raw, one.key, one.to) for one in found[1:3]]
    assert inside == [("through", f"28 U.S.C. § {number}", f"us:usc:28:{number}") for number in (3, 4)]
    assert len({one.group for one in found}) == len(found) == 4, "each is an authority of its own"


def test_a_parallel_learned_from_one_text_serves_another(resolver: Resolver) -> None:
    first = resolver.resolve(find("Reno v. ACLU, 521 U. S. 844, 117 S. Ct. 2329 (1997)"))
    learned = learned_parallels(first)
    tables = with_parallels(tables_of(SHELF, jurisdictions()), learned)
    (alone,) = Resolver(tables).resolve(find("Reno v. ACLU, 117 S. Ct. 2329 (1997)"))
    assert alone.to == "us:scotus:521-us-844"


def test_a_parallel_printed_for_two_cases_teaches_nothing(resolver: Resolver) -> None:
    texts = (
        "Reno v. ACLU, 521 U. S. 844, 117 S. Ct. 1 (1997)",
        "Blakely v. Washington, 542 U. S. 296, 117 S. Ct. 1 (2004)",
    )
    resolved = [one for text in texts for one in resolver.resolve(find(text))]
    assert fold_key("521 U.S. 844") in learned_parallels(resolved[:2])
    assert fold_key("117 S. Ct. 1") not in learned_parallels(resolved)


TYPED = [
    ("521 US 844", "521 U.S. 844", ""),
    ("521 U.S. 844, 849", "521 U.S. 844", "849"),
    ("521 u. s. 844", "521 U.S. 844", ""),
    ("99 f3d 12 (2d Cir. 1996)", "99 F.3d 12", ""),
    ("28 usc 1331", "28 U.S.C. § 1331", ""),
    ("28 U.S.C. § 1331(a)", "28 U.S.C. § 1331", "(a)"),
    ("DC Code 22-3201", "D.C. Code § 22-3201", ""),
    ("D.C. Code § 22–404.01 (a)(1)", "D.C. Code § 22-404.01", "(a)(1)"),
    ("2014-arsc-012", "2014-ARSC-12", ""),
    ("2014 ARSC 12, ¶ 9", "2014-ARSC-12", "¶ 9"),
    ("88 arcd 214", "88 Arcd. 214", ""),
    ("arcadia const. art. II, § 4", "Arcadia Const. art. 2, § 4", ""),
    ("Reno v. ACLU, 521 U.S. 844, 849 (1997)", "521 U.S. 844", "849"),
    ("In re Winship, 397 U. S. 358 (1970)", "397 U.S. 358", ""),
    ("section 10(b) of the Securities Exchange Act", "15 U.S.C. § 78j", "(b)"),
    ("Sherman Act § 1", "15 U.S.C. § 1", ""),
    ("Sherman Act", None, ""),
    ("U.S. Const. amend. XIV", "U.S. Const. amend. 14", ""),
    ("Fed. R. Civ. P. 12(b)(6)", "Fed. R. Civ. P. 12", "(b)(6)"),
    ("NMSA 1978, § 30-2-1", "NMSA 1978, § 30-2-1", ""),
    ("110 Stat. 1219", "110 Stat. 1219", ""),
    ("Pub. L. 104-132", "Pub. L. 104-132", ""),
    ("29 CFR 1614.105", "29 C.F.R. § 1614.105", ""),
    ("free speech on the internet", None, ""),
    ("521", None, ""),
    ("", None, ""),
]


@pytest.mark.parametrize(("typed", "key", "pinpoint"), TYPED)
def test_typed_citations(typed: str, key: str | None, pinpoint: str) -> None:
    parsed = citation_key(typed, jurisdictions())
    assert ((parsed.key, parsed.pinpoint) if parsed else (None, "")) == (key, pinpoint)


def test_a_text_that_cites_two_authorities_is_no_typed_citation() -> None:
    assert citation_key("521 U.S. 844 and 28 U.S.C. § 1331", jurisdictions()) is None


def test_names_fold_to_their_parties() -> None:
    assert name_key("RENO, ATTORNEY GENERAL v. ACLU ET AL.") == name_key("Reno vs. ACLU") == "reno v aclu"
    assert name_key("In re Winship") == name_key("Winship") == "winship"
    assert name_key("Acme Corp. v. Pa. R. Co.") == name_key("ACME CORPORATION v. Pa. Railroad Company")
    assert name_key("Jones v. United States") != name_key("Jones v. United Airlines")


def test_rows_for_the_catalogue_name_every_way_to_a_document() -> None:
    rows = name_rows(SHELF[6], jurisdictions())
    assert rows == [("2014-arsc-12", "citation"), ("88 arcd 214", "parallel"), ("marsh v holloway mills", "name")]
    assert (fold_key("Arcadia Code § 9-1-7"), "alias") in name_rows(SHELF[10], jurisdictions())
    assert ("02-1632", "docket") in name_rows(SHELF[1], jurisdictions())


def test_processes_find_what_one_finds() -> None:
    texts = ["See 12 U. S. 5.", "Nothing here.", "28 U. S. C. §1331; Doe v. Roe, 9 U. S. 12."]
    documents = [case(f"us:scotus:{n}-us-1", "A v. B", f"{n} U.S. 1", 1999, text=text) for n, text in enumerate(texts)]
    alone = list(find_in_documents(documents, jurisdictions()))
    assert [len(found) for found in alone] == [1, 0, 2]
    assert list(find_in_documents(documents, jurisdictions(), workers=2)) == alone
