"""How many, and which: a question counted from structure, with the exact list and the rule that made the number said.

    question -> conditions (kind, court, years, place, status, citing, phrases, words) -> the documents that fulfil all

Nothing is ranked and nothing is guessed: a document is counted or it is not, and the conditions say why.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from app.retrieval.expression import Field
from app.retrieval.lookup import Resolution, resolve
from app.retrieval.matching import Matcher
from app.retrieval.periods import next_period
from app.retrieval.query import Filters, Query, parse_query
from indexing.interfaces import Mask
from indexing.models import IntVector
from indexing.text import tokens
from scraper.errors import QueryError
from scraper.jurisdictions import Court

_KINDS = (
    (r"(?:cases?|opinions?|decisions?|rulings?|precedents?)", ("case",), "is a case"),
    (r"statutes?|statutory (?:sections?|provisions?)", ("statute",), "is a section of a statute"),
    (r"regulations?", ("regulation",), "is a section of a regulation"),
    (r"(?:sections?|provisions?|laws)", ("statute", "constitution", "regulation"),
     "is a section of a statute, regulation or constitution"),
)  # fmt: skip
_STATUS = (
    (r"repealed|no longer in force", "repealed"), (r"expired", "expired"), (r"reserved", "reserved"),
    (r"renumbered|transferred", "renumbered"), (r"(?:still |currently )?in force", "in_force"),
)  # fmt: skip
_PLACE = re.compile(r"\b(title|chapter|subchapter|article|part|division)\s+([0-9][0-9A-Za-z.-]*|[IVXLC]+)\b", re.I)
_NEVER = r"(?:\b(?:(?:do|does|did|have|has)\s+)?(not|never)\s+)?"
_CITED_BY = re.compile(rf"{_NEVER}\b(?:are |is |were |was )?cited (?:by|in)\s+(.+?)[?.!\s]*$", re.I)
_CITES_WHAT = re.compile(r"()\b(?:do|does|did)\s+(.+?)\s+(?:cite|refer to)[?.!\s]*$", re.I)
_CITING = re.compile(
    rf"{_NEVER}\b(?:cit(?:e|es|ed|ing)|refer(?:s|red|ring)? to)(?: to)?\s+(?:both |either )?(.+?)[?.!\s]*$", re.I
)
# What a court does with a provision it cites; read so only where a citation follows.
_APPLYING = re.compile(
    rf"{_NEVER}\b(?:under|on|about|involv\w+|concern\w*|regarding|interpret\w*|constru\w+|appl(?:y|ies|ied|ying)"
    r"|discuss\w*|mention\w*|address\w*|invok\w+)\s+(.+?)[?.!\s]*$",
    re.I,
)
_ANOTHER = re.compile(r"(?:\s*,\s*|\s+)(and|or)\s+(?:by |to )?(.+)$", re.I)
_DECISIONS = r"(?:cases?|opinions?|decisions?|rulings?)"
_LEFT_OUT = re.compile(
    r"\b(?:(?:do|does|did|is|are|was|were|has|have)\s+not|(?:don|doesn|didn|isn|aren|wasn|weren)['’]t|except|excluding"
    r"|other than|neither)\b",
    re.I,
)
_EACH = re.compile(r"\b(?:per|by|each|every)\s+(?:year|month|court|title|chapter|topic|judge|justice)\b", re.I)
_TOPIC_ID = re.compile(r"\b(?:in |of |under )?(?:the )?topic (t\d+(?:\.\d+)*)\b", re.I)
_TOPIC_NAMED = re.compile(r"\b(?:in|under|of) the (?:topic (?:of )?([^?.!]+)|([^?.!]+?) topic)[?.!\s]*$", re.I)
_HANDED = re.compile(r"\b(?:handed down|rendered)\b", re.I)
_THIS_COURT = re.compile(r"\b(?:of|by|from|in|did) (?:this|the|our) court\b", re.I)
_HEAD = re.compile(
    r"^\W*(?:please\s+)?(?:how many|how much|what (?:is|are) the number of|(?:the )?number of|count(?: of)?"
    r"|list(?: of)?|show(?: me)?|name|find|give(?: me)?|which|what)\b"
    r"(?:\s+(?:of|all|the|every|me|those|are|there)\b)*",
    re.I,
)
# What joins a subject to what is asked and carries none itself, before it ("address", "use the word") and around it.
_LEADING = frozenset(
    "address addresses addressed concern concerns concerned regard relate relates related deal deals dealt with "
    "discuss discusses discussed mention mentions mentioned contain contains contained containing involve involves "
    "involved cover covers covered covering treat treats treated speak speaks apply applied use uses used "
    "using hold holds held word words term terms phrase phrases subject topic issue question matter "
    "document documents here do does did have "
    "has exist exists say says decide decides enacted issued made currently still any all every each both other only "
    "that which to of on in under for by a an the there are is was were".split()
)
_NOUNS = frozenset("use word words term terms phrase phrases subject topic issue question matter".split())
_ANYWHERE = frozenset(
    "about concerning regarding addressing relating dealing discussing mentioning involving decided deciding".split()
)
_TRAILING = frozenset(
    "here exist exists there are is held total altogether overall database collection documents in this the".split()
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that had to hold: what it is about, its value as read, and words that end "... where the document"."""

    name: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Counted:
    """The documents for which every condition holds, in order of the catalogue; `rule` says it in one sentence.

    `others` are `(rule, number)` by other rules for the same words: what "address" means is the reader's choice.
    """

    question: str
    rows: IntVector
    conditions: tuple[Condition, ...]
    rule: str
    others: tuple[tuple[str, int], ...]


