"""The map of the papers as an SVG: a pure function, and nothing that a paper says is markup.

Places are in per cent and shapes in pixels, so that points stay as large as they are however wide the map is. The map
is one stop of the keyboard: `overview.js` moves from point to point, shows what a point is, and presses it. A point
carries `data-ask`, the question that is asked when it is pressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from corpus.paper import Paper
from indexer.version import Index
from qa.map import PaperMap
from ui.marks import SHAPES, legend_html, mark_of, section_of, title_of
from ui.words import Words

PREVIEW_CHARACTERS = 120
_EDGE = 4.0
"""Per cent of the map that stay free at each edge."""


def map_html(drawn: PaperMap, index: Index, words: Words) -> str:
    """The map with its legend; a word on it where there is nothing to draw."""
    if not drawn.points:
        return f'<section class="yj-map"><p class="yj-hint">{escape(words.map_empty)}</p></section>'
    papers = [*dict.fromkeys(point.paper for point in drawn.points)]
    numbers = {paper: number for number, paper in enumerate(papers)}
    shapes = "".join(f'<g id="yj-shape-{number}">{shape}</g>' for number, shape in enumerate(SHAPES))
    points = []
    for point in drawn.points:
        number = numbers[point.paper]
        colour, shape = mark_of(number)
        section, preview = _said(index, point.passage, index.papers, words)
        points.append(
            f'<use id="yj-point-{point.passage}" role="option" aria-selected="false" href="#yj-shape-{shape}" '
            f'class="yj-paint-{colour}" x="{_percent(point.x)}" y="{_percent(point.y)}" data-shown="{number}" '
            f'data-section="{escape(section)}" aria-label="{escape(f"{section}：{preview}")}" '
            f'data-ask="{escape(point.question)}"/>'
        )
    names = "".join(f'<option value="{escape(title_of(index.papers[paper], words))}"></option>' for paper in papers)
    left = f" {escape(words.map_left_out.format(count=drawn.left_out))}" if drawn.left_out else ""
    return (
        f'<section class="yj-map" aria-label="{escape(words.map_title)}"><h2>{escape(words.map_title)}</h2>'
        f'<p class="yj-hint">{escape(words.map_hint)}{left}</p>'
        f'<div class="yj-plane"><svg role="listbox" tabindex="0" aria-label="{escape(words.map_title)}" '
        f'aria-description="{escape(words.map_keys)}"><defs>{shapes}</defs>'
        f'<circle class="yj-ring" r="11" aria-hidden="true"/>{"".join(points)}</svg>'
        f'<div class="yj-point-tip" role="tooltip" hidden data-again="{escape(words.map_again)}"></div>'
        f"<datalist>{names}</datalist></div>"
        f"{legend_html(papers, index.papers, words)}</section>"
    )


def _said(index: Index, number: int, papers: Mapping[str, Paper], words: Words) -> tuple[str, str]:
    """The section of a passage, and how the passage begins."""
    passage = index.passages[number]
    text = " ".join(papers[passage.paper].text[passage.start : passage.end].split())
    preview = text if len(text) <= PREVIEW_CHARACTERS else f"{text[:PREVIEW_CHARACTERS].rstrip()}…"
    return section_of(papers[passage.paper], passage.section, passage.start, words), preview


def _percent(place: float) -> str:
    return f"{_EDGE + place * (100 - 2 * _EDGE):.2f}%"
