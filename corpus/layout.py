"""The lines of a PDF page in reading order, found from where its characters stand.

Characters form rows (`corpus.glyphs`). A page has two columns where a vertical strip near its middle is almost free of
ink and both sides of it are full (`corpus.columns`); rows that cross the strip (title, abstract, wide tables) keep
their place, and between them the columns are read one after the other:

    title across both columns          1
    left column     right column       2   3
    a wide table                       4
    left again      right again        5   6

Ruled tables are taken out first and come back as rows of cells; notes under the text, in smaller type or under a short
rule, are marked as such; what runs aslant over the page, or large and pale under the text, is a watermark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from corpus.columns import centred_rows, crossing, gutter_of, parted, runs_of
from corpus.glyphs import Glyph, Row, Segment, base_of, box_of, rows_of_glyphs, type_size
from corpus.notes import with_notes
from corpus.places import Placed
from corpus.printed import PrintedLine
from corpus.raw import Mark
from corpus.rules import Grid, Rule, grids

INDENT = "　　"
"""What a line that is set in from its column's edge begins with, as Chinese typists do."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A ruled table: its grid, and the text of its cells row by row."""

    grid: Grid
    rows: tuple[tuple[Placed, ...], ...]


def reading_order(
    glyphs: Sequence[Glyph], width: float, height: float = 0.0, rules: Sequence[Rule] = ()
) -> list[PrintedLine]:
    """The lines of a page of this width and height, in the order in which a person reads them.

    Text that is turned by a quarter is read as it stands when the page is turned, after the rest; slanting text is a
    watermark where it is large or pale, else a label of a figure.
    """
    turned: dict[int, list[Glyph]] = {}
    aslant: list[Glyph] = []
    usual = median(glyph.height for glyph in glyphs) if glyphs else 0.0
    for glyph in glyphs:
        quarter = round(glyph.angle / 90) % 4
        if abs((glyph.angle - quarter * 90 + 180) % 360 - 180) > 3 or (glyph.pale and glyph.height > 1.8 * usual):
            aslant.append(glyph)
        else:
            turned.setdefault(quarter, []).append(glyph)
    lines: list[PrintedLine] = []
    for quarter, group in sorted(turned.items(), key=lambda item: -len(item[1])):
        found = _upright(group, quarter, width, height)
        drawn = [_turned_rule(rule, quarter, width, height) for rule in rules]
        page = _page_lines(found, height if quarter % 2 else width, drawn)
        lines += page if not lines else [replace(line, box=None) for line in page]
    return lines + _slanting(aslant, usual)


def _upright(glyphs: Sequence[Glyph], quarter: int, width: float, height: float) -> Sequence[Glyph]:
    """Glyphs as they stand when the page is turned so that they can be read."""
    if quarter == 0:
        return glyphs
    upright = []
    for glyph in glyphs:
        (left, bottom), (right, top) = (
            _turned(x, y, quarter, width, height) for x, y in ((glyph.left, glyph.bottom), (glyph.right, glyph.top))
        )
        box = min(left, right), min(bottom, top), max(left, right), max(bottom, top)
        upright.append(replace(glyph, left=box[0], bottom=box[1], right=box[2], top=box[3]))
    return upright


def _turned(x: float, y: float, quarter: int, width: float, height: float) -> tuple[float, float]:
    return ((x, y), (y, width - x), (width - x, height - y), (height - y, x))[quarter]


def _turned_rule(rule: Rule, quarter: int, width: float, height: float) -> Rule:
    ends = [(rule.start, rule.at), (rule.end, rule.at)] if rule.across else [(rule.at, rule.start), (rule.at, rule.end)]
    (a, b), (c, d) = (_turned(x, y, quarter, width, height) for x, y in ends)
    if rule.across is (quarter % 2 == 0):
        return Rule(True, b, min(a, c), max(a, c))
    return Rule(False, a, min(b, d), max(b, d))


def _slanting(glyphs: Sequence[Glyph], usual: float) -> list[PrintedLine]:
    """Watermarks, and slanting labels of figures: each as far as its characters follow one another."""
    pieces: list[list[Glyph]] = []
    for glyph in glyphs:
        last = pieces[-1][-1] if pieces else None
        near = last and max(abs(glyph.left - last.left), abs(glyph.bottom - last.bottom)) <= 1.6 * max(
            last.height, last.right - last.left
        )
        if not last or not near or last.angle != glyph.angle:
            pieces.append([])
        pieces[-1].append(glyph)
    lines = []
    for piece in pieces:
        box = (piece[0].left, piece[0].bottom, piece[-1].right, piece[-1].top)
        mark = any(glyph.pale or glyph.height > 1.8 * usual for glyph in piece)
        printed = Segment(tuple(piece)).printed
        kind = None if mark else Mark("figure")
        lines.append(PrintedLine(printed.text, False, kind, box, furniture=mark, runs=printed.runs))
    return lines


