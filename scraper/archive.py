"""Raw responses as WARC, so that every document can be parsed again without the network.

One file or more for each run; each record is one gzip member and can be read by (file, offset). A file is never
opened again for writing, so a tail torn off by a kill stays where it is and is read past by nobody.

The parts of a page (see `scraper.interfaces.HasParts`) lie before it in the same file. Each names its page; the page
says how many bytes back its parts begin, which stays true when other records are taken out of the file.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote, urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from scraper.addresses import is_local
from scraper.errors import StoreDamaged, StoreError
from scraper.fetch import FetchedPage

_CANONICAL = "Lexatlas-Canonical-URI"  # the address that enters identity; WARC-Target-URI is the one dialled
_PART_OF = "Lexatlas-Part-Of"  # of a part: the canonical address of its page
_PARTS = "Lexatlas-Parts"  # of a page: how many bytes before it each of its parts begins
KEPT_HEADERS = ("content-type", "content-language", "date", "etag", "last-modified", "link")  # that matter to a version
_MAX_FILE = 1024**3
_READ = 64 * 1024
# The body is kept decoded: these would lie about it, so they are renamed, as other archives do.
_TRANSFER = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_AS_SENT = "".join(chr(code) for code in range(33, 127))  # other letters of an address go out percent-encoded
_PHRASES = {200: "OK", 203: "Non-Authoritative Information", 404: "Not Found", 410: "Gone"}


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """A response read back: `url` canonical, `fetched_from` the address dialled, header names in lower case.

    Of a file that was read in place of a page only the type is known, as the header "content-type". `part_of` is the
    canonical address of the page that a part belongs to; `parts` holds the offsets of a page's parts in `file`.
    """

    url: str
    fetched_from: str
    fetched_at: datetime
    status: int
    headers: Mapping[str, str]
    body: bytes
    file: str
    offset: int
    part_of: str = ""
    parts: tuple[int, ...] = ()


class Archive:
    """The folder of WARC files of a data directory; `write` belongs to one run, reading to anyone.

    Raises StoreError where the disk refuses, StoreDamaged where a record cannot be read.
    """

    def __init__(self, folder: Path, run_id: str = "") -> None:
        self.folder = folder
        self._run_id = run_id
        self._handle: IO[bytes] | None = None
        self._writer: Any = None
        self._file = ""
        self._unsynced = False
        self._parts: dict[str, list[int]] = {}  # offsets of parts whose page is still to come, by its address

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self, run_id: str) -> None:
        """Write what follows into files of this run."""
        self.close()
        self._run_id = run_id

    def write(self, page: FetchedPage, canonical: str, part_of: str = "") -> tuple[str, int]:
        """Append a response and its request; return (file name, offset). Lasting only after `sync`.

        `part_of` is the canonical address of the page that a part belongs to. Parts are written before their page,
        with no `sync` between.
        """
        try:
            handle = self._open()
            offset = handle.tell()
            names = {"WARC-Date": _date(page), _CANONICAL: canonical}
            parts = [] if part_of else self._parts.pop(canonical, [])
            if part_of:
                names[_PART_OF] = part_of
            elif parts:
                names[_PARTS] = " ".join(str(offset - part) for part in parts)
            if is_local(page.url):
                self._writer.write_record(self._resource(page, names))
            else:
                response, request = self._records(page, names)
                self._writer.write_request_response_pair(request, response)
            if part_of:
                self._parts.setdefault(part_of, []).append(offset)
            self._unsynced = True
            return self._file, offset
        except OSError as error:
            raise refused(error) from error

    def sync(self) -> None:
        """Make everything written so far survive a power cut; call it before a database points to it."""
        if self._handle is None or not self._unsynced:
            return
        try:
            self._handle.flush()
            os.fsync(self._handle.fileno())
            self._unsynced = False
            if self._handle.tell() > _MAX_FILE:
                self.close()
        except OSError as error:
            raise refused(error) from error

    def close(self) -> None:
        """Finish the file that is being written."""
        self._parts.clear()
        if self._handle is not None:
            handle, self._handle = self._handle, None
            try:
                handle.close()
            except OSError as error:  # what was not written yet
                raise refused(error) from error

    def read(self, file: str, offset: int) -> ArchivedPage:
        """Return the response at a place that `write` returned; raise StoreDamaged where there is none."""
        for page in self._iterate(file, offset):
            return page
        raise StoreDamaged(
            f"The archive has no response at {file}:{offset}. Restore it from a backup, or ingest again."
        )

    def parts_of(self, page: ArchivedPage) -> dict[str, ArchivedPage]:
        """Return the parts that were archived with a page, by canonical address; raise StoreDamaged."""
        parts = [self.read(page.file, offset) for offset in page.parts]
        return {part.url: part for part in parts}

    def pages(self, file: str) -> Iterator[ArchivedPage]:
        """Yield every whole response of a file in order; a torn tail ends it quietly."""
        yield from self._iterate(file, 0)

    def records(self, file: str, offset: int = 0) -> Iterator[tuple[int, int, ArchivedPage | None]]:
        """Yield (offset, size in the file, response) of every whole record; requests are told as None."""
        path = self.folder / file
        try:
            with path.open("rb") as handle:
                for place, size, raw in _members(handle, offset):
                    for record in ArchiveIterator(BytesIO(raw)):
                        is_answer = record.rec_type in {"response", "resource"}
                        yield place, size, _page(record, file, place) if is_answer else None
        except (ArchiveLoadFailed, OSError, EOFError, zlib.error, ValueError, TypeError, AttributeError) as error:
            raise StoreDamaged(
                f"The archive {path.name} cannot be read ({error}). Restore it from a backup."
            ) from error

    def files(self, run_id: str = "") -> list[str]:
        """Return the names of all files in order, or of those that one run wrote."""
        stem = f"{_stem(run_id)}-" if run_id else ""
        return sorted(path.name for path in self.folder.glob("*.warc.gz") if path.name.startswith(stem))

    def _open(self) -> IO[bytes]:
        if self._handle is None:
            if not self.folder.is_dir():
                self.folder.mkdir(parents=True, exist_ok=True)
                sync_folder(self.folder.parent)
            number = 1
            while True:
                self._file = f"{_stem(self._run_id)}-{number:04}.warc.gz"
                try:
                    self._handle = open(self.folder / self._file, "xb")  # noqa: SIM115 (kept open for the run)
                    break
                except FileExistsError:
                    number += 1
            sync_folder(self.folder)
            self._writer = WARCWriter(self._handle, gzip=True, warc_version="1.1")
        return self._handle

    def _records(self, page: FetchedPage, names: Mapping[str, str]) -> tuple[Any, Any]:
        headers = [
            ("X-Archive-Orig-" + name if name in _TRANSFER else name, value)
            for name, value in page.headers.items()
            if name.isascii()  # no other name is one, by the standard
        ]
        headers.append(("content-length", str(len(page.body))))
        status = f"{page.status} {_PHRASES.get(page.status, 'Answer')}"
        response = self._writer.create_warc_record(
            page.url, "response", payload=BytesIO(page.body), length=len(page.body),
            http_headers=StatusAndHeaders(status, headers, protocol="HTTP/1.1"),
            warc_headers_dict=dict(names),
        )  # fmt: skip
        parts = urlsplit(page.url)
        target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_AS_SENT)
        request = self._writer.create_warc_record(
            page.url, "request",
            http_headers=StatusAndHeaders(f"GET {target} HTTP/1.1", list(page.request_headers.items()),
                                          is_http_request=True),
        )  # fmt: skip
        return response, request

    def _resource(self, page: FetchedPage, names: Mapping[str, str]) -> Any:
        """Return the record of what no server answered: by the standard it has a type, no status and no headers."""
        return self._writer.create_warc_record(
            page.url, "resource", payload=BytesIO(page.body), length=len(page.body),
            warc_content_type=page.headers.get("content-type", ""),
            warc_headers_dict=dict(names),
        )  # fmt: skip

    def _iterate(self, file: str, offset: int) -> Iterator[ArchivedPage]:
        for _, _, page in self.records(file, offset):
            if page is not None:
                yield page


def _stem(run_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", run_id) or "run"


def _members(handle: IO[bytes], offset: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield (offset, size, contents) of every whole gzip member from an offset on; a torn one ends it quietly."""
    handle.seek(offset)
    rest = b""
    while True:
        engine, pieces, size = zlib.decompressobj(16 + zlib.MAX_WBITS), list[bytes](), 0
        while not engine.eof:
            piece = rest or handle.read(_READ)
            if not piece:
                return
            pieces.append(engine.decompress(piece))
            rest = engine.unused_data
            size += len(piece) - len(rest)
        yield offset, size, b"".join(pieces)
        offset += size


def _page(record: Any, file: str, offset: int) -> ArchivedPage:
    known = record.rec_headers.get_header
    headers, status = {"content-type": known("Content-Type")}, 200
    if record.http_headers is not None:
        headers = {name.lower(): value for name, value in record.http_headers.headers}
        status = int(record.http_headers.get_statuscode())
    target = known("WARC-Target-URI")
    return ArchivedPage(
        known(_CANONICAL) or target, target, datetime.fromisoformat(known("WARC-Date")),
        status, headers, record.content_stream().read(), file, offset, known(_PART_OF) or "",
        tuple(offset - int(back) for back in (known(_PARTS) or "").split()),
    )  # fmt: skip


def _date(page: FetchedPage) -> str:
    return page.fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def refused(error: OSError) -> StoreError:
    """Return the error to raise where the disk refuses."""
    return StoreError(f"The archive cannot be written ({error}). Free disk space, then run again.")
