"""Quotations held against a text: verbatim after folding of spaces and quotation marks, or with marked changes.

"[t]he", "[the landlord]", "..." and ". . ." are marked changes; any other difference means that it is no quotation.
Footnote marks and star pages are read over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from indexing.text import fold_quotes

_QUOTED = re.compile(r'"([^"]+)"')
_ELLIPSIS = re.compile(r"\s*(?:\[\s*)?(?:\.\s?\.\s?\.(?:\s?\.)?|…|\* \* \*)(?:\s*\])?\s*")
_NOTE = re.compile(
    r"\s*[\[(](?:sic|emphasis (?:added|omitted)|(?:internal )?(?:citations?|quotation marks?|footnotes?)[^\])]*omitted|"
    r"cleaned up)[\])]\s*",
    re.I,
)
_BRACKET = re.compile(r"\[([^\[\]]{1,60})\]")
_MOST_LEFT_OUT = 1_500  # characters that an ellipsis may stand for


@dataclass(frozen=True, slots=True)
class Located:
    """Where a quotation stands in the text it was held against; `marked` where changes are shown as such."""

    start: int
    end: int
    marked: bool


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A text for comparison, with the way back to its own offsets."""

    text: str
    offsets: tuple[int, ...]  # of each folded character

    @classmethod
    def of(cls, text: str, hidden: Iterable[tuple[int, int]] = ()) -> FoldedText:
        """Fold a text; `hidden` stretches (footnote marks, star pages) are left out."""
        skipped = {place for start, end in hidden for place in range(start, end)}
        kept: list[str] = []
        offsets: list[int] = []
        for place, character in enumerate(_plain(text)):
            if place in skipped or (character == " " and (not kept or kept[-1] == " ")):
                continue
            kept.append(character)
            offsets.append(place)
        return cls("".join(kept), tuple(offsets))


def quotations(text: str) -> list[str] | None:
    """Return what stands between double quotation marks, None where the marks are not in pairs."""
    plain = fold_quotes(text)
    if plain.count('"') % 2:
        return None
    return [match.group(1).strip() for match in _QUOTED.finditer(plain)]


def without_quotations(text: str) -> str:
    """Return a text with its quotations blanked."""
    return _QUOTED.sub(" ", fold_quotes(text))


def locate(quotation: str, folded: FoldedText, *, additions: bool = False) -> Located | None:
    """Return where a quotation stands in a text, None where it does not stand there word for word.

    A comma or full stop at its end may be the writer's own. With `additions` words in brackets may also have been put
    in where the text has none ("the [state] courts", "claim[s]").
    """
    wanted = _NOTE.sub(" ", " ".join(_plain(quotation).split())).strip().rstrip(".,;:").strip()
    if not re.search(r"\w", wanted):
        return None
    pattern, marked = _pattern(wanted, additions)
    if marked:
        found = re.search(pattern, folded.text, re.S)
        start, end = found.span() if found else (-1, -1)
    else:
        start = _whole_words(wanted, folded.text)
        end = start + len(wanted)
    if start < 0:
        return None
    return Located(folded.offsets[start], folded.offsets[end - 1] + 1, marked or _NOTE.search(quotation) is not None)


def _whole_words(wanted: str, text: str) -> int:
    found = re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text)
    return found.start() if found else -1


def _pattern(wanted: str, additions: bool) -> tuple[str, bool]:
    pieces = [piece for piece in _ELLIPSIS.split(wanted) if piece]
    marked = len(pieces) > 1 or _BRACKET.search(wanted) is not None
    between = rf".{{1,{_MOST_LEFT_OUT}}}?"
    return rf"(?<!\w){between.join(_bracketed(piece, additions) for piece in pieces)}(?!\w)", marked


def _bracketed(piece: str, additions: bool) -> str:
    out, at = [], 0
    for match in _BRACKET.finditer(piece):
        out.append(re.escape(piece[at : match.start()]))
        at = match.end()
        inside, following = match.group(1), piece[at : at + 1]
        if len(inside) == 1 and following.isalpha() and not piece[: match.start()][-1:].isalpha():
            out.append(f"[{re.escape(inside.lower())}{re.escape(inside.upper())}]")
        elif additions and piece[: match.start()][-1:].isalpha():
            out.append(r"\w*")  # an ending
        elif additions and following == " ":
            out.append(r"(?:\S+(?: \S+){0,5} )?")
            at += 1
        else:
            out.append(r"\S+(?: \S+){0,5}")
    return "".join([*out, re.escape(piece[at:])])


def _plain(text: str) -> str:
    """Return a text of the same length in which all quotation marks and all spaces are alike."""
    return re.sub(r"\s", " ", fold_quotes(text)).replace('"', "'")
