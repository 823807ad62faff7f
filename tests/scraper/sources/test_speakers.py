"""Lines that say who speaks, as courts print them, with what they must be read as."""

# ruff: noqa: E501 - a row of a table is a line

from __future__ import annotations

import pytest

from scraper.deadline import deadline
from scraper.models import OpinionKind
from scraper.sources.speakers import (
    Header,
    announced,
    author_of,
    filed,
    judges_of,
    names,
    normalise,
    read_header,
    running_author,
)

K = OpinionKind
LINES = [
    ("Justice Quill delivered the opinion of the Court.", K.MAJORITY, "Quill", ()),
    ("CHIEF JUSTICE AMORY delivered the opinion of the", K.MAJORITY, "Amory", ()),
    ("Judge Vane, joined by Judges Wick and Stone, delivered the opinion of the Court.", K.MAJORITY, "Vane", ("Wick", "Stone")),
    ("Justice O'Dare delivered the opinion of the Court, except as to footnote 6.", K.MAJORITY, "O'Dare", ()),
    ("Justice Vane announced the judgment of the Court and delivered an opinion, in which The Chief Justice and Justice Wick join.",
     K.PLURALITY, "Vane", ("The Chief Justice", "Wick")),
    ("Justice Vane announced the judgment of the Court.", K.PLURALITY, "Vane", ()),
    ("Per Curiam.", K.PER_CURIAM, "", ()),
    ("PECURIAM", K.PER_CURIAM, "", ()),
    ("BY THE COURT:", K.PER_CURIAM, "", ()),
    ("Justice Wick, dissenting.", K.DISSENT, "Wick", ()),
    ("The Chief Justice, dissenting.", K.DISSENT, "The Chief Justice", ()),
    ("Justice Wick, dissenting from the denial of certiorari.", K.DISSENT, "Wick", ()),
    ("JUSTICE WICK , with whom JUSTICE O'DARE and JUSTICE STONE join, dissenting.", K.DISSENT, "Wick", ("O'Dare", "Stone")),
    ("Justice Wick with whom Justice Stone joins, dissenting.", K.DISSENT, "Wick", ("Stone",)),
    ("J ustice W ick , with whom J ustice S tone joins as to Part II, dissenting.", K.DISSENT, "Wick", ("Stone (as to Part II)",)),
    ("WICK, J., dissenting:", K.DISSENT, "Wick", ()),
    ("Justice Wick, with whom Justice Stone joins, and with whom Justice Vane and Justice Quill join as to Part I-A, dissenting.",
     K.DISSENT, "Wick", ("Stone", "Vane (as to Part I-A)", "Quill (as to Part I-A)")),
    ("Justice Stone, concurring.", K.CONCURRENCE, "Stone", ()),
    ("Justice Stone, concurring, with whom Justice Wick joins.", K.CONCURRENCE, "Stone", ("Wick",)),
    ("Justice Stone, concurring in the judgments.", K.IN_JUDGMENT, "Stone", ()),
    ("Justice Stone, concurring in the result.", K.IN_JUDGMENT, "Stone", ()),
    ("Justice Stone, concurring in part.", K.IN_PART, "Stone", ()),
    ("Justice Stone, concurring in Parts I and IV and concurring in the judgment.", K.IN_PART, "Stone", ()),
    ("Justice Stone, concurring in part, concurring in the judgment in part, and dissenting in part.", K.IN_PART, "Stone", ()),
    ("QUILL, Circuit Judge:", K.MAJORITY, "Quill", ()),
    ("Quill, Senior Circuit Judge:", K.MAJORITY, "Quill", ()),
    ("QUILL, J.", K.MAJORITY, "Quill", ()),
    ("Opinion by Judge Quill", K.MAJORITY, "Quill", ()),
    ("WICK, Circuit Judge, dissenting:", K.DISSENT, "Wick", ()),
    ("Vane, Chief Judge, concurring in the judgment.", K.IN_JUDGMENT, "Vane", ()),
    ("Statement of Justice Stone respecting the denial of the petition.", None, "Stone", ()),
]  # fmt: skip
PROSE = [
    "Justice Stone concluded that the appeal was late.",
    "Justice Wick, dissenting in Oar v. Bell, said that the rule was wrong, and we agree.",
    "Justice Stone delivered the opinion of the Court with respect to Part I, concluding that the appeal was late. Pp. 4-9.",
    "Justice requires no less, and the dissenting opinion knows it.",
    "Wick, J., dissenting, joined by Stone, J.). But the rule does not help him.",
    "I respectfully dissent.",
    "Quill, Circuit Judge",
    "Before QUILL, WICK, and STONE, Circuit Judges.",
    "AMORY, C. J., and STONE, J., concur.",
    "The judgment is affirmed.",
    "",
]


