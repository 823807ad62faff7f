"""From an opinion and its citations to what it does to the authorities it names, each with its proof.

A sentence is read where a telling word stands in it. It must say something of a mention in the grammatical place that
a rule asks for; words that deny it, imagine it or belong to somebody else undo it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from indexing.citations.keys import fold_key
from indexing.citations.sentences import sentence_spans
from indexing.models import Citation, Speaker
from indexing.treatment import patterns
from indexing.treatment.depth import depth_of
from indexing.treatment.history import history
from indexing.treatment.mentions import CASE_MARK, FILL, LAW_MARK, Mention, Mentions, Ref, shelf_refs
from indexing.treatment.models import (
    DOUBTING,
    OF_THE_COURT,
    UNDOING,
    Authority,
    Shelf,
    Stance,
    Treatment,
    TreatmentKind,
    Voice,
    power_over,
)
from indexing.treatment.patterns import Rule
from indexing.treatment.speakers import Quotations, Speakers
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind

LONGEST_SENTENCE = 3000  # characters of a sentence that are read
_CAPITALISED = re.compile(r"\b[A-Z][\w'’-]{3,}")
_CLAUSE = re.compile(
    r"[;:—]|--|,[\"”]?\s+(?:but|and|while|although|because|since|so|for|yet)\b|\bbut\b|,\s+(?:it|they|we|i)\b|[.?!][\"'”’)"
    r"\]]*\s",
    re.I,
)
_JOINED = re.compile(
    r"\s*(?:,?\s+as\s+well\s+as|,?\s+and|,?\s+or|,)\s*(?:the\s+(?:portions?|parts?)\s+of\s+)?(?:also\s+|in\s+|"
    r"those\s+(?:portions|parts)\s+of\s+)?"
)
_STRUNG = re.compile(r"\s*(?:\([^()]{0,80}\)\s*)?(?:;|,|and|,\s*and)\s*(?:see\s+(?:also\s+)?)?", re.I)
_AS_WELL = re.compile(r"\s*,?\s+as\s+well\s+as\b", re.I)
_TO_COME = 400  # characters behind a quotation in which its source is cited
_IN_VIEW = 1200  # characters before a holding in which its provision is cited
_BACK = 2  # sentences in which "it" and "that decision" find what they point at


@dataclass(frozen=True, slots=True)
class _Hit:
    rule: Rule
    start: int
    end: int
    ref: Ref
    by: Ref | None
    after: str  # the masked sentence behind the telling words
    before: str


def find_treatments(
    document: Document,
    citations: Sequence[Citation],
    jurisdictions: Jurisdictions,
    shelf: Shelf | None = None,
) -> list[Treatment]:
    """Return what a case does to the authorities it names, in order of place; empty for other kinds of document.

    `citations` are those of the document's version in order of place, resolved where they can be (an authority that
    is not held keeps its key). `shelf` knows the documents held: titles, courts and dates. Time is linear in the
    length of the text.
    """
    if document.kind is not DocumentKind.CASE or not document.text.strip():
        return []
    reader = _Reader(document, citations, jurisdictions, shelf or Shelf())
    found = sorted(dict.fromkeys(reader.read()), key=lambda one: (one.start, one.end, one.kind, one.cited_key))
    return _bounded(_strongest(found))


def _strongest(found: Sequence[Treatment]) -> list[Treatment]:
    """Leave out the doubt about an authority that the same sentence overrules, or says should be."""
    undone = {(one.sentence_start, one.cited_key) for one in found if one.kind in UNDOING}
    return [one for one in found if one.kind not in DOUBTING or (one.sentence_start, one.cited_key) not in undone]


def _bounded(found: Sequence[Treatment]) -> list[Treatment]:
    """Let an opinion that overrules a case in part do so wherever it speaks of it: its own bounds hold throughout."""
    bounds = {
        (one.cited_key, one.voice): one.scope
        for one in found
        if one.kind is TreatmentKind.OVERRULES_IN_PART and one.stance is Stance.DOES
    }
    return [
        replace(one, kind=TreatmentKind.OVERRULES_IN_PART, scope=one.scope or bounds[one.cited_key, one.voice])
        if one.kind is TreatmentKind.OVERRULES and one.stance is Stance.DOES and (one.cited_key, one.voice) in bounds
        else one
        for one in found
    ]


class _Reader:
    def __init__(
        self, document: Document, citations: Sequence[Citation], jurisdictions: Jurisdictions, shelf: Shelf
    ) -> None:
        self._document = document
        self._text = document.text
        self._jurisdictions = jurisdictions
        self._shelf = shelf
        self._self = Authority.of(document)
        self._mentions = Mentions(document.text, document.title, citations, shelf)
        self._speakers = Speakers(document)
        self._quotations = Quotations(document.text)
        self._sentences = sentence_spans(document.text)
        self._starts = [start for start, _ in self._sentences]
        self._own_keys = {fold_key(one) for one in (document.citation, *document.parallel_citations) if one}
        self._version = document.version  # a hash of the text, made once
        self._depths: dict[int, int] = {}
        self._read: dict[int, tuple[list[Mention], str]] = {}

    def read(self) -> Iterator[Treatment]:
        """Yield the treatments, those of one sentence and one authority once for each family of words."""
        new_rules: list[tuple[int, Ref]] = []
        # the telling words are sought in lower case: half the time of a search that ignores case
        lower = self._text.lower()
        lower = lower if len(lower) == len(self._text) else self._text
        for words, rules in patterns.FAMILIES:
            rows = dict.fromkeys(self._row(match.start()) for match in words.finditer(lower))
            for row in rows:
                seen: set[tuple[str, str | None]] = set()
                for hit in self._hits(row, rules):
                    if (hit.ref.key, hit.ref.id) in seen:
                        continue
                    made = self._treatment(row, hit)
                    if made:
                        seen.add((hit.ref.key, hit.ref.id))
                        yield made
                        if made.kind is TreatmentKind.OVERRULES and made.counts:
                            new_rules.append((row + 1, hit.ref))
        yield from self._holdings(new_rules)
        yield from self._said_before()
        yield from history(
            self._document, self._mentions, self._sentences, self._speakers, self._shelf, self._jurisdictions
        )

    def _row(self, place: int) -> int:
        return max(0, bisect_right(self._starts, place) - 1)

    def _sentence(self, row: int) -> tuple[list[Mention], str]:
        if row not in self._read:
            start, end = self._sentences[row]
            end = min(end, start + LONGEST_SENTENCE)
            mentions = self._mentions.within(start, end)
            self._read[row] = (mentions, self._mentions.masked(start, end, mentions))
        return self._read[row]

    def _hits(self, row: int, rules: Iterable[Rule]) -> Iterator[_Hit]:
        mentions, masked = self._sentence(row)
        start = self._sentences[row][0]
        speaker = self._speakers.at(start)
        if not any(one.ref.kind is DocumentKind.CASE for one in mentions):
            mentions, masked = self._with_shelf_names(row, mentions, masked, rules)
        for rule in rules:
            if rule.separate and speaker in (*OF_THE_COURT, Speaker.SYLLABUS):
                continue
            for match in rule.regex.finditer(masked):
                groups = match.groupdict()
                begin, end = match.start(), match.end()
                target = groups.get("a") and _at(mentions, start + match.start("a"))
                if not target:
                    target = self._pointed_at(row, match, mentions)
                if target is None or self._is_itself(target.ref):
                    continue
                by = _at(mentions, start + match.start("b")) if groups.get("b") else None
                if by is not None and by.ref is target.ref:
                    continue
                before, after = masked[:begin], masked[end:]
                if rule.guarded and self._denied(before, match.group(), speaker, rule):
                    continue
                if (rule.guarded or rule.kind in _NOT_OURS) and _said_by_others(before, match.group() + after):
                    continue
                yield _Hit(rule, start + begin, start + end, target.ref, by.ref if by else None, after, before)
                for other in _joined(masked, match, mentions, start):
                    if by is None or other is not by.ref:
                        yield _Hit(rule, start + begin, start + end, other, by.ref if by else None, after, before)

    def _is_itself(self, ref: Ref) -> bool:
        return ref.id == self._document.id or fold_key(ref.key) in self._own_keys

    def _with_shelf_names(
        self, row: int, mentions: list[Mention], masked: str, rules: Iterable[Rule]
    ) -> tuple[list[Mention], str]:
        """Read names of cases that the text does not cite, where the sentence overrules something."""
        if rules is not patterns.OVERRULING:
            return mentions, masked
        start, end = self._sentences[row]
        found = list(mentions)
        words = {match.group(): match.start() for match in _CAPITALISED.finditer(self._text, start, end)}
        for word, ref in shelf_refs(words, self._document.jurisdiction, self._self, self._shelf):
            found.append(Mention(words[word], words[word] + len(word), ref, cited=False))
        if len(found) == len(mentions):
            return mentions, masked
        found.sort(key=lambda one: one.start)
        return found, self._mentions.masked(start, min(end, start + LONGEST_SENTENCE), found)

    def _pointed_at(self, row: int, match: re.Match[str], mentions: Sequence[Mention]) -> Mention | None:
        """Find what "it", "that decision" or "the section" stands for: the mention before it, near enough."""
        groups = match.groupdict()
        wanted: tuple[DocumentKind, ...]
        if groups.get("p") is not None:
            wanted, place = (DocumentKind.CASE,), match.start("p")
        elif groups.get("q"):
            wanted, place = (DocumentKind.STATUTE, DocumentKind.REGULATION), match.start("q")
        else:
            return None
        place += self._sentences[row][0]
        before = [one for one in mentions if one.end <= place and one.ref.kind in wanted]
        if before:
            return before[-1]
        for earlier in range(row - 1, max(-1, row - 1 - _BACK), -1):
            if "\n" in self._text[self._sentences[earlier][1] : self._sentences[row][0]]:
                return None
            near = [one for one in self._sentence(earlier)[0] if one.ref.kind in wanted]
            if near:
                return near[-1]
        return None

    def _denied(self, before: str, words: str, speaker: Speaker, rule: Rule) -> bool:
        if rule.of_subject and (not patterns.SUBJECT_PLACE.search(before) or patterns.IN_A_STRING.search(before)):
            return True
        if patterns.BEHIND_THAT.search(before) and not patterns.OWN_VIEW.search(before):
            return True
        clause = before[_last_clause(before) :]
        if rule.stance is Stance.PROPOSES or speaker not in (*OF_THE_COURT, Speaker.SYLLABUS):
            # "the Court has effectively overruled" is a reproach to the majority, not a report
            if rule.stance is Stance.REPORTS and patterns.REPROACH.search(words):
                return True
            return patterns.DENIED_SEPARATE.search(clause) is not None
        inside = re.split(f"[{CASE_MARK}{LAW_MARK}]{FILL}*", words)[-1]
        return patterns.DENIED.search(clause) is not None or patterns.DENIED.search(inside) is not None

    def _treatment(self, row: int, hit: _Hit) -> Treatment | None:
        start, end = self._sentences[row]
        words = self._text[start:end]
        kind, scope = _kind_and_scope(hit, self._mentions.masked(start, end, self._sentence(row)[0]), words)
        quotation = self._quotations.around(hit.start, hit.end)
        if quotation and _is_a_word(quotation, hit):
            quotation = None
        if kind is TreatmentKind.SUPERSEDED_BY_STATUTE and hit.by is None:
            laws = [one.ref for one in self._sentence(row)[0] if one.ref.kind is not DocumentKind.CASE]
            hit = replace(hit, by=laws[0] if laws else None)
        return self._made(hit, kind, scope, start, end, quotation)

    def _made(
        self, hit: _Hit, kind: TreatmentKind, scope: str, start: int, end: int, quotation: tuple[int, int] | None
    ) -> Treatment:
        speaker = self._speakers.at(hit.start)
        voice = Voice.QUOTED_COURT if quotation else Voice(speaker.value)
        by = hit.by
        if quotation and by is None:
            source = self._mentions.cited_after(quotation[1])
            near = source is not None and source.start - quotation[1] < _TO_COME
            by = source.ref if source and near and source.ref is not hit.ref else None
        treatment = Treatment(
            citing=self._document.id,
            version=self._version,
            cited=hit.ref.id,
            cited_key=hit.ref.key,
            cited_name=hit.ref.name,
            kind=kind,
            stance=hit.rule.stance,
            voice=voice,
            start=hit.start,
            end=hit.end,
            sentence_start=start,
            sentence_end=end,
            scope=scope,
            court=self._document.court,
            date=self._document.date,
            depth=self._depth(hit.ref),
            by=by.id if by else None,
            by_key=by.key if by else "",
        )
        why = self._why_not(treatment, hit.ref, speaker)
        return replace(treatment, counts=not why, why_not=why)

    def _depth(self, ref: Ref) -> int:
        if id(ref) not in self._depths:
            self._depths[id(ref)] = depth_of(ref, self._mentions)
        return self._depths[id(ref)]

    def _why_not(self, one: Treatment, ref: Ref, speaker: Speaker) -> str:
        if one.voice is Voice.QUOTED_COURT:
            return "words of a court that is quoted"
        if speaker not in OF_THE_COURT:
            return f"words of the {speaker.value.replace('_', ' ')}"
        if one.stance is not Stance.DOES:
            return "reported of another decision" if one.stance is Stance.REPORTS else "proposed only"
        if self._document.decides_merits is False:
            return "no decision of the dispute itself"
        if not ref.own:
            return "named by a word alone"
        known = self._shelf.by_id.get(ref.id or "") or self._unheld(ref)
        return power_over(self._document, known, self._jurisdictions)

    def _unheld(self, ref: Ref) -> Authority:
        """Return what the key of an authority tells of it: the court of its reporter, the jurisdiction of its code."""
        if ref.kind is not DocumentKind.CASE:
            found = self._jurisdictions.match_code(ref.key)
            owner = found[0].jurisdiction if found else self._document.jurisdiction
            return Authority(ref.id or "", ref.kind, owner, ref.name)
        for reporter in self._jurisdictions.reporters:
            if f" {reporter.cite} " in f" {ref.key} ".replace("-", " " if reporter.neutral else "-"):
                return Authority(ref.id or "", ref.kind, reporter.jurisdiction, ref.name, court=reporter.court)
        return Authority(ref.id or "", ref.kind, self._document.jurisdiction, ref.name)

    def _holdings(self, new_rules: Sequence[tuple[int, Ref]]) -> Iterator[Treatment]:
        """Yield what the court holds under a provision that it names there or was speaking of.

        The sentence behind an overruling states the rule that stands in its place.
        """
        rows = [self._row(match.start()) for match in _WE_HOLD.finditer(self._text)]
        rows = [row for row in rows if patterns.HOLDING.match(self._text[slice(*self._sentences[row])][:80])]
        rows += [row for row, _ in new_rules if row < len(self._sentences) and self._states_a_rule(row)]
        for row in sorted(set(rows)):
            start, end = self._sentences[row]
            if self._speakers.at(start) not in OF_THE_COURT or self._quotations.around(start, end):
                continue
            mentions, masked = self._sentence(row)
            if any(rule.regex.search(masked) for rule in patterns.LAWS):
                continue
            ref = self._provision(row, mentions)
            if ref:
                rule = Rule(TreatmentKind.APPLIES, "")
                hit = _Hit(rule, start, end, ref, None, "", "")
                yield self._made(hit, TreatmentKind.APPLIES, "", start, end, None)

    def _states_a_rule(self, row: int) -> bool:
        start, end = self._sentences[row]
        if "\n" in self._text[self._sentences[row - 1][1] : start]:
            return False
        return re.search(r"\b(?:sub)?section\b|\bstatute\b|§", self._text[start:end]) is not None

    def _provision(self, row: int, mentions: Sequence[Mention]) -> Ref | None:
        named = [one.ref for one in mentions if one.ref.kind is not DocumentKind.CASE and one.cited]
        if named:
            return named[0]
        start = self._sentences[row][0]
        floor = max(self._opinion_start(start), start - _IN_VIEW)
        before = [one.ref for one in self._mentions.cited_between(floor, start)]
        laws = [ref for ref in before if ref.kind is not DocumentKind.CASE]
        if not laws:
            return None
        counts = {id(ref): laws.count(ref) for ref in laws}
        ref = max(reversed(laws), key=lambda ref: counts[id(ref)])
        # what is cited in passing only, in an opinion that is about something else, is not what is held
        most = self._most_cited_law
        return ref if most < 8 or len(self._mentions.places_of(ref)) * 3 >= most else None

    @cached_property
    def _most_cited_law(self) -> int:
        refs = {id(one.ref): one.ref for one in self._mentions.all_cited() if one.ref.kind is not DocumentKind.CASE}
        return max((len(self._mentions.places_of(ref)) for ref in refs.values()), default=0)

    def _opinion_start(self, place: int) -> int:
        spans = [
            span.start for span in self._document.spans if span.start <= place < span.end and span.kind == "opinion"
        ]
        return max(spans, default=0)

    def _said_before(self) -> Iterator[Treatment]:
        """Yield rules that are stated and then credited to a case: "..., as the Court has said. A v. B, 1 U. S. 2." """
        for match in _AS_SAID.finditer(self._text):
            row = self._row(match.start())
            if row + 1 >= len(self._sentences) or not match.end() <= self._sentences[row][1] + 1:
                continue
            start, end = self._sentences[row][0], self._sentences[row + 1][1]
            mentions, masked = self._sentence(row + 1)
            if self._sentence(row)[0] or not re.fullmatch(rf"{CASE_MARK}{FILL}*\W*", masked):
                continue
            hit = _Hit(Rule(TreatmentKind.APPLIES, ""), start, end, mentions[0].ref, None, "", "")
            yield self._made(hit, TreatmentKind.APPLIES, "", start, end, None)


_WE_HOLD = re.compile(r"\bwe\s+(?:therefore\s+|accordingly\s+|now\s+)?hold\s+that\b", re.I)
_AS_SAID = re.compile(
    r",\s+as\s+(?:the\s+(?:Supreme\s+)?Court|this\s+Court|our\s+Supreme\s+Court)\s+(?:has\s+)?(?:said|held|"
    r"explained)\b[^.;,\n]{0,60}\."
)


def _at(mentions: Sequence[Mention], place: int) -> Mention | None:
    return next((one for one in mentions if one.start <= place < one.end), None)


def _said_by_others(before: str, after: str) -> bool:
    return any(
        (
            patterns.SAID_BY_OTHERS.search(before),
            patterns.SAID_BY_A_PARTY.search(before),
            patterns.SAID_ASIDE.search(after),
        )
    )


def _last_clause(before: str) -> int:
    return max((match.end() for match in _CLAUSE.finditer(before)), default=0)


def _joined(masked: str, match: re.Match[str], mentions: Sequence[Mention], start: int) -> Iterator[Ref]:
    """Yield the further authorities of a list ("A and B are overruled", "we overrule A and B")."""
    if not match.groupdict().get("a"):
        yield from _all_of_them(masked, match, mentions, start)
        return
    first = match.start("a")
    if match.end("a") == match.end() or _AS_WELL.match(masked, match.end("a")):
        place = match.end("a")
        while (
            (link := _JOINED.match(masked, place))
            and link.end() > place
            and masked[link.end() : link.end() + 1] == CASE_MARK
        ):
            found = _at(mentions, start + link.end())
            if found is None:
                return
            yield found.ref
            place = found.end - start
        return
    earlier = [one for one in mentions if one.end - start <= first]
    for one in reversed(earlier):
        between = masked[one.end - start : first]
        if one.ref.kind is not DocumentKind.CASE or not re.fullmatch(_JOINED.pattern, between) or not between.strip():
            return
        yield one.ref
        first = one.start - start


def _all_of_them(masked: str, match: re.Match[str], mentions: Sequence[Mention], start: int) -> Iterator[Ref]:
    """Yield the cases before the last one that "they" stands for: a string of citations in the same sentence."""
    if not re.match(r"they|these|those", match.groupdict().get("p") or "", re.I):
        return
    earlier = [one for one in mentions if one.end <= start + match.start("p")]
    for one, following in zip(reversed(earlier[:-1]), reversed(earlier), strict=False):
        between = masked[one.end - start : following.start - start]
        if one.ref.kind is not DocumentKind.CASE or not _STRUNG.fullmatch(between):
            return
        yield one.ref


def _kind_and_scope(hit: _Hit, masked: str, words: str) -> tuple[TreatmentKind, str]:
    """Return the kind as the sentence bounds it, and the words that bound it."""
    kind = hit.rule.kind
    scope = ""
    if kind is TreatmentKind.LIMITS:
        scope = _limit(words[len(hit.before) :], hit.end - hit.start)
    elif kind in _BOUNDED:
        for pattern in patterns.SCOPES:
            found = pattern.search(masked)
            if found:
                scope = words[found.start() : found.end()]
                break
    scope = " ".join(scope.split()).strip(" ,")
    if kind is TreatmentKind.OVERRULES and hit.rule.stance is not Stance.PROPOSES and patterns.PARTIAL.search(masked):
        kind = TreatmentKind.OVERRULES_IN_PART
    if kind is TreatmentKind.HELD_UNCONSTITUTIONAL and patterns.AS_APPLIED.search(hit.after):
        kind = TreatmentKind.HELD_UNCONSTITUTIONAL_AS_APPLIED
    return kind, scope


# What others say of an authority is not this even where the sentence may hold a "not".
_NOT_OURS = DOUBTING | {TreatmentKind.DISTINGUISHES, TreatmentKind.UPHELD}


def _limit(words: str, end: int) -> str:
    """Return to what a case is limited: `words` begin with the telling ones, which end at `end`."""
    head = patterns.LIMIT_BEGUN.search(words[:end])
    found = patterns.LIMITED_TO.match(words[head.start() :]) if head else patterns.LIMITED_TO.search(words[end:])
    return (found["scope"] or found["rest"] or "") if found else ""


_BOUNDED = frozenset(
    (TreatmentKind.OVERRULES, TreatmentKind.ABROGATES, TreatmentKind.SUPERSEDED_BY_STATUTE,
     TreatmentKind.HELD_UNCONSTITUTIONAL, TreatmentKind.UPHELD, TreatmentKind.CRITICISES)
)  # fmt: skip


def _is_a_word(quotation: tuple[int, int], hit: _Hit) -> bool:
    """Tell whether the marks hold a word or two of the sentence rather than the saying of another."""
    return quotation[1] - quotation[0] < 16 and hit.end - hit.start > 16
