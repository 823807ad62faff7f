"""One analysis of text for BM25, topics, highlights and queries alike: fold, tokenise, stem."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import lru_cache

import Stemmer

# Words that carry no subject in legal English; "not", "no", "without" stay: they turn a rule round.
STOP_WORDS = frozenset(
    """
    a an and are as at be been being but by did do does for from had has have he her him his i if in into is it its
    me my of on or our she so such than that the their them then there these they this those to was we were what
    when where which while who whom whose will with would you your
    """.split()
)
_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:['’][^\W_]+)*", re.UNICODE)
_POSSESSIVE = re.compile(r"['’]s?$|['’]")
_local = threading.local()


def fold_quotes(text: str) -> str:
    """Return a text of the same length with typographic quotes, dashes and odd spaces made plain."""
    return text.translate(_PLAIN)


_PLAIN = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "\t": " ",
})  # fmt: skip


def token_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each indexed term with its code-point span in the text, stop words left out."""
    for match in _TOKEN.finditer(text):
        term = _term(match.group())
        if term:
            yield term, match.start(), match.end()


def tokens(text: str) -> list[str]:
    """Return the indexed terms of a text in order, stop words left out."""
    return [term for match in _TOKEN.finditer(text) if (term := _term(match.group()))]


def words(text: str) -> list[str]:
    """Return the words of a text, lower case, neither stemmed nor stopped."""
    return [match.group().lower() for match in _TOKEN.finditer(text)]


@lru_cache(maxsize=200_000)
def _term(word: str) -> str:
    lower = word.lower()
    if lower in STOP_WORDS:
        return ""
    if lower.endswith(".") and "." in lower[:-1]:  # u.s.c. and other initials are one term
        lower = lower.replace(".", "")
    lower = _POSSESSIVE.sub("", lower)
    return "" if lower in STOP_WORDS else str(_stemmer().stemWord(lower))


def _stemmer() -> Stemmer.Stemmer:
    # PyStemmer's objects must not be shared between threads
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        stemmer = _local.stemmer = Stemmer.Stemmer("english")
    return stemmer
