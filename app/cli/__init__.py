"""The command line: `lexatlas [--data DIR] [--json] COMMAND`. Exit code 0 only when the thing asked was done."""

from __future__ import annotations

import sys

from app.cli import admin, evaluate, explore, graph, ingest, serving, topic_names, topic_reports, topics, upkeep
from app.cli.base import app, report_error
from scraper.errors import LexatlasError

__all__ = ["app", "main"]

for module in (ingest, explore, topics, topic_names, topic_reports, graph, serving, evaluate, admin, upkeep):
    module.register(app)


def main() -> None:
    """Run one command; an error meant for the user is printed in one line and gives its exit code."""
    try:
        app()
    except LexatlasError as error:
        sys.exit(report_error(error))
    except (MemoryError, ValueError) as error:
        if not _for_want_of_memory(error):
            raise
        print(
            "lexatlas: There is not enough memory for this. What was published before still is; give it more, or set "
            "LEXATLAS_WORKERS=1 so that less is done at once.",
            file=sys.stderr,
        )
        sys.exit(1)
    except BrokenPipeError:
        # the reader of our output left, as `head` does
        sys.stderr.close()
        sys.exit(141)


def _for_want_of_memory(error: BaseException | None) -> bool:
    """Tell whether memory ran out, be it while something else was being cleared away."""
    while error is not None and not isinstance(error, MemoryError):
        error = error.__context__
    return error is not None
