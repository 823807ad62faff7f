"""One file that holds a data directory: databases copied consistently while in use, every file with its SHA-256."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from indexing.generation import sync_folder
from scraper.errors import LexatlasError

_INDEX = "backup.json"
# A lock is no state, vectors and models are made again, and what is in `tmp` belongs to a run that goes on.
_LEFT_OUT = {"lock", "embeddings", "models", "tmp"}
_UNPACKING = ".restore-"
COPYING = ".backup-"  # holds copies of databases; a purge sweeps what a killed backup left


class BackupDamaged(LexatlasError):
    """A backup cannot be read or does not match its own list."""


class _Counted:
    """Reads what a file held when it was opened, and hashes it: an archive may grow while it is copied."""

    def __init__(self, handle: IO[bytes]) -> None:
        self.size = os.fstat(handle.fileno()).st_size
        self.sha256 = hashlib.sha256()
        self._handle = handle

    def read(self, size: int) -> bytes:
        piece = self._handle.read(size)
        self.sha256.update(piece)
        return piece


def back_up(data: Path, file: Path) -> int:
    """Write a backup and return its size in bytes; the file appears whole or not at all.

    A run or a build may go on meanwhile. Raises LexatlasError where there is nothing to back up, the disk refuses, or
    generations were removed in between.
    """
    if not data.is_dir():
        raise LexatlasError(f"There is no data directory at {data}; nothing to back up.")
    temporary = unfinished(file)
    try:
        with (
            tempfile.TemporaryDirectory(prefix=COPYING, dir=data) as scratch,
            tarfile.open(temporary, "w:gz", compresslevel=3) as archive,
        ):
            index = {}
            for path in _files(data, file):
                name = path.relative_to(data).as_posix()
                whole = _copy_database(path, Path(scratch)) if _is_database(path, data) else path
                index[name] = _add(archive, whole, name)
            listing = json.dumps({"format": 1, "files": index}, sort_keys=True).encode()
            _add_bytes(archive, _INDEX, io.BytesIO(listing), len(listing))
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(temporary, file)
        sync_folder(file.parent)
    except (OSError, sqlite3.Error, tarfile.TarError) as error:
        raise LexatlasError(
            f"The backup cannot be written ({error}). Nothing was kept of it; if generations were removed meanwhile, "
            "try again, else check free disk space and permissions."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return file.stat().st_size


def unfinished(file: Path) -> Path:
    """Return where a backup is written until it is whole; one that is killed leaves it."""
    return file.with_name(f".{file.name}.part")


def restore_into(file: Path, data: Path, before: Callable[[Path], None] = lambda _: None) -> list[str]:
    """Unpack a backup into an empty or absent directory and return the files' names.

    `before` is called with the folder of what was unpacked, before any of it appears. Raises BackupDamaged for a file
    that is no whole backup, and LexatlasError where it cannot be unpacked.
    """
    if not file.is_file():
        raise LexatlasError(f"There is no file {file}; nothing was restored.")
    try:
        made = not data.exists()
        data.mkdir(parents=True, exist_ok=True)
        for left in data.glob(f"{_UNPACKING}*"):  # by a restore that was killed
            shutil.rmtree(left)
        if any(data.iterdir()):
            raise LexatlasError(
                f"{data} is not empty; restore into an empty directory, so that nothing is overwritten."
            )
        # Inside the directory, which may be a volume of its own: nothing can be moved there from outside at once.
        scratch = Path(tempfile.mkdtemp(prefix=_UNPACKING, dir=data))
    except OSError as error:
        raise LexatlasError(f"{data} cannot be written ({error}); nothing was restored.") from error
    try:
        names = _unpack(file, scratch)
        before(scratch)
        for folder in (scratch, *(path for path in scratch.rglob("*") if path.is_dir())):
            sync_folder(folder)
        for path in sorted(scratch.iterdir(), key=lambda path: path.name == "generations"):  # what is served: last
            os.rename(path, data / path.name)
        sync_folder(data)
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        raise BackupDamaged(f"{file} is no whole backup ({error}); nothing was restored.") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if made and not any(data.iterdir()):
            data.rmdir()
    return names


def _read_to_the_end(file: Path) -> None:
    """Raise where the file's own checksum, which follows its last byte, does not fit: tarfile never reads so far."""
    with gzip.open(file, "rb") as whole:
        while whole.read(1 << 20):
            pass


def _unpack(file: Path, folder: Path) -> list[str]:
    _read_to_the_end(file)
    found: dict[str, str] = {}
    listing = b""
    with tarfile.open(file, "r:gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is None:
                raise ValueError(f"it holds what no backup holds: {member.name}")
            if member.name == _INDEX:
                listing = content.read()
                continue
            found[member.name] = _write(content, folder / _inside(member.name))
    index: dict[str, str] = json.loads(listing)["files"]
    wrong = sorted(name for name in index.keys() | found.keys() if index.get(name) != found.get(name))
    if wrong:
        raise ValueError(f"{wrong[0]} does not match its list")
    return sorted(index)


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(f"it names a file outside itself: {name}")
    return path


def _write(content: IO[bytes], path: Path) -> str:
    """Write a file that is not there yet and return its SHA-256; only plain files are made, so no link leads out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sha256 = hashlib.sha256()
    with path.open("xb") as handle:
        while piece := content.read(1 << 20):
            sha256.update(piece)
            handle.write(piece)
        handle.flush()
        os.fsync(handle.fileno())
    return sha256.hexdigest()


def _add(archive: tarfile.TarFile, path: Path, name: str) -> str:
    with path.open("rb") as handle:
        counted = _Counted(handle)
        _add_bytes(archive, name, counted, counted.size)
    return counted.sha256.hexdigest()


def _add_bytes(archive: tarfile.TarFile, name: str, content: Any, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    archive.addfile(member, cast(IO[bytes], content))


def _is_database(path: Path, data: Path) -> bool:
    return path.suffix == ".db" and path.parent == data


def _files(data: Path, file: Path) -> Iterator[Path]:
    """Yield what belongs in a backup, what points before what is pointed to: that was there when it was written."""
    first = [*sorted(path for path in data.glob("*.db") if _belongs(path, data)), data / "generations" / "current"]
    yield from (path for path in first if path.is_file())
    for path in sorted(data.rglob("*")):
        if path not in first and _belongs(path, data) and path.resolve() != file.resolve():
            yield path


def _belongs(path: Path, data: Path) -> bool:
    parts = path.relative_to(data).parts
    if parts[0] in _LEFT_OUT or any(part.startswith(".") for part in parts):
        return False
    return path.is_file() and path.suffix not in {".db-wal", ".db-shm"}


def _copy_database(path: Path, folder: Path) -> Path:
    copy = folder / path.name
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    try:
        source.backup(target)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # the disk or a lock, not the file
            raise
        raise LexatlasError(
            f"{path.name} is damaged ({error}), and nothing was backed up: a backup must be whole. `lexatlas doctor` "
            "says what is lost with it; put it back from an earlier backup, or move it away."
        ) from error
    finally:
        source.close()
        target.close()
    return copy
