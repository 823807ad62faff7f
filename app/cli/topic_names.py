"""`lexatlas topics`: what the topics are, what people call them, and why a document is in one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from app.api import shapes
from app.cli.base import Context, NotFound
from app.cli.topics import topics_app
from app.state.topics import MarkKind
from app.topics import edit
from app.topics.edit import Said
from app.topics.names import members_of, named
from indexing.catalogue import TopicRow
from scraper.errors import ConfigError, RunPartial

_TOPIC = Annotated[str, typer.Argument(help="Id of a topic; `topics list` shows them.")]
_BY = Annotated[str, typer.Option(help="Who does it, in your own words.")]
_NOTE = Annotated[str, typer.Option(help="Why, in a line.")]
_SHOWN = 10


def register(_app: typer.Typer) -> None:
    """Add this module's commands to those of `topics`."""
    for name, command in (
        ("list", topics_list), ("show", topics_show), ("why", topics_why), ("names", topics_names),
        ("rename", topics_rename), ("unname", topics_unname), ("pin", topics_pin), ("unpin", topics_unpin),
        ("merge", topics_merge), ("unmerge", topics_unmerge), ("label", topics_label),
    ):  # fmt: skip
        topics_app.command(name)(command)


def topics_list(
    context: typer.Context,
    depth: Annotated[int, typer.Option(min=1, max=100, help="How many levels below the root.")] = 100,
) -> None:
    """List the topic tree: ids, labels, sizes."""
    ctx: Context = context.obj
    topics = ctx.services.snapshots.current().corpus.topics
    children = shapes.topic_children(topics)
    rows: list[TopicRow] = []
    waiting = [topic for topic in topics.values() if topic.parent is None]
    while waiting:
        topic = waiting.pop(0)
        rows += [topic] if topic.depth <= depth else []
        waiting = [*(topics[name] for name in children.get(topic.id, ())), *waiting]
    value = {"topics": [shapes.topic_view(row, children.get(row.id, ())) for row in rows]}
    ctx.emit(value, lambda: "\n".join(_line(row) for row in rows))


def _line(row: TopicRow) -> str:
    seen = named(row)
    remarks = [
        "" if seen.label_source == "terms" else f"named by a {'person' if seen.label_source == 'person' else 'model'}",
        "pinned" * seen.pinned,
        f"merged into {seen.merged_into}" if seen.merged_into else "",
        "all subjects" if row.scope == "global" else "",
    ]
    told = ", ".join(remark for remark in remarks if remark)
    return f"{'  ' * row.depth}{row.id}  {row.label} ({row.size:,}){f'  [{told}]' if told else ''}"


def topics_show(context: typer.Context, topic: _TOPIC) -> None:
    """Show one topic: its terms, its most typical documents, what people did to it."""
    ctx: Context = context.obj
    corpus = ctx.services.snapshots.current().corpus
    row = corpus.topics.get(topic)
    if row is None:
        raise NotFound(f"There is no topic {topic!r}; `lexatlas topics list` shows their ids.")
    members, total = members_of(corpus, row, _SHOWN, 0)
    documents = [
        {**shapes.reference(corpus.entries[corpus.rows[name]]), "weight": round(weight, 6)} for name, weight in members
    ]
    path = shapes.topic_path(row, corpus.topics)
    value = {
        **shapes.topic_page(row, shapes.topic_children(corpus.topics).get(topic, ()), path, ()),
        "documents": documents, "total": total, "marks": edit.marks_view(ctx.services, topic)["marks"],
    }  # fmt: skip
    value.pop("exemplars")
    ctx.emit(value, lambda: _page(value))


def _page(value: dict[str, Any]) -> str:
    lines = [
        " > ".join(step["label"] for step in value["path"]),
        f"terms: {', '.join(term for term, _ in value['terms'])}",
        f"documents: {value['total']:,}, of which {value['size']:,} in it first",
        *(f"  {one['weight']:.2f}  {one['citation'] or one['id']}  {one['title']}" for one in value["documents"]),
        *([f"not split: {value['stop_reason']}"] if value["stop_reason"] else []),
        *(_mark(mark) for mark in value["marks"]),
    ]
    return "\n".join(lines)


def _mark(mark: dict[str, Any]) -> str:
    what = {"name": f"named {mark['value']!r}", "pin": "pinned", "merge": f"merged into {mark['value']}"}[mark["kind"]]
    by = f" by {mark['by']}" if mark["by"] else ""
    note = f": {mark['note']}" if mark["note"] else ""
    gone = f"  [orphaned; it was {mark['label']!r}]" if mark["orphaned"] else ""
    return f"{mark['topic']}  {what}{by} on {mark['at'][:10]}{note}{gone}"


def topics_why(
    context: typer.Context,
    document: Annotated[str, typer.Argument(help="Id of a document.")],
    topic: Annotated[
        str, typer.Argument(help="Id of a topic; else the document's heaviest at the deepest level.")
    ] = "",
) -> None:
    """Say why a document is in a topic: its words, its neighbours, and the topic that comes next."""
    from app.topics.why import why_view  # what it computes with takes a second to load

    ctx: Context = context.obj
    corpus = ctx.services.snapshots.current().corpus
    corpus.catalogue.entry(document)
    shares = corpus.memberships.get(document, {})
    if document not in corpus.rows or not shares:
        raise NotFound(f"{document} is in no topic: it has too little text of its own, or was withdrawn.")
    chosen = topic or max(shares, key=lambda name: (corpus.topics[name].depth, shares[name], name))
    value = why_view(corpus, chosen, document)
    ctx.emit(value, lambda: _why(value))


