"""Dataclasses out of parsed JSON, every value checked against the types that the class declares.

What comes from a file or another process is either exactly of those types or refused:

>>> restored(Page, {"number": 1, "label": None, "start": 0, "end": 12})
Page(number=1, label=None, start=0, end=12)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

Stored = TypeVar("Stored")


def restored(kind: type[Stored], item: object) -> Stored:
    """An instance of the dataclass `kind` from what `json` parsed of its `asdict`.

    Fields may be strings, numbers, literals, dataclasses, `X | None`, `tuple[X, ...]`, `tuple[X, Y]` and
    `Mapping[str, X]`.
    Raises `ValueError` for a value of another type, a field that the class lacks, or one that is missing without having
    a default.
    """
    declared: Any = kind
    made: Stored = _maker(declared)(item)
    return made


@cache
def _maker(kind: Any) -> Callable[[Any], Any]:
    """The function that checks a value and makes it what the annotation `kind` says."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _dataclass_maker(kind)
    if origin is Literal:
        return _checked(lambda value: type(value) is str and value in inner, kind)
    if origin is tuple and inner[1:] == (...,):
        of_list, of_item = _checked(lambda value: type(value) is list, kind), _maker(inner[0])
        return lambda value: tuple(map(of_item, of_list(value)))
    if origin is tuple:
        of_list, of_items = _checked(lambda value: type(value) is list, kind), [_maker(each) for each in inner]
        return lambda value: tuple(of(each) for of, each in zip(of_items, of_list(value), strict=True))
    if origin is Mapping and inner[0] is str:
        of_dict, of_key, of_value = _checked(lambda value: type(value) is dict, kind), _maker(str), _maker(inner[1])
        return lambda value: {of_key(key): of_value(each) for key, each in of_dict(value).items()}
    if origin is UnionType and inner[1:] == (NoneType,):
        of_other = _maker(inner[0])
        return lambda value: None if value is None else of_other(value)
    if kind is str:
        return _text
    if kind in (int, float, bool):
        return _checked(lambda value: type(value) is kind, kind)
    raise TypeError(f"{kind} is not stored in JSON")


def _dataclass_maker(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    makers = {part.name: _maker(hints[part.name]) for part in fields(kind)}

    def make(value: Any) -> Any:
        if type(value) is not dict:
            raise ValueError(f"{value!r:.80} is no {kind.__name__}")
        try:
            return kind(**{name: makers[name](each) for name, each in value.items()})
        except (KeyError, TypeError) as exc:
            raise ValueError(f"{kind.__name__}: {exc}") from exc

    return make


def _checked(fits: Callable[[Any], bool], kind: Any) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not fits(value):
            raise ValueError(f"{value!r:.80} is no {getattr(kind, '__name__', kind)}")
        return value

    return check


def _text(value: Any) -> str:
    """A string that can be written in UTF-8: JSON can also hold halves of characters, which no file could."""
    if type(value) is not str:
        raise ValueError(f"{value!r:.80} is no str")
    if not value.isascii():
        value.encode()
    return value
