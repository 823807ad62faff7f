"""eyecite's look-up of a court by its abbreviation, with the same answers and without its cost.

eyecite 2.7 normalises the citation strings of all 2,809 courts for every citation that ends in "(CA2 1993)"
or the like: most of its time on opinions. Here they are normalised once, and found by dictionary and
bisection. The answers are the same, including eyecite's choice of the last court in the table among those
that begin with the abbreviation. Any other version of eyecite keeps its own function.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from importlib.metadata import version

import eyecite.helpers
from courts_db import courts

VERIFIED_VERSIONS = ("2.7.8",)
_NOT_WORD = re.compile(r"\W")


class CourtLookup:
    """Court ids by abbreviation, over a table of rows with `id` and `citation_string`."""

    def __init__(self, rows: Sequence[Mapping[str, str]]) -> None:
        names = [(_normalise(row["citation_string"]), place, row["id"]) for place, row in enumerate(rows)]
        self._exact: dict[str, str] = {}
        for name, _, court in names:
            self._exact.setdefault(name, court)
        names.sort()
        self._names = [name for name, _, _ in names]
        self._places = [(place, court) for _, place, court in names]

    def __call__(self, paren_string: str) -> str | None:
        """Return the court's id: an exact match, else the last row that begins so, else None."""
        wanted = _normalise(paren_string)
        if not wanted:
            return None
        exact = self._exact.get(wanted)
        if exact is not None:
            return exact
        first = bisect_left(self._names, wanted)
        last = bisect_right(self._names, wanted + chr(0x10FFFF))
        return max(self._places[first:last])[1] if first < last else None


def install() -> bool:
    """Put the quick look-up in eyecite's place; return False and do nothing for a version not verified."""
    if version("eyecite") not in VERIFIED_VERSIONS:
        return False
    if not isinstance(eyecite.helpers.get_court_by_paren, CourtLookup):
        eyecite.helpers.get_court_by_paren = CourtLookup(courts)
    return True


def _normalise(text: str) -> str:
    return _NOT_WORD.sub("", text).lower()
