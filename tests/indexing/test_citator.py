"""The citator of a generation: what is written is read back whole; of the sample it holds what was planted."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.exports import citation_rows
from app.wiring import Snapshot
from indexing.catalogue import FILE, Catalogue, CatalogueWriter
from indexing.citator import Citator, CitatorRows, read_cases, write_citator
from indexing.models import Citation, Speaker
from indexing.treatment.annotations import Note
from indexing.treatment.models import Stance, Treatment, TreatmentKind, Voice
from indexing.treatment.parentheticals import Parenthetical, ParentheticalKind
from scraper.errors import GenerationDamaged
from tests.indexing.treatment.law import LEAD, OLD_ID, SECTION_ID, citations_of, held, opinion, tables

DAY = dt.date(1990, 6, 1)
FULL = Treatment(
    "c:1", "v" * 64, "a:1", "400 U.S. 100", "Allgood", TreatmentKind.OVERRULES_IN_PART, Stance.REPORTS,
    Voice.QUOTED_COURT, 10, 20, 5, 30, scope="to the extent that “it” — so", court="scotus", date=DAY, depth=3,
    counts=True, why_not="x", by="b:1", by_key="1 U.S. 1",
)  # fmt: skip
BARE = Treatment("c:2", "w" * 64, None, "9 U.S. 9", "", TreatmentKind.FOLLOWS, Stance.DOES, Voice.MAJORITY, 1, 2, 0, 3)
BRACKETS = (
    Parenthetical("c:1", "v" * 64, "a:1", "400 U.S. 100", 40, 60, ParentheticalKind.HOLDING, Speaker.MAJORITY, 0.75,
                  "scotus", DAY),
    Parenthetical("c:2", "w" * 64, "a:1", "400 U.S. 100", 4, 9, ParentheticalKind.QUOTATION, Speaker.DISSENT, 0.25),
)  # fmt: skip
NOTES = (
    Note("s:1", "c:1", "v" * 64, 5, 30, Speaker.MAJORITY, 3.0, "(b)(2)", "debts", TreatmentKind.UPHELD, "scotus", DAY),
    Note("s:1", "c:2", "w" * 64, 0, 3, Speaker.PER_CURIAM, 1.0, topic="debts"),
)


def catalogue_with(path: Path, citations: list[Citation]) -> Path:
    """A catalogue of this release that holds some citations and nothing else."""
    writer = CatalogueWriter(path)
    writer.citations(citations)
    writer.close()
    return path


def test_what_is_written_is_read_back_whole(tmp_path: Path) -> None:
    path = catalogue_with(tmp_path / FILE, [])
    assert not Citator(path).held
    write_citator(path, CitatorRows((FULL, BARE), BRACKETS, NOTES))
    citator = Citator(path)
    assert citator.held
    assert list(citator.all()) == [FULL, BARE]
    assert (citator.of("a:1"), citator.by("c:2"), citator.of("nothing")) == ([FULL], [BARE], [])
    assert citator.parentheticals("a:1") == BRACKETS  # the more telling one first
    assert citator.parentheticals("a:1", 1) == BRACKETS[:1]
    (group,) = citator.notes("s:1")
    assert (group.topic, group.notes) == ("debts", NOTES)
    assert citator.depths("a:1") == {"c:1": 3}


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Allgood is overruled.", "overrules"),
        ("Allgood v. Barker, 400 U.S. 100, is hereby overruled.", "overrules"),
        ("To the extent that Allgood required intent, it is overruled.", "overrules_in_part"),
        ("We do not overrule Allgood.", None),
        ("Allgood is not overruled.", None),
        ("The Board asks us to overrule Allgood.", None),
        ("Allgood should be overruled.", None),
        ("Allgood was right.", None),
        ("The objection is overruled.", None),
        ("Corwin v. Delacroix, 410 U.S. 200, was overruled in Allgood.", None),
    ],
)
def test_a_citation_s_own_sentence_fills_its_treatment(tmp_path: Path, sentence: str, kind: str | None) -> None:
    case = opinion(("majority", LEAD + "\n\n" + sentence + " See Allgood v. Barker, 400 U.S. 100."))
    citations = citations_of(case)
    rows = read_cases([*held(), case], citations, tables())
    undoing = [one.kind.value for one in rows.treatments if one.cited == OLD_ID and one.is_negative and one.counts]
    assert undoing == ([kind] if kind else [])
    path = catalogue_with(tmp_path / FILE, citations)
    write_citator(path, rows)
    place = case.text.index(sentence)
    for one, told in Catalogue(path).all_treated():
        inside = place <= one.start < place + len(sentence)
        if one.to != OLD_ID:
            continue
        assert told in ((kind,) if kind and inside else (None, "follows", "applies")), (one.raw, told)


def test_what_a_case_says_of_a_version_that_is_not_its_own_is_left_out() -> None:
    case = opinion(("majority", LEAD + "Allgood is overruled."))
    strange = citations_of(case)
    older = opinion(("majority", "Nothing is said here."))
    assert read_cases([*held(), older], strange, tables()).treatments == ()


def test_a_topic_is_asked_for_each_note() -> None:
    case = opinion(("majority", "We hold that 28 U.S.C. § 1331 requires a claim that arises under federal law."))
    asked: list[tuple[str, int]] = []

    def topic_at(document_id: str, place: int) -> str:
        asked.append((document_id, place))
        return "jurisdiction"

    (note,) = read_cases([*held(), case], citations_of(case), tables(), topic_at).notes
    assert (note.provision, note.topic, asked) == (SECTION_ID, "jurisdiction", [(case.id, 0)])


def test_a_damaged_citator_is_told(tmp_path: Path) -> None:
    path = catalogue_with(tmp_path / FILE, [])
    write_citator(path, CitatorRows((FULL,), (), ()))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE notes")
    with pytest.raises(GenerationDamaged, match="build again"):
        Citator(path).notes("s:1")
    whole = path.read_bytes()
    path.write_bytes(b"no database" + whole[11:])
    with pytest.raises(GenerationDamaged, match="build again"):
        Citator(path).of("a:1")


# ---- the sample's generation


@pytest.fixture(scope="module")
def citator(snapshot: Snapshot) -> Citator:
    return Citator(snapshot.corpus.generation.folder / FILE)


def squash(text: str) -> str:
    return " ".join(text.split())


def planted_here(truth: Mapping[str, Any], snapshot: Snapshot) -> list[dict[str, Any]]:
    """What was planted in the documents that the first crawl brings."""
    rows = snapshot.corpus.rows
    return [row for row in truth["treatments"] if row["citing"] in rows and row["cited"] in rows]


def test_every_planted_treatment_of_the_crawled_sample_is_stored(
    citator: Citator, snapshot: Snapshot, sample_truth: dict[str, Any]
) -> None:
    text = snapshot.corpus.catalogue.text
    planted = planted_here(sample_truth, snapshot)
    assert len(planted) >= 60
    stored = Counter(
        (one.citing, one.cited, one.kind.value, one.voice.value, one.counts,
         squash(text(one.citing, one.sentence_start, one.sentence_end, one.version)))
        for one in citator.all()
    )  # fmt: skip
    for row in planted:
        key = (row["citing"], row["cited"], row["kind"], row["speaker"], row["counts"])
        sentence = row["sentence"].strip('"')
        assert any(found[:5] == key and (sentence in found[5] or found[5] in sentence) for found in stored), row


def test_no_negative_treatment_is_stored_that_was_not_planted(
    citator: Citator, snapshot: Snapshot, sample_truth: dict[str, Any]
) -> None:
    planted = {(row["citing"], row["cited"], row["kind"]) for row in sample_truth["treatments"]}
    stored = {(one.citing, one.cited, one.kind.value) for one in citator.all() if one.is_negative and one.cited}
    assert stored and stored <= planted


def test_offsets_lie_in_the_version_that_is_named(citator: Citator, snapshot: Snapshot) -> None:
    for one in citator.all():
        document = snapshot.corpus.catalogue.version(one.citing, one.version).document
        assert 0 <= one.sentence_start <= one.start < one.end <= one.sentence_end <= len(document.text)
        assert document.text[one.start : one.end].strip()


def test_exported_citations_carry_the_treatment_of_their_own_sentence(citator: Citator, snapshot: Snapshot) -> None:
    said = {(one.citing, one.cited, one.kind.value, one.sentence_start, one.sentence_end) for one in citator.all()}
    rows = list(citation_rows(snapshot.corpus.catalogue))
    treated = [row for row in rows if row["treatment"]]
    assert len(treated) >= 30 and len(treated) < len(rows)
    for row in treated:
        start, end = row["span"]
        own = (row["from"], row["to"], row["treatment"])
        assert any(one[:3] == own and one[3] <= start and end <= one[4] for one in said), row


def test_the_tables_follow_from_texts_and_citations_alone(snapshot: Snapshot, tmp_path: Path) -> None:
    """Read again from the catalogue, in another process of the same texts, the rows are the same to the byte."""
    catalogue = snapshot.corpus.catalogue
    documents = [catalogue.version(one.id).document.with_id(one.id) for one in snapshot.corpus.entries]
    again = read_cases(documents, catalogue.all_citations(), snapshot.search.jurisdictions)
    path = tmp_path / FILE
    shutil.copy(snapshot.corpus.generation.folder / FILE, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        first = connection.execute("SELECT * FROM treatments ORDER BY id").fetchall()
        brackets = connection.execute("SELECT * FROM parentheticals ORDER BY id").fetchall()
        for table in ("treatments", "parentheticals", "notes"):
            connection.execute(f"DROP TABLE {table}")
    write_citator(path, again)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM treatments ORDER BY id").fetchall() == first
        assert connection.execute("SELECT * FROM parentheticals ORDER BY id").fetchall() == brackets
