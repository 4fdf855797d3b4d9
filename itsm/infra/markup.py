"""Outside text made safe to show: the only module that turns text into markup that pages trust.

Whatever comes in, the last step is the same allow-list (nh3), so a mistake in an earlier step shows odd text but
runs nothing. Sizes are bounded before any parser starts; what is too large or too tangled is shown as plain
text. Cleaning what is already clean changes nothing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape, unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

MAX_TEXT = 100_000
MAX_HTML = 1_000_000
_MAX_BRACKETS = 2_000
_MAX_TAGS = 15_000
_MAX_TANGLE = 1_000_000

_TEXT_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_MAIL_TAGS = _TEXT_TAGS | {
    "abbr", "address", "b", "bdi", "bdo", "big", "caption", "center", "cite", "col", "colgroup", "dd", "dfn", "div",
    "dl", "dt", "i", "img", "ins", "kbd", "mark", "q", "samp", "small", "span", "strike", "sub", "sup", "tfoot", "tt",
    "u", "var",
}  # fmt: skip
_TEXT_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_MAIL_ATTRIBUTES = {
    "a": {"href", "title"}, "img": {"src", "alt", "title", "width", "height"}, "ol": {"start"},
    "td": {"colspan", "rowspan", "align", "valign"}, "th": {"colspan", "rowspan", "align", "valign"},
    "bdo": {"dir"}, "p": {"dir", "align"}, "div": {"dir", "align"}, "span": {"dir"}, "abbr": {"title"},
}  # fmt: skip
_DROPPED_WITH_CONTENT = {"script", "style", "title", "noscript", "template"}
_SCHEMES = {"http", "https", "mailto", "tel"}
_HREF = re.compile(r"(?:https?://|mailto:|tel:|/(?![/\\])|#)[^\s\x00-\x1f\x7f]*", re.IGNORECASE)
_OWN = re.compile(r"/(?![/\\])[^\s\x00-\x1f\x7f\\]*")
_NUMBER = re.compile(r"[0-9]{1,5}%?")

_FORMATTING = {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
_MARKERS = {"td", "th", "caption", "object", "applet", "marquee", "template"}
_VOID = {"br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr"}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")

_REFERENCE = re.compile(
    r"(?P<url>https?://[^\s<>\"'`{}|\\^\u00a0\u2028\u2029]{1,2000})"
    r"|(?<![\w&/#])#(?P<ticket>[1-9][0-9]{0,8})(?![\w-])"
    r"|(?<![\w@./])@(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,58}[A-Za-z0-9])?)"
)


def _nothing(_: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class References:
    """How names in a text become links: each callable returns the address, or None to leave the text alone.

    `ticket` gets the number after ``#``, `person` the name after ``@``. They must answer for the reader: a
    ticket that the reader may not see is no link.
    """

    ticket: Callable[[int], str | None] = _nothing
    person: Callable[[str], str | None] = _nothing


PLAIN = References()


@dataclass(frozen=True, slots=True)
class MailBody:
    """A mail's HTML made safe, and how many pictures it wanted from elsewhere that were left out."""

    html: Markup
    left_out: int


def from_plain(text: str, references: References = PLAIN) -> Markup:
    """Return plain text as paragraphs with its line breaks kept and its references linked."""
    paragraphs = re.split(r"\n[ \t]*\n\s*", _bounded(text, MAX_TEXT).strip("\n"))
    parts = ("<br>".join(_linked(line, references) for line in part.split("\n")) for part in paragraphs)
    return _clean("".join(f"<p>{part}</p>" for part in parts if part.strip()))


def from_markdown(text: str, references: References = PLAIN) -> Markup:
    """Return Markdown as markup: no raw HTML, no pictures from elsewhere; references linked outside code."""
    text = _bounded(text, MAX_TEXT)
    if text.count("[") > _MAX_BRACKETS:
        return from_plain(text, references)
    return _clean(_MARKDOWN.render(text, env={"itsm": references}))


def from_mail(html: str, picture: Callable[[str], str | None] = _nothing) -> MailBody:
    """Return a mail's HTML without anything that runs, loads from elsewhere, or dresses up as our page.

    `picture` is asked for every picture's source (``cid:…``, ``https://…``) and returns the address on this
    server where it is shown, or None to leave it out. Styles are dropped. It is meant to be shown in a frame
    of its own with a policy that forbids scripts; this is the first of two walls.
    """
    html = _bounded(html, MAX_HTML)
    if _is_tangled(html):
        return MailBody(from_plain(_as_text(html)), 0)
    left_out = 0

    def keep(tag: str, name: str, value: str) -> str | None:
        nonlocal left_out
        if (tag, name) != ("img", "src"):
            return _kept(tag, name, value)
        shown = picture(value.strip())
        if shown is not None and _OWN.fullmatch(shown):
            return shown
        left_out += 1
        return None

    cleaned = _allowed(html, _MAIL_TAGS, _MAIL_ATTRIBUTES, keep)
    return MailBody(Markup(cleaned), left_out)  # noqa: S704 - this is the place


