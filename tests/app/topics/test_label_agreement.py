"""Labels held against chapter headings: what must agree does, what cannot does not, and one topic counted by hand."""

from __future__ import annotations

from dataclasses import replace

from app.evaluation.topics import label_agreement
from app.retrieval.corpus import Corpus
from app.wiring import Snapshot
from indexing.topics.phrases import content_stems


def relabelled(corpus: Corpus, labels: dict[str, str]) -> Corpus:
    return replace(corpus, topics={name: replace(row, label=labels[name]) for name, row in corpus.topics.items()})


def chapters(corpus: Corpus, topic: str, size: int) -> list[str]:
    """The chapters that a topic's heaviest documents stand in, as their pages name them; else the level next above."""
    found = []
    for name, _ in corpus.catalogue.topic_members(topic, size):
        levels = corpus.catalogue.version(name).document.hierarchy
        named = [level.label for level in levels if level.kind == "chapter"]
        found += named[:1] or [
            level.label for level in levels if level.kind not in ("section", "title", "court", "year")
        ]
    return found


def test_a_label_of_all_its_chapters_agrees_and_one_of_no_word_of_theirs_does_not(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    every = {name: " ".join(chapters(corpus, name, max(row.size, 1))) for name, row in corpus.topics.items()}
    told = label_agreement(relabelled(corpus, every))
    assert told["labels_asked"] > 3 and told["labels_agree"] == 1.0
    nothing = label_agreement(relabelled(corpus, {name: f"Zymurgy {name}" for name in corpus.topics}))
    assert nothing["labels_agree"] == nothing["labels_agree_with_those_above"] == nothing["labels_agree_by_chance"] == 0
    assert nothing["labels_asked"] == told["labels_asked"]


def test_one_topic_changes_the_share_by_as_much_as_it_is(snapshot: Snapshot) -> None:
    corpus = snapshot.corpus
    none = {name: f"Zymurgy {name}" for name in corpus.topics}
    for row in corpus.topics.values():
        held = chapters(corpus, row.id, max(row.size, 1))
        if row.parent is None or len(held) < max(3, 0.8 * row.size):
            continue
        words = [content_stems(label) for label in held]
        common = next(
            (w for w in sorted(frozenset.union(*words)) if 2 * sum(w in one for one in words) > len(held)), ""
        )
        rare = next((w for w in sorted(frozenset.union(*words)) if 2 * sum(w in one for one in words) <= len(held)), "")
        if common and rare:
            told = label_agreement(relabelled(corpus, none | {row.id: common}))
            assert told["labels_agree"] == round(1 / told["labels_asked"], 4)
            assert label_agreement(relabelled(corpus, none | {row.id: rare}))["labels_agree"] == 0
            return
    raise AssertionError("the sample has no topic with a common and a rare word in its chapters' headings")


def test_words_of_headings_fall_together_with_their_forms() -> None:
    assert content_stems("Chapter 5 - Trustees and Filings of the Court") == content_stems("trustee filing")
    assert content_stems("Title 12, Part II") == frozenset()
