"""Which tokens of an encoded text are the text's own, and where they stand in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

SPACE = "▁"
"""SentencePiece's mark of a space; a token of its own where a text begins with a Chinese character."""


def own_tokens(
    ids: Sequence[int], there: NDArray[np.bool_], empty: Collection[int], prompt: Sequence[int]
) -> NDArray[np.bool_]:
    """Which tokens are a text's own: not padding, not one of the `empty` (`<s>`, a lone space), not its prompt's.

    `there` is the attention mask, shape (tokens,); `prompt` the ids of the prompt alone. Of a text that is nothing but
    space, all that there is must do.
    """
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(ids, prompt, strict=False))
    own = there & np.array([token not in empty for token in ids], dtype=bool)
    own[: sum(1 for _ in shared)] = False
    return own if own.any() else there


def spans_of(offsets: Sequence[tuple[int, int]], own: NDArray[np.bool_], prompt: str) -> NDArray[np.int64]:
    """Where a text's own tokens stand in it, starts and ends, shape (tokens, 2), from the offsets in prompt and text.

    A first token may begin at the space that ends the prompt; it begins where the text does.
    """
    return np.maximum(np.array(offsets, np.int64).reshape(-1, 2)[own] - len(prompt), 0)
