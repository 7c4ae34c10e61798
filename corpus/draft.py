"""A block on its way into a paper: made in `corpus.blocks`, put in order in `corpus.tables`, in `corpus.structure` a
`Block` at an offset of the text.

>>> Draft("heading", Traced.of("1.2　愿景和目标"), level=2)
"""

from __future__ import annotations

from dataclasses import dataclass

from corpus.clean import Line
from corpus.paper import Kind
from corpus.traced import Traced


@dataclass(frozen=True, slots=True)
class Draft:
    """A block on its way into a paper: what it is, its text, and for headings their level (for the title, 1).

    What was set aside keeps its `lines`, and whether the file `stated` what it is: then it is not judged again.
    `corpus.tables` gives each part of a table its number in the paper (`table`, from 1) and each row its `cells`, one a
    column, or none where they could not be told apart; the `head` is the row that names the columns.
    """

    kind: Kind
    text: Traced
    level: int = 0
    lines: tuple[Line, ...] = ()
    stated: bool = False
    table: int = 0
    cells: tuple[str, ...] = ()
    head: bool = False
