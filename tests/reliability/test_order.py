"""SIGKILL spares the page cache, a power cut does not: what is pointed to is on the disk before the pointer is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.ground import Ground, copied
from tests.reliability.kl import EVERYTHING, ROOT, Call, Fault, calls_of, compiled

WRITES = {"write", "pwrite64", "ftruncate"}


def calls(ground: Ground, data: Path, *command: str) -> list[Call]:
    """Return every call of a command below a data directory's parent, in order."""
    done = ground.nursery.run(data, *command, fault=Fault(EVERYTHING), root=data.parent)
    assert done.code == 0, done.errors
    return list(done.calls)


def last(found: list[Call], names: set[str], path: Path) -> int:
    """Return where a path's last call of some names stands; fails where there is none."""
    places = [at for at, call in enumerate(found) if call.name in names and call.path == path]
    assert places, (names, path)
    return places[-1]


def after(found: list[Call], at: int, name: str, path: Path) -> int:
    """Return where the first call of a name on a path stands after a place; fails where there is none."""
    places = [place for place, call in enumerate(found) if place > at and call.name == name and call.path == path]
    assert places, (name, path, "after", at)
    return places[0]


def rename_to(found: list[Call], target: Path) -> tuple[int, Path]:
    """Return where the rename to a path stands, and what was renamed."""
    ((at, call),) = [(at, c) for at, c in enumerate(found) if c.name == "rename" and c.target == target]
    return at, call.path


def test_a_generation_is_on_the_disk_before_it_is_pointed_to(ground: Ground, trial: Path) -> None:
    data = copied(ground.read, trial)
    found = calls(ground, data, "build")
    root = data / "generations"
    name = (root / "current").read_text().strip()
    published, building = rename_to(found, root / name)
    pointed, pointer = rename_to(found, root / "current")
    for path in [p for p in (root / name).rglob("*") if p.is_file()]:
        made = building / path.relative_to(root / name)
        synced = last(found, {"fsync", "fdatasync"}, made)
        written = [at for at, call in enumerate(found) if call.name in WRITES and call.path == made]
        assert max(written, default=-1) < synced < published, made
    for folder in [building, *(p for p in (root / name).rglob("*") if p.is_dir())]:
        made = folder if folder == building else building / folder.relative_to(root / name)
        assert last(found, {"fsync"}, made) < published
    assert last(found, {"fsync"}, building / "manifest.json") < last(found, {"fsync"}, building)
    assert published < after(found, published, "fsync", root) < pointed
    assert last(found, {"write"}, pointer) < last(found, {"fsync"}, pointer) < pointed
    assert after(found, pointed, "fsync", root)


def test_pages_are_in_the_archive_before_a_row_points_to_them(ground: Ground, trial: Path) -> None:
    """A commit of the store is the sync of its log; none stands between an archive's write and its sync."""
    data = trial
    found = calls(ground, data, *ground.ingest)
    (archive,) = (data / "archive").iterdir()
    writes = [at for at, call in enumerate(found) if call.name == "write" and call.path == archive]
    commits = [at for at, call in enumerate(found) if call.name == "fdatasync" and call.path == data / "store.db-wal"]
    assert writes and commits
    for at in writes:
        synced = after(found, at, "fsync", archive)
        assert not [commit for commit in commits if at < commit < synced]
    folder = last(found, {"fsync"}, data / "archive")
    assert folder < after(found, writes[-1], "fdatasync", data / "store.db-wal")
    made = last(found, {"mkdir"}, data / "archive")
    assert made < after(found, made, "fsync", data) < after(found, writes[-1], "fdatasync", data / "store.db-wal")


def test_a_backup_is_on_the_disk_before_it_has_its_name(ground: Ground, trial: Path, tmp_path: Path) -> None:
    data, file = copied(ground.whole, trial), tmp_path / "backup.tar.gz"
    found = calls(ground, data, "backup", str(file))
    named, temporary = rename_to(found, file)
    assert last(found, {"write"}, temporary) < last(found, {"fsync"}, temporary) < named
    assert after(found, named, "fsync", tmp_path)


def test_a_restored_directory_is_on_the_disk_before_that_is_said(ground: Ground, trial: Path, tmp_path: Path) -> None:
    data, file = copied(ground.whole, trial), tmp_path / "backup.tar.gz"
    ground.must(data, "backup", str(file))
    restored = tmp_path / "restored"
    found = calls(ground, restored, "restore", str(file))
    named, unpacked = rename_to(found, restored / "generations")
    for path in [p for p in (restored / "generations").rglob("*") if p.is_file()]:
        made = unpacked / path.relative_to(restored / "generations")
        assert last(found, {"write"}, made) < last(found, {"fsync"}, made) < named
    assert after(found, named, "fsync", restored)
    assert ground.digest(restored) == ground.built


@pytest.mark.long
def test_the_shim_sees_what_a_trace_of_system_calls_sees(ground: Ground, trial: Path, tmp_path: Path) -> None:
    try:
        subprocess.run(["strace", "-V"], capture_output=True, check=True)
    except OSError:
        pytest.skip("no strace on the PATH")
    data, trace, log = copied(ground.base, trial), tmp_path / "trace", tmp_path / "log"
    names = {"fsync": ["fsync"], "fdatasync": ["fdatasync"], "pwrite64": ["pwrite64"], "ftruncate": ["ftruncate"],
             "rename": ["rename", "renameat", "renameat2"], "unlink": ["unlink", "unlinkat", "rmdir"]}  # fmt: skip
    traced = ",".join(name for group in names.values() for name in group)
    shim = Fault(EVERYTHING).environment(data, log) | {"LD_PRELOAD": str(compiled(tmp_path))}
    given = [f"{name}={value}" for name, value in shim.items()]
    command = ["strace", "-f", "-y", "-o", str(trace), "-e", f"trace={traced}", "env", *given]
    subprocess.run([*command, sys.executable, "-m", "app", "--data", str(data), *ground.ingest], cwd=ROOT, check=True)
    lines = [line.split(None, 1)[1] for line in trace.read_text(errors="replace").splitlines()]
    seen = calls_of(log)
    for name, group in names.items():
        traced_here = [line for line in lines if line.split("(")[0] in group and str(data) in line]
        assert len(traced_here) == sum(call.name == name for call in seen), name
