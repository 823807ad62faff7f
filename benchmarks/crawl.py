"""Ingest measured: pages a second on one core, peak memory at n and 4n documents, parsing beside bs4 on html.parser.

    python -m benchmarks.crawl [--corpus CORPUS] [--pages 400] [--output benchmarks/results/crawl.json] [--parsing]

CORPUS holds `us-law-site.tar.xz`; without it the shipped sample is read. The site is served on loopback by a process
on another core, with the delay off; the ingest is the command that a user types, with its start. Seconds of processor
time are given beside those of the clock: they depend less on what else the machine does. With `--parsing` the parsers
alone are compared, and nothing is written.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from app.jobs.demo import CANONICAL, SOURCE, local_site, sample_folder
from benchmarks.real_law import measured
from scraper.errors import ParseError
from scraper.interfaces import Page, Source
from scraper.jurisdictions import Jurisdictions
from scraper.sources import get_source

PACKAGES = ("lexatlas", "beautifulsoup4", "lxml", "httpx", "warcio", "sqlalchemy")
PAGES_A_SECOND, TIMES_BS4, GROWTH = 60, 5, 64  # what is asked: pages, a factor, MiB from n to 4n documents
_TURNS = 5  # of which the quickest counts, for each kind of page
_KIND = "text/html; charset=utf-8"
_OURS, _WORDS, _DOCUMENT = "lexatlas", "bs4, html.parser", "bs4, html.parser, plain document"


def main() -> None:
    """Run all and write the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, help="folder of real law; the shipped sample if not given")
    parser.add_argument("--pages", type=int, default=400, help="how many pages both parsers read")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/crawl.json"))
    parser.add_argument("--parsing", action="store_true", help="compare the parsers alone; write no file")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])  # the site takes the last one, in a process of its own
    with tempfile.TemporaryDirectory() as scratch, site_of(options.corpus, Path(scratch)) as (folder, tables, extra):
        source = get_source(SOURCE, Jurisdictions.load(tables))
        parsing = compare_parsers(source, pages_of(source, folder, options.pages))
        if options.parsing:
            print(json.dumps(parsing, indent=1))
            return
        ingest = ingest_quarter_and_whole(folder, tables, extra, Path(scratch))
    report = {
        "machine": f"{platform.machine()}, {len(cores)} cores, Python {platform.python_version()}; "
        f"load {os.getloadavg()[1]:.1f} over five minutes",
        "versions": {name: version(name) for name in PACKAGES},
        "command": "python -m benchmarks.crawl" + (" --corpus CORPUS" if options.corpus else ""),
        "asked": {"pages_a_second": PAGES_A_SECOND, "times_bs4": TIMES_BS4, "growth_mib": GROWTH},
        "systems": {
            _OURS: {"ingest": ingest, "parse": parsing[_OURS]},
            _WORDS: {"parse": parsing[_WORDS]},
            _DOCUMENT: {"parse": parsing[_DOCUMENT]},
        },
        "times_bs4": parsing["times"],
        "times_bs4_by_kind": parsing["times_by_kind"],
        "times_plain_document": parsing["times_plain_document"],
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1, ensure_ascii=False))


@contextmanager
def site_of(corpus: Path | None, scratch: Path) -> Iterator[tuple[Path, list[Path], list[str]]]:
    """Yield the site's folder, its tables of jurisdictions, and the options that an ingest of it needs."""
    if corpus is None:
        sample = sample_folder()
        yield sample / "site", sorted((sample / "jurisdictions").glob("*.json")), ["--canonical-url", CANONICAL]
        return
    with tarfile.open(corpus / "us-law-site.tar.xz") as archive:
        archive.extractall(scratch / "site", filter="data")
    yield scratch / "site", [], []


# ---- ingest ---------------------------------------------------------------------------------------------


