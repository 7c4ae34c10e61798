"""Many texts into vectors by sentence-transformers, fed by tokens: for models that `indexer.bert` does not run itself.

What a text costs is its tokens, so batches are made by tokens, not by texts, and of texts so alike in length that next
to nothing is padding. Each core works on a batch of its own: of a matrix product that is shared out among cores, the
parts between the products are not. Where the processor has matrix units for bfloat16 and these turn out to be quicker,
the model is kept in bfloat16; its vectors keep a cosine of 0.9999 to those of float32, so that is no part of their
identity.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from corpus.errors import ModelDamaged
from indexer.model import Encoded, unit
from indexer.tokens import SPACE, own_tokens, spans_of

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedTokenizerBase

A = TypeVar("A")
B = TypeVar("B")

BATCH_TOKENS = 1024
"""In one batch, padding included. 512 to 4096 are alike within 15 %."""
_ALIKE = 0.9
"""The shortest text of a batch has at least this share of the longest one's tokens."""
_TOKENISED = 512
"""Texts whose tokens are counted at once."""
_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")


class SentenceTransformerEncoder:
    """A sentence-transformers folder on the CPU, with the prompts that it sets for queries and documents itself.

    May be used by several threads at once.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        """Load the model in `folder` (seconds). Raises `ModelDamaged` if it cannot be loaded."""
        import torch

        self._model = _load(folder)
        self._identity = identity
        self._dimension = int(self._model.get_embedding_dimension() or 0)
        # Left to itself, encode_document takes the prompt "document", empty where the model calls its prompt "passage".
        prompts = (self._model.prompts.get(name) for name in ("document", "passage", "corpus"))
        self._passage_prompt = next((prompt for prompt in prompts if prompt), "")
        self._question_prompt = self._model.prompts.get("query") or ""
        self._empty_tokens = _empty_tokens(self._model.tokenizer)
        self._prompt_ids = {
            prompt: self._model.tokenizer(prompt)["input_ids"] if prompt else []
            for prompt in (self._passage_prompt, self._question_prompt)
        }
        if bfloat16_is_quicker():
            self._model.to(torch.bfloat16)
        self._model.train(False)
        # The tokenizer cannot be used by two threads at once ("Already borrowed").
        self._tokenizing = threading.Lock()

    @property
    def identity(self) -> str:
        """See `Encoder`."""
        return self._identity

    @property
    def dimension(self) -> int:
        """See `Encoder`."""
        return self._dimension

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        """See `Encoder`. Texts beyond the model's limit (512 tokens for the shipped one) are cut there."""
        return self._encode(texts, self._passage_prompt, progress)

    def encode_questions(self, texts: Sequence[str]) -> list[Encoded]:
        """See `Encoder`."""
        return self._encode(texts, self._question_prompt)

    def encode_question(self, text: str) -> Encoded:
        """See `Encoder`."""
        encoded = self._encode([text], self._question_prompt)[0]
        return Encoded(encoded.vector, encoded.tokens, self._spans(text, len(encoded.tokens)))

    def _encode(
        self, texts: Sequence[str], prompt: str, progress: Callable[[int], None] | None = None
    ) -> list[Encoded]:
        made = list(batches(self._lengths(texts, prompt)))
        encoded: dict[int, Encoded] = {}
        with on_cores() as each:
            work = ([texts[i] for i in batch] for batch in made)
            for batch, results in zip(made, each(lambda some: self._batch(some, prompt), work), strict=True):
                encoded.update(zip(batch, results, strict=True))
                if progress:
                    progress(len(batch))
        return [encoded[i] for i in range(len(texts))]

    def _batch(self, texts: list[str], prompt: str) -> list[Encoded]:
        import torch

        with self._tokenizing:
            features = self._model.preprocess(texts, prompt=prompt or None)
        with torch.inference_mode():
            output: Any = self._model(features)
        vectors = unit(output["sentence_embedding"].float().numpy())
        tokens = output["token_embeddings"].float().numpy()
        ids, there = features["input_ids"].tolist(), features["attention_mask"].numpy().astype(bool)
        return [
            Encoded(
                vectors[i], unit(tokens[i][own_tokens(ids[i], there[i], self._empty_tokens, self._prompt_ids[prompt])])
            )
            for i in range(len(texts))
        ]

    def _lengths(self, texts: Sequence[str], prompt: str) -> list[int]:
        """Tokens of each text, prompt included."""
        tokenizer: Any = self._model.tokenizer
        lengths: list[int] = []
        for start in range(0, len(texts), _TOKENISED):
            told = [prompt + text for text in texts[start : start + _TOKENISED]]
            with self._tokenizing:
                lengths.extend(
                    map(len, tokenizer(told, truncation=True, max_length=self._model.max_seq_length)["input_ids"])
                )
        return lengths

    def _spans(self, text: str, tokens: int) -> NDArray[np.int64]:
        """Where the tokens of a question stand in it."""
        tokenizer: Any = self._model.tokenizer
        prompt = self._question_prompt
        if not tokenizer.is_fast:
            return np.zeros((0, 2), np.int64)
        with self._tokenizing:
            told = tokenizer(prompt + text, return_offsets_mapping=True, truncation=True)
        there = np.array(told["attention_mask"], bool)
        own = own_tokens(told["input_ids"], there, self._empty_tokens, self._prompt_ids[prompt])
        spans = spans_of(told["offset_mapping"], own, prompt)
        return spans if len(spans) == tokens else np.zeros((0, 2), np.int64)


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of texts in batches, longest first: each of at most `BATCH_TOKENS` when padded, and of like lengths.

    >>> list(batches([3, 100, 95, 50]))
    [[1, 2], [3], [0]]
    """
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    start = 0
    while start < len(order):
        longest = max(1, lengths[order[start]])
        most = start + max(1, BATCH_TOKENS // longest)
        end = start + 1
        while end < min(most, len(order)) and lengths[order[end]] >= _ALIKE * longest:
            end += 1
        yield order[start:end]
        start = end


def bfloat16_is_quicker() -> bool:
    """Whether the processor multiplies bfloat16 itself, and quicker than float32; imitating it would be slower."""
    import torch

    features = torch.cpu.get_capabilities()
    if not (features.get("avx512_bf16") or features.get("amx_bf16")):
        return False
    return _seconds(torch.bfloat16) < _seconds(torch.float32)


def _seconds(dtype: torch.dtype) -> float:
    """The best of several products of the size that a batch has."""
    import torch

    states, weights = (torch.ones(rows, 384, dtype=dtype) for rows in (BATCH_TOKENS, 1536))
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        torch.nn.functional.linear(states, weights)
        taken.append(time.perf_counter() - begun)
    return min(taken)


class Each(Protocol):
    """Called with some work and what it is to be done with; gives the results in order, as they are asked for."""

    def __call__(self, work: Callable[[A], B], several: Iterable[A], /) -> Iterator[B]: ...


@contextmanager
def on_cores() -> Iterator[Each]:
    """A thread a core, each with no core but its own; an error or an interruption ends what has not begun."""
    import torch

    cores = torch.get_num_threads()

    # NumPy's threads wait for work by spinning, which costs those here half of their speed.
    with (
        threadpool_limits(1, user_api="blas"),
        ThreadPoolExecutor(cores, "yinju-embed", initializer=_alone) as pool,
    ):

        def each(work: Callable[[A], B], several: Iterable[A]) -> Iterator[B]:
            running: deque[Future[B]] = deque()
            for one in several:
                running.append(pool.submit(work, one))
                if len(running) > 2 * cores:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()

        try:
            yield each
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _alone() -> None:
    """Have torch use no other core than the one of this thread."""
    import torch

    torch.set_num_threads(1)


def _empty_tokens(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Ids that stand for no text: `<s>`, `</s>`, padding, and SentencePiece's lone space. Unknown text is text."""
    space: Any = tokenizer.convert_tokens_to_ids(SPACE)
    return {*tokenizer.all_special_ids, space} - {tokenizer.unk_token_id}


def _load(folder: Path) -> SentenceTransformer:
    """The model in `folder`."""
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]  # who loads a model says so in a bar of their own, or in a log
    # Without these, transformers loads a tokenizer that knows no words, and all texts get much the same vector.
    if not any(file for pattern in _TOKENIZER_FILES for file in folder.rglob(pattern)):
        raise ModelDamaged(file=folder, detail=f"no tokenizer, that is none of {', '.join(_TOKENIZER_FILES)}")
    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as exc:
        raise ModelDamaged(file=folder, detail=f"{type(exc).__name__}: {exc}") from exc
