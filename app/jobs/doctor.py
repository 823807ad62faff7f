"""Is everything whole, and is it the same as elsewhere? Checks that can fail, and one digest of all content."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.citator import NOT_READ
from app.jobs.idspace import prove_documents, prove_nodes, prove_vectors
from app.state.database import FILE as STATE_FILE
from app.state.database import State
from app.topics.names import kept_marks
from app.wiring import Services
from app.words import counted
from scraper.errors import LexatlasError, NoGeneration
from scraper.models import canonical_json
from scraper.publishers import possible_duplicates
from scraper.removal import pending

_LISTED = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    what: str
    ok: bool
    detail: str


def digest(services: Services) -> str:
    """Return a SHA-256 over sorted logical rows and fingerprints: no times, run ids, floats or index bytes.

    The same content gives the same digest whatever the order of work. Passages and citations are those of the served
    generation; before the first build only the store counts.
    """
    total = hashlib.sha256()
    for row in services.store.digest_rows():
        total.update(canonical_json(row).encode("utf-8") + b"\n")
    total.update(services.embedder.fingerprint.encode())
    try:
        generation, _ = services.generations.current()
    except NoGeneration:
        return total.hexdigest()
    total.update(generation.inputs.encode())
    for line in services.snapshots.current().corpus.catalogue.logical_rows():
        total.update(line.encode("utf-8") + b"\n")
    return total.hexdigest()


def examine(services: Services) -> list[Finding]:
    """Check the store, every generation, and that vectors, passages and graph nodes are one id space."""
    findings = [_store(services), _checked("removals", lambda: _removals(services))]
    findings.append(_checked("names of topics", lambda: _names(services)))
    findings.append(_checked("possible duplicates", lambda: _duplicates(services)))
    for name in services.generations.ids():
        findings.append(_checked(f"generation {name}", partial(_whole, services, name)))
    if services.generations.pointed() is None:
        findings.append(Finding("generations", True, "none is built yet"))
    else:
        findings.append(_checked("served generation", lambda: _served(services)))
    return findings


def _store(services: Services) -> Finding:
    def check() -> str:
        url = services.settings.database_url
        if url.startswith("sqlite:///"):
            connection = sqlite3.connect(url.removeprefix("sqlite:///"))
            try:
                verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            except sqlite3.DatabaseError as error:
                verdict = str(error)
            finally:
                connection.close()
            if verdict != "ok":
                raise LexatlasError(f"the database is damaged: {verdict}")
        wrong = [v.document_id for v in services.store.current() if v.document.version != v.hash]
        if wrong:
            raise LexatlasError(f"texts that do not match their hash: {', '.join(wrong[:5])}")
        return ", ".join(f"{value} {name}" for name, value in services.store.counts().items())

    return _checked("store", check)


def _removals(services: Services) -> str:
    left = len(pending(services.store.database))
    if left:
        raise LexatlasError(f"{left} removals are not finished: run `lexatlas purge ID` again for each")
    return "none is unfinished"


def _duplicates(services: Services) -> str:
    pairs = possible_duplicates(services.store.current())
    if not pairs:
        return "no case seems to be held twice"
    named = ", ".join(f"{one} and {other}" for one, other in pairs[:_LISTED])
    more = f", and {len(pairs) - _LISTED} more" if len(pairs) > _LISTED else ""
    return f"{counted(len(pairs), 'pair')} of one court, day and citation from two publishers: {named}{more}"


def _names(services: Services) -> str:
    wrong = State(services.settings.data).verdict()
    if wrong:
        raise LexatlasError(f"{STATE_FILE} is damaged: {wrong}")
    marks = services.names.current().marks
    if services.generations.pointed() is None:
        return f"{len(marks)} kept"
    topics = services.snapshots.current().corpus.topics
    orphaned = sum(one.orphaned for one in kept_marks(topics, marks))
    return f"{len(marks)} kept, {orphaned} of topics that are gone (`lexatlas topics names` lists them)"


def _whole(services: Services, name: str) -> str:
    return f"{services.generations.open(name).facts['counts']['documents']} documents, every file as its manifest says"


def _served(services: Services) -> str:
    snapshot = services.snapshots.current()
    corpus = snapshot.corpus
    warnings = [words for words in snapshot.warnings if words != NOT_READ]
    if warnings:
        raise LexatlasError("; ".join(warnings))
    prove_documents(corpus, snapshot.graph)
    compared = prove_vectors(corpus, services.settings.data / "embeddings", services.embedder)
    held = f"{len(corpus.entries)} documents, {len(corpus.passages)} passages"
    if not snapshot.standings.held:
        return f"{held}. {NOT_READ}"  # nor has its graph nodes of passages
    prove_nodes(corpus, snapshot.graph)
    return f"{held}, one id space ({compared} vectors compared with their computation)"


def _checked(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, check())
    except LexatlasError as error:
        return Finding(what, False, str(error))
