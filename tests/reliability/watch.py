"""A server beside the trials, asked again and again by a thread: what it answered, and from which generation."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.reliability.ground import QUESTION
from tests.reliability.kl import Nursery


class Watch:
    """A context in which a data directory is served and asked; afterwards `assert_served_whole`."""

    def __init__(self, nursery: Nursery, data: Path) -> None:
        self._nursery = nursery
        self._child = nursery.start(data, "serve", "--port", "0", seconds=3600)
        self._answers: list[tuple[str, list[Any]]] = []
        self._errors: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask_on, daemon=True)

    def __enter__(self) -> Watch:
        deadline = time.monotonic() + 60
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", self._child.said())):
            assert time.monotonic() < deadline, self._child.said()
            time.sleep(0.02)
        self._address = found.group(0)
        while not self._answers:  # it says its address before it listens
            assert time.monotonic() < deadline
            self._ask(note=False)
            time.sleep(0.02)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread.ident:
            self._thread.join()
        self._child.kill()
        self._nursery.wait(self._child)

    def _ask_on(self) -> None:
        while not self._stop.is_set():
            self._ask(note=True)
            time.sleep(0.2)

    def _ask(self, *, note: bool) -> None:
        address = f"{self._address}/v1/search?{urllib.parse.urlencode({'q': QUESTION, 'k': 6})}"
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                value = json.load(answer)
        except (OSError, ValueError) as error:
            if note:
                self._errors.append(str(error))
            return
        hits = [(hit["id"], hit["version"], hit["passage"]["text"]) for hit in value["hits"]]
        self._answers.append((value["generation"], hits))

    def assert_served_whole(self, golden: list[Any]) -> None:
        """Expect no error, and each answer to be that of one of the states, the same for the same generation."""
        assert self._errors == []
        assert len(self._answers) > 5
        known = [[(hit[0], hit[1], hit[3]) for hit in state["hits"]] for state in golden]
        by_generation: dict[str, list[Any]] = {}
        for generation, hits in self._answers:
            assert hits in known
            assert by_generation.setdefault(generation, hits) == hits
