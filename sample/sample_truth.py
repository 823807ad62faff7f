"""Checks the sample's texts against each other and writes down what is true of them."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping

from sample_pages import NOT_OF_OPINION, case_title
from sample_texts import (
    COURTS,
    OPINION_LABELS,
    ROMAN,
    Case,
    Law,
    Opinion,
    Sample,
    State,
    Table,
    plain,
    unmarked,
)

NUMBER = r"\d+-\d+-\d+"
PINPOINT = r"(?:\([a-zA-Z0-9]+\))*"
SECTIONS = re.compile(
    rf"Sections? (?P<a>{NUMBER})(?P<pa>{PINPOINT})"
    rf"(?: (?P<join>and|through) (?P<b>{NUMBER})(?P<pb>{PINPOINT}))?"
    rf"|§ (?P<sign>{NUMBER})(?P<ps>{PINPOINT})"
    rf"|Rule (?P<rule>{NUMBER})"
    r"|Article (?P<art>[IVX]+), Section (?P<sec>\d+)(?: of the Constitution)?"
)
CITE_KINDS = {"full", "short", "id", "supra", "statute", "constitution", "regulation"}
TREATMENT_KEYS = {"cited", "kind", "sentence", "speaker", "scope", "counts"}
STATES_OF_CASE = {"first", "update_only", "removed_in_update"}
CASE_PIN = re.compile(r"¶¶? ?\d+(?:[-–]\d+)?|\bat \d+(?:[-–]\d+)?")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


# ---- text of documents


def law_paragraphs(law: Law, with_history: bool) -> list[str]:
    """Paragraphs of the content element of a section, in the order of the page."""
    rows = [law.effective_note] if law.effective_note else []
    rows += [text for _, text in law.lines]
    rows += [row.text for row in law.temporary]
    if with_history and law.history:
        rows.append(f"({law.history})")
    return rows + list(law.annotations)


def case_paragraphs(case: Case) -> list[str]:
    """Paragraphs of the element of opinions, in the order of the page, as a reader sees them."""
    rows = list(case.syllabus)
    if rows and not any("no part of" in row for row in rows):
        rows.append(NOT_OF_OPINION)
    for opinion in case.opinions:
        rows += [text.removeprefix("> ") for text in opinion.paragraphs]
        rows += [f"{key} {text}" for key, text in opinion.footnotes]
    return [plain(row) for row in rows]


def digest(paragraphs: list[str]) -> str:
    """SHA-256 over the whitespace-normalised paragraphs joined by newlines."""
    return hashlib.sha256("\n".join(" ".join(row.split()) for row in paragraphs).encode()).hexdigest()


def readings(document: Law | Case) -> str:
    """All words of a document, once as rendered and once without marks, to look quotations up in."""
    if isinstance(document, Law):
        return "\n".join([document.heading, *law_paragraphs(document, True)])
    rows = case_paragraphs(document)
    for opinion in document.opinions:
        rows += [unmarked(text.removeprefix("> ")) for text in opinion.paragraphs]
        rows += [unmarked(text) for _, text in opinion.footnotes]
    return "\n".join(rows)


# ---- checks


def problems(sample: Sample) -> list[str]:
    """Every contradiction found, one line each; empty when the texts fit together."""
    documents = all_documents(sample)
    cases = [document for document in documents.values() if isinstance(document, Case)]
    found: list[str] = []
    for case in cases:
        found += [f"{case.id}: {line}" for line in case_problems(case, documents)]
    found += same_values(cases)
    found += order_problems(cases)
    questions = [*sample.questions["questions"], *(q for case in cases for q in case.truth["questions"])]
    for question in questions:
        found += question_problems(question, documents)
    for row in [
        *sample.questions["false_premises"],
        *(f for case in cases for f in case.truth["false_premises"]),
    ]:
        found += [f"false premise names unknown {key}" for key in row["authorities"] if key not in documents]
    for row in sample.planted:
        found += [f"planted {row['name']}: unknown id {key}" for key in row["ids"] if key not in documents]
    explained = {*sample.names, *(row["name"] for row in sample.planted)}
    found += [
        f"{c.id}: planted.toml does not explain '{n}'" for c in cases for n in c.truth["planted"] if n not in explained
    ]
    cited = [row for law in sample.first.laws.values() for row in law_citations(law, sample.first)]
    found += [f"{row['from']} cites {row['raw']}: no such document" for row in cited if row["to"] not in documents]
    return found


def all_documents(sample: Sample) -> dict[str, Law | Case]:
    """Documents of either state by id, as they stand in the first state that holds them."""
    found: dict[str, Law | Case] = {}
    for state in (sample.second, sample.first):
        found |= state.laws
        found |= state.cases
    return found


def case_problems(case: Case, documents: Mapping[str, Law | Case]) -> Iterator[str]:
    """What is wrong inside one decision."""
    text = readings(case)
    if case.in_state not in STATES_OF_CASE:
        yield f"in_state '{case.in_state}' is not one of {sorted(STATES_OF_CASE)}"
    if not ISO_DAY.fullmatch(case.decided) or (case.argued and not ISO_DAY.fullmatch(case.argued)):
        yield "dates must be YYYY-MM-DD"
    if case.argued and case.argued >= case.decided:
        yield "argued on or after the day of decision"
    if case.citation[:4] != case.decided[:4] or not case.id.endswith(case.citation.lower()):
        yield f"citation {case.citation} does not fit its id and year"
    yield from opinion_problems(case)
    for row in case.truth["cites"]:
        yield from cite_problems(row, text, documents)
    for row in case.truth["treatments"]:
        yield from treatment_problems(row, case, text, documents)


def opinion_problems(case: Case) -> Iterator[str]:
    """Writings of an unknown kind, and footnotes and marks that do not fit each other."""
    texts = [text for opinion in case.opinions for text in opinion.paragraphs]
    marks = [key for text in texts for key in re.findall(r"\[\[fn:(\w+)\]\]", text)]
    notes = [key for opinion in case.opinions for key, _ in opinion.footnotes]
    if sorted(marks) != sorted(set(notes)) or len(notes) != len(set(notes)):
        yield f"footnote marks {marks} do not match footnotes {notes}"
    for opinion in case.opinions:
        if opinion.kind not in OPINION_LABELS:
            yield f"unknown kind of opinion {opinion.kind}"
        if (opinion.kind == "per_curiam") != (not opinion.author):
            yield f"an opinion of kind {opinion.kind} with author '{opinion.author}'"


def cite_problems(row: Table, text: str, documents: Mapping[str, Law | Case]) -> Iterator[str]:
    """A citation that does not stand in the text, or that leads to nothing."""
    if row["kind"] not in CITE_KINDS:
        yield f"cite {row['raw']}: unknown kind {row['kind']}"
    if row["raw"] not in text:
        yield f"cite not in the text: {row['raw']}"
    target = documents.get(row["to"]) if row["to"] else None
    if row["to"] and target is None:
        yield f"cite {row['raw']}: unknown id {row['to']}"
    if isinstance(target, Law) and target.kind == "statute" and not names_section(row["raw"], target):
        yield f"cite {row['raw']}: names another section than {row['to']}"


def names_section(raw: str, law: Law) -> bool:
    """Whether a citation bears the section's number or its former one; a range is taken on trust."""
    return "through" in raw or any(number and number in raw for number in (law.number, law.former_number))


