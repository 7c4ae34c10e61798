"""Arrays and texts in files that are mapped, not read: opening one costs the same however much it holds.

A file of columns is in the safetensors format (https://github.com/huggingface/safetensors#format): the length of a
header, the header in JSON, the arrays one after the other. It is written and mapped here because the package's own
functions want all arrays in memory at once and copy what they read.
"""

from __future__ import annotations

import json
import mmap
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[Any]]

_TYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
    "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip
_NAMES = {np.dtype(code): name for name, code in _TYPES.items()}
_ALIGNED = 64
_CHUNK_BYTES = 2**24
_LARGE_BYTES = 2**28
"""Smaller arrays are in memory soon after they are first used."""
_ASKED = 2**14
"""Terms whose numbers are remembered."""


def write_columns(file: Path, columns: Columns) -> None:
    """Write named arrays; those that are mapped from another file pass through memory in parts. Raises `OSError`."""
    # Wide types first, so that every array begins at a multiple of its item's size.
    ordered = sorted(columns.items(), key=lambda column: (-column[1].itemsize, column[0]))
    header: dict[str, object] = {}
    at = 0
    for name, array in ordered:
        place = [at, at := at + array.nbytes]
        header[name] = {"dtype": _NAMES[array.dtype], "shape": array.shape, "data_offsets": place}
    told = json.dumps(header).encode()
    told += b" " * (-(8 + len(told)) % _ALIGNED)
    with file.open("wb") as stream:
        stream.write(len(told).to_bytes(8, "little"))
        stream.write(told)
        for _, array in ordered:
            rows = max(1, _CHUNK_BYTES * len(array) // max(1, array.nbytes))
            for first in range(0, len(array), rows):
                stream.write(np.ascontiguousarray(array[first : first + rows]).tobytes())


def read_columns(file: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file that `write_columns` wrote, mapped. Raises `OSError`, `ValueError` for any other file."""
    data = np.asarray(np.memmap(file, np.uint8, mode="r"))
    begin = 8 + int.from_bytes(data[:8].tobytes(), "little")
    header = json.loads(data[8:begin].tobytes())
    columns = {}
    for name, told in header.items():
        start, end = told["data_offsets"]
        if not 0 <= start <= end <= len(data) - begin:
            raise ValueError(f"{name} lies beyond the file")
        columns[name] = data[begin + start : begin + end].view(_TYPES[told["dtype"]]).reshape(told["shape"])
    return columns


def will_need(array: NDArray[Any], runs: Iterable[tuple[int, int]]) -> None:
    """Have the system fetch these runs of rows, each from a first up to a last one that is left out, all at once.

    A large mapped array may not be in memory; one run after the other would wait for the disk each time.
    """
    if array.nbytes < _LARGE_BYTES or not hasattr(mmap.mmap, "madvise"):
        return
    base: Any = array
    while not isinstance(base, mmap.mmap | None):
        base = base.obj if isinstance(base, memoryview) else base.base
    if base is None:
        return
    with memoryview(base) as whole:
        at = array.ctypes.data - np.frombuffer(whole, np.uint8).ctypes.data
    width = array.strides[0]
    for first, last in runs:
        start = (at + first * width) & -mmap.PAGESIZE
        base.madvise(mmap.MADV_WILLNEED, start, at + last * width - start)


class Texts(Sequence[str]):
    """Many texts in one run of UTF-8: text i is the bytes `starts[i]:starts[i + 1]` of `data`."""

    def __init__(self, data: NDArray[np.uint8], starts: NDArray[np.int64]) -> None:
        self.data, self.starts = data, starts

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """From the texts."""
        data, ends = bytearray(), [0]
        for text in texts:
            data += text.encode()
            ends.append(len(data))
        return cls(np.frombuffer(data, np.uint8), np.array(ends, np.int64))

    @classmethod
    def from_columns(cls, columns: Columns, name: str) -> Texts:
        """Those that `columns` gave under a name."""
        return cls(columns[name], columns[f"{name}.starts"])

    def columns(self, name: str) -> Columns:
        """As they are kept in a file."""
        return {name: self.data, f"{name}.starts": self.starts}

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        return self.encoded(range(len(self))[at]).decode()

    def encoded(self, at: int) -> bytes:
        """The UTF-8 of a text."""
        return self.data[self.starts[at] : self.starts[at + 1]].tobytes()


class Vocabulary:
    """Distinct terms in the order of their code points, each under its number, found by halving and then remembered:
    a question asks for each of its terms several times. Threads may ask at once."""

    def __init__(self, terms: Texts) -> None:
        self.terms = terms
        self._asked: dict[str, int | None] = {}

    @classmethod
    def of(cls, terms: Iterable[str]) -> Vocabulary:
        """From terms in any order."""
        return cls(Texts.of(sorted(set(terms))))

    def __len__(self) -> int:
        return len(self.terms)

    def __getitem__(self, number: int) -> str:
        return self.terms[number]

    def __contains__(self, term: str) -> bool:
        return self.number(term) is not None

    def number(self, term: str) -> int | None:
        """The number of a term; None for one that is not there."""
        number = self._asked.get(term, -1)
        if number != -1:
            return number
        wanted = term.encode()
        at = bisect_left(range(len(self)), wanted, key=self.terms.encoded)
        number = at if at < len(self) and self.terms.encoded(at) == wanted else None
        if len(self._asked) >= _ASKED:
            self._asked.clear()
        self._asked[term] = number
        return number
