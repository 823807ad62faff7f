"""The quicker parts put under eyecite give what eyecite's own parts give."""

from __future__ import annotations

from functools import cache

import eyecite.helpers
import pytest
from courts_db import courts
from eyecite.models import Token
from eyecite.tokenizers import AhocorasickTokenizer, Tokenizer
from hypothesis import given
from hypothesis import strategies as st

from indexing.citations import court_lookup
from indexing.citations.tokenizer import AnchoredTokenizer

_STRINGS = sorted({str(court["citation_string"]) for court in courts})


def _by_the_rule(written: str, count: int) -> str | None:
    """Read the table row by row: an exact match first, else the last row that begins so."""
    wanted = court_lookup._normalise(written)
    rows = [(court_lookup._normalise(court["citation_string"]), str(court["id"])) for court in courts[:count]]
    exact = [court for name, court in rows if name == wanted]
    begun = [court for name, court in rows if name.startswith(wanted)]
    return None if not wanted else exact[0] if exact else begun[-1] if begun else None


@cache
def _lookup(count: int) -> court_lookup.CourtLookup:
    return court_lookup.CourtLookup(courts[:count])


@given(st.sampled_from(_STRINGS), st.integers(0, 40), st.sampled_from(["", " ", ".", "x"]))
def test_courts_are_those_of_the_rule(name: str, length: int, tail: str) -> None:
    written = name[:length] + tail
    assert _lookup(400)(written) == _by_the_rule(written, 400)


@pytest.mark.parametrize("written", ["CA2", "2d Cir.", "Pa.Super.", "SC", "", "?", "Cal.", "M", "nowhere"])
def test_courts_are_those_of_the_rule_over_the_whole_table(written: str) -> None:
    assert _lookup(len(courts))(written) == _by_the_rule(written, len(courts))


def test_another_version_of_eyecite_keeps_its_own_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    own = eyecite.helpers.get_court_by_paren
    monkeypatch.setattr(court_lookup, "VERIFIED_VERSIONS", ("0.0",))
    assert court_lookup.install() is False
    assert eyecite.helpers.get_court_by_paren is own


_PIECES = [
    *("526 U. S. 227", "526 U.S., at 230", "99 F. 3d 12", "99 F.3d 12", "903 S. W. 2d 765", "12 Cal. App. 4th 33"),
    *("159 N. J. 7, 731 A. 2d 485", "Id., at 3", "supra,", "5 U. S. (1 Cranch) 137", "No. 5", "1997 WL 12345"),
    *("7 Wall. 506", "Jones v. Ohio, ", "42 Pa. Cons. Stat. §9712", "110 Harv. L. Rev. 5", "§ 5", "(1999)"),
    *(" ", "\n", "5 years", "2d", "3"),
]
# Two citations with one space between them are apart here: eyecite's search takes the space for the first alone.
_APART = " and then "


@given(st.lists(st.sampled_from(_PIECES), max_size=14).map(_APART.join))
def test_tokens_are_eyecites_tokens(text: str) -> None:
    assert _described(_ours(), text) == _described(_theirs(), text)


def test_citations_with_one_space_between_them_are_both_found() -> None:
    text = "See 110 Harv. L. Rev. 5 110 Harv. L. Rev. 9"
    assert len(_described(_ours(), text)) == len(_described(_theirs(), text)) + 1


def _described(tokenizer: Tokenizer, text: str) -> list[tuple[str, int, str]]:
    # Which of two expressions that match the same words wins is by chance in eyecite: commas and editions
    # left out.
    tokens: list[Token] = [token for _, token in tokenizer.tokenize(text)[1]]
    return [(type(token).__name__, token.start, str(token).rstrip(" ,")) for token in tokens]


@cache
def _ours() -> Tokenizer:
    return AnchoredTokenizer()


@cache
def _theirs() -> Tokenizer:
    return AhocorasickTokenizer()
