"""The HTTP application: `create_app(services)`, or `uvicorn --factory app.api.main:create_app_from_env`."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.api import openapi, problems
from app.api.deps import Answerers, Checkers
from app.api.routes import answers, check, documents, graph, runs, search, service, topic_reports, topics, treatment
from app.api.security import GENERATION_HEADER, Edge, checked_origins, keep_queries_out_of_logs
from app.config import Settings
from app.wiring import Services, wire

_TAGS = [
    {"name": "search", "description": "Search and the look-up of citations."},
    {"name": "documents", "description": "Texts and what stands beside them."},
    {"name": "answers", "description": "Questions, answered with checked sources."},
    {"name": "topics", "description": "The tree of topics."},
    {"name": "graph", "description": "The knowledge graph."},
    {"name": "ingest", "description": "Runs that bring law in: start, watch, cancel."},
    {"name": "service", "description": "What is served and whether it is well."},
]


def create_app(services: Services) -> FastAPI:
    """Return the application over some services; raise ConfigError for an origin that is none."""
    origins = checked_origins(services.settings.cors_origins)
    app = FastAPI(
        title="Lexatlas",
        version=version("lexatlas"),
        description=openapi.DESCRIPTION,
        openapi_tags=_TAGS,
        openapi_url=None,  # these come from our own routes, which load nothing from other hosts
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    app.state.services = services
    app.state.answerers = Answerers(services)
    app.state.checkers = Checkers(services)
    problems.install(app)
    for module in (search, documents, treatment, answers, check, topic_reports, topics, graph, runs, service):
        app.include_router(module.router)
    if (service.PAGE / "assets").is_dir():
        app.mount("/assets", Assets(directory=service.PAGE / "assets"))
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match"],
            expose_headers=["ETag", "Location", GENERATION_HEADER],
        )
    app.add_middleware(Edge, shared=bool(origins))  # added last, so it stands outermost
    keep_queries_out_of_logs()
    return app


def create_app_from_env() -> FastAPI:
    """Return the application as the environment sets it."""
    return create_app(wire(Settings.from_env()))


class Assets(StaticFiles):
    """The page's own files; their names hold a hash of their contents, so they may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return one file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _operation_id(route: APIRoute) -> str:
    first, *others = route.name.split("_")
    return first + "".join(part.capitalize() for part in others)
