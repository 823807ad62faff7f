"""No text makes it fail, and whatever it finds lies in the text."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.treatment.annotations import notes_in
from indexing.treatment.parentheticals import find_parentheticals
from tests.indexing.treatment import law

PIECES = st.sampled_from(
    [
        "Allgood",
        "Allgood v. Barker, 400 U. S. 100 (1970)",
        "410 U. S. 200",
        "Id., at 7",
        "is overruled",
        "overruling",
        "we",
        "We overrule",
        "that decision",
        "it",
        ",",
        ", and",
        ";",
        ".",
        "\n\n",
        "\n",
        '"',
        "“",
        "”",
        "(",
        ")",
        "to the extent that",
        "28 U. S. C. § 1331",
        "is unconstitutional",
        "we hold that",
        "§",
        "superseded by statute",
        "not",
        "should be",
        " ",
        "\ue000",
        "\ue003",
        "İ",
        "¶",
        "in part",
        "distinguished",
        "Unlike",
        "The judgment of the Court of Appeals is reversed",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES | st.text(max_size=8), max_size=60), st.sampled_from(["majority", "dissent", "syllabus"]))
def test_any_text_is_read(pieces: list[str], label: str) -> None:
    document = law.opinion((label, " ".join(pieces) or "x"))
    citations = law.citations_of(document)
    found = law.read(document)
    for one in found:
        assert 0 <= one.sentence_start <= one.sentence_end <= len(document.text)
        assert 0 <= one.start < one.end <= len(document.text)
        assert not (one.counts and label != "majority")
    for bracket in find_parentheticals(document, citations, law.shelf()):
        assert document.text[bracket.start - 1] == "(" and document.text[bracket.end] == ")"
    for note in notes_in(document, citations, found):
        assert 0 <= note.start < note.end <= len(document.text)


def test_long_sentences_without_a_stop_are_read() -> None:
    for piece in ("we overrule the ", "Allgood, ", "overruled by ", "( ", "that ", '" ', "Allgood, and "):
        document = law.opinion(("majority", law.LEAD + piece * 8000))
        law.read(document)
        find_parentheticals(document, law.citations_of(document), law.shelf())
