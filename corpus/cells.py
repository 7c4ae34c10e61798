"""A table's cells, told apart where the file gives only the broken lines of a table without rules.

The text of a PDF often holds a table as a stream of lines, a cell's lines one under the other, the cells of a row
partly on one line, and blank lines anywhere:

    11 机器人                     row: 11 │ 机器人制造 │ 先进机器人制造创新中心（ARM） │ 2017.1 │ 73 │ …
    制造

    先进机器人制造创新中
    心（ARM）

    2017.1 73 …

Given the number of columns, the stream is cut into cells by the cheapest path through a left-to-right hidden
semi-Markov model whose states are the columns (L. R. Rabiner, A tutorial on hidden Markov models, Proc. IEEE 77(2),
1989): a cell costs what its kind of content costs in its column, a cut or a joint what the white space there makes it
cost. What columns hold and how wide they are is estimated from the table itself, by cutting it several times.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, NamedTuple

from corpus.clean import HAN, Line, close_up, display_width
from corpus.joining import joined
from corpus.signs import CELL_SPACE
from corpus.traced import Traced

Glue = Literal["space", "line", "blank"]
"""What stands before an atom: a space, a line's end, or a blank line."""
Content = Literal["serial", "number", "date", "amount", "mark", "bullet", "text"]

_DAY = r"\d{4}(?:\.\d{1,2}| ?年(?: ?\d{1,2} ?月)?)"
_CONTENTS: tuple[tuple[Content, re.Pattern[str]], ...] = (
    ("mark", re.compile(r"[√×✓*○●]")),
    ("serial", re.compile(r"\d{1,3}")),
    ("number", re.compile(r"-?\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?[%*]?|-?\d+(?:\.\d+)?\s?[%*]?")),
    ("date", re.compile(rf"{_DAY}(?:\s?[—–-]+\s?{_DAY})?")),
    ("bullet", re.compile(r"[•●■◆▪].*", re.DOTALL)),
    ("amount", re.compile(r"\d[\d ,.]*\s?[万亿%％/].*", re.DOTALL)),
)  # fmt: skip
_HINTS: tuple[tuple[re.Pattern[str], Content], ...] = (
    (re.compile(r"编号|序号|No\.?"), "serial"),
    (re.compile(r"时间|日期|期限|年份|Date|Year"), "date"),
    (re.compile(r"数量|金额|人数|财年|[（(](?:个|家|人|万?美元|亿?美元|万元|亿元|%)[）)]|比重|比例"), "number"),
)
MARKS = "√×✓*○●"
_BULLETS = "•●■◆▪-"
_OPEN, _CLOSED = "（(《“[〔【", "）)》”]〕】"
_GOES_ON = tuple("，、；：（—-–/")
_HAN = re.compile(f"[{HAN}]")
_HAN_END = re.compile(f"[{HAN}）)]")
_NUMBER = re.compile(r"[\d.,]+[%*]?")
_UNIT = re.compile(r"[年月日天时万亿个家人名项所倍次期类种岁元%％t/]|美元")
_LONGEST = 80
_ROUNDS = 4
# Costs, in the unit of the logarithm of a probability; set by hand on the tables of five papers.
_ROW, _SKIPPED, _TRAILING, _FULL, _UNCLOSED, _TOO_MUCH = 0.5, 4.0, 2.5, 0.5, 8.0, 14.0
_WITHIN, _LOOSE = 10.0, 5.0


@dataclass(frozen=True, slots=True)
class _Atom:
    """Text without white space at which a cell may begin, and its place: line (by number), start and end in the line.

    `joint` is what it costs that it belongs to the cell of the atom before it, `wrap` how much more if the line before
    is much shorter than its column, `cut` what it costs that a cell begins here, `row` that a row does.
    """

    text: str
    glue: Glue
    line: int
    start: int
    end: int
    width: int
    depth: int
    joint: float
    wrap: float
    cut: float
    row: float


