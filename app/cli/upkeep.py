"""Commands for what was read: quarantine, withheld opinions, reparse and purge."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from app.cli.base import Context, NotFound
from app.jobs.retry import RetryReport, retry
from app.words import counted
from scraper import decisions
from scraper.archive import Archive
from scraper.decisions import accept_page
from scraper.errors import ConfigError, RunPartial
from scraper.lock import run_lock
from scraper.reparse import Reparsed
from scraper.reparse import reparse as rebuild
from scraper.sources import get_source
from scraper.store import Quarantined

quarantine_app = typer.Typer(help="Pages that could not be read as law.", no_args_is_help=True)
withheld_app = typer.Typer(help="Opinions that vanished from their site.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(quarantine_app, name="quarantine")
    app.add_typer(withheld_app, name="withheld")
    app.command()(reparse)
    app.command()(purge)


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
def quarantine_retry(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="A page's address; else --all.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All that are quarantined.")] = False,
) -> None:
    """Read quarantined pages again from the archive with the parsers of today; exit code 3 where some stay."""
    ctx: Context = context.obj
    if bool(url) == every:
        raise ConfigError("Name one page by its address, or all with --all; `lexatlas quarantine list` shows them.")
    pages = [page for page in ctx.services.store.quarantined() if every or page.url == url]
    if url and not pages:
        raise NotFound(f"{url} is not quarantined; `lexatlas quarantine list` shows what is.")
    report = retry(ctx.services, pages, ctx.reporter)
    ctx.emit(report.to_json(), lambda: _retry_words(report))
    if report.left:
        raise RunPartial(f"{report.left} of {len(report.pages)} pages stay quarantined.")


@quarantine_app.command("accept")
def quarantine_accept(context: typer.Context, url: Annotated[str, typer.Argument(help="A page's address.")]) -> None:
    """Take a page for no law: it makes no run partial any more, until its bytes change."""
    ctx: Context = context.obj
    with run_lock(ctx.services.store.database, ctx.settings.data / "lock"):
        accept_page(ctx.services.store, url)
    ctx.emit({"accepted": url}, f"{url} is taken for no law until it changes.")


def _retry_words(report: RetryReport) -> str:
    lines = [
        f"{page.reason:<12}{page.url}: {page.message}" if page.reason else f"read        {page.url} ({page.documents})"
        for page in report.pages
    ]
    resolved = len(report.pages) - report.left
    return "\n".join(
        [*lines, f"{resolved} read, {report.left} left." + (" Now run `lexatlas build`." * bool(resolved))]
    )


def _quarantined(page: Quarantined) -> dict[str, Any]:
    return {"url": page.url, "source": page.source, "run": page.run_id, "reason": page.reason,
            "message": page.message, "raw_sha256": page.raw_sha256,
            "archive": f"{page.warc_file}:{page.warc_offset}", "at": str(page.at)}  # fmt: skip


@withheld_app.command("list")
def withheld_list(context: typer.Context) -> None:
    """List the opinions that wait for your decision, those that wait longest first."""
    ctx: Context = context.obj
    rows = [
        {"id": row.document_id, "title": row.title, "citation": row.citation, "url": row.url, "since": str(row.since)}
        for row in decisions.withheld(ctx.services.store)
    ]
    ctx.emit(
        {"withheld": rows},
        lambda: (
            "\n".join(f"{r['since'][:10]}  {r['id']}  {r['title']}, {r['citation']}" for r in rows)
            or "Nothing is withheld."
        ),
    )


_HELD = Annotated[str, typer.Argument(help="Id of a withheld document; `withheld list` shows them.")]


@withheld_app.command("release")
def withheld_release(context: typer.Context, document_id: _HELD) -> None:
    """Make one current again, with the text that it had; the next build shows it."""
    ctx: Context = context.obj
    decisions.release(ctx.services.store, document_id)
    ctx.emit({"id": document_id, "state": "current"}, f"{document_id} is current again. Now run `lexatlas build`.")


@withheld_app.command("withdraw")
def withheld_withdraw(context: typer.Context, document_id: _HELD) -> None:
    """Make one a tombstone: its id and its texts stay readable, nothing finds or cites it."""
    ctx: Context = context.obj
    decisions.withdraw(ctx.services.store, document_id)
    ctx.emit({"id": document_id, "state": "withdrawn"}, f"{document_id} is withdrawn. Now run `lexatlas build`.")


def reparse(context: typer.Context) -> None:
    """Build every document anew from the archive, the network off: after a parser was mended, or to prove that it can.

    All of it happens or nothing. Exit code 4 where so much would be lost that the parser must be wrong.
    """
    ctx: Context = context.obj
    services, data = ctx.services, ctx.settings.data
    with (
        run_lock(services.store.database, data / "lock"),
        Archive(data / "archive") as archive,
        ctx.reporter.step("Reading the archive") as advance,
    ):
        done = rebuild(services.store, archive, lambda name: get_source(name, services.jurisdictions), advance)
    ctx.emit(asdict(done), _reparsed_words(done))


def _reparsed_words(done: Reparsed) -> str:
    if not done.pages and not done.kept:
        return "The archive holds no page and the store no document: there is nothing to read again."
    lines = [f"Read {counted(done.pages, 'page')} again: {counted(done.documents, 'document')} current, "
             f"{done.before:,} before."]  # fmt: skip
    if done.quarantined:
        lines.append(
            f"Set aside, since today's parser cannot read them: {done.quarantined:,}. See `lexatlas quarantine list`."
        )
    if done.kept:
        lines.append(
            f"Kept as they were read then, since the archive does not hold their pages or today's parser cannot read "
            f"them: {counted(done.kept, 'version')}."
        )
    return "\n".join([*lines, "Now run `lexatlas build`."])


def purge(
    context: typer.Context,
    document_id: Annotated[str, typer.Argument(help="Id of the document to remove for good.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False,
    forget_missing: Annotated[
        bool, typer.Option("--forget-missing", help="Let go of recorded backups that are not there any more.")
    ] = False,
) -> None:
    """Remove a sealed or expunged document for good: texts, archive, generations, backups; it cannot come back.

    Stopped at any moment, it goes on when it is run again. Exit code 3 where a backup could not be rewritten.
    """
    from app.jobs.purge import purge_everywhere  # what builds takes seconds to load

    ctx: Context = context.obj
    if not yes and ctx.as_json:
        raise ConfigError("With --json nobody is asked: add --yes. It cannot be undone.")
    if not yes:
        typer.confirm(f"Remove {document_id} from everything, backups included? It cannot be undone.", abort=True)
    report = purge_everywhere(ctx.services, document_id, ctx.reporter, forget_missing=forget_missing)
    words = [
        f"Removed: {report.versions} versions, {report.records} responses of the archive, {report.generations} "
        f"generations, {report.vectors} vectors.",
        f"Generation {report.generation} is served." if report.generation else "Nothing is left to serve.",
        *(f"Rewritten: {path}." for path in report.backups),
        "Copies that were made otherwise are not known here: destroy them yourself.",
    ]
    ctx.emit(report.to_json(), "\n".join(words))
    if report.unreached:
        told = "; ".join(f"{path} ({why})" for path, why in report.unreached)
        raise RunPartial(
            f"Not done: these backups still hold it: {told}. Bring them back and run this again, or run it with "
            "--forget-missing where they are gone for good."
        )
