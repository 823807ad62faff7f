"""From operative text to the weighted documents-by-terms matrix that topics are found in.

Counting happens once for a corpus, on arrays of token numbers; each node of the hierarchy then chooses its
own vocabulary and weights from those counts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from indexing.topics.nmf import Matrix
from indexing.topics.stopwords import STOP_WORDS
from scraper.errors import TopicError

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

_SPACE = r"[ \t\xa0]+"
# A full stop belongs to a name only after a short abbreviation; otherwise the sentence ends there.
_NAME = r"(?:[A-Z][a-z]{0,4}\.,?|[A-Z][\w'’&-]*,?)"
_JOINER = r"(?:of|the|and|for|on|&)"
# "Marsh v. Holloway Mills": the names of parties tell which case, not which subject.
_CASE_NAME = re.compile(
    rf"(?:{_NAME}{_SPACE}(?:{_JOINER}{_SPACE}){{0,2}}){{1,6}}v[.s]{{1,2}}\s+(?:{_NAME}\s*(?:{_JOINER}\s+){{0,2}}){{1,6}}"
)
# "In re Winship", "Ex parte Milligan": a caption with one name only.
_ONE_NAME = re.compile(rf"\b(?i:in re|ex parte|matter of){_SPACE}({_NAME}(?:{_SPACE}{_NAME}){{0,3}})")
# "521 U. S. 844", "28 U. S. C. § 1331", "41 F. Supp. 2d 77": a number, abbreviations, perhaps a number.
_REPORTER = re.compile(
    r"\d+\s+(?:[A-Z][A-Za-z']{0,6}\.\s{0,2}(?:\d?[a-z]{1,2}\b\s?)?){1,6}(?:at\s+)?(?:§*\s*\d[\w()-]*)?"
)
# The name of the country, in any case: "states" of it would otherwise pass for a subject.
_COUNTRY = re.compile(r"\bunited\s+states(?:['’]s?)?(?!\w)", re.IGNORECASE)
_JUDGE = re.compile(
    r"(?:Justices?|Judges?|JUSTICES?|JUDGES?)\s+([A-Z][A-Za-z'’]+)|([A-Z][A-Za-z'’]+),\s+(?:C\.\s*)?JJ?\."
)
# Some publishers leave markup in the text, and editors' notes on history below the words of the law.
_MARKUP = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
_NOTES = re.compile(
    r"^\s*(?:historical (?:and|or) (?:revision|statutory) notes?|editorial notes|prior provisions"
    r"|statutory notes and related subsidiaries|revision notes?|history of amendments)\b.*",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
# What is left where law was: a word and the act that did it, with no rule in it.
_GONE = re.compile(
    r"(?:§+\s*)?[\d\W]*(?:repealed|reserved|renumbered|transferred|omitted|expired|vacant|deleted)\b", re.IGNORECASE
)
_GONE_CHARS = 800
_TOKEN = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*|[^\w\s]|\d")
_BREAK = -1
_GAP = -2


@dataclass(frozen=True, slots=True)
class VocabularyConfig:
    """What becomes a term. min_chars: shorter documents are stubs and are left out (and reported).

    max_share: terms in more than this share of a node's documents say nothing there. phrase_bond: lowest
    normalised pointwise mutual information, 0..1, of two neighbouring words that count as one phrase.
    """

    min_chars: int = 80
    max_share: float = 0.5
    phrase_bond: float = 0.3
    max_terms: int = 12_000
    row_terms: int = 200


@dataclass(frozen=True, slots=True)
class TermCounts:
    """Counts of one corpus. counts: (n, v) CSR over the documents in `kept`; terms: v words and phrases.

    kept, stubs: indices into the texts that were given; stubs were too short, or hold no term.
    """

    counts: Matrix
    terms: tuple[str, ...]
    kept: Indices
    stubs: Indices


@dataclass(frozen=True, slots=True)
class TfidfMatrix:
    """x: (n, m) CSR, rows of length 1 (an empty row stays empty). columns: the m columns of the counts."""

    x: Matrix
    columns: Indices
    terms: tuple[str, ...]


def tokenise_terms(text: str) -> list[str]:
    """The words of a text that may be terms, lower case, in order.

    Numbers, section signs, single letters, stop words, citations and the names in "X v. Y" are gone.
    """
    words = (_word(token) for token in _TOKEN.findall(strip_citations(operative(text))))
    return [word for word in words if word]


def operative(text: str) -> str:
    """The text without markup that a publisher left in it and without editors' notes on its history."""
    return _NOTES.sub("", _MARKUP.sub("\n", text))


