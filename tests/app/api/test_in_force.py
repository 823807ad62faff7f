"""The version that a court cited: what was in force at the decision, and what was changed since."""

from __future__ import annotations

import httpx


def cited(served: str, citing: str, target: str) -> list[dict[str, str | None]]:
    rows = httpx.get(f"{served}/v1/documents/{citing}/citations", params={"limit": 100}).json()["citations"]
    return [row for row in rows if row["to"] and row["to"]["id"] == target]


def test_a_section_renumbered_after_the_decision_is_said_to_have_changed_since(served: str) -> None:
    # truth.json: § 12-2-207 became § 12-3-109 on January 1, 2012; the case was decided in 2009
    rows = cited(served, "franklin:frca:2009-frca-018", "franklin:code:12-2-207")
    assert rows and {row["amended_since"] for row in rows} == {"2012-01-01"}


def test_a_section_not_touched_since_is_cited_in_the_version_that_is_held(served: str) -> None:
    # § 12-1-102 was amended last in 2006, and Weatherby was decided in 2009
    rows = cited(served, "franklin:frsc:2009-frsc-022", "franklin:code:12-1-102")
    held = httpx.get(f"{served}/v1/documents/franklin:code:12-1-102").json()["version"]
    assert rows and {(row["in_force"], row["amended_since"]) for row in rows} == {(held, None)}


def test_a_decision_before_the_amendment_cites_another_version(served: str) -> None:
    # Calloway was decided in 2005; Laws 2006, ch. 71 amended the section from July 1, 2006 on
    rows = cited(served, "franklin:frsc:2005-frsc-014", "franklin:code:12-1-102")
    assert rows and {(row["in_force"], row["amended_since"]) for row in rows} == {(None, "2006-07-01")}
