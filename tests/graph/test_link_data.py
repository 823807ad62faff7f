"""What link prediction is given: no word of it may tell what a document cites."""

from __future__ import annotations

from datetime import date

import numpy as np

from graph.link_data import link_data
from indexing.models import Citation, CitationKind
from scraper.models import Document, DocumentKind, Level

STATUTE_TEXT = "(a) A fee is due under Section 2-1 within ten days."
CASE_TEXT = "The tenant paid. Rent is governed by Section 2-1 of the Code. The judgment is affirmed."


def statute(number: str, chapter: str, text: str) -> Document:
    levels = (Level("title", "Title 2"), Level("chapter", chapter), Level("section", number))
    return Document(f"n:code:{number}", DocumentKind.STATUTE, "n", number, f"N.C. § {number}", text,
                    f"https://n.example/{number}", hierarchy=levels)  # fmt: skip


def case(number: int, text: str) -> Document:
    return Document(f"n:sc:{number}", DocumentKind.CASE, "n", f"A v. {number}", f"{number} N. 1", text,
                    f"https://n.example/{number}", date=date(2000 + number, 1, 1))  # fmt: skip


def cite(document: Document, raw: str, to: str | None) -> Citation:
    start = document.text.index(raw)
    sentence = document.text.rfind(". ", 0, start) + 2 if ". " in document.text[:start] else 0
    end = document.text.index(".", start + len(raw)) + 1
    return Citation(document.id, document.version, start, start + len(raw), raw, CitationKind.STATUTE, raw, to,
                    sentence_start=sentence, sentence_end=end)  # fmt: skip


def test_the_words_around_a_citation_are_taken_out_and_kept_as_anchors() -> None:
    documents = [
        statute("2-1", "Chapter 1", "Rent is due."),
        statute("2-2", "Chapter 1", STATUTE_TEXT),
        case(5, CASE_TEXT),
    ]
    citations = [
        cite(documents[1], "Section 2-1", "n:code:2-1"),
        cite(documents[2], "Section 2-1", "n:code:2-1"),
    ]
    data = link_data(documents, citations, [("t1", "n:sc:5", 0.5), ("t1", "n:gone", 1.0)])
    assert data.texts[1].split() == "(a) A fee is due under within ten days.".split()
    assert data.texts[2].split() == "The tenant paid. The judgment is affirmed.".split()
    assert data.anchors == [
        (1, 0, "(a) A fee is due under   within ten days."),
        (2, 0, "Rent is governed by   of the Code."),
    ]
    np.testing.assert_array_equal(data.edges.toarray(), [[0, 0, 0], [1, 0, 0], [1, 0, 0]])
    assert (list(data.years), data.groups) == ([0, 0, 2005], [0, 0, 1])
    np.testing.assert_array_equal(data.topics.toarray(), [[0], [0], [0.5]])


def test_a_document_s_own_and_unresolved_citations_are_no_links_but_are_taken_out() -> None:
    document = statute("2-2", "Chapter 1", STATUTE_TEXT)
    for to in (None, document.id):
        data = link_data([document], [cite(document, "Section 2-1", to)], [])
        assert (data.edges.nnz, data.anchors) == (0, [])
        assert "2-1" not in data.texts[0]
