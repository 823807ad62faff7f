"""The learned ranker: its arithmetic against slow references, its examples against what they must not tell."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from app.jobs.ranker import write_ranking
from app.retrieval import training
from app.retrieval.corpus import Corpus
from app.retrieval.fusion import fuse, strongest
from app.retrieval.hybrid import WEIGHTS, HybridSearch
from app.retrieval.leaning import Leaning, learn_leaning
from app.retrieval.query import parse_query
from app.retrieval.ranking import FOLDER, Weights
from app.retrieval.training import LEARNED, by_chance, examples, held_out, learn, minimise, ranked
from app.wiring import Services, Snapshot
from indexing.generation import Generation
from indexing.text import tokens
from scraper.errors import GenerationDamaged

QUERIES = ["return of a security deposit", "may a school expel a pupil who carries a knife", "State v. Moreno"]


@pytest.fixture(scope="module")
def corpus(snapshot: Snapshot, services: Services, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The sample's generation with a ranking; its few citations are too few to learn from."""
    folder = tmp_path_factory.mktemp("ranked") / snapshot.corpus.generation.id
    shutil.copytree(snapshot.corpus.generation.folder, folder)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    old = snapshot.corpus
    documents = [old.catalogue.version(entry.id).document.with_id(entry.id) for entry in old.entries]
    gists = np.zeros((len(documents), old.vectors.dimension), np.float32)
    for passage in old.passages:
        gists[old.rows[passage.document_id]] += old.vectors.vector(passage.id)
    gists /= np.maximum(np.linalg.norm(gists, axis=1, keepdims=True), 1e-9)
    told = write_ranking(folder, documents, old.passages, gists, services.embedder)
    assert told["used"] is False
    return _open(folder)


def _open(folder: Path) -> Corpus:
    return Corpus.load(Generation(folder.name, folder, datetime.now(UTC), "", {}))


