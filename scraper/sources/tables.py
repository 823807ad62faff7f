"""Tables of a database that a publisher dumps whole, as a source describes them to `scraper.bulk`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Table:
    """One dumped table: the columns that are kept, and which rows.

    `parent` is a column and the table whose row it names: rows whose parent is not kept are not kept. `only` is a
    column that must hold one of the values that the source wants. Of `first_of` only the first field that holds
    anything is kept. `inside` is the name under which rows stand in their page; a parent's row is one, others a list.
    """

    file: str
    columns: tuple[str, ...]
    parent: tuple[str, str] | None = None
    only: str = ""
    first_of: tuple[str, ...] = ()
    inside: str = ""


@dataclass(frozen=True, slots=True)
class TableSet:
    """Tables in the order in which they are read, parents first; `page` is the one whose rows are pages."""

    tables: Mapping[str, Table]
    page: str
    prefix: str  # what stands before the number in a page's address: "/api/rest/v4/clusters/"
    where: str  # where the files can be had


@runtime_checkable
class ReadsTables(Protocol):
    """What a source has besides, if its pages are rows of dumped tables: `--base-url` is the folder that holds them."""

    tables: TableSet

    def wanted(self) -> frozenset[str]:
        """Return the values that the tables' `only` columns may hold; empty for all."""
        ...
