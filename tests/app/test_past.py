"""Law that was amended, repealed, withdrawn, withheld and that came back: what the service says of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.api.comparing import in_words
from app.jobs.doctor import digest
from app.progress import Reporter
from app.wiring import Services, wire
from tests.app import law
from tests.app.api.schema import Api, problem
from tests.conftest import lexatlas, lexatlas_json, serving, settings

AMENDED, REPEALED, WITHDRAWN, BACK, HELD = (f"arcadia:code:{number}" for number in (1, 3, 2, 4, 5))
SEALED = "arcadia:high:1"
DOCUMENT, DIFF = "/v1/documents/{document_id}", "/v1/documents/{document_id}/diff"


def stages() -> list[list[dict[str, Any]]]:
    """What the folder states at three times."""
    first = [*(law.section(n) for n in range(1, 21)), law.case(1), law.case(2)]
    second = [row for row in first if row["id"] not in {WITHDRAWN, BACK, SEALED}]
    second = [
        row | {"text": row["text"].replace("11 days", "30 days")} if row["id"] == AMENDED
        else row | {"text": "Repealed in 2020.", "status": "repealed"} if row["id"] == REPEALED else row
        for row in second
    ]  # fmt: skip
    third = [*second, *(row for row in first if row["id"] == BACK)]
    return [first, second, third]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Services:
    """A data directory that read the folder three times."""
    root = tmp_path_factory.mktemp("past")
    services = wire(settings(root / "data", models))
    for rows in stages():
        assert law.read(services, root / "law", rows).state == "done"
    services.builder().build(Reporter(quiet=True))
    return services


@pytest.fixture(scope="module")
def old(past: Services) -> Iterator[Api]:
    with serving(past) as address:
        yield Api(address)


def test_what_was_withdrawn_resolves_as_withdrawn_with_its_text(old: Api) -> None:
    found = old.get(f"/v1/documents/{WITHDRAWN}", DOCUMENT)
    assert (found["status"], found["current"]) == ("withdrawn", False)
    assert "keeper of wells" in found["text"]
    (only,) = old.get(f"/v1/documents/{WITHDRAWN}/versions", DOCUMENT + "/versions")["versions"]
    assert only["observed_to"] is not None and only["hash"] == found["version"]
    for name, member in (("similar", "hits"), ("cited-by", "cited_by"), ("citations", "citations")):
        assert old.get(f"/v1/documents/{WITHDRAWN}/{name}", f"{DOCUMENT}/{name}")[member] == []


def test_what_was_withdrawn_is_never_found_listed_or_counted(old: Api) -> None:
    hits = old.post("/v1/search", {"query": "keeper of wells register", "k": 100})["hits"]
    listed = {row["id"] for row in old.pages("/v1/documents", "documents")}
    assert {WITHDRAWN, SEALED}.isdisjoint({hit["id"] for hit in hits} | listed)
    assert old.get("/v1/status")["counts"]["documents"] == len(listed) == 20


@pytest.mark.parametrize("cite", [WITHDRAWN, "Doe 2 v. Roe", "Arcadia Code § 1"])
def test_an_id_and_a_name_resolve_with_their_standing(old: Api, cite: str) -> None:
    answer = old.http.get("/v1/resolve", params={"cite": cite})
    if answer.status_code == 404:
        assert cite.startswith("Arcadia Code")  # a code without a table is known by its ids alone
        return
    document = answer.json()["document"]
    assert document["status"] == ("withdrawn" if cite == WITHDRAWN else "in_force")


def test_a_withheld_opinion_is_gone_without_its_name(old: Api, past: Services) -> None:
    for path in ("", "/versions", "/diff", "/citations", "/cited-by", "/similar"):
        body = problem(old.http.get(f"/v1/documents/{SEALED}{path}"), 410, "removed")
        assert "Doe 1" not in str(body)
    assert problem(old.http.get("/v1/resolve", params={"cite": "Doe 1 v. Roe"}), 404)
    folder = past.snapshots.current().corpus.generation.folder
    for file in (path for path in folder.rglob("*") if path.is_file()):
        assert b"Doe 1" not in file.read_bytes(), file
        assert SEALED.encode() not in file.read_bytes(), file


def test_changes_tell_each_in_order_and_name_nothing_withheld(old: Api) -> None:
    rows = old.get("/v1/changes", limit=100)["changes"]
    by_document: dict[str, list[str]] = {}
    for row in reversed(rows):
        by_document.setdefault(row["document"], []).append(row["change"])
    assert by_document[AMENDED] == ["added", "changed"]
    assert by_document[REPEALED] == ["added", "repealed"]
    assert by_document[WITHDRAWN] == ["added", "withdrawn"]
    assert by_document[BACK] == ["added", "withdrawn", "returned"]
    assert by_document[HELD] == ["added"]
    assert SEALED not in by_document and len(by_document) == 21


def test_one_that_came_back_is_current_again_under_its_id(old: Api) -> None:
    found = old.get(f"/v1/documents/{BACK}", DOCUMENT)
    assert (found["status"], found["current"]) == ("in_force", True)


def test_the_difference_shows_the_words(old: Api) -> None:
    found = old.get(f"/v1/documents/{AMENDED}/diff", DIFF)
    assert found["counts"] == {"equal": 2, "changed": 1, "removed": 0, "added": 0}
    changed = found["pieces"][0]
    texts = {name: old.get(f"/v1/documents/{AMENDED}", DOCUMENT, version=found[end]["version"])["text"]
             for name, end in (("old", "from"), ("new", "to"))}  # fmt: skip
    for name, word in (("old", "11"), ("new", "30")):
        side, text = changed[name], texts[name]
        assert text[side["start"] : side["end"]] == side["text"]
        assert [text[a:b] for a, b in side["marks"]] == [word]
    turned = {"from": found["to"]["version"], "to": found["from"]["version"][:8]}
    back = old.get(f"/v1/documents/{AMENDED}/diff", DIFF, **turned)
    assert [texts["new"][a:b] for a, b in back["pieces"][0]["old"]["marks"]] == ["30"]
    words = in_words(found)
    assert "- Every keeper of ferries shall register with the clerk within 11 days." in words
    assert "1 sentence changed, 0 removed, 0 added, 2 as before." in words


def test_the_difference_tells_a_change_of_status(old: Api) -> None:
    found = old.get(f"/v1/documents/{REPEALED}/diff", DIFF)
    assert {"name": "status", "old": "in_force", "new": "repealed"} in found["particulars"]


def test_a_difference_that_cannot_be_told_is_refused_in_words(old: Api) -> None:
    path = f"/v1/documents/{HELD}/diff"
    assert "nothing to compare" in problem(old.http.get(path), 404, "unknown-version")["detail"]
    assert "8 or more digits" in problem(old.http.get(path, params={"from": "xyz"}), 422)["detail"]
    assert "calendar" in problem(old.http.get(path, params={"to": "2026-02-31"}), 422)["detail"]
    problem(old.http.get(path, params={"from": "0" * 12}), 404, "unknown-version")
    problem(old.http.get("/v1/documents/arcadia:code:999/diff"), 404, "unknown-document")


def test_the_command_line_tells_the_same(past: Services, models: Path, old: Api) -> None:
    data = past.settings.data
    told = lexatlas_json(data, models, "diff", AMENDED)
    assert told == old.get(f"/v1/documents/{AMENDED}/diff", DIFF)
    gone = lexatlas(data, models, "diff", SEALED)
    assert gone.returncode == 1 and "withheld" in gone.stderr and "Doe" not in gone.stderr
    assert "(withdrawn)" in lexatlas(data, models, "resolve", WITHDRAWN).stdout


def test_the_same_history_gives_the_same_digest(past: Services, tmp_path: Path, models: Path) -> None:
    again = wire(settings(tmp_path / "data", models))
    for rows in stages():
        law.read(again, tmp_path / "law", rows)
    again.builder().build(Reporter(quiet=True))
    assert digest(again) == digest(past)
