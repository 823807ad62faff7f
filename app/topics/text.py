"""Which stretches of a document topics are found in, and where a place among their words stands in the document."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from scraper.models import Document, DocumentKind, DocumentStatus, SpanKind

NOT_OPERATIVE = frozenset(
    {SpanKind.HISTORY, SpanKind.ANNOTATION, SpanKind.NOTICE, SpanKind.HEAD_MATTER, SpanKind.FOOTNOTE}
)


def operative_stretches(document: Document) -> list[tuple[int, int]]:
    """The stretches of a text, in order, that state law or decide: no history, notes, head matter and footnotes.

    Code points from start to end; none for a provision that has no force.
    """
    if document.kind is not DocumentKind.CASE and document.status is not DocumentStatus.IN_FORCE:
        return []
    found, at = [], 0
    for span in sorted(span for span in document.spans if span.kind in NOT_OPERATIVE):
        if span.start > at:
            found.append((at, span.start))
        at = max(at, span.end)
    if at < len(document.text):
        found.append((at, len(document.text)))
    return found


@dataclass(frozen=True, slots=True)
class TopicText:
    """The text that topics read of a document: its title, then its stretches; `place` leads back."""

    text: str
    stretches: tuple[tuple[int, int], ...]
    begins: tuple[int, ...]  # of each stretch within `text`

    @classmethod
    def of(cls, document: Document) -> TopicText:
        """Put together the text of a document."""
        stretches = tuple(operative_stretches(document))
        head = f"{document.title}\n"
        sizes = (end - start for start, end in stretches)
        begins = tuple(accumulate(sizes, initial=len(head)))[: len(stretches)]
        return cls(head + "".join(document.text[start:end] for start, end in stretches), stretches, begins)

    def place(self, start: int, end: int) -> tuple[int, int] | None:
        """Where a stretch of `text` stands in the document's own; None in the title, or where it is not one piece."""
        number = bisect_right(self.begins, start) - 1
        if number < 0:
            return None
        first, last = self.stretches[number]
        moved = first + start - self.begins[number]
        return (moved, moved + end - start) if moved + end - start <= last else None
