"""Courts that no jurisdiction table names, from courts-db: the ids that CourtListener uses, and names as printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from scraper.errors import ConfigError
from scraper.jurisdictions import Court, Jurisdictions, fold
from scraper.sources.options import values_of

_LONGEST = 200  # characters of a court's name; what is longer names none
_LEVELS = {"colr": "supreme", "iac": "appellate", "gjc": "trial", "ljc": "trial", "trial": "trial"}
_OF = re.compile(
    r"^(?P<court>(?:supreme|superior|district|circuit|chancery|tax|probate) courts?|courts? of [a-z ]+?) "
    r"(?:of|for) (?:the )?(?:state of |commonwealth of )?(?P<place>[a-z .]+)$"
)
_DISTRICT = re.compile(
    r"^(?:united states )?district court for the (?:(?P<side>northern|southern|eastern|western|middle|central) )?"
    r"district of (?P<place>[a-z .]+)$"
)
_LONGEST = 300  # characters of a court's name that is read by its words
_STATES = {
    "alabama": "al", "alaska": "ak", "arizona": "az", "arkansas": "ar", "california": "ca", "colorado": "co",
    "connecticut": "ct", "delaware": "de", "district of columbia": "dc", "washington d.c.": "dc", "florida": "fl",
    "georgia": "ga", "hawaii": "hi", "idaho": "id", "illinois": "il", "indiana": "in", "iowa": "ia", "kansas": "ks",
    "kentucky": "ky", "louisiana": "la", "maine": "me", "maryland": "md", "massachusetts": "ma", "michigan": "mi",
    "minnesota": "mn", "mississippi": "ms", "missouri": "mo", "montana": "mt", "nebraska": "ne", "nevada": "nv",
    "new hampshire": "nh", "new jersey": "nj", "new mexico": "nm", "new york": "ny", "north carolina": "nc",
    "north dakota": "nd", "ohio": "oh", "oklahoma": "ok", "oregon": "or", "pennsylvania": "pa", "rhode island": "ri",
    "south carolina": "sc", "south dakota": "sd", "tennessee": "tn", "texas": "tx", "utah": "ut", "vermont": "vt",
    "virginia": "va", "washington": "wa", "west virginia": "wv", "wisconsin": "wi", "wyoming": "wy",
    "american samoa": "as", "guam": "gu", "northern mariana islands": "mp", "puerto rico": "pr",
    "virgin islands": "vi",
}  # fmt: skip


def court_with_id(court_id: str, jurisdictions: Jurisdictions) -> Court | None:
    """Return the court with that id, of the tables or else of courts-db; None where neither has it."""
    found = next((court for court in jurisdictions.courts if court.id == court_id), None)
    if found is not None:
        return found
    row = _by_id().get(court_id)
    return _court(row) if row is not None else None


def court_named(name: str, place: str, jurisdictions: Jurisdictions) -> Court | None:
    """Return the court that a name as printed means, of the tables or else of courts-db.

    `place` is the state ("California", "United States") that the name may leave out. A name that means several
    courts means none.
    """
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST:
        return None
    found = jurisdictions.court(name)
    if found is not None:
        return found
    court_id = _id_of(name, place)
    return court_with_id(court_id, jurisdictions) if court_id else None


@lru_cache(maxsize=4096)
def _id_of(name: str, place: str) -> str:
    for spelling in _spellings(name):
        rows = [row for row in _by_name().get(fold(spelling), ()) if _fits(row, place)]
        if len(rows) == 1:
            return str(rows[0]["id"])
    return _by_pattern(name, place)


def _by_pattern(name: str, place: str) -> str:
    """Return what courts-db's own patterns find, where that is one court of that place."""
    from courts_db import find_court

    found = [row for row in map(_by_id().get, find_court(name)) if row is not None and _fits(row, place)]
    return str(found[0]["id"]) if len(found) == 1 else ""


def _spellings(name: str) -> list[str]:
    """Return a name and other ways to write it: "Supreme Court of Texas" is "Texas Supreme Court"."""
    plain = re.sub(r"^United States (?=Court of Appeals|Bankruptcy|District)", "", name)
    found = [name, plain]
    match = _OF.match(name.lower()) if len(name) <= _LONGEST else None
    if match:
        found.append(f"{match['place']} {match['court']}")
    federal = _DISTRICT.match(name.lower())
    if federal:
        side = federal["side"]
        found.append(
            f"District Court, {side[0]}.D. {federal['place']}" if side else f"District Court, D. {federal['place']}"
        )
    return found


def _fits(row: Mapping[str, Any], place: str) -> bool:
    wanted = place.strip().lower()
    if not wanted or wanted in {"regional", "tribal jurisdictions"}:
        return True
    if wanted == "united states":
        return bool(row.get("system") == "federal")
    # A regional or federal court sits in many states; a state's court in its own alone.
    return row.get("system") != "state" or _state(row) == _STATES.get(wanted, wanted)


def _court(row: Mapping[str, Any]) -> Court:
    level = _LEVELS.get(str(row.get("level") or ""), "")
    if not level:
        highest = row.get("system") == "state" and str(row["name"]).endswith(" Supreme Court")
        kinds = {"appellate": "supreme" if highest else "appellate", "trial": "trial", "bankruptcy": "trial"}
        level = kinds.get(str(row.get("type")), "")
    jurisdiction = _state(row) if row.get("system") == "state" else "us"
    return Court(str(row["id"]), jurisdiction, str(row["name"]), level)


def _state(row: Mapping[str, Any]) -> str:
    return _STATES.get(str(row.get("location") or "").strip().lower(), "us")


@cache
def _by_id() -> dict[str, Mapping[str, Any]]:
    from courts_db import courts  # a second's worth of reading: only where a table lacks a court

    return {str(row["id"]): row for row in courts}


@cache
def _by_name() -> dict[str, tuple[Mapping[str, Any], ...]]:
    found: dict[str, tuple[Mapping[str, Any], ...]] = {}
    for row in _by_id().values():
        key = fold(str(row["name"]))
        found[key] = (*found.get(key, ()), row)
    return found


def default_courts(jurisdictions: Jurisdictions) -> tuple[str, ...]:
    """Return the ids of the tables' courts that courts-db has too, by which sites of all courts know them."""
    return tuple(court.id for court in jurisdictions.courts if court.id in _by_id())


def chosen_courts(words: str, jurisdictions: Jurisdictions) -> tuple[str, ...]:
    """Return the court ids of a list with commas; raise ConfigError, which names those that nobody knows."""
    chosen = values_of(words)
    unknown = [name for name in chosen if court_with_id(name, jurisdictions) is None]
    if unknown or not chosen:
        raise ConfigError(
            f"courts={words!r}: no court has the id {', '.join(unknown) or 'given'}. Write ids as CourtListener does, "
            "such as courts=scotus,ca9,nysd."
        )
    return chosen
