"""The grammar of a typed query: words, "phrases", AND / OR / NOT, parentheses, and fields such as `court:scotus`.

    expression := all (OR all)*        all := one ((AND)? one)*        one := NOT one | ( expression ) | leaf

Operators are written in capitals, and only in a query that has small letters too: a heading in capitals is no
expression. Words beside each other are only ranked unless an operator stands somewhere; then every one must occur. What
is in quotes and what a field asks must always hold.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from scraper.errors import QueryError

FIELDS = ("court", "title", "cites", "topic", "after", "before", "year", "kind", "status")
DEEPEST = 20  # parentheses within parentheses
MOST_PHRASES = 20  # different ones: each is looked up in the texts themselves
_OPERATORS = frozenset({"AND", "OR", "NOT"})
_TOKEN = re.compile(
    r"""(?P<field>\b[a-z_]+):(?:["“](?P<value>[^"”“]*)["”]|(?P<bare>[^\s()"“”:/]+)(?=[\s()]|$))
      | ["“](?P<phrase>[^"”“]+)["”] | (?P<bracket>[()]) | (?P<word>[^\s()"“”]+) | (?P<odd>["“”])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Words:
    """Words of which every one must occur, in any inflected form."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must occur verbatim."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """What a document must be, by one of `FIELDS`."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    part: Expression


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One part at least must hold."""

    parts: tuple[Expression, ...]


Expression = Words | Phrase | Field | Not | All | Any


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query taken apart: `text` is what is ranked by, `phrases` stand verbatim, `where` is what must hold.

    `plain` is what stands outside quotes and fields; it is empty where operators join the words.
    """

    text: str
    phrases: tuple[str, ...]
    where: Expression | None
    plain: str


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # word, phrase, field, bracket, operator
    text: str
    name: str = ""


def parse_expression(text: str) -> Parsed:
    """Take a query apart; raise QueryError for an unknown field, parentheses too deep, or too many phrases.

    A quotation mark or a parenthesis without its partner is passed over, and operators that stand beside nothing are
    words: texts are pasted with less care than forms are filled in.
    """
    read = _read(text)
    if len({token.text for token in read if token.kind == "phrase"}) > MOST_PHRASES:
        raise QueryError(f"The query has more than {MOST_PHRASES} phrases in quotes; write it more simply.")
    if _fits(read):
        whole = _Reader(_paired(read)).whole()
        asserted = list(_asserted(whole))
        phrases = tuple(one.text for one in asserted if isinstance(one, Phrase))
        return Parsed(" ".join(one.text for one in asserted), phrases, whole, "")
    hard = tuple(_leaf(token) for token in read if token.kind in ("phrase", "field"))
    if not hard:
        return Parsed(text, (), None, text)
    fields = any(isinstance(one, Field) for one in hard)
    plain = " ".join(token.text for token in read if token.kind in ("word", "operator"))
    ranked = " ".join(token.text for token in read if token.kind in ("word", "phrase", "operator")) if fields else text
    phrases = tuple(one.text for one in hard if isinstance(one, Phrase))
    return Parsed(ranked, phrases, hard[0] if len(hard) == 1 else All(hard), plain)


def _fits(read: list[_Token]) -> bool:
    """Tell whether there are operators and each stands where it can: else they are words in capitals."""
    if not any(token.kind == "operator" for token in read):
        return False
    tokens = _paired(read)
    operators = [at for at, token in enumerate(tokens) if token.kind == "operator"]
    return all(_stands(tokens, at) for at in operators)


def _stands(tokens: list[_Token], at: int) -> bool:
    before, after = tokens[at - 1] if at else None, tokens[at + 1] if at + 1 < len(tokens) else None
    if after is None or after.text == ")" or (after.kind == "operator" and after.text != "NOT"):
        return False
    if tokens[at].text == "NOT":
        return after.kind != "operator"
    return before is not None and before.kind != "operator" and before.text != "("


def _asserted(part: Expression) -> Iterator[Words | Phrase]:
    """Yield the words that a result is to have: what is denied must not pull it up."""
    if isinstance(part, (Words, Phrase)):
        yield part
    elif isinstance(part, (All, Any)):
        for one in part.parts:
            yield from _asserted(one)


def _read(text: str) -> list[_Token]:
    mixed = any(character.islower() for character in text)
    found = []
    for match in _TOKEN.finditer(text):
        if match["field"] and (match["value"] is not None or match["bare"]):
            found.append(_field(match))
        elif match["phrase"] and match["phrase"].strip():
            found.append(_Token("phrase", match["phrase"].strip()))
        elif match["bracket"]:
            found.append(_Token("bracket", match["bracket"]))
        elif match["word"]:
            operator = mixed and match["word"] in _OPERATORS
            found.append(_Token("operator" if operator else "word", match["word"]))
    return found


def _field(match: re.Match[str]) -> _Token:
    name, value = match["field"], (match["value"] if match["value"] is not None else match["bare"]).strip()
    if name not in FIELDS:
        near = difflib.get_close_matches(name, FIELDS, 1)
        hint = f" Did you mean {near[0]}:?" if near else ""
        raise QueryError(
            f"There is no field {name!r}.{hint} Fields are: {', '.join(FIELDS)}. Leave a blank after the colon where "
            "it is no field."
        )
    if not value:
        raise QueryError(f"The field {name}: is empty; write what it asks, such as {name}:word.")
    return _Token("field", value, name)


def _leaf(token: _Token) -> Expression:
    if token.kind == "field":
        return Field(token.name, token.text)
    return Phrase(token.text) if token.kind == "phrase" else Words(token.text)


def _paired(read: list[_Token]) -> list[_Token]:
    """Return the tokens without parentheses that have no partner or nothing between them."""
    opened: list[int] = []
    partner: dict[int, int] = {}
    for at, token in enumerate(read):
        if token.kind == "bracket" and token.text == "(":
            opened.append(at)
        elif token.kind == "bracket" and opened:
            start = opened.pop()
            if any(one.kind != "bracket" for one in read[start + 1 : at]):
                partner |= {start: at, at: start}
        if len(opened) > DEEPEST:
            raise QueryError(f"The query has more than {DEEPEST} parentheses within each other; write it more simply.")
    return [token for at, token in enumerate(read) if token.kind != "bracket" or at in partner]


class _Reader:
    """Recursive descent over tokens whose parentheses are paired and whose operators stand where they can."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Expression:
        return self._any()

    def _peek(self, *texts: str) -> bool:
        if self._at >= len(self._tokens):
            return False
        token = self._tokens[self._at]
        return token.kind in ("operator", "bracket") and token.text in texts

    def _any(self) -> Expression:
        parts = [self._all()]
        while self._peek("OR"):
            self._at += 1
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _all(self) -> Expression:
        parts = [self._one()]
        while self._at < len(self._tokens) and not self._peek("OR", ")"):
            if self._peek("AND"):
                self._at += 1
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Expression:
        token = self._tokens[self._at]
        self._at += 1
        if token.kind == "operator":
            return Not(self._one())
        if token.kind == "bracket":
            inner = self._any()
            self._at += 1
            return inner
        return _leaf(token)
