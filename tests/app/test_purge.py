"""A sealed opinion is purged: afterwards its words are nowhere, and nothing brings it back."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.jobs.backup import back_up, restore_into
from app.jobs.doctor import examine
from app.jobs.purge import purge_everywhere
from app.progress import Reporter
from app.state.topics import MarkKind
from app.wiring import Services, wire
from scraper.errors import DocumentRemoved, UnknownDocument
from tests.app import law
from tests.conftest import ROOT, lexatlas, lexatlas_json, settings

SEALED = "arcadia:high:7"
PHRASE = "the infant petitioner Quillfeather"
QUIET = Reporter(quiet=True)


def rows(*, amended: bool = False) -> list[dict[str, Any]]:
    text = f"In this matter {PHRASE} asks that the record be sealed. " + "The prayer is granted for good cause. " * 20
    sealed = law.case(7) | {"title": "In re Quillfeather", "text": text + ("So ordered again." * amended)}
    return [*(law.section(n) for n in range(1, 13)), sealed]


@pytest.fixture
def full(tmp_path: Path, models: Path) -> Services:
    """A data directory with two versions, two generations and a recorded backup of the sealed opinion."""
    services = wire(settings(tmp_path / "data", models))
    for amended in (False, True):
        law.read(services, tmp_path / "law", rows(amended=amended))
        services.builder().build(QUIET)
    assert len(services.generations.ids()) == 2
    services.names.keep_label("t1", "digest", "Sealed record of Quillfeather", "model")
    services.names.mark("t1", MarkKind.PIN, "", label="Quillfeather, record")
    done = lexatlas(services.settings.data, models, "backup", str(tmp_path / "kept.tar.gz"))
    assert done.returncode == 0, done.stderr
    return services


def places(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and what packed files hold."""
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        raw = path.read_bytes()
        yield str(path), raw
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                for member in archive:
                    content = archive.extractfile(member)
                    inner = content.read() if content else b""
                    yield f"{path}:{member.name}", inner
                    if inner[:2] == b"\x1f\x8b":
                        yield f"{path}:{member.name} unpacked", gzip.decompress(inner)
        elif raw[:2] == b"\x1f\x8b":
            yield f"{path} unpacked", gzip.decompress(raw)


def holding(root: Path) -> list[str]:
    """Where the words of the sealed opinion, its name or its id are found."""
    words = [PHRASE.encode(), b"Quillfeather", SEALED.encode()]
    return [name for name, raw in places(root) if any(word in raw for word in words)]


def test_nothing_is_left_anywhere_and_nothing_comes_back(full: Services, tmp_path: Path, models: Path) -> None:
    data = full.settings.data
    before = {name.split("/")[-2] for name in holding(tmp_path)}
    assert len(before) > 3, "the test looks where it is"
    copied = tmp_path / "elsewhere" / "old.tar.gz"
    copied.parent.mkdir()
    back_up(data, copied)  # nobody told the store of this one
    shutil.rmtree(tmp_path / "law")
    copied.rename(tmp_path.parent / f"{tmp_path.name}-old.tar.gz")
    (data / ".backup-killed").mkdir()
    shutil.copy(data / "store.db", data / ".backup-killed")
    shutil.copy(tmp_path / "kept.tar.gz", tmp_path / ".kept.tar.gz.part")
    copied = tmp_path.parent / f"{tmp_path.name}-old.tar.gz"

    report = lexatlas_json(data, models, "purge", "--yes", SEALED)
    assert (report["versions"], report["generations"], report["unreached"]) == (2, 2, [])
    assert report["backups"] == [str(tmp_path / "kept.tar.gz")] and report["vectors"] > 0
    assert holding(tmp_path) == []
    again = wire(settings(data, models))
    assert all(finding.ok for finding in examine(again))
    with pytest.raises(DocumentRemoved) as gone:
        again.snapshots.current().corpus.catalogue.entry(SEALED)
    assert "Quillfeather" not in str(gone.value) and SEALED not in str(gone.value)
    assert len(list(again.store.current())) == 12

    counts = law.read(again, tmp_path / "law", rows()).documents
    assert counts["added"] == 0 and len(list(again.store.current())) == 12
    shutil.rmtree(tmp_path / "law")
    assert holding(tmp_path) == []
    assert lexatlas_json(data, models, "purge", "--yes", SEALED)["versions"] == 0  # done before: nothing to do

    for name, file, options in (
        ("a", tmp_path / "kept.tar.gz", []), ("b", copied, ["--purged", str(data)])
    ):  # fmt: skip
        restored = tmp_path / name
        value = lexatlas_json(restored, models, "restore", str(file), *options)
        assert value["left_out"] == (1 if options else 0)
        assert value["build"] is True  # generations held the texts too, so that neither has one
        assert holding(restored) == []
        assert len(list(wire(settings(restored, models)).store.current())) == 12
        built = wire(settings(restored, models)).builder().build(QUIET)
        assert built.counts["documents"] == 12
    copied.unlink()
    told = lexatlas(tmp_path / "c", models, "restore", str(tmp_path / "kept.tar.gz"))
    assert told.returncode == 0 and "Now run `lexatlas build`." in told.stdout


