"""Markdown files: CommonMark with tables and footnotes, rendered to HTML, which `corpus.html` reads.

Markdown is defined by the HTML that it becomes, and may hold HTML itself, so there is one reader for both.
"""

from __future__ import annotations

import re
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from corpus.errors import FileDamaged, FileEmpty
from corpus.html import blocks_of
from corpus.marked import raw_text
from corpus.raw import RawText
from corpus.text import read_text

_FRONT_TITLE = re.compile(r"^title[ \t]*:[ \t]*(?P<quote>[\"']?)(?P<title>[^\s>|].*?)(?P=quote)[ \t]*$", re.MULTILINE)


def read_markdown(data: bytes, file: str) -> RawText:
    """The blocks of a Markdown file, one a line, with what Markdown says of each.

    Lines of a paragraph are joined; a front matter gives the title where no heading does. Raises as `read_text` does.
    """
    source = read_text(data, file).text
    parser = _parser()
    tokens = parser.parse(source)
    matter = next((token.content for token in tokens if token.type == "front_matter"), "")
    title = _FRONT_TITLE.search(matter)
    page = parser.renderer.render(tokens, parser.options, {})
    try:
        blocks, _, _ = blocks_of(page)
    except ValueError as exc:
        raise FileDamaged(file=file, detail=str(exc)) from exc
    if not any(block.text.strip() for block in blocks):
        raise FileEmpty(file=file)
    return raw_text(blocks, title["title"] if title else "", shown=True, literal=False)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])
    parser.disable("code")  # lines that are set in are paragraphs in Chinese papers; code stands in fences
    parser.use(front_matter_plugin)
    parser.use(footnote_plugin, inline=False)  # `^[12]` is a raised reference mark in Chinese papers
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False)
    # The breaks of a wrapped paragraph must not become the spaces that HTML makes of line ends.
    parser.add_render_rule("softbreak", _soft_break)
    return parser


def _soft_break(*_: Any) -> str:
    return "<br>"
