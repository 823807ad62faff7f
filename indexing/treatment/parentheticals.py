"""What courts say of a case in brackets behind its citation: "(holding that ...)", scored for use as a summary."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from indexing.models import Citation, Speaker
from indexing.treatment.mentions import Mentions
from indexing.treatment.models import OF_THE_COURT, Shelf
from indexing.treatment.speakers import Speakers
from scraper.models import Document, DocumentKind

LONGEST = 600  # characters of a parenthetical
_MOST = 4  # brackets behind one citation
_SPACE = re.compile(r"\s*")
_HOLDS = re.compile(
    r"(?:holding|concluding|ruling|deciding|finding|determining|declaring|upholding|striking\s+down|invalidating|"
    r"reversing|"
    r"affirming|rejecting|recognizing|reaffirming|refusing|declining|applying|construing|interpreting|requiring)\b",
    re.I,
)
_TELLS = re.compile(r"[a-z]+ing\b", re.I)
_QUOTES = re.compile(r"[\"“`]|\[[A-Za-z]\]")
_POINTS = re.compile(
    r"(?:citing|quoting|same|hereinafter|overruling|abrogating|discussing|collecting|cert\.|rehearing|emphasis)\b", re.I
)
_NO_CONTENT = re.compile(
    r"(?:en\s+banc|per\s+curiam|plurality(?:\s+opinion)?|emphasis\s+(?:added|deleted|in\s+original|supplied)|"
    r"(?:internal\s+)?(?:quotation|citation|footnote|"
    r"alteration|ellips|bracket)\w*(?:\s+marks?)?(?:\s+and\s+\w+)?\s+(?:omitted|added)|"
    r"(?:[\w'’. ]+,\s*(?:C\.\s?)?JJ?\.\s?,?.*)|"
    r"(?:opinion|dissenting|concurring)\b.*|slip\s+op.*|(?:in\s+)?chambers|[A-Z0-9. ]{0,24}(?:\d{4})?|unpublished|"
    r"table|dictum|dicta|memorandum.*|No\.\s*[\d, –-]+|"
    r"(?:CA\d+|CADC|CAFed)\b.*|[\w. ]{0,30}\d{4})",
    re.I | re.S,
)
_WORD = re.compile(r"\w+")


class ParentheticalKind(StrEnum):
    """What a parenthetical does."""

    HOLDING = "holding"  # "(holding that ...)"
    DESCRIPTION = "description"  # "(noting that ...)", "(suit under the Act)"
    QUOTATION = "quotation"
    RELATION = "relation"  # "(citing ...)", "(overruling ...)": of another work


@dataclass(frozen=True, slots=True)
class Parenthetical:
    """A bracket behind the citation of a case; `[start, end)` is its text without the brackets.

    `score` is 0 to 1, higher tells more of the case: what it says (a holding most), its length (10 to 40 words best)
    and who says it (a court, rather than a judge alone).
    """

    citing: str
    version: str
    cited: str | None
    cited_key: str
    start: int
    end: int
    kind: ParentheticalKind
    speaker: Speaker
    score: float
    court: str = ""
    date: dt.date | None = None


def find_parentheticals(
    document: Document, citations: Sequence[Citation], shelf: Shelf | None = None
) -> list[Parenthetical]:
    """Return the parentheticals of a case or other text about the cases it cites, in order of place."""
    mentions = Mentions(document.text, document.title, citations, shelf or Shelf())
    speakers = Speakers(document)
    found: list[Parenthetical] = []
    for mention in mentions.all_cited():
        if mention.ref.kind is not DocumentKind.CASE:
            continue
        place = mention.end
        for _ in range(_MOST):
            span = _bracket(document.text, place)
            if span is None:
                break
            place = span[1] + 1
            kind = _kind(document.text[span[0] : span[1]])
            if kind is None:
                continue
            speaker = speakers.at(span[0])
            found.append(
                Parenthetical(
                    citing=document.id,
                    version=document.version,
                    cited=mention.ref.id,
                    cited_key=mention.ref.key,
                    start=span[0],
                    end=span[1],
                    kind=kind,
                    speaker=speaker,
                    score=_score(kind, document.text[span[0] : span[1]], speaker),
                    court=document.court,
                    date=document.date,
                )
            )
    return found


def best_parentheticals(found: Sequence[Parenthetical], cited: str, limit: int = 10) -> tuple[Parenthetical, ...]:
    """Return the parentheticals about one document held, best first; of two that are as good the newer."""
    about = [one for one in found if one.cited == cited and one.kind is not ParentheticalKind.RELATION]
    return tuple(
        sorted(about, key=lambda o: (-o.score, -(o.date.toordinal() if o.date else 0), o.citing, o.start))[:limit]
    )


def _bracket(text: str, place: int) -> tuple[int, int] | None:
    """Return the span inside the bracket that opens at a place, spaces aside; None where none closes near enough."""
    space = _SPACE.match(text, place)
    start = space.end() if space else place
    if start >= len(text) or text[start] != "(" or "\n" in text[place:start]:
        return None
    depth = 0
    for at in range(start, min(len(text), start + LONGEST)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return start + 1, at
        if text[at] == "\n":
            return None
    return None


def _kind(words: str) -> ParentheticalKind | None:
    plain = " ".join(words.split())
    if len(_WORD.findall(plain)) < 2 or _NO_CONTENT.fullmatch(plain):
        return None
    if _POINTS.match(plain):
        return ParentheticalKind.RELATION
    if _QUOTES.match(plain):
        return ParentheticalKind.QUOTATION
    return ParentheticalKind.HOLDING if _HOLDS.match(plain) else ParentheticalKind.DESCRIPTION


_WORTH = {
    ParentheticalKind.HOLDING: 0.6,
    ParentheticalKind.DESCRIPTION: 0.35,
    ParentheticalKind.QUOTATION: 0.3,
    ParentheticalKind.RELATION: 0.05,
}


def _score(kind: ParentheticalKind, words: str, speaker: Speaker) -> float:
    count = len(_WORD.findall(words))
    length = min(count / 10, 1.0) * min(40 / max(count, 1), 1.0)
    telling = 0.1 if kind is ParentheticalKind.DESCRIPTION and _TELLS.match(words.lstrip()) else 0.0
    return round(_WORTH[kind] + telling + 0.2 * length + (0.2 if speaker in OF_THE_COURT else 0.0), 3)
