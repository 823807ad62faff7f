"""Commands that bring law in: sources, ingest, build, runs, quarantine."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from app.cli.base import Context, NotFound, NotYet
from app.jobs.ingest import IngestRequest
from app.jobs.ingest import ingest as run_ingest
from scraper.ledger import Ledger
from scraper.sources import sources as all_sources

quarantine_app = typer.Typer(help="Pages that could not be read as law.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(sources)
    app.command()(ingest)
    app.command()(build)
    app.command()(runs)
    app.command()(reparse)
    app.add_typer(quarantine_app, name="quarantine")


def sources(context: typer.Context) -> None:
    """List the sources: what each reads, on what terms, and when its parser was last held against the live site."""
    ctx: Context = context.obj
    rows: list[dict[str, Any]] = [
        {
            "name": source.name,
            "description": source.description,
            "origin": source.origin,
            "permission": source.terms.permission,
            "terms": source.terms.address,
            "terms_read_on": str(source.terms.read_on) if source.terms.read_on else None,
            "verified_live": str(source.verified_live) if source.verified_live else None,
            "options": ["--base-url", "--canonical-url", "--delay", "--limit", "--full", "--permission"],
        }
        for source in all_sources(ctx.services.jurisdictions).values()
    ]
    ctx.emit({"sources": rows}, lambda: "\n".join(_source_words(row) for row in rows))


def _source_words(row: dict[str, Any]) -> str:
    read = f"read {row['terms_read_on']}" if row["terms_read_on"] else "not read"
    live = (
        f"last held against the live site on {row['verified_live']}"
        if row["verified_live"]
        else "never held against the live site"
    )
    return (
        f"{row['name']:<14}{row['description']}\n{'':<14}{row['origin']}; terms: {row['permission']} ({read}); {live}"
    )


def ingest(
    context: typer.Context,
    source: Annotated[str, typer.Option(help="Name of the source; `lexatlas sources` lists them.")],
    base_url: Annotated[
        str,
        typer.Option(
            help="A mirror to read instead of the site; permits exactly that origin. The path of a folder or file for "
            "a source that reads files."
        ),
    ] = "",
    canonical_url: Annotated[str, typer.Option(help="Origin that is stored instead of the source's own.")] = "",
    delay: Annotated[
        float | None, typer.Option(min=0, help="Seconds between requests; 0 only for loopback and hosts of your own.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many documents; nothing is withdrawn.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every page whole, whatever the site says of changes.")
    ] = False,
    permission: Annotated[str, typer.Option(help="Who permits it, where the publisher's terms do not.")] = "",
) -> None:
    """Read a source into the store, a site politely, a folder without the network; run it again at any time."""
    ctx: Context = context.obj
    request = IngestRequest(source, base_url, canonical_url, delay, limit, full, permission)
    report = run_ingest(ctx.services, request, ctx.reporter)
    ctx.emit(report.to_json(), report.in_words)
    report.raise_for_state()


def build(
    context: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Build even where nothing changed.")] = False,
) -> None:
    """Make passages, vectors, indexes, topics and graph from the store, and publish them as one generation."""
    ctx: Context = context.obj
    report = ctx.services.builder().build(ctx.reporter, force=force)
    counts = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in report.counts.items())
    what = "Built" if report.changed else "Nothing changed; still served:"
    warnings = "".join(f"\nNote: {warning}" for warning in report.warnings)
    ctx.emit(report.to_json(), f"{what} generation {report.generation}: {counts}.{warnings}")


def runs(context: typer.Context, limit: Annotated[int, typer.Option(min=1, max=1000)] = 20) -> None:
    """List the latest runs with their counts."""
    ctx: Context = context.obj
    found = Ledger(ctx.services.store.database).runs(limit)
    rows = [
        {"run": run.id, "source": run.source, "state": run.state, "started": str(run.started),
         "finished": str(run.finished) if run.finished else None, "report": dict(run.report or {})}
        for run in found
    ]  # fmt: skip
    ctx.emit(
        {"runs": rows},
        lambda: (
            "\n".join(f"{r['run']}  {r['source']:<12}{r['state']:<10}{r['started']}" for r in rows) or "No run yet."
        ),
    )


@quarantine_app.command("list")
def quarantine_list(context: typer.Context) -> None:
    """List the pages that could not be read, with the reason."""
    ctx: Context = context.obj
    rows = [_quarantined(page) for page in ctx.services.store.quarantined()]
    ctx.emit(
        {"quarantine": rows},
        lambda: "\n".join(f"{r['reason']:<12}{r['url']}" for r in rows) or "Nothing is quarantined.",
    )


@quarantine_app.command("show")
def quarantine_show(context: typer.Context, url: str) -> None:
    """Show one page: why it could not be read and where its raw bytes are kept."""
    ctx: Context = context.obj
    rows = [_quarantined(page) for page in ctx.services.store.quarantined() if page.url == url]
    if not rows:
        raise NotFound(f"{url} is not quarantined; `lexatlas quarantine list` shows what is.")
    ctx.emit(rows[0], lambda: "\n".join(f"{name}: {value}" for name, value in rows[0].items()))


@quarantine_app.command("retry")
def quarantine_retry(context: typer.Context) -> None:
    """Not in this release: read the quarantined pages again."""
    raise NotYet("`quarantine retry` comes with a later release; `lexatlas ingest --full` reads every page again.")


def reparse(context: typer.Context) -> None:
    """Not in this release: rebuild every document from the archive, with the network off."""
    raise NotYet("`reparse` comes with a later release; the archive that it will read is kept from now on.")


def _quarantined(page: Any) -> dict[str, Any]:
    return {"url": page.url, "source": page.source, "run": page.run_id, "reason": page.reason,
            "message": page.message, "raw_sha256": page.raw_sha256,
            "archive": f"{page.warc_file}:{page.warc_offset}", "at": str(page.at)}  # fmt: skip
