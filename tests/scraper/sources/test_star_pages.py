"""Page numbers in running text, and signs that only look like them."""

from __future__ import annotations

import pytest

from scraper.sources.star_pages import star_pages


@pytest.mark.parametrize(
    ("text", "citation", "pages"),
    [
        ("The mill [12 Ald. 40, 41] stood. It [ 12 Ald. 40, 42 ] fell.", "12 Ald. 40", ["41", "42"]),
        ("The mill [521 U. S. 844, 846] stood.", "521 U.S. 844", ["846"]),
        ("See Oar v. Bell, [9 Ald. 1, 3], and [12 Ald. 41, 42].", "12 Ald. 40", []),
        ("The mill *41 stood. It [*42] fell. * Nobody mended it.", "12 Ald. 40", ["41", "42"]),
        ("The mill *41 stood.", "12 Ald. 40", []),
        ("He paid *55 and *56 coins.", "12 Ald. 40", []),
        ("The mill *41 stood. It *42 fell.", "", []),
        ("The mill *41 stood. It *42 fell.", "2020-ALSC-7", []),
    ],
)
def test_pages_of_the_case_itself(text: str, citation: str, pages: list[str]) -> None:
    found = star_pages(text, citation)
    assert [span.label for span in found] == pages
    assert all(span.label in text[span.start : span.end] for span in found)


def test_a_number_without_end_is_no_page() -> None:
    assert star_pages("[1 U.S. 1, " + "9" * 5000 + "]", "1 U.S. 1") == []
