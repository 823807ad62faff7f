"""Backups: of a directory that is in use, and restored from files that nobody should trust."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import sqlite3
import tarfile
from pathlib import Path

import pytest

from app.jobs.backup import BackupDamaged, back_up, restore_into
from indexing.generation import Generations
from scraper.errors import LexatlasError


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "archive").mkdir(parents=True)
    (folder / "archive" / "run-0001.warc.gz").write_bytes(b"record" * 1000)
    connection = sqlite3.connect(folder / "store.db")
    with connection:
        connection.execute("CREATE TABLE t AS SELECT 'kept' AS word")
    connection.close()
    with Generations(folder).building("x" * 64, {}) as building:
        (building / "a.txt").write_text("served")
    (folder / "lock").write_text("1")
    return folder


def test_what_is_restored_is_what_was_there(data: Path, tmp_path: Path) -> None:
    (data / "link.txt").symlink_to(data / "archive" / "run-0001.warc.gz")
    back_up(data, data / "inside.tar.gz")
    back_up(data, data / "inside.tar.gz")  # the file itself is no part of it
    names = restore_into(data / "inside.tar.gz", tmp_path / "new")
    found = contents(tmp_path / "new")
    assert sorted(found) == names
    assert found["link.txt"] == found["archive/run-0001.warc.gz"] == b"record" * 1000
    assert Generations(tmp_path / "new").current()[1] == []
    assert not {"lock", "inside.tar.gz"} & set(found)
    row = sqlite3.connect(tmp_path / "new" / "store.db").execute("SELECT word FROM t").fetchone()
    assert row == ("kept",)


def test_an_archive_that_grows_meanwhile_is_kept_as_it_was(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run appends to its file, and a build publishes, just when the file is copied."""
    archive, late = data / "archive" / "run-0001.warc.gz", []
    add = tarfile.TarFile.addfile

    def growing(self: tarfile.TarFile, member: tarfile.TarInfo, content: object = None) -> None:
        if member.name.startswith("archive/") and not late:
            with archive.open("ab") as handle:
                handle.write(b"more")
            with Generations(data).building("y" * 64, {}) as building:
                (building / "a.txt").write_text("newer")
            late.append(member.name)
        add(self, member, content)  # type: ignore[arg-type]

    first = Generations(data).pointed()
    monkeypatch.setattr(tarfile.TarFile, "addfile", growing)
    back_up(data, tmp_path / "b.tar.gz")
    restore_into(tmp_path / "b.tar.gz", tmp_path / "new")
    assert late and archive.read_bytes().endswith(b"more")
    assert contents(tmp_path / "new")["archive/run-0001.warc.gz"] == b"record" * 1000
    served, warnings = Generations(tmp_path / "new").current()
    assert (served.id, warnings) == (first, [])


def test_a_directory_that_is_there_may_be_a_volume(data: Path, tmp_path: Path) -> None:
    """It is filled in place, never replaced; what a killed restore left in it is swept."""
    back_up(data, tmp_path / "b.tar.gz")
    new = tmp_path / "new"
    (new / ".restore-dead").mkdir(parents=True)
    (new / ".restore-dead" / "half").write_text("half")
    inode = new.stat().st_ino
    restore_into(tmp_path / "b.tar.gz", new)
    assert new.stat().st_ino == inode
    assert sorted(p.name for p in new.iterdir()) == ["archive", "generations", "store.db"]
    with pytest.raises(LexatlasError, match="not empty"):
        restore_into(tmp_path / "b.tar.gz", new)


