"""Reads the line that says who speaks: "Justice Scalia, with whom Justice Thomas joins as to Part II, dissenting." """

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from scraper.models import OpinionKind

_LONGEST_LIST = 4000  # characters of a syllabus' list that are read for who joined
_RANK = r"(?:(?:Mr\.|Mrs\.|Ms\.)\s+)?(?:Presiding\s+|Chief\s+|Acting\s+){0,3}(?:Justice|Judge)"
_NAME = r"[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)?"
_START = re.compile(
    rf"(?:(?i:{_RANK})\s+(?P<name>{_NAME})|(?P<chief>(?i:the\s+chief\s+justice)))\s*"
    r"(?P<rest>,.*|(?i:delivered|announced|with\s+whom)\b.*)",
    re.DOTALL,
)
_BEHIND = (
    r"(?:(?:C\.\s?|P\.\s?)?J\.|(?:(?:Chief|Senior|Presiding|Acting|Associate)\s+)*"
    r"(?:(?:Circuit|District|Appellate|Superior)\s+)?(?:Judge|Justice))"
)
_INITIAL = re.compile(
    rf"(?P<name>{_NAME}),\s+{_BEHIND}\s*"
    r"(?P<rest>,\s*(?:joined by|with whom|concurring|dissenting|specially).*)",
    re.S,
)
# "QUILL, Circuit Judge:" or "Opinion by Judge Quill" is all that opens the opinion of many courts.
_OPENER = re.compile(
    rf"(?:(?i:opinion\s+by)\s*:?\s+(?i:{_RANK})\s+(?P<by>{_NAME})|(?i:opinion\s+by)\s*:?\s+(?P<of>{_NAME}),\s+{_BEHIND}"
    rf"|(?P<capitals>[A-Z][A-Z'’]+(?:\s[A-Z]{{2,}})?),\s+{_BEHIND}(?=[:.]?$)|(?P<name>{_NAME}),\s+{_BEHIND}(?=:))[:.]?"
)
_PER_CURIAM = re.compile(r"\W*(?:by the court|pe?r?\s?curiam)\b\s*[.:*\d]*", re.IGNORECASE)
_STATEMENT = re.compile(
    rf"(?:Statement|Opinion|Memorandum)\s+of\s+(?i:{_RANK})\s+(?P<name>{_NAME})(?P<rest>,[^.]*)?\.?", re.DOTALL
)
_RUNNING = re.compile(r"(?:[^a-z]{2,80}\s)?Opinion\s+of\s+(?P<name>[A-Z](?:['’][A-Z])?\s?[A-Z]{2,})\b")
_PARTS = r"parts?\s+[IVX\d][^.;]*?"
_PIECE = (
    r"(?:specially\s+)?(?:concurring|dissenting)(?:\s+(?:specially|separately|only))?"
    rf"(?:\s+(?:in\s+part|in\s+the\s+(?:judgments?|results?)(?:\s+in\s+part)?|in\s+{_PARTS}|as\s+to\s+[^.;]{{1,60}}"
    r"|from\s+[^.;]{3,120}|without\s+opinion))*"
)
_TAIL = re.compile(
    rf"{_PIECE}(?:(?:,\s*and|,|\s+and)\s+{_PIECE})*\s*"
    rf"(?:,\s*(?:with\s+whom|joined\s+by)[^.]*?(?:join(?:s|ed)?[^.]*)?(?:,\s*{_PIECE})?)?\s*(?:[.:*†\d]|$)",
    re.I,
)
# Where a tail may go on. It may be read in twice as many ways with each, so a row of them is no line and not tried.
_TURN = re.compile(
    r"\b(?:concurring|dissenting|as\s+to|from|in\s+parts?|in\s+the\s+(?:judg|result)|without\s+opinion)", re.IGNORECASE
)
_MOST_TURNS = 10
_SENTENCE_END = re.compile(r"[.;]")
_BEFORE_TAIL = re.compile(r"^,?\s*(?:(?:with\s+whom|joined\s+by|filing)\b.*,)?\s*$", re.IGNORECASE | re.DOTALL)
_DELIVERED = re.compile(r"^(?:,.*?,)?\s*(?P<verb>delivered|announced)\b(?P<what>.*)", re.IGNORECASE | re.DOTALL)
_REPORTED = re.compile(r"\b(?:concluding|concluded|held|holding)\b|\bPp?\.\s*\d", re.IGNORECASE)
_JOINS = re.compile(r"\bin\s+which\s+(?P<names>.+?)\s+join(?:s|ed)?\b", re.IGNORECASE | re.DOTALL)
_WITH = re.compile(
    r"\b(?:with\s+whom|joined\s+by)\s+(?P<names>.+?)"
    r"(?:\s+joins?(?P<as>\s+as\s+to\s+[^,.]+(?:,\s*[IVX\d][^,.]*)*(?:,?\s+and\s+[IVX\d-]+)?|\s+except[^,.]*)?\s*(?=,|\.|$)"
    r"|(?=,\s*(?:and\s+with\s+whom|concurring|dissenting|delivered|announced|specially)))",
    re.IGNORECASE | re.DOTALL,
)
_TITLES = re.compile(rf"\b(?:{_RANK}s?|Justices|Judges|JJ\.|J\.|C\.\s?J\.)(?=\s|,|$)\.?", re.IGNORECASE)
_COURT_PARTS = re.compile(
    r"with\s+respect\s+to\s+(?P<parts>(?:all\s+but\s+)?.{1,80}?)"
    r"(?:,?\s+and\s+(?:an\s+|delivered\s+an\s+)?opinion|,\s+in\s+which|\.|$)",
    re.I | re.S,
)
# Begins with its letter, not with a boundary: so a search skips everything that is no capital.
_SMALL_CAPS = re.compile(r"([A-Z](?<!\w[A-Z])(?:['’][A-Z])?)\s([A-Z]{2,})\b")
_SMALL_LETTERS = re.compile(r"\b([B-HJ-Z](?:['’][A-Z])?)\s([a-z]{3,})\b")
# Names and kinds have a longest length, so that a search passes over a long word or a long list once.
_FILED = re.compile(
    r"(?P<name>[A-Z][\w'’-]{1,60}),\s+(?:C\.\s?)?J\.,\s+filed\s+an?\s+(?P<kind>[^.]{0,300}?opinion[^.,]{0,300}?)"
    r"(?:,\s+in\s+which\s+(?P<names>.{1,200}?)\s+joined|\.|$)"
)
_ANNOUNCED = re.compile(
    rf"(?P<name>[A-Z][\w'’-]{{1,60}}),\s+(?:C\.\s?)?J\.,\s+(?P<rest>(?:delivered|announced)\b.{{0,{_LONGEST_LIST}}})",
    re.DOTALL,
)
_HYPHEN = re.compile(r"(?<=[a-z])-\s(?=[a-z])")  # at the end of a printed line
_SCANNED = re.compile(r"\bS\s\d+\s\d+\s\(\)\s\d+\s")
_SIGNS = ("justice", "judge", "curiam")
_LIKELY = re.compile(r"j ?ustice|j ?udge|curiam|by the court|\bJ\.", re.IGNORECASE)
_SHORTEST_PROSE = 80
HEAD = 80  # characters in which the one who speaks is named
_LONGEST = 700  # no such line is longer


