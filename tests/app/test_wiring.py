"""Snapshots: one loads, nobody waits but the first."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

from app.wiring import Snapshot, Snapshots
from indexing.generation import Generations


def publish(data: Path, text: str) -> None:
    with Generations(data).building(text * 8, {}) as folder:
        (folder / "x").write_text(text)


def test_a_new_generation_is_taken_up_while_the_old_one_answers(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    generations = Generations(tmp_path)
    gate, loading = threading.Event(), threading.Event()
    loads: list[str] = []

    def load() -> Snapshot:
        name = generations.current()[0].id
        if loads:  # the second load is slow
            loading.set()
            assert gate.wait(10)
        loads.append(name)
        return cast(Snapshot, name)

    snapshots = Snapshots(generations, load)
    first = snapshots.current()
    publish(tmp_path, "two")
    taken: list[Any] = []
    slow = threading.Thread(target=lambda: taken.append(snapshots.current()))
    slow.start()
    assert loading.wait(10)
    assert snapshots.current() == first, "a request meanwhile is answered from the old generation"
    gate.set()
    slow.join()
    assert taken == [generations.pointed()]
    assert snapshots.current() == generations.pointed()
    assert loads == [first, generations.pointed()], "each generation is loaded once"