def _page_lines(glyphs: Sequence[Glyph], width: float, rules: Sequence[Rule]) -> list[PrintedLine]:
    """The lines of a page on which all glyphs stand upright."""
    tables, glyphs = _ruled_tables(glyphs, rules)
    rows = rows_of_glyphs(glyphs)
    gutter = gutter_of(rows, width)
    if gutter is None:
        return _printed(rows, tables, rules, at_foot=True)
    centred = centred_rows(rows, gutter)
    rows = [row if row in centred else parted(row, gutter) for row in rows]
    bands: list[tuple[bool, Row | _Table]] = list(zip(crossing(rows, gutter), rows, strict=True))
    for table in tables:
        place = next((i for i, (_, item) in enumerate(bands) if _top(item) < table.grid.top), len(bands))
        bands.insert(place, (table.grid.left < gutter < table.grid.right, table))
    lines: list[PrintedLine] = []
    done = 0
    for across, run in groupby(bands, key=lambda band: band[0]):
        items = [item for _, item in run]
        done += len(items)
        at_foot = len(bands) - done <= 2  # but for a running foot
        found = [item for item in items if not isinstance(item, _Table)]
        ruled = [item for item in items if isinstance(item, _Table)]
        if across:
            lines += _printed(found, ruled, rules, at_foot)
            continue
        for right in (False, True):
            # Rows are found anew: a line of small type may stand beside two lines of the other column at once.
            side = {id(g) for row in found for s in row for g in s.glyphs if (g.left > gutter) == right}
            column = rows_of_glyphs([glyph for glyph in glyphs if id(glyph) in side])
            lines += _printed(column, [t for t in ruled if (t.grid.left > gutter) == right], rules, at_foot)
    return lines


def _top(item: Row | _Table) -> float:
    return item.grid.top if isinstance(item, _Table) else max(s.glyphs[0].top for s in item)


def _ruled_tables(glyphs: Sequence[Glyph], rules: Sequence[Rule]) -> tuple[list[_Table], Sequence[Glyph]]:
    """The ruled tables with the text of their cells, and the glyphs that stand outside of them."""
    tables: list[_Table] = []
    for grid in grids(rules):
        cells: list[list[Glyph]] = [[] for _ in grid.cells]
        within: set[int] = set()
        for glyph in glyphs:
            x, y = (glyph.left + glyph.right) / 2, (glyph.bottom + glyph.top) / 2
            if grid.left <= x <= grid.right and grid.bottom <= y <= grid.top:
                at = next(
                    (i for i, c in enumerate(grid.cells) if c.left <= x <= c.right and c.bottom <= y <= c.top), None
                )
                if at is not None:
                    cells[at].append(glyph)
                    within.add(id(glyph))
        rows = _cell_texts(grid, [rows_of_glyphs(cell) for cell in cells])
        if rows:
            tables.append(_Table(grid, rows))
            glyphs = [glyph for glyph in glyphs if id(glyph) not in within]
    return tables, glyphs


def _cell_texts(grid: Grid, cells: Sequence[Sequence[Row]]) -> tuple[tuple[Placed, ...], ...]:
    """The text of each cell, row by row; nothing where a grid holds too little text, or too much, to be a table.

    Where a row of the grid holds several printed rows that stand side by side in all its columns, rules are missing
    between them, and each is a row of its own.
    """
    filled = [bool(cell) for cell in cells]
    if sum(filled) < max(2, 0.3 * len(cells)) or (grid.rows <= 2 and max(len(cell) for cell in cells) > 15):
        return ()
    texts: list[tuple[Placed, ...]] = []
    for number in range(grid.rows):
        here = [(cell, rows) for cell, rows in zip(grid.cells, cells, strict=True) if cell.row == number]
        counts = {len(rows) for _, rows in here if rows}
        several = max(counts, default=0)
        split = several >= 3 and len(counts) == 1 and grid.rows <= 3 and sum(bool(rows) for _, rows in here) > 1
        for part in range(several) if split else (None,):
            row = [Placed("")] * grid.columns
            for cell, rows in here:
                kept = rows if part is None else rows[part : part + 1]
                row[cell.column] = _run_on(Placed.join(" ", (s.printed for s in line)) for line in kept)
            if any(cell.text for cell in row):
                texts.append(tuple(row))
    return tuple(texts)