@pytest.mark.parametrize(("line", "kind", "author", "joined"), LINES, ids=[row[0][:60] for row in LINES])
def test_a_line_that_says_who_speaks(line: str, kind: OpinionKind | None, author: str, joined: tuple[str, ...]) -> None:
    header = read_header(line)
    assert header is not None
    assert (header.kind, header.author, header.joined_by) == (kind, author, joined)


@pytest.mark.parametrize("line", PROSE)
def test_prose_about_judges_changes_no_speaker(line: str) -> None:
    assert read_header(line) is None


def test_the_court_speaks_in_parts_of_a_plurality() -> None:
    header = read_header(
        "Justice Vane announced the judgment of the Court and delivered the opinion of the Court with respect to "
        "Parts I, II-A, and III, and an opinion with respect to Part II-B, in which The Chief Justice joins."
    )
    assert header is not None and header.kind is K.PLURALITY
    assert header.attrs() == {
        "author": "Vane",
        "joined_by": "The Chief Justice",
        "court_parts": "Parts I, II-A, and III",
    }


def test_the_list_in_a_syllabus_names_kinds_and_joiners() -> None:
    listed = filed(
        "Q UILL, J., delivered the opinion of the Court. V ANE, J., filed an opinion concurring in part and dissenting "
        "in part, in which A MORY, C. J., and W ICK, J., joined. S TONE, J., filed a dissenting opinion."
    )
    assert {name: header.kind for name, header in listed.items()} == {"Vane": K.IN_PART, "Stone": K.DISSENT}
    assert listed["Vane"].joined_by == ("Amory", "Wick")


def test_damaged_lines_still_name_their_author() -> None:
    assert (
        author_of("Justice Vane , with whom Justice Wick, The majority would hold that nobody else answers.") == "Vane"
    )
    assert author_of("The majority would hold") == ""
    assert running_author("WEIR Opinion of VANE termine whether the mill may stand") == "Vane"
    assert running_author("Opinion of O'DARE, C. J.") == "O'Dare"
    assert running_author("OPINION OF THE COURT Opinion of THE COURT") == ""


def test_names() -> None:
    assert names("Amory, C. J., and Stone, Wick, and O'Dare, JJ.") == ("Amory", "Stone", "Wick", "O'Dare")
    assert normalise("S TONE , J., con- curring") == "STONE, J., concurring"
    headers = [read_header(LINES[2][0]), read_header(LINES[-1][0])]
    assert judges_of(header for header in headers if header) == ("Vane", "Wick", "Stone")


def test_lists_repeated_without_end_are_read_once() -> None:
    many = 50_000
    with deadline(20):
        assert filed("A" * 20 * many) == {}
        assert announced("A" * 20 * many) is None
        assert filed("A, J., filed an " + "opinion " * many) == {}
        assert list(filed("Vane, J., filed a dissenting opinion. " * many)) == ["Vane"]
        assert names("Chief " * many) == ()
        header = announced("Vane, J., announced the judgment of the Court, " + "with whom " * many)
    assert header is not None and header.author == "Vane"


@pytest.mark.parametrize(
    "words",
    [" as to a", " from the", " in part", " in the judgment in part", ", concurring as to a", " as to from in part I"],
)
@pytest.mark.parametrize("end", ["; no", " (no"])
def test_a_row_of_turns_is_no_line(words: str, end: str) -> None:
    with deadline(20):
        assert read_header("Justice Quill, dissenting" + words * 40 + end) is None
    assert read_header("Justice Quill, dissenting. I depart" + words * 40 + end) is not None


def test_a_line_of_many_turns_is_read() -> None:
    line = (
        "Justice Quill, concurring in part, concurring in the judgment in part, and dissenting in part as to Part II."
    )
    assert read_header(line) == Header(OpinionKind.IN_PART, "Quill")
