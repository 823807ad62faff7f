"""What all commands share: options, services, and one way to print."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from app.config import Settings
from app.progress import Reporter
from app.wiring import Services, wire
from scraper.errors import ConfigError, LexatlasError, QueryError

app = typer.Typer(
    name="lexatlas",
    help="Open legal research: from a site of law to cited answers, with topics and a citation graph.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_STATE: dict[str, Any] = {"json": False}


@app.callback()
def root(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option(help="Data directory; LEXATLAS_DATA, else ./data.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value on standard output.")] = False,
) -> None:
    """Read the settings once, before any command."""
    _STATE["json"] = as_json
    context.obj = Context(Settings.from_env(data=data), as_json)
    folder = context.obj.settings.data
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; --data and LEXATLAS_DATA name a directory.")
    _quiet_libraries(context.obj.settings.log_level)


class NotFound(LexatlasError):
    """Nothing is held under what was asked."""


class Context:
    """What a command is handed: settings, services made on first use, and how to print."""

    def __init__(self, settings: Settings, as_json: bool) -> None:
        self.settings = settings
        self.as_json = as_json
        self.reporter = Reporter(quiet=as_json)
        self._services: Services | None = None

    @property
    def services(self) -> Services:
        """Return the wired services."""
        if self._services is None:
            self._services = wire(self.settings)
        return self._services

    def emit(self, value: Any, words: Callable[[], str] | str) -> None:
        """Print a value as JSON, or the words for it."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, default=str))
        else:
            print(words() if callable(words) else words)


def report_error(error: LexatlasError) -> int:
    """Print an error on standard error (as JSON where that was asked) and return its exit code."""
    if _STATE["json"]:
        print(json.dumps({"error": type(error).__name__, "detail": str(error)}, ensure_ascii=False), file=sys.stderr)
    else:
        print(f"lexatlas: {error}", file=sys.stderr)
    return error.exit_code


def _quiet_libraries(level: str) -> None:
    minimum = logging.getLevelNamesMapping().get(level, logging.WARNING)
    logging.basicConfig(level=minimum, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for name in ("httpx", "httpcore", "bm25s", "eyecite", "faiss", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # The bar over a model's tensors tells nobody anything, and breaks the lines of those who read a log.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    # It names no address when a request is tried again; what fails for good is told by the command itself.
    logging.getLogger("stamina").setLevel(logging.ERROR)


def only(form: str, known: tuple[str, ...] | list[str]) -> None:
    """Refuse a format that is not among those known; raises QueryError."""
    if form not in known:
        raise QueryError(f"There is no format {form!r}; use {', '.join(known)}.")


def lines(rows: Any) -> None:
    """Print rows as JSON Lines."""
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
