"""Justia's layout: codes, constitutions, regulations and cases, for every jurisdiction that the table knows.

What is law is told by its elements: `#codes-content` holds a section, `#tab-opinion` a case; every other page is a
list. Where things lie is told by the table of jurisdictions (`Code.path`, `Court.path`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qsl, urlsplit

from scraper.interfaces import Page, ParsedPage, Terms
from scraper.jurisdictions import Jurisdictions
from scraper.sources.html import (
    Element,
    absolute,
    by_class,
    by_id,
    by_ids,
    has_class,
    no_law,
    origin_of,
    unique,
    words_of,
)
from scraper.sources.justia_case import parse_case
from scraper.sources.justia_code import parse_section
from scraper.sources.trees import parse_html, require_whole

_ROOTS = ("/codes/", "/constitution/", "/regulations/", "/cases/")
_NOT_LISTS = "ancestor::nav or ancestor::header or ancestor::footer or ancestor::aside or ancestor::form"
_NEXT = re.compile(r"next(?:\s+page)?[\s>›»→]*", re.IGNORECASE)
_LIST_CLASSES = ("listing", "codes-listing", "case-listing", "search-results", "search-result", "list-styled")


@dataclass(slots=True)
class JustiaSource:
    """A site laid out as Justia's; `origin` may be another publisher's that uses the same layout."""

    jurisdictions: Jurisdictions
    origin: str = "https://law.justia.com"
    name: str = "justia"
    description: str = "Codes, constitutions, regulations and cases from pages laid out as Justia's"
    terms: Terms = field(
        default=Terms(
            "unread",
            "https://www.justia.com/terms-of-service/",
            None,
            "No page of the live site could be read when this was written; read its terms before crawling it.",
        )
    )
    verified_live: date | None = None

    def seeds(self) -> Sequence[str]:
        """Return the home page, from which every list is linked that the site has."""
        return (f"{self.origin}/",)

    def follows(self, url: str) -> bool:
        """Follow the codes and courts of the table and the lists above them, and no search."""
        parts = urlsplit(url)
        if origin_of(url) != self.origin or any(name != "page" for name, _ in parse_qsl(parts.query, True)):
            return False
        return parts.path == "/" or self._is_law(parts.path)

    def parse(self, page: Page) -> ParsedPage:
        """Return the document of a page, or the links of a list; raise ParseError where it is neither."""
        root = parse_html(page.body, page.content_type)
        path = urlsplit(page.url).path
        content, opinion = by_ids(root, "codes-content", "tab-opinion")
        if content is None and opinion is None:
            return self._listing(root, page)
        require_whole(page.body)
        if opinion is not None:
            return ParsedPage((parse_case(root, opinion, page.url, self.jurisdictions, path),))
        return ParsedPage((parse_section(root, content, page.url, self.jurisdictions, path),))

    def _is_law(self, path: str) -> bool:
        if not path.startswith(_ROOTS):
            return False
        roots = [code.path for code in self.jurisdictions.codes] + [court.path for court in self.jurisdictions.courts]
        ours = [root for root in roots if root.startswith(_ROOTS)]
        return any(path.startswith(root) or path == root.rstrip("/") or root.startswith(_folder(path)) for root in ours)

    def _listing(self, root: Element, page: Page) -> ParsedPage:
        main = _main(root)
        links = self._links(main, page.url)
        following = [a.get("href") for a in root.xpath("//link[@rel='next'][@href] | //a[@rel='next'][@href]")]
        following += [a.get("href") for a in main.iter("a") if _NEXT.fullmatch(words_of(a))]
        pages = [url for url in (absolute(page.url, href) for href in following if href) if self.follows(url)]
        is_list = any(by_class(root, name) for name in _LIST_CLASSES)
        if not links and not pages and not is_list:
            raise no_law(root)
        require_whole(page.body)
        return ParsedPage(links=unique([*links, *pages]))

    def _links(self, main: Element, url: str) -> list[str]:
        here = urlsplit(url).path
        found = []
        for anchor in main.xpath(f".//a[@href][not({_NOT_LISTS})]"):
            if has_class(anchor, "pn-prev", "pn-next"):
                continue
            target = absolute(url, anchor.get("href"))
            if not self.follows(target):  # asked first: the path of a "mailto:" is none
                continue
            if urlsplit(target).query or not here.startswith(_folder(urlsplit(target).path)):
                found.append(target)
        return found


def create(jurisdictions: Jurisdictions) -> JustiaSource:
    """Return the source for pages in Justia's layout."""
    return JustiaSource(jurisdictions)


def _main(root: Element) -> Element:
    for element in (by_id(root, "main-content"), root.find(".//main"), *by_class(root, "primary-content")[:1]):
        if element is not None:
            return element
    body = root.find(".//body")
    return root if body is None else body


def _folder(path: str) -> str:
    return path if path.endswith("/") else path.rsplit("/", 1)[0] + "/" if "." in path.rsplit("/", 1)[1] else path + "/"