@dataclass(frozen=True, slots=True)
class Header:
    """Who speaks from here: `kind` is None where the line does not say it; `parts` are the Court's in a plurality."""

    kind: OpinionKind | None
    author: str = ""
    joined_by: tuple[str, ...] = ()
    parts: str = ""

    def attrs(self) -> dict[str, str]:
        """Return the attributes of an OPINION span: author, joined_by (semicolons between), court_parts."""
        values = {"author": self.author, "joined_by": "; ".join(self.joined_by), "court_parts": self.parts}
        return {name: value for name, value in values.items() if value}


@lru_cache(maxsize=256)  # the same few paragraphs are asked about for one thing after the other
def normalise(words: str) -> str:
    """Return a line without the faults of scanning: "S OUTER , J." is "SOUTER, J."."""
    if "  " in words or not words.isprintable():
        words = " ".join(words.split())
    words = words.strip(" ")
    if "()" in words:
        words = _SCANNED.sub("", words)
    words = _SMALL_CAPS.sub(r"\1\2", words)
    if "J ustice" in words:
        words = _SMALL_LETTERS.sub(r"\1\2", words)
    if "- " in words:
        words = _HYPHEN.sub("", words)
    return words.replace(" ,", ",").replace(" .", ".").replace(" ;", ";").replace(" :", ":")


