"""Steps of one dispute: what a court does with the decision below, where that is held or named."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from indexing.citations.keys import name_key
from indexing.treatment.depth import EXAMINED
from indexing.treatment.mentions import CASE_MARK, FILL, Mentions, Ref
from indexing.treatment.models import (
    OF_THE_COURT,
    Authority,
    Shelf,
    Stance,
    Treatment,
    TreatmentKind,
    Voice,
    power_over,
)
from indexing.treatment.speakers import Speakers
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind, SpanKind

_BELOW = r"(?:judgments?|decisions?|decrees?|orders?)\s+(?:of|below|entered)\b"
_DONE = re.compile(
    rf"\b{_BELOW}[^.;]{{0,160}}?\b(?:is|are)\s+(?:(?:therefore|accordingly|hereby|also)\s*,?\s*|,\s*accordingly,\s*)?"
    r"(?P<what>affirmed|reversed|vacated)\b",
    re.I,
)
_WE = re.compile(
    rf"\bwe\s+(?:therefore\s+|accordingly\s+|also\s+)?(?P<what>affirm|reverse|vacate)\s+the\s+{_BELOW}", re.I
)
_REMANDED = re.compile(r"\b(?:case|cause|cases|matter)\s+(?:is|are)\s+remanded\b|\b(?:and\s+)?remand(?:ed)?\b", re.I)
_SCOPE = re.compile(
    r"\bas\s+to\s+[^,.;]{3,120}|\bin\s+part\b|\binsofar\s+as\s+[^,.;]{3,120}|\bto\s+the\s+extent\s+[^,.;]{3,120}", re.I
)
_REMAND_SCOPE = re.compile(r"\bremanded\s+(?P<scope>(?:for|with)\s+[^.;]{3,160})", re.I)
_NOT_YET = re.compile(r"\b(?:if|whether|would|should|must|not|could|may)\b", re.I)
_KINDS = {
    "affirm": TreatmentKind.AFFIRMS,
    "revers": TreatmentKind.REVERSES,
    "vacat": TreatmentKind.VACATES,
    "remand": TreatmentKind.REMANDS,
}
_CASE = f"{CASE_MARK}{FILL}*+"
_LINE = re.compile(
    rf"{_CASE}(?:\s*(?:,|,?\s*and)\s*{_CASE})*\s*,\s*(?:affirmed|reversed|vacated|remanded)\b[^.;]{{0,90}}\.?\s*$", re.I
)
_STEP = re.compile(r"\b(?:affirmed|reversed|vacated|remanded)\b", re.I)
_IN_PART = re.compile(r"\s+in\s+part\b", re.I)
_LINES, _LONGEST_LINE = 4, 400  # sentences at the end of a syllabus, and their length
_WORD = re.compile(r"[^\W\d_]{3,}")
_NO_DATE = dt.date.min


def same_dispute(document: Document, authority: Authority) -> bool:
    """Tell whether two cases bear the names of the same parties, in either order."""
    return _parties(document.title) == _parties(authority.title) and bool(_parties(document.title))


def decisions_below(document: Document, mentions: Mentions, shelf: Shelf, jurisdictions: Jurisdictions) -> list[Ref]:
    """Return the decision that a case reviews: held, cited, of the same parties and of a court below it.

    Of several the latest; empty where none is held.
    """
    own = jurisdictions.court(document.court)
    fitting: dict[str, Ref] = {}
    for mention in mentions.all_cited():
        ref = mention.ref
        below = shelf.by_id.get(ref.id or "")
        if below is None or below.kind is not DocumentKind.CASE or below.id == document.id:
            continue
        court = jurisdictions.court(below.court)
        lower = own is not None and court is not None and own.id != court.id
        if lower and same_dispute(document, below) and not power_over(document, below, jurisdictions):
            fitting[below.id] = ref
    latest = sorted(fitting.values(), key=lambda ref: (shelf.by_id[ref.id or ""].date or _NO_DATE).isoformat())
    return latest[-1:]


def history(
    document: Document,
    mentions: Mentions,
    sentences: Sequence[tuple[int, int]],
    speakers: Speakers,
    shelf: Shelf,
    jurisdictions: Jurisdictions,
) -> Iterator[Treatment]:
    """Yield what a case does with the decision below, one step for each sentence that says so.

    Where no decision below is held, the reporter's line at the end of a syllabus names it ("90 F. 3d 1237, reversed").
    """
    starts = [start for start, _ in sentences]
    below = decisions_below(document, mentions, shelf, jurisdictions)
    writer = _Writer(document, speakers)
    if not below:
        line = _reporters_line(document, mentions, sentences, starts)
        if line is None:
            return
        below, (start, end), masked = line
        for step in _STEP.finditer(masked):
            scope = "in part" if _IN_PART.match(masked, step.end()) else ""
            span = (start + step.start(), start + step.end())
            yield from writer.steps(below, _kind(step.group()), span, (start, end), scope)
    for pattern in (_DONE, _WE):
        for match in pattern.finditer(document.text):
            start, end = sentences[max(0, bisect_right(starts, match.start()) - 1)]
            if _NOT_YET.search(document.text[start : match.end()]):
                continue
            found = _SCOPE.search(document.text, match.end(), end)
            scope = " ".join(found.group().split()) if found else ""
            yield from writer.steps(below, _kind(match["what"]), match.span(), (start, end), scope)
            remand = _REMANDED.search(document.text, match.end(), end)
            if remand:
                wanted = _REMAND_SCOPE.search(document.text, match.end(), end)
                scope = " ".join(wanted["scope"].split()) if wanted else ""
                yield from writer.steps(below, TreatmentKind.REMANDS, remand.span(), (start, end), scope)


def _reporters_line(
    document: Document, mentions: Mentions, sentences: Sequence[tuple[int, int]], starts: Sequence[int]
) -> tuple[list[Ref], tuple[int, int], str] | None:
    """Return the decisions named at the end of a syllabus, the place of that line and the line masked."""
    for span in document.spans_of(SpanKind.SYLLABUS):
        last = bisect_right(starts, max(span.start, span.end - 1)) - 1
        for row in range(last, max(-1, last - _LINES), -1):
            start, end = sentences[row]
            if start < span.start or end - start > _LONGEST_LINE:
                continue
            inside = mentions.within(start, end)
            masked = mentions.masked(start, end, inside)
            found = _LINE.search(masked)
            if found:
                named = [one.ref for one in inside if found.start() <= one.start - start < found.end()]
                return list(dict.fromkeys(named)), (start, end), masked
    return None


def _kind(word: str) -> TreatmentKind:
    stem = word.lower()
    return next(value for key, value in _KINDS.items() if stem.startswith(key))


class _Writer:
    """Makes the steps of one case; what is the same in all of them is looked up once."""

    def __init__(self, document: Document, speakers: Speakers) -> None:
        self._document = document
        self._version = document.version
        self._speakers = speakers

    def steps(
        self, below: Sequence[Ref], kind: TreatmentKind, span: tuple[int, int], sentence: tuple[int, int], scope: str
    ) -> Iterator[Treatment]:
        """Yield one step for each decision below; the same dispute needs no other power than to review it."""
        speaker = self._speakers.at(span[0])
        counts = speaker in OF_THE_COURT
        for ref in below:
            yield Treatment(
                citing=self._document.id,
                version=self._version,
                cited=ref.id,
                cited_key=ref.key,
                cited_name=ref.name or self._document.title,
                kind=kind,
                stance=Stance.DOES,
                voice=Voice(speaker.value),
                start=span[0],
                end=span[1],
                sentence_start=sentence[0],
                sentence_end=sentence[1],
                scope=scope,
                court=self._document.court,
                date=self._document.date,
                depth=EXAMINED,
                counts=counts,
                why_not="" if counts else f"words of the {speaker.value.replace('_', ' ')}",
            )


def _parties(title: str) -> frozenset[str]:
    name = re.sub(r",\s*\d.*|\s*\(\d{4}\)\s*$", "", title)
    return frozenset(_WORD.findall(name_key(name)))
