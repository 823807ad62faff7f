"""CSV files of a database, dumped table by table, in the place of a site: each row of one table is a page.

    /?list=1           the pages from the first on, at most a thousand; the rest is linked
    PREFIX/42/         row 42 of the page's table as JSON, the rows that belong to it inside

Files are named TABLE-YYYY-MM-DD.csv, .csv.bz2, or TABLE.csv; of several days the last one is read of which every table
is there. They are what PostgreSQL's COPY writes: a header, and fields in quotation marks, in which a quotation mark is
escaped by a backslash, by another quotation mark, or not needed since backticks quote. The rows that are wanted are put
into a database on the disk, which is deleted afterwards: memory does not grow with the number of rows.
"""

from __future__ import annotations

import bz2
import csv
import hashlib
import json
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import parse_qsl, quote, urlsplit

from scraper.database import utc_now
from scraper.errors import ConfigError, FetchFailed, FetchTooLarge
from scraper.fetch import FetchConfig, FetchedPage, Validators
from scraper.interfaces import LISTING
from scraper.robots import Robots
from scraper.sources.tables import ReadsTables, Table, TableSet

__all__ = ["ReadsTables", "Table", "TableFetcher", "TableSet"]

_PART = 1000  # addresses that one listing shows
_BATCH_ROWS, _BATCH_BYTES = 500, 8 * 1024 * 1024
_LARGEST_FIELD = 64 * 1024 * 1024  # characters, held four bytes each; no opinion is as long, a lost quotation mark is
_SAMPLE = 1024 * 1024
_MOST_DAMAGED = 1000
_DAMAGED = "damaged"
_NUMBER = r"[0-9]{1,18}"  # what SQLite can count


