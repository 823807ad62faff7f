"""Names and terms of topics without a language model: what its documents say and its siblings do not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexing.topics.phrases import (
    Reading,
    Stems,
    Usage,
    has_participle,
    is_empty,
    is_hollow,
    occurs,
    read,
    runs,
    singular,
    subjects_of,
)

# Links that often join two things by chance rather than name one.
_LOOSE = frozenset({"in", "to", "by", "with", "or", "on", "within", "under", "against", "from"})
_HEADING_WORDS = 7
_WHOLE_HEADING = 1.5  # what a legislature or an editor wrote above a whole section names it best
_MOST_UNKNOWN = 0.5  # share of the words of a whole heading that may be no terms of the topic
_DONE = frozenset("prohibited required authorized permitted allowed unlawful established".split())  # of a heading's end
_MANY, _HELD_BY = 40, 0.2  # documents read, and the share of them that should hold the words of their name
_ALONE = 0.6  # a word alone says less than a phrase, unless a whole heading consists of it
_HEADED = 1.5
_SECOND = 0.65  # of the first phrase's score, that a second one needs
_SECOND_TO_A_WORD = 0.45  # the same behind a first phrase of one word, which says little
_MORE = 0.2  # of the documents, that a second phrase must take in
_WHOLE = 0.6  # a run that goes on with one and the same word in this share of its documents is not whole


@dataclass(frozen=True, slots=True)
class LabelConfig:
    """terms: how many to list. documents: typical documents read for phrases, of a topic and its siblings.

    above, taken: where a tree is grown as a branch of another one, the label of the node that it hangs on, and those
    that are given elsewhere in that other one.
    """

    terms: int = 10
    documents: int = 60
    above: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


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


@dataclass(slots=True)
class _Group:
    """What the typical documents of one topic say; every count is of documents, keys are stems of subject words."""

    size: int = 0
    runs: Counter[tuple[str, ...]] = field(default_factory=Counter)  # as written, links included
    alike: Counter[Stems] = field(default_factory=Counter)  # the same, singular and plural as one
    phrases: Counter[Stems] = field(default_factory=Counter)
    headings: Counter[tuple[str, ...]] = field(default_factory=Counter)  # whole pieces, as written
    words: list[frozenset[str]] = field(default_factory=list)
    heading_words: list[frozenset[str]] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)

    def add(self, reading: Reading, allowed: Set[str]) -> None:
        """Count one document; `allowed` are the stems of which phrases are made."""
        self.size += 1
        self.readings.append(reading)
        found = set(runs(reading.words, allowed))
        pieces = {_named_by(tuple(word.lower() for word in piece)) for piece in reading.heading}
        for piece in pieces:
            found.update(runs(piece, allowed))
        self.runs.update(found)
        self.alike.update({_key(run) for run in found})
        self.phrases.update({subjects_of(run) for run in found})
        self.headings.update(pieces)
        heading = frozenset(stem for piece in pieces for stem in subjects_of(piece))
        self.heading_words.append(heading)
        self.words.append(heading | frozenset(singular(word.lower()) for word in reading.words))

    def holding(self, stems: frozenset[str]) -> float:
        """The share of documents that hold all of some words, wherever."""
        return sum(stems <= words for words in self.words) / max(self.size, 1)

    def nearly(self, stems: frozenset[str]) -> float:
        """How much of some words the documents hold, 0..1; one that holds half of them counts a quarter."""
        return sum((len(stems & words) / len(stems)) ** 2 for words in self.words) / max(self.size, 1)

    def heading_share(self, stems: frozenset[str]) -> float:
        """The share of documents whose heading holds all of some words."""
        return sum(stems <= words for words in self.heading_words) / max(self.size, 1)


@dataclass(frozen=True, slots=True)
class _Candidate:
    words: tuple[str, ...]
    stems: frozenset[str]
    score: float


def label_topics(
    texts: Sequence[Sequence[str]],
    weights: Sequence[Sequence[tuple[str, float]]],
    reserved: Sequence[str] = (),
    taken: Sequence[str] = (),
) -> list[str]:
    """One readable label for each of a set of sibling topics, no two alike.

    texts: typical documents of each topic, best first; a short first line is a heading, and headings name subjects
    best. weights: each topic's terms, best first. A phrase scores by the share of the topic's documents that use it,
    in their headings above all, by how much rarer it is among the siblings, and by how much of the topic's weight its
    words carry. reserved: labels whose words a label may not merely repeat (the parent's). taken: labels that were
    given elsewhere and are not given again.
    """
    groups, usage = [], Usage()
    importance = [_importance(own) for own in weights]
    readings = [[read(text) for text in documents] for documents in texts]
    # A word that all siblings share is no term of theirs, but may stand in the name of one: "adverse possession".
    headed = {stem for own in readings for reading in own for piece in reading.heading for stem in subjects_of(piece)}
    allowed = frozenset(stem for own in importance for stem in own) | headed
    for own in readings:
        group = _Group()
        for reading in own:
            group.add(reading, allowed)
            usage.add(reading)
        groups.append(group)
    above = [frozenset(subjects_of(label.replace(";", " ").replace(",", " ").split())) for label in reserved]
    labels: list[str] = []
    for number, group in enumerate(groups):
        others = [other for place, other in enumerate(groups) if place != number]
        ranked = _ranked(group, others, usage, importance[number], above)
        given = {label.casefold() for label in (*labels, *reserved, *taken)}
        labels.append(_chosen(ranked, group, usage, weights[number], given))
    return labels


def _importance(terms: Sequence[tuple[str, float]]) -> dict[str, float]:
    """The largest weight of any listed term that holds the word, relative to the topic's first, as a square root."""
    top = max((weight for _, weight in terms), default=0.0)
    result: dict[str, float] = {}
    for term, weight in terms:
        for word in stem_key(term):
            result[word] = max(result.get(word, 0.0), math.sqrt(weight / top) if top > 0 else 0.0)
    return result


def _ranked(
    group: _Group,
    others: Sequence[_Group],
    usage: Usage,
    importance: Mapping[str, float],
    above: Sequence[frozenset[str]],
) -> list[_Candidate]:
    """The phrases that may name a topic, best first, one for each set of words."""
    longer = _longer(group)
    floor = 2 if group.size > 3 else 1
    best: dict[frozenset[str], _Candidate] = {}
    for words in group.runs.keys() | group.headings.keys():
        whole_heading, times = words in group.headings, group.alike[_key(words)]
        if times < floor and not whole_heading:
            continue
        if len(words) == 1 and not usage.headed[words[0]] and any(one.heading for one in group.readings):
            continue  # a word alone names a subject only where somebody made a heading of it
        if not _well_formed(words, usage, whole_heading) or longer.get(_key(words), 0) > _WHOLE * times:
            continue
        keys = subjects_of(words)
        stems = frozenset(keys)
        if not keys or any(stems <= parent or (parent and parent <= stems) for parent in above):
            continue
        score = _score(group, others, words, keys, importance)
        if score <= 0:
            continue
        score *= 0.6 ** sum(len(stems & parent) / len(stems) for parent in above)
        held = best.get(stems)
        if held is None or _rank(score, words, group) > _rank(held.score, held.words, group):
            best[stems] = _Candidate(words, stems, score)
    return sorted(best.values(), key=lambda one: (-one.score, one.words))


def _rank(score: float, words: tuple[str, ...], group: _Group) -> tuple[float, int, tuple[str, ...]]:
    """By score, then the form that is used most; a topic is about things of a kind, so that a plural is preferred."""
    plural = singular(words[-1]) != words[-1]
    return score, group.runs[words] * (4 if plural else 1), words


def _key(run: Sequence[str]) -> Stems:
    return tuple(singular(word) for word in run)


def _longer(group: _Group) -> dict[Stems, int]:
    """For each run, by its key, the most documents that hold it with one certain further subject word at an end."""
    result: dict[Stems, int] = {}
    for run, times in group.alike.items():
        for part in _shorter(run):
            if times > result.get(part, 0):
                result[part] = times
    return result


def _shorter(run: Stems) -> list[Stems]:
    """The run without its last and without its first word, where what is left is a run as well.

    "Deposit" is whole though it goes on "of a tenant"; "rules of criminal" is not, where "procedure" follows.
    """
    return [part for part in (run[:-1], run[1:]) if subjects_of(part[:1]) and subjects_of(part[-1:])]


def _named_by(heading: tuple[str, ...]) -> tuple[str, ...]:
    """A piece of a heading without what it says of its subject: "retaliatory conduct prohibited"."""
    return heading[:-1] if len(heading) > 2 and heading[-1] in _DONE else heading


def _well_formed(words: tuple[str, ...], usage: Usage, whole_heading: bool) -> bool:
    keys = subjects_of(words)
    if whole_heading and (len(keys) > 1 or len(words[0]) > 3):
        ends = subjects_of(words[:1]) and subjects_of(words[-1:])
        return bool(ends) and len(words) <= _HEADING_WORDS and not is_empty(words) and not is_hollow(words)
    if (
        not keys
        or is_empty(words)
        or is_hollow(words)
        or has_participle(words)
        or len(set(keys)) < len(keys)
        or len(words) > _HEADING_WORDS
    ):
        return False
    first, last = words[0], words[-1]
    if not subjects_of((first,)) or not subjects_of((last,)):
        return False
    if not usage.may_end(last) or not (whole_heading or usage.may_begin(first)):
        return False
    if len(words) == 1:
        return len(first) > 3
    # What stands before a link is a noun as well: "guilty of", "reviewed by" name nothing.
    return whole_heading or all(
        usage.may_end(words[place - 1]) for place in range(1, len(words)) if not subjects_of((words[place],))
        and subjects_of((words[place - 1],))
    )  # fmt: skip


def _score(
    group: _Group,
    others: Sequence[_Group],
    words: tuple[str, ...],
    keys: Stems,
    importance: Mapping[str, float],
) -> float:
    """How well a phrase names a topic, 0 or more; 0 where it names others as well, or holds what is no term."""
    carried = [importance.get(key, 0.0) for key in keys if not is_empty((key,))]
    whole = len(keys) > 1 and words in group.headings
    # A word that is no term of the topic at all is a name or filler, however often it is said.
    if not carried or sum(one <= 0 for one in carried) > (_MOST_UNKNOWN if whole else 0) * len(carried):
        return 0.0
    stems = frozenset(keys)
    share = group.phrases[keys] / group.size
    holding = _Group.nearly if whole else _Group.holding
    held, headed = holding(group, stems), group.heading_share(stems)
    contrast = 1.0
    if others:
        rest = sum(other.size for other in others)
        outside = sum(other.phrases[keys] for other in others) / max(rest, 1)
        loosely = sum(holding(other, stems) * other.size for other in others) / max(rest, 1)
        contrast = math.log((share + 0.02) / (outside + 0.02)) + 0.5 * math.log((held + 0.05) / (loosely + 0.05))
    if contrast <= 0:
        return 0.0
    subjects = len(keys)
    if whole:
        contrast *= _WHOLE_HEADING
    length = (_ALONE if words in group.headings else 0.35) if subjects == 1 else 1.0 + 0.12 * (min(subjects, 4) - 2)
    if _LOOSE & set(words):
        length *= 0.75
    if is_empty(words[-1:]):
        length *= 0.8
    cover = math.sqrt(0.6 * share + 0.4 * held)
    if group.size >= _MANY:  # what few of many documents say is a part's name, not the whole's
        cover *= min(1.0, held / _HELD_BY)
    return cover * contrast * (sum(carried) / len(carried)) * (1.0 + _HEADED * math.sqrt(headed)) * length


def _chosen(
    ranked: Sequence[_Candidate],
    group: _Group,
    usage: Usage,
    terms: Sequence[tuple[str, float]],
    given: set[str],
) -> str:
    """The best phrase; with a second one where the first leaves most documents out and the second takes many in."""
    first = next((one for one in ranked if _sentence(one.words).casefold() not in given), None)
    if first is None:
        return _fallback(terms, given)
    alone = _sentence(_written(first.words, group, usage))
    covered = [first.stems <= words for words in group.words]
    bare = len(first.words) == 1
    if (sum(covered) >= 0.5 * group.size and not bare) or len(first.words) > 4:
        return alone
    for other in ranked:
        if other.score < (_SECOND_TO_A_WORD if bare else _SECOND) * first.score:
            break
        more = sum(other.stems <= words and not had for words, had in zip(group.words, covered, strict=True))
        if _akin(first.stems, other.stems) or len(other.words) > 4 or more < (0.0 if bare else _MORE) * group.size:
            continue
        joint = " and " if not {"and", "or"} & {*first.words, *other.words} else "; "
        both = alone + joint + " ".join(_written(other.words, group, usage))
        if both.casefold() not in given:
            return both
    return alone


def _akin(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two phrases share a word or the root of one: "arbitration" and "arbitrators" say the same."""
    return bool({stem[:6] for stem in one} & {stem[:6] for stem in other})


def _fallback(terms: Sequence[tuple[str, float]], given: set[str]) -> str:
    words = ", ".join(term for term, _ in terms[:3]) or "other"
    words = words[:1].upper() + words[1:]
    number, label = 2, words
    while label.casefold() in given:
        label, number = f"{words} ({number})", number + 1
    return label


def _written(words: tuple[str, ...], group: _Group, usage: Usage) -> tuple[str, ...]:
    """A phrase with the capitals that the texts give it, or its single words where none holds it whole."""
    forms = Counter(form for reading in group.readings for form in occurs(reading.words, words))
    plain = tuple(usage.written(word) for word in words)
    if not forms or forms[words] > 0.2 * forms.total():
        return plain
    usual = min(forms, key=lambda form: (-forms[form], form))
    # A heading within a text has capitals throughout; a name has them wherever it stands, and so has a word of it.
    throughout = all(form[0].isupper() for word, form in zip(words, usual, strict=True) if subjects_of((word,)))
    if throughout and any(usage.written(word, 0.5) != word for word in words):
        return usual
    return plain


def _sentence(words: Sequence[str]) -> str:
    text = " ".join(words)
    return text[:1].upper() + text[1:]
