"""Topics over the sample's update, by command: what is told and kept, and what the digest of content leaves out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.jobs.demo import CANONICAL, SOURCE, local_site
from app.jobs.topics import TopicSettings, build_topics, read_changes
from indexing.catalogue import FILE, Catalogue
from indexing.topics.life import Corpus, Wishes
from indexing.topics.models import TopicDocument, TopicTree, load_tree
from scraper.errors import TopicError
from tests.conftest import ROOT, lexatlas, lexatlas_json

SAMPLE = ROOT / "sample"


def second_state(folder: Path) -> Path:
    """The sample's site after its update."""
    for source in (SAMPLE / "site", SAMPLE / "site-update"):
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("removed.txt"))
    for line in (SAMPLE / "site-update" / "removed.txt").read_text(encoding="utf-8").splitlines():
        (folder / line).unlink()
    return folder


def served_tree(data: Path) -> tuple[TopicTree, Path]:
    """The tree of the generation that is served, and its folder."""
    folder = data / "generations" / (data / "generations" / "current").read_text(encoding="utf-8").strip()
    return load_tree(folder / "topics"), folder


@pytest.fixture(scope="module")
def crawled(sample_data: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's data directory, built in its first state and crawled again in its second."""
    data = tmp_path_factory.mktemp("life") / "data"
    shutil.copytree(sample_data, data)
    with local_site(second_state(data.parent / "site")) as address:
        ingest = ("--source", SOURCE, "--base-url", address, "--canonical-url", CANONICAL, "--delay", "0")
        lexatlas_json(data, models, "ingest", *ingest)
    return data


@pytest.fixture(scope="module")
def built(crawled: Path, models: Path) -> tuple[Path, dict[str, Any], TopicTree]:
    """The same built over its first generation; the build's report, and the tree before."""
    before, _ = served_tree(crawled)
    return crawled, lexatlas_json(crawled, models, "build"), before


def test_unchanged_documents_keep_their_topic(built: tuple[Path, dict[str, Any], TopicTree]) -> None:
    data, report, before = built
    tree, _ = served_tree(data)
    # by hand, not by the report: first topics of documents whose hash is the same in both trees
    old = dict(zip(before.document_ids, zip(before.hashes, before.first_topics(), strict=True), strict=True))
    new = dict(zip(tree.document_ids, zip(tree.hashes, tree.first_topics(), strict=True), strict=True))
    same = [name for name in new if name in old and new[name][0] == old[name][0] and old[name][1]]
    stayed = sum(old[name][1] == new[name][1] for name in same)
    topics = report["topics"]
    assert (topics["followed"], topics["stayed"]) == (len(same), stayed)
    assert stayed >= 0.9 * len(same)
    assert topics["new"] == len(new.keys() - old.keys()) and topics["gone"] == len(old.keys() - new.keys())
    assert topics["changed"] == sum(new[name][0] != old[name][0] for name in new.keys() & old.keys()) > 0


def test_new_sections_join_the_topic_of_their_chapter(built: tuple[Path, dict[str, Any], TopicTree]) -> None:
    data, _, before = built
    tree, _ = served_tree(data)
    first = dict(zip(tree.document_ids, tree.first_topics(1), strict=True))
    added = [name for name in tree.document_ids if name not in before.document_ids and ":code:" in name and first[name]]
    assert added
    for name in added:
        chapter = name.rpartition("-")[0]
        others = [first[other] for other in before.document_ids if other.startswith(f"{chapter}-") and first.get(other)]
        assert first[name] in others


def test_the_report_is_in_the_generation_and_in_words(
    built: tuple[Path, dict[str, Any], TopicTree], models: Path
) -> None:
    data, report, _ = built
    tree, folder = served_tree(data)
    shown = lexatlas_json(data, models, "topics", "changes")
    assert (
        shown == {"generation": folder.name, **report["topics"]} == {"generation": folder.name, **read_changes(folder)}
    )
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert "topics/changes.json" in manifest["files"]
    assert manifest["facts"]["topic_changes"]["stayed"] == report["topics"]["stayed"]
    words = lexatlas(data, models, "topics", "changes").stdout
    assert f"{report['topics']['stayed']:,} of {report['topics']['followed']:,} unchanged documents" in words
    assert {row.id: row.size for row in Catalogue(folder / FILE).topics()} == {
        node.id: node.size for node in tree.nodes
    }


def test_the_digest_of_content_does_not_depend_on_the_history_of_topics(
    built: tuple[Path, dict[str, Any], TopicTree], models: Path, tmp_path: Path
) -> None:
    data, _, _ = built
    afresh = tmp_path / "data"
    shutil.copytree(data, afresh, ignore=shutil.ignore_patterns("generations"))
    first = lexatlas_json(afresh, models, "build")
    assert first["topics"]["mode"] == "first" and first["topics"]["new"] == first["counts"]["documents"]
    one, two = (lexatlas_json(each, models, "doctor", "--digest")["digest"] for each in (data, afresh))
    assert one == two


def test_nothing_new_builds_nothing_and_by_force_the_same_tree(
    built: tuple[Path, dict[str, Any], TopicTree], models: Path
) -> None:
    data, _, _ = built
    _, folder = served_tree(data)
    again = lexatlas_json(data, models, "build")
    assert not again["changed"] and again["topics"] == {}
    forced = lexatlas_json(data, models, "build", "--force")
    assert forced["changed"] and forced["topics"]["mode"] == "unchanged"
    _, newer = served_tree(data)
    assert newer != folder
    for name in ("topics.json", "topics.npz"):
        assert (newer / "topics" / name).read_bytes() == (folder / "topics" / name).read_bytes()


def test_topics_are_fitted_anew_on_request(built: tuple[Path, dict[str, Any], TopicTree], models: Path) -> None:
    data, _, _ = built
    done = lexatlas(data, models, "build", "--refit-topics")
    assert done.returncode == 0, done.stderr
    assert "the whole tree was fitted anew and matched with the one before: it was asked for" in done.stdout
    report = read_changes(served_tree(data)[1])
    assert report["mode"] == "full" and report["topics"]["kept"]


def planted() -> Corpus:
    words = ("vessel maritime lien cargo salvage tonnage", "pupil teacher school tenure locker curriculum")
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(words[number % 2].split(), size=30)) for number in range(40)]
    documents = [TopicDocument(f"d{number:02}", text) for number, text in enumerate(texts)]
    return Corpus(documents, rng.normal(size=(40, 8)).astype(np.float32), [], "planted")


