"""Progress of long work: a bar on a terminal, one line a step elsewhere; always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class Advance(Protocol):
    """Called as work goes on; `total` may grow."""

    def __call__(self, done: int, total: int) -> None:
        """Say how much is done of how much."""
        ...


class Reporter:
    """Shows the steps of one command; `quiet` shows nothing."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet)
        self._bars = sys.stderr.isatty() and not quiet

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, label: str) -> Iterator[Advance]:
        """Show one step while it runs; yield what it calls to say how far it is."""
        begun = time.monotonic()
        if self._bars:
            with _bar(self._console) as progress:
                task = progress.add_task(label, total=None)
                yield lambda done, total: progress.update(task, completed=done, total=total)
        else:
            yield lambda done, total: None
            self.say(f"{label}: {time.monotonic() - begun:.1f} s")


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), console=console,
    )  # fmt: skip
