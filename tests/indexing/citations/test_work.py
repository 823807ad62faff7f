"""No text costs the square of its length: the work is counted, not timed."""

from __future__ import annotations

import re
from itertools import pairwise

import eyecite.find
import pytest
from eyecite import get_citations
from eyecite.models import FullCaseCitation, ReferenceCitation
from hypothesis import given
from hypothesis import strategies as st

from indexing.citations import name_pins
from indexing.citations.tokenizer import AnchoredTokenizer
from tests.indexing.citations.law import find

TOKENIZER = AnchoredTokenizer()
CHAIN = "§§ 1" + "-2" * 120_000  # 240 kB without a space
LONG = [CHAIN, "_" * 200_000, "— " * 50_000, "§" * 100_000, "See Ga. Code § 1. " * 5_000]


def tried(place: int, text: str) -> int:
    """Return how many characters an expression that begins with a run reads at most, from all places it is tried."""
    inside = re.compile(TOKENIZER.runs[place].pattern.rpartition(")")[2] + "+")
    lengths = (found.end() - start for start in TOKENIZER.starts(place, text) if (found := inside.match(text, start)))
    return sum(lengths)


@pytest.mark.parametrize("text", LONG, ids=["chain", "line", "dashes", "signs", "sections"])
def test_each_run_of_characters_is_read_once(text: str) -> None:
    assert TOKENIZER.runs, "no expression begins with a run: eyecite has changed"
    for place in TOKENIZER.runs:
        assert tried(place, text) <= len(text)


@pytest.mark.parametrize("text", LONG, ids=["chain", "line", "dashes", "signs", "sections"])
def test_each_expression_reads_a_text_once(text: str) -> None:
    for windows in TOKENIZER.windows(text).values():
        assert sum(end - start for start, end in windows) <= len(text)
        assert all(before[1] < after[0] for before, after in pairwise(windows))


def test_a_chain_of_240_kilobytes_is_read() -> None:
    assert len(CHAIN) > 240_000
    assert find(CHAIN, "us:usc:11:362") == []


def test_a_name_is_looked_for_once_however_often_it_is_cited(monkeypatch: pytest.MonkeyPatch) -> None:
    name_pins.places.cache_clear()
    find("Doe v. Roe, 1 U.S. 1 (1999). Roe at 3. " * 200)
    used = name_pins.places.cache_info()
    assert used.misses <= 4 < 200 <= used.hits


_PIECES = [
    *(
        "Doe v. Roe, 1 U. S. 1 (1999)",
        "Marsh v. Holloway Mills, 5 F. 3d 12",
        "Roe at 5",
        "Roe, at 7, 9 (x)",
        "Mills 12;",
    ),
    *("Doe, 1 U. S., at 3", "Roe", " at 4.", "xRoe at 5.", "In re Pike, 9 U. S. 3", "Pike, 4", "\n", "Doe 33, 34."),
]


@given(st.lists(st.sampled_from(_PIECES), max_size=12).map(" ".join))
def test_names_before_pages_are_those_that_eyecite_finds(text: str) -> None:
    found = [one for one in get_citations(text) if isinstance(one, FullCaseCitation)] if text.strip() else []
    for citation in found:
        ours = [_described(one) for one in name_pins.pages_behind_names(citation, text)]
        assert ours == [_described(one) for one in name_pins.EYECITES(citation, text)]


def _described(one: ReferenceCitation) -> tuple[object, ...]:
    return one.span(), one.metadata.plaintiff, one.metadata.defendant, one.metadata.pin_cite


def test_another_version_of_eyecite_keeps_its_own_search(monkeypatch: pytest.MonkeyPatch) -> None:
    before = eyecite.find.extract_pincited_reference_citations
    monkeypatch.setattr(name_pins, "VERIFIED_VERSIONS", ("0.0",))
    assert name_pins.install() is False
    assert eyecite.find.extract_pincited_reference_citations is before
