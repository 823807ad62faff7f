"""The name that a text itself writes before a case citation, where eyecite read half of one or its neighbour's."""

from __future__ import annotations

import re

LONGEST_BEFORE = 240  # characters in front of a citation in which its name may stand
_PARTY = r"(?:[A-Z][\w.'’&-]*,?|of|the|for|and|&|ex|rel\.|in|on|de|la)"
_OWN_NAME = re.compile(
    rf"(?P<left>[A-Z][\w.'’&-]*,?(?:\s+{_PARTY}){{0,11}})\s+vs?\.\s+(?P<right>[^\n;]{{1,120}}?),\s*\Z"
)
_SENTENCE_BEFORE = re.compile(r"\A.*[a-z]{4,}\.\s+(?=[A-Z])")
_SIGNAL_BEFORE = re.compile(
    r"\A(?:(?:See|But|Cf\.|Accord|Compare|In|As|And|Under|From|After|Before|Since|Unlike|Like|E\.g\.|also|see|and|the|with|of|for|,)[\s,]+)+"
)
_BYNAME_BEHIND = re.compile(r"[^;()]{0,30}(?:\([^()]{1,60}\)\s*){1,3}")  # ", 227 (1993) (Boston Harbor)"
_SHORT_NAME = re.compile(r"(?P<name>[A-Z][\w.'’&-]*(?: [\w.'’&-]+){0,3}),\Z")
_SIGNALS = frozenset(("See", "But", "Accord", "Compare", "Under", "And", "The", "Likewise", "Moreover", "Indeed", "Cf"))


def own_name(read: str, before: str, neighbour: str) -> str:
    """Return the name of the case whose citation stands right behind `before`.

    read: what eyecite took for it. neighbour: the name of the full citation in front, which eyecite may have lent to
    this one. What is not written before the citation as a name is none: "" then.
    """
    borrowed = bool(neighbour) and read == neighbour and read not in before
    if " v. " in read and not borrowed:
        return _SIGNAL_BEFORE.sub("", read)
    named = _OWN_NAME.search(before)
    left = _first_party(named["left"]) if named else ""
    if named and left:
        return f"{left} v. {' '.join(named['right'].split())}"
    return read if not borrowed and read and " ".join(before.split()).endswith(f"{read},") else ""


def _first_party(left: str) -> str:
    return _SIGNAL_BEFORE.sub("", _SENTENCE_BEFORE.sub("", " ".join(left.split())))


def around(text: str, start: int, end: int) -> str:
    """Return what stands around a full citation in which the case may be named: in front, and in brackets behind."""
    behind = _BYNAME_BEHIND.match(text, end)
    return text[max(0, start - LONGEST_BEFORE) : start] + (behind.group() if behind else "")


def is_another_case(before: str, head: str) -> bool:
    """Tell whether a short citation ("Apprendi, 530 U.S., at 494") is written under a name that `head` does not bear.

    before: what stands right before the short citation. head: names of the one case that its volume could mean, and
    what is written around its full citations; where they give no name of two parties, nothing can be told.
    """
    named = _SHORT_NAME.search(" ".join(before.split()))
    if not named or " v. " not in head:
        return False
    words = [word for word in re.findall(r"[A-Z][\w'’-]{2,}", named["name"]) if word not in _SIGNALS]
    return bool(words) and not any(word in head for word in words)