def may_speak(head: str) -> bool:
    """Tell whether the first HEAD characters of a paragraph, in small letters, may say who speaks: asked first."""
    if "j" in head and ("ustice" in head or "udge" in head or "j." in head):
        return True
    return "curiam" in head or "by the court" in head


def read_header(words: str) -> Header | None:
    """Return what a paragraph says if it is (or begins with) such a line, else None."""
    head = words[:HEAD].lower()
    if not may_speak(head) or not (any(sign in head for sign in _SIGNS) or _LIKELY.search(words, 0, HEAD)):
        return None
    line = normalise(words[:_LONGEST]).strip(" []")
    if _PER_CURIAM.fullmatch(line[:40]):
        return Header(OpinionKind.PER_CURIAM)
    opener = _OPENER.fullmatch(line) if len(line) < _SHORTEST_PROSE else None
    if opener:
        return Header(OpinionKind.MAJORITY, tidy_name(next(group for group in opener.groups() if group)))
    match = _STATEMENT.match(line)
    if match:
        rest = match["rest"] or ""
        said = re.search(r"concur|dissent", rest)
        return Header(separate_kind(rest) if said else None, tidy_name(match["name"]), joiners(rest))
    match = _START.match(line)
    alone = match is None  # a name with "J." opens sentences and citations too: it must be all there is
    match = match or _INITIAL.fullmatch(line)
    if match is None:
        return None
    author = tidy_name(match.groupdict().get("name") or "The Chief Justice")
    rest = match["rest"]
    delivered = _DELIVERED.match(rest)
    return _delivered(author, rest, delivered) if delivered else _separate(author, rest, alone)


def _delivered(author: str, rest: str, match: re.Match[str]) -> Header | None:
    sentence = _sentence(match["what"])
    if _REPORTED.search(sentence) or not re.match(
        r"\s*(?:the|an|its)\s+(?:opinion|judgment|judgments|unanimous)", sentence
    ):
        return None
    parts = _COURT_PARTS.search(sentence)
    joined = joiners(rest) or _names_in(_JOINS.search(sentence))
    plural = re.search(r"\ban\s+opinion\b", sentence) is not None
    kind = OpinionKind.PLURALITY if plural else OpinionKind.MAJORITY
    if not plural and match["verb"].lower() == "announced" and "opinion" not in sentence:
        kind = OpinionKind.PLURALITY
    return Header(kind, author, joined, " ".join(parts["parts"].split()).strip(" ,") if parts else "")


def _separate(author: str, rest: str, alone: bool) -> Header | None:
    plain = _plain(rest)
    if alone and plain < len(rest):
        return None
    for match in _TAIL.finditer(rest, 0, plain):
        if alone and match.end() < len(rest):
            return None
        if _BEFORE_TAIL.match(rest[: match.start()]):
            return Header(separate_kind(match.group(0)), author, joiners(rest[: match.end()]))
    return None


def _plain(rest: str) -> int:
    """Return where the first sentence of so many turns begins that it is no line; the length where there is none."""
    if len(_TURN.findall(rest)) <= _MOST_TURNS:
        return len(rest)
    start = 0
    for end in [*(match.end() for match in _SENTENCE_END.finditer(rest)), len(rest)]:
        if len(_TURN.findall(rest, start, end)) > _MOST_TURNS:
            return start
        start = end
    return len(rest)


def separate_kind(words: str) -> OpinionKind:
    """Return the kind of a separate opinion from the words that name it."""
    words = words.lower()
    agrees, disagrees = "concur" in words, "dissent" in words
    in_part = re.search(r"\bin\s+parts?\b", words) is not None
    if disagrees:
        return OpinionKind.IN_PART if agrees or in_part else OpinionKind.DISSENT
    if in_part:
        return OpinionKind.IN_PART
    return OpinionKind.IN_JUDGMENT if re.search(r"\b(?:judgments?|results?)\b", words) else OpinionKind.CONCURRENCE


