"""A citation, docket number or case name typed as the query: looked up by key, never guessed."""

from __future__ import annotations

from dataclasses import dataclass

from app.retrieval.corpus import Corpus
from indexing.catalogue import WITHDRAWN_NAME
from indexing.citations.keys import citation_key, fold_key, name_key
from scraper.jurisdictions import Jurisdictions


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a citation or a name stands for: `documents` holds none, one or several ids; `kind` says how it was read.

    `withdrawn` holds those that bore it before their source withdrew them, where no document bears it now.
    """

    query: str
    kind: str  # citation, docket, name, id
    key: str
    documents: tuple[str, ...]
    pinpoint: str = ""
    withdrawn: tuple[str, ...] = ()


def resolve(corpus: Corpus, jurisdictions: Jurisdictions, text: str) -> Resolution | None:
    """Return what a text stands for if it is written whole as a citation, an id or a name, else None.

    A well-formed citation of which nothing is held gives a Resolution without documents.
    """
    text = " ".join(text.split())
    if text in corpus.rows:
        return Resolution(text, "id", text, (text,))
    if text in corpus.tombstones:
        return Resolution(text, "id", text, (), withdrawn=(text,))
    found = citation_key(text, jurisdictions)
    if found is not None:
        documents = _under(corpus, found.key)
        withdrawn = () if documents else _withdrawn(corpus, fold_key(found.key))
        return Resolution(text, "citation", found.key, documents, found.pinpoint, withdrawn)
    for kind, key in (("docket", fold_key(text)), ("name", name_key(text))):
        documents = tuple(corpus.catalogue.named(key, (kind,))) if key else ()
        withdrawn = () if documents or not key else _withdrawn(corpus, key)
        if documents or withdrawn:
            return Resolution(text, kind, key, documents, withdrawn=withdrawn)
    return None


def _withdrawn(corpus: Corpus, key: str) -> tuple[str, ...]:
    return tuple(corpus.catalogue.named(key, (WITHDRAWN_NAME,)))


def _under(corpus: Corpus, key: str) -> tuple[str, ...]:
    """Return the documents that bear a citation now; only where none does, those that once did."""
    for kinds in (("citation", "parallel"), ("alias",)):
        documents = corpus.catalogue.named(fold_key(key), kinds)
        if documents:
            return tuple(documents)
    return ()
