"""What is known of authorities that are not held, and of generations that have no citator."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.answer import Answerer
from app.checking.check import Checker
from app.checking.models import CheckStatus
from app.citator import NOT_READ, Standings
from app.retrieval.corpus import Corpus
from app.retrieval.hybrid import HybridSearch
from app.wiring import Services, Snapshot
from indexing.catalogue import FILE
from indexing.treatment.models import Stance, Treatment, TreatmentKind, Voice
from scraper.errors import GenerationDamaged

WEATHERBY = "franklin:frsc:2009-frsc-022"


def changed(snapshot: Snapshot, folder: Path, *statements: tuple[str, tuple[object, ...]]) -> Corpus:
    """The sample's corpus with another catalogue beside its indexes."""
    shutil.copy(snapshot.corpus.generation.folder / FILE, folder / FILE)
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        for statement, values in statements:
            connection.execute(statement, values)
    return replace(snapshot.corpus, generation=replace(snapshot.corpus.generation, folder=folder))


def said(snapshot: Snapshot, key: str, kind: TreatmentKind, counts: bool, scope: str = "") -> Treatment:
    entry = snapshot.corpus.entries[snapshot.corpus.rows[WEATHERBY]]
    return Treatment(WEATHERBY, entry.version, None, key, "Old v. Rule", kind, Stance.DOES, Voice.MAJORITY, 10, 20, 0,
                     60, scope, entry.court, None, counts=counts)  # fmt: skip


def test_an_authority_that_is_not_held_is_told_to_be_undone(
    snapshot: Snapshot, services: Services, tmp_path: Path
) -> None:
    rows = [
        said(snapshot, "478 U.S. 186", TreatmentKind.OVERRULES, True),
        said(snapshot, "410 U.S. 113", TreatmentKind.OVERRULES, False),  # words that bind nobody
        said(snapshot, "347 U.S. 483", TreatmentKind.FOLLOWS, True),
        said(snapshot, "163 U.S. 537", TreatmentKind.OVERRULES, True, "on other grounds"),
    ]
    insert = "INSERT INTO treatments VALUES (?,?,?,?)"
    corpus = changed(
        snapshot, tmp_path,
        *((insert, (10**6 + n, WEATHERBY, None, json.dumps(one.to_json()))) for n, one in enumerate(rows)),
    )  # fmt: skip
    standings = Standings(corpus, services.jurisdictions)
    assert list(standings.told_of("478 U.S. 186")) == rows[:1]
    checker = Checker(corpus, services.jurisdictions, standings.undone, standings.undone_unheld)
    text = "See Old v. Rule, 478 U.S. 186 (1986); 410 U.S. 113 (1973); 347 U.S. 483 (1954); 163 U.S. 537 (1896)."
    found = checker.check(text).citations
    assert [one.status for one in found] == [CheckStatus.NOT_HELD] * 4
    assert [one.flags for one in found] == [("not_held", "overruled"), *[("not_held",)] * 3]
    assert "may exist" in found[0].message
    assert "478 U.S. 186: overruled by Weatherby v. Ostrander, 2009-FRSC-022" in found[0].message


def test_a_generation_without_a_citator_says_so_and_promises_nothing(
    snapshot: Snapshot, services: Services, tmp_path: Path
) -> None:
    drops = [(f"DROP TABLE {table}", ()) for table in ("treatments", "parentheticals", "notes")]
    corpus = changed(snapshot, tmp_path, *drops)
    standings = Standings(corpus, services.jurisdictions)
    assert not standings.held
    assert (standings.undone(WEATHERBY), standings.undone_unheld("1 U.S. 1")) == ("", "")
    for asked in (standings.status, standings.treatments, standings.by, standings.notes):
        with pytest.raises(GenerationDamaged, match="build again"):
            asked(WEATHERBY)
    assert "build again" in NOT_READ


def test_an_authority_that_only_statutes_cite_was_not_looked_at(snapshot: Snapshot, services: Services) -> None:
    standings = Standings(snapshot.corpus, services.jurisdictions)
    corpus = snapshot.corpus
    seen = 0
    for entry in corpus.entries:
        citing = {one.document_id for _, one in corpus.catalogue.citing(entry.id)}
        cases = {one for one in citing if corpus.is_case[corpus.rows[one]]}
        words = standings.status(entry.id).words
        if citing and not cases and not standings.citing_cases(entry.id):
            seen += 1
            assert words.startswith("no opinion is among the") and words.endswith("nothing was looked at")
        elif not citing and not standings.citing_cases(entry.id):
            assert words.startswith("no citing document is held") and "nothing was looked at" in words
    assert seen > 5


def test_an_answer_warns_of_a_named_authority_that_is_not_held_and_was_undone(
    snapshot: Snapshot, services: Services, tmp_path: Path
) -> None:
    told = replace(said(snapshot, "478 U.S. 186", TreatmentKind.OVERRULES, True), cited_name="Hardgrove v. Pellam")
    row = (10**6, WEATHERBY, None, json.dumps(told.to_json()))
    corpus = changed(snapshot, tmp_path, ("INSERT INTO treatments VALUES (?,?,?,?)", row))
    standings = Standings(corpus, services.jurisdictions)
    expected = (
        "Hardgrove v. Pellam, 478 U.S. 186, which is not held here: overruled by Weatherby v. Ostrander, 2009-FRSC-022"
    )
    for question in ("Is Hardgrove v. Pellam good law?", "Under Hardgrove, how long must possession last?"):
        (warning,) = standings.undone_named(question)
        assert warning.startswith(expected)
    for question in ("May a grove be hard?", "Is Pellam's rule good?", "Is Weatherby v. Ostrander good law?"):
        assert standings.undone_named(question) == []
    answerer = Answerer(HybridSearch(corpus, services.embedder, services.jurisdictions), None)
    answer = answerer.answer("Under Hardgrove v. Pellam, how long must possession last for adverse possession?")
    assert any(warning.startswith(expected) for warning in answer.warnings)
