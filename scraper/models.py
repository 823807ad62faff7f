"""What every stage knows of a document: frozen values, no input or output.

`Version.text` is canonical. Everything else about a text (opinions, paragraphs, history, footnotes) is a typed
`Span` over it; offsets count Unicode code points.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class DocumentKind(StrEnum):
    """The four kinds of authority, and a fifth for collections that are not law."""

    CONSTITUTION = "constitution"
    STATUTE = "statute"
    REGULATION = "regulation"
    CASE = "case"
    OTHER = "other"


class DocumentStatus(StrEnum):
    """Whether a provision has force as its publisher states it; cases are `in_force`."""

    IN_FORCE = "in_force"
    REPEALED = "repealed"
    RESERVED = "reserved"
    RENUMBERED = "renumbered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # vanished from its source: a tombstone


class SpanKind(StrEnum):
    """What a stretch of the canonical text is; spans of different kinds may nest."""

    PARAGRAPH = "paragraph"  # label: the paragraph's number where the source has one
    SUBSECTION = "subsection"  # label: the anchor, such as "(a)(2)"
    HISTORY = "history"  # source credit: enacted and amended by
    ANNOTATION = "annotation"  # editor's notes, cross references: never operative
    SYLLABUS = "syllabus"  # nobody's holding
    HEAD_MATTER = "head_matter"  # caption, counsel, date lines before an opinion
    OPINION = "opinion"  # label: its kind (OpinionKind); attrs: author, joined_by
    FOOTNOTE = "footnote"  # label: its number; attrs: mark, where its mark stands in the text
    FOOTNOTE_MARK = "footnote_mark"  # label: the footnote's number; attrs: footnote, where that note begins
    STAR_PAGE = "star_page"  # label: the page that begins here
    DEFINITION = "definition"  # label: the term; attrs: also (other terms), verb, scope ("this section")
    NOTICE = "notice"  # printed beside the section: temporary acts, delays; attrs: until, effective (ISO dates)


class OpinionKind(StrEnum):
    """Who speaks; only `majority` and `per_curiam` speak for the court."""

    MAJORITY = "majority"
    PLURALITY = "plurality"
    PER_CURIAM = "per_curiam"
    CONCURRENCE = "concurrence"
    IN_JUDGMENT = "concurrence_in_judgment"
    IN_PART = "concurrence_in_part"
    DISSENT = "dissent"


class DispositionKind(StrEnum):
    """How a case ended, so far as its page says so; only `merits` holds anything."""

    MERITS = "merits"  # affirmed, reversed, vacated, remanded, a decree entered
    RECONSIDER = "vacated_for_reconsideration"  # sent back to be considered again in the light of something later
    IMPROVIDENT = "dismissed_as_improvidently_granted"
    DISMISSED = "dismissed"  # for want of jurisdiction, as moot, by agreement
    DENIED = "certiorari_denied"
    STAY = "stay"
    CERTIFIED = "certified_question"


class PublicationStage(StrEnum):
    """How far an opinion had come on its way into the reports when its page was printed, as the page says."""

    SLIP = "slip"
    PRELIMINARY = "preliminary"
    BOUND = "bound"


@dataclass(frozen=True, slots=True, order=True, init=False)
class Span:
    """A typed stretch `[start, end)` of a version's text, in code points."""

    start: int
    end: int
    kind: SpanKind
    label: str = ""
    attrs: Mapping[str, str] = field(default_factory=dict, compare=False, hash=False)

    def __init__(
        self, start: int, end: int, kind: SpanKind, label: str = "", attrs: Mapping[str, str] | None = None
    ) -> None:
        # A text has hundreds of spans, and what the decorator would write here takes half as long again.
        _set_start(self, start)
        _set_end(self, end)
        _set_kind(self, kind)
        _set_label(self, label)
        _set_attrs(self, {} if attrs is None else attrs)

    def to_json(self) -> list[Any]:
        """Return `[start, end, kind, label, attrs]`, the compact form on disk and over the wire."""
        return [self.start, self.end, self.kind.value, self.label, dict(self.attrs)]

    @classmethod
    def from_json(cls, row: list[Any]) -> Span:
        """Read what `to_json` wrote."""
        return cls(row[0], row[1], SpanKind(row[2]), row[3], row[4])


_set_start, _set_end, _set_kind, _set_label, _set_attrs = (vars(Span)[name].__set__ for name in Span.__slots__)


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a document's place in its code: `kind` title, part, chapter, article, court, year ..."""

    kind: str
    label: str  # as printed: "Title 28 - Judiciary and Judicial Procedure"
    number: str = ""  # "28"


