"""How a case ended and how far its opinion is published: read off the page's words, never decided. Pure functions.

A disposition stands in the page's list of facts, in the last line of a syllabus ("... 99 F. 3d 1, reversed and
remanded."), or in the last words of the court's own opinion ("the judgment is affirmed. It is so ordered."). Words of
a dissent, of a footnote or of a quoted court are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from scraper.models import DispositionKind, PublicationStage

_VERBS = {
    "modif": "modified",
    "affirm": "affirmed",
    "revers": "reversed",
    "vacat": "vacated",
    "dismiss": "dismissed",
    "reinstat": "reinstated",
    "remand": "remanded",
}
_DONE = r"(?:affirmed|reversed|vacated|remanded|dismissed|reinstated|modified|set\s+aside)"
_AT_END = re.compile(
    rf"(?<![\w-])(?P<words>(?:certiorari\s+(?:dismissed|denied)[^.]{{0,40}}"
    r"|(?:certified\s+questions?\s+answered|question\s+certified)[^.]{0,60}"
    r"|[^.;]{0,60}(?:exceptions?\s+[^.;]{0,40}(?:overruled|sustained)|decree\s+entered)"
    rf"|{_DONE}(?:,?\s+(?:and\s+)?(?:{_DONE}|in\s+part))*"
    r"(?:\s+with\s+(?:directions|instructions))?))\W*$",
    re.IGNORECASE,
)
# No part of a name is longer than that: so a search is done with a row of capitals in one go.
_JUDGES_AFTER = re.compile(
    r"(?:Reported\s+below\b|[A-Z](?:['’]?[A-Z])?\s?[A-Z]{0,30}(?:[a-z]{1,30}[A-Z]{0,30})?,\s+(?:C\.\s?)?J\.,\s+"
    r"(?:delivered|announced|filed|wrote))"
)
_ORDERED = re.compile(r"\bso\s+ordered\b", re.IGNORECASE)
# A sentence in which the court itself disposes of the case.
_IS_DONE = re.compile(rf"\b(?:is|are|be|stands?)\s+(?:[\w,]+\s+){{0,3}}?(?={_DONE}\b)", re.IGNORECASE)
_WE_DO = re.compile(
    r"\bwe\s+(?:\w+ly\s+|therefore\s+|thus\s+|hereby\s+|also\s+|must\s+|now\s+)*"
    r"(?:grant\s+[^.]{0,120}?(?:,\s+(?:and\s+)?|\s+and\s+))?(?P<verb>affirm|reverse|vacate|remand|dismiss|modify|reinstate)\b",
    re.IGNORECASE,
)
_DECREE = re.compile(
    r"\bdecree\b[^.]{0,120}\b(?:is|are|be)\s+(?:\w+\s+)?(?:entered|approved|adopted)\b|\benter\s+(?:the|a)\s+[^.]{0,40}decree\b"
    r"|\b(?:we\s+)?grant\s+the\s+relief\s+sought\b|\bit\s+is\s+(?:hereby\s+)?(?:adjudged|ordered,\s+adjudged)",
    re.IGNORECASE,
)
_STEM = re.compile(
    r"\b(?P<stem>affirm|revers|vacat|remand|dismiss|reinstat|modif)(?:ed?|ing|s|y|ied|ies|es)?\b"
    r"(?P<part>[^.;,]{0,24}?\bin\s+part\b)?",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"\b(?:had|having|which|who|that|court\s+of\s+appeals|district\s+court|courts?\s+below|circuit|panel)\s+"
    r"(?:\w+ly\s+|therefore\s+)?(?:affirmed|reversed|vacated|remanded|dismissed)\b",
    re.IGNORECASE,
)
# Begins with the stop, so that a search goes from one to the next.
_SENTENCE = re.compile(
    r"\.(?<!\bv\.)(?<!\bNo\.)(?<!\bcl\.)(?<!\b[A-Z]\.)(?<!\bInc\.)(?<!\bCo\.)(?<!\bCorp\.)\s+(?=[A-Z*])"
)
_SHORT_ORDER = 3000  # characters
_AT_THE_END = 3000  # characters in which "so ordered" stands nearly always
_LOOK_BACK = 1500  # characters before "so ordered"

_IMPROVIDENT = re.compile(r"\bdismiss(?:ed)?\b[^.]{0,40}\bimprovidently\s+granted\b", re.IGNORECASE)
_DENIED = re.compile(
    r"(?:(?:petition|motion)s?\s+for\s+(?:an?\s+)?writs?\s+of\s+certiorari(?:\s+[^.]{0,80}?)?\s+(?:is|are)\s+denied"
    r"|\bcertiorari\s+(?:is\s+)?denied|^petitions?\s+(?:for\s+(?:certiorari|review)\s+)?denied)",
    re.IGNORECASE,
)
_STAYED = re.compile(
    r"(?:\b(?:applications?|motions?|requests?)\s+(?:[^.]{0,80}?\s)?(?:for\s+(?:an?\s+)?|to\s+(?:vacate\s+(?:the|a)\s+)?)"
    r"stay\b[^.]{0,160}?\b(?:is|are)\s+(?:granted|denied)|^(?:application\s+for\s+)?stay\s+(?:of\s+[^.;]{0,60}\s)?"
    r"(?:is\s+)?(?:granted|denied|vacated|entered)|\bstay\s+(?:granted|denied|vacated))",
    re.IGNORECASE,
)
_CERTIFIED = re.compile(
    r"\bcertified\s+questions?\b|\bquestions?\s+(?:(?:is|are)\s+)?certified\b|\bwe\s+(?:\w+ly\s+)?certify\s+(?:the\s+)?"
    r"(?:following\s+)?questions?\b",
    re.IGNORECASE,
)
_RECONSIDER = re.compile(
    r"\b(?:further\s+consideration|reconsideration|consider(?:ed)?\s+again)\b[^.]{0,40}\bin\s+(?:the\s+)?light\s+of\b",
    re.IGNORECASE,
)
_MERITS = re.compile(
    r"\b(?:affirmed|reversed|vacated|remanded|reinstated|modified|set\s+aside|decree\s+entered|overruled|sustained"
    r"|relief\s+(?:granted|denied)|judgment\s+(?:for|entered)|writs?\s+(?:of\s+(?!certiorari)[\w\s]{4,30}\s)?"
    r"(?:granted|issued)|enforced|answered|upheld)\b",
    re.IGNORECASE,
)
_DISMISSED = re.compile(r"\bdismiss(?:ed|al)?\b", re.IGNORECASE)

_SUBJECT_TO_REVISION = re.compile(
    r"\bsubject\s+to\s+(?:further\s+|formal\s+)?(?:editing\s+and\s+)?revision\s+before\b|\bslip\s+opinion\b"
    r"|\bsubject\s+to\s+(?:modification|correction)[^.]{0,60}\bpublication\b",
    re.IGNORECASE,
)
_PRELIMINARY = re.compile(r"^\W*preliminary\s+print\b", re.IGNORECASE | re.MULTILINE)
_SAYS = r"(?:this|the)\s+(?:opinion|order|disposition|memorandum|decision|summary\s+order|ruling)\s+(?:\w+\s+){0,3}?"
_UNPUBLISHED = re.compile(
    rf"^\W*(?:notice\W+)?(?:{_SAYS})?(?:not\s+(?:for|to\s+be)\s+(?:official\s+)?publi(?:cation|shed)"
    r"|not\s+(?:(?:a\s+|binding\s+)?precedent|appropriate\s+for\s+publication)|non-?precedential|unpublished)\b",
    re.IGNORECASE | re.MULTILINE,
)
_PUBLISHED = re.compile(
    r"^\W*(?:for\s+publication|published|precedential)(?:\s+opinion)?\W*$", re.IGNORECASE | re.MULTILINE
)
_FRONT = 3000  # characters in which such a notice stands


@dataclass(frozen=True, slots=True)
class Disposition:
    """How a case ended: one of DispositionKind (empty where the words do not tell), and the words."""

    kind: str = ""
    words: str = ""


def read_disposition(words: str) -> Disposition:
    """Return the kind of a disposition that a page states in words, such as "Affirmed in part" or "Stay denied"."""
    words = " ".join(words.split()).strip(" .")
    return Disposition(_kind_of(words), words)


def _kind_of(words: str) -> str:
    if _IMPROVIDENT.search(words):
        return DispositionKind.IMPROVIDENT.value
    if _RECONSIDER.search(words):
        return DispositionKind.RECONSIDER.value
    if _CERTIFIED.search(words):
        return DispositionKind.CERTIFIED.value
    # A stay that is vacated is no judgment that is vacated.
    if _STAYED.search(words) and not re.search(r"\b(?:judgment|decision|affirmed|reversed)\b", words, re.IGNORECASE):
        return DispositionKind.STAY.value
    if _MERITS.search(words):
        return DispositionKind.MERITS.value
    if _DENIED.search(words):
        return DispositionKind.DENIED.value
    return DispositionKind.DISMISSED.value if _DISMISSED.search(words) else ""


def syllabus_disposition(line: str) -> Disposition | None:
    """Return what the last line of a syllabus says, the list of the judges after it left out; None if nothing."""
    line = " ".join(line.split())
    after = _JUDGES_AFTER.search(line)
    match = _AT_END.search((line[: after.start()] if after else line)[-400:])
    if match is None:
        return None
    words = " ".join(match["words"].split()).strip(" ,")
    return Disposition(_kind_of(words), words[:1].upper() + words[1:].lower())


def order_disposition(text: str) -> Disposition | None:
    """Return what a short order says in its first words: certiorari denied, a stay, a writ dismissed; None if not."""
    opening = " ".join(text[: 2 * _SHORT_ORDER].split())
    if len(opening) < _SHORT_ORDER < len(text):
        opening = " ".join(text.split())
    if len(opening) < _SHORT_ORDER and _IMPROVIDENT.search(opening):
        return Disposition(DispositionKind.IMPROVIDENT.value, "Dismissed as improvidently granted")
    first = opening[:800]
    denied = _DENIED.search(first)
    if denied and not _MERITS.search(first):
        return Disposition(DispositionKind.DENIED.value, "Certiorari denied")
    stay = _STAYED.search(first)
    if stay and stay.start() < 200:
        verb = "granted" if stay.group(0).lower().endswith("granted") else "denied"
        return Disposition(DispositionKind.STAY.value, f"Stay {verb}")
    return None


def court_disposition(opinion: str) -> Disposition | None:
    """Return what the court's own opinion (footnotes left out) says at its end; None if nothing tells.

    Only sentences near "so ordered", or at the very end, in which the court itself acts are read.
    """
    ordered = _so_ordered(opinion, max(0, len(opinion) - _AT_THE_END)) or _so_ordered(opinion, 0)
    end = ordered.start() if ordered else len(opinion)
    tail = " ".join(opinion[max(0, end - _LOOK_BACK) : end].split())
    if _RECONSIDER.search(tail[-700:]) and re.search(r"\bvacat", tail[-700:], re.IGNORECASE):
        return Disposition(DispositionKind.RECONSIDER.value, "Vacated and remanded for reconsideration")
    if _IMPROVIDENT.search(tail[-700:]):
        return Disposition(DispositionKind.IMPROVIDENT.value, "Dismissed as improvidently granted")
    sentences = _SENTENCE.split(tail)
    for back in range(1, min(7 if ordered else 2, len(sentences)) + 1):
        sentence = sentences[-back]
        verbs = _acts(sentence)
        if verbs:
            for earlier in reversed(sentences[-back - 2 : -back] if back < len(sentences) else []):
                verbs = [*(verb for verb in _acts(earlier) if verb not in verbs), *verbs]
            words = _listed(verbs)
            return Disposition(_kind_of(words), words)
    if _DECREE.search(tail):
        return Disposition(DispositionKind.MERITS.value, "Decree entered")
    if ordered and _CERTIFIED.search(tail[-400:]):
        return Disposition(DispositionKind.CERTIFIED.value, "Certified question")
    return None


def _so_ordered(opinion: str, least: int) -> re.Match[str] | None:
    """Return the last "so ordered" at or behind a place; only where the second word stands is the first looked for."""
    lower = opinion[least:].lower()
    at = lower.rfind("ordered")
    while at >= 0:
        found = _ORDERED.search(opinion, max(least, least + at - _NEAR), least + at + _NEAR)
        if found:
            return found
        at = lower.rfind("ordered", 0, at)
    return None


_NEAR = 20  # characters


def _acts(sentence: str) -> list[str]:
    """Return what the court does in a sentence, in order: "reversed in part", "remanded"."""
    starts = [match.end() for match in _IS_DONE.finditer(sentence)]
    starts += [match.start("verb") for match in _WE_DO.finditer(sentence)]
    if not starts or _BELOW.search(sentence[min(starts) :]):
        return []
    found: list[str] = []
    for match in _STEM.finditer(sentence, min(starts)):
        verb = _VERBS[match["stem"].lower()] + (" in part" if match["part"] else "")
        if re.match(r"\s+(?:proceedings|instructions)\b", sentence[match.end() :]):
            continue
        found += [verb] if verb not in found else []
    return found


def _listed(verbs: list[str]) -> str:
    """Return verbs as one line in the usual order; a dismissal beside a judgment is the lower court's or to come."""
    kept = [verb for verb in verbs if f"{verb} in part" not in verbs]
    kept = [verb for verb in kept if verb != "dismissed" or len(kept) == 1]
    verbs = sorted(kept, key=lambda verb: list(_VERBS.values()).index(verb.removesuffix(" in part")))
    words = ", ".join(verbs[:-1]) + (", and " if len(verbs) > 2 else " and " if len(verbs) == 2 else "") + verbs[-1]
    return words[:1].upper() + words[1:]


