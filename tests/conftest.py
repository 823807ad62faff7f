"""Shared, real things: the packaged model exported once a run, the sample crawled and built once, a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from app.api.main import create_app
from app.config import Settings
from app.wiring import Services, Snapshot, wire

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for exported models, filled on first use and shared by the run."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def sample_truth() -> dict[str, Any]:
    """What the authors of the sample planted."""
    truth: dict[str, Any] = json.loads((ROOT / "sample" / "truth.json").read_text(encoding="utf-8"))
    return truth


@pytest.fixture(scope="session")
def sample_data(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    """A data directory made by `lexatlas demo --no-serve`, as a user would make it; tests only read it."""
    data = tmp_path_factory.mktemp("sample") / "data"
    done = lexatlas(data, models, "demo", "--no-serve")
    assert done.returncode == 0, done.stderr
    return data


@pytest.fixture(scope="session")
def services(sample_data: Path, models: Path) -> Services:
    """The services over the sample, without a language model."""
    return wire(settings(sample_data, models))


@pytest.fixture(scope="session")
def snapshot(services: Services) -> Snapshot:
    """The sample's generation."""
    return services.snapshots.current()


@pytest.fixture(scope="session")
def served(services: Services) -> Iterator[str]:
    """The address of a real server on loopback that serves the sample."""
    with serving(services) as address:
        yield address


class serving:
    """A context in which services are served by uvicorn on a free loopback port."""

    def __init__(self, services: Services) -> None:
        config = uvicorn.Config(create_app(services), host="127.0.0.1", port=0, log_level="error")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        deadline = time.monotonic() + 30
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)


def settings(data: Path, models: Path, **variables: str) -> Settings:
    """Settings for a data directory, from a mapping and never from the environment."""
    return Settings.from_env({"LEXATLAS_DATA": str(data), "LEXATLAS_MODELS": str(models), **variables})


def lexatlas(data: Path, models: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, in a process of its own."""
    command: Sequence[str] = [sys.executable, "-m", "app", "--data", str(data), *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LEXATLAS_")}
    environment = clean | {"LEXATLAS_MODELS": str(models)} | variables
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=600, check=False)


def lexatlas_json(data: Path, models: Path, *arguments: str) -> Any:
    """Run a command with --json, expect success, and return what it printed."""
    done = lexatlas(data, models, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
