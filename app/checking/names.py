"""Does the name before a citation belong to the case that is cited? Abbreviations and successors in office pass."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from indexing.citations.keys import name_key
from scraper.models import Document

_OFFICES = (
    "attorney general|secretary|warden|superintendent|commissioner|director|administrator|governor|sheriff|mayor|"
    "chairman|chairperson|chair|collector|postmaster|comptroller|treasurer|registrar|clerk|judge|president|"
    "prosecutor|district attorney|acting|commander|chief|inspector"
)
_HEAD = 3_000  # characters of an opinion within which its caption stands
_EMPTY = frozenset(
    "the of and a an in re ex parte matter estate et al incorporated company corporation limited llc lp llp".split()
)
_SHORTENED = {
    "acad": "academy", "admin": "administration", "admr": "administrator", "am": "american", "auth": "authority",
    "auto": "automobile", "bldg": "building", "broad": "broadcasting", "bur": "bureau", "bus": "business",
    "cas": "casualty", "cent": "central", "chem": "chemical", "coll": "college", "comm": "commission",
    "commn": "commission", "commr": "commissioner", "commrs": "commissioners", "consol": "consolidated",
    "constr": "construction", "contl": "continental", "coop": "cooperative", "ctr": "center", "def": "defense",
    "dev": "development", "dir": "director", "div": "division", "econ": "economic", "educ": "education",
    "elec": "electric", "emp": "employee", "empt": "employment", "engg": "engineering", "engr": "engineer",
    "enter": "enterprise", "envtl": "environmental", "equip": "equipment", "exch": "exchange", "fed": "federal",
    "fedn": "federation", "fid": "fidelity", "fin": "finance", "found": "foundation", "gen": "general",
    "grp": "group", "guar": "guaranty", "hosp": "hospital", "hous": "housing", "indem": "indemnity",
    "indep": "independent", "indus": "industries", "inst": "institute", "inv": "investment", "lab": "laboratory",
    "mach": "machine", "mar": "maritime", "mem": "memorial", "merch": "merchant", "metro": "metropolitan",
    "mkt": "market", "mktg": "marketing", "mun": "municipal", "mut": "mutual", "org": "organization",
    "pac": "pacific", "pharm": "pharmaceutical", "prod": "product", "prop": "property", "prot": "protection",
    "pub": "public", "publg": "publishing", "ref": "refining", "regl": "regional", "rehab": "rehabilitation",
    "res": "resource", "rest": "restaurant", "ret": "retirement", "rr": "railroad", "sav": "savings",
    "sec": "security", "secy": "secretary", "serv": "service", "socy": "society", "stat": "statistics",
    "subcomm": "subcommittee", "sys": "system", "tech": "technology", "tel": "telephone", "transp": "transport",
    "twp": "township", "util": "utility",
}  # fmt: skip


def is_name_of(cited: str, document: Document) -> bool:
    """Tell whether a case name as cited may be that of a document.

    Parties may be shortened, abbreviated or in the other order; of two parties one may have another name, if it is an
    officer of the caption, whose successor is substituted. A name without any telling word is taken as right.
    """
    if _runs_alike(cited, document.title):
        return True
    wanted = _sides(cited)
    held = _sides(document.title)
    if not wanted or not held:
        return True
    if len(wanted) == 1 or len(held) == 1:
        own = set().union(*held)
        return any(_alike(side, other) for side in wanted for other in [own, *held])
    for first, second in (held[:2], held[1::-1]):
        same = (_alike(wanted[0], first), _alike(wanted[1], second))
        if all(same):
            return True
        if any(same) and _is_officer(first if not same[0] else second, document):
            return True
    return False


def _runs_alike(cited: str, held: str) -> bool:
    """Tell whether each party is the other's in letters alone, a part of it, or its initials: "ACLU", "OFAMERICA"."""
    wanted, own = (name_key(_plain(name)).split(" v ") for name in (cited, held))
    if len(wanted) != 2 or len(own) != 2:
        return False
    return any(all(map(_same_run, wanted, sides)) for sides in (own, own[::-1]))


def _same_run(cited: str, held: str) -> bool:
    sides = [side.split() for side in (cited, held)]
    if not all(sides):
        return False
    runs = ["".join(word for word in side if word not in _EMPTY) or "".join(side) for side in sides]
    short, long = sorted(runs, key=len)
    if short == long or (len(short) > 3 and short in long):
        return True
    return any(
        len(one) == 1 and 2 < len(one[0]) < 7 and one[0] in _initials(other) for one, other in (sides, sides[::-1])
    ) or _alike(set(_words(cited)), set(_words(held)))


def _initials(words: Sequence[str]) -> set[str]:
    return {"".join(word[0] for word in words), "".join(word[0] for word in words if word not in _EMPTY)}


def _plain(name: str) -> str:
    """Return a name without its accents."""
    return "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))


def _sides(name: str) -> list[set[str]]:
    sides = [set(_words(side)) for side in name_key(_plain(name)).split(" v ")]
    return [side for side in sides if side]


def _words(side: str) -> list[str]:
    words = [_stem(_SHORTENED.get(word, word)) for word in side.split()]
    telling = [word for word in words if word not in _EMPTY]
    return telling or words


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _alike(cited: set[str], held: set[str]) -> bool:
    """Tell whether one side's words are the other's, shortened: all of the fewer, or of initials."""
    if cited <= held or held <= cited:
        return True
    few, many = sorted((cited, held), key=len)
    return all(any(_abbreviates(word, other) for other in many) for word in few)


def _abbreviates(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    return word == other or (len(short) >= 3 and long.startswith(short))


def _is_officer(side: set[str], document: Document) -> bool:
    """Tell whether the caption says an office behind the party's name."""
    caption = " ".join([document.title, *document.parties, document.text[:_HEAD]])
    for word in side:
        if re.search(rf"\b{re.escape(word)}\w*\b[^.;\n]{{0,60}}?\b(?:{_OFFICES})\b", caption, re.I):
            return True
    return False
