"""A pasted text held against the texts of a generation: its citations, the names before them, its quotations.

    text -> citations found -> looked up -> names compared -> quotations compared -> flags

What is not held here is said to be not held, never to be invented: no collection holds everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache

from reporters_db import JOURNALS

from app.checking.models import (
    MOST_CHARACTERS,
    MOST_CITATIONS,
    Checked,
    CheckedCitation,
    CheckedDocument,
    CheckedQuotation,
    CheckStatus,
    Flag,
)
from app.checking.names import is_name_of
from app.checking.quotations import Quotation, SourceText, best_of, is_capital_alone, lean_on, quotations
from app.retrieval.corpus import Corpus
from indexing.citations.find import CitationFinder
from indexing.citations.keys import name_key
from indexing.citations.resolve import Resolver, ResolverTables
from indexing.citations.statutes import THROUGH
from indexing.models import Citation, CitationKind
from scraper.errors import QueryError
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind, SpanKind

_STRAY = re.compile(
    r"(?<![\w.$#])\d{1,4}\s+(?P<reporter>[A-Z][A-Za-z]{0,9}\.(?:\s?(?:[A-Z][A-Za-z]{0,9}\.|\d[a-z]{1,2}\.?)){0,4})\s+\d{1,5}\b"
)
_NO_NUMBER = re.compile(r"(?<!§)§{1,2}(?![\s§]*(?:[\d(*\[_]|[A-Za-z]{1,3}[.\d-]|[IVXLC]+\b))")
_MONTH = re.compile(r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.\Z")
_JOURNAL = re.compile(r"\bL\.\s?(?:Rev|J|Q)\b")
_SERIES = (  # treaties, statutes at large and the like
    "Stat.", "Cong. Rec.", "Fed. Reg.", "U.S.T.", "T.I.A.S.", "U.N.T.S.", "L.N.T.S.", "I.C.J.", "I.L.M.",
    "Op. Att'y Gen.", "Op. O.L.C.", "Dec. Comp. Gen.", "I. & N. Dec.", "C.B.", "I.R.B.",
)  # fmt: skip
_SUBDIVISION = re.compile(r"(?:\([0-9A-Za-z]{1,5}\))+")
_SAYS_WHO = re.compile(r"dissent|concurr|plurality|syllabus|headnote|\bJJ?\.|Justice\b|opinion of", re.I)
_FLAG_OF_STATUS = {"repealed": "repealed", "expired": "repealed", "withdrawn": "repealed"}
Undone = Callable[[str], str]


class Checker:
    """Checks texts against one corpus; made once a generation, safe to share between threads.

    `undone` tells of a document id in what words a later authority overrules it or strikes it down, "" where none does;
    `undone_unheld` tells the same of the key of a citation that is not held.
    """

    def __init__(
        self, corpus: Corpus, jurisdictions: Jurisdictions, undone: Undone, undone_unheld: Undone = lambda _key: ""
    ) -> None:
        self._corpus = corpus
        self._undone = undone
        self._undone_unheld = undone_unheld
        self._finder = CitationFinder(jurisdictions)
        tables = _tables(corpus, self._finder)
        self._resolver = Resolver(tables)
        self._by_name = tables.names
        self._source = lru_cache(maxsize=64)(self._read)

    def check(self, text: str) -> Checked:
        """Return what is found; raise QueryError for a text of more than 64,000 characters.

        Citations beyond the first 250 get the status 429 and are not looked up.
        """
        if len(text) > MOST_CHARACTERS:
            raise QueryError(
                f"The text has {len(text):,} characters; at most {MOST_CHARACTERS:,} are checked at once. Send it in "
                "parts."
            )
        found = self._resolver.resolve(self._finder.find(text, "", ""))
        told = [one for one in _one_a_place(found) if _is_told(one)]
        found = list(_with_own_years(text, told))
        strays = list(_strays(text, found))
        quoted = quotations(text)
        by_row: dict[int, list[tuple[Quotation, bool]]] = {}
        loose: list[Quotation] = []
        for one, support in zip(
            quoted, lean_on(text, quoted, [(c.start, c.end, c.case_name) for c in found]), strict=True
        ):
            if support is None:
                loose.append(one)
            else:
                by_row.setdefault(_first_of_group(found, support.row), []).append((one, support.certain))
        checked: list[CheckedCitation] = []
        for row, citation in enumerate(found):
            if row >= MOST_CITATIONS:
                checked.append(_over_limit(citation))
                continue
            compared, unsure = self._compared(citation, by_row.get(row, ()))
            loose += unsure
            checked.append(self._citation(citation, compared, text))
        unchecked = tuple(_unchecked(one) for one in sorted(loose, key=lambda one: one.start))
        ordered = sorted([*checked, *strays], key=lambda one: one.start)
        return Checked(tuple(ordered), unchecked, len(text), self._corpus.generation.id)

    # ---- quotations -------------------------------------------------------------------------------------

    def _compared(
        self, citation: Citation, quoted: Sequence[tuple[Quotation, bool]]
    ) -> tuple[tuple[CheckedQuotation, ...], list[Quotation]]:
        """Return the quotations that lean on a citation, compared, and those that may lean on something else."""
        ids = (citation.to,) if citation.to else citation.candidates
        compared: list[CheckedQuotation] = []
        unsure: list[Quotation] = []
        for quotation, certain in quoted:
            best = best_of([_unchecked(quotation), *(self._source(one).compare(quotation) for one in ids)])
            if best.verdict == "not_found" and not certain:
                unsure.append(quotation)
            else:
                compared.append(best)
        return tuple(compared), unsure

    # ---- one citation -----------------------------------------------------------------------------------

    def _citation(self, one: Citation, compared: tuple[CheckedQuotation, ...], text: str) -> CheckedCitation:
        ids = (one.to,) if one.to else one.candidates
        plain = CheckedCitation(
            one.raw, one.start, one.end, one.kind, one.key, CheckStatus.NOT_HELD, (), (), one.pinpoint, one.case_name,
            compared,
        )  # fmt: skip
        if not one.key:
            message = (
                "Nothing can be looked up under this: the authority it repeats, or its page or number, is missing."
            )
            return replace(plain, status=CheckStatus.MALFORMED, message=message)
        if not ids:
            message = "Not held here. It may exist: look it up elsewhere before you rely on it." + self._elsewhere(one)
            told = self._undone_unheld(one.key)
            if told:
                return replace(plain, flags=("not_held", "overruled"), message=f"{message} {told}")
            return replace(plain, flags=("not_held",), message=message)
        documents = [self._source(document_id).document for document_id in ids]
        status = CheckStatus.FOUND if len(ids) == 1 else CheckStatus.SEVERAL
        remarks = [*self._remarks(one, documents, compared), *self._places(one, documents, compared, text)]
        flags: tuple[Flag, ...] = tuple(dict.fromkeys(flag for flag, _ in remarks if flag is not None))
        if status is CheckStatus.SEVERAL:
            remarks.insert(
                0, (None, f"{len(ids)} documents bear this citation; the name before it does not choose one.")
            )
        return replace(
            plain, status=status, flags=flags, documents=tuple(map(_named, documents)),
            message=" ".join(words for _, words in remarks),
        )  # fmt: skip

    def _remarks(
        self, one: Citation, documents: Sequence[Document], compared: Sequence[CheckedQuotation]
    ) -> Iterator[tuple[Flag | None, str]]:
        """Yield what a reader must know, each with the flag that it raises, if it raises one."""
        first = documents[0]
        named = one.kind is CitationKind.FULL and one.case_name and first.kind is DocumentKind.CASE
        if named and not any(is_name_of(one.case_name, document) for document in documents):
            yield "wrong_name", f"{one.key} is {first.title}, not {one.case_name}."
        if len(documents) == 1:
            status = first.status.value
            if status in _FLAG_OF_STATUS and first.kind is not DocumentKind.CASE:
                yield "repealed", f"{first.citation or first.title} is {status}."
            words = self._undone(first.id)
            if words:
                yield "overruled", words
            yield from _particulars(one, first)
        capitals = sum(is_capital_alone(quote) for quote in compared)
        wrong = sum(quote.verdict in ("altered", "not_found") for quote in compared) - capitals
        if capitals:
            yield None, "The case of a quotation's first letter is changed without brackets."
        if wrong:
            yield "misquoted", f"{wrong} of {len(compared)} quotations here are not its words."

    def _places(
        self, one: Citation, documents: Sequence[Document], compared: Sequence[CheckedQuotation], text: str
    ) -> Iterator[tuple[None, str]]:
        """Yield who speaks where words of an opinion are not its court's and nothing near them says so; for a section,
        that the words stand in another subdivision than the one cited."""
        asked = _SUBDIVISION.match(one.pinpoint)
        for quoted in compared if len(documents) == 1 else ():
            if quoted.verdict not in ("verbatim", "marked"):
                continue
            source, words = self._source(documents[0].id), text[quoted.start : quoted.end]
            if documents[0].kind is DocumentKind.CASE:
                about = text[max(0, min(quoted.start, one.start) - 160) : max(quoted.end, one.end) + 120]
                speaker = source.speaker_of(quoted, words)
                if speaker and not _SAYS_WHO.search(about.replace(words, " ")):
                    yield None, f"Words quoted here are of the {speaker}, not of the court."
            elif asked:
                place = source.subdivision_of(quoted, words, asked.group())
                if place:
                    yield None, f"Words quoted here stand in {place}, not in {asked.group()}."

    def _elsewhere(self, one: Citation) -> str:
        """Return where a case of this name is held, if exactly one is, "" otherwise."""
        ids = self._by_name.get(name_key(one.case_name), ()) if " v. " in one.case_name else ()
        if len(ids) != 1 or one.kind is not CitationKind.FULL:
            return ""
        entry = self._corpus.catalogue.entry(ids[0])
        year = f" ({entry.year})" if entry.year else ""
        return f" A case of this name is held: {entry.citation or entry.title}{year}."

    def _read(self, document_id: str) -> SourceText:
        entry = self._corpus.catalogue.entry(document_id)
        document = self._corpus.catalogue.version(document_id, entry.version).document
        return SourceText(document.with_id(document_id))


def _first_of_group(found: Sequence[Citation], row: int) -> int:
    """Return the first of the parallel citations in one place: a quotation leans on the authority."""
    while row and found[row - 1].group == found[row].group:
        row -= 1
    return row


def _unchecked(quotation: Quotation) -> CheckedQuotation:
    return CheckedQuotation(quotation.start, quotation.end, "unchecked")


def _named(document: Document) -> CheckedDocument:
    return CheckedDocument(document.id, document.version, document.title, document.citation, document.status.value)


# ---- what is looked at


def _tables(corpus: Corpus, finder: CitationFinder) -> ResolverTables:
    """Return the tables of a resolver from the catalogue, so that no text is read."""
    keys: dict[str, list[str]] = {}
    for kind in ("citation", "parallel"):
        for key, document_id in corpus.catalogue.all_names(kind):
            keys.setdefault(key, []).append(document_id)
    for key, document_id in corpus.catalogue.all_names("alias"):
        keys.setdefault(key, []).append(document_id)
    names: dict[str, list[str]] = {}
    for name, document_id in corpus.catalogue.all_names("name"):
        names.setdefault(name, []).append(document_id)
    ranges = []
    for entry in corpus.entries:
        if entry.kind != DocumentKind.CASE.value:
            for found in finder.statutes.find(entry.citation, entry.id):
                if THROUGH in found.key:
                    first, _, last = found.key.partition(THROUGH)
                    ranges.append((first, last, entry.id))
    return ResolverTables(
        {key: tuple(sorted(set(ids))) for key, ids in keys.items()},
        {name: tuple(sorted(set(ids))) for name, ids in names.items()},
        {entry.id: entry.year for entry in corpus.entries if entry.year},
        tuple(ranges),
    )


def _one_a_place(found: Sequence[Citation]) -> list[Citation]:
    """Keep one citation a place: the word inside a range stands for many."""
    return list({(one.start, one.end): one for one in found}.values())


def _with_own_years(text: str, found: Sequence[Citation]) -> Iterator[Citation]:
    """Take a year from a citation that has it only from the parenthesis of the next authority."""
    for row, one in enumerate(found):
        behind = (later.start for later in found[row + 1 :] if later.group != one.group and later.start >= one.end)
        stretch = text[one.start : next(behind, len(text))]
        yield one if one.year is None or str(one.year) in stretch else replace(one, year=None)


def _is_told(one: Citation) -> bool:
    """Tell whether a citation names an authority; a bare "Id." behind nothing does not, "524 U.S., at 126" does."""
    return bool(one.key) or one.kind is CitationKind.FULL or (one.kind is CitationKind.SHORT and one.raw[:1].isdigit())


def _strays(text: str, found: Sequence[Citation]) -> Iterator[CheckedCitation]:
    """Yield what is written like a citation but is none that any table knows."""
    taken = [(one.start, one.end) for one in found]
    for pattern, message in (
        (_STRAY, "No reporter of this name is known. It may be misspelt."),
        (_NO_NUMBER, "The number of the section is missing."),
    ):
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < last and first < end for first, last in taken):
                continue
            if pattern is _STRAY and (_MONTH.search(match["reporter"]) or _letters(match["reporter"]) in _journals()):
                continue
            yield CheckedCitation(match.group(), start, end, None, "", CheckStatus.MALFORMED, message=message)


def _is_no_reporter(name: str) -> bool:
    """Tell whether what stands between two numbers is a month, a journal, or a series that holds no authority."""
    if _MONTH.search(name) or _JOURNAL.search(name):
        return True
    return _letters(name) in _journals() or _letters(name).startswith(tuple(map(_letters, _SERIES)))


@cache
def _journals() -> frozenset[str]:
    """Return the journals, which are cited as reporters are."""
    journals = {_letters(name) for entries in JOURNALS.values() for entry in entries for name in entry["variations"]}
    return frozenset(journals | {_letters(name) for name in JOURNALS})


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.casefold())


def _particulars(one: Citation, document: Document) -> Iterator[tuple[None, str]]:
    """Yield what the citation says otherwise than the document: its year, a subdivision that is not there."""
    decided = document.date.year if document.date else None
    if one.kind is CitationKind.FULL and one.year and decided and one.year != decided:
        yield None, f"It was decided in {decided}, not {one.year}."
    anchors = {span.label for span in document.spans_of(SpanKind.SUBSECTION)}
    asked = _SUBDIVISION.match(one.pinpoint)
    if anchors and asked and document.kind is not DocumentKind.CASE and not _has(anchors, asked.group()):
        yield None, f"It has no subdivision {asked.group()} in the version held."


def _has(anchors: set[str], asked: str) -> bool:
    return any(anchor == asked or anchor.startswith(asked) for anchor in anchors)


def _over_limit(one: Citation) -> CheckedCitation:
    message = f"Not looked up: a check looks at {MOST_CITATIONS} citations at most. Send the text in parts."
    return CheckedCitation(
        one.raw, one.start, one.end, one.kind, one.key, CheckStatus.OVER_LIMIT, pinpoint=one.pinpoint,
        case_name=one.case_name, message=message,
    )  # fmt: skip


__all__ = ["Checker"]
