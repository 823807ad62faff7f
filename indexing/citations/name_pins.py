"""eyecite's search for a cited case's name before a page ("Roe at 5"), with the same answers and without its cost.

eyecite 2.7 compiles an expression for each full citation and runs it over all the text behind it: the square of the
number of citations. Here each name is looked for once in a text, as plain characters, and the page behind it is read
only where the name stands. Any other version of eyecite keeps its own function.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import version

import eyecite.find
from eyecite.models import CaseReferenceToken, FullCaseCitation, ReferenceCitation
from eyecite.regexes import PIN_CITE_REGEX
from eyecite.utils import is_valid_name

from indexing.citations.court_lookup import VERIFIED_VERSIONS

EYECITES = eyecite.find.extract_pincited_reference_citations
_PIN = re.compile(rf"\s+{PIN_CITE_REGEX}", re.VERBOSE)


def install() -> bool:
    """Put the quick search in eyecite's place; return False and do nothing for a version not verified."""
    if version("eyecite") not in VERIFIED_VERSIONS:
        return False
    eyecite.find.extract_pincited_reference_citations = pages_behind_names
    return True


def pages_behind_names(citation: FullCaseCitation, plain_text: str) -> list[ReferenceCitation]:
    """Return where a name of the cited case stands before a page, behind the citation itself."""
    begin = citation.span()[-1]
    names = {field: getattr(citation.metadata, field, None) for field in ReferenceCitation.name_fields}
    valid = [(field, name) for field, name in names.items() if name and is_valid_name(name)]
    met = sorted(
        (place, order, field, name)
        for order, (field, name) in enumerate(valid)
        for place in places(plain_text, name)
        if place >= begin
    )
    found: list[ReferenceCitation] = []
    for place, _, field, name in met:
        if place < begin:  # inside the one before
            continue
        pin = _PIN.match(plain_text, place + len(name))
        if pin:
            begin = pin.end()
            metadata = {one: name if one == field else None for one, _ in valid} | {"pin_cite": pin["pin_cite"]}
            token = CaseReferenceToken(data=plain_text[place:begin], start=place, end=begin)
            found.append(
                ReferenceCitation(
                    token=token,
                    index=0,
                    metadata=metadata,
                    span_start=place,
                    span_end=begin,
                    full_span_start=place,
                    full_span_end=begin,
                )
            )
    return found


@lru_cache(maxsize=512)
def places(text: str, name: str) -> tuple[int, ...]:
    """Return where a name begins a word and white space follows it."""
    found = []
    place = text.find(name)
    while place >= 0:
        end = place + len(name)
        begins = place == 0 or not (text[place - 1].isalnum() or text[place - 1] == "_")
        if begins and text[end : end + 1].isspace():
            found.append(place)
        place = text.find(name, place + 1)
    return tuple(found)
