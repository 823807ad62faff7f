"""A folder in the place of a site: its files are the pages of a crawl, and nothing is asked of the network.

What a crawl dials is `FolderFetcher.base` (`file:///srv/law`) and an address below it:

    /sub/?list=1       the folders and files of `sub` from the first on, at most a thousand; the rest is linked
    /sub/              sub/index.html; every other file is where its name says
    /a.jsonl?list=1    the lines of a JSON Lines file from the first on, blank ones left out
    /a.jsonl?line=3    its third line

Listings are `text/uri-list`: one relative address a line. File names are percent-encoded byte by byte, so that any
name can be told. Names that begin with a dot are passed over. A link is read where it leads to a file inside the
folder and refused where it leads out of it; a linked folder inside is read only where it really lies.
"""

from __future__ import annotations

import mimetypes
import os
import stat
from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit

from scraper.database import utc_now
from scraper.errors import ConfigError, FetchFailed, FetchRefused, FetchTooLarge
from scraper.fetch import FetchConfig, FetchedPage, Validators
from scraper.interfaces import FIRST, LINE, LINE_SUFFIXES, LISTING
from scraper.robots import Robots

_INDEX = "index.html"
_PART = 1000  # entries that one listing shows
_PIECE = 64 * 1024


class FolderFetcher:
    """Answers for one folder, or for one file as if it were alone in a folder, as `PageFetcher` says.

    Read are files whose names end in one of `suffixes`. Memory does not grow with the size of files or with the
    number of lines. Raises ConfigError for a place that does not exist or holds no such file.
    """

    def __init__(
        self,
        place: Path,
        suffixes: Sequence[str],
        config: FetchConfig | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.config = config or FetchConfig()
        self._clock = clock
        self._suffixes = tuple(suffixes)
        self._listed: tuple[Path, list[str]] | None = None
        self._lines: _Lines | None = None
        self._marks: dict[tuple[Path, str], array[int]] = {}
        try:
            real = place.expanduser().resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise ConfigError(f"{place} cannot be read ({error}). Name a folder that exists.") from error
        self.base = real.as_uri()
        self._only = "" if real.is_dir() else real.name
        self._root = real.parent if self._only else real
        if not (self._is_read(self._only) if self._only else self._holds_anything()):
            raise ConfigError(f"{place} holds nothing to read: no file whose name ends in {', '.join(suffixes)}.")

    def __enter__(self) -> FolderFetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file that is open."""
        if self._lines is not None:
            self._lines.close()
            if len(self._marks[self._lines.key]) == 1:
                del self._marks[self._lines.key]  # of a short file nothing needs remembering
            self._lines = None

    def pace(self, url: str, delay: float) -> None:
        """Do nothing: a disk needs no pauses."""

    def robots(self, url: str) -> Robots:
        """Return rules that allow everything: the files are the operator's own."""
        return Robots()

    def get(self, url: str, conditional: Validators | None = None) -> FetchedPage:
        """Return a listing, a file or a line; 304 where the file is untouched, 404 where there is none.

        Raises FetchRefused for what lies outside the folder, FetchTooLarge, and FetchFailed for what the disk refuses.
        """
        parts = urlsplit(url.removeprefix(self.base))
        asked = dict(parse_qsl(parts.query))
        try:
            path = self._real(url, parts.path, is_listing="list" in asked)
            if path.is_dir() and "list" in asked:
                return self._page(url, LISTING, self._folder_listing(path, int(asked["list"])))
            if not path.is_file():  # gone, or a pipe, on which one would wait for ever
                return self._page(url, status=404)
            return self._file(url, path, asked, conditional.etag if conditional else "")
        except (FileNotFoundError, NotADirectoryError):
            return self._page(url, status=404)
        except (OSError, ValueError) as error:
            raise FetchFailed(f"{url} cannot be read ({error}).", url=url, reason="unreadable") from error

    def _real(self, url: str, path: str, *, is_listing: bool) -> Path:
        """Return the file or folder that an address means; raise FetchRefused for one outside the folder."""
        name = os.fsdecode(unquote_to_bytes(path)).lstrip("/")
        if not is_listing and (not name or name.endswith("/")):
            name += _INDEX
        real = Path(os.path.realpath(self._root / name))
        if not real.is_relative_to(self._root) or (self._only and name not in {"", self._only}):
            raise FetchRefused(
                f"{url} leads out of the folder, to {real}. Copy the file in, or remove the link.",
                url=url,
                reason="outside",
            )
        return real

    def _page(self, url: str, kind: str = "", body: bytes = b"", etag: str = "", status: int = 200) -> FetchedPage:
        headers = {name: value for name, value in (("content-type", kind), ("etag", etag)) if value}
        return FetchedPage(url, url, status, headers, body, self._clock())

    # ---- folders ----------------------------------------------------------------------------------------

    def _folder_listing(self, folder: Path, first: int) -> bytes:
        if self._listed is None or self._listed[0] != folder or first == 1:
            self._listed = (folder, sorted(self._entries(folder)))
        entries = self._listed[1]
        shown = entries[first - 1 : first - 1 + _PART]
        rest = [f"?list={first + _PART}"] if len(entries) >= first + _PART else []
        return _uri_list([*shown, *rest])

    def _entries(self, folder: Path) -> Iterator[str]:
        """Yield the relative addresses of what a folder holds."""
        with os.scandir(folder) as found:
            for entry in found:
                name = quote(os.fsencode(entry.name), safe="")
                if entry.name.startswith(".") or (self._only and entry.name != self._only):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield f"{name}/{FIRST}"
                elif self._is_read(entry.name) and (entry.is_file() or self._leads_out(entry)):
                    lines = entry.name.lower().endswith(LINE_SUFFIXES)
                    yield "./" if entry.name == _INDEX else name + FIRST if lines else name
                elif entry.is_symlink() and entry.is_dir() and self._leads_out(entry):
                    yield f"{name}/{FIRST}"

    def _leads_out(self, entry: os.DirEntry[str]) -> bool:
        """Tell whether an entry is a link out of the folder, which is listed so that the run reports it."""
        return entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(self._root)

    def _is_read(self, name: str) -> bool:
        return name.lower().endswith(self._suffixes)

    def _holds_anything(self) -> bool:
        for _, folders, names in os.walk(self._root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            if any(self._is_read(name) and not name.startswith(".") for name in names):
                return True
        return False

    # ---- files and their lines --------------------------------------------------------------------------

    def _file(self, url: str, path: Path, asked: dict[str, str], seen: str) -> FetchedPage:
        etag = _etag(path)
        if etag == seen:
            return self._page(url, etag=etag, status=304)
        if "list" in asked:
            return self._page(url, LISTING, self._line_listing(path, etag, int(asked["list"])), etag)
        if "line" in asked:
            kind, body = LINE, self._open(path, etag).read(int(asked["line"]), self.config.max_bytes + 1)
        else:
            kind = mimetypes.guess_type(path.name.lower())[0] or "application/octet-stream"
            with path.open("rb") as handle:
                body = handle.read(self.config.max_bytes + 1)
        if body is None:
            return self._page(url, status=404)
        if len(body) > self.config.max_bytes:
            most = f"{self.config.max_bytes:,} bytes"
            raise FetchTooLarge(f"{url} is larger than {most}.", url=url, reason="too-large")
        return self._page(url, kind, body, etag)

    def _line_listing(self, path: Path, etag: str, first: int) -> bytes:
        lines = self._open(path, etag)
        numbers = range(first, first + _PART)
        shown = [f"?line={number}" for number in numbers if (lines.read(number, _PIECE) or b"").strip()]
        rest = [] if lines.read(first + _PART, 1) is None else [f"?list={first + _PART}"]
        return _uri_list([*shown, *rest])

    def _open(self, path: Path, etag: str) -> _Lines:
        """Return the lines of a file; the places found in it before are known still, unless it was touched."""
        if self._lines is None or self._lines.key != (path, etag):
            self.close()
            self._lines = _Lines((path, etag), self._marks.setdefault((path, etag), array("q", [0])))
        return self._lines


class _Lines:
    """The lines of one file by number, counted from 1, of which only every thousandth place is remembered."""

    def __init__(self, key: tuple[Path, str], marks: array[int]) -> None:
        self.key = key
        self._marks = marks  # the places of lines 1, 1001, 2001 ...
        self._handle: IO[bytes] = key[0].open("rb")
        self._number = 1  # the line at which the handle stands

    def close(self) -> None:
        self._handle.close()

    def read(self, number: int, most: int) -> bytes | None:
        """Return a line without its end, cut after `most` bytes; None behind the last one."""
        nearest = min((number - 1) // _PART, len(self._marks) - 1)
        if not nearest * _PART < self._number <= number:
            self._handle.seek(self._marks[nearest])
            self._number = nearest * _PART + 1
        while self._number < number:
            if self._next(0) is None:
                return None
        return self._next(most)

    def _next(self, most: int) -> bytes | None:
        if (self._number - 1) % _PART == 0 and (self._number - 1) // _PART == len(self._marks):
            self._marks.append(self._handle.tell())
        piece = self._handle.readline(_PIECE)
        if not piece:
            return None
        kept = bytearray(piece[:most])
        while not piece.endswith(b"\n"):
            piece = self._handle.readline(_PIECE)
            if not piece:
                break
            kept += piece[: most - len(kept)]
        self._number += 1
        return bytes(kept).rstrip(b"\r\n")


def folder_of(base: str) -> Path:
    """Return the folder that `FolderFetcher.base` names."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(base).path)))


def _uri_list(addresses: Sequence[str]) -> bytes:
    return "".join(f"{address}\r\n" for address in addresses).encode("ascii")


def _etag(path: Path) -> str:
    """Return what changes whenever a file is written, replaced or touched."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise FileNotFoundError(path)
    return '"' + "-".join(f"{n:x}" for n in (facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)) + '"'
