"""Where the fits of a sweep are worked out: in this process, in several, or on a Dask cluster.

An item of a sweep depends on nothing but itself (its seed is made of the sweep's seed, the rank and the run),
so each way gives the same bits on one CPU type; the linear algebra is held at one thread everywhere, since
with more the order of sums, and with it the last bits, would change.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol, TypeVar

from joblib import Parallel, delayed
from threadpoolctl import ThreadpoolController, threadpool_limits

from scraper.errors import TopicError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Works items out somewhere. `function` and the items can be pickled."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Give the results in the order of the items; an error of one is raised."""
        ...


class SerialExecutor:
    """One item after the other, here."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """As `Executor.map`."""
        return [function(item) for item in items]


class JoblibExecutor:
    """Several at a time on this machine, in processes of their own or in threads."""

    def __init__(self, workers: int = 2, threads: bool = False) -> None:
        self._workers = workers
        self._prefer = "threads" if threads else "processes"

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """As `Executor.map`."""
        calls = (delayed(_alone)(function, item) for item in items)
        return list(Parallel(n_jobs=self._workers, prefer=self._prefer)(calls))


class DaskExecutor:
    """On the workers of a Dask cluster; items of a worker that is lost are worked out by another.

    address: of the scheduler, as tcp://, tls:// or ws://; it is called when the first items come. Workers need
    this package, of the same version.
    """

    def __init__(self, address: str, timeout: float = 10.0) -> None:
        self._address = address
        self._timeout = timeout
        self._client: Any = None

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """As `Executor.map`; raises TopicError without a scheduler, without Dask, or where items kill their workers."""
        client = self._connected()
        # A task that makes it, not scattered data: the scheduler can have it made again when a worker is lost.
        shared = client.submit(_same, function, pure=False)
        futures = [client.submit(_alone, shared, item, pure=False, retries=2) for item in items]
        try:
            results: list[Result] = client.gather(futures)
        except (_distributed().KilledWorker, OSError, CancelledError) as error:
            raise TopicError(
                f"The Dask cluster at {self._address} lost its workers over and over or cannot be reached ({error}); "
                "look at their memory and their log."
            ) from error
        return results

    def close(self) -> None:
        """Leave the cluster; it stays up."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connected(self) -> Any:
        if self._client is None:
            dask = _distributed()
            try:
                self._client = dask.Client(self._address, timeout=self._timeout, set_as_default=False)
            except (OSError, ValueError, TimeoutError) as error:
                raise TopicError(
                    f"The Dask scheduler {self._address} cannot be reached ({error}); start it or mend LEXATLAS_DASK."
                ) from error
        return self._client


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise TopicError("LEXATLAS_DASK names a scheduler, but Dask is missing: install lexatlas[dask].") from error


def executor_for(address: str, workers: int = 0) -> Executor:
    """The executor of an installation: the cluster at `address`; if that is empty, threads here, 0 for all cores.

    Threads and not processes: the work is in numpy, which lets others run meanwhile, and they cost no start.
    """
    if address:
        return DaskExecutor(address)
    count = workers or os.cpu_count() or 1
    return JoblibExecutor(count, threads=True) if count > 1 else SerialExecutor()


def _same(value: Result) -> Result:
    return value


def _alone(function: Callable[[Item], Result], item: Item) -> Result:
    _hold_here()
    return function(item)


@cache
def _hold_here() -> None:
    """Hold this worker's linear algebra at one thread, for good: a limit per item would race between threads."""
    threadpool_limits(1)


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold the linear algebra of this process at one thread for a while."""
    with _controller().limit(limits=1):
        yield
