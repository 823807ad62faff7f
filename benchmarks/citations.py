"""Citations of real law: how many of the known ones are found, how quickly beside eyecite alone, and the graph's speed.

    python -m benchmarks.citations --corpus CORPUS [--cases N] [--sections N] [--output FILE]
    python -m benchmarks.citations --corpus CORPUS --cases 0 --sections 0 --draw SEED      # edges to be read one by one

CORPUS holds `us-law-site.tar.xz`, `us-law-site-update.tar.xz` and the manifest; the site's second state is read. The
manifest's citations are those that regular expressions (opinions) and the Code's own links (sections) know: recall can
be told from them, precision not. For precision `--draw` prints edges drawn at random with the words around them; what
was found on reading them is in `tests/corpus/checked_citations.json`. Both extractors read the same opinions in the
same run, one process, no other work. (The 8 full citations of the corpus that eyecite alone finds are footnote marks
and volumes of a record before "App." or a State's name.)
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import os
import platform
import random
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import eyecite.helpers
import numpy as np
from eyecite import get_citations
from eyecite.helpers import get_court_by_paren
from eyecite.models import FullCaseCitation

from graph.build import build_graph
from graph.paths import related, shortest_path
from graph.store import GraphStore, write_graph
from indexing.citations.find import CitationFinder
from indexing.citations.resolve import Resolver
from indexing.citations.statutes import THROUGH
from indexing.models import Citation, CitationKind
from scraper.interfaces import Page
from scraper.jurisdictions import Jurisdictions
from scraper.models import Document
from scraper.sources.justia import JustiaSource

PACKAGES = ("lexatlas", "eyecite", "reporters-db", "courts-db", "networkx", "scipy", "numpy")
DRAWN = {("case", "case"): 70, ("case", "statute"): 80, ("statute", "statute"): 50}  # edges to be read one by one
ASKED = 200  # nodes whose neighbourhoods, paths and related documents are timed

Row = Mapping[str, Any]


def main() -> None:
    """Read, measure, print and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=60, help="opinions drawn; 0 takes all")
    parser.add_argument("--sections", type=int, default=300, help="sections drawn; 0 takes all")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/citations.json"))
    parser.add_argument("--draw", type=int, metavar="SEED", help="print edges to be read by hand, and nothing else")
    options = parser.parse_args()
    tables = Jurisdictions.load()
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("us-law-site", "us-law-site-update"):
            with tarfile.open(options.corpus / f"{name}.tar.xz") as archive:
                archive.extractall(scratch, filter="data")
        rows = _rows(options.corpus)
        held = dict(_documents(Path(scratch), rows, tables))
    drawn = _drawn(rows, options.cases, options.sections, options.seed)
    if options.draw is not None:
        _print_drawn(held, _time_ours(held, drawn, tables)[1], options.draw)
        return
    theirs, eyecite_alone = _time_eyecite([held[row["id"]].text for row in drawn if row["kind"] == "case"])
    ours, citations = _time_ours(held, drawn, tables)
    opinions = [held[row["id"]].id for row in drawn if row["kind"] == "case"]
    ours["of_eyecites_full_case_citations"] = _share(theirs, opinions, citations)
    ours["times_as_fast_as_eyecite"] = round(
        ours["million_characters_a_second"] / eyecite_alone["million_characters_a_second"], 2
    )
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in PACKAGES},
        "command": " ".join(["python -m benchmarks.citations", *sys.argv[1:]]),
        "drawn": {"cases": _count(drawn, "case"), "sections": _count(drawn, "statute")},
        "systems": {"lexatlas": ours, "eyecite": eyecite_alone},
        "graph": _time_graph(list(held.values()), citations, tables),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


