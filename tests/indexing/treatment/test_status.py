"""Words that say what was looked at, and reasons in order of weight."""

from __future__ import annotations

import datetime as dt

from indexing.treatment.models import Authority, Shelf, Treatment
from indexing.treatment.status import Level, Status, status_of
from scraper.models import DocumentKind
from tests.indexing.treatment import law

DAY = dt.date(2020, 1, 1)


def status(text: str, label: str = "majority", looked_at: int = 1) -> Status:
    document = law.opinion((label, law.LEAD + text))
    shelf = Shelf.of(Authority.of(one) for one in [*law.held(), document])
    return status_of(shelf.by_id[law.OLD_ID], law.read(document), looked_at, DAY, law.tables(), shelf)


def test_nothing_found_says_how_much_was_read() -> None:
    assert status("So it is.").words == "no negative treatment found among 1 citing document held, to 2020-01-01"
    assert status("So it is.", looked_at=7).words.endswith("among 7 citing documents held, to 2020-01-01")
    assert status("So it is.", looked_at=0).words == "no citing document is held, to 2020-01-01: nothing was looked at"


def test_negative_and_caution() -> None:
    found = status("Allgood is overruled.")
    assert found.level is Level.NEGATIVE
    assert found.words.startswith("negative treatment: overruled by Eastman v. Fairbanks, 490 U.S. 1 (1990)")
    assert status("We decline to extend Allgood.").level is Level.CAUTION


def test_a_dissent_changes_nothing_and_is_kept_apart() -> None:
    found = status("Allgood is overruled.", "dissent")
    assert found.level is Level.NONE_FOUND and len(found.others) == 1 and not found.reasons
    assert found.words.endswith(" held, to 2020-01-01, but for 1 passage that binds nobody")


def test_a_report_by_the_court_warns() -> None:
    found = status("In Corwin v. Delacroix, 410 U. S. 200 (1973), we overruled Allgood.")
    assert found.level is Level.NEGATIVE
    assert "overruled by Corwin v. Delacroix, 410 U.S. 200 (1973), as told in Eastman" in found.words
    elsewhere = status(
        "Allgood v. Barker, 400 U. S. 100 (1970)"
        ", overruled on other grounds by Corwin v. Delacroix, 410 U. S. 200 (1973)."
    )
    assert elsewhere.level is Level.CAUTION


def test_the_weightiest_reason_comes_first() -> None:
    found = status("We question Allgood. We decline to extend Allgood. Allgood is overruled.")
    assert [one.kind.value for one in found.reasons] == ["overrules", "limits", "questions"]


def test_the_superseding_statute_is_named() -> None:
    words = status("The rule of Allgood has been superseded by 28 U. S. C. § 1331.").words
    assert words.startswith("negative treatment: superseded by Federal question, 28 U.S.C. § 1331, as told in Eastman")


def test_a_statute_struck_down_may_still_be_printed() -> None:
    document = law.opinion(("majority", "We hold that 28 U. S. C. § 1331 is unconstitutional on its face."))
    shelf = Shelf.of(Authority.of(one) for one in [*law.held(), document])
    found: list[Treatment] = law.read(document)
    words = status_of(shelf.by_id[law.SECTION_ID], found, 1, DAY, law.tables(), shelf).words
    assert words.startswith("negative treatment: held unconstitutional (on its face) by Eastman v. Fairbanks")
    assert "may still print it as in force" in words
    assert shelf.by_id[law.SECTION_ID].kind is DocumentKind.STATUTE
