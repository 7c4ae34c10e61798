"""The ruled tables of a page: lines drawn across and down become a grid of cells.

A grid is believed where rules across and down meet in at least two columns; what lies between two rules that are not
drawn through is one cell, as where a head stands over two columns:

    ┌────┬───────┐
    │年份│ 投资  │    a cell, and a cell over two columns
    │    ├───┬───┤
    │    │联邦│地方│
    └────┴───┴───┘

Three-line tables have no rules down the page and are no grid; neither are frames around figures and boxes with arrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

_TOUCH = 3.0
"""Points within which two rules meet, or are one."""
_SHORTEST = 6.0
"""Points; shorter strokes are parts of drawn characters and dashes."""
_MOST_CELLS = 2000
"""A finer grid is a drawing's."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line across or down the page, in points; `at` is its height or its distance from the left edge."""

    across: bool
    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its first row and column, counted from the upper left, and its box in points."""

    row: int
    column: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table: its box, how many rows and columns it has, its cells row by row."""

    left: float
    bottom: float
    right: float
    top: float
    rows: int
    columns: int
    cells: tuple[Cell, ...]


def rule_of(left: float, bottom: float, right: float, top: float, thickest: float = 4.0) -> Rule | None:
    """The rule that a box is, if it is thin and long."""
    width, height = right - left, top - bottom
    if height <= thickest and width >= max(_SHORTEST, 3 * height):
        return Rule(True, (bottom + top) / 2, left, right)
    if width <= thickest and height >= max(_SHORTEST, 3 * width):
        return Rule(False, (left + right) / 2, bottom, top)
    return None


def grids(rules: Sequence[Rule]) -> list[Grid]:
    """The ruled tables of a page, from the top down."""
    across, down = (_united(rule for rule in rules if rule.across is way) for way in (True, False))
    found = [grid for group in _connected([*across, *down]) if (grid := _grid(group))]
    return sorted(found, key=lambda grid: (-grid.top, grid.left))


def _united(rules: Iterable[Rule]) -> list[Rule]:
    """Rules with those that go on where another ends made one: browsers draw a rule anew for every cell."""
    united: list[Rule] = []
    lines: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: rule.at):
        if not lines or rule.at - lines[-1][-1].at > _TOUCH / 2:
            lines.append([])
        lines[-1].append(rule)
    for line in lines:
        at = sum(rule.at for rule in line) / len(line)
        start = end = None
        for rule in sorted(line, key=lambda rule: rule.start):
            if start is None or end is None or rule.start > end + _TOUCH:
                if start is not None and end is not None:
                    united.append(Rule(rule.across, at, start, end))
                start, end = rule.start, rule.end
            end = max(end, rule.end)
        if start is not None and end is not None:
            united.append(Rule(line[0].across, at, start, end))
    return united


def _connected(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Groups of rules that meet."""
    group = list(range(len(rules)))

    def root(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    for i, a in enumerate(rules):
        if not a.across:
            continue
        for j, b in enumerate(rules):
            if not b.across and _meet(a, b):
                group[root(j)] = root(i)
    keyed = sorted(range(len(rules)), key=root)
    return [[rules[i] for i in members] for _, members in groupby(keyed, key=root)]


def _meet(across: Rule, down: Rule) -> bool:
    return (
        across.start - _TOUCH <= down.at <= across.end + _TOUCH
        and down.start - _TOUCH <= across.at <= down.end + _TOUCH
    )


def _grid(rules: Sequence[Rule]) -> Grid | None:
    """The grid that rules which meet make up; None where they make up something else.

    A table may be open at its sides: there the ends of the rules across stand for the rules that are missing.
    """
    across, down = [rule for rule in rules if rule.across], [rule for rule in rules if not rule.across]
    if len(across) < 2 or not down:
        return None
    ys = _places(rule.at for rule in across)[::-1]
    xs = _places(rule.at for rule in down)
    left, right = min(rule.start for rule in across), max(rule.end for rule in across)
    opened = [x for x in (left, right) if all(abs(x - other) > 2 * _TOUCH for other in xs)]
    xs = sorted([*xs, *opened])
    if len(xs) < 3 or len(ys) < (3 if opened else 2):
        return None
    rows, columns = len(ys) - 1, len(xs) - 1
    if rows * columns > _MOST_CELLS:
        return None
    owner = {(i, j): (i, j) for i in range(rows) for j in range(columns)}

    def unite(a: tuple[int, int], b: tuple[int, int]) -> None:
        first, second = min(owner[a], owner[b]), max(owner[a], owner[b])
        for cell, of in owner.items():
            if of == second:
                owner[cell] = first

    for i, j in list(owner):
        if j + 1 < columns and not _drawn(down, xs[j + 1], (ys[i] + ys[i + 1]) / 2):
            unite((i, j), (i, j + 1))
        if i + 1 < rows and not _drawn(across, ys[i + 1], (xs[j] + xs[j + 1]) / 2):
            unite((i, j), (i + 1, j))
    cells = []
    for first in sorted(set(owner.values())):
        members = [cell for cell, of in owner.items() if of == first]
        bottom, end = max(i for i, _ in members), max(j for _, j in members)
        if len(members) != (bottom - first[0] + 1) * (end - first[1] + 1):
            return None  # not a rectangle
        cells.append(Cell(*first, xs[first[1]], ys[bottom + 1], xs[end + 1], ys[first[0]]))
    if len(cells) < 2 or len({cell.column for cell in cells}) < 2:
        return None
    return Grid(xs[0], ys[-1], xs[-1], ys[0], rows, columns, tuple(cells))


def _places(values: Iterable[float]) -> list[float]:
    """Values with those that are one rule's two edges taken once, in rising order."""
    ordered = sorted(values)
    groups: list[list[float]] = [[ordered[0]]]
    for last, value in pairwise(ordered):
        if value - last > _TOUCH:
            groups.append([])
        groups[-1].append(value)
    return [sum(group) / len(group) for group in groups]


def _drawn(rules: Sequence[Rule], at: float, middle: float) -> bool:
    """Whether one of the rules runs at this place past this point."""
    return any(abs(rule.at - at) <= _TOUCH and rule.start - _TOUCH <= middle <= rule.end + _TOUCH for rule in rules)
