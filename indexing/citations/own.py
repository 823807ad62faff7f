"""What a section says of itself: "this section", "subsection (b) of this section"."""

from __future__ import annotations

import re

from indexing.citations.found import Found
from indexing.citations.statutes import KINDS, LEAD, LONGEST_LEAD, code_key, lead_pinpoint
from indexing.models import CitationKind
from scraper.errors import CitationError
from scraper.jurisdictions import Jurisdictions

_SELF = re.compile(r"(?<!\w)[Tt]his\s+section(?!\w)(?!\s+\d)")


def own_sections(text: str, document_id: str, jurisdictions: Jurisdictions) -> list[Found]:
    """Return the places where a section of a code names itself, with the subdivisions that it names."""
    own = jurisdictions.code_of_id(document_id)
    if own is None:
        return []
    code, groups = own
    try:
        key = code_key(code, groups)
    except CitationError:
        return []
    kind = KINDS.get(code.kind, CitationKind.STATUTE)
    found = []
    for match in _SELF.finditer(text):
        lead = LEAD.search(text, max(0, match.start() - LONGEST_LEAD), match.start())
        start = lead.start() if lead else match.start()
        pinpoint = lead_pinpoint(lead["units"]) if lead else ""
        found.append(Found(start, match.end(), kind, key, pinpoint, mention=True))
    return found
