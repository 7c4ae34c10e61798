"""A line as it is printed on a page: its text and what its place and type tell of it."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.places import Run
from corpus.raw import Mark

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points, the origin at the lower left of the page."""


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line in reading order. Cells of a table's row are parted by tabs; `after_gap` tells of white space above it.

    `mark` says what the line is where the page shows it. `box` and the type's `size` are in points, None and 0 where
    they are unknown; a line is `furniture` where the page alone shows that it is none of the paper's text. It `runs_on`
    where it stands right under a line that reaches the right edge, as the lines of one paragraph do. Its `runs` tell
    where its characters stand.
    """

    text: str
    after_gap: bool
    mark: Mark | None = None
    box: Box | None = None
    size: float = 0.0
    furniture: bool = False
    runs_on: bool = False
    runs: tuple[Run, ...] = ()
