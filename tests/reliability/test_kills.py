"""S1, S2, S6: a job that is killed anywhere leaves what was served, is healed by a repeat and blocks nobody."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path

import pytest

from scraper.errors import RunLocked
from tests.reliability.ground import Ground, Trials, answers, copied, kinds_of_files, shots, unreferenced
from tests.reliability.kl import EVERYTHING, LASTING, WRITES, Fault
from tests.reliability.states import state_of
from tests.reliability.watch import Watch

BUILD = ("build",)


def count(ground: Ground, base: Path, trial: Path, command: tuple[str, ...], calls: str) -> int:
    """Return how many of some calls an undisturbed command makes."""
    done = ground.nursery.run(copied(base, trial), *command, fault=Fault(calls))
    assert done.code == 0, done.errors
    return sum(call.number > 0 for call in done.calls)


def hold(ground: Ground, data: Path, what: str, trials: Trials) -> None:
    """Expect of what a kill left that it is served, and healed by the same command."""
    trials.hits += 1
    if trials.is_new(data):
        is_new = what == "build" and answers(ground.nursery, data)["generation"] != ground.before["generation"]
        ground.assert_served(data, ground.after if is_new else ground.before)
        ground.assert_heals_from(data, what)


def sweep(ground: Ground, trial: Path, what: str, fault: Fault, step: int, first: int = 1) -> int:
    """Kill an ingest or a build at every step-th call and hold what it leaves, and its repeat, to a quiet run's.

    A build's pointer moves from the old generation to the new one, and to nothing else. Returns the number of kills.
    """
    base, command = (ground.base, ground.ingest) if what == "ingest" else (ground.read, BUILD)
    trials = Trials()
    for number in range(first, count(ground, base, trial, command, fault.calls) + 1, step):
        with trials.of(number):
            data = copied(base, trial)
            done = ground.nursery.run(data, *command, fault=replace(fault, at=number))
            if not done.killed:  # batches go by time: a slower run makes a few calls more than a quicker one
                assert done.code == 0, done.errors
                continue
            hold(ground, data, what, trials)
    return trials.end(f"{what} {fault}")


def test_s2_ingest_killed_at_some_lasting_calls(ground: Ground, trial: Path) -> None:
    assert sweep(ground, trial, "ingest", Fault(LASTING, mode="kill"), step=4, first=2) >= 3


def test_s2_build_killed_at_some_lasting_calls(ground: Ground, trial: Path) -> None:
    assert sweep(ground, trial, "build", Fault(LASTING, mode="kill"), step=17, first=5) >= 3


def test_s2_build_killed_around_its_publication(ground: Ground, trial: Path) -> None:
    """The two renames, of the folder and of the pointer, and what stands between and after them."""
    done = ground.nursery.run(copied(ground.read, trial), *BUILD, fault=Fault(LASTING))
    renames = [call.number for call in done.calls if call.name == "rename"]
    assert len(renames) == 2
    for number in sorted({renames[0] + 1, renames[1], renames[1] + 1}):
        data = copied(ground.read, trial)
        assert ground.nursery.run(data, *BUILD, fault=Fault(LASTING, number, "kill")).killed
        found = answers(ground.nursery, data)
        is_new = number > renames[1]
        assert (found["generation"] != ground.before["generation"]) is is_new
        ground.assert_served(data, ground.after if is_new else ground.before)
        ground.assert_heals(data, is_read=True)


@pytest.mark.long
@pytest.mark.parametrize(("calls", "mode"), [(EVERYTHING, "halt"), (WRITES, "halve")], ids=["killed", "torn"])
@pytest.mark.parametrize("what", ["ingest", "build"])
def test_s2_at_each_call(ground: Ground, trial: Path, what: str, calls: str, mode: str) -> None:
    trials = Trials()
    base, command = (ground.base, ground.ingest) if what == "ingest" else (ground.read, BUILD)
    for number, data in shots(ground.nursery, copied(base, trial), command, Fault(calls, mode=mode)):
        with trials.of(number):
            hold(ground, data, what, trials)
    assert trials.end(f"{what} {mode}") >= 100


def test_s2_a_copy_at_a_call_is_what_a_kill_there_leaves(ground: Ground, trial: Path) -> None:
    """Of a build, which makes the same calls each time; an ingest goes by the clock.

    And before it is published, since a generation says when it was built.
    """
    compared = 0
    for calls, halted, killed in ((LASTING, "halt", "kill"), ("write", "halve", "tear")):
        for number, data in shots(ground.nursery, copied(ground.read, trial), BUILD, Fault(calls, mode=halted)):
            if number in {2, 25, 36}:
                other = copied(ground.read, trial.with_name("killed"))
                assert ground.nursery.run(other, *BUILD, fault=Fault(calls, number, killed)).killed
                assert state_of(data) == state_of(other), (calls, number)
                compared += 1
    assert compared >= 4


# ---- S1 -------------------------------------------------------------------------------------------------


def kill_at_random(ground: Ground, data: Path, cycles: int, seed: int) -> int:
    """Kill the whole job at random moments, each cycle towards the collection's other state, while a server answers.

    After each kill the job is done again, and the digest is that of a job that nobody disturbed.
    """
    ground.write_state(1)
    back = copied(ground.whole, data)
    digests, expected = {2: ground.built}, {2: ground.after}
    begun = time.monotonic()
    ground.must(back, *ground.ingest)
    read = time.monotonic() - begun
    ground.must(back, *BUILD)
    whole = time.monotonic() - begun
    digests[1], expected[1] = ground.digest(back), answers(ground.nursery, back)
    dice, kills = random.Random(seed), 0
    with Watch(ground.nursery, data) as watch:
        for cycle in range(cycles):
            state = 2 - cycle % 2
            ground.write_state(state)
            moment = dice.uniform(0, whole)
            if moment < read:
                kills += ground.nursery.run_and_kill(data, moment, *ground.ingest).killed
            else:
                ground.must(data, *ground.ingest)
                kills += ground.nursery.run_and_kill(data, moment - read, *BUILD).killed
            assert ground.nursery.run(data, "doctor").code == 0
            ground.must(data, *ground.ingest)
            ground.must(data, *BUILD)
            assert ground.digest(data) == digests[state]
            if cycle % 5 == 4:
                ground.assert_answers(data, expected[state])
                ground.must(data, "generations", "prune", "--keep", "2")
                assert kinds_of_files(data) == kinds_of_files(ground.whole)
            assert unreferenced(data) == []
    watch.assert_served_whole([expected[1], expected[2]])
    return kills


def test_s1_killed_at_random_moments(ground: Ground, trial: Path) -> None:
    assert kill_at_random(ground, trial, cycles=10, seed=1) >= 3


@pytest.mark.long
def test_s1_killed_at_a_hundred_random_moments(ground: Ground, trial: Path) -> None:
    assert kill_at_random(ground, trial, cycles=100, seed=2) >= 40


def test_s1_again_with_nothing_changed_changes_nothing(ground: Ground, trial: Path) -> None:
    data = copied(ground.whole, trial)
    again = ground.must(data, "--json", *ground.ingest).json()["documents"]
    assert {kind: number for kind, number in again.items() if number} == {"seen": 8, "unchanged": 8}
    assert ground.must(data, "--json", *BUILD).json()["changed"] is False
    assert ground.digest(data) == ground.built
    assert kinds_of_files(data) == kinds_of_files(ground.whole)


# ---- S6 -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["ingest", "build"])
def test_s6_two_at_once_and_the_holder_killed(ground: Ground, trial: Path, what: str) -> None:
    data = copied(ground.base if what == "ingest" else ground.read, trial)
    command = ground.ingest if what == "ingest" else BUILD
    holder = ground.nursery.start(data, *command, fault=Fault("fsync", 2, "halt"))
    assert holder.stopped(), "it never came to its fault"
    second = ground.nursery.run(data, *command)
    assert second.code == RunLocked.exit_code == 5
    assert f"process {holder.pid}" in second.errors
    ground.assert_served(data, ground.before)
    holder.kill()
    assert ground.nursery.wait(holder).killed
    ground.assert_heals(data)
