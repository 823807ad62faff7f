"""A citation while it is being read: numbers apart, antecedents not yet linked."""

from __future__ import annotations

from dataclasses import dataclass

from indexing.models import CitationKind


@dataclass(frozen=True, slots=True)
class Found:
    """One citation in the reading text; `key` is empty where only its antecedent can tell what is cited."""

    start: int
    end: int
    kind: CitationKind
    key: str = ""
    pinpoint: str = ""
    case_name: str = ""
    year: int | None = None
    volume: str = ""
    reporter: str = ""
    page: str = ""
    antecedent: str = ""  # the name that a short or supra citation gives
    opaque: bool = False  # something is cited here, but nothing that has a key: "Id." behind it is unknown too
    group: int = -1
    written: str = ""  # the number as an act gives it ("10" of "§ 10(b) of the Exchange Act"), the key has "78j"
    mention: bool = False  # a name in running words: nothing that "Id." could repeat
