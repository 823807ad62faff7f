"""What a person typed: words, phrases, and the filters that a request carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from app.retrieval.expression import Expression, parse_expression
from scraper.errors import QueryError

MOST_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Filters:
    """What every hit must be; an empty tuple or None asks nothing. Dates are inclusive; topics name any depth."""

    kind: tuple[str, ...] = ()
    jurisdiction: tuple[str, ...] = ()
    court: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    year: tuple[int, ...] = ()
    date_from: date | None = None
    date_to: date | None = None
    code: tuple[str, ...] = ()  # ids of codes in the table of jurisdictions
    hierarchy: str = ""  # words that the label of a level must contain

    @property
    def empty(self) -> bool:
        """Tell whether nothing is asked."""
        return self == Filters()


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: `text` is what is ranked by, `phrases` stand verbatim in each hit, `where` is what must hold.

    `text` is empty where only fields are asked; `written` is what was typed, `plain` what of it is neither in quotes
    nor in a field, nor joined by operators.
    """

    text: str
    phrases: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    where: Expression | None = None
    written: str = ""
    plain: str = ""


def parse_query(text: str, filters: Filters | None = None) -> Query:
    """Return a query; raise QueryError for one that is empty, over the limit, or asks an unknown field."""
    if "\x00" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise QueryError("The query holds characters that are no text (NUL or a lone surrogate); remove them.")
    folded = " ".join(text.split())
    if not folded:
        raise QueryError("The query is empty: type a question, words, a citation or a case name.")
    if len(folded) > MOST_CHARACTERS:
        raise QueryError(f"The query has {len(folded):,} characters; the limit is {MOST_CHARACTERS:,}. Shorten it.")
    parsed = parse_expression(folded)
    return Query(parsed.text, parsed.phrases, filters or Filters(), parsed.where, folded, parsed.plain)
