"""The table of jurisdictions: courts, reporters and codes as data, so that a new state is a JSON file and no code.

Tables come from `scraper/data/*.json` and from the operator's own files (`DATA/jurisdictions/*.json`). One file:

    {"id": "us", "name": "United States",
     "courts":    [{"id": "scotus", "name": ..., "names": [...], "level": "supreme", "path": "/cases/federal/us/"}],
     "reporters": [{"id": "us", "cite": "U.S.", "variations": ["U. S."], "name": ..., "court": "scotus"}],
     "codes":     [{"id": "usc", "name": ..., "kind": "statute", "path": "/codes/us/",
                    "citation": "{title} U.S.C. § {section}", "document_id": "us:usc:{title}:{section}",
                    "fields": {"title": {"pattern": "\\d+"}, "section": {"pattern": "\\d+[a-z]?"}},
                    "list_field": "section",
                    "forms": [{"pattern": "{title} U\\.S\\.C\\. §§? ?{section}", "scope": "anywhere"}]}]}

A form is a regular expression in which `{name}` stands for a field. Its `scope` tells where it may be read:
`anywhere`; `jurisdiction`, only inside documents of the same jurisdiction; `same_code`, only inside the same code,
where fields that the form does not name are those of the citing document ("section 541 of this title"); `positive_law`,
the same, and only in titles that are law themselves, where a bare "section 541" is of the same title. A form is tried
only in texts that hold one of its `needs`. A group `(?P<pin>...)` in it becomes the pinpoint, a group
`(?P<items>...)` stands where a list is written in another way than `{list_field}`. `{list}` in the pattern of a
`spelled` field is any of its words ("Fourteenth").

Two files with one `id` make one table. More keys of a table:

    "constitution": {"cite": "N.M. Const.", "names": ["N. M.", "New Mexico"]}      its articles and sections, as codes
    "acts": [{"name": "Sherman Act", "names": [...], "short": [...], "code": "usc", "fields": {"title": "15"},
              "first": "1", "sections": {"1": "1", "2": "2"}}]

An act's `sections` lead from its own numbers to those of the code; `"sections": "same"` says that they are the same.
Its `short` names ("Title VII", "ADA") count only in a text that also holds one of its full names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

from scraper.errors import CitationError
from scraper.models import DocumentKind

Scope = Literal["anywhere", "jurisdiction", "same_code", "positive_law"]
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


@dataclass(frozen=True, slots=True)
class Court:
    """A court: `level` is supreme, appellate or trial; `names` are other ways in which sources print it."""

    id: str
    jurisdiction: str
    name: str
    level: str
    names: tuple[str, ...] = ()
    path: str = ""  # where a site laid out like Justia lists its opinions


@dataclass(frozen=True, slots=True)
class Reporter:
    """A series of reports, or a court's neutral citation (`neutral`): `cite` is its usual abbreviation."""

    id: str
    jurisdiction: str
    name: str
    cite: str
    court: str = ""
    variations: tuple[str, ...] = ()
    neutral: bool = False  # written YEAR-CITE-NUMBER


@dataclass(frozen=True, slots=True)
class Field:
    """One number of a citation: its regular expression, and whether it may be written in Roman numerals."""

    pattern: str
    roman: bool = False
    spelled: Mapping[str, str] = field(default_factory=dict)  # "fourteenth" -> "14"


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing a citation to a code; see the module's docstring."""

    pattern: str
    scope: Scope = "anywhere"
    needs: tuple[str, ...] = ()  # one of these words stands in every text that holds the form
    mention: bool = False  # a name in running words ("the First Amendment"): "Id." never goes back to it


