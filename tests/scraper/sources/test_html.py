"""Bytes into trees and elements into texts: the plain reading of Python's own HTML parser is the yardstick."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit, urlunsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.errors import ParseError
from scraper.models import SpanKind
from scraper.sources.html import Mark, TextBuilder, absolute, lines_of, no_law, words_of
from scraper.sources.trees import decode, parse_html, require_whole

LAW = "§ 7 “Flood” — the keeper’s mark … ½"


class Plain(HTMLParser):
    """All character data of a page, by the standard library."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def squash(text: str) -> str:
    return "".join(text.split())


def body(markup: str) -> bytes:
    return f"<html><body><div id='x'>{markup}</div></body></html>".encode()


def built(markup: str, line_break: str = " "):  # type: ignore[no-untyped-def]
    element = parse_html(body(markup)).find(".//div")
    return TextBuilder(lambda e: Mark(SpanKind.FOOTNOTE_MARK, "m") if e.tag == "sup" else None, line_break).build(
        element
    )


@pytest.mark.parametrize(
    ("encoding", "declared", "header"),
    [
        ("utf-8", "utf-8", ""),
        ("utf-8", "windows-1252", ""),  # the bytes are UTF-8 whatever is said
        ("utf-8-sig", "", ""),
        ("cp1252", "windows-1252", ""),
        ("cp1252", "iso-8859-1", ""),  # browsers read this as windows-1252, and so do its authors
        ("cp1252", "utf-8", "text/html; charset=utf-8"),
        ("cp1252", "", ""),
        ("cp1252", "", "text/html; charset=windows-1252"),
        ("utf-16", "utf-16", ""),
        ("utf-16-le", "", ""),
        ("utf-16-be", "utf-8", "text/html; charset=utf-8"),
    ],
)
def test_signs_of_law_survive_every_encoding(encoding: str, declared: str, header: str) -> None:
    meta = f'<meta charset="{declared}">' if declared else ""
    page = f"<html><head>{meta}</head><body><p>{LAW} and more words to look at</p></body></html>".encode(encoding)
    assert LAW in decode(page, header)


def test_stray_bytes_in_a_utf8_page_are_mended() -> None:
    page = "<p>§ 7 “one” </p>".encode() + "<p>§ 8 ’two’</p>".encode("cp1252")
    assert decode(page) == "<p>§ 7 “one” </p><p>§ 8 ’two’</p>"


def test_control_characters_that_stand_for_quotation_marks_are_put_back() -> None:
    root = parse_html("<p>\x93Flood\x94 \x96 the keeper\x92s</p>".encode())
    assert words_of(root) == "“Flood” – the keeper’s"


@pytest.mark.parametrize("page", [b"", b"  \n ", "<p>\ufffd</p>".encode()])
def test_lost_characters_and_nothing_are_refused(page: bytes) -> None:
    with pytest.raises(ParseError):
        decode(page)


def test_other_types_are_refused() -> None:
    with pytest.raises(ParseError) as caught:
        parse_html(b"%PDF-1.7", "application/pdf")
    assert caught.value.reason == "wrong_type"


def test_a_page_nested_without_end_is_refused_and_a_wide_one_is_read() -> None:
    with pytest.raises(ParseError) as caught:
        parse_html(b"<html><body>" + b"<div>x" * 100_000 + b"</body></html>")
    assert caught.value.reason == "deep"
    assert len(parse_html(b"<html><body>" + b"<p>x" * 100_000 + b"</body></html>").findall(".//p")) == 100_000
    deep_but_real = parse_html(b"<html><body>" + b"<b>x" * 600 + b"</body></html>")
    assert words_of(deep_but_real) == "x" * 600


def test_half_a_page_is_refused() -> None:
    require_whole(b"<html><body><p>x</p></body></html>")
    with pytest.raises(ParseError) as caught:
        require_whole(b"<html><body><p>A person shall not")
    assert caught.value.reason == "truncated"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>a  b\n c</p><p>d</p>", "a b c\n\nd"),
        ("before <p>in</p> after", "before\n\nin\n\nafter"),
        ("a<i>b</i>c <b> d </b>e", "abc d e"),
        ("one<br>two", "one two"),
        ("one<br><br>two", "one\n\ntwo"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n\n3"),
        ("<p>a</p><script>x()</script><style>y</style><p>b</p>", "a\n\nb"),
        ("<p>a</p><div class='ad side'>Buy</div><p>b</p>", "a\n\nb"),
        ("x<div class='ad'>Buy</div>y", "x\n\ny"),
        ("<p>&sect;&nbsp;7&#151;8</p>", "§ 7—8"),
        ("", ""),
    ],
)
def test_an_element_becomes_one_text(markup: str, text: str) -> None:
    assert built(markup).text == text


def test_a_line_break_may_open_a_paragraph() -> None:
    assert built("(a) one<br>(b) two", "\n\n").text == "(a) one\n\n(b) two"


def test_spans_blocks_and_anchors_lie_where_their_words_lie() -> None:
    result = built("<p>One<sup> 1 </sup> two</p><hr><p class='x y'><a name='n' href='#m'>three</a></p>")
    span = result.spans[0]
    assert result.text[span.start : span.end] == "1"
    assert [result.of(block) for block in result.blocks] == ["One 1 two", "three"]
    assert result.blocks[1].classes == ("x", "y")
    assert [block.rule_before for block in result.blocks] == [False, True]
    assert result.anchors["n"] == result.blocks[1].start
    assert result.references == ((result.blocks[1].start, "m"),)


