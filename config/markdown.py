"""Markdown that people write, as HTML that may stand on any page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from incidents import mentions

LINK = re.compile(r"https?://[^\s<>\"'`|]+[^\s<>\"'`|.,;:!?)\]}*_~]")


def link_addresses(state: StateCore) -> None:
    """Turn bare web addresses in running text into links (outside links and code)."""
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        depth = 0
        children: list[Token] = []
        for token in block.children:
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type == "text" and depth == 0 and "://" in token.content:
                children.extend(split_links(token.content))
            else:
                children.append(token)
        block.children = children


def split_links(text: str) -> Iterable[Token]:
    end = 0
    for match in LINK.finditer(text):
        yield Token("text", "", 0, content=text[end : match.start()])
        yield Token("link_open", "a", 1, attrs={"href": match.group()})
        yield Token("text", "", 0, content=match.group())
        yield Token("link_close", "a", -1)
        end = match.end()
    yield Token("text", "", 0, content=text[end:])


def name_people(state: StateCore) -> None:
    """Show who is mentioned (`names` of the environment, by handle) by their name, outside links and code."""
    names: Mapping[str, str] = state.env.get("names") or {}
    for block in state.tokens if names else ():
        if block.type != "inline" or not block.children:
            continue
        depth = 0
        children: list[Token] = []
        for token in block.children:
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type == "text" and depth == 0 and "@" in token.content:
                children.extend(split_names(token.content, names))
            else:
                children.append(token)
        block.children = children


def split_names(text: str, names: Mapping[str, str]) -> Iterable[Token]:
    end = 0
    for named in mentions.each(text):
        name = names.get(named.handle.casefold())
        if name is None:
            continue
        yield Token("text", "", 0, content=text[end : named.start])
        yield Token("mention_open", "span", 1, attrs={"class": "mention"})
        yield Token("text", "", 0, content=f"@{name}")
        yield Token("mention_close", "span", -1)
        end = named.end
    yield Token("text", "", 0, content=text[end:])


def lower_headings(state: StateCore) -> None:
    """The page owns h1 and h2: what people write starts at h3."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"


def build_markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.disable("image")
    parser.core.ruler.push("name_people", name_people)
    parser.core.ruler.push("link_addresses", link_addresses)
    parser.core.ruler.push("lower_headings", lower_headings)
    return parser


MARKDOWN = build_markdown()
ALLOWED_TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "del", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td", "span"),
}
ALLOWED_SCHEMES = {"http", "https", "mailto"}
# Characters and lines that are rendered; hostile text of this length costs about a second. Nesting ends at 20.
LONGEST = 30_000
MOST_LINES = 2000
# What is shorter than this, and so has no more than `MOST_LINES`, is kept as HTML: it is read again and again.
KEPT_LENGTH = 2000
KEPT = 4096


def render(text: str, base: str = "", names: Mapping[str, str] | None = None) -> str:
    """Safe HTML: no raw HTML, no pictures, only http, https and mailto links that vouch for nothing. Of a text over
    `LONGEST` or `MOST_LINES` the rest is left out, and said to be. With a `base` links that name no host are made
    whole, for readers who are elsewhere. `names` are of those whom the text mentions, by their handles in lower
    case."""
    called = tuple(sorted(names.items())) if names else ()
    if len(text) < KEPT_LENGTH:
        return _kept(text, base, called)
    shown = "\n".join(text[:LONGEST].split("\n", MOST_LINES)[:MOST_LINES])
    if shown != text:
        text = f"{shown}\n\n… (the rest is too long to be shown)"
    return _rendered(text, base, called)


def _rendered(text: str, base: str, names: tuple[tuple[str, str], ...]) -> str:
    return nh3.clean(
        MARKDOWN.render(text, {"names": dict(names)}),
        tags=ALLOWED_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        tag_attribute_values={"span": {"class": {"mention"}}},
        url_schemes=ALLOWED_SCHEMES,
        link_rel="nofollow noopener noreferrer",
        url_relative=("rewrite_with_base", base) if base else "pass_through",
    )


_kept = lru_cache(maxsize=KEPT)(_rendered)
