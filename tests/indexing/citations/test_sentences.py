"""Sentences of legal text: rows in which "|" stands where one sentence ends and the next begins."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.citations.sentences import sentence_spans

ROWS = [
    ("We reverse.| It is so ordered.", "two plain sentences"),
    ("See Jones v. United States, 526 U. S. 227, 243, n. 6 (1999).| The Court agreed.", "a citation"),
    ("Apprendi, No. 99-478, was argued.| No. 5 was not.", "a docket number"),
    ("Under U.S. Const. art. I, sec. 8, Congress may act.| It did.", "a constitution"),
    ("Fed. R. Civ. P. 12(b)(6) applies.| Rule 56 does not.", "a rule of procedure"),
    (
        "He sued Acme, Inc.| The court dismissed Acme, Inc. v. Doe.",
        "a company's name goes on unless a beginning follows",
    ),
    ("Justice O. W. Holmes, Jr., wrote.| He was right.", "initials"),
    ("The point is settled.| Id., at 5.| See also id., at 6.", "id. begins a sentence and goes on"),
    ("Nothing more is needed.| Ibid.| The judgment is affirmed.", "ibid. ends one"),
    ('"Is that so?"| "It is."', "question marks inside quotation marks"),
    ("The rule is old.1| The exception is new.", "a footnote's mark behind the full stop"),
    ("It costs $5.00 to file.| Nobody pays.", "a sum of money"),
    ("The text reads: any person . . . who drives shall stop.| It is plain.", "an ellipsis"),
    ("The words are plain. . . .| The rest follows.", "an ellipsis behind a full stop"),
    ("18 U. S. C. § 924(c) applies.| § 2 does not.", "a section sign may begin a sentence"),
    ("(Emphasis added.)| Then it ended.", "a sentence in brackets"),
    ("We held so.| The court in Ala. v. Doe, 5 So. 2d 7, was ill.| Mass. law is not.", "states, and words like them"),
    ("First line\nSecond line", "a line break"),
    ("1. The first ground fails.| 2. The second does too.", "numbered items"),
    ("As amended Mar. 2, 1987, eff. Aug. 1, 1987.| Rule 4 stays.", "a date of effect"),
    ("Tr. of Oral Arg. 22-23.| The argument fails.", "a page of the record"),
]


@pytest.mark.parametrize(("marked", "reason"), ROWS, ids=[row[1] for row in ROWS])
def test_sentences_end_where_they_are_marked(marked: str, reason: str) -> None:
    text = marked.replace("|", "")
    expected = [piece.strip() for piece in re.split(r"\||\n", marked)]
    assert [text[start:end] for start, end in sentence_spans(text)] == expected, reason


_PIECES = [*"aZ.?! \n\t\"'()§1vU", "Id. ", " v. ", "No. 5", " . . . "]


@given(st.lists(st.sampled_from(_PIECES), max_size=60).map("".join))
def test_every_character_is_in_exactly_one_sentence_but_white_space(text: str) -> None:
    spans = sentence_spans(text)
    held = "".join(text[start:end] for start, end in spans)
    assert re.sub(r"\s", "", held) == re.sub(r"\s", "", text)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