def ingest_quarter_and_whole(folder: Path, tables: list[Path], extra: list[str], scratch: Path) -> dict[str, Any]:
    """Ingest the whole site, a quarter of its documents, and the whole again unchanged; return their figures."""
    arguments = ["ingest", "--source", SOURCE, *extra, "--delay", "0"]
    with served(folder) as address:
        arguments += ["--base-url", address]
        whole = one_ingest(prepared(scratch / "whole", tables), arguments)
        again = one_ingest(scratch / "whole", arguments)
        limit = max(1, whole["documents"] // 4)
        quarter = one_ingest(prepared(scratch / "quarter", tables), [*arguments, "--limit", str(limit)])
    return {"whole": whole, "quarter": quarter, "again": again,
            "growth_mib": whole["peak_mib"] - quarter["peak_mib"]}  # fmt: skip


def prepared(data: Path, tables: list[Path]) -> Path:
    """Return a new data directory with an operator's tables."""
    (data / "jurisdictions").mkdir(parents=True)
    for table in tables:
        (data / "jurisdictions" / table.name).write_bytes(table.read_bytes())
    return data


def one_ingest(data: Path, arguments: list[str]) -> dict[str, Any]:
    """Run one ingest and return pages, documents, seconds, pages a second, and the peak of its memory."""
    before = os.times()
    step = measured(data, arguments)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    pages = step["output"]["pages"]["fetched"] + step["output"]["pages"]["unchanged"]
    return {
        "pages": pages,
        "documents": step["output"]["documents"]["seen"],
        "seconds": step["seconds"],
        "processor_seconds": round(used, 1),
        "pages_a_second": round(pages / step["seconds"], 1),
        "pages_a_processor_second": round(pages / used, 1),
        "peak_mib": step["peak_mib"],
    }


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder from a process of its own while the context lasts; yield its address."""
    command = [sys.executable, "-m", "benchmarks.crawl", "--serve", str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.communicate()  # closing its input ends it


def serve(folder: Path) -> None:
    """Serve until standard input ends, on the last core of the machine."""
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    with local_site(folder) as address:
        print(address, flush=True)
        sys.stdin.read()


# ---- parsing --------------------------------------------------------------------------------------------


def pages_of(source: Source, folder: Path, most: int) -> list[Page]:
    """Return pages that state a document, spread over the site; what the source cannot read is left out."""
    files = sorted(path for path in folder.rglob("*.html"))
    chosen: list[Page] = []
    for path in files[:: max(1, len(files) // (2 * most))]:
        name = path.relative_to(folder).as_posix().removesuffix("index.html")
        page = Page(f"{source.origin}/{name}", path.read_bytes(), _KIND)
        try:
            if source.parse(page).documents:
                chosen.append(page)
        except ParseError:
            continue
        if len(chosen) == most:
            break
    return chosen


def compare_parsers(source: Source, pages: list[Page]) -> dict[str, Any]:
    """Return the processor seconds of each on the same pages, and the ratios to ours, over all and by kind of document.

    Ours returns documents and their structure. For bs4 it is, in one figure, what a script does first: the tree of the
    whole page and its words, `BeautifulSoup(body, "html.parser").get_text()`, of which nothing is read; in another the
    plain part of the same job: title, place in the code, citation, the words of the text by paragraph, and links, with
    nothing of speakers, footnotes, history notes, subdivisions and star pages.
    """
    from bs4 import BeautifulSoup

    def words(page: Page) -> object:
        return BeautifulSoup(page.body, "html.parser").get_text()

    def document(page: Page) -> object:
        return _plain_document(BeautifulSoup(page.body, "html.parser"), page.url)

    readers: dict[str, Callable[[Page], object]] = {_OURS: source.parse, _WORDS: words, _DOCUMENT: document}
    kinds: dict[str, list[Page]] = {}
    for page in pages:
        kinds.setdefault(source.parse(page).documents[0].kind.value, []).append(page)
    least = {name: dict.fromkeys(kinds, float("inf")) for name in readers}
    for _ in range(_TURNS):  # in turn, so that what disturbs one disturbs the other
        for kind, of_kind in kinds.items():
            for name, read in readers.items():
                least[name][kind] = min(least[name][kind], seconds(read, of_kind))
    size = sum(len(page.body) for page in pages)
    all_kinds = {name: sum(row.values()) for name, row in least.items()}

    def row(took: float) -> dict[str, float]:
        return {"pages": len(pages), "mib": round(size / 2**20, 2), "processor_seconds": round(took, 3),
                "pages_a_processor_second": round(len(pages) / took, 1)}  # fmt: skip

    return {
        **{name: row(took) for name, took in all_kinds.items()},
        "times": round(all_kinds[_WORDS] / all_kinds[_OURS], 2),
        "times_by_kind": {kind: round(least[_WORDS][kind] / least[_OURS][kind], 2) for kind in kinds},
        "times_plain_document": round(all_kinds[_DOCUMENT] / all_kinds[_OURS], 2),
    }


def _plain_document(tree: Any, address: str) -> object:
    """What a plain scraper takes from a page of this site."""
    places = tree.find("nav", class_="breadcrumbs")
    cited = tree.find("div", class_="citation")
    body = tree.find(id="codes-content") or tree.find(id="tab-opinion") or tree
    return (
        tree.h1.get_text() if tree.h1 else "",
        [place.get_text() for place in places.find_all("a")] if places else [],
        cited.get_text() if cited else "",
        [" ".join(block.get_text().split()) for block in body.find_all(["p", "li", "h2", "h3", "blockquote"])],
        [urljoin(address, str(link["href"])) for link in tree.find_all("a", href=True)],
    )


def seconds(read: Callable[[Page], object], pages: list[Page]) -> float:
    """Return the processor time for all pages."""
    gc.collect()  # so that none pays for what another left behind
    begun = time.process_time()
    for page in pages:
        read(page)
    return time.process_time() - begun


if __name__ == "__main__":
    main()
