"""Anchor text: the words in which later documents cite an authority, indexed as words about that authority.

What a court says where it cites a case is often nearer to a question than the case's own text (compare anchor text on
the web: Brin and Page, 1998).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from indexing.models import Citation

BEFORE, AFTER = 350, 150  # code points kept on either side of a citation


@dataclass(frozen=True, slots=True)
class Anchor:
    """A window `[start, end)` of a citing version's text around a citation of `to`."""

    to: str
    document_id: str
    version: str
    start: int
    end: int


def anchors(citations: Iterable[Citation], lengths: Mapping[str, int]) -> Iterator[Anchor]:
    """Yield one window for each place where a held document is cited by another; `lengths` counts each citing text.

    Parallel citations are one place, and so are citations of one authority whose windows would mostly overlap.
    """
    last: dict[tuple[str, str], int] = {}
    for citation in citations:
        if citation.to is None or citation.to == citation.document_id:
            continue
        pair = (citation.document_id, citation.to)
        if citation.start - last.get(pair, -BEFORE) < BEFORE:
            continue
        last[pair] = citation.start
        start = max(0, citation.start - BEFORE)
        end = min(lengths[citation.document_id], citation.end + AFTER)
        yield Anchor(citation.to, citation.document_id, citation.version, start, end)
