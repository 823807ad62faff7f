"""What a model is shown for a question: numbered stretches of the texts held, within a budget of words."""

from __future__ import annotations

from app.answering.evidence import Evidence, Gathered
from app.answering.extractive import Draft, Extractive
from app.answering.prompt import PromptConfig
from app.answering.spotlight import addresses_a_model
from app.answering.standing import not_in_force
from app.answering.verify import Source
from indexing.models import Passage
from scraper.models import SpanKind

MOST_SOURCES = 8
_READ_OVER = (SpanKind.FOOTNOTE_MARK, SpanKind.STAR_PAGE)


def context_of(
    gathered: Gathered, draft: Draft, extractive: Extractive, config: PromptConfig | None = None
) -> list[Source]:
    """Return the sources for a prompt, best first: those of the draft, a contradicting one among them, then the rest.

    Each is one whole passage, so that it has one speaker and one contiguous place.
    """
    config = config or PromptConfig()
    found: list[Source] = []
    taken: set[tuple[str, int]] = set()
    words = 0
    for item in [*draft.chosen, *gathered.evidence]:
        for passage in extractive.passages_of(item):
            key = (passage.document_id, passage.start)
            text = item.document.text[passage.start : passage.end]
            size = len(text.split())
            fits = len(found) < MOST_SOURCES and words + size <= config.source_words
            if key in taken or not fits or addresses_a_model(text):
                continue
            taken.add(key)
            words += size
            found.append(_source(len(found) + 1, item, passage, text, extractive))
    return found


def _source(tag: int, item: Evidence, passage: Passage, text: str, extractive: Extractive) -> Source:
    document, entry = item.document, item.entry
    hidden = tuple(
        (span.start - passage.start, span.end - passage.start)
        for span in document.spans
        if span.kind in _READ_OVER and passage.start <= span.start and span.end <= passage.end
    )
    lost = not_in_force(document, extractive.today())
    later = [f"{word.told}: {word.text}" for word in extractive.later(entry)[:1]]
    stated = [f"this provision {lost}"] if lost else []
    standing = "; ".join([*stated, *later, *document.warnings])
    names = (
        *document.parallel_citations, *document.aliases, *entry.place, passage.heading, document.docket,
        document.disposition, " ".join(document.judges),
    )  # fmt: skip
    return Source(
        tag=tag, document=entry.id, version=entry.version, start=passage.start, end=passage.end, text=text,
        title=entry.title, citation=entry.citation, speaker=passage.speaker, anchor=passage.anchor,
        date=entry.date or "", standing=standing, names=tuple(name for name in names if name), hidden=hidden,
    )  # fmt: skip
