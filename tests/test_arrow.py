"""Imports run only against the flow of data: corpus ← indexer ← qa ← ui."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = ["corpus", "indexer", "qa", "ui"]


def imported_rooms(source: str) -> set[str]:
    """The rooms that a module imports, at its top or inside its functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names} & set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_itself_and_those_before_it(room: str) -> None:
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    for file in (PROJECT / room).rglob("*.py"):
        assert imported_rooms(file.read_text(encoding="utf-8")) <= allowed, file


def test_the_check_sees_an_import_against_the_arrow() -> None:
    assert imported_rooms("def f():\n    from ui.cli import main\n") == {"ui"}
    assert imported_rooms("import qa.shelf, os\n") == {"qa"}
