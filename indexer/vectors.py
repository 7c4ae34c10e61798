"""Where the sentence vectors lie and how the nearest are found."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from corpus.errors import IndexDamaged

Vectors = NDArray[np.float32]
_CHUNK_BYTES = 2**20


class VectorStore(Protocol):
    """Unit vectors under row numbers, searched by inner product, which for unit vectors is the cosine."""

    def __len__(self) -> int:
        """Number of rows."""
        ...

    @property
    def dimension(self) -> int:
        """Values in a vector."""
        ...

    def search(self, query: Vectors, top: int) -> tuple[Vectors, NDArray[np.int64]]:
        """The `top` nearest rows to the unit vector `query` of shape (dimension,): cosines (highest first) and rows."""
        ...

    def cosines(self, query: Vectors, rows: NDArray[np.int64]) -> Vectors:
        """The cosines of these rows with the unit vector `query`, in the order of the rows."""
        ...


class FaissVectors:
    """Exact search over a flat FAISS index in one file."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors) -> FaissVectors:
        """From unit vectors of shape (rows, dimension)."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        return cls(index)

    @classmethod
    def load(cls, file: Path) -> FaissVectors:
        """From a file that `save` wrote. Raises `IndexDamaged` where FAISS cannot read it."""
        try:
            return cls(faiss.read_index(str(file)))
        except RuntimeError as exc:
            raise IndexDamaged(file=file, detail="not a FAISS index") from exc

    def save(self, file: Path) -> None:
        """Write the index to `file`. Raises `OSError`."""
        # By way of Python's stream: FAISS itself only prints a warning where the end does not fit on the disk any more.
        with file.open("wb") as stream:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(stream.write, _CHUNK_BYTES))  # type: ignore[attr-defined]

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """See `VectorStore.dimension`."""
        return int(self._index.d)

    def search(self, query: Vectors, top: int) -> tuple[Vectors, NDArray[np.int64]]:
        """See `VectorStore.search`; fewer than `top` where there are fewer rows."""
        top = min(top, len(self))
        if top <= 0:
            return np.zeros(0, np.float32), np.zeros(0, np.int64)
        scores, rows = self._index.search(query.reshape(1, -1), top)
        return scores[0], rows[0]

    def cosines(self, query: Vectors, rows: NDArray[np.int64]) -> Vectors:
        """See `VectorStore.cosines`."""
        if not len(rows):
            return np.zeros(0, np.float32)
        cosines: Vectors = self._index.reconstruct_batch(rows) @ query
        return cosines
