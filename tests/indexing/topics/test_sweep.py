"""The same sweep in this process, in others, in threads and on a real cluster that loses a worker: the same bits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from indexing.topics.nmfk import NmfkConfig, NmfkResult, nmfk
from indexing.topics.sweep import DaskExecutor, Executor, JoblibExecutor, SerialExecutor, executor_for, one_thread
from scraper.errors import TopicError
from tests.indexing.topics.test_nmfk import planted

CONFIG = NmfkConfig(perturbations=6, screen=3)


def fingerprint(result: NmfkResult) -> tuple[Any, ...]:
    return result.w.tobytes(), result.h.tobytes(), result.k, result.table, result.reason, result.spectrum


@pytest.fixture(scope="module")
def alone() -> NmfkResult:
    return nmfk(planted(4, 9), range(2, 7), CONFIG, 3)


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as local:
        yield local


@pytest.mark.parametrize(
    "executor",
    [SerialExecutor(), JoblibExecutor(2), JoblibExecutor(2, threads=True)],
    ids=["here", "processes", "threads"],
)
def test_every_executor_gives_the_same_bits(executor: Executor, alone: NmfkResult) -> None:
    again = nmfk(planted(4, 9), range(2, 7), CONFIG, 3, executor=executor)
    assert fingerprint(again) == fingerprint(alone)


def test_a_cluster_gives_the_same_bits(cluster: Any, alone: NmfkResult) -> None:
    executor = DaskExecutor(cluster.scheduler_address)
    try:
        again = nmfk(planted(4, 9), range(2, 7), CONFIG, 3, executor=executor)
    finally:
        executor.close()
    assert fingerprint(again) == fingerprint(alone)


def test_the_number_of_threads_that_a_process_was_given_changes_no_bit() -> None:
    program = (
        "import hashlib; from tests.indexing.topics.test_nmfk import planted; from indexing.topics.nmfk import nmfk\n"
        "r = nmfk(planted(4, 9), range(2, 6)); print(hashlib.sha256(r.w.tobytes() + r.h.tobytes()).hexdigest())"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
            cwd=Path(__file__).parents[3],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for threads in ("1", "2")
    ]
    assert printed[0] == printed[1] and len(printed[0].strip()) == 64


class KillerOnce:
    """Works an item out, but kills the first worker process that it runs in."""

    def __init__(self, function: Any, mark: Path) -> None:
        self.function = function
        self.mark = mark

    def __call__(self, item: Any) -> Any:
        try:
            self.mark.touch(exist_ok=False)
        except FileExistsError:
            return self.function(item)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("a killed process goes on")


class Killing:
    """An executor whose items kill one worker of the cluster that they run on."""

    def __init__(self, inner: Executor, mark: Path) -> None:
        self.inner = inner
        self.mark = mark

    def map(self, function: Any, items: Any) -> list[Any]:
        return self.inner.map(KillerOnce(function, self.mark), items)


def test_a_killed_worker_is_survived_with_the_same_bits(cluster: Any, alone: NmfkResult, tmp_path: Path) -> None:
    mark = tmp_path / "killed"
    executor = DaskExecutor(cluster.scheduler_address)
    try:
        again = nmfk(planted(4, 9), range(2, 7), CONFIG, 3, executor=Killing(executor, mark))
    finally:
        executor.close()
    assert mark.exists(), "no worker was killed, so nothing was survived"
    assert fingerprint(again) == fingerprint(alone)


def test_items_that_kill_every_worker_are_given_up_in_words(cluster: Any) -> None:
    executor = DaskExecutor(cluster.scheduler_address)
    try:
        with pytest.raises(TopicError, match="lost its workers"):
            executor.map(kill_this_process, [0])
    finally:
        executor.close()


def kill_this_process(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_results_come_in_the_order_of_the_items() -> None:
    def slow_first(item: int) -> int:
        time.sleep(0.05 if item == 0 else 0.0)
        return item * item

    for executor in (SerialExecutor(), JoblibExecutor(2, threads=True)):
        assert executor.map(slow_first, [0, 1, 2, 3]) == [0, 1, 4, 9]


def test_an_error_of_an_item_is_raised() -> None:
    def broken(item: int) -> int:
        raise TopicError("item cannot be worked out")

    for executor in (SerialExecutor(), JoblibExecutor(2, threads=True)):
        with pytest.raises(TopicError):
            executor.map(broken, [1])


def test_linear_algebra_is_held_at_one_thread_and_let_go() -> None:
    def threads() -> list[int]:
        return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

    before = threads()
    with one_thread():
        assert set(threads()) == {1}
    assert threads() == before


def test_the_settings_choose_the_executor() -> None:
    assert isinstance(executor_for("", 1), SerialExecutor)
    assert isinstance(executor_for("", 2), JoblibExecutor)
    assert isinstance(executor_for("tls://scheduler.example:8786", 2), DaskExecutor)


def test_a_scheduler_that_is_not_there_is_said_so() -> None:
    pytest.importorskip("distributed")
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(TopicError, match="LEXATLAS_DASK"):
            DaskExecutor(address, timeout=0.5).map(abs, [1])


def test_a_seed_of_many_digits_is_taken() -> None:
    x = planted(3, 2)
    assert nmfk(x, [2, 3], CONFIG, 2**40).k == nmfk(x, [2, 3], CONFIG, np.iinfo(np.int64).max).k == 3
