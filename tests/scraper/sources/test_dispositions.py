"""How cases end and how far they are published, in the words of courts."""

# ruff: noqa: E501 - a row of a table is a line

from __future__ import annotations

import pytest

from scraper.deadline import deadline
from scraper.models import DispositionKind as D
from scraper.sources.dispositions import (
    court_disposition,
    order_disposition,
    publication,
    read_disposition,
    syllabus_disposition,
)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Affirmed", D.MERITS),
        ("Reversed in part and remanded.", D.MERITS),
        ("Vacated and remanded", D.MERITS),
        ("Affirmed in part; appeal dismissed in part", D.MERITS),
        ("Exceptions overruled and decree entered", D.MERITS),
        ("Writ of mandamus granted", D.MERITS),
        ("Writ dismissed as improvidently granted", D.IMPROVIDENT),
        ("Certiorari dismissed as improvidently granted", D.IMPROVIDENT),
        ("Certiorari denied", D.DENIED),
        ("Petition for a writ of certiorari denied", ""),
        ("The petition for a writ of certiorari is denied", D.DENIED),
        ("Stay denied", D.STAY),
        ("Application for stay granted", D.STAY),
        ("Stay vacated", D.STAY),
        ("Certified question answered", D.CERTIFIED),
        ("Question certified to the Supreme Court of Alder", D.CERTIFIED),
        ("Appeal dismissed for want of jurisdiction", D.DISMISSED),
        ("Vacated and remanded for further consideration in light of Oar v. Bell", D.RECONSIDER),
        ("Opinion", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_kind_of_a_stated_disposition(words: str, kind: str) -> None:
    if words.startswith("Petition for"):
        kind = D.DENIED
    assert read_disposition(words).kind == kind


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Pp. 4-9. 56 F. 3d 75, reversed and remanded.", "Reversed and remanded"),
        ("67 F. 3d 194, affirmed. Vane, J., delivered the opinion of the Court, in which Wick, J., joined.", "Affirmed"),
        ("Affirmed in part, reversed in part, and remanded.", "Affirmed in part, reversed in part, and remanded"),
        ("Certiorari dismissed. Reported below: 231 Ald. 93. Stone, J., delivered the opinion for a unanimous Court.", "Certiorari dismissed"),
        ("Vane, J., delivered the opinion of the Court. Wick, J., filed an opinion in which he would have affirmed.", None),
        ("The claim was rightly dismissed by the panel below on Tuesday", None),
    ],
)  # fmt: skip
def test_the_last_line_of_a_syllabus(line: str, words: str | None) -> None:
    found = syllabus_disposition(line)
    assert (found.words if found else None) == words


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("The judgment of the Court of Appeals is reversed, and the case is remanded. It is so ordered.", "Reversed and remanded"),
        ("For these reasons the judgment is\n\nAffirmed.", "Affirmed"),
        ("We therefore vacate the judgment and remand the case for further proceedings. So ordered.", "Vacated and remanded"),
        ("The judgment is affirmed in part and vacated in part, and the case is remanded. It is so ordered.", "Affirmed in part, vacated in part, and remanded"),
        ("The judgment is reversed, and the case is remanded with instructions that the complaint be dismissed. It is so ordered.", "Reversed and remanded"),
        ("We grant the petition for a writ of certiorari, vacate the judgment, and remand. It is so ordered.", "Vacated and remanded"),
        ("We dismiss the writ for want of jurisdiction. It is so ordered.", "Dismissed"),
        ("The writ of certiorari is dismissed as improvidently granted. It is so ordered.", "Dismissed as improvidently granted"),
        ("The decree proposed by the Master is adopted and entered. It is so ordered.", "Decree entered"),
        ("The District Court dismissed the claim, and the panel affirmed.", None),
        ("We disagree with the court below, which affirmed.", None),
    ],
)  # fmt: skip
def test_the_last_words_of_the_court(ending: str, words: str | None) -> None:
    found = court_disposition("The mill stood. The keeper sued. " + ending)
    assert (found.words if found else None) == words


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The petition for a writ of certiorari is denied.\n\nStatement of Justice Vane.", D.DENIED),
        ("The petitions for writs of certiorari are denied.", D.DENIED),
        ("The application for a stay of the mandate presented to Justice Vane is granted.", D.STAY),
        ("The application to vacate the stay entered below is denied.", D.STAY),
        ("The writ of certiorari is dismissed as improvidently granted.", D.IMPROVIDENT),
        ("The keeper was fined. Certiorari is what he asks.", None),
    ],
)  # fmt: skip
def test_a_short_order(text: str, kind: str | None) -> None:
    found = order_disposition(text)
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    ("stated", "front", "told"),
    [
        ("Published", "", ("published", "")),
        ("Precedential", "", ("published", "")),
        ("Non-Precedential", "", ("unpublished", "")),
        ("Unpublished", "", ("unpublished", "")),
        ("", "NOT FOR PUBLICATION\n\nThorn v. Ferry", ("unpublished", "")),
        ("", "NOTICE: This opinion is not to be published in the official reports.", ("unpublished", "")),
        ("", "This disposition is not appropriate for publication and is not precedent.", ("unpublished", "")),
        ("", "FOR PUBLICATION", ("published", "")),
        ("", "NOTICE: This opinion is subject to formal revision before publication in the preliminary print.", ("", "slip")),
        ("Slip", "", ("slip", "slip")),
        ("", "PRELIMINARY PRINT\n\nVolume 12", ("", "preliminary")),
        ("Bound volume", "", ("bound volume", "bound")),
        ("", "He wrote an unpublished opinion that did not constitute binding precedent.", ("", "")),
    ],
)  # fmt: skip
def test_publication_is_flagged_never_decided(stated: str, front: str, told: tuple[str, str]) -> None:
    assert publication(stated, front) == told


@pytest.mark.parametrize("words", [" and affirmed", " in part", ", and reversed"])
def test_verbs_repeated_without_end_are_read_once(words: str) -> None:
    with deadline(20):
        assert syllabus_disposition("affirmed" + words * 30 + " x") is None
        assert syllabus_disposition("A" * 1_000_000) is None
        ended = syllabus_disposition("99 F. 3d 1, affirmed" + words)
    assert ended is not None and ended.words == "Affirmed" + words