@dataclass(frozen=True, slots=True)
class Document:
    """One statute section, constitutional provision, regulation section or case, as one page states it.

    A source's pure parser returns it. `id` is the id that the page's own citation gives; the store keeps the id that
    was minted first for the same document. `url` is canonical (the publisher's, never a mirror's).
    """

    id: str
    kind: DocumentKind
    jurisdiction: str
    title: str
    citation: str
    text: str
    url: str
    spans: tuple[Span, ...] = ()
    parallel_citations: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()  # other citations under which it was known: renumbered from ...
    hierarchy: tuple[Level, ...] = ()
    status: DocumentStatus = DocumentStatus.IN_FORCE
    court: str = ""  # id in the table of courts: "scotus"
    date: dt.date | None = None  # decided
    date_argued: dt.date | None = None
    docket: str = ""
    judges: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    disposition: str = ""  # in words, as printed
    disposition_kind: str = ""  # one of DispositionKind; empty where nothing tells
    publication: str = ""  # "published", "unpublished", "slip"; empty when the source does not say
    publication_stage: str = ""  # one of PublicationStage; empty when the page does not say
    effective_from: dt.date | None = None
    effective_to: dt.date | None = None
    previous_url: str = ""
    next_url: str = ""
    warnings: tuple[str, ...] = ()  # what a reader must know: temporary amendment, delayed effect, range section
    covers: tuple[str, ...] = ()  # citations of every section that a range section is known to stand for

    @property
    def decides_merits(self) -> bool | None:
        """Tell whether the case decided the dispute itself, and so may hold something; None where nothing tells."""
        return self.disposition_kind == DispositionKind.MERITS if self.disposition_kind else None

    @property
    def version(self) -> str:
        """The content hash of the text that this page states."""
        return text_hash(self.text)

    def spans_of(self, kind: SpanKind) -> tuple[Span, ...]:
        """Return the spans of one kind in order of place."""
        return tuple(span for span in self.spans if span.kind is kind)

    def with_id(self, document_id: str) -> Document:
        """Return the same document under the id that the store minted."""
        return replace(self, id=document_id)


@dataclass(frozen=True, slots=True)
class SourceRef:
    """Where a text was seen: canonical address, the source's name, first and last sight (UTC)."""

    url: str
    source: str
    first_seen: dt.datetime
    last_seen: dt.datetime


@dataclass(frozen=True, slots=True)
class Provenance:
    """How the raw bytes of a version came: one HTTP response in the archive."""

    url: str  # canonical
    fetched_from: str  # the address dialled, a mirror's perhaps
    fetched_at: dt.datetime
    status: int
    headers: Mapping[str, str]
    raw_sha256: str
    warc_file: str = ""
    warc_offset: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """One text of a document, by content hash; `observed_to` is None while it is current."""

    document_id: str
    hash: str
    document: Document  # the metadata as stated together with this text
    observed_from: dt.datetime
    observed_to: dt.datetime | None
    provenance: Provenance


def text_hash(text: str) -> str:
    """Return the SHA-256 of a canonical text, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


_DATE_FIELDS = ("date", "date_argued", "effective_from", "effective_to")


def document_to_json(document: Document, *, with_text: bool = True) -> dict[str, Any]:
    """Return a document as plain JSON values, dates in ISO form; `document_from_json` reads it back."""
    row: dict[str, Any] = {
        name: getattr(document, name) for name in document.__dataclass_fields__ if with_text or name != "text"
    }
    row["kind"], row["status"] = document.kind.value, document.status.value
    row["spans"] = [span.to_json() for span in document.spans]
    row["hierarchy"] = [[level.kind, level.label, level.number] for level in document.hierarchy]
    for name in _DATE_FIELDS:
        value = row[name]
        row[name] = value.isoformat() if value else None
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}


def document_from_json(row: Mapping[str, Any], text: str | None = None) -> Document:
    """Read what `document_to_json` wrote; `text` supplies the text where it was left out."""
    values: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in row.items()}
    values["kind"], values["status"] = DocumentKind(row["kind"]), DocumentStatus(row["status"])
    values["spans"] = tuple(Span.from_json(span) for span in row["spans"])
    values["hierarchy"] = tuple(Level(*level) for level in row["hierarchy"])
    for name in _DATE_FIELDS:
        values[name] = dt.date.fromisoformat(row[name]) if row[name] else None
    if text is not None:
        values["text"] = text
    return Document(**values)


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no spaces, the form that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
