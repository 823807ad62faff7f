"""Reports about topics: how good they are, how their shares go through the years, and what shifts or drifts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.retrieval.corpus import Corpus
from app.topics.names import members_of
from indexing.catalogue import TopicRow
from scraper.errors import GenerationDamaged, QueryError
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document, DocumentKind

if TYPE_CHECKING:
    from indexing.topics.drift import Shifts
    from indexing.topics.models import TopicNode, TopicTree
    from indexing.topics.trends import Trend

DRIFT_FILE = "drift.json"
FORMAT = 1
_MIN_WEIGHT = 8.0  # of cases, for a topic to be among those whose shift is tested
_MOST_CASES = 3000  # of which terms are read; enough to tell, and reading takes time
_SEED = 0


# ---- through the years ------------------------------------------------------------------------------------


def trend_report(corpus: Corpus, topic: TopicRow, jurisdictions: Jurisdictions, court: str | None) -> dict[str, Any]:
    """Return a topic's share of the cases by year, its forecast and how that did on the past, and each court's years.

    `court` narrows all but the courts' own rows to one. Raises QueryError for a court of which nothing is held.
    """
    from indexing.topics.trends import TrendConfig, trend_of

    weights = dict(members_of(corpus, topic, len(corpus.entries), 0)[0])
    cases = [
        entry
        for entry in corpus.entries
        if entry.kind == DocumentKind.CASE and entry.year is not None and entry.id in corpus.memberships
    ]
    courts = sorted({entry.court for entry in cases})
    if court is not None and court not in courts:
        raise QueryError(f"No case of a court {court!r} is held with a topic; courts: {', '.join(courts) or 'none'}.")

    def trend(wanted: str | None) -> Trend:
        held = [entry for entry in cases if wanted is None or entry.court == wanted]
        return trend_of([entry.year or 0 for entry in held], [weights.get(entry.id, 0.0) for entry in held])

    whole = trend(court)
    return {
        "id": topic.id, "label": topic.label, "court": court, "level": TrendConfig().level, **whole.to_json(),
        "courts": [
            {"id": name, "name": _court(name, jurisdictions), **_years(trend(name))} for name in courts
        ],
        "generation": corpus.generation.id,
    }  # fmt: skip


def _years(trend: Trend) -> dict[str, Any]:
    return {"cases": trend.cases, "share": trend.share, "years": [asdict(year) for year in trend.years]}


def _court(court: str, jurisdictions: Jurisdictions) -> str:
    found = jurisdictions.court(court)
    return found.name if found else court


# ---- how good they are ------------------------------------------------------------------------------------

_FIGURES = ("npmi", "c_v", "diversity", "ami", "nmi", "ari")


def quality_report(corpus: Corpus) -> dict[str, Any]:
    """Return the figures that the build measured of its topics, by level and by topic; None where it measured none."""
    held = corpus.generation.facts.get("topics") or {}
    alone: Mapping[str, Mapping[str, Any]] = held.get("per_topic") or {}
    return {
        "generation": corpus.generation.id,
        "documents": held.get("documents", 0), "left_out": held.get("left_out", 0),
        "topics": len(corpus.topics) - 1 if corpus.topics else 0,
        "depth": max((topic.depth for topic in corpus.topics.values()), default=0),
        "levels": [
            {"level": name, "topics": level.get("topics", 0), "grouped_documents": level.get("grouped_documents", 0),
             **{figure: level.get(figure) for figure in _FIGURES}}
            for name, level in (held.get("levels") or {}).items()
        ],
        "parent_child": held.get("parent_child"), "siblings": held.get("siblings"),
        "stability": {name: (held.get("stability") or {}).get(name) for name in ("mean", "lowest")},
        "warnings": [str(warning) for warning in held.get("warnings") or ()],
        "per_topic": [_topic_quality(topic, alone.get(topic.id) or {}) for topic in corpus.topics.values()],
    }  # fmt: skip


def _topic_quality(topic: TopicRow, figures: Mapping[str, Any]) -> dict[str, Any]:
    stats = topic.stats
    return {
        "id": topic.id, "label": topic.label, "parent": topic.parent, "depth": topic.depth, "scope": topic.scope,
        "size": topic.size, "npmi": figures.get("npmi"), "c_v": figures.get("c_v"),
        "stability": figures.get("stability", stats.get("stability") if topic.parent else None),
        "error": stats.get("error"), "stop_reason": str(stats.get("stop_reason") or ""),
        "rank_reason": str(stats.get("rank_reason") or ""), "rank_table": list(stats.get("rank_table") or ()),
    }  # fmt: skip


# ---- what shifts and drifts -------------------------------------------------------------------------------


def drift_report(corpus: Corpus, jurisdictions: Jurisdictions) -> dict[str, Any]:
    """Return what the build found to shift or drift, with the names that topics bear now."""
    held = _read_drift(corpus.generation.folder / "topics") or {
        "status": "not_built", "cases": 0, "years": None, "topics": 0, "shifts": [], "terms": None,
        "sentence": "This build holds no report on drift: it was made by a release before. Build again.",
    }  # fmt: skip
    labels = {topic.id: topic.label for topic in corpus.topics.values()}
    try:
        for shift in held["shifts"]:
            for cell in shift["cells"]:
                cell["name"] = _court(cell["court"], jurisdictions)
            for row in [*shift["moved"], *(row for axis in shift["axes"] for row in axis["topics"])]:
                row["label"] = labels.get(row["id"], row["label"])
        shown = ("status", "sentence", "cases", "years", "topics", "shifts", "terms")
        return {**{name: held[name] for name in shown}, "generation": corpus.generation.id}
    except (AttributeError, KeyError, TypeError) as error:
        raise GenerationDamaged("The report on drift is not what a build writes; build again.") from error


def _read_drift(folder: Path) -> dict[str, Any] | None:
    try:
        value = json.loads((folder / DRIFT_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise GenerationDamaged("The report on drift cannot be read; build again.") from error
    return value if isinstance(value, dict) and value.get("format") == FORMAT else None


def write_drift(folder: Path, tree: TopicTree, documents: Sequence[Document], texts: Sequence[str]) -> None:
    """Test what shifts and drifts among the cases of a tree and write it into a folder as `drift.json`.

    texts: operative text of each document. Documents that are no case, or have no date, tell nothing.
    """
    report = drift_of(tree, documents, texts)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DRIFT_FILE).write_text(json.dumps(report, ensure_ascii=False, sort_keys=True), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Dated:
    row: int  # of the tree's documents
    year: int
    court: str
    text: str


def drift_of(tree: TopicTree, documents: Sequence[Document], texts: Sequence[str]) -> dict[str, Any]:
    """Return what `write_drift` writes."""
    import numpy as np  # with what tests drift, nothing that serving waits for

    from indexing.topics.drift import shifts

    rows = {name: row for row, name in enumerate(tree.document_ids)}
    out = set(tree.left_out)
    cases = [
        _Dated(rows[document.id], document.date.year, document.court, text)
        for document, text in zip(documents, texts, strict=True)
        if document.kind is DocumentKind.CASE and document.date and document.id in rows and document.id not in out
    ]
    at = {case.row: place for place, case in enumerate(cases)}

    def weights(topic: str) -> Any:
        column, member = np.zeros(len(cases)), tree.members[topic]
        for index, weight in zip(member.indices, member.weights, strict=True):
            if int(index) in at:
                column[at[int(index)]] = weight
        return column

    columns = {node.id: weights(node.id) for node in tree.nodes if node.parent is not None}
    tested = _tested_topics(tree, {topic: float(column.sum()) for topic, column in columns.items()})
    table = np.stack([columns[node.id] for node in tested], axis=1) if tested else np.zeros((len(cases), 0))
    years, courts = [case.year for case in cases], [case.court for case in cases]
    found = {over: shifts(table, years, courts, over=over, seed=_SEED) for over in ("time", "courts")}
    told = [_shift(over, one, tested) for over, one in found.items() if one is not None]
    firsts = [tested[row.argmax()].id if row.size and row.max() > 0 else "" for row in table]
    terms = _terms(cases, [f"{topic} {court}" for topic, court in zip(firsts, courts, strict=True)], tree.nodes)
    few = not told and terms is None
    sentence = " ".join([*(one["sentence"] for one in told), *([terms["sentence"]] if terms else [])])
    return {
        "format": FORMAT, "status": "too_few" if few else "tested", "cases": len(cases),
        "years": [min(years), max(years)] if years else None, "topics": len(tested), "shifts": told, "terms": terms,
        "sentence": f"Too few dated cases to tell shifts from chance: {len(cases)}." if few else sentence,
    }  # fmt: skip


def _tested_topics(tree: TopicTree, weight: Mapping[str, float]) -> list[TopicNode]:
    """The deepest topics that hold enough cases, none above another: one with a single such child stands for it."""
    nodes = {node.id: node for node in tree.nodes}
    found: list[TopicNode] = []
    waiting = [node for node in tree.nodes if node.parent is None]
    while waiting:
        node = waiting.pop(0)
        large = [nodes[child] for child in node.children if weight[child] >= _MIN_WEIGHT]
        if node.parent is None or len(large) > 1:
            waiting += large
        else:
            found.append(node)
    return found


def _shift(over: str, found: Shifts, topics: Sequence[TopicNode]) -> dict[str, Any]:
    def named(row: int) -> dict[str, Any]:
        return {"id": topics[row].id, "label": topics[row].label}

    return {
        "over": over, "p": found.p, "sentence": _shift_sentence(over, found),
        "cells": [asdict(cell) for cell in found.cells],
        "axes": [
            {"strength": axis.strength, "p": axis.p, "scores": list(axis.scores),
             "topics": [{**named(row), "part": part} for row, part in axis.topics]}
            for axis in found.axes
        ],
        "moved": [{**named(one.topic), "p": one.p, "shares": list(one.shares)} for one in found.moved],
    }  # fmt: skip


def _shift_sentence(over: str, found: Shifts) -> str:
    what = "from one period to the next" if over == "time" else "from court to court"
    if not found.axes and not found.moved:
        return f"The mixture of topics does not shift {what} by more than chance (p = {found.p:.3g})."
    sets, alone = _counted(len(found.axes), "set"), _counted(len(found.moved), "topic")
    return (
        f"The mixture of topics shifts {what} (p = {found.p:.3g}): {sets} of topics that move together; {alone} "
        "changed more than chance allows."
    )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _terms(cases: Sequence[_Dated], strata: Sequence[str], nodes: Sequence[TopicNode]) -> dict[str, Any] | None:
    from indexing.topics.drift import periods
    from indexing.topics.meaning import drifted_terms
    from indexing.topics.vectorize import tokenise_terms

    times = periods([case.year for case in cases], 2)
    if len(times) < 2:
        return None
    step = max(1, -(-len(cases) // _MOST_CASES))
    chosen = sorted(range(len(cases)), key=lambda place: (cases[place].year, cases[place].row))[::step]
    wanted = list(dict.fromkeys(term for node in nodes for term, _ in node.terms))
    found = drifted_terms(
        [tokenise_terms(cases[place].text) for place in chosen],
        [cases[place].year >= times[1][0] for place in chosen], [strata[place] for place in chosen], wanted, seed=_SEED,
    )  # fmt: skip
    if found is None:
        return None
    number = len(found.drifted)
    span = f"From {times[0][0]}–{times[0][1]} to {times[1][0]}–{times[1][1]}"
    if not found.tested:
        sentence = f"{span}, no term is used in enough cases of both times to be tested."
    elif not number:
        sentence = f"{span}, none of {found.tested} terms tested keeps other company by more than chance."
    else:
        sentence = f"{span}, {number} of {found.tested} terms tested keep{'s' if number == 1 else ''} other company."
    return {
        "early": list(times[0]), "late": list(times[1]), "cases": len(chosen), "tested": found.tested,
        "sentence": sentence,
        "drifted": [
            {**asdict(one), "documents": list(one.documents), "gained": list(one.gained), "lost": list(one.lost)}
            for one in found.drifted
        ],
    }  # fmt: skip
