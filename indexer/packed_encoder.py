"""Many texts into vectors by BERT's forward pass in torch: no padding, few and large products.

The tokens of a batch stand one below the other in one matrix, [tokens, hidden], and go through every product together.
Attention is of each text by itself, batched over the texts of the very same length. The scale of the scores is part of
the query's weights, and what is added to the states goes into the normalisation before it: x + b + f(x) = y + f(y - b),
where y = x + b is what that normalisation gives if its bias is larger by b, and the b in f is taken off the bias of the
product that f begins with.

The model is that of Devlin et al. 2019 (https://arxiv.org/abs/1810.04805). In bfloat16 as in float32 the vectors keep a
cosine of 0.9999 to those of sentence-transformers in float32. `python -m tests.bench.speed` measures it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np

from indexer.bert import Bert, Layer, Pair
from indexer.model import Encoded, unit
from indexer.passage_encoder import bfloat16_is_quicker, on_cores
from indexer.tokens import own_tokens

if TYPE_CHECKING:
    import torch

PACK_TOKENS = 2048
"""In one batch. Of 1024 there would be more groups of few texts, and each costs as much as its products."""
_ROWS = 256
"""A batch is filled up to a multiple of so many tokens: for each new size oneDNN makes its products anew."""
_TOKENISED = 256
"""Texts that a core turns into tokens at once."""

Texts = list[list[int]]
"""Token ids of texts, longest first."""


class PackedEncoder:
    """Passages, and many questions, of a model that is BERT. May be used by several threads at once."""

    def __init__(self, bert: Bert) -> None:
        """Copy the weights, but for those of the words, in bfloat16 where that is quicker."""
        import torch

        self._bert = bert
        self._dtype = torch.bfloat16 if bfloat16_is_quicker() else torch.float32
        joined = [layer.joined[1] for layer in bert.layers]
        self._norm = _norm(bert.norm, joined[0])
        self._layers = [
            _Packed(layer, bert.heads, following, self._dtype)
            for layer, following in zip(bert.layers, [*joined[1:], 0 * joined[0]], strict=True)
        ]

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        """See `Encoder`."""
        return self._encode(texts, self._bert.passage_prompt, progress)

    def encode_questions(self, texts: Sequence[str]) -> list[Encoded]:
        """See `Encoder`."""
        return self._encode(texts, self._bert.question_prompt)

    def _encode(
        self, texts: Sequence[str], prompt: str, progress: Callable[[int], None] | None = None
    ) -> list[Encoded]:
        import torch

        told = [prompt + text for text in texts]
        chunks = [told[at : at + _TOKENISED] for at in range(0, len(told), _TOKENISED)]
        prompt_ids = self._bert.prompt_ids(prompt)
        with on_cores() as each:
            ids = [one for chunk in each(self._ids, chunks) for one in chunk]
            batches = packs(list(map(len, ids)), torch.get_num_threads())
            encoded: dict[int, Encoded] = {}
            work = ([ids[i] for i in batch] for batch in batches)
            for batch, made in zip(batches, each(lambda some: self._batch(some, prompt_ids), work), strict=True):
                encoded.update(zip(batch, made, strict=True))
                if progress:
                    progress(len(batch))
        return [encoded[i] for i in range(len(texts))]

    def _ids(self, texts: list[str]) -> Texts:
        return [encoding.ids for encoding in self._bert.tokenizer.encode_batch_fast(texts)]

    def _batch(self, texts: Texts, prompt: Sequence[int]) -> list[Encoded]:
        import torch

        with torch.inference_mode():
            states = self._states(texts).float()
            means = [
                states[start:end].view(count, length, -1).mean(dim=1) for start, end, count, length in _groups(texts)
            ]
            vectors, tokens = unit(torch.cat(means).numpy()), unit(states.numpy())
        bounds = np.cumsum([0, *map(len, texts)]).tolist()
        return [
            Encoded(vector, tokens[start:end][own_tokens(ids, np.ones(len(ids), bool), self._bert.empty, prompt)])
            for vector, (start, end), ids in zip(vectors, pairwise(bounds), texts, strict=True)
        ]

    def _states(self, texts: Texts) -> torch.Tensor:
        """The last layer's vectors of all tokens, one text after the other, shape (tokens, hidden)."""
        import torch
        from torch.nn.functional import layer_norm, scaled_dot_product_attention

        bert, groups = self._bert, list(_groups(texts))
        words = bert.words[np.concatenate(texts)]
        words += bert.positions[np.concatenate([np.arange(len(text)) for text in texts])]
        words += bert.types[0]
        count, shape = len(words), (bert.hidden,)
        states = torch.zeros(-(-count // _ROWS) * _ROWS, bert.hidden)
        states[:count] = torch.from_numpy(words)
        states = layer_norm(states, shape, *self._norm, bert.epsilon).to(self._dtype)
        attended = torch.zeros_like(states)
        size = bert.hidden // bert.heads
        for layer in self._layers:
            parts = torch.addmm(layer.parts_bias, states, layer.parts)
            for start, end, some, length in groups:
                # The queries are scaled already.
                query, key, value = parts[start:end].view(some, length, 3, bert.heads, size).permute(2, 0, 3, 1, 4)
                own = attended[start:end].view(some, length, bert.heads, size).transpose(1, 2)
                own.copy_(scaled_dot_product_attention(query, key, value, scale=1.0))
            states = layer_norm(states.addmm_(attended, layer.joined), shape, *layer.attended, bert.epsilon)
            inner = torch.nn.functional.gelu(torch.addmm(layer.inner_bias, states, layer.inner))
            states = layer_norm(states.addmm_(inner, layer.outer), shape, *layer.done, bert.epsilon)
        return states[:count]


class _Packed:
    """The weights of a layer as the products take them, input by output."""

    def __init__(self, layer: Layer, heads: int, following: np.ndarray, dtype: torch.dtype) -> None:
        """`following` is the bias that the next layer adds to the states first."""
        import torch

        weights = np.concatenate([weight for weight, _ in layer.parts])
        bias = np.concatenate([bias for _, bias in layer.parts])
        hidden = weights.shape[1]
        bias = bias - weights @ layer.joined[1]
        for scaled in (weights, bias):
            scaled[:hidden] /= math.sqrt(hidden / heads)

        def product(weights: np.ndarray) -> torch.Tensor:
            return torch.tensor(weights).to(dtype).t()

        self.parts, self.parts_bias = product(weights), torch.tensor(bias).to(dtype)
        self.joined, self.attended = product(layer.joined[0]), _norm(layer.attended, layer.outer[1])
        self.inner = product(layer.inner[0])
        self.inner_bias = torch.tensor(layer.inner[1] - layer.inner[0] @ layer.outer[1]).to(dtype)
        self.outer, self.done = product(layer.outer[0]), _norm(layer.done, following)


def _norm(norm: Pair, added: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """A normalisation that adds `added`, too."""
    import torch

    return torch.tensor(norm[0]), torch.tensor(norm[1] + added)


def _groups(texts: Texts) -> Iterator[tuple[int, int, int, int]]:
    """Where the texts of each length start and end in the matrix of all tokens, their number, and that length."""
    start = 0
    for length, several in groupby(map(len, texts)):
        count = len(list(several))
        yield start, start + count * length, count, length
        start += count * length


def packs(lengths: Sequence[int], cores: int = 1) -> list[list[int]]:
    """Indices of texts in batches of about `PACK_TOKENS` at most, longest first, as many batches for each core.

    >>> packs([3, 2000, 20, 1500])
    [[1], [3, 2, 0]]
    """
    total = sum(lengths)
    batches = cores * math.ceil(total / cores / PACK_TOKENS)
    packed: list[list[int]] = [[] for _ in range(batches)]
    before = 0
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        packed[before * batches // total].append(i)
        before += lengths[i]
    return [batch for batch in packed if batch]
