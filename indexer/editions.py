"""What a library in Milvus holds: editions of papers, and what all papers share, as rows that it takes."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from corpus.errors import IndexDamaged, IndexForeign
from indexer.address import Address
from indexer.centre import LANGUAGES, Centres
from indexer.codes import Quantiser
from indexer.version import FORMAT, Recipe

Row = dict[str, Any]

_CHUNK = 60_000
"""Characters of a chunk: a VARCHAR field of Milvus holds 65,535 bytes."""
_CENTRES = ("passages", "questions", "passage_tokens", "question_tokens")


@dataclass(frozen=True, slots=True)
class Shared:
    """What all papers of a library share."""

    format: int
    recipe: Recipe
    centres: Centres
    quantiser: Quantiser
    mean_length: float
    """Terms of a passage, as the first papers had them: what BM25 compares lengths with."""

    @property
    def digest(self) -> bytes:
        """Another for other values."""
        return hashlib.sha256(self.to_json().encode()).digest()

    def to_json(self) -> str:
        """As a text."""
        numbers = {name: getattr(self.centres, name) for name in _CENTRES}
        numbers |= {"low": self.quantiser.low, "width": self.quantiser.width}
        told = {
            name: base64.b64encode(np.ascontiguousarray(each, np.float32).tobytes()).decode()
            for name, each in numbers.items()
        }
        return json.dumps(
            {"format": self.format, "recipe": asdict(self.recipe), "mean_length": self.mean_length, **told},
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, blob: bytes, address: Address) -> Shared:
        """What `to_json` made. Raises `IndexForeign` where that was another version of yinju, and `IndexDamaged`."""
        try:
            told = json.loads(blob)
            if told["format"] != FORMAT:
                made_by = f"format {told['format']!s:.20}"
                raise IndexForeign(folder=address, made_by=made_by, wanted=f"format {FORMAT}")
            arrays = {
                name: np.frombuffer(base64.b64decode(told[name]), np.float32) for name in (*_CENTRES, "low", "width")
            }
            quantiser = Quantiser(arrays.pop("low"), arrays.pop("width"))
            centres = Centres(**{name: each.reshape(len(LANGUAGES), -1) for name, each in arrays.items()})
            return cls(FORMAT, Recipe(**told["recipe"]), centres, quantiser, float(told["mean_length"]))
        except (ValueError, KeyError, TypeError) as exc:
            raise IndexDamaged(file=address, detail=str(exc)) from exc


@dataclass(frozen=True, slots=True)
class Shown:
    """A paper that is searched: its edition, and the indexer that wrote it."""

    edition: str
    origin: str
    fingerprint: str
    passages: int
    body: bool
    """Whether it holds running text."""


def check(address: Address, shared: Shared, wanted: Recipe) -> None:
    """Raise `IndexForeign` where a library was made by another model or other settings."""
    if shared.recipe != wanted:
        raise IndexForeign(folder=address, made_by=str(shared.recipe), wanted=str(wanted))


def edition_of(paper: str, fingerprint: str, shared: Shared) -> str:
    """The name of what a paper becomes."""
    return hashlib.sha256(json.dumps([paper, fingerprint]).encode() + shared.digest).hexdigest()[:32]


def term_number(term: str) -> int:
    """A term's number, 63 bits of its SHA-256; among a million terms two are the same once in ten million libraries."""
    return int.from_bytes(hashlib.sha256(term.encode("utf-8", "surrogatepass")).digest()[:8], "big") >> 1


def dimension_of(number: int) -> int:
    """The dimension of a term in sparse vectors: the lower 31 bits of its number."""
    return number & 0x7FFF_FFFF


def passage_id(edition: str, number: int) -> str:
    """The id of a passage: by it the passages of a paper are in its order."""
    return f"{edition}/{number:06d}"


def chunks(edition: str, name: str, value: bytes) -> list[Row]:
    """The rows of a value under a name, in `blobs`."""
    return [
        {"id": f"{name}/{n}", "edition": edition, "name": name, "n": n, "data": chunk, "none": [0.0, 0.0]}
        for n, chunk in enumerate(packed(value))
    ]


def packed(value: bytes, level: int = 6) -> list[str]:
    """Bytes as texts that fit a field."""
    told = base64.b64encode(zlib.compress(value, level)).decode()
    return [told[start : start + _CHUNK] for start in range(0, len(told), _CHUNK)]


def unpacked(chunks: Iterable[str]) -> bytes:
    """What `packed` packed."""
    return zlib.decompress(base64.b64decode("".join(chunks)))
