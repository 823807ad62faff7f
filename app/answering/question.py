"""What a question asks: its kind, the words that carry it, its figures, and whether it takes things for granted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from indexing.text import fold_quotes, token_spans


class QuestionKind(StrEnum):
    """Kinds of question that are answered by different words of the law."""

    DEFINITION = "definition"
    DEADLINE = "deadline"
    ELEMENTS = "elements"
    STATUS = "status"
    HISTORY = "history"
    COMPARISON = "comparison"
    COUNT = "count"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Question:
    """A question as read; `words` maps each content term, stemmed, to the form in which it was written."""

    text: str
    kind: QuestionKind
    words: dict[str, str]
    assertive: bool  # it states something by the way: "Why does ...", "Since ... is void, ..."
    negated: bool
    open: bool  # it cannot be answered by yes or no
    names: dict[str, str]  # those of its words that are names: what answers must know them all


_KINDS: tuple[tuple[QuestionKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.I))
    for kind, pattern in (
        (
            QuestionKind.STATUS,
            r"\bstill (?:in force|good|valid|binding|the law|fatal|apply|applies)|\bgood (?:law|authority)\b"
            r"|\bin force\b|\bunconstitutional\b|\benforceable\b|\boverrul\w+|\brepealed\b|\bexpired?\b"
            r"|\btakes? effect\b|\bis\b.{0,80}\bthe law\?",
        ),
        (
            QuestionKind.HISTORY,
            r"\bbefore (?:[A-Z][a-z]+ \d{1,2}, )?(?:1[89]|20)\d\d\b|\bwhen was\b.{0,80}\b(?:amended|enacted|added)"
            r"|\b(?:formerly|used to|renumbered|history of)\b|\bstand now\b|\bwhat changed\b",
        ),
        (QuestionKind.ELEMENTS, r"\belements of\b|\bfactors\b|\bwhat (?:two|three|four|five|six)? ?things\b"),
        (
            QuestionKind.COMPARISON,
            r"\bdiffer(?:s|ent|ence|ences)?\b|\bdistinguish|\bcompared? (?:with|to)\b|\bversus\b",
        ),
        (
            QuestionKind.DEFINITION,
            r"\bwhat (?:does .{1,60} mean|is meant by|counts as|constitutes)\b|\bdefin(?:ed|ition)\b|\bmeaning of\b"
            r"|^what (?:is an? |does it mean\b)|^when is .{1,80} [\"“][^\"”]+[\"”]\?$",
        ),
        (
            QuestionKind.DEADLINE,
            r"\bhow (?:long|soon|quickly|much notice|many (?:business |calendar )?(?:days|weeks|months|years|hours))\b"
            r"|\b(?:by|within) (?:when|what (?:date|day|time|period))\b|\bwhen must\b|\bdeadline\b|\btime limit\b"
            r"|\bhow late\b|\bwhat notice\b",
        ),
        (QuestionKind.COUNT, r"\bhow many\b|\bhow much\b|\bwhat number of\b|\bwhat is the range\b"),
        (
            QuestionKind.ELEMENTS,
            r"\belements\b|\bfactors\b|\bwhat (?:\w+ )?things\b|\bfor what (?:reasons|causes|purposes)\b"
            r"|\brequirements\b|\b(?:which|what) (?:\w+ ){1,3}(?:need no|are exempt|excuse|may be)\b"
            r"|\bwhat rights\b|\bwhat must\b|\bwhat excuses\b|\bgrounds\b|\bconditions\b",
        ),
    )
)  # fmt: skip
_ASSERTIVE = re.compile(
    r"^(?:why|since|because|given that|now that)\b|\bis it (?:true|correct|right) that\b"
    r"|\b(?:isn't|aren't|doesn't|don't) (?:it|the|an?)\b"
    r"|,? as (?:§|section|article|the)\b.{0,60}\b(?:directs|requires|provides|says)\b"
    r"|^(?:under what|after how many|by how much|how may|how does one|how should|when did|in which|what did|which)\b"
    r"|^what (?:\w+ ){1,2}may\b",
    re.I,
)
_NEUTRAL = re.compile(
    r"^what (?:did|does|has) .{1,120}\b(?:hold|held|decide|say|rule|conclude|find)\b"
    r"(?:\s+(?:about|on|regarding|concerning)\b|\?)",
    re.I,
)  # "What did X hold about Y?" takes nothing for granted
_NEGATED = re.compile(r"\b(?:not|no|never|nor|neither|none|nothing|cannot)\b|n't\b", re.I)
_CAPITAL = re.compile(r"(?<=[^.?!\s]\s)[\"“(]?\b([A-Z]\w+)")
_YES_OR_NO = re.compile(r"^(?:is|are|was|were|may|can|could|does|do|did|has|have|must|will|would|should)\b", re.I)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that ask and carry no subject; what they ask for is read from the kind.
_ASKING = _words(
    "how long many much soon quickly late why what which who whom whose when where does do did is are may must can "
    "could should would shall might need needs require requires required mean means meant define defines defined "
    "definition count counts kind kinds thing things say says said tell told "
    "under law laws legal rule rules state states there "
    "get gets give given happen happens one two three four five ten any some other only still now today ask asks "
    "about between differ differs different difference compare compared versus elements factors "
    "list case cases decide decided reason reasons show shown make made have has had every each also if during whether "
    "against section sections article articles code statute statutes court courts before after "
    "since because without within v vs"
)
_COMMON_NAMES = _words(
    "constitution supreme appeals legislature congress governor justice department act title chapter january february "
    "march april june july august september october november december"
)
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_ROUND = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBER_WORDS = {word: value for value, word in enumerate(_SMALL)} | {
    word: 10 * tens for tens, word in enumerate(_ROUND, 2)
}
_UNIT = (
    r"(?:business |calendar |school |consecutive |successive |full )*"
    r"(day|week|month|year|hour|minute|percent|mile|gallon|point|dollar|degree|acre|foot|vote|juror|justice|judge)s?\b"
)
_TENS = "|".join(word for word, value in _NUMBER_WORDS.items() if value >= 20)
_ONES = "|".join(word for word, value in _NUMBER_WORDS.items() if value > 0)
_FIGURE = rf"(\d[\d,]*(?:\.\d+)?|(?:{_TENS})(?:-(?:{_ONES}))?|(?:{_ONES})|a hundred|one hundred)"
_MEASURE = re.compile(rf"(\$?)(?<![\w-]){_FIGURE}(?:\s*(%)|[\s-]+{_UNIT})?", re.I)


def read_question(text: str, names: Iterable[str] = (), cited: Iterable[tuple[int, int]] = ()) -> Question:
    """Return what a question asks; `names` are words that every document shares, as the name of the jurisdiction.

    `cited` are the places of citations in the text: their numbers and letters carry no subject.
    """
    places = list(cited)
    capitals = {match.start(1) for match in _CAPITAL.finditer(text)}
    proper: dict[str, str] = {}
    shared = {term for name in names for term, _, _ in token_spans(name)}
    words: dict[str, str] = {}
    for term, start, end in token_spans(text):
        written = text[start:end]
        inside = any(first <= start < last for first, last in places)
        if written.lower() not in _ASKING and term not in shared and not term.isdigit() and not inside:
            words.setdefault(term, written)
            if start in capitals and written.lower() not in _COMMON_NAMES:
                proper.setdefault(term, written)
    kind = next((kind for kind, pattern in _KINDS if pattern.search(text)), QuestionKind.RULE)
    assertive = _ASSERTIVE.search(text) is not None and _NEUTRAL.search(text) is None
    return Question(text, kind, words, assertive, bool(_NEGATED.search(text)),
                    not _YES_OR_NO.search(text), proper)  # fmt: skip


def measures(text: str) -> Iterator[tuple[float, str]]:
    """Yield (value, unit) of every figure in a text; the unit is "$", "%", a singular noun, or "" for a bare figure.

    Number words count where a unit follows; "one" alone is no figure.
    """
    for match in _MEASURE.finditer(fold_quotes(text)):
        dollar, figure, percent, unit = match.groups()
        value = _value(figure)
        named = "$" if dollar else "%" if percent or (unit or "").lower() == "percent" else (unit or "").lower()
        if value is not None and (named or figure[0].isdigit()):
            yield value, "$" if named == "dollar" else named


def _value(figure: str) -> float | None:
    figure = figure.lower()
    if figure[0].isdigit():
        digits = figure.rstrip(",").replace(",", "")
        return float(digits)
    if "hundred" in figure:
        return 100.0
    parts = figure.split("-")
    return float(sum(_NUMBER_WORDS[part] for part in parts))
