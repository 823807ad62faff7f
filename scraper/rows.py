"""What the store's rows mean: the values they are made of and read back into."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Row

from scraper.database import moment, stamp
from scraper.interfaces import ChangeKind
from scraper.models import (
    Document,
    DocumentKind,
    DocumentStatus,
    Provenance,
    Version,
    canonical_json,
    document_from_json,
    document_to_json,
)

CURRENT, WITHDRAWN, WITHHELD = "current", "withdrawn", "withheld"
KEPT = "kept"  # a decision: the operator released the document


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to a document; `old_version` and `new_version` are hashes, empty where there is none."""

    document_id: str
    kind: ChangeKind
    run_id: str
    at: datetime
    old_version: str
    new_version: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A page that did not parse: why, and where its raw bytes lie in the archive."""

    id: int
    url: str
    source: str
    run_id: str
    reason: str
    message: str
    raw_sha256: str
    warc_file: str
    warc_offset: int
    at: datetime
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a run did not meet: of `known` documents of a site `unmet` ones, and of these `vanished` ones.

    A document has vanished where none of its pages is listed any more or can be found, and no other site has it.
    """

    known: int
    unmet: int
    vanished: tuple[tuple[str, DocumentKind], ...]


def summary(document: Document) -> dict[str, str]:
    """Return the columns of `documents` that follow the newest text."""
    return {"title": document.title, "citation": document.citation, "kind": document.kind.value}


def version_row(document: Document, document_id: str, provenance: Provenance) -> dict[str, Any]:
    """Return a row of `versions` that is open from the moment when its page was fetched."""
    source = {name: getattr(provenance, name) for name in Provenance.__dataclass_fields__}
    source["fetched_at"], source["headers"] = stamp(provenance.fetched_at), dict(provenance.headers)
    effective_from, effective_to = document.effective_from, document.effective_to
    return {
        "document_id": document_id,
        "hash": document.version,
        "text": document.text,
        "meta": canonical_json(document_to_json(document.with_id(document_id), with_text=False)),
        "provenance": canonical_json(source),
        "observed_from": stamp(provenance.fetched_at),
        "observed_to": None,
        "effective_from": effective_from.isoformat() if effective_from else None,
        "effective_to": effective_to.isoformat() if effective_to else None,
    }


def read_version(row: Row[Any], citations: Sequence[str]) -> Version:
    """Read a row of `versions` with the `state` and `newest` of its document; `citations` are its other names."""
    document = document_from_json(json.loads(row.meta), row.text)
    others = tuple(name for name in citations if name not in {document.citation, *document.aliases})
    if others:
        document = replace(document, aliases=(*document.aliases, *others))
    if row.state != CURRENT and row.hash == row.newest:
        document = replace(document, status=DocumentStatus.WITHDRAWN)
    source = json.loads(row.provenance)
    provenance = Provenance(**{**source, "fetched_at": moment(source["fetched_at"])})
    until = moment(row.observed_to) if row.observed_to else None
    return Version(row.document_id, row.hash, document, moment(row.observed_from), until, provenance)


def read_change(row: Row[Any]) -> Change:
    """Read a row of `changes`."""
    return Change(row.document_id, row.kind, row.run_id, moment(row.at), row.old_version, row.new_version, row.url,
                  row.note)  # fmt: skip


def read_quarantined(row: Row[Any]) -> Quarantined:
    """Read a row of `quarantine`."""
    values = {name: getattr(row, name) for name in Quarantined.__dataclass_fields__}
    values["at"] = moment(row.at)
    values["resolved_at"] = moment(row.resolved_at) if row.resolved_at else None
    return Quarantined(**values)
