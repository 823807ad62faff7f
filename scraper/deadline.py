"""A limit on the time that one piece of work may take, for work that cannot be asked to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class DeadlinePassed(Exception):
    """The work took longer than it may."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise DeadlinePassed inside the block once it has run for so many seconds.

    A timer of the process interrupts it, regular expressions included. Only the main thread can be interrupted so, and
    only where no other timer is set: elsewhere the block runs without a limit.
    """
    free = threading.current_thread() is threading.main_thread() and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    if not free:
        yield
        return

    def passed(_number: int, _frame: FrameType | None) -> None:
        raise DeadlinePassed(f"It took longer than {seconds:g} s.")

    before = signal.signal(signal.SIGALRM, passed)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
