"""A collection of law in two states, a data directory that holds the first, and what must hold after any fault."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.reliability.kl import Done, Fault, Nursery
from tests.reliability.model import make_model
from tests.reliability.states import state_of

QUESTION = "in spring the clerk inspects each mill or wagon"
_THINGS = "wagon boat mill horse bridge kiln orchard ferry well tannery".split()
SECTIONS = 8
_EXIT_CODES = {0, 1, 3, 4, 5}


def _section(number: int, extra: str = "") -> dict[str, Any]:
    thing = _THINGS[number % len(_THINGS)]
    text = (
        f"(a) The owner of a {thing} must register the {thing} with the clerk within {number + 10} days.\n\n"
        f"(b) The fee for a {thing} is {number + 3} dollars; see 28 U.S.C. § {1330 + number}. {extra}"
    )
    return {
        "id": f"us-zz:code:1-{number}", "kind": "statute", "jurisdiction": "us-zz",
        "title": f"§ 1-{number}. The {thing}", "citation": f"Z.C. § 1-{number}",
        "hierarchy": ["Zeeland Code", "Title 1", f"§ 1-{number}"], "text": text,
    }  # fmt: skip


def write_state(folder: Path, state: int, sections: int = SECTIONS) -> None:
    """Write the collection: in its second state one section is amended, one is gone, one is new."""
    rows = [_section(number) for number in range(1, sections + 1)]
    if state == 2:
        rows[1] = _section(2, "The clerk inspects each mill in spring.")
        rows[-1] = _section(sections + 1)
    folder.mkdir(parents=True, exist_ok=True)
    # One file for each two sections: more pages, so more transactions, than one file would give.
    for at in range(0, sections, 2):
        lines = "".join(json.dumps(row) + "\n" for row in rows[at : at + 2])
        (folder / f"part-{at // 2}.jsonl").write_text(lines, encoding="utf-8")


@dataclass
class Ground:
    """A base directory with the first state built, the collection in its second, and the figures of both.

    `before` and `after` are the golden answers; `ingested` and `built` the digests of an undisturbed second run.
    """

    nursery: Nursery
    folder: Path
    base: Path  # generation of the first state
    read: Path  # the second state ingested, not built
    whole: Path  # the second state built
    before: Any = None
    after: Any = None
    ingested: str = ""
    built: str = ""

    @property
    def ingest(self) -> tuple[str, ...]:
        """The command that reads the collection."""
        return ("ingest", "--source", "folder", "--base-url", str(self.folder))

    def write_state(self, state: int) -> None:
        """Put the collection into one of its states."""
        write_state(self.folder, state)

    # ---- what must hold ---------------------------------------------------------------------------------

    def assert_served(self, data: Path, expected: Any) -> None:
        """Hold the answers to the golden ones, and expect a doctor without a finding."""
        self.assert_answers(data, expected)
        doctor = self.nursery.run(data, "--json", "doctor")
        assert doctor.code == 0, doctor.output + doctor.errors

    def assert_answers(self, data: Path, expected: Any) -> None:
        """Hold the answer to the golden one, which names its generation; of one built again only the name differs."""
        found = answers(self.nursery, data)
        assert found["hits"] == expected["hits"]
        assert found == expected or expected is not self.before

    def assert_clear(self, done: Done) -> None:
        """Expect an exit code that the documentation names and, but for 0, a message instead of a trace."""
        assert done.code in _EXIT_CODES, (done.code, done.errors)
        if done.code:
            assert "lexatlas: " in done.errors, done.errors
        assert "Traceback" not in done.errors, done.errors

    def assert_read(self, data: Path) -> None:
        """Read the collection again, undisturbed: the store, the archive and the files are those of a quiet run."""
        self.must(data, *self.ingest)
        assert self.digest(data) == self.ingested
        assert kinds_of_files(data) == kinds_of_files(self.read)
        assert unreferenced(data) == []

    def assert_heals(self, data: Path, *, is_read: bool = False) -> None:
        """Do the whole job again, undisturbed, and expect exactly what a run that nothing disturbed leaves."""
        if not is_read:
            self.must(data, *self.ingest)
        self.must(data, "build")
        assert self.digest(data) == self.built
        self.assert_served(data, self.after)
        assert kinds_of_files(data) == kinds_of_files(self.whole)
        assert unreferenced(data) == []

    def assert_heals_from(self, data: Path, what: str) -> None:
        """Do the disturbed command, "ingest" or "build", again and expect what a run that nothing disturbed leaves."""
        if what == "ingest":
            self.assert_read(data)
        else:
            self.assert_heals(data, is_read=True)

    def must(self, data: Path, *arguments: str) -> Done:
        """Run a command that has to succeed."""
        done = self.nursery.run(data, *arguments)
        assert done.code == 0, (done.code, done.errors)
        return done

    def digest(self, data: Path) -> str:
        """Return what `doctor --digest` prints."""
        return self.must(data, "doctor", "--digest").output.strip()


def shots(
    nursery: Nursery, data: Path, command: tuple[str, ...], fault: Fault, root: Path | None = None
) -> Iterator[tuple[int, Path]]:
    """Yield, for each call of one undisturbed run, a copy of what lay on disk then: what a kill there would leave.

    Calls below `root` count, and it is what is copied; the data directory where it is not given.
    """
    number, root = 0, root or data
    child = nursery.start(data, *command, fault=replace(fault, at=1, forever=True), root=root, seconds=3600)
    while child.stopped():
        number += 1
        yield number, copied(root, root.with_name("shot"))
        child.go_on()
    done = nursery.wait(child)
    assert done.code == 0, done.errors


@dataclass
class Trials:
    """Many trials of one kind: each is made, however many before it failed, and `end` tells of all that did."""

    made: int = 0
    hits: int = 0
    states: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def of(self, number: int) -> Iterator[None]:
        """Make one trial."""
        self.made += 1
        try:
            yield
        except AssertionError as error:
            self.failed.append(f"at call {number}: {error}")

    def is_new(self, data: Path) -> bool:
        """Tell whether no trial before left a data directory in the same state; only then is there more to see."""
        before = len(self.states)
        self.states.add(state_of(data))
        return len(self.states) > before

    def tell(self, kind: str) -> None:
        """Print the figures so far."""
        figures = f"{self.made} trials, {self.hits} hit, {len(self.states)} states, {len(self.failed)} failed"
        print(f"{kind}: {figures}", flush=True)

    def end(self, kind: str) -> int:
        """Print the figures, expect that no trial failed, and return the number of hits."""
        self.tell(kind)
        assert not self.failed, "\n".join(self.failed)
        return self.hits


def answers(nursery: Nursery, data: Path) -> dict[str, Any]:
    """Return the golden answer: its generation, and each hit with its version, score and text."""
    done = nursery.run(data, "--json", "search", QUESTION, "--k", "6")
    assert done.code == 0, done.errors
    value = done.json()
    hits = [[hit["id"], hit["version"], hit["score"], hit["passage"]["text"]] for hit in value["hits"]]
    return {"generation": value["generation"], "hits": hits}


def kinds_of_files(data: Path) -> list[str]:
    """Return the names of all files with run ids, times and numbers taken out of them, so that runs compare.

    Archives are told apart by `unreferenced`: a run that was killed and taken up again has more than one.
    """
    known = {name: f"GENERATION-{at}" for at, name in enumerate(sorted(os.listdir(data / "generations")))
             if (data / "generations" / name / "manifest.json").exists()}  # fmt: skip
    names = set()
    for path in data.rglob("*"):
        parts = path.relative_to(data).parts
        if path.is_dir() and any(path.iterdir()):
            continue
        names.add("archive/*" if parts[0] == "archive" else "/".join(known.get(part, part) for part in parts))
    return sorted(names)


def unreferenced(data: Path) -> list[str]:
    """Return those archive files of the newest run that no row of the database points to.

    Of older runs a file may rightly be one: what it holds was read again since, and raw bytes are kept all the same.
    """
    connection = sqlite3.connect(data / "store.db")
    try:
        (run,) = connection.execute("SELECT id FROM runs ORDER BY started DESC LIMIT 1").fetchone()
        rows = connection.execute(
            "SELECT json_extract(provenance, '$.warc_file') FROM versions UNION SELECT warc_file FROM fetches "
            "UNION SELECT warc_file FROM quarantine"
        )
        used = {row[0] for row in rows}
    finally:
        connection.close()
    return sorted({path.name for path in (data / "archive").glob(f"{run}*")} - used)


def variables(folder: Path) -> dict[str, str]:
    """Return the settings for a nursery: the small model, one worker; makes the model on first use."""
    model, models = folder / "words", folder / "models"
    if not model.exists():
        texts = [row["text"] + row["title"] for row in map(_section, range(1, 20))]
        make_model(model, models, [*texts, QUESTION, "The clerk inspects each mill in spring.", "zeeland code title"])
    return {
        "embedder": str(model), "embedder_precision": "float32", "models": str(models), "workers": "1",
    }  # fmt: skip


def copied(base: Path, to: Path) -> Path:
    """Return a fresh copy of a data directory."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(base, to)
    return to


def prepare(nursery: Nursery, folder: Path) -> Ground:
    """Ingest and build the first state, then the second beside it, undisturbed."""
    collection, base, read, whole = (folder / name for name in ("collection", "base", "read", "whole"))
    ground = Ground(nursery, collection, base, read, whole)
    ground.write_state(1)
    ground.must(base, *ground.ingest)
    ground.must(base, "build")
    ground.before = answers(nursery, base)
    ground.write_state(2)
    ground.must(copied(base, read), *ground.ingest)
    ground.ingested = ground.digest(read)
    ground.must(copied(read, whole), "build")
    ground.built, ground.after = ground.digest(whole), answers(nursery, whole)
    return ground