class TableFetcher:
    """Answers for one folder of dumped tables, as `PageFetcher` says.

    Reads the files when it is made. `scratch` is the folder of its database, by default the system's own. Raises
    ConfigError for a folder without the files, or with files that are something else.
    """

    def __init__(
        self,
        place: Path,
        source: ReadsTables,
        config: FetchConfig | None = None,
        scratch: Path | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.config = config or FetchConfig()
        self._clock = clock
        self._tables = source.tables
        try:
            real = place.expanduser().resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise ConfigError(f"{place} cannot be read ({error}). Name a folder that exists.") from error
        self.base = real.as_uri()
        files = _files(real, self._tables)
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True)
        self._database = _database(scratch)
        try:
            self._load(files, source.wanted())
        except sqlite3.Error as error:
            self.close()
            raise ConfigError(
                f"The tables of {place} cannot be joined ({error}). The disk must have room for the opinions that are "
                "wanted; fewer are wanted with --set courts=..."
            ) from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> TableFetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the space of the database back."""
        self._database.close()

    def pace(self, url: str, delay: float) -> None:
        """Do nothing: a disk needs no pauses."""

    def robots(self, url: str) -> Robots:
        """Return rules that allow everything: the files are the operator's own."""
        return Robots()

    def get(self, url: str, conditional: Validators | None = None) -> FetchedPage:
        """Return a listing or a row; 304 where the row is the same, 404 where there is none.

        Raises FetchTooLarge, and FetchFailed for a row that could not be read.
        """
        parts = urlsplit(url.removeprefix(self.base))
        asked = dict(parse_qsl(parts.query))
        if re.fullmatch(_NUMBER, asked.get("list", "")):
            return self._page(url, LISTING, self._listing(int(asked["list"])))
        if _DAMAGED in asked:
            raise FetchFailed(f"{asked[_DAMAGED]} is damaged: {self._damage(asked[_DAMAGED])}.", url=url, reason="row")
        match = re.fullmatch(rf"{re.escape(self._tables.prefix)}({_NUMBER})/", parts.path)
        body = self._row(int(match[1])) if match else None
        if body is None:
            return self._page(url, status=404)
        if len(body) > self.config.max_bytes:
            most = f"{self.config.max_bytes:,} bytes"
            raise FetchTooLarge(f"{url} is larger than {most}.", url=url, reason="too-large")
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if conditional and conditional.etag == etag:
            return self._page(url, etag=etag, status=304)
        return self._page(url, "application/json", body, etag)

    def _page(self, url: str, kind: str = "", body: bytes = b"", etag: str = "", status: int = 200) -> FetchedPage:
        headers = {name: value for name, value in (("content-type", kind), ("etag", etag)) if value}
        return FetchedPage(url, url, status, headers, body, self._clock())

    # ---- pages

    def _listing(self, first: int) -> bytes:
        rows = self._database.execute(
            f'SELECT id FROM "{self._tables.page}" WHERE id >= ? ORDER BY id LIMIT ?', (first, _PART + 1)
        ).fetchall()
        shown = [f"{self._tables.prefix}{row[0]}/" for row in rows[:_PART]]
        if len(rows) > _PART:
            shown.append(f"/?list={rows[_PART][0]}")
        elif self._count_damaged():
            shown += [f"/?{_DAMAGED}={quote(name)}" for (name,) in self._database.execute("SELECT name FROM damaged")]
        return "".join(f"{address}\r\n" for address in shown).encode("ascii")

    def _row(self, number: int) -> bytes | None:
        name = self._tables.page
        found = self._database.execute(f'SELECT parent, row FROM "{name}" WHERE id = ?', (number,)).fetchone()
        if found is None:
            return None
        row: dict[str, Any] = json.loads(found[1])
        above = self._tables.tables[name].parent
        for other, table in self._tables.tables.items():
            if above is not None and other == above[1]:
                (words,) = self._database.execute(f'SELECT row FROM "{other}" WHERE id = ?', (found[0],)).fetchone()
                row[table.inside] = json.loads(words)
            elif table.parent is not None and table.parent[1] == name:
                rows = self._database.execute(f'SELECT row FROM "{other}" WHERE parent = ? ORDER BY id', (number,))
                row[table.inside] = [json.loads(words) for (words,) in rows]
        return json.dumps(row, ensure_ascii=False, sort_keys=True).encode("utf-8")

    # ---- loading

    def _load(self, files: Mapping[str, Path], wanted: frozenset[str]) -> None:
        for name, table in self._tables.tables.items():
            self._database.execute(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY, parent INTEGER, row TEXT)')
            batch: list[tuple[int, int | None, str]] = []
            size = 0
            for number, parent, row in self._rows(files[name], table, wanted):
                words = json.dumps(row, ensure_ascii=False)
                batch.append((number, parent, words))
                size += len(words)
                if len(batch) >= _BATCH_ROWS or size >= _BATCH_BYTES:
                    self._keep(name, batch)
                    batch, size = [], 0
            self._keep(name, batch)
            self._database.execute(f'CREATE INDEX "{name}_parent" ON "{name}" (parent)')

    def _keep(self, name: str, batch: list[tuple[int, int | None, str]]) -> None:
        self._database.execute("BEGIN")
        self._database.executemany(f'INSERT OR REPLACE INTO "{name}" VALUES (?, ?, ?)', batch)
        self._database.execute("COMMIT")

    def _rows(
        self, path: Path, table: Table, wanted: frozenset[str]
    ) -> Iterator[tuple[int, int | None, dict[str, str]]]:
        """Yield number, parent and kept fields of the rows that are wanted."""
        with _reader(path) as rows:
            header = next(rows, [])
            places = {name: at for at, name in enumerate(header)}
            for needed in ("id", *((table.parent[0],) if table.parent else ()), *((table.only,) if table.only else ())):
                if needed not in places:
                    raise ConfigError(f"{path.name} has no column {needed!r}: it is not what {table.file} should be.")
            for row in rows:
                try:
                    yield from self._wanted(row, header, places, table, wanted)
                except ValueError as error:
                    self._note_damage(f"{path.name}:{rows.line_num}", str(error))

    def _wanted(
        self, row: Sequence[str], header: Sequence[str], places: Mapping[str, int], table: Table, wanted: frozenset[str]
    ) -> Iterator[tuple[int, int | None, dict[str, str]]]:
        if len(row) != len(header):
            raise ValueError(f"{len(row)} fields where the header names {len(header)}")
        if table.only and wanted and row[places[table.only]] not in wanted:
            return
        parent = None
        if table.parent is not None:
            column, above = table.parent
            if not row[places[column]]:
                return
            parent = _number(row[places[column]])
            if self._database.execute(f'SELECT 1 FROM "{above}" WHERE id = ?', (parent,)).fetchone() is None:
                return
        kept = {name: row[places[name]] for name in table.columns if name in places}
        best = next((name for name in table.first_of if name in places and row[places[name]].strip()), None)
        if best is not None:
            kept[best] = row[places[best]]
        yield _number(row[places["id"]]), parent, kept

    def _note_damage(self, name: str, message: str) -> None:
        if self._count_damaged() < _MOST_DAMAGED:
            self._database.execute("INSERT OR IGNORE INTO damaged VALUES (?, ?)", (name, message))

    def _count_damaged(self) -> int:
        (count,) = self._database.execute("SELECT COUNT(*) FROM damaged").fetchone()
        return int(count)

    def _damage(self, name: str) -> str:
        found = self._database.execute("SELECT message FROM damaged WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else "no such row"


def _database(scratch: Path | None) -> sqlite3.Connection:
    """Return an empty database on the disk that nothing is left of when this process ends, however it ends."""
    with tempfile.TemporaryDirectory(prefix="tables-", dir=scratch) as folder:
        database = sqlite3.connect(Path(folder) / "tables.db", isolation_level=None)
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("CREATE TABLE damaged (name TEXT PRIMARY KEY, message TEXT)")
    return database  # its file is unlinked, yet open


def _number(words: str) -> int:
    if re.fullmatch(_NUMBER, words) is None:
        raise ValueError(f"{words[:20]!r} is no number of a row")
    return int(words)


class _Rows:
    """The rows of a CSV file, in whichever of PostgreSQL's ways it was written."""

    def __init__(self, path: Path, handle: IO[str], style: Mapping[str, Any]) -> None:
        self._path = path
        self._handle = handle
        self._rows = csv.reader(handle, strict=False, **style)

    def __enter__(self) -> _Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.close()

    def __iter__(self) -> _Rows:
        return self

    def __next__(self) -> list[str]:
        try:
            return next(self._rows)
        except (csv.Error, OSError, EOFError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{self._path.name} cannot be read on behind line {self._rows.line_num} ({error}). Load it again."
            ) from error

    @property
    def line_num(self) -> int:
        """The line at which the last row ended."""
        return self._rows.line_num


def _reader(path: Path) -> _Rows:
    csv.field_size_limit(_LARGEST_FIELD)
    try:
        with _open(path) as sample:
            style = _style(sample.read(_SAMPLE))
        return _Rows(path, _open(path), style)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} cannot be read ({error}). Load it again.") from error