def treatment_problems(row: Table, case: Case, text: str, documents: Mapping[str, Law | Case]) -> Iterator[str]:
    """A treatment without its sentence in the text, of an unknown or a later authority."""
    missing = TREATMENT_KEYS - row.keys()
    if missing:
        yield f"treatment lacks {sorted(missing)}"
        return
    if row["sentence"] not in text:
        yield f"treatment sentence not in the text: {row['sentence'][:70]}"
    target = documents.get(row["cited"])
    if target is None:
        yield f"treatment of unknown id {row['cited']}"
    if isinstance(target, Case) and target.decided >= case.decided:
        yield f"treats {row['cited']}, which is not older"


def question_problems(question: Table, documents: Mapping[str, Law | Case]) -> Iterator[str]:
    """A question whose authorities are unknown or whose quotation stands in none of them."""
    unknown = [key for key in question["authorities"] if key not in documents]
    if unknown or not question["authorities"]:
        yield f"question '{question['text']}': authorities {unknown or 'missing'}"
        return
    if question["quote"] and not any(question["quote"] in readings(documents[k]) for k in question["authorities"]):
        yield f"question '{question['text']}': quotation not in its authorities"


def same_values(cases: list[Case]) -> Iterator[str]:
    """Citations and dockets that two decisions share."""
    seen: dict[str, str] = {}
    for case in cases:
        for value in (case.citation, *case.parallel, f"{case.court} {case.docket}"):
            if value in seen:
                yield f"{case.id} and {seen[value]} share '{value}'"
            seen[value] = case.id


