"""Runs over HTTP: started as cron would start them, watched, cancelled; what is told to whom."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.api.routes import runs as routes
from app.jobs import runs as launching
from app.wiring import Services, wire
from scraper.errors import ConfigError
from scraper.lock import RunLock
from tests.app import law
from tests.app.api.schema import Api, problem
from tests.conftest import ROOT, lexatlas, lexatlas_json, serving, settings
from tests.site import Site

KEY = "correct-horse-battery"
BEARER = {"Authorization": f"Bearer {KEY}"}
RUNS, RUN = "/v1/ingest/runs", "/v1/ingest/runs/{run_id}"


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Services:
    """An empty data directory whose service takes orders."""
    data = tmp_path_factory.mktemp("runs") / "data"
    return wire(settings(data, models, LEXATLAS_ADMIN_KEY=KEY))


@pytest.fixture(scope="module")
def run_api(ours: Services) -> Iterator[Api]:
    with serving(ours) as address:
        yield Api(address)


def start(api: Api, **body: Any) -> httpx.Response:
    return api.http.post(RUNS, json=body, headers=BEARER)


def started(api: Api, **body: Any) -> str:
    answer = start(api, **body)
    assert answer.status_code == 202, answer.text
    api.check("post", RUNS, answer)
    run: str = answer.json()["run"]
    assert answer.headers["location"] == f"{RUNS}/{run}"
    return run


def shown(api: Api, run: str, headers: dict[str, str] = BEARER) -> dict[str, Any]:
    answer = api.http.get(f"{RUNS}/{run}", headers=headers)
    assert answer.status_code == 200, answer.text
    api.check("get", RUN, answer)
    value: dict[str, Any] = answer.json()
    return value


def followed(api: Api, run: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a run until its stream ends."""
    events: list[tuple[str, dict[str, Any]]] = []
    with api.http.stream("GET", f"{RUNS}/{run}/events", headers=BEARER, timeout=120) as stream:
        assert stream.status_code == 200 and stream.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in stream.iter_lines():
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                events.append((name, json.loads(line.removeprefix("data:"))))
    return events


def test_an_empty_directory_has_no_runs_and_looking_makes_nothing(run_api: Api, ours: Services) -> None:
    assert run_api.get(RUNS) == {"runs": [], "next_cursor": None, "may_start": True}
    problem(run_api.http.get(f"{RUNS}/nothing"), 404, "unknown-run")
    assert not (ours.settings.data / "store.db").exists()


def test_a_run_is_started_followed_and_published(run_api: Api, ours: Services, tmp_path: Path) -> None:
    rows = [*(law.section(n) for n in range(1, 13)), law.case(1)]
    law.write(tmp_path / "law", rows)
    run = started(run_api, source="folder", base_url=str(tmp_path / "law"))
    events = followed(run_api, run)
    assert events[-1][0] == "done" and {name for name, _ in events[:-1]} <= {"progress"}
    for name, value in events:
        schema = "RunReply" if name == "done" else "RunSummary"
        run_api.validate(value, {"$ref": f"#/components/schemas/{schema}"})
    whole = shown(run_api, run)
    assert (whole["state"], whole["documents"]["added"], whole["troubles"]) == ("done", 13, [])
    assert len(whole["changes"]) == 13 and whole["base_url"].endswith("law")
    assert whole == {**events[-1][1], "alive": whole["alive"]}
    wait_for(lambda: run_api.http.get("/readyz").status_code == 200)
    assert run_api.get("/v1/status")["counts"]["documents"] == 13

    public = shown(run_api, run, {})
    assert public["base_url"] is public["options"] is public["troubles"] is None
    assert len(public["changes"]) == 13 and not any(change["url"] for change in public["changes"])
    assert run_api.get(RUNS)["runs"][0]["run"] == run
    assert lexatlas_json(ours.settings.data, ours.settings.models, "runs")["runs"][0]["run"] == run

    law.write(tmp_path / "law", rows[:-1])  # the opinion vanishes: it may be sealed
    again = started(run_api, source="folder", base_url=str(tmp_path / "law"))
    assert followed(run_api, again)[-1][0] == "done"
    wait_for(lambda: run_api.get("/v1/status")["counts"]["documents"] == 12)
    public = shown(run_api, again, {})
    assert (public["changes"], public["changes_not_shown"], public["documents"]["withdrawn"]) == ([], 1, 1)
    assert "arcadia:high" not in json.dumps(public) and "arcadia:high" not in json.dumps(shown(run_api, run, {}))
    assert [change["document"] for change in shown(run_api, again)["changes"]] == ["arcadia:high:1"]
    pages = run_api.get(RUNS, limit=1)
    assert pages["runs"][0]["run"] == again
    assert run_api.get(RUNS, limit=1, cursor=pages["next_cursor"])["runs"][0]["run"] == run


