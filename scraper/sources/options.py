"""What a source may be told besides an address: its own options, and the token that its API asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from scraper.errors import ConfigError
from scraper.interfaces import Source


@dataclass(frozen=True, slots=True)
class SourceOption:
    """One option of a source: `lexatlas ingest --source NAME --set OPTION=VALUE`."""

    name: str
    help: str


@runtime_checkable
class HasOptions(Protocol):
    """What a source has besides, if the operator may choose a part of it."""

    options: tuple[SourceOption, ...]

    def with_options(self, given: Mapping[str, str]) -> Source:
        """Return the source with the options set; raise ConfigError for a value that cannot be used."""
        ...


@runtime_checkable
class NeedsToken(Protocol):
    """What a source has besides, if its API asks who reads: the setting that holds the token, and how it is sent."""

    token_setting: str

    def token_headers(self, token: str) -> Mapping[str, str]:
        """Return the request headers that carry a token."""
        ...


def options_of(source: Source) -> tuple[SourceOption, ...]:
    """Return the options that a source has of its own."""
    return source.options if isinstance(source, HasOptions) else ()


def configured(source: Source, given: Mapping[str, str]) -> Source:
    """Return the source as the operator wants it; raise ConfigError, which names the options that exist."""
    if not given:
        return source
    known = [option.name for option in options_of(source)]
    unknown = sorted(set(given) - set(known))
    if unknown or not isinstance(source, HasOptions):
        names = f"Its options are: {', '.join(known)}." if known else "It has none."
        raise ConfigError(f"The source {source.name} has no option {', '.join(unknown)}. {names}")
    return source.with_options(given)


def values_of(text: str) -> tuple[str, ...]:
    """Return the values of a list that is written with commas, in lower case, repeats left out."""
    return tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
