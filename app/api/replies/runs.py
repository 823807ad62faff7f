"""Responses about runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

RunStateName = Literal["running", "done", "partial", "cancelled", "refused", "failed", "abandoned"]
_SUMMARY: dict[str, Any] = {
    "run": "20260210T030000-justia-1a2b3c", "source": "justia", "state": "done", "cancelling": False,
    "started": "2026-02-10T03:00:00+00:00", "alive": "2026-02-10T03:20:00+00:00", "silent": False,
    "finished": "2026-02-10T03:20:00+00:00", "resumed": False, "done": 1200, "known": 1200,
    "pages": {"pending": 0, "fetched": 3, "unchanged": 1197, "missing": 0, "refused": 0, "failed": 0,
              "quarantined": 0, "skipped": 0},
    "documents": {"seen": 1100, "added": 1, "changed": 2, "withdrawn": 0, "returned": 0, "source_added": 0,
                  "unchanged": 1097},
}  # fmt: skip


class RunSummary(BaseModel):
    """A run: how far it is, and what it met; `pages` by state, `documents` by what became of them."""

    model_config = ConfigDict(json_schema_extra={"example": _SUMMARY})

    run: str
    source: str
    state: Annotated[
        RunStateName,
        Field(description="`partial`: some pages failed or were quarantined; `refused`: so much that nothing counts."),
    ]
    cancelling: Annotated[bool, Field(description="It was asked to end and will, after the page at hand.")]
    started: str
    alive: Annotated[str, Field(description="When it last wrote something.")]
    silent: Annotated[bool, Field(description="It is said to go on and wrote nothing for ten minutes.")]
    finished: str | None
    resumed: bool
    done: Annotated[int, Field(description="Pages dealt with.")]
    known: Annotated[int, Field(description="Pages known so far; a crawl finds more as it goes.")]
    pages: dict[str, int]
    documents: dict[str, int]


class RunList(BaseModel):
    """A page of runs, latest first; `may_start` says whether this service takes orders to start one."""

    runs: list[RunSummary]
    next_cursor: str | None
    may_start: bool


class RunChange(BaseModel):
    """What a run did to a document; `url` and `note` only for who sends the admin key."""

    document: str
    change: str
    old_version: str
    new_version: str
    url: str | None = None
    note: str | None = None


class RunTrouble(BaseModel):
    """A page that failed or was quarantined, and why."""

    url: str
    reason: str
    words: str


class RunReply(RunSummary):
    """One run with what it changed; addresses, options and troubles only for who sends the admin key."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": _SUMMARY | {
                "message": "", "changes": [{"document": "us:usc:28:1332", "change": "changed",
                                            "old_version": "5f1c0a2be7d4", "new_version": "c3d80a1f7b20"}],
                "changes_not_shown": 0, "base_url": None, "options": None, "troubles": None,
            }
        }
    )  # fmt: skip

    message: str
    changes: list[RunChange]
    changes_not_shown: int
    base_url: str | None
    options: dict[str, Any] | None
    troubles: list[RunTrouble] | None


class RunStarted(BaseModel):
    """A run that begins; `run` is null where it takes longer than half a minute to appear in the list."""

    model_config = ConfigDict(json_schema_extra={"example": {"run": "20260210T030000-justia-1a2b3c"}})

    run: str | None


class RunPage(BaseModel):
    """A page that a run met."""

    url: str
    state: str
    reason: str
    documents: int


class RunPages(BaseModel):
    """Pages of a run in the order in which it met them."""

    run: str
    pages: list[RunPage]
    next_cursor: str | None