def test_a_run_that_goes_on_is_watched_and_cancelled(run_api: Api, ours: Services) -> None:
    tables = ours.settings.data / "jurisdictions"
    tables.mkdir(exist_ok=True)
    for table in (ROOT / "sample" / "jurisdictions").glob("*.json"):
        (tables / table.name).write_bytes(table.read_bytes())
    asked = {"source": "justia", "delay": 0.2, "canonical_url": "https://law-library.example"}
    with Site(ROOT / "sample" / "site") as site:
        run = started(run_api, base_url=site.url, **asked)
        wait_for(lambda: shown(run_api, run)["done"] >= 2)
        body = problem(start(run_api, base_url=site.url, **asked), 409, "run-locked")
        assert str(ours.settings.data) not in json.dumps(body)
        answer = run_api.http.post(f"{RUNS}/{run}/cancel", headers=BEARER)
        assert answer.status_code == 202 and answer.json()["cancelling"] is True
        run_api.check("post", RUN + "/cancel", answer)
        assert followed(run_api, run)[-1][1]["state"] == "cancelled"
        requests = len(site.log)
        time.sleep(1)
        assert len(site.log) == requests
    assert shown(run_api, run)["documents"]["withdrawn"] == 0
    problem(run_api.http.post(f"{RUNS}/{run}/cancel", headers=BEARER), 409, "not-running")
    met = run_api.http.get(f"{RUNS}/{run}/pages", params={"state": "fetched", "limit": 1}, headers=BEARER)
    run_api.check("get", RUN + "/pages", met)
    page = met.json()
    assert page["pages"][0]["url"].startswith("https://law-library.example/") and page["next_cursor"]
    more = {"limit": 1, "cursor": page["next_cursor"], "state": "fetched"}
    following = run_api.http.get(f"{RUNS}/{run}/pages", params=more, headers=BEARER).json()
    assert following["pages"][0]["url"] != page["pages"][0]["url"]
    done = lexatlas(ours.settings.data, ours.settings.models, "runs", "cancel", run)
    assert done.returncode == 1 and "nothing to cancel" in done.stderr
    told = lexatlas(ours.settings.data, ours.settings.models, "runs", "show", run).stdout
    assert "cancelled" in told and "fetched" in told


