"""Case citations by eyecite: full, short, id. and supra, with pinpoints, names and years."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from eyecite import get_citations
from eyecite.models import (
    CaseCitation,
    CitationBase,
    FullCaseCitation,
    FullCitation,
    FullLawCitation,
    IdCitation,
    ReferenceCitation,
    ShortCaseCitation,
    SupraCitation,
    UnknownCitation,
)

from indexing.citations import court_lookup, name_pins
from indexing.citations.found import Found
from indexing.citations.reporters import ReporterNames, extractors
from indexing.citations.tokenizer import AnchoredTokenizer
from indexing.models import CitationKind
from scraper.jurisdictions import Jurisdictions

_LEADING_SIGNAL = re.compile(
    r"^(?:(?:See|Cf|But|Accord|Compare|Also|And|In|The)\b[.,]?\s*(?:also\s+|e\.\s?g\.,?\s*)?)+(?=[A-Z])"
)


class CaseFinder:
    """eyecite with a quicker tokenizer and court look-up, and the reporters of the jurisdiction tables."""

    def __init__(self, jurisdictions: Jurisdictions) -> None:
        court_lookup.install()
        name_pins.install()
        # eyecite warns of each overlap of two citations that it resolves by itself.
        logging.getLogger("eyecite").setLevel(logging.ERROR)
        self._tokenizer = AnchoredTokenizer(extractors(jurisdictions.reporters))
        self._names = ReporterNames.of(jurisdictions)

    def find(self, text: str) -> list[Found]:
        """Return the citations of a reading text in order; statutes that eyecite knows are among them."""
        if not text.strip() or text == "eyecite":  # eyecite raises on the one and jokes on the other
            return []
        found = [self._read(citation) for citation in get_citations(text, tokenizer=self._tokenizer)]
        return [item for item in found if item is not None]

    def _read(self, citation: CitationBase) -> Found | None:
        if isinstance(citation, FullCaseCitation):
            return self._full(citation)
        if isinstance(citation, ShortCaseCitation):
            return self._short(citation)
        start, end = _span(citation)
        pinpoint = _pinpoint(citation)
        if isinstance(citation, IdCitation):
            return Found(start, end, CitationKind.ID, pinpoint=pinpoint)
        if isinstance(citation, SupraCitation):
            antecedent = (citation.metadata.antecedent_guess or "").strip(" ,.")
            start = citation.full_span()[0] if antecedent else start
            return Found(start, end, CitationKind.SUPRA, pinpoint=pinpoint, antecedent=antecedent)
        if isinstance(citation, ReferenceCitation):
            name = citation.metadata.defendant or citation.metadata.plaintiff or ""
            return Found(start, end, CitationKind.SHORT, pinpoint=pinpoint, antecedent=name)
        if isinstance(citation, FullLawCitation):
            key = _law_key(citation.matched_text())
            kind = CitationKind.REGULATION if "Reg" in key or "C.F.R" in key else CitationKind.STATUTE
            return Found(start, end, kind, key, pinpoint, year=citation.year)
        opaque = isinstance(citation, UnknownCitation | FullCitation)  # a section sign, an article in a journal
        return Found(start, end, CitationKind.FULL, opaque=True) if opaque else None

    def _full(self, citation: FullCaseCitation) -> Found:
        start, end = _span(citation)
        volume, reporter, page = self._numbers(citation)
        name = _case_name(citation.metadata.plaintiff, citation.metadata.defendant)
        return Found(
            start,
            end,
            CitationKind.FULL,
            key=self._key(volume, reporter, page, name),
            pinpoint=_pinpoint(citation),
            case_name=name,
            year=citation.year,
            volume=volume,
            reporter=reporter,
            page=page,
        )

    def _short(self, citation: ShortCaseCitation) -> Found:
        start, end = _span(citation)
        volume, reporter, page = self._numbers(citation)
        antecedent = citation.metadata.antecedent_guess or ""
        return Found(
            start,
            end,
            CitationKind.SHORT,
            pinpoint=_pinpoint(citation) or page,
            volume=volume,
            reporter=reporter,
            page=page,
            antecedent=antecedent.strip(" ,."),
        )

    def _numbers(self, citation: CaseCitation) -> tuple[str, str, str]:
        groups = citation.groups
        names = {edition.short_name for edition in citation.exact_editions or citation.variation_editions}
        guess = citation.edition_guess.short_name if citation.edition_guess else None
        reporter = guess or (names.pop() if len(names) == 1 else " ".join((groups.get("reporter") or "").split()))
        page = groups.get("page") or ""
        if reporter in self._names.neutral:
            page = page.lstrip("0")
        return groups.get("volume") or "", reporter, page

    def _key(self, volume: str, reporter: str, page: str, name: str) -> str:
        if not page:  # "542 U. S. ___": only the name tells which
            return f"{volume} {reporter} ___ ({name})" if name else ""
        return case_key(volume, reporter, page, neutral=reporter in self._names.neutral)


_TYPED = re.compile(
    r"(?P<volume>\d+)\s+(?P<reporter>[^\d\s](?:.*?[^\d\s,])?(?:\s?[234]d|\s?\dth)?),?\s+(?P<page>\d+)"
    r"(?P<rest>.*)",
    re.S,
)
_TYPED_NEUTRAL = re.compile(
    r"(?P<year>[12]\d{3})[\s‐‑–-]+(?P<reporter>[A-Za-z.]+(?:[\s-][A-Za-z.]+)*)[\s‐‑–-]+(?P<number>\d+)"
    r"(?P<rest>.*)",
    re.S,
)
_TYPED_REST = re.compile(r"\s*(?:,?\s*(?:at\s+)?(?P<pinpoint>¶*\s?\d[\d\s,¶n.–-]*?))?\s*(?:\([^()]*\))?\s*\.?", re.S)


def typed_case(citation: str, names: ReporterNames) -> tuple[str, str] | None:
    """Return key and pinpoint of a citation such as "521 us 844, 849" or "2014-FRSC-12", else None."""
    written = citation.strip()
    neutral = _TYPED_NEUTRAL.fullmatch(written)
    if neutral:
        reporter = names.usual(neutral["reporter"])
        rest = _TYPED_REST.fullmatch(neutral["rest"])
        if reporter in names.neutral and reporter and rest:
            number = neutral["number"].lstrip("0")
            return case_key(neutral["year"], reporter, number, neutral=True), rest["pinpoint"] or ""
    reported = _TYPED.fullmatch(written)
    if reported:
        reporter = names.usual(reported["reporter"])
        rest = _TYPED_REST.fullmatch(reported["rest"])
        if reporter and rest:
            return case_key(reported["volume"], reporter, reported["page"]), (rest["pinpoint"] or "").strip()
    return None


def case_key(volume: str, reporter: str, page: str, *, neutral: bool = False) -> str:
    """Return the normalised form of a case citation: "521 U.S. 844", "2014-FRSC-12"."""
    return (
        "-".join((volume, reporter, page)) if neutral else " ".join(part for part in (volume, reporter, page) if part)
    )


_SIGNS = re.compile(r"\s*§+\s*|\s+[Ss]ec(?:tions?|s?\.)\s*")
_DASHES = re.compile(r"[‐-―−]")


def _law_key(matched: str) -> str:
    """Return one key for the ways of writing a state's code: "N. Y. Penal Law §§ 10" is "N.Y. Penal Law § 10"."""
    plain = " ".join(_SIGNS.sub(" § ", _DASHES.sub("-", matched)).split())
    plain = re.sub(r"(?<=\b[A-Z]\.) (?=[A-Z]\.)", "", plain)
    return re.sub(r"\s+Ann\.(?=\s+§)", "", plain)


def _span(citation: CitationBase) -> tuple[int, int]:
    """Return the span without a trailing comma; eyecite may cut a short citation before its page."""
    start, end = citation.span()
    end = max(end, citation.token.end)
    matched = citation.document.plain_text[start:end] if citation.document else ""
    return start, end - (len(matched) - len(matched.rstrip(" ,")))


def _pinpoint(citation: CitationBase) -> str:
    return (citation.metadata.pin_cite or "").removeprefix("at ").strip(" ,")


def _case_name(plaintiff: str | None, defendant: str | None) -> str:
    left, right = _tidy(plaintiff), _tidy(defendant)
    return f"{left} v. {right}" if left and right else left or right


def _tidy(name: str | None) -> str:
    folded = " ".join((name or "").split()).strip(" ,;(")
    return _LEADING_SIGNAL.sub("", folded)


def by_start(found: Iterable[Found]) -> list[Found]:
    """Return citations in order of place, the longer first where two begin together."""
    return sorted(found, key=lambda item: (item.start, -item.end))