@dataclass(frozen=True)
class Code:
    """A code, constitution or body of regulations whose sections are documents."""

    id: str
    jurisdiction: str
    name: str
    kind: DocumentKind
    citation: str
    document_id: str
    fields: Mapping[str, Field]
    list_field: str
    forms: tuple[Form, ...]
    path: str = ""
    names: tuple[str, ...] = ()
    session: bool = False  # laws by the session that passed them: a source credit names them and cites none
    # Titles enacted as law themselves, by field ({"title": ("9", "11")}): elsewhere the code is only evidence of it.
    positive_law: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    popular: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # "1983" -> {"title": "42"}
    # Sections that an editor moved without a new law: "42 U.S.C. § 1973c" -> "52 U.S.C. § 10304".
    moved: Mapping[str, str] = field(default_factory=dict)

    def is_positive_law(self, groups: Mapping[str, str]) -> bool | None:
        """Tell whether the title of a citation is law itself; None where the table does not say."""
        if not self.positive_law:
            return None
        return all(groups.get(name) in titles for name, titles in self.positive_law.items())

    def expand(self, form: Form, **replacements: str) -> str:
        """Return a form's regular expression with each `{name}` as a named group, or as `replacements` says."""
        text = form.pattern if replacements else form.pattern.replace("(?P<items>", f"(?P<{self.list_field}>")
        for name, spec in self.fields.items():
            if "{" + name + "}" in text:
                text = text.replace("{" + name + "}", replacements.get(name, f"(?P<{name}>{spec.pattern})"))
        return text

    @cached_property
    def _whole(self) -> tuple[re.Pattern[str], ...]:
        forms = [form for form in self.forms if form.scope == "anywhere"]
        return tuple(re.compile(self.expand(form), re.IGNORECASE) for form in forms)

    def normalise(self, groups: Mapping[str, str]) -> dict[str, str]:
        """Return a citation's numbers in the form that ids use: Roman as Arabic, dashes plain, lower case."""
        values: dict[str, str] = {}
        for name, spec in self.fields.items():
            raw = groups.get(name)
            if raw is None:
                raise CitationError(f"A citation to {self.name} needs a {name}; got {dict(groups)}.")
            value = re.sub(r"[‐-―−]", "-", raw.strip()).rstrip(".")
            value = spec.spelled.get(value.lower(), value)
            values[name] = str(roman_to_int(value)) if spec.roman and not value.isdigit() else value
        return values

    def id_for(self, groups: Mapping[str, str]) -> str:
        """Return the document id for a citation's numbers."""
        return self.document_id.format(**{k: v.lower() for k, v in self.normalise(groups).items()})

    def match(self, citation: str) -> dict[str, str] | None:
        """Return the numbers of a citation that is written whole in one of the forms, else None."""
        for pattern in self._whole:
            found = pattern.fullmatch(citation.strip())
            if found:
                return self.normalise(found.groupdict())
        return None

    @cached_property
    def _id_pattern(self) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\})", self.document_id)
        places = [index for index, part in enumerate(parts) if part.startswith("{")]
        for index in places:
            # A section may hold a colon itself ("28:9-101"), so the last number takes what is left.
            parts[index] = f"(?P<{parts[index][1:-1]}>{'.+' if index == places[-1] else '[^:]+'})"
        return re.compile("".join(p if index in places else re.escape(p) for index, p in enumerate(parts)))

    def groups_of_id(self, document_id: str) -> dict[str, str] | None:
        """Return the numbers inside a document id of this code, else None."""
        found = self._id_pattern.fullmatch(document_id)
        return found.groupdict() if found else None


@dataclass(frozen=True)
class Act:
    """An act known by name: where each of its own sections stands in a code, as far as the table knows."""

    name: str
    names: tuple[str, ...]  # full names: enough alone
    short: tuple[str, ...]  # names that count only in a text that holds a full one
    code: str = ""  # id of the code that holds it; empty where none does
    fields: Mapping[str, str] = field(default_factory=dict)  # {"title": "15"}
    sections: Mapping[str, str] = field(default_factory=dict)  # own number -> number in the code
    same: bool = False  # own numbers are the code's

    def section(self, number: str) -> str | None:
        """Return the number that a section of the act has in the code, None where the table does not say."""
        return number if self.same else self.sections.get(number)


