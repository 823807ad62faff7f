"""A made-up jurisdiction for the tests of citations, as an operator would write its table, and a finder for it."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from indexing.citations.find import CitationFinder
from indexing.models import Citation
from scraper.jurisdictions import Jurisdictions

_SECTION = r"\d+-\d+-\d+"
ARCADIA = {
    "id": "arcadia",
    "name": "Arcadia",
    "courts": [{"id": "arsc", "name": "Supreme Court of Arcadia", "level": "supreme"}],
    "reporters": [
        {"id": "arsc", "name": "Arcadia neutral citations", "cite": "ARSC", "court": "arsc", "neutral": True},
        {"id": "arc", "name": "Arcadia Reports", "cite": "Arcd.", "court": "arsc", "variations": ["Arcad."]},
        {"id": "arcapp", "name": "Arcadia Appeals Reports", "cite": "Arcd. App."},
    ],
    "codes": [
        {
            "id": "arccode",
            "name": "Arcadia Code",
            "kind": "statute",
            "citation": "Arcadia Code § {section}",
            "document_id": "arcadia:code:{section}",
            "fields": {"section": {"pattern": _SECTION}},
            "list_field": "section",
            "forms": [
                {"pattern": "Arcadia Code,?\\s*§§?\\s*{section}"},
                {"pattern": "§§?\\s*{section}", "scope": "jurisdiction"},
                {"pattern": "[Ss]ections?\\s+{section}", "scope": "jurisdiction"},
            ],
        },
        {
            "id": "arcregs",
            "name": "Arcadia Regulations",
            "kind": "regulation",
            "citation": "Arcadia Admin. Code R. {rule}",
            "document_id": "arcadia:regs:{rule}",
            "fields": {"rule": {"pattern": "\\d+-\\d+-\\d+"}},
            "list_field": "rule",
            "forms": [{"pattern": "Arcadia Admin\\. Code R\\. {rule}"}],
        },
        {
            "id": "arcconst",
            "name": "Constitution of Arcadia",
            "kind": "constitution",
            "citation": "Arcadia Const. art. {article}, § {section}",
            "document_id": "arcadia:const:{article}:{section}",
            "fields": {"article": {"pattern": "[IVX]+", "roman": True}, "section": {"pattern": "\\d+"}},
            "list_field": "section",
            "forms": [
                {"pattern": "Arcadia Const\\. art\\. {article}, §§?\\s*{section}"},
                {"pattern": "[Aa]rticle {article}, [Ss]ections? {section}", "scope": "jurisdiction"},
            ],
        },
    ],
}


@cache
def finder() -> CitationFinder:
    """Return a finder for the packaged tables and Arcadia's."""
    return CitationFinder(jurisdictions())


@cache
def jurisdictions() -> Jurisdictions:
    """Return the packaged tables and Arcadia's, read from a file as the product reads them."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "arcadia.json")
        path.write_text(json.dumps(ARCADIA), encoding="utf-8")
        return Jurisdictions.load([path])


def find(text: str, document_id: str = "us:scotus:1-us-1") -> list[Citation]:
    """Return the citations of a text; every one must be exact in it, inside its sentence and apart from the next."""
    found = finder().find(text, document_id, "v")
    for citation in found:
        assert text[citation.start : citation.end] == citation.raw != ""
        assert citation.sentence_start <= citation.start < citation.end <= citation.sentence_end
    for before, after in pairwise(found):
        assert before.end <= after.start
    return found
