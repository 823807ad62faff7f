"""Sections of real law with the code's own arrangement as truth, for benchmarks of topics.

Nothing that a method is given says where a section stands: the text is its heading and operative words, vectors are
the means of passages embedded with that heading alone, citations are those between the sections.
"""

from __future__ import annotations

import gzip
import json
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.jobs.pipeline import embedding_input
from app.jobs.topics import document_vectors, operative_text
from indexing.citations.find import find_in_documents
from indexing.citations.resolve import Resolver
from indexing.embedding import EmbeddingCache
from indexing.interfaces import Embedder
from indexing.passages import passages
from indexing.topics.models import TopicDocument
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentStatus
from scraper.sources.justia import JustiaSource

LEAST_CHARS = 200
LEAST_IN_CHAPTER = 5


@dataclass(frozen=True)
class Sections:
    """vectors: (n, d) float32, rows of length 1. citations: (from row, to row). chapters, titles: the truth."""

    ids: list[str]
    texts: list[str]
    vectors: NDArray[np.float32]
    citations: list[tuple[int, int]]
    chapters: list[str]
    titles: list[str]

    def documents(self) -> list[TopicDocument]:
        """The sections as topics are built from them."""
        return [TopicDocument(name, text) for name, text in zip(self.ids, self.texts, strict=True)]


def read_sections(
    corpus: Path, embedder: Embedder, cache: Path, advance: Callable[[int, int], None], *, place: bool = False
) -> Sections:
    """Read the corpus' second state; keep sections of over 200 characters in chapters of at least 5.

    A chapter is what the first three levels of a section's place name (title, part, chapter; title, chapter,
    subchapter). cache: folder of vectors. place: embed passages as the product does for search, with the names of the
    two lowest places before them, of which the truth is made: agreement measured with these vectors is no measurement
    of grouping, and only shows what such names do to each method alike.
    """
    tables = Jurisdictions.load()
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("us-law-site", "us-law-site-update"):
            with tarfile.open(corpus / f"{name}.tar.xz") as archive:
                archive.extractall(scratch, filter="data")
        held = _read(Path(scratch), corpus, tables)
    chapter = {one.id: " / ".join(level.label for level in one.hierarchy[:3]) for one in held}
    kept = [one for one in held if len(one.text) > LEAST_CHARS]
    sizes = Counter(chapter[one.id] for one in kept)
    kept = [one for one in kept if sizes[chapter[one.id]] >= LEAST_IN_CHAPTER]
    cited = Resolver.from_documents(held, tables, ())
    row = {one.id: number for number, one in enumerate(kept)}
    pairs = {
        (row[found.document_id], row[found.to])
        for part in find_in_documents(kept, tables, 1)
        for found in cited.resolve(part)
        if found.to in row and found.to != found.document_id
    }
    plain = [_without_place(one) for one in kept]
    embedded = (
        [replace(one, hierarchy=full.hierarchy) for one, full in zip(plain, kept, strict=True)] if place else plain
    )
    cut = [passage for one in embedded for passage in passages(one)]
    words = {one.id: one.text for one in plain}
    inputs = [embedding_input(passage, words[passage.document_id]) for passage in cut]
    vectors, _ = EmbeddingCache(cache, embedder).encode(inputs, advance)
    return Sections(
        ids=[one.id for one in kept],
        texts=[f"{one.title}\n{one.text}" for one in plain],
        vectors=document_vectors(plain, cut, vectors),
        citations=sorted(pairs),
        chapters=[chapter[one.id] for one in kept],
        titles=[one.hierarchy[0].label for one in kept],
    )


def _read(site: Path, corpus: Path, tables: Jurisdictions) -> list[Document]:
    source = JustiaSource(tables)
    found: list[Document] = []
    with gzip.open(corpus / "us-law-manifest.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["kind"] == "statute"]
    for row in rows:
        body = (site / row["path"].strip("/") / "index.html").read_bytes()
        found += source.parse(Page(source.origin + row["path"], body)).documents
    return found


def _without_place(document: Document) -> Document:
    """The section with its operative words alone as text, and no place; what was repealed keeps what stands there."""
    body = operative_text(replace(document, status=DocumentStatus.IN_FORCE)).partition("\n")[2]
    return replace(document, text=body or document.title, spans=(), hierarchy=())
