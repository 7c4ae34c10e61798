"""A question's vectors without torch: BERT's forward pass in NumPy, over weights that are mapped from their file.

Importing torch and sentence-transformers takes 5 to 9 s, a question's own arithmetic 0.02 s. Of a sentence-transformers
folder that is BERT, mean pooling and normalisation (multilingual-e5-small is), everything that a question needs is
here; the vectors agree with those of sentence-transformers to a cosine of 0.9999. Any other model takes the long way.

The model is that of Devlin et al. 2019 (https://arxiv.org/abs/1810.04805), the weights a safetensors file
(https://huggingface.co/docs/safetensors): eight bytes that tell the length of a JSON head, the head, the tensors.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indexer.model import Encoded, unit
from indexer.tokens import SPACE, own_tokens, spans_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = NDArray[np.float32]

TOGETHER = 8
"""Questions that are encoded at once, at most."""
_AT_ONCE = 4
"""Tokens that BLAS multiplies at once: 15 take a third longer than 16."""
_MODULES = ("Transformer", "Pooling", "Normalize")
_TYPES = {"F32": np.dtype("<f4")}


class QuestionEncoder:
    """Encodes questions for any number of threads; those that ask at the same time are served together."""

    def __init__(self, folder: Path, config: Mapping[str, Any], prompt: str) -> None:
        from tokenizers import Tokenizer

        self._bert = _Bert(folder / "model.safetensors", config)
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        limit = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8")).get("model_max_length")
        positions = config["max_position_embeddings"]
        self._tokenizer.enable_truncation(min(int(limit or positions), positions))
        self._tokenizer.no_padding()
        self._waiting: list[tuple[str, Future[Encoded]]] = []
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._prompt = prompt
        self._prompt_ids = self._tokenizer.encode(prompt).ids
        special = {at for at, token in self._tokenizer.get_added_tokens_decoder().items() if token.special}
        unknown = {self._tokenizer.token_to_id(token) for token in ("<unk>", "[UNK]")}  # unknown text is text
        space = self._tokenizer.token_to_id(SPACE)
        self._empty: set[int] = (special | ({space} if space is not None else set())) - unknown

    @classmethod
    def of(cls, folder: Path) -> QuestionEncoder | None:
        """The encoder of a model folder; None where that holds anything but BERT, mean pooling and normalisation."""
        try:
            modules = [module["type"].rsplit(".", 1)[-1] for module in _json(folder / "modules.json")]
            config = _json(folder / "config.json")
            pooling = _json(folder / "1_Pooling" / "config.json")
            prompts = _json(folder / "config_sentence_transformers.json").get("prompts", {})
            fits = (
                tuple(modules) == _MODULES
                and _is_mean(pooling)
                and config.get("model_type") == "bert"
                and config.get("hidden_act", "gelu") == "gelu"
                and config.get("position_embedding_type", "absolute") == "absolute"
            )
            return cls(folder, config, prompts.get("query") or "") if fits else None
        except Exception:  # noqa: BLE001 - tokenizers raises nothing narrower
            # Whatever is wrong with the folder, sentence-transformers tells it better when it loads the model.
            return None

    @property
    def dimension(self) -> int:
        """Values in a vector."""
        return self._bert.hidden

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
            told = [self._tokenizer.encode(self._prompt + text) for text, _ in batch]
            vectors = self._bert.tokens([one.ids for one in told])
            for (_, future), one, tokens in zip(batch, told, vectors, strict=True):
                own = own_tokens(one.ids, np.ones(len(one.ids), bool), self._empty, self._prompt_ids)
                spans = spans_of(one.offsets, own, self._prompt)
                future.set_result(Encoded(unit(tokens.mean(axis=0)), unit(tokens[own]), spans))
        except BaseException as exc:  # whoever waits for one of them must not wait for ever
            for _, future in batch:
                if not future.done():
                    future.set_exception(exc)
            raise


class _Bert:
    """The encoder: token ids of some texts in, one vector a token out."""

    def __init__(self, weights: Path, config: Mapping[str, Any]) -> None:
        tensors = _mapped(weights)
        self.hidden: int = config["hidden_size"]
        self._heads: int = config["num_attention_heads"]
        self._epsilon: float = config.get("layer_norm_eps", 1e-12)
        self._words, self._positions, self._types = (
            tensors[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
        )
        self._norm = _pair(tensors, "embeddings.LayerNorm")
        self._layers = [_Layer(tensors, f"encoder.layer.{n}") for n in range(config["num_hidden_layers"])]

    def tokens(self, texts: Sequence[Sequence[int]]) -> list[Floats]:
        """The vectors of the last layer, for each text of shape (tokens, hidden)."""
        # One more text, of which nothing is wanted, makes it a whole number of what BLAS multiplies at once.
        missing = -sum(map(len, texts)) % _AT_ONCE
        padded = [*texts, [0] * missing] if missing else texts
        ids = np.concatenate([np.array(text, np.int64) for text in padded])
        positions = np.concatenate([np.arange(len(text)) for text in padded])
        bounds = np.cumsum([0, *map(len, padded)]).tolist()
        states = self._normed(self._words[ids] + self._positions[positions] + self._types[0], self._norm)
        for layer in self._layers:
            parts = [_linear(states, part) for part in layer.parts]
            seen = [self._attention(*(part[start:end] for part in parts)) for start, end in pairwise(bounds)]
            attended = _linear(np.concatenate(seen), layer.joined)
            states = self._normed(attended + states, layer.attended)
            inner = _gelu(_linear(states, layer.inner))
            states = self._normed(_linear(inner, layer.outer) + states, layer.done)
        return [states[start:end] for start, end in pairwise(bounds)][: len(texts)]

    def _attention(self, *parts: Floats) -> Floats:
        """Softmax(Q Kᵀ / √d) V of every head over one text, side by side."""
        count, size = len(parts[0]), self.hidden // self._heads
        query, key, value = (part.reshape(count, self._heads, size).swapaxes(0, 1) for part in parts)
        scores: Floats = query @ key.swapaxes(1, 2) / np.float32(math.sqrt(size))
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        attended: Floats = (scores @ value).swapaxes(0, 1).reshape(count, self.hidden)
        return attended

    def _normed(self, states: Floats, norm: tuple[Floats, Floats]) -> Floats:
        """Layer normalisation of each token."""
        states -= states.mean(axis=-1, keepdims=True)
        states /= np.sqrt(np.einsum("ij,ij->i", states, states) / self.hidden + self._epsilon)[:, None]
        normed: Floats = states * norm[0] + norm[1]
        return normed


class _Layer:
    """The weights of a layer, each with its bias."""

    def __init__(self, tensors: Mapping[str, Floats], place: str) -> None:
        self.parts = [_pair(tensors, f"{place}.attention.self.{name}") for name in ("query", "key", "value")]
        self.joined = _pair(tensors, f"{place}.attention.output.dense")
        self.attended = _pair(tensors, f"{place}.attention.output.LayerNorm")
        self.inner = _pair(tensors, f"{place}.intermediate.dense")
        self.outer = _pair(tensors, f"{place}.output.dense")
        self.done = _pair(tensors, f"{place}.output.LayerNorm")


def _pair(tensors: Mapping[str, Floats], name: str) -> tuple[Floats, Floats]:
    return tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _linear(states: Floats, weights: tuple[Floats, Floats]) -> Floats:
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


def _mapped(file: Path) -> dict[str, Floats]:
    """The tensors of a safetensors file, mapped, not read. Raises `ValueError` for types other than float32."""
    with file.open("rb") as stream:
        head = int.from_bytes(stream.read(8), "little")
        described = json.loads(stream.read(head))
    whole = np.memmap(file, np.uint8, "r", offset=8 + head)
    tensors = {}
    for name, tensor in described.items():
        if name != "__metadata__":
            if tensor["dtype"] not in _TYPES:
                raise ValueError(f"{name} is {tensor['dtype']}")
            start, end = tensor["data_offsets"]
            tensors[name] = np.asarray(whole[start:end]).view(_TYPES[tensor["dtype"]]).reshape(tensor["shape"])
    return tensors


def _is_mean(pooling: Mapping[str, Any]) -> bool:
    """Whether the pooling is the plain mean, in the settings of sentence-transformers 5 or of those before."""
    if "pooling_mode" in pooling:
        return bool(pooling["pooling_mode"] == "mean")
    return {key for key, on in pooling.items() if key.startswith("pooling_mode_") and on} == {
        "pooling_mode_mean_tokens"
    }


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
