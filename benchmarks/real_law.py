"""The main job on real input, measured: crawl a site of real law, build it, run both again, judge retrieval.

    python -m benchmarks.real_law --corpus CORPUS [--data DATA] [--output benchmarks/results/real-law.json]

CORPUS holds `us-law-site.tar.xz`, its manifest and `benchmark/`. The site is served on loopback, the delay is off.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.jobs.demo import local_site

PACKAGES = ("lexatlas", "eyecite", "faiss-cpu", "scikit-learn", "onnxruntime", "bm25s", "numpy")


def main() -> None:
    """Run all and write the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="data directory to fill; a temporary one if not given")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/real-law.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        site = Path(scratch) / "site"
        with tarfile.open(options.corpus / "us-law-site.tar.xz") as archive:
            archive.extractall(site, filter="data")
        data = options.data or Path(scratch) / "data"
        steps = run_steps(site, data, options.corpus / "us-law-site-update.tar.xz")
        retrieval = judge(options.corpus, data, Path(scratch))
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in PACKAGES},
        "command": "python -m benchmarks.real_law --corpus CORPUS",
        "steps": steps,
        "systems": {"lexatlas": retrieval["hybrid"], **retrieval},
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1, ensure_ascii=False))


def run_steps(site: Path, data: Path, update: Path) -> dict[str, Any]:
    """Ingest and build, again with nothing changed, and again after the update; return seconds, peak memory, output.

    The judgements speak of the site's second state, so that is what is judged at the end.
    """
    steps: dict[str, Any] = {}
    with local_site(site) as address:
        ingest = ["ingest", "--source", "justia", "--base-url", address, "--delay", "0"]
        for label in ("", " again", " update"):
            if label == " update":
                with tarfile.open(update) as archive:
                    archive.extractall(site, filter="data")
            for name, arguments in (("ingest", ingest), ("build", ["build"])):
                print(f"{name}{label} ...", file=sys.stderr)
                step = measured(data, arguments)
                output = step.pop("output")
                kept = ("pages", "documents", "counts")
                steps[name + label] = step | {part: output[part] for part in kept if part in output}
    first = steps["ingest"]["seconds"] + steps["build"]["seconds"]
    again = steps["ingest again"]["seconds"] + steps["build again"]["seconds"]
    steps["total"] = {
        "seconds": round(first, 1),
        "again_seconds": round(again, 1),
        "again_share": round(again / first, 4),
    }
    return steps


def measured(data: Path, arguments: list[str]) -> dict[str, Any]:
    """Run one command; return its seconds, the peak resident memory of its whole process tree in MiB, its output."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "--data", str(data), "--json", *arguments], stdout=subprocess.PIPE, text=True
    )
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, process), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    watcher.join()
    seconds = time.monotonic() - begun
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with exit code {process.returncode}")
    return {"seconds": round(seconds, 1), "peak_mib": peak[0] // 1024, "output": json.loads(output)}


def _watch(pid: int, peak: list[int], process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_resident(child) for child in _tree(pid)))
        time.sleep(0.2)


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [child for text in task.read_text().split() for child in _tree(int(text))]
        except OSError:
            continue  # the process ended between two looks
    return found


def _resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # likewise
    # proportional share: pages that workers share with their parent are not counted twice
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def judge(corpus: Path, data: Path, scratch: Path) -> dict[str, Any]:
    """Return the retrieval table of the benchmark, made with the same command that a user would type."""
    id_map = scratch / "map.tsv"
    id_map.write_text("".join(f"{foreign}\t{name}\n" for foreign, name in mapping(corpus)), encoding="utf-8")
    benchmark = corpus / "benchmark"
    result = measured(data, ["eval", "retrieval", "--queries", str(benchmark / "queries.jsonl"),
                             "--qrels", str(benchmark / "qrels.trec"), "--id-map", str(id_map)])  # fmt: skip
    systems: dict[str, Any] = result["output"]["systems"]
    systems["unmapped"] = result["output"]["unmapped"]
    return systems


def mapping(corpus: Path) -> list[tuple[str, str]]:
    """Return (the corpus' id, citation or docket number) of every document of its manifest."""
    with gzip.open(corpus / "us-law-manifest.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(row["id"], row["citation"] or row["docket"]) for row in rows if row["kind"] != "container"]


if __name__ == "__main__":
    main()
