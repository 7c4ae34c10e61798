"""A model folder that yinju can run itself: BERT, mean pooling, normalisation. Weights, tokenizer and prompts of it.

Read without torch and without sentence-transformers, whose import takes 5 to 9 s. The weights are a safetensors file
(https://huggingface.co/docs/safetensors): eight bytes that tell the length of a JSON head, the head, the tensors. They
are mapped, not read. multilingual-e5-small is such a folder; any other model takes the long way, sentence-transformers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indexer.tokens import SPACE

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = NDArray[np.float32]
Pair = tuple[Floats, Floats]
"""Weights and their bias."""

_MODULES = ("Transformer", "Pooling", "Normalize")
_TYPES = {"F32": np.dtype("<f4")}
_PASSAGE_PROMPTS = ("document", "passage", "corpus")


@dataclass(frozen=True, slots=True)
class Layer:
    """The weights of a layer."""

    parts: tuple[Pair, Pair, Pair]
    """Query, key, value."""
    joined: Pair
    attended: Pair
    """The normalisation after attention."""
    inner: Pair
    outer: Pair
    done: Pair
    """The normalisation that ends the layer."""

    @classmethod
    def of(cls, tensors: Mapping[str, Floats], place: str) -> Layer:
        """The layer at `place`. Raises `KeyError` if there is none."""
        query, key, value = (_pair(tensors, f"{place}.attention.self.{name}") for name in ("query", "key", "value"))
        return cls(
            parts=(query, key, value),
            joined=_pair(tensors, f"{place}.attention.output.dense"),
            attended=_pair(tensors, f"{place}.attention.output.LayerNorm"),
            inner=_pair(tensors, f"{place}.intermediate.dense"),
            outer=_pair(tensors, f"{place}.output.dense"),
            done=_pair(tensors, f"{place}.output.LayerNorm"),
        )


@dataclass(frozen=True, slots=True)
class Bert:
    """Everything that turns texts into the vectors of such a model."""

    words: Floats
    positions: Floats
    types: Floats
    norm: Pair
    layers: tuple[Layer, ...]
    heads: int
    epsilon: float
    tokenizer: Tokenizer
    """Cuts texts at the model's limit and pads none. May be used by several threads at once."""
    question_prompt: str
    passage_prompt: str
    empty: frozenset[int]
    """Ids that stand for no text: `<s>`, `</s>`, SentencePiece's lone space. Unknown text is text."""

    @classmethod
    def of(cls, folder: Path) -> Bert | None:
        """The model in `folder`; None where that holds anything but BERT, mean pooling and normalisation."""
        try:
            return _read(folder) if _fits(folder) else None
        except Exception:  # noqa: BLE001 - tokenizers raises nothing narrower
            # Whatever is wrong with the folder, sentence-transformers tells it better when it loads the model.
            return None

    @property
    def hidden(self) -> int:
        """Values in a vector."""
        return int(self.words.shape[1])

    def prompt_ids(self, prompt: str) -> list[int]:
        """The tokens of a prompt alone; none of no prompt."""
        return list(self.tokenizer.encode(prompt).ids) if prompt else []


def _fits(folder: Path) -> bool:
    modules = [module["type"].rsplit(".", 1)[-1] for module in _json(folder / "modules.json")]
    config = _json(folder / "config.json")
    return (
        tuple(modules) == _MODULES
        and _is_mean(_json(folder / "1_Pooling" / "config.json"))
        and not _sentence_config(folder).get("do_lower_case")
        and config.get("model_type") == "bert"
        and config.get("hidden_act", "gelu") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
    )


def _read(folder: Path) -> Bert:
    from tokenizers import Tokenizer

    config = _json(folder / "config.json")
    prompts = _json(folder / "config_sentence_transformers.json").get("prompts", {})
    tensors = _mapped(folder / "model.safetensors")
    words, positions, types = (
        tensors[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
    )
    tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    limits = (
        _json(folder / "tokenizer_config.json").get("model_max_length"),
        _sentence_config(folder).get("max_seq_length"),
        config["max_position_embeddings"],
    )
    tokenizer.enable_truncation(min(int(limit) for limit in limits if limit))
    tokenizer.no_padding()
    special = {at for at, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    unknown = {tokenizer.token_to_id(token) for token in ("<unk>", "[UNK]")}
    space = tokenizer.token_to_id(SPACE)
    return Bert(
        words=words,
        positions=positions,
        types=types,
        norm=_pair(tensors, "embeddings.LayerNorm"),
        layers=tuple(Layer.of(tensors, f"encoder.layer.{n}") for n in range(config["num_hidden_layers"])),
        heads=config["num_attention_heads"],
        epsilon=config.get("layer_norm_eps", 1e-12),
        tokenizer=tokenizer,
        question_prompt=prompts.get("query") or "",
        # As SentenceTransformerEncoder chooses it.
        passage_prompt=next((prompts[name] for name in _PASSAGE_PROMPTS if prompts.get(name)), ""),
        empty=frozenset((special | ({space} if space is not None else set())) - unknown),
    )


def _pair(tensors: Mapping[str, Floats], name: str) -> Pair:
    return tensors[f"{name}.weight"], tensors[f"{name}.bias"]


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
    if not pooling.get("include_prompt", True):
        return False
    if "pooling_mode" in pooling:
        return bool(pooling["pooling_mode"] == "mean")
    return {key for key, on in pooling.items() if key.startswith("pooling_mode_") and on} == {
        "pooling_mode_mean_tokens"
    }


def _sentence_config(folder: Path) -> Mapping[str, Any]:
    """What sentence-transformers is told about the transformer; nothing where the file is missing."""
    file = folder / "sentence_bert_config.json"
    told: Mapping[str, Any] = _json(file) if file.is_file() else {}
    return told


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
