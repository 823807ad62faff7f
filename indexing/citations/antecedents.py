"""Id., supra and short citations linked to what they repeat, within one text; unique or not at all."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from indexing.citations.case_names import LONGEST_BEFORE, around, is_another_case, own_name
from indexing.citations.found import Found
from indexing.models import CitationKind

LONGEST_OPINION = 200  # pages: a pinpoint further behind the first page belongs to another case
_LEADING_PAGE = re.compile(r"\D{0,3}(\d+)")
# What has no key but may be what "Id." repeats: the record, briefs, and the opinions printed beside this one.
_RECORD = re.compile(
    r"\b(?:App\.(?!\s?(?:\d+d|Div))|Brief\s+for|Tr\.|Record\b|Rec\.|R\.\s\d|Pet\.\s+for|Arg\.|Deposition|Exh?\."
    r"|[Aa]nte,|[Pp]ost,|[Ii]nfra)"
)
_BETWEEN_PARALLELS = re.compile(r"(?:,?\s*(?:at\s+|¶+\s?|nn?\.\s?|p\.\s?)?\d[\d\s–—,-]*(?:nn?\.\s?\d+)?)*,?\s*")
_PARTIES = re.compile(r"(?P<left>[A-Z][\w.'’&-]*)\s+v\.\s+(?:(?!\sv\.\s)[^;()])*\Z")
_LONGEST_NAME = 80
_LAWS = (CitationKind.STATUTE, CitationKind.CONSTITUTION, CitationKind.REGULATION)
_SESSION = re.compile(r"Pub\. L\. |\d+A? Stat\. |Act of ")
_BETWEEN_LAWS = re.compile(
    r"(?:\s*\([^()]{1,40}\))?(?:,\s*(?:as\s+amended,?\s*|see\s+)?|\s*\((?:as\s+amended\s+and\s+)?(?:codified\s+)?at\s+)"
)
_LIST_GOES_ON = re.compile(r"\s*(?:,|;|and|[-–—]|through|to)\s*(?:and\s+)?§*\s*\d+[a-z]?(?:\W|\Z)|\s*,?\s*et\s+seq")
_UNKNOWN_PAGE = re.compile(r"\s?,?\s*at\s+[_—–-]{2,}")
_LONGEST_MENTION = 800  # characters before "Id." in which a case may have been named
_NO_NAME = frozenset(("States", "State", "People", "Commonwealth", "United", "City", "County", "Co", "Corp", "Inc"))


def link(text: str, found: Sequence[Found]) -> list[Found]:
    """Give every citation its group and, where its antecedent is certain, what the antecedent cites.

    `found` is in order of place. Opaque citations leave the list: they only keep "Id." from reaching past
    them.
    """
    full: list[Found] = []  # one for each authority cited so far
    heads: dict[str, str] = {}  # what names each of them: its name, and what stands in front of its full citations
    before: Found | None = None  # the full citation of a case in front
    linked: list[Found] = []
    last: Found | None = None
    for item in found:
        current = item
        if item.opaque:
            last = item
            continue
        if item.kind is CitationKind.SHORT:
            current = _repeat(item, _short_antecedent(text, item, full, heads))
        elif item.kind is CitationKind.SUPRA:
            current = _repeat(item, _supra_antecedent(text, item, full))
        elif item.kind is CitationKind.ID:
            current = _repeat(item, _id_antecedent(text, linked, item, last, full))
        elif item.kind is CitationKind.FULL:
            current = _full(text, linked[-1] if linked else None, before, item)
            before = current
            if current.key and current.key not in heads:
                full.append(current)
            named = f"{current.case_name} {around(text, item.start, item.end)}"
            heads[current.key] = f"{heads.get(current.key, '')} {named}"
        if linked and _same_place(text, linked[-1], current):
            current = replace(current, group=linked[-1].group)
        if current.group < 0:
            current = replace(current, group=current.start)
        linked.append(current)
        # "Id." gives the pages of the first of parallel ones, and never goes back to a name in running words.
        if (last is None or current.group == current.start) and not current.mention:
            last = current
    return _with_best_names(linked)


def _full(text: str, previous: Found | None, before: Found | None, item: Found) -> Found:
    """Give a full citation the name and year of the one that it is parallel to, else the name written before it."""
    parallel = _parallel(text, previous, item)
    if parallel:
        name, year = item.case_name or parallel.case_name, item.year or parallel.year
        return replace(item, group=parallel.group, case_name=name, year=year)
    front = text[max(previous.end if previous else 0, item.start - LONGEST_BEFORE) : item.start]
    neighbour = before.case_name if before is not None and before.key != item.key else ""
    return replace(item, case_name=own_name(item.case_name, front, neighbour))


def _with_best_names(linked: Sequence[Found]) -> list[Found]:
    """Give each citation of a case that names no two parties the name the text most often uses."""
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for item in linked:
        if item.kind is CitationKind.FULL and " v. " in item.case_name:
            names[item.key][item.case_name] += 1
    return [
        replace(item, case_name=names[item.key].most_common(1)[0][0])
        if item.key in names and " v. " not in item.case_name
        else item
        for item in linked
    ]


def _repeat(item: Found, antecedent: Found | None) -> Found:
    if antecedent is None:
        return replace(item, page="")
    return replace(
        item,
        key=antecedent.key,
        case_name=antecedent.case_name,
        year=antecedent.year,
        volume=antecedent.volume,
        reporter=antecedent.reporter,
        page=antecedent.page,  # so that the pages of a following "Id." can be checked
    )


def _short_antecedent(text: str, item: Found, full: Sequence[Found], heads: Mapping[str, str]) -> Found | None:
    if not item.reporter:
        return _by_name(item.antecedent, full)
    same_volume = [one for one in full if one.volume == item.volume and one.reporter == item.reporter]
    if len(same_volume) > 1 and item.antecedent:
        named = [one for one in same_volume if _names(item.antecedent, one.case_name)]
        same_volume = named or same_volume
    if len(same_volume) > 1:
        same_volume = [one for one in same_volume if _page_fits(item.pinpoint, one.page)]
    if len(same_volume) != 1:
        return None
    front = text[max(0, item.start - _LONGEST_NAME) : item.start]
    return None if is_another_case(front, heads[same_volume[0].key]) else same_volume[0]


def _supra_antecedent(text: str, item: Found, full: Sequence[Found]) -> Found | None:
    """Find the authority by both parties where both are named, else by one word."""
    end = item.start + len(item.antecedent)
    parties = _PARTIES.search(text, max(0, end - _LONGEST_NAME), end)
    if not parties:
        return None if item.antecedent in _NO_NAME else _by_name(item.antecedent, full)
    pattern = rf"\b{re.escape(parties['left'])} v\. .*\b{re.escape(item.antecedent)}\b"
    named = [one for one in full if re.search(pattern, one.case_name)]
    return named[0] if len({_group(one) for one in named}) == 1 else None


def _by_name(antecedent: str, full: Sequence[Found]) -> Found | None:
    if len(antecedent) < 3:
        return None
    named = [one for one in full if _names(antecedent, one.case_name)]
    groups = {_group(one) for one in named}
    return named[0] if len(groups) == 1 else None


def _names(antecedent: str, case_name: str) -> bool:
    return re.search(rf"\b{re.escape(antecedent)}\b", case_name) is not None


def _id_antecedent(
    text: str, linked: Sequence[Found], item: Found, last: Found | None, full: Sequence[Found]
) -> Found | None:
    """Find what "Id." repeats: `last`, unless the text between says that it is something else."""
    between = text[linked[-1].end : item.start] if linked else ""
    if last is None or not last.key or _RECORD.search(between):
        return None
    if not last.volume and _UNKNOWN_PAGE.match(text, item.end):  # a page not yet known is no section's
        return None
    if not item.pinpoint or (not last.volume and re.search(r"[§(]", item.pinpoint)):
        return last
    if last.volume and _page_fits(item.pinpoint, last.page):
        return last
    # A page or a paragraph that what stands before does not have: of the one case that the text has named since.
    near = between[-_LONGEST_MENTION:]
    named = [one for one in full if _page_fits(item.pinpoint, one.page) and _named_in(near, one.case_name)]
    return named[0] if len({_group(one) for one in named}) == 1 else None


def _named_in(text: str, case_name: str) -> bool:
    parties = [side.split()[0].rstrip(",.") for side in case_name.split(" v. ") if side.split()]
    return any(len(one) > 3 and one not in _NO_NAME and re.search(rf"\b{re.escape(one)}\b", text) for one in parties)


def _group(item: Found) -> int:
    return item.group if item.group >= 0 else item.start


def _page_fits(pinpoint: str, page: str) -> bool:
    """Tell whether a pinpoint may lie in a case that begins on `page`; paragraphs and slips always may."""
    found = _LEADING_PAGE.match(pinpoint)
    if not found or not page.isdigit() or "¶" in pinpoint or "*" in pinpoint:
        return True
    return int(page) <= int(found[1]) <= int(page) + LONGEST_OPINION


def _parallel(text: str, before: Found | None, item: Found) -> Found | None:
    if before is None or before.kind is not CitationKind.FULL or before.reporter == item.reporter:
        return None
    if item.volume and item.page and _joined(text, before, item):
        return before
    return None


def _same_place(text: str, before: Found, item: Found) -> bool:
    """Tell whether a citation is another form of the one right before it."""
    if item.kind is CitationKind.SHORT:
        return bool(before.volume) and _joined(text, before, item)
    return item.kind in _LAWS and _same_law(text, before, item)


def _same_law(text: str, before: Found, item: Found) -> bool:
    """Tell whether two citations in a row are of one law: by its session and by the code, or by name and number."""
    between = text[before.end : item.start]
    if before.kind not in _LAWS or before.mention or item.mention or len(between) > _LONGEST_NAME:
        return False
    if before.key == item.key:
        return _BETWEEN_LAWS.fullmatch(between) is not None
    single = item.pinpoint != "et seq." and not _LIST_GOES_ON.match(text, item.end)
    return _SESSION.match(before.key) is not None and single and _BETWEEN_LAWS.fullmatch(between) is not None


def _joined(text: str, before: Found, item: Found) -> bool:
    between = text[before.end : item.start]
    return "," in between and _BETWEEN_PARALLELS.fullmatch(between) is not None
