"""What changed between two texts, sentence by sentence and within a sentence word by word; no input or output.

Sentences are compared without regard to spacing. A sentence that was reworded stands beside what it became, where
enough of its words stayed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from indexing.citations.sentences import sentence_spans

Op = Literal["equal", "changed", "removed", "added"]
Stretch = tuple[int, int]  # [start, end) in code points
LIKE_ENOUGH = 0.5  # share of common words from which a sentence counts as reworded, not replaced
MOST_PAIRS = 2_500  # sentences compared with each other in one place; above it they are replaced, not reworded
MOST_STEPS = 30_000_000  # pairs of equal items times items, in all; above it rows are cut where they surely agree
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of both texts, in order of place; an absent side is an empty stretch where it would stand.

    `equal` joins all sentences that follow each other unchanged, `sentences` counts them. For `changed`, `old_marks`
    and `new_marks` are the stretches of its words that went and came, in code points of the whole texts.
    """

    op: Op
    old: Stretch
    new: Stretch
    sentences: int = 1
    old_marks: tuple[Stretch, ...] = ()
    new_marks: tuple[Stretch, ...] = ()


def diff(old: str, new: str) -> list[Piece]:
    """Return how one text becomes another, whole, in order of place."""
    before, after = _Side.of(old), _Side.of(new)
    return list(_joined(_pieces(before, after, _Steps(MOST_STEPS))))


@dataclass(slots=True)
class _Steps:
    """How much work a comparison of two texts may still be."""

    left: int

    def allow(self, cost: int) -> bool:
        """Tell whether there is so much left, and take it."""
        self.left -= cost if (enough := cost <= self.left) else 0
        return enough


@dataclass(frozen=True, slots=True)
class _Side:
    """A text cut into sentences; `keys` are compared, `spans` say where they stand."""

    text: str
    spans: tuple[Stretch, ...]
    keys: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> _Side:
        spans = tuple(sentence_spans(text))
        return cls(text, spans, tuple(" ".join(text[start:end].split()) for start, end in spans))

    def at(self, index: int) -> Stretch:
        """Return the empty stretch before a sentence."""
        place = self.spans[index][0] if index < len(self.spans) else len(self.text)
        return place, place


def _pieces(old: _Side, new: _Side, steps: _Steps) -> Iterator[Piece]:
    for tag, i1, i2, j1, j2 in _opcodes(old.keys, new.keys, steps):
        if tag == "equal":
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                yield Piece("equal", old.spans[i], new.spans[j])
        else:
            yield from _replaced(old, new, range(i1, i2), range(j1, j2), steps)


def _opcodes(a: Sequence[str], b: Sequence[str], steps: _Steps) -> Sequence[tuple[str, int, int, int, int]]:
    """Return how one row of items becomes another, as `SequenceMatcher` tells it, in bounded time.

    Its time grows with the pairs of equal items, times the items in the worst case: a comma in every second place of
    two rows costs minutes. Where that is more than is left, rows are cut at the items that stand in each of them once
    and in the same order; what is still too much, between two cuts, counts as replaced.
    """
    if steps.allow(_cost(a, b)):
        return SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    found = list[tuple[str, int, int, int, int]]()
    i = j = 0
    for m, n in [*_anchors(a, b), (len(a), len(b))]:
        one, other = a[i:m], b[j:n]
        if steps.allow(_cost(one, other)):
            inside = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
            found += [(tag, i + i1, i + i2, j + j1, j + j2) for tag, i1, i2, j1, j2 in inside]
        else:
            found.append(("replace", i, m, j, n))
        if m < len(a):
            found.append(("equal", m, m + 1, n, n + 1))
        i, j = m + 1, n + 1
    return found


def _cost(a: Sequence[str], b: Sequence[str]) -> int:
    mine, others = Counter(a), Counter(b)
    return sum(number * others[key] for key, number in mine.items()) * min(len(a), len(b))