@dataclass(frozen=True, slots=True)
class _Columns:
    """What is known of the columns: what their names let one expect, the cost of each kind of content, the width of
    lines that go on below (0 where not yet known), whether the first one numbers the rows, and its width if given."""

    expected: tuple[dict[Content, float], ...]
    costs: tuple[dict[Content, float], ...]
    widths: tuple[int, ...]
    serial: bool
    first: int = 0


Cut = list[list[tuple[int, int]]]
"""Rows; for each cell, the number of its first atom and of the one after its last (equal for an empty cell)."""
Cell = Traced
Row = tuple[Cell, ...]
"""A cell for every column; an empty one where the file gives none."""


def rows_of(
    lines: Sequence[Line], names: Sequence[str], marks: int, pairs: AbstractSet[str], spaced: bool
) -> list[Row]:
    """The rows under columns of these names, the last `marks` of which hold a mark (√, ×) each; none if there is no
    good way to cut the lines.

    `pairs` are the pairs of Chinese characters that the paper holds: a line that ends between 制 and 造 was broken
    within a word. `spaced` tells whether the paper sets a space between Chinese and Latin characters (see `Measure`).
    """
    atoms = _atoms(lines, pairs)
    cost, cut = min((_settled(atoms, columns) for columns in _guesses(lines, names, marks)), key=lambda found: found[0])
    if cost > len(atoms):
        return []
    return [tuple(_cell(atoms[start:end], lines, spaced) for start, end in row) for row in _entries_apart(atoms, cut)]


def _settled(atoms: Sequence[_Atom], columns: _Columns) -> tuple[float, Cut]:
    """Cost and cut, when what the cut shows of the columns has been taken into account."""
    cost, cut = math.inf, Cut()
    for _ in range(_ROUNDS):
        cost, cut = _cheapest(atoms, columns)
        shown = _estimated(atoms, cut, columns)
        if shown == columns:
            break
        columns = shown
    return cost, cut


def _entries_apart(atoms: Sequence[_Atom], cut: Cut) -> Cut:
    """The rows, with a row for each entry of a list where the last column's cells hold lists, one entry a line.

    Lines that are wrapped are about equally long or end within a word; entries are of any length.
    """
    last = [range(*row[-1]) for row in cut]
    joints = [i for cell in last for i in cell[1:] if atoms[i].glue != "space"]
    widths = [_line_widths(atoms[cell.start : cell.stop])[:-1] for cell in last]
    ragged = {width for lines in widths for width in lines}
    listed = len(joints) >= 3 and all(atoms[i].wrap == _LOOSE for i in joints) and max(ragged) - min(ragged) > 5
    if not listed:
        return cut
    apart: Cut = []
    for row, cell in zip(cut, last, strict=True):
        starts = [cell.start, *(i for i in cell[1:] if atoms[i].glue != "space"), cell.stop]
        for number, (start, end) in enumerate(pairwise(starts)):
            apart.append([*(row[:-1] if not number else [(0, 0)] * (len(row) - 1)), (start, end)])
    return apart


def _atoms(lines: Sequence[Line], pairs: AbstractSet[str]) -> list[_Atom]:
    atoms: list[_Atom] = []
    for number, line in enumerate(lines):
        text = line.text.text
        glue: Glue = "line" if number and line.chunk == lines[number - 1].chunk else "blank"
        opens = bool(CELL_SPACE.search(text) or re.fullmatch(r"[\d\s,.*%]+", text))
        alone = True
        for match in re.finditer(rf"[{MARKS}](?=\s|$)|[{_BULLETS}]\s+\S.*|\S+", text):
            left, alone_left = atoms[-1].text if atoms else "", alone
            alone = bool(_NUMBER.fullmatch(match[0])) and not _UNIT.match(text[match.end() :].lstrip())
            if glue == "space":
                joint, cut = _at_space(left, match[0], alone_left, alone, match.end() == len(text))
                wrap, row = 0.0, cut + 8.0
            else:
                within = left[-1:] + match[0][0] in pairs
                joint, wrap = _at_line_end(left, match[0], glue, opens, within)
                cut = _awkward(left, match[0]) + (2.5 if glue == "line" else 5.0 * within)
                row = cut + (2.0 if glue == "line" else 0.0)
            depth = sum((ch in _OPEN) - (ch in _CLOSED) for ch in match[0])
            place = (number, match.start(), match.end(), display_width(match[0]))
            atoms.append(_Atom(match[0], glue, *place, depth, joint, wrap, cut, row))
            glue = "space"
    return atoms


