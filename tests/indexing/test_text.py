"""The one analysis of text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.text import fold_quotes, token_spans, tokens


@pytest.mark.parametrize(
    ("text", "expected", "reason"),
    [
        ("28 U.S.C. § 1331(a)", ["28", "usc", "1331"], "initials are one term, a section's number is kept"),
        ("The landlord’s deposits", ["landlord", "deposit"], "a possessive and a plural are the same word"),
        ("shall not be without notice", ["shall", "not", "without", "notic"], "words that turn a rule round stay"),
        ("D.C. Code § 22–3201", ["dc", "code", "22", "3201"], "a dash joins no numbers"),
        ("", [], "nothing in, nothing out"),
    ],
)
def test_terms(text: str, expected: list[str], reason: str) -> None:
    assert tokens(text) == expected, reason


@given(st.text(max_size=300))
def test_spans_and_terms_agree_and_lie_within_the_text(text: str) -> None:
    spans = list(token_spans(text))
    assert [term for term, _, _ in spans] == tokens(text)
    assert all(0 <= start < end <= len(text) for _, start, end in spans)
    assert all(a[2] <= b[1] for a, b in pairwise(spans))


@given(st.text(max_size=300))
def test_folding_quotes_keeps_every_offset(text: str) -> None:
    assert len(fold_quotes(text)) == len(text)


def test_folded_quotes_are_plain() -> None:
    assert fold_quotes("“[t]he court’s ‘rule’” – 5\u00a0U.S.") == "\"[t]he court's 'rule'\" - 5 U.S."