def _anchors(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of items that each row holds once: as many as stand in the same order in both."""
    once, others = {key for key, number in Counter(a).items() if number == 1}, Counter(b)
    where = {key: at for at, key in enumerate(b) if others[key] == 1}
    pairs = [(at, where[key]) for at, key in enumerate(a) if key in once and key in where]
    ends: list[int] = []  # the least place in `b` at which a row of so many pairs ends
    last: list[int] = []  # the pair that stands there
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        rank = bisect_left(ends, place)
        before.append(last[rank - 1] if rank else -1)
        ends[rank : rank + 1] = [place]
        last[rank : rank + 1] = [number]
    chain = list[tuple[int, int]]()
    at = last[-1] if last else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]


def _replaced(old: _Side, new: _Side, left: range, right: range, steps: _Steps) -> Iterator[Piece]:
    """Yield what stands in one place: reworded sentences side by side, the others as they went and came."""
    i, j = left.start, right.start
    for m, n in [*_alike(old, new, left, right), (left.stop, right.stop)]:
        yield from (Piece("removed", old.spans[at], new.at(j)) for at in range(i, m))
        yield from (Piece("added", old.at(m), new.spans[at]) for at in range(j, n))
        if m < left.stop and n < right.stop:
            yield _reworded(old, new, m, n, steps)
        i, j = m + 1, n + 1


def _alike(old: _Side, new: _Side, left: range, right: range) -> list[tuple[int, int]]:
    """Return the pairs of sentences that are most alike in sum, in order on both sides, none crossing another."""
    if not left or not right or len(left) * len(right) > MOST_PAIRS:
        return []
    before, after = ({at: _counted(side.keys[at]) for at in row} for side, row in ((old, left), (new, right)))
    likeness = {(i, j): _likeness(before[i], after[j]) for i in left for j in right}
    best: dict[tuple[int, int], float] = {}
    for i in reversed(left):
        for j in reversed(right):
            like = likeness[i, j]
            paired = like + best.get((i + 1, j + 1), 0.0) if like >= LIKE_ENOUGH else 0.0
            best[i, j] = max(paired, best.get((i + 1, j), 0.0), best.get((i, j + 1), 0.0))
    pairs: list[tuple[int, int]] = []
    i, j = left.start, right.start
    while i < left.stop and j < right.stop:
        like = likeness[i, j]
        if like >= LIKE_ENOUGH and best[i, j] == like + best.get((i + 1, j + 1), 0.0):
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i, j] == best.get((i + 1, j), 0.0):
            i += 1
        else:
            j += 1
    return pairs


def _counted(sentence: str) -> Counter[str]:
    return Counter(_WORD.findall(sentence.lower()))


def _likeness(a: Counter[str], b: Counter[str]) -> float:
    """Return the share of words that two sentences have in common, 0 to 1 (Dice's coefficient over counts)."""
    total = a.total() + b.total()
    if len(b) < len(a):
        a, b = b, a
    return 2 * sum(min(number, b[word]) for word, number in a.items() if word in b) / total if total else 0.0


def _reworded(old: _Side, new: _Side, i: int, j: int, steps: _Steps) -> Piece:
    left, right = _words(old.text, old.spans[i]), _words(new.text, new.spans[j])
    gone: list[Stretch] = []
    came: list[Stretch] = []
    for tag, i1, i2, j1, j2 in _opcodes([word for word, _ in left], [word for word, _ in right], steps):
        if tag != "equal":
            if i2 > i1:
                gone.append((left[i1][1][0], left[i2 - 1][1][1]))
            if j2 > j1:
                came.append((right[j1][1][0], right[j2 - 1][1][1]))
    return Piece("changed", old.spans[i], new.spans[j], 1, tuple(gone), tuple(came))


def _words(text: str, span: Stretch) -> list[tuple[str, Stretch]]:
    start, end = span
    return [(match.group(), match.span()) for match in _WORD.finditer(text, start, end)]


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Join what is equal and follows on: a reader passes over it in one step."""
    held: Piece | None = None
    for piece in pieces:
        if held is not None and held.op == piece.op == "equal":
            held = Piece("equal", (held.old[0], piece.old[1]), (held.new[0], piece.new[1]), held.sentences + 1)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


def counts(pieces: Sequence[Piece]) -> dict[str, int]:
    """Return how many sentences are equal, changed, removed and added."""
    found: dict[str, int] = {"equal": 0, "changed": 0, "removed": 0, "added": 0}
    for piece in pieces:
        found[piece.op] += piece.sentences
    return found