def _rows(corpus: Path) -> list[Row]:
    with gzip.open(corpus / "us-law-manifest.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["kind"] != "container"]


def _documents(site: Path, rows: Sequence[Row], tables: Jurisdictions) -> Iterator[tuple[str, Document]]:
    """Yield every document of the manifest, as the parser reads its page."""
    source = JustiaSource(tables)
    for row in rows:
        body = (site / row["path"].strip("/") / "index.html").read_bytes()
        for document in source.parse(Page(source.origin + row["path"], body)).documents:
            yield row["id"], document


def _drawn(rows: Sequence[Row], cases: int, sections: int, seed: int) -> list[Row]:
    chance = random.Random(seed)
    drawn: list[Row] = []
    for kind, count in (("case", cases), ("statute", sections)):
        some = [row for row in rows if row["kind"] == kind]
        drawn += chance.sample(some, count) if 0 < count < len(some) else some
    return drawn


def _count(drawn: Sequence[Row], kind: str) -> int:
    return sum(row["kind"] == kind for row in drawn)


def _time_eyecite(texts: Sequence[str]) -> tuple[list[list[tuple[int, int]]], dict[str, Any]]:
    """Read the opinions with eyecite's defaults; it must come first, since our finder changes its court look-up.

    Returns the spans of its full case citations in each text, and the table.
    """
    assert eyecite.helpers.get_court_by_paren is get_court_by_paren
    logging.getLogger("eyecite").setLevel(logging.ERROR)
    get_citations("Doe v. Roe, 1 U.S. 1 (2d Cir. 1999)")
    begun = time.process_time()
    found = [get_citations(text) for text in texts]
    seconds = time.process_time() - begun
    spans = [[one.span() for one in some if isinstance(one, FullCaseCitation)] for some in found]
    return spans, _speed(texts, seconds) | {"full_case_citations": sum(map(len, spans))}


def _share(
    theirs: Sequence[Sequence[tuple[int, int]]], documents: Sequence[str], citations: Sequence[Citation]
) -> dict[str, int]:
    """Count how many of eyecite's full case citations ours are at the same place."""
    ours: dict[str, set[int]] = {}
    for one in citations:
        ours.setdefault(one.document_id, set()).update(range(one.start, one.end))
    found = sum(
        start in ours.get(name, ()) for name, spans in zip(documents, theirs, strict=True) for start, _ in spans
    )
    return {"known": sum(map(len, theirs)), "found": found}


def _print_drawn(held: Mapping[str, Document], citations: Sequence[Citation], seed: int) -> None:
    """Print edges drawn at random, one citation of each, in the rows of `checked_citations.json`, and their words."""
    documents = {document.id: document for document in held.values()}
    edges: dict[tuple[str, str], dict[tuple[str, str], list[Citation]]] = {kinds: {} for kinds in DRAWN}
    for one in citations:
        if one.to and one.to != one.document_id and THROUGH not in one.key:
            kinds = documents[one.document_id].kind.value, documents[one.to].kind.value
            edges[kinds].setdefault((one.document_id, one.to), []).append(one)
    chance = random.Random(seed)
    for kinds, count in DRAWN.items():
        for edge in sorted(chance.sample(sorted(edges[kinds]), count)):
            one = chance.choice(edges[kinds][edge])
            text = documents[one.document_id].text
            row = [one.document_id, one.version[:12], one.start, one.end, one.to, one.pinpoint]
            words = f"{text[max(0, one.start - 70) : one.start]}[[{one.raw}]]{text[one.end : one.end + 40]}"
            print(json.dumps(row, ensure_ascii=False), " ".join(words.split()), sep="\t")


def _speed(texts: Sequence[str], seconds: float) -> dict[str, Any]:
    characters = sum(map(len, texts))
    return {
        "characters": characters,
        "seconds": round(seconds, 2),
        "million_characters_a_second": round(characters / 1e6 / seconds, 3),
    }


def _time_ours(
    held: Mapping[str, Document], drawn: Sequence[Row], tables: Jurisdictions
) -> tuple[dict[str, Any], list[Citation]]:
    finder = CitationFinder(tables)
    finder.find("Doe v. Roe, 1 U.S. 1 (2d Cir. 1999)", "", "")
    resolver = Resolver.from_documents(held.values(), tables)
    foreign = {document.id: name for name, document in held.items()}
    found: list[Citation] = []
    seconds = {"case": 0.0, "statute": 0.0}
    known = dict.fromkeys(("case to case", "case to statute", "statute to statute"), 0)
    right = dict(known)
    for row in drawn:
        document = held[row["id"]]
        begun = time.process_time()
        resolved = resolver.resolve(finder.find(document.text, document.id, document.version, document.spans))
        seconds[row["kind"]] += time.process_time() - begun
        found += resolved
        cited = {foreign[one.to] for one in resolved if one.to}
        for name, wanted in (("case", row.get("cites_cases", ())), ("statute", row.get("cites_statutes", ()))):
            others = set(wanted) - {row["id"]}
            if others:
                known[f"{row['kind']} to {name}"] += len(others)
                right[f"{row['kind']} to {name}"] += len(others & cited)
    opinions = [held[row["id"]].text for row in drawn if row["kind"] == "case"]
    sections = [held[row["id"]].text for row in drawn if row["kind"] == "statute"]
    table: dict[str, Any] = _speed(opinions, seconds["case"])
    table["sections"] = _speed(sections, seconds["statute"])
    cases = {row["id"] for row in drawn if row["kind"] == "case"}
    table["full_case_citations"] = sum(
        one.kind is CitationKind.FULL and foreign[one.document_id] in cases for one in found
    )
    table["recall"] = {name: {"known": count, "found": right[name]} for name, count in known.items()}
    table["resolved"] = sum(one.to is not None for one in found)
    table["several"] = sum(bool(one.candidates) for one in found)
    table["antecedent_unknown"] = sum(not one.key for one in found)
    table["citations"] = len(found)
    table["kinds"] = dict(sorted(Counter(one.kind.value for one in found).items()))
    # Of the pairs of a decision and a section held that it cites: how many changed since, and had a version in force.
    pairs: dict[tuple[str, str], Citation] = {}
    for one in found:
        if one.to and (one.amended_since or one.in_force):
            pairs.setdefault((one.document_id, one.to), one)
    table["decision_cites_section"] = {
        "pairs": len(pairs),
        "amended_since": sum(bool(one.amended_since) for one in pairs.values()),
        "version_in_force_held": sum(bool(one.in_force) for one in pairs.values()),
    }
    return table, found


def _time_graph(documents: Sequence[Document], citations: Sequence[Citation], tables: Jurisdictions) -> dict[str, Any]:
    begun = time.process_time()
    made = build_graph(documents, citations, (), (), tables, "benchmark")
    seconds = time.process_time() - begun
    with tempfile.TemporaryDirectory() as scratch:
        write_graph(Path(scratch) / "graph.db", made)
        store = GraphStore(Path(scratch) / "graph.db")
        asked = random.Random(1).sample([document.id for document in documents], min(ASKED, len(documents)))
        pairs = list(zip(asked, reversed(asked), strict=True))
        return {
            "nodes": len(made.nodes),
            "edges": len(made.edges),
            "build_seconds": round(seconds, 2),
            "neighbors_2_steps_p95_ms": _p95([_timed(lambda one=one: store.neighbors(one, depth=2)) for one in asked]),
            "path_p95_ms": _p95([_timed(lambda a=a, b=b: shortest_path(store, a, b)) for a, b in pairs]),
            "related_p95_ms": _p95([_timed(lambda one=one: related(store, {one: 1.0})) for one in asked]),
        }


def _timed(call: Any) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def _p95(milliseconds: Sequence[float]) -> float:
    return round(float(np.percentile(milliseconds, 95)), 1)


if __name__ == "__main__":
    main()
