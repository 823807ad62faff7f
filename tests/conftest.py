"""Shared, real things: the packaged model exported once a run."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for exported models, filled on first use and shared by the run."""
    return tmp_path_factory.mktemp("models")