@dataclass(frozen=True)
class Jurisdictions:
    """All tables together; every look-up is by data alone."""

    names: Mapping[str, str]
    courts: tuple[Court, ...]
    reporters: tuple[Reporter, ...]
    codes: tuple[Code, ...]
    acts: tuple[Act, ...] = ()

    @classmethod
    def load(cls, paths: Iterable[Path] = ()) -> Jurisdictions:
        """Read the packaged tables and the files of `paths`; raise CitationError naming the file that is wrong."""
        packaged = sorted(resources.files("scraper").joinpath("data").iterdir(), key=lambda item: item.name)
        tables: dict[str, list[_Table]] = {}
        own = [item for item in packaged if item.name.endswith(".json")]
        for item, theirs in [*((item, False) for item in own), *((item, True) for item in paths)]:
            try:
                rows = json.loads(item.read_text(encoding="utf-8"))
                if not rows:
                    raise ValueError("it holds no table")
                for table in rows if isinstance(rows, list) else [rows]:
                    # An operator's table stands for the packaged one; packaged files are parts of one table.
                    read = _read_table(table)
                    tables[table["id"]] = [] if theirs else tables.get(table["id"], [])
                    tables[table["id"]].append(read)
            except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, re.error) as error:
                raise CitationError(
                    f"The jurisdiction table {item.name} cannot be read ({error!r}); mend it."
                ) from error
        parts = [part for value in tables.values() for part in value]
        codes = [code for part in parts for code in part.codes]
        courts = [court for part in parts for court in part.courts]
        for kind, ids in (("code", [code.id for code in codes]), ("court", [court.id for court in courts])):
            twice = sorted({name for name in ids if ids.count(name) > 1})
            if twice:
                raise CitationError(f"Two jurisdiction tables define the {kind} {twice[0]!r}; rename one.")
        return cls(
            # A table of citation forms alone is no jurisdiction whose law could be held.
            names={key: part.name for key, value in tables.items() for part in value if part.courts},
            courts=tuple(courts),
            reporters=tuple(reporter for part in parts for reporter in part.reporters),
            codes=tuple(codes),
            acts=tuple(act for part in parts for act in part.acts),
        )

    @cached_property
    def _courts_by_name(self) -> dict[str, Court]:
        return {fold(name): court for court in self.courts for name in (court.name, *court.names, court.id)}

    def court(self, name: str) -> Court | None:
        """Return the court with this id or printed name, else None."""
        return self._courts_by_name.get(fold(name))

    def code(self, code_id: str) -> Code | None:
        """Return the code with this id, else None."""
        return next((code for code in self.codes if code.id == code_id), None)

    def match_code(self, citation: str) -> tuple[Code, dict[str, str]] | None:
        """Return the code and numbers of a citation written whole, else None."""
        for code in self.codes:
            groups = code.match(citation)
            if groups is not None:
                return code, groups
        return None

    def code_of_id(self, document_id: str) -> tuple[Code, dict[str, str]] | None:
        """Return the code and the numbers of a document id, else None for cases and unknown ids."""
        for code in self.codes:
            groups = code.groups_of_id(document_id)
            if groups is not None:
                return code, groups
        return None

    def code_at(self, path: str) -> Code | None:
        """Return the code whose pages lie under a site's path (the longest that fits), else None."""
        return next((code for code in self._longest_paths if path.startswith(code.path)), None)

    @cached_property
    def _longest_paths(self) -> list[Code]:
        return sorted((code for code in self.codes if code.path), key=lambda code: -len(code.path))

    def court_at(self, path: str) -> Court | None:
        """Return the court whose opinions lie under a site's path (the longest that fits), else None."""
        fitting = [court for court in self.courts if court.path and path.startswith(court.path)]
        return max(fitting, key=lambda court: len(court.path), default=None)


def case_id(court: Court, citation: str, docket: str) -> str:
    """Return the id of a case: its first reporter or neutral citation, else its docket number.

    Raises CitationError where neither is known.
    """
    slug = slugify(citation) or slugify(docket)
    if not slug:
        raise CitationError(f"A case of the {court.name} has neither a citation nor a docket number.")
    return f"{court.jurisdiction}:{court.id}:{slug}"


