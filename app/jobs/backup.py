"""One file that holds a data directory: databases copied consistently while in use, every file with its SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from scraper.errors import LexatlasError

_INDEX = "backup.json"
_LEFT_OUT = {"lock", "embeddings", "models"}  # a lock is no state; vectors and models are made again


class BackupDamaged(LexatlasError):
    """A backup cannot be read or does not match its own list."""


def back_up(data: Path, file: Path) -> int:
    """Write a backup and return its size in bytes; the file appears whole or not at all."""
    if not data.is_dir():
        raise LexatlasError(f"There is no data directory at {data}; nothing to back up.")
    temporary = file.with_name(f".{file.name}.part")
    try:
        with tempfile.TemporaryDirectory() as scratch, tarfile.open(temporary, "w:gz", compresslevel=3) as archive:
            index = {}
            for path in _files(data):
                name = path.relative_to(data).as_posix()
                whole = _copy_database(path, Path(scratch)) if path.suffix == ".db" and path.parent == data else path
                with whole.open("rb") as handle:
                    index[name] = hashlib.file_digest(handle, "sha256").hexdigest()
                archive.add(whole, name, recursive=False)
            listing = Path(scratch) / _INDEX
            listing.write_text(json.dumps({"format": 1, "files": index}, sort_keys=True))
            archive.add(listing, _INDEX, recursive=False)
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)
    return file.stat().st_size


def restore_into(file: Path, data: Path) -> list[str]:
    """Unpack a backup into an empty or absent directory and return the files' names; raise BackupDamaged."""
    if data.exists() and any(data.iterdir()):
        raise LexatlasError(f"{data} is not empty; restore into an empty directory, so that nothing is overwritten.")
    data.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".restore-", dir=data.parent))
    try:
        names = _unpack(file, scratch)
        if data.exists():
            data.rmdir()
        os.rename(scratch, data)
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError) as error:
        raise BackupDamaged(f"{file} is no whole backup ({error}); nothing was restored.") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return names


def _unpack(file: Path, folder: Path) -> list[str]:
    with tarfile.open(file, "r:gz") as archive:
        archive.extractall(folder, filter="data")
    listing = folder / _INDEX
    index: dict[str, str] = json.loads(listing.read_text())["files"]
    listing.unlink()
    for name, stated in index.items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise ValueError(f"it names a file outside itself: {name}")
        with (folder / name).open("rb") as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() != stated:
                raise ValueError(f"{name} does not match its hash")
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if present != set(index):
        raise ValueError("its files are not those that it lists")
    return sorted(index)


def _files(data: Path) -> Iterator[Path]:
    for path in sorted(data.rglob("*")):
        parts = path.relative_to(data).parts
        unfinished = any(part.startswith(".") for part in parts)
        if (
            path.is_file()
            and parts[0] not in _LEFT_OUT
            and not unfinished
            and path.suffix not in {".db-wal", ".db-shm"}
        ):
            yield path


def _copy_database(path: Path, folder: Path) -> Path:
    copy = folder / path.name
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    return copy
