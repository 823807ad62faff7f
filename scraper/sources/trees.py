"""Bytes of a web page into a tree: their encoding, what browsers forgive, and what is no whole page. Pure functions."""

from __future__ import annotations

import codecs
import re

from bs4.dammit import EncodingDetector, UnicodeDammit
from lxml import etree

from scraper.errors import ParseError
from scraper.sources.html import Element

_CONTROLS = bytes.maketrans(bytes([*range(9), 11, *range(14, 32), 127]), b" " * 29)
_C1 = re.compile(rb"\xc2[\x80-\x9f]")  # in UTF-8
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# Browsers read these names as windows-1252, so that is what pages that bear them are written in.
_LATIN = dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "ascii", "us-ascii", "l1"), "windows-1252")
_HTML_TYPES = ("html", "xml", "text/plain", "octet-stream")
_DEPTH_ERROR = "ERR_RESOURCE_LIMIT"


def decode(body: bytes, content_type: str = "") -> str:
    """Return the text of a page; raise ParseError (charset) where that cannot be done without loss.

    Bytes that are UTF-8 are read as UTF-8 whatever is declared; then the mark at the start, the header's charset and
    the page's own declaration are believed in that order; windows-1252 is what remains.
    """
    if not body.strip():
        raise ParseError("The page is empty.", reason="empty")
    text = _utf16(body) or _utf8(body) or _legacy(body, content_type)
    if not text or "\ufffd" in text or "\x00" in text:
        raise ParseError("The page's characters cannot be read in any declared encoding.", reason="charset")
    return text


def _utf16(body: bytes) -> str | None:
    if body.startswith(_UTF16):
        return _strict(body, "utf-16")
    head = body[:400]
    if head.count(0) * 3 < len(head):
        return None
    return _strict(body, "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be")


def _utf8(body: bytes) -> str | None:
    return _strict(body.removeprefix(codecs.BOM_UTF8), "utf-8")


def _legacy(body: bytes, content_type: str) -> str | None:
    header = re.search(r"charset=[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    declared = [header.group(1)] if header else []
    inside = EncodingDetector.find_declared_encoding(body, is_html=True)
    declared += [str(inside)] if inside else []
    declared = [_LATIN.get(name.lower(), name) for name in declared]
    declared = [name for name in declared if name.lower().replace("-", "") not in ("utf8", "utf16")]
    if not declared:
        # UTF-8 with single stray windows-1252 bytes, as templates leave behind.
        mixed = _strict(UnicodeDammit.detwingle(body), "utf-8")
        if mixed is not None:
            return mixed
    found = UnicodeDammit(body, known_definite_encodings=[*declared, "windows-1252"], is_html=True)
    return None if found.contains_replacement_characters else found.unicode_markup


def _strict(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None


def parse_html(body: bytes, content_type: str = "text/html") -> Element:
    """Return the root of a page's tree.

    Raises ParseError: wrong_type, empty, charset or deep (nested beyond any real page). No other parser is tried:
    of thirty kinds of broken pages there is none that libxml2 refuses and Beautiful Soup reads.
    """
    if content_type and not any(name in content_type.lower() for name in _HTML_TYPES):
        raise ParseError(f"The page is of type {content_type!r}, not HTML.", reason="wrong_type")
    data = _one_body(_as_utf8(body, content_type).translate(_CONTROLS))
    for huge in (False, True):
        # libxml2 stops at 256 levels (2,048 when huge) and says so only in its log.
        parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=huge)
        try:
            root = etree.fromstring(data, parser=parser)
        except etree.XMLSyntaxError as error:
            raise ParseError(f"The page holds no elements ({error}).", reason="empty") from error
        if root is None:
            raise ParseError("The page holds no elements.", reason="empty")
        if not any(entry.type_name == _DEPTH_ERROR for entry in parser.error_log):
            return root
    raise ParseError("The page is nested too deeply to be a page of law.", reason="deep")


def _as_utf8(body: bytes, content_type: str) -> bytes:
    """Return a page in UTF-8, its bytes as they are where they are that already; raise ParseError as `decode` does."""
    text = _utf8(body)
    whole = text is not None and "\ufffd" not in text and b"\x00" not in body and not body.isspace()
    data = body.removeprefix(codecs.BOM_UTF8) if whole and body else decode(body, content_type).encode("utf-8")
    return _repair(data.decode("utf-8")).encode("utf-8") if _C1.search(data) else data


def _repair(text: str) -> str:
    """Put the quotation marks and dashes back that a publisher copied from windows-1252 as control characters."""
    table = {code: bytes([code]).decode("cp1252", "replace").replace("\ufffd", " ") for code in range(0x80, 0xA0)}
    return text.translate(table)


def _one_body(data: bytes) -> bytes:
    """Take early closing tags out of a page: libxml2 drops what follows the first, and browsers do not.

    Templates that paste whole documents into one another leave such tags in the middle of a text.
    """
    first = _CLOSES.search(data)
    return data if first is None or _NOTHING.fullmatch(data, first.start()) else _CLOSING.sub(b"", data)


_CLOSES = re.compile(rb"</(?:body|html)", re.IGNORECASE)
_CLOSING = re.compile(rb"</(?:body|html)\s*>", re.IGNORECASE)
_NOTHING = re.compile(rb"(?:</(?:body|html)\s*>|\s++|(?><!--.*?-->))*", re.IGNORECASE | re.DOTALL)


def require_whole(body: bytes) -> None:
    """Raise ParseError (truncated) where the page's closing tags are missing, for half a law is another law."""
    tail = body[-4096:]
    if b"</html>" in tail:
        return
    tail = tail.replace(b"\x00", b"").lower()  # of another encoding, or written in capitals
    if b"</body" not in tail and b"</html" not in tail:
        raise ParseError("The page breaks off before its end.", reason="truncated")
