"""The life of a topic tree on real law, measured: fit the site's first state, then carry the tree over its update.

    python -m benchmarks.topic_life --corpus CORPUS [--data DATA] [--output benchmarks/results/topic_life.json]

CORPUS holds `us-law-site.tar.xz`, the first state, and `us-law-site-update.tar.xz`, which is unpacked over it. Both are
served on loopback and crawled; what topics are made from is kept in DATA, so that a second run goes on from there.

Prints whether at least 90 % of unchanged documents keep their topic, and whether placing the new documents takes less
than 2 % of a full fit; also where documents that were fitted are placed when they come anew.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from app.config import Settings
from app.jobs.demo import local_site
from app.jobs.ingest import IngestRequest, ingest
from app.jobs.pipeline import embedding_input
from app.jobs.topics import TopicSettings, document_vectors, topic_corpus
from app.progress import Reporter
from app.wiring import Services, wire
from indexing.citations.find import find_in_documents
from indexing.citations.resolve import Resolver
from indexing.embedding import EmbeddingCache
from indexing.passages import PassageConfig, passages
from indexing.topics.life import Corpus, Wishes, changed_documents, fit_tree, place_changes, update_tree
from indexing.topics.models import TopicDocument, TopicTree

STATES = ("us-law-site", "us-law-site-update")
LEFT_OUT = 300  # fitted documents that are taken out and placed again
Result = TypeVar("Result")


def main() -> None:
    """Run all and write the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="where to keep what was read; a temporary directory if not given")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/topic_life.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        first, second = corpora(options.corpus, options.data or Path(scratch) / "data", Path(scratch) / "site")
    report = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "command": "python -m benchmarks.topic_life --corpus CORPUS",
        **measure(first, second),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1, ensure_ascii=False))


def corpora(corpus: Path, data: Path, site: Path) -> list[Corpus]:
    """Return what topics are made from in both states, crawled unless it was kept."""
    found = []
    services = wire(Settings.from_env(data=data))
    for name in STATES:
        kept = data / f"{name}.npz"
        if not kept.is_file():
            for state in STATES[: STATES.index(name) + 1]:
                with tarfile.open(corpus / f"{state}.tar.xz") as archive:
                    archive.extractall(site, filter="data")
            say(f"crawling {name}")
            with local_site(site) as address:
                request = IngestRequest("justia", address, "https://law.justia.com", 0.0)
                ingest(services, request, Reporter(quiet=True)).raise_for_state()
            say("reading citations and embedding")
            keep(read(services), kept)
        found.append(kept_in(kept, services.embedder.fingerprint))
    return found


def read(services: Services) -> Corpus:
    """Return what topics of a store are made from, as a build does."""
    builder = services.builder()
    documents = [version.document.with_id(version.document_id) for version in services.store.current()]
    cut = [piece for document in documents for piece in passages(document, PassageConfig())]
    texts = {document.id: document.text for document in documents}
    cache = EmbeddingCache(builder.cache, builder.embedder)
    vectors, _ = cache.encode([embedding_input(piece, texts[piece.document_id]) for piece in cut], _nothing)
    resolver = Resolver.from_documents(documents, services.jurisdictions)
    found = find_in_documents(documents, services.jurisdictions, builder.workers)
    citations = [citation for part in found for citation in resolver.resolve(part)]
    means = document_vectors(documents, cut, vectors)
    return topic_corpus(documents, means, citations, services.embedder.fingerprint)


def keep(corpus: Corpus, path: Path) -> None:
    """Write a corpus; the documents as JSON in the same file."""
    rows = [[one.id, one.text, one.group] for one in corpus.documents]
    packed = np.frombuffer(json.dumps(rows).encode(), dtype=np.uint8)
    pairs = np.array(corpus.citations or [], dtype=np.int64).reshape(-1, 2)
    assert corpus.embeddings is not None
    np.savez_compressed(path, documents=packed, vectors=corpus.embeddings, citations=pairs)


def kept_in(path: Path, embedder: str) -> Corpus:
    """Read what `keep` wrote."""
    with np.load(path, allow_pickle=False) as file:
        documents = [TopicDocument(*row) for row in json.loads(bytes(file["documents"]))]
        return Corpus(documents, file["vectors"], [(a, b) for a, b in file["citations"].tolist()], embedder)


def measure(first: Corpus, second: Corpus) -> dict[str, Any]:
    """Fit, place, update and fit again; CPU seconds."""
    config, life = TopicSettings().tree, TopicSettings().life
    say("fitting the first state")
    tree, fit = timed(lambda: fit_tree(first, config))
    changed = changed_documents(tree, second.documents)
    new = {document.id for document in second.documents} - set(tree.document_ids)
    before = {document.id: document for document in first.documents}
    # the documents that changed as they were, so that only the new ones are placed
    only_new = replace(second, documents=[before.get(document.id, document) for document in second.documents])
    placings = [timed(lambda: place_changes(tree, only_new, (), config))[1] for _ in range(5)]
    placing = statistics.median(placings)
    say("updating")
    (_, changes), update = timed(lambda: update_tree(tree, second, changed, config, life=life))
    say("fitting the second state whole")
    (_, whole), refit = timed(lambda: update_tree(tree, second, changed, config, wishes=Wishes(refit=True)))
    stayed = changes.share_stayed or 0.0
    return {
        "documents": {"first": len(first.documents), "second": len(second.documents), "new": len(new),
                      "changed": len(changed)},
        "topics": len(tree.nodes),
        "seconds": {"fit": round(fit, 2), "place_new": round(placing, 3), "update": round(update, 2),
                    "refit": round(refit, 2)},
        "placing_share_of_fit": round(placing / fit, 4),
        "stayed_share": round(stayed, 4),
        "targets": {"placing_under_2_percent": placing < 0.02 * fit, "stayed_at_least_90_percent": stayed >= 0.9},
        "update": changes.facts(),
        "refitted": [f"{one.id}: {one.reason}" for one in changes.refitted],
        "refit": whole.facts(),
        "placed_again": placed_again(tree, first),
    }  # fmt: skip


def placed_again(tree: TopicTree, corpus: Corpus) -> dict[str, float]:
    """How many of some fitted documents, taken out and placed as new, have the first topic that the fit gave them."""
    config = TopicSettings().tree
    inside = sorted(set(tree.document_ids) - set(tree.left_out))
    out = set(np.random.default_rng(0).choice(inside, min(LEFT_OUT, len(inside) // 2), replace=False).tolist())
    again, _ = place_changes(tree, corpus, out, config)
    found = {}
    for name, depth in (("first_level", 1), ("second_level", 2), ("deepest", None)):
        one = dict(zip(tree.document_ids, tree.first_topics(depth), strict=True))
        two = dict(zip(again.document_ids, again.first_topics(depth), strict=True))
        found[name] = round(sum(one[document] == two[document] for document in out) / len(out), 4)
    return {"documents": len(out), **found}


def timed(function: Callable[[], Result]) -> tuple[Result, float]:
    """Call it; return what it gives and the CPU seconds of this process."""
    begun = time.process_time()
    result = function()
    return result, time.process_time() - begun


def _nothing(done: int, total: int) -> None:
    """Nobody watches."""


def say(what: str) -> None:
    """Tell on standard error what goes on."""
    print(f"{what} ...", file=sys.stderr)


if __name__ == "__main__":
    main()
