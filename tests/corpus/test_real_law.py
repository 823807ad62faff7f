"""Real law through the command line, where the corpus is on the machine: crawl whole, build a slice, look things up.

The whole build with its figures is `python -m benchmarks.real_law` (docs/evaluation.md).
"""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import lexatlas, lexatlas_json
from tests.corpus.test_parse_corpus import CORPUS, FURNITURE, WRONG
from tests.site import Site

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the real-law corpus is not on this machine"),
]
# Pages whose text repeats another's: one document with two addresses, as the corpus's README says.
TWICE = {"/cases/federal/us/523/83/", "/cases/federal/us/1998/96-643/"}


@dataclass(frozen=True)
class Crawled:
    """A site that was crawled: its data directory, the run's report, the documents by path, the manifest's rows."""

    data: Path
    report: dict[str, Any]
    documents: dict[str, dict[str, Any]]
    manifest: list[dict[str, Any]]


def unpack(name: str, folder: Path) -> Path:
    with tarfile.open(CORPUS / name) as archive:
        archive.extractall(folder, filter="data")
    return folder


def crawl(source: str, site: Path, data: Path, models: Path) -> Crawled:
    with Site(folder=site) as served:
        arguments = ("ingest", "--source", source, "--base-url", served.url + "/", "--delay", "0")
        report = lexatlas_json(data, models, *arguments)
    done = lexatlas(data, models, "export", "documents")
    documents = {}
    for row in map(json.loads, done.stdout.splitlines()):
        for url in row["sources"]:
            path = "/" + url.split("/", 3)[3]
            assert path not in documents
            documents[path] = row
    name = {"justia": "us-law", "dc-code": "dc-code"}[source]
    with gzip.open(CORPUS / f"{name}-manifest.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["kind"] in {"case", "statute", "section"}]
    return Crawled(data, report, documents, [row for row in rows if (site / row["path"].strip("/")).is_dir()])


@pytest.fixture(scope="module")
def us(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("us")
    yield crawl("justia", unpack("us-law-site.tar.xz", folder / "site"), folder / "data", models)


@pytest.fixture(scope="module")
def dc(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("dc")
    yield crawl("dc-code", unpack("dc-code-site.tar.xz", folder / "site"), folder / "data", models)


def share(rows: list[dict[str, Any]], right: Any) -> float:
    wrong = [row["path"] for row in rows if not right(row)]
    assert len(wrong) <= 0.01 * len(rows), wrong[:10]
    return 1 - len(wrong) / len(rows)


def test_every_document_is_found_and_none_twice(us: Crawled) -> None:
    assert {row["path"] for row in us.manifest} == set(us.documents)
    assert us.report["pages"]["failed"] == us.report["pages"]["quarantined"] == 0
    ids = {row["id"] for row in us.documents.values()}
    shared = {path for path, row in us.documents.items() if len(row["sources"]) > 1}
    assert shared >= TWICE
    assert len(ids) == len(us.documents) - len(shared) // 2


def test_facts_are_those_of_the_manifest(us: Crawled) -> None:
    rows = [row for row in us.manifest if row["path"] not in WRONG and len(us.documents[row["path"]]["sources"]) == 1]
    ours = us.documents
    cases = [row for row in rows if row["kind"] == "case"]
    laws = [row for row in rows if row["kind"] == "statute"]
    share(rows, lambda row: ours[row["path"]]["title"].split() == row["title"].split())
    share(rows, lambda row: ours[row["path"]]["citation"] == (row["citation"] or ""))
    share(cases, lambda row: ours[row["path"]]["date"] == row["date_decided"])
    share(cases, lambda row: ours[row["path"]]["docket"] == row["docket"])
    share(cases, lambda row: ours[row["path"]]["court"] == "scotus")
    share(laws, lambda row: ours[row["path"]]["hierarchy"] == row["hierarchy"])


def test_ids_are_what_the_citation_says(us: Crawled) -> None:
    assert us.documents["/cases/federal/us/521/844/"]["id"] == "us:scotus:521-us-844"
    assert us.documents["/codes/us/title-28/part-iv/chapter-85/sec-1331/"]["id"] == "us:usc:28:1331"


def test_no_furniture_enters(us: Crawled, dc: Crawled) -> None:
    for crawled in (us, dc):
        for path, row in crawled.documents.items():
            assert not [words for words in FURNITURE if words in row["text"]], path


def test_the_legislature_s_site_is_read_whole(dc: Crawled) -> None:
    by_path = {path.rstrip("/"): row for path, row in dc.documents.items()}
    rows = [row for row in dc.manifest if row["kind"] == "section"]
    assert {row["path"].rstrip("/") for row in rows} == set(by_path)
    share(rows, lambda row: by_path[row["path"].rstrip("/")]["title"].split() == row["title"].split())
    share(rows, lambda row: by_path[row["path"].rstrip("/")]["hierarchy"] == row["hierarchy"])
    share(
        rows,
        lambda row: by_path[row["path"].rstrip("/")]["citation"].replace(" ", "") == row["citation"].replace(" ", ""),
    )


def test_a_slice_is_built_and_its_sections_are_looked_up(tmp_path: Path, models: Path) -> None:
    site = unpack("dc-code-site.tar.xz", tmp_path / "site")
    with Site(folder=site) as served:
        base = ("ingest", "--source", "dc-code", "--base-url", served.url + "/", "--delay", "0", "--limit", "150")
        met = lexatlas_json(tmp_path / "data", models, *base)["documents"]
    assert met["seen"] == 150
    built = lexatlas_json(tmp_path / "data", models, "build")
    assert built["counts"]["documents"] == met["added"] == 150 - met["source_added"]
    assert built["counts"]["resolved_citations"] > 0
    row = json.loads(lexatlas(tmp_path / "data", models, "export", "documents").stdout.splitlines()[0])
    assert lexatlas_json(tmp_path / "data", models, "resolve", row["citation"])["document"]["id"] == row["id"]
    hits = lexatlas_json(tmp_path / "data", models, "search", row["citation"], "--k", "1")["hits"]
    assert hits[0]["id"] == row["id"]
    assert lexatlas_json(tmp_path / "data", models, "doctor")["healthy"] is True
