"""What tells papers apart in a picture: a colour, a shape and a number each, and the legend that shows them.

Eight colours and eight shapes: papers are told apart by shape alone, too, up to the eighth, and by both together up to
the sixty-fourth; after that by number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from corpus.paper import Paper
from ui.words import Words

SHAPES = (
    '<circle r="5.2"/>',
    '<rect x="-4.7" y="-4.7" width="9.4" height="9.4" rx="1"/>',
    '<path d="M0-6 5.8 4.4H-5.8Z"/>',
    '<path d="M0-6.6 5.6 0 0 6.6-5.6 0Z"/>',
    '<path d="M-2-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z"/>',
    '<path d="M0 6-5.8-4.4H5.8Z"/>',
    '<path d="M0-6.2 5.9-1.9 3.6 5H-3.6L-5.9-1.9Z"/>',
    '<path d="M0-6.8 1.7-2.3 6.5-2.1 2.7.9 4 5.5 0 2.8-4 5.5-2.7.9-6.5-2.1-1.7-2.3Z"/>',
)
"""Outlines around the origin, in pixels."""
COLOURS = 8


def mark_of(number: int) -> tuple[int, int]:
    """The colour and shape of the paper with this number, from 0: both change, then the shapes go on alone."""
    return number % COLOURS, (number + number // COLOURS) % len(SHAPES)


def mark_html(number: int) -> str:
    """The mark of a paper by itself."""
    colour, shape = mark_of(number)
    return (
        f'<svg class="yj-shape yj-paint-{colour}" width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">'
        f"{SHAPES[shape]}</svg>"
    )


def title_of(paper: Paper, words: Words) -> str:
    """What a paper is called."""
    return paper.title or words.untitled_file.format(file=paper.file)


def section_of(paper: Paper, section: str, offset: int, words: Words) -> str:
    """The heading under which something stands, or what stands before the first one."""
    if section:
        return section
    within = paper.abstract is not None and paper.abstract[0] <= offset < paper.abstract[1]
    return words.in_abstract if within else words.no_section


def legend_html(papers: Sequence[str], known: Mapping[str, Paper], words: Words) -> str:
    """A button for each paper, pressed while the paper is shown."""
    buttons = "".join(
        f'<li><button type="button" data-shows="{number}" aria-pressed="true">{mark_html(number)}'
        f'<span class="yj-number">{number + 1}</span>'
        f'<span class="yj-name">{escape(title_of(known[paper], words))}</span></button></li>'
        for number, paper in enumerate(papers)
    )
    return f'<ul class="yj-legend" aria-label="{escape(words.papers_shown)}">{buttons}</ul>'
