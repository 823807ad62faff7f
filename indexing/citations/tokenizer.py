"""A tokenizer for eyecite that gives its tokens at a fraction of the cost, and knows reporters given as data.

eyecite runs each regular expression whose reporter occurs anywhere in a text over all of that text. Nearly
all of them begin with a volume number, one space and the reporter. So each number followed by a space is
found once, the reporters that stand right behind it are looked up, and only their expressions are tried, only
there. Expressions of another shape are run as eyecite runs them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import ahocorasick
from eyecite.models import Token, TokenExtractor
from eyecite.tokenizers import EXTRACTORS, Tokenizer

_VOLUME_FIRST = r"(?:^|[^a-zA-Z0-9])((?P<volume>[1-9]\d*) (?P<reporter>"
_CANDIDATE = re.compile(r"(?:^|[^a-zA-Z0-9])(?=([1-9]\d*) )")
_REACH = 80  # characters behind a volume in which the whole reporter must stand
_SPACE = re.compile(r"\s+")


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

    def extract_tokens(self, text: str) -> Generator[Token, None, None]:
        """Yield all tokens in an order that is the same in every process (eyecite's is not)."""
        found: list[tuple[int, re.Match[str]]] = []
        for place in sorted(self._whole_text_extractors(text)):
            found.extend((place, match) for match in self.extractors[place].get_matches(text))
        found.extend(self._anchored_matches(text))
        found.sort(key=lambda pair: (pair[0], pair[1].start()))
        for place, match in found:
            yield self.extractors[place].get_token(match)

    def _whole_text_extractors(self, text: str) -> set[int]:
        stripped = _SPACE.sub("", text)
        places = set(self._always)
        for automaton, haystack in ((self._by_string, stripped), (self._by_folded, stripped.lower())):
            for _, values in automaton.iter(haystack):
                places.update(values)
        return places

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
