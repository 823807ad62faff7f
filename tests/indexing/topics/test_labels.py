"""Labels and terms that a reader understands."""

from __future__ import annotations

import numpy as np

from indexing.topics.labels import best_terms, label_topics, stem_key
from indexing.topics.phrases import Usage, read, runs


def phrases_of(text: str) -> set[str]:
    return {" ".join(run) for run in runs(read(text).words) if len(run) > 1}


def test_runs_begin_and_end_with_subject_words() -> None:
    found = phrases_of("The trustee may avoid a transfer of property of the estate. Discharge of debts.")
    assert {"transfer of property", "property of the estate", "discharge of debts"} <= found
    for phrase in found:
        words = phrase.split()
        assert words[0] not in {"of", "the", "may"} and words[-1] not in {"of", "the", "may"}


def test_runs_do_not_cross_a_stop_or_a_citation() -> None:
    found = phrases_of("security deposit. Rent escrow, Marsh v. Holloway Mills, 88 Frk. 214, water permit")
    assert found == {"security deposit", "rent escrow", "water permit"}


def test_a_short_first_line_is_a_heading_and_the_name_of_a_case_is_none() -> None:
    assert read("Removal of actions; notice\nA defendant may remove.").heading == (
        ("Removal", "of", "actions"), ("notice",),
    )  # fmt: skip
    assert read("Marsh v. Holloway Mills\nThe mill discharged water.").heading == ()
    assert read("One line alone is text.").heading == ()
    assert read("False, fictitious or fraudulent claims\nWhoever presents one is fined.").heading == (
        ("fictitious", "or", "fraudulent", "claims"),
    )
    assert read("Treason\nWhoever levies war is guilty.").heading == (("Treason",),)


def test_verbs_and_adjectives_do_not_end_a_phrase() -> None:
    usage = Usage()
    for text in (
        "The debtor files a petition. A party may file the petition. The court may file it.",
        "A criminal action is tried. The criminal penalty of the criminal code applies. A criminal penalty.",
        "The petition of the debtor is heard. This petition stays.",
    ):
        usage.add(read(text))
    assert usage.may_end("petition")
    assert not usage.may_end("files") and not usage.may_end("criminal") and not usage.may_begin("files")


def test_what_has_lost_its_number_or_only_leads_to_a_subject_is_no_label() -> None:
    sentences = [f"A 20-year mandatory minimum applies to plea {n}. The guilty plea stands." for n in range(6)]
    bonds = [f"Matters within the jurisdiction are heard on bond {n}. The customs bond is due." for n in range(6)]
    weights = [
        [("mandatory minimum", 0.9), ("year", 0.8), ("guilty plea", 0.5)],
        [("jurisdiction", 0.9), ("matters", 0.8), ("customs bond", 0.5)],
    ]
    labels = label_topics([sentences, bonds], weights)
    assert labels[0].startswith(("Mandatory minimum", "Guilty plea")) and not labels[1].startswith("Matters")


def test_a_label_is_a_phrase_of_the_topic_that_its_siblings_lack() -> None:
    landlord = [f"The landlord holds the security deposit for flat {n}. The court may award costs." for n in range(6)]
    water = [f"A water permit for well {n} allows diversion. The court may award costs." for n in range(6)]
    weights = [
        [("security deposit", 0.9), ("landlord", 0.7), ("award costs", 0.1)],
        [("water permit", 0.9), ("diversion", 0.5), ("award costs", 0.1)],
    ]
    labels = label_topics([landlord, water], weights)
    assert labels[0].startswith("Security deposit") and labels[1].startswith("Water permit")
    assert not any("costs" in label for label in labels)


def test_labels_of_siblings_differ_even_when_their_texts_do_not() -> None:
    texts = [["The security deposit is due. The security deposit is held."]] * 3
    labels = label_topics(texts, [[("deposit", 1.0), ("security", 0.9)]] * 3)
    assert len(set(labels)) == 3 and all(labels)


def test_the_parents_label_is_not_given_again_nor_lengthened() -> None:
    texts = [["The security deposit of a tenant. Interest on the deposit of rent."] * 4, ["The water permit."] * 4]
    weights = [[("security deposit", 1.0), ("interest", 0.6), ("rent", 0.5), ("tenant", 0.4)], [("water permit", 1.0)]]
    label = label_topics(texts, weights, ["Security deposit"])[0]
    assert "security" not in label.casefold()
    assert label_topics(texts, weights)[0] == "Security deposit"


def test_a_label_given_elsewhere_in_the_tree_is_not_given_again() -> None:
    texts = [["The security deposit of a tenant.", "A security deposit, and a tenant."] * 4]
    weights = [[("security deposit", 1.0), ("tenant", 0.5)]]
    assert label_topics(texts, weights) == ["Security deposit"]
    assert label_topics(texts, weights, taken=["Security Deposit"])[0].casefold() != "security deposit"


def test_a_section_heading_names_a_topic_better_than_words_of_its_texts() -> None:
    avoiding = [
        f"{heading}\nThe trustee may avoid a transfer of an interest of the debtor in property. Number {n}."
        for n, heading in enumerate(
            ["Limitations on avoiding powers", "Avoiding powers of the trustee", "Trustee as lien creditor",
             "Avoiding powers", "Preferences"]
        )
    ]  # fmt: skip
    plan = [f"Confirmation of plan\nThe court shall confirm a plan if the plan is fair. Number {n}." for n in range(5)]
    weights = [
        [("transfer", 1.0), ("avoid", 0.9), ("trustee", 0.9), ("avoiding", 0.7), ("powers", 0.7), ("property", 0.5)],
        [("plan", 1.0), ("confirm", 0.8), ("confirmation", 0.7)],
    ]
    labels = label_topics([avoiding, plan], weights)
    assert labels == ["Avoiding powers", "Confirmation of plan"]


