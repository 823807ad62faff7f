"""How deeply a text deals with an authority: how often and how long it speaks of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from indexing.models import Citation
from indexing.treatment.mentions import Mentions, Ref
from indexing.treatment.models import Shelf
from scraper.models import Document

CITED, MENTIONED, DISCUSSED, EXAMINED = 1, 2, 3, 4
_NEAR = 700  # characters between two mentions of one discussion


def depth_of(ref: Ref, mentions: Mentions) -> int:
    """Return 1 (cited) to 4 (examined) for one authority of a text."""
    return depth_of_places(mentions.places_of(ref))


def depths(document: Document, citations: Sequence[Citation], shelf: Shelf | None = None) -> Mapping[str, int]:
    """Return the depth of each authority that a document cites, by document id, or by key where it is not held."""
    places: dict[str, list[int]] = defaultdict(list)
    for mention in Mentions(document.text, document.title, citations, shelf or Shelf()).all_cited():
        places[mention.ref.id or mention.ref.key].append(mention.start)
    return {key: depth_of_places(starts) for key, starts in places.items()}


def depth_of_places(starts: Sequence[int]) -> int:
    """Return the depth by the number of citations and by the text that they run through.

    Once: cited. Twice: mentioned. Three or more, or two and more over 1,000 characters: discussed. Six or more that
    run through 3,000 characters: examined.
    """
    if len(starts) < 2:
        return CITED
    run = sum(min(later - first, _NEAR) for first, later in pairwise(starts))
    if len(starts) >= 6 and run >= 3000:
        return EXAMINED
    if len(starts) >= 3 or run >= 1000:
        return DISCUSSED
    return MENTIONED
