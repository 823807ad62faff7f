"""What a person typed: words, phrases, and the filters that a request carries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from scraper.errors import QueryError

MOST_CHARACTERS = 4_000
_PHRASE = re.compile(r'["“]([^"”“]+)["”]')


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
    """A parsed query: `text` for the indexes, phrases that must stand verbatim in the hit's passage."""

    text: str
    phrases: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)


def parse_query(text: str, filters: Filters | None = None) -> Query:
    """Return a query; raise QueryError for an empty one or one over the limit that the message names."""
    if "\x00" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise QueryError("The query holds characters that are no text (NUL or a lone surrogate); remove them.")
    folded = " ".join(text.split())
    if not folded:
        raise QueryError("The query is empty: type a question, words, a citation or a case name.")
    if len(folded) > MOST_CHARACTERS:
        raise QueryError(f"The query has {len(folded):,} characters; the limit is {MOST_CHARACTERS:,}. Shorten it.")
    phrases = tuple(match.strip() for match in _PHRASE.findall(folded) if match.strip())
    return Query(folded, phrases, filters or Filters())
