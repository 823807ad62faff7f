"""S3: a disk that is full or fails, and too little memory: never success with a wrong state, and healed by a repeat."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability import ground as grounds
from tests.reliability.ground import Ground, Trials, answers, copied
from tests.reliability.kl import EVERYTHING, Fault, Nursery
from tests.reliability.watch import Watch

BUILD = ("build",)
NAMED = "write,fsync,rename"


def refuse(ground: Ground, trial: Path, what: str, fault: Fault, trials: Trials) -> int:
    """Let calls of a command fail, hold the outcome to its promise, and return its exit code."""
    base, command = (ground.base, ground.ingest) if what == "ingest" else (ground.read, BUILD)
    data = copied(base, trial)
    done = ground.nursery.run(data, *command, fault=fault)
    ground.assert_clear(done)
    if not trials.is_new(data):
        return done.code
    is_new = what == "build" and answers(ground.nursery, data)["generation"] != ground.before["generation"]
    if done.code == 0:
        assert ground.digest(data) == (ground.ingested if what == "ingest" else ground.built), fault
    ground.assert_served(data, ground.after if is_new else ground.before)
    ground.assert_heals_from(data, what)
    return done.code


def numbers(ground: Ground, trial: Path, what: str, calls: str, share: int) -> list[int]:
    """Return about `share` numbers, spread over the calls that an undisturbed command makes."""
    base, command = (ground.base, ground.ingest) if what == "ingest" else (ground.read, BUILD)
    done = ground.nursery.run(copied(base, trial), *command, fault=Fault(calls))
    found = [call.number for call in done.calls if call.number]
    return found if share >= len(found) else [found[at * len(found) // share] for at in range(share)]


@pytest.mark.parametrize("forever", [False, True], ids=["once", "forever"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("what", ["ingest", "build"])
def test_s3_some_calls_fail(ground: Ground, trial: Path, what: str, error: str, forever: bool) -> None:
    for number in numbers(ground, trial, what, NAMED, 1 if forever else 2):
        refuse(ground, trial, what, Fault(NAMED, number + forever, "fail", error, forever), Trials())


@pytest.mark.parametrize("what", ["ingest", "build"])
def test_s3_a_folder_that_cannot_be_made_is_told(ground: Ground, trial: Path, what: str) -> None:
    for number in numbers(ground, trial, what, "mkdir", 4):
        refuse(ground, trial, what, Fault("mkdir", number, "fail", "EIO"), Trials())


@pytest.mark.long
@pytest.mark.parametrize("forever", [False, True], ids=["once", "forever"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("what", ["ingest", "build"])
def test_s3_each_call_fails(ground: Ground, trial: Path, what: str, error: str, forever: bool) -> None:
    """Calls are taken from all over the command at first, so that a sweep that is stopped early has seen all of it."""
    trials, kind = Trials(), f"{what} {error} {'for ever' if forever else 'once'}"
    chosen = sorted(numbers(ground, trial, what, EVERYTHING, 10**6), key=lambda number: f"{number:016b}"[::-1])
    for number in chosen:
        with trials.of(number):
            fault = Fault(EVERYTHING, number, "fail", error, forever)
            trials.hits += refuse(ground, trial, what, fault, trials) != 0
        if trials.made % 50 == 0:
            trials.tell(f"{kind}, {len(chosen)} in all")
    assert trials.end(kind) > len(chosen) // 3


# ---- a disk that is really full -------------------------------------------------------------------------


@pytest.fixture
def small_disk(workshop: Path, tmp_path: Path) -> Iterator[tuple[Nursery, Path]]:
    """A nursery in a mount namespace of its own and a folder that is a file system of 10 MB there."""
    if os.geteuid() or not shutil.which("unshare"):
        pytest.skip("a small file system is mounted in a namespace of its own, which needs root and unshare")
    place = tmp_path / "disk"
    place.mkdir()
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(place)]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here, not even in a namespace of its own")
    with Nursery(
        workshop / "kl.so", tmp_path / "scratch", grounds.variables(workshop), tmpfs=(place, "10m")
    ) as nursery:
        yield nursery, place


def test_s3_a_disk_of_ten_megabytes_fills_up(ground: Ground, small_disk: tuple[Nursery, Path]) -> None:
    """Ingest and build with next to nothing free, while a server answers; then with room again."""
    nursery, place = small_disk
    data, outside = place / "data", nursery.outside(place)
    shutil.copytree(ground.base, outside / "data")
    here = Ground(nursery, ground.folder, ground.base, ground.read, ground.whole, ground.before, ground.after,
                  ground.ingested, ground.built)  # fmt: skip
    filler, failed = outside / "filler", 0
    with Watch(nursery, data) as watch:
        for command, wanted in ((ground.ingest, ground.ingested), (BUILD, ground.built)):
            for free in (4, 80):
                fill(filler, free)
                done = nursery.run(data, *command)
                here.assert_clear(done)
                filler.unlink()
                if done.code:
                    failed += 1
                    assert answers(nursery, data) == ground.before
                    assert nursery.run(data, "doctor").code == 0
                else:
                    assert here.digest(data) == wanted
            here.must(data, *command)
            assert here.digest(data) == wanted
    assert failed >= 2
    watch.assert_served_whole([ground.before, ground.after])
    inside = copied(outside / "data", place / "seen")
    assert grounds.kinds_of_files(inside) == grounds.kinds_of_files(ground.whole)


def fill(filler: Path, free: int) -> None:
    """Fill a file system until so many KiB are free."""
    filler.write_bytes(b"")
    left = os.statvfs(filler.parent)
    with filler.open("wb") as handle:
        handle.write(b"\0" * max(0, left.f_bavail * left.f_frsize - free * 1024))


# ---- memory ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["ingest", "build"])
def test_s3_one_gigabyte_of_memory_is_enough(ground: Ground, trial: Path, what: str) -> None:
    data = copied(ground.base if what == "ingest" else ground.read, trial)
    done = ground.nursery.run(data, *(ground.ingest if what == "ingest" else BUILD), memory=1 << 30)
    assert done.code == 0, done.errors
    ground.assert_heals_from(data, what)


@pytest.mark.parametrize("extra", [1, 16])
@pytest.mark.parametrize("what", ["ingest", "build"])
def test_s3_too_little_memory_is_told(ground: Ground, trial: Path, what: str, extra: int) -> None:
    """The limit stands so many MiB above what the loaded libraries take."""
    data = copied(ground.base if what == "ingest" else ground.read, trial)
    command = ground.ingest if what == "ingest" else BUILD
    done = ground.nursery.run(data, *command, memory=ground.nursery.private_bytes() + (extra << 20))
    if done.code == 0:
        assert ground.digest(data) == (ground.ingested if what == "ingest" else ground.built)
    elif done.code > 0:
        assert "memory" in done.errors
        assert "Traceback" not in done.errors, done.errors
    ground.assert_heals_from(data, what)