def joiners(words: str) -> tuple[str, ...]:
    """Return who joined, "Breyer (as to Part III)" where only in part, from "with whom ..." or "joined by ..."."""
    found: list[str] = []
    for match in _WITH.finditer(words):
        extent = " ".join((match.groupdict().get("as") or "").split())
        found += [f"{name} ({extent})" if extent else name for name in names(match["names"])]
    return tuple(dict.fromkeys(found))


def _names_in(match: re.Match[str] | None) -> tuple[str, ...]:
    return names(match["names"]) if match else ()


def names(words: str) -> tuple[str, ...]:
    """Return the surnames of a list of judges; "The Chief Justice" stays as it is."""
    words = _TITLES.sub(" ", _THE_CHIEF.sub("§CHIEF§", words))
    pieces = [piece.strip(" .") for piece in _BETWEEN_NAMES.split(words)]
    wanted = ["The Chief Justice" if piece == "§CHIEF§" else tidy_name(piece) for piece in pieces if piece]
    return tuple([name for name in wanted if _IS_NAME.fullmatch(name)])


_THE_CHIEF = re.compile(r"\bthe\s+chief\s+justice\b", re.IGNORECASE)
_BETWEEN_NAMES = re.compile(r",|;|\band\b", re.IGNORECASE)
_IS_NAME = re.compile(r"[A-Z]['’]?[A-Za-z][\w'’. -]{1,40}")


def tidy_name(name: str) -> str:
    """Return a name printed in capitals as a name: "O'CONNOR" is "O'Connor"."""
    name = " ".join(name.split()).strip(" ,.")
    if not name.isupper():
        return name
    return _CAPITALS.sub(lambda match: match.group(0).capitalize(), name)


_CAPITALS = re.compile(r"[A-Z]+")


def author_of(words: str) -> str:
    """Return who speaks by a line that is broken off after the name; empty where it names nobody."""
    match = _START.match(normalise(words[:_LONGEST]))
    return tidy_name(match["name"] or "The Chief Justice") if match else ""


def running_author(words: str) -> str:
    """Return whose opinion a page's running head names ("Opinion of THOMAS, J."); empty where there is none."""
    match = _RUNNING.match(words[:140]) if "pinion" in words[:100] else None
    name = tidy_name(normalise(match["name"])) if match else ""
    return "" if name in ("The", "Court") else name


def filed(lineup: str) -> dict[str, Header]:
    """Return the separate opinions that a syllabus lists ("Scalia, J., filed a dissenting opinion"), by author."""
    found: dict[str, Header] = {}
    for match in _FILED.finditer(normalise(lineup)):
        if re.search(r"concur|dissent", match["kind"]):
            author = tidy_name(match["name"])
            found[author] = Header(separate_kind(match["kind"]), author, names(match["names"] or ""))
    return found


def announced(lineup: str) -> Header | None:
    """Return who speaks for the court by a syllabus' list ("Thomas, J., announced the judgment of the Court ...")."""
    match = _ANNOUNCED.search(normalise(lineup))
    if match is None:
        return None
    rest = re.sub(r"\bthe\s+decision\s+of\b", "the judgment of", match["rest"], flags=re.IGNORECASE)
    delivered = _DELIVERED.match(rest)
    return _delivered(tidy_name(match["name"]), rest, delivered) if delivered else None


def judges_of(headers: Iterable[Header]) -> tuple[str, ...]:
    """Return everyone who wrote or joined, in order of appearance."""
    found: list[str] = []
    for header in headers:
        found += [header.author, *(name.split(" (")[0] for name in header.joined_by)]
    return tuple(dict.fromkeys(name for name in found if name and name != "The Chief Justice"))


def _sentence(words: str) -> str:
    match = re.search(r"(?<!\bv)(?<!\b[A-Z])\.(?:\s|$)", words)
    return words[: match.start() + 1] if match else words
