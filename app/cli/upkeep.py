"""Commands for what was read: quarantine, withheld opinions, reparse and purge."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from app.cli.base import Context, NotFound
from scraper import decisions
from scraper.store import Quarantined

quarantine_app = typer.Typer(help="Pages that could not be read as law.", no_args_is_help=True)
withheld_app = typer.Typer(help="Opinions that vanished from their site.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(quarantine_app, name="quarantine")
    app.add_typer(withheld_app, name="withheld")


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
