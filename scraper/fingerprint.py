"""What tells one parser from the next: a hash over everything that decides what a source reads out of a page.

A page that has not changed is not fetched again. Where its parser has changed, it is read again from the archive; the
two are told apart by this fingerprint, kept with each page.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from scraper.interfaces import Source

_PLAIN = (str, bytes, int, float, bool, date, type(None))
_BESIDE = ("scraper.models", "scraper.jurisdictions")  # what parsers stand on outside their own package


def parser_fingerprint(source: Source) -> str:
    """Return 16 hexadecimal digits: of the modules that a source's parser is made of, and of how it was set up."""
    known = hashlib.sha256()
    for name in sorted(_modules(type(source).__module__)):
        known.update(name.encode() + b"\0" + _source_code(name) + b"\0")
    known.update(repr(_facts(source)).encode())
    return known.hexdigest()[:16]


def choice_fingerprint(source: Source) -> str:
    """Return 16 hexadecimal digits: of what a source was told to read, its plain attributes, whatever its tables."""
    chosen = [(name, _facts(value)) for name, value in _attributes(source) if _is_plain(value)]
    return hashlib.sha256(repr(chosen).encode()).hexdigest()[:16]


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_plain(item) for pair in value.items() for item in pair)
    if isinstance(value, tuple | list | Set):
        return all(_is_plain(item) for item in value)
    return isinstance(value, _PLAIN)


def _modules(name: str) -> set[str]:
    """Return a module and all of its own package that it is made of, and what every parser stands on."""
    package, found, left = name.rpartition(".")[0], set[str](), [name]
    while left:
        here = left.pop()
        if here not in found and _path(here):
            found.add(here)
            left += [other for other in _imports(here) if other.rpartition(".")[0] == package]
    return found | set(_BESIDE)


@cache
def _imports(name: str) -> tuple[str, ...]:
    """Return the names that a module imports, modules and what is taken from them alike."""
    found = []
    package = name.rpartition(".")[0]
    for node in ast.walk(ast.parse(_source_code(name))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            near = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            found += [near, *(f"{near}.{alias.name}" for alias in node.names)]
    return tuple(found)


@cache
def _path(name: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


@cache
def _source_code(name: str) -> bytes:
    path = _path(name)
    return path.read_bytes() if path else b""


def _facts(value: Any) -> Any:
    """Return what a value says, in an order that does not change from one process to the next."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, re.Pattern):
        return value.pattern, value.flags
    if isinstance(value, Mapping):
        return sorted((repr(_facts(key)), _facts(item)) for key, item in value.items())
    if isinstance(value, Set):
        return sorted(repr(_facts(item)) for item in value)
    if isinstance(value, tuple | list):
        return [_facts(item) for item in value]
    return type(value).__qualname__, [(name, _facts(item)) for name, item in _attributes(value)]


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    names = [spec.name for spec in fields(value)] if is_dataclass(value) else sorted(getattr(value, "__dict__", {}))
    for name in names:
        item = getattr(value, name)
        if not callable(item):
            yield name, item
