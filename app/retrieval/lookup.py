"""A citation, docket number or case name typed as the query: looked up by key, never guessed."""

from __future__ import annotations

from dataclasses import dataclass

from app.retrieval.corpus import Corpus
from indexing.citations.resolve import citation_key
from scraper.jurisdictions import Jurisdictions, fold


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a citation or a name stands for: `documents` holds none, one or several ids; `kind` says how it was read."""

    query: str
    kind: str  # citation, docket, name, id
    key: str
    documents: tuple[str, ...]
    pinpoint: str = ""


def resolve(corpus: Corpus, jurisdictions: Jurisdictions, text: str) -> Resolution | None:
    """Return what a text stands for if it is written whole as a citation, an id or a name, else None.

    A well-formed citation of which nothing is held gives a Resolution without documents.
    """
    text = " ".join(text.split())
    if text in corpus.rows:
        return Resolution(text, "id", text, (text,))
    found = citation_key(text, jurisdictions)
    if found is not None:
        documents = corpus.catalogue.named(fold(found.key), ("citation", "parallel", "alias"))
        return Resolution(text, "citation", found.key, tuple(documents), found.pinpoint)
    for kind in ("docket", "name"):
        documents = corpus.catalogue.named(fold(text), (kind,))
        if documents:
            return Resolution(text, kind, fold(text), tuple(documents))
    return None