def is_stub(text: str, min_chars: int) -> bool:
    """Whether a document says nothing that could have a subject: too short, or repealed, reserved and the like."""
    short = text.strip()
    return len(short) < min_chars or (len(short) < _GONE_CHARS and _GONE.match(short) is not None)


def strip_citations(text: str) -> str:
    """The text without names of cited cases, citations and the country's name; a full stop marks each gap."""
    return _COUNTRY.sub(" . ", _REPORTER.sub(" . ", _CASE_NAME.sub(" . ", text)))


def _word(token: str) -> str:
    word = token.lower().replace("’", "'")
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) < 3 or word in STOP_WORDS or not word[0].isalpha():
        return ""
    return word


def minimum_documents(n: int) -> int:
    """In how many of `n` documents a term must occur: 2 in small sets, about a tenth of sqrt(n) in large."""
    return max(2, min(50, round(math.sqrt(n) / 10)))


def count_terms(
    texts: Sequence[str], config: VocabularyConfig, progress: Callable[[int, int], None] | None = None
) -> TermCounts:
    """Count words and phrases of a corpus once.

    Names of people are left out: words that are nearly always capitalised and are rare, merely mentioned in
    passing, or of judges or of parties (a party that many documents speak of has become a subject: Miranda).
    Raises TopicError when no document holds a usable term.
    """
    if not texts:
        raise TopicError("There are no documents; ingest some before topics are built.")
    ids, table, people = _scan(texts, config, progress)
    kept = np.array([number for number, row in enumerate(ids) if row is not None], dtype=np.intp)
    rows = [row for row in ids if row is not None]
    if not rows:
        raise TopicError(
            f"None of the {len(texts)} documents has {config.min_chars} characters or more; topics need operative text."
        )
    words, tokens, owners = _words_of(rows, table, people)
    unigrams = _count(owners, tokens, len(rows), len(words))
    phrases, phrase_counts = _phrases(tokens, owners, words, unigrams, config)
    counts = sparse.hstack([unigrams, phrase_counts], format="csr", dtype=np.float32)
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    columns = np.flatnonzero(frequency >= minimum_documents(len(rows)) if len(rows) > 1 else frequency >= 1)
    if columns.size == 0:
        columns = np.flatnonzero(frequency >= 1)
    counts = counts[:, columns]
    filled = np.diff(counts.indptr) > 0
    if not filled.any():
        raise TopicError("No document holds a word that could be a term; topics need operative text.")
    names = words + phrases
    stubs = np.setdiff1d(np.arange(len(texts)), kept[filled])
    return TermCounts(counts[filled], tuple(names[column] for column in columns), kept[filled], stubs)


@dataclass(frozen=True, slots=True)
class _People:
    """Words, lower case, that stand where a judge or a party of a case is named."""

    judges: set[str]
    parties: set[str]

    def meet(self, text: str) -> None:
        self.judges.update((found[0] or found[1]).lower() for found in _JUDGE.findall(text))
        for name in (*_CASE_NAME.findall(text), *_ONE_NAME.findall(text)):
            self.parties.update(_word(token) for token in _TOKEN.findall(name))


def _scan(
    texts: Sequence[str], config: VocabularyConfig, progress: Callable[[int, int], None] | None
) -> tuple[list[NDArray[np.int32] | None], list[str], _People]:
    """Each text as numbers of its raw tokens, None for a stub; the tokens; the people named."""
    table: dict[str, int] = {}
    people = _People(set(), set())
    ids: list[NDArray[np.int32] | None] = []
    for number, given in enumerate(texts):
        text = operative(given)
        if is_stub(text, config.min_chars):
            ids.append(None)
        else:
            people.meet(text)
            tokens = _TOKEN.findall(strip_citations(text))
            ids.append(np.array([table.setdefault(token, len(table)) for token in tokens], dtype=np.int32))
        if progress is not None:
            progress(number + 1, len(texts))
    return ids, list(table), people


