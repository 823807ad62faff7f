"""The topic tree beside its rivals on real sections of law: agreement with the code's arrangement, coherence, time.

    python -m benchmarks.topic_rivals --corpus CORPUS [--rivals PYTHON] [--place] [--cache DIR] [--only NAMES]

CORPUS holds `us-law-site.tar.xz`, `us-law-site-update.tar.xz` and the manifest. Documents are the sections of over 200
characters in chapters of at least 5. PYTHON is an interpreter with `benchmarks/rivals-requirements.txt`; without it
those rows say so. All methods get the same texts and the same vectors, and nothing that says where a section stands.
`--place` embeds passages with the names of their places, as the product does for search: the truth is then in what is
measured, for all methods alike.

Agreement is the adjusted mutual information with chapters, and with titles at six groups; coherence and diversity are
of the ten best terms, counted in the same documents for all. Documents in no topic (outliers, stubs) are one group
more; `ami_without` leaves them out. `taught` is no rival but a mark: the agreement of a classifier that was told the
answers of four fifths of the sections.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from app.config import Settings
from benchmarks import topic_methods
from benchmarks.topic_data import Sections, read_sections
from benchmarks.topic_methods import Labels, Method, Terms, terms_of_groups
from indexing.embedding import EmbeddingCache, create_embedder
from indexing.interfaces import Embedder
from indexing.topics.hierarchy import HierarchyConfig, build_topic_tree
from indexing.topics.models import ROOT
from indexing.topics.quality import Cooccurrence, agreement_with_groups, count_together, cv_coherence, diversity
from indexing.topics.quality import npmi_coherence as npmi
from indexing.topics.vectorize import TermCounts, TfidfMatrix, VocabularyConfig, count_terms, tokenise_terms, weigh

SIZES = (6, 60, 158)
NOWHERE = ""
PACKAGED = ("bertopic", "top2vec", "s3")
# Deep enough to be cut at 158; its first level and its ranks are the tree's own.
DEEP = replace(HierarchyConfig(), max_depth=6, min_split=12)
Run = dict[str, Any]


def main() -> None:
    """Run every method, print the table, write the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--rivals", help="interpreter that has the packaged rivals")
    parser.add_argument("--place", action="store_true", help="passages embedded with the names of their places")
    parser.add_argument("--cache", type=Path, help="folder of vectors to read and fill; a temporary one if not given")
    parser.add_argument("--only", help="names of methods, parted by commas")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/topics.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings.from_env({"LEXATLAS_DATA": scratch})
        embedder = create_embedder(settings.embedder, settings.models)
        cache = options.cache or Path(scratch)
        cache.mkdir(parents=True, exist_ok=True)
        sections = read_sections(options.corpus, embedder, cache, _said, place=options.place)
        print(
            f"{len(sections.ids)} sections, {len(set(sections.chapters))} chapters, {len(set(sections.titles))} titles"
        )
        runs = _runs(sections, embedder, cache, options, Path(scratch))
    systems = _measured(sections, runs)
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: _version(name) for name in ("lexatlas", "scikit-learn", "numpy", "scipy")},
        "command": "python -m benchmarks.topic_rivals --corpus CORPUS --rivals PYTHON",
        "documents": len(sections.ids),
        "chapters": len(set(sections.chapters)),
        "titles": len(set(sections.titles)),
        "citations": len(sections.citations),
    }
    kept = json.loads(options.output.read_text(encoding="utf-8")) if options.output.is_file() else {}
    key = "with_places" if options.place else "systems"
    truths = {"chapters": sections.chapters, "titles": sections.titles}
    told = {
        kind: agreement_with_groups(topic_methods.taught(sections.texts, sections.vectors, truth), truth)
        for kind, truth in truths.items()
    }
    report["taught_with_places" if options.place else "taught"] = _rounded(told)
    merged = {**kept, **report, key: {**(kept.get(key, {}) if options.only else {}), **systems}}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(merged, indent=1) + "\n", encoding="utf-8")
    print(table(merged[key]))
    print(
        f"told four fifths of the answers: chapters {told['chapters']['ami']:.3f}, titles {told['titles']['ami']:.3f}"
    )


def _said(done: int, total: int) -> None:
    if done == total:
        print(f"{total} passages embedded", file=sys.stderr)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "from source"


