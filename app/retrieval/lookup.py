"""A citation, docket number or case name typed as the query: looked up by key, never guessed."""

from __future__ import annotations

from dataclasses import dataclass

from app.retrieval.corpus import Corpus
from indexing.citations.keys import citation_key, fold_key, name_key
from scraper.jurisdictions import Jurisdictions


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
        return Resolution(text, "citation", found.key, _under(corpus, found.key), found.pinpoint)
    for kind, key in (("docket", fold_key(text)), ("name", name_key(text))):
        documents = corpus.catalogue.named(key, (kind,)) if key else []
        if documents:
            return Resolution(text, kind, key, tuple(documents))
    return None


def _under(corpus: Corpus, key: str) -> tuple[str, ...]:
    """Return the documents that bear a citation now; only where none does, those that once did."""
    for kinds in (("citation", "parallel"), ("alias",)):
        documents = corpus.catalogue.named(fold_key(key), kinds)
        if documents:
            return tuple(documents)
    return ()