def test_a_tree_that_cannot_be_read_is_found_anew_with_a_warning(tmp_path: Path) -> None:
    arguments = (planted(), TopicSettings())
    first = build_topics(tmp_path / "one", *arguments, None, Wishes(), lambda done, total: None)
    assert first.changes.mode == "first" and first.changes.reason == "there was none before"
    (tmp_path / "one" / "topics" / "topics.npz").write_bytes(b"PK nonsense")
    second = build_topics(tmp_path / "two", *arguments, tmp_path / "one", Wishes(), lambda done, total: None)
    assert second.changes.mode == "first" and "damaged" in second.changes.reason
    assert any("found anew" in warning for warning in second.warnings)
    third = build_topics(tmp_path / "three", *arguments, tmp_path / "two", Wishes(), lambda done, total: None)
    assert third.changes.mode == "unchanged"


def test_a_generation_without_a_report_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TopicError, match="Build again"):
        read_changes(tmp_path)
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "changes.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(TopicError, match="format 99"):
        read_changes(tmp_path)
    for damaged in (b"\xff", b"[" * 100_000, b"[]", b"{}"):
        (tmp_path / "topics" / "changes.json").write_bytes(damaged)
        with pytest.raises(TopicError, match="Build again"):
            read_changes(tmp_path)
