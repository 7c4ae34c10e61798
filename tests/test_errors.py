"""Every error has one line in English and one in Chinese, with the same facts in both, and stands in the drawn tree."""

from __future__ import annotations

import json
import pickle
import string
from pathlib import Path

import pytest

from corpus import errors
from corpus.errors import YinjuError

CLASSES = [
    cls
    for cls in vars(errors).values()
    if isinstance(cls, type) and issubclass(cls, YinjuError) and not cls.__subclasses__()
]


def fields(sentence: str) -> set[str]:
    """The names of a sentence's placeholders."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_both_languages_say_the_same_values(cls: type[YinjuError]) -> None:
    assert fields(cls.en) == fields(cls.zh)
    values = dict.fromkeys(fields(cls.en), "甲\n乙")
    error = cls(**values)
    for language in ("en", "zh"):
        message = error.message(language)  # type: ignore[arg-type]
        assert "\n" not in message
        assert "甲" in message or not values
    assert error.message("en") != error.message("zh")


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_stands_in_the_tree_below_its_base(cls: type[YinjuError]) -> None:
    drawn = (errors.__doc__ or "").splitlines()
    lines = {line.split()[-1 if line.endswith("Error") else 0]: i for i, line in enumerate(drawn) if line.strip()}
    named = [line for line in drawn if f"─ {cls.__name__} " in line + " "]
    assert len(named) == 1, lines
    base = cls.__bases__[0].__name__
    above = [line for line in drawn[: drawn.index(named[0])] if f"─ {base} " in line + " " or line.strip() == base]
    assert above, f"{cls.__name__} is not drawn below {base}"


@pytest.mark.parametrize("cls", [YinjuError, *CLASSES], ids=lambda cls: cls.__name__)
def test_every_error_goes_through_json_and_back(cls: type[YinjuError]) -> None:
    values: dict[str, object] = {name: n if n % 2 else f"甲{n}" for n, name in enumerate(sorted(fields(cls.en)))}
    error = cls(**values)
    back = YinjuError.from_json(json.loads(json.dumps(error.to_json())))
    assert type(back) is cls
    assert back.values == values
    assert (back.message("en"), back.message("zh")) == (error.message("en"), error.message("zh"))


@pytest.mark.parametrize("cls", [YinjuError, *CLASSES], ids=lambda cls: cls.__name__)
def test_every_error_goes_to_another_process_and_back(cls: type[YinjuError]) -> None:
    values: dict[str, object] = {name: Path("甲") if n % 2 else n for n, name in enumerate(sorted(fields(cls.en)))}
    back = pickle.loads(pickle.dumps(cls(**values)))
    assert type(back) is cls
    assert back.values == values
    assert back.args == cls(**values).args


def test_a_path_becomes_a_string_and_a_class_stands_only_below_its_base() -> None:
    item = errors.FolderMissing(folder=Path("论文")).to_json()
    assert item == {"error": "FolderMissing", "values": {"folder": "论文"}}
    assert type(errors.LibraryError.from_json(item)) is errors.FolderMissing
    with pytest.raises(ValueError, match="'FolderMissing' is none of ReadingError, FileUnreadable"):
        errors.ReadingError.from_json(item)
    with pytest.raises(ValueError, match="lacks a value: 'folder'"):
        YinjuError.from_json({"error": "FolderMissing", "values": {}})