def _at_space(left: str, right: str, left_alone: bool, right_alone: bool, last: bool) -> tuple[float, float]:
    """What a joint and what a cut costs at a space. A number is `alone` if no unit follows it; `last` on its line?"""
    before, after = left[-1], right[0]
    han_before, han_after = bool(_HAN_END.match(before)), bool(_HAN.match(after))
    cut = _awkward(left, right)
    if left in MARKS or right in MARKS:
        return 8.0, cut
    if before.isdigit() and after.isdigit():
        thousands = re.fullmatch(r".*?(?<!\d)\d{1,3}", left) and re.match(r"\d{3}(?!\d)", right)
        return (0.3 if thousands else 5.0), cut + 1.0
    if han_before and han_after:
        return 5.0, cut
    if han_before and after in _BULLETS:
        return 5.0, cut + 0.3
    if left_alone:
        return (3.0, cut + 0.3) if han_after else (0.3, cut + 1.0)
    if right_alone:
        return (1.5 if han_before and not last else 3.0), cut + (0.3 if han_before else 5.0)
    if before.isdigit():  # 500 万美元
        return 0.1, cut + 5.0
    if han_before and after in "（(":
        return 2.0, cut + 2.0
    if han_before or han_after:
        return 0.4, cut + (1.0 if after.isdigit() else 2.0)
    return 0.1, cut + 5.0


def _at_line_end(left: str, right: str, glue: Glue, opens: bool, within: bool) -> tuple[float, float]:
    """What a joint costs at a line's end, and how much more after a short line.

    `opens` tells whether the right one begins a line of several cells, `within` whether the line ends within a word.
    """
    cost = (0.3 if glue == "line" else 1.0 if within else 2.0) + 1.5 * left.endswith("等") + 1.5 * opens
    if right[0] in _BULLETS:
        return cost, 0.0
    if right[0] in "（(，、；。）" or left.endswith(_GOES_ON):
        return cost / 3, 0.0
    # A line that ends within a word was full: where its column is wider, it is not of this column.
    return (cost, _WITHIN) if within else (cost + 0.5, _LOOSE)


def _awkward(left: str, right: str) -> float:
    """What it costs to cut between texts that seem to belong together."""
    return 3.0 * left.endswith(_GOES_ON) + 2.5 * (right[0] in "（(") + 8.0 * (right[0] in "）)，、；。")


def _guesses(lines: Sequence[Line], names: Sequence[str], marks: int) -> Iterator[_Columns]:
    """What the names of the columns let one expect of their contents, with several guesses at the first one's width:
    unknown, or that of one of the narrowest lines that go on below."""
    first = _expectation(names, marks)
    yield first
    if marks or "text" not in first.expected[0]:
        return
    wrapped = [a.text.text for a, b in pairwise(lines) if a.chunk == b.chunk]
    goes_on = {display_width(text) for text in wrapped if not CELL_SPACE.search(text)}
    for width in sorted(goes_on)[:3]:
        yield replace(first, widths=(width, *first.widths[1:]), first=width)


