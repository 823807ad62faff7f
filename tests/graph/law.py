"""A small law, written for the tests: what it cites is plain to see, and so is the graph that must come of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from graph.build import Besides, build_graph
from graph.models import Graph
from indexing.citations.find import find_in_documents
from indexing.citations.resolve import Resolver
from indexing.models import Citation, Passage, Speaker
from indexing.treatment.models import Stance, Treatment, TreatmentKind, Voice
from scraper.models import Document, DocumentKind, DocumentStatus, Level
from tests.indexing.citations.law import jurisdictions

RUN = "run-1"


@dataclass(frozen=True)
class Topic:
    id: str
    parent: str | None
    depth: int
    label: str
    terms: tuple[tuple[str, float], ...]


TOPICS = (
    Topic("root", None, 0, "All", (("law", 1.0),)),
    Topic("t1", "root", 1, "Water", (("river", 0.9), ("well", 0.4))),
    Topic("t1.1", "t1", 2, "Wells", (("well", 0.8),)),
)
WEIGHTS = (("root", "arcadia:code:1-1-1", 1.0), ("t1", "arcadia:code:1-1-1", 0.7), ("t1.1", "arcadia:code:1-1-1", 0.5))

_TITLE = (
    Level("code", "Arcadia Code"),
    Level("title", "Title 1 - Water", "1"),
    Level("chapter", "Chapter 1 - Wells", "1"),
)


def _section(number: str, title: str, text: str, *aliases: str, repealed: bool = False) -> Document:
    return Document(
        f"arcadia:code:{number}",
        DocumentKind.STATUTE,
        "arcadia",
        title,
        f"Arcadia Code § {number}",
        text,
        f"https://law.test/{number}",
        aliases=aliases,
        hierarchy=_TITLE,
        status=DocumentStatus.RENUMBERED if repealed else DocumentStatus.IN_FORCE,
    )


def _case(number: int, year: int, title: str, text: str, parallel: str) -> Document:
    return Document(
        f"arcadia:arsc:{year}-arsc-{number:03}",
        DocumentKind.CASE,
        "arcadia",
        title,
        f"{year}-ARSC-{number:03}",
        text,
        f"https://law.test/{year}/{number}",
        parallel_citations=(parallel,),
        court="arsc",
        date=date(year, 5, 1),
        judges=("Okafor", "Reyes"),
    )


DOCUMENTS = (
    _section("1-1-1", "Wells", "A well is a hole. See § 1-1-2."),
    _section("1-1-2", "Rivers", "A river runs.", "Arcadia Code § 9-9-9"),
    _section("9-9-9", "Rivers", "[Renumbered as § 1-1-2.]", repealed=True),
    _case(1, 2001, "Marsh v. Mills", "Section 1-1-1(a) is clear. We hold that § 1-1-1 governs wells.", "10 Arcd. 1"),
    _case(
        2,
        2005,
        "Pike v. Dace",
        "In Marsh v. Mills, 2001-ARSC-001, ¶ 2, 10 Arcd. 1, we held so. Id. ¶ 3. Doe v. Poe, 99 Arcd. 5, is not held. "
        "Section 1-1-2 applies once. Our own 2005-ARSC-002 says it.",
        "20 Arcd. 40",
    ),
    _case(
        3, 2010, "Roe v. Hill", "Pike v. Dace, 2005-ARSC-002, controls; see Marsh v. Mills, 10 Arcd. 1.", "30 Arcd. 7"
    ),
)


@cache
def citations() -> tuple[Citation, ...]:
    """Return the resolved citations of all documents, found as the product finds them."""
    resolver = Resolver.from_documents(DOCUMENTS, jurisdictions())
    found = find_in_documents(DOCUMENTS, jurisdictions())
    return tuple(one for part in found for one in resolver.resolve(part))


@cache
def graph() -> Graph:
    """Return the graph of the small law."""
    return build_graph(DOCUMENTS, citations(), TOPICS, WEIGHTS, jurisdictions(), RUN)


MARSH, PIKE, ROE = (f"arcadia:arsc:{one}" for one in ("2001-arsc-001", "2005-arsc-002", "2010-arsc-003"))
BY_ID = {document.id: document for document in DOCUMENTS}
WELLS = "arcadia:code:1-1-1"


def treats(citing: str, cited: str, kind: TreatmentKind, counts: bool = True, depth: int = 2) -> Treatment:
    """Return one thing said of an authority, at made-up places."""
    version = BY_ID[citing].version
    voice = Voice.MAJORITY if counts else Voice.DISSENT
    stance = Stance.DOES if counts else Stance.PROPOSES
    return Treatment(citing, version, cited, "", "", kind, stance, voice, 3, 9, 0, 20, depth=depth, counts=counts)


@cache
def besides() -> Besides:
    """Return what the graph may hold besides, some of it of documents that are not held."""
    text = BY_ID[WELLS].version
    return Besides(
        treatments=(
            treats(ROE, MARSH, TreatmentKind.OVERRULES, depth=3),
            treats(ROE, MARSH, TreatmentKind.FOLLOWS, counts=False),
            treats(ROE, PIKE, TreatmentKind.REVERSES),
            treats(PIKE, WELLS, TreatmentKind.APPLIES),  # by name alone: Pike cites another section
            replace(treats(PIKE, MARSH, TreatmentKind.QUESTIONS), version="0" * 64),  # of a past version
        ),
        versions=((WELLS, "a" * 64), (WELLS, text), ("arcadia:code:gone", "b" * 64)),
        passages=(
            Passage(0, WELLS, text, 0, 0, 10, Speaker.LAW, "(a)"),
            Passage(1, "gone", "c" * 64, 0, 0, 1, Speaker.LAW),
        ),
        similar=((MARSH, PIKE, 0.91), (MARSH, "gone", 0.99)),
        predicted=((ROE, WELLS, 0.95),),
    )


@cache
def full_graph() -> Graph:
    """Return the graph of the small law with all that it may hold besides."""
    return build_graph(DOCUMENTS, citations(), TOPICS, WEIGHTS, jurisdictions(), RUN, besides())
