"""A small collection of law made up for tests: rows for the source `folder`, and a data directory made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.jobs.ingest import IngestRequest, ingest
from app.progress import Reporter
from app.wiring import Services
from scraper.report import RunReport

SUBJECTS = (
    "deposits", "ferries", "wells", "orchards", "fences", "markets", "bridges", "pilots", "kennels", "quarries",
    "looms", "beacons",
)  # fmt: skip


def section(number: int, text: str = "", **values: Any) -> dict[str, Any]:
    """A section of a made-up code."""
    subject = SUBJECTS[number % len(SUBJECTS)]
    words = text or (
        f"Every keeper of {subject} shall register with the clerk within {number + 10} days. "
        f"The fee is {number} dollars.\nA keeper who does not register {subject} pays twice the fee."
    )
    row = {
        "id": f"arcadia:code:{number}", "kind": "statute", "jurisdiction": "arcadia", "title": f"Of {subject}",
        "citation": f"Arcadia Code § {number}", "text": words, "url": f"https://arcadia.example/{number}",
    }  # fmt: skip
    return row | values


def case(number: int) -> dict[str, Any]:
    """A made-up opinion."""
    return {
        "id": f"arcadia:high:{number}", "kind": "case", "jurisdiction": "arcadia", "title": f"Doe {number} v. Roe",
        "citation": f"{number} Arc. 1", "text": f"The matter of Doe {number} concerns a lantern. We affirm.",
        "url": f"https://arcadia.example/case/{number}", "court": "arch", "date": "2001-05-04",
    }  # fmt: skip


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    """State these rows and no others."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "law.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def read(services: Services, folder: Path, rows: list[dict[str, Any]]) -> RunReport:
    """Write rows and ingest them."""
    write(folder, rows)
    return ingest(services, IngestRequest("folder", base_url=str(folder)), Reporter(quiet=True))