def _runs(
    sections: Sections, embedder: Embedder, cache: Path, options: argparse.Namespace, scratch: Path
) -> dict[str, list[Run] | str]:
    """For each method its runs, or why there are none."""
    config = VocabularyConfig(min_chars=1)
    counts = count_terms(sections.texts, config)
    matrix = weigh(counts, np.arange(counts.counts.shape[0]), config)
    wide = _at_rows(matrix, counts, len(sections.ids))
    x, terms, vectors = wide, matrix.terms, sections.vectors
    plain: dict[str, Method] = {
        "NMF": topic_methods.flat_nmf(x, terms),
        "NMF, smoothed": topic_methods.smoothed_nmf(x, vectors, terms),
        "NMF, words and citations": topic_methods.joint_nmf(x, sections.citations, terms),
        "semi-NMF": topic_methods.semi_nmf(x, vectors, terms),
        "k-means": topic_methods.k_means(x, vectors, terms),
    }
    wanted = set(options.only.split(",")) if options.only else None
    runs: dict[str, list[Run] | str] = {}
    if wanted is None or "lexatlas" in wanted:
        runs["lexatlas"] = _tree_runs(sections, x, terms)
    for name, method in plain.items():
        if wanted is None or name in wanted:
            print(name, file=sys.stderr)
            runs[name] = [_timed(method, size) for size in SIZES]
    single = sorted({term for term in counts.terms if " " not in term})
    for name in PACKAGED:
        if wanted is None or name in wanted:
            print(name, file=sys.stderr)
            runs[name] = _packaged(name, sections, single, embedder, cache, options.rivals, scratch)
    if isinstance(runs.get("s3"), str):
        print("s3 written out", file=sys.stderr)
        method = topic_methods.components(x, vectors, terms)
        runs["independent components"] = [_timed(method, size) for size in SIZES]
    return runs


def _at_rows(matrix: TfidfMatrix, counts: TermCounts, documents: int) -> Any:
    rows = counts.kept[np.repeat(np.arange(counts.kept.size), np.diff(matrix.x.indptr))]
    return sparse.csr_matrix((matrix.x.data, (rows, matrix.x.indices)), shape=(documents, matrix.x.shape[1]))


def _timed(method: Callable[[int], tuple[Labels, Terms]], size: int) -> Run:
    begun = time.monotonic()
    labels, terms = method(size)
    seconds = round(time.monotonic() - begun, 1)
    return {"labels": [str(label) for label in labels], "terms": terms, "seconds": seconds, "size": size, "note": ""}


def _tree_runs(sections: Sections, x: Any, terms: Sequence[str]) -> list[Run]:
    runs: list[Run] = []
    for config, sizes in ((HierarchyConfig(), ()), (DEEP, SIZES)):
        begun = time.monotonic()
        print("tree", file=sys.stderr)
        tree = build_topic_tree(
            sections.documents(), sections.vectors, config, citations=sections.citations, quality=False
        )
        seconds = round(time.monotonic() - begun, 1)
        if not sizes:
            for note, depth in (("leaves", None), ("first level", 1)):
                nodes = [node for node in tree.nodes if node.id != ROOT and (depth == node.depth or not depth)]
                nodes = nodes if depth else [node for node in nodes if not node.children]
                best = [[term for term, _ in node.terms] for node in nodes]
                runs.append(_tree_run(tree.first_topics(depth), best, seconds, None, note))
        for size in sizes:
            labels = topic_methods.cut(tree, x, size)
            known = {node.id: [term for term, _ in node.terms] for node in tree.nodes}
            groups = np.array(labels)
            placed = np.flatnonzero(groups != NOWHERE)
            fresh = terms_of_groups(x[placed], groups[placed], terms)
            whole = {name: set(np.flatnonzero(groups == name)) for name in set(labels) - {NOWHERE}}
            best = [
                known[name] if len(whole[name]) == tree.node(name).size else fresh[number]
                for number, name in enumerate(sorted(whole))
            ]
            runs.append(_tree_run(labels, best, seconds, size, "cut"))
    return runs


