"""What a sentence does to a case or a statute, and what it only seems to do."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from indexing.treatment.detect import find_treatments
from indexing.treatment.models import Stance, Treatment, TreatmentKind, Voice, treatment_from_json
from scraper.models import Document, DocumentKind
from tests.indexing.treatment import law

K = TreatmentKind


def of_old(found: list[Treatment]) -> list[Treatment]:
    return [one for one in found if one.cited == law.OLD_ID and one.kind not in (K.APPLIES, K.FOLLOWS)]


DONE = [
    ("We now overrule Allgood.", K.OVERRULES),
    ("Allgood is overruled.", K.OVERRULES),
    ("Allgood v. Barker should be and now is overruled.", K.OVERRULES),
    ("That decision is overruled.", K.OVERRULES),
    ("It was never right, and it is hereby overruled.", K.OVERRULES),
    ("We conclude that Allgood should be overruled.", K.OVERRULES),
    ("Whatever may remain of our decision in Allgood is expressly overruled.", K.OVERRULES),
    ("To the extent that Allgood speaks of heirs, it is overruled.", K.OVERRULES_IN_PART),
    ("We overrule Allgood insofar as it binds an heir.", K.OVERRULES_IN_PART),
    ("We overrule our decision in that case.", K.OVERRULES),
    ("For these reasons, Allgood must be, and is, overruled.", K.OVERRULES),
    ("We agree with petitioner that Allgood should be overruled.", K.OVERRULES),
    ("Our decision in Allgood, which the lower courts have found hard to apply, is overruled.", K.OVERRULES),
    ("The portion of Allgood v. Barker holding that heirs are bound is overruled.", K.OVERRULES_IN_PART),
    ("The rule of Allgood has been superseded by statute.", K.SUPERSEDED_BY_STATUTE),
    ("The contrary rule of Allgood is abrogated.", K.ABROGATES),
    ("We decline to follow Allgood.", K.DECLINES_TO_FOLLOW),
    ("We decline to extend Allgood to a lease.", K.LIMITS),
    ("Allgood is confined to its facts.", K.LIMITS),
    ("We question Allgood.", K.QUESTIONS),
    ("Allgood was wrongly decided.", K.CRITICISES),
    ("Allgood is distinguishable, for no lease was at issue there.", K.DISTINGUISHES),
    ("Unlike Allgood, this case concerns a lease.", K.DISTINGUISHES),
    ("Petitioner's reliance on Allgood is misplaced.", K.DISTINGUISHES),
]


@pytest.mark.parametrize(("sentence", "kind"), DONE)
def test_the_court_does_it(sentence: str, kind: TreatmentKind) -> None:
    found = of_old(law.said(sentence))
    assert [(one.kind, one.stance, one.voice, one.counts) for one in found] == [
        (kind, Stance.DOES, Voice.MAJORITY, True)
    ]
    text = law.LEAD + sentence
    assert text[found[0].sentence_start : found[0].sentence_end] == sentence
    assert found[0].sentence_start <= found[0].start < found[0].end <= found[0].sentence_end


NOTHING = [
    "We decline to overrule Allgood.",
    "We do not overrule Allgood.",
    "We need not decide whether Allgood should be overruled.",
    "Petitioner asks us to overrule Allgood.",
    "Petitioner argues that Allgood is overruled by the statute.",
    "The dissent would overrule Allgood.",
    "Allgood should be overruled only if it cannot be applied.",
    "If Allgood is overruled, much else falls with it.",
    "We see no reason to overrule Allgood.",
    "The Court of Appeals concluded that Allgood is no longer good law.",
    "We overrule the objection to the report in Allgood.",
    "It is said that Allgood is overruled in all but name.",
    "Far from it: Allgood has never been overruled.",
    "Smith suggests that Allgood does not control.",
    "The debtor in Allgood, Justice Souter explains, is unlike the debtor here.",
    "Whether Allgood was wrongly decided is not before us.",
    "In an attempt to cast doubt on Allgood, the State points to its age.",
    "Nothing in today's decision overrules Allgood.",
    "Nor is Allgood overruled.",
    "Once Allgood is overruled, nothing remains.",
    "We find no support for the claim that Allgood is overruled.",
    "We find no merit in the view that Allgood was wrongly decided.",
    "We reject the argument that Allgood is overruled.",
    "We do not read Corwin as holding that Allgood is overruled.",
    "Allgood is overruled, says the dissent.",
    "Allgood is overruled, or so the State says.",
    "Those who believe Allgood is overruled are mistaken.",
    "Even if Allgood was wrongly decided, we would not overrule it.",
    "Objection overruled; see Allgood v. Barker, 400 U. S. 100 (1970).",
    "The trial judge, citing Allgood, overruled the motion.",
    "Some courts have questioned Allgood.",
    "The Fifth Circuit declined to follow Allgood.",
    "There is no need to limit Allgood.",
    "We cannot say that Allgood is distinguishable.",
]


@pytest.mark.parametrize("sentence", NOTHING)
def test_what_is_denied_asked_or_said_by_others_is_nothing(sentence: str) -> None:
    assert of_old(law.said(sentence)) == []


OLD = "Allgood v. Barker, 400 U. S. 100 (1970)"
OTHER = "Corwin v. Delacroix, 410 U. S. 200 (1973)"
REPORTED = [
    (f"See {OLD}, overruled by {OTHER}.", K.OVERRULES),
    (f"See {OTHER} (overruling {OLD}).", K.OVERRULES),
    (f"See {OLD} (overruled on other grounds, {OTHER}).", K.OVERRULES_IN_PART),
    (f"In {OTHER}, we overruled Allgood.", K.OVERRULES),
    (f"See {OLD}, abrogated by {OTHER}.", K.ABROGATES),
]


@pytest.mark.parametrize(("sentence", "kind"), REPORTED)
def test_a_report_names_who_did_it(sentence: str, kind: TreatmentKind) -> None:
    found = of_old(law.said(sentence))
    assert [(one.kind, one.stance, one.by, one.counts) for one in found] == [
        (kind, Stance.REPORTS, law.OTHER_ID, False)
    ]


def test_only_the_court_speaks_for_the_court() -> None:
    for label in ("dissent", "concurrence", "plurality", "concurrence_in_part"):
        found = of_old(law.said("Allgood is overruled.", label))
        assert [(one.voice.value, one.counts) for one in found] == [(label, False)]
    assert all(one.counts for one in of_old(law.said("Allgood is overruled.", "per_curiam")))


def test_a_dissent_proposes() -> None:
    found = of_old(law.said("I would overrule Allgood.", "dissent"))
    assert [(one.kind, one.stance, one.counts) for one in found] == [(K.OVERRULES, Stance.PROPOSES, False)]
    assert of_old(law.said("Some would overrule Allgood.")) == []


def test_a_syllabus_speaks_for_nobody() -> None:
    document = law.opinion(
        ("syllabus", "Held: A debt dies with the debtor. Allgood v. Barker, 400 U. S. 100, overruled."),
        ("majority", "We have nothing to add."),
    )
    assert [(one.kind, one.voice, one.counts) for one in law.read(document)] == [(K.OVERRULES, Voice.SYLLABUS, False)]


def test_a_quoted_court_speaks_for_itself() -> None:
    found = of_old(
        law.said('The state court wrote: "Allgood is overruled." Corwin v. Delacroix, 410 U. S. 200 (1973).')
    )
    assert [(one.voice, one.by, one.counts) for one in found] == [(Voice.QUOTED_COURT, law.OTHER_ID, False)]


def test_lists_are_read_to_their_end() -> None:
    lead = law.LEAD + "See also Corwin v. Delacroix, 410 U. S. 200 (1973). "
    for sentence in ("We overrule Allgood and Corwin.", "Allgood and Corwin are overruled."):
        found = [one for one in law.said(sentence, lead=lead) if one.kind is K.OVERRULES]
        assert {one.cited for one in found} == {law.OLD_ID, law.OTHER_ID}


def test_they_are_all_that_were_cited() -> None:
    sentence = (
        "Cases had said so, see Allgood v. Barker, 400 U. S. 100 (1970); Corwin v. Delacroix, 410 U. S. 200 (1973), "
        "but they have since been overruled."
    )
    found = [one for one in law.said(sentence, lead="") if one.kind is K.OVERRULES]
    assert {one.cited for one in found} == {law.OLD_ID, law.OTHER_ID}
    assert all(one.stance is Stance.REPORTS for one in found)


def test_scope_is_kept() -> None:
    (found,) = of_old(law.said("We overrule Allgood to the extent that it binds an heir."))
    assert (found.kind, found.scope) == (K.OVERRULES_IN_PART, "to the extent that it binds an heir")


@pytest.mark.parametrize(
    ("sentence", "scope"),
    [
        ("Allgood is confined to the unique facts of a lease.", "the unique facts of a lease"),
        ("We limit Allgood to debts of record.", "debts of record"),
        ("We decline to extend Allgood to the present context.", "the present context"),
    ],
)
def test_what_a_case_is_limited_to(sentence: str, scope: str) -> None:
    assert [one.scope for one in of_old(law.said(sentence))] == [scope]


def test_the_statute_that_supersedes_is_named() -> None:
    (found,) = of_old(law.said("The rule of Allgood has been superseded by 28 U. S. C. § 1331."))
    assert (found.kind, found.by) == (K.SUPERSEDED_BY_STATUTE, law.SECTION_ID)


def test_an_opinion_does_not_treat_itself() -> None:
    assert not [one for one in law.said("490 U. S. 1, is overruled.", lead="") if one.kind is K.OVERRULES]


def test_a_denial_of_review_decides_nothing() -> None:
    document = replace(
        law.opinion(("majority", law.LEAD + "Allgood is overruled.")), disposition_kind="certiorari_denied"
    )
    (found,) = of_old(law.read(document))
    assert not found.counts and found.why_not == "no decision of the dispute itself"


def test_the_whole_opinion_is_bound_by_its_own_bounds() -> None:
    found = of_old(law.said("We overrule Allgood insofar as it binds an heir. In overruling Allgood, we do no more."))
    assert [one.kind for one in found] == [K.OVERRULES_IN_PART, K.OVERRULES_IN_PART]


def test_a_later_case_is_not_treated_by_an_earlier_one() -> None:
    document = law.opinion(("majority", law.LEAD + "Allgood is overruled."), date=dt.date(1960, 1, 1))
    (found,) = of_old(law.read(document))
    assert not found.counts and "earlier" in found.why_not


LAWS = [
    ("We hold that 28 U. S. C. § 1331 is unconstitutional on its face.", K.HELD_UNCONSTITUTIONAL),
    ("The prohibitions of 28 U. S. C. §§1331(8)(B) and 1331(8)(D) are overbroad and unconstitutional.",
     K.HELD_UNCONSTITUTIONAL),
    ("For this reason, 28 U. S. C. § 1331 is substantially overbroad and in violation of the First Amendment.",
     K.HELD_UNCONSTITUTIONAL),
    ("We hold that 28 U. S. C. § 1331 is unconstitutional as applied to heirs.", K.HELD_UNCONSTITUTIONAL_AS_APPLIED),
    ("We hold that 28 U. S. C. § 1331 does not violate the Fifth Amendment.", K.UPHELD),
    ("We uphold 28 U. S. C. § 1331.", K.UPHELD),
    ("We hold today that 28 U. S. C. § 1331 violates the Fifth Amendment.", K.HELD_UNCONSTITUTIONAL),
    ("28 U. S. C. § 1331 is all. We conclude the statute exceeds Congress' power.", K.HELD_UNCONSTITUTIONAL),
    ("We hold that 28 U. S. C. § 1331 is consistent with the constitutional guarantee.", K.UPHELD),
    ("We strike down 28 U. S. C. § 1331.", K.HELD_UNCONSTITUTIONAL),
    ("28 U. S. C. § 1331 therefore cannot be sustained if Miranda is to remain the law.", K.HELD_UNCONSTITUTIONAL),
    ("We sever 28 U. S. C. § 1331.", K.SEVERED),
    ("We hold that 28 U. S. C. § 1331 is pre-empted.", K.PREEMPTED),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "kind"), LAWS)
def test_statutes(sentence: str, kind: TreatmentKind) -> None:
    found = [one for one in law.said(sentence, lead="") if one.cited == law.SECTION_ID]
    assert [(one.kind, one.counts) for one in found] == [(kind, True)]


NO_LAWS = [
    "The Court of Appeals held that 28 U. S. C. § 1331 is unconstitutional.",
    "He moved to dismiss on the ground that 28 U. S. C. § 1331 is unconstitutional on its face.",
    "We do not hold that 28 U. S. C. § 1331 is unconstitutional.",
    "Respondents argue that 28 U. S. C. § 1331 is overbroad and unconstitutional.",
    "We need not decide whether 28 U. S. C. § 1331 is overbroad and in violation of the First Amendment.",
    "We need not decide whether 28 U. S. C. § 1331 is unconstitutional.",
    "Petitioner contends that 28 U. S. C. § 1331 is void for vagueness.",
    "Any reading under which 28 U. S. C. § 1331 is unconstitutional must be avoided.",
    "We hold that the court below erred in holding that 28 U. S. C. § 1331 is unconstitutional.",
    "Assuming 28 U. S. C. § 1331 is unconstitutional, the case is moot.",
    "We conclude that 28 U. S. C. § 1331 is neither void nor unconstitutional.",
    "28 U. S. C. § 1331 is unconstitutional, respondent says.",
]


@pytest.mark.parametrize("sentence", NO_LAWS)
def test_statutes_left_alone(sentence: str) -> None:
    assert not [one for one in law.said(sentence, lead="") if one.is_negative]


def test_a_holding_applies_the_provision_it_is_about() -> None:
    found = law.said(
        "A district court has jurisdiction of a federal question. 28 U. S. C. § 1331. "
        "We hold that a debt arises under federal law when a federal act creates it.",
        lead="",
    )
    assert [(one.kind, one.cited) for one in found] == [(K.APPLIES, law.SECTION_ID)]


def test_other_kinds_of_document_treat_nothing() -> None:
    document = Document(
        "us:usc:28:1331", DocumentKind.STATUTE, "us", "x", "28 U.S.C. § 1331", "Allgood is overruled.", "u"
    )
    assert find_treatments(document, [], law.tables()) == []


def test_json_round_trip() -> None:
    for one in law.said("We overrule Allgood to the extent that it binds an heir."):
        assert treatment_from_json(one.to_json()) == one


def test_a_provision_cited_in_passing_is_not_what_is_held() -> None:
    about = "The claim rests on 28 U. S. C. § 1332. " * 9
    passing = "Unions may consolidate suits, see 28 U. S. C. § 1331. We hold that objectors need not exhaust a remedy."
    assert not [one for one in law.read(law.opinion(("majority", about + "x " * 700 + passing)))]
    own = "The claim rests on 28 U. S. C. § 1331. We hold that objectors need not exhaust a remedy."
    assert [one.kind for one in law.read(law.opinion(("majority", own)))] == [K.APPLIES]