def _words_of(
    rows: list[NDArray[np.int32]], table: list[str], people: _People
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """The distinct words, and the corpus as word numbers (breaks and gaps negative) with their documents."""
    owners = np.repeat(np.arange(len(rows), dtype=np.int64), [row.size for row in rows])
    raw = np.concatenate(rows).astype(np.int64)
    folded = [_word(token) for token in table]
    candidates = sorted(set(folded) - {""})
    position = {word: number for number, word in enumerate(candidates)}
    number_of = np.array([position.get(word, _BREAK) for word in folded] or [_BREAK], dtype=np.int64)
    totals = np.bincount(raw, minlength=len(table))
    capital = np.array([token[:1].isupper() for token in table], dtype=bool)
    real = number_of >= 0
    occurrences = np.bincount(number_of[real], weights=totals[real], minlength=len(candidates))
    capitals = np.bincount(number_of[real], weights=(totals * capital)[real], minlength=len(candidates))
    named = number_of[raw]
    inside = named >= 0
    pairs = np.unique(owners[inside] * len(candidates) + named[inside]) if candidates else np.array([], np.int64)
    documents = np.bincount(pairs % max(len(candidates), 1), minlength=len(candidates))
    proper = capitals > 0.95 * occurrences
    rare = (documents < max(4, 0.004 * len(rows))) | (occurrences < 1.5 * documents)
    judge = np.array([word in people.judges for word in candidates], dtype=bool)
    party = np.array([word in people.parties for word in candidates], dtype=bool)
    party &= documents < max(12, 0.01 * len(rows))
    dropped = proper & (rare | judge | party)
    renumber = np.full(len(candidates) + 1, _BREAK, dtype=np.int64)
    renumber[:-1][~dropped] = np.arange(int((~dropped).sum()))
    words = [word for word, gone in zip(candidates, dropped, strict=True) if not gone]
    return words, renumber[named], owners


def _count(rows: NDArray[np.int64], columns: NDArray[np.int64], n: int, m: int) -> Matrix:
    """A CSR matrix of how often each (row, column) occurs; negative columns do not count."""
    real = columns >= 0
    codes, times = np.unique(rows[real] * max(m, 1) + columns[real], return_counts=True)
    matrix = sparse.csr_matrix((times.astype(np.float32), (codes // max(m, 1), codes % max(m, 1))), shape=(n, m))
    matrix.sort_indices()
    return matrix


def _phrases(
    tokens: NDArray[np.int64],
    owners: NDArray[np.int64],
    words: list[str],
    unigrams: Matrix,
    config: VocabularyConfig,
) -> tuple[list[str], Matrix]:
    """Pairs of neighbouring words that go together more than chance has it, and their counts."""
    n, m = unigrams.shape
    left, right = tokens[:-1], tokens[1:]
    joined = (left >= 0) & (right >= 0) & (owners[:-1] == owners[1:]) & (left != right)
    codes = left[joined] * max(m, 1) + right[joined]
    homes = owners[:-1][joined]
    pairs, inverse, times = np.unique(codes, return_inverse=True, return_counts=True)
    if pairs.size == 0:
        return [], sparse.csr_matrix((n, 0), dtype=np.float32)
    documents = np.bincount(np.unique(homes * pairs.size + inverse) % pairs.size, minlength=pairs.size)
    totals = np.asarray(unigrams.sum(axis=0), dtype=np.float64).ravel()
    corpus = float(totals.sum())
    chance = totals[pairs // m] * totals[pairs % m] / corpus**2
    share = times / corpus
    bond = np.log(share / chance) / -np.log(share)
    # One document more than a single word needs: a phrase in two documents is often one of copied text.
    good = np.flatnonzero((documents > minimum_documents(n)) & (bond >= config.phrase_bond))
    if good.size > m:
        good = np.sort(good[np.argsort(-documents[good] * bond[good], kind="stable")[:m]])
    position = np.full(pairs.size, _BREAK, dtype=np.int64)
    position[good] = np.arange(good.size)
    names = [f"{words[pairs[pair] // m]} {words[pairs[pair] % m]}" for pair in good]
    return names, _count(homes, position[inverse], n, good.size)


def weigh(counts: TermCounts, rows: Indices, config: VocabularyConfig) -> TfidfMatrix:
    """TF-IDF of some documents with a vocabulary and document frequencies of their own.

    rows: indices into counts.counts. Sublinear term frequency 1 + log(tf), smoothed inverse document
    frequency, rows of length 1. Of a long document only its strongest `row_terms` terms are kept.
    """
    part = counts.counts[rows].astype(np.float32)
    n = part.shape[0]
    frequency = np.bincount(part.indices, minlength=part.shape[1])
    ceiling = max(config.max_share * n, 2) if n > 3 else n
    columns = np.flatnonzero((frequency >= min(minimum_documents(n), n)) & (frequency <= ceiling))
    if columns.size == 0:
        columns = np.flatnonzero(frequency > 0)
    if columns.size > config.max_terms:
        order = np.argsort(-frequency[columns], kind="stable")
        columns = np.sort(columns[order[: config.max_terms]])
    x = part[:, columns].tocsr()
    x.data = 1.0 + np.log(x.data)
    idf = np.log((1.0 + n) / (1.0 + frequency[columns])) + 1.0
    x = sparse.csr_matrix(x.multiply(idf[None, :]), dtype=np.float32)
    x = unit_rows(strongest(x, config.row_terms))
    return TfidfMatrix(x, columns, tuple(counts.terms[column] for column in columns))


def unit_rows(x: Matrix) -> Matrix:
    """Scale each row to length 1; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(x.multiply(x).sum(axis=1), dtype=np.float64)).ravel()
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sparse.csr_matrix(sparse.diags(scale) @ x, dtype=np.float32)


def strongest(x: Matrix, limit: int) -> Matrix:
    """Keep the `limit` largest values of each row (ties: the first columns)."""
    x = sparse.csr_matrix(x)
    keep = np.ones(x.nnz, dtype=bool)
    for row in np.flatnonzero(np.diff(x.indptr) > limit):
        values = x.data[x.indptr[row] : x.indptr[row + 1]]
        least = np.partition(values, values.size - limit)[values.size - limit]
        above = values > least
        equal = np.flatnonzero(values == least)[: limit - int(above.sum())]
        above[equal] = True
        keep[x.indptr[row] : x.indptr[row + 1]] = above
    owners = np.repeat(np.arange(x.shape[0]), np.diff(x.indptr))
    return sparse.csr_matrix((x.data[keep], (owners[keep], x.indices[keep])), shape=x.shape)


def neighbours(embeddings: Floats, k: int = 15) -> Matrix:
    """Row-stochastic (n, n) CSR weights over each document's k nearest others by cosine, block by block.

    embeddings: (n, d). Weights are proportional to the cosine; neighbours at cosine 0 or less get none.
    """
    n = embeddings.shape[0]
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit = embeddings / np.where(lengths > 0, lengths, 1.0)
    k = min(k, n - 1)
    if k < 1:
        return sparse.csr_matrix((n, n), dtype=np.float32)
    rows, columns, values = [], [], []
    for begin in range(0, n, 1024):
        block = unit[begin : begin + 1024] @ unit.T
        here = np.arange(block.shape[0])
        block[here, begin + here] = -np.inf
        nearest = np.sort(np.argpartition(-block, k - 1, axis=1)[:, :k], axis=1)
        rows.append(np.repeat(begin + here, k))
        columns.append(nearest.ravel())
        values.append(np.maximum(np.take_along_axis(block, nearest, axis=1), 0.0).ravel())
    weights = sparse.csr_matrix(
        (np.concatenate(values).astype(np.float32), (np.concatenate(rows), np.concatenate(columns))), shape=(n, n)
    )
    weights.eliminate_zeros()
    totals = np.asarray(weights.sum(axis=1)).ravel()
    scale = np.divide(1.0, totals, out=np.zeros_like(totals), where=totals > 0)
    return sparse.csr_matrix(sparse.diags(scale) @ weights, dtype=np.float32)


def smooth(x: Matrix, weights: Matrix, limit: int, share: float = 0.5) -> Matrix:
    """Mix each document's terms with those of its neighbours: rows of (1 - share) X + share A X, length 1.

    It joins what embeddings know to what words say, and the matrix stays non-negative with terms to read.
    """
    parts = []
    for begin in range(0, x.shape[0], 4096):
        block = slice(begin, begin + 4096)
        mixed = (1.0 - share) * x[block] + share * (weights[block] @ x)
        parts.append(unit_rows(strongest(sparse.csr_matrix(mixed, dtype=np.float32), limit)))
    return sparse.vstack(parts, format="csr")
