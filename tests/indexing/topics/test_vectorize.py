"""Terms of legal text, and the matrices made of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from indexing.topics.vectorize import (
    VocabularyConfig,
    count_terms,
    is_stub,
    minimum_documents,
    neighbours,
    operative,
    smooth,
    strongest,
    tokenise_terms,
    unit_rows,
    weigh,
)
from scraper.errors import TopicError


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("A landlord shall return the security deposit.", ["landlord", "return", "security", "deposit"]),
        ("§ 1331. The district courts shall have original jurisdiction", ["jurisdiction"]),
        ("See Marsh v. Holloway Mills, 88 Frk. 214, on negligence.", ["negligence"]),
        ("Reno v. American Civil Liberties Union, 521 U. S. 844 (1997). Indecent speech", ["indecent", "speech"]),
        ("under 28 U. S. C. § 1331 and 41 F. Supp. 2d 77, diversity", ["diversity"]),
        ("Id., at 12; supra; cf. infra; x y z", []),
        ("the debtor’s estate; the debtor's estate", ["debtor", "estate", "debtor", "estate"]),
        ("paragraph (2)(B) of subsection (a) of this title: bankruptcy", ["bankruptcy"]),
        ("cross-examination of a witness", ["cross-examination", "witness"]),
        ("The United States trustee serves", ["trustee", "serves"]),
        ("Part 12 A. Bankruptcy of a debtor", ["bankruptcy", "debtor"]),
        ("", []),
    ],
)
def test_terms_are_subject_words(text: str, terms: list[str]) -> None:
    assert tokenise_terms(text) == terms


def test_markup_and_editors_notes_are_not_operative() -> None:
    text = 'A tenant pays rent.\n<table>\n<td colspan="3">\nHistorical and Revision Notes </td>\nDerivation'
    assert tokenise_terms(text) == ["tenant", "pays", "rent"]
    assert "Derivation" not in operative(text)


@pytest.mark.parametrize(
    ("text", "stub"),
    [
        ("[Repealed.]", True),
        (
            "Repealed. Pub. L. 98-620, title IV, § 402(29), Nov. 8, 1984, 98 Stat. 3359.\nSection, on costs.",
            True,
        ),
        ("[Reserved.] This section is held for later use and says nothing at all about any subject of law.", True),
        ("The tenant may repair a defect and deduct the cost of the repair from the rent that is next due.", False),
        ("Repealed statutes are not revived. " + "The repeal of a statute saves pending actions. " * 30, False),
        ("Short.", True),
    ],
)
def test_stubs_are_what_has_no_rule_in_it(text: str, stub: bool) -> None:
    assert is_stub(text, 80) is stub


def corpus() -> list[str]:
    landlord = "The landlord shall return the security deposit to the tenant within thirty days of the lease. "
    water = "The engineer may grant a permit to divert water from a stream for beneficial use of irrigation. "
    return [landlord + "Rent is due."] * 5 + [water + "Wells need a meter."] * 5 + ["Repealed."]


def test_stubs_are_left_out_and_reported() -> None:
    counts = count_terms(corpus(), VocabularyConfig())
    np.testing.assert_array_equal(counts.kept, np.arange(10))
    np.testing.assert_array_equal(counts.stubs, [10])
    assert counts.counts.shape == (10, len(counts.terms))


def test_counts_are_the_counts_of_the_tokens() -> None:
    texts = corpus()
    counts = count_terms(texts, VocabularyConfig())
    for row, text in enumerate(texts[:10]):
        tokens = tokenise_terms(text)
        for column, term in enumerate(counts.terms):
            if " " not in term:
                assert counts.counts[row, column] == tokens.count(term)


def test_words_that_go_together_become_a_phrase_but_not_across_a_stop() -> None:
    terms = set(count_terms(corpus(), VocabularyConfig()).terms)
    assert {"security deposit", "beneficial use"} & terms == {"security deposit"} | ({"beneficial use"} & terms)
    assert "security deposit" in terms
    assert "lease rent" not in terms


def test_names_of_people_are_no_terms_but_subject_words_are() -> None:
    filler = "The carrier is liable for negligence when goods are lost in transit by the carrier or its servants. "
    texts = [
        filler + "Mr. Abernathy sued. Justice Okafor wrote that Miranda binds; the Miranda rule, as Miranda has it."
        for _ in range(12)
    ]
    texts[0] += " Zebulon Zebulon"
    terms = set(count_terms(texts, VocabularyConfig()).terms)
    assert {"carrier", "negligence", "miranda"} <= terms
    assert not {"abernathy", "okafor", "zebulon"} & terms


def test_parties_of_a_case_are_no_terms_unless_many_documents_speak_of_them() -> None:
    filler = "The carrier is liable for negligence when goods are lost in transit by the carrier or its servants. "
    texts = [filler] * 30
    for number in range(6):
        texts[number] += "State v. Kittredge, 2014. Kittredge drove. Kittredge stopped. "
    for number in range(20):
        texts[number] += "See Miranda v. Jefferson. Miranda warnings. A Miranda waiver. "
    terms = set(count_terms(texts, VocabularyConfig()).terms)
    assert "kittredge" not in terms and "miranda" in terms


def test_no_usable_text_is_said() -> None:
    for texts in ([], ["short", "  "], ["12 34 § 5 " * 30]):
        with pytest.raises(TopicError):
            count_terms(texts, VocabularyConfig())


def test_weights_are_sublinear_tfidf_with_rows_of_length_one() -> None:
    texts = ["water permit water permit water permit for the well meter and the irrigation ditch of the farm"] * 3
    texts += ["landlord tenant lease deposit for the dwelling unit and the rent of the dwelling under the lease"] * 5
    counts = count_terms(texts, VocabularyConfig(max_share=1.0))
    matrix = weigh(counts, np.arange(8), VocabularyConfig(max_share=1.0))
    raw = counts.counts[:, matrix.columns].toarray()
    idf = np.log(9.0 / (1.0 + (raw > 0).sum(axis=0))) + 1.0
    slow = np.where(raw > 0, 1.0 + np.log(np.maximum(raw, 1)), 0.0) * idf
    slow /= np.linalg.norm(slow, axis=1, keepdims=True)
    np.testing.assert_allclose(matrix.x.toarray(), slow, rtol=1e-4, atol=1e-6)


def test_a_node_has_a_vocabulary_of_its_own() -> None:
    counts = count_terms(corpus() * 2, VocabularyConfig())
    landlord = [row for row, text in enumerate(np.array(corpus() * 2)[counts.kept]) if "landlord" in text]
    terms = weigh(counts, np.array(landlord), VocabularyConfig(max_share=1.0)).terms
    assert "tenant" in terms and "water" not in terms


def test_strongest_keeps_the_largest_of_each_row() -> None:
    x = sparse.csr_matrix(np.array([[3.0, 1, 2, 0], [0, 0, 5, 0], [1, 1, 1, 1]]))
    np.testing.assert_array_equal(strongest(x, 2).toarray(), [[3, 0, 2, 0], [0, 0, 5, 0], [1, 1, 0, 0]])


def test_unit_rows_leave_empty_rows_empty() -> None:
    np.testing.assert_allclose(unit_rows(sparse.csr_matrix([[3.0, 4.0], [0, 0]])).toarray(), [[0.6, 0.8], [0, 0]])


def test_neighbours_are_those_of_a_full_sort() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(40, 6)).astype(np.float32)
    weights = neighbours(vectors, 5).toarray()
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    for row in range(40):
        slow = np.zeros(40)
        nearest = np.argsort(-cosines[row])[:5]
        slow[nearest] = np.maximum(cosines[row, nearest], 0)
        np.testing.assert_allclose(weights[row], slow / slow.sum(), atol=1e-5)


def test_smoothing_is_the_mix_it_says_and_stays_non_negative() -> None:
    rng = np.random.default_rng(1)
    x = unit_rows(sparse.random(12, 9, density=0.4, random_state=1, format="csr"))
    near = neighbours(rng.normal(size=(12, 4)).astype(np.float32), 3)
    slow = 0.25 * x.toarray() + 0.75 * near.toarray() @ x.toarray()
    slow /= np.linalg.norm(slow, axis=1, keepdims=True)
    mixed = smooth(x, near, 100, 0.75)
    np.testing.assert_allclose(mixed.toarray(), slow, atol=1e-5)
    assert mixed.data.min() >= 0


def test_one_document_has_no_neighbours() -> None:
    assert neighbours(np.ones((1, 4), dtype=np.float32)).nnz == 0


def test_terms_must_occur_in_more_documents_of_larger_corpora() -> None:
    sizes = [minimum_documents(n) for n in (1, 150, 2500, 30_000, 10**7)]
    assert sizes == sorted(sizes) and sizes[0] == 2 and sizes[2] == 5 and sizes[-1] == 50


def test_a_caption_with_one_name_names_a_party() -> None:
    law = "The juvenile court shall decide each petition on proof that leaves no reasonable doubt about the charge."
    texts = [
        f"In re Winship\n{law} Winship and Winship were charged; the child Winship denied it. {number}"
        for number in range(6)
    ]
    texts += [f"{law} A warden keeps the child. {number}" for number in range(6)]
    terms = set(count_terms(texts, VocabularyConfig()).terms)
    assert "winship" not in terms and {"juvenile", "warden"} <= terms
    plain = [text.replace("In re Winship", "Winship") for text in texts]
    assert "winship" in set(count_terms(plain, VocabularyConfig()).terms)


def test_of_equal_terms_the_first_are_kept() -> None:
    rng = np.random.default_rng(3)
    dense = rng.integers(0, 4, size=(60, 30)).astype(np.float32)
    found = strongest(sparse.csr_matrix(dense), 7).toarray()
    for row, kept in zip(dense, found, strict=True):
        order = np.argsort(-row, kind="stable")[:7]
        wanted = np.zeros_like(row)
        wanted[order] = row[order]
        np.testing.assert_array_equal(kept, wanted)
