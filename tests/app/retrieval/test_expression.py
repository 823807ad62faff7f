"""The grammar of a typed query, against trees written by hand; what is pasted is never an error of grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retrieval.expression import All, Any, Field, Not, Phrase, Words, parse_expression
from scraper.errors import QueryError


@pytest.mark.parametrize(
    ("text", "where", "ranked"),
    [
        ("return of a deposit", None, "return of a deposit"),
        ("deposit AND notice", All((Words("deposit"), Words("notice"))), "deposit notice"),
        ("a b OR c", Any((All((Words("a"), Words("b"))), Words("c"))), "a b c"),
        ("a (b OR c) NOT d", All((Words("a"), Any((Words("b"), Words("c"))), Not(Words("d")))), "a b c"),
        ("NOT (a OR b) c", All((Not(Any((Words("a"), Words("b")))), Words("c"))), "c"),
        ('"due process" notice', Phrase("due process"), '"due process" notice'),
        ("court:frsc title:'x'", All((Field("court", "frsc"), Field("title", "'x'"))), ""),
        ('title:"security deposit" landlord', Field("title", "security deposit"), "landlord"),
        ("“due process” NOT “equal protection”", All((Phrase("due process"), Not(Phrase("equal protection")))),
         "due process"),
        # an operator beside nothing, capitals throughout, ids, addresses and lone quotes are plain words
        ("deposit AND", None, "deposit AND"),
        ("OR deposit", None, "OR deposit"),
        ("a AND OR b", None, "a AND OR b"),
        ("() AND b", None, "() AND b"),
        ("NOTICE AND HEARING", None, "NOTICE AND HEARING"),
        ("us:usc:28:1331", None, "us:usc:28:1331"),
        ("see https://law.example/x", None, "see https://law.example/x"),
        ('an "unbalanced quote', None, 'an "unbalanced quote'),
        ("((a", None, "((a"),
        ("((a) AND b", All((Words("a"), Words("b"))), "a b"),
        ("held: the notice", None, "held: the notice"),
    ],
)  # fmt: skip
def test_a_query_is_read_as_its_tree(text: str, where: object, ranked: str) -> None:
    parsed = parse_expression(text)
    assert parsed.where == where
    assert parsed.text == ranked


def test_a_denied_phrase_is_not_among_those_that_stand_verbatim() -> None:
    assert parse_expression('"a b" NOT "c d"').phrases == ("a b",)


def test_an_unknown_field_is_named_with_the_one_that_is_near() -> None:
    with pytest.raises(QueryError, match=r"'cort'.*court:"):
        parse_expression("cort:scotus habeas")


def test_parentheses_have_a_limit_that_is_named() -> None:
    with pytest.raises(QueryError, match="20 parentheses"):
        parse_expression("(" * 500 + "a" + ")" * 500 + " AND b")


def test_phrases_have_a_limit_that_is_named_and_one_said_again_is_one() -> None:
    assert len(parse_expression('"of the" ' * 900).phrases) == 900
    with pytest.raises(QueryError, match="20 phrases"):
        parse_expression(" OR ".join(f'"the {number}"' for number in range(21)) + " x")


@given(
    st.lists(st.sampled_from(["a", "b c", "AND", "OR", "NOT", "(", ")", '"', '"x y"', "kind:case", ":"]), max_size=40)
)
def test_any_order_of_pieces_is_read(pieces: list[str]) -> None:
    parsed = parse_expression(" ".join(pieces))
    assert isinstance(parsed.text, str)
