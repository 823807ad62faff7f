"""Commands that bring law in: sources, ingest, build, runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.base import Context, NotFound
from app.cli.topic_names import label_by_model, label_words
from app.jobs.ingest import IngestRequest
from app.jobs.ingest import ingest as run_ingest
from app.jobs.runs import run_of, run_summary, run_view, summary_words, view_words
from scraper.errors import ConfigError, RunError
from scraper.ledger import Ledger, Run
from scraper.sources import sources as all_sources
from scraper.sources.options import NeedsToken, options_of

if TYPE_CHECKING:  # what builds takes seconds to load
    from app.jobs.pipeline import BuildReport

runs_app = typer.Typer(help="Runs: list them, show one, cancel one.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(sources)
    app.command()(ingest)
    app.command()(build)
    app.add_typer(runs_app, name="runs")


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
            "own_options": [{"name": option.name, "help": option.help} for option in options_of(source)],
            "token": source.token_setting if isinstance(source, NeedsToken) else None,
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
    lines = [row["description"], f"{row['origin']}; terms: {row['permission']} ({read}); {live}"]
    lines += [f"--set {one['name']}=...  {one['help']}" for one in row["own_options"]]
    lines += [f"needs {row['token']}"] if row["token"] else []
    return f"{row['name']:<20}" + f"\n{'':<20}".join(lines)


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
    own: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=VALUE: an option of the source, see `sources`."),
    ] = None,
    then_build: Annotated[bool, typer.Option("--build", help="Build and publish afterwards, unless refused.")] = False,
) -> None:
    """Read a source into the store, a site politely, a folder without the network; run it again at any time."""
    ctx: Context = context.obj
    request = IngestRequest(source, base_url, canonical_url, delay, limit, full, permission, _own_options(own or []))
    report = run_ingest(ctx.services, request, ctx.reporter)
    value, words = report.to_json(), report.in_words()
    if then_build and report.state != "refused":
        built = ctx.services.builder().build(ctx.reporter)
        ctx.services.prune()
        value, words = value | {"build": built.to_json()}, f"{words}\n{_build_words(built)}"
    ctx.emit(value, words)
    report.raise_for_state()


def _own_options(pairs: list[str]) -> dict[str, str]:
    """Return options from NAME=VALUE; raise ConfigError for a word that is none, or a name given twice."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name or name in found:
            raise ConfigError(f"--set {pair!r} is no NAME=VALUE, or names an option twice; see `lexatlas sources`.")
        found[name] = value
    return found


def build(
    context: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Build even where nothing changed.")] = False,
    despite_refusal: Annotated[
        bool, typer.Option("--despite-refusal", help="Build though the last run of a source was refused.")
    ] = False,
    refit_topics: Annotated[
        bool, typer.Option("--refit-topics", help="Build in any case, and find all topics anew; ids are kept by match.")
    ] = False,
    llm_labels: Annotated[
        bool, typer.Option("--llm-labels", help="Then ask the configured language model for labels of new topics.")
    ] = False,
) -> None:
    """Make passages, vectors, indexes, topics and graph from the store, and publish them as one generation.

    Of the generations before it the newest few are kept (LEXATLAS_KEEP).
    """
    ctx: Context = context.obj
    if llm_labels and ctx.services.llm is None:
        raise ConfigError("--llm-labels needs a language model: set LEXATLAS_LLM_BASE_URL. See docs/operations.md.")
    report = ctx.services.builder().build(
        ctx.reporter, force=force, despite_refusal=despite_refusal, refit_topics=refit_topics
    )
    ctx.services.prune()
    value, words = report.to_json(), _build_words(report)
    if llm_labels:
        labels = label_by_model(ctx)
        value, words = value | {"labels": labels}, f"{words}\n{label_words(labels)}"
    ctx.emit(value, words)


def _build_words(report: BuildReport) -> str:
    counts = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in report.counts.items())
    what = "Built" if report.changed else "Nothing changed; still served:"
    warnings = "".join(f"\nNote: {warning}" for warning in report.warnings)
    topics = ""
    if report.topics:
        from indexing.topics.changes import in_words  # what builds takes seconds to load

        topics = f"\n{in_words(report.topics)}"
    return f"{what} generation {report.generation}: {counts}.{topics}{warnings}"


@runs_app.callback()
def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, latest first.")] = 20,
) -> None:
    """List the latest runs with their counts; show or cancel one."""
    if context.invoked_subcommand is not None:
        return
    ctx: Context = context.obj
    store = ctx.services.store
    found = Ledger(store.database).runs(limit)
    rows = [run_summary(store, run) | {"report": dict(run.report or {})} for run in found]
    ctx.emit({"runs": rows}, lambda: "\n".join(summary_words(row) for row in rows) or "No run yet.")


@runs_app.command("show")
def runs_show(context: typer.Context, run_id: Annotated[str, typer.Argument(help="Id of a run.")]) -> None:
    """Show one run: what it met, what it changed, and which pages gave trouble."""
    ctx: Context = context.obj
    view = run_view(ctx.services.store, _run(ctx, run_id), lambda _: True, whole=True)
    ctx.emit(view, lambda: view_words(view))


@runs_app.command("cancel")
def runs_cancel(context: typer.Context, run_id: Annotated[str, typer.Argument(help="Id of a run.")]) -> None:
    """Ask a run to end after the page at hand; what it stored stays, nothing is withdrawn."""
    ctx: Context = context.obj
    run = _run(ctx, run_id)
    if not Ledger(ctx.services.store.database).request_cancel(run.id):
        raise RunError(f"{run.id} is {run.state}; there is nothing to cancel.")
    ctx.emit({"run": run.id, "cancelling": True}, f"{run.id} ends after the page at hand.")


def _run(ctx: Context, run_id: str) -> Run:
    run = run_of(ctx.services.store, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id!r}. `lexatlas runs` lists them.")
    return run
