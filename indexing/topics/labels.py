"""Names and terms of topics without a language model: what its documents say and its siblings do not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexing.topics.stopwords import STOP_WORDS
from indexing.topics.vectorize import operative, strip_citations

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*|[^\w\s]|\d+")
# Words that may stand inside a phrase, never at its ends: "discharge of debts", "appeal from orders".
_LINKS = frozenset({"of", "for", "from", "in", "to", "by", "and", "with", "or", "against"})
# Links that often join two things by chance rather than name one.
_LOOSE = _LINKS - {"of", "for"}
_LONGEST = 3
_MAX_TOKENS = 4000


@dataclass(frozen=True, slots=True)
class LabelConfig:
    """terms: how many to list. documents: typical documents read for phrases, of a topic and its siblings."""

    terms: int = 10
    documents: int = 60


def singular(word: str) -> str:
    """A rough key under which a word and its plural fall together; not a word to show."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def stem_key(term: str) -> tuple[str, ...]:
    """The keys of a term's words."""
    return tuple(singular(word) for word in term.split())


def best_terms(
    weights: NDArray[np.float32], siblings: NDArray[np.float32], terms: Sequence[str], limit: int
) -> tuple[tuple[str, float], ...]:
    """The terms of one topic that are strong in it and stronger than in its siblings, best first.

    weights: (m,) of this topic; siblings: (s, m) of the others, s may be 0. A plural beside its singular, or
    a word that a listed phrase already shows, is passed over. The weights are the topic's own, 0 or more.
    """
    own = weights.astype(np.float64)
    rest = siblings.astype(np.float64).max(axis=0) if siblings.shape[0] else np.zeros_like(own)
    total = own + rest
    scores = own * np.divide(own, total, out=np.zeros_like(own), where=total > 0)
    chosen: list[tuple[str, float]] = []
    seen: set[str] = set()
    for index in np.argsort(-scores, kind="stable"):
        if scores[index] <= 0 or len(chosen) == limit:
            break
        key = set(stem_key(terms[index]))
        if key <= seen:
            continue
        seen |= key
        chosen.append((terms[index], float(own[index])))
    return tuple(chosen)


def phrases_of(text: str) -> set[str]:
    """Noun-like phrases of a text, lower case: two or three subject words, with small words only inside."""
    found: set[str] = set()
    tokens = [token.lower() for token in _WORD.findall(strip_citations(operative(text)))[:_MAX_TOKENS]]
    for begin, token in enumerate(tokens):
        if not _is_subject(token):
            continue
        subjects, links = 1, 0
        for end in range(begin + 1, min(begin + 6, len(tokens))):
            if _is_subject(tokens[end]):
                subjects, links = subjects + 1, 0
                found.add(" ".join(tokens[begin : end + 1]))
                if subjects == _LONGEST:
                    break
            elif tokens[end] in _LINKS or (tokens[end] == "the" and links == 1):
                links += 1
                if links > 2:
                    break
            else:
                break
    return found


def _is_subject(token: str) -> bool:
    return len(token) > 2 and token not in STOP_WORDS and token[0].isalpha() and token not in _LINKS


def label_topics(
    texts: Sequence[Sequence[str]], weights: Sequence[Sequence[tuple[str, float]]], reserved: Sequence[str] = ()
) -> list[str]:
    """One readable label for each of a set of sibling topics, no two alike.

    texts: typical documents of each topic. weights: each topic's terms, best first. A phrase scores by the
    share of the topic's documents that use it, by how much rarer it is among the siblings, and by how much of
    the topic's own terms its words carry. reserved: labels that must not be given again (the parent's).
    """
    counts = [Counter(phrase for text in group for phrase in phrases_of(text)) for group in texts]
    sizes = [max(len(group), 1) for group in texts]
    labels: list[str] = []
    for number, own in enumerate(counts):
        importance = _importance(weights[number])
        ranked: list[tuple[float, str]] = []
        floor = 2 if sizes[number] > 3 else 1
        for phrase, times in own.items():
            if times < floor:
                continue
            share = times / sizes[number]
            others = sum(counts[other][phrase] for other in range(len(counts)) if other != number)
            outside = others / max(sum(sizes) - sizes[number], 1)
            contrast = np.log((share + 0.01) / (outside + 0.01)) if len(counts) > 1 else 1.0
            words = [word for word in phrase.split() if word not in _LINKS and word != "the"]
            carried = [importance.get(singular(word), 0.0) for word in words]
            # A word that is no term of the topic at all is a name or filler, however often it is said.
            if contrast <= 0 or min(carried) <= 0:
                continue
            length = 1.0 + 0.25 * (len(words) - 2)
            if _LOOSE & set(phrase.split()):
                length *= 0.8
            ranked.append((float(np.sqrt(share) * contrast * np.mean(carried) * length), phrase))
        ranked.sort(key=lambda item: (-item[0], item[1]))
        labels.append(_choose(ranked, weights[number], {*labels, *reserved}))
    return labels


def _importance(terms: Sequence[tuple[str, float]]) -> dict[str, float]:
    """The largest weight of any listed term that holds the word, relative to the topic's first."""
    top = max((weight for _, weight in terms), default=0.0)
    result: dict[str, float] = {}
    for term, weight in terms:
        for word in stem_key(term):
            result[word] = max(result.get(word, 0.0), weight / top if top > 0 else 0.0)
    return result


def _choose(ranked: Sequence[tuple[float, str]], terms: Sequence[tuple[str, float]], taken: set[str]) -> str:
    """The best phrase, with a second one that says something else where it is nearly as good."""
    first = next((phrase for _, phrase in ranked if phrase not in taken), None)
    if first is None:
        words = ", ".join(term for term, _ in terms[:3]) or "other"
        return words if words not in taken else f"{words} ({len(taken)})"
    best = next(score for score, phrase in ranked if phrase == first)
    used = set(stem_key(first))
    for score, phrase in ranked:
        if score < 0.4 * best:
            break
        both = f"{first}, {phrase}"
        if not used & (set(stem_key(phrase)) - _LINKS) and both not in taken:
            return both
    return first
