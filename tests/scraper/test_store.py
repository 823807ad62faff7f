"""Identity, versions, tombstones and quarantine, against a real SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from scraper.database import Database
from scraper.errors import UnknownDocument
from scraper.interfaces import ChangeKind
from scraper.models import Document, DocumentKind, DocumentStatus, Level, Provenance, Span, SpanKind, text_hash
from scraper.store import Quarantined, Store
from tests.scraper.toy import provenance

DAY = datetime(2024, 5, 1, 12, tzinfo=UTC)
LONG = "The judgment of the court of appeals is affirmed. " * 20


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    database = Database(database_url)
    yield Store(database, clock=lambda: DAY + timedelta(days=30))
    database.close()


def section(text: str, url: str = "https://law.example/s/1/", number: str = "toy:code:1", **values: object) -> Document:
    fields = {"title": "Lies", "citation": "Toy Code § 1", **values}
    return Document(number, DocumentKind.STATUTE, "toy", text=text, url=url, **fields)  # type: ignore[arg-type]


def case(text: str, url: str, number: str, citation: str) -> Document:
    return Document(number, DocumentKind.CASE, "toy", "A v. B", citation, text, url, court="high")


def put(store: Store, document: Document, day: int = 0, run: str = "r", source: str = "toy") -> ChangeKind:
    return store.put(document, provenance(document.url, DAY + timedelta(days=day)), run, source)


def test_everything_of_a_document_comes_back(store: Store) -> None:
    text = "(a) Nobody shall lie. “§ 2” says more — é."
    whole = section(
        text,
        spans=(Span(0, 21, SpanKind.SUBSECTION, "(a)", {"level": "1"}), Span(22, len(text), SpanKind.HISTORY)),
        hierarchy=(Level("title", "Title 1 - Truth", "1"),), aliases=("Old Code § 9",), docket="97-1",
        effective_from=date(2020, 1, 1), judges=("Reyes",), warnings=("temporary",), date=date(2019, 2, 3),
    )  # fmt: skip
    source = Provenance(whole.url, "http://127.0.0.1:1/s/1/", DAY, 200, {"etag": '"x"'}, "ab" * 32, "f.warc.gz", 77)
    assert store.put(whole, source, "r", "toy") == "added"
    (version,) = store.current()
    assert version.document == whole
    assert version.provenance == source
    assert (version.hash, version.observed_from, version.observed_to) == (text_hash(text), DAY, None)
    assert store.versions("toy:code:1") == [version]


def test_the_same_text_again_is_unchanged(store: Store) -> None:
    put(store, section("One."))
    assert put(store, section("One."), day=1) == "unchanged"
    (ref,) = store.sources_of("toy:code:1")
    assert (ref.first_seen, ref.last_seen) == (DAY, DAY + timedelta(days=1))
    assert store.last_change() == DAY
    assert [change.kind for change in store.changes()] == ["added"]


def test_new_metadata_refresh_the_version_in_place(store: Store) -> None:
    put(store, section("One."))
    assert put(store, section("One.", title="Falsehoods", effective_to=date(2030, 1, 1)), day=1) == "unchanged"
    (version,) = store.versions("toy:code:1")
    assert version.document.title == "Falsehoods"
    assert version.document.effective_to == date(2030, 1, 1)
    assert version.observed_from == DAY
    assert version.provenance.fetched_at == DAY + timedelta(days=1)  # the page that states what is kept


def test_a_new_text_is_a_version_beside_the_old(store: Store) -> None:
    put(store, section("One."))
    assert put(store, section("Two."), day=1) == "changed"
    old, new = store.versions("toy:code:1")
    assert (old.document.text, old.observed_to) == ("One.", DAY + timedelta(days=1))
    assert (new.document.text, new.observed_from, new.observed_to) == ("Two.", DAY + timedelta(days=1), None)
    assert [version.document.text for version in store.current()] == ["Two."]
    change = store.changes()[-1]
    assert (change.kind, change.old_version, change.new_version) == ("changed", text_hash("One."), text_hash("Two."))


def test_a_text_that_comes_back_is_opened_again(store: Store) -> None:
    for day, text in enumerate(("One.", "Two.", "One.")):
        put(store, section(text), day=day)
    one, two = store.versions("toy:code:1")
    assert (one.document.text, one.observed_from, one.observed_to) == ("One.", DAY, None)
    assert (two.document.text, two.observed_to) == ("Two.", DAY + timedelta(days=2))
    assert [version.document.text for version in store.current()] == ["One."]


# ---- identity -------------------------------------------------------------------------------------------


def test_one_id_and_one_text_at_two_addresses_is_one_document(store: Store) -> None:
    put(store, section("One."))
    assert put(store, section("One.", url="https://law.example/copy/1/"), source="mirror") == "source_added"
    assert len(list(store.current())) == 1
    refs = store.sources_of("toy:code:1")
    assert [(ref.url, ref.source) for ref in refs] == [
        ("https://law.example/copy/1/", "mirror"),
        ("https://law.example/s/1/", "toy"),
    ]
    assert put(store, section("One.", url="https://law.example/copy/1/", title="Other"), day=1) == "unchanged"
    assert next(store.current()).document.title == "Lies"  # the address that minted it states its metadata


def test_cases_that_share_a_reporter_page_get_suffixes(store: Store) -> None:
    for n in (1, 2, 3):
        put(store, case(f"Order number {n}.", f"https://law.example/c/{n}/", "toy:high:5-us-9", "5 U.S. 9"))
    assert [version.document_id for version in store.current()] == [
        "toy:high:5-us-9", "toy:high:5-us-9-2", "toy:high:5-us-9-3",
    ]  # fmt: skip
    again = case("Order number 2.", "https://law.example/copy/2/", "toy:high:5-us-9", "5 U.S. 9")
    assert put(store, again) == "source_added"
    assert len(store.sources_of("toy:high:5-us-9-2")) == 2


def test_the_suffix_of_a_section_is_no_section_number(store: Store) -> None:
    put(store, section("One.", number="us:usc:42:2000e"))
    put(store, section("Other.", url="https://law.example/s/2/", number="us:usc:42:2000e"))
    put(store, section("Real.", url="https://law.example/s/3/", number="us:usc:42:2000e-2"))
    ids = [version.document_id for version in store.current()]
    assert ids == ["us:usc:42:2000e", "us:usc:42:2000e-2", "us:usc:42:2000e~2"]
    assert next(v for v in store.current() if v.document_id == "us:usc:42:2000e-2").document.text == "Real."


def test_a_long_case_under_another_citation_is_the_same_case(store: Store) -> None:
    put(store, case(LONG, "https://law.example/c/1/", "toy:high:5-us-9", "5 U.S. 9"))
    assert put(store, case(LONG, "https://law.example/c/2/", "toy:high:97-12", "No. 97-12")) == "source_added"
    (version,) = store.current()
    assert version.document.citation == "5 U.S. 9"
    assert version.document.aliases == ("No. 97-12",)
    assert store.resolve_alias("No. 97-12") == store.resolve_alias("toy:high:97-12") == ["toy:high:5-us-9"]


@pytest.mark.parametrize("text", ["Certiorari denied.", "[Repealed.]"])
def test_short_or_statutory_texts_alone_say_nothing(store: Store, text: str) -> None:
    put(store, case(text, "https://law.example/c/1/", "toy:high:1", "1 U.S. 1"))
    put(store, case(text, "https://law.example/c/2/", "toy:high:2", "2 U.S. 2"))
    put(store, section(text * 100, number="toy:code:1"))
    put(store, section(text * 100, url="https://law.example/s/2/", number="toy:code:2"))
    assert len(list(store.current())) == 4


def test_an_address_keeps_its_document_under_a_new_citation(store: Store) -> None:
    """A slip opinion is known by its docket until it is printed."""
    url = "https://law.example/c/1/"
    put(store, case(LONG, url, "toy:high:97-12", "No. 97-12"))
    assert put(store, case(LONG, url, "toy:high:5-us-9", "5 U.S. 9"), day=1) == "unchanged"
    (version,) = store.current()
    assert (version.document_id, version.document.citation) == ("toy:high:97-12", "5 U.S. 9")
    assert store.resolve_alias("toy:high:5-us-9") == store.resolve_alias("5 U.S. 9") == ["toy:high:97-12"]
    elsewhere = case(LONG + "Reversed.", "https://law.example/c/7/", "toy:high:5-us-9", "5 U.S. 9")
    assert put(store, elsewhere, day=2) == "added"


def test_two_addresses_that_disagree_do_not_flap(store: Store) -> None:
    first, second = "https://law.example/s/1/", "https://law.example/copy/1/"
    put(store, section("One.", first))
    put(store, section("One.", second))
    assert put(store, section("Two.", second), day=1) == "changed"
    for day in (2, 3):
        assert put(store, section("One.", first), day=day) == "unchanged"
        assert put(store, section("Two.", second), day=day) == "unchanged"
    assert next(store.current()).document.text == "Two."
    assert put(store, section("Two.", first), day=4) == "unchanged"  # it has caught up
    assert len(store.versions("toy:code:1")) == 2


# ---- tombstones -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("withhold", [False, True])
def test_a_tombstone_keeps_its_history_and_its_id(store: Store, withhold: bool) -> None:
    put(store, section("One."))
    put(store, section("Two."), day=1)
    store.withdraw("toy:code:1", "r2", withhold=withhold, note="gone")
    assert list(store.current()) == []
    assert [version.document.text for version in store.versions("toy:code:1")] == ["One.", "Two."]
    (stone,) = store.tombstones()
    assert stone.document.status is DocumentStatus.WITHDRAWN
    assert stone.observed_to == DAY + timedelta(days=30)
    assert store.state_of("toy:code:1") == ("withheld" if withhold else "withdrawn")
    assert (store.changes()[-1].kind, store.changes()[-1].note) == ("withdrawn", "gone")
    assert put(store, section("Two."), day=40) == "returned"
    (version,) = store.current()
    assert (version.document_id, version.document.status) == ("toy:code:1", DocumentStatus.IN_FORCE)
    assert version.observed_to is None


def test_unknown_documents_are_said_to_be_unknown(store: Store) -> None:
    for ask in (store.versions, store.sources_of, store.state_of, lambda name: store.withdraw(name, "r")):
        with pytest.raises(UnknownDocument, match="toy:none"):
            ask("toy:none")
    assert store.resolve_alias("toy:none") == []


# ---- the rest -------------------------------------------------------------------------------------------


def test_quarantine_keeps_the_last_word_on_a_page(store: Store) -> None:
    page = Quarantined(0, "https://law.example/x/", "toy", "r1", "layout", "No list.", "ab" * 32, "f.warc.gz", 5, DAY)
    store.quarantine(page)
    store.quarantine(replace(page, run_id="r2", reason="charset"))
    (row,) = store.quarantined()
    assert (row.run_id, row.reason, row.warc_file, row.warc_offset) == ("r2", "charset", "f.warc.gz", 5)
    store.resolve_quarantine([page.url])
    assert store.quarantined() == []
    assert [row.resolved_at for row in store.quarantined(resolved=True)] == [DAY + timedelta(days=30)]


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        put(store, section("One."))
        raise RuntimeError("pulled the plug")
    assert list(store.current()) == []
    assert store.last_change() is None


def test_counts_and_changes(store: Store) -> None:
    put(store, section("One."))
    put(store, section("Two.", url="https://law.example/s/2/", number="toy:code:2"), day=1, run="r2")
    put(store, case("Order.", "https://law.example/c/1/", "toy:high:1", "1 U.S. 1"), day=2, run="r2")
    store.withdraw("toy:code:1", "r3")
    counts = store.counts()
    assert (counts["documents"], counts["statute"], counts["case"], counts["withdrawn"]) == (2, 1, 1, 1)
    assert counts["versions"] == 3
    assert store.change_counts("r2") == {"added": 2}
    assert [change.document_id for change in store.changes(run_id="r2")] == ["toy:code:2", "toy:high:1"]
    assert [change.kind for change in store.changes(since=DAY + timedelta(days=1))] == ["added", "withdrawn"]


def test_the_history_of_one_document(store: Store) -> None:
    put(store, section("One."))
    put(store, section("Other.", url="https://law.example/s/2/", number="toy:code:2"))
    put(store, section("Two."), day=1, run="r2")
    store.withdraw("toy:code:1", "r3", note="gone")
    assert [(change.kind, change.run_id) for change in store.history("toy:code:1")] == [
        ("added", "r"), ("changed", "r2"), ("withdrawn", "r3")
    ]  # fmt: skip
    assert store.history("toy:none") == []


def test_the_digest_knows_contents_and_not_times(tmp_path: Path) -> None:
    def rows(name: str, days: list[int], texts: list[str]) -> list[tuple[str, ...]]:
        store = Store(Database(f"sqlite:///{tmp_path / name}"))
        for day, text in zip(days, texts, strict=True):
            number = text.split()[0].lower()
            put(store, section(text, url=f"https://law.example/{number}/", number=number), day=day, run=f"r{day}")
        return sorted(store.digest_rows())

    first = rows("a.db", [0, 1, 2], ["A one.", "B one.", "A two."])
    assert first == rows("b.db", [3, 4, 9], ["B one.", "A one.", "A two."])
    assert first != rows("c.db", [0, 1, 2], ["A one.", "B one.", "A three."])


def test_reading_goes_on_while_another_writes(store: Store) -> None:
    for n in range(5):
        put(store, section("One.", url=f"https://law.example/s/{n}/", number=f"toy:code:{n}"))
    reading = store.current()
    assert next(reading).document_id == "toy:code:0"
    put(store, section("Two.", url="https://law.example/s/4/", number="toy:code:4"))
    assert [version.document.text for version in reading] == ["One."] * 4
