"""Commands that run on: serve, schedule and demo."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.base import Context
from app.jobs import demo as demo_job
from app.jobs.schedule import parse_interval, run_every
from app.wiring import Services


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(serve)
    app.command()(schedule)
    app.command()(demo)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; LEXATLAS_HOST, else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="LEXATLAS_PORT, else 8000.")] = None,
) -> None:
    """Serve the API and the page."""
    ctx: Context = context.obj
    settings = ctx.settings
    run_server(ctx, ctx.services, host or settings.host, settings.port if port is None else port)


def run_server(ctx: Context, services: Services, host: str, port: int) -> None:
    """Load the current generation, so that a broken one is told at once, and serve until stopped."""
    import uvicorn

    from app.api.main import create_app

    snapshot = services.snapshots.current()
    for warning in snapshot.warnings:
        ctx.reporter.say(f"Warning: {warning}")
    services.embedder.encode(["warm up"])  # the first query must not pay for loading the model
    ctx.reporter.say(f"Lexatlas serves generation {snapshot.corpus.generation.id} on http://{host}:{port}")
    uvicorn.run(
        create_app(services), host=host, port=port, log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=20,
    )  # fmt: skip


def schedule(
    context: typer.Context,
    source: Annotated[list[str], typer.Option(help="Source to ingest; may be given more than once.")],
    every: Annotated[str, typer.Option(help="Interval such as 24h or 30m.")] = "24h",
) -> None:
    """Ingest and build at an interval, one run at a time, until stopped."""
    ctx: Context = context.obj
    run_every(parse_interval(every), source, ctx.settings.data, ctx.reporter)


def demo(
    context: typer.Context,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Build only.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the service.")] = 8000,
) -> None:
    """Crawl the shipped sample of a fictional state through the real crawler, build it and serve it."""
    ctx: Context = context.obj
    services, report = demo_job.prepare(ctx.settings, ctx.reporter)
    if no_serve:
        ctx.emit(report, lambda: str(report["words"]))
        return
    ctx.reporter.say(str(report["words"]))
    run_server(ctx, services, host, port)
