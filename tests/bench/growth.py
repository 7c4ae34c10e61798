"""How search by vectors grows: `python -m tests.bench.growth [--sizes 1000 10000 100000]`.

Comparing all vectors against the inverted file that takes over from `indexer.vectors.FLAT_ROWS` on, by the number of
sentences. The vectors are **generated**: mixtures of two of the five papers' sentence vectors with noise, so that
neighbours lie as they do among sentences. Of each question the ten nearest are looked for among 512, as search does.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from indexer.vectors import FaissVectors, Vectors
from indexer.version import Index
from qa import Shelf
from tests.bench.figures import PAPERS

ASKED, TOP = 100, 512


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="how search by vectors grows")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 30_000, 100_000])
    sizes = parser.parse_args().sizes
    print(
        "| generated vectors | kind | built | on disk | loaded | search, median · 95 % | recall@10 | the ten in 512 |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        shelf = Shelf.open(PAPERS, f"{scratch}/index")
        shelf.update()
        index = shelf.index
        real = np.concatenate([index.passage_vectors, sentences(index)])
        for size in sizes:
            compare(mixtures(real, size, seed=0), mixtures(real, ASKED, seed=1), Path(scratch) / "vectors.faiss")


def sentences(index: Index) -> Vectors:
    """The vector of each sentence as it is made of its pieces, its language's mean taken off."""
    made = np.stack([index.pieces.vector_of(index.sentence_pieces[row]) for row in range(len(index.vectors))])
    return index.centres.of_passages(made, np.repeat(index.passages.languages, index.passages.sentence_counts))


def compare(vectors: Vectors, asked: Vectors, file: Path) -> None:
    """Two lines of the table."""
    nearest: list[set[int]] = []
    for kind, flat_rows in (("flat", len(vectors)), ("inverted file", 0)):
        begun = time.perf_counter()
        store = FaissVectors.build(vectors, flat_rows)
        built = time.perf_counter() - begun
        store.save(file)
        begun = time.perf_counter()
        store = FaissVectors.load(file)
        loaded = time.perf_counter() - begun
        found, taken = [], []
        for query in asked:
            begun = time.perf_counter()
            found.append(store.search(query, TOP)[1].tolist())
            taken.append(1e3 * (time.perf_counter() - begun))
        nearest = nearest or [{*rows[:10]} for rows in found]
        first, among = (
            statistics.fmean(len(ten & {*rows[:most]}) / len(ten) for ten, rows in zip(nearest, found, strict=True))
            for most in (10, TOP)
        )
        taken.sort()
        print(
            f"| {len(vectors):,} | {kind} | {built:.1f} s | {file.stat().st_size / 1e6:.0f} MB | {loaded:.2f} s"
            f" | {statistics.median(taken):.1f} · {taken[int(0.95 * (len(taken) - 1))]:.1f} ms"
            f" | {first:.3f} | {among:.3f} |",
            flush=True,
        )


def mixtures(real: Vectors, count: int, seed: int) -> Vectors:
    """Unit vectors, shape (count, dimension)."""
    numbers = np.random.default_rng(seed)
    made = np.empty((count, real.shape[1]), np.float32)
    for start in range(0, count, 100_000):
        here = made[start : start + 100_000]
        one, other = (real[numbers.integers(0, len(real), len(here))] for _ in range(2))
        here[:] = one + numbers.random((len(here), 1), np.float32) * other
        noise = numbers.standard_normal(here.shape, np.float32) * np.float32(0.6 / real.shape[1] ** 0.5)
        here += noise * np.linalg.norm(here, axis=1, keepdims=True)
        here /= np.linalg.norm(here, axis=1, keepdims=True)
    return made


if __name__ == "__main__":
    main()
