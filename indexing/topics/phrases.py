"""Noun phrases of legal texts without a tagger: which runs of words can stand alone as the name of a subject.

Whether a word may end or begin a phrase is read off the texts themselves: a noun is followed by a small word or a
stop ("the petition of", "a petition."), an adjective by its noun ("criminal procedure"), and a verb stands behind
"shall", "to" or "is". A run that nearly always goes on with the same word is not whole ("rules of criminal").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

from indexing.topics.vectorize import operative, strip_citations

Stems = tuple[str, ...]

_TOKEN = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*|[^\w\s]|\d[\w,.]*|\n+")
_CASE = re.compile(r"\bv\.?\s|^(?:in re|ex parte|matter of|estate of)\b|\s(?:in re|ex parte)\b", re.IGNORECASE)
_MOST_TOKENS = 700
_LONGEST_HEADING = 160
LONGEST = 5  # words of a phrase, links included
_MOST_SUBJECTS = 4

LINKS = frozenset("of for from in to by and with or against on within under".split())
_ARTICLES = frozenset("the a an".split())
_DETERMINERS = _ARTICLES | frozenset("any such this these those his her its their each every no all himself".split())
_VERBAL = frozenset(
    "to be is are was were been being am shall may must not can could would should will has have had did do does "
    "who which that he she it they we you so if than when".split()
)
_SMALL = (
    LINKS
    | _ARTICLES
    | _VERBAL
    | frozenset(
        "this these those such any each every either neither no all both some other another his her its their our my "
        "your him them us me whose whom what where while until unless upon at as but nor also only then there here "
        "before after during between among through without into out up down over above below because since whether "
        "per via more most less least very too same own one two three four five six seven eight nine ten first second "
        "third said thereof therein thereto thereby therefor hereof herein hereby whereof wherever whenever however "
        "although though yet pursuant except including i ii iii iv v vi vii viii ix x xi xii et al seq".split()
    )
)
# Nouns of drafting: they may stand in a phrase but never are one, nor end one.
_EMPTY = frozenset(
    "section sections subsection subsections paragraph paragraphs chapter chapters title titles part parts subchapter "
    "clause code act acts provision provisions purpose purposes case cases person persons manner way time times day "
    "days year years thing things matter matters number date term terms definition definitions rule rules "
    "application effect scope respect regard general meaning accordance addition example place extent period amount "
    "applicability limitation limitations exception exceptions requirement requirements proceedings procedure "
    "construction penalty penalties regulations authority generally behalf basis fact facts reason reasons question "
    "use case-law opinion court courts judge judges justice justices petitioner respondent holding judgment law laws "
    "state states government circuit district united america american certain applicable party parties order orders "
    "defendant plaintiff appellant appellee dissent majority argument view issue point kind type result federal "
    "supreme local action actions proceeding trial appellate superior class classes whole one".split()
)
# These divide a text of law and never name what it is about.
_DIVISIONS = frozenset(
    "section sections subsection subsections paragraph paragraphs subparagraph subparagraphs clause clauses chapter "
    "chapters subchapter subchapters sentence-clause".split()
)
# "date of the filing", "part of a claim": the subject, if any, is what follows.
_HOLLOW = frozenset(
    "basis date part parts case cases number amount purpose purposes manner extent place day days meaning accordance "
    "behalf copy copies kind type term respect event commission time end course result means lack matter matters "
    "year years month months week weeks hour hours".split()  # "20-year mandatory minimum" has lost its number
)
# "school days", "felony of class": what ends so names a measure, no subject.
_MEASURES = frozenset(
    "class classes case cases number numbers amount purpose purposes manner extent place day days date dates time "
    "times year years month months kind kinds type types meaning respect accordance behalf basis part parts whole "
    "way ways fact facts reason reasons thing things matter matters".split()
)
_LY_NOUNS = frozenset("family monopoly assembly supply reply anomaly ally".split())
_ED_NOUNS = frozenset("seed deed need feed weed proceed creed breed misdeed".split())
# Kinds of words that end no phrase, told by their ends; a noun of that form is rare in law.
_NOT_LAST = re.compile(r"(?:able|ible|ous|ful|less|ive|ary|ic|ical|ern)$")
_NEVER_LAST = frozenset("valid void null liable guilty able unable subject due equal same such other alike".split())
# Done things that do not end in -ed.
_PARTICIPLES = frozenset(
    "meant held upheld made given taken found brought sold known shown left lost kept drawn built bought sent said "
    "done seen heard met begun withdrawn withheld undertaken".split()
)
_LAST_AFTER_ALL = frozenset(
    "executive objective initiative detective representative directive incentive motive narrative native archive "
    "table vegetable constable library notary dignitary judiciary fiduciary beneficiary secretary salary "
    "military treasury boundary penitentiary subsidiary luxury contrary traffic public music arctic "
    "concern pattern intern logic topic clinic fabric republic alternative perspective relative".split()
)


def singular(word: str) -> str:
    """A rough key under which a word and its plural fall together; not a word to show."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def subjects_of(words: Iterable[str]) -> Stems:
    """The keys of the words that carry meaning, in order; links, articles and the like are left out."""
    return tuple(singular(word.lower()) for word in words if word.lower() not in _SMALL)