def _run_on(lines: Iterator[Placed]) -> Placed:
    """The lines of a cell as one: nothing between Chinese characters, a space between Latin words."""
    whole = Placed("")
    for line in lines:
        last, first = whole.text[-1:], line.text[:1]
        apart = last.isascii() and last.isalnum() and first.isascii() and first.isalnum()
        whole = Placed.join(" " if apart else "", (whole, line))
    return whole


def _printed(rows: Sequence[Row], tables: Sequence[_Table], rules: Sequence[Rule], at_foot: bool) -> list[PrintedLine]:
    """The lines of one column, the rows of ruled tables among them where they stand.

    `at_foot` tells that nothing but a running foot follows below.
    """
    lines = with_notes(_text_lines(rows), rules, at_foot)
    for table in tables:
        grid = table.grid
        place = next((i for i, line in enumerate(lines) if line.box and line.box[3] < grid.top), len(lines))
        box = (grid.left, grid.bottom, grid.right, grid.top)
        printed = [Placed.join("\t", row) for row in table.rows]
        lines[place:place] = [PrintedLine(row.text, False, Mark("table"), box, runs=row.runs) for row in printed]
    return lines


def _text_lines(rows: Sequence[Row]) -> list[PrintedLine]:
    """The rows of one column as lines: set in from its left edge? a row of a table? apart from the line above?"""
    if not rows:
        return []
    height = median(row[0].glyphs[0].height for row in rows)
    left, right = _left_edge(rows), _right_edges(rows)
    steps = [0.0, *(base_of(above) - base_of(below) for above, below in pairwise(rows))]
    usual = median(steps[1:]) if len(rows) > 1 else 0.0
    lines: list[PrintedLine] = []
    for above, row, step, in_table in zip((None, *rows), rows, steps, _table_rows(rows), strict=False):
        set_in = len(row) == 1 and 1.2 < (row[0].left - left) / height < 3.0
        gap = above is not None and step > 1.4 * usual
        printed = Placed.join("\t" if in_table else " ", (segment.printed for segment in row))
        printed = Placed.join("", (Placed(INDENT), printed)) if set_in else printed
        lines.append(
            PrintedLine(
                text=printed.text,
                after_gap=gap,
                box=box_of(row),
                size=type_size(row),
                runs_on=above is not None and not (gap or set_in or in_table) and _runs_on(above, row, right),
                runs=printed.runs,
            )
        )
    return lines


def _left_edge(rows: Sequence[Row]) -> float:
    """Where the lines of a column begin that are not set in."""
    starts = Counter(round(row[0].left) for row in rows)
    return min((x for x, n in starts.items() if n >= 0.15 * len(rows)), default=min(starts))


def _right_edges(rows: Sequence[Row]) -> list[int]:
    """Where several lines of a column end, in its right half; an abstract may have its own edge."""
    ends = Counter(round(row[-1].right) for row in rows)
    half = (_left_edge(rows) + max(ends)) / 2
    return [x for x, n in ends.items() if n + ends[x - 1] + ends[x + 1] >= 3 and x > half] or [max(ends)]


def _runs_on(above: Row, row: Row, full: Sequence[float]) -> bool:
    """Whether a row goes on with the one above it, which reaches a right edge."""
    size = type_size(above)
    return (
        len(above) == len(row) == 1
        and any(abs(above[0].right - x) < size for x in full)
        and row[0].left < above[0].left + 0.5 * size
        and abs(type_size(row) - size) < 0.06 * size
    )


def _table_rows(rows: Sequence[Row]) -> list[bool]:
    """Which rows are a table's: three or more of several segments under one another, with edges that line up."""
    flags = [len(row) > 1 for row in rows]
    for start, stop in runs_of(flags):
        lined_up = sum(_line_up(a, b) for a, b in pairwise(rows[start:stop]))
        if stop - start < 3 or lined_up < 0.5 * (stop - start - 1):
            flags[start:stop] = [False] * (stop - start)
    return flags


def _line_up(above: Row, below: Row) -> bool:
    """Whether a segment other than the first begins or ends, or has its middle, where one of the row above has."""
    pairs = ((a, b) for a in above[1:] for b in below[1:])
    return any(
        abs(a.left - b.left) < 4 or abs(a.right - b.right) < 4 or abs(a.left + a.right - b.left - b.right) < 8
        for a, b in pairs
    )