def test_a_phrase_that_always_goes_on_is_shown_whole() -> None:
    rules = [
        f"Rule {n}\nUnder the federal rules of criminal procedure, rule {n} of the court stands." for n in range(5)
    ]
    wine = [f"Wine {n}\nA license for wine number {n} is given." for n in range(5)]
    weights = [
        [("criminal", 1.0), ("rules", 0.9), ("federal rules", 0.8), ("procedure", 0.7)],
        [("wine", 1.0), ("license", 0.9)],
    ]
    label = label_topics([rules, wine], weights)[0]
    assert "procedure" in label and not label.endswith("criminal")


def test_names_keep_their_capitals_and_others_get_none() -> None:
    text = (
        "Trade\nIn the Court of International Trade, a tariff is read. "
        "The Court of International Trade may set a tariff."
    )
    other = "Wine\nA license for wine is given by the board."
    weights = [
        [("international trade", 1.0), ("tariff", 0.3)],
        [("wine", 1.0), ("license", 0.9)],
    ]
    labels = label_topics([[text] * 4, [other] * 4], weights)
    assert labels[0] == "Court of International Trade" and "wine" in labels[1].casefold()


def test_no_party_and_no_citation_gets_into_a_label() -> None:
    cases = [
        f"Marsh v. Holloway Mills\nIn Marsh v. Holloway Mills, 88 Frk. 214, Holloway drew ground water. The "
        f"ground water of permit number {n} was low. Marsh owned the ground water." for n in range(5)
    ]  # fmt: skip
    rent = [f"Rent\nThe rent escrow number {n} is held by the clerk." for n in range(5)]
    weights = [[("ground water", 1.0), ("permit", 0.6), ("water", 0.9)], [("rent", 1.0), ("escrow", 0.8)]]
    label = label_topics([cases, rent], weights)[0]
    assert label.casefold().startswith("ground water")
    assert not {"marsh", "holloway", "mills", "frk", "88"} & set(label.casefold().split())


def test_terms_shared_with_siblings_sink_and_plurals_are_listed_once() -> None:
    terms = ["action", "copyright", "copyrights", "copyright owner", "owner"]
    own = np.array([1.0, 0.9, 0.8, 0.7, 0.6], dtype=np.float32)
    other = np.array([[1.0, 0.0, 0.0, 0.0, 0.0]], dtype=np.float32)
    listed = [term for term, _ in best_terms(own, other, terms, 10)]
    assert listed == ["copyright", "copyright owner", "action"]


def test_term_keys_join_singular_and_plural_only() -> None:
    assert stem_key("deputies") == stem_key("deputy") == ("deputy",)
    assert stem_key("bus") == ("bus",) and stem_key("process") == ("process",)


def test_a_whole_heading_names_a_topic_though_a_word_of_it_is_shared_by_all() -> None:
    # "possession" is said everywhere and so is no term of the topic; the heading holds it all the same
    land = [
        "Adverse possession\nA possessor who holds land by hostile and open possession acquires title.",
        "Adverse possession; taxes\nThe possessor pays taxes on the land during hostile possession of it.",
        "A v. B\nThe possessor held the land openly. Adverse possession is hostile to the owner.",
    ]
    rent = [
        "Rent\nThe tenant in possession pays rent to the landlord for the unit.",
        "Rent in arrears\nA tenant in possession who owes rent is given notice by the landlord.",
        "C v. D\nThe tenant kept possession and owed rent to the landlord.",
    ]
    weights = [
        [("possessor", 1.0), ("land", 0.9), ("hostile", 0.8), ("adverse", 0.6), ("taxes", 0.3)],
        [("tenant", 1.0), ("rent", 0.9), ("landlord", 0.8), ("notice", 0.3)],
    ]
    assert label_topics([land, rent], weights)[0] == "Adverse possession"


def test_a_heading_is_taken_without_what_it_says_of_its_subject() -> None:
    reprisal = [
        "Retaliatory conduct prohibited\nRetaliatory conduct of a landlord is presumed after a complaint.",
        "Retaliatory conduct prohibited; remedies\nThe complaint shows retaliatory conduct and a remedy follows.",
        "E v. F\nThe landlord's retaliatory conduct followed the complaint.",
    ]
    water = ["Permits\nA permit to divert water.", "Diversion\nWater is diverted.", "G v. H\nThe water was diverted."]
    weights = [
        [("retaliatory", 1.0), ("complaint", 0.9), ("conduct", 0.7), ("landlord", 0.4)],
        [("water", 1.0), ("permit", 0.5), ("divert", 0.4), ("diversion", 0.4)],
    ]
    assert label_topics([reprisal, water], weights)[0] == "Retaliatory conduct"


def test_what_few_of_many_documents_say_names_a_part_and_not_the_whole() -> None:
    speech = [f"A{n} v. B{n}\nThe open forum is here. A statute may not close it." for n in range(24)]
    writs = [f"C{n} v. D{n}\nHabeas corpus lies. The petition for habeas corpus is heard." for n in range(4)]
    other = [f"E{n} v. F{n}\nThe statute is valid." for n in range(20)]
    rent = [f"G{n} v. H{n}\nThe tenant owed rent." for n in range(18)]
    rent += [f"I{n} v. J{n}\nThe open forum of tenants. The rent was due." for n in range(12)]
    weights = [
        [("forum", 1.0), ("open", 1.0), ("habeas", 0.5), ("corpus", 0.5)],
        [("tenant", 1.0), ("rent", 1.0)],
    ]
    assert label_topics([speech + writs + other, rent], weights)[0] == "Open forum"
    assert label_topics([writs, rent], weights)[0] == "Habeas corpus"