def _expectation(names: Sequence[str], marks: int) -> _Columns:
    expected = []
    for at, name in enumerate(names):
        hint: Content = next((content for pattern, content in _HINTS if pattern.search(name)), "text")
        if at >= len(names) - marks:
            hint = "mark"
        likely = {hint: 20.0}
        if hint == "number":
            likely["serial"] = 20.0
        elif hint == "text":
            likely |= {"bullet": 3.0, "amount": 2.0}
        expected.append(likely)
    costs = tuple(_costs(Counter(), likely) for likely in expected)
    return _Columns(tuple(expected), costs, (0,) * len(names), serial="serial" in expected[0])


def _costs(seen: Counter[Content], prior: dict[Content, float]) -> dict[Content, float]:
    """-log of how often each kind of content is seen for once that the most frequent one is, smoothed."""
    contents: list[Content] = [content for content, _ in _CONTENTS] + ["text"]
    weights = {c: seen[c] + prior.get(c, 0.0) + 0.3 for c in contents}
    if {"number", "serial"} <= prior.keys():  # in a column of numbers a short one is nothing else
        weights["number"] = weights["serial"] = max(weights["number"], weights["serial"])
    most = max(weights.values())
    return {c: -math.log(w / most) for c, w in weights.items()}


def _estimated(atoms: Sequence[_Atom], cut: list[list[tuple[int, int]]], before: _Columns) -> _Columns:
    """The columns as the cut shows them."""
    costs, widths = [], []
    for column in range(len(before.widths)):
        cells = [atoms[row[column][0] : row[column][1]] for row in cut if row[column][1] > row[column][0]]
        seen = Counter(_content(" ".join(a.text for a in cell)) for cell in cells)
        costs.append(_costs(seen, before.expected[column]))
        lines = [_line_widths(cell) for cell in cells]
        # Only lines that go on below show how wide the column is.
        wrapped = [width for widths_ in lines for width in widths_[:-1]]
        widths.append(max(wrapped or [width for widths_ in lines for width in widths_], default=0))
    if before.first:
        widths[0] = before.first
    return _Columns(before.expected, tuple(costs), tuple(widths), before.serial, before.first)


def _line_widths(cell: Sequence[_Atom]) -> list[int]:
    """Width of each line of a cell."""
    spans: dict[int, int] = {}
    for atom in cell:
        spans[atom.line] = spans.get(atom.line, -1) + 1 + display_width(atom.text)
    return list(spans.values())


def _content(text: str) -> Content:
    return next((content for content, pattern in _CONTENTS if pattern.fullmatch(text)), "text")


# The cheapest path -------------------------------------------------------------------------------------------------

State = tuple[int, int]
"""Column of a cell, and the number of its row (0 in tables whose rows are not numbered)."""


class _Step(NamedTuple):
    """The cheapest way to a cell that ends here: its cost, where the cell starts, the state before, a new row?

    A named tuple, since a table has a hundred thousand of them.
    """

    cost: float
    start: int
    before: State
    row_begins: bool


def _cheapest(atoms: Sequence[_Atom], columns: _Columns) -> tuple[float, Cut]:
    """The cheapest cut and its cost; infinite cost and no rows where no cut is possible."""
    count = len(columns.costs)
    best: list[dict[State, _Step]] = [{} for _ in range(len(atoms) + 1)]
    best[0][count - 1, 0] = _Step(0.0, 0, (count - 1, 0), False)
    for start in range(len(atoms)):
        contents: dict[int, Content] = {}
        for column, into in _entered(best[start], atoms, start, columns).items():
            for end, inside in _cells(atoms, start, columns, column):
                if end not in contents:
                    contents[end] = _content(" ".join(atom.text for atom in atoms[start:end]))
                cost = inside + columns.costs[column][contents[end]]
                if contents[end] in ("number", "serial"):
                    cost += 0.05 * (end - start - 1) ** 2  # 23 560 185 425 is two numbers of two groups each
                for state, step in into.items():
                    known = best[end].get(state)
                    if known is None or step.cost + cost < known.cost:
                        best[end][state] = _Step(step.cost + cost, *step[1:])
    ends = {state: step.cost + _TRAILING * (count - 1 - state[0]) for state, step in best[-1].items()}
    if not ends:
        return math.inf, []
    state = min(ends, key=lambda s: ends[s])
    total, at, rows = ends[state], len(atoms), Cut([[(0, 0)] * count])
    while at:
        step = best[at][state]
        rows[-1][state[0]] = (step.start, at)
        if step.row_begins:
            rows.append([(0, 0)] * count)
        at, state = step.start, step.before
    return total, rows[-2::-1]