# ---- publication


def publication(stated: str, front: str) -> tuple[str, str]:
    """Return whether an opinion is published and its stage, each empty where neither facts nor notice say so.

    `stated` is what the page's list of facts says; `front` is the text before and at the opinion's beginning.
    """
    front = front[:_FRONT]
    said = " ".join(stated.lower().split())
    lower = front.lower()
    stage = _stage(said, front, lower)
    if said in ("precedential", "published", "for publication"):
        return "published", stage
    if said and _UNPUBLISHED.search(said):
        return "unpublished", stage
    if said:
        return said, stage
    if "publi" not in lower and "preceden" not in lower:
        return "", stage
    if _UNPUBLISHED.search(front):
        return "unpublished", stage
    return ("published" if _PUBLISHED.search(front) else ""), stage


def _stage(said: str, front: str, lower: str) -> str:
    if "slip" in said:
        return PublicationStage.SLIP.value
    if "preliminary" in said:
        return PublicationStage.PRELIMINARY.value
    if "bound" in said:
        return PublicationStage.BOUND.value
    if "preliminary" in lower and _PRELIMINARY.search(front):
        return PublicationStage.PRELIMINARY.value
    likely = "slip" in lower or ("subject" in lower and ("revision" in lower or "publication" in lower))
    return PublicationStage.SLIP.value if likely and _SUBJECT_TO_REVISION.search(front) else ""