def _open(path: Path) -> IO[str]:
    if path.suffix == ".bz2":
        return bz2.open(path, "rt", encoding="utf-8", newline="")
    return path.open("r", encoding="utf-8", newline="")


def _style(sample: str) -> Mapping[str, Any]:
    """Return how a file escapes its quotation marks: by a backslash as the newer dumps do, or by doubling them."""
    body = sample.partition("\n")[2]
    if body.startswith("`") or ",`" in body[:200]:
        return {"quotechar": "`", "doublequote": True}
    doubled = len(re.findall(r'[^,\n"\\]""[^,\n"]', body))
    return {"doublequote": True} if doubled > body.count('\\"') else {"doublequote": False, "escapechar": "\\"}


def _files(folder: Path, tables: TableSet) -> dict[str, Path]:
    """Return the file of each table, all of the same day."""
    days: dict[str, dict[str, Path]] = {}
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder. Name the folder that holds the files of {tables.where}.")
    for path in sorted(folder.iterdir()):
        for name, table in tables.tables.items():
            match = re.fullmatch(rf"{re.escape(table.file)}(?:-(\d{{4}}-\d\d-\d\d))?\.csv(?:\.bz2)?", path.name)
            if match and path.is_file():
                days.setdefault(match[1] or "", {}).setdefault(name, path)
    whole = [day for day, found in days.items() if len(found) == len(tables.tables)]
    if not whole:
        names = ", ".join(f"{table.file}-DAY.csv.bz2" for table in tables.tables.values())
        raise ConfigError(f"{folder} does not hold {names}, all of one day. They can be had at {tables.where}.")
    return days[max(whole)]
