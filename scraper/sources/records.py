"""JSON as a site states it, read with distrust: every value of another type than it should be is a ParseError."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from scraper.errors import ParseError

_MOST_DIGITS = 18


def read_json(body: bytes, what: str) -> Any:
    """Return what a body of JSON holds; raise ParseError (empty, html, json, deep)."""
    if not body.strip():
        raise ParseError(f"{what} is empty.", reason="empty")
    if body.lstrip()[:1] == b"<":
        raise ParseError(f"{what} is a web page where JSON was expected.", reason="html")
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ParseError(f"{what} is nested too deeply.", reason="deep") from error
    except ValueError as error:  # a text that is not UTF-8, too, or a number of a million digits
        raise ParseError(f"{what} is not JSON ({error}).", reason="json") from error


def read_object(body: bytes, what: str) -> Mapping[str, Any]:
    """Return a body's JSON object; raise ParseError for anything else."""
    return as_object(read_json(body, what), what)


def as_object(value: Any, what: str) -> Mapping[str, Any]:
    """Return a value that must be an object."""
    if not isinstance(value, dict):
        raise ParseError(f"{what} is not a JSON object.", reason="json")
    return value


def objects(row: Mapping[str, Any], name: str, what: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list; a missing list holds none."""
    for value in items(row, name, what):
        yield as_object(value, f"{what}: {name}")


def items(row: Mapping[str, Any], name: str, what: str) -> list[Any]:
    """Return a list, an empty one where it is missing or null."""
    value = row.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ParseError(f"{what}: {name} is not a list.", reason="json")
    return value


def text(row: Mapping[str, Any], name: str, what: str) -> str:
    """Return a text without white space around it; empty where it is missing, null or blank.

    A number stands for its digits. Raises ParseError for another type and for characters that are none.
    """
    return as_text(row.get(name), f"{what}: {name}")


def as_text(value: Any, what: str) -> str:
    """Return a value as `text` does."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_MOST_DIGITS:
        return str(value)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) < 10**_MOST_DIGITS:
        return str(int(value))
    if not isinstance(value, str):
        raise ParseError(f"{what} is not a text.", reason="json")
    try:
        value.encode("utf-8")  # half a surrogate pair, which JSON can hold, is no character
    except UnicodeEncodeError as error:
        raise ParseError(f"{what} holds half a character.", reason="charset") from error
    if "\x00" in value or "\ufffd" in value:
        raise ParseError(f"{what} holds characters that were lost.", reason="charset")
    return value.strip()


def flag(row: Mapping[str, Any], name: str, what: str) -> bool:
    """Return whether something is so; PostgreSQL writes "t" and "f" for it."""
    value = row.get(name)
    if value is None or value == "":
        return False
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"t", "true", "1", "f", "false", "0"}:
        return value.strip().lower() in {"t", "true", "1"}
    raise ParseError(f"{what}: {name} is neither true nor false.", reason="json")


def day(row: Mapping[str, Any], name: str, what: str) -> dt.date | None:
    """Return a date that is written 1997-06-26, perhaps with a time behind it; None where it says less or nothing."""
    written = text(row, name, what)[:10]
    try:
        return dt.date.fromisoformat(written) if len(written) == 10 else None
    except ValueError:
        return None
