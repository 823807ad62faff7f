"""Every sentence that a model wrote is held against its sources before anyone sees it. Pure: no model, no network.

A sentence is dropped unless its tags are of the closed set, its quotations stand verbatim in a tagged source, its
figures, dates, section numbers, names and citations occur there, it does not turn a "not" round, it says who speaks
where that is not the law or the Court, and its words are those of the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from app.answering.question import measures
from app.answering.quotes import FoldedText, Located, locate, quotations, without_quotations
from app.answering.spotlight import addresses_a_model
from indexing.citations.sentences import sentence_spans
from indexing.models import Speaker
from indexing.text import fold_quotes, tokens

FindDocuments = Callable[[str], Sequence[tuple[str, str | None]]]
"""From a text to the citations written in it: (as written, id of the document it names or None)."""

LEAST_SUPPORT = 0.7  # of a sentence's content words, in its tagged sources
LEAST_BORNE = 0.25  # of them, by each source that is tagged
LEAST_LOCAL = 0.5  # of them, within two neighbouring sentences of one source
_TAGS = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_ANY_TAG = re.compile(r"\[[^\]]*\d[^\]]*\]")
_TRAILING_TAGS = re.compile(r"([.?!][\"”’)]*)\s*((?:\[\d[\d,\s]*\]\s*)+)")
_BRACKETED = re.compile(r"\[(\w)\](?=\w)")  # "[w]ithin" is "within"
_BEGUN = re.compile(r"[^\s\[]+\s")
_LINK = re.compile(r"https?://|www\.|\]\(|<\w+[ >]|```", re.I)
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:[.:/-]\d+[a-z]?)*(?!\w)")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(rf"\b(?:{_MONTHS})\s+\d{{1,2}}(?:,\s*\d{{4}})?")
_NAME = re.compile(r"(?<![.?!]\s)(?<!^)(?<=\s)[A-Z][A-Za-z'’-]{2,}")
_NEGATED = re.compile(r"\b(?:not|no|never|nor|neither|none|cannot|without)\b|n't\b", re.I)
_CLAUSE = re.compile(r"[,;:](?!\s?\d)|\b(?:except|unless|but|if|provided)\b", re.I)
_BINDS = re.compile(r"\b(?:must|shall|required?|requires|has to|have to|obliged)\b", re.I)
_ALLOWS = re.compile(r"\bmay\b", re.I)
_SAYS_WHO = {
    Speaker.DISSENT: re.compile(r"\bdissent", re.I),
    Speaker.PLURALITY: re.compile(r"\bplurality\b", re.I),
    Speaker.CONCURRENCE: re.compile(r"\bconcurr", re.I),
    Speaker.IN_JUDGMENT: re.compile(r"\bconcurr", re.I),
    Speaker.IN_PART: re.compile(r"\bconcurr|\bdissent", re.I),
    Speaker.SYLLABUS: re.compile(r"\bsyllabus\b", re.I),
    Speaker.HEAD_MATTER: re.compile(r"\bcaption\b|\bcounsel\b", re.I),
    Speaker.NOTE: re.compile(r"\bnotes?\b|\bhistory\b|\bhistorical\b|\bamend|\brepeal|\brenumber|\bexpire", re.I),
}
_COMMON_NAMES = frozenset(
    ("court", "courts", "section", "article", "state", "supreme", "appeals", "constitution", "code", "rule", "justice")
)
# Words in which a sentence reports a source without saying anything of its own.
_REPORTING = frozenset(
    tokens(
        "court courts held holds hold holding states state stated says said provides provide provided requires require "
        "required under according law statute section rule opinion majority dissent dissents dissenting plurality "
        "concurrence concurring syllabus note also however therefore thus source case person explains explained "
        "question answer means may must shall"
    )
)


@dataclass(frozen=True)
class Source:
    """A stretch `[start, end)` of one version that the model was shown under a number."""

    tag: int
    document: str
    version: str
    start: int
    end: int
    text: str
    title: str
    citation: str
    speaker: Speaker
    anchor: str = ""
    date: str = ""
    standing: str = ""  # "is repealed", "overruled by ...": shown to the model
    names: tuple[str, ...] = ()  # what else it may be called: parallel citations, places, the court
    hidden: tuple[tuple[int, int], ...] = field(default=(), repr=False)  # footnote marks and star pages, within text

    @cached_property
    def folded(self) -> FoldedText:
        """Return the text for comparison with quotations."""
        return FoldedText.of(self.text, self.hidden)

    @cached_property
    def said(self) -> str:
        """Return the text and all that the source is called."""
        facts = (self.title, self.citation, self.date, self.anchor, self.standing, *self.names)
        return "\n".join([self.text, *facts])

    @cached_property
    def terms(self) -> frozenset[str]:
        """Return the indexed terms of all that the source says."""
        return frozenset(tokens(self.said))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence stands; `reason` is a short machine word for why not; `places` are where it rests."""

    text: str  # without its tags
    kept: bool
    reason: str = ""
    support: float = 0.0
    places: tuple[tuple[Source, int, int], ...] = ()  # source, start and end within its text
    marked: bool = False


