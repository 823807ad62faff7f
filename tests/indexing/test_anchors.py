"""Windows around citations, placed by hand."""

from __future__ import annotations

from indexing.anchors import AFTER, BEFORE, anchors
from indexing.models import Citation, CitationKind


def cite(start: int, to: str | None, citing: str = "a") -> Citation:
    return Citation(citing, "v", start, start + 10, "1 X. 1", CitationKind.FULL, "1 X. 1", to=to)


def test_a_window_is_clipped_to_the_text() -> None:
    found = list(anchors([cite(100, "b"), cite(1000, "b")], {"a": 1050}))
    assert [(a.to, a.start, a.end) for a in found] == [("b", 0, 110 + AFTER), ("b", 1000 - BEFORE, 1050)]


def test_what_is_not_held_or_cites_itself_has_no_window() -> None:
    assert list(anchors([cite(5, None), cite(9, "a")], {"a": 99})) == []


def test_parallel_citations_are_one_place_but_two_authorities_are_two() -> None:
    found = list(anchors([cite(100, "b"), cite(115, "b"), cite(120, "c")], {"a": 999}))
    assert [a.to for a in found] == ["b", "c"]
