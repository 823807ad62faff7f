"""Commands that read what is built: search, resolve, check, treatment, ask, count, export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from app.answering.answer import Answerer
from app.api import views
from app.api.checks import check_view, check_words, checker_over
from app.api.comparing import diff_view, in_words
from app.api.counts import count_view, count_words
from app.api.standing import treatment_page, treatment_words
from app.checking.models import MOST_CHARACTERS
from app.cli.base import Context, NotFound, lines, only
from app.exports import citation_rows, document_rows
from app.retrieval.counting import count as count_documents
from app.retrieval.lookup import resolve as look_up
from app.retrieval.query import Filters, parse_query
from scraper.errors import QueryError

export_app = typer.Typer(help="Documents and citations as JSON Lines.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(search)
    app.command()(resolve)
    app.command()(diff)
    app.command()(ask)
    app.command()(check)
    app.command()(treatment)
    app.command()(count)
    app.add_typer(export_app, name="export")


def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="Words, a question, a citation or a case name.")],
    k: Annotated[int, typer.Option(min=1, max=100, help="How many documents.")] = 10,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", help="NAME=VALUE: kind, court, code, status, topic, year, hierarchy ..."),
    ] = None,
) -> None:
    """Search the law that is held."""
    ctx: Context = context.obj
    snapshot = ctx.services.snapshots.current()
    result = snapshot.search.search(parse_query(text, parse_filters(filters or [])), k)
    value = views.search_view(snapshot, result, ctx.services.jurisdictions)
    ctx.emit(value, lambda: "\n".join(_hit_words(hit) for hit in value["hits"]) or "Nothing was found.")


def _hit_words(hit: dict[str, Any]) -> str:
    text = " ".join(hit["passage"]["text"].split())
    head = f"{hit['score']:.3f}  {hit['title']}, {hit['citation'] or hit['id']}"
    return f"{head}\n       {hit['why']}\n       {text[:220]}{' ...' if len(text) > 220 else ''}\n"


def parse_filters(pairs: list[str]) -> Filters:
    """Return filters from NAME=VALUE; raise QueryError naming what is not known."""
    values: dict[str, Any] = {}
    lists = {"kind", "jurisdiction", "court", "status", "topic", "code", "year"}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or name not in lists | {"date_from", "date_to", "hierarchy"}:
            raise QueryError(f"{pair!r} is no filter; write NAME=VALUE with kind, jurisdiction, court, status, topic, "
                             "year, date_from, date_to or hierarchy.")  # fmt: skip
        if name in lists:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    return views.filters_from(values)


def resolve(
    context: typer.Context, cite: Annotated[str, typer.Argument(help="521 U.S. 844, 28 U.S.C. § 1331 ...")]
) -> None:
    """Say which held document a citation or a case name stands for."""
    ctx: Context = context.obj
    snapshot = ctx.services.snapshots.current()
    found = look_up(snapshot.corpus, ctx.services.jurisdictions, cite)
    value = views.resolution_view(snapshot, cite, found)
    if found is None or not (found.documents or found.withdrawn):
        raise NotFound(
            f"{cite!r} is not held: no document of this generation bears that citation. It may well exist elsewhere."
            if found else f"{cite!r} cannot be read as a citation or the name of a held case."
        )  # fmt: skip
    rows = [value["document"]] if "document" in value else value["candidates"]
    ctx.emit(value, lambda: "\n".join(_resolved_words(row) for row in rows))


def _resolved_words(row: dict[str, Any]) -> str:
    standing = "" if row["status"] == "in_force" else f" ({row['status'].replace('_', ' ')})"
    return f"{row['id']}  {row['title']}, {row['citation']}{standing}"


def diff(
    context: typer.Context,
    document_id: Annotated[str, typer.Argument(help="Id of a document, as `resolve` gives it.")],
    old: Annotated[str, typer.Option("--from", help="A version by its hash, or a day; else the one before.")] = "",
    new: Annotated[str, typer.Option("--to", help="A version by its hash, or a day; else the newest.")] = "",
) -> None:
    """Show what changed between two versions of a document, sentence by sentence."""
    ctx: Context = context.obj
    snapshot = ctx.services.snapshots.current()
    value = diff_view(snapshot, snapshot.corpus.catalogue.entry(document_id), old, new)
    ctx.emit(value, lambda: in_words(value))


def ask(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="A question of law.")],
    k: Annotated[int, typer.Option(min=1, max=20, help="Passages to draw on.")] = 8,
    no_llm: Annotated[bool, typer.Option("--no-llm", help="Quote only; ask no language model.")] = False,
) -> None:
    """Answer a question in sentences that each carry a checked source."""
    ctx: Context = context.obj
    snapshot = ctx.services.snapshots.current()
    answer = Answerer(snapshot.search, None if no_llm else ctx.services.llm).answer(text, k=k, use_llm=not no_llm)
    value = views.answer_view(snapshot, answer, ctx.services.jurisdictions)
    ctx.emit(value, lambda: _answer_words(value))


def _answer_words(value: dict[str, Any]) -> str:
    lines = [f"Warning: {warning}" for warning in value["warnings"]]
    if not value["sentences"]:
        lines.append(f"No answer: {value['reason']}")
    for sentence in value["sentences"]:
        lines.append(sentence["text"])
        lines += [
            f"    [{c['citation'] or c['title']}; {c['document']} {c['start']}-{c['end']}]"
            for c in sentence["citations"]
        ]
    lines += [f"Among these sources: {one['words']}." for one in value["relations"]]
    return "\n".join([*lines, value["notice"]])


def check(
    context: typer.Context, file: Annotated[str, typer.Argument(help="A text in UTF-8; - reads standard input.")]
) -> None:
    """Check the citations and quotations of a text against what is held."""
    ctx: Context = context.obj
    text = _read_text(file)
    snapshot = ctx.services.snapshots.current()
    checked = checker_over(snapshot, ctx.services.jurisdictions).check(text)
    value = check_view(snapshot, checked, ctx.services.jurisdictions)
    ctx.emit(value, lambda: check_words(value, text))


def _read_text(file: str) -> str:
    most = 4 * MOST_CHARACTERS + 1  # bytes: more cannot be few enough characters
    try:
        if file == "-":
            raw = sys.stdin.buffer.read(most)
        else:
            with Path(file).open("rb") as stream:
                raw = stream.read(most)
        if len(raw) == most:
            raise QueryError(f"{file} holds more than {MOST_CHARACTERS:,} characters; check it in parts.")
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise QueryError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise QueryError(f"{file} is no text in UTF-8 (byte {error.start}); save it as UTF-8 first.") from error


def treatment(
    context: typer.Context,
    document_id: Annotated[str, typer.Argument(help="Id of a document, as `resolve` gives it.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many sentences at most.")] = 100,
) -> None:
    """Say what became of an authority, with the sentences that prove it."""
    ctx: Context = context.obj
    snapshot = ctx.services.snapshots.current()
    entry = snapshot.corpus.catalogue.entry(document_id)
    page, _ = treatment_page(snapshot, entry, ctx.services.jurisdictions, 0, limit)
    value = page | {"generation": snapshot.corpus.generation.id}
    ctx.emit(value, lambda: treatment_words(value))


def count(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="How many sections of title 28 concern habeas corpus? ...")],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many documents of the list.")] = 100,
    filters: Annotated[list[str] | None, typer.Option("--filter", help="NAME=VALUE, as for `search`.")] = None,
) -> None:
    """Count the documents that a question asks for, exactly, with the list and the rule."""
    ctx: Context = context.obj
    snapshot = ctx.services.snapshots.current()
    counted = count_documents(snapshot.search.matcher, text, parse_filters(filters or []))
    value = count_view(snapshot, ctx.services.jurisdictions, counted, limit)
    ctx.emit(value, lambda: count_words(value))


@export_app.command("documents")
def export_documents(
    context: typer.Context, form: Annotated[str, typer.Option("--format", help="Only jsonl.")] = "jsonl"
) -> None:
    """Print every current document, one JSON object a line."""
    only(form, ("jsonl",))
    lines(document_rows(context.obj.services.store))


@export_app.command("citations")
def export_citations(
    context: typer.Context, form: Annotated[str, typer.Option("--format", help="Only jsonl.")] = "jsonl"
) -> None:
    """Print every citation with what it resolves to, one JSON object a line."""
    only(form, ("jsonl",))
    snapshot = context.obj.services.snapshots.current()
    lines(citation_rows(snapshot.corpus.catalogue))
