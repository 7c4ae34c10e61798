"""Where the sentence vectors lie and how the nearest are found.

Up to `FLAT_ROWS` vectors are compared one and all: exact, no training, and quick enough. Of more, an inverted file
(Sivic & Zisserman 2003; FAISS, Douze et al. 2024, https://arxiv.org/abs/2401.08281) keeps two bytes a value in lists
around centroids, and of the lists only the `_PROBED` nearest to the question are looked into; they are mapped from the
file, not read. `python -m tests.bench.growth` shows where the one overtakes the other, and what share of the nearest is
found.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from corpus.errors import IndexDamaged
from indexer.columns import will_need

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
FLAT_ROWS = 200_000
"""Of so many, comparing all takes 37 ms and 307 MB. An inverted file would search quicker from 30,000 on, but of few
vectors it finds less (.96 of the ten nearest), and each update would wait for its training: of 200,000 for 15 s."""
_LISTS_BY_ROOT = 2
"""Lists by the square root of the rows. FAISS recommends 4 to 16, which each update would wait longer for."""
_MOST_LISTS = 4096
"""Of more, training and filling take longer than searches gain: each vector is compared with each centroid."""
_PROBED = 64
_TRAINED_BY_LIST = 40
"""Vectors by which a list's centroid is learnt: FAISS asks for 39 at least."""
_COMPARED = 20_000
"""So few rows inside are compared one and all, in an inverted file, too."""
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

    def search(self, query: Vectors, top: int, inside: NDArray[np.bool_] | None = None) -> tuple[Vectors, Rows]:
        """The `top` nearest rows to the unit vector `query` of shape (dimension,): cosines (highest first) and rows.

        Only rows that are `inside`, shape (rows,), where that is given.
        """
        ...

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """The cosines of these rows with the unit vector `query`, in the order of the rows."""
        ...


class FaissVectors:
    """FAISS, in one file: flat, or an inverted file of two bytes a value."""

    def __init__(self, index: faiss.Index, file: Path | None = None) -> None:
        """Of an inverted file that is mapped from a `file`, what is looked at is fetched from there beforehand."""
        self._index: Any = index
        self._mapped = _Mapped(index, file) if file is not None and isinstance(index, faiss.IndexIVF) else None

    @classmethod
    def build(cls, vectors: Vectors, flat_rows: int = FLAT_ROWS) -> FaissVectors:
        """From unit vectors of shape (rows, dimension); exact where there are at most `flat_rows`.

        The same vectors give the same index.
        """
        rows, dimension = vectors.shape
        vectors = np.ascontiguousarray(vectors)
        index: Any = faiss.IndexFlatIP(dimension)
        if rows > flat_rows:
            lists = min(_MOST_LISTS, int(_LISTS_BY_ROOT * rows**0.5))
            index = faiss.IndexIVFScalarQuantizer(
                index, dimension, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
            )
            index.cp.spherical = True  # centroids of unit length, as the vectors are
            # By chance, not every so-manieth: sentences that come again in step would be left out, each time the same.
            some = np.random.default_rng(0).choice(rows, min(rows, _TRAINED_BY_LIST * lists), replace=False)
            index.train(vectors[np.sort(some)])
            index.nprobe = min(_PROBED, lists)
        index.add(vectors)
        if rows > flat_rows:
            index.make_direct_map()  # by which a row's vector is found again
        return cls(index)

    @classmethod
    def load(cls, file: Path) -> FaissVectors:
        """From a file that `save` wrote. Raises `IndexDamaged` where FAISS cannot read it."""
        try:
            return cls(faiss.read_index(str(file), faiss.IO_FLAG_MMAP), file)
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

    @property
    def exact(self) -> bool:
        """Whether every vector is compared, and kept as it was given."""
        return not isinstance(self._index, faiss.IndexIVF)

    def search(self, query: Vectors, top: int, inside: NDArray[np.bool_] | None = None) -> tuple[Vectors, Rows]:
        """See `VectorStore.search`; fewer than `top` where there are fewer rows."""
        within = len(self) if inside is None else int(inside.sum())
        top = min(top, within)
        if top <= 0:
            return np.zeros(0, np.float32), np.zeros(0, np.int64)
        if inside is not None and within <= _COMPARED:
            # A few rows may lie in lists that are not looked into.
            rows = np.flatnonzero(inside)
            cosines = self.cosines(query, rows)
            best = np.argsort(-cosines, kind="stable")[:top]
            return cosines[best], rows[best]
        asked, parameters = query.reshape(1, -1), self._parameters(inside)
        if self._mapped is None:
            scores, found = self._index.search(asked, top, params=parameters)
        else:
            nearness, lists = self._index.quantizer.search(asked, self._index.nprobe)
            self._mapped.fetch_lists(lists[0])
            scores, found = self._index.search_preassigned(asked, top, lists, nearness, params=parameters)
        there = found[0] >= 0
        return scores[0][there], found[0][there]

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """See `VectorStore.cosines`; to 0.001 where the index is not `exact`."""
        if not len(rows):
            return np.zeros(0, np.float32)
        if self._mapped is not None:
            self._mapped.fetch_rows(rows)
        cosines: Vectors = self._index.reconstruct_batch(rows) @ query
        return cosines

    def _parameters(self, inside: NDArray[np.bool_] | None) -> Any:
        if inside is None:
            return None
        # FAISS's own wrappers keep what they are given; its stubs tell of the constructors below these.
        made: Any = faiss
        chosen = made.IDSelectorBitmap(np.packbits(inside, bitorder="little"))
        if self.exact:
            return made.SearchParameters(sel=chosen)
        return made.SearchParametersIVF(sel=chosen, nprobe=self._index.nprobe)


class _Mapped:
    """Where an inverted file's lists and rows lie in its file.

    FAISS has each page that is not in memory fetched when it comes to it, one after the other.
    """

    def __init__(self, index: Any, file: Path) -> None:
        made: Any = faiss
        inverted = made.downcast_InvertedLists(index.invlists)
        inverted.prefetch_nthread = 0  # threads of FAISS's own, started for every search, that fault page by page, too
        lists, places = inverted.lists, index.direct_map.array
        self._file = np.asarray(np.memmap(file, np.uint8, mode="r"))
        # One list behind the other, up to the end of the file.
        self._starts = np.array([lists.at(number).offset for number in range(index.nlist)])
        self._ends = np.append(self._starts[1:], len(self._file))
        self._width = index.code_size
        self._places = made.rev_swig_ptr(places.data(), places.size())

    def fetch_lists(self, lists: Rows) -> None:
        """What is needed to look into these lists."""
        will_need(self._file, zip(self._starts[lists].tolist(), self._ends[lists].tolist(), strict=True))

    def fetch_rows(self, rows: Rows) -> None:
        """What is needed of these rows."""
        places = self._places[rows]  # list, then number in it, 32 bits each
        starts = self._starts[places >> 32] + (places & 0xFFFF_FFFF) * self._width
        will_need(self._file, zip(starts.tolist(), (starts + self._width).tolist(), strict=True))
