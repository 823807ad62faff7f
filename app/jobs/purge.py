"""Removes a document for good, wherever it lies: store, archive, generations, vectors, backups.

    labels of topics -> store and archive -> a generation without it -> older generations -> vectors -> backups -> done

Each step can be killed; the same command goes on where it stopped. What stays is a list of hashes, which keeps the
document out of later crawls and names nobody.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.jobs.backup import COPYING, BackupDamaged, back_up, restore_into, unfinished
from app.jobs.pipeline import embedding_input
from app.progress import Reporter
from app.state.database import State
from app.state.topics import TopicNames
from app.wiring import Services
from indexing.catalogue import FILE, Catalogue
from indexing.embedding import EmbeddingCache
from indexing.generation import Generation
from scraper import removal
from scraper.archive import Archive
from scraper.database import Database, stamp, suppressed, utc_now
from scraper.errors import LexatlasError
from scraper.lock import run_lock
from scraper.store import Store
from scraper.suppression import returned_documents, suppress

_SCRATCH = ".purge-"
Listed = Sequence[tuple[str, str]]  # (kind, hash) of what must not come back


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """What a purge removed; `unreached` are backups that could not be rewritten, so that the removal is not done."""

    versions: int
    records: int  # responses in the archive
    generations: int
    vectors: int
    generation: str  # served now; empty where nothing is left to serve
    backups: tuple[str, ...]
    unreached: tuple[tuple[str, str], ...] = ()  # (path, why)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def purge_everywhere(
    services: Services, document_id: str, reporter: Reporter, *, forget_missing: bool = False
) -> PurgeReport:
    """Remove a document from everything in and beside the data directory; begun before, go on with it.

    With `forget_missing` backups that are not there any more are let go of. Raises UnknownDocument, RunLocked while a
    run or a build goes on, and StoreError or GenerationError where the disk refuses.
    """
    settings, store = services.settings, services.store
    with run_lock(store.database, settings.data / "lock"), Archive(settings.data / "archive") as archive:
        services.names.forget_labels()  # first, so that no backup is without the document and with its words
        with reporter.step("Removing it from store and archive"):
            removed = removal.purge(store, archive, document_id)
        generation = _rebuild(services, reporter)
        generations = services.generations.keep_only(generation.id if generation else None)
        with reporter.step("Forgetting vectors"):
            vectors = EmbeddingCache(settings.data / "embeddings", services.embedder).keep_only(_embedded(generation))
        rewritten, unreached = _rewrite_backups(services, reporter, forget_missing=forget_missing)
        if not unreached:
            removal.finish(store.database, document_id)
    return PurgeReport(
        removed.versions, removed.records, len(generations), vectors, generation.id if generation else "",
        tuple(rewritten), tuple(unreached),
    )  # fmt: skip


def _rebuild(services: Services, reporter: Reporter) -> Generation | None:
    if next(iter(services.store.current()), None) is None:
        return None
    built = services.builder().build(reporter, despite_refusal=True)
    return services.generations.open(built.generation)


def _embedded(generation: Generation | None) -> Iterator[str]:
    if generation is None:
        return
    catalogue = Catalogue(generation.folder / FILE)
    name, text = "", ""
    for passage in catalogue.passages():
        if passage.document_id != name:
            name, text = passage.document_id, catalogue.version(passage.document_id).document.text
        yield embedding_input(passage, text)


# ---- backups --------------------------------------------------------------------------------------------


def listed(database: Database) -> list[tuple[str, str]]:
    """Return (kind, hash) of everything that must not come back."""
    with database.read() as connection:
        rows = connection.execute(sa.select(suppressed.c.kind, suppressed.c.sha256).order_by(*suppressed.c)).all()
    return [(row.kind, row.sha256) for row in rows]


def cleanse(data: Path, names: Listed) -> list[str]:
    """Remove what is listed from a data directory that was just unpacked; return the ids that it held.

    Its generations go with them, since they hold the texts too: build again. Raises LexatlasError.
    """
    with closing(Database(f"sqlite:///{(data / 'store.db').resolve()}")) as database:
        suppress(database, names, stamp(utc_now()))
        held = returned_documents(database)
        if held:
            shutil.rmtree(data / "generations", ignore_errors=True)
            with closing(State(data)) as state:
                TopicNames(state).forget_labels()
            with Archive(data / "archive") as archive:
                for name in held:
                    removal.purge(Store(database), archive, name)
                    removal.finish(database, name)
    return held


def _rewrite_backups(
    services: Services, reporter: Reporter, *, forget_missing: bool
) -> tuple[list[str], list[tuple[str, str]]]:
    database, data = services.store.database, services.settings.data
    for left in [*data.glob(f"{_SCRATCH}*"), *data.glob(f"{COPYING}*")]:  # by a purge or a backup that was killed
        shutil.rmtree(left)
    names = listed(database)
    rewritten: list[str] = []
    unreached: list[tuple[str, str]] = []
    for path in removal.noted_backups(database):
        file = Path(path)
        unfinished(file).unlink(missing_ok=True)
        if not file.is_file():
            if forget_missing:
                removal.forget_backup(database, path)
            else:
                unreached.append((path, "it is not there"))
            continue
        with reporter.step(f"Rewriting {file.name}"):
            try:
                _rewrite(file, data, names)
                rewritten.append(path)
            except (LexatlasError, OSError) as error:
                unreached.append((path, str(error)))
    return rewritten, unreached


def _rewrite(file: Path, data: Path, names: Listed) -> None:
    scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=data))
    try:
        restore_into(file, scratch)
        if not (scratch / "store.db").is_file():
            raise BackupDamaged(f"{file} holds no database, so that nothing tells what in it is to go; destroy it.")
        cleanse(scratch, names)
        back_up(scratch, file)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
