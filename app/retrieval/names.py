"""Names of cases as people type them: cut short, as initials, with a slip of the finger; and what may have been meant.

`app.retrieval.lookup` finds a name that is written whole. This finds the one held case that "Reno v. ACLU" or "Apprendi
v. New Jersy" can only be, and says which names are near where there is none or more than one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from indexing.citations.keys import name_key

VERSUS = " v "
SUGGESTED = 3
TRIED = 12  # names with the most letters in common that are compared letter by letter
LETTERS_A_SLIP = 8  # one slip is forgiven for so many letters
MOST_SLIPS = 3
LIKE = 0.45  # share of letter groups in common from which a name may have been meant
LEAST_INITIALS = 3
LEAST_BEGIN = 3  # letters of a word that stand for it


@dataclass(frozen=True, slots=True)
class Near:
    """What a typed name can be: the documents of the one name that fits, else names that are near, nearest first."""

    key: str
    documents: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()  # ids of documents


@dataclass(frozen=True)
class Names:
    """The names of all held cases; made once for a generation."""

    documents: dict[str, tuple[str, ...]]
    _grams: dict[str, list[str]] = field(repr=False)
    _starts: dict[tuple[str, str], list[str]] = field(repr=False)
    _letters: dict[tuple[str, str], list[str]] = field(repr=False)  # by the first letter of each side
    _initials: dict[str, list[str]] = field(repr=False)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str]]) -> Names:
        """Index (key, document id) as the catalogue holds them."""
        documents: dict[str, list[str]] = defaultdict(list)
        for key, document in rows:
            if VERSUS in key:
                documents[key].append(document)
        grams, starts, letters, initials = (defaultdict[Any, list[str]](list) for _ in range(4))
        for key in sorted(documents):
            one, other = _sides(key)
            starts[one[0], other[0]].append(key)
            letters[one[0][0], other[0][0]].append(key)
            for gram in sorted(_gram_set(key)):
                grams[gram].append(key)
            for short in _shortened(one, other):
                initials[short].append(key)
        return cls({key: tuple(ids) for key, ids in documents.items()}, grams, starts, letters, initials)

    def near(self, text: str) -> Near | None:
        """Return what a text can be if it has the form of a name, "A v. B", that is not held as written; else None."""
        key = name_key(text)
        sides = _sides(key) if VERSUS in key else ([], [])
        if not sides[0] or not sides[1] or key in self.documents:
            return None
        for found in (
            self._cut_short(*sides), sorted(set(self._initials.get(key, ()))), self._abbreviated(*sides),
            self._slipped(key),
        ):  # fmt: skip
            if len(found) == 1:
                return Near(key, self.documents[found[0]])
            if found:
                return Near(key, (), self._ids(found))
        return Near(key, (), self._ids([name for name, share in self._alike(key) if share >= LIKE]))

    def _ids(self, keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(document for key in keys for document in self.documents[key])[:SUGGESTED]

    def _cut_short(self, one: list[str], other: list[str]) -> list[str]:
        """Return the names whose sides begin with the words typed: "Lindgren v. Sabo" for "Lindgren Homes v. Sabo"."""
        fitting = []
        for key in self._starts.get((one[0], other[0]), ()):
            left, right = _sides(key)
            if left[: len(one)] == one and right[: len(other)] == other:
                fitting.append(key)
        return fitting

    def _abbreviated(self, one: list[str], other: list[str]) -> list[str]:
        """Return the names of whose sides what was typed is short: "Blakely v. Wash.", "N.Y. Times v. Sullivan"."""
        return [
            key
            for key in self._letters.get((one[0][0], other[0][0]), ())
            if all(shortens(typed, full) for typed, full in zip((one, other), _sides(key), strict=True))
        ]

    def _slipped(self, key: str) -> list[str]:
        """Return the names within the slips that are forgiven, of these only the nearest."""
        allowed = min(MOST_SLIPS, len(key) // LETTERS_A_SLIP)
        counted = [(slips(key, name), name) for name, _ in self._alike(key)]
        least = min((count for count, _ in counted), default=allowed + 1)
        return [name for count, name in counted if count == least <= allowed]

    def _alike(self, key: str) -> list[tuple[str, float]]:
        """Return the names with the most letter groups in common and their share (Dice), highest first."""
        wanted = _gram_set(key)
        common = Counter(name for gram in wanted for name in self._grams.get(gram, ()))
        shares = [(name, 2 * count / (len(wanted) + len(_gram_set(name)))) for name, count in common.items()]
        return sorted(shares, key=lambda pair: (-pair[1], pair[0]))[:TRIED]


def slips(one: str, other: str) -> int:
    """Return the fewest slips between two texts: a letter wrong, missing, too many, or two in the wrong order.

    Optimal string alignment (Damerau, 1964).
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        previous, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, previous[j - 2] + 1)
            row.append(cost)
    return row[-1]


def shortens(typed: Sequence[str], full: Sequence[str]) -> bool:
    """Tell whether words can stand for a name: each is a word of it, the begin of one, or the initials of several.

    Words are taken in order from the first; a word's begin has three letters or more, and the end may be left out.
    """
    if not typed or not full:
        return not typed
    word, rest = typed[0], typed[1:]
    begun = word == full[0] or (len(word) >= LEAST_BEGIN and full[0].startswith(word))
    if begun and shortens(rest, full[1:]):
        return True
    return any(
        _initials(full[:end]) == word and shortens(rest, full[end:])
        for end in range(2, min(len(full), 2 * len(word)) + 1)
    )


def _sides(key: str) -> tuple[list[str], list[str]]:
    one, _, other = key.partition(VERSUS)
    return one.split(), other.split()


def _shortened(one: list[str], other: list[str]) -> Iterator[str]:
    """Yield a name with one side or both as initials: "reno v aclu"."""
    forms = [[" ".join(side), *([_initials(side)] if len(side) >= LEAST_INITIALS else [])] for side in (one, other)]
    for left in forms[0]:
        for right in forms[1]:
            if (left, right) != (forms[0][0], forms[1][0]):
                yield f"{left}{VERSUS}{right}"


def _initials(side: Sequence[str]) -> str:
    return "".join(word[0] for word in side if word not in ("of", "the", "and", "for"))


def _gram_set(key: str) -> set[str]:
    padded = f"  {key} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}
