"""The command line: `lexatlas [--data DIR] [--json] COMMAND`. Exit code 0 only when the thing asked was done."""

from __future__ import annotations

import sys

from app.cli import admin, evaluate, explore, ingest, serving
from app.cli.base import app, report_error
from scraper.errors import LexatlasError

__all__ = ["app", "main"]

for module in (ingest, explore, serving, evaluate, admin):
    module.register(app)


def main() -> None:
    """Run one command; an error meant for the user is printed in one line and gives its exit code."""
    try:
        app()
    except LexatlasError as error:
        sys.exit(report_error(error))
    except BrokenPipeError:
        # the reader of our output left, as `head` does
        sys.stderr.close()
        sys.exit(141)