def count(matcher: Matcher, question: str, filters: Filters | None = None) -> Counted:
    """Count; raise QueryError where the question asks nothing that structure or words could answer."""
    written = parse_query(question).written
    asked = _HEAD.sub(" ", written, count=1).strip() or "documents"
    reader = _Reader(matcher, parse_query(asked, filters))
    reader.read()
    if not reader.conditions:
        raise QueryError(
            "Nothing to count by was found: name a kind (cases, sections), a court, a year, a title, a citation or "
            "words."
        )
    rows = np.flatnonzero(reader.mask & reader.subject).astype(np.int64)
    said = "; ".join(f"it {condition.words}" for condition in reader.conditions)
    return Counted(written, rows, tuple(reader.conditions), f"A document is counted where {said}.",
                   tuple(reader.others()))  # fmt: skip


class _Reader:
    """Takes one condition after another out of the question; what is left over is its subject."""

    def __init__(self, matcher: Matcher, query: Query) -> None:
        self._matcher, self._query = matcher, query
        self._rest = query.plain
        self.conditions: list[Condition] = []
        self.mask = matcher.filtered(query.filters)
        self.subject: Mask = np.ones_like(self.mask)
        self._terms: tuple[str, ...] = ()
        self._wider = self.mask.copy()  # the same, but for citations of a part: any part of the section does

    def read(self) -> None:
        """Read the whole question."""
        if not self._query.filters.empty:
            self.conditions.append(Condition("filters", "", "passes the filters of the request"))
        if self._query.where is not None:
            words = "fulfils what is in quotes, in fields or between operators"
            self._require("expression", self._query.written, words, self._matcher.holds(self._query.where))
        self._refuse_series()
        self._take(_HANDED)
        self._topic()
        self._citing()
        self._deciding()
        self._kind()
        self._court()
        self._years()
        self._act()
        self._place()
        self._status()
        self._refuse_negation()
        self._subject()

    def others(self) -> Iterator[tuple[str, int]]:
        """Yield the counts of other readings of the same words, under the same conditions."""
        if not any(condition.name == "status" for condition in self.conditions):
            counted = self.mask & self.subject
            still = int((counted & self._matcher.holds(Field("status", "in_force"))).sum())
            if 0 < still < int(counted.sum()):
                yield ("of these, only what is in force as its publisher states", still)
        wider = int((self._wider & self.subject).sum())
        if wider > int((self.mask & self.subject).sum()):
            yield ("the section cited as a whole or in any part", wider)
        if not self._terms:
            return
        text = " ".join(self._terms)
        yield ("every word anywhere in the document", int((self.mask & self._matcher.words(text)).sum()))
        called = np.logical_and.reduce([self._matcher.called(term) for term in self._terms])
        yield ("every word in its name or place", int((self.mask & called).sum()))
        for topic in self._matcher.topics_labelled(self._terms):
            label = self._matcher.corpus.topics[topic].label
            held = self._matcher.filtered(Filters(topic=(topic,)))
            yield (f"topic {topic} ({label})", int((self.mask & held).sum()))

    def _require(self, name: str, value: str, words: str, mask: Mask, wider: Mask | None = None) -> None:
        self.conditions.append(Condition(name, value, words))
        self.mask = self.mask & mask
        self._wider = self._wider & (mask if wider is None else wider)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.search(self._rest)
        if found:
            self._rest = f"{self._rest[: found.start()]} {self._rest[found.end() :]}"
        return found

    def _refuse_series(self) -> None:
        found = _EACH.search(self._rest)
        if found:
            raise QueryError(
                f'One number is counted at a time, not one for {found[0]!r}: name one, as in "cases decided in 1999".'
            )

    def _refuse_negation(self) -> None:
        found = _LEFT_OUT.search(self._rest)
        if found:
            raise QueryError(
                f"What {found[0]!r} leaves out was not understood; write it with an operator, as in "
                "kind:case standing NOT mootness."
            )

    def _topic(self) -> None:
        found = self._take(_TOPIC_ID) or self._take(_TOPIC_NAMED)
        if found:
            topics = self._matcher.topics(next(group for group in found.groups() if group).strip())
            labels = " or ".join(f"{topic} ({self._matcher.corpus.topics[topic].label})" for topic in topics)
            mask = self._matcher.filtered(Filters(topic=topics))
            self._require("topic", ", ".join(topics), f"is in topic {labels}", mask)

    def _citing(self) -> None:
        for pattern, words in ((_CITED_BY, "is cited by"), (_CITES_WHAT, "is cited by"), (_CITING, "cites")):
            found = pattern.search(self._rest)
            if not found:
                continue
            cite = self._named(found[2])
            if cite is not None:
                self._cited(found, words, cite)
                return
            if words == "cites" and found[2][:1].isupper() and "refer" not in found[0].lower():
                raise QueryError(
                    f"Nothing is held under the name with which {found[2]!r} begins; write a citation, or both parties."
                )
        found = _APPLYING.search(self._rest)
        cite = self._named(found[2]) if found else None
        if found and cite is not None and cite.kind == "citation":
            self._cited(found, "cites", cite)

    def _cited(self, found: re.Match[str], words: str, cite: Resolution) -> None:
        """Require what one citation asks, with those that "and" or "or" join to it."""
        cites, joins = [cite], set[str]()
        after = found.start(2) + len(cite.query)
        while (more := _ANOTHER.match(self._rest[after:])) and (cite_too := self._named(more[2])):
            joins.add(more[1].lower())
            cites.append(cite_too)
            after += more.start(2) + len(cite_too.query)
        if len(joins) > 1:
            raise QueryError('Citations are joined by "and" as well as by "or"; ask with one of them.')
        both = np.logical_or if joins == {"or"} else np.logical_and
        mask = np.asarray(both.reduce([self._holding(words, one) for one in cites]), dtype=np.bool_)
        said = f" {'or' if joins == {'or'} else 'and'} ".join(self._title(one) for one in cites)
        name = words.replace(" ", "_")
        wider = mask
        if words == "cites" and not found[1]:
            wider = np.asarray(both.reduce([self._matcher.citing_any(one.documents) for one in cites]), dtype=np.bool_)
        if found[1]:
            words, mask = {"cites": "does not cite"}.get(words, "is not cited by"), ~mask
        self._require(name, ", ".join(one.query for one in cites), f"{words} {said}", mask, wider)
        tail = self._rest[after:] if found.re is not _CITES_WHAT else ""
        self._rest = f"{self._rest[: found.start()]} {tail}"

    def _holding(self, words: str, cite: Resolution) -> Mask:
        if words != "cites":
            return self._matcher.cited_by(cite.documents)
        return self._matcher.citing_any(cite.documents, cite.pinpoint)

    def _title(self, cite: Resolution) -> str:
        corpus = self._matcher.corpus
        titles = [corpus.entries[corpus.rows[one]].citation or one for one in cite.documents]
        return ", ".join(titles) + (cite.pinpoint if cite.pinpoint.startswith("(") else "")

    def _named(self, text: str) -> Resolution | None:
        """Return what the longest beginning of a text names, its `query` without blanks at the end; else None.

        A citation of nothing held, and a party of several cases, raise QueryError.
        """
        corpus = self._matcher.corpus
        ends = [match.end() for match in re.finditer(r"\S+", text)][:40]
        cites = [text[:end].rstrip("?.!,; ") for end in reversed(ends)]
        for cite in cites:
            found = resolve(corpus, self._matcher.jurisdictions, cite)
            if found is not None and found.documents:
                return replace(found, query=cite)
            if found is not None and found.kind == "citation":
                raise QueryError(f"{cite!r} is a citation, but nothing is held under it, so nothing can be counted.")
        for cite in cites if text[:1].isupper() else ():
            named = self._matcher.party(cite)
            if len(named) > 1:
                raise QueryError(f"{cite!r} is a party of {len(named)} cases that are held; name both parties.")
            if named:
                return Resolution(cite, "party", cite, named)
        return None

    def _kind(self) -> None:
        for pattern, kinds, words in _KINDS:
            found = re.match(rf"\W*(?:\w+ ){{0,4}}?(?:{pattern})\b", self._rest, re.I)
            if found:
                at = re.search(rf"\b(?:{pattern})\b", self._rest, re.I)
                assert at is not None
                self._rest = f"{self._rest[: at.start()]} {self._rest[at.end() :]}"
                self._require("kind", ", ".join(kinds), words, self._matcher.filtered(Filters(kind=kinds)))
                return

    def _deciding(self) -> None:
        """Read a court by the short of its name, where it stands as the one that decided: "Supreme Court cases"."""
        held = {entry.court for entry in self._matcher.corpus.entries if entry.court}
        by_short: dict[str, list[Court]] = defaultdict(list)
        for court in self._matcher.jurisdictions.courts:
            for short in _shorts(court.name, self._matcher.jurisdictions.names.get(court.jurisdiction, "")):
                by_short[short].append(court)
        for short, courts in sorted(by_short.items(), key=lambda pair: (-len(pair[0]), pair[0])):
            name = rf"(?:the )?(?:U\.?S\.? )?{re.escape(short)}(?! (?:of|for) (?:the )?[A-Z])"
            found = next((m for one in _deciding_forms(name) if (m := re.search(one, self._rest, re.I))), None)
            if not found:
                continue
            own = [court for court in courts if court.id in held]
            if len(own) != 1:
                asked = f"Which court is meant by {short!r}?" if own else f"No decision of the {short} is held."
                raise QueryError(f"{asked} Courts of which decisions are held: {', '.join(sorted(held)) or 'none'}.")
            self._rest = f"{self._rest[: found.start(1)]} {self._rest[found.end(1) :]}"
            mask = self._matcher.filtered(Filters(court=(own[0].id,)))
            self._require("court", own[0].id, f"is of the {own[0].name}", mask)
            return

    def _court(self) -> None:
        if any(condition.name == "court" for condition in self.conditions):
            return
        corpus = self._matcher.corpus
        held = {entry.court for entry in corpus.entries if entry.court}
        courts = [court for court in self._matcher.jurisdictions.courts if court.id in held]
        pairs = [(name, court) for court in courts for name in (court.name, *court.names)]
        names = sorted(pairs, key=lambda pair: -len(pair[0]))
        for name, court in names:
            if len(name) > 3 and self._take(re.compile(rf"\b(?:the )?{re.escape(name)}\b", re.I)):
                mask = self._matcher.filtered(Filters(court=(court.id,)))
                self._require("court", court.id, f"is of the {court.name}", mask)
                return
        if self._take(_THIS_COURT):
            if len(held) != 1:
                raise QueryError(f"Which court is meant? Held are: {', '.join(sorted(held)) or 'none'}.")
            mask = self._matcher.filtered(Filters(court=tuple(held)))
            self._require("court", courts[0].id, f"is of the {courts[0].name}", mask)

    def _years(self) -> None:
        while asked := next_period(self._rest):
            entries = self._matcher.corpus.entries
            mask = np.array([asked.holds(entry.date, entry.year) for entry in entries], dtype=np.bool_)
            value = ", ".join(period.words.removeprefix("of ") for period in asked.periods)
            self._require("year", value, asked.words, mask)
            self._rest = f"{self._rest[: asked.span[0]]} {self._rest[asked.span[1] :]}"

    def _act(self) -> None:
        """Read an act whose own sections are those of a title: "sections of the Bankruptcy Code"."""
        for act in self._matcher.jurisdictions.acts:
            code = self._matcher.jurisdictions.code(act.code)
            if not act.same or code is None or act.name in code.names:
                continue
            if self._take(re.compile(rf"^\W*\b(?:in|of) (?:the )?{re.escape(act.name)}\b", re.I)):
                wanted = dict(act.fields)
                own = [code.groups_of_id(entry.id) or {} for entry in self._matcher.corpus.entries]
                mask = np.array([bool(one) and wanted.items() <= one.items() for one in own], dtype=np.bool_)
                where = ", ".join(f"{name} {value}" for name, value in wanted.items())
                self._require("act", act.name, f"is of the {act.name} ({where} of the {code.name})", mask)
                return

    def _place(self) -> None:
        entries, begin = self._matcher.corpus.entries, 0
        while found := _PLACE.search(self._rest, begin):
            level = f"{found[1].lower()} {found[2]}"
            wanted = re.compile(rf"\b{re.escape(level)}(?![\w.-]*\w)", re.I)
            mask = np.array([any(wanted.search(label) for label in entry.place) for entry in entries], dtype=np.bool_)
            if self._only_cases and not (self.mask & mask).any():
                begin = found.end()  # a case stands in no title: "cases under Title VII" speak of one
                continue
            self._require("place", level, f"stands in {level}", mask)
            self._rest = f"{self._rest[: found.start()]} {self._rest[found.end() :]}"

    @property
    def _only_cases(self) -> bool:
        return any(condition.name == "kind" and condition.value == "case" for condition in self.conditions)

    def _status(self) -> None:
        for pattern, status in _STATUS:
            found = self._take(re.compile(rf"\b(?:(not)\s+(?:(?:been|yet|now)\s+)*)?(?:{pattern})\b", re.I))
            if found:
                mask = self._matcher.holds(Field("status", status))
                words = f"is {'not ' if found[1] else ''}{status.replace('_', ' ')} as its publisher states"
                self._require("status", status, words, ~mask if found[1] else mask)
                return

    def _subject(self) -> None:
        code = self._code()
        if code:
            self._require("code", code[0], f"belongs to {code[1]}", self._matcher.filtered(Filters(code=(code[0],))))
        kept = _subject_of(re.findall(r"\w[\w'’.-]*", self._rest), quoted=self._query.where is not None)
        self._terms = tuple(dict.fromkeys(tokens(" ".join(kept))))
        if self._terms:
            text = " ".join(word for word in kept if tokens(word))
            self.subject = self._matcher.within_a_passage(self._terms)
            words = f"holds every word of {text!r}, in any inflected form, in one passage or in its name or place"
            self.conditions.append(Condition("words", text, words))

    def _code(self) -> tuple[str, str] | None:
        held = {entry.code for entry in self._matcher.corpus.entries if entry.code}
        for code in self._matcher.jurisdictions.codes:
            if code.id in held and self._take(re.compile(rf"\b(?:of |in )?(?:the )?{re.escape(code.name)}\b", re.I)):
                return code.id, code.name
        return None


