"""S2 of a purge: stopped anywhere it leaves what can be served, and a repeat leaves no word of the document."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.app.test_purge import places
from tests.reliability.ground import Ground, Trials, answers, copied, kinds_of_files, shots
from tests.reliability.kl import EVERYTHING, WRITES, Fault

SEALED = "us-zz:code:1-3"
WORD = b"horse"  # in no other section
PURGE = ("purge", "--yes", SEALED)


def settled(folder: Path) -> Path:
    """Return the data directory of a copied folder, whose backup is noted where it lies now."""
    connection = sqlite3.connect(folder / "data" / "store.db")
    with connection:
        connection.execute("UPDATE backups SET path = ?", (str(folder / "kept.tar.gz"),))
    connection.close()
    return folder / "data"


def holding(folder: Path) -> list[str]:
    """Return where the document is still found."""
    return [name for name, raw in places(folder) if WORD in raw or SEALED.encode() in raw]


@pytest.mark.long
@pytest.mark.parametrize(("calls", "mode"), [(EVERYTHING, "halt"), (WRITES, "halve")], ids=["killed", "torn"])
def test_s2_purge_at_each_call(ground: Ground, tmp_path: Path, calls: str, mode: str) -> None:
    base, trials = tmp_path / "base", Trials()
    copied(ground.whole, base / "data")
    ground.must(base / "data", "backup", str(base / "kept.tar.gz"))
    assert len(holding(base)) >= 4, "the test looks where it is"
    quiet = copied(base, tmp_path / "quiet")
    ground.must(settled(quiet), *PURGE)
    trial = copied(base, tmp_path / "trial")
    for number, folder in shots(ground.nursery, settled(trial), PURGE, Fault(calls, mode=mode), trial):
        with trials.of(number):
            trials.hits += 1
            if not trials.is_new(folder):
                continue
            data = settled(folder)
            answers(ground.nursery, data)
            ground.must(data, *PURGE)
            assert holding(folder) == []
            assert ground.digest(data) == ground.digest(quiet / "data")
            assert kinds_of_files(data) == kinds_of_files(quiet / "data")
            assert sorted(path.name for path in folder.iterdir()) == ["data", "kept.tar.gz"]
            ground.must(data, "doctor")
    assert trials.end(f"purge {mode}") >= 100
