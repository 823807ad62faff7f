"""A tokenizer for eyecite that gives its tokens at a fraction of the cost, and knows reporters given as data.

eyecite runs each regular expression whose reporter occurs anywhere in a text over all of that text. Nearly
all of them begin with a volume number, one space and the reporter. So each number followed by a space is
found once, the reporters that stand right behind it are looked up, and only their expressions are tried, only
there. Expressions of another shape are run around the words that they need.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import ahocorasick
import numpy as np
from eyecite.models import Token, TokenExtractor
from eyecite.tokenizers import EXTRACTORS, Tokenizer

from indexing.models import IntVector

_VOLUME_FIRST = r"(?:^|[^a-zA-Z0-9])((?P<volume>[1-9]\d*) (?P<reporter>"
_CANDIDATE = re.compile(r"(?:^|[^a-zA-Z0-9])(?=([1-9]\d*) )")
_REACH = 80  # characters behind a volume in which the whole reporter must stand
_SPACE = re.compile(r"\s+")
_WHITE = np.array([point for point in range(0x3001) if _SPACE.match(chr(point))], dtype=np.uint32)
_BEFORE, _BEHIND = 400, 400  # characters around a word that an expression needs
# An expression that begins with a repeated class ("(\S*§\S*)") is tried from each character of a long run of
# that class, and each time runs to its end: the square of the run's length.
_LEADING_RUN = re.compile(r"\((?P<one>\\[SwdD]|\[[^\]\\]+\])[*+](?![?+])")


class AnchoredTokenizer(Tokenizer):
    """eyecite's tokens, found from the volume numbers; `extra` are extractors beside eyecite's own."""

    def __init__(self, extra: Sequence[TokenExtractor] = ()) -> None:
        super().__init__([*EXTRACTORS, *extra])
        self._anchored: dict[str, list[int]] = defaultdict(list)
        self._anchored_always: list[int] = []
        self._always: list[int] = []
        by_string: dict[str, list[int]] = defaultdict(list)
        by_folded: dict[str, list[int]] = defaultdict(list)
        for place, extractor in enumerate(self.extractors):
            strings = {_SPACE.sub("", string) for string in extractor.strings}
            if _is_anchored(extractor):
                for string in strings:
                    self._anchored[string].append(place)
            elif not strings:
                volume_first = extractor.regex.startswith(_VOLUME_FIRST) and not extractor.flags
                (self._anchored_always if volume_first else self._always).append(place)
            else:
                for string in strings:
                    folded = bool(extractor.flags & re.I)
                    (by_folded if folded else by_string)[string.lower() if folded else string].append(place)
        self._lengths = sorted({len(string) for string in self._anchored})
        self._by_string = _automaton(by_string)
        self._by_folded = _automaton(by_folded)
        self.runs: dict[int, re.Pattern[str]] = {}  # the class that an expression's first run is made of
        self._guarded: dict[int, re.Pattern[str]] = {}
        for place in [*self._always, *self._whole_text_places(by_string, by_folded)]:
            extractor = self.extractors[place]
            leading = _LEADING_RUN.match(extractor.regex)
            if leading:
                self.runs[place] = re.compile(rf"(?<!{leading['one']}){leading['one']}")
                self._guarded[place] = re.compile(rf"(?<!{leading['one']}){extractor.regex}", extractor.flags)

    def extract_tokens(self, text: str) -> Generator[Token, None, None]:
        """Yield all tokens in an order that is the same in every process (eyecite's is not)."""
        found: list[tuple[int, re.Match[str]]] = []
        for place, windows in sorted(self.windows(text).items()):
            for start, end in windows:
                found.extend((place, match) for match in self._matches(place, text, start, end))
        found.extend(self._anchored_matches(text))
        found.sort(key=lambda pair: (pair[0], pair[1].start()))
        for place, match in found:
            yield self.extractors[place].get_token(match)

    def starts(self, place: int, text: str) -> list[int]:
        """Return the places of a text from which an expression that begins with a run is tried."""
        return [found.start() for found in self.runs[place].finditer(text)]

    def _matches(self, place: int, text: str, start: int, end: int) -> Iterator[re.Match[str]]:
        """Find what eyecite's expression finds; where it begins with a run, from the first character of runs only."""
        pattern = self._guarded.get(place) or self.extractors[place].compiled_regex
        for match in pattern.finditer(text, start, end):
            cut = match.end() == end < len(text)  # it may go on behind the window, or not match at all
            whole = pattern.match(text, match.start()) if cut else match
            if whole:
                yield whole

    @staticmethod
    def _whole_text_places(*tables: dict[str, list[int]]) -> list[int]:
        return sorted({place for table in tables for places in table.values() for place in places})

    def windows(self, text: str) -> dict[int, list[tuple[int, int]]]:
        """Return where each expression may match: around the words that it needs, or everywhere where it needs none."""
        everywhere = [(0, len(text))]
        windows = dict.fromkeys(self._always, everywhere)
        kept = _kept(text)
        stripped = _SPACE.sub("", text)
        folded = stripped.lower()
        # A letter that grows when it is folded moves all places behind it.
        tables = [(self._by_string, stripped), (self._by_folded, folded)]
        if len(kept) != len(stripped) or len(folded) != len(stripped):
            return windows | {place: everywhere for table, words in tables for place in _places(table, words)}
        met: dict[int, list[int]] = defaultdict(list)
        for table, words in tables:
            for last, places in table.iter(words):
                for place in places:
                    met[place].append(last)
        for place, lasts in met.items():
            windows[place] = everywhere if place in self._guarded else _around(len(text), kept[lasts])
        return windows

    def _anchored_matches(self, text: str) -> Iterator[tuple[int, re.Match[str]]]:
        for candidate in _CANDIDATE.finditer(text):
            behind = _SPACE.sub("", text[candidate.end(1) : candidate.end(1) + _REACH])
            places = set(self._anchored_always)
            for length in self._lengths:
                places.update(self._anchored.get(behind[:length], ()))
            for place in places:
                match = self.extractors[place].compiled_regex.match(text, candidate.start())
                if match:
                    yield place, match


def _kept(text: str) -> IntVector:
    """Return the offsets of the characters that are not white space."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return np.flatnonzero(~np.isin(points, _WHITE))


def _places(table: Any, words: str) -> set[int]:
    return {place for _, places in table.iter(words) for place in places}


def _around(length: int, lasts: IntVector) -> list[tuple[int, int]]:
    """Return windows, apart from each other, around the last characters of words."""
    windows: list[tuple[int, int]] = []
    for last in sorted(int(one) for one in lasts):
        start, end = max(0, last - _BEFORE), min(length, last + _BEHIND)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    return windows


def _is_anchored(extractor: TokenExtractor) -> bool:
    """Tell whether an expression is volume, space and exactly the alternatives that `strings` lists."""
    if not extractor.strings or extractor.flags or not extractor.regex.startswith(_VOLUME_FIRST):
        return False
    body = _plain(extractor.regex[len(_VOLUME_FIRST) :])
    strings = sorted(_plain(string) for string in extractor.strings)
    length = sum(map(len, strings)) + len(strings) - 1
    return body[length : length + 1] == ")" and sorted(body[:length].split("|")) == strings


def _plain(pattern: str) -> str:
    return pattern.replace(r"\s*", "").replace("\\", "").replace(" ", "")


def _automaton(words: dict[str, list[int]]) -> Any:
    automaton = ahocorasick.Automaton()
    for word, places in words.items():
        automaton.add_word(word, places)
    automaton.make_automaton()
    return automaton
