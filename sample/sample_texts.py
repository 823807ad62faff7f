"""Reads the sample's texts: the written law, the opinions, the update and the questions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TEXTS = HERE / "texts"

Table = dict[str, Any]

ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
CODE, CONSTITUTION, RULES = "Franklin Code", "Franklin Constitution", "Franklin Administrative Code"
COURTS = {
    "frsc": ("franklin", "supreme-court", "Supreme Court of Franklin", "Justice"),
    "frca": ("franklin", "court-of-appeals", "Court of Appeals of Franklin", "Judge"),
    "jfsc": ("jefferson", "supreme-court", "Supreme Court of Jefferson", "Justice"),
}
STATES = {"franklin": "Franklin", "jefferson": "Jefferson"}
OPINION_LABELS = {
    "majority": "Opinion",
    "plurality": "Plurality",
    "per_curiam": "Per Curiam",
    "concurrence": "Concurrence",
    "concurrence_in_judgment": "Concurrence in judgment",
    "concurrence_in_part": "Concurrence in part",
    "dissent": "Dissent",
}
MARK = re.compile(r"\[\[(\*\d+|fn:\w+)\]\]")
ITALIC = re.compile(r"(?<!\w)_([^_]+)_(?!\w)")
NUMBERED = re.compile(r"^\{¶\s?(\d+)\}\s+")


class SampleError(Exception):
    """The sample's texts contradict each other; the message names the file and what to change."""


@dataclass(frozen=True, slots=True)
class Temporary:
    """A temporary amendment: the act that made it, the day it expires, and its words."""

    act: str
    expires: str
    text: str


