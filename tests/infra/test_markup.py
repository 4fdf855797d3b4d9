"""Outside text on our pages: it reads as meant, and runs and loads nothing."""

import re
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from markupsafe import Markup

from itsm.infra.markup import MAX_HTML, MAX_TEXT, References, from_mail, from_markdown, from_plain
from tests.infra.vectors import ATTACKS


def ticket(number: int) -> str | None:
    return f"/tickets/{number}" if number < 2000 else None


def person(name: str) -> str | None:
    return f"/people/{name}" if name in {"ana", "ben.o"} else None


LINKS = References(ticket=ticket, person=person)


def picture(source: str) -> str | None:
    """Show what the mail carries and, as a second cleaning sees it, what is shown from here already."""
    return source.replace("cid:", "/pictures/") if source.startswith(("cid:", "/pictures/")) else None


def mail_html(text: str) -> Markup:
    return from_mail(text, picture).html


MAKERS: list[Callable[[str], Markup]] = [
    lambda text: from_plain(text, LINKS),
    lambda text: from_markdown(text, LINKS),
    mail_html,
]
SAFE_TAGS = {
    "a",
    "abbr",
    "address",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
}
SAFE_ATTRIBUTES = {
    "href",
    "title",
    "src",
    "alt",
    "width",
    "height",
    "colspan",
    "rowspan",
    "align",
    "valign",
    "start",
    "dir",
    "rel",
}
SAFE_HREF = re.compile(r"https?://|mailto:|tel:|/[^/\\]|/$|#")


