"""Reporters of the jurisdiction tables as eyecite extractors, and one name for all spellings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import ClassVar

from eyecite.models import CitationToken, Edition, TokenExtractor
from eyecite.models import Reporter as EyeciteReporter
from eyecite.regexes import PAGE_NUMBER_REGEX, nonalphanum_boundaries_re, short_cite_re
from eyecite.tokenizers import EDITIONS_LOOKUP

from scraper.jurisdictions import Jurisdictions, Reporter

_DASH = "[-‐‑–]"


def extractors(reporters: Iterable[Reporter]) -> list[TokenExtractor]:
    """Return extractors of full and short citations for the reporters that eyecite does not know."""
    made: list[TokenExtractor] = []
    for reporter in reporters:
        if reporter.cite in EDITIONS_LOOKUP:
            continue
        owner = EyeciteReporter(reporter.cite, reporter.name, "neutral" if reporter.neutral else "state", "reporters")
        edition = Edition(owner, reporter.cite, None, None)
        names = tuple(dict.fromkeys((reporter.cite, *reporter.variations)))
        made += _neutral(names, edition) if reporter.neutral else _reported(names, edition)
    return made


def _reported(names: tuple[str, ...], edition: Edition) -> list[TokenExtractor]:
    # The shape that eyecite gives its own reporters, so that the tokenizer finds both in the same way.
    series = "|".join(_relaxed(name) for name in names)
    full = rf"(?P<volume>[1-9]\d*) (?P<reporter>{series}),? (?P<page>{PAGE_NUMBER_REGEX})"
    return [_extractor(full, names, edition), _extractor(short_cite_re(full), names, edition, short=True)]


def _neutral(names: tuple[str, ...], edition: Edition) -> list[TokenExtractor]:
    series = "|".join(_relaxed(name) for name in names)
    pattern = rf"(?P<volume>[12]\d{{3}})(?:{_DASH}| )(?P<reporter>{series})(?:{_DASH}| )(?P<page>\d+)"
    return [_extractor(pattern, names, edition)]


def _extractor(pattern: str, names: tuple[str, ...], edition: Edition, *, short: bool = False) -> TokenExtractor:
    return TokenExtractor(
        nonalphanum_boundaries_re(pattern),
        CitationToken.from_match,
        extra={"exact_editions": [edition], "variation_editions": [], "short": short},
        strings=list(names),
    )


def _relaxed(name: str) -> str:
    """Escape a reporter's name with free white space after dots and between words."""
    return re.sub(r"(?:\\ )+", r"\\s*", re.escape(name).replace(r"\.", r"\.\s*"))


class ReporterNames:
    """The usual abbreviation of each reporter, by any spelling of it."""

    def __init__(self, reporters: Iterable[Reporter]) -> None:
        self.neutral = {reporter.cite for reporter in reporters if reporter.neutral}
        exact: dict[str, set[str]] = defaultdict(set)
        varied: dict[str, set[str]] = defaultdict(set)
        for name, editions in EDITIONS_LOOKUP.items():
            for edition in editions:
                if edition.reporter.source == "reporters":
                    (exact if name == edition.short_name else varied)[_letters(name)].add(edition.short_name)
        for reporter in reporters:
            for name in (reporter.cite, *reporter.variations):
                exact[_letters(name)] = {reporter.cite}
        self._exact, self._varied = exact, varied

    @classmethod
    def of(cls, jurisdictions: Jurisdictions) -> ReporterNames:
        """Return the names for a set of tables, made once for each set."""
        made = cls._made.get(jurisdictions.reporters)
        if made is None:
            made = cls._made[jurisdictions.reporters] = cls(jurisdictions.reporters)
        return made

    _made: ClassVar[dict[tuple[Reporter, ...], ReporterNames]] = {}

    def usual(self, written: str) -> str | None:
        """Return the usual abbreviation of a reporter as written ("US" gives "U.S."), else None."""
        for table in (self._exact, self._varied):
            names = table.get(_letters(written))
            if names:
                return next(iter(names)) if len(names) == 1 else None
        return None


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
