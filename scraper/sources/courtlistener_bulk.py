"""CourtListener's bulk files: tables that Free Law Project dumps every few months, in a folder of the operator.

Needed are dockets, opinion-clusters, opinions and citations (*.csv.bz2 or *.csv) of one day. Each cluster is a page,
under the address that it has in the REST API, with its docket, opinions and citations inside (`scraper.bulk`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urljoin

from scraper.interfaces import FIRST, LISTING, Page, ParsedPage, Terms
from scraper.jurisdictions import Jurisdictions
from scraper.sources.courtlistener import CLUSTERS, COURTS_OPTION
from scraper.sources.courtlistener_case import is_blocked, read_case
from scraper.sources.courtlistener_text import TEXT_FIELDS
from scraper.sources.courts import chosen_courts, default_courts
from scraper.sources.options import SourceOption
from scraper.sources.records import as_object, objects, read_object
from scraper.sources.tables import Table, TableSet

TABLES = TableSet(
    {
        "docket": Table(
            "dockets",
            ("id", "court_id", "docket_number", "date_argued", "case_name", "case_name_full", "case_name_short",
             "blocked"),
            only="court_id",
            inside="docket",
        ),
        "cluster": Table(
            "opinion-clusters",
            ("id", "judges", "date_filed", "date_filed_is_approximate", "slug", "case_name", "case_name_full",
             "case_name_short", "syllabus", "disposition", "precedential_status", "blocked", "headmatter"),
            parent=("docket_id", "docket"),
        ),
        "opinion": Table(
            "opinions",
            ("id", "type", "author_str", "per_curiam", "joined_by_str"),
            parent=("cluster_id", "cluster"),
            first_of=TEXT_FIELDS,
            inside="sub_opinions",
        ),
        "citation": Table(
            "citations",
            ("volume", "reporter", "page", "type"),
            parent=("cluster_id", "cluster"),
            inside="citations",
        ),
    },
    page="cluster",
    prefix=CLUSTERS,
    where="https://www.courtlistener.com/help/api/bulk-data/",
)  # fmt: skip


@dataclass(slots=True)
class CourtListenerBulkSource:
    """The bulk files, named with --base-url; `courts` are the ids to read, empty for those of the tables."""

    jurisdictions: Jurisdictions
    origin: str = "https://www.courtlistener.com"
    name: str = "courtlistener-bulk"
    description: str = "Opinions of all courts from CourtListener's bulk files, in a folder named with --base-url"
    terms: Terms = field(
        default=Terms(
            "bulk",
            "https://www.courtlistener.com/help/api/bulk-data/",
            None,
            "The project offers bulk files for download. Nobody read its terms for this release.",
            reads="bulk",
        )
    )
    verified_live: date | None = None
    courts: tuple[str, ...] = ()
    tables: TableSet = TABLES
    options: tuple[SourceOption, ...] = (COURTS_OPTION,)

    def with_options(self, given: Mapping[str, str]) -> CourtListenerBulkSource:
        """Return the source narrowed to some courts; raise ConfigError for one that nobody knows."""
        return replace(self, courts=chosen_courts(given["courts"], self.jurisdictions) if "courts" in given else ())

    def wanted(self) -> frozenset[str]:
        """Return the ids of the courts that are read."""
        return frozenset(self.courts or default_courts(self.jurisdictions))

    def seeds(self) -> Sequence[str]:
        """Return the listing of the clusters."""
        return (f"{self.origin}/{FIRST}",)

    def follows(self, url: str) -> bool:
        """Follow the listings and the clusters."""
        return url.startswith((f"{self.origin}{CLUSTERS}", f"{self.origin}/?"))

    def parse(self, page: Page) -> ParsedPage:
        """Return the links of a listing, or the case of a cluster, none for a blocked one; raise ParseError."""
        if page.content_type == LISTING:
            links = tuple(urljoin(page.url, line) for line in page.body.decode("ascii", "replace").split())
            return ParsedPage(links=links, complete=not self.courts)
        cluster = read_object(page.body, "The cluster")
        docket = as_object(cluster.get("docket"), "The docket")
        if is_blocked(cluster, docket):
            return ParsedPage()
        opinions = list(objects(cluster, "sub_opinions", "The cluster"))
        return ParsedPage((read_case(cluster, docket, opinions, self.origin, self.jurisdictions),))


def create(jurisdictions: Jurisdictions) -> CourtListenerBulkSource:
    """Return the source for the bulk files."""
    return CourtListenerBulkSource(jurisdictions)