def order_problems(cases: list[Case]) -> Iterator[str]:
    """Decisions whose numbers run against their dates within a court and year."""
    ordered = sorted(cases, key=lambda case: (case.court, case.citation))
    for before, after in itertools.pairwise(ordered):
        same = before.court == after.court and before.decided[:4] == after.decided[:4]
        if same and before.decided > after.decided:
            yield f"{before.id} is decided after {after.id}, which has the higher number"


# ---- truth


def _sections_between(first: str, last: str, state: State) -> list[str]:
    low, high = ([int(part) for part in number.split("-")] for number in (first, last))
    inside = [law.number for law in state.laws.values() if law.kind == "statute"]
    return [n for n in inside if low <= [int(part) for part in n.split("-")] <= high]


def _targets(match: re.Match[str], state: State) -> list[tuple[str, str, str]]:
    """(id, kind, pinpoint) of each document that a reference of the written law names."""
    if match["rule"]:
        return [(f"franklin:regs:{match['rule']}", "regulation", "")]
    if match["art"]:
        return [(f"franklin:const:{ROMAN.index(match['art'])}:{match['sec']}", "constitution", "")]
    if match["sign"]:
        return [(f"franklin:code:{match['sign']}", "statute", match["ps"])]
    if match["join"] == "through":
        return [(f"franklin:code:{n}", "statute", "") for n in _sections_between(match["a"], match["b"], state)]
    rows = [(f"franklin:code:{match['a']}", "statute", match["pa"])]
    if match["b"]:
        rows.append((f"franklin:code:{match['b']}", "statute", match["pb"]))
    return rows


def law_citations(law: Law, state: State) -> list[Table]:
    """References in a section to other documents, by the fixed forms in which the code is drafted."""
    parts = [("text", text) for _, text in law.lines]
    parts += [("temporary", row.text) for row in law.temporary]
    parts += [("annotation", text) for text in law.annotations]
    parts.append(("history", law.history))
    return [
        {"from": law.id, "to": to, "raw": match[0], "kind": kind, "pinpoint": pinpoint, "where": where}
        for where, text in parts
        for match in SECTIONS.finditer(text)
        for to, kind, pinpoint in _targets(match, state)
        if to != law.id
    ]


def case_citations(case: Case) -> list[Table]:
    """The citations of a decision as its author listed them, with the pinpoint read off each."""
    rows = []
    for row in case.truth["cites"]:
        if row["kind"] in ("statute", "constitution", "regulation"):
            found = re.search(r"(?:\([a-zA-Z0-9]+\))+(?=\W*$)", row["raw"])
        else:
            found = CASE_PIN.search(row["raw"])
        where = {"from": case.id, "to": row["to"] or None, "raw": row["raw"], "kind": row["kind"]}
        rows.append({**where, "pinpoint": row.get("pinpoint") or (found[0] if found else ""), "where": "text"})
    return rows


def law_truth(law: Law, in_state: str) -> Table:
    """What is true of a section, provision or rule."""
    return {
        "id": law.id,
        "kind": law.kind,
        "path": law.path,
        "title": law.heading,
        "citation": law.citation,
        "parallel_citations": [],
        "hierarchy": list(law.hierarchy),
        "court": None,
        "date": None,
        "docket": None,
        "status": law.status,
        "history": law.history,
        "renumbered_as": law.renumbered_as or None,
        "former_number": law.former_number or None,
        "effective_from": law.effective_from or None,
        "temporary": [{"act": row.act, "expires": row.expires} for row in law.temporary],
        "paragraphs": len(law_paragraphs(law, False)),
        "text_sha256": digest(law_paragraphs(law, False)),
        "in_state": in_state,
    }


