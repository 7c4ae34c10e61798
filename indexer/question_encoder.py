"""A question's vectors without torch: BERT's forward pass in NumPy, over weights that are mapped from their file.

Importing torch takes seconds, a question's own arithmetic 0.02 s. The vectors agree with those of sentence-transformers
to a cosine of 0.9999. The model is that of Devlin et al. 2019 (https://arxiv.org/abs/1810.04805).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import pairwise

import numpy as np

from indexer.bert import Bert, Floats, Pair
from indexer.model import Encoded, unit
from indexer.tokens import own_tokens, spans_of

TOGETHER = 8
"""Questions that are encoded at once, at most."""
_AT_ONCE = 4
"""Tokens that BLAS multiplies at once: 15 take a third longer than 16."""


class QuestionEncoder:
    """Encodes questions for any number of threads; those that ask at the same time are served together."""

    def __init__(self, bert: Bert) -> None:
        self._bert = bert
        self._waiting: list[tuple[str, Future[Encoded]]] = []
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._prompt_ids = bert.prompt_ids(bert.question_prompt)

    def encode(self, text: str) -> Encoded:
        """What becomes of a question; see `indexer.model.Encoder.encode_question`.

        Questions that come while others are being encoded are then encoded together: most of the time goes into
        fetching the weights, and these are fetched once for all of them. Four at once take as long as two did.
        """
        mine: Future[Encoded] = Future()
        with self._lock:
            self._waiting.append((text, mine))
        while not mine.done():
            with self._turn:
                with self._lock:
                    batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                if batch:
                    self._encode(batch)
        return mine.result()

    def _encode(self, batch: Sequence[tuple[str, Future[Encoded]]]) -> None:
        try:
            prompt = self._bert.question_prompt
            told = [self._bert.tokenizer.encode(prompt + text) for text, _ in batch]
            vectors = self._tokens([one.ids for one in told])
            for (_, future), one, tokens in zip(batch, told, vectors, strict=True):
                own = own_tokens(one.ids, np.ones(len(one.ids), bool), self._bert.empty, self._prompt_ids)
                spans = spans_of(one.offsets, own, prompt)
                future.set_result(Encoded(unit(tokens.mean(axis=0)), unit(tokens[own]), spans))
        except BaseException as exc:  # whoever waits for one of them must not wait for ever
            for _, future in batch:
                if not future.done():
                    future.set_exception(exc)
            raise

    def _tokens(self, texts: Sequence[Sequence[int]]) -> list[Floats]:
        """The vectors of the last layer, for each text of shape (tokens, hidden)."""
        # One more text, of which nothing is wanted, makes it a whole number of what BLAS multiplies at once.
        missing = -sum(map(len, texts)) % _AT_ONCE
        padded = [*texts, [0] * missing] if missing else texts
        bert = self._bert
        ids = np.concatenate([np.array(text, np.int64) for text in padded])
        positions = np.concatenate([np.arange(len(text)) for text in padded])
        bounds = np.cumsum([0, *map(len, padded)]).tolist()
        states = self._normed(bert.words[ids] + bert.positions[positions] + bert.types[0], bert.norm)
        for layer in bert.layers:
            parts = [_linear(states, part) for part in layer.parts]
            seen = [self._attention(*(part[start:end] for part in parts)) for start, end in pairwise(bounds)]
            attended = _linear(np.concatenate(seen), layer.joined)
            states = self._normed(attended + states, layer.attended)
            inner = _gelu(_linear(states, layer.inner))
            states = self._normed(_linear(inner, layer.outer) + states, layer.done)
        return [states[start:end] for start, end in pairwise(bounds)][: len(texts)]

    def _attention(self, *parts: Floats) -> Floats:
        """Softmax(Q Kᵀ / √d) V of every head over one text, side by side."""
        count, heads = len(parts[0]), self._bert.heads
        size = self._bert.hidden // heads
        query, key, value = (part.reshape(count, heads, size).swapaxes(0, 1) for part in parts)
        scores: Floats = query @ key.swapaxes(1, 2) / np.float32(math.sqrt(size))
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        attended: Floats = (scores @ value).swapaxes(0, 1).reshape(count, -1)
        return attended

    def _normed(self, states: Floats, norm: Pair) -> Floats:
        """Layer normalisation of each token."""
        states -= states.mean(axis=-1, keepdims=True)
        states /= np.sqrt(np.einsum("ij,ij->i", states, states) / self._bert.hidden + self._bert.epsilon)[:, None]
        normed: Floats = states * norm[0] + norm[1]
        return normed


def _linear(states: Floats, weights: Pair) -> Floats:
    # A third quicker than `states @ weights.T`: of few tokens the weights are most of what BLAS has to go through.
    made: Floats = (weights[0] @ states.T).T
    made += weights[1]
    return made


def _gelu(x: Floats) -> Floats:
    """x Φ(x), Φ by the error function of Abramowitz & Stegun 7.1.26, which is right to 1.5e-7.

    NumPy has no error function, and importing SciPy for one would take longer than a question does.
    """
    z = np.abs(x)
    z *= np.float32(math.sqrt(0.5))
    t = z * np.float32(0.3275911)
    t += 1
    np.reciprocal(t, out=t)
    series = t * np.float32(1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series += np.float32(coefficient)
        series *= t
    z *= -z
    series *= np.exp(z, out=z)  # 1 - erf(z)
    np.subtract(1, series, out=series)
    np.copysign(series, x, out=series)
    series += 1
    series *= x
    series *= np.float32(0.5)
    return series