@pytest.fixture
def learned(corpus: Corpus, services: Services, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """Weights learned all the same: the sample is small, not wrong."""
    monkeypatch.setattr(training, "LEAST_HELD_BACK", 5)
    found = learn(corpus, services.embedder, 200)
    assert found is not None
    return found


def test_the_strongest_of_each_group_are_summed() -> None:
    rng = np.random.default_rng(3)
    values, groups = rng.random(200).astype(np.float32) * (rng.random(200) < 0.8), rng.integers(0, 20, 200)
    slow = [sum(sorted(values[groups == group], reverse=True)[:3]) for group in range(22)]
    assert strongest(values.astype(np.float32), groups.astype(np.int64), 22, 3) == pytest.approx(slow, abs=1e-5)
    assert not strongest(np.zeros(3, np.float32), np.zeros(3, np.int64), 2, 3).any()


def test_no_weights_near_the_learned_ones_do_better() -> None:
    rng = np.random.default_rng(5)
    blocks = [rng.random((8, 4)) for _ in range(60)]
    shares = [np.eye(8)[int(np.argmax(block @ [2.0, 0.5, 0.0, -1.0] + rng.normal(0, 0.1, 8)))] for block in blocks]

    def loss(weights: Sequence[float]) -> float:
        total = 0.0
        for block, share in zip(blocks, shares, strict=True):
            chances = np.exp(block @ np.array(weights))
            total -= float(share @ np.log(chances / chances.sum()))
        return total / len(blocks) + training.PENALTY * sum(w * w for w in weights)

    found = minimise(blocks, shares)
    assert (found >= 0).all() and found[3] == 0  # what lowers a score may only be passed over
    best = loss(found.tolist())
    for place, step in itertools.product(range(4), (-0.05, 0.05)):
        moved = found.copy()
        moved[place] = max(0.0, moved[place] + step)
        assert loss(moved.tolist()) >= best - 1e-6


def test_chance_is_that_of_all_signs() -> None:
    differences = np.array([0.4, -0.1, 0.3, 0.2, -0.05, 0.1, 0.25, 0.0], dtype=np.float32)
    means = [float(np.mean(np.multiply(signs, differences))) for signs in itertools.product((-1, 1), repeat=8)]
    exact = sum(mean >= float(differences.mean()) - 1e-9 for mean in means) / len(means)
    assert by_chance(differences) == pytest.approx(exact, abs=0.02)
    assert by_chance(-differences) > 0.9


def test_a_leaning_is_that_of_another_logistic_regression() -> None:
    held = ["we held that the rule stands", "the court held so in that case", "we so held before", "held again by us"]
    said = ["the statute provides a remedy", "section provides so", "the act provides it", "it provides for a fine"]
    texts = [*held, *held, *said, *said]
    asked = [True] * 8 + [False] * 8
    found = learn_leaning(texts, asked)
    assert found.to_case("we held it") > 0.5 > found.to_case("the statute provides")
    assert found.to_case("zymurgy 12 345") == 0.5 == Leaning({}).to_case("we held it")
    known = sorted(found.weights)
    rows = [[(word in text.split()) / len({w for w in text.split() if len(w) > 1}) ** 0.5 for word in known]
            for text in texts]  # fmt: skip
    other = LogisticRegression(C=2.0, fit_intercept=False, tol=1e-8, max_iter=5000).fit(rows, asked)
    assert [found.weights[word] for word in known] == pytest.approx(other.coef_[0].tolist(), abs=5e-3)


def test_examples_tell_neither_citation_nor_name(corpus: Corpus) -> None:
    made = examples(corpus, 500)
    assert len(made) > 20
    for one in made:
        assert one.source not in one.answers and corpus.is_case[one.source]
        for row in one.answers:
            entry = corpus.entries[row]
            assert entry.citation not in one.text
            if entry.kind == "case":
                capitals = {t for word in one.text.split() if word[0].isupper() for t in tokens(word)}
                assert not capitals & set(tokens(entry.title))
    assert examples(corpus, 500) == made


def test_nothing_said_that_day_or_later_is_seen(corpus: Corpus, services: Services) -> None:
    one = max(examples(corpus, 500), key=lambda example: example.day)
    documents, anchors = held_out(corpus, one)
    assert not documents[one.source] and documents.sum() == len(corpus.entries) - 1
    for anchor, seen in zip(corpus.anchors, anchors, strict=True):
        day = corpus.entries[corpus.rows[anchor.document_id]].date or ""
        assert seen == (day < one.day)
    found = ranked(corpus, services.embedder, one)
    assert all(values[one.source] == 0 for values in found.signals.values())
    undated = {entry.row for entry in corpus.entries if not entry.date}  # provisions, which cite each other
    first = replace(one, day="0001-01-01")
    assert {int(row) for row in corpus.anchor_sources[held_out(corpus, first)[1]]} <= undated


def test_learned_weights_are_saved_read_and_refused_when_damaged(learned: Weights, tmp_path: Path) -> None:
    assert set(learned.cases) == set(learned.others) == set(LEARNED)
    assert min([*learned.cases.values(), *learned.others.values()]) >= 0
    path = tmp_path / "weights.json"
    learned.save(path)
    assert Weights.load(path) == learned
    value = json.loads(path.read_text())
    wrongs: list[object] = [{**value, "format": 99}, {**value, "cases": {"headed": -1}}, {"format": 1}, []]
    for wrong in wrongs:
        path.write_text(json.dumps(wrong))
        with pytest.raises(GenerationDamaged, match="build again"):
            Weights.load(path)


@pytest.mark.parametrize("query", QUERIES)
def test_shares_of_the_learned_ranker_sum_to_the_score(
    corpus: Corpus, services: Services, learned: Weights, query: str
) -> None:
    assert corpus.ranking is not None
    ranking = replace(corpus.ranking, weights=replace(learned, used=True))
    search = HybridSearch(replace(corpus, ranking=ranking), services.embedder, services.jurisdictions)
    result = search.search(parse_query(query), k=20)
    assert result.hits
    for hit in result.hits:
        assert sum(hit.signals.values()) == pytest.approx(hit.score, abs=1e-4)
        assert all(share > 0 for share in hit.signals.values())
        assert set(hit.signals) <= {*LEARNED, "name", "exact"}
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)
    assert [hit.entry.id for hit in search.search(parse_query(query), k=20).hits] == [h.entry.id for h in result.hits]


def test_a_ranker_that_did_not_win_is_not_used(corpus: Corpus, services: Services, learned: Weights) -> None:
    assert corpus.ranking is not None
    lost = replace(corpus, ranking=replace(corpus.ranking, weights=replace(learned, used=False)))
    assert HybridSearch(lost, services.embedder, services.jurisdictions).weights == WEIGHTS


def test_one_weight_for_each_document_is_as_good_as_one_for_all() -> None:
    signals = {"a": np.array([0.5, 1.0, 0.0], np.float32), "b": np.array([1.0, 0.0, 0.2], np.float32)}
    one, _ = fuse(signals, {"a": 2.0, "b": 0.5})
    each, shares = fuse(signals, {"a": np.full(3, 2.0, np.float32), "b": np.full(3, 0.5, np.float32)})
    assert one == pytest.approx(each) and sum(shares.values()) == pytest.approx(each)
