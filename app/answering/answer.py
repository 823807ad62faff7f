"""From a question to an answer in which every sentence carries a source that was checked.

gather evidence -> draft (quotations, correction or abstention) -> with a model: prompt, stream, verify -> Answer
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.answering.context import context_of
from app.answering.evidence import Gathered, Gatherer
from app.answering.extractive import NOT_SUPPORTED, Draft, Extractive, render
from app.answering.models import MOST_WORDS, Answer, AnswerCitation, AnswerSentence, AnswerStatus
from app.answering.prompt import NO_ANSWER, messages
from app.answering.verify import Source, Verdict, next_sentence, split_reply, verify
from app.retrieval.hybrid import Hit, HybridSearch
from app.retrieval.query import Filters
from indexing.catalogue import Catalogue
from scraper.errors import LLMError

if TYPE_CHECKING:  # its library takes long to load, and few answers need it
    from app.answering.llm import OpenAIClient


class Answerer:
    """Answers questions over one generation; make it once a generation, it is safe to share between threads."""

    def __init__(self, search: HybridSearch, llm: OpenAIClient | None = None) -> None:
        self._llm = llm
        self._gatherer = Gatherer(search)
        self._extractive = Extractive(search.corpus, search.jurisdictions)
        self._catalogue = search.corpus.catalogue
        self._generation = search.corpus.generation.id

    @property
    def catalogue(self) -> Catalogue:
        """Return the texts that answers are drawn from."""
        return self._catalogue

    def answer(self, question: str, k: int = 8, use_llm: bool = True, filters: Filters | None = None) -> Answer:
        """Return the answer drawn from the `k` best documents; raise QueryError for an empty or overlong question."""
        for value in self._events(question, k, use_llm, filters):
            if isinstance(value, Answer):
                return value
        raise AssertionError("every run of events ends with an answer")

    def stream(
        self, question: str, k: int = 8, use_llm: bool = True, filters: Filters | None = None
    ) -> Iterator[tuple[str, Any]]:
        """Yield ("hits", list), ("warning", {"text"}) and ("sentence", {...}) as they are known, last ("done", {...}).

        Values are plain JSON. Only verified sentences are sent. `done` is the answer: where a model failed on the
        way it holds quotations in place of what was sent before.
        """
        for value in self._events(question, k, use_llm, filters):
            if isinstance(value, Answer):
                yield "done", value.to_json()
            elif isinstance(value, AnswerSentence):
                yield "sentence", value.to_json()
            elif isinstance(value, str):
                yield "warning", {"text": value}
            else:
                yield "hits", [hit_to_json(hit) for hit in value]

    def _events(
        self, question: str, k: int, use_llm: bool, filters: Filters | None
    ) -> Iterator[Answer | AnswerSentence | str | tuple[Hit, ...]]:
        gathered = self._gatherer.gather(question, k, filters)
        yield gathered.result.hits
        draft = self._extractive.draft(gathered)
        yield from draft.warnings
        quoted = render(draft, question, self._generation)
        if self._llm is None or not use_llm or draft.status is AnswerStatus.ABSTAINED:
            yield from quoted.sentences
            yield quoted
            return
        yield from self._generated(gathered, draft, quoted, self._llm)

    def _generated(
        self, gathered: Gathered, draft: Draft, quoted: Answer, llm: OpenAIClient
    ) -> Iterator[Answer | AnswerSentence | str]:
        sources = context_of(gathered, draft, self._extractive)
        kept: list[AnswerSentence] = []
        dropped: dict[str, int] = {}
        failure = ""
        try:
            for verdict in self._verdicts(llm, quoted.question, sources):
                if verdict is None:
                    yield replace(
                        quoted, status=AnswerStatus.ABSTAINED, sentences=(), reason=NOT_SUPPORTED, model=llm.model
                    )
                    return
                size = len(verdict.text.split())
                room = sum(len(one.text.split()) for one in kept) + size <= MOST_WORDS
                if verdict.kept and room:
                    kept.append(_sentence(verdict))
                    yield kept[-1]
                else:
                    reason = verdict.reason or "length"
                    dropped[reason] = dropped.get(reason, 0) + 1
        except LLMError as error:
            failure = str(error)
        if not kept and not failure:
            told = ", ".join(f"{reason} {count}" for reason, count in sorted(dropped.items())) or "nothing written"
            failure = f"No sentence of the model could be verified against the sources ({told})."
        if failure:
            yield failure
            yield from quoted.sentences
            yield replace(quoted, status=AnswerStatus.DEGRADED, reason=failure)
            return
        yield replace(quoted, sentences=tuple(kept), model=llm.model)

    def _verdicts(self, llm: OpenAIClient, question: str, sources: list[Source]) -> Iterator[Verdict | None]:
        """Yield a verdict on each sentence as soon as it is whole; None where the model says that nothing answers."""
        numbered = {source.tag: source for source in sources}
        rest = ""
        for piece in llm.stream(messages(question, sources)):
            rest += piece
            sentence, rest = next_sentence(rest)
            while sentence:
                if NO_ANSWER in sentence:
                    yield None
                    return
                yield verify(sentence, numbered, self._gatherer.cited)
                sentence, rest = next_sentence(rest)
        for sentence in split_reply(rest):
            yield None if NO_ANSWER in sentence else verify(sentence, numbered, self._gatherer.cited)


def _sentence(verdict: Verdict) -> AnswerSentence:
    citations = tuple(
        AnswerCitation(
            source.document, source.version, source.start + start, source.start + end, source.text[start:end],
            source.title, source.citation, source.anchor,
        )
        for source, start, end in verdict.places
    )  # fmt: skip
    return AnswerSentence(verdict.text, verdict.places[0][0].speaker, citations)


def hit_to_json(hit: Hit) -> dict[str, Any]:
    """Return a hit as the event `hits` carries it: which document, why, and its passage."""
    entry, passage = hit.entry, hit.passage
    return {
        "id": entry.id, "version": entry.version, "kind": entry.kind, "title": entry.title, "citation": entry.citation,
        "court": entry.court, "date": entry.date, "status": entry.status, "hierarchy": list(entry.place),
        "score": hit.score, "signals": dict(hit.signals), "why": hit.why,
        "highlights": [list(mark) for mark in hit.highlights],
        "passage": {
            "text": hit.text, "start": passage.start, "end": passage.end, "speaker": passage.speaker.value,
            "anchor": passage.anchor, "heading": passage.heading,
        },
    }  # fmt: skip