def _why(value: dict[str, Any]) -> str:
    terms = "\n".join(
        f"  {one['share']:6.1%}  {one['term']}  ({one['count']}x) ... {one['quote']} ..." for one in value["terms"]
    )
    near = "\n".join(
        f"  {one['similarity']:.2f}  {one['citation'] or one['id']}  {one['title']}"
        f"{'  (a citation joins them)' if one['cites'] else ''}{'' if one['in_topic'] else '  (not in this topic)'}"
        for one in value["neighbours"]
    )
    following = value["runner_up"]
    head = f"{value['document']['citation'] or value['document']['id']} is in {value['id']} ({value['label']})"
    return "\n".join(
        [
            f"{head} with {value['share']:.0%} of its share of {value['parent']}, {value['weight']:.0%} in all.",
            f"Words of its own, {value['terms_share']:.0%} of the match:", terms,
            "Documents near it, with whose words its own were mixed:", near or "  none",
            f"Next topic: {following['id']} ({following['label']}), {following['share']:.0%}." if following else
            "No other topic comes near.",
            value["note"],
        ]
    )  # fmt: skip


def topics_names(context: typer.Context) -> None:
    """List every name, pin and merge; those whose topic is gone are kept, and said to be orphaned."""
    ctx: Context = context.obj
    value = edit.all_marks_view(ctx.services, whole=True)
    ctx.emit(value, lambda: "\n".join(_mark(mark) for mark in value["names"]) or "Nobody named a topic yet.")


def topics_rename(
    context: typer.Context,
    topic: _TOPIC,
    name: Annotated[str, typer.Argument(help="Its name, one line.")],
    by: _BY = "",
    note: _NOTE = "",
) -> None:
    """Give a topic a name; it is kept over every build."""
    _done(context, edit.rename(context.obj.services, topic, name, Said(by, note)))


def topics_unname(context: typer.Context, topic: _TOPIC) -> None:
    """Take a topic's name away, so that its own label shows again."""
    _done(context, edit.undo(context.obj.services, topic, MarkKind.NAME))


def topics_pin(context: typer.Context, topic: _TOPIC, by: _BY = "", note: _NOTE = "") -> None:
    """Pin a topic: no update retires it or fits it anew; a refit of the whole tree may."""
    _done(context, edit.pin(context.obj.services, topic, Said(by, note)))


def topics_unpin(context: typer.Context, topic: _TOPIC) -> None:
    """Let refits change a topic again."""
    _done(context, edit.undo(context.obj.services, topic, MarkKind.PIN))


def topics_merge(
    context: typer.Context,
    topic: _TOPIC,
    into: Annotated[str, typer.Argument(help="Id of the topic that its documents are listed under as well.")],
    by: _BY = "",
    note: _NOTE = "",
) -> None:
    """Merge a topic into another: a view, which `unmerge` undoes; nothing is built anew."""
    _done(context, edit.merge(context.obj.services, topic, into, Said(by, note)))


def topics_unmerge(context: typer.Context, topic: _TOPIC) -> None:
    """Undo a merge; both topics are as they were."""
    _done(context, edit.undo(context.obj.services, topic, MarkKind.MERGE))


def _done(context: typer.Context, value: dict[str, Any]) -> None:
    marks = "\n".join(_mark(mark) for mark in value["marks"])
    context.obj.emit(value, marks or _unmarked(value))


def _unmarked(value: dict[str, Any]) -> str:
    if value["label"] is None:  # a mark of a topic that is gone was taken away, or there never was one
        return f"{value['id']} bears no name, pin or merge; the served build has no such topic."
    return f"{value['id']} is as the build left it: {value['label']!r}."


def topics_label(context: typer.Context) -> None:
    """Ask the configured language model for labels of topics that it has not seen; exit code 3 where some failed."""
    ctx: Context = context.obj
    value = label_by_model(ctx)
    ctx.emit(value, lambda: label_words(value))
    if value["refused"]:
        raise RunPartial(f"{value['refused']} topics keep the label of their terms.")


def label_by_model(ctx: Context) -> dict[str, Any]:
    """Ask the model for labels and return the report; raise ConfigError where none is configured."""
    from app.topics.llm_labels import label_topics_by_model  # the model's library takes half a second to load

    if ctx.services.llm is None:
        raise ConfigError("No language model is configured: set LEXATLAS_LLM_BASE_URL. See docs/operations.md.")
    corpus = ctx.services.snapshots.current().corpus
    with ctx.reporter.step("Asking for labels") as advance:
        return label_topics_by_model(corpus, ctx.services.names, ctx.services.llm, advance).to_json()


def label_words(value: dict[str, Any]) -> str:
    """Return the report of labelling as text."""
    head = (
        f"{value['named']} topics were labelled, {value['kept']} had a label already, {value['refused']} keep theirs."
    )
    return "\n".join([head, *(f"Note: {warning}" for warning in value["warnings"])])
