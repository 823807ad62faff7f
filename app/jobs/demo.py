"""The demonstration: the shipped sample's site on loopback, the real crawler, a real build."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from app.config import Settings
from app.jobs.ingest import IngestRequest, ingest
from app.progress import Reporter
from app.wiring import Services, wire
from scraper.errors import ConfigError

SOURCE = "justia"  # the sample's site is laid out like Justia's
CANONICAL = "https://law-library.example/"  # the sample's publisher does not exist; .example never will (RFC 2606)


def sample_folder() -> Path:
    """Return the shipped sample's folder; raise ConfigError where it was not shipped."""
    here = Path(__file__).resolve()
    for folder in (here.parents[2] / "sample", here.parents[1] / "sample"):
        if (folder / "site" / "index.html").is_file():
            return folder
    raise ConfigError("The sample is not beside this installation: run the demo from a checkout of the repository.")


def prepare(settings: Settings, reporter: Reporter) -> tuple[Services, dict[str, Any]]:
    """Crawl and build the sample in the data directory; run again with nothing changed, change nothing.

    Raises ConfigError where the directory holds other law already: fiction must not mix with it.
    """
    folder = sample_folder()
    _refuse_other_law(settings)
    tables = settings.data / "jurisdictions"
    tables.mkdir(parents=True, exist_ok=True)
    for table in sorted((folder / "jurisdictions").glob("*.json")):
        shutil.copyfile(table, tables / table.name)
    services = wire(settings)
    with local_site(folder / "site") as address:
        request = IngestRequest(SOURCE, base_url=address, canonical_url=CANONICAL, delay=0.0)
        run = ingest(services, request, reporter)
    run.raise_for_state()
    built = services.builder().build(reporter)
    words = f"{run.in_words()}\n" + (
        f"Built generation {built.generation}: {_figures(built.counts)}."
        if built.changed else f"Nothing changed: generation {built.generation} stays."
    )  # fmt: skip
    return services, {"run": run.to_json(), "build": built.to_json(), "words": words}


def _refuse_other_law(settings: Settings) -> None:
    if not (settings.data / "store.db").is_file():
        return
    other = next((v for v in wire(settings).store.current() if not v.document.url.startswith(CANONICAL)), None)
    if other is not None:
        raise ConfigError(
            f"{settings.data} holds law of your own ({other.document_id}); the demo's is fiction and must not mix with "
            "it. Give the demo a directory of its own: lexatlas --data demo-data demo"
        )


def _figures(counts: Any) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in ("documents", "passages", "citations", "topics", "edges"))


class _Quiet(SimpleHTTPRequestHandler):
    """A static site that keeps connections open and logs nothing."""

    protocol_version = "HTTP/1.1"
    # Head and body go out apart; held back until the head is acknowledged, each page would cost 40 ms.
    disable_nagle_algorithm = True
    disable_nagle_algorithm = True  # else each small page waits 40 ms for an acknowledgement
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the crawl reports itself."""


@contextmanager
def local_site(folder: Path) -> Iterator[str]:
    """Serve a folder of pages on a free loopback port while the context lasts; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