def _shorts(name: str, jurisdiction: str) -> Iterator[str]:
    """Yield the short names of a court: without its jurisdiction's, with that in front, and its circuit's."""
    land = rf"(?:{re.escape(jurisdiction)}|United States)" if jurisdiction else "United States"
    plain = re.sub(rf"^{land} | (?:of|for) (?:the )?{land}$", "", name)
    yield plain
    if jurisdiction and plain != name:
        yield f"{jurisdiction} {plain}"
    _, divided, division = plain.partition(" for the ")
    if divided:
        yield division


def _deciding_forms(name: str) -> tuple[str, ...]:
    """Return the patterns of a court's name, in group 1, where it is the court that decided."""
    return (
        rf"({name})(?='s|’s)? (?={_DECISIONS}\b)",
        rf"\b{_DECISIONS} (?:(?:that )?(?:was|were|are|have been) )?(?:\w+ed )?((?:of|by|from|in) {name})\b",
        rf"\b(?:decided|issued|written|made|heard) (by {name})\b",
        rf"\b(?:did|does|has|have|had) ({name})\b",
    )


def _subject_of(found: list[str], *, quoted: bool = False) -> list[str]:
    """Return the words without those that join them to the question: of "that use the word use" the last is left.

    quoted: a condition stands in quotes besides, so that the last word need not be the subject.
    """
    kept = [word.rstrip(".-'’") for word in found]
    kept = [word for word in kept if word.lower() not in _ANYWHERE]
    while len(kept) > 1 and kept[0].lower() in _LEADING:
        kept.pop(0)
    if len(kept) == 1 and kept[0].lower() in (_LEADING if quoted else _LEADING - _NOUNS):
        return []
    while kept and kept[-1].lower() in _TRAILING:
        kept.pop()
    return kept
