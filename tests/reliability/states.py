"""What a fault left on disk, in one word: trials that left the same state need to be healed but once.

Told apart are the rows of databases, as SQLite reads them after the fault, the records of archives, and the bytes of
everything else; of a generation that was not finished only the names of its files. Times, the names of runs, and places
in archives, which differ from one run to the next, are taken out.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

_VARYING = re.compile(
    rb"\d{8}T\d{6}Z?(-[\w-]+?-?[0-9a-f]{6,8})?(-\d+)?"  # names of runs and generations
    rb"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?"
    rb"|\w{8}-\w{4}-\w{4}-\w{4}-\w{12}"  # record ids
    rb'|(?<="warc_offset": )\d+'
)


def state_of(data: Path) -> str:
    """Return a hash that is the same for data directories in the same state."""
    found = hashlib.sha256()
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        name = path.relative_to(data)
        if path.suffix in {".db-wal", ".db-shm"}:
            continue  # read with their database
        found.update(_settled(str(name).encode()) + b"\0")
        if path.name not in {"lock", ".lock"} and not any(part.startswith(".building-") for part in name.parts):
            for piece in _pieces(path, data):
                found.update(_settled(piece) + b"\0")
    return found.hexdigest()


def _settled(text: bytes) -> bytes:
    return _VARYING.sub(b"?", text)


def _pieces(path: Path, data: Path) -> Iterator[bytes]:
    if path.suffix == ".db" and path.relative_to(data).parts[0] != "generations":
        yield from _rows(path)
    elif path.name.endswith(".warc.gz"):
        yield from _records(path.read_bytes())
    else:
        yield path.read_bytes()


def _rows(path: Path) -> Iterator[bytes]:
    """Yield every row, read from a copy: to open a database that was left open changes it."""
    with tempfile.TemporaryDirectory() as scratch:
        for file in path.parent.glob(f"{path.name}*"):
            shutil.copy(file, scratch)
        connection = sqlite3.connect(Path(scratch) / path.name)
        try:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in sorted(tables):
                rows = connection.execute(f'SELECT * FROM "{table}"')
                places = [at for at, column in enumerate(rows.description) if "offset" in column[0]]
                yield table.encode()
                yield from sorted(repr([v for at, v in enumerate(row) if at not in places]).encode() for row in rows)
        except sqlite3.DatabaseError as error:
            yield str(error).encode()
        finally:
            connection.close()


def _records(packed: bytes) -> Iterator[bytes]:
    """Yield the members of a gzip file, and what can be read of one that was cut."""
    while packed:
        reader = zlib.decompressobj(wbits=31)
        try:
            yield re.sub(rb"(?m)^(WARC-(Block|Payload)-Digest|Content-Length|Date):.*", b"", reader.decompress(packed))
        except zlib.error as error:
            yield str(error).encode()
            return
        yield b"whole" if reader.eof else b"cut"
        packed = reader.unused_data
