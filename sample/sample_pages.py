"""Renders a state of the sample as a static site: a mapping from file path to its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from sample_texts import (
    CODE,
    CONSTITUTION,
    COURTS,
    ITALIC,
    MARK,
    NUMBERED,
    OPINION_LABELS,
    ROMAN,
    RULES,
    STATES,
    Case,
    Law,
    Opinion,
    State,
)

SITE = "Franklin Law Library"
PAGE_SIZE = 5
REFERENCE = re.compile(
    r"\b(?P<rule>Rule) (?P<r>\d+-\d+-\d+)|\bArticle (?P<art>[IVX]+), Section (?P<sec>\d+)"
    r"|(?P<code>\b(?:Sections?|and|through) |§ )(?P<c>\d+-\d+-\d+)"
)
NOT_OF_OPINION = "The syllabus is no part of the opinion of the Court; it was prepared for the reader's use."

ROBOTS = """User-agent: *
Disallow: /search
Disallow: /private/
Crawl-delay: 1
Sitemap: /sitemap.xml
"""

Crumb = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a listing: address, words, and a remark that may be empty."""

    href: str
    text: str
    remark: str = ""


def page(path: str, title: str, crumbs: Sequence[Crumb], body: str) -> str:
    """A whole page: menu, advertising, breadcrumbs, the given body, sidebar and footer."""
    trail = [f'<a href="{href}" itemprop="item">{escape(text)}</a>' for href, text in crumbs]
    trail.append(f'<span class="current">{escape(title)}</span>')
    separator = ' <span class="breadcrumb-sep">&rsaquo;</span> '
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} :: {SITE}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="canonical" href="{path}">
<style>body{{font-family:Georgia,serif;margin:0}}.ad{{border:1px dashed #999}}.level-2{{margin:2em}}</style>
<script>window.pageViews=window.pageViews||[];pageViews.push('{path}');</script></head>
<body class="law-page"><header id="top"><div class="logo"><a href="/">{SITE}</a></div>
<nav class="main-menu"><ul><li><a href="/codes/franklin/">Code</a></li>\
<li><a href="/constitution/franklin/">Constitution</a></li><li><a href="/cases/franklin/">Opinions</a></li>\
<li><a href="/about.html">About</a></li><li><a href="/search?q=">Search</a></li></ul></nav>
<form action="/search" class="search-form"><input name="q" placeholder="Find a law">\
<button>Go</button></form></header>
<div class="ad ad-top" aria-hidden="true">Advertisement</div>
<nav class="breadcrumbs" aria-label="Breadcrumb">{separator.join(trail)}</nav>
<div class="wrapper"><main id="main-content" role="main">
{body}
</main><aside class="sidebar"><div class="ad ad-side">Advertisement</div>
<section class="newsletter"><h3>Weekly Opinion Digest</h3>
<p>Join our mailing list for a weekly digest of new opinions.</p>
<form><input type="email" name="email"><button>Join</button></form></section></aside></div>
<footer><p class="disclaimer"><strong>Notice:</strong> Pages may lag behind the official publication. \
Nothing here is legal advice. Check the official source.</p>
<ul class="foot-links"><li><a href="/about.html">About</a></li>
<li><a href="/sitemap.xml">Sitemap</a></li></ul></footer>
</body></html>
"""


def file_of(path: str) -> str:
    """The file that serves an address, relative to the root of the site."""
    return (path + "index.html" if path.endswith("/") else path).lstrip("/")


def linked(text: str, state: State) -> str:
    """Escaped words in which references to sections, provisions and rules of the state are links."""

    def link(match: re.Match[str]) -> str:
        if match["rule"]:
            target = f"franklin:regs:{match['r']}"
        elif match["art"]:
            target = f"franklin:const:{ROMAN.index(match['art'])}:{match['sec']}"
        else:
            target = f"franklin:code:{match['c']}"
        if target not in state.laws:
            return match[0]
        before = match["code"] if (match["code"] or "").strip() in ("and", "through") else ""
        return f'{before}<a href="{state.laws[target].path}">{match[0][len(before) :]}</a>'

    return REFERENCE.sub(link, escape(text, quote=False))


def listing(title: str, items: Iterable[Item], next_page: str = "") -> str:
    """Body of a container page: heading, list of links, and a link to the next page if there is one."""
    rows = []
    for item in items:
        remark = f' <span class="meta">{escape(item.remark)}</span>' if item.remark else ""
        rows.append(f'<li class="item"><a href="{item.href}">{escape(item.text)}</a>{remark}</li>')
    more = f'<p class="pagination"><a rel="next" href="{next_page}">Next</a></p>' if next_page else ""
    top = f'<h1 class="heading-1">{escape(title)}</h1><ul class="listing">'
    return "\n".join([top, *rows, f"</ul>{more}"])


# ---- the written law


def law_label(law: Law) -> str:
    """How a listing names a section, provision or rule."""
    word = "Rule" if law.kind == "regulation" else "Section"
    number = law.id.rsplit(":", 1)[1]
    return f"{word} {number} - {law.heading}"


def law_crumbs(law: Law) -> list[Crumb]:
    """Links from the home page down to the container of a section."""
    parts = law.path.strip("/").split("/")
    crumbs = [("/", SITE)]
    for depth, label in enumerate(law.hierarchy):
        crumbs.append(("/" + "/".join(parts[: depth + 2]) + "/", label))
    return crumbs


def law_content(law: Law, state: State) -> str:
    """The element #codes-content: note of effect, lines by level, temporary text, history, annotations."""
    rows = []
    if law.effective_note:
        rows.append(f'<p class="effective-note">{escape(law.effective_note, quote=False)}</p>')
    rows += [f'<p class="level-{depth + 1}">{linked(text, state)}</p>' for depth, text in law.lines]
    for row in law.temporary:
        rows.append(f'<div class="temporary-amendment"><p>{linked(row.text, state)}</p></div>')
    if law.history:
        rows.append(f'<p class="source-credit">({escape(law.history, quote=False)})</p>')
    if law.annotations:
        notes = "".join(f"<p>{linked(note, state)}</p>" for note in law.annotations)
        rows.append(f'<div class="annotations">{notes}</div>')
    return '<div id="codes-content">\n' + "\n".join(rows) + "\n</div>"


def law_page(law: Law, state: State, before: Law | None, after: Law | None) -> str:
    """The page of one section, provision or rule."""
    turn = ""
    if before:
        turn += f'<a rel="prev" class="pn-prev" href="{before.path}">Prev</a> '
    if after:
        turn += f'<a rel="next" class="pn-next" href="{after.path}">Next</a> '
    around = f'<div class="prev-next">{turn}</div>'
    sign = "Rule" if law.kind == "regulation" else "§"
    number = law.id.rsplit(":", 1)[1]
    edition, *levels = law.hierarchy
    lines = [f'<span class="edition">{edition}</span>', *(escape(level, quote=False) for level in levels)]
    lines.append(f"{sign} {number} - {escape(law.heading, quote=False)}")
    body = "\n".join(
        [
            f'<h1 class="heading-1">{"<br>".join(lines)}</h1>',
            f'<div class="citation">Universal Citation: <span>{law.citation}</span></div>',
            around,
            law_content(law, state),
            around,
        ]
    )
    return page(law.path, f"{law.citation} - {law.heading}", law_crumbs(law), body)


def law_key(law: Law) -> tuple[int, ...]:
    """Order of sections by their numbers."""
    return tuple(int(part) for part in law.number.split("-"))


def law_pages(state: State, kind: str) -> dict[str, str]:
    """Pages of all documents of one kind, with links to the neighbours in the same title or article."""
    laws = sorted((law for law in state.laws.values() if law.kind == kind), key=law_key)
    files: dict[str, str] = {}
    for index, law in enumerate(laws):
        before = laws[index - 1] if index and laws[index - 1].hierarchy[1] == law.hierarchy[1] else None
        more = index + 1 < len(laws) and laws[index + 1].hierarchy[1] == law.hierarchy[1]
        files[file_of(law.path)] = law_page(law, state, before, laws[index + 1] if more else None)
    return files


def law_containers(state: State, kind: str, root: str, name: str) -> dict[str, str]:
    """Tables of contents above the documents of one kind, from the root down."""
    children: dict[str, dict[str, str]] = {root: {}}
    for law in sorted((law for law in state.laws.values() if law.kind == kind), key=law_key):
        parent = root
        folders = law_crumbs(law)[2:]
        for path, label in folders:
            children.setdefault(parent, {})[path] = label
            parent = path
        children.setdefault(parent, {})[law.path] = law_label(law)
    files = {}
    for path, items in children.items():
        title = name if path == root else state.labels[path]
        crumbs = [("/", SITE)]
        if path != root:
            crumbs.append((root, name))
            above = [p for p in sorted(children) if p not in (root, path) and path.startswith(p)]
            crumbs += [(p, state.labels[p]) for p in above]
        rows = [Item(href, text) for href, text in items.items()]
        heading = title if path == root else f"{name} {title}"
        files[file_of(path)] = page(path, title, crumbs, listing(heading, rows))
    return files


# ---- the decisions


def marked(text: str) -> str:
    """Words of an opinion as HTML: italics, star pages, footnote marks and the paragraph number."""
    number = NUMBERED.match(text)
    rest = text[number.end() :] if number else text
    words = escape(rest, quote=False)
    words = ITALIC.sub(r"<i>\1</i>", words)

    def mark(match: re.Match[str]) -> str:
        if match[1].startswith("*"):
            return f'<span class="star-page">{match[1]}</span>'
        key = match[1].removeprefix("fn:")
        return f'<sup class="fn-mark"><a href="#fn{key}" id="fnref{key}">{key}</a></sup>'

    words = MARK.sub(mark, words)
    return f'<span class="para-num">{number[0].strip()}</span> {words}' if number else words


def paragraph(text: str) -> str:
    """A paragraph, or a block quotation where the source begins with '> '."""
    if text.startswith("> "):
        return f"<blockquote><p>{marked(text[2:])}</p></blockquote>"
    return f"<p>{marked(text)}</p>"


def opinion_heading(opinion: Opinion, rank: str) -> str:
    """The line above an opinion that says who wrote it and who joined."""
    if opinion.kind == "per_curiam":
        return "Per Curiam."
    joined = ""
    if opinion.joined_by:
        titles = f"{rank}s" if len(opinion.joined_by) > 1 else rank
        joined = f", joined by {titles} {' and '.join(opinion.joined_by)}"
    verbs = {
        "majority": "delivered the opinion of the Court",
        "plurality": "announced the judgment of the Court and delivered an opinion",
        "concurrence": "concurring",
        "concurrence_in_judgment": "concurring in the judgment",
        "concurrence_in_part": "concurring in part and dissenting in part",
        "dissent": "dissenting",
    }
    comma = "" if opinion.kind in ("majority", "plurality") and not joined else ","
    return f"{rank} {opinion.author}{joined}{comma} {verbs[opinion.kind]}."


def tab_text(opinion: Opinion) -> str:
    """The words on an opinion's tab."""
    label = OPINION_LABELS[opinion.kind]
    return label if opinion.kind == "per_curiam" else escape(f"{label} ({opinion.author})", quote=False)


def opinion_body(opinion: Opinion, index: int, rank: str) -> str:
    """The element of one opinion with its footnotes."""
    rows = [f'<h3 class="opinion-heading">{escape(opinion_heading(opinion, rank), quote=False)}</h3>']
    rows += [paragraph(text) for text in opinion.paragraphs]
    if opinion.footnotes:
        notes = [
            f'<p id="fn{key}"><a href="#fnref{key}">{key}</a> {marked(text)}</p>' for key, text in opinion.footnotes
        ]
        rows.append('<div class="footnotes">' + "\n".join(notes) + "</div>")
    return f'<div id="tab-opinion-{index}" class="opinion-body">\n' + "\n".join(rows) + "\n</div>"


def syllabus(case: Case) -> str:
    """The syllabus and the line that it is no part of the opinion; empty where the case has none."""
    if not case.syllabus:
        return ""
    rows = [f"<p>{marked(row)}</p>" for row in case.syllabus]
    if not any("no part of" in row for row in case.syllabus):
        rows.append(f'<p class="syllabus-note">{NOT_OF_OPINION}</p>')
    return '<div class="syllabus">\n' + "\n".join(rows) + "\n</div>\n"


def metadata(case: Case) -> str:
    """The list of facts above the opinions."""
    rows = [("Court", COURTS[case.court][2]), ("Docket No.", escape(case.docket))]
    if case.argued:
        rows.append(("Argued", f'<time datetime="{case.argued}">{case.argued}</time>'))
    rows.append(("Decided", f'<time datetime="{case.decided}">{case.decided}</time>'))
    rows.append(("Judges", escape(", ".join(case.judges), quote=False)))
    rows.append(("Status", "Published" if case.published else "Unpublished"))
    rows.append(("Disposition", escape(case.disposition, quote=False)))
    return "".join(f"<dt>{term}</dt><dd>{value}</dd>\n" for term, value in rows)


def case_title(case: Case) -> str:
    """Name, neutral citation and year, as the heading of a decision gives them."""
    return f"{case.name}, {case.citation} ({case.decided[:4]})"


def case_crumbs(case: Case) -> list[Crumb]:
    """Links from the home page down to the year of a decision."""
    state, folder, court, _ = COURTS[case.court]
    root, year = f"/cases/{state}/", case.decided[:4]
    return [
        ("/", SITE),
        (root, f"{STATES[state]} Opinions"),
        (f"{root}{folder}/", court),
        (f"{root}{folder}/{year}/", year),
    ]


def case_page(case: Case, path: str) -> str:
    """The page of a decision at an address."""
    parallel = "".join(f' <span class="parallel">{escape(cite)}</span>' for cite in case.parallel)
    tabs = ""
    if len(case.opinions) > 1:
        tabs = '<ul class="tab-nav">' + "".join(
            f'<li class="nav-item"><a href="#tab-opinion-{n}">{tab_text(opinion)}</a></li>'
            for n, opinion in enumerate(case.opinions, 1)
        )
        tabs += "</ul>\n"
    rank = COURTS[case.court][3]
    bodies = "\n".join(opinion_body(opinion, n, rank) for n, opinion in enumerate(case.opinions, 1))
    body = (
        f'<h1 class="heading-1 case-title">{escape(case_title(case), quote=False)}</h1>\n'
        f'<div class="case-metadata"><dl>\n{metadata(case)}</dl></div>\n'
        f'<div class="citation">Citation: <span>{case.citation}</span>{parallel}</div>\n'
        f'{tabs}<div id="tab-opinion">\n{syllabus(case)}{bodies}\n</div>'
    )
    return page(path, case_title(case), case_crumbs(case), body)


def year_items(cases: Iterable[Case]) -> list[Item]:
    """Listing lines of one court and year; a decision with a second address is listed under both."""
    rows = []
    for case in cases:
        rows.append(Item(case.path, case.name, f"{case.citation}, decided {case.decided}"))
        if case.extra_path:
            rows.append(Item(case.extra_path, case.name, f"{case.parallel[0]}, decided {case.decided}"))
    return rows


def year_pages(path: str, court: str, year: str, items: list[Item], crumbs: list[Crumb]) -> dict[str, str]:
    """The pages of one year's listing, PAGE_SIZE lines each, tied by rel=next."""
    chunks = [items[start : start + PAGE_SIZE] for start in range(0, len(items), PAGE_SIZE)]
    files = {}
    for number, chunk in enumerate(chunks, 1):
        own = path if number == 1 else f"{path}page-{number}.html"
        following = f"{path}page-{number + 1}.html" if number < len(chunks) else ""
        files[file_of(own)] = page(own, year, crumbs, listing(f"{court} decisions {year}", chunk, following))
    return files


def case_listings(state: State) -> dict[str, str]:
    """Listings of states, courts and years above the decisions."""
    tree: dict[str, dict[str, dict[str, list[Case]]]] = {}
    for case in state.cases.values():
        home = COURTS[case.court][0]
        tree.setdefault(home, {}).setdefault(case.court, {}).setdefault(case.decided[:4], []).append(case)
    files: dict[str, str] = {}
    for home, courts in sorted(tree.items()):
        root, name = f"/cases/{home}/", f"{STATES[home]} Opinions"
        above = [COURTS[court] for court in sorted(courts, reverse=True)]
        links = [Item(f"{root}{folder}/", label) for _, folder, label, _ in above]
        files[file_of(root)] = page(root, name, [("/", SITE)], listing(name, links))
        for court, years in courts.items():
            files |= court_listings(court, years)
    return files


def court_listings(court: str, years: Mapping[str, list[Case]]) -> dict[str, str]:
    """The list of years of one court and the listing of each year."""
    home, folder, name, _ = COURTS[court]
    root = f"/cases/{home}/{folder}/"
    crumbs = [("/", SITE), (f"/cases/{home}/", f"{STATES[home]} Opinions")]
    links = [
        Item(f"{root}{year}/", f"{year} decisions", f"{len(cases)} opinion{'s' if len(cases) > 1 else ''}")
        for year, cases in sorted(years.items())
    ]
    files = {file_of(root): page(root, name, crumbs, listing(f"{name} opinions by year", links))}
    for year, cases in sorted(years.items()):
        files |= year_pages(f"{root}{year}/", name, year, year_items(cases), [*crumbs, (root, name)])
    return files


def case_pages(state: State) -> dict[str, str]:
    """Pages of all decisions, at their second addresses too."""
    files = {}
    for case in state.cases.values():
        for path in filter(None, (case.path, case.extra_path)):
            files[file_of(path)] = case_page(case, path)
    return files


# ---- the whole site


def home_page(state: State) -> str:
    """The home page, which also links to a page that robots.txt forbids."""
    items = [
        Item("/codes/franklin/", CODE),
        Item("/constitution/franklin/", CONSTITUTION),
        Item("/regulations/franklin/", RULES),
    ]
    homes = sorted({COURTS[case.court][0] for case in state.cases.values()})
    items += [Item(f"/cases/{home}/", f"{STATES[home]} Opinions") for home in homes]
    items.append(Item("/private/drafts/", "Drafts of the editors"))
    return page("/", SITE, [], listing(SITE, items))


def sitemap(state: State, dates: Mapping[str, str], since: str) -> str:
    """The list of document addresses; a decision bears its date, a law the day its page last changed."""
    rows = {case.path: case.decided for case in state.cases.values()}
    rows |= {law.path: dates.get(law.id, since) for law in state.laws.values()}
    urls = [f"<url><loc>{path}</loc><lastmod>{day}</lastmod></url>" for path, day in sorted(rows.items())]
    lines = "\n".join(urls)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{lines}\n</urlset>\n"
    )


def render(state: State, dates: Mapping[str, str]) -> dict[str, str]:
    """Every file of the site in a state, by path relative to its root."""
    about = "<h1>About</h1><p>The law of an imaginary State, made to try out a legal research system.</p>"
    draft = "<h1>Drafts</h1><p>Zephyr quince: words that stand nowhere else, so that a breach shows.</p>"
    files = {
        "index.html": home_page(state),
        "about.html": page("/about.html", "About", [("/", SITE)], about),
        "private/drafts/index.html": page("/private/drafts/", "Drafts", [("/", SITE)], draft),
        "robots.txt": ROBOTS,
        "sitemap.xml": sitemap(state, dates, "2024-12-31"),
    }
    roots = {
        "statute": ("/codes/franklin/", CODE),
        "constitution": ("/constitution/franklin/", CONSTITUTION),
        "regulation": ("/regulations/franklin/", RULES),
    }
    for kind, (root, name) in roots.items():
        files |= law_pages(state, kind)
        files |= law_containers(state, kind, root, name)
    files |= case_listings(state)
    files |= case_pages(state)
    return dict(sorted(files.items()))