def test_a_backup_that_is_not_there_is_told_until_it_is_let_go(full: Services, tmp_path: Path, models: Path) -> None:
    data, kept = full.settings.data, tmp_path / "kept.tar.gz"
    kept.rename(tmp_path / "away.tar.gz")
    done = lexatlas(data, models, "purge", "--yes", SEALED)
    assert done.returncode == 3 and str(kept) in done.stderr and "--forget-missing" in done.stderr
    unfinished = lexatlas(data, models, "doctor")
    assert unfinished.returncode == 1 and "not finished" in unfinished.stdout
    (tmp_path / "away.tar.gz").rename(kept)
    assert lexatlas_json(data, models, "purge", "--yes", SEALED)["backups"] == [str(kept)]
    folder = tmp_path / "whole"
    restore_into(kept, folder)
    assert holding(folder) == []
    kept.unlink()
    assert lexatlas(data, models, "purge", "--yes", SEALED).returncode == 3
    assert lexatlas(data, models, "purge", "--yes", "--forget-missing", SEALED).returncode == 0
    assert lexatlas(data, models, "doctor").returncode == 0


@pytest.mark.long
@pytest.mark.parametrize("seconds", [1.5, 3.0, 4.0, 5.0, 6.0, 8.0])
def test_a_purge_that_is_killed_goes_on_when_it_is_run_again(
    full: Services, tmp_path: Path, models: Path, seconds: float
) -> None:
    data = full.settings.data
    shutil.rmtree(tmp_path / "law")
    environment = os.environ | {"LEXATLAS_MODELS": str(models)}
    command = [sys.executable, "-m", "app", "--data", str(data), "purge", "--yes", SEALED]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment, cwd=ROOT) as purge:
        time.sleep(seconds)
        purge.kill()
    assert full.generations.current()[0], "what was served, or what takes its place, can be read"
    done = lexatlas(data, models, "purge", "--yes", SEALED)
    assert done.returncode == 0, done.stderr
    assert holding(tmp_path) == []
    assert all(finding.ok for finding in examine(wire(settings(data, models))))
    assert not [path for path in data.rglob(".*") if path.is_dir()]


def test_the_last_document_goes_as_well(tmp_path: Path, models: Path) -> None:
    services = wire(settings(tmp_path / "data", models))
    law.read(services, tmp_path / "law", rows()[-1:])
    services.builder().build(QUIET)
    shutil.rmtree(tmp_path / "law")
    report = purge_everywhere(services, SEALED, QUIET)
    assert report.generation == "" and services.generations.pointed() is None
    assert holding(tmp_path) == []


def test_what_is_not_there_is_told_and_nobody_is_asked_in_json(full: Services, models: Path) -> None:
    with pytest.raises(UnknownDocument):
        purge_everywhere(full, "arcadia:high:999", QUIET)
    done = lexatlas(full.settings.data, models, "--json", "purge", SEALED)
    assert done.returncode == 2 and "--yes" in done.stderr
    done = lexatlas(full.settings.data, models, "purge", SEALED)
    assert done.returncode == 1 and len(list(full.store.current())) == 13
