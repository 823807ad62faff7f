"""Commands that run on: serve, schedule and demo."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from app.cli.base import Context
from app.jobs import demo as demo_job
from app.jobs.schedule import parse_interval, run_every
from app.wiring import Services
from scraper.errors import ConfigError


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
    ctx.services.snapshots.current()  # a data directory without a build is told first, whatever the port
    run_server(ctx, ctx.services, bind(host or settings.host, settings.port if port is None else port))


def bind(host: str, port: int) -> socket.socket:
    """Take a port (0: any free one) before any work is done for it; raise ConfigError where that cannot be."""
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise ConfigError(
            f"{host}:{port} cannot be listened on ({error.strerror}). Name another with --port; 0 takes any free one."
        ) from error
    return taken


def run_server(ctx: Context, services: Services, listener: socket.socket) -> None:
    """Load the current generation, so that a broken one is told at once, and serve until stopped."""
    import uvicorn

    from app.api.main import create_app

    generation = _opened(ctx, services)
    services.embedder.encode(["warm up"])  # the first query must not pay for loading the model
    host, port = listener.getsockname()[:2]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    ctx.reporter.say(f"Lexatlas serves generation {generation} on http://{address}")
    config = uvicorn.Config(
        create_app(services), log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=20
    )
    uvicorn.Server(config).run(sockets=[listener])


def _opened(ctx: Context, services: Services) -> str:
    """Open the generation to serve and return its id; nothing here keeps it open once a newer one is served."""
    snapshot = services.snapshots.current()
    for warning in snapshot.warnings:
        ctx.reporter.say(f"Warning: {warning}")
    return snapshot.corpus.generation.id


def schedule(
    context: typer.Context,
    source: Annotated[list[str], typer.Option(help="Source to ingest; may be given more than once.")],
    every: Annotated[str, typer.Option(help="Interval such as 24h or 30m.")] = "24h",
    base_url: Annotated[str, typer.Option(help="As of `ingest`; for one source.")] = "",
    canonical_url: Annotated[str, typer.Option(help="As of `ingest`; for one source.")] = "",
    delay: Annotated[float | None, typer.Option(min=0, help="As of `ingest`.")] = None,
    permission: Annotated[str, typer.Option(help="As of `ingest`; for one source.")] = "",
    own: Annotated[list[str] | None, typer.Option("--set", help="As of `ingest`; for one source.")] = None,
) -> None:
    """Ingest and build at an interval, one run at a time, until stopped."""
    ctx: Context = context.obj
    if len(source) > 1 and (base_url or canonical_url or permission or own):
        raise ConfigError(
            "--base-url, --canonical-url, --permission and --set are of one source: start one `schedule` for each."
        )
    options = [("--base-url", base_url), ("--canonical-url", canonical_url), ("--permission", permission)]
    options += [("--delay", "" if delay is None else str(delay))]
    options += [("--set", pair) for pair in own or []]
    given = [word for option, value in options if value for word in (option, value)]
    seconds = parse_interval(every)
    run_every(seconds, [["--source", name, *given] for name in source], ctx.settings.data, ctx.reporter)


def demo(
    context: typer.Context,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Build only.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the service.")] = 8000,
) -> None:
    """Crawl the shipped sample of a fictional state through the real crawler, build it and serve it."""
    ctx: Context = context.obj
    listener = None if no_serve else bind(host, port)
    services, report = demo_job.prepare(ctx.settings, ctx.reporter)
    if listener is None:
        ctx.emit(report, lambda: str(report["words"]))
        return
    ctx.reporter.say(str(report["words"]))
    run_server(ctx, services, listener)
