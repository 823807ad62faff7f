"""Real names of cases, typed as people type them, among all the names of the corpus."""

from __future__ import annotations

import gzip
import json
import random

import pytest

from app.retrieval.names import VERSUS, Names
from indexing.citations.keys import name_key
from tests.corpus.test_parse_corpus import CORPUS

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the real-law corpus is not on this machine"),
]
LEAST = 0.97  # of the names, found alone and right


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    """Every case of the corpus' manifest: its id and the key of its name, where it has two sides."""
    with gzip.open(CORPUS / "us-law-manifest.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = {row["id"]: name_key(row["title"] or "") for row in rows if row["kind"] == "case"}
    return {name: key for name, key in found.items() if VERSUS in key}


def _typed(key: str) -> str:
    one, _, other = key.partition(VERSUS)
    return f"{one} v. {other}".title()


def _slip(text: str, rng: random.Random) -> str:
    inner = [i for i in range(1, len(text) - 1) if text[i - 1 : i + 2].isalpha()]
    at = rng.choice(inner)
    return rng.choice((
        text[:at] + text[at + 1 :], text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        text[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + text[at + 1 :], text[:at] + text[at] + text[at:],
    ))  # fmt: skip


def test_a_slip_of_the_finger_is_forgiven(keys: dict[str, str]) -> None:
    names, rng = Names.of((key, name) for name, key in keys.items()), random.Random(5)
    right = 0
    for name, key in keys.items():
        near = names.near(typed := _slip(_typed(key), rng))
        right += name in (near.documents if near else names.documents.get(name_key(typed), ()))
    assert len(keys) > 400 and right / len(keys) >= LEAST


def test_a_name_cut_to_two_words_a_side_is_found_or_offered(keys: dict[str, str]) -> None:
    names = Names.of((key, name) for name, key in keys.items())
    alone = offered = 0
    for name, key in keys.items():
        one, _, other = key.partition(VERSUS)
        cut = f"{' '.join(one.split()[:2])} v. {' '.join(other.split()[:2])}"
        near = names.near(cut)
        held = near.documents if near else names.documents.get(name_key(cut), ())
        alone += name in held
        offered += name in held or bool(near and name in near.suggested)
    assert alone / len(keys) >= LEAST <= offered / len(keys)
