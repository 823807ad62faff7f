"""A made-up collection in which some subjects give way to others, so that trends and drift have something to tell."""

from __future__ import annotations

from typing import Any

import numpy as np

FIRST, YEARS, EACH = 1996, 14, 24
# Words that only one subject uses; enough of them for a topic of its own.
SUBJECTS = {
    "ferry": "ferry wharf passenger cargo harbour mooring tide landing vessel captain freight berth",
    "orchard": "orchard apple harvest grafting cider blossom picker pruning nursery sapling crate frost",
    "lantern": "lantern lamp wick oil flame lighting street globe keeper glazier ladder bracket",
    "quarry": "quarry granite blasting stone slab mason powder trench hauling ledge chisel rubble",
}


def cases() -> list[dict[str, Any]]:
    """Opinions of two courts: ferries and orchards give way to lanterns and quarries."""
    rng = np.random.default_rng(8)
    rows = []
    for year in range(FIRST, FIRST + YEARS):
        late = 0.1 + 0.8 * (year - FIRST) / (YEARS - 1)
        for at in range(EACH):
            court = ("arch", "arcl")[at % 2]
            subject = rng.choice(list(SUBJECTS), p=[(1 - late) / 2, (1 - late) / 2, late / 2, late / 2])
            rows.append(_case(year, at, court, str(subject), rng))
    return rows


def _case(year: int, at: int, court: str, subject: str, rng: np.random.Generator) -> dict[str, Any]:
    own = SUBJECTS[subject].split()
    sentences = []
    for _ in range(9):
        one, two, three, four = rng.choice(own, 4, replace=False)
        sentences.append(f"The {one} and the {two} were held for the {three} by whoever had the {four}.")
    number = (year - FIRST) * EACH + at
    return {
        "id": f"arcadia:{court}:{number}", "kind": "case", "jurisdiction": "arcadia", "court": court,
        "title": f"Doe {number} v. Roe", "citation": f"{number + 1} Arc. 1", "date": f"{year}-05-{at + 1:02d}",
        "text": " ".join(sentences), "url": f"https://arcadia.example/case/{number}",
    }  # fmt: skip
