"""Names before citations: real pairs of a cited name and a case's title, each judged by hand."""

from __future__ import annotations

import pytest

from app.checking.names import is_name_of
from scraper.models import Document, DocumentKind


def case(title: str, text: str = "") -> Document:
    return Document("us:scotus:1", DocumentKind.CASE, "us", title, "1 U.S. 1", text, "https://n.example/1")


@pytest.mark.parametrize(
    ("cited", "title"),
    [
        (
            "Reno v. ACLU",
            "Reno v. American Civil Liberties Union",
        ),  # the other party is an officer
        ("Nat'l Lab. Relations Bd. v. Noel Canning", "National Labor Relations Board v. Noel Canning"),
        ("Brown v. Bd. of Educ.", "Brown v. Board of Education of Topeka"),
        ("In re Winship", "Winship"),
        ("Ex parte Quirin", "Quirin"),
        ("Matter of Alvarez", "In re Alvarez"),
        ("Kumho Tire Co. v. Carmichael", "Kumho Tire Company, Ltd., et al. v. Carmichael et al."),
        ("Smith v. Jones", "Jones v. Smith"),  # turned round on appeal
        ("Printz v. U.S.", "Printz, Sheriff/Coroner, Ravalli County, Montana v. United States"),
        ("FEC v. Akins", "FEDERAL ELECTION COMMISSION v. AKINS"),
        ("National Labor Relations Board v. Noel Canning", "NLRB v. Noel Canning"),
        (
            "Gonzales v. O Centro Espírita Beneficente União do Vegetal",
            "GONZALES v. O CENTRO ESPIRITA BENEFICENTEUNIAO DO VEGETAL",
        ),  # as the publisher printed it
        (
            "Rumsfeld v. Forum for Academic and Institutional Rights, Inc.",
            "RUMSFELD v. FORUM FOR ACADEMIC AND INSTITU-TIONAL RIGHTS, INC.",
        ),
        ("the Court held in Daubert v. Merrell Dow", "Daubert v. Merrell Dow Pharmaceuticals, Inc."),
    ],
)
def test_a_name_shortened_abbreviated_or_turned_is_the_case_s_own(cited: str, title: str) -> None:
    assert is_name_of(cited, case(title, "RENO, ATTORNEY GENERAL OF THE UNITED STATES"))


@pytest.mark.parametrize(
    ("cited", "title"),
    [
        ("Marbury v. Madison", "Reno v. American Civil Liberties Union"),
        ("State v. Abbott", "State v. Costello"),
        ("United States v. Lopez", "United States v. Morrison"),
        ("In re Winship", "In re Gault"),
        ("FTC v. Akins", "FEDERAL ELECTION COMMISSION v. AKINS"),
    ],
)
def test_another_case_s_name_is_wrong_though_one_party_is_the_same(cited: str, title: str) -> None:
    assert not is_name_of(cited, case(title))


def test_a_successor_in_office_may_be_named_but_nobody_in_the_place_of_a_private_party() -> None:
    caption = "ALBERTO R. GONZALES, ATTORNEY GENERAL, ET AL., PETITIONERS v. ANGEL McCLARY RAICH"
    raich = case("Gonzales v. Raich", caption)
    assert is_name_of("Ashcroft v. Raich", raich)
    assert not is_name_of("Gonzales v. Monson", raich)
