"""What was embedded: every distinct clause, heading and cell once, as a vector and as token codes.

Sentences and passages are lists of piece numbers. Two papers with the same heading share its piece, and an update takes
over every piece whose text it finds again (`keys`), whichever paper or passage it stands in now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from indexer.codes import Coded, Codes, Quantiser
from indexer.columns import Columns, will_need

Floats = NDArray[np.float32]
Keys = NDArray[np.bytes_]
Numbers = NDArray[np.int64]

Column = TypeVar("Column", np.uint8, np.float32)

_KEY_BYTES = 16


@dataclass(frozen=True)
class Lists:
    """Lists of numbers, one after the other: list i is `numbers[starts[i]:starts[i + 1]]`."""

    starts: Numbers
    numbers: NDArray[np.int32]

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> Lists:
        """From the lists."""
        starts = np.concatenate([[0], np.cumsum([len(each) for each in lists])]).astype(np.int64)
        return cls(starts, np.array([number for each in lists for number in each], dtype=np.int32))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, at: int) -> Numbers:
        return self.between(at, at + 1)

    def between(self, first: int, last: int) -> Numbers:
        """The lists from `first` up to `last`, that one left out, joined."""
        return self.numbers[self.starts[first] : self.starts[last]].astype(np.int64)


@dataclass(frozen=True)
class Pieces:
    """`vectors` of shape (pieces, dimension), as the model gave them; the tokens of piece i are rows
    `starts[i]:starts[i + 1]` of `codes`, and `squares` are their squared lengths (`Quantiser.squares`). What is loaded
    stays on disk until it is needed."""

    keys: Keys
    vectors: Floats
    starts: Numbers
    codes: Codes
    squares: Floats

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def from_columns(cls, columns: Columns) -> Pieces:
        """Those that `columns` gave."""
        names = ("vectors", "starts", "codes", "squares")
        return cls(keys_in(columns["keys"]), *(columns[name] for name in names))

    def columns(self) -> Columns:
        """As they are kept in a file."""
        return {
            "keys": key_bytes(self.keys), "vectors": self.vectors, "starts": self.starts, "codes": self.codes,
            "squares": self.squares,
        }  # fmt: skip

    @cached_property
    def lengths(self) -> Numbers:
        """Tokens of each piece."""
        return np.diff(self.starts)

    def lengths_of(self, numbers: Numbers) -> Numbers:
        """Tokens of some pieces."""
        return self.starts[numbers + 1] - self.starts[numbers]

    def codes_of(self, numbers: Numbers) -> Codes:
        """The codes of several pieces one after the other, shape (tokens, bytes)."""
        return self._joined(self.codes, self._runs(numbers))

    def tokens_of(self, numbers: Numbers, quantiser: Quantiser) -> Coded:
        """The tokens of several pieces one after the other, to be compared."""
        runs = self._runs(numbers)
        return Coded(quantiser, self._joined(self.codes, runs), self._joined(self.squares, runs))

    def _runs(self, numbers: Numbers) -> list[tuple[int, int]]:
        """Where the tokens of pieces start and end; most of a passage are pieces that follow each other: one run."""
        if not len(numbers):
            return []
        breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
        firsts, lasts = numbers[np.concatenate([[0], breaks])], numbers[np.concatenate([breaks - 1, [-1]])]
        return list(zip(self.starts[firsts].tolist(), self.starts[lasts + 1].tolist(), strict=True))

    @staticmethod
    def _joined(column: NDArray[Column], runs: list[tuple[int, int]]) -> NDArray[Column]:
        will_need(column, runs)
        return np.concatenate([column[:0], *(column[start:end] for start, end in runs)])

    def vector_of(self, numbers: Numbers) -> Floats:
        """The mean of several pieces' vectors, each counted by its tokens: that of a text made of them."""
        weights = self.lengths_of(numbers).astype(np.float32)
        mean: Floats = weights @ self.vectors[numbers] / max(float(weights.sum()), 1.0)
        return mean


def key_of(text: str) -> bytes:
    """By what a piece is known again: the first 16 bytes of the SHA-256 of its text."""
    return hashlib.sha256(text.encode()).digest()[:_KEY_BYTES]


def keys_of(texts: Iterable[str]) -> Keys:
    """The keys of several texts."""
    return np.array([key_of(text) for text in texts], dtype=f"S{_KEY_BYTES}")


def key_bytes(keys: Keys) -> NDArray[np.uint8]:
    """Keys as they are kept in a file, shape (keys, bytes)."""
    return keys.view(np.uint8).reshape(-1, _KEY_BYTES)


def keys_in(kept: NDArray[np.uint8]) -> Keys:
    """The keys that `key_bytes` gave."""
    return kept.view(f"S{_KEY_BYTES}").reshape(-1)
