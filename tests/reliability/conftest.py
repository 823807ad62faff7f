"""The shim compiled once, one nursery, and one collection in two states for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability import ground as grounds
from tests.reliability.ground import Ground
from tests.reliability.kl import Nursery, compiled, why_not


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the compiled shim and the small model."""
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("workshop")
    compiled(folder)
    return folder


@pytest.fixture(scope="session")
def nursery(workshop: Path) -> Iterator[Nursery]:
    """Where commands are started."""
    with Nursery(workshop / "kl.so", workshop / "scratch", grounds.variables(workshop)) as nursery:
        yield nursery


@pytest.fixture(scope="session")
def _ground(nursery: Nursery, workshop: Path) -> Ground:
    return grounds.prepare(nursery, workshop / "ground")


@pytest.fixture
def ground(_ground: Ground) -> Ground:
    """The collection, in its second state, and what was made of it undisturbed."""
    _ground.write_state(2)
    return _ground


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    """Where a data directory is put that will be mistreated."""
    return tmp_path / "data"
