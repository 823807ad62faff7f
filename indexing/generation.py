"""Generations: one immutable, complete build of everything that is served, published whole or not at all.

    DATA/generations/ID/manifest.json      format, inputs, counts, SHA-256 and size of every other file
    DATA/generations/ID/...                catalogue.db, vectors.faiss, lexical folders, topics
    DATA/generations/current               one line: the ID that is served

Order of a publication: files, fsync, manifest, fsync, rename of the folder, fsync of its parent, pointer by rename. A
kill at any moment leaves the old generation served; what was left half-done is swept by the next build.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scraper.errors import GenerationDamaged, GenerationError, NoGeneration
from scraper.lock import RunLock
from scraper.models import canonical_json

FORMAT = 2
_READABLE = {1, 2}  # 1 lacks tombstones and the history of changes
_POINTER = "current"
_BUILDING = ".building-"
_LOCK = ".lock"  # held by whoever builds or removes generations


@dataclass(frozen=True, slots=True)
class Generation:
    """A published build: its folder and what its manifest says."""

    id: str
    folder: Path
    built_at: datetime
    inputs: str  # digest of the store's rows and of every setting that shapes the build
    facts: Mapping[str, Any]


class Generations:
    """The generations of one data directory."""

    def __init__(self, data: Path) -> None:
        self._root = data / "generations"

    @contextmanager
    def building(self, inputs: str, facts: dict[str, Any]) -> Iterator[Path]:
        """Give a folder to fill; on leaving without an error seal it, publish it and point to it.

        `facts` may be filled while building: it is written last, with the manifest. Raises RunLocked while another
        process builds, which would sweep this folder away as left half-done, and GenerationError where the disk
        refuses.
        """
        with RunLock(self._root / _LOCK):
            yield from self._building(inputs, facts)

    def _building(self, inputs: str, facts: dict[str, Any]) -> Iterator[Path]:
        built_at = datetime.now(UTC)
        name = self._new_name(built_at, inputs)
        folder = self._root / f"{_BUILDING}{name}"
        try:
            for old in self._root.glob(f"{_BUILDING}*"):
                shutil.rmtree(old)
            folder.mkdir()
            yield folder
            stated = {"id": name, "built_at": built_at.isoformat(), "inputs": inputs, "facts": facts}
            _seal(folder, {"format": FORMAT, **stated})
            os.rename(folder, self._root / name)
            sync_folder(self._root)
            self.use(name)
        except (OSError, sqlite3.Error) as error:
            raise GenerationError(
                f"The generation cannot be written ({error}). What was served before still is; free disk space or "
                "mend permissions, then build again."
            ) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # gone by then, if it was published

    def _new_name(self, built_at: datetime, inputs: str) -> str:
        stem = f"{built_at:%Y%m%dT%H%M%SZ}-{inputs[:8]}"
        taken = sum(1 for path in self._root.glob(f"{stem}*"))
        return f"{stem}-{taken + 1}" if taken else stem

    def use(self, generation_id: str) -> None:
        """Point to a generation; raise GenerationError where there is none of that id or the disk refuses."""
        self._known(generation_id)
        temporary = self._root / f".{_POINTER}"
        try:
            with temporary.open("w", encoding="utf-8") as handle:
                handle.write(generation_id + "\n")
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(temporary, self._root / _POINTER)
            sync_folder(self._root)
        except OSError as error:
            raise GenerationError(
                f"The pointer cannot be written ({error}); what was served before still is."
            ) from error

    def _known(self, generation_id: str) -> None:
        if generation_id not in self._folders():
            known = ", ".join(self.ids()) or "none"
            raise GenerationError(f"There is no generation {generation_id}; there are: {known}.")

    def _folders(self) -> set[str]:
        return {path.name for path in self._root.glob("[!.]*") if path.is_dir()}

    def ids(self) -> list[str]:
        """Return the ids of all published generations, oldest first."""
        return sorted(path.parent.name for path in self._root.glob("[!.]*/manifest.json"))

    def pointed(self) -> str | None:
        """Return the id that the pointer names, None before the first build."""
        try:
            return (self._root / _POINTER).read_text(encoding="utf-8", errors="replace").strip() or None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise GenerationDamaged(f"The pointer to the served generation cannot be read ({error}).") from error

    def open(self, generation_id: str, *, verify: bool = True) -> Generation:
        """Return a generation after holding every file against its manifest.

        Raises GenerationError where there is none of that id, GenerationDamaged where a file differs.
        """
        self._known(generation_id)
        folder = self._root / generation_id
        manifest = _read_manifest(folder)
        if verify:
            _verify(folder, manifest["files"])
        return Generation(
            generation_id, folder, datetime.fromisoformat(manifest["built_at"]), manifest["inputs"], manifest["facts"]
        )

    def current(self) -> tuple[Generation, list[str]]:
        """Return the generation to serve and warnings: the pointed one, or the newest older one that is whole.

        Raises NoGeneration before the first build and GenerationDamaged where none is whole.
        """
        pointed = self.pointed()
        if pointed is None:
            raise NoGeneration("Nothing is built yet: run `lexatlas ingest --source NAME`, then `lexatlas build`.")
        warnings: list[str] = []
        known = list(reversed(self.ids()))
        # A pointer that names none was damaged itself: then the newest is the likeliest.
        older = [name for name in known if name < pointed] if pointed in self._folders() else known
        for name in [pointed, *older]:
            try:
                return self.open(name), warnings
            except GenerationError as error:
                warnings.append(str(error))
        raise GenerationDamaged(f"No generation is whole. {warnings[0]} Run `lexatlas build --force`.")

    def finished_but_unpointed(self, inputs: str) -> str | None:
        """Return the newest generation where a kill came between its publication and the pointer, else None.

        It must have been made from the given inputs, and be whole.
        """
        newest = next(iter(reversed(self.ids())), None)
        pointed = self.pointed()
        if newest is None or (pointed is not None and newest <= pointed):
            return None
        try:
            return newest if self.open(newest).inputs == inputs else None
        except GenerationError:
            return None

    def prune(self, keep: int = 2) -> list[str]:
        """Remove all but the newest `keep` generations and the pointed one; return the ids removed.

        Raises RunLocked while a build goes on.
        """
        if not self._root.is_dir():
            return []
        with RunLock(self._root / _LOCK):
            return self._remove([name for name in self.ids()[: -keep or None] if name != self.pointed()])

    def keep_only(self, generation_id: str | None) -> list[str]:
        """Remove every generation but one, the remains of killed builds too; with None all, and the pointer.

        Returns the ids removed. Raises RunLocked while a build goes on.
        """
        if not self._root.is_dir():
            return []
        with RunLock(self._root / _LOCK):
            if generation_id is None:
                (self._root / _POINTER).unlink(missing_ok=True)
            removed = self._remove(sorted(self._folders() - {generation_id}))
            for left in self._root.glob(f"{_BUILDING}*"):
                shutil.rmtree(left)
            sync_folder(self._root)
            return removed

    def _remove(self, doomed: list[str]) -> list[str]:
        for name in doomed:
            # renamed first: a reader never meets a folder that is half gone
            hidden = self._root / f"{_BUILDING}{name}"
            os.rename(self._root / name, hidden)
            shutil.rmtree(hidden)
        return doomed


def generation_of(folder: Path) -> str:
    """Return the id under which a folder that is being filled will be published."""
    return folder.name.removeprefix(_BUILDING)


def _seal(folder: Path, manifest: dict[str, Any]) -> None:
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        files[path.relative_to(folder).as_posix()] = {"sha256": _sync_and_hash(path), "size": path.stat().st_size}
    for sub in [folder, *(p for p in folder.rglob("*") if p.is_dir())]:
        sync_folder(sub)
    manifest["files"] = files
    body = canonical_json(manifest)
    path = folder / "manifest.json"
    with path.open("w", encoding="utf-8") as handle:
        json.dump({"sha256": hashlib.sha256(body.encode()).hexdigest(), **manifest}, handle, indent=1, sort_keys=True)
        handle.flush()
        os.fsync(handle.fileno())
    sync_folder(folder)


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        stated = manifest.pop("sha256")
        if hashlib.sha256(canonical_json(manifest).encode()).hexdigest() != stated:
            raise ValueError("it does not match its own hash")
        if manifest["format"] not in _READABLE:
            raise ValueError(f"its format {manifest['format']} is none that this release reads; build again")
        if manifest["id"] != folder.name:
            raise ValueError(f"it is that of generation {manifest['id']}")
        return manifest
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise GenerationDamaged(f"The manifest of generation {folder.name} cannot be used: {error}.") from error


def _verify(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"manifest.json"}
    if present != set(files):
        odd = ", ".join(sorted(present ^ set(files))[:3])
        raise GenerationDamaged(f"Generation {folder.name} has files missing or added: {odd}.")
    for name, facts in files.items():
        try:
            with (folder / name).open("rb") as handle:
                found = hashlib.file_digest(handle, "sha256").hexdigest()
        except OSError as error:
            raise GenerationDamaged(f"{name} of generation {folder.name} cannot be read ({error}).") from error
        if found != facts["sha256"]:
            raise GenerationDamaged(f"{name} of generation {folder.name} does not match its manifest.")


def _sync_and_hash(path: Path) -> str:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
