"""A citation, docket number or case name typed as the query: looked up by key, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.retrieval.corpus import Corpus
from indexing.catalogue import WITHDRAWN_NAME
from indexing.citations.keys import citation_key, fold_key, name_key
from scraper.jurisdictions import Jurisdictions

_MARK = r"(?:sections?|sec\.?|§§?)\s*"
_NUMBER = r"\d+[A-Za-z]{0,2}(?:[-–]\d+[a-z]?)?"
_PINPOINT = r"(?:\s?\([0-9A-Za-z]{1,5}\))*"
_OF_TITLE = re.compile(rf"{_MARK}(?P<section>{_NUMBER}{_PINPOINT}),? (?:of|in) title (?P<title>\d+)", re.I)
_TITLE_FIRST = re.compile(rf"title (?P<title>\d+),? {_MARK}(?P<section>{_NUMBER}{_PINPOINT})", re.I)
_OF_ACT = re.compile(
    rf"{_MARK}(?P<number>{_NUMBER})(?P<pinpoint>{_PINPOINT}),? (?:of|in) (?:the )?(?P<act>\w[\w'’ ,-]+)", re.I
)
_DOCKET = re.compile(r"^(?:docket )?nos?\.? (?=\S*\d)", re.I)


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
    written = _as_cited(text, jurisdictions)
    found = citation_key(written, jurisdictions)
    if found is not None and (written == text or _under(corpus, found.key)):
        documents = _under(corpus, found.key)
        withdrawn = () if documents else _withdrawn(corpus, fold_key(found.key))
        return Resolution(text, "citation", found.key, documents, found.pinpoint, withdrawn)
    for kind, key in (("docket", fold_key(_DOCKET.sub("", text))), ("name", name_key(text))):
        documents = tuple(corpus.catalogue.named(key, (kind,))) if key else ()
        withdrawn = () if documents or not key else _withdrawn(corpus, key)
        if documents or withdrawn:
            return Resolution(text, kind, key, documents, withdrawn=withdrawn)
    return None


def _as_cited(text: str, jurisdictions: Jurisdictions) -> str:
    """Return the citation of a section that a text names in words, "section 2254 of title 28"; else the text."""
    found = _OF_TITLE.fullmatch(text) or _TITLE_FIRST.fullmatch(text)
    if found:
        codes = [code for code in jurisdictions.codes if set(code.fields) == {"title", "section"}]
        return codes[0].citation.format(title=found["title"], section=found["section"]) if codes else text
    found = _OF_ACT.fullmatch(text)
    act = next((one for one in jurisdictions.acts if found and one.name.casefold() == found["act"].casefold()), None)
    if act is None or found is None:
        return text
    number, code = act.section(found["number"]), jurisdictions.code(act.code)
    if number is None or code is None:
        return text
    return code.citation.format(**{**act.fields, "section": number}) + found["pinpoint"]


def _withdrawn(corpus: Corpus, key: str) -> tuple[str, ...]:
    return tuple(corpus.catalogue.named(key, (WITHDRAWN_NAME,)))


def _under(corpus: Corpus, key: str) -> tuple[str, ...]:
    """Return the documents that bear a citation now; only where none does, those that once did."""
    for kinds in (("citation", "parallel"), ("alias",)):
        documents = corpus.catalogue.named(fold_key(key), kinds)
        if documents:
            return tuple(documents)
    return ()