@dataclass(frozen=True, slots=True)
class Law:
    """A section, constitutional provision or rule; `lines` are (depth, words) with depth 0 at the margin."""

    id: str
    kind: str
    number: str
    heading: str
    hierarchy: tuple[str, ...]
    citation: str
    path: str
    lines: tuple[tuple[int, str], ...]
    history: str
    topic: str
    status: str = "in_force"
    annotations: tuple[str, ...] = ()
    effective_note: str = ""
    effective_from: str = ""
    renumbered_as: str = ""
    former_number: str = ""
    temporary: tuple[Temporary, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """One writing in a case; `paragraphs` keep their inline marks and carry their paragraph numbers."""

    kind: str
    author: str
    joined_by: tuple[str, ...]
    paragraphs: tuple[str, ...]
    footnotes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A decision with its writings, and what its author planted in it (`truth`, as written in the file)."""

    id: str
    name: str
    court: str
    citation: str
    parallel: tuple[str, ...]
    docket: str
    argued: str
    decided: str
    judges: tuple[str, ...]
    published: bool
    disposition: str
    syllabus: tuple[str, ...]
    opinions: tuple[Opinion, ...]
    path: str
    extra_path: str
    in_state: str
    topic: str
    truth: Table


@dataclass(frozen=True, slots=True)
class State:
    """Everything that the site shows at one time; names of titles, chapters and articles by their path."""

    laws: dict[str, Law]
    cases: dict[str, Case]
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """The two states and the hand-written truths beside them."""

    first: State
    second: State
    changes: list[Table]
    questions: Table
    planted: list[Table]
    names: dict[str, str]


def read(path: Path) -> Table:
    """One TOML file; raises SampleError, naming the file, where it does not parse."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SampleError(f"{path.name}: {error}; correct the file") from error


def plain(text: str) -> str:
    """The words a reader sees: italics dropped, star pages as *216, footnote marks as their number."""
    return ITALIC.sub(r"\1", MARK.sub(lambda m: m[1].removeprefix("fn:"), text))


def unmarked(text: str) -> str:
    """The author's words alone: neither star pages, nor footnote marks, nor paragraph numbers."""
    bare = ITALIC.sub(r"\1", MARK.sub("", NUMBERED.sub("", text)))
    return " ".join(bare.split())


def split_lines(text: str) -> tuple[tuple[int, str], ...]:
    """Lines of a section with their depth, two spaces of indentation to a level."""
    rows = [line for line in text.splitlines() if line.strip()]
    return tuple(((len(row) - len(row.lstrip())) // 2, row.strip()) for row in rows)


def _chapter_key(number: str) -> str:
    title, chapter, _ = number.split("-")
    return f"{title}-{chapter}"


def _law(table: Table, base: Mapping[str, str], hierarchy: tuple[str, ...], topic: str) -> Law:
    return Law(
        id=base["id"],
        kind=base["kind"],
        number=table["number"],
        heading=table["heading"],
        hierarchy=hierarchy,
        citation=base["citation"],
        path=base["path"],
        lines=split_lines(table["text"]),
        history=table.get("history", ""),
        topic=topic,
        status=table.get("status", "in_force"),
        annotations=tuple(table.get("annotations", ())),
        effective_note=table.get("effective_note", ""),
        effective_from=table.get("effective_from", ""),
        renumbered_as=table.get("renumbered_as", ""),
        former_number=table.get("former_number", ""),
        temporary=tuple(Temporary(**row) for row in table.get("temporary", ())),
    )


def statute(table: Table, labels: Mapping[str, str], topics: Mapping[str, str]) -> Law:
    """A section of the code, placed by its number (title-chapter-section)."""
    number = table["number"]
    title, chapter, _ = number.split("-")
    folder = f"/codes/franklin/title-{title}/"
    within = f"{folder}chapter-{chapter}/"
    base = {
        "id": f"franklin:code:{number}",
        "kind": "statute",
        "citation": f"{CODE} § {number}",
        "path": f"{within}section-{number}/",
    }
    return _law(table, base, (CODE, labels[folder], labels[within]), topics.get(_chapter_key(number), ""))


def provision(table: Table, labels: Mapping[str, str], history: str) -> Law:
    """A section of the constitution; its number is article-section, both arabic."""
    article, section = table["number"].split("-")
    folder = f"/constitution/franklin/article-{article}/"
    base = {
        "id": f"franklin:const:{article}:{section}",
        "kind": "constitution",
        "citation": f"Franklin Const. art. {ROMAN[int(article)]}, § {section}",
        "path": f"{folder}section-{section}/",
    }
    return _law({"history": history, **table}, base, (CONSTITUTION, labels[folder]), "constitution")


def rule(table: Table, labels: Mapping[str, str], topics: Mapping[str, str]) -> Law:
    """A rule of the administrative code, under the title of the code that it carries out."""
    number = table["number"]
    title = number.split("-")[0]
    folder = f"/regulations/franklin/title-{title}/"
    base = {
        "id": f"franklin:regs:{number}",
        "kind": "regulation",
        "citation": f"Franklin Admin. Code R. {number}",
        "path": f"{folder}rule-{number}/",
    }
    return _law(table, base, (RULES, labels[folder]), topics.get(_chapter_key(number), ""))


def code_labels(titles: Iterable[Table]) -> dict[str, str]:
    """Display names of titles and chapters by path, for the code and for the rules."""
    labels: dict[str, str] = {}
    for title in titles:
        label = f"Title {title['number']} - {title['name']}"
        folder = f"title-{title['number']}/"
        labels[f"/codes/franklin/{folder}"] = label
        labels[f"/regulations/franklin/{folder}"] = label
        for chapter, name in title["chapters"].items():
            labels[f"/codes/franklin/{folder}chapter-{chapter}/"] = f"Chapter {chapter} - {name}"
    return labels


def load_written_law(topics: Mapping[str, str]) -> tuple[dict[str, Law], dict[str, str]]:
    """All sections, provisions and rules of state one by id, and the names of their containers by path."""
    titles = sorted((read(p) for p in TEXTS.glob("title-*.toml")), key=lambda t: int(t["number"]))
    constitution, regulations = read(TEXTS / "constitution.toml"), read(TEXTS / "regulations.toml")
    labels = code_labels(titles)
    for article, name in constitution["articles"].items():
        labels[f"/constitution/franklin/article-{article}/"] = f"Article {ROMAN[int(article)]} - {name}"
    laws = [statute(row, labels, topics) for title in titles for row in title["sections"]]
    laws += [provision(row, labels, constitution["history"]) for row in constitution["sections"]]
    laws += [rule(row, labels, topics) for row in regulations["rules"]]
    return _by_id(laws), labels


def _by_id(laws: Iterable[Law]) -> dict[str, Law]:
    found: dict[str, Law] = {}
    for law in laws:
        if law.id in found:
            raise SampleError(f"{law.id} is written twice; remove one")
        found[law.id] = law
    return found


def number_paragraphs(opinions: Iterable[Table]) -> list[list[str]]:
    """Paragraphs of each opinion with {¶n} before them, counted through the whole decision."""
    numbered: list[list[str]] = []
    count = 0
    for opinion in opinions:
        rows = []
        for paragraph in opinion["paragraphs"]:
            words = " ".join(paragraph.split())
            if words.startswith("> "):
                rows.append(words)
                continue
            count += 1
            given = NUMBERED.match(words)
            if given and int(given[1]) != count:
                raise SampleError(f"paragraph {given[1]} should be {count}: {words[:60]}")
            rows.append(words if given else f"{{¶{count}}} {words}")
        numbered.append(rows)
    return numbered


def _opinion(table: Table, paragraphs: list[str]) -> Opinion:
    notes = table.get("footnotes", {})
    return Opinion(
        kind=table["kind"],
        author=table.get("author", ""),
        joined_by=tuple(table.get("joined_by", ())),
        paragraphs=tuple(paragraphs),
        footnotes=tuple((str(key), " ".join(text.split())) for key, text in notes.items()),
    )


def case(table: Table) -> Case:
    """A decision from its table; the path follows from court, year and id."""
    state, folder, _, _ = COURTS[table["court"]]
    slug = table["id"].rsplit(":", 1)[1]
    writings = zip(table["opinions"], number_paragraphs(table["opinions"]), strict=True)
    known = ("cites", "treatments", "planted", "questions", "false_premises")
    return Case(
        id=table["id"],
        name=table["name"],
        court=table["court"],
        citation=table["citation"],
        parallel=tuple(table.get("parallel", ())),
        docket=table["docket"],
        argued=str(table.get("argued", "") or ""),
        decided=str(table["decided"]),
        judges=tuple(table["judges"]),
        published=bool(table["published"]),
        disposition=table["disposition"],
        syllabus=tuple(filter(None, (" ".join(row.split()) for row in table.get("syllabus", "").splitlines()))),
        opinions=tuple(_opinion(row, paragraphs) for row, paragraphs in writings),
        path=f"/cases/{state}/{folder}/{str(table['decided'])[:4]}/{slug}/",
        extra_path=table.get("extra_path", ""),
        in_state=table.get("in_state", "first"),
        topic=table.get("topic", ""),
        truth={key: table.get(key, []) for key in known},
    )


def load_cases() -> dict[str, Case]:
    """Every decision of either state by id, in order of court, date and id."""
    cases: dict[str, Case] = {}
    for path in sorted((TEXTS / "cases").glob("*.toml")):
        try:
            found = case(read(path))
        except (KeyError, AttributeError) as error:
            raise SampleError(f"{path.name}: missing or misshapen key {error}") from error
        if found.id in cases:
            raise SampleError(f"{path.name}: {found.id} is written twice")
        cases[found.id] = found
    return dict(sorted(cases.items(), key=lambda item: (item[1].court, item[1].decided, item[0])))


def changed_law(change: Table, first: State, topics: Mapping[str, str]) -> Law:
    """The section as it stands after a change; what the change does not say is not carried over."""
    number = change["id"].rsplit(":", 1)[1]
    if (change["change"] == "added") == (change["id"] in first.laws):
        raise SampleError(f"update.toml: {change['id']} is '{change['change']}' but state one says otherwise")
    return statute({**change, "number": number}, first.labels, topics)


def second_state(first: State, cases: Mapping[str, Case], changes: list[Table], topics: Mapping[str, str]) -> State:
    """State two: the changes applied to the written law, decisions added and removed."""
    laws = dict(first.laws)
    for change in changes:
        if change["change"] == "withdrawn":
            del laws[change["id"]]
        else:
            laws[change["id"]] = changed_law(change, first, topics)
    kept = {key: value for key, value in cases.items() if value.in_state != "removed_in_update"}
    return replace(first, laws=laws, cases=kept)


def load() -> Sample:
    """The whole sample from its texts; raises SampleError where they contradict each other."""
    planted = read(TEXTS / "planted.toml")
    laws, labels = load_written_law(planted["topics"])
    cases = load_cases()
    first = State(laws, {k: v for k, v in cases.items() if v.in_state != "update_only"}, labels)
    changes: list[Table] = read(TEXTS / "update.toml")["changes"]
    second = second_state(first, cases, changes, planted["topics"])
    return Sample(first, second, changes, read(TEXTS / "questions.toml"), planted["planted"], planted["names"])
