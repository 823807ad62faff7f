"""How deeply an authority is dealt with, and what stands in brackets behind its citation."""

from __future__ import annotations

from indexing.treatment.depth import CITED, DISCUSSED, EXAMINED, MENTIONED, depths
from indexing.treatment.parentheticals import ParentheticalKind, best_parentheticals, find_parentheticals
from tests.indexing.treatment import law

CITE = "Allgood v. Barker, 400 U. S. 100 (1970)"
TALK = "The rule is an old one and has been kept by every court that has had to do with it since. " * 10


def depth(text: str) -> int:
    document = law.opinion(("majority", text))
    return depths(document, law.citations_of(document), law.shelf())[law.OLD_ID]


def test_depth_grows_with_the_discussion() -> None:
    again = "That follows. Id., at 104. "
    assert depth(f"See {CITE}.") == CITED
    assert depth(f"See {CITE}. {again}") == MENTIONED
    assert depth(f"See {CITE}. {again * 2}") == DISCUSSED
    assert depth(f"See {CITE}. " + (TALK + again) * 6) == EXAMINED


def brackets(text: str) -> list[tuple[str, ParentheticalKind]]:
    document = law.opinion(("majority", text))
    found = find_parentheticals(document, law.citations_of(document), law.shelf())
    return [(document.text[one.start : one.end], one.kind) for one in found]


def test_what_brackets_say() -> None:
    assert brackets(f"See {CITE} (holding that a debt (of any kind) outlives the debtor).") == [
        ("holding that a debt (of any kind) outlives the debtor", ParentheticalKind.HOLDING)
    ]
    assert brackets(f'See {CITE} ("A debt outlives the debtor").') == [
        ('"A debt outlives the debtor"', ParentheticalKind.QUOTATION)
    ]
    assert brackets(f"See {CITE} (per curiam) (suit by an heir on a note).") == [
        ("suit by an heir on a note", ParentheticalKind.DESCRIPTION)
    ]
    assert (
        brackets(f"See {CITE} (quoting Corwin v. Delacroix, 410 U. S. 200 (1973)).")[0][1] is ParentheticalKind.RELATION
    )


def test_brackets_without_content_are_left_out() -> None:
    for words in (
        "emphasis added",
        "per curiam",
        "Brennan, J., dissenting",
        "internal quotation marks omitted",
        "1970",
    ):
        assert brackets(f"See {CITE} ({words}).") == [], words
    assert brackets(f"See {CITE} (holding that it never closes") == []


def test_the_best_bracket_comes_first() -> None:
    document = law.opinion(
        ("majority", f"See {CITE} (discussing heirs at length)"
        f". Accord, {CITE} (holding that a debt outlives the debtor and binds "
                     "his heirs)."),
        ("dissent", f"But see {CITE} (holding that a debt outlives the debtor and binds his heirs)."),
    )  # fmt: skip
    found = find_parentheticals(document, law.citations_of(document), law.shelf())
    best = best_parentheticals(found, law.OLD_ID)
    assert best[0].kind is ParentheticalKind.HOLDING and best[0].speaker.value == "majority"
    assert [one.score for one in best] == sorted((one.score for one in best), reverse=True)
    assert all(0 <= one.score <= 1 for one in found)
