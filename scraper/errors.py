"""Every error that Lexatlas raises on purpose, drawn once.

    LexatlasError                      exit 1
    ├── ConfigError                    exit 2   a setting or an option cannot be used
    ├── SourceError
    │   ├── UnknownSource              exit 2
    │   ├── SourceUnreachable                   the site did not answer at all
    │   ├── EmptySource                         the site answered but listed no document
    │   └── TermsRefused               exit 2   the publisher's terms forbid it, or nobody read them
    ├── FetchError                              one page could not be fetched
    │   ├── FetchRefused                        robots, scheme, address or hop not allowed: never retried
    │   ├── FetchTooLarge                       a body above the cap, or an encoding we do not open
    │   ├── FetchTimeout                        the page's total deadline passed
    │   └── FetchFailed                         status or transport fault, after all tries
    ├── ParseError                              a page that is not what its source expects: quarantined
    ├── StoreError
    │   ├── UnknownDocument
    │   ├── DocumentRemoved                     purged, or withheld until the operator decides
    │   ├── UnknownVersion
    │   └── StoreDamaged
    ├── RunError
    │   ├── RunPartial                 exit 3   done, but some pages failed or were quarantined, or it was cancelled
    │   ├── PublishRefused             exit 4   too much failed or vanished: nothing published
    │   └── RunLocked                  exit 5   another run holds the lock
    ├── GenerationError
    │   ├── NoGeneration                        nothing was built yet
    │   └── GenerationDamaged                   a file does not match its manifest
    ├── CitationError                           a jurisdiction table or a citation cannot be used
    ├── EmbeddingError
    ├── TopicError
    ├── GraphError
    │   └── UnknownNode
    ├── QueryError                              a query that cannot be parsed, or over a limit
    └── AnswerError
        └── LLMError                            the model's server is down, slow or answers garbage

The message always says what happened and what to do next.
"""

from __future__ import annotations

from typing import ClassVar


class LexatlasError(Exception):
    """Base of all errors that a user of Lexatlas is meant to read."""

    exit_code: ClassVar[int] = 1


class ConfigError(LexatlasError):
    """A setting or an option cannot be used."""

    exit_code = 2


class SourceError(LexatlasError):
    """A source cannot be crawled."""


class UnknownSource(SourceError):
    """No source of that name is registered."""

    exit_code = 2


class SourceUnreachable(SourceError):
    """The site did not answer at all."""


class EmptySource(SourceError):
    """The site answered, but it lists no document."""


class TermsRefused(SourceError):
    """The publisher's terms forbid crawling, or nobody has read them."""

    exit_code = 2


class FetchError(LexatlasError):
    """One page could not be fetched; `url` names it, `reason` is a short machine word."""

    def __init__(self, message: str, *, url: str = "", reason: str = "fetch") -> None:
        super().__init__(message)
        self.url = url
        self.reason = reason


class FetchRefused(FetchError):
    """Robots, scheme, address or redirect not allowed; never retried."""


class FetchTooLarge(FetchError):
    """The body is above the cap, or its encoding is one that is not opened."""


class FetchTimeout(FetchError):
    """The page's total deadline passed."""


class FetchFailed(FetchError):
    """A bad status or a transport fault after all tries; `status` is 0 for transport faults."""

    def __init__(self, message: str, *, url: str = "", reason: str = "fetch", status: int = 0) -> None:
        super().__init__(message, url=url, reason=reason)
        self.status = status


class ParseError(LexatlasError):
    """A page is not what its source expects; `reason` is a short machine word for the quarantine."""

    def __init__(self, message: str, *, reason: str = "parse") -> None:
        super().__init__(message)
        self.reason = reason


class StoreError(LexatlasError):
    """The store of documents cannot do what was asked."""


class UnknownDocument(StoreError):
    """No document has that id."""


class DocumentRemoved(StoreError):
    """The document was purged, or is withheld until the operator decides; the message never names it."""


class UnknownVersion(StoreError):
    """The document has no such version."""


class StoreDamaged(StoreError):
    """The database is damaged or of a format that this release cannot read."""


class RunError(LexatlasError):
    """A run could not do its work."""


class RunPartial(RunError):
    """The run is done, but some pages failed or were quarantined."""

    exit_code = 3


class PublishRefused(RunError):
    """Too many pages failed or vanished; nothing was published."""

    exit_code = 4


class RunLocked(RunError):
    """Another run holds the lock of this data directory."""

    exit_code = 5


class GenerationError(LexatlasError):
    """A generation cannot be built, published or read."""


class NoGeneration(GenerationError):
    """Nothing has been built in this data directory yet."""


class GenerationDamaged(GenerationError):
    """A file of a generation does not match its manifest."""


class CitationError(LexatlasError):
    """A jurisdiction table or a citation cannot be used."""


class EmbeddingError(LexatlasError):
    """The embedding model is missing, damaged or of another dimension."""


class TopicError(LexatlasError):
    """A matrix or a setting does not allow topics to be found."""


class GraphError(LexatlasError):
    """The knowledge graph cannot answer."""


class UnknownNode(GraphError):
    """No node of the graph has that id."""


class QueryError(LexatlasError):
    """A query cannot be parsed or is over a limit that the message names."""


class AnswerError(LexatlasError):
    """An answer cannot be made."""


class LLMError(AnswerError):
    """The language model's server is down, slow, refused the call or answered garbage."""