def slugify(text: str) -> str:
    """Return lower-case letters and digits joined by single hyphens: "521 U.S. 844" gives "521-us-844"."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace(".", "").replace("'", "")).strip("-")


def fold(text: str) -> str:
    """Return a name for comparison: case, dots and runs of spaces folded."""
    return " ".join(text.replace(".", " ").split()).casefold()


def roman_to_int(text: str) -> int:
    """Return the value of a Roman numeral; raise CitationError for anything else."""
    total = 0
    digits = [_ROMAN.get(letter) for letter in text.upper()]
    for here, following in zip(digits, [*digits[1:], 0], strict=True):
        if here is None or following is None:
            raise CitationError(f"{text!r} is not a Roman numeral.")
        total += -here if here < following else here
    return total


def int_to_roman(value: int) -> str:
    """Return a positive number in Roman numerals."""
    pairs = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
             (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]  # fmt: skip
    text = ""
    for size, letters in pairs:
        count, value = divmod(value, size)
        text += letters * count
    return text


@dataclass(frozen=True)
class _Table:
    name: str
    courts: list[Court]
    reporters: list[Reporter]
    codes: list[Code]
    acts: list[Act]


def _read_table(table: Mapping[str, Any]) -> _Table:
    owner = table["id"]
    courts = [
        Court(row["id"], owner, row["name"], row["level"], tuple(row.get("names", ())), row.get("path", ""))
        for row in table.get("courts", ())
    ]
    reporters = [
        Reporter(row["id"], owner, row["name"], row["cite"], row.get("court", ""), tuple(row.get("variations", ())),
                 bool(row.get("neutral", False)))
        for row in table.get("reporters", ())
    ]  # fmt: skip
    rows = [*table.get("codes", ())]
    if "constitution" in table:
        rows += _constitution(owner, table["name"], table["constitution"])
    codes = [_read_code(owner, row) for row in rows]
    return _Table(table["name"], courts, reporters, codes, [_read_act(row) for row in table.get("acts", ())])


def _read_act(row: Mapping[str, Any]) -> Act:
    sections = row.get("sections", {})
    return Act(
        name=row["name"],
        names=(row["name"], *row.get("names", ())),
        short=tuple(row.get("short", ())),
        code=row.get("code", ""),
        fields=dict(row.get("fields", {})),
        sections={} if sections == "same" else dict(sections),
        same=sections == "same",
    )


def _constitution(owner: str, name: str, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the codes of a constitution of articles and sections that is cited in the usual ways."""
    short = str(row["cite"]).removesuffix(" Const.")
    others = [str(one) for one in row.get("names", ())]
    names = "|".join(re.escape(one).replace(r"\ ", r"\s?") for one in sorted({short, *others, name}, key=len)[::-1])
    lead = rf"(?:{names})\s+(?:State\s+)?Const(?:itution|\.)?,?\s+(?:of\s+(?P<of>\d{{4}}),?\s+)?"
    article = r"[Aa]rt(?:icle|\.)\s*{article}"
    section = r"(?:§§?|[Ss]ec(?:tions?|s?\.))\s*{section}"
    needs = [f"{one}{word}" for one in (short, *others, name) for word in (" Const", " State Const")]
    of_name = rf",?\s+of\s+the\s+(?:{re.escape(name)}\s+Constitution|Constitution\s+of\s+{re.escape(name)})"
    fields = {"article": {"pattern": "[IVXLivxl]+(?![a-z])|\\d+[A-Z]?", "roman": True},
              "section": {"pattern": "\\d+(?:[-–]?[A-Za-z](?![a-z]))?(?:\\.\\d+)?"}}  # fmt: skip
    base = {"kind": "constitution", "name": f"Constitution of {name}", "path": row.get("path", "")}
    anywhere = {"scope": "anywhere", "needs": needs}
    after = {"scope": "anywhere", "needs": [f"{name} Constitution", f"Constitution of {name}"]}
    whole = {
        **base,
        "id": f"{owner}const",
        "citation": f"{row['cite']} art. {{article}}, § {{section}}",
        "document_id": f"{owner}:const:{{article}}:{{section}}",
        "fields": fields,
        "list_field": "section",
        "forms": [
            {"pattern": rf"{lead}{article},?\s*{section}", **anywhere},
            {"pattern": rf"{article},?\s*{section}{of_name}", **after},
            {"pattern": rf"{article},?\s*{section}", "scope": "jurisdiction"},
        ],
    }
    articles = {
        **base,
        "path": "",
        "id": f"{owner}const-article",
        "citation": f"{row['cite']} art. {{article}}",
        "document_id": f"{owner}:const:{{article}}",
        "fields": {"article": fields["article"]},
        "list_field": "article",
        "forms": [{"pattern": f"{lead}{article}", **anywhere}, {"pattern": f"{article}{of_name}", **after}],
    }
    return [whole, articles]


def _read_field(spec: Mapping[str, Any]) -> Field:
    spelled = {word.lower(): str(value) for word, value in spec.get("spelled", {}).items()}
    words = "|".join(rf"[{word[0].upper()}{word[0]}]{word[1:]}" for word in spelled)
    return Field(spec["pattern"].replace("{list}", words), bool(spec.get("roman")), spelled)


def _read_code(owner: str, row: Mapping[str, Any]) -> Code:
    code = Code(
        id=row["id"],
        jurisdiction=owner,
        name=row["name"],
        kind=DocumentKind(row["kind"]),
        citation=row["citation"],
        document_id=row["document_id"],
        fields={name: _read_field(spec) for name, spec in row["fields"].items()},
        list_field=row["list_field"],
        forms=tuple(
            Form(
                form["pattern"],
                form.get("scope", "anywhere"),
                tuple(form.get("needs", ())),
                bool(form.get("mention", False)),
            )
            for form in row["forms"]
        ),
        path=row.get("path", ""),
        names=tuple(row.get("names", ())),
        session=bool(row.get("session", False)),
        positive_law={name: tuple(values) for name, values in row.get("positive_law", {}).items()},
        moved=dict(row.get("moved", {})),
        popular={number: dict(fields) for number, fields in row.get("popular", {}).items()},
    )
    for form in code.forms:
        re.compile(code.expand(form))
        if form.scope not in get_args(Scope):
            raise ValueError(f"{code.id}: a form's scope is one of {', '.join(get_args(Scope))}, not {form.scope!r}")
    for text in (code.citation, code.document_id, *(form.pattern for form in code.forms)):
        unknown = set(re.findall(r"\{([a-z_]+)\}", text)) - set(code.fields)
        if unknown:
            raise ValueError(f"{code.id}: {text!r} names a field that is not described: {sorted(unknown)[0]}")
    if code.list_field not in code.fields:
        raise ValueError(f"{code.id}: list_field names no field: {code.list_field!r}")
    return code
