"""Commands for those who run it: doctor, generations, backup, restore."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.cli.base import Context
from app.jobs.backup import back_up, restore_into
from app.jobs.doctor import digest, examine
from app.jobs.runs import is_there
from app.words import counted
from indexing.generation import Generations
from scraper import removal
from scraper.database import Database, utc_now
from scraper.errors import ConfigError, LexatlasError

generations_app = typer.Typer(help="Published generations: list, use, prune.", no_args_is_help=True)


class Damaged(LexatlasError):
    """The doctor found something wrong."""


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(doctor)
    app.command()(backup)
    app.command()(restore)
    app.add_typer(generations_app, name="generations")


def doctor(
    context: typer.Context,
    only_digest: Annotated[
        bool, typer.Option("--digest", help="Print the digest of all content and nothing else.")
    ] = False,
) -> None:
    """Check the store and the served generation; exit code not 0 when anything is damaged."""
    ctx: Context = context.obj
    if not ctx.settings.data.is_dir():
        raise ConfigError(f"There is no data directory at {ctx.settings.data}; --data and LEXATLAS_DATA name one.")
    if only_digest:
        value = digest(ctx.services)
        ctx.emit({"digest": value}, value)
        return
    findings = examine(ctx.services)
    ctx.emit(
        {
            "healthy": all(f.ok for f in findings),
            "findings": [{"what": f.what, "ok": f.ok, "detail": f.detail} for f in findings],
        },
        lambda: "\n".join(f"{'ok ' if f.ok else 'BAD'}  {f.what}: {f.detail}" for f in findings),
    )
    bad = [f.what for f in findings if not f.ok]
    if bad:
        raise Damaged(f"Something is wrong with: {', '.join(bad)}.")


@generations_app.command("list")
def generations_list(context: typer.Context) -> None:
    """List the published generations, oldest first; the served one is marked."""
    ctx: Context = context.obj
    pointed = ctx.services.generations.pointed()
    names = ctx.services.generations.ids()
    ctx.emit(
        {"generations": [{"id": name, "current": name == pointed} for name in names]},
        lambda: (
            "\n".join(f"{'*' if name == pointed else ' '} {name}" for name in names) or "There is no generation yet."
        ),
    )


@generations_app.command("use")
def generations_use(context: typer.Context, generation_id: str) -> None:
    """Serve another generation; a running service takes it up with the next request."""
    ctx: Context = context.obj
    ctx.services.generations.open(generation_id)  # a damaged one is refused before it is pointed to
    ctx.services.generations.use(generation_id)
    ctx.emit({"current": generation_id}, f"Generation {generation_id} is served now.")


@generations_app.command("prune")
def generations_prune(
    context: typer.Context, keep: Annotated[int, typer.Option(min=1, help="How many of the newest to keep.")] = 2
) -> None:
    """Remove old generations, never the served one."""
    ctx: Context = context.obj
    removed = ctx.services.generations.prune(keep)
    ctx.emit({"removed": removed}, f"Removed {len(removed)}: {', '.join(removed) or 'nothing to remove'}.")


def backup(context: typer.Context, file: Path) -> None:
    """Write the data directory into one file while it is served."""
    ctx: Context = context.obj
    with noted(ctx, file):
        size = back_up(ctx.settings.data, file)
    value = {"file": str(file), "bytes": size, "sha256": hashlib.file_digest(file.open("rb"), "sha256").hexdigest()}
    ctx.emit(value, f"Wrote {file} ({size:,} bytes).")


@contextmanager
def noted(ctx: Context, file: Path) -> Iterator[None]:
    """Remember where a backup is written, from before it is there, so that a purge reaches it."""
    if not is_there(ctx.settings):
        yield
        return
    database, path = ctx.services.store.database, str(file.resolve())
    new = not file.exists() and path not in removal.noted_backups(database)
    removal.note_backup(database, path, utc_now())
    try:
        yield
    except BaseException:
        if new:
            removal.forget_backup(database, path)
        raise


def restore(
    context: typer.Context,
    file: Path,
    purged: Annotated[
        Path | None, typer.Option(help="A data directory whose list of purged documents is kept out of this one too.")
    ] = None,
) -> None:
    """Restore a backup into an empty data directory; a damaged one is refused and nothing is written.

    A document that the list of the backup itself, or the one named with --purged, keeps out is removed at once.
    """
    from app.jobs.purge import cleanse, listed  # what builds takes seconds to load

    ctx: Context = context.obj
    names: list[tuple[str, str]] = []
    if purged is not None:
        if not (purged / "store.db").is_file():
            raise ConfigError(f"{purged} is no data directory with a store; nothing was restored.")
        names = listed(Database(f"sqlite:///{(purged / 'store.db').resolve()}"))
    held: list[str] = []

    def clean(folder: Path) -> None:
        if (folder / "store.db").is_file():
            held.extend(cleanse(folder, names))

    files = restore_into(file, ctx.settings.data, clean)
    # A backup that a purge rewrote has no generations: they held the texts too.
    unbuilt = "store.db" in files and not Generations(ctx.settings.data).pointed()
    words = f"Restored {counted(len(files), 'file')}."
    if held:
        words += f" {counted(len(held), 'purged document')} left out."
    if unbuilt:
        words += " Nothing is served yet. Now run `lexatlas build`."
    ctx.emit({"data": str(ctx.settings.data), "files": len(files), "left_out": len(held), "build": unbuilt}, words)
