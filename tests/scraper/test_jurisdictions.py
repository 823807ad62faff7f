"""Tables of jurisdictions: the packaged ones, and what happens to one that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scraper.errors import CitationError
from scraper.jurisdictions import Jurisdictions, case_id, int_to_roman, roman_to_int, slugify

ROOT = Path(__file__).resolve().parents[2]
TABLES = Jurisdictions.load()
SAMPLE = Jurisdictions.load(sorted((ROOT / "sample" / "jurisdictions").glob("*.json")))


@pytest.mark.parametrize(
    ("citation", "document"),
    [
        ("28 U.S.C. § 1331", "us:usc:28:1331"),
        ("42 U. S. C. §1983", "us:usc:42:1983"),
        ("18 USC 924", "us:usc:18:924"),
        ("28 U.S.C. § 1738A", "us:usc:28:1738a"),
        ("U.S. Const. art. III, § 2", "us:const:3:2"),
        ("U.S. Const. amend. XIV", "us:const:amend-14"),
        ("D.C. Code § 22-3201", "dc:code:22-3201"),
        ("D.C. Code §11-101", "dc:code:11-101"),
        ("D.C. Code § 22–3225.01", "dc:code:22-3225.01"),
        ("D.C. Code § 28:9-101", "dc:code:28:9-101"),
        ("28 Q.S.C. § 1331", None),
        ("§ 1331", None),
    ],
)
def test_citations_of_the_packaged_codes(citation: str, document: str | None) -> None:
    found = TABLES.match_code(citation)
    assert (found[0].id_for(found[1]) if found else None) == document


def test_the_tables_of_the_sample_give_the_ids_of_its_truth() -> None:
    truth = json.loads((ROOT / "sample" / "truth.json").read_text(encoding="utf-8"))
    for row in truth["documents"]:
        if row["kind"] == "case":
            court = SAMPLE.court(row["court"])
            assert court is not None and case_id(court, row["citation"], row["docket"]) == row["id"]
            assert SAMPLE.court_at(row["path"]) == court
        else:
            found = SAMPLE.match_code(row["citation"])
            assert found is not None and found[0].id_for(found[1]) == row["id"]
            assert found[0].kind == row["kind"] and SAMPLE.code_at(row["path"]) == found[0]


@pytest.mark.parametrize(
    ("document", "code", "groups"),
    [
        ("us:usc:28:1331", "usc", {"title": "28", "section": "1331"}),
        ("us:const:amend-14", "usconst-amend", {"amendment": "14"}),
        ("dc:code:28:9-101", "dccode", {"section": "28:9-101"}),
        ("us:scotus:521-us-844", None, None),
    ],
)
def test_an_id_tells_its_code_and_numbers(document: str, code: str | None, groups: dict[str, str] | None) -> None:
    found = TABLES.code_of_id(document)
    assert (found[0].id if found else None, found[1] if found else None) == (code, groups)


def test_courts_by_printed_name_and_place() -> None:
    for name in ("U.S. Supreme Court", "supreme court of the united states", "scotus"):
        court = TABLES.court(name)
        assert court is not None and court.id == "scotus"
    assert TABLES.court("Supreme Court of Oz") is None
    found = TABLES.court_at("/cases/federal/us/521/844/")
    assert found is not None and found.id == "scotus"
    assert TABLES.code_at("/codes/us/title-28/") == TABLES.code("usc")
    assert TABLES.code_at("/codes/oz/") is None


def test_ids_of_cases() -> None:
    court = TABLES.court("scotus")
    assert court is not None
    assert case_id(court, "521 U.S. 844", "96-511") == "us:scotus:521-us-844"
    assert case_id(court, "", "No. 01-339") == "us:scotus:no-01-339"
    with pytest.raises(CitationError):
        case_id(court, "", "")
    assert slugify("2014-FRSC-012") == "2014-frsc-012"


@pytest.mark.parametrize(("roman", "value"), [("I", 1), ("IV", 4), ("XIV", 14), ("XXVII", 27), ("MCMXC", 1990)])
def test_roman_numerals(roman: str, value: int) -> None:
    assert roman_to_int(roman) == value and int_to_roman(value) == roman
    with pytest.raises(CitationError):
        roman_to_int(roman + "Q")


def table(**change: Any) -> dict[str, Any]:
    code: dict[str, Any] = {
        "id": "ozcode",
        "name": "Oz Code",
        "kind": "statute",
        "citation": "Oz Code § {section}",
        "document_id": "oz:code:{section}",
        "fields": {"section": {"pattern": "\\d+"}},
        "list_field": "section",
        "forms": [{"pattern": "Oz Code § {section}"}],
    }
    return {"id": "oz", "name": "Oz", "codes": [{**code, **change}]}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "poem"},
        {"forms": [{"pattern": "Oz ("}]},
        {"forms": [{"pattern": "Oz {chapter}"}]},
        {"forms": [{"pattern": "Oz", "scope": "everywhere"}]},
        {"citation": "Oz § {number}"},
        {"list_field": "title"},
        {"fields": {}},
        {"id": "usc"},
    ],
)
def test_a_table_that_is_wrong_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    good = tmp_path / "oz.json"
    good.write_text(json.dumps(table()), encoding="utf-8")
    assert Jurisdictions.load([good]).match_code("Oz Code § 7") is not None
    good.write_text(json.dumps(table(**change)), encoding="utf-8")
    with pytest.raises(CitationError, match=r"oz\.json|rename one"):
        Jurisdictions.load([good])


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "no id"}', '"x"'])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(text, encoding="utf-8")
    with pytest.raises(CitationError, match=r"bad\.json"):
        Jurisdictions.load([bad])


@pytest.mark.parametrize(
    "words", ["[]", "3", '{"id": "x", "name": "X", "codes": [{"fields": []}]}', '{"a":' * 20_000, "\x00", '{"id": []}']
)
def test_a_table_of_another_shape_is_named(tmp_path: Path, words: str) -> None:
    (tmp_path / "odd.json").write_text(words)
    with pytest.raises(CitationError, match=r"odd\.json"):
        Jurisdictions.load([tmp_path / "odd.json"])


def test_fields_that_are_no_table_are_named(tmp_path: Path) -> None:
    code = {"id": "c", "name": "n", "kind": "statute", "citation": "x", "document_id": "x", "fields": []}
    (tmp_path / "odd.json").write_text(json.dumps({"id": "x", "name": "X", "codes": [code]}))
    with pytest.raises(CitationError, match=r"odd\.json"):
        Jurisdictions.load([tmp_path / "odd.json"])
