"""From a text to its citations, unresolved, each with its exact span in the canonical text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from indexing.citations.acts import ActFinder
from indexing.citations.antecedents import link
from indexing.citations.bare import BareFinder
from indexing.citations.cases import CaseFinder, by_start
from indexing.citations.found import Found
from indexing.citations.own import own_sections
from indexing.citations.readable import ReadingText, reading_text
from indexing.citations.sentences import sentence_spans
from indexing.citations.statutes import StatuteFinder
from indexing.models import Citation, CitationKind
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, Span, SpanKind

_CASE_KINDS = (CitationKind.FULL, CitationKind.SHORT, CitationKind.SUPRA, CitationKind.ID)


class CitationFinder:
    """Both extractors, made once (a tenth of a second) and used for many texts."""

    def __init__(self, jurisdictions: Jurisdictions) -> None:
        self.cases = CaseFinder(jurisdictions)
        self.statutes = StatuteFinder(jurisdictions)
        self._jurisdictions = jurisdictions
        self._acts = ActFinder(jurisdictions)
        self._bare = BareFinder(jurisdictions)

    def find(self, text: str, document_id: str, version: str, spans: Iterable[Span] = ()) -> list[Citation]:
        """Return the citations of a version in order of place; see `find_citations`."""
        spans = tuple(spans)
        reading = reading_text(text, spans)
        # A source credit names the acts that made the section; they are no citations by it.
        operative = reading.without(spans, SpanKind.HISTORY)
        statutes = self._laws(reading.text, operative, document_id)
        found = by_start([*statutes, *_apart_from(self.cases.find(operative), statutes)])
        law = self._jurisdictions.code_of_id(document_id) is not None
        bare = by_start(self._bare.find(reading.text, found, law=law))
        linked = link(reading.text, by_start([*_sections_named_apart(found, bare), *bare]))
        return _as_citations(linked, reading, text, document_id, version)

    def _laws(self, text: str, operative: str, document_id: str) -> list[Found]:
        """Return statutes, constitutions and regulations: by number, by an act's name, and the section itself."""
        numbered = self.statutes.find(text, document_id, operative)
        acts = self._acts.find(operative)
        with_sections = [one for one in acts if not one.mention]
        # A number of the code ("15 U. S. C. §77b, and §3 of the Act") is no number of the act behind it; but the
        # title of a name ("Title VII of the Civil Rights Act") is part of the name.
        named = [one for one in numbered if one.mention]
        exact = [one for one in numbered if not one.mention]
        certain = by_start([*exact, *_apart_from(with_sections, exact)])
        certain = by_start([*certain, *_apart_from(named, certain)])
        named = [*own_sections(operative, document_id, self._jurisdictions), *(one for one in acts if one.mention)]
        return by_start([*certain, *_apart_from(named, certain)])


def find_citations(
    text: str,
    document_id: str,
    version: str,
    jurisdictions: Jurisdictions,
    finder: CitationFinder | None = None,
    spans: Iterable[Span] = (),
) -> list[Citation]:
    """Return the citations of a text in order of place, unresolved; no two spans overlap.

    Spans are code points of `text`. `spans` are the version's typed spans: footnote marks and star pages are read
    over, of source credits only the sections that they name are read. Give `finder` where many texts are read: it
    costs a tenth of a second.
    """
    return (finder or CitationFinder(jurisdictions)).find(text, document_id, version, spans)


def find_in_documents(
    documents: Iterable[Document], jurisdictions: Jurisdictions, workers: int = 1
) -> Iterator[list[Citation]]:
    """Yield the citations of each document in the order given, on `workers` processes where more than one."""
    if workers <= 1:
        finder = CitationFinder(jurisdictions)
        for document in documents:
            yield finder.find(document.text, document.id, document.version, document.spans)
        return
    with ProcessPoolExecutor(workers, initializer=_start_worker, initargs=(jurisdictions,)) as pool:
        yield from pool.map(_find_in_worker, documents, chunksize=8)


_worker_finder: list[CitationFinder] = []  # one a process, filled when the process starts


def _start_worker(jurisdictions: Jurisdictions) -> None:
    _worker_finder[:] = [CitationFinder(jurisdictions)]


def _find_in_worker(document: Document) -> list[Citation]:
    return _worker_finder[0].find(document.text, document.id, document.version, document.spans)


def _apart_from(cases: Sequence[Found], statutes: Sequence[Found]) -> list[Found]:
    """Leave out what eyecite found inside a citation that the tables describe better."""
    starts = [item.start for item in statutes]
    kept = []
    for item in cases:
        place = bisect_right(starts, item.end - 1) - 1
        if place < 0 or statutes[place].end <= item.start:
            kept.append(item)
    return kept


def _sections_named_apart(found: Sequence[Found], bare: Sequence[Found]) -> list[Found]:
    """Leave out the opaque marks that turned out to be bare mentions of known sections."""
    starts = [item.start for item in bare]
    kept = []
    for item in found:
        place = bisect_right(starts, item.end - 1) - 1
        if not item.opaque or place < 0 or bare[place].end <= item.start:
            kept.append(item)
    return kept


def _as_citations(
    linked: Sequence[Found], reading: ReadingText, text: str, document_id: str, version: str
) -> list[Citation]:
    if not linked:
        return []
    sentences = sentence_spans(text)
    starts = [start for start, _ in sentences]
    citations: list[Citation] = []
    done = 0
    for item in linked:
        start, end = reading.source_span(item.start, item.end)
        if start < done:  # the form with the earlier start was kept
            continue
        done = end
        first = sentences[max(0, bisect_right(starts, start) - 1)]
        last = sentences[max(0, bisect_right(starts, end - 1) - 1)]
        citations.append(
            Citation(
                document_id=document_id,
                version=version,
                start=start,
                end=end,
                raw=text[start:end],
                kind=item.kind,
                key=item.key,
                pinpoint=item.pinpoint,
                case_name=item.case_name if item.kind in _CASE_KINDS else "",
                year=item.year,
                group=reading.source_span(item.group, item.group + 1)[0],
                sentence_start=first[0],
                sentence_end=last[1],
            )
        )
    return citations
