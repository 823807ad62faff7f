"""Every source that Lexatlas can read, found by looking: a module of this package that defines `create` is one.

    def create(jurisdictions: Jurisdictions) -> Source

So a new source is one file in this folder, and nothing else changes.
"""

from __future__ import annotations

import importlib
import pkgutil

from scraper.errors import UnknownSource
from scraper.interfaces import Source
from scraper.jurisdictions import Jurisdictions


def sources(jurisdictions: Jurisdictions) -> dict[str, Source]:
    """Return every source of this package by name, in order of name."""
    found: dict[str, Source] = {}
    for info in pkgutil.iter_modules(__path__):
        create = getattr(importlib.import_module(f"{__name__}.{info.name}"), "create", None)
        if create is not None:
            source: Source = create(jurisdictions)
            found[source.name] = source
    return dict(sorted(found.items()))


def get_source(name: str, jurisdictions: Jurisdictions) -> Source:
    """Return the source of that name; raise UnknownSource, which lists the names that exist."""
    known = sources(jurisdictions)
    if name not in known:
        raise UnknownSource(f"There is no source {name!r}. The sources are: {', '.join(known)}.")
    return known[name]
