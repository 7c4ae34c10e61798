"""Token vectors for late interaction, four bits a value, and MaxSim over them.

Late interaction compares every token of a question with every token of a passage (Khattab & Zaharia 2020, ColBERT,
https://arxiv.org/abs/2004.12832):

    MaxSim(q, p) = mean over the tokens i of q of (max over the tokens j of p of cos(q_i, p_j))

The mean, where the paper takes the sum, makes scores of long and short questions comparable; the order is the same.

A vector of 384 floats takes 1,536 bytes, its code 192; `python -m tests.bench.late XQUAD` measures what is lost by it.
FAISS writes the codes. The range of each dimension is estimated on `NEUTRAL`, a few sentences that are the same for
every library: what a code means never depends on the papers, so an update adds codes and leaves those that are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]

BLOCK = 1024
"""Codes worked on at once: they stay in a core's cache. 512 to 4096 are alike; all at once takes twice as long."""
_LEVELS = np.float32(15)
_DEVIATIONS = 3.0
"""How many standard deviations to both sides of the mean a code can tell apart; beyond that it is the outermost."""


@dataclass(frozen=True)
class Quantiser:
    """Four bits a value, over the range of each dimension: `low` and `width`, each of shape (dimension,)."""

    low: Floats
    width: Floats

    @classmethod
    def estimate(cls, tokens: Floats) -> Quantiser:
        """From token vectors, shape (tokens, dimension): the range is three standard deviations around the mean."""
        spread = np.maximum(_DEVIATIONS * tokens.std(axis=0), 1e-6)
        return cls((tokens.mean(axis=0) - spread).astype(np.float32), (2 * spread).astype(np.float32))

    @property
    def code_bytes(self) -> int:
        """Bytes of a code."""
        return (len(self.low) + 1) // 2

    def encode(self, tokens: Floats) -> Codes:
        """Codes of token vectors, shape (tokens, code_bytes)."""
        if not len(tokens):
            return np.zeros((0, self.code_bytes), np.uint8)
        codes: Codes = self._faiss().compute_codes(np.ascontiguousarray(tokens, np.float32))
        return codes

    def decode(self, codes: Codes) -> Floats:
        """The vectors that codes stand for, to half a sixteenth of the range, shape (tokens, dimension)."""
        if not len(codes):
            return np.zeros((0, len(self.low)), np.float32)
        vectors: Floats = self._faiss().decode(np.ascontiguousarray(codes))
        return vectors

    @property
    def step(self) -> Floats:
        """What a level of each dimension adds."""
        return self.width / _LEVELS

    @property
    def base(self) -> Floats:
        """What level 0 of each dimension stands for."""
        return self.low + self.width / (2 * _LEVELS)

    def squares(self, codes: Codes) -> Floats:
        """The squared lengths of the vectors that codes stand for, shape (tokens,)."""
        step, base = self.step, self.base
        # |t|² = |base|² + 2 (base step)·level + step²·level², as below.
        once, twice = (_halved(rows[None])[0] for rows in (2 * base * step, step * step))
        squares = [levels @ once + (levels * levels) @ twice for levels in _levels(codes)]
        lengths: Floats = np.concatenate([np.zeros(0, np.float32), *squares]) + base @ base
        return lengths

    def _faiss(self) -> faiss.ScalarQuantizer:
        quantiser = faiss.ScalarQuantizer(len(self.low), faiss.ScalarQuantizer.QT_4bit)
        faiss.copy_array_to_vector(np.concatenate([self.low, self.width]), quantiser.trained)
        return quantiser


class Tokens(Protocol):
    """Token vectors of some texts, one after the other."""

    def products(self, vectors: Floats) -> Iterator[tuple[Floats, Floats]]:
        """A block after the other: the inner product of each token with each of `vectors`, shape (tokens, vectors), and
        the squared length of each token, shape (tokens,)."""


@dataclass(frozen=True)
class Exact:
    """Tokens as they are, in blocks of shape (tokens, dimension)."""

    blocks: Sequence[Floats]

    def products(self, vectors: Floats) -> Iterator[tuple[Floats, Floats]]:
        """See `Tokens`."""
        for block in self.blocks:
            yield block @ vectors.T, np.einsum("ij,ij->i", block, block)


@dataclass(frozen=True)
class Coded:
    """Tokens as the `codes` of a quantiser, shape (tokens, code_bytes), and the `squares` that it has for them.

    They are never decoded. A value is base + step × level, so that, summed over the dimensions,
    v·t = v·base + (v step)·level: base and step go into the few vectors, and of the codes only levels, 0 to 15, are
    made. That takes half of the time, and a third less again without |t|², which no question changes.
    """

    quantiser: Quantiser
    codes: Codes
    squares: Floats

    def products(self, vectors: Floats) -> Iterator[tuple[Floats, Floats]]:
        """See `Tokens`."""
        # The few vectors stand on the right: BLAS takes half of the time that it takes the other way round.
        scaled = np.ascontiguousarray(_halved(vectors * self.quantiser.step).T)
        offsets = vectors @ self.quantiser.base
        at = 0
        for levels in _levels(self.codes):
            yield levels @ scaled + offsets, self.squares[at : at + len(levels)]
            at += len(levels)


def _levels(codes: Codes) -> Iterator[Floats]:
    """The levels that codes hold, a block after the other, each in place of the one before: those of the lower halves
    of all bytes, then those of the upper."""
    half = codes.shape[1]
    room, bits = np.empty((min(BLOCK, len(codes)), 2 * half), np.float32), np.empty((BLOCK, half), np.uint8)
    for start in range(0, len(codes), BLOCK):
        part = codes[start : start + BLOCK]
        levels, some = room[: len(part)], bits[: len(part)]
        levels[:, :half] = np.bitwise_and(part, 15, out=some)
        levels[:, half:] = np.right_shift(part, 4, out=some)
        yield levels


def _halved(rows: Floats) -> Floats:
    """The columns in the order in which levels are made: those of the lower halves of all bytes, then of the upper."""
    upper = rows[:, 1::2]
    return np.hstack([rows[:, ::2], np.pad(upper, ((0, 0), (0, rows.shape[1] % 2)))])


def maxsim(question: Floats, tokens: Tokens, lengths: Sequence[int] | NDArray[np.int64], centre: Floats) -> Floats:
    """MaxSim of a question with each of several passages, shape (passages,); -1 to 1, higher is better.

    Arguments as of `matches`.
    """
    if not len(lengths):
        return np.zeros(0, np.float32)
    means: Floats = matches(question, tokens, lengths, centre).mean(axis=0)
    return means


def matches(question: Floats, tokens: Tokens, lengths: Sequence[int] | NDArray[np.int64], centre: Floats) -> Floats:
    """The cosine of each token of a question with the nearest one of each text, shape (question tokens, texts).

    `question` holds unit vectors, shape (question tokens, dimension), its own centre taken off. `tokens` are those of
    all texts one after the other, the first `lengths[0]` of them being the first one's; no length may be 0. `centre` is
    taken off them, without a copy: cos(q, t - c) = (q·t - q·c) / |t - c|.
    """
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    cosines = np.empty((starts[-1], len(question)), np.float32)
    centred, square = question @ centre, centre @ centre
    at = 0
    for products, squares in tokens.products(np.vstack([question, centre])):
        here = cosines[at : at + len(products)]
        np.subtract(products[:, :-1], centred, out=here)
        here /= np.sqrt(np.maximum(squares - 2 * products[:, -1] + square, 1e-9))[:, None]
        at += len(products)
    nearest: Floats = np.maximum.reduceat(cosines, starts[:-1], axis=0).T
    return nearest
