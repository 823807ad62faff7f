"""Steps of one dispute: what a court does with the decision below, where that is held or named."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from indexing.citations.keys import name_key
from indexing.models import Speaker
from indexing.treatment.depth import depth_of
from indexing.treatment.mentions import Mentions, Ref
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
from scraper.models import Document, DocumentKind

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
_KINDS = {"affirm": TreatmentKind.AFFIRMS, "revers": TreatmentKind.REVERSES, "vacat": TreatmentKind.VACATES}
_WORD = re.compile(r"[^\W\d_]{3,}")
_NO_DATE = dt.date.min


def same_dispute(document: Document, authority: Authority) -> bool:
    """Tell whether two cases bear the names of the same parties, in either order."""
    return _parties(document.title) == _parties(authority.title) and bool(_parties(document.title))


def decision_below(document: Document, mentions: Mentions, shelf: Shelf, jurisdictions: Jurisdictions) -> Ref | None:
    """Return the decision that a case reviews: held, cited, of the same parties and of a court below it; else None."""
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
    return latest[-1] if latest else None


def history(
    document: Document,
    mentions: Mentions,
    sentences: Sequence[tuple[int, int]],
    speakers: Speakers,
    shelf: Shelf,
    jurisdictions: Jurisdictions,
) -> Iterator[Treatment]:
    """Yield what a case does with the decision below, one step for each sentence that says so."""
    below = decision_below(document, mentions, shelf, jurisdictions)
    if below is None:
        return
    starts = [start for start, _ in sentences]
    for pattern in (_DONE, _WE):
        for match in pattern.finditer(document.text):
            start, end = sentences[max(0, bisect_right(starts, match.start()) - 1)]
            if _NOT_YET.search(document.text[start : match.end()]):
                continue
            speaker = speakers.at(match.start())
            stem = match["what"].lower()
            kind = next(value for key, value in _KINDS.items() if stem.startswith(key))
            found = _SCOPE.search(document.text, match.end(), end)
            scope = " ".join(found.group().split()) if found else ""
            yield _step(document, below, kind, match, (start, end), speaker, scope, mentions)
            remand = _REMANDED.search(document.text, match.end(), end)
            if remand:
                wanted = _REMAND_SCOPE.search(document.text, match.end(), end)
                scope = " ".join(wanted["scope"].split()) if wanted else ""
                yield _step(document, below, TreatmentKind.REMANDS, remand, (start, end), speaker, scope, mentions)


def _step(
    document: Document,
    below: Ref,
    kind: TreatmentKind,
    match: re.Match[str],
    sentence: tuple[int, int],
    speaker: Speaker,
    scope: str,
    mentions: Mentions,
) -> Treatment:
    counts = speaker in OF_THE_COURT
    return Treatment(
        citing=document.id,
        version=document.version,
        cited=below.id,
        cited_key=below.key,
        cited_name=below.name,
        kind=kind,
        stance=Stance.DOES,
        voice=Voice(speaker.value),
        start=match.start(),
        end=match.end(),
        sentence_start=sentence[0],
        sentence_end=sentence[1],
        scope=scope,
        court=document.court,
        date=document.date,
        depth=depth_of(below, mentions),
        counts=counts,
        why_not="" if counts else f"words of the {speaker.value.replace('_', ' ')}",
    )


def _parties(title: str) -> frozenset[str]:
    name = re.sub(r",\s*\d.*|\s*\(\d{4}\)\s*$", "", title)
    return frozenset(_WORD.findall(name_key(name)))