def split_reply(reply: str) -> list[str]:
    """Return the sentences of a reply; tags behind a full stop belong to the sentence before them."""
    joined = _tags_first(reply)
    return [joined[start:end] for start, end in sentence_spans(joined)]


def next_sentence(reply: str) -> tuple[str, str]:
    """Return the first sentence of a reply that is still growing, and the rest; ("", reply) while it may change.

    It is whole when the sentence behind it has begun with a whole word that is no tag: no letter that is still to
    come can then move its end.
    """
    joined = _tags_first(reply)
    spans = sentence_spans(joined)
    if len(spans) > 1 and _BEGUN.match(joined, spans[1][0]):
        return joined[spans[0][0] : spans[0][1]], joined[spans[1][0] :]
    return "", reply


def _tags_first(reply: str) -> str:
    return _TRAILING_TAGS.sub(lambda found: f" {found[2].strip()}{found[1]} ", reply)


def verify(sentence: str, sources: Mapping[int, Source], find: FindDocuments) -> Verdict:
    """Return the verdict on one generated sentence."""
    text = re.sub(r"\s+([.,;:?!])", r"\1", " ".join(_TAGS.sub(" ", sentence).split()))
    tagged = [int(tag) for group in _TAGS.findall(sentence) for tag in group.split(",")]
    numbers = list(dict.fromkeys(tagged))
    if _LINK.search(sentence) or addresses_a_model(sentence):
        return Verdict(text, False, "link_or_order")
    if not numbers:
        return Verdict(text, False, "unknown_tag" if _ANY_TAG.search(sentence) else "untagged")
    if any(tag not in sources for tag in numbers):
        return Verdict(text, False, "unknown_tag")
    own = [sources[tag] for tag in numbers]
    quoted = _check_quotations(text, own)
    if quoted is None:
        return Verdict(text, False, "altered_quotation")
    plain = without_quotations(text)
    for reason, stands in (
        ("speaker", _says_who(plain, own)),
        ("citation", _citations_stand(plain, own, find)),
        ("figure", _figures_stand(plain, own)),
        ("name", _names_stand(plain, own)),
    ):
        if not stands:
            return Verdict(text, False, reason)
    support, places = _supported(text, own, quoted)
    if support < LEAST_SUPPORT or not places:
        return Verdict(text, False, "unsupported", support)
    if not _same_sense(plain, places):
        return Verdict(text, False, "turned_round", support)
    return Verdict(text, True, "", support, tuple(places), any(found.marked for _, found in quoted))


def _check_quotations(text: str, own: Sequence[Source]) -> list[tuple[Source, Located]] | None:
    """Return where each quotation stands, None where one stands in no tagged source."""
    found = quotations(text)
    if found is None:
        return None
    located = []
    for quotation in found:
        places = [(source, place) for source in own if (place := locate(quotation, source.folded))]
        if not places:
            return None
        located.append(places[0])
    return located


def _says_who(plain: str, own: Sequence[Source]) -> bool:
    """Tell whether a sentence that rests on words of no authority says whose they are."""
    if any(source.speaker not in _SAYS_WHO for source in own):
        return True
    return all(_SAYS_WHO[source.speaker].search(plain) for source in own)


def _citations_stand(plain: str, own: Sequence[Source], find: FindDocuments) -> bool:
    ids = {source.document for source in own}
    return all(document in ids for _, document in find(plain))