@dataclass(frozen=True, slots=True)
class Reading:
    """One text: its heading's pieces and its words as written; "." stands for whatever no phrase crosses."""

    heading: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]


def read(text: str) -> Reading:
    """Split a text into its heading, which is a short first line that names no case, and its words."""
    first, separator, rest = text.partition("\n")
    named = bool(separator and rest.strip()) and len(first) <= _LONGEST_HEADING
    if not named:
        return Reading((), _words(text))
    pieces: tuple[tuple[str, ...], ...] = ()
    if not _CASE.search(first):
        parts = re.split(r"[;:.—–()\[\]]", first)
        # "False, fictitious or fraudulent claims": one word before a comma belongs to what follows, and is no heading
        pieces = tuple(
            words
            for part in parts
            for piece in part.split(",")
            if len(words := tuple(word for word in _words(piece) if word != ".")) > 1 or piece == part
        )
    return Reading(tuple(piece for piece in pieces if piece), _words(rest))


def _words(text: str) -> tuple[str, ...]:
    tokens = _TOKEN.findall(strip_citations(operative(text[: _MOST_TOKENS * 8])))[:_MOST_TOKENS]
    return tuple(token.replace("’", "'") if token[0].isalpha() else "." for token in tokens)


def _content(word: str) -> bool:
    return len(word) > 2 and word.isascii() and word[0].isalpha() and word not in _SMALL


@dataclass(slots=True)
class Usage:
    """How words are used in some texts: how often each ends a run of words, stands as a verb, and is capitalised."""

    seen: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    verbs: Counter[str] = field(default_factory=Counter)
    inside: Counter[str] = field(default_factory=Counter)  # not at the begin of a sentence
    capitals: Counter[str] = field(default_factory=Counter)
    headed: Counter[str] = field(default_factory=Counter)  # ends a piece of a heading
    takes: Counter[str] = field(default_factory=Counter)  # followed by an article or the like, as verbs are

    def add(self, reading: Reading) -> None:
        """Count the words of one text."""
        for piece in reading.heading:
            self.headed[piece[-1].lower()] += 1
        before, before_that = ".", "."
        lower = [word.lower() for word in reading.words]
        for place, word in enumerate(lower):
            if _content(word):
                following = lower[place + 1] if place + 1 < len(lower) else "."
                self.seen[word] += 1
                self.ends[word] += not _content(following)
                self.takes[word] += following in _DETERMINERS
                self.verbs[word] += before in _VERBAL or before.endswith("ly") or before_that == "to" == before
                if before != ".":
                    self.inside[word] += 1
                    self.capitals[word] += reading.words[place][0].isupper()
            before_that, before = before, word

    def may_end(self, word: str) -> bool:
        """Whether a word can be the noun that a phrase is about."""
        if not _content(word) or _bad_end(word):
            return False
        times = self.seen[word]
        if times == 0:
            return bool(self.headed[word])
        if self.takes[word] > 0.25 * times or self._is_verb_in_s(word):
            return False
        if word.endswith("ing") and not self.headed[word]:
            return self.ends[word] > 0.5 * times and self.verbs[word] < 0.15 * times
        return self.ends[word] >= 0.3 * times and self.verbs[word] <= 0.35 * times

    def _is_verb_in_s(self, word: str) -> bool:
        """Whether a word looks like the "files" of "may file": its bare form stands where verbs do."""
        base = word[:-1] if word.endswith("s") and not word.endswith("ss") else ""
        return bool(base) and not self.headed[word] and self.verbs[base] > 0.4 * max(self.seen[base], 1)

    def may_begin(self, word: str) -> bool:
        """Whether a phrase can begin with a word: no verb."""
        times = max(self.seen[word], 1)
        if not _content(word) or word.endswith("ly") or self._is_verb_in_s(word):
            return False
        return self.verbs[word] <= 0.5 * times and self.takes[word] <= 0.35 * times

    def written(self, word: str, share: float = 0.8) -> str:
        """A word with a capital where the texts give it one so often within their sentences."""
        proper = self.inside[word] > 0 and self.capitals[word] >= share * self.inside[word]
        return word[:1].upper() + word[1:] if proper else word