def _opinion_truth(opinion: Opinion) -> Table:
    return {"kind": opinion.kind, "author": opinion.author or None, "joined_by": list(opinion.joined_by)}


def case_truth(case: Case) -> Table:
    """What is true of a decision."""
    return {
        "id": case.id,
        "kind": "case",
        "path": case.path,
        "title": case_title(case),
        "name": case.name,
        "citation": case.citation,
        "parallel_citations": list(case.parallel),
        "hierarchy": [COURTS[case.court][2], case.decided[:4]],
        "court": case.court,
        "date": case.decided,
        "argued": case.argued or None,
        "docket": case.docket,
        "judges": list(case.judges),
        "status": "published" if case.published else "unpublished",
        "disposition": case.disposition,
        "opinions": [_opinion_truth(opinion) for opinion in case.opinions],
        "syllabus": bool(case.syllabus),
        "extra_path": case.extra_path or None,
        "paragraphs": len(case_paragraphs(case)),
        "text_sha256": digest(case_paragraphs(case)),
        "in_state": case.in_state,
    }


def planted_truth(sample: Sample) -> dict[str, Table]:
    """Name of each planted thing, the documents it is in, and why it is there."""
    rows: dict[str, Table] = {row["name"]: {"ids": list(row["ids"]), "why": row["why"]} for row in sample.planted}
    for case in all_cases(sample).values():
        for name in case.truth["planted"]:
            entry = rows.setdefault(name, {"ids": [], "why": sample.names.get(name, "")})
            if case.id not in entry["ids"]:
                entry["ids"].append(case.id)
    return rows


def all_cases(sample: Sample) -> dict[str, Case]:
    """Decisions of either state by id."""
    return {**sample.first.cases, **sample.second.cases}


def topic_truth(sample: Sample) -> dict[str, list[str]]:
    """Documents of state one under each topic."""
    topics: dict[str, list[str]] = {}
    for law in sample.first.laws.values():
        if law.topic and law.status == "in_force":
            topics.setdefault(law.topic, []).append(law.id)
    for case in sample.first.cases.values():
        topics.setdefault(case.topic, []).append(case.id)
    return topics


def update_truth(sample: Sample) -> list[Table]:
    """What state two changes, document by document."""
    rows = []
    for change in sample.changes:
        row = {"id": change["id"], "change": change["change"], "what": change["what"]}
        if "renumbered_as" in change:
            row["to"] = f"franklin:code:{change['renumbered_as']}"
        rows.append(row)
    for case in all_cases(sample).values():
        if case.in_state == "update_only":
            rows.append({"id": case.id, "change": "added", "what": "A new decision."})
        elif case.in_state == "removed_in_update":
            rows.append({"id": case.id, "change": "withdrawn", "what": "The decision is sealed; its page is gone."})
    return rows


def truth(sample: Sample) -> Table:
    """The whole of truth.json; documents as they stand in state one, those of state two alone after them."""
    cases = all_cases(sample)
    laws = list(sample.first.laws.values())
    added = [law for key, law in sample.second.laws.items() if key not in sample.first.laws]
    gone = {row["id"] for row in sample.changes if row["change"] == "withdrawn"}
    documents = [law_truth(law, "removed_in_update" if law.id in gone else "first") for law in laws]
    documents += [law_truth(law, "update_only") for law in added]
    documents += [case_truth(case) for case in cases.values()]
    citations = [row for law in laws for row in law_citations(law, sample.first)]
    citations += [row for case in cases.values() for row in case_citations(case)]
    treatments = [{"citing": case.id, **row} for case in cases.values() for row in case.truth["treatments"]]
    questions = [*sample.questions["questions"], *(q for c in cases.values() for q in c.truth["questions"])]
    premises = [
        *sample.questions["false_premises"],
        *(q for c in cases.values() for q in c.truth["false_premises"]),
    ]
    return {
        "documents": documents,
        "citations": citations,
        "treatments": treatments,
        "planted": planted_truth(sample),
        "topics": topic_truth(sample),
        "questions": questions,
        "false_premises": premises,
        "off_corpus": sample.questions["off_corpus"],
        "update": update_truth(sample),
    }
