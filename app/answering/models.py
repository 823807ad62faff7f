"""What an answer is: sentences that each point to the words they rest on. Frozen values, no input or output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from indexing.models import Speaker

ELLIPSIS = " ... "  # stands between stretches of a quotation that do not touch in the text
MOST_WORDS = 200


class AnswerStatus(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    CORRECTED = "corrected"  # the question rests on something that the quoted authority contradicts
    ABSTAINED = "abstained"  # the texts held do not support an answer
    DEGRADED = "degraded"  # quoted without the language model that was asked for, because it failed


@dataclass(frozen=True, slots=True)
class AnswerCitation:
    """The words `[start, end)` of one version that a sentence rests on; `quote` is exactly that text."""

    document: str
    version: str
    start: int
    end: int
    quote: str
    title: str
    citation: str
    anchor: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence or quotation, who speaks in its source, and at least one citation."""

    text: str
    speaker: Speaker
    citations: tuple[AnswerCitation, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "text": self.text,
            "speaker": self.speaker.value,
            "citations": [citation.to_json() for citation in self.citations],
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is delivered; `reason` says why it is not plainly `answered`, `model` who wrote it, if any did.

    `warnings` come first for a reader: what is not held, and what is repealed, not yet in force or later disapproved.
    """

    status: AnswerStatus
    question: str
    sentences: tuple[AnswerSentence, ...]
    warnings: tuple[str, ...]
    reason: str
    generation: str
    model: str | None = None

    @property
    def documents(self) -> tuple[str, ...]:
        """Return the ids of the documents cited, each once, in order."""
        return tuple(dict.fromkeys(c.document for sentence in self.sentences for c in sentence.citations))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "status": self.status.value,
            "question": self.question,
            "sentences": [sentence.to_json() for sentence in self.sentences],
            "warnings": list(self.warnings),
            "reason": self.reason,
            "generation": self.generation,
            "model": self.model,
        }


def count_words(sentences: Sequence[AnswerSentence]) -> int:
    """Return how many blank-separated words the sentences hold."""
    return sum(len(sentence.text.split()) for sentence in sentences)