class Oracle(HTMLParser):
    """Reads markup and gathers everything that should not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SAFE_TAGS:
            self.wrong.append(tag)
        for name, value in attrs:
            if name not in SAFE_ATTRIBUTES:
                self.wrong.append(f"{tag} {name}")
            if name == "href" and not SAFE_HREF.match(value or ""):
                self.wrong.append(f"{tag} {name}={value}")
            if name == "src" and not (value or "").startswith("/pictures/"):
                self.wrong.append(f"{tag} {name}={value}")

    def handle_comment(self, data: str) -> None:
        self.wrong.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append("declaration")

    def handle_pi(self, data: str) -> None:
        self.wrong.append("instruction")


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_leaves_anything_but_harmless_tags(attack: str) -> None:
    for make in MAKERS:
        for text in (attack, f"before {attack} after", f"<div>{attack}</div>", f"> {attack}\n\n- {attack}"):
            oracle = Oracle()
            oracle.feed(make(text))
            oracle.close()
            assert oracle.wrong == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_cleaning_twice_changes_nothing(attack: str) -> None:
    for make in MAKERS:
        once = mail_html(make(attack))
        assert mail_html(once) == once


@pytest.fixture(scope="module")
def browser_page() -> Iterator[object]:
    sync_api = pytest.importorskip("playwright.sync_api")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield browser.new_page()
        browser.close()


SPY = "window.hits = []; window.alert = window.msgbox = (what) => window.hits.push(String(what));"


def executions(page, fragments: list[str]) -> tuple[int, list[str]]:
    """Show every fragment in a page of ours without any policy; return how often script ran, and calls home."""
    called: list[str] = []

    def answer(route) -> None:
        url = route.request.url
        if url == "http://desk.example/":
            sections = "".join(f"<section>{fragment}</section>" for fragment in fragments)
            body = f"<!doctype html><script>{SPY}</script><body>{sections}</body>"
            route.fulfill(content_type="text/html; charset=utf-8", body=body)
        else:
            if not url.startswith("http://desk.example/"):
                called.append(url)
            route.fulfill(status=404, body="")

    page.route("**/*", answer)
    page.goto("http://desk.example/", wait_until="load")
    page.evaluate("document.querySelectorAll('#click, [onclick], a[href^=javascript]').forEach(e => e.click())")
    page.wait_for_timeout(150)
    hits = page.evaluate("window.hits ? window.hits.length : 0")
    page.unroute("**/*")
    return hits, called


@pytest.mark.browser
def test_a_real_browser_runs_and_loads_nothing(browser_page) -> None:
    for make in MAKERS:
        made = [str(make(attack)) for attack in ATTACKS]
        assert executions(browser_page, made) == (0, [])


@pytest.mark.browser
@pytest.mark.parametrize(
    "attack", ["<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<a href=javascript:alert(1) id=click>x</a>"]
)
def test_the_browser_would_notice(browser_page, attack: str) -> None:
    assert executions(browser_page, [attack])[0] == 1
    assert executions(browser_page, ["<img src=https://evil.example/x.gif>"])[1] == ["https://evil.example/x.gif"]


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("", ""),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("a < b & c > d", "<p>a &lt; b &amp; c &gt; d</p>"),
        ("*not* _markdown_", "<p>*not* _markdown_</p>"),
        ("see #1042.", '<p>see <a href="/tickets/1042" rel="noopener noreferrer nofollow">#1042</a>.</p>'),
        ("see #9999", "<p>see #9999</p>"),
        ("colour #123456789012, C#1, a/#7, &#39; #0", "<p>colour #123456789012, C#1, a/#7, &amp;#39; #0</p>"),
        ("@ana and @ben.o.", '<p><a href="/people/ana" rel="noopener noreferrer nofollow">@ana</a> and '
                             '<a href="/people/ben.o" rel="noopener noreferrer nofollow">@ben.o</a>.</p>'),
        ("@carl mail@ana x@ana.org", "<p>@carl mail@ana x@ana.org</p>"),
        ("(http://a.example/b_(c)).", '<p>(<a href="http://a.example/b_(c)" rel="noopener noreferrer nofollow">'
                                      "http://a.example/b_(c)</a>).</p>"),
        ("http://a.example/#1042", '<p><a href="http://a.example/#1042" rel="noopener noreferrer nofollow">'
                                   "http://a.example/#1042</a></p>"),
        ("a\r\nb\rc\0", "<p>a<br>b<br>c</p>"),
    ],
)  # fmt: skip
def test_plain_text_reads_as_written(text: str, markup: str) -> None:
    assert from_plain(text, LINKS) == Markup(markup)


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("**b** _i_ ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>\n"),
        ("a\nb", "<p>a<br>\nb</p>\n"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"),
        ("[x](https://a.example)", '<p><a href="https://a.example" rel="noopener noreferrer nofollow">x</a></p>\n'),
        ("[#1042](https://a.example)",
         '<p><a href="https://a.example" rel="noopener noreferrer nofollow">#1042</a></p>\n'),
        ("#1042 and `#1042`", '<p><a href="/tickets/1042" rel="noopener noreferrer nofollow">#1042</a> and '
                              "<code>#1042</code></p>\n"),
        ("```\n#1042 @ana\n```", "<pre><code>#1042 @ana\n</code></pre>\n"),
        ("<b>raw</b>", "<p>&lt;b&gt;raw&lt;/b&gt;</p>\n"),
        ("http://a.example/x_y_z", '<p><a href="http://a.example/x_y_z" rel="noopener noreferrer nofollow">'
                                   "http://a.example/x_y_z</a></p>\n"),
    ],
)  # fmt: skip
def test_markdown_reads_as_meant(text: str, markup: str) -> None:
    assert from_markdown(text, LINKS) == Markup(markup)


def test_a_reference_is_asked_for_the_reader_and_otherwise_stays_text() -> None:
    asked: list[object] = []
    references = References(ticket=lambda number: asked.append(number), person=lambda name: asked.append(name))
    assert from_markdown("#7 @ana", references) == Markup("<p>#7 @ana</p>\n")
    assert asked == [7, "ana"]


def test_an_address_from_a_callable_cannot_break_out() -> None:
    bad = References(ticket=lambda number: '/x"><script>alert(1)</script>', person=lambda name: "javascript:alert(1)")
    for make in (from_plain, from_markdown):
        made = make("#7 @ana", bad)
        assert "<script" not in made
        assert "javascript" not in made


def test_a_mail_keeps_its_shape_and_its_own_pictures_only() -> None:
    body = from_mail(
        '<div style="color:red"><b>Hi</b> <img src="cid:a@b" alt="scan" width="10" onload=x>'
        '<img src="https://evil.example/p.gif"><img src="data:image/png;base64,AA"><img src="/logout">'
        '<table><tr><td colspan="2" bgcolor="red">x</td></tr></table></div>',
        lambda source: "/files/7" if source == "cid:a@b" else None,
    )
    assert body.html == Markup(
        '<div><b>Hi</b> <img src="/files/7" alt="scan" width="10"><img><img><img>'
        '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table></div>'
    )
    # The data: picture goes by its scheme, before anybody is asked.
    assert body.left_out == 2


@pytest.mark.parametrize(
    "address", ["https://evil.example/x", "//evil.example/x", "/\\evil.example", "x", "/a b", "/a\nb"]
)
def test_a_picture_is_only_shown_from_this_server(address: str) -> None:
    assert from_mail("<img src=cid:x>", lambda source: address).html == Markup("<img>")


def test_quotes_in_a_picture_address_are_escaped() -> None:
    made = from_mail("<img src=cid:x>", lambda source: '/a"onerror="alert(1)').html
    assert made == Markup('<img src="/a&quot;onerror=&quot;alert(1)">')


BOMBS = {
    "depth": "<div>" * 200_000,
    "just allowed depth": "<div>" * 14_999,
    "formatting copied": "<p>" + "".join(f"<font color={n}>" for n in range(60)) + "</p>" + "<p>x" * 14_000,
    "formatting hidden in cells": "<p>" + "<font><table><td></font></table>" * 500 + "</p>" + "<p>x" * 9_000,
    "attributes": "<p " + "a=b " * 240_000 + ">",
    "entities": "&amp;" * 200_000,
    "angles": "<" * 1_000_000,
    "comments": "<!--" * 250_000,
    "brackets": "[" * 100_000,
    "pictures": "![a](" * 20_000,
    "stars": "**a " * 25_000,
    "mixed stars": "*_~" * 33_000,
    "quotes": "> " * 50_000,
    "backticks": "`a" * 50_000,
    "table": "|a\n|-" + "\n|" * 45_000,
    "links": "http://a " * 11_000,
    "one link": "http://" + "a.)" * 33_000,
    "blank lines": "\n \n" * 33_000,
    "names": "@a-" * 33_000,
    "size": "x" * 5_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_end_soon_and_stay_small(bomb: str) -> None:
    for make in MAKERS:
        started = time.process_time()
        made = make(bomb)
        assert time.process_time() - started < 8
        assert len(made) < 6 * MAX_HTML


def test_text_that_is_too_long_says_so() -> None:
    assert from_plain("x" * (MAX_TEXT + 1)) == Markup("<p>" + "x" * MAX_TEXT + "…</p>")


def test_tangled_mail_is_shown_as_its_words() -> None:
    body = from_mail("<p>Hello <b>Ana</b> &amp; Ben</p>" + "<div>" * 20_000 + "the end")
    assert re.sub(r"\s+", " ", body.html.striptags()) == "Hello Ana & Ben the end"