def _tree_run(labels: Sequence[str], terms: Terms, seconds: float, size: int | None, note: str) -> Run:
    return {"labels": list(labels), "terms": terms, "seconds": seconds, "size": size, "note": note}


def _packaged(
    name: str, sections: Sections, words: list[str], embedder: Embedder, cache: Path, python: str | None, scratch: Path
) -> list[Run] | str:
    """The runs of a packaged rival, or that it is not installed."""
    if python is None:
        return "not installed: give --rivals PYTHON, an interpreter with benchmarks/rivals-requirements.txt"
    source = scratch / "rivals.npz"
    if not source.is_file():
        texts = [" ".join(tokenise_terms(text)) or "nothing" for text in sections.texts]
        vectors, _ = EmbeddingCache(cache, embedder).encode(words, _said)
        np.savez(source, vectors=sections.vectors, word_vectors=vectors, allow_pickle=False)
        source.with_suffix(".json").write_text(json.dumps({"texts": texts, "words": words}), encoding="utf-8")
    script = Path(__file__).with_name("topic_packages.py")
    command = [python, str(script), str(source), str(scratch), name]
    done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        return f"failed: {done.stderr.strip().splitlines()[-1][:200] if done.stderr.strip() else done.returncode}"
    runs: list[Run] = json.loads((scratch / f"{name}.json").read_text(encoding="utf-8"))
    for run in runs:
        run["labels"] = [NOWHERE if label < 0 else str(label) for label in run["labels"]]
    return runs


def _measured(sections: Sections, runs: dict[str, list[Run] | str]) -> dict[str, Any]:
    words = [tokenise_terms(text) for text in sections.texts]
    every = [run for some in runs.values() if not isinstance(some, str) for run in some]
    listed = sorted({term for run in every for topic in run["terms"] for term in topic})
    by_document, by_window = count_together(words, listed), count_together(words, listed, 110, 10)
    return {
        name: {"not_run": some}
        if isinstance(some, str)
        else {"runs": [_figures(sections, run, by_document, by_window) for run in some]}
        for name, some in runs.items()
    }


def _figures(sections: Sections, run: Run, by_document: Cooccurrence, by_window: Cooccurrence) -> dict[str, Any]:
    labels = run["labels"]
    placed = [number for number, label in enumerate(labels) if label != NOWHERE]
    topics = [topic for topic in run["terms"] if len(topic) > 1]
    figures: dict[str, Any] = {
        "asked": run["size"],
        "groups": len(set(labels) - {NOWHERE}),
        "in_no_topic": len(labels) - len(placed),
        "note": run["note"],
        "npmi": float(np.mean([npmi(by_document, topic) for topic in topics])),
        "c_v": float(np.mean([cv_coherence(by_window, topic) for topic in topics])),
        "diversity": diversity(topics),
        "seconds": run["seconds"],
    }
    for kind, truth in (("chapters", sections.chapters), ("titles", sections.titles)):
        figures[kind] = agreement_with_groups(labels, truth)
        some = agreement_with_groups([labels[i] for i in placed], [truth[i] for i in placed])
        figures[kind]["ami_without"] = some["ami"]
    return {key: _rounded(value) for key, value in figures.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return round(value, 3) if isinstance(value, float) else value


def table(systems: dict[str, Any]) -> str:
    """The figures as a table for people."""
    lines = [
        "| method | groups | chapters AMI (without outliers) | titles AMI | NMI | ARI | NPMI | C_v | diversity | s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, system in systems.items():
        if "not_run" in system:
            lines.append(f"| {name} | {system['not_run']} | | | | | | | | |")
        for run in system.get("runs", ()):
            chapters, titles = run["chapters"], run["titles"]
            outliers = f" ({chapters['ami_without']:.3f}; {run['in_no_topic']} out)" if run["in_no_topic"] else ""
            label = f"{name}{', ' + run['note'] if run['note'] else ''}"
            own = " (own)" if run["asked"] is None else ""
            lines.append(
                f"| {label} | {run['groups']}{own} | {chapters['ami']:.3f}{outliers} | {titles['ami']:.3f} | "
                f"{chapters['nmi']:.3f} | {chapters['ari']:.3f} | {run['npmi']:.3f} | {run['c_v']:.3f} | "
                f"{run['diversity']:.3f} | {run['seconds']:.0f} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