def _figures_stand(plain: str, own: Sequence[Source]) -> bool:
    said = fold_quotes("\n".join(source.said for source in own))
    held = {_number(match.group()) for match in _NUMBER.finditer(said)} | {f"{value:g}" for value, _ in measures(said)}
    pairs = set(measures(said))
    dates = {" ".join(match.group().replace(",", " ").split()) for match in _DATE.finditer(said)}
    wanted = fold_quotes(plain)
    if any(_number(match.group()) not in held for match in _NUMBER.finditer(wanted)):
        return False
    if any(unit and (value, unit) not in pairs for value, unit in measures(wanted)):
        return False
    stated = (" ".join(match.group().replace(",", " ").split()) for match in _DATE.finditer(wanted))
    return all(any(date == one or one.startswith(f"{date} ") for one in dates) for date in stated)


def _number(text: str) -> str:
    plain = text.replace(",", "")
    return f"{float(plain):g}" if re.fullmatch(r"\d+(?:\.\d+)?", plain) else plain


def _names_stand(plain: str, own: Sequence[Source]) -> bool:
    said = {word.casefold() for source in own for word in re.findall(r"[^\W\d_]+", source.said)}
    for match in _NAME.finditer(plain):
        parts = [part.casefold() for part in re.findall(r"[^\W\d_]+", re.sub(r"['’]s\b", "", match.group()))]
        if any(part not in said and part not in _COMMON_NAMES for part in parts):
            return False
    return True


def _supported(
    text: str, own: Sequence[Source], quoted: Sequence[tuple[Source, Located]]
) -> tuple[float, list[tuple[Source, int, int]]]:
    """Return the share of content words found in the sources, and the place in each that bears the sentence."""
    content = set(tokens(_BRACKETED.sub(r"\1", text))) - _REPORTING
    if not content:
        return 0.0, []
    everything = frozenset().union(*(source.terms for source in own))
    support = len(content & everything) / len(content)
    places: list[tuple[Source, int, int]] = [(source, found.start, found.end) for source, found in quoted]
    best_local = 0.0
    for source in own:
        share, start, end = _best_window(content, source)
        best_local = max(best_local, share)
        if not any(source is one for one, _, _ in places) and share >= LEAST_BORNE:
            places.append((source, start, end))
    idle = [source for source in own if not any(source is one for one, _, _ in places)]
    if best_local < LEAST_LOCAL or idle:  # a tag to a source that bears nothing is a wrong tag
        return min(support, best_local), []
    return support, places


def _best_window(content: set[str], source: Source) -> tuple[float, int, int]:
    spans = sentence_spans(source.text)
    best = (0.0, 0, 0)
    names = set(tokens(f"{source.title} {source.citation}"))
    for first in range(len(spans)):
        for last in range(first, min(first + 2, len(spans))):
            start, end = spans[first][0], spans[last][1]
            inside = set(tokens(source.text[start:end]))
            share = len(content & (inside | names)) / len(content) if content & inside else 0.0
            if share > best[0]:
                best = (share, start, end)
    return best


def _same_sense(plain: str, places: Sequence[tuple[Source, int, int]]) -> bool:
    """Tell whether no clause of a sentence turns round the clause that it rests on."""
    bearing = "\n".join(source.text[start:end] for source, start, end in places)
    clauses = list(_clauses(bearing))
    for words, negated, clause in _clauses(plain):
        if len(words) < 2 or not clauses:
            continue
        most = max(len(words & other) for other, _, _ in clauses)
        nearest = [(sense, other) for have, sense, other in clauses if len(words & have) == most]
        if most >= 2 and all(sense != negated for sense, _ in nearest):
            return False
        binding = _BINDS.search(clause) and not _ALLOWS.search(clause)
        if binding and most >= 2 and all(_ALLOWS.search(other) and not sense for sense, other in nearest):
            return False
    return True


def _clauses(text: str) -> Iterator[tuple[set[str], bool, str]]:
    """Yield (content words, whether it denies, the clause) of a text."""
    for start, end in sentence_spans(text):
        for clause in _CLAUSE.split(text[start:end]):
            yield set(tokens(clause)) - _REPORTING - {"not", "no"}, _NEGATED.search(clause) is not None, clause