def _bad_end(word: str) -> bool:
    if word in _NEVER_LAST or word in _PARTICIPLES:
        return True
    if word.endswith("ly"):
        return word not in _LY_NOUNS
    if word.endswith("ed"):
        return word not in _ED_NOUNS
    return _NOT_LAST.search(word) is not None and word not in _LAST_AFTER_ALL


def is_empty(words: Sequence[str]) -> bool:
    """Whether all subject words of a phrase are nouns of drafting, which name no subject."""
    return all(word in _EMPTY or not _content(word) for word in words)


def has_participle(words: Sequence[str]) -> bool:
    """Whether a word behind the first looks like what was done: "court granted judgment", "property transferred"."""
    return any(
        word in _PARTICIPLES or (word.endswith("ed") and "-" not in word and word not in _ED_NOUNS)
        for word in words[1:]
    )


def is_hollow(words: Sequence[str]) -> bool:
    """Whether a phrase only leads to its subject ("part of a claim"), ends in a measure, or names a division."""
    if len(words) > 1 and (words[0] in _HOLLOW or words[-1] in _MEASURES):
        return True
    return any(word in _DIVISIONS for word in words)


def runs(words: Sequence[str], allowed: Set[str] | None = None) -> Iterable[tuple[str, ...]]:
    """All runs of up to `LONGEST` words that begin and end with a subject word, in lower case.

    Links stand only inside, articles only behind a link. allowed: stems of the subject words that may take part,
    besides the nouns of drafting; any other ends a run. None: all.
    """
    lower = [word.lower() for word in words]
    usable = [_content(word) and (allowed is None or word in _EMPTY or singular(word) in allowed) for word in lower]
    for begin, word in enumerate(lower):
        if not usable[begin]:
            continue
        yield (word,)
        subjects = 1
        for end in range(begin + 1, min(begin + LONGEST + 1, len(lower))):
            here = lower[end]
            if usable[end]:
                subjects += 1
                if subjects > _MOST_SUBJECTS:
                    break
                yield tuple(lower[begin : end + 1])
            elif here in _ARTICLES:
                if lower[end - 1] not in LINKS:
                    break
            elif here not in LINKS or lower[end - 1] in LINKS:
                break


def occurs(words: Sequence[str], run: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """The forms in which a run, lower case, stands in some words, capitals as written."""
    size = len(run)
    for begin in range(len(words) - size + 1):
        if words[begin].lower() == run[0]:
            form = tuple(words[begin : begin + size])
            if tuple(word.lower() for word in form) == run:
                yield form


def content_stems(text: str) -> frozenset[str]:
    """The stems of the words of a short text that name a subject: no small words, no nouns of drafting, no numbers."""
    words = [word.lower() for word in _TOKEN.findall(text) if word[0].isalpha()]
    return frozenset(_stem(word) for word in words if _content(word) and word not in _EMPTY)


def _stem(word: str) -> str:
    """A rougher key than `singular`: "trustees" and "trustee", "filing" and "filed" fall together."""
    word = singular(word)
    for end in ("ing", "ed", "e"):
        if word.endswith(end) and len(word) - len(end) >= 4:
            return word[: -len(end)]
    return word
