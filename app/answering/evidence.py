"""What the texts held say to a question: quotations gathered from the best documents, each weighed on its own.

question -> named authorities + search -> documents -> units -> weights in [0, 1], higher is better
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from app.answering.named import Named, NamedAuthorities
from app.answering.question import Question, QuestionKind, measures, read_question
from app.answering.units import Unit, units
from app.retrieval.hybrid import HybridSearch, SearchResult
from app.retrieval.query import Filters, parse_query
from app.retrieval.signals import dense_passages
from indexing.catalogue import Entry
from indexing.models import FloatMatrix, IntVector, Speaker
from indexing.text import tokens
from indexing.treatment.models import OF_THE_COURT
from scraper.models import Document, DocumentKind, DocumentStatus, SpanKind

PASSAGES_A_DOCUMENT = 3
WHOLE_DOCUMENT = 12_000  # characters; of a longer one only the best passages are read
MOST_HOLDINGS = 3  # passages of a case that is named
MOST_WEIGHED = 24  # units that are embedded for one question
LEAST_OF_AN_OPINION = 7  # words; a shorter sentence seldom says what was held
BY_HEADING = 0.7  # weight of a document that its heading alone brought
BY_SEARCH = 0.3  # worth of the document's place in the search
BY_TITLE = 0.15  # worth of a section's heading that holds the question's words
A_LEVEL = 0.01  # a subdivision below the first level treats something narrower: what it loses for each level
IN_TITLE, IN_DOCUMENT = 0.7, 0.35  # worth of a question's word that stands only there

_SPEAKER_WEIGHTS: Mapping[Speaker, float] = {
    Speaker.PLURALITY: -0.06, Speaker.CONCURRENCE: -0.1, Speaker.IN_JUDGMENT: -0.1, Speaker.IN_PART: -0.1,
    Speaker.DISSENT: -0.18, Speaker.SYLLABUS: -0.12, Speaker.HEAD_MATTER: -0.2, Speaker.NOTE: -0.1,
}  # fmt: skip
_DISSENT_ASKED = re.compile(r"\bdissent|\bdisagreed?\b|\bminority\b", re.I)
_HOLDS = re.compile(
    r"\b(?:we (?:therefore |thus |now |accordingly )?(?:hold|conclude|reaffirm|overrule)|(?:is|are) overruled)\b", re.I
)
_ARGUES = re.compile(
    r"\b(?:argues?|contends?|urges?|asks? us|maintains?|insists?|submits?|claims? that|would have us|relies on"
    r"|according to (?:judge|justice|petitioners?|respondents?|the (?:government|dissent|district court))"
    r"|petitioners?' argument|(?:district court|court of appeals|circuit|panel) (?:held|concluded|found|agreed))\b",
    re.I,
)
_ASIDE = re.compile(r"\W*(?:See|Cf|Compare|E\.g|Ibid|Id|Accord|Footnote|Justice \w+ delivered)\b|[^A-Za-z\"“\[]")
_DEFINES = re.compile(
    r"[\"“]([^\"”]{2,60})[\"”]\s+(?:means|includes|(?:is|are)(?:\s+(?:an?|any|one|the|those)\b|\s*[—–:]))"
    r"|^(?:An?|The) ([\w\s-]{2,60}?) is (?:one|a|an)\b"
)
_STATUS_WORDS = re.compile(
    r"\b(?:overrul|abrogat|revers|vacat|supersed|repeal|expir|renumber|unconstitutional|reaffirm|takes? effect|"
    r"declin\w+ to follow|no longer|until|reserved)",
    re.I,
)
_HISTORY_WORDS = re.compile(
    r"\b(?:amended|renumbered|before \w+ \d|former|earlier text|added|repealed|stood at)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One quotation with its weights: `coverage` of the question's words, `similarity` by embedding, all in [0, 1].

    `heading` is the coverage by the heading of its section alone, 0 for an opinion.
    """

    unit: Unit
    entry: Entry
    document: Document
    text: str
    coverage: float
    similarity: float
    score: float
    heading: float = 0.0

    @property
    def size(self) -> int:
        """Return how many words would be quoted."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that is known of a question before anything is said."""

    question: Question
    named: Named
    result: SearchResult
    evidence: tuple[Evidence, ...]  # best first
    rarity: Mapping[str, float]  # inverse document frequency of the question's terms
    strangers: frozenset[str]  # documents that know not all names in the question

    @property
    def best(self) -> Evidence | None:
        """Return the best quotation, if there is any."""
        return self.evidence[0] if self.evidence else None


@dataclass(frozen=True, slots=True)
class _Source:
    entry: Entry
    document: Document
    weight: float  # how well search likes it, in [0, 1]
    rows: IntVector  # of its passages
    named: bool  # by the question


