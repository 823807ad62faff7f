"""Topics of real law: no node's ten best terms are parties, notes, numbers or procedure, unless it is marked global."""

from __future__ import annotations

import gzip
import json
import tarfile
from pathlib import Path

import pytest

from app.jobs.topics import operative_text
from indexing.citations.find import find_in_documents
from indexing.citations.resolve import Resolver
from indexing.topics.hierarchy import HierarchyConfig, build_topic_tree
from indexing.topics.models import TopicDocument
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.sources.justia import JustiaSource
from tests.conftest import ROOT
from tests.topic_terms import faults, note_words, party_names

CORPUS = ROOT.parent / "shared" / "corpus"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the real-law corpus is not on this machine"),
]


def test_every_topic_of_real_law_is_told_by_its_subject(tmp_path: Path) -> None:
    with tarfile.open(CORPUS / "us-law-site.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    tables = Jurisdictions.load()
    source = JustiaSource(tables)
    documents = []
    with gzip.open(CORPUS / "us-law-manifest.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            page = tmp_path / row["path"].strip("/") / "index.html"
            if row["kind"] != "container" and page.is_file():
                documents += source.parse(Page(source.origin + row["path"], page.read_bytes())).documents
    documents = list({document.id: document for document in documents}.values())
    row_of = {document.id: number for number, document in enumerate(documents)}
    resolver = Resolver.from_documents(documents, tables, ())
    citations = [
        (row_of[one.document_id], row_of[one.to])
        for part in find_in_documents(documents, tables, 1)
        for one in resolver.resolve(part)
        if one.to in row_of
    ]
    given = [TopicDocument(document.id, operative_text(document)) for document in documents]
    tree = build_topic_tree(given, None, HierarchyConfig(), citations=citations, quality=False)
    assert len(party_names(documents)) > 200 and {"pub", "stat"} <= note_words(documents)
    assert len(tree.nodes) > 40
    assert faults(tree, documents) == []
