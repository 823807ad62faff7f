"""One normalised key for each way a citation, a name or a docket number may be typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexing.citations.acts import ActFinder
from indexing.citations.cases import typed_case
from indexing.citations.reporters import ReporterNames
from indexing.citations.statutes import code_key
from indexing.models import CitationKind
from scraper.errors import CitationError
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind

_PINPOINT = re.compile(r"(?P<number>.*?[\w.])(?P<pinpoint>(?:\s?\([0-9A-Za-z]{1,5}\))+)\s*(?:et\s+seq\.?)?", re.S)
_DASH = re.compile(r"[‐-―−]")
_NO_MEANING = re.compile(r"[§,]|\.(?!\d)|(?<!\d)\.")  # the dot of "22-404.01" has one
_NAMED = re.compile(
    r"(?P<name>(?:.{1,200}?\sv(?:s\.|\.)?\s|(?:In\s+re|Ex\s+parte|Matter\s+of)\s).{1,200}?),?\s+(?P<citation>\d+[\s-].*)",
    re.I,
)
_VERSUS = re.compile(r"\s+(?:v|vs)\.?\s+", re.I)
_TAIL = re.compile(r",.*|\s+et\s+(?:al|ux|vir)\b.*|\s*\([^)]*\)", re.I | re.S)
_LEAD = re.compile(r"^(?:in\s+re|ex\s+parte|(?:in\s+the\s+)?matter\s+of|the|estate\s+of)\s+", re.I)
_WORD = re.compile(r"[^\W_]+")
_ABBREVIATIONS = {
    "assn": "association", "assoc": "association", "bd": "board", "bros": "brothers", "co": "company",
    "comm": "commission", "commn": "commission", "commr": "commissioner", "corp": "corporation",
    "cty": "county", "dept": "department", "dist": "district", "ed": "education", "govt": "government",
    "inc": "incorporated", "ins": "insurance", "intl": "international", "ltd": "limited",
    "mfg": "manufacturing", "natl": "national", "no": "number", "r": "railroad", "ry": "railway",
    "sch": "school", "st": "state", "univ": "university", "us": "united states",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TypedCitation:
    """A citation that someone typed: its key, the subdivision or page it points at, its kind and the name before it."""

    key: str
    pinpoint: str
    kind: CitationKind
    case_name: str = ""


def citation_key(text: str, jurisdictions: Jurisdictions) -> TypedCitation | None:
    """Return what a text names that is written whole as one citation, None where it is no citation.

    Read are "521 us 844, 849", "Reno v. ACLU, 521 U.S. 844 (1997)", "2014-FRSC-12", "28 USC 1331(a)", "section 10(b) of
    the Securities Exchange Act".
    """
    written = " ".join(text.split())
    split = _PINPOINT.fullmatch(written)
    for number, pinpoint in ((written, ""), (split["number"], split["pinpoint"]) if split else ("", "")):
        matched = jurisdictions.match_code(number) if number else None
        if matched:
            code, groups = matched
            try:
                return TypedCitation(code_key(code, groups), pinpoint.replace(" ", ""), _kind(code.kind))
            except CitationError:
                return None
    names = ReporterNames.of(jurisdictions)
    named = _NAMED.fullmatch(written)
    for name, citation in (("", written), (named["name"], named["citation"]) if named else ("", "")):
        typed = typed_case(citation, names)
        if typed:
            return TypedCitation(typed[0], typed[1], CitationKind.FULL, name)
    return _typed_act(written, jurisdictions)


_act_finders: dict[int, tuple[Jurisdictions, ActFinder]] = {}  # by identity: a set of tables has no hash


def _typed_act(written: str, jurisdictions: Jurisdictions) -> TypedCitation | None:
    """Return the section of an act that a text names, where it names nothing else."""
    if "Act" not in written or ("§" not in written and "ection" not in written):
        return None
    if id(jurisdictions) not in _act_finders:
        _act_finders.clear()
        _act_finders[id(jurisdictions)] = jurisdictions, ActFinder(jurisdictions)
    found = _act_finders[id(jurisdictions)][1].find(written)
    if len(found) != 1 or (found[0].start, found[0].end) != (0, len(written)) or found[0].mention:
        return None
    return TypedCitation(found[0].key, found[0].pinpoint, found[0].kind)


def _kind(kind: DocumentKind) -> CitationKind:
    return CitationKind(kind.value) if kind is not DocumentKind.OTHER else CitationKind.STATUTE


def fold_key(key: str) -> str:
    """Return a key for look-up: case, dots, section signs, kinds of dash and runs of spaces folded."""
    plain = _DASH.sub("-", key)
    return " ".join(_NO_MEANING.sub("", plain).split()).casefold()


def name_key(title: str) -> str:
    """Return the parties of a case for look-up: "RENO, ATTORNEY GENERAL v. ACLU ET AL." gives "reno v aclu".

    Descriptions, "et al." and "in re" are dropped, common abbreviations written out.
    """
    sides = (_party(side) for side in _VERSUS.split(title.strip()))
    return " v ".join(side for side in sides if side)


def _party(name: str) -> str:
    short = _LEAD.sub("", _TAIL.sub("", name.strip()).strip()) or name
    words = _WORD.findall(re.sub(r"(?<=\w)[.'’](?=\w|\s|$)", "", short).casefold())
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)


def name_rows(document: Document, jurisdictions: Jurisdictions) -> list[tuple[str, str]]:
    """Return the folded keys under which a document is found, each with its kind, in a fixed order.

    Kinds: citation, parallel, alias, name (cases only), docket.
    """
    rows: list[tuple[str, str]] = []
    cited = ((document.citation, "citation"), *((one, "parallel") for one in document.parallel_citations))
    for citation, kind in (*cited, *((one, "alias") for one in document.aliases)):
        if citation:
            typed = citation_key(citation, jurisdictions)
            rows.append((fold_key(typed.key if typed else citation), kind))
    if document.kind is DocumentKind.CASE:
        rows.append((name_key(document.title), "name"))
        rows.append((fold_key(document.docket), "docket"))
    else:
        own = _own_key(document, jurisdictions)
        if own:
            rows.append((fold_key(own), "citation"))
    return list(dict.fromkeys(row for row in rows if row[0]))


def _own_key(document: Document, jurisdictions: Jurisdictions) -> str | None:
    """Return the key that a section's id gives, where its printed citation is in no known form."""
    matched = jurisdictions.code_of_id(document.id)
    if not matched:
        return None
    code, groups = matched
    try:
        return code_key(code, groups)
    except CitationError:
        return None