def _entered(
    states: dict[State, _Step], atoms: Sequence[_Atom], at: int, columns: _Columns
) -> dict[int, dict[State, _Step]]:
    """By column, the states that a cell beginning here may take, each with its cheapest step."""
    count = len(columns.costs)
    entered: dict[int, dict[State, _Step]] = {}

    def enter(state: State, step: _Step) -> None:
        known = entered.setdefault(state[0], {}).get(state)
        if known is None or step.cost < known.cost:
            entered[state[0]][state] = step

    line_before = _line_before(atoms, at)
    spanned = [  # what it costs that a row begins with this column, the labels before it standing for several rows
        0.5 + 0.3 * first + 6.0 * sum("text" not in e for e in columns.expected[:first]) if first else 0.0
        for first in range(count if at else 1)
    ]
    for (column, number), step in states.items():
        full = _FULL if line_before >= 0.95 * columns.widths[column] > 0 else 0.0
        for following in range(column + 1, count):
            cost = step.cost + atoms[at].cut + full + _SKIPPED * (following - column - 1)
            enter((following, number), _Step(cost, at, (column, number), False))
        row = atoms[at].row + full + _ROW + _TRAILING * (count - 1 - column) if at else 0.0
        if columns.serial:
            if atoms[at].text == str(number + 1):
                enter((0, number + 1), _Step(step.cost + row, at, (column, number), True))
            continue
        for first, labels in enumerate(spanned):
            enter((first, 0), _Step(step.cost + row + labels, at, (column, number), True))
    return entered


def _line_before(atoms: Sequence[_Atom], at: int) -> int:
    """Width of the line that ends before atom `at`; 0 within a line."""
    if not at or atoms[at].glue == "space":
        return 0
    line = [atom for atom in atoms[max(at - 40, 0) : at] if atom.line == atoms[at - 1].line]
    return sum(atom.width + 1 for atom in line) - 1


def _cells(atoms: Sequence[_Atom], start: int, columns: _Columns, column: int) -> Iterator[tuple[int, float]]:
    """Where a cell that begins at `start` may end, and what the joints inside it cost."""
    cost, depth, width = 0.0, 0, -1
    for end in range(start + 1, min(len(atoms), start + _LONGEST) + 1):
        atom = atoms[end - 1]
        if end - 1 > start and not depth:  # within brackets, nothing is cut
            usual = columns.widths[column]
            cost += atom.joint + (atom.wrap * max(0.0, 0.85 - width / usual) if usual else 0.0)
            if cost > _TOO_MUCH:
                return
        width = width + 1 + atom.width if atom.glue == "space" and end - 1 > start else atom.width
        if column == 0 and 0 < columns.first < width - 2:
            return
        depth = max(depth + atom.depth, 0)
        yield end, cost + (_UNCLOSED if depth else 0.0)


def _cell(atoms: Sequence[_Atom], lines: Sequence[Line], spaced: bool) -> Cell:
    """The text of a cell, its lines put together."""
    if not atoms:
        return Traced("", ())
    parts: list[Traced] = []
    for number in dict.fromkeys(atom.line for atom in atoms):
        own = [atom for atom in atoms if atom.line == number]
        parts.append(lines[number].text[own[0].start : own[-1].end])
    return close_up(joined(parts, spaced))