@dataclass(frozen=True)
class _Terms:
    """The question's content terms: BM25 of each over passages, `(n_passages,)`, 0 where it is not met."""

    scores: Mapping[str, FloatMatrix]

    @cached_property
    def rarity(self) -> dict[str, float]:
        """Return the inverse document frequency of each term, over passages."""
        found = {}
        for term, scores in self.scores.items():
            met = int(np.count_nonzero(scores))
            found[term] = math.log(1.0 + (len(scores) - met + 0.5) / (met + 0.5))
        return found

    @cached_property
    def total(self) -> float:
        """Return what all terms weigh together."""
        return sum(self.rarity.values()) or 1.0

    def met(self, term: str, rows: IntVector) -> bool:
        """Tell whether a term is met in any of some passages."""
        return bool(self.scores[term][rows].any())


class Gatherer:
    """Gathers evidence from one corpus; safe to share between threads."""

    def __init__(self, search: HybridSearch) -> None:
        self.search = search
        self._named = NamedAuthorities(search.corpus, search.jurisdictions)

    def gather(self, text: str, k: int, filters: Filters | None = None) -> Gathered:
        """Return the evidence for a question from its named authorities and the `k` best documents.

        Raises QueryError for an empty question or one over the limit.
        """
        query = parse_query(text, filters)
        query = replace(query, phrases=())  # quotation marks in a question quote; they do not filter
        named = self._named.find(query.text)
        question = read_question(query.text, self.search.jurisdictions.names.values(), named.places)
        result = self.search.search(query, k=k)
        terms = self._terms(question)
        sources = self._sources(question, result, named)
        near = dense_passages(self.search.corpus, self.search.embedder, query.text, None)
        found = [
            self._weigh_words(unit, source, terms)
            for source in sources
            for unit in units(source.document, self._places(source, terms, near))
        ]
        found = self._weigh_meaning(query.text, _shortlist(found))
        weights = {source.entry.id: source.weight for source in sources}
        weighed = sorted(
            (replace(item, score=_score(item, question, named, weights[item.entry.id])) for item in found),
            key=lambda item: (-item.score, item.entry.id, item.unit.parts),
        )
        strangers = frozenset(s.entry.id for s in sources if not self._knows(s, question, named, terms))
        return Gathered(question, named, result, tuple(weighed), terms.rarity, strangers)

    def cited(self, text: str) -> list[tuple[str, str | None]]:
        """Return the citations written in a text with the document that each names, None where none or several do."""
        return self._named.cited(text)

    def _terms(self, question: Question) -> _Terms:
        lexical = self.search.corpus.lexical
        return _Terms({term: lexical.scores(word) for term, word in question.words.items()})

    def _knows(self, source: _Source, question: Question, named: Named, terms: _Terms) -> bool:
        """Tell whether a document has every name in the question: what says nothing of Ohio does not answer for it."""
        facts = (source.document.title, source.document.citation, *source.entry.place, *source.document.judges)
        called = set(tokens("\n".join(facts)))
        names = {*question.names, *(set(tokens(" ".join(named.unmatched))) & set(question.words))}
        return all(term in called or terms.met(term, source.rows) for term in names)

    def _sources(self, question: Question, result: SearchResult, named: Named) -> list[_Source]:
        corpus = self.search.corpus
        top = max((hit.score for hit in result.hits), default=1.0) or 1.0
        weights = {hit.entry.id: min(1.0, hit.score / top) for hit in result.hits}
        if question.kind is QuestionKind.STATUS:
            # what is left of a repealed section is its heading
            headings = corpus.headings.search(" ".join(question.words.values()), 2)[0]
            weights = {corpus.entries[int(row)].id: BY_HEADING for row in headings} | weights
        weights |= dict.fromkeys(named.held, 1.0)
        found = []
        for document_id, weight in weights.items():
            entry = corpus.entries[corpus.rows[document_id]]
            if entry.status != DocumentStatus.WITHDRAWN.value:
                document = corpus.catalogue.version(document_id, entry.version).document.with_id(document_id)
                rows = np.flatnonzero(corpus.passage_rows == entry.row).astype(np.int64)
                found.append(_Source(entry, document, weight, rows, document_id in named.held))
        return found

    def _places(self, source: _Source, terms: _Terms, near: FloatMatrix) -> list[tuple[int, int]] | None:
        """Return the best passages of a long document, None for a short one, which is read whole."""
        if len(source.document.text) <= WHOLE_DOCUMENT:
            return None
        passages = self.search.corpus.passages
        rows = np.array([r for r in source.rows if passages[int(r)].speaker is not Speaker.HEAD_MATTER], dtype=np.int64)
        words = np.zeros(len(rows), dtype=np.float32)
        for scores in terms.scores.values():
            words += scores[rows]
        score = words / (float(words.max(initial=0.0)) or 1.0) + near[rows]
        best = list(rows[np.argsort(-score, kind="stable")[:PASSAGES_A_DOCUMENT]])
        if source.named and source.document.kind is DocumentKind.CASE:
            best += self._holdings(source.document, rows)
        return sorted({(passages[int(row)].start, passages[int(row)].end) for row in best})

    def _holdings(self, document: Document, rows: IntVector) -> list[int]:
        """Return the passages in which a court says what it holds: the last ones come after the argument."""
        passages = self.search.corpus.passages
        of_the_court = [int(row) for row in rows if passages[int(row)].speaker in OF_THE_COURT]
        found = [row for row in of_the_court if _HOLDS.search(document.text, passages[row].start, passages[row].end)]
        return [*found[-MOST_HOLDINGS:], *of_the_court[:1]]

    def _weigh_words(self, unit: Unit, source: _Source, terms: _Terms) -> Evidence:
        text = unit.words(source.document.text)
        inside, title = set(tokens(text)), set(tokens(source.document.title))
        covered = headed = 0.0
        for term, weight in terms.rarity.items():
            headed += weight if term in title else 0.0
            if term in inside:
                covered += weight
            elif term in title:
                covered += IN_TITLE * weight
            elif terms.met(term, source.rows):
                covered += IN_DOCUMENT * weight
        share = covered / terms.total
        heading = 0.0 if source.document.kind is DocumentKind.CASE else headed / terms.total
        return Evidence(unit, source.entry, source.document, text, share, 0.0, share + source.weight, heading)

    def _weigh_meaning(self, question: str, found: Sequence[Evidence]) -> list[Evidence]:
        if not found:
            return []
        inputs = [question, *(f"{item.document.title}\n{item.text}" for item in found)]
        vectors = self.search.embedder.encode(inputs)
        near = np.clip(vectors[1:] @ vectors[0], 0.0, 1.0)
        return [replace(item, similarity=float(value)) for item, value in zip(found, near, strict=True)]


