"""Generations: whole or not at all, damage refused, the last good one served."""

from __future__ import annotations

import json
import random
import sqlite3
from pathlib import Path

import pytest

from indexing.generation import Generations
from scraper.errors import GenerationDamaged, GenerationError, NoGeneration, RunLocked


def publish(data: Path, text: str) -> str:
    generations = Generations(data)
    facts: dict[str, object] = {}
    with generations.building(text * 8, facts) as folder:
        (folder / "a.txt").write_text(text * 1000)
        (folder / "sub").mkdir()
        (folder / "sub" / "b.txt").write_text(text)
        facts["counts"] = {"documents": len(text)}
    name = generations.pointed()
    assert name
    return name


def test_before_the_first_build_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NoGeneration, match="lexatlas ingest"):
        Generations(tmp_path).current()


def test_a_published_generation_is_served_with_its_facts(tmp_path: Path) -> None:
    name = publish(tmp_path, "one")
    generation, warnings = Generations(tmp_path).current()
    assert (generation.id, generation.facts["counts"], warnings) == (name, {"documents": 3}, [])
    assert (generation.folder / "sub" / "b.txt").read_text() == "one"


def test_a_build_that_fails_publishes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    first = publish(tmp_path, "one")
    generations = Generations(tmp_path)
    with pytest.raises(GenerationError, match="no space on disk"), generations.building("x" * 64, {}) as folder:
        (folder / "half").write_text("half")
        raise OSError("no space on disk")
    assert generations.ids() == [first]
    assert [p.name for p in (tmp_path / "generations").iterdir() if p.name.startswith(".building")] == []


def test_what_a_killed_build_left_is_swept_by_the_next(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    left = tmp_path / "generations" / ".building-dead"
    left.mkdir()
    (left / "half").write_text("half")
    publish(tmp_path, "two")
    assert not left.exists()


def _flip(path: Path, rng: random.Random) -> None:
    body = bytearray(path.read_bytes())
    body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    path.write_bytes(body)


def _truncate(path: Path, rng: random.Random) -> None:
    body = path.read_bytes()
    path.write_bytes(body[: rng.randrange(len(body))])


def _delete(path: Path, rng: random.Random) -> None:
    path.unlink()


def _add(path: Path, rng: random.Random) -> None:
    (path.parent / "extra").write_text("extra")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("file", ["a.txt", "sub/b.txt", "manifest.json"])
@pytest.mark.parametrize("damage", [_flip, _truncate, _delete, _add])
def test_any_damage_is_refused_and_the_last_good_one_served(tmp_path: Path, damage, file: str, seed: int) -> None:
    first = publish(tmp_path, "one")
    second = publish(tmp_path, "two")
    damage(tmp_path / "generations" / second / file, random.Random(seed))
    generations = Generations(tmp_path)
    with pytest.raises(GenerationDamaged):
        generations.open(second)
    served, warnings = generations.current()
    assert served.id == first
    assert second in warnings[0]


def test_two_files_swapped_are_refused(tmp_path: Path) -> None:
    name = publish(tmp_path, "one")
    folder = tmp_path / "generations" / name
    (folder / "a.txt").rename(folder / "t")
    (folder / "sub" / "b.txt").rename(folder / "a.txt")
    (folder / "t").rename(folder / "sub" / "b.txt")
    with pytest.raises(GenerationDamaged, match="No generation is whole"):
        Generations(tmp_path).current()


def test_rolling_back_serves_the_earlier_one(tmp_path: Path) -> None:
    first = publish(tmp_path, "one")
    publish(tmp_path, "two")
    Generations(tmp_path).use(first)
    assert Generations(tmp_path).current()[0].id == first


def test_an_unknown_generation_is_refused_by_name(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    with pytest.raises(GenerationError, match="no generation nothing"):
        Generations(tmp_path).use("nothing")


def test_pruning_keeps_the_newest_and_the_served(tmp_path: Path) -> None:
    names = [publish(tmp_path, text) for text in ("a", "b", "c", "d")]
    generations = Generations(tmp_path)
    generations.use(names[0])
    assert generations.prune(keep=1) == [names[1], names[2]]
    assert generations.ids() == [names[0], names[3]]


def test_another_format_is_refused_in_words(tmp_path: Path) -> None:
    name = publish(tmp_path, "one")
    path = tmp_path / "generations" / name / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["format"] = 99
    path.write_text(json.dumps(manifest))
    with pytest.raises(GenerationDamaged, match="manifest"):
        Generations(tmp_path).open(name)


@pytest.mark.parametrize("words", [b"\xff\xfe", b"20990101T000000Z-none", b"../..", b"a\x00b", b"x" * 5000])
def test_a_damaged_pointer_leaves_the_newest_served(tmp_path: Path, words: bytes) -> None:
    publish(tmp_path, "one")
    second = publish(tmp_path, "two")
    (tmp_path / "generations" / "current").write_bytes(words)
    served, warnings = Generations(tmp_path).current()
    assert (served.id, len(warnings)) == (second, 1)


@pytest.mark.parametrize("body", ["[]", "null", "3", "", "{}", "[" * 100_000])
def test_a_manifest_of_another_shape_is_damage(tmp_path: Path, body: str) -> None:
    name = publish(tmp_path, "one")
    (tmp_path / "generations" / name / "manifest.json").write_text(body)
    with pytest.raises(GenerationDamaged, match="manifest"):
        Generations(tmp_path).open(name)


def test_two_generations_swapped_are_refused(tmp_path: Path) -> None:
    first, second = publish(tmp_path, "one"), publish(tmp_path, "two")
    root = tmp_path / "generations"
    (root / first).rename(root / "between")
    (root / second).rename(root / first)
    (root / "between").rename(root / second)
    with pytest.raises(GenerationDamaged, match="No generation is whole"):
        Generations(tmp_path).current()


def test_a_second_build_is_refused_and_the_first_one_is_whole(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    with generations.building("x" * 64, {}) as folder:
        (folder / "a.txt").write_text("one")
        with pytest.raises(RunLocked), Generations(tmp_path).building("y" * 64, {}):
            pass
        with pytest.raises(RunLocked):
            Generations(tmp_path).prune()
    assert (generations.current()[0].folder / "a.txt").read_text() == "one"


def test_a_database_that_refuses_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="disk is full"), Generations(tmp_path).building("x" * 64, {}):
        raise sqlite3.OperationalError("database or disk is full")
    assert Generations(tmp_path).ids() == []


def test_what_was_left_and_cannot_be_swept_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "generations").mkdir()
    (tmp_path / "generations" / ".building-left").write_text("no folder")
    with pytest.raises(GenerationError, match="cannot be written"), Generations(tmp_path).building("x" * 64, {}):
        raise AssertionError("nothing may be built beside it")


def test_a_pointer_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    first, second = publish(tmp_path, "one"), publish(tmp_path, "two")
    (tmp_path / "generations" / ".current").mkdir()
    with pytest.raises(GenerationError, match="cannot be written"):
        Generations(tmp_path).use(first)
    assert Generations(tmp_path).pointed() == second
