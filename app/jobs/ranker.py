"""What a build adds for ranking: pairs of words, headed passages, whole documents, and learned weights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.retrieval.corpus import Corpus
from app.retrieval.ranking import FOLDER, Ranking
from app.retrieval.training import learn
from indexing.generation import Generation
from indexing.interfaces import Embedder
from indexing.lexical import Bm25Index
from indexing.models import FloatMatrix, Passage
from indexing.shingles import ShingleIndex
from scraper.models import Document, DocumentKind

MOST_EXAMPLES = 1_600


def write_ranking(
    folder: Path, documents: Sequence[Document], passages: Sequence[Passage], gists: FloatMatrix, embedder: Embedder,
    most: int = MOST_EXAMPLES,
) -> dict[str, Any]:  # fmt: skip
    """Add the ranking to a generation whose catalogue and indexes are written; return what the training showed.

    `passages` are all of the documents' in order, `gists` the mean vector of each document, `(n_documents, dim)`.
    """
    texts = {document.id: document for document in documents}
    plain = [texts[p.document_id].text[p.start : p.end] for p in passages]
    headed = [_headed(texts[p.document_id], text) for p, text in zip(passages, plain, strict=True)]
    wholes = [_headed(document, document.text) for document in documents]
    built = (ShingleIndex.build(plain), Bm25Index.build(headed), Bm25Index.build(wholes))
    Ranking(*built, gists, None).save(folder / FOLDER)
    learned = learn(Corpus.load(Generation(folder.name, folder, datetime.now(UTC), "", {})), embedder, most)
    if learned is None:
        return {"used": False, "why": "too few citations to judge by"}
    learned.save(folder / FOLDER / "weights.json")
    return {"used": learned.used, **learned.evidence}


def _headed(document: Document, text: str) -> str:
    """Return a text below what its section is called and stands under; a case's name says nothing of its subject."""
    if document.kind is DocumentKind.CASE:
        return text
    return "\n".join([document.title, *(level.label for level in reversed(document.hierarchy)), text])
