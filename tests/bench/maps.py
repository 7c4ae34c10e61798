"""How true the map of the papers is, and whether its points lead where they lie: `python -m tests.bench.maps`.

Part of `make bench`. Of each way to lay the passages out: trustworthiness and continuity over ten neighbours (see
`qa.map`), and seconds. Then of every point of the map of the five papers, and of every event of their timeline, whether
its question is answered, and from where. With the folder of XQuAD as an argument also how far parallel passages of two
languages lie apart: where the map does not part the languages, half of a point's ten nearest are of the other one.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import MDS, TSNE, Isomap, SpectralEmbedding, trustworthiness
from sklearn.metrics import pairwise_distances

from corpus.settings import Settings
from indexer.model import ModelSource
from qa import Shelf
from qa.map import Positions, layout, map_of
from qa.snapshot import Snapshot
from qa.timeline import events_of

NEIGHBOURS = 10
WAYS: Mapping[str, Callable[[Positions], Positions]] = {
    "PCA": lambda v: PCA(2).fit_transform(v),
    "metric MDS": lambda v: MDS(2, n_init=1, init="random", random_state=0).fit_transform(v),
    "Isomap, 10 neighbours": lambda v: Isomap(n_neighbors=10).fit_transform(v),
    "spectral embedding, 10 neighbours": lambda v: SpectralEmbedding(
        2, n_neighbors=10, affinity="nearest_neighbors", random_state=0
    ).fit_transform(v),
    "t-SNE, perplexity 10": lambda v: TSNE(perplexity=10, init="pca", random_state=0).fit_transform(v),
    "t-SNE, perplexity 30": lambda v: TSNE(perplexity=30, init="pca", random_state=0).fit_transform(v),
    "t-SNE, perplexity 50": lambda v: TSNE(perplexity=50, init="pca", random_state=0).fit_transform(v),
    "the map: perplexity 50, scaled, points pushed apart": layout,
}


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as scratch:
        shelf = Shelf.open("corpus/papers", Path(scratch) / "index")
        shelf.update()
        snapshot = shelf.snapshot()
    drawn = [point.passage for point in map_of(snapshot.index).points]
    vectors = np.asarray(snapshot.index.passage_vectors[drawn], np.float64)
    print(f"| {len(drawn)} passages | trustworthiness | continuity | seconds |\n| --- | --- | --- | --- |")
    for name, lay_out in WAYS.items():
        begun = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the next releases of scikit-learn will call by another name
            places = lay_out(vectors)
        seconds = time.perf_counter() - begun
        there = trustworthiness(vectors, places, n_neighbors=NEIGHBOURS)
        back = trustworthiness(places, vectors, n_neighbors=NEIGHBOURS)
        print(f"| {name} | {there:.3f} | {back:.3f} | {seconds:.2f} |")
    ask_points(snapshot)
    ask_events(snapshot)
    if len(sys.argv) > 1:
        two_languages(Path(sys.argv[1]))


def ask_points(snapshot: Snapshot) -> None:
    """Ask every point's question."""
    index = snapshot.index
    answered = there = near = 0
    begun = time.perf_counter()
    points = map_of(index).points
    drawn = time.perf_counter() - begun
    for point in points:
        answer = snapshot.ask(point.question)
        passage = index.passages[point.passage]
        around = index.passages[max(point.passage - 1, 0) : point.passage + 2]
        cited = [citation.start for citation in answer.citations if citation.paper.id == point.paper]
        answered += not answer.abstained
        there += any(passage.start <= start < passage.end for start in cited)
        near += any(
            other.start <= start < other.end
            for start in cited for other in around if (other.paper, other.section) == (passage.paper, passage.section)
        )  # fmt: skip
    print(f"\nthe map of {len(points)} points, questions included: {drawn:.2f} s")
    print("| points | answered | cite the passage | or its neighbour in the section |\n| --- | --- | --- | --- |")
    print(f"| {len(points)} | {answered / len(points):.3f} | {there / len(points):.3f} | {near / len(points):.3f} |")


def ask_events(snapshot: Snapshot) -> None:
    """Ask every event's question."""
    answered = there = 0
    events = events_of(snapshot.index.papers.values())
    for event in events:
        answer = snapshot.ask(event.question)
        answered += not answer.abstained
        there += any(
            citation.paper.id == telling.paper and citation.start < telling.end and telling.start < citation.end
            for citation in answer.citations for telling in event.tellings
        )  # fmt: skip
    print("\n| events | answered | cite what tells it |\n| --- | --- | --- |")
    print(f"| {len(events)} | {answered / len(events):.3f} | {there / len(events):.3f} |")


def two_languages(folder: Path, pairs: int = 80) -> None:
    """How the map lays out paragraphs beside their translations, with and without the languages' means taken off."""
    texts = [
        [paragraph["context"] for article in data["data"] for paragraph in article["paragraphs"]][:pairs]
        for data in (json.loads((folder / f"{lang}.json").read_text(encoding="utf-8")) for lang in ("zh", "en"))
    ]
    encoder = ModelSource(Settings()).encoder()
    raw = [np.array([e.vector for e in encoder.encode_passages(some)], np.float64) for some in texts]
    centred = [some - some.mean(axis=0) for some in raw]
    print(
        "\n| paragraphs in two languages | of the other language among ten nearest | rank of the translation, median |"
    )
    print("| --- | --- | --- |")
    for name, both in (("as the model gives them", raw), ("means taken off", centred)):
        vectors = np.concatenate(both)
        distances = pairwise_distances(layout(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)))
        np.fill_diagonal(distances, np.inf)
        nearest = distances.argsort(axis=1)
        language = np.repeat([0, 1], pairs)
        mixed = (language[nearest[:, :NEIGHBOURS]] != language[:, None]).mean()
        twin = (np.arange(2 * pairs) + pairs) % (2 * pairs)
        rank = np.median((nearest == twin[:, None]).argmax(axis=1) + 1)
        print(f"| {name} | {mixed:.3f} | {rank:.0f} of {2 * pairs - 1} |")


if __name__ == "__main__":
    main()
