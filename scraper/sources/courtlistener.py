"""CourtListener's REST API, version 4: what is new since the last bulk files, court by court.

    /api/rest/v4/clusters/?docket__court=scotus&order_by=-date_modified     -> a page of clusters, and the next one
    /api/rest/v4/clusters/108713/                                           -> a cluster; its docket and its opinions
                                                                               are fetched as parts of the page

Its quotas make loading everything by this way unfeasible: load the bulk files first (`courtlistener-bulk`). Nothing is
taken for vanished because these lists do not show it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from scraper.errors import ConfigError, ParseError
from scraper.interfaces import Page, ParsedPage, Terms
from scraper.jurisdictions import Jurisdictions
from scraper.sources.courtlistener_case import is_blocked, read_case
from scraper.sources.courts import chosen_courts, default_courts
from scraper.sources.html import origin_of, unique
from scraper.sources.options import SourceOption
from scraper.sources.records import flag, items, objects, read_object, text

CLUSTERS = "/api/rest/v4/clusters/"
_ONE = re.compile(r"^/api/rest/v4/(?P<what>clusters|dockets|opinions)/(?P<number>\d{1,12})/$")
_ASKED = frozenset(("docket__court", "order_by", "date_modified__gte", "cursor"))
_ORDER = "-date_modified"
COURTS_OPTION = SourceOption(
    "courts", "Ids of courts, such as scotus,ca9; without it those of the jurisdiction tables."
)


@dataclass(slots=True)
class CourtListenerSource:
    """The API; `courts` are the ids to read, empty for those of the tables, `since` a day or empty."""

    jurisdictions: Jurisdictions
    origin: str = "https://www.courtlistener.com"
    name: str = "courtlistener"
    description: str = "New and changed opinions from CourtListener's REST API (a token is needed)"
    terms: Terms = field(
        default=Terms(
            "api",
            "https://www.courtlistener.com/terms/",
            None,
            "The project offers an API to holders of a token; its pages are not crawled. Nobody read its terms for "
            "this release.",
            reads="api",
        )
    )
    verified_live: date | None = None
    courts: tuple[str, ...] = ()
    since: str = ""
    token_setting: str = "LEXATLAS_COURTLISTENER_TOKEN"
    options: tuple[SourceOption, ...] = (
        COURTS_OPTION,
        SourceOption("since", "A day, such as 2026-10-01: only what was added or changed from then on."),
    )

    def with_options(self, given: Mapping[str, str]) -> CourtListenerSource:
        """Return the source narrowed; raise ConfigError for an unknown court or what is no day."""
        courts = chosen_courts(given["courts"], self.jurisdictions) if "courts" in given else self.courts
        since = given.get("since", self.since).strip()
        try:
            date.fromisoformat(since or "2000-01-01")
        except ValueError as error:
            raise ConfigError(f"since={since!r} is no day; write for example since=2026-10-01.") from error
        return replace(self, courts=courts, since=since)

    def token_headers(self, token: str) -> Mapping[str, str]:
        """Return the header that carries a token."""
        return {"Authorization": f"Token {token}"}

    def seeds(self) -> Sequence[str]:
        """Return the first page of each court's list, the last changed cases first."""
        wanted = self.courts or default_courts(self.jurisdictions)
        return tuple(self._list(court) for court in wanted)

    def _list(self, court: str) -> str:
        asked = {"docket__court": court, "order_by": _ORDER}
        if self.since:
            asked["date_modified__gte"] = self.since
        return f"{self.origin}{CLUSTERS}?{urlencode(asked)}"

    def follows(self, url: str) -> bool:
        """Follow lists of clusters and clusters; their parts are fetched with them."""
        parts = urlsplit(url)
        if origin_of(url) != self.origin:
            return False
        match = _ONE.match(parts.path)
        if match is not None:
            return match["what"] == "clusters" and not parts.query
        return parts.path == CLUSTERS and "docket__court" in parts.query and set(parse_qs(parts.query)) <= _ASKED

    def parts(self, page: Page) -> Sequence[str]:
        """Return the addresses of a cluster's docket and opinions; none for a list or a cluster that is blocked."""
        match = _ONE.match(urlsplit(page.url).path)
        if match is None:
            return ()
        cluster = read_object(page.body, "The cluster")
        if is_blocked(cluster):
            return ()
        return unique([_address(page, cluster.get("docket"), "dockets"), *_opinions(page, cluster)])

    def parse(self, page: Page) -> ParsedPage:
        """Return the links of a list, or the case of a cluster; raise ParseError for anything else."""
        if _ONE.match(urlsplit(page.url).path) is None:
            return self._clusters(page)
        cluster = read_object(page.body, "The cluster")
        if is_blocked(cluster):
            return ParsedPage()
        docket = _part(page, _address(page, cluster.get("docket"), "dockets"), "The docket")
        if is_blocked(docket):
            return ParsedPage()
        opinions = [_part(page, url, "An opinion") for url in _opinions(page, cluster)]
        docket = {**docket, "court_id": text(docket, "court_id", "The docket") or _court_of(docket)}
        return ParsedPage((read_case(cluster, docket, opinions, self.origin, self.jurisdictions),))

    def _clusters(self, page: Page) -> ParsedPage:
        what = "The list of clusters"
        answer = read_object(page.body, what)
        if "results" not in answer:
            raise ParseError("The list of clusters has no results.", reason="layout")
        links = []
        for row in objects(answer, "results", what):
            number = text(row, "id", "A cluster")
            if not re.fullmatch(r"\d{1,12}", number):
                raise ParseError("A cluster of the list has no number.", reason="layout")
            if not flag(row, "blocked", "A cluster"):
                links.append(f"{origin_of(page.url)}{CLUSTERS}{number}/")
        following = urlsplit(text(answer, "next", what))
        if following.query:
            links.append(f"{origin_of(page.url)}{CLUSTERS}?{following.query}")
        return ParsedPage(links=unique(links), complete=False)


def create(jurisdictions: Jurisdictions) -> CourtListenerSource:
    """Return the source for the REST API."""
    return CourtListenerSource(jurisdictions)


def _opinions(page: Page, cluster: Mapping[str, object]) -> list[str]:
    found = [_address(page, value, "opinions") for value in items(dict(cluster), "sub_opinions", "The cluster")]
    if not found:
        raise ParseError("The cluster has no opinions.", reason="empty")
    return found


def _address(page: Page, value: object, what: str) -> str:
    """Return the canonical address of a part, whatever host the API wrote it with."""
    match = _ONE.match(urlsplit(value).path) if isinstance(value, str) else None
    if match is None or match["what"] != what:
        raise ParseError(f"The cluster names no {what} by an address of the API.", reason="layout")
    return origin_of(page.url) + quote(match.string)


def _part(page: Page, url: str, what: str) -> Mapping[str, object]:
    part = page.parts.get(url)
    if part is None:
        raise ParseError(f"{what} of the cluster is missing ({url}).", reason="part")
    return read_object(part.body, what)


def _court_of(docket: Mapping[str, object]) -> str:
    """Return the id at the end of ".../api/rest/v4/courts/scotus/"."""
    match = re.search(r"/courts/([\w-]+)/$", text(docket, "court", "The docket"))
    return match[1] if match else ""