@pytest.mark.parametrize("seed", range(20))
def test_a_file_cut_short_is_refused_and_nothing_appears(data: Path, tmp_path: Path, seed: int) -> None:
    file = tmp_path / "b.tar.gz"
    back_up(data, file)
    body = file.read_bytes()
    file.write_bytes(body[: random.Random(seed).randrange(len(body))])
    with pytest.raises(BackupDamaged, match="nothing was restored"):
        restore_into(file, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_no_flipped_bit_gives_other_content(data: Path, tmp_path: Path) -> None:
    """A bit of the header's time or of the padding behind the last block changes nothing; any other is refused."""
    file = tmp_path / "b.tar.gz"
    back_up(data, file)
    restore_into(file, tmp_path / "whole")
    whole, body = contents(tmp_path / "whole"), file.read_bytes()
    refused = 0
    for place in range(0, len(body), max(1, len(body) // 100)):
        damaged = bytearray(body)
        damaged[place] ^= 1 << (place % 8)
        file.write_bytes(damaged)
        new = tmp_path / f"new-{place}"
        try:
            restore_into(file, new)
        except BackupDamaged:
            refused += 1
            assert not new.exists()
        else:
            assert contents(new) == whole
    assert refused >= 90


def hostile(file: Path, *members: tuple[tarfile.TarInfo, bytes], index: object = None) -> Path:
    listed = {m.name: hashlib.sha256(body).hexdigest() for m, body in members}
    listing = json.dumps({"format": 1, "files": listed} if index is None else index).encode()
    own = tarfile.TarInfo("backup.json")
    with tarfile.open(file, "w:gz") as archive:
        for member, body in [*members, (own, listing)]:
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return file


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "members",
    [
        [member("../out.txt")],
        [member("a/../../out.txt")],
        [member("/tmp/lexatlas-out.txt")],
        [member("a", tarfile.SYMTYPE, ".."), member("a/out.txt")],
        [member("a", tarfile.SYMTYPE, "b"), member("b")],
        [member("a", tarfile.LNKTYPE, "/etc/hostname")],
        [member("dev", tarfile.CHRTYPE)],
        [member("dev", tarfile.BLKTYPE)],
        [member("pipe", tarfile.FIFOTYPE)],
        [member("folder", tarfile.DIRTYPE)],
        [member("twice"), member("twice")],
        [member("file"), member("file/below")],
        [member("x" * 5000)],
    ],
)
def test_nothing_but_plain_files_inside_is_unpacked(tmp_path: Path, members: list[tarfile.TarInfo]) -> None:
    file = hostile(tmp_path / "b.tar.gz", *((info, b"") for info in members))
    with pytest.raises(BackupDamaged):
        restore_into(file, tmp_path / "deep" / "new")
    assert contents(tmp_path).keys() == {"b.tar.gz"}
    assert not os.path.lexists("/tmp/lexatlas-out.txt")


@pytest.mark.parametrize(
    "index", [[], {}, {"files": 3}, {"files": {"a": 1}}, {"files": []}, {"files": {"missing": "0"}}]
)
def test_a_list_of_another_shape_is_refused(tmp_path: Path, index: object) -> None:
    with pytest.raises(BackupDamaged):
        restore_into(hostile(tmp_path / "b.tar.gz", (member("a"), b"x"), index=index), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_disk_that_refuses_is_told_in_words(data: Path, tmp_path: Path) -> None:
    with pytest.raises(LexatlasError, match="cannot be written"):
        back_up(data, tmp_path / "nowhere" / "b.tar.gz")
    (data / "store.db").write_bytes(b"no database at all, but long enough to be looked at" * 100)
    with pytest.raises(LexatlasError, match="not a database"):
        back_up(data, tmp_path / "b.tar.gz")
    assert not (tmp_path / "b.tar.gz").exists()


def test_a_damaged_database_is_named_and_no_backup_is_left(data: Path, tmp_path: Path) -> None:
    (data / "state.db").write_bytes(b"rubbish" * 1000)
    with pytest.raises(LexatlasError, match=r"state\.db is damaged .*lexatlas doctor"):
        back_up(data, tmp_path / "all.tar.gz")
    assert not list(tmp_path.glob("*all.tar.gz*")) and not list(data.glob(".backup-*"))