def _shortlist(found: Sequence[Evidence]) -> list[Evidence]:
    """Return the units worth embedding: the best by words, with two of every document among them."""
    ordered = sorted(found, key=lambda item: (-item.score, item.entry.id, item.unit.parts))
    seen: dict[str, int] = {}
    first: list[Evidence] = []
    rest: list[Evidence] = []
    for item in ordered:
        seen[item.entry.id] = seen.get(item.entry.id, 0) + 1
        (first if seen[item.entry.id] <= 2 else rest).append(item)
    return [*first, *rest][:MOST_WEIGHED]


def _score(item: Evidence, question: Question, named: Named, weight: float) -> float:
    score = 0.45 * item.coverage + 0.5 * item.similarity + BY_SEARCH * weight + BY_TITLE * item.heading
    score -= A_LEVEL * max(0, item.unit.anchor.count("(") - 1)
    if item.entry.id in named.held:
        score += 0.2
        if item.document.kind is DocumentKind.CASE and item.unit.speaker in OF_THE_COURT and _HOLDS.search(item.text):
            score += 0.15
    if any(item.entry.id == document and item.unit.anchor.startswith(part) for document, part in named.pinpoints):
        score += 0.2
    return score + _kind_weight(item, question) + _speaker_weight(item, question)


def defines(item: Evidence, question: Question) -> bool:
    """Tell whether a quotation defines what is asked about, in so many words."""
    defined = _DEFINES.search(item.text)
    terms = set(tokens(defined.group(1) or defined.group(2))) if defined else set()
    return question.kind is QuestionKind.DEFINITION and bool(terms) and terms <= set(question.words)


def _kind_weight(item: Evidence, question: Question) -> float:
    """Return what a unit gains because it has the shape of an answer to this kind of question."""
    text = item.text
    gain = 0.0
    if question.kind is QuestionKind.DEFINITION:
        gain = 0.2 if defines(item, question) else 0.05 if _DEFINES.search(text) else 0.0
    elif question.kind in (QuestionKind.DEADLINE, QuestionKind.COUNT):
        gain = 0.08 if any(unit for _, unit in measures(text)) else 0.0
    elif question.kind is QuestionKind.ELEMENTS:
        gain = 0.1 if item.unit.is_list else 0.0
    elif question.kind is QuestionKind.STATUS:
        gain = 0.1 if _STATUS_WORDS.search(text) else 0.0
    elif question.kind is QuestionKind.HISTORY:
        gain = 0.1 if _HISTORY_WORDS.search(text) else 0.0
    if item.document.kind is DocumentKind.CASE:
        gain += 0.05 if _HOLDS.search(text) else 0.0
        gain -= 0.1 if _ARGUES.search(text) else 0.0
        gain -= 0.15 if _ASIDE.match(text) or item.size < LEAST_OF_AN_OPINION else 0.0
    return gain - max(0.0, (item.size - 90) / 600)


def _speaker_weight(item: Evidence, question: Question) -> float:
    speaker = item.unit.speaker
    if speaker is Speaker.NOTE and (question.kind in (QuestionKind.HISTORY, QuestionKind.STATUS) or _is_notice(item)):
        return 0.0
    if speaker is Speaker.DISSENT and _DISSENT_ASKED.search(question.text):
        return 0.05
    return _SPEAKER_WEIGHTS.get(speaker, 0.0)


def _is_notice(item: Evidence) -> bool:
    start = item.unit.core[0]
    return any(span.start <= start < span.end for span in item.document.spans_of(SpanKind.NOTICE))
