"""Re-ingest at an interval: the same commands that cron would start, one at a time, none piled up."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from apscheduler.schedulers.blocking import BlockingScheduler

from app.progress import Reporter
from scraper.errors import ConfigError, PublishRefused

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SHORTEST = 60


def parse_interval(text: str) -> int:
    """Return seconds from "30m", "24h" or "7d"; raise ConfigError for anything else or under a minute."""
    match = re.fullmatch(r"(\d+)\s*([smhd])", text.strip().lower())
    seconds = int(match.group(1)) * _UNITS[match.group(2)] if match else 0
    if seconds < _SHORTEST:
        raise ConfigError(f"--every {text!r} is no interval of a minute or more; write for example 24h.")
    return seconds


def run_once(ingests: Sequence[Sequence[str]], data: Path, reporter: Reporter) -> int:
    """Run `ingest` with each list of options, then `build`; return how many commands did not end with 0.

    Nothing is built where every source was refused: what such a run read must not be published by itself.
    """

    def run(*arguments: str) -> int:
        code = subprocess.run([sys.executable, "-m", "app", "--data", str(data), *arguments], check=False).returncode
        if code:
            reporter.say(f"`lexatlas {' '.join(arguments)}` ended with exit code {code}; the next run tries again.")
        return code

    codes = [run("ingest", *options) for options in ingests]
    if any(code != PublishRefused.exit_code for code in codes):
        codes.append(run("build"))
    else:
        reporter.say("Nothing is built: what was read was refused. See `lexatlas runs`.")
    return sum(1 for code in codes if code)


def run_every(seconds: int, ingests: Sequence[Sequence[str]], data: Path, reporter: Reporter) -> None:
    """Run at once and then at an interval, until the process is stopped; a late run is not made up for twice."""
    scheduler = BlockingScheduler()
    scheduler.add_job(run_once, "interval", seconds=seconds, args=(ingests, data, reporter), coalesce=True,
                      max_instances=1, misfire_grace_time=None)  # fmt: skip
    run_once(ingests, data, reporter)
    scheduler.start()
