"""What a count answers, the same JSON for the API and the command line: the number, its rule and the exact list."""

from __future__ import annotations

from typing import Any

from app.api import shapes, views
from app.retrieval.counting import Counted
from app.wiring import Snapshot
from scraper.jurisdictions import Jurisdictions


def count_view(
    snapshot: Snapshot, jurisdictions: Jurisdictions, counted: Counted, limit: int, offset: int = 0
) -> dict[str, Any]:
    """Return a count with one page of its list; `others` are counts of the same words by other rules."""
    entries = snapshot.corpus.entries
    page = [entries[int(row)] for row in counted.rows[offset : offset + limit]]
    reached = offset + len(page)
    return {
        "question": counted.question, "count": len(counted.rows), "rule": counted.rule,
        "conditions": [{"name": c.name, "value": c.value, "words": c.words} for c in counted.conditions],
        "others": [{"rule": rule, "count": number} for rule, number in counted.others],
        "documents": [shapes.listed(entry) for entry in page],
        "next_offset": reached if page and reached < len(counted.rows) else None,
        **views.basis(snapshot, jurisdictions),
    }  # fmt: skip


def count_words(value: dict[str, Any]) -> str:
    """Return a count as the command line prints it."""
    lines = [f"{value['count']:,} document{'' if value['count'] == 1 else 's'}. {value['rule']}"]
    lines += [f"  By another rule, {one['rule']}: {one['count']:,}" for one in value["others"]]
    lines += [f"{row['id']}  {row['title']}, {row['citation'] or row['date'] or ''}" for row in value["documents"]]
    if value["next_offset"] is not None:
        lines.append(f"({value['count'] - value['next_offset']:,} more; --limit shows more of them)")
    return "\n".join([*lines, value["notice"]])
