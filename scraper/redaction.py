"""Takes responses out of the archive: a WARC file without them takes the place of the one that held them.

The records that stay are copied byte for byte. The new file is whole and on the disk before anything points to it,
and the old one goes last, so that this can be killed at any moment and done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO

import sqlalchemy as sa

from scraper.archive import Archive, ArchivedPage, refused, sync_folder
from scraper.database import Database, fetches, quarantine, versions

UNFINISHED = ".new"  # ends the name of a file that is being written; nothing reads it
_COPY = 1024 * 1024  # bytes held at once


@dataclass(frozen=True, slots=True)
class Cut:
    """What goes out of one file, and where in the new file the responses that stay begin."""

    file: str
    target: str
    keep: tuple[tuple[int, int], ...]  # (offset, size) of stretches of the old file, in order
    places: Mapping[int, int]  # old offset -> new offset
    urls: frozenset[str]  # canonical addresses of the pages and parts that go
    records: int  # responses that go


@dataclass(slots=True)
class _Group:
    """A response and the records that follow it."""

    url: str
    part_of: str
    offset: int
    size: int
    goes: bool


def find(archive: Archive, file: str, drops: Callable[[ArchivedPage], bool]) -> Cut | None:
    """Return what is to be cut from a file, None where nothing is; raise StoreDamaged where it cannot be read.

    With a page go its request and its parts, and with a part its page. A torn end goes too: nobody can tell what it
    holds.
    """
    groups = list[_Group]()
    for offset, size, page in archive.records(file):
        if page is not None:
            groups.append(_Group(page.url, page.part_of, offset, size, drops(page)))
        elif groups:
            groups[-1].size += size
    pages = {group.part_of or group.url for group in groups if group.goes}
    keep, places, new, gone = list[tuple[int, int]](), dict[int, int](), 0, list[_Group]()
    for group in groups:
        if group.goes or (group.part_of or group.url) in pages:
            gone.append(group)
            continue
        keep.append((group.offset, group.size))
        places[group.offset] = new
        new += group.size
    if new == (archive.folder / file).stat().st_size:
        return None
    return Cut(file, _next_name(archive, file), tuple(keep), places, frozenset(g.url for g in gone), len(gone))


def write(archive: Archive, cut: Cut, target: str) -> None:
    """Write what stays of a file under another name, whole and on the disk when it is seen there."""
    unfinished = archive.folder / (target + UNFINISHED)
    try:
        with (archive.folder / cut.file).open("rb") as old, unfinished.open("wb") as new:
            for offset, size in cut.keep:
                _copy(old, new, offset, size)
            new.flush()
            os.fsync(new.fileno())
        os.replace(unfinished, archive.folder / target)
        sync_folder(archive.folder)
    except OSError as error:
        raise refused(error) from error


def discard(archive: Archive, file: str) -> None:
    """Delete a file of the archive; one that is gone already is no error."""
    try:
        (archive.folder / file).unlink(missing_ok=True)
        sync_folder(archive.folder)
    except OSError as error:
        raise refused(error) from error


def sweep(archive: Archive) -> None:
    """Delete what a `write` that was killed left behind."""
    for left in archive.folder.glob("*" + UNFINISHED):
        discard(archive, left.name)


def discard_unused(database: Database, archive: Archive, run_id: str) -> list[str]:
    """Delete the files of a run to which nothing points, as a kill before its first commit leaves one; return them.

    For a run that is taken up again, before it writes; the caller holds the run lock.
    """
    unused = list[str]()
    for file in archive.files(run_id):
        told = versions.c.provenance.contains(f'"warc_file":{json.dumps(file)}', autoescape=True)
        asks = (
            sa.select(fetches.c.url).where(fetches.c.warc_file == file),
            sa.select(quarantine.c.url).where(quarantine.c.warc_file == file),
            sa.select(versions.c.hash).where(told),
        )
        with database.read() as connection:
            if not any(connection.execute(ask.limit(1)).first() for ask in asks):
                unused.append(file)
    for file in unused:
        discard(archive, file)
    return unused


def _copy(old: IO[bytes], new: IO[bytes], offset: int, size: int) -> None:
    old.seek(offset)
    while size > 0:
        piece = old.read(min(size, _COPY))
        new.write(piece)
        size -= len(piece)


def _next_name(archive: Archive, file: str) -> str:
    """Return a name that no file has or had: run-0001.warc.gz, run-0001.r1.warc.gz, run-0001.r2.warc.gz ..."""
    stem = file.removesuffix(".warc.gz")
    first, _, last = stem.rpartition(".r")
    base, number = (first, int(last)) if first and last.isdigit() else (stem, 0)
    while True:
        number += 1
        name = f"{base}.r{number}.warc.gz"
        if not (archive.folder / name).exists():
            return name