def kept(html: str) -> Markup:
    """Return markup that this module made and that a table has kept since. Nothing else may come this way."""
    return Markup(html)  # noqa: S704 - its own work


def _bounded(text: str, limit: int) -> str:
    """Return the text without NUL and lone surrogates, cut with a mark where it is too long."""
    text = text[:limit] + "…" if len(text) > limit else text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode("utf-8")


def _clean(html: str) -> Markup:
    return Markup(_allowed(html, _TEXT_TAGS, _TEXT_ATTRIBUTES, _kept))  # noqa: S704 - this is the place


def _allowed(
    html: str,
    tags: set[str],
    attributes: Mapping[str, set[str]],
    keep: Callable[[str, str, str], str | None],
) -> str:
    return nh3.clean(
        html,
        tags=tags,
        attributes=dict(attributes),
        attribute_filter=keep,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        url_schemes=_SCHEMES | {"cid"},
        link_rel="noopener noreferrer nofollow",
    )


def _kept(tag: str, name: str, value: str) -> str | None:
    """Return an attribute's value when it is of a known, harmless form."""
    if name == "href":
        return value.strip() if _HREF.fullmatch(value.strip()) else None
    if name in {"width", "height", "colspan", "rowspan", "start"}:
        return value if _NUMBER.fullmatch(value) else None
    if name in {"dir", "align", "valign"}:
        return value if value.isascii() and value.isalpha() and len(value) < 12 else None
    return value[:500]


def _linked(text: str, references: References) -> str:
    """Return one line of text escaped, with its references as links."""
    parts = []
    for words, address in _pieces(text, references):
        shown = escape(words)
        parts.append(f'<a href="{escape(address)}">{shown}</a>' if address else shown)
    return "".join(parts)


def _pieces(text: str, references: References) -> list[tuple[str, str | None]]:
    """Return the text cut into pieces, each with the address it links to."""
    pieces: list[tuple[str, str | None]] = []
    done = 0
    for found in _REFERENCE.finditer(text):
        words, address = found.group(), None
        if found["url"]:
            words = address = _without_tail(words)
        elif found["ticket"]:
            address = references.ticket(int(found["ticket"]))
        else:
            address = references.person(found["name"])
        if address:
            pieces += [(text[done : found.start()], None), (words, address)]
            done = found.start() + len(words)
    return [*pieces, (text[done:], None)]


def _without_tail(url: str) -> str:
    """Return a URL found in a text without the punctuation of the sentence around it."""
    while url[-1] in ".,;:!?)]*_~" and not (url[-1] == ")" and url.count("(") >= url.count(")")):
        url = url[:-1]
    return url


def _link_references(state: StateCore) -> None:
    """Turn references in Markdown's text tokens into links, except inside links and code."""
    references = state.env.get("itsm", PLAIN)
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        children: list[Token] = []
        depth = 0
        for token in block.children:
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type != "text" or depth:
                children.append(token)
                continue
            for words, address in _pieces(token.content, references):
                text = Token("text", "", 0, content=words)
                if address:
                    opening = Token("link_open", "a", 1, attrs={"href": address})
                    children += [opening, text, Token("link_close", "a", -1)]
                elif words:
                    children.append(text)
        block.children = children


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("js-default", {"html": False, "breaks": True, "linkify": False, "langPrefix": ""})
    markdown.disable(["image", "linkify"])
    markdown.core.ruler.push("references", _link_references)
    return markdown


_MARKDOWN = _markdown()


def _is_tangled(html: str) -> bool:
    """Tell whether parsing this could take long: too many tags, or unclosed formatting copied into each block.

    HTML parsers are quadratic in depth, and repeat every unclosed ``<font>`` in each following paragraph. A
    closing tag inside a table cell does not close what was opened outside, so that counts as unclosed.
    """
    total, stuck, worst = 0, 0, 0
    pending: dict[str, int] = {}
    for found in _TAG.finditer(html):
        closing, name = found[1], found[2].lower()
        if closing:
            if pending.get(name):
                pending[name] -= 1
            continue
        total += name not in _VOID
        if name in _MARKERS:
            stuck, pending = stuck + sum(pending.values()), {}
        elif name in _FORMATTING:
            pending[name] = pending.get(name, 0) + 1
            worst = max(worst, stuck + sum(pending.values()))
        if total > _MAX_TAGS or worst * total > _MAX_TANGLE:
            return True
    return False


def _as_text(html: str) -> str:
    """Return the words of HTML that is not parsed; tags become blanks, blocks become lines."""
    broken = re.sub(r"<(?:br|/p|/div|/tr|/li)\b", "\n<", html, flags=re.IGNORECASE)
    return unescape(re.sub(r"<[^<>]{0,2000}>?", " ", broken))
