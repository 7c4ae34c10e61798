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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]

Tokens = Iterable[Floats]
"""Token vectors in blocks, each of shape (tokens, dimension)."""
BLOCK = 1024
"""Vectors decoded at once: they stay in a core's cache. 512 to 4096 are alike; all at once takes twice as long."""
_LEVELS = np.float32(15)
_PAIRS = np.stack([np.arange(256) & 15, np.arange(256) >> 4], axis=1).astype(np.float32).view(np.float64).ravel()
"""The two values of every byte of a code, the lower half first, as one number of eight bytes: looked up together."""
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
        empty = np.zeros((0, len(self.low)), np.float32)
        return np.concatenate([empty, *(block.copy() for block in self.blocks(codes))])

    def blocks(self, codes: Codes) -> Iterator[Floats]:
        """What `decode` gives, `BLOCK` vectors at a time; each is written over by the next.

        Not by FAISS, which wakes up all cores for it: of the few tokens of a passage that takes 7 ms, this 0.05.
        """
        room = np.empty((min(BLOCK, len(codes)), codes.shape[1]))
        for start in range(0, len(codes), BLOCK):
            part = codes[start : start + BLOCK]
            _PAIRS.take(part, out=room[: len(part)], mode="clip")  # by "raise" NumPy would copy
            values: Floats = room[: len(part)].view(np.float32)[:, : len(self.low)]
            values *= self.width / _LEVELS
            values += self.low + self.width / (2 * _LEVELS)
            yield values

    def _faiss(self) -> faiss.ScalarQuantizer:
        quantiser = faiss.ScalarQuantizer(len(self.low), faiss.ScalarQuantizer.QT_4bit)
        faiss.copy_array_to_vector(np.concatenate([self.low, self.width]), quantiser.trained)
        return quantiser


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
    all texts one after the other, a block at a time, the first `lengths[0]` of them being the first one's; no length
    may be 0. `centre` is taken off them, without a copy: cos(q, t - c) = (q·t - q·c) / |t - c|.
    """
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    # The few vectors of the question stand on the right: BLAS takes half of the time that it takes the other way round.
    both = np.ascontiguousarray(np.vstack([question, centre]).T)
    cosines = np.empty((starts[-1], len(question)), np.float32)
    centred, square = question @ centre, centre @ centre
    at = 0
    for block in tokens:
        products = block @ both
        squares = np.einsum("ij,ij->i", block, block) - 2 * products[:, -1] + square
        here = cosines[at : at + len(block)]
        np.subtract(products[:, :-1], centred, out=here)
        here /= np.sqrt(np.maximum(squares, 1e-9))[:, None]
        at += len(block)
    nearest: Floats = np.maximum.reduceat(cosines, starts[:-1], axis=0).T
    return nearest