@pytest.mark.parametrize(
    ("body", "status", "kind", "words"),
    [
        ({"source": "nowhere"}, 422, "run-refused", "There is no source"),
        ({"source": "folder", "base_url": "/nowhere/at/all"}, 422, "run-refused", "cannot be read"),
        ({"source": "folder", "base_url": "/tmp", "options": {"speed": "9"}}, 422, "run-refused", "no option speed"),
        ({"source": "--help"}, 422, "run-refused", "There is no source"),
        ({"source": "folder", "limit": 0}, 422, "invalid-request", "limit"),
        ({"source": "folder", "shell": "x"}, 422, "invalid-request", "no such member"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(
    run_api: Api, body: dict[str, Any], status: int, kind: str, words: str
) -> None:
    answer = start(run_api, **body)
    assert words in problem(answer, status, kind)["detail"]
    run_api.check("post", RUNS, answer)


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {KEY}"}])
def test_without_the_key_nothing_is_started_and_no_page_told(run_api: Api, sent: dict[str, str]) -> None:
    for method, path in (("POST", RUNS), ("GET", f"{RUNS}/x/pages"), ("POST", f"{RUNS}/x/cancel")):
        answer = run_api.http.request(method, path, json={"source": "folder"} if path == RUNS else None, headers=sent)
        problem(answer, 401, "admin-key")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_service_without_a_key_says_what_to_set(api: Api) -> None:
    for headers in ({}, BEARER):
        answer = api.http.post(RUNS, json={"source": "folder"}, headers=headers)
        assert "LEXATLAS_ADMIN_KEY" in problem(answer, 403, "admin-key-unset")["detail"]
    assert api.get(RUNS)["may_start"] is False and len(api.get(RUNS)["runs"]) == 1  # the demo's own


def test_a_short_key_is_refused_without_being_printed(tmp_path: Path, models: Path) -> None:
    with pytest.raises(ConfigError, match="LEXATLAS_ADMIN_KEY") as refused:
        settings(tmp_path, models, LEXATLAS_ADMIN_KEY="tooshort")
    assert "tooshort" not in str(refused.value)
    assert KEY not in repr(settings(tmp_path, models, LEXATLAS_ADMIN_KEY=KEY))


@pytest.mark.parametrize(
    ("source", "base_url", "handed"),
    [("courtlistener", "", True), ("courtlistener", "http://127.0.0.1:9/", False), ("justia", "", False)],
)
def test_a_command_is_handed_no_secret_but_the_one_its_source_asks_for(
    tmp_path: Path, models: Path, services: Services, source: str, base_url: str, handed: bool
) -> None:
    secrets = {"ADMIN_KEY": KEY, "COURTLISTENER_TOKEN": "tok-en", "LLM_API_KEY": "k-e-y"}
    made = settings(tmp_path, models, **{f"LEXATLAS_{name}": text for name, text in secrets.items()})
    assert not [text for text in secrets.values() if text in repr(made)]
    launcher = launching.Launcher(made, services.jurisdictions)
    child = made.child_environment(launcher._token(launching.RunRequest(source, base_url)))
    assert [name for name in secrets if f"LEXATLAS_{name}" in child] == ["COURTLISTENER_TOKEN"] * handed
    assert child["LEXATLAS_MODELS"] == str(models)


def test_a_lock_that_another_process_holds_is_told(run_api: Api, ours: Services, tmp_path: Path) -> None:
    law.write(tmp_path / "law", [law.section(1)])
    with RunLock(ours.settings.data / "lock"):
        own = {"base_url": str(tmp_path / "law"), "canonical_url": "https://other.invalid"}
        body = problem(start(run_api, source="folder", **own), 409, "run-locked")
    assert "cancel" in body["detail"]


def test_one_run_is_started_at_a_time(run_api: Api, tmp_path: Path) -> None:
    """Each start is a process: many at once must not take the machine and every thread of the service."""
    with launching._starting:
        problem(start(run_api, source="folder", base_url=str(tmp_path)), 409, "run-locked")
    assert start(run_api, source="nowhere").status_code == 422  # the next one is looked at again


def test_watchers_without_the_key_do_not_lock_the_operator_out(
    run_api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    law.write(tmp_path / "law", [law.section(1)])
    run = started(run_api, source="folder", base_url=str(tmp_path / "law"), canonical_url="https://watched.invalid")
    monkeypatch.setattr(routes, "_watchers", asyncio.Semaphore(0))
    problem(run_api.http.get(f"{RUNS}/{run}/events"), 503, "busy")
    assert followed(run_api, run)[-1][0] == "done"


def wait_for(check: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)
