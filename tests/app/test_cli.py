"""Bad input on the command line: a clear error that says what to do, an exit code, nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import scipy.sparse as sp

from app.cli.evaluate import figure_lines
from app.jobs.demo import local_site
from app.jobs.schedule import run_once
from app.progress import Reporter
from app.state.topics import MarkKind
from app.wiring import wire
from tests.conftest import ROOT, lexatlas, lexatlas_json, settings
from tests.site import Site


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("ingest", "--source", "nothing"), 2, "There is no source 'nothing'. The sources are:"),
        (("ingest", "--source", "justia", "--base-url", "http://127.0.0.1:9/", "--delay", "0"), 1, "cannot be read"),
        (("ingest", "--source", "justia", "--base-url", "ftp://x/"), 2, "http://127.0.0.1:8080/"),
        (("ingest", "--source", "justia"), 2, "nobody has read"),
        (("build",), 1, "lexatlas ingest --source NAME"),
        (("serve",), 1, "lexatlas ingest --source NAME"),
        (("search", "anything"), 1, "Nothing is built yet"),
        (("resolve", "1 U.S. 1"), 1, "Nothing is built yet"),
        (("ask", "anything"), 1, "Nothing is built yet"),
        (("generations", "use", "nothing"), 1, "There is no generation nothing"),
        (("quarantine", "show", "http://x/"), 1, "is not quarantined"),
        (("quarantine", "retry"), 2, "--all"),
        (("runs", "show", "nothing"), 1, "There is no run 'nothing'"),
        (("runs", "cancel", "nothing"), 1, "There is no run 'nothing'"),
        (("withheld", "release", "nothing"), 1, "holds no document 'nothing'"),
        (("purge", "--yes", "nothing"), 1, "holds no document 'nothing'"),
        (("diff", "nothing"), 1, "Nothing is built yet"),
        (("ingest", "--source", "justia", "--set", "speed"), 2, "no NAME=VALUE"),
        (("ingest", "--source", "justia", "--set", "speed=9"), 2, "no option speed"),
        (("ingest", "--source", "courtlistener"), 2, "LEXATLAS_COURTLISTENER_TOKEN"),
        (("restore", "nothing.tar.gz", "--purged", "nowhere"), 2, "is no data directory"),
        (("check", "nothing.txt"), 1, "nothing.txt"),
        (("count", "x"), 1, "Nothing is built yet"),
        (("restore", "nothing.tar.gz"), 1, "There is no file nothing.tar.gz"),
        (("topics", "rank", "nothing.npz"), 1, "There is no file nothing.npz"),
        (("schedule", "--source", "justia", "--every", "often"), 2, "no interval"),
        (("schedule", "--source", "a", "--source", "b", "--base-url", "http://x/"), 2, "one `schedule` for each"),
        (("--nonsense",), 2, "No such option"),
    ],
)
def test_each_mistake_is_told_in_words(
    tmp_path: Path, models: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = lexatlas(tmp_path / "data", models, *arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_is_no_data_directory_and_stays_as_it_is(tmp_path: Path, models: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine", encoding="utf-8")
    done = lexatlas(file, models, "search", "anything")
    assert done.returncode == 2
    assert "is a file; --data" in done.stderr and "Traceback" not in done.stderr
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_told_before_any_work(
    sample_data: Path, tmp_path: Path, models: Path, command: str
) -> None:
    data = sample_data if command == "serve" else tmp_path / "data"
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = lexatlas(data, models, command, "--port", str(other.getsockname()[1]))
    assert done.returncode == 2
    assert "cannot be listened on" in done.stderr and "--port" in done.stderr
    assert "serves" not in done.stderr and not (tmp_path / "data").exists()


def test_a_free_port_is_found_and_named(sample_data: Path, models: Path) -> None:
    environment = os.environ | {"LEXATLAS_MODELS": str(models)}
    command = [sys.executable, "-m", "app", "--data", str(sample_data), "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as server:
        try:
            assert server.stderr is not None
            address = server.stderr.readline().split()[-1]
            ready = httpx.get(f"{address}/readyz", timeout=30)
        finally:
            server.terminate()
    assert ready.status_code == 200 and not address.endswith(":0")


def test_judged_documents_that_are_not_held_are_told(sample_data: Path, tmp_path: Path, models: Path) -> None:
    queries, qrels = tmp_path / "queries.jsonl", tmp_path / "qrels.trec"
    queries.write_text('{"qid": "q1", "text": "security deposit"}\n', encoding="utf-8")
    qrels.write_text("q1 0 elsewhere-7 1\n", encoding="utf-8")
    files = ("--queries", str(queries), "--qrels", str(qrels), "--systems", "bm25")
    done = lexatlas(sample_data, models, "eval", "retrieval", *files)
    assert done.returncode == 0, done.stderr
    assert "not held" in done.stdout and "elsewhere-7" in done.stdout


def test_a_scheduled_run_reads_a_mirror_and_builds(tmp_path: Path) -> None:
    sample = ROOT / "sample"
    shutil.copytree(sample / "jurisdictions", tmp_path / "data" / "jurisdictions")
    with local_site(sample / "site") as address:
        options = ["--source", "justia", "--base-url", address, "--delay", "0", "--limit", "2"]
        failed = run_once([options, ["--source", "nothing"]], tmp_path / "data", Reporter(quiet=True))
    assert failed == 1  # the source that there is not, and nothing else
    assert len(list((tmp_path / "data" / "generations").glob("2*"))) == 1


def test_a_scheduled_run_that_was_refused_builds_nothing(tmp_path: Path) -> None:
    sample = ROOT / "sample"
    data = tmp_path / "data"
    shutil.copytree(sample / "jurisdictions", data / "jurisdictions")
    shutil.copytree(sample / "site", tmp_path / "site")
    site = tmp_path / "site"
    for page in (site / "cases").rglob("index.html"):
        page.write_text(page.read_text(encoding="utf-8").replace('id="tab-opinion', 'id="new'), encoding="utf-8")
    with local_site(site) as address:
        assert (
            run_once([["--source", "justia", "--base-url", address, "--delay", "0"]], data, Reporter(quiet=True)) == 1
        )
    assert not (data / "generations").exists()


def test_the_doctor_names_a_directory_that_there_is_not(tmp_path: Path, models: Path) -> None:
    done = lexatlas(tmp_path / "mistyped", models, "doctor")
    assert done.returncode == 2 and "There is no data directory" in done.stderr
    assert not (tmp_path / "mistyped").exists()


def test_an_empty_site_is_told_and_nothing_is_stored(tmp_path: Path, models: Path) -> None:
    with Site() as site:
        done = lexatlas(tmp_path, models, "ingest", "--source", "justia", "--base-url", site.url + "/", "--delay", "0")
    assert done.returncode == 1
    assert "--base-url" in done.stderr
    assert lexatlas(tmp_path, models, "export", "documents").stdout == ""


def test_errors_are_json_where_json_was_asked(tmp_path: Path, models: Path) -> None:
    done = lexatlas(tmp_path, models, "--json", "build")
    error = json.loads(done.stderr.splitlines()[-1])
    assert error["error"] == "GenerationError"
    assert "lexatlas ingest" in error["detail"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("search", ""), "The query is empty"),
        (("search", "x" * 5000), "the limit is 4,000"),
        (("search", "x", "--filter", "colour=red"), "is no filter"),
        (("search", "x", "--filter", "year=soon"), "is no year"),
        (("resolve", "999 U.S. 999"), "is not held"),
        (("resolve", "the quick brown fox"), "cannot be read as a citation"),
        (("graph", "path", "nothing", "court:frsc"), "nothing"),
        (("graph", "export", "--format", "gif", "--output", "x"), "no graph format 'gif'"),
        (("export", "documents", "--format", "xml"), "There is no format 'xml'"),
    ],
)
def test_each_mistake_in_a_question_is_told(
    sample_data: Path, models: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = lexatlas(sample_data, models, *arguments)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, models: Path) -> None:
    done = lexatlas(tmp_path, models, "sources", LEXATLAS_PORT="many")
    assert done.returncode == 2
    assert "LEXATLAS_PORT" in done.stderr


def test_a_demo_does_not_mix_with_real_law(sample_data: Path, tmp_path: Path, models: Path) -> None:
    row = {"kind": "statute", "jurisdiction": "us", "title": "Federal question", "citation": "28 U.S.C. § 1331",
           "text": "The district courts shall have original jurisdiction."}  # fmt: skip
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "one.jsonl").write_text(json.dumps(row))
    lexatlas_json(tmp_path / "data", models, "ingest", "--source", "folder", "--base-url", str(tmp_path / "law"))
    done = lexatlas(tmp_path / "data", models, "demo", "--no-serve")
    assert done.returncode == 2
    assert "holds law of your own" in done.stderr


def test_a_backup_restores_the_same_content_and_a_damaged_one_is_refused(
    sample_data: Path, tmp_path: Path, models: Path
) -> None:
    file = tmp_path / "backup.tar.gz"
    lexatlas_json(sample_data, models, "backup", str(file))
    assert lexatlas_json(tmp_path / "new", models, "restore", str(file))["build"] is False
    digests = [lexatlas_json(data, models, "doctor", "--digest") for data in (sample_data, tmp_path / "new")]
    assert digests[0] == digests[1]
    hits = [
        lexatlas_json(data, models, "search", "security deposit")["hits"] for data in (sample_data, tmp_path / "new")
    ]
    assert hits[0] == hits[1]

    again = lexatlas(tmp_path / "new", models, "restore", str(file))
    assert again.returncode == 1
    assert "is not empty" in again.stderr
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 0xFF
    file.write_bytes(body)
    damaged = lexatlas(tmp_path / "other", models, "restore", str(file))
    assert damaged.returncode == 1
    assert "no whole backup" in damaged.stderr
    assert not (tmp_path / "other").exists()


def test_a_damaged_generation_is_refused_and_told(sample_data: Path, tmp_path: Path, models: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(sample_data, data)
    name = lexatlas_json(data, models, "generations", "list")["generations"][-1]["id"]
    path = data / "generations" / name / "vectors.faiss"
    body = bytearray(path.read_bytes())
    body[-100] ^= 1
    path.write_bytes(body)
    done = lexatlas(data, models, "search", "security deposit")
    assert done.returncode == 1
    assert "No generation is whole" in done.stderr
    assert lexatlas(data, models, "doctor").returncode == 1
    assert lexatlas_json(data, models, "build", "--force")["changed"] is True
    assert lexatlas_json(data, models, "search", "security deposit")["hits"]


def test_rank_of_a_planted_matrix(tmp_path: Path, models: Path) -> None:
    """Three blocks of words that never meet: the rank is three."""
    blocks = [sp.random(40, 30, density=0.5, random_state=seed) for seed in range(3)]
    sp.save_npz(tmp_path / "x.npz", sp.block_diag(blocks).tocsr())
    value = lexatlas_json(tmp_path, models, "topics", "rank", str(tmp_path / "x.npz"), "--ranks", "2-6")
    assert value["k"] == 3
    assert [row["k"] for row in value["table"]] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(("form", "mark"), [("graphml", "<graphml"), ("json", '"nodes"'), ("turtle", "@prefix")])
def test_the_graph_is_exported(sample_data: Path, tmp_path: Path, models: Path, form: str, mark: str) -> None:
    path = tmp_path / "graph"
    lexatlas_json(sample_data, models, "graph", "export", "--format", form, "--output", str(path))
    text = path.read_text(encoding="utf-8")
    assert mark in text
    assert "franklin:code:12-3-105" in text


def test_a_path_between_a_case_and_a_section_is_explained(sample_data: Path, models: Path) -> None:
    value = lexatlas_json(sample_data, models, "graph", "path", "franklin:frsc:2014-frsc-045", "franklin:code:12-3-105")
    assert {edge["kind"] for edge in value["edges"]} <= {"cites", "interprets"}


def test_topics_are_exported_with_their_documents(sample_data: Path, models: Path) -> None:
    done = lexatlas(sample_data, models, "topics", "export", "--format", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    ids = {row["id"] for row in rows}
    assert all(row["parent"] in ids for row in rows if row["parent"])
    assert any(doc["id"] == "franklin:code:12-3-105" for row in rows for doc in row["documents"])


def test_the_last_mark_of_a_topic_that_is_gone_is_taken_away_in_words(tmp_path: Path, models: Path) -> None:
    (tmp_path / "data").mkdir()
    wire(settings(tmp_path / "data", models)).names.mark("t7", MarkKind.PIN, "", label="old terms")
    done = lexatlas(tmp_path / "data", models, "topics", "unpin", "t7")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "t7 bears no name, pin or merge; the served build has no such topic.\n"


def test_short_lists_of_figures_are_shown_whole() -> None:
    facts = {"warnings": ["5 documents are too short."], "global_topics": [], "numbers": [1, 2], "many": ["x"] * 99}
    assert [" ".join(line.split()) for line in figure_lines(facts)] == [
        "warnings", "5 documents are too short.", "global topics none", "numbers 2 entries (see --json)",
        "many 99 entries (see --json)",
    ]  # fmt: skip
