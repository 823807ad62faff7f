"""From citations to the documents they name: unique or not at all, never guessed.

What a citation's own text settles (which authority "Id." repeats) is settled when it is found; here its key
is looked up among the documents held, together with its parallel citations, aliases of renumbered sections
and range sections.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from indexing.citations.history import events, former_numbers
from indexing.citations.in_force import Changes, changes_of, since
from indexing.citations.keys import citation_key, fold_key, name_key, name_rows
from indexing.citations.statutes import THROUGH, StatuteFinder, code_key
from indexing.models import Citation, CitationKind
from scraper.errors import CitationError
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind

__all__ = ["Resolver", "ResolverTables", "citation_key", "learned_parallels", "tables_of", "with_parallels"]

MOST_IN_RANGE = 100  # sections that the word between the ends of a range may stand for
_NO_PAGE = re.compile(r"(?P<series>\d+ .+) ___ \(.*\)\Z")
_REPORTED = re.compile(r"(?P<series>\d+ .+) \d+\Z")
_LAST_NUMBER = re.compile(r"(?P<code>.*?) ?(?P<number>\d[\w.-]*)\Z")

SectionNumber = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class ResolverTables:
    """What the documents held are known by; keys are folded (`fold_key`, `name_key`)."""

    keys: Mapping[str, tuple[str, ...]]  # citations, parallel citations and aliases -> document ids
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # parties of a case -> document ids
    years: Mapping[str, int] = field(default_factory=dict)  # year of decision, by document id
    ranges: tuple[tuple[str, str, str], ...] = ()  # first key, last key and id of a document that spans sections
    moved: Mapping[str, str] = field(default_factory=dict)  # folded key -> the one that an editor gave it since
    # Number that a section bore once -> (document id, first day, day from which it had another).
    former: Mapping[str, tuple[tuple[str, dt.date, dt.date], ...]] = field(default_factory=dict)
    changes: Mapping[str, Changes] = field(default_factory=dict)  # of sections, by document id
    decided: Mapping[str, dt.date] = field(default_factory=dict)  # of cases, by document id


class Resolver:
    """Looks citations up in tables; it holds no text and is safe to share between threads."""

    def __init__(self, tables: ResolverTables) -> None:
        self._tables = tables
        self._keys = {**{new: tables.keys[old] for old, new in tables.moved.items() if old in tables.keys},
                      **{old: tables.keys[new] for old, new in tables.moved.items() if new in tables.keys},
                      **tables.keys}  # fmt: skip
        self._years = tables.years
        self._names = tables.names
        self._names_of: dict[str, set[str]] = defaultdict(set)
        for name, ids in tables.names.items():
            for document_id in ids:
                self._names_of[document_id].add(name)
        self._ranges: dict[str, list[tuple[SectionNumber, SectionNumber, str]]] = defaultdict(list)
        for first, last, document_id in tables.ranges:
            code, number = _section(first)
            self._ranges[code].append((number, _section(last)[1], document_id))
        self._sections: dict[str, list[tuple[SectionNumber, str]]] = defaultdict(list)
        for key in tables.keys:
            code, number = _section(key)
            if number:
                self._sections[code].append((number, key))
        for sections in self._sections.values():
            sections.sort()
        self._series = _by_series(tables.keys)

    @classmethod
    def from_documents(
        cls, documents: Iterable[Document], jurisdictions: Jurisdictions, older: Iterable[Document] = ()
    ) -> Resolver:
        """Return a resolver over documents; of their texts only source credits are read.

        `older` are earlier versions of the same documents: one of them may have been in force at a decision.
        """
        return cls(tables_of(documents, jurisdictions, older))

    def look_up(self, key: str, case_name: str = "", year: int | None = None) -> tuple[str, ...]:
        """Return the ids of the documents that a key may name, () where none is held.

        Where several are printed on the page that is cited, the parties cited choose, if they fit one alone.
        """
        ids = self._keys.get(fold_key(key), ())
        if not ids:
            return self._in_range(key) or self._without_page(key, case_name, year)
        if len(ids) > 1 and case_name:
            wanted = name_key(case_name)
            fitting = tuple(one for one in ids if any(_same_parties(wanted, name) for name in self._names_of[one]))
            return fitting if len(fitting) == 1 else ids
        return ids

    def resolve(self, citations: Sequence[Citation]) -> list[Citation]:
        """Return the citations with `to` where exactly one document is named, else `candidates`.

        Parallel citations (of one `group`) that name one document between them all name it. The word inside a
        range becomes one citation, at the same place, for each section held between its ends.
        """
        resolved: list[Citation] = []
        for _, members in groupby(citations, key=lambda one: (one.document_id, one.version, one.group)):
            group = [self._candidates(one) for one in members]
            certain = {one.to for one in group if one.to}
            if len(certain) == 1 and len(group) > 1:
                agreed = certain.pop()
                group = [replace(one, to=agreed, candidates=()) if _agrees(one, agreed) else one for one in group]
            resolved += [one for one in group if THROUGH not in one.key]
            resolved += [inside for one in group if THROUGH in one.key for inside in self._inside(one)]
        return [self._dated(one) for one in resolved]

    def _dated(self, citation: Citation) -> Citation:
        """Name the version in force at the decision that cites a section, and the first change since."""
        day = self._tables.decided.get(citation.document_id)
        version, changed = since(self._tables.changes, citation.to, day)
        return replace(citation, in_force=version, amended_since=changed) if version or changed else citation

    def _candidates(self, citation: Citation) -> Citation:
        if not citation.key or THROUGH in citation.key:
            return citation
        ids = self.look_up(citation.key, citation.case_name, citation.year)
        former = self._formerly(citation)
        if former:  # unless another section had the number already
            ids = former + tuple(one for one in ids if one not in former and self._existed(one, citation))
        if len(ids) == 1:
            return replace(citation, to=ids[0], candidates=())
        return replace(citation, to=None, candidates=ids)

    def _formerly(self, citation: Citation) -> tuple[str, ...]:
        """Return the sections that bore a number on the day of the decision that cites it, and bear another now."""
        day = self._tables.decided.get(citation.document_id)
        former = self._tables.former.get(fold_key(citation.key), ()) if day else ()
        return tuple(sorted({one for one, first, until in former if day and first <= day < until}))

    def _existed(self, document_id: str, citation: Citation) -> bool:
        changes, day = self._tables.changes.get(document_id), self._tables.decided.get(citation.document_id)
        return changes is None or day is None or changes.days[0] <= day

    def _in_range(self, key: str) -> tuple[str, ...]:
        code, number = _section(key)
        found = {one for first, last, one in self._ranges.get(code, ()) if number and first <= number <= last}
        return tuple(sorted(found))

    def _inside(self, citation: Citation) -> list[Citation]:
        first, _, last = citation.key.partition(THROUGH)
        (code, low), (_, high) = _section(first), _section(last)
        held = [key for number, key in self._sections.get(code, ()) if low < number < high]
        held = [key for key in held if len(self._keys[key]) == 1]
        if len(held) > MOST_IN_RANGE:
            return []
        # One place, but as many authorities: groups that no other citation has, since a group is of one authority.
        printed = first[: first.rindex(" ") + 1]
        return [
            replace(
                citation,
                key=printed + key.rpartition(" ")[2],
                to=self._keys[key][0],
                group=-(citation.start * 2 * MOST_IN_RANGE + place + 2),
            )
            for place, key in enumerate(held)
        ]

    def _without_page(self, key: str, case_name: str, year: int | None) -> tuple[str, ...]:
        """Return the one case of that volume, name and year, cited before it had a page."""
        series = _NO_PAGE.match(key)
        if not series or not case_name or year is None:
            return ()
        named = self._names.get(name_key(case_name), ())
        fitting = [one for one in named if self._years.get(one) == year and self._may_stand_in(one, series["series"])]
        return tuple(fitting) if len(fitting) == 1 else ()

    def _may_stand_in(self, document_id: str, series: str) -> bool:
        printed = self._series.get(document_id)
        return printed is None or fold_key(series) in printed


def tables_of(
    documents: Iterable[Document], jurisdictions: Jurisdictions, older: Iterable[Document] = ()
) -> ResolverTables:
    """Return the tables of a resolver for these documents; `older` are earlier versions of them.

    An older number leads to the section that has its text now only while no document bears that number itself.
    """
    keys: dict[str, dict[str, None]] = defaultdict(dict)
    names: dict[str, dict[str, None]] = defaultdict(dict)
    aliases: dict[str, dict[str, None]] = defaultdict(dict)
    years: dict[str, int] = {}
    ranges: list[tuple[str, str, str]] = []
    former: dict[str, list[tuple[str, dt.date, dt.date]]] = defaultdict(list)
    decided: dict[str, dt.date] = {}
    statutes = StatuteFinder(jurisdictions)
    documents = list(documents)
    for document in documents:
        if document.kind is DocumentKind.CASE and document.date:
            decided[document.id] = document.date
        for key, begun, until in _former_keys(document, jurisdictions):
            former[key].append((document.id, begun, until))
        for key, kind in name_rows(document, jurisdictions):
            table = {"name": names, "alias": aliases}.get(kind, keys)
            if kind != "docket":
                table[key][document.id] = None
        if document.date:
            years[document.id] = document.date.year
        for citation in (document.citation, *document.aliases):
            for found in statutes.find(citation, document.id):
                if THROUGH in found.key:
                    first, _, last = found.key.partition(THROUGH)
                    ranges.append((first, last, document.id))
    keys.update((key, ids) for key, ids in aliases.items() if key not in keys)
    return ResolverTables(
        keys={key: tuple(sorted(ids)) for key, ids in keys.items()},
        names={key: tuple(sorted(ids)) for key, ids in names.items()},
        years=years,
        ranges=tuple(ranges),
        moved={fold_key(old): fold_key(new) for code in jurisdictions.codes for old, new in code.moved.items()},
        former={key: tuple(rows) for key, rows in former.items()},
        changes=changes_of([*older, *documents]),
        decided=decided,
    )


def _former_keys(document: Document, jurisdictions: Jurisdictions) -> list[tuple[str, dt.date, dt.date]]:
    """Return the folded keys of the numbers that a section had, each with the days from which and until which."""
    own = jurisdictions.code_of_id(document.id)
    found = events(document) if own else []
    if not own or not found:
        return []
    code, groups = own
    keys = []
    for number, until in former_numbers(found):
        try:
            key = fold_key(code_key(code, {**groups, code.list_field: number}))
        except CitationError:
            continue
        keys.append((key, found[0].latest, until))
    return keys


def learned_parallels(citations: Iterable[Citation]) -> dict[str, str]:
    """Return folded keys that are printed as parallel to a resolved one, and always to the same document.

    Where a text gives "530 U.S. 466, 120 S. Ct. 2348" another may give the second alone.
    """
    seen: dict[str, set[str]] = defaultdict(set)
    for _, members in groupby(citations, key=lambda one: (one.document_id, one.version, one.group)):
        group = [one for one in members if one.kind is CitationKind.FULL and one.to]
        if len({one.key for one in group}) > 1:
            for one in group:
                seen[fold_key(one.key)].add(one.to or "")
    return {key: next(iter(ids)) for key, ids in sorted(seen.items()) if len(ids) == 1}


def with_parallels(tables: ResolverTables, learned: Mapping[str, str]) -> ResolverTables:
    """Return the tables with learned keys added; a key that is held already stays as it is."""
    added = {key: (document_id,) for key, document_id in learned.items() if key not in tables.keys}
    return replace(tables, keys={**tables.keys, **added})


def _agrees(citation: Citation, document_id: str) -> bool:
    return citation.to == document_id or (
        citation.to is None and (not citation.candidates or document_id in citation.candidates)
    )


def _same_parties(wanted: str, held: str) -> bool:
    """Tell whether two folded names are of the same parties, one of them perhaps shortened."""
    left, right = wanted.split(" v "), held.split(" v ")
    return len(left) == len(right) and all(
        set(one.split()) <= set(other.split()) or set(other.split()) <= set(one.split())
        for one, other in zip(left, right, strict=True)
    )


def _section(key: str) -> tuple[str, SectionNumber]:
    """Split a folded or printed key into what stands before its last number, and that number, orderable."""
    found = _LAST_NUMBER.match(fold_key(key))
    if not found:
        return "", ()
    parts = re.findall(r"\d+|[a-z]+", found["number"])
    return found["code"], tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)


def _by_series(keys: Mapping[str, tuple[str, ...]]) -> dict[str, set[str]]:
    series: dict[str, set[str]] = defaultdict(set)
    for key, ids in keys.items():
        reported = _REPORTED.match(key)
        if reported:
            for document_id in ids:
                series[document_id].add(reported["series"])
    return series