TAGS = ("p", "div", "i", "b", "span", "ul", "li", "blockquote", "center", "sup", "h2")
WORDS = st.text(st.sampled_from("ab §“é\n\t "), max_size=8)
TREE = st.recursive(
    WORDS,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>", st.sampled_from(TAGS), st.lists(inner, max_size=4)
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(TREE)
def test_nothing_but_white_space_is_lost_or_added(markup: str) -> None:
    reader = Plain()
    reader.feed(markup)
    result = built(markup)
    assert squash(result.text) == squash("".join(reader.words))
    assert "\n\n".join(result.of(block) for block in result.blocks) == result.text
    assert all(result.of(block) == " ".join(result.of(block).split()) for block in result.blocks)


def test_the_lines_of_a_heading() -> None:
    h1 = parse_html(body("<h1><span class='edition'>Code</span><br>Title 1 -\n Boats<br/><br>§ 2</h1>")).find(".//h1")
    assert lines_of(h1) == [("Code", ("edition",)), ("Title 1 - Boats", ()), ("§ 2", ())]


PAR = "<p>The keeper shall row.</p>"
BROKEN = {
    "a page in a page": f"<html><body><div><html><body>{PAR}</body></html><p>Nobody else.</p></div></body></html>",
    "an early end": f"<html><body><div><p>x</p></body></html>{PAR}<p>Nobody else.</p></div></body></html>",
    "two pages": f"<!DOCTYPE html><html><body>x</body></html>\n<!DOCTYPE html><html><body>{PAR}<p>Nobody else.</p>",
    "an empty comment": f"<html><body><!-->{PAR}<p>Nobody else.</p></body></html>",
    "a comment that ends oddly": f"<html><body><!-- a --!>{PAR}<p>Nobody else.</p></body></html>",
    "an open title": f"<html><head><title>T<body>{PAR}<p>Nobody else.</p></body></html>",
    "a program's tags": f"<?php if ($a > 1) {{ ?><html><body>{PAR}<p>Nobody else.</p></body></html>",
    "tags of a word processor": f"<html><body><o:p></o:p><st1:place>{PAR}</st1:place><p>Nobody else.</p></body></html>",
    "signs that are no tags": f"<html><body><p>a < b <5 << ></p>{PAR}<p>Nobody else.</p></body></html>",
    "twelve million letters": f"<html><body><p>{'a' * 12_000_000}</p>{PAR}<p>Nobody else.</p></body></html>",
}


@pytest.mark.parametrize("page", BROKEN.values(), ids=BROKEN)
def test_no_words_of_a_broken_page_are_lost(page: str) -> None:
    words = words_of(parse_html(page.encode()).getroottree().getroot())
    assert "The keeper shall row." in words and "Nobody else." in words


@pytest.mark.parametrize("page", [b"<!-- nothing -->", b"<?php ?>", b"<!DOCTYPE html>"])
def test_a_page_without_elements_is_empty(page: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        root = parse_html(page)
        raise no_law(root)
    assert caught.value.reason == "empty"


@pytest.mark.parametrize(
    "href",
    [
        "/",
        "/a",
        "//x/y",
        "/a//b",
        "/a?",
        "/a?b=c#d",
        "/a#",
        "/./a",
        "/a/../b",
        "/a/.",
        "/a;b",
        "/a b",
        "/é",
        "?",
        "#x",
        "/..a",
    ],
)
def test_an_address_is_what_the_standard_library_makes_of_it(href: str) -> None:
    base = "https://law.example/codes/al/"
    parts = urlsplit(urljoin(base, href))
    assert absolute(base, href) == urlunsplit((parts.scheme, parts.netloc, parts.path or "/", parts.query, ""))


@pytest.mark.parametrize("space", ["\t", "\r", "\xa0", "\u1680", "\u2000", "\u200a", "\u2028", "\u202f", "\u3000"])
def test_every_white_space_is_folded_as_splitting_does(space: str) -> None:
    words = ["one  two", f"{space}three{space * 2}four {space}", f"five{space}   six\n\n seven"]
    said = [f"<p>{words_in}</p>" for words_in in words]
    assert built("".join(said)).text == "\n\n".join(" ".join(text.split()) for text in words)


def test_a_long_text_is_folded_as_a_short_one_is() -> None:
    words = [f"§ {n}  “Flood”\n   the keeper’s{' ' * (n % 4)} mark — 𝄞 \xa0 ½" for n in range(700)]
    text = built("".join(f"<p>{words_in}</p>" for words_in in words)).text
    assert len(text) > 20_000
    assert text == "\n\n".join(" ".join(words_in.split()) for words_in in words)


def test_elements_without_attributes_are_asked_about_only_where_named() -> None:
    asked: list[tuple[str, str]] = []

    def note(element: object, text: str) -> Mark | None:
        asked.append((getattr(element, "tag", ""), text))
        return Mark(SpanKind.FOOTNOTE_MARK, text)

    element = parse_html(body("<p>first <em>words</em><sup>1</sup></p><h2>Head</h2><p class='a'>last</p>")).find(
        ".//div"
    )
    by_class: list[str] = []

    def classify(element: object) -> Mark | None:
        by_class.append(getattr(element, "tag", ""))
        return None

    text = TextBuilder(classify, bare={"sup": note}).build(element)
    assert text.text == "first words1\n\nHead\n\nlast"
    assert asked == [("sup", "1")]
    assert by_class == ["div", "p"]  # the root, which has an id, and the paragraph with a class
    assert [(span.start, span.end, span.label) for span in text.spans] == [(11, 12, "1")]
